/* SPDX-License-Identifier: GPL-2.0-or-later
 * windows_test.c - names and checksums in programs; and a child that meets damaged hives and images, which ends with words and nothing
 * else.
 */
#include "base/testkit.h"

#include <fcntl.h>
#include <unistd.h>

#include "value/json.h"
#include "windows/limits.h"
#include "windows/windows.h"

static void test_names_are_replaced_in_any_case(void **state)
{
	(void)state;
	static const struct { const char *text, *from, *to, *want; size_t n; } rows[] = {
		{ "a bootmgr.exe b BOOTMGR.EXE", "bootmgr.exe", "boot1ea.exe", "a boot1ea.exe b boot1ea.exe", 2 },
		{ "bootmgrXexe", "bootmgr.exe", "boot1ea.exe", "bootmgrXexe", 0 },
		{ "bootmgr.ex", "bootmgr.exe", "boot1ea.exe", "bootmgr.ex", 0 },
		{ "bbootmgr.exe", "bootmgr.exe", "boot1ea.exe", "bboot1ea.exe", 1 },
		{ "NTLDR ntldr", "NTLDR", "ntld1", "ntld1 ntld1", 2 },
		{ "aaaa", "aa", "bc", "bcbc", 2 },
		{ "bootmgr.exe", "bootmgr.exe", "longer.name.exe", "bootmgr.exe", 0 },
		{ "", "x", "y", "", 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *p = xstrdup(rows[i].text);
		size_t n = windows_rename(p, strlen(p), rows[i].from, rows[i].to);
		if (n != rows[i].n || !str_eq(p, rows[i].want))
			fail_msg("row %zu: %zu times, \"%s\"", i, n, p);
		free(p);
	}
}

static void wide(struct strbuf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		sb_addc(b, *s);
		sb_addc(b, '\0');
	}
}

static void test_the_bcd_is_renamed_where_it_is_a_path(void **state)
{
	(void)state;
	static const struct { const char *before, *after; size_t n; } rows[] = {
		{ "x\\Boot\\BCD", "x\\Boot\\1Ea", 1 }, { "\\BOOT\\bcd.LOG \\boot\\BCD", "\\BOOT\\1Ea.LOG \\boot\\1Ea", 2 },
		{ "\\Boots\\BCD", "\\Boots\\BCD", 0 }, { "\\Boot\\BC", "\\Boot\\BC", 0 }, { "BCD", "BCD", 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct strbuf b = { 0 }, want = { 0 };
		wide(&b, rows[i].before);
		wide(&want, rows[i].after);
		size_t n = windows_rename_bcd(b.p, b.len, "1Ea");
		if (n != rows[i].n || memcmp(b.p, want.p, want.len) != 0)
			fail_msg("row %zu: %zu times", i, n);
		assert_int_equal(windows_rename_bcd(b.p, b.len, "four"), 0);
		sb_free(&b);
		sb_free(&want);
	}
}

static void put_le32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (8 * i));
}

/* The headers of a program, and words that add up to something. */
static void make_program(unsigned char *p, size_t n, unsigned magic)
{
	memset(p, 0, n);
	memcpy(p, "MZ", 2);
	put_le32(p + 60, 128);
	memcpy(p + 128, "PE\0\0", 4);
	p[128 + 20] = 240;
	p[128 + 24] = (unsigned char)magic;
	p[128 + 25] = (unsigned char)(magic >> 8);
	for (size_t i = 300; i < n; i++)
		p[i] = (unsigned char)(i * 7);
}

static void test_checksum_of_a_program(void **state)
{
	(void)state;
	/* as pefile's generate_checksum has them */
	static const struct { size_t n; unsigned magic; uint32_t sum; } rows[] = {
		{ 1024, 0x10b, 8110 }, { 1024, 0x20b, 8366 }, { 1023, 0x20b, 10156 }, { 1021, 0x20b, 15287 }, { 333, 0x10b, 60498 } };
	unsigned char p[1024];
	struct err e;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		make_program(p, rows[i].n, rows[i].magic);
		put_le32(p + 128 + 24 + 64, 0xdeadbeef);      /* the old one does not count */
		if (windows_pe_checksum(p, rows[i].n, "it", &e) != CB_OK)
			fail_msg("%s", e.text);
		uint32_t got = 0;
		for (int k = 3; k >= 0; k--)
			got = got << 8 | p[128 + 24 + 64 + k];
		if (got != rows[i].sum)
			fail_msg("row %zu: %u, expected %u", i, got, rows[i].sum);
	}
}

