/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_tree.c - nodes and open files; see nfs_tree.h.
 */
#include "netboot/nfs_private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

#define BUCKETS 65536
#define EVICT_TRIES 256            /* nodes in use that are passed over */
#define STATX_WANTED (STATX_BASIC_STATS | STATX_BTIME)

enum nfs3_status nfs_status_of(int error)
{
	static const struct { int error; enum nfs3_status status; } rows[] = {
		{ 0, NFS3_OK }, { ENOENT, NFS3ERR_NOENT }, { EACCES, NFS3ERR_ACCES }, { EPERM, NFS3ERR_ACCES }, { ENOTDIR, NFS3ERR_NOTDIR },
		{ EISDIR, NFS3ERR_ISDIR }, { EINVAL, NFS3ERR_INVAL }, { ENAMETOOLONG, NFS3ERR_NAMETOOLONG }, { ESTALE, NFS3ERR_STALE },
		{ ELOOP, NFS3ERR_STALE }, { EXDEV, NFS3ERR_ACCES }, { EMFILE, NFS3ERR_JUKEBOX }, { ENFILE, NFS3ERR_JUKEBOX },
		{ ENOMEM, NFS3ERR_JUKEBOX }, { EAGAIN, NFS3ERR_JUKEBOX },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].error == error)
			return rows[i].status;
	return NFS3ERR_IO;
}

uint32_t nfs_birth_of(const struct statx *st)
{
	if ((st->stx_mask & STATX_BTIME) == 0)
		return 0;
	return (uint32_t)st->stx_btime.tv_sec * 2654435761u ^ st->stx_btime.tv_nsec;
}

bool nfs_node_is(const struct nfs_node *n, const struct statx *st)
{
	return n->parent == NULL || (n->ino == st->stx_ino && n->birth == nfs_birth_of(st) && n->mode == (st->stx_mode & S_IFMT));
}

int nfs_stat_entry(int dir, const char *name, struct statx *st)
{
	return statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_WANTED, st) == -1 ? errno : 0;
}

/* ---- the table ---- */

void nfs_tree_init(struct nfs_tree *t, const uint8_t *key, size_t open_max, const char *root)
{
	memset(t, 0, sizeof(*t));
	nfs_key_set(&t->key, key);
	t->open_max = open_max;
	t->root = xstrdup(root);
	t->bucket = xcalloc(BUCKETS, sizeof(struct nfs_node *));
	TAILQ_INIT(&t->by_use);
	TAILQ_INIT(&t->by_open);
}

static struct nfs_node **bucket_of(struct nfs_tree *t, const uint8_t *key, size_t n)
{
	/* The last bytes are a keyed hash: clients cannot make them alike. */
	return &t->bucket[((unsigned)key[n - 1] << 8 | key[n - 2]) % BUCKETS];
}

struct nfs_node *nfs_node_of(struct nfs_tree *t, const uint8_t *key, size_t n)
{
	for (struct nfs_node *x = *bucket_of(t, key, n); x != NULL; x = x->chain)
		if (x->key_len == n && memcmp(x->key, key, n) == 0)
			return x;
	return NULL;
}

static void put_in_table(struct nfs_tree *t, struct nfs_node *n)
{
	struct nfs_node **b = bucket_of(t, n->key, n->key_len);
	n->chain = *b;
	*b = n;
}

static void take_out_of_table(struct nfs_tree *t, struct nfs_node *n)
{
	struct nfs_node **at = bucket_of(t, n->key, n->key_len);
	while (*at != n)
		at = &(*at)->chain;
	*at = n->chain;
}

/* A node is never longer unused than what it is reached from: so the one that was not used for the longest time has nothing below it. */
static void touch(struct nfs_tree *t, struct nfs_node *n)
{
	for (; n->parent != NULL; n = n->parent) {
		TAILQ_REMOVE(&t->by_use, n, by_use);
		TAILQ_INSERT_HEAD(&t->by_use, n, by_use);
	}
}

static void close_node(struct nfs_tree *t, struct nfs_node *n)
{
	if (n->fd == -1 || n->parent == NULL)
		return;
	close_fd(&n->fd);
	TAILQ_REMOVE(&t->by_open, n, by_open);
	t->open--;
}

static void drop(struct nfs_tree *t, struct nfs_node *n)
{
	close_node(t, n);
	take_out_of_table(t, n);
	TAILQ_REMOVE(&t->by_use, n, by_use);
	n->parent->children--;
	t->nodes--;
	free(n->name);
	free(n);
}

static bool make_room(struct nfs_tree *t, const struct nfs_node *keep)
{
	struct nfs_node *n = TAILQ_LAST(&t->by_use, nfs_nodes);
	for (int i = 0; i < EVICT_TRIES && n != NULL; i++, n = TAILQ_PREV(n, nfs_nodes, by_use)) {
		if (n->children > 0 || n->pins > 0 || n == keep)
			continue;
		drop(t, n);
		return true;
	}
	return false;
}

