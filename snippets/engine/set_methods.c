/* SPDX-License-Identifier: GPL-2.0-or-later
 * set_methods.c - the methods of sets and frozensets. Those that change a set take iterables; what they make is a set of
 * their object's type, as in Python.
 */
#include "snippets/engine/rt.h"
#include "snippets/engine/str_methods.h"

#define M(name)                                                                                                        \
	static bool m_##name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define NOARGS (void)v, (void)a

M(add) { (void)a; *out = rv_none(); return rdict_set(rt, self.u.m, v[0], rv_none()); }
M(discard) { (void)a; bool f; *out = rv_none(); return rdict_del(rt, self.u.m, v[0], &f); }

M(remove)
{
	(void)a;
	bool had;
	*out = rv_none();
	if (!rdict_del(rt, self.u.m, v[0], &had))
		return false;
	return had || rv_delitem(rt, rv_dict(rt), v[0]);  /* the KeyError of an empty dict */
}

M(pop)
{
	NOARGS;
	bool had;
	for (uint32_t i = 0; i < self.u.m->used; i++)
		if (self.u.m->e[i].live) {
			*out = self.u.m->e[i].key;
			return rdict_del(rt, self.u.m, *out, &had);
		}
	return raise(rt, EX_KEY, "'pop from an empty set'");
}

M(clear)
{
	NOARGS;
	(void)rt;
	rdict_clear(self.u.m);
	*out = rv_none();
	return true;
}

M(copy)
{
	NOARGS;
	if (!rv_set_of(rt, self, out))
		return false;
	out->fl = self.fl;
	return true;
}

/* The set with each of the iterables in turn. */
static bool with_each(struct rt *rt, struct rv self, enum binop op, const struct args *a, struct rv *out)
{
	if (!m_copy(rt, self, NULL, NULL, out))
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		struct rv other;
		if (!rv_set_of(rt, a->v[i], &other) || !rv_binop(rt, op, *out, other, out))
			return false;
	}
	return true;
}

M(union) { (void)v; return with_each(rt, self, OP_BOR, a, out); }
M(intersection) { (void)v; return with_each(rt, self, OP_BAND, a, out); }
M(difference) { (void)v; return with_each(rt, self, OP_SUB, a, out); }

M(symmetric_difference)
{
	(void)a;
	struct rv other;
	return rv_set_of(rt, v[0], &other) && rv_binop(rt, OP_BXOR, self, other, out);
}

static bool become(struct rv self, struct rv result, struct rv *out)
{
	*self.u.m = *result.u.m;
	*out = rv_none();
	return true;
}

M(update) { struct rv r; return m_union(rt, self, v, a, &r) && become(self, r, out); }
M(intersection_update) { struct rv r; return m_intersection(rt, self, v, a, &r) && become(self, r, out); }
M(difference_update) { struct rv r; return m_difference(rt, self, v, a, &r) && become(self, r, out); }
M(symmetric_difference_update) { struct rv r; return m_symmetric_difference(rt, self, v, a, &r) && become(self, r, out); }

/* Whether all that a has (none: whether nothing of it) is in b. */
static bool all_in(struct rt *rt, struct rv a, struct rv b, bool none, struct rv *out)
{
	struct cursor c;
	struct rv x;
	if (!cur_start(rt, a, &c))
		return false;
	*out = rv_bool(true);
	while (cur_next(rt, &c, &x)) {
		bool in;
		if (!rv_contains(rt, b, x, &in))
			return false;
		if (in == none)
			*out = rv_bool(false);
	}
	return rt->exc.cls == EX_NONE;
}

M(issubset) { struct rv s; (void)a; return rv_set_of(rt, v[0], &s) && all_in(rt, self, s, false, out); }
M(issuperset) { (void)a; return all_in(rt, v[0], self, false, out); }
M(isdisjoint) { (void)a; return all_in(rt, v[0], self, true, out); }

#define BOTH                                                                                                           \
	{"copy", "", 0, m_copy}, {"union", "*", 0, m_union}, {"intersection", "*", 0, m_intersection},                 \
		{"difference", "*", 0, m_difference},                                                                  \
		{"symmetric_difference", "other /", 1, m_symmetric_difference}, {"issubset", "other /", 1, m_issubset}, \
		{"issuperset", "other /", 1, m_issuperset}, {"isdisjoint", "other /", 1, m_isdisjoint}

const struct native set_methods[] = {
	BOTH,
	{"add", "elem /", 1, m_add},
	{"discard", "elem /", 1, m_discard},
	{"remove", "elem /", 1, m_remove},
	{"pop", "", 0, m_pop},
	{"clear", "", 0, m_clear},
	{"update", "*", 0, m_update},
	{"intersection_update", "*", 0, m_intersection_update},
	{"difference_update", "*", 0, m_difference_update},
	{"symmetric_difference_update", "other /", 1, m_symmetric_difference_update},
	{NULL, NULL, 0, NULL},
};
const struct native frozenset_methods[] = { BOTH, {NULL, NULL, 0, NULL} };
