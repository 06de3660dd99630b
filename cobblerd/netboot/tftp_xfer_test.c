/* SPDX-License-Identifier: GPL-2.0-or-later
 * tftp_xfer_test.c - the course of a transfer: windows, loss, roll-over, back-off. No time passes here but the one that is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netboot/tftp_xfer.h"

static const struct tftp_limits wide = { 65464, 64 };

static struct tftp_request asks(uint32_t blksize, uint32_t window, uint32_t timeout, bool tsize)
{
	struct tftp_request q = { .blksize = blksize, .windowsize = window, .timeout = timeout, .tsize = tsize };
	return q;
}

static void test_without_options_the_first_block_comes_at_once(void **state)
{
	struct tftp_xfer x;
	struct tftp_request q = asks(0, 0, 0, false);
	(void)state;
	assert_int_equal(tftp_xfer_start(&x, &q, 700, &wide, 0), TFTP_SEND_BLOCKS);
	assert_int_equal(x.send_from, 1);
	assert_int_equal(x.send_count, 1);
	assert_int_equal(tftp_xfer_size(&x, 1), 512);
	assert_int_equal(tftp_xfer_size(&x, 2), 188);
	assert_int_equal(tftp_xfer_ack(&x, 1, 10), TFTP_SEND_BLOCKS);
	assert_int_equal(tftp_xfer_ack(&x, 1, 20), TFTP_NOTHING);       /* the sorcerer's apprentice */
	assert_int_equal(tftp_xfer_ack(&x, 3, 20), TFTP_NOTHING);       /* not sent yet */
	assert_int_equal(tftp_xfer_ack(&x, 2, 30), TFTP_DONE);
}

static void test_sizes_at_the_edges(void **state)
{
	static const struct { uint64_t length; uint64_t blocks; uint32_t last; } rows[] = {
		{ 0, 1, 0 }, { 511, 1, 511 }, { 512, 2, 0 }, { 513, 2, 1 }, { 1024, 3, 0 },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tftp_xfer x;
		struct tftp_request q = asks(0, 0, 0, false);
		(void)tftp_xfer_start(&x, &q, rows[i].length, &wide, 0);
		assert_int_equal(x.nblocks, rows[i].blocks);
		assert_int_equal(tftp_xfer_size(&x, x.nblocks), rows[i].last);
	}
}

static void test_grants_are_bounded(void **state)
{
	struct tftp_xfer x;
	struct tftp_request q = asks(65464, 65535, 9, true);
	const struct tftp_limits small = { 1468, 16 };
	(void)state;
	assert_int_equal(tftp_xfer_start(&x, &q, 1, &small, 0), TFTP_SEND_OACK);
	assert_int_equal(x.blksize, 1468);
	assert_int_equal(x.window, 16);
	assert_int_equal(x.deadline_us, 9000000);
	(void)tftp_xfer_start(&x, &q, 1, &wide, 0);
	assert_int_equal(x.window, TFTP_WINDOW_BYTES / 65464);
}

static void test_window_restarts_at_the_gap(void **state)
{
	struct tftp_xfer x;
	struct tftp_request q = asks(512, 8, 0, false);
	(void)state;
	(void)tftp_xfer_start(&x, &q, 512 * 20, &wide, 0);
	assert_int_equal(tftp_xfer_ack(&x, 5, 1), TFTP_NOTHING);        /* the OACK comes first */
	assert_int_equal(tftp_xfer_ack(&x, 0, 1000), TFTP_SEND_BLOCKS);
	assert_int_equal(x.send_count, 8);
	assert_int_equal(tftp_xfer_ack(&x, 3, 2000), TFTP_SEND_BLOCKS); /* 4 was lost */
	assert_int_equal(x.send_from, 4);
	assert_int_equal(x.send_count, 8);
	assert_int_equal(tftp_xfer_ack(&x, 3, 9000), TFTP_SEND_BLOCKS); /* 4 again: once */
	assert_int_equal(x.send_from, 4);
	assert_int_equal(tftp_xfer_ack(&x, 3, 90000), TFTP_NOTHING);
	assert_int_equal(tftp_xfer_ack(&x, 11, 95000), TFTP_SEND_BLOCKS);
	assert_int_equal(tftp_xfer_ack(&x, 19, 96000), TFTP_SEND_BLOCKS);
	assert_int_equal(x.send_from, 20);
	assert_int_equal(x.send_count, 2);
	assert_int_equal(tftp_xfer_ack(&x, 21, 97000), TFTP_DONE);
}

