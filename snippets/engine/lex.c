/* SPDX-License-Identifier: GPL-2.0-or-later
 * lex.c - tokens of expressions, for both languages. A token is made on demand from the source text, since where an
 * expression ends depends on the language around it: Cheetah at the end of the line or at '#', Jinja at the end of the
 * tag, unless a bracket is open.
 */
#include <stdlib.h>
#include <string.h>

#include "snippets/engine/ast.h"
#include "snippets/engine/bigint.h"
#include "snippets/engine/str_case.h"

static bool is_digit(char ch) { return ch >= '0' && ch <= '9'; }
static bool ascii_start(char ch) { return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_'; }

/* The bytes of the character there that may begin a name (first) or go on with it; 0: it may not. */
static size_t id_at(const struct compile *c, size_t p, bool first)
{
	size_t n;
	if (p >= c->n)
		return 0;
	if ((unsigned char)c->s[p] < 0x80)
		return ascii_start(c->s[p]) || (!first && is_digit(c->s[p]));
	uint32_t cp = u8_at(c->s + p, c->n - p, &n);
	return cp_alpha(cp) || (!first && cp_digit(cp)) ? n : 0;
}

static size_t eol_at(const struct compile *c, size_t p)
{
	if (p < c->n && c->s[p] == '\r')
		return p + 1 < c->n && c->s[p + 1] == '\n' ? 2 : 1;
	return p < c->n && c->s[p] == '\n' ? 1 : 0;
}

static bool starts(const struct compile *c, size_t p, const char *w)
{
	if (w == NULL || p >= c->n || *w != c->s[p])
		return false;
	size_t k = strlen(w);
	return k != 0 && k <= c->n - p && memcmp(c->s + p, w, k) == 0;
}

static bool at_end(const struct compile *c)
{
	if (c->pos >= c->n)
		return true;
	if (c->parens > 0 || (c->jinja && c->end1 == NULL))
		return false;
	if (!c->jinja)
		return token_at(c->s, c->n, c->pos, &c->set->directive_end) || eol_at(c, c->pos) != 0;
	size_t p = c->pos;
	if (starts(c, p, c->end1))
		return true;
	return (c->s[p] == '-' || c->s[p] == '+') && starts(c, p + 1, c->end1);
}

bool ch_var_start(const struct compile *c, size_t n, size_t at, bool *named)
{
	const char *s = c->s;
	if (!token_at(s, n, at, &c->set->var))
		return false;
	size_t i = at + c->set->var.n;
	bool silent = i < n && s[i] == '!';
	i += silent;
	if (i < n && s[i] == '*') {
		size_t j = i + 1;
		while (j < n && (is_digit(s[j]) || s[j] == '.'))
			j++;
		if (j > i + 1 && j < n && memchr("smhdw", s[j], 5) != NULL)
			j++;
		i = j > i + 1 && j < n && s[j] == '*' ? j + 1 : i + 1;
	}
	*named = true;
	if (i >= n || ascii_start(s[i]))
		return i < n;
	if (s[i] != '{' && s[i] != '(' && s[i] != '[')
		return false;
	size_t inner = ++i;
	while (i < n && (s[i] == ' ' || s[i] == '\t' || s[i] == '\f'))
		i++;
	if (i < n && ascii_start(s[i]))
		return true;
	*named = false;                                        /* compat: a blank will do, then nothing may follow */
	return !silent && inner < n && s[inner] != ')' && s[inner] != ']' && s[inner] != '}';
}

/* compat: where "#" ends no directive it begins a comment of Python. */
static void python_comment(struct compile *c)
{
	c->commented = true;
	while (c->pos < c->n && eol_at(c, c->pos) == 0)
		c->pos++;
}

static void skip_blanks(struct compile *c)
{
	bool named;
	for (;;) {
		char ch = c->pos < c->n ? c->s[c->pos] : '\0';
		if (c->pos < c->n && (ch == ' ' || ch == '\t' || ch == '\f'))
			c->pos++;
		else if ((c->parens > 0 || c->jinja) && eol_at(c, c->pos) != 0)
			c->pos++;
		else if (!c->jinja && ch == '\\' && eol_at(c, c->pos + 1) != 0)
			c->pos += 1 + eol_at(c, c->pos + 1);
		else if (!c->jinja && ch == '#' && c->parens == 0 && !at_end(c) && !ch_var_start(c, c->n, c->pos, &named))
			python_comment(c);
		else
			return;
	}
}

/* Jinja's line statements: nothing but blanks up to the end of the line, and no bracket open. */
static bool line_ends(const struct compile *c)
{
	size_t p = c->pos;
	if (!c->jinja || c->end1 != NULL || c->parens > 0)
		return false;
	while (p < c->n && (c->s[p] == ' ' || (c->s[p] >= '\t' && c->s[p] <= '\r' && c->s[p] != '\n')))
		p++;
	return p >= c->n || c->s[p] == '\n';
}

static void put_escape(struct compile *c, struct strbuf *b, size_t *i, size_t end)
{
	static const char from[] = "abfnrtv\\'\"", to[] = "\a\b\f\n\r\t\v\\'\"";
	char ch = c->s[*i];
	const char *p = ch != '\0' ? strchr(from, ch) : NULL;
	if (p != NULL) {
		sb_addc(b, to[p - from]);
		(*i)++;
		return;
	}
	size_t eol = eol_at(c, *i);
	if (eol != 0) {
		*i += eol;
		return;
	}
	if (ch == 'N' && *i + 1 < end && c->s[*i + 1] == '{') {
		cfail(c, *i, "a character named in \\N{ } is not supported: \\u and its number");
		return;
	}
	unsigned digits = ch == 'x' ? 2 : ch == 'u' ? 4 : ch == 'U' ? 8 : ch >= '0' && ch <= '7' ? 3 : 0;
	if (digits == 0) {
		sb_addc(b, '\\');                         /* Python keeps an unknown escape as it is */
		return;
	}
	uint32_t cp = 0;
	bool octal = digits == 3;
	if (!octal)
		(*i)++;
	unsigned got = 0;
	for (; got < digits && *i < end; got++, (*i)++) {
		char h = c->s[*i];
		int d = is_digit(h)            ? h - '0'
			: h >= 'a' && h <= 'f' ? h - 'a' + 10
			: h >= 'A' && h <= 'F' ? h - 'A' + 10
					       : -1;
		if (d < 0 || (octal && d > 7))
			break;
		cp = cp * (octal ? 8 : 16) + (uint32_t)d;
	}
	if ((!octal && got < digits) || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000) || cp == 0)
		cfail(c, *i, "an escape in a text is not a character");
	else
		u8_put(b, cp);
}

