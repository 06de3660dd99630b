/* SPDX-License-Identifier: GPL-2.0-or-later
 * str_methods.c - the methods of text.
 */
#include "snippets/engine/str_methods.h"

#include <string.h>

#include "snippets/engine/builtins.h"
#include "snippets/engine/str_case.h"

#define M(name)                                                                                                        \
	static bool m_##name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define NOARGS (void)v, (void)a

enum case_op { C_UPPER, C_LOWER, C_SWAP, C_TITLE, C_CAP };

/* compat: sharp s becomes SS in capitals; title case of it is Ss. */
static struct rv map_case(struct rt *rt, struct rv s, enum case_op op)
{
	size_t mark = rt->tmp.len, k;
	bool prev_cased = false;
	if (u8_ascii(s.u.s, s.n) && (op == C_UPPER || op == C_LOWER)) {
		struct rv r = rv_dup(rt, s.u.s, s.n);
		char *p = (char *)(uintptr_t)r.u.s;
		for (uint32_t i = 0; i < r.n; i++)
			p[i] = (char)(op == C_UPPER ? cp_upper((unsigned char)p[i]) : cp_lower((unsigned char)p[i]));
		return r;
	}
	for (size_t i = 0; i < s.n; i += k) {
		uint32_t c = u8_at(s.u.s + i, s.n - i, &k);
		bool up = op == C_UPPER || (op == C_SWAP && cp_islower(c)) || (op == C_TITLE && !prev_cased) ||
			  (op == C_CAP && i == 0);
		if (up && c == 0xdf)
			sb_adds(&rt->tmp, op == C_TITLE || op == C_CAP ? "Ss" : "SS");
		else if (!up && c == 0x130)
			sb_adds(&rt->tmp, "i\xcc\x87");
		else
			u8_put(&rt->tmp, up ? cp_upper(c) : op == C_SWAP && !cp_isupper(c) ? c : cp_lower(c));
		prev_cased = cp_cased(c);
	}
	return rv_take(rt, mark);
}

struct rv str_upper(struct rt *rt, struct rv s) { return map_case(rt, s, C_UPPER); }
struct rv str_lower(struct rt *rt, struct rv s) { return map_case(rt, s, C_LOWER); }
struct rv str_capitalize(struct rt *rt, struct rv s) { return map_case(rt, s, C_CAP); }

M(upper) { NOARGS; *out = str_upper(rt, self); return true; }
M(lower) { NOARGS; *out = str_lower(rt, self); return true; }
/* Lower case, and what counts as the same letter; of those that become several only the common ones. */
M(casefold)
{
	NOARGS;
	size_t mark = rt->tmp.len, k;
	for (size_t i = 0; i < self.n; i += k) {
		uint32_t c = u8_at(self.u.s + i, self.n - i, &k);
		if (c == 0xdf || c == 0x1e9e)
			sb_adds(&rt->tmp, "ss");
		else if (c == 0x130)
			sb_adds(&rt->tmp, "i\xcc\x87");
		else
			u8_put(&rt->tmp, cp_lower(c == 0xb5 || c == 0x17f || c == 0x3c2 ? cp_upper(c) : c));
	}
	*out = rv_take(rt, mark);
	return true;
}

M(swapcase) { NOARGS; *out = map_case(rt, self, C_SWAP); return true; }
M(title) { NOARGS; *out = map_case(rt, self, C_TITLE); return true; }
M(capitalize) { NOARGS; *out = str_capitalize(rt, self); return true; }

bool str_wanted(struct rt *rt, struct rv v, const char *what)
{
	if (v.t == R_STR)
		return true;
	if (v.t == R_UNDEF && rt->missing != NULL)
		return rt->missing(rt, &v);
	return raise(rt, EX_TYPE, "%s%smust be str, not %s", what, *what != '\0' ? " " : "", rv_type_name(v));
}

static bool want_int(struct rt *rt, struct rv v, int64_t dflt, int64_t *out)
{
	*out = dflt;
	if (v.t == R_UNSET)
		return true;
	if (v.t != R_INT && v.t != R_BOOL)
		return raise(rt, EX_TYPE, "'%s' object cannot be interpreted as an integer", rv_type_name(v));
	*out = rv_asint(v);
	return true;
}

