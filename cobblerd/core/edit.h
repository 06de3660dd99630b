/* SPDX-License-Identifier: GPL-2.0-or-later
 * edit.h - every change of the model goes through here:
 * check -> pre-triggers -> durable store -> publish -> post-triggers. A failure before publish leaves nothing changed.
 */
#ifndef CORE_EDIT_H
#define CORE_EDIT_H

#include "core/core.h"

/* it: an unshared edited item (borrowed). It replaces the published item of the same uid, else (compat: Collection.add) the one of
 * the same name, else it is new. as_new: fail with CB_EEXIST when the name is taken. Sets ctime, mtime, depth. */
int edit_save(struct core *c, struct item *it, bool as_new, bool triggers, struct err *e) MUST_CHECK;
/* A copy under a new name and uid, not saved yet; *ret owned, unshared. */
int edit_copied(const struct item *it, const char *newname, struct item **ret, struct err *e) MUST_CHECK;
/* The same, saved; *ret (may be NULL) owned. */
int edit_copy(struct core *c, const struct item *it, const char *newname, struct item **ret, struct err *e) MUST_CHECK;
/* Renames it and rewrites every reference to the old name, in one durable step. */
int edit_rename(struct core *c, const struct item *it, const char *newname, struct err *e) MUST_CHECK;
/* Removes; with children and not recursive: "removal would orphan profile: NAME". */
int edit_remove(struct core *c, enum item_type t, const char *name, bool recursive, bool triggers, struct err *e) MUST_CHECK;

#endif
