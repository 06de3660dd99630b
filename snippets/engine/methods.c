/* SPDX-License-Identifier: GPL-2.0-or-later
 * methods.c - the methods of lists, dicts, sets and numbers, and how a name finds its method and arguments their
 * parameters.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "snippets/engine/modules.h"
#include "snippets/engine/rt.h"
#include "snippets/engine/str_methods.h"

#define M(name)                                                                                                        \
	static bool m_##name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define NOARGS (void)v, (void)a
#define MAX_PARAMS 8

/* -- binding and calling -- */

static int param_index(const char *params, const char *name, size_t n)
{
	int i = 0;
	for (const char *p = params; *p != '\0'; i++) {
		size_t k = strcspn(p, " ");
		if (k == n && memcmp(p, name, n) == 0)
			return i;
		p += k + (p[k] == ' ');
	}
	return -1;
}

static uint32_t param_count(const char *p)
{
	uint32_t n = *p != '\0';
	for (; *p != '\0'; p++)
		n += *p == ' ';
	return n;
}

bool native_call(struct rt *rt, const struct native *f, struct rv self, const struct args *a, struct rv *out)
{
	struct rv v[MAX_PARAMS + 1];
	struct rv text = self.t == R_STR ? self : a->n > 0 && a->v[0].t == R_STR ? a->v[0] : (struct rv){ .n = 0 };
	if (!rt_steps(rt, 1 + text.n / 1024))             /* long texts take their time */
		return false;
	if (f->params[0] == '*')
		return a->n < f->min ? raise(rt, EX_TYPE, "%s expected at least %u argument%s, got %u", f->name, f->min,
					       f->min == 1 ? "" : "s", a->n)
				     : f->fn(rt, self, NULL, a, out) && rt->exc.cls == EX_NONE;
	uint32_t n = param_count(f->params);
	if (a->n > n)
		return raise(rt, EX_TYPE, "%s() takes at most %u argument%s (%u given)", f->name, n, n == 1 ? "" : "s",
			a->n);
	memset(v, 0, sizeof(v));
	for (uint32_t i = 0; i < a->n; i++)
		v[i] = a->v[i];
	for (uint32_t i = 0; i < a->nkw; i++) {
		int at = param_index(f->params, a->kw[i].name, a->kw[i].n);
		if (at < 0)
			return raise(rt, EX_TYPE, "%s() got an unexpected keyword argument '%.*s'", f->name,
				(int)a->kw[i].n, a->kw[i].name);
		if ((uint32_t)at < a->n)
			return raise(rt, EX_TYPE, "%s() got multiple values for argument '%.*s'", f->name,
				(int)a->kw[i].n, a->kw[i].name);
		v[at] = a->kw[i].v;
	}
	for (uint32_t i = 0; i < f->min; i++)
		if (v[i].t == R_UNSET)
			return raise(rt, EX_TYPE, "%s() takes at least %u argument%s (%u given)", f->name, f->min,
				f->min == 1 ? "" : "s", a->n);
	return f->fn(rt, self, v, a, out) && rt->exc.cls == EX_NONE;      /* what it walked over may have raised one */
}

/* -- list, tuple -- */

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
	return true;
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
	if (v[1].t == R_INT || v[2].t == R_INT) {
		int64_t n;
		off = v[1].t == R_INT ? v[1].u.i : 0;
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
	return true;
}

M(sort)
{
	(void)a;
	struct rlist *l;
	*out = rv_none();
	return thaw_list(rt, self, &l) && py_sort(rt, l, v[0], rv_truthy(v[1]));
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
	{"append", "object", 1, m_append},
	{"extend", "iterable", 1, m_extend},
	{"insert", "index object", 2, m_insert},
	{"pop", "index", 0, m_list_pop},
	{"remove", "value", 1, m_remove},
	{"index", "value start stop", 1, m_list_index},
	{"count", "value", 1, m_list_count},
	{"reverse", "", 0, m_reverse},
	{"sort", "key reverse", 0, m_sort},
	{"copy", "", 0, m_list_copy},
	{"clear", "", 0, m_list_clear},
	{NULL, NULL, 0, NULL},
};
const struct native tuple_methods[] = {
	{"index", "value start stop", 1, m_list_index},
	{"count", "value", 1, m_list_count},
	{NULL, NULL, 0, NULL},
};

