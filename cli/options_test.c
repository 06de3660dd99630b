/* SPDX-License-Identifier: GPL-2.0-or-later
 * options_test.c - options made from the tables, and what becomes of the words of a command line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "cli/cli.h"
#include "value/json.h"

#include <fcntl.h>

#define SURFACE "../shared/reference/clients/cli-surface.txt"

/* Parses the words for "cobbler NOUN VERB" (noun NULL: a direct command); the dict as JSON or the error's text.
 * Owned. */
static char *parse(const char *noun, const char *verb, const char *const *words)
{
	int item = -1, n = 0;
	unsigned bit = noun ? noun_bit(noun, &item) : W_DIRECT;
	const struct command *cmd = command_find(bit, verb);
	assert_non_null(cmd);
	while (words[n])
		n++;
	struct opt_set s = { 0 };
	struct parsed p = { 0 };
	struct err e;
	struct strbuf b = { 0 };
	command_options(cmd, item, &s);
	if (opts_parse(&s, n, (char *const *)words, &p, &e) < 0) {
		sb_addf(&b, "error: %s", e.text);
	} else {
		json_write(&b, p.options, 0);
		v_unref(p.options);
	}
	opts_free(&s);
	return sb_take(&b);
}

struct row {
	int line;
	const char *noun, *verb;
	const char *words[10];
	const char *want;             /* the dict as JSON, or "error: " and the beginning of the text */
};

static const struct row rows[] = {
	{ __LINE__, "distro", "add", { "--name=d", "--arch", "x86_64", "--kernel=/k" },
		"{\"arch\": \"x86_64\", \"kernel\": \"/k\", \"name\": \"d\"}" },
	{ __LINE__, "profile", "add", { "--name=p", "--virt-ram=2048" }, "{\"name\": \"p\", \"virt_ram\": 2048}" },
	{ __LINE__, "profile", "add", { "--virt-ram=<<inherit>>" }, "{\"virt_ram\": \"<<inherit>>\"}" },
	{ __LINE__, "profile", "add", { "--virt-file-size=2.5" }, "{\"virt_file_size\": 2.5}" },
	{ __LINE__, "profile", "add", { "--virt-ram=2G" }, "error: option --virt-ram: invalid integer value: '2G'" },
	{ __LINE__, "profile", "add", { "--virt-file-size=big" },
		"error: option --virt-file-size: invalid floating-point value" },
	{ __LINE__, "profile", "add", { "--kopts=a=1 b", "--ksmeta=x=y", "--kickstart=sample.ks" },
		"{\"autoinstall\": \"sample.ks\", \"autoinstall_meta\": \"x=y\", \"kernel_options\": \"a=1 b\"}" },
	{ __LINE__, "system", "add", { "--mac=52:54:00:00:00:01", "--subnet", "255.255.255.0", "--interface=eth0" },
		"{\"mac_address\": \"52:54:00:00:00:01\", \"netmask\": \"255.255.255.0\", \"interface\": \"eth0\"}" },
	{ __LINE__, "system", "edit", { "--name=s", "--netboot-enabled=0", "--delete-interface", "--in-place" },
		"{\"name\": \"s\", \"netboot_enabled\": \"0\", \"delete_interface\": true, \"in_place\": true}" },
	{ __LINE__, "system", "edit", { "--netboot=0" }, "{\"netboot_enabled\": \"0\"}" },
	{ __LINE__, "system", "edit", { "--virt=0" }, "error: ambiguous option: --virt (--virt-auto-boot, " },
	{ __LINE__, "system", "edit", { "--nmae=x" }, "error: no such option: --nmae (did you mean --name?)" },
	{ __LINE__, "system", "edit", { "--zzzzzzzzzzzz=x" }, "error: no such option: --zzzzzzzzzzzz" },
	{ __LINE__, "system", "edit", { "--name" }, "error: option --name needs a value" },
	{ __LINE__, "system", "edit", { "--in-place=1" }, "error: option --in-place does not take a value" },
	{ __LINE__, "system", "edit", { "--kernel-options", "a", "b" }, "{\"kernel_options\": \"a\"}" },
	{ __LINE__, "system", "edit", { "--comment=a\x01" "b" },
		"error: option --comment: the value has a control character" },
	{ __LINE__, "system", "edit", { "--comment=\xff" }, "error: option --comment: the value is not UTF-8" },
	{ __LINE__, "system", "edit", { "--comment=\xc3\xbc", "--comment=twice" }, "{\"comment\": \"twice\"}" },
	{ __LINE__, "system", "edit", { "--comment=" }, "{\"comment\": \"\"}" },
	{ __LINE__, "image", "add", { "--image-type=isso" },
		"error: option --image-type: invalid choice: 'isso' (did you mean 'iso'?" },
	{ __LINE__, "distro", "remove", { "--name=d", "--recursive" }, "{\"name\": \"d\", \"recursive\": true}" },
	{ __LINE__, "distro", "remove", { "--arch=x" }, "error: no such option: --arch" },
	{ __LINE__, "distro", "find", { "--in-place" }, "error: no such option: --in-place" },
	{ __LINE__, "distro", "rename", { "--name=a", "--newname=b" }, "{\"name\": \"a\", \"newname\": \"b\"}" },
	{ __LINE__, NULL, "sync", { "--systems=a.b.c,d" }, "{\"systems\": [\"a.b.c\", \"d\"]}" },
	{ __LINE__, NULL, "sync", { "--dhcp", "--dns" }, "{\"dhcp\": true, \"dns\": true}" },
	{ __LINE__, NULL, "sync", { NULL }, "{}" },
	{ __LINE__, NULL, "reposync", { "--no-fail" }, "{\"tries\": 1, \"nofail\": true}" },
	{ __LINE__, NULL, "reposync", { "--tries=3", "--only=r" }, "{\"only\": \"r\", \"tries\": 3}" },
	{ __LINE__, NULL, "import", { "--path=/x", "--autoinstall=a.seed" },
		"{\"path\": \"/x\", \"autoinstall_file\": \"a.seed\"}" },
	{ __LINE__, NULL, "buildiso", { "--tempdir=/t", "--airgapped" }, "{\"buildisodir\": \"/t\", \"airgapped\": true}" },
	{ __LINE__, NULL, "validateks", { NULL }, "{}" },
	{ __LINE__, NULL, "get-loaders", { "--force" }, "{\"force\": true}" },
};

