/* SPDX-License-Identifier: GPL-2.0-or-later
 * mod_netaddr_ipset.c - netaddr's IPSet, and cidr_exclude. A set is kept as ranges in order that neither touch nor overlap; its
 * networks are made of them when they are asked for. (netaddr keeps the networks as they were written: "10.1.2.3/8" in a list shows
 * its host there, and is "10.0.0.0/8" here.)
 */
#include <stdlib.h>

#include "snippets/engine/bigint.h"
#include "snippets/engine/netaddr.h"

struct ipset { struct ip *r; uint32_t n, cap; };

static const struct obj_ops ipset_ops;

static struct ipset *set_of(struct rv v) { return v.t == R_OBJ && v.u.o->ops == &ipset_ops ? v.u.o->data : NULL; }

static bool put(struct rt *rt, struct ipset *s, int version, u128 first, u128 last)
{
	if (s->n == s->cap) {
		uint32_t cap = s->cap == 0 ? 8 : s->cap * 2;
		struct ip *r = rt_alloc(rt, cap * sizeof(*r));
		if (s->n != 0)
			memcpy(r, s->r, s->n * sizeof(*r));
		s->r = r;
		s->cap = cap;
	}
	s->r[s->n++] = (struct ip){ IP_RANGE, version, version == 4 ? 32 : 128, first, last };
	return rt_tick(rt);
}

static int in_order(const void *a, const void *b)
{
	const struct ip *x = a, *y = b;
	return x->version != y->version ? x->version - y->version : x->v < y->v ? -1 : x->v > y->v;
}

/* In order, and joined where they touch. */
static void tidy(struct ipset *s)
{
	uint32_t k = 0;
	if (s->n == 0)
		return;
	qsort(s->r, s->n, sizeof(*s->r), in_order);
	for (uint32_t i = 1; i < s->n; i++) {
		struct ip *last = &s->r[k], x = s->r[i];
		if (x.version == last->version && (x.v <= last->to || x.v - 1 == last->to))
			last->to = x.to > last->to ? x.to : last->to;
		else
			s->r[++k] = x;
	}
	s->n = k + 1;
}

/* -- making sets -- */

/* A number, an address, a network or a range. */
static bool read_one(struct rt *rt, struct rv x, struct ipset *s)
{
	const struct ip *i = ip_of(x);
	struct ip n;
	if (i == NULL && (rv_is_int(x) ? !ip_read_addr(rt, x, 0, &n) : !ip_read_net(rt, x, 0, &n)))
		return false;
	i = i != NULL ? i : &n;
	return put(rt, s, i->version, ip_first(i), ip_last(i));
}

static bool read_many(struct rt *rt, struct rv x, struct ipset *s)
{
	const struct ip *i = ip_of(x);
	const struct ipset *other = set_of(x);
	struct rlist *l;
	bool ok = true;
	if (other != NULL) {
		for (uint32_t k = 0; k < other->n && ok; k++)
			ok = put(rt, s, other->r[k].version, other->r[k].v, other->r[k].to);
	} else if (i != NULL && i->kind != IP_ADDR) {
		ok = read_one(rt, x, s);
	} else {
		if (!rv_list_of(rt, x, &l))
			return false;
		for (uint32_t k = 0; k < l->n && ok; k++)
			ok = read_one(rt, l->v[k], s);
	}
	tidy(s);
	return ok;
}

static struct rv new_set(struct rt *rt, struct ipset **s)
{
	*s = rt_alloc(rt, sizeof(**s));
	**s = (struct ipset){ 0 };
	return rv_obj(rt, &ipset_ops, *s);
}

NA(IPSet)
{
	NA_UNUSED;
	struct ipset *s;
	*out = new_set(rt, &s);
	return v[0].t == R_UNSET || v[0].t == R_NONE || read_many(rt, v[0], s);
}

/* -- two sets -- */

enum { BOTH = 1, LEFT = 2, RIGHT = 4 };                   /* what is kept: what is in both, in the left one or the right one alone */

