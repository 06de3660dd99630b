/* SPDX-License-Identifier: GPL-2.0-or-later
 * mod_netaddr.c - Python's netaddr module as far as templates go: IPAddress, IPNetwork and the checks of addresses.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snippets/engine/modules.h"

__extension__ typedef unsigned __int128 u128;

struct ip { u128 v; int version; int prefix; bool net; };

static const struct obj_ops ip_ops, net_ops;

#define N(name)                                                                                                        \
	static bool n_##name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define UNUSED_ARGS (void)self, (void)a, (void)v, (void)rt

static int bits(const struct ip *i) { return i->version == 4 ? 32 : 128; }

static u128 mask(int width, int prefix)
{
	u128 all = width == 128 ? ~(u128)0 : ((u128)1 << width) - 1;
	return prefix == 0 ? 0 : prefix == width ? all : all & ~((((u128)1) << (width - prefix)) - 1);
}

static bool parse_ip(const char *s, struct ip *out)
{
	unsigned char b[16];
	out->v = 0;
	if (inet_pton(AF_INET, s, b) == 1) {
		out->version = 4;
		for (int i = 0; i < 4; i++)
			out->v = out->v << 8 | b[i];
		return true;
	}
	if (inet_pton(AF_INET6, s, b) != 1)
		return false;
	out->version = 6;
	for (int i = 0; i < 16; i++)
		out->v = out->v << 8 | b[i];
	return true;
}

static void show(const struct ip *i, u128 v, struct strbuf *b)
{
	unsigned char raw[16];
	char text[INET6_ADDRSTRLEN];
	int n = i->version == 4 ? 4 : 16;
	for (int k = n; k > 0; k--, v >>= 8)
		raw[k - 1] = (unsigned char)(v & 255);
	sb_adds(b, inet_ntop(n == 4 ? AF_INET : AF_INET6, raw, text, sizeof(text)) != NULL ? text : "");
}

static struct rv make(struct rt *rt, const struct ip *i, u128 v, bool net)
{
	struct ip *n = rt_alloc(rt, sizeof(*n));
	*n = *i;
	n->v = v;
	n->net = net;
	return rv_obj(rt, net ? &net_ops : &ip_ops, n);
}

static bool as_int(struct rt *rt, u128 v, struct rv *out)
{
	if (v > INT64_MAX)
		return raise(rt, EX_OVERFLOW, "a number of this IPv6 network does not fit 64 bits");
	*out = rv_int((int64_t)v);
	return true;
}

static bool address(struct rt *rt, struct rv x, struct ip *i)
{
	if (x.t == R_OBJ && (x.u.o->ops == &ip_ops || x.u.o->ops == &net_ops)) {
		*i = *(const struct ip *)x.u.o->data;
		return true;
	}
	if (x.t == R_INT && x.u.i >= 0) {
		*i = (struct ip){ .v = (u128)x.u.i, .version = x.u.i > 0xffffffffll ? 6 : 4 };
	} else if (x.t != R_STR || !parse_ip(rv_cz(rt, x), i)) {
		size_t mark = rt->tmp.len;
		rv_str(rt, x, &rt->tmp);
		struct rv s = rv_take(rt, mark);
		return raise(rt, EX_VALUE, "failed to detect a valid IP address from '%.*s'",
			(int)(s.n < 100 ? s.n : 100), s.u.s);
	}
	i->prefix = bits(i);
	i->net = false;
	return true;
}

static bool network(struct rt *rt, struct rv x, struct ip *i)
{
	if (x.t != R_STR)
		return address(rt, x, i);
	const char *slash = memchr(x.u.s, '/', x.n);
	struct rv first = slash != NULL ? rv_dup(rt, x.u.s, (size_t)(slash - x.u.s)) : x;
	if (!address(rt, first, i))
		return raise(rt, EX_VALUE, "invalid IPNetwork %s", rv_cz(rt, x));
	if (slash == NULL)
		return true;
	struct rv rest = rv_dup(rt, slash + 1, x.n - (size_t)(slash + 1 - x.u.s));
	int64_t p;
	struct ip m;
	if (parse_int64(rest.u.s, &p) && p >= 0 && p <= bits(i)) {
		i->prefix = (int)p;
		return true;
	}
	for (int k = 0; parse_ip(rest.u.s, &m) && m.version == i->version && k <= bits(i); k++)
		if (mask(bits(i), k) == m.v) {
			i->prefix = k;
			return true;
		}
	return raise(rt, EX_VALUE, "invalid IPNetwork %s", rv_cz(rt, x));
}

N(IPAddress)
{
	UNUSED_ARGS;
	struct ip i;
	if (!address(rt, v[0], &i))
		return false;
	*out = make(rt, &i, i.v, false);
	return true;
}

N(IPNetwork)
{
	UNUSED_ARGS;
	struct ip i;
	if (!network(rt, v[0], &i))
		return false;
	*out = make(rt, &i, i.v, true);
	return true;
}

static bool valid(struct rt *rt, struct rv x, int version, struct rv *out)
{
	struct ip i;
	*out = rv_bool(x.t == R_STR && parse_ip(rv_cz(rt, x), &i) && i.version == version);
	return true;
}

N(valid_ipv4) { UNUSED_ARGS; return valid(rt, v[0], 4, out); }
N(valid_ipv6) { UNUSED_ARGS; return valid(rt, v[0], 6, out); }

N(valid_mac)
{
	UNUSED_ARGS;
	int digits = 0;
	bool ok = v[0].t == R_STR && v[0].n == 17;
	for (uint32_t i = 0; ok && i < v[0].n; i++) {
		char c = v[0].u.s[i];
		bool sep = i % 3 == 2;
		ok = sep ? c == ':' || c == '-' : strchr("0123456789abcdefABCDEF", c) != NULL;
		digits += !sep;
	}
	*out = rv_bool(ok && digits == 12);
	return true;
}

/* Nothing of the set is longer than LIM_ITEMS: a larger network is refused by the list. */
static bool hosts(struct rt *rt, const struct ip *i, bool all, struct rlist **ret)
{
	u128 m = mask(bits(i), i->prefix), lo = i->v & m, hi = lo | (mask(bits(i), bits(i)) & ~m);
	struct rv l = rv_list(rt, 0);
	if (!all && i->version == 4 && hi - lo > 1) {
		lo++;
		hi--;
	}
	if (hi - lo >= LIM_ITEMS)
		return raise(rt, EX_LIMIT, "a network of more than %u addresses cannot be walked", LIM_ITEMS);
	for (u128 x = lo; x <= hi; x++) {
		rlist_push(rt, l.u.l, make(rt, i, x, false));
		if (!rt_tick(rt) || rt->exc.cls != EX_NONE)
			return false;
		if (x == hi)
			break;
	}
	*ret = l.u.l;
	return true;
}

