/* SPDX-License-Identifier: GPL-2.0-or-later
 * lease.h - who gets which address: the decisions of the DHCP service as pure functions over the request, what the model says of the
 * client, the table of leases and the clock. No socket; journal.c alone touches files, through descriptors it is given.
 *
 * A client is its hardware address. Firmware, loader and installer of one machine send different client identifiers (or none),
 * and a machine shall keep one address through all of them.
 */
#ifndef LEASE_LEASE_H
#define LEASE_LEASE_H

#include "base/err.h"
#include "value/value.h"
#include "wire/dhcp.h"

#define LEASE_SUBNETS 64
#define LEASE_RANGES 16            /* per subnet */
#define LEASE_ADDRESSES (1u << 20) /* in all ranges together */
#define LEASE_LIST 8               /* routers, name servers, time servers */
#define LEASE_CANDIDATES 8
#define LEASE_OFFER_TIME 60        /* seconds that an offer is held */
#define LEASE_DECLINE_TIME 600     /* seconds that an address in use by somebody else is avoided */
#define LEASE_BLOCK_TIME 60        /* seconds after which we ask again whether a range address is still another system's */

/* ---- configuration (config.c): the part "dhcp" of cobblerd.yaml ---- */

struct lease_range { uint32_t first, last; };
struct lease_ips { uint32_t ip[LEASE_LIST]; size_t n; };
struct lease_subnet {
	uint32_t net, mask;
	struct lease_range range[LEASE_RANGES];
	size_t nranges;
	struct lease_ips routers, dns, ntp;
	char domain[256];
	uint32_t next_server;          /* 0: the address we are asked on */
	uint32_t lease_time;
};
struct lease_config {
	struct lease_subnet subnet[LEASE_SUBNETS];
	size_t nsubnets;
	bool known_only;               /* silence for machines that are in no system */
	bool proxy;                    /* no addresses: only what to boot, beside another DHCP server */
	unsigned rate;                 /* new addresses for unknown machines per second; 0: no limit */
};

/* cfg: subnets: [{subnet: A.B.C.D/N, ranges: [FIRST-LAST], routers: [], dns: [], ntp: [], domain:, next_server:, lease_time:}],
 * known_only, rate, and subnet defaults (routers ... lease_time) at the top. Lists may be one text or a list; "range" and
 * "router" are understood too. Fails on what is malformed, naming it. */
int lease_config_read(const struct value *cfg, struct lease_config *ret, struct err *e) MUST_CHECK;
/* The subnet of an address; NULL when it is in none. */
const struct lease_subnet *lease_subnet_of(const struct lease_config *c, uint32_t ip);
/* A directly attached network that the configuration does not name is served too: for reservations, without a range. False: full. */
bool lease_config_attach(struct lease_config *c, uint32_t ip, uint32_t mask);
bool lease_parse_ip(const char *s, uint32_t *ret);
void lease_format_ip(uint32_t ip, char out[16]);

/* ---- table (table.c) ---- */

enum lease_state { LEASE_OFFERED, LEASE_ACTIVE, LEASE_DECLINED, LEASE_BLOCKED, LEASE_STATES };

struct lease {
	uint32_t ip;
	uint8_t htype, hlen, mac[16];
	enum lease_state state;
	int64_t expires;               /* seconds since 1970 */
	char name[64];                 /* what the client calls itself */
	uint32_t subnet;               /* index into the configuration */
	struct lease *next_ip, *next_mac;      /* hash chains */
	struct lease *older, *newer;           /* list of its state, by expiry */
};

struct lease_table;
struct lease_table *lease_table_new(const struct lease_config *c);     /* borrows c */
void lease_table_free(struct lease_table *t);
/* Borrowed from the table until it changes; NULL: there is none. */
struct lease *lease_by_ip(struct lease_table *t, uint32_t ip);
struct lease *lease_by_mac(struct lease_table *t, const struct lease_subnet *s, uint8_t htype, const uint8_t *mac, size_t hlen);
/* Makes or changes the lease of ip, which must lie in a range; NULL otherwise. Another owner's record is replaced. */
struct lease *lease_set(struct lease_table *t, uint32_t ip, enum lease_state state, uint8_t htype, const uint8_t *mac, size_t hlen,
	int64_t expires, const char *name);
size_t lease_count(const struct lease_table *t, enum lease_state state);
/* Every lease, by subnet, state and expiry: for (struct lease *l = NULL; (l = lease_next(t, l)) != NULL; ). No changes meanwhile. */
struct lease *lease_next(struct lease_table *t, struct lease *after);
/* Range addresses for a new client, best first: its own, the one it asks for, fresh ones, those expired longest. */
size_t lease_candidates(struct lease_table *t, const struct lease_subnet *s, const struct dhcp_msg *m, uint32_t self, int64_t now,
	uint32_t out[LEASE_CANDIDATES]);

