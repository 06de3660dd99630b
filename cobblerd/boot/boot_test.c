/* SPDX-License-Identifier: GPL-2.0-or-later
 * boot_test.c - what machines get from a small model with the shipped templates, and what they do not get.
 */
#include <unistd.h>

#include "boot/internal.h"
#include "core/testkit.h"

static void add_items(void)
{
	add(ITEM_DISTRO,
		"{\"name\":\"deb\",\"uid\":\"1\",\"breed\":\"debian\",\"os_version\":\"bookworm\",\"arch\":\"x86_64\","
		"\"kernel\":\"%s/k/linux\",\"initrd\":\"%s/k/"
		"initrd.gz\",\"boot_loaders\":[\"grub\",\"pxe\",\"ipxe\"]}");
	add(ITEM_DISTRO, "{\"name\":\"esx\",\"uid\":\"2\",\"breed\":\"vmware\",\"os_version\":\"esxi70\",\"arch\":\"x86_64\","
		"\"kernel\":\"%s/e/mboot.c32\",\"initrd\":\"%s/e/imgpayld.tgz\",\"boot_loaders\":[\"grub\",\"pxe\",\"ipxe\"]}");
	add(ITEM_PROFILE, "{\"name\":\"p\",\"uid\":\"3\",\"distro\":\"deb\",\"autoinstall\":\"t.seed\","
		"\"kernel_options\":{\"quiet\":null,\"ds\":\"a;b\"}}");
	add(ITEM_PROFILE, "{\"name\":\"pe\",\"uid\":\"4\",\"distro\":\"esx\",\"autoinstall\":\"\"}");
	add(ITEM_SYSTEM,
		"{\"name\":\"s\",\"uid\":\"5\",\"profile\":\"p\",\"netboot_enabled\":true,\"hostname\":\"s.example."
		"org\","
		"\"interfaces\":{\"eth0\":{\"mac_address\":\"52:54:00:AA:00:01\",\"ip_address\":\"10.0.0.1\"}}}");
	add(ITEM_SYSTEM, "{\"name\":\"off\",\"uid\":\"6\",\"profile\":\"p\",\"netboot_enabled\":false,"
		"\"interfaces\":{\"eth0\":{\"mac_address\":\"52:54:00:aa:00:02\"}}}");
	add(ITEM_SYSTEM, "{\"name\":\"byip\",\"uid\":\"7\",\"profile\":\"p\",\"netboot_enabled\":true,"
		"\"interfaces\":{\"eth0\":{\"ip_address\":\"10.0.0.9\"}}}");
	add(ITEM_SYSTEM, "{\"name\":\"se\",\"uid\":\"8\",\"profile\":\"pe\",\"netboot_enabled\":true,"
		"\"interfaces\":{\"eth0\":{\"mac_address\":\"52:54:00:aa:00:04\",\"ip_address\":\"10.0.0.4\"}}}");
	add(ITEM_DISTRO,
		"{\"name\":\"far\",\"uid\":\"10\",\"breed\":\"redhat\",\"os_version\":\"rhel8\",\"arch\":\"x86_64\","
		"\"kernel\":\"%s/k/linux\",\"initrd\":\"%s/k/initrd.gz\",\"remote_boot_kernel\":\"http://10.0.0.9/k\","
		"\"remote_boot_initrd\":\"tftp://10.0.0.9/i\",\"boot_loaders\":[\"grub\",\"ipxe\"]}");
	add(ITEM_PROFILE, "{\"name\":\"pf\",\"uid\":\"11\",\"distro\":\"far\",\"autoinstall\":\"\"}");
	add(ITEM_SYSTEM, "{\"name\":\"sf\",\"uid\":\"12\",\"profile\":\"pf\",\"netboot_enabled\":true,"
		"\"interfaces\":{\"eth0\":{\"mac_address\":\"52:54:00:aa:00:06\"}}}");
	add(ITEM_SYSTEM, "{\"name\":\"evil\",\"uid\":\"9\",\"profile\":\"p\",\"netboot_enabled\":true,"
		"\"kernel_options\":{\"x\":\"1\\nLABEL y\\n}; reboot\"},"
		"\"interfaces\":{\"eth0\":{\"mac_address\":\"52:54:00:aa:00:05\"}}}");
}

