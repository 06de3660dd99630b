/* SPDX-License-Identifier: GPL-2.0-or-later
 * find.c - searching, sorting, pages.
 */
#include <stdlib.h>
#include <string.h>

#include "rpc/internal.h"

#define DEFAULT_PER_PAGE 25

/* -1, 0, 1 as Python orders: numbers by size, text by code points, lists element by element. */
static int compare(const struct value *a, const struct value *b)
{
	bool na = v_is(a, V_INT) || v_is(a, V_FLOAT) || v_is(a, V_BOOL), nb = v_is(b, V_INT) || v_is(b, V_FLOAT) || v_is(b, V_BOOL);
	if (na && nb)
		return v_float_of(a) < v_float_of(b) ? -1 : v_float_of(a) > v_float_of(b);
	if (v_is(a, V_STR) && v_is(b, V_STR))
		return strcmp(v_cstr(a), v_cstr(b));
	if (v_is(a, V_LIST) && v_is(b, V_LIST)) {
		for (size_t i = 0; i < v_len(a) && i < v_len(b); i++) {
			int d = compare(v_list_at(a, i), v_list_at(b, i));
			if (d != 0)
				return d;
		}
		return v_len(a) < v_len(b) ? -1 : v_len(a) > v_len(b);
	}
	return (int)(a == NULL ? V_NONE : v_type(a)) - (int)(b == NULL ? V_NONE : v_type(b));
}

static int by_field(const void *a, const void *b, void *field)
{
	const struct item *x = *(struct item *const *)a, *y = *(struct item *const *)b;
	int d = field == NULL ? 0 : compare(item_get(x, field), item_get(y, field));
	return d != 0 ? d : strcmp(item_name(x), item_name(y));
}

/* "!field" sorts downwards. */
static void sort_items(struct item_list *l, const char *field)
{
	bool reverse = field != NULL && *field == '!';
	if (reverse)
		field++;
	if (l->n > 1)
		qsort_r(l->v, l->n, sizeof(l->v[0]), by_field, (void *)(uintptr_t)field);
	for (size_t i = 0; reverse && i < l->n / 2; i++) {
		struct item *t = l->v[i];
		l->v[i] = l->v[l->n - 1 - i];
		l->v[l->n - 1 - i] = t;
	}
}

/* Would everybody be shown the field as it is? */
static bool is_public(const struct item *it, const char *key)
{
	const struct value *v = item_get(it, key);
	struct value *shown CLEANUP(v_unrefp) = v == NULL ? NULL : secret_masked(secret_flags(key), v);
	return v != NULL && v_equal(shown, v);
}

/* Drops the items in whose field is a secret that the caller may not see. */
static void keep_shown(struct call *c, struct item_list *l, const char *key)
{
	size_t n = 0;
	for (size_t i = 0; i < l->n; i++) {
		if (secrets_shown(c, l->v[i]) || is_public(l->v[i], key))
			l->v[n++] = l->v[i];
		else
			item_unref(l->v[i]);
	}
	l->n = n;
}

/* The field to sort by; NULL: the name, also instead of a secret. */
static const char *sort_key(struct call *c, const struct value *field)
{
	const char *by = v_is(field, V_STR) ? v_cstr(field) : NULL;
	return by != NULL && secret_flags(by + (*by == '!')) != 0 && !secrets_shown(c, NULL) ? NULL : by;
}

/* compat: CobblerAPI.find_items looks into the criteria before it hands them on; pages do not. */
static int no_criteria(const struct call *c, const struct value *criteria, struct err *e)
{
	bool looked_into = !str_eq(c->entry->name, "find_items_paged") && !v_is(criteria, V_STR) && !v_is(criteria, V_LIST);
	if (looked_into)
		return err_py(e, CB_EINVAL, PY_TYPE, "argument of type '%s' is not iterable", v_type_name(criteria));
	return err_py(e, CB_EINVAL, PY_TYPE, "cobbler.cobbler_collections.collection.Collection.find() argument after ** must be a "
		"mapping, not %s",
		v_type_name(criteria));
}

static int find(struct call *c, const struct value *criteria, const struct value *sort_field, struct item_list *l, struct err *e)
{
	if (criteria != NULL && !v_is(criteria, V_NONE) && !v_is(criteria, V_DICT))
		return no_criteria(c, criteria, e);
	int rc = model_find(c->core->model, c->type, criteria, l, e);
	if (rc != CB_OK)
		return rc;
	/* What one may not see, one may not guess by searching either. */
	for (size_t i = 0; v_is(criteria, V_DICT) && i < v_len(criteria); i++)
		if (secret_flags(v_dict_key(criteria, i)) != 0)
			keep_shown(c, l, v_dict_key(criteria, i));
	sort_items(l, sort_key(c, sort_field));
	return CB_OK;
}

static struct value *answer(struct call *c, struct item_list *l, bool expand)
{
	if (expand)
		return answer_list(c, l);
	struct value *all = v_list();
	for (size_t i = 0; i < l->n; i++)
		v_list_push(all, v_str(item_name(l->v[i])));
	return all;
}

