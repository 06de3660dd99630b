/* SPDX-License-Identifier: GPL-2.0-or-later
 * mod_re.c - Python's re module on PCRE2. Patterns are translated where the two differ; every match runs under limits
 * on backtracking, depth and heap, so that a hostile pattern ends in an error.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snippets/engine/modules.h"
#include "snippets/engine/rt.h"

enum { RE_I = 2, RE_L = 4, RE_M = 8, RE_S = 16, RE_U = 32, RE_X = 64, RE_A = 256 };
#define MAX_PATTERNS 200

struct pattern { struct rv text; int64_t flags; pcre2_code *code; uint32_t groups; struct pattern *next; };
struct re_state { struct pattern *all; uint32_t n; pcre2_match_context *ctx; };
struct match { struct pattern *p; struct rv subject; size_t *ov; uint32_t n; size_t pos; };

static const struct obj_ops pattern_ops, match_ops;

static struct re_state *state(struct rt *rt)
{
	if (rt->re_cache == NULL) {
		struct re_state *s = xcalloc(1, sizeof(*s));
		s->ctx = pcre2_match_context_create(NULL);
		if (s->ctx != NULL) {
			pcre2_set_match_limit(s->ctx, LIM_RE_MATCH);
			pcre2_set_depth_limit(s->ctx, LIM_RE_DEPTH);
			pcre2_set_heap_limit(s->ctx, LIM_RE_HEAP);
		}
		rt->re_cache = s;
	}
	return rt->re_cache;
}

void rt_free_re(struct rt *rt)
{
	struct re_state *s = rt->re_cache;
	if (s == NULL)
		return;
	for (struct pattern *p = s->all; p != NULL; p = p->next)
		pcre2_code_free(p->code);
	pcre2_match_context_free(s->ctx);
	free(s);
	rt->re_cache = NULL;
}

/* Python's spellings that PCRE2 reads otherwise: \Z is the very end, $ without MULTILINE is the same in both, (?P<n>)
 * too. */
static void translate(struct strbuf *b, struct rv p)
{
	bool cls = false;
	for (uint32_t i = 0; i < p.n; i++) {
		char c = p.u.s[i];
		if (c == '\\' && i + 1 < p.n) {
			char d = p.u.s[++i];
			if (d == 'Z' && !cls) {
				sb_adds(b, "\\z");
			} else {
				sb_addc(b, c);
				sb_addc(b, d);
			}
			continue;
		}
		if (c == '[' && cls)
			sb_addc(b, '\\'); /* a plain [ inside a class; PCRE2 would look for [:name:] */
		else if (c == '[')
			cls = true;
		else if (c == ']' && cls &&
			 !(i > 0 && (p.u.s[i - 1] == '[' || (p.u.s[i - 1] == '^' && i > 1 && p.u.s[i - 2] == '['))))
			cls = false;
		sb_addc(b, c);
	}
}

static bool compile(struct rt *rt, struct rv text, int64_t flags, struct pattern **ret)
{
	struct re_state *s = state(rt);
	if (text.t == R_OBJ && text.u.o->ops == &pattern_ops) {
		*ret = text.u.o->data;
		return true;
	}
	if (text.t != R_STR)
		return raise(rt, EX_TYPE, "first argument must be string or compiled pattern");
	for (struct pattern *p = s->all; p != NULL; p = p->next)
		if (p->flags == flags && rv_same(p->text, text)) {
			*ret = p;
			return true;
		}
	if (text.n > LIM_RE_PATTERN)
		return raise(rt, EX_LIMIT, "a regular expression is longer than %d bytes", LIM_RE_PATTERN);
	if (s->n >= MAX_PATTERNS || s->ctx == NULL)
		return raise(rt, EX_LIMIT, "more than %d regular expressions in one render", MAX_PATTERNS);
	struct strbuf b = { 0 };
	translate(&b, text);
	uint32_t opt = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;
	opt |= flags & RE_A ? 0 : PCRE2_UCP;
	opt |= (flags & RE_I ? PCRE2_CASELESS : 0) | (flags & RE_M ? PCRE2_MULTILINE : 0) |
	       (flags & RE_S ? PCRE2_DOTALL : 0) | (flags & RE_X ? PCRE2_EXTENDED : 0);
	int code;
	PCRE2_SIZE at;
	struct pattern *p = rt_alloc(rt, sizeof(*p));
	*p = (struct pattern){ .text = text, .flags = flags, .next = s->all };
	p->code = pcre2_compile((PCRE2_SPTR)sb_str(&b), b.len, opt, &code, &at, NULL);
	sb_free(&b);
	if (p->code == NULL) {
		PCRE2_UCHAR msg[160];
		pcre2_get_error_message(code, msg, sizeof(msg));
		return raise(rt, EX_RE, "%s at position %zu", (const char *)msg, (size_t)at);
	}
	pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &p->groups);
	s->all = p;
	s->n++;
	*ret = p;
	return true;
}

