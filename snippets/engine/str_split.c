/* SPDX-License-Identifier: GPL-2.0-or-later
 * str_split.c - taking text apart: split, rsplit, splitlines, partition.
 */
#include <string.h>

#include "snippets/engine/rt.h"
#include "snippets/engine/str_case.h"
#include "snippets/engine/str_methods.h"

/* What stands between the pieces: text, not empty. */
static bool is_separator(struct rt *rt, struct rv v)
{
	if (!str_wanted(rt, v, ""))
		return rt->exc.cls == EX_TYPE && raise(rt, EX_TYPE, "must be str or None, not %s", rv_type_name(v));
	return v.n != 0 || raise(rt, EX_VALUE, "empty separator");
}

static void split_blank(struct rt *rt, struct rv s, int64_t max, struct rlist *l)
{
	size_t i = 0, k;
	for (;;) {
		while (i < s.n && cp_space(u8_at(s.u.s + i, s.n - i, &k)))
			i += k;
		if (i >= s.n)
			return;
		if (max >= 0 && l->n >= (uint64_t)max) {
			rlist_push(rt, l, str_strip(rv_strn(s.u.s + i, s.n - i), NULL, 0, 2));
			return;
		}
		size_t b = i;
		while (i < s.n && !cp_space(u8_at(s.u.s + i, s.n - i, &k)))
			i += k;
		rlist_push(rt, l, rv_strn(s.u.s + b, i - b));
	}
}

bool str_split(struct rt *rt, struct rv s, struct rv sep, int64_t max, struct rv *out)
{
	*out = rv_list(rt, 0);
	if (sep.t == R_UNSET || sep.t == R_NONE) {
		split_blank(rt, s, max, out->u.l);
		return rt->exc.cls == EX_NONE;
	}
	if (!is_separator(rt, sep))
		return false;
	const char *p = s.u.s, *end = s.u.s + s.n, *q;
	while ((max < 0 || out->u.l->n < (uint64_t)max) && (q = memmem(p, (size_t)(end - p), sep.u.s, sep.n)) != NULL) {
		rlist_push(rt, out->u.l, rv_strn(p, (size_t)(q - p)));
		p = q + sep.n;
	}
	rlist_push(rt, out->u.l, rv_strn(p, (size_t)(end - p)));
	return rt->exc.cls == EX_NONE;
}

static void reverse(struct rlist *l)
{
	for (uint32_t i = 0; i < l->n / 2; i++) {
		struct rv t = l->v[i];
		l->v[i] = l->v[l->n - 1 - i];
		l->v[l->n - 1 - i] = t;
	}
}

const char *str_rfind(const char *p, size_t n, const char *x, size_t nx)
{
	for (size_t i = n >= nx ? n - nx + 1 : 0; i > 0; i--)
		if (memcmp(p + i - 1, x, nx) == 0)
			return p + i - 1;
	return NULL;
}

static void rsplit_blank(struct rt *rt, struct rv s, int64_t max, struct rlist *l)
{
	for (;;) {
		s = str_strip(s, NULL, 0, 2);
		if (s.n == 0)
			return;
		if (max >= 0 && l->n >= (uint64_t)max) {
			rlist_push(rt, l, str_strip(s, NULL, 0, 1));
			return;
		}
		size_t at = s.n;
		while (at > 0) {
			size_t p = at - 1, k;
			while (p > 0 && ((unsigned char)s.u.s[p] & 0xC0) == 0x80)
				p--;
			if (cp_space(u8_at(s.u.s + p, at - p, &k)))
				break;
			at = p;
		}
		rlist_push(rt, l, rv_strn(s.u.s + at, s.n - at));
		s.n = (uint32_t)at;
	}
}

bool str_rsplit(struct rt *rt, struct rv s, struct rv sep, int64_t max, struct rv *out)
{
	*out = rv_list(rt, 0);
	struct rlist *l = out->u.l;
	if (sep.t == R_UNSET || sep.t == R_NONE) {
		rsplit_blank(rt, s, max, l);
	} else {
		const char *q;
		if (!is_separator(rt, sep))
			return false;
		while ((max < 0 || l->n < (uint64_t)max) && (q = str_rfind(s.u.s, s.n, sep.u.s, sep.n)) != NULL) {
			size_t at = (size_t)(q - s.u.s), b = at + sep.n;
			rlist_push(rt, l, rv_strn(s.u.s + b, s.n - b));
			s.n = (uint32_t)at;
		}
		rlist_push(rt, l, rv_strn(s.u.s, s.n));
	}
	reverse(l);
	return rt->exc.cls == EX_NONE;
}

static size_t line_end(const char *s, size_t n, size_t *eol)
{
	for (size_t i = 0, k; i < n; i += k) {
		uint32_t c = u8_at(s + i, n - i, &k);
		if (c == '\r' && i + 1 < n && s[i + 1] == '\n') {
			*eol = 2;
			return i;
		}
		if ((c >= 10 && c <= 13) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029) {
			*eol = k;
			return i;
		}
	}
	*eol = 0;
	return n;
}

bool str_splitlines(struct rt *rt, struct rv s, bool keep, struct rv *out)
{
	*out = rv_list(rt, 0);
	for (size_t i = 0, eol; i < s.n;) {
		size_t len = line_end(s.u.s + i, s.n - i, &eol);
		rlist_push(rt, out->u.l, rv_strn(s.u.s + i, keep ? len + eol : len));
		i += len + eol;
	}
	return rt->exc.cls == EX_NONE;
}

bool str_partition(struct rt *rt, struct rv self, struct rv sep, bool right, struct rv *out)
{
	if (!str_wanted(rt, sep, ""))
		return false;
	if (sep.n == 0)
		return raise(rt, EX_VALUE, "empty separator");
	const char *q = right ? str_rfind(self.u.s, self.n, sep.u.s, sep.n) : memmem(self.u.s, self.n, sep.u.s, sep.n);
	struct rv e = rv_strn("", 0), t[3] = { right ? e : self, e, right ? self : e };
	if (q != NULL) {
		size_t at = (size_t)(q - self.u.s);
		t[0] = rv_strn(self.u.s, at);
		t[1] = sep;
		t[2] = rv_strn(q + sep.n, self.n - at - sep.n);
	}
	*out = rv_tuple(rt, t, 3);
	return true;
}
