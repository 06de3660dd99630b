/* SPDX-License-Identifier: GPL-2.0-or-later
 * links.c - webdir/links/DISTRO, by which installers reach the tree that a distro's kernel is of.
 *
 * compat: CobblerSync.add_single_distro and remove_single_distro. Imports make theirs themselves.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "manage/internal.h"

char *tree_of_file(const char *mirror, const char *path)
{
	size_t n = strlen(mirror);
	if (!str_starts(path, mirror) || path[n] != '/')
		return NULL;
	size_t name = strcspn(path + n + 1, "/");
	return name > 0 && path[n + 1 + name] == '/' ? xstrndup(path, n + 1 + name) : NULL;
}

/* What stands there already stays. */
static void make_link(const char *links, const char *link, const char *mirror, const char *kernel)
{
	struct err e;
	char *tree CLEANUP(free_ptr) = tree_of_file(mirror, kernel);
	if (tree == NULL)
		return;
	if (dir_make(links, 0755, &e) != CB_OK)
		log_error("manage", "%s", e.text);
	else if (symlink(tree, link) == 0)
		log_info("manage", "trying symlink %s -> %s", tree, link);
	else if (errno != EEXIST)
		log_error("manage", "symlink failed (%s -> %s): %s", tree, link, strerror(errno));
}

/* Only a link that leads into the mirror: others are the site's. */
static void remove_link(const char *link, const char *mirror)
{
	char to[PATH_MAX];
	ssize_t n = readlink(link, to, sizeof(to) - 1);
	to[n > 0 ? n : 0] = '\0';
	if (str_starts(to, mirror) && to[strlen(mirror)] == '/' && unlink(link) != 0)
		log_error("manage", "cannot remove %s: %s", link, strerror(errno));
}

void manage_link_distro(struct core *c, const char *name)
{
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->settings);
	char *webdir CLEANUP(free_ptr) = path_of(v_dict_cstr(settings, "webdir", "/var/www/cobbler"));
	char *mirror CLEANUP(free_ptr) = xasprintf("%s/distro_mirror", webdir), *links CLEANUP(free_ptr) = xasprintf("%s/links", webdir);
	char *link CLEANUP(free_ptr) = xasprintf("%s/%s", links, name);
	CLEANUP(item_unrefp) struct item *it = model_get(c->model, ITEM_DISTRO, name);
	if (strchr(name, '/') != NULL)
		return;
	if (it != NULL)
		make_link(links, link, mirror, item_str(it, "kernel"));
	else
		remove_link(link, mirror);
}
