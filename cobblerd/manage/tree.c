/* SPDX-License-Identifier: GPL-2.0-or-later
 * tree.c - writing a tree of generated files: each replaced at once, unchanged ones left alone.
 *
 * The files can be made again from the model at any time, so they are not synced to the disk one by one; a rename still
 * keeps a reader from ever seeing half of one.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "manage/internal.h"
#include "manage/known.h"

void tree_lane(struct tree *lane, const struct tree *t, unsigned number)
{
	*lane = (struct tree){ .dirfd = t->dirfd, .shown = t->shown, .partial = t->partial, .old = t->old, .lane = number };
}

static void add_name(struct value *list, const char *sig)
{
	if (*sig == '@' && !v_list_has_str(list, sig + 1))
		v_list_push(list, v_str(sig + 1));
}

void tree_join(struct tree *t, struct tree *lane, struct value *twice)
{
	const char *key;
	size_t i = 0;
	void *v;
	while (map_next(&lane->now, &i, &key, &v)) {
		struct known *other = map_put(&t->now, key, v);
		if (other == NULL)
			continue;
		add_name(twice, other->sig);
		add_name(twice, ((struct known *)v)->sig);
		free(other);
	}
	t->written += lane->written;
	t->same += lane->same;
	map_free(&lane->now);
	known_clear(&lane->dirs);
}

char *tree_shown(const struct tree *t, const char *rel)
{
	return *rel == '/' ? xstrdup(rel) : xasprintf("%s/%s", t->shown, rel);
}

/* What errno says of a file. */
static int failed(const struct tree *t, const char *rel, struct err *e)
{
	int saved = errno;
	char *shown CLEANUP(free_ptr) = tree_shown(t, rel);
	errno = saved;
	return err_sys(e, "%s", shown);
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
		return failed(t, rel, e);
	known_put(&t->dirs, rel, "");
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
	if (known_still(map_get(t->old, rel), hash, &st)) {
		known_remember(k, hash, &st);
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
	known_remember(k, hash, &st);
	return true;
}

/* A name beside rel that nobody asks for. */
static void temp_name(const struct tree *t, const char *rel, char *out, size_t cap)
{
	const char *slash = strrchr(rel, '/');
	int dir = slash != NULL ? (int)(slash - rel) + 1 : 0;
	/* The same one each time, so that what a crash left behind goes with the next file. Syncs come one after the other. */
	snprintf(out, cap, "%.*s.sync-new%.0u", dir, rel, t->lane);
}

/* A place for something that is no plain file: its directory is there, its temporary name, which goes to tmp, is free. */
static int make_room(struct tree *t, const char *rel, char *tmp, size_t cap, struct err *e)
{
	int rc = make_parent(t, rel, e);
	if (rc == CB_OK) {
		temp_name(t, rel, tmp, cap);
		unlinkat(t->dirfd, tmp, 0);
	}
	return rc;
}

/* A directory in the place of a file is somebody's: it stays, and the sync says so. */
static int finish(struct tree *t, const char *tmp, const char *rel, struct err *e)
{
	if (renameat(t->dirfd, tmp, t->dirfd, rel) == 0)
		return CB_OK;
	int rc = failed(t, rel, e);
	unlinkat(t->dirfd, tmp, 0);
	return rc;
}

static struct known *note(struct tree *t, const char *rel)
{
	char sig[NAME_MAX + 2] = "";
	if (t->owner != NULL)
		snprintf(sig, sizeof(sig), "@%s", t->owner);
	struct known *k = known_new(sig);
	free(map_put(&t->now, rel, k));
	return k;
}

void tree_note_link(struct tree *t, const char *path)
{
	known_put(&t->now, path, ">");
}

/* The parent is there most of the time: it is made when it is missed. */
static int create(struct tree *t, const char *rel, const char *tmp, int *ret, struct err *e)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
	*ret = openat(t->dirfd, tmp, flags, 0644);
	if (*ret < 0 && errno == ENOENT) {
		int rc = make_parent(t, rel, e);
		if (rc != CB_OK)
			return rc;
		*ret = openat(t->dirfd, tmp, flags, 0644);
	}
	return *ret < 0 ? failed(t, tmp, e) : CB_OK;
}

