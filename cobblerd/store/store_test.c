/* SPDX-License-Identifier: GPL-2.0-or-later
 * store_test.c - items, setters, inheritance and files together, on a root of their own.
 */
#include "base/testkit.h"

#include <sys/stat.h>

#include "model/resolve.h"
#include "store/store.h"
#include "value/json.h"

static struct item *make(enum item_type t, const char *const (*fields)[2])
{
	struct item *it = item_new(t);
	struct err e;
	for (; (*fields)[0] != NULL; fields++)
		if (item_set_str(it, (*fields)[0], (*fields)[1], &e) != CB_OK)
			fail_msg("%s: %s", (*fields)[0], e.text);
	return it;
}

static struct item *make_distro(const char *name)
{
	const char *const f[][2] = { { "name", name }, { "kernel", "/boot/vmlinuz" }, { "initrd", "/boot/initrd.img" },
		{ "kernel_options", "a=1 b quiet" },
		{ NULL, NULL } };
	return make(ITEM_DISTRO, f);
}

static struct item *make_profile(const char *name, const char *distro)
{
	const char *const f[][2] = { { "name", name }, { "distro", distro }, { "kernel_options", "!b c=2 c=3" },
		{ "name_servers", "10.0.0.1" }, { NULL, NULL } };
	return make(ITEM_PROFILE, f);
}

static struct item *make_system(const char *name, const char *profile, const char *mac)
{
	const char *const f[][2] = { { "name", name }, { "profile", profile }, { "hostname", "web1.example.org" }, { NULL, NULL } };
	struct item *it = make(ITEM_SYSTEM, f);
	struct err e;
	struct value *v = v_str(mac);
	if (item_set_interface(it, "eth0", "mac_address", v, &e) != CB_OK)
		fail_msg("%s", e.text);
	v_unref(v);
	return it;
}

static char *json_of(const struct value *v)
{
	struct strbuf b = { 0 };
	json_write(&b, v, 0);
	return sb_take(&b);
}

static void assert_json(struct value *v, const char *want)
{
	char *got = json_of(v);
	assert_string_equal(got, want);
	free(got);
	v_unref(v);
}

