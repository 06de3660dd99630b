/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_tests.c - what can stand behind "is".
 */
#include <string.h>

#include "snippets/engine/jinja.h"
#include "snippets/engine/str_methods.h"

#define T(name)                                                                                                        \
	static bool t_##name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define UNUSED_ARGS (void)self, (void)a, (void)v, (void)rt
#define YES(cond) (*out = rv_bool(cond), true)

T(boolean) { UNUSED_ARGS; return YES(v[0].t == R_BOOL); }
T(true) { UNUSED_ARGS; return YES(v[0].t == R_BOOL && v[0].u.b); }
T(false) { UNUSED_ARGS; return YES(v[0].t == R_BOOL && !v[0].u.b); }
T(none) { UNUSED_ARGS; return YES(v[0].t == R_NONE); }
T(defined) { UNUSED_ARGS; return YES(v[0].t != R_UNDEF); }
T(undefined) { UNUSED_ARGS; return YES(v[0].t == R_UNDEF); }
T(callable) { UNUSED_ARGS; return YES(rv_callable(v[0]) || v[0].t == R_UNDEF); }
T(integer) { UNUSED_ARGS; return YES(v[0].t == R_INT || v[0].t == R_BIG); }
T(float) { UNUSED_ARGS; return YES(v[0].t == R_FLOAT); }
T(number) { UNUSED_ARGS; return YES(rv_is_num(v[0])); }
T(string) { UNUSED_ARGS; return YES(v[0].t == R_STR); }
T(mapping) { UNUSED_ARGS; return YES(rv_mapping(v[0])); }
T(escaped) { UNUSED_ARGS; return YES(v[0].t == R_STR && (v[0].fl & RV_MARKUP)); }
T(sameas) { UNUSED_ARGS; return YES(rv_same(v[0], v[1])); }
T(filter)
{
	UNUSED_ARGS;
	uint64_t h;
	return rv_hash(rt, rv_live(rt, v[0]), &h) && YES(v[0].t == R_STR && j_filter_find(rv_cz(rt, v[0])) != NULL);
}
T(test)
{
	UNUSED_ARGS;
	uint64_t h;
	return rv_hash(rt, rv_live(rt, v[0]), &h) && YES(v[0].t == R_STR && j_test_find(rv_cz(rt, v[0])) != NULL);
}

T(iterable)
{
	UNUSED_ARGS;
	static const bool yes[R_TYPES] = {[R_UNDEF] = true,
		[R_STR] = true,
		[R_LIST] = true,
		[R_TUPLE] = true,
		[R_DICT] = true,
		[R_SET] = true,
		[R_MLIST] = true,
		[R_MDICT] = true,
		[R_RANGE] = true,
		[R_VIEW] = true,
		[R_ITER] = true};
	return YES(yes[v[0].t] || (v[0].t == R_OBJ && v[0].u.o->ops->iter != NULL));
}

T(sequence)
{
	UNUSED_ARGS;
	static const bool yes[R_TYPES] = {[R_UNDEF] = true,
		[R_STR] = true,
		[R_LIST] = true,
		[R_TUPLE] = true,
		[R_DICT] = true,
		[R_MLIST] = true,
		[R_MDICT] = true,
		[R_RANGE] = true};
	return YES(yes[v[0].t]);
}

static bool remainder_is(struct rt *rt, struct rv x, struct rv by, int64_t want, struct rv *out)
{
	struct rv r;
	return rv_binop(rt, OP_MOD, x, by, &r) && YES(rv_eq(rt, r, rv_int(want)));
}

T(odd) { UNUSED_ARGS; return remainder_is(rt, v[0], rv_int(2), 1, out); }
T(even) { UNUSED_ARGS; return remainder_is(rt, v[0], rv_int(2), 0, out); }
T(divisibleby) { UNUSED_ARGS; return remainder_is(rt, v[0], v[1], 0, out); }

static bool compared(struct rt *rt, const struct rv *v, enum cmpop op, struct rv *out)
{
	bool yes;
	return ev_compare(rt, op, v[0], v[1], &yes) && YES(yes);
}

