/* SPDX-License-Identifier: GPL-2.0-or-later
 * tree.c - writing a tree of generated files: each replaced at once, unchanged ones left alone, and a manifest that
 * tells our files from those of others.
 *
 * The files can be made again from the model at any time, so they are not synced to the disk one by one; a rename still
 * keeps a reader from ever seeing half of one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "manage/internal.h"

#define MANIFEST_MAX (256u << 20)

/* What is known of a path: its signature in the manifest and, of a file that this process wrote or read, what it held and what the
 * file system said of it then, so that the next sync need not read it. */
struct known { uint64_t hash; off_t size; ino_t ino; struct timespec mtime, ctime; char sig[]; };

static struct known *new_known(const char *sig)
{
	struct known *k = xcalloc(1, sizeof(*k) + strlen(sig) + 1);
	memcpy(k->sig, sig, strlen(sig) + 1);
	return k;
}

static void put(struct map *m, const char *key, const char *sig)
{
	free(map_put(m, key, new_known(sig)));
}

/* NULL when there is none. */
static const char *sig_of(const struct map *m, const char *key)
{
	const struct known *k = map_get(m, key);
	return k != NULL ? k->sig : NULL;
}

static void remember(struct known *k, uint64_t hash, const struct stat *st)
{
	k->hash = hash;
	k->size = st->st_size;
	k->ino = st->st_ino;
	k->mtime = st->st_mtim;
	k->ctime = st->st_ctim;
}

static bool is_known(const struct known *k, uint64_t hash, const struct stat *st)
{
	return k != NULL && k->ino != 0 && k->hash == hash && k->size == st->st_size && k->ino == st->st_ino &&
		k->mtime.tv_sec == st->st_mtim.tv_sec && k->mtime.tv_nsec == st->st_mtim.tv_nsec &&
		k->ctime.tv_sec == st->st_ctim.tv_sec && k->ctime.tv_nsec == st->st_ctim.tv_nsec;
}

static void clear(struct map *m)
{
	size_t i = 0;
	const char *key;
	void *v;
	while (map_next(m, &i, &key, &v))
		free(v);
	map_free(m);
	*m = (struct map){ 0 };
}

/* The manifest of the last sync stays in memory, so that a sync of one system costs what that system costs. Guarded by
 * the lock that lets one sync run at a time; identity of the file as we left it, so that somebody else's change is
 * seen. */
static struct {
	struct map entries;
	struct map owners;         /* system -> struct owned; made when a sync of some systems first asks */
	bool owners_known;
	char *path;
	struct stat st;
} cache;

/* Paths that are, or were, written for one system: what the entry of a path says counts. */
struct owned { char **v; size_t n; };

static void add_owned(const char *path, const char *sig)
{
	if (*sig != '@')
		return;
	struct owned *o = map_get(&cache.owners, sig + 1);
	if (o == NULL) {
		o = xcalloc(1, sizeof(*o));
		map_put(&cache.owners, sig + 1, o);
	}
	for (size_t i = 0; i < o->n; i++)
		if (str_eq(o->v[i], path))
			return;
	o->v = xreallocarray(o->v, o->n + 1, sizeof(*o->v));
	o->v[o->n++] = xstrdup(path);
}

static void free_owned(struct owned *o)
{
	for (size_t i = 0; o != NULL && i < o->n; i++)
		free(o->v[i]);
	if (o != NULL)
		free(o->v);
	free(o);
}

static void forget_owners(void)
{
	size_t i = 0;
	void *o;
	while (map_next(&cache.owners, &i, NULL, &o))
		free_owned(o);
	map_free(&cache.owners);
	cache.owners = (struct map){ 0 };
	cache.owners_known = false;
}

