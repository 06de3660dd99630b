/* SPDX-License-Identifier: GPL-2.0-or-later
 * cheetah_blocks.c - directives that enclose others: #if, loops, #try, #def, #block, #call, #capture, #filter, and
 * #end.
 */
#include <string.h>

#include "snippets/engine/cheetah_parse.h"

static char peek(const struct chp *p) { return p->c->pos < p->c->n ? p->c->s[p->c->pos] : '\0'; }

/* Expression at c->pos: first token read. */
void chp_start_expr(struct chp *p)
{
	p->c->parens = 0;
	p->c->depth = 0;
	p->c->commented = false;
	tok_next(p->c);
}

/* The expression must be over: at the end of the tag or, for some directives, at a colon. c->pos is then there. */
bool chp_expr_end(struct chp *p, bool colon_ok)
{
	struct compile *c = p->c;
	if (c->failed)
		return false;
	if (c->tok != T_END && !(colon_ok && tok_is(c, ":")))
		return cfail(c, c->at, "the end of the directive was expected, not '%.*s'%s",
			(int)(c->pos - c->at < 30 ? c->pos - c->at : 30), c->s + c->at, tok_is(c, "=") ? " (== compares)" : "");
	if (c->commented && colon_ok)                     /* compat: the ":" that Cheetah puts behind it is a part of the comment then */
		return cfail(c, c->at, "a comment of Python ('#') cannot stand in the head of a block");
	c->pos = c->at;
	c->parens = 0;
	return true;
}

/* At a colon with more than a comment behind it on the line: the body is the rest of the line. */
bool chp_short_colon(const struct chp *p)
{
	const struct compile *c = p->c;
	if (peek(p) != ':')
		return false;
	size_t i = c->pos + 1, eol = chp_eol(p, c->pos, false);
	while (i < eol && (c->s[i] == ' ' || c->s[i] == '\t' || c->s[i] == '\f' || c->s[i] == '\v'))
		i++;
	return i < eol && !token_at(c->s, eol, i, &p->set.comment);
}

static void skip_colon(struct chp *p)
{
	if (peek(p) == ':')
		p->c->pos++;
}

static void one_blank(struct chp *p)
{
	char ch = peek(p);
	if (ch == ' ' || ch == '\t' || ch == '\f')
		p->c->pos++;
}

static struct node *add_part(struct chp *p, struct node *owner, struct node *cond, size_t at)
{
	struct node *part = mk(p->c, N_ARG, at);
	struct nodes l = { owner->kids, owner->n, owner->n };
	part->a = cond;
	push_node(p->c, &l, part);
	owner->kids = l.v;
	owner->n = l.n;
	return part;
}

/* compat: what becomes an indented block of Python must not be empty. */
static bool may_be_empty(enum blk kind)
{
	return kind != B_IF && kind != B_UNLESS && kind != B_FOR && kind != B_WHILE && kind != B_REPEAT && kind != B_TRY;
}

/* The body up to here becomes that of part. */
static bool take_body(struct chp *p, struct open *o, struct node *part, size_t at)
{
	chp_commit(p);
	if (o->body.n == 0 && !may_be_empty(o->kind))
		return cfail(p->c, at, "the body that ends here is empty, and Cheetah takes no empty ones: #pass does nothing");
	part->b = chp_close_body(p, o, p->c->pos);
	return true;
}

/* The body behind the colon of a one-line form, as part of owner. */
static bool short_body(struct chp *p, enum blk kind, struct node *owner, struct node *part, bool gobble)
{
	p->c->pos++;
	if (!chp_push(p, kind, owner))
		return false;
	chp_top(p)->shortform = true;
	one_blank(p);
	if (!chp_loop(p, chp_eol(p, p->c->pos, gobble)))
		return false;
	chp_commit(p);
	struct open *o = chp_top(p);
	if (o->owner != owner)
		return cfail(p->c, p->c->pos, "a directive that begins in a one-line form ends behind it");
	if (!take_body(p, o, part, p->c->pos))
		return false;
	p->nopen--;
	return true;
}

