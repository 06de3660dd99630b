/* SPDX-License-Identifier: GPL-2.0-or-later
 * ops.c - operators and subscripts with Python's meaning. Integers that leave 64 bits go on in bigint.c.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "snippets/engine/bigint.h"
#include "snippets/engine/rt.h"

static const char *const symbols[] = {
	[OP_ADD] = "+",
	[OP_SUB] = "-",
	[OP_MUL] = "*",
	[OP_DIV] = "/",
	[OP_FLOORDIV] = "//",
	[OP_MOD] = "%",
	[OP_POW] = "** or pow()",
	[OP_LSHIFT] = "<<",
	[OP_RSHIFT] = ">>",
	[OP_BAND] = "&",
	[OP_BOR] = "|",
	[OP_BXOR] = "^",
};

static bool bad_operands(struct rt *rt, enum binop op, struct rv a, struct rv b)
{
	if (rt->missing != NULL && (a.t == R_UNDEF || b.t == R_UNDEF))
		return rt->missing(rt, a.t == R_UNDEF ? &a : &b);
	if (op == OP_ADD && a.t == R_STR)
		return raise(rt, EX_TYPE, "can only concatenate str (not \"%s\") to str", rv_type_name(b));
	if (op == OP_ADD && (a.t == R_LIST || a.t == R_MLIST))
		return raise(rt, EX_TYPE, "can only concatenate list (not \"%s\") to list", rv_type_name(b));
	if (op == OP_ADD && a.t == R_TUPLE)
		return raise(rt, EX_TYPE, "can only concatenate tuple (not \"%s\") to tuple", rv_type_name(b));
	bool sa = a.t == R_STR || rv_seq(a);
	if (op == OP_MUL && (sa || b.t == R_STR || rv_seq(b)))
		return raise(rt, EX_TYPE, "can't multiply sequence by non-int of type '%s'", rv_type_name(sa ? b : a));
	return raise(rt, EX_TYPE, "unsupported operand type(s) for %s: '%s' and '%s'", symbols[op], rv_type_name(a),
		rv_type_name(b));
}

static int64_t floor_div(int64_t a, int64_t b)
{
	int64_t q = a / b;
	return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

static bool int_pow(struct rt *rt, int64_t a, int64_t b, struct rv *out)
{
	if (b < 0) {
		if (a == 0)
			return raise(rt, EX_ZERODIV, "0.0 cannot be raised to a negative power");
		*out = rv_float(pow((double)a, (double)b));
		return true;
	}
	int64_t r = 1, x = a, n = b;
	while (n > 0) {
		if ((n & 1) && __builtin_mul_overflow(r, x, &r))
			return big_op(rt, OP_POW, rv_int(a), rv_int(b), out);
		n >>= 1;
		if (n > 0 && __builtin_mul_overflow(x, x, &x))
			return big_op(rt, OP_POW, rv_int(a), rv_int(b), out);
	}
	*out = rv_int(r);
	return true;
}

static bool int_op(struct rt *rt, enum binop op, int64_t a, int64_t b, struct rv *out)
{
	int64_t r = 0;
	bool over = false;
	if ((op == OP_DIV || op == OP_FLOORDIV || op == OP_MOD) && b == 0)
		return raise(rt, EX_ZERODIV, op == OP_DIV   ? "division by zero"
					     : op == OP_MOD ? "integer modulo by zero"
							    : "integer division or modulo by zero");
	switch (op) {
	case OP_ADD: over = __builtin_add_overflow(a, b, &r); break;
	case OP_SUB: over = __builtin_sub_overflow(a, b, &r); break;
	case OP_MUL: over = __builtin_mul_overflow(a, b, &r); break;
	case OP_DIV:                                      /* what a double holds is rounded once, not twice */
		if (a < -(1LL << 53) || a > 1LL << 53 || b < -(1LL << 53) || b > 1LL << 53)
			return big_op(rt, op, rv_int(a), rv_int(b), out);
		*out = rv_float((double)a / (double)b);
		return true;
	case OP_FLOORDIV:
		over = a == INT64_MIN && b == -1;
		r = over ? 0 : floor_div(a, b);
		break;
	case OP_MOD: r = b == -1 ? 0 : a - b * floor_div(a, b); break;
	case OP_POW: return int_pow(rt, a, b, out);
	case OP_LSHIFT:
		if (b < 0)
			return raise(rt, EX_VALUE, "negative shift count");
		over = a != 0 && (b > 62 || a > (INT64_MAX >> b) || a < -(INT64_MAX >> b));
		r = over || a == 0 ? 0 : a * ((int64_t)1 << b);
		break;
	case OP_RSHIFT:
		if (b < 0)
			return raise(rt, EX_VALUE, "negative shift count");
		r = b > 62 ? (a < 0 ? -1 : 0) : a >> b;
		break;
	case OP_BAND: r = a & b; break;
	case OP_BOR: r = a | b; break;
	case OP_BXOR: r = a ^ b; break;
	}
	if (over)
		return big_op(rt, op, rv_int(a), rv_int(b), out);
	*out = rv_int(r);
	return true;
}

