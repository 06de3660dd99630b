/* SPDX-License-Identifier: GPL-2.0-or-later
 * parse_operand.c - operands: brackets, calls, subscripts, Cheetah's $name chunks, Jinja's filters and tests.
 */
#include <string.h>

#include "snippets/engine/parse_expr.h"

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

/* An element of a list, a tuple or a set: in Cheetah "*x" too, which stands for the elements of x. */
static struct node *element(struct compile *c)
{
	if (c->jinja || !tok_is(c, "*"))
		return ex_expr(c);
	struct node *x = mk(c, N_ARG, c->at);
	x->sub = ARG_STAR;
	tok_next(c);
	x->a = ex_nocond(c);
	return x->a != NULL ? x : NULL;
}

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
	struct node *x = element(c);
	if (x != NULL && tok_word(c, "for") && !c->jinja)
		x = ex_comp(c, x, NULL, 'g', at, from);
	if (x != NULL && x->op == N_ARG && !tok_is(c, ","))
		return ex_fail(c, "',' behind an element with '*'");
	if (x != NULL && tok_is(c, ",")) {
		push_node(c, &l, x);
		while (tok_eat(c, ",") && !tok_is(c, ")") && (x = element(c)) != NULL)
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
		struct node *x = element(c);
		if (x == NULL)
			break;
		if (tok_word(c, "for") && l.n == 0 && !c->jinja && x->op != N_ARG) {
			x = ex_comp(c, x, NULL, 'l', at, from);
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
		if (!c->jinja && !set && tok_eat(c, "**")) {       /* the entries of another dict: an element without a value */
			struct node *all = ex_nocond(c);
			if (all == NULL)
				break;
			push_node(c, &l, all);
			push_node(c, &l, NULL);
			if (!tok_eat(c, ","))
				break;
			continue;
		}
		struct node *k = element(c), *v = NULL;
		if (k == NULL)
			break;
		if (l.n == 0 && !c->jinja && !tok_is(c, ":"))
			set = true;
		if (!set && k->op == N_ARG)
			return ex_fail(c, "a key");
		if (!set && (!tok_want(c, ":") || (v = ex_expr(c)) == NULL))
			break;
		if (tok_word(c, "for") && l.n == 0 && !c->jinja && k->op != N_ARG) {
			struct node *x = ex_comp(c, k, v, set ? 's' : 'd', at, from);
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
			a->a = ex_comp(c, a->a, NULL, 'g', c->at, from);
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
	if (c->jinja && tok_is(c, "]")) {                 /* compat: x[] asks for x[()] */
		x->b = mk(c, N_TUPLE, at);
		return x;
	}
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
	if (!ex_deeper(c))
		return NULL;
	struct node *x = mk(c, c->plain || c->nosearch ? N_NAME : N_VAR, at);
	x->sym = name;
	ex_ref(c, x);
	if (x->op == N_VAR && c->method != NULL)
		c->method->searches = true;
	bool fresh = true;
	for (;;) {
		if (fresh && !c->noauto && (x->op == N_VAR || x->op == N_STEP) && !chunk_calls_next(c))
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
		if (!ex_deeper(c))
			return NULL;
		c->depth--;
	}
	c->depth--;
	return x;
}

/* -- operands -- */

static struct node *strings(struct compile *c)
{
	struct node *x = ex_constant(c, c->val);
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
			struct node *x = ex_constant(c, (struct rv){ .t = words[i].t, .u.b = words[i].b });
			tok_next(c);
			return x;
		}
	if (ex_reserved(c))
		return ex_fail(c, "a value");
	struct node *x = mk(c, N_NAME, c->at);
	x->sym = c->name;
	c->loop_uses += x->sym->len == 4 && memcmp(x->sym->name, "loop", 4) == 0;
	ex_ref(c, x);
	tok_next(c);
	return x;
}

struct node *ex_primary(struct compile *c)
{
	struct node *x;
	switch (c->tok) {
	case T_NAME:
		if (tok_word(c, "lambda") && !c->jinja)
			return ex_lambda(c);
		return word(c);
	case T_INT: case T_FLOAT:
		x = ex_constant(c, c->val);
		tok_next(c);
		return x;
	case T_STR: return strings(c);
	case T_PLACES:
		x = ex_places(c);
		if (x == NULL)
			return NULL;
		tok_next(c);
		return x;
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
	return ex_fail(c, "a value");
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
				y->b = ex_constant(c, c->val);
				tok_next(c);
				x = y;
				continue;
			}
			if (c->tok != T_NAME)
				return ex_fail(c, "a name");
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

/* "(arguments)" with both brackets. */
static bool bracketed_args(struct compile *c, struct node *call)
{
	if (!ex_args(c, call))
		return false;
	tok_next(c);
	return true;
}

/* After "|": name(arguments). */
static bool filter(struct compile *c, struct node *y)
{
	if (c->tok != T_NAME)
		return ex_fail(c, "the name of a filter") != NULL;
	y->sym = c->name;
	tok_next(c);
	while (tok_is(c, ".")) {
		tok_next(c);
		tok_next(c);
	}
	return !tok_eat(c, "(") || bracketed_args(c, y);
}

/* After "is": not name(arguments), or one argument without brackets. */
static bool test(struct compile *c, struct node *y)
{
	static const char *const no_arg[] = { "else", "or", "and" };
	y->op = N_TEST;
	if (tok_word(c, "not")) {
		y->sub = 1;
		tok_next(c);
	}
	if (c->tok != T_NAME)
		return ex_fail(c, "the name of a test") != NULL;
	y->sym = c->name;
	tok_next(c);
	bool arg = c->tok == T_NAME || c->tok == T_STR || c->tok == T_INT || c->tok == T_FLOAT || tok_is(c, "[") || tok_is(c, "{");
	for (size_t i = 0; i < ARRAY_LEN(no_arg) && arg; i++)
		arg = !tok_word(c, no_arg[i]);
	if (tok_eat(c, "("))
		return bracketed_args(c, y);
	if (arg && tok_word(c, "is"))
		return cfail(c, c->at, "a test behind a test: they are joined by 'and' or 'or'");
	if (arg) {
		struct node *a = mk(c, N_ARG, c->at);
		struct nodes l = { 0 };
		a->a = ex_postfix(c, ex_primary(c));
		push_node(c, &l, a);
		take_nodes(c, &l, y);
	}
	return true;
}

/* Jinja: |filter(args) and "is test args" behind an operand. */
struct node *ex_filters(struct compile *c, struct node *x)
{
	uint32_t links = 0;
	while (x != NULL && !c->failed) {
		if (++links > LIM_PARSE_DEPTH) {
			cfail(c, c->at, "more than %d filters in a row", LIM_PARSE_DEPTH);
			return NULL;
		}
		struct node *y = mk(c, N_FILTER, c->at);
		y->a = x;
		if (tok_eat(c, "|")) {
			if (!filter(c, y))
				return NULL;
		} else if (tok_word(c, "is")) {
			tok_next(c);
			if (!test(c, y))
				return NULL;
		} else if (tok_eat(c, "(")) {
			y->op = N_CALL;
			if (!bracketed_args(c, y))
				return NULL;
		} else {
			break;
		}
		x = y;
	}
	return c->failed ? NULL : x;
}
