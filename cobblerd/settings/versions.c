/* SPDX-License-Identifier: GPL-2.0-or-later
 * versions.c - settings files checked against what one release has in them, and brought from one release's form to a later one's, as
 * cobbler-settings does it. Where Cobbler's tool loses what a site has written (next_server, the default answer file) or gives up
 * (manage_tftp, a proxy_url_ext without a value), this one goes on with it.
 */
#include <string.h>

#include "settings/settings.h"
#include "settings/settings_private.h"
#include "settings/settings_table.h"
#include "settings/versions.h"

static const char *const type_words[] = {
	[S_FLAG] = "true or false (before 3.2.1: 1 or 0)", [S_BOOL] = "true or false", [S_INT] = "a whole number",
	[S_FLOAT] = "a number with a point", [S_STR] = "text", [S_STR_OR_NULL] = "text or nothing", [S_LIST] = "a list",
	[S_NAMES] = "a list of texts", [S_STRS] = "a list of texts", [S_DICT] = "a mapping",
};

static const struct version_row *row_at(const char *key, enum version v)
{
	for (size_t i = 0; i < version_row_count; i++)
		if (version_rows[i].since <= v && v < version_rows[i].until && str_eq(version_rows[i].key, key))
			return &version_rows[i];
	return NULL;
}

static bool all_texts(const struct value *v)
{
	for (size_t i = 0; i < v_len(v); i++)
		if (!v_is(v_list_at(v, i), V_STR))
			return false;
	return true;
}

/* compat: schema: a boolean is no whole number, a whole number is no float. */
static bool type_fits(enum version_type t, enum version at, const struct value *v)
{
	switch (t) {
	case S_FLAG: return v_is(v, at < V321 ? V_INT : V_BOOL);
	case S_BOOL: return v_is(v, V_BOOL);
	case S_INT: return v_is(v, V_INT);
	case S_FLOAT: return v_is(v, V_FLOAT);
	case S_STR: return v_is(v, V_STR);
	case S_STR_OR_NULL: return v_is(v, V_STR) || v_is(v, V_NONE);
	case S_LIST: return v_is(v, V_LIST);
	case S_NAMES: return v_is(v, V_LIST) && (at < V321 || all_texts(v));
	case S_STRS: return v_is(v, V_LIST) && all_texts(v);
	case S_DICT: return v_is(v, V_DICT);
	}
	return false;
}

static void type_error(const struct version_row *r, enum version at, const struct value *v, struct err *e)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	v_py_repr(&b, v);
	err_set(e, CB_EINVAL, "%s: %s has %s there, not %.200s", r->key, version_names[at], type_words[r->type], sb_str(&b));
}

/* How many things in file are not as that release has them; *e is the first of them. */
static size_t misfits(const struct value *file, enum version at, struct err *e)
{
	size_t n = 0;
	for (size_t i = 0; i < v_len(file); i++) {
		const char *key = v_dict_key(file, i);
		const struct version_row *r = row_at(key, at);
		if (r != NULL && type_fits(r->type, at, v_dict_at(file, i)))
			continue;
		if (n++ > 0)
			continue;
		if (r == NULL)
			err_set(e, CB_EINVAL, "%s: %s has no such setting", key, version_names[at]);
		else
			type_error(r, at, v_dict_at(file, i), e);
	}
	for (size_t i = 0; i < version_row_count; i++) {
		const struct version_row *r = &version_rows[i];
		if (r->dflt != REQUIRED || r->since > at || r->until <= at || v_dict_get(file, r->key) != NULL)
			continue;
		if (n++ == 0)
			err_set(e, CB_EINVAL, "%s is missing: %s has it in every file", r->key, version_names[at]);
	}
	return n;
}

/* The oldest release whose form the file has: its migrations are those that the file needs. Fails with what is wrong
 * for the nearest one. */
static int detect(const struct value *file, enum version *ret, struct err *e)
{
	size_t fewest = SIZE_MAX;
	for (enum version v = V285; v < V_END; v++) {
		struct err why;
		size_t n = misfits(file, v, &why);
		if (n == 0) {
			*ret = v;
			return CB_OK;
		}
		if (n <= fewest) {
			fewest = n;
			*e = why;
		}
	}
	err_prefix(e, "the file has the form of no release (%zu things are not as in the nearest one)", fewest);
	return CB_EINVAL;
}

/* What that release gives to a file that lacks it. */
static void fill(struct value *file, enum version at)
{
	for (size_t i = 0; i < version_row_count; i++) {
		const struct version_row *r = &version_rows[i];
		if (r->since > at || r->until <= at || r->dflt == REQUIRED || str_eq(r->dflt, OPTIONAL) || v_dict_get(file, r->key) != NULL)
			continue;
		struct value *v CLEANUP(v_unrefp) = settings_json(str_eq(r->dflt, OF_HOST) ? settings_row(r->key)->dflt : r->dflt);
		v_dict_set(file, r->key, at < V321 && v_is(v, V_BOOL) && r->type == S_FLAG ? v_int(v_truthy(v)) : v_ref(v));
	}
}

