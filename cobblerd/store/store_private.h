/* SPDX-License-Identifier: GPL-2.0-or-later
 * store_private.h - between the files of this room.
 */
#ifndef STORE_STORE_PRIVATE_H
#define STORE_STORE_PRIVATE_H

#include <pthread.h>

#include "store/store.h"

#define ITEM_FILE_MAX (16u << 20)
#define STORE_FILE_MODE 0640

/* journal.c: changes that are durable, though their files may not be on the disk yet. */
struct journal {
	int fd;                    /* -1: no change yet */
	size_t used, size;         /* bytes of records; of the file */
	size_t last;               /* where the last record begins */
	uint64_t number;           /* of the last record */
	char boot[40];
	pthread_t thread;          /* empties it when nothing changes */
	pthread_cond_t wake;
	bool running, stop;
};

struct store {
	int dir[ITEM_TYPES];       /* collections/<plural> */
	int lock;
	bool pretty;
	pthread_mutex_t mutex;     /* from a record of the journal until its files are replaced */
	struct journal journal;
};

/* Puts in order the files of what a journal still holds, and begins without one. */
int journal_open(struct store *s, struct err *e) MUST_CHECK;
void journal_close(struct store *s);
/* With the mutex held. Changes: a list of [collection, file, text] and [collection, file] for one that goes; durable when it returns.
 * newest: the last time of change of the items that take part, which a clock that was put back may not reach. Refused, with nothing
 * changed, when it does not fit the disk, or is beyond 1 GB. */
int journal_add(struct store *s, const struct value *changes, double newest, struct err *e) MUST_CHECK;
/* With the mutex held: the files of the last record are replaced; a process that is killed leaves nothing to do for it. */
void journal_done(struct store *s);
/* With the mutex held: the files of all changes are on the disk, and the journal is empty. */
int journal_checkpoint(struct store *s, struct err *e) MUST_CHECK;

/* store.c: one item file below dir; *ret owned. */
int store_load_one(int dir, enum item_type t, const char *file, struct item **ret, struct err *e) MUST_CHECK;
/* old_layout.c: are there items of 2.x to take over, for the first time or because that was interrupted? */
bool store_has_old_layout(bool empty);
/* old_layout.c: adds the items of /var/lib/cobbler/config that are not there yet. Those files stay as they are; one that cannot be read
 * is named in the log and counted. Fails when the store cannot be written; the next start then goes on. */
int store_take_over(struct store *s, struct model *m, size_t *loaded, size_t *damaged, struct err *e) MUST_CHECK;

#endif