bool chp_if(struct chp *p)
{
	struct compile *c = p->c;
	size_t at = c->pos, eol = chp_eol(p, at, false);
	bool clear = chp_line_clear(p, at);
	struct node *x = mk(c, N_IF, at);
	chp_tag(p, "if");
	c->inargs = c->conds = 0;
	chp_start_expr(p);
	struct node *cond = ex_expr(c);
	if (cond == NULL)
		return false;
	if (tok_word(c, "then")) {
		struct node *yes = mk(c, N_ECHO, at), *no = mk(c, N_ECHO, at);
		tok_next(c);
		yes->a = ex_tuple(c);
		if (c->failed || !tok_word(c, "else"))
			return cfail(c, c->at, "'else' was expected behind 'then'");
		tok_next(c);
		no->a = ex_tuple(c);
		if (c->conds > 0) /* compat: eatIf takes every "else" for the one behind "then" */
			return cfail(c, at, "\"a if b else c\" cannot stand in a one-line #if ... then ... else");
		c->commented = false;
		if (!chp_expr_end(p, true))
			return false;
		add_part(p, x, cond, at)->b = yes;
		add_part(p, x, NULL, at)->b = no;
		if (!chp_rest_of_tag(p, clear, eol))
			return false;
		chp_emit(p, x);
		return true;
	}
	if (!chp_expr_end(p, true))
		return false;
	struct node *part = add_part(p, x, cond, at);
	if (chp_short_colon(p)) {
		chp_emit(p, x);
		return short_body(p, B_IF, x, part, true);
	}
	skip_colon(p);
	chp_blanks(p);
	if (!chp_rest_of_tag(p, clear, eol))
		return false;
	chp_emit(p, x);
	if (!chp_push(p, B_IF, x))
		return false;
	chp_top(p)->part = part;
	return true;
}

/* "as e" or nothing behind the class of an #except. */
static bool except_clause(struct chp *p, struct node *part)
{
	struct compile *c = p->c;
	part->sub = 1;
	if (c->tok == T_END || tok_is(c, ":"))
		return true;
	part->a = ex_expr(c);
	if (part->a != NULL && tok_word(c, "as")) {
		tok_next(c);
		part->c = ex_target(c);
		chp_declare(p, part->c);
	}
	return !c->failed;
}

/* #else, #elif, #else if, #except, #finally: go on with the innermost open directive, or with the one-line form before.
 */
static bool continuation(struct chp *p, const char *name)
{
	struct compile *c = p->c;
	size_t at = c->pos, eol = chp_eol(p, at, false);
	bool clear = chp_line_clear(p, at);
	struct node *cond = NULL, *part = mk(c, N_ARG, at);
	chp_tag(p, name);
	chp_start_expr(p);
	bool except = str_eq(name, "except"), finally = str_eq(name, "finally");
	bool has_cond = str_eq(name, "elif");
	if (str_eq(name, "else") && tok_word(c, "if")) {
		tok_next(c);
		has_cond = true;
	}
	if (has_cond && (cond = ex_expr(c)) == NULL)
		return false;
	if (except && !except_clause(p, part))
		return false;
	if (!chp_expr_end(p, true))
		return false;
	bool shortform = chp_short_colon(p);
	struct open *o = chp_top(p);
	struct node *owner = o->owner;
	if (shortform) {
		chp_commit(p);
		owner = o->body.n > 0 ? o->body.v[o->body.n - 1] : NULL;
	} else {
		if (o->part == NULL)
			return cfail(c, at, "#%s stands where no directive is open that it could go on with", name);
	}
	if (owner == NULL ||
		(owner->op == N_TRY) != (except || finally || (owner->op == N_TRY && str_eq(name, "else"))) ||
		(owner->op != N_IF && owner->op != N_TRY && owner->op != N_FOR && owner->op != N_WHILE &&
			owner->op != N_REPEAT))
		return cfail(c, at, "#%s has no #%s before it", name, except || finally ? "try" : "if");
	part->flag = finally ? 1 : !except && !has_cond ? 2 : 0;
	if (!shortform) {
		skip_colon(p);
		chp_blanks(p);
		if (!chp_rest_of_tag(p, clear, eol))
			return false;
		if (!take_body(p, o, o->part, at))
			return false;
	}
	struct nodes l = { owner->kids, owner->n, owner->n };
	if (!except)
		part->a = cond;
	push_node(c, &l, part);
	owner->kids = l.v;
	owner->n = l.n;
	if (shortform)
		return short_body(p, owner->op == N_TRY ? B_TRY : B_IF, owner, part, true);
	o->part = part;
	return true;
}

