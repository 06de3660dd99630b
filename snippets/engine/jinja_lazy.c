/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_lazy.c - the filters that Jinja writes as generators: map, select, reject and their likes take one item of their input
 * for each that is asked of them; unique, batch, slice and items begin when the first is. Before that nothing is read,
 * called or refused. Source: jinja2/filters.py.
 */
#include <string.h>

#include "snippets/engine/jinja.h"

#define F(name)                                                                                                        \
	static bool f_##name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)


struct lazy {
	struct args a;
	struct cursor c;
	bool begun;
	bool want, by_attr;              /* of the choosing ones */
	struct rv attr, dflt;            /* R_UNSET: none */
	struct rv name;                  /* of the filter or test; R_UNSET: none */
	struct args rest;                /* its arguments */
	bool (*begin)(struct rt *rt, struct lazy *z);
	bool (*step)(struct rt *rt, struct lazy *z, struct rv *out);
	j_lazy_fn *whole;
};

static const struct rv unset = { .t = R_UNSET };

static bool more(struct rt *rt, struct riter *it, struct rv *out)
{
	struct lazy *z = it->data;
	if (rt->depth >= LIM_DEPTH)
		return raise(rt, EX_LIMIT, "calls nested deeper than %d", LIM_DEPTH);
	rt->depth++;
	bool got = rt_tick(rt);
	if (got && z->whole != NULL) {
		struct rv l = unset;
		it->more = NULL;
		if (z->whole(rt, z->a.v, &l) && rt->exc.cls == EX_NONE)
			it->l = l.u.l;
		got = it->l->n > 0;
		if (got)
			*out = it->l->v[it->pos++];
	} else if (got) {
		/* compat: "if value": nothing is asked of an empty one */
		bool some = z->begun || (z->a.v[0].t != R_NONE && rv_truthy(rv_live(rt, z->a.v[0])));
		got = some && (z->begun || (z->begin(rt, z) && cur_start(rt, z->a.v[0], &z->c)));
		z->begun = true;
		got = got && z->step(rt, z, out);
		if (!got)
			it->more = NULL;                  /* it has ended, by an exception too */
	}
	rt->depth--;
	return got;
}

static struct lazy *make(struct rt *rt, const struct args *a, struct rv *out)
{
	struct lazy *z = rt_alloc(rt, sizeof(*z));
	struct rv *v = rt_alloc(rt, (a->n + 1) * sizeof(*v));
	struct karg *kw = rt_alloc(rt, (a->nkw + 1) * sizeof(*kw));
	if (a->n > 0)
		memcpy(v, a->v, a->n * sizeof(*v));
	if (a->nkw > 0)
		memcpy(kw, a->kw, a->nkw * sizeof(*kw));
	*z = (struct lazy){ .a = { .v = v, .n = a->n, .kw = kw, .nkw = a->nkw }, .attr = unset, .dflt = unset, .name = unset };
	*out = rv_iter_of(rt, rv_list(rt, 0), "generator");
	out->u.it->more = more;
	out->u.it->data = z;
	return z;
}

void j_lazy(struct rt *rt, const struct rv *v, uint32_t n, j_lazy_fn *whole, struct rv *out)
{
	make(rt, &(struct args){ .v = (struct rv *)(uintptr_t)v, .n = n }, out)->whole = whole;
}

/* -- map -- */

static bool map_begin(struct rt *rt, struct lazy *z)
{
	const struct args *a = &z->a;
	if (a->n > 1) {
		z->name = a->v[1];
		z->rest = (struct args){ .v = a->v + 2, .n = a->n - 2, .kw = a->kw, .nkw = a->nkw };
		return z->name.t == R_STR || raise(rt, EX_TYPE, "the name of a filter must be a text");
	}
	for (uint32_t i = 0; i < a->nkw; i++) {
		if (a->kw[i].n == 9 && memcmp(a->kw[i].name, "attribute", 9) == 0)
			z->attr = a->kw[i].v;
		else if (a->kw[i].n == 7 && memcmp(a->kw[i].name, "default", 7) == 0)
			z->dflt = a->kw[i].v;
		else
			return raise(rt, EX_FILTER_ARG, "Unexpected keyword argument '%.*s'", (int)a->kw[i].n, a->kw[i].name);
	}
	return z->attr.t != R_UNSET || raise(rt, EX_FILTER_ARG, "map requires a filter argument");
}

static bool map_step(struct rt *rt, struct lazy *z, struct rv *out)
{
	struct rv x;
	if (!cur_next(rt, &z->c, &x))
		return false;
	return z->attr.t != R_UNSET ? j_attr_path(rt, x, z->attr, z->dflt, out)
				    : j_call_filter(rt, rv_cz(rt, z->name), x, &z->rest, out);
}

F(map)
{
	(void)self, (void)v;
	struct lazy *z = make(rt, a, out);
	z->begin = map_begin;
	z->step = map_step;
	return true;
}

/* -- select, reject, selectattr, rejectattr -- */

static bool pick_begin(struct rt *rt, struct lazy *z)
{
	const struct args *a = &z->a;
	uint32_t at = z->by_attr ? 2 : 1;
	if (a->n < at)
		return raise(rt, EX_FILTER_ARG, "Missing parameter for attribute name");
	if (z->by_attr)
		z->attr = a->v[1];
	if (a->n <= at)
		return true;
	z->name = a->v[at];
	z->rest = (struct args){ .v = a->v + at + 1, .n = a->n - at - 1, .kw = a->kw, .nkw = a->nkw };
	return z->name.t == R_STR || raise(rt, EX_TYPE, "the name of a test must be a text");
}

static bool pick_step(struct rt *rt, struct lazy *z, struct rv *out)
{
	struct rv y;
	while (cur_next(rt, &z->c, out)) {
		bool yes = false;
		if (!j_attr_path(rt, *out, z->attr, unset, &y))
			return false;
		if (z->name.t == R_UNSET)
			yes = rv_truthy(rv_live(rt, y));
		else if (!j_call_test(rt, rv_cz(rt, z->name), y, &z->rest, &yes))
			return false;
		if (yes == z->want)
			return rt->exc.cls == EX_NONE;
		if (!rt_tick(rt))
			return false;
	}
	return false;
}

static bool pick(struct rt *rt, const struct args *a, bool want, bool by_attr, struct rv *out)
{
	struct lazy *z = make(rt, a, out);
	z->want = want;
	z->by_attr = by_attr;
	z->begin = pick_begin;
	z->step = pick_step;
	return true;
}

F(select) { (void)self, (void)v; return pick(rt, a, true, false, out); }
F(reject) { (void)self, (void)v; return pick(rt, a, false, false, out); }
F(selectattr) { (void)self, (void)v; return pick(rt, a, true, true, out); }
F(rejectattr) { (void)self, (void)v; return pick(rt, a, false, true, out); }

const struct native j_filters_lazy[] = {
	{"map", "*", 1, f_map},
	{"select", "*", 1, f_select},
	{"reject", "*", 1, f_reject},
	{"selectattr", "*", 1, f_selectattr},
	{"rejectattr", "*", 1, f_rejectattr},
	{NULL, NULL, 0, NULL},
};
