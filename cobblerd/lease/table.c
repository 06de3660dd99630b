/* SPDX-License-Identifier: GPL-2.0-or-later
 * table.c - leases by address and by client. All leases of one state in one subnet last equally long, so that each of those lists
 * is in the order of expiry and the address that has been free longest is at its head: everything here is O(1) per request.
 */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "lease/lease.h"

#define CLOCK_STEP 2.0             /* seconds; less is a clock that is being adjusted, or rounding */

struct lease_list { struct lease *oldest, *newest; };

struct lease_table {
	const struct lease_config *cfg;
	struct lease **by_ip, **by_mac;
	size_t buckets;                        /* power of two */
	size_t count[LEASE_STATES];
	struct lease_list list[LEASE_SUBNETS][LEASE_STATES];
	uint32_t fresh[LEASE_SUBNETS];         /* range addresses below this were handed out at some time */
	uint64_t tokens;                       /* new addresses for unknown machines that may be given now */
	int64_t tokens_at;
	double ahead;                          /* of the clock that counts from the start of the machine; 0: not known yet */
};

struct lease_table *lease_table_new(const struct lease_config *c)
{
	struct lease_table *t = xcalloc(1, sizeof(*t));
	uint64_t n = 0;
	for (size_t i = 0; i < c->nsubnets; i++)
		for (size_t k = 0; k < c->subnet[i].nranges; k++)
			n += c->subnet[i].range[k].last - c->subnet[i].range[k].first + 1;
	t->buckets = 64;
	while (t->buckets < n && t->buckets < LEASE_ADDRESSES)
		t->buckets *= 2;
	t->cfg = c;
	t->by_ip = xcalloc(t->buckets, sizeof(struct lease *));
	t->by_mac = xcalloc(t->buckets, sizeof(struct lease *));
	return t;
}

/* In the order of the lists, so that what is written in this order is also read back without searching. */
struct lease *lease_next(struct lease_table *t, struct lease *after)
{
	size_t i = 0;
	if (after != NULL) {
		if (after->newer != NULL)
			return after->newer;
		i = after->subnet * LEASE_STATES + after->state + 1u;
	}
	for (; i < LEASE_SUBNETS * LEASE_STATES; i++)
		if (t->list[i / LEASE_STATES][i % LEASE_STATES].oldest != NULL)
			return t->list[i / LEASE_STATES][i % LEASE_STATES].oldest;
	return NULL;
}

void lease_table_free(struct lease_table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->buckets; i++)
		for (struct lease *l = t->by_ip[i], *next; l != NULL; l = next) {
			next = l->next_ip;
			free(l);
		}
	free(t->by_ip);
	free(t->by_mac);
	free(t);
}

static struct lease **ip_bucket(struct lease_table *t, uint32_t ip)
{
	return &t->by_ip[hash_bytes(&ip, sizeof(ip)) & (t->buckets - 1)];
}

static struct lease **mac_bucket(struct lease_table *t, uint32_t subnet, uint8_t htype, const uint8_t *mac, size_t hlen)
{
	uint8_t key[4 + 1 + 16] = { (uint8_t)subnet, 0, 0, 0, htype };
	memcpy(key + 5, mac, hlen);
	return &t->by_mac[hash_bytes(key, 5 + hlen) & (t->buckets - 1)];
}

static bool is_mine(const struct lease *l, uint8_t htype, const uint8_t *mac, size_t hlen)
{
	return l->htype == htype && l->hlen == hlen && hlen > 0 && memcmp(l->mac, mac, hlen) == 0;
}

struct lease *lease_by_ip(struct lease_table *t, uint32_t ip)
{
	for (struct lease *l = *ip_bucket(t, ip); l != NULL; l = l->next_ip)
		if (l->ip == ip)
			return l;
	return NULL;
}

struct lease *lease_by_mac(struct lease_table *t, const struct lease_subnet *s, uint8_t htype, const uint8_t *mac, size_t hlen)
{
	uint32_t subnet = (uint32_t)(s - t->cfg->subnet);
	for (struct lease *l = *mac_bucket(t, subnet, htype, mac, hlen); l != NULL; l = l->next_mac)
		if (l->subnet == subnet && is_mine(l, htype, mac, hlen))
			return l;
	return NULL;
}

size_t lease_count(const struct lease_table *t, enum lease_state state)
{
	return t->count[state];
}

