/* SPDX-License-Identifier: GPL-2.0-or-later
 * forget.c - trees and mirrors below webdir go with their distro or repository, and mirrors follow its new name. compat: Distros.remove,
 * CobblerSync.remove_single_distro, Repos.remove, Collection.rename
 *
 * A tree goes only when it is a directory of the mirror's own file system: what is a link, or mounted there, is another's. Nothing fails
 * because of it: what cannot be removed is logged.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/blocking.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "import/import.h"
#include "import/internal.h"

/* webdir/FOLDER as the system knows it. Returns owned. */
static char *folder_of(struct core *c, const char *folder)
{
	struct value *settings = settings_snapshot(c->settings);
	char *shown = xasprintf("%s/%s", v_dict_cstr(settings, "webdir", "/var/www/cobbler"), folder), *path = path_of(shown);
	v_unref(settings);
	free(shown);
	return path;
}

static bool plain(const char *name)
{
	return *name != '\0' && *name != '.' && strchr(name, '/') == NULL;
}

/* A directory of base itself: no link, and nothing that is mounted. */
static bool is_own(int base, const char *name)
{
	struct stat st, above;
	return fstatat(base, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) && fstat(base, &above) == 0 &&
		st.st_dev == above.st_dev;
}

/* Out of sight at once; under the name of an import that was cut off, so that the next one removes what a crash leaves of it. */
static void remove_folder(const char *folder, const char *name)
{
	char hex[17], *from CLEANUP(free_ptr) = xasprintf("%s/%s", folder, name);
	random_hex(hex, 8);
	char *to CLEANUP(free_ptr) = xasprintf("%s/" IMPORT_STAGING "%s", folder, hex);
	int base CLEANUP(close_fd) = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (base == -1 || !is_own(base, name))
		return;
	int lock CLEANUP(close_fd) = openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (lock == -1 || import_hold(lock) == HELD_BY_OTHER || rename(from, to) == -1) {
		log_warn("import", "cannot remove %s: %s", from, strerror(errno));
		return;
	}
	log_info("import", "removing %s", from);
	blocking_begin();
	import_remove_tree(to);
	blocking_end();
}

/* The first folder of a file's path below mirror. Returns owned, NULL when it lies elsewhere. */
static char *folder_in(const char *mirror, const char *path)
{
	size_t n = strlen(mirror);
	if (!str_starts(path, mirror) || path[n] != '/')
		return NULL;
	size_t k = strcspn(path + n + 1, "/");
	return path[n + 1 + k] == '/' ? xstrndup(path + n + 1, k) : NULL;
}

static bool in_use(struct core *c, const char *mirror, const char *name)
{
	static const struct { enum item_type type; const char *field; } fields[] = {
		{ ITEM_DISTRO, "kernel" }, { ITEM_DISTRO, "initrd" }, { ITEM_IMAGE, "file" } };
	bool used = false;
	for (size_t i = 0; i < ARRAY_LEN(fields) && !used; i++) {
		CLEANUP(item_list_free) struct item_list l = model_items(c->model, fields[i].type);
		for (size_t k = 0; k < l.n && !used; k++) {
			char *folder CLEANUP(free_ptr) = folder_in(mirror, item_str(l.v[k], fields[i].field));
			used = folder != NULL && str_eq(folder, name);
		}
	}
	return used;
}

/* Links for the web that lead into the tree. */
static void remove_links(struct core *c, const char *tree)
{
	char *folder CLEANUP(free_ptr) = folder_of(c, "links");
	size_t n = strlen(tree);
	DIR *d = opendir(folder);
	if (d == NULL)
		return;
	for (const struct dirent *de; (de = readdir(d)) != NULL; ) {
		char to[PATH_MAX];
		ssize_t k = readlinkat(dirfd(d), de->d_name, to, sizeof(to) - 1);
		to[k > 0 ? k : 0] = '\0';
		if (str_starts(to, tree) && (to[n] == '\0' || to[n] == '/') && unlinkat(dirfd(d), de->d_name, 0) == -1)
			log_warn("import", "cannot remove %s/%s: %s", folder, de->d_name, strerror(errno));
	}
	closedir(d);
}

/* The files that its source_repos name: URLs that end with config/NAME-0.repo. */
static void remove_configs(const struct item *distro, const char *mirror)
{
	static const char folder[] = "/distro_mirror/config/";
	const struct value *pairs = item_get(distro, "source_repos");
	for (size_t i = 0; i < v_len(pairs) && v_is(pairs, V_LIST); i++) {
		const struct value *pair = v_list_at(pairs, i);
		const char *url = v_is(pair, V_LIST) && v_len(pair) > 0 ? v_cstr(v_list_at(pair, 0)) : "", *at = strstr(url, folder);
		if (at == NULL || !plain(at + sizeof(folder) - 1))
			continue;
		char *path CLEANUP(free_ptr) = xasprintf("%s/config/%s", mirror, at + sizeof(folder) - 1);
		if (unlink(path) == -1 && errno != ENOENT)
			log_warn("import", "cannot remove %s: %s", path, strerror(errno));
	}
}

static void forget_distro(struct core *c, const struct item *distro)
{
	char *mirror CLEANUP(free_ptr) = folder_of(c, "distro_mirror");
	char *folder CLEANUP(free_ptr) = folder_in(mirror, item_str(distro, "kernel"));
	remove_configs(distro, mirror);
	if (folder == NULL || !plain(folder) || str_eq(folder, "config") || in_use(c, mirror, folder))
		return;
	char *tree CLEANUP(free_ptr) = xasprintf("%s/%s", mirror, folder);
	remove_links(c, tree);
	remove_folder(mirror, folder);
}

void import_forget(struct core *c, const struct item *it)
{
	if (item_type(it) == ITEM_DISTRO)
		forget_distro(c, it);
	if (item_type(it) == ITEM_REPO && plain(item_name(it))) {
		char *mirror CLEANUP(free_ptr) = folder_of(c, "repo_mirror");
		remove_folder(mirror, item_name(it));
	}
}

void import_move_mirror(struct core *c, const char *from, const char *to)
{
	char *mirror CLEANUP(free_ptr) = folder_of(c, "repo_mirror");
	int base CLEANUP(close_fd) = open(mirror, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (base == -1 || !plain(from) || !plain(to) || str_eq(from, to) || !is_own(base, from))
		return;
	char *old CLEANUP(free_ptr) = xasprintf("%s/%s", mirror, from), *now CLEANUP(free_ptr) = xasprintf("%s/%s", mirror, to);
	if (import_move_new(old, now) == -1)
		log_warn("import", "cannot move %s to %s: %s", old, to, strerror(errno));
}
