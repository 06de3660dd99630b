/* SPDX-License-Identifier: GPL-2.0-or-later
 * edit.h - every change of the model goes through here:
 * check -> pre-triggers -> durable store -> publish -> post-triggers. A failure before publish leaves nothing changed.
 */
#ifndef CORE_EDIT_H
#define CORE_EDIT_H

#include "core/core.h"

/* A new item, *ret owned. What a profile begins with, the settings say (compat: Profile.__init__); a value that is none of the field's is
 * an error that names the setting. */
int edit_new(struct core *c, enum item_type type, struct item **ret, struct err *e) MUST_CHECK;
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

/* A transaction: a core whose model is a view of the other's. The functions above work on it too, but nothing of it is stored, runs
 * triggers or is seen by others until edit_commit. live must outlive it. */
void edit_begin(struct core *tx, struct core *live);
size_t edit_pending(const struct core *tx);           /* items that it changes */
struct edit_changes { struct model_change *v; size_t n; };       /* what exists before what needs it, then what is gone */
void edit_changes_free(struct edit_changes *l);
/* Checks all changes against what is published by now, runs the pre-triggers, stores and publishes them in one step, runs the
 * post-triggers. CB_ESTATE (ValueError): somebody else changed one of the items. Fails as a whole. *ret (owned; untouched on failure): what
 * changed, for the files that follow. edit_end is still to be called. */
int edit_commit(struct core *tx, struct edit_changes *ret, struct err *e) MUST_CHECK;
void edit_end(struct core *tx);

#endif
