/* SPDX-License-Identifier: GPL-2.0-or-later
 * render_cases.c - renders templates for tests and for people: cases on standard input, a file with JSON variables, or
 * the answer file of a stored item. See help below.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/map.h"
#include "snippets/engine/engine.h"
#include "tools/render_store.h"
#include "value/json.h"

struct loader { const struct value *texts; struct tpl_options opt; enum tpl_lang lang; struct map made; };

static int load(void *ctx, const char *name, const struct tpl *from, const struct tpl **ret, struct err *e)
{
	struct loader *l = ctx;
	struct tpl *t = map_get(&l->made, name);
	const struct value *v = v_dict_get(l->texts, name);
	(void)from;
	if (t == NULL) {
		if (!v_is(v, V_STR))
			return err_set(e, CB_ENOENT, "%s", name);
		int rc = tpl_compile(l->lang, v_cstr(v), v_len(v), name, &l->opt, &t, e);
		if (rc != CB_OK)
			return rc;
		map_put(&l->made, name, t);
	}
	*ret = t;
	return CB_OK;
}

static int source(void *ctx, const char *text, size_t n, const struct tpl **ret, struct err *e)
{
	struct loader *l = ctx;
	char *key = xasprintf("source %zu %016llx", n, (unsigned long long)hash_bytes(text, n));
	struct tpl *t = map_get(&l->made, key);
	int rc = CB_OK;
	if (t == NULL && (rc = tpl_compile(l->lang, text, n, "source", &l->opt, &t, e)) == CB_OK)
		map_put(&l->made, key, t);
	free(key);
	if (rc == CB_OK)
		*ret = t;
	return rc;
}

static void loader_end(struct loader *l)
{
	void *v;
	for (size_t i = 0; map_next(&l->made, &i, NULL, &v);)
		tpl_unref(v);
	map_free(&l->made);
}

static const char *opt_str(const struct value *env, const char *key)
{
	const struct value *v = v_dict_get(env, key);
	return v_is(v, V_STR) && v_len(v) > 0 ? v_cstr(v) : NULL;
}

static struct tpl_options options(const struct value *env)
{
	return (struct tpl_options){
		.trim_blocks = v_dict_bool(env, "trim_blocks", false),
		.lstrip_blocks = v_dict_bool(env, "lstrip_blocks", false),
		.keep_trailing_newline = v_dict_bool(env, "keep_trailing_newline", false),
		.autoescape = v_dict_bool(env, "autoescape", false),
		.block_start = opt_str(env, "block_start_string"),
		.block_end = opt_str(env, "block_end_string"),
		.variable_start = opt_str(env, "variable_start_string"),
		.variable_end = opt_str(env, "variable_end_string"),
		.comment_start = opt_str(env, "comment_start_string"),
		.comment_end = opt_str(env, "comment_end_string"),
		.line_statement = opt_str(env, "line_statement_prefix"),
		.line_comment = opt_str(env, "line_comment_prefix"),
	};
}

static void answer(const char *key, const char *text, size_t n)
{
	struct value *d = v_dict();
	struct strbuf b = { 0 };
	v_dict_set(d, key, v_strn(text, n));
	json_write(&b, d, JSON_COMPACT);
	puts(sb_str(&b));
	sb_free(&b);
	v_unref(d);
}

/* Templates of cases are compiled once, as the daemon compiles its files once. */
#define MAX_COMPILED 1024
struct cases { enum tpl_lang lang; struct value *none; struct map compiled; size_t n; };

static void forget(struct cases *k)
{
	void *v;
	for (size_t i = 0; map_next(&k->compiled, &i, NULL, &v);)
		tpl_unref(v);
	map_free(&k->compiled);
	k->compiled = (struct map){ 0 };
	k->n = 0;
}

/* *ret is borrowed from k until the next call. */
static int compile_case(struct cases *k, const char *text, size_t n, const struct value *env, const struct tpl_options *opt,
	const struct tpl **ret, struct err *e)
{
	struct strbuf key = { 0 };
	struct tpl *t;
	int rc = CB_OK;
	sb_addf(&key, "%zu %016llx %016llx ", n, (unsigned long long)hash_bytes(text, n),
		(unsigned long long)hash_bytes(text + n / 2, n - n / 2));
	if (env != NULL)
		json_write(&key, env, JSON_COMPACT);
	t = map_get(&k->compiled, sb_str(&key));
	if (t == NULL && (rc = tpl_compile(k->lang, text, n, "case", opt, &t, e)) == CB_OK) {
		if (k->n++ == MAX_COMPILED)
			forget(k);
		map_put(&k->compiled, sb_str(&key), t);
	}
	sb_free(&key);
	if (rc == CB_OK)
		*ret = t;
	return rc;
}