static bool loop_head(struct chp *p, const char *name, struct node *x)
{
	struct compile *c = p->c;
	if (str_eq(name, "for")) {
		x->a = ex_target(c);
		if (x->a == NULL)
			return false;
		chp_declare(p, x->a);
		if (!tok_word(c, "in"))
			return cfail(c, c->at, "'in' was expected behind the variable of #for");
		tok_next(c);
		x->b = ex_tuple(c);
	} else if (str_eq(name, "unless")) {
		struct node *not = mk(c, N_NOT, c->at);
		not->a = ex_expr(c);
		x->a = not->a != NULL ? not : NULL;
	} else if (!str_eq(name, "try")) {
		x->a = ex_expr(c);
	}
	return !c->failed;
}

bool chp_indenting(struct chp *p, const char *name)
{
	static const struct { const char *name; enum blk kind; enum nop op;
	} rows[] = {
		{"for", B_FOR, N_FOR},
		{"while", B_WHILE, N_WHILE},
		{"repeat", B_REPEAT, N_REPEAT},
		{"unless", B_UNLESS, N_IF},
		{"try", B_TRY, N_TRY},
	};
	struct compile *c = p->c;
	size_t r = 0, at = c->pos, eol = chp_eol(p, at, false);
	while (r < ARRAY_LEN(rows) && !str_eq(rows[r].name, name))
		r++;
	if (r == ARRAY_LEN(rows))
		return continuation(p, name);
	bool clear = chp_line_clear(p, at);
	struct node *x = mk(c, rows[r].op, at);
	chp_tag(p, name);
	chp_start_expr(p);
	if (!loop_head(p, name, x) || !chp_expr_end(p, true))
		return false;
	struct node *part = add_part(p, x, rows[r].op == N_IF ? x->a : NULL, at);
	if (chp_short_colon(p)) {
		chp_emit(p, x);
		return short_body(p, rows[r].kind, x, part, true);
	}
	skip_colon(p);
	chp_blanks(p);
	if (!chp_rest_of_tag(p, clear, eol))
		return false;
	chp_emit(p, x);
	if (!chp_push(p, rows[r].kind, x))
		return false;
	chp_top(p)->part = part;
	return true;
}

/* -- #def, #block, #closure -- */

