/* SPDX-License-Identifier: GPL-2.0-or-later
 * render_cases.c - renders templates for tests and for people.
 *   render-cases --engine cheetah|jinja2            one JSON case a line in, one answer a line out
 *   render-cases [--engine E] [--vars FILE.json] [--lint] [--trace] TEMPLATE   one template file with JSON variables
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/map.h"
#include "snippets/engine/engine.h"
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

static void one_case(enum tpl_lang lang, const struct value *c, const struct value *none)
{
	const struct value *text = v_dict_get(c, "template"), *vars = v_dict_get(c, "vars"),
			   *env = v_dict_get(c, "env");
	struct loader l = { .texts = v_dict_get(c, "loader"), .opt = options(env), .lang = lang };
	struct tpl_job job = {
		.vars = v_is(vars, V_DICT) ? vars : none, .ctx = &l, .load = l.texts != NULL ? load : NULL};
	struct strbuf out = { 0 };
	struct err e = { 0 };
	struct tpl *t = NULL;
	int rc = tpl_compile(lang, v_cstr(text), v_len(text), "case", &l.opt, &t, &e);
	if (rc == CB_OK)
		rc = tpl_render(t, &job, &out, &e);
	if (rc == CB_OK)
		answer("output", sb_str(&out), out.len);
	else
		answer("error", e.text, strlen(e.text));
	tpl_unref(t);
	loader_end(&l);
	sb_free(&out);
}

static int run_cases(enum tpl_lang lang)
{
	struct value *none = v_dict();
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	while ((n = getline(&line, &cap, stdin)) > 0) {
		struct value *c = NULL;
		struct err e = { 0 };
		if (json_parse(line, (size_t)n, &c, &e) != CB_OK)
			answer("error", e.text, strlen(e.text));
		else
			one_case(lang, c, none);
		v_unref(c);
		fflush(stdout);
	}
	free(line);
	v_unref(none);
	return 0;
}

static void say(void *ctx, const char *line)
{
	printf("%s:%s\n", (const char *)ctx, line);
}

static const char *traced;               /* the output that pieces refer to */

static void trace(void *ctx, const struct tpl_trace *t)
{
	struct strbuf b = { 0 };
	struct value *v = v_strn(traced + t->from, t->to - t->from > 60 ? 60 : t->to - t->from);
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
		traced = sb_str(&out);
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

int main(int argc, char **argv)
{
	enum tpl_lang lang = TPL_CHEETAH;
	const char *vars = NULL, *file = NULL;
	bool lint = false, tracing = false, bad = false;
	for (int i = 1; i < argc && !bad; i++) {
		if (str_eq(argv[i], "--engine") && i + 1 < argc) {
			const char *v = argv[++i];
			bad = !str_eq(v, "cheetah") && !str_eq(v, "jinja2");
			lang = str_eq(v, "jinja2") ? TPL_JINJA : TPL_CHEETAH;
		} else if (str_eq(argv[i], "--vars") && i + 1 < argc) {
			vars = argv[++i];
		} else if (str_eq(argv[i], "--lint")) {
			lint = true;
		} else if (str_eq(argv[i], "--trace")) {
			tracing = true;
		} else {
			bad = argv[i][0] == '-' || file != NULL;
			file = argv[i];
		}
	}
	if (bad) {
		fprintf(stderr, "usage: render-cases [--engine cheetah|jinja2] [--vars FILE.json] [--lint] [--trace] "
				"[TEMPLATE]\n"
				"Without TEMPLATE: one JSON case a line on standard input, one answer a line on "
				"standard output.\n");
		return 2;
	}
	return file != NULL ? run_file(lang, file, vars, lint, tracing) : run_cases(lang);
}
