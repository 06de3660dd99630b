/* SPDX-License-Identifier: GPL-2.0-or-later
 * kopts_test.c - kernel command lines of each family, and what hostile options become in each loader.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/kopts.h"
#include "value/json.h"

static struct value *json(const char *s)
{
	struct value *v = NULL;
	assert_int_equal(json_parse(s, strlen(s), &v, NULL), 0);
	return v;
}

static void expect_text(const char *opts, const char *want)
{
	struct strbuf b = { 0 };
	struct value *v = json(opts);
	kopts_text(&b, v);
	assert_string_equal(sb_str(&b), want);
	sb_free(&b);
	v_unref(v);
}

static void test_options_as_text(void **state)
{
	(void)state;
	expect_text("{}", "");
	expect_text("{\"a\":\"1\",\"b\":[\"2\",\"3\"],\"quiet\":null}", "a=1 b=2 b=3 quiet ");
	expect_text("{\"a\":\" x \",\"b\":\"x y\",\"c\":\"\",\"d\":0,\"e\":\"~\"}", "a=x b='x y' c d e ");
	expect_text("{\"n\":5,\"t\":true,\"l\":[\"a b\"]}", "n=5 t=True l='a b' ");
	expect_text("\"plain\"", "plain");
}

struct line_case { const char *breed, *os, *arch, *kernel, *system, *blended, *want; };

static void expect_line(const struct line_case *c)
{
	struct strbuf b = { 0 };
	struct value *blended = json(c->blended);
	struct kopts_in in = {
		.opts = v_dict_get(blended, "kernel_options"),
		.meta = v_dict_get(blended, "autoinstall_meta"),
		.enable_ipxe = v_dict_bool(blended, "enable_ipxe", false),
		.has_distro = true,
		.breed = c->breed,
		.os_version = c->os,
		.arch = c->arch,
		.distro_name = "d",
		.kernel = c->kernel != NULL ? c->kernel : "/m/linux",
		.profile = "p_1",
		.system = c->system,
		.hostname = "",
		.mgmt_interface = "",
		.mgmt_mac = "",
		.server = "S",
		.http_server = "S",
		.nfs_kernel = c->kernel != NULL && str_starts(c->kernel, "/exported/") ? "10.0.0.1:/u/casper/vmlinuz" : "",
		.autoinstall = v_dict_cstr(blended, "autoinstall", "x.ks"),
		.serial_device = -1,
		.serial_baud = -1,
	};
	if (*c->system != '\0') {
		in.hostname = "h.example.org";
		in.mgmt_interface = "eth1";
		in.mgmt_mac = "52:54:00:00:00:01";
	}
	kopts_build(&b, &in);
	assert_string_equal(sb_str(&b), c->want);
	sb_free(&b);
	v_unref(blended);
}

#define URL_P "http://S/cblr/svc/op/autoinstall/profile/p_1"
#define URL_S "http://S/cblr/svc/op/autoinstall/system/s"

static void test_lines_of_the_families(void **state)
{
	(void)state;
	static const struct line_case cases[] = {
		{"redhat", "rhel8", "x86_64", NULL, "", "{\"kernel_options\":{\"a\":\"1\"}}",
			" a=1  inst.ks.sendmac inst.ks=" URL_P},
		{"redhat", "rhel6", "x86_64", NULL, "s", "{\"kernel_options\":{}}", "  kssendmac ks=" URL_S},
		/* a distro whose family was never said has no answer file */
		{"", "", "x86_64", NULL, "s", "{\"kernel_options\":{\"a\":\"1\"}}", " a=1 "},
		{"redhat", "rhel9", "x86_64", NULL, "s",
			"{\"kernel_options\":{},\"autoinstall_meta\":{\"tree\":\"http://S/t\"}}",
			"  inst.ks.sendmac inst.ks=" URL_S " inst.repo=http://S/t"},
		{"redhat", "rhel9", "x86_64", NULL, "s",
			"{\"kernel_options\":{\"ksdevice\":\"bootif\"},\"enable_ipxe\":true}",
			" ksdevice=${net0/mac}  inst.ks.sendmac inst.ks=" URL_S},
		{"suse", "sles15sp4", "x86_64", NULL, "s", "{\"kernel_options\":{\"text\":null}}",
			" textmode=1 info=http://S/cblr/svc/op/nopxe/system/s  autoyast=" URL_S
			" netdevice=52:54:00:00:00:01"},
		{"suse", "sles15sp4", "s390x", NULL, "s", "{\"kernel_options\":{}}",
			" info=http://S/cblr/svc/op/nopxe/system/s  autoyast=" URL_S},
		{"suse", "sles16.0", "x86_64", NULL, "",
			"{\"kernel_options\":{},\"autoinstall_meta\":{\"tree\":\"http://S/t\"}}",
			"  root=live:http://S/t/LiveOS/squashfs.img inst.auto=" URL_P},
		{"debian", "bullseye", "x86_64", NULL, "s", "{\"kernel_options\":{}}",
			"  auto-install/enable=true priority=critical netcfg/choose_interface=auto url=" URL_S
			" netcfg/choose_interface=eth1 hostname=h domain=example.org suite=bullseye"},
		{"ubuntu", "focal", "x86_64", NULL, "", "{\"kernel_options\":{}}",
			"  auto-install/enable=true priority=critical netcfg/choose_interface=auto url=" URL_P
			" hostname=p1 domain=local.lan suite=focal"},
		{"ubuntu", "noble", "x86_64", "/m/casper/vmlinuz", "s",
			"{\"kernel_options\":{},\"autoinstall_meta\":{\"iso\":\"http://S/u.iso\"}}",
			"  ip=dhcp url=http://S/u.iso autoinstall "
			"ds=nocloud-net;s=http://S/cblr/svc/op/nocloud/system/s/"
			" cloud-config-url=/dev/null"},
		{"ubuntu", "noble", "x86_64", "/exported/u/casper/vmlinuz", "",
			"{\"kernel_options\":{},\"autoinstall_meta\":{\"nfsroot\":\"h:/u\",\"iso\":\"http://S/u.iso\"}}",
			"  ip=dhcp netboot=nfs nfsroot=h:/u autoinstall ds=nocloud-net;s=http://S/cblr/svc/op/nocloud/profile/p_1/"
			" cloud-config-url=/dev/null"},
		{"ubuntu", "noble", "x86_64", "/exported/u/casper/vmlinuz", "",
			"{\"kernel_options\":{\"url\":\"http://S/own.iso\"},\"autoinstall_meta\":{\"iso\":\"http://S/u.iso\"},"
			"\"autoinstall\":\"\"}",
			" url=http://S/own.iso  ip=dhcp"},
		{"ubuntu", "noble", "x86_64", "/exported/u/casper/vmlinuz", "", "{\"kernel_options\":{},\"autoinstall\":\"\"}",
			"  ip=dhcp netboot=nfs nfsroot=10.0.0.1:/u"},
		{"ubuntu", "noble", "x86_64", "/m/casper/vmlinuz", "s",
			"{\"kernel_options\":{\"ip\":\"dhcp\",\"ds\":\"nocloud-net;s=http://other/\"}}",
			" ip=dhcp ds=nocloud-net;s=http://other/ "},
		{"freebsd", "13.0", "x86_64", NULL, "",
			"{\"kernel_options\":{\"ksdevice\":\"bootif\",\"lang\":\"en\"}}", "  locale=en  ks=" URL_P},
		{"vmware", "esxi70", "x86_64", NULL, "s", "{\"kernel_options\":{\"a\":\"1\",\"initrd\":\"/x\"}}",
			" ks=" URL_S " a=1 "},
		{"vmware", "esx4", "x86_64", NULL, "", "{\"kernel_options\":{}}",
			"  vmkopts=debugLogToSerial:1 mem=512M ks=" URL_P},
		{"xen", "xenserver620", "x86_64", NULL, "s", "{\"kernel_options\":{\"a\":\"1\"}}",
			"append /images/d/xen.gz dom0_max_vcpus=2 dom0_mem=752M com1=115200,8n1 console=com1,vga --- "
			"/images/d/vmlinuz"
			" xencons=hvc console=hvc0 console=tty0 install answerfile=" URL_S
			" --- /images/d/install.img"},
		{"powerkvm", "1", "ppc64le", NULL, "", "{\"kernel_options\":{\"initrd\":\"/i\"}}",
			",/i  kssendmac kvmp.inst.auto=" URL_P},
		{"windows", "2019", "x86_64", NULL, "", "{\"kernel_options\":{\"a\":\"1\"}}", " a=1 "},
		{"redhat", "rhel8", "arm", NULL, "", "{\"kernel_options\":{}}",
			"  inst.ks.sendmac inst.ks=" URL_P " fixrtc vram=48M omapfb.vram=0:24M"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect_line(&cases[i]);
}

