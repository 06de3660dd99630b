/* SPDX-License-Identifier: GPL-2.0-or-later
 * hosts_test.c - files of external daemons from the shipped templates: DHCP with bonds, IPv6 and hostile texts, zones,
 * tinydns, genders.
 */
#include <time.h>

#include "base/clock.h"
#include "core/edit.h"
#include "core/testkit.h"
#include "manage/manage.h"

static void add_items(void)
{
	add(ITEM_DISTRO, "{\"name\":\"d\",\"uid\":\"1\",\"breed\":\"debian\",\"os_version\":\"bookworm\",\"arch\":\"aarch64\","
		"\"kernel\":\"%s/k/linux\",\"initrd\":\"%s/k/initrd.gz\",\"boot_loaders\":[\"grub\"]}");
	add(ITEM_PROFILE, "{\"name\":\"first\",\"uid\":\"5\",\"distro\":\"d\",\"autoinstall\":\"\"}");
	add(ITEM_PROFILE, "{\"name\":\"p\",\"uid\":\"2\",\"distro\":\"d\",\"autoinstall\":\"\"}");
	add(ITEM_MGMTCLASS, "{\"name\":\"web\",\"uid\":\"6\"}");
	add(ITEM_MGMTCLASS, "{\"name\":\"idle\",\"uid\":\"7\"}");
	add(ITEM_SYSTEM,
		"{\"name\":\"one\",\"uid\":\"3\",\"profile\":\"p\",\"netboot_enabled\":true,\"mgmt_classes\":[\"web\"],"
		"\"filename\":\"x\\\"; } evil { \\n\",\"gateway\":\"10.0.0.254\",\"interfaces\":{"
		"\"bond0\":{\"interface_type\":\"bond\",\"ip_address\":\"10.0.0.1\",\"netmask\":\"255.255.255.0\","
		"\"dns_name\":\"one.example.org\"},"
		"\"eth0\":{\"interface_type\":\"bond_slave\",\"interface_master\":\"bond0\",\"mac_address\":\"52:54:00:"
		"00:00:01\"},"
		"\"eth1\":{\"interface_type\":\"bond_slave\",\"interface_master\":\"bond0\",\"mac_address\":\"52:54:00:"
		"00:00:02\"}}}");
	add(ITEM_SYSTEM,
		"{\"name\":\"two\",\"uid\":\"4\",\"profile\":\"p\",\"netboot_enabled\":false,\"mgmt_classes\":[\"web\"]"
		",\"interfaces\":{"
		"\"eth0\":{\"mac_address\":\"52:54:00:00:00:03\",\"ip_address\":\"10.0.0.12\",\"dns_name\":\"two.lab."
		"example.org\","
		"\"ipv6_address\":\"fd00::12\",\"cnames\":[\"alias.example.org\"],\"dhcp_tag\":\"lab\"},"
		"\"eth1\":{\"mac_address\":\"52:54:00:00:00:04\",\"ip_address\":\"10.0.0.13\",\"static\":true}}}");
}

static int setup(void **state)
{
	(void)state;
	static const char settings[] =
		"server: 10.0.0.250\nmanage_dhcp: true\nmanage_dhcp_v4: true\nmanage_dhcp_v6: true\nmanage_dns: true\n"
		"manage_genders: true\nmanage_forward_zones: [example.org, lab.example.org]\nmanage_reverse_zones: "
		"['10.0.0', 'fd00::']\n"
		"bind_zonefile_path: /var/lib/bind\n";
	assert_int_equal(root_make(state), 0);
	copy_library("boot_loader_conf", "/etc/cobbler");
	copy_library("grub_config", "/var/lib/cobbler");
	copy_library("etc/.", "/etc/cobbler");
	put_file("/etc/cobbler/settings.yaml", settings);
	put_file("/etc/genders", "");
	put_file("/k/linux", "KERNEL");
	put_file("/k/initrd.gz", "INITRD");
	open_core();
	add_items();
	return 0;
}

static char *read_back(const char *path)
{
	struct strbuf b = { 0 };
	char *full = xasprintf("%s%s", root, path);
	if (file_read(AT_FDCWD, full, 1u << 20, &b, NULL) != CB_OK)
		fail_msg("%s is not there", path);
	free(full);
	sb_addc(&b, '\0');
	return sb_take(&b);
}

static void expect(const char *path, const char *part, bool want)
{
	char *s = read_back(path);
	if ((strstr(s, part) != NULL) != want)
		fail_msg("%s %s \"%s\":\n%s", path, want ? "lacks" : "has", part, s);
	free(s);
}

static void sync_all(void)
{
	struct err e;
	if (manage_sync(&core, NULL, NULL, &e) != CB_OK)
		fail_msg("%s", e.text);
}

