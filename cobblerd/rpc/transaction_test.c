/* SPDX-License-Identifier: GPL-2.0-or-later
 * transaction_test.c - several edits of one token as one: seen by it alone until the commit, and then all of them or none.
 */
#include "rpc/testkit.h"

#include <unistd.h>

#include "base/log.h"

/* xapi_object_edit, which every kind of edit goes through. */
static void edit(const char *token, const char *type, const char *name, const char *mode, const char *attributes)
{
	char *json = xasprintf("[\"%s\", \"%s\", \"%s\", %s, \"T\"]", type, name, mode, attributes);
	expect("xapi_object_edit", json, token, "true");
	free(json);
}

static bool stored(const char *file)
{
	char *path = xasprintf("%s/var/lib/cobbler/collections/%s.json", root, file);
	bool is = access(path, F_OK) == 0;
	free(path);
	return is;
}

/* A distro and a profile p, for systems to stand on. */
static int fill(void **state)
{
	(void)state;
	char *t = direct_token();
	put_file("/boot/vmlinuz", "kernel\n");
	put_file("/boot/initrd.img", "initrd\n");
	char *files = xasprintf("{\"name\": \"d\", \"kernel\": \"%s/boot/vmlinuz\", \"initrd\": \"%s/boot/initrd.img\"}", root, root);
	edit(t, "distro", "d", "add", files);
	edit(t, "profile", "p", "add", "{\"name\": \"p\", \"distro\": \"d\"}");
	free(files);
	free(t);
	return 0;
}

static int empty(void **state)
{
	(void)state;
	char *t = direct_token();
	static const char *const names[] = { "a", "b", "c", "new", "moved" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char *json = xasprintf("[\"%s\", \"T\"]", names[i]);
		expect("remove_system", json, t, "true");
		expect("remove_repo", json, t, "true");
		free(json);
	}
	expect("remove_distro", "[\"d\", \"T\"]", t, "true");
	expect("remove_profile", "[\"sub\", \"T\"]", t, "true");
	free(t);
	return 0;
}

static void test_edits_are_seen_by_others_after_the_commit(void **state)
{
	(void)state;
	char *t = direct_token(), *other = direct_token();
	struct value *h;
	struct err e;
	edit(t, "system", "a", "add", "{\"name\": \"a\", \"profile\": \"p\", \"mac_address\": \"52:54:00:00:00:01\", \"interface\": "
		"\"eth0\"}");
	expect("transaction_begin", "[\"T\"]", t, "true");
	edit(t, "profile", "sub", "add", "{\"name\": \"sub\", \"parent\": \"p\"}");
	assert_int_equal(call("new_system", "[\"T\"]", t, &h, &e), CB_OK);
	static const char *const steps[] = {
		"modify_system", "[\"%s\", \"name\", \"new\", \"T\"]",
		"modify_system", "[\"%s\", \"profile\", \"sub\", \"T\"]",
		"modify_system", "[\"%s\", \"modify_interface\", {\"macaddress-eth0\": \"52:54:00:00:00:01\"}, \"T\"]",
		"save_system", "[\"%s\", \"T\"]",
	};
	/* hands its address on */
	edit(t, "system", "a", "edit", "{\"interface\": \"eth0\", \"mac_address\": \"52:54:00:00:00:02\"}");
	for (size_t i = 0; i < ARRAY_LEN(steps); i += 2) {
		const char *mark = strstr(steps[i + 1], "%s");
		char *json = xasprintf("%.*s%s%s", (int)(mark - steps[i + 1]), steps[i + 1], v_cstr(h), mark + 2);
		expect(steps[i], json, t, "true");
		free(json);
	}
	expect("modify_system", "[\"system::a\", \"comment\", \"not saved\", \"T\"]", t, "true");
	expect("has_item", "[\"system\", \"new\", \"T\"]", t, "true");
	expect("find_system", "[{\"profile\": \"sub\"}, false, \"T\"]", t, "[\"new\"]");
	static const char *const nothing[] = { "has_item", "[\"system\", \"new\", \"T\"]", "false", "has_item",
		"[\"system\", \"new\"]", "false",
		"find_system", "[{\"mac_address\": \"52:54:00:00:00:02\"}]", "[]", "find_system", "[{\"comment\": \"not saved\"}]", "[]",
		"get_item_names", "[\"profile\"]", "[\"p\"]" };
	for (size_t i = 0; i < ARRAY_LEN(nothing); i += 3)
		expect(nothing[i], nothing[i + 1], other, nothing[i + 2]);
	assert_false(stored("systems/new") || stored("profiles/sub"));
	expect("transaction_commit", "[\"T\"]", t, "true");
	expect("find_system", "[{\"mac_address\": \"52:54:00:00:00:01\"}]", other, "[\"new\"]");
	expect("find_system", "[{\"comment\": \"not saved\"}]", other, "[\"a\"]");       /* compat: modified is enough */
	assert_true(stored("systems/new") && stored("profiles/sub"));
	/* The handle lives on. */
	char *json = xasprintf("[\"%s\", \"comment\", \"later\", \"T\"]", v_cstr(h)), *save = xasprintf("[\"%s\", \"T\"]", v_cstr(h));
	expect("modify_system", json, t, "true");
	expect("save_system", save, t, "true");
	expect("find_system", "[{\"comment\": \"later\"}]", other, "[\"new\"]");
	expect_fault("transaction_commit", "[\"T\"]", t, PY_KEY, "no transaction");
	free(json);
	free(save);
	v_unref(h);
	free(t);
	free(other);
}

