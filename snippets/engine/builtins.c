/* SPDX-License-Identifier: GPL-2.0-or-later
 * builtins.c - the built-in functions that templates use, and finding them by name.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snippets/engine/bigint.h"
#include "snippets/engine/builtins.h"
#include "snippets/engine/format.h"
#include "snippets/engine/str_methods.h"

#define B(name)                                                                                                        \
	static bool b_##name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define UNUSED_ARGS (void)self, (void)a, (void)v, (void)rt

B(len)
{
	UNUSED_ARGS;
	int64_t n;
	if (!rv_len(rt, v[0], &n))
		return false;
	*out = rv_int(n);
	return true;
}

B(range)
{
	UNUSED_ARGS;
	struct rrange *r = rt_alloc(rt, sizeof(*r));
	*r = (struct rrange){ 0, 0, 1 };
	if (v[1].t == R_UNSET) {
		if (!int_arg(rt, v[0], &r->stop))
			return false;
	} else if (!int_arg(rt, v[0], &r->start) || !int_arg(rt, v[1], &r->stop) ||
		   (v[2].t != R_UNSET && !int_arg(rt, v[2], &r->step))) {
		return false;
	}
	if (r->step == 0)
		return raise(rt, EX_VALUE, "range() arg 3 must not be zero");
	const int64_t far = INT64_MAX / 4;
	if (r->start > far || r->start < -far || r->stop > far || r->stop < -far || r->step > far || r->step < -far)
		return raise(rt, EX_OVERFLOW, "range() reaches too far");
	*out = (struct rv){ .t = R_RANGE, .u.r = r };
	return true;
}

B(sorted)
{
	UNUSED_ARGS;
	bool reverse;
	return rv_copy_list(rt, v[0], out) && flag_arg(rt, v[2], &reverse) && py_sort(rt, out->u.l, v[1], reverse);
}

B(reversed)
{
	UNUSED_ARGS;
	struct rv l;
	bool can = rv_seq(v[0]) || rv_mapping(v[0]) || v[0].t == R_STR || v[0].t == R_RANGE || v[0].t == R_VIEW;
	if (!can && (v[0].t != R_UNDEF || rt->missing == NULL))
		return raise(rt, EX_TYPE, "'%s' object is not reversible", rv_type_name(v[0]));
	if (!rv_copy_list(rt, v[0], &l))
		return false;
	for (uint32_t i = 0; i < l.u.l->n / 2; i++) {
		struct rv t = l.u.l->v[i];
		l.u.l->v[i] = l.u.l->v[l.u.l->n - 1 - i];
		l.u.l->v[l.u.l->n - 1 - i] = t;
	}
	*out = rv_iter_of(rt, l, "list_reverseiterator");
	return true;
}

B(enumerate)
{
	UNUSED_ARGS;
	struct cursor c;
	struct rv x, l = rv_list(rt, 0);
	int64_t i = 0;
	if ((v[1].t != R_UNSET && !int_arg(rt, v[1], &i)) || !cur_start(rt, v[0], &c))
		return false;
	for (; cur_next(rt, &c, &x) && rt->exc.cls == EX_NONE; i++)
		rlist_push(rt, l.u.l, rv_tuple(rt, (struct rv[]){ rv_int(i), x }, 2));
	*out = rv_iter_of(rt, l, "enumerate");
	return rt->exc.cls == EX_NONE;
}

B(zip)
{
	UNUSED_ARGS;
	struct rv l = rv_list(rt, 0), row[16];
	struct cursor c[16];
	if (a->n > 16)
		return raise(rt, EX_LIMIT, "zip() of more than 16 sequences");
	for (uint32_t i = 0; i < a->n; i++)
		if (!cur_start(rt, a->v[i], &c[i]))
			return false;
	for (bool more = a->n > 0; more && rt->exc.cls == EX_NONE;) {
		for (uint32_t i = 0; i < a->n && more; i++)
			more = cur_next(rt, &c[i], &row[i]);
		if (more)
			rlist_push(rt, l.u.l, rv_tuple(rt, row, a->n));
	}
	*out = rv_iter_of(rt, l, "zip");
	return rt->exc.cls == EX_NONE;
}

static bool extreme(struct rt *rt, const struct args *a, bool max, struct rv *out)
{
	const struct karg *key = kw_find(a, "key"), *dflt = kw_find(a, "default");
	struct args one = { .v = a->v, .n = a->n };
	struct rv items = a->n == 1 ? a->v[0] : rv_tuple(rt, one.v, one.n), x, kx, best = { .t = R_UNSET };
	struct cursor c;
	if (!cur_start(rt, items, &c))
		return false;
	*out = (struct rv){ .t = R_UNSET };
	while (cur_next(rt, &c, &x)) {
		int o = 0;
		kx = x;
		if (key != NULL && key->v.t != R_NONE && !call1(rt, key->v, x, &kx))
			return false;
		if (out->t != R_UNSET && !rv_order(rt, kx, best, max ? ">" : "<", &o))
			return false;
		if (out->t == R_UNSET || o == (max ? 1 : -1)) {
			*out = x;
			best = kx;
		}
	}
	if (out->t != R_UNSET)
		return true;
	if (dflt == NULL)
		return raise(rt, EX_VALUE, "%s() arg is an empty sequence", max ? "max" : "min");
	*out = dflt->v;
	return true;
}

B(min) { UNUSED_ARGS; return extreme(rt, a, false, out); }
B(max) { UNUSED_ARGS; return extreme(rt, a, true, out); }

B(sum)
{
	UNUSED_ARGS;
	struct cursor c;
	struct rv x, s = v[1].t == R_UNSET ? rv_int(0) : v[1];
	if (s.t == R_STR)
		return raise(rt, EX_TYPE, "sum() can't sum strings [use ''.join(seq) instead]");
	if (!cur_start(rt, v[0], &c))
		return false;
	while (cur_next(rt, &c, &x))
		if (!rv_binop(rt, OP_ADD, s, x, &s))
			return false;
	*out = s;
	return true;
}

B(abs)
{
	UNUSED_ARGS;
	if (v[0].t == R_FLOAT) {
		*out = rv_float(fabs(v[0].u.d));
		return true;
	}
	if (v[0].t == R_UNDEF && rt->missing != NULL)
		return rt->missing(rt, &v[0]);
	if (!rv_is_num(v[0]))
		return raise(rt, EX_TYPE, "bad operand type for abs(): '%s'", rv_type_name(v[0]));
	if (v[0].t == R_BIG || rv_asint(v[0]) == INT64_MIN)
		return big_unary(rt, '|', v[0], out);
	*out = rv_int(llabs(rv_asint(v[0])));
	return true;
}

bool py_round(struct rt *rt, struct rv v, struct rv nd, struct rv *out)
{
	char buf[400];
	if (v.t == R_UNDEF && rt->missing != NULL)
		return rt->missing(rt, &v);
	if (!rv_is_num(v))
		return raise(rt, EX_TYPE, "type %s doesn't define __round__ method", rv_type_name(v));
	if (nd.t != R_UNSET && nd.t != R_NONE && nd.t != R_INT && nd.t != R_BOOL)
		return raise(rt, EX_TYPE, "'%s' object cannot be interpreted as an integer", rv_type_name(nd));
	bool digits = nd.t == R_INT || nd.t == R_BOOL;
	int64_t n = digits ? rv_asint(nd) : 0;
	if (v.t == R_BIG && n >= 0) {
		*out = v;
		return true;
	}
	if (v.t != R_FLOAT && n < 0 && (v.t == R_BIG || n < -17 || rv_asint(v) > INT64_MAX / 4 || rv_asint(v) < -(INT64_MAX / 4)))
		return big_round(rt, v, n < -LIM_INT_BITS ? LIM_INT_BITS : (uint32_t)-n, out);
	if (v.t != R_FLOAT) {
		int64_t i = rv_asint(v), p = 1;
		for (int64_t k = n; k < 0 && p != 0; k++)
			if (__builtin_mul_overflow(p, 10, &p))
				p = 0;
		if (p == 0) {
			i = 0;
		} else if (p > 1) {
			int64_t q = i / p, r = i % p;
			int64_t twice = llabs(r) - (p - llabs(r));       /* > 0: away from zero */
			if (twice > 0 || (twice == 0 && (q & 1)))
				q += i < 0 ? -1 : 1;
			i = q * p;
		}
		*out = rv_int(i);
		return true;
	}
	if (!digits)
		return float_to_int(rt, nearbyint(v.u.d), out);
	if (n > 300 || isnan(v.u.d) || isinf(v.u.d)) {
		*out = v;
	} else if (n >= 0) {
		snprintf(buf, sizeof(buf), "%.*f", (int)n, v.u.d);
		*out = rv_float(fabs(v.u.d) > 1e60 ? v.u.d : strtod(buf, NULL));
	} else {
		double p = pow(10, (double)-n);
		*out = rv_float(n < -308 ? copysign(0, v.u.d) : nearbyint(v.u.d / p) * p);
	}
	return true;
}

