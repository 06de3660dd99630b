/* SPDX-License-Identifier: GPL-2.0-or-later
 * windows_test.c - which boot files of Windows a sync makes, and whose; what is made by a child is in compat-tests/test_windows.py.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "boot/boot.h"
#include "core/testkit.h"
#include "manage/manage.h"

/* The headers of a program, then names. */
static void put_program(const char *path)
{
	static const char names[] = "\\\0B\0o\0o\0t\0\\\0B\0C\0D\0 bootmgr.exe winnt.sif";
	char p[512 + sizeof(names)] = "MZ", *full = path_of(path);
	p[60] = 64;
	memcpy(p + 64, "PE\0\0", 4);
	p[64 + 20] = (char)240;
	p[64 + 24] = 0x0b;
	p[64 + 25] = 2;
	memcpy(p + 512, names, sizeof(names));
	struct err e;
	if (file_replace(AT_FDCWD, full, p, sizeof(p), 0644, &e) != CB_OK)
		fail_msg("%s", e.text);
	free(full);
}

static int setup(void **state)
{
	assert_int_equal(root_make(state), 0);
	copy_library("boot_loader_conf", "/etc/cobbler");
	copy_library("windows", "/etc/cobbler");
	copy_library("snippets", "/var/lib/cobbler");
	put_file("/etc/cobbler/settings.yaml", "windows_enabled: true\n");
	put_file("/var/www/cobbler/distro_mirror/win1/boot/boot.sdi", "SDI");
	put_file("/var/www/cobbler/distro_mirror/win1/boot/pxeboot.n12", "kernel of bootmgr.exe and NTLDR");
	put_file("/var/www/cobbler/distro_mirror/win1/boot/SetupLdr.exe", "reads WINNT.SIF");
	put_program("/var/www/cobbler/distro_mirror/win1/boot/BootMgr.EXE");
	put_file("/var/www/cobbler/distro_mirror/win/keep", "a tree whose name is the beginning of the other's");
	open_core();
	return 0;
}

static void drop(enum item_type type, const char *name)
{
	struct item *it = model_get(core.model, type, name);
	if (it != NULL)
		model_remove(core.model, it);
	item_unref(it);
}

static void add_distro(const char *name, const char *os)
{
	drop(ITEM_DISTRO, name);
	char *json = xasprintf("{\"name\":\"%s\",\"uid\":\"d%s\",\"breed\":\"windows\",\"os_version\":\"%s\",\"arch\":\"x86_64\","
		"\"kernel\":\"%%s/var/www/cobbler/distro_mirror/win1/boot/pxeboot.n12\","
		"\"initrd\":\"%%s/var/www/cobbler/distro_mirror/win1/boot/boot.sdi\","
		"\"boot_loaders\":[\"grub\",\"pxe\",\"ipxe\"]}", name, name, os);
	add(ITEM_DISTRO, json);
	free(json);
}

static void add_profile(const char *name, const char *distro, const char *meta)
{
	drop(ITEM_PROFILE, name);
	char *json = xasprintf("{\"name\":\"%s\",\"uid\":\"p%s\",\"distro\":\"%s\",\"autoinstall\":\"\",\"autoinstall_meta\":{%s}}",
		name, name, distro, meta);
	add(ITEM_PROFILE, json);
	free(json);
}

static char *sync_now(void)
{
	struct err e;
	int rc = manage_sync(&core, NULL, NULL, &e);
	return rc == CB_OK ? NULL : xstrdup(e.text);
}

static void synced(void)
{
	char *error = sync_now();
	if (error != NULL)
		fail_msg("%s", error);
}

static void expect_file(const char *path, const char *text)
{
	struct strbuf b = { 0 };
	char *full = path_of(path);
	struct err e;
	if (file_read(AT_FDCWD, full, 1u << 20, &b, &e) != CB_OK)
		fail_msg("%s", e.text);
	if (memmem(b.p, b.len, text, strlen(text)) == NULL)
		fail_msg("%s: there is no \"%s\" in \"%s\"", path, text, sb_str(&b));
	free(full);
	sb_free(&b);
}

static bool is_there(const char *path)
{
	char *full = path_of(path);
	bool yes = access(full, F_OK) == 0;
	free(full);
	return yes;
}