static int setup(void **state)
{
	(void)state;
	assert_int_equal(root_make(state), 0);
	copy_library("boot_loader_conf", "/etc/cobbler");
	copy_library("grub_config", "/var/lib/cobbler");
	put_file("/var/lib/cobbler/templates/t.seed", "host $hostname opts $kernel_options\n");
	put_file("/var/lib/cobbler/templates/bad.seed", "#if $x\nno end\n");
	put_file("/var/lib/cobbler/scripts/late", "run on $name\n");
	put_file("/k/linux", "KERNEL");
	put_file("/k/initrd.gz", "INITRD");
	put_file("/k/secret", "SECRET");
	put_file("/e/mboot.c32", "MBOOT");
	put_file("/e/imgpayld.tgz", "PAYLOAD");
	put_file("/e/efi/boot/bootx64.efi", "EFI");
	put_file("/e/boot.cfg", "bootstate=0\r\nkernel=/b.b00\r\nkernelopt=cdromBoot runweasel\r\nmodules=/a.b00 --- "
				"/c.d00\r\nprefix=\r\n");
	put_file("/srv/tftpboot/site/file.txt", "of the site");
	open_core();
	add_items();
	return 0;
}

/* The file as text; NULL when there is none. Owned. */
static char *fetch_as(const char *path, const char *mac, const char *ip)
{
	struct boot_client who = { 0 };
	struct boot_file f;
	struct err e;
	snprintf(who.mac, sizeof(who.mac), "%s", mac);
	snprintf(who.ip, sizeof(who.ip), "%s", ip);
	int rc = boot_tftp(&core, path, &who, &f, &e);
	if (rc == CB_ENOENT)
		return NULL;
	if (rc != CB_OK)
		fail_msg("%s: %s", path, e.text);
	struct strbuf b = { 0 };
	if (f.kind == BOOT_PATH)
		assert_int_equal(file_read(AT_FDCWD, f.path, 64u << 20, &b, &e), CB_OK);
	else
		sb_add(&b, sb_str(&f.bytes), f.bytes.len);
	boot_file_free(&f);
	sb_addc(&b, '\0');
	return sb_take(&b);
}

static char *fetch(const char *path)
{
	return fetch_as(path, "", "");
}

static void expect_has(const char *path, const char *part)
{
	char *s = fetch(path);
	if (s == NULL || strstr(s, part) == NULL)
		fail_msg("%s has no \"%s\":\n%s", path, part, s != NULL ? s : "(no such file)");
	free(s);
}

static void expect_none(const char *path)
{
	char *s = fetch(path);
	if (s != NULL)
		fail_msg("%s should not be there:\n%.200s", path, s);
}

static void test_each_loader_finds_its_system(void **state)
{
	(void)state;
	expect_has("pxelinux.cfg/01-52-54-00-aa-00-01",
		"kernel /images/deb/linux\n\tappend initrd=/images/deb/initrd.gz quiet ds=a;b ");
	expect_has("/pxelinux.cfg/01-52-54-00-AA-00-01", "url=http://127.0.0.1/cblr/svc/op/autoinstall/system/s hostname=s");
	expect_has("\\pxelinux.cfg\\01-52-54-00-aa-00-01", "default s\n");
	expect_has("bios/pxelinux.cfg/01-52-54-00-aa-00-01", "default s\n");
	expect_has("grub/system/52:54:00:aa:00:01", "clinux /images/deb/linux  quiet ds=a\\;b ");
	expect_has("grub/system_link/s", "set system=\"s\"");
	expect_has("grub/grub.cfg-01-52-54-00-aa-00-01", "$prefix/system/$mac");
	expect_has("grub.cfg-01-52-54-00-aa-00-01", "$prefix/system/$mac");
	expect_has("grub/grub.cfg", "$prefix/system/$mac");
	expect_has("pxelinux.cfg/01-52-54-00-aa-00-02", "localboot -1");
	expect_has("grub/system/52:54:00:aa:00:02", "set default='local'");
	expect_has("pxelinux.cfg/0A000009", "default byip\n");
}

