/* SPDX-License-Identifier: GPL-2.0-or-later
 * introspect.c - what the table says about itself, and several calls in one.
 */
#include <stdlib.h>
#include <string.h>

#include "rpc/internal.h"

#define MULTICALL_MAX 1000
#define MULTICALL_VALUES 500000        /* in the answers so far, when another call is still made */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int rpc_list_methods(struct call *c, struct value **ret, struct err *e UNUSED)
{
	const char **names = xcalloc(c->r->methods.live + 1, sizeof(*names)), *key;
	size_t n = 0;
	for (size_t i = 0; map_next(&c->r->methods, &i, &key, NULL); )
		names[n++] = key;
	qsort(names, n, sizeof(*names), by_name);
	*ret = v_list();
	for (size_t i = 0; i < n; i++)
		v_list_push(*ret, v_str(names[i]));
	free(names);
	return CB_OK;
}

static int named(struct call *c, const struct entry **ret, struct err *e)
{
	const char *name = arg_str(c, 0);
	*ret = name == NULL ? NULL : map_get(&c->r->methods, name);
	return *ret != NULL ? CB_OK : err_set(e, CB_ENOENT, "unknown remote method '%.200s'", name == NULL ? "" : name);
}

/* One signature for each number of arguments; types are not declared, so each is "undefined"'s nearest: a string. */
int rpc_method_signature(struct call *c, struct value **ret, struct err *e)
{
	const struct entry *en;
	int rc = named(c, &en, e);
	if (rc != CB_OK)
		return rc;
	*ret = v_list();
	for (size_t n = en->n_required; n <= en->n_args; n++) {
		struct value *one = v_list();
		for (size_t i = 0; i <= n; i++)
			v_list_push(one, v_str("string"));
		v_list_push(*ret, one);
	}
	return CB_OK;
}

int rpc_method_help(struct call *c, struct value **ret, struct err *e)
{
	static const char *const who[] = {
		[FOR_ALL] = "Anyone may call it.", [FOR_USERS] = "Needs a token.",
		[BY_RIGHT] = "",
		[BY_HANDLER] = "Needs a token and rights on the object.",
	};
	struct strbuf b CLEANUP(sb_free) = { 0 };
	const struct entry *en;
	int rc = named(c, &en, e);
	if (rc != CB_OK)
		return rc;
	sb_addf(&b, "%s(%s)\n%s\n", en->name, en->m->args, en->m->help);
	if (en->m->access == BY_RIGHT)
		sb_addf(&b, "Needs a token and the right \"%s\".", en->resource);
	else
		sb_adds(&b, who[en->m->access]);
	*ret = v_strn(sb_str(&b), b.len);
	return CB_OK;
}

static struct value *fault(const struct err *e)
{
	struct value *v = v_dict();
	struct strbuf b CLEANUP(sb_free) = { 0 };
	fault_text(&b, e);
	v_dict_set(v, "faultCode", v_int(1));
	v_dict_set(v, "faultString", v_strn(sb_str(&b), b.len));
	return v;
}

/* Values in it, itself included; long texts count as several. */
static size_t size_of(const struct value *v)
{
	size_t n = 1 + (v_is(v, V_STR) || v_is(v, V_BYTES) ? v_len(v) / 100 : 0);
	for (size_t i = 0; v_is(v, V_LIST) && i < v_len(v); i++)
		n += size_of(v_list_at(v, i));
	for (size_t i = 0; v_is(v, V_DICT) && i < v_len(v); i++)
		n += size_of(v_dict_at(v, i));
	return n;
}

/* One {methodName, params}: a list of the result, or the fault. size: of all answers, grows. */
static struct value *one_call(struct call *c, const struct value *call, size_t *size)
{
	const struct value *name = v_dict_get(call, "methodName"), *params = v_dict_get(call, "params");
	struct value *result = NULL, *none CLEANUP(v_unrefp) = v_list();
	struct call inner = { .r = c->r, .peer = c->peer, .local = c->local, .depth = c->depth + 1 };
	struct err e;
	bool tilde = false;
	int rc;
	if (*size > MULTICALL_VALUES)
		rc = err_set(&e, CB_ELIMIT, "the answers of one multicall hold more than %d values: ask for the rest in another one",
			MULTICALL_VALUES);
	else if (!v_is(name, V_STR) || (params != NULL && !v_is(params, V_LIST)))
		rc = err_set(&e, CB_EINVAL, "a call is a struct of methodName and params");
	else if (str_eq(v_cstr(name), "system.multicall"))
		rc = err_set(&e, CB_EINVAL, "system.multicall cannot call itself");
	else
		rc = rpc_dispatch(&inner, v_cstr(name), params != NULL ? params : none, &result, &tilde, &e);
	/* Inside a list None cannot be told from faults of marshalling: it is "~" here for every method. */
	if (rc != CB_OK)
		return fault(&e);
	struct value *list = v_list();
	v_list_push(list, result);
	*size += size_of(list);
	return list;
}

int rpc_multicall(struct call *c, struct value **ret, struct err *e)
{
	if (!v_is(c->arg[0], V_LIST))
		return err_py(e, CB_EINVAL, PY_TYPE, "calls must be a list, not %s", v_type_name(c->arg[0]));
	if (v_len(c->arg[0]) > MULTICALL_MAX)
		return err_set(e, CB_ELIMIT, "%zu calls in one, at most %d", v_len(c->arg[0]), MULTICALL_MAX);
	*ret = v_list();
	for (size_t i = 0, size = 0; i < v_len(c->arg[0]); i++)
		v_list_push(*ret, one_call(c, v_list_at(c->arg[0], i), &size));
	return CB_OK;
}