static bool in_set(const char *set, size_t nset, const char *c, size_t k)
{
	if (set == NULL) {
		size_t unused;
		return cp_space(u8_at(c, k, &unused));
	}
	for (size_t i = 0, j; i < nset; i += j) {
		u8_at(set + i, nset - i, &j);
		if (j == k && memcmp(set + i, c, k) == 0)
			return true;
	}
	return false;
}

struct rv str_strip(struct rv s, const char *set, size_t nset, int sides)
{
	size_t a = 0, b = s.n, k;
	while ((sides & 1) && a < b) {
		u8_at(s.u.s + a, b - a, &k);
		if (!in_set(set, nset, s.u.s + a, k))
			break;
		a += k;
	}
	while ((sides & 2) && b > a) {
		size_t p = b - 1;
		while (p > a && ((unsigned char)s.u.s[p] & 0xC0) == 0x80)
			p--;
		if (!in_set(set, nset, s.u.s + p, b - p))
			break;
		b = p;
	}
	struct rv r = rv_strn(s.u.s + a, b - a);
	r.fl = s.fl;
	return r;
}

static bool strip_with(struct rt *rt, struct rv s, struct rv set, int sides, struct rv *out)
{
	if (set.t != R_UNSET && set.t != R_NONE && set.t != R_STR)
		return raise(rt, EX_TYPE, "strip arg must be None or str");
	*out = str_strip(s, set.t == R_STR ? set.u.s : NULL, set.n, sides);
	return true;
}

M(strip) { (void)a; return strip_with(rt, self, v[0], 3, out); }
M(lstrip) { (void)a; return strip_with(rt, self, v[0], 1, out); }
M(rstrip) { (void)a; return strip_with(rt, self, v[0], 2, out); }

M(split)
{
	(void)a;
	int64_t max;
	return want_int(rt, v[1], -1, &max) && str_split(rt, self, v[0], max, out);
}

M(rsplit)
{
	(void)a;
	int64_t max;
	return want_int(rt, v[1], -1, &max) && str_rsplit(rt, self, v[0], max, out);
}

M(splitlines)
{
	(void)a;
	bool keep;
	return flag_arg(rt, v[0], &keep) && str_splitlines(rt, self, keep, out);
}

bool str_join(struct rt *rt, struct rv sep, struct rv items, struct rv *out)
{
	struct cursor c;
	struct rv x;
	size_t mark = rt->tmp.len;
	if (!cur_start(rt, items, &c))
		return items.t == R_UNDEF || rt->exc.cls == EX_LIMIT ? false
								     : raise(rt, EX_TYPE, "can only join an iterable");
	bool markup = sep.fl & RV_MARKUP;
	for (int64_t i = 0; cur_next(rt, &c, &x); i++) {
		if (markup && !markup_of(rt, x, false, &x))
			return false;
		if (x.t != R_STR)
			return raise(rt, EX_TYPE, "sequence item %lld: expected str instance, %s found", (long long)i,
				rv_type_name(x));
		if (i != 0)
			sb_add(&rt->tmp, sep.u.s, sep.n);
		sb_add(&rt->tmp, x.u.s, x.n);
		if (rt->tmp.len - mark > LIM_STRING)
			return raise(rt, EX_LIMIT, "a text is longer than %u MiB", LIM_STRING >> 20);
	}
	*out = rv_take(rt, mark);
	out->fl = sep.fl;
	return true;
}

M(join) { (void)a; return str_join(rt, self, v[0], out); }

struct rv str_replace(struct rt *rt, struct rv s, struct rv a, struct rv b, int64_t count)
{
	size_t mark = rt->tmp.len;
	const char *p = s.u.s, *end = s.u.s + s.n, *q;
	if (a.n == 0) {
		for (; count != 0; count--) {
			size_t k = 0;
			sb_add(&rt->tmp, b.u.s, b.n);
			if (p >= end)
				break;
			u8_at(p, (size_t)(end - p), &k);
			sb_add(&rt->tmp, p, k);
			p += k;
			if (rt->tmp.len - mark > LIM_STRING)
				break;
		}
	} else {
		while (count != 0 && (q = memmem(p, (size_t)(end - p), a.u.s, a.n)) != NULL &&
			rt->tmp.len - mark <= LIM_STRING) {
			sb_add(&rt->tmp, p, (size_t)(q - p));
			sb_add(&rt->tmp, b.u.s, b.n);
			p = q + a.n;
			count--;
		}
	}
	sb_add(&rt->tmp, p, (size_t)(end - p));
	return rv_take(rt, mark);
}

