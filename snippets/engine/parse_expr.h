/* SPDX-License-Identifier: GPL-2.0-or-later
 * parse_expr.h - between the files of the expression parser; what others call is in ast.h. Internal to the engine.
 */
#ifndef ENGINE_PARSE_EXPR_H
#define ENGINE_PARSE_EXPR_H

#include "snippets/engine/cheetah.h"

/* parse_expr.c */
struct node *ex_fail(struct compile *c, const char *what);        /* "what was expected, not ..."; always NULL */
bool ex_deeper(struct compile *c);                                /* counts c->depth, which the caller takes back; false: too deep */
bool ex_reserved(const struct compile *c);                        /* the current name is a word of the language */
void ex_ref(struct compile *c, struct node *x);                   /* Cheetah: a name to be resolved when its method ends */
struct node *ex_constant(struct compile *c, struct rv v);

/* parse_comp.c. ex_comp: behind the element(s) of a bracket, at "for"; from: the first reference of the element */
struct node *ex_comp(struct compile *c, struct node *elem, struct node *val, char kind, size_t at, uint32_t from);
struct node *ex_lambda(struct compile *c);

/* parse_operand.c. Jinja: |filter(args) and "is test args" behind an operand */
struct node *ex_filters(struct compile *c, struct node *x);

#endif
