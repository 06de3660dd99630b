/* SPDX-License-Identifier: GPL-2.0-or-later
 * cheetah_placeholder.c - the Cheetah parser: $name, ${expression} and what an error catcher makes of them.
 */
#include <string.h>

#include "snippets/engine/cheetah_parse.h"

/* compat: under an error catcher Cheetah evaluates the placeholder's code from inside a triple-quoted text, so that its
 * backslash escapes are read twice. What no longer parses then fails when it is rendered. */
static struct node *reread(struct chp *p, size_t from, size_t to)
{
	struct compile *c = p->c, sub = *c;
	struct err e = { 0 };
	struct strbuf b = { 0 };
	sb_add(&b, "'''", 3);
	sb_add(&b, c->s + from, to - from);
	sb_add(&b, "'''", 3);
	sub.s = sb_str(&b);
	sub.n = b.len;
	sub.pos = 0;
	sub.fixed_at = from + 1;
	sub.e = &e;
	struct node *x = NULL;
	if (read_string(&sub, false)) {
		struct rv text = sub.val;
		sub.s = text.u.s;
		sub.n = text.n;
		sub.pos = 0;
		sub.pos = p->set.var.n;
		while (sub.pos < sub.n && (sub.s[sub.pos] == '!' || sub.s[sub.pos] == '*'))
			sub.pos++;
		bool open = sub.pos < sub.n && strchr("({[", sub.s[sub.pos]) != NULL;
		sub.parens = open;
		sub.pos += open;
		tok_next(&sub);
		if (sub.tok == T_NAME)
			sub.tok = T_VAR;
		x = open ? ex_tuple(&sub) : sub.tok == T_VAR ? ex_var(&sub, sub.name, sub.at) : NULL;
	}
	c->refs = sub.refs;
	sb_free(&b);
	if (x == NULL || sub.failed) {
		x = mk(c, N_BAD, from);
		x->k = rv_cstr("a backslash in this placeholder is read twice under #errorCatcher, and then it does "
			       "not parse");
	}
	return x;
}

/* compat: getExpressionParts goes on behind the bracket that closes an expression when another one follows. */
static bool goes_on(const struct chp *p, bool enclosed, bool named, const struct node *x)
{
	const struct compile *c = p->c;
	char next = chp_peek(p, c->pos);
	if (!enclosed)
		return next == '{' && c->s[c->pos - 1] == ']';
	while (named && x->a != NULL && (x->op == N_STEP || x->op == N_CALL || x->op == N_ITEM))
		x = x->a;
	return !(named && x->op == N_VAR) && (next == '(' || next == '[' || next == '{');
}

/* Behind the bracket that closes the one at "at", as getExpressionParts counts them; 0: there is none. */
static size_t closing(const struct chp *p, size_t at)
{
	static const char opens[] = "({[", closes[] = ")}]";
	const struct compile *c = p->c;
	char stack[LIM_PARSE_DEPTH];
	size_t n = 0;
	for (size_t i = at; i < c->n; i++) {
		char ch = c->s[i];
		const char *open = ch != '\0' ? strchr(opens, ch) : NULL, *close = ch != '\0' ? strchr(closes, ch) : NULL;
		if (open != NULL) {
			if (n == sizeof(stack))
				return 0;
			stack[n++] = closes[open - opens];
		} else if (close != NULL) {
			if (n == 0 || stack[--n] != ch)
				return 0;
			if (n == 0)
				return i + 1;
		} else if (ch == '"' || ch == '\'') {
			for (i++; i < c->n && c->s[i] != ch; i++)
				i += c->s[i] == '\\';
		}
	}
	return 0;
}

/* "!", "*" or "*5m*" behind the "$": silent, cached. Every render is fresh here, so that caching changes nothing. */
static bool skip_marks(struct chp *p)
{
	struct compile *c = p->c;
	bool silent = chp_peek(p, c->pos) == '!';
	c->pos += silent;
	if (chp_peek(p, c->pos) == '*') {
		size_t j = ++c->pos;
		while (j < c->n && strchr("0123456789.smhdw", c->s[j]) != NULL)
			j++;
		if (j > c->pos && chp_peek(p, j) == '*')
			c->pos = j + 1;
	}
	return silent;
}