static void test_what_is_no_program_is_refused(void **state)
{
	(void)state;
	unsigned char p[1024];
	struct err e;
	static const struct { size_t at; uint32_t word; } damage[] = { { 0, 0 }, { 60, 1020 }, { 60, 0xffffffff }, { 60, 0x80000000 },
		{ 128, 0 },
		{ 128 + 24, 0 }, { 128 + 20, 0 } };
	for (size_t i = 0; i < ARRAY_LEN(damage); i++) {
		make_program(p, sizeof(p), 0x20b);
		put_le32(p + damage[i].at, damage[i].word);
		if (windows_pe_checksum(p, sizeof(p), "it", &e) != CB_EPARSE)
			fail_msg("row %zu is taken", i);
	}
	assert_non_null(strstr(e.text, "it is no program of Windows"));
	for (size_t n = 0; n < 220; n++) {
		make_program(p, sizeof(p), 0x20b);
		assert_int_equal(windows_pe_checksum(p, n, "it", NULL), CB_EPARSE);
	}
}

/* ---- the child ---- */

static int expect(int rc, const struct err *e, const char *text)
{
	if (rc == CB_OK || strstr(e->text, text) == NULL)
		fail_msg("\"%s\" expected: %d %s", text, rc, rc != CB_OK ? e->text : "");
	return rc;
}

static void skip_without_libraries(void)
{
	struct err e;
	if (windows_libraries(&e) != CB_OK) {
		print_message("SKIP: %s\n", e.text);
		skip();
	}
}

static void test_damaged_hives_and_images_end_in_words(void **state)
{
	(void)state;
	struct err e;
	skip_without_libraries();
	put_file("/medium/bcd", "regf, but no more of it");
	put_file("/medium/boot.wim", "MSWIM\n and no more of it");
	put_file("/scratch/w.wim", "MSWIM\n and no more of it");
	char *scratch = path_of("/scratch"), *bcd = path_of("/medium/bcd"), *none = path_of("/medium/none");
	char *image = path_of("/medium/boot.wim");
	const struct windows_run r = { .scratch = scratch };
	expect(windows_make_bcd(&r, bcd, "new", "/w.wim", "/boot.sdi", &e), &e, "/medium/bcd: the medium's BCD cannot be read");
	expect(windows_make_bcd(&r, none, "new", "/w.wim", "/boot.sdi", &e), &e, "/medium/none: it cannot be opened");
	expect(windows_put_startnet(&r, "w.wim", "x", 1, &e), &e, "w.wim: it cannot be opened");
	expect(windows_make_winpe(&r, image, &e), &e, "/medium/boot.wim: it cannot be opened");
	expect(windows_make_bcd(&(struct windows_run){ .scratch = none }, bcd, "new", "/w.wim", "/boot.sdi", &e), &e, "none");
	int fd = open(bcd, O_WRONLY);
	assert_int_equal(ftruncate(fd, WINDOWS_BCD_MAX + 1), 0);
	close(fd);
	expect(windows_make_bcd(&r, bcd, "new", "/w.wim", "/boot.sdi", &e), &e, "it is no file of at most 4194304 bytes");
	char *made = path_of("/scratch/new");
	assert_int_not_equal(access(made, F_OK), 0);
	free(made);
	free(scratch);
	free(bcd);
	free(none);
	free(image);
}

static bool at_once(void *arg)
{
	(void)arg;
	return true;
}

static void test_a_child_is_ended_with_its_task(void **state)
{
	(void)state;
	struct err e;
	put_file("/medium/bcd", "x");
	char *scratch = path_of("/medium"), *bcd = path_of("/medium/bcd");
	const struct windows_run r = { .scratch = scratch, .cancelled = at_once };
	expect(windows_make_bcd(&r, bcd, "new", "/w.wim", "/boot.sdi", &e), &e, "cancelled");
	free(scratch);
	free(bcd);
}

int main(int argc, char **argv)
{
	if (argc == 3 && str_eq(argv[1], "--role")) {
		struct strbuf b = { 0 };
		char buf[4096];
		struct value *job = NULL;
		struct err e;
		for (ssize_t k; (k = read(STDIN_FILENO, buf, sizeof(buf))) > 0; )
			sb_add(&b, buf, (size_t)k);
		if (json_parse(sb_str(&b), b.len, &job, &e) != CB_OK)
			return 2;
		sb_free(&b);
		int status = windows_child(job, STDOUT_FILENO);
		v_unref(job);
		return status;
	}
#define R(f) cmocka_unit_test_setup_teardown(f, root_make, root_remove)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_replaced_in_any_case),
		cmocka_unit_test(test_the_bcd_is_renamed_where_it_is_a_path),
		cmocka_unit_test(test_checksum_of_a_program),
		cmocka_unit_test(test_what_is_no_program_is_refused),
		R(test_damaged_hives_and_images_end_in_words),
		R(test_a_child_is_ended_with_its_task),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
