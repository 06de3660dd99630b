/* SPDX-License-Identifier: GPL-2.0-or-later
 * mod_random.c - Python's random module: the Mersenne Twister, seeded and asked as Python does it, so that a seed gives the same numbers
 * there and here. Without a seed it begins with the system's randomness. Chance for passwords is not here.
 */
#include <math.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/clock.h"
#include "snippets/engine/bigint.h"
#include "snippets/engine/modules.h"
#include "snippets/engine/rt.h"

#define R(name)                                                                                                        \
	static bool r_##name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define UNUSED_ARGS (void)self, (void)a, (void)v, (void)rt

/* -- MT19937: Matsumoto and Nishimura, 1998 -- */

enum { N = 624, M = 397 };
struct mt { uint32_t s[N]; unsigned at; };

static void init_one(struct mt *g, uint32_t seed)
{
	g->s[0] = seed;
	for (uint32_t i = 1; i < N; i++)
		g->s[i] = 1812433253u * (g->s[i - 1] ^ g->s[i - 1] >> 30) + i;
	g->at = N;
}

static void init_key(struct mt *g, const uint32_t *key, size_t n)
{
	size_t i = 1, j = 0;
	init_one(g, 19650218u);
	for (size_t k = n > N ? n : N; k > 0; k--) {
		g->s[i] = (g->s[i] ^ (g->s[i - 1] ^ g->s[i - 1] >> 30) * 1664525u) + key[j] + (uint32_t)j;
		if (++i == N) {
			g->s[0] = g->s[N - 1];
			i = 1;
		}
		j = j + 1 == n ? 0 : j + 1;
	}
	for (size_t k = N - 1; k > 0; k--) {
		g->s[i] = (g->s[i] ^ (g->s[i - 1] ^ g->s[i - 1] >> 30) * 1566083941u) - (uint32_t)i;
		if (++i == N) {
			g->s[0] = g->s[N - 1];
			i = 1;
		}
	}
	g->s[0] = 0x80000000u;
}

static uint32_t next32(struct mt *g)
{
	if (g->at >= N) {
		for (unsigned i = 0; i < N; i++) {
			uint32_t y = (g->s[i] & 0x80000000u) | (g->s[(i + 1) % N] & 0x7fffffffu);
			g->s[i] = g->s[(i + M) % N] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
		}
		g->at = 0;
	}
	uint32_t y = g->s[g->at++];
	y ^= y >> 11;
	y ^= y << 7 & 0x9d2c5680u;
	y ^= y << 15 & 0xefc60000u;
	return y ^ y >> 18;
}

/* -- a generator of a render: the module's, or one that Random() made -- */

static const struct obj_ops random_ops;

static struct mt *fresh(struct rt *rt)
{
	struct mt *g = rt_alloc(rt, sizeof(*g));
	uint32_t key[16];
	rt_varies(rt);
	random_bytes(key, sizeof(key));
	init_key(g, key, 16);
	return g;
}

static struct mt *gen(struct rt *rt, struct rv self)
{
	if (self.t == R_OBJ && self.u.o->ops == &random_ops)
		return self.u.o->data;
	if (rt->random == NULL)
		rt->random = fresh(rt);
	return rt->random;
}

static uint64_t bits(struct mt *g, unsigned k)
{
	if (k <= 32)
		return k == 0 ? 0 : next32(g) >> (32 - k);
	uint64_t low = next32(g);
	return low | (uint64_t)(next32(g) >> (64 - k)) << 32;
}

/* compat: _randbelow_with_getrandbits */
static uint64_t below(struct mt *g, uint64_t n)
{
	unsigned k = 0;
	for (uint64_t x = n; x != 0; x >>= 1)
		k++;
	uint64_t r = bits(g, k);
	while (r >= n)
		r = bits(g, k);
	return r;
}

static double unit(struct mt *g)
{
	uint32_t a = next32(g) >> 5, b = next32(g) >> 6;
	return (a * 67108864.0 + b) * (1.0 / 9007199254740992.0);
}

