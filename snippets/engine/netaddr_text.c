/* SPDX-License-Identifier: GPL-2.0-or-later
 * netaddr_text.c - addresses and networks as numbers: their order, how they are read and written, what kind they are.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "snippets/engine/bigint.h"
#include "snippets/engine/netaddr.h"

int ip_bits(const struct ip *i) { return i->version == 4 ? 32 : 128; }
u128 ip_all(const struct ip *i) { return i->version == 4 ? 0xffffffffu : ~(u128)0; }

u128 ip_mask(const struct ip *i)
{
	int host = ip_bits(i) - i->prefix;
	return i->prefix == 0 ? 0 : ip_all(i) & ~((((u128)1) << host) - 1);
}

u128 ip_first(const struct ip *i) { return i->kind == IP_NET ? i->v & ip_mask(i) : i->v; }

u128 ip_last(const struct ip *i)
{
	return i->kind == IP_RANGE ? i->to : i->kind == IP_NET ? i->v | (ip_all(i) & ~ip_mask(i)) : i->v;
}

/* -- order -- */

static int cmp_u128(u128 a, u128 b) { return a < b ? -1 : a > b; }

/* A range sorts by its start and then by how many bits its size has less than an address. */
static int second_key(const struct ip *i)
{
	u128 size = ip_last(i) - ip_first(i) + 1;
	int n = 0;
	if (i->kind == IP_ADDR)
		return ip_bits(i);
	if (i->kind == IP_NET)
		return i->prefix - 1;
	for (; size != 0; size >>= 1)
		n++;
	return ip_bits(i) - n;
}

int ip_cmp(const struct ip *a, const struct ip *b)
{
	if (a->version != b->version)
		return a->version < b->version ? -1 : 1;
	int c = cmp_u128(ip_first(a), ip_first(b));
	if (c == 0)
		c = second_key(a) < second_key(b) ? -1 : second_key(a) > second_key(b);
	return c != 0 || a->kind != IP_NET || b->kind != IP_NET ? c : cmp_u128(a->v, b->v);
}

bool ip_contains(const struct ip *box, const struct ip *x)
{
	/* compat: IPRange.__contains__ wants a network's end to lie one further inside */
	u128 end = ip_last(x);
	if (box->version != x->version)
		return false;
	if (box->kind == IP_RANGE && x->kind == IP_NET && (end == ip_all(x) || box->to <= end + 1))
		return false;
	return ip_first(x) >= ip_first(box) && end <= ip_last(box);
}

/* -- reading -- */

static bool bad_addr(struct rt *rt, struct rv x)
{
	size_t mark = rt->tmp.len;
	rv_repr(rt, x, &rt->tmp);
	struct rv s = rv_take(rt, mark);
	return raise(rt, EX_ADDR, "failed to detect a valid IP address from %.*s", (int)(s.n < 100 ? s.n : 100), s.u.s);
}

bool ip_parse(const char *s, bool strict, int version, struct ip *out)
{
	unsigned char b[16];
	struct in_addr in;
	*out = (struct ip){ .kind = IP_ADDR };
	if (version != 6 && s[0] != '\0' && strchr(s, ' ') == NULL && (strict ? inet_pton(AF_INET, s, &in) == 1 : inet_aton(s, &in) != 0)) {
		out->version = 4;
		out->v = ntohl(in.s_addr);
	} else if (version != 4 && inet_pton(AF_INET6, s, b) == 1) {
		out->version = 6;
		for (int i = 0; i < 16; i++)
			out->v = out->v << 8 | b[i];
	} else {
		return false;
	}
	out->prefix = ip_bits(out);
	out->to = out->v;
	return true;
}

bool ip_read_addr(struct rt *rt, struct rv x, int version, struct ip *out)
{
	const struct ip *i = ip_of(x);
	if (i != NULL && i->kind != IP_RANGE) {
		*out = (struct ip){ IP_ADDR, i->version, ip_bits(i), i->v, i->v };
		return version == 0 || version == i->version ||
		       raise(rt, EX_VALUE, "cannot switch IP versions using copy constructor!");
	}
	if (x.t == R_UNDEF && rt->missing != NULL)
		return rt->missing(rt, &x);
	if (x.t == R_STR && memchr(x.u.s, '/', x.n) != NULL)
		return raise(rt, EX_VALUE, "IPAddress() does not support netmasks or subnet prefixes! See documentation "
					   "for details.");
	if (x.t == R_STR && memchr(x.u.s, '\0', x.n) == NULL && ip_parse(rv_cz(rt, x), false, version, out))
		return true;
	uint32_t w[4];
	u128 n = 0;
	if ((x.t != R_INT && x.t != R_BIG) || rv_asint(x) < 0 || !big_words(x, w, ARRAY_LEN(w)) ||
		(version == 4 && rv_asint(x) > 0xffffffffll))
		return bad_addr(rt, x);
	for (size_t k = ARRAY_LEN(w); k > 0; k--)
		n = n << 32 | w[k - 1];
	version = version != 0 ? version : n > 0xffffffffu ? 6 : 4;
	*out = (struct ip){ IP_ADDR, version, version == 4 ? 32 : 128, n, n };
	return true;
}