/* One new address for an unknown machine within the configured rate? */
bool lease_rate_take(struct lease_table *t, int64_t now);

/* Leases last by the time that passes for the clients, whatever the clock is set to. clock_set: it was set by so many seconds, and
 * all ends of leases with it. follow_clock: finds that out, from two clocks in seconds, of which only the first is ever set;
 * returns by how much, mostly 0. */
void lease_clock_set(struct lease_table *t, int64_t seconds);
int64_t lease_follow_clock(struct lease_table *t, double wall, double mono);

/* ---- decision (decide.c) ---- */

/* What the core says of a client. */
struct lease_client {
	bool known;                    /* its hardware address belongs to a system */
	uint32_t ip;                   /* reservation; 0: none */
	uint32_t netmask, gateway, next_server;
	struct lease_ips dns;
	char system[256], hostname[256], domain[256];
	char search[256];              /* blank-separated domains */
	char file[512];                /* boot file or URL; "": none */
	bool own_file;                 /* the model names the file itself; else it is the loader for this kind of machine */
	bool http_client;              /* answer as an HTTP boot server */
	uint32_t taken;                /* bit i: candidate i is another system's reservation */
};

enum lease_verdict { LEASE_SILENT, LEASE_REPLY, LEASE_ASK_AGAIN };

struct lease_request {
	const struct dhcp_msg *m;
	const struct lease_subnet *subnet;
	uint32_t self;                 /* our address towards the client */
	int64_t now;
	bool boot_port;                /* came to port 4011, where PXE asks a proxy */
	uint32_t candidate[LEASE_CANDIDATES];
	size_t ncandidates;
};

/* The subnet that a request is about: the relay's, the address in use, or that of the interface. NULL with a reason: not ours. */
const struct lease_subnet *lease_request_subnet(const struct lease_config *c, const struct dhcp_msg *m, uint32_t self, const char **why);
/* Requests that need no answer from the core: DECLINE, RELEASE, replies that went astray. True: done; note says what happened
 * ("" when there is nothing to say), *changed the lease to be written or NULL. */
bool lease_without_core(struct lease_table *t, const struct lease_request *q, char note[160], struct lease **changed);
/* Who asks, and on which network. */
struct lease_place {
	uint32_t net, mask;
	uint8_t htype;
	const uint8_t *mac;            /* borrowed, hlen bytes */
	size_t hlen;
	int64_t now;
};
/* The client's reservation, if it can be used here and now; 0 otherwise, with the reason in note when it has one. */
uint32_t lease_reservation(struct lease_table *t, const struct lease_client *cl, const struct lease_place *at, char note[160]);
/* The answer. LEASE_REPLY: *r is filled; *changed is a lease that must be durable before r is sent, or NULL. LEASE_ASK_AGAIN: all
 * candidates were taken: get new ones, ask the core again. note: why silent or refused; "" otherwise. */
enum lease_verdict lease_decide(struct lease_table *t, const struct lease_config *c, const struct lease_request *q,
	const struct lease_client *cl, struct dhcp_reply *r, char note[160], struct lease **changed);

/* The same beside another DHCP server (PXE 2.1, 2.2.3): answers to network boot clients without an address. */
enum lease_verdict lease_decide_proxy(const struct lease_config *c, const struct lease_request *q, const struct lease_client *cl,
	struct dhcp_reply *r, char note[160]);

/* ---- journal (journal.c) ---- */

/* Leases survive in two files used in turn: changes are appended to one until it has grown, then all is written to the other.
 * Every line carries a checksum: what a crash or a full disk cut off is left out, with a warning. */
struct lease_journal {
	int fd[2];                     /* owned by the caller; -1: leases are kept in memory only */
	int current;
	uint64_t generation;
	int64_t size;
	size_t lines;
	bool dirty;                    /* appended since the last sync */
	bool stale;                    /* what is on disk is to be written anew: the clock was set, or the disk was full at the start */
	struct strbuf pending;
};

/* Loads the newer file into t. Damaged lines are skipped and counted. Was it written later than now, the clock has been
 * set back meanwhile. Files that can be read but not written are no error: the next sync writes them. */
int lease_journal_open(struct lease_journal *j, int fd0, int fd1, struct lease_table *t, int64_t now, size_t *damaged,
	struct err *e) MUST_CHECK;
/* The next sync writes all leases anew. */
void lease_journal_stale(struct lease_journal *j);
/* Adds a line; nothing is written until lease_journal_sync, which also compacts. A failed write is an error; the lines stay pending. */
void lease_journal_add(struct lease_journal *j, const struct lease *l);
int lease_journal_sync(struct lease_journal *j, struct lease_table *t, int64_t now, struct err *e) MUST_CHECK;
void lease_journal_free(struct lease_journal *j);

#endif
