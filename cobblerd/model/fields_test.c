/* SPDX-License-Identifier: GPL-2.0-or-later
 * fields_test.c - every row of every table: the tables are sound, and whatever a client sets is refused with words or kept in a
 * form that survives the store. The values are random from a fixed seed; FIELDS_SEED=n tries others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/checks.h"
#include "model/item.h"
#include "value/json.h"

#define ROUNDS 300            /* values for each row */

static uint64_t seed = 20260101;

static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static size_t below(size_t n)
{
	return (size_t)(next_random() % n);
}

/* Every path is a file here: what a path means belongs to the file system, not to these rows. */
static int every_path_is_a_file(const char *path)
{
	return *path != '\0' ? 'f' : '0';
}

static const char *const texts[] = {
	"", " ", "x", "~", "None", "delete", "<<inherit>>", "<<INHERIT>>", "random", "0", "1", "-1", "99", "100", "1024", "5.5", "1e3",
	"nan", "inf", "0x10", "9223372036854775807", "9223372036854775808", "true", "Yes", "off", "a b,c", "a=1 b=2 b=3 quiet", "!a b=",
	"=x", "a==b", "x='a b' y=\"c\\\"d\"", "'", "\"", "a\\", "\\", "a;b", "a..b", "../../etc/passwd", "/etc/passwd", "/boot/vmlinuz",
	"kernel", "http://h/k", "tftp://h", "http://[::1]/x", "gopher://x", "10.0.0.1", "10.0.0.300", "255.255.255.0", "255.0.255.0",
	"0.0.0.0", "::1", "fe80::1%eth0", "2001:db8::/64", "1.2.3.4 8.8.8.8", "52:54:00:aa:bb:cc", "52-54-00-AA-BB-CC", "525400aabbcc",
	"5254.00aa.bbcc", "52:54:00:aa:bb", "web1", "web1.example.org", "-web", "a..b.c", "x86_64", "X86_64", "vax", "kvm", "qcow2", "bond",
	"BOND_SLAVE", "bonded-bridge-slave", "redhat", "suse", "debian", "grub pxe ipxe", "yum", "baseurl", "memdisk", "create",
	"a: [1, b]", "a: 1", "- x", "{", "\t\n", "\x01\x1f", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "$(reboot)", "`id`", "#set $x",
	"%s%n%n", "[<]", "115200", "disabled", "wimboot", "ipmilanplus", "raritan; reboot", "sample.ks", "user:pass@host:/a.iso",
	"@host:/a.iso", "nfs://h/a",
};

static struct value *random_text(void)
{
	struct strbuf b = { 0 };
	switch (below(8)) {
	case 0:                                          /* long */
		for (size_t n = below(5000); n > 0; n--)
			sb_addc(&b, "ab =,.:/-'"[below(10)]);
		break;
	case 1:                                          /* short, any ASCII but NUL */
		for (size_t n = below(12); n > 0; n--)
			sb_addc(&b, (char)(1 + below(127)));
		break;
	case 2:                                          /* two of the list */
		sb_addf(&b, "%s %s", texts[below(ARRAY_LEN(texts))], texts[below(ARRAY_LEN(texts))]);
		break;
	default:
		sb_adds(&b, texts[below(ARRAY_LEN(texts))]);
		break;
	}
	struct value *v = v_strn(sb_str(&b), b.len);
	sb_free(&b);
	return v;
}

static struct value *random_value(const struct field *f, int depth)
{
	static const int64_t ints[] = { 0, 1, -1, 2, 5, 7, 99, 100, 512, 115200, INT32_MAX, INT64_MAX, INT64_MIN };
	static const double floats[] = { 0, 0.5, -0.5, 5, 1e300, 1795400667.9731777, 0.1 };
	struct value *v;
	switch (below(depth > 0 ? 10 : 12)) {
	case 0: return v_none();
	case 1: return v_bool(below(2));
	case 2: return v_int(ints[below(ARRAY_LEN(ints))]);
	case 3: return v_float(floats[below(ARRAY_LEN(floats))]);
	case 4: case 5:
		if (f->choices != NULL) {
			size_t n = 0;
			while (f->choices[n] != NULL)
				n++;
			return v_str(f->choices[below(n)]);
		}
		return random_text();
	case 10:
		v = v_list();
		for (size_t n = below(5); n > 0; n--)
			v_list_push(v, random_value(f, depth + 1));
		return v;
	case 11:
		v = v_dict();
		for (size_t n = below(5); n > 0; n--) {
			struct value *key = random_text();
			v_dict_set(v, v_cstr(key), random_value(f, depth + 1));
			v_unref(key);
		}
		return v;
	default: return random_text();
	}
}

