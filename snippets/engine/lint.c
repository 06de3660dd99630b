/* SPDX-License-Identifier: GPL-2.0-or-later
 * lint.c - findings in a compiled template without rendering it: names that no variable, assignment or built-in
 * explains.
 */
#include <stdio.h>

#include "snippets/engine/cheetah.h"

struct lint {
	const struct tpl *t;
	const struct value *vars;
	void (*say)(void *, const char *);
	void *ctx;
	unsigned depth;
};

static bool known_word(const struct lint *l, const char *name)
{
	static const char *const cheetah[] = {"getVar", "varExists", "hasVar", "SNIPPET", "read_snippet", "sedesc",
		"self", "None", "True", "False", "time", "template_universe", "http_server"};
	struct rv v;
	for (size_t i = 0; i < ARRAY_LEN(cheetah); i++)
		if (str_eq(cheetah[i], name))
			return true;
	if (v_dict_get(l->vars, name) != NULL || builtin_value(name, &v))
		return true;
	if (l->t->lang != TPL_CHEETAH)
		return true;                     /* Jinja: an undefined name is empty by design */
	const struct cheetah_front *f = l->t->front;
	for (const struct method *m = f->methods; m != NULL; m = m->next)
		if (str_eq(m->name->name, name))
			return true;
	for (const struct import *i = f->imports; i != NULL; i = i->next)
		if (str_eq(i->name->name, name))
			return true;
	for (const struct attr *a = f->attrs; a != NULL; a = a->next)
		if (str_eq(a->name->name, name))
			return true;
	return false;
}

static void walk(struct lint *l, const struct node *n)
{
	if (n == NULL || l->depth > LIM_EVAL_DEPTH)
		return;
	if ((n->op == N_NAME || n->op == N_VAR) && n->slot < 0 && !(n->flag & NF_GLOBAL) && n->sym != NULL &&
		!known_word(l, n->sym->name)) {
		struct strbuf b = { 0 };
		const char *near = nearest_name(l->vars, n->sym->name);
		sb_addf(&b, "%u:%u: nothing defines %s%s", n->line, n->col, n->op == N_VAR ? "$" : "", n->sym->name);
		if (near != NULL)
			sb_addf(&b, " (did you mean %s?)", near);
		l->say(l->ctx, sb_str(&b));
		sb_free(&b);
	}
	if (n->op == N_BAD) {
		char line[700];
		snprintf(line, sizeof(line), "%u:%u: %.*s", n->line, n->col, (int)(n->k.n < 600 ? n->k.n : 600), n->k.u.s);
		l->say(l->ctx, line);
	}
	l->depth++;
	walk(l, n->a);
	walk(l, n->b);
	if (n->op != N_BLOCKCALL && n->op != N_NESTED_DEF)
		walk(l, n->c);
	for (uint32_t i = 0; i < n->n; i++)
		walk(l, n->kids[i]);
	l->depth--;
}

void tpl_lint(const struct tpl *t, const struct value *vars, void (*say)(void *ctx, const char *line), void *ctx)
{
	struct lint l = { t, vars, say, ctx, 0 };
	walk(&l, t->body);
	if (t->lang != TPL_CHEETAH)
		return;
	const struct cheetah_front *f = t->front;
	for (const struct method *m = f->methods; m != NULL; m = m->next)
		walk(&l, m->body);
}
