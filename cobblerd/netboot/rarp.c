/* SPDX-License-Identifier: GPL-2.0-or-later
 * rarp.c - RARP: request in, question to the core, answer out. See rarp_service.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "netboot/rarp_service.h"

#define BATCH 32                   /* requests taken per turn of the loop */

static const char *mac_text(const uint8_t m[RARP_MAC], char out[18])
{
	snprintf(out, 18, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	return out;
}

/* ---- requests ---- */

static bool find_interface(const struct rarp_service *r, int ifindex, size_t *ret)
{
	for (size_t i = 0; i < r->nifaces; i++)
		if (r->iface[i].ifindex == ifindex) {
			*ret = i;
			return true;
		}
	return false;
}

static bool ask(struct rarp_service *r, size_t iface, const uint8_t mac[RARP_MAC])
{
	if (++r->serial == 0)
		r->serial = 1;
	uint32_t slot = r->serial % RARP_PENDING;
	struct dhcp_question q = { .htype = ARPHRD_ETHER, .hlen = RARP_MAC, .ident.arch = 0xffff, .self = r->iface[iface].net[0].ip };
	msg_head_init(&q.head, MSG_DHCP_QUESTION, sizeof(q), (uint64_t)r->serial << 32 | (RARP_FIRST_SLOT + slot));
	memcpy(q.mac, mac, RARP_MAC);
	if (!nb_msg_send(r->core, &q.head, -1, MSG_DONTWAIT))
		return false;
	struct rarp_pending *p = &r->pending[slot];
	p->serial = r->serial;
	p->iface = iface;
	memcpy(p->mac, mac, RARP_MAC);
	return true;
}

/* Why a request is not looked at; NULL: it is. *m is read when it could be. */
static const char *check(struct rarp_service *r, const struct sockaddr_ll *from, const uint8_t *pkt, size_t n, struct rarp_msg *m)
{
	const char *why;
	if (rarp_request_parse(pkt, n, m, &why) != CB_OK)
		return why;
	/* RFC 903 lets a machine ask for another one. Nobody boots like that, and whoever writes our addresses into other machines'
	 * frames is not to be helped. */
	if (from->sll_halen != RARP_MAC || memcmp(from->sll_addr, m->sender, RARP_MAC) != 0)
		return "it was sent by another machine than it says";
	if (memcmp(m->sender, m->target, RARP_MAC) != 0)
		return "it asks for another machine's address";
	if (!rarp_rate_take(&r->rate, m->target, clock_mono_ms()))
		return "too many requests at once";
	return NULL;
}

static void take(struct rarp_service *r, const struct sockaddr_ll *from, const uint8_t *pkt, size_t n)
{
	struct rarp_msg m;
	char mac[18];
	size_t iface;
	if (!find_interface(r, from->sll_ifindex, &iface) || from->sll_pkttype == PACKET_OTHERHOST)
		return;
	const char *why = check(r, from, pkt, n, &m);
	if (why == NULL && !ask(r, iface, m.target))
		why = "the core does not keep up";
	if (why != NULL)
		log_debug("rarp", "a request from %s on %s is dropped: %s", mac_text(from->sll_addr, mac), r->iface[iface].name, why);
}

void rarp_receive(struct rarp_service *r)
{
	for (int i = 0; i < BATCH; i++) {
		uint8_t buf[2048];
		struct sockaddr_ll from = { 0 };
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(r->fd, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&from, &len);
		if (n == -1)
			return;
		take(r, &from, buf, (size_t)n);
	}
}

/* ---- answers ---- */

/* The network of the interface that the address is of; its first one otherwise. */
static size_t network_of(const struct rarp_if *i, uint32_t ip)
{
	for (size_t k = 0; k < i->nnets; k++)
		if ((ip & i->net[k].mask) == (i->net[k].ip & i->net[k].mask))
			return k;
	return 0;
}

static bool transmit(const struct rarp_service *r, const struct rarp_if *i, const struct rarp_msg *m)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(RARP_ETHERTYPE), .sll_ifindex = i->ifindex,
		.sll_halen = RARP_MAC };
	uint8_t out[RARP_FRAME];
	memcpy(to.sll_addr, m->target, RARP_MAC);
	rarp_reply_build(m, out);
	return sendto(r->fd, out, sizeof(out), MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to)) == sizeof(out);
}

static void answer(struct rarp_service *r, const struct rarp_pending *p, const struct lease_client *cl, struct lease_table *t, int64_t now)
{
	const struct rarp_if *i = &r->iface[p->iface];
	size_t k = network_of(i, cl->ip);
	struct lease_place at = { .net = i->net[k].ip & i->net[k].mask, .mask = i->net[k].mask, .htype = ARPHRD_ETHER, .mac = p->mac,
		.hlen = RARP_MAC, .now = now };
	char note[160] = "", mac[18], ip[16];
	mac_text(p->mac, mac);
	if (!cl->known) {
		log_debug("rarp", "no answer to %s on %s: it is in no system", mac, i->name);
		return;
	}
	uint32_t address = lease_reservation(t, cl, &at, note);
	if (address == 0) {
		log_info("rarp", "no answer to %s on %s (system %s): %s", mac, i->name, cl->system,
			note[0] != '\0' ? note : "it has no IPv4 address");
		return;
	}
	struct rarp_msg m = { .sender_ip = i->net[k].ip, .target_ip = address };
	memcpy(m.sender, i->mac, RARP_MAC);
	memcpy(m.target, p->mac, RARP_MAC);
	lease_format_ip(address, ip);
	if (transmit(r, i, &m))
		log_info("rarp", "reply %s to %s (system %s)", ip, mac, cl->system);      /* tested */
	else
		log_warn("rarp", "reply %s to %s (system %s): not sent: %s", ip, mac, cl->system, strerror(errno));
}

void rarp_conclude(struct rarp_service *r, uint64_t id, const struct lease_client *cl, struct lease_table *t, int64_t now)
{
	uint32_t slot = (uint32_t)id - RARP_FIRST_SLOT;
	if (slot >= RARP_PENDING || r->pending[slot].serial == 0 || r->pending[slot].serial != id >> 32)
		return;
	struct rarp_pending p = r->pending[slot];
	r->pending[slot].serial = 0;
	answer(r, &p, cl, t, now);
}

/* ---- start ---- */

int rarp_prepare(struct rarp_service *r, const struct value *cfg, struct err *e)
{
	char ip[16];
	int rc = rarp_interfaces(cfg, r->iface, &r->nifaces, e);
	for (size_t i = 0; i < r->nifaces && rc == CB_OK; i++) {
		lease_format_ip(r->iface[i].net[0].ip, ip);
		log_info("rarp", "serving on %s (%s)", r->iface[i].name, ip);
	}
	return rc;
}
