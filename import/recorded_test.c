/* SPDX-License-Identifier: GPL-2.0-or-later
 * recorded_test.c - the recorded imports of 3.3.7 (testdata) must give the same names and fields where 3.3.7 works, and something sensible
 * where it does not.
 */
#include "import/runkit.h"

/* v with the test's root taken out of every text. */
static struct value *without_root(const struct value *v)
{
	if (v_is(v, V_STR)) {
		const char *s = v_cstr(v), *root = path_root(), *at = strstr(s, root);
		return at != NULL ? v_strf("%.*s%s", (int)(at - s), s, at + strlen(root)) : v_ref(v);
	}
	if (v_is(v, V_LIST)) {
		struct value *l = v_list();
		for (size_t i = 0; i < v_len(v); i++)
			v_list_push(l, without_root(v_list_at(v, i)));
		return l;
	}
	if (v_is(v, V_DICT)) {
		struct value *d = v_dict();
		for (size_t i = 0; i < v_len(v); i++)
			v_dict_set(d, v_dict_key(v, i), without_root(v_dict_at(v, i)));
		return d;
	}
	return v_ref(v);
}

static void compare_item(const char *id, enum item_type type, const char *name, const struct value *expect)
{
	struct item *it = model_get(core.model, type, name);
	if (it == NULL)
		fail_msg("%s: %s %s was not made", id, item_table(type)->name, name);
	struct value *raw = item_to_dict(it), *got = without_root(raw);
	for (size_t i = 0; i < v_len(expect); i++) {
		const char *key = v_dict_key(expect, i);
		const struct value *g = v_dict_get(got, key), *x = v_dict_at(expect, i);
		if (g != NULL && v_equal(g, x))
			continue;
		struct strbuf a = {0}, b = {0};
		json_write(&a, x, 0);
		json_write(&b, g != NULL ? g : v_none(), 0);
		fail_msg("%s: %s %s: %s is %s, expected %s", id, item_table(type)->name, name, key, sb_str(&b),
			sb_str(&a));
	}
	v_unref(raw);
	v_unref(got);
	item_unref(it);
}

static void build_tree(const struct value *tree)
{
	for (size_t i = 0; i < v_len(tree); i++) {
		const struct value *f = v_list_at(tree, i);
		char name[512];
		snprintf(name, sizeof(name), "media/%s", v_dict_cstr(f, "path", ""));
		const struct value *content = v_dict_get(f, "content");
		kit_file(name, content != NULL ? v_cstr(content) : NULL,
			content != NULL ? v_len(content) : (size_t)v_dict_int(f, "size", 0));
	}
}

/* What 3.3.7 failed at, or "completed" with nothing: what we make of it. breed NULL: fails, with this text. */
static const struct better { const char *id, *breed, *os_version, *distro, *kernel, *text;
} better[] = {
	{ "rocky10", "redhat", "rhel10", "rocky10-x86_64", "rocky10/images/pxeboot/vmlinuz", NULL },
	{ "debian12-unknown", "debian", "bookworm", "debian12-unknown-x86_64", "debian12-unknown/install.amd/vmlinuz",
		NULL },
	{ "esxi70", "vmware", "esxi70", "esxi70-x86_64", "esxi70/mboot.c32", NULL },
	{ "xenserver72", "xen", "xenserver720", "xenserver72-x86_64", "xenserver72/boot/pxelinux/mboot.c32", NULL },
	{ "freebsd130", "freebsd", "freebsd13.0", "freebsd130-x86_64", "freebsd130/boot/kernel/kernel", NULL },
	{ "available-as", "debian", "bullseye", "available-as-x86_64", "available-as-x86_64/install.amd/vmlinuz",
		NULL },
	{ "empty", NULL, NULL, NULL, NULL, "No signature matched in " },
	{ "wrong-breed", NULL, NULL, NULL, NULL, "No signature matched in " },
	{ "missing-path", NULL, NULL, NULL, NULL, "No such file" },
};

static const struct better *better_for(const char *id)
{
	for (size_t i = 0; i < ARRAY_LEN(better); i++)
		if (str_eq(better[i].id, id))
			return &better[i];
	return NULL;
}