T(eq) { UNUSED_ARGS; return compared(rt, v, CMP_EQ, out); }
T(ne) { UNUSED_ARGS; return compared(rt, v, CMP_NE, out); }
T(lt) { UNUSED_ARGS; return compared(rt, v, CMP_LT, out); }
T(le) { UNUSED_ARGS; return compared(rt, v, CMP_LE, out); }
T(gt) { UNUSED_ARGS; return compared(rt, v, CMP_GT, out); }
T(ge) { UNUSED_ARGS; return compared(rt, v, CMP_GE, out); }
T(in) { UNUSED_ARGS; return compared(rt, v, CMP_IN, out); }

static bool cased(struct rt *rt, struct rv x, const char *method, struct rv *out)
{
	struct rv f, s = rv_tostr(rt, x);
	return rt->exc.cls == EX_NONE && rv_attr(rt, s, method, method_id(method), &f) &&
	       rv_call(rt, f, &(struct args){0}, out);
}

T(lower) { UNUSED_ARGS; return cased(rt, v[0], "islower", out); }
T(upper) { UNUSED_ARGS; return cased(rt, v[0], "isupper", out); }

static const struct native tests[] = {
	{"boolean", "value", 1, t_boolean},
	{"callable", "obj", 1, t_callable},
	{"defined", "value", 1, t_defined},
	{"divisibleby", "value num", 2, t_divisibleby},
	{"eq", "a b", 2, t_eq},
	{"==", "a b", 2, t_eq},
	{"equalto", "a b", 2, t_eq},
	{"escaped", "value", 1, t_escaped},
	{"even", "value", 1, t_even},
	{"false", "value", 1, t_false},
	{"filter", "value", 1, t_filter},
	{"float", "value", 1, t_float},
	{"ge", "a b", 2, t_ge},
	{">=", "a b", 2, t_ge},
	{"gt", "a b", 2, t_gt},
	{">", "a b", 2, t_gt},
	{"greaterthan", "a b", 2, t_gt},
	{"in", "value seq", 2, t_in},
	{"integer", "value", 1, t_integer},
	{"iterable", "value", 1, t_iterable},
	{"le", "a b", 2, t_le},
	{"<=", "a b", 2, t_le},
	{"lower", "value", 1, t_lower},
	{"lt", "a b", 2, t_lt},
	{"<", "a b", 2, t_lt},
	{"lessthan", "a b", 2, t_lt},
	{"mapping", "value", 1, t_mapping},
	{"ne", "a b", 2, t_ne},
	{"!=", "a b", 2, t_ne},
	{"none", "value", 1, t_none},
	{"number", "value", 1, t_number},
	{"odd", "value", 1, t_odd},
	{"sameas", "value other", 2, t_sameas},
	{"sequence", "value", 1, t_sequence},
	{"string", "value", 1, t_string},
	{"test", "value", 1, t_test},
	{"true", "value", 1, t_true},
	{"undefined", "value", 1, t_undefined},
	{"upper", "value", 1, t_upper},
};

const struct native *j_test_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		if (str_eq(tests[i].name, name))
			return &tests[i];
	return NULL;
}

bool j_call_test(struct rt *rt, const char *name, struct rv x, const struct args *rest, bool *yes)
{
	const struct native *t = j_test_find(name);
	struct rv v[LIM_ARGS + 2], out = rv_bool(false);
	struct args a = { .v = v, .n = rest->n + 1, .kw = rest->kw, .nkw = rest->nkw };
	if (t == NULL)
		return raise(rt, EX_TEMPLATE_RUNTIME, "No test named '%s'.", name);
	v[0] = x;
	if (rest->n != 0)
		memcpy(v + 1, rest->v, rest->n * sizeof(*v));
	if (!native_call(rt, t, (struct rv){ .t = R_UNSET }, &a, &out))
		return false;
	*yes = rv_truthy(out);
	return true;
}
