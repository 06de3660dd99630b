/* SPDX-License-Identifier: GPL-2.0-or-later
 * mod_netaddr.c - Python's netaddr module (0.8): the objects IPAddress, IPNetwork and IPRange.
 */

#include "snippets/engine/bigint.h"
#include "snippets/engine/netaddr.h"
#include "snippets/engine/rt.h"

static const struct obj_ops addr_ops, net_ops, range_ops;

const struct ip *ip_of(struct rv v)
{
	return v.t == R_OBJ && (v.u.o->ops == &addr_ops || v.u.o->ops == &net_ops || v.u.o->ops == &range_ops) ?
		v.u.o->data : NULL;
}

struct rv ip_make(struct rt *rt, struct ip i)
{
	struct ip *n = rt_alloc(rt, sizeof(*n));
	*n = i;
	return rv_obj(rt, i.kind == IP_ADDR ? &addr_ops : i.kind == IP_NET ? &net_ops : &range_ops, n);
}

struct rv ip_addr(struct rt *rt, int version, u128 v)
{
	return ip_make(rt, (struct ip){ IP_ADDR, version, version == 4 ? 32 : 128, v, v });
}

struct rv ip_net(struct rt *rt, int version, u128 v, int prefix)
{
	return ip_make(rt, (struct ip){ IP_NET, version, prefix, v, v });
}

bool ip_int(struct rt *rt, u128 v, struct rv *out)
{
	uint32_t w[4];
	for (size_t i = 0; i < ARRAY_LEN(w); i++, v >>= 32)
		w[i] = (uint32_t)v;
	*out = big_of_words(rt, w, ARRAY_LEN(w));
	return true;
}

static int cmp(const struct robj *a, const struct robj *b) { return ip_cmp(a->data, b->data); }

static bool eq(const struct robj *a, const struct robj *b)
{
	const struct ip *x = a->data, *y = b->data;
	return x->version == y->version && (x->kind == IP_ADDR) == (y->kind == IP_ADDR) && ip_first(x) == ip_first(y) &&
		ip_last(x) == ip_last(y);
}

static void str(struct rt *rt, const struct robj *o, struct strbuf *b, bool repr)
{
	const struct ip *i = o->data;
	(void)rt;
	if (repr)
		sb_addf(b, "%s('", o->ops->type);
	ip_show(i, i->v, b);
	if (i->kind == IP_NET)
		sb_addf(b, "/%d", i->prefix);
	if (i->kind == IP_RANGE) {
		sb_adds(b, repr ? "', '" : "-");
		ip_show(i, i->to, b);
	}
	if (repr)
		sb_adds(b, "')");
}

static struct rv reverse_dns(struct rt *rt, const struct ip *i)
{
	size_t mark = rt->tmp.len;
	int step = i->version == 4 ? 8 : 4;
	for (int at = 0; at < ip_bits(i); at += step)
		sb_addf(&rt->tmp, i->version == 4 ? "%u." : "%x.", (unsigned)(i->v >> at & ((1u << step) - 1)));
	sb_adds(&rt->tmp, i->version == 4 ? "in-addr.arpa." : "ip6.arpa.");
	return rv_take(rt, mark);
}

/* -- walking -- */

bool ip_walk(struct rt *rt, int version, u128 from, u128 to, i128 step, struct rlist **ret)
{
	struct rv l = rv_list(rt, 0);
	*ret = l.u.l;
	while (step > 0 ? from <= to : from >= to) {
		if (l.u.l->n >= LIM_ITEMS)
			return raise(rt, EX_LIMIT, "more than %u addresses cannot be walked", LIM_ITEMS);
		rlist_push(rt, l.u.l, ip_addr(rt, version, from));
		if (!rt_tick(rt) || rt->exc.cls != EX_NONE)
			return false;
		u128 left = step > 0 ? to - from : from - to, by = step > 0 ? (u128)step : (u128)-step;
		if (left < by)
			break;
		from = step > 0 ? from + by : from - by;
	}
	return true;
}

struct rv na_generator(struct rt *rt, struct rlist *l)
{
	return rv_iter_of(rt, (struct rv){ .t = R_LIST, .u.l = l }, "generator");
}

static bool walk(struct rt *rt, const struct robj *o, struct rlist **out)
{
	const struct ip *i = o->data;
	return ip_walk(rt, i->version, ip_first(i), ip_last(i), 1, out);
}