N(iter_hosts)
{
	UNUSED_ARGS;
	struct rlist *l;
	if (!hosts(rt, self.u.o->data, false, &l))
		return false;
	*out = rv_iter_of(rt, (struct rv){ .t = R_LIST, .u.l = l }, "generator");
	return true;
}

static bool is_private(const struct ip *i)
{
	uint32_t v = (uint32_t)i->v;
	return i->version == 4 ? v >> 24 == 10 || v >> 20 == 0xac1 || v >> 16 == 0xc0a8
			       : (uint32_t)(i->v >> 121) == 0x7e;
}

N(m_private) { UNUSED_ARGS; *out = rv_bool(is_private(self.u.o->data)); return true; }

N(m_loopback)
{
	UNUSED_ARGS;
	const struct ip *i = self.u.o->data;
	*out = rv_bool(i->version == 4 ? (uint32_t)i->v >> 24 == 127 : i->v == 1);
	return true;
}

static bool attr(struct rt *rt, const struct robj *o, const char *name, struct rv *out)
{
	static const struct native methods[] = {{"iter_hosts", "", 0, n_iter_hosts}, {"is_private", "", 0, n_m_private},
		{"is_loopback", "", 0, n_m_loopback}};
	const struct ip *i = o->data;
	u128 m = mask(bits(i), i->prefix), all = mask(bits(i), bits(i)), lo = i->v & m, hi = lo | (all & ~m);
	*out = (struct rv){ .t = R_UNSET };
	for (size_t k = 0; k < ARRAY_LEN(methods); k++)
		if (str_eq(methods[k].name, name)) {
			struct nmethod *x = rt_alloc(rt, sizeof(*x));
			*x = (struct nmethod){ { .t = R_OBJ, .u.o = o }, &methods[k] };
			*out = (struct rv){ .t = R_METHOD, .u.me = x };
			return true;
		}
	if (str_eq(name, "version")) {
		*out = rv_int(i->version);
	} else if (str_eq(name, "value")) {
		return as_int(rt, i->v, out);
	} else if (i->net && str_eq(name, "prefixlen")) {
		*out = rv_int(i->prefix);
	} else if (i->net && str_eq(name, "size")) {
		return as_int(rt, hi - lo + 1, out);
	} else if (i->net && str_eq(name, "cidr")) {
		*out = make(rt, i, lo, true);
	} else if (i->net && (str_eq(name, "first") || str_eq(name, "last"))) {
		return as_int(rt, name[0] == 'f' ? lo : hi, out);
	} else if (i->net) {
		const struct {
			const char *name;
			u128 v;
		} rows[] = {{"ip", i->v}, {"network", lo}, {"broadcast", hi}, {"netmask", m}, {"hostmask", all & ~m}};
		for (size_t k = 0; k < ARRAY_LEN(rows); k++)
			if (str_eq(rows[k].name, name))
				*out = k == 2 && i->prefix >= bits(i) - 1 ? rv_none() : make(rt, i, rows[k].v, false);
	}
	return true;
}