static void test_block_numbers_roll_over(void **state)
{
	struct tftp_xfer x;
	struct tftp_request q = asks(8, 64, 0, false);
	uint64_t length = 8ull * 200000 + 3, n = 0;
	(void)state;
	(void)tftp_xfer_start(&x, &q, length, &wide, 0);
	enum tftp_act a = tftp_xfer_ack(&x, 0, 1);
	while (a == TFTP_SEND_BLOCKS) {
		assert_int_equal(x.send_from, n + 1);
		n += x.send_count;
		a = tftp_xfer_ack(&x, (uint16_t)n, (int64_t)n);
	}
	assert_int_equal(a, TFTP_DONE);
	assert_int_equal(n, 200001);
}

static void test_silence_backs_off_and_ends(void **state)
{
	struct tftp_xfer x;
	struct tftp_request q = asks(512, 0, 0, false);
	int64_t now = 0, last = 0;
	int n = 0;
	(void)state;
	(void)tftp_xfer_start(&x, &q, 5000, &wide, now);
	for (enum tftp_act a = TFTP_SEND_OACK; a == TFTP_SEND_OACK; n++) {
		assert_true(x.deadline_us - now >= last);       /* never faster */
		last = x.deadline_us - now;
		now = x.deadline_us;
		a = tftp_xfer_timeout(&x, now);
	}
	assert_in_range(n, 3, 6);                               /* a forged source gets little */
	assert_in_range(now / 1000000, 5, 30);
}

static void test_loss_is_repaired_as_fast_as_the_network_is(void **state)
{
	struct tftp_xfer x;
	struct tftp_request q = asks(1468, 0, 0, false);
	int64_t now = 0;
	(void)state;
	(void)tftp_xfer_start(&x, &q, 1468 * 100, &wide, now);
	for (uint16_t b = 0; b < 50; b++) {
		now += 300;
		assert_int_equal(tftp_xfer_ack(&x, b, now), TFTP_SEND_BLOCKS);
	}
	assert_in_range(x.deadline_us - now, 50000, 200000);
	now = x.deadline_us;
	assert_int_equal(tftp_xfer_timeout(&x, now), TFTP_SEND_BLOCKS);
	assert_int_equal(x.send_from, 50);
	assert_int_equal(tftp_xfer_ack(&x, 50, now + 300), TFTP_SEND_BLOCKS);
	assert_int_equal(x.retransmits, 1);
}

static void test_asked_timeout_is_kept(void **state)
{
	struct tftp_xfer x;
	struct tftp_request q = asks(0, 0, 3, false);
	(void)state;
	(void)tftp_xfer_start(&x, &q, 5000, &wide, 0);
	assert_int_equal(tftp_xfer_ack(&x, 0, 100), TFTP_SEND_BLOCKS);
	assert_int_equal(x.deadline_us, 3000100);
	assert_int_equal(tftp_xfer_timeout(&x, 3000100), TFTP_SEND_BLOCKS);
	assert_int_equal(x.deadline_us, 6000100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_options_the_first_block_comes_at_once),
		cmocka_unit_test(test_sizes_at_the_edges),
		cmocka_unit_test(test_grants_are_bounded),
		cmocka_unit_test(test_window_restarts_at_the_gap),
		cmocka_unit_test(test_block_numbers_roll_over),
		cmocka_unit_test(test_silence_backs_off_and_ends),
		cmocka_unit_test(test_loss_is_repaired_as_fast_as_the_network_is),
		cmocka_unit_test(test_asked_timeout_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
