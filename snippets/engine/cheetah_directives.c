/* SPDX-License-Identifier: GPL-2.0-or-later
 * cheetah_directives.c - directives that enclose nothing: #set, #echo, #include, #import and the like, and the end of
 * every tag.
 */
#include <string.h>

#include "snippets/engine/cheetah_parse.h"
#include "snippets/engine/modules.h"

static char peek(const struct chp *p) { return p->c->pos < p->c->n ? p->c->s[p->c->pos] : '\0'; }

/* compat: _eatRestOfDirectiveTag: a comment behind the tag, the '#' that ends it, or the line end of a line of its own.
 */
bool chp_rest_of_tag(struct chp *p, bool clear, size_t eol)
{
	struct compile *c = p->c;
	bool comment = false;
	if (chp_comment_start(p, c->pos) && chp_directive(p, c->pos + 1) == NULL) {
		comment = true;
		chp_eat_comment(p);
	}
	if (!comment && token_at(c->s, c->n, c->pos, &p->set.directive_end))
		c->pos += p->set.directive_end.n;
	else if (clear && c->pos < c->n && (peek(p) == '\n' || peek(p) == '\r'))
		c->pos = chp_eol(p, c->pos, true);
	if (clear && (c->pos >= c->n || c->pos > eol))
		chp_ws_before(p);
	return !c->failed;
}

static bool finish(struct chp *p, bool clear, size_t eol, struct node *x)
{
	if (!chp_expr_end(p, false) || !chp_rest_of_tag(p, clear, eol))
		return false;
	if (x != NULL)
		chp_emit(p, x);
	return true;
}

static bool starts(const struct chp *p, const char *w)
{
	if (p->c->pos >= p->c->n || *w != p->c->s[p->c->pos])
		return *w == '\0';
	size_t k = strlen(w);
	return k <= p->c->n - p->c->pos && memcmp(p->c->s + p->c->pos, w, k) == 0;
}

