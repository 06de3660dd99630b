/* SPDX-License-Identifier: GPL-2.0-or-later
 * sync_test.c - a sync writes what is new, leaves what is the same, removes what was its own, and touches nothing else.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "core/testkit.h"
#include "manage/manage.h"

static void add_system(const char *name, const char *mac)
{
	char *json = xasprintf("{\"name\":\"%s\",\"uid\":\"u%s\",\"profile\":\"p\",\"netboot_enabled\":true,"
		"\"interfaces\":{\"eth0\":{\"mac_address\":\"%s\"}}}", name, name, mac);
	add(ITEM_SYSTEM, json);
	free(json);
}

static void drop_system(const char *name)
{
	struct item *it = model_get(core.model, ITEM_SYSTEM, name);
	assert_non_null(it);
	model_remove(core.model, it);
	item_unref(it);
}

static int setup(void **state)
{
	(void)state;
	struct err e;
	assert_int_equal(root_make(state), 0);
	copy_library("boot_loader_conf", "/etc/cobbler");
	copy_library("grub_config", "/var/lib/cobbler");
	put_file("/k/linux", "KERNEL");
	put_file("/k/initrd.gz", "INITRD");
	if (core_open(&core, &e) != CB_OK)
		fail_msg("%s", e.text);
	add(ITEM_DISTRO, "{\"name\":\"d\",\"uid\":\"1\",\"breed\":\"debian\",\"os_version\":\"bookworm\",\"arch\":\"x86_64\","
		"\"kernel\":\"%s/k/linux\",\"initrd\":\"%s/k/initrd.gz\",\"boot_loaders\":[\"grub\",\"pxe\",\"ipxe\"]}");
	add(ITEM_PROFILE, "{\"name\":\"p\",\"uid\":\"2\",\"distro\":\"d\",\"autoinstall\":\"\"}");
	add_system("one", "52:54:00:00:00:01");
	add_system("two", "52:54:00:00:00:02");
	return 0;
}

static bool there(const char *path, struct stat *st)
{
	struct stat own;
	char *full = xasprintf("%s/srv/tftpboot/%s", root, path);
	bool yes = lstat(full, st != NULL ? st : &own) == 0;
	free(full);
	return yes;
}

static void sync_all(void)
{
	struct err e;
	if (manage_sync(&core, NULL, NULL, &e) != CB_OK)
		fail_msg("%s", e.text);
}

static void sync_one(const char *name)
{
	struct err e;
	if (manage_sync_system(&core, name, &e) != CB_OK)
		fail_msg("%s", e.text);
}

#define ONE "pxelinux.cfg/01-52-54-00-00-00-01"
#define TWO "pxelinux.cfg/01-52-54-00-00-00-02"

static void test_unchanged_files_are_left_alone(void **state)
{
	(void)state;
	static const char *const files[] = {ONE, "grub/system/52:54:00:00:00:02", "images/d/linux", "grub/grub.cfg",
		"pxelinux.cfg/default", "grub/system_link/one", "grub/images"};
	struct stat before[ARRAY_LEN(files)], after;
	sync_all();
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (!there(files[i], &before[i]))
			fail_msg("%s is not there", files[i]);
	sync_all();
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		assert_true(there(files[i], &after));
		assert_int_equal(before[i].st_ino, after.st_ino);
		assert_int_equal(before[i].st_ctim.tv_nsec, after.st_ctim.tv_nsec);
	}
}

static void test_only_own_files_are_removed(void **state)
{
	(void)state;
	sync_all();
	put_file("/srv/tftpboot/pxelinux.cfg/of-the-site", "x");
	put_file("/srv/tftpboot/images/d/extra", "x");
	assert_true(there(TWO, NULL));
	drop_system("two");
	sync_all();
	assert_false(there(TWO, NULL));
	assert_false(there("grub/system_link/two", NULL));
	assert_true(there(ONE, NULL));
	assert_true(there("pxelinux.cfg/of-the-site", NULL));
	assert_true(there("images/d/extra", NULL));
	add_system("two", "52:54:00:00:00:02");
}

static void test_one_system_follows_its_edits(void **state)
{
	(void)state;
	sync_all();
	drop_system("two");
	add_system("two", "52:54:00:00:00:22");
	sync_one("two");
	assert_true(there("pxelinux.cfg/01-52-54-00-00-00-22", NULL));
	assert_false(there(TWO, NULL));
	assert_false(there("grub/system/52:54:00:00:00:02", NULL));
	assert_true(there(ONE, NULL));
	drop_system("two");
	sync_one("two");
	assert_false(there("pxelinux.cfg/01-52-54-00-00-00-22", NULL));
	assert_false(there("grub/system_link/two", NULL));
	/* a later full sync agrees with what was appended */
	sync_all();
	assert_true(there(ONE, NULL));
	add_system("two", "52:54:00:00:00:02");
}