NA(iter_hosts)
{
	NA_UNUSED;
	const struct ip *i = self.u.o->data;
	u128 lo = ip_first(i), hi = ip_last(i);
	struct rlist *l;
	if (i->version == 4 && hi - lo >= 3) {
		lo++;
		hi--;
	} else if (i->version == 6) {                     /* the first is that of the routers */
		lo++;
		if (ip_first(i) == hi)
			lo = 1, hi = 0;
	}
	if (!ip_walk(rt, i->version, lo, hi, 1, &l))
		return false;
	*out = na_generator(rt, l);
	return true;
}

#define IS(name, test)                                                                                                 \
	NA(name)                                                                                                       \
	{                                                                                                              \
		NA_UNUSED;                                                                                             \
		const struct ip *i = self.u.o->data;                                                                   \
		*out = rv_bool(test);                                                                                  \
		return true;                                                                                           \
	}
IS(is_loopback, ip_is_loopback(i))
IS(is_link_local, ip_is_link_local(i))
IS(is_multicast, ip_is_multicast(i))
IS(is_unicast, !ip_is_multicast(i))
IS(is_private, ip_is_private(i))
IS(is_reserved, ip_is_reserved(i))
IS(is_ipv4_mapped, i->version == 6 && i->v >> 32 == 0xffff)
IS(is_ipv4_compat, i->version == 6 && i->v >> 32 == 0)
IS(is_hostmask, ((i->v + 1) & i->v) == 0)
IS(is_netmask, (((i->v ^ ip_all(i)) + 1) & (i->v ^ ip_all(i))) == 0)

/* -- methods -- */

NA(netmask_bits)
{
	NA_UNUSED;
	const struct ip *i = self.u.o->data;
	struct ip m = { .version = i->version, .v = i->v }, net = { .version = i->version };
	int p = ip_bits(&m);
	for (net.prefix = 0; net.prefix <= ip_bits(&m); net.prefix++)
		if (ip_mask(&net) == m.v)
			p = net.prefix;
	*out = rv_int(p);
	return true;
}

NA(bits)
{
	NA_UNUSED;
	const struct ip *i = self.u.o->data;
	if (v[0].t != R_UNSET && v[0].t != R_NONE && v[0].t != R_STR)
		return raise(rt, EX_VALUE, "word separator is not a string");
	*out = na_bits(rt, i->v, ip_bits(i), i->version == 4 ? 8 : 16, v[0], i->version == 4 ? "." : ":");
	return true;
}

NA(format)
{
	NA_UNUSED;
	if (v[0].t != R_UNSET && v[0].t != R_NONE)
		return raise(rt, EX_TYPE, "format() of an address takes no dialect here");
	*out = rv_tostr(rt, self);
	return true;
}

#define MAPPED ((u128)0xffff << 32)

/* The address of the other version; a network keeps its prefix. */
static bool to_version(struct rt *rt, const struct ip *i, int version, bool compatible, struct rv *out)
{
	struct ip n = *i;
	bool mapped = i->v >= MAPPED && i->v <= (MAPPED | 0xffffffffu);
	if (version == 4 && i->version == 6) {
		if (i->v > 0xffffffffu && !mapped)
			return raise(rt, EX_VALUE, "this IPv6 address is unsuitable for conversion to IPv4!");
		n.v = mapped ? i->v - MAPPED : i->v;
		n.prefix -= 96;
	} else if (version == 6 && i->version == 4) {
		n.v = compatible ? i->v : MAPPED + i->v;
		n.prefix += 96;
	} else if (version == 6 && compatible && mapped) {
		n.v = i->v - MAPPED;
	}
	n.version = version;
	if (n.prefix < 0)
		return raise(rt, EX_VALUE, "invalid prefix for IPv4 address!");
	*out = ip_make(rt, n);
	return true;
}

NA(ipv4) { NA_UNUSED; return to_version(rt, self.u.o->data, 4, false, out); }
NA(ipv6) { NA_UNUSED; return to_version(rt, self.u.o->data, 6, v[0].t != R_UNSET && rv_truthy(v[0]), out); }

static bool number(struct rt *rt, struct rv v, int64_t dflt, int64_t *out)
{
	if (v.t != R_UNSET && v.t != R_INT && v.t != R_BOOL)
		return raise(rt, EX_TYPE, "an integer is required, not %s", rv_type_name(v));
	*out = v.t == R_UNSET ? dflt : rv_asint(v);
	return true;
}