/* compat: seed() version 2: a text is one large number, its bytes followed by their SHA-512. */
static bool seed(struct rt *rt, struct mt *g, struct rv x)
{
	size_t n = x.t == R_STR ? x.n + SHA512_DIGEST_LENGTH : 8, words = (n + 3) / 4, used;
	if (x.t == R_UNSET || x.t == R_NONE) {
		*g = *fresh(rt);
		return true;
	}
	if (x.t == R_BIG) {
		uint32_t w[LIM_INT_BITS / 32];
		big_words(x, w, ARRAY_LEN(w));
		init_key(g, w, (big_bits(x) + 31) / 32);
		return true;
	}
	if (x.t != R_STR && x.t != R_INT && x.t != R_BOOL)
		return raise(rt, EX_TYPE, "the seed of a generator here is a text or an integer, not %s", rv_type_name(x));
	unsigned char *b = rt_alloc(rt, words * 4 + 1);
	uint32_t *key = rt_alloc(rt, words * sizeof(*key));
	memset(b, 0, words * 4);                          /* big-endian, at the end */
	if (x.t == R_STR) {
		memcpy(b + words * 4 - n, x.u.s, x.n);
		SHA512((const unsigned char *)x.u.s, x.n, b + words * 4 - SHA512_DIGEST_LENGTH);
	} else {
		int64_t i = rv_asint(x);
		uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
		for (int k = 7; k >= 0; k--, u >>= 8)
			b[k] = (unsigned char)u;
	}
	for (size_t k = 0; k < words; k++) {
		const unsigned char *w = b + (words - 1 - k) * 4;
		key[k] = (uint32_t)w[0] << 24 | (uint32_t)w[1] << 16 | (uint32_t)w[2] << 8 | w[3];
	}
	for (used = words; used > 1 && key[used - 1] == 0;)
		used--;
	init_key(g, key, used);
	return true;
}

static bool want_int(struct rt *rt, struct rv v, int64_t *out)
{
	if (v.t == R_BIG)
		return raise(rt, EX_OVERFLOW, "the range is too wide");
	if (v.t != R_INT && v.t != R_BOOL)
		return raise(rt, EX_TYPE, "'%s' object cannot be interpreted as an integer", rv_type_name(v));
	*out = rv_asint(v);
	return *out > -(INT64_MAX / 4) && *out < INT64_MAX / 4 ? true : raise(rt, EX_OVERFLOW, "the range is too wide");
}

/* A number of k bits, LIM_INT_BITS at most. */
static struct rv large_bits(struct rt *rt, struct mt *g, size_t k)
{
	uint32_t w[LIM_INT_BITS / 32];
	size_t n = 0;
	for (size_t left = k; left > 0; left -= left < 32 ? left : 32)
		w[n++] = next32(g) >> (left < 32 ? 32 - left : 0);
	return big_of_words(rt, w, n);
}

static bool is_large(struct rv v) { return v.t == R_BIG || (v.t == R_INT && (v.u.i > INT64_MAX / 4 || v.u.i < -(INT64_MAX / 4))); }

/* randrange(lo, hi, step) where 64 bits may not be enough. */
static bool large_range(struct rt *rt, struct mt *g, struct rv lo, struct rv hi, struct rv step, struct rv *out)
{
	int dir = big_cmp(step, rv_int(0));
	struct rv n, r;
	if (dir == 0)
		return raise(rt, EX_VALUE, "zero step for randrange()");
	if (!rv_binop(rt, OP_SUB, hi, lo, &n) || !rv_binop(rt, OP_ADD, n, step, &n) || !rv_binop(rt, OP_SUB, n, rv_int(dir), &n) ||
		!rv_binop(rt, OP_FLOORDIV, n, step, &n))
		return false;
	if (big_cmp(n, rv_int(0)) <= 0)
		return raise(rt, EX_VALUE, "empty range for randrange()");
	do
		r = large_bits(rt, g, big_bits(n));
	while (big_cmp(r, n) >= 0 && rt_tick(rt));
	return rt->exc.cls == EX_NONE && rv_binop(rt, OP_MUL, r, step, &r) && rv_binop(rt, OP_ADD, lo, r, out);
}

