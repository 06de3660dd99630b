/* SPDX-License-Identifier: GPL-2.0-or-later
 * bigint.c - integers beyond 64 bits. GMP ends the process when it lacks memory, so the size of every result is bounded before it is
 * computed; between operations the limbs are in the arena of the render, where GMP only reads them.
 */
#include "snippets/engine/bigint.h"

#include <gmp.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "snippets/engine/rt.h"

_Static_assert(sizeof(mp_limb_t) == sizeof(unsigned long) && sizeof(long) == 8 && GMP_NAIL_BITS == 0, "limbs have 64 bits");

/* An integer as GMP reads it. */
struct view { mpz_t z; mp_limb_t small; };

static void look(struct view *w, struct rv v)
{
	if (v.t == R_BIG) {
		mpz_roinit_n(w->z, v.u.big->limb, v.u.big->size);
		return;
	}
	int64_t i = v.t == R_BOOL ? v.u.b : v.u.i;
	w->small = i < 0 ? 0 - (mp_limb_t)i : (mp_limb_t)i;
	mpz_roinit_n(w->z, &w->small, i < 0 ? -1 : i > 0);
}

/* False: it is longer than integers may be. */
static bool keep(struct arena *arena, mpz_t z, struct rv *out)
{
	if (mpz_fits_slong_p(z)) {
		*out = rv_int(mpz_get_si(z));
		return true;
	}
	size_t n = mpz_size(z);
	if (mpz_sizeinbase(z, 2) > LIM_INT_BITS)
		return false;
	struct bigint *b = arena_alloc(arena, sizeof(*b) + n * sizeof(mp_limb_t));
	b->size = mpz_sgn(z) * (int32_t)n;
	memcpy(b->limb, mpz_limbs_read(z), n * sizeof(mp_limb_t));
	*out = (struct rv){ .t = R_BIG, .u.big = b };
	return true;
}

static bool too_long(struct rt *rt) { return raise(rt, EX_LIMIT, "an integer has more than %d bits", LIM_INT_BITS); }

/* Takes z. */
static bool done(struct rt *rt, mpz_t z, struct rv *out)
{
	bool ok = keep(&rt->arena, z, out);
	mpz_clear(z);
	return ok || too_long(rt);
}

bool rv_is_int(struct rv v) { return v.t == R_INT || v.t == R_BOOL || v.t == R_BIG; }

size_t big_bits(struct rv a)
{
	struct view v;
	look(&v, a);
	return mpz_sgn(v.z) == 0 ? 0 : mpz_sizeinbase(v.z, 2);
}

size_t big_ones(struct rv a)
{
	struct view v;
	look(&v, a);
	return mpz_sgn(v.z) == 0 ? 0 : mpn_popcount(mpz_limbs_read(v.z), (mp_size_t)mpz_size(v.z));
}

bool big_odd(struct rv a)
{
	struct view v;
	look(&v, a);
	return mpz_odd_p(v.z);
}

/* -- operators -- */

static bool power(struct rt *rt, struct rv a, struct rv b, struct rv *out)
{
	struct view x;
	look(&x, a);
	if (b.t == R_BIG ? b.u.big->size < 0 : rv_asint(b) < 0) {
		if (mpz_sgn(x.z) == 0)
			return raise(rt, EX_ZERODIV, "0.0 cannot be raised to a negative power");
		double d = big_double(a);
		if (isinf(d))
			return raise(rt, EX_OVERFLOW, "int too large to convert to float");
		*out = rv_float(pow(d, big_double(b)));
		return true;
	}
	if (mpz_cmpabs_ui(x.z, 1) <= 0) {                 /* 0, 1 and -1 */
		*out = mpz_sgn(x.z) >= 0 || big_odd(b) ? a : rv_int(1);
		return true;
	}
	size_t bits = big_bits(a) - 1;                    /* that many at the least, for each time */
	if (b.t == R_BIG || rv_asint(b) > LIM_INT_BITS || bits * (size_t)rv_asint(b) > LIM_INT_BITS)
		return too_long(rt);
	mpz_t r;
	mpz_init(r);
	mpz_pow_ui(r, x.z, (unsigned long)rv_asint(b));
	return done(rt, r, out);
}