enum how { SEARCH, MATCH, FULL };

/* *m NULL: no match. */
static bool run(
	struct rt *rt, struct pattern *p, struct rv subj, size_t from, enum how how, uint32_t extra, struct match **m)
{
	if (subj.t == R_UNDEF && rt->missing != NULL)
		return rt->missing(rt, &subj);
	if (subj.t != R_STR)
		return raise(rt, EX_TYPE, "expected string or bytes-like object, got '%s'", rv_type_name(subj));
	pcre2_match_data *md = pcre2_match_data_create_from_pattern(p->code, NULL);
	if (md == NULL)
		return raise(rt, EX_LIMIT, "no memory for a match");
	uint32_t opt = (how != SEARCH ? PCRE2_ANCHORED : 0) | (how == FULL ? PCRE2_ENDANCHORED : 0) |
		       PCRE2_NO_UTF_CHECK | extra;
	int rc = pcre2_match(p->code, (PCRE2_SPTR)subj.u.s, subj.n, from, opt, md, state(rt)->ctx);
	*m = NULL;
	bool ok = true;
	if (rc > 0) {
		struct match *x = rt_alloc(rt, sizeof(*x));
		*x = (struct match){ .p = p, .subject = subj, .n = p->groups + 1, .pos = from };
		x->ov = rt_alloc(rt, 2 * (size_t)x->n * sizeof(*x->ov));
		memcpy(x->ov, pcre2_get_ovector_pointer(md), 2 * (size_t)x->n * sizeof(*x->ov));
		*m = x;
	} else if (rc != PCRE2_ERROR_NOMATCH) {
		ok = raise(rt, EX_LIMIT, "a regular expression needs too many steps (%d)", rc);
	}
	pcre2_match_data_free(md);
	rt->steps += 20;
	return ok && rt_tick(rt);
}

static struct rv group(const struct match *m, uint32_t i)
{
	if (i >= m->n || m->ov[2 * i] == PCRE2_UNSET || m->ov[2 * i] > m->ov[2 * i + 1])
		return (struct rv){ .t = R_UNSET };
	return rv_strn(m->subject.u.s + m->ov[2 * i], m->ov[2 * i + 1] - m->ov[2 * i]);
}

static bool group_index(struct rt *rt, const struct match *m, struct rv key, uint32_t *out)
{
	int n = -1;
	if (key.t == R_UNSET)
		n = 0;
	else if (key.t == R_INT && key.u.i >= 0 && key.u.i < m->n)
		n = (int)key.u.i;
	else if (key.t == R_STR)
		n = pcre2_substring_number_from_name(m->p->code, (PCRE2_SPTR)rv_cz(rt, key));
	if (n < 0 || (uint32_t)n >= m->n)
		return raise(rt, EX_INDEX, "no such group");
	*out = (uint32_t)n;
	return true;
}

static bool group_value(struct rt *rt, const struct match *m, struct rv key, struct rv *out)
{
	uint32_t i = 0;
	if (!group_index(rt, m, key, &i))
		return false;
	*out = group(m, i);
	if (out->t == R_UNSET)
		*out = rv_none();
	return true;
}

/* -- match objects -- */

#define P(name)                                                                                                        \
	static bool name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define UNUSED_ARGS (void)self, (void)a, (void)v, (void)rt

