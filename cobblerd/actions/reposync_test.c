/* SPDX-License-Identifier: GPL-2.0-or-later
 * reposync_test.c - what a repository's fields may give to a program, and what a repomd.xml says.
 */
#include "base/testkit.h"

#include "actions/reposync.h"

static struct value *pairs(const char *key, const char *value)
{
	struct value *d = v_dict();
	v_dict_set(d, key, value == NULL ? v_none() : v_str(value));
	return d;
}

static void joined(const struct argv *a, struct strbuf *out)
{
	for (size_t i = 0; i < a->n; i++)
		sb_addf(out, "%s[%s]", i > 0 ? " " : "", a->v[i]);
}

static void words_are_split_as_an_administrator_expects(void **state)
{
	(void)state;
	static const struct { const char *text, *want; } cases[] = {
		{ "", "" }, { "  -a  -b ", "[-a] [-b]" }, { "-c 'a b' \"c'd\"", "[-c] [a b] [c'd]" }, { "x\"\"y ''", "[xy] []" },
		{ "'open", NULL }, { "$(id) `id` ;|&", "[$(id)] [`id`] [;|&]" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct argv a CLEANUP(argv_free) = { 0 };
		struct strbuf b CLEANUP(sb_free) = { 0 };
		struct err e;
		int rc = argv_add_words(&a, cases[i].text, &e);
		joined(&a, &b);
		if (cases[i].want == NULL ? rc == CB_OK : rc != CB_OK || !str_eq(sb_str(&b), cases[i].want))
			fail_msg("\"%s\": %d %s", cases[i].text, rc, sb_str(&b));
	}
}

static void options_for_programs(void **state)
{
	(void)state;
	static const struct { int (*check)(const struct value *, struct argv *, struct err *); const char *key, *value, *want; } cases[] = {
		{ options_rsync, "-a", NULL, "[-a]" },
		{ options_rsync, "-vaH", "", "[-vaH]" },
		{ options_rsync, "--bwlimit", "100", "[--bwlimit=100]" },
		{ options_rsync, "--exclude=*.iso", NULL, "[--exclude=*.iso]" },
		{ options_rsync, "-e", "ssh -p 22", NULL },
		{ options_rsync, "-ae", NULL, NULL },
		{ options_rsync, "--rsh", "x", NULL },
		{ options_rsync, "--rsh=x", NULL, NULL },
		{ options_rsync, "--rsync-path", "x", NULL },
		{ options_rsync, "--files-from", "/etc/shadow", NULL },
		{ options_rsync, "--log-file=/tmp/x", NULL, NULL },
		{ options_rsync, "--archive", "x", NULL },
		{ options_rsync, "--bwlimit=1", "2", NULL },
		{ options_rsync, "--bwlimit", "1\n--rsh", NULL },
		{ options_rsync, "rsync://x/", NULL, NULL },
		{ options_rsync, "--", NULL, NULL },
		{ options_rsync, "-", NULL, NULL },
		{ options_rsync, "", NULL, NULL },
		{ options_rsync, "-a b", NULL, NULL },
		{ options_debmirror, "--ignore-release-gpg", NULL, "[--ignore-release-gpg]" },
		{ options_debmirror, "--rsync-extra", "none", "[--rsync-extra=none]" },
		{ options_debmirror, "--config-file", "/tmp/x", NULL },
		{ options_debmirror, "--config-file=/tmp/x", NULL, NULL },
		{ options_debmirror, "--rsync-options", "-e x", NULL },
		{ options_debmirror, "/tmp", NULL, NULL },
		{ options_environment, "http_proxy", "http://p:3128", "[http_proxy=http://p:3128]" },
		{ options_environment, "HTTPS_PROXY", "x", "[HTTPS_PROXY=x]" },
		{ options_environment, "LD_PRELOAD", "/tmp/x.so", NULL },
		{ options_environment, "PATH", "/tmp", NULL },
		{ options_environment, "PERL5OPT", "-Mx", NULL },
		{ options_environment, "RSYNC_RSH", "x", NULL },
		{ options_environment, "a=b_proxy", "x", NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct argv a CLEANUP(argv_free) = { 0 };
		struct strbuf b CLEANUP(sb_free) = { 0 };
		struct value *d CLEANUP(v_unrefp) = pairs(cases[i].key, cases[i].value);
		struct err e;
		int rc = cases[i].check(d, &a, &e);
		joined(&a, &b);
		if (cases[i].want == NULL ? rc == CB_OK : rc != CB_OK || !str_eq(sb_str(&b), cases[i].want))
			fail_msg("%s %s: %d %s", cases[i].key, cases[i].value, rc, sb_str(&b));
	}
}

static void createrepo_options(void **state)
{
	(void)state;
	static const struct { const char *text; bool ok; } cases[] = {
		{ "", true }, { "-c cache -s sha", true }, { "--checksum sha256 --workers=2 -d", true }, { "-c /tmp/x", false },
		{ "-c ../x", false }, { "--cachedir=../../x", false }, { "-o /tmp", false }, { "--outputdir=/tmp", false },
		{ "-g /etc/shadow", false }, { "-s", false }, { "-s --outputdir", false }, { "/tmp", false }, { "--update=x", false },
		{ "-dq", false },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct argv a CLEANUP(argv_free) = { 0 };
		struct err e;
		if ((options_createrepo(cases[i].text, &a, &e) == CB_OK) != cases[i].ok)
			fail_msg("\"%s\" is %s", cases[i].text, cases[i].ok ? e.text : "accepted");
	}
}

static void addresses_of_mirrors(void **state)
{
	(void)state;
	static const char *const all[] = { "rsync://", "http://", "file://", "/", ":", NULL }, *const web[] = { "http://", NULL };
	static const struct { const char *mirror; bool ok, web_ok; } cases[] = {
		{ "http://h/p", true, true }, { "rsync://h/m", true, false }, { "u@h:/p", true, false },
		{ "h::m", true, false }, { "/usr/share", true, false },
		{ "/etc/passwd", false, false }, { "/", false, false }, { "/var", false, false }, { "/var/lib/../../etc", false, false },
		{ "file:///proc/self", false, false }, { "-oProxyCommand=x:y", false, false }, { "u@-oProxyCommand=x:y", false, false },
		{ "http://-x", false, false }, { "http://", false, false }, { "", false, false }, { "ext::sh -c id", true, false },
		{ "http://h/a\nb", false, false }, { "gopher://h/", false, false }, { "relative", false, false },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e;
		if ((options_mirror(cases[i].mirror, all, &e) == CB_OK) != cases[i].ok ||
		    (options_mirror(cases[i].mirror, web, &e) == CB_OK) != cases[i].web_ok)
			fail_msg("\"%s\"", cases[i].mirror);
	}
}

static void upstream_description(void **state)
{
	(void)state;
	static const struct { const char *text, *groups; bool deltas, ok; } cases[] = {
		{ "<repomd><data type=\"primary\"><location href=\"p\"/></data></repomd>", NULL, false, true },
		{ "<repomd xmlns='x'><data type='group'><location href='repodata/c.xml'/></data><data type='prestodelta'/></repomd>",
			"repodata/c.xml", true, true },
		{ "<repomd><data type='group'/><data type='x'><location href='y'/></data></repomd>", NULL, false, true },
		{ "<!DOCTYPE r [<!ENTITY a 'b'>]><repomd/>", NULL, false, false }, { "<repomd>", NULL, false, false },
		{ "", NULL, false, false },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *groups = NULL;
		bool deltas = false;
		struct err e;
		int rc = repomd_parse(cases[i].text, strlen(cases[i].text), &groups, &deltas, &e);
		if ((rc == CB_OK) != cases[i].ok || deltas != cases[i].deltas || (groups != NULL) != (cases[i].groups != NULL) ||
		    (groups != NULL && !str_eq(groups, cases[i].groups)))
			fail_msg("%s: %d, %s", cases[i].text, rc, groups == NULL ? "no groups" : groups);
		free(groups);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_split_as_an_administrator_expects), cmocka_unit_test(options_for_programs),
		cmocka_unit_test(createrepo_options), cmocka_unit_test(addresses_of_mirrors), cmocka_unit_test(upstream_description),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