static void test_setters_answer_as_cobbler(void **state)
{
	static const struct { enum item_type t; const char *field, *json, *cls, *text; } rows[] = {
		{ ITEM_DISTRO, "name", "\"a b\"", "ValueError", "Invalid characters in name: 'a b'" },
		{ ITEM_DISTRO, "name", "\"../x\"", "ValueError", "Invalid characters in name: '../x'" },
		{ ITEM_DISTRO, "kernel_options", "[1]", "TypeError", "invalid kernel options" },
		{ ITEM_DISTRO, "kernel_options", "\"a='\"", "ValueError", "No closing quotation" },
		{ ITEM_DISTRO, "arch", "\"vax\"", "ValueError", "vax must be one of [<Archs.I386: 'i386'>, <Archs.X86_64: 'x86_64'>, "
			"<Archs.IA64: 'ia64'>, <Archs.PPC: 'ppc'>, <Archs.PPC64: 'ppc64'>, <Archs.PPC64LE: 'ppc64le'>, <Archs.PPC64EL: "
			"'ppc64el'>, <Archs.S390: 's390'>, <Archs.S390X: 's390x'>, <Archs.ARM: 'arm'>, <Archs.AARCH64: 'aarch64'>]" },
		{ ITEM_SYSTEM, "gateway", "\"10.0.0.300\"", "ipaddress.AddressValueError", "Invalid IPv4 address format (10.0.0.300)" },
		{ ITEM_SYSTEM, "gateway", "\"255.255.255.0\"", "ipaddress.NetmaskValueError", "Invalid IPv4 host address (255.255.255.0)" },
		{ ITEM_SYSTEM, "hostname", "5", "TypeError", "Field hostname of object system needs to be of type str!" },
		{ ITEM_SYSTEM, "power_user", "\"a;b\"", "cobbler.cexceptions.CX", "Invalid characters found in input" },
		{ ITEM_SYSTEM, "no_such", "1", "cobbler.cexceptions.CX", "system has no field \"no_such\" that can be set" },
		{ ITEM_SYSTEM, "name_servers", "[\"x\"]", "netaddr.core.AddrFormatError", "failed to detect a valid IP address from 'x'" },
		{ ITEM_SYSTEM, "name_servers", "\"10.1.0.0/16\"", "ValueError",
			"IPAddress() does not support netmasks or subnet prefixes! See documentation for details." },
		{ ITEM_PROFILE, "virt_ram", "\"x\"", "TypeError", "virt_ram needs to be an integer" },
		{ ITEM_REPO, "priority", "100", "ValueError", "Repository priority must be between 0 and 99 (inclusive)!" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct item *it = item_new(rows[i].t);
		struct value *v;
		struct err e;
		assert_int_equal(json_parse(rows[i].json, strlen(rows[i].json), &v, &e), CB_OK);
		struct value *before = item_to_dict(it);
		assert_int_not_equal(item_set(it, rows[i].field, v, &e), CB_OK);
		assert_string_equal(e.text, rows[i].text);
		assert_string_equal(e.cls, rows[i].cls);
		struct value *after = item_to_dict(it);
		assert_true(v_equal(before, after));
		v_unref(before);
		v_unref(after);
		v_unref(v);
		item_unref(it);
	}
}

static void test_an_image_has_a_card_unless_told_otherwise(void **state)
{
	static const struct { const char *json; int64_t want; } rows[] = { { "\"\"", 1 }, { "null", 1 }, { "0", 0 }, { "3", 3 } };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct item *it = item_new(ITEM_IMAGE);
		struct value *v;
		struct err e;
		assert_int_equal(json_parse(rows[i].json, strlen(rows[i].json), &v, &e), CB_OK);
		assert_int_equal(item_set(it, "network_count", v, &e), CB_OK);
		assert_int_equal(v_int_of(item_get(it, "network_count")), rows[i].want);
		v_unref(v);
		item_unref(it);
	}
}

