/* SPDX-License-Identifier: GPL-2.0-or-later
 * list_methods.c - the methods of lists and tuples.
 */
#include "snippets/engine/builtins.h"
#include "snippets/engine/str_methods.h"

#define M(name)                                                                                                        \
	static bool m_##name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define NOARGS (void)v, (void)a

static bool thaw_list(struct rt *rt, struct rv self, struct rlist **l)
{
	struct rv t;
	if (!rv_thaw(rt, self, &t))
		return false;
	*l = t.u.l;
	return true;
}

M(append)
{
	(void)a;
	struct rlist *l;
	if (!thaw_list(rt, self, &l))
		return false;
	rlist_push(rt, l, v[0]);
	*out = rv_none();
	return rt->exc.cls == EX_NONE;
}

M(extend)
{
	(void)a;
	struct rlist *l;
	struct rv add;
	if (!thaw_list(rt, self, &l) || !rv_copy_list(rt, v[0], &add))
		return false;
	for (uint32_t i = 0; i < add.u.l->n; i++)
		rlist_push(rt, l, add.u.l->v[i]);
	*out = rv_none();
	return rt->exc.cls == EX_NONE;
}

M(insert)
{
	(void)a;
	struct rlist *l;
	if (v[0].t != R_INT && v[0].t != R_BOOL)
		return raise(rt, EX_TYPE, "'%s' object cannot be interpreted as an integer", rv_type_name(v[0]));
	if (!thaw_list(rt, self, &l))
		return false;
	int64_t i = rv_asint(v[0]);
	i = i < 0 ? (i + l->n < 0 ? 0 : i + l->n) : i > l->n ? l->n : i;
	rlist_push(rt, l, v[1]);
	if (rt->exc.cls != EX_NONE)
		return false;
	memmove(&l->v[i + 1], &l->v[i], (l->n - 1 - (size_t)i) * sizeof(*l->v));
	l->v[i] = v[1];
	*out = rv_none();
	return rt_bytes(rt, (l->n - (size_t)i) * sizeof(*l->v));
}

M(list_pop)
{
	(void)a;
	struct rlist *l;
	if (!thaw_list(rt, self, &l))
		return false;
	if (l->n == 0)
		return raise(rt, EX_INDEX, "pop from empty list");
	struct rv i = v[0].t == R_UNSET ? rv_int(-1) : v[0], t = { .t = R_LIST, .u.l = l };
	*out = rv_none();
	struct rv got;
	if (!rv_getitem(rt, t, i, &got) || !rv_delitem(rt, t, i))
		return rt->exc.cls == EX_INDEX ? raise(rt, EX_INDEX, "pop index out of range") : false;
	*out = got;
	return true;
}

static bool find_elem(struct rt *rt, struct rv self, struct rv x, int64_t *at)
{
	struct cursor c;
	struct rv y;
	*at = -1;
	if (!cur_start(rt, self, &c))
		return false;
	for (int64_t i = 0; cur_next(rt, &c, &y); i++)
		if (rv_eq(rt, x, y)) {
			*at = i;
			return true;
		}
	return rt->exc.cls == EX_NONE;
}

M(remove)
{
	(void)a;
	int64_t at;
	if (!find_elem(rt, self, v[0], &at))
		return false;
	if (at < 0)
		return raise(rt, EX_VALUE, "list.remove(x): x not in list");
	*out = rv_none();
	return rv_delitem(rt, self, rv_int(at));
}

M(list_index)
{
	(void)a;
	int64_t at;
	struct rv part = self;
	int64_t off = 0;
	if (v[1].t != R_UNSET) {
		int64_t n, upto;
		if (!int_arg(rt, v[1], &off) || (v[2].t != R_UNSET && !int_arg(rt, v[2], &upto)))
			return false;
		if (!rv_len(rt, self, &n) || !rv_slice(rt, self, v[1], v[2], rv_none(), &part))
			return false;
		off = off < 0 ? (off + n < 0 ? 0 : off + n) : off;
	}
	if (!find_elem(rt, part, v[0], &at))
		return false;
	if (at >= 0) {
		*out = rv_int(at + off);
		return true;
	}
	size_t mark = rt->tmp.len;
	rv_repr(rt, v[0], &rt->tmp);
	struct rv r = rv_take(rt, mark);
	return raise(rt, EX_VALUE, "%.*s is not in %s", (int)(r.n < 200 ? r.n : 200), r.u.s, rv_type_name(self));
}

M(list_count)
{
	(void)a;
	struct cursor c;
	struct rv y;
	int64_t n = 0;
	if (!cur_start(rt, self, &c))
		return false;
	while (cur_next(rt, &c, &y))
		n += rv_eq(rt, v[0], y);
	*out = rv_int(n);
	return rt->exc.cls == EX_NONE;
}

M(reverse)
{
	NOARGS;
	struct rlist *l;
	if (!thaw_list(rt, self, &l))
		return false;
	for (uint32_t i = 0; i < l->n / 2; i++) {
		struct rv t = l->v[i];
		l->v[i] = l->v[l->n - 1 - i];
		l->v[l->n - 1 - i] = t;
	}
	*out = rv_none();
	return rt_bytes(rt, l->n * sizeof(*l->v));
}

M(sort)
{
	struct rlist *l;
	bool reverse;
	*out = rv_none();
	if (a->n > 0)
		return raise(rt, EX_TYPE, "sort() takes no positional arguments");
	return flag_arg(rt, v[1], &reverse) && thaw_list(rt, self, &l) && py_sort(rt, l, v[0], reverse);
}

M(list_copy) { NOARGS; return rv_copy_list(rt, self, out); }

M(list_clear)
{
	NOARGS;
	struct rlist *l;
	if (!thaw_list(rt, self, &l))
		return false;
	l->n = 0;
	*out = rv_none();
	return true;
}

const struct native list_methods[] = {
	{"append", "object /", 1, m_append},
	{"extend", "iterable /", 1, m_extend},
	{"insert", "index object /", 2, m_insert},
	{"pop", "index /", 0, m_list_pop},
	{"remove", "value /", 1, m_remove},
	{"index", "value start stop /", 1, m_list_index},
	{"count", "value /", 1, m_list_count},
	{"reverse", "", 0, m_reverse},
	{"sort", "key reverse", 0, m_sort},
	{"copy", "", 0, m_list_copy},
	{"clear", "", 0, m_list_clear},
	{NULL, NULL, 0, NULL},
};
const struct native tuple_methods[] = {
	{"index", "value start stop /", 1, m_list_index},
	{"count", "value /", 1, m_list_count},
	{NULL, NULL, 0, NULL},
};