static void test_dhcpd_knows_each_machine_once(void **state)
{
	(void)state;
	static const char conf[] = "/etc/dhcp/dhcpd.conf";
	sync_all();
	/* the first slave of a bond has the bond's address, the second has no entry */
	expect(conf,
		"host one.example.org {\n        hardware ethernet 52:54:00:00:00:01;\n        fixed-address 10.0.0.1;",
		true);
	expect(conf, "52:54:00:00:00:02", false);
	expect(conf, "option routers 10.0.0.254;", true);
	expect(conf, "# machines with the DHCP tag lab\n", true);
	expect(conf, "filename \"grub/grubaa64.efi\";", true);
	/* a static address of a machine that does not boot from the network needs no entry */
	expect(conf, "52:54:00:00:00:04", false);
}

static void test_texts_do_not_end_strings(void **state)
{
	(void)state;
	sync_all();
	expect("/etc/dhcp/dhcpd.conf", "filename \"x; } evil { \";", true);
	expect("/etc/dhcp/dhcpd.conf", "x\"; }", false);
}

static void test_dhcpd6_lists_ipv6_addresses(void **state)
{
	(void)state;
	sync_all();
	expect("/etc/dhcp/dhcpd6.conf", "fixed-address6 fd00::12;", true);
	expect("/etc/dhcp/dhcpd6.conf", "52:54:00:00:00:01", false);
}

static void test_zones_hold_their_hosts(void **state)
{
	(void)state;
	sync_all();
	expect("/var/lib/bind/example.org", "one  IN  A     10.0.0.1;\n", true);
	/* compat: aliases are in all zones */
	expect("/var/lib/bind/example.org", "alias  CNAME  two;\n", true);
	expect("/var/lib/bind/lab.example.org", "two  IN  A     10.0.0.12;\ntwo  IN  AAAA  fd00::12;\n", true);
	expect("/var/lib/bind/10.0.0", "1   IN  PTR  one.example.org.;\n12  IN  PTR  two.lab.example.org.;\n", true);
	expect("/var/lib/bind/fd00:0000:0000:0000", "2.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0  IN  PTR  two.lab.example.org.;\n", true);
	expect("/etc/bind/named.conf", "zone \"0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa.\"", true);
	expect("/etc/bind/named.conf", "zone \"0.0.10.in-addr.arpa.\"", true);
}

static double some_noon(void)
{
	return 1799841600;         /* the 13th of January 2027, 12:00 UTC */
}

static void test_serials_grow(void **state)
{
	(void)state;
	struct err e;
	assert_int_equal(manage_sync_dns(&core, NULL, &e), CB_OK);
	char *first = read_back("/var/lib/cobbler/bind_serial");
	assert_int_equal(manage_sync_dns(&core, NULL, &e), CB_OK);
	char *second = read_back("/var/lib/cobbler/bind_serial");
	assert_int_equal(strlen(first), 10);
	assert_true(strcmp(second, first) > 0);
	free(first);
	free(second);
	/* more than a hundred a day, and a clock that was set back: secondary servers take no older serial */
	char old[16];
	clock_set_for_test(some_noon, NULL);               /* a day that does not end meanwhile */
	time_t now = (time_t)some_noon();
	struct tm tm;
	localtime_r(&now, &tm);
	strftime(old, sizeof(old), "%Y%m%d99", &tm);
	const char *const before[] = { old, "2999010142\n", "4294967295", "no number" };
	for (size_t i = 0; i < ARRAY_LEN(before); i++) {
		put_file("/var/lib/cobbler/bind_serial", before[i]);
		assert_int_equal(manage_sync_dns(&core, NULL, &e), CB_OK);
		second = read_back("/var/lib/cobbler/bind_serial");
		assert_int_equal(strlen(second), 10);
		if (i < 2)
			assert_true(strcmp(second, before[i]) > 0);
		else
			assert_int_equal(memcmp(second, old, 8), 0);
		free(second);
	}
	clock_set_for_test(NULL, NULL);
}

