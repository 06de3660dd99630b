/* SPDX-License-Identifier: GPL-2.0-or-later
 * cli.c - global options, connection and login, dispatch, and how failures are shown.
 */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "value/json.h"
#include "value/yaml.h"

#define MAX_CONFIG ((size_t)4 << 20)
#define DEFAULT_PORT 25151

/* ---- connection ---- */

/* Returns owned, NULL when there is none: an unprivileged user may not read the configuration, then the usual is the
 * best guess. */
static struct value *read_yaml(const char *path)
{
	struct strbuf text CLEANUP(sb_free) = { 0 };
	struct value *doc = NULL;
	if (file_read(AT_FDCWD, path, MAX_CONFIG, &text, NULL) < 0 || yaml_parse(sb_str(&text), text.len, &doc, NULL) < 0)
		return NULL;
	return doc;
}

static void port_from(const char *path, int64_t *port)
{
	struct value *doc CLEANUP(v_unrefp) = read_yaml(path);
	int64_t p = v_dict_int(doc, "xmlrpc_port", *port);
	if (p > 0 && p < 65536)
		*port = p;
}

static char *default_url(void)
{
	int64_t port = DEFAULT_PORT;
	char *main_file CLEANUP(free_ptr) = path_of("/etc/cobbler/settings.yaml");
	char *pattern CLEANUP(free_ptr) = path_of("/etc/cobbler/settings.d/*.settings");
	char *own_file CLEANUP(free_ptr) = path_of("/etc/cobbler/cobblerd.yaml");
	port_from(main_file, &port);
	glob_t g = { 0 };
	if (glob(pattern, 0, NULL, &g) == 0) {
		for (size_t i = 0; i < g.gl_pathc; i++)
			port_from(g.gl_pathv[i], &port);
	}
	globfree(&g);
	struct value *own CLEANUP(v_unrefp) = read_yaml(own_file);
	const char *address = v_dict_cstr(v_dict_get(own, "xmlrpc"), "address", "");
	if (!*address || str_eq(address, "0.0.0.0") || str_eq(address, "::"))
		address = "127.0.0.1";
	bool v6 = strchr(address, ':') != NULL;
	return xasprintf("http://%s%s%s:%d/RPC2", v6 ? "[" : "", address, v6 ? "]" : "", (int)port);
}

static char *full_url(const char *url)
{
	const char *host = strstr(url, "://");
	if (!host)
		return xasprintf("http://%s%s", url, strchr(url, '/') ? "" : "/RPC2");
	return strchr(host + 3, '/') ? xstrdup(url) : xasprintf("%s/RPC2", url);
}

static int connect_server(struct cli *cli, struct err *e)
{
	if (cli->client)
		return 0;
	const char *wanted = cli->url ? cli->url : getenv("COBBLER_URL");
	char *url CLEANUP(free_ptr) = wanted && *wanted ? full_url(wanted) : default_url();
	return client_open(url, cli->timeout_s, &cli->client, e);
}

/* ---- login ---- */

static int read_password(const struct cli *cli, char **ret, struct err *e)
{
	if (!cli->password_file) {
		char *prompt CLEANUP(free_ptr) = xasprintf("Password of %s: ", cli->user);
		*ret = ask_secret(prompt);
		return *ret ? 0 : err_set(e, CB_EINVAL, "--user %s needs --password-file FILE when there is no terminal", cli->user);
	}
	bool std = str_eq(cli->password_file, "-");
	FILE *f = std ? stdin : fopen(cli->password_file, "re");
	if (f == NULL)
		return err_set(e, errno == ENOENT ? CB_ENOENT : CB_EIO, "cannot open %s: %s", cli->password_file, strerror(errno));
	/* Also of a pipe, which has no size: --password-file=<(pass show cobbler). */
	*ret = read_secret_line(f);
	if (!std)
		fclose(f);
	return *ret != NULL ? 0 : err_set(e, CB_EINVAL, "%s: a password of at most 4094 bytes is expected in the first line",
		std ? "standard input" : cli->password_file);
}

