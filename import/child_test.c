/* SPDX-License-Identifier: GPL-2.0-or-later
 * child_test.c - images and trees through the sandboxed child: good ones come out whole, hostile ones are refused with
 * words and leave nothing outside the target.
 */
#include "import/testkit.h"
#include "import/tree.h"

#define DEBIAN_TREE(kernel, initrd)                                                                                    \
	{ .path = "dists", .type = AE_IFDIR }, { .path = "dists/bookworm", .type = AE_IFDIR },                         \
		{ .path = "dists/bookworm/Release",                                                                    \
			.content = "Origin: Debian\nCodename: bookworm\nArchitectures: amd64\n" },                     \
		{ .path = ".disk", .type = AE_IFDIR },                                                                 \
		{ .path = ".disk/info",                                                                                \
			.content = "Debian GNU/Linux 12.5.0 \"Bookworm\" - Official amd64 NETINST 20240210-11:27\n" }, \
		{ .path = kernel, .size = 200000 },                                                                    \
	{                                                                                                              \
		.path = initrd, .content = "initrd"                                                                    \
	}

static const char *first_kernel(const struct value *found, const char *key)
{
	return v_dict_cstr(v_list_at(v_dict_get(found, "kernels"), 0), key, "");
}

static void expect_error(struct value *job, const char *part)
{
	int status;
	struct value *r = kit_run(job, &status);
	const char *error = v_dict_cstr(r, "error", "");
	if (status != 1 || strstr(error, part) == NULL)
		fail_msg("expected an error with \"%s\", got status %d and \"%s\"", part, status, error);
	assert_null(v_dict_get(r, "found"));
	v_unref(r);
}

static struct value *expect_found(struct value *job)
{
	int status;
	struct value *r = kit_run(job, &status);
	if (status != 0)
		fail_msg("status %d: %s", status, v_dict_cstr(r, "error", ""));
	struct value *found = v_ref(v_dict_get(r, "found"));
	assert_non_null(found);
	v_unref(r);
	return found;
}

