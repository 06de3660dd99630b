/* SPDX-License-Identifier: GPL-2.0-or-later
 * report_test.c - what scripts read: reports, log lines, fault texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "value/json.h"

static struct value *json(const char *text)
{
	struct value *v = NULL;
	struct err e;
	if (json_parse(text, strlen(text), &v, &e) < 0)
		fail_msg("%s", e.text);
	return v;
}

static void test_labels_are_those_of_the_python_command(void **state UNUSED)
{
	static const struct { enum item_type type; const char *field, *label; } want[] = {
		{ ITEM_DISTRO, "name", "Name" },
		{ ITEM_DISTRO, "arch", "Architecture" },
		{ ITEM_REPO, "arch", "Arch" },
		{ ITEM_DISTRO, "mgmt_classes", "Management Classes" },
		{ ITEM_DISTRO, "os_version", "OS Version" },
		{ ITEM_DISTRO, "redhat_management_key", "Redhat Management Key" },
		{ ITEM_PROFILE, "redhat_management_key", "Red Hat Management Key" },
		{ ITEM_PROFILE, "dhcp_tag", "DHCP Tag" },
		{ ITEM_PROFILE, "virt_cpus", "Virt CPUs" },
		{ ITEM_PROFILE, "virt_file_size", "Virt File Size(GB)" },
		{ ITEM_IMAGE, "virt_file_size", "Virt File Size (GB)" },
		{ ITEM_PROFILE, "parent", "Parent Profile" },
		{ ITEM_MENU, "parent", "Parent Menu" },
		{ ITEM_SYSTEM, "proxy", "Internal Proxy" },
		{ ITEM_PROFILE, "proxy", "Proxy" },
		{ ITEM_SYSTEM, "power_identity_file", "Power Identity File" },
		{ ITEM_SYSTEM, "virt_pxe_boot", "Virt PXE Boot" },
		{ ITEM_SYSTEM, "ipv6_default_device", "IPv6 Default Device" },
		{ ITEM_INTERFACE, "mac_address", "MAC Address" },
		{ ITEM_INTERFACE, "netmask", "Subnet Mask" },
		{ ITEM_INTERFACE, "mtu", "MTU" },
		{ ITEM_INTERFACE, "cnames", "CNAMES" },
		{ ITEM_INTERFACE, "ipv6_mtu", "IPv6 MTU" },
		{ ITEM_REPO, "rpm_list", "RPM List" },
		{ ITEM_FILE, "is_dir", "Is Directory" },
	};
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		char *got CLEANUP(free_ptr) = label_of(want[i].type, want[i].field);
		assert_string_equal(got, want[i].label);
	}
}

static void test_menu_report_has_the_layout_that_scripts_read(void **state UNUSED)
{
	struct value *menu CLEANUP(v_unrefp) = json("{\"parent\": \"top\", \"depth\": 1, \"ctime\": 1.5, \"name\": \"m\", "
		"\"comment\": \"\", \"display_name\": \"A b\", \"uid\": \"x\"}");
	struct strbuf b CLEANUP(sb_free) = { 0 };
	report_item(ITEM_MENU, menu, &b);
	assert_string_equal(sb_str(&b),
		"Name                           : m\n"
		"Comment                        : \n"
		"Display Name                   : A b\n"
		"Parent Menu                    : top\n");
}

static void test_values_are_printed_as_python_prints_them(void **state UNUSED)
{
	struct value *p CLEANUP(v_unrefp) = json("{\"name\": \"p\", "
		"\"kernel_options\": {\"a\": [\"1\", \"2\"], \"q\": \"~\"}, "
		"\"enable_menu\": true, \"owners\": [\"admin\"], \"virt_file_size\": 5.0}");
	struct strbuf b CLEANUP(sb_free) = { 0 };
	report_item(ITEM_PROFILE, p, &b);
	assert_non_null(strstr(sb_str(&b), "\nKernel Options                 : {'a': ['1', '2'], 'q': '~'}\n"));
	assert_non_null(strstr(sb_str(&b), "\nEnable PXE Menu?               : True\n"));
	assert_non_null(strstr(sb_str(&b), "\nOwners                         : ['admin']\n"));
	assert_non_null(strstr(sb_str(&b), "\nVirt File Size(GB)             : 5.0\n"));
}

static void test_system_report_ends_with_its_interfaces(void **state UNUSED)
{
	struct value *s CLEANUP(v_unrefp) = json("{\"name\": \"s\", \"interfaces\": {\"eth1\": {\"mac_address\": \"aa\"}, "
		"\"eth0\": {\"static\": false}}}");
	struct strbuf b CLEANUP(sb_free) = { 0 };
	report_item(ITEM_SYSTEM, s, &b);
	const char *eth1 = strstr(sb_str(&b), "\nInterface =====                : eth1\n");
	const char *eth0 = strstr(sb_str(&b), "\nInterface =====                : eth0\n");
	assert_non_null(eth1);
	assert_true(eth0 > eth1);
	assert_non_null(strstr(eth1, "\nMAC Address                    : aa\n"));
	assert_non_null(strstr(eth0, "\nStatic                         : False\n"));
}

static void test_log_lines_lose_their_prefix(void **state UNUSED)
{
	assert_string_equal(log_message("[id] 2026-11-23T02:22:33 - INFO | running pre-sync triggers"),
		"running pre-sync triggers");
	assert_string_equal(log_message("a | b | c"), "c");
	assert_string_equal(log_message("plain"), "plain");
}

static void test_progress_lines_are_told_from_messages(void **state UNUSED)
{
	double d = -1;
	assert_true(log_progress("[id] 2026-11-23T02:22:33 - INFO | ### PROGRESS 0.250", &d));
	assert_true(d > 0.2499 && d < 0.2501);
	assert_false(log_progress("[id] t - INFO | progress 0.5", &d));
	assert_false(log_progress("[id] t - INFO | ### PROGRESS soon", &d));
	assert_false(log_progress("[id] t - INFO | ### PROGRESS 7", &d));
	assert_false(log_progress("[id] t - INFO | ### PROGRESS nan", &d));
}

static void test_fault_texts_are_readable(void **state UNUSED)
{
	static const struct { const char *fault, *text; } want[] = {
		{ "<class 'cobbler.cexceptions.CX'>:'login failed ()'", "login failed ()" },
		{ "<class 'ValueError'>:calling find with no arguments", "calling find with no arguments" },
		{ "<class 'cobbler.cexceptions.CX'>:\"it's there\"", "it's there" },
		{ "something else", "something else" },
		{ "", "" },
		{ "<class 'X'>:'", "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		char *got CLEANUP(free_ptr) = client_fault_text(want[i].fault);
		assert_string_equal(got, want[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels_are_those_of_the_python_command),
		cmocka_unit_test(test_menu_report_has_the_layout_that_scripts_read),
		cmocka_unit_test(test_values_are_printed_as_python_prints_them),
		cmocka_unit_test(test_system_report_ends_with_its_interfaces),
		cmocka_unit_test(test_log_lines_lose_their_prefix),
		cmocka_unit_test(test_progress_lines_are_told_from_messages),
		cmocka_unit_test(test_fault_texts_are_readable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
