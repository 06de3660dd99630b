/* SPDX-License-Identifier: GPL-2.0-or-later
 * rpc_test.c - the dispatcher on a real core with an empty store: every method without rights, logins, tokens, handles, faults.
 */
#include "rpc/testkit.h"

#include <zlib.h>

#include <sys/stat.h>

#include "actions/actions.h"
#include "base/clock.h"
#include "base/log.h"
#include "wire/xmlrpc.h"

/* "user:Cobbler:" and the SHA3-512 of "secret". */
static const char digest[] = "anna:Cobbler:"
	"b778a39a3663719dfc5e48c9d78431b1e45c2af9df538782bf199c189dabeac7"
	"680ada57dcec8eee91c4e3bf3bfa9af6ffde90cd1d249d1c6121d7b759a001b1\n"
	"old:Cobbler:e5f5fe02dd4aca714523a28156de244c\n"           /* htdigest of 2.x */
	"other:Elsewhere:b778a39a\n";

/* As many arguments as the method takes, each "x", the token at its place. */
static struct value *arguments(const struct entry *en, size_t n, const struct value *token)
{
	struct value *params = v_list();
	for (size_t i = 0; i < n; i++)
		v_list_push(params, (int)i == en->token_at ? v_ref(token) : i == 0 && en->m->flags & M_WHAT ? v_str("distro") : v_str("x"));
	return params;
}

/* No method that changes anything does so without a token, with junk, with an expired one; none crashes. */
static void test_every_method_without_rights(void **state)
{
	(void)state;
	char *expired = direct_token();
	later(4000);                   /* auth_token_expiration is 3600 */
	struct value *tokens[] = { v_none(), v_str(""), v_str("junk"), v_str("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="), v_str(expired),
		v_int(5), v_list(), v_str("' or 1=1 --") };
	const char *name;
	void *p;
	size_t walked = 0;
	for (size_t i = 0; map_next(&rpc->methods, &i, &name, &p); walked++) {
		const struct entry *en = p;
		bool guarded = en->m->access != FOR_ALL;
		for (size_t t = 0; t < ARRAY_LEN(tokens); t++) {
			struct value *params = arguments(en, en->n_args, tokens[t]), *v = NULL;
			struct err e = { 0 };
			int rc = rpc_invoke(rpc, name, params, "test", false, &v, &e);
			if (guarded && rc == CB_OK)
				fail_msg("%s succeeds with a bad token", name);
			if (guarded && strstr(e.text, "token") == NULL)
				fail_msg("%s: %s", name, e.text);
			if (!guarded && en->m->flags & M_CHANGES)
				fail_msg("%s changes something and is open to all", name);
			v_unref(v);
			v_unref(params);
		}
	}
	assert_true(walked > 210);
	for (size_t t = 0; t < ARRAY_LEN(tokens); t++)
		v_unref(tokens[t]);
	free(expired);
}

/* Junk of every type in every place, as an administrator: an answer or a fault, never a crash. */
static void test_every_method_with_junk(void **state)
{
	(void)state;
	char *token = direct_token();
	struct value *t = v_str(token);
	const char *name;
	void *p;
	for (size_t i = 0; map_next(&rpc->methods, &i, &name, &p); ) {
		const struct entry *en = p;
		/* Tasks would run on; logging out would end the walk. */
		if (str_starts(name, "background_") || str_eq(name, "logout") || str_starts(name, "sync"))
			continue;
		for (int kind = 0; kind < 8; kind++) {
			struct value *params = v_list(), *v = NULL;
			struct err e = { 0 };
			for (size_t a = 0; a < en->n_args; a++) {
				struct value *junk[] = { v_none(), v_bool(true), v_int(-1), v_float(1e300), v_str("../../etc/passwd"),
					v_bytes("\0\xff", 2), v_list(), v_dict() };
				v_dict_set(junk[7], "name", v_int(5));
				v_dict_set(junk[7], "", v_list());
				v_list_push(params,
					(int)a == en->token_at ? v_ref(t) : a == 0 && en->m->flags & M_WHAT && kind % 2 == 0 ?
					v_str("system") : v_ref(junk[kind]));
				for (size_t k = 0; k < ARRAY_LEN(junk); k++)
					v_unref(junk[k]);
			}
			if (rpc_invoke(rpc, name, params, "test", false, &v, &e) != CB_OK && (e.cls == NULL || e.text[0] == '\0'))
				fail_msg("%s: a fault without words", name);
			v_unref(v);
			v_unref(params);
		}
	}
	/* The methods come in any order: a transaction may have been begun last. */
	struct value *params = v_list(), *v = NULL;
	struct err e;
	v_list_push(params, v_ref(t));
	if (rpc->transactions != 0)
		assert_int_equal(rpc_invoke(rpc, "transaction_abort", params, "test", false, &v, &e), CB_OK);
	v_unref(v);
	v_unref(params);
	v_unref(t);
	free(token);
}

