/* SPDX-License-Identifier: GPL-2.0-or-later
 * run_test.c - whole imports: what must fail and leave nothing, and what works beyond the recorded ones.
 */
#include "import/runkit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>

#include "core/edit.h"

/* ---- what must fail, and leave nothing ---- */

static void debian_media(void)
{
	kit_file("media/dists/bookworm/Release", "Origin: Debian\nCodename: bookworm\nArchitectures: amd64\n", 0);
	kit_file("media/install.amd/vmlinuz", "k", 0);
	kit_file("media/install.amd/initrd.gz", "i", 0);
}

static void expect_refusal(struct value *options, const char *part)
{
	struct result r = import_now(options, NULL);
	if (r.ok || strstr(r.text, part) == NULL)
		fail_msg("expected \"%s\", got \"%s\"", part, r.ok ? "success" : r.text);
}

static void test_bad_options(void **state)
{
	(void)state;
	static const struct { const char *key, *value, *expect;
	} rows[] = {
		{ "name", "", "no --name specified" },
		{ "path", "", "no --path specified" },
		{ "name", "../up", "Invalid characters in name" },
		{ "name", ".hidden", "Invalid characters in name" },
		{ "name", "a b", "Invalid characters in name" },
		{ "name", "config", "the folder of .repo files" },
		{ "breed", "nope", "Invalid value for breed (\"nope\")" },
		{ "os_version", "bookworm", "OS version can only be specified when a specific breed is selected" },
		{ "arch", "vax", "arch: \"vax\" is not known" },
		{ "available_as", "gopher://x", "must be nfs://, ftp://, http://, or https://" },
		{ "available_as", "nfs://host/path", "missing a colon" },
		{ "path", "http://h/x.iso", "unsupported protocol" },
		{ "autoinstall_file", "missing.ks", "missing.ks" },
		{ "path", "relative", "must be absolute" },
		{ "rsync_flags", "-e sh", "\"-e\" is not allowed" },
	};
	debian_media();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct value *o = options_of("good", kit_path("media"));
		v_dict_set(o, rows[i].key, v_str(rows[i].value));
		expect_refusal(o, rows[i].expect);
		assert_nothing_left();
	}
	struct value *o = options_of("good", kit_path("media"));
	v_dict_set(o, "breed", v_str("debian"));
	v_dict_set(o, "os_version", v_str("nope"));
	expect_refusal(o, "os_version for breed \"debian\" must be one of");
	assert_nothing_left();
	expect_refusal(options_of("good", kit_path("root")), "contains");
}

static char *text_of(const char *name)
{
	struct strbuf b = {0};
	struct err e;
	assert_int_equal(file_read(AT_FDCWD, kit_path(name), 1u << 20, &b, &e), CB_OK);
	char *text = xstrdup(sb_str(&b));
	sb_free(&b);
	return text;
}

static void expect_text(const char *name, const char *want)
{
	char *text = text_of(name);
	assert_string_equal(text, want);
	free(text);
}

static void expect_success(struct value *options)
{
	struct result r = import_now(options, NULL);
	if (!r.ok)
		fail_msg("%s", r.text);
}

#define MIRROR "root/var/www/cobbler/distro_mirror/"

static void test_second_import_under_the_same_name_refreshes_the_tree(void **state)
{
	(void)state;
	debian_media();
	kit_file("media/old/only", "o", 0);
	kit_file("media/kind", "file", 0);
	kit_file("media/folder/in", "x", 0);
	expect_success(options_of("twice", kit_path("media")));
	size_t before = items();
	assert_int_equal(unlink(kit_path("media/old/only")), 0);
	assert_int_equal(unlink(kit_path("media/kind")), 0);
	assert_int_equal(unlink(kit_path("media/folder/in")), 0);
	assert_int_equal(rmdir(kit_path("media/folder")), 0);
	kit_file("media/kind/is", "a folder now", 0);
	kit_file("media/folder", "a file now", 0);
	kit_file("media/install.amd/vmlinuz", "k2", 0);
	expect_success(options_of("twice", kit_path("media")));
	assert_int_equal(items(), before);
	expect_text(MIRROR "twice/install.amd/vmlinuz", "k2");
	expect_text(MIRROR "twice/install.amd/initrd.gz", "i");
	expect_text(MIRROR "twice/old/only", "o");
	expect_text(MIRROR "twice/kind/is", "a folder now");
	expect_text(MIRROR "twice/folder", "a file now");
	assert_int_equal(names_in("root/var/www/cobbler/distro_mirror"), 1);
	/* another directory, but the same distro name */
	struct value *o = options_of("twice", kit_path("media"));
	v_dict_set(o, "arch", v_str("x86_64"));
	expect_refusal(o, "distro name already exists: twice-x86_64");
	assert_int_equal(items(), before);
	assert_int_equal(names_in("root/var/www/cobbler/distro_mirror"), 1);
}

