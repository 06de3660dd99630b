/* SPDX-License-Identifier: GPL-2.0-or-later
 * base_test.c - buffers, cursors, maps, arenas, files, programs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <malloc.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/map.h"
#include "base/spawn.h"

static char dir[64];

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/base_test.XXXXXX");
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	const char *argv[] = { "rm", "-rf", "--", dir, NULL };
	struct spawn s = { .argv = argv, .timeout_ms = 10000 };
	struct err e;
	int status;
	return spawn_run(&s, &status, &e);
}

static void test_strbuf_limit_is_sticky(void **state)
{
	struct strbuf b = { .limit = 4 };
	(void)state;
	sb_adds(&b, "abc");
	sb_adds(&b, "de");
	sb_adds(&b, "f");
	assert_true(b.full);
	assert_string_equal(sb_str(&b), "abc");
	sb_free(&b);
}

static void test_cursor_past_the_end_is_bad_for_good(void **state)
{
	static const uint8_t p[] = { 1, 2, 3 };
	struct rd r = rd_make(p, sizeof(p));
	(void)state;
	assert_int_equal(rd_be16(&r), 0x0102);
	assert_int_equal(rd_be32(&r), 0);
	assert_true(r.bad);
	assert_int_equal(rd_u8(&r), 0);
	assert_null(rd_cstr(&r));
}

static void test_map_survives_many_deletions(void **state)
{
	struct map m = { 0 };
	char k[32];
	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 1000; i++) {
			snprintf(k, sizeof(k), "key%d", i);
			assert_null(map_put(&m, k, dir));
		}
		assert_int_equal(m.live, 1000);
		for (int i = 0; i < 1000; i++) {
			snprintf(k, sizeof(k), "key%d", i);
			assert_ptr_equal(map_del(&m, k), dir);
			assert_null(map_get(&m, k));
		}
	}
	assert_true(m.cap <= 8192);
	map_free(&m);
}

static void test_arena_wastes_no_memory_on_middling_sizes(void **state)
{
	struct arena a;
	(void)state;
	arena_init(&a, 0);
	size_t before = mallinfo2().uordblks;
	for (int i = 0; i < 1000; i++)
		assert_non_null(arena_alloc(&a, 4200));
	assert_true(mallinfo2().uordblks - before < a.used * 4 / 3);
	arena_free(&a);
	assert_int_equal(a.used, 0);
}

static void test_arena_refuses_past_its_limit(void **state)
{
	struct arena a;
	(void)state;
	arena_init(&a, 100);
	assert_non_null(arena_alloc(&a, 64));
	assert_null(arena_alloc(&a, 64));
	assert_true(a.full);
	arena_free(&a);
}

static void test_file_replace_leaves_no_temp_file(void **state)
{
	struct err e;
	struct strbuf b = { 0 };
	(void)state;
	int d = open(dir, O_RDONLY | O_DIRECTORY);
	assert_int_equal(file_replace(d, "x", "one", 3, 0640, &e), CB_OK);
	assert_int_equal(file_replace(d, "x", "two!", 4, 0600, &e), CB_OK);
	assert_int_equal(file_read(d, "x", 100, &b, &e), CB_OK);
	assert_string_equal(sb_str(&b), "two!");
	assert_int_equal(file_read(d, "x", 3, &b, &e), CB_ELIMIT);
	assert_int_equal(file_read(d, "nope", 3, &b, &e), CB_ENOENT);
	assert_int_equal(file_read(d, ".", 3, &b, &e), CB_EINVAL);
	assert_int_not_equal(file_replace(d, "no/dir", "x", 1, 0600, &e), CB_OK);
	sb_free(&b);
	close(d);
}

/* Only names that replacements give. */
static void test_a_sweep_takes_temp_files_alone(void **state)
{
	static const struct { const char *name; bool goes; } rows[] = { { ".0123456789abcdef.tmp", true },
		{ ".0123456789abcde.tmp", false },
		{ ".0123456789abcdef.tmp2", false }, { "0123456789abcdef0.tmp", false }, { ".own.tmp", false } };
	struct err e;
	(void)state;
	int d = open(dir, O_RDONLY | O_DIRECTORY);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(file_replace(d, rows[i].name, "x", 1, 0600, &e), CB_OK);
	dir_sweep(dir);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(faccessat(d, rows[i].name, F_OK, 0) == -1, rows[i].goes);
		unlinkat(d, rows[i].name, 0);
	}
	close(d);
}

static void test_client_paths_stay_beneath(void **state)
{
	struct err e;
	char link[128];
	(void)state;
	snprintf(link, sizeof(link), "%s/out", dir);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	int d = open(dir, O_RDONLY | O_DIRECTORY);
	assert_true(file_open_beneath(d, "../etc/passwd", O_RDONLY, &e) < 0);
	assert_true(file_open_beneath(d, "/etc/passwd", O_RDONLY, &e) < 0);
	assert_true(file_open_beneath(d, "out", O_RDONLY, &e) < 0);
	assert_true(file_open_beneath(d, "", O_RDONLY, &e) < 0);
	close(d);
}