/* ${name, key=value}: arguments for the filter. */
static struct node *filter_arguments(struct chp *p, const char *close)
{
	struct compile *c = p->c;
	struct node *args = mk(c, N_CALL, c->at);
	struct nodes l = { 0 };
	while (tok_eat(c, ",") && c->tok != T_END && !tok_is(c, close) && !c->failed) {
		struct node *a = mk(c, N_ARG, c->at);
		if (c->tok == T_NAME && chp_peek(p, c->pos) == '=') {
			a->sub = ARG_KW;
			a->sym = c->name;
			tok_next(c);
			tok_next(c);
		}
		a->a = ex_expr(c);
		push_node(c, &l, a);
	}
	take_nodes(c, &l, args);
	return args;
}

/* The name or expression at c->pos; close: what ends it (NULL: it is not in brackets). */
static struct node *inner_expr(struct chp *p, const char *close, struct node **args)
{
	struct compile *c = p->c;
	size_t b = c->pos, e = b;
	c->parens = close != NULL;
	c->depth = 0;
	if (!chp_id_start(chp_peek(p, b))) {
		tok_next(c);
		return ex_tuple(c);
	}
	while (chp_id_char(chp_peek(p, e)))
		e++;
	c->name = intern(c, c->s + b, e - b);
	c->at = b;
	c->pos = e;
	c->tok = T_VAR;
	if (close == NULL)
		return ex_var(c, c->name, b);
	struct node *x = ex_expr(c);
	if (x != NULL && tok_is(c, ","))
		*args = filter_arguments(p, close);
	return x;
}

/* "(", "[" or "{" at c->pos: what closes it, and c->pos is behind it and blanks; else NULL. */
static const char *enclosure(struct chp *p)
{
	static const char opens[] = "({[";
	static const char *const closes[] = { ")", "}", "]" };
	struct compile *c = p->c;
	const char *o = c->pos < c->n && c->s[c->pos] != '\0' ? strchr(opens, c->s[c->pos]) : NULL;
	if (o == NULL)
		return NULL;
	c->pos++;
	chp_blanks(p);
	return closes[o - opens];
}

/* One placeholder of c'...' at c->pos; c->pos is then behind it. */
static struct node *place_of_text(struct chp *p)
{
	struct compile *c = p->c;
	struct node *args = NULL;
	size_t at = c->pos;
	c->pos += p->set.var.n;
	c->pos += chp_peek(p, c->pos) == '!';
	const char *close = enclosure(p);
	struct node *x = inner_expr(p, close, &args);
	if (x != NULL && close != NULL && !tok_is(c, close))
		cfail(c, at, "'%s' was expected: a placeholder in a text is not closed", close);
	return c->failed ? NULL : x;
}

struct node *ex_places(struct compile *c)
{
	if (c->failed)                                         /* the text is not closed */
		return NULL;
	struct chp *p = c->front;
	if (p->c != c) {                                       /* reread() */
		cfail(c, c->at, "a text with placeholders cannot be read twice");
		return NULL;
	}
	struct compile before = *c;
	struct node *x = mk(c, N_JOIN, c->at);
	struct nodes l = { 0 };
	size_t quotes = (c->pos - c->at - 1 - c->val.n) / 2, i = c->at + 1 + quotes, end = c->pos - quotes;
	bool named;
	if (i == end)
		cfail(c, c->at, "a text with placeholders is empty");
	for (size_t k = i; k + 1 < end; k++)                   /* compat: Cheetah reads it in upper case once, where these are errors */
		if (c->s[k] == '\\' && strchr("nNuU", c->s[++k]) != NULL && c->s[k] != '\0')
			cfail(c, k, "\\%c cannot stand in a text with placeholders", c->s[k]);
	while (i < end && !c->failed) {
		size_t from = i;
		while (i < end && !(ch_var_start(c, p->full, i, &named) && c->s[i - 1] != '\\'))
			i++;
		if (i > from) {
			struct node *text = mk(c, N_CONST, from);
			text->k = rv_strn(arena_strndup(&c->t->arena, c->s + from, i - from), i - from);
			push_node(c, &l, text);
		}
		if (i == end)
			break;
		c->pos = i;
		struct node *y = place_of_text(p);
		i = c->pos;
		if (y != NULL)
			push_node(c, &l, y);
	}
	take_nodes(c, &l, x);
	c->pos = before.pos;                                   /* what the placeholders have read is over */
	c->at = before.at;
	c->tok = before.tok;
	c->parens = before.parens;
	c->depth = before.depth;
	c->conds = before.conds;
	c->commented = before.commented;
	return c->failed ? NULL : x;
}

