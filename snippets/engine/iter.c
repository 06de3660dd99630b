/* SPDX-License-Identifier: GPL-2.0-or-later
 * iter.c - walking over values, and the comparisons that walk: equality, order, membership.
 */
#include <math.h>
#include <string.h>

#include "snippets/engine/bigint.h"
#include "snippets/engine/rt.h"
#include "value/layout.h"

static struct rv chars_of(struct rt *rt, struct rv s)
{
	struct rv l = rv_list(rt, 0);
	for (size_t i = 0; i < s.n;) {
		size_t k;
		u8_at(s.u.s + i, s.n - i, &k);
		rlist_push(rt, l.u.l, rv_strn(s.u.s + i, k));
		i += k;
	}
	return l;
}

/* How many entries a dict or set has. */
static uint32_t size_of(struct rv v)
{
	return v.t == R_DICT || v.t == R_SET ? v.u.m->live : v.t == R_MDICT ? (uint32_t)v.u.v->u.d_.n : 0;
}

bool cur_start(struct rt *rt, struct rv v, struct cursor *c)
{
	v = rv_live(rt, v);
	*c = (struct cursor){ .v = v, .size = size_of(v) };
	switch ((enum rtype)v.t) {
	case R_LIST:
	case R_TUPLE:
	case R_VIEW:
	case R_MLIST:
	case R_MDICT:
	case R_DICT:
	case R_SET:
	case R_RANGE:
	case R_STR:
	case R_ITER:
		return true;
	case R_UNDEF:
		if (rt->d->soft_missing) {
			c->v = rv_list(rt, 0);
			return true;
		}
		break;
	case R_OBJ:
		if (v.u.o->ops->iter != NULL) {
			if (!v.u.o->ops->iter(rt, v.u.o, &c->l))
				return false;
			c->v = (struct rv){ .t = R_LIST, .u.l = c->l };
			return true;
		}
		break;
	default: break;
	}
	return raise(rt, EX_TYPE, "'%s' object is not iterable", rv_type_name(v));
}

bool cur_next(struct rt *rt, struct cursor *c, struct rv *out)
{
	if (rt->nthawed != 0 && (c->v.t == R_MLIST || c->v.t == R_MDICT))
		c->v = rv_live(rt, c->v);                /* changed by the loop itself */
	struct rv v = c->v;
	if ((c->i & 511) == 511 && !rt_steps(rt, 512))    /* what walks need not look at the clock itself */
		return false;
	switch ((enum rtype)v.t) {
	case R_LIST: case R_TUPLE: case R_VIEW:
		if (c->i >= v.u.l->n)
			return false;
		*out = v.u.l->v[c->i++];
		return true;
	case R_MLIST:
		if (c->i >= v.u.v->u.l.n)
			return false;
		*out = rv_wrap(v.u.v->u.l.v[c->i++]);
		return true;
	case R_MDICT:
		if (c->i >= v.u.v->u.d_.n)
			return false;
		*out = rv_strn(v.u.v->u.d_.v[c->i].key->text, v.u.v->u.d_.v[c->i].key->len);
		c->i++;
		return true;
	case R_DICT: case R_SET:
		if (v.u.m->live != c->size)
			return raise(rt, EX_RUNTIME, "%s changed size during iteration", v.t == R_SET ? "Set" : "dictionary");
		while (c->i < v.u.m->used && !v.u.m->e[c->i].live)
			c->i++;
		if (c->i >= v.u.m->used)
			return false;
		*out = v.u.m->e[c->i++].key;
		return true;
	case R_RANGE: {
		const struct rrange *r = v.u.r;
		int64_t at = r->start + (int64_t)c->i * r->step;
		if (r->step > 0 ? at >= r->stop : at <= r->stop)
			return false;
		c->i++;
		*out = rv_int(at);
		return true;
	}
	case R_STR: {
		if (c->i >= v.n)
			return false;
		size_t k;
		u8_at(v.u.s + c->i, v.n - c->i, &k);
		*out = rv_strn(v.u.s + c->i, k);
		c->i += k;
		return true;
	}
	case R_ITER:
		if (v.u.it->more != NULL)
			return v.u.it->more(rt, v.u.it, out);
		if (v.u.it->pos >= v.u.it->l->n)
			return false;
		*out = v.u.it->l->v[v.u.it->pos++];
		return true;
	default:
		return false;
	}
}