static void test_remote_files_in_the_words_of_each_loader(void **state)
{
	(void)state;
	expect_has("grub/system/52:54:00:aa:00:06", "clinux (http,10.0.0.9)/k ");
	expect_has("grub/system/52:54:00:aa:00:06", "initrd (tftp,10.0.0.9)/i\n");
	expect_has("grub/x86_64_menu_items.cfg", "initrd (tftp,10.0.0.9)/i\n");
	expect_has("ipxe/default.ipxe", "initrd tftp://10.0.0.9/i\n");
	/* The name by which a kernel that is an EFI program asks iPXE for it. */
	expect_has("ipxe/default.ipxe", "kernel http://10.0.0.9/k initrd=i ");
	expect_has("ipxe/default.ipxe", "kernel /images/deb/linux initrd=initrd.gz ");
}

static void test_unknown_machines_come_to_the_menu(void **state)
{
	(void)state;
	expect_none("pxelinux.cfg/01-52-54-00-00-00-99");
	expect_none("pxelinux.cfg/0A000001");        /* known by its MAC */
	expect_none("pxelinux.cfg/0A00");
	expect_none("pxelinux.cfg/b8945908-d6a6-41a9-611d-74a6ab80b83d");
	expect_none("grub/system/52:54:00:00:00:99");
	expect_none("grub/grub.cfg-01-52-54-00-00-00-99");
	expect_none("grub/grub.cfg-0A0000");
	expect_has("pxelinux.cfg/default", "label p\n");
	expect_has("grub/x86_64_menu_items.cfg", "menuentry 'p'");
	expect_has("ipxe/default.ipxe", "item p p\n");
	char *s = fetch("grub/aarch64_menu_items.cfg");
	assert_string_equal(s, "");
	free(s);
}

static void test_a_machine_known_by_its_address_boots_with_grub(void **state)
{
	(void)state;
	char *s = fetch_as("grub/system/52:54:00:00:00:99", "", "10.0.0.9");
	assert_non_null(s);
	assert_non_null(strstr(s, "set system=\"byip\""));
	free(s);
	assert_null(fetch_as("grub/system/52:54:00:00:00:99", "", "10.0.0.1"));
}

static void test_media_are_served_from_where_they_lie(void **state)
{
	(void)state;
	expect_has("images/deb/linux", "KERNEL");
	expect_has("/grub/images/deb/initrd.gz", "INITRD");
	expect_none("images/deb/secret");
	expect_none("images/nosuch/linux");
	expect_none("images/deb");
	expect_has("site/file.txt", "of the site");
	expect_none("site");
}

static void test_paths_do_not_leave_the_tree(void **state)
{
	(void)state;
	static const char *const paths[] = {"../../../../etc/passwd", "images/../../../../../../etc/passwd",
		"/etc/passwd", "..\\..\\etc\\passwd", "site/../../../k/secret", "images/esx/../../k/secret",
		"images/esx/../secret", "", ".", "/", "grub/../../etc/cobbler/settings.yaml"};
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		expect_none(paths[i]);
	char *link = xasprintf("%s/srv/tftpboot/out", root);
	assert_int_equal(symlink("../../k/secret", link), 0);
	expect_none("out");
	free(link);
	char *longest = xmalloc(5000);
	memset(longest, 'a', 4999);
	longest[4999] = '\0';
	expect_none(longest);
	free(longest);
}