M(replace)
{
	(void)a;
	int64_t n;
	if (!str_wanted(rt, v[0], "replace() argument 1") || !str_wanted(rt, v[1], "replace() argument 2") ||
		!want_int(rt, v[2], -1, &n))
		return false;
	*out = str_replace(rt, self, v[0], v[1], n);
	return rt->exc.cls == EX_NONE;
}

/* Cuts [start:end] of code points out of s; *off: code points before it. False: an exception, or start is past the end.
 */
static bool window(struct rt *rt, struct rv s, struct rv from, struct rv to, struct rv *w, int64_t *off, bool *empty)
{
	int64_t n = (int64_t)u8_len(s.u.s, s.n), a, b;
	if (!want_int(rt, from.t == R_NONE ? (struct rv){ .t = R_UNSET } : from, 0, &a) ||
	    !want_int(rt, to.t == R_NONE ? (struct rv){ .t = R_UNSET } : to, n, &b))
		return false;
	a = a < 0 ? (a + n < 0 ? 0 : a + n) : a;
	b = b < 0 ? (b + n < 0 ? 0 : b + n) : b > n ? n : b;
	*empty = a > n || a > b;
	*off = a;
	if (*empty)
		return true;
	size_t ba = u8_off(s.u.s, s.n, (size_t)a), bb = u8_off(s.u.s, s.n, (size_t)b);
	*w = rv_strn(s.u.s + ba, bb - ba);
	return true;
}

static bool find_in(struct rt *rt, struct rv self, const struct rv *v, bool right, int64_t *out)
{
	struct rv w;
	int64_t off;
	bool empty;
	*out = -1;
	if (!str_wanted(rt, v[0], "") || !window(rt, self, v[1], v[2], &w, &off, &empty))
		return false;
	if (empty)
		return true;
	const char *q = right         ? str_rfind(w.u.s, w.n, v[0].u.s, v[0].n)
			: v[0].n == 0 ? w.u.s
				      : memmem(w.u.s, w.n, v[0].u.s, v[0].n);
	if (q != NULL)
		*out = off + (int64_t)u8_len(w.u.s, (size_t)(q - w.u.s));
	return true;
}

static bool find_value(struct rt *rt, struct rv self, const struct rv *v, bool right, bool must, struct rv *out)
{
	int64_t i;
	if (!find_in(rt, self, v, right, &i))
		return false;
	if (must && i < 0)
		return raise(rt, EX_VALUE, "substring not found");
	*out = rv_int(i);
	return true;
}

M(find) { (void)a; return find_value(rt, self, v, false, false, out); }
M(rfind) { (void)a; return find_value(rt, self, v, true, false, out); }
M(index) { (void)a; return find_value(rt, self, v, false, true, out); }
M(rindex) { (void)a; return find_value(rt, self, v, true, true, out); }

M(count)
{
	(void)a;
	struct rv w;
	int64_t off, n = 0;
	bool empty;
	if (!str_wanted(rt, v[0], "") || !window(rt, self, v[1], v[2], &w, &off, &empty))
		return false;
	if (!empty && v[0].n == 0) {
		n = (int64_t)u8_len(w.u.s, w.n) + 1;
	} else if (!empty) {
		const char *p = w.u.s, *end = w.u.s + w.n;
		while ((p = memmem(p, (size_t)(end - p), v[0].u.s, v[0].n)) != NULL) {
			n++;
			p += v[0].n;
		}
	}
	*out = rv_int(n);
	return true;
}

