/* SPDX-License-Identifier: GPL-2.0-or-later
 * model_test.c - the indexes against plain search after thousands of random edits; readers beside a writer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <strings.h>

#include "model/resolve.h"
#include "value/json.h"

#define NAMES 40
#define ADDRESSES 24           /* fewer than systems: many duplicates */

static uint64_t seed = 77;

static unsigned below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed % n);
}

/* Every second one is written in upper case: look-ups ignore case. */
static struct value *random_interfaces(void)
{
	struct value *all = v_dict();
	for (unsigned i = below(4); i > 0; i--) {
		struct value *one = v_dict();
		unsigned a = below(ADDRESSES);
		v_dict_set(one, "mac_address",
			below(4) == 0 ? v_str("") : v_strf(below(2) ? "52:54:00:ab:cd:%02x" : "52:54:00:AB:CD:%02X", a));
		v_dict_set(one, "ip_address", below(4) == 0 ? v_str("") : v_strf("10.0.0.%u", below(ADDRESSES)));
		v_dict_set(one, "ipv6_address", below(2) ? v_str("") : v_strf("fe80::%x", below(ADDRESSES)));
		v_dict_set(one, "dns_name", below(2) ? v_str("") : v_strf("Host%u.example.org", below(ADDRESSES)));
		char *name = xasprintf("eth%u", i);
		v_dict_set(all, name, one);
		free(name);
	}
	return all;
}

static void randomise(struct item *it)
{
	if (item_type(it) == ITEM_PROFILE) {
		if (below(2))
			item_put(it, "distro", v_strf("d%u", below(3)));
		item_put(it, "menu", below(2) ? v_strf("m%u", below(2)) : v_str(""));
		struct value *repos = v_list();
		for (unsigned i = below(3); i > 0; i--)
			v_list_push(repos, v_strf("r%u", below(3)));
		item_put(it, "repos", repos);
		return;
	}
	item_put(it, "profile", v_strf("n%u", below(NAMES)));
	item_put(it, "hostname", below(2) ? v_strf("host%u.example.org", below(ADDRESSES)) : v_str(""));
	item_put(it, "interfaces", random_interfaces());
}

static void random_edit(struct model *m)
{
	enum item_type t = below(3) == 0 ? ITEM_PROFILE : ITEM_SYSTEM;
	char name[16];
	snprintf(name, sizeof(name), "n%u", below(NAMES));
	CLEANUP(item_unrefp) struct item *old = model_get(m, t, name);
	if (old != NULL && below(4) == 0) {
		model_remove(m, old);
		return;
	}
	struct item *it = old != NULL ? item_edit(old) : item_new(t);
	item_put(it, "name", v_str(name));
	if (below(5) == 0) {                               /* a new name, if it is free */
		snprintf(name, sizeof(name), "n%u", below(NAMES));
		CLEANUP(item_unrefp) struct item *taken = model_get(m, t, name);
		if (taken == NULL)
			item_put(it, "name", v_str(name));
	}
	if (below(3) != 0)
		randomise(it);
	model_publish(m, it, old);
}

static bool has_address(const struct item *it, const char *f1, const char *f2, const char *text)
{
	const struct value *all = item_interfaces(it);
	for (size_t i = 0; i < v_len(all); i++)
		if (strcasecmp(v_dict_cstr(v_dict_at(all, i), f1, ""), text) == 0 ||
			strcasecmp(v_dict_cstr(v_dict_at(all, i), f2, ""), text) == 0)
			return true;
	return false;
}

static bool has_exactly(const struct item *it, const char *field, const char *text)
{
	const struct value *all = item_interfaces(it);
	for (size_t i = 0; i < v_len(all); i++)
		if (str_eq(v_dict_cstr(v_dict_at(all, i), field, ""), text))
			return true;
	return false;
}