static void test_text_forms(void **state)
{
	static const struct { const char *field, *text, *json; } rows[] = {
		{ "kernel_options", "a=1 b=2 b=3 quiet", "{\"a\": \"1\", \"b\": [\"2\", \"3\"], \"quiet\": null}" },
		{ "kernel_options", "<<inherit>>", "\"<<inherit>>\"" },
		{ "kernel_options", "x='a b' y=\"c d\"", "{\"x\": \"a b\", \"y\": \"c d\"}" },
		{ "owners", "a b,c", "[\"a\", \"b,c\"]" },
		{ "netboot_enabled", "Yes", "true" },
		{ "netboot_enabled", "junk", "false" },
		{ "serial_baud_rate", "115200", "115200" },
		{ "virt_ram", "1024", "1024" },
		{ "virt_file_size", "5", "5.0" },
		{ "server", "", "\"<<inherit>>\"" },
		{ "mgmt_parameters", "a: [1, b]", "{\"a\": [1, \"b\"]}" },
		{ "kickstart", "", "\"\"" },
		{ "gpxe_enabled", "1", "true" },
		{ "kickstart", "/var/lib/cobbler/kickstarts/a.ks", "\"a.ks\"" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct item *it = item_new(ITEM_SYSTEM);
		struct err e;
		if (item_set_str(it, rows[i].field, rows[i].text, &e) != CB_OK)
			fail_msg("%s: %s", rows[i].field, e.text);
		assert_json(v_ref(item_get(it, rows[i].field)), rows[i].json);
		item_unref(it);
	}
}

static void test_inheritance_merges_and_removes(void **state)
{
	struct model *m = model_new();
	struct value *settings = v_dict(), *top = v_dict();
	(void)state;
	v_dict_set(top, "top", v_str("1"));
	v_dict_set(settings, "kernel_options", top);
	v_dict_set(settings, "server", v_str("10.0.0.9"));
	v_dict_set(settings, "default_ownership", v_list());
	v_dict_set(settings, "http_port", v_int(8080));
	model_publish(m, make_distro("d"), NULL);
	model_publish(m, make_profile("p", "d"), NULL);
	struct item *s = make_system("s", "p", "52:54:00:00:00:01");
	model_publish(m, item_ref(s), NULL);
	assert_json(resolve_field(m, settings, s, "kernel_options"),
		"{\"top\": \"1\", \"a\": \"1\", \"quiet\": null, \"c\": [\"2\", \"3\"]}");
	assert_json(resolve_field(m, settings, s, "server"), "\"10.0.0.9\"");
	assert_null(resolve_field(m, settings, s, "nonsense"));
	struct value *b = resolve_blend(m, settings, s, true);
	assert_string_equal(v_dict_cstr(b, "kernel_options", ""), "top=1 a=1 quiet c=2 c=3 ");
	assert_string_equal(v_dict_cstr(b, "http_server", ""), "10.0.0.9:8080");
	assert_string_equal(v_dict_cstr(b, "mac_address_eth0", ""), "52:54:00:00:00:01");
	assert_string_equal(v_dict_cstr(b, "distro_name", ""), "d");
	v_unref(b);
	struct item *d = resolve_distro(m, s);
	assert_string_equal(item_name(d), "d");
	item_unref(d);
	item_unref(s);
	v_unref(settings);
	model_free(m);
}

static void test_indexes_follow_edits(void **state)
{
	struct model *m = model_new();
	struct err e;
	const char *iface;
	(void)state;
	model_publish(m, make_distro("d"), NULL);
	model_publish(m, make_profile("p", "d"), NULL);
	struct item *s = make_system("s", "p", "52:54:00:00:00:AB"), *found;
	model_publish(m, item_ref(s), NULL);
	found = model_system_by_mac(m, "52:54:00:00:00:ab", &iface);
	assert_ptr_equal(found, s);
	assert_string_equal(iface, "eth0");
	item_unref(found);
	struct item *edited = item_edit(s);
	struct value *mac = v_str("52:54:00:00:00:cd"), *dup = v_str("52:54:00:00:00:cd");
	assert_int_equal(item_set_interface(edited, "eth0", "mac_address", mac, &e), CB_OK);
	model_publish(m, item_ref(edited), s);
	assert_null(model_system_by_mac(m, "52:54:00:00:00:ab", NULL));
	found = model_system_by_mac(m, "52:54:00:00:00:CD", NULL);
	assert_ptr_equal(found, edited);
	item_unref(found);
	/* Another system may not take it; the same one may keep it. */
	struct item_ctx ctx = { .model = m };
	struct item *other = item_new(ITEM_SYSTEM);
	assert_int_equal(item_set_interface_in(&ctx, other, "eth0", "mac_address", dup, &e), CB_EEXIST);
	assert_non_null(strstr(e.text, "MAC address duplicate found"));
	item_unref(other);
	struct item *profile = model_get(m, ITEM_PROFILE, "p");
	struct item_list kids = model_children(m, profile);
	assert_int_equal(kids.n, 1);
	item_list_free(&kids);
	item_unref(profile);
	model_remove(m, edited);
	assert_null(model_get(m, ITEM_SYSTEM, "s"));
	assert_int_equal(model_count(m, ITEM_SYSTEM), 0);
	item_unref(edited);
	item_unref(s);
	v_unref(mac);
	v_unref(dup);
	model_free(m);
}

static size_t count_found(struct model *m, enum item_type t, const char *json)
{
	struct value *c;
	struct err e;
	struct item_list l = { 0 };
	assert_int_equal(json_parse(json, strlen(json), &c, &e), CB_OK);
	if (model_find(m, t, c, &l, &e) != CB_OK)
		fail_msg("%s", e.text);
	size_t n = l.n;
	item_list_free(&l);
	v_unref(c);
	return n;
}

static void test_find(void **state)
{
	struct model *m = model_new();
	char name[16], mac[18];
	(void)state;
	model_publish(m, make_distro("d"), NULL);
	model_publish(m, make_profile("p", "d"), NULL);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "web%d", i);
		snprintf(mac, sizeof(mac), "52:54:00:00:01:%02x", (unsigned)i);
		model_publish(m, make_system(name, "p", mac), NULL);
	}
	assert_int_equal(count_found(m, ITEM_SYSTEM, "{\"name\": \"web1*\"}"), 11);
	assert_int_equal(count_found(m, ITEM_SYSTEM, "{\"name\": \"WEB3\"}"), 1);
	assert_int_equal(count_found(m, ITEM_SYSTEM, "{\"name\": \"~web3\"}"), 19);
	assert_int_equal(count_found(m, ITEM_SYSTEM, "{\"mac_address\": \"52:54:00:00:01:05\"}"), 1);
	assert_int_equal(count_found(m, ITEM_SYSTEM, "{\"mac_address\": \"*:05\", \"profile\": \"p\"}"), 1);
	assert_int_equal(count_found(m, ITEM_SYSTEM, "{\"profile\": \"p\"}"), 20);
	assert_int_equal(count_found(m, ITEM_SYSTEM, "{\"netboot_enabled\": \"no\"}"), 20);
	assert_int_equal(count_found(m, ITEM_SYSTEM, "{\"no_such\": \"x\"}"), 0);
	assert_int_equal(count_found(m, ITEM_DISTRO, "{\"kernel_options\": \"a=1\"}"), 1);
	struct value *empty = v_dict();
	struct item_list l;
	struct err e;
	assert_int_equal(model_find(m, ITEM_SYSTEM, empty, &l, &e), CB_EINVAL);
	assert_string_equal(e.text, "calling find with no arguments");
	v_unref(empty);
	model_free(m);
}

