/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_tree_test.c - file handles, and the files that they mean: after a restart, with few descriptors, with files that go and change.
 */
#include "base/testkit.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/confine.h"
#include "netboot/nfs_tree.h"

static const uint8_t key[NFS_KEY_SIZE] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
static struct nfs_tree tree;

/* The vector of the paper's appendix A. */
static void test_siphash(void **state)
{
	static const uint8_t text[15] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 };
	struct nfs_key k;
	(void)state;
	nfs_key_set(&k, key);
	assert_true(nfs_hash(&k, text, sizeof(text)) == 0xa129ca6149be45e5u);
}

static void test_handles_of_every_depth(void **state)
{
	struct nfs_key k;
	(void)state;
	nfs_key_set(&k, key);
	for (unsigned depth = 0; depth <= NFS_DEPTH_MAX; depth++) {
		struct nfs_ident id = { .export = 0x1234, .depth = (uint8_t)depth, .ino = 0x123456789abcdef0u, .birth = 77 }, got;
		struct nfs3_fh fh;
		uint32_t tag;
		for (unsigned i = 0; i < depth; i++)
			id.hash[i] = (uint16_t)(0x1111 * i + 5);
		nfs_handle_build(&k, &id, 0xabcd, &fh);
		assert_true(fh.n <= NFS3_FH_MAX);
		assert_true(nfs_handle_parse(&k, &fh, &got, &tag));
		assert_true(got.export == id.export && got.depth == depth && got.ino == id.ino && got.birth == 77 && tag == 0xabcd);
		for (unsigned i = 0; i < depth; i++)
			assert_int_equal(got.hash[i], id.hash[i] & nfs_hash_mask(depth));
		for (size_t i = 0; i < fh.n - NFS_TAG_SIZE; i++) {
			fh.p[i] ^= 0x10;
			assert_false(nfs_handle_parse(&k, &fh, &got, &tag));
			fh.p[i] ^= 0x10;
		}
		fh.n--;
		assert_false(nfs_handle_parse(&k, &fh, &got, &tag));
		k.k[0]++;
		fh.n++;
		assert_false(nfs_handle_parse(&k, &fh, &got, &tag));
		k.k[0]--;
	}
	assert_true(nfs_address_tag(&k, "10.0.0.1", 8) != nfs_address_tag(&k, "10.0.0.2", 8));
}

/* As a start of the service does it. */
static void open_tree(size_t files)
{
	char *dir = path_of("/x");
	nfs_tree_init(&tree, key, files, root);
	nfs_tree_export(&tree, "/x", open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC));
	nfs_tree_export(&tree, "/none", open("/dev/null", O_RDONLY | O_CLOEXEC));
	nfs_tree_open_exports(&tree);
	free(dir);
}

static struct nfs_node *find(const char *path, enum nfs3_status want)
{
	struct nfs_node *n = NULL;
	struct statx st;
	char *full = xasprintf("/x/%s", path);
	enum nfs3_status rc = nfs_tree_resolve(&tree, full, &n, &st);
	if (rc != want)
		fail_msg("%s: status %d, not %d", path, rc, want);
	free(full);
	return rc == NFS3_OK ? n : NULL;
}

static struct nfs3_fh handle_of(const char *path)
{
	struct nfs3_fh fh;
	nfs_tree_handle(find(path, NFS3_OK), 1, &fh);
	return fh;
}

static enum nfs3_status status_of(const struct nfs3_fh *fh, int64_t now_ms)
{
	struct nfs_node *n;
	struct statx st;
	uint32_t tag;
	enum nfs3_status rc = nfs_tree_find(&tree, fh, now_ms, &n, &tag);
	return rc == NFS3_OK ? nfs_tree_stat(&tree, n, &st) : rc;
}

static void again(size_t files)
{
	nfs_tree_free(&tree);
	open_tree(files);
}

static void remove_file(const char *path)
{
	char *full = path_of(path);
	assert_int_equal(remove(full), 0);
	free(full);
}