/* As a daemon that was killed between the two leaves it. */
static void test_a_distro_without_its_profile_gets_it(void **state)
{
	(void)state;
	struct err e;
	debian_media();
	expect_success(options_of("half", kit_path("media")));
	assert_int_equal(edit_remove(&core, ITEM_PROFILE, "half-x86_64", false, true, &e), CB_OK);
	expect_success(options_of("half", kit_path("media")));
	assert_int_equal(model_count(core.model, ITEM_PROFILE), 1);
	/* one that has others keeps to them */
	struct item *p = item_new(ITEM_PROFILE);
	const struct item_ctx ctx = { .model = core.model };
	struct value *name = v_str("mine"), *distro = v_str("half-x86_64");
	assert_int_equal(item_set_in(&ctx, p, "name", name, &e), CB_OK);
	assert_int_equal(item_set_in(&ctx, p, "distro", distro, &e), CB_OK);
	assert_int_equal(edit_save(&core, p, true, true, &e), CB_OK);
	assert_int_equal(edit_remove(&core, ITEM_PROFILE, "half-x86_64", false, true, &e), CB_OK);
	v_unref(name);
	v_unref(distro);
	item_unref(p);
	expect_success(options_of("half", kit_path("media")));
	assert_int_equal(model_count(core.model, ITEM_PROFILE), 1);
}

/* The second medium of a set has no kernel: what was imported before tells what it belongs to. */
static void test_second_medium_of_a_set(void **state)
{
	(void)state;
	debian_media();
	expect_success(options_of("set", kit_path("media")));
	kit_file("second/pool/more.deb", "m", 0);
	expect_success(options_of("set", kit_path("second")));
	expect_text(MIRROR "set/pool/more.deb", "m");
	expect_text(MIRROR "set/install.amd/vmlinuz", "k");
}

static void test_failed_refresh_leaves_the_old_tree(void **state)
{
	(void)state;
	debian_media();
	expect_success(options_of("undo", kit_path("media")));
	struct stat was, now;
	assert_int_equal(stat(kit_path(MIRROR "undo/install.amd/vmlinuz"), &was), 0);
	size_t before = items();
	kit_file("media/install.amd/vmlinuz", "k2", 0);
	kit_file("media/install.amd/gtk/vmlinuz", "k", 0);
	kit_file("media/install.amd/gtk/initrd.gz", "i", 0);
	kit_file("root/var/www/cobbler/links/undo-gtk-x86_64/in-the-way", "x", 0);
	expect_refusal(options_of("undo", kit_path("media")), "links/undo-gtk-x86_64 exists already");
	assert_int_equal(items(), before);
	assert_int_equal(stat(kit_path(MIRROR "undo/install.amd/vmlinuz"), &now), 0);
	assert_int_equal(was.st_ino, now.st_ino);
	expect_text(MIRROR "undo/install.amd/vmlinuz", "k");
	assert_false(kit_exists(MIRROR "undo/install.amd/gtk"));
	assert_int_equal(names_in("root/var/www/cobbler/distro_mirror"), 1);
}

static void test_what_is_no_tree_of_the_mirror_is_not_refreshed(void **state)
{
	(void)state;
	debian_media();
	kit_file(MIRROR "plain", "x", 0);
	kit_mkdir("elsewhere");
	assert_int_equal(symlink(kit_path("elsewhere"), kit_path(MIRROR "link")), 0);
	expect_refusal(options_of("plain", kit_path("media")), "is no directory");
	expect_refusal(options_of("link", kit_path("media")), "is a link");
	assert_int_equal(names_in("elsewhere"), 0);
	assert_int_equal(items(), 0);
	assert_int_equal(names_in("root/var/www/cobbler/distro_mirror"), 2);
}

