/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_parse.c - the Jinja2 parser: text with its blanks cut as the tags ask for, and the statements.
 */
#include <stdio.h>
#include <string.h>

#include "snippets/engine/jinja.h"

struct jp {
	struct compile *c;
	struct jinja_front *f;
	const char *bs, *be, *vs, *ve, *cs, *ce;
	bool trim, lstrip;
	bool line_start;                         /* the last tag ended with a line end, or there was none */
	unsigned depth;
	const struct sym *tag;                   /* the tag that ended a body */
	size_t tag_at;
	bool uses_caller, uses_kwargs, uses_varargs;
};

static bool starts(const struct compile *c, size_t p, const char *w)
{
	size_t k = strlen(w);
	return p <= c->n && k <= c->n - p && memcmp(c->s + p, w, k) == 0;
}

static bool space(char ch) { return ch == ' ' || (ch >= '\t' && ch <= '\r'); }

/* -- tags and text -- */

/* Behind an expression, at "-%}", "+%}" or "%}": c->pos is moved behind it and what the sign takes with it. */
static bool tag_end(struct jp *p, const char *end, bool block)
{
	struct compile *c = p->c;
	if (c->failed)
		return false;
	if (c->tok != T_END)
		return cfail(c, c->at, "'%s' was expected, not '%.*s'", end,
			(int)(c->pos - c->at < 30 ? c->pos - c->at : 30), c->s + c->at);
	size_t at = c->at;
	char sign = at < c->n && (c->s[at] == '-' || c->s[at] == '+') && !starts(c, at, end) ? c->s[at] : '\0';
	if (!starts(c, at + (sign != '\0'), end))
		return cfail(c, at, "'%s' was expected before the end of the text", end);
	c->pos = at + (sign != '\0') + strlen(end);
	p->line_start = false;
	if (sign == '-') {
		while (c->pos < c->n && space(c->s[c->pos]))
			c->pos++;
	} else if (sign == '\0' && block && p->trim && c->pos < c->n && c->s[c->pos] == '\n') {
		c->pos++;
	}
	p->line_start = c->pos > 0 && c->s[c->pos - 1] == '\n';
	return true;
}

static void emit(struct jp *p, struct nodes *l, size_t b, size_t e)
{
	if (e <= b)
		return;
	struct node *x = mk(p->c, N_TEXT, b);
	x->k = rv_strn(p->c->s + b, e - b);
	push_node(p->c, l, x);
}

/* Where text before a tag ends, by the tag's sign and lstrip_blocks. */
static size_t cut(const struct jp *p, size_t b, size_t e, char sign, bool variable)
{
	const char *s = p->c->s;
	if (sign == '-') {
		while (e > b && space(s[e - 1]))
			e--;
	} else if (sign != '+' && p->lstrip && !variable) {
		size_t i = e;
		while (i > b && s[i - 1] != '\n' && space(s[i - 1]))
			i--;
		if ((i > b && s[i - 1] == '\n') || (i == b && p->line_start))
			return i;
	}
	return e;
}

static bool skip_comment(struct jp *p)
{
	struct compile *c = p->c;
	size_t at = c->pos;
	const char *q = memmem(c->s + at, c->n - at, p->ce, strlen(p->ce));
	if (q == NULL)
		return cfail(c, at, "a comment is not closed: '%s' was expected", p->ce);
	c->at = (size_t)(q - c->s);
	if (c->at > at && (c->s[c->at - 1] == '-' || c->s[c->at - 1] == '+'))
		c->at--;
	c->tok = T_END;
	return tag_end(p, p->ce, true);
}

