/* SPDX-License-Identifier: GPL-2.0-or-later
 * parse_expr.c - expressions: operators by how tightly they bind, conditions, tuples, targets of assignments. The languages differ in a few
 * rows of the tables.
 */
#include <string.h>

#include "snippets/engine/parse_expr.h"

static const char *const reserved[] = { "and", "or", "not", "if", "else", "in", "is", "for", "lambda", "then" };

bool ex_reserved(const struct compile *c)
{
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
		if (str_eq(reserved[i], c->name->name))
			return !(c->jinja && (i == 7 || i == 8 || i == 9));
	return false;
}

struct node *ex_fail(struct compile *c, const char *what)
{
	if (c->tok == T_END)
		cfail(c, c->at, "%s was expected before the end of the expression", what);
	else
		cfail(c, c->at, "%s was expected, not '%.*s'", what, (int)(c->pos - c->at < 30 ? c->pos - c->at : 30),
			c->s + c->at);
	return NULL;
}

bool ex_deeper(struct compile *c)
{
	return ++c->depth <= 3 * LIM_PARSE_DEPTH ||
	       cfail(c, c->at, "expressions nested deeper than %d", LIM_PARSE_DEPTH);
}

void ex_ref(struct compile *c, struct node *x)
{
	if (!c->jinja)
		push_node(c, &c->refs, x);
}

struct node *ex_constant(struct compile *c, struct rv v)
{
	struct node *x = mk(c, N_CONST, c->at);
	x->k = v;
	return x;
}

static struct node *power(struct compile *c);

static struct node *unary(struct compile *c, bool with_filter)
{
	struct node *x;
	if (!ex_deeper(c))
		return NULL;
	enum nop op = tok_is(c, "-") ? N_NEG : tok_is(c, "+") ? N_POS : tok_is(c, "~") && !c->jinja ? N_INV : N_CONST;
	if (op != N_CONST) {
		x = mk(c, op, c->at);
		tok_next(c);
		x->a = c->jinja ? unary(c, false) : unary(c, true);
		if (x->a == NULL)
			return NULL;
	} else if (c->jinja) {
		x = ex_primary(c);
	} else {
		x = power(c);
	}
	if (c->jinja) {
		x = ex_postfix(c, x);
		if (with_filter)
			x = ex_filters(c, x);
	}
	c->depth--;
	return x;
}

static struct node *binary(struct compile *c, size_t at, enum binop op, struct node *a, struct node *b)
{
	struct node *x = mk(c, N_BIN, at);
	x->sub = op;
	x->a = a;
	x->b = b;
	return a != NULL && b != NULL ? x : NULL;
}

/* Python: a ** b binds tighter than a sign on its left, less tight than one on its right. */
static struct node *power(struct compile *c)
{
	struct node *x = ex_postfix(c, ex_primary(c));
	if (x == NULL || !tok_is(c, "**"))
		return x;
	size_t at = c->at;
	tok_next(c);
	return binary(c, at, OP_POW, x, unary(c, true));
}

/* Left-associative operators, loosest first. */
struct level { const char *op[5]; int code[5]; };
static const struct level py_levels[] = {
	{{"|"}, {OP_BOR}},
	{{"^"}, {OP_BXOR}},
	{{"&"}, {OP_BAND}},
	{{"<<", ">>"}, {OP_LSHIFT, OP_RSHIFT}},
	{{"+", "-"}, {OP_ADD, OP_SUB}},
	{{"*", "/", "//", "%"}, {OP_MUL, OP_DIV, OP_FLOORDIV, OP_MOD}},
	{{NULL}, {0}},
};
enum { CONCAT = 100 };
static const struct level jinja_levels[] = {
	{{"+", "-"}, {OP_ADD, OP_SUB}},
	{{"~"}, {CONCAT}},
	{{"*", "/", "//", "%"}, {OP_MUL, OP_DIV, OP_FLOORDIV, OP_MOD}},
	{{"**"}, {OP_POW}},
	{{NULL}, {0}},
};

static struct node *arith(struct compile *c, const struct level *l)
{
	if (l->op[0] == NULL)
		return unary(c, true);
	struct node *x = arith(c, l + 1);
	for (uint32_t links = 0; x != NULL && c->tok == T_OP;) {
		size_t i = 0, at = c->at;
		while (i < 5 && l->op[i] != NULL && !tok_is(c, l->op[i]))
			i++;
		if (i == 5 || l->op[i] == NULL)
			break;
		if (++links > LIM_PARSE_DEPTH) {
			cfail(c, at, "more than %d operators in a row", LIM_PARSE_DEPTH);
			return NULL;
		}
		tok_next(c);
		struct node *y = arith(c, l + 1);
		if (l->code[i] == CONCAT) {
			struct node *z = mk(c, N_CONCAT, at);
			z->a = x;
			z->b = y;
			x = y != NULL ? z : NULL;
		} else {
			x = binary(c, at, (enum binop)l->code[i], x, y);
		}
	}
	return c->failed ? NULL : x;
}

static bool cmp_op(struct compile *c, enum cmpop *op)
{
	static const struct { const char *s; enum cmpop op;
	} ops[] = {
		{"==", CMP_EQ},
		{"!=", CMP_NE},
		{"<", CMP_LT},
		{"<=", CMP_LE},
		{">", CMP_GT},
		{">=", CMP_GE},
	};
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (tok_is(c, ops[i].s)) {
			*op = ops[i].op;
			tok_next(c);
			return true;
		}
	if (tok_word(c, "in")) {
		*op = CMP_IN;
		tok_next(c);
		return true;
	}
	if (tok_word(c, "not")) {                         /* only "not in" can stand here */
		tok_next(c);
		if (!tok_word(c, "in")) {
			ex_fail(c, "'in'");
			return false;
		}
		*op = CMP_NOTIN;
		tok_next(c);
		return true;
	}
	if (tok_word(c, "is") && !c->jinja) {
		*op = CMP_IS;
		tok_next(c);
		if (tok_word(c, "not")) {
			*op = CMP_ISNOT;
			tok_next(c);
		}
		return true;
	}
	return false;
}