static void list_remove(struct lease_table *t, struct lease *l)
{
	struct lease_list *q = &t->list[l->subnet][l->state];
	*(l->older != NULL ? &l->older->newer : &q->oldest) = l->newer;
	*(l->newer != NULL ? &l->newer->older : &q->newest) = l->older;
	l->older = l->newer = NULL;
	t->count[l->state]--;
}

/* Mostly at the end: only what was loaded with other lease times, or is given back, moves further. */
static void list_insert(struct lease_table *t, struct lease *l)
{
	struct lease_list *q = &t->list[l->subnet][l->state];
	struct lease *after = q->newest;
	if (q->oldest != NULL && l->expires <= q->oldest->expires)
		after = NULL;
	while (after != NULL && after->expires > l->expires)
		after = after->older;
	l->older = after;
	l->newer = after != NULL ? after->newer : q->oldest;
	*(after != NULL ? &after->newer : &q->oldest) = l;
	*(l->newer != NULL ? &l->newer->older : &q->newest) = l;
	t->count[l->state]++;
}

static void mac_remove(struct lease_table *t, struct lease *l)
{
	if (l->hlen == 0)
		return;
	struct lease **at = mac_bucket(t, l->subnet, l->htype, l->mac, l->hlen);
	while (*at != l)
		at = &(*at)->next_mac;
	*at = l->next_mac;
}

static void mac_insert(struct lease_table *t, struct lease *l)
{
	if (l->hlen == 0)
		return;
	struct lease **at = mac_bucket(t, l->subnet, l->htype, l->mac, l->hlen);
	l->next_mac = *at;
	*at = l;
}

/* Position of ip among the range addresses of its subnet; false when it is in none. */
static bool range_index(const struct lease_subnet *s, uint32_t ip, uint32_t *ret)
{
	uint32_t base = 0;
	for (size_t i = 0; i < s->nranges; i++) {
		if (ip >= s->range[i].first && ip <= s->range[i].last) {
			*ret = base + (ip - s->range[i].first);
			return true;
		}
		base += s->range[i].last - s->range[i].first + 1;
	}
	return false;
}

static bool range_at(const struct lease_subnet *s, uint32_t index, uint32_t *ret)
{
	for (size_t i = 0; i < s->nranges; i++) {
		uint32_t n = s->range[i].last - s->range[i].first + 1;
		if (index < n) {
			*ret = s->range[i].first + index;
			return true;
		}
		index -= n;
	}
	return false;
}

/* A record without an owner: at once the first to be used again. */
static void disown(struct lease_table *t, struct lease *l)
{
	list_remove(t, l);
	mac_remove(t, l);
	l->hlen = 0;
	l->state = LEASE_OFFERED;
	l->expires = 0;
	list_insert(t, l);
}

struct lease *lease_set(struct lease_table *t, uint32_t ip, enum lease_state state, uint8_t htype, const uint8_t *mac, size_t hlen,
	int64_t expires, const char *name)
{
	const struct lease_subnet *s = lease_subnet_of(t->cfg, ip);
	uint32_t index;
	if (s == NULL || hlen > sizeof(((struct lease *)0)->mac) || !range_index(s, ip, &index))
		return NULL;
	/* One client, one address per subnet. */
	struct lease *l = lease_by_ip(t, ip), *other = hlen > 0 ? lease_by_mac(t, s, htype, mac, hlen) : NULL;
	if (other != NULL && other != l)
		disown(t, other);
	if (l == NULL) {
		l = xcalloc(1, sizeof(*l));
		l->ip = ip;
		l->subnet = (uint32_t)(s - t->cfg->subnet);
		l->next_ip = *ip_bucket(t, ip);
		*ip_bucket(t, ip) = l;
	} else {
		list_remove(t, l);
		mac_remove(t, l);
	}
	l->htype = htype;
	l->hlen = (uint8_t)hlen;
	memset(l->mac, 0, sizeof(l->mac));
	if (hlen > 0)
		memcpy(l->mac, mac, hlen);
	l->state = state;
	l->expires = expires;
	size_t n = strnlen(name, sizeof(l->name) - 1);
	memmove(l->name, name, n);
	l->name[n] = '\0';
	mac_insert(t, l);
	list_insert(t, l);
	return l;
}

static bool is_infrastructure(const struct lease_subnet *s, uint32_t ip, uint32_t self)
{
	if (ip == self || ip == s->next_server)
		return true;
	for (size_t i = 0; i < s->routers.n; i++)
		if (s->routers.ip[i] == ip)
			return true;
	for (size_t i = 0; i < s->dns.n; i++)
		if (s->dns.ip[i] == ip)
			return true;
	return false;
}