static void find_owners(void)
{
	size_t i = 0;
	const char *key;
	void *k;
	while (!cache.owners_known && map_next(&cache.entries, &i, &key, &k))
		add_owned(key, ((struct known *)k)->sig);
	cache.owners_known = true;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
		a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Lines "path", "path<TAB>signature" or, appended later, "path<TAB>-" for one that is gone; the last line of a path
 * counts. */
static void read_manifest(void)
{
	struct strbuf b = { 0 };
	struct stat st;
	char *path = path_of(SYNC_MANIFEST);
	if (stat(path, &st) != 0)
		memset(&st, 0, sizeof(st));
	if (cache.path != NULL && str_eq(cache.path, path) && same_file(&st, &cache.st)) {
		free(path);
		return;
	}
	clear(&cache.entries);
	forget_owners();
	free(cache.path);
	cache.path = path;
	cache.st = st;
	if (file_read(AT_FDCWD, path, MANIFEST_MAX, &b, NULL) == CB_OK) {
		for (char *s = b.p, *nl; s != NULL && (nl = strchr(s, '\n')) != NULL; s = nl + 1) {
			*nl = '\0';
			char *tab = strchr(s, '\t');
			if (tab != NULL)
				*tab++ = '\0';
			if (tab != NULL && str_eq(tab, "-"))
				free(map_del(&cache.entries, s));
			else if (*s != '\0')
				put(&cache.entries, s, tab != NULL ? tab : "");
		}
	}
	sb_free(&b);
}

int tree_open(struct tree *t, const char *dir, bool partial, struct err *e)
{
	*t = (struct tree){ .dirfd = -1, .shown = dir, .partial = partial };
	t->real = path_of(dir);
	if (dir_make(t->real, 0755, NULL) != CB_OK || (t->dirfd = open(t->real, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return err_set(e, CB_EIO, "cannot find directory: %s", dir);
	read_manifest();
	t->old = &cache.entries;
	return CB_OK;
}

int tree_mkdir(struct tree *t, const char *rel, struct err *e)
{
	char part[PATH_MAX];
	if (*rel == '\0' || map_get(&t->dirs, rel) != NULL)
		return CB_OK;
	const char *slash = strrchr(rel, '/');
	if (slash != NULL) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - rel), rel);
		int rc = tree_mkdir(t, part, e);
		if (rc != CB_OK)
			return rc;
	}
	if (mkdirat(t->dirfd, rel, 0755) != 0 && errno != EEXIST)
		return err_sys(e, "%s/%s", t->shown, rel);
	put(&t->dirs, rel, "");
	return CB_OK;
}

static int make_parent(struct tree *t, const char *rel, struct err *e)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(rel, '/');
	if (slash == NULL)
		return CB_OK;
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - rel), rel);
	return tree_mkdir(t, dir, e);
}

/* Does the file hold these bytes? What is learned of it goes into k. */
static bool is_same(struct tree *t, const char *rel, const char *p, size_t n, struct known *k)
{
	char buf[16384];
	struct stat st;
	uint64_t hash = hash_bytes(p, n);
	if (fstatat(t->dirfd, rel, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) || (size_t)st.st_size != n)
		return false;
	if (is_known(map_get(t->old, rel), hash, &st)) {
		remember(k, hash, &st);
		return true;
	}
	int fd CLEANUP(close_fd) = openat(t->dirfd, rel, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (size_t)st.st_size != n)
		return false;
	for (size_t at = 0; at < n; ) {
		ssize_t got = read(fd, buf, sizeof(buf));
		if (got <= 0 || at + (size_t)got > n || memcmp(p + at, buf, (size_t)got) != 0)
			return false;
		at += (size_t)got;
	}
	remember(k, hash, &st);
	return true;
}

/* A name beside rel that nobody asks for. */
static void temp_name(const char *rel, char *out, size_t cap)
{
	const char *slash = strrchr(rel, '/');
	int dir = slash != NULL ? (int)(slash - rel) + 1 : 0;
	/* The same one each time, so that what a crash left behind goes with the next file. Syncs come one after the other. */
	snprintf(out, cap, "%.*s.sync-new", dir, rel);
}

static int write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return -1;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

/* A directory in the place of a file is somebody's: it stays, and the sync says so. */
static int finish(struct tree *t, const char *tmp, const char *rel, struct err *e)
{
	if (renameat(t->dirfd, tmp, t->dirfd, rel) == 0)
		return CB_OK;
	int rc = err_sys(e, "%s/%s", t->shown, rel);
	unlinkat(t->dirfd, tmp, 0);
	return rc;
}

static struct known *note(struct tree *t, const char *rel)
{
	char sig[NAME_MAX + 2] = "";
	if (t->owner != NULL)
		snprintf(sig, sizeof(sig), "@%s", t->owner);
	struct known *k = new_known(sig);
	free(map_put(&t->now, rel, k));
	return k;
}