/* -- dict -- */

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
				return false;
			if (pair->n != 2)
				return raise(rt, EX_VALUE,
					"dictionary update sequence element has length %u; 2 is required", pair->n);
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

/* compat: has_key, iteritems and friends are Python 2's; 3.3.7 runs on Python 3, where a dict has none of them. */
const struct native dict_methods[] = {
	{"keys", "", 0, m_keys},
	{"values", "", 0, m_values},
	{"items", "", 0, m_items},
	{"get", "key default", 1, m_get},
	{"pop", "key default", 1, m_dict_pop},
	{"setdefault", "key default", 1, m_setdefault},
	{"update", "*", 0, m_update},
	{"copy", "", 0, m_dict_copy},
	{"clear", "", 0, m_dict_clear},
	{"popitem", "", 0, m_popitem},
	{NULL, NULL, 0, NULL},
};

/* -- set -- */

M(set_add) { (void)a; *out = rv_none(); return rdict_set(rt, self.u.m, v[0], rv_none()); }
M(discard) { (void)a; bool f; *out = rv_none(); return rdict_del(rt, self.u.m, v[0], &f); }

static bool set_with(struct rt *rt, struct rv self, struct rv other, enum binop op, struct rv *out)
{
	struct rv s = rv_set(rt), x;
	struct cursor c;
	if (!cur_start(rt, other, &c))
		return false;
	while (cur_next(rt, &c, &x))
		if (!rdict_set(rt, s.u.m, x, rv_none()))
			return false;
	return rt->exc.cls == EX_NONE && rv_binop(rt, op, self, s, out);
}

M(set_union) { (void)a; return set_with(rt, self, v[0], OP_BOR, out); }
M(intersection) { (void)a; return set_with(rt, self, v[0], OP_BAND, out); }
M(difference) { (void)a; return set_with(rt, self, v[0], OP_SUB, out); }

const struct native set_methods[] = {
	{"add", "elem", 1, m_set_add},
	{"discard", "elem", 1, m_discard},
	{"union", "other", 1, m_set_union},
	{"intersection", "other", 1, m_intersection},
	{"difference", "other", 1, m_difference},
	{NULL, NULL, 0, NULL},
};

/* -- numbers -- */

M(bit_length)
{
	NOARGS;
	(void)rt;
	int64_t i = rv_asint(self), n = 0;
	for (uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i; u != 0; u >>= 1)
		n++;
	*out = rv_int(n);
	return true;
}

M(is_integer)
{
	NOARGS;
	(void)rt;
	*out = rv_bool(self.t != R_FLOAT || (isfinite(self.u.d) && self.u.d == floor(self.u.d)));
	return true;
}

const struct native num_methods[] = {
	{ "bit_length", "", 0, m_bit_length }, { "is_integer", "", 0, m_is_integer }, { NULL, NULL, 0, NULL },
};

/* -- finding methods: every name has a number, every type a row of that length -- */

#define MAX_NAMES 160
static const char *names[MAX_NAMES];
static int nnames;
enum { ROW_STR, ROW_LIST, ROW_TUPLE, ROW_DICT, ROW_SET, ROW_NUM, ROWS };
static const struct native *rows[ROWS][MAX_NAMES];

