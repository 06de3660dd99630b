/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_cobbler.c - the filters that Cobbler 4.0 adds to Jinja's: any, all, toyaml. Templates written for it render here, too.
 */
#include "snippets/engine/jinja.h"
#include "value/yaml.h"

#define F(name)                                                                                                        \
	static bool f_##name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define UNUSED_ARGS (void)self, (void)a, (void)v, (void)rt

static bool some(struct rt *rt, struct rv list, bool wanted, struct rv *out)
{
	struct cursor c;
	struct rv x;
	*out = rv_bool(!wanted);
	if (!cur_start(rt, list, &c))
		return false;
	while (cur_next(rt, &c, &x))
		if (rv_truthy(rv_live(rt, x)) == wanted)
			*out = rv_bool(wanted);
	return true;
}

F(any) { UNUSED_ARGS; return some(rt, v[0], true, out); }
F(all) { UNUSED_ARGS; return some(rt, v[0], false, out); }

/* A value of a template as one of the model; NULL: an exception is set. Returns owned. */
static struct value *plain(struct rt *rt, struct rv x, unsigned depth)
{
	struct cursor c;
	struct rv k, item;
	x = rv_live(rt, x);
	if (depth > LIM_VALUE_DEPTH)
		return raise(rt, EX_LIMIT, "values nested deeper than %d", LIM_VALUE_DEPTH), NULL;
	switch ((enum rtype)x.t) {
	case R_NONE: return v_none();
	case R_BOOL: return v_bool(x.u.b);
	case R_INT: return v_int(x.u.i);
	case R_FLOAT: return v_float(x.u.d);
	case R_STR: return v_strn(x.u.s, x.n);
	case R_UNDEF: return j_missing(rt, &x), NULL;
	case R_LIST: case R_MLIST: case R_DICT: case R_MDICT: break;
	default: return raise(rt, EX_TYPE, "cannot represent an object of type %s in YAML", rv_type_name(x)), NULL;
	}
	struct value *r = rv_mapping(x) ? v_dict() : v_list();
	bool ok = cur_start(rt, x, &c);
	while (ok && cur_next(rt, &c, &k)) {
		struct value *e = NULL;
		item = k;
		ok = rt_tick(rt) && (!rv_mapping(x) || (rv_getitem(rt, x, k, &item) &&
			(k.t == R_STR || raise(rt, EX_TYPE, "a key of a dict must be a text for toyaml, not %s", rv_type_name(k))))) &&
			(e = plain(rt, item, depth + 1)) != NULL;
		if (ok && rv_mapping(x))
			v_dict_setn(r, k.u.s, k.n, e);
		else if (ok)
			v_list_push(r, e);
	}
	if (ok)
		return r;
	v_unref(r);
	return NULL;
}

/* compat: yaml.dump(data).rstrip("\n"); a scalar alone is followed by "...". */
F(toyaml)
{
	UNUSED_ARGS;
	struct value *x = plain(rt, v[0], 0);
	struct strbuf b = { 0 };
	if (x == NULL)
		return false;
	yaml_write(&b, x, true);
	while (b.len > 0 && b.p[b.len - 1] == '\n')
		sb_truncate(&b, b.len - 1);
	char first = *sb_str(&b);
	if (!v_is(x, V_LIST) && !v_is(x, V_DICT) && first != '\'' && first != '"')
		sb_adds(&b, "\n...");
	v_unref(x);
	*out = rv_dup(rt, sb_str(&b), b.len);
	sb_free(&b);
	return true;
}

const struct native j_filters_cobbler[] = {
	{"any", "value", 1, f_any},
	{"all", "value", 1, f_all},
	{"toyaml", "value", 1, f_toyaml},
	{NULL, NULL, 0, NULL},
};
