/* SPDX-License-Identifier: GPL-2.0-or-later
 * replicate_remote.c - the objects of another Cobbler server, by XML-RPC over HTTP. What it answers is not trusted: sizes are bounded,
 * and each object must load as a stored one would.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fetch.h"
#include "actions/replicate.h"
#include "wire/xmlrpc.h"

#define REMOTE_TIMEOUT_S 300L
#define PAGE_ITEMS 500
#define PAGES_MAX 2000
#define ITEMS_MAX ((size_t)PAGE_ITEMS * PAGES_MAX)

static bool cancelled(void *t)
{
	return task_cancelled(t);
}

/* One call; params taken. *ret owned. */
static int call(struct remote *r, const char *method, struct value *params, struct value **ret, struct err *e)
{
	struct strbuf request CLEANUP(sb_free) = { 0 }, answer CLEANUP(sb_free) = { 0 };
	struct value *v CLEANUP(v_unrefp) = NULL;
	bool fault = false;
	int rc = xmlrpc_write_call(&request, method, params, e);
	v_unref(params);
	struct fetch f = { .url = r->url, .body = request.p, .body_len = request.len, .content_type = "text/xml", .max = XMLRPC_BODY,
		.timeout_s = REMOTE_TIMEOUT_S, .arg = r->task, .cancelled = cancelled };
	if (rc == CB_OK)
		rc = fetch_url(&f, &answer, e);
	if (rc == CB_OK)
		rc = xmlrpc_parse_response(sb_str(&answer), answer.len, &v, &fault, e);
	if (rc != CB_OK)
		return err_prefix(e, "%s", method);
	if (fault)
		return err_set(e, CB_ESTATE, "%s: the other server answers: %.500s", method, v_dict_cstr(v, "faultString", ""));
	*ret = v;
	v = NULL;
	return CB_OK;
}

/* Undoes what 3.3.7 does to None on its way out: "~". */
static struct value *with_none(const struct value *v)
{
	struct value *out;
	if (v_is(v, V_STR) && str_eq(v_cstr(v), "~"))
		return v_none();
	if (v_is(v, V_LIST)) {
		out = v_list();
		for (size_t i = 0; i < v_len(v); i++)
			v_list_push(out, with_none(v_list_at(v, i)));
		return out;
	}
	if (!v_is(v, V_DICT))
		return v_ref(v);
	out = v_dict();
	for (size_t i = 0; i < v_len(v); i++)
		v_dict_set(out, v_dict_key(v, i), with_none(v_dict_at(v, i)));
	return out;
}

static bool uid_ok(const char *s)
{
	return strlen(s) == 32 && strspn(s, "0123456789abcdef") == 32;
}

/* Takes an object in, or says why not. */
static void take(struct remote *r, enum item_type t, const struct value *answer)
{
	struct theirs *all = &r->types[t];
	struct value *d CLEANUP(v_unrefp) = with_none(answer);
	struct item *it = NULL;
	struct err why;
	int rc = v_is(d, V_DICT) && uid_ok(v_dict_cstr(d, "uid", "")) ? item_from_disk(t, d, &it, &why) :
		err_set(&why, CB_EINVAL, "it has no uid");
	if (rc == CB_OK && map_get(&all->by_name, item_name(it)) != NULL) {
		rc = err_set(&why, CB_EEXIST, "there are two of that name");
		item_unref(it);
	}
	if (rc != CB_OK) {
		const char *name = v_is(answer, V_DICT) ? v_dict_cstr(answer, "name", "(no name)") : "(no dictionary)";
		task_log(r->task, "a %s of the other server is left out: %.200s: %s", item_table(t)->name, name, why.text);
		r->refused++;
		return;
	}
	if (all->n == all->cap) {
		all->cap = all->cap == 0 ? 64 : all->cap * 2;
		all->v = xreallocarray(all->v, all->cap, sizeof(*all->v));
	}
	all->v[all->n++] = it;
	map_put(&all->by_name, item_name(it), it);      /* its place comes later, when all are sorted */
}

static int take_list(struct remote *r, enum item_type t, const struct value *list, struct err *e)
{
	if (!v_is(list, V_LIST))
		return err_set(e, CB_EPARSE, "the other server answers with no list of %s", item_table(t)->plural);
	if (v_len(list) > ITEMS_MAX - r->types[t].n)
		return err_set(e, CB_ELIMIT, "the other server has more than %zu %s", ITEMS_MAX, item_table(t)->plural);
	for (size_t i = 0; i < v_len(list); i++)
		take(r, t, v_list_at(list, i));
	return CB_OK;
}

/* All of a type in pages, so that no answer is larger than what is accepted. */
static int fetch_type(struct remote *r, enum item_type t, struct err *e)
{
	for (int page = 1; page <= PAGES_MAX; page++) {
		struct value *params = v_list(), *answer CLEANUP(v_unrefp) = NULL;
		v_list_push(params, v_str(item_table(t)->name));
		v_list_push(params, v_none());
		v_list_push(params, v_str("name"));
		v_list_push(params, v_int(page));
		v_list_push(params, v_int(PAGE_ITEMS));
		int rc = call(r, "find_items_paged", params, &answer, e);
		if (rc == CB_OK)
			rc = take_list(r, t, v_dict_get(answer, "items"), e);
		if (rc != CB_OK)
			return rc;
		if (!v_is(v_dict_get(v_dict_get(answer, "pageinfo"), "next_page"), V_INT))
			return CB_OK;
	}
	return err_set(e, CB_ELIMIT, "the other server has more than %zu %s", ITEMS_MAX, item_table(t)->plural);
}

static int by_depth(const void *a, const void *b)
{
	int64_t x = v_int_of(item_get(*(struct item *const *)a, "depth")), y = v_int_of(item_get(*(struct item *const *)b, "depth"));
	int names = strcmp(item_name(*(struct item *const *)a), item_name(*(struct item *const *)b));
	return x != y ? (x > y) - (x < y) : names;
}

int remote_fetch(struct remote *r, struct err *e)
{
	struct value *answer CLEANUP(v_unrefp) = NULL;
	int rc = call(r, "ping", v_list(), &answer, e);
	if (rc == CB_OK)
		rc = call(r, "get_settings", v_list(), &r->settings, e);
	for (int t = 0; t < ITEM_TYPES && rc == CB_OK; t++) {
		struct theirs *all = &r->types[t];
		rc = fetch_type(r, (enum item_type)t, e);
		if (all->n > 0)
			qsort(all->v, all->n, sizeof(*all->v), by_depth);
		all->wanted = xcalloc(all->n + 1, sizeof(*all->wanted));
		for (size_t i = 0; i < all->n; i++)
			map_put(&all->by_name, item_name(all->v[i]), (void *)(uintptr_t)(i + 1));
	}
	return rc;
}

void remote_free(struct remote *r)
{
	for (int t = 0; t < ITEM_TYPES; t++) {
		for (size_t i = 0; i < r->types[t].n; i++)
			item_unref(r->types[t].v[i]);
		free(r->types[t].v);
		free(r->types[t].wanted);
		map_free(&r->types[t].by_name);
	}
	v_unref(r->settings);
	free(r->url);
}
