/* SPDX-License-Identifier: GPL-2.0-or-later
 * arena.c - chunked allocation freed whole.
 */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK 8192
#define ALIGN 16

struct arena_chunk {
	struct arena_chunk *next;
	size_t cap, used;
	_Alignas(ALIGN) unsigned char mem[];
};

void arena_init(struct arena *a, size_t limit)
{
	*a = (struct arena){ .limit = limit };
}

/* What is large gets a chunk of its own behind the first one, whose rest stays in use: no more than a quarter of a
 * chunk is ever left unused. */
static struct arena_chunk *add_chunk(struct arena *a, size_t n)
{
	bool own = n > CHUNK / 4 && a->head != NULL;
	size_t cap = own || n > CHUNK ? n : CHUNK;
	struct arena_chunk *c = xmalloc(sizeof(*c) + cap), **at = own ? &a->head->next : &a->head;
	c->next = *at;
	c->cap = cap;
	c->used = 0;
	*at = c;
	return c;
}

void *arena_alloc(struct arena *a, size_t n)
{
	if (n > SIZE_MAX - ALIGN) {
		a->full = true;
		return NULL;
	}
	n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (a->limit != 0 && n > a->limit - a->used) {
		a->full = true;
		return NULL;
	}
	struct arena_chunk *c = a->head;
	if (c == NULL || n > c->cap - c->used)
		c = add_chunk(a, n);
	void *p = c->mem + c->used;
	c->used += n;
	a->used += n;
	return p;
}

void *arena_zalloc(struct arena *a, size_t n)
{
	void *p = arena_alloc(a, n);
	if (p != NULL)
		memset(p, 0, n);
	return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *d = n < SIZE_MAX ? arena_alloc(a, n + 1) : NULL;
	if (d == NULL)
		return NULL;
	memcpy(d, s, n);
	d[n] = '\0';
	return d;
}

void arena_free(struct arena *a)
{
	while (a->head != NULL) {
		struct arena_chunk *next = a->head->next;
		free(a->head);
		a->head = next;
	}
	a->used = 0;
	a->full = false;
}