static const struct match *match_of(struct rv self) { return self.u.o->data; }

P(m_group)
{
	UNUSED_ARGS;
	struct rv t[LIM_ARGS];
	if (a->n <= 1)
		return group_value(rt, match_of(self), a->n == 0 ? (struct rv){ .t = R_UNSET } : a->v[0], out);
	for (uint32_t i = 0; i < a->n; i++)
		if (!group_value(rt, match_of(self), a->v[i], &t[i]))
			return false;
	*out = rv_tuple(rt, t, a->n);
	return true;
}

P(m_groups)
{
	UNUSED_ARGS;
	const struct match *m = match_of(self);
	struct rv l = rv_list(rt, m->n);
	for (uint32_t i = 1; i < m->n; i++) {
		struct rv g = group(m, i);
		rlist_push(rt, l.u.l, g.t == R_UNSET ? (v[0].t == R_UNSET ? rv_none() : v[0]) : g);
	}
	l.t = R_TUPLE;
	*out = l;
	return true;
}

/* None: a group without a name. */
static struct rv group_name(struct rt *rt, const struct pattern *p, uint32_t at)
{
	PCRE2_SPTR table;
	uint32_t size, count;
	pcre2_pattern_info(p->code, PCRE2_INFO_NAMECOUNT, &count);
	pcre2_pattern_info(p->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(p->code, PCRE2_INFO_NAMETABLE, &table);
	for (uint32_t i = 0; i < count; i++, table += size)
		if (at != 0 && ((uint32_t)table[0] << 8 | table[1]) == at)
			return rv_dup(rt, (const char *)table + 2, strlen((const char *)table + 2));
	return rv_none();
}

P(m_groupdict)
{
	UNUSED_ARGS;
	const struct match *m = match_of(self);
	*out = rv_dict(rt);
	for (uint32_t g = 1; g < m->n; g++) {             /* in the order of the pattern */
		struct rv name = group_name(rt, m->p, g), x = group(m, g), none = v[0].t == R_UNSET ? rv_none() : v[0];
		if (name.t == R_STR && !rdict_set(rt, out->u.m, name, x.t == R_UNSET ? none : x))
			return false;
	}
	return true;
}

static bool offset(struct rt *rt, const struct match *m, struct rv key, int which, int64_t *out)
{
	uint32_t i = 0;
	if (!group_index(rt, m, key, &i))
		return false;
	size_t at = m->ov[2 * i + (uint32_t)which];
	*out = at == PCRE2_UNSET ? -1 : (int64_t)u8_len(m->subject.u.s, at);
	return true;
}

P(m_start)
{
	UNUSED_ARGS;
	int64_t i;
	if (!offset(rt, match_of(self), v[0], 0, &i))
		return false;
	*out = rv_int(i);
	return true;
}
P(m_end)
{
	UNUSED_ARGS;
	int64_t i;
	if (!offset(rt, match_of(self), v[0], 1, &i))
		return false;
	*out = rv_int(i);
	return true;
}

P(m_span)
{
	UNUSED_ARGS;
	int64_t b, e;
	if (!offset(rt, match_of(self), v[0], 0, &b) || !offset(rt, match_of(self), v[0], 1, &e))
		return false;
	*out = rv_tuple(rt, (struct rv[]){ rv_int(b), rv_int(e) }, 2);
	return true;
}

/* -- replacing -- */

static bool bad_replacement(struct rt *rt, struct rv t, size_t at, const char *what)
{
	return raise(rt, EX_RE, "%s at position %zu", what, u8_len(t.u.s, at));
}

static bool identifier(const char *s)
{
	for (const char *p = s; *p != '\0'; p++)
		if (!(*p == '_' || (unsigned)(*p | 0x20) - 'a' < 26 || (unsigned char)*p >= 0x80 || (p > s && (unsigned)*p - '0' < 10)))
			return false;
	return true;
}

/* The group that \g<...> at *i names; *i: the ">" then. */
static bool named_group(struct rt *rt, const struct match *m, struct rv t, uint32_t *i, struct rv *g)
{
	uint32_t from = *i + 2;
	if (*i + 1 >= t.n || t.u.s[*i + 1] != '<')
		return bad_replacement(rt, t, *i + 1, "missing <");
	const char *e = memchr(t.u.s + from, '>', t.n - from);
	if (e == NULL)
		return bad_replacement(rt, t, from, from == t.n ? "missing group name" : "missing >, unterminated name");
	struct rv name = rv_dup(rt, t.u.s + from, (size_t)(e - t.u.s) - from);
	int64_t n;
	uint32_t k = 0;
	if (name.n == 0)
		return bad_replacement(rt, t, from, "missing group name");
	bool number = strspn(name.u.s, "0123456789") == name.n && parse_int64(name.u.s, &n);
	if (number && n >= (int64_t)m->n)
		return raise(rt, EX_RE, "invalid group reference %lld at position %zu", (long long)n, u8_len(t.u.s, from));
	if (!number && !identifier(name.u.s))
		return raise(rt, EX_RE, "bad character in group name '%s' at position %zu", name.u.s, u8_len(t.u.s, from));
	if (!group_index(rt, m, number ? rv_int(n) : name, &k))
		return number ? false : raise(rt, EX_INDEX, "unknown group name '%s'", name.u.s);
	*g = group(m, k);
	*i = (uint32_t)(e - t.u.s);
	return true;
}

/* What sre_parse makes of a replacement. */
static bool expand(struct rt *rt, const struct match *m, struct rv t, struct strbuf *b)
{
	static const char from[] = "nrtfvab\\", to[] = "\n\r\t\f\v\a\b\\";
	for (uint32_t i = 0; i < t.n; i++) {
		char c = t.u.s[i];
		uint32_t at = i;
		struct rv g = { .t = R_UNSET };
		if (c != '\\') {
			sb_addc(b, c);
			continue;
		}
		if (++i >= t.n)
			return bad_replacement(rt, t, at, "bad escape (end of pattern)");
		c = t.u.s[i];
		if (c == '0')
			return raise(rt, EX_RE, "octal escapes in a replacement are refused");
		if (c >= '1' && c <= '9') {
			uint32_t n = (uint32_t)(c - '0');
			if (i + 1 < t.n && t.u.s[i + 1] >= '0' && t.u.s[i + 1] <= '9')
				n = n * 10 + (uint32_t)(t.u.s[++i] - '0');
			if (n >= m->n)
				return raise(rt, EX_RE, "invalid group reference %u at position %zu", n, u8_len(t.u.s, at + 1));
			g = group(m, n);
		} else if (c == 'g') {
			if (!named_group(rt, m, t, &i, &g))
				return false;
		} else if (c != '\0' && strchr(from, c) != NULL) {
			sb_addc(b, to[strchr(from, c) - from]);
		} else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
			return raise(rt, EX_RE, "bad escape \\%c at position %zu", c, u8_len(t.u.s, at));
		} else {
			sb_addc(b, '\\');
			sb_addc(b, c);
		}
		if (g.t == R_STR)
			sb_add(b, g.u.s, g.n);
	}
	return true;
}