static bool fix_match(struct rt *rt, struct rv w, struct rv x, bool tail, const char *fn, bool *out)
{
	if (x.t == R_TUPLE) {
		*out = false;
		for (uint32_t i = 0; i < x.u.l->n && !*out; i++)
			if (x.u.l->v[i].t != R_STR)
				return raise(rt, EX_TYPE, "tuple for %s must only contain str, not %s", fn,
					rv_type_name(x.u.l->v[i]));
			else if (!fix_match(rt, w, x.u.l->v[i], tail, fn, out))
				return false;
		return true;
	}
	if (x.t == R_UNDEF && rt->missing != NULL)
		return rt->missing(rt, &x);
	if (x.t != R_STR)
		return raise(rt, EX_TYPE, "%s first arg must be str or a tuple of str, not %s", fn, rv_type_name(x));
	*out = x.n <= w.n && memcmp(tail ? w.u.s + w.n - x.n : w.u.s, x.u.s, x.n) == 0;
	return true;
}

static bool fix(struct rt *rt, struct rv self, const struct rv *v, bool tail, struct rv *out)
{
	struct rv w = { .t = R_UNSET };
	int64_t off;
	bool empty, yes = false;
	if (!window(rt, self, v[1], v[2], &w, &off, &empty))
		return false;
	if (!fix_match(rt, empty ? rv_strn("", 0) : w, v[0], tail, tail ? "endswith" : "startswith", &yes))
		return false;
	*out = rv_bool(yes && !empty);
	return true;
}

M(startswith) { (void)a; return fix(rt, self, v, false, out); }
M(endswith) { (void)a; return fix(rt, self, v, true, out); }

enum test { T_ALPHA, T_DIGIT, T_ALNUM, T_SPACE, T_IDENT, T_PRINT, T_ASCII };

static bool all_are(struct rv s, enum test t)
{
	size_t k;
	for (size_t i = 0; i < s.n; i += k) {
		uint32_t c = u8_at(s.u.s + i, s.n - i, &k);
		bool ok = t == T_ALPHA   ? cp_alpha(c)
			  : t == T_DIGIT ? cp_digit(c)
			  : t == T_ALNUM ? cp_alpha(c) || cp_digit(c)
			  : t == T_SPACE ? cp_space(c)
			  : t == T_ASCII ? c < 0x80
			  : t == T_PRINT ? c >= 0x20 && c != 0x7f
					 : c == '_' || cp_alpha(c) || (i > 0 && cp_digit(c));
		if (!ok)
			return false;
	}
	return s.n != 0 || t == T_ASCII || t == T_PRINT;
}

M(isalpha) { NOARGS; (void)rt; *out = rv_bool(all_are(self, T_ALPHA)); return true; }
M(isdigit) { NOARGS; (void)rt; *out = rv_bool(all_are(self, T_DIGIT)); return true; }
M(isalnum) { NOARGS; (void)rt; *out = rv_bool(all_are(self, T_ALNUM)); return true; }
M(isspace) { NOARGS; (void)rt; *out = rv_bool(all_are(self, T_SPACE)); return true; }
M(isidentifier) { NOARGS; (void)rt; *out = rv_bool(all_are(self, T_IDENT)); return true; }
M(isprintable) { NOARGS; (void)rt; *out = rv_bool(all_are(self, T_PRINT)); return true; }
M(isascii) { NOARGS; (void)rt; *out = rv_bool(all_are(self, T_ASCII)); return true; }

static bool cased(struct rv s, bool upper)
{
	bool any = false;
	size_t k;
	for (size_t i = 0; i < s.n; i += k) {
		uint32_t c = u8_at(s.u.s + i, s.n - i, &k);
		if (upper ? cp_islower(c) : cp_isupper(c))
			return false;
		any |= upper ? cp_isupper(c) : cp_islower(c);
	}
	return any;
}

M(isupper) { NOARGS; (void)rt; *out = rv_bool(cased(self, true)); return true; }
M(islower) { NOARGS; (void)rt; *out = rv_bool(cased(self, false)); return true; }

M(istitle)
{
	NOARGS;
	(void)rt;
	bool any = false, prev = false, ok = true;
	size_t k;
	for (size_t i = 0; i < self.n && ok; i += k) {
		uint32_t c = u8_at(self.u.s + i, self.n - i, &k);
		ok = !(cp_isupper(c) && prev) && !(cp_islower(c) && !prev);
		prev = cp_cased(c);
		any |= prev;
	}
	*out = rv_bool(ok && any);
	return true;
}

