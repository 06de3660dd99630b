/* SPDX-License-Identifier: GPL-2.0-or-later
 * markup.c - text that needs no HTML escape, and its methods: what is put into it is escaped, what comes out of it needs none either.
 */

#include "snippets/engine/rt.h"
#include "snippets/engine/str_methods.h"

bool markup_of(struct rt *rt, struct rv x, bool force, struct rv *out)
{
	*out = rv_tostr(rt, x);
	if (rt->exc.cls != EX_NONE)
		return false;
	if (force || !(out->fl & RV_MARKUP)) {
		size_t mark = rt->tmp.len;
		html_escape(&rt->tmp, out->u.s, out->n);
		*out = rv_take(rt, mark);
		out->fl = RV_MARKUP;
	}
	return true;
}

enum { ESCAPES = 1, STAYS = 2 };

/* compat: all other methods of text take and give plain text. */
static const struct { const char *name; int how; } methods[] = {
	{ "capitalize", STAYS | ESCAPES },
	{ "center", STAYS | ESCAPES },
	{ "expandtabs", STAYS | ESCAPES },
	{ "format", STAYS },
	{ "join", STAYS },
	{ "ljust", STAYS | ESCAPES },
	{ "lower", STAYS | ESCAPES },
	{ "lstrip", STAYS | ESCAPES },
	{ "partition", STAYS | ESCAPES },
	{ "replace", STAYS | ESCAPES },
	{ "rjust", STAYS | ESCAPES },
	{ "rpartition", STAYS | ESCAPES },
	{ "rsplit", STAYS },
	{ "rstrip", STAYS | ESCAPES },
	{ "split", STAYS },
	{ "splitlines", STAYS },
	{ "strip", STAYS | ESCAPES },
	{ "swapcase", STAYS | ESCAPES },
	{ "title", STAYS | ESCAPES },
	{ "translate", STAYS | ESCAPES },
	{ "upper", STAYS | ESCAPES },
	{ "zfill", STAYS | ESCAPES },
};

static void mark(struct rv *v, uint8_t fl)
{
	if (v->t == R_STR)
		v->fl = fl;
	for (uint32_t i = 0; (v->t == R_LIST || v->t == R_TUPLE) && i < v->u.l->n; i++)
		v->u.l->v[i].fl = fl;
}

bool markup_call(struct rt *rt, const struct native *f, struct rv self, const struct args *a, struct rv *out)
{
	struct args b = *a;
	int how = 0;
	for (size_t i = 0; i < ARRAY_LEN(methods) && how == 0; i++)
		if (str_eq(methods[i].name, f->name))
			how = methods[i].how;
	if (how & ESCAPES) {
		struct rv *v = rt_alloc(rt, (a->n + 1) * sizeof(*v));
		for (uint32_t i = 0; i < a->n; i++) {
			v[i] = a->v[i];
			if (v[i].t == R_STR && !markup_of(rt, v[i], false, &v[i]))
				return false;
		}
		b.v = v;
	}
	if (how == 0)
		self.fl = 0;
	if (!native_call(rt, f, self, &b, out))
		return false;
	mark(out, how != 0 ? RV_MARKUP : 0);
	return true;
}