static void test_command_lines_become_the_dict_that_is_sent(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *got CLEANUP(free_ptr) = parse(rows[i].noun, rows[i].verb, rows[i].words);
		bool error = str_starts(rows[i].want, "error: ");
		if (error ? !str_starts(got, rows[i].want) : !str_eq(got, rows[i].want))
			fail_msg("row at line %d: got %s", rows[i].line, got);
	}
}

static void test_help_word_is_seen_among_other_options(void **state UNUSED)
{
	struct opt_set s = { 0 };
	struct parsed p = { 0 };
	struct err e;
	const char *words[] = { "--name=x", "-h" };
	command_options(command_find(W_ITEM(ITEM_DISTRO), "add"), ITEM_DISTRO, &s);
	assert_int_equal(opts_parse(&s, 2, (char *const *)words, &p, &e), 0);
	assert_true(p.help);
	v_unref(p.options);
	opts_free(&s);
}

static void test_the_first_stray_word_is_named(void **state UNUSED)
{
	struct opt_set s = { 0 };
	struct parsed p = { 0 };
	struct err e;
	const char *words[] = { "--name=x", "--", "b", "c" };
	command_options(command_find(W_ITEM(ITEM_DISTRO), "add"), ITEM_DISTRO, &s);
	assert_int_equal(opts_parse(&s, 4, (char *const *)words, &p, &e), 0);
	assert_string_equal(p.stray, "b");
	v_unref(p.options);
	opts_free(&s);
}

static void test_every_client_field_has_a_listed_option(void **state UNUSED)
{
	for (int t = 0; t < ITEM_TYPES; t++) {
		const struct item_table *table = item_table((enum item_type)t);
		struct opt_set s = { 0 };
		opts_add_fields(&s, (enum item_type)t);
		for (size_t i = 0; i < table->n; i++) {
			const struct field *f = &table->rows[i];
			bool listed = false;
			for (size_t k = 0; k < s.n; k++)
				listed |= !s.v[k].hidden && str_eq(s.v[k].dest, f->name);
			if (listed != ((f->flags & FF_CLI) != 0))
				fail_msg("%s.%s: listed %d, flags %#x", table->name, f->name, listed, f->flags);
		}
		opts_free(&s);
	}
}