static int by_name(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

__attribute__((constructor)) static void number_names(void)
{
	static const struct native *const tables[ROWS] = {
		str_methods, list_methods, tuple_methods, dict_methods, set_methods, num_methods};
	for (int r = 0; r < ROWS; r++)
		for (const struct native *f = tables[r]; f->name != NULL; f++) {
			bool known = false;
			for (int i = 0; i < nnames && !known; i++)
				known = str_eq(names[i], f->name);
			if (!known && nnames < MAX_NAMES)
				names[nnames++] = f->name;
		}
	qsort(names, (size_t)nnames, sizeof(*names), by_name);
	for (int r = 0; r < ROWS; r++)
		for (const struct native *f = tables[r]; f->name != NULL; f++)
			rows[r][method_id(f->name)] = f;
}

int method_id(const char *name)
{
	const char **p = bsearch(&name, names, (size_t)nnames, sizeof(*names), by_name);
	return p != NULL ? (int)(p - names) : -1;
}

static int row_of(struct rv v)
{
	switch ((enum rtype)v.t) {
	case R_STR: return ROW_STR;
	case R_LIST: case R_MLIST: return ROW_LIST;
	case R_TUPLE: return ROW_TUPLE;
	case R_DICT: case R_MDICT: return ROW_DICT;
	case R_SET: return ROW_SET;
	case R_INT: case R_BOOL: case R_FLOAT: return ROW_NUM;
	default: return -1;
	}
}

/* str.lower, list.append ...: a method whose first argument is its object. */
struct unbound { int row; const struct native *f; const char *type; };

static bool unbound_call(struct rt *rt, const struct robj *o, const struct args *a, struct rv *out)
{
	const struct unbound *u = o->data;
	if (a->n == 0)
		return raise(rt, EX_TYPE, "unbound method %s.%s() needs an argument", u->type, u->f->name);
	if (row_of(a->v[0]) != u->row)
		return raise(rt, EX_TYPE, "descriptor '%s' for '%s' objects doesn't apply to a '%s' object", u->f->name,
			u->type, rv_type_name(a->v[0]));
	struct args rest = { .v = a->v + 1, .n = a->n - 1, .kw = a->kw, .nkw = a->nkw };
	return native_call(rt, u->f, a->v[0], &rest, out);
}

static void unbound_str(struct rt *rt, const struct robj *o, struct strbuf *b, bool repr)
{
	const struct unbound *u = o->data;
	(void)rt, (void)repr;
	sb_addf(b, "<method '%s' of '%s' objects>", u->f->name, u->type);
}

static const struct obj_ops unbound_ops = { .type = "method_descriptor", .call = unbound_call, .str = unbound_str };

static bool fromkeys(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
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
	return true;
}

static bool type_attr(struct rt *rt, struct rv o, const char *name, int mid, struct rv *out)
{
	static const struct native from_keys = { "fromkeys", "iterable value", 1, fromkeys };
	static const struct { uint16_t type; int row; const char *name; } types[] = {
		{ TY_STR, ROW_STR, "str" }, { TY_LIST, ROW_LIST, "list" }, { TY_TUPLE, ROW_TUPLE, "tuple" },
		{ TY_DICT, ROW_DICT, "dict" }, { TY_SET, ROW_SET, "set" } };
	if (str_eq(name, "__name__")) {
		size_t mark = rt->tmp.len;
		rv_repr(rt, o, &rt->tmp);        /* <class 'NAME'> */
		struct rv r = rv_take(rt, mark);
		*out = rv_strn(r.u.s + 8, r.n - 10);
		return true;
	}
	if (o.aux == TY_DICT && str_eq(name, "fromkeys"))
		*out = (struct rv){ .t = R_FUNC, .u.f = &from_keys };
	for (size_t i = 0; i < ARRAY_LEN(types) && mid >= 0; i++)
		if (types[i].type == o.aux && rows[types[i].row][mid] != NULL) {
			struct unbound *u = rt_alloc(rt, sizeof(*u));
			*u = (struct unbound){ types[i].row, rows[types[i].row][mid], types[i].name };
			*out = rv_obj(rt, &unbound_ops, u);
		}
	return true;
}

bool rv_attr(struct rt *rt, struct rv o, const char *name, int mid, struct rv *out)
{
	int row = row_of(o);
	*out = (struct rv){ .t = R_UNSET };
	switch ((enum rtype)o.t) {
	case R_MODULE:
		return module_has(o.u.mod, name, out) || o.u.mod->attr == NULL || o.u.mod->attr(rt, name, out);
	case R_OBJ:
		return o.u.o->ops->attr == NULL || o.u.o->ops->attr(rt, o.u.o, name, out);
	case R_TYPE:
		return type_attr(rt, o, name, mid, out);
	default: break;
	}
	if (row < 0 || mid < 0 || rows[row][mid] == NULL)
		return true;
	struct nmethod *m = rt_alloc(rt, sizeof(*m));
	*m = (struct nmethod){ o, rows[row][mid] };
	*out = (struct rv){ .t = R_METHOD, .u.me = m };
	return true;
}
