/* SPDX-License-Identifier: GPL-2.0-or-later
 * model_private.h - between the files of this room.
 */
#ifndef MODEL_MODEL_PRIVATE_H
#define MODEL_MODEL_PRIVATE_H

#include <pthread.h>

#include "base/map.h"
#include "model/model.h"

/* Items of a type whose indexed field (name, mac_address, ip_address, ipv6_address, dns_name) is text, in any case. */
struct item_list model_by_index(struct model *m, enum item_type t, const char *field, const char *text);
/* Items of a type whose name matches(name, want), a pattern: before its first "?", "*" or "[" a name must be alike in any case. */
struct item_list model_by_name(struct model *m, enum item_type t, bool (*matches)(const char *have, const char *want), const char *want);
/* What parents give to their children (resolve_blend_base), by the parent's uid; good for one version of the model, one snapshot of the
 * settings (held, so that no other one gets its address) and one set of signatures. */
struct bases {
	pthread_mutex_t lock;
	uint64_t version, signatures;
	struct value *settings;
	struct map of;
};
struct bases *model_bases(struct model *m);
/* old_items.c: a stored item of any release in the fields and words of 3.3.7; what nobody knows stays. Returns owned: the very
 * dict when nothing had to be changed. */
struct value *item_modernise(enum item_type type, const struct value *dict);
/* What a client that asked for the field now by the name of 2.x means with v. Returns owned. */
struct value *old_value(const char *asked, const char *now, const struct value *v);

#endif
