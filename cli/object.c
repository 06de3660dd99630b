/* SPDX-License-Identifier: GPL-2.0-or-later
 * object.c - commands about items, settings and signatures.
 */
#include "cli/cli.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "value/json.h"

static const char *name_of(const struct call *c)
{
	return v_dict_cstr(c->options, "name", "");
}

static int need_name(struct cli *cli, const struct call *c)
{
	return *name_of(c) ? 0 : cli_fail(cli, "--name is required");
}

/* ---- items ---- */

/* compat: cli.py prints what follows the first colon of any fault of an edit. */
static int explain_edit(struct cli *cli, const struct err *e)
{
	const char *fault = cli->client ? client_fault(cli->client) : NULL;
	const char *colon = fault ? strchr(fault, ':') : NULL;
	if (!fault || cli->json)
		return cli_explain(cli, e);
	printf("exception on server: %s\n", colon ? colon + 1 : fault);
	return EXIT_FAILED;
}

static int exists(struct cli *cli, const struct call *c, bool *ret, struct err *e)
{
	struct value *v CLEANUP(v_unrefp) = NULL;
	int r = cli_try(cli, "get_item", params_of(v_str(c->noun), v_str(name_of(c)), NULL), false, &v, e);
	if (r == 0)
		*ret = v_is(v, V_DICT);
	return r;
}

int run_edit(struct cli *cli, const struct call *c)
{
	if (need_name(cli, c) != 0)
		return EXIT_FAILED;
	const char *action = c->cmd->name;
	bool renames = str_eq(action, "copy") || str_eq(action, "rename");
	if (renames && !*v_dict_cstr(c->options, "newname", ""))
		return cli_fail(cli, "--newname is required");
	struct err e;
	/* An add with --clobber becomes an edit when the object is there: the server has no such mode. */
	if (v_dict_del(c->options, "clobber")) {
		bool there = false;
		if (exists(cli, c, &there, &e) < 0)
			return cli_explain(cli, &e);
		action = there ? "edit" : action;
	}
	struct value *v CLEANUP(v_unrefp) = NULL;
	int r = cli_try(cli, "xapi_object_edit", params_of(v_str(c->noun), v_str(name_of(c)), v_str(action), v_ref(c->options),
		NULL), true, &v, &e);
	if (r < 0)
		return explain_edit(cli, &e);
	if (cli->json) {
		struct value *doc = v_dict();
		v_dict_set(doc, "result", v_ref(v));
		cli_print_json(doc);
	}
	if (v_truthy(v))
		return EXIT_DONE;
	return cli->json ? EXIT_FAILED : cli_fail(cli, "the server refused to %s %s %s", action, c->noun, name_of(c));
}

int run_find(struct cli *cli, const struct call *c)
{
	struct value *params = params_of(v_str(c->noun), v_ref(c->options), v_str("name"), v_bool(false), NULL);
	struct value *v CLEANUP(v_unrefp) = cli_call(cli, "find_items", params, false);
	if (!v)
		return cli->status;
	if (cli->json) {
		cli_print_json(v_ref(v));
		return EXIT_DONE;
	}
	for (size_t i = 0; i < v_len(v); i++)
		puts(v_cstr(v_list_at(v, i)));
	return EXIT_DONE;
}

/* *ret: owned, sorted list of names. */
static int sorted_names(struct cli *cli, const char *noun, struct value **ret, struct err *e)
{
	struct value *v CLEANUP(v_unrefp) = NULL;
	int r = cli_try(cli, "get_item_names", params_of(v_str(noun), NULL), false, &v, e);
	if (r < 0)
		return r;
	size_t n = v_len(v);
	struct value **names = xcalloc(n + 1, sizeof(struct value *));
	for (size_t i = 0; i < n; i++)
		names[i] = v_ref(v_list_at(v, i));
	qsort(names, n, sizeof(*names), v_compare_str);
	*ret = v_list();
	for (size_t i = 0; i < n; i++)
		v_list_push(*ret, names[i]);
	free_ptr(&names);
	return 0;
}

static void print_names(const struct value *names)
{
	for (size_t i = 0; i < v_len(names); i++)
		printf("   %s\n", v_cstr(v_list_at(names, i)));
}

int run_list(struct cli *cli, const struct call *c)
{
	struct value *names CLEANUP(v_unrefp) = NULL;
	struct err e;
	if (sorted_names(cli, c->noun, &names, &e) < 0)
		return cli_explain(cli, &e);
	if (cli->json)
		cli_print_json(v_ref(names));
	else
		print_names(names);
	return EXIT_DONE;
}