static void test_wrong_number_of_arguments_in_pythons_words(void **state)
{
	(void)state;
	static const struct { const char *method, *params, *text; } rows[] = {
		{ "get_distro", "[]", "CobblerXMLRPCInterface.get_distro() missing 1 required positional argument: 'name'" },
		{ "get_item", "[]", "CobblerXMLRPCInterface.get_item() missing 2 required positional arguments: 'what' and 'name'" },
		{ "modify_distro", "[]", "CobblerXMLRPCInterface.modify_distro() missing 4 required positional arguments: 'object_id', "
			"'attribute', 'arg', and 'token'" },
		{ "modify_distro", "[1, 2, 3]", "CobblerXMLRPCInterface.modify_distro() missing 1 required positional argument: 'token'" },
		{ "find_system", "[{}, 1, 2, 3]",
			"CobblerXMLRPCInterface.find_system() takes from 1 to 4 positional arguments but 5 were given" },
		{ "ping", "[1]", "CobblerXMLRPCInterface.ping() takes 1 positional argument but 2 were given" },
		{ "login", "[1, 2, 3]", "CobblerXMLRPCInterface.login() takes 3 positional arguments but 4 were given" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect_fault(rows[i].method, rows[i].params, NULL, PY_TYPE, rows[i].text);
	const char *name;
	void *p;
	for (size_t i = 0; map_next(&rpc->methods, &i, &name, &p); ) {
		const struct entry *en = p;
		struct value *params = v_list(), *v = NULL;
		struct err e = { 0 };
		for (size_t a = 0; a < en->n_args + 1; a++)
			v_list_push(params, v_str("x"));
		assert_int_not_equal(rpc_invoke(rpc, name, params, "test", false, &v, &e), CB_OK);
		assert_string_equal(e.cls, PY_TYPE);
		v_unref(params);
	}
}

static void test_only_what_is_in_the_table_can_be_called(void **state)
{
	(void)state;
	static const struct { const char *name, *text; } rows[] = {
		{ "no_such_method", "unknown remote method 'no_such_method'" }, { "_login", "forbidden method" },
		{ "__class__", "forbidden method" }, { "background_load_items", "forbidden method" },
		{ "api.settings", "unknown remote method 'api.settings'" }, { "system.exec", "unknown remote method" },
		{ "get_%s", "unknown remote method" }, { "", "unknown remote method" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect_fault(rows[i].name, "[]", NULL, PY_CX, rows[i].text);
}

static void test_nobody_logs_in_without_the_password(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"[\"\", \"\"]", "[\"\", -1]", "[\"\", 0]", "[\"\", null]", "[\"\", []]", "[\"\", {}]", "[\"\", true]", "[\"\", \"x\"]",
		"[\"\", \"-1\"]", "[null, null]", "[-1, -1]", "[\"anna\", \"\"]", "[\"anna\", \"wrong\"]", "[\"nobody\", \"secret\"]",
		"[\"<DIRECT>\", \"secret\"]", "[\"<DIRECT>\", \"\"]", "[\"<system>\", \"\"]", "[\"anna:Cobbler\", \"secret\"]",
		"[\"anna\\n\", \"secret\"]", "[\"other\", \"secret\"]",
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect_fault("login", rows[i], NULL, PY_CX, "login failed");
}

static void test_logging_in_and_out(void **state)
{
	(void)state;
	struct value *v;
	struct err e;
	static const char *const rows[] = { "[\"anna\", \"secret\"]", "[\"old\", \"secret\"]" };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (call("login", rows[i], NULL, &v, &e) != CB_OK)
			fail_msg("%s: %s", rows[i], e.text);
		assert_int_equal(v_len(v), TOKEN_LEN);
		expect("get_user_from_token", "[\"T\"]", v_cstr(v), i == 0 ? "\"anna\"" : "\"old\"");
		expect("check_access_no_fail", "[\"T\", \"sync\"]", v_cstr(v), "1");
		expect("logout", "[\"T\"]", v_cstr(v), "true");
		expect("logout", "[\"T\"]", v_cstr(v), "false");
		expect_fault("check", "[\"T\"]", v_cstr(v), PY_CX, "invalid token");
		v_unref(v);
	}
	expect("token_check", "[\"bad\"]", NULL, "false");
	expect("logout", "[\"bad\"]", NULL, "false");
	expect_fault("get_user_from_token", "[\"bad\"]", NULL, PY_VALUE, "\"token\" did not have the correct format or type!");
}

static void test_tokens_expire_and_are_renewed_by_use(void **state)
{
	(void)state;
	char *token = direct_token();
	for (int i = 0; i < 5; i++) {
		later(3000);
		expect("token_check", "[\"T\"]", token, "true");
	}
	wall_now = wall_now + 86400;             /* the host's clock is set: nobody is logged out, nor in for longer */
	expect("token_check", "[\"T\"]", token, "true");
	wall_now = wall_now - 20 * 86400;
	later(3601);
	expect("token_check", "[\"T\"]", token, "false");
	expect_fault("sync", "[\"T\"]", token, PY_CX, "invalid token");
	free(token);
}

/* Only a document in which the parser can see no other method. */
static void test_only_plain_documents_are_quick(void **state)
{
	(void)state;
	static const struct { const char *text; bool quick; } rows[] = {
		{ "<?xml version='1.0'?>\n<methodCall>\n<methodName>ping</methodName>\n", true },
		{ "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<methodCall>\r\n<methodName>get_system</methodName>", true },
		{ " <methodCall><methodName>modify_system</methodName>", true },
		{ "<methodCall><methodName>modify_distro</methodName>", false },         /* looks for files */
		{ "<methodCall><methodName>get_systems</methodName>", false }, { "<methodCall><methodName>login</methodName>", false },
		{ "<!--<methodName>ping</methodName>--><methodCall><methodName>login</methodName>", false },
		{ "<?x?><methodCall><methodName>ping</methodName>", false }, { "<?xml <methodCall><methodName>ping</methodName>", false },
		{ "<methodCall><!--<methodName>ping</methodName>--><methodName>sync</methodName>", false },
		{ "<methodCall><methodName>get_system<!-- -->s</methodName>", false },
		{ "<methodCall><methodName>ping</methodName", false }, { "<methodCall><methodName>ping", false },
		{ "<methodCall><methodName>", false }, { "<methodCall", false }, { "", false }, { "   ", false },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *exact = xmalloc(strlen(rows[i].text));                        /* no byte behind it */
		memcpy(exact, rows[i].text, strlen(rows[i].text));
		if (rpc_is_quick(rpc, exact, strlen(rows[i].text)) != rows[i].quick)
			fail_msg("row %zu: %s", i, rows[i].text);
		free(exact);
	}
	struct strbuf b = { 0 };
	sb_adds(&b, "<methodCall><methodName>ping</methodName>");
	while (b.len < 100000)
		sb_addc(&b, ' ');
	assert_false(rpc_is_quick(rpc, b.p, b.len));
	sb_free(&b);
}

#define FIND "<methodCall><methodName>find_system</methodName>"
#define OPEN "<params>\n<param>\n<value><struct>\n<member>\n"
#define WEB1 "<name>name</name>\n<value><string>web1</string></value>\n"
#define CLOSE "</member>\n</struct></value>\n</param>\n</params>"

/* One that needs to look at one item, whatever its text looks like. */
static void test_only_a_search_for_one_name_is_quick(void **state)
{
	(void)state;
	static const struct { const char *text; bool quick; } rows[] = {
		{ FIND OPEN WEB1 CLOSE, true },
		{ "<methodCall><methodName>find_items</methodName><params><param><value><string>system</string></value></param><param>"
			"<value><struct><member>" WEB1 "</member></struct>", true },
		{ "<methodCall><methodName>find_items</methodName>" OPEN WEB1 CLOSE, false },
		{ FIND OPEN "<name>name</name><value><string>web*</string></value>" CLOSE, false },
		{ FIND OPEN "<name>name</name><value><string>web&#42;</string></value>" CLOSE, false },
		{ FIND OPEN "<name>name</name><value><string>~web1</string></value>" CLOSE, false },
		{ FIND OPEN "<name>name</name><value><string></string></value>" CLOSE, false },
		{ FIND OPEN "<name>name</name><value><array></array></value>" CLOSE, false },
		{ FIND OPEN "<name>comment</name><value><string>web1</string></value>" CLOSE, false },
		{ FIND OPEN WEB1 "</member><member><name>comment</name><value><string>b</string></value>" CLOSE, false },
		{ FIND "<params><!-- " OPEN WEB1 CLOSE, false },
		{ FIND OPEN "<name>name</name><value><string>web1", false }, { FIND "<params></params>", false }, { FIND, false },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *exact = xmalloc(strlen(rows[i].text));                        /* no byte behind it */
		memcpy(exact, rows[i].text, strlen(rows[i].text));
		if (rpc_is_quick(rpc, exact, strlen(rows[i].text)) != rows[i].quick)
			fail_msg("row %zu: %s", i, rows[i].text);
		free(exact);
	}
}

/* A sync saves what was edited and not saved, which waits for the disk. */
static void test_tasks_are_started_at_once_unless_something_is_under_edit(void **state)
{
	(void)state;
	static const char text[] = "<methodCall><methodName>background_syncsystems</methodName>";
	char *t = direct_token();
	expect("xapi_object_edit", "[\"menu\", \"quick\", \"add\", {\"name\": \"quick\"}, \"T\"]", t, "true");
	assert_true(rpc_is_quick(rpc, text, strlen(text)));
	expect("modify_menu", "[\"menu::quick\", \"comment\", \"edited\", \"T\"]", t, "true");
	assert_false(rpc_is_quick(rpc, text, strlen(text)));
	expect("save_menu", "[\"menu::quick\", \"T\"]", t, "true");
	assert_true(rpc_is_quick(rpc, text, strlen(text)));
	expect("xapi_object_edit", "[\"menu\", \"quick\", \"remove\", {\"name\": \"quick\"}, \"T\"]", t, "true");
	free(t);
}

/* compat: the Go client edits systems without a save, and its user may sync hours later. */
static void test_an_edit_that_was_not_saved_waits(void **state)
{
	(void)state;
	char *t = direct_token();
	expect("xapi_object_edit", "[\"menu\", \"slow\", \"add\", {\"name\": \"slow\"}, \"T\"]", t, "true");
	expect("modify_menu", "[\"menu::slow\", \"comment\", \"waits\", \"T\"]", t, "true");
	later(86400);
	free(t);
	t = direct_token();
	expect("find_menu", "[{\"comment\": \"waits\"}]", NULL, "[\"slow\"]");
	struct item_list l = drafts_unsaved(&rpc->desk);
	assert_int_equal(l.n, 1);
	assert_string_equal(v_cstr(item_get(l.v[0], "comment")), "waits");
	item_list_free(&l);
	expect("xapi_object_edit", "[\"menu\", \"slow\", \"remove\", {\"name\": \"slow\"}, \"T\"]", t, "true");
	expect("find_menu", "[{\"comment\": \"waits\"}]", NULL, "[]");
	free(t);
}

/* The shared secret is new at each start and nobody else's to read. */
static void test_shared_secret(void **state)
{
	(void)state;
	struct stat st;
	struct strbuf b = { 0 };
	struct err e;
	char *path = path_of("/var/lib/cobbler/web.ss");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(file_read(-100, path, 65536, &b, &e), CB_OK);
	assert_true(str_starts(b.p, "b'") && str_ends(b.p, "'"));
	assert_int_equal(b.len, 2 + 1024 + 1);
	sb_free(&b);
	free(path);
}

static void test_an_object_is_made_changed_and_removed(void **state)
{
	(void)state;
	char *t = direct_token(), *json;
	struct value *h;
	struct err e;
	assert_int_equal(call("new_repo", "[\"T\"]", t, &h, &e), CB_OK);
	assert_true(str_starts(v_cstr(h), "___NEW___repo::"));
	static const struct { const char *method, *format, *want; } steps[] = {
		{ "modify_repo", "[\"%s\", \"name\", \"r1\", \"T\"]", "true" },
		{ "modify_repo", "[\"%s\", \"mirror\", \"http://127.0.0.1/r\", \"T\"]", "true" },
		{ "modify_repo", "[\"%s\", \"nosuch\", 1, \"T\"]", "false" },
		{ "has_item", "[\"repo\", \"r1\"]", "false" },
		{ "save_repo", "[\"%s\", \"T\"]", "true" },
		{ "has_item", "[\"repo\", \"r1\"]", "true" },
		{ "get_repo_handle", "[\"r1\", \"T\"]", "\"repo::r1\"" },
		{ "modify_repo", "[\"repo::r1\", \"comment\", \"half\", \"T\"]", "true" },
		{ "find_repo", "[{\"comment\": \"half\"}]", "[\"r1\"]" },               /* compat: before it is saved */
		{ "save_repo", "[\"repo::r1\", \"T\"]", "true" },
		{ "find_repo", "[{\"comment\": \"half\"}]", "[\"r1\"]" },
		{ "copy_repo", "[\"repo::r1\", \"r2\", \"T\"]", "true" },
		{ "rename_repo", "[\"repo::r1\", \"r3\", \"T\"]", "true" },
		{ "get_item_names", "[\"repo\"]", "[\"r2\", \"r3\"]" },       /* compat: a renamed item is the newest */
		{ "get_repo", "[\"r1\"]", "null" },
		{ "remove_repo", "[\"r2\", \"T\"]", "true" },
		{ "remove_repo", "[\"r2\", \"T\"]", "true" },
		{ "modify_repo", "[\"%s\", \"name\", \"r4\", \"T\"]", "true" },         /* the handle lives on; a new name is a renaming */
		{ "save_repo", "[\"%s\", \"T\"]", "true" },
		{ "get_item_names", "[\"repo\"]", "[\"r4\"]" },
		{ "remove_repo", "[\"r4\", \"T\"]", "true" },
	};
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct strbuf b = { 0 };
		const char *mark = strstr(steps[i].format, "%s");
		if (mark != NULL)
			sb_addf(&b, "%.*s%s%s", (int)(mark - steps[i].format), steps[i].format, v_cstr(h), mark + 2);
		json = mark != NULL ? sb_take(&b) : xstrdup(steps[i].format);
		expect(steps[i].method, json, t, steps[i].want);
		free(json);
	}
	expect_fault("rename_repo", "[\"repo::r4\", \"x\"]", NULL, PY_VALUE, "\"token\" did not have");
	expect_fault("save_repo", "[\"bogus\", \"T\"]", t, PY_VALUE, "not enough values to unpack (expected 2, got 1)");
	expect_fault("save_repo", "[\"___NEW___repo::x\", \"T\"]", t, PY_KEY, "___NEW___repo::x");
	expect_fault("save_distro", "[\"repo::r4\", \"T\"]", t, PY_CX, "unknown repo name r4");
	v_unref(h);
	free(t);
}

/* A refused attribute leaves nothing behind. */
static void test_xapi_leaves_nothing_half_done(void **state)
{
	(void)state;
	char *t = direct_token();
	expect_fault("xapi_object_edit", "[\"file\", \"f\", \"add\", {\"name\": \"f\", \"action\": \"bogus\"}, \"T\"]", t, PY_VALUE,
		"must be one of");
	expect("get_item_names", "[\"file\"]", t, "[]");
	expect("xapi_object_edit", "[\"menu\", \"m\", \"add\", {\"name\": \"m\"}, \"T\"]", t, "true");
	expect_fault("xapi_object_edit", "[\"menu\", \"m\", \"add\", {\"name\": \"m\"}, \"T\"]", t, PY_CX,
		"It seems unwise to overwrite the object m, try 'edit'");
	expect("xapi_object_edit", "[\"menu\", \"m\", \"edit\", {\"name\": \"m\", \"comment\": \"c\"}, \"T\"]", t, "true");
	expect("find_menu", "[{\"comment\": \"c\"}]", t, "[\"m\"]");
	expect("xapi_object_edit", "[\"menu\", \"m\", \"rename\", {\"name\": \"m\", \"newname\": \"n\"}, \"T\"]", t, "true");
	expect_fault("xapi_object_edit", "[\"menu\", \"m\", \"edit\", {\"name\": \"m\"}, \"T\"]", t, PY_CX,
		"internal error, unknown menu name m");
	expect("xapi_object_edit", "[\"menu\", \"n\", \"remove\", {\"name\": \"n\"}, \"T\"]", t, "true");
	expect("get_item_names", "[\"menu\"]", t, "[]");
	expect_fault("xapi_object_edit", "[\"menu\", \" \", \"add\", {}, \"T\"]", t, PY_VALUE, "without an object name");
	free(t);
}

static void test_files_stay_in_their_directory(void **state)
{
	(void)state;
	char *t = direct_token();
	expect("write_autoinstall_snippet", "[\"sub/s\", \"text\", \"T\"]", t, "true");
	expect("read_autoinstall_snippet", "[\"sub/s\", \"T\"]", t, "\"text\"");
	expect("remove_autoinstall_snippet", "[\"sub/s\", \"T\"]", t, "true");
	expect_fault("read_autoinstall_snippet", "[\"sub/s\", \"T\"]", t, "OSError", "file not found");
	static const char *const bad[] = { "../x", "a/../../x", "/etc/passwd", "", "sub", "." };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char *json = xasprintf("[\"%s\", \"T\"]", bad[i]);
		struct value *v;
		struct err e = { 0 };
		if (call("read_autoinstall_template", json, t, &v, &e) == CB_OK)
			fail_msg("%s can be read", bad[i]);
		free(json);
	}
	put_file("/outside", "secret");
	char *link = path_of("/var/lib/cobbler/snippets/link"), *target = path_of("/outside");
	assert_int_equal(symlink(target, link), 0);
	expect_fault("read_autoinstall_snippet", "[\"link\", \"T\"]", t, "OSError", "file not found");
	/* read and written back, a byte that is no text would be lost */
	put_file("/var/lib/cobbler/snippets/latin1", "caf\xe9\n");
	expect_fault("read_autoinstall_snippet", "[\"latin1\", \"T\"]", t, "UnicodeDecodeError", "latin1 is not a text file in UTF-8");
	expect_fault("write_autoinstall_snippet", "[\"link\", \"x\", \"T\"]", t, "IsADirectoryError", "");
	unlink(link);
	free(link);
	free(target);
	free(t);
}

/* The whole way, as HTTP goes it. */
static void test_documents(void **state)
{
	(void)state;
	static const struct { const char *in, *out; } rows[] = {
		{ "<methodCall><methodName>ping</methodName></methodCall>", "<value><boolean>1</boolean></value>" },
		{ "<methodCall><methodName>version</methodName></methodCall>", "<value><double>3.307</double></value>" },
		{ "<methodCall><methodName>nosuch</methodName></methodCall>",
			"<value><string>&lt;class 'cobbler.cexceptions.CX'&gt;:\"unknown remote method 'nosuch'\"</string></value>" },
		{ "<methodCall><methodName>get_distro</methodName><params><param><value>x</value></param></params></methodCall>",
			"<value><string>~</string></value>" },
		{ "<methodCall><methodName>generate_autoinstall</methodName></methodCall>",
			"&lt;class 'TypeError'&gt;:cannot marshal None unless allow_none is enabled" },
		{ "not XML", "&lt;class 'xml.parsers.expat.ExpatError'&gt;:syntax error: line 1, column 0" },
		{ "<methodCall><methodName>xmlrpc_hacks</methodName><params><param><value><struct><member><name>a</name><value><nil/>"
			"</value></member>"
			"</struct></value></param></params></methodCall>", "<name>a</name>\n<value><string>~</string></value>" },
		{ "<methodCall><methodName>system.multicall</methodName><params><param><value><array><data><value><struct><member><name>"
			"methodName</name>"
			"<value>ping</value></member></struct></value><value><struct><member><name>methodName</name><value>nosuch</value>"
			"</member></struct></value></data></array></value></param></params></methodCall>",
			"<value><boolean>1</boolean></value>\n</data></array></value>\n<value><struct>" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct strbuf b = { 0 };
		rpc_call(rpc, rows[i].in, strlen(rows[i].in), "test", true, NULL, &b);
		if (strstr(sb_str(&b), rows[i].out) == NULL)
			fail_msg("row %zu: %s", i, sb_str(&b));
		sb_free(&b);
	}
}

static void assert_unpacks(const struct strbuf *packed, const struct strbuf *want)
{
	z_stream s = { .next_in = (unsigned char *)packed->p, .avail_in = (unsigned)packed->len };
	char *got = xmalloc(want->len + 1);
	s.next_out = (unsigned char *)got;
	s.avail_out = (unsigned)want->len + 1;
	assert_int_equal(inflateInit2(&s, 15 + 16), Z_OK);
	assert_int_equal(inflate(&s, Z_FINISH), Z_STREAM_END);
	assert_int_equal(s.total_out, want->len);
	assert_memory_equal(got, want->p, want->len);
	inflateEnd(&s);
	free(got);
}

/* What is streamed is what the values are. */
static void test_streamed_lists_equal_the_values(void **state)
{
	(void)state;
	static const char doc[] = "<methodCall><methodName>get_systems</methodName></methodCall>";
	char *t = direct_token();
	struct value *want, *got;
	struct strbuf b = { 0 };
	struct err e;
	bool fault;
	expect("xapi_object_edit", "[\"image\", \"i\", \"add\", {\"name\": \"i\"}, \"T\"]", t, "true");
	expect("xapi_object_edit", "[\"system\", \"a\", \"add\", {\"name\": \"a\", \"image\": \"i\", \"comment\": \"<&>\", \"interface\": "
		"\"eth0\",\"mac_address\": \"52:54:00:00:00:01\", \"mtu\": \"9000\", \"static\": true, \"cnames\": \"x y\"}, "
		"\"T\"]", t, "true");
	expect("xapi_object_edit", "[\"system\", \"b\", \"add\", {\"name\": \"b\", \"image\": \"i\", \"kernel_options\": \"a=1 b\"}, "
		"\"T\"]", t, "true");
	assert_int_equal(call("get_systems", "[]", NULL, &want, &e), CB_OK);
	rpc_call(rpc, doc, strlen(doc), "test", true, NULL, &b);
	assert_int_equal(xmlrpc_parse_response(b.p, b.len, &got, &fault, &e), CB_OK);
	assert_false(fault);
	sb_truncate(&b, 0);
	/* None is "~" on the wire: compare what both are there. */
	struct value *wire;
	assert_int_equal(xmlrpc_write_response(&b, want, true, &e), CB_OK);
	assert_int_equal(xmlrpc_parse_response(b.p, b.len, &wire, &fault, &e), CB_OK);
	assert_int_equal(v_len(got), 2);
	assert_true(v_equal(got, wire));
	struct strbuf plain = { 0 }, packed = { 0 };
	bool pack = true;
	rpc_call(rpc, doc, strlen(doc), "test", true, NULL, &plain);
	rpc_call(rpc, doc, strlen(doc), "test", true, &pack, &packed);
	assert_true(pack);
	assert_unpacks(&packed, &plain);
	/* Once more, as it was kept, and after an edit. */
	sb_truncate(&packed, 0);
	rpc_call(rpc, doc, strlen(doc), "test", true, &pack, &packed);
	assert_unpacks(&packed, &plain);
	expect("xapi_object_edit", "[\"system\", \"b\", \"edit\", {\"comment\": \"new\"}, \"T\"]", t, "true");
	sb_truncate(&packed, 0);
	sb_truncate(&plain, 0);
	rpc_call(rpc, doc, strlen(doc), "test", true, NULL, &plain);
	rpc_call(rpc, doc, strlen(doc), "test", true, &pack, &packed);
	assert_non_null(strstr(plain.p, "<string>new</string>"));
	assert_unpacks(&packed, &plain);
	sb_free(&packed);
	sb_free(&plain);
	sb_free(&b);
	v_unref(want);
	v_unref(got);
	v_unref(wire);
	free(t);
}

/* One item, as it comes over the wire, against what the handler says it is. */
static void assert_item_is_as_its_value(const char *type, const char *name, const char *token)
{
	char doc[256], method[32], args[64];
	struct value *want, *got, *wire;
	struct strbuf b = { 0 };
	struct err e;
	bool fault;
	snprintf(method, sizeof(method), "get_%s", type);
	snprintf(args, sizeof(args), "[\"%s\", false, false, \"T\"]", name);
	snprintf(doc, sizeof(doc), "<methodCall><methodName>%s</methodName><params><param><value>%s</value></param></params></methodCall>",
		method, name);
	assert_int_equal(call(method, args, token, &want, &e), CB_OK);
	for (int local = 0; local < 2; local++) {
		sb_truncate(&b, 0);
		rpc_call(rpc, doc, strlen(doc), "192.0.2.9", local == 1, NULL, &b);
		assert_int_equal(xmlrpc_parse_response(b.p, b.len, &got, &fault, &e), CB_OK);
		assert_false(fault);
		assert_true((strstr(b.p, "hidden-word") == NULL) == (local == 0));
		if (local == 1) {
			sb_truncate(&b, 0);
			assert_int_equal(xmlrpc_write_response(&b, want, true, &e), CB_OK);
			assert_int_equal(xmlrpc_parse_response(b.p, b.len, &wire, &fault, &e), CB_OK);
			assert_int_equal(v_len(got), v_len(wire));
			assert_true(v_equal(got, wire));
			v_unref(wire);
		}
		v_unref(got);
	}
	v_unref(want);
	sb_free(&b);
}

static void test_a_streamed_item_equals_its_value(void **state)
{
	(void)state;
	char *t = direct_token();
	expect("xapi_object_edit", "[\"repo\", \"r\", \"add\", {\"name\": \"r\", \"mirror\": \"http://u:hidden-word@h/\", \"yumopts\": "
		"\"a=<b>\"}, \"T\"]", t, "true");
	expect("xapi_object_edit", "[\"image\", \"i1\", \"add\", {\"name\": \"i1\"}, \"T\"]", t, "true");
	expect("xapi_object_edit", "[\"system\", \"a1\", \"add\", {\"name\": \"a1\", \"image\": \"i1\", \"power_pass\": \"hidden-word\", "
		"\"interface\": \"eth0\",\"mac_address\": \"52:54:00:00:00:77\", \"mtu\": \"9000\", \"cnames\": \"x y\"}, "
		"\"T\"]", t, "true");
	assert_item_is_as_its_value("repo", "r", t);
	assert_item_is_as_its_value("system", "a1", t);
	/* With edits that are not saved. */
	expect("modify_system", "[\"system::a1\", \"comment\", \"é & <new>\", \"T\"]", t, "true");
	assert_item_is_as_its_value("system", "a1", t);
	free(t);
}

static void assert_list_is_as_written(bool local)
{
	static const char doc[] = "<methodCall><methodName>get_systems</methodName></methodCall>";
	struct strbuf plain = { 0 }, packed = { 0 };
	bool pack = true;
	rpc_call(rpc, doc, strlen(doc), "192.0.2.9", local, NULL, &plain);
	rpc_call(rpc, doc, strlen(doc), "192.0.2.9", local, &pack, &packed);
	assert_true(pack);
	assert_unpacks(&packed, &plain);
	assert_true((strstr(plain.p, "pw-of-") != NULL) == local);
	sb_free(&plain);
	sb_free(&packed);
}

static void edit_system(const char *t, const char *how, unsigned i, const char *rest)
{
	char args[256];
	snprintf(args, sizeof(args), "[\"system\", \"k%u\", \"%s\", {\"name\": \"k%u\"%s}, \"T\"]", i, how, i, rest);
	expect("xapi_object_edit", args, t, "true");
}

/* Lists are kept in pieces: whatever is edited, added and removed between two of them, each is what the items are now. */
static void test_kept_lists_follow_every_edit(void **state)
{
	(void)state;
	char *t = direct_token();
	bool there[600] = { false };
	unsigned seed = 7;
	expect("xapi_object_edit", "[\"image\", \"kept\", \"add\", {\"name\": \"kept\"}, \"T\"]", t, "true");
	for (unsigned i = 0; i < 600; i += 2) {
		edit_system(t, "add", i, ", \"image\": \"kept\", \"power_pass\": \"pw-of-it\"");
		there[i] = true;
	}
	for (unsigned step = 0; step < 40; step++) {
		for (unsigned k = step % 3; k < 3; k++) {
			unsigned i = (seed = seed * 1103515245 + 12345) >> 16;
			i %= 600;
			char rest[80];
			snprintf(rest, sizeof(rest), ", \"%s\": \"%u\"", step % 2 ? "comment" : "hostname", seed >> 8);
			edit_system(t, there[i] ? step % 4 == 3 ? "remove" : "edit" : "add", i, there[i] ? rest : ", \"image\": \"kept\"");
			there[i] = !there[i] || step % 4 != 3;
		}
		assert_list_is_as_written(true);
		assert_list_is_as_written(false);
	}
	free(t);
}

/* Loading a site of a hundred thousand systems takes less than the time for which a handle is good. */
static void test_saved_objects_leave_room_for_new_ones(void **state)
{
	struct err e;
	char *last = NULL;
	(void)state;
	for (size_t i = 0; i < HANDLES_MAX + 10; i++) {
		struct item *it = item_new(ITEM_REPO);
		free(last);
		last = draft_new(&rpc->desk, item_ref(it), &e);
		if (last == NULL)
			fail_msg("object %zu: %s", i, e.text);
		draft_saved(&rpc->desk, last, it);
		item_unref(it);
	}
	assert_true(rpc->desk.n_saved <= HANDLES_SAVED_MAX + 1);
	struct item *it = NULL;
	assert_int_equal(draft_peek(&rpc->desk, last, &it, &e), CB_OK);
	item_unref(it);
	free(last);
}

/* What a client names becomes an argument of a program: never an option, never words for a shell. */
static void test_account_names_for_setfacl(void **state)
{
	(void)state;
	static const char *const bad[] = { "-x", "--help", "a b", "a;id", "$(id)", "u:root", "a\nb", "../a" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct value *options = v_dict();
		struct err e;
		v_dict_set(options, "adduser", v_str(bad[i]));
		assert_int_equal(actions_aclsetup(&core, NULL, options, &e), CB_EINVAL);
		assert_non_null(strstr(e.text, "is not the name of an account"));
		v_unref(options);
	}
}

static void test_introspection(void **state)
{
	(void)state;
	struct value *v;
	struct err e;
	assert_int_equal(call("system.listMethods", "[]", NULL, &v, &e), CB_OK);
	assert_true(v_list_has_str(v, "xapi_object_edit") && v_list_has_str(v, "get_mgmtclasses_since") &&
		v_list_has_str(v, "system.multicall"));
	for (size_t i = 0; i < v_len(v); i++) {
		struct value *help;
		char *json = xasprintf("[\"%s\"]", v_cstr(v_list_at(v, i)));
		assert_int_equal(call("system.methodHelp", json, NULL, &help, &e), CB_OK);
		assert_true(v_len(help) > 20);
		v_unref(help);
		assert_int_equal(call("system.methodSignature", json, NULL, &help, &e), CB_OK);
		assert_true(v_len(help) > 0);
		v_unref(help);
		free(json);
	}
	v_unref(v);
	expect_fault("system.multicall", "[5]", NULL, PY_TYPE, "calls must be a list");
}

static int setup(void **state)
{
	(void)state;
	struct err e;
	if (root_make(state) != 0)
		return -1;
	log_init("test", LOG_LVL_ERROR);
	put_bytes("/etc/cobbler/users.digest", digest, strlen(digest), 0640);
	put_file("/etc/cobbler/cobblerd.yaml", "anonymous_limits: false\n");
	char *dirs[] = { path_of("/var/lib/cobbler/snippets"), path_of("/var/lib/cobbler/templates"), path_of("/var/log/cobbler") };
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		if (dir_make(dirs[i], 0755, &e) != CB_OK)
			return -1;
		free(dirs[i]);
	}
	return open_rpc();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_method_without_rights),
		cmocka_unit_test(test_every_method_with_junk),
		cmocka_unit_test(test_wrong_number_of_arguments_in_pythons_words),
		cmocka_unit_test(test_only_what_is_in_the_table_can_be_called),
		cmocka_unit_test(test_nobody_logs_in_without_the_password),
		cmocka_unit_test(test_logging_in_and_out),
		cmocka_unit_test(test_tokens_expire_and_are_renewed_by_use),
		cmocka_unit_test(test_only_plain_documents_are_quick),
		cmocka_unit_test(test_only_a_search_for_one_name_is_quick),
		cmocka_unit_test(test_tasks_are_started_at_once_unless_something_is_under_edit),
		cmocka_unit_test(test_an_edit_that_was_not_saved_waits),
		cmocka_unit_test(test_shared_secret),
		cmocka_unit_test(test_an_object_is_made_changed_and_removed),
		cmocka_unit_test(test_xapi_leaves_nothing_half_done),
		cmocka_unit_test(test_files_stay_in_their_directory),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_streamed_lists_equal_the_values),
		cmocka_unit_test(test_a_streamed_item_equals_its_value),
		cmocka_unit_test(test_kept_lists_follow_every_edit),
		cmocka_unit_test(test_saved_objects_leave_room_for_new_ones),
		cmocka_unit_test(test_account_names_for_setfacl),
		cmocka_unit_test(test_introspection),
	};
	return cmocka_run_group_tests(tests, setup, rpc_teardown);
}