static int read_secret(char **ret, struct err *e)
{
	char *path CLEANUP(free_ptr) = path_of("/var/lib/cobbler/web.ss");
	struct strbuf b = { 0 };
	int r = file_read(AT_FDCWD, path, 65536, &b, e);
	if (r < 0) {
		sb_free(&b);
		err_prefix(e, "the shared secret cannot be read (log in with --user, or become root)");
		return e->code = CB_EPERM;
	}
	if (b.len == 0)
		return err_set(e, CB_EINVAL, "%s: the shared secret is empty; is cobblerd starting?", path);
	*ret = sb_take(&b);
	return 0;
}

static int login(struct cli *cli, struct err *e)
{
	if (cli->token)
		return 0;
	char *secret CLEANUP(free_ptr) = NULL;
	int r = cli->user ? read_password(cli, &secret, e) : read_secret(&secret, e);
	if (r < 0)
		return r;
	struct value *token CLEANUP(v_unrefp) = NULL;
	r = client_call(cli->client, "login", params_of(v_str(cli->user ? cli->user : ""), v_str(secret), NULL), &token, e);
	explicit_bzero(secret, strlen(secret));
	if (r < 0)
		return r;
	if (!v_is(token, V_STR))
		return err_set(e, CB_EPARSE, "login answered a %s where a token was expected", v_type_name(token));
	cli->token = xstrdup(v_cstr(token));
	return 0;
}

/* ---- calls ---- */

int cli_try(struct cli *cli, const char *method, struct value *params, bool with_token, struct value **ret,
	struct err *e)
{
	int r = connect_server(cli, e);
	if (r == 0 && with_token)
		r = login(cli, e);
	if (r < 0) {
		v_unref(params);
		return r;
	}
	if (with_token)
		v_list_push(params, v_str(cli->token));
	return client_call(cli->client, method, params, ret, e);
}

struct value *cli_call(struct cli *cli, const char *method, struct value *params, bool with_token)
{
	struct err e;
	struct value *v = NULL;
	if (cli_try(cli, method, params, with_token, &v, &e) < 0) {
		cli_explain(cli, &e);
		return NULL;
	}
	return v;
}

void cli_print_json(struct value *v)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	json_write(&b, v, JSON_PRETTY);
	v_unref(v);
	puts(sb_str(&b));
}

static void print_json_error(const char *cls, const char *text)
{
	struct value *err = v_dict(), *doc = v_dict();
	if (cls)
		v_dict_set(err, "class", v_str(cls));
	v_dict_set(err, "message", v_str(text));
	v_dict_set(doc, "error", err);
	cli_print_json(doc);
}

int cli_explain(struct cli *cli, const struct err *e)
{
	const char *fault = cli->client ? client_fault(cli->client) : NULL;
	char *text CLEANUP(free_ptr) = client_fault_text(fault ? fault : e->text);
	const char *quote = fault ? strchr(fault, '\'') : NULL;
	if (cli->json) {
		char *cls CLEANUP(free_ptr) = quote ? xstrndup(quote + 1, strcspn(quote + 1, "'")) : NULL;
		print_json_error(cls, fault ? text : e->text);
	} else if (!fault && e->code == CB_EIO && cli->client) {
		fprintf(stderr, "cobblerd does not appear to be running/accessible: %s\n", e->text);
	} else if (!fault) {
		fprintf(stderr, "%s\n", e->text);
	} else if (strstr(fault, PY_CX)) {
		puts(text);
	} else {
		/* compat: what cli.py prints for a fault that is not of Cobbler's own class */
		printf("### ERROR ###\nUnexpected remote error, check the server side logs for further info\n%s\n", fault);
	}
	/* compat: cli.py ends so, too, when the secret cannot be read */
	cli->status = !fault && (e->code == CB_EIO || e->code == CB_EPERM) ? EXIT_NO_SERVER : EXIT_FAILED;
	return cli->status;
}