static bool def_params(struct chp *p, struct method *m)
{
	struct compile *c = p->c;
	struct param list[32];
	uint32_t n = 0;
	chp_start_expr(p);                                /* "(" */
	tok_next(c);
	while (!tok_is(c, ")") && !c->failed) {
		struct param q = { .stars = tok_is(c, "*") ? 1 : tok_is(c, "**") ? 2 : 0 };
		if (q.stars)
			tok_next(c);
		if (c->tok != T_NAME && c->tok != T_VAR)
			return cfail(c, c->at, "the name of a parameter was expected");
		q.name = c->name;
		tok_next(c);
		if (q.stars && tok_is(c, "="))
			return cfail(c, c->at, "a parameter with '*' has no default");
		if (tok_eat(c, "=")) {
			bool plain = c->plain;
			c->plain = true;
			q.dflt = ex_expr(c);
			c->plain = plain;
		}
		if (n == ARRAY_LEN(list))
			return cfail(c, c->at, "a #def has more than %zu parameters", ARRAY_LEN(list));
		if (!(n == 0 && str_eq(q.name->name, "self")))
			list[n++] = q;
		if (!tok_eat(c, ","))
			break;
	}
	if (!c->failed && !tok_is(c, ")"))
		return cfail(c, c->at, "')' was expected behind the parameters");
	m->params = calloc_in(c, (n + 1) * sizeof(*m->params));
	memcpy(m->params, list, n * sizeof(*list));
	m->nparams = n;
	return !c->failed;
}

static bool word_at(struct chp *p, const struct sym **name)
{
	struct compile *c = p->c;
	size_t b = c->pos;
	while (c->pos < c->n &&
		((c->s[c->pos] >= 'a' && c->s[c->pos] <= 'z') || (c->s[c->pos] >= 'A' && c->s[c->pos] <= 'Z') ||
			c->s[c->pos] == '_' || (c->pos > b && c->s[c->pos] >= '0' && c->s[c->pos] <= '9')))
		c->pos++;
	if (c->pos == b)
		return cfail(c, b, "a name was expected");
	c->at = b;
	*name = intern(c, c->s + b, c->pos - b);
	return true;
}

static bool begin_def(struct chp *p, enum blk kind, struct method *m, struct node *owner)
{
	if (m->nested)
		chp_emit(p, owner);
	if (!m->nested) {
		m->next = p->f->methods;
		p->f->methods = m;
	}
	if (!chp_push(p, kind, owner))
		return false;
	bool catcher = m->nested && p->ms->catcher;
	chp_method_begin(p, m);
	p->ms->catcher = catcher;
	owner->k.t = p->c->nosearch;
	if (m->nested)
		p->c->nosearch = true;
	return true;
}

static void end_def(struct chp *p, enum blk kind)
{
	struct open *o = chp_top(p);
	struct node *owner = o->owner;
	struct method *m = p->ms->m;
	chp_commit(p);
	m->body = chp_close_body(p, o, p->c->pos);
	chp_method_end(p);
	p->c->nosearch = owner->k.t;
	owner->k.t = R_UNSET;
	p->nopen--;
	if (kind == B_BLOCK)
		chp_emit(p, owner);
}

bool chp_def(struct chp *p, enum blk kind)
{
	struct compile *c = p->c;
	size_t at = c->pos, eol = chp_eol(p, at, false);
	bool clear = chp_line_clear(p, at);
	struct method *m = calloc_in(c, sizeof(*m));
	chp_tag(p, kind == B_DEF ? "def" : kind == B_BLOCK ? "block" : "closure");
	chp_blanks(p);
	if (token_at(c->s, c->n, c->pos, &p->set.var))
		c->pos += p->set.var.n;
	if (!word_at(p, &m->name))
		return false;
	chp_blanks(p);
	bool parens = peek(p) == '(';
	if (parens && !def_params(p, m))
		return false;
	m->nested = kind == B_CLOSURE || (kind == B_DEF && p->ndefs > 0);
	m->block = kind == B_BLOCK;
	struct node *owner = mk(c, m->nested ? N_NESTED_DEF : N_BLOCKCALL, at);
	owner->sym = m->name;
	owner->c = (struct node *)m;
	m->line = owner->line;
	if (m->nested) {
		struct node *t = mk(c, N_NAME, at);
		t->sym = m->name;
		push_node(c, &c->refs, t);
		chp_declare(p, t);
		owner->a = t;
	}
	if (chp_short_colon(p)) {
		c->pos++;
		p->ndefs += kind == B_DEF;
		if (!begin_def(p, kind, m, owner))
			return false;
		one_blank(p);
		if (!chp_loop(p, eol))
			return false;
		if (chp_top(p)->owner != owner)
			return cfail(c, c->pos, "a directive that begins in a one-line form ends behind it");
		p->ndefs -= kind == B_DEF;
		end_def(p, kind);
		return chp_rest_of_tag(p, clear, eol);
	}
	if (peek(p) == ':')
		c->pos++;
	chp_start_expr(p);
	while (c->tok != T_END && !c->failed)             /* compat: what stands behind the head is eaten */
		tok_next(c);
	c->pos = c->at;
	if (c->failed || !chp_rest_of_tag(p, clear, chp_eol(p, c->pos, false)))
		return false;
	p->ndefs += kind == B_DEF;
	return begin_def(p, kind, m, owner);
}

