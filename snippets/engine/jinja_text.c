/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_text.c - the longer text filters: wrapping, JSON, pretty printing, tags, URLs.
 */
#include "snippets/engine/jinja_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "snippets/engine/rt.h"
#include "snippets/engine/str_methods.h"

/* -- wrapping -- */

static bool blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static bool letter(const struct rv *s, size_t i)
{
	unsigned char c = i < s->n ? (unsigned char)s->u.s[i] : ' ';
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}
static bool word(const struct rv *s, size_t i)
{
	return letter(s, i) || (i < s->n && s->u.s[i] >= '0' && s->u.s[i] <= '9');
}
static bool punct(const struct rv *s, size_t i)
{
	return word(s, i) || (i < s->n && s->u.s[i] != '\0' && strchr("!\"'&.,?", s->u.s[i]) != NULL);
}

/* "--" or more at i with a word behind it: where the word begins, else 0. */
static size_t dashes(const struct rv *s, size_t i)
{
	size_t e = i;
	while (e < s->n && s->u.s[e] == '-')
		e++;
	return e - i >= 2 && word(s, e) ? e : 0;
}

/* Where the piece that begins at i ends: blanks, a dash between words, a word, or the part of one up to a hyphen. */
static size_t piece_end(const struct rv *s, size_t i, bool hyphens)
{
	size_t p = i;
	if (blank(s->u.s[i])) {
		while (p < s->n && blank(s->u.s[p]))
			p++;
		return p;
	}
	if (hyphens && i > 0 && s->u.s[i] == '-' && punct(s, i - 1) && (p = dashes(s, i)) != 0)
		return p;
	for (p = i + 1; p < s->n && !blank(s->u.s[p]); p++) {
		if (!hyphens || s->u.s[p] != '-')
			continue;
		bool before = p >= 2 && letter(s, p - 1) &&
			      (letter(s, p - 2) || (p >= 3 && s->u.s[p - 2] == '-' && letter(s, p - 3)));
		bool after = letter(s, p + 1) &&
			     (letter(s, p + 2) || (p + 2 < s->n && s->u.s[p + 2] == '-' && letter(s, p + 3)));
		if (before && after)
			return p + 1;
		if (punct(s, p - 1) && dashes(s, p) != 0)
			return p;
	}
	return p;
}

struct wrap { struct strbuf *b; struct rv sep; size_t line, width; size_t nlines; size_t from, to; bool keep; };

static void flush_line(struct wrap *w, const struct rv *s)
{
	size_t e = w->to;
	if (w->to > w->from && !w->keep) { /* blanks at the end of a line go: the last piece, if it is blank */
		size_t k = e;
		while (k > w->from && blank(s->u.s[k - 1]))
			k--;
		e = k;
	}
	if (e <= w->from)
		return;
	if (w->nlines++ > 0)
		sb_add(w->b, w->sep.u.s, w->sep.n);
	sb_add(w->b, s->u.s + w->from, e - w->from);
}

/* The part of a piece that fits when it must be broken, in bytes. */
static size_t break_at(const struct rv *s, size_t b, size_t e, size_t room, bool hyphens)
{
	const char *t = s->u.s + b;
	size_t take = u8_off(t, e - b, room), after = take;
	if (!hyphens || take == e - b)
		return take;
	while (after > 1 && t[after - 1] != '-')
		after--;
	/* Behind the last hyphen, unless there are but hyphens before it. */
	for (size_t k = 0; k + 1 < after; k++)
		if (t[k] != '-')
			return after;
	return take;
}

/* The piece that begins or, once broken, goes on at at: its end and how many characters are left of it. */
struct piece { size_t at, end, left; };

static void next_piece(const struct rv *s, struct piece *p, bool hyphens)
{
	if (p->at < p->end || p->at >= s->n)
		return;
	p->end = piece_end(s, p->at, hyphens);
	p->left = u8_len(s->u.s + p->at, p->end - p->at);
}

static void take(struct piece *p, size_t bytes, size_t chars)
{
	p->at += bytes;
	p->left -= chars;
}

