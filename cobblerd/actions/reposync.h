/* SPDX-License-Identifier: GPL-2.0-or-later
 * reposync.h - between the files of reposync: the driver (reposync.c), one function per breed (reposync_breeds.c), what a
 * repository's own options may say (reposync_options.c), the files written beside its packages (reposync_files.c).
 */
#pragma once

#include "actions/program.h"
#include "core/core.h"

/* One repository that is being brought up to date. Everything is borrowed. */
struct sync {
	struct core *core;
	struct task *task;
	const struct value *settings;
	const struct item *repo;
	const char *top;              /* webdir/repo_mirror, below the root */
	const char *dest;             /* top/NAME */
	const char *origin;           /* dest/.origin: where yum repositories keep the upstream's description */
	const struct argv *env;
};

/* reposync_breeds.c */
typedef int sync_fn(struct sync *s, struct err *e);
sync_fn sync_yum, sync_rhn, sync_apt, sync_rsync, sync_wget;

/* reposync_options.c. What may be given to a program on behalf of whoever may edit a repository: options that run commands, read
 * files of this host or write outside of the mirror are not among them, and are refused by name. Flags in settings are the
 * administrator's own and are not restricted. */
int options_rsync(const struct value *rsyncopts, struct argv *a, struct err *e) MUST_CHECK;
int options_debmirror(const struct value *yumopts, struct argv *a, struct err *e) MUST_CHECK;
int options_createrepo(const char *flags, struct argv *a, struct err *e) MUST_CHECK;
int options_environment(const struct value *environment, struct argv *env, struct err *e) MUST_CHECK;
/* The mirror's address: one of the schemes (NULL-terminated, "/" for a path of this host, ":" for rsync's HOST:PATH). A path must not
 * lead to the server's own files. */
int options_mirror(const char *mirror, const char *const *schemes, struct err *e) MUST_CHECK;

/* reposync_files.c */
/* config.repo for clients (a template: ${http_server}) in dest, or NAME.repo for reposync itself in origin. *path owned, may be
 * NULL. */
int files_config(struct sync *s, bool for_clients, char **path, struct err *e) MUST_CHECK;
/* What dnf downloaded of the upstream's description, origin/cache/NAME/repodata, becomes origin/repodata. */
int files_take_metadata(struct sync *s, struct err *e) MUST_CHECK;
/* What origin/repodata says: the path of the groups file (owned, NULL: none) and whether there are delta packages. */
int files_repomd(struct sync *s, char **groups, bool *deltas, struct err *e) MUST_CHECK;
/* The same for the bytes of a repomd.xml; *groups is the location as written there. */
int repomd_parse(const char *text, size_t n, char **groups, bool *deltas, struct err *e) MUST_CHECK;
/* Leftovers of an interrupted createrepo. */
void files_remove_old(struct sync *s);
/* Directories 0755, files readable by all: other web servers serve them, too. */
int files_permissions(const char *dir, struct err *e) MUST_CHECK;
/* rm -r that follows no link; what is not there is removed already. */
int files_remove_tree(const char *dir, struct err *e) MUST_CHECK;