static char *disk_text(const struct item *it)
{
	struct strbuf b = { 0 };
	struct value *d = item_to_disk(it);
	json_write(&b, d, JSON_ASCII);
	v_unref(d);
	return sb_take(&b);
}

/* What is stored comes back the same, byte for byte. */
static void check_survives_the_store(const struct item *it, const char *what)
{
	struct value *parsed;
	struct item *loaded = NULL;
	struct err e;
	char *text = disk_text(it);
	if (json_parse(text, strlen(text), &parsed, &e) != CB_OK)
		fail_msg("%s: %s in %.400s", what, e.text, text);
	if (item_from_disk(item_type(it), parsed, &loaded, &e) != CB_OK)
		fail_msg("%s: %s in %.2000s", what, e.text, text);
	char *again = disk_text(loaded);
	if (!str_eq(text, again))
		fail_msg("%s: stored\n%s\nloaded\n%s", what, text, again);
	free(again);
	free(text);
	item_unref(loaded);
	v_unref(parsed);
}

static char *text_of(const struct value *v)
{
	struct strbuf b = { 0 };
	v_py_repr(&b, v);
	return sb_take(&b);
}

static struct item *named_item(enum item_type t)
{
	struct item *it = item_new(t);
	item_put(it, "name", v_str("x"));
	return it;
}

/* An item without a name cannot be stored; an empty file name comes back as "<<inherit>>", and the 0 of an empty size as 0.0. */
static bool comes_back(const struct item *it)
{
	bool inherits = item_type(it) == ITEM_SYSTEM || (item_type(it) == ITEM_PROFILE && *item_str(it, "parent") != '\0');
	return *item_name(it) != '\0' && !(inherits && *item_str(it, "filename") == '\0') && !v_is(item_get(it, "virt_file_size"), V_INT);
}

static void try_value(struct item *it, const struct field *f, const char *iface, const struct value *v)
{
	const struct item_ctx ctx = { .path_kind = every_path_is_a_file };
	struct err e = { .code = CB_OK };
	char what[128], *before = disk_text(it);
	snprintf(what, sizeof(what), "%s%s%s", item_table(item_type(it))->name, iface != NULL ? ".interfaces." : ".", f->name);
	int rc = iface != NULL ? item_set_interface_in(&ctx, it, iface, f->name, v, &e) : item_set_in(&ctx, it, f->name, v, &e);
	if (rc != CB_OK) {
		char *after = disk_text(it), *tried = text_of(v);
		if (!str_eq(before, after))
			fail_msg("%s: refused %s, but changed something", what, tried);
		if (e.cls == NULL || *e.cls == '\0' || *e.text == '\0')
			fail_msg("%s: refused %s without a word", what, tried);
		free(after);
		free(tried);
	} else if (comes_back(it)) {
		check_survives_the_store(it, what);
	}
	free(before);
}

/* The value that a row has is one that it takes. */
static void check_takes_its_own(struct item *it, const struct field *f)
{
	const struct item_ctx ctx = { .path_kind = every_path_is_a_file };
	struct value *own = v_ref(item_get(it, f->name));
	struct err e;
	/* compat: no initrd, the answer of an unset numeric file size, and a default that means "none" are not accepted as input */
	if (item_set_in(&ctx, it, f->name, own, &e) == CB_OK && !v_equal(item_get(it, f->name), own) &&
		!is_inherit(item_get(it, f->name))) {
		char *had = text_of(own), *has = text_of(item_get(it, f->name));
		fail_msg("%s.%s: %s, set again, became %s", item_table(item_type(it))->name, f->name, had, has);
	}
	v_unref(own);
}

static void test_whatever_is_set_is_refused_with_words_or_survives(void **state)
{
	(void)state;
	for (size_t t = 0; t < ITEM_TYPES; t++) {
		const struct item_table *tab = item_tables[t];
		for (size_t i = 0; i < tab->n; i++) {
			struct item *it = named_item((enum item_type)t);
			for (size_t k = 0; k < ROUNDS; k++) {
				struct value *v = random_value(&tab->rows[i], 0);
				try_value(it, &tab->rows[i], NULL, v);
				v_unref(v);
				if (k % 16 == 15)
					check_takes_its_own(it, &tab->rows[i]);
			}
			item_unref(it);
		}
	}
}