/* The network so many of its sizes further on. */
static bool neighbour(struct rt *rt, const struct ip *i, int64_t step, struct rv *out)
{
	u128 first = ip_first(i), size = ip_last(i) - first + 1, by = (u128)(step < 0 ? -step : step);
	bool fits = size != 0 && by <= ip_all(i) / size;
	if (by == 0)
		size = 0, fits = true;
	if (!fits || (step < 0 ? by * size > first : by * size > ip_all(i) - ip_last(i)))
		return raise(rt, EX_INDEX, "increment exceeds address boundary!");
	*out = ip_net(rt, i->version, step < 0 ? first - by * size : first + by * size, i->prefix);
	return true;
}

NA(next)
{
	NA_UNUSED;
	int64_t n = 1;
	return number(rt, v[0], 1, &n) && neighbour(rt, self.u.o->data, n, out);
}

NA(previous)
{
	NA_UNUSED;
	int64_t n = 1;
	return number(rt, v[0], 1, &n) && n > INT64_MIN && neighbour(rt, self.u.o->data, -n, out);
}

NA(supernet)
{
	NA_UNUSED;
	const struct ip *i = self.u.o->data;
	int64_t p;
	if (!number(rt, v[0], 0, &p))
		return false;
	if (p < 0 || p > ip_bits(i))
		return raise(rt, EX_VALUE, "CIDR prefix /%lld invalid for IPv%d!", (long long)p, i->version);
	if (p > i->prefix)                                /* compat: there it walks on until the prefix is out of range */
		return raise(rt, EX_VALUE, "CIDR prefix /%lld is longer than that of the network", (long long)p);
	*out = rv_list(rt, 0);
	for (; p < i->prefix; p++) {
		struct ip n = { IP_NET, i->version, (int)p, i->v, 0 };
		rlist_push(rt, out->u.l, ip_net(rt, i->version, ip_first(&n), (int)p));
	}
	return true;
}

NA(subnet)
{
	NA_UNUSED;
	const struct ip *i = self.u.o->data;
	int64_t p, count;
	if (!number(rt, v[0], 0, &p) || !number(rt, v[1].t == R_NONE ? (struct rv){ .t = R_UNSET } : v[1], 0, &count))
		return false;
	struct rv l = rv_list(rt, 0);
	if (p >= i->prefix) {
		if (p > ip_bits(i))
			return raise(rt, EX_VALUE, "CIDR prefix /%lld invalid for IPv%d!", (long long)p, i->version);
		u128 most = p - i->prefix >= 127 ? ~(u128)0 : (u128)1 << (p - i->prefix), n = (u128)count;
		if (v[1].t == R_UNSET || v[1].t == R_NONE)
			n = most;
		if (n < 1 || n > most || count < 0)
			return raise(rt, EX_VALUE, "count outside of current IP subnet boundary!");
		if (n > LIM_ITEMS)
			return raise(rt, EX_LIMIT, "more than %u networks", LIM_ITEMS);
		for (u128 k = 0; k < n && rt_tick(rt); k++)
			rlist_push(rt, l.u.l, ip_net(rt, i->version, ip_first(i) + (p == 0 ? 0 : k << (ip_bits(i) - p)), (int)p));
	}
	*out = na_generator(rt, l.u.l);
	return rt->exc.cls == EX_NONE;
}

NA(cidrs)
{
	NA_UNUSED;
	const struct ip *i = self.u.o->data;
	struct ip from = { IP_ADDR, i->version, ip_bits(i), i->v, 0 }, to = { IP_ADDR, i->version, ip_bits(i), i->to, 0 };
	*out = rv_list(rt, 0);
	return ip_range_cidrs(rt, &from, &to, out->u.l);
}

#define COMMON                                                                                                         \
	{"is_private", "", 0, n_is_private}, {"is_loopback", "", 0, n_is_loopback},                                    \
		{"is_link_local", "", 0, n_is_link_local}, {"is_multicast", "", 0, n_is_multicast},                    \
		{"is_unicast", "", 0, n_is_unicast}, {"is_reserved", "", 0, n_is_reserved}
