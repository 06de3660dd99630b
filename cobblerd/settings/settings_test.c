/* SPDX-License-Identifier: GPL-2.0-or-later
 * settings_test.c - files of old releases, includes, defaults of first files; the settings of every release from ../shared.
 */
#include "base/testkit.h"

#include <glob.h>
#include <sys/stat.h>

#include "base/log.h"
#include "settings/settings.h"
#include "settings/settings_private.h"
#include "settings/settings_table.h"
#include "value/yaml.h"

#define HISTORY "../shared/golden/settings-history"

static struct settings *open_settings(void)
{
	struct settings *s;
	struct err e;
	if (settings_open(&s, &e) != CB_OK)
		fail_msg("%s", e.text);
	return s;
}

static mode_t mode_of(const char *rel)
{
	struct stat st;
	char *path = xasprintf("%s%s", root, rel);
	assert_int_equal(stat(path, &st), 0);
	free(path);
	return st.st_mode & 07777;
}

static void test_first_files_are_private_and_readable_again(void **state)
{
	(void)state;
	struct settings *s = open_settings();
	struct value *now = settings_snapshot(s), *defaults = settings_defaults();
	assert_int_equal(v_len(now), settings_count);
	assert_true(v_equal(now, defaults));
	assert_int_equal(settings_count, 135);
	assert_int_equal(mode_of("/etc/cobbler/settings.yaml"), 0640);
	assert_int_equal(mode_of("/etc/cobbler/users.digest"), 0600);
	v_unref(now);
	v_unref(defaults);
	settings_close(s);
}

static void test_a_file_of_2_8_is_taken_over(void **state)
{
	(void)state;
	put_file("/etc/cobbler/settings", "default_kickstart: /var/lib/cobbler/kickstarts/site/web.ks\nsnippetsdir: /srv/snippets\n"
		"manage_dhcp: 1\n"
		"enable_gpxe: 0\nnext_server: 10.0.0.9\nfunc_master: x\npower_management_default_type: ipmitool\nmgmt_parameters:\n  "
		"from_cobbler: 1\n"
		"default_virt_ram: 512\ndefault_virt_file_size: 5\nmy_own: [1]\n");
	put_file("/etc/cobbler/modules.conf", "[authentication]\nmodule = authn_pam\n[dns]\nmodule=manage_bind\n");
	struct settings *s = open_settings();
	struct value *st = settings_snapshot(s);
	assert_string_equal(v_dict_cstr(st, "autoinstall", ""), "site/web.ks");
	assert_string_equal(v_dict_cstr(st, "autoinstall_snippets_dir", ""), "/srv/snippets");
	assert_string_equal(v_dict_cstr(st, "next_server_v4", ""), "10.0.0.9");
	assert_string_equal(v_dict_cstr(st, "power_management_default_type", ""), "ipmilanplus");
	assert_true(v_is(v_dict_get(st, "manage_dhcp"), V_BOOL) && v_dict_bool(st, "manage_dhcp", false));
	assert_true(v_is(v_dict_get(v_dict_get(st, "mgmt_parameters"), "from_cobbler"), V_BOOL));
	assert_true(v_is(v_dict_get(st, "default_virt_file_size"), V_FLOAT));
	assert_null(v_dict_get(st, "func_master"));
	assert_int_equal(v_len(st), settings_count);
	char *authn = settings_module(s, "authentication", "module"), *dns = settings_module(s, "dns", "module");
	assert_string_equal(authn, "authentication.pam");
	assert_string_equal(dns, "managers.bind");
	free(authn);
	free(dns);
	v_unref(st);
	/* What was written is in the types of 3.3.7 by itself. */
	struct value *written;
	struct err e;
	assert_int_equal(settings_read_yaml("/etc/cobbler/settings.yaml", &written, &e), CB_OK);
	assert_true(v_is(v_dict_get(written, "manage_dhcp"), V_BOOL) && v_is(v_dict_get(written, "default_virt_file_size"), V_FLOAT));
	assert_null(v_dict_get(written, "func_master"));
	v_unref(written);
	/* What nobody knows is still there after a change. */
	struct value *v = v_str("10.0.0.8");
	assert_int_equal(settings_modify(s, "server", v, NULL, NULL, &e), CB_OK);
	assert_int_equal(settings_reload(s, &e), CB_OK);
	v_unref(v);
	struct value *file;
	assert_int_equal(settings_read_yaml("/etc/cobbler/settings.yaml", &file, &e), CB_OK);
	assert_int_equal(v_len(v_dict_get(file, "my_own")), 1);
	assert_string_equal(v_dict_cstr(file, "server", ""), "10.0.0.8");
	v_unref(file);
	settings_close(s);
}