static void test_whatever_an_interface_gets_is_refused_or_survives(void **state)
{
	(void)state;
	for (size_t i = 0; i < network_interface_table.n; i++) {
		struct item *it = named_item(ITEM_SYSTEM);
		for (size_t k = 0; k < ROUNDS; k++) {
			struct value *v = random_value(&network_interface_table.rows[i], 0);
			try_value(it, &network_interface_table.rows[i], "eth0", v);
			v_unref(v);
		}
		item_unref(it);
	}
}

/* How many keys Cobbler 3.3.7 answers and stores for a fresh item. */
static void test_tables_have_the_fields_of_cobbler(void **state)
{
	static const struct { enum item_type t; size_t wire; } counts[] = {
		{ ITEM_DISTRO, 31 }, { ITEM_PROFILE, 43 }, { ITEM_SYSTEM, 57 }, { ITEM_REPO, 34 }, { ITEM_IMAGE, 36 }, { ITEM_MENU, 19 },
		{ ITEM_MGMTCLASS, 23 }, { ITEM_PACKAGE, 26 }, { ITEM_FILE, 25 },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		struct item *it = item_new(counts[i].t);
		struct value *d = item_to_dict(it);
		if (v_len(d) != counts[i].wire)
			fail_msg("%s has %zu fields; 3.3.7 has %zu, and loads no item with others: FF_NODISK keeps a field out of the "
				"files",
				item_tables[counts[i].t]->name, v_len(d), counts[i].wire);
		v_unref(d);
		item_unref(it);
	}
	assert_int_equal(network_interface_table.n, 23);
}

static void test_rows_are_sound(void **state)
{
	(void)state;
	for (size_t t = 0; t <= ITEM_TYPES; t++) {
		const struct item_table *tab = item_tables[t];
		assert_int_equal(tab->type, t);
		for (size_t i = 0; i < tab->n; i++) {
			const struct field *f = &tab->rows[i];
			assert_int_equal(field_index(tab, f->name), i);          /* also: no name twice */
			assert_true(f->help != NULL && *f->help != '\0' && strchr(f->help, '\n') == NULL);
			assert_true(f->type != F_ENUM || (f->choices != NULL && f->enum_name != NULL));
			if (f->alias_of != NULL)
				assert_true(field_index(tab, f->alias_of) >= 0 && (f->flags & FF_NODISK));
			if (strstr(f->dflt, INHERIT) != NULL)
				assert_true(f->flags & FF_INHERIT);
		}
		assert_int_equal(field_index(tab, "no_such_field"), -1);
		assert_int_equal(field_index(tab, "__class__"), -1);
	}
}

/* One stored item of the type, with one field. */
static struct item *loaded_item(enum item_type t, const char *field, const char *text)
{
	struct item *it;
	struct err e;
	struct value *d = v_dict();
	v_dict_set(d, "name", v_str("x"));
	v_dict_set(d, field, v_str(text));
	if (item_from_disk(t, d, &it, &e) != CB_OK)
		fail_msg("%s %s: %s", field, text, e.text);
	v_unref(d);
	return it;
}

/* Cobbler itself stores "virt-clone", but loads only the name of the enumeration's member. */
static void test_enumerations_are_stored_as_cobbler_loads_them(void **state)
{
	static const char *const forms[] = { "virt-clone", "virt_clone" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct item *it = loaded_item(ITEM_IMAGE, "image_type", forms[i]);
		struct value *disk = item_to_disk(it);
		assert_string_equal(item_str(it, "image_type"), "virt-clone");
		assert_string_equal(v_dict_cstr(disk, "image_type", ""), "virt_clone");
		v_unref(disk);
		item_unref(it);
	}
}

static void test_files_of_images(void **state)
{
	static const struct { const char *file, *error; } rows[] = {
		{ "", NULL }, { "/a/b.iso", NULL }, { "host:/b.iso", NULL }, { "user@host:a", "file contains an invalid path: a" },
		{ "user@host:/a.iso", NULL }, { "a/b", "invalid file: a/b" }, { "host:a/b", "file contains an invalid path: a/b" },
		{ "http://h/a", "Invalid image file path location, it should not contain a protocol" }, { "/a/", "missing filename" },
		{ "host:", "missing filename" }, { "u@/a", "a hostname must be specified with authentication details" },
		{ "u@v@h:/a", "too many values to unpack (expected 2)" }, { "h:/a:b", "too many values to unpack (expected 2)" },
	};
	const struct item_ctx ctx = { .path_kind = every_path_is_a_file };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct item *it = named_item(ITEM_IMAGE);
		struct value *v = v_str(rows[i].file);
		struct err e = { .code = CB_OK };
		int rc = item_set_in(&ctx, it, "file", v, &e);
		assert_string_equal(rc != CB_OK ? e.text : "", rows[i].error != NULL ? rows[i].error : "");
		v_unref(v);
		item_unref(it);
	}
}

