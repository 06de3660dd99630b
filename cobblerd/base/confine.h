/* SPDX-License-Identifier: GPL-2.0-or-later
 * confine.h - a child that reads hostile bytes locks itself in: limits, Landlock, seccomp. Needs no privileges.
 */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

#include "base/err.h"

struct confine {
	/* directories: what may be read, and what may be written; a file that is open needs no rule; -1: none */
	int source, target;
	bool removes;                /* files of target may be removed and replaced as well */
	uint64_t memory, max_file;   /* bytes: of address space, of a file that is written */
	unsigned cpu_seconds, files; /* open descriptors */
};

/* From now on: no network, no programs, no processes, no files but those. *has_landlock: false when the kernel has none, and paths are
 * bounded by permissions alone. Libraries that are loaded later, and threads, are not to be had. */
int confine(const struct confine *c, bool *has_landlock, struct err *e) MUST_CHECK;
/* Landlock alone, for a process that has given up new privileges: from now on no files but those below these directories, to be read.
 * has_landlock as above. */
int confine_files(const int *dirs, size_t n, bool *has_landlock, struct err *e) MUST_CHECK;

/* Before another program takes this process's place, which may have threads and read and run what is installed on the system; else the
 * same: no network, no processes, no files but those, limits. */
int confine_program(const struct confine *c, bool *has_landlock, struct err *e) MUST_CHECK;

#endif