bool rv_set_of(struct rt *rt, struct rv items, struct rv *out)
{
	struct cursor c;
	struct rv x;
	*out = rv_set(rt);
	if (!cur_start(rt, items, &c))
		return false;
	while (cur_next(rt, &c, &x))
		if (!rdict_set(rt, out->u.m, x, rv_none()))
			return false;
	return rt->exc.cls == EX_NONE;
}

bool rv_copy_list(struct rt *rt, struct rv v, struct rv *out)
{
	struct cursor c;
	if (!cur_start(rt, v, &c))
		return false;
	if (c.v.t == R_STR) {
		*out = chars_of(rt, c.v);
		return rt->exc.cls == EX_NONE;
	}
	struct rv l = rv_list(rt, 0), x;
	while (cur_next(rt, &c, &x)) {
		rlist_push(rt, l.u.l, x);
		if (rt->exc.cls != EX_NONE)
			return false;
	}
	*out = l;
	return rt->exc.cls == EX_NONE;
}

bool rv_list_of(struct rt *rt, struct rv v, struct rlist **out)
{
	if (v.t == R_LIST || v.t == R_TUPLE || v.t == R_VIEW) {
		*out = v.u.l;
		return true;
	}
	struct rv l;
	if (!rv_copy_list(rt, v, &l))
		return false;
	*out = l.u.l;
	return true;
}

static bool seq_eq(struct rt *rt, struct rv a, struct rv b)
{
	struct cursor ca, cb;
	int64_t na, nb;
	struct rv x, y;
	if (!rv_len(rt, a, &na) || !rv_len(rt, b, &nb) || na != nb || !cur_start(rt, a, &ca) || !cur_start(rt, b, &cb))
		return false;
	while (cur_next(rt, &ca, &x) && cur_next(rt, &cb, &y))
		if (!rv_eq(rt, x, y))
			return false;
	return true;
}

/* Both mappings (or both sets) of the same size: every key of a is in b with an equal value. */
static bool map_eq(struct rt *rt, struct rv a, struct rv b)
{
	struct cursor c;
	struct rv k, va, vb;
	int64_t na, nb;
	if (!rv_len(rt, a, &na) || !rv_len(rt, b, &nb) || na != nb || !cur_start(rt, a, &c))
		return false;
	while (cur_next(rt, &c, &k)) {
		bool in = false;
		if (!rv_contains(rt, b, k, &in) || !in)
			return false;
		if (a.t == R_SET)
			continue;
		if (!rv_getitem(rt, a, k, &va) || !rv_getitem(rt, b, k, &vb) || !rv_eq(rt, va, vb))
			return false;
	}
	return true;
}

static bool set_like(struct rv v) { return v.t == R_SET || (v.t == R_VIEW && v.aux != VIEW_VALUES); }

/* Sets are in order when one holds the other: -1, 0, 1, or 2 where neither does. */
static bool order_sets(struct rt *rt, struct rv a, struct rv b, int *out)
{
	struct cursor c;
	struct rv x;
	int64_t na, nb, both = 0;
	if (!rv_len(rt, a, &na) || !rv_len(rt, b, &nb) || !cur_start(rt, a, &c))
		return false;
	while (cur_next(rt, &c, &x)) {
		bool in;
		if (!rv_contains(rt, b, x, &in))
			return false;
		both += in;
	}
	*out = both == na ? (na == nb ? 0 : -1) : both == nb ? 1 : 2;
	return rt->exc.cls == EX_NONE;
}

static bool eq_containers(struct rt *rt, struct rv a, struct rv b)
{
	a = rv_live(rt, a);
	b = rv_live(rt, b);
	bool la = a.t == R_LIST || a.t == R_MLIST, lb = b.t == R_LIST || b.t == R_MLIST;
	if ((la && lb) || (a.t == R_TUPLE && b.t == R_TUPLE) || (a.t == R_RANGE && b.t == R_RANGE))
		return seq_eq(rt, a, b);
	if ((rv_mapping(a) && rv_mapping(b)) || (a.t == R_SET && b.t == R_SET))
		return map_eq(rt, a, b);
	int o;
	return set_like(a) && set_like(b) && order_sets(rt, a, b, &o) && o == 0;
}

