/* SPDX-License-Identifier: GPL-2.0-or-later
 * cheetah_settings.c - #compiler-settings ... #end compiler-settings, #compiler-settings reset and #compiler NAME = VALUE: they hold from
 * there on. compat: the lines between the two are read as Python's configparser reads a section.
 */
#include "snippets/engine/cheetah_settings.h"

#include "snippets/engine/cheetah_parse.h"

#define MAX_SETTINGS 64                  /* in one directive */

const struct ch_settings ch_defaults = {
	.var = {1, "$"}, .directive = {1, "#"}, .directive_end = {1, "#"}, .comment = {2, "##"}, .multi = {2, "#*"}, .multi_end = {2, "*#"},
	.psp = {2, "<%"}, .psp_end = {2, "%>"}, .slurp = {1, "#"},
	.gobble = true, .mapper = true, .search = true, .autocall = true,
	.slurp_in_text = true, .starts = {['$'] = true, ['#'] = true, ['<'] = true},
};

enum kind {
	K_TOKEN,                         /* off: of a struct token */
	K_OPERAND,                       /* one that stands between the tokens of expressions */
	K_OPTIONAL,                      /* one that may be none */
	K_FLAG,                          /* off: of a bool */
	K_ON, K_OFF,                     /* true or false, and nothing else */
	K_FREE,                          /* changes nothing that is seen in the output */
	K_REFUSED
};

#define AT(member) offsetof(struct ch_settings, member)

static const struct row { const char *name; enum kind kind; size_t off; } rows[] = {
	{"cheetahVarStartToken", K_OPERAND, AT(var)},
	{"directiveStartToken", K_TOKEN, AT(directive)},
	{"directiveEndToken", K_OPERAND, AT(directive_end)},
	{"commentStartToken", K_TOKEN, AT(comment)},
	{"multiLineCommentStartToken", K_TOKEN, AT(multi)},
	{"multiLineCommentEndToken", K_TOKEN, AT(multi_end)},
	{"PSPStartToken", K_TOKEN, AT(psp)},
	{"PSPEndToken", K_TOKEN, AT(psp_end)},
	{"EOLSlurpToken", K_OPTIONAL, AT(slurp)},
	{"allowWhitespaceAfterDirectiveStartToken", K_FLAG, AT(blanks_after)},
	{"gobbleWhitespaceAroundMultiLineComments", K_FLAG, AT(gobble)},
	{"useNameMapper", K_FLAG, AT(mapper)},
	{"useSearchList", K_FLAG, AT(search)},
	{"useAutocalling", K_FLAG, AT(autocall)},
	{"allowNestedDefScopes", K_ON, 0},
	{"allowPlaceholderFilterArgs", K_ON, 0},
	{"allowSearchListAsMethArg", K_ON, 0},
	{"alwaysFilterNone", K_ON, 0},
	{"autoImportForExtendsDirective", K_ON, 0},
	{"useFilters", K_ON, 0},
	{"useKWsDictArgForPassingTrans", K_ON, 0},
	{"useLegacyImportMode", K_ON, 0},
	{"allowEmptySingleLineMethods", K_OFF, 0},
	{"allowExpressionsInExtendsDirective", K_OFF, 0},
	{"autoAssignDummyTransactionToSelf", K_OFF, 0},
	{"includeBlockMarkers", K_OFF, 0},
	{"prioritizeSearchListOverSelf", K_OFF, 0},
	{"setup__str__method", K_OFF, 0},
	{"addTimestampsToCompilerOutput", K_FREE, 0},
	{"blockMarkerEnd", K_FREE, 0},
	{"blockMarkerStart", K_FREE, 0},
	{"defDocStrMsg", K_FREE, 0},
	{"encoding", K_FREE, 0},
	{"includeRawExprInFilterArgs", K_FREE, 0},
	{"monitorSrcFile", K_FREE, 0},
	{"outputMethodsBeforeAttributes", K_FREE, 0},
	{"outputRowColComments", K_FREE, 0},
	{"useErrorCatcher", K_FREE, 0},
	{"useStackFrames", K_FREE, 0},
	{"closeableDirectives", K_REFUSED, 0},
	{"commentOffset", K_REFUSED, 0},
	{"directiveNamesAndParsers", K_REFUSED, 0},
	{"disabledDirectiveHooks", K_REFUSED, 0},
	{"disabledDirectives", K_REFUSED, 0},
	{"enabledDirectives", K_REFUSED, 0},
	{"endDirectiveNamesAndHandlers", K_REFUSED, 0},
	{"expressionFilterHooks", K_REFUSED, 0},
	{"gettextTokens", K_REFUSED, 0},
	{"handlerForExtendsDirective", K_REFUSED, 0},
	{"i18NFunctionName", K_REFUSED, 0},
	{"indentationStep", K_REFUSED, 0},
	{"initialMethIndentLevel", K_REFUSED, 0},
	{"macroDirectives", K_REFUSED, 0},
	{"mainMethodName", K_REFUSED, 0},
	{"mainMethodNameForSubclasses", K_REFUSED, 0},
	{"postparseDirectiveHooks", K_REFUSED, 0},
	{"postparsePlaceholderHooks", K_REFUSED, 0},
	{"preparseDirectiveHooks", K_REFUSED, 0},
	{"preparsePlaceholderHooks", K_REFUSED, 0},
	{"templateMetaclass", K_REFUSED, 0},
};