/* -- #call, #capture, #cache, #filter -- */

static struct node *call_target(struct chp *p)
{
	struct compile *c = p->c;
	const struct sym *name;
	bool plain = c->plain, noauto = c->noauto;
	chp_blanks(p);
	if (token_at(c->s, c->n, c->pos, &p->set.var))
		c->pos += p->set.var.n;
	else
		c->plain = true;
	c->noauto = true;
	struct node *x = word_at(p, &name) ? ex_var(c, name, c->at) : NULL;
	c->noauto = noauto;
	c->plain = plain;
	return x;
}

static bool filter_name(struct chp *p, struct node *x)
{
	static const struct { const char *name; enum filter f;
	} rows[] = {
		{"None", FILTER_NONE},
		{"none", FILTER_NONE},
		{"WebSafe", FILTER_WEBSAFE},
		{"Strip", FILTER_STRIP},
		{"StripSqueeze", FILTER_SQUEEZE},
		{"MaxLen", FILTER_MAXLEN},
		{"Filter", FILTER_NONE},
		{"EncodeUnicode", FILTER_NONE},
		{"RawOrEncodedUnicode", FILTER_NONE},
	};
	const struct sym *name;
	chp_blanks(p);
	if (token_at(p->c->s, p->c->n, p->c->pos, &p->set.var))
		return cfail(p->c, p->c->pos, "#filter with an expression is not supported: it would be a class of Python");
	if (!word_at(p, &name))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eq(rows[i].name, name->name)) {
			x->sub = (uint8_t)rows[i].f;
			chp_blanks(p);
			return true;
		}
	return cfail(p->c, p->c->at, "there is no filter %s", name->name);
}

/* #call f a, b=c: what stands behind the function. */
static struct node *further_arguments(struct chp *p)
{
	struct compile *c = p->c;
	struct node *args = mk(c, N_CALL, c->at);
	struct nodes l = { 0 };
	do {
		struct node *arg = mk(c, N_ARG, c->at);
		if (tok_is(c, "*") || tok_is(c, "**")) {
			arg->sub = tok_is(c, "*") ? ARG_STAR : ARG_DSTAR;
			tok_next(c);
		} else if ((c->tok == T_NAME || c->tok == T_VAR) && peek(p) == '=' && c->s[c->pos + 1] != '=') {
			arg->sub = ARG_KW;
			arg->sym = c->name;
			tok_next(c);
			tok_next(c);
		}
		arg->a = ex_expr(c);
		push_node(c, &l, arg);
	} while (!c->failed && tok_eat(c, ","));
	take_nodes(c, &l, args);
	return args;
}

