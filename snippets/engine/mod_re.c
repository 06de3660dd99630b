/* SPDX-License-Identifier: GPL-2.0-or-later
 * mod_re.c - the functions of Python's module re, and its pattern objects.
 */
#include <string.h>

#include "snippets/engine/re.h"

#define P(name)                                                                                                        \
	static bool name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define UNUSED_ARGS (void)self, (void)a, (void)v, (void)rt

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
	bool ok = re_expand(rt, &m, repl, &rt->tmp);
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
	if (!re_run(rt, p, s, *at, SEARCH, *empty_ok ? 0 : PCRE2_NOTEMPTY_ATSTART, m))
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
			(void)re_expand(rt, m, repl, &rt->tmp);   /* the exception is seen by all that follow */
		} else {
			struct rv arg = rv_obj(rt, &re_match_ops, m), r;
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
			struct rv x = re_group(m, g);
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
		struct rv g = re_group(m, m->n == 2 ? 1 : 0);
		if (iter) {
			g = rv_obj(rt, &re_match_ops, m);
		} else if (m->n > 2) {
			struct rv t = rv_list(rt, m->n);
			for (uint32_t i = 1; i < m->n; i++) {
				struct rv x = re_group(m, i);
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
	if (!re_run(rt, p, s, at, how, 0, &m))
		return false;
	*out = m != NULL ? rv_obj(rt, &re_match_ops, m) : rv_none();
	return true;
}

static bool fn_one(struct rt *rt, const struct rv *v, enum how how, struct rv *out)
{
	struct pattern *p;
	int64_t flags;
	return int_of(rt, v[2], &flags) && re_compile(rt, v[0], flags, &p) &&
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
	if (!int_of(rt, v[1], &flags) || !re_compile(rt, v[0], flags, &p))
		return false;
	*out = rv_obj(rt, &re_pattern_ops, p);
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
	return int_of(rt, v[4], &flags) && re_compile(rt, v[0], flags, &p) && sub_any(rt, p, v[1], v[2], v[3], n, out);
}

P(f_sub) { UNUSED_ARGS; return fn_sub(rt, v, false, out); }
P(f_subn) { UNUSED_ARGS; return fn_sub(rt, v, true, out); }

P(f_split)
{
	UNUSED_ARGS;
	struct pattern *p;
	int64_t flags, max;
	return int_of(rt, v[3], &flags) && int_of(rt, v[2], &max) && re_compile(rt, v[0], flags, &p) &&
	       split(rt, p, v[1], max, out);
}

static bool fn_find(struct rt *rt, const struct rv *v, bool iter, struct rv *out)
{
	struct pattern *p;
	int64_t flags;
	return int_of(rt, v[2], &flags) && re_compile(rt, v[0], flags, &p) && find_all(rt, p, v[1], iter, out);
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

static const struct native pattern_methods[] = {
	{"match", "string pos", 1, p_match},
	{"search", "string pos", 1, p_search},
	{"fullmatch", "string pos", 1, p_fullmatch},
	{"sub", "repl string count", 2, p_sub},
	{"subn", "repl string count", 2, p_subn},
	{"split", "string maxsplit", 1, p_split},
	{"findall", "string", 1, p_findall},
	{"finditer", "string", 1, p_finditer},
	{NULL, NULL, 0, NULL},
};
static const struct native functions[] = {
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
			struct rv n = re_group_name(rt, p, i);
			if (n.t == R_STR && !rdict_set(rt, out->u.m, n, rv_int(i)))
				return false;
		}
	}
	return re_method(rt, o, pattern_methods, name, out);
}

static void pattern_str(struct rt *rt, const struct robj *o, struct strbuf *b, bool repr)
{
	const struct pattern *p = o->data;
	(void)rt, (void)repr;
	sb_adds(b, "re.compile(");
	py_str_repr(b, p->text.u.s, p->text.n);
	sb_addc(b, ')');
}

const struct obj_ops re_pattern_ops = { .type = "Pattern", .attr = pattern_attr, .str = pattern_str };

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
