/* SPDX-License-Identifier: GPL-2.0-or-later
 * parse_expr.c - expressions. Binary operators are a table of binding powers; the languages differ in a few rows and in
 * what may follow an operand (Cheetah: $name chunks; Jinja: filters and tests).
 */
#include <string.h>

#include "snippets/engine/cheetah.h"

static const char *const reserved[] = { "and", "or", "not", "if", "else", "in", "is", "for", "lambda", "then" };

static bool is_reserved(const struct compile *c)
{
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
		if (str_eq(reserved[i], c->name->name))
			return !(c->jinja && (i == 7 || i == 8 || i == 9));
	return false;
}

static struct node *fail(struct compile *c, const char *what)
{
	if (c->tok == T_END)
		cfail(c, c->at, "%s was expected before the end of the expression", what);
	else
		cfail(c, c->at, "%s was expected, not '%.*s'", what, (int)(c->pos - c->at < 30 ? c->pos - c->at : 30),
			c->s + c->at);
	return NULL;
}

static bool deeper(struct compile *c)
{
	return ++c->depth <= 3 * LIM_PARSE_DEPTH ||
	       cfail(c, c->at, "expressions nested deeper than %d", LIM_PARSE_DEPTH);
}

static void add_ref(struct compile *c, struct node *x)
{
	if (!c->jinja)
		push_node(c, &c->refs, x);
}

static struct node *constant(struct compile *c, struct rv v)
{
	struct node *x = mk(c, N_CONST, c->at);
	x->k = v;
	return x;
}

/* -- comprehensions: the names bound by for clauses are found in the parts that see them when the bracket closes -- */

static bool target_has(const struct node *t, const struct sym *s, int32_t *slot)
{
	if (t->op == N_TUPLE || t->op == N_LIST) {
		for (uint32_t i = 0; i < t->n; i++)
			if (target_has(t->kids[i], s, slot))
				return true;
		return false;
	}
	if ((t->op != N_NAME && t->op != N_VAR) || t->sym != s)
		return false;
	*slot = t->slot;
	return true;
}