static void test_esxi_gets_its_boot_cfg(void **state)
{
	(void)state;
	char *s = fetch("pxelinux.cfg/01-52-54-00-aa-00-04");
	assert_non_null(strstr(s, "append -c /images/esx/cobbler-boot.cfg"));
	free(s);
	s = fetch_as("images/esx/cobbler-boot.cfg", "52:54:00:aa:00:04", "");
	assert_non_null(s);
	assert_true(str_starts(s, "bootstate=0\nkernel=b.b00\nkernelopt=runweasel"));
	assert_non_null(strstr(s, "modules=a.b00 --- c.d00\nprefix=/images/esx\n"));
	free(s);
	expect_has("efi/01-52-54-00-aa-00-04/boot.cfg", "prefix=/images/esx");
	expect_none("01-52-54-00-aa-00-01/boot.cfg");
	expect_has("images/esx/EFI/BOOT/BOOTX64.EFI", "EFI");
}

static bool has_line(const char *text, const char *start)
{
	for (const char *s = text; *s != '\0'; s += strcspn(s, "\n"), s += *s == '\n') {
		s += strspn(s, " \t");
		if (str_starts(s, start))
			return true;
	}
	return false;
}

/* Whoever may edit one distro, profile or menu writes nothing else into what all machines see. */
static void test_names_of_files_and_labels_do_not_break_out(void **state)
{
	(void)state;
	static const char *const menus[] = { "pxelinux.cfg/default", "grub/x86_64_menu_items.cfg", "ipxe/default.ipxe",
		"pxelinux.cfg/01-52-54-00-aa-00-21", "grub/system/52:54:00:aa:00:21", "pxelinux.cfg/01-52-54-00-aa-00-22",
		"grub/system/52:54:00:aa:00:22" };
	add(ITEM_DISTRO, "{\"name\":\"blank\",\"uid\":\"20\",\"breed\":\"debian\",\"os_version\":\"bookworm\",\"arch\":\"x86_64\","
		"\"kernel\":\"%s/k/vmlinuz ;INJECTED\",\"initrd\":\"%s/k/initrd '\\\"$x\",\"boot_loaders\":[\"grub\",\"pxe\",\"ipxe\"]}");
	add(ITEM_PROFILE, "{\"name\":\"pblank\",\"uid\":\"21\",\"distro\":\"blank\"}");
	add(ITEM_SYSTEM, "{\"name\":\"sblank\",\"uid\":\"22\",\"profile\":\"pblank\",\"netboot_enabled\":true,"
		"\"interfaces\":{\"eth0\":{\"mac_address\":\"52:54:00:aa:00:21\"}}}");
	add(ITEM_DISTRO, "{\"name\":\"lines\",\"uid\":\"23\",\"breed\":\"debian\",\"os_version\":\"bookworm\",\"arch\":\"x86_64\","
		"\"kernel\":\"%s/k/vmlinuz\\nINJECTED\",\"initrd\":\"%s/k/initrd.gz\","
		"\"remote_boot_kernel\":\"http://10.0.0.9/k\\nINJECTED\","
		"\"boot_loaders\":[\"grub\",\"pxe\",\"ipxe\"]}");
	add(ITEM_PROFILE, "{\"name\":\"plines\",\"uid\":\"24\",\"distro\":\"lines\"}");
	add(ITEM_PROFILE, "{\"name\":\"pmeta\",\"uid\":\"25\",\"distro\":\"deb\",\"autoinstall_meta\":{\"kernel\":\"x\\nINJECTED\","
		"\"initrd\":[\"y\\nINJECTED\",\"z ; INJECTED && INJECTED\"],\"img_path\":\"w\\nINJECTED\"}}");
	add(ITEM_DISTRO, "{\"name\":\"xen\",\"uid\":\"26\",\"breed\":\"xen\",\"os_version\":\"xenserver720\",\"arch\":\"x86_64\","
		"\"kernel\":\"%s/k/vmlinuz\",\"initrd\":\"%s/k/initrd.gz\",\"boot_loaders\":[\"grub\",\"pxe\",\"ipxe\"]}");
	add(ITEM_PROFILE, "{\"name\":\"pxen\",\"uid\":\"27\",\"distro\":\"xen\",\"autoinstall_meta\":{\"img_path\":\"w\\nINJECTED\"}}");
	add(ITEM_SYSTEM, "{\"name\":\"sxen\",\"uid\":\"28\",\"profile\":\"pxen\",\"netboot_enabled\":true,"
		"\"interfaces\":{\"eth0\":{\"mac_address\":\"52:54:00:aa:00:22\"}}}");
	add(ITEM_PROFILE, "{\"name\":\"pwim\",\"uid\":\"29\",\"distro\":\"deb\",\"autoinstall_meta\":{\"kernel\":\"wimboot\","
		"\"bootmgr\":\"b\\nINJECTED\",\"bcd\":\"c d\",\"winpe\":\"e ; INJECTED\"}}");
	add(ITEM_MENU, "{\"name\":\"m\",\"uid\":\"30\",\"display_name\":\"it's\\n}\\nINJECTED ; INJECTED\"}");
	add(ITEM_PROFILE, "{\"name\":\"pm\",\"uid\":\"31\",\"distro\":\"deb\",\"menu\":\"m\"}");
	for (size_t i = 0; i < ARRAY_LEN(menus); i++) {
		char *s = fetch(menus[i]);
		bool words = !str_starts(menus[i], "pxelinux");      /* there a line is what has a meaning */
		words = words && s != NULL && (strstr(s, " ; INJECTED") != NULL || strstr(s, " ;INJECTED") != NULL ||
			strstr(s, "&& INJECTED") != NULL);
		if (s != NULL && (words || has_line(s, "INJECTED")))
			fail_msg("%s:\n%s", menus[i], s);
		free(s);
	}
	/* what can be written is there, what cannot is left out, and nobody else's entry goes with it */
	expect_has("grub/x86_64_menu_items.cfg", "clinux /images/blank/vmlinuz\\ \\;INJECTED ");
	expect_has("grub/x86_64_menu_items.cfg", "cinitrd /images/blank/initrd\\ \\'\\\"\\$x\n");
	expect_has("ipxe/default.ipxe", "kernel /images/blank/vmlinuz%20;INJECTED ");
	expect_has("grub/system/52:54:00:aa:00:21", "clinux /images/blank/vmlinuz\\ \\;INJECTED ");
	expect_none("pxelinux.cfg/01-52-54-00-aa-00-21");
	expect_has("pxelinux.cfg/default", "label p\n");
	expect_has("pxelinux.cfg/default", "label pm\n");
	char *s = fetch("pxelinux.cfg/default");
	assert_null(strstr(s, "label pblank"));
	assert_null(strstr(s, "plines"));
	free(s);
	s = fetch("ipxe/default.ipxe");
	assert_null(strstr(s, "plines"));
	free(s);
}