void wrap_line(struct rt *rt, struct rv s, size_t width, bool break_long, bool hyphens, struct rv sep, struct strbuf *b)
{
	struct wrap w = { .b = b, .sep = sep, .width = width };
	struct piece p = { 0, 0, 0 };
	while (p.at < s.n && rt_tick(rt)) {
		next_piece(&s, &p, hyphens);
		if (blank(s.u.s[p.at]) && w.nlines > 0)
			take(&p, p.end - p.at, p.left); /* a line does not begin with blanks, but for the first */
		w.from = w.to = p.at;
		w.line = 0;
		w.keep = false;
		for (next_piece(&s, &p, hyphens); p.at < s.n && w.line + p.left <= width; next_piece(&s, &p, hyphens)) {
			w.line += p.left;
			take(&p, p.end - p.at, p.left);
			w.to = p.at;
		}
		if (p.at < s.n && p.left > width) {
			if (break_long) {
				size_t k = break_at(&s, p.at, p.end, width - w.line, hyphens);
				take(&p, k, u8_len(s.u.s + p.at, k));
				w.to = p.at;
				/* compat: _handle_long_word: the empty part of the word is the last piece then, not the
				 * blanks before it */
				w.keep = k == 0;
			} else if (w.to == w.from) {
				take(&p, p.end - p.at, p.left);
				w.to = p.at;
			}
		}
		flush_line(&w, &s);
	}
}

/* -- tags -- */

#define ENTITY_MAX 34                    /* bytes of "&name;" */

static bool entity(struct strbuf *b, const char *p, size_t n)
{
	static const struct {
		const char *name, *text;
	} rows[] = {{"amp", "&"}, {"AMP", "&"}, {"lt", "<"}, {"LT", "<"}, {"gt", ">"}, {"GT", ">"}, {"quot", "\""}, {"QUOT", "\""},
		  {"apos", "'"}, {"nbsp", "\xc2\xa0"}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strlen(rows[i].name) == n && memcmp(rows[i].name, p, n) == 0) {
			sb_adds(b, rows[i].text);
			return true;
		}
	if (n < 2 || p[0] != '#' || n > 8)
		return false;
	char num[16];
	bool hex = (p[1] | 0x20) == 'x';
	memcpy(num, p + 1 + hex, n - 1 - hex);
	num[n - 1 - hex] = '\0';
	char *end;
	unsigned long cp = strtoul(num, &end, hex ? 16 : 10);
	if (*end != '\0' || end == num || cp == 0 || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
		return false;
	u8_put(b, (uint32_t)cp);
	return true;
}

static void without(struct strbuf *b, const char *s, size_t n, const char *open, const char *close)
{
	for (size_t i = 0; i < n;) {
		const char *q = memmem(s + i, n - i, open, strlen(open));
		const char *e =
			q != NULL ? memmem(q + strlen(open), n - (size_t)(q - s) - strlen(open), close, strlen(close))
				  : NULL;
		if (e == NULL) {
			sb_add(b, s + i, n - i);
			return;
		}
		sb_add(b, s + i, (size_t)(q - s) - i);
		i = (size_t)(e - s) + strlen(close);
	}
}

struct rv strip_tags(struct rt *rt, struct rv s)
{
	struct strbuf a = { 0 }, b = { 0 };
	struct rv words, joined;
	size_t mark = rt->tmp.len;
	without(&a, s.u.s, s.n, "<!--", "-->");
	without(&b, sb_str(&a), a.len, "<", ">");
	struct rv t = rv_dup(rt, sb_str(&b), b.len);
	sb_free(&a);
	sb_free(&b);
	if (!str_split(rt, t, rv_none(), -1, &words) || !str_join(rt, rv_strn(" ", 1), words, &joined))
		return t;
	for (uint32_t i = 0; i < joined.n; i++) {
		uint32_t left = joined.n - i;
		const char *e = joined.u.s[i] == '&' ? memchr(joined.u.s + i, ';', left < ENTITY_MAX ? left : ENTITY_MAX) : NULL;
		if (e != NULL && entity(&rt->tmp, joined.u.s + i + 1, (size_t)(e - joined.u.s) - i - 1))
			i = (uint32_t)(e - joined.u.s);
		else
			sb_addc(&rt->tmp, joined.u.s[i]);
	}
	return rv_take(rt, mark);
}

/* -- URLs -- */

static void quote(struct strbuf *b, struct rv s, bool query)
{
	for (uint32_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.u.s[i];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
			c == '.' || c == '-' || c == '~' || (c == '/' && !query))
			sb_addc(b, (char)c);
		else if (c == ' ' && query)
			sb_addc(b, '+');
		else
			sb_addf(b, "%%%02X", c);
	}
}