static void write_text(const char *rel, const char *text)
{
	struct err e;
	char *path = xasprintf("%s%s", root, rel);
	if (file_replace(AT_FDCWD, path, text, strlen(text), 0640, &e) != CB_OK)
		fail_msg("%s", e.text);
	free(path);
}

static void test_store_keeps_unknown_fields_and_sets_damage_aside(void **state)
{
	struct store *s, *second;
	struct model *m = model_new();
	struct err e;
	size_t loaded, damaged;
	(void)state;
	assert_int_equal(store_open(false, &s, &e), CB_OK);
	assert_int_equal(store_open(false, &second, &e), CB_EBUSY);
	struct item *d = make_distro("d");
	assert_int_equal(store_save(s, d, NULL, &e), CB_OK);
	write_text("/var/lib/cobbler/collections/profiles/p.json",
		"{\"name\": \"p\", \"distro\": \"d\", \"from_the_future\": [1, 2], \"depth\": 1}");
	write_text("/var/lib/cobbler/collections/profiles/half.json", "{\"name\": \"ha");
	write_text("/var/lib/cobbler/collections/systems/evil.json", "{\"name\": \"../../x\", \"profile\": \"p\"}");
	write_text("/var/lib/cobbler/collections/systems/ok.json", "{\"name\": \"ok\", \"profile\": \"p\", \"gpxe_enabled\": true, "
		"\"interfaces\": {\"eth0\": {\"mac_address\": \"52:54:00:aa:00:01\", \"subnet\": \"255.0.0.0\"}}}");
	assert_int_equal(store_load(s, m, &loaded, &damaged, &e), CB_OK);
	assert_int_equal(loaded, 3);
	assert_int_equal(damaged, 2);
	struct item *p = model_get(m, ITEM_PROFILE, "p"), *ok = model_get(m, ITEM_SYSTEM, "ok");
	assert_json(v_ref(v_dict_get(v_dict_get(item_interfaces(ok), "eth0"), "netmask")), "\"255.0.0.0\"");
	assert_true(item_bool(ok, "enable_ipxe"));
	struct item *renamed = item_edit(p);
	assert_int_equal(item_set_str(renamed, "name", "q", &e), CB_OK);
	assert_int_equal(store_save(s, renamed, p, &e), CB_OK);
	struct value *disk = item_to_disk(renamed);
	assert_json(v_ref(v_dict_get(disk, "from_the_future")), "[1, 2]");
	v_unref(disk);
	char *gone = xasprintf("%s/var/lib/cobbler/collections/profiles/p.json", root), *aside =
		xasprintf("%s/var/lib/cobbler/collections/profiles/.damaged/half.json", root);
	assert_int_equal(access(gone, F_OK), -1);
	assert_int_equal(access(aside, F_OK), 0);
	free(gone);
	free(aside);
	item_unref(renamed);
	item_unref(p);
	item_unref(ok);
	item_unref(d);
	store_close(s);
	model_free(m);
}

