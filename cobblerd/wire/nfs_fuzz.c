/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_fuzz.c - any bytes as a stream of RPC records to the port mapper, MOUNT and NFS: what is accepted keeps its bounds, and answers
 * are as long as they say.
 */
#include <stdlib.h>
#include <string.h>

#include "wire/mount3.h"
#include "wire/nfs3.h"
#include "wire/portmap.h"

#define RECORD_MAX (36u << 10)

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void try_nfs(struct rpc_call *c)
{
	struct nfs3_args a;
	uint8_t out[512];
	if (c->procedure >= NFS3_PROCS || !nfs3_take_args(&c->args, (enum nfs3_proc)c->procedure, &a))
		return;
	require(a.fh.n <= NFS3_FH_MAX && a.fh2.n <= NFS3_FH_MAX);
	require(a.name_bad ? *a.name == '\0' : strlen(a.name) == a.name_len && a.name_len <= NFS3_NAME_MAX);
	struct wr w = wr_make(out, sizeof(out));
	rpc_put_accepted(&w, c->xid, RPC_SUCCESS);
	struct nfs3_attr attr = { .type = NFS3_REG };
	nfs3_put_failure(&w, (enum nfs3_proc)c->procedure, NFS3ERR_ROFS, &attr);
	require(!w.bad && w.len % 4 == 0);
}

static void try_texts(const struct rpc_call *c)
{
	char path[MOUNT_PATH_MAX + 1], netid[RPCBIND_TEXT_MAX + 1];
	uint32_t program, version;
	struct portmap_entry e;
	struct rd r = c->args;
	if (mount_take_path(&r, path))
		require(strlen(path) <= MOUNT_PATH_MAX);
	r = c->args;
	if (rpcbind_take(&r, &program, &version, netid))
		require(strlen(netid) <= RPCBIND_TEXT_MAX);
	r = c->args;
	if (portmap_take(&r, &e))
		require(c->args.left >= 16);
}

static void try_call(const uint8_t *p, size_t n)
{
	struct rpc_call c;
	enum rpc_auth_error auth = 0;
	enum rpc_parsed rc = rpc_call_parse(p, n, &c, &auth);
	require(rc != RPC_CALL_AUTH || auth == RPC_AUTH_BADCRED || auth == RPC_AUTH_REJECTEDCRED);
	if (rc != RPC_CALL_OK)
		return;
	require(c.args.left <= n && (c.flavor == RPC_AUTH_NONE || c.flavor == RPC_AUTH_SYS));
	try_texts(&c);
	if (c.program == NFS3_PROGRAM)
		try_nfs(&c);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	uint8_t *buf = malloc(size + 1);
	size_t n = size, length, used;
	memcpy(buf, data, size);
	while (rpc_record_take(buf, n, RECORD_MAX, &length, &used) == RPC_RECORD_WHOLE) {
		require(length <= RECORD_MAX && used <= n && RPC_FRAGMENT_HEAD + length <= used);
		try_call(buf + RPC_FRAGMENT_HEAD, length);
		n -= used;
		memmove(buf, buf + used, n);
	}
	free(buf);
	try_call(data, size);
	(void)portmap_answer_parse(data, size, 0);
	return 0;
}
