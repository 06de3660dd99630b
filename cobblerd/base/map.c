/* SPDX-License-Identifier: GPL-2.0-or-later
 * map.c - open addressing with linear probing; SipHash-1-3 under a random key.
 */
#include "base/map.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/siphash.h"

struct map_slot {
	char *key;        /* NULL: never used; with v NULL: deleted */
	void *v;
	uint64_t hash;
};

static uint64_t sip_key[2];
static pthread_once_t sip_once = PTHREAD_ONCE_INIT;

static void make_key(void)
{
	random_bytes(sip_key, sizeof(sip_key));
}

uint64_t hash_bytes(const void *p, size_t n)
{
	pthread_once(&sip_once, make_key);
	return siphash(sip_key, p, n, 1, 3);
}

/* The slot that holds key, or the first free one on its path (a deleted one when there is one). */
static struct map_slot *find_slot(const struct map *m, const char *key, uint64_t hash)
{
	struct map_slot *deleted = NULL;
	for (size_t i = hash & (m->cap - 1); ; i = (i + 1) & (m->cap - 1)) {
		struct map_slot *s = &m->slots[i];
		if (s->key == NULL)
			return deleted != NULL ? deleted : s;
		if (s->v == NULL && deleted == NULL)
			deleted = s;
		if (s->v != NULL && s->hash == hash && strcmp(s->key, key) == 0)
			return s;
	}
}

static void rehash(struct map *m)
{
	struct map old = *m;
	m->cap = 16;
	while (m->cap < old.live * 4)
		m->cap *= 2;
	m->slots = xcalloc(m->cap, sizeof(*m->slots));
	m->used = m->live = 0;
	for (size_t i = 0; i < old.cap; i++) {
		struct map_slot *s = &old.slots[i];
		if (s->v == NULL) {
			free(s->key);
			continue;
		}
		*find_slot(m, s->key, s->hash) = *s;
		m->used++;
		m->live++;
	}
	free(old.slots);
}

void *map_get(const struct map *m, const char *key)
{
	if (m->live == 0)
		return NULL;
	return find_slot(m, key, hash_bytes(key, strlen(key)))->v;
}

void *map_put(struct map *m, const char *key, void *v)
{
	if (m->used * 4 >= m->cap * 3)
		rehash(m);
	size_t n = strlen(key);
	uint64_t hash = hash_bytes(key, n);
	struct map_slot *s = find_slot(m, key, hash);
	void *old = s->v;
	if (old == NULL) {
		if (s->key == NULL)
			m->used++;
		free(s->key);
		s->key = xstrndup(key, n);
		s->hash = hash;
		m->live++;
	}
	s->v = v;
	return old;
}

void *map_del(struct map *m, const char *key)
{
	if (m->live == 0)
		return NULL;
	struct map_slot *s = find_slot(m, key, hash_bytes(key, strlen(key)));
	void *old = s->v;
	if (old != NULL) {
		s->v = NULL;
		m->live--;
	}
	return old;
}

bool map_next(const struct map *m, size_t *i, const char **key, void **v)
{
	for (; *i < m->cap; (*i)++) {
		const struct map_slot *s = &m->slots[*i];
		if (s->v == NULL)
			continue;
		if (key != NULL)
			*key = s->key;
		if (v != NULL)
			*v = s->v;
		(*i)++;
		return true;
	}
	return false;
}

void map_free(struct map *m)
{
	for (size_t i = 0; i < m->cap; i++)
		free(m->slots[i].key);
	free(m->slots);
	*m = (struct map){ 0 };
}
