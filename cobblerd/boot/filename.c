/* SPDX-License-Identifier: GPL-2.0-or-later
 * filename.c - the boot file that an item names itself.
 */
#include <stdlib.h>
#include <string.h>

#include "boot/boot.h"

#define MAX_DEPTH 64               /* of profiles; loops are refused when they are made */

/* The next item that is asked for the file name; NULL: this one has it. Owned. compat: a new subprofile says "" until the server starts
 * anew, and means its parent's from then on; machines get that at once. */
static struct item *next_of(struct core *c, const struct item *it)
{
	const char *own = item_str(it, "filename");
	bool new_sub = item_type(it) == ITEM_PROFILE && *own == '\0' && *item_str(it, "parent") != '\0';
	struct item *up = new_sub || str_eq(own, "<<inherit>>") ? model_parent(c->model, it) : NULL;
	if (up == NULL || item_type(up) == ITEM_PROFILE)
		return up;
	item_unref(up);
	return NULL;
}

char *boot_filename(struct core *c, const struct value *settings, const struct item *it)
{
	struct item *at = item_ref(it), *up;
	for (int depth = 0; depth < MAX_DEPTH && (up = next_of(c, at)) != NULL; depth++) {
		item_unref(at);
		at = up;
	}
	struct value *v = resolve_field(c->model, settings, at, "filename");
	char *text = xstrdup(v_is(v, V_STR) && !v_str_is(v, "<<inherit>>") ? v_cstr(v) : "");
	v_unref(v);
	item_unref(at);
	return text;
}
