/* SPDX-License-Identifier: GPL-2.0-or-later
 * docs_test.c - the man pages say all that the tables know.
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
#include <ftw.h>

#include "base/file.h"
#include "cli/cli.h"
#include "settings/settings.h"

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED, struct FTW *f UNUSED)
{
	return remove(path);
}

/* True when a line ".BR ..." of the page has the word in bold. */
static bool documents(const char *page, const char *key)
{
	for (const char *p = page; (p = strstr(p, "\n.BR ")); p++) {
		size_t n = strcspn(p + 5, "\n");
		const char *hit = memmem(p + 5, n, key, strlen(key));
		if (hit && (hit[-1] == ' ') && (hit[strlen(key)] == ' '))
			return true;
	}
	return false;
}

static void test_every_key_of_cobblerd_yaml_is_documented(void **state UNUSED)
{
	char root[] = "/tmp/docs_test.XXXXXX";
	assert_non_null(mkdtemp(root));
	path_set_root(root);
	struct settings *s;
	struct err e;
	if (settings_open(&s, &e) < 0)
		fail_msg("%s", e.text);
	struct value *cfg CLEANUP(v_unrefp) = settings_daemon(s);
	settings_close(s);
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	struct strbuf page CLEANUP(sb_free) = { 0 };
	if (file_read(AT_FDCWD, "docs/cobblerd.yaml.5.in", 1 << 20, &page, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(v_len(cfg) > 3);
	for (size_t i = 0; i < v_len(cfg); i++) {
		const struct value *section = v_dict_at(cfg, i);
		char *heading CLEANUP(free_ptr) = xasprintf("\n.SH %s\n", v_dict_key(cfg, i));
		if (v_is(section, V_DICT) ? !strstr(page.p, heading) : !documents(page.p, v_dict_key(cfg, i)))
			fail_msg("%s is not documented", v_dict_key(cfg, i));
		for (size_t k = 0; v_is(section, V_DICT) && k < v_len(section); k++) {
			if (!documents(page.p, v_dict_key(section, k)))
				fail_msg("%s.%s is not documented", v_dict_key(cfg, i), v_dict_key(section, k));
		}
	}
}

static void test_generated_sections_have_every_command_and_option(void **state UNUSED)
{
	struct strbuf out CLEANUP(sb_free) = { 0 };
	manpage_write(&out);
	for (size_t i = 0; i < n_commands; i++) {
		struct strbuf head CLEANUP(sb_free) = { 0 };
		for (const char *p = commands[i].name; *p; p++)
			sb_addf(&head, "%s%c", *p == '-' ? "\\" : "", *p);
		if (!strstr(out.p, head.p))
			fail_msg("%s is missing", commands[i].name);
	}
	assert_non_null(strstr(out.p, "\\fB\\-\\-kernel\\-options\\fR"));
	assert_non_null(strstr(out.p, "\\fB\\-\\-mac\\-address\\fR"));
	assert_null(strstr(out.p, "(no description)"));
	assert_null(strstr(out.p, "\n'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key_of_cobblerd_yaml_is_documented),
		cmocka_unit_test(test_generated_sections_have_every_command_and_option),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
