/* SPDX-License-Identifier: GPL-2.0-or-later
 * look.c - reading the items of a site without owning it: no lock is taken and nothing is written, so a daemon may run meanwhile.
 */
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "store/store_private.h"

static void read_folder(enum item_type t, const char *path, struct model *m)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int own = fd >= 0 ? dup(fd) : -1;
	DIR *d = own >= 0 ? fdopendir(own) : NULL;
	if (d == NULL) {
		close_fd(&own);
		return;
	}
	for (struct dirent *de; (de = readdir(d)) != NULL;) {
		struct item *it = NULL;
		struct err why;
		if (de->d_name[0] == '.' || !str_ends(de->d_name, ".json"))
			continue;
		if (store_load_one(fd, t, de->d_name, &it, &why) == CB_OK)
			model_publish(m, it, NULL);
		else
			log_warn("store", "%s/%s is left out: %s", path, de->d_name, why.text);
	}
	closedir(d);
}

void store_look(struct model *m)
{
	for (size_t t = 0; t < ITEM_TYPES; t++) {
		char *folder CLEANUP(free_ptr) = xasprintf("/var/lib/cobbler/collections/%s", item_table((enum item_type)t)->plural);
		char *path CLEANUP(free_ptr) = path_of(folder);
		read_folder((enum item_type)t, path, m);
	}
}
