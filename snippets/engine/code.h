/* SPDX-License-Identifier: GPL-2.0-or-later
 * code.h - the bodies of a template as a list of short operations, which is what a render runs: texts, values of plain
 * names and conditions stand in it themselves, every other statement is a node. Internal to the engine.
 */
#ifndef ENGINE_CODE_H
#define ENGINE_CODE_H

#include <string.h>

#include "snippets/engine/ast.h"

enum opcode {
	OP_TEXT,                         /* n bytes of text */
	OP_NAME,                         /* the statement node prints a name, whose number is n */
	OP_PRINT,                        /* the statement node prints another expression */
	OP_UNLESS,                       /* the operations up to number n are left out unless the expression is true */
	OP_GO,                           /* on with operation n */
	OP_NODE                          /* a statement */
};

struct op { uint32_t code, n; union { const char *text; const struct node *node; } u; };

/* at: the node of each operation, for errors and traces. */
struct code { uint32_t n; const struct op *ops; const struct node **at; };

/* Makes the code of every body; those of #if and {% if %} become part of the body around them. */
void code_make(struct compile *c);

/* Text at the end of the output; false: that is too long, the exception is set. */
static inline bool put(struct rt *rt, const char *s, size_t n)
{
	struct strbuf *b = &rt->out;
	if (__builtin_expect(n >= b->cap - b->len, 0)) {
		sb_add(b, s, n);
		return rt_steps(rt, 0);
	}
	memcpy(b->p + b->len, s, n);
	b->len += n;
	b->p[b->len] = '\0';
	return true;
}

#endif
