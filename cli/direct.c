/* SPDX-License-Identifier: GPL-2.0-or-later
 * direct.c - commands that are about no single object: tasks, version, check, status.
 */
#include "cli/cli.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int start(struct cli *cli, const char *method, struct value *options, bool progress)
{
	struct value *id CLEANUP(v_unrefp) = cli_call(cli, method, params_of(v_ref(options), NULL), true);
	if (!id)
		return cli->status;
	if (!v_is(id, V_STR))
		return cli_fail(cli, "%s answered no task id", method);
	return follow_task(cli, v_cstr(id), progress, NULL);
}

int run_task(struct cli *cli, const struct call *c)
{
	return start(cli, c->cmd->method, c->options, false);
}

/* The server has another working directory: paths typed here are made absolute, without asking whether they exist. */
static char *absolute(const char *path)
{
	char cwd[PATH_MAX];
	struct strbuf b = { 0 };
	if (*path != '/' && getcwd(cwd, sizeof(cwd)))
		sb_addf(&b, "%s/", cwd);
	sb_adds(&b, path);
	/* compat: os.path.abspath: no doubled or closing slashes, no dots */
	struct strbuf out = { 0 };
	for (const char *p = sb_str(&b); *p;) {
		size_t n = strcspn(p, "/");
		if (n == 2 && strncmp(p, "..", 2) == 0) {
			const char *slash = out.len ? memrchr(out.p, '/', out.len) : NULL;
			sb_truncate(&out, slash ? (size_t)(slash - out.p) : 0);
		} else if (n > 0 && !(n == 1 && *p == '.')) {
			sb_addf(&out, "/%.*s", (int)n, p);
		}
		p += n + (p[n] == '/');
	}
	sb_free(&b);
	if (out.len == 0)
		sb_adds(&out, "/");
	return sb_take(&out);
}

/* rsync://host/x, http://host/x, host:/x and user@host:x are left alone. */
static bool is_remote(const char *path)
{
	size_t n = strcspn(path, ":/");
	return strstr(path, "://") || (path[n] == ':' && access(path, F_OK) != 0);
}

int run_import(struct cli *cli, const struct call *c)
{
	const char *path = v_dict_cstr(c->options, "path", "");
	if (!*path)
		return cli_fail(cli, "--path is required: an ISO file, a directory, or an rsync location");
	if (!*v_dict_cstr(c->options, "name", ""))
		return cli_fail(cli, "--name is required: the name of the new distro");
	if (!is_remote(path)) {
		char *abs CLEANUP(free_ptr) = absolute(path);
		v_dict_set(c->options, "path", v_str(abs));
	}
	return start(cli, c->cmd->method, c->options, true);
}

int run_buildiso(struct cli *cli, const struct call *c)
{
	/* compat: cli.py always names the file, in the directory where it is run */
	char *iso CLEANUP(free_ptr) = absolute(v_dict_cstr(c->options, "iso", "generated.iso"));
	v_dict_set(c->options, "iso", v_str(iso));
	return start(cli, c->cmd->method, c->options, true);
}

int run_sync(struct cli *cli, const struct call *c)
{
	bool some = v_dict_get(c->options, "systems") != NULL;
	return start(cli, some ? "background_syncsystems" : c->cmd->method, c->options, false);
}

int run_version(struct cli *cli, const struct call *c UNUSED)
{
	struct value *v CLEANUP(v_unrefp) = cli_call(cli, "extended_version", v_list(), false);
	if (!v)
		return cli->status;
	if (cli->json) {
		cli_print_json(v_ref(v));
		return EXIT_DONE;
	}
	printf("Cobbler %s\n", v_dict_cstr(v, "version", "?"));
	printf("  source: %s, %s\n", v_dict_cstr(v, "gitstamp", "?"), v_dict_cstr(v, "gitdate", "?"));
	printf("  build time: %s\n", v_dict_cstr(v, "builddate", "?"));
	return EXIT_DONE;
}

int run_status(struct cli *cli, const struct call *c UNUSED)
{
	struct value *v CLEANUP(v_unrefp) = cli_call(cli, "get_status", params_of(v_str(cli->json ? "normal" : "text"), NULL), true);
	if (!v)
		return cli->status;
	if (cli->json)
		cli_print_json(v_ref(v));
	else
		puts(v_cstr(v));
	return EXIT_DONE;
}

int run_check(struct cli *cli, const struct call *c UNUSED)
{
	struct value *v CLEANUP(v_unrefp) = cli_call(cli, "check", v_list(), true);
	if (!v)
		return cli->status;
	if (cli->json) {
		cli_print_json(v_ref(v));
		return EXIT_DONE;
	}
	if (v_len(v) == 0) {
		puts("No configuration problems found.  All systems go.");
		return EXIT_DONE;
	}
	puts("These points of the configuration may need your attention:\n");
	for (size_t i = 0; i < v_len(v); i++)
		printf("%zu: %s\n", i + 1, v_cstr(v_list_at(v, i)));
	puts("\nAfter changes, restart cobblerd and run 'cobbler sync'.");
	return EXIT_DONE;
}

/* ---- events ---- */

int run_events(struct cli *cli, const struct call *c UNUSED)
{
	struct value *v CLEANUP(v_unrefp) = cli_call(cli, "get_events", params_of(v_str(""), NULL), false);
	if (!v)
		return cli->status;
	if (cli->json) {
		cli_print_json(v_ref(v));
		return EXIT_DONE;
	}
	const char **ids = v_dict_keys(v, true);           /* they begin with date and time */
	for (size_t i = 0; i < v_len(v); i++)
		printf("%-10s %s\n", v_cstr(v_list_at(v_dict_get(v, ids[i]), 2)), ids[i]);
	free_ptr(&ids);
	return EXIT_DONE;
}

int run_follow(struct cli *cli, const struct call *c)
{
	const char *id = v_dict_cstr(c->options, "task", "");
	if (!*id)
		return cli_fail(cli, "--task is required");
	/* asked first, so that nothing is said to have started that does not exist */
	struct value *status CLEANUP(v_unrefp) = cli_call(cli, "get_task_status", params_of(v_str(id), NULL), false);
	if (!status)
		return cli->status;
	return follow_task(cli, id, true, NULL);
}
