/* SPDX-License-Identifier: GPL-2.0-or-later
 * tftp_table.c - transfers by client address, and by the time at which they must be looked at: a wheel of lists, so that a packet
 * costs O(1) however many transfers there are.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/map.h"
#include "netboot/tftp_service.h"

static struct tftp_client **bucket(struct tftp_client **table, const union tftp_addr *a, bool with_port)
{
	uint8_t key[18] = { 0 };
	if (a->sa.sa_family == AF_INET6) {
		memcpy(key, &a->in6.sin6_addr, 16);
		memcpy(key + 16, &a->in6.sin6_port, with_port ? 2 : 0);
	} else {
		memcpy(key, &a->in.sin_addr, 4);
		memcpy(key + 16, &a->in.sin_port, with_port ? 2 : 0);
	}
	return &table[hash_bytes(key, sizeof(key)) % TFTP_BUCKETS];
}

static bool same(const union tftp_addr *a, const union tftp_addr *b, bool with_port)
{
	if (a->sa.sa_family != b->sa.sa_family)
		return false;
	if (a->sa.sa_family == AF_INET6)
		return memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, 16) == 0 && (!with_port || a->in6.sin6_port == b->in6.sin6_port);
	return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr && (!with_port || a->in.sin_port == b->in.sin_port);
}

void tftp_table_init(struct tftp_service *s, int64_t now_ms)
{
	s->nfree = TFTP_MAX;
	for (size_t i = 0; i < TFTP_MAX; i++)
		s->free_slot[i] = (uint32_t)(TFTP_MAX - 1 - i);
	s->wheel_tick = now_ms / TFTP_TICK_MS;
}

struct tftp_client *tftp_find(struct tftp_service *s, const union tftp_addr *peer)
{
	struct tftp_client *c = *bucket(s->by_peer, peer, true);
	while (c != NULL && !same(&c->peer, peer, true))
		c = c->next_peer;
	return c;
}

size_t tftp_count_of(struct tftp_service *s, const union tftp_addr *peer)
{
	size_t n = 0;
	for (struct tftp_client *c = *bucket(s->by_ip, peer, false); c != NULL; c = c->next_ip)
		n += same(&c->peer, peer, false);
	return n;
}

struct tftp_client *tftp_add(struct tftp_service *s, const union tftp_addr *peer, socklen_t len)
{
	if (s->nfree == 0)
		return NULL;
	struct tftp_client *c = xcalloc(1, sizeof(*c)), **at;
	c->slot = s->free_slot[--s->nfree];
	c->serial = ++s->serial;
	c->sock = c->file = -1;
	c->peer = *peer;
	c->peer_len = len;
	s->client[c->slot] = c;
	at = bucket(s->by_peer, peer, true);
	c->next_peer = *at;
	*at = c;
	at = bucket(s->by_ip, peer, false);
	c->next_ip = *at;
	*at = c;
	return c;
}

static void wheel_remove(struct tftp_client *c)
{
	if (c->wheel_prev == NULL)
		return;
	*c->wheel_prev = c->wheel_next;
	if (c->wheel_next != NULL)
		c->wheel_next->wheel_prev = c->wheel_prev;
	c->wheel_prev = NULL;
	c->wheel_next = NULL;
}

void tftp_drop(struct tftp_service *s, struct tftp_client *c)
{
	struct tftp_client **at = bucket(s->by_peer, &c->peer, true);
	while (*at != c)
		at = &(*at)->next_peer;
	*at = c->next_peer;
	at = bucket(s->by_ip, &c->peer, false);
	while (*at != c)
		at = &(*at)->next_ip;
	*at = c->next_ip;
	wheel_remove(c);
	s->client[c->slot] = NULL;
	s->free_slot[s->nfree++] = c->slot;
	close_fd(&c->sock);
	close_fd(&c->file);
	if (c->map != NULL)
		munmap((void *)(uintptr_t)c->map, c->map_len);
	free(c->buf);
	free(c);
}

size_t tftp_active(const struct tftp_service *s)
{
	return TFTP_MAX - s->nfree;
}

/* Deadlines mostly move away while packets flow: the entry then stays where it is and is put right when its list comes up. */
void tftp_wake_at(struct tftp_service *s, struct tftp_client *c, int64_t at_ms)
{
	if (c->wheel_prev != NULL && c->wheel_ms <= at_ms)
		return;
	wheel_remove(c);
	int64_t tick = at_ms / TFTP_TICK_MS + 1;
	if (tick < s->wheel_tick)
		tick = s->wheel_tick;
	if (tick > s->wheel_tick + TFTP_WHEEL - 2)
		tick = s->wheel_tick + TFTP_WHEEL - 2;
	c->wheel_ms = tick * TFTP_TICK_MS;
	struct tftp_client **list = &s->wheel[tick % TFTP_WHEEL];
	c->wheel_next = *list;
	if (*list != NULL)
		(*list)->wheel_prev = &c->wheel_next;
	c->wheel_prev = list;
	*list = c;
}

void tftp_tick(struct tftp_service *s, int64_t now_ms, void (*due)(struct tftp_service *s, struct tftp_client *c, int64_t now_ms))
{
	int64_t now_tick = now_ms / TFTP_TICK_MS;
	if (now_tick - s->wheel_tick > TFTP_WHEEL)
		s->wheel_tick = now_tick - TFTP_WHEEL;         /* after a long sleep once around is enough */
	for (; s->wheel_tick <= now_tick; s->wheel_tick++) {
		/* Taken off as a whole: due may put its client back, even into this very list. */
		struct tftp_client **list = &s->wheel[s->wheel_tick % TFTP_WHEEL], *all = *list;
		*list = NULL;
		while (all != NULL) {
			struct tftp_client *c = all;
			all = c->wheel_next;
			if (all != NULL)
				all->wheel_prev = &all;
			c->wheel_prev = NULL;
			c->wheel_next = NULL;
			due(s, c, now_ms);
		}
	}
}