static void test_bad_images(void **state)
{
	(void)state;
	kit_file("no.iso", "<!DOCTYPE html>", 0);
	expect_refusal(options_of("x", kit_path("no.iso")), "is not an ISO image");
	assert_nothing_left();
	const struct kit_entry tree[] = {
		{ .path = "dists/bookworm/Release", .content = "Codename: bookworm\n" },
		{ .path = "install.amd/vmlinuz", .size = 6 << 20 },
		{ .path = "install.amd/initrd.gz", .content = "i" },
	};
	kit_image("cut.iso", KIT_ISO, tree, ARRAY_LEN(tree));
	assert_int_equal(truncate(kit_path("cut.iso"), 1 << 20), 0);
	expect_refusal(options_of("x", kit_path("cut.iso")), "truncated");
	assert_nothing_left();
}

/* A name that register cannot use: the profile exists already is fine, a link in the way is not. */
static void test_failure_while_registering_takes_everything_back(void **state)
{
	(void)state;
	debian_media();
	kit_file("media/install.amd/gtk/vmlinuz", "k", 0);
	kit_file("media/install.amd/gtk/initrd.gz", "i", 0);
	kit_file("root/var/www/cobbler/links/undo-gtk-x86_64/in-the-way", "x",
		0); /* a directory where the second link goes */
	expect_refusal(options_of("undo", kit_path("media")), "links/undo-gtk-x86_64 exists already");
	assert_int_equal(items(), 0);
	assert_int_equal(names_in("root/var/www/cobbler/distro_mirror"), 0);
	assert_int_equal(names_in("root/var/www/cobbler/links"), 1);
	assert_int_equal(names_in("root/var/lib/cobbler/collections/distros"), 0);
}

static void trigger(const char *where, const char *script)
{
	char name[128];
	snprintf(name, sizeof(name), "root/var/lib/cobbler/triggers/%s", where);
	char *text = xasprintf("#!/bin/sh\n%s\n", script);
	kit_file(name, text, 0);
	assert_int_equal(chmod(kit_path(name), 0755), 0);
	free(text);
}

/* What each trigger was told, in the order in which they ran: "add/distro/pre NAME". */
static void note_triggers(void)
{
	static const char *const events[] = { "add/distro/pre", "add/distro/post", "add/profile/pre", "add/profile/post", "add/repo/pre",
		"add/repo/post", "delete/distro/pre", "delete/distro/post", "delete/profile/pre", "delete/repo/pre" };
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		char where[64];
		snprintf(where, sizeof(where), "%s/note", events[i]);
		char *script = xasprintf("echo \"%s $1\" >> %s", events[i], kit_path("ran"));
		trigger(where, script);
		free(script);
	}
	char *script = xasprintf("echo change >> %s", kit_path("ran"));
	trigger("change/note", script);
	free(script);
}

static void test_a_trigger_that_refuses_one_item_leaves_none(void **state)
{
	(void)state;
	debian_media();
	kit_file("media/install.amd/gtk/vmlinuz", "k", 0);
	kit_file("media/install.amd/gtk/initrd.gz", "i", 0);
	note_triggers();
	trigger("add/repo/pre/refuse", "test \"$1\" != both-gtk-x86_64");
	expect_refusal(options_of("both", kit_path("media")), "add/repo/pre/refuse");
	assert_nothing_left();
	/* nobody was told of items that never were */
	char *ran = text_of("ran");
	if (strstr(ran, "post") != NULL || strstr(ran, "delete") != NULL || strstr(ran, "change") != NULL)
		fail_msg("%s", ran);
	free(ran);
}

static void test_triggers_of_an_import(void **state)
{
	(void)state;
	debian_media();
	note_triggers();
	expect_success(options_of("one", kit_path("media")));
	expect_text("ran", "add/distro/pre one-x86_64\nadd/repo/pre one-x86_64\nadd/profile/pre one-x86_64\n"
		"add/distro/post one-x86_64\nadd/repo/post one-x86_64\nadd/profile/post one-x86_64\nchange\n");
}

/* ---- what works beyond ---- */