static void test_objects_kept_elsewhere_are_refused(void **state)
{
	struct settings *s;
	struct err e;
	(void)state;
	put_file("/etc/cobbler/settings.yaml", "");
	put_file("/etc/cobbler/modules.conf", "[serializers]\ndistro = serializers.file\nsystem = serializers.mongodb\n");
	assert_int_equal(settings_open(&s, &e), CB_EINVAL);
	assert_non_null(strstr(e.text, "modules.conf: [serializers] system = \"serializers.mongodb\" is not serializers.file"));
	put_file("/etc/cobbler/modules.conf", "[serializers]\nsettings = serializer_catalog\nsystem = serializers.file\n");
	settings_close(open_settings());
}

/* Settings that a file may lack have the value that 3.3.7 gives them then. */
static void test_what_is_not_said_is_as_in_3_3_7(void **state)
{
	(void)state;
	struct value *now = settings_defaults();
	assert_false(v_dict_bool(now, "bind_manage_ipmi", true));
	assert_int_equal(v_len(v_dict_get(now, "nsupdate_tsig_key")), 0);
	v_unref(now);
}

static void test_every_change_keeps_what_it_found(void **state)
{
	(void)state;
	static const char path[] = "/etc/cobbler/kept/settings.yaml";
	struct err e;
	struct value *all = settings_defaults();
	glob_t g;
	int firsts = 0;
	put_file(path, "first: true\n");
	for (int i = 0; i < 4; i++)
		assert_int_equal(settings_write_file(path, all, &e), CB_OK);
	v_unref(all);
	char *pattern = path_of("/etc/cobbler/kept/settings*.yaml");
	assert_int_equal(glob(pattern, 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		struct strbuf b = { 0 };
		assert_int_equal(file_read(AT_FDCWD, g.gl_pathv[i], 1u << 20, &b, NULL), CB_OK);
		firsts += str_starts(sb_str(&b), "first: true\n");
		sb_free(&b);
	}
	assert_int_equal(g.gl_pathc, 5);
	assert_int_equal(firsts, 1);
	globfree(&g);
	free(pattern);
}

static void test_wrong_values_name_file_key_and_expectation(void **state)
{
	static const struct { const char *yaml, *text; } rows[] = {
		{ "http_port: [1]", "/etc/cobbler/settings.yaml: http_port: a whole number expected, not [1]" },
		{ "manage_dhcp: perhaps", "/etc/cobbler/settings.yaml: manage_dhcp: true or false expected, not 'perhaps'" },
		{ "server: {}", "/etc/cobbler/settings.yaml: server: text expected, not {}" },
		{ "- x", "/etc/cobbler/settings.yaml: a mapping expected, not a list" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct settings *s;
		struct err e;
		put_file("/etc/cobbler/settings.yaml", rows[i].yaml);
		assert_int_not_equal(settings_open(&s, &e), CB_OK);
		assert_string_equal(e.text, rows[i].text);
	}
}

/* What NFS serves lies in webdir unless the site says something else. */
static void test_exports_of_nfs(void **state)
{
	static const struct { const char *webdir, *exports, *first, *error; } rows[] = {
		{ "/srv/www/cobbler/", "[]", "/srv/www/cobbler/distro_mirror", NULL },
		{ "/", "[]", "/distro_mirror", NULL },
		{ "/srv/www", "[/srv/iso, /srv/live]", "/srv/iso", NULL },
		{ "/srv/www", "[srv]", NULL, "cobblerd.yaml: nfs.exports: a directory like /srv/media expected, not \"srv\"" },
		{ "/srv/www", "[/srv/]", NULL, "cobblerd.yaml: nfs.exports: a directory like /srv/media expected, not \"/srv/\"" },
		{ "/srv/www", "[/]", NULL, "cobblerd.yaml: nfs.exports: a directory like /srv/media expected, not \"/\"" },
		{ "/srv/www", "[/srv, 5]", NULL, "cobblerd.yaml: nfs.exports: a list of texts expected, not ['/srv', 5]" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct settings *s;
		struct err e;
		char *main_file = xasprintf("webdir: %s\n", rows[i].webdir), *own = xasprintf("nfs: {exports: %s}\n", rows[i].exports);
		put_file("/etc/cobbler/settings.yaml", main_file);
		put_file("/etc/cobbler/cobblerd.yaml", own);
		int rc = settings_open(&s, &e);
		if (rc == CB_OK) {
			struct value *cfg = settings_daemon(s);
			assert_string_equal(v_cstr(v_list_at(v_dict_get(v_dict_get(cfg, "nfs"), "exports"), 0)), rows[i].first);
			v_unref(cfg);
			settings_close(s);
		} else {
			assert_string_equal(e.text, rows[i].error);
		}
		free(main_file);
		free(own);
	}
}

static void read_text(const char *path, struct strbuf *b)
{
	struct err e;
	if (file_read(AT_FDCWD, path, 1u << 20, b, &e) != CB_OK)
		fail_msg("%s", e.text);
}

/* All of it is known: nothing of a release is left over as unknown. */
static void check_release(const char *path)
{
	struct strbuf b = { 0 };
	struct value *file, *known = settings_defaults(), *unknown = v_dict();
	struct err e;
	read_text(path, &b);
	if (yaml_parse(sb_str(&b), b.len, &file, &e) != CB_OK || settings_apply(path, file, known, unknown, &e) != CB_OK)
		fail_msg("%s: %s", path, e.text);
	assert_int_equal(v_len(known), settings_count);
	if (v_len(unknown) != 0)
		fail_msg("%s: \"%s\" is not known", path, v_dict_key(unknown, 0));
	/* Again, from what we would write. */
	struct value *again = settings_defaults();
	assert_int_equal(settings_apply(path, known, again, unknown, &e), CB_OK);
	assert_true(v_equal(known, again));
	v_unref(again);
	v_unref(file);
	v_unref(known);
	v_unref(unknown);
	sb_free(&b);
}

static void test_settings_of_every_release_are_read(void **state)
{
	static const char *const patterns[] = { HISTORY "/V*/settings.yaml", HISTORY "/V*/settings.d/*.settings", HISTORY "/settings_old" };
	size_t seen = 0;
	(void)state;
	if (access(HISTORY, R_OK) != 0) {
		print_message("SKIP: %s is not there\n", HISTORY);
		skip();
	}
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
		glob_t g;
		assert_int_equal(glob(patterns[i], 0, NULL, &g), 0);
		for (size_t k = 0; k < g.gl_pathc; k++, seen++)
			check_release(g.gl_pathv[k]);
		globfree(&g);
	}
	assert_true(seen >= 60);
}

/* Half a file has the form of no release, and the error is about the one that it is nearest to. */
static void test_what_a_release_does_not_have_is_named(void **state)
{
	(void)state;
	struct err e;
	struct value *all = NULL;
	assert_int_equal(settings_find_version("3.3.1", &e), CB_OK);
	assert_int_not_equal(settings_find_version("3.4", &e), CB_OK);
	assert_non_null(strstr(e.text, "version \"3.4\" is not known; these are: 2.8.5, 3.0.0"));
	static const struct { const char *file, *version, *says; } rows[] = {
		{ "server: 5\n", "3.3.7", "server: 3.3.7 has text there, not 5" },
		{ "func_master: x\n", "3.0.0", "func_master: 3.0.0 has no such setting" },
		{ "manage_dns: 1\n", "3.2.1", "manage_dns: 3.2.1 has true or false (before 3.2.1: 1 or 0) there, not 1" },
		{ "manage_dns: true\n", "3.2.0", "manage_dns: 3.2.0 has true or false (before 3.2.1: 1 or 0) there, not True" },
		{ "http_port: true\n", "3.3.7", "http_port: 3.3.7 has a whole number there, not True" },
		{ "default_virt_file_size: 5\n", "3.3.3", "default_virt_file_size: 3.3.3 has a number with a point there, not 5" },
		{ "manage_forward_zones: [1]\n", "3.2.1", "manage_forward_zones: 3.2.1 has a list of texts there, not [1]" },
		{ "manage_forward_zones: [1]\nmanage_dns: 1\nauto_migrate_settings: true\n", "3.2.0",
			"is missing: 3.2.0 has it in every file" },
		{ "include: 5\n", "3.3.7", "include: 3.3.7 has a list of texts there, not 5" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		put_file("/etc/cobbler/settings.yaml", rows[i].file);
		assert_int_not_equal(settings_validate_version("/etc/cobbler/settings.yaml", "", rows[i].version, &e), CB_OK);
		if (strstr(e.text, rows[i].says) == NULL)
			fail_msg("row %zu: %s", i, e.text);
		assert_int_not_equal(settings_migrate_version("/etc/cobbler/settings.yaml", "", rows[i].version, NULL, &all, &e), CB_OK);
		assert_null(all);
	}
	assert_true(settings_is_named("a,bc,d", "bc"));
	assert_false(settings_is_named("a,bc,d", "b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_first_files_are_private_and_readable_again, root_make, root_remove),
		cmocka_unit_test_setup_teardown(test_a_file_of_2_8_is_taken_over, root_make, root_remove),
		cmocka_unit_test_setup_teardown(test_objects_kept_elsewhere_are_refused, root_make, root_remove),
		cmocka_unit_test_setup_teardown(test_what_is_not_said_is_as_in_3_3_7, root_make, root_remove),
		cmocka_unit_test_setup_teardown(test_every_change_keeps_what_it_found, root_make, root_remove),
		cmocka_unit_test_setup_teardown(test_wrong_values_name_file_key_and_expectation, root_make, root_remove),
		cmocka_unit_test_setup_teardown(test_exports_of_nfs, root_make, root_remove),
		cmocka_unit_test(test_settings_of_every_release_are_read),
		cmocka_unit_test_setup_teardown(test_what_a_release_does_not_have_is_named, root_make, root_remove),
	};
	log_init("test", LOG_LVL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
