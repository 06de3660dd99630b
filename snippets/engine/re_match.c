/* SPDX-License-Identifier: GPL-2.0-or-later
 * re_match.c - match objects of Python's re, and what a replacement makes of a match.
 */
#include <string.h>

#include "snippets/engine/re.h"

#define P(name)                                                                                                        \
	static bool name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define UNUSED_ARGS (void)self, (void)a, (void)v, (void)rt

struct rv re_group(const struct match *m, uint32_t i)
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
	*out = re_group(m, i);
	if (out->t == R_UNSET)
		*out = rv_none();
	return true;
}

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
		struct rv g = re_group(m, i);
		rlist_push(rt, l.u.l, g.t == R_UNSET ? (v[0].t == R_UNSET ? rv_none() : v[0]) : g);
	}
	l.t = R_TUPLE;
	*out = l;
	return true;
}

struct rv re_group_name(struct rt *rt, const struct pattern *p, uint32_t at)
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
		struct rv name = re_group_name(rt, m->p, g), x = re_group(m, g), none = v[0].t == R_UNSET ? rv_none() : v[0];
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
	*g = re_group(m, k);
	*i = (uint32_t)(e - t.u.s);
	return true;
}

bool re_expand(struct rt *rt, const struct match *m, struct rv t, struct strbuf *b)
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
			g = re_group(m, n);
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

P(m_expand)
{
	UNUSED_ARGS;
	size_t mark = rt->tmp.len;
	if (v[0].t != R_STR)
		return raise(rt, EX_TYPE, "expected str instance, %s found", rv_type_name(v[0]));
	bool ok = re_expand(rt, match_of(self), v[0], &rt->tmp);
	*out = rv_take(rt, mark);
	return ok && rt->exc.cls == EX_NONE;
}

static const struct native match_methods[] = {
	{"group", "*", 0, m_group},
	{"groups", "default", 0, m_groups},
	{"groupdict", "default", 0, m_groupdict},
	{"start", "group", 0, m_start},
	{"end", "group", 0, m_end},
	{"span", "group", 0, m_span},
	{"expand", "template", 1, m_expand},
	{NULL, NULL, 0, NULL},
};

bool re_method(struct rt *rt, const struct robj *o, const struct native *f, const char *name, struct rv *out)
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
		*out = rv_obj(rt, &re_pattern_ops, m->p);
	else if (str_eq(name, "pos"))
		*out = rv_int((int64_t)u8_len(m->subject.u.s, m->pos));
	else if (str_eq(name, "endpos"))
		*out = rv_int((int64_t)u8_len(m->subject.u.s, m->subject.n));
	else if (str_eq(name, "lastindex"))
		*out = last_closed(m) != 0 ? rv_int(last_closed(m)) : rv_none();
	else if (str_eq(name, "lastgroup"))
		*out = re_group_name(rt, m->p, last_closed(m));
	return re_method(rt, o, match_methods, name, out);
}

static bool match_item(struct rt *rt, const struct robj *o, struct rv key, struct rv *out)
{
	return group_value(rt, o->data, key, out);
}

static void match_str(struct rt *rt, const struct robj *o, struct strbuf *b, bool repr)
{
	const struct match *m = o->data;
	struct rv g = re_group(m, 0);
	(void)rt, (void)repr;
	sb_addf(b, "<re.Match object; span=(%zu, %zu), match=", u8_len(m->subject.u.s, m->ov[0]),
		u8_len(m->subject.u.s, m->ov[1]));
	py_str_repr(b, g.t == R_STR ? g.u.s : "", g.n);
	sb_addc(b, '>');
}

const struct obj_ops re_match_ops = { .type = "Match", .attr = match_attr, .item = match_item, .str = match_str };