/* Python reads a replacement before it looks for matches: is it one for this pattern? */
static bool check_replacement(struct rt *rt, struct pattern *p, struct rv repl)
{
	struct match m = { .p = p, .n = p->groups + 1 };
	size_t mark = rt->tmp.len;
	if (repl.t != R_STR || memchr(repl.u.s, '\\', repl.n) == NULL)
		return true;
	m.ov = rt_alloc(rt, 2 * (size_t)m.n * sizeof(*m.ov));
	for (uint32_t i = 0; i < 2 * m.n; i++)
		m.ov[i] = PCRE2_UNSET;
	bool ok = expand(rt, &m, repl, &rt->tmp);
	sb_truncate(&rt->tmp, mark);
	return ok && rt->exc.cls == EX_NONE;
}

/* Walks over all matches as Python's scanner does: an empty one right behind another counts, the same empty one twice
 * does not. */
static bool next_match(struct rt *rt, struct pattern *p, struct rv s, size_t *at, bool *empty_ok, struct match **m)
{
	*m = NULL;
	if (*at > s.n)
		return true;
	if (!run(rt, p, s, *at, SEARCH, *empty_ok ? 0 : PCRE2_NOTEMPTY_ATSTART, m))
		return false;
	if (*m == NULL)
		return true;
	size_t b = (*m)->ov[0], e = (*m)->ov[1];
	if (e < b) {
		*m = NULL;
		return true;
	}
	*at = e;
	*empty_ok = e != b;
	return true;
}

