/* SPDX-License-Identifier: GPL-2.0-or-later
 * rv.c - making, reading and comparing the values of a running template.
 */
#include "snippets/engine/bigint.h"
#include "snippets/engine/rv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "snippets/engine/rt.h"
#include "value/layout.h"

void *rt_alloc(struct rt *rt, size_t n) { return arena_alloc(&rt->arena, n == 0 ? 1 : n); }

bool rt_over(struct rt *rt)
{
	if (rt->exc.cls == EX_LIMIT)
		return false;
	if (rt->arena.used > LIM_MEMORY)
		return raise(rt, EX_LIMIT, "the values of this template need more than %u MiB", LIM_MEMORY >> 20);
	if (rt->out.len > LIM_OUTPUT)
		return raise(rt, EX_LIMIT, "the output is longer than %u MiB", LIM_OUTPUT >> 20);
	if (rt->tmp.len > 4 * (size_t)LIM_STRING)
		return raise(rt, EX_LIMIT, "a text is longer than %u MiB", LIM_STRING >> 20);
	if (rt->steps >= rt->look_at) {
		int64_t now = clock_mono_ms(), max = rt->job->max_ms != 0 ? rt->job->max_ms : LIM_TIME_MS;
		rt->look_at = 0;                         /* once a limit is passed every step is refused */
		if (rt->deadline == 0)
			rt->deadline = now + max;
		if (rt->steps > rt->max_steps)
			return raise(rt, EX_LIMIT, "more than %llu steps", (unsigned long long)rt->max_steps);
		if (now > rt->deadline)
			return raise(rt, EX_LIMIT, "more than %lld ms", (long long)max);
		rt->look_at = rt->steps + STEPS_A_LOOK;
	}
	return true;
}

bool raise(struct rt *rt, enum exc c, const char *fmt, ...)
{
	if (rt->exc.cls == EX_LIMIT)
		return false;
	size_t mark = rt->tmp.len;
	va_list ap;
	va_start(ap, fmt);
	sb_vaddf(&rt->tmp, fmt, ap);
	va_end(ap);
	u8_mend(rt->tmp.p + mark, rt->tmp.len - mark);
	rt->exc = (struct exception){ .cls = c, .tpl = rt->tpl };
	rt->exc.msg = rv_take(rt, mark);
	return false;
}