static bool combine(struct rt *rt, const struct ipset *a, const struct ipset *b, int keep, struct ipset *to)
{
	uint32_t i = 0, k = 0;
	struct ip x = a->n > 0 ? a->r[0] : (struct ip){ 0 }, y = b->n > 0 ? b->r[0] : (struct ip){ 0 };
	while (i < a->n || k < b->n) {
		bool left = i < a->n && (k == b->n || x.version < y.version || (x.version == y.version && x.v < y.v));
		bool right = !left && k < b->n && (i == a->n || y.version < x.version || y.v < x.v);
		bool apart = i == a->n || k == b->n || x.version != y.version;
		struct ip *one = left || !right ? &x : &y, *two = one == &x ? &y : &x;
		/* the first piece of the one that begins first, up to where the other begins or one of them ends */
		u128 end = left || right ? (apart || two->v > one->to ? one->to : two->v - 1) : x.to < y.to ? x.to : y.to;
		if ((keep & (left ? LEFT : right ? RIGHT : BOTH)) && !put(rt, to, one->version, one->v, end))
			return false;
		bool both = !left && !right, x_done = (left || both) && end == x.to, y_done = (right || both) && end == y.to;
		if (x_done)
			x = ++i < a->n ? a->r[i] : x;
		else if (left || both)
			x.v = end + 1;
		if (y_done)
			y = ++k < b->n ? b->r[k] : y;
		else if (right || both)
			y.v = end + 1;
		if (!rt_tick(rt))
			return false;
	}
	tidy(to);
	return true;
}

static bool combined(struct rt *rt, struct rv self, struct rv other, int keep, struct rv *out)
{
	struct ipset *s, more = { 0 };
	const struct ipset *o = set_of(other);
	if (o == NULL && keep != (BOTH | LEFT | RIGHT))
		return raise(rt, EX_ATTRIBUTE, "'%s' object has no attribute '_cidrs'", rv_type_name(other));
	if (o == NULL && !read_many(rt, other, &more))
		return false;
	*out = new_set(rt, &s);
	return combine(rt, set_of(self), o != NULL ? o : &more, keep, s);
}

NA(union) { NA_UNUSED; return combined(rt, self, v[0], BOTH | LEFT | RIGHT, out); }
NA(intersection) { NA_UNUSED; return combined(rt, self, v[0], BOTH, out); }
NA(difference) { NA_UNUSED; return combined(rt, self, v[0], LEFT, out); }
NA(symmetric_difference) { NA_UNUSED; return combined(rt, self, v[0], LEFT | RIGHT, out); }

/* Whether what the two have in such a way is nothing. */
static bool nothing(struct rt *rt, struct rv a, struct rv b, int keep, struct rv *out)
{
	if (!combined(rt, a, b, keep, out))
		return false;
	*out = rv_bool(set_of(*out)->n == 0);
	return true;
}

NA(isdisjoint) { NA_UNUSED; return nothing(rt, self, v[0], BOTH, out); }
NA(issubset) { NA_UNUSED; return nothing(rt, self, v[0], LEFT, out); }
NA(issuperset) { NA_UNUSED; return nothing(rt, self, v[0], RIGHT, out); }

/* -- changes -- */

static bool change(struct rt *rt, struct rv self, struct rv x, int keep, bool many, struct rv *out)
{
	struct ipset *s = set_of(self), other = { 0 }, r = { 0 };
	*out = rv_none();
	if (!(many ? read_many : read_one)(rt, x, &other) || !combine(rt, s, &other, keep, &r))
		return false;
	*s = r;
	return true;
}

NA(add) { NA_UNUSED; return change(rt, self, v[0], BOTH | LEFT | RIGHT, false, out); }
NA(update) { NA_UNUSED; return change(rt, self, v[0], BOTH | LEFT | RIGHT, true, out); }
NA(remove) { NA_UNUSED; return change(rt, self, v[0], LEFT, false, out); }
NA(clear) { NA_UNUSED; *set_of(self) = (struct ipset){ 0 }; *out = rv_none(); return true; }
NA(compact) { NA_UNUSED; *out = rv_none(); return true; }

