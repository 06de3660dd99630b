/* SPDX-License-Identifier: GPL-2.0-or-later
 * auth_test.c - modules.conf chooses who may log in and who may do what; everything fails closed.
 */
#include "core/testkit.h"

#include "auth/auth.h"
#include "base/log.h"
#include "core/edit.h"

static struct auth *auth;

static int take(const char *authn, const char *authz, struct err *e)
{
	char *text = xasprintf("[authentication]\nmodule = %s\nhash_algorithm = sha3_256\n\n[authorization]\nmodule = %s\n", authn, authz);
	put_file("/etc/cobbler/modules.conf", text);
	free(text);
	return settings_reload(core.settings, e);
}

static void choose(const char *authn, const char *authz)
{
	struct err e;
	if (take(authn, authz, &e) != CB_OK)
		fail_msg("%s", e.text);
}

/* Modules that are none, of which the error names the first; the former ones stay in force. */
static void is_refused(const char *authn, const char *authz, const char *name)
{
	struct err e;
	assert_int_equal(take(authn, authz, &e), CB_EINVAL);
	assert_non_null(strstr(e.text, name));
}

static bool logs_in(const char *user, const char *password)
{
	struct err e;
	return auth_login(auth, user, password, &e) == CB_OK;
}

static bool may(const char *user, const char *resource, const struct item *it, const char *arg)
{
	struct err e;
	return auth_authorize(auth, user, resource, it, arg, &e) == CB_OK;
}

static void test_users_digest(void **state)
{
	(void)state;
	choose("authentication.configfile", "authorization.allowall");
	assert_true(logs_in("anna", "secret"));
	assert_false(logs_in("anna", "Secret"));
	assert_false(logs_in("anna", ""));
	assert_false(logs_in("nobody", "secret"));
	assert_false(logs_in("", ""));
	assert_false(logs_in("<DIRECT>", "secret"));
	choose("authn_configfile", "authz_allowall");          /* names of 2.x */
	assert_true(logs_in("anna", "secret"));
	put_file("/etc/cobbler/users.digest", "\n:::\nanna\nanna:Cobbler\nanna:Cobbler:\n");
	assert_false(logs_in("anna", "secret"));
	assert_false(logs_in("anna", ""));
	char *path = path_of("/etc/cobbler/users.digest");
	unlink(path);
	free(path);
	assert_false(logs_in("anna", "secret"));
}

static void test_other_modules_let_nobody_in_by_mistake(void **state)
{
	(void)state;
	static const char *const modules[] = { "authentication.denyall", "authentication.spacewalk", "" };
	for (size_t i = 0; i < ARRAY_LEN(modules); i++) {
		choose(modules[i], "authorization.allowall");
		assert_false(logs_in("anna", "secret"));
		assert_false(logs_in("anna", ""));
	}
	choose("authentication.denyall", "authorization.allowall");
	is_refused("authentication.nosuch", "authorization.allowall", "authentication.nosuch");
	is_refused("../x", "authorization.allowall", "\"../x\"");
	assert_false(logs_in("anna", "secret"));
	/* An empty password would be an anonymous bind, which a directory answers with yes. */
	choose("authentication.ldap", "authorization.allowall");
	assert_false(logs_in("anna", ""));
}

static void test_passthru_wants_the_shared_secret(void **state)
{
	(void)state;
	struct strbuf b = { 0 };
	struct err e;
	char *path = path_of("/var/lib/cobbler/web.ss");
	choose("authentication.passthru", "authorization.allowall");
	assert_int_equal(file_read(-100, path, 65536, &b, &e), CB_OK);
	assert_true(logs_in("anna", b.p));
	assert_false(logs_in("anna", "secret"));
	assert_false(logs_in("anna", ""));
	b.p[b.len - 1] = '\0';
	assert_false(logs_in("anna", b.p));
	sb_free(&b);
	free(path);
}

