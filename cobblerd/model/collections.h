/* SPDX-License-Identifier: GPL-2.0-or-later
 * collections.h - what model.c keeps and lookup.c reads, under one lock.
 */
#ifndef MODEL_COLLECTIONS_H
#define MODEL_COLLECTIONS_H

#include <ctype.h>
#include <pthread.h>

#include "model/index.h"
#include "model/model_private.h"

#define KEY_MAX 512

/* The beginning of the name, in lower case, stands beside the entry: a search passes over thousands without touching them. */
#define HEAD 16
struct place { struct entry *e; char head[HEAD]; };

struct collection {
	struct place *v;               /* in insertion order; e NULL: removed */
	size_t n, cap, live;
	struct map by_name;            /* -> struct entry */
	struct index by_lower_name;    /* find is case-insensitive */
};

struct model {
	pthread_rwlock_t lock;
	uint64_t version, parents_version;
	struct collection c[ITEM_TYPES];
	struct map by_uid;             /* -> struct entry, all types */
	struct index by_mac, by_ip, by_dns;
	struct bases bases;
	struct index referrers;        /* "type:name" of what is referred to -> who does */
	struct model *base;            /* of a view; NULL: none */
	size_t fresh;                  /* of a view: items of its own that replace none of the base */
	struct map hidden;             /* of a view: uid -> item of the base that is replaced or removed, as it was then */
};

static inline void lower(const char *s, char out[KEY_MAX])
{
	size_t n = 0;
	for (; *s != '\0' && n + 1 < KEY_MAX; s++)
		out[n++] = (char)tolower((unsigned char)*s);
	out[n] = '\0';
}

static inline void lower_head(const char *s, char out[HEAD])
{
	for (size_t n = 0; n < HEAD; n++) {
		out[n] = (char)tolower((unsigned char)*s);
		s += *s != '\0';
	}
}

#endif