static bool substitute(
	struct rt *rt, struct pattern *p, struct rv repl, struct rv s, int64_t count, struct rv *out, int64_t *done)
{
	size_t mark = rt->tmp.len, at = 0, copied = 0;
	bool empty_ok = true;
	struct match *m;
	*done = 0;
	if (s.t != R_STR)
		return raise(rt, EX_TYPE, "expected string or bytes-like object, got '%s'", rv_type_name(s));
	if (repl.t != R_STR && !rv_callable(repl))
		return raise(rt, EX_TYPE, "decoding to str: need a bytes-like object, %s found", rv_type_name(repl));
	if (!check_replacement(rt, p, repl))
		return false;
	while (count == 0 || *done < count) {
		if (!next_match(rt, p, s, &at, &empty_ok, &m))
			return false;
		if (m == NULL)
			break;
		sb_add(&rt->tmp, s.u.s + copied, m->ov[0] - copied);
		copied = m->ov[1];
		if (repl.t == R_STR) {
			(void)expand(rt, m, repl, &rt->tmp);   /* the exception is seen by all that follow */
		} else {
			struct rv arg = rv_obj(rt, &match_ops, m), r;
			struct args a = { .v = &arg, .n = 1 };
			if (!rv_call(rt, repl, &a, &r))
				return false;
			rv_str(rt, r, &rt->tmp);
		}
		if (rt->exc.cls != EX_NONE)
			return false;
		if (rt->tmp.len - mark > LIM_STRING)
			return raise(rt, EX_LIMIT, "a text is longer than %u MiB", LIM_STRING >> 20);
		(*done)++;
	}
	sb_add(&rt->tmp, s.u.s + copied, s.n - copied);
	*out = rv_take(rt, mark);
	return rt->exc.cls == EX_NONE;
}

static bool split(struct rt *rt, struct pattern *p, struct rv s, int64_t max, struct rv *out)
{
	size_t at = 0, copied = 0;
	bool empty_ok = true;
	struct match *m;
	*out = rv_list(rt, 0);
	if (s.t != R_STR)
		return raise(rt, EX_TYPE, "expected string or bytes-like object, got '%s'", rv_type_name(s));
	for (int64_t n = 0; max == 0 || n < max; n++) {
		if (!next_match(rt, p, s, &at, &empty_ok, &m))
			return false;
		if (m == NULL)
			break;
		rlist_push(rt, out->u.l, rv_strn(s.u.s + copied, m->ov[0] - copied));
		for (uint32_t g = 1; g < m->n; g++) {
			struct rv x = group(m, g);
			rlist_push(rt, out->u.l, x.t == R_UNSET ? rv_none() : x);
		}
		copied = m->ov[1];
	}
	rlist_push(rt, out->u.l, rv_strn(s.u.s + copied, s.n - copied));
	return rt->exc.cls == EX_NONE;
}

static bool find_all(struct rt *rt, struct pattern *p, struct rv s, bool iter, struct rv *out)
{
	size_t at = 0;
	bool empty_ok = true;
	struct match *m;
	struct rv l = rv_list(rt, 0);
	if (s.t != R_STR)
		return raise(rt, EX_TYPE, "expected string or bytes-like object, got '%s'", rv_type_name(s));
	for (;;) {
		if (!next_match(rt, p, s, &at, &empty_ok, &m))
			return false;
		if (m == NULL)
			break;
		struct rv g = group(m, m->n == 2 ? 1 : 0);
		if (iter) {
			g = rv_obj(rt, &match_ops, m);
		} else if (m->n > 2) {
			struct rv t = rv_list(rt, m->n);
			for (uint32_t i = 1; i < m->n; i++) {
				struct rv x = group(m, i);
				rlist_push(rt, t.u.l, x.t == R_UNSET ? rv_strn("", 0) : x);
			}
			t.t = R_TUPLE;
			g = t;
		}
		rlist_push(rt, l.u.l, g.t == R_UNSET ? rv_strn("", 0) : g);
		if (rt->exc.cls != EX_NONE)
			return false;
	}
	*out = iter ? rv_iter_of(rt, l, "callable_iterator") : l;
	return true;
}