int tree_write(struct tree *t, const char *rel, const void *p, size_t n, struct err *e)
{
	char tmp[PATH_MAX];
	struct stat st;
	struct known *k = note(t, rel);
	if (is_same(t, rel, p, n, k)) {
		t->same++;
		return CB_OK;
	}
	int rc = make_parent(t, rel, e);
	if (rc != CB_OK)
		return rc;
	temp_name(rel, tmp, sizeof(tmp));
	int fd = openat(t->dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return err_sys(e, "%s/%s", t->shown, tmp);
	bool ok = write_all(fd, p, n) == 0;
	if (close(fd) != 0 || !ok) {
		rc = err_sys(e, "%s/%s", t->shown, rel);
		unlinkat(t->dirfd, tmp, 0);
		return rc;
	}
	t->written++;
	rc = finish(t, tmp, rel, e);
	if (rc == CB_OK && fstatat(t->dirfd, rel, &st, AT_SYMLINK_NOFOLLOW) == 0)
		remember(k, hash_bytes(p, n), &st);
	return rc;
}

int tree_symlink(struct tree *t, const char *rel, const char *to, struct err *e)
{
	char tmp[PATH_MAX], have[PATH_MAX];
	note(t, rel);
	ssize_t n = readlinkat(t->dirfd, rel, have, sizeof(have) - 1);
	if (n >= 0 && (size_t)n == strlen(to) && memcmp(have, to, (size_t)n) == 0) {
		t->same++;
		return CB_OK;
	}
	int rc = make_parent(t, rel, e);
	if (rc != CB_OK)
		return rc;
	temp_name(rel, tmp, sizeof(tmp));
	unlinkat(t->dirfd, tmp, 0);
	if (symlinkat(to, t->dirfd, tmp) != 0)
		return err_sys(e, "%s/%s", t->shown, rel);
	t->written++;
	return finish(t, tmp, rel, e);
}

static int copy_bytes(int from, int to)
{
	char buf[65536];
	ssize_t n;
	while ((n = copy_file_range(from, NULL, to, NULL, 1u << 30, 0)) > 0)
		;
	if (n == 0)
		return 0;
	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write_all(to, buf, (size_t)n) != 0)
			return -1;
	return n == 0 ? 0 : -1;
}

