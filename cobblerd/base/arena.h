/* SPDX-License-Identifier: GPL-2.0-or-later
 * arena.h - memory that lives as long as one request, packet, render or task, freed whole.
 * limit (bytes, 0 = none) is the defence against bombs: past it arena_alloc returns NULL and sets full.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/util.h"

struct arena_chunk;
struct arena {
	struct arena_chunk *head;
	size_t used;
	size_t limit;
	bool full;
};

/* An empty one; nothing is allocated before the first arena_alloc. */
void arena_init(struct arena *a, size_t limit);
/* 16-byte aligned, uninitialised. NULL only when the limit is reached. */
void *arena_alloc(struct arena *a, size_t n);
/* The same, of zeros; a copy of n bytes with a NUL behind them. */
void *arena_zalloc(struct arena *a, size_t n);
char *arena_strndup(struct arena *a, const char *s, size_t n);
/* All that it gave out is gone; it is as after arena_init, with the same limit. */
void arena_free(struct arena *a);

#endif
