/* SPDX-License-Identifier: GPL-2.0-or-later
 * render_test.c - the steps around the engine: where snippets are looked for, what is whitelisted, what is replaced
 * afterwards.
 */
#include "base/testkit.h"

#include <stdio.h>
#include <unistd.h>

#include "render/render.h"
#include "value/json.h"

static struct renderer *r;
static struct value *vars, *settings;

static struct value *parse(const char *text)
{
	struct value *v = NULL;
	struct err e = { 0 };
	assert_int_equal(json_parse(text, strlen(text), &v, &e), CB_OK);
	return v;
}

static int setup(void **state)
{
	(void)state;
	if (root_make(state) != 0)
		return -1;
	r = renderer_new();
	settings = parse("{\"autoinstall_snippets_dir\": \"/snip\", \"autoinstall_templates_dir\": \"/tmpl\", "
			 "\"server\": \"192.0.2.5\"}");
	vars = parse("{\"autoinstall_snippets_dir\": \"/snip\", \"system_name\": \"s1\", \"profile_name\": \"p1\", \"distro_name\": "
		"\"d1\", "
		     "\"name\": \"s1\","
		     "\"server\": \"192.0.2.5\", \"http_port\": 8080, \"num\": 5}");
	put_file("/etc/cobbler/cheetah_macros", "#def shout($x)\n<$x.upper()>\n#end def\n#def lost\n$gone.x\n#end def\n");
	put_file("/tmpl/piece", "$name $gone ${gone.upper()}\n");
	put_file("/snip/plain", "plain $name $gone\n");
	put_file("/snip/per_profile/mixed/p1", "profile\n");
	put_file("/snip/mixed", "general\n");
	put_file("/snip/per_system/own/s1", "system\n");
	put_file("/snip/per_profile/own/p1", "profile\n");
	put_file("/snip/outer", "[SNIPPET::plain]\n#def inner\nI\n#end def\n#set global $g = 7\n");
	put_file("/snip/loop", "SNIPPET::loop\n");
	put_file("/snip/dos", "#if True\r\ndos $name\r\n#end if\r\nold\rmac\r");
	put_file("/snip/lazy", "#import os\nok\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	renderer_free(r);
	v_unref(vars);
	v_unref(settings);
	return root_remove(state);
}

static void gives(int line, const char *text, const char *want)
{
	struct strbuf out = { 0 };
	struct err e = { 0 };
	int rc = render_text(r, text, strlen(text), NULL, vars, settings, "t", &out, &e);
	if (rc != CB_OK || !str_eq(sb_str(&out), want))
		fail_msg("line %d: status %d, \"%s\" (%s)", line, rc, sb_str(&out), e.text);
	sb_free(&out);
}

static void fails(int line, const char *text, const char *says)
{
	struct strbuf out = { 0 };
	struct err e = { 0 };
	int rc = render_text(r, text, strlen(text), NULL, vars, settings, "t", &out, &e);
	if (rc == CB_OK || strstr(e.text, says) == NULL || out.len != 0)
		fail_msg("line %d: status %d, \"%s\" (%s)", line, rc, sb_str(&out), e.text);
	sb_free(&out);
}

static void test_snippets_are_searched_in_order(void **state)
{
	(void)state;
	gives(__LINE__, "SNIPPET::plain", "plain s1 $gone\n");
	gives(__LINE__, "$SNIPPET('own')", "system\n");
	gives(__LINE__, "SNIPPET::mixed", "profile\n");
	gives(__LINE__, "SNIPPET::dos", "dos s1\nold\nmac\n");
	gives(__LINE__, "SNIPPET::none\n", "# Error: no snippet data for none\n\n");
	fails(__LINE__, "$SNIPPET('../etc/cobbler/cheetah_macros')\n",
		"../etc/cobbler/cheetah_macros is not accessible");
}

static void test_names_of_a_snippet_are_seen_by_its_caller(void **state)
{
	(void)state;
	gives(__LINE__, "SNIPPET::outer\n$inner $g\n", "[plain s1 $gone\n]\n\nI\n 7\n");
}

static void test_macros_are_callable_everywhere(void **state)
{
	(void)state;
	gives(__LINE__, "$shout('a')TEMPLATE::name", "<A>\ns1");
}

static void test_what_is_not_there_is_printed_as_written_in_files_too(void **state)
{
	(void)state;
	gives(__LINE__, "#include '/tmpl/piece'\n$lost()", "s1 $gone ${gone.upper()}\n$lost()");
}

static void test_other_tokens_are_those_of_one_text(void **state)
{
	static const char head[] = "#compiler-settings\ncheetahVarStartToken = @\ndirectiveStartToken = %%\ndirectiveEndToken = %%\n"
				   "commentStartToken = %%%%\nEOLSlurpToken = %%\n#end compiler-settings\n";
	const struct { const char *text, *want; } rows[] = {
		{ "PATH=$PATH # if\n%if @name == 's1'\n@name @gone \\@x\n%end if\n", "PATH=$PATH # if\ns1 @gone @x\n" },
		{ "@SNIPPET('plain')SNIPPET::plain\n", "plain s1 $gone\n$SNIPPET('plain')\n" },
		{ "a\n%compiler-settings reset\n$name @name\n", "a\ns1 @name\n" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[600];
		snprintf(text, sizeof(text), "%s%s", head, rows[i].text);
		gives(__LINE__, text, rows[i].want);
	}
	fails(__LINE__, "#compiler-settings\nuseFilters = False\n#end compiler-settings\n", "useFilters can only be True");
}

static void test_recursion_of_snippets_ends(void **state)
{
	(void)state;
	fails(__LINE__, "SNIPPET::loop", "nested deeper");
	fails(__LINE__, "SNIPPET::loop", "called from t:1");
}

static void test_includes_stay_in_their_directories(void **state)
{
	(void)state;
	put_file("/secret/key", "secret");
	put_file("/tmpl/part", "part of $name\n");
	put_file("/snip/a", "SNIPPET::b\n");
	put_file("/snip/b", "SNIPPET::a\n");
	char *link = path_of("/snip/link");
	assert_int_equal(symlink("../secret/key", link), 0);
	free(link);
	gives(__LINE__, "#include 'part'\n#include '/tmpl/part'\n", "part of s1\npart of s1\n");
	fails(__LINE__, "#include '/etc/passwd'\n", "there is no such file in the directories for templates and snippets");
	fails(__LINE__, "#include '../secret/key'\n", "not accessible");
	fails(__LINE__, "#include '/tmpl/../secret/key'\n", "not accessible");
	fails(__LINE__, "#include 'link'\n", "not accessible");
	fails(__LINE__, "#include raw 'link'\n", "not accessible");
	fails(__LINE__, "$SNIPPET('link')\n", "not accessible");
	fails(__LINE__, "$read_snippet('../secret/key')\n", "not accessible");
	gives(__LINE__, "#include source=\"x $name SNIPPET::plain\"\n#include raw source='$name'\n", "x s1 plain s1 $gone\n$name");
	gives(__LINE__, "#set $t = $read_snippet('plain')\n#include source=$t\n", "plain s1 $gone\n");
	fails(__LINE__, "#include source='a $gone'\n", "cannot find 'gone'");
	fails(__LINE__, "#set $d = '#im' + 'port os'\n#include source=$d + '\\n'\n", "Potentially insecure import in template: os");
	fails(__LINE__, "#include source='a' * (1 << 21)\n", "LimitError: #include source= was given more than");
	fails(__LINE__, "#try\n#for $i in $range(300)\n#include source=$str($i)\n#end for\n#except\n#pass\n#end try\n",
		"LimitError: #include source= was given more than");
	fails(__LINE__, "#set global $t = '$x\\n#include source=$t'\n#set global $x = 1\n#include source=$t\n", "nested deeper");
	fails(__LINE__, "SNIPPET::a", "nested deeper");
	const char *const jinja[] = { "part", "../secret/key", "/secret/key", "link" };
	for (size_t i = 0; i < ARRAY_LEN(jinja); i++) {
		char text[100];
		snprintf(text, sizeof(text), "#template=jinja2\n{%% include '%s' %%}", jinja[i]);
		gives(__LINE__, text, "# EXCEPTION OCCURRED DURING JINJA2 TEMPLATE PROCESSING\n");
	}
	struct value *before = settings;
	settings = v_copy(settings);
	v_dict_set(settings, "jinja2_includedir", v_str("/snip"));
	put_file("/snip/j", "j {{ name }}");
	gives(__LINE__, "#template=jinja2\n{% include 'j' %}", "j s1");
	for (size_t i = 1; i < ARRAY_LEN(jinja); i++) {
		char text[100];
		snprintf(text, sizeof(text), "#template=jinja2\n{%% include '%s' %%}", jinja[i]);
		gives(__LINE__, text, "# EXCEPTION OCCURRED DURING JINJA2 TEMPLATE PROCESSING\n");
	}
	v_unref(settings);
	settings = before;
}

static void test_imports_are_whitelisted(void **state)
{
	(void)state;
	fails(__LINE__, "#import os\n", "Potentially insecure import in template: os");
	fails(__LINE__, "#from os import path\n", "Potentially insecure import in template: os.path");
	gives(__LINE__, "#import re\n$re.sub('1', '2', $name)", "s2");
	gives(__LINE__, "SNIPPET::lazy", "ok\n");
}

static void test_references_are_replaced_afterwards(void **state)
{
	(void)state;
	gives(__LINE__, "@@name@@ @@http_server@@ @ @@", "s1 192.0.2.5:8080 @ @@");
	fails(__LINE__, "@@nope@@", "nope");
	fails(__LINE__, "@@num@@", "must be str, not int");
	gives(__LINE__, "\n\n  x\n", "x\n");
}

static void test_the_first_line_chooses_the_language(void **state)
{
	(void)state;
	gives(__LINE__, "#template=jinja2\n{{ name }}|@@name@@\n", "s1|s1");
	gives(__LINE__, "#template=jinja2\n{{ nope.x }}", "# EXCEPTION OCCURRED DURING JINJA2 TEMPLATE PROCESSING\n");
	gives(__LINE__, "#template=perl\nx", "# ERROR: UNSUPPORTED TEMPLATE TYPE (perl)");
	gives(__LINE__, "#template=cheetah\n$name", "s1");
}

static void test_a_changed_snippet_is_read_again(void **state)
{
	(void)state;
	put_file("/snip/fresh", "one\n");
	gives(__LINE__, "SNIPPET::fresh", "one\n");
	put_file("/snip/fresh", "other\n");
	gives(__LINE__, "SNIPPET::fresh", "other\n");
	put_file("/snip/per_distro/fresh/d1", "of the distro\n");
	gives(__LINE__, "SNIPPET::fresh", "of the distro\n");
}

static void test_a_changed_file_is_read_again(void **state)
{
	static const char *const texts[] = { "one\r\n$name\n", "two\n$name\n", "six\n$name\n" },
		*const want[] = { "one\ns1\n", "two\ns1\n", "six\ns1\n" };
	struct err e;
	(void)state;
	char *path = path_of("/tmpl/file");
	for (size_t i = 0; i < 2 * ARRAY_LEN(texts); i++) {
		struct strbuf out = { 0 };
		if (i % 2 == 0)
			put_file("/tmpl/file", texts[i / 2]);
		assert_int_equal(render_file(r, path, NULL, vars, settings, &out, &e), CB_OK);
		assert_string_equal(sb_str(&out), want[i / 2]);
		sb_free(&out);
	}
	struct strbuf none = { 0 };
	assert_int_equal(unlink(path), 0);
	assert_int_equal(render_file(r, path, NULL, vars, settings, &none, &e), CB_ENOENT);
	free(path);
}

static void test_a_tree_on_nfs_changes_the_url_line(void **state)
{
	struct value *before = vars;
	(void)state;
	vars = parse("{\"tree\": \"nfs://h:/export/x\", \"server\": \"h\"}");
	gives(__LINE__, "url --url=$tree\nx", "nfs --server h --dir /export/x\n#url --url=nfs://h:/export/x\nx\n");
	v_unref(vars);
	vars = before;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snippets_are_searched_in_order),
		cmocka_unit_test(test_names_of_a_snippet_are_seen_by_its_caller),
		cmocka_unit_test(test_macros_are_callable_everywhere),
		cmocka_unit_test(test_what_is_not_there_is_printed_as_written_in_files_too),
		cmocka_unit_test(test_other_tokens_are_those_of_one_text), cmocka_unit_test(test_recursion_of_snippets_ends),
		cmocka_unit_test(test_includes_stay_in_their_directories),
		cmocka_unit_test(test_imports_are_whitelisted),
		cmocka_unit_test(test_references_are_replaced_afterwards),
		cmocka_unit_test(test_the_first_line_chooses_the_language),
		cmocka_unit_test(test_a_changed_snippet_is_read_again),
		cmocka_unit_test(test_a_changed_file_is_read_again),
		cmocka_unit_test(test_a_tree_on_nfs_changes_the_url_line),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
