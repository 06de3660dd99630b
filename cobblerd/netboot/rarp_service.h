/* SPDX-License-Identifier: GPL-2.0-or-later
 * rarp_service.h - RARP (RFC 903) as a part of the DHCP service: the same question to the core, the same rules for an address.
 *
 * One packet socket receives the requests of all interfaces. An answer is given to a machine that a system of the model has by its
 * hardware address, with an IPv4 address of the network that it asks on, and to nobody else. Whether it may boot from the network, or
 * what, is no matter: a system on its disk asks for its address like this too.
 */
#ifndef NETBOOT_RARP_SERVICE_H
#define NETBOOT_RARP_SERVICE_H

#include "netboot/messages.h"
#include "netboot/rarp_rate.h"

#define RARP_INTERFACES 64
#define RARP_NETWORKS 16           /* addresses of one interface */
#define RARP_PENDING 256           /* questions to the core on their way: one more, and the oldest is forgotten */
#define RARP_FIRST_SLOT 0x10000u   /* the low half of our questions' ids, above all of DHCP's */

struct rarp_if {
	char name[16];
	int ifindex;
	uint8_t mac[RARP_MAC];
	struct { uint32_t ip, mask; } net[RARP_NETWORKS];
	size_t nnets;
};

struct rarp_pending {
	uint32_t serial;               /* 0: free */
	size_t iface;
	uint8_t mac[RARP_MAC];
};

struct rarp_service {
	int fd, core;                  /* fd -1: RARP is off */
	struct rarp_if iface[RARP_INTERFACES];
	size_t nifaces;
	uint32_t serial;
	struct rarp_pending pending[RARP_PENDING];
	struct rarp_rate rate;
};

/* The interfaces to serve, cfg "interfaces": those it names, each of which must be there, an Ethernet and have an IPv4 address; when it
 * names none, all that are up and so. */
int rarp_interfaces(const struct value *cfg, struct rarp_if out[RARP_INTERFACES], size_t *n, struct err *e) MUST_CHECK;
/* For the master: the socket. An interface that cannot be served, or no right to open one, is an error that says so. */
int rarp_open(const struct value *cfg, int *ret, struct err *e) MUST_CHECK;
/* Whether a packet socket is one of rarp_open. */
bool rarp_is_socket(int fd);

/* Before the process gives up its rights. r->fd and r->core are set. */
int rarp_prepare(struct rarp_service *r, const struct value *cfg, struct err *e) MUST_CHECK;
/* Takes what has come, and asks the core. */
void rarp_receive(struct rarp_service *r);
/* The core's answer to the question with this id, from RARP_FIRST_SLOT on. t: what is leased at now, in seconds. */
void rarp_conclude(struct rarp_service *r, uint64_t id, const struct lease_client *cl, struct lease_table *t, int64_t now);

#endif