static void check_better(const struct better *b, const struct result *r)
{
	if (b->breed == NULL) {
		if (r->ok || strstr(r->text, b->text) == NULL)
			fail_msg("%s: %s", b->id, r->ok ? "imported" : r->text);
		assert_nothing_left();
		return;
	}
	if (!r->ok)
		fail_msg("%s: %s", b->id, r->text);
	struct item *d = model_get(core.model, ITEM_DISTRO, b->distro),
		    *p = model_get(core.model, ITEM_PROFILE, b->distro);
	if (d == NULL || p == NULL)
		fail_msg("%s: no distro and profile %s", b->id, b->distro);
	assert_string_equal(item_str(d, "breed"), b->breed);
	assert_string_equal(item_str(d, "os_version"), b->os_version);
	assert_true(str_ends(item_str(d, "kernel"), b->kernel));
	item_unref(d);
	item_unref(p);
}

static void check_recorded(const char *id, const struct value *result, const struct result *r)
{
	static const enum item_type types[] = { ITEM_DISTRO, ITEM_PROFILE, ITEM_REPO };
	if (!r->ok)
		fail_msg("%s: %s", id, r->text);
	const struct value *fresh = v_dict_get(result, "new");
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const struct value *of = v_dict_get(fresh, item_table(types[i])->name);
		assert_int_equal(model_count(core.model, types[i]), v_len(of));
		for (size_t j = 0; j < v_len(of); j++)
			compare_item(id, types[i], v_dict_key(of, j), v_dict_at(of, j));
	}
	const struct value *links = v_dict_get(result, "links"), *files = v_dict_get(result, "mirror_files");
	for (size_t i = 0; i < v_len(links); i++) {
		char name[256];
		snprintf(name, sizeof(name), "root/var/www/cobbler/links/%s", v_cstr(v_list_at(links, i)));
		assert_true(kit_exists(name));
	}
	for (size_t i = 0; i < v_len(files); i++) {
		char name[256];
		snprintf(name, sizeof(name), "root/var/www/cobbler/distro_mirror/%s", v_cstr(v_list_at(files, i)));
		if (!kit_exists(name))
			fail_msg("%s: %s is missing", id, name);
	}
}

static void one_case(const struct value *c)
{
	const char *id = v_dict_cstr(c, "id", "");
	void *state = NULL;
	assert_int_equal(open_core(&state), 0);
	build_tree(v_dict_get(c, "tree"));
	struct value *o = v_copy(v_dict_get(c, "options"));
	v_dict_set(o, "path", v_str(kit_path("media")));
	struct result r = import_now(o, NULL);
	if (better_for(id) != NULL)
		check_better(better_for(id), &r);
	else
		check_recorded(id, v_dict_get(c, "result"), &r);
	assert_int_equal(close_core(&state), 0);
}

static void recorded_imports(void)
{
	struct strbuf b = {0};
	struct err e;
	size_t n = 0;
	assert_int_equal(file_read(AT_FDCWD, "import/testdata/import_public.jsonl", 16u << 20, &b, &e), CB_OK);
	for (const char *p = sb_str(&b); *p != '\0'; n++) {
		size_t len = strcspn(p, "\n");
		struct value *v = NULL;
		assert_int_equal(json_parse(p, len, &v, &e), CB_OK);
		one_case(v);
		v_unref(v);
		p += len + (p[len] == '\n');
	}
	sb_free(&b);
	assert_int_equal(n, 23);
}

static void test_recorded_imports(void **state)
{
	(void)state;
	recorded_imports();
}

static void test_recorded_imports_beside_a_sites_signatures(void **state)
{
	(void)state;
	if (access(SITE_SIGNATURES, R_OK) != 0) {
		print_message("SKIP: %s is not there\n", SITE_SIGNATURES);
		skip();
	}
	with_site_file = true;
	recorded_imports();
	with_site_file = false;
}

int main(int argc, char **argv)
{
	int status = importer_role(argc, argv);
	if (status >= 0)
		return status;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded_imports),
		cmocka_unit_test(test_recorded_imports_beside_a_sites_signatures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