static void one_case(struct cases *k, const struct value *c)
{
	const struct value *text = v_dict_get(c, "template"), *vars = v_dict_get(c, "vars"), *env = v_dict_get(c, "env");
	struct loader l = { .texts = v_dict_get(c, "loader"), .opt = options(env), .lang = k->lang };
	struct tpl_job job = {
		.vars = v_is(vars, V_DICT) ? vars : k->none, .ctx = &l, .load = l.texts != NULL ? load : NULL, .source = source};
	struct strbuf out = { 0 };
	struct err e = { 0 };
	const struct tpl *t = NULL;
	int rc = compile_case(k, v_cstr(text), v_len(text), env, &l.opt, &t, &e);
	if (rc == CB_OK)
		rc = tpl_render(t, &job, &out, &e);
	if (rc == CB_OK)
		answer("output", sb_str(&out), out.len);
	else
		answer("error", e.text, strlen(e.text));
	loader_end(&l);
	sb_free(&out);
}

static int run_cases(enum tpl_lang lang)
{
	struct cases k = { .lang = lang, .none = v_dict() };
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	while ((n = getline(&line, &cap, stdin)) > 0) {
		struct value *c = NULL;
		struct err e = { 0 };
		if (json_parse(line, (size_t)n, &c, &e) != CB_OK)
			answer("error", e.text, strlen(e.text));
		else
			one_case(&k, c);
		v_unref(c);
		fflush(stdout);
	}
	free(line);
	forget(&k);
	v_unref(k.none);
	return 0;
}

static void say(void *ctx, const char *line)
{
	printf("%s:%s\n", (const char *)ctx, line);
}

static void trace(void *ctx, const struct tpl_trace *t)
{
	struct strbuf b = { 0 };
	struct value *v = v_strn(t->text, t->to - t->from > 60 ? 60 : t->to - t->from);
	(void)ctx;
	json_write(&b, v, JSON_COMPACT);
	fprintf(stderr, "%zu-%zu\t%s\t%s\t%s\n", t->from, t->to, t->chain, t->source, sb_str(&b));
	sb_free(&b);
	v_unref(v);
}

static int run_file(enum tpl_lang lang, const char *path, const char *varfile, bool lint, bool tracing)
{
	struct strbuf text = { 0 }, json = { 0 }, out = { 0 };
	struct value *vars = NULL;
	struct err e = { 0 };
	struct tpl *t = NULL;
	struct loader l = { .lang = lang };
	int rc = file_read(AT_FDCWD, path, 8u << 20, &text, &e);
	if (rc == CB_OK && varfile != NULL)
		rc = file_read(AT_FDCWD, varfile, 64u << 20, &json, &e);
	if (rc == CB_OK)
		rc = varfile != NULL ? json_parse(sb_str(&json), json.len, &vars, &e) : ((vars = v_dict()), CB_OK);
	if (rc == CB_OK)
		rc = tpl_compile(lang, sb_str(&text), text.len, path, NULL, &t, &e);
	if (rc == CB_OK && lint)
		tpl_lint(t, vars, say, (void *)(uintptr_t)path);
	if (rc == CB_OK && !lint) {
		struct tpl_job job = { .vars = vars, .ctx = &l, .load = load };
		rc = tpl_render(t, &job, &out, &e);
		if (rc == CB_OK && tracing) {
			struct strbuf again = { 0 };
			job.trace = trace;
			rc = tpl_render(t, &job, &again, &e);
			sb_free(&again);
		}
	}
	if (rc == CB_OK)
		fwrite(sb_str(&out), 1, out.len, stdout);
	else
		fprintf(stderr, "%s\n", e.text);
	tpl_unref(t);
	v_unref(vars);
	loader_end(&l);
	sb_free(&text);
	sb_free(&json);
	sb_free(&out);
	return rc == CB_OK ? 0 : 1;
}