/* After each edit the zones are looked at; secondary servers fetch them, and named starts anew, when they say something else. */
static void test_edits_without_names_leave_zones_alone(void **state)
{
	(void)state;
	struct err e;
	static const char *const names[] = { "two" };
	sync_all();
	char *first = read_back("/var/lib/cobbler/bind_serial");
	CLEANUP(item_unrefp) struct item *old = model_get(core.model, ITEM_SYSTEM, "two"), *it = item_edit(old), *moved = NULL;
	item_put(it, "comment", v_str("about it"));
	assert_int_equal(edit_save(&core, it, false, false, &e), CB_OK);
	assert_int_equal(manage_follow(&core, ITEM_SYSTEM, names, 1, &e), CB_OK);
	char *second = read_back("/var/lib/cobbler/bind_serial");
	assert_string_equal(first, second);
	moved = item_edit(it);
	struct value *name = v_str("renamed.lab.example.org");
	assert_int_equal(item_set_interface(moved, "eth0", "dns_name", name, &e), CB_OK);
	v_unref(name);
	assert_int_equal(edit_save(&core, moved, false, false, &e), CB_OK);
	assert_int_equal(manage_follow(&core, ITEM_SYSTEM, names, 1, &e), CB_OK);
	char *third = read_back("/var/lib/cobbler/bind_serial");
	assert_true(strcmp(third, second) > 0);
	expect("/var/lib/bind/lab.example.org", "renamed  IN  A     10.0.0.12;\n", true);
	/* a sync that somebody asks for writes them in any case: what their templates include may have changed */
	sync_all();
	char *fourth = read_back("/var/lib/cobbler/bind_serial");
	assert_true(strcmp(fourth, third) > 0);
	assert_int_equal(edit_save(&core, it, false, false, &e), CB_OK);
	free(first);
	free(second);
	free(third);
	free(fourth);
}

static void test_genders_name_the_groups(void **state)
{
	(void)state;
	sync_all();
	expect("/etc/genders", "one,two profile=p\n", true);
	expect("/etc/genders", "distro=", false);        /* compat: 3.3.7 finds no system by its distro */
	expect("/etc/genders", "one,two web\n", true);
	/* in the order of the profiles, whoever comes first among the systems; only classes that are items */
	add(ITEM_SYSTEM, "{\"name\":\"a\",\"uid\":\"8\",\"profile\":\"first\",\"mgmt_classes\":[\"no-item\"]}");
	add(ITEM_PROFILE, "{\"name\":\"classy\",\"uid\":\"9\",\"distro\":\"d\",\"autoinstall\":\"\",\"mgmt_classes\":[\"idle\"]}");
	add(ITEM_SYSTEM, "{\"name\":\"b\",\"uid\":\"10\",\"profile\":\"classy\"}");
	sync_all();
	expect("/etc/genders", "a profile=first\none,two profile=p\n", true);
	expect("/etc/genders", "no-item", false);
	expect("/etc/genders", "idle", false);
}

static void test_dnsmasq_for_dns_alone(void **state)
{
	(void)state;
	struct err e;
	put_file("/etc/cobbler/modules.conf", "[dns]\nmodule = managers.dnsmasq\n[dhcp]\nmodule = managers.isc\n");
	assert_int_equal(settings_reload(core.settings, &e), CB_OK);
	assert_int_equal(manage_sync_dns(&core, NULL, &e), CB_OK);
	expect("/var/lib/cobbler/cobbler_hosts", "fd00::12\ttwo.lab.example.org alias.example.org\n", true);
	expect("/etc/dnsmasq.conf", "dhcp-host=net:aarch64,52:54:00:00:00:04,10.0.0.13\n", true);
	put_file("/etc/dnsmasq.conf", "");
	sync_all();
	expect("/etc/dnsmasq.conf", "dhcp-host=net:aarch64,52:54:00:00:00:04,10.0.0.13\n", true);
	expect("/etc/dhcp/dhcpd.conf", "one.example.org", true);
}

static void test_tinydns(void **state)
{
	(void)state;
	struct err e;
	put_file("/etc/cobbler/modules.conf", "[dns]\nmodule = managers.ndjbdns\n[dhcp]\nmodule = managers.isc\n");
	assert_int_equal(settings_reload(core.settings, &e), CB_OK);
	assert_int_equal(manage_sync_dns(&core, NULL, &e), CB_OK);
	expect("/etc/ndjbdns/data", "=one.example.org:10.0.0.1\n=two.lab.example.org:10.0.0.12\n", true);
	add(ITEM_SYSTEM, "{\"name\":\"again\",\"uid\":\"9\",\"profile\":\"p\",\"interfaces\":{\"eth0\":{\"dns_name\":"
			 "\"one.example.org\"}}}");
	assert_int_equal(manage_sync_dns(&core, NULL, &e), CB_EEXIST);
	assert_string_equal(e.text, "Duplicate DNS name: one.example.org");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dhcpd_knows_each_machine_once),
		cmocka_unit_test(test_texts_do_not_end_strings),
		cmocka_unit_test(test_dhcpd6_lists_ipv6_addresses),
		cmocka_unit_test(test_zones_hold_their_hosts),
		cmocka_unit_test(test_serials_grow),
		cmocka_unit_test(test_edits_without_names_leave_zones_alone),
		cmocka_unit_test(test_genders_name_the_groups),
		cmocka_unit_test(test_dnsmasq_for_dns_alone),
		cmocka_unit_test(test_tinydns),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
