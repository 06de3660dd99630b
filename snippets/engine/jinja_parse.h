/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_parse.h - state of the Jinja2 parser, shared by its files: text with tags, and the statements.
 */
#ifndef ENGINE_JINJA_PARSE_H
#define ENGINE_JINJA_PARSE_H

#include "snippets/engine/jinja.h"

struct jp {
	struct compile *c;
	struct jinja_front *f;
	const char *bs, *bend, *vs, *ve, *cs, *ce;
	const char *ls, *lc;                     /* what line statements and line comments begin with, or NULL */
	const char *be;                          /* the end of the statement at hand; NULL: the end of its line */
	bool trim, lstrip;
	bool line_start;                         /* the last tag ended with a line end, or there was none */
	unsigned depth;
	const struct sym *tag;                   /* the tag that ended a body */
	size_t tag_at;
	bool uses_caller, uses_kwargs, uses_varargs;
};

/* jinja_parse.c */
/* Text and tags up to a tag that is no statement: p->tag says which (NULL: the end of the text). NULL: an error. */
struct node *jp_body(struct jp *p);
/* Begins to read the expression of a tag that ends with "end", or with its line (NULL). */
void jp_start_expr(struct jp *p, const char *end);
/* Behind an expression, at "-%}", "+%}", "%}" or the end of a line: c->pos is moved behind it and what it takes with it. */
bool jp_tag_end(struct jp *p, const char *end, bool block);
/* jinja_statements.c */
/* The statement at c->pos is added to l; *ended: it was the tag that ends a body, p->tag. */
bool jp_statement(struct jp *p, struct nodes *l, bool *ended);

#endif
