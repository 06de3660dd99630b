/* SPDX-License-Identifier: GPL-2.0-or-later
 * cases_test.c - templates that once rendered differently from the original engines, with what those make of them. The first line of
 * a file in cases/ has the variables and the texts to include; tools/fuzz-diff-templates --save writes further lines.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/map.h"
#include "snippets/engine/engine.h"
#include "value/json.h"

struct set { enum tpl_lang lang; const struct value *head; struct map made; struct tpl_options opt; };

static int load(void *ctx, const char *name, const struct tpl *from, const struct tpl **ret, struct err *e)
{
	struct set *s = ctx;
	const struct value *text = v_dict_get(v_dict_get(s->head, "loader"), name);
	struct tpl *t = map_get(&s->made, name);
	(void)from;
	if (!v_is(text, V_STR))
		return err_set(e, CB_ENOENT, "%s", name);
	if (t == NULL) {
		int rc = tpl_compile(s->lang, v_cstr(text), v_len(text), name, &s->opt, &t, e);
		if (rc != CB_OK)
			return rc;
		map_put(&s->made, name, t);
	}
	*ret = t;
	return CB_OK;
}

static int source(void *ctx, const char *text, size_t n, const struct tpl **ret, struct err *e)
{
	struct set *s = ctx;
	char key[64];
	snprintf(key, sizeof(key), "source %zu %016llx", n, (unsigned long long)hash_bytes(text, n));
	struct tpl *t = map_get(&s->made, key);
	int rc = CB_OK;
	if (t == NULL && (rc = tpl_compile(s->lang, text, n, "source", &s->opt, &t, e)) == CB_OK)
		map_put(&s->made, key, t);
	if (rc == CB_OK)
		*ret = t;
	return rc;
}

static void forget(struct set *s)
{
	void *v;
	for (size_t i = 0; map_next(&s->made, &i, NULL, &v);)
		tpl_unref(v);
	map_free(&s->made);
	s->made = (struct map){ 0 };
}

static const char *text_of(const struct value *d, const char *key)
{
	const struct value *v = v_dict_get(d, key);
	return v_is(v, V_STR) ? v_cstr(v) : NULL;
}

static void one(struct set *s, const struct value *c, unsigned line)
{
	const struct value *text = v_dict_get(c, "template"), *want = v_dict_get(c, "output"), *env = v_dict_get(c, "env");
	struct strbuf out = { 0 };
	struct err e = { 0 };
	struct tpl *t = NULL;
	s->opt = (struct tpl_options){
		.trim_blocks = v_dict_bool(env, "trim_blocks", false),
		.lstrip_blocks = v_dict_bool(env, "lstrip_blocks", false),
		.keep_trailing_newline = v_dict_bool(env, "keep_trailing_newline", false),
		.autoescape = v_dict_bool(env, "autoescape", false),
		.line_statement = text_of(env, "line_statement_prefix"),
		.line_comment = text_of(env, "line_comment_prefix"),
	};
	struct tpl_job job = { .vars = v_dict_get(s->head, "vars"), .ctx = s, .load = load, .source = source };
	int rc = tpl_compile(s->lang, v_cstr(text), v_len(text), "case", &s->opt, &t, &e);
	if (rc == CB_OK)
		rc = tpl_render(t, &job, &out, &e);
	tpl_unref(t);
	forget(s);
	if (want == NULL ? rc == CB_OK : rc != CB_OK || !v_str_is(want, sb_str(&out)))
		fail_msg("line %u: %s\nwanted \"%s\", got \"%s\" (%s)", line, v_cstr(text), want != NULL ? v_cstr(want) : "an error",
			sb_str(&out), e.text);
	sb_free(&out);
}

static void run(enum tpl_lang lang, const char *path)
{
	struct strbuf text = { 0 };
	struct err e = { 0 };
	struct value *head = NULL, *c = NULL;
	struct set s = { .lang = lang };
	unsigned line = 0;
	assert_int_equal(file_read(AT_FDCWD, path, 8u << 20, &text, &e), CB_OK);
	for (const char *p = sb_str(&text), *end; *p != '\0'; p = end + (*end != '\0')) {
		end = strchrnul(p, '\n');
		assert_int_equal(json_parse(p, (size_t)(end - p), line == 0 ? &head : &c, &e), CB_OK);
		s.head = head;
		if (line++ > 0) {
			one(&s, c, line);
			v_unref(c);
		}
	}
	assert_true(line > 50);
	v_unref(head);
	sb_free(&text);
}

static void test_cheetah_cases(void **state) { (void)state; run(TPL_CHEETAH, "snippets/engine/cases/cheetah.jsonl"); }
static void test_jinja_cases(void **state) { (void)state; run(TPL_JINJA, "snippets/engine/cases/jinja2.jsonl"); }

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cheetah_cases), cmocka_unit_test(test_jinja_cases) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
