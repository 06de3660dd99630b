/* SPDX-License-Identifier: GPL-2.0-or-later
 * mod_netaddr_sets.c - netaddr's functions over several addresses and networks.
 */
#include <string.h>

#include "snippets/engine/netaddr.h"

/* Appends the networks that together are first..last: each as large as its place and what is left allow. */
static bool blocks(struct rt *rt, int version, u128 first, u128 last, struct rlist *l)
{
	struct ip i = { .version = version };
	for (;;) {
		int host = 0;
		while (host < ip_bits(&i) && (first & ((((u128)1) << host) * 2 - 1)) == 0 &&
			(host + 1 == 128 ? last == ~(u128)0 && first == 0 : last - first >= (((u128)1) << (host + 1)) - 1))
			host++;
		rlist_push(rt, l, ip_net(rt, version, first, ip_bits(&i) - host));
		u128 end = host == 128 ? last : first + ((((u128)1) << host) - 1);
		if (end >= last)
			return rt->exc.cls == EX_NONE;
		if (!rt_tick(rt))
			return false;
		first = end + 1;
	}
}

bool ip_range_cidrs(struct rt *rt, const struct ip *from, const struct ip *to, struct rlist *l)
{
	if (from->version != to->version)
		return raise(rt, EX_TYPE, "IP sequence cannot contain both IPv4 and IPv6!");
	if (ip_last(to) < ip_first(from))
		return raise(rt, EX_VALUE, "lower bound IP greater than upper bound!");
	return blocks(rt, from->version, ip_first(from), ip_last(to), l);
}

NA(iprange_to_cidrs)
{
	NA_UNUSED;
	struct ip from, to;
	*out = rv_list(rt, 0);
	return ip_read_net(rt, v[0], 0, &from) && ip_read_net(rt, v[1], 0, &to) &&
	       ip_range_cidrs(rt, &from, &to, out->u.l);
}

NA(iter_iprange)
{
	NA_UNUSED;
	struct ip from, to;
	struct rlist *l;
	if (!ip_read_addr(rt, v[0], 0, &from) || !ip_read_addr(rt, v[1], 0, &to))
		return false;
	if (from.version != to.version)
		return raise(rt, EX_TYPE, "start and stop IP versions do not match!");
	if (v[2].t != R_UNSET && v[2].t != R_INT)
		return raise(rt, EX_TYPE, "step must be an integer, not %s", rv_type_name(v[2]));
	int64_t step = v[2].t == R_UNSET ? 1 : v[2].u.i;
	if (step == 0)
		return raise(rt, EX_VALUE, "step argument cannot be zero");
	if (!ip_walk(rt, from.version, from.v, to.v, step, &l))
		return false;
	*out = na_generator(rt, l);
	return true;
}

/* The networks that a list names, as struct ip; ranges: as they are, when those are wanted. */
static bool read_all(struct rt *rt, struct rv list, bool ranges, struct ip **ret, uint32_t *n)
{
	struct rlist *l;
	if (!rv_list_of(rt, list, &l))
		return false;
	*n = l->n;
	*ret = rt_alloc(rt, ((size_t)l->n + 1) * sizeof(**ret));
	for (uint32_t i = 0; i < l->n; i++) {
		const struct ip *x = ip_of(l->v[i]);
		if (x != NULL && x->kind == IP_RANGE && ranges)
			(*ret)[i] = *x;
		else if (!ip_read_net(rt, l->v[i], 0, &(*ret)[i]))
			return false;
	}
	return rt->exc.cls == EX_NONE;
}

/* By version, last, first and then the order of networks: insertion, since lists of networks are short. */
static bool sort_ranges(struct rt *rt, struct ip *v, uint32_t n, bool by_last)
{
	for (uint32_t i = 1; i < n; i++) {
		struct ip x = v[i];
		uint32_t k = i;
		for (; k > 0; k--) {
			const struct ip *y = &v[k - 1];
			u128 lx = ip_last(&x), ly = ip_last(y), fx = ip_first(&x), fy = ip_first(y);
			int c = !by_last || x.version != y->version || (lx == ly && fx == fy) ? ip_cmp(&x, y)
				: lx != ly ? (lx < ly ? -1 : 1) : fx < fy ? -1 : 1;
			if (c >= 0)
				break;
			v[k] = *y;
			if (!rt_tick(rt))
				return false;
		}
		v[k] = x;
	}
	return true;
}