/* "10.1" becomes "10.1.0.0": only numbers, points between them. */
static bool expand(const char *s, struct strbuf *b)
{
	int parts = 0;
	for (const char *p = s;; p++) {
		char *end;
		long n = strtol(p, &end, 10);
		if (end == p || *p == '-' || *p == '+' || *p == ' ' || n < 0 || n > 255 || ++parts > 4)
			return false;
		sb_addf(b, "%s%ld", parts > 1 ? "." : "", n);
		p = end;
		if (*p != '.')
			break;
		if (p[1] == '\0')
			return false;
	}
	const char *rest = s + strspn(s, "0123456789.");
	for (; parts < 4; parts++)
		sb_adds(b, ".0");
	return *rest == '\0';
}

static int prefix_of(const struct ip *m)
{
	struct ip net = { .version = m->version };
	for (net.prefix = 0; net.prefix <= ip_bits(m); net.prefix++)
		if (ip_mask(&net) == m->v)
			return net.prefix;
	for (net.prefix = ip_bits(m); net.prefix >= 0; net.prefix--)
		if ((ip_all(&net) & ~ip_mask(&net)) == m->v)
			return net.prefix;
	return -1;
}

static bool parse_net(struct rt *rt, const char *first, const char *rest, int version, struct ip *out)
{
	struct strbuf b = { 0 };
	bool ok = ip_parse(first, true, version, out);
	if (!ok && version == 4) {
		sb_adds(&b, "");
		ok = expand(first, &b) && ip_parse(sb_str(&b), true, 4, out);
	}
	sb_free(&b);
	(void)rt;
	if (!ok)
		return false;
	out->kind = IP_NET;
	if (rest == NULL)
		return true;
	int64_t p;
	struct ip m;
	if (parse_int64(rest, &p)) {
		out->prefix = p >= 0 && p <= ip_bits(out) ? (int)p : -1;
		return out->prefix >= 0;
	}
	if (!ip_parse(rest, true, version, &m))
		return false;
	out->prefix = prefix_of(&m);
	return out->prefix >= 0;
}

bool ip_read_net(struct rt *rt, struct rv x, int version, struct ip *out)
{
	const struct ip *i = ip_of(x);
	if (i != NULL && i->kind != IP_RANGE) {
		*out = *i;
		out->kind = IP_NET;
		return true;
	}
	if (x.t == R_UNDEF && rt->missing != NULL)
		return rt->missing(rt, &x);
	if (x.t != R_STR)
		return raise(rt, EX_TYPE, "unexpected type <class '%s'> for addr arg", rv_type_name(x));
	const char *slash = memchr(x.u.s, '/', x.n);
	const char *first = slash != NULL ? rv_dup(rt, x.u.s, (size_t)(slash - x.u.s)).u.s : rv_cz(rt, x);
	const char *rest = slash != NULL ? rv_dup(rt, slash + 1, x.n - (size_t)(slash + 1 - x.u.s)).u.s : NULL;
	for (int k = 4; k <= 6; k += 2)
		if ((version == 0 || version == k) && parse_net(rt, first, rest, k, out))
			return true;
	return raise(rt, EX_ADDR, "invalid IPNetwork %s", rv_cz(rt, x));
}

/* -- writing -- */

void ip_show(const struct ip *i, u128 v, struct strbuf *b)
{
	unsigned char raw[16];
	char text[INET6_ADDRSTRLEN];
	int n = i->version == 4 ? 4 : 16;
	for (int k = n; k > 0; k--, v >>= 8)
		raw[k - 1] = (unsigned char)(v & 255);
	sb_adds(b, inet_ntop(n == 4 ? AF_INET : AF_INET6, raw, text, sizeof(text)) != NULL ? text : "");
}