static void str(struct rt *rt, const struct robj *o, struct strbuf *b, bool repr)
{
	const struct ip *i = o->data;
	(void)rt;
	if (repr)
		sb_addf(b, "%s('", o->ops->type);
	show(i, i->v, b);
	if (i->net)
		sb_addf(b, "/%d", i->prefix);
	if (repr)
		sb_adds(b, "')");
}

static int cmp(const struct robj *a, const struct robj *b)
{
	const struct ip *x = a->data, *y = b->data;
	return x->version != y->version ? (x->version < y->version ? -1 : 1) : x->v != y->v ? (x->v < y->v ? -1 : 1) :
		x->prefix < y->prefix ? -1 : x->prefix > y->prefix;
}

static bool contains(struct rt *rt, const struct robj *o, struct rv x, bool *out)
{
	const struct ip *n = o->data;
	struct ip i;
	if (!network(rt, x, &i))
		return false;
	u128 m = mask(bits(n), n->prefix);
	*out = i.version == n->version && i.prefix >= n->prefix && (i.v & m) == (n->v & m);
	return true;
}

static bool item(struct rt *rt, const struct robj *o, struct rv key, struct rv *out)
{
	const struct ip *i = o->data;
	u128 m = mask(bits(i), i->prefix), lo = i->v & m, span = mask(bits(i), bits(i)) & ~m;
	if (key.t != R_INT)
		return raise(rt, EX_TYPE, "unsupported index type %s", rv_type_name(key));
	u128 at = key.u.i >= 0 ? (u128)key.u.i : span + 1 - (u128)(-(key.u.i + 1)) - 1;
	if ((key.u.i >= 0 && at > span) || (key.u.i < 0 && (u128)(-(key.u.i + 1)) > span))
		return raise(rt, EX_INDEX, "index out range for address range size!");
	*out = make(rt, i, lo + at, false);
	return true;
}

static bool walk(struct rt *rt, const struct robj *o, struct rlist **out) { return hosts(rt, o->data, true, out); }

static const struct obj_ops ip_ops = { .type = "IPAddress", .attr = attr, .str = str, .cmp = cmp };
static const struct obj_ops net_ops = {
	.type = "IPNetwork", .attr = attr, .str = str, .cmp = cmp, .contains = contains, .item = item, .iter = walk};

static const struct native functions[] = {
	{"IPAddress", "addr", 1, n_IPAddress},
	{"IPNetwork", "addr", 1, n_IPNetwork},
	{"valid_ipv4", "addr", 1, n_valid_ipv4},
	{"valid_ipv6", "addr", 1, n_valid_ipv6},
	{"valid_mac", "addr", 1, n_valid_mac},
	{NULL, NULL, 0, NULL},
};

const struct module mod_netaddr = { "netaddr", functions, NULL };
