/* SPDX-License-Identifier: GPL-2.0-or-later
 * code.c - making the list of operations of a body from its nodes.
 */
#include "snippets/engine/code.h"

#include <stdlib.h>

struct draft { struct op *ops; const struct node **at; uint32_t n, cap; };

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

/* Each part: its condition, or none, and its body. */
static void add_if(struct draft *d, const struct node *x)
{
	uint32_t last_go = UINT32_MAX;
	for (uint32_t i = 0; i < x->n; i++) {
		const struct node *part = x->kids[i];
		uint32_t cond = part->a != NULL ? add(d, OP_UNLESS, 0, part->a) : UINT32_MAX;
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
	return x->b == NULL && (x->a->op == N_NAME || x->a->op == N_VAR) ? OP_NAME : OP_PRINT;
}

static void add_node(struct draft *d, const struct node *x)
{
	if (x->op == N_TEXT) {
		uint32_t at = add(d, OP_TEXT, x->k.n, x);
		d->ops[at].u.text = x->k.u.s;
	} else if (x->op == N_IF) {
		add_if(d, x);
	} else {
		enum opcode code = opcode_of(x);
		add(d, code, code == OP_NAME ? x->a->sym->id : 0, x);
	}
}

static void add_body(struct draft *d, const struct node *body)
{
	if (body != NULL && body->op == N_BODY)
		for (uint32_t i = 0; i < body->n; i++)
			add_node(d, body->kids[i]);
	else if (body != NULL)
		add_node(d, body);
}

/* The bodies of conditions need no code of their own. */
static void mark_parts(const struct node *body)
{
	for (uint32_t i = 0; i < body->n; i++)
		for (uint32_t k = 0; body->kids[i]->op == N_IF && k < body->kids[i]->n; k++)
			if (body->kids[i]->kids[k]->b != NULL)
				body->kids[i]->kids[k]->b->flag2 = 1;
}

void code_make(struct compile *c)
{
	struct draft d = { 0 };
	for (uint32_t i = 0; i < c->bodies.n; i++)
		mark_parts(c->bodies.v[i]);
	for (uint32_t i = 0; i < c->bodies.n; i++) {
		struct node *b = c->bodies.v[i];
		if (b->flag2)
			continue;
		d.n = 0;
		add_body(&d, b);
		struct code *code = calloc_in(c, sizeof(*code));
		struct op *ops = calloc_in(c, d.n * sizeof(*ops));
		code->n = d.n;
		code->at = calloc_in(c, d.n * sizeof(*code->at));
		if (d.n != 0) {
			memcpy(ops, d.ops, d.n * sizeof(*ops));
			memcpy(code->at, d.at, d.n * sizeof(*code->at));
		}
		code->ops = ops;
		b->code = code;
	}
	free(d.ops);
	free(d.at);
}