/* The value of a setting: a text, or what Python would make of "None", "True", "False" and of numbers. */
struct setting { const char *name, *s; size_t name_n, n, at; enum { S_TEXT, S_NONE, S_BOOL, S_NUMBER } type; bool truth; };

/* -- what follows from the tokens -- */

static size_t first_char(const struct token *t)
{
	size_t n;
	u8_at(t->s, t->n, &n);
	return n;
}

static void settings_made(struct ch_settings *s)
{
	const struct token *t[] = { &s->comment, &s->multi, &s->var, &s->directive, &s->psp };
	memset(s->starts, 0, sizeof(s->starts));
	s->slurp_in_text = false;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		size_t k = first_char(t[i]);
		s->starts[(unsigned char)t[i]->s[0]] = true;
		s->slurp_in_text |= k <= s->slurp.n && memcmp(t[i]->s, s->slurp.s, k) == 0;
	}
}

/* How the parser reads names: its flags of the same meaning. */
static void apply(struct chp *p)
{
	struct compile *c = p->c;
	settings_made(&p->set);
	c->plain = !p->set.mapper;
	c->nosearch = !p->set.search || p->ms->m->nested;
	c->noauto = !p->set.autocall;
}

void ch_settings_reset(struct chp *p)
{
	p->set = ch_defaults;
	apply(p);
}

/* -- one setting -- */

static bool set_token(struct chp *p, const struct row *r, const struct setting *v, struct token *t)
{
	static const char operand[] = "([{)]}'\"=.,abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	if (r->kind == K_OPTIONAL && !v->truth) {
		*t = (struct token){ 0 };
		return true;
	}
	if (v->type != S_TEXT || v->n == 0)
		return cfail(p->c, v->at, "%s must be a text of 1 to %d bytes", r->name, TOKEN_MAX);
	if (v->n > TOKEN_MAX)
		return cfail(p->c, v->at, "%s is longer than %d bytes", r->name, TOKEN_MAX);
	for (size_t i = 0; i < v->n; i++)
		if ((unsigned char)v->s[i] <= ' ' || v->s[i] == '\\' || v->s[i] == 0x7f)
			return cfail(p->c, v->at, "%s must not have blanks or backslashes", r->name);
	if (r->kind == K_OPERAND && strchr(operand, v->s[0]) != NULL)
		return cfail(p->c, v->at, "%s must not begin with a letter, a digit, a quote, a bracket or one of '=.,'", r->name);
	t->n = (uint8_t)v->n;
	memcpy(t->s, v->s, v->n);
	return true;
}

static bool set_one(struct chp *p, const struct setting *v)
{
	const struct row *r = NULL;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strlen(rows[i].name) == v->name_n && memcmp(rows[i].name, v->name, v->name_n) == 0)
			r = &rows[i];
	if (r == NULL)                                    /* compat: one that Cheetah does not know either is kept and not looked at */
		return true;
	char *member = (char *)&p->set + r->off;
	switch (r->kind) {
	case K_TOKEN: case K_OPERAND: case K_OPTIONAL: return set_token(p, r, v, (struct token *)(void *)member);
	case K_FLAG:
		if (v->type == S_NONE && r->off == AT(autocall))
			return cfail(p->c, v->at, "the compiler setting %s cannot be None", r->name);
		*(bool *)(void *)member = v->truth;
		return true;
	case K_ON: case K_OFF:
		return v->truth == (r->kind == K_ON) ||
		       cfail(p->c, v->at, "the compiler setting %s can only be %s", r->name, r->kind == K_ON ? "True" : "False");
	case K_FREE: return true;
	case K_REFUSED: break;
	}
	return cfail(p->c, v->at, "the compiler setting %s is not supported", r->name);
}