static void print_report(int item, const struct value *dict)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	report_item(item, dict, &b);
	puts(sb_str(&b));
}

/* Above this many items they are asked for one by one: xmlrpc-c needs 15 times the size of an answer to read it. */
#define ITEMS_AT_ONCE 5000

/* Calls each with every item of the type. Returns the exit status. */
static int for_items(struct cli *cli, const char *noun, int item, void (*each)(int, const struct value *, void *),
	void *arg)
{
	struct value *names CLEANUP(v_unrefp) = cli_call(cli, "get_item_names", params_of(v_str(noun), NULL), false);
	if (!names)
		return cli->status;
	if (v_len(names) == 0)
		return EXIT_DONE;
	if (v_len(names) <= ITEMS_AT_ONCE) {
		struct value *items CLEANUP(v_unrefp) = cli_call(cli, "get_items", params_of(v_str(noun), NULL), false);
		for (size_t i = 0; i < v_len(items); i++)
			each(item, v_list_at(items, i), arg);
		return items ? EXIT_DONE : cli->status;
	}
	for (size_t i = 0; i < v_len(names); i++) {
		struct value *one CLEANUP(v_unrefp) = cli_call(cli, "get_item", params_of(v_str(noun), v_ref(v_list_at(names, i)),
			NULL), false);
		if (!one)
			return cli->status;
		/* One that was removed meanwhile is "~". */
		if (v_is(one, V_DICT))
			each(item, one, arg);
	}
	return EXIT_DONE;
}

static void print_one(int item, const struct value *dict, void *arg UNUSED)
{
	print_report(item, dict);
}

static void collect_one(int item UNUSED, const struct value *dict, void *list)
{
	v_list_push(list, v_ref(dict));
}

int run_report(struct cli *cli, const struct call *c)
{
	if (v_dict_get(c->options, "name")) {
		struct value *params = params_of(v_str(c->noun), v_str(name_of(c)), NULL);
		struct value *v CLEANUP(v_unrefp) = cli_call(cli, "get_item", params, false);
		if (!v)
			return cli->status;
		if (!v_is(v, V_DICT))
			return cli_fail(cli, "No %s found: %s", c->noun, name_of(c));
		if (cli->json)
			cli_print_json(v_ref(v));
		else
			print_report(c->item, v);
		return EXIT_DONE;
	}
	if (!cli->json)
		return for_items(cli, c->noun, c->item, print_one, NULL);
	struct value *list CLEANUP(v_unrefp) = v_list();
	int status = for_items(cli, c->noun, c->item, collect_one, list);
	if (status == EXIT_DONE)
		cli_print_json(v_ref(list));
	return status;
}

int run_list_all(struct cli *cli, const struct call *c UNUSED)
{
	struct value *doc CLEANUP(v_unrefp) = v_dict();
	int item;
	for (size_t i = 0; noun_at(i) && noun_bit(noun_at(i), &item) & W_ALL_ITEMS; i++) {
		struct value *names CLEANUP(v_unrefp) = NULL;
		struct err e;
		if (sorted_names(cli, noun_at(i), &names, &e) < 0)
			return cli_explain(cli, &e);
		const char *plural = item_table((enum item_type)item)->plural;
		v_dict_set(doc, plural, v_ref(names));
		if (cli->json)
			continue;
		printf("%s%s:\n", i > 0 ? "\n" : "", plural);
		print_names(names);
	}
	if (cli->json)
		cli_print_json(v_ref(doc));
	return EXIT_DONE;
}

int run_report_all(struct cli *cli, const struct call *c UNUSED)
{
	struct value *doc CLEANUP(v_unrefp) = v_dict();
	int item, status = EXIT_DONE;
	for (size_t i = 0; status == EXIT_DONE && noun_at(i) && noun_bit(noun_at(i), &item) & W_ALL_ITEMS; i++) {
		const char *plural = item_table((enum item_type)item)->plural;
		struct value *list = v_list();
		if (!cli->json)
			printf("%s%s:\n==========\n", i > 0 ? "\n" : "", plural);
		status = for_items(cli, noun_at(i), item, cli->json ? collect_one : print_one, list);
		v_dict_set(doc, plural, list);
	}
	if (cli->json && status == EXIT_DONE)
		cli_print_json(v_ref(doc));
	return status;
}

