/* SPDX-License-Identifier: GPL-2.0-or-later
 * dirs.c - Cobbler's directories, created when missing and owned by the account that the core runs as.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "process/process.h"

/* deep: ownership goes down the tree (state that the core rewrites); else only the directory itself (media trees are large). */
static const struct dir { const char *path; mode_t mode; bool deep; } dirs[] = {
	{ "/etc/cobbler", 0755, true },
	{ "/var/lib/cobbler", 0755, true },
	{ "/var/lib/cobbler/collections", 0750, true },
	{ "/var/lib/cobbler/templates", 0755, true },
	{ "/var/lib/cobbler/snippets", 0755, true },
	{ "/var/lib/cobbler/scripts", 0755, true },
	{ "/var/lib/cobbler/triggers", 0755, true },
	{ "/var/lib/cobbler/loaders", 0755, true },
	{ "/var/lib/cobbler/grub_config", 0755, true },
	{ "/var/log/cobbler", 0750, true },
	{ "/var/log/cobbler/tasks", 0750, true },
	{ "/var/log/cobbler/anamon", 0750, true },
	{ "/var/www/cobbler", 0755, false },
	{ "/var/www/cobbler/distro_mirror", 0755, false },
	{ "/var/www/cobbler/distro_mirror/config", 0755, false },
	{ "/var/www/cobbler/repo_mirror", 0755, false },
	{ "/var/www/cobbler/links", 0755, false },
	{ "/var/www/cobbler/images", 0755, false },
	{ "/var/www/cobbler/localmirror", 0755, false },
	{ "/var/www/cobbler/misc", 0755, false },
	{ "/var/www/cobbler/pub", 0755, false },
	{ "/var/www/cobbler/rendered", 0755, false },
	{ "/srv/tftpboot", 0755, true },
	{ "/var/cache/cobbler", 0750, true },
	{ "/run", 0755, false },
};

/* The inode that name means here and now, whatever the former owner of these directories puts under that name meanwhile. A group other than
 * root stays: Cobbler's packages give settings.yaml to that of the web server, which reads it (compat: svc/services.py). */
static int own_one(const char *name, uid_t uid, gid_t gid)
{
	struct stat st;
	int rc, fd = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	rc = fstat(fd, &st);
	/* A file with other hard links may be someone else's: it is left alone. */
	if (rc == 0 && (S_ISDIR(st.st_mode) || st.st_nlink == 1))
		rc = fchownat(fd, "", uid, st.st_gid == 0 ? gid : (gid_t)-1, AT_EMPTY_PATH);
	close(fd);
	return rc;
}

/* With FTS_NOCHDIR each path would be walked from its begin, through what may be a symbolic link by then. */
static int own_tree(const char *path, uid_t uid, gid_t gid, struct err *e)
{
	char *const roots[] = { (char *)(uintptr_t)path, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_XDEV, NULL);
	if (fts == NULL)
		return err_sys(e, "cannot walk %s", path);
	int rc = CB_OK;
	for (FTSENT *f; rc == CB_OK && (f = fts_read(fts)) != NULL; ) {
		if (f->fts_info == FTS_DP || f->fts_info == FTS_NS || f->fts_info == FTS_ERR || f->fts_info == FTS_DNR)
			continue;
		if (f->fts_statp->st_uid != uid && own_one(f->fts_accpath, uid, gid) == -1)
			rc = err_sys(e, "cannot change the owner of %s", f->fts_path);
	}
	fts_close(fts);
	return rc;
}

/* Does the walk through another row's directory reach this one too? */
static bool is_within_deep(const struct dir *d)
{
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		size_t n = strlen(dirs[i].path);
		if (dirs[i].deep && strncmp(d->path, dirs[i].path, n) == 0 && d->path[n] == '/')
			return true;
	}
	return false;
}

/* How much of the row's path, from its begin, only root can change: up to the first directory that is the core's. */
static size_t trusted_part(const struct dir *d)
{
	size_t n = strlen(d->path);
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		size_t k = strlen(dirs[i].path);
		if (k < n && strncmp(d->path, dirs[i].path, k) == 0 && d->path[k] == '/')
			n = k;
	}
	return n;
}

/* The next directory on the way: a symbolic link there is followed when root made it. */
static int open_next(int dir, const char *name, bool last)
{
	char target[PATH_MAX];
	struct stat st;
	int fd = openat(dir, name, last ? O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC : O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (last || fd == -1 || fstat(fd, &st) == -1 || !S_ISLNK(st.st_mode))
		return fd;
	ssize_t n = st.st_uid == 0 ? readlinkat(fd, "", target, sizeof(target) - 1) : -1;
	close(fd);
	if (n <= 0)
		return -1;
	target[n] = '\0';
	return openat(dir, target, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The row's directory itself. -1: it is a symbolic link, or one of others than root leads to it, and it stays as it is. */
static int open_row(const struct dir *d)
{
	size_t trusted = trusted_part(d);
	char *top CLEANUP(free_ptr) = xasprintf("%s%.*s", path_root(), (int)trusted, d->path);
	char *rest CLEANUP(free_ptr) = xstrdup(d->path + trusted);
	char *save = NULL, *name = strtok_r(rest, "/", &save);
	int fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (fd >= 0 && name != NULL) {
		char *after = strtok_r(NULL, "/", &save);
		int next = open_next(fd, name, after == NULL);
		close(fd);
		fd = next;
		name = after;
	}
	return fd;
}

static int own(const struct dir *d, int fd, const char *path, bool is_new, uid_t uid, gid_t gid, struct err *e)
{
	/* To root every file is open, whosever it is. */
	if (d->deep && uid != 0 && !is_within_deep(d))
		return own_tree(path, uid, gid, e);
	if (fd == -1 || (!is_new && is_within_deep(d)))
		return CB_OK;
	return fchown(fd, uid, gid) == -1 ? err_sys(e, "cannot change the owner of %s", path) : CB_OK;
}

static int prepare_one(const struct dir *d, uid_t uid, gid_t gid, struct err *e)
{
	char *path CLEANUP(free_ptr) = path_of(d->path);
	struct stat st;
	bool is_new = stat(path, &st) == -1;
	/* /run belongs to the system unless it is ours below a root of our own. */
	bool ours = uid != (uid_t)-1 && (!str_eq(d->path, "/run") || *path_root() != '\0');
	int rc = dir_make(path, 0755, e);
	int fd CLEANUP(close_fd) = rc == CB_OK && (is_new || ours) ? open_row(d) : -1;
	if (rc == CB_OK && is_new && fd >= 0 && fchmod(fd, d->mode) == -1)
		rc = err_sys(e, "cannot set the mode of %s", path);
	if (rc == CB_OK && ours)
		rc = own(d, fd, path, is_new, uid, gid, e);
	return rc;
}

int dirs_prepare(uid_t uid, gid_t gid, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		int rc = prepare_one(&dirs[i], uid, gid, e);
		if (rc != CB_OK)
			return rc;
	}
	return CB_OK;
}