static double float_mod(double a, double b)
{
	double m = fmod(a, b);
	if (m != 0 && (b < 0) != (m < 0))
		m += b;
	return m == 0 ? copysign(0.0, b) : m;
}

static bool float_op(struct rt *rt, enum binop op, double a, double b, struct rv *out)
{
	if (b == 0 && (op == OP_DIV || op == OP_FLOORDIV || op == OP_MOD))
		return raise(rt, EX_ZERODIV,
			op == OP_DIV   ? "float division by zero"
			: op == OP_MOD ? "float modulo"
				       : "float floor division by zero");
	switch (op) {
	case OP_ADD: *out = rv_float(a + b); return true;
	case OP_SUB: *out = rv_float(a - b); return true;
	case OP_MUL: *out = rv_float(a * b); return true;
	case OP_DIV: *out = rv_float(a / b); return true;
	case OP_MOD: *out = rv_float(float_mod(a, b)); return true;
	case OP_FLOORDIV: {
		/* CPython's float_divmod: the remainder of C first, then a step down, so that the roundings are the same */
		double m = fmod(a, b), q = (a - m) / b - (m != 0 && (b < 0) != (m < 0) ? 1 : 0), f = floor(q);
		*out = rv_float(q - f > 0.5 ? f + 1 : q == 0 ? copysign(0.0, a / b) : f);
		return true;
	}
	case OP_POW:
		if (a == 0 && b < 0)
			return raise(rt, EX_ZERODIV, "0.0 cannot be raised to a negative power");
		if (a < 0 && b != floor(b))
			return raise(rt, EX_VALUE,
				"a negative number to a fractional power is complex, which is not supported");
		*out = rv_float(pow(a, b));
		if (isinf(out->u.d) && !isinf(a) && !isinf(b))
			return raise(rt, EX_OVERFLOW, "(34, 'Numerical result out of range')");
		return true;
	default: return false;
	}
}

static bool repeat(struct rt *rt, struct rv s, int64_t n, struct rv *out)
{
	if (n < 0 || (s.t == R_STR && s.n == 0))
		n = 0;
	if (s.t == R_STR) {
		if (s.n != 0 && (uint64_t)n > LIM_STRING / s.n)
			return raise(rt, EX_LIMIT, "a text is longer than %u MiB", LIM_STRING >> 20);
		size_t len = s.n * (size_t)n;
		char *p = rt_alloc(rt, len + 1);
		if (s.n == 1)
			memset(p, s.u.s[0], len);
		else
			for (int64_t i = 0; i < n; i++)
				memcpy(p + (size_t)i * s.n, s.u.s, s.n);
		p[len] = '\0';
		*out = rv_strn(p, len);
		out->fl = s.fl;
		return true;
	}
	struct rlist *l;
	if (!rv_list_of(rt, rv_live(rt, s), &l))
		return false;
	if (l->n == 0)
		n = 0;
	if (l->n != 0 && (uint64_t)n > LIM_ITEMS / l->n)
		return raise(rt, EX_LIMIT, "a list has more than %u elements", LIM_ITEMS);
	struct rv r = rv_list(rt, l->n * (uint32_t)n);
	for (int64_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < l->n; k++)
			r.u.l->v[r.u.l->n++] = l->v[k];
	r.t = s.t == R_TUPLE ? R_TUPLE : R_LIST;
	*out = r;
	return true;
}

static bool join_lists(struct rt *rt, struct rv a, struct rv b, struct rv *out)
{
	struct rv r;
	struct rlist *l;
	if (!rv_copy_list(rt, a, &r) || !rv_list_of(rt, b, &l))
		return false;
	for (uint32_t i = 0; i < l->n; i++)
		rlist_push(rt, r.u.l, l->v[i]);
	if (rt->exc.cls != EX_NONE)
		return false;
	if (a.t == R_TUPLE)
		r.t = R_TUPLE;
	*out = r;
	return true;
}

