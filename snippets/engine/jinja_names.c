/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_names.c - how Jinja finds names, attributes and items, and what an undefined value does.
 */
#include <string.h>

#include "snippets/engine/jinja.h"

bool j_missing(struct rt *rt, const struct rv *u)
{
	const struct undef *d = u->u.ud;
	if (d->what == NULL)
		return raise(rt, EX_UNDEFINED, "'%s' is undefined", d->name != NULL ? d->name : "");
	raise(rt, EX_UNDEFINED, "%s", d->what);
	rt->exc.of = d->of;
	rt->exc.wanted = d->name;
	return false;
}

/* Names of one template are the same object, those of another one or of the engine ("loop") only the same text. */
static bool same_name(const struct sym *a, const struct sym *b)
{
	return a == b || (a->len == b->len && memcmp(a->name, b->name, a->len) == 0);
}

static bool from_context(struct rt *rt, const struct sym *n, struct rv *out)
{
	const struct jctx *c = jstate(rt)->ctx;
	struct rv key = rv_strn(n->name, n->len);
	bool found = false;
	if ((c->vars->live != 0 && rdict_get(rt, c->vars, key, out, &found) && found) ||
	    (c->given != NULL && rdict_get(rt, c->given, key, out, &found) && found))
		return true;
	if (c->no_vars)
		return false;
	return rv_entry(rt->job->vars, n->name, n->len, n->hash, out);
}

static bool name(struct rt *rt, const struct node *n, struct rv *out)
{
	const struct rv *at_hand = j_quick(rt, jstate(rt), n->sym, n->sym->id);
	if (at_hand != NULL) {
		*out = *at_hand;
		return true;
	}
	for (const struct scope *s = jstate(rt)->scope; s != NULL; s = s->up)
		for (uint32_t i = s->n; i > 0; i--)
			if (same_name(s->b[i - 1].name, n->sym)) {
				*out = s->b[i - 1].v;
				return true;
			}
	if (from_context(rt, n->sym, out)) {
		if (rt->exc.cls != EX_NONE)
			return false;
		rt->known[n->sym->id % KNOWN] = (struct known){ n->sym, jstate(rt)->ctx, rt->epoch, *out };
		return true;
	}
	if (j_global(rt, n->sym->name, out))
		return rt->exc.cls == EX_NONE;
	*out = rv_undef(rt, n->sym->name, NULL);
	return rt->exc.cls == EX_NONE;
}

static const char *no_attr(struct rt *rt, struct rv o, const char *kind, struct rv what)
{
	size_t mark = rt->tmp.len;
	sb_addf(&rt->tmp, o.t == R_NONE ? "'None' has no %s " : "'%s object' has no %s ",
		o.t == R_NONE ? kind : rv_type_name(o), kind);
	if (o.t == R_NONE) {
		sb_truncate(&rt->tmp, mark);
		sb_addf(&rt->tmp, "'None' has no %s ", kind);
	}
	rv_repr(rt, what, &rt->tmp);
	return rv_take(rt, mark).u.s;
}

/* o.name: an attribute, else a key. */
static struct rv undefined_of(struct rt *rt, struct rv o, const char *name, const char *what)
{
	struct undef *u = rt_alloc(rt, sizeof(*u));
	*u = (struct undef){ .name = name, .what = what, .of = o.t == R_MDICT && name != NULL ? o.u.v : NULL };
	return (struct rv){ .t = R_UNDEF, .u.ud = u };
}

static bool get_attr(struct rt *rt, struct rv o, const char *nm, uint32_t len, int mid, struct rv *out)
{
	if (o.t == R_UNDEF)
		return j_missing(rt, &o);
	*out = (struct rv){ .t = R_UNSET };
	if (nm[0] != '_' && !rv_attr(rt, o, nm, mid, out))
		return false;
	if (out->t != R_UNSET)
		return true;
	if (o.t == R_TUPLE && o.fl == 2 && (str_eq(nm, "grouper") || str_eq(nm, "list"))) {   /* what groupby makes */
		*out = o.u.l->v[nm[0] == 'l'];
		return true;
	}
	o = rv_live(rt, o);
	if (rv_mapping(o) && rv_map_get(rt, o, nm, len, out))
		return true;
	*out = undefined_of(rt, o, nm, no_attr(rt, o, "attribute", rv_strn(nm, len)));
	return rt->exc.cls == EX_NONE;
}