/* -- lines of "name = value" -- */

static bool blank(char ch) { return ch == ' ' || (ch >= '\t' && ch <= '\r'); }

static bool word_is(const struct setting *v, const char *lower)
{
	size_t i = 0;
	for (; i < v->n && lower[i] != '\0'; i++)
		if ((v->s[i] | 0x20) != lower[i])
			return false;
	return i == v->n && lower[i] == '\0';
}

/* compat: what looks like a number is one: it may be a flag, but no token. */
static bool number(struct setting *v)
{
	size_t i = 0;
	if (v->n > 1 && (v->s[0] == '-' || v->s[0] == '+'))
		i++;
	while (i < v->n && blank(v->s[i]))
		i++;
	size_t digit = i + (i < v->n && v->s[i] == '.');
	if (digit >= v->n || v->s[digit] < '0' || v->s[digit] > '9')
		return false;
	v->truth = false;
	for (; i < v->n; i++) {
		if (!chp_id_char(v->s[i]) && strchr("+-.", v->s[i]) == NULL)
			return false;
		v->truth |= v->s[i] >= '1' && v->s[i] <= '9';
	}
	v->type = S_NUMBER;
	return true;
}

/* The text from..to behind "=": "%%" is one "%". */
static bool config_value(struct chp *p, struct setting *v, size_t from, size_t to)
{
	struct compile *c = p->c;
	char *b = calloc_in(c, to - from + 1);
	v->at = from;
	v->s = b;
	for (size_t i = from; i < to; i++) {
		if (c->s[i] == '%' && (i + 1 == to || c->s[++i] != '%'))
			return cfail(c, i, "'%%' in the value of a compiler setting is written '%%%%'");
		b[v->n++] = c->s[i];
	}
	if (v->n == 0)
		return cfail(c, from, "a compiler setting has no value (None stands for none)");
	if (v->n >= 7 && strncasecmp(b, "python:", 7) == 0)
		return cfail(c, from, "a compiler setting cannot be an expression of Python");
	v->truth = true;
	if (word_is(v, "none")) {
		v->type = S_NONE;
		v->truth = false;
	} else if (word_is(v, "true") || word_is(v, "false")) {
		v->type = S_BOOL;
		v->truth = word_is(v, "true");
	} else {
		number(v);
	}
	return true;
}

/* A line, without its end: a comment, or name = value, which becomes list[*n]. */
static bool config_line(struct chp *p, size_t from, size_t to, struct setting *list, size_t *n, size_t *indent)
{
	struct compile *c = p->c;
	size_t b = from, e = to;
	while (b < e && blank(c->s[b]))
		b++;
	while (e > b && blank(c->s[e - 1]))
		e--;
	if (b == e || c->s[b] == '#' || c->s[b] == ';')
		return true;
	if (*n > 0 && b - from > *indent)
		return cfail(c, b, "this line is indented more than the one before it: configparser takes it for a part of that value");
	if (c->s[b] == '[')
		return cfail(c, b, "compiler settings have no sections");
	if (*n == MAX_SETTINGS)
		return cfail(c, b, "more than %d compiler settings at once", MAX_SETTINGS);
	*indent = b - from;
	struct setting *v = &list[*n];
	size_t eq = b;
	while (eq < e && c->s[eq] != '=' && c->s[eq] != ':')
		eq++;
	if (eq == e || eq == b)
		return cfail(c, b, "'name = value' was expected in #compiler-settings");
	*v = (struct setting){ .name = c->s + b, .name_n = eq - b };
	while (blank(v->name[v->name_n - 1]))
		v->name_n--;
	for (size_t i = 0; i < *n; i++)
		if (list[i].name_n == v->name_n && memcmp(list[i].name, v->name, v->name_n) == 0)
			return cfail(c, b, "the compiler setting %.*s is given twice", (int)(v->name_n < 60 ? v->name_n : 60), v->name);
	if (v->name_n == 14 && strncasecmp(v->name, "importSettings", 14) == 0)
		return cfail(c, b, "the compiler setting importSettings is not supported: it would read a file");
	for (eq++; eq < e && blank(c->s[eq]); eq++)
		;
	(*n)++;
	return config_value(p, v, eq, e);
}

