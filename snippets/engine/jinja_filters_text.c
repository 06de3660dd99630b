/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_filters_text.c - the filters that work on text and numbers.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snippets/engine/builtins.h"
#include "snippets/engine/jinja.h"
#include "snippets/engine/jinja_text.h"
#include "snippets/engine/str_case.h"
#include "snippets/engine/str_methods.h"

#define F(name)                                                                                                        \
	static bool f_##name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define UNUSED_ARGS (void)self, (void)a, (void)v, (void)rt

/* str(), but text that needs no escaping stays so. */
static bool soft(struct rt *rt, struct rv v, struct rv *s)
{
	*s = rv_tostr(rt, v);
	return rt->exc.cls == EX_NONE;
}

static bool want_text(struct rt *rt, struct rv v, const char *method)
{
	if (v.t == R_UNDEF)
		return j_missing(rt, &v);
	return v.t == R_STR || raise(rt, EX_ATTRIBUTE, "'%s' object has no attribute '%s'", rv_type_name(v), method);
}

static bool mapped(struct rt *rt, const struct rv *v, struct rv (*fn)(struct rt *, struct rv), struct rv *out)
{
	struct rv s;
	if (!soft(rt, v[0], &s))
		return false;
	*out = fn(rt, s);
	out->fl = s.fl;
	return true;
}

F(upper) { UNUSED_ARGS; return mapped(rt, v, str_upper, out); }
F(lower) { UNUSED_ARGS; return mapped(rt, v, str_lower, out); }
F(capitalize) { UNUSED_ARGS; return mapped(rt, v, str_capitalize, out); }