/* The first system in order that has the address in an interface; found borrows. */
static void check_address(struct model *m, const struct item_list *systems, const char *f1, const char *f2, const char *text,
	struct item *(*by)(struct model *, const char *, const char **))
{
	const char *iface = NULL;
	const struct item *want = NULL;
	for (size_t i = 0; i < systems->n && want == NULL; i++)
		if (has_address(systems->v[i], f1, f2, text))
			want = systems->v[i];
	CLEANUP(item_unrefp) struct item *found = by(m, text, &iface);
	if (want != NULL) {
		assert_ptr_equal(found, want);
		assert_true(iface != NULL && v_dict_get(item_interfaces(found), iface) != NULL);
		return;
	}
	assert_null(iface);
	if (found != NULL)                                 /* then by its host name only */
		assert_int_equal(strcasecmp(item_str(found, "hostname"), text), 0);
}

static bool refers(const struct item *it, enum item_type t, const char *name)
{
	enum item_type pt;
	const char *parent = item_parent(it, &pt);
	return (pt == t && str_eq(parent, name)) || (t == ITEM_MENU && str_eq(item_str(it, "menu"), name)) ||
		(t == ITEM_REPO && v_list_has_str(item_get(it, "repos"), name));
}

/* Referrers come as a plain search finds them. */
static void check_referrers(struct model *m, enum item_type from, enum item_type t, const char *name)
{
	struct item_list all = model_items(m, from), got = model_referrers(m, t, name);
	size_t k = 0;
	for (size_t i = 0; i < all.n; i++)
		if (refers(all.v[i], t, name)) {
			assert_true(k < got.n);
			assert_ptr_equal(got.v[k], all.v[i]);
			k++;
		}
	assert_int_equal(k, got.n);
	item_list_free(&all);
	item_list_free(&got);
}

static void check_find(struct model *m, const struct item_list *systems, const char *field, const char *text)
{
	struct value *c = v_dict();
	struct item_list got = { 0 };
	struct err e;
	size_t want = 0;
	for (size_t i = 0; i < systems->n; i++)
		want += str_eq(field, "hostname") || str_eq(field, "name") ? strcasecmp(item_str(systems->v[i], field), text) == 0 :
			has_exactly(systems->v[i], field, text);     /* compat: Systems.indexes */
	v_dict_set(c, field, v_str(text));
	assert_int_equal(model_find(m, ITEM_SYSTEM, c, &got, &e), CB_OK);
	assert_int_equal(got.n, want);
	item_list_free(&got);
	v_unref(c);
}

static void check_all(struct model *m)
{
	char text[64];
	struct item_list systems = model_items(m, ITEM_SYSTEM);
	assert_int_equal(systems.n, model_count(m, ITEM_SYSTEM));
	for (size_t i = 0; i < systems.n; i++) {
		CLEANUP(item_unrefp) struct item *a = model_get(m, ITEM_SYSTEM, item_name(systems.v[i])),
			*b = model_by_uid(m, item_uid(systems.v[i]));
		assert_ptr_equal(a, systems.v[i]);
		assert_ptr_equal(b, systems.v[i]);
	}
	for (unsigned i = 0; i < ADDRESSES; i++) {
		snprintf(text, sizeof(text), "52:54:00:aB:cD:%02x", i);
		check_address(m, &systems, "mac_address", "mac_address", text, model_system_by_mac);
		check_find(m, &systems, "mac_address", text);
		snprintf(text, sizeof(text), "10.0.0.%u", i);
		check_address(m, &systems, "ip_address", "ipv6_address", text, model_system_by_ip);
		check_find(m, &systems, "ip_address", text);
		snprintf(text, sizeof(text), "FE80::%x", i);
		check_address(m, &systems, "ip_address", "ipv6_address", text, model_system_by_ip);
		snprintf(text, sizeof(text), "host%u.EXAMPLE.org", i);
		check_address(m, &systems, "dns_name", "dns_name", text, model_system_by_dns_name);
		check_find(m, &systems, "hostname", text);
		check_find(m, &systems, "dns_name", text);
		snprintf(text, sizeof(text), "Host%u.example.org", i);
		check_find(m, &systems, "dns_name", text);
	}
	for (unsigned i = 0; i < NAMES; i++) {
		snprintf(text, sizeof(text), "n%u", i);
		check_referrers(m, ITEM_SYSTEM, ITEM_PROFILE, text);
		check_find(m, &systems, "name", text);
	}
	for (unsigned i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "d%u", i);
		check_referrers(m, ITEM_PROFILE, ITEM_DISTRO, text);
		snprintf(text, sizeof(text), "m%u", i);
		check_referrers(m, ITEM_PROFILE, ITEM_MENU, text);
		snprintf(text, sizeof(text), "r%u", i);
		check_referrers(m, ITEM_PROFILE, ITEM_REPO, text);
	}
	item_list_free(&systems);
}

