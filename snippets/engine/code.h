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
	OP_NAME,                         /* a name is printed: node, whose number is n */
	OP_PRINT,                        /* the statement node prints another expression */
	OP_UNLESS,                       /* the operations up to number n are left out unless the expression is true */
	OP_UNLESS_NAME,                  /* the same where the expression is a name */
	OP_GO,                           /* on with operation n */
	OP_FOR,                          /* the loop node begins; operation n is its OP_NEXT */
	OP_NEXT,                         /* on with operation n for the next item, if there is one */
	OP_NODE,                         /* a statement */
	OP_END,
	OPS
};

#define LOOPS 8                          /* loops within each other that one code runs by itself */

struct op { uint32_t code, n; union { const char *text; const struct node *node; } u; };

/* at: the node of each operation, for errors and traces. */
struct code { uint32_t n; const struct op *ops; const struct node **at; };

/* Makes the code of every body; those of conditions and of simple loops become part of the body around them. */
void code_make(struct compile *c);

/* Texts may be read so many bytes beyond their ends. */
#define TEXT_PAD 32

/* To the end of the output, without a NUL behind it; false: that is too long, the exception is set. */
static inline bool put(struct rt *rt, const char *s, size_t n)
{
	struct strbuf *b = &rt->out;
	if (__builtin_expect(n >= b->cap - b->len, 0)) {
		sb_add(b, s, n);
		return rt_steps(rt, 0);
	}
	memcpy(b->p + b->len, s, n);
	b->len += n;
	return true;
}

/* The same for a text of the template: most are short, and those need no call. */
static inline bool put_text(struct rt *rt, const char *s, size_t n)
{
	struct strbuf *b = &rt->out;
	if (n > TEXT_PAD || b->cap - b->len <= TEXT_PAD)
		return put(rt, s, n);
	memcpy(b->p + b->len, s, TEXT_PAD);
	b->len += n;
	return true;
}

#endif