static int replace(struct tree *t, const char *rel, const void *p, size_t n, struct known *k, struct err *e)
{
	char tmp[PATH_MAX];
	struct stat st;
	int fd;
	temp_name(t, rel, tmp, sizeof(tmp));
	int rc = create(t, rel, tmp, &fd, e);
	if (rc != CB_OK)
		return rc;
	bool ok = write_all(fd, p, n) == 0;
	if (close(fd) != 0 || !ok) {
		rc = failed(t, rel, e);
		unlinkat(t->dirfd, tmp, 0);
		return rc;
	}
	rc = finish(t, tmp, rel, e);
	if (rc == CB_OK && fstatat(t->dirfd, rel, &st, AT_SYMLINK_NOFOLLOW) == 0)
		known_remember(k, hash_bytes(p, n), &st);
	return rc;
}

int tree_write(struct tree *t, const char *rel, const void *p, size_t n, struct err *e)
{
	struct known *k = note(t, rel);
	if (is_same(t, rel, p, n, k)) {
		t->same++;
		return CB_OK;
	}
	t->written++;
	return replace(t, rel, p, n, k, e);
}

int tree_symlink(struct tree *t, const char *rel, const char *to, struct err *e)
{
	char tmp[PATH_MAX], have[PATH_MAX];
	note(t, rel);
	ssize_t n = readlinkat(t->dirfd, rel, have, sizeof(have) - 1);
	bool nothing = n < 0 && errno == ENOENT;
	if (n >= 0 && (size_t)n == strlen(to) && memcmp(have, to, (size_t)n) == 0) {
		t->same++;
		return CB_OK;
	}
	t->written++;
	if (nothing && symlinkat(to, t->dirfd, rel) == 0)
		return CB_OK;
	int rc = make_room(t, rel, tmp, sizeof(tmp), e);
	if (rc != CB_OK)
		return rc;
	if (symlinkat(to, t->dirfd, tmp) != 0)
		return failed(t, rel, e);
	return finish(t, tmp, rel, e);
}

bool tree_clone(int from, int to)
{
	return ioctl(to, FICLONE, from) == 0;
}

static int copy_file(struct tree *t, const char *tmp, const char *src, const struct stat *st, struct err *e)
{
	int from CLEANUP(close_fd) = open(src, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return err_set(e, CB_EIO, "Cannot read: %s", src);
	int to = openat(t->dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (to < 0)
		return failed(t, tmp, e);
	struct timespec times[2] = { st->st_atim, st->st_mtim };
	int rc = CB_OK;
	if (copy_all(from, to) != 0 || futimens(to, times) != 0) {
		rc = failed(t, tmp, e);
		err_prefix(e, "copying %s", src);
	}
	if (close(to) != 0 && rc == CB_OK)
		rc = failed(t, tmp, e);
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
	known_copy_sig(&st, sig, sizeof(sig));
	known_put(&t->now, rel, sig);
	const char *was = known_sig(t->old, rel);
	if (was != NULL && str_eq(was, sig) && fstatat(t->dirfd, rel, &have, AT_SYMLINK_NOFOLLOW) == 0 &&
		have.st_size == st.st_size) {
		t->same++;
		return CB_OK;
	}
	int rc = make_room(t, rel, tmp, sizeof(tmp), e);
	if (rc != CB_OK)
		return rc;
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

/* "=INPUTS:SIZE:TIME" of what is there; false when nothing is. */
static bool made_signature(struct tree *t, const char *rel, const char *inputs, char *sig, size_t cap)
{
	struct stat st;
	if (fstatat(t->dirfd, rel, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
		return false;
	snprintf(sig, cap, "=%s:%lld:%lld.%09ld", inputs, (long long)st.st_size, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	return true;
}

bool tree_is_made(struct tree *t, const char *rel, const char *inputs)
{
	char sig[160];
	const char *was = known_sig(t->old, rel);
	if (was == NULL || !made_signature(t, rel, inputs, sig, sizeof(sig)) || !str_eq(was, sig))
		return false;
	known_put(&t->now, rel, sig);
	t->same++;
	return true;
}

int tree_place(struct tree *t, const char *rel, const char *dir, const char *name, const char *inputs, struct err *e)
{
	struct stat st;
	char sig[160], *path CLEANUP(free_ptr) = xasprintf("%s/%s", dir, name);
	int rc = make_parent(t, rel, e);
	if (rc != CB_OK)
		return rc;
	if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return err_set(e, CB_EIO, "%s was not made", rel);
	if (chmod(path, 0644) != 0 || renameat(AT_FDCWD, path, t->dirfd, rel) != 0)
		return failed(t, rel, e);
	t->written++;
	if (made_signature(t, rel, inputs, sig, sizeof(sig)))
		known_put(&t->now, rel, sig);
	return CB_OK;
}