static void test_indexes_find_what_a_plain_search_finds(void **state)
{
	struct model *m = model_new();
	(void)state;
	for (unsigned i = 0; i < 6000; i++) {
		uint64_t before = model_version(m);
		random_edit(m);
		assert_int_equal(model_version(m), before + 1);
		if (i % 200 == 199)
			check_all(m);
	}
	model_free(m);
}

/* A view finds what a plain search of it finds, though in another order. */
static void check_view(struct model *m)
{
	struct item_list systems = model_items(m, ITEM_SYSTEM);
	char text[64];
	assert_int_equal(systems.n, model_count(m, ITEM_SYSTEM));
	for (size_t i = 0; i < systems.n; i++) {
		CLEANUP(item_unrefp) struct item *a = model_get(m, ITEM_SYSTEM, item_name(systems.v[i])),
			*b = model_by_uid(m, item_uid(systems.v[i]));
		assert_ptr_equal(a, systems.v[i]);
		assert_ptr_equal(b, systems.v[i]);
	}
	for (unsigned k = 0; k < ADDRESSES; k++) {
		const char *iface = NULL;
		size_t want = 0;
		snprintf(text, sizeof(text), "52:54:00:ab:cd:%02x", k);
		CLEANUP(item_unrefp) struct item *found = model_system_by_mac(m, text, &iface);
		for (size_t i = 0; i < systems.n; i++)
			want += has_address(systems.v[i], "mac_address", "mac_address", text);
		assert_int_equal(found != NULL, want > 0);
		assert_true(found == NULL || has_address(found, "mac_address", "mac_address", text));
		check_find(m, &systems, "mac_address", text);
	}
	for (unsigned k = 0; k < NAMES; k++) {
		size_t want = 0;
		snprintf(text, sizeof(text), "n%u", k);
		struct item_list got = model_referrers(m, ITEM_PROFILE, text);
		for (size_t i = 0; i < systems.n; i++)
			want += refers(systems.v[i], ITEM_PROFILE, text);
		for (size_t i = 0; i < got.n; i++)
			if (item_type(got.v[i]) == ITEM_SYSTEM) {
				assert_true(refers(got.v[i], ITEM_PROFILE, text));
				want--;
			}
		assert_int_equal(want, 0);
		item_list_free(&got);
	}
	item_list_free(&systems);
}

/* What it changes goes over into its base, in one step, whatever names changed hands. */
static void test_a_view_changes_its_base_when_told_to(void **state)
{
	struct model *m = model_new();
	(void)state;
	for (unsigned i = 0; i < 100; i++)
		random_edit(m);
	for (unsigned round = 0; round < 60; round++) {
		struct item_list before = model_items(m, ITEM_SYSTEM);
		struct model *view = model_view(m);
		for (unsigned i = 0; i < 40; i++)
			random_edit(view);
		check_view(view);
		struct item_list after = model_items(m, ITEM_SYSTEM), want = model_items(view, ITEM_SYSTEM);
		assert_int_equal(after.n, before.n);
		for (size_t i = 0; i < after.n; i++)
			assert_ptr_equal(after.v[i], before.v[i]);
		size_t n;
		struct model_change *changes = model_view_changes(view, &n);
		assert_int_equal(model_view_count(view), n);
		struct item **now = xcalloc(n + 1, sizeof(*now));
		const struct item **old = xcalloc(n + 1, sizeof(*old));
		for (size_t i = 0; i < n; i++) {
			now[i] = changes[i].now;
			old[i] = changes[i].before;
		}
		uint64_t version = model_version(view);
		model_publish_all(m, now, old, n);
		assert_true(model_version(view) > version || n == 0);        /* what is kept of a view goes with an edit of its base */
		check_all(m);
		assert_int_equal(model_count(m, ITEM_SYSTEM), want.n);
		for (size_t i = 0; i < want.n; i++) {
			CLEANUP(item_unrefp) struct item *it = model_get(m, ITEM_SYSTEM, item_name(want.v[i]));
			assert_ptr_equal(it, want.v[i]);
		}
		for (size_t i = 0; i < n; i++)
			item_unref(changes[i].before);
		free(changes);
		free(now);
		free(old);
		item_list_free(&before);
		item_list_free(&after);
		item_list_free(&want);
		model_free(view);
	}
	model_free(m);
}

