/* SPDX-License-Identifier: GPL-2.0-or-later
 * sync_test.c - a sync writes what is new, leaves what is the same, removes what was its own, and touches nothing else.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "core/testkit.h"
#include "manage/internal.h"
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
	assert_int_equal(root_make(state), 0);
	copy_library("boot_loader_conf", "/etc/cobbler");
	copy_library("grub_config", "/var/lib/cobbler");
	put_file("/k/linux", "KERNEL");
	put_file("/k/initrd.gz", "INITRD");
	open_core();
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
	if (manage_follow(&core, ITEM_SYSTEM, &name, 1, &e) != CB_OK)
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

static void test_what_the_web_has_of_a_distro_goes_with_it(void **state)
{
	(void)state;
	struct stat st;
	put_file("/var/lib/cobbler/templates/page", "x");
	put_file("/var/www/cobbler/rendered/of-the-site", "x");
	put_file("/var/www/cobbler/images/web/initrd.gz", "a file, no link");
	add(ITEM_DISTRO, "{\"name\":\"web\",\"uid\":\"web\",\"breed\":\"debian\",\"arch\":\"x86_64\",\"kernel\":\"%s/k/linux\","
		"\"initrd\":\"%s/k/initrd.gz\",\"template_files\":{\"/var/lib/cobbler/templates/page\":\"sub/page\"}}");
	sync_all();
	char *link = path_of("/var/www/cobbler/images/web/linux"), *other = path_of("/var/www/cobbler/images/web/initrd.gz"),
	     *page = path_of("/var/www/cobbler/rendered/sub/page"), *site = path_of("/var/www/cobbler/rendered/of-the-site");
	assert_int_equal(lstat(link, &st), 0);
	assert_int_equal(lstat(page, &st), 0);
	struct item *it = model_get(core.model, ITEM_DISTRO, "web");
	model_remove(core.model, it);
	item_unref(it);
	sync_all();
	assert_int_not_equal(lstat(link, &st), 0);
	assert_int_not_equal(lstat(page, &st), 0);
	assert_int_equal(lstat(site, &st), 0);
	assert_int_equal(lstat(other, &st), 0);
	assert_false(there("images/web", NULL));
	free(link);
	free(other);
	free(page);
	free(site);
}

static void expect_link(const char *path, const char *to)
{
	char have[4096], *real = path_of(path), *want = path_of(to != NULL ? to : "");
	ssize_t n = readlink(real, have, sizeof(have) - 1);
	have[n > 0 ? n : 0] = '\0';
	if (to != NULL ? !str_eq(have, want) : n >= 0)
		fail_msg("%s leads to \"%s\", not to \"%s\"", path, have, to != NULL ? want : "");
	free(real);
	free(want);
}

static void test_installers_reach_the_tree_of_a_distro(void **state)
{
	(void)state;
	static const struct { const char *name, *kernel, *tree; } distros[] = {
		{ "in-mirror", "/var/www/cobbler/distro_mirror/d1-x86_64/images/pxeboot/linux",
			"/var/www/cobbler/distro_mirror/d1-x86_64" },
		{ "beside", "/var/www/cobbler/distro_mirror.old/d1/linux", NULL }, { "elsewhere", "/k/linux", NULL },
		{ "right-in-it", "/var/www/cobbler/distro_mirror/linux", NULL },
		{ "own-link", "/var/www/cobbler/distro_mirror/d1-x86_64/linux", "/k" },
	};
	char *dir = path_of("/var/www/cobbler/links"), *own = path_of("/var/www/cobbler/links/own-link"), *to = path_of("/k");
	assert_int_equal(dir_make(dir, 0755, NULL), 0);
	assert_int_equal(symlink(to, own), 0);
	for (size_t i = 0; i < ARRAY_LEN(distros); i++) {
		char *json = xasprintf("{\"name\":\"%s\",\"uid\":\"l%zu\",\"breed\":\"debian\",\"arch\":\"x86_64\",\"kernel\":\"%s%s\"}",
			distros[i].name, i, root, distros[i].kernel), *path = xasprintf("/var/www/cobbler/links/%s", distros[i].name);
		add(ITEM_DISTRO, json);
		manage_link_distro(&core, distros[i].name);
		expect_link(path, distros[i].tree);
		struct item *it = model_get(core.model, ITEM_DISTRO, distros[i].name);
		model_remove(core.model, it);
		item_unref(it);
		manage_link_distro(&core, distros[i].name);
		/* a link of the site's own stays */
		expect_link(path, str_eq(distros[i].name, "own-link") ? "/k" : NULL);
		free(json);
		free(path);
	}
	free(dir);
	free(own);
	free(to);
}

