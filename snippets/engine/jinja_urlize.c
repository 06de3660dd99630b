/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_urlize.c - Jinja's filter that turns addresses in a text into links. What an address is, is said by patterns.
 */
#include <string.h>

#include "snippets/engine/jinja.h"
#include "snippets/engine/modules.h"
#include "snippets/engine/str_case.h"
#include "snippets/engine/str_methods.h"

struct link { struct rv attrs; int64_t limit; struct rlist *schemes; };

static const char web[] = "(?i)("
			  "(https?://|www\\.)(([\\w%-]+\\.)+)?([a-z]{2,63}|xn--[\\w%]{2,59})"
			  "|([\\w%-]{2,63}\\.)+(com|net|int|edu|gov|org|info|mil)"
			  "|(https?://)(((\\d{1,3})(\\.\\d{1,3}){3})|(\\[([\\da-f]{0,4}:){2}([\\da-f]{0,4}:?){1,6}\\]))"
			  ")(?::\\d{1,5})?(?:[/?#]\\S*)?$",
		  mail[] = "\\S+@\\w[\\w.-]*\\.\\w+$", scheme[] = "[\\w.+-]{2,}:(/){0,2}$";

/* re.match(pattern, s): is there one? */
static bool matches(struct rt *rt, const char *pattern, struct rv s, bool *yes)
{
	struct rv v[2] = { rv_cstr(pattern), s }, m;
	const struct native *f = mod_re.f;
	while (!str_eq(f->name, "match"))
		f++;
	if (!native_call(rt, f, (struct rv){ .t = R_UNSET }, &(struct args){ .v = v, .n = 2 }, &m))
		return false;
	*yes = m.t != R_NONE;
	return true;
}

static bool starts(struct rv s, const char *w)
{
	size_t k = strlen(w);
	return s.n >= k && memcmp(s.u.s, w, k) == 0;
}

static uint32_t count(struct rv s, const char *w)
{
	uint32_t n = 0, k = (uint32_t)strlen(w);
	for (uint32_t i = 0; i + k <= s.n; i++)
		if (memcmp(s.u.s + i, w, k) == 0) {
			n++;
			i += k - 1;
		}
	return n;
}

/* Brackets before and marks behind an address do not belong to it, but for a closing bracket that it opened. */
static void split_word(struct rv word, struct rv *head, struct rv *middle, struct rv *tail)
{
	static const char *const opens[] = { "(", "<", "&lt;" }, *const closes[] = { ")", ">", "&gt;" };
	static const char *const marks[] = { ")", ">", ".", ",", "\n", "&gt;" };
	uint32_t b = 0, e = word.n;
	for (size_t i = 0; i < ARRAY_LEN(opens); i++)
		if (starts(rv_strn(word.u.s + b, e - b), opens[i])) {
			b += (uint32_t)strlen(opens[i]);
			i = (size_t)-1;
		}
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		uint32_t k = (uint32_t)strlen(marks[i]);
		if (e - b >= k && memcmp(word.u.s + e - k, marks[i], k) == 0) {
			e -= k;
			i = (size_t)-1;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(opens); i++) {
		uint32_t open = count(rv_strn(word.u.s + b, e - b), opens[i]), k = (uint32_t)strlen(closes[i]);
		if (open <= count(rv_strn(word.u.s + b, e - b), closes[i]))
			continue;
		uint32_t there = count(rv_strn(word.u.s + e, word.n - e), closes[i]);
		for (uint32_t q = open < there ? open : there; q > 0; q--) {
			const char *at = memmem(word.u.s + e, word.n - e, closes[i], k);
			e = (uint32_t)(at - word.u.s) + k;
		}
	}
	*head = rv_strn(word.u.s, b);
	*middle = rv_strn(word.u.s + b, e - b);
	*tail = rv_strn(word.u.s + e, word.n - e);
}

static void anchor(struct rt *rt, const char *before, struct rv href, struct rv attrs, struct rv shown, int64_t limit)
{
	struct strbuf *b = &rt->tmp;
	sb_addf(b, "<a href=\"%s", before);
	sb_add(b, href.u.s, href.n);
	sb_addc(b, '"');
	sb_add(b, attrs.u.s, attrs.n);
	sb_addc(b, '>');
	bool cut = limit >= 0 && (int64_t)u8_len(shown.u.s, shown.n) > limit;
	sb_add(b, shown.u.s, cut ? u8_off(shown.u.s, shown.n, (size_t)limit) : shown.n);
	sb_adds(b, cut ? "...</a>" : "</a>");
}