static bool config_text(struct chp *p, size_t from, size_t to)
{
	struct setting list[MAX_SETTINGS];
	const char *s = p->c->s;
	size_t n = 0, indent = 0;
	while (from < to) {
		const char *q = memchr(s + from, '\n', to - from);
		size_t eol = q != NULL ? (size_t)(q - s) : to;
		if (!config_line(p, from, eol, list, &n, &indent))
			return false;
		from = eol + 1;
	}
	for (size_t i = 0; i < n; i++)
		if (!set_one(p, &list[i]))
			return false;
	apply(p);
	return true;
}

/* -- the directives -- */

/* Words behind the directive's name: "reset" and "python" mean something, others nothing. */
static void keywords(struct chp *p, bool *reset, bool *python)
{
	struct compile *c = p->c;
	for (;;) {
		while (c->pos < c->n && (c->s[c->pos] == ' ' || c->s[c->pos] == '\t' || c->s[c->pos] == '\f' || c->s[c->pos] == ','))
			c->pos++;
		if (token_at(c->s, c->n, c->pos, &p->set.var) && chp_id_start(chp_peek(p, c->pos + p->set.var.n)))
			c->pos += p->set.var.n;
		size_t b = c->pos;
		if (b >= c->n || !chp_id_start(c->s[b]))
			return;
		if (c->n - b > 3 && (memcmp(c->s + b, "in ", 3) == 0 || memcmp(c->s + b, "in\t", 3) == 0))
			return;
		while (c->pos < c->n && (chp_id_char(c->s[c->pos]) || (c->s[c->pos] == '.' && chp_id_start(chp_peek(p, c->pos + 1)))))
			c->pos++;
		*reset |= c->pos - b == 5 && memcmp(c->s + b, "reset", 5) == 0;
		*python |= c->pos - b == 6 && memcmp(c->s + b, "python", 6) == 0;
	}
}

/* What else stands in the tag is not looked at. */
static bool rest_of_head(struct chp *p, bool clear, size_t eol)
{
	struct compile *c = p->c;
	chp_start_expr(p);
	while (c->tok != T_END && !c->failed)
		tok_next(c);
	c->pos = c->at;
	return !c->failed && chp_rest_of_tag(p, clear, eol);
}

bool chp_compiler_settings(struct chp *p)
{
	struct compile *c = p->c;
	size_t at = c->pos, eol = chp_eol(p, at, false);
	bool clear = chp_line_clear(p, at), reset = false, python = false;
	chp_tag(p, "compiler-settings");
	keywords(p, &reset, &python);
	if (!rest_of_head(p, clear, eol))
		return false;
	if (reset) {
		ch_settings_reset(p);
		return true;
	}
	if (python)
		return cfail(c, at, "#compiler-settings python is not supported: it would run Python");
	size_t from = c->pos, to = chp_to_end_directive(p, "compiler-settings");
	return config_text(p, from, to);
}

/* The value of #compiler: a literal. */
static bool literal(struct chp *p, struct setting *v)
{
	struct compile *c = p->c;
	v->at = c->pos;
	chp_start_expr(p);
	const struct node *x = ex_expr(c);
	if (x == NULL)
		return false;
	if (x->op != N_CONST || x->k.t == R_FLOAT)
		return cfail(c, v->at, "the value of a compiler setting must be a text, a whole number, True, False or None");
	v->type = x->k.t == R_STR ? S_TEXT : x->k.t == R_NONE ? S_NONE : x->k.t == R_BOOL ? S_BOOL : S_NUMBER;
	v->truth = rv_truthy(x->k);
	if (v->type == S_TEXT) {
		v->s = x->k.u.s;
		v->n = x->k.n;
	}
	return chp_expr_end(p, false);
}

bool chp_compiler(struct chp *p)
{
	struct compile *c = p->c;
	size_t at = c->pos, eol = chp_eol(p, at, false);
	bool clear = chp_line_clear(p, at);
	struct setting v = { 0 };
	chp_tag(p, "compiler");
	chp_blanks(p);
	v.name = c->s + c->pos;
	while (c->pos < c->n && chp_id_char(c->s[c->pos]))
		c->pos++;
	v.name_n = (size_t)(c->s + c->pos - v.name);
	if (v.name_n == 5 && strncasecmp(v.name, "reset", 5) == 0) {
		if (!rest_of_head(p, clear, eol))
			return false;
		ch_settings_reset(p);
		return true;
	}
	chp_blanks(p);
	if (v.name_n == 0 || !chp_id_start(v.name[0]) || chp_peek(p, c->pos) != '=')
		return cfail(c, c->pos, "'name = value' was expected in #compiler");
	c->pos++;
	if (!literal(p, &v) || !chp_rest_of_tag(p, clear, eol) || !set_one(p, &v))
		return false;
	apply(p);
	return true;
}