/* What Cheetah would compile to something else than it looks like, or only read when it is rendered: N_BAD where a catcher has it. */
static struct node *as_cheetah_reads(struct chp *p, size_t start, bool enclosed, bool named, struct node *x)
{
	struct compile *c = p->c;
	if (goes_on(p, enclosed, named, x)) {
		if (p->ms->catcher == CATCH_NONE || closing(p, c->pos) == 0) {
			cfail(c, c->pos, "'%c' behind a placeholder that ends with an expression or a subscript: "
				"Cheetah takes it for a part of that", c->s[c->pos]);
			return NULL;
		}
		x = mk(c, N_BAD, start);
		x->k = rv_cstr("a bracket directly behind this placeholder is taken for a part of it, and then it does not parse");
	}
	if (p->ms->catcher && x->op != N_BAD && memchr(c->s + start, '\\', c->pos - start) != NULL) {
		size_t end = c->pos;
		x = reread(p, start, end);
		c->pos = end;
	}
	return x;
}

static bool read_placeholder(struct chp *p)
{
	struct compile *c = p->c;
	size_t start = c->pos;
	struct node *x = mk(c, N_PLACE, start);
	c->pos += p->set.var.n;
	bool silent = skip_marks(p);
	const char *close = enclosure(p);
	bool named = chp_id_start(chp_peek(p, c->pos));
	struct node *expr = inner_expr(p, close, &x->b);
	if (expr == NULL || c->failed)
		return false;
	if (close != NULL && !tok_is(c, close))
		return cfail(c, c->at, "'%s' was expected: the placeholder that begins with %.*s is not closed", close,
			p->set.var.n + 1, c->s + start);
	c->parens = 0;
	x->a = as_cheetah_reads(p, start, close != NULL, named, expr);
	if (x->a == NULL)
		return false;
	x->k = rv_strn(c->s + start, c->pos - start);
	x->sub = p->ms->catcher == CATCH_BIG;
	x->flag = (p->ms->catcher != CATCH_NONE ? NF_CATCH : 0) | (silent ? NF_SILENT : 0);
	chp_emit(p, x);
	return true;
}

/* Behind the brackets at "at" and those that Cheetah takes for parts of the same placeholder; 0: there are none, or one is not closed. */
static size_t brackets_end(const struct chp *p, size_t at, bool enclosed)
{
	char next = chp_peek(p, at);
	size_t end = next == '(' || next == '[' || next == '{' ? closing(p, at) : 0;
	while (end != 0) {
		next = chp_peek(p, end);
		if (next != '(' && next != '[' && !(next == '{' && (enclosed || p->c->s[end - 1] == ']')))
			break;
		end = closing(p, end);
	}
	return end;
}

/* compat: under an error catcher the code of a placeholder is only read when it is rendered: one in a branch that is
 * never taken may be malformed, as long as its brackets close. */
bool chp_placeholder(struct chp *p)
{
	struct compile *c = p->c, before = *c;
	size_t start = c->pos, at = start;
	if (read_placeholder(p) || p->ms->catcher == CATCH_NONE)
		return !c->failed;
	at += p->set.var.n;
	while (at < c->n && strchr("({[", c->s[at]) == NULL && (c->s[at] == '!' || chp_id_char(c->s[at]) || c->s[at] == '.'))
		at++;
	size_t end = brackets_end(p, at, at == start + p->set.var.n);
	if (end == 0)
		return false;
	struct node *x = mk(c, N_PLACE, start), *bad = mk(c, N_BAD, start);
	const char *text = c->e->text + (str_starts(c->e->text, c->t->name) ? strlen(c->t->name) : 0);
	text += strspn(text, ":0123456789");              /* the place is told again when it is rendered */
	text += *text == ' ';
	struct rv why = rv_cstr(arena_strndup(&c->t->arena, text, strlen(text)));
	uint32_t refs = before.refs.n;
	before.refs = c->refs;
	before.refs.n = refs;
	before.t = c->t;
	*c = before;
	*c->e = (struct err){ 0 };
	bad->k = why;
	x->a = bad;
	x->k = rv_strn(c->s + start, end - start);
	c->pos = end;
	chp_emit(p, x);
	return true;
}
