/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_find.c - ways to a file: by a handle that is not in the table (any more), and by a path that a client mounts.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "netboot/nfs_private.h"

#define LOST_MS 2000               /* so long a handle is not searched for again */
#define READ_AT_ONCE 8192          /* of a directory, on each level of the search */
#define PATH_ROOM 8192             /* a path with the links on its way put in */

/* ---- by handle ---- */

struct search {
	struct nfs_tree *t;
	const struct nfs_ident *id;
	size_t left;                   /* entries that may still be looked at */
};

static struct nfs_node *descend(struct search *s, struct nfs_node *dir);

/* An entry whose name may be the next one on the way. */
static struct nfs_node *follow(struct search *s, struct nfs_node *dir, const char *name)
{
	struct statx st;
	bool last = dir->depth + 1 == s->id->depth;
	if (nfs_stat_entry(dir->fd, name, &st) != 0)
		return NULL;
	if (last ? st.stx_ino != s->id->ino || nfs_birth_of(&st) != s->id->birth : !S_ISDIR(st.stx_mode))
		return NULL;
	struct nfs_node *n = nfs_node_child(s->t, dir, name, &st);
	return n == NULL || last ? n : descend(s, n);
}

static struct nfs_node *descend(struct search *s, struct nfs_node *dir)
{
	char buf[READ_AT_ONCE] __attribute__((aligned(8)));
	struct nfs_node *found = NULL;
	uint16_t mask = nfs_hash_mask(s->id->depth);
	ssize_t n;
	if (nfs_tree_open(s->t, dir) != NFS3_OK || !dir->readable || lseek(dir->fd, 0, SEEK_SET) == -1)
		return NULL;
	nfs_tree_pin(dir);
	while (found == NULL && (n = getdents64(dir->fd, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < n && found == NULL; ) {
			const struct dirent64 *d = (const void *)(buf + at);
			at += d->d_reclen;
			if (s->left == 0)
				goto out;
			s->left--;
			if (((nfs_name_hash(&s->t->key, d->d_name) ^ s->id->hash[dir->depth]) & mask) != 0 || str_eq(d->d_name, ".") ||
				str_eq(d->d_name, ".."))
				continue;
			found = follow(s, dir, d->d_name);
		}
	}
out:
	nfs_tree_unpin(dir);
	return found;
}

static uint64_t mac_of(const struct nfs3_fh *fh)
{
	struct rd r = rd_make(fh->p + fh->n - NFS_TAG_SIZE - 8, 8);
	return rd_be64(&r);
}

static bool was_lost(const struct nfs_tree *t, uint64_t mac, int64_t now_ms)
{
	for (size_t i = 0; i < ARRAY_LEN(t->lost); i++)
		if (t->lost[i].mac == mac && t->lost[i].until_ms > now_ms)
			return true;
	return false;
}

static struct nfs_node *search_for(struct nfs_tree *t, const struct nfs_ident *id)
{
	struct search s = { t, id, NFS_SEARCH_MAX };
	struct nfs_node *n = NULL;
	for (size_t i = 0; i < t->nexports && n == NULL; i++)
		if (t->export[i].id == id->export && t->export[i].real != NULL)
			n = id->depth == 0 ? &t->export[i].root : descend(&s, &t->export[i].root);
	return n;
}

enum nfs3_status nfs_tree_find(struct nfs_tree *t, const struct nfs3_fh *fh, int64_t now_ms, struct nfs_node **ret, uint32_t *tag)
{
	struct nfs_ident id;
	if (fh->n <= NFS_TAG_SIZE + 8)
		return NFS3ERR_BADHANDLE;
	struct nfs_node *n = nfs_node_of(t, fh->p, fh->n - NFS_TAG_SIZE);
	if (n != NULL) {
		struct rd r = rd_make(fh->p + fh->n - NFS_TAG_SIZE, NFS_TAG_SIZE);
		*tag = rd_be32(&r);
		*ret = n;
		return NFS3_OK;
	}
	if (!nfs_handle_parse(&t->key, fh, &id, tag))
		return NFS3ERR_BADHANDLE;
	uint64_t mac = mac_of(fh);
	if (was_lost(t, mac, now_ms))
		return NFS3ERR_STALE;
	n = search_for(t, &id);
	if (n == NULL) {
		t->lost[t->next_lost++ % ARRAY_LEN(t->lost)] = (struct nfs_lost){ mac, now_ms + LOST_MS };
		return NFS3ERR_STALE;
	}
	*ret = n;
	return NFS3_OK;
}

/* ---- by path ---- */

/* What follows the export's path, or NULL: path does not lie there. */
static const char *below(const char *path, const char *export)
{
	size_t n = strlen(export);
	if (strncmp(path, export, n) != 0 || (path[n] != '\0' && path[n] != '/'))
		return NULL;
	return path + n;
}

/* The export with the longest path. As the kernel names it, it may be elsewhere: a link may say so. */
static struct nfs_node *export_of(struct nfs_tree *t, const char *path, const char **rest)
{
	struct nfs_node *best = NULL;
	for (size_t i = 0; i < t->nexports; i++) {
		struct nfs_export *x = &t->export[i];
		const char *r = x->real == NULL ? NULL : below(path, x->path);
		if (r == NULL && x->real != NULL)
			r = below(path, x->real);
		if (r == NULL || (best != NULL && r <= *rest))
			continue;
		best = &x->root;
		*rest = r;
	}
	return best;
}

/* As text: where a path with ".." leads is not asked outside of the exports. */
static bool tidy(const char *in, char path[PATH_ROOM])
{
	path[0] = '/';
	return path_normalise(in, path + 1, PATH_ROOM - 1);
}

/* The target of a link in dir, before what follows the link. */
static bool replace(struct nfs_tree *t, const struct nfs_node *dir, const char *target, const char *rest, char path[PATH_ROOM])
{
	char own[PATH_ROOM] = "", fresh[2 * PATH_ROOM];
	size_t n = strlen(t->root);
	if (*target != '/')
		nfs_tree_path(t, dir, own, sizeof(own));
	else if (strncmp(target, t->root, n) == 0 && target[n] == '/')
		target += n;
	int len = snprintf(fresh, sizeof(fresh), "%s/%s/%s", own, target, rest);
	return len > 0 && (size_t)len < sizeof(fresh) && tidy(fresh, path);
}

enum walked { ARRIVED, AGAIN, FAILED };

static enum walked follow_link(struct nfs_tree *t, struct nfs_node *dir, struct nfs_node *link, const char *rest, char *path,
	enum nfs3_status *status)
{
	char target[NFS3_PATH_MAX + 1];
	*status = nfs_tree_open(t, link);
	ssize_t n = *status == NFS3_OK ? readlinkat(link->fd, "", target, sizeof(target) - 1) : 0;
	if (n <= 0) {
		*status = *status == NFS3_OK ? NFS3ERR_IO : *status;
		return FAILED;
	}
	target[n] = '\0';
	*status = NFS3ERR_ACCES;
	return replace(t, dir, target, rest, path) ? AGAIN : FAILED;
}

/* From the export to the end of path, or to the first link, which then changes path. */
static enum walked walk(struct nfs_tree *t, char path[PATH_ROOM], struct nfs_node **ret, struct statx *st, enum nfs3_status *status)
{
	const char *rest = NULL;
	struct nfs_node *dir = export_of(t, path, &rest);
	*status = NFS3ERR_ACCES;
	if (dir == NULL)
		return FAILED;
	*status = nfs_tree_stat(t, dir, st);
	for (;;) {
		char name[NFS3_NAME_MAX + 1];
		struct nfs_node *next = NULL;
		rest += strspn(rest, "/");
		size_t n = strcspn(rest, "/");
		if (*status != NFS3_OK)
			return FAILED;
		*ret = dir;
		if (n == 0)
			return ARRIVED;
		if (n > NFS3_NAME_MAX) {
			*status = NFS3ERR_NAMETOOLONG;
			return FAILED;
		}
		memcpy(name, rest, n);
		name[n] = '\0';
		rest += n;
		*status = nfs_tree_lookup(t, dir, name, &next, st);
		if (*status == NFS3_OK && S_ISLNK(st->stx_mode))
			return follow_link(t, dir, next, rest + strspn(rest, "/"), path, status);
		dir = next;
	}
}

enum nfs3_status nfs_tree_resolve(struct nfs_tree *t, const char *path, struct nfs_node **ret, struct statx *st)
{
	char way[PATH_ROOM];
	enum nfs3_status status = NFS3ERR_ACCES;
	if (!tidy(path, way))
		return NFS3ERR_ACCES;
	for (int i = 0; i < NFS_LINKS_MAX; i++) {
		switch (walk(t, way, ret, st, &status)) {
		case ARRIVED: return NFS3_OK;
		case FAILED: return status;
		case AGAIN: break;
		}
	}
	return NFS3ERR_ACCES;
}
