/* SPDX-License-Identifier: GPL-2.0-or-later
 * known.h - what a sync knows of the paths of its tree: maps from a path to a struct known.
 */
#ifndef MANAGE_KNOWN_H
#define MANAGE_KNOWN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/map.h"

/* What is known of a path: its signature in the manifest and, of a file that this process wrote or read, what it held and what the
 * file system said of it then, so that the next sync need not read it. */
struct known { uint64_t hash; off_t size; ino_t ino; struct timespec mtime, ctime; char sig[]; };

/* Of a copy of that file. */
static inline void known_copy_sig(const struct stat *st, char *out, size_t cap)
{
	snprintf(out, cap, "%llx:%llx:%lld:%lld.%09ld", (unsigned long long)st->st_dev, (unsigned long long)st->st_ino,
		(long long)st->st_size, (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
}

static inline struct known *known_new(const char *sig)
{
	struct known *k = xcalloc(1, sizeof(*k) + strlen(sig) + 1);
	memcpy(k->sig, sig, strlen(sig) + 1);
	return k;
}

static inline void known_put(struct map *m, const char *key, const char *sig)
{
	free(map_put(m, key, known_new(sig)));
}

/* Its signature; NULL when nothing is known of it. */
static inline const char *known_sig(const struct map *m, const char *key)
{
	const struct known *k = map_get(m, key);
	return k != NULL ? k->sig : NULL;
}

static inline void known_remember(struct known *k, uint64_t hash, const struct stat *st)
{
	k->hash = hash;
	k->size = st->st_size;
	k->ino = st->st_ino;
	k->mtime = st->st_mtim;
	k->ctime = st->st_ctim;
}

static inline bool known_still(const struct known *k, uint64_t hash, const struct stat *st)
{
	return k != NULL && k->ino != 0 && k->hash == hash && k->size == st->st_size && k->ino == st->st_ino &&
		k->mtime.tv_sec == st->st_mtim.tv_sec && k->mtime.tv_nsec == st->st_mtim.tv_nsec &&
		k->ctime.tv_sec == st->st_ctim.tv_sec && k->ctime.tv_nsec == st->st_ctim.tv_nsec;
}

static inline void known_clear(struct map *m)
{
	size_t i = 0;
	const char *key;
	void *v;
	while (map_next(m, &i, &key, &v))
		free(v);
	map_free(m);
	*m = (struct map){ 0 };
}

#endif
