/* SPDX-License-Identifier: GPL-2.0-or-later
 * dhcp_test.c - the DHCP codec on packets captured from real clients (corpus/dhcp) and on malformed ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/dhcp.h"

#define CORPUS "cobblerd/wire/corpus/dhcp/"

static uint8_t packet[DHCP_MAX_PACKET];
static struct dhcp_msg m;

static size_t load(const char *name)
{
	char path[256];
	snprintf(path, sizeof(path), CORPUS "%s", name);
	FILE *f = fopen(path, "rb");
	if (f == NULL)
		fail_msg("%s is missing (run from the top of the tree)", path);
	size_t n = fread(packet, 1, sizeof(packet), f);
	fclose(f);
	return n;
}

static void test_captured_clients_are_understood(void **state)
{
	static const struct { const char *file; enum dhcp_type type; const char *vendor, *user; int arch; bool cookie; } rows[] = {
		{ "discover-pxeclient_arch_00000-ipxe", DHCP_DISCOVER, "PXEClient:Arch:00000:UNDI:002001", "iPXE", 0, true },
		{ "request-pxeclient_arch_00000-ipxe", DHCP_REQUEST, "PXEClient:Arch:00000:UNDI:002001", "iPXE", 0, true },
		{ "request-pxeclient_arch_00007", DHCP_REQUEST, "PXEClient:Arch:00007:UNDI:003000", "", 7, true },
		{ "discover-httpclient_arch_00016", DHCP_DISCOVER, "HTTPClient:Arch:00016:UNDI:003000", "", 16, true },
		{ "discover-pxeclient_arch_00007-ipxe", DHCP_DISCOVER, "PXEClient:Arch:00007:UNDI:003010", "iPXE", 7, true },
		{ "discover-d-i", DHCP_DISCOVER, "d-i", "", -1, true },
		{ "discover-linux_ipconfig", DHCP_DISCOVER, "Linux ipconfig", "", -1, true },
		{ "bootp", DHCP_NONE, "", "", -1, false },
		{ "bootp1048-none", DHCP_NONE, "", "", -1, true },
		{ "overload", DHCP_DISCOVER, "PXEClient", "", -1, true },
		{ "split", DHCP_DISCOVER, "PXEClient", "", -1, true },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[128];
		const char *why;
		uint16_t arch = 0;
		if (dhcp_parse(packet, load(rows[i].file), &m, &why) != CB_OK)
			fail_msg("%s: %s", rows[i].file, why);
		if (m.type != rows[i].type || m.cookie != rows[i].cookie || m.foreign || m.hlen != 6 || m.chaddr[0] != 0x52)
			fail_msg("%s: type %d cookie %d", rows[i].file, m.type, m.cookie);
		dhcp_opt_text(&m, OPT_VENDOR_CLASS, text, sizeof(text));
		assert_string_equal(text, rows[i].vendor);
		dhcp_user_class(&m, text, sizeof(text));
		assert_string_equal(text, rows[i].user);
		assert_int_equal(dhcp_opt_u16(&m, OPT_ARCH, &arch) ? arch : -1, rows[i].arch);
	}
}

static void test_other_vendor_areas_are_told_from_none(void **state)
{
	static const uint8_t cmu[] = { 'C', 'M', 'U', 0 };
	const char *why;
	size_t n = load("bootp");
	(void)state;
	memcpy(packet + DHCP_FIXED, cmu, sizeof(cmu));
	assert_int_equal(dhcp_parse(packet, n, &m, &why), CB_OK);
	assert_true(m.foreign && !m.cookie && m.type == DHCP_NONE);
	for (size_t left = 0; left < sizeof(cmu); left++) {     /* klibc's ends before its vendor area */
		assert_int_equal(dhcp_parse(packet, DHCP_FIXED + left, &m, &why), CB_OK);
		assert_true(!m.foreign && !m.cookie && m.type == DHCP_NONE);
	}
}

static void test_pieces_of_an_option_are_joined(void **state)
{
	char text[16];
	const char *why;
	(void)state;
	assert_int_equal(dhcp_parse(packet, load("split"), &m, &why), CB_OK);
	dhcp_opt_text(&m, OPT_HOSTNAME, text, sizeof(text));
	assert_string_equal(text, "abc");
	assert_int_equal(dhcp_parse(packet, load("overload"), &m, &why), CB_OK);
	dhcp_opt_text(&m, OPT_HOSTNAME, text, sizeof(text));
	assert_string_equal(text, "name");
	assert_string_equal(m.file, "");
}

static void test_user_class_list_of_rfc_3004(void **state)
{
	static const uint8_t two[] = { 4, 'i', 'P', 'X', 'E', 3, 'l', 'a', 'b' };
	char text[16];
	(void)state;
	memset(&m, 0, sizeof(m));
	m.opt[OPT_USER_CLASS] = (struct dhcp_opt){ sizeof(two), two };
	dhcp_user_class(&m, text, sizeof(text));
	assert_string_equal(text, "iPXE lab");
	dhcp_user_class(&m, text, 4);               /* too small: cut, never past the end */
	assert_int_equal(strlen(text), 3);
}

