/* SPDX-License-Identifier: GPL-2.0-or-later
 * map.h - hash map from text to pointer; keys are copied, values borrowed. SipHash with a per-process key,
 * so that a client cannot choose colliding names. Not thread-safe.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/util.h"

struct map_slot;
struct map { struct map_slot *slots; size_t cap, used, live; };

void *map_get(const struct map *m, const char *key);             /* NULL when absent */
void *map_put(struct map *m, const char *key, void *v);          /* v not NULL; returns the value it replaced */
void *map_del(struct map *m, const char *key);                   /* returns the value removed, or NULL */
/* for (size_t i = 0; map_next(m, &i, &key, &v); ) ... ; no changes meanwhile. key and v may be NULL. */
bool map_next(const struct map *m, size_t *i, const char **key, void **v);
void map_free(struct map *m);                                    /* not the values */

uint64_t hash_bytes(const void *p, size_t n);                    /* SipHash-1-3 under the process key, as Python and Rust hash */

#endif