int cli_fail(struct cli *cli, const char *fmt, ...)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	va_list ap;
	va_start(ap, fmt);
	sb_vaddf(&b, fmt, ap);
	va_end(ap);
	if (cli->json)
		print_json_error(NULL, sb_str(&b));
	else
		puts(sb_str(&b));
	return EXIT_FAILED;
}

/* ---- command line ---- */

struct line {
	const char **words;           /* the words that are left for the command, its own first */
	int n;
	const char *root;
	const char *timeout;
	bool help, version;
};

struct global {
	const char *name;
	bool anywhere;                /* also after the command's name: no field has an option of that name */
	bool *flag;
	const char **value;
};

static const struct global *global_find(const struct global *g, size_t n, const char *word, bool after,
	const char **text)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(g[i].name);
		if ((after && !g[i].anywhere) || strncmp(word, g[i].name, len) != 0)
			continue;
		if (word[len] == '\0' || (word[len] == '=' && g[i].value)) {
			*text = word[len] ? word + len + 1 : NULL;
			return &g[i];
		}
	}
	return NULL;
}

static int split_line(struct cli *cli, int argc, char *const *argv, struct line *l)
{
	const struct global globals[] = {
		{ "--server", false, NULL, &cli->url }, { "--user", false, NULL, &cli->user },
		{ "--password-file", false, NULL, &cli->password_file }, { "--timeout", false, NULL, &l->timeout },
		{ "--root", true, NULL, &l->root }, { "--json", true, &cli->json, NULL },
		{ "--help", false, &l->help, NULL }, { "-h", false, &l->help, NULL }, { "--version", false, &l->version, NULL },
	};
	l->words = xcalloc((size_t)argc + 1, sizeof(*l->words));
	for (int i = 1; i < argc; i++) {
		const char *text = NULL;
		const struct global *g = global_find(globals, ARRAY_LEN(globals), argv[i], l->n > 0, &text);
		if (!g && l->n == 0 && argv[i][0] == '-') {
			fprintf(stderr, "cobbler: error: no such option before the command: %s\n", argv[i]);
			return EXIT_USAGE;
		}
		if (!g) {
			l->words[l->n++] = argv[i];
		} else if (g->flag) {
			*g->flag = true;
		} else {
			text = text ? text : i + 1 < argc ? argv[++i] : NULL;
			if (!text || !*text) {
				fprintf(stderr, "cobbler: error: option %s needs a value\n", g->name);
				return EXIT_USAGE;
			}
			*g->value = text;
		}
	}
	return 0;
}

static int print_help(struct strbuf *b, int status)
{
	fputs(sb_str(b), stdout);
	sb_free(b);
	return status;
}

static int run_command(struct cli *cli, const struct command *cmd, const char *noun, int item, int n,
	const char **words)
{
	struct opt_set opts = { 0 };
	command_options(cmd, item, &opts);
	struct parsed p = { 0 };
	struct err e;
	int r = opts_parse(&opts, n, (char *const *)words, &p, &e);
	opts_free(&opts);
	const char *sep = noun ? " " : "";
	if (r < 0) {
		fprintf(stderr, "cobbler %s%s%s: error: %s\n", noun ? noun : "", sep, cmd->name, e.text);
		return EXIT_USAGE;
	}
	/* compat: Cobbler's own command passes over such words in silence, and scripts have them. */
	if (p.stray)
		fprintf(stderr, "cobbler %s%s%s: '%s' is ignored: a value with blanks needs quotes\n", noun ? noun : "", sep, cmd->name,
			p.stray);
	if (p.help) {
		struct strbuf b = { 0 };
		help_command(cmd, noun, item, &b);
		r = print_help(&b, EXIT_DONE);
	} else {
		const struct call c = { .cmd = cmd, .noun = noun, .item = item, .options = p.options };
		r = cmd->run(cli, &c);
	}
	v_unref(p.options);
	return r;
}

