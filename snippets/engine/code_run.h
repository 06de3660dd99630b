/* SPDX-License-Identifier: GPL-2.0-or-later
 * code_run.h - running the operations of a body. Each language has it compiled in for itself, since it is the inner loop
 * of every render; it is included by jinja_exec.c and cheetah_exec.c only, which define
 *   plain(rt)            whether texts may go to the output as they are (no trace, no escape, no filter, not mute)
 *   ENTRY                the node of "x.name" that looks for the entry of a dict
 *   quick(rt, lang, node, id)   the value of a name where it is at hand, else NULL
 *   print(rt, node)      runs a statement that prints the value of an expression; where texts are plain only
 *   statement(rt, node)  runs a statement
 *   loop_begin(rt, l, node), loop_item(rt, l, x), loop_end(rt, l)   begin a loop, give its variables the next item, end it
 */
#ifndef ENGINE_CODE_RUN_H
#define ENGINE_CODE_RUN_H

#include "snippets/engine/code.h"

/* A loop at work. next: the number of its OP_NEXT. */
struct loop { struct cursor c; const struct node *n; uint32_t next; struct scope *before, *inner; };

static bool plain(const struct rt *rt);
static inline const struct rv *quick(const struct rt *rt, const void *lang, const struct node *name, uint32_t id);
static bool print(struct rt *rt, const struct node *n);
static enum flow statement(struct rt *rt, const struct node *n);
static bool loop_begin(struct rt *rt, struct loop *l, const struct node *n);
static bool loop_item(struct rt *rt, struct loop *l, struct rv x);
static void loop_end(struct rt *rt, struct loop *l);

/* The value of a constant, of a name that is at hand, or of what it has under another name. Nothing here can fail or
 * change anything: what it cannot answer, the evaluator does. */
static bool at_hand(const struct rt *rt, const void *lang, const struct node *n, struct rv *out)
{
	const struct rv *v;
	switch ((enum nop)n->op) {
	case N_CONST: *out = n->k; return true;
	case N_NAME: case N_VAR:
		v = quick(rt, lang, n, n->sym->id);
		if (v == NULL || v->t > R_MDICT)          /* of the others some are called by their name alone */
			return false;
		*out = *v;
		return true;
	case N_ATTR: case N_STEP:
		return n->op == ENTRY && n->sym->mid < 0 && rt->nthawed == 0 && at_hand(rt, lang, n->a, out) && out->t == R_MDICT &&
		       rv_entry(out->u.v, n->sym->name, n->sym->len, n->sym->hash, out);
	default: return false;
	}
}

/* The truth of an expression, 1 or 0; -1: an exception. */
static int truth(struct rt *rt, const void *lang, const struct node *n)
{
	struct rv a, b;
	int yes;
	switch ((enum nop)n->op) {
	case N_NOT:
		yes = truth(rt, lang, n->a);
		return yes < 0 ? -1 : !yes;
	case N_AND:
		yes = truth(rt, lang, n->a);
		return yes > 0 ? truth(rt, lang, n->b) : yes;
	case N_OR:
		yes = truth(rt, lang, n->a);
		return yes == 0 ? truth(rt, lang, n->b) : yes;
	case N_CMP:
		if (n->n == 1 && n->kids[0]->sub <= CMP_NE && at_hand(rt, lang, n->a, &a) && a.t == R_STR &&
			at_hand(rt, lang, n->kids[0]->a, &b) && b.t == R_STR)
			return (a.n == b.n && same_bytes(a.u.s, b.u.s, a.n)) == (n->kids[0]->sub == CMP_EQ);
		break;
	default: break;
	}
	if (!at_hand(rt, lang, n, &a) && !ev(rt, n, &a))
		return -1;
	return a.t == R_BOOL ? a.u.b : rv_truthy(rv_live(rt, a));
}

/* Prints an expression as it is. */
static bool print_value(struct rt *rt, const void *lang, const struct node *n)
{
	struct rv v;
	if (!at_hand(rt, lang, n->a, &v) || (v.t != R_STR && v.t != R_INT))
		return print(rt, n);
	if (v.t == R_STR)
		return put(rt, v.u.s, v.n);
	rv_str(rt, v, &rt->out);
	return rt_steps(rt, 0);
}

static enum flow failed_at(struct rt *rt, const struct node *n)
{
	if (rt->exc.at == NULL) {
		rt->exc.at = n;
		rt->exc.tpl = rt->tpl;
	}
	return F_ERROR;
}

/* The next item of a loop, if there is one. ops: how many operations a round has. */
static bool next_round(struct rt *rt, struct loop *l, uint32_t ops, bool *more)
{
	struct rv x;
	*more = cur_step(rt, &l->c, &x);
	return *more ? rt_steps(rt, ops) && loop_item(rt, l, x) : rt->exc.cls == EX_NONE;
}

#define NEXT do { o++; goto *jumps[o->code]; } while (0)
#define TO(to) do { o = begin + (to); goto *jumps[o->code]; } while (0)

/* Each operation jumps to the code of the next one: that is what processors foresee best, and it counts here. */
static enum flow run_code(struct rt *rt, const struct code *c)
{
	static const void *const jump[2][OPS] = {
		{&&node, &&node, &&node, &&unless, &&unless_name, &&go, &&loop, &&next, &&node, &&end},
		{&&text, &&name, &&print, &&unless, &&unless_name, &&go, &&loop, &&next, &&node, &&end},
	};
	struct loop loops[LOOPS], *l = loops;             /* l: behind the innermost */
	const void *const *jumps = jump[plain(rt)];
	const struct op *const begin = c->ops, *o = begin;
	const struct rv *v;
	enum flow f;
	const void *const lang = rt->lang;
	bool more;
	int yes;
	if (!rt_steps(rt, c->n + 1))
		return F_ERROR;
	goto *jumps[o->code];
text:
	if (!put_text(rt, o->u.text, o->n))
		goto failed;
	NEXT;
name:
	v = quick(rt, lang, o->u.node, o->n);
	if (!(v != NULL && v->t == R_STR ? put(rt, v->u.s, v->n) : print_value(rt, lang, c->at[o - begin])))
		goto failed;
	NEXT;
print:
	if (!print_value(rt, lang, o->u.node))
		goto failed;
	NEXT;
unless_name:
	v = quick(rt, lang, o->u.node, o->u.node->sym->id);
	if (v == NULL || v->t != R_BOOL)
		goto unless;
	if (v->u.b)
		NEXT;
	TO(o->n);
unless:
	yes = truth(rt, lang, o->u.node);
	if (yes < 0)
		goto failed;
	if (yes)
		NEXT;
go:
	TO(o->n);
loop:
	if (!loop_begin(rt, l, o->u.node))
		goto failed;
	l->next = o->n;
	l++;
	o = begin + o->n;
next:
	if (!next_round(rt, l - 1, (uint32_t)(o - begin) - o->n + 1, &more))
		goto failed;
	if (more)
		TO(o->n);
	loop_end(rt, --l);
	NEXT;
node:
	f = statement(rt, c->at[o - begin]);
	jumps = jump[plain(rt)];
	if (f == F_NEXT)
		NEXT;
	if (l == loops || (f != F_BREAK && f != F_CONTINUE))
		return f;
	o = begin + l[-1].next;                           /* the OP_NEXT */
	if (f == F_CONTINUE)
		goto next;
	loop_end(rt, --l);
	NEXT;
failed:
	return failed_at(rt, c->at[o - begin]);
end:
	return F_NEXT;
}

#endif