static void test_rock_ridge_iso_comes_out_whole(void **state)
{
	(void)state;
	const struct kit_entry tree[] = {
		DEBIAN_TREE("install.amd/vmlinuz", "install.amd/initrd.gz"),
		{ .path = "dists/stable", .type = AE_IFLNK, .link = "bookworm" },
		{ .path = "debian", .type = AE_IFLNK, .link = "." },
		{ .path = "A Long Name With Capitals and more than thirty characters.txt", .content = "x" },
		{ .path = "run.sh", .content = "#!/bin/sh\n", .mode = 06755 },
	};
	kit_image("rr.iso", KIT_ISO, tree, ARRAY_LEN(tree));
	struct value *f = expect_found(kit_job("rr.iso", "extract"));
	assert_string_equal(v_dict_cstr(f, "breed", ""), "debian");
	assert_string_equal(v_dict_cstr(f, "how", ""), "signature");
	assert_string_equal(v_dict_cstr(f, "os_version", ""), "bookworm");
	assert_string_equal(first_kernel(f, "kernel"), "install.amd/vmlinuz");
	assert_string_equal(first_kernel(f, "initrd"), "install.amd/initrd.gz");
	assert_true(v_list_has_str(v_dict_get(v_list_at(v_dict_get(f, "kernels"), 0), "archs"), "x86_64"));
	v_unref(f);
	struct stat st;
	char link[64] = "";
	assert_int_equal(stat(kit_path("target/install.amd/vmlinuz"), &st), 0);
	assert_int_equal(st.st_size, 200000);
	assert_int_equal(stat(kit_path("target/run.sh"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);      /* no set-id bits */
	assert_int_equal(st.st_mtime, 1700000000);
	assert_int_equal(readlink(kit_path("target/dists/stable"), link, sizeof(link) - 1), 8);
	assert_string_equal(link, "bookworm");
	assert_true(kit_exists("target/A Long Name With Capitals and more than thirty characters.txt"));
}

static void test_plain_iso_names_become_lower_case(void **state)
{
	(void)state;
	const struct kit_entry tree[] = {
		{ .path = "MBOOT.C32", .content = "x" },
		{ .path = "IMGPAYLD.TGZ", .content = "x" },
		{ .path = "B.B00", .content = "x" },
		{ .path = "BOOT.CFG",
			.content = "bootstate=0\ntitle=Loading ESXi installer\nkernel=/b.b00\nmodules=/jumpstrt.gz\n"
				   "build=8.0.2-0.0.22380479\n" },
	};
	kit_image("esxi.iso", KIT_ISO_PLAIN, tree, ARRAY_LEN(tree));
	struct value *f = expect_found(kit_job("esxi.iso", "extract"));
	assert_string_equal(v_dict_cstr(f, "os_version", ""), "esxi80");
	assert_string_equal(first_kernel(f, "kernel"), "mboot.c32");
	v_unref(f);
	assert_true(kit_exists("target/boot.cfg"));
	assert_false(kit_exists("target/BOOT.CFG"));
}

static void test_netboot_archive(void **state)
{
	(void)state;
	const struct kit_entry tree[] = {
		{ .path = "./version.info",
			.content = "Debian version:  12 (bookworm)\nInstaller build: 20230607+deb12u5\n" },
		{ .path = "./debian-installer/amd64/linux", .content = "k" },
		{ .path = "./debian-installer/amd64/initrd.gz", .content = "i" },
		{ .path = "./ldlinux.c32",
			.type = AE_IFLNK,
			.link = "debian-installer/amd64/boot-screens/ldlinux.c32" },
	};
	kit_image("netboot.tar", KIT_TAR, tree, ARRAY_LEN(tree));
	struct value *f = expect_found(kit_job("netboot.tar", "extract"));
	assert_string_equal(v_dict_cstr(f, "os_version", ""), "bookworm");
	assert_string_equal(first_kernel(f, "dir"), "debian-installer/amd64");
	assert_true(v_list_has_str(v_dict_get(v_list_at(v_dict_get(f, "kernels"), 0), "archs"), "x86_64"));
	v_unref(f);
}

static void test_hostile_archives_are_refused(void **state)
{
	(void)state;
	static char long_name[400], deep[200];
	memset(long_name, 'n', 300);
	for (size_t i = 0; i < 80; i++)
		memcpy(deep + 2 * i, "d/", 2);
	const struct { struct kit_entry e[3]; const char *expect; } cases[] = {
		{ { { .path = "../escaped", .content = "x" } }, "\"..\"" },
		{ { { .path = "a/../../escaped", .content = "x" } }, "\"..\"" },
		{ { { .path = "/tmp/absolute", .content = "x" } }, "absolute path" },
		{ { { .path = "bad\nname", .content = "x" } }, "control characters" },
		{ { { .path = long_name, .content = "x" } }, "more than 255 bytes" },
		{ { { .path = deep, .content = "x" } }, "levels deep" },
		{ { { .path = "twice", .content = "x" }, { .path = "twice", .content = "y" } }, "twice" },
		{ { { .path = "hard", .link = "../secret" } }, "\"..\"" },
		{ { { .path = "hard", .link = "/etc/passwd" } }, "absolute path" },
		{ { { .path = "hard", .link = "nowhere" } }, "not a file of the image" },
		{ { { .path = "file", .content = "x" }, { .path = "file/below", .content = "x" } }, "file" },
	};
	kit_file("secret", "secret", 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t n = 0;
		while (n < 3 && cases[i].e[n].path != NULL)
			n++;
		kit_image("evil.tar", KIT_TAR, cases[i].e, n);
		expect_error(kit_job("evil.tar", "extract"), cases[i].expect);
		assert_false(kit_exists("escaped"));
		assert_int_equal(nftw(kit_path("target"), kit_rm, 32, FTW_DEPTH | FTW_PHYS), 0);
	}
	assert_int_not_equal(access("/tmp/absolute", F_OK), 0);
}

/* Names of a medium are in errors, which become lines of logs: none makes a line of its own, and none hides what it is about. */
static void test_errors_are_one_line_of_text(void **state)
{
	(void)state;
	static char accents[256];
	for (size_t i = 0; i + 1 < 250; i += 2)
		memcpy(accents + i + 1, "\xc3\xa9", 2);
	accents[0] = 'n';            /* so that the 200th byte is half a letter */
	const struct { const char *name, *expect; } rows[] = {
		{ "x\n### TASK COMPLETE ###", "x\\x0a### TASK COMPLETE ###" }, { "x\x1b[2J", "x\\x1b[2J" },
		{ "\xe9t\xe9/../up", "\\xe9t\\xe9/../up" },
		{ accents, "is in the image twice" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct kit_entry twice[] = { { .path = rows[i].name, .content = "x" }, { .path = rows[i].name, .content = "x" } };
		int status;
		kit_image("evil.tar", KIT_TAR, twice, ARRAY_LEN(twice));
		struct value *r = kit_run(kit_job("evil.tar", "extract"), &status);
		const char *error = v_dict_cstr(r, "error", "");
		if (strstr(error, rows[i].expect) == NULL || strpbrk(error, "\n\x1b") != NULL)
			fail_msg("row %zu: %s", i, error);
		v_unref(r);
		assert_int_equal(nftw(kit_path("target"), kit_rm, 32, FTW_DEPTH | FTW_PHYS), 0);
	}
}

/* Links that lead outside are dropped, writing through one is refused, devices are not made. */
static void test_links_and_devices(void **state)
{
	(void)state;
	const struct kit_entry through[] = {
		{ .path = "dir", .type = AE_IFLNK, .link = ".." }, { .path = "dir/escaped", .content = "x" },
	};
	kit_image("through.tar", KIT_TAR, through, ARRAY_LEN(through));
	int status;
	struct value *r = kit_run(kit_job("through.tar", "extract"), &status);
	assert_int_equal(status, 1);      /* no operating system in it */
	assert_false(kit_exists("escaped"));
	v_unref(r);
	assert_int_equal(nftw(kit_path("target"), kit_rm, 32, FTW_DEPTH | FTW_PHYS), 0);

	const struct kit_entry tree[] = {
		DEBIAN_TREE("install.amd/vmlinuz", "install.amd/initrd.gz"),
		{ .path = "abs", .type = AE_IFLNK, .link = "/etc" },
		{ .path = "up", .type = AE_IFLNK, .link = "../.." },
		{ .path = "dists/ok", .type = AE_IFLNK, .link = "../install.amd" },
		{ .path = "tricky", .type = AE_IFLNK, .link = "dists/../.." },
		{ .path = "null", .type = AE_IFCHR },
		{ .path = "disk", .type = AE_IFBLK },
		{ .path = "pipe", .type = AE_IFIFO },
	};
	kit_image("links.tar", KIT_TAR, tree, ARRAY_LEN(tree));
	struct value *f = expect_found(kit_job("links.tar", "extract"));
	v_unref(f);
	static const char *const gone[] = { "target/abs", "target/up", "target/tricky", "target/null", "target/disk",
		"target/pipe" };
	for (size_t i = 0; i < ARRAY_LEN(gone); i++)
		if (kit_exists(gone[i]))
			fail_msg("%s is there", gone[i]);
	assert_true(kit_exists("target/dists/ok"));
}

static void test_hard_links_inside_are_kept(void **state)
{
	(void)state;
	const struct kit_entry tree[] = {
		DEBIAN_TREE("install.amd/vmlinuz", "install.amd/initrd.gz"),
		{ .path = "copy/vmlinuz", .link = "install.amd/vmlinuz" },
	};
	kit_image("hard.tar", KIT_TAR, tree, ARRAY_LEN(tree));
	struct value *f = expect_found(kit_job("hard.tar", "extract"));
	v_unref(f);
	struct stat st;
	assert_int_equal(stat(kit_path("target/copy/vmlinuz"), &st), 0);
	assert_int_equal(st.st_size, 200000);
}

static void test_quotas(void **state)
{
	(void)state;
	static const enum kit_format formats[] = { KIT_TAR, KIT_ISO };
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		struct archive *a = kit_open("many", formats[i]);
		for (int n = 0; n < 1200; n++) {
			char name[32];
			snprintf(name, sizeof(name), "f%d", n);
			kit_add(a, &(struct kit_entry){ .path = name, .content = "x" });
		}
		kit_close(a);
		struct value *job = kit_job("many", "extract");
		v_dict_set(job, "max_entries", v_int(1000));
		expect_error(job, "too many entries: more than 1000");
		assert_int_equal(nftw(kit_path("target"), kit_rm, 32, FTW_DEPTH | FTW_PHYS), 0);
		const struct kit_entry big = { .path = "big", .size = 3000000 };
		kit_image("big", formats[i], &big, 1);
		job = kit_job("big", "extract");
		v_dict_set(job, "max_bytes", v_int(1000000));
		expect_error(job, formats[i] == KIT_ISO ? "too large" : "too large: the files sum up");
		assert_int_equal(nftw(kit_path("target"), kit_rm, 32, FTW_DEPTH | FTW_PHYS), 0);
	}
}

/* Each small, all of them to be read for each signature: there is an end to it. */
static void test_many_files_that_could_tell_what_it_is(void **state)
{
	(void)state;
	kit_mkdir("tree/dists");
	kit_file("tree/install.amd/vmlinuz", "k", 0);
	kit_file("tree/install.amd/initrd.gz", "i", 0);
	for (int n = 0; n < 300; n++) {
		char name[64];
		snprintf(name, sizeof(name), "tree/dists/d%d/Release", n);
		kit_file(name, "Origin: nobody\n", 0);
	}
	struct value *job = kit_job("tree", "scan");
	v_dict_set(job, "max_reads", v_int(1000));
	expect_error(job, "was not recognised by the files that were read: there are too many, or they are too large");
	/* who says what it is is believed */
	job = kit_job("tree", "scan");
	v_dict_set(job, "max_reads", v_int(100));
	v_dict_set(job, "breed", v_str("debian"));
	v_dict_set(job, "os_version", v_str("bookworm"));
	v_dict_set(job, "arch", v_str("x86_64"));
	int status;
	struct value *r = kit_run(job, &status);
	assert_int_equal(status, 0);
	const struct value *log = v_dict_get(r, "log");
	bool warned = false;
	for (size_t i = 0; i < v_len(log); i++)
		warned = warned || strstr(v_cstr(v_list_at(log, i)), "not all were read") != NULL;
	assert_true(warned);
	v_unref(r);
	/* and where there is room, all of them are read */
	expect_error(kit_job("tree", "scan"), "No signature matched in");
}

static void test_bytes_of_detection_are_counted(void **state)
{
	(void)state;
	kit_file("tree/lines", "aaaaaaaaa\nbbbbbbbbb\nccccccccc\n", 0);
	int dir = open(kit_path("tree"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct tree_reads reads = { .files = 4, .bytes = 75 };
	struct tree t = { .root = dir, .reads = &reads };
	struct strbuf b = { 0 };
	assert_true(tree_file(&t, "lines", 1000, &b));
	assert_int_equal(b.len, 30);
	assert_int_equal(reads.bytes, 45);
	assert_true(tree_file(&t, "lines", 20, &b));
	assert_int_equal(reads.bytes, 25);
	assert_true(tree_file(&t, "lines", 1000, &b));
	assert_int_equal(reads.bytes, 0);
	assert_false(reads.spent);
	assert_false(tree_file(&t, "lines", 1000, &b));
	assert_true(reads.spent);
	assert_int_equal(reads.files, 1);
	sb_free(&b);
	close(dir);
}

static void test_what_is_no_image(void **state)
{
	(void)state;
	static const struct { const char *name, *content; size_t size; const char *expect; } cases[] = {
		{ "page.iso", "<!DOCTYPE html><html>404</html>", 0, "an HTML page" },
		{ "empty.iso", NULL, 0, "an empty file" },
		{ "zeros.iso", NULL, 100000, "data of no known kind" },
		{ "prog.iso", "\x7f" "ELF....", 0, "a program" },
		{ "text.iso", "hello", 0, "a file too short for an image" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		kit_file(cases[i].name, cases[i].content, cases[i].size);
		expect_error(kit_job(cases[i].name, "extract"), cases[i].expect);
	}
	expect_error(kit_job("missing.iso", "extract"), "No such file");
	assert_int_equal(mkfifo(kit_path("fifo"), 0600), 0);
	expect_error(kit_job("fifo", "extract"), "neither an image file nor a directory");
}

static void test_truncated_images(void **state)
{
	(void)state;
	const struct kit_entry tree[] = { DEBIAN_TREE("install.amd/vmlinuz", "install.amd/initrd.gz"),
		{ .path = "big", .size = 8 << 20 } };
	static const off_t lengths[] = { 33000, 34817, 40000, 60000, 1 << 20, 7 << 20 };
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		kit_image("cut.iso", KIT_ISO, tree, ARRAY_LEN(tree));
		assert_int_equal(truncate(kit_path("cut.iso"), lengths[i]), 0);
		int status;
		struct value *r = kit_run(kit_job("cut.iso", "extract"), &status);
		const char *error = v_dict_cstr(r, "error", "");
		if (status != 1 || (strstr(error, "truncated") == NULL && strstr(error, "too short") == NULL))
			fail_msg("cut at %ld: status %d, \"%s\"", (long)lengths[i], status, error);
		v_unref(r);
		assert_int_equal(nftw(kit_path("target"), kit_rm, 32, FTW_DEPTH | FTW_PHYS), 0);
	}
	/* the last data missing by less than padding could explain: found while reading */
	kit_image("cut.iso", KIT_ISO, tree, ARRAY_LEN(tree));
	struct stat st;
	assert_int_equal(stat(kit_path("cut.iso"), &st), 0);
	assert_int_equal(truncate(kit_path("cut.iso"), st.st_size - (1 << 20)), 0);
	expect_error(kit_job("cut.iso", "extract"), "truncated");
}

/* Whatever single bytes of the directory are turned, the child ends with an answer: found, or an error with words. */
static void test_damaged_images_end_with_an_answer(void **state)
{
	(void)state;
	const struct kit_entry tree[] = { DEBIAN_TREE("install.amd/vmlinuz", "install.amd/initrd.gz") };
	kit_image("good.iso", KIT_ISO, tree, ARRAY_LEN(tree));
	struct strbuf good = {0};
	struct err e;
	assert_int_equal(file_read(AT_FDCWD, kit_path("good.iso"), 64u << 20, &good, &e), CB_OK);
	uint64_t seed = 88172645463325252ull;
	for (int round = 0; round < 40; round++) {
		char *bad = xmalloc(good.len);
		memcpy(bad, good.p, good.len);
		for (int k = 0; k < 12; k++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			bad[32768 + seed % 40000] = (char)(seed >> 32);
		}
		kit_file("bad.iso", bad, good.len);
		free(bad);
		int status;
		struct value *r = kit_run(kit_job("bad.iso", "extract"), &status);
		if (status != 0 && (status != 1 || *v_dict_cstr(r, "error", "") == '\0'))
			fail_msg("round %d: status %d", round, status);
		v_unref(r);
		assert_int_equal(nftw(kit_path("target"), kit_rm, 32, FTW_DEPTH | FTW_PHYS), 0);
	}
	sb_free(&good);
}

static void test_unknown_media_say_what_was_looked_for(void **state)
{
	(void)state;
	kit_file("tree/readme.txt", "hello", 0);
	int status;
	struct value *r = kit_run(kit_job("tree", "extract"), &status);
	const char *error = v_dict_cstr(r, "error", "");
	static const char *const parts[] = { "No signature matched in /var/www/cobbler/distro_mirror/x", ".treeinfo",
		".disk/info", "media.1", "boot.cfg", "install.wim", "--breed", "--os-version" };
	assert_int_equal(status, 1);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (strstr(error, parts[i]) == NULL)
			fail_msg("\"%s\" is not in \"%s\"", parts[i], error);
	v_unref(r);
	/* with both given it is taken as that, if there is a kernel at all */
	kit_file("tree/pxe/vmlinuz-6.1", "k", 0);
	kit_file("tree/pxe/initrd.img-6.1", "i", 0);
	struct value *job = kit_job("tree", "scan");
	v_dict_set(job, "breed", v_str("debian"));
	v_dict_set(job, "os_version", v_str("bookworm"));
	v_dict_set(job, "arch", v_str("x86_64"));
	struct value *f = expect_found(job);
	assert_string_equal(first_kernel(f, "kernel"), "pxe/vmlinuz-6.1");
	v_unref(f);
}

static void test_broken_signature_file_is_said_and_done_without(void **state)
{
	(void)state;
	kit_file("sigs.json", "{\"breeds\": [", 0);
	kit_file("tree/dists/bookworm/Release", "Codename: bookworm\nArchitectures: amd64\n", 0);
	kit_file("tree/install.amd/vmlinuz", "k", 0);
	kit_file("tree/install.amd/initrd.gz", "i", 0);
	struct value *job = kit_job("tree", "scan");
	v_dict_set(job, "signatures", v_str(kit_path("sigs.json")));
	int status;
	struct value *r = kit_run(job, &status);
	assert_int_equal(status, 0);
	assert_non_null(strstr(v_cstr(v_list_at(v_dict_get(r, "log"), 0)), "the built-in signatures alone are used"));
	v_unref(r);
	/* a file whose expressions are hostile or broken costs no more than its own entries */
	kit_file("sigs.json",
		"{\"breeds\": {\"debian\": {\"a\": {\"signatures\": [\"dists\"], \"version_file\": \"(((\"}, \"b\": "
		"{\"signatures\": [\"dists\", 7, null], \"version_file\": \"(.*)*(.*)*(.*)*x$\", "
		"\"version_file_regex\": \"(a|a?)+$\"}, \"c\": {\"signatures\": [\"dists\"], "
		"\"version_file\": \"Release\", \"boot_files\": \"x\", \"supported_arches\": 5, \"kernel_file\": [], "
		"\"isolinux_ok\": {}}}}}",
		0);
	job = kit_job("tree", "scan");
	v_dict_set(job, "signatures", v_str(kit_path("sigs.json")));
	struct value *f = expect_found(job);
	assert_string_equal(v_dict_cstr(f, "os_version", ""), "c");
	assert_string_equal(first_kernel(f, "kernel"), "install.amd/vmlinuz");
	v_unref(f);
}

static void test_wrong_breed_is_named(void **state)
{
	(void)state;
	kit_file("tree/dists/bullseye/Release", "Origin: Debian\nCodename: bullseye\n", 0);
	kit_file("tree/install.amd/vmlinuz", "k", 0);
	kit_file("tree/install.amd/initrd.gz", "i", 0);
	struct value *job = kit_job("tree", "scan");
	v_dict_set(job, "breed", v_str("redhat"));
	expect_error(job, "it looks like debian/bullseye");
	job = kit_job("tree", "scan");
	v_dict_set(job, "arch", v_str("s390x"));
	struct value *f = expect_found(job);      /* nothing contradicts the given one */
	v_unref(f);
	kit_file("tree/pool/linux-headers-5.10_amd64.deb", "x", 0);
	job = kit_job("tree", "scan");
	v_dict_set(job, "arch", v_str("s390x"));
	expect_error(job, "Given arch (s390x) not found on imported tree");
}

static void test_trees_are_copied_with_links_and_times(void **state)
{
	(void)state;
	kit_file("tree/dists/bookworm/Release", "Codename: bookworm\n", 0);
	kit_file("tree/install.amd/vmlinuz", NULL, 300000);
	kit_file("tree/install.amd/initrd.gz", "i", 0);
	assert_int_equal(symlink("bookworm", kit_path("tree/dists/stable")), 0);
	assert_int_equal(symlink("/etc/passwd", kit_path("tree/leak")), 0);
	struct value *f = expect_found(kit_job("tree", "extract"));
	v_unref(f);
	assert_true(kit_exists("target/dists/stable"));
	assert_false(kit_exists("target/leak"));
	struct stat a, b;
	assert_int_equal(stat(kit_path("tree/install.amd/vmlinuz"), &a), 0);
	assert_int_equal(stat(kit_path("target/install.amd/vmlinuz"), &b), 0);
	assert_int_equal(a.st_size, b.st_size);
	assert_int_equal(a.st_mtime, b.st_mtime);
}

static void test_names_that_are_no_text_are_passed_over(void **state)
{
	(void)state;
	kit_file("tree/dists/bookworm/Release", "Codename: bookworm\nArchitectures: amd64\n", 0);
	kit_file("tree/install.\xff/vmlinuz", "k", 0);
	kit_file("tree/install.\xff/initrd.gz", "i", 0);
	expect_error(kit_job("tree", "extract"), "no kernel with an initrd");
	assert_true(kit_exists("target/install.\xff/vmlinuz"));
	kit_file("tree/ok/vmlinuz", "k", 0);
	kit_file("tree/ok/initrd.gz", "i", 0);
	assert_int_equal(nftw(kit_path("target"), kit_rm, 32, FTW_DEPTH | FTW_PHYS), 0);
	struct value *f = expect_found(kit_job("tree", "extract"));
	assert_string_equal(first_kernel(f, "kernel"), "ok/vmlinuz");
	v_unref(f);
}

/* rsync brings them, and who put a tree in its place: a line feed would be one in a .repo file and in a boot menu. */
static void test_names_with_control_characters_are_passed_over(void **state)
{
	(void)state;
	kit_file("tree/.treeinfo", "[general]\nfamily = Rocky Linux\nversion = 9.4\narch = x86_64\n", 0);
	kit_file("tree/images/pxeboot/vmlinuz", "k", 0);
	kit_file("tree/images/pxeboot/initrd.img", "i", 0);
	kit_file("tree/images/a\nb/vmlinuz", "k", 0);
	kit_file("tree/images/a\nb/initrd.img", "i", 0);
	kit_file("tree/x\nbaseurl=y/repodata/comps.xml", "<comps/>", 0);
	kit_file("tree/BaseOS/repodata/comps.xml", "<comps/>", 0);
	struct value *f = expect_found(kit_job("tree", "scan"));
	assert_int_equal(v_len(v_dict_get(f, "kernels")), 1);
	assert_int_equal(v_len(v_dict_get(f, "repos")), 1);
	assert_string_equal(v_dict_cstr(v_list_at(v_dict_get(f, "repos"), 0), "dir", ""), "BaseOS");
	v_unref(f);
}

/* Nor may a name be words of a boot menu, a template, an answer file or an address: all machines see the menu, and templates know
 * secrets. */
static void test_names_that_mean_something_are_passed_over(void **state)
{
	(void)state;
	static const char *const kernels[] = { "vmlinuz ; } ; set default=evil ; menuentry y { true", "vmlinuz$root", "vmlinuz@@server@@",
		"vmlinuz'", "vmlinuz#x", "vmlinuz\\x" };
	static const char *const repos[] = { "a$ldap_search_passwd", "b@@server@@", "c#set $x = 1#", "d --proxy=http:", "e%2e" };
	char name[256];
	kit_file("tree/.treeinfo", "[general]\nfamily = Rocky Linux\nversion = 9.4\narch = x86_64\n", 0);
	kit_file("tree/images/pxeboot/vmlinuz-5.14~rc1+git_1,x:y=z", "k", 0);
	kit_file("tree/images/pxeboot/initrd.img", "i", 0);
	kit_file("tree/BaseOS/repodata/comps.xml", "<comps/>", 0);
	for (size_t i = 0; i < ARRAY_LEN(kernels); i++) {
		snprintf(name, sizeof(name), "tree/k%zu/%s", i, kernels[i]);
		kit_file(name, "k", 0);
		snprintf(name, sizeof(name), "tree/k%zu/initrd.img", i);
		kit_file(name, "i", 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(repos); i++) {
		snprintf(name, sizeof(name), "tree/%s/repodata/comps.xml", repos[i]);
		kit_file(name, "<comps/>", 0);
	}
	int status;
	struct value *r = kit_run(kit_job("tree", "scan"), &status);
	const struct value *f = v_dict_get(r, "found"), *log = v_dict_get(r, "log");
	assert_int_equal(status, 0);
	assert_int_equal(v_len(v_dict_get(f, "kernels")), 1);
	assert_string_equal(first_kernel(f, "kernel"), "images/pxeboot/vmlinuz-5.14~rc1+git_1,x:y=z");
	assert_int_equal(v_len(v_dict_get(f, "repos")), 1);
	assert_string_equal(v_dict_cstr(v_list_at(v_dict_get(f, "repos"), 0), "dir", ""), "BaseOS");
	size_t told = 0;
	for (size_t i = 0; i < v_len(log); i++)
		told += strstr(v_cstr(v_list_at(log, i)), "is passed over: its name") != NULL;
	assert_int_equal(told, ARRAY_LEN(kernels) + ARRAY_LEN(repos));
	v_unref(r);
}

/* What a medium says of itself becomes a distro's comment. */
static void test_what_media_say_is_text(void **state)
{
	(void)state;
	kit_file("tree/XS-REPOSITORY", "<repository product=\"XenServer\xe9\n\" version=\"99\n\x1b\"/>", 0);
	kit_file("tree/boot/isolinux/mboot.c32", "k", 0);
	kit_file("tree/boot/xen.gz", "x", 0);
	struct value *f = expect_found(kit_job("tree", "scan"));
	const char *how = v_dict_cstr(f, "how", "");
	assert_true(str_starts(how, "XS-REPOSITORY says XenServer 99, which is not known"));
	v_unref(f);
}

static void test_available_as_copies_boot_files_only(void **state)
{
	(void)state;
	kit_file("tree/dists/bookworm/Release", "Codename: bookworm\n", 0);
	kit_file("tree/install.amd/vmlinuz", "k", 0);
	kit_file("tree/install.amd/initrd.gz", "i", 0);
	kit_file("tree/pool/linux-headers-6.1_amd64.deb", NULL, 100000);
	struct value *f = expect_found(kit_job("tree", "boot"));
	v_unref(f);
	assert_true(kit_exists("target/install.amd/vmlinuz"));
	assert_true(kit_exists("target/install.amd/initrd.gz"));
	assert_false(kit_exists("target/pool"));
}

/* A Windows image of which only the header and the description are there. */
static void windows_tree(const char *dir)
{
	static const char xml[] = "<WIM><IMAGE INDEX=\"1\"><NAME>Windows Server 2022 "
				  "SERVERSTANDARD</NAME><WINDOWS><ARCH>9</ARCH></WINDOWS>"
				  "</IMAGE></WIM>";
	unsigned char wim[1024] = "MSWIM\0\0";
	size_t n = sizeof(xml) - 1;
	wim[72] = (unsigned char)(2 * n & 0xff);
	wim[73] = (unsigned char)(2 * n >> 8);
	wim[80] = 208;
	for (size_t i = 0; i < n; i++)
		wim[208 + 2 * i] = (unsigned char)xml[i];
	char path[256];
	snprintf(path, sizeof(path), "%s/sources/install.wim", dir);
	kit_file(path, (const char *)wim, 208 + 2 * n);
	snprintf(path, sizeof(path), "%s/boot/boot.sdi", dir);
	kit_file(path, NULL, 5000);
}

static void check_windows(struct value *f)
{
	assert_string_equal(v_dict_cstr(f, "breed", ""), "windows");
	assert_string_equal(v_dict_cstr(f, "os_version", ""), "2022");
	assert_string_equal(first_kernel(f, "kernel"), "@wimboot");
	assert_true(v_list_has_str(v_dict_get(f, "archs"), "x86_64"));
	v_unref(f);
}

static void test_windows_is_told_by_its_image(void **state)
{
	(void)state;
	windows_tree("tree");
	check_windows(expect_found(kit_job("tree", "extract")));
}

/* Windows media are UDF, with an ISO part that holds a note only. */
static void test_udf_image(void **state)
{
	(void)state;
	if (access("/usr/bin/genisoimage", X_OK) != 0) {
		print_message("SKIP: genisoimage is not installed, and nothing else here writes UDF\n");
		skip();
	}
	windows_tree("tree");
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		execl("/usr/bin/genisoimage", "genisoimage", "-quiet", "-udf", "-hide", "sources", "-hide", "boot",
			"-o", kit_path("w.iso"), kit_path("tree"), (char *)NULL);
		_exit(127);
	}
	int st;
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_int_equal(st, 0);
	check_windows(expect_found(kit_job("w.iso", "extract")));
	struct stat b;
	assert_int_equal(stat(kit_path("target/boot/boot.sdi"), &b), 0);
	assert_int_equal(b.st_size, 5000);
	assert_int_equal(nftw(kit_path("target"), kit_rm, 32, FTW_DEPTH | FTW_PHYS), 0);
	assert_int_equal(stat(kit_path("w.iso"), &b), 0);
	assert_int_equal(truncate(kit_path("w.iso"), 600000 < b.st_size ? 560000 : b.st_size / 2), 0);
	int status;
	struct value *r = kit_run(kit_job("w.iso", "extract"), &status);
	assert_int_equal(status, 1);
	assert_true(*v_dict_cstr(r, "error", "") != '\0');
	v_unref(r);
}

/* Old media keep to what they are; each family is told by its own marks, also in releases nobody has heard of. */
static void test_families(void **state)
{
	(void)state;
	static const struct { const char *breed, *version, *kernel; const char *files[5][2];
	} rows[] = {
		{ "suse", "sles15generic", "boot/x86_64/loader/linux",
			{ { "media.1/products", "/ SLES 15-0\n" }, { "Module/sles-release-15-61.1.x86_64.rpm", "x" },
				{ "boot/x86_64/loader/linux", "k" }, { "boot/x86_64/loader/initrd", "i" } } },
		{ "suse", "sles16.0", "boot/x86_64/loader/linux",
			{ { "LiveOS/squashfs.img", "x" }, { "media.1/products", "/ SLES 16.0-0\n" },
				{ "boot/x86_64/loader/linux", "k" }, { "boot/x86_64/loader/initrd", "i" } } },
		{ "suse", "opensuse15.6", "boot/x86_64/loader/linux",
			{ { "media.1/products", "/ openSUSE-Leap 15.6-1\n" }, { "boot/x86_64/loader/linux", "k" },
				{ "boot/x86_64/loader/initrd", "i" } } },
		{ "xen", "xcpng8", "boot/isolinux/mboot.c32",
			{ { ".treeinfo", "[branding]\nname = XCP-ng\nversion = 8.3.0\n" },
				{ "boot/isolinux/mboot.c32", "k" }, { "boot/xen.gz", "x" }, { "boot/vmlinuz", "k" },
				{ "install.img", "i" } } },
		{ "proxmox", "pve8", "boot/linux26",
			{ { "proxmox/packages/x.deb", "x" }, { ".cd-info", "PRODUCT='pve'\nRELEASE='8.2'\n" },
				{ "boot/linux26", "k" }, { "boot/initrd.img", "i" } } },
		{ "ubuntu", "noble", "casper/vmlinuz",
			{ { ".disk/info", "Ubuntu-Server 24.04.1 LTS \"Noble Numbat\" - Release amd64 (20240827)" },
				{ "casper/vmlinuz", "k" }, { "casper/initrd", "i" } } },
		{ "debian", "trixie", "install.amd/vmlinuz",
			{ { "dists/trixie/Release", "Codename: trixie\n" }, { "install.amd/vmlinuz", "k" },
				{ "install.amd/initrd.gz", "i" } } },
		{ "redhat", "rhel10", "images/pxeboot/vmlinuz",
			{ { ".treeinfo", "[general]\nfamily = AlmaLinux\nversion = 10.0\narch = x86_64\n" },
				{ "images/pxeboot/vmlinuz", "k" }, { "images/pxeboot/initrd.img", "i" } } },
		{ "freebsd", "freebsd14.2", "boot/kernel/kernel",
			{ { "bin/freebsd-version", "USERLAND_VERSION=\"14.2-RELEASE\"\n" },
				{ "boot/kernel/kernel", "k" }, { "usr/freebsd-dist/base.txz", "x" },
				{ "boot/loader.efi", "x" } } },
		{ "vmware", "esxi80", "mboot.c32",
			{ { "boot.cfg",
				  "title=Loading ESXi installer\nkernel=/b.b00\nmodules=/a.gz\nbuild=8.0.3-0.1\n" },
				{ "mboot.c32", "k" }, { "b.b00", "x" }, { "imgpayld.tgz", "i" } } },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t k = 0; k < 5 && rows[i].files[k][0] != NULL; k++) {
			char name[256];
			snprintf(name, sizeof(name), "tree/%s", rows[i].files[k][0]);
			kit_file(name, rows[i].files[k][1], 0);
		}
		struct value *f = expect_found(kit_job("tree", "scan"));
		if (!str_eq(v_dict_cstr(f, "breed", ""), rows[i].breed) ||
			!str_eq(v_dict_cstr(f, "os_version", ""), rows[i].version) ||
			!str_eq(first_kernel(f, "kernel"), rows[i].kernel))
			fail_msg("expected %s/%s %s, got %s/%s %s", rows[i].breed, rows[i].version, rows[i].kernel,
				v_dict_cstr(f, "breed", ""), v_dict_cstr(f, "os_version", ""),
				first_kernel(f, "kernel"));
		v_unref(f);
		assert_int_equal(nftw(kit_path("tree"), kit_rm, 32, FTW_DEPTH | FTW_PHYS), 0);
	}
}

static void test_progress_is_reported(void **state)
{
	(void)state;
	const struct kit_entry tree[] = { DEBIAN_TREE("install.amd/vmlinuz", "install.amd/initrd.gz") };
	kit_image("p.iso", KIT_ISO, tree, ARRAY_LEN(tree));
	int status;
	struct value *r = kit_run(kit_job("p.iso", "extract"), &status);
	assert_int_equal(status, 0);
	assert_true(v_float_of(v_dict_get(r, "progress")) > 0.99);
	v_unref(r);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		T(test_rock_ridge_iso_comes_out_whole),
		T(test_plain_iso_names_become_lower_case),
		T(test_netboot_archive),
		T(test_hostile_archives_are_refused),
		T(test_errors_are_one_line_of_text),
		T(test_links_and_devices),
		T(test_hard_links_inside_are_kept),
		T(test_quotas),
		T(test_many_files_that_could_tell_what_it_is),
		T(test_bytes_of_detection_are_counted),
		T(test_what_is_no_image),
		T(test_truncated_images),
		T(test_damaged_images_end_with_an_answer),
		T(test_unknown_media_say_what_was_looked_for),
		T(test_broken_signature_file_is_said_and_done_without),
		T(test_wrong_breed_is_named),
		T(test_trees_are_copied_with_links_and_times),
		T(test_names_that_are_no_text_are_passed_over),
		T(test_names_with_control_characters_are_passed_over),
		T(test_names_that_mean_something_are_passed_over),
		T(test_what_media_say_is_text),
		T(test_available_as_copies_boot_files_only),
		T(test_windows_is_told_by_its_image),
		T(test_udf_image),
		T(test_families),
		T(test_progress_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