/* At the start of a tag: is it {% raw %}? Then its text is added. */
static bool raw_block(struct jp *p, struct nodes *l, bool *is_raw)
{
	struct compile *c = p->c;
	size_t i = c->pos;
	*is_raw = false;
	while (i < c->n && space(c->s[i]))
		i++;
	if (!starts(c, i, "raw"))
		return true;
	i += 3;
	while (i < c->n && space(c->s[i]))
		i++;
	if (!(starts(c, i, p->be) || ((c->s[i] == '-' || c->s[i] == '+') && starts(c, i + 1, p->be))))
		return true;
	*is_raw = true;
	c->at = i;
	c->tok = T_END;
	bool trim = p->trim;
	if (!tag_end(p, p->be, true))
		return false;
	size_t b = c->pos;
	if (b == c->n)                                    /* compat: nothing to end */
		return true;
	for (size_t e = b; e < c->n; e++) {
		if (!starts(c, e, p->bs))
			continue;
		size_t k = e + strlen(p->bs);
		char sign = k < c->n && (c->s[k] == '-' || c->s[k] == '+') ? c->s[k] : '\0';
		k += sign != '\0';
		while (k < c->n && space(c->s[k]))
			k++;
		if (!starts(c, k, "endraw"))
			continue;
		k += 6;
		while (k < c->n && space(c->s[k]))
			k++;
		c->at = k;
		if (!starts(c, k, p->be) && !((c->s[k] == '-' || c->s[k] == '+') && starts(c, k + 1, p->be)))
			continue;
		emit(p, l, b, cut(p, b, e, sign, false));
		p->trim = trim;
		return tag_end(p, p->be, true);
	}
	return cfail(c, b, "{%% endraw %%} was expected before the end of the text");
}

static bool statement(struct jp *p, struct nodes *l, bool *ended);

static void start_expr(struct jp *p, const char *end)
{
	p->c->end1 = end;
	p->c->parens = 0;
	p->c->depth = 0;
	tok_next(p->c);
}

/* Text and tags up to a tag that is no statement: p->tag says which (NULL: the end of the text). */
static struct node *body(struct jp *p)
{
	struct compile *c = p->c;
	struct node *x = mk(c, N_BODY, c->pos);
	struct nodes l = { 0 };
	p->tag = NULL;
	if (++p->depth > LIM_PARSE_DEPTH) {
		cfail(c, c->pos, "statements nested deeper than %d", LIM_PARSE_DEPTH);
		return NULL;
	}
	bool ended = false;
	while (!ended && !c->failed && c->pos < c->n) {
		size_t b = c->pos, e = b;
		/* of two starts at the same place the longer one counts */
		int kind = 0;
		for (; e < c->n && kind == 0; e += kind == 0) {
			size_t best = 0;
			const char *w[] = { p->bs, p->vs, p->cs };
			for (int i = 0; i < 3; i++)
				if (c->s[e] == w[i][0] && starts(c, e, w[i]) && strlen(w[i]) > best) {
					best = strlen(w[i]);
					kind = i + 1;
				}
		}
		if (kind == 0) {
			emit(p, &l, b, c->n);
			c->pos = c->n;
			break;
		}
		size_t k = e + strlen(kind == 1 ? p->bs : kind == 2 ? p->vs : p->cs);
		char sign = k < c->n && (c->s[k] == '-' || c->s[k] == '+') ? c->s[k] : '\0';
		emit(p, &l, b, cut(p, b, e, sign, kind == 2));
		c->pos = k + (sign != '\0');
		p->tag_at = e;
		if (kind == 3) {
			skip_comment(p);
		} else if (kind == 2) {
			struct node *out = mk(c, N_OUT, e);
			start_expr(p, p->ve);
			size_t b0 = c->at;
			out->a = ex_tuple(c);
			if (!c->failed) {
				size_t e0 = c->at;
				while (e0 > b0 && space(c->s[e0 - 1]))
					e0--;
				out->k = rv_strn(c->s + b0, e0 - b0);
			}
			if (out->a != NULL && tag_end(p, p->ve, false))
				push_node(c, &l, out);
		} else {
			bool raw;
			if (raw_block(p, &l, &raw) && !raw)
				statement(p, &l, &ended);
		}
	}
	p->depth--;
	take_nodes(c, &l, x);
	if (!ended)
		p->tag = NULL;                           /* one that ended an inner body */
	return c->failed ? NULL : x;
}

/* -- statements -- */

static bool want_name(struct jp *p, const struct sym **name)
{
	struct compile *c = p->c;
	if (c->tok != T_NAME)
		return cfail(c, c->at, "a name was expected");
	*name = c->name;
	sym_bound(c->name);
	tok_next(c);
	return true;
}

static bool end_tag(struct jp *p) { return tag_end(p, p->be, true); }

/* The tag that ended a body must be this one. */
static bool ended_by(struct jp *p, const char *what, const char *begin)
{
	if (p->c->failed)
		return false;
	if (p->tag == NULL || !str_eq(p->tag->name, what)) {
		if (p->tag == NULL)
			return cfail(p->c, p->c->n, "{%% %s %%} was expected before the end of the text", what);
		return cfail(p->c, p->tag_at, "{%% %s %%} was expected for {%% %s %%}, not {%% %s %%}", what, begin,
			p->tag->name);
	}
	return true;
}