struct rv str_center(struct rt *rt, struct rv s, int64_t width, int64_t how)
{
	int64_t len = (int64_t)u8_len(s.u.s, s.n), room = width - len;
	if (room <= 0)
		return s;
	/* compat: str.center puts the odd blank on the left only when both the room and the width are odd */
	int64_t left = how == 1 ? 0 : how == 2 ? room : room / 2 + (room & width & 1);
	size_t mark = rt->tmp.len;
	for (int64_t i = 0; i < left; i++)
		sb_addc(&rt->tmp, ' ');
	sb_add(&rt->tmp, s.u.s, s.n);
	for (int64_t i = 0; i < room - left; i++)
		sb_addc(&rt->tmp, ' ');
	return rv_take(rt, mark);
}

static bool justify(struct rt *rt, struct rv self, const struct rv *v, int64_t how, struct rv *out)
{
	int64_t w;
	if (!want_int(rt, v[0], 0, &w))
		return false;
	if (w > (int64_t)LIM_STRING)
		return raise(rt, EX_LIMIT, "a text is longer than %u MiB", LIM_STRING >> 20);
	if (v[1].t == R_UNSET || rv_streq(v[1], " ")) {
		*out = str_center(rt, self, w, how);
		return true;
	}
	if (v[1].t != R_STR || u8_len(v[1].u.s, v[1].n) != 1)
		return raise(rt, EX_TYPE, "The fill character must be exactly one character long");
	int64_t room = w - (int64_t)u8_len(self.u.s, self.n);
	int64_t left = room <= 0 || how == 1 ? 0 : how == 2 ? room : room / 2 + (room & w & 1);
	size_t mark = rt->tmp.len;
	for (int64_t i = 0; i < left; i++)
		sb_add(&rt->tmp, v[1].u.s, v[1].n);
	sb_add(&rt->tmp, self.u.s, self.n);
	for (int64_t i = left; i < room; i++)
		sb_add(&rt->tmp, v[1].u.s, v[1].n);
	*out = rv_take(rt, mark);
	return true;
}

M(center) { (void)a; return justify(rt, self, v, 0, out); }
M(ljust) { (void)a; return justify(rt, self, v, 1, out); }
M(rjust) { (void)a; return justify(rt, self, v, 2, out); }

M(zfill)
{
	(void)a;
	int64_t w, len = (int64_t)u8_len(self.u.s, self.n);
	if (!want_int(rt, v[0], 0, &w))
		return false;
	if (w > (int64_t)LIM_STRING)
		return raise(rt, EX_LIMIT, "a text is longer than %u MiB", LIM_STRING >> 20);
	size_t mark = rt->tmp.len, i = self.n > 0 && (self.u.s[0] == '-' || self.u.s[0] == '+') ? 1 : 0;
	sb_add(&rt->tmp, self.u.s, i);
	for (; len < w; len++)
		sb_addc(&rt->tmp, '0');
	sb_add(&rt->tmp, self.u.s + i, self.n - i);
	*out = rv_take(rt, mark);
	return true;
}

M(partition) { (void)a; return str_partition(rt, self, v[0], false, out); }
M(rpartition) { (void)a; return str_partition(rt, self, v[0], true, out); }

M(removeprefix)
{
	(void)a;
	if (!str_wanted(rt, v[0], "removeprefix() argument"))
		return false;
	bool has = v[0].n <= self.n && memcmp(self.u.s, v[0].u.s, v[0].n) == 0;
	*out = has ? rv_strn(self.u.s + v[0].n, self.n - v[0].n) : self;
	return true;
}

M(removesuffix)
{
	(void)a;
	if (!str_wanted(rt, v[0], "removesuffix() argument"))
		return false;
	bool has = v[0].n <= self.n && memcmp(self.u.s + self.n - v[0].n, v[0].u.s, v[0].n) == 0;
	*out = has ? rv_strn(self.u.s, self.n - v[0].n) : self;
	return true;
}