static bool attr(struct rt *rt, struct rv o, const struct node *n, struct rv *out)
{
	const struct sym *s = n->sym;
	if (o.t == R_MDICT && s->mid < 0 && rt->nthawed == 0 && rv_entry(o.u.v, s->name, s->len, s->hash, out))
		return true;
	return get_attr(rt, o, s->name, s->len, s->mid, out);
}

/* o[key]: an item, else for a text the attribute of that name. */
bool j_getitem(struct rt *rt, struct rv o, struct rv key, struct rv *out)
{
	if (o.t == R_UNDEF)
		return j_missing(rt, &o);
	if (key.t == R_SLICE)                             /* compat: a slice is Python's own */
		return rv_getitem(rt, o, key, out);
	size_t mark = rt->tmp.len;
	if (key.t != R_UNDEF && rv_getitem(rt, o, key, out))
		return true;
	if (rt->exc.cls != EX_NONE && !exc_is_a(rt->exc.cls, EX_LOOKUP) && rt->exc.cls != EX_TYPE &&
		rt->exc.cls != EX_ATTRIBUTE)
		return false;
	rt->exc = (struct exception){ 0 };
	sb_truncate(&rt->tmp, mark);
	*out = (struct rv){ .t = R_UNSET };
	if (key.t == R_STR) {
		const char *z = rv_cz(rt, key);
		if (z[0] != '_' && !rv_attr(rt, o, z, method_id(z), out))
			return false;
	}
	if (out->t == R_UNSET)
		*out = undefined_of(rt, rv_live(rt, o), key.t == R_STR ? rv_cz(rt, key) : NULL,
			key.t == R_STR ? no_attr(rt, o, "attribute", key) : no_attr(rt, o, "element", key));
	return rt->exc.cls == EX_NONE;
}

static bool assign(struct rt *rt, const struct node *n, struct rv v)
{
	j_bind(rt, n->sym, v);
	return rt->exc.cls == EX_NONE;
}

static bool no_comp(struct rt *rt, const struct node *n, struct rv *out)
{
	(void)n, (void)out;
	return raise(rt, EX_SYNTAX, "Jinja has no comprehensions");
}

static bool step(struct rt *rt, struct rv o, const struct node *n, struct rv *out) { return attr(rt, o, n, out); }

static bool filter(struct rt *rt, const struct node *n, struct rv *out)
{
	struct args a;
	struct rv x;
	if (!ev(rt, n->a, &x) || !ev_args(rt, n, &a, 0))
		return false;
	return j_call_filter(rt, n->sym->name, x, &a, out);
}

static bool test(struct rt *rt, const struct node *n, struct rv *out)
{
	struct args a;
	struct rv x;
	bool yes;
	if (!ev(rt, n->a, &x) || !ev_args(rt, n, &a, 0) || !j_call_test(rt, n->sym->name, x, &a, &yes))
		return false;
	*out = rv_bool(yes != (n->sub == 1));
	return true;
}

/* Every name a template sees, for what it includes with its context. */
bool j_visible(struct rt *rt, struct rdict **out)
{
	struct rv d = rv_dict(rt);
	const struct jctx *c = jstate(rt)->ctx;
	const struct rdict *layers[] = { c->given, c->vars };
	const struct scope *chain[LIM_DEPTH * 2];
	uint32_t n = 0;
	for (size_t i = 0; i < ARRAY_LEN(layers); i++)
		for (uint32_t k = 0; layers[i] != NULL && k < layers[i]->used; k++)
			if (layers[i]->e[k].live && !rdict_set(rt, d.u.m, layers[i]->e[k].key, layers[i]->e[k].val))
				return false;
	for (const struct scope *s = jstate(rt)->scope; s != NULL && n < ARRAY_LEN(chain); s = s->up)
		chain[n++] = s;
	for (; n > 0; n--)
		for (uint32_t k = 0; k < chain[n - 1]->n; k++)
			if (!rdict_set(rt, d.u.m, rv_strn(chain[n - 1]->b[k].name->name, chain[n - 1]->b[k].name->len),
				    chain[n - 1]->b[k].v))
				return false;
	*out = d.u.m;
	return true;
}

const struct front jinja_fns = {
	.name = name,
	.step = step,
	.attr = attr,
	.item = j_getitem,
	.assign = assign,
	.comp = no_comp,
	.filter = filter,
	.test = test,
};