/* What Suns ask for, once RARP has told them who they are. */
static void test_a_name_of_an_address_is_the_file_of_its_system(void **state)
{
	static const struct { const char *path; bool there; } rows[] = {
		{ "0A010001", true }, { "/0A010001", true }, { "0A010001.SUN4M", true }, { "0A010001.SUN4U", true },
		{ "0A010002", true },                           /* by its profile */
		{ "0A010003", false },                          /* to start from its disk */
		{ "0A010004", false }, { "0A010005", false }, { "0A010006", false },      /* names nothing that is served */
		{ "0A010007", false }, { "0A0100FF", false },   /* names nothing, is nobody's */
		{ "0a010001", false }, { "0A010001.", false }, { "0A010001.sun4m", false }, { "0A010001.SUN4M.X", false },
		{ "0A010001.ABCDEFGHIJKLMNOPQ", false }, { "0A01000", false }, { "0A0100010", false }, { "x/0A010001", false },
	};
	(void)state;
	put_file("/srv/tftpboot/sparc/boot.net", "SPARC");
	put_file("/srv/secret", "SECRET");
	add(ITEM_PROFILE, "{\"name\":\"sun\",\"uid\":\"50\",\"distro\":\"deb\",\"filename\":\"sparc/boot.net\"}");
	static const char *const files[] = { "/sparc/boot.net", "<<inherit>>", "sparc/boot.net", "../secret",
		"http://10.0.0.9/sparc/boot.net", "0A010001", "" };
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		char *text CLEANUP(free_ptr) = xasprintf("{\"name\":\"sun%zu\",\"uid\":\"5%zu\",\"profile\":\"%s\","
			"\"filename\":\"%s\",\"netboot_enabled\":%s,\"interfaces\":{\"le0\":{\"ip_address\":\"10.1.0.%zu\"}}}",
			i + 1, i + 1, *files[i] != '\0' ? "sun" : "p", files[i], i == 2 ? "false" : "true", i + 1);
		add(ITEM_SYSTEM, text);
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *s CLEANUP(free_ptr) = fetch(rows[i].path);
		if (rows[i].there ? s == NULL || !str_eq(s, "SPARC") : s != NULL)
			fail_msg("%s: %s", rows[i].path, s != NULL ? s : "(no such file)");
	}
	put_file("/srv/tftpboot/0A010001", "of the site");
	expect_has("0A010001", "of the site");
	expect_has("0A010001.SUN4M", "SPARC");
}