static bool there(const char *rel)
{
	char *path = xasprintf("%s/var/lib/cobbler/collections/%s", root, rel);
	bool is = access(path, F_OK) == 0;
	free(path);
	return is;
}

/* Nothing that follows parents may meet a ring: one of its items is taken out, the others stay and can be given another parent. */
static void test_an_item_that_is_its_own_ancestor_is_set_aside(void **state)
{
	struct store *s;
	struct model *m = model_new();
	struct err e;
	size_t loaded, damaged;
	(void)state;
	assert_int_equal(store_open(false, &s, &e), CB_OK);
	write_text("/var/lib/cobbler/collections/profiles/r1.json", "{\"name\": \"r1\", \"parent\": \"r3\"}");
	write_text("/var/lib/cobbler/collections/profiles/r2.json", "{\"name\": \"r2\", \"parent\": \"r1\"}");
	write_text("/var/lib/cobbler/collections/profiles/r3.json", "{\"name\": \"r3\", \"parent\": \"r2\"}");
	write_text("/var/lib/cobbler/collections/profiles/below.json", "{\"name\": \"below\", \"parent\": \"r2\"}");
	write_text("/var/lib/cobbler/collections/menus/own.json", "{\"name\": \"own\", \"parent\": \"own\"}");
	write_text("/var/lib/cobbler/collections/menus/good.json", "{\"name\": \"good\"}");
	assert_int_equal(store_load(s, m, &loaded, &damaged, &e), CB_OK);
	assert_int_equal(damaged, 2);
	assert_true(there("profiles/r2.json") && there("profiles/r3.json") && !there("profiles/r1.json"));
	assert_true(there("profiles/.damaged/r1.json"));
	assert_true(there("menus/.damaged/own.json"));
	struct item *below = model_get(m, ITEM_PROFILE, "below"), *good = model_get(m, ITEM_MENU, "good");
	assert_non_null(below);
	assert_non_null(good);
	assert_null(model_get(m, ITEM_PROFILE, "r1"));
	assert_null(model_get(m, ITEM_MENU, "own"));
	item_unref(below);
	item_unref(good);
	store_close(s);
	model_free(m);
}

/* Names change hands, one item goes, one comes. */
static void test_several_items_change_together(void **state)
{
	struct store *s;
	struct model *m = model_new();
	struct err e;
	size_t loaded, damaged;
	(void)state;
	assert_int_equal(store_open(false, &s, &e), CB_OK);
	struct item *a = make_distro("ja"), *b = make_distro("jb"), *c = make_distro("jc"), *d = make_distro("jd");
	const struct item *const first[] = { a, b, c }, *const none[] = { NULL, NULL, NULL };
	assert_int_equal(store_save_all(s, first, none, 3, &e), CB_OK);
	struct item *a2 = item_edit(a), *b2 = item_edit(b);
	item_put(a2, "name", v_str("jb"));
	item_put(b2, "name", v_str("ja"));
	const struct item *const now[] = { a2, b2, NULL, d }, *const old[] = { a, b, c, NULL };
	assert_int_equal(store_save_all(s, now, old, 4, &e), CB_OK);
	assert_true(there("distros/jd.json"));
	assert_false(there("distros/jc.json"));
	assert_int_equal(store_load(s, m, &loaded, &damaged, &e), CB_OK);
	struct item *found = model_get(m, ITEM_DISTRO, "ja");
	assert_string_equal(item_uid(found), item_uid(b));
	struct item *all[] = { a, b, c, d, a2, b2, found };
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		item_unref(all[i]);
	store_close(s);
	model_free(m);
}

