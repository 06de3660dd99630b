/* SPDX-License-Identifier: GPL-2.0-or-later
 * old_layout.c - the items of Cobbler 2.x, /var/lib/cobbler/config/<plural>.d/NAME.json, taken over once: when there
 * are no collections yet.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "store/store_private.h"

/* There from before the first item is stored until after the last: a crash in between does not lose the rest. */
#define MARKER "/var/lib/cobbler/collections/.taking-over"

struct counts { size_t loaded, damaged; };

/* Reads one file and stores what is in it as a present item. What an earlier, interrupted attempt stored is there already. */
static int take_over(struct store *s, struct model *m, int dir, enum item_type t, const char *file, struct counts *c, struct err *e)
{
	CLEANUP(item_unrefp) struct item *it = NULL, *twin = NULL;
	int rc = store_load_one(dir, t, file, &it, e);
	if (rc != CB_OK) {
		log_error("store", "config/%s.d/%s was not taken over: %s", item_tables[t]->plural, file, e->text);
		c->damaged++;
		return CB_OK;
	}
	twin = model_get(m, t, item_name(it));
	if (twin != NULL)
		return CB_OK;
	rc = store_save(s, it, NULL, e);
	if (rc == CB_OK) {
		model_publish(m, item_ref(it), NULL);
		c->loaded++;
	}
	return rc;
}

static int is_item_file(const struct dirent *de)
{
	return de->d_name[0] != '.' && str_ends(de->d_name, ".json");
}

static int take_over_type(struct store *s, struct model *m, enum item_type t, struct counts *c, struct err *e)
{
	struct dirent **names;
	int rc = CB_OK;
	char *path = xasprintf("%s/var/lib/cobbler/config/%s.d", path_root(), item_tables[t]->plural);
	int n = scandir(path, &names, is_item_file, alphasort);
	CLEANUP(close_fd) int dir = n > 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (n > 0 && dir == -1)
		rc = err_sys(e, "cannot open %s", path);
	for (int i = 0; i < n; i++) {
		if (rc == CB_OK)
			rc = take_over(s, m, dir, t, names[i]->d_name, c, e);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	free(path);
	return rc;
}

static bool there(const char *path)
{
	char *real = path_of(path);
	bool yes = access(real, F_OK) == 0;
	free(real);
	return yes;
}

bool store_has_old_layout(bool empty)
{
	return there(MARKER) || (empty && there("/var/lib/cobbler/config"));
}

int store_take_over(struct store *s, struct model *m, size_t *loaded, size_t *damaged, struct err *e)
{
	struct counts c = { 0, 0 };
	char *marker = path_of(MARKER), *collections = path_of("/var/lib/cobbler/collections");
	int rc = file_replace(AT_FDCWD, marker, "", 0, 0640, e);
	for (size_t t = 0; t < ITEM_TYPES && rc == CB_OK; t++)
		rc = take_over_type(s, m, (enum item_type)t, &c, e);
	if (rc == CB_OK && unlink(marker) == -1)
		rc = err_sys(e, "cannot remove %s", marker);
	if (rc == CB_OK)
		rc = dir_sync(AT_FDCWD, collections, e);
	if (rc == CB_OK && c.loaded > 0)
		log_info("store", "%zu items taken over from /var/lib/cobbler/config, which stays as it is", c.loaded);
	*loaded += c.loaded;
	*damaged += c.damaged;
	free(marker);
	free(collections);
	return rc;
}