B(round) { UNUSED_ARGS; return py_round(rt, v[0], v[1], out); }

B(any)
{
	UNUSED_ARGS;
	struct cursor c;
	struct rv x;
	bool yes = false;
	if (!cur_start(rt, v[0], &c))
		return false;
	while (!yes && cur_next(rt, &c, &x))
		yes = rv_truthy(x);
	*out = rv_bool(yes);
	return true;
}

B(all)
{
	UNUSED_ARGS;
	struct cursor c;
	struct rv x;
	bool yes = true;
	if (!cur_start(rt, v[0], &c))
		return false;
	while (yes && cur_next(rt, &c, &x))
		yes = rv_truthy(x);
	*out = rv_bool(yes);
	return true;
}

static bool map_filter(struct rt *rt, struct rv f, struct rv items, bool map, struct rv *out)
{
	struct cursor c;
	struct rv x, y, l = rv_list(rt, 0);
	if (!cur_start(rt, items, &c))
		return false;
	while (cur_next(rt, &c, &x) && rt->exc.cls == EX_NONE) {
		if (f.t == R_NONE)
			y = x;
		else if (!call1(rt, f, x, &y))
			return false;
		if (map || rv_truthy(y))
			rlist_push(rt, l.u.l, map ? y : x);
	}
	*out = rv_iter_of(rt, l, map ? "map" : "filter");
	return rt->exc.cls == EX_NONE;
}

