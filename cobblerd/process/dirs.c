/* SPDX-License-Identifier: GPL-2.0-or-later
 * dirs.c - Cobbler's directories, created when missing and owned by the account that the core runs as.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "process/process.h"

/* deep: ownership goes down the tree (state that the core rewrites); else only the directory itself (media trees are large). */
static const struct dir { const char *path; mode_t mode; bool deep; } dirs[] = {
	{ "/etc/cobbler", 0750, true },
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

static int own_tree(const char *path, uid_t uid, gid_t gid, struct err *e)
{
	char *const roots[] = { (char *)(uintptr_t)path, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
	if (fts == NULL)
		return err_sys(e, "cannot walk %s", path);
	int rc = CB_OK;
	for (FTSENT *f; rc == CB_OK && (f = fts_read(fts)) != NULL; ) {
		if (f->fts_info == FTS_DP || f->fts_info == FTS_NS || f->fts_info == FTS_ERR || f->fts_info == FTS_DNR)
			continue;
		/* A file with other hard links may be someone else's: it is left alone. */
		if (f->fts_info == FTS_F && f->fts_statp->st_nlink > 1)
			continue;
		if (f->fts_statp->st_uid != uid && lchown(f->fts_accpath, uid, gid) == -1)
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

static int own(const struct dir *d, const char *path, bool is_new, uid_t uid, gid_t gid, struct err *e)
{
	/* To root every file is open, whosever it is. */
	if (d->deep && uid != 0 && !is_within_deep(d))
		return own_tree(path, uid, gid, e);
	if (!is_new && is_within_deep(d))
		return CB_OK;
	return lchown(path, uid, gid) == -1 ? err_sys(e, "cannot change the owner of %s", path) : CB_OK;
}

static int prepare_one(const struct dir *d, uid_t uid, gid_t gid, struct err *e)
{
	char *path = path_of(d->path);
	struct stat st;
	bool is_new = stat(path, &st) == -1;
	int rc = dir_make(path, 0755, e);
	if (rc == CB_OK && is_new && chmod(path, d->mode) == -1)
		rc = err_sys(e, "cannot set the mode of %s", path);
	/* /run belongs to the system unless it is ours below a root of our own. */
	bool ours = !str_eq(d->path, "/run") || *path_root() != '\0';
	if (rc == CB_OK && ours && uid != (uid_t)-1)
		rc = own(d, path, is_new, uid, gid, e);
	free(path);
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
