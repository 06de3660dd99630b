/* SPDX-License-Identifier: GPL-2.0-or-later
 * portmap.c - the port mapper: see portmap.h.
 */
#include <stdio.h>

#include "wire/portmap.h"

#define ANY_OWNER "superuser"      /* as rpcbind names whom port numbers below 1024 belong to */

bool portmap_take(struct rd *r, struct portmap_entry *ret)
{
	struct portmap_entry e = { .program = rd_be32(r), .version = rd_be32(r), .protocol = (enum portmap_protocol)rd_be32(r) };
	e.port = rd_be32(r);
	if (r->bad)
		return false;
	*ret = e;
	return true;
}

void portmap_put(struct wr *w, const struct portmap_entry *e)
{
	wr_be32(w, e->program);
	wr_be32(w, e->version);
	wr_be32(w, e->protocol);
	wr_be32(w, e->port);
}

void portmap_put_list(struct wr *w, const struct portmap_entry *e, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		wr_be32(w, 1);
		portmap_put(w, &e[i]);
	}
	wr_be32(w, 0);
}

bool rpcbind_take(struct rd *r, uint32_t *program, uint32_t *version, char *netid)
{
	size_t n = 0, ignored;
	uint32_t prog = rd_be32(r), vers = rd_be32(r);
	const uint8_t *id = xdr_take_opaque(r, RPCBIND_TEXT_MAX, &n);
	xdr_take_opaque(r, RPCBIND_TEXT_MAX, &ignored);
	xdr_take_opaque(r, RPCBIND_TEXT_MAX, &ignored);
	if (r->bad || memchr(id, 0, n) != NULL)
		return false;
	memcpy(netid, id, n);
	netid[n] = '\0';
	*program = prog;
	*version = vers;
	return true;
}

void rpcbind_put_address(struct wr *w, const char *address, uint32_t port)
{
	char text[RPCBIND_TEXT_MAX] = "";
	if (*address != '\0')
		snprintf(text, sizeof(text), "%.100s.%u.%u", address, port >> 8 & 255, port & 255);
	xdr_put_opaque(w, text, strlen(text));
}

void rpcbind_put_list(struct wr *w, const struct portmap_entry *e, size_t n, const char *address)
{
	bool six = strchr(address, ':') != NULL;
	for (size_t i = 0; i < n; i++) {
		const char *netid = e[i].protocol == PMAP_TCP ? six ? "tcp6" : "tcp" : six ? "udp6" : "udp";
		wr_be32(w, 1);
		wr_be32(w, e[i].program);
		wr_be32(w, e[i].version);
		xdr_put_opaque(w, netid, strlen(netid));
		rpcbind_put_address(w, address, e[i].port);
		xdr_put_opaque(w, ANY_OWNER, strlen(ANY_OWNER));
	}
	wr_be32(w, 0);
}

size_t portmap_call_build(void *buf, size_t cap, uint32_t xid, enum portmap_proc proc, const struct portmap_entry *e)
{
	struct wr w = wr_make(buf, cap);
	wr_be32(&w, xid);
	wr_be32(&w, 0);                 /* a call */
	wr_be32(&w, RPC_VERSION);
	wr_be32(&w, PORTMAP_PROGRAM);
	wr_be32(&w, PORTMAP_VERSION);
	wr_be32(&w, proc);
	wr_zero(&w, 16);                /* no credentials, no verifier */
	portmap_put(&w, e);
	return w.bad ? 0 : w.len;
}

int portmap_answer_parse(const void *pkt, size_t n, uint32_t xid)
{
	struct rd r = rd_make(pkt, n);
	size_t ignored;
	uint32_t got = rd_be32(&r), reply = rd_be32(&r), denied = rd_be32(&r);
	rd_be32(&r);
	xdr_take_opaque(&r, RPC_CREDENTIALS_MAX, &ignored);
	uint32_t status = rd_be32(&r), value = rd_be32(&r);
	return r.bad || got != xid || reply != 1 || denied != 0 || status != RPC_SUCCESS ? -1 : value != 0;
}
