/* SPDX-License-Identifier: GPL-2.0-or-later
 * testkit.h - a core in a root of its own, shipped templates and items from JSON, for the tests of rooms above core/.
 * Each test program includes it once.
 */
#ifndef CORE_TESTKIT_H
#define CORE_TESTKIT_H
#include "base/testkit.h"
#include "core/core.h"
#include "value/json.h"

static struct core core;

static inline void copy_library(const char *folder, const char *to)
{
	char *from = xasprintf("snippets/library/%s", folder);
	copy_in(from, to);
	free(from);
}

/* The core of what lies below the root. */
static inline void open_core(void)
{
	struct err e;
	if (core_open(&core, &e) != CB_OK)
		fail_msg("%s", e.text);
}

/* Fields as JSON, %s of it the root. */
static inline void add(enum item_type type, const char *json)
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

static inline int teardown(void **state)
{
	core_close(&core);
	return root_remove(state);
}

#endif
