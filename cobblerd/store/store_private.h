/* SPDX-License-Identifier: GPL-2.0-or-later
 * store_private.h - between the files of this room.
 */
#ifndef STORE_STORE_PRIVATE_H
#define STORE_STORE_PRIVATE_H

#include "store/store.h"

#define ITEM_FILE_MAX (16u << 20)

struct store {
	int dir[ITEM_TYPES];       /* collections/<plural> */
	int lock;
	bool pretty;
};

/* store.c: one item file below dir; *ret owned. */
int store_load_one(int dir, enum item_type t, const char *file, struct item **ret, struct err *e) MUST_CHECK;
/* old_layout.c: are there items of 2.x to take over, for the first time or because that was interrupted? */
bool store_has_old_layout(bool empty);
/* old_layout.c: adds the items of /var/lib/cobbler/config that are not there yet. Those files stay as they are; one that cannot be read
 * is named in the log and counted. Fails when the store cannot be written; the next start then goes on. */
int store_take_over(struct store *s, struct model *m, size_t *loaded, size_t *damaged, struct err *e) MUST_CHECK;

#endif
