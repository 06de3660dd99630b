/* SPDX-License-Identifier: GPL-2.0-or-later
 * windows_test.c - what loaders of Windows ask for, by whom, and which of several distros is meant.
 */
#include "boot/boot.h"
#include "core/testkit.h"

#define MEDIUM(n) "/var/www/cobbler/distro_mirror/" n "/boot/"

static void add_windows(const char *name)
{
	char *json = xasprintf("{\"name\":\"%s\",\"uid\":\"d%s\",\"breed\":\"windows\",\"os_version\":\"2022\",\"arch\":\"x86_64\","
		"\"kernel\":\"%%s/var/www/cobbler/distro_mirror/%s/boot/pxeboot.n12\","
		"\"initrd\":\"%%s/var/www/cobbler/distro_mirror/%s/boot/boot.sdi\"}",
		name, name, name, name);
	add(ITEM_DISTRO, json);
	free(json);
}

static int setup(void **state)
{
	assert_int_equal(root_make(state), 0);
	open_core();
	add_windows("w1");
	add_windows("W2");
	put_file(MEDIUM("w1") "pxeboot.n12", "kernel 1");
	put_file(MEDIUM("w1") "boot.sdi", "disk 1");
	put_file(MEDIUM("w1") "Fonts/wgl4_boot.ttf", "font 1");
	put_file(MEDIUM("W2") "boot.sdi", "disk 2");
	put_file("/srv/tftpboot/images/w1/bootmgr.exe", "manager 1");
	put_file("/srv/tftpboot/images/w1/bcd", "bcd 1");
	put_file("/srv/tftpboot/images/w1/only1.exe", "only 1");
	put_file("/srv/tftpboot/images/W2/bootmgr.exe", "manager 2");
	put_file("/srv/tftpboot/images/W2/bcd", "bcd 2");
	put_file("/srv/tftpboot/images/W2/1Ea", "own bcd 2");
	put_file("/srv/tftpboot/images/other/x", "of no distro");
	add(ITEM_PROFILE, "{\"name\":\"p2\",\"uid\":\"p2\",\"distro\":\"W2\",\"autoinstall_meta\":{\"bcd\":\"1Ea\"}}");
	add(ITEM_SYSTEM, "{\"name\":\"s\",\"uid\":\"s\",\"profile\":\"p2\",\"interfaces\":{\"eth0\":{\"ip_address\":\"10.0.0.2\"}}}");
	return 0;
}

static const char *ask(const char *path, const char *ip)
{
	static char text[64];
	struct boot_client who = { 0 };
	struct boot_file f;
	struct strbuf b = { 0 };
	struct err e;
	snprintf(who.ip, sizeof(who.ip), "%s", ip);
	if (boot_tftp(&core, path, &who, &f, &e) != CB_OK)
		return "";
	assert_int_equal(f.kind, BOOT_PATH);
	assert_int_equal(file_read(AT_FDCWD, f.path, 64, &b, &e), CB_OK);
	snprintf(text, sizeof(text), "%s", sb_str(&b));
	sb_free(&b);
	boot_file_free(&f);
	return text;
}

static void test_paths_and_what_is_meant(void **state)
{
	(void)state;
	static const struct { const char *ip, *path, *want; } rows[] = {
		/* a machine that is known installs what its profile says */
		{ "10.0.0.2", "\\Boot\\BCD", "own bcd 2" }, { "10.0.0.2", "bootmgr.exe", "manager 2" },
		{ "10.0.0.2", "\\BOOT\\1eA", "own bcd 2" },
		/* of any other one nothing is known before it loads something */
		{ "10.0.0.9", "\\Boot\\BCD", "" }, { "10.0.0.9", "BOOTMGR.EXE", "" }, { "10.0.0.9", "Only1.EXE", "only 1" },
		{ "10.0.0.9", "images/w1/pxeboot.n12", "kernel 1" }, { "10.0.0.9", "\\Boot\\BCD", "bcd 1" },
		{ "10.0.0.9", "bootmgr.EXE", "manager 1" }, { "10.0.0.9", "\\Boot\\fonts\\WGL4_BOOT.TTF", "font 1" },
		{ "10.0.0.8", "\\Boot\\BCD", "" }, { "10.0.0.9", "\\images\\W2\\boot.sdi", "disk 2" },
		{ "10.0.0.9", "\\Boot\\BCD", "bcd 2" },
		/* as the BCD names them */
		{ "10.0.0.8", "\\IMAGES\\w2\\BootMgr.exe", "manager 2" }, { "10.0.0.8", "\\Images\\W1\\BOOT.SDI", "disk 1" },
		{ "10.0.0.8", "grub/images/w1/BCD", "bcd 1" }, { "10.0.0.8", "images/w1/none", "" }, { "10.0.0.8", "images/OTHER/x", "" },
		/* nothing outside */
		{ "10.0.0.9", "\\Boot\\..\\..\\W2\\boot\\boot.sdi", "" }, { "10.0.0.9", "Boot/fonts/../../../w1/boot/boot.sdi", "" },
		{ "10.0.0.9", "Boot/a/b/c/d/e/f", "" }, { "10.0.0.9", "Boot/", "" }, { "10.0.0.9", "sub/bootmgr.exe", "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!str_eq(ask(rows[i].path, rows[i].ip), rows[i].want))
			fail_msg("row %zu: %s for %s: \"%s\", expected \"%s\"", i, rows[i].path, rows[i].ip, ask(rows[i].path, rows[i].ip),
				rows[i].want);
}

static void test_many_addresses_are_remembered_for_a_while(void **state)
{
	(void)state;
	char ip[32];
	assert_string_equal(ask("images/w1/pxeboot.n12", "10.1.0.1"), "kernel 1");
	for (int i = 0; i < 600; i++) {
		snprintf(ip, sizeof(ip), "10.2.%d.%d", i / 200, i % 200);
		assert_string_equal(ask("images/w1/pxeboot.n12", ip), "kernel 1");
	}
	assert_string_equal(ask("Boot/BCD", ip), "bcd 1");
	assert_string_equal(ask("Boot/BCD", "10.1.0.1"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths_and_what_is_meant),
		cmocka_unit_test(test_many_addresses_are_remembered_for_a_while),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