static void test_authorization_by_list(void **state)
{
	(void)state;
	choose("authentication.denyall", "authorization.configfile");
	assert_true(may("Bert", "sync", NULL, NULL));          /* compat: this module ignores case */
	assert_true(may("anna", "sync", NULL, NULL));
	assert_false(may("nobody", "get_x", NULL, NULL));
	assert_true(may(AUTH_DIRECT, "sync", NULL, NULL));
	is_refused("authentication.denyall", "authorization.nosuch", "authorization.nosuch");
	assert_true(may("anna", "sync", NULL, NULL));
	assert_false(may("nobody", "sync", NULL, NULL));
	assert_true(may(AUTH_DIRECT, "sync", NULL, NULL));
	choose("authentication.denyall", "authorization.allowall");
	assert_true(may("anybody", "sync", NULL, NULL));
}

static struct item *repo(const char *name, const char *owners)
{
	struct err e;
	struct item *it = item_new(ITEM_REPO);
	assert_int_equal(item_set_str(it, "name", name, &e), CB_OK);
	assert_int_equal(item_set_str(it, "owners", owners, &e), CB_OK);
	return it;
}

static void test_authorization_by_ownership(void **state)
{
	(void)state;
	struct item *bert = repo("b", "bert"), *ops = repo("o", "x ops"), *other = repo("c", "carl"), *none = repo("n", "");
	static const struct { const char *user, *resource; int it; bool ok; } rows[] = {
		{ "anna", "remove_repo", 2, true },          /* an administrator */
		{ "bert", "save_repo", 0, true }, { "bert", "save_repo", 1, true }, { "bert", "save_repo", 2, false },
		{ "bert", "save_repo", 3, true }, { "bert", "modify_repo", 2, false }, { "bert", "remove_repo", 2, false },
		{ "bert", "rename_repo", 2, false }, { "bert", "get_repo", 2, true }, { "bert", "read_autoinstall_snippet", -1, true },
		{ "bert", "sync", -1, true }, { "bert", "write_autoinstall_snippet", -1, false },
		{ "bert", "remove_autoinstall_snippet", -1, false },
		{ "Bert", "save_repo", 0, false },           /* names count as they are written here */
		{ "nobody", "save_repo", 3, false }, { "nobody", "sync", -1, false },
	};
	struct item *items[] = { bert, ops, other, none };
	choose("authentication.denyall", "authorization.ownership");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (may(rows[i].user, rows[i].resource, rows[i].it < 0 ? NULL : items[rows[i].it], NULL) != rows[i].ok)
			fail_msg("row %zu: %s %s", i, rows[i].user, rows[i].resource);
	char *path = path_of("/etc/cobbler/users.conf");
	unlink(path);
	free(path);
	assert_false(may("anna", "save_repo", other, NULL));
	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		item_unref(items[i]);
}

/* What anna (admins), bert (ops, owner), dora (web) and a stranger may do, and what Cobbler 3.3.7's ownership.py says to the same (taken
 * from its authorize): nothing is permitted here that is not there. Stricter on purpose: copying, renaming and removing menus ask for the
 * owner, snippets are for administrators, and a template for those whose objects use it. */