/* module: what the class is printed with; NULL: it is built in. */
static const struct { const char *name; enum exc base; const char *module;
} excs[EX_COUNT] = {
	[EX_EXCEPTION] = {"Exception", EX_NONE, NULL},
	[EX_ARITHMETIC] = {"ArithmeticError", EX_EXCEPTION, NULL},
	[EX_ZERODIV] = {"ZeroDivisionError", EX_ARITHMETIC, NULL},
	[EX_OVERFLOW] = {"OverflowError", EX_ARITHMETIC, NULL},
	[EX_ASSERTION] = {"AssertionError", EX_EXCEPTION, NULL},
	[EX_ATTRIBUTE] = {"AttributeError", EX_EXCEPTION, NULL},
	[EX_LOOKUP] = {"LookupError", EX_EXCEPTION, NULL},
	[EX_INDEX] = {"IndexError", EX_LOOKUP, NULL},
	[EX_KEY] = {"KeyError", EX_LOOKUP, NULL},
	[EX_NAME] = {"NameError", EX_EXCEPTION, NULL},
	[EX_UNBOUND] = {"UnboundLocalError", EX_NAME, NULL},
	[EX_NOTFOUND] = {"NotFound", EX_LOOKUP, "NameMapper"},
	[EX_TYPE] = {"TypeError", EX_EXCEPTION, NULL},
	[EX_VALUE] = {"ValueError", EX_EXCEPTION, NULL},
	[EX_RUNTIME] = {"RuntimeError", EX_EXCEPTION, NULL},
	[EX_NOTIMPL] = {"NotImplementedError", EX_RUNTIME, NULL},
	[EX_STOPITER] = {"StopIteration", EX_EXCEPTION, NULL},
	[EX_IMPORT] = {"ImportError", EX_EXCEPTION, NULL},
	[EX_SYNTAX] = {"SyntaxError", EX_EXCEPTION, NULL},
	[EX_UNDEFINED] = {"UndefinedError", EX_EXCEPTION, "jinja2.exceptions"},
	[EX_TEMPLATE_NOT_FOUND] = {"TemplateNotFound", EX_LOOKUP, "jinja2.exceptions"},
	[EX_FILTER_ARG] = {"FilterArgumentError", EX_EXCEPTION, "jinja2.exceptions"},
	[EX_TEMPLATE_RUNTIME] = {"TemplateRuntimeError", EX_EXCEPTION, "jinja2.exceptions"},
	[EX_OS] = {"OSError", EX_EXCEPTION, NULL},
	[EX_FILE_NOT_FOUND] = {"FileNotFoundError", EX_OS, NULL},
	[EX_FILE_EXISTS] = {"FileExistsError", EX_OS, NULL},
	[EX_PERMISSION] = {"PermissionError", EX_OS, NULL},
	[EX_IS_A_DIRECTORY] = {"IsADirectoryError", EX_OS, NULL},
	[EX_NOT_A_DIRECTORY] = {"NotADirectoryError", EX_OS, NULL},
	[EX_TIMEOUT] = {"TimeoutError", EX_OS, NULL},
	[EX_CONNECTION] = {"ConnectionError", EX_OS, NULL},
	[EX_CONNECTION_REFUSED] = {"ConnectionRefusedError", EX_CONNECTION, NULL},
	[EX_CONNECTION_RESET] = {"ConnectionResetError", EX_CONNECTION, NULL},
	[EX_EOF] = {"EOFError", EX_EXCEPTION, NULL},
	[EX_MEMORY] = {"MemoryError", EX_EXCEPTION, NULL},
	[EX_BUFFER] = {"BufferError", EX_EXCEPTION, NULL},
	[EX_SYSTEM] = {"SystemError", EX_EXCEPTION, NULL},
	[EX_RECURSION] = {"RecursionError", EX_RUNTIME, NULL},
	[EX_FLOATING_POINT] = {"FloatingPointError", EX_ARITHMETIC, NULL},
	[EX_MODULE_NOT_FOUND] = {"ModuleNotFoundError", EX_IMPORT, NULL},
	[EX_WARNING] = {"Warning", EX_EXCEPTION, NULL},
	[EX_USER_WARNING] = {"UserWarning", EX_WARNING, NULL},
	[EX_DEPRECATION_WARNING] = {"DeprecationWarning", EX_WARNING, NULL},
	[EX_SYSTEM_EXIT] = {"SystemExit", EX_NONE, NULL},
	[EX_KEYBOARD_INTERRUPT] = {"KeyboardInterrupt", EX_NONE, NULL},
	[EX_RE] = {"error", EX_EXCEPTION, "re"},
	[EX_ADDR] = {"AddrFormatError", EX_EXCEPTION, "netaddr.core"},      /* netaddr: no ValueError */
	[EX_UNICODE] = {"UnicodeError", EX_VALUE, NULL},
	[EX_UNICODE_DECODE] = {"UnicodeDecodeError", EX_UNICODE, NULL},
	[EX_UNICODE_ENCODE] = {"UnicodeEncodeError", EX_UNICODE, NULL},
	[EX_LIMIT] = {"LimitError", EX_NONE, NULL},
};

const char *exc_module(enum exc c) { return excs[c].module; }
const char *exc_name(enum exc c) { return excs[c].name != NULL ? excs[c].name : "Exception"; }

bool exc_is_a(enum exc c, enum exc base)
{
	for (; c != EX_NONE; c = excs[c].base)
		if (c == base)
			return true;
	return false;
}

int exc_find(const char *name)
{
	for (int i = 1; i < EX_COUNT; i++)
		if (i != EX_LIMIT && str_eq(excs[i].name, name))
			return i;
	if (str_eq(name, "BaseException"))
		return EX_EXCEPTION;
	return str_eq(name, "IOError") || str_eq(name, "EnvironmentError") ? EX_OS : -1;
}

struct rv rv_cstr(const char *s) { return rv_strn(s, strlen(s)); }

struct rv rv_wrap(const struct value *v)
{
	if (v == NULL)
		return (struct rv){ .t = R_UNSET };
	switch (v->type) {
	case V_NONE: return rv_none();
	case V_BOOL: return rv_bool(v->u.b);
	case V_INT: return rv_int(v->u.i);
	case V_FLOAT: return rv_float(v->u.d);
	case V_STR:
	case V_BYTES: return rv_strn(v->u.s.p, v->u.s.n);
	case V_LIST: return (struct rv){ .t = R_MLIST, .u.v = v };
	case V_DICT: return (struct rv){ .t = R_MDICT, .u.v = v };
	}
	return rv_none();
}

