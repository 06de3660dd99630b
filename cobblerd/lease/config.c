/* SPDX-License-Identifier: GPL-2.0-or-later
 * config.c - subnets, ranges and options from the configuration.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "lease/lease.h"

#define DEFAULT_LEASE_TIME 21600

bool lease_parse_ip(const char *s, uint32_t *ret)
{
	struct in_addr a;
	if (inet_pton(AF_INET, s, &a) != 1)
		return false;
	*ret = ntohl(a.s_addr);
	return true;
}

void lease_format_ip(uint32_t ip, char out[16])
{
	snprintf(out, 16, "%u.%u.%u.%u", ip >> 24 & 255, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

const struct lease_subnet *lease_subnet_of(const struct lease_config *c, uint32_t ip)
{
	const struct lease_subnet *best = NULL;
	for (size_t i = 0; i < c->nsubnets; i++)
		if ((ip & c->subnet[i].mask) == c->subnet[i].net && (best == NULL || c->subnet[i].mask > best->mask))
			best = &c->subnet[i];
	return best;
}

bool lease_config_attach(struct lease_config *c, uint32_t ip, uint32_t mask)
{
	if (lease_subnet_of(c, ip) != NULL)
		return true;
	if (c->nsubnets == LEASE_SUBNETS)
		return false;
	struct lease_subnet *s = &c->subnet[c->nsubnets++];
	memset(s, 0, sizeof(*s));
	s->net = ip & mask;
	s->mask = mask;
	s->lease_time = DEFAULT_LEASE_TIME;
	return true;
}

/* A text, or the i-th of a list of texts; NULL at the end. */
static const char *text_at(const struct value *v, size_t i)
{
	if (v_is(v, V_STR))
		return i == 0 && v_len(v) > 0 ? v_cstr(v) : NULL;
	if (!v_is(v, V_LIST) || i >= v_len(v))
		return NULL;
	return v_cstr(v_list_at(v, i));
}

static const struct value *either(const struct value *d, const char *a, const char *b)
{
	const struct value *v = v_dict_get(d, a);
	return v != NULL ? v : v_dict_get(d, b);
}

static int read_ips(const struct value *v, const char *what, struct lease_ips *ret, struct err *e)
{
	if (v == NULL || v_is(v, V_NONE))
		return CB_OK;
	if (!v_is(v, V_STR) && !v_is(v, V_LIST))
		return err_set(e, CB_EINVAL, "dhcp: %s: expected an address or a list of addresses", what);
	ret->n = 0;
	for (size_t i = 0; text_at(v, i) != NULL; i++) {
		if (ret->n == LEASE_LIST)
			return err_set(e, CB_ELIMIT, "dhcp: %s: more than %d addresses", what, LEASE_LIST);
		if (!lease_parse_ip(text_at(v, i), &ret->ip[ret->n++]))
			return err_set(e, CB_EINVAL, "dhcp: %s: \"%s\" is not an IPv4 address", what, text_at(v, i));
	}
	return CB_OK;
}

static int read_cidr(const struct value *d, struct lease_subnet *s, struct err *e)
{
	const char *text = v_cstr(either(d, "subnet", "network")), *mask = v_dict_cstr(d, "netmask", "");
	char ip[16];
	unsigned long bits;
	size_t n = strcspn(text, "/");
	if (n >= sizeof(ip) || n == 0)
		return err_set(e, CB_EINVAL, "dhcp: subnet: \"%s\" is not of the form 10.0.0.0/24", text);
	memcpy(ip, text, n);
	ip[n] = '\0';
	if (!lease_parse_ip(ip, &s->net))
		return err_set(e, CB_EINVAL, "dhcp: subnet: \"%s\" is not of the form 10.0.0.0/24", text);
	if (text[n] == '/') {
		if (!parse_uint(text + n + 1, 32, &bits) || bits < 8)
			return err_set(e, CB_EINVAL, "dhcp: subnet: \"%s\": the prefix length must be from 8 to 32", text);
		s->mask = 0xffffffffu << (32 - bits);
	} else if (!lease_parse_ip(mask, &s->mask) || (s->mask | (s->mask - 1)) != 0xffffffffu || s->mask < 0xff000000u) {
		return err_set(e, CB_EINVAL, "dhcp: subnet %s: \"%s\" is not a netmask", text, mask);
	}
	s->net &= s->mask;
	return CB_OK;
}

static int read_range(struct lease_subnet *s, const char *first, const char *last, struct err *e)
{
	struct lease_range r;
	char f[16];
	if (s->nranges == LEASE_RANGES)
		return err_set(e, CB_ELIMIT, "dhcp: more than %d ranges in one subnet", LEASE_RANGES);
	size_t n = strcspn(first, "- ,");
	if (last == NULL && first[n] != '\0')
		last = first + n + strspn(first + n, "- ,");
	if (last == NULL)
		last = first;
	if (n >= sizeof(f))
		return err_set(e, CB_EINVAL, "dhcp: range: \"%s\" is not of the form 10.0.0.100-10.0.0.199", first);
	memcpy(f, first, n);
	f[n] = '\0';
	if (!lease_parse_ip(f, &r.first) || !lease_parse_ip(last, &r.last) || r.first > r.last)
		return err_set(e, CB_EINVAL, "dhcp: range: \"%s\" - \"%s\" is not a range of addresses", first, last);
	if ((r.first & s->mask) != s->net || (r.last & s->mask) != s->net)
		return err_set(e, CB_EINVAL, "dhcp: range: \"%s\" - \"%s\" is not inside its subnet", first, last);
	/* The network's own and its broadcast address are nobody's. */
	if (s->mask < 0xfffffffeu) {
		if (r.first == s->net)
			r.first++;
		if (r.last == (s->net | ~s->mask))
			r.last--;
	}
	for (size_t i = 0; i < s->nranges; i++)
		if (r.first <= s->range[i].last && s->range[i].first <= r.last)
			return err_set(e, CB_EINVAL, "dhcp: range: \"%s\" overlaps another one", first);
	if (r.first <= r.last)
		s->range[s->nranges++] = r;
	return CB_OK;
}