static bool add_text(struct rt *rt, struct rv a, struct rv b, struct rv *out)
{
	size_t mark = rt->tmp.len;
	if ((size_t)a.n + b.n > LIM_STRING)
		return raise(rt, EX_LIMIT, "a text is longer than %u MiB", LIM_STRING >> 20);
	bool m = (a.fl | b.fl) & RV_MARKUP;
	if (m && !(a.fl & RV_MARKUP))
		html_escape(&rt->tmp, a.u.s, a.n);
	else
		sb_add(&rt->tmp, a.u.s, a.n);
	if (m && !(b.fl & RV_MARKUP))
		html_escape(&rt->tmp, b.u.s, b.n);
	else
		sb_add(&rt->tmp, b.u.s, b.n);
	*out = rv_take(rt, mark);
	out->fl = m ? RV_MARKUP : 0;
	return true;
}

static bool is_set_view(struct rv v) { return v.t == R_VIEW && v.aux != VIEW_VALUES; }

static bool set_op(struct rt *rt, enum binop op, struct rv a, struct rv b, bool any, struct rv *out)
{
	struct rv r = rv_set(rt), x;
	struct cursor c;
	if (any && ((a.t != R_SET && !rv_set_of(rt, a, &a)) || (b.t != R_SET && !rv_set_of(rt, b, &b))))
		return false;
	for (int side = 0; side < 2; side++) {
		if (!cur_start(rt, side == 0 ? a : b, &c))
			return false;
		while (cur_next(rt, &c, &x)) {
			bool in;
			if (!rv_contains(rt, side == 0 ? b : a, x, &in))
				return false;
			bool keep = op == OP_BOR || (op == OP_BAND && side == 0 && in) ||
				    (op == OP_SUB && side == 0 && !in) || (op == OP_BXOR && !in);
			if (keep && !rdict_set(rt, r.u.m, x, rv_none()))
				return false;
		}
	}
	r.fl = any ? 0 : a.fl;
	*out = r;
	return true;
}

static bool merge_dicts(struct rt *rt, struct rv a, struct rv b, struct rv *out)
{
	struct rv r = rv_dict(rt), k, v;
	for (int side = 0; side < 2; side++) {
		struct cursor c;
		struct rv m = side == 0 ? a : b;
		if (!cur_start(rt, m, &c))
			return false;
		while (cur_next(rt, &c, &k))
			if (!rv_getitem(rt, m, k, &v) || !rdict_set(rt, r.u.m, k, v))
				return false;
	}
	*out = r;
	return true;
}

bool rv_binop(struct rt *rt, enum binop op, struct rv a, struct rv b, struct rv *out)
{
	if (a.t == R_INT && b.t == R_INT)
		return int_op(rt, op, a.u.i, b.u.i, out);
	if (rv_is_num(a) && rv_is_num(b)) {
		if ((a.t == R_FLOAT || b.t == R_FLOAT) && op >= OP_LSHIFT)
			return bad_operands(rt, op, a, b);
		if ((a.t == R_BIG && b.t == R_FLOAT && isinf(rv_num(a))) || (b.t == R_BIG && a.t == R_FLOAT && isinf(rv_num(b))))
			return raise(rt, EX_OVERFLOW, "int too large to convert to float");
		if (a.t == R_FLOAT || b.t == R_FLOAT)
			return float_op(rt, op, rv_num(a), rv_num(b), out);
		if (a.t == R_BIG || b.t == R_BIG)
			return big_op(rt, op, a, b, out);
		if (a.t == R_BOOL && b.t == R_BOOL && op >= OP_BAND) {
			*out = rv_bool(op == OP_BAND ? a.u.b & b.u.b : op == OP_BOR ? a.u.b | b.u.b : a.u.b ^ b.u.b);
			return true;
		}
		return int_op(rt, op, rv_asint(a), rv_asint(b), out);
	}
	a = rv_live(rt, a);
	b = rv_live(rt, b);
	if (op == OP_ADD && a.t == R_STR && b.t == R_STR)
		return add_text(rt, a, b, out);
	bool la = a.t == R_LIST || a.t == R_MLIST, lb = b.t == R_LIST || b.t == R_MLIST;
	if (op == OP_ADD && ((la && lb) || (a.t == R_TUPLE && b.t == R_TUPLE)))
		return join_lists(rt, a, b, out);
	if (op == OP_MUL && (a.t == R_STR || rv_seq(a)) && (b.t == R_INT || b.t == R_BOOL))
		return repeat(rt, a, rv_asint(b), out);
	if (op == OP_MUL && (b.t == R_STR || rv_seq(b)) && (a.t == R_INT || a.t == R_BOOL))
		return repeat(rt, b, rv_asint(a), out);
	if (op == OP_MUL && (a.t == R_BIG || b.t == R_BIG) && (a.t == R_STR || b.t == R_STR || rv_seq(a) || rv_seq(b)))
		return raise(rt, EX_OVERFLOW, "cannot fit 'int' into an index-sized integer");
	if (op == OP_MOD && a.t == R_STR)
		return fmt_percent(rt, a, b, out);
	bool view = is_set_view(a) || is_set_view(b);    /* compat: with a view of keys or items anything iterable will do */
	if ((view || (a.t == R_SET && b.t == R_SET)) && (op == OP_SUB || op == OP_BAND || op == OP_BOR || op == OP_BXOR))
		return set_op(rt, op, a, b, view, out);
	if (op == OP_BOR && rv_mapping(a) && rv_mapping(b))
		return merge_dicts(rt, a, b, out);
	for (int i = 0; i < 2; i++) {
		struct rv o = i == 0 ? a : b;
		if (o.t != R_OBJ || o.u.o->ops->binop == NULL)
			continue;
		if (!o.u.o->ops->binop(rt, op, a, b, out))
			return false;
		if (out->t != R_UNSET)
			return true;
	}
	return bad_operands(rt, op, a, b);
}