static void test_options_do_not_break_out(void **state)
{
	(void)state;
	char *s = fetch("pxelinux.cfg/01-52-54-00-aa-00-05");
	assert_non_null(s);
	assert_null(strstr(s, "\nLABEL y"));
	free(s);
	s = fetch("grub/system/52:54:00:aa:00:05");
	assert_non_null(s);
	assert_null(strstr(s, "\n}; reboot"));
	free(s);
}

struct answer {
	int (*fn)(struct core *, enum item_type, const char *, struct strbuf *, struct err *);
	enum item_type type;
	const char *name; int rc; const char *text;
};

static void test_answers_of_the_installers(void **state)
{
	(void)state;
	static const struct answer answers[] = {
		{boot_autoinstall, ITEM_SYSTEM, "s", CB_OK, "host s.example.org opts quiet ds=a;b \n"},
		{boot_autoinstall, ITEM_SYSTEM, "x", CB_ENOENT, "# system not found"},
		{boot_autoinstall, ITEM_PROFILE, "x", CB_ENOENT, "# profile not found"},
		{boot_autoinstall, ITEM_PROFILE, "pe", CB_ENOENT,
			"# automatic installation file value missing or invalid at profile pe"},
		{boot_repo_config, ITEM_PROFILE, "x", CB_ENOENT, "# object not found: x"},
		{boot_ipxe, ITEM_PROFILE, "x", CB_OK, ""},
	};
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct strbuf b = { 0 };
		struct err e;
		const struct answer *a = &answers[i];
		assert_int_equal(a->fn(&core, a->type, a->name, &b, &e), a->rc);
		assert_string_equal(sb_str(&b), a->text);
		sb_free(&b);
	}
}

static void test_scripts_are_only_scripts(void **state)
{
	(void)state;
	struct strbuf b = { 0 };
	struct err e;
	assert_int_equal(boot_script(&core, ITEM_SYSTEM, "s", "late", &b, &e), CB_OK);
	assert_string_equal(sb_str(&b), "run on s\n");
	sb_truncate(&b, 0);
	assert_int_equal(boot_script(&core, ITEM_SYSTEM, "s", "../templates/t.seed", &b, &e), CB_EINVAL);
	assert_string_equal(e.cls, PY_VALUE);
	assert_int_equal(boot_script(&core, ITEM_SYSTEM, "s", "none", &b, &e), CB_ENOENT);
	assert_string_equal(sb_str(&b), "# script template \"none\" not found");
	sb_truncate(&b, 0);
	assert_int_equal(boot_script(&core, ITEM_SYSTEM, "s", "..", &b, &e), CB_ENOENT);
	sb_free(&b);
}