/* A step that fails takes the others back. */
static void test_a_change_that_fails_half_way_is_undone(void **state)
{
	struct store *s;
	struct err e;
	(void)state;
	assert_int_equal(store_open(false, &s, &e), CB_OK);
	struct item *a = make_distro("ua"), *b = make_distro("ub");
	assert_int_equal(store_save(s, a, NULL, &e), CB_OK);
	struct item *a2 = item_edit(a);
	item_put(a2, "name", v_str("uc"));
	char *dir = xasprintf("%s/var/lib/cobbler/collections/distros/ub.json", root);
	assert_int_equal(mkdir(dir, 0700), 0);                   /* a file cannot replace it */
	const struct item *const now[] = { a2, b }, *const old[] = { a, NULL };
	assert_int_not_equal(store_save_all(s, now, old, 2, &e), CB_OK);
	assert_non_null(strstr(e.text, "ub.json"));
	assert_true(there("distros/ua.json"));
	assert_false(there("distros/uc.json"));
	assert_int_equal(rmdir(dir), 0);
	free(dir);
	assert_int_equal(store_delete(s, a, &e), CB_OK);
	item_unref(a);
	item_unref(a2);
	item_unref(b);
	store_close(s);
}

/* A store as 2.8 wrote it is taken over once; its own files stay. */
static void test_items_of_2_8_are_taken_over(void **state)
{
	struct store *s;
	struct model *m = model_new();
	struct err e;
	size_t loaded, damaged;
	(void)state;
	char *lib = xasprintf("%s/var/lib/cobbler", root), *old = xasprintf("%s.old", lib);
	char *kept = xasprintf("%s/config/systems.d/s.json", lib);
	assert_int_equal(rename(lib, old), 0);
	static const char *const dirs[] = { "distros", "profiles", "systems", "repos" };
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		char *dir = xasprintf("%s/config/%s.d", lib, dirs[i]);
		assert_int_equal(dir_make(dir, 0755, &e), CB_OK);
		free(dir);
	}
	write_text("/var/lib/cobbler/config/distros.d/d.json",
		"{\"name\": \"d\", \"kernel\": \"/boot/vmlinuz\", \"initrd\": \"/boot/initrd.img\", \"arch\": \"x86\", \"parent\": null, "
		"\"ks_meta\": {\"tree\": \"http://h/t\"}, \"redhat_management_server\": "
		"\"<<inherit>>\", \"uid\": \"1e04\"}");
	write_text("/var/lib/cobbler/config/profiles.d/p.json", "{\"name\": \"p\", \"distro\": \"d\", \"parent\": \"\", "
		"\"kickstart\": \"/var/lib/cobbler/kickstarts/site/web.ks\", \"enable_gpxe\": 0, \"virt_ram\": \"512\", \"repos\": "
		"[\"r\"]}");
	write_text("/var/lib/cobbler/config/profiles.d/sub.json", "{\"name\": \"sub\", \"distro\": \"<<inherit>>\", \"parent\": \"p\", "
		"\"kickstart\": \"<<inherit>>\", \"next_server\": \"10.0.0.9\"}");
	write_text("/var/lib/cobbler/config/repos.d/r.json",
		"{\"name\": \"r\", \"mirror\": \"http://h/r\", \"breed\": \"yum\", \"arch\": \"\", \"priority\": \"99\"}");
	write_text("/var/lib/cobbler/config/systems.d/s.json",
		"{\"name\": \"s\", \"profile\": \"sub\", \"parent\": \"sub\", \"power_type\": \"ipmitool\", \"monit_enabled\": false, "
		"\"boot_loader\": \"grub\", \"serial_device\": \"\", \"interfaces\": {\"eth0\": "
		"{\"mac_address\": \"52:54:00:aa:00:02\", \"interface_type\": \"\", \"subnet\": \"255.0.0.0\"}, \"bond0\": "
		"{\"interface_type\": "
		"\"master\"}}}");
	write_text("/var/lib/cobbler/config/systems.d/half.json", "{\"name\": ");
	assert_int_equal(store_open(false, &s, &e), CB_OK);
	assert_int_equal(store_load(s, m, &loaded, &damaged, &e), CB_OK);
	assert_int_equal(loaded, 5);
	assert_int_equal(damaged, 1);
	struct item *d = model_get(m, ITEM_DISTRO, "d"), *p = model_get(m, ITEM_PROFILE, "p"), *sub = model_get(m, ITEM_PROFILE, "sub"),
		*sys = model_get(m, ITEM_SYSTEM, "s"), *r = model_get(m, ITEM_REPO, "r");
	assert_string_equal(item_str(d, "arch"), "i386");
	assert_json(v_ref(item_get(d, "autoinstall_meta")), "{\"tree\": \"http://h/t\"}");
	assert_string_equal(item_str(p, "autoinstall"), "site/web.ks");
	assert_json(v_ref(item_get(p, "virt_ram")), "512");
	assert_string_equal(item_str(sub, "distro"), "");
	assert_string_equal(item_str(sub, "next_server_v4"), "10.0.0.9");
	assert_string_equal(item_str(sub, "next_server_v6"), "<<inherit>>");
	assert_string_equal(item_str(sys, "parent"), "");
	assert_string_equal(item_str(sys, "power_type"), "ipmilanplus");
	assert_json(v_ref(item_get(sys, "boot_loaders")), "[\"grub\"]");
	assert_json(v_ref(item_get(sys, "serial_device")), "-1");
	assert_string_equal(v_dict_cstr(v_dict_get(item_interfaces(sys), "eth0"), "interface_type", ""), "na");
	assert_string_equal(v_dict_cstr(v_dict_get(item_interfaces(sys), "bond0"), "interface_type", ""), "bond");
	assert_json(v_ref(item_get(r, "priority")), "99");
	struct value *disk = item_to_disk(d);
	assert_null(v_dict_get(disk, "redhat_management_server"));
	v_unref(disk);
	struct item *distro = resolve_distro(m, sys);
	assert_ptr_equal(distro, d);
	struct item *all[] = { d, p, sub, sys, r, distro };
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		item_unref(all[i]);
	assert_int_equal(access(kept, F_OK), 0);
	store_close(s);
	model_free(m);
	/* The second time the collections are there; what an interruption left out is taken over then. */
	char *lost = xasprintf("%s/collections/systems/s.json", lib);
	assert_int_equal(unlink(lost), 0);
	write_text("/var/lib/cobbler/collections/.taking-over", "");
	free(lost);
	m = model_new();
	assert_int_equal(store_open(false, &s, &e), CB_OK);
	assert_int_equal(store_load(s, m, &loaded, &damaged, &e), CB_OK);
	assert_int_equal(loaded, 5);
	store_close(s);
	model_free(m);
	m = model_new();
	assert_int_equal(store_open(false, &s, &e), CB_OK);
	assert_int_equal(store_load(s, m, &loaded, &damaged, &e), CB_OK);
	assert_int_equal(loaded, 5);
	assert_int_equal(damaged, 0);
	store_close(s);
	model_free(m);
	free(lib);
	free(old);
	free(kept);
}