static void test_iso_with_progress_in_the_log(void **state)
{
	(void)state;
	const struct kit_entry tree[] = {
		{ .path = ".treeinfo", .content = "[general]\nfamily = Rocky Linux\nversion = 9.4\narch = x86_64\n" },
		{ .path = "BaseOS/Packages/rocky-release-9.4-1.el9.noarch.rpm", .content = "x" },
		{ .path = "BaseOS/Packages/kernel-5.14.0-427.el9.x86_64.rpm", .content = "x" },
		{ .path = "BaseOS/repodata/1234-comps-BaseOS.x86_64.xml", .content = "<comps/>" },
		{ .path = "BaseOS/repodata/repomd.xml", .content = "<repomd/>" },
		{ .path = "AppStream/repodata/comps.xml", .content = "<comps/>" },
		{ .path = "images/pxeboot/vmlinuz", .size = 3 << 20 },
		{ .path = "images/pxeboot/initrd.img", .size = 5 << 20 },
		{ .path = "isolinux/vmlinuz", .content = "x" },
		{ .path = "isolinux/initrd.img", .content = "x" },
	};
	kit_image("rocky.iso", KIT_ISO, tree, ARRAY_LEN(tree));
	struct value *log = NULL;
	struct result r = import_now(options_of("rocky9", kit_path("rocky.iso")), &log);
	if (!r.ok)
		fail_msg("%s", r.text);
	assert_non_null(strstr(v_cstr(log), "creating new distro: rocky9-x86_64"));
	assert_non_null(strstr(v_cstr(log), "### PROGRESS 1.000"));
	v_unref(log);
	struct item *d = model_get(core.model, ITEM_DISTRO, "rocky9-x86_64");
	assert_non_null(d);
	assert_string_equal(item_str(d, "os_version"), "rhel9");
	const struct value *repos = item_get(d, "source_repos");
	assert_int_equal(v_len(repos), 2);
	assert_string_equal(v_cstr(v_list_at(v_list_at(repos, 0), 1)),
		"http://@@http_server@@/cobbler/distro_mirror/rocky9/AppStream");
	assert_string_equal(v_cstr(v_list_at(v_list_at(repos, 1), 0)),
			    "http://@@http_server@@/cobbler/distro_mirror/config/rocky9-x86_64-1.repo");
	assert_true(kit_exists("root/var/www/cobbler/distro_mirror/config/rocky9-x86_64-1.repo"));
	item_unref(d);
	assert_true(kit_exists("root/var/lib/cobbler/collections/distros/rocky9-x86_64.json"));
}

/* EL 4 has RedHat/base with the groups, and no index. */
static void test_a_tree_without_an_index_gets_one(void **state)
{
	(void)state;
	if (access("/usr/bin/createrepo_c", X_OK) != 0) {
		print_message("SKIP: createrepo_c is not installed\n");
		skip();
	}
	kit_file("media/RedHat/RPMS/redhat-release-4AS-2.i386.rpm", "no package", 0);
	kit_file("media/RedHat/RPMS/kernel-2.6.9-5.EL.i686.rpm", "no package", 0);
	kit_file("media/RedHat/base/comps.xml", "<comps/>\n", 0);
	kit_file("media/RedHat/.repodata/left", "of a run that was cut off", 0);
	kit_file("media/images/pxeboot/vmlinuz", "k", 0);
	kit_file("media/images/pxeboot/initrd.img", "i", 0);
	struct value *log = NULL;
	struct result r = import_now(options_of("el4", kit_path("media")), &log);
	if (!r.ok)
		fail_msg("%s", r.text);
	assert_true(kit_exists(MIRROR "el4/RedHat/repodata/repomd.xml"));
	assert_false(kit_exists("media/RedHat/repodata"));
	assert_false(kit_exists(MIRROR "el4/RedHat/.repodata"));
	if (strstr(v_cstr(log), "making an index of the packages in ") == NULL || strstr(v_cstr(log), ".import-") != NULL)
		fail_msg("%s", v_cstr(log));
	v_unref(log);
	CLEANUP(item_list_free) struct item_list l = model_items(core.model, ITEM_DISTRO);
	assert_int_equal(l.n, 1);
	const struct value *repos = item_get(l.v[0], "source_repos");
	assert_int_equal(v_len(repos), 1);
	assert_string_equal(v_cstr(v_list_at(v_list_at(repos, 0), 1)), "http://@@http_server@@/cobbler/distro_mirror/el4/RedHat");
}