int run_get_autoinstall(struct cli *cli, const struct call *c)
{
	if (need_name(cli, c) != 0)
		return EXIT_FAILED;
	bool system = c->item == ITEM_SYSTEM;
	const char *method = system ? "generate_system_autoinstall" : "generate_profile_autoinstall";
	struct value *v CLEANUP(v_unrefp) = cli_call(cli, method, params_of(v_str(name_of(c)), NULL), false);
	if (!v)
		return cli->status;
	/* The server answers for a missing object with a comment in place of the file. */
	bool missing = str_starts(v_cstr(v), system ? "# system not found" : "# profile not found") ||
		str_starts(v_cstr(v), "# object not found");
	if (cli->json) {
		struct value *doc = v_dict();
		v_dict_set(doc, "autoinstall", v_ref(v));
		cli_print_json(doc);
	} else {
		puts(v_cstr(v));
	}
	return missing ? EXIT_FAILED : EXIT_DONE;
}

int run_dumpvars(struct cli *cli, const struct call *c)
{
	if (need_name(cli, c) != 0)
		return EXIT_FAILED;
	const char *profile = c->item == ITEM_PROFILE ? name_of(c) : "", *system = c->item == ITEM_SYSTEM ? name_of(c) : "";
	struct value *v CLEANUP(v_unrefp) = cli_call(cli, "get_blended_data", params_of(v_str(profile), v_str(system), NULL),
		false);
	if (!v)
		return cli->status;
	if (cli->json) {
		cli_print_json(v_ref(v));
		return EXIT_DONE;
	}
	size_t n = v_len(v);
	const char **keys = v_dict_keys(v, true);
	struct strbuf b CLEANUP(sb_free) = { 0 };
	for (size_t i = 0; i < n; i++) {
		sb_addf(&b, "%s: ", keys[i]);
		v_py_str(&b, v_dict_get(v, keys[i]));
		sb_addc(&b, '\n');
	}
	free_ptr(&keys);
	fputs(sb_str(&b), stdout);
	return EXIT_DONE;
}

int run_autoadd(struct cli *cli, const struct call *c UNUSED)
{
	struct err e;
	struct value *v CLEANUP(v_unrefp) = NULL;
	return cli_try(cli, "auto_add_repos", v_list(), true, &v, &e) < 0 ? explain_edit(cli, &e) : EXIT_DONE;
}

int run_power(struct cli *cli, const struct call *c)
{
	if (need_name(cli, c) != 0)
		return EXIT_FAILED;
	bool there = false;
	struct err e;
	if (exists(cli, c, &there, &e) < 0)
		return cli_explain(cli, &e);
	if (!there)
		return cli_fail(cli, "No %s found: %s", c->noun, name_of(c));
	/* compat: poweron -> "on", powerstatus -> "status", reboot -> "reboot" */
	const char *what = str_starts(c->cmd->name, "power") ? c->cmd->name + 5 : c->cmd->name;
	struct value *options = v_dict();
	v_dict_set(options, "power", v_str(what));
	v_dict_set(options, "systems", params_of(v_str(name_of(c)), NULL));
	struct value *id CLEANUP(v_unrefp) = cli_call(cli, "background_power_system", params_of(options, NULL), true);
	/* The task is complete even when the fence agent failed, since it may be about many systems. */
	return id ? follow_task(cli, v_cstr(id), false, "failed to execute power task") : cli->status;
}

/* ---- settings ---- */

static void print_setting(const char *name, const struct value *v)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	sb_addf(&b, "%-40s: ", name);
	v_py_str(&b, v);
	puts(sb_str(&b));
}

int run_setting_report(struct cli *cli, const struct call *c)
{
	struct value *all CLEANUP(v_unrefp) = cli_call(cli, "get_settings", v_list(), false);
	if (!all)
		return cli->status;
	const char *name = name_of(c);
	if (v_dict_get(c->options, "name") && !v_dict_get(all, name))
		return cli_fail(cli, "Setting not found: %s", name);
	if (v_dict_get(c->options, "name")) {
		struct value *doc = v_dict();
		v_dict_set(doc, name, v_ref(v_dict_get(all, name)));
		if (!cli->json)
			print_setting(name, v_dict_get(all, name));
		if (cli->json)
			cli_print_json(doc);
		else
			v_unref(doc);
		return EXIT_DONE;
	}
	if (cli->json) {
		cli_print_json(v_ref(all));
		return EXIT_DONE;
	}
	size_t n = v_len(all);
	const char **keys = v_dict_keys(all, true);
	for (size_t i = 0; i < n; i++)
		print_setting(keys[i], v_dict_get(all, keys[i]));
	free_ptr(&keys);
	return EXIT_DONE;
}