static const struct native addr_methods[] = {COMMON, {"is_ipv4_mapped", "", 0, n_is_ipv4_mapped},
	{"is_ipv4_compat", "", 0, n_is_ipv4_compat}, {"is_netmask", "", 0, n_is_netmask},
	{"is_hostmask", "", 0, n_is_hostmask}, {"netmask_bits", "", 0, n_netmask_bits}, {"bits", "word_sep", 0, n_bits},
	{"format", "dialect", 0, n_format}, {"ipv4", "", 0, n_ipv4}, {"ipv6", "ipv4_compatible", 0, n_ipv6},
	{NULL, NULL, 0, NULL}};
static const struct native net_methods[] = {COMMON, {"is_ipv4_mapped", "", 0, n_is_ipv4_mapped},
	{"is_ipv4_compat", "", 0, n_is_ipv4_compat}, {"iter_hosts", "", 0, n_iter_hosts}, {"next", "step", 0, n_next},
	{"previous", "step", 0, n_previous}, {"supernet", "prefixlen", 0, n_supernet},
	{"subnet", "prefixlen count", 1, n_subnet}, {"ipv4", "", 0, n_ipv4}, {"ipv6", "ipv4_compatible", 0, n_ipv6},
	{NULL, NULL, 0, NULL}};
static const struct native range_methods[] = {COMMON, {"cidrs", "", 0, n_cidrs}, {NULL, NULL, 0, NULL}};

bool na_method(struct rt *rt, const struct native *table, const struct robj *o, const char *name, struct rv *out)
{
	for (const struct native *f = table; f->name != NULL; f++)
		if (str_eq(f->name, name)) {
			struct nmethod *m = rt_alloc(rt, sizeof(*m));
			*m = (struct nmethod){ { .t = R_OBJ, .u.o = o }, f };
			*out = (struct rv){ .t = R_METHOD, .u.me = m };
			return true;
		}
	return false;
}

/* -- attributes -- */

static bool net_attr(struct rt *rt, const struct ip *i, const char *name, struct rv *out)
{
	u128 m = ip_mask(i);
	if (str_eq(name, "prefixlen"))
		*out = rv_int(i->prefix);
	else if (str_eq(name, "ip"))
		*out = ip_addr(rt, i->version, i->v);
	else if (str_eq(name, "network"))
		*out = ip_addr(rt, i->version, ip_first(i));
	else if (str_eq(name, "broadcast"))
		*out = i->version == 4 && i->prefix >= 31 ? rv_none() : ip_addr(rt, i->version, ip_last(i));
	else if (str_eq(name, "netmask"))
		*out = ip_addr(rt, i->version, m);
	else if (str_eq(name, "hostmask"))
		*out = ip_addr(rt, i->version, ip_all(i) & ~m);
	else if (str_eq(name, "cidr"))
		*out = ip_net(rt, i->version, ip_first(i), i->prefix);
	return true;
}

static bool attr(struct rt *rt, const struct robj *o, const char *name, struct rv *out)
{
	const struct ip *i = o->data;
	*out = (struct rv){ .t = R_UNSET };
	if (na_method(rt, i->kind == IP_ADDR ? addr_methods : i->kind == IP_NET ? net_methods : range_methods, o, name, out))
		return true;
	if (str_eq(name, "version")) {
		*out = rv_int(i->version);
	} else if (str_eq(name, "value")) {
		if (i->kind == IP_RANGE)
			*out = rv_none();
		else
			return ip_int(rt, i->v, out);
	} else if (i->kind == IP_ADDR) {
		if (str_eq(name, "words"))
			*out = na_words(rt, i->v, ip_bits(i), i->version == 4 ? 8 : 16);
		else if (str_eq(name, "bin"))
			*out = na_bin(rt, i->v);
		else if (str_eq(name, "reverse_dns"))
			*out = reverse_dns(rt, i);
	} else if (str_eq(name, "first")) {
		return ip_int(rt, ip_first(i), out);
	} else if (str_eq(name, "last")) {
		return ip_int(rt, ip_last(i), out);
	} else if (str_eq(name, "size")) {
		u128 n = ip_last(i) - ip_first(i);
		return ip_int(rt, n, out) && rv_binop(rt, OP_ADD, *out, rv_int(1), out);
	} else if (i->kind == IP_NET) {
		return net_attr(rt, i, name, out);
	}
	return true;
}

/* -- operators -- */

