/* SPDX-License-Identifier: GPL-2.0-or-later
 * settings_test.c - settings files of every release since 2.8 are read.
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
#include <unistd.h>

#include "base/file.h"
#include "base/spawn.h"
#include "settings/settings.h"

static char root[64];

static int setup(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/settings_test.XXXXXX");
	if (mkdtemp(root) == NULL)
		return -1;
	path_set_root(root);
	return 0;
}

static void run(const char *const *argv)
{
	struct spawn s = { .argv = argv, .timeout_ms = 10000 };
	struct err e;
	int status;
	assert_int_equal(spawn_run(&s, &status, &e), CB_OK);
	assert_int_equal(status, 0);
}

static int teardown(void **state)
{
	const char *argv[] = { "rm", "-rf", "--", root, NULL };
	(void)state;
	run(argv);
	return 0;
}

/* Opens the settings with this text as settings.yaml. */
static struct settings *open_with(const char *text)
{
	char *path = path_of("/etc/cobbler/settings.yaml"), *dir = path_of("/etc/cobbler");
	struct settings *s = NULL;
	struct err e;
	assert_int_equal(dir_make(dir, 0750, &e), CB_OK);
	assert_int_equal(file_replace(AT_FDCWD, path, text, strlen(text), 0640, &e), CB_OK);
	if (settings_open(&s, &e) != CB_OK)
		fail_msg("%s", e.text);
	free(path);
	free(dir);
	return s;
}

static void write_text(const char *rel, const char *text)
{
	struct err e;
	char *path = path_of(rel);
	if (file_replace(AT_FDCWD, path, text, strlen(text), 0640, &e) != CB_OK)
		fail_msg("%s", e.text);
	free(path);
}

static void test_settings_come_with_defaults_and_refuse_wrong_types(void **state)
{
	struct settings *s;
	struct err e;
	(void)state;
	s = open_with("");
	struct value *st = settings_snapshot(s), *d = settings_daemon(s);
	assert_int_equal(v_dict_int(st, "xmlrpc_port", 0), 25151);
	assert_int_equal(v_dict_int(v_dict_get(d, "tftp"), "port", 0), 69);
	char *mod = settings_module(s, "authentication", "module");
	assert_string_equal(mod, "authentication.configfile");
	free(mod);
	v_unref(st);
	v_unref(d);
	write_text("/etc/cobbler/settings.d/x.settings", "http_port: maybe\n");
	assert_int_equal(settings_reload(s, &e), CB_EINVAL);
	assert_string_equal(e.text, "/etc/cobbler/settings.d/x.settings: http_port: a whole number expected, not 'maybe'");
	write_text("/etc/cobbler/settings.d/x.settings", "http_port: 8080\nnew_thing: 1\n");
	write_text("/etc/cobbler/cobblerd.yaml", "dhcp: {enabled: true, interfaces: [br0], subnets: [{subnet: 10.0.0.1/24}]}\n");
	assert_int_equal(settings_reload(s, &e), CB_EINVAL);
	assert_string_equal(e.text, "cobblerd.yaml: dhcp.subnets.subnet: a network like 10.0.0.0/24 expected, not '10.0.0.1/24'");
	write_text("/etc/cobbler/cobblerd.yaml", "dhcp: {enabled: true, interfaces: [br0], subnets: [{subnet: 10.0.0.0/24, range: [10.0.0.5, 10.0.0.9]}]}\n");
	assert_int_equal(settings_reload(s, &e), CB_OK);
	st = settings_snapshot(s);
	assert_int_equal(v_dict_int(st, "http_port", 0), 8080);
	v_unref(st);
	settings_close(s);
}

static void test_names_of_old_releases(void **state)
{
	struct settings *s = open_with("default_kickstart: /var/lib/cobbler/kickstarts/sample.ks\nenable_gpxe: 1\nnext_server: 10.0.0.7\n"
		"func_master: x\nhttp_port: '8080'\nmanage_dhcp: 0\n");
	struct value *st = settings_snapshot(s);
	(void)state;
	assert_string_equal(v_dict_cstr(st, "autoinstall", ""), "sample.ks");
	assert_true(v_is(v_dict_get(st, "enable_ipxe"), V_BOOL) && v_dict_bool(st, "enable_ipxe", false));
	assert_string_equal(v_dict_cstr(st, "next_server_v4", ""), "10.0.0.7");
	assert_int_equal(v_dict_int(st, "http_port", 0), 8080);
	assert_null(v_dict_get(st, "func_master"));
	v_unref(st);
	settings_close(s);
}

static void test_modify_writes_the_file_and_keeps_what_it_does_not_know(void **state)
{
	struct settings *s = open_with("server: 10.0.0.1\nfrom_the_future: [1]\n");
	struct value *v = v_str("10.0.0.2"), *wrong = v_list();
	struct strbuf b = { 0 };
	struct err e;
	(void)state;
	assert_int_equal(settings_modify(s, "server", v, &e), CB_OK);
	assert_int_equal(settings_modify(s, "server", wrong, &e), CB_EINVAL);
	assert_int_equal(settings_modify(s, "no_such", v, &e), CB_ENOENT);
	char *path = path_of("/etc/cobbler/settings.yaml");
	assert_int_equal(file_read(AT_FDCWD, path, 1 << 20, &b, &e), CB_OK);
	assert_non_null(strstr(sb_str(&b), "\nserver: 10.0.0.2\n"));
	assert_non_null(strstr(sb_str(&b), "from_the_future:"));
	sb_free(&b);
	free(path);
	v_unref(v);
	v_unref(wrong);
	settings_close(s);
}

static void test_shipped_settings_of_every_release(void **state)
{
	static const char *const releases[] = { "V2_8_5", "V3_0_0", "V3_0_1", "V3_1_0", "V3_1_1", "V3_1_2", "V3_2_0", "V3_2_1", "V3_3_0", "V3_3_1",
		"V3_3_2", "V3_3_3", "V3_3_4", "V3_3_5", "V3_3_6", "V3_3_7" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
		struct strbuf b = { 0 };
		struct err e;
		char path[128];
		snprintf(path, sizeof(path), "../shared/golden/settings-history/%s/settings.yaml", releases[i]);
		if (file_read(AT_FDCWD, path, 1 << 20, &b, &e) != CB_OK) {
			print_message("SKIP: %s\n", e.text);
			skip();
		}
		struct settings *s = open_with(sb_str(&b));
		struct value *st = settings_snapshot(s);
		assert_int_equal(v_dict_int(st, "xmlrpc_port", 0), 25151);
		v_unref(st);
		settings_close(s);
		sb_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings_come_with_defaults_and_refuse_wrong_types),
		cmocka_unit_test(test_names_of_old_releases),
		cmocka_unit_test(test_modify_writes_the_file_and_keeps_what_it_does_not_know),
		cmocka_unit_test(test_shipped_settings_of_every_release),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
