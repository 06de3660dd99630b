/* SPDX-License-Identifier: GPL-2.0-or-later
 * manifest.c - the list of what syncs wrote, which tells our files from those of others: what is in it and was not written again is
 * removed at the end of a sync, and nothing else ever.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "manage/internal.h"
#include "manage/known.h"

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
	known_clear(&cache.entries);
	forget_owners();
	free(cache.path);
	cache.path = path;
	cache.st = st;
	if (file_read(AT_FDCWD, path, SYNC_MANIFEST_MAX, &b, NULL) == CB_OK) {
		for (char *s = b.p, *nl; s != NULL && (nl = strchr(s, '\n')) != NULL; s = nl + 1) {
			*nl = '\0';
			char *tab = strchr(s, '\t');
			if (tab != NULL)
				*tab++ = '\0';
			if (tab != NULL && str_eq(tab, "-"))
				free(map_del(&cache.entries, s));
			else if (*s != '\0')
				known_put(&cache.entries, s, tab != NULL ? tab : "");
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

void tree_scope(struct tree *t, const char *system)
{
	known_put(&t->scope, system, "");
}

void tree_keep_all(struct tree *t)
{
	known_clear(&t->scope);
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
		add_entry(&b, keys[i], known_sig(&t->now, keys[i]));
	int rc = file_replace(AT_FDCWD, cache.path, sb_str(&b), b.len, 0640, e);
	free(keys);
	sb_free(&b);
	known_clear(&cache.entries);
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

/* Is a folder above path a link? Sites have them, to where there is room, and to the files themselves. */
static bool is_below_link(const struct tree *t, const char *path)
{
	char part[PATH_MAX];
	struct stat st;
	for (const char *slash = path; (slash = strchr(slash, '/')) != NULL; slash++) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (fstatat(t->dirfd, part, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
			return true;
	}
	return false;
}

/* "=INPUTS:SIZE:TIME" */
static bool is_still_made(const struct tree *t, const char *path, const char *sig)
{
	struct stat st;
	long long size, sec;
	long nsec;
	return sscanf(sig, "=%*[0-9a-f]:%lld:%lld.%ld", &size, &sec, &nsec) == 3 &&
		fstatat(t->dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISREG(st.st_mode) && st.st_size == size && st.st_mtim.tv_sec == sec && st.st_mtim.tv_nsec == nsec;
}

/* Is what is there now still the link or the copy that the signature is of? Somebody's file of that name is not, nor is the
 * original of a copy. */
static bool is_ours(const struct tree *t, const char *path, const char *sig)
{
	struct stat st;
	unsigned long long dev, ino;
	long long size, sec;
	long nsec;
	if (*sig == '>')
		return fstatat(t->dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
	if (*sig == '=')
		return is_still_made(t, path, sig);
	if (sscanf(sig, "%llx:%llx:%lld:%lld.%ld", &dev, &ino, &size, &sec, &nsec) != 5)
		return true;
	if (fstatat(t->dirfd, path, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) || st.st_size != size ||
		st.st_mtim.tv_sec != sec || st.st_mtim.tv_nsec != nsec)
		return false;
	return st.st_dev != dev || st.st_ino != ino || !is_below_link(t, path);
}

/* The folder of a distro that is gone, once it is empty. */
static void remove_empty(const struct tree *t, const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/'), *images = strstr(path, "images/");
	if (slash == NULL || images == NULL || images + strlen("images/") > slash)
		return;
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	unlinkat(t->dirfd, dir, AT_REMOVEDIR);
}

/* An entry of old that is not in now: its file goes. */
static void remove_entry(struct tree *t, const char *path, struct strbuf *changes, void (*gone)(void *, const char *), void *arg)
{
	const char *sig = known_sig(t->old, path);
	bool copy = sig != NULL && *sig != '@' && *sig != '\0';
	if ((!copy || is_ours(t, path, sig)) && unlinkat(t->dirfd, path, 0) == 0) {
		if (gone != NULL)
			gone(arg, path);
		if (copy)
			remove_empty(t, path);
	}
	sb_addf(changes, "%s\t-\n", path);
	free(map_del(t->old, path));
}

/* A sync of one system looks at what was written for it, not at the entries of thousands. */
static void remove_left_over_of(struct tree *t, const char *system, struct strbuf *changes, void (*gone)(void *, const char *), void *arg)
{
	struct owned *o = map_del(&cache.owners, system);
	for (size_t i = 0; o != NULL && i < o->n; i++) {
		const char *sig = known_sig(t->old, o->v[i]);
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
		struct known *copy = known_new(k->sig);
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
	known_clear(&t->now);
	known_clear(&t->dirs);
	known_clear(&t->scope);
	free(t->real);
	t->real = NULL;
	return rc;
}