static void test_cloud_init_gets_two_files(void **state)
{
	(void)state;
	struct strbuf b = { 0 };
	struct err e;
	assert_int_equal(boot_nocloud(&core, ITEM_SYSTEM, "s", "meta-data", &b, &e), CB_OK);
	assert_string_equal(sb_str(&b), "instance-id: s\nlocal-hostname: s.example.org\n");
	sb_truncate(&b, 0);
	assert_int_equal(boot_nocloud(&core, ITEM_SYSTEM, "s", "user-data", &b, &e), CB_OK);
	assert_true(str_starts(sb_str(&b), "host "));
	assert_int_equal(boot_nocloud(&core, ITEM_SYSTEM, "s", "vendor-data", &b, &e), CB_ENOENT);
	sb_free(&b);
}

static void test_template_files_of_a_profile_are_its_systems_too(void **state)
{
	(void)state;
	struct strbuf b = { 0 };
	struct err e;
	add(ITEM_PROFILE, "{\"name\":\"giving\",\"uid\":\"30\",\"distro\":\"deb\","
		"\"template_files\":{\"/var/lib/cobbler/templates/t.seed\":\"/b\"}}");
	add(ITEM_SYSTEM, "{\"name\":\"taking\",\"uid\":\"31\",\"profile\":\"giving\",\"template_files\":{}}");
	add(ITEM_SYSTEM, "{\"name\":\"refusing\",\"uid\":\"32\",\"profile\":\"giving\","
		"\"template_files\":{\"!/var/lib/cobbler/templates/t.seed\":\"\"}}");
	assert_int_equal(boot_template_file(&core, ITEM_SYSTEM, "taking", "/b", &b, &e), CB_OK);
	assert_true(str_starts(sb_str(&b), "host "));
	sb_truncate(&b, 0);
	assert_int_equal(boot_template_file(&core, ITEM_SYSTEM, "refusing", "/b", &b, &e), CB_ENOENT);
	sb_free(&b);
}

static void test_secrets_are_no_templates(void **state)
{
	(void)state;
	struct strbuf b = { 0 };
	struct err e;
	add(ITEM_PROFILE, "{\"name\":\"leak\",\"uid\":\"20\",\"distro\":\"deb\","
		"\"template_files\":{\"/etc/cobbler/users.digest\":\"/a\",\"/var/lib/cobbler/templates/t.seed\":\"/b\"}}");
	assert_int_equal(boot_template_file(&core, ITEM_PROFILE, "leak", "/b", &b, &e), CB_OK);
	assert_true(str_starts(sb_str(&b), "host "));
	sb_truncate(&b, 0);
	assert_int_equal(boot_template_file(&core, ITEM_PROFILE, "leak", "/a", &b, &e), CB_EPERM);
	assert_string_equal(sb_str(&b), "");
	assert_int_equal(boot_template_file(&core, ITEM_PROFILE, "leak", "/c", &b, &e), CB_ENOENT);
	assert_string_equal(sb_str(&b), "# template path not found for specified profile");
	sb_free(&b);
}

static void test_an_edit_is_in_the_next_answer(void **state)
{
	(void)state;
	struct item *old = model_get(core.model, ITEM_SYSTEM, "s"), *it = item_edit(old);
	item_put(it, "netboot_enabled", v_bool(false));
	model_publish(core.model, it, old);
	item_unref(old);
	expect_has("pxelinux.cfg/01-52-54-00-aa-00-01", "localboot -1");
	old = model_get(core.model, ITEM_SYSTEM, "s");
	model_remove(core.model, old);
	item_unref(old);
	expect_none("pxelinux.cfg/01-52-54-00-aa-00-01");
	/* what a sync left behind is not served, what an administrator put there is */
	put_file("/srv/tftpboot/pxelinux.cfg/01-52-54-00-aa-00-01", "old");
	expect_has("pxelinux.cfg/01-52-54-00-aa-00-01", "old");
	put_file(SYNC_MANIFEST, "pxelinux.cfg/01-52-54-00-aa-00-01\t@s\n");
	expect_none("pxelinux.cfg/01-52-54-00-aa-00-01");
}