static bool one_word(struct rt *rt, const struct link *l, struct rv word)
{
	struct rv head, mid, tail, none = rv_strn("", 0);
	bool yes;
	split_word(word, &head, &mid, &tail);
	sb_add(&rt->tmp, head.u.s, head.n);
	if (!matches(rt, web, mid, &yes))
		return false;
	struct rv address = starts(mid, "mailto:") ? rv_strn(mid.u.s + 7, mid.n - 7) : mid;
	bool mailto = address.n != mid.n;
	if (yes) {
		anchor(rt, starts(mid, "https://") || starts(mid, "http://") ? "" : "https://", mid, l->attrs, mid,
			l->limit);
	} else if (memchr(address.u.s, '@', address.n) != NULL &&
		   (mailto || (!starts(mid, "www.") && memchr(mid.u.s, ':', mid.n) == NULL)) &&
		   (!matches(rt, mail, address, &yes) || yes)) {
		anchor(rt, "mailto:", address, none, address, -1);
	} else {
		for (uint32_t i = 0; l->schemes != NULL && i < l->schemes->n && !yes; i++) {
			struct rv s = l->schemes->v[i];
			yes = mid.n > s.n && memcmp(mid.u.s, s.u.s, s.n) == 0;
		}
		if (yes)
			anchor(rt, "", mid, l->attrs, mid, -1);
		else
			sb_add(&rt->tmp, mid.u.s, mid.n);
	}
	sb_add(&rt->tmp, tail.u.s, tail.n);
	return rt_tick(rt);
}

static void add_attr(struct rt *rt, const char *name, struct rv v)
{
	sb_addf(&rt->tmp, " %s=\"", name);
	html_escape(&rt->tmp, v.u.s, v.n);
	sb_addc(&rt->tmp, '"');
}

/* The words of rel with "nofollow" and the policy's "noopener": each once, in order. */
static bool link_attrs(struct rt *rt, bool nofollow, struct rv target, struct rv rel, struct rv *out)
{
	struct rv set = rv_set(rt), words, l, joined;
	if (rel.t == R_STR) {
		if (!str_split(rt, rel, rv_none(), -1, &words))
			return false;
		for (uint32_t i = 0; i < words.u.l->n; i++)
			if (!rdict_set(rt, set.u.m, words.u.l->v[i], rv_none()))
				return false;
	}
	if (nofollow)
		rdict_sets(rt, set.u.m, "nofollow", rv_none());
	rdict_sets(rt, set.u.m, "noopener", rv_none());
	if (!rv_copy_list(rt, set, &l) || !py_sort(rt, l.u.l, rv_none(), false) ||
		!str_join(rt, rv_strn(" ", 1), l, &joined))
		return false;
	size_t mark = rt->tmp.len;
	add_attr(rt, "rel", joined);
	if (rv_truthy(target))
		add_attr(rt, "target", rv_tostr(rt, target));
	*out = rv_take(rt, mark);
	return true;
}

bool j_urlize(struct rt *rt, const struct rv *v, struct rv *out)
{
	struct link l = { .limit = v[1].t == R_INT ? v[1].u.i : -1 };
	struct rv text;
	bool yes;
	if (v[1].t != R_UNSET && v[1].t != R_NONE && v[1].t != R_INT)
		return raise(rt, EX_TYPE, "urlize: trim_url_limit must be a number, not %s", rv_type_name(v[1]));
	if (v[5].t != R_UNSET && v[5].t != R_NONE && !rv_list_of(rt, v[5], &l.schemes))
		return false;
	for (uint32_t i = 0; l.schemes != NULL && i < l.schemes->n; i++)
		if (l.schemes->v[i].t != R_STR || !matches(rt, scheme, l.schemes->v[i], &yes) || !yes)
			return rt->exc.cls != EX_NONE ? false
				: raise(rt, EX_FILTER_ARG, "urlize: this is no URI scheme prefix");
	if (!link_attrs(rt, rv_truthy(v[2]), v[3], v[4], &l.attrs))
		return false;
	text = rv_tostr(rt, v[0]);
	size_t mark = rt->tmp.len;
	if (!(v[0].t == R_STR && (v[0].fl & RV_MARKUP))) {
		html_escape(&rt->tmp, text.u.s, text.n);
		text = rv_take(rt, mark);
	}
	for (uint32_t i = 0, b = 0; i <= text.n; i++) {
		size_t k = 1;
		bool blank = i < text.n && cp_space(u8_at(text.u.s + i, text.n - i, &k));
		if (i == text.n || blank) {
			if (i > b && !one_word(rt, &l, rv_strn(text.u.s + b, i - b)))
				return false;
			if (blank)
				sb_add(&rt->tmp, text.u.s + i, k);
			b = i + (uint32_t)k;
		}
		i += (uint32_t)k - 1;
	}
	*out = rv_take(rt, mark);
	if (rt->autoescape)
		*out = j_markup(*out);
	return true;
}
