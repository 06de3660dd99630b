/* SPDX-License-Identifier: GPL-2.0-or-later
 * signatures_table.h - the form of our own signature table: a family says what its releases share, a row what is
 * particular.
 */
#ifndef MODEL_SIGNATURES_TABLE_H
#define MODEL_SIGNATURES_TABLE_H

#include "base/util.h"

/* Texts of several words are lists separated by blanks. NULL means: as the family says, or null where that is NULL too.
 */
struct sig_family {
	const char *breed;
	const char *markers; /* "signatures": paths of which one exists on the media; "-" is the top itself ("") */
	const char *version_file;     /* expression for a file name; every '%' is replaced by the row's key */
	const char *version_regex;    /* expression for a line of that file, '%' likewise */
	const char *arch_file;        /* "kernel_arch" */
	const char *arch_regex;       /* "kernel_arch_regex" */
	const char *arches;
	const char *repos;            /* "supported_repo_breeds" */
	const char *kernel;
	const char *initrd;
	const char *autoinstall;
	const char *options;          /* "kernel_options" */
	const char *boot_files;
	const char *loaders; /* "boot_loaders": arch=loader+loader ...; "{}": an empty dict, "[]": an empty list */
};

struct sig_row {
	const struct sig_family *family;
	const char *name;             /* os_version */
	const char *key;              /* for '%'; NULL: the name */
	/* the rest overrides the family's entry of the same name */
	const char *markers, *version_file, *version_regex, *arches, *kernel, *initrd, *autoinstall, *options, *loaders;
};

extern const struct sig_row sig_rows[];
extern const size_t sig_nrows;
/* Breeds in the order in which they are tried and shown; a breed may be without rows ("unix"). */
extern const char *const sig_breeds[];
extern const size_t sig_nbreeds;

#endif