R(random) { UNUSED_ARGS; *out = rv_float(unit(gen(rt, self))); return true; }

R(randint)
{
	UNUSED_ARGS;
	int64_t lo, hi;
	struct rv end;
	if ((is_large(v[0]) || is_large(v[1])) && rv_is_int(v[0]) && rv_is_int(v[1]))
		return rv_binop(rt, OP_ADD, v[1], rv_int(1), &end) && large_range(rt, gen(rt, self), v[0], end, rv_int(1), out);
	if (!want_int(rt, v[0], &lo) || !want_int(rt, v[1], &hi))
		return false;
	if (hi < lo)
		return raise(
			rt, EX_VALUE, "empty range for randrange() (%lld, %lld)", (long long)lo, (long long)hi + 1);
	*out = rv_int(lo + (int64_t)below(gen(rt, self), (uint64_t)(hi - lo) + 1));
	return true;
}

R(randrange)
{
	UNUSED_ARGS;
	int64_t lo = 0, hi, step = 1;
	struct rv one = v[2].t == R_UNSET ? rv_int(1) : v[2];
	struct rv from = v[1].t == R_UNSET ? rv_int(0) : v[0], to = v[1].t == R_UNSET ? v[0] : v[1];
	if ((is_large(from) || is_large(to) || is_large(one)) && rv_is_int(from) && rv_is_int(to) && rv_is_int(one))
		return large_range(rt, gen(rt, self), from, to, one, out);
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
	*out = rv_int(lo + step * (int64_t)below(gen(rt, self), (uint64_t)n));
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
	return rv_getitem(rt, v[0], rv_int((int64_t)below(gen(rt, self), (uint64_t)n)), out);
}

R(shuffle)
{
	UNUSED_ARGS;
	struct rv l;
	struct mt *g = gen(rt, self);
	if (!rv_seq(v[0]) || v[0].t == R_TUPLE)
		return raise(rt, EX_TYPE, "'%s' object does not support item assignment", rv_type_name(v[0]));
	if (!rv_thaw(rt, v[0], &l))
		return false;
	for (uint32_t i = l.u.l->n; i > 1; i--) {
		uint32_t k = (uint32_t)below(g, i);
		struct rv t = l.u.l->v[i - 1];
		l.u.l->v[i - 1] = l.u.l->v[k];
		l.u.l->v[k] = t;
	}
	*out = rv_none();
	return true;
}

/* compat: a pool that shrinks for small populations, else the places that were taken are remembered. */
R(sample)
{
	UNUSED_ARGS;
	int64_t k;
	struct rv pool, taken = rv_set(rt);
	struct mt *g = gen(rt, self);
	if (!rv_seq(v[0]) && v[0].t != R_STR && v[0].t != R_RANGE)
		return raise(rt, EX_TYPE, "Population must be a sequence.  For dicts or sets, use sorted(d).");
	if (!want_int(rt, v[1], &k) || !rv_copy_list(rt, v[0], &pool))
		return false;
	int64_t n = pool.u.l->n;
	if (k < 0 || k > n)
		return raise(rt, EX_VALUE, "Sample larger than population or is negative");
	double size = 21 + (k > 5 ? pow(4, ceil(log((double)k * 3) / log(4))) : 0);
	*out = rv_list(rt, (uint32_t)k);
	for (int64_t i = 0; i < k && rt_tick(rt); i++) {
		bool found = (double)n > size;
		int64_t j = (int64_t)below(g, (uint64_t)((double)n <= size ? n - i : n));
		struct rv unused;
		while (found) {
			if (!rdict_get(rt, taken.u.m, rv_int(j), &unused, &found))
				return false;
			if (found)
				j = (int64_t)below(g, (uint64_t)n);
		}
		rlist_push(rt, out->u.l, pool.u.l->v[j]);
		if ((double)n <= size)
			pool.u.l->v[j] = pool.u.l->v[n - i - 1];
		else if (!rdict_set(rt, taken.u.m, rv_int(j), rv_none()))
			return false;
	}
	return rt->exc.cls == EX_NONE;
}