static void test_files_are_found_again(void **state)
{
	(void)state;
	put_file("/x/a/b/c/file", "1");
	put_file("/x/a/gone", "1");
	open_tree(200);
	struct nfs3_fh file = handle_of("a/b/c/file"), dir = handle_of("a/b"), gone = handle_of("a/gone"), top = handle_of("");
	again(200);
	assert_int_equal(status_of(&file, 1000), NFS3_OK);
	assert_int_equal(status_of(&dir, 1000), NFS3_OK);
	assert_int_equal(status_of(&top, 1000), NFS3_OK);
	assert_int_equal(status_of(&gone, 1000), NFS3_OK);
	assert_memory_equal(handle_of("a/b/c/file").p, file.p, file.n);          /* and they have the same handles again */
	char path[64];
	nfs_tree_path(&tree, find("a/b/c/file", NFS3_OK), path, sizeof(path));
	assert_string_equal(path, "/x/a/b/c/file");
	nfs_tree_path(&tree, find("a/b/c/file", NFS3_OK), path, 5);
	assert_int_equal(strlen(path) <= 4, true);
	remove_file("/x/a/gone");
	assert_int_equal(status_of(&gone, 1000), NFS3ERR_STALE);
	again(200);
	assert_int_equal(status_of(&gone, 1000), NFS3ERR_STALE);
	/* For a moment it is not searched for again; then it may have come back (from a backup, say) as another file. */
	put_file("/x/a/gone", "2");
	assert_int_equal(status_of(&gone, 1001), NFS3ERR_STALE);
	nfs_tree_free(&tree);
}

static void test_a_file_in_place_of_another_one(void **state)
{
	(void)state;
	put_file("/x/file", "1");
	put_file("/x/new", "2");
	open_tree(200);
	struct nfs3_fh fh = handle_of("file");
	struct nfs_node *n = find("file", NFS3_OK);
	char *from = path_of("/x/new"), *to = path_of("/x/file");
	assert_int_equal(rename(from, to), 0);
	struct statx st;
	assert_int_equal(nfs_tree_stat(&tree, n, &st), NFS3ERR_STALE);         /* not open: the name means another file */
	struct nfs_node *fresh = find("file", NFS3_OK);
	assert_ptr_not_equal(n, fresh);
	assert_int_equal(nfs_tree_open(&tree, fresh), NFS3_OK);
	remove_file("/x/file");
	assert_int_equal(nfs_tree_stat(&tree, fresh, &st), NFS3ERR_STALE);     /* open, but removed */
	again(200);
	assert_int_equal(status_of(&fh, 0), NFS3ERR_STALE);
	free(from);
	free(to);
	nfs_tree_free(&tree);
}

static void test_few_descriptors_and_pins(void **state)
{
	struct nfs_node *n[40];
	char path[32];
	(void)state;
	for (int i = 0; i < 40; i++) {
		snprintf(path, sizeof(path), "/x/%d/f", i);
		put_file(path, "1");
	}
	open_tree(8);
	for (int i = 0; i < 40; i++) {
		snprintf(path, sizeof(path), "%d/f", i);
		n[i] = find(path, NFS3_OK);
		assert_int_equal(nfs_tree_open(&tree, n[i]), NFS3_OK);
		assert_true(tree.open <= 8);
	}
	nfs_tree_pin(n[0]);
	assert_int_equal(nfs_tree_open(&tree, n[0]), NFS3_OK);
	int fd = n[0]->fd;
	for (int i = 1; i < 40; i++)
		assert_int_equal(nfs_tree_open(&tree, n[i]), NFS3_OK);
	assert_int_equal(n[0]->fd, fd);
	for (int i = 1; i < 9; i++)
		nfs_tree_pin(n[i]);
	enum nfs3_status rc = NFS3_OK;
	for (int i = 1; i < 9 && rc == NFS3_OK; i++)
		rc = nfs_tree_open(&tree, n[i]);
	assert_int_equal(rc, NFS3ERR_JUKEBOX);                                 /* all are in use: later */
	for (int i = 0; i < 9; i++)
		nfs_tree_unpin(n[i]);
	assert_int_equal(nfs_tree_open(&tree, n[8]), NFS3_OK);
	nfs_tree_free(&tree);
}