#define IMAGES "/srv/tftpboot/images/"
#define MEDIUM "/var/www/cobbler/distro_mirror/win1/"

static void test_loaders_get_new_names_in_them(void **state)
{
	(void)state;
	add_distro("w", "2022");
	add_profile("one", "w", "\"kernel\":\"win10a.0\",\"bootmgr\":\"boot1ea.exe\",\"answerfile\":\"a.xml\","
		"\"post_install_script\":\"p.cmd\"");
	synced();
	expect_file(IMAGES "w/win10a.0", "kernel of boot1ea.exe and NTLDR");
	expect_file(IMAGES "w/boot1ea.exe", "winnt.sif");
	expect_file(IMAGES "w/pxeboot.n12", "kernel of bootmgr.exe and NTLDR");
	expect_file(IMAGES "w/a.xml", "<unattend");
	expect_file("/var/www/cobbler/images/w/a.xml", "<unattend");
	expect_file("/var/www/cobbler/images/w/boot1ea.exe", "MZ");
	expect_file(MEDIUM "sources/$OEM$/$1/p.cmd", "/cblr/svc/op/autoinstall/profile/%1");
	drop(ITEM_PROFILE, "one");
	synced();
	assert_false(is_there(IMAGES "w/boot1ea.exe"));
	assert_false(is_there("/var/www/cobbler/images/w/a.xml"));
	assert_false(is_there(MEDIUM "sources/$OEM$/$1/p.cmd"));
	assert_true(is_there(MEDIUM "boot/BootMgr.EXE"));
}

