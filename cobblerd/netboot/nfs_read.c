/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_read.c - what NFS answers about files and file systems (RFC 1813 section 3.3).
 */
#include <errno.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "netboot/nfs_service.h"

/* The attributes of the call's node; false: a failure was written. */
static bool attributes(struct nfs_call *c, struct statx *st, struct nfs3_attr *attr)
{
	enum nfs3_status rc = nfs_tree_stat(&c->s->tree, c->node, st);
	if (rc == NFS3_OK)
		nfs_tree_attr(&c->s->tree, c->node, st, attr);
	else
		nfs_fail(c, rc);
	return rc == NFS3_OK;
}

/* The same of one that is open. */
static bool opened(struct nfs_call *c, struct statx *st, struct nfs3_attr *attr)
{
	enum nfs3_status rc = nfs_tree_open(&c->s->tree, c->node);
	if (rc == NFS3_OK)
		return attributes(c, st, attr);
	nfs_fail(c, rc);
	return false;
}

void nfs_do_getattr(struct nfs_call *c)
{
	struct statx st;
	struct nfs3_attr attr;
	if (!attributes(c, &st, &attr))
		return;
	wr_be32(&c->out->w, NFS3_OK);
	nfs3_put_attr(&c->out->w, &attr);
}

void nfs_do_lookup(struct nfs_call *c)
{
	struct nfs_tree *t = &c->s->tree;
	struct nfs_node *n;
	struct statx st;
	struct nfs3_attr attr;
	struct nfs3_fh fh;
	if (c->args.name_bad) {
		nfs_fail(c, c->args.name_len > NFS3_NAME_MAX ? NFS3ERR_NAMETOOLONG : NFS3ERR_ACCES);
		return;
	}
	enum nfs3_status rc = nfs_tree_lookup(t, c->node, c->args.name, &n, &st);
	if (rc != NFS3_OK) {
		nfs_fail(c, rc);
		return;
	}
	nfs_tree_handle(n, c->who->tag, &fh);
	nfs_tree_attr(t, n, &st, &attr);
	wr_be32(&c->out->w, NFS3_OK);
	xdr_put_opaque(&c->out->w, fh.p, fh.n);
	nfs3_put_post_attr(&c->out->w, &attr);
	bool known = nfs_tree_stat(t, c->node, &st) == NFS3_OK;
	if (known)
		nfs_tree_attr(t, c->node, &st, &attr);
	nfs3_put_post_attr(&c->out->w, known ? &attr : NULL);
}

/* Whoever the client says it is, it may do what this process may: read what everybody may read. */
void nfs_do_access(struct nfs_call *c)
{
	struct statx st;
	struct nfs3_attr attr;
	uint32_t may = 0;
	if (!opened(c, &st, &attr))
		return;
	if (c->node->readable)
		may |= ACCESS3_READ;
	if (attr.type == NFS3_DIR && nfs_stat_entry(c->node->fd, ".", &st) == 0)        /* which takes the right to search */
		may |= ACCESS3_LOOKUP;
	if (attr.type == NFS3_REG && c->node->readable && (attr.mode & 0111) != 0)
		may |= ACCESS3_EXECUTE;
	wr_be32(&c->out->w, NFS3_OK);
	nfs3_put_post_attr(&c->out->w, &attr);
	wr_be32(&c->out->w, c->args.count & may);
}

void nfs_do_readlink(struct nfs_call *c)
{
	char target[NFS3_PATH_MAX + 1];
	struct statx st;
	struct nfs3_attr attr;
	if (c->node->mode != S_IFLNK) {
		nfs_fail(c, NFS3ERR_INVAL);
		return;
	}
	if (!opened(c, &st, &attr))
		return;
	ssize_t n = readlinkat(c->node->fd, "", target, sizeof(target));
	if (n < 0) {
		nfs_fail(c, nfs_status_of(errno));
		return;
	}
	wr_be32(&c->out->w, NFS3_OK);
	nfs3_put_post_attr(&c->out->w, &attr);
	xdr_put_opaque(&c->out->w, target, (size_t)n);
}

/* Little data, and all data of a datagram, is copied into the answer. What a file is shorter by then is less than was asked for, too. */
static void copy_data(struct nfs_call *c, const struct nfs3_attr *attr, uint32_t count)
{
	uint32_t got = 0;
	while (got < count) {
		ssize_t n = pread(c->node->fd, c->s->scratch + got, count - got, (off_t)(c->args.offset + got));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			nfs_fail(c, nfs_status_of(errno));
			return;
		}
		if (n == 0)
			break;
		got += (uint32_t)n;
	}
	nfs3_put_read(&c->out->w, attr, got, c->args.offset + got >= attr->size || got < count);
	wr_bytes(&c->out->w, c->s->scratch, got);
	c->out->copied = got;
	wr_zero(&c->out->w, xdr_padding(got));
}

void nfs_do_read(struct nfs_call *c)
{
	struct statx st;
	struct nfs3_attr attr;
	uint32_t most = c->who->stream ? NFS_TRANSFER_TCP : NFS_TRANSFER_UDP, count = c->args.count < most ? c->args.count : most;
	if (c->node->mode != S_IFREG) {
		nfs_fail(c, c->node->mode == S_IFDIR ? NFS3ERR_ISDIR : NFS3ERR_INVAL);
		return;
	}
	if (!opened(c, &st, &attr))
		return;
	if (!c->node->readable) {
		nfs_fail(c, NFS3ERR_ACCES);
		return;
	}
	uint64_t left = c->args.offset < attr.size ? attr.size - c->args.offset : 0;
	if (count > left)
		count = (uint32_t)left;
	if (!c->who->stream || count <= NFS_COPY_MAX) {
		copy_data(c, &attr, count);
		return;
	}
	nfs3_put_read(&c->out->w, &attr, count, count == left);
	nfs_tree_pin(c->node);
	c->out->file = c->node;
	c->out->offset = c->args.offset;
	c->out->length = count;
}

void nfs_do_fsstat(struct nfs_call *c)
{
	struct statx st;
	struct nfs3_attr attr;
	struct statfs f;
	if (!opened(c, &st, &attr))
		return;
	if (fstatfs(c->node->fd, &f) == -1) {
		nfs_fail(c, nfs_status_of(errno));
		return;
	}
	uint64_t block = (uint64_t)f.f_bsize;
	struct nfs3_fsstat s = { f.f_blocks * block, f.f_bfree * block, f.f_bavail * block, f.f_files, f.f_ffree, f.f_ffree };
	nfs3_put_fsstat(&c->out->w, &attr, &s);
}

void nfs_do_fsinfo(struct nfs_call *c)
{
	struct statx st;
	struct nfs3_attr attr;
	if (attributes(c, &st, &attr))
		nfs3_put_fsinfo(&c->out->w, &attr, c->who->stream ? NFS_TRANSFER_TCP : NFS_TRANSFER_UDP, NFS_DIR_MAX);
}

void nfs_do_pathconf(struct nfs_call *c)
{
	struct statx st;
	struct nfs3_attr attr;
	if (attributes(c, &st, &attr))
		nfs3_put_pathconf(&c->out->w, &attr);
}
