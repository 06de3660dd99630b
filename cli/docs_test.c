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

/* Every option that --help of the command shows. */
static void check_options(const char *section, const char *noun, const struct command *cmd, int item)
{
	struct opt_set s = { 0 };
	command_options(cmd, item, &s);
	for (size_t i = 0; i < s.n; i++) {
		struct strbuf name CLEANUP(sb_free) = { 0 };
		for (const char *p = s.v[i].name; *p; p++)
			sb_addf(&name, "%s%c", *p == '-' ? "\\" : "", *p);
		char *bold CLEANUP(free_ptr) = xasprintf("\\fB\\-\\-%s\\fR", name.p);
		if (!s.v[i].hidden && !strstr(section, bold))
			fail_msg("cobbler %s %s --%s is missing", noun, cmd->name, s.v[i].name);
	}
	opts_free(&s);
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
	for (size_t i = 0; noun_at(i); i++) {
		int item;
		unsigned bit = noun_bit(noun_at(i), &item);
		char *title CLEANUP(free_ptr) = xasprintf("\n.SS \"cobbler %s\"\n", noun_at(i));
		const char *begin = strstr(out.p, title);
		assert_non_null(begin);
		const char *end = strstr(begin + 1, "\n.SS ");
		char *section CLEANUP(free_ptr) = xstrndup(begin, end ? (size_t)(end - begin) : strlen(begin));
		for (size_t c = 0; c < n_commands; c++)
			if ((commands[c].where & bit) && !commands[c].hidden)
				check_options(section, noun_at(i), &commands[c], item);
	}
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