/* Words begin behind blanks and - ( { [ < ; each is capitalised. */
F(title)
{
	UNUSED_ARGS;
	struct rv s;
	size_t mark = rt->tmp.len, k;
	bool start = true;
	if (!soft(rt, v[0], &s))
		return false;
	for (size_t i = 0; i < s.n; i += k) {
		uint32_t c = u8_at(s.u.s + i, s.n - i, &k);
		bool sep = cp_space(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
		if (start && c == 0xdf)
			sb_adds(&rt->tmp, "SS");
		else if (!start && c == 0x130)
			sb_adds(&rt->tmp, "i\xcc\x87");
		else
			u8_put(&rt->tmp, sep ? c : start ? cp_upper(c) : cp_lower(c));
		start = sep;
	}
	*out = rv_take(rt, mark);
	return true;
}

F(string) { UNUSED_ARGS; return soft(rt, v[0], out); }

F(escape) { UNUSED_ARGS; return markup_of(rt, v[0], false, out); }
F(forceescape) { UNUSED_ARGS; return markup_of(rt, v[0], true, out); }

F(safe)
{
	UNUSED_ARGS;
	if (!soft(rt, v[0], out))
		return false;
	*out = j_markup(*out);
	return true;
}

F(trim)
{
	UNUSED_ARGS;
	struct rv s;
	if (!soft(rt, v[0], &s))
		return false;
	if (v[1].t != R_UNSET && v[1].t != R_NONE && v[1].t != R_STR)
		return raise(rt, EX_TYPE, "strip arg must be None or str");
	*out = str_strip(s, v[1].t == R_STR ? v[1].u.s : NULL, v[1].n, 3);
	return true;
}

F(center)
{
	UNUSED_ARGS;
	struct rv s;
	int64_t w = 80;
	if (!soft(rt, v[0], &s))
		return false;
	if (v[1].t != R_UNSET) {
		if (v[1].t != R_INT && v[1].t != R_BOOL)
			return raise(
				rt, EX_TYPE, "'%s' object cannot be interpreted as an integer", rv_type_name(v[1]));
		w = rv_asint(v[1]);
	}
	if (w > LIM_STRING)
		return raise(rt, EX_LIMIT, "a text is longer than %u MiB", LIM_STRING >> 20);
	*out = str_center(rt, s, w, 0);
	out->fl = s.fl;
	return true;
}

F(replace)
{
	UNUSED_ARGS;
	struct rv s, x, y;
	int64_t n = -1;
	if (!soft(rt, v[0], &s) || !soft(rt, v[1], &x) || !soft(rt, v[2], &y))
		return false;
	if (v[3].t != R_UNSET && v[3].t != R_NONE) {
		if (v[3].t != R_INT && v[3].t != R_BOOL)
			return raise(
				rt, EX_TYPE, "'%s' object cannot be interpreted as an integer", rv_type_name(v[3]));
		n = rv_asint(v[3]);
	}
	if (rt->autoescape && ((s.fl | x.fl | y.fl) & RV_MARKUP) &&
		(!markup_of(rt, s, false, &s) || !markup_of(rt, x, false, &x) || !markup_of(rt, y, false, &y)))
		return false;
	*out = str_replace(rt, s, x, y, n);
	out->fl = rt->autoescape ? s.fl : 0;
	return rt->exc.cls == EX_NONE;
}

F(format)
{
	UNUSED_ARGS;
	struct rv s, arg;
	if (!soft(rt, v != NULL ? v[0] : a->v[0], &s))
		return false;
	if (a->n > 1 && a->nkw > 0)
		return raise(rt, EX_FILTER_ARG, "can't handle positional and keyword arguments at the same time");
	if (a->nkw > 0) {
		arg = rv_dict(rt);
		for (uint32_t i = 0; i < a->nkw; i++)
			if (!rdict_set(rt, arg.u.m, rv_strn(a->kw[i].name, a->kw[i].n), a->kw[i].v))
				return false;
	} else {
		arg = rv_tuple(rt, a->v + 1, a->n - 1);
	}
	return fmt_percent(rt, s, arg, out);
}

F(indent)
{
	UNUSED_ARGS;
	struct rv s = v[0], ind, lines;
	bool first = rv_truthy(v[2]), blank = rv_truthy(v[3]);
	size_t mark = rt->tmp.len;
	if (s.t == R_UNDEF)
		return j_missing(rt, &s);
	if (s.t != R_STR)
		return raise(rt, EX_TYPE, "unsupported operand type(s) for +=: '%s' and 'str'", rv_type_name(s));
	if (v[1].t == R_STR) {
		ind = v[1];
	} else {
		int64_t w = 4;
		if (v[1].t != R_UNSET && v[1].t != R_INT && v[1].t != R_BOOL)
			return raise(
				rt, EX_TYPE, "can't multiply sequence by non-int of type '%s'", rv_type_name(v[1]));
		if (v[1].t != R_UNSET)
			w = rv_asint(v[1]);
		if (!rv_binop(rt, OP_MUL, rv_strn(" ", 1), rv_int(w), &ind))
			return false;
	}
	struct rv nl;
	if (!rv_binop(rt, OP_ADD, s, rv_strn("\n", 1), &nl) || !str_splitlines(rt, nl, false, &lines))
		return false;
	for (uint32_t i = 0; i < lines.u.l->n; i++) {
		struct rv l = lines.u.l->v[i];
		if (i > 0)
			sb_addc(&rt->tmp, '\n');
		if (i > 0 ? blank || l.n > 0 : first)
			sb_add(&rt->tmp, ind.u.s, ind.n);
		sb_add(&rt->tmp, l.u.s, l.n);
		if (rt->tmp.len - mark > LIM_STRING)
			return raise(rt, EX_LIMIT, "a text is longer than %u MiB", LIM_STRING >> 20);
	}
	*out = rv_take(rt, mark);
	out->fl = s.fl;
	return true;
}

F(truncate)
{
	UNUSED_ARGS;
	int64_t length = 255, leeway = 5, n;
	struct rv end = v[3].t == R_UNSET ? rv_strn("...", 3) : v[3], s, cut;
	if ((v[1].t != R_UNSET && !int_arg(rt, v[1], &length)) ||
		(v[4].t != R_UNSET && v[4].t != R_NONE && !int_arg(rt, v[4], &leeway)))
		return false;
	if (end.t != R_STR)
		return raise(rt, EX_TYPE, "the end of truncate must be a text");
	int64_t nend = (int64_t)u8_len(end.u.s, end.n);
	if (length < nend)
		return raise(rt, EX_ASSERTION, "expected length >= %lld, got %lld", (long long)nend, (long long)length);
	if (leeway < 0)
		return raise(rt, EX_ASSERTION, "expected leeway >= 0, got %lld", (long long)leeway);
	if (!rv_len(rt, v[0], &n))
		return false;
	if (n <= length + leeway) {
		*out = v[0];
		return true;
	}
	if (!want_text(rt, v[0], "rsplit"))
		return false;
	s = v[0];
	cut = rv_strn(s.u.s, u8_off(s.u.s, s.n, (size_t)(length - nend)));
	if (!rv_truthy(v[2]))
		for (size_t i = cut.n; i > 0; i--)
			if (cut.u.s[i - 1] == ' ') {
				cut.n = (uint32_t)i - 1;
				break;
			}
	cut.fl = s.fl;
	return rv_binop(rt, OP_ADD, cut, end, out);
}

F(wordcount)
{
	UNUSED_ARGS;
	struct rv s;
	int64_t n = 0;
	bool in = false;
	size_t k;
	if (!soft(rt, v[0], &s))
		return false;
	for (size_t i = 0; i < s.n; i += k) {
		uint32_t c = u8_at(s.u.s + i, s.n - i, &k);
		bool w = c == '_' || cp_alpha(c) || cp_digit(c);
		n += w && !in;
		in = w;
	}
	*out = rv_int(n);
	return true;
}

F(wordwrap)
{
	UNUSED_ARGS;
	int64_t width = 79;
	struct rv sep = v[3].t == R_STR ? v[3] : rv_strn("\n", 1), lines;
	bool longer = v[2].t == R_UNSET || rv_truthy(v[2]), hyphens = v[4].t == R_UNSET || rv_truthy(v[4]);
	size_t mark = rt->tmp.len;
	if (v[1].t != R_UNSET && !int_arg(rt, v[1], &width))
		return false;
	if (v[3].t != R_UNSET && v[3].t != R_NONE && !want_text(rt, v[3], "join"))
		return false;
	if (!want_text(rt, v[0], "splitlines") || !str_splitlines(rt, v[0], false, &lines))
		return false;
	for (uint32_t i = 0; i < lines.u.l->n; i++) {
		if (i > 0)
			sb_add(&rt->tmp, sep.u.s, sep.n);
		if (width <= 0)
			return raise(rt, EX_VALUE, "invalid width %lld (must be > 0)", (long long)width);
		wrap_line(rt, lines.u.l->v[i], (size_t)width, longer, hyphens, sep, &rt->tmp);
	}
	*out = rv_take(rt, mark);
	return rt_tick(rt);
}

F(striptags)
{
	UNUSED_ARGS;
	struct rv s;
	if (!soft(rt, v[0], &s))
		return false;
	*out = strip_tags(rt, s);
	return true;
}

F(urlencode) { UNUSED_ARGS; return url_encode(rt, v[0], out); }
F(tojson) { UNUSED_ARGS; return to_json(rt, v[0], v[1], out); }
F(pprint) { UNUSED_ARGS; return pretty(rt, v[0], out); }

F(xmlattr)
{
	UNUSED_ARGS;
	struct cursor c;
	struct rv k, x, s;
	size_t mark = rt->tmp.len;
	bool first = true;
	if (v[0].t == R_UNDEF)
		return j_missing(rt, &v[0]);
	if (!rv_mapping(v[0]))
		return raise(rt, EX_ATTRIBUTE, "'%s' object has no attribute 'items'", rv_type_name(v[0]));
	if (!cur_start(rt, v[0], &c))
		return false;
	while (cur_next(rt, &c, &k)) {
		if (!rv_getitem(rt, v[0], k, &x))
			return false;
		if (x.t == R_NONE || x.t == R_UNDEF)
			continue;
		struct rv parts[2] = { k, x };
		if (!first || v[1].t == R_UNSET || rv_truthy(v[1]))
			sb_addc(&rt->tmp, ' ');
		first = false;
		for (int i = 0; i < 2; i++) {
			if (!markup_of(rt, parts[i], false, &s))
				return false;
			sb_add(&rt->tmp, s.u.s, s.n);
			sb_adds(&rt->tmp, i == 0 ? "=\"" : "\"");
		}
	}
	*out = rv_take(rt, mark);
	if (rt->autoescape)
		*out = j_markup(*out);
	return true;
}

/* -- numbers -- */

F(abs)
{
	UNUSED_ARGS;
	const struct native *f = builtin_find("abs");
	return f->fn(rt, self, v, a, out);
}

static bool soft_error(struct rt *rt) { return rt->exc.cls == EX_TYPE || rt->exc.cls == EX_VALUE; }

F(int)
{
	UNUSED_ARGS;
	struct rv unset = { .t = R_UNSET }, d, base = v[2].t == R_UNSET ? rv_int(10) : v[2];
	if (v[0].t == R_UNDEF)
		return j_missing(rt, &v[0]);
	if (py_int_of(rt, v[0], v[0].t == R_STR ? base : unset, out))
		return true;
	if (!soft_error(rt))
		return false;
	rt->exc = (struct exception){ 0 };
	if (py_float_of(rt, v[0], &d) && py_int_of(rt, d, unset, out))
		return true;
	if (!soft_error(rt))
		return false;
	rt->exc = (struct exception){ 0 };
	*out = v[1].t == R_UNSET ? rv_int(0) : v[1];
	return true;
}

F(float)
{
	UNUSED_ARGS;
	if (v[0].t == R_UNDEF)
		return j_missing(rt, &v[0]);
	if (py_float_of(rt, v[0], out))
		return true;
	if (!soft_error(rt))
		return false;
	rt->exc = (struct exception){ 0 };
	*out = v[1].t == R_UNSET ? rv_float(0) : v[1];
	return true;
}

F(round)
{
	UNUSED_ARGS;
	bool ceiling = rv_streq(v[2], "ceil"), down = rv_streq(v[2], "floor");
	struct rv nd = v[1].t == R_UNSET ? rv_int(0) : v[1], scale, x;
	if (v[2].t != R_UNSET && !ceiling && !down && !rv_streq(v[2], "common"))
		return raise(rt, EX_FILTER_ARG, "method must be common, ceil or floor");
	if (!ceiling && !down)
		return py_round(rt, v[0], nd, out);
	if (!rv_binop(rt, OP_POW, rv_int(10), nd, &scale) || !rv_binop(rt, OP_MUL, v[0], scale, &x))
		return false;
	if (!rv_is_num(x))
		return raise(rt, EX_TYPE, "must be real number, not %s", rv_type_name(x));
	if (x.t != R_FLOAT)                               /* whole already */
		return rv_binop(rt, OP_DIV, x, scale, out);
	double d = ceiling ? ceil(rv_num(x)) : floor(rv_num(x));
	return rv_binop(rt, OP_DIV, rv_float(d), scale, out);
}

F(filesizeformat)
{
	UNUSED_ARGS;
	static const char *const units[2][8] = { { "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB" },
		{ "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB" } };
	bool binary = rv_truthy(v[1]);
	double base = binary ? 1024 : 1000, unit = base;
	struct rv f;
	char buf[400];
	if (!py_float_of(rt, v[0], &f))
		return false;
	double d = f.u.d;
	size_t i = 0;
	if (d == 1) {
		snprintf(buf, sizeof(buf), "1 Byte");
	} else if (d < base) {
		snprintf(buf, sizeof(buf), "%.0f Bytes", trunc(d) + 0.0);          /* -0.5: int() has no -0 */
	} else {
		for (unit = base * base; i < 7 && d >= unit; i++)
			unit *= base;
		snprintf(buf, sizeof(buf), "%.1f %s", base * d / unit, units[binary][i]);
	}
	*out = rv_dup(rt, buf, strlen(buf));
	return true;
}

F(urlize)
{
	UNUSED_ARGS;
	return j_urlize(rt, v, out);
}

const struct native j_filters_text[] = {
	{"upper", "s", 1, f_upper},
	{"lower", "s", 1, f_lower},
	{"capitalize", "s", 1, f_capitalize},
	{"title", "s", 1, f_title},
	{"string", "object", 1, f_string},
	{"escape", "s", 1, f_escape},
	{"e", "s", 1, f_escape},
	{"forceescape", "value", 1, f_forceescape},
	{"safe", "value", 1, f_safe},
	{"trim", "value chars", 1, f_trim},
	{"center", "value width", 1, f_center},
	{"replace", "s old new count", 3, f_replace},
	{"format", "*", 1, f_format},
	{"indent", "s width first blank", 1, f_indent},
	{"truncate", "s length killwords end leeway", 1, f_truncate},
	{"wordcount", "s", 1, f_wordcount},
	{"wordwrap", "s width break_long_words wrapstring break_on_hyphens", 1, f_wordwrap},
	{"striptags", "value", 1, f_striptags},
	{"urlencode", "value", 1, f_urlencode},
	{"tojson", "value indent", 1, f_tojson},
	{"pprint", "value", 1, f_pprint},
	{"xmlattr", "d autospace", 1, f_xmlattr},
	{"abs", "x", 1, f_abs},
	{"int", "value default base", 1, f_int},
	{"float", "value default", 1, f_float},
	{"round", "value precision method", 1, f_round},
	{"filesizeformat", "value binary", 1, f_filesizeformat},
	{"urlize", "value trim_url_limit nofollow target rel extra_schemes", 1, f_urlize},
	{NULL, NULL, 0, NULL},
};
