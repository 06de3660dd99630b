/* SPDX-License-Identifier: GPL-2.0-or-later
 * usage.h - how much a directory has become while another program fills it.
 */
#ifndef IMPORT_USAGE_H
#define IMPORT_USAGE_H

#include <stdbool.h>
#include <stdint.h>

struct usage {
	uint64_t bytes, max_bytes;   /* sizes of the regular files, together */
	unsigned long entries, max_entries;
};
/* Counts what is below dir (borrowed, a descriptor) from nothing; no link is followed, what has just gone is passed over. True: within
 * the limits. False as soon as one is passed, or when it is deeper than IMPORT_USAGE_DEPTH folders. */
#define IMPORT_USAGE_DEPTH 128
bool usage_within(int dir, struct usage *u);

#endif