static bool st_if(struct jp *p, struct node *x)
{
	struct compile *c = p->c;
	struct nodes l = { 0 };
	bool more = true;
	x->op = N_IF;
	for (bool cond = true; more && !c->failed;) {
		struct node *part = mk(c, N_ARG, c->at);
		if (cond && (part->a = ex_tuple(c)) == NULL)
			return false;
		if (!end_tag(p) || (part->b = body(p)) == NULL)
			return false;
		push_node(c, &l, part);
		if (p->tag == NULL || !cond || !(str_eq(p->tag->name, "elif") || str_eq(p->tag->name, "else")))
			break;
		cond = str_eq(p->tag->name, "elif");
	}
	take_nodes(c, &l, x);
	return ended_by(p, "endif", "if") && end_tag(p);
}

static bool st_for(struct jp *p, struct node *x)
{
	struct compile *c = p->c;
	x->op = N_JFOR;
	x->a = ex_target(c);
	if (x->a == NULL)
		return false;
	if (!tok_word(c, "in"))
		return cfail(c, c->at, "'in' was expected in {%% for %%}");
	tok_next(c);
	size_t at = c->at;
	struct node *it = ex_nocond(c);
	if (it != NULL && tok_is(c, ",")) {
		struct nodes t = { 0 };
		push_node(c, &t, it);
		while (tok_eat(c, ",") && c->tok != T_END && (it = ex_nocond(c)) != NULL)
			push_node(c, &t, it);
		it = mk(c, N_TUPLE, at);
		take_nodes(c, &t, it);
	}
	struct node *iter = mk(c, N_ARG, at), *cond = NULL;
	iter->a = it;
	if (it != NULL && tok_word(c, "if")) {
		tok_next(c);
		cond = ex_expr(c);
	}
	if (tok_word(c, "recursive")) {
		x->flag = 1;
		tok_next(c);
	}
	if (it == NULL || c->failed || !end_tag(p))
		return false;
	iter->b = cond;
	x->b = iter;
	struct nodes l = { 0 };
	uint32_t uses = c->loop_uses;
	struct node *b = body(p);
	if (b == NULL)
		return false;
	x->flag2 = x->flag || uses != c->loop_uses;      /* recursive loops are called by that name, if only elsewhere */
	push_node(c, &l, b);
	if (p->tag != NULL && str_eq(p->tag->name, "else")) {
		if (!end_tag(p) || (b = body(p)) == NULL)
			return false;
		push_node(c, &l, b);
	}
	take_nodes(c, &l, x);
	return ended_by(p, "endfor", "for") && end_tag(p);
}

static bool st_set(struct jp *p, struct node *x)
{
	struct compile *c = p->c;
	x->op = N_JSET;
	size_t at = c->at;
	const struct sym *ns = c->tok == T_NAME ? c->name : NULL;
	x->a = ex_target(c);
	if (x->a == NULL)
		return false;
	if (tok_is(c, ".") && x->a->op == N_NAME) {
		struct node *t = mk(c, N_ATTR, at);
		tok_next(c);
		t->a = x->a;
		(void)ns;
		if (!want_name(p, &t->sym))
			return false;
		x->a = t;
	}
	if (tok_eat(c, "=")) {
		x->b = ex_tuple(c);
		return x->b != NULL && end_tag(p);
	}
	x->op = N_JSETBLOCK;
	if (tok_is(c, "|")) {
		struct node *none = mk(c, N_CONST, c->at), *f = none;
		while (tok_eat(c, "|")) {
			struct node *y = mk(c, N_FILTER, c->at);
			y->a = f;
			if (!want_name(p, &y->sym))
				return false;
			if (tok_eat(c, "(")) {
				if (!ex_args(c, y))
					return false;
				tok_next(c);
			}
			f = y;
		}
		x->b = f;
		x->c = none;
	}
	if (!end_tag(p))
		return false;
	struct nodes l = { 0 };
	push_node(c, &l, body(p));
	take_nodes(c, &l, x);
	return ended_by(p, "endset", "set") && end_tag(p);
}