B(map) { UNUSED_ARGS; return map_filter(rt, v[0], v[1], true, out); }
B(filter) { UNUSED_ARGS; return map_filter(rt, v[0], v[1], false, out); }

static bool is_a(int id, int of)
{
	return of == id || of == TY_OBJECT || (of == TY_INT && id == TY_BOOL) ||
	       (of >= TY_EXC && id >= TY_EXC && exc_is_a(id - TY_EXC, of - TY_EXC));
}

static bool instance_of(struct rt *rt, struct rv x, struct rv t, unsigned depth, bool *yes)
{
	*yes = false;
	if (!rt_tick(rt))
		return false;
	if (t.t == R_TUPLE && depth < LIM_VALUE_DEPTH) {
		for (uint32_t i = 0; i < t.u.l->n && !*yes; i++)
			if (!instance_of(rt, x, t.u.l->v[i], depth + 1, yes))
				return false;
		return true;
	}
	if (t.t != R_TYPE)
		return raise(rt, EX_TYPE, "isinstance() arg 2 must be a type, a tuple of types, or a union");
	*yes = is_a(type_of(x), t.aux);
	return true;
}

B(isinstance)
{
	UNUSED_ARGS;
	bool yes;
	if (!instance_of(rt, v[0], v[1], 0, &yes))
		return false;
	*out = rv_bool(yes);
	return true;
}

B(issubclass)
{
	UNUSED_ARGS;
	if (v[0].t != R_TYPE)
		return raise(rt, EX_TYPE, "issubclass() arg 1 must be a class");
	struct rv any = v[1].t == R_TUPLE ? v[1] : rv_tuple(rt, &v[1], 1);
	bool yes = false;
	for (uint32_t i = 0; i < any.u.l->n && !yes; i++) {
		if (any.u.l->v[i].t != R_TYPE)
			return raise(rt, EX_TYPE, "issubclass() arg 2 must be a class, a tuple of classes, or a union");
		yes = is_a(v[0].aux, any.u.l->v[i].aux);
	}
	*out = rv_bool(yes);
	return true;
}

B(ascii)
{
	UNUSED_ARGS;
	size_t mark = rt->tmp.len;
	rv_repr(rt, v[0], &rt->tmp);
	*out = fmt_ascii_of(rt, rv_take(rt, mark));
	return rt->exc.cls == EX_NONE;
}

B(repr)
{
	UNUSED_ARGS;
	size_t mark = rt->tmp.len;
	rv_repr(rt, v[0], &rt->tmp);
	*out = rv_take(rt, mark);
	return rt->exc.cls == EX_NONE;
}

B(ord)
{
	UNUSED_ARGS;
	size_t k;
	if (v[0].t != R_STR)
		return raise(rt, EX_TYPE, "ord() expected string of length 1, but %s found", rv_type_name(v[0]));
	if (u8_len(v[0].u.s, v[0].n) != 1)
		return raise(rt, EX_TYPE, "ord() expected a character, but string of length %zu found",
			u8_len(v[0].u.s, v[0].n));
	*out = rv_int(u8_at(v[0].u.s, v[0].n, &k));
	return true;
}