/* At the opening quote: the text goes to c->val, c->pos behind the closing quote. */
bool read_string(struct compile *c, bool raw)
{
	size_t i = c->pos, start = i;
	char q = c->s[i];
	bool triple = !c->jinja && i + 2 < c->n && c->s[i + 1] == q && c->s[i + 2] == q;
	i += triple ? 3 : 1;
	size_t b = i;
	bool escapes = false;
	for (;; i++) {
		if (i >= c->n || (!triple && !c->jinja && eol_at(c, i) != 0))
			return cfail(c, start, "a text that begins with %c is not closed", q);
		escapes |= c->s[i] == '\r';
		if (c->s[i] == '\\' && i + 1 < c->n) {
			escapes = true;
			i++;
		} else if (c->s[i] == q && (!triple || (i + 2 < c->n && c->s[i + 1] == q && c->s[i + 2] == q))) {
			break;
		}
	}
	size_t e = i;
	c->pos = i + (triple ? 3 : 1);
	if (!escapes || raw) {
		c->val = rv_strn(arena_strndup(&c->t->arena, c->s + b, e - b), e - b);
		return true;
	}
	struct strbuf out = { 0 };
	for (i = b; i < e;) {
		if (c->s[i] == '\\') {
			i++;
			put_escape(c, &out, &i, e);
		} else if (c->s[i] == '\r') {             /* Python reads line ends as newlines */
			sb_addc(&out, '\n');
			i += i + 1 < e && c->s[i + 1] == '\n' ? 2 : 1;
		} else {
			sb_addc(&out, c->s[i++]);
		}
	}
	c->val = rv_strn(arena_strndup(&c->t->arena, sb_str(&out), out.len), out.len);
	sb_free(&out);
	return !c->failed;
}