/* -- subscripts -- */

static bool bound(struct rt *rt, struct rv v, int64_t dflt, int64_t lo, int64_t hi, int64_t n, int64_t *out)
{
	if (v.t == R_NONE || v.t == R_UNSET) {
		*out = dflt;
		return true;
	}
	if (!rv_is_int(v))
		return raise(rt, EX_TYPE, "slice indices must be integers or None or have an __index__ method");
	int64_t i = rv_asint(v);
	if (i < 0)
		i = i < -n ? lo : i + n;
	*out = i < lo ? lo : i > hi ? hi : i;
	return true;
}

bool slice_bounds(struct rt *rt, struct rv lo, struct rv hi, struct rv step, int64_t n, int64_t *start, int64_t *count,
	int64_t *st)
{
	int64_t stop;
	*st = 1;
	if (step.t != R_NONE && step.t != R_UNSET) {
		if (!rv_is_int(step))
			return raise(rt, EX_TYPE, "slice indices must be integers or None or have an __index__ method");
		*st = rv_asint(step);
		if (*st == 0)
			return raise(rt, EX_VALUE, "slice step cannot be zero");
		if (*st < -INT64_MAX)
			*st = -INT64_MAX;
	}
	if (*st > 0) {
		if (!bound(rt, lo, 0, 0, n, n, start) || !bound(rt, hi, n, 0, n, n, &stop))
			return false;
		*count = *start < stop ? (stop - *start - 1) / *st + 1 : 0;
	} else {
		if (!bound(rt, lo, n - 1, -1, n - 1, n, start) || !bound(rt, hi, -1, -1, n - 1, n, &stop))
			return false;
		*count = *start > stop ? (*start - stop - 1) / -*st + 1 : 0;
	}
	return true;
}

/* Where the character is that stands st characters behind the one at at, or before it. */
static size_t u8_move(struct rv s, size_t at, int64_t st)
{
	if (st > 0)
		return at + u8_off(s.u.s + at, s.n - at, (size_t)st);
	for (; st < 0 && at > 0; st++)
		do
			at--;
		while (at > 0 && ((unsigned char)s.u.s[at] & 0xC0) == 0x80);
	return at;
}

static struct rv slice_text(struct rt *rt, struct rv s, int64_t start, int64_t count, int64_t st)
{
	if (count == 0 || !rt_bytes(rt, s.n))
		return rv_strn("", 0);
	bool ascii = u8_ascii(s.u.s, s.n);
	if (!ascii && !rt_bytes(rt, s.n * (size_t)4))     /* its characters are counted */
		return rv_strn("", 0);
	if (st == 1) {
		size_t a = ascii ? (size_t)start : u8_off(s.u.s, s.n, (size_t)start);
		size_t len = ascii ? (size_t)count : u8_off(s.u.s + a, s.n - a, (size_t)count);
		return rv_strn(s.u.s + a, len);
	}
	size_t mark = rt->tmp.len, k, at = ascii ? (size_t)start : u8_off(s.u.s, s.n, (size_t)start);
	for (int64_t i = 0; i < count; i++) {
		u8_at(s.u.s + at, s.n - at, &k);
		sb_add(&rt->tmp, s.u.s + at, k);
		if (i + 1 < count)
			at = ascii ? (size_t)((int64_t)at + st) : u8_move(s, at, st);
	}
	return rv_take(rt, mark);
}