static bool num(struct rt *rt, const struct robj *o, struct rv *out)
{
	const struct ip *i = o->data;
	if (i->kind != IP_ADDR)
		return raise(rt, EX_TYPE, "int() argument must be a string, a bytes-like object or a real number, not '%s'",
			o->ops->type);
	return ip_int(rt, i->v, out);
}

/* IPAddress with a number or another address. */
static bool binop(struct rt *rt, enum binop op, struct rv a, struct rv b, struct rv *out)
{
	const struct ip *i = ip_of(a), *j = ip_of(b), *self = i != NULL ? i : j;
	bool bits = op == OP_BAND || op == OP_BOR || op == OP_BXOR, shift = op == OP_LSHIFT || op == OP_RSHIFT;
	*out = (struct rv){ .t = R_UNSET };
	if (self->kind != IP_ADDR || (i == NULL && op != OP_ADD && op != OP_SUB))
		return true;
	if (!(op == OP_ADD || op == OP_SUB || bits || shift) || (j != NULL && i != NULL && !bits))
		return true;
	struct rv other = i == NULL ? a : b;
	if (j == NULL || i == NULL) {
		if (other.t != R_INT && other.t != R_BOOL)
			return true;
	} else if (j->kind != IP_ADDR) {
		return true;
	}
	i128 x = i != NULL && j != NULL ? (i128)j->v : rv_asint(other);
	u128 r = self->v, by = x < 0 ? (u128)-x : (u128)x;
	if (bits) {
		r = op == OP_BAND ? r & (u128)x : op == OP_BOR ? r | (u128)x : r ^ (u128)x;
	} else if (shift) {
		if (x < 0 || (op == OP_LSHIFT && r != 0 && (x >= ip_bits(self) || r > ip_all(self) >> x)))
			return x < 0 ? raise(rt, EX_VALUE, "negative shift count")
				     : raise(rt, EX_ADDR, "bad address format: a shift by %lld", (long long)x);
		r = x >= 128 ? 0 : op == OP_LSHIFT ? r << x : r >> x;
	} else {
		bool back = i == NULL && op == OP_SUB;    /* number - address */
		bool down = (op == OP_SUB) != (x < 0);
		if (back ? x < 0 || (u128)x < r || (u128)x - r > ip_all(self) : down ? by > r : by > ip_all(self) - r)
			return raise(rt, EX_INDEX, "result outside valid IP address boundary!");
		r = back ? (u128)x - r : down ? r - by : r + by;
	}
	if (r > ip_all(self))
		return raise(rt, EX_ADDR, "bad address format: the number is too large");
	*out = ip_addr(rt, self->version, r);
	return true;
}

static bool contains(struct rt *rt, const struct robj *o, struct rv x, bool *out)
{
	const struct ip *box = o->data, *other = ip_of(x);
	struct ip i;
	if (box->kind == IP_ADDR)
		return raise(rt, EX_TYPE, "argument of type 'IPAddress' is not iterable");
	if (other == NULL && !(box->kind == IP_NET ? ip_read_net(rt, x, 0, &i) : ip_read_addr(rt, x, 0, &i)))
		return false;
	*out = ip_contains(box, other != NULL ? other : &i);
	return true;
}

static bool slice(struct rt *rt, const struct ip *i, struct rv key, struct rv *out)
{
	int64_t start, count, step;
	u128 size = ip_last(i) - ip_first(i) + 1;
	struct rlist *l;
	if (i->version == 6)
		return raise(rt, EX_TYPE, "IPv6 slices are not supported!");
	if (!slice_bounds(rt, key.u.l->v[0], key.u.l->v[1], key.u.l->v[2], (int64_t)size, &start, &count, &step))
		return false;
	/* compat: an empty or very short slice is the first address; else iter_iprange up to stop - step */
	int64_t stop = start + count * step;
	if (start + step < 0 || step > stop) {
		struct rv one = rv_list(rt, 1);
		rlist_push(rt, one.u.l, ip_addr(rt, 4, ip_first(i)));
		*out = na_generator(rt, one.u.l);
		return true;
	}
	if (!ip_walk(rt, 4, ip_first(i) + (u128)start, ip_first(i) + (u128)(stop - step), step, &l))
		return false;
	*out = na_generator(rt, l);
	return true;
}