/* compat: utils.is_str_int - a number as Python writes it */
static void test_whole_numbers_in_texts(void **state)
{
	static const struct { const char *text; int64_t want; } rows[] = {
		{ "0", 0 }, { "512", 512 }, { "", 0 }, { "0512", -1 }, { "+5", -1 }, { " 5", -1 }, { "5 ", -1 }, { "-0", -1 },
		{ "5.0", -1 },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct item *it = named_item(ITEM_PROFILE);
		struct value *v = v_str(rows[i].text);
		struct err e = { .code = CB_OK };
		int rc = item_set(it, "virt_ram", v, &e);
		assert_int_equal(rc == CB_OK, rows[i].want >= 0);
		if (rc == CB_OK)
			assert_int_equal(v_int_of(item_get(it, "virt_ram")), rows[i].want);
		else
			assert_string_equal(e.text, "virt_ram needs to be an integer");
		v_unref(v);
		item_unref(it);
	}
}

static void test_numbers_in_texts(void **state)
{
	static const struct { const char *text; double want; } rows[] = {
		{ "5", 5 }, { "0.5", 0.5 }, { "5.0", 5 }, { "1e+16", 1e16 }, { "", 0 }, { "5.50", -1 }, { "05", -1 }, { "1e3", -1 },
		{ "inf", -1 }, { "nan", -1 }, { " 5", -1 }, { "0x10", -1 },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct item *it = named_item(ITEM_PROFILE);
		struct value *v = v_str(rows[i].text);
		struct err e = { .code = CB_OK };
		int rc = item_set(it, "virt_file_size", v, &e);
		assert_int_equal(rc == CB_OK, rows[i].want >= 0);
		assert_true(rc != CB_OK || v_float_of(item_get(it, "virt_file_size")) == rows[i].want);
		assert_true(v_is(item_get(it, "virt_file_size"), *rows[i].text == '\0' ? V_INT : rc == CB_OK ? V_FLOAT : V_STR));
		v_unref(v);
		item_unref(it);
	}
}

/* What setters of 3.3.7 make of values that others refuse, and the other way round. */
static void test_setters_with_ways_of_their_own(void **state)
{
	static const struct { enum item_type type; const char *field, *given, *want, *error; } rows[] = {
		{ ITEM_REPO, "os_version", "\"RHEL9\"", "RHEL9", NULL }, { ITEM_REPO, "os_version", "0", "", NULL },
		{ ITEM_REPO, "os_version", "[]", "", NULL },
		{ ITEM_REPO, "os_version", "5", "", "'int' object has no attribute 'lower'" },
		{ ITEM_IMAGE, "menu", "null", "", NULL }, { ITEM_IMAGE, "menu", "false", "", NULL },
		{ ITEM_IMAGE, "menu", "1.5", "", "menu 1.5 not found" },
		{ ITEM_PROFILE, "menu", "null", "", "Field menu of object profile needs to be of type str!" },
		{ ITEM_IMAGE, "image_type", "\"\"", "direct",
			"image_type choices include: ['ImageTypes.DIRECT', 'ImageTypes.ISO', 'ImageTypes.MEMDISK', "
			"'ImageTypes.VIRT_CLONE']" },
		{ ITEM_SYSTEM, "power_type", "\"a b\"", "", "power management type must be one of: ack_manual," },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct item *it = named_item(rows[i].type);
		struct value *v;
		struct err e = { .code = CB_OK };
		assert_int_equal(json_parse(rows[i].given, strlen(rows[i].given), &v, &e), CB_OK);
		int rc = item_set(it, rows[i].field, v, &e);
		assert_true(rows[i].error == NULL ? rc == CB_OK : rc != CB_OK && str_starts(e.text, rows[i].error));
		assert_string_equal(item_str(it, rows[i].field), rows[i].want);
		v_unref(v);
		item_unref(it);
	}
}