R(choices)
{
	UNUSED_ARGS;
	int64_t n, k = 1;
	struct mt *g = gen(rt, self);
	if (v[1].t != R_UNSET && v[1].t != R_NONE)
		return raise(rt, EX_TYPE, "choices() takes no weights here");
	if ((v[2].t != R_UNSET && !want_int(rt, v[2], &k)) || !rv_len(rt, v[0], &n))
		return false;
	if (n == 0 || k > LIM_ITEMS)
		return raise(rt, EX_INDEX, "Cannot choose from an empty sequence");
	*out = rv_list(rt, k > 0 ? (uint32_t)k : 0);
	for (int64_t i = 0; i < k && rt_tick(rt); i++) {
		struct rv x;
		if (!rv_getitem(rt, v[0], rv_int((int64_t)floor(unit(g) * (double)n)), &x))
			return false;
		rlist_push(rt, out->u.l, x);
	}
	return rt->exc.cls == EX_NONE;
}

R(uniform)
{
	UNUSED_ARGS;
	if (!rv_is_num(v[0]) || !rv_is_num(v[1]))
		return raise(rt, EX_TYPE, "uniform() takes numbers");
	double x = rv_num(v[0]), y = rv_num(v[1]);
	*out = rv_float(x + (y - x) * unit(gen(rt, self)));
	return true;
}

R(getrandbits)
{
	UNUSED_ARGS;
	int64_t k;
	if (!want_int(rt, v[0], &k))
		return false;
	if (k < 0)
		return raise(rt, EX_VALUE, "number of bits must be non-negative");
	if (k > LIM_INT_BITS)
		return raise(rt, EX_LIMIT, "an integer has more than %d bits", LIM_INT_BITS);
	*out = large_bits(rt, gen(rt, self), (size_t)k);
	return true;
}

R(seed)
{
	UNUSED_ARGS;
	*out = rv_none();
	return seed(rt, gen(rt, self), v[0]);
}

R(Random)
{
	UNUSED_ARGS;
	struct mt *g = rt_alloc(rt, sizeof(*g));
	*out = rv_obj(rt, &random_ops, g);
	return seed(rt, g, v[0]);
}

static const struct native functions[] = {
	{"random", "", 0, r_random},
	{"randint", "a b", 2, r_randint},
	{"randrange", "start stop step", 1, r_randrange},
	{"choice", "seq", 1, r_choice},
	{"shuffle", "x", 1, r_shuffle},
	{"sample", "population k", 2, r_sample},
	{"choices", "population weights k", 1, r_choices},
	{"uniform", "a b", 2, r_uniform},
	{"getrandbits", "k", 1, r_getrandbits},
	{"seed", "a", 0, r_seed},
	{"Random", "x", 0, r_Random},
	{"SystemRandom", "x", 0, r_Random},       /* both draw from the kernel */
	{NULL, NULL, 0, NULL},
};

static bool random_attr(struct rt *rt, const struct robj *o, const char *name, struct rv *out)
{
	*out = (struct rv){ .t = R_UNSET };
	for (const struct native *f = functions; f->fn != r_Random; f++)
		if (str_eq(f->name, name)) {
			struct nmethod *m = rt_alloc(rt, sizeof(*m));
			*m = (struct nmethod){ { .t = R_OBJ, .u.o = o }, f };
			*out = (struct rv){ .t = R_METHOD, .u.me = m };
		}
	return true;
}

static const struct obj_ops random_ops = { .type = "Random", .attr = random_attr };

const struct module mod_random = { .name = "random", .f = functions };