static void give_slots(struct compile *c, struct node *t)
{
	for (uint32_t i = 0; i < t->n; i++)
		give_slots(c, t->kids[i]);
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
			fail(c, "'in'");
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

static struct node *comp(struct compile *c, struct node *elem, struct node *val, char kind, size_t at, uint32_t from)
{
	struct node *x = mk(c, N_COMP, at);
	x->sub = (uint8_t)kind;
	x->a = elem;
	x->b = val;
	return comp_rest(c, x, from) ? x : NULL;
}

static struct node *lambda(struct compile *c)
{
	struct node *x = mk(c, N_LAMBDA, c->at);
	struct nodes params = { 0 };
	uint32_t from = c->refs.n;
	tok_next(c);
	while (c->tok == T_NAME || c->tok == T_VAR) {
		struct node *p = mk(c, N_NAME, c->at);
		p->sym = c->name;
		p->slot = cheetah_new_slot(c);
		p->flag2 = 1;
		push_node(c, &params, p);
		if (params.n > 16) {
			cfail(c, c->at, "a lambda has more than 16 parameters");
			return NULL;
		}
		tok_next(c);
		if (tok_eat(c, "=") && (p->a = ex_expr(c)) == NULL)
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

/* -- brackets -- */

/* compat: getExpressionParts takes a bracket behind any word ("else (", "not (") for the arguments of a call. */
static bool behind_word(const struct compile *c)
{
	size_t p = c->at;
	while (p > 0 && (c->s[p - 1] == ' ' || c->s[p - 1] == '\t'))
		p--;
	char ch = p > 0 ? c->s[p - 1] : ' ';
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_';
}

static struct node *paren_inner(struct compile *c);

static struct node *paren(struct compile *c)
{
	bool word = behind_word(c);
	c->inargs += word;
	struct node *x = paren_inner(c);
	c->inargs -= word;
	return x != NULL && tok_want(c, ")") ? x : NULL;
}

static struct node *paren_inner(struct compile *c)
{
	size_t at = c->at;
	uint32_t from = c->refs.n;
	struct nodes l = { 0 };
	tok_next(c);
	if (tok_is(c, ")"))
		return mk(c, N_TUPLE, at);
	struct node *x = ex_expr(c);
	if (x != NULL && tok_word(c, "for") && !c->jinja)
		x = comp(c, x, NULL, 'g', at, from);
	if (x != NULL && tok_is(c, ",")) {
		push_node(c, &l, x);
		while (tok_eat(c, ",") && !tok_is(c, ")") && (x = ex_expr(c)) != NULL)
			push_node(c, &l, x);
		x = mk(c, N_TUPLE, at);
		take_nodes(c, &l, x);
	}
	return c->failed ? NULL : x;
}

static struct node *list_display(struct compile *c)
{
	size_t at = c->at;
	uint32_t from = c->refs.n;
	struct nodes l = { 0 };
	tok_next(c);
	while (!tok_is(c, "]") && !c->failed) {
		struct node *x = ex_expr(c);
		if (x == NULL)
			break;
		if (tok_word(c, "for") && l.n == 0 && !c->jinja) {
			x = comp(c, x, NULL, 'l', at, from);
			return x != NULL && tok_want(c, "]") ? x : NULL;
		}
		push_node(c, &l, x);
		if (!tok_eat(c, ","))
			break;
	}
	struct node *x = mk(c, N_LIST, at);
	take_nodes(c, &l, x);
	return !c->failed && tok_want(c, "]") ? x : NULL;
}

static struct node *brace_display(struct compile *c)
{
	size_t at = c->at;
	uint32_t from = c->refs.n;
	struct nodes l = { 0 };
	bool set = false;
	tok_next(c);
	while (!tok_is(c, "}") && !c->failed) {
		struct node *k = ex_expr(c), *v = NULL;
		if (k == NULL)
			break;
		if (l.n == 0 && !c->jinja && !tok_is(c, ":"))
			set = true;
		if (!set && (!tok_want(c, ":") || (v = ex_expr(c)) == NULL))
			break;
		if (tok_word(c, "for") && l.n == 0 && !c->jinja) {
			struct node *x = comp(c, k, v, set ? 's' : 'd', at, from);
			return x != NULL && tok_want(c, "}") ? x : NULL;
		}
		push_node(c, &l, k);
		if (!set)
			push_node(c, &l, v);
		if (!tok_eat(c, ","))
			break;
	}
	struct node *x = mk(c, set ? N_SET : N_DICT, at);
	take_nodes(c, &l, x);
	return !c->failed && tok_want(c, "}") ? x : NULL;
}

/* The closing bracket is the current token; what stands behind it is not read yet, since it may be text of the
 * template. */
static bool at_close(struct compile *c, const char *op)
{
	if (c->failed || tok_is(c, op))
		return !c->failed;
	return cfail(c, c->at,
		c->tok == T_END ? "'%s' was expected before the end of the expression" : "'%s' was expected", op);
}

bool ex_args(struct compile *c, struct node *call)
{
	struct nodes l = { 0 };
	uint32_t from = c->refs.n;
	c->inargs++;
	while (!tok_is(c, ")") && !c->failed) {
		struct node *a = mk(c, N_ARG, c->at);
		if (tok_eat(c, "**")) {
			a->sub = ARG_DSTAR;
		} else if (tok_eat(c, "*")) {
			a->sub = ARG_STAR;
		} else if (c->tok == T_NAME || c->tok == T_VAR) {
			size_t p = c->pos;
			while (p < c->n && (c->s[p] == ' ' || c->s[p] == '\t' || c->s[p] == '\n'))
				p++;
			if (p + 1 < c->n && c->s[p] == '=' && c->s[p + 1] != '=') {
				a->sub = ARG_KW;
				a->sym = c->name;
				tok_next(c);
				tok_next(c);
			}
		}
		a->a = ex_expr(c);
		if (a->a != NULL && tok_word(c, "for") && !c->jinja)
			a->a = comp(c, a->a, NULL, 'g', c->at, from);
		push_node(c, &l, a);
		if (l.n > LIM_ARGS)
			cfail(c, c->at, "a call has more than %d arguments", LIM_ARGS);
		if (!tok_eat(c, ","))
			break;
	}
	take_nodes(c, &l, call);
	c->inargs--;
	return at_close(c, ")");
}

/* After "[": index or slice, with the closing bracket. */
static struct node *subscript(struct compile *c, struct node *of, size_t at)
{
	struct node *x = mk(c, N_ITEM, at), *part[3] = { NULL, NULL, NULL };
	int colons = 0;
	x->a = of;
	if (!tok_is(c, ":"))
		part[0] = ex_tuple(c);
	while (colons < 2 && tok_eat(c, ":")) {
		colons++;
		if (!tok_is(c, ":") && !tok_is(c, "]"))
			part[colons] = ex_expr(c);
	}
	if (c->failed)
		return NULL;
	if (colons > 0) {
		struct node *s = mk(c, N_SLICE, at);
		s->a = part[0];
		s->b = part[1];
		s->c = part[2];
		x->b = s;
	} else {
		x->b = part[0];
	}
	return x;
}

/* -- Cheetah's $name.name(args)[index] -- */

static bool is_id(const struct compile *c, size_t p, bool first)
{
	if (p >= c->n)
		return false;
	char ch = c->s[p];
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_' || (!first && ch >= '0' && ch <= '9');
}

/* At an opening bracket directly behind a chunk: the call or subscript(s). c->pos ends behind the last bracket. */
static struct node *tail(struct compile *c, struct node *x)
{
	for (bool first = true; c->pos < c->n && (c->s[c->pos] == '(' || c->s[c->pos] == '[') && !c->failed;
		first = false) {
		size_t at = c->pos;
		bool call = c->s[at] == '(';
		tok_next(c);                              /* the bracket */
		tok_next(c);
		if (call) {
			struct node *y = mk(c, N_CALL, at);
			y->a = x;
			x = y;
			if (!ex_args(c, y))
				return NULL;
			if (first)
				return x;
		} else {
			c->inargs++;
			x = subscript(c, x, at);
			c->inargs--;
			if (x == NULL || !at_close(c, "]"))
				return NULL;
		}
	}
	return c->failed ? NULL : x;
}

static bool chunk_calls_next(const struct compile *c) { return c->pos < c->n && c->s[c->pos] == '('; }

struct node *ex_var(struct compile *c, const struct sym *name, size_t at)
{
	if (!deeper(c))
		return NULL;
	struct node *x = mk(c, c->plain || c->nosearch ? N_NAME : N_VAR, at);
	x->sym = name;
	add_ref(c, x);
	bool fresh = true;
	for (;;) {
		if (fresh && !c->noauto && !chunk_calls_next(c))
			x->flag |= NF_AUTOCALL;
		fresh = false;
		if (c->pos < c->n && (c->s[c->pos] == '(' || c->s[c->pos] == '[')) {
			struct node *y = tail(c, x);
			if (y == NULL)
				return NULL;
			/* compat: getCheetahVarNameChunks: behind a bracket only a name goes on, even without a point
			 */
			x = y;
			if (!(c->pos < c->n &&
				    (is_id(c, c->pos, false) || (c->s[c->pos] == '.' && is_id(c, c->pos + 1, true)))))
				break;
			if (c->s[c->pos] == '.')
				c->pos++;
			else if (!is_id(c, c->pos, true))
				break;
		} else if (c->pos < c->n && c->s[c->pos] == '.' && is_id(c, c->pos + 1, true)) {
			c->pos++;
		} else {
			break;
		}
		size_t b = c->pos;
		while (is_id(c, c->pos, false))
			c->pos++;
		struct node *y = mk(c, c->plain ? N_ATTR : N_STEP, b);
		y->a = x;
		y->sym = intern(c, c->s + b, c->pos - b);
		x = y;
		fresh = true;
		if (!deeper(c))
			return NULL;
		c->depth--;
	}
	c->depth--;
	return x;
}

/* -- operands -- */

static struct node *strings(struct compile *c)
{
	struct node *x = constant(c, c->val);
	struct strbuf b = { 0 };
	tok_next(c);
	if (c->tok != T_STR)
		return x;
	sb_add(&b, x->k.u.s, x->k.n);
	while (c->tok == T_STR && !c->failed) {
		sb_add(&b, c->val.u.s, c->val.n);
		tok_next(c);
	}
	x->k = rv_strn(arena_strndup(&c->t->arena, sb_str(&b), b.len), b.len);
	sb_free(&b);
	return x;
}

static struct node *word(struct compile *c)
{
	static const struct { const char *name; uint8_t t; bool b, jinja; } words[] = {
		{ "None", R_NONE, false, false }, { "True", R_BOOL, true, false }, { "False", R_BOOL, false, false },
		{ "none", R_NONE, false, true }, { "true", R_BOOL, true, true }, { "false", R_BOOL, false, true },
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq(words[i].name, c->name->name) && (c->jinja || !words[i].jinja)) {
			struct node *x = constant(c, (struct rv){ .t = words[i].t, .u.b = words[i].b });
			tok_next(c);
			return x;
		}
	if (is_reserved(c))
		return fail(c, "a value");
	struct node *x = mk(c, N_NAME, c->at);
	x->sym = c->name;
	add_ref(c, x);
	tok_next(c);
	return x;
}

struct node *ex_primary(struct compile *c)
{
	struct node *x;
	switch (c->tok) {
	case T_NAME:
		if (tok_word(c, "lambda") && !c->jinja)
			return lambda(c);
		return word(c);
	case T_INT: case T_FLOAT:
		x = constant(c, c->val);
		tok_next(c);
		return x;
	case T_STR: return strings(c);
	case T_VAR: {
		const struct sym *name = c->name;
		x = ex_var(c, name, c->at);
		if (x == NULL)
			return NULL;
		tok_next(c);
		return x;
	}
	case T_OP:
		if (tok_is(c, "("))
			return paren(c);
		if (tok_is(c, "["))
			return list_display(c);
		if (tok_is(c, "{"))
			return brace_display(c);
		break;
	case T_END: break;
	}
	return fail(c, "a value");
}

struct node *ex_postfix(struct compile *c, struct node *x)
{
	uint32_t links = 0;
	while (x != NULL && !c->failed) {
		size_t at = c->at;
		if (++links > LIM_PARSE_DEPTH) {
			cfail(c, at, "more than %d calls and subscripts in a row", LIM_PARSE_DEPTH);
			return NULL;
		}
		if (tok_is(c, ".")) {
			tok_next(c);
			if (c->tok == T_INT && c->jinja) {
				struct node *y = mk(c, N_ITEM, at);
				y->a = x;
				y->b = constant(c, c->val);
				tok_next(c);
				x = y;
				continue;
			}
			if (c->tok != T_NAME)
				return fail(c, "a name");
			struct node *y = mk(c, N_ATTR, at);
			y->a = x;
			y->sym = c->name;
			tok_next(c);
			x = y;
		} else if (tok_is(c, "[")) {
			tok_next(c);
			x = subscript(c, x, at);
			if (x == NULL || !at_close(c, "]"))
				return NULL;
			tok_next(c);
		} else if (tok_is(c, "(")) {
			struct node *y = mk(c, N_CALL, at);
			y->a = x;
			tok_next(c);
			if (!ex_args(c, y))
				return NULL;
			tok_next(c);
			x = y;
		} else {
			break;
		}
	}
	return c->failed ? NULL : x;
}

/* Jinja: |filter(args) and "is test args" behind an operand. */
static struct node *filters(struct compile *c, struct node *x)
{
	static const char *const no_arg[] = { "else", "or", "and", "is" };
	uint32_t links = 0;
	while (x != NULL && !c->failed) {
		if (++links > LIM_PARSE_DEPTH) {
			cfail(c, c->at, "more than %d filters in a row", LIM_PARSE_DEPTH);
			return NULL;
		}
		struct node *y = mk(c, N_FILTER, c->at);
		y->a = x;
		if (tok_is(c, "|")) {
			tok_next(c);
			if (c->tok != T_NAME)
				return fail(c, "the name of a filter");
			y->sym = c->name;
			tok_next(c);
			while (tok_is(c, ".")) {
				tok_next(c);
				tok_next(c);
			}
			if (tok_eat(c, "(")) {
				if (!ex_args(c, y))
					return NULL;
				tok_next(c);
			}
		} else if (tok_word(c, "is")) {
			y->op = N_TEST;
			tok_next(c);
			if (tok_word(c, "not")) {
				y->sub = 1;
				tok_next(c);
			}
			if (c->tok != T_NAME)
				return fail(c, "the name of a test");
			y->sym = c->name;
			tok_next(c);
			bool arg = c->tok == T_NAME || c->tok == T_STR || c->tok == T_INT || c->tok == T_FLOAT ||
				   tok_is(c, "[") || tok_is(c, "{");
			for (size_t i = 0; i < ARRAY_LEN(no_arg) && arg; i++)
				arg = !tok_word(c, no_arg[i]);
			if (tok_eat(c, "(")) {
				if (!ex_args(c, y))
					return NULL;
				tok_next(c);
			} else if (arg && !tok_word(c, "if") && !tok_word(c, "in") && !tok_word(c, "not")) {
				struct node *a = mk(c, N_ARG, c->at);
				struct nodes l = { 0 };
				a->a = ex_postfix(c, ex_primary(c));
				push_node(c, &l, a);
				take_nodes(c, &l, y);
			}
		} else if (tok_is(c, "(")) {
			y->op = N_CALL;
			tok_next(c);
			if (!ex_args(c, y))
				return NULL;
			tok_next(c);
		} else {
			break;
		}
		x = y;
	}
	return c->failed ? NULL : x;
}

static struct node *power(struct compile *c);

static struct node *unary(struct compile *c, bool with_filter)
{
	struct node *x;
	if (!deeper(c))
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
			x = filters(c, x);
	}
	c->depth--;
	return x;
}

struct node *ex_unary(struct compile *c) { return unary(c, true); }

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
			fail(c, "'in'");
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
	if (!deeper(c))
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
	if (!deeper(c))
		return NULL;
	struct node *x = logic(c, "or", N_OR, and_expr);
	c->depth--;
	return c->failed ? NULL : x;
}

struct node *ex_expr(struct compile *c)
{
	if (!deeper(c))
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
			return fail(c, "'else'");
		}
		x = y;
		if (!c->jinja)
			break;
	}
	c->depth--;
	return x;
}

