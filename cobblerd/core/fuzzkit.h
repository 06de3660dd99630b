/* SPDX-License-Identifier: GPL-2.0-or-later
 * fuzzkit.h - a core with one distro, profile and system, for the fuzz targets of rooms above core/. Each includes it once.
 */
#ifndef CORE_FUZZKIT_H
#define CORE_FUZZKIT_H
#include "base/fuzzkit.h"
#include "core/edit.h"

static inline void add(struct core *c, enum item_type t, const char *const (*fields)[2])
{
	struct err e;
	struct item *it = item_new(t);
	for (; (*fields)[0] != NULL; fields++)
		item_put(it, (*fields)[0], v_str((*fields)[1]));
	if (edit_save(c, it, true, false, &e) != CB_OK)
		abort();
	item_unref(it);
}

/* Configuration is to be in place before. */
static inline void core_with_items(struct core *c)
{
	struct err e;
	put_text("/var/lib/cobbler/templates/t.ks", "#if $varExists('x')\n$x\n#end if\nname $name\n");
	put_text("/var/lib/cobbler/snippets/s", "a snippet\n");
	put_text("/var/log/cobbler/x", "");
	put_text("/srv/tftpboot/pxelinux.0", "not a loader");
	put_text("/boot/vmlinuz", "not a kernel");
	if (core_open(c, &e) != CB_OK)
		abort();
	char *kernel = path_of("/boot/vmlinuz");
	add(c, ITEM_DISTRO, (const char *const[][2]){ { "name", "d" }, { "kernel", kernel }, { "initrd", kernel }, { "breed", "redhat" },
		{ "arch", "x86_64" }, { NULL, NULL } });
	add(c, ITEM_PROFILE, (const char *const[][2]){ { "name", "p" }, { "distro", "d" }, { "autoinstall", "t.ks" }, { NULL, NULL } });
	add(c, ITEM_SYSTEM, (const char *const[][2]){ { "name", "s" }, { "profile", "p" }, { NULL, NULL } });
	free(kernel);
}

#endif
