/* SPDX-License-Identifier: GPL-2.0-or-later
 * model.h - all items, with their indexes. One writer, many readers.
 *
 * Readers: every function locks inside, for the time of a lookup, and returns owned references to immutable items.
 * Writers: the caller holds the edit lock (core/edit.h), so between model_check and model_publish nothing changes.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "model/item.h"

struct model;

/* An empty one. Returns owned: model_free. */
struct model *model_new(void);
/* What base is, with changes of its own put over it that base does not see: all functions work on it. base must outlive it. */
struct model *model_view(struct model *base);
void model_free(struct model *m);
uint64_t model_version(const struct model *m);         /* +1 with each published change */
uint64_t model_parents_version(const struct model *m); /* the same, of anything but systems: what others inherit and menus hold */
size_t model_count(struct model *m, enum item_type t);

/* Lookups in O(1); each returns owned or NULL. */
struct item *model_get(struct model *m, enum item_type t, const char *name);
struct item *model_by_uid(struct model *m, const char *uid);                  /* any type */
struct item *model_system_by_mac(struct model *m, const char *mac, const char **iface);      /* any case; *iface borrows from the item */
struct item *model_system_by_ip(struct model *m, const char *ip, const char **iface);
struct item *model_system_by_dns_name(struct model *m, const char *name, const char **iface); /* hostname or interface dns_name */
struct item *model_parent(struct model *m, const struct item *it);

/* Lists: arrays of owned references; free with item_list_free. In insertion order (as Cobbler's dicts), unless sorted by name. */
struct item_list { struct item **v; size_t n; };
struct item_list model_items(struct model *m, enum item_type t);
struct item_list model_children(struct model *m, const struct item *it);      /* direct, all types */
struct item_list model_descendants(struct model *m, const struct item *it);   /* parents before children */
struct item_list model_referrers(struct model *m, enum item_type t, const char *name);   /* all that name it: parents, menus, repos */
void item_list_add(struct item_list *l, const struct item *it);               /* takes a reference of its own */
void item_list_free(struct item_list *l);                                     /* also for CLEANUP() */

/* find_<type>(criteria): fnmatch globs, lists, dict containment, boolean text, interface fields, as Cobbler matches.
 * Equality on an indexed field costs O(1). */
int model_find(struct model *m, enum item_type t, const struct value *criteria, struct item_list *ret, struct err *e) MUST_CHECK;

/* What needs other items: references exist, names and (per settings) MACs, IPs, hostnames are free, no parent cycle.
 * old: the published item that it replaces, or NULL. */
int model_check(struct model *m, const struct value *settings, const struct item *it, const struct item *old, struct err *e) MUST_CHECK;
/* Puts it (takes the reference) in place of old (NULL: new). Never fails. */
void model_publish(struct model *m, struct item *it, const struct item *old);
/* Several in one step: no reader sees some of them only. items[i] NULL: olds[i] goes away. */
void model_publish_all(struct model *m, struct item *const *items, const struct item *const *olds, size_t n);
void model_remove(struct model *m, const struct item *it);

/* What a view changes: before is the item of its base that it replaced or (now NULL) removed, as it was then; NULL for new ones. */
struct model_change { struct item *now, *before; };
size_t model_view_count(struct model *view);
/* All of them, in no order; n entries. The array and the references are the caller's. */
struct model_change *model_view_changes(struct model *view, size_t *n);

#endif