static void test_an_abort_or_the_end_of_the_token_leaves_nothing(void **state)
{
	(void)state;
	for (int way = 0; way < 3; way++) {
		char *t = direct_token();
		expect("transaction_begin", "[\"T\"]", t, "true");
		edit(t, "repo", "a", "add", "{\"name\": \"a\", \"mirror\": \"http://127.0.0.1/a\"}");
		expect("remove_distro", "[\"d\", \"T\"]", t, "true");
		expect("has_item", "[\"profile\", \"p\", \"T\"]", t, "false");
		expect(way == 0 ? "transaction_abort" : way == 1 ? "logout" : "transaction_begin", "[\"T\"]", t, "true");
		if (way == 2)
			expect("transaction_commit", "[\"T\"]", t, "true");       /* of the second one */
		expect("has_item", "[\"repo\", \"a\"]", t, "false");
		expect("has_item", "[\"profile\", \"p\"]", t, "true");
		assert_false(stored("repos/a"));
		free(t);
	}
	char *t = direct_token();
	expect_fault("transaction_abort", "[\"T\"]", t, PY_KEY, "no transaction");
	expect_fault("transaction_begin", "[\"nonsense\"]", NULL, PY_VALUE, "token");
	assert_int_equal(rpc->transactions, 0);
	free(t);
}

