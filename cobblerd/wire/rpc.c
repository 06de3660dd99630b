/* SPDX-License-Identifier: GPL-2.0-or-later
 * rpc.c - ONC RPC: see rpc.h.
 */
#include "wire/rpc.h"

#define MSG_CALL 0
#define MSG_REPLY 1
#define REPLY_ACCEPTED 0
#define REPLY_DENIED 1
#define DENIED_VERSION 0
#define DENIED_AUTH 1
#define NOBODY 65534
#define MACHINE_NAME_MAX 255
#define GROUPS_MAX 16
#define LAST_FRAGMENT 0x80000000u

const uint8_t *xdr_take_opaque(struct rd *r, size_t max, size_t *n)
{
	size_t len = rd_be32(r);
	if (r->bad || len > max) {
		r->bad = true;
		return NULL;
	}
	const uint8_t *p = rd_take(r, len);
	rd_skip(r, xdr_padding(len));
	*n = len;
	return r->bad ? NULL : p;
}

void xdr_put_opaque(struct wr *w, const void *p, size_t n)
{
	wr_be32(w, (uint32_t)n);
	wr_bytes(w, p, n);
	wr_zero(w, xdr_padding(n));
}

/* RFC 5531 appendix A. */
static bool take_auth_sys(const uint8_t *p, size_t n, struct rpc_call *c)
{
	struct rd r = rd_make(p, n);
	size_t len;
	rd_be32(&r);                    /* stamp */
	xdr_take_opaque(&r, MACHINE_NAME_MAX, &len);
	c->uid = rd_be32(&r);
	c->gid = rd_be32(&r);
	uint32_t groups = rd_be32(&r);
	if (groups > GROUPS_MAX)
		return false;
	rd_skip(&r, groups * 4u);
	return !r.bad && r.left == 0;
}

enum rpc_parsed rpc_call_parse(const void *pkt, size_t n, struct rpc_call *ret, enum rpc_auth_error *auth)
{
	struct rd r = rd_make(pkt, n);
	struct rpc_call c = { .uid = NOBODY, .gid = NOBODY };
	size_t len = 0;
	c.xid = rd_be32(&r);
	uint32_t type = rd_be32(&r), version = rd_be32(&r);
	if (r.bad || type != MSG_CALL)
		return RPC_CALL_NONE;
	*ret = c;
	if (version != RPC_VERSION)
		return RPC_CALL_VERSION;
	c.program = rd_be32(&r);
	c.version = rd_be32(&r);
	c.procedure = rd_be32(&r);
	uint32_t flavor = rd_be32(&r);
	const uint8_t *cred = xdr_take_opaque(&r, RPC_CREDENTIALS_MAX, &len);
	size_t verifier_len;
	rd_be32(&r);                    /* the verifier of both kinds is empty; what else stands there means nothing */
	xdr_take_opaque(&r, RPC_CREDENTIALS_MAX, &verifier_len);
	*auth = RPC_AUTH_BADCRED;
	if (r.bad)
		return RPC_CALL_AUTH;
	if (flavor != RPC_AUTH_NONE && flavor != RPC_AUTH_SYS) {
		*auth = RPC_AUTH_REJECTEDCRED;
		return RPC_CALL_AUTH;
	}
	c.flavor = (enum rpc_flavor)flavor;
	if (flavor == RPC_AUTH_SYS && !take_auth_sys(cred, len, &c))
		return RPC_CALL_AUTH;
	c.args = r;
	*ret = c;
	return RPC_CALL_OK;
}

void rpc_put_accepted(struct wr *w, uint32_t xid, enum rpc_accept status)
{
	wr_be32(w, xid);
	wr_be32(w, MSG_REPLY);
	wr_be32(w, REPLY_ACCEPTED);
	wr_be32(w, RPC_AUTH_NONE);      /* verifier */
	wr_be32(w, 0);
	wr_be32(w, status);
}

void rpc_put_prog_mismatch(struct wr *w, uint32_t xid, uint32_t low, uint32_t high)
{
	rpc_put_accepted(w, xid, RPC_PROG_MISMATCH);
	wr_be32(w, low);
	wr_be32(w, high);
}

static void put_denied(struct wr *w, uint32_t xid, uint32_t why)
{
	wr_be32(w, xid);
	wr_be32(w, MSG_REPLY);
	wr_be32(w, REPLY_DENIED);
	wr_be32(w, why);
}

void rpc_put_mismatch(struct wr *w, uint32_t xid)
{
	put_denied(w, xid, DENIED_VERSION);
	wr_be32(w, RPC_VERSION);
	wr_be32(w, RPC_VERSION);
}

void rpc_put_auth_error(struct wr *w, uint32_t xid, enum rpc_auth_error why)
{
	put_denied(w, xid, DENIED_AUTH);
	wr_be32(w, why);
}

void rpc_record_head(uint8_t head[RPC_FRAGMENT_HEAD], size_t n)
{
	struct wr w = wr_make(head, RPC_FRAGMENT_HEAD);
	wr_be32(&w, LAST_FRAGMENT | (uint32_t)n);
}

/* The fragments that follow the first one, up to the end of the record, moved behind it. */
static void join(uint8_t *buf, size_t used)
{
	size_t to = 0, at = 0;
	while (at < used) {
		struct rd r = rd_make(buf + at, used - at);
		size_t len = rd_be32(&r) & ~LAST_FRAGMENT;
		memmove(buf + RPC_FRAGMENT_HEAD + to, buf + at + RPC_FRAGMENT_HEAD, len);
		to += len;
		at += RPC_FRAGMENT_HEAD + len;
	}
}

enum rpc_record rpc_record_take(uint8_t *buf, size_t n, size_t max, size_t *length, size_t *used)
{
	struct rd r = rd_make(buf, n);
	size_t total = 0;
	for (int i = 0; i < RPC_FRAGMENTS_MAX; i++) {
		if (r.left < RPC_FRAGMENT_HEAD)
			return RPC_RECORD_MORE;
		uint32_t head = rd_be32(&r);
		size_t len = head & ~LAST_FRAGMENT;
		if (len > max - total)
			return RPC_RECORD_BAD;
		if (len > r.left)
			return RPC_RECORD_MORE;
		rd_skip(&r, len);
		total += len;
		if ((head & LAST_FRAGMENT) == 0)
			continue;
		*length = total;
		*used = n - r.left;
		if (i > 0)
			join(buf, *used);
		return RPC_RECORD_WHOLE;
	}
	return RPC_RECORD_BAD;
}