static void test_decisions_beside_those_of_cobbler(void **state)
{
	(void)state;
	enum { BERTS, OPS, CARLS, NOBODYS, NONE };
	static const struct { const char *resource; int it; const char *ours, *theirs; } rows[] = {
		{ "new_repo", NONE, "yyyn", "yyyn" }, { "xedit_repo", NONE, "yyyn", "yyyn" },
		{ "modify_repo", BERTS, "yynn", "yynn" }, { "modify_repo", OPS, "yynn", "yynn" }, { "modify_repo", CARLS, "ynnn", "ynnn" },
		{ "modify_repo", NOBODYS, "yyyn", "yyyn" },
		{ "save_repo", BERTS, "yynn", "yynn" }, { "save_repo", OPS, "yynn", "yynn" }, { "save_repo", CARLS, "ynnn", "ynnn" },
		{ "save_repo", NOBODYS, "yyyn", "yyyn" },
		{ "remove_repo", BERTS, "yynn", "yynn" }, { "remove_repo", OPS, "yynn", "yynn" }, { "remove_repo", CARLS, "ynnn", "ynnn" },
		{ "remove_repo", NOBODYS, "yyyn", "yyyn" },
		{ "copy_repo", BERTS, "yynn", "yyyn" }, { "copy_repo", CARLS, "ynnn", "yyyn" }, { "copy_repo", NOBODYS, "yyyn", "yyyn" },
		{ "rename_repo", BERTS, "yynn", "yyyn" }, { "rename_repo", CARLS, "ynnn", "yyyn" },
		{ "rename_repo", NOBODYS, "yyyn", "yyyn" }, { "remove_menu", BERTS, "yynn", "yyyn" },
		{ "remove_menu", CARLS, "ynnn", "yyyn" }, { "power_system", CARLS, "yyyn", "yyyn" },
		{ "clear_system_logs", CARLS, "yyyn", "yyyn" }, { "sync", NONE, "yyyn", "yyyn" }, { "check", NONE, "yyyn", "yyyn" },
		{ "import", NONE, "yyyn", "yyyn" }, { "aclsetup", NONE, "yyyn", "yyyn" },
		{ "modify_setting", NONE, "yyyn", "yyyn" },
		{ "get_x", NONE, "yyyy", "yyyy" }, { "read_autoinstall_template", NONE, "yyyy", "yyyy" },
		{ "read_autoinstall_snippet", NONE, "yyyy", "yyyy" },
		{ "write_autoinstall_template", NONE, "yyyn", "yyyn" },
		{ "write_autoinstall_snippet", NONE, "ynnn", "yyyn" }, { "remove_autoinstall_snippet", NONE, "ynnn", "yyyn" },
	};
	static const char *const users[] = { "anna", "bert", "dora", "nobody" };
	struct item *items[] = { repo("b", "bert"), repo("o", "x ops"), repo("c", "carl"), repo("n", ""), NULL };
	put_file("/etc/cobbler/users.conf", "[admins]\nanna = \"\"\n[ops]\nbert = \"\"\n[web]\ndora = \"\"\n");
	choose("authentication.denyall", "authorization.ownership");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t u = 0; u < ARRAY_LEN(users); u++) {
			bool ok = may(users[u], rows[i].resource, items[rows[i].it], rows[i].it == NONE ? "free.ks" : NULL);
			if (ok != (rows[i].ours[u] == 'y') || (ok && rows[i].theirs[u] == 'n'))
				fail_msg("row %zu: %s %s: %d", i, users[u], rows[i].resource, ok);
			assert_true(may(AUTH_DIRECT, rows[i].resource, items[rows[i].it], NULL));
		}
	for (size_t i = 0; i < NONE; i++)
		item_unref(items[i]);
	put_file("/etc/cobbler/users.conf", "# who\n[admins]\nanna = \"\"\n\n[ops]\nbert=\"\"\n; carl = \"\"\n");
}

static int setup(void **state)
{
	(void)state;
	struct err e;
	if (root_make(state) != 0)
		return -1;
	log_init("test", LOG_LVL_ERROR);
	/* SHA3-256 of "secret" */
	put_file("/etc/cobbler/users.digest", "anna:Cobbler:f5a5207a8729b1f709cb710311751eb2fc8acad5a1fb8ac991b736e69b6529a3\n");
	put_file("/etc/cobbler/users.conf", "# who\n[admins]\nanna = \"\"\n\n[ops]\nbert=\"\"\n; carl = \"\"\n");
	put_file("/var/lib/cobbler/x", "");
	open_core();
	if (auth_open(&core, &auth, &e) != CB_OK)
		fail_msg("%s", e.text);
	return 0;
}

static int end(void **state)
{
	auth_close(auth);
	return teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_authorization_by_list),
		cmocka_unit_test(test_decisions_beside_those_of_cobbler),
		cmocka_unit_test(test_authorization_by_ownership),
		cmocka_unit_test(test_passthru_wants_the_shared_secret),
		cmocka_unit_test(test_other_modules_let_nobody_in_by_mistake),
		cmocka_unit_test(test_users_digest),
	};
	return cmocka_run_group_tests(tests, setup, end);
}