/* Types that the release changed; compat: utils.input_boolean: of numbers only 1 is true. */
static void retype(struct value *file, enum version to)
{
	for (size_t i = 0; i < v_len(file); i++) {
		const char *key = v_dict_key(file, i);
		const struct value *v = v_dict_at(file, i);
		const struct version_row *r = row_at(key, to);
		if (r == NULL)
			continue;
		if (to == V321 && r->type == S_FLAG && v_is(v, V_INT))
			v_dict_set(file, key, v_bool(v_int_of(v) == 1));
		else if (to == V321 && r->type == S_STR && v_is(v, V_NONE))
			v_dict_set(file, key, v_str(""));
		else if (to == V333 && r->type == S_FLOAT && v_is(v, V_INT))
			v_dict_set(file, key, v_float(v_float_of(v)));
	}
}

static int migrate(struct value *file, enum version from, enum version to, struct value *plan, struct err *e)
{
	if (from > to)
		return err_set(e, CB_EINVAL, "the file is one of %s: the way back to %s is not known", version_names[from],
			version_names[to]);
	for (enum version v = from + 1; v <= to; v++) {
		settings_migrate_step(file, v, plan);
		retype(file, v);
		fill(file, v);
		if (misfits(file, v, e) != 0)
			return CB_EINVAL;
	}
	fill(file, to);
	return CB_OK;
}

static int find(const char *name, enum version *ret, struct err *e)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	for (enum version v = V285; v < V_END; v++) {
		if (str_eq(version_names[v], name)) {
			*ret = v;
			return CB_OK;
		}
		sb_addf(&b, "%s%s", v == V285 ? "" : ", ", version_names[v]);
	}
	return err_set(e, CB_ENOENT, "version \"%s\" is not known; these are: %s", name, sb_str(&b));
}

int settings_find_version(const char *name, struct err *e)
{
	enum version ignored;
	return find(name, &ignored, e);
}

bool settings_may_be_missing(const char *key)
{
	const struct version_row *r = row_at(key, V337);
	return r != NULL && r->dflt != REQUIRED && str_eq(r->dflt, OPTIONAL);
}

static int take_included(void *all, const char *path, struct err *e)
{
	struct value *file CLEANUP(v_unrefp) = NULL;
	int rc = settings_read_yaml(path, &file, e);
	for (size_t i = 0; rc == CB_OK && i < v_len(file); i++)
		v_dict_set(all, v_dict_key(file, i), v_ref(v_dict_at(file, i)));
	return rc;
}

bool settings_is_named(const char *names, const char *key)
{
	size_t n = strlen(key);
	for (const char *p = names; *p != '\0'; p += strcspn(p, ",") + (p[strcspn(p, ",")] == ','))
		if (strcspn(p, ",") == n && strncmp(p, key, n) == 0)
			return true;
	return false;
}

/* The file with what it includes; what the site calls its own goes into *own. Both owned. */
static int read_all(const char *path, const char *preserve, struct value **file, struct value **own, struct err *e)
{
	struct value *all CLEANUP(v_unrefp) = NULL;
	int rc = settings_read_yaml(path, &all, e);
	if (rc != CB_OK)
		return rc;
	const struct value *named = v_dict_get(all, "include");
	struct value *include CLEANUP(v_unrefp) = named != NULL ? v_ref(named) : NULL;
	rc = settings_include(include, take_included, all, e);
	if (rc != CB_OK)
		return rc;
	const struct value *extra = v_dict_get(all, "extra_settings_list");
	*file = v_dict();
	*own = v_dict();
	for (size_t i = 0; i < v_len(all); i++) {
		const char *key = v_dict_key(all, i);
		bool kept = settings_is_named(preserve, key) || (v_is(extra, V_LIST) && v_list_has_str(extra, key));
		v_dict_set(kept ? *own : *file, key, v_ref(v_dict_at(all, i)));
	}
	return CB_OK;
}

/* The site's own settings come back; a release that has a list for their names gets them there, as its daemon does not start otherwise. */
static void put_back(struct value *file, const struct value *own, enum version at)
{
	const struct value *was = v_dict_get(file, "extra_settings_list");
	struct value *names = v_is(was, V_LIST) ? v_copy(was) : v_list();
	for (size_t i = 0; i < v_len(own); i++) {
		v_dict_set(file, v_dict_key(own, i), v_ref(v_dict_at(own, i)));
		if (!v_list_has_str(names, v_dict_key(own, i)))
			v_list_push(names, v_str(v_dict_key(own, i)));
	}
	if (v_len(own) > 0 && row_at("extra_settings_list", at) != NULL)
		v_dict_set(file, "extra_settings_list", v_ref(names));
	v_unref(names);
}

int settings_validate_version(const char *path, const char *preserve, const char *version, struct err *e)
{
	struct value *file CLEANUP(v_unrefp) = NULL, *own CLEANUP(v_unrefp) = NULL;
	enum version at;
	int rc = find(version, &at, e);
	if (rc == CB_OK)
		rc = read_all(path, preserve, &file, &own, e);
	if (rc == CB_OK && misfits(file, at, e) != 0)
		rc = CB_EINVAL;
	return rc;
}

int settings_migrate_version(const char *path, const char *preserve, const char *version, struct value *plan, struct value **ret,
	struct err *e)
{
	struct value *file CLEANUP(v_unrefp) = NULL, *own CLEANUP(v_unrefp) = NULL;
	enum version from, to;
	int rc = find(version, &to, e);
	if (rc == CB_OK)
		rc = read_all(path, preserve, &file, &own, e);
	if (rc == CB_OK)
		rc = detect(file, &from, e);
	if (rc == CB_OK)
		rc = migrate(file, from, to, plan, e);
	if (rc != CB_OK)
		return rc;
	put_back(file, own, to);
	*ret = v_ref(file);
	return CB_OK;
}
