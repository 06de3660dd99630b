/* SPDX-License-Identifier: GPL-2.0-or-later
 * merge.c - a tree that is refreshed keeps what the medium lacks: packages of an operator, those of a release that machines are just
 * installing, other media of a set. compat: import_tree runs rsync without --delete.
 *
 * The new tree gets second names of the old one's files, so that this needs neither room nor time, and the old one stays as it
 * is. No link is followed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "import/internal.h"
#include "import/limits.h"

#define MERGE_DEPTH 128          /* as deep as a tree can be removed again */

struct merge { struct import *im; unsigned long entries; };

/* Where the kernel refuses a second name for a file of another account, or a file has too many. */
static int copy_file(int from_dir, int to_dir, const char *name, const struct stat *st)
{
	int from CLEANUP(close_fd) = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (from < 0)
		return -1;
	int to CLEANUP(close_fd) = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	if (to < 0)
		return -1;
	return copy_all(from, to) == 0 && fchmod(to, st->st_mode & 0755) == 0 && futimens(to, times) == 0 ? 0 : -1;
}

static int add_file(int from, int to, const char *name, const struct stat *st)
{
	if (linkat(from, name, to, name, 0) == 0 || errno == EEXIST)
		return 0;
	return errno == EPERM || errno == EMLINK || errno == EXDEV ? copy_file(from, to, name, st) : -1;
}

static int add_link(int from, int to, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);
	if (n < 0)
		return -1;
	target[n] = '\0';
	return symlinkat(target, to, name) == 0 || errno == EEXIST ? 0 : -1;
}

/* When the medium has something else of that name, that counts. */
static int open_below(int to, const char *name, const struct stat *st)
{
	if (mkdirat(to, name, (st->st_mode & 0755) | 0700) != 0 && errno != EEXIST)
		return -1;
	return openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int merge_dir(struct merge *m, int from, int to, const char *path, unsigned depth, struct err *e);

static int merge_below(struct merge *m, int from, int to, const char *name, const struct stat *st, const char *path, unsigned depth,
	struct err *e)
{
	int below CLEANUP(close_fd) = open_below(to, name, st);
	if (below < 0 && (errno == ENOTDIR || errno == ELOOP))
		return CB_OK;
	if (below < 0)
		return err_sys(e, "cannot create %s", path);
	int old = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return old >= 0 ? merge_dir(m, old, below, path, depth + 1, e) : err_sys(e, "cannot read %s", path);
}

static int merge_one(struct merge *m, int from, int to, const char *name, const char *path, unsigned depth, struct err *e)
{
	struct stat st;
	if (++m->entries > IMPORT_MAX_TREE_FILES || depth > MERGE_DEPTH)
		return err_set(e, CB_ELIMIT, "%s has more than %u entries, or is deeper than %u folders", m->im->target,
			IMPORT_MAX_TREE_FILES, MERGE_DEPTH);
	if (task_cancelled(m->im->t))
		return err_set(e, CB_ESTATE, "cancelled");
	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? CB_OK : err_sys(e, "cannot read %s", path);
	if (S_ISDIR(st.st_mode))
		return merge_below(m, from, to, name, &st, path, depth, e);
	if (S_ISREG(st.st_mode) ? add_file(from, to, name, &st) == 0 : S_ISLNK(st.st_mode) ? add_link(from, to, name) == 0 : true)
		return CB_OK;
	return errno == ENOSPC || errno == EDQUOT ? err_set(e, CB_ELIMIT, "the disk is full (while keeping %s): %s", path, strerror(errno))
		: err_sys(e, "cannot keep %s", path);
}

/* The old tree goes when the new one is in its place: better to know beforehand that it can. */
static int check_removable(int dir, const char *path, struct err *e)
{
	struct stat st;
	if (fstat(dir, &st) != 0)
		return err_sys(e, "cannot read %s", path);
	if (st.st_uid == geteuid() || faccessat(dir, ".", W_OK | X_OK, AT_EACCESS) == 0)
		return CB_OK;
	return err_set(e, CB_EPERM, "%s is another account's: the daemon (user %u) cannot replace it. Give it the tree with chown -R", path,
		(unsigned)geteuid());
}

/* Takes from. */
static int merge_dir(struct merge *m, int from, int to, const char *path, unsigned depth, struct err *e)
{
	DIR *d = fdopendir(from);
	if (d == NULL) {
		close(from);
		return err_sys(e, "cannot read %s", path);
	}
	int rc = check_removable(dirfd(d), path, e);
	for (struct dirent *ent; rc == CB_OK && (ent = readdir(d)) != NULL; ) {
		if (str_eq(ent->d_name, ".") || str_eq(ent->d_name, ".."))
			continue;
		char *below CLEANUP(free_ptr) = xasprintf("%s/%s", path, ent->d_name);
		rc = merge_one(m, dirfd(d), to, ent->d_name, below, depth, e);
	}
	closedir(d);
	return rc;
}

int import_merge(struct import *im, struct err *e)
{
	struct merge m = { .im = im };
	int from = openat(im->old, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return from >= 0 ? merge_dir(&m, from, im->lock, im->target, 0, e) : err_sys(e, "cannot read %s", im->target);
}