int run_setting_edit(struct cli *cli, const struct call *c)
{
	if (need_name(cli, c) != 0)
		return EXIT_FAILED;
	const struct value *wanted = v_dict_get(c->options, "value");
	if (!wanted)
		return cli_fail(cli, "--value is required");
	struct value *all CLEANUP(v_unrefp) = cli_call(cli, "get_settings", v_list(), false);
	if (!all)
		return cli->status;
	if (!v_dict_bool(all, "allow_dynamic_settings", false))
		return cli_fail(cli, "This server does not let settings be changed while it runs: set allow_dynamic_settings to true "
			"in its settings.yaml and restart it");
	if (str_eq(name_of(c), "allow_dynamic_settings"))
		return cli_fail(cli, "allow_dynamic_settings itself can only be changed in settings.yaml");
	if (!v_dict_get(all, name_of(c)))
		return cli_fail(cli, "Setting not found: %s", name_of(c));
	struct value *params = params_of(v_str(name_of(c)), v_ref(wanted), NULL);
	struct value *v CLEANUP(v_unrefp) = cli_call(cli, "modify_setting", params, true);
	if (!v)
		return cli->status;
	/* compat: the method answers 0 when it has changed it */
	return v_truthy(v) ? cli_fail(cli, "the server refused '%s' for setting %s", v_cstr(wanted), name_of(c)) : EXIT_DONE;
}

/* ---- signatures ---- */

static size_t print_breed(const struct value *breeds, const char *name)
{
	const struct value *versions = v_dict_get(breeds, name);
	size_t n = v_len(versions);
	printf("%s:\n", name);
	const char **keys = v_dict_keys(versions, true);
	for (size_t i = 0; i < n; i++)
		printf("\t%s\n", keys[i]);
	if (n == 0)
		puts("\t(none)");
	free_ptr(&keys);
	return n;
}

int run_signature_report(struct cli *cli, const struct call *c)
{
	struct value *sigs CLEANUP(v_unrefp) = cli_call(cli, "get_signatures", v_list(), false);
	if (!sigs)
		return cli->status;
	const struct value *breeds = v_dict_get(sigs, "breeds");
	const char *name = v_dict_get(c->options, "name") ? name_of(c) : NULL;
	if (!v_is(breeds, V_DICT))
		return cli_fail(cli, "The server has no signatures; run 'cobbler signature update'");
	if (!cli->json)
		puts("Currently loaded signatures:");
	if (name && !v_dict_get(breeds, name))
		return cli_fail(cli, "No breed named '%s' found", name);
	if (cli->json) {
		cli_print_json(v_ref(name ? v_dict_get(breeds, name) : breeds));
		return EXIT_DONE;
	}
	if (name) {
		size_t n = print_breed(breeds, name);
		printf("\nBreed '%s' has %zu total signatures\n", name, n);
		return EXIT_DONE;
	}
	size_t n = v_len(breeds), total = 0;
	const char **keys = v_dict_keys(breeds, true);
	for (size_t i = 0; i < n; i++)
		total += print_breed(breeds, keys[i]);
	free_ptr(&keys);
	printf("\n%zu breeds with %zu total signatures loaded\n", n, total);
	return EXIT_DONE;
}

static int check_signature_file(struct cli *cli, const char *path)
{
	struct strbuf text CLEANUP(sb_free) = { 0 };
	struct value *doc CLEANUP(v_unrefp) = NULL;
	struct err e;
	if (file_read(AT_FDCWD, path, (size_t)64 << 20, &text, &e) < 0)
		return cli_fail(cli, "%s", e.text);
	if (json_parse(sb_str(&text), text.len, &doc, &e) < 0)
		return cli_fail(cli, "%s: %s", path, e.text);
	if (!v_is(v_dict_get(doc, "breeds"), V_DICT))
		return cli_fail(cli, "%s: no \"breeds\" in it: that is no signature file", path);
	return EXIT_DONE;
}

int run_signature_reload(struct cli *cli, const struct call *c)
{
	/* compat: a file of one's own is only tried by cli.py, too; the server reads the one that its settings name. */
	const char *path = v_dict_cstr(c->options, "filename", NULL);
	if (path) {
		int status = check_signature_file(cli, path);
		if (status == EXIT_DONE)
			puts("Signatures were successfully loaded");
		return status;
	}
	struct value *id CLEANUP(v_unrefp) = cli_call(cli, "background_signature_reload", params_of(v_dict(), NULL), true);
	return id ? follow_task(cli, v_cstr(id), false, NULL) : cli->status;
}
