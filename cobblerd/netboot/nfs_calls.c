/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_calls.c - from a call to the one that answers it: program, version, procedure, arguments, handle.
 */
#include "base/log.h"
#include "netboot/nfs_service.h"

static const struct { void (*run)(struct nfs_call *c); } handlers[NFS3_PROCS] = {
	[NFS3_GETATTR] = { nfs_do_getattr }, [NFS3_LOOKUP] = { nfs_do_lookup }, [NFS3_ACCESS] = { nfs_do_access },
	[NFS3_READLINK] = { nfs_do_readlink }, [NFS3_READ] = { nfs_do_read }, [NFS3_READDIR] = { nfs_do_readdir },
	[NFS3_READDIRPLUS] = { nfs_do_readdir }, [NFS3_FSSTAT] = { nfs_do_fsstat }, [NFS3_FSINFO] = { nfs_do_fsinfo },
	[NFS3_PATHCONF] = { nfs_do_pathconf },
};

/* Which programs a port has. */
static const struct program {
	enum nfs_listener_kind kind;
	uint32_t number, low, high;
} programs[] = {
	{ NFS_LISTEN_NFS, NFS3_PROGRAM, NFS3_VERSION, NFS3_VERSION },
	{ NFS_LISTEN_NFS, MOUNT_PROGRAM, MOUNT_VERSION, MOUNT_VERSION },
	{ NFS_LISTEN_PORTMAP, PORTMAP_PROGRAM, PORTMAP_VERSION, RPCBIND_VERSION_MAX },
};

void nfs_fail(struct nfs_call *c, enum nfs3_status status)
{
	struct statx st;
	struct nfs3_attr attr;
	bool known = c->node != NULL && status != NFS3ERR_STALE && nfs_tree_stat(&c->s->tree, c->node, &st) == NFS3_OK;
	if (known)
		nfs_tree_attr(&c->s->tree, c->node, &st, &attr);
	nfs3_put_failure(&c->out->w, c->proc, status, known ? &attr : NULL);
}

/* The handle's file. Over UDP only handles that were given to this address: nobody can have answers sent to another one. */
static enum nfs3_status find(struct nfs_call *c)
{
	uint32_t tag = 0;
	enum nfs3_status rc = nfs_tree_find(&c->s->tree, &c->args.fh, c->s->now_ms, &c->node, &tag);
	if (rc == NFS3_OK && !c->who->stream && tag != c->who->tag)
		rc = NFS3ERR_STALE;
	if (rc != NFS3_OK)
		c->node = NULL;
	if (rc == NFS3ERR_BADHANDLE && nfs_may_complain(c->s))
		log_warn("nfs", "%s uses a file handle that this server did not make", c->who->ip);
	return rc;
}

/* False: garbage. */
static bool answer_nfs(struct nfs_service *s, const struct nfs_client *who, struct rpc_call *call, struct nfs_answer_out *out)
{
	struct nfs_call c = { .s = s, .who = who, .proc = (enum nfs3_proc)call->procedure, .out = out };
	if (!nfs3_take_args(&call->args, c.proc, &c.args))
		return false;
	rpc_put_accepted(&out->w, call->xid, RPC_SUCCESS);
	if (c.proc == NFS3_NULL)
		return true;
	enum nfs3_status rc = find(&c);
	if (rc == NFS3_OK && nfs3_changes(c.proc))
		rc = NFS3ERR_ROFS;
	if (rc != NFS3_OK)
		nfs_fail(&c, rc);
	else
		handlers[c.proc].run(&c);
	return true;
}

static const struct program *program_of(const struct nfs_client *who, uint32_t number)
{
	for (size_t i = 0; i < ARRAY_LEN(programs); i++)
		if (programs[i].kind == who->kind && programs[i].number == number)
			return &programs[i];
	return NULL;
}

static void answer_program(struct nfs_service *s, const struct nfs_client *who, struct rpc_call *call, struct nfs_answer_out *a)
{
	struct wr start = a->w;
	bool found, garbage = false;
	if (call->program == NFS3_PROGRAM) {
		found = call->procedure < NFS3_PROCS;
		garbage = found && !answer_nfs(s, who, call, a);
	} else {
		rpc_put_accepted(&a->w, call->xid, RPC_SUCCESS);
		found = call->program == MOUNT_PROGRAM ? nfs_do_mount(s, who, call, &a->w, &garbage) :
			nfs_do_portmap(s, who, call, &a->w, &garbage);
	}
	if (found && !garbage && !a->w.bad)
		return;
	if (a->file != NULL)
		nfs_tree_unpin(a->file);
	a->file = NULL;
	a->w = start;
	rpc_put_accepted(&a->w, call->xid, !found ? RPC_PROC_UNAVAIL : garbage ? RPC_GARBAGE_ARGS : RPC_SYSTEM_ERR);
}

void nfs_answer(struct nfs_service *s, const struct nfs_client *who, const uint8_t *pkt, size_t n, struct nfs_answer_out *a)
{
	struct rpc_call call;
	enum rpc_auth_error auth;
	switch (rpc_call_parse(pkt, n, &call, &auth)) {
	case RPC_CALL_NONE:
		return;
	case RPC_CALL_VERSION:
		rpc_put_mismatch(&a->w, call.xid);
		return;
	case RPC_CALL_AUTH:
		rpc_put_auth_error(&a->w, call.xid, auth);
		return;
	case RPC_CALL_OK:
		break;
	}
	const struct program *p = program_of(who, call.program);
	if (p == NULL)
		rpc_put_accepted(&a->w, call.xid, RPC_PROG_UNAVAIL);
	else if (call.version < p->low || call.version > p->high)
		rpc_put_prog_mismatch(&a->w, call.xid, p->low, p->high);
	else
		answer_program(s, who, &call, a);
}
