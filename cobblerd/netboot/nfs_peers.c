/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_peers.c - which address has read how much, for the log.
 */
#include <stdio.h>

#include "base/log.h"
#include "netboot/nfs_service.h"

#define COMPLAINTS 10              /* about what is refused; and lines about what is not */
#define LINES 1000
#define LINES_MS 10000             /* in this time */

static struct nfs_peer *peer_of(struct nfs_service *s, const char *ip)
{
	for (size_t i = 0; i < NFS_PEERS; i++)
		if (str_eq(s->peer[i].ip, ip))
			return &s->peer[i];
	return NULL;
}

static void tell(struct nfs_service *s, struct nfs_peer *p)
{
	if (p->bytes > 0 && nfs_may_say(s))
		log_info("nfs", "%s has read %llu bytes", p->ip, (unsigned long long)p->bytes);          /* tested */
	p->bytes = 0;
}

void nfs_peer_add(struct nfs_service *s, const char *ip, int conns, uint64_t bytes)
{
	struct nfs_peer *p = peer_of(s, ip);
	if (p == NULL && (p = peer_of(s, "")) != NULL)          /* none is free: that one is not counted */
		snprintf(p->ip, sizeof(p->ip), "%s", ip);
	if (p == NULL)
		return;
	p->bytes += bytes;
	if (conns > 0 || p->conns > 0)          /* its beginning may not have been counted */
		p->conns += (uint32_t)conns;
	p->seen_ms = s->now_ms;
	if (conns < 0 && p->conns == 0)
		tell(s, p);
	if (conns < 0 && p->conns == 0)
		p->ip[0] = '\0';
}

void nfs_peer_tell(struct nfs_service *s, const char *ip)
{
	struct nfs_conn *c;
	TAILQ_FOREACH(c, &s->conns, all) {
		if (c->bytes == 0 || !str_eq(c->who.ip, ip))
			continue;
		nfs_peer_add(s, ip, 0, c->bytes);
		c->bytes = 0;
	}
	struct nfs_peer *p = peer_of(s, ip);
	if (p != NULL)
		tell(s, p);
}

/* Those that came over UDP only, and went without a word. */
void nfs_peers_sweep(struct nfs_service *s)
{
	for (size_t i = 0; i < NFS_PEERS; i++) {
		struct nfs_peer *p = &s->peer[i];
		if (p->ip[0] == '\0' || p->conns > 0 || s->now_ms - p->seen_ms < NFS_IDLE_MS)
			continue;
		tell(s, p);
		p->ip[0] = '\0';
	}
}

static bool may_log(struct nfs_service *s, struct nfs_limit *l, unsigned most)
{
	if (s->now_ms - l->since_ms >= LINES_MS) {
		if (l->silenced > 0)
			log_warn("nfs", "%u more such lines were left out", l->silenced);
		*l = (struct nfs_limit){ .since_ms = s->now_ms };
	}
	if (l->lines < most) {
		l->lines++;
		return true;
	}
	l->silenced++;
	return false;
}

bool nfs_may_complain(struct nfs_service *s)
{
	return may_log(s, &s->complaints, COMPLAINTS);
}

bool nfs_may_say(struct nfs_service *s)
{
	return may_log(s, &s->said, LINES);
}
