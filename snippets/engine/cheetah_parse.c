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

static bool blank(char ch) { return ch == ' ' || ch == '\t' || ch == '\f'; }
static bool escaped(const struct chp *p, size_t at) { return at > 0 && p->c->s[at - 1] == '\\'; }

/* The end of the line that at is in; gobble: behind the line end. */
size_t chp_eol(const struct chp *p, size_t at, bool gobble)
{
	const char *s = p->c->s;
	while (at < p->full && s[at] != '\n' && s[at] != '\r')
		at++;
	if (gobble && at < p->full)
		at += s[at] == '\r' && chp_peek(p, at + 1) == '\n' ? 2 : 1;
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
	else if (t->op == N_ARG)
		chp_declare(p, t->a);
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
	if (!p->set.mapper && ms->m->searches)             /* compat: the method that Cheetah makes has no search list then */
		cfail(c, c->pos, "useNameMapper is off where a text or a #def ends that looked up names while it was on");
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

/* The token, not behind a backslash. */
static bool starts_here(const struct chp *p, size_t at, const struct token *t)
{
	return token_at(p->c->s, p->full, at, t) && !escaped(p, at);
}

bool chp_comment_start(const struct chp *p, size_t at)
{
	return starts_here(p, at, &p->set.comment) && at + p->set.comment.n <= p->c->n;
}

/* Where the name of a directive may begin, behind its token at "at". */
static size_t name_at(const struct chp *p, size_t at)
{
	at += p->set.directive.n;
	while (p->set.blanks_after && (chp_peek(p, at) == ' ' || chp_peek(p, at) == '\t'))
		at++;
	return at;
}

const char *chp_directive(const struct chp *p, size_t at)
{
	if (!starts_here(p, at, &p->set.directive))
		return NULL;
	size_t b = name_at(p, at), e = b;
	if (chp_peek(p, b) == '@')
		return chp_id_start(chp_peek(p, b + 1)) ? "@" : NULL;
	if (!chp_id_start(chp_peek(p, b)))
		return NULL;
	while (e < p->full && (chp_id_char(p->c->s[e]) || p->c->s[e] == '-' || p->c->s[e] == '@') && e - b < 20)
		e++;
	for (size_t i = 0; i < ARRAY_LEN(directives); i++)
		if (directives[i][0] == p->c->s[b] && strlen(directives[i]) == e - b && memcmp(directives[i], p->c->s + b, e - b) == 0)
			return directives[i];
	return NULL;
}

void chp_tag(struct chp *p, const char *name) { p->c->pos = name_at(p, p->c->pos) + strlen(name); }

static bool placeholder_start(const struct chp *p, size_t at)
{
	bool named;
	return ch_var_start(p->c, p->full, at, &named) && !escaped(p, at);
}

static bool slurp_start(const struct chp *p, size_t at)
{
	if (!token_at(p->c->s, p->full, at, &p->set.slurp))
		return false;
	for (at += p->set.slurp.n; blank(chp_peek(p, at)); at++)
		;
	return at < p->full && (p->c->s[at] == '\n' || p->c->s[at] == '\r');
}

/* What ends a text. */
static bool something_at(const struct chp *p, size_t at)
{
	return chp_comment_start(p, at) || starts_here(p, at, &p->set.multi) || placeholder_start(p, at) || chp_directive(p, at) != NULL ||
	       starts_here(p, at, &p->set.psp) || (p->set.slurp_in_text && slurp_start(p, at));
}

/* -- eating -- */

/* A backslash before the token goes. */
static void unescape(struct strbuf *b, const struct token *tok)
{
	char *to = b->p, *end = b->p + b->len;
	for (const char *s = b->p; s < end; s++) {
		if (*s == '\\' && token_at(s, (size_t)(end - s), 1, tok)) {
			memmove(to, s + 1, tok->n);
			to += tok->n;
			s += tok->n;
		} else {
			*to++ = *s;
		}
	}
	sb_truncate(b, (size_t)(to - b->p));
}

static void plain_text(struct chp *p)
{
	struct compile *c = p->c;
	size_t start = c->pos;
	while (c->pos < c->n && !(p->set.starts[(unsigned char)c->s[c->pos]] && something_at(p, c->pos)))
		c->pos++;
	if (memchr(c->s + start, '\\', c->pos - start) == NULL) {
		chp_text(p, c->s + start, c->pos - start, start);
		return;
	}
	struct strbuf b = { 0 };
	sb_add(&b, c->s + start, c->pos - start);
	unescape(&b, &p->set.var);
	unescape(&b, &p->set.directive);
	chp_text(p, sb_str(&b), b.len, start);
	sb_free(&b);
}

void chp_eat_comment(struct chp *p)
{
	struct compile *c = p->c;
	bool clear = chp_line_clear(p, c->pos);
	if (clear)
		chp_ws_before(p);
	size_t b = c->pos + p->set.comment.n, e = chp_eol(p, b, clear);
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
	size_t first_eol = chp_eol(p, c->pos, false), i = c->pos + p->set.multi.n, b = i, e = c->n;
	unsigned level = 1;
	while (i < c->n) {
		if (starts_here(p, i, &p->set.multi)) {
			level++;
			i += p->set.multi.n;
		} else if (starts_here(p, i, &p->set.multi_end)) {
			if (--level == 0) {
				e = i;
				break;
			}
			i += p->set.multi_end.n;
		}
		if (i >= c->n)
			return cfail(c, c->pos, "the comment that begins here ends in the middle of another one");
		i++;                                      /* compat: behind an inner token too */
	}
	c->pos = e < c->n ? e + p->set.multi_end.n : c->n;
	if (c->pos < c->n && p->set.gobble) {
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
	const struct token *end = &p->set.psp_end;
	size_t at = c->pos, b = at + p->set.psp.n, n = c->n;
	const char *q = b < n ? memmem(c->s + b, n - b, end->s, end->n) : NULL;
	if (q == NULL)
		return cfail(c, at, "'%.*s' was expected before the end of the text", end->n, end->s);
	c->set = &ch_defaults;
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
	c->set = &p->set;
	c->pos = (size_t)(q - c->s) + end->n;
	return !c->failed;
}

/* Parses up to a break point: the end of the source or of a one-line form. */
bool chp_loop(struct chp *p, size_t upto)
{
	struct compile *c = p->c;
	size_t outer = c->n;
	if (++p->levels > LIM_PARSE_DEPTH)
		return cfail(c, c->pos, "one-line directives nested deeper than %d", LIM_PARSE_DEPTH);
	c->n = upto;
	while (c->pos < c->n && !c->failed && !p->stop) {
		const char *d;
		if (chp_comment_start(p, c->pos)) {
			chp_eat_comment(p);
		} else if (starts_here(p, c->pos, &p->set.multi)) {
			multi_comment(p);
		} else if (placeholder_start(p, c->pos)) {
			chp_placeholder(p);
		} else if ((d = chp_directive(p, c->pos)) != NULL) {
			chp_directive_eat(p, d);
		} else if (starts_here(p, c->pos, &p->set.psp)) {
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
	*p = (struct chp){ .c = c, .set = ch_defaults, .full = c->n };
	c->set = &p->set;
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
