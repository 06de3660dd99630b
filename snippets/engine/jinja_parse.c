/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_parse.c - the Jinja2 parser: text with its blanks cut as the tags ask for.
 */
#include <string.h>

#include "snippets/engine/jinja_parse.h"

static bool starts(const struct compile *c, size_t p, const char *w)
{
	size_t k = strlen(w);
	return p <= c->n && k <= c->n - p && memcmp(c->s + p, w, k) == 0;
}

static bool space(char ch) { return ch == ' ' || (ch >= '\t' && ch <= '\r'); }

/* compat: a line statement takes the empty lines behind it. */
static void line_end(struct jp *p)
{
	struct compile *c = p->c;
	size_t e = c->at;
	c->pos = e;
	while (e < c->n && space(c->s[e]))
		if (c->s[e++] == '\n')
			c->pos = e;
	if (e == c->n)
		c->pos = e;
	p->line_start = c->pos > 0 && c->s[c->pos - 1] == '\n';
}

bool jp_tag_end(struct jp *p, const char *end, bool block)
{
	struct compile *c = p->c;
	if (c->failed)
		return false;
	if (c->tok != T_END)
		return cfail(c, c->at, "'%s' was expected, not '%.*s'", end != NULL ? end : "the end of the line",
			(int)(c->pos - c->at < 30 ? c->pos - c->at : 30), c->s + c->at);
	if (end == NULL) {
		line_end(p);
		return true;
	}
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
	return jp_tag_end(p, p->ce, true);
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
	if (!(starts(c, i, p->be) || (c->s[i] == '-' && starts(c, i + 1, p->be))))
		return true;
	*is_raw = true;
	c->at = i;
	c->tok = T_END;
	bool trim = p->trim;
	if (!jp_tag_end(p, p->be, true))
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
		return jp_tag_end(p, p->be, true);
	}
	return cfail(c, b, "{%% endraw %%} was expected before the end of the text");
}

void jp_start_expr(struct jp *p, const char *end)
{
	p->c->end1 = end;
	p->c->parens = 0;
	p->c->depth = 0;
	tok_next(p->c);
}

enum tag { TAG_NONE, TAG_OUTPUT, TAG_LINE, TAG_LINE_COMMENT, TAG_COMMENT, TAG_BLOCK };

/* Does a tag begin at e? Blanks may belong to it: *len is where its inside begins. Of several the one with the longest mark. */
static enum tag tag_at(const struct jp *p, size_t e, size_t *len)
{
	const struct compile *c = p->c;
	const char *const marks[] = { NULL, p->vs, p->ls, p->lc, p->cs, p->bs };
	bool first = e == 0 || c->s[e - 1] == '\n';
	enum tag kind = TAG_NONE;
	size_t best = 0;
	for (enum tag i = TAG_OUTPUT; i <= TAG_BLOCK; i++) {
		size_t b = e;
		if (marks[i] == NULL || (i == TAG_LINE && !first) || (i == TAG_LINE_COMMENT && !first && space(c->s[e - 1])))
			continue;
		while ((i == TAG_LINE || i == TAG_LINE_COMMENT) && b < c->n && c->s[b] != '\n' && space(c->s[b]))
			b++;
		if (starts(c, b, marks[i]) && strlen(marks[i]) > best) {
			best = strlen(marks[i]);
			*len = b - e + best;
			kind = i;
		}
	}
	return kind;
}

static void output(struct jp *p, struct nodes *l)
{
	struct compile *c = p->c;
	struct node *out = mk(c, N_OUT, p->tag_at);
	jp_start_expr(p, p->ve);
	size_t b = c->at;
	out->a = ex_tuple(c);
	if (!c->failed) {
		size_t e = c->at;
		while (e > b && space(c->s[e - 1]))
			e--;
		out->k = rv_strn(c->s + b, e - b);
	}
	if (out->a != NULL && jp_tag_end(p, p->ve, false))
		push_node(c, l, out);
}

static void skip_line(struct jp *p)
{
	const char *q = memchr(p->c->s + p->c->pos, '\n', p->c->n - p->c->pos);
	p->c->pos = q != NULL ? (size_t)(q - p->c->s) : p->c->n;
	p->line_start = false;
}

static bool begins_tag(const struct jp *p, char ch)
{
	return p->ls != NULL || p->lc != NULL || ch == p->bs[0] || ch == p->vs[0] || ch == p->cs[0];
}

struct node *jp_body(struct jp *p)
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
		size_t b = c->pos, e = b, len = 0;
		enum tag kind = TAG_NONE;
		for (; e < c->n && kind == TAG_NONE; e += kind == TAG_NONE)
			if (begins_tag(p, c->s[e]))
				kind = tag_at(p, e, &len);
		if (kind == TAG_NONE) {
			emit(p, &l, b, c->n);
			c->pos = c->n;
			break;
		}
		size_t k = e + len;
		char sign = k < c->n && (c->s[k] == '-' || c->s[k] == '+') ? c->s[k] : '\0';
		emit(p, &l, b, cut(p, b, e, sign, kind == TAG_OUTPUT));
		c->pos = k + (sign != '\0');
		p->tag_at = e;
		p->be = kind == TAG_BLOCK ? p->bend : NULL;
		bool raw = false;
		if (kind == TAG_COMMENT)
			skip_comment(p);
		else if (kind == TAG_LINE_COMMENT)
			skip_line(p);
		else if (kind == TAG_OUTPUT)
			output(p, &l);
		else if (kind == TAG_LINE || (raw_block(p, &l, &raw) && !raw))
			jp_statement(p, &l, &ended);
	}
	p->depth--;
	take_nodes(c, &l, x);
	if (!ended)
		p->tag = NULL;                           /* one that ended an inner body */
	return c->failed ? NULL : x;
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
		[JW_LOOP] = {"loop", 4, -1, 0, true, 0},
		[JW_CALLER] = {"caller", 6, -1, 0, true, 0},
		[JW_KWARGS] = {"kwargs", 6, -1, 0, true, 0},
		[JW_VARARGS] = {"varargs", 7, -1, 0, true, 0},
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
	p.f = calloc_in(c, sizeof(*p.f));
	c->t->front = p.f;
	p.bs = or_default(c, o->block_start, "{%");
	p.bend = or_default(c, o->block_end, "%}");
	p.vs = or_default(c, o->variable_start, "{{");
	p.ve = or_default(c, o->variable_end, "}}");
	p.cs = or_default(c, o->comment_start, "{#");
	p.ce = or_default(c, o->comment_end, "#}");
	p.ls = or_default(c, o->line_statement, NULL);
	p.lc = or_default(c, o->line_comment, NULL);
	c->t->body = jp_body(&p);
	find_words(c);
	if (c->t->body != NULL && p.tag != NULL)
		return cfail(c, p.tag_at, "{%% %s %%} has no tag before it that it could belong to", p.tag->name);
	return c->t->body != NULL && jinja_check(c, c->t->body);
}
