/* SPDX-License-Identifier: GPL-2.0-or-later
 * index.c - a hash map of small arrays.
 */
#include "model/index.h"

#include <stdlib.h>
#include <string.h>

void index_add(struct index *ix, const char *key, struct entry *e)
{
	if (*key == '\0')
		return;
	struct bucket *b = map_get(&ix->m, key);
	if (b == NULL) {
		b = xcalloc(1, sizeof(*b));
		map_put(&ix->m, key, b);
	}
	if (b->n > 0 && b->v[b->n - 1] == e)             /* one item may give the same key twice */
		return;
	if (b->n == b->cap) {
		b->cap = b->cap != 0 ? b->cap * 2 : 1;
		b->v = xreallocarray(b->v, b->cap, sizeof(struct entry *));
	}
	b->v[b->n++] = e;
}

void index_del(struct index *ix, const char *key, const struct entry *e)
{
	struct bucket *b = *key != '\0' ? map_get(&ix->m, key) : NULL;
	if (b == NULL)
		return;
	for (size_t i = b->n; i > 0; i--) {
		if (b->v[i - 1] != e)
			continue;
		memmove(&b->v[i - 1], &b->v[i], (b->n - i) * sizeof(struct entry *));
		b->n--;
	}
	if (b->n == 0) {
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
