/* SPDX-License-Identifier: GPL-2.0-or-later
 * format.h - what both ways to format share. Internal to the engine.
 */
#ifndef ENGINE_FORMAT_H
#define ENGINE_FORMAT_H

#include "snippets/engine/rt.h"

#define FMT_MAX_WIDTH 100000
#define FMT_MAX_PREC 1000

/* s with fill before (>), behind (<) or around it (^) */
void fmt_pad(struct strbuf *b, const char *s, size_t n, char align, size_t width, const char *fill, size_t nfill);
/* The digits of u; cap: 65 holds those of any. */
void fmt_int_digits(char *out, size_t cap, uint64_t u, unsigned base, bool upper);
/* of a float without its sign, as C's printf does it but with Python's exponents and "nan", "inf" */
void fmt_float_digits(char *out, size_t cap, double d, char type, int prec, bool alt);
struct rv fmt_ascii_of(struct rt *rt, struct rv s);               /* what is beyond ASCII as an escape */

/* The digits of the absolute value of an R_BIG; cap: LIM_INT_BITS + 1 holds those of any. */
void fmt_big_digits(struct rt *rt, char *out, size_t cap, struct rv v, unsigned base, bool upper);

#endif
