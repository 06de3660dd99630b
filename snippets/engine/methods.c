/* SPDX-License-Identifier: GPL-2.0-or-later
 * methods.c - how a name finds its method and arguments their parameters.
 */
#include <stdlib.h>
#include <string.h>

#include "snippets/engine/modules.h"
#include "snippets/engine/rt.h"
#include "snippets/engine/str_methods.h"

#define MAX_PARAMS 8

/* -- binding and calling -- */

static int param_index(const char *params, const char *name, size_t n)
{
	int i = 0;
	for (const char *p = params; *p != '\0' && *p != '/'; i++) {
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
		n += *p == ' ' && p[1] != '/';
	return n;
}

static const char *param_at(const char *p, uint32_t i)
{
	for (; i > 0; i--)
		p += strcspn(p, " ") + 1;
	return p;
}

/* Python's words when a function without named parameters is called with a wrong number of arguments. */
static bool bad_count(struct rt *rt, const struct native *f, struct rv self, uint32_t max, uint32_t got)
{
	bool method = self.t != R_UNSET;
	const char *type = method ? rv_type_name(self) : "", *dot = method ? "." : "";
	if (max == 0)
		return raise(rt, EX_TYPE, "%s%s%s() takes no arguments (%u given)", type, dot, f->name, got);
	if (max == 1 && f->min == 1)
		return raise(rt, EX_TYPE, "%s%s%s() takes exactly one argument (%u given)", type, dot, f->name, got);
	uint32_t n = got < f->min ? f->min : max;
	return raise(rt, EX_TYPE, "%s expected %s%u argument%s, got %u", f->name,
		f->min == max ? "" : got < f->min ? "at least " : "at most ", n, n == 1 ? "" : "s", got);
}

bool native_call(struct rt *rt, const struct native *f, struct rv self, const struct args *a, struct rv *out)
{
	struct rv v[MAX_PARAMS + 1];
	struct rv text = self.t == R_STR ? self : a->n > 0 && a->v[0].t == R_STR ? a->v[0] : (struct rv){ .n = 0 };
	if (!rt_steps(rt, 1 + (text.n > 65536 ? text.n / 16 : text.n / 1024)))    /* long texts take their time */
		return false;
	if (f->params[0] == '*')
		return a->n < f->min ? raise(rt, EX_TYPE, "%s expected at least %u argument%s, got %u", f->name, f->min,
					       f->min == 1 ? "" : "s", a->n)
				     : f->fn(rt, self, NULL, a, out) && rt->exc.cls == EX_NONE;
	uint32_t n = param_count(f->params);
	bool unnamed = n == 0 || f->params[strlen(f->params) - 1] == '/';
	if (unnamed && a->nkw > 0)
		return raise(rt, EX_TYPE, "%s%s%s() takes no keyword arguments", self.t != R_UNSET ? rv_type_name(self) : "",
			self.t != R_UNSET ? "." : "", f->name);
	if (unnamed && (a->n > n || a->n < f->min))
		return bad_count(rt, f, self, n, a->n);
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
			return raise(rt, EX_TYPE, "%s() missing required argument '%.*s' (pos %u)", f->name,
				(int)strcspn(param_at(f->params, i), " "), param_at(f->params, i), i + 1);
	return f->fn(rt, self, v, a, out) && rt->exc.cls == EX_NONE;      /* what it walked over may have raised one */
}

/* -- finding methods: every name has a number, every type a row of that length -- */

#define MAX_NAMES 200
static const char *names[MAX_NAMES];
static int nnames;
enum { ROW_STR, ROW_LIST, ROW_TUPLE, ROW_DICT, ROW_SET, ROW_FROZENSET, ROW_INT, ROW_FLOAT, ROW_RANGE, ROWS };
static const struct native *rows[ROWS][MAX_NAMES];

static int by_name(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

__attribute__((constructor)) static void number_names(void)
{
	static const struct native *const tables[ROWS] = {
		str_methods, list_methods, tuple_methods, dict_methods, set_methods, frozenset_methods, int_methods,
		float_methods, range_methods};
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
	case R_SET: return v.fl & RV_FROZEN ? ROW_FROZENSET : ROW_SET;
	case R_INT: case R_BOOL: case R_BIG: return ROW_INT;
	case R_FLOAT: return ROW_FLOAT;
	case R_RANGE: return ROW_RANGE;
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

static bool type_attr(struct rt *rt, struct rv o, const char *name, int mid, struct rv *out)
{
	static const struct { uint16_t type; int row; const char *name; } types[] = {
		{ TY_STR, ROW_STR, "str" }, { TY_LIST, ROW_LIST, "list" }, { TY_TUPLE, ROW_TUPLE, "tuple" },
		{ TY_DICT, ROW_DICT, "dict" }, { TY_SET, ROW_SET, "set" }, { TY_FROZENSET, ROW_FROZENSET, "frozenset" },
		{ TY_INT, ROW_INT, "int" }, { TY_FLOAT, ROW_FLOAT, "float" }, { TY_RANGE, ROW_RANGE, "range" } };
	if (str_eq(name, "__name__")) {
		*out = rv_cstr(o.aux >= TY_EXC ? exc_name(o.aux - TY_EXC) : type_name(o.aux));
		return true;
	}
	if ((o.aux == TY_DICT && str_eq(name, "fromkeys")) || (o.aux == TY_STR && str_eq(name, "maketrans"))) {
		*out = (struct rv){ .t = R_FUNC, .u.f = o.aux == TY_DICT ? rows[ROW_DICT][mid] : rows[ROW_STR][mid] };
		return true;                      /* no object of the type is asked for */
	}
	for (size_t i = 0; i < ARRAY_LEN(types) && mid >= 0; i++)
		if (types[i].type == o.aux && rows[types[i].row][mid] != NULL) {
			struct unbound *u = rt_alloc(rt, sizeof(*u));
			*u = (struct unbound){ types[i].row, rows[types[i].row][mid], types[i].name };
			*out = rv_obj(rt, &unbound_ops, u);
		}
	return true;
}

static bool range_attr(const struct rrange *r, const char *name, struct rv *out)
{
	if (!str_eq(name, "start") && !str_eq(name, "stop") && !str_eq(name, "step"))
		return false;
	*out = rv_int(name[2] == 'a' ? r->start : name[2] == 'o' ? r->stop : r->step);
	return true;
}

/* Numbers are complex numbers, and integers fractions. */
static bool number_attr(struct rv v, const char *name, struct rv *out)
{
	bool whole = v.t != R_FLOAT, self = str_eq(name, "real") || (whole && str_eq(name, "numerator"));
	if (!self && !str_eq(name, "imag") && !(whole && str_eq(name, "denominator")))
		return false;
	*out = self ? (v.t == R_BOOL ? rv_int(v.u.b) : v) : whole ? rv_int(name[0] == 'd') : rv_float(0);
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
	case R_RANGE:
		if (range_attr(o.u.r, name, out))
			return true;
		break;
	case R_INT: case R_BOOL: case R_BIG: case R_FLOAT:
		if (number_attr(o, name, out))
			return true;
		break;
	default: break;
	}
	if (row < 0 || mid < 0 || rows[row][mid] == NULL)
		return true;
	struct nmethod *m = rt_alloc(rt, sizeof(*m));
	*m = (struct nmethod){ o, rows[row][mid] };
	*out = (struct rv){ .t = R_METHOD, .u.me = m };
	return true;
}