bool chp_region(struct chp *p, const char *name)
{
	struct compile *c = p->c;
	size_t at = c->pos, eol = chp_eol(p, at, false);
	bool clear = chp_line_clear(p, at), call = str_eq(name, "call"), cap = str_eq(name, "capture"),
	     filt = str_eq(name, "filter");
	struct node *x = mk(c, call ? N_CALLREG : cap ? N_CAPTURE : filt ? N_FILTERREG : N_REGION, at);
	enum blk kind = call ? B_CALL : cap ? B_CAPTURE : filt ? B_FILTER : B_CACHE;
	chp_tag(p, name);
	c->depth = 0;
	c->parens = 0;
	if (call) {
		if ((x->a = call_target(p)) == NULL)
			return false;
		c->parens = 0;
		chp_start_expr(p);
		if (c->tok != T_END && !tok_is(c, ":"))
			x->b = further_arguments(p);
	} else if (cap) {
		chp_start_expr(p);
		x->a = ex_target(c);
		chp_declare(p, x->a);
	} else if (filt) {
		if (!filter_name(p, x))
			return false;
		c->at = c->pos;
		c->tok = T_END;
		c->commented = false;
	} else {
		chp_start_expr(p);
		while (c->tok != T_END && !tok_is(c, ":") && !c->failed)
			tok_next(c);
	}
	if (!chp_expr_end(p, true))
		return false;
	struct node *part = add_part(p, x, NULL, at);
	if (chp_short_colon(p)) {
		chp_emit(p, x);
		return short_body(p, kind, x, part, kind == B_CACHE);
	}
	skip_colon(p);
	chp_blanks(p);
	if (!chp_rest_of_tag(p, clear, eol))
		return false;
	chp_emit(p, x);
	if (!chp_push(p, kind, x))
		return false;
	chp_top(p)->part = part;
	return true;
}

/* -- #end -- */

bool chp_end(struct chp *p)
{
	static const struct { const char *name; enum blk kind;
	} rows[] = {
		{"def", B_DEF},
		{"block", B_BLOCK},
		{"closure", B_CLOSURE},
		{"cache", B_CACHE},
		{"call", B_CALL},
		{"capture", B_CAPTURE},
		{"filter", B_FILTER},
		{"errorCatcher", B_ERRORCATCHER},
		{"while", B_WHILE},
		{"for", B_FOR},
		{"if", B_IF},
		{"try", B_TRY},
		{"repeat", B_REPEAT},
		{"unless", B_UNLESS},
	};
	struct compile *c = p->c;
	size_t at = c->pos, r = 0;
	bool clear = chp_line_clear(p, at);
	chp_tag(p, "end");
	chp_blanks(p);
	while (r < ARRAY_LEN(rows) && !(c->pos < c->n && rows[r].name[0] == c->s[c->pos] && strlen(rows[r].name) <= c->n - c->pos &&
					      memcmp(rows[r].name, c->s + c->pos, strlen(rows[r].name)) == 0))
		r++;
	if (r == ARRAY_LEN(rows))
		return cfail(c, at, "#end must say what it ends");
	size_t eol = chp_eol(p, c->pos, false);
	chp_start_expr(p);
	while (c->tok != T_END && !c->failed)
		tok_next(c);
	c->pos = c->at;
	if (c->failed || !chp_rest_of_tag(p, clear, eol))
		return false;
	if (rows[r].kind == B_ERRORCATCHER) {
		p->ms->catcher = CATCH_NONE;
		return true;
	}
	struct open *o = chp_top(p);
	if (p->nopen <= 1)
		return cfail(c, at, "#end %s found, but nothing is open", rows[r].name);
	if (o->kind != rows[r].kind || o->shortform) {
		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			if (rows[i].kind == o->kind)
				return cfail(c, at, "#end %s found, expected #end %s (begun in line %u)", rows[r].name,
					rows[i].name, o->owner != NULL ? o->owner->line : 0);
	}
	if (o->kind == B_DEF || o->kind == B_BLOCK || o->kind == B_CLOSURE) {
		p->ndefs -= o->kind == B_DEF;
		end_def(p, o->kind);
		return true;
	}
	if (o->kind == B_TRY && o->owner->n < 2)
		return cfail(c, at, "#try has no #except and no #finally");
	if (!take_body(p, o, o->part, at))
		return false;
	p->nopen--;
	return true;
}