/* More files than are remembered: the nodes of those that were not used for the longest time are others' now, and they are found again. */
static void test_more_files_than_are_remembered(void **state)
{
	struct nfs_node *n;
	struct statx st;
	char name[64];
	(void)state;
	put_file("/x/d/first", "1");
	open_tree(200);
	struct nfs3_fh first = handle_of("d/first");
	struct nfs_node *dir = find("d", NFS3_OK);
	nfs_tree_pin(dir);
	char *full = path_of("/x/d/first");
	for (int i = 0; i < NFS_NODES_MAX + 100; i++) {
		char *to = xasprintf("%s-%d", full, i);
		assert_int_equal(link(full, to), 0);
		snprintf(name, sizeof(name), "first-%d", i);
		assert_int_equal(nfs_tree_lookup(&tree, dir, name, &n, &st), NFS3_OK);
		assert_int_equal(unlink(to), 0);
		free(to);
	}
	free(full);
	assert_true(tree.nodes <= NFS_NODES_MAX);
	nfs_tree_unpin(dir);
	assert_int_equal(status_of(&first, 5000), NFS3_OK);
	nfs_tree_free(&tree);
}

static void test_depth_has_an_end(void **state)
{
	struct strbuf path = { 0 };
	(void)state;
	sb_adds(&path, "/x");
	for (int i = 0; i < NFS_DEPTH_MAX; i++)
		sb_addf(&path, "/%d", i);
	sb_adds(&path, "/file");
	put_file(sb_str(&path), "1");
	open_tree(200);
	find(sb_str(&path) + 3, NFS3ERR_NAMETOOLONG);
	char *deepest = xstrndup(sb_str(&path) + 3, path.len - 3 - strlen("/file"));
	struct nfs3_fh fh = handle_of(deepest);
	again(200);
	assert_int_equal(status_of(&fh, 0), NFS3_OK);
	free(deepest);
	sb_free(&path);
	nfs_tree_free(&tree);
}

static void test_an_export_that_is_not_there(void **state)
{
	struct nfs_node *n;
	struct statx st;
	(void)state;
	put_file("/x/file", "1");
	open_tree(200);
	assert_int_equal(nfs_tree_resolve(&tree, "/none", &n, &st), NFS3ERR_ACCES);
	struct nfs3_fh fh;
	nfs_tree_handle(&tree.export[1].root, 1, &fh);
	assert_int_equal(status_of(&fh, 0), NFS3ERR_STALE);
	/* Even the same one twice is told apart. */
	char *dir = path_of("/x");
	nfs_tree_export(&tree, "/x", open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC));
	assert_int_not_equal(tree.export[2].id, tree.export[0].id);
	uint32_t tag;
	nfs_tree_handle(&tree.export[2].root, 1, &fh);
	assert_int_equal(nfs_tree_find(&tree, &fh, 0, &n, &tag), NFS3_OK);
	assert_ptr_equal(n, &tree.export[2].root);
	free(dir);
	nfs_tree_free(&tree);
}

/* What the service does before its first packet, by itself. */
static int confined(const char *inside, const char *outside, int dir)
{
	bool has_landlock;
	struct err e;
	char *in = path_of(inside), *out = path_of(outside);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || confine_files(&dir, 1, &has_landlock, &e) != CB_OK)
		return 2;
	if (!has_landlock)
		return 77;
	if (open(in, O_RDONLY) == -1 || open(out, O_RDONLY) != -1 || open(in, O_RDWR) != -1)
		return 1;
	return openat(dir, "new", O_CREAT | O_WRONLY, 0600) == -1 && openat(dir, "../outside", O_RDONLY) == -1 &&
		unlinkat(dir, "file", 0) == -1 ? 0 : 1;
}

static void test_landlock_is_the_second_fence(void **state)
{
	int status = -1;
	(void)state;
	put_file("/x/file", "1");
	put_file("/outside", "1");
	char *top = path_of("/x");
	int dir = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	pid_t child = fork();
	if (child == 0)
		_exit(confined("/x/file", "/outside", dir));
	waitpid(child, &status, 0);
	close(dir);
	free(top);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_siphash),
		cmocka_unit_test(test_handles_of_every_depth),
		cmocka_unit_test_setup_teardown(test_files_are_found_again, root_make, root_remove),
		cmocka_unit_test_setup_teardown(test_a_file_in_place_of_another_one, root_make, root_remove),
		cmocka_unit_test_setup_teardown(test_few_descriptors_and_pins, root_make, root_remove),
		cmocka_unit_test_setup_teardown(test_more_files_than_are_remembered, root_make, root_remove),
		cmocka_unit_test_setup_teardown(test_depth_has_an_end, root_make, root_remove),
		cmocka_unit_test_setup_teardown(test_an_export_that_is_not_there, root_make, root_remove),
		cmocka_unit_test_setup_teardown(test_landlock_is_the_second_fence, root_make, root_remove),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