static void test_unknown_release_gets_the_nearest(void **state)
{
	(void)state;
	kit_file("media/.treeinfo", "[general]\nfamily = Fedora\nversion = 99\narch = x86_64\n", 0);
	kit_file("media/images/pxeboot/vmlinuz", "k", 0);
	kit_file("media/images/pxeboot/initrd.img", "i", 0);
	struct result r = import_now(options_of("fedora99", kit_path("media")), NULL);
	if (!r.ok)
		fail_msg("%s", r.text);
	struct item *d = model_get(core.model, ITEM_DISTRO, "fedora99-x86_64");
	assert_non_null(d);
	assert_true(str_starts(item_str(d, "os_version"), "fedora4"));
	assert_non_null(strstr(item_str(d, "comment"), "Fedora 99"));
	item_unref(d);
}

static void test_tree_that_is_in_place_already(void **state)
{
	(void)state;
	kit_file("root/var/www/cobbler/distro_mirror/here/dists/bookworm/Release", "Codename: bookworm\n", 0);
	kit_file("root/var/www/cobbler/distro_mirror/here/install.amd/vmlinuz", "k", 0);
	expect_refusal(
		options_of("here", kit_path("root/var/www/cobbler/distro_mirror/here")), "no kernel with an initrd");
	assert_true(kit_exists("root/var/www/cobbler/distro_mirror/here/install.amd/vmlinuz")); /* the operator's own */
	kit_file("root/var/www/cobbler/distro_mirror/here/install.amd/initrd.gz", "i", 0);
	struct result r = import_now(options_of("here", kit_path("root/var/www/cobbler/distro_mirror/here")), NULL);
	if (!r.ok)
		fail_msg("%s", r.text);
	assert_int_equal(model_count(core.model, ITEM_DISTRO), 1);
}

static void test_rsync(void **state)
{
	(void)state;
	if (access("/usr/bin/rsync", X_OK) != 0) {
		print_message("SKIP: rsync is not installed\n");
		skip();
	}
	debian_media();
	kit_file("media/pool/debug.deb", "x", 0);
	assert_int_equal(symlink("/etc/passwd", kit_path("media/leak")), 0);
	struct value *o = options_of("synced", kit_path("media"));
	v_dict_set(o, "rsync_flags", v_str("--exclude=debug.deb -v"));
	struct result r = import_now(o, NULL);
	if (!r.ok)
		fail_msg("%s", r.text);
	assert_true(kit_exists("root/var/www/cobbler/distro_mirror/synced/install.amd/vmlinuz"));
	assert_false(kit_exists("root/var/www/cobbler/distro_mirror/synced/pool/debug.deb"));
	assert_false(kit_exists("root/var/www/cobbler/distro_mirror/synced/leak"));
	/* nobody listens there */
	expect_refusal(options_of("away", "rsync://127.0.0.1:1/module/"),
		"rsync of rsync://127.0.0.1:1/module/ failed with status");
	assert_int_equal(names_in("root/var/www/cobbler/distro_mirror"), 1);
}

/* Nor do flags bring pipes and owners back, which -a and -D mean. */
static void test_rsync_flags_bring_no_special_files(void **state)
{
	(void)state;
	if (access("/usr/bin/rsync", X_OK) != 0) {
		print_message("SKIP: rsync is not installed\n");
		skip();
	}
	debian_media();
	assert_int_equal(mkfifo(kit_path("media/pipe"), 0644), 0);
	struct value *o = options_of("synced", kit_path("media"));
	v_dict_set(o, "rsync_flags", v_str("-a -D"));
	expect_success(o);
	assert_true(kit_exists("root/var/www/cobbler/distro_mirror/synced/install.amd/vmlinuz"));
	assert_false(kit_exists("root/var/www/cobbler/distro_mirror/synced/pipe"));
}

/* Deeper than there may be open descriptors: nothing of it stays. */
static void test_a_deep_tree_is_removed(void **state)
{
	(void)state;
	char name[] = "d";
	kit_mkdir("deep");
	int dir = open(kit_path("deep"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 1500; i++) {
		assert_int_equal(mkdirat(dir, name, 0755), 0);
		int below = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		int fd = openat(dir, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		assert_true(below >= 0 && fd >= 0);
		close(fd);
		close(dir);
		dir = below;
	}
	close(dir);
	import_remove_tree(kit_path("deep"));
	assert_false(kit_exists("deep"));
}

/* A server that takes one connection and says this. Its port. */
static unsigned one_answer(const char *text, pid_t *pid)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof(a);
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(s, 1), 0);
	assert_int_equal(getsockname(s, (struct sockaddr *)&a, &n), 0);
	*pid = fork();
	assert_true(*pid >= 0);
	if (*pid == 0) {
		char buf[256];
		int c = accept(s, NULL, NULL);
		(void)!write(c, text, strlen(text));
		while (read(c, buf, sizeof(buf)) > 0)
			;
		_exit(0);
	}
	close(s);
	return ntohs(a.sin_port);
}

