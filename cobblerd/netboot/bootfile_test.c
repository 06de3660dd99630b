/* SPDX-License-Identifier: GPL-2.0-or-later
 * bootfile_test.c - one row per kind of client and wish.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "netboot/bootfile.h"
#include "value/json.h"

enum { PXE = 1, HTTP = 2, IPXE = 4 };                 /* what the client says */
enum { KNOWN = 1, LOCAL = 2, WANT_IPXE = 4, ONLY_GRUB = 8, OVERRIDE = 16 };

static void test_choices(void **state)
{
	static const struct { uint16_t arch; int client, wish; const char *filename, *want; bool http; } rows[] = {
		{ 0, PXE, KNOWN, "", "pxelinux.0", false },
		{ 0, PXE | IPXE, KNOWN, "", "pxelinux.0", false },
		{ 0, PXE, KNOWN | ONLY_GRUB, "", "grub/grub.0", false },
		{ 0, PXE, KNOWN | WANT_IPXE, "", "undionly.kpxe", false },
		{ 0, PXE | IPXE, KNOWN | WANT_IPXE, "", "http://10.0.0.1/cblr/svc/op/ipxe/system/web%201", false },
		{ 0, PXE, KNOWN | LOCAL, "", "", false },
		{ 0, PXE, KNOWN | LOCAL, "x.0", "", false },
		{ 0, PXE, KNOWN, "special/x.0", "special/x.0", false },
		{ 0, PXE, 0, "", "pxelinux.0", false },
		{ 0, PXE | IPXE, WANT_IPXE, "", "ipxe/default.ipxe", false },
		{ 0xffff, 0, KNOWN, "", "pxelinux.0", false },
		{ 65535, PXE, 0, "", "pxelinux.0", false },
		{ 4711, PXE, 0, "", "pxelinux.0", false },
		{ 7, PXE, KNOWN, "", "grub/grubx64.efi", false },
		{ 9, PXE, KNOWN, "", "grub/grubx64.efi", false },
		{ 7, PXE, KNOWN | WANT_IPXE, "", "snponly.efi", false },
		{ 7, PXE | IPXE, KNOWN | WANT_IPXE, "", "http://10.0.0.1/cblr/svc/op/ipxe/system/web%201", false },
		{ 7, PXE, KNOWN | OVERRIDE, "", "sb/shimx64.efi", false },
		{ 9, PXE, KNOWN | OVERRIDE, "", "number9.efi", false },
		{ 6, PXE, KNOWN | WANT_IPXE, "", "grub/bootia32.efi", false },
		{ 11, PXE, KNOWN, "", "grub/grubaa64.efi", false },
		{ 16, HTTP, KNOWN, "", "http://10.0.0.1/httpboot/grubx64.efi", true },
		{ 16, HTTP, KNOWN | WANT_IPXE, "", "http://10.0.0.1/tftpboot/snponly.efi", true },
		{ 16, HTTP, KNOWN, "/boot/x.efi", "http://10.0.0.1/tftpboot/boot/x.efi", true },
		{ 16, HTTP, KNOWN, "http://other/x.efi", "http://other/x.efi", true },
		{ 16, HTTP, KNOWN | LOCAL, "", "", false },
	};
	struct value *over;
	struct err e;
	static const char json[] = "{\"uefi-x64\": \"sb/shimx64.efi\", \"9\": \"number9.efi\"}";
	(void)state;
	assert_int_equal(json_parse(json, strlen(json), &over, &e), CB_OK);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct boot_ident id = { .arch = rows[i].arch, .pxe = rows[i].client & PXE, .http = rows[i].client & HTTP,
			.ipxe = rows[i].client & IPXE };
		struct boot_wish w = { .known = rows[i].wish & KNOWN, .netboot = !(rows[i].wish & LOCAL), .ipxe = rows[i].wish & WANT_IPXE,
			.grub = true, .pxelinux = !(rows[i].wish & ONLY_GRUB), .filename = rows[i].filename, .system = "web 1",
			.http_server = "10.0.0.1", .overrides = rows[i].wish & OVERRIDE ? over : NULL };
		char out[512];
		bool http;
		bootfile_choose(&id, &w, out, sizeof(out), &http);
		if (strcmp(out, rows[i].want) != 0 || http != rows[i].http)
			fail_msg("row %zu: \"%s\" instead of \"%s\", http %d", i, out, rows[i].want, http);
	}
	v_unref(over);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_choices) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