static void test_no_two_options_share_a_name(void **state UNUSED)
{
	for (size_t i = 0; i < n_commands; i++) {
		for (int t = -1; t < ITEM_TYPES; t++) {
			if (t >= 0 ? !(commands[i].where & W_ITEM(t)) : (commands[i].where & W_ALL_ITEMS) != 0)
				continue;
			struct opt_set s = { 0 };
			command_options(&commands[i], t, &s);
			for (size_t a = 0; a < s.n; a++) {
				for (size_t b = a + 1; b < s.n; b++) {
					if (str_eq(s.v[a].name, s.v[b].name))
						fail_msg("%s has --%s twice", commands[i].name, s.v[a].name);
				}
			}
			opts_free(&s);
		}
	}
}

static void test_help_lists_options_in_optparse_layout(void **state UNUSED)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	help_command(command_find(W_DIRECT, "sync"), NULL, -1, &b);
	assert_non_null(strstr(sb_str(&b), "Usage: cobbler sync [options]\n"));
	assert_non_null(strstr(sb_str(&b), "\n  -h, --help            "));
	assert_non_null(strstr(sb_str(&b), "\n  --systems=SYSTEMS     "));
	for (const char *p = sb_str(&b); *p;) {
		size_t n = strcspn(p, "\n");
		assert_true(n <= 80);
		p += n + (p[n] == '\n');
	}
}

/* ---- against the recorded help of the Python command ---- */

static void check_surface_option(const char *section, const struct opt_set *s, const char *line)
{
	const char *name = strstr(line, "--") + 2;
	size_t n = strcspn(name, "= ");
	const struct opt *o = str_starts(name, "help") ? NULL : opts_find(s, name, n);
	if (str_starts(name, "help"))
		return;
	if (!o || strlen(o->name) != n)
		fail_msg("%s: no option --%.*s", section, (int)n, name);
	if ((name[n] == '=') != (o->kind != OPT_FLAG))
		fail_msg("%s: --%s takes a value: %d", section, o->name, o->kind != OPT_FLAG);
}

static void test_every_option_of_the_python_command_is_known(void **state UNUSED)
{
	struct strbuf text CLEANUP(sb_free) = { 0 };
	if (file_read(AT_FDCWD, SURFACE, 1 << 20, &text, NULL) < 0) {
		print_message("SKIP: %s is not there\n", SURFACE);
		skip();
	}
	struct opt_set s = { 0 };
	char section[128] = "";
	unsigned sections = 0, options = 0;
	for (char *p = text.p, *save; (p = strtok_r(p, "\n", &save)); p = NULL) {
		char noun[64], verb[64];
		if (str_starts(p, "$ cobbler ")) {
			opts_free(&s);
			snprintf(section, sizeof(section), "%s", p);
			int item = -1, words = sscanf(p, "$ cobbler %63s %63s", noun, verb);
			bool direct = words == 2 && str_eq(verb, "--help");
			unsigned bit = words == 2 ? noun_bit(noun, &item) : 0;
			if (str_starts(noun, "-") || (direct && bit))
				continue;
			const struct command *cmd = command_find(direct ? W_DIRECT : bit, direct ? noun : verb);
			if (!cmd)
				fail_msg("%s: no such command", section);
			command_options(cmd, direct ? -1 : item, &s);
			sections++;
		} else if (str_starts(p, "  --") || str_starts(p, "  -h, --")) {
			check_surface_option(section, &s, p);
			options++;
		}
	}
	opts_free(&s);
	assert_true(sections > 80 && options > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command_lines_become_the_dict_that_is_sent),
		cmocka_unit_test(test_the_first_stray_word_is_named),
		cmocka_unit_test(test_help_word_is_seen_among_other_options),
		cmocka_unit_test(test_every_client_field_has_a_listed_option),
		cmocka_unit_test(test_no_two_options_share_a_name),
		cmocka_unit_test(test_help_lists_options_in_optparse_layout),
		cmocka_unit_test(test_every_option_of_the_python_command_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