static bool signature(struct jp *p, struct jmacro *m)
{
	struct compile *c = p->c;
	const struct sym *names[64];
	struct node *defaults[64] = { NULL };
	uint32_t n = 0;
	while (!tok_is(c, ")") && !c->failed) {
		if (n == ARRAY_LEN(names))
			return cfail(c, c->at, "a macro has more than %zu parameters", ARRAY_LEN(names));
		if (!want_name(p, &names[n]))
			return false;
		if (tok_eat(c, "=")) {
			if ((defaults[n] = ex_expr(c)) == NULL)
				return false;
		} else if (n > 0 && defaults[n - 1] != NULL) {
			return cfail(c, c->at, "non-default argument follows default argument");
		}
		n++;
		if (!tok_eat(c, ","))
			break;
	}
	if (!tok_want(c, ")"))
		return false;
	m->params = calloc_in(c, (n + 1) * sizeof(*m->params));
	m->defaults = calloc_in(c, (n + 1) * sizeof(*m->defaults));
	memcpy(m->params, names, n * sizeof(*names));
	memcpy(m->defaults, defaults, n * sizeof(*defaults));
	m->nparams = n;
	return true;
}

static void find_special(struct jmacro *m, const struct node *n)
{
	if (n == NULL)
		return;
	if (n->op == N_NAME) {
		m->uses_caller |= str_eq(n->sym->name, "caller");
		m->uses_kwargs |= str_eq(n->sym->name, "kwargs");
		m->uses_varargs |= str_eq(n->sym->name, "varargs");
	}
	find_special(m, n->a);
	find_special(m, n->b);
	if (n->op != N_JMACRO && n->op != N_JCALL && n->op != N_JBLOCK)
		find_special(m, n->c);
	for (uint32_t i = 0; i < n->n; i++)
		find_special(m, n->kids[i]);
}

static bool macro_body(struct jp *p, struct node *x, struct jmacro *m, const char *end, const char *begin)
{
	x->c = (struct node *)m;
	if (!end_tag(p) || (m->body = body(p)) == NULL)
		return false;
	find_special(m, m->body);
	for (uint32_t i = 0; i < m->nparams; i++)
		find_special(m, m->defaults[i]);
	return ended_by(p, end, begin) && end_tag(p);
}

static bool st_macro(struct jp *p, struct node *x)
{
	struct jmacro *m = calloc_in(p->c, sizeof(*m));
	x->op = N_JMACRO;
	if (!want_name(p, &m->name) || !tok_want(p->c, "(") || !signature(p, m))
		return false;
	x->sym = m->name;
	return macro_body(p, x, m, "endmacro", "macro");
}

static bool st_call(struct jp *p, struct node *x)
{
	struct compile *c = p->c;
	struct jmacro *m = calloc_in(c, sizeof(*m));
	x->op = N_JCALL;
	m->name = intern(c, "caller", 6);
	if (tok_eat(c, "(") && !signature(p, m))
		return false;
	x->a = ex_expr(c);
	if (x->a == NULL)
		return false;
	if (x->a->op != N_CALL)
		return cfail(c, x->line, "a call was expected in {%% call %%}");
	return macro_body(p, x, m, "endcall", "call");
}

static bool st_filter(struct jp *p, struct node *x)
{
	struct compile *c = p->c;
	struct node *none = mk(c, N_CONST, c->at), *f = none;
	x->op = N_JFILTER;
	do {
		struct node *y = mk(c, N_FILTER, c->at);
		y->a = f;
		if (!want_name(p, &y->sym))
			return false;
		if (tok_eat(c, "(")) {
			if (!ex_args(c, y))
				return false;
			tok_next(c);
		}
		f = y;
	} while (tok_eat(c, "|"));
	x->a = f;
	x->c = none;
	if (!end_tag(p))
		return false;
	x->b = body(p);
	return x->b != NULL && ended_by(p, "endfilter", "filter") && end_tag(p);
}

static bool st_with(struct jp *p, struct node *x)
{
	struct compile *c = p->c;
	struct nodes l = { 0 };
	x->op = N_JWITH;
	while (c->tok != T_END && !c->failed) {
		struct node *a = mk(c, N_ARG, c->at);
		if (l.n > 0 && !tok_want(c, ","))
			return false;
		a->a = ex_target(c);
		if (a->a == NULL || !tok_want(c, "=") || (a->b = ex_expr(c)) == NULL)
			return false;
		push_node(c, &l, a);
	}
	take_nodes(c, &l, x);
	if (!end_tag(p))
		return false;
	x->b = body(p);
	return x->b != NULL && ended_by(p, "endwith", "with") && end_tag(p);
}

