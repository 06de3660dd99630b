/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_filters.c - calling filters, and the filters that work on sequences and mappings.
 */
#include <string.h>

#include "snippets/engine/builtins.h"
#include "snippets/engine/jinja.h"
#include "snippets/engine/str_methods.h"

#define F(name)                                                                                                        \
	static bool f_##name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define UNUSED_ARGS (void)self, (void)a, (void)v, (void)rt

const struct native *j_filter_find(const char *name)
{
	const struct native *const tables[] = { j_filters_list, j_filters_lazy, j_filters_text, j_filters_cobbler };
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		for (const struct native *f = tables[i]; f->name != NULL; f++)
			if (str_eq(f->name, name))
				return f;
	return NULL;
}

bool j_call_filter(struct rt *rt, const char *name, struct rv x, const struct args *rest, struct rv *out)
{
	const struct native *f = j_filter_find(name);
	struct rv v[LIM_ARGS + 2];
	struct args a = { .v = v, .n = rest->n + 1, .kw = rest->kw, .nkw = rest->nkw };
	if (f == NULL)
		return raise(rt, EX_TEMPLATE_RUNTIME, "No filter named '%s'.", name);
	v[0] = x;
	if (rest->n != 0)
		memcpy(v + 1, rest->v, rest->n * sizeof(*v));
	return native_call(rt, f, (struct rv){ .t = R_UNSET }, &a, out);
}

/* -- attributes named by a text: "a.b", "0", or a number -- */

bool j_attr_path(struct rt *rt, struct rv x, struct rv path, struct rv dflt, struct rv *out)
{
	*out = x;
	if (path.t == R_NONE || path.t == R_UNSET)
		return true;
	if (path.t != R_STR) {
		if (!j_getitem(rt, x, path, out))
			return false;
		if (out->t == R_UNDEF && dflt.t != R_UNSET && dflt.t != R_NONE)
			*out = dflt;
		return true;
	}
	for (size_t i = 0; i <= path.n;) {
		const char *q = memchr(path.u.s + i, '.', path.n - i);
		size_t e = q != NULL ? (size_t)(q - path.u.s) : path.n;
		struct rv key = rv_dup(rt, path.u.s + i, e - i), got;
		int64_t n;
		if (key.n > 0 && strspn(key.u.s, "0123456789") == key.n && parse_int64(key.u.s, &n))
			key = rv_int(n);
		if (!j_getitem(rt, *out, key, &got))
			return false;
		*out = got;
		if (got.t == R_UNDEF && dflt.t != R_UNSET && dflt.t != R_NONE)
			*out = dflt;
		i = e + 1;
	}
	return true;
}

static struct rv fold(struct rt *rt, struct rv v, bool case_sensitive)
{
	return v.t == R_STR && !case_sensitive ? str_lower(rt, v) : v;
}

/* -- iteration -- */

F(length)
{
	UNUSED_ARGS;
	int64_t n;
	if (!rv_len(rt, v[0], &n))
		return false;
	*out = rv_int(n);
	return true;
}

F(list) { UNUSED_ARGS; return rv_copy_list(rt, v[0], out); }

F(first)
{
	UNUSED_ARGS;
	struct cursor c;
	if (!cur_start(rt, v[0], &c))
		return false;
	if (!cur_next(rt, &c, out))
		*out = rv_undef(rt, NULL, "No first item, sequence was empty.");
	return true;
}

F(last)
{
	UNUSED_ARGS;
	struct rv l;
	if (v[0].t == R_ITER || v[0].t == R_SET || !rv_copy_list(rt, v[0], &l))
		return rt->exc.cls == EX_LIMIT || v[0].t == R_UNDEF
			       ? false
			       : raise(rt, EX_TYPE, "'%s' object is not reversible", rv_type_name(v[0]));
	*out = l.u.l->n > 0 ? l.u.l->v[l.u.l->n - 1] : rv_undef(rt, NULL, "No last item, sequence was empty.");
	if (v[0].t == R_STR && out->t == R_STR)
		out->fl |= v[0].fl & RV_MARKUP;           /* compat: reversed() asks Markup for its parts, iter() does not */
	return true;
}

