/* SPDX-License-Identifier: GPL-2.0-or-later
 * dhcp_service.h - the state of the DHCP service process, and where its answers go (dhcp_send.c).
 */
#ifndef NETBOOT_DHCP_SERVICE_H
#define NETBOOT_DHCP_SERVICE_H

#include <netinet/in.h>

#include "netboot/rarp_service.h"

#define DHCP_INTERFACES 20         /* three sockets each */
#define PXE_PORT 4011
#define DHCP_PENDING 1024          /* questions to the core on their way */
#define DHCP_PENDING_MS 3000       /* a client asks again by itself */
#define DHCP_QUEUE 64              /* answers sent together */

struct dhcp_if {
	char name[16];
	int ifindex, udp, packet;      /* packet -1: none */
	int boot;                      /* UDP 4011, when we are a proxy; else -1 */
	uint32_t ip;                   /* first address */
};

struct dhcp_pending {
	bool used;
	uint32_t serial;               /* tells an answer to an earlier use of the slot apart */
	int64_t since_ms;
	size_t len, iface;
	bool boot_port;                /* came to 4011 */
	struct sockaddr_in from;
	uint32_t self;
	unsigned rounds;               /* times asked */
	uint32_t candidate[LEASE_CANDIDATES];
	size_t ncandidates;
	uint8_t packet[DHCP_MAX_PACKET];
};

struct dhcp_out {
	size_t iface, len;
	bool durable;                  /* only after the lease is on disk */
	bool boot_port;                /* leaves from 4011 */
	bool to_link;                  /* a frame to mac; else a datagram to dst */
	struct sockaddr_in dst;
	uint32_t src;
	uint8_t mac[16], hlen;
	uint8_t packet[1500];
	char line[1024];               /* for the log, when it is sent */
};

struct dhcp_service {
	struct lease_config cfg;
	unsigned port, client_port;
	struct dhcp_if iface[DHCP_INTERFACES];
	size_t nifaces;
	int core, lease_fd[2], epoll, signals;
	struct lease_table *table;
	struct lease_journal journal;
	struct dhcp_pending *pending[DHCP_PENDING];
	uint32_t free_slot[DHCP_PENDING], nfree, serial;
	struct dhcp_out *queue;
	size_t nqueue;
	struct dhcp_msg msg;           /* of the packet being worked on */
	struct dhcp_reply reply;
	uint64_t dropped;              /* malformed, or too many at once */
	int64_t quiet_until_ms;        /* rate limit of lines about refusals */
	unsigned quiet_lines;
	struct rarp_service rarp;
};

/* Where the answer in o->packet goes (RFC 2131 4.1); fills to_link, dst, mac. */
void dhcp_address(const struct dhcp_service *s, const struct dhcp_pending *p, const struct dhcp_msg *m, const struct dhcp_reply *r,
	struct dhcp_out *o);
/* Sends it; false with errno. */
bool dhcp_transmit(const struct dhcp_service *s, const struct dhcp_out *o);

#endif
