/* SPDX-License-Identifier: GPL-2.0-or-later
 * rarp_rate_test.c - how many requests are looked at. Time is a number that the tests choose.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "netboot/rarp_rate.h"

static struct rarp_rate rate;

static int setup(void **state)
{
	(void)state;
	rate = (struct rarp_rate){ 0 };
	return 0;
}

/* How many of n requests of one machine are taken. */
static unsigned take(uint32_t machine, unsigned n, int64_t now_ms)
{
	uint8_t mac[RARP_MAC] = { 2, 0, (uint8_t)(machine >> 24), (uint8_t)(machine >> 16), (uint8_t)(machine >> 8), (uint8_t)machine };
	unsigned taken = 0;
	for (unsigned i = 0; i < n; i++)
		taken += rarp_rate_take(&rate, mac, now_ms);
	return taken;
}

static void test_one_machine_is_limited_second_by_second(void **state)
{
	(void)state;
	for (int64_t now = 0; now < 5000; now += 1000) {
		assert_int_equal(take(1, 100, now), RARP_RATE_MACHINE);
		assert_int_equal(take(1, 100, now + 999), 0);
		assert_int_equal(take(2, 1, now + 999), 1);
	}
}

static void test_one_machine_does_not_use_up_what_is_for_all(void **state)
{
	unsigned taken = 0;
	(void)state;
	(void)take(0, 100 * RARP_RATE_ALL, 0);
	for (uint32_t m = 1; m < RARP_RATE_ALL / 2; m++)
		taken += take(m, 1, 0);
	assert_int_equal(taken, RARP_RATE_ALL / 2 - 1);
}

static void test_all_together_are_limited(void **state)
{
	unsigned taken = 0;
	(void)state;
	for (uint32_t m = 0; m < 20 * RARP_RATE_ALL; m++)
		taken += take(m, 1, 500);
	assert_int_equal(taken, RARP_RATE_ALL);
	assert_int_equal(take(1, 1, 1000), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_machine_is_limited_second_by_second, setup),
		cmocka_unit_test_setup(test_one_machine_does_not_use_up_what_is_for_all, setup),
		cmocka_unit_test_setup(test_all_together_are_limited, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