static int run_noun(struct cli *cli, struct line *l, unsigned bit, int item)
{
	const char *noun = l->words[0], *verb = l->n > 1 ? l->words[1] : NULL;
	const struct command *cmd = verb ? command_find(bit, verb) : NULL;
	if (cmd)
		return run_command(cli, cmd, noun, item, l->n - 2, l->words + 2);
	bool help = verb && (str_eq(verb, "--help") || str_eq(verb, "-h"));
	if (verb && !help) {
		const char *near = NULL;
		const char *names[64];
		size_t n = 0;
		for (size_t i = 0; i < n_commands && n < ARRAY_LEN(names); i++) {
			if (commands[i].where & bit && !commands[i].hidden)
				names[n++] = commands[i].name;
		}
		near = nearest_name(verb, names, n, sizeof(names[0]));
		fprintf(stderr, "cobbler %s: error: no such action: %s%s%s%s\n", noun, verb, near ? " (did you mean " : "",
			near ? near : "", near ? "?)" : "");
	}
	struct strbuf b = { 0 };
	help_noun(noun, &b);
	return print_help(&b, help ? EXIT_DONE : EXIT_USAGE);
}

static int no_such_command(const char *word)
{
	const char *names[64];
	size_t n = 0;
	for (size_t i = 0; noun_at(i) && n < ARRAY_LEN(names); i++)
		names[n++] = noun_at(i);
	for (size_t i = 0; i < n_commands && n < ARRAY_LEN(names); i++) {
		if (commands[i].where & W_DIRECT && !commands[i].hidden)
			names[n++] = commands[i].name;
	}
	const char *near = nearest_name(word, names, n, sizeof(names[0]));
	printf("No such command: %s\n", word);
	if (near)
		fprintf(stderr, "cobbler: did you mean '%s'?\n", near);
	return EXIT_FAILED;
}

static int dispatch(struct cli *cli, struct line *l)
{
	struct strbuf b = { 0 };
	if (l->help || (l->n == 0 && !l->version)) {
		help_top(&b);
		/* compat: without a command the status is 2, as with cli.py; asked for, help is no failure. */
		return print_help(&b, l->help ? EXIT_DONE : EXIT_USAGE);
	}
	if (l->version && l->n == 0) {
		l->words[0] = "version";
		l->n = 1;
	}
	if (str_eq(l->words[0], "__complete"))
		return complete_main(cli, l->n - 1, (char *const *)(l->words + 1));
	if (str_eq(l->words[0], "__man")) {
		manpage_write(&b);
		return print_help(&b, EXIT_DONE);
	}
	int item;
	unsigned bit = noun_bit(l->words[0], &item);
	if (bit)
		return run_noun(cli, l, bit, item);
	const struct command *cmd = command_find(W_DIRECT, l->words[0]);
	return cmd ? run_command(cli, cmd, NULL, -1, l->n - 1, l->words + 1) : no_such_command(l->words[0]);
}

int cli_main(int argc, char *const *argv)
{
	struct cli cli = { .timeout_s = 600 };
	struct line l = { 0 };
	int r = split_line(&cli, argc, argv, &l);
	unsigned long seconds;
	if (r == 0 && l.timeout && !parse_uint(l.timeout, 86400, &seconds)) {
		fprintf(stderr, "cobbler: error: option --timeout: '%s' is no number of seconds from 0 to 86400\n", l.timeout);
		r = EXIT_USAGE;
	} else if (r == 0 && l.timeout) {
		cli.timeout_s = (unsigned)seconds;
	}
	if (r == 0) {
		path_set_root(l.root);
		r = dispatch(&cli, &l);
	}
	free_ptr(&l.words);
	free_ptr(&cli.token);
	client_close(cli.client);
	return r;
}
