/* SPDX-License-Identifier: GPL-2.0-or-later
 * tftp_service.h - the state of the TFTP service process. tftp_main.c: loop and requests; tftp_table.c: transfers, by client and by
 * time; tftp_send.c: blocks from the file to the wire.
 */
#ifndef NETBOOT_TFTP_SERVICE_H
#define NETBOOT_TFTP_SERVICE_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "netboot/messages.h"
#include "netboot/tftp_xfer.h"

#define TFTP_MAX 4096              /* transfers at once */
#define TFTP_PER_CLIENT 512        /* of one address: there may be a relay or many machines behind it */
#define TFTP_BUCKETS 4096
#define TFTP_WHEEL 512
#define TFTP_TICK_MS 20
#define TFTP_READ (64u << 10)      /* read ahead */
#define TFTP_ASCII_MAX (8u << 20)  /* netascii is converted in memory */
#define TFTP_CORE_MS 15000         /* the core has this long to answer */
#define TFTP_LISTENERS 8
#define TFTP_INTERFACES 64

union tftp_addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

struct tftp_client {
	uint32_t slot, serial;
	int sock, file;                /* file -1: the core was asked, or the bytes are in text */
	union tftp_addr peer;
	socklen_t peer_len;
	char ip[INET6_ADDRSTRLEN];
	uint32_t mtu;
	struct tftp_request q;
	bool asking;
	struct tftp_xfer x;
	uint64_t offset;               /* of the file in its descriptor */
	const uint8_t *map;            /* the file, from map_off before it on; NULL: read into buf */
	size_t map_len, map_off;
	uint8_t *buf;                  /* what was read ahead: file bytes from buf_at on */
	uint64_t buf_at;
	size_t buf_len, buf_cap;
	bool in_memory;                /* buf is the whole file (netascii) */
	int64_t started_us;
	struct tftp_client *next_peer, *next_ip;           /* hash chains */
	struct tftp_client *wheel_next, **wheel_prev;      /* timer list; wheel_prev NULL: in none */
	int64_t wheel_ms;              /* when the list is looked at */
};

struct tftp_service {
	int listener[TFTP_LISTENERS];
	int core, epoll, signals;
	struct tftp_limits max;
	struct { int ifindex; uint32_t mtu; } mtu[TFTP_INTERFACES];
	size_t nmtus;
	bool no_gso;
	struct tftp_client *client[TFTP_MAX];
	uint32_t free_slot[TFTP_MAX], nfree, serial;
	struct tftp_client *by_peer[TFTP_BUCKETS], *by_ip[TFTP_BUCKETS];
	struct tftp_client *wheel[TFTP_WHEEL];
	int64_t wheel_tick;            /* next list to look at */
};

/* tftp_table.c */
void tftp_table_init(struct tftp_service *s, int64_t now_ms);
struct tftp_client *tftp_find(struct tftp_service *s, const union tftp_addr *peer);
size_t tftp_count_of(struct tftp_service *s, const union tftp_addr *peer);
/* Returns owned by the table; NULL when it is full. */
struct tftp_client *tftp_add(struct tftp_service *s, const union tftp_addr *peer, socklen_t len);
void tftp_drop(struct tftp_service *s, struct tftp_client *c);      /* closes and frees it */
size_t tftp_active(const struct tftp_service *s);
/* c wants to be looked at when at_ms has come. O(1). */
void tftp_wake_at(struct tftp_service *s, struct tftp_client *c, int64_t at_ms);
/* Calls due for each whose time has come; it may drop its client. */
void tftp_tick(struct tftp_service *s, int64_t now_ms, void (*due)(struct tftp_service *s, struct tftp_client *c, int64_t now_ms));

/* tftp_send.c */
/* Makes a large file's pages what is sent from, without a copy of our own. Only the kernel ever looks at them: should the file become
 * shorter, sending fails, and nothing else. When it cannot be mapped it is read. */
void tftp_map(struct tftp_client *c);
/* False when the file cannot be read. What the network does not take counts as lost. */
bool tftp_send_blocks(struct tftp_service *s, struct tftp_client *c);
void tftp_send_oack(struct tftp_client *c);
void tftp_send_error(int sock, const union tftp_addr *to, socklen_t len, uint16_t code, const char *text);
/* Reads the whole file as netascii (RFC 764) into c->buf; *length gets the new length. */
bool tftp_load_netascii(struct tftp_client *c, uint64_t *length);

#endif