static bool st_autoescape(struct jp *p, struct node *x)
{
	x->op = N_JAUTOESCAPE;
	x->a = ex_expr(p->c);
	if (x->a == NULL || !end_tag(p))
		return false;
	x->b = body(p);
	return x->b != NULL && ended_by(p, "endautoescape", "autoescape") && end_tag(p);
}

static bool st_block(struct jp *p, struct node *x)
{
	struct compile *c = p->c;
	struct jblock *b = calloc_in(c, sizeof(*b));
	x->op = N_JBLOCK;
	if (!want_name(p, &b->name))
		return false;
	for (const struct jblock *o = p->f->blocks; o != NULL; o = o->next)
		if (o->name == b->name)
			return cfail(c, p->tag_at, "block '%s' defined twice", b->name->name);
	for (; c->tok == T_NAME; tok_next(c)) {
		b->scoped |= tok_word(c, "scoped");
		c->loop_uses += b->scoped;               /* what stands in it elsewhere may name the loop */
		b->required |= tok_word(c, "required");
	}
	b->next = p->f->blocks;
	p->f->blocks = b;
	x->sym = b->name;
	x->c = (struct node *)b;
	if (!end_tag(p) || (b->body = body(p)) == NULL || !ended_by(p, "endblock", "block"))
		return false;
	if (c->tok == T_NAME) {
		if (c->name != b->name)
			return cfail(c, c->at, "{%% endblock %s %%} was expected", b->name->name);
		tok_next(c);
	}
	return end_tag(p);
}

static bool st_extends(struct jp *p, struct node *x)
{
	x->op = N_JEXTENDS;
	x->a = ex_expr(p->c);
	return x->a != NULL && end_tag(p);
}

/* "with context" or "without context" behind include and import; flag2: with. */
static bool context_words(struct jp *p, struct node *x, bool dflt)
{
	struct compile *c = p->c;
	x->flag2 = dflt;
	if (!tok_word(c, "with") && !tok_word(c, "without"))
		return true;
	x->flag2 = tok_word(c, "with");
	tok_next(c);
	if (!tok_word(c, "context"))
		return cfail(c, c->at, "'context' was expected");
	tok_next(c);
	return true;
}

static bool st_include(struct jp *p, struct node *x)
{
	struct compile *c = p->c;
	x->op = N_JINCLUDE;
	x->a = ex_expr(c);
	if (x->a == NULL)
		return false;
	if (tok_word(c, "ignore")) {
		tok_next(c);
		if (!tok_word(c, "missing"))
			return cfail(c, c->at, "'missing' was expected behind 'ignore'");
		tok_next(c);
		x->flag = 1;
	}
	return context_words(p, x, true) && end_tag(p);
}

static bool st_import(struct jp *p, struct node *x)
{
	struct compile *c = p->c;
	x->op = N_JIMPORT;
	x->a = ex_expr(c);
	if (x->a == NULL || !tok_word(c, "as"))
		return x->a != NULL && cfail(c, c->at, "'as' was expected in {%% import %%}");
	tok_next(c);
	return want_name(p, &x->sym) && context_words(p, x, false) && end_tag(p);
}

static bool st_from(struct jp *p, struct node *x)
{
	struct compile *c = p->c;
	struct nodes l = { 0 };
	x->op = N_JFROM;
	x->a = ex_expr(c);
	if (x->a == NULL || !tok_word(c, "import"))
		return x->a != NULL && cfail(c, c->at, "'import' was expected in {%% from %%}");
	tok_next(c);
	while (c->tok == T_NAME && !c->failed) {
		if ((tok_word(c, "with") || tok_word(c, "without")) && l.n > 0)
			break;
		struct node *a = mk(c, N_ARG, c->at), *to = mk(c, N_NAME, c->at);
		if (!want_name(p, &a->sym))
			return false;
		to->sym = a->sym;
		if (tok_word(c, "as")) {
			tok_next(c);
			if (!want_name(p, &to->sym))
				return false;
		}
		a->a = to;
		push_node(c, &l, a);
		if (!tok_eat(c, ","))
			break;
	}
	if (l.n == 0)
		return cfail(c, c->at, "a name to import was expected");
	take_nodes(c, &l, x);
	return context_words(p, x, false) && end_tag(p);
}