static int copy_file(struct tree *t, const char *tmp, const char *src, const struct stat *st, struct err *e)
{
	int from CLEANUP(close_fd) = open(src, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return err_set(e, CB_EIO, "Cannot read: %s", src);
	int to = openat(t->dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (to < 0)
		return err_sys(e, "%s/%s", t->shown, tmp);
	struct timespec times[2] = { st->st_atim, st->st_mtim };
	int rc = CB_OK;
	if (copy_bytes(from, to) != 0 || futimens(to, times) != 0)
		rc = err_sys(e, "%s -> %s/%s", src, t->shown, tmp);
	if (close(to) != 0 && rc == CB_OK)
		rc = err_sys(e, "%s/%s", t->shown, tmp);
	if (rc != CB_OK)
		unlinkat(t->dirfd, tmp, 0);
	return rc;
}

int tree_copy(struct tree *t, const char *rel, const char *src, const char **how, struct err *e)
{
	struct stat st, have;
	char sig[128], tmp[PATH_MAX];
	*how = "";
	if (stat(src, &st) != 0 || !S_ISREG(st.st_mode))
		return err_set(e, CB_ENOENT, "Cannot read: %s", src);
	if (!core_may_serve(src))
		return err_set(e, CB_EPERM, "%s is not a file for machines", src);
	snprintf(sig, sizeof(sig), "%llx:%llx:%lld:%lld.%09ld", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
		(long long)st.st_size, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	put(&t->now, rel, sig);
	const char *was = sig_of(t->old, rel);
	if (was != NULL && str_eq(was, sig) && fstatat(t->dirfd, rel, &have, AT_SYMLINK_NOFOLLOW) == 0 &&
		have.st_size == st.st_size) {
		t->same++;
		return CB_OK;
	}
	int rc = make_parent(t, rel, e);
	if (rc != CB_OK)
		return rc;
	temp_name(rel, tmp, sizeof(tmp));
	unlinkat(t->dirfd, tmp, 0);
	t->written++;
	if (linkat(AT_FDCWD, src, t->dirfd, tmp, AT_SYMLINK_FOLLOW) == 0) {
		*how = "trying hardlink";
		rc = finish(t, tmp, rel, e);
		unlinkat(t->dirfd, tmp, 0);        /* rename(2) leaves it when both names are one file already */
		return rc;
	}
	*how = "copying:";
	rc = copy_file(t, tmp, src, &st, e);
	return rc == CB_OK ? finish(t, tmp, rel, e) : rc;
}

void tree_scope(struct tree *t, const char *system)
{
	put(&t->scope, system, "");
}

void tree_keep_all(struct tree *t)
{
	clear(&t->scope);
	t->partial = true;
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_entry(struct strbuf *b, const char *path, const char *sig)
{
	sb_addf(b, "%s%s%s\n", path, *sig != '\0' ? "\t" : "", sig);
}

static int write_manifest(struct tree *t, struct err *e)
{
	struct strbuf b = { 0 };
	const char **keys = xcalloc(t->now.live + 1, sizeof(*keys)), *key;
	size_t n = 0, i = 0;
	void *v;
	while (map_next(&t->now, &i, &key, &v))
		keys[n++] = key;
	if (n > 0)
		qsort(keys, n, sizeof(*keys), compare_text);
	for (i = 0; i < n; i++)
		add_entry(&b, keys[i], sig_of(&t->now, keys[i]));
	int rc = file_replace(AT_FDCWD, cache.path, sb_str(&b), b.len, 0640, e);
	free(keys);
	sb_free(&b);
	clear(&cache.entries);
	forget_owners();
	cache.entries = t->now;
	t->now = (struct map){ 0 };
	return rc;
}

/* A partial sync appends what changed. */
static int append_manifest(const struct strbuf *b, struct err *e)
{
	if (b->len == 0)
		return CB_OK;
	int fd CLEANUP(close_fd) = open(cache.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0 || write_all(fd, b->p, b->len) != 0)
		return err_sys(e, "%s", SYNC_MANIFEST);
	return CB_OK;
}

/* An entry of old that is not in now: its file goes. */
static void remove_entry(struct tree *t, const char *path, struct strbuf *changes, void (*gone)(void *, const char *), void *arg)
{
	if (unlinkat(t->dirfd, path, 0) == 0 && gone != NULL)
		gone(arg, path);
	sb_addf(changes, "%s\t-\n", path);
	free(map_del(t->old, path));
}

/* A sync of one system looks at what was written for it, not at the entries of thousands. */
static void remove_left_over_of(struct tree *t, const char *system, struct strbuf *changes, void (*gone)(void *, const char *), void *arg)
{
	struct owned *o = map_del(&cache.owners, system);
	for (size_t i = 0; o != NULL && i < o->n; i++) {
		const char *sig = sig_of(t->old, o->v[i]);
		if (sig == NULL || *sig != '@' || !str_eq(sig + 1, system))
			continue;
		if (map_get(&t->now, o->v[i]) == NULL)
			remove_entry(t, o->v[i], changes, gone, arg);
		else
			add_owned(o->v[i], sig);
	}
	free_owned(o);
}

static void remove_left_over(struct tree *t, struct strbuf *changes, void (*gone)(void *, const char *), void *arg)
{
	char **names = NULL;
	const char *key;
	size_t n = 0, cap = 0, i = 0;
	if (t->partial && t->scope.live > 0)
		find_owners();
	while (t->partial && map_next(&t->scope, &i, &key, NULL))
		remove_left_over_of(t, key, changes, gone, arg);
	while (!t->partial && map_next(t->old, &i, &key, NULL)) {
		if (map_get(&t->now, key) != NULL)
			continue;
		if (n == cap)
			names = xreallocarray(names, cap = cap * 2 + 64, sizeof(*names));
		names[n++] = xstrdup(key);
	}
	for (i = 0; i < n; i++) {
		remove_entry(t, names[i], changes, gone, arg);
		free(names[i]);
	}
	free(names);
}

/* Entries of now into old; changed ones into the text to append. */
static void merge_now(struct tree *t, struct strbuf *changes)
{
	const char *key;
	size_t i = 0;
	void *v;
	while (map_next(&t->now, &i, &key, &v)) {
		struct known *k = v, *was = map_get(t->old, key);
		bool changed = was == NULL || !str_eq(was->sig, k->sig);
		struct known *copy = new_known(k->sig);
		memcpy(copy, k, offsetof(struct known, sig));
		free(map_put(t->old, key, copy));
		if (!changed)
			continue;
		add_entry(changes, key, k->sig);
		if (cache.owners_known)
			add_owned(key, k->sig);
	}
}

int tree_close(struct tree *t, void (*gone)(void *arg, const char *rel), void *arg, struct err *e)
{
	struct strbuf changes = { 0 };
	int rc = CB_OK;
	if (t->dirfd >= 0) {
		remove_left_over(t, &changes, gone, arg);
		if (t->partial) {
			merge_now(t, &changes);
			rc = append_manifest(&changes, e);
		} else {
			rc = write_manifest(t, e);
		}
		if (stat(cache.path, &cache.st) != 0)
			memset(&cache.st, 0, sizeof(cache.st));
	}
	close_fd(&t->dirfd);
	t->dirfd = -1;
	sb_free(&changes);
	clear(&t->now);
	clear(&t->dirs);
	clear(&t->scope);
	free(t->real);
	t->real = NULL;
	return rc;
}