/* The file in images/ is another name of the medium's where a sync could link it. */
static void test_a_loader_under_its_own_name_leaves_the_medium_alone(void **state)
{
	(void)state;
	struct stat a, b;
	add_distro("w", "2022");
	synced();
	char *in_tree = path_of(MEDIUM "boot/pxeboot.n12"), *copy = path_of(IMAGES "w/pxeboot.n12");
	assert_int_equal(stat(in_tree, &a) | stat(copy, &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	add_profile("one", "w", "\"bootmgr\":\"boot1ea.exe\"");
	for (int i = 0; i < 2; i++) {
		synced();
		expect_file(IMAGES "w/pxeboot.n12", "kernel of boot1ea.exe");
		expect_file(MEDIUM "boot/pxeboot.n12", "kernel of bootmgr.exe");
	}
	assert_int_equal(stat(copy, &a), 0);
	synced();
	assert_int_equal(stat(copy, &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	/* and machines get that one */
	struct boot_file f;
	struct err e;
	if (boot_tftp(&core, "images/w/pxeboot.n12", NULL, &f, &e) != CB_OK)
		fail_msg("%s", e.text);
	assert_true(str_ends(f.path, "/srv/tftpboot/images/w/pxeboot.n12"));
	boot_file_free(&f);
	drop(ITEM_PROFILE, "one");
	synced();
	expect_file(IMAGES "w/pxeboot.n12", "kernel of bootmgr.exe");
	free(in_tree);
	free(copy);
}

static void test_xp_has_setupldr(void **state)
{
	(void)state;
	add_distro("x", "xp");
	add_profile("old", "x", "\"kernel\":\"wine0.0\",\"bootmgr\":\"ntld1\",\"answerfile\":\"winn1.sif\","
		"\"post_install_script\":\"p.cmd\"");
	synced();
	expect_file(IMAGES "x/ntld1", "reads winn1.sif");
	expect_file(IMAGES "x/wine0.0", "kernel of bootmgr.exe and ntld1");
	expect_file(IMAGES "x/winn1.sif", "[Unattended]");
	assert_true(is_there(MEDIUM "$OEM$/$1/p.cmd"));
	drop(ITEM_PROFILE, "old");
	drop(ITEM_DISTRO, "x");
}

static void test_the_last_item_has_a_file_that_several_name(void **state)
{
	(void)state;
	add_distro("w", "2022");
	add_profile("one", "w", "\"bootmgr\":\"boot1ea.exe\",\"kernel\":\"k.0\",\"answerfile\":\"a.xml\",\"locale\":\"de-DE\"");
	add_profile("two", "w", "\"answerfile\":\"a.xml\",\"locale\":\"fr-FR\"");
	synced();
	expect_file(IMAGES "w/a.xml", "fr-FR");
	add(ITEM_SYSTEM, "{\"name\":\"s\",\"uid\":\"s\",\"profile\":\"one\",\"autoinstall_meta\":{\"locale\":\"it-IT\"},"
		"\"interfaces\":{\"eth0\":{\"mac_address\":\"52:54:00:00:00:01\"}}}");
	synced();
	expect_file(IMAGES "w/a.xml", "it-IT");
	/* an edit of one of them does not change whose it is */
	const char *name = "s";
	struct err e;
	add_profile("two", "w", "\"answerfile\":\"a.xml\",\"locale\":\"es-ES\"");
	assert_int_equal(manage_follow(&core, ITEM_PROFILE, NULL, 0, &e), CB_OK);
	expect_file(IMAGES "w/a.xml", "it-IT");
	drop(ITEM_SYSTEM, name);
	assert_int_equal(manage_follow(&core, ITEM_SYSTEM, &name, 1, &e), CB_OK);
	assert_int_equal(manage_follow(&core, ITEM_PROFILE, NULL, 0, &e), CB_OK);
	expect_file(IMAGES "w/a.xml", "es-ES");
	drop(ITEM_PROFILE, "one");
	drop(ITEM_PROFILE, "two");
}

static void test_names_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	static const struct { const char *meta, *text; } rows[] = {
		{ "\"bootmgr\":\"short.exe\"", "bootmgr=short.exe: a name of exactly 11 characters" },
		{ "\"bootmgr\":\"boot1ea.exe\",\"bcd\":\"four\"", "bcd=four: a name of exactly 3 characters" },
		{ "\"answerfile\":\"../../../etc/x\"", "answerfile=../../../etc/x: the name of a file" },
		{ "\"answerfile\":\"/etc/x\"", "answerfile=/etc/x: the name of a file" },
		{ "\"post_install_script\":\"..\"", "post_install_script=..: the name of a file" },
		{ "\"winpe\":\"a b.wim\"", "winpe=a b.wim: the name of a file" },
		{ "\"winpe\":7", "winpe=int: the name of a file" },
		{ "\"kernel\":\"http://x/\",\"bootmgr\":\"boot1ea.exe\"", "kernel=http://x/: the name of a file" },
		{ "\"bcd\":\"abc\"", "File not found: " },
		{ "\"winpe\":\"w.wim\"", "/boot/winpe.wim" },
		{ "\"kernel\":\"wimboot\",\"bootmgr\":\"bootmgr.exe\"", "the boot loader /srv/tftpboot/wimboot is not there" },
	};
	add_distro("w", "2022");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		add_profile("bad", "w", rows[i].meta);
		char *error = sync_now();
		if (error == NULL || strstr(error, rows[i].text) == NULL)
			fail_msg("row %zu: %s", i, error != NULL ? error : "no error");
		free(error);
		/* while it is edited that is no more than a line in the log */
		struct err e;
		assert_int_equal(manage_follow(&core, ITEM_PROFILE, NULL, 0, &e), CB_OK);
		assert_false(is_there(IMAGES "w/.sync-windows"));
	}
	drop(ITEM_PROFILE, "bad");
	assert_true(is_there("/var/www/cobbler/distro_mirror/win/keep"));
	synced();
}

static void test_without_the_setting_nothing_is_made(void **state)
{
	(void)state;
	put_file("/etc/cobbler/settings.yaml", "windows_enabled: false\n");
	struct err e;
	assert_int_equal(settings_reload(core.settings, &e), CB_OK);
	add_distro("w", "2022");
	add_profile("bad", "w", "\"bootmgr\":\"short.exe\",\"answerfile\":\"a.xml\"");
	synced();
	assert_false(is_there(IMAGES "w/a.xml"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loaders_get_new_names_in_them),
		cmocka_unit_test(test_a_loader_under_its_own_name_leaves_the_medium_alone),
		cmocka_unit_test(test_xp_has_setupldr),
		cmocka_unit_test(test_the_last_item_has_a_file_that_several_name),
		cmocka_unit_test(test_names_that_do_not_fit_are_refused),
		cmocka_unit_test(test_without_the_setting_nothing_is_made),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
