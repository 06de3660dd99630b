/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_dir.c - READDIR and READDIRPLUS. A cookie is where the kernel says that the next entry is: it stays good, and nothing is kept for it.
 */
#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "netboot/nfs_service.h"

#define READ_AT_ONCE 8192

struct listing {
	struct nfs_call *c;
	bool plus;
	struct statx dir;
	struct wr w;                   /* what the client has room for, but for the end */
	size_t entries;
};

/* Number, attributes and handle of an entry. False: what READDIR itself said must do. */
static bool look_at(struct listing *l, const char *name, uint64_t *fileid, struct nfs3_attr *attr, struct nfs3_fh *fh)
{
	struct nfs_tree *t = &l->c->s->tree;
	struct nfs_node *n = NULL;
	struct statx st;
	if (nfs_tree_entry(t, l->c->node, name, &n, &st) != NFS3_OK)
		return false;
	nfs_tree_attr(t, n, &st, attr);
	nfs_tree_handle(n, l->c->who->tag, fh);
	*fileid = attr->fileid;
	return true;
}

/* False: it does not fit any more. */
static bool put(struct listing *l, const struct dirent64 *d)
{
	struct nfs_tree *t = &l->c->s->tree;
	struct nfs3_attr attr;
	struct nfs3_fh fh;
	struct wr before = l->w;
	struct statx st = l->dir;
	bool dots = str_eq(d->d_name, ".") || str_eq(d->d_name, "..");
	st.stx_ino = d->d_ino;
	uint64_t fileid = nfs_tree_fileid(t, l->c->node, &st);
	bool known = (l->plus || dots) && look_at(l, d->d_name, &fileid, &attr, &fh);
	nfs3_put_entry(&l->w, fileid, d->d_name, strlen(d->d_name), (uint64_t)d->d_off);
	if (l->plus) {
		nfs3_put_post_attr(&l->w, known ? &attr : NULL);
		nfs3_put_post_fh(&l->w, known ? &fh : NULL);
	}
	if (l->w.bad)
		l->w = before;
	else
		l->entries++;
	return l->w.p != before.p;
}

/* Entries from the cookie on, until there is no more room. */
static enum nfs3_status list(struct listing *l, bool *eof)
{
	char buf[READ_AT_ONCE] __attribute__((aligned(8)));
	int fd = l->c->node->fd;
	if (l->c->args.offset > INT64_MAX || lseek(fd, (off_t)l->c->args.offset, SEEK_SET) == -1)
		return NFS3ERR_BAD_COOKIE;
	for (;;) {
		ssize_t n = getdents64(fd, buf, sizeof(buf));
		if (n == -1)
			return errno == EINVAL ? NFS3ERR_BAD_COOKIE : nfs_status_of(errno == ENOENT ? ESTALE : errno);
		*eof = n == 0;
		if (n == 0)
			return NFS3_OK;
		for (ssize_t at = 0; at < n; ) {
			const struct dirent64 *d = (const void *)(buf + at);
			at += d->d_reclen;
			if (!put(l, d))
				return l->entries > 0 ? NFS3_OK : NFS3ERR_TOOSMALL;
		}
	}
}

void nfs_do_readdir(struct nfs_call *c)
{
	struct nfs_tree *t = &c->s->tree;
	struct statx st;
	struct nfs3_attr attr;
	bool plus = c->proc == NFS3_READDIRPLUS, eof = false;
	uint32_t room = plus ? c->args.maxcount : c->args.count;
	enum nfs3_status rc = c->node->mode != S_IFDIR ? NFS3ERR_NOTDIR : nfs_tree_open(t, c->node);
	if (rc == NFS3_OK)
		rc = nfs_tree_stat(t, c->node, &st);
	if (rc == NFS3_OK && !c->node->readable)
		rc = NFS3ERR_ACCES;
	if (rc != NFS3_OK) {
		nfs_fail(c, rc);
		return;
	}
	if (room > NFS_DIR_MAX)
		room = NFS_DIR_MAX;
	nfs_tree_attr(t, c->node, &st, &attr);
	struct wr *w = &c->out->w, before = *w;
	nfs3_put_dir_head(w, &attr);
	size_t head = w->len - before.len - 4;          /* maxcount bounds what follows the status */
	struct listing l = { .c = c, .plus = plus, .dir = st, .w = *w };
	size_t most = room > head + NFS3_DIR_END ? room - head - NFS3_DIR_END : 0;
	l.w.left = most < w->left - NFS3_DIR_END ? most : w->left - NFS3_DIR_END;
	size_t kept_back = w->left - l.w.left;
	nfs_tree_pin(c->node);                          /* its entries become nodes: it must outlive them */
	rc = list(&l, &eof);
	nfs_tree_unpin(c->node);
	if (rc != NFS3_OK) {
		*w = before;
		nfs_fail(c, rc);
		return;
	}
	*w = l.w;
	w->left += kept_back;
	nfs3_put_dir_end(w, eof);
}