F(random)
{
	UNUSED_ARGS;
	int64_t n;
	struct rv f;
	if (!rv_len(rt, v[0], &n))
		return false;
	if (n == 0) {
		*out = rv_undef(rt, NULL, "No random item, sequence was empty.");
		return true;
	}
	const struct module *m = module_find("random");
	const struct native *fn = m->f;
	while (!str_eq(fn->name, "choice"))
		fn++;
	f = (struct rv){ .t = R_FUNC, .u.f = fn };
	struct args one = { .v = v, .n = 1 };
	return rv_call(rt, f, &one, out);
}

F(reverse)
{
	UNUSED_ARGS;
	struct rv l;
	if (v[0].t == R_STR)
		return rv_slice(rt, v[0], rv_none(), rv_none(), rv_int(-1), out);
	if (!rv_copy_list(rt, v[0], &l))
		return rt->exc.cls == EX_TYPE ? raise(rt, EX_FILTER_ARG, "argument must be iterable") : false;
	for (uint32_t i = 0; i < l.u.l->n / 2; i++) {
		struct rv t = l.u.l->v[i];
		l.u.l->v[i] = l.u.l->v[l.u.l->n - 1 - i];
		l.u.l->v[l.u.l->n - 1 - i] = t;
	}
	struct rv live = rv_live(rt, v[0]);
	*out = live.t == R_ITER || live.t == R_SET
		       ? l
		       : rv_iter_of(rt, l, rv_mapping(live) ? "dict_reversekeyiterator" : "list_reverseiterator");
	return true;
}

F(join)
{
	UNUSED_ARGS;
	struct cursor c;
	struct rv x, l = rv_list(rt, 0);
	struct rv sep = v[1].t == R_UNSET ? rv_strn("", 0) : v[1];
	bool markup = sep.fl & RV_MARKUP;
	if (!cur_start(rt, v[0], &c))
		return false;
	while (cur_next(rt, &c, &x)) {
		struct rv y;
		if (!j_attr_path(rt, x, v[2], (struct rv){ .t = R_UNSET }, &y))
			return false;
		rlist_push(rt, l.u.l, rv_tostr(rt, y));
		markup |= rt->autoescape && y.t == R_STR && (y.fl & RV_MARKUP);
		if (rt->exc.cls != EX_NONE)
			return false;
	}
	sep = rv_tostr(rt, sep);
	if (rt->autoescape && markup && !(sep.fl & RV_MARKUP)) {
		size_t mark = rt->tmp.len;
		html_escape(&rt->tmp, sep.u.s, sep.n);
		sep = rv_take(rt, mark);
	}
	sep.fl = rt->autoescape && markup ? RV_MARKUP : 0;
	return str_join(rt, sep, l, out);
}

/* -- order -- */

struct keyed { struct rv attr; bool case_sensitive; struct rv dflt; };

/* The key of sort: one value for each of the comma-separated attributes. */
static bool sort_key(struct rt *rt, struct rv x, const struct keyed *k, struct rv *out)
{
	struct rv l = rv_list(rt, 0), y;
	struct rv path = k->attr;
	if (path.t != R_STR) {
		if (!j_attr_path(rt, x, path, (struct rv){ .t = R_UNSET }, &y))
			return false;
		rlist_push(rt, l.u.l, fold(rt, y, k->case_sensitive));
	}
	for (size_t i = 0; path.t == R_STR && i <= path.n;) {
		const char *q = memchr(path.u.s + i, ',', path.n - i);
		size_t e = q != NULL ? (size_t)(q - path.u.s) : path.n;
		if (!j_attr_path(rt, x, rv_dup(rt, path.u.s + i, e - i), (struct rv){ .t = R_UNSET }, &y))
			return false;
		rlist_push(rt, l.u.l, fold(rt, y, k->case_sensitive));
		i = e + 1;
	}
	*out = l;
	return true;
}

static bool key_call(struct rt *rt, const struct robj *o, const struct args *a, struct rv *out)
{
	return sort_key(rt, a->v[0], o->data, out);
}
static const struct obj_ops key_ops = { .type = "function", .call = key_call };

