/* SPDX-License-Identifier: GPL-2.0-or-later
 * find.c - searching as Cobbler's Item.find_match does.
 */
#include <ctype.h>
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "model/checks.h"
#include "model/model_private.h"

/* compat: collection.SEARCH_REKEY - what command lines call a field. */
static const struct { const char *from, *to; } rekey[] = {
	{ "kopts", "kernel_options" }, { "kopts_post", "kernel_options_post" }, { "inherit", "parent" }, { "ip", "ip_address" },
	{ "mac", "mac_address" }, { "enable_gpxe", "enable_ipxe" }, { "gpxe_enabled", "enable_ipxe" },
};

/* The attribute that a criterion means; buf holds a name with "-" turned into "_". */
static const char *rekeyed(const char *key, char buf[64])
{
	for (size_t i = 0; i < ARRAY_LEN(rekey); i++)
		if (str_eq(rekey[i].from, key))
			return rekey[i].to;
	if (strchr(key, '-') == NULL || strlen(key) >= 64)
		return key;
	size_t n = 0;
	for (; *key != '\0'; key++)
		buf[n++] = *key == '-' ? '_' : *key;
	buf[n] = '\0';
	return buf;
}

static bool has_glob(const char *s)
{
	return strpbrk(s, "?*[") != NULL;
}

/* "?" and "*": what most searches are. Goes back to the last star only, so it takes at most length times length. */
static bool glob_matches(const char *have, const char *want)
{
	const char *star = NULL, *from = NULL;
	while (*have != '\0') {
		if (*want == '*') {
			star = ++want;
			from = have;
		} else if (*want == '?' || tolower((unsigned char)*want) == tolower((unsigned char)*have)) {
			want++;
			have++;
		} else if (star != NULL) {
			want = star;
			have = ++from;
		} else {
			return false;
		}
	}
	return want[strspn(want, "*")] == '\0';
}

static bool text_matches(const char *have, const char *want)
{
	if (!has_glob(want))
		return strcasecmp(have, want) == 0;
	if (strchr(want, '[') == NULL)
		return glob_matches(have, want);
	/* fnmatch.fnmatch: "[!x]" negates as in the shell, a backslash is itself */
	return fnmatch(want, have, FNM_CASEFOLD | FNM_NOESCAPE) == 0;
}

/* compat: Item.__find_compare. -1: the types cannot be compared (*e). */
static int compare(const struct value *have, const char *want, struct err *e)
{
	struct value *v = NULL, *text;
	bool ok = true;
	if (v_is(have, V_STR))
		return text_matches(v_cstr(have), want);
	if (v_is(have, V_BOOL)) {
		static const char *const yes[] = { "true", "1", "y", "yes" };
		bool b = false;
		for (size_t i = 0; i < ARRAY_LEN(yes); i++)
			b = b || strcasecmp(want, yes[i]) == 0;
		return b == v_truthy(have);
	}
	if (!v_is(have, V_LIST) && !v_is(have, V_DICT))
		return err_py(e, CB_EINVAL, PY_TYPE, "find cannot compare type: <class '%s'>", v_type_name(have));
	text = v_str(want);
	int rc = v_is(have, V_LIST) ? input_list(text, &v, e) : input_dict(text, true, &v, e);
	v_unref(text);
	if (rc != CB_OK)
		return -1;
	for (size_t i = 0; ok && i < v_len(v); i++) {
		if (v_is(have, V_LIST)) {
			ok = v_list_has_str(have, v_cstr(v_list_at(v, i)));
		} else {
			const struct value *x = v_dict_get(have, v_dict_key(v, i));
			ok = x != NULL && v_equal(x, v_dict_at(v, i));
		}
	}
	v_unref(v);
	return ok;
}

/* Interface fields that Cobbler keeps an index of. */
static bool is_indexed(const char *key)
{
	return str_eq(key, "mac_address") || str_eq(key, "ip_address") || str_eq(key, "ipv6_address") || str_eq(key, "dns_name");
}

/* compat: Systems.indexes - what is asked for in full is looked up as it stands: a MAC in capitals is none. */
static int match_indexed(const struct item *it, const char *key, const char *want)
{
	const struct value *all = item_interfaces(it);
	for (size_t i = 0; i < v_len(all); i++)
		if (*want != '\0' && str_eq(v_dict_cstr(v_dict_at(all, i), key, ""), want))
			return 1;
	return 0;
}

/* 3.3.7 compares the other way round here, so that a pattern finds no interface. */
static int match_interfaces(const struct item *it, const char *key, const char *want, struct err *e)
{
	const struct value *all = item_interfaces(it);
	for (size_t i = 0; i < v_len(all); i++) {
		if (str_eq(want, v_dict_key(all, i)))
			return 1;
		const struct value *have = v_dict_get(v_dict_at(all, i), key);
		int r = have != NULL ? compare(have, want, e) : 0;
		if (r != 0)
			return r;
	}
	return 0;
}