/* Free for this client: in a range, not ours or a router's, and nobody else's until now. */
static bool lease_free_for(struct lease_table *t, uint32_t ip, uint8_t htype, const uint8_t *mac, size_t hlen, uint32_t self, int64_t now)
{
	const struct lease_subnet *s = lease_subnet_of(t->cfg, ip);
	uint32_t index;
	if (s == NULL || !range_index(s, ip, &index) || is_infrastructure(s, ip, self))
		return false;
	const struct lease *l = lease_by_ip(t, ip);
	if (l == NULL || l->expires <= now)
		return true;
	return is_mine(l, htype, mac, hlen) && (l->state == LEASE_OFFERED || l->state == LEASE_ACTIVE);
}

static void add_candidate(uint32_t out[LEASE_CANDIDATES], size_t *n, uint32_t ip)
{
	for (size_t i = 0; i < *n; i++)
		if (out[i] == ip)
			return;
	if (*n < LEASE_CANDIDATES)
		out[(*n)++] = ip;
}

/* Addresses never handed out. The mark moves over what is in the table already, so each is looked at once. */
static void add_fresh(struct lease_table *t, const struct lease_subnet *s, uint32_t self, uint32_t out[LEASE_CANDIDATES], size_t *n)
{
	uint32_t *mark = &t->fresh[s - t->cfg->subnet], ip;
	bool passing = true;
	for (uint32_t i = *mark, seen = 0; *n < LEASE_CANDIDATES && seen < 4096 && range_at(s, i, &ip); i++, seen++) {
		bool used = lease_by_ip(t, ip) != NULL || is_infrastructure(s, ip, self);
		if (passing && used)
			*mark = i + 1;
		else
			passing = false;
		if (!used)
			add_candidate(out, n, ip);
	}
}

size_t lease_candidates(struct lease_table *t, const struct lease_subnet *s, const struct dhcp_msg *m, uint32_t self, int64_t now,
	uint32_t out[LEASE_CANDIDATES])
{
	size_t n = 0;
	uint32_t wanted = m->ciaddr;
	const struct lease *mine = lease_by_mac(t, s, m->htype, m->chaddr, m->hlen);
	if (mine != NULL && lease_free_for(t, mine->ip, m->htype, m->chaddr, m->hlen, self, now))
		add_candidate(out, &n, mine->ip);
	if ((wanted != 0 || dhcp_opt_u32(m, OPT_REQUESTED_IP, &wanted)) && lease_subnet_of(t->cfg, wanted) == s &&
		lease_free_for(t, wanted, m->htype, m->chaddr, m->hlen, self, now))
		add_candidate(out, &n, wanted);
	add_fresh(t, s, self, out, &n);
	for (int st = 0; st < LEASE_STATES; st++)
		for (struct lease *l = t->list[s - t->cfg->subnet][st].oldest; l != NULL && l->expires <= now && n < LEASE_CANDIDATES;
			l = l->newer)
			if (!is_infrastructure(s, l->ip, self))
				add_candidate(out, &n, l->ip);
	return n;
}

/* A bucket that holds five seconds' worth. */
bool lease_rate_take(struct lease_table *t, int64_t now)
{
	uint64_t rate = t->cfg->rate, cap = rate * 5;
	if (rate == 0)
		return true;
	if (now > t->tokens_at) {
		uint64_t gone = (uint64_t)(now - t->tokens_at);
		t->tokens = gone >= 5 || t->tokens + gone * rate > cap ? cap : t->tokens + gone * rate;
		t->tokens_at = now;
	}
	if (t->tokens == 0)
		return false;
	t->tokens--;
	return true;
}

void lease_clock_set(struct lease_table *t, int64_t seconds)
{
	for (struct lease *l = NULL; (l = lease_next(t, l)) != NULL; )
		if (__builtin_add_overflow(l->expires, seconds, &l->expires))
			l->expires = seconds > 0 ? INT64_MAX : INT64_MIN;
	t->tokens_at += seconds;
}

int64_t lease_follow_clock(struct lease_table *t, double wall, double mono)
{
	double set = t->ahead != 0 ? wall - mono - t->ahead : 0;
	if (t->ahead != 0 && set > -CLOCK_STEP && set < CLOCK_STEP)
		return 0;
	t->ahead = wall - mono;
	lease_clock_set(t, (int64_t)set);
	return (int64_t)set;
}
