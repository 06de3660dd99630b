/* SPDX-License-Identifier: GPL-2.0-or-later
 * rpc.h - Cobbler's XML-RPC: bytes of a request in, bytes of a response out. Knows no socket.
 */
#ifndef RPC_RPC_H
#define RPC_RPC_H

#include "core/core.h"

struct rpc;

/* Sets up tokens, authentication and authorization from modules.conf, and the shared secret /var/lib/cobbler/web.ss. */
int rpc_open(struct core *c, struct rpc **ret, struct err *e) MUST_CHECK;
void rpc_close(struct rpc *r);
/* One call; thread-safe. peer: the caller's address. local: it is a program of this host that speaks to us directly. Always appends a
 * complete response document (a fault for whatever is wrong). *packed: may it be gzip, and then whether it is; NULL: it may not. */
void rpc_call(struct rpc *r, const char *body, size_t n, const char *peer, bool local, bool *packed, struct strbuf *out);
/* Is the call in this body one that waits for nothing and takes microseconds, so that it is answered where it was received? */
bool rpc_is_quick(struct rpc *r, const char *body, size_t n);
/* The same methods by name for /cblr/svc and tests, for callers that are not local: params a list; *ret owned. machine: the answer is for
 * one that boots or installs, which gets what is saved, and nothing of what is under edit. */
int rpc_invoke(struct rpc *r, const char *method, const struct value *params, const char *peer, bool machine, struct value **ret,
	struct err *e) MUST_CHECK;

/* Appends an error as clients of Cobbler see it: "<class 'X'>:message". */
void fault_text(struct strbuf *out, const struct err *e);

#endif
