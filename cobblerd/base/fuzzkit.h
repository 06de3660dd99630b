/* SPDX-License-Identifier: GPL-2.0-or-later
 * fuzzkit.h - a root of its own for a fuzz target, removed at the end with all that is in it (tools/fuzz does that for libFuzzer, which
 * leaves by _exit). Each target includes it once.
 */
#ifndef BASE_FUZZKIT_H
#define BASE_FUZZKIT_H
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static char root[256];

static inline int rm(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	return remove(path);
}

static inline void root_remove(void)
{
	nftw(root, rm, 64, FTW_DEPTH | FTW_PHYS);
}

static inline void root_make(void)
{
	const char *tmp = getenv("TMPDIR");
	log_init("fuzz", LOG_LVL_ERROR);
	snprintf(root, sizeof(root), "%s/cobblerd-fuzz-XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(root) == NULL)
		abort();
	path_set_root(root);
	atexit(root_remove);
}

static inline void put(const char *path, const void *p, size_t n)
{
	struct err e;
	char tmp[PATH_MAX], *full = path_of(path), *dir = xstrndup(full, (size_t)(strrchr(full, '/') - full));
	if (dir_make(dir, 0755, &e) != CB_OK || file_stage(AT_FDCWD, full, p, n, 0644, false, tmp, &e) != CB_OK ||
	    file_commit(AT_FDCWD, tmp, full, &e) != CB_OK)
		abort();
	free(full);
	free(dir);
}

static inline void put_text(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

#endif
