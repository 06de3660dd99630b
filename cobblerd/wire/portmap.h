/* SPDX-License-Identifier: GPL-2.0-or-later
 * portmap.h - the port mapper: version 2, and the questions of rpcbind's versions 3 and 4 that clients ask (RFC 1833).
 */
#ifndef WIRE_PORTMAP_H
#define WIRE_PORTMAP_H

#include "wire/rpc.h"

#define PORTMAP_PROGRAM 100000u
#define PORTMAP_VERSION 2          /* by which we ask others, and the lowest that we answer */
#define RPCBIND_VERSION_MAX 4
#define PORTMAP_PORT 111
#define RPCBIND_TEXT_MAX 128       /* netid, address, owner */

enum portmap_proc { PMAP_NULL, PMAP_SET, PMAP_UNSET, PMAP_GETPORT, PMAP_DUMP, PMAP_CALLIT };
/* Of versions 3 and 4; GETVERSADDR of 4 alone. */
enum rpcbind_proc { RPCB_NULL, RPCB_SET, RPCB_UNSET, RPCB_GETADDR, RPCB_DUMP, RPCB_GETVERSADDR = 9 };

enum portmap_protocol { PMAP_TCP = 6, PMAP_UDP = 17 };

struct portmap_entry {
	uint32_t program, version;
	enum portmap_protocol protocol;
	uint32_t port;
};

/* Arguments of SET, UNSET, GETPORT. False: malformed. protocol may be any number. */
bool portmap_take(struct rd *r, struct portmap_entry *ret);
void portmap_put(struct wr *w, const struct portmap_entry *e);
void portmap_put_list(struct wr *w, const struct portmap_entry *e, size_t n);
/* Arguments of SET, UNSET, GETADDR and GETVERSADDR of rpcbind. netid[RPCBIND_TEXT_MAX + 1]: "tcp", "udp6" ... False: malformed. */
bool rpcbind_take(struct rd *r, uint32_t *program, uint32_t *version, char *netid);
/* address: numeric, "192.0.2.1" or "2001:db8::1"; "" for the empty universal address (RFC 5665): there is none. */
void rpcbind_put_address(struct wr *w, const char *address, uint32_t port);
void rpcbind_put_list(struct wr *w, const struct portmap_entry *e, size_t n, const char *address);
/* A call of SET or UNSET to the port mapper of this host, with empty credentials. Returns its length; 0: it does not fit. */
size_t portmap_call_build(void *buf, size_t cap, uint32_t xid, enum portmap_proc proc, const struct portmap_entry *e);
/* Its answer: 1 or 0 as it says, -1: something else. */
int portmap_answer_parse(const void *pkt, size_t n, uint32_t xid);

#endif