static void test_remote_files_are_on_servers_with_an_address(void **state)
{
	static const struct { const char *url, *grub, *error; } rows[] = {
		{ "", "", NULL }, { "http://10.0.0.9/a/k", "(http,10.0.0.9)/a/k", NULL }, { "tftp://fd00::1/k", "(tftp,fd00::1)/k", NULL },
		{ "http://10.0.0.9", "(http,10.0.0.9)/", NULL }, { "http://@@http_server@@/k", "(http,@@http_server@@)/k", NULL },
		{ "http://h.lab.test/k", NULL, "Invalid remote file format http://h.lab.test/k\nh.lab.test is not a valid IP address" },
		{ "http:///k", NULL, "Invalid remote file format http:///k\n is not a valid IP address" },
		{ "http://10.0.0.9:80/k", NULL, "remote_boot_kernel needs to be a valid URL starting with tftp or http!" },
		{ "ftp://10.0.0.9/k", NULL, "remote_boot_kernel needs to be a valid URL starting with tftp or http!" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct item *it = named_item(ITEM_DISTRO);
		struct value *v = v_str(rows[i].url);
		struct err e = { .code = CB_OK };
		int rc = item_set(it, "remote_boot_kernel", v, &e);
		assert_string_equal(rc != CB_OK ? e.text : "", rows[i].error != NULL ? rows[i].error : "");
		assert_string_equal(item_str(it, "remote_grub_kernel"), rows[i].grub != NULL ? rows[i].grub : "");
		v_unref(v);
		item_unref(it);
	}
}

/* They are written into menus that all machines see. */
static void test_names_of_boot_files_stay_on_one_line(void **state)
{
	static const struct { const char *field, *value; bool ok; } rows[] = {
		{ "kernel", "/srv/vmlinuz ;x", true }, { "kernel", "/srv/vmlinuz\nLABEL x", false },
		{ "kernel", "http://h/vmlinuz\rx", false },
		{ "initrd", "/srv/initrd 'x", true }, { "initrd", "/srv/initrd\x1bx", false }, { "initrd", "/srv/initrd\x7f", false },
		{ "remote_boot_kernel", "http://10.0.0.9/k x", true }, { "remote_boot_kernel", "http://10.0.0.9/k\nx", false },
		{ "remote_boot_initrd", "http://10.0.0.9/i\tx", false },
	};
	const struct item_ctx ctx = { .path_kind = every_path_is_a_file };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct item *it = named_item(ITEM_DISTRO);
		struct value *v = v_str(rows[i].value);
		struct err e = { .code = CB_OK };
		int rc = item_set_in(&ctx, it, rows[i].field, v, &e);
		char *words = xasprintf("%s must not have control characters", rows[i].field);
		if ((rc == CB_OK) != rows[i].ok || (rc != CB_OK && !str_starts(e.text, words)))
			fail_msg("row %zu: %s", i, rc == CB_OK ? "taken" : e.text);
		free(words);
		v_unref(v);
		item_unref(it);
	}
}

/* compat: netaddr takes a number for an address; of name servers it is asked once more. */
static void test_addresses_that_are_no_text(void **state)
{
	static const struct { const char *iface, *field, *list, *error; } rows[] = {
		{ NULL, "name_servers", "[\"10.0.0.1\"]", NULL }, { NULL, "name_servers", "[5]", "Invalid input, addr must be a string" },
		{ NULL, "name_servers", "[true]", "Invalid input, addr must be a string" },
		{ NULL, "name_servers", "[-1]", "failed to detect a valid IP address from -1" },
		{ NULL, "name_servers", "[1.5]", "failed to detect a valid IP address from 1.5" },
		{ "eth0", "ipv6_secondaries", "[\"fd00::1\", \"\", 5]", NULL },
		{ "eth0", "ipv6_secondaries", "[[\"a\"]]", "invalid format for IPv6 IP address (['a'])" },
		{ "eth0", "ipv6_secondaries", "\"<<inherit>>\"", "invalid format for IPv6 IP address (<)" },
		{ "eth0", "ipv6_secondaries", "[null]", "invalid format for IPv6 IP address (None)" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct item *it = named_item(ITEM_SYSTEM);
		struct value *v;
		struct err e = { .code = CB_OK };
		assert_int_equal(json_parse(rows[i].list, strlen(rows[i].list), &v, &e), CB_OK);
		int rc = rows[i].iface == NULL ? item_set(it, rows[i].field, v, &e) :
			item_set_interface(it, rows[i].iface, rows[i].field, v, &e);
		assert_string_equal(rc != CB_OK ? e.text : "", rows[i].error != NULL ? rows[i].error : "");
		v_unref(v);
		item_unref(it);
	}
}

static void test_interfaces_that_are_set_leave_others_alone(void **state)
{
	static const char *const given[][2] = {          /* what is set, and what is there then */
		{ "{\"a\": {\"mtu\": \"1\", \"nosuch\": 1}, \"b\": {}}", "a 1 b -" }, { "{\"a\": {\"dns_name\": \"x.y\"}}", "b - a -" },
		{ "{}", "" },
	};
	struct item *it = named_item(ITEM_SYSTEM);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct value *v;
		struct err e;
		struct strbuf b = { 0 };
		assert_int_equal(json_parse(given[i][0], strlen(given[i][0]), &v, &e), CB_OK);
		assert_int_equal(item_set(it, "interfaces", v, &e), CB_OK);
		for (size_t k = 0; k < v_len(item_interfaces(it)); k++) {
			const char *mtu = v_dict_cstr(v_dict_at(item_interfaces(it), k), "mtu", "");
			sb_addf(&b, "%s%s %s", k > 0 ? " " : "", v_dict_key(item_interfaces(it), k), *mtu == '\0' ? "-" : mtu);
		}
		assert_string_equal(sb_str(&b), given[i][1]);
		sb_free(&b);
		v_unref(v);
	}
	item_unref(it);
}