static const char help[] =
	"usage: %1$s [--engine cheetah|jinja2] [--vars FILE.json] [--lint] [--trace] TEMPLATE\n"
	"       %1$s [--root DIR] --system NAME|--profile NAME|--distro NAME [--lint] [--trace] [TEMPLATE]\n"
	"       %1$s --engine cheetah|jinja2\n"
	"\n"
	"Renders a template with JSON variables; or the answer file of an item of the store, exactly as the daemon\n"
	"does for generate_autoinstall, which need not run; or, without TEMPLATE and item, cases: one JSON case\n"
	"{template, vars, loader, env} a line on standard input, one answer {output} or {error} a line on standard output.\n"
	"\n"
	"  --root DIR      the site is below DIR, as for cobblerd --root\n"
	"  --system NAME   render for this system (--profile, --distro: for that item); a distro needs a TEMPLATE\n"
	"  --lint          names that nothing defines, placeholders that would be printed as written, malformed ones;\n"
	"                  for an item also in the snippets that take part. Exit status 1 when there are any\n"
	"  --trace         where each piece of the output was written: file and line, through snippets; for an item\n"
	"                  also the object that gave the value: system, profile, distro or settings\n"
	"  --vars FILE     variables of the template: one JSON object\n"
	"  --engine E      the language of TEMPLATE without an item; cheetah is the default\n";

struct options { struct render_store store; enum tpl_lang lang; const char *vars; bool has_engine; };

static const char *me = "render-cases";

/* On standard error, with a pointer to the help; returns the exit status. */
__attribute__((format(printf, 1, 2))) static int wrong(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fprintf(stderr, "%s: ", me);
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "; see %s --help\n", me);
	va_end(ap);
	return 2;
}

/* An option with its value; 0, or the exit status after a message. */
static int take(struct options *o, int c, const char *v)
{
	switch (c) {
	case 'e':
		if (!str_eq(v, "jinja2") && !str_eq(v, "cheetah"))
			return wrong("--engine %s: cheetah or jinja2 expected", v);
		o->lang = str_eq(v, "jinja2") ? TPL_JINJA : TPL_CHEETAH;
		o->has_engine = true;
		return 0;
	case 'v': o->vars = v; return 0;
	case 'r': o->store.root = v; return 0;
	case 'l': o->store.lint = true; return 0;
	case 't': o->store.trace = true; return 0;
	default:
		if (o->store.name != NULL)
			return wrong("one item expected, not %s and %s", o->store.name, v);
		o->store.type = c == 's' ? ITEM_SYSTEM : c == 'p' ? ITEM_PROFILE : ITEM_DISTRO;
		o->store.name = v;
		return 0;
	}
}

static int check(const struct options *o)
{
	if (o->store.name != NULL && o->vars != NULL)
		return wrong("an item brings its own variables: --vars cannot be added");
	if (o->store.name != NULL && o->store.type == ITEM_DISTRO && o->store.file == NULL)
		return wrong("a distro has no answer file of its own: a TEMPLATE is needed");
	if (o->store.name == NULL && o->store.file == NULL && !o->has_engine) {
		fprintf(stderr, help, me);
		return 2;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "system", required_argument, NULL, 's' }, { "profile", required_argument, NULL, 'p' },
		{ "distro", required_argument, NULL, 'd' }, { "engine", required_argument, NULL, 'e' },
		{ "vars", required_argument, NULL, 'v' }, { "root", required_argument, NULL, 'r' }, { "lint", no_argument, NULL, 'l' },
		{ "trace", no_argument, NULL, 't' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	struct options o = { .lang = TPL_CHEETAH };
	int rc = 0;
	me = strrchr(argv[0], '/') != NULL ? strrchr(argv[0], '/') + 1 : argv[0];
	for (int c; rc == 0 && (c = getopt_long(argc, argv, "h", longs, NULL)) != -1; ) {
		if (c == 'h')
			return printf(help, me) < 0;
		rc = c == '?' ? 2 : take(&o, c, optarg);
	}
	if (rc == 0 && optind < argc)
		o.store.file = argv[optind++];
	if (rc == 0)
		rc = optind < argc ? wrong("one TEMPLATE expected, not also %s", argv[optind]) : check(&o);
	if (rc != 0)
		return rc;
	if (o.store.name != NULL)
		return render_store(&o.store);
	return o.store.file != NULL ? run_file(o.lang, o.store.file, o.vars, o.store.lint, o.store.trace) : run_cases(o.lang);
}