/* what, criteria, sort_field, expand */
int rpc_find_items(struct call *c, struct value **ret, struct err *e)
{
	CLEANUP(item_list_free) struct item_list l = { 0 };
	int rc = find(c, c->arg[0], c->arg[1], &l, e);
	if (rc == CB_OK)
		*ret = answer(c, &l, v_truthy(c->arg[2]));
	return rc;
}

/* criteria, expand, token */
int rpc_find_type(struct call *c, struct value **ret, struct err *e)
{
	CLEANUP(item_list_free) struct item_list l = { 0 };
	int rc = find(c, c->arg[0], NULL, &l, e);
	if (rc == CB_OK)
		*ret = answer(c, &l, v_truthy(c->arg[1]));
	return rc;
}

/* A page number or size as clients send it: a number or its text; else the fallback. */
static int64_t count_arg(const struct value *v, int64_t fallback)
{
	int64_t n = fallback;
	if (v_is(v, V_INT) || v_is(v, V_FLOAT))
		n = v_int_of(v);
	else if (v_is(v, V_STR) && !parse_int64(v_cstr(v), &n))
		n = fallback;
	return n < 1 || n > INT32_MAX ? fallback : n;
}

static struct value *page_info(int64_t page, int64_t pages, int64_t n, int64_t per_page)
{
	static const int sizes[] = { 10, 20, 50, 100, 200, 500 };
	struct value *info = v_dict(), *numbers = v_list(), *choices = v_list();
	int64_t first = per_page * (page - 1), end = first + per_page < n ? first + per_page : n;
	for (int64_t i = 1; i <= pages; i++)
		v_list_push(numbers, v_int(i));
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		v_list_push(choices, v_int(sizes[i]));
	v_dict_set(info, "page", v_int(page));
	v_dict_set(info, "prev_page", page > 1 ? v_int(page - 1) : v_none());
	v_dict_set(info, "next_page", page < pages ? v_int(page + 1) : v_none());
	v_dict_set(info, "pages", numbers);
	v_dict_set(info, "num_pages", v_int(pages));
	v_dict_set(info, "num_items", v_int(n));
	v_dict_set(info, "start_item", v_int(first));
	v_dict_set(info, "end_item", v_int(end));
	v_dict_set(info, "items_per_page", v_int(per_page));
	v_dict_set(info, "items_per_page_list", choices);
	return info;
}

/* what, criteria, sort_field, page, items_per_page, token. Without criteria: all (3.3.7 faults on {}, which its own web client sends). */
int rpc_find_items_paged(struct call *c, struct value **ret, struct err *e)
{
	CLEANUP(item_list_free) struct item_list l = { 0 };
	if (arg_is_none(c, 0) || (v_is(c->arg[0], V_DICT) && v_len(c->arg[0]) == 0)) {
		l = model_items(c->core->model, c->type);
		sort_items(&l, sort_key(c, c->arg[1]));
	} else {
		int rc = find(c, c->arg[0], c->arg[1], &l, e);
		if (rc != CB_OK)
			return rc;
	}
	int64_t n = (int64_t)l.n, per_page = count_arg(c->arg[3], DEFAULT_PER_PAGE), page = count_arg(c->arg[2], 1);
	int64_t pages = n == 0 ? 1 : (n - 1) / per_page + 1;
	if (page > pages)
		page = pages;
	struct value *items = v_list();
	for (int64_t i = per_page * (page - 1); i < n && i < per_page * page; i++)
		v_list_push(items, item_answer(c, l.v[i], false, false));
	*ret = v_dict();
	v_dict_set(*ret, "items", items);
	v_dict_set(*ret, "pageinfo", page_info(page, pages, n, per_page));
	return CB_OK;
}

static bool arch_fits(const char *repo, const char *distro)
{
	if (*repo == '\0' || str_eq(repo, "noarch") || str_eq(repo, "src"))
		return true;
	if (str_eq(repo, "i386") || str_eq(repo, "x86") || str_eq(repo, "i686"))
		return str_eq(distro, "i386") || str_eq(distro, "x86");
	return str_eq(repo, distro);
}

/* profile, token. compat: not passed through xmlrpc_hacks; None in an item faults. */
int rpc_repos_compatible(struct call *c, struct value **ret, struct err *e)
{
	struct model *m = c->core->model;
	const char *name = arg_str(c, 0);
	if (need_name(c, 0, e) != CB_OK)
		return CB_EINVAL;
	CLEANUP(item_unrefp) struct item *profile = name == NULL ? NULL : model_get(m, ITEM_PROFILE, name);
	CLEANUP(item_unrefp) struct item *distro = profile == NULL ? NULL : resolve_distro(m, profile);
	*ret = v_list();
	if (profile == NULL)
		return CB_OK;
	CLEANUP(item_list_free) struct item_list l = model_items(m, ITEM_REPO);
	for (size_t i = 0; i < l.n; i++)
		if (arch_fits(item_str(l.v[i], "arch"), distro == NULL ? "" : item_str(distro, "arch")))
			v_list_push(*ret, item_answer(c, l.v[i], false, false));
	return CB_OK;
}
