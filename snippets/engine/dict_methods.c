/* SPDX-License-Identifier: GPL-2.0-or-later
 * dict_methods.c - the methods of dicts.
 */
#include "snippets/engine/rt.h"
#include "snippets/engine/str_methods.h"

#define M(name)                                                                                                        \
	static bool m_##name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define NOARGS (void)v, (void)a

/* Those of a dict of the job's variables need no search. */
static struct rv view_of_given(struct rt *rt, const struct value *d, enum view_kind kind)
{
	size_t n = d->u.d_.n < LIM_ITEMS ? d->u.d_.n : LIM_ITEMS;
	struct rv l = rv_list(rt, (uint32_t)n), pair[2];
	for (size_t i = 0; i < n; i++) {
		pair[0] = rv_strn(d->u.d_.v[i].key->text, d->u.d_.v[i].key->len);
		pair[1] = rv_wrap(d->u.d_.v[i].v);
		l.u.l->v[i] = kind == VIEW_ITEMS ? rv_tuple(rt, pair, 2) : pair[kind == VIEW_VALUES];
	}
	l.u.l->n = (uint32_t)n;
	if (n < d->u.d_.n)
		raise(rt, EX_LIMIT, "a list has more than %u elements", LIM_ITEMS);
	return (struct rv){ .t = R_VIEW, .aux = kind, .u.l = l.u.l };
}

static bool view(struct rt *rt, struct rv self, enum view_kind kind, struct rv *out)
{
	struct cursor c;
	self = rv_live(rt, self);
	if (self.t == R_MDICT && rt->nthawed == 0) {
		*out = view_of_given(rt, self.u.v, kind);
		return rt->exc.cls == EX_NONE;
	}
	struct rv k, val, l = rv_list(rt, 0);
	if (!cur_start(rt, self, &c))
		return false;
	while (cur_next(rt, &c, &k)) {
		if (kind != VIEW_KEYS && !rv_getitem(rt, self, k, &val))
			return false;
		rlist_push(rt, l.u.l,
			kind == VIEW_KEYS     ? k
			: kind == VIEW_VALUES ? val
					      : rv_tuple(rt, (struct rv[]){k, val}, 2));
	}
	*out = (struct rv){ .t = R_VIEW, .aux = kind, .u.l = l.u.l };
	return rt->exc.cls == EX_NONE;
}

M(keys) { NOARGS; return view(rt, self, VIEW_KEYS, out); }
M(values) { NOARGS; return view(rt, self, VIEW_VALUES, out); }
M(items) { NOARGS; return view(rt, self, VIEW_ITEMS, out); }

static bool lookup(struct rt *rt, struct rv self, struct rv key, struct rv *out, bool *found)
{
	self = rv_live(rt, self);
	if (self.t == R_DICT)
		return rdict_get(rt, self.u.m, key, out, found);
	uint64_t h;
	if (key.t != R_STR && !rv_hash(rt, key, &h))
		return false;
	*found = key.t == R_STR && rv_map_get(rt, self, key.u.s, key.n, out);
	return true;
}

M(get)
{
	(void)a;
	bool found;
	if (!lookup(rt, self, v[0], out, &found))
		return false;
	if (!found)
		*out = v[1].t == R_UNSET ? rv_none() : v[1];
	return true;
}

M(dict_pop)
{
	(void)a;
	bool found;
	if (!lookup(rt, self, v[0], out, &found))
		return false;
	if (found)
		return rv_delitem(rt, self, v[0]);
	if (v[1].t == R_UNSET)
		return rv_getitem(rt, self, v[0], out);       /* raises KeyError */
	*out = v[1];
	return true;
}

M(setdefault)
{
	(void)a;
	bool found;
	if (!lookup(rt, self, v[0], out, &found))
		return false;
	if (found)
		return true;
	*out = v[1].t == R_UNSET ? rv_none() : v[1];
	return rv_setitem(rt, self, v[0], *out);
}

static bool update_from(struct rt *rt, struct rv to, struct rv from)
{
	struct cursor c;
	struct rv k, val;
	uint32_t at = 0;
	from = rv_live(rt, from);
	if (!cur_start(rt, from, &c))
		return false;
	while (cur_next(rt, &c, &k)) {
		if (rv_mapping(from)) {
			if (!rv_getitem(rt, from, k, &val))
				return false;
		} else {
			struct rlist *pair;
			if (!rv_list_of(rt, k, &pair))
				return rt->exc.cls == EX_TYPE && raise(rt, EX_TYPE,
					"cannot convert dictionary update sequence element #%u to a sequence", at);
			if (pair->n != 2)
				return raise(rt, EX_VALUE, "dictionary update sequence element #%u has length %u; 2 is required", at,
					pair->n);
			at++;
			k = pair->v[0];
			val = pair->v[1];
		}
		if (!rv_setitem(rt, to, k, val))
			return false;
	}
	return true;
}

M(update)
{
	(void)v;
	struct rv to;
	if (a->n > 1)
		return raise(rt, EX_TYPE, "update expected at most 1 argument, got %u", a->n);
	if (!rv_thaw(rt, self, &to) || (a->n == 1 && !update_from(rt, to, a->v[0])))
		return false;
	for (uint32_t i = 0; i < a->nkw; i++)
		if (!rv_setitem(rt, to, rv_strn(a->kw[i].name, a->kw[i].n), a->kw[i].v))
			return false;
	*out = rv_none();
	return true;
}

M(dict_copy)
{
	NOARGS;
	*out = rv_dict(rt);
	return update_from(rt, *out, self);
}

M(dict_clear)
{
	NOARGS;
	struct rv t;
	if (!rv_thaw(rt, self, &t))
		return false;
	rdict_clear(t.u.m);
	*out = rv_none();
	return true;
}

M(popitem)
{
	NOARGS;
	struct rv t;
	if (!rv_thaw(rt, self, &t))
		return false;
	for (uint32_t i = t.u.m->used; i > 0; i--) {
		struct rentry *e = &t.u.m->e[i - 1];
		if (e->live) {
			*out = rv_tuple(rt, (struct rv[]){ e->key, e->val }, 2);
			return rv_delitem(rt, t, e->key);
		}
	}
	return raise(rt, EX_KEY, "'popitem(): dictionary is empty'");
}

M(fromkeys)
{
	struct cursor c;
	struct rv k;
	(void)self, (void)a;
	*out = rv_dict(rt);
	if (!cur_start(rt, v[0], &c))
		return false;
	while (cur_next(rt, &c, &k))
		if (!rt_tick(rt) || !rdict_set(rt, out->u.m, k, v[1].t == R_UNSET ? rv_none() : v[1]))
			return false;
	return rt->exc.cls == EX_NONE;
}

/* compat: has_key, iteritems and friends are Python 2's; 3.3.7 runs on Python 3, where a dict has none of them. */
const struct native dict_methods[] = {
	{"keys", "", 0, m_keys},
	{"values", "", 0, m_values},
	{"items", "", 0, m_items},
	{"get", "key default /", 1, m_get},
	{"pop", "key default /", 1, m_dict_pop},
	{"setdefault", "key default /", 1, m_setdefault},
	{"update", "*", 0, m_update},
	{"copy", "", 0, m_dict_copy},
	{"clear", "", 0, m_dict_clear},
	{"popitem", "", 0, m_popitem},
	{"fromkeys", "iterable value /", 1, m_fromkeys},
	{NULL, NULL, 0, NULL},
};