static char *text_of(const char *path)
{
	struct strbuf b = { 0 };
	struct err e;
	char *full = xasprintf("%s%s", root, path);
	if (file_read(AT_FDCWD, full, 1u << 20, &b, &e) != CB_OK)
		fail_msg("%s", e.text);
	free(full);
	return sb_take(&b);
}

/* Cobbler 3.3.7 loads no item with a field or a type of value that it does not know. */
static void test_items_of_3_2_are_stored_in_present_words(void **state)
{
	static const char old[] = "{\"name\": \"s32\", \"uid\": \"abc\", \"profile\": \"p\", \"image\": null, \"next_server\": "
		"\"10.0.0.9\", \"mac_address\": \"\", \"bonding_opts\": \"\", \"boot_loader\": \"grub\", \"interfaces\": {}}";
	struct store *s;
	struct err e;
	size_t loaded, damaged;
	(void)state;
	write_text("/var/lib/cobbler/collections/systems/s32.json", old);
	for (int round = 0; round < 2; round++) {                     /* the second time nothing is left to do */
		struct model *m = model_new();
		assert_int_equal(store_open(false, &s, &e), CB_OK);
		assert_int_equal(store_load(s, m, &loaded, &damaged, &e), CB_OK);
		struct item *it = model_get(m, ITEM_SYSTEM, "s32");
		char *now = text_of("/var/lib/cobbler/collections/systems/s32.json"),
		     *former = text_of("/var/lib/cobbler/collections/systems/.former/s32.json");
		assert_int_equal(item_is_reworded(it), round == 0);
		assert_string_equal(former, old);
		assert_non_null(strstr(now, "\"next_server_v4\": \"10.0.0.9\""));
		assert_non_null(strstr(now, "\"boot_loaders\": [\"grub\"]"));
		assert_null(strstr(now, "mac_address"));
		assert_null(strstr(now, "null"));
		free(now);
		free(former);
		item_unref(it);
		store_close(s);
		model_free(m);
	}
}