M(expandtabs)
{
	(void)a;
	int64_t size, col = 0;
	size_t mark = rt->tmp.len;
	if (!want_int(rt, v[0], 8, &size))
		return false;
	if (size > 1000)
		return raise(rt, EX_LIMIT, "a tab is wider than 1000");
	for (uint32_t i = 0; i < self.n; i++) {
		char c = self.u.s[i];
		if (c == '\t') {
			for (int64_t k = size > 0 ? size - col % size : 0; k > 0; k--, col++)
				sb_addc(&rt->tmp, ' ');
			continue;
		}
		sb_addc(&rt->tmp, c);
		col = c == '\n' || c == '\r' ? 0 : col + (((unsigned char)c & 0xC0) != 0x80);
	}
	*out = rv_take(rt, mark);
	return true;
}

M(maketrans) { (void)self, (void)a; return str_maketrans(rt, v, out); }
M(translate) { (void)a; return str_translate(rt, self, v[0], out); }
M(format_map) { (void)a; return str_format_map(rt, self, v[0], out); }
M(format) { (void)v; return fmt_method(rt, self, a, out); }
/* Text is UTF-8 already; encode and decode keep it, other encodings than UTF-8 and ASCII are refused. */
M(encode)
{
	(void)a;
	if (v[0].t == R_STR && !rv_streq(v[0], "utf-8") && !rv_streq(v[0], "utf8") && !rv_streq(v[0], "UTF-8") &&
		!rv_streq(v[0], "ascii"))
		return raise(rt, EX_LOOKUP, "unknown encoding: %s", rv_cz(rt, v[0]));
	*out = self;
	return true;
}

const struct native str_methods[] = {
	{"upper", "", 0, m_upper},
	{"lower", "", 0, m_lower},
	{"casefold", "", 0, m_casefold},
	{"swapcase", "", 0, m_swapcase},
	{"title", "", 0, m_title},
	{"capitalize", "", 0, m_capitalize},
	{"strip", "chars /", 0, m_strip},
	{"lstrip", "chars /", 0, m_lstrip},
	{"rstrip", "chars /", 0, m_rstrip},
	{"split", "sep maxsplit", 0, m_split},
	{"rsplit", "sep maxsplit", 0, m_rsplit},
	{"splitlines", "keepends", 0, m_splitlines},
	{"join", "iterable /", 1, m_join},
	{"replace", "old new count /", 2, m_replace},
	{"find", "sub start end /", 1, m_find},
	{"rfind", "sub start end /", 1, m_rfind},
	{"index", "sub start end /", 1, m_index},
	{"rindex", "sub start end /", 1, m_rindex},
	{"count", "sub start end /", 1, m_count},
	{"startswith", "prefix start end /", 1, m_startswith},
	{"endswith", "suffix start end /", 1, m_endswith},
	{"isalpha", "", 0, m_isalpha},
	{"isdigit", "", 0, m_isdigit},
	{"isdecimal", "", 0, m_isdigit},
	{"isnumeric", "", 0, m_isdigit},
	{"isalnum", "", 0, m_isalnum},
	{"isspace", "", 0, m_isspace},
	{"isidentifier", "", 0, m_isidentifier},
	{"isprintable", "", 0, m_isprintable},
	{"isascii", "", 0, m_isascii},
	{"isupper", "", 0, m_isupper},
	{"islower", "", 0, m_islower},
	{"istitle", "", 0, m_istitle},
	{"center", "width fillchar /", 1, m_center},
	{"ljust", "width fillchar /", 1, m_ljust},
	{"rjust", "width fillchar /", 1, m_rjust},
	{"zfill", "width /", 1, m_zfill},
	{"partition", "sep /", 1, m_partition},
	{"rpartition", "sep /", 1, m_rpartition},
	{"removeprefix", "prefix /", 1, m_removeprefix},
	{"removesuffix", "suffix /", 1, m_removesuffix},
	{"expandtabs", "tabsize", 0, m_expandtabs},
	{"format", "*", 0, m_format},
	{"format_map", "mapping /", 1, m_format_map},
	{"maketrans", "x y z /", 1, m_maketrans},
	{"translate", "table /", 1, m_translate},
	{"encode", "encoding errors", 0, m_encode},
	{"decode", "encoding errors", 0, m_encode},
	{NULL, NULL, 0, NULL},
};