#define MENU "grub/x86_64_menu_items.cfg"
#define TEMPLATE "/etc/cobbler/boot_loader_conf/grub.template"

static void set_server(const char *address)
{
	struct err e;
	struct value *v = v_str(address);
	assert_int_equal(settings_modify(core.settings, "server", v, NULL, NULL, &e), CB_OK);
	v_unref(v);
}

/* Menus are kept; whatever they are made from is in the next answer all the same. */
static void test_menus_follow_what_they_are_made_from(void **state)
{
	(void)state;
	struct strbuf shipped = { 0 };
	struct err e;
	char *path = path_of(TEMPLATE), *first = fetch(MENU), *second = fetch(MENU);
	assert_int_equal(file_read(AT_FDCWD, path, 1u << 20, &shipped, &e), CB_OK);
	assert_non_null(core.menus.p);
	assert_string_equal(first, second);
	free(first);
	free(second);

	assert_null(strstr(first = fetch(MENU), "menuentry 'later'"));
	free(first);
	add(ITEM_PROFILE, "{\"name\":\"later\",\"uid\":\"20\",\"distro\":\"deb\"}");
	expect_has(MENU, "menuentry 'later'");
	struct item *later = model_get(core.model, ITEM_PROFILE, "later");
	model_remove(core.model, later);
	item_unref(later);
	assert_null(strstr(first = fetch(MENU), "menuentry 'later'"));
	free(first);

	set_server("10.9.9.9");
	expect_has(MENU, "http://10.9.9.9/");
	set_server("127.0.0.1");
	expect_has(MENU, "http://127.0.0.1/");

	put_file(TEMPLATE, "own $menu_name\n");
	expect_has(MENU, "own p\n");
	put_file("/var/lib/cobbler/snippets/mark", "one");
	put_file(TEMPLATE, "$SNIPPET('mark') $menu_name\n");
	expect_has(MENU, "one p\n");
	put_file("/var/lib/cobbler/snippets/mark", "another");
	expect_has(MENU, "another p\n");
	put_file(TEMPLATE, "#import time\n$time.time_ns() $menu_name\n");
	first = fetch(MENU);
	second = fetch(MENU);
	assert_string_not_equal(first, second);
	free(first);
	free(second);
	put_file(TEMPLATE, sb_str(&shipped));
	expect_has(MENU, "menuentry 'p'");
	sb_free(&shipped);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_loader_finds_its_system),
		cmocka_unit_test(test_remote_files_in_the_words_of_each_loader),
		cmocka_unit_test(test_unknown_machines_come_to_the_menu),
		cmocka_unit_test(test_a_machine_known_by_its_address_boots_with_grub),
		cmocka_unit_test(test_media_are_served_from_where_they_lie),
		cmocka_unit_test(test_paths_do_not_leave_the_tree),
		cmocka_unit_test(test_esxi_gets_its_boot_cfg),
		cmocka_unit_test(test_a_name_of_an_address_is_the_file_of_its_system),
		cmocka_unit_test(test_options_do_not_break_out),
		cmocka_unit_test(test_answers_of_the_installers),
		cmocka_unit_test(test_scripts_are_only_scripts),
		cmocka_unit_test(test_cloud_init_gets_two_files),
		cmocka_unit_test(test_template_files_of_a_profile_are_its_systems_too),
		cmocka_unit_test(test_secrets_are_no_templates),
		cmocka_unit_test(test_an_edit_is_in_the_next_answer),
		cmocka_unit_test(test_menus_follow_what_they_are_made_from),
		cmocka_unit_test(test_names_of_files_and_labels_do_not_break_out),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