B(chr)
{
	UNUSED_ARGS;
	int64_t i;
	if (!int_arg(rt, v[0], &i))
		return false;
	if (i <= 0 || i > 0x10ffff || (i >= 0xd800 && i < 0xe000))
		return raise(rt, EX_VALUE, "chr() arg not in range(0x110000)");
	size_t mark = rt->tmp.len;
	u8_put(&rt->tmp, (uint32_t)i);
	*out = rv_take(rt, mark);
	return true;
}

static bool based(struct rt *rt, struct rv v, const char *spec, struct rv *out)
{
	int64_t i = 0;
	size_t mark = rt->tmp.len;
	if (v.t == R_OBJ && v.u.o->ops->num != NULL && !v.u.o->ops->num(rt, v.u.o, &v))
		return false;
	if ((v.t != R_BIG && !int_arg(rt, v, &i)) || !fmt_spec(rt, v.t == R_BIG ? v : rv_int(i), spec, 2, &rt->tmp))
		return false;
	*out = rv_take(rt, mark);
	return true;
}

/* compat: of a number as Python's; of other values any will do, since Python's differ from process to process: these stay the same. */
B(hash)
{
	UNUSED_ARGS;
	uint64_t h;
	struct rv n = v[0], m;
	if (n.t == R_FLOAT && isfinite(n.u.d) && n.u.d == floor(n.u.d) && !float_to_int(rt, n.u.d, &n))
		return false;
	if (rv_is_int(n)) {
		bool neg = big_cmp(n, rv_int(0)) < 0;
		if (!big_unary(rt, '|', n, &m) || !rv_binop(rt, OP_MOD, m, rv_int((1LL << 61) - 1), &m))
			return false;
		*out = neg ? rv_int(m.u.i == 1 ? -2 : -m.u.i) : m;
		return true;
	}
	if (!rv_hash(rt, rv_live(rt, n), &h))
		return false;
	*out = rv_int((int64_t)(h >> 3));
	return true;
}

B(hex) { UNUSED_ARGS; return based(rt, v[0], "#x", out); }
B(oct) { UNUSED_ARGS; return based(rt, v[0], "#o", out); }
B(bin) { UNUSED_ARGS; return based(rt, v[0], "#b", out); }

B(divmod)
{
	UNUSED_ARGS;
	struct rv r[2];
	if ((v[0].t == R_FLOAT || v[1].t == R_FLOAT) && rv_is_num(v[0]) && rv_is_num(v[1]) && !rv_truthy(v[1]))
		return raise(rt, EX_ZERODIV, "float divmod()");
	if (!rv_binop(rt, OP_FLOORDIV, v[0], v[1], &r[0]) || !rv_binop(rt, OP_MOD, v[0], v[1], &r[1]))
		return false;
	*out = rv_tuple(rt, r, 2);
	return true;
}

B(pow)
{
	UNUSED_ARGS;
	if (v[2].t == R_UNSET || v[2].t == R_NONE)
		return rv_binop(rt, OP_POW, v[0], v[1], out);
	if (rv_is_int(v[0]) && rv_is_int(v[1]) && rv_is_int(v[2]))
		return big_powmod(rt, v[0], v[1], v[2], out);
	return raise(rt, EX_TYPE, "pow() 3rd argument not allowed unless all arguments are integers");
}

B(callable) { UNUSED_ARGS; *out = rv_bool(rv_callable(v[0])); return true; }

B(format)
{
	UNUSED_ARGS;
	size_t mark = rt->tmp.len;
	if (v[1].t != R_UNSET && v[1].t != R_STR)
		return raise(rt, EX_TYPE, "format() argument 2 must be str, not %s", rv_type_name(v[1]));
	if (!fmt_spec(rt, v[0], v[1].t == R_STR ? v[1].u.s : "", v[1].n, &rt->tmp))
		return false;
	*out = rv_take(rt, mark);
	return true;
}

static bool get_attr(struct rt *rt, struct rv o, struct rv name, struct rv *out)
{
	if (name.t != R_STR)
		return raise(rt, EX_TYPE, "attribute name must be string, not '%s'", rv_type_name(name));
	const char *z = rv_cz(rt, name);
	if (z[0] == '_') {
		*out = (struct rv){ .t = R_UNSET };
		return true;
	}
	return rv_attr(rt, o, z, method_id(z), out);
}

