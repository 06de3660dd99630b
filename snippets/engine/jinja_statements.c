/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_statements.c - the Jinja2 parser: {% if %} and its like, one function a statement.
 */
#include <string.h>

#include "snippets/engine/jinja_parse.h"

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

static bool end_tag(struct jp *p) { return jp_tag_end(p, p->be, true); }

/* The end of the tag, where a colon may stand, and what stands between it and the next one that belongs to it. */
static struct node *inner(struct jp *p)
{
	tok_eat(p->c, ":");
	return end_tag(p) ? jp_body(p) : NULL;
}

/* The tag that ended a body must be this one. */
static bool ended_by(struct jp *p, const struct node *x, const char *what, const char *begin)
{
	if (p->c->failed)
		return false;
	if (p->tag == NULL || !str_eq(p->tag->name, what)) {
		if (p->tag == NULL)
			return cfail(p->c, p->c->n, "{%% %s %%} was expected before the end of the text ({%% %s %%} begins in line %u)",
				what, begin, x->line);
		return cfail(p->c, p->tag_at, "{%% %s %%} was expected for {%% %s %%} of line %u, not {%% %s %%}", what, begin,
			x->line, p->tag->name);
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
		if (cond && (part->a = ex_tuple_nocond(c)) == NULL)
			return false;
		if ((part->b = inner(p)) == NULL)
			return false;
		push_node(c, &l, part);
		if (p->tag == NULL || !cond || !(str_eq(p->tag->name, "elif") || str_eq(p->tag->name, "else")))
			break;
		cond = str_eq(p->tag->name, "elif");
	}
	take_nodes(c, &l, x);
	return ended_by(p, x, "endif", "if") && end_tag(p);
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
	struct node *it = ex_tuple_nocond(c);
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
	if (it == NULL || c->failed)
		return false;
	iter->b = cond;
	x->b = iter;
	struct nodes l = { 0 };
	uint32_t uses = c->loop_uses;
	struct node *b = inner(p);
	if (b == NULL)
		return false;
	x->flag2 = x->flag || uses != c->loop_uses;      /* recursive loops are called by that name, if only elsewhere */
	push_node(c, &l, b);
	if (p->tag != NULL && str_eq(p->tag->name, "else")) {
		if ((b = inner(p)) == NULL)
			return false;
		push_node(c, &l, b);
	}
	take_nodes(c, &l, x);
	return ended_by(p, x, "endfor", "for") && end_tag(p);
}

/* name(arguments)|name ...: filters of of, which is the text of a block once that is known. */
static struct node *filter_chain(struct jp *p, struct node *of)
{
	struct compile *c = p->c;
	do {
		struct node *y = mk(c, N_FILTER, c->at);
		y->a = of;
		if (!want_name(p, &y->sym))
			return NULL;
		if (tok_eat(c, "(")) {
			if (!ex_args(c, y))
				return NULL;
			tok_next(c);
		}
		of = y;
	} while (tok_eat(c, "|"));
	return of;
}

static bool st_set(struct jp *p, struct node *x)
{
	struct compile *c = p->c;
	x->op = N_JSET;
	size_t at = c->at;
	x->a = ex_target(c);
	if (x->a == NULL)
		return false;
	if (tok_is(c, ".") && x->a->op == N_NAME) {
		struct node *t = mk(c, N_ATTR, at);
		tok_next(c);
		t->a = x->a;
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
		x->c = mk(c, N_CONST, c->at);
		tok_next(c);
		if ((x->b = filter_chain(p, x->c)) == NULL)
			return false;
	}
	struct nodes l = { 0 };
	struct node *b = inner(p);
	if (b == NULL)
		return false;
	push_node(c, &l, b);
	take_nodes(c, &l, x);
	return ended_by(p, x, "endset", "set") && end_tag(p);
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
	if ((m->body = inner(p)) == NULL)
		return false;
	find_special(m, m->body);
	for (uint32_t i = 0; i < m->nparams; i++)
		find_special(m, m->defaults[i]);
	return ended_by(p, x, end, begin) && end_tag(p);
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
	x->op = N_JFILTER;
	x->c = mk(c, N_CONST, c->at);
	if ((x->a = filter_chain(p, x->c)) == NULL)
		return false;
	x->b = inner(p);
	return x->b != NULL && ended_by(p, x, "endfilter", "filter") && end_tag(p);
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
	x->b = inner(p);
	return x->b != NULL && ended_by(p, x, "endwith", "with") && end_tag(p);
}

static bool st_autoescape(struct jp *p, struct node *x)
{
	x->op = N_JAUTOESCAPE;
	x->a = ex_expr(p->c);
	if (x->a == NULL)
		return false;
	x->b = inner(p);
	return x->b != NULL && ended_by(p, x, "endautoescape", "autoescape") && end_tag(p);
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
	if ((b->body = inner(p)) == NULL || !ended_by(p, x, "endblock", "block"))
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

bool jp_statement(struct jp *p, struct nodes *l, bool *ended)
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
	jp_start_expr(p, p->be);
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
