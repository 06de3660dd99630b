/* SPDX-License-Identifier: GPL-2.0-or-later
 * rpc.h - ONC RPC version 2 (RFC 5531) as a server sees it, and the parts of XDR (RFC 4506) that its programs share: bytes to structs and
 * back. No socket, no clock.
 */
#ifndef WIRE_RPC_H
#define WIRE_RPC_H

#include "base/bytes.h"

#define RPC_VERSION 2
#define RPC_CREDENTIALS_MAX 400    /* RFC 5531 section 8.2: bytes of credentials or verifier */
#define RPC_FRAGMENTS_MAX 16       /* of one record; everybody sends one */
#define RPC_FRAGMENT_HEAD 4
#define RPC_ANSWER_HEAD 24         /* of an accepted call */

enum rpc_flavor { RPC_AUTH_NONE = 0, RPC_AUTH_SYS = 1 };

/* What is said about an accepted call (RFC 5531 section 9). */
enum rpc_accept { RPC_SUCCESS, RPC_PROG_UNAVAIL, RPC_PROG_MISMATCH, RPC_PROC_UNAVAIL, RPC_GARBAGE_ARGS, RPC_SYSTEM_ERR };

enum rpc_auth_error { RPC_AUTH_BADCRED = 1, RPC_AUTH_REJECTEDCRED = 2 };

struct rpc_call {
	uint32_t xid, program, version, procedure;
	enum rpc_flavor flavor;
	uint32_t uid, gid;             /* of RPC_AUTH_SYS; 65534 otherwise */
	struct rd args;                /* what follows the head; points into the packet */
};

enum rpc_parsed {
	RPC_CALL_OK,
	RPC_CALL_NONE,                 /* no call at all: there is nothing that could be answered */
	RPC_CALL_VERSION,              /* another version of RPC: rpc_put_mismatch; only xid is filled in */
	RPC_CALL_AUTH,                 /* credentials that are malformed or of another kind: rpc_put_auth_error; *auth says which */
};

/* Parses the head of a call. pkt must outlive *ret. */
enum rpc_parsed rpc_call_parse(const void *pkt, size_t n, struct rpc_call *ret, enum rpc_auth_error *auth) MUST_CHECK;

/* The beginning of each kind of answer; results follow RPC_SUCCESS. */
void rpc_put_accepted(struct wr *w, uint32_t xid, enum rpc_accept status);
void rpc_put_prog_mismatch(struct wr *w, uint32_t xid, uint32_t low, uint32_t high);
void rpc_put_mismatch(struct wr *w, uint32_t xid);
void rpc_put_auth_error(struct wr *w, uint32_t xid, enum rpc_auth_error why);

/* Records in a stream (RFC 5531 section 11). buf[0..n): bytes as they came. */
enum rpc_record { RPC_RECORD_WHOLE, RPC_RECORD_MORE, RPC_RECORD_BAD };
/* WHOLE: the record is buf[4..4 + *length), its fragments moved together, and the first *used bytes of buf are done with. MORE: not
 * complete yet. BAD: longer than max or in too many fragments; the stream is lost. */
enum rpc_record rpc_record_take(uint8_t *buf, size_t n, size_t max, size_t *length, size_t *used) MUST_CHECK;
/* The head of a record that is one fragment of n bytes. */
void rpc_record_head(uint8_t head[RPC_FRAGMENT_HEAD], size_t n);

/* A counted byte string of at most max bytes with its padding; longer ones make r bad. Points into the packet; NULL when r is bad. */
const uint8_t *xdr_take_opaque(struct rd *r, size_t max, size_t *n);
void xdr_put_opaque(struct wr *w, const void *p, size_t n);
/* Zeros after n bytes up to the next multiple of four. */
static inline size_t xdr_padding(size_t n) { return (4 - n % 4) % 4; }

#endif