static int match_one(const struct item *it, const char *key, const char *want, struct err *e)
{
	bool negate = *want == '~';
	int r;
	want += negate;
	if (item_type(it) == ITEM_SYSTEM && is_indexed(key) && !negate && !has_glob(want)) {
		r = match_indexed(it, key, want);
	} else if (item_type(it) == ITEM_SYSTEM && (field_index(&network_interface_table, key) >= 0 || str_eq(key, "interface"))) {
		r = match_interfaces(it, key, want, e);
	} else {
		const struct value *have = item_get(it, key);
		r = have != NULL ? compare(have, want, e) : 0;
	}
	return r < 0 ? r : negate ? !r : r;
}

/* compat: Collection.find - "name" is an argument of its own, and what is false is none. */
static bool is_no_name(const struct value *criteria, size_t i)
{
	return str_eq(v_dict_key(criteria, i), "name") && !v_truthy(v_dict_at(criteria, i));
}

static int match(const struct item *it, const struct value *criteria, struct err *e)
{
	char buf[64];
	for (size_t i = 0; i < v_len(criteria); i++) {
		const struct value *want = v_dict_at(criteria, i);
		if (v_is(want, V_NONE) || is_no_name(criteria, i))
			continue;
		if (!v_is(want, V_STR))
			return err_py(e, CB_EINVAL, PY_ATTR, "'%s' object has no attribute 'startswith'", v_type_name(want));
		int r = match_one(it, rekeyed(v_dict_key(criteria, i), buf), v_cstr(want), e);
		if (r <= 0)
			return r;
	}
	return 1;
}

/* Starts from an index when a criterion allows it. */
static struct item_list candidates(struct model *m, enum item_type t, const struct value *criteria)
{
	char buf[64];
	for (size_t i = 0; i < v_len(criteria); i++) {
		const char *key = rekeyed(v_dict_key(criteria, i), buf), *want = v_cstr(v_dict_at(criteria, i));
		if (*want == '\0' || *want == '~')          /* also a name that is none */
			continue;
		if (has_glob(want)) {
			if (str_eq(key, "name"))
				return model_by_name(m, t, text_matches, want);
			continue;
		}
		if (str_eq(key, "name"))
			return model_by_index(m, t, key, want);
		if (str_eq(key, "uid")) {
			struct item_list l = { 0 };
			CLEANUP(item_unrefp) struct item *it = model_by_uid(m, want);
			if (it != NULL && item_type(it) == t)
				item_list_add(&l, it);
			return l;
		}
		if (t == ITEM_SYSTEM && (is_indexed(key) || str_eq(key, "hostname")))
			return model_by_index(m, t, key, want);
		enum item_type to = str_eq(key, "profile") && t == ITEM_SYSTEM ? ITEM_PROFILE : str_eq(key, "image") && t == ITEM_SYSTEM ?
			ITEM_IMAGE : str_eq(key, "distro") && t == ITEM_PROFILE ? ITEM_DISTRO : ITEM_TYPES;
		if (to != ITEM_TYPES && model_count(m, to) > 0) {
			CLEANUP(item_unrefp) struct item *parent = model_get(m, to, want);
			if (parent != NULL)
				return model_referrers(m, to, want);
		}
	}
	return model_items(m, t);
}

/* compat: any other value is a fault as soon as an item is compared with it. */
static bool only_texts(const struct value *criteria)
{
	for (size_t i = 0; i < v_len(criteria); i++)
		if (!v_is(v_dict_at(criteria, i), V_STR) && !v_is(v_dict_at(criteria, i), V_NONE))
			return false;
	return true;
}

int model_find(struct model *m, enum item_type t, const struct value *criteria, struct item_list *ret, struct err *e)
{
	struct item_list found = { 0 };
	if (v_len(criteria) == 0 || (v_len(criteria) == 1 && is_no_name(criteria, 0)))
		return err_py(e, CB_EINVAL, PY_VALUE, "calling find with no arguments");
	struct item_list all = only_texts(criteria) ? candidates(m, t, criteria) : model_items(m, t);
	int rc = CB_OK;
	for (size_t i = 0; i < all.n && rc == CB_OK; i++) {
		int r = item_type(all.v[i]) == t ? match(all.v[i], criteria, e) : 0;
		if (r < 0)
			rc = CB_EINVAL;
		else if (r > 0)
			item_list_add(&found, all.v[i]);
	}
	item_list_free(&all);
	if (rc == CB_OK)
		*ret = found;
	else
		item_list_free(&found);
	return rc;
}
