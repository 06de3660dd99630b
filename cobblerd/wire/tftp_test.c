/* SPDX-License-Identifier: GPL-2.0-or-later
 * tftp_test.c - the TFTP codec: requests as loaders send them, and what RFC 2347 lets us ignore.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/tftp.h"

#define RQ(s) "\0\1" s, sizeof("\0\1" s)

static void test_requests(void **state)
{
	static const struct {
		const char *pkt; size_t len;
		uint32_t blksize, windowsize, timeout; bool tsize; enum tftp_mode mode; const char *name;
	} rows[] = {
		{ RQ("pxelinux.0\0octet\0blksize\0" "1432\0tsize\0" "0"), 1432, 0, 0, true, TFTP_OCTET, "pxelinux.0" },
		{ RQ("/grub/x\0OCTET\0blksize\0" "1024\0tsize\0" "0"), 1024, 0, 0, true, TFTP_OCTET, "/grub/x" },
		{ RQ("a\0octet\0tsize\0" "0\0blksize\0" "1468\0windowsize\0" "4"), 1468, 4, 0, true, TFTP_OCTET, "a" },
		{ RQ("a\0netascii"), 0, 0, 0, false, TFTP_NETASCII, "a" },
		{ RQ("a\0octet\0blksize\0" "7\0windowsize\0" "0\0timeout\0" "0"), 0, 0, 0, false, TFTP_OCTET, "a" },
		{ RQ("a\0octet\0blksize\0" "-1\0windowsize\0" "x\0timeout\0" "256"), 0, 0, 255, false, TFTP_OCTET, "a" },
		{ RQ("a\0octet\0blksize\0" "99999999999\0windowsize\0" "65536"), 0, 65535, 0, false, TFTP_OCTET, "a" },
		{ RQ("a\0octet\0blksize\0" "65465\0tsize\0text"), 65464, 0, 0, false, TFTP_OCTET, "a" },
		{ RQ("a\0octet\0blksize\0" "512\0BLKSIZE\0" "1024"), 512, 0, 0, false, TFTP_OCTET, "a" },   /* the first counts */
		{ RQ("a\0octet\0blksize"), 0, 0, 0, false, TFTP_OCTET, "a" },                                 /* no value */
		{ RQ("..\\x\0octet\0multicast\0" "1"), 0, 0, 0, false, TFTP_OCTET, "..\\x" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tftp_request q;
		const char *why;
		uint16_t code;
		if (tftp_request_parse(rows[i].pkt, rows[i].len, &q, &code, &why) != CB_OK)
			fail_msg("row %zu: %s", i, why);
		if (q.blksize != rows[i].blksize || q.windowsize != rows[i].windowsize || q.timeout != rows[i].timeout ||
			q.tsize != rows[i].tsize || q.mode != rows[i].mode || strcmp(q.name, rows[i].name) != 0)
			fail_msg("row %zu: blksize %u windowsize %u timeout %u name %s", i, q.blksize, q.windowsize, q.timeout, q.name);
	}
}

static void test_bad_requests_get_their_error(void **state)
{
	static char longname[1200] = "\0\1";
	static const struct { const char *pkt; size_t len; uint16_t code; } rows[] = {
		{ "", 0, TFTP_E_ILLEGAL }, { "\0", 1, TFTP_E_ILLEGAL }, { "\0\3aa", 4, TFTP_E_ILLEGAL },
		{ "\0\1name", 6, TFTP_E_ILLEGAL }, { "\0\1name\0octet", 12, TFTP_E_ILLEGAL }, { RQ("a\0mail"), TFTP_E_ILLEGAL },
		{ RQ("\0octet"), TFTP_E_NOT_FOUND }, { longname, sizeof(longname), TFTP_E_ACCESS },
	};
	(void)state;
	memset(longname + 2, 'a', 1100);
	memcpy(longname + 1103, "octet", 6);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tftp_request q;
		const char *why;
		uint16_t code = 99;
		if (tftp_request_parse(rows[i].pkt, rows[i].len, &q, &code, &why) != CB_EPARSE || code != rows[i].code)
			fail_msg("row %zu: code %u", i, code);
	}
}

static void test_replies_and_builders(void **state)
{
	uint8_t buf[64];
	char text[8];
	uint16_t v;
	(void)state;
	assert_int_equal(tftp_reply_parse("\0\4\xff\xff", 4, &v, text, sizeof(text)), TFTP_ACK);
	assert_int_equal(v, 65535);
	assert_int_equal(tftp_reply_parse("\0\5\0\10User aborted", 16, &v, text, sizeof(text)), TFTP_ERROR);
	assert_string_equal(text, "User ab");
	assert_int_equal(tftp_reply_parse("\0\4\0", 3, &v, text, sizeof(text)), 0);
	assert_int_equal(tftp_reply_parse("\0\3\0\1x", 5, &v, text, sizeof(text)), 0);
	static const char oack[] = "\0\6blksize\0" "1468\0tsize\0" "0\0windowsize\0" "4";
	assert_int_equal(tftp_oack_build(buf, sizeof(buf), 1468, 4, 0, 0), sizeof(oack));
	assert_memory_equal(buf, oack, sizeof(oack));
	assert_int_equal(tftp_oack_build(buf, 8, 1468, 4, 0, 0), 0);
	assert_int_equal(tftp_error_build(buf, sizeof(buf), 1, "no"), 7);
	assert_memory_equal(buf, "\0\5\0\1no", 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_bad_requests_get_their_error),
		cmocka_unit_test(test_replies_and_builders),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