/* What a number consists of, from c->pos on, without its prefix and underscores; cap: of buf. Returns how many characters. */
static size_t number_text(struct compile *c, char *buf, size_t cap, unsigned *base, bool *flt)
{
	size_t i = c->pos, n = 0;
	*base = 10;
	*flt = false;
	if (c->s[i] == '0' && i + 1 < c->n) {
		char x = (char)(c->s[i + 1] | 0x20);
		*base = x == 'x' ? 16 : x == 'o' ? 8 : x == 'b' ? 2 : 10;
		if (*base != 10)
			i += 2;
	}
	for (; i < c->n && n + 2 < cap; i++) {                     /* "e+" are two */
		char ch = c->s[i];
		if (ch == '_' && i + 1 < c->n && (is_digit(c->s[i + 1]) || *base == 16))
			continue;
		bool dot = ch == '.' && *base == 10 && !*flt && (!c->jinja || (i + 1 < c->n && is_digit(c->s[i + 1])));
		bool exp = (ch == 'e' || ch == 'E') && *base == 10 && i + 1 < c->n && (is_digit(c->s[i + 1]) ||
			((c->s[i + 1] == '+' || c->s[i + 1] == '-') && i + 2 < c->n && is_digit(c->s[i + 2])));
		if (!dot && !exp && !is_digit(ch) && !(*base == 16 && (ch | 0x20) >= 'a' && (ch | 0x20) <= 'f'))
			break;
		buf[n++] = ch;
		*flt |= dot || exp;
		if (exp) {
			buf[n++] = c->s[++i];
			while (i + 1 < c->n && is_digit(c->s[i + 1]) && n + 1 < cap)
				buf[n++] = c->s[++i];
			i++;
			break;
		}
	}
	buf[n] = '\0';
	c->pos = i;
	return n;
}

static void read_number(struct compile *c)
{
	char buf[LIM_INT_BITS + 8];
	unsigned base;
	bool flt;
	size_t n = number_text(c, buf, sizeof(buf), &base, &flt), i = c->pos;
	if (n == 0 || n + 2 >= sizeof(buf) ||
		(id_at(c, i, true) != 0 && !c->jinja && !starts(c, i, "and") &&
			!starts(c, i, "or") && !starts(c, i, "if") && !starts(c, i, "else") && !starts(c, i, "in"))) {
		cfail(c, c->at, "a number is malformed");
		return;
	}
	if (flt) {
		c->tok = T_FLOAT;
		c->val = rv_float(strtod(buf, NULL));
		return;
	}
	uint64_t u = 0;
	bool fits = true, zero = true;
	for (size_t k = 0; k < n; k++) {
		unsigned d = is_digit(buf[k]) ? (unsigned)(buf[k] - '0') : (unsigned)((buf[k] | 0x20) - 'a') + 10;
		if (d >= base) {
			cfail(c, c->at, "a number is malformed");
			return;
		}
		zero &= d == 0;
		fits = fits && !__builtin_mul_overflow(u, base, &u) && !__builtin_add_overflow(u, d, &u) && u <= INT64_MAX;
	}
	if (base == 10 && n > 1 && buf[0] == '0' && !zero && !c->jinja) {
		cfail(c, c->at, "an integer begins with 0; octal ones begin with 0o");
		return;
	}
	c->tok = T_INT;
	c->val = rv_int((int64_t)u);
	if (!fits && !big_parse(&c->t->arena, buf, (int)base, &c->val))
		cfail(c, c->at, "an integer has more than %d bits", LIM_INT_BITS);
}