bool url_encode(struct rt *rt, struct rv v, struct rv *out)
{
	struct cursor c;
	struct rv x, pair[2];
	size_t mark = rt->tmp.len;
	v = rv_live(rt, v);
	bool iterable = v.t >= R_LIST && v.t <= R_ITER;
	if (!iterable) {
		quote(&rt->tmp, rv_tostr(rt, v), false);
		*out = rv_take(rt, mark);
		return rt->exc.cls == EX_NONE;
	}
	if (!cur_start(rt, v, &c))
		return false;
	for (bool first = true; cur_next(rt, &c, &x); first = false) {
		if (rv_mapping(v)) {
			pair[0] = x;
			if (!rv_getitem(rt, v, x, &pair[1]))
				return false;
		} else {
			struct rv l;
			if (!rv_copy_list(rt, x, &l))
				return false;
			if (l.u.l->n != 2)
				return raise(rt, EX_VALUE,
					l.u.l->n > 2 ? "too many values to unpack (expected 2)"
						     : "not enough values to unpack (expected 2, got %u)",
					l.u.l->n);
			pair[0] = l.u.l->v[0];
			pair[1] = l.u.l->v[1];
		}
		if (!first)
			sb_addc(&rt->tmp, '&');
		struct rv k = rv_tostr(rt, pair[0]), val = rv_tostr(rt, pair[1]);
		quote(&rt->tmp, k, true);
		sb_addc(&rt->tmp, '=');
		quote(&rt->tmp, val, true);
	}
	*out = rv_take(rt, mark);
	return rt->exc.cls == EX_NONE;
}

/* -- JSON -- */

struct json { struct rt *rt; struct strbuf *b; struct rv indent; int depth; };     /* indent: text, or R_UNSET */

