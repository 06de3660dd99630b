/* SPDX-License-Identifier: GPL-2.0-or-later
 * triggers_test.c - order, arguments, exit status and what is passed over.
 */
#include "base/testkit.h"

#include "triggers/triggers.h"

static void put(const char *event, const char *name, const char *text, mode_t mode)
{
	struct err e;
	char *dir = xasprintf("%s/var/lib/cobbler/triggers/%s", root, event), *path = xasprintf("%s/%s", dir, name);
	assert_int_equal(dir_make(dir, 0755, &e), CB_OK);
	assert_int_equal(file_replace(-100, path, text, strlen(text), mode, &e), CB_OK);
	free(dir);
	free(path);
}

static char *said(void)
{
	struct strbuf b = { 0 };
	struct err e;
	char *path = xasprintf("%s/said", root);
	if (file_read(-100, path, 4096, &b, &e) != CB_OK)
		sb_adds(&b, "");
	unlink(path);
	free(path);
	return sb_take(&b);
}

static char *script(const char *word, int status)
{
	return xasprintf("#!/bin/sh\necho %s \"$@\" >> %s/said\nexit %d\n", word, root, status);
}

static void put_script(const char *event, const char *name, int status, mode_t mode)
{
	char *text = script(name, status);
	put(event, name, text, mode);
	free(text);
}

static void test_runs_in_order_with_arguments(void **state)
{
	(void)state;
	struct err e;
	put_script("add/system/pre", "20b", 0, 0755);
	put_script("add/system/pre", "10a", 0, 0755);
	put_script("add/system/pre", "15.rpmsave", 9, 0755);
	put_script("add/system/pre", ".hidden", 9, 0755);
	put_script("add/system/pre", "16notx", 9, 0644);
	put_script("add/system/pre", "17open", 9, 0757);
	assert_int_equal(triggers_run("add/system/pre", (const char *const[]){ "s1; rm -rf /", "", "$(id)", NULL }, &e), CB_OK);
	char *s = said();
	assert_string_equal(s, "10a s1; rm -rf / $(id)\n20b s1; rm -rf / $(id)\n");
	free(s);
}

static void test_a_failing_trigger_stops_the_run(void **state)
{
	(void)state;
	struct err e;
	put_script("sync/pre", "1", 3, 0755);
	put_script("sync/pre", "2", 0, 0755);
	assert_int_equal(triggers_run("sync/pre", NULL, &e), CB_ESTATE);
	assert_string_equal(e.text, "Cobbler trigger failed: /var/lib/cobbler/triggers/sync/pre/1 returns 3");
	char *s = said();
	assert_string_equal(s, "1\n");
	free(s);
}

static void test_missing_folder_is_no_error_and_names_do_not_climb(void **state)
{
	(void)state;
	struct err e;
	assert_int_equal(triggers_run("nothing/here", NULL, &e), CB_OK);
	assert_int_equal(triggers_run("../../../../etc", NULL, &e), CB_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs_in_order_with_arguments),
		cmocka_unit_test(test_a_failing_trigger_stops_the_run),
		cmocka_unit_test(test_missing_folder_is_no_error_and_names_do_not_climb),
	};
	return cmocka_run_group_tests(tests, root_make, root_remove);
}