F(sort)
{
	UNUSED_ARGS;
	struct keyed k = { v[3].t == R_UNSET ? rv_none() : v[3], rv_truthy(v[2]), { 0 } };
	struct robj o = { &key_ops, &k };
	bool reverse;
	return rv_copy_list(rt, v[0], out) && flag_arg(rt, v[1], &reverse) &&
	       py_sort(rt, out->u.l, (struct rv){ .t = R_OBJ, .u.o = &o }, reverse);
}

static bool by_value(struct rt *rt, const struct robj *o, const struct args *a, struct rv *out)
{
	const struct keyed *k = o->data;
	*out = fold(rt, a->v[0].u.l->v[k->attr.u.i], k->case_sensitive);
	return true;
}
static const struct obj_ops pair_ops = { .type = "function", .call = by_value };

F(dictsort)
{
	UNUSED_ARGS;
	struct rv f, items;
	int pos = v[2].t == R_UNSET || rv_streq(v[2], "key") ? 0 : rv_streq(v[2], "value") ? 1 : -1;
	if (pos < 0)
		return raise(rt, EX_FILTER_ARG, "You can only sort by either \"key\" or \"value\"");
	if (v[0].t == R_UNDEF)
		return j_missing(rt, &v[0]);
	if (!rv_mapping(v[0]))
		return raise(rt, EX_ATTRIBUTE, "'%s' object has no attribute 'items'", rv_type_name(v[0]));
	if (!rv_attr(rt, v[0], "items", method_id("items"), &f) || !rv_call(rt, f, &(struct args){0}, &items) ||
		!rv_copy_list(rt, items, out))
		return false;
	struct keyed k = { rv_int(pos), rv_truthy(v[1]), { 0 } };
	struct robj o = { &pair_ops, &k };
	bool reverse;
	return flag_arg(rt, v[3], &reverse) && py_sort(rt, out->u.l, (struct rv){ .t = R_OBJ, .u.o = &o }, reverse);
}

static bool plain_key(struct rt *rt, const struct robj *o, const struct args *a, struct rv *out)
{
	const struct keyed *k = o->data;
	if (!j_attr_path(rt, a->v[0], k->attr, k->dflt, out))
		return false;
	*out = fold(rt, *out, k->case_sensitive);
	return true;
}
static const struct obj_ops plain_ops = { .type = "function", .call = plain_key };

F(groupby)
{
	UNUSED_ARGS;
	struct rv l, groups = rv_list(rt, 0), prev = { .t = R_UNSET };
	struct keyed k = { v[1], rv_truthy(v[3]), v[2].t == R_UNSET ? rv_none() : v[2] };
	struct robj o = { &plain_ops, &k };
	struct rlist *cur = NULL;
	if (!rv_copy_list(rt, v[0], &l) || !py_sort(rt, l.u.l, (struct rv){ .t = R_OBJ, .u.o = &o }, false))
		return false;
	for (uint32_t i = 0; i < l.u.l->n; i++) {
		struct rv key, shown;
		if (!j_attr_path(rt, l.u.l->v[i], v[1], v[2].t == R_UNSET ? rv_none() : v[2], &shown))
			return false;
		key = fold(rt, shown, k.case_sensitive);
		if (prev.t == R_UNSET || !rv_eq(rt, prev, key)) {
			struct rv items = rv_list(rt, 0), g = rv_tuple(rt, (struct rv[]){ shown, items }, 2);
			g.fl = 2;
			rlist_push(rt, groups.u.l, g);
			cur = items.u.l;
			prev = key;
		}
		rlist_push(rt, cur, l.u.l->v[i]);
		if (rt->exc.cls != EX_NONE)
			return false;
	}
	*out = groups;
	return true;
}