struct node *ex_tuple(struct compile *c)
{
	size_t at = c->at;
	struct node *x = ex_expr(c);
	struct nodes l = { 0 };
	if (x == NULL || !tok_is(c, ","))
		return x;
	push_node(c, &l, x);
	while (tok_eat(c, ",") && !c->failed && c->tok != T_END && !tok_is(c, ")") && !tok_is(c, "]") &&
		!tok_is(c, "=")) {
		x = ex_expr(c);
		if (x == NULL)
			break;
		push_node(c, &l, x);
	}
	x = mk(c, N_TUPLE, at);
	take_nodes(c, &l, x);
	return c->failed ? NULL : x;
}

static struct node *one_target(struct compile *c)
{
	if (tok_is(c, "(") || tok_is(c, "[")) {
		bool sq = tok_is(c, "[");
		tok_next(c);
		if (!deeper(c))
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
	if (c->tok != T_NAME || is_reserved(c))
		return fail(c, "the name of a variable");
	return c->jinja ? ex_primary(c) : ex_postfix(c, ex_primary(c));
}

struct node *ex_target(struct compile *c)
{
	size_t at = c->at;
	struct node *x = one_target(c);
	struct nodes l = { 0 };
	if (x == NULL || !tok_is(c, ","))
		return x;
	push_node(c, &l, x);
	while (tok_eat(c, ",") && !c->failed && !tok_word(c, "in") && c->tok != T_END && !tok_is(c, "=") &&
		!tok_is(c, ")")) {
		x = one_target(c);
		if (x == NULL)
			break;
		push_node(c, &l, x);
	}
	x = mk(c, N_TUPLE, at);
	take_nodes(c, &l, x);
	return c->failed ? NULL : x;
}