bool rv_entry(const struct value *dict, const char *key, size_t n, uint64_t hash, struct rv *out)
{
	const struct value *v = v_dict_geth(dict, key, n, hash);
	if (v != NULL)
		*out = rv_wrap(v);
	return v != NULL;
}

struct rv rv_list(struct rt *rt, uint32_t cap)
{
	struct rlist *l = rt_alloc(rt, sizeof(*l) + cap * sizeof(struct rv));
	*l = (struct rlist){ .cap = cap, .v = cap != 0 ? (struct rv *)(void *)(l + 1) : NULL };
	return (struct rv){ .t = R_LIST, .u.l = l };
}

void rlist_push(struct rt *rt, struct rlist *l, struct rv v)
{
	if (l->n >= LIM_ITEMS) {
		raise(rt, EX_LIMIT, "a list has more than %u elements", LIM_ITEMS);
		return;
	}
	if (l->n == l->cap) {
		uint32_t cap = l->cap < 8 ? 8 : l->cap * 2;
		struct rv *nv = rt_alloc(rt, cap * sizeof(*nv));
		if (l->n != 0)
			memcpy(nv, l->v, l->n * sizeof(*nv));
		l->v = nv;
		l->cap = cap;
	}
	l->v[l->n++] = v;
}

struct rv rv_tuple(struct rt *rt, const struct rv *v, uint32_t n)
{
	struct rv t = rv_list(rt, n);
	t.t = R_TUPLE;
	if (n != 0)
		memcpy(t.u.l->v, v, n * sizeof(*v));
	t.u.l->n = n;
	return t;
}

struct rv rv_dict(struct rt *rt)
{
	struct rdict *d = rt_alloc(rt, sizeof(*d));
	memset(d, 0, sizeof(*d));
	return (struct rv){ .t = R_DICT, .u.m = d };
}

struct rv rv_set(struct rt *rt)
{
	struct rv s = rv_dict(rt);
	s.t = R_SET;
	return s;
}

struct rv rv_obj(struct rt *rt, const struct obj_ops *ops, void *data)
{
	struct robj *o = rt_alloc(rt, sizeof(*o));
	*o = (struct robj){ ops, data };
	return (struct rv){ .t = R_OBJ, .u.o = o };
}

struct rv rv_iter_of(struct rt *rt, struct rv list, const char *name)
{
	struct riter *it = rt_alloc(rt, sizeof(*it));
	*it = (struct riter){ .l = list.u.l, .name = name };
	return (struct rv){ .t = R_ITER, .u.it = it };
}

struct rv rv_undef(struct rt *rt, const char *name, const char *what)
{
	struct undef *u = rt_alloc(rt, sizeof(*u));
	*u = (struct undef){ .name = name, .what = what };
	return (struct rv){ .t = R_UNDEF, .u.ud = u };
}

struct rv rv_dup(struct rt *rt, const char *s, size_t n)
{
	if (n > LIM_STRING) {
		raise(rt, EX_LIMIT, "a text is longer than %u MiB", LIM_STRING >> 20);
		n = 0;
	}
	char *p = rt_alloc(rt, n + 1);
	memcpy(p, s, n);
	p[n] = '\0';
	return rv_strn(p, n);
}

struct rv rv_take(struct rt *rt, size_t mark)
{
	if (rt->tmp.len <= mark)
		return rv_strn("", 0);
	struct rv v = rv_dup(rt, rt->tmp.p + mark, rt->tmp.len - mark);
	sb_truncate(&rt->tmp, mark);
	return v;
}

/* Model containers that a template changed: few or none, so a list does. */
struct rv rv_live(struct rt *rt, struct rv v)
{
	if (v.t == R_MLIST || v.t == R_MDICT)
		for (uint32_t i = 0; i < rt->nthawed; i++)
			if (rt->thawed[i].from == v.u.v)
				return rt->thawed[i].to;
	return v;
}

bool rv_thaw(struct rt *rt, struct rv v, struct rv *out)
{
	v = rv_live(rt, v);
	if (v.t != R_MLIST && v.t != R_MDICT) {
		*out = v;
		return true;
	}
	struct rv to = v.t == R_MLIST ? rv_list(rt, (uint32_t)v_len(v.u.v)) : rv_dict(rt);
	for (size_t i = 0; i < v_len(v.u.v); i++) {
		if (v.t == R_MLIST)
			rlist_push(rt, to.u.l, rv_wrap(v_list_at(v.u.v, i)));
		else
			rdict_sets(rt, to.u.m, v_dict_key(v.u.v, i), rv_wrap(v_dict_at(v.u.v, i)));
	}
	if (rt->nthawed == rt->capthawed) {
		uint32_t cap = rt->capthawed == 0 ? 8 : rt->capthawed * 2;
		struct thawed *t = rt_alloc(rt, cap * sizeof(*t));
		if (rt->nthawed != 0)
			memcpy(t, rt->thawed, rt->nthawed * sizeof(*t));
		rt->thawed = t;
		rt->capthawed = cap;
	}
	rt->thawed[rt->nthawed++] = (struct thawed){ v.u.v, to };
	*out = to;
	return true;
}