bool rv_slice(struct rt *rt, struct rv o, struct rv lo, struct rv hi, struct rv step, struct rv *out)
{
	o = rv_live(rt, o);
	int64_t n, start, count, st;
	if (o.t == R_UNDEF && rt->missing != NULL)
		return rt->missing(rt, &o);
	if (o.t == R_MDICT || o.t == R_DICT)
		return raise(rt, EX_TYPE, "unhashable type: 'slice'");
	if (o.t != R_STR && o.t != R_RANGE && !rv_seq(o))
		return raise(rt, EX_TYPE, "'%s' object is not subscriptable", rv_type_name(o));
	if (!rv_len(rt, o, &n) || !slice_bounds(rt, lo, hi, step, n, &start, &count, &st))
		return false;
	if (o.t == R_STR) {
		*out = slice_text(rt, o, start, count, st);
		out->fl = o.fl;
		return rt->exc.cls == EX_NONE;
	}
	if (o.t == R_RANGE) {
		struct rrange *r = rt_alloc(rt, sizeof(*r));
		r->step = o.u.r->step * st;
		r->start = o.u.r->start + start * o.u.r->step;
		r->stop = r->start + count * r->step;
		*out = (struct rv){ .t = R_RANGE, .u.r = r };
		return true;
	}
	struct rv r = rv_list(rt, (uint32_t)count);
	for (int64_t i = 0; i < count; i++) {
		size_t at = (size_t)(start + i * st);
		r.u.l->v[r.u.l->n++] = o.t == R_MLIST ? rv_wrap(v_list_at(o.u.v, at)) : o.u.l->v[at];
	}
	r.t = o.t == R_TUPLE ? R_TUPLE : R_LIST;
	*out = r;
	return true;
}

static bool index_of(struct rt *rt, struct rv o, struct rv key, int64_t n, int64_t *out)
{
	const char *what = o.t == R_STR ? "string" : o.t == R_TUPLE ? "tuple" : o.t == R_RANGE ? "range" : "list";
	if (key.t != R_INT && key.t != R_BOOL)
		return o.t == R_STR ? raise(rt, EX_TYPE, "string indices must be integers, not '%s'", rv_type_name(key))
				    : raise(rt, EX_TYPE, "%s indices must be integers or slices, not %s", what,
					      rv_type_name(key));
	int64_t i = rv_asint(key);
	if (i < 0)
		i += n;
	if (i < 0 || i >= n)
		return raise(rt, EX_INDEX, o.t == R_RANGE ? "range object index out of range" : "%s index out of range",
			what);
	*out = i;
	return true;
}

static bool key_error(struct rt *rt, struct rv key)
{
	size_t mark = rt->tmp.len;
	rv_repr(rt, key, &rt->tmp);
	struct rv r = rv_take(rt, mark);
	raise(rt, EX_KEY, "%.*s", (int)(r.n < 500 ? r.n : 500), r.u.s);
	rt->exc.key = key;
	return false;
}

bool rv_getitem(struct rt *rt, struct rv o, struct rv key, struct rv *out)
{
	o = rv_live(rt, o);
	int64_t n, i;
	if (key.t == R_SLICE && o.t != R_OBJ)
		return rv_slice(rt, o, key.u.l->v[0], key.u.l->v[1], key.u.l->v[2], out);
	switch ((enum rtype)o.t) {
	case R_MDICT:
		if (key.t == R_STR && rv_map_get(rt, o, key.u.s, key.n, out))
			return true;
		if (key.t != R_STR) {
			uint64_t h;
			if (!rv_hash(rt, key, &h))
				return false;
		}
		key_error(rt, key);
		if (key.t == R_STR && rt->exc.cls == EX_KEY) {
			rt->exc.of = o.u.v;
			rt->exc.wanted = rv_cz(rt, key);
		}
		return false;
	case R_DICT: {
		bool found;
		if (!rdict_get(rt, o.u.m, key, out, &found))
			return false;
		return found || key_error(rt, key);
	}
	case R_STR: case R_LIST: case R_TUPLE: case R_MLIST: case R_RANGE:
		if (!rv_len(rt, o, &n) || !index_of(rt, o, key, n, &i))
			return false;
		if (o.t == R_STR) {
			*out = slice_text(rt, o, i, 1, 1);
			out->fl = o.fl;
			return rt->exc.cls == EX_NONE;
		} else if (o.t == R_MLIST) {
			*out = rv_wrap(v_list_at(o.u.v, (size_t)i));
		} else if (o.t == R_RANGE) {
			*out = rv_int(o.u.r->start + i * o.u.r->step);
		} else {
			*out = o.u.l->v[i];
		}
		return true;
	case R_OBJ:
		if (o.u.o->ops->item != NULL)
			return o.u.o->ops->item(rt, o.u.o, key, out);
		break;
	case R_UNDEF:
		if (rt->missing != NULL)
			return rt->missing(rt, &o);
		break;
	default: break;
	}
	return raise(rt, EX_TYPE, "'%s' object is not subscriptable", rv_type_name(o));
}

