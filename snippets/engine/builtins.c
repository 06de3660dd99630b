/* SPDX-License-Identifier: GPL-2.0-or-later
 * builtins.c - the built-in functions and types that templates use, and calls of every kind of callable.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snippets/engine/rt.h"
#include "snippets/engine/str_methods.h"

#define B(name)                                                                                                        \
	static bool b_##name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define UNUSED_ARGS (void)self, (void)a, (void)v, (void)rt

static bool call1(struct rt *rt, struct rv f, struct rv x, struct rv *out)
{
	struct args a = { .v = &x, .n = 1 };
	return rv_call(rt, f, &a, out);
}

B(len)
{
	UNUSED_ARGS;
	int64_t n;
	if (!rv_len(rt, v[0], &n))
		return false;
	*out = rv_int(n);
	return true;
}

static bool int_arg(struct rt *rt, struct rv v, int64_t *out)
{
	if (v.t != R_INT && v.t != R_BOOL)
		return v.t == R_UNDEF && rt->missing != NULL ? rt->missing(rt, &v)
			: raise(rt, EX_TYPE, "'%s' object cannot be interpreted as an integer", rv_type_name(v));
	*out = rv_asint(v);
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

/* -- sorting: stable merge sort of items by keys -- */

struct sortrec { struct rv key, val; };

static bool merge(struct rt *rt, struct sortrec *v, struct sortrec *t, size_t n, bool rev)
{
	if (n < 2)
		return true;
	size_t h = n / 2, i = 0, j = h, o = 0;
	if (!merge(rt, v, t, h, rev) || !merge(rt, v + h, t, n - h, rev))
		return false;
	while (i < h && j < n) {
		int c;
		if (!rv_order(rt, rev ? v[i].key : v[j].key, rev ? v[j].key : v[i].key, "<", &c) || !rt_tick(rt))
			return false;
		t[o++] = c == -1 ? v[j++] : v[i++];
	}
	while (i < h)
		t[o++] = v[i++];
	while (j < n)
		t[o++] = v[j++];
	memcpy(v, t, n * sizeof(*v));
	return true;
}

bool py_sort(struct rt *rt, struct rlist *l, struct rv key, bool reverse)
{
	struct sortrec *r = rt_alloc(rt, (l->n + 1) * sizeof(*r)), *t = rt_alloc(rt, (l->n + 1) * sizeof(*t));
	uint32_t n = l->n;
	for (uint32_t i = 0; i < n; i++) {
		r[i] = (struct sortrec){ l->v[i], l->v[i] };
		if (key.t != R_UNSET && key.t != R_NONE && !call1(rt, key, l->v[i], &r[i].key))
			return false;
	}
	if (!merge(rt, r, t, n, reverse))
		return false;
	for (uint32_t i = 0; i < n && i < l->n; i++)
		l->v[i] = r[i].val;
	return true;
}

static const struct karg *kw_find(const struct args *a, const char *name)
{
	for (uint32_t i = 0; i < a->nkw; i++)
		if (strlen(name) == a->kw[i].n && memcmp(name, a->kw[i].name, a->kw[i].n) == 0)
			return &a->kw[i];
	return NULL;
}

B(sorted)
{
	UNUSED_ARGS;
	return rv_copy_list(rt, v[0], out) && py_sort(rt, out->u.l, v[1], rv_truthy(v[2]));
}

B(reversed)
{
	UNUSED_ARGS;
	struct rv l;
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
	if (rv_asint(v[0]) == INT64_MIN)
		return raise(rt, EX_OVERFLOW, "the result of abs() does not fit 64 bits");
	*out = rv_int(llabs(rv_asint(v[0])));
	return true;
}