struct rv na_words(struct rt *rt, u128 v, int bits, int word)
{
	struct rv l = rv_list(rt, (uint32_t)(bits / word));
	for (int at = bits - word; at >= 0; at -= word)
		rlist_push(rt, l.u.l, rv_int((int64_t)(v >> at & ((((u128)1) << word) - 1))));
	return (struct rv){ .t = R_TUPLE, .u.l = l.u.l };
}

struct rv na_bits(struct rt *rt, u128 v, int bits, int word, struct rv sep, const char *dflt)
{
	size_t mark = rt->tmp.len;
	for (int at = bits - 1; at >= 0; at--) {
		sb_addc(&rt->tmp, v >> at & 1 ? '1' : '0');
		if (at > 0 && at % word == 0) {
			if (sep.t == R_STR)
				sb_add(&rt->tmp, sep.u.s, sep.n);
			else
				sb_adds(&rt->tmp, dflt);
		}
	}
	return rv_take(rt, mark);
}

struct rv na_bin(struct rt *rt, u128 v)
{
	size_t mark = rt->tmp.len;
	int at = 127;
	while (at > 0 && !(v >> at & 1))
		at--;
	sb_adds(&rt->tmp, "0b");
	for (; at >= 0; at--)
		sb_addc(&rt->tmp, v >> at & 1 ? '1' : '0');
	return rv_take(rt, mark);
}

/* -- what kind of address -- */

struct block { int version, prefix; u128 v; };
#define V4(a, b, c, prefix) { 4, prefix, (u128)(a) << 24 | (b) << 16 | (c) << 8 }
#define V6(top, prefix) { 6, prefix, (u128)(top) << 112 }

static const struct block loopback[] = { V4(127, 0, 0, 8), { 6, 128, 1 } },
	link_local[] = { V4(169, 254, 0, 16), V6(0xfe80, 10) }, multicast[] = { V4(224, 0, 0, 4), V6(0xff00, 8) },
	private[] = { V4(10, 0, 0, 8), V4(100, 64, 0, 10), V4(172, 16, 0, 12), V4(192, 0, 0, 24), V4(192, 168, 0, 16),
		V4(198, 18, 0, 15), V4(239, 0, 0, 8), V6(0xfc00, 7), V6(0xfec0, 10), V4(169, 254, 0, 16), V6(0xfe80, 10) },
	reserved[] = { V4(0, 0, 0, 8), V4(192, 0, 2, 24), V4(240, 0, 0, 4), V4(198, 51, 100, 24), V4(203, 0, 113, 24),
		V4(233, 252, 0, 24), V4(127, 0, 0, 8), V4(192, 88, 99, 24), V6(0xff00, 12), V6(0, 8), V6(0x0100, 8),
		V6(0x0200, 7), V6(0x0400, 6), V6(0x0800, 5), V6(0x1000, 4), V6(0x4000, 3), V6(0x6000, 3), V6(0x8000, 3),
		V6(0xa000, 3), V6(0xc000, 3), V6(0xe000, 4), V6(0xf000, 5), V6(0xf800, 6), V6(0xfe00, 9) };

static bool among(const struct ip *i, const struct block *b, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		struct ip box = { IP_NET, b[k].version, b[k].prefix, b[k].v, 0 };
		if (ip_contains(&box, i))
			return true;
	}
	return false;
}

static struct ip v4_range(unsigned from, unsigned to)
{
	return (struct ip){ IP_RANGE, 4, 32, (u128)from << 24, (u128)to << 24 | 0xffffff };
}

bool ip_is_reserved(const struct ip *i)
{
	struct ip a = v4_range(234, 238), b = v4_range(225, 231);
	return among(i, reserved, ARRAY_LEN(reserved)) || ip_contains(&a, i) || ip_contains(&b, i);
}

bool ip_is_private(const struct ip *i)
{
	struct ip admin = v4_range(239, 239);              /* a range: see ip_contains */
	return among(i, private, 6) || ip_contains(&admin, i) || among(i, private + 7, ARRAY_LEN(private) - 7);
}

bool ip_is_loopback(const struct ip *i)
{
	/* compat: a network never equals the address ::1 */
	return (i->version == 4 || i->kind == IP_ADDR) && among(i, loopback, ARRAY_LEN(loopback));
}

bool ip_is_link_local(const struct ip *i) { return among(i, link_local, ARRAY_LEN(link_local)); }
bool ip_is_multicast(const struct ip *i) { return among(i, multicast, ARRAY_LEN(multicast)); }
