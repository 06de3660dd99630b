/* SPDX-License-Identifier: GPL-2.0-or-later
 * bigint.h - integers beyond 64 bits (R_BIG), of at most LIM_INT_BITS bits, on top of GMP. Whatever fits 64 bits is an R_INT: no value has
 * two forms. "An integer" is an R_INT, an R_BOOL or an R_BIG here. Internal to the engine.
 */
#ifndef ENGINE_BIGINT_H
#define ENGINE_BIGINT_H

#include "snippets/engine/rv.h"

/* |size| limbs, the least first; size is negative for a negative number. Lives in the arena. */
struct bigint { int32_t size; unsigned long limb[]; };

bool rv_is_int(struct rv v);                             /* one of the three */
/* a op b for integers. False: an exception; EX_LIMIT: the result has more than LIM_INT_BITS bits. */
bool big_op(struct rt *rt, enum binop op, struct rv a, struct rv b, struct rv *out);
/* op: '-', '~' or '|' for abs(). */
bool big_unary(struct rt *rt, char op, struct rv a, struct rv *out);
/* pow(a, b, m) */
bool big_powmod(struct rt *rt, struct rv a, struct rv b, struct rv m, struct rv *out);
/* Python's round(a, -digits): the nearest multiple of 10 ** digits, of two the even one. */
bool big_round(struct rt *rt, struct rv a, uint32_t digits, struct rv *out);
int big_cmp(struct rv a, struct rv b);                   /* -1, 0 or 1 */
int big_cmp_double(struct rv a, double d);               /* exactly; d is not NaN */
double big_double(struct rv a);                          /* the nearest double; infinite when there is none */
/* a / b as the nearest double; false: it is too large for one. b is not 0. */
bool big_true_div(struct rv a, struct rv b, double *out);
size_t big_bits(struct rv a);                            /* bits of its absolute value */
size_t big_ones(struct rv a);                            /* set bits of that */
bool big_odd(struct rv a);
/* Its digits in the arena, in lower case, with "-" in front of a negative one; base: 2 to 36. */
const char *big_text(struct rt *rt, struct rv a, int base);
/* digits: "-" or nothing, then digits of the base, any of them; false: more than LIM_INT_BITS bits. */
bool big_parse(struct arena *arena, const char *digits, int base, struct rv *out);
bool big_of_double(struct rt *rt, double d, struct rv *out);      /* d is finite; its fraction is dropped */
/* Of n words of 32 bits, the least first; at most LIM_INT_BITS of them are used. */
struct rv big_of_words(struct rt *rt, const uint32_t *w, size_t n);
/* Its absolute value as n words, the least first; false: it has more. */
bool big_words(struct rv a, uint32_t *w, size_t n);

#endif