static void json_text(struct strbuf *b, struct rv s)
{
	size_t k;
	sb_addc(b, '"');
	for (size_t i = 0; i < s.n; i += k) {
		uint32_t c = u8_at(s.u.s + i, s.n - i, &k);
		const char *short_form = c == '\n'   ? "\\n"
					 : c == '\t' ? "\\t"
					 : c == '\r' ? "\\r"
					 : c == '\b' ? "\\b"
					 : c == '\f' ? "\\f"
					 : c == '"'  ? "\\\""
					 : c == '\\' ? "\\\\"
						     : NULL;
		if (short_form != NULL)
			sb_adds(b, short_form);
		else if (c < 0x20 || c == '<' || c == '>' || c == '&' || c == '\'' ||
			 (c >= 0x7f && c < 0x10000 && c != 0x7f))
			sb_addf(b, "\\u%04x", c);
		else if (c >= 0x10000)
			sb_addf(b, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
		else
			sb_addc(b, (char)c);
	}
	sb_addc(b, '"');
}

static void json_line(struct json *j)
{
	if (j->indent.t == R_UNSET)
		return;
	sb_addc(j->b, '\n');
	for (int i = 0; i < j->depth; i++)
		sb_add(j->b, j->indent.u.s, j->indent.n);
}

static bool json_value(struct json *j, struct rv v);

static bool json_key(struct json *j, struct rv k)
{
	size_t mark = j->rt->tmp.len;
	struct strbuf t = { 0 };
	(void)mark;
	if (k.t == R_STR) {
		json_text(j->b, k);
		return true;
	}
	if (k.t == R_BOOL)
		sb_adds(&t, k.u.b ? "true" : "false");
	else if (k.t == R_NONE)
		sb_adds(&t, "null");
	else if (rv_is_num(k))
		rv_repr(j->rt, k, &t);
	bool ok = t.len > 0;
	json_text(j->b, rv_strn(sb_str(&t), t.len));
	sb_free(&t);
	return ok || raise(j->rt, EX_TYPE, "keys must be str, int, float, bool or None, not %s", rv_type_name(k));
}

static bool json_container(struct json *j, struct rv v)
{
	struct rt *rt = j->rt;
	struct rv keys, x;
	bool map = rv_mapping(v);
	if (!rt_tick(rt) || !rv_copy_list(rt, v, &keys) || (map && !py_sort(rt, keys.u.l, rv_none(), false)))
		return false;
	sb_addc(j->b, map ? '{' : '[');
	j->depth++;
	for (uint32_t i = 0; i < keys.u.l->n; i++) {
		x = keys.u.l->v[i];
		if (i > 0)
			sb_adds(j->b, j->indent.t == R_UNSET ? ", " : ",");
		json_line(j);
		if (j->b->len > LIM_STRING)
			return raise(rt, EX_LIMIT, "a text is longer than %u MiB", LIM_STRING >> 20);
		if (map) {
			if (!json_key(j, x))
				return false;
			sb_adds(j->b, ": ");
			if (!rv_getitem(rt, v, keys.u.l->v[i], &x))
				return false;
		}
		if (!json_value(j, x))
			return false;
	}
	j->depth--;
	if (keys.u.l->n > 0)
		json_line(j);
	sb_addc(j->b, map ? '}' : ']');
	return true;
}

static bool json_value(struct json *j, struct rv v)
{
	struct rt *rt = j->rt;
	v = rv_live(rt, v);
	if (j->depth > LIM_VALUE_DEPTH)
		return raise(rt, EX_LIMIT, "values nested deeper than %d", LIM_VALUE_DEPTH);
	switch ((enum rtype)v.t) {
	case R_NONE: sb_adds(j->b, "null"); return true;
	case R_BOOL: sb_adds(j->b, v.u.b ? "true" : "false"); return true;
	case R_FLOAT:
		if (isnan(v.u.d) || isinf(v.u.d)) {
			sb_adds(j->b, isnan(v.u.d) ? "NaN" : v.u.d > 0 ? "Infinity" : "-Infinity");
			return true;
		}
		rv_repr(rt, v, j->b);
		return true;
	case R_INT: case R_BIG: rv_repr(rt, v, j->b); return true;
	case R_STR: json_text(j->b, v); return true;
	case R_LIST: case R_TUPLE: case R_MLIST: case R_DICT: case R_MDICT: return json_container(j, v);
	default: return raise(rt, EX_TYPE, "Object of type %s is not JSON serializable", rv_type_name(v));
	}
}

bool to_json(struct rt *rt, struct rv v, struct rv indent, struct rv *out)
{
	struct json j = { .rt = rt, .b = &rt->tmp };
	size_t mark = rt->tmp.len;
	if (indent.t == R_STR) {
		for (uint32_t i = 0; i < indent.n; i++)   /* compat: made safe for HTML, but not quoted */
			if (memchr("<>&'", indent.u.s[i], 4) != NULL)
				sb_addf(j.b, "\\u%04x", indent.u.s[i]);
			else
				sb_addc(j.b, indent.u.s[i]);
		j.indent = rv_take(rt, mark);
	} else if (indent.t != R_UNSET && indent.t != R_NONE && !rv_binop(rt, OP_MUL, rv_strn(" ", 1), indent, &j.indent)) {
		return false;
	}
	if (!json_value(&j, v))
		return false;
	*out = rv_take(rt, mark);
	out->fl = RV_MARKUP;
	return rt->exc.cls == EX_NONE;
}

/* -- pretty printing -- */

#define WIDTH 80

/* compat: pprint knows types by their __repr__, and neither Markup nor what groupby makes has that of its base. */
static bool opaque(struct rv v) { return (v.t == R_STR && (v.fl & RV_MARKUP)) || (v.t == R_TUPLE && v.fl == 2); }

/* The same value with the keys of its dicts in order, as pprint shows it. */
static struct rv ordered(struct rt *rt, struct rv v, unsigned depth)
{
	v = rv_live(rt, v);
	bool map = rv_mapping(v);
	struct rv keys, x, r;
	if (!rt_tick(rt))
		return v;
	if ((!map && !rv_seq(v)) || opaque(v) || depth > LIM_VALUE_DEPTH || !rv_copy_list(rt, v, &keys))
		return v;
	if (map && !py_sort(rt, keys.u.l, rv_none(), false)) {
		rt->exc = (struct exception){ 0 };       /* keys of several kinds: as they come */
	}
	r = map ? rv_dict(rt) : rv_list(rt, keys.u.l->n);
	for (uint32_t i = 0; i < keys.u.l->n; i++) {
		if (!map)
			rlist_push(rt, r.u.l, ordered(rt, keys.u.l->v[i], depth + 1));
		else if (rv_getitem(rt, v, keys.u.l->v[i], &x) &&
			 !rdict_set(rt, r.u.m, keys.u.l->v[i], ordered(rt, x, depth + 1)))
			return v;
	}
	if (v.t == R_TUPLE)
		r.t = R_TUPLE;
	return r;
}

static struct rv repr_of(struct rt *rt, struct rv v)
{
	size_t mark = rt->tmp.len;
	rv_repr(rt, v, &rt->tmp);
	return rv_take(rt, mark);
}

static void spaces(struct strbuf *b, size_t n)
{
	for (; n > 0; n--)
		sb_addc(b, ' ');
}

/* A long text becomes several, cut behind blanks; in parentheses when nothing else encloses them. */
static void pretty_text(struct rt *rt, struct rv s, struct strbuf *b, size_t indent, size_t allowance, unsigned level)
{
	struct rv lines, chunks = rv_list(rt, 0);
	if (level == 1) {
		indent++;
		allowance++;
	}
	long width = WIDTH - (long)indent;
	if (!str_splitlines(rt, s, true, &lines))
		return;
	for (uint32_t i = 0; i < lines.u.l->n; i++) {
		struct rv line = lines.u.l->v[i], rep = repr_of(rt, line);
		bool last = i + 1 == lines.u.l->n;
		if ((long)u8_len(rep.u.s, rep.n) <= width - (last ? (long)allowance : 0)) {
			rlist_push(rt, chunks.u.l, rep);
			continue;
		}
		size_t from = 0, at = 0;
		while (at < line.n) {
			size_t e = at;
			while (e < line.n && !blank(line.u.s[e]))
				e++;
			while (e < line.n && blank(line.u.s[e]))
				e++;
			long max = width - (last && e == line.n ? (long)allowance : 0);
			struct rv cand = repr_of(rt, rv_strn(line.u.s + from, e - from));
			if ((long)u8_len(cand.u.s, cand.n) > max && at > from) {
				rlist_push(rt, chunks.u.l, repr_of(rt, rv_strn(line.u.s + from, at - from)));
				from = at;
			}
			at = e;
		}
		if (at > from)
			rlist_push(rt, chunks.u.l, repr_of(rt, rv_strn(line.u.s + from, at - from)));
	}
	bool paren = level == 1 && chunks.u.l->n > 1;
	if (paren)
		sb_addc(b, '(');
	for (uint32_t i = 0; i < chunks.u.l->n; i++) {
		if (i > 0) {
			sb_addc(b, '\n');
			spaces(b, indent);
		}
		sb_add(b, chunks.u.l->v[i].u.s, chunks.u.l->v[i].n);
	}
	if (paren)
		sb_addc(b, ')');
}

static void pretty_value(struct rt *rt, struct rv v, struct strbuf *b, size_t indent, size_t allowance, unsigned level)
{
	if (!rt_tick(rt))
		return;
	struct rv rep = repr_of(rt, v), k;
	struct cursor c;
	bool map = rv_mapping(v), seq = rv_seq(v);
	long room = WIDTH - (long)indent - (long)allowance;
	if ((long)u8_len(rep.u.s, rep.n) <= room || !(map || seq || v.t == R_STR) || opaque(v) || level > LIM_VALUE_DEPTH) {
		sb_add(b, rep.u.s, rep.n);
		return;
	}
	level++;
	if (v.t == R_STR) {
		pretty_text(rt, v, b, indent, allowance, level);
		return;
	}
	int64_t n = 0, i = 0;
	sb_addc(b, map ? '{' : v.t == R_TUPLE ? '(' : '[');
	if (!rv_len(rt, v, &n) || !cur_start(rt, v, &c))
		return;
	size_t end = allowance + (v.t == R_TUPLE && n == 1 ? 2 : 1);
	for (; cur_next(rt, &c, &k); i++) {
		size_t in = indent + 1;
		if (i > 0) {
			sb_adds(b, ",\n");
			spaces(b, in);
		}
		if (map) {
			struct rv kr = repr_of(rt, k);
			sb_add(b, kr.u.s, kr.n);
			sb_adds(b, ": ");
			in += u8_len(kr.u.s, kr.n) + 2;
			if (!rv_getitem(rt, v, k, &k))
				return;
		}
		pretty_value(rt, k, b, in, i + 1 == n ? end : 1, level);
	}
	sb_adds(b, map ? "}" : v.t == R_TUPLE ? (n == 1 ? ",)" : ")") : "]");
}

bool pretty(struct rt *rt, struct rv v, struct rv *out)
{
	struct strbuf b = { 0 };
	pretty_value(rt, ordered(rt, v, 0), &b, 0, 0, 0);
	*out = rv_dup(rt, sb_str(&b), b.len);
	sb_free(&b);
	return rt->exc.cls == EX_NONE;
}