static void test_derived_fields_come_back_from_the_store(void **state)
{
	(void)state;
	struct item *it = loaded_item(ITEM_DISTRO, "remote_boot_kernel", "http://10.0.0.9/k");
	assert_string_equal(item_str(it, "remote_grub_kernel"), "(http,10.0.0.9)/k");
	assert_string_equal(item_str(it, "remote_grub_initrd"), "");
	item_unref(it);
}

/* A system's file name is inherited, and so is a subprofile's, though a new one says "". */
static void test_an_empty_file_name_is_inherited_once_it_was_stored(void **state)
{
	static const struct { enum item_type type; const char *parent, *want; } rows[] = {
		{ ITEM_PROFILE, "", "" }, { ITEM_PROFILE, "p", "<<inherit>>" }, { ITEM_SYSTEM, "", "<<inherit>>" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct item *it = named_item(rows[i].type);
		item_put(it, "parent", v_str(rows[i].parent));
		item_put(it, "filename", v_str(""));
		struct value *disk = item_to_disk(it);
		struct item *loaded;
		struct err e;
		assert_int_equal(item_from_disk(rows[i].type, disk, &loaded, &e), CB_OK);
		assert_string_equal(item_str(loaded, "filename"), rows[i].want);
		item_unref(loaded);
		v_unref(disk);
		item_unref(it);
	}
}

static void test_fresh_items_survive_the_store(void **state)
{
	(void)state;
	for (size_t t = 0; t < ITEM_TYPES; t++) {
		struct item *it = named_item((enum item_type)t);
		check_survives_the_store(it, item_tables[t]->name);
		item_unref(it);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_sound),
		cmocka_unit_test(test_tables_have_the_fields_of_cobbler),
		cmocka_unit_test(test_fresh_items_survive_the_store),
		cmocka_unit_test(test_enumerations_are_stored_as_cobbler_loads_them),
		cmocka_unit_test(test_files_of_images),
		cmocka_unit_test(test_whole_numbers_in_texts),
		cmocka_unit_test(test_numbers_in_texts),
		cmocka_unit_test(test_setters_with_ways_of_their_own),
		cmocka_unit_test(test_remote_files_are_on_servers_with_an_address),
		cmocka_unit_test(test_names_of_boot_files_stay_on_one_line),
		cmocka_unit_test(test_addresses_that_are_no_text),
		cmocka_unit_test(test_interfaces_that_are_set_leave_others_alone),
		cmocka_unit_test(test_derived_fields_come_back_from_the_store),
		cmocka_unit_test(test_an_empty_file_name_is_inherited_once_it_was_stored),
		cmocka_unit_test(test_whatever_is_set_is_refused_with_words_or_survives),
		cmocka_unit_test(test_whatever_an_interface_gets_is_refused_or_survives),
	};
	int64_t given;
	if (getenv("FIELDS_SEED") != NULL && parse_int64(getenv("FIELDS_SEED"), &given) && given != 0)
		seed = (uint64_t)given;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