struct shared { struct model *m; struct value *settings; bool stop; };

/* A reader never sees an item that does not fit together: the comment always says the same as the host name. */
static void *read_on(void *arg)
{
	struct shared *s = arg;
	size_t seen = 0;
	while (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE)) {
		struct item_list l = model_items(s->m, ITEM_SYSTEM);
		for (size_t i = 0; i < l.n; i++) {
			if (!str_eq(item_str(l.v[i], "comment"), item_str(l.v[i], "hostname")))
				abort();
			if (i % 8 == 0)
				v_unref(resolve_blend(s->m, s->settings, l.v[i], false));
			seen++;
		}
		item_list_free(&l);
		item_unref(model_system_by_dns_name(s->m, "h1", NULL));
	}
	return (void *)(uintptr_t)(seen > 0);
}

static void publish(struct model *m, enum item_type t, const char *name, const char *parent, const char *filename)
{
	struct item *it = item_new(t);
	item_put(it, "name", v_str(name));
	item_put(it, "parent", v_str(parent));
	item_put(it, "filename", v_str(filename));
	model_publish(m, it, NULL);
}

static void test_what_a_subprofile_says_of_the_file_name(void **state)
{
	(void)state;
	struct model *m = model_new();
	struct value *settings = v_dict();
	publish(m, ITEM_PROFILE, "p", "", "f.0");
	publish(m, ITEM_PROFILE, "new", "p", "");
	publish(m, ITEM_PROFILE, "sub", "p", "<<inherit>>");
	publish(m, ITEM_PROFILE, "subsub", "sub", "<<inherit>>");
	static const char *const want[][2] = {{"new", ""}, {"sub", "f.0"}, {"subsub", "f.0"}};
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		struct item *it = model_get(m, ITEM_PROFILE, want[i][0]);
		struct value *v = resolve_field(m, settings, it, "filename");
		assert_string_equal(v_cstr(v), want[i][1]);
		v_unref(v);
		v = resolve_dict(m, settings, it);
		assert_string_equal(v_dict_cstr(v, "filename", "none"), want[i][1]);
		v_unref(v);
		v = resolve_blend(m, settings, it, false);
		assert_string_equal(v_dict_cstr(v, "filename", "none"), want[i][1]);
		v_unref(v);
		item_unref(it);
	}
	v_unref(settings);
	model_free(m);
}

/* boot_files of a distro may say that they are inherited, though there is nothing above. */
static void test_inherited_boot_files_are_a_dict(void **state)
{
	(void)state;
	struct model *m = model_new();
	struct value *settings = v_dict();
	struct item *it = item_new(ITEM_DISTRO);
	item_put(it, "name", v_str("d"));
	item_put(it, "boot_files", v_str("<<inherit>>"));
	model_publish(m, it, NULL);
	struct value *answers[] = { resolve_dict(m, settings, it), resolve_blend(m, settings, it, false) };
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		assert_true(v_is(v_dict_get(answers[i], "boot_files"), V_DICT));
		v_unref(answers[i]);
	}
	v_unref(settings);
	model_free(m);
}

static struct item *from_disk(struct model *m, enum item_type t, const char *text)
{
	struct value *d = NULL;
	struct item *it = NULL;
	struct err e;
	if (json_parse(text, strlen(text), &d, &e) != CB_OK || item_from_disk(t, d, &it, &e) != CB_OK)
		fail_msg("%s: %s", text, e.text);
	model_publish(m, it, NULL);
	v_unref(d);
	return item_ref(it);
}