static void test_serial_console_has_defaults(void **state)
{
	(void)state;
	int64_t line, speed;
	assert_false(kopts_serial(-1, -1, &line, &speed));
	assert_true(kopts_serial(1, -1, &line, &speed));
	assert_int_equal(line, 1);
	assert_int_equal(speed, 115200);
	assert_true(kopts_serial(-1, 9600, &line, &speed));
	assert_int_equal(line, 0);
}

static void expect_quoted(enum loader l, const char *in, const char *want)
{
	struct strbuf b = { 0 };
	loader_quote(&b, l, in);
	assert_string_equal(sb_str(&b), want);
	sb_free(&b);
}

static void test_harmless_lines_stay_as_they_are(void **state)
{
	(void)state;
	static const char line[] = " a=1 b='x y' console=ttyS0,115200n8 c=$x,${y_1} inst.ks=http://S/x?y=1 --- quiet";
	static const char ipxe[] = "ip=${net0/ip}";
	for (int l = 0; l < LOADERS; l++)
		expect_quoted((enum loader)l, line, line);
	expect_quoted(LOADER_IPXE, ipxe, ipxe);
}

static void test_hostile_options_stay_on_their_line(void **state)
{
	(void)state;
	expect_quoted(LOADER_PXE, "a=1\nLABEL evil\r\n", "a=1 LABEL evil  ");
	expect_quoted(LOADER_GRUB, "ds=nocloud;s=x", "ds=nocloud\\;s=x");
	expect_quoted(LOADER_GRUB, "ds='nocloud;s=x' b=\"c;d\" e=f\\;g", "ds='nocloud;s=x' b=\"c;d\" e=f\\;g");
	expect_quoted(LOADER_GRUB, "a=' ; reboot", "a=\\' \\; reboot");
	expect_quoted(LOADER_GRUB, "\"a\\\" ; evil", "\\\"a\\\" \\; evil");
	expect_quoted(LOADER_GRUB, "x } menuentry y { z", "x \\} menuentry y \\{ z");
	expect_quoted(LOADER_GRUB, "a #b c|d>e&f <g", "a \\#b c\\|d\\>e\\&f \\<g");
	expect_quoted(LOADER_GRUB, "a\\", "a\\\\");
	expect_quoted(LOADER_GRUB, "[[ a[[ ]]", "\\[[ a[[ \\]]");
	expect_quoted(LOADER_GRUB, "ip=${net0/ip} a{b}c $ ${ ${x", "ip=\\$\\{net0/ip\\} a\\{b\\}c \\$ \\$\\{ \\$\\{x");
	expect_quoted(LOADER_GRUB, "\"a$ ${net0/ip} $b\" '${'", "\"a\\$ \\${net0/ip} $b\" '${'");
	expect_quoted(LOADER_GRUB, "a\\\nboot", "a\\\\ boot");
	expect_quoted(LOADER_IPXE, "a=1 ; shell || x && y #c", "a=1  shell  x  y ");
	expect_quoted(LOADER_IPXE, "a=1;b\nshell", "a=1;b shell");
}