/* Sites put links into the tree, to where they have room, or to the files themselves. */
static void test_what_links_lead_to_is_not_ours(void **state)
{
	(void)state;
	struct stat st, own;
	put_file("/mirror/a/linux", "MIRROR");
	put_file("/mirror/a/initrd.gz", "MIRROR RD");
	put_file("/mirror/b/linux", "KERNEL");
	put_file("/mirror/b/initrd.gz", "INITRD");
	put_file("/room/of-others", "x");
	add(ITEM_DISTRO, "{\"name\":\"ma\",\"uid\":\"ma\",\"breed\":\"debian\",\"arch\":\"x86_64\",\"kernel\":\"%s/mirror/a/linux\","
		"\"initrd\":\"%s/mirror/a/initrd.gz\"}");
	add(ITEM_DISTRO, "{\"name\":\"mb\",\"uid\":\"mb\",\"breed\":\"debian\",\"arch\":\"x86_64\",\"kernel\":\"%s/mirror/b/linux\","
		"\"initrd\":\"%s/mirror/b/initrd.gz\"}");
	char *a = path_of("/srv/tftpboot/images/ma"), *b = path_of("/srv/tftpboot/images/mb"), *from_a = path_of("/mirror/a");
	char *from_b = path_of("/mirror/b");
	assert_int_equal(symlink(from_a, a), 0);         /* before the first sync */
	sync_all();
	char *kernel = path_of("/srv/tftpboot/images/mb/linux"), *ramdisk = path_of("/srv/tftpboot/images/mb/initrd.gz");
	assert_int_equal(unlink(kernel), 0);
	assert_int_equal(unlink(ramdisk), 0);
	assert_int_equal(rmdir(b), 0);
	assert_int_equal(symlink(from_b, b), 0);         /* after it */
	static const char *const names[] = { "ma", "mb" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct item *it = model_get(core.model, ITEM_DISTRO, names[i]);
		model_remove(core.model, it);
		item_unref(it);
	}
	sync_all();
	static const char *const kept[] = { "/mirror/a/linux", "/mirror/a/initrd.gz", "/mirror/b/linux", "/mirror/b/initrd.gz",
		"/room/of-others" };
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		char *path = path_of(kept[i]);
		if (lstat(path, &st) != 0)
			fail_msg("%s is gone", kept[i]);
		free(path);
	}
	assert_true(there("images/ma", NULL));
	/* a folder of the site where 3.3.7 puts a link stays */
	char *link = path_of("/srv/tftpboot/grub/images");
	assert_int_equal(unlink(link), 0);
	assert_int_equal(mkdir(link, 0755), 0);
	put_file("/srv/tftpboot/grub/images/mine", "x");
	sync_all();
	assert_true(there("grub/images/mine", NULL));
	char *mine = path_of("/srv/tftpboot/grub/images/mine");
	assert_int_equal(unlink(mine), 0);
	assert_int_equal(rmdir(link), 0);
	/* pxelinux.cfg elsewhere: ours is written there and removed from there, and nothing else */
	char *dir = path_of("/srv/tftpboot/pxelinux.cfg"), *moved = path_of("/room/pxelinux.cfg");
	assert_int_equal(rename(dir, moved), 0);
	assert_int_equal(symlink(moved, dir), 0);
	put_file("/room/pxelinux.cfg/of-the-site", "x");
	drop_system("two");
	sync_all();
	assert_false(there(TWO, NULL));
	assert_true(there(ONE, NULL));
	assert_true(there("pxelinux.cfg/of-the-site", &own));
	add_system("two", "52:54:00:00:00:02");
	assert_int_equal(unlink(a) | unlink(b) | unlink(dir), 0);
	sync_all();
	char *all[] = { a, b, from_a, from_b, kernel, ramdisk, link, mine, dir, moved };
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		free(all[i]);
}

