/* SPDX-License-Identifier: GPL-2.0-or-later
 * naming_test.c - names as 3.3.7 gives them (recorded imports), sources and rsync flags that are taken or refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "import/naming.h"

static void test_names(void **state)
{
	(void)state;
	static const struct { const char *mirror, *dir, *kernel, *expect; bool remote; } rows[] = {
		{ "rhel6", "images/pxeboot", "vmlinuz", "rhel6", false },
		{ "debian11", "install.amd", "vmlinuz", "debian11", false },
		{ "debian11", "install.amd/gtk", "vmlinuz", "debian11-gtk", false },
		{ "debian11-netboot", "install/netboot/debian-installer/amd64", "vmlinuz", "debian11-debianer", false },
		{ "ubuntu2004-live", "casper", "casper/vmlinuz", "ubuntu2004-live-casper", false },
		{ "autoinstall-file-x86_64", "install.amd", "vmlinuz", "autoinstall-file", false },
		{ "sles15", "boot/x86_64/loader", "linux", "sles15", false },
		{ "esxi70", "", "mboot.c32", "esxi70", false },
		{ "available-as", "install.amd", "vmlinuz", "available-as", true },
		{ "old", "images/pxeboot", "images/pxeboot/vmlinuz-PAE", "old-PAE", false },
		{ "old", "images/xen", "images/xen/vmlinuz", "old-xen", false },
		{ "a--b", "ppc/chrp", "vmlinuz", "a-b", false },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *name = import_distro_name(rows[i].mirror, rows[i].dir, rows[i].kernel, rows[i].remote);
		assert_string_equal(name, rows[i].expect);
		free(name);
	}
}

static void test_mirror_names(void **state)
{
	(void)state;
	static const struct { const char *name, *arch, *expect;
	} rows[] = {
		{ "a", "", "a" },
		{ "a", "x86_64", "a-x86_64" },
		{ "a-x86_64", "x86_64", "a-x86_64" },
		{ "x86_64", "x86_64", "x86_64-x86_64" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *m = import_mirror_name(rows[i].name, rows[i].arch);
		assert_string_equal(m, rows[i].expect);
		free(m);
	}
	char *a = import_arch("X86"), *b = import_arch("AMD64");
	assert_string_equal(a, "i386");
	assert_string_equal(b, "amd64");
	free(a);
	free(b);
}

static void test_sources(void **state)
{
	(void)state;
	static const struct { const char *path; enum import_source kind;
	} rows[] = {
		{ "/srv/a.iso", SOURCE_LOCAL },
		{ "rsync://mirror.example/debian/", SOURCE_RSYNC },
		{ "root@host:/srv/tree", SOURCE_SSH },
		{ "host:/srv", SOURCE_SSH },
		{ "http://h/x.iso", SOURCE_BAD },
		{ "ftp://h/", SOURCE_BAD },
		{ "nfs://h:/x", SOURCE_BAD },
		{ "file:///etc", SOURCE_BAD },
		{ "rsync://169.254.169.254/x", SOURCE_BAD },
		{ "rsync://-oProxyCommand=x/", SOURCE_BAD },
		{ "-oProxyCommand=id:/x", SOURCE_BAD },
		{ "rsync://$(id)/x", SOURCE_BAD },
		{ "relative/path", SOURCE_BAD },
		{ "a\nb", SOURCE_BAD },
		{ "rsync://[fe80::1]/x", SOURCE_BAD },
		{ "rsync://u@169.254.1.1/x", SOURCE_BAD },
		{ "", SOURCE_BAD },
		{ "rsync:///x", SOURCE_BAD },
		{ "@host:/x", SOURCE_BAD },
		{ "user:password@host:/x", SOURCE_BAD },
		{ "rsync://user:password@host/x", SOURCE_BAD },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *why;
		if (import_source_kind(rows[i].path, &why) != rows[i].kind)
			fail_msg("%s", rows[i].path);
		assert_true(rows[i].kind != SOURCE_BAD || *why != '\0');
	}
}

static void test_rsync_flags(void **state)
{
	(void)state;
	static const char *const bad[] = { "-e sh", "--rsh=sh", "--rsync-path=x", "--delete", "--log-file=/etc/x", "x",
		"--daemon", "-", "-M--x", "--files-from=/etc/passwd", "-ae", "--backup-dir=/" };
	char *why = NULL;
	char **ok = import_rsync_flags(" -v  --bwlimit=100 --exclude=*.debug.rpm ", &why);
	assert_non_null(ok);
	assert_string_equal(ok[2], "--exclude=*.debug.rpm");
	assert_null(ok[3]);
	import_flags_free(ok);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (import_rsync_flags(bad[i], &why) != NULL)
			fail_msg("%s was taken", bad[i]);
		assert_non_null(why);
		free(why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_mirror_names),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_rsync_flags),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
