/* SPDX-License-Identifier: GPL-2.0-or-later
 * item.h - one item of the model: a distro, profile, system, ... described by the rows of its field table (field.h).
 *
 * An item is immutable once published and reference-counted (atomic), so a reader may keep it as long as it likes.
 * Edits work on an unshared copy (item_edit) that model/ publishes as a whole.
 */
#ifndef MODEL_ITEM_H
#define MODEL_ITEM_H

#include "base/err.h"
#include "model/field.h"
#include "value/value.h"

struct item;

/* Lifetime. item_new: defaults from the table, a fresh uid, no name. All return owned; item_unref(NULL) is allowed. */
struct item *item_new(enum item_type type);
struct item *item_edit(const struct item *it);        /* an unshared copy; field values are shared until replaced */
struct item *item_ref(const struct item *it);
void item_unref(struct item *it);
void item_unrefp(struct item **it);                   /* for CLEANUP() */

/* Reading. Results borrow from the item. */
enum item_type item_type(const struct item *it);
/* A number that no other item of this process has or had: what was published under it stays as it is. */
uint64_t item_serial(const struct item *it);
const char *item_name(const struct item *it);
const char *item_uid(const struct item *it);
const struct value *item_get(const struct item *it, const char *field);      /* raw value or NULL when no such field */
const struct value *item_at(const struct item *it, size_t row);               /* by index of its table: O(1) */
const char *item_str(const struct item *it, const char *field);               /* "" unless a str */
bool item_bool(const struct item *it, const char *field);
const struct value *item_interfaces(const struct item *it);                  /* dict name -> dict; empty unless a system */
/* The name of the item this one inherits from ("" when none) and that item's type. Profile: parent profile or distro;
 * system: profile or image; menu: parent menu. */
const char *item_parent(const struct item *it, enum item_type *type);

/* What a setter may look at beside the item itself; a NULL context, model or function leaves those checks out. */
struct model;
struct item_ctx {
	struct model *model;                       /* do references exist, are addresses free */
	const struct value *settings;
	int (*path_kind)(const char *path);        /* 'f' file, 'd' directory, 0 neither: kernels, ramdisks, templates */
};
int item_set_in(const struct item_ctx *ctx, struct item *it, const char *field, const struct value *v, struct err *e) MUST_CHECK;
int item_set_interface_in(const struct item_ctx *ctx, struct item *it, const char *iface, const char *field, const struct value *v,
	struct err *e) MUST_CHECK;

/* Writing, on an unshared item only. item_set parses and validates as Cobbler's setter does (text for lists, dicts, booleans ...),
 * checks everything that needs no other item, and fails with the setter's exception class and text; the old value then stays.
 * CB_ENOENT when the type has no such field (or it cannot be set by clients). */
int item_set(struct item *it, const char *field, const struct value *v, struct err *e) MUST_CHECK;
int item_set_str(struct item *it, const char *field, const char *v, struct err *e) MUST_CHECK;
/* One field of one interface of a system; the interface is created when missing. "modify" keys have the form field-interface. */
int item_set_interface(struct item *it, const char *iface, const char *field, const struct value *v, struct err *e) MUST_CHECK;
int item_delete_interface(struct item *it, const char *iface, struct err *e) MUST_CHECK;
int item_rename_interface(struct item *it, const char *from, const char *to, struct err *e) MUST_CHECK;
/* Without validation: for loading, mtime, names. Takes v. */
void item_put(struct item *it, const char *field, struct value *v);

/* Whole items. item_to_dict: as get_<type>() answers (raw, with the 2.x aliases kickstart, ks_meta, ...), None kept as None.
 * item_to_disk: as stored in collections/<type>s/NAME.json, unknown fields of the file it came from included.
 * item_from_disk: tolerant: unknown fields are kept, missing ones get defaults, a wrongly typed one is an error that names it.
 * item_is_reworded: it came from a file in the words of another release, which 3.3.7 may refuse. */
struct value *item_to_dict(const struct item *it);
struct value *item_to_disk(const struct item *it);
int item_from_disk(enum item_type type, const struct value *dict, struct item **ret, struct err *e) MUST_CHECK;
bool item_is_reworded(const struct item *it);
/* Was it saved since it was loaded or edited? compat: Item.serialize - 3.3.7 loses the derived fields (kickstart, ks_meta, remote_grub_*)
 * of what its cache holds when it saves an item; answers then lack them until the next start. */
bool item_is_saved(const struct item *it);
void item_mark_saved(struct item *it);

#endif