static bool shift(struct rt *rt, enum binop op, struct rv a, struct rv b, struct rv *out)
{
	struct view x, y;
	look(&x, a);
	look(&y, b);
	if (mpz_sgn(y.z) < 0)
		return raise(rt, EX_VALUE, "negative shift count");
	bool far = mpz_cmp_ui(y.z, LIM_INT_BITS) > 0;
	if (mpz_sgn(x.z) == 0 || (far && op == OP_RSHIFT)) {
		*out = rv_int(mpz_sgn(x.z) < 0 ? -1 : 0);
		return true;
	}
	if (far)
		return too_long(rt);
	mpz_t r;
	mpz_init(r);
	(op == OP_LSHIFT ? mpz_mul_2exp : mpz_fdiv_q_2exp)(r, x.z, mpz_get_ui(y.z));
	return done(rt, r, out);
}

bool big_op(struct rt *rt, enum binop op, struct rv a, struct rv b, struct rv *out)
{
	static void (*const fns[])(mpz_ptr, mpz_srcptr, mpz_srcptr) = {
		[OP_ADD] = mpz_add, [OP_SUB] = mpz_sub, [OP_MUL] = mpz_mul, [OP_FLOORDIV] = mpz_fdiv_q, [OP_MOD] = mpz_fdiv_r,
		[OP_BAND] = mpz_and, [OP_BOR] = mpz_ior, [OP_BXOR] = mpz_xor};
	struct view x, y;
	double d;
	mpz_t r;
	look(&x, a);
	look(&y, b);
	if ((op == OP_DIV || op == OP_FLOORDIV || op == OP_MOD) && mpz_sgn(y.z) == 0)
		return raise(rt, EX_ZERODIV, op == OP_DIV   ? "division by zero"
					     : op == OP_MOD ? "integer modulo by zero"
							    : "integer division or modulo by zero");
	if (op == OP_POW)
		return power(rt, a, b, out);
	if (op == OP_LSHIFT || op == OP_RSHIFT)
		return shift(rt, op, a, b, out);
	if (op == OP_DIV) {
		if (!big_true_div(a, b, &d))
			return raise(rt, EX_OVERFLOW, "integer division result too large for a float");
		*out = rv_float(d);
		return true;
	}
	mpz_init(r);
	fns[op](r, x.z, y.z);
	return done(rt, r, out);
}

bool big_unary(struct rt *rt, char op, struct rv a, struct rv *out)
{
	struct view x;
	mpz_t r;
	look(&x, a);
	mpz_init(r);
	(op == '-' ? mpz_neg : op == '~' ? mpz_com : mpz_abs)(r, x.z);
	return done(rt, r, out);
}

bool big_powmod(struct rt *rt, struct rv a, struct rv b, struct rv m, struct rv *out)
{
	struct view x, y, z;
	mpz_t r;
	look(&x, a);
	look(&y, b);
	look(&z, m);
	if (mpz_sgn(z.z) == 0)
		return raise(rt, EX_VALUE, "pow() 3rd argument cannot be 0");
	mpz_init(r);
	if (mpz_sgn(y.z) < 0) {
		bool ok = mpz_invert(r, x.z, z.z) != 0;
		mpz_clear(r);
		if (!ok)
			return raise(rt, EX_VALUE, "base is not invertible for the given modulus");
		mpz_init(r);
	}
	if (!rt_steps(rt, big_bits(b) + 1)) {
		mpz_clear(r);
		return false;
	}
	mpz_powm(r, x.z, y.z, z.z);
	if (mpz_sgn(z.z) < 0 && mpz_sgn(r) > 0)           /* compat: the sign of the modulus */
		mpz_add(r, r, z.z);
	return done(rt, r, out);
}

bool big_round(struct rt *rt, struct rv a, uint32_t digits, struct rv *out)
{
	struct view x;
	mpz_t ten, q, r;
	if (digits > LIM_INT_BITS / 3) {
		*out = rv_int(0);
		return true;
	}
	look(&x, a);
	mpz_inits(ten, q, r, NULL);
	mpz_ui_pow_ui(ten, 10, digits);
	mpz_fdiv_qr(q, r, x.z, ten);
	mpz_mul_2exp(r, r, 1);
	int c = mpz_cmp(r, ten);
	if (c > 0 || (c == 0 && mpz_odd_p(q)))
		mpz_add_ui(q, q, 1);
	mpz_mul(q, q, ten);
	mpz_clears(ten, r, NULL);
	return done(rt, q, out);
}

/* -- comparisons, floats -- */

int big_cmp(struct rv a, struct rv b)
{
	struct view x, y;
	look(&x, a);
	look(&y, b);
	int c = mpz_cmp(x.z, y.z);
	return c < 0 ? -1 : c > 0;
}