static void test_loaders_of_older_releases(void **state)
{
	(void)state;
	static const struct { const char *loader, *arch, *want; } cases[] = {
		{ "pxelinux", "x86_64", "[\"pxe\"]" }, { "yaboot", "ppc64", "[\"grub\"]" }, { "grub", "x86_64", "[\"grub\"]" },
		{ "pxelinux", "aarch64", "\"<<inherit>>\"" }, { "<<inherit>>", "x86_64", "\"<<inherit>>\"" },
		{ "", "x86_64", "\"<<inherit>>\"" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *text = xasprintf("{\"name\":\"d\",\"uid\":\"1\",\"arch\":\"%s\",\"breed\":\"redhat\",\"os_version\":\"rhel7\","
			"\"boot_loader\":\"%s\"}",
			cases[i].arch, cases[i].loader);
		struct value *d = NULL;
		struct item *it = NULL;
		struct err e;
		assert_int_equal(json_parse(text, strlen(text), &d, &e), CB_OK);
		if (item_from_disk(ITEM_DISTRO, d, &it, &e) != CB_OK)
			fail_msg("%s: %s", text, e.text);
		assert_json(v_ref(item_get(it, "boot_loaders")), cases[i].want);
		item_unref(it);
		v_unref(d);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loaders_of_older_releases),
		cmocka_unit_test(test_setters_answer_as_cobbler),
		cmocka_unit_test(test_an_image_has_a_card_unless_told_otherwise),
		cmocka_unit_test(test_text_forms),
		cmocka_unit_test(test_inheritance_merges_and_removes),
		cmocka_unit_test(test_indexes_follow_edits),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_store_keeps_unknown_fields_and_sets_damage_aside),
		cmocka_unit_test(test_an_item_that_is_its_own_ancestor_is_set_aside),
		cmocka_unit_test(test_items_of_3_2_are_stored_in_present_words),
		cmocka_unit_test(test_several_items_change_together),
		cmocka_unit_test(test_a_change_that_fails_half_way_is_undone),
		cmocka_unit_test(test_items_of_2_8_are_taken_over),
	};
	return cmocka_run_group_tests(tests, root_make, root_remove);
}