/* What Cobbler's own last sync left is removed as if it were ours; files beside it, and a site that Cobbler never ran, are left alone. */
static void test_files_that_cobbler_left_are_adopted(void **state)
{
	(void)state;
	static const char stale[] = "pxelinux.cfg/01-52-54-00-00-00-77";
	const struct timespec later[2] = { { .tv_sec = time(NULL) + 10 }, { .tv_sec = time(NULL) + 10 } };
	sync_all();
	put_file("/srv/tftpboot/pxelinux.cfg/01-52-54-00-00-00-77", "kernel x");
	put_file("/srv/tftpboot/pxelinux.cfg/C0A80177", "kernel x");
	put_file("/srv/tftpboot/pxelinux.cfg/of-the-site", "x");
	manage_adopt(&core);
	sync_all();
	assert_true(there(stale, NULL));
	put_file("/var/lib/cobbler/.mtime", "1");
	char *path = path_of("/var/lib/cobbler/.mtime"), *own = path_of("/srv/tftpboot/pxelinux.cfg/of-the-site");
	assert_int_equal(utimensat(AT_FDCWD, path, later, 0), 0);
	manage_adopt(&core);
	sync_all();
	assert_false(there(stale, NULL));
	assert_false(there("pxelinux.cfg/C0A80177", NULL));
	assert_true(there("pxelinux.cfg/of-the-site", NULL));
	assert_true(there(ONE, NULL));
	assert_int_equal(unlink(path) | unlink(own), 0);
	free(path);
	free(own);
}

