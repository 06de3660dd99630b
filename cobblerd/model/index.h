/* SPDX-License-Identifier: GPL-2.0-or-later
 * index.h - from a text to the entries that have it; several may. Inside model/ only.
 */
#ifndef MODEL_INDEX_H
#define MODEL_INDEX_H

#include "base/map.h"
#include "model/item.h"

/* A published item and its place in its collection. The order of places never changes while an entry is indexed. */
struct entry { struct item *it; size_t pos; };

struct bucket { struct entry **v; size_t n, cap; };
struct index { struct map m; };

void index_add(struct index *ix, const char *key, struct entry *e);          /* "" is not indexed */
void index_del(struct index *ix, const char *key, const struct entry *e);    /* one that is not there is no error */
const struct bucket *index_get(const struct index *ix, const char *key);     /* NULL when there is none */
void index_free(struct index *ix);

#endif
