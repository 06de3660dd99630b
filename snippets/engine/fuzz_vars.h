/* SPDX-License-Identifier: GPL-2.0-or-later
 * fuzz_vars.h - what the fuzz targets of the engine share: variables of every kind, and one render.
 */
#ifndef ENGINE_FUZZ_VARS_H
#define ENGINE_FUZZ_VARS_H

#include <string.h>

#include "snippets/engine/engine.h"
#include "value/json.h"

static inline int fuzz_load(void *ctx, const char *name, const struct tpl *from, const struct tpl **ret, struct err *e)
{
	(void)ctx;
	if (!str_eq(name, "self"))
		return err_set(e, CB_ENOENT, "%s", name);
	*ret = from;
	return CB_OK;
}

struct fuzz_made { struct tpl *t[8]; size_t n; };

static inline int fuzz_source(void *ctx, const char *text, size_t n, const struct tpl **ret, struct err *e)
{
	struct fuzz_made *m = ctx;
	if (m->n == ARRAY_LEN(m->t))
		return err_set(e, CB_ELIMIT, "too many texts");
	int rc = tpl_compile(TPL_CHEETAH, text, n, "source", NULL, &m->t[m->n], e);
	if (rc == CB_OK)
		*ret = m->t[m->n++];
	return rc;
}

static inline void fuzz_trace(void *ctx, const struct tpl_trace *t) { (void)ctx, (void)t; }

static inline void fuzz_render(enum tpl_lang lang, const char *text, size_t n, const struct tpl_options *opt)
{
	static const char json[] = "{\"s\":\"Stra\\u00dfe\",\"e\":\"\",\"i\":7,\"f\":2.5,\"t\":true,\"n\":null,\"l\":["
				   "3,\"a\",null],\"d\":{\"k\":{\"x\":1},\"y\":[]}}";
	static struct value *vars;
	struct err e = { 0 };
	struct tpl *t = NULL;
	struct strbuf out = { 0 };
	struct fuzz_made made = { 0 };
	if (vars == NULL && json_parse(json, strlen(json), &vars, &e) != CB_OK)
		__builtin_trap();
	if (tpl_compile(lang, text, n, "fuzz", opt, &t, &e) == CB_OK) {
		struct tpl_job job = {
			.vars = vars, .ctx = &made, .load = fuzz_load, .source = fuzz_source, .cobbler = true,
			.trace = fuzz_trace, .max_steps = 100000};
		int rc = tpl_render(t, &job, &out, &e);
		if (rc != CB_OK && out.len != 0)
			__builtin_trap();
	}
	if (e.text[0] == '\0' && t == NULL)
		__builtin_trap();                         /* a failure without words */
	tpl_unref(t);
	while (made.n > 0)
		tpl_unref(made.t[--made.n]);
	sb_free(&out);
}

#endif