static bool unique_now(struct rt *rt, const struct rv *v, struct rv *out)
{
	struct cursor c;
	struct rv x, y, seen = rv_set(rt), l = rv_list(rt, 0), dummy;
	if (!cur_start(rt, v[0], &c))
		return false;
	while (cur_next(rt, &c, &x)) {
		bool found;
		if (!j_attr_path(rt, x, v[2], (struct rv){ .t = R_UNSET }, &y))
			return false;
		y = fold(rt, y, rv_truthy(v[1]));
		if (!rdict_get(rt, seen.u.m, y, &dummy, &found))
			return false;
		if (!found && !rdict_set(rt, seen.u.m, y, rv_none()))
			return false;
		if (!found)
			rlist_push(rt, l.u.l, x);
	}
	*out = l;
	return rt->exc.cls == EX_NONE;
}

F(unique)
{
	UNUSED_ARGS;
	j_lazy(rt, v, 3, unique_now, out);
	return true;
}

static bool extreme(struct rt *rt, const struct rv *v, bool max, struct rv *out)
{
	struct cursor c;
	struct rv x, y, best = { .t = R_UNSET };
	if (!cur_start(rt, v[0], &c))
		return false;
	while (cur_next(rt, &c, &x)) {
		int o = 0;
		if (!j_attr_path(rt, x, v[2], (struct rv){ .t = R_UNSET }, &y))
			return false;
		y = fold(rt, y, rv_truthy(v[1]));
		if (best.t != R_UNSET && !rv_order(rt, y, best, max ? ">" : "<", &o))
			return false;
		if (best.t == R_UNSET || o == (max ? 1 : -1)) {
			best = y;
			*out = x;
		}
	}
	if (best.t == R_UNSET)
		*out = rv_undef(rt, NULL, "No aggregated item, sequence was empty.");
	return true;
}

F(min) { UNUSED_ARGS; return extreme(rt, v, false, out); }
F(max) { UNUSED_ARGS; return extreme(rt, v, true, out); }

F(sum)
{
	UNUSED_ARGS;
	struct cursor c;
	struct rv x, y, s = v[2].t == R_UNSET ? rv_int(0) : v[2];
	if (s.t == R_STR)
		return raise(rt, EX_TYPE, "sum() can't sum strings [use ''.join(seq) instead]");
	if (!cur_start(rt, v[0], &c))
		return false;
	while (cur_next(rt, &c, &x))
		if (!j_attr_path(rt, x, v[1], (struct rv){ .t = R_UNSET }, &y) || !rv_binop(rt, OP_ADD, s, y, &s))
			return false;
	*out = s;
	return true;
}

/* -- cutting into pieces -- */

static bool count_arg(struct rt *rt, struct rv v, int64_t *n)
{
	if (v.t != R_INT && v.t != R_BOOL)
		return raise(rt, EX_TYPE, "an integer is required, not %s", rv_type_name(v));
	*n = rv_asint(v);
	return true;
}

static bool batch_now(struct rt *rt, const struct rv *v, struct rv *out)
{
	struct cursor c;
	struct rv x, l = rv_list(rt, 0), cur = rv_list(rt, 0);
	int64_t n = 0;
	bool counts = v[1].t == R_INT || v[1].t == R_BOOL;       /* compat: a batch never has as many items as what is no number */
	if (counts)
		n = rv_asint(v[1]);
	if (!cur_start(rt, v[0], &c))
		return false;
	while (cur_next(rt, &c, &x)) {
		if (counts && cur.u.l->n == n) {
			rlist_push(rt, l.u.l, cur);
			cur = rv_list(rt, 0);
		}
		rlist_push(rt, cur.u.l, x);
	}
	if (cur.u.l->n > 0) {
		if (v[2].t != R_UNSET && v[2].t != R_NONE && !count_arg(rt, v[1], &n))
			return false;
		while (v[2].t != R_UNSET && v[2].t != R_NONE && cur.u.l->n < n && rt->exc.cls == EX_NONE)
			rlist_push(rt, cur.u.l, v[2]);
		rlist_push(rt, l.u.l, cur);
	}
	*out = l;
	return rt->exc.cls == EX_NONE;
}

F(batch)
{
	UNUSED_ARGS;
	j_lazy(rt, v, 3, batch_now, out);
	return true;
}

