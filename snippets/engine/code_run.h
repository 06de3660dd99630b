/* SPDX-License-Identifier: GPL-2.0-or-later
 * code_run.h - running the operations of a body. Each language has it compiled in for itself, since it is the inner loop
 * of every render; it is included by jinja_exec.c and cheetah_exec.c only, which define
 *   plain(rt)            whether texts may go to the output as they are (no trace, no escape, no filter, not mute)
 *   quick(rt, node)      the value of a name where it is at hand, else NULL
 *   print(rt, node)      runs a statement that prints the value of an expression; where texts are plain only
 *   statement(rt, node)  runs a statement
 */
#ifndef ENGINE_CODE_RUN_H
#define ENGINE_CODE_RUN_H

#include "snippets/engine/code.h"

static bool plain(const struct rt *rt);
static inline const struct rv *quick(const struct rt *rt, const struct node *name, uint32_t id);
static bool print(struct rt *rt, const struct node *n);
static enum flow statement(struct rt *rt, const struct node *n);

/* The value of a constant or a name, or NULL. */
static const struct rv *at_hand(const struct rt *rt, const struct node *n)
{
	return n->op == N_CONST                      ? &n->k
	       : n->op == N_NAME || n->op == N_VAR ? quick(rt, n, n->sym->id)
						     : NULL;
}

/* The truth of an expression, 1 or 0; -1: an exception. Names and comparisons of texts, which are most of what stands
 * behind "if", need no value made. */
static int truth(struct rt *rt, const struct node *n)
{
	const struct rv *v;
	struct rv x;
	int yes;
	switch ((enum nop)n->op) {
	case N_NOT:
		yes = truth(rt, n->a);
		return yes < 0 ? -1 : !yes;
	case N_AND:
		yes = truth(rt, n->a);
		return yes > 0 ? truth(rt, n->b) : yes;
	case N_OR:
		yes = truth(rt, n->a);
		return yes == 0 ? truth(rt, n->b) : yes;
	case N_NAME: case N_VAR:
		v = quick(rt, n, n->sym->id);
		if (v != NULL && v->t == R_BOOL)
			return v->u.b;
		if (v != NULL && v->t == R_STR)
			return v->n != 0;
		break;
	case N_CMP:
		if (n->n == 1 && n->kids[0]->sub <= CMP_NE) {
			const struct rv *b = at_hand(rt, n->kids[0]->a);
			v = at_hand(rt, n->a);
			if (v != NULL && b != NULL && v->t == R_STR && b->t == R_STR)
				return (v->n == b->n && memcmp(v->u.s, b->u.s, v->n) == 0) == (n->kids[0]->sub == CMP_EQ);
		}
		break;
	default: break;
	}
	return !ev(rt, n, &x) ? -1 : rv_truthy(rv_live(rt, x));
}

static enum flow failed_at(struct rt *rt, const struct node *n)
{
	if (rt->exc.at == NULL) {
		rt->exc.at = n;
		rt->exc.tpl = rt->tpl;
	}
	return F_ERROR;
}

static enum flow run_code(struct rt *rt, const struct code *c)
{
	bool direct = plain(rt), ok = rt_steps(rt, c->n + 1);
	for (uint32_t i = 0; i < c->n && ok; i++) {
		const struct op *o = &c->ops[i];
		enum opcode code = o->code;
		const struct rv *v;
		enum flow f;
		int yes;
		if (!direct && code <= OP_PRINT)
			code = OP_NODE;
		switch (code) {
		case OP_TEXT: ok = put(rt, o->u.text, o->n); break;
		case OP_NAME:
			v = quick(rt, o->u.node->a, o->n);
			ok = v != NULL && v->t == R_STR ? put(rt, v->u.s, v->n) : print(rt, o->u.node);
			break;
		case OP_PRINT: ok = print(rt, o->u.node); break;
		case OP_UNLESS:
			yes = truth(rt, o->u.node);
			ok = yes >= 0;
			if (yes == 0)
				i = o->n - 1;
			break;
		case OP_GO: i = o->n - 1; break;
		case OP_NODE:
			f = statement(rt, c->at[i]);
			if (f != F_NEXT)
				return f;
			direct = plain(rt);
			break;
		}
		if (!ok)
			return failed_at(rt, c->at[i]);
	}
	return ok ? F_NEXT : F_ERROR;
}

#endif