static bool float_to_int(struct rt *rt, double d, struct rv *out)
{
	if (isnan(d) || isinf(d))
		return raise(rt, isnan(d) ? EX_VALUE : EX_OVERFLOW, "cannot convert float %s to integer",
			isnan(d) ? "NaN" : "infinity");
	if (fabs(d) >= 9.2e18)
		return raise(rt, EX_OVERFLOW, "the float does not fit a 64 bit integer");
	*out = rv_int((int64_t)d);
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

static int type_of(struct rv v)
{
	static const uint8_t ids[R_TYPES] = {
		[R_NONE] = TY_NONE,
		[R_BOOL] = TY_BOOL,
		[R_INT] = TY_INT,
		[R_FLOAT] = TY_FLOAT,
		[R_STR] = TY_STR,
		[R_LIST] = TY_LIST,
		[R_TUPLE] = TY_TUPLE,
		[R_DICT] = TY_DICT,
		[R_SET] = TY_SET,
		[R_MLIST] = TY_LIST,
		[R_MDICT] = TY_DICT,
		[R_RANGE] = TY_RANGE,
		[R_TYPE] = TY_TYPE,
	};
	return ids[v.t] != 0 ? ids[v.t] : TY_OBJECT;
}

static bool instance_of(struct rt *rt, struct rv x, struct rv t, unsigned depth, bool *yes)
{
	*yes = false;
	if (t.t == R_TUPLE && depth < LIM_VALUE_DEPTH) {
		for (uint32_t i = 0; i < t.u.l->n && !*yes; i++)
			if (!instance_of(rt, x, t.u.l->v[i], depth + 1, yes))
				return false;
		return true;
	}
	if (t.t != R_TYPE)
		return raise(rt, EX_TYPE, "isinstance() arg 2 must be a type, a tuple of types, or a union");
	int id = type_of(x);
	*yes = t.aux == id || t.aux == TY_OBJECT || (t.aux == TY_INT && id == TY_BOOL);
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
	int64_t i;
	size_t mark = rt->tmp.len;
	if (!int_arg(rt, v, &i) || !fmt_spec(rt, rv_int(i), spec, 2, &rt->tmp))
		return false;
	*out = rv_take(rt, mark);
	return true;
}

B(hex) { UNUSED_ARGS; return based(rt, v[0], "#x", out); }
B(oct) { UNUSED_ARGS; return based(rt, v[0], "#o", out); }
B(bin) { UNUSED_ARGS; return based(rt, v[0], "#b", out); }

B(divmod)
{
	UNUSED_ARGS;
	struct rv r[2];
	if (!rv_binop(rt, OP_FLOORDIV, v[0], v[1], &r[0]) || !rv_binop(rt, OP_MOD, v[0], v[1], &r[1]))
		return false;
	*out = rv_tuple(rt, r, 2);
	return true;
}

B(pow)
{
	UNUSED_ARGS;
	return rv_binop(rt, OP_POW, v[0], v[1], out) && (v[2].t == R_UNSET || rv_binop(rt, OP_MOD, *out, v[2], out));
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
	struct riter *it = v[0].u.it;
	if (it->pos < it->l->n)
		*out = it->l->v[it->pos++];
	else if (v[1].t != R_UNSET)
		*out = v[1];
	else
		return raise(rt, EX_STOPITER, "no more elements");
	return true;
}

/* -- conversions -- */

static bool int_text(struct rt *rt, struct rv s, int64_t base, struct rv *out)
{
	struct rv t = str_strip(s, NULL, 0, 3);
	char buf[80];
	size_t n = 0;
	bool neg = false, ok = t.n > 0 && t.n < sizeof(buf), digit = false;
	size_t i = 0;
	if (ok && (t.u.s[0] == '-' || t.u.s[0] == '+'))
		neg = t.u.s[i++] == '-';
	if (ok && i + 1 < t.n && t.u.s[i] == '0' && (base == 0 || base == 16 || base == 8 || base == 2)) {
		char p = (char)(t.u.s[i + 1] | 0x20);
		int64_t pb = p == 'x' ? 16 : p == 'o' ? 8 : p == 'b' ? 2 : 0;
		if (pb != 0 && (base == 0 || base == pb)) {
			base = pb;
			i += 2;
		}
	}
	bool zero_base = base == 0;
	if (base == 0)
		base = 10;
	if (neg)
		buf[n++] = '-';
	size_t start = n;
	for (; ok && i < t.n; i++) {
		if (t.u.s[i] == '_' && digit && i + 1 < t.n) {
			digit = false;
			continue;
		}
		unsigned char c = (unsigned char)(t.u.s[i] | 0x20), d = c >= 'a' && c <= 'z' ? c - 'a' + 10 :
			t.u.s[i] >= '0' && t.u.s[i] <= '9' ? (unsigned char)(t.u.s[i] - '0') : 99;
		ok = d < base;
		digit = true;
		buf[n++] = t.u.s[i];
	}
	buf[n < sizeof(buf) ? n : sizeof(buf) - 1] = '\0';
	if (ok && zero_base && n - start > 1 && buf[start] == '0')
		ok = strspn(buf + start, "0") == n - start;
	if (!ok || !digit) {
		size_t mark = rt->tmp.len;
		rv_repr(rt, s, &rt->tmp);
		struct rv r = rv_take(rt, mark);
		return raise(rt, EX_VALUE, "invalid literal for int() with base %lld: %.*s",
			(long long)(zero_base ? 0 : base), (int)(r.n < 200 ? r.n : 200), r.u.s);
	}
	char *end;
	__extension__ __int128 acc = 0;
	(void)end;
	for (size_t k = start; k < n; k++) {
		unsigned char c = (unsigned char)(buf[k] | 0x20);
		acc = acc * base + (c >= 'a' ? c - 'a' + 10 : buf[k] - '0');
		if (acc > (__extension__ (__int128)1 << 64))
			break;
	}
	if (neg)
		acc = -acc;
	if (acc > INT64_MAX || acc < INT64_MIN)
		return raise(rt, EX_OVERFLOW, "int(): %s does not fit 64 bits", buf);
	*out = rv_int((int64_t)acc);
	return true;
}

bool py_int_of(struct rt *rt, struct rv v, struct rv base, struct rv *out)
{
	int64_t b = 10;
	if (base.t != R_UNSET) {
		if (!int_arg(rt, base, &b))
			return false;
		if (v.t != R_STR)
			return raise(rt, EX_TYPE, "int() can't convert non-string with explicit base");
		if (b != 0 && (b < 2 || b > 36))
			return raise(rt, EX_VALUE, "int() base must be >= 2 and <= 36, or 0");
	}
	switch ((enum rtype)v.t) {
	case R_UNSET: *out = rv_int(0); return true;
	case R_BOOL: case R_INT: *out = rv_int(rv_asint(v)); return true;
	case R_FLOAT: return float_to_int(rt, v.u.d, out);
	case R_STR: return int_text(rt, v, b, out);
	case R_UNDEF:
		if (rt->missing != NULL)
			return rt->missing(rt, &v);
		break;
	case R_OBJ:
		if (v.u.o->ops->num != NULL)
			return v.u.o->ops->num(rt, v.u.o, out);
		break;
	default: break;
	}
	return raise(rt, EX_TYPE, "int() argument must be a string, a bytes-like object or a real number, not '%s'",
		rv_type_name(v));
}

bool py_float_of(struct rt *rt, struct rv v, struct rv *out)
{
	if (v.t == R_UNSET || rv_is_num(v)) {
		*out = rv_float(v.t == R_UNSET ? 0 : rv_num(v));
		return true;
	}
	if (v.t == R_UNDEF && rt->missing != NULL)
		return rt->missing(rt, &v);
	if (v.t != R_STR)
		return raise(
			rt, EX_TYPE, "float() argument must be a string or a real number, not '%s'", rv_type_name(v));
	struct rv s = str_strip(v, NULL, 0, 3);
	const char *z = rv_cz(rt, s);
	char *end;
	double d = strtod(z, &end);
	static const char *const words[] = {
		"inf", "+inf", "-inf", "infinity", "+infinity", "-infinity", "nan", "+nan", "-nan"};
	bool ok = s.n > 0 && *end == '\0' && strspn(z, "0123456789+-.eE") == s.n;
	for (size_t i = 0; i < ARRAY_LEN(words) && !ok; i++)
		ok = strcasecmp(z, words[i]) == 0;
	if (!ok) {
		size_t mark = rt->tmp.len;
		rv_repr(rt, v, &rt->tmp);
		struct rv r = rv_take(rt, mark);
		return raise(
			rt, EX_VALUE, "could not convert string to float: %.*s", (int)(r.n < 200 ? r.n : 200), r.u.s);
	}
	*out = rv_float(d);
	return true;
}

static bool make_dict(struct rt *rt, const struct args *a, struct rv *out)
{
	struct rv d = rv_dict(rt), f, none;
	if (!rv_attr(rt, d, "update", method_id("update"), &f) || !rv_call(rt, f, a, &none))
		return false;
	*out = d;
	return true;
}

static bool make_set(struct rt *rt, struct rv items, struct rv *out)
{
	struct cursor c;
	struct rv x;
	*out = rv_set(rt);
	if (items.t == R_UNSET)
		return true;
	if (!cur_start(rt, items, &c))
		return false;
	while (cur_next(rt, &c, &x))
		if (!rdict_set(rt, out->u.m, x, rv_none()))
			return false;
	return true;
}

static bool call_type(struct rt *rt, int id, const struct args *a, struct rv *out)
{
	struct rv unset = { .t = R_UNSET }, x = a->n > 0 ? a->v[0] : unset;
	if (id == TY_DICT)
		return make_dict(rt, a, out);
	if (a->n > (id == TY_INT ? 2 : 1) && id < TY_EXC && id != TY_STR)
		return raise(rt, EX_TYPE, "too many arguments (%u)", a->n);
	switch (id) {
	case TY_STR:
		*out = x.t == R_UNSET ? rv_strn("", 0) : rv_tostr(rt, x);
		out->fl = 0;
		return rt->exc.cls == EX_NONE;
	case TY_INT: {
		const struct karg *b = kw_find(a, "base");
		return py_int_of(rt, x, a->n > 1 ? a->v[1] : b != NULL ? b->v : unset, out);
	}
	case TY_FLOAT: return py_float_of(rt, x, out);
	case TY_BOOL: *out = rv_bool(rv_truthy(x)); return true;
	case TY_LIST:
		*out = rv_list(rt, 0);
		return x.t == R_UNSET || rv_copy_list(rt, x, out);
	case TY_TUPLE:
		*out = rv_list(rt, 0);
		if (x.t != R_UNSET && !rv_copy_list(rt, x, out))
			return false;
		out->t = R_TUPLE;
		return true;
	case TY_SET: return make_set(rt, x, out);
	case TY_TYPE:
		*out = (struct rv){ .t = R_TYPE, .aux = (uint16_t)type_of(x) };
		return true;
	case TY_NONE: *out = rv_none(); return true;
	default: return raise(rt, EX_TYPE, "cannot create an instance of this type");
	}
}

static const struct native functions[] = {
	{"abs", "x", 1, b_abs},
	{"all", "iterable", 1, b_all},
	{"any", "iterable", 1, b_any},
	{"bin", "number", 1, b_bin},
	{"callable", "obj", 1, b_callable},
	{"chr", "i", 1, b_chr},
	{"divmod", "x y", 2, b_divmod},
	{"enumerate", "iterable start", 1, b_enumerate},
	{"filter", "function iterable", 2, b_filter},
	{"format", "value format_spec", 1, b_format},
	{"getattr", "object name default", 2, b_getattr},
	{"hasattr", "obj name", 2, b_hasattr},
	{"hex", "number", 1, b_hex},
	{"isinstance", "obj class", 2, b_isinstance},
	{"iter", "object", 1, b_iter},
	{"len", "obj", 1, b_len},
	{"map", "function iterable", 2, b_map},
	{"max", "*", 1, b_max},
	{"min", "*", 1, b_min},
	{"next", "iterator default", 1, b_next},
	{"oct", "number", 1, b_oct},
	{"ord", "c", 1, b_ord},
	{"pow", "base exp mod", 2, b_pow},
	{"range", "start stop step", 1, b_range},
	{"repr", "obj", 1, b_repr},
	{"reversed", "sequence", 1, b_reversed},
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
	{"frozenset", TY_SET},
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

bool rv_call(struct rt *rt, struct rv f, const struct args *a, struct rv *out)
{
	bool ok;
	if (rt->depth >= LIM_DEPTH)
		return raise(rt, EX_LIMIT, "calls nested deeper than %d", LIM_DEPTH);
	rt->depth++;
	switch ((enum rtype)f.t) {
	case R_FUNC: ok = native_call(rt, f.u.f, (struct rv){ .t = R_UNSET }, a, out); break;
	case R_METHOD: ok = native_call(rt, f.u.me->f, f.u.me->self, a, out); break;
	case R_TYPE:
		if (f.aux >= TY_EXC) {
			struct rv t = a->n > 0 ? rv_tostr(rt, a->v[0]) : rv_strn("", 0);
			*out = rv_tuple(rt, (struct rv[]){ f, t }, 2);   /* what #raise takes */
			ok = true;
		} else {
			ok = call_type(rt, f.aux, a, out);
		}
		break;
	case R_DEF:
		ok = rt->call_def != NULL ? rt->call_def(rt, f.u.fd, a, out) : raise(rt, EX_TYPE, "not callable here");
		break;
	case R_OBJ:
		ok = f.u.o->ops->call != NULL ? f.u.o->ops->call(rt, f.u.o, a, out)
					      : raise(rt, EX_TYPE, "'%s' object is not callable", rv_type_name(f));
		break;
	case R_UNDEF:
		ok = rt->missing != NULL ? rt->missing(rt, &f)
					 : raise(rt, EX_TYPE, "'Undefined' object is not callable");
		break;
	default: ok = raise(rt, EX_TYPE, "'%s' object is not callable", rv_type_name(f)); break;
	}
	rt->depth--;
	return ok;
}