void nfs_tree_free(struct nfs_tree *t)
{
	for (struct nfs_node *n; (n = TAILQ_LAST(&t->by_use, nfs_nodes)) != NULL; )
		drop(t, n);
	for (size_t i = 0; i < t->nexports; i++) {
		close_fd(&t->export[i].root.fd);
		free(t->export[i].path);
		free(t->export[i].real);
	}
	free(t->bucket);
	free(t->root);
}

void nfs_tree_pin(struct nfs_node *n)
{
	n->pins++;
}

void nfs_tree_unpin(struct nfs_node *n)
{
	n->pins--;
}

static void ident_of(const struct nfs_tree *t, const struct nfs_node *n, struct nfs_ident *id)
{
	memset(id, 0, sizeof(*id));
	id->export = t->export[n->export].id;
	id->depth = n->depth;
	id->ino = n->ino;
	id->birth = n->birth;
	for (const struct nfs_node *x = n; x->parent != NULL; x = x->parent)
		id->hash[x->depth - 1] = x->hash;
}

static void make_key(const struct nfs_tree *t, struct nfs_node *n)
{
	struct nfs_ident id;
	struct nfs3_fh fh;
	ident_of(t, n, &id);
	nfs_handle_build(&t->key, &id, 0, &fh);
	n->key_len = (uint8_t)(fh.n - NFS_TAG_SIZE);
	memcpy(n->key, fh.p, n->key_len);
}

/* Handles tell exports apart by it. */
static uint16_t free_id(const struct nfs_tree *t, uint16_t id)
{
	for (size_t i = 0; i < t->nexports; i++)
		if (t->export[i].id == id)
			return free_id(t, (uint16_t)(id + 1));
	return id;
}

void nfs_tree_export(struct nfs_tree *t, const char *path, int dir)
{
	char link[64], real[PATH_MAX];
	struct nfs_export *x = &t->export[t->nexports];
	struct nfs_node *n = &x->root;
	x->path = xstrdup(path);
	x->fsid = nfs_hash(&t->key, path, strlen(path));
	x->id = free_id(t, (uint16_t)x->fsid);
	n->export = (uint8_t)t->nexports++;
	n->fd = dir;
	n->mode = S_IFDIR;
	if (statx(dir, "", AT_EMPTY_PATH, STATX_WANTED, &x->at_start) == 0 && S_ISDIR(x->at_start.stx_mode)) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
		ssize_t len = readlink(link, real, sizeof(real) - 1);
		x->real = len > 0 ? xstrndup(real, (size_t)len) : xstrdup(path);
	}
	make_key(t, n);
	put_in_table(t, n);
}

/* The same file by a name of the same hash: another name of it, or in a directory that took the place of the former one. */
static void reach_by(struct nfs_node *n, struct nfs_node *dir, const char *name)
{
	struct statx st;
	bool moved = n->parent != dir;
	if (moved) {
		n->parent->children--;
		n->parent = dir;
		dir->children++;
	}
	if (str_eq(n->name, name) || (!moved && nfs_stat_entry(dir->fd, n->name, &st) == 0 && nfs_node_is(n, &st)))
		return;
	free(n->name);
	n->name = xstrdup(name);
}

struct nfs_node *nfs_node_child(struct nfs_tree *t, struct nfs_node *dir, const char *name, const struct statx *st)
{
	if (dir->depth == NFS_DEPTH_MAX)
		return NULL;
	struct nfs_node fresh = { .parent = dir, .fd = -1, .export = dir->export, .depth = (uint8_t)(dir->depth + 1),
		.hash = nfs_name_hash(&t->key, name), .mode = st->stx_mode & S_IFMT, .ino = st->stx_ino, .birth = nfs_birth_of(st) };
	make_key(t, &fresh);
	struct nfs_node *n = nfs_node_of(t, fresh.key, fresh.key_len);
	if (n != NULL && n->mode == fresh.mode) {
		reach_by(n, dir, name);
		touch(t, n);
		return n;
	}
	/* The same number as another type of file: the file system tells no birth, and nobody has let go of the former one yet. */
	if (n != NULL && (n->pins > 0 || n->children > 0))
		return NULL;
	if (n != NULL)
		drop(t, n);
	if (t->nodes >= NFS_NODES_MAX && !make_room(t, dir))
		return NULL;
	n = xmalloc(sizeof(*n));
	*n = fresh;
	n->name = xstrdup(name);
	put_in_table(t, n);
	TAILQ_INSERT_HEAD(&t->by_use, n, by_use);
	touch(t, n);
	dir->children++;
	t->nodes++;
	return n;
}

/* ---- open files ---- */