static struct node *comparison(struct compile *c)
{
	struct node *first = arith(c, c->jinja ? jinja_levels : py_levels), *x = NULL;
	struct nodes l = { 0 };
	enum cmpop op;
	while (first != NULL && cmp_op(c, &op)) {
		if (x == NULL) {
			x = mk(c, N_CMP, c->at);
			x->a = first;
		}
		struct node *r = mk(c, N_ARG, c->at);
		r->sub = op;
		r->a = arith(c, c->jinja ? jinja_levels : py_levels);
		if (r->a == NULL)
			break;
		push_node(c, &l, r);
	}
	if (x != NULL)
		take_nodes(c, &l, x);
	return c->failed ? NULL : x != NULL ? x : first;
}

static struct node *not_expr(struct compile *c)
{
	if (!tok_word(c, "not"))
		return comparison(c);
	if (!ex_deeper(c))
		return NULL;
	struct node *x = mk(c, N_NOT, c->at);
	tok_next(c);
	x->a = not_expr(c);
	c->depth--;
	return x->a != NULL ? x : NULL;
}

static struct node *logic(struct compile *c, const char *w, enum nop op, struct node *(*next)(struct compile *))
{
	struct node *x = next(c);
	for (uint32_t links = 0; x != NULL && tok_word(c, w); links++) {
		struct node *y = mk(c, op, c->at);
		if (links > LIM_PARSE_DEPTH) {
			cfail(c, c->at, "more than %d operators in a row", LIM_PARSE_DEPTH);
			return NULL;
		}
		tok_next(c);
		y->a = x;
		y->b = next(c);
		x = y->b != NULL ? y : NULL;
	}
	return x;
}

static struct node *and_expr(struct compile *c) { return logic(c, "and", N_AND, not_expr); }

struct node *ex_nocond(struct compile *c)
{
	if (!ex_deeper(c))
		return NULL;
	struct node *x = logic(c, "or", N_OR, and_expr);
	c->depth--;
	return c->failed ? NULL : x;
}

struct node *ex_expr(struct compile *c)
{
	if (!ex_deeper(c))
		return NULL;
	struct node *x = ex_nocond(c);
	while (x != NULL && tok_word(c, "if")) {
		struct node *y = mk(c, N_COND, c->at);
		c->conds += c->inargs == 0;
		tok_next(c);
		y->b = x;
		y->a = ex_nocond(c);
		if (y->a == NULL)
			return NULL;
		if (tok_word(c, "else")) {
			tok_next(c);
			y->c = ex_expr(c);
			if (y->c == NULL)
				return NULL;
		} else if (!c->jinja) {
			return ex_fail(c, "'else'");
		}
		x = y;
		if (!c->jinja)
			break;
	}
	c->depth--;
	return x;
}

/* One of them, or with a comma behind it a tuple, which may end with a comma: then is_end is what follows. */
static struct node *tuple_of(struct compile *c, struct node *(*item)(struct compile *c), bool (*is_end)(struct compile *c))
{
	size_t at = c->at;
	struct node *x = item(c);
	struct nodes l = { 0 };
	if (x != NULL && x->op == N_ARG && !tok_is(c, ","))
		return ex_fail(c, "',' behind a variable with '*'");
	if (x == NULL || !tok_is(c, ","))
		return x;
	push_node(c, &l, x);
	while (tok_eat(c, ",") && !c->failed && c->tok != T_END && !is_end(c)) {
		x = item(c);
		if (x == NULL)
			break;
		push_node(c, &l, x);
	}
	x = mk(c, N_TUPLE, at);
	take_nodes(c, &l, x);
	return c->failed ? NULL : x;
}

static bool end_of_values(struct compile *c) { return tok_is(c, ")") || tok_is(c, "]") || tok_is(c, "="); }

struct node *ex_tuple(struct compile *c) { return tuple_of(c, ex_expr, end_of_values); }
struct node *ex_tuple_nocond(struct compile *c) { return tuple_of(c, ex_nocond, end_of_values); }

static struct node *one_target(struct compile *c)
{
	if (!c->jinja && tok_is(c, "*")) {                     /* what is left for the others */
		struct node *x = mk(c, N_ARG, c->at);
		x->sub = ARG_STAR;
		tok_next(c);
		x->a = tok_is(c, "*") ? ex_fail(c, "the name of a variable") : one_target(c);
		return x->a != NULL ? x : NULL;
	}
	if (tok_is(c, "(") || tok_is(c, "[")) {
		bool sq = tok_is(c, "[");
		tok_next(c);
		if (!ex_deeper(c))
			return NULL;
		struct node *x = ex_target(c);
		c->depth--;
		return x != NULL && tok_want(c, sq ? "]" : ")") ? x : NULL;
	}
	if (c->tok == T_VAR) {
		bool plain = c->plain;
		c->plain = true;
		struct node *x = ex_primary(c);
		c->plain = plain;
		return ex_postfix(c, x);
	}
	if (c->tok != T_NAME || ex_reserved(c))
		return ex_fail(c, "the name of a variable");
	sym_bound(c->name);
	return c->jinja ? ex_primary(c) : ex_postfix(c, ex_primary(c));
}

static bool end_of_targets(struct compile *c) { return tok_word(c, "in") || tok_is(c, "=") || tok_is(c, ")"); }

struct node *ex_target(struct compile *c) { return tuple_of(c, one_target, end_of_targets); }