/* -- the functions; as methods of a pattern they come without the pattern argument -- */

static bool int_of(struct rt *rt, struct rv v, int64_t *out)
{
	*out = 0;
	if (v.t == R_UNSET)
		return true;
	if (v.t != R_INT && v.t != R_BOOL)
		return raise(rt, EX_TYPE, "'%s' object cannot be interpreted as an integer", rv_type_name(v));
	*out = rv_asint(v);
	return true;
}

static bool one(struct rt *rt, struct pattern *p, struct rv s, struct rv pos, enum how how, struct rv *out)
{
	struct match *m;
	int64_t from;
	if (!int_of(rt, pos, &from))
		return false;
	size_t at = s.t == R_STR && from > 0 ? u8_off(s.u.s, s.n, (size_t)from) : 0;
	if (!run(rt, p, s, at, how, 0, &m))
		return false;
	*out = m != NULL ? rv_obj(rt, &match_ops, m) : rv_none();
	return true;
}

static bool fn_one(struct rt *rt, const struct rv *v, enum how how, struct rv *out)
{
	struct pattern *p;
	int64_t flags;
	return int_of(rt, v[2], &flags) && compile(rt, v[0], flags, &p) &&
	       one(rt, p, v[1], (struct rv){.t = R_UNSET}, how, out);
}

P(f_match) { UNUSED_ARGS; return fn_one(rt, v, MATCH, out); }
P(f_search) { UNUSED_ARGS; return fn_one(rt, v, SEARCH, out); }
P(f_fullmatch) { UNUSED_ARGS; return fn_one(rt, v, FULL, out); }

P(f_compile)
{
	UNUSED_ARGS;
	struct pattern *p;
	int64_t flags;
	if (!int_of(rt, v[1], &flags) || !compile(rt, v[0], flags, &p))
		return false;
	*out = rv_obj(rt, &pattern_ops, p);
	return true;
}

static bool sub_any(
	struct rt *rt, struct pattern *p, struct rv repl, struct rv s, struct rv count, bool n, struct rv *out)
{
	int64_t max, done;
	if (!int_of(rt, count, &max) || !substitute(rt, p, repl, s, max, out, &done))
		return false;
	if (n)
		*out = rv_tuple(rt, (struct rv[]){ *out, rv_int(done) }, 2);
	return true;
}

static bool fn_sub(struct rt *rt, const struct rv *v, bool n, struct rv *out)
{
	struct pattern *p;
	int64_t flags;
	return int_of(rt, v[4], &flags) && compile(rt, v[0], flags, &p) && sub_any(rt, p, v[1], v[2], v[3], n, out);
}

P(f_sub) { UNUSED_ARGS; return fn_sub(rt, v, false, out); }
P(f_subn) { UNUSED_ARGS; return fn_sub(rt, v, true, out); }

P(f_split)
{
	UNUSED_ARGS;
	struct pattern *p;
	int64_t flags, max;
	return int_of(rt, v[3], &flags) && int_of(rt, v[2], &max) && compile(rt, v[0], flags, &p) &&
	       split(rt, p, v[1], max, out);
}

static bool fn_find(struct rt *rt, const struct rv *v, bool iter, struct rv *out)
{
	struct pattern *p;
	int64_t flags;
	return int_of(rt, v[2], &flags) && compile(rt, v[0], flags, &p) && find_all(rt, p, v[1], iter, out);
}

P(f_findall) { UNUSED_ARGS; return fn_find(rt, v, false, out); }
P(f_finditer) { UNUSED_ARGS; return fn_find(rt, v, true, out); }

