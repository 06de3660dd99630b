/* SPDX-License-Identifier: GPL-2.0-or-later
 * rarp_test.c - the RARP codec: a request and an answer as they were seen on a wire, and what is no request.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/rarp.h"

#define MACHINE 0x52, 0x54, 0x00, 0x77, 0x00, 0x10
#define SERVER 0x36, 0x7a, 0x06, 0x81, 0x7a, 0xc0

/* A client of a laboratory, and what the rarpd of Debian answered it. */
static const uint8_t request[RARP_FRAME] = { 0, 1, 8, 0, 6, 4, 0, 3, MACHINE, 0, 0, 0, 0, MACHINE, 0, 0, 0, 0 };
static const uint8_t reply[28] = { 0, 1, 8, 0, 6, 4, 0, 4, SERVER, 10, 77, 0, 1, MACHINE, 10, 77, 0, 10 };

static void test_request_is_read(void **state)
{
	static const uint8_t machine[] = { MACHINE };
	struct rarp_msg m;
	const char *why;
	(void)state;
	for (size_t n = 28; n <= sizeof(request); n++) {
		memset(&m, 0xff, sizeof(m));
		assert_int_equal(rarp_request_parse(request, n, &m, &why), CB_OK);
		assert_memory_equal(m.sender, machine, 6);
		assert_memory_equal(m.target, machine, 6);
		assert_int_equal(m.sender_ip, 0);
		assert_int_equal(m.target_ip, 0);
	}
}

static void test_reply_has_the_bytes_of_others(void **state)
{
	static const uint8_t zeros[RARP_FRAME - sizeof(reply)];
	struct rarp_msg m = { .sender = { SERVER }, .sender_ip = 0x0a4d0001, .target = { MACHINE }, .target_ip = 0x0a4d000a };
	uint8_t out[RARP_FRAME];
	(void)state;
	memset(out, 0xff, sizeof(out));
	rarp_reply_build(&m, out);
	assert_memory_equal(out, reply, sizeof(reply));
	assert_memory_equal(out + sizeof(reply), zeros, sizeof(zeros));
}

static void test_what_is_no_request_is_refused(void **state)
{
	static const struct { size_t at; uint8_t value; const char *why; } rows[] = {
		{ 1, 6, "not about Ethernet addresses" },           /* IEEE 802 */
		{ 0, 1, "not about Ethernet addresses" },
		{ 4, 8, "not about Ethernet addresses" },
		{ 4, 0, "not about Ethernet addresses" },
		{ 2, 0x86, "not about IPv4 addresses" },
		{ 3, 6, "not about IPv4 addresses" },
		{ 5, 16, "not about IPv4 addresses" },
		{ 5, 0, "not about IPv4 addresses" },
		{ 7, 0, "neither request nor reply of RARP" },
		{ 7, 1, "neither request nor reply of RARP" },      /* ARP */
		{ 7, 2, "neither request nor reply of RARP" },
		{ 7, 4, "a server's reply" },
		{ 7, 5, "neither request nor reply of RARP" },      /* DRARP */
		{ 7, 8, "neither request nor reply of RARP" },      /* InARP */
		{ 6, 1, "neither request nor reply of RARP" },
		{ 8, 0x53, "the address of a group is nobody's" },
		{ 18, 0xff, "the address of a group is nobody's" },
	};
	struct rarp_msg m;
	const char *why;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t bad[sizeof(request)];
		memcpy(bad, request, sizeof(bad));
		bad[rows[i].at] = rows[i].value;
		if (rarp_request_parse(bad, sizeof(bad), &m, &why) != CB_EPARSE || strcmp(why, rows[i].why) != 0)
			fail_msg("row %zu: %s", i, why);
	}
}

static void test_short_packets_are_refused(void **state)
{
	struct rarp_msg m;
	const char *why;
	(void)state;
	for (size_t n = 0; n < 28; n++) {
		uint8_t *exact = test_malloc(n + (n == 0));     /* so that a read past the end is seen */
		memcpy(exact, request, n);
		if (rarp_request_parse(exact, n, &m, &why) != CB_EPARSE || strcmp(why, "packet too short") != 0)
			fail_msg("%zu bytes: %s", n, why);
		test_free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_is_read), cmocka_unit_test(test_reply_has_the_bytes_of_others),
		cmocka_unit_test(test_what_is_no_request_is_refused), cmocka_unit_test(test_short_packets_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