/* -- dict -- */

static bool key_eq(struct rt *rt, const struct rentry *e, struct rv key, uint64_t h)
{
	return e->live && e->hash == h && (rv_same(e->key, key) || rv_eq(rt, e->key, key));
}

static uint32_t rdict_find(struct rt *rt, const struct rdict *d, struct rv key, uint64_t h)
{
	if (d->index == NULL) {
		for (uint32_t i = 0; i < d->used; i++)
			if (key_eq(rt, &d->e[i], key, h))
				return i;
		return UINT32_MAX;
	}
	for (uint32_t at = (uint32_t)h & (d->index_cap - 1);; at = (at + 1) & (d->index_cap - 1)) {
		if (d->index[at] == 0)
			return UINT32_MAX;
		if (key_eq(rt, &d->e[d->index[at] - 1], key, h))
			return d->index[at] - 1;
	}
}

static void rdict_reindex(struct rt *rt, struct rdict *d)
{
	uint32_t cap = 32;
	while (cap < d->cap * 2)
		cap *= 2;
	d->index = rt_alloc(rt, cap * sizeof(*d->index));
	memset(d->index, 0, cap * sizeof(*d->index));
	d->index_cap = cap;
	for (uint32_t i = 0; i < d->used; i++) {
		uint32_t at = (uint32_t)d->e[i].hash & (cap - 1);
		while (d->index[at] != 0)
			at = (at + 1) & (cap - 1);
		d->index[at] = i + 1;
	}
}

static void rdict_grow(struct rt *rt, struct rdict *d)
{
	uint32_t cap = d->live < 4 ? 8 : d->live * 2;
	struct rentry *e = rt_alloc(rt, cap * sizeof(*e));
	uint32_t n = 0;
	for (uint32_t i = 0; i < d->used; i++)
		if (d->e[i].live)
			e[n++] = d->e[i];
	d->e = e;
	d->used = n;
	d->cap = cap;
	d->index = NULL;
	if (cap > 8)
		rdict_reindex(rt, d);
}

bool rdict_get(struct rt *rt, const struct rdict *d, struct rv key, struct rv *out, bool *found)
{
	uint64_t h;
	if (!rv_hash(rt, key, &h))
		return false;
	uint32_t i = rdict_find(rt, d, key, h);
	*found = i != UINT32_MAX;
	if (*found)
		*out = d->e[i].val;
	return true;
}

bool rdict_set(struct rt *rt, struct rdict *d, struct rv key, struct rv val)
{
	uint64_t h;
	if (!rv_hash(rt, key, &h))
		return false;
	uint32_t i = rdict_find(rt, d, key, h);
	if (i != UINT32_MAX) {
		d->e[i].val = val;
		return true;
	}
	if (d->live >= LIM_ITEMS)
		return raise(rt, EX_LIMIT, "a dict has more than %u elements", LIM_ITEMS);
	if (d->used == d->cap)
		rdict_grow(rt, d);
	d->e[d->used] = (struct rentry){ key, val, h, true };
	if (d->index != NULL) {
		uint32_t at = (uint32_t)h & (d->index_cap - 1);
		while (d->index[at] != 0)
			at = (at + 1) & (d->index_cap - 1);
		d->index[at] = d->used + 1;
	}
	d->used++;
	d->live++;
	return true;
}

bool rdict_del(struct rt *rt, struct rdict *d, struct rv key, bool *found)
{
	uint64_t h;
	if (!rv_hash(rt, key, &h))
		return false;
	uint32_t i = rdict_find(rt, d, key, h);
	*found = i != UINT32_MAX;
	if (*found) {
		d->e[i].live = false;
		d->live--;
		while (d->used > 0 && !d->e[d->used - 1].live && d->index == NULL)
			d->used--;
	}
	return true;
}

void rdict_clear(struct rdict *d) { *d = (struct rdict){ 0 }; }