static void test_a_sync_that_fails_removes_nothing(void **state)
{
	(void)state;
	struct err e;
	sync_all();
	add(ITEM_DISTRO, "{\"name\":\"gone\",\"uid\":\"9\",\"breed\":\"debian\",\"arch\":\"x86_64\",\"kernel\":\"/"
			 "nowhere/linux\","
			 "\"initrd\":\"/nowhere/initrd\"}");
	assert_int_equal(manage_sync(&core, NULL, NULL, &e), CB_ENOENT);
	assert_string_equal(e.cls, "FileNotFoundError");
	assert_string_equal(e.text, "No kernel found at \"/nowhere/linux\", tried to copy to: \"/srv/tftpboot/images/gone\"");
	assert_true(there(ONE, NULL));
	assert_true(there(TWO, NULL));
	struct item *it = model_get(core.model, ITEM_DISTRO, "gone");
	model_remove(core.model, it);
	item_unref(it);
	sync_all();
}

static void test_a_broken_system_does_not_stop_the_others(void **state)
{
	(void)state;
	struct err e;
	sync_all();
	add(ITEM_SYSTEM, "{\"name\":\"bad\",\"uid\":\"b\",\"profile\":\"p\",\"netboot_enabled\":true,\"kernel_"
			 "options\":{\"a\":\"@@none@@\"},"
			 "\"interfaces\":{\"eth0\":{\"mac_address\":\"52:54:00:00:00:0b\"}}}");
	add_system("three", "52:54:00:00:00:03");
	assert_int_not_equal(manage_sync(&core, NULL, NULL, &e), CB_OK);
	assert_non_null(strstr(e.text, "1 systems were not written"));
	assert_true(there("pxelinux.cfg/01-52-54-00-00-00-03", NULL));
	assert_true(there(ONE, NULL));
	drop_system("bad");
	drop_system("three");
	sync_all();
	assert_false(there("pxelinux.cfg/01-52-54-00-00-00-03", NULL));
}

static void test_names_that_do_not_exist_are_told(void **state)
{
	(void)state;
	struct err e;
	struct value *names = v_list();
	assert_int_equal(manage_sync_systems(&core, NULL, names, &e), CB_OK);
	v_list_push(names, v_str("nobody"));
	assert_int_equal(manage_sync_systems(&core, NULL, names, &e), CB_OK);
	v_list_push(names, v_int(1));
	assert_int_equal(manage_sync_systems(&core, NULL, names, &e), CB_EINVAL);
	assert_string_equal(e.cls, PY_TYPE);
	v_unref(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unchanged_files_are_left_alone),
		cmocka_unit_test(test_only_own_files_are_removed),
		cmocka_unit_test(test_one_system_follows_its_edits),
		cmocka_unit_test(test_a_sync_that_fails_removes_nothing),
		cmocka_unit_test(test_a_broken_system_does_not_stop_the_others),
		cmocka_unit_test(test_names_that_do_not_exist_are_told),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