/* What somebody else did meanwhile: all of it is refused, and nothing of it is there. */
static void test_a_conflict_refuses_the_whole(void **state)
{
	static const struct { const char *mine[4], *others[4], *text; } rows[] = {
		{ { "repo", "b", "edit", "{\"comment\": \"mine\"}" }, { "repo", "b", "edit", "{\"comment\": \"theirs\"}" },
			"The item has been modified" },
		{ { "repo", "b", "edit", "{\"comment\": \"mine\"}" }, { "repo", "b", "remove", "{}" }, "The item has been modified" },
		{ { "repo", "c", "add", "{\"name\": \"c\", \"mirror\": \"http://127.0.0.1/\"}" },
			{ "repo", "c", "add", "{\"name\": \"c\", \"mirror\": \"http://127.0.0.1/c\"}" },
			"An object already exists with that name" },
		{ { "distro", "d", "remove", "{\"recursive\": true}" }, { "system", "b", "add", "{\"name\": \"b\", \"profile\": \"p\"}" },
			"removal would orphan system: b" },
		{ { "profile", "p", "rename", "{\"newname\": \"q\"}" }, { "system", "b", "add", "{\"name\": \"b\", \"profile\": \"p\"}" },
			"removal would orphan system: b" },
		{ { "system", "c", "add", "{\"name\": \"c\", \"profile\": \"p\"}" }, { "profile", "p", "remove", "{\"recursive\": true}" },
			"refers to the profile \"p\"" },
		{ { "system", "c", "add", "{\"name\": \"c\", \"profile\": \"p\", \"interface\": \"eth0\", \"mac_address\": "
			"\"52:54:00:00:00:09\"}" },
			{ "system", "b", "add",
				"{\"name\": \"b\", \"profile\": \"p\", \"interface\": \"eth0\", \"mac_address\": \"52:54:00:00:00:09\"}" },
			"MAC address duplicate found" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *t = direct_token(), *other = direct_token();
		const char *const *mine = rows[i].mine, *const *others = rows[i].others;
		edit(other, "repo", "b", "add", "{\"name\": \"b\", \"mirror\": \"http://127.0.0.1/b\"}");
		expect("transaction_begin", "[\"T\"]", t, "true");
		edit(t, "repo", "new", "add", "{\"name\": \"new\", \"mirror\": \"http://127.0.0.1/new\"}");
		edit(t, mine[0], mine[1], mine[2], mine[3]);
		edit(other, others[0], others[1], others[2], others[3]);
		struct value *v = NULL;
		struct err e = { 0 };
		assert_int_not_equal(call("transaction_commit", "[\"T\"]", t, &v, &e), CB_OK);
		if (strstr(e.text, rows[i].text) == NULL)
			fail_msg("%zu: %s", i, e.text);
		expect("has_item", "[\"repo\", \"new\", \"T\"]", t, "false");
		assert_false(stored("repos/new"));
		expect_fault("transaction_abort", "[\"T\"]", t, PY_KEY, "no transaction");       /* it is over */
		free(t);
		free(other);
		empty(state);
		fill(state);
	}
}

/* Additions that other clients use. */
static void test_calls_of_other_releases(void **state)
{
	(void)state;
	char *t = direct_token();
	struct item *p = model_get(core.model, ITEM_PROFILE, "p");
	char *json = xasprintf("[\"%s\", \"comment\", \"by uid\", \"T\"]", item_uid(p));
	expect("set_item_resolved_value", json, t, "true");
	expect("find_profile", "[{\"comment\": \"by uid\"}]", t, "[\"p\"]");
	expect_fault("set_item_resolved_value", "[\"nonsense\", \"comment\", \"x\", \"T\"]", t, PY_VALUE, "uuid");
	expect("get_snippets", "[]", t, "[]");
	expect("get_kickstart_templates", "[]", t, "[]");
	struct value *v = NULL;
	struct err e = { 0 };
	assert_int_equal(call("background_signature_reload", "[{}, \"T\"]", t, &v, &e), CB_OK);
	char *id = xasprintf("[\"%s\"]", v_cstr(v));
	struct value *status = NULL;
	assert_int_equal(call("get_task_status", id, t, &status, &e), CB_OK);
	assert_string_equal(v_cstr(v_list_at(status, 1)), "Reloading Signatures");
	v_unref(status);
	free(id);
	v_unref(v);
	expect_fault("get_tftp_file", "[\"../../etc/passwd\", 0, 100, \"T\"]", t, e.cls != NULL ? e.cls : PY_CX, "");
	item_unref(p);
	free(json);
	free(t);
}

static void test_too_old_and_too_many(void **state)
{
	(void)state;
	char *t[TRANSACTIONS_MAX + 1];
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		t[i] = direct_token();
	for (size_t i = 0; i < TRANSACTIONS_MAX; i++)
		expect("transaction_begin", "[\"T\"]", t[i], "true");
	expect_fault("transaction_begin", "[\"T\"]", t[TRANSACTIONS_MAX], PY_CX, "16 transactions are open");
	edit(t[0], "repo", "a", "add", "{\"name\": \"a\", \"mirror\": \"http://127.0.0.1/a\"}");
	later(TRANSACTION_IDLE + 2);
	expect_fault("new_repo", "[\"T\"]", t[0], PY_VALUE, "was dropped after 600 seconds");
	expect_fault("xapi_object_edit", "[\"repo\", \"b\", \"add\", {\"name\": \"b\"}, \"T\"]", t[0], PY_VALUE, "was dropped");
	expect("has_item", "[\"repo\", \"a\", \"T\"]", t[0], "false");
	expect_fault("transaction_commit", "[\"T\"]", t[0], PY_VALUE, "was dropped");
	expect("has_item", "[\"repo\", \"a\", \"T\"]", t[0], "false");
	edit(t[0], "repo", "b", "add", "{\"name\": \"b\", \"mirror\": \"http://127.0.0.1/b\"}");       /* the client knows now */
	expect_fault("transaction_commit", "[\"T\"]", t[1], PY_VALUE, "was dropped");
	expect("transaction_begin", "[\"T\"]", t[TRANSACTIONS_MAX], "true");
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		expect("logout", "[\"T\"]", t[i], "true");
		free(t[i]);
	}
	assert_int_equal(rpc->transactions, 0);
}

static int setup(void **state)
{
	if (root_make(state) != 0)
		return -1;
	log_init("test", LOG_LVL_ERROR);
	return open_rpc();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_edits_are_seen_by_others_after_the_commit, fill, empty),
		cmocka_unit_test_setup_teardown(test_an_abort_or_the_end_of_the_token_leaves_nothing, fill, empty),
		cmocka_unit_test_setup_teardown(test_a_conflict_refuses_the_whole, fill, empty),
		cmocka_unit_test_setup_teardown(test_calls_of_other_releases, fill, empty),
		cmocka_unit_test_setup_teardown(test_too_old_and_too_many, fill, empty),
	};
	return cmocka_run_group_tests(tests, setup, rpc_teardown);
}
