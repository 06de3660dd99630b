/* SPDX-License-Identifier: GPL-2.0-or-later
 * parse_comp.c - comprehensions and lambda, and the names they bind.
 */

#include "snippets/engine/parse_expr.h"

/* -- comprehensions: the names bound by for clauses are found in the parts that see them when the bracket closes -- */

static bool target_has(const struct node *t, const struct sym *s, int32_t *slot)
{
	if (t->op == N_TUPLE || t->op == N_LIST) {
		for (uint32_t i = 0; i < t->n; i++)
			if (target_has(t->kids[i], s, slot))
				return true;
		return false;
	}
	if (t->op == N_ARG)
		return target_has(t->a, s, slot);
	if ((t->op != N_NAME && t->op != N_VAR) || t->sym != s)
		return false;
	*slot = t->slot;
	return true;
}

static void give_slots(struct compile *c, struct node *t)
{
	for (uint32_t i = 0; i < t->n; i++)
		give_slots(c, t->kids[i]);
	if (t->op == N_ARG)
		give_slots(c, t->a);
	if (t->op == N_NAME || t->op == N_VAR) {
		t->slot = cheetah_new_slot(c);
		t->flag2 = 1;
	}
}

static void bind_range(struct compile *c, const struct node *target, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		struct node *r = c->refs.v[i];
		int32_t slot;
		if (r->flag2 == 0 && target_has(target, r->sym, &slot)) {
			r->slot = slot;
			r->flag2 = 1;
		}
	}
}

/* compat: inside a comprehension $name sees the comprehension's own variables and the search list, not the method's
 * locals. */
static void hide_locals(struct compile *c, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		if (c->refs.v[i]->op == N_VAR && c->refs.v[i]->flag2 == 0)
			c->refs.v[i]->flag |= NF_NOLOCALS;
}

/* After the element(s), at "for". kids: for each clause N_ARG{a: target, b: iterable, kids: conditions}. */
static bool comp_rest(struct compile *c, struct node *x, uint32_t elem_from)
{
	struct nodes clauses = { 0 };
	uint32_t elem_to = c->refs.n, iter_to = elem_to, rest;
	while (tok_word(c, "for") && !c->failed) {
		struct node *cl = mk(c, N_ARG, c->at);
		struct nodes conds = { 0 };
		tok_next(c);
		uint32_t tfrom = c->refs.n;
		cl->a = ex_target(c);
		c->refs.n = tfrom;
		if (cl->a == NULL)
			break;
		give_slots(c, cl->a);
		if (!tok_word(c, "in")) {
			ex_fail(c, "'in'");
			break;
		}
		tok_next(c);
		uint32_t from = c->refs.n;
		cl->b = ex_nocond(c);
		if (clauses.n == 0)
			iter_to = c->refs.n;
		else
			for (uint32_t k = 0; k < clauses.n; k++)
				bind_range(c, clauses.v[k]->a, from, c->refs.n);
		while (tok_word(c, "if") && !c->failed) {
			tok_next(c);
			struct node *cond = ex_nocond(c);
			if (cond != NULL)
				push_node(c, &conds, cond);
		}
		take_nodes(c, &conds, cl);
		push_node(c, &clauses, cl);
	}
	rest = c->refs.n;
	for (uint32_t k = clauses.n; k > 0; k--) {
		bind_range(c, clauses.v[k - 1]->a, elem_from, elem_to);
		bind_range(c, clauses.v[k - 1]->a, iter_to, rest);
	}
	hide_locals(c, elem_from, elem_to);
	hide_locals(c, iter_to, rest);
	take_nodes(c, &clauses, x);
	return !c->failed;
}

struct node *ex_comp(struct compile *c, struct node *elem, struct node *val, char kind, size_t at, uint32_t from)
{
	struct node *x = mk(c, N_COMP, at);
	x->sub = (uint8_t)kind;
	x->a = elem;
	x->b = val;
	return comp_rest(c, x, from) ? x : NULL;
}

struct node *ex_lambda(struct compile *c)
{
	struct node *x = mk(c, N_LAMBDA, c->at);
	struct nodes params = { 0 };
	uint32_t from = c->refs.n;
	tok_next(c);
	while (c->tok == T_NAME || c->tok == T_VAR || tok_is(c, "*") || tok_is(c, "**")) {
		struct node *p = mk(c, N_NAME, c->at);
		p->sub = tok_is(c, "*") ? 1 : tok_is(c, "**") ? 2 : 0;
		if (p->sub != 0)
			tok_next(c);
		if (c->tok != T_NAME && c->tok != T_VAR)
			return ex_fail(c, "the name of a parameter");
		p->sym = c->name;
		p->slot = cheetah_new_slot(c);
		p->flag2 = 1;
		push_node(c, &params, p);
		if (params.n > 16) {
			cfail(c, c->at, "a lambda has more than 16 parameters");
			return NULL;
		}
		tok_next(c);
		if (p->sub == 0 && tok_eat(c, "=") && (p->a = ex_expr(c)) == NULL)
			return NULL;
		if (!tok_eat(c, ","))
			break;
	}
	take_nodes(c, &params, x);
	if (!tok_want(c, ":"))
		return NULL;
	x->a = ex_expr(c);
	for (uint32_t i = 0; i < x->n; i++)
		bind_range(c, x->kids[i], from, c->refs.n);
	hide_locals(c, from, c->refs.n);
	return c->failed ? NULL : x;
}