static bool comparable(struct rv a, struct rv b)
{
	if (a.t != R_OBJ || b.t != R_OBJ || a.u.o->ops->cmp == NULL)
		return false;
	return a.u.o->ops == b.u.o->ops ||
	       (a.u.o->ops->family != NULL && a.u.o->ops->family == b.u.o->ops->family);
}

/* An integer with a float, exactly: not every integer of 64 bits is a float. */
static int cmp_int_float(int64_t i, double d)
{
	if (isnan(d))
		return 2;
	if (d >= 0x1p63 || d < -0x1p63)
		return d > 0 ? -1 : 1;
	int64_t whole = (int64_t)d;
	double rest = d - (double)whole;
	return i != whole ? (i < whole ? -1 : 1) : rest > 0 ? -1 : rest < 0;
}

/* -1, 0, 1; 2 when one of them is not a number; at least one is a float. */
static int cmp_num(struct rv a, struct rv b)
{
	if (a.t == R_FLOAT && b.t == R_FLOAT)
		return a.u.d < b.u.d ? -1 : a.u.d > b.u.d ? 1 : a.u.d == b.u.d ? 0 : 2;
	if ((a.t == R_BIG && isnan(b.u.d)) || (b.t == R_BIG && isnan(a.u.d)))
		return 2;
	if (a.t == R_BIG || b.t == R_BIG)
		return a.t == R_BIG ? big_cmp_double(a, b.u.d) : -big_cmp_double(b, a.u.d);
	if (b.t == R_FLOAT)
		return cmp_int_float(rv_asint(a), b.u.d);
	int c = cmp_int_float(rv_asint(b), a.u.d);
	return c == 2 ? 2 : -c;
}

bool rv_eq(struct rt *rt, struct rv a, struct rv b)
{
	if (rv_is_num(a) && rv_is_num(b)) {
		if (a.t == R_FLOAT || b.t == R_FLOAT)
			return cmp_num(a, b) == 0;
		if (a.t == R_BIG || b.t == R_BIG)
			return a.t == b.t && big_cmp(a, b) == 0;
		return rv_asint(a) == rv_asint(b);
	}
	if (a.t == R_STR || b.t == R_STR)
		return a.t == b.t && a.n == b.n && memcmp(a.u.s, b.u.s, a.n) == 0;
	if (a.t == R_UNDEF && b.t == R_UNDEF)
		return true;
	if (comparable(a, b))
		return a.u.o->ops->eq != NULL ? a.u.o->ops->eq(a.u.o, b.u.o) : a.u.o->ops->cmp(a.u.o, b.u.o) == 0;
	if (rv_same(a, b))
		return true;
	if (rt->value_depth > LIM_VALUE_DEPTH)
		return raise(rt, EX_LIMIT, "values nested deeper than %d", LIM_VALUE_DEPTH);
	rt->value_depth++;
	bool r = rt_tick(rt) && eq_containers(rt, a, b);
	rt->value_depth--;
	return r;
}

static bool order_seq(struct rt *rt, struct rv a, struct rv b, const char *op, int *out)
{
	struct cursor ca, cb;
	struct rv x, y;
	if (!cur_start(rt, a, &ca) || !cur_start(rt, b, &cb))
		return false;
	for (;;) {
		bool ha = cur_next(rt, &ca, &x), hb = cur_next(rt, &cb, &y);
		if (!ha || !hb) {
			*out = ha ? 1 : hb ? -1 : 0;
			return true;
		}
		if (!rv_eq(rt, x, y))
			return rt->exc.cls == EX_NONE && rv_order(rt, x, y, op, out);
	}
}

