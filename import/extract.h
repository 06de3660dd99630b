/* SPDX-License-Identifier: GPL-2.0-or-later
 * extract.h - from an image file or a directory to a tree of plain files.
 *
 * ISO 9660 (Rock Ridge, Joliet, plain), UDF, and tar archives as netboot files come in. Runs in the sandboxed child.
 */
#ifndef IMPORT_EXTRACT_H
#define IMPORT_EXTRACT_H

#include "import/report.h"
#include "import/sink.h"

struct extract {
	int src;                     /* the image, or the directory */
	const char *name;            /* for messages */
	int target;                  /* an empty directory */
	uint64_t max_bytes;          /* 0: the default of limits.h */
	unsigned long max_entries;   /* 0: likewise */
	struct report *report;
	/* results */
	uint64_t bytes;
	unsigned long entries, skipped;
};

int extract_image(struct extract *x, struct err *e) MUST_CHECK;
/* Copies a directory tree (no links followed, no other file systems' special files). */
int extract_tree(struct extract *x, struct err *e) MUST_CHECK;
/* udf.c */
int extract_udf(struct extract *x, struct sink *s, struct err *e) MUST_CHECK;

/* Fails with words when the target's file system has less room than need. */
int extract_room(int target, uint64_t need, struct err *e) MUST_CHECK;

#endif
