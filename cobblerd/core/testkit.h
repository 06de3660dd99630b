/* SPDX-License-Identifier: GPL-2.0-or-later
 * testkit.h - a root of its own with the shipped templates and items from JSON, for the tests of rooms above core/.
 * Each test program includes it once.
 */
#ifndef CORE_TESTKIT_H
#define CORE_TESTKIT_H
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
#include "core/core.h"
#include "value/json.h"

static char root[64];
static struct core core;

static void run(const char *const *argv)
{
	struct spawn s = { .argv = argv, .timeout_ms = 60000, .cwd = "/" };
	struct err e;
	int status = -1;
	if (spawn_run(&s, &status, &e) != CB_OK || status != 0)
		fail_msg("%s: %d", argv[0], status);
}

static void put_file(const char *path, const char *text)
{
	char *full = xasprintf("%s%s", root, path), *dir = xstrndup(full, (size_t)(strrchr(full, '/') - full));
	struct err e;
	assert_int_equal(dir_make(dir, 0755, &e), CB_OK);
	assert_int_equal(file_replace(AT_FDCWD, full, text, strlen(text), 0644, &e), CB_OK);
	free(full);
	free(dir);
}

static void copy_library(const char *folder, const char *to)
{
	char *cwd = getcwd(NULL, 0), *src = xasprintf("%s/snippets/library/%s", cwd, folder),
	     *dst = xasprintf("%s%s", root, to);
	assert_int_equal(dir_make(dst, 0755, NULL), CB_OK);
	const char *argv[] = { "cp", "-r", "--no-preserve=mode", "--", src, dst, NULL };
	run(argv);
	free(cwd);
	free(src);
	free(dst);
}

/* Fields as JSON, %s of it the root. */
static void add(enum item_type type, const char *json)
{
	struct value *d = NULL;
	struct err e;
	struct item *it = NULL;
	char *text = xstrdup(json);
	struct strbuf b = { 0 };
	for (const char *s = text, *hit; *s != '\0'; s = hit + 2) {
		hit = strstr(s, "%s");
		if (hit == NULL) {
			sb_adds(&b, s);
			break;
		}
		sb_add(&b, s, (size_t)(hit - s));
		sb_adds(&b, root);
	}
	if (json_parse(sb_str(&b), b.len, &d, &e) != CB_OK || item_from_disk(type, d, &it, &e) != CB_OK)
		fail_msg("%s: %s", json, e.text);
	model_publish(core.model, it, NULL);
	v_unref(d);
	free(text);
	sb_free(&b);
}

static int teardown(void **state)
{
	(void)state;
	const char *argv[] = { "rm", "-rf", "--", root, NULL };
	core_close(&core);
	run(argv);
	return 0;
}

#endif
