/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_check.c - the names of filters and tests in a compiled text. compat: an unknown one is an error of the compiler,
 * but directly inside {% if %} and "a if b else c" one of the render.
 */
#include "snippets/engine/jinja.h"

/* checked: output that is muted behind an outermost {% extends %}, and then not even looked at. */
struct state { struct compile *c; bool extended; };

static bool check(struct state *s, const struct node *n, bool soft, bool checked);

static size_t offset_of(const struct tpl *t, const struct node *n)
{
	size_t at = 0;
	for (uint32_t line = 1; line < n->line && at < t->len; at++)
		line += t->text[at] == '\n';
	return at + (n->col > 0 ? n->col - 1 : 0);
}

static bool known(const struct state *s, const struct node *n)
{
	bool filter = n->op == N_FILTER;
	return (filter ? j_filter_find(n->sym->name) : j_test_find(n->sym->name)) != NULL ||
	       cfail(s->c, offset_of(s->c->t, n), "there is no %s '%s'", filter ? "filter" : "test", n->sym->name);
}

static bool all(struct state *s, const struct node *n, bool soft, bool checked)
{
	for (uint32_t i = 0; i < n->n; i++)
		if (!check(s, n->kids[i], soft, checked))
			return false;
	return true;
}

static bool macro(struct state *s, const struct node *n)
{
	const struct jmacro *m = (const struct jmacro *)(const void *)n->c;
	for (uint32_t i = 0; i < m->nparams; i++)
		if (!check(s, m->defaults[i], false, false))
			return false;
	return check(s, m->body, false, false);
}

static bool check(struct state *s, const struct node *n, bool soft, bool checked)
{
	if (n == NULL)
		return true;
	switch ((enum nop)n->op) {
	case N_IF: return all(s, n, true, checked);
	case N_COND: soft = true; break;
	case N_FILTER: case N_TEST:
		if (!soft && !known(s, n))
			return false;
		break;
	case N_OUT:
		if (checked && s->extended)
			return true;
		break;
	case N_JFOR:
		return check(s, n->b->a, soft, checked) && check(s, n->b->b, false, checked) && all(s, n, false, checked);
	case N_JSETBLOCK: return check(s, n->b, false, checked) && all(s, n, false, false);
	case N_JFILTER: return check(s, n->a, false, checked) && check(s, n->b, false, checked);
	case N_JWITH: return all(s, n, soft, checked) && check(s, n->b, false, checked);
	case N_JAUTOESCAPE: return check(s, n->a, soft, checked) && check(s, n->b, false, checked);
	case N_JMACRO: return macro(s, n);
	case N_JCALL: return check(s, n->a, soft, checked) && macro(s, n);
	case N_JBLOCK: return check(s, ((const struct jblock *)(const void *)n->c)->body, false, false);
	default: break;
	}
	return check(s, n->a, soft, checked) && check(s, n->b, soft, checked) && check(s, n->c, soft, checked) &&
	       all(s, n, soft, checked);
}

bool jinja_check(struct compile *c, const struct node *body)
{
	struct state s = { .c = c };
	for (uint32_t i = 0; i < body->n; i++) {
		if (!check(&s, body->kids[i], false, true))
			return false;
		s.extended |= body->kids[i]->op == N_JEXTENDS;
	}
	return true;
}