int big_cmp_double(struct rv a, double d)
{
	struct view x;
	if (isinf(d))
		return d < 0 ? 1 : -1;
	look(&x, a);
	int c = mpz_cmp_d(x.z, d);
	return c < 0 ? -1 : c > 0;
}

/* The bits from bit "from" on, with the lowest one set when something below is: enough for one rounding. */
static uint64_t top(mpz_srcptr z, size_t from)
{
	mpz_t r;
	mpz_init(r);
	mpz_tdiv_q_2exp(r, z, from);
	uint64_t u = mpz_get_ui(r);
	mpz_clear(r);
	return u | (from > 0 && mpz_scan1(z, 0) < from);
}

double big_double(struct rv a)
{
	struct view x;
	look(&x, a);
	if (mpz_sgn(x.z) == 0)
		return 0;
	size_t bits = mpz_sizeinbase(x.z, 2), from = bits > 64 ? bits - 64 : 0;
	double d = ldexp((double)top(x.z, from), (int)from);
	return mpz_sgn(x.z) < 0 ? -d : d;
}

/* compat: CPython's long_true_divide: a quotient of 55 or 56 bits, and whether something is left, are rounded once. */
bool big_true_div(struct rv a, struct rv b, double *out)
{
	enum { DIGITS = 53, LEAST = -1021 };
	struct view x, y;
	mpz_t num, den, rest;
	look(&x, a);
	look(&y, b);
	bool neg = (mpz_sgn(x.z) < 0) != (mpz_sgn(y.z) < 0);
	*out = neg ? -0.0 : 0.0;
	if (mpz_sgn(x.z) == 0)
		return true;
	long diff = (long)mpz_sizeinbase(x.z, 2) - (long)mpz_sizeinbase(y.z, 2);
	if (diff > 1024)
		return false;
	long move = (diff > LEAST ? diff : LEAST) - DIGITS - 2;
	mpz_inits(num, den, rest, NULL);
	mpz_abs(num, x.z);
	mpz_abs(den, y.z);
	if (move < 0)
		mpz_mul_2exp(num, num, (mp_bitcnt_t)-move);
	else
		mpz_mul_2exp(den, den, (mp_bitcnt_t)move);
	mpz_tdiv_qr(num, rest, num, den);
	uint64_t q = mpz_get_ui(num) | (mpz_sgn(rest) != 0);
	mpz_clears(num, den, rest, NULL);
	int bits = q == 0 ? 0 : 64 - __builtin_clzll(q);
	int extra = (bits > LEAST - move ? bits : (int)(LEAST - move)) - DIGITS;
	uint64_t half = (uint64_t)1 << (extra - 1);
	if ((q & half) && (q & (3 * half - 1)))
		q += half;
	q &= ~(2 * half - 1);
	double d = ldexp((double)q, (int)move);
	*out = neg ? -d : d;
	return !isinf(d);
}

bool big_of_double(struct rt *rt, double d, struct rv *out)
{
	mpz_t z;
	mpz_init_set_d(z, d);
	return done(rt, z, out);
}

/* -- text -- */

const char *big_text(struct rt *rt, struct rv a, int base)
{
	struct view x;
	look(&x, a);
	char *s = rt_alloc(rt, mpz_sizeinbase(x.z, base) + 2);
	return mpz_get_str(s, base, x.z);
}

bool big_parse(struct arena *arena, const char *digits, int base, struct rv *out)
{
	size_t n = strlen(digits);
	while (n > 1 && *digits == '0') {
		digits++;
		n--;
	}
	if (n > LIM_INT_BITS + 2)                         /* more digits than a number of the least base may have */
		return false;
	mpz_t z;
	mpz_init_set_str(z, digits, base);
	bool ok = keep(arena, z, out);
	mpz_clear(z);
	return ok;
}

struct rv big_of_words(struct rt *rt, const uint32_t *w, size_t n)
{
	struct rv v = rv_int(0);
	mpz_t z;
	mpz_init(z);
	mpz_import(z, n < LIM_INT_BITS / 32 ? n : LIM_INT_BITS / 32, -1, sizeof(*w), 0, 0, w);
	keep(&rt->arena, z, &v);
	mpz_clear(z);
	return v;
}

bool big_words(struct rv a, uint32_t *w, size_t n)
{
	struct view x;
	size_t got;
	if (big_bits(a) > n * 32)
		return false;
	look(&x, a);
	memset(w, 0, n * sizeof(*w));
	mpz_export(w, &got, -1, sizeof(*w), 0, 0, x.z);
	return true;
}
