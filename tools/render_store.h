/* SPDX-License-Identifier: GPL-2.0-or-later
 * render_store.h - rendering against an item of a site's store.
 */
#ifndef TOOLS_RENDER_STORE_H
#define TOOLS_RENDER_STORE_H

#include "core/core.h"

struct render_store {
	const char *root;                /* NULL: / */
	enum item_type type;             /* distro, profile or system */
	const char *name;
	const char *file;                /* a template; NULL: the item's own */
	bool lint, trace;
};

/* Prints the answer file, its findings or its pieces. Returns an exit status. */
int render_store(const struct render_store *a);

#endif