NA(cidr_merge)
{
	NA_UNUSED;
	struct ip *r;
	uint32_t n;
	if (!read_all(rt, v[0], true, &r, &n) || !sort_ranges(rt, r, n, true))
		return false;
	/* adjacent and overlapping ones are joined, from the last one down; joined: prefix -1 */
	for (uint32_t i = n; i-- > 1;) {
		u128 fi = ip_first(&r[i]), fp = ip_first(&r[i - 1]);
		if (r[i].version != r[i - 1].version || (fi != 0 && fi - 1 > ip_last(&r[i - 1])))
			continue;
		r[i - 1] = (struct ip){ IP_RANGE, r[i].version, -1, fi < fp ? fi : fp, ip_last(&r[i]) };
		memmove(&r[i], &r[i + 1], (n - i - 1) * sizeof(*r));
		n--;
	}
	*out = rv_list(rt, n);
	for (uint32_t i = 0; i < n; i++) {
		if (r[i].kind == IP_NET)
			rlist_push(rt, out->u.l, ip_make(rt, r[i]));
		else if (!blocks(rt, r[i].version, r[i].v, r[i].to, out->u.l))
			return false;
	}
	return rt->exc.cls == EX_NONE;
}

NA(spanning_cidr)
{
	NA_UNUSED;
	struct ip *r, span;
	uint32_t n;
	if (!read_all(rt, v[0], false, &r, &n))
		return false;
	if (n < 2)
		return raise(rt, EX_VALUE, "IP sequence must contain at least 2 elements!");
	const struct ip *lo = &r[0], *hi = &r[0];
	for (uint32_t i = 1; i < n; i++) {
		lo = ip_cmp(&r[i], lo) < 0 ? &r[i] : lo;
		hi = ip_cmp(&r[i], hi) > 0 ? &r[i] : hi;
	}
	if (lo->version != hi->version)
		return raise(rt, EX_TYPE, "IP sequence cannot contain both IPv4 and IPv6!");
	span = (struct ip){ IP_NET, hi->version, hi->prefix, ip_last(hi), 0 };
	u128 at = span.v;
	while (span.prefix > 0 && at > ip_first(lo)) {
		span.prefix--;
		at = span.v & ip_mask(&span);
	}
	*out = ip_net(rt, span.version, at, span.prefix);
	return true;
}

/* What all, smallest and largest have in common: the sorted networks that the address lies in. */
static bool matching(struct rt *rt, const struct rv *v, struct rlist *l)
{
	struct ip *r, ip;
	uint32_t n;
	const struct ip *last = NULL;
	if (!ip_read_addr(rt, v[0], 0, &ip) || !read_all(rt, v[1], false, &r, &n) || !sort_ranges(rt, r, n, false))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		struct ip net = { IP_ADDR, r[i].version, 0, ip_first(&r[i]), 0 };
		if (ip_contains(&r[i], &ip)) {
			rlist_push(rt, l, ip_make(rt, r[i]));
			last = &r[i];
		} else if (last != NULL && !ip_contains(last, &net)) {
			break;
		}
	}
	return rt->exc.cls == EX_NONE;
}

NA(all_matching_cidrs)
{
	NA_UNUSED;
	*out = rv_list(rt, 0);
	return matching(rt, v, out->u.l);
}

static bool one_match(struct rt *rt, const struct rv *v, bool smallest, struct rv *out)
{
	struct rv l = rv_list(rt, 0);
	if (!matching(rt, v, l.u.l))
		return false;
	*out = l.u.l->n == 0 ? rv_none() : l.u.l->v[smallest ? l.u.l->n - 1 : 0];
	return true;
}

NA(smallest_matching_cidr) { NA_UNUSED; return one_match(rt, v, true, out); }
NA(largest_matching_cidr) { NA_UNUSED; return one_match(rt, v, false, out); }

const struct native netaddr_sets[] = {
	{"iprange_to_cidrs", "start end", 2, n_iprange_to_cidrs},
	{"iter_iprange", "start end step", 2, n_iter_iprange},
	{"cidr_merge", "ip_addrs", 1, n_cidr_merge},
	{"spanning_cidr", "ip_addrs", 1, n_spanning_cidr},
	{"all_matching_cidrs", "ip cidrs", 2, n_all_matching_cidrs},
	{"smallest_matching_cidr", "ip cidrs", 2, n_smallest_matching_cidr},
	{"largest_matching_cidr", "ip cidrs", 2, n_largest_matching_cidr},
	{NULL, NULL, 0, NULL},
};
