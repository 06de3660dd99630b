/* SPDX-License-Identifier: GPL-2.0-or-later
 * gzip_test.c - what is packed comes out of zlib as it went in.
 */
#include "base/testkit.h"

#include <zlib.h>

#include "wire/gzip.h"

static void assert_unpacks(const struct strbuf *packed, const struct strbuf *want)
{
	z_stream s = { 0 };
	char *got = xmalloc(want->len + 1);
	assert_int_equal(inflateInit2(&s, 15 + 16), Z_OK);
	s.next_in = (unsigned char *)packed->p;
	s.avail_in = (unsigned)packed->len;
	s.next_out = (unsigned char *)got;
	s.avail_out = (unsigned)want->len + 1;
	assert_int_equal(inflate(&s, Z_FINISH), Z_STREAM_END);
	assert_int_equal(s.avail_in, 0);
	assert_int_equal(s.total_out, want->len);
	assert_memory_equal(got, want->p == NULL ? "" : want->p, want->len);
	inflateEnd(&s);
	free(got);
}

static void test_nothing_and_all_bytes(void **state)
{
	struct strbuf packed = { 0 }, want = { 0 };
	struct gzip z;
	(void)state;
	gzip_head(&packed);
	gzip_begin(&z, &packed);
	gzip_tail(&packed, gzip_end(&z));
	assert_unpacks(&packed, &want);
	sb_truncate(&packed, 0);
	for (int i = 0; i < 256; i++)
		sb_addc(&want, (char)i);
	gzip_head(&packed);
	gzip_begin(&z, &packed);
	gzip_text(&z, want.p, want.len);
	gzip_tail(&packed, gzip_end(&z));
	assert_unpacks(&packed, &want);
	sb_free(&packed);
	sb_free(&want);
}

static void repeat(struct gzip *z, struct strbuf *want, uint64_t from, size_t n)
{
	for (size_t i = 0; i < n; i++)               /* a repetition may run into itself */
		sb_addc(want, want->p[from + i]);
	uint32_t crc = (uint32_t)crc32(0, (const unsigned char *)want->p + want->len - n, (unsigned)n);
	assert_true(gzip_repeat(z, from, n, crc, (uint32_t)crc32_combine_gen((z_off_t)n)));
}

static void test_every_length_and_distance(void **state)
{
	struct strbuf packed = { 0 }, want = { 0 };
	struct gzip z;
	uint32_t seed = 1;
	(void)state;
	gzip_head(&packed);
	gzip_begin(&z, &packed);
	for (int i = 0; i < GZIP_WINDOW; i++) {
		char c = (char)((seed = seed * 1103515245 + 12345) >> 16);
		sb_addc(&want, c);
		gzip_text(&z, &c, 1);
	}
	for (size_t n = 3; n < 1100; n++) {
		repeat(&z, &want, want.len - GZIP_WINDOW, n);
		gzip_text(&z, "/", 1);
		sb_addc(&want, '/');
	}
	for (uint64_t d = 1; d <= GZIP_WINDOW; d += d < 600 ? 1 : 37)
		repeat(&z, &want, want.len - d, 3 + d % 400);
	for (int i = 0; i < 50; i++)                  /* these become one */
		repeat(&z, &want, want.len - 777, 5 + (size_t)i * 11);
	assert_false(gzip_repeat(&z, want.len - GZIP_WINDOW - 1, 10, 0, 0));
	assert_false(gzip_repeat(&z, want.len, 10, 0, 0));
	assert_false(gzip_repeat(&z, want.len - 5, 2, 0, 0));
	gzip_tail(&packed, gzip_end(&z));
	assert_unpacks(&packed, &want);
	sb_free(&packed);
	sb_free(&want);
}

/* Parts that were made once, in any order and as often as one likes, and none at all. */
static void test_parts_stand_behind_any_others(void **state)
{
	struct strbuf part[3] = { { 0 } }, text[3] = { { 0 } }, packed = { 0 }, want = { 0 };
	struct gzip_sum sum[3], all = { 0 };
	struct gzip z;
	(void)state;
	gzip_head(&packed);
	gzip_tail(&packed, all);
	assert_unpacks(&packed, &want);
	for (size_t i = 0; i < 3; i++) {
		gzip_begin(&z, &part[i]);
		for (size_t k = 0; k < i * 1000 + i; k++)
			sb_addf(&text[i], "%zu,", k);
		gzip_text(&z, sb_str(&text[i]), text[i].len);
		if (i > 0)
			repeat(&z, &text[i], text[i].len - 20, 300 + i);
		sum[i] = gzip_end(&z);
	}
	sb_truncate(&packed, 0);
	gzip_head(&packed);
	for (size_t i = 0; i < 20; i++) {
		size_t k = i * i % 3 + i % 2;
		sb_add(&packed, part[k].p, part[k].len);
		sb_add(&want, sb_str(&text[k]), text[k].len);
		gzip_add(&all, sum[k]);
	}
	gzip_tail(&packed, all);
	assert_unpacks(&packed, &want);
	for (size_t i = 0; i < 3; i++) {
		sb_free(&part[i]);
		sb_free(&text[i]);
	}
	sb_free(&packed);
	sb_free(&want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_and_all_bytes),
		cmocka_unit_test(test_every_length_and_distance),
		cmocka_unit_test(test_parts_stand_behind_any_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