P(f_escape)
{
	UNUSED_ARGS;
	size_t mark = rt->tmp.len;
	if (v[0].t != R_STR)
		return raise(rt, EX_TYPE, "escape() takes a text, not %s", rv_type_name(v[0]));
	for (uint32_t i = 0; i < v[0].n; i++) {
		if (strchr("()[]{}?*+-|^$\\.&~# \t\n\r\v\f", v[0].u.s[i]) != NULL)
			sb_addc(&rt->tmp, '\\');
		sb_addc(&rt->tmp, v[0].u.s[i]);
	}
	*out = rv_take(rt, mark);
	return true;
}

static struct pattern *pat_of(struct rv self) { return self.u.o->data; }

P(p_match) { UNUSED_ARGS; return one(rt, pat_of(self), v[0], v[1], MATCH, out); }
P(p_search) { UNUSED_ARGS; return one(rt, pat_of(self), v[0], v[1], SEARCH, out); }
P(p_fullmatch) { UNUSED_ARGS; return one(rt, pat_of(self), v[0], v[1], FULL, out); }
P(p_sub) { UNUSED_ARGS; return sub_any(rt, pat_of(self), v[0], v[1], v[2], false, out); }
P(p_subn) { UNUSED_ARGS; return sub_any(rt, pat_of(self), v[0], v[1], v[2], true, out); }
P(p_split) { UNUSED_ARGS; int64_t max; return int_of(rt, v[1], &max) && split(rt, pat_of(self), v[0], max, out); }
P(p_findall) { UNUSED_ARGS; return find_all(rt, pat_of(self), v[0], false, out); }
P(p_finditer) { UNUSED_ARGS; return find_all(rt, pat_of(self), v[0], true, out); }

P(m_expand)
{
	UNUSED_ARGS;
	size_t mark = rt->tmp.len;
	if (v[0].t != R_STR)
		return raise(rt, EX_TYPE, "expected str instance, %s found", rv_type_name(v[0]));
	bool ok = expand(rt, match_of(self), v[0], &rt->tmp);
	*out = rv_take(rt, mark);
	return ok && rt->exc.cls == EX_NONE;
}

static const struct native match_methods[] =
	{
		{"group", "*", 0, m_group},
		{"groups", "default", 0, m_groups},
		{"groupdict", "default", 0, m_groupdict},
		{"start", "group", 0, m_start},
		{"end", "group", 0, m_end},
		{"span", "group", 0, m_span},
		{"expand", "template", 1, m_expand},
		{NULL, NULL, 0, NULL},
},
			   pattern_methods[] =
				   {
					   {"match", "string pos", 1, p_match},
					   {"search", "string pos", 1, p_search},
					   {"fullmatch", "string pos", 1, p_fullmatch},
					   {"sub", "repl string count", 2, p_sub},
					   {"subn", "repl string count", 2, p_subn},
					   {"split", "string maxsplit", 1, p_split},
					   {"findall", "string", 1, p_findall},
					   {"finditer", "string", 1, p_finditer},
					   {NULL, NULL, 0, NULL},
},
			   functions[] = {
				   {"match", "pattern string flags", 2, f_match},
				   {"search", "pattern string flags", 2, f_search},
				   {"fullmatch", "pattern string flags", 2, f_fullmatch},
				   {"compile", "pattern flags", 1, f_compile},
				   {"sub", "pattern repl string count flags", 3, f_sub},
				   {"subn", "pattern repl string count flags", 3, f_subn},
				   {"split", "pattern string maxsplit flags", 2, f_split},
				   {"findall", "pattern string flags", 2, f_findall},
				   {"finditer", "pattern string flags", 2, f_finditer},
				   {"escape", "pattern", 1, f_escape},
				   {NULL, NULL, 0, NULL},
};

static bool method(struct rt *rt, const struct robj *o, const struct native *f, const char *name, struct rv *out)
{
	for (; f->name != NULL; f++)
		if (str_eq(f->name, name)) {
			struct nmethod *m = rt_alloc(rt, sizeof(*m));
			*m = (struct nmethod){ { .t = R_OBJ, .u.o = o }, f };
			*out = (struct rv){ .t = R_METHOD, .u.me = m };
		}
	return true;
}