static void test_path_normalise(void **state)
{
	static const struct { const char *in, *want; } rows[] = {
		{ "/a//b/./c", "a/b/c" }, { "a/../b", "b" }, { "a/b/..", "a" }, { "..", NULL }, { "a/../..", NULL }, { "/", "" },
	};
	char out[64];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool ok = path_normalise(rows[i].in, out, sizeof(out));
		assert_int_equal(ok, rows[i].want != NULL);
		if (ok)
			assert_string_equal(out, rows[i].want);
	}
	assert_false(path_normalise("aaaaaaaaaa", out, 5));
}

static void test_spawn_collects_output_and_status(void **state)
{
	const char *argv[] = { "sh", "-c", "cat; echo err >&2; exit 3", NULL };
	struct strbuf b = { 0 };
	struct spawn s = { .argv = argv, .input = "hello\n", .input_len = 6, .output = &b, .timeout_ms = 10000 };
	struct err e;
	int status;
	(void)state;
	assert_int_equal(spawn_run(&s, &status, &e), CB_OK);
	assert_int_equal(WEXITSTATUS(status), 3);
	assert_string_equal(sb_str(&b), "hello\nerr\n");
	sb_free(&b);
}

static bool at_the_third(void *asked)
{
	return ++*(int *)asked > 2;
}

/* A program that says that it will say no more, and stays, is as one that goes on. */
static void test_spawn_ends_what_has_closed_its_output(void **state)
{
	(void)state;
	static const char *const argv[] = { "/bin/sh", "-c", "exec >&- 2>&-; sleep 20", NULL };
	struct err e = { 0 };
	int asked = 0, status;
	const struct spawn s = { .argv = argv, .timeout_ms = 15000, .cancelled = at_the_third, .arg = &asked };
	assert_int_equal(spawn_run(&s, &status, &e), CB_EBUSY);
	assert_string_equal(e.text, "/bin/sh was cancelled");
}

static void test_spawn_time_limit_and_missing_program(void **state)
{
	const char *slow[] = { "sleep", "60", NULL }, *none[] = { "/no/such/program", NULL };
	struct spawn s = { .argv = slow, .timeout_ms = 300 };
	struct err e;
	int status;
	(void)state;
	assert_int_equal(spawn_run(&s, &status, &e), CB_EBUSY);
	s.argv = none;
	assert_int_equal(spawn_run(&s, &status, &e), CB_EIO);
	assert_non_null(strstr(e.text, "/no/such/program"));
}

static void test_err_text_is_cut_at_a_character(void **state)
{
	struct err e;
	char big[2 * ERR_TEXT + 1];
	(void)state;
	for (size_t i = 0; i < sizeof(big) - 1; i += 2)
		memcpy(big + i, "\xc3\xa9", 2);
	big[sizeof(big) - 1] = '\0';
	err_set(&e, CB_EINVAL, "x%s", big);
	assert_true(utf8_valid(e.text, strlen(e.text)));
	assert_true(strlen(e.text) > ERR_TEXT - 8);
}

static void test_utf8(void **state)
{
	(void)state;
	assert_true(utf8_valid("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10));
	assert_false(utf8_valid("\xc0\x80", 2));
	assert_false(utf8_valid("\xed\xa0\x80", 3));
	assert_false(utf8_valid("\xe2\x82", 2));
	assert_false(utf8_valid("\xf5\x80\x80\x80", 4));
}

static void test_numbers_are_whole_and_in_range(void **state)
{
	int64_t i;
	unsigned long u;
	(void)state;
	assert_true(parse_int64("-5", &i));
	assert_false(parse_int64("5x", &i));
	assert_false(parse_int64("", &i));
	assert_false(parse_int64(" 5", &i));
	assert_false(parse_int64("99999999999999999999", &i));
	assert_true(parse_uint("65535", 65535, &u));
	assert_false(parse_uint("65536", 65535, &u));
	assert_false(parse_uint("-1", 65535, &u));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strbuf_limit_is_sticky),
		cmocka_unit_test(test_cursor_past_the_end_is_bad_for_good),
		cmocka_unit_test(test_map_survives_many_deletions),
		cmocka_unit_test(test_arena_wastes_no_memory_on_middling_sizes),
		cmocka_unit_test(test_arena_refuses_past_its_limit),
		cmocka_unit_test(test_file_replace_leaves_no_temp_file),
		cmocka_unit_test(test_a_sweep_takes_temp_files_alone),
		cmocka_unit_test(test_client_paths_stay_beneath),
		cmocka_unit_test(test_path_normalise),
		cmocka_unit_test(test_spawn_collects_output_and_status),
		cmocka_unit_test(test_spawn_time_limit_and_missing_program),
		cmocka_unit_test(test_spawn_ends_what_has_closed_its_output),
		cmocka_unit_test(test_err_text_is_cut_at_a_character),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_numbers_are_whole_and_in_range),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