static void test_user_classes_that_fill_the_text_to_its_end(void **state)
{
	static const uint8_t three[] = { 4, 'i', 'P', 'X', 'E', 3, 'l', 'a', 'b', 9, 'o', 'n', 'e', 'm', 'o', 'r', 'e', '!', '!' };
	(void)state;
	memset(&m, 0, sizeof(m));
	m.opt[OPT_USER_CLASS] = (struct dhcp_opt){ sizeof(three), three };
	for (size_t cap = 1; cap < 24; cap++) {
		char *text = xcalloc(1, cap);            /* the sanitizer watches its end */
		assert_true(dhcp_user_class(&m, text, cap) < cap);
		assert_int_equal(strlen(text) < cap, 1);
		free(text);
	}
}

static void test_malformed_packets_are_refused(void **state)
{
	static const struct { size_t at; uint8_t byte; size_t len; } rows[] = {
		{ 0, 1, 235 },          /* short */
		{ 0, 1, 0 },
		{ 0, 3, 300 },          /* neither request nor reply */
		{ 2, 17, 300 },         /* hlen */
		{ 2, 255, 300 },
		{ 242, 9, 300 },        /* message type 9 */
		{ 241, 200, 300 },      /* an option past the end */
	};
	const char *why;
	(void)state;
	assert_int_equal(dhcp_parse(packet, load("past-end"), &m, &why), CB_EPARSE);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		load("discover-d-i");
		packet[rows[i].at] = rows[i].byte;
		if (dhcp_parse(packet, rows[i].len, &m, &why) != CB_EPARSE || *why == '\0')
			fail_msg("row %zu was accepted", i);
	}
	assert_int_equal(dhcp_parse(packet, DHCP_MAX_PACKET + 1, &m, &why), CB_EPARSE);
}

static void test_ten_thousand_pads_and_no_end_are_harmless(void **state)
{
	const char *why;
	(void)state;
	size_t n = load("discover-d-i");
	memset(packet + n, 0, sizeof(packet) - n);
	assert_int_equal(dhcp_parse(packet, sizeof(packet), &m, &why), CB_OK);
	memset(packet + 243, 0, sizeof(packet) - 243);
	assert_int_equal(dhcp_parse(packet, sizeof(packet), &m, &why), CB_OK);
	assert_int_equal(m.type, DHCP_DISCOVER);
}

static void test_reply_is_sorted_padded_and_ends_with_relay_information(void **state)
{
	static struct dhcp_reply r;
	uint8_t out[1500];
	(void)state;
	memset(&r, 0, sizeof(r));
	r.cookie = true;
	dhcp_put(&r, OPT_RELAY_AGENT, "\1\4port", 6);
	dhcp_put_text(&r, OPT_BOOT_FILE, "pxelinux.0");
	dhcp_put_u32(&r, OPT_NETMASK, 0xffffff00);
	dhcp_put_u32(&r, OPT_SERVER_ID, 0x0a000001);
	dhcp_put_u8(&r, OPT_TYPE, DHCP_OFFER);
	size_t n = dhcp_build(&r, out, sizeof(out), 576);
	assert_int_equal(n, DHCP_MIN_REPLY);
	static const uint8_t want[] = { 99, 130, 83, 99, 53, 1, 2, 54, 4, 10, 0, 0, 1, 1, 4, 255, 255, 255, 0,
		67, 10, 'p', 'x', 'e', 'l', 'i', 'n', 'u', 'x', '.', '0', 82, 6, 1, 4, 'p', 'o', 'r', 't', 255, 0 };
	assert_memory_equal(out + DHCP_FIXED, want, sizeof(want));
}

static void test_what_does_not_fit_goes_least_needed_first(void **state)
{
	static struct dhcp_reply r;
	uint8_t out[1500], big[600];
	const char *why;
	(void)state;
	memset(&r, 0, sizeof(r));
	memset(big, 'x', sizeof(big));
	r.cookie = true;
	dhcp_put_u8(&r, OPT_TYPE, DHCP_OFFER);
	dhcp_put(&r, OPT_DOMAIN_SEARCH, big, sizeof(big));
	dhcp_put_u32(&r, OPT_DNS, 1);
	size_t n = dhcp_build(&r, out, sizeof(out), 576);
	assert_in_range(n, 300, 576);
	assert_int_equal(dhcp_parse(out, n, &m, &why), CB_OK);
	assert_null(m.opt[OPT_DOMAIN_SEARCH].data);
	assert_non_null(m.opt[OPT_DNS].data);
	n = dhcp_build(&r, out, sizeof(out), 1500);     /* with room, it is split and joined again */
	assert_int_equal(dhcp_parse(out, n, &m, &why), CB_OK);
	assert_int_equal(m.opt[OPT_DOMAIN_SEARCH].len, sizeof(big));
	assert_int_equal(dhcp_build(&r, out, 200, 1500), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captured_clients_are_understood),
		cmocka_unit_test(test_other_vendor_areas_are_told_from_none), cmocka_unit_test(test_pieces_of_an_option_are_joined),
		cmocka_unit_test(test_user_class_list_of_rfc_3004),
		cmocka_unit_test(test_user_classes_that_fill_the_text_to_its_end),
		cmocka_unit_test(test_malformed_packets_are_refused),
		cmocka_unit_test(test_ten_thousand_pads_and_no_end_are_harmless),
		cmocka_unit_test(test_reply_is_sorted_padded_and_ends_with_relay_information),
		cmocka_unit_test(test_what_does_not_fit_goes_least_needed_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