void rdict_sets(struct rt *rt, struct rdict *d, const char *key, struct rv val)
{
	bool ok = rdict_set(rt, d, rv_cstr(key), val);
	(void)ok;                        /* a text key can fail only by a limit, which the next step reports */
}

/* -- reading -- */

bool rv_truthy(struct rv v)
{
	switch ((enum rtype)v.t) {
	case R_UNSET: case R_UNDEF: case R_NONE: return false;
	case R_BOOL: return v.u.b;
	case R_INT: return v.u.i != 0;
	case R_FLOAT: return v.u.d != 0;
	case R_STR: return v.n != 0;
	case R_LIST: case R_TUPLE: case R_VIEW: return v.u.l->n != 0;
	case R_DICT: case R_SET: return v.u.m->live != 0;
	case R_MLIST: case R_MDICT: return v_len(v.u.v) != 0;
	case R_RANGE: return v.u.r->step > 0 ? v.u.r->start < v.u.r->stop : v.u.r->start > v.u.r->stop;
	case R_OBJ:
		return v.u.o->ops->truth != NULL ? v.u.o->ops->truth(v.u.o)
						 : v.u.o->ops->len == NULL || v.u.o->ops->len(v.u.o) != 0;
	default: return true;
	}
}

bool rv_is_num(struct rv v) { return v.t == R_INT || v.t == R_FLOAT || v.t == R_BOOL || v.t == R_BIG; }
double rv_num(struct rv v)
{
	return v.t == R_FLOAT ? v.u.d : v.t == R_BOOL ? v.u.b : v.t == R_BIG ? big_double(v) : (double)v.u.i;
}
int64_t rv_asint(struct rv v)
{
	return v.t == R_BOOL ? v.u.b : v.t == R_BIG ? (v.u.big->size < 0 ? INT64_MIN : INT64_MAX) : v.u.i;
}

const char *rv_type_name(struct rv v)
{
	static const char *const names[R_TYPES] = {
		[R_UNSET] = "NoneType",
		[R_UNDEF] = "Undefined",
		[R_NONE] = "NoneType",
		[R_BOOL] = "bool",
		[R_INT] = "int",
		[R_BIG] = "int",
		[R_FLOAT] = "float",
		[R_STR] = "str",
		[R_LIST] = "list",
		[R_TUPLE] = "tuple",
		[R_DICT] = "dict",
		[R_SET] = "set",
		[R_MLIST] = "list",
		[R_MDICT] = "dict",
		[R_RANGE] = "range",
		[R_VIEW] = "dict_keys",
		[R_ITER] = "generator",
		[R_SLICE] = "slice",
		[R_FUNC] = "builtin_function_or_method",
		[R_METHOD] = "builtin_function_or_method",
		[R_TYPE] = "type",
		[R_DEF] = "function",
		[R_MODULE] = "module",
		[R_OBJ] = "object",
	};
	if (v.t == R_SET && (v.fl & RV_FROZEN))
		return "frozenset";
	if (v.t == R_VIEW)
		return v.aux == VIEW_KEYS ? "dict_keys" : v.aux == VIEW_VALUES ? "dict_values" : "dict_items";
	if (v.t == R_STR && (v.fl & RV_MARKUP))
		return "Markup";
	return v.t == R_OBJ ? v.u.o->ops->type : names[v.t];
}

bool rv_streq(struct rv v, const char *s) { return v.t == R_STR && strlen(s) == v.n && memcmp(v.u.s, s, v.n) == 0; }

const char *rv_cz(struct rt *rt, struct rv s) { return s.t == R_STR ? rv_dup(rt, s.u.s, s.n).u.s : ""; }

bool rv_seq(struct rv v) { return v.t == R_LIST || v.t == R_TUPLE || v.t == R_MLIST; }
bool rv_mapping(struct rv v) { return v.t == R_DICT || v.t == R_MDICT; }

bool rv_map_get(struct rt *rt, struct rv m, const char *key, size_t n, struct rv *out)
{
	m = rv_live(rt, m);
	if (m.t == R_MDICT) {
		const struct value *v = v_dict_getn(m.u.v, key, n);
		if (v == NULL)
			return false;
		*out = rv_wrap(v);
		return true;
	}
	bool found = false;
	return m.t == R_DICT && rdict_get(rt, m.u.m, rv_strn(key, n), out, &found) && found;
}