static bool word_is(const struct chp *p, const char *w)
{
	if (!starts(p, w))
		return false;
	size_t e = p->c->pos + strlen(w);
	char ch = e < p->c->n ? p->c->s[e] : '\0';
	return !((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_' || (ch >= '0' && ch <= '9'));
}

/* "+=" and friends: OP_* or -1. */
static int aug_op(const struct compile *c)
{
	static const struct { const char *s; int op;
	} rows[] = {
		{"+=", OP_ADD},
		{"-=", OP_SUB},
		{"*=", OP_MUL},
		{"/=", OP_DIV},
		{"%=", OP_MOD},
		{"**=", OP_POW},
		{"<<=", OP_LSHIFT},
		{">>=", OP_RSHIFT},
		{"&=", OP_BAND},
		{"|=", OP_BOR},
		{"^=", OP_BXOR},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (tok_is(c, rows[i].s))
			return rows[i].op;
	return -1;
}

static struct node *root_of(struct node *x)
{
	while (x->a != NULL && (x->op == N_ITEM || x->op == N_ATTR || x->op == N_STEP || x->op == N_CALL))
		x = x->a;
	return x;
}

static void mark_global(struct node *t)
{
	if (t->op == N_TUPLE || t->op == N_LIST)
		for (uint32_t i = 0; i < t->n; i++)
			mark_global(t->kids[i]);
	else if (t->op == N_ARG)
		mark_global(t->a);
	else
		root_of(t)->flag |= NF_GLOBAL;
}

/* Behind the target: "= expr" or "+= expr". */
static bool assignment(struct chp *p, struct node *x)
{
	struct compile *c = p->c;
	int op = aug_op(c);
	if (op < 0 && !tok_is(c, "="))
		return cfail(c, c->at, "'=' was expected in #set");
	x->sub = (uint8_t)(op < 0 ? 255 : op);
	tok_next(c);
	x->b = ex_tuple(c);
	return x->b != NULL;
}

static bool eat_set(struct chp *p)
{
	struct compile *c = p->c;
	size_t at = c->pos, eol = chp_eol(p, at, false);
	bool clear = chp_line_clear(p, at), global = false;
	struct node *x = mk(c, N_SET_ST, at);
	chp_tag(p, "set");
	chp_blanks(p);
	if (word_is(p, "local")) {
		c->pos += 5;
	} else if (word_is(p, "global") || word_is(p, "module")) {
		c->pos += 6;
		global = true;
	}
	chp_start_expr(p);
	bool plain = c->plain;
	c->plain = true;
	x->a = ex_target(c);
	c->plain = plain;
	if (x->a == NULL || !assignment(p, x))
		return false;
	if (global)
		mark_global(x->a);
	else
		chp_declare(p, x->a);
	return finish(p, clear, eol, x);
}

/* #silent and #echo take an expression; #silent may also assign to a part of something. */
static bool eat_expr(struct chp *p, const char *name, enum nop op)
{
	struct compile *c = p->c;
	size_t at = c->pos, eol = chp_eol(p, at, false);
	bool clear = chp_line_clear(p, at);
	struct node *x = mk(c, op, at);
	chp_tag(p, name);
	chp_start_expr(p);
	if (op == N_RETURN && c->tok == T_END)
		return finish(p, clear, eol, x);
	if (op == N_RAISE && c->tok == T_END)
		return finish(p, clear, eol, x);
	x->a = ex_tuple(c);
	if (x->a == NULL)
		return false;
	if (op == N_SILENT && (tok_is(c, "=") || aug_op(c) >= 0)) {
		if (x->a->op != N_ITEM && x->a->op != N_ATTR && x->a->op != N_NAME)
			return cfail(c, c->at, "this cannot be assigned to");
		x->op = N_SET_ST;
		if (x->a->op == N_NAME)
			chp_declare(p, x->a);
		if (!assignment(p, x))
			return false;
	}
	if (op == N_ASSERT && x->a->op == N_TUPLE && x->a->n == 2) {
		x->b = x->a->kids[1];
		x->a = x->a->kids[0];
	}
	return finish(p, clear, eol, x);
}

static bool eat_del(struct chp *p)
{
	struct compile *c = p->c;
	size_t at = c->pos, eol = chp_eol(p, at, false);
	bool clear = chp_line_clear(p, at);
	struct node *x = mk(c, N_DEL, at);
	chp_tag(p, "del");
	chp_start_expr(p);
	x->a = ex_tuple(c);
	if (x->a != NULL && (x->a->op == N_VAR || x->a->op == N_STEP || x->a->op == N_CALL))
		return cfail(c, at, "#del deletes a name without '$', or a part of something: #del $x['key']");
	return x->a != NULL && finish(p, clear, eol, x);
}

static bool eat_word(struct chp *p, const char *name, enum nop op)
{
	struct compile *c = p->c;
	size_t at = c->pos, eol = chp_eol(p, at, false);
	bool clear = chp_line_clear(p, at);
	struct node *x = mk(c, op, at);
	chp_tag(p, name);
	chp_start_expr(p);
	if (op == N_BREAK || op == N_CONTINUE) {
		bool loop = false;
		for (uint32_t i = p->nopen; i > 0 && !loop && p->open[i - 1].kind > B_CLOSURE; i--)
			loop = p->open[i - 1].kind == B_FOR || p->open[i - 1].kind == B_WHILE ||
			       p->open[i - 1].kind == B_REPEAT;
		if (!loop)
			return cfail(c, at, "#%s outside a loop", name);
	}
	return finish(p, clear, eol, x);
}

static bool import_one(struct chp *p, const char *mod, const struct sym *item, const struct sym *as)
{
	struct compile *c = p->c;
	const struct module *m = module_find(mod);
	struct import *i = calloc_in(c, sizeof(*i));
	if (m == NULL && c->t->opt.late_imports && item == NULL) {
		i->name = as;
		i->v = (struct rv){ .t = R_MODULE, .u.mod = &mod_refused };
		i->next = p->f->imports;
		p->f->imports = i;
		return true;
	}
	if (m == NULL)
		return cfail(c, c->at, "the module %s cannot be imported; there are re, random, time and netaddr", mod);
	i->name = as;
	i->v = (struct rv){ .t = R_MODULE, .u.mod = m };
	if (item != NULL) {
		if (!module_has(m, item->name, &i->v))
			return cfail(c, c->at, "the module %s has no %s", mod, item->name);
	}
	i->next = p->f->imports;
	p->f->imports = i;
	return true;
}

/* compat: imports are moved to the top of the module: the names are there from the beginning. */
static bool eat_import(struct chp *p, bool from)
{
	struct compile *c = p->c;
	size_t at = c->pos, eol = chp_eol(p, at, false);
	bool clear = chp_line_clear(p, at);
	const struct sym *mod = NULL;
	chp_tag(p, from ? "from" : "import");
	chp_start_expr(p);
	if (from) {
		if (c->tok != T_NAME)
			return cfail(c, c->at, "the name of a module was expected");
		mod = c->name;
		tok_next(c);
		if (!tok_word(c, "import"))
			return cfail(c, c->at, "only a module of one name can be imported from: 'import' was expected");
		tok_next(c);
	}
	do {
		if (c->tok != T_NAME)
			return cfail(c, c->at, "a name to import was expected");
		const struct sym *name = c->name, *as = name;
		tok_next(c);
		if (tok_is(c, "."))
			return cfail(c, c->at,
				"the module %s cannot be imported; there are re, random, time and netaddr", name->name);
		if (tok_word(c, "as")) {
			tok_next(c);
			as = c->name;
			tok_next(c);
		}
		if (!import_one(p, from ? mod->name : name->name, from ? name : NULL, as))
			return false;
	} while (tok_eat(c, ","));
	return finish(p, clear, eol, NULL);
}

static bool eat_include(struct chp *p)
{
	struct compile *c = p->c;
	size_t at = c->pos, eol = chp_eol(p, at, false);
	bool clear = chp_line_clear(p, at);
	struct node *x = mk(c, N_INCLUDE, at);
	chp_tag(p, "include");
	chp_blanks(p);
	if (word_is(p, "raw")) {
		c->pos += 3;
		x->flag = 1;
	}
	chp_blanks(p);
	if (starts(p, "source")) {
		c->pos += 6;
		x->sub = 1;
		chp_blanks(p);
		if (peek(p) != '=')
			return cfail(c, c->pos, "'=' was expected behind 'source'");
		c->pos++;
	}
	chp_start_expr(p);
	x->a = ex_expr(c);
	return x->a != NULL && finish(p, clear, eol, x);
}

size_t chp_to_end_directive(struct chp *p, const char *name)
{
	struct compile *c = p->c;
	bool clear = false;
	size_t end = c->n;
	for (; c->pos < c->n; c->pos++) {
		const char *d;
		if (c->s[c->pos] != p->set.directive.s[0] || (d = chp_directive(p, c->pos)) == NULL || !str_eq(d, "end"))
			continue;
		size_t at = c->pos;
		chp_tag(p, d);
		chp_blanks(p);
		if (starts(p, name)) {
			end = at;
			clear = chp_line_clear(p, at);
			while (clear && end > 0 && c->s[end - 1] != '\n' && c->s[end - 1] != '\r')
				end--;
			c->pos += strlen(name);
			chp_blanks(p);
			break;
		}
	}
	size_t eol = chp_eol(p, c->pos, false);
	if (token_at(c->s, c->n, c->pos, &p->set.directive_end))
		c->pos += p->set.directive_end.n;
	else if (clear && c->pos < c->n && (peek(p) == '\n' || peek(p) == '\r'))
		c->pos = chp_eol(p, c->pos, true);
	if (clear && c->pos > eol)
		chp_ws_before(p);
	return end;
}

static bool eat_raw(struct chp *p)
{
	struct compile *c = p->c;
	size_t at = c->pos, eol = chp_eol(p, at, false);
	bool clear = chp_line_clear(p, at);
	chp_tag(p, "raw");
	chp_blanks(p);
	if (chp_short_colon(p)) {
		c->pos++;
		if (peek(p) == ' ' || peek(p) == '\t')
			c->pos++;
		size_t e = chp_eol(p, c->pos, false);
		chp_text(p, c->s + c->pos, e - c->pos, c->pos);
		c->pos = e;
		return true;
	}
	if (peek(p) == ':')
		c->pos++;
	chp_blanks(p);
	if (!chp_rest_of_tag(p, clear, eol))
		return false;
	size_t b = c->pos, e = chp_to_end_directive(p, "raw");
	if (e > b)
		chp_text(p, c->s + b, e - b, b);
	return true;
}

static bool eat_slurp(struct chp *p)
{
	if (chp_line_clear(p, p->c->pos))
		chp_ws_before(p);
	chp_commit(p);
	p->c->pos = chp_eol(p, p->c->pos, true);
	return true;
}

static bool eat_attr(struct chp *p)
{
	struct compile *c = p->c;
	size_t at = c->pos, eol = chp_eol(p, at, false);
	bool clear = chp_line_clear(p, at);
	struct attr *a = calloc_in(c, sizeof(*a));
	chp_tag(p, "attr");
	chp_start_expr(p);
	if (c->tok != T_NAME && c->tok != T_VAR)
		return cfail(c, c->at, "the name of an attribute was expected");
	a->name = c->name;
	tok_next(c);
	if (!tok_want(c, "="))
		return false;
	bool plain = c->plain;
	c->plain = true;
	a->value = ex_tuple(c);
	c->plain = plain;
	if (a->value == NULL)
		return false;
	struct attr **last = &p->f->attrs;
	while (*last != NULL)
		last = &(*last)->next;
	*last = a;                                        /* of two with one name the later one counts */
	return finish(p, clear, eol, NULL);
}

static bool eat_catcher(struct chp *p)
{
	struct compile *c = p->c;
	size_t at = c->pos, eol = chp_eol(p, at, false);
	bool clear = chp_line_clear(p, at);
	struct node *x = mk(c, N_CATCHER, at);
	chp_tag(p, "errorCatcher");
	chp_start_expr(p);
	if (!tok_word(c, "ListErrors") && !tok_word(c, "Echo") && !tok_word(c, "BigEcho") &&
		!tok_word(c, "ErrorCatcher"))
		return cfail(c, c->at, "there are the error catchers Echo, BigEcho and ListErrors");
	p->ms->catcher = tok_word(c, "BigEcho") ? CATCH_BIG : CATCH_ECHO;
	tok_next(c);
	return finish(p, clear, eol, x);
}

static bool eat_arg(struct chp *p)
{
	struct compile *c = p->c;
	size_t at = c->pos, eol = chp_eol(p, at, false);
	bool clear = chp_line_clear(p, at);
	struct node *x = mk(c, N_CALLARG, at);
	if (chp_top(p)->kind != B_CALL)
		return cfail(c, at, "#arg outside #call");
	chp_tag(p, "arg");
	chp_start_expr(p);
	if (c->tok != T_NAME)
		return cfail(c, c->at, "the name of an argument was expected");
	x->sym = c->name;
	chp_blanks(p);
	if (peek(p) == ':') {
		c->pos++;
	} else if (!chp_rest_of_tag(p, clear, eol)) {
		return false;
	}
	chp_emit(p, x);
	return true;
}

static bool eat_line(struct chp *p)
{
	p->c->pos = chp_eol(p, p->c->pos, true);
	return true;
}

static bool eat_breakpoint(struct chp *p)
{
	p->stop = true;
	return true;
}

static bool refuse(struct chp *p, const char *name)
{
	return cfail(p->c, p->c->pos, "#%s is not supported: it would reach into Python", name);
}

bool chp_directive_eat(struct chp *p, const char *name)
{
	static const struct { const char *name; enum nop op;
	} exprs[] =
		{
			{"silent", N_SILENT},
			{"echo", N_ECHO},
			{"return", N_RETURN},
			{"assert", N_ASSERT},
			{"raise", N_RAISE},
		},
	  words[] = {{"pass", N_PASS}, {"break", N_BREAK}, {"continue", N_CONTINUE}, {"stop", N_STOP}};
	static const struct { const char *name; bool (*eat)(struct chp *);
	} eaters[] = {
		{"if", chp_if},
		{"end", chp_end},
		{"set", eat_set},
		{"slurp", eat_slurp},
		{"raw", eat_raw},
		{"include", eat_include},
		{"del", eat_del},
		{"attr", eat_attr},
		{"errorCatcher", eat_catcher},
		{"arg", eat_arg},
		{"shBang", eat_line},
		{"encoding", eat_line},
		{"breakpoint", eat_breakpoint},
		{"compiler", chp_compiler},
		{"compiler-settings", chp_compiler_settings},
		{"implements", eat_line},
	};
	static const char *const blocks[] = {
		"else", "elif", "for", "while", "repeat", "unless", "try", "except", "finally"};
	static const char *const regions[] = { "call", "capture", "cache", "filter" };
	for (size_t i = 0; i < ARRAY_LEN(eaters); i++)
		if (str_eq(eaters[i].name, name))
			return eaters[i].eat(p);
	for (size_t i = 0; i < ARRAY_LEN(exprs); i++)
		if (str_eq(exprs[i].name, name))
			return eat_expr(p, name, exprs[i].op);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq(words[i].name, name))
			return eat_word(p, name, words[i].op);
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
		if (str_eq(blocks[i], name))
			return chp_indenting(p, name);
	for (size_t i = 0; i < ARRAY_LEN(regions); i++)
		if (str_eq(regions[i], name))
			return chp_region(p, name);
	if (str_eq(name, "import") || str_eq(name, "from"))
		return eat_import(p, name[0] == 'f');
	if (str_eq(name, "def") || str_eq(name, "block") || str_eq(name, "closure"))
		return chp_def(p, name[0] == 'd' ? B_DEF : name[0] == 'b' ? B_BLOCK : B_CLOSURE);
	return refuse(p, name);
}
