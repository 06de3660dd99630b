/* SPDX-License-Identifier: GPL-2.0-or-later
 * mod_random.c - Python's random module. Unseeded it draws from the system; seeded it repeats itself within one render,
 * but its numbers are not those of Python's generator.
 */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "snippets/engine/modules.h"

#define R(name)                                                                                                        \
	static bool r_##name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define UNUSED_ARGS (void)self, (void)a, (void)v, (void)rt

static uint64_t draw(struct rt *rt)
{
	uint64_t z;
	if (rt->rng == 0) {
		random_bytes(&z, sizeof(z));
		return z;
	}
	rt->rng += 0x9e3779b97f4a7c15ull;
	z = rt->rng;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static uint64_t below(struct rt *rt, uint64_t n)
{
	uint64_t lim = UINT64_MAX - UINT64_MAX % n, x;
	do
		x = draw(rt);
	while (x >= lim);
	return x % n;
}

static double unit(struct rt *rt) { return (double)(draw(rt) >> 11) / 9007199254740992.0; }

static bool want_int(struct rt *rt, struct rv v, int64_t *out)
{
	if (v.t != R_INT && v.t != R_BOOL)
		return raise(rt, EX_TYPE, "'%s' object cannot be interpreted as an integer", rv_type_name(v));
	*out = rv_asint(v);
	return *out > -(INT64_MAX / 4) && *out < INT64_MAX / 4 ? true : raise(rt, EX_OVERFLOW, "the range is too wide");
}

R(random) { UNUSED_ARGS; *out = rv_float(unit(rt)); return true; }

R(randint)
{
	UNUSED_ARGS;
	int64_t lo, hi;
	if (!want_int(rt, v[0], &lo) || !want_int(rt, v[1], &hi))
		return false;
	if (hi < lo)
		return raise(
			rt, EX_VALUE, "empty range for randrange() (%lld, %lld)", (long long)lo, (long long)hi + 1);
	*out = rv_int(lo + (int64_t)below(rt, (uint64_t)(hi - lo) + 1));
	return true;
}

R(randrange)
{
	UNUSED_ARGS;
	int64_t lo = 0, hi, step = 1;
	if (!want_int(rt, v[0], &hi))
		return false;
	if (v[1].t != R_UNSET) {
		lo = hi;
		if (!want_int(rt, v[1], &hi))
			return false;
	}
	if (v[2].t != R_UNSET && !want_int(rt, v[2], &step))
		return false;
	if (step == 0)
		return raise(rt, EX_VALUE, "zero step for randrange()");
	int64_t n = step > 0 ? (hi - lo + step - 1) / step : (hi - lo + step + 1) / step;
	if (n <= 0)
		return raise(rt, EX_VALUE, "empty range for randrange()");
	*out = rv_int(lo + step * (int64_t)below(rt, (uint64_t)n));
	return true;
}

R(choice)
{
	UNUSED_ARGS;
	int64_t n;
	if (!rv_len(rt, v[0], &n))
		return false;
	if (n == 0)
		return raise(rt, EX_INDEX, "Cannot choose from an empty sequence");
	return rv_getitem(rt, v[0], rv_int((int64_t)below(rt, (uint64_t)n)), out);
}

static void shuffle(struct rt *rt, struct rlist *l)
{
	for (uint32_t i = l->n; i > 1; i--) {
		uint32_t k = (uint32_t)below(rt, i);
		struct rv t = l->v[i - 1];
		l->v[i - 1] = l->v[k];
		l->v[k] = t;
	}
}

R(shuffle)
{
	UNUSED_ARGS;
	struct rv l;
	if (!rv_seq(v[0]) || v[0].t == R_TUPLE)
		return raise(rt, EX_TYPE, "'%s' object does not support item assignment", rv_type_name(v[0]));
	if (!rv_thaw(rt, v[0], &l))
		return false;
	shuffle(rt, l.u.l);
	*out = rv_none();
	return true;
}

R(sample)
{
	UNUSED_ARGS;
	int64_t k;
	if (!want_int(rt, v[1], &k) || !rv_copy_list(rt, v[0], out))
		return false;
	if (k < 0 || k > out->u.l->n)
		return raise(rt, EX_VALUE, "Sample larger than population or is negative");
	shuffle(rt, out->u.l);
	out->u.l->n = (uint32_t)k;
	return true;
}

R(choices)
{
	UNUSED_ARGS;
	int64_t n, k = 1;
	if ((v[1].t != R_UNSET && !want_int(rt, v[1], &k)) || !rv_len(rt, v[0], &n))
		return false;
	if (n == 0 || k < 0 || k > LIM_ITEMS)
		return raise(rt, EX_INDEX, "Cannot choose from an empty sequence");
	*out = rv_list(rt, (uint32_t)k);
	for (int64_t i = 0; i < k; i++) {
		struct rv x;
		if (!rv_getitem(rt, v[0], rv_int((int64_t)below(rt, (uint64_t)n)), &x))
			return false;
		rlist_push(rt, out->u.l, x);
	}
	return true;
}

R(uniform)
{
	UNUSED_ARGS;
	if (!rv_is_num(v[0]) || !rv_is_num(v[1]))
		return raise(rt, EX_TYPE, "uniform() takes numbers");
	double x = rv_num(v[0]), y = rv_num(v[1]);
	*out = rv_float(x + (y - x) * unit(rt));
	return true;
}

R(getrandbits)
{
	UNUSED_ARGS;
	int64_t k;
	if (!want_int(rt, v[0], &k))
		return false;
	if (k < 0 || k > 62)
		return raise(rt, EX_VALUE, "number of bits must be from 0 to 62");
	*out = rv_int(k == 0 ? 0 : (int64_t)(draw(rt) >> (64 - k)));
	return true;
}

R(seed)
{
	UNUSED_ARGS;
	uint64_t h = 0;
	if (v[0].t == R_STR) {
		h = 14695981039346656037ull;
		for (uint32_t i = 0; i < v[0].n; i++)
			h = (h ^ (unsigned char)v[0].u.s[i]) * 1099511628211ull;
	} else if (v[0].t == R_INT || v[0].t == R_BOOL) {
		h = (uint64_t)rv_asint(v[0]);
	}
	rt->rng = v[0].t == R_UNSET || v[0].t == R_NONE ? 0 : h | 1ull << 63;
	*out = rv_none();
	return true;
}

static const struct native functions[] = {
	{"random", "", 0, r_random},
	{"randint", "a b", 2, r_randint},
	{"randrange", "start stop step", 1, r_randrange},
	{"choice", "seq", 1, r_choice},
	{"shuffle", "x", 1, r_shuffle},
	{"sample", "population k", 2, r_sample},
	{"choices", "population k", 1, r_choices},
	{"uniform", "a b", 2, r_uniform},
	{"getrandbits", "k", 1, r_getrandbits},
	{"seed", "a", 0, r_seed},
	{NULL, NULL, 0, NULL},
};

const struct module mod_random = { "random", functions, NULL };
