/* SPDX-License-Identifier: GPL-2.0-or-later
 * index.c - a hash map of sorted arrays: adding and removing are a binary search, even where one key has 100,000 entries.
 */
#include "model/index.h"

#include <stdlib.h>
#include <string.h>

/* A place says something only within one collection: who refers to a profile may be a profile and a system, both at place 3. */
static bool before(const struct entry *a, const struct entry *b)
{
	enum item_type s = item_type(a->it), t = item_type(b->it);
	return s != t ? s < t : a->pos < b->pos;
}

/* Where e stands in b, or would: entries are in the order of types, and of their places in the collection. */
static size_t place_of(const struct bucket *b, const struct entry *e)
{
	size_t lo = 0, hi = b->n;
	if (hi > 0 && before(b->v[hi - 1], e))        /* most are added at the end */
		return hi;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (before(b->v[mid], e))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void index_add(struct index *ix, const char *key, struct entry *e)
{
	if (*key == '\0')
		return;
	struct bucket *b = map_get(&ix->m, key);
	if (b == NULL) {
		b = xcalloc(1, sizeof(*b));
		map_put(&ix->m, key, b);
	}
	size_t at = place_of(b, e);
	if (at < b->n && b->v[at] == e)                  /* one item may give the same key twice */
		return;
	if (b->n == b->cap) {
		b->cap = b->cap != 0 ? b->cap * 2 : 1;
		b->v = xreallocarray(b->v, b->cap, sizeof(struct entry *));
	}
	memmove(&b->v[at + 1], &b->v[at], (b->n - at) * sizeof(struct entry *));
	b->v[at] = e;
	b->n++;
}

void index_del(struct index *ix, const char *key, const struct entry *e)
{
	struct bucket *b = *key != '\0' ? map_get(&ix->m, key) : NULL;
	size_t at = b != NULL ? place_of(b, e) : 0;
	if (b == NULL || at == b->n || b->v[at] != e)
		return;
	memmove(&b->v[at], &b->v[at + 1], (b->n - at - 1) * sizeof(struct entry *));
	if (--b->n == 0) {
		map_del(&ix->m, key);
		free(b->v);
		free(b);
	}
}

const struct bucket *index_get(const struct index *ix, const char *key)
{
	return *key != '\0' ? map_get(&ix->m, key) : NULL;
}

void index_free(struct index *ix)
{
	void *b;
	for (size_t i = 0; map_next(&ix->m, &i, NULL, &b); ) {
		free(((struct bucket *)b)->v);
		free(b);
	}
	map_free(&ix->m);
}