/* want NULL: there is no way to write it. */
static void expect_path(enum loader l, const char *in, const char *want)
{
	struct strbuf b = { 0 };
	bool ok = loader_path(&b, l, in);
	if (ok != (want != NULL) || !str_eq(sb_str(&b), want != NULL ? want : ""))
		fail_msg("%s: %s is %s", loader_names[l], in, ok ? sb_str(&b) : "refused");
	sb_free(&b);
}

static void test_paths_stay_one_word(void **state)
{
	(void)state;
	static const struct { const char *in, *grub, *pxe, *ipxe; } rows[] = {
		{ "/images/d/vmlinuz-5.10_a+b~c,d=e@f:g", "=", "=", "=" },
		{ "(http,10.0.0.9)/k?x=%41#y", "=", "=", "=" },
		{ "http://@@http_server@@/cobbler/images/@@distro_name@@/k?x=%41&y",
			"http://@@http_server@@/cobbler/images/@@distro_name@@/k?x=%41\\&y", "=", "=" },
		{ "/images/d/vmlinuz ;reboot", "/images/d/vmlinuz\\ \\;reboot", NULL, "/images/d/vmlinuz%20;reboot" },
		{ "http://h/a b", "http://h/a%20b", "http://h/a%20b", "http://h/a%20b" },
		{ "(http,h)/a b;", "(http,h)/a%20b\\;", "(http,h)/a%20b;", "(http,h)/a%20b;" },
		{ "/a'b\"c\\d$e|f&g<h>i", "/a\\'b\\\"c\\\\d\\$e\\|f\\&g\\<h\\>i", "=", "=" },
		{ "/a%41#b?c${d}", "/a%41#b?c\\$\\{d\\}", "=", "/a%2541%23b%3Fc%24{d}" },
		{ "/a\nb", NULL, NULL, NULL }, { "http://h/a\rb", NULL, NULL, NULL }, { "/a\tb", NULL, NULL, NULL },
		{ "/a\177", NULL, NULL, NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *const want[LOADERS] = { rows[i].grub, rows[i].pxe, rows[i].ipxe };
		for (int l = 0; l < LOADERS; l++)
			expect_path((enum loader)l, rows[i].in, str_eq(want[l] != NULL ? want[l] : "", "=") ? rows[i].in : want[l]);
	}
}

static void test_labels_stay_labels(void **state)
{
	(void)state;
	static const struct { const char *in, *grub, *pxe, *ipxe; } rows[] = {
		{ "Web servers (rack 1)", "Web servers (rack 1)", "Web servers (rack 1)", "Web servers (rack 1)" },
		{ "x'\n}\nreboot '", "x\u2019 } reboot \u2019", "x' } reboot '", "x' } reboot '" },
		{ "a \"b\" c", "a \u201db\u201d c", "a \"b\" c", "a \"b\" c" },
		{ "a ; shell || b && c", "a ; shell || b && c", "a ; shell || b && c", "a  shell  b  c" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *const want[LOADERS] = { rows[i].grub, rows[i].pxe, rows[i].ipxe };
		for (int l = 0; l < LOADERS; l++) {
			struct strbuf b = { 0 };
			loader_label(&b, (enum loader)l, rows[i].in);
			assert_string_equal(sb_str(&b), want[l]);
			sb_free(&b);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_as_text),
		cmocka_unit_test(test_lines_of_the_families),
		cmocka_unit_test(test_serial_console_has_defaults),
		cmocka_unit_test(test_harmless_lines_stay_as_they_are),
		cmocka_unit_test(test_hostile_options_stay_on_their_line),
		cmocka_unit_test(test_paths_stay_one_word),
		cmocka_unit_test(test_labels_stay_labels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