/* What a server says is no line of the log, and the end of it is what matters. */
static void test_words_of_a_hostile_server(void **state)
{
	(void)state;
	if (access("/usr/bin/rsync", X_OK) != 0) {
		print_message("SKIP: rsync is not installed\n");
		skip();
	}
	struct strbuf words = {0};
	sb_adds(&words, "@RSYNCD: 31.0\nwelcome\n### TASK COMPLETE ###\n");
	for (int i = 0; i < 500; i++)
		sb_adds(&words, "more of it\n");
	sb_adds(&words, "@ERROR: the module is closed\n");
	pid_t pid;
	char *path = xasprintf("rsync://127.0.0.1:%u/module/", one_answer(sb_str(&words), &pid));
	struct value *log = NULL;
	struct result r = import_now(options_of("far", path), &log);
	int st;
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_false(r.ok);
	if (strstr(r.text, "@ERROR: the module is closed") == NULL || strpbrk(r.text, "\n\r") != NULL || strlen(r.text) > 800)
		fail_msg("%s", r.text);
	assert_null(strstr(v_cstr(log), "TASK COMPLETE"));
	v_unref(log);
	free(path);
	sb_free(&words);
	assert_nothing_left();
}

/* Where names cannot be exchanged, a crash may come when the tree is out of the way. */
static void test_a_tree_that_was_out_of_the_way_comes_back(void **state)
{
	(void)state;
	kit_file(MIRROR ".replaced-deb/file", "old", 0);
	import_recover(&core);
	expect_text(MIRROR "deb/file", "old");
	assert_false(kit_exists(MIRROR ".replaced-deb"));
	/* the new one is there already: the next import removes the old one */
	kit_file(MIRROR ".replaced-deb/file", "older", 0);
	import_recover(&core);
	expect_text(MIRROR "deb/file", "old");
	assert_true(kit_exists(MIRROR ".replaced-deb"));
	debian_media();
	expect_success(options_of("other", kit_path("media")));
	assert_false(kit_exists(MIRROR ".replaced-deb"));
	assert_int_equal(names_in(MIRROR), 2);
	/* what an import holds is left to it */
	kit_mkdir(MIRROR ".replaced-held");
	int fd = open(kit_path(MIRROR ".replaced-held"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	import_recover(&core);
	assert_true(kit_exists(MIRROR ".replaced-held"));
	assert_false(kit_exists(MIRROR "held"));
	close(fd);
}

static void test_left_overs_of_a_crash_are_swept(void **state)
{
	(void)state;
	debian_media();
	kit_file("root/var/www/cobbler/distro_mirror/.import-0123456789abcdef/half/done", "x", 0);
	kit_mkdir("root/var/www/cobbler/distro_mirror/.new-0123456789abcdef");
	const struct timespec old[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	assert_int_equal(utimensat(AT_FDCWD, kit_path("root/var/www/cobbler/distro_mirror/.new-0123456789abcdef"), old, 0), 0);
	struct result r = import_now(options_of("swept", kit_path("media")), NULL);
	if (!r.ok)
		fail_msg("%s", r.text);
	assert_int_equal(names_in("root/var/www/cobbler/distro_mirror"), 1);
}

static void test_windows_needs_its_loader(void **state)
{
	(void)state;
	kit_file("media/sources/install.wim", "x", 0);
	kit_file("media/boot/boot.sdi", "x", 0);
	struct value *o = options_of("win", kit_path("media"));
	v_dict_set(o, "breed", v_str("windows"));
	v_dict_set(o, "os_version", v_str("11"));
	v_dict_set(o, "arch", v_str("x86_64"));
	expect_refusal(v_ref(o), "boots through wimboot, which is not there: put it at");
	assert_nothing_left();
	struct value *settings = settings_snapshot(core.settings);
	char name[256];
	snprintf(name, sizeof(name), "root%s/wimboot", v_dict_cstr(settings, "tftpboot_location", "/srv/tftpboot"));
	v_unref(settings);
	kit_file(name, "x", 0);
	struct result r = import_now(o, NULL);
	if (!r.ok)
		fail_msg("%s", r.text);
	struct item *d = model_get(core.model, ITEM_DISTRO, "win-x86_64");
	assert_non_null(d);
	assert_true(str_ends(item_str(d, "kernel"), "/wimboot"));
	item_unref(d);
}

/* A child that a medium took over says what it likes. */
static void test_paths_of_the_child_stay_in_the_tree(void **state)
{
	(void)state;
	static const struct { const char *kernel, *initrd, *dir, *boot_key, *boot; bool ok; } rows[] = {
		{ "isolinux/vmlinuz", "isolinux/initrd.img", "BaseOS", "x", "boot/x", true }, { "@wimboot", "a/b", "", "x", "", true },
		{ "../vmlinuz", "i", "", "x", "", false }, { "/etc/shadow", "i", "", "x", "", false },
		{ "@../../etc/shadow", "i", "", "x", "", false }, { "@/etc/shadow", "i", "", "x", "", false },
		{ "@", "i", "", "x", "", false }, { "", "i", "", "x", "", false },
		{ "a//b", "i", "", "x", "", false }, { "a/./b", "i", "", "x", "", false }, { "a/..", "i", "", "x", "", false },
		{ "k", "@../i", "", "x", "", false }, { "k", "../i", "", "x", "", false }, { "k", "i", "..", "x", "", false },
		{ "k", "i", "/srv", "x", "", false },
		{ "k\\n", "i", "", "x", "", false }, { "k;", "i", "", "x", "", false }, { "k", "i'", "", "x", "", false },
		{ "k", "i", "a$b", "x", "", false }, { "k", "i", "a\\nb", "x", "", false }, { "k", "i", "", "x", "a\\u001bb", false },
		{ "k", "i", "", "../x", "", false }, { "k", "i", "", "x", "../x", false }, { "k", "i", "", "x", "/etc/shadow", false },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct value *f = NULL;
		struct err e;
		char *text = xasprintf("{\"breed\": \"redhat\", \"os_version\": \"rhel8\", \"kernels\": [{\"kernel\": \"%s\","
			" \"initrd\": \"%s\", \"archs\": []}], \"repos\": [{\"dir\": \"%s\"}], \"boot_files\": {\"%s\": \"%s\"}}",
			rows[i].kernel, rows[i].initrd, rows[i].dir, rows[i].boot_key, rows[i].boot);
		assert_int_equal(json_parse(text, strlen(text), &f, &e), CB_OK);
		if ((import_check_found(f, &e) == CB_OK) != rows[i].ok)
			fail_msg("row %zu: %s", i, text);
		v_unref(f);
		free(text);
	}
}

int main(int argc, char **argv)
{
	int status = importer_role(argc, argv);
	if (status >= 0)
		return status;
#define T(f) cmocka_unit_test_setup_teardown(f, open_core, close_core)
	const struct CMUnitTest tests[] = {
		T(test_bad_options),
		T(test_second_import_under_the_same_name_refreshes_the_tree),
		T(test_a_distro_without_its_profile_gets_it),
		T(test_second_medium_of_a_set),
		T(test_failed_refresh_leaves_the_old_tree),
		T(test_what_is_no_tree_of_the_mirror_is_not_refreshed),
		T(test_bad_images),
		T(test_failure_while_registering_takes_everything_back),
		T(test_a_trigger_that_refuses_one_item_leaves_none),
		T(test_triggers_of_an_import),
		T(test_iso_with_progress_in_the_log),
		T(test_a_tree_without_an_index_gets_one),
		T(test_unknown_release_gets_the_nearest),
		T(test_tree_that_is_in_place_already),
		T(test_rsync),
		T(test_rsync_flags_bring_no_special_files),
		T(test_a_deep_tree_is_removed),
		T(test_words_of_a_hostile_server),
		T(test_left_overs_of_a_crash_are_swept),
		T(test_a_tree_that_was_out_of_the_way_comes_back),
		T(test_windows_needs_its_loader),
		T(test_paths_of_the_child_stay_in_the_tree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