bool rv_hash(struct rt *rt, struct rv v, uint64_t *h)
{
	uint64_t x = 1469598103934665603ull;
	switch ((enum rtype)v.t) {
	case R_STR: *h = hash_bytes(v.u.s, v.n); return rt_bytes(rt, v.n);
	case R_BOOL: case R_INT: case R_FLOAT: {
		double d = rv_num(v);
		if (v.t == R_FLOAT && (d != floor(d) || fabs(d) > 9e18)) {
			*h = hash_bytes(&d, sizeof(d));
		} else {
			int64_t i = v.t == R_FLOAT ? (int64_t)d : rv_asint(v);
			*h = hash_bytes(&i, sizeof(i));
		}
		return true;
	}
	case R_BIG: {                                    /* equal floats have the same */
		double d = big_double(v);
		*h = big_cmp_double(v, d) == 0 ? hash_bytes(&d, sizeof(d)) :
			hash_bytes(v.u.big->limb, (size_t)abs(v.u.big->size) * sizeof(v.u.big->limb[0]));
		return true;
	}
	case R_TUPLE:
		if (rt->value_depth > LIM_VALUE_DEPTH)
			return raise(rt, EX_LIMIT, "values nested deeper than %d", LIM_VALUE_DEPTH);
		if (!rt_tick(rt))
			return false;
		rt->value_depth++;
		for (uint32_t i = 0; i < v.u.l->n; i++) {
			uint64_t e;
			if (!rv_hash(rt, v.u.l->v[i], &e)) {
				rt->value_depth--;
				return false;
			}
			x = (x ^ e) * 1099511628211ull;
		}
		rt->value_depth--;
		*h = x;
		return true;
	case R_UNDEF: *h = R_UNDEF; return true;         /* all undefined values are equal */
	case R_SET:
		if (!(v.fl & RV_FROZEN))
			return raise(rt, EX_TYPE, "unhashable type: 'set'");
		for (uint32_t i = 0; i < v.u.m->used; i++)       /* in any order */
			x += v.u.m->e[i].live ? v.u.m->e[i].hash : 0;
		*h = x;
		return true;
	case R_LIST: case R_DICT: case R_MLIST: case R_MDICT: case R_SLICE:
		return raise(rt, EX_TYPE, "unhashable type: '%s'", rv_type_name(v));
	default:
		*h = hash_bytes(&v.u, sizeof(v.u)) + v.t;
		return true;
	}
}

bool rv_same(struct rv a, struct rv b)
{
	if (a.t != b.t)
		return false;
	switch ((enum rtype)a.t) {
	case R_UNSET: case R_NONE: return true;
	case R_BOOL: return a.u.b == b.u.b;
	case R_INT: return a.u.i == b.u.i;
	case R_FLOAT: return memcmp(&a.u.d, &b.u.d, sizeof(a.u.d)) == 0;
	case R_STR: return a.n == b.n && (a.u.s == b.u.s || memcmp(a.u.s, b.u.s, a.n) == 0);
	case R_TYPE: return a.aux == b.aux;
	case R_TUPLE: return a.u.l == b.u.l || (a.u.l->n == 0 && b.u.l->n == 0);
	default: return a.u.s == b.u.s;
	}
}

bool rv_len(struct rt *rt, struct rv v, int64_t *out)
{
	v = rv_live(rt, v);
	switch ((enum rtype)v.t) {
	case R_STR: *out = (int64_t)u8_len(v.u.s, v.n); return true;
	case R_LIST: case R_TUPLE: case R_VIEW: *out = v.u.l->n; return true;
	case R_DICT: case R_SET: *out = v.u.m->live; return true;
	case R_MLIST: case R_MDICT: *out = (int64_t)v_len(v.u.v); return true;
	case R_RANGE: {
		const struct rrange *r = v.u.r;
		*out = r->step > 0 ? (r->start < r->stop ? (r->stop - r->start - 1) / r->step + 1 : 0)
				   : (r->start > r->stop ? (r->start - r->stop - 1) / -r->step + 1 : 0);
		return true;
	}
	case R_UNDEF:
		if (rt->d->soft_missing) {
			*out = 0;
			return true;
		}
		break;
	case R_OBJ:
		if (v.u.o->ops->len != NULL) {
			*out = v.u.o->ops->len(v.u.o);
			return true;
		}
		break;
	default: break;
	}
	return raise(rt, EX_TYPE, "object of type '%s' has no len()", rv_type_name(v));
}

bool rv_callable(struct rv v)
{
	return v.t == R_FUNC || v.t == R_METHOD || v.t == R_DEF || v.t == R_TYPE ||
	       (v.t == R_OBJ && v.u.o->ops->call != NULL);
}