/* "range: A-B", "range: [A, B]" (two plain addresses), "ranges: [A-B, C-D]", a list of pairs, or of dicts with first and last. */
static int read_ranges(const struct value *v, struct lease_subnet *s, struct err *e)
{
	uint32_t ip;
	if (v == NULL || v_is(v, V_NONE))
		return CB_OK;
	if (v_is(v, V_LIST) && v_len(v) == 2 && lease_parse_ip(v_cstr(v_list_at(v, 0)), &ip) &&
		lease_parse_ip(v_cstr(v_list_at(v, 1)), &ip))
		return read_range(s, v_cstr(v_list_at(v, 0)), v_cstr(v_list_at(v, 1)), e);
	if (v_is(v, V_STR))
		return *v_cstr(v) == '\0' ? CB_OK : read_range(s, v_cstr(v), NULL, e);
	if (v_is(v, V_DICT))
		return read_range(s, v_dict_cstr(v, "first", v_dict_cstr(v, "start", "")),
			v_dict_cstr(v, "last", v_dict_cstr(v, "end", "")), e);
	if (!v_is(v, V_LIST))
		return err_set(e, CB_EINVAL, "dhcp: range: expected 10.0.0.100-10.0.0.199");
	for (size_t i = 0; i < v_len(v); i++) {
		int rc = read_ranges(v_list_at(v, i), s, e);
		if (rc != CB_OK)
			return rc;
	}
	return CB_OK;
}

/* The entries that a subnet has and the top may give as default. */
static int read_options(const struct value *d, struct lease_subnet *s, struct err *e)
{
	struct lease_ips one = { 0 };
	int rc = read_ips(either(d, "routers", "router"), "routers", &s->routers, e);
	if (rc == CB_OK)
		rc = read_ips(either(d, "dns", "name_servers"), "dns", &s->dns, e);
	if (rc == CB_OK)
		rc = read_ips(either(d, "ntp", "ntp_servers"), "ntp", &s->ntp, e);
	if (rc == CB_OK)
		rc = read_ips(v_dict_get(d, "next_server"), "next_server", &one, e);
	if (rc != CB_OK)
		return rc;
	if (one.n > 0)
		s->next_server = one.ip[0];
	const char *domain = v_dict_cstr(d, "domain", s->domain);
	if (strlen(domain) >= sizeof(s->domain))
		return err_set(e, CB_EINVAL, "dhcp: domain: \"%s\" is too long", domain);
	if (domain != s->domain)
		snprintf(s->domain, sizeof(s->domain), "%s", domain);
	int64_t t = v_dict_int(d, "lease_time", s->lease_time);
	if (t < 60 || t > 0x7fffffff)
		return err_set(e, CB_EINVAL, "dhcp: lease_time: %lld: expected seconds, at least 60", (long long)t);
	s->lease_time = (uint32_t)t;
	return CB_OK;
}

static uint64_t addresses(const struct lease_config *c)
{
	uint64_t n = 0;
	for (size_t i = 0; i < c->nsubnets; i++)
		for (size_t k = 0; k < c->subnet[i].nranges; k++)
			n += (uint64_t)c->subnet[i].range[k].last - c->subnet[i].range[k].first + 1;
	return n;
}

int lease_config_read(const struct value *cfg, struct lease_config *ret, struct err *e)
{
	static struct lease_config c;          /* large; read once at start by one thread */
	struct lease_subnet base = { .lease_time = DEFAULT_LEASE_TIME };
	memset(&c, 0, sizeof(c));
	int rc = read_options(cfg, &base, e);
	if (rc != CB_OK)
		return rc;
	c.known_only = v_dict_bool(cfg, "known_only", false);
	c.proxy = v_dict_bool(cfg, "proxy", false);
	int64_t rate = v_dict_int(cfg, "rate", 200);
	if (rate < 0 || rate > 1000000)
		return err_set(e, CB_EINVAL, "dhcp: rate: %lld: expected new leases per second, 0 for no limit", (long long)rate);
	c.rate = (unsigned)rate;
	const struct value *subs = v_dict_get(cfg, "subnets");
	if (subs != NULL && !v_is(subs, V_NONE) && !v_is(subs, V_LIST))
		return err_set(e, CB_EINVAL, "dhcp: subnets: expected a list");
	for (size_t i = 0; i < v_len(subs); i++) {
		const struct value *d = v_list_at(subs, i);
		if (!v_is(d, V_DICT))
			return err_set(e, CB_EINVAL, "dhcp: subnets: each entry needs \"subnet: 10.0.0.0/24\"");
		if (c.nsubnets == LEASE_SUBNETS)
			return err_set(e, CB_ELIMIT, "dhcp: more than %d subnets", LEASE_SUBNETS);
		struct lease_subnet *s = &c.subnet[c.nsubnets];
		*s = base;
		rc = read_cidr(d, s, e);
		if (rc == CB_OK)
			rc = read_options(d, s, e);
		if (rc == CB_OK)
			rc = read_ranges(either(d, "ranges", "range"), s, e);
		if (rc != CB_OK)
			return rc;
		c.nsubnets++;
	}
	if (addresses(&c) > LEASE_ADDRESSES)
		return err_set(e, CB_ELIMIT, "dhcp: the ranges hold more than %u addresses", LEASE_ADDRESSES);
	*ret = c;
	return CB_OK;
}