static bool slice_now(struct rt *rt, const struct rv *v, struct rv *out)
{
	struct rv seq, l = rv_list(rt, 0);
	int64_t n = 0, off = 0;
	if (!count_arg(rt, v[1], &n) || !rv_copy_list(rt, v[0], &seq))
		return false;
	if (n == 0)
		return raise(rt, EX_ZERODIV, "integer division or modulo by zero");
	if (n > LIM_ITEMS)
		return raise(rt, EX_LIMIT, "a list has more than %u elements", LIM_ITEMS);
	int64_t per = seq.u.l->n / n, extra = seq.u.l->n % n;
	for (int64_t i = 0; i < n; i++) {
		struct rv part = rv_list(rt, 0);
		int64_t b = off + i * per;
		off += i < extra;
		for (int64_t k = b; k < off + (i + 1) * per; k++)
			rlist_push(rt, part.u.l, seq.u.l->v[k]);
		if (v[2].t != R_UNSET && v[2].t != R_NONE && i >= extra)
			rlist_push(rt, part.u.l, v[2]);
		rlist_push(rt, l.u.l, part);
	}
	*out = l;
	return rt->exc.cls == EX_NONE;
}

F(slice)
{
	UNUSED_ARGS;
	j_lazy(rt, v, 3, slice_now, out);
	return true;
}

static bool items_now(struct rt *rt, const struct rv *v, struct rv *out)
{
	struct rv f, items, l = rv_list(rt, 0);
	if (v[0].t != R_UNDEF) {
		if (!rv_mapping(v[0]))
			return raise(rt, EX_TYPE, "Can only get item pairs from a mapping.");
		if (!rv_attr(rt, v[0], "items", method_id("items"), &f) || !rv_call(rt, f, &(struct args){0}, &items) ||
			!rv_copy_list(rt, items, &l))
			return false;
	}
	*out = l;
	return true;
}

F(items)
{
	UNUSED_ARGS;
	j_lazy(rt, v, 1, items_now, out);
	return true;
}

F(attr)
{
	UNUSED_ARGS;
	if (v[1].t != R_STR)
		return raise(rt, EX_TYPE, "attribute name must be string, not '%s'", rv_type_name(v[1]));
	const char *z = rv_cz(rt, v[1]);
	if (v[0].t == R_UNDEF)
		return j_missing(rt, &v[0]);
	*out = (struct rv){ .t = R_UNSET };
	if (z[0] != '_' && !rv_attr(rt, v[0], z, method_id(z), out))
		return false;
	if (out->t == R_UNSET)
		*out = rv_undef(rt, z, NULL);
	return true;
}

F(default)
{
	UNUSED_ARGS;
	bool use = v[0].t == R_UNDEF || (rv_truthy(v[2]) && !rv_truthy(rv_live(rt, v[0])));
	*out = !use ? v[0] : v[1].t == R_UNSET ? rv_strn("", 0) : v[1];
	return true;
}

const struct native j_filters_list[] = {
	{"length", "value", 1, f_length},
	{"count", "value", 1, f_length},
	{"list", "value", 1, f_list},
	{"first", "seq", 1, f_first},
	{"last", "seq", 1, f_last},
	{"random", "seq", 1, f_random},
	{"reverse", "value", 1, f_reverse},
	{"join", "value d attribute", 1, f_join},
	{"sort", "value reverse case_sensitive attribute", 1, f_sort},
	{"dictsort", "value case_sensitive by reverse", 1, f_dictsort},
	{"groupby", "value attribute default case_sensitive", 2, f_groupby},
	{"unique", "value case_sensitive attribute", 1, f_unique},
	{"min", "value case_sensitive attribute", 1, f_min},
	{"max", "value case_sensitive attribute", 1, f_max},
	{"sum", "iterable attribute start", 1, f_sum},
	{"batch", "value linecount fill_with", 2, f_batch},
	{"slice", "value slices fill_with", 2, f_slice},
	{"items", "value", 1, f_items},
	{"attr", "obj name", 2, f_attr},
	{"default", "value default_value boolean", 1, f_default},
	{"d", "value default_value boolean", 1, f_default},
	{NULL, NULL, 0, NULL},
};
