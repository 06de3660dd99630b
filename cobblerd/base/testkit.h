/* SPDX-License-Identifier: GPL-2.0-or-later
 * testkit.h - what the test programs share: cmocka with the headers that it wants, and a root directory that goes away again.
 * Each test program includes it once. Functions end the test when they cannot do their work.
 */
#ifndef BASE_TESTKIT_H
#define BASE_TESTKIT_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/spawn.h"

static char root[64];

static inline void run(const char *const *argv)
{
	struct spawn s = { .argv = argv, .timeout_ms = 60000 };
	struct err e = { .text = "" };
	int status = -1;
	if (spawn_run(&s, &status, &e) != CB_OK || status != 0)
		fail_msg("%s: %d %s", argv[0], status, e.text);
}

/* An empty directory below /tmp becomes *root* and the root of all paths. */
static inline int root_make(void **state UNUSED)
{
	snprintf(root, sizeof(root), "/tmp/cobbler-unit.XXXXXX");
	if (mkdtemp(root) == NULL)
		return -1;
	path_set_root(root);
	return 0;
}

static inline int root_remove(void **state UNUSED)
{
	const char *argv[] = { "rm", "-rf", "--", root, NULL };
	run(argv);
	return 0;
}

/* path lies below the root; folders on the way are made. */
static inline void put_bytes(const char *path, const void *p, size_t n, mode_t mode)
{
	char *full = path_of(path), *dir = xstrndup(full, (size_t)(strrchr(full, '/') - full));
	struct err e;
	if (dir_make(dir, 0755, &e) != CB_OK || file_replace(AT_FDCWD, full, p, n, mode, &e) != CB_OK)
		fail_msg("%s", e.text);
	free(full);
	free(dir);
}

static inline void put_file(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text), 0644);
}

/* Copies a file or folder into the folder *to* below the root. */
static inline void copy_in(const char *from, const char *to)
{
	char *cwd = getcwd(NULL, 0), *src = xasprintf("%s/%s", cwd, from), *dst = path_of(to);
	assert_int_equal(dir_make(dst, 0755, NULL), CB_OK);
	const char *argv[] = { "cp", "-r", "--no-preserve=mode", "--", src, dst, NULL };
	run(argv);
	free(cwd);
	free(src);
	free(dst);
}

#endif