/* Cobbler keeps second names of kernels, which hold the room of those that are gone. */
static void test_link_caches_of_cobbler_are_cleaned(void **state)
{
	(void)state;
	put_file("/srv/tftpboot/images/.link_cache/used", "x");
	put_file("/srv/tftpboot/images/.link_cache/last", "x");
	put_file("/srv/tftpboot/images/.link_cache/link_cache.json", "{}");
	char *used = path_of("/srv/tftpboot/images/.link_cache/used"), *other = path_of("/k/second-name");
	assert_int_equal(link(used, other), 0);
	sync_all();
	assert_true(there("images/.link_cache/used", NULL));
	assert_false(there("images/.link_cache/last", NULL));
	assert_int_equal(unlink(other), 0);
	sync_all();
	assert_false(there("images/.link_cache", NULL));
	free(used);
	free(other);
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
	/* and the machines of other distros boot */
	add_system("after", "52:54:00:00:00:0a");
	assert_int_equal(manage_sync(&core, NULL, NULL, &e), CB_ENOENT);
	assert_true(there("pxelinux.cfg/01-52-54-00-00-00-0a", NULL));
	drop_system("after");
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

static void test_what_an_item_asks_for_besides_stops_nobody(void **state)
{
	(void)state;
	struct err e;
	/* an image that is no file, templates and files that are not there or not for machines, a loader that leads nowhere */
	add(ITEM_IMAGE, "{\"name\":\"vol\",\"uid\":\"i1\",\"image_type\":\"direct\",\"file\":\"/dev/null\"}");
	add(ITEM_IMAGE, "{\"name\":\"a-folder\",\"uid\":\"i2\",\"image_type\":\"direct\",\"file\":\"%s/k\"}");
	add(ITEM_DISTRO, "{\"name\":\"a-distro\",\"uid\":\"d1\",\"breed\":\"debian\",\"arch\":\"x86_64\",\"kernel\":\"%s/k/linux\","
		"\"initrd\":\"%s/k/initrd.gz\",\"template_files\":{\"/etc/cobbler/users.digest\":\"x\"},"
		"\"boot_files\":{\"$\":\"/etc/passwd\"}}");
	add(ITEM_DISTRO, "{\"name\":\"b-distro\",\"uid\":\"d2\",\"breed\":\"debian\",\"arch\":\"x86_64\",\"kernel\":\"%s/k/linux\","
		"\"initrd\":\"%s/k/initrd.gz\",\"template_files\":{\"/nowhere/x\":\"x\"},\"boot_files\":{\"$unclosed(\":\"y\"}}");
	put_file("/var/lib/cobbler/loaders/real.c32", "x");
	char *link = path_of("/var/lib/cobbler/loaders/dangling.c32");
	assert_int_equal(symlink("nowhere", link), 0);
	sync_all();
	assert_true(there("images/b-distro/linux", NULL));
	assert_true(there("real.c32", NULL));
	assert_false(there("dangling.c32", NULL));
	assert_false(there("images2/vol", NULL));
	assert_int_equal(unlink(link), 0);
	free(link);
	/* and a system whose profile is gone does not keep the others from DHCP */
	add(ITEM_SYSTEM, "{\"name\":\"lost\",\"uid\":\"l\",\"profile\":\"gone\","
		"\"interfaces\":{\"eth0\":{\"mac_address\":\"52:54:00:00:00:0c\"}}}");
	assert_int_equal(manage_sync_dhcp(&core, NULL, &e), CB_OK);
	struct value *names = v_list();
	v_list_push(names, v_str("lost"));
	v_list_push(names, v_str("one"));
	char *one = path_of("/srv/tftpboot/" ONE);
	assert_int_equal(unlink(one), 0);
	assert_int_not_equal(manage_sync_systems(&core, NULL, names, &e), CB_OK);
	assert_true(there(ONE, NULL));
	free(one);
	v_unref(names);
	drop_system("lost");
	static const struct { enum item_type type; const char *name; } added[] = { { ITEM_IMAGE, "vol" }, { ITEM_IMAGE, "a-folder" },
		{ ITEM_DISTRO, "a-distro" }, { ITEM_DISTRO, "b-distro" } };
	for (size_t i = 0; i < ARRAY_LEN(added); i++) {
		struct item *it = model_get(core.model, added[i].type, added[i].name);
		model_remove(core.model, it);
		item_unref(it);
	}
	sync_all();
}

/* compat: of several interfaces the last one has the link named after the system, in every sync. */
static void test_the_link_of_a_system_is_of_its_last_interface(void **state)
{
	(void)state;
	char to[4096], *link = path_of("/srv/tftpboot/grub/system_link/cards");
	struct stat first, st;
	add(ITEM_SYSTEM, "{\"name\":\"cards\",\"uid\":\"uc\",\"profile\":\"p\","
		"\"interfaces\":{\"eth0\":{\"mac_address\":\"52:54:00:00:00:c0\"},"
		"\"eth1\":{\"mac_address\":\"52:54:00:00:00:c1\"},\"eth2\":{\"mac_address\":\"52:54:00:00:00:c2\"}}}");
	for (int round = 0; round < 4; round++) {
		if (round == 3)
			sync_one("cards");
		else
			sync_all();
		ssize_t n = readlink(link, to, sizeof(to) - 1);
		assert_true(n > 0);
		to[n] = '\0';
		assert_string_equal(to, "../system/52:54:00:00:00:c2");
		assert_int_equal(lstat(link, round == 0 ? &first : &st), 0);
		assert_true(round == 0 || st.st_ino == first.st_ino);
	}
	drop_system("cards");
	sync_all();
	free(link);
}

static void add_marked(unsigned i, unsigned mac, const char *mark)
{
	char *json = xasprintf("{\"name\":\"m%03u\",\"uid\":\"um%u\",\"profile\":\"p\",\"netboot_enabled\":true,"
		"\"kernel_options\":{\"mark\":\"%s\"},"
		"\"interfaces\":{\"eth0\":{\"mac_address\":\"52:54:00:01:%02x:%02x\"}}}", i, i, mark, mac >> 8, mac & 255);
	add(ITEM_SYSTEM, json);
	free(json);
}

static void drop_marked(unsigned i)
{
	char name[16];
	snprintf(name, sizeof(name), "m%03u", i);
	drop_system(name);
}

static void assert_marked(unsigned mac, const char *mark)
{
	char path[80], want[80];
	struct strbuf b = { 0 };
	snprintf(path, sizeof(path), "/srv/tftpboot/pxelinux.cfg/01-52-54-00-01-%02x-%02x", mac >> 8, mac & 255);
	snprintf(want, sizeof(want), " mark=%s", mark);
	char *full = path_of(path);
	assert_int_equal(file_read(-100, full, 65536, &b, NULL), CB_OK);
	if (strstr(sb_str(&b), want) == NULL)
		fail_msg("%s: no \"%s\" in %s", path, want, sb_str(&b));
	free(full);
	sb_free(&b);
}

/* Many systems are made by several threads; of those that want the same file the last one counts, however far they
 * stand from each other. */
static void test_of_many_systems_the_last_one_counts(void **state)
{
	(void)state;
	static const unsigned pairs[][2] = { { 10, 290 }, { 11, 12 }, { 40, 200 }, { 100, 299 }, { 0, 150 } };
	for (unsigned i = 0; i < 300; i++) {
		unsigned mac = i;
		for (size_t k = 0; k < ARRAY_LEN(pairs); k++)
			mac = i == pairs[k][1] ? pairs[k][0] : mac;
		char mark[16];
		snprintf(mark, sizeof(mark), "first%u", i);
		add_marked(i, mac, mark);
	}
	for (unsigned round = 0; round < 6; round++) {
		sync_all();
		CLEANUP(item_list_free) struct item_list l = model_items(core.model, ITEM_SYSTEM);
		for (size_t k = 0; k < ARRAY_LEN(pairs); k++) {
			const char *mark = NULL;
			for (size_t i = 0; i < l.n; i++)
				if (item_name(l.v[i])[0] == 'm' && (strtoul(item_name(l.v[i]) + 1, NULL, 10) == pairs[k][0] ||
					strtoul(item_name(l.v[i]) + 1, NULL, 10) == pairs[k][1]))
					mark = v_dict_cstr(item_get(l.v[i], "kernel_options"), "mark", NULL);
			assert_marked(pairs[k][0], mark);
		}
		assert_marked(77, round < 1 ? "first77" : "other");
		drop_marked(77);
		add_marked(77, 77, "other");
		drop_marked(pairs[round % 5][round & 1]);
		add_marked(pairs[round % 5][round & 1], pairs[round % 5][0], round % 2 ? "odd" : "even");
	}
	assert_true(there("grub/system_link/m299", NULL));
	for (unsigned i = 0; i < 300; i++)
		drop_marked(i);
	sync_all();
	assert_false(there("pxelinux.cfg/01-52-54-00-01-00-4d", NULL));
	assert_false(there("grub/system_link/m299", NULL));
	assert_true(there(ONE, NULL));
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

static void test_messages_show_the_path_as_it_is(void **state)
{
	(void)state;
	struct tree t;
	struct err e;
	char *web CLEANUP(free_ptr) = xasprintf("%s/var/www/cobbler/rendered/folder", root);
	char *tftp CLEANUP(free_ptr) = xasprintf("%s/srv/tftpboot/folder", root), *want CLEANUP(free_ptr) = xasprintf("%s: ", web);
	assert_int_equal(dir_make(web, 0755, &e), CB_OK);
	assert_int_equal(dir_make(tftp, 0755, &e), CB_OK);
	assert_int_equal(tree_open(&t, "/srv/tftpboot", true, &e), CB_OK);
	assert_int_equal(tree_write(&t, web, "x", 1, &e), CB_EIO);
	if (!str_starts(e.text, want))
		fail_msg("%s", e.text);
	assert_int_equal(tree_write(&t, "folder", "x", 1, &e), CB_EIO);
	if (!str_starts(e.text, "/srv/tftpboot/folder: "))
		fail_msg("%s", e.text);
	tree_keep_all(&t);
	assert_int_equal(tree_close(&t, NULL, NULL, &e), CB_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unchanged_files_are_left_alone),
		cmocka_unit_test(test_only_own_files_are_removed),
		cmocka_unit_test(test_what_the_web_has_of_a_distro_goes_with_it),
		cmocka_unit_test(test_installers_reach_the_tree_of_a_distro),
		cmocka_unit_test(test_what_links_lead_to_is_not_ours),
		cmocka_unit_test(test_files_that_cobbler_left_are_adopted),
		cmocka_unit_test(test_link_caches_of_cobbler_are_cleaned),
		cmocka_unit_test(test_one_system_follows_its_edits),
		cmocka_unit_test(test_a_sync_that_fails_removes_nothing),
		cmocka_unit_test(test_a_broken_system_does_not_stop_the_others),
		cmocka_unit_test(test_what_an_item_asks_for_besides_stops_nobody),
		cmocka_unit_test(test_the_link_of_a_system_is_of_its_last_interface),
		cmocka_unit_test(test_of_many_systems_the_last_one_counts),
		cmocka_unit_test(test_names_that_do_not_exist_are_told),
		cmocka_unit_test(test_messages_show_the_path_as_it_is),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
