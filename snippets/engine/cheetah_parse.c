/* SPDX-License-Identifier: GPL-2.0-or-later
 * cheetah_parse.c - the main loop of the Cheetah parser: text, comments, placeholders; which blanks and line ends
 * disappear. compat: follows the reading order of Cheetah3's parser, since where blanks are taken from depends on it.
 */
#include "snippets/engine/cheetah_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const directives[] = {
	"@",
	"arg",
	"assert",
	"attr",
	"block",
	"break",
	"breakpoint",
	"cache",
	"call",
	"capture",
	"closure",
	"compiler",
	"compiler-settings",
	"continue",
	"def",
	"defmacro",
	"del",
	"echo",
	"elif",
	"else",
	"encoding",
	"end",
	"errorCatcher",
	"except",
	"extends",
	"filter",
	"finally",
	"for",
	"from",
	"i18n",
	"if",
	"implements",
	"import",
	"include",
	"pass",
	"raise",
	"raw",
	"repeat",
	"return",
	"set",
	"shBang",
	"silent",
	"slurp",
	"stop",
	"super",
	"transform",
	"try",
	"unless",
	"while",
	"yield",
};

static bool id_start(char ch) { return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_'; }
static bool id_char(char ch) { return id_start(ch) || (ch >= '0' && ch <= '9'); }
static bool blank(char ch) { return ch == ' ' || ch == '\t' || ch == '\f'; }
static bool escaped(const struct chp *p, size_t at) { return at > 0 && p->c->s[at - 1] == '\\'; }
static char peek(const struct chp *p, size_t at) { return at < p->full ? p->c->s[at] : '\0'; }

/* The end of the line that at is in; gobble: behind the line end. */
size_t chp_eol(const struct chp *p, size_t at, bool gobble)
{
	const char *s = p->c->s;
	while (at < p->full && s[at] != '\n' && s[at] != '\r')
		at++;
	if (gobble && at < p->full)
		at += s[at] == '\r' && peek(p, at + 1) == '\n' ? 2 : 1;
	return at;
}

bool chp_line_clear(const struct chp *p, size_t at)
{
	const char *s = p->c->s;
	while (at > 0 && s[at - 1] != '\n' && s[at - 1] != '\r') {
		at--;
		if (!blank(s[at]) && s[at] != '\v')
			return false;
	}
	return true;
}

void chp_blanks(struct chp *p)
{
	while (p->c->pos < p->c->n && blank(p->c->s[p->c->pos]))
		p->c->pos++;
}

/* -- pending text -- */

void chp_text(struct chp *p, const char *s, size_t n, size_t at)
{
	struct mstate *m = p->ms;
	if (m->pend.len == 0)
		m->text_at = at;
	m->chunk = m->pend.len;
	sb_add(&m->pend, s, n);
}

/* Takes what stands on the present line off the last piece of pending text. */
void chp_ws_before(struct chp *p)
{
	struct mstate *m = p->ms;
	size_t e = m->pend.len;
	while (e > m->chunk && m->pend.p[e - 1] != '\n' && m->pend.p[e - 1] != '\r')
		e--;
	if (m->pend.len > 0)
		sb_truncate(&m->pend, e);
}

void chp_commit(struct chp *p)
{
	struct mstate *m = p->ms;
	if (m->pend.len != 0) {
		struct node *x = mk(p->c, N_TEXT, m->text_at);
		x->k = rv_strn(arena_strndup(&p->c->t->arena, m->pend.p, m->pend.len), m->pend.len);
		push_node(p->c, &chp_top(p)->body, x);
	}
	sb_truncate(&m->pend, 0);
	m->chunk = 0;
}

void chp_emit(struct chp *p, struct node *n)
{
	chp_commit(p);
	push_node(p->c, &chp_top(p)->body, n);
}

struct open *chp_top(struct chp *p) { return &p->open[p->nopen - 1]; }

bool chp_push(struct chp *p, enum blk kind, struct node *owner)
{
	if (p->nopen >= MAX_OPEN || p->nopen > LIM_PARSE_DEPTH)
		return cfail(p->c, p->c->pos, "directives nested deeper than %d", LIM_PARSE_DEPTH);
	p->open[p->nopen++] = (struct open){ .kind = kind, .owner = owner };
	return true;
}

struct node *chp_close_body(struct chp *p, struct open *o, size_t at)
{
	struct node *b = mk(p->c, N_BODY, at);
	take_nodes(p->c, &o->body, b);
	return b;
}

/* -- methods and their locals -- */

int32_t cheetah_new_slot(struct compile *c) { return c->method != NULL ? c->method->nslots++ : 0; }

static struct local *find_local(const struct method *m, const struct sym *name)
{
	for (uint32_t i = 0; i < m->nlocals; i++)
		if (m->locals[i].name == name)
			return &m->locals[i];
	return NULL;
}

static int32_t add_local(struct compile *c, struct method *m, const struct sym *name)
{
	struct local *l = find_local(m, name);
	if (l != NULL)
		return l->slot;
	if (m->nlocals == m->caplocals) {
		uint32_t cap = m->caplocals == 0 ? 8 : m->caplocals * 2;
		struct local *v = calloc_in(c, cap * sizeof(*v));
		if (m->nlocals != 0)
			memcpy(v, m->locals, m->nlocals * sizeof(*v));
		m->locals = v;
		m->caplocals = cap;
	}
	m->locals[m->nlocals] = (struct local){ name, m->nslots++ };
	return m->locals[m->nlocals++].slot;
}

/* The names that an assignment, a loop or an import binds become locals of the method. */
void chp_declare(struct chp *p, const struct node *t)
{
	if (t == NULL)
		return;
	if (t->op == N_TUPLE || t->op == N_LIST)
		for (uint32_t i = 0; i < t->n; i++)
			chp_declare(p, t->kids[i]);
	else if (t->op == N_NAME || t->op == N_VAR)
		add_local(p->c, p->ms->m, t->sym);
}

bool chp_method_begin(struct chp *p, struct method *m)
{
	struct mstate *ms = calloc_in(p->c, sizeof(*ms));
	*ms = (struct mstate){ .up = p->ms, .m = m, .refs_from = p->c->refs.n };
	p->ms = ms;
	p->c->method = m;
	for (uint32_t i = 0; i < m->nparams; i++)
		m->params[i].slot = add_local(p->c, m, m->params[i].name);
	return true;
}

void chp_method_end(struct chp *p)
{
	struct compile *c = p->c;
	struct mstate *ms = p->ms;
	for (uint32_t i = ms->refs_from; i < c->refs.n; i++) {
		struct node *r = c->refs.v[i];
		const struct local *l = r->flag2 == 0 && !(r->flag & NF_GLOBAL) ? find_local(ms->m, r->sym) : NULL;
		if (l != NULL && !(r->flag & NF_NOLOCALS))
			r->slot = l->slot;
	}
	c->refs.n = ms->refs_from;
	sb_free(&ms->pend);
	p->ms = ms->up;
	c->method = p->ms != NULL ? p->ms->m : NULL;
}

/* -- what can begin at a place -- */

bool chp_comment_start(const struct chp *p, size_t at)
{
	return peek(p, at) == '#' && peek(p, at + 1) == '#' && at + 1 < p->c->n && !escaped(p, at);
}

const char *chp_directive(const struct chp *p, size_t at, size_t *len)
{
	if (peek(p, at) != '#' || escaped(p, at))
		return NULL;
	size_t b = at + 1, e = b;
	if (peek(p, b) == '@') {
		*len = 1;
		return id_start(peek(p, b + 1)) ? "@" : NULL;
	}
	if (!id_start(peek(p, b)))
		return NULL;
	while (e < p->full && (id_char(p->c->s[e]) || p->c->s[e] == '-' || p->c->s[e] == '@') && e - b < 20)
		e++;
	for (size_t i = 0; i < ARRAY_LEN(directives); i++)
		if (directives[i][0] == p->c->s[b] && strlen(directives[i]) == e - b && memcmp(directives[i], p->c->s + b, e - b) == 0) {
			*len = e - b;
			return directives[i];
		}
	return NULL;
}

/* $ [!] [*|*N*] [bracket blanks] and then a name or an expression; *name: which of the two. */
static bool placeholder_start(const struct chp *p, size_t at, bool *name)
{
	if (peek(p, at) != '$' || escaped(p, at))
		return false;
	size_t i = at + 1;
	bool silent = peek(p, i) == '!';
	i += silent;
	if (peek(p, i) == '*') {
		size_t j = i + 1;
		while ((peek(p, j) >= '0' && peek(p, j) <= '9') || peek(p, j) == '.')
			j++;
		if (j > i + 1 && strchr("smhdw", peek(p, j)) != NULL && peek(p, j) != '\0')
			j++;
		i = j > i + 1 && peek(p, j) == '*' ? j + 1 : i + 1;
	}
	*name = true;
	if (id_start(peek(p, i)))
		return true;
	char open = peek(p, i);
	if (open != '{' && open != '(' && open != '[')
		return false;
	size_t inner = i + 1;
	for (i++; blank(peek(p, i)); i++)
		;
	if (id_start(peek(p, i)))
		return true;
	*name = false;
	char ch = peek(p, inner);                          /* compat: a blank will do, then nothing may follow */
	return !silent && inner < p->full && ch != ')' && ch != ']' && ch != '}';
}

static bool slurp_start(const struct chp *p, size_t at)
{
	if (peek(p, at) != '#')
		return false;
	for (at++; blank(peek(p, at)); at++)
		;
	return at < p->full && (p->c->s[at] == '\n' || p->c->s[at] == '\r');
}

static bool token_at(const struct chp *p, size_t at)
{
	bool name;
	size_t len;
	char ch = p->c->s[at];
	if (ch == '$')
		return placeholder_start(p, at, &name);
	if (ch == '<')
		return peek(p, at + 1) == '%' && !escaped(p, at);
	return ch == '#' && (chp_comment_start(p, at) || (peek(p, at + 1) == '*' && !escaped(p, at)) ||
		chp_directive(p, at, &len) != NULL || slurp_start(p, at));
}

/* -- eating -- */

static void plain_text(struct chp *p)
{
	struct compile *c = p->c;
	struct strbuf b = { 0 };
	size_t start = c->pos;
	while (c->pos < c->n &&
		!((c->s[c->pos] == '$' || c->s[c->pos] == '#' || c->s[c->pos] == '<') && token_at(p, c->pos)))
		c->pos++;
	if (memchr(c->s + start, '\\', c->pos - start) == NULL) {
		chp_text(p, c->s + start, c->pos - start, start);
		return;
	}
	for (size_t i = start; i < c->pos; i++)
		if (!(c->s[i] == '\\' && i + 1 < c->pos && (c->s[i + 1] == '$' || c->s[i + 1] == '#')))
			sb_addc(&b, c->s[i]);
	chp_text(p, sb_str(&b), b.len, start);
	sb_free(&b);
}

void chp_eat_comment(struct chp *p)
{
	struct compile *c = p->c;
	bool clear = chp_line_clear(p, c->pos);
	if (clear)
		chp_ws_before(p);
	size_t b = c->pos + 2, e = chp_eol(p, b, clear);
	c->pos = e;
	bool all_hash = e > b;
	for (size_t i = b; i < e; i++)
		all_hash &= c->s[i] == '#';
	if (e > b && !all_hash)
		chp_commit(p);
}

static bool multi_comment(struct chp *p)
{
	struct compile *c = p->c;
	bool clear = chp_line_clear(p, c->pos);
	size_t first_eol = chp_eol(p, c->pos, false), i = c->pos + 2, b = i;
	unsigned level = 1;
	for (;; i++) {
		if (i >= c->n)
			break;
		if (c->s[i] == '#' && peek(p, i + 1) == '*' && !escaped(p, i)) {
			level++;
			i++;
		} else if (c->s[i] == '*' && peek(p, i + 1) == '#' && !escaped(p, i)) {
			if (--level == 0)
				break;
			i++;
		}
	}
	size_t e = i;
	c->pos = i < c->n ? i + 2 : c->n;
	if (c->pos < c->n) {
		size_t eol = chp_eol(p, c->pos, false), k = c->pos;
		while (k < eol && (blank(c->s[k]) || c->s[k] == '\v'))
			k++;
		if (k == eol)
			c->pos = chp_eol(p, c->pos, clear);
		if (clear && (c->pos >= c->n || c->pos > first_eol))
			chp_ws_before(p);
	}
	if (e > b)
		chp_commit(p);
	return true;
}

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
		while (sub.pos < sub.n && (sub.s[sub.pos] == '$' || sub.s[sub.pos] == '!' || sub.s[sub.pos] == '*'))
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
	char next = peek(p, c->pos);
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

static bool placeholder_now(struct chp *p);

/* compat: under an error catcher the code of a placeholder is only read when it is rendered: one in a branch that is
 * never taken may be malformed, as long as its brackets close. */
static bool placeholder(struct chp *p)
{
	struct compile *c = p->c, before = *c;
	size_t start = c->pos, at = start;
	if (placeholder_now(p) || p->ms->catcher == CATCH_NONE)
		return !c->failed;
	for (at++; at < c->n && strchr("({[", c->s[at]) == NULL && (c->s[at] == '!' || id_char(c->s[at]) || c->s[at] == '.'); at++)
		;
	size_t end = at < c->n && c->s[at] != '\0' && strchr("({[", c->s[at]) != NULL ? closing(p, at) : 0;
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

static bool placeholder_now(struct chp *p)
{
	static const char opens[] = "({[";
	static const char *const closes[] = { ")", "}", "]" };
	struct compile *c = p->c;
	size_t start = c->pos++;
	bool silent = peek(p, c->pos) == '!';
	c->pos += silent;
	if (peek(p, c->pos) == '*') {
		size_t j = ++c->pos;
		while (j < c->n && strchr("0123456789.smhdw", c->s[j]) != NULL)
			j++;
		if (j > c->pos && peek(p, j) == '*')
			c->pos = j + 1;
	}
	const char *o = c->pos < c->n && c->s[c->pos] != '\0' ? strchr(opens, c->s[c->pos]) : NULL;
	struct node *x = mk(c, N_PLACE, start), *expr;
	c->parens = 0;
	c->depth = 0;
	if (o != NULL) {
		c->pos++;
		c->parens = 1;
		chp_blanks(p);
	}
	bool named = id_start(peek(p, c->pos));
	if (named) {
		size_t e = c->pos, b = c->pos;
		while (id_char(peek(p, e)))
			e++;
		c->name = intern(c, c->s + b, e - b);
		c->at = b;
		c->pos = e;
		c->tok = T_VAR;
		expr = o != NULL ? ex_expr(c) : ex_var(c, c->name, b);
		if (o != NULL && expr != NULL && tok_is(c, ",")) {      /* arguments for the filter */
			tok_next(c);
			struct node *args = mk(c, N_CALL, c->at);
			while (c->tok != T_END && !tok_is(c, closes[o - opens]) && !c->failed) {
				struct node *a = mk(c, N_ARG, c->at);
				struct nodes l = { args->kids, args->n, args->n };
				if (c->tok == T_NAME && peek(p, c->pos) == '=') {
					a->sub = ARG_KW;
					a->sym = c->name;
					tok_next(c);
					tok_next(c);
				}
				a->a = ex_expr(c);
				push_node(c, &l, a);
				take_nodes(c, &l, args);
				if (!tok_eat(c, ","))
					break;
			}
			x->b = args;
		}
	} else {
		tok_next(c);
		expr = ex_tuple(c);
	}
	if (expr == NULL || c->failed)
		return false;
	if (o != NULL && !tok_is(c, closes[o - opens]))
		return cfail(c, c->at, "'%s' was expected: the placeholder that begins with %.2s is not closed",
			closes[o - opens], c->s + start);
	c->parens = 0;
	if (goes_on(p, o != NULL, named, expr)) {
		if (p->ms->catcher == CATCH_NONE || closing(p, c->pos) == 0)
			return cfail(c, c->pos, "'%c' behind a placeholder that ends with an expression or a subscript: "
						"Cheetah takes it for a part of that", c->s[c->pos]);
		expr = mk(c, N_BAD, start);
		expr->k = rv_cstr("a bracket directly behind this placeholder is taken for a part of it, and then it does "
				  "not parse");
	}
	if (p->ms->catcher && expr->op != N_BAD && memchr(c->s + start, '\\', c->pos - start) != NULL) {
		size_t end = c->pos;
		expr = reread(p, start, end);
		c->pos = end;
	}
	x->a = expr;
	x->k = rv_strn(c->s + start, c->pos - start);
	x->sub = p->ms->catcher == CATCH_BIG;
	x->flag = (p->ms->catcher != CATCH_NONE ? NF_CATCH : 0) | (silent ? NF_SILENT : 0);
	chp_emit(p, x);
	return true;
}

/* One line of <% %>: an expression or an assignment; c->n is where all of it ends. */
static bool psp_line(struct chp *p, size_t at, bool echo)
{
	struct compile *c = p->c;
	struct node *x = mk(c, echo ? N_ECHO : N_SILENT, at);
	c->parens = 0;
	c->depth = 0;
	tok_next(c);
	x->a = ex_tuple(c);
	if (x->a != NULL && tok_is(c, "=") && !echo && (x->a->op == N_NAME || x->a->op == N_ITEM)) {
		tok_next(c);
		x->op = N_SET_ST;
		x->sub = 255;
		x->b = ex_tuple(c);
		chp_declare(p, x->a);
	}
	if (c->failed || c->tok != T_END || c->s[c->at] == '#')
		return c->failed ? false : cfail(c, at, "Python code in <%% %%> is refused but for expressions and assignments, "
							"each on a line of its own");
	c->pos = c->at;
	chp_emit(p, x);
	return true;
}

/* <% ... %>: Python statements in Cheetah; here lines with an expression or an assignment, and <%= ... %>. */
static bool psp(struct chp *p)
{
	struct compile *c = p->c;
	size_t at = c->pos, b = at + 2, n = c->n;
	const char *q = memmem(c->s + b, c->n - b, "%>", 2);
	if (q == NULL)
		return cfail(c, at, "'%%>' was expected before the end of the text");
	size_t e = (size_t)(q - c->s);
	while (b < e && (blank(c->s[b]) || c->s[b] == '\n'))
		b++;
	bool echo = b < e && c->s[b] == '=';
	b += echo;
	while (e > b && (blank(c->s[e - 1]) || c->s[e - 1] == '\n'))
		e--;
	c->n = e;
	c->pos = b;
	while (c->pos < e && psp_line(p, at, echo)) {
		if (echo && c->pos < e)
			return cfail(c, at, "<%%= %%> takes one expression");
		while (c->pos < e && (blank(c->s[c->pos]) || c->s[c->pos] == '\n' || c->s[c->pos] == '\r'))
			c->pos++;
	}
	c->n = n;
	c->pos = (size_t)(q - c->s) + 2;
	return !c->failed;
}

/* Parses up to a break point: the end of the source or of a one-line form. */
bool chp_loop(struct chp *p, size_t upto)
{
	struct compile *c = p->c;
	size_t outer = c->n, len;
	bool name;
	if (++p->levels > LIM_PARSE_DEPTH)
		return cfail(c, c->pos, "one-line directives nested deeper than %d", LIM_PARSE_DEPTH);
	c->n = upto;
	while (c->pos < c->n && !c->failed && !p->stop) {
		const char *d;
		if (chp_comment_start(p, c->pos)) {
			chp_eat_comment(p);
		} else if (c->s[c->pos] == '#' && peek(p, c->pos + 1) == '*' && !escaped(p, c->pos)) {
			multi_comment(p);
		} else if (placeholder_start(p, c->pos, &name)) {
			placeholder(p);
		} else if ((d = chp_directive(p, c->pos, &len)) != NULL) {
			chp_directive_eat(p, d);
		} else if (c->s[c->pos] == '<' && peek(p, c->pos + 1) == '%' && !escaped(p, c->pos)) {
			psp(p);
		} else if (slurp_start(p, c->pos)) {
			if (chp_line_clear(p, c->pos))
				chp_ws_before(p);
			chp_commit(p);
			c->pos = chp_eol(p, c->pos, true);
		} else {
			plain_text(p);
		}
	}
	c->n = outer;
	p->levels--;
	return !c->failed;
}

bool cheetah_compile(struct compile *c)
{
	struct chp *p = xcalloc(1, sizeof(*p));
	*p = (struct chp){ .c = c, .full = c->n };
	p->f = calloc_in(c, sizeof(*p->f));
	p->f->main = calloc_in(c, sizeof(*p->f->main));
	p->f->main->name = intern(c, "respond", 7);
	c->t->front = p->f;
	c->front = p;
	chp_push(p, B_METHOD, NULL);
	chp_method_begin(p, p->f->main);
	p->ms->catcher = c->t->opt.error_catcher ? CATCH_ECHO : CATCH_NONE;
	bool ok = chp_loop(p, c->n);
	if (ok && p->nopen > 1) {
		static const char *const names[B_KINDS] = {"", "def", "block", "closure", "if", "unless", "for",
			"while", "repeat", "try", "call", "capture", "cache", "filter", "errorCatcher"};
		const struct open *o = chp_top(p);
		ok = cfail(c, c->n, "#end %s was expected before the end of the text", names[o->kind]);
		if (o->owner != NULL) {
			size_t k = strlen(c->e->text);
			snprintf(c->e->text + k, sizeof(c->e->text) - k, " (#%s begins in line %u)", names[o->kind],
				o->owner->line);
		}
	}
	if (ok) {
		chp_commit(p);
		p->f->main->body = chp_close_body(p, &p->open[0], 0);
		chp_method_end(p);
	}
	while (p->ms != NULL) {                           /* after an error */
		sb_free(&p->ms->pend);
		p->ms = p->ms->up;
	}
	c->t->body = p->f->main->body;
	free(p);
	return ok && !c->failed;
}
