/* SPDX-License-Identifier: GPL-2.0-or-later
 * resolve.h - inheritance: what a field means for an item, given its ancestors and the settings.
 */
#ifndef MODEL_RESOLVE_H
#define MODEL_RESOLVE_H

#include "model/model.h"

/* Resolved value of one field: "<<inherit>>" followed up the tree and to the settings; dicts merged, "!key" removed; lists as
 * Cobbler joins them. Returns owned; NULL when there is no such field. settings: the settings dict. */
struct value *resolve_field(struct model *m, const struct value *settings, const struct item *it, const char *field);
/* item_to_dict with every field resolved, as get_<type>(name, resolved=True). Returns owned. */
struct value *resolve_dict(struct model *m, const struct value *settings, const struct item *it);
/* utils.blender(): the flat dict that templates and get_blended_data see: settings, ancestors, item, interfaces flattened to
 * mac_address_eth0 ..., mgmt and kernel options. flatten: dicts as text, as get_<type>_as_rendered. Returns owned. */
struct value *resolve_blend(struct model *m, const struct value *settings, const struct item *it, bool flatten);
/* The same for many items with one parent: what the parent gives (kept until a parent or the settings change), and then each item on
 * it. Both return owned. */
struct value *resolve_blend_base(struct model *m, const struct value *settings, const struct item *parent);
struct value *resolve_blend_on(struct model *m, const struct value *settings, const struct value *base, const struct item *it);
/* utils.flatten(): the dicts and lists that koan wants as text, in place; dict is unshared. */
void resolve_flatten(struct value *dict);
/* Distro of a profile or system through any depth; returns owned or NULL. */
struct item *resolve_distro(struct model *m, const struct item *it);

#endif