/* Subprofiles of 2.8 to 3.2 say so in fields that do not inherit in 3.3. */
static void test_inherit_overrides_nothing_in_what_machines_get(void **state)
{
	(void)state;
	struct model *m = model_new();
	struct value *settings = v_dict();
	struct item *p = from_disk(m, ITEM_PROFILE,
		"{\"name\":\"p\",\"uid\":\"1\",\"distro\":\"d\",\"dhcp_tag\":\"lab\",\"virt_path\":\"/v\","
		"\"template_files\":{\"a\":\"b\"}}");
	struct item *sub = from_disk(m, ITEM_PROFILE,
		"{\"name\":\"sub\",\"uid\":\"2\",\"parent\":\"p\",\"distro\":\"<<inherit>>\",\"dhcp_tag\":\"<<inherit>>\","
		"\"virt_path\":\"<<inherit>>\",\"template_files\":\"<<inherit>>\"}");
	struct value *v = resolve_blend(m, settings, sub, false);
	assert_string_equal(v_dict_cstr(v, "dhcp_tag", ""), "lab");
	assert_string_equal(v_dict_cstr(v, "virt_path", ""), "/v");
	assert_string_equal(v_dict_cstr(v_dict_get(v, "template_files"), "a", ""), "b");
	v_unref(v);
	item_unref(p);
	item_unref(sub);
	v_unref(settings);
	model_free(m);
}

/* A profile and a system at the same place of their collections refer to one profile: each leaves it alone. */
static void test_referrers_of_several_types_come_and_go(void **state)
{
	(void)state;
	struct model *m = model_new();
	struct err e;
	publish(m, ITEM_PROFILE, "p", "", "f.0");
	for (int round = 0; round < 3; round++) {
		struct item *sys[2];
		for (int i = 0; i < 2; i++) {
			char name[8] = { 's', (char)('0' + i), '\0' };
			sys[i] = item_new(ITEM_SYSTEM);
			assert_int_equal(item_set_str(sys[i], "name", name, &e), CB_OK);
			item_put(sys[i], "profile", v_str("p"));
			model_publish(m, sys[i], NULL);
			item_ref(sys[i]);
		}
		publish(m, ITEM_PROFILE, "sub", "p", "");
		for (int i = 0; i < 2; i++) {
			model_remove(m, sys[i]);
			item_unref(sys[i]);
		}
		struct item_list l = model_referrers(m, ITEM_PROFILE, "p");
		assert_int_equal(l.n, 1);
		assert_string_equal(item_name(l.v[0]), "sub");
		model_remove(m, l.v[0]);
		item_list_free(&l);
		l = model_referrers(m, ITEM_PROFILE, "p");
		assert_int_equal(l.n, 0);
		item_list_free(&l);
	}
	model_free(m);
}

static void test_readers_see_whole_items_beside_a_writer(void **state)
{
	struct shared s = { .m = model_new(), .settings = v_dict() };
	pthread_t t[3];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, read_on, &s), 0);
	for (unsigned i = 0; i < 4000; i++) {
		char name[16];
		snprintf(name, sizeof(name), "n%u", below(NAMES));
		struct item *old = model_get(s.m, ITEM_SYSTEM, name), *it = old != NULL ? item_edit(old) : item_new(ITEM_SYSTEM);
		item_put(it, "name", v_str(name));
		item_put(it, "hostname", v_strf("h%u", i % 10));
		item_put(it, "comment", v_strf("h%u", i % 10));
		if (i % 5 == 4 && old != NULL) {
			model_remove(s.m, old);
			item_unref(it);
		} else {
			model_publish(s.m, it, old);
		}
		item_unref(old);
	}
	__atomic_store_n(&s.stop, true, __ATOMIC_RELEASE);
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	v_unref(s.settings);
	model_free(s.m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_indexes_find_what_a_plain_search_finds),
		cmocka_unit_test(test_a_view_changes_its_base_when_told_to),
		cmocka_unit_test(test_what_a_subprofile_says_of_the_file_name),
		cmocka_unit_test(test_inherited_boot_files_are_a_dict),
		cmocka_unit_test(test_inherit_overrides_nothing_in_what_machines_get),
		cmocka_unit_test(test_referrers_of_several_types_come_and_go),
		cmocka_unit_test(test_readers_see_whole_items_beside_a_writer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