static void read_op(struct compile *c)
{
	static const char *const ops[] = {"**=", "//=", ">>=", "<<=", "**", "//", "==", "!=", "<=", ">=", "<<", ">>",
		"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "->", ":=", "<>"};
	size_t k = 1;
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (starts(c, c->pos, ops[i]) && !(c->jinja && i >= 12 && strcmp(ops[i], "<>") != 0)) {
			k = strlen(ops[i]);
			break;
		}
	if (k == 1 && strchr("+-*/%()[]{}<>=.,:|&^~!;@", c->s[c->pos]) == NULL) {
		cfail(c, c->pos, "unexpected character '%c' in an expression", c->s[c->pos]);
		return;
	}
	memcpy(c->op, c->s + c->pos, k);
	c->op[k] = '\0';
	c->pos += k;
	c->tok = T_OP;
	if (c->op[0] == '(' || c->op[0] == '[' || c->op[0] == '{')
		c->parens++;
	else if ((c->op[0] == ')' || c->op[0] == ']' || c->op[0] == '}') && c->parens > 0)
		c->parens--;
}

/* A word before a quote that says how to read the text: r, b, u and pairs of them. */
static bool string_prefix(const struct compile *c, size_t b, size_t e, bool *raw)
{
	*raw = false;
	if (c->jinja || e - b > 2 || e >= c->n || (c->s[e] != '"' && c->s[e] != '\''))
		return false;
	for (size_t i = b; i < e; i++) {
		char ch = (char)(c->s[i] | 0x20);
		if (ch == 'r')
			*raw = true;
		else if (ch != 'u' && ch != 'b')
			return false;
	}
	return true;
}

void tok_next(struct compile *c)
{
	c->op[0] = '\0';
	if (c->failed) {
		c->tok = T_END;
		return;
	}
	if (line_ends(c)) {
		c->at = c->pos;
		c->tok = T_END;
		return;
	}
	skip_blanks(c);
	c->at = c->pos;
	if (at_end(c)) {
		c->tok = T_END;
		return;
	}
	char ch = c->s[c->pos];
	bool named;
	if (!c->jinja && ch == c->set->var.s[0] && ch_var_start(c, c->n, c->pos, &named) && named) {
		size_t p = c->pos + c->set->var.n, e = p;
		if (!ascii_start(c->s[p])) {
			cfail(c, c->pos, "a long-form placeholder is not valid inside an expression");
			c->tok = T_END;
			return;
		}
		while (e < c->n && (ascii_start(c->s[e]) || is_digit(c->s[e])))
			e++;
		c->name = intern(c, c->s + p, e - p);
		c->pos = e;
		c->tok = T_VAR;
		return;
	}
	if (id_at(c, c->pos, true) != 0) {
		size_t e = c->pos, k;
		bool raw;
		while ((k = id_at(c, e, false)) != 0)
			e += k;
		if (string_prefix(c, c->pos, e, &raw)) {
			c->pos = e;
			c->tok = T_STR;
			read_string(c, raw);
			return;
		}
		if (!c->jinja && e - c->pos == 1 && c->s[c->pos] == 'c' && e < c->n && (c->s[e] == '"' || c->s[e] == '\'')) {
			c->pos = e;
			c->tok = T_PLACES;
			read_string(c, true);
			return;
		}
		c->name = intern(c, c->s + c->pos, e - c->pos);
		c->pos = e;
		c->tok = T_NAME;
		return;
	}
	if (is_digit(ch) || (ch == '.' && !c->jinja && c->pos + 1 < c->n && is_digit(c->s[c->pos + 1]))) {
		read_number(c);
		return;
	}
	if (ch == '"' || ch == '\'') {
		c->tok = T_STR;
		read_string(c, false);
		return;
	}
	read_op(c);
}

bool tok_is(const struct compile *c, const char *op) { return c->tok == T_OP && str_eq(c->op, op); }
bool tok_word(const struct compile *c, const char *word) { return c->tok == T_NAME && str_eq(c->name->name, word); }

bool tok_eat(struct compile *c, const char *op)
{
	if (!tok_is(c, op))
		return false;
	tok_next(c);
	return true;
}

bool tok_want(struct compile *c, const char *op)
{
	if (tok_eat(c, op))
		return true;
	if (c->tok == T_END)
		return cfail(c, c->at, "'%s' was expected before the end of the expression", op);
	return cfail(c, c->at, "'%s' was expected", op);
}