static bool st_print(struct jp *p, struct node *x)
{
	x->op = N_OUT;
	x->a = ex_tuple(p->c);
	return x->a != NULL && end_tag(p);
}

static bool statement(struct jp *p, struct nodes *l, bool *ended)
{
	static const struct { const char *name; bool (*parse)(struct jp *, struct node *);
	} rows[] = {
		{"if", st_if},
		{"for", st_for},
		{"set", st_set},
		{"macro", st_macro},
		{"call", st_call},
		{"filter", st_filter},
		{"with", st_with},
		{"autoescape", st_autoescape},
		{"block", st_block},
		{"extends", st_extends},
		{"include", st_include},
		{"import", st_import},
		{"from", st_from},
		{"print", st_print},
	};
	static const char *const ends[] = {"elif", "else", "endif", "endfor", "endset", "endmacro", "endcall",
		"endfilter", "endwith", "endautoescape", "endblock"};
	struct compile *c = p->c;
	size_t at = p->tag_at;
	const struct sym *name = NULL;
	start_expr(p, p->be);
	if (!want_name(p, &name))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eq(rows[i].name, name->name)) {
			struct node *x = mk(c, N_PASS, at);
			if (!rows[i].parse(p, x))
				return c->failed ? false : cfail(c, at, "{%% %s %%} is malformed", name->name);
			push_node(c, l, x);
			return true;
		}
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (str_eq(ends[i], name->name)) {
			*ended = true;
			p->tag = name;
			return true;
		}
	return cfail(c, at, "there is no statement '%s'", name->name);
}

/* compat: every line end is a newline, and one at the very end goes unless it is to be kept. */
void jinja_newlines(struct tpl *t)
{
	size_t n = 0;
	for (size_t i = 0; i < t->len; i++) {
		if (t->text[i] == '\r') {
			t->text[n++] = '\n';
			i += i + 1 < t->len && t->text[i + 1] == '\n';
		} else {
			t->text[n++] = t->text[i];
		}
	}
	if (n > 0 && t->text[n - 1] == '\n' && !t->opt.keep_trailing_newline)
		n--;
	t->text[n] = '\0';
	t->len = n;
}

static const char *or_default(struct compile *c, const char *s, const char *dflt)
{
	return s != NULL && s[0] != '\0' ? arena_strndup(&c->t->arena, s, strlen(s)) : dflt;
}

/* The symbols of the names that loops and macros bind. */
static void find_words(struct compile *c)
{
	static const struct sym none[JW_WORDS] = {
		[JW_LOOP] = {"loop", 4, -1, 0, true},
		[JW_CALLER] = {"caller", 6, -1, 0, true},
		[JW_KWARGS] = {"kwargs", 6, -1, 0, true},
		[JW_VARARGS] = {"varargs", 7, -1, 0, true},
	};
	for (int i = 0; i < JW_WORDS; i++) {
		const struct sym *y = find_sym(c, none[i].name);
		if (y != NULL)
			sym_bound(y);
		c->t->words[i] = y != NULL ? y : &none[i];
	}
}

bool jinja_compile(struct compile *c)
{
	const struct tpl_options *o = &c->t->opt;
	struct jp p = { .c = c, .trim = o->trim_blocks, .lstrip = o->lstrip_blocks, .line_start = true };
	if (o->line_statement != NULL || o->line_comment != NULL)
		return cfail(c, 0, "line statements and line comments are not supported");
	p.f = calloc_in(c, sizeof(*p.f));
	c->t->front = p.f;
	p.bs = or_default(c, o->block_start, "{%");
	p.be = or_default(c, o->block_end, "%}");
	p.vs = or_default(c, o->variable_start, "{{");
	p.ve = or_default(c, o->variable_end, "}}");
	p.cs = or_default(c, o->comment_start, "{#");
	p.ce = or_default(c, o->comment_end, "#}");
	c->t->body = body(&p);
	find_words(c);
	if (c->t->body != NULL && p.tag != NULL)
		return cfail(c, p.tag_at, "{%% %s %%} has no tag before it that it could belong to", p.tag->name);
	return c->t->body != NULL && jinja_check(c, c->t->body);
}