B(hasattr)
{
	UNUSED_ARGS;
	struct rv x;
	if (!get_attr(rt, v[0], v[1], &x))
		return false;
	*out = rv_bool(x.t != R_UNSET);
	return true;
}

B(getattr)
{
	UNUSED_ARGS;
	if (!get_attr(rt, v[0], v[1], out))
		return false;
	if (out->t != R_UNSET)
		return true;
	*out = v[2];
	return v[2].t != R_UNSET ||
	       raise(rt, EX_ATTRIBUTE, "'%s' object has no attribute '%s'", rv_type_name(v[0]), rv_cz(rt, v[1]));
}

B(iter)
{
	UNUSED_ARGS;
	struct rv l;
	if (v[0].t == R_ITER) {
		*out = v[0];
		return true;
	}
	if (!rv_copy_list(rt, v[0], &l))
		return false;
	*out = rv_iter_of(rt, l, "iterator");
	return true;
}

B(next)
{
	UNUSED_ARGS;
	if (v[0].t != R_ITER)
		return raise(rt, EX_TYPE, "'%s' object is not an iterator", rv_type_name(v[0]));
	struct cursor c = { .v = v[0] };
	if (cur_next(rt, &c, out))
		return true;
	if (rt->exc.cls != EX_NONE)
		return false;
	if (v[1].t != R_UNSET)
		*out = v[1];
	else
		return raise(rt, EX_STOPITER, "no more elements");
	return true;
}

static const struct native functions[] = {
	{"abs", "x /", 1, b_abs},
	{"all", "iterable /", 1, b_all},
	{"any", "iterable /", 1, b_any},
	{"ascii", "obj /", 1, b_ascii},
	{"bin", "number /", 1, b_bin},
	{"callable", "obj /", 1, b_callable},
	{"chr", "i /", 1, b_chr},
	{"divmod", "x y /", 2, b_divmod},
	{"enumerate", "iterable start", 1, b_enumerate},
	{"filter", "function iterable /", 2, b_filter},
	{"format", "value format_spec /", 1, b_format},
	{"getattr", "object name default /", 2, b_getattr},
	{"hasattr", "obj name /", 2, b_hasattr},
	{"hash", "obj /", 1, b_hash},
	{"hex", "number /", 1, b_hex},
	{"isinstance", "obj class /", 2, b_isinstance},
	{"issubclass", "cls class /", 2, b_issubclass},
	{"iter", "object /", 1, b_iter},
	{"len", "obj /", 1, b_len},
	{"map", "function iterable /", 2, b_map},
	{"max", "*", 1, b_max},
	{"min", "*", 1, b_min},
	{"next", "iterator default /", 1, b_next},
	{"oct", "number /", 1, b_oct},
	{"ord", "c /", 1, b_ord},
	{"pow", "base exp mod", 2, b_pow},
	{"range", "start stop step /", 1, b_range},
	{"repr", "obj /", 1, b_repr},
	{"reversed", "sequence /", 1, b_reversed},
	{"round", "number ndigits", 1, b_round},
	{"sorted", "iterable key reverse", 1, b_sorted},
	{"sum", "iterable start", 1, b_sum},
	{"zip", "*", 0, b_zip},
};

static const struct { const char *name; int id;
} types[] = {
	{"str", TY_STR},
	{"int", TY_INT},
	{"float", TY_FLOAT},
	{"bool", TY_BOOL},
	{"list", TY_LIST},
	{"tuple", TY_TUPLE},
	{"dict", TY_DICT},
	{"set", TY_SET},
	{"frozenset", TY_FROZENSET},
	{"object", TY_OBJECT},
	{"type", TY_TYPE},
	{"unicode", TY_STR},
};

static int fn_cmp(const void *k, const void *f) { return strcmp(k, ((const struct native *)f)->name); }

const struct native *builtin_find(const char *name)
{
	return bsearch(name, functions, ARRAY_LEN(functions), sizeof(functions[0]), fn_cmp);
}

bool builtin_value(const char *name, struct rv *out)
{
	const struct native *f = builtin_find(name);
	if (f != NULL) {
		*out = (struct rv){ .t = R_FUNC, .u.f = f };
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_eq(types[i].name, name)) {
			*out = (struct rv){ .t = R_TYPE, .aux = (uint16_t)types[i].id };
			return true;
		}
	int e = name[0] >= 'A' && name[0] <= 'Z' ? exc_find(name) : -1;
	if (e < 0)
		return false;
	*out = (struct rv){ .t = R_TYPE, .aux = (uint16_t)(TY_EXC + e) };
	return true;
}
