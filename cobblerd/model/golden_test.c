/* SPDX-License-Identifier: GPL-2.0-or-later
 * golden_test.c - fresh items and stored items of Cobbler 3.3.7, from ../shared: same keys, same defaults, same bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glob.h>
#include <unistd.h>

#include "base/file.h"
#include "model/item.h"
#include "value/json.h"

#define DEFAULTS "../shared/reference/api/defaults/"

static struct value *parse_file(const char *path, struct strbuf *text)
{
	struct value *v = NULL;
	struct err e;
	if (file_read(AT_FDCWD, path, 1u << 20, text, &e) != CB_OK || json_parse(sb_str(text), text->len, &v, &e) != CB_OK)
		fail_msg("%s: %s", path, e.text);
	return v;
}

static void need(const char *path)
{
	if (access(path, R_OK) != 0) {
		print_message("SKIP: %s is not there\n", path);
		skip();
	}
}

static void assert_same(const char *what, const struct value *got, const struct value *want)
{
	struct strbuf a = { 0 }, b = { 0 };
	json_write(&a, got, JSON_SORT);
	json_write(&b, want, JSON_SORT);
	if (!str_eq(sb_str(&a), sb_str(&b)))
		fail_msg("%s:\n got %s\nwant %s", what, sb_str(&a), sb_str(&b));
	sb_free(&a);
	sb_free(&b);
}

static void test_defaults_are_cobblers(void **state)
{
	(void)state;
	need(DEFAULTS "default-distro.json");
	for (size_t t = 0; t <= ITEM_TYPES; t++) {
		struct strbuf text = { 0 };
		char *path = xasprintf(DEFAULTS "default-%s.json", item_tables[t]->name);
		struct value *want = parse_file(path, &text), *got;
		if (t == ITEM_INTERFACE) {
			struct err e;
			struct item *sys = item_new(ITEM_SYSTEM);
			assert_int_equal(item_set_interface(sys, "eth0", NULL, NULL, &e), CB_OK);
			got = v_ref(v_dict_get(item_interfaces(sys), "eth0"));
			item_unref(sys);
		} else {
			struct item *it = item_new((enum item_type)t);
			item_put(it, "uid", v_ref(v_dict_get(want, "uid")));
			got = item_to_dict(it);
			item_unref(it);
		}
		assert_same(path, got, want);
		v_unref(got);
		v_unref(want);
		sb_free(&text);
		free(path);
	}
}

/* Load, write: the bytes that Cobbler wrote. */
static void check_same_bytes(enum item_type t, const char *path, unsigned form)
{
	struct strbuf text = { 0 }, again = { 0 };
	struct item *it;
	struct err e;
	struct value *v = parse_file(path, &text);
	if (item_from_disk(t, v, &it, &e) != CB_OK)
		fail_msg("%s: %s", path, e.text);
	struct value *d = item_to_disk(it);
	json_write(&again, d, form);
	if (!str_eq(sb_str(&text), sb_str(&again)))
		fail_msg("%s:\n%s\nbecame\n%s", path, sb_str(&text), sb_str(&again));
	v_unref(d);
	v_unref(v);
	item_unref(it);
	sb_free(&text);
	sb_free(&again);
}

static void test_stored_items_keep_their_bytes(void **state)
{
	size_t seen = 0;
	(void)state;
	need(DEFAULTS "disk-system-337.json");
	check_same_bytes(ITEM_SYSTEM, DEFAULTS "disk-system-337.json", JSON_ASCII);
	for (size_t t = 0; t < ITEM_TYPES; t++) {
		char *pattern = xasprintf("../shared/golden/files/*/var/lib/cobbler/collections/%s/*.json", item_tables[t]->plural);
		glob_t g;
		if (glob(pattern, 0, NULL, &g) == 0) {
			for (size_t i = 0; i < g.gl_pathc; i++, seen++)
				check_same_bytes((enum item_type)t, g.gl_pathv[i], JSON_ASCII | JSON_PRETTY | JSON_SORT);
			globfree(&g);
		}
		free(pattern);
	}
	assert_true(seen >= 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults_are_cobblers),
		cmocka_unit_test(test_stored_items_keep_their_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
