/* SPDX-License-Identifier: GPL-2.0-or-later
 * code.c - making the list of operations of a body from its nodes.
 */
#include "snippets/engine/code.h"

#include <stdlib.h>

struct draft { struct op *ops; const struct node **at; uint32_t n, cap, loops; };

static uint32_t add(struct draft *d, enum opcode code, uint32_t n, const struct node *node)
{
	if (d->n == d->cap) {
		d->cap = d->cap == 0 ? 64 : d->cap * 2;
		d->ops = xreallocarray(d->ops, d->cap, sizeof(*d->ops));
		d->at = xreallocarray(d->at, d->cap, sizeof(*d->at));
	}
	d->ops[d->n] = (struct op){ .code = code, .n = n, .u.node = node };
	d->at[d->n] = node;
	return d->n++;
}

static void add_body(struct draft *d, const struct node *body);

static bool is_name(const struct node *x) { return x->op == N_NAME || x->op == N_VAR; }

/* Each part: its condition, or none, and its body. */
static void add_if(struct draft *d, const struct node *x)
{
	uint32_t last_go = UINT32_MAX;
	for (uint32_t i = 0; i < x->n; i++) {
		const struct node *part = x->kids[i];
		uint32_t cond = part->a != NULL ? add(d, is_name(part->a) ? OP_UNLESS_NAME : OP_UNLESS, 0, part->a) : UINT32_MAX;
		add_body(d, part->b);
		if (i + 1 < x->n)                         /* to the end; until that is known, to the one before */
			last_go = add(d, OP_GO, last_go, x);
		if (cond != UINT32_MAX)
			d->ops[cond].n = d->n;
	}
	while (last_go != UINT32_MAX) {
		uint32_t before = d->ops[last_go].n;
		d->ops[last_go].n = d->n;
		last_go = before;
	}
}

static enum opcode opcode_of(const struct node *x)
{
	if (x->op != N_OUT && x->op != N_PLACE)
		return OP_NODE;
	return x->b == NULL && is_name(x->a) ? OP_NAME : OP_PRINT;
}

/* Nothing but its items is asked of it. */
static bool simple_loop(const struct node *x)
{
	return (x->op == N_FOR || (x->op == N_JFOR && !x->flag2 && x->b->b == NULL)) && x->n == 1;
}

static struct node *loop_body(const struct node *x) { return x->op == N_FOR ? x->kids[0]->b : x->kids[0]; }

static void add_for(struct draft *d, const struct node *x)
{
	uint32_t from = add(d, OP_FOR, 0, x);
	d->loops++;
	add_body(d, loop_body(x));
	d->loops--;
	uint32_t next = add(d, OP_NEXT, from + 1, x);     /* may move the operations */
	d->ops[from].n = next;
}

static void add_node(struct draft *d, const struct node *x)
{
	if (x->op == N_TEXT) {
		uint32_t at = add(d, OP_TEXT, x->k.n, x);
		d->ops[at].u.text = x->k.u.s;
	} else if (x->op == N_IF) {
		add_if(d, x);
	} else if (simple_loop(x) && d->loops < LOOPS) {
		add_for(d, x);
	} else {
		enum opcode code = opcode_of(x);
		uint32_t at = add(d, code, code == OP_NAME ? x->a->sym->id : 0, x);
		if (code == OP_NAME)
			d->ops[at].u.node = x->a;
	}
}

static void add_body(struct draft *d, const struct node *body)
{
	if (body == NULL)
		return;
	if (body->op != N_BODY) {
		add_node(d, body);
		return;
	}
	((struct node *)(uintptr_t)body)->flag2 = 1;      /* needs no code of its own any more */
	for (uint32_t i = 0; i < body->n; i++)
		add_node(d, body->kids[i]);
}

static const struct code *finish(struct compile *c, const struct draft *d)
{
	struct code *code = calloc_in(c, sizeof(*code));
	struct op *ops = calloc_in(c, (d->n + 1) * sizeof(*ops));
	size_t bytes = 0;
	for (uint32_t i = 0; i < d->n; i++)
		bytes += d->ops[i].code == OP_TEXT ? d->ops[i].n : 0;
	char *text = calloc_in(c, bytes + TEXT_PAD);
	for (uint32_t i = 0; i < d->n; i++) {
		ops[i] = d->ops[i];
		if (ops[i].code != OP_TEXT)
			continue;
		memcpy(text, ops[i].u.text, ops[i].n);
		ops[i].u.text = text;
		text += ops[i].n;
	}
	ops[d->n].code = OP_END;
	code->n = d->n;
	code->ops = ops;
	code->at = calloc_in(c, d->n * sizeof(*code->at));
	if (d->n != 0)
		memcpy(code->at, d->at, d->n * sizeof(*code->at));
	return code;
}

void code_make(struct compile *c)
{
	struct draft d = { 0 };
	for (uint32_t i = 0; i < c->bodies->n; i++) {
		/* the outer ones first: Jinja's parser makes them before the inner ones, Cheetah's behind them */
		struct node *b = c->bodies->v[c->jinja ? i : c->bodies->n - 1 - i];
		if (b->flag2)
			continue;
		d.n = 0;
		add_body(&d, b);
		b->code = finish(c, &d);
	}
	free(d.ops);
	free(d.at);
}