static int open_entry(int dir, const char *name, uint64_t flags)
{
	struct open_how how = { .flags = flags | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	return (int)syscall(SYS_openat2, dir, name, &how, sizeof(how));
}

void nfs_tree_open_exports(struct nfs_tree *t)
{
	for (size_t i = 0; i < t->nexports; i++) {
		struct nfs_node *n = &t->export[i].root;
		int fd = t->export[i].real != NULL ? open_entry(n->fd, ".", O_RDONLY | O_DIRECTORY) : -1;
		if (fd == -1 && t->export[i].real != NULL)
			log_warn("nfs", "%s is exported, but not to be read by everybody: %s", t->export[i].path, strerror(errno));
		if (fd == -1)
			continue;
		close(n->fd);
		n->fd = fd;
		n->readable = true;
	}
}

static void make_room_open(struct nfs_tree *t)
{
	struct nfs_node *n = TAILQ_LAST(&t->by_open, nfs_nodes), *next;
	for (int i = 0; t->open >= t->open_max && i < EVICT_TRIES && n != NULL; i++, n = next) {
		next = TAILQ_PREV(n, nfs_nodes, by_open);
		if (n->pins == 0)
			close_node(t, n);
	}
}

/* Devices and pipes are never opened, only named. What may not be read is named too: its attributes are known. */
static int open_by_type(int dir, const char *name, uint16_t mode, bool *readable)
{
	uint64_t flags = mode == S_IFDIR ? O_RDONLY | O_DIRECTORY : mode == S_IFREG ? O_RDONLY | O_NONBLOCK | O_NOCTTY : O_PATH;
	int fd = open_entry(dir, name, flags);
	*readable = fd >= 0 && flags != O_PATH;
	return fd == -1 && (errno == EACCES || errno == EPERM) ? open_entry(dir, name, O_PATH) : fd;
}

/* The node is there as a name only: its entry has gone, or means another file now. */
static enum nfs3_status gone(int error)
{
	return error == ENOENT || error == ENOTDIR ? NFS3ERR_STALE : nfs_status_of(error);
}

static enum nfs3_status stat_open(struct nfs_tree *t, struct nfs_node *n, struct statx *st)
{
	if (statx(n->fd, "", AT_EMPTY_PATH, STATX_WANTED, st) == -1)
		return nfs_status_of(errno);
	if (st->stx_nlink > 0)
		return NFS3_OK;
	if (n->pins == 0)
		close_node(t, n);
	return NFS3ERR_STALE;
}

static enum nfs3_status open_node(struct nfs_tree *t, struct nfs_node *n)
{
	struct statx st;
	bool readable;
	make_room_open(t);
	if (t->open >= t->open_max)
		return NFS3ERR_JUKEBOX;
	int fd = open_by_type(n->parent->fd, n->name, n->mode, &readable);
	if (fd == -1)
		return gone(errno);
	if (statx(fd, "", AT_EMPTY_PATH, STATX_WANTED, &st) == -1 || !nfs_node_is(n, &st)) {
		close(fd);
		return NFS3ERR_STALE;
	}
	n->fd = fd;
	n->readable = readable;
	TAILQ_INSERT_HEAD(&t->by_open, n, by_open);
	t->open++;
	return NFS3_OK;
}

enum nfs3_status nfs_tree_open(struct nfs_tree *t, struct nfs_node *n)
{
	if (n->parent == NULL)
		return t->export[n->export].real != NULL ? NFS3_OK : NFS3ERR_STALE;
	touch(t, n);
	if (n->fd >= 0) {
		TAILQ_REMOVE(&t->by_open, n, by_open);
		TAILQ_INSERT_HEAD(&t->by_open, n, by_open);
		return NFS3_OK;
	}
	enum nfs3_status rc = nfs_tree_open(t, n->parent);          /* at most NFS_DEPTH_MAX times */
	if (rc != NFS3_OK)
		return rc;
	nfs_tree_pin(n->parent);                                    /* it may be the only one that could make room */
	rc = open_node(t, n);
	nfs_tree_unpin(n->parent);
	return rc;
}

enum nfs3_status nfs_tree_stat(struct nfs_tree *t, struct nfs_node *n, struct statx *st)
{
	if (n->parent == NULL && t->export[n->export].real == NULL)
		return NFS3ERR_STALE;
	if (n->fd >= 0)
		return stat_open(t, n, st);
	touch(t, n);
	enum nfs3_status rc = nfs_tree_open(t, n->parent);
	if (rc != NFS3_OK)
		return rc;
	int error = nfs_stat_entry(n->parent->fd, n->name, st);
	if (error != 0)
		return gone(error);
	return nfs_node_is(n, st) ? NFS3_OK : NFS3ERR_STALE;
}

static enum nfs3_status lookup_near(struct nfs_tree *t, struct nfs_node *n, struct nfs_node **ret, struct statx *st)
{
	*ret = n;
	return nfs_tree_stat(t, n, st);
}

enum nfs3_status nfs_tree_entry(struct nfs_tree *t, struct nfs_node *dir, const char *name, struct nfs_node **ret, struct statx *st)
{
	if (str_eq(name, "."))
		return lookup_near(t, dir, ret, st);
	if (str_eq(name, ".."))
		return lookup_near(t, dir->parent != NULL ? dir->parent : dir, ret, st);
	if (*name == '\0' || strchr(name, '/') != NULL)
		return NFS3ERR_NOENT;
	int error = nfs_stat_entry(dir->fd, name, st);
	if (error != 0)
		return nfs_status_of(error);
	if (dir->depth == NFS_DEPTH_MAX)
		return NFS3ERR_NAMETOOLONG;
	struct nfs_node *n = nfs_node_child(t, dir, name, st);
	if (n == NULL)
		return NFS3ERR_JUKEBOX;
	*ret = n;
	return NFS3_OK;
}

enum nfs3_status nfs_tree_lookup(struct nfs_tree *t, struct nfs_node *dir, const char *name, struct nfs_node **ret, struct statx *st)
{
	enum nfs3_status rc = dir->mode == S_IFDIR ? nfs_tree_open(t, dir) : NFS3ERR_NOTDIR;
	if (rc == NFS3_OK)
		rc = stat_open(t, dir, st);     /* of a directory that was removed, all entries are gone */
	return rc == NFS3_OK ? nfs_tree_entry(t, dir, name, ret, st) : rc;
}

/* ---- what clients are told ---- */

void nfs_tree_handle(const struct nfs_node *n, uint32_t tag, struct nfs3_fh *ret)
{
	struct wr w = wr_make(ret->p, sizeof(ret->p));
	wr_bytes(&w, n->key, n->key_len);
	wr_be32(&w, tag);
	ret->n = w.len;
}

uint64_t nfs_tree_fileid(const struct nfs_tree *t, const struct nfs_node *n, const struct statx *st)
{
	const struct statx *top = &t->export[n->export].at_start;
	uint64_t device = (uint64_t)st->stx_dev_major << 32 | st->stx_dev_minor;
	/* What is mounted inside of the export: its numbers must not be those of other files. */
	bool same = st->stx_dev_major == top->stx_dev_major && st->stx_dev_minor == top->stx_dev_minor;
	return same ? st->stx_ino : st->stx_ino ^ nfs_hash(&t->key, &device, sizeof(device)) >> 1;
}

static struct nfs3_time time_of(const struct statx_timestamp *s)
{
	return (struct nfs3_time){ (uint32_t)s->tv_sec, s->tv_nsec };
}

void nfs_tree_attr(const struct nfs_tree *t, const struct nfs_node *n, const struct statx *st, struct nfs3_attr *a)
{
	static const struct { uint16_t mode; enum nfs3_type type; } types[] = { { S_IFREG, NFS3_REG }, { S_IFDIR, NFS3_DIR },
		{ S_IFBLK, NFS3_BLK }, { S_IFCHR, NFS3_CHR }, { S_IFLNK, NFS3_LNK }, { S_IFSOCK, NFS3_SOCK }, { S_IFIFO, NFS3_FIFO } };
	memset(a, 0, sizeof(*a));
	a->type = NFS3_REG;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i].mode == (st->stx_mode & S_IFMT))
			a->type = types[i].type;
	a->mode = st->stx_mode & 07777;
	a->nlink = st->stx_nlink;
	a->uid = st->stx_uid;
	a->gid = st->stx_gid;
	a->size = st->stx_size;
	a->used = st->stx_blocks * 512;
	a->rdev_major = st->stx_rdev_major;
	a->rdev_minor = st->stx_rdev_minor;
	a->fsid = t->export[n->export].fsid;
	a->fileid = nfs_tree_fileid(t, n, st);
	a->atime = time_of(&st->stx_atime);
	a->mtime = time_of(&st->stx_mtime);
	a->ctime = time_of(&st->stx_ctime);
}

void nfs_tree_path(const struct nfs_tree *t, const struct nfs_node *n, char *out, size_t cap)
{
	const struct nfs_node *way[NFS_DEPTH_MAX];
	size_t k = 0;
	struct wr w = wr_make(out, cap - 1);
	for (const struct nfs_node *x = n; x->parent != NULL; x = x->parent)
		way[k++] = x;
	wr_bytes(&w, t->export[n->export].path, strlen(t->export[n->export].path));
	while (k > 0) {
		const char *name = way[--k]->name;
		wr_u8(&w, '/');
		wr_bytes(&w, name, strlen(name));
	}
	out[w.len] = '\0';
}