/* The group that ended last; where one ends with another, the outer one. 0: none took part. */
static uint32_t last_closed(const struct match *m)
{
	uint32_t last = 0;
	for (uint32_t i = 1; i < m->n; i++) {
		const size_t *g = m->ov + 2 * (size_t)i, *l = m->ov + 2 * (size_t)last;
		if (g[0] != PCRE2_UNSET && (last == 0 || g[1] > l[1] || (g[1] == l[1] && g[0] >= l[1])))
			last = i;
	}
	return last;
}

static bool match_attr(struct rt *rt, const struct robj *o, const char *name, struct rv *out)
{
	const struct match *m = o->data;
	*out = (struct rv){ .t = R_UNSET };
	if (str_eq(name, "string"))
		*out = m->subject;
	else if (str_eq(name, "re"))
		*out = rv_obj(rt, &pattern_ops, m->p);
	else if (str_eq(name, "pos"))
		*out = rv_int((int64_t)u8_len(m->subject.u.s, m->pos));
	else if (str_eq(name, "endpos"))
		*out = rv_int((int64_t)u8_len(m->subject.u.s, m->subject.n));
	else if (str_eq(name, "lastindex"))
		*out = last_closed(m) != 0 ? rv_int(last_closed(m)) : rv_none();
	else if (str_eq(name, "lastgroup"))
		*out = group_name(rt, m->p, last_closed(m));
	return method(rt, o, match_methods, name, out);
}

static bool match_item(struct rt *rt, const struct robj *o, struct rv key, struct rv *out)
{
	return group_value(rt, o->data, key, out);
}

static void match_str(struct rt *rt, const struct robj *o, struct strbuf *b, bool repr)
{
	const struct match *m = o->data;
	struct rv g = group(m, 0);
	(void)rt, (void)repr;
	sb_addf(b, "<re.Match object; span=(%zu, %zu), match=", u8_len(m->subject.u.s, m->ov[0]),
		u8_len(m->subject.u.s, m->ov[1]));
	py_str_repr(b, g.t == R_STR ? g.u.s : "", g.n);
	sb_addc(b, '>');
}

static bool pattern_attr(struct rt *rt, const struct robj *o, const char *name, struct rv *out)
{
	const struct pattern *p = o->data;
	*out = (struct rv){ .t = R_UNSET };
	if (str_eq(name, "pattern"))
		*out = p->text;
	else if (str_eq(name, "groups"))
		*out = rv_int(p->groups);
	else if (str_eq(name, "flags"))
		*out = rv_int(p->flags | RE_U);
	else if (str_eq(name, "groupindex")) {
		*out = rv_dict(rt);
		for (uint32_t i = 1; i <= p->groups; i++) {
			struct rv n = group_name(rt, p, i);
			if (n.t == R_STR && !rdict_set(rt, out->u.m, n, rv_int(i)))
				return false;
		}
	}
	return method(rt, o, pattern_methods, name, out);
}

static void pattern_str(struct rt *rt, const struct robj *o, struct strbuf *b, bool repr)
{
	const struct pattern *p = o->data;
	(void)rt, (void)repr;
	sb_adds(b, "re.compile(");
	py_str_repr(b, p->text.u.s, p->text.n);
	sb_addc(b, ')');
}

static const struct obj_ops match_ops = { .type = "Match", .attr = match_attr, .item = match_item, .str = match_str };
static const struct obj_ops pattern_ops = { .type = "Pattern", .attr = pattern_attr, .str = pattern_str };

static const struct modnum flags[] = {
	{"I", RE_I},
	{"IGNORECASE", RE_I},
	{"M", RE_M},
	{"MULTILINE", RE_M},
	{"S", RE_S},
	{"DOTALL", RE_S},
	{"X", RE_X},
	{"VERBOSE", RE_X},
	{"U", RE_U},
	{"UNICODE", RE_U},
	{"A", RE_A},
	{"ASCII", RE_A},
	{"L", RE_L},
	{"LOCALE", RE_L},
	{NULL, 0},
};

const struct module mod_re = { .name = "re", .f = functions, .error = EX_RE, .nums = flags };
