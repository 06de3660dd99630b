/* SPDX-License-Identifier: GPL-2.0-or-later
 * replicate.h - between the files of replicate: the other server and its objects (replicate_remote.c), which of them are wanted
 * (replicate_select.c), and what is done with them here (replicate.c).
 */
#pragma once

#include "base/map.h"
#include "core/core.h"

/* Objects of one type as the other server has them, parents before children. */
struct theirs {
	struct item **v;              /* owned */
	bool *wanted;                 /* as many */
	size_t n, cap;
	struct map by_name;           /* -> its place in v plus 1 */
};

struct remote {
	struct task *task;
	char *url;
	size_t refused;               /* objects that are not fit to be stored */
	struct value *settings;       /* the other server's */
	struct theirs types[ITEM_TYPES];
};

/* Asks for everything; nothing changes here. */
int remote_fetch(struct remote *r, struct err *e) MUST_CHECK;
void remote_free(struct remote *r);

/* Marks what is wanted: everything, or what matches the patterns ("distro_patterns" ... of options, separated by blanks) and what that
 * needs. */
void remote_select(struct remote *r, const struct value *options);