NA(copy)
{
	NA_UNUSED;
	struct ipset *s;
	*out = new_set(rt, &s);
	return read_many(rt, self, s);
}

/* -- what is in a set -- */

static bool cidrs(struct rt *rt, const struct ipset *s, struct rlist *l)
{
	for (uint32_t i = 0; i < s->n; i++) {
		struct ip from = { IP_ADDR, s->r[i].version, s->r[i].prefix, s->r[i].v, 0 }, to = from;
		to.v = s->r[i].to;
		if (!ip_range_cidrs(rt, &from, &to, l))
			return false;
	}
	return true;
}

NA(iter_cidrs)
{
	NA_UNUSED;
	*out = rv_list(rt, 0);
	return cidrs(rt, set_of(self), out->u.l);
}

NA(iter_ipranges)
{
	NA_UNUSED;
	struct rv l = rv_list(rt, 0);
	const struct ipset *s = set_of(self);
	for (uint32_t i = 0; i < s->n; i++)
		rlist_push(rt, l.u.l, ip_make(rt, s->r[i]));
	*out = na_generator(rt, l.u.l);
	return rt->exc.cls == EX_NONE;
}

NA(iscontiguous) { NA_UNUSED; *out = rv_bool(set_of(self)->n <= 1); return true; }

NA(iprange)
{
	NA_UNUSED;
	const struct ipset *s = set_of(self);
	if (s->n > 1)
		return raise(rt, EX_VALUE, "IPSet is not contiguous");
	*out = s->n == 0 ? rv_none() : ip_make(rt, s->r[0]);
	return true;
}

static bool size(struct rt *rt, const struct ipset *s, struct rv *out)
{
	struct rv n;
	*out = rv_int(0);
	for (uint32_t i = 0; i < s->n; i++)
		if (!ip_int(rt, s->r[i].to - s->r[i].v, &n) || !rv_binop(rt, OP_ADD, n, rv_int(1), &n) ||
			!rv_binop(rt, OP_ADD, *out, n, out))
			return false;
	return true;
}

static const struct native methods[] = {
	{"add", "addr flags", 1, n_add}, {"clear", "", 0, n_clear}, {"compact", "", 0, n_compact}, {"copy", "", 0, n_copy},
	{"difference", "other", 1, n_difference}, {"intersection", "other", 1, n_intersection}, {"iprange", "", 0, n_iprange},
	{"iscontiguous", "", 0, n_iscontiguous}, {"isdisjoint", "other", 1, n_isdisjoint}, {"issubset", "other", 1, n_issubset},
	{"issuperset", "other", 1, n_issuperset}, {"iter_cidrs", "", 0, n_iter_cidrs}, {"iter_ipranges", "", 0, n_iter_ipranges},
	{"remove", "addr flags", 1, n_remove}, {"symmetric_difference", "other", 1, n_symmetric_difference},
	{"union", "other", 1, n_union}, {"update", "iterable flags", 1, n_update}, {NULL, NULL, 0, NULL},
};

static bool attr(struct rt *rt, const struct robj *o, const char *name, struct rv *out)
{
	*out = (struct rv){ .t = R_UNSET };
	if (str_eq(name, "size"))
		return size(rt, o->data, out);
	na_method(rt, methods, o, name, out);
	return true;
}

static void str(struct rt *rt, const struct robj *o, struct strbuf *b, bool repr)
{
	struct rv l = rv_list(rt, 0);
	(void)repr;
	sb_adds(b, "IPSet([");
	if (cidrs(rt, o->data, l.u.l))
		for (uint32_t i = 0; i < l.u.l->n; i++) {
			sb_adds(b, i == 0 ? "'" : ", '");
			rv_str(rt, l.u.l->v[i], b);
			sb_addc(b, '\'');
		}
	sb_adds(b, "])");
}

