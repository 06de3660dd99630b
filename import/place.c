/* SPDX-License-Identifier: GPL-2.0-or-later
 * place.c - the directories of an import: everything is written beside the final place and moved there when it is known
 * to be good.
 */
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "import/internal.h"

#define RM_DEPTH 128             /* descriptors at the same time */
#define NEW_DIR ".new-"
#define NEW_SECONDS 3600         /* longer than a directory is made */
#define UNLOCKED_SECONDS (8 * 86400)     /* longer than an import may last */

/* What lies too deep comes to the top, where the next round finds it. */
static bool lift(int dir, const char *name, int top)
{
	char hex[17];
	random_hex(hex, 8);
	return renameat(dir, name, top, hex) == 0;
}

/* Takes dir. *again: something was lifted to top. */
static void remove_below(int dir, int top, unsigned depth, bool *again)
{
	DIR *d = fdopendir(dir);
	if (d == NULL) {
		close(dir);
		return;
	}
	for (struct dirent *ent; (ent = readdir(d)) != NULL; ) {
		if (str_eq(ent->d_name, ".") || str_eq(ent->d_name, ".."))
			continue;
		if (unlinkat(dirfd(d), ent->d_name, 0) == 0)
			continue;
		int sub = errno == EISDIR || errno == EPERM || errno == EACCES
			? openat(dirfd(d), ent->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
		if (sub >= 0)
			(void)fchmod(sub, 0700);      /* so that what is in it can go, and it elsewhere */
		if (sub >= 0 && depth < RM_DEPTH) {
			remove_below(sub, top, depth + 1, again);
		} else if (sub >= 0) {
			close(sub);
			if (lift(dirfd(d), ent->d_name, top)) {
				*again = true;
				continue;
			}
		}
		if (unlinkat(dirfd(d), ent->d_name, AT_REMOVEDIR) != 0)
			log_warn("import", "cannot remove %s: %s", ent->d_name, strerror(errno));
	}
	closedir(d);
}

void import_remove_tree(const char *path)
{
	int top CLEANUP(close_fd) = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (top < 0 && errno == ENOENT)
		return;
	for (bool again = top >= 0; again; ) {
		int fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		again = false;
		if (fd >= 0)
			remove_below(fd, top, 0, &again);
	}
	if (rmdir(path) != 0)
		log_warn("import", "cannot remove %s: %s", path, strerror(errno));
}

/* True when a is b or lies below it; both as realpath gives them. */
static bool below(const char *a, const char *b)
{
	size_t n = strlen(b);
	return strncmp(a, b, n) == 0 && (a[n] == '\0' || a[n] == '/' || str_eq(b, "/"));
}

/* Anything but a directory of the mirror itself cannot be replaced as a whole. */
static int check_old(const struct import *im, const struct statx *st, struct err *e)
{
	const char *what = S_ISLNK(st->stx_mode) ? "is a link" : !S_ISDIR(st->stx_mode) ? "is no directory"
		: st->stx_attributes & STATX_ATTR_MOUNT_ROOT ? "is mounted" : NULL;
	if (what == NULL)
		return CB_OK;
	return err_set(e, CB_EEXIST, "%s %s, and is not refreshed: choose another --name, or bring its files up to date yourself and "
		"import it with --path=%s",
		im->target, what, im->target);
}

/* Looks whether there is a tree to refresh, and keeps imports and removals of the same name away from it. */
static int hold_old(struct import *im, struct err *e)
{
	struct statx st;
	struct stat held, now;
	if (statx(AT_FDCWD, im->target, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st) != 0)
		return errno == ENOENT ? CB_OK : err_sys(e, "%s", im->target);
	int rc = check_old(im, &st, e);
	if (rc != CB_OK)
		return rc;
	im->old = open(im->target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (im->old < 0)
		return err_sys(e, "%s", im->target);
	/* whoever had the lock may have put another directory there */
	if (import_hold(im->old) == HELD_BY_OTHER || fstat(im->old, &held) != 0 || lstat(im->target, &now) != 0 ||
		held.st_ino != now.st_ino)
		return err_set(e, CB_ESTATE, "%s is just being imported or removed: try again when that is done", im->target);
	im->refresh = true;
	return CB_OK;
}

/* Cut off before it was locked and had its name: there is nothing in it yet. */
static void sweep_new(int dir, const char *name)
{
	struct stat st;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && clock_wall() - (double)st.st_mtime > NEW_SECONDS)
		(void)unlinkat(dir, name, AT_REMOVEDIR);
}

static bool older_than(int fd, int seconds)
{
	struct stat st;
	return fstat(fd, &st) == 0 && clock_wall() - (double)st.st_mtime > seconds;
}

/* What an import left that was cut off by a crash: staging directories that nobody holds. */
static void sweep(const char *base)
{
	DIR *d = opendir(base);
	for (struct dirent *ent; d != NULL && (ent = readdir(d)) != NULL; ) {
		if (str_starts(ent->d_name, NEW_DIR))
			sweep_new(dirfd(d), ent->d_name);
		if (str_starts(ent->d_name, IMPORT_ASIDE))
			import_recover_one(dirfd(d), base, ent->d_name, true);
		if (!str_starts(ent->d_name, IMPORT_STAGING))
			continue;
		int fd = openat(dirfd(d), ent->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			continue;
		enum hold held = import_hold(fd);
		if (held == HELD || (held == NO_LOCKS && older_than(fd, UNLOCKED_SECONDS))) {
			char *path = xasprintf("%s/%s", base, ent->d_name);
			log_info("import", "removing %s, left by an import that was cut off", path);
			import_remove_tree(path);
			free(path);
		}
		close(fd);
	}
	if (d != NULL)
		closedir(d);
}

static int make_staging(struct import *im, const char *base, struct err *e)
{
	char hex[17];
	random_hex(hex, 8);
	im->staging = xasprintf("%s/%s%s", base, IMPORT_STAGING, hex);
	/* made out of sight of sweep: a directory is locked before it has its name */
	char *tmp = xasprintf("%s/" NEW_DIR "%s", base, hex);
	int rc = CB_OK;
	if (mkdir(tmp, 0755) != 0 || (im->lock = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 ||
		import_hold(im->lock) == HELD_BY_OTHER || rename(tmp, im->staging) != 0) {
		rc = err_sys(e, "cannot create %s", im->staging);
		rmdir(tmp);
		free_ptr(&im->staging);
	}
	free(tmp);
	return rc;
}

int import_stage(struct import *im, struct err *e)
{
	char *base = xasprintf("%s/distro_mirror", im->webdir);
	char *real_base = NULL, *real_target = NULL, *real_source = *im->path == '/' ? realpath(im->path, NULL) : NULL;
	int rc = dir_make(base, 0755, e);
	if (rc != CB_OK)
		goto out;
	real_base = realpath(base, NULL);
	real_target = realpath(im->target, NULL);
	if (real_source != NULL && real_target != NULL && str_eq(real_source, real_target)) {
		im->in_place = true;
		goto out;
	}
	if (real_source != NULL && real_base != NULL && below(real_base, real_source)) {
		rc = err_set(e, CB_EINVAL, "%s contains %s, where it would be copied to", im->path, base);
		goto out;
	}
	rc = hold_old(im, e);
	if (rc != CB_OK)
		goto out;
	sweep(base);
	rc = make_staging(im, base, e);
out:
	free(base);
	free(real_base);
	free(real_target);
	free(real_source);
	return rc;
}

int import_place(struct import *im, struct err *e)
{
	if (im->in_place)
		return CB_OK;
	/* Items are on disk before they are answered, and the old tree goes: the new one must outlive a loss of power too. */
	if (syncfs(im->lock) != 0)
		return err_sys(e, "cannot write the files of %s", im->target);
	/* Who reads it meanwhile has the one tree or the other, never something between. */
	bool gap = false;
	if ((im->refresh ? import_exchange(im->staging, im->target, &gap) : import_move_new(im->staging, im->target)) != 0) {
		if (errno == EEXIST || errno == ENOTEMPTY)
			return err_set(e, CB_EEXIST, "another import made %s meanwhile", im->target);
		if (errno == EXDEV)
			return err_set(e, CB_EIO,
				"%s cannot be moved on its file system (a lower layer of an overlay has it): choose another --name, or "
				"bring its files up to date yourself and import it with --path=%s", im->target, im->target);
		return err_sys(e, "cannot move the files to %s", im->target);
	}
	if (gap)
		task_log(im->t, "the file system of %s cannot exchange two folders: for a moment there was none of that name", im->target);
	im->placed = true;
	return CB_OK;
}

void import_unplace(struct import *im)
{
	if (!im->placed)
		return;
	/* at once, so that a crash leaves no half of a tree under the name that the next import would refresh */
	bool gap;
	if ((im->refresh ? import_exchange(im->staging, im->target, &gap) : import_move_new(im->target, im->staging)) != 0)
		log_error("import", "cannot take the new files back from %s: %s", im->target, strerror(errno));
	im->placed = false;
}