static bool item(struct rt *rt, const struct robj *o, struct rv key, struct rv *out)
{
	const struct ip *i = o->data;
	u128 lo = ip_first(i), hi = ip_last(i), back;
	if (key.t == R_SLICE)
		return slice(rt, i, key, out);
	if (key.t != R_INT && key.t != R_BOOL)
		return raise(rt, EX_TYPE, "unsupported index type %s", rv_type_name(key));
	int64_t n = rv_asint(key);
	back = n < 0 ? (u128)(-(n + 1)) : (u128)n;
	if (back > hi - lo)
		return raise(rt, EX_INDEX, "index out range for address range size!");
	*out = ip_addr(rt, i->version, n < 0 ? hi - back : lo + back);
	return true;
}

static int64_t len(const struct robj *o)
{
	u128 n = ip_last(o->data) - ip_first(o->data);
	return n >= INT64_MAX ? INT64_MAX : (int64_t)n + 1;
}

static bool truth(const struct robj *o)
{
	(void)o;
	return true;
}

#define OPS(name)                                                                                                      \
	.type = name, .attr = attr, .str = str, .cmp = cmp, .eq = eq, .family = &addr_ops, .binop = binop, .num = num, \
		.truth = truth
static const struct obj_ops addr_ops = { OPS("IPAddress") };
static const struct obj_ops net_ops = {OPS("IPNetwork"), .contains = contains, .item = item, .iter = walk, .len = len};
static const struct obj_ops range_ops = {OPS("IPRange"), .contains = contains, .item = item, .iter = walk, .len = len};

/* -- the module -- */

static bool version_arg(struct rt *rt, struct rv v, int *out)
{
	*out = 0;
	if (v.t == R_UNSET || v.t == R_NONE)
		return true;
	if (v.t != R_INT || (v.u.i != 4 && v.u.i != 6))
		return raise(rt, EX_VALUE, "an IP version is 4 or 6");
	*out = (int)v.u.i;
	return true;
}

NA(IPAddress)
{
	NA_UNUSED;
	struct ip i;
	int version;
	if (!version_arg(rt, v[1], &version) || !ip_read_addr(rt, v[0], version, &i))
		return false;
	*out = ip_make(rt, i);
	return true;
}

NA(IPNetwork)
{
	NA_UNUSED;
	struct ip i;
	int version;
	if (!version_arg(rt, v[1], &version) || !ip_read_net(rt, v[0], version, &i))
		return false;
	*out = ip_make(rt, i);
	return true;
}

NA(IPRange)
{
	NA_UNUSED;
	struct ip from, to;
	if (!ip_read_addr(rt, v[0], 0, &from) || !ip_read_addr(rt, v[1], from.version, &to))
		return false;
	if (from.v > to.v)
		return raise(rt, EX_ADDR, "lower bound IP greater than upper bound!");
	*out = ip_make(rt, (struct ip){ IP_RANGE, from.version, ip_bits(&from), from.v, to.v });
	return true;
}

static bool valid(struct rt *rt, struct rv x, int version, struct rv *out)
{
	struct ip i;
	if (x.t == R_STR && x.n == 0)
		return raise(rt, EX_ADDR, "Empty strings are not supported!");
	*out = rv_bool(x.t == R_STR && ip_parse(rv_cz(rt, x), false, version, &i));
	return true;
}

NA(valid_ipv4) { NA_UNUSED; return valid(rt, v[0], 4, out); }
NA(valid_ipv6) { NA_UNUSED; return valid(rt, v[0], 6, out); }

static const struct native functions[] = {
	{"IPAddress", "addr version", 1, n_IPAddress},
	{"IPNetwork", "addr version", 1, n_IPNetwork},
	{"IPRange", "start end", 2, n_IPRange},
	{"valid_ipv4", "addr", 1, n_valid_ipv4},
	{"valid_ipv6", "addr", 1, n_valid_ipv6},
	{NULL, NULL, 0, NULL},
};

static const struct native *const more[] = { netaddr_sets, netaddr_ipset, netaddr_eui, NULL };

/* netaddr.core has the exception, too: it is the same module here. */
static bool module_attr(struct rt *rt, const char *name, struct rv *out)
{
	if (!str_eq(name, "core"))
		return netaddr_dialect(rt, name, out);
	*out = (struct rv){ .t = R_MODULE, .u.mod = &mod_netaddr };
	return true;
}

const struct module mod_netaddr = { .name = "netaddr", .f = functions, .more = more, .error = EX_ADDR, .attr = module_attr };