static bool set_slice(struct rt *rt, struct rlist *l, struct rv key, struct rv val)
{
	int64_t start, count, st;
	struct rlist *src;
	if (!slice_bounds(rt, key.u.l->v[0], key.u.l->v[1], key.u.l->v[2], l->n, &start, &count, &st) ||
		!rv_copy_list(rt, val, &val))
		return false;
	src = val.u.l;
	if (st != 1 && src->n != count)
		return raise(rt, EX_VALUE, "attempt to assign sequence of size %u to extended slice of size %lld", src->n,
			(long long)count);
	for (int64_t i = 0; st != 1 && i < count; i++)
		l->v[start + i * st] = src->v[i];
	if (st != 1)
		return true;
	struct rv r = rv_list(rt, 0);
	for (int64_t i = 0; i < start; i++)
		rlist_push(rt, r.u.l, l->v[i]);
	for (uint32_t i = 0; i < src->n; i++)
		rlist_push(rt, r.u.l, src->v[i]);
	for (int64_t i = start + count; i < l->n; i++)
		rlist_push(rt, r.u.l, l->v[i]);
	*l = *r.u.l;
	return rt->exc.cls == EX_NONE;
}

bool rv_setitem(struct rt *rt, struct rv o, struct rv key, struct rv val)
{
	int64_t i;
	if (!rv_thaw(rt, o, &o))
		return false;
	if (o.t == R_DICT)
		return rdict_set(rt, o.u.m, key, val);
	if (o.t == R_LIST) {
		if (key.t == R_SLICE)
			return set_slice(rt, o.u.l, key, val);
		if (!index_of(rt, o, key, o.u.l->n, &i)) {
			if (rt->exc.cls == EX_INDEX)
				raise(rt, EX_INDEX, "list assignment index out of range");
			return false;
		}
		o.u.l->v[i] = val;
		return true;
	}
	return raise(rt, EX_TYPE, "'%s' object does not support item assignment", rv_type_name(o));
}

/* Removes count elements, st apart, the first (or, with a negative st, the last) of which is at i. */
static bool cut_out(struct rt *rt, struct rlist *l, int64_t i, int64_t count, int64_t st)
{
	if (st < 0 && count > 0) {
		i += (count - 1) * st;
		st = -st;
	}
	uint32_t to = (uint32_t)i;
	for (int64_t k = 0; k < count; k++) {
		int64_t from = i + k * st + 1, upto = k + 1 < count ? from + st - 1 : l->n;
		memmove(&l->v[to], &l->v[from], (size_t)(upto - from) * sizeof(struct rv));
		to += (uint32_t)(upto - from);
	}
	if (count > 0)
		l->n = to;
	return rt_bytes(rt, (l->n - (size_t)i) * sizeof(struct rv));
}

bool rv_delitem(struct rt *rt, struct rv o, struct rv key)
{
	int64_t i, count = 1, st = 1;
	bool found;
	if (!rv_thaw(rt, o, &o))
		return false;
	if (o.t == R_DICT) {
		if (!rdict_del(rt, o.u.m, key, &found))
			return false;
		return found || key_error(rt, key);
	}
	if (o.t != R_LIST)
		return raise(rt, EX_TYPE, "'%s' object doesn't support item deletion", rv_type_name(o));
	if (key.t == R_SLICE) {
		if (!slice_bounds(rt, key.u.l->v[0], key.u.l->v[1], key.u.l->v[2], o.u.l->n, &i, &count, &st))
			return false;
	} else if (!index_of(rt, o, key, o.u.l->n, &i)) {
		return false;
	}
	return cut_out(rt, o.u.l, i, count, st);
}