/* -1, 0, 1; 2 where neither is first (NaN, sets). */
bool rv_order(struct rt *rt, struct rv a, struct rv b, const char *op, int *out)
{
	if (rv_is_num(a) && rv_is_num(b)) {
		if (a.t == R_FLOAT || b.t == R_FLOAT)
			*out = cmp_num(a, b);
		else if (a.t == R_BIG || b.t == R_BIG)
			*out = big_cmp(a, b);
		else
			*out = rv_asint(a) < rv_asint(b) ? -1 : rv_asint(a) > rv_asint(b);
		return true;
	}
	if (a.t == R_STR && b.t == R_STR) {
		int c = memcmp(a.u.s, b.u.s, a.n < b.n ? a.n : b.n);
		*out = c != 0 ? (c < 0 ? -1 : 1) : a.n < b.n ? -1 : a.n > b.n;
		return rt_bytes(rt, a.n < b.n ? a.n : b.n);
	}
	struct rv x = rv_live(rt, a), y = rv_live(rt, b);
	bool lx = x.t == R_LIST || x.t == R_MLIST, ly = y.t == R_LIST || y.t == R_MLIST;
	if ((lx && ly) || (x.t == R_TUPLE && y.t == R_TUPLE)) {
		if (rt->value_depth > LIM_VALUE_DEPTH)
			return raise(rt, EX_LIMIT, "values nested deeper than %d", LIM_VALUE_DEPTH);
		rt->value_depth++;
		bool r = rt_tick(rt) && order_seq(rt, x, y, op, out);
		rt->value_depth--;
		return r;
	}
	if (set_like(x) && set_like(y))
		return order_sets(rt, x, y, out);
	if (comparable(a, b)) {
		*out = a.u.o->ops->cmp(a.u.o, b.u.o);
		return true;
	}
	if ((a.t == R_UNDEF || b.t == R_UNDEF) && rt->missing != NULL)
		return rt->missing(rt, a.t == R_UNDEF ? &a : &b);
	return raise(rt, EX_TYPE, "'%s' not supported between instances of '%s' and '%s'", op, rv_type_name(a),
		rv_type_name(b));
}

bool rv_contains(struct rt *rt, struct rv box, struct rv x, bool *out)
{
	box = rv_live(rt, box);
	if (box.t == R_STR) {
		if (x.t == R_UNDEF && rt->missing != NULL)
			return rt->missing(rt, &x);
		if (x.t != R_STR)
			return raise(
				rt, EX_TYPE, "'in <string>' requires string as left operand, not %s", rv_type_name(x));
		*out = x.n == 0 || (x.n <= box.n && memmem(box.u.s, box.n, x.u.s, x.n) != NULL);
		return rt_bytes(rt, box.n);
	}
	if (box.t == R_MDICT) {
		struct rv dummy;
		uint64_t h;
		if (x.t != R_STR && !rv_hash(rt, x, &h))
			return false;
		*out = x.t == R_STR && rv_map_get(rt, box, x.u.s, x.n, &dummy);
		return true;
	}
	if (box.t == R_DICT || box.t == R_SET) {
		struct rv dummy;
		return rdict_get(rt, box.u.m, x, &dummy, out);
	}
	if (box.t == R_RANGE && x.t == R_BIG) {
		*out = false;
		return true;
	}
	if (box.t == R_RANGE && (x.t == R_INT || x.t == R_BOOL)) {
		const struct rrange *r = box.u.r;
		int64_t i = rv_asint(x);
		bool up = r->step > 0;
		uint64_t from = up ? (uint64_t)i - (uint64_t)r->start : (uint64_t)r->start - (uint64_t)i;
		*out = (up ? i >= r->start && i < r->stop : i <= r->start && i > r->stop) &&
		       from % (up ? (uint64_t)r->step : -(uint64_t)r->step) == 0;
		return true;
	}
	if (box.t == R_OBJ && box.u.o->ops->contains != NULL)
		return box.u.o->ops->contains(rt, box.u.o, x, out);
	struct cursor c;
	struct rv y;
	if (box.t != R_OBJ && box.t < R_STR && !(box.t == R_UNDEF && rt->d->soft_missing))
		return raise(rt, EX_TYPE, "argument of type '%s' is not iterable", rv_type_name(box));
	if (!cur_start(rt, box, &c))
		return false;
	*out = false;
	while (!*out && cur_next(rt, &c, &y)) {
		*out = rv_same(x, y) || rv_eq(rt, x, y);
		if (rt->exc.cls != EX_NONE)
			return false;
	}
	return rt->exc.cls == EX_NONE;
}