static bool iter(struct rt *rt, const struct robj *o, struct rlist **out)
{
	const struct ipset *s = o->data;
	struct rv all = rv_list(rt, 0);
	for (uint32_t i = 0; i < s->n; i++) {
		struct rlist *l;
		if (!ip_walk(rt, s->r[i].version, s->r[i].v, s->r[i].to, 1, &l))
			return false;
		if (all.u.l->n + (size_t)l->n > LIM_ITEMS)
			return raise(rt, EX_LIMIT, "more than %u addresses cannot be walked", LIM_ITEMS);
		for (uint32_t k = 0; k < l->n; k++)
			rlist_push(rt, all.u.l, l->v[k]);
	}
	*out = all.u.l;
	return rt->exc.cls == EX_NONE;
}

static bool contains(struct rt *rt, const struct robj *o, struct rv x, bool *out)
{
	const struct ipset *s = o->data;
	struct ip n;
	*out = false;
	if (!ip_read_net(rt, x, 0, &n))
		return false;
	for (uint32_t i = 0; i < s->n && !*out; i++)
		*out = s->r[i].version == n.version && s->r[i].v <= ip_first(&n) && ip_last(&n) <= s->r[i].to;
	return rt_steps(rt, s->n / 8 + 1);
}

static int64_t len(const struct robj *o)
{
	const struct ipset *s = o->data;
	int64_t n = 0;
	for (uint32_t i = 0; i < s->n; i++) {
		u128 k = s->r[i].to - s->r[i].v;
		if (k >= INT64_MAX || __builtin_add_overflow(n, (int64_t)k + 1, &n))
			return INT64_MAX;
	}
	return n;
}

static bool truth(const struct robj *o) { return ((const struct ipset *)o->data)->n != 0; }

static bool within(const struct ipset *a, const struct ipset *b)
{
	for (uint32_t i = 0, k = 0; i < a->n; i++) {
		while (k < b->n && (b->r[k].version < a->r[i].version || (b->r[k].version == a->r[i].version && b->r[k].to < a->r[i].to)))
			k++;
		if (k == b->n || b->r[k].version != a->r[i].version || b->r[k].v > a->r[i].v)
			return false;
	}
	return true;
}

/* -1: a part of the other, 0: equal, 1: it has the other as a part, 2: none of these */
static int cmp(const struct robj *a, const struct robj *b)
{
	bool in = within(a->data, b->data), has = within(b->data, a->data);
	return in && has ? 0 : in ? -1 : has ? 1 : 2;
}

static bool binop(struct rt *rt, enum binop op, struct rv a, struct rv b, struct rv *out)
{
	*out = (struct rv){ .t = R_UNSET };
	if (set_of(a) == NULL)
		return true;
	switch (op) {
	case OP_BOR: return combined(rt, a, b, BOTH | LEFT | RIGHT, out);
	case OP_BAND: return combined(rt, a, b, BOTH, out);
	case OP_SUB: return combined(rt, a, b, LEFT, out);
	case OP_BXOR: return combined(rt, a, b, LEFT | RIGHT, out);
	default: return true;
	}
}

static const struct obj_ops ipset_ops = {.type = "IPSet", .attr = attr, .str = str, .iter = iter, .contains = contains, .len = len,
	.truth = truth, .cmp = cmp, .binop = binop};

NA(cidr_exclude)
{
	NA_UNUSED;
	struct ip target, not;
	struct ipset from = { 0 }, less = { 0 }, r = { 0 };
	*out = rv_list(rt, 0);
	return ip_read_net(rt, v[0], 0, &target) && ip_read_net(rt, v[1], 0, &not) &&
	       put(rt, &from, target.version, ip_first(&target), ip_last(&target)) &&
	       put(rt, &less, not.version, ip_first(&not), ip_last(&not)) &&
	       combine(rt, &from, &less, LEFT, &r) && cidrs(rt, &r, out->u.l);
}

const struct native netaddr_ipset[] = {
	{"IPSet", "iterable flags", 0, n_IPSet},
	{"cidr_exclude", "target exclude", 2, n_cidr_exclude},
	{NULL, NULL, 0, NULL},
};
