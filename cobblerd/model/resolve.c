/* SPDX-License-Identifier: GPL-2.0-or-later
 * resolve.c - inheritance (Cobbler's Item._resolve, _resolve_dict and utils.blender).
 */
#include "model/resolve.h"

#include <stdlib.h>

#include "model/checks.h"
#include "model/model_private.h"
#include "model/signatures.h"

#define BASES_MAX 64
#define DEPTH_MAX 64          /* the model refuses cycles; a damaged store must not make us run for ever */

/* compat: utils.dict_annihilate - "!key" removes itself and "key". */
static void apply_removals(struct value *dict)
{
	for (size_t i = 0; i < v_len(dict); ) {
		const char *key = v_dict_key(dict, i);
		if (*key != '!' || key[1] == '\0') {
			i++;
			continue;
		}
		char *gone = xstrdup(key);
		v_dict_del(dict, gone + 1);
		v_dict_del(dict, gone);
		free(gone);
		i = 0;
	}
}

static void merge_into(struct value *dict, const struct value *from)
{
	for (size_t i = 0; v_is(from, V_DICT) && i < v_len(from); i++)
		v_dict_set(dict, v_dict_key(from, i), v_ref(v_dict_at(from, i)));
}

static const struct field *row_of(const struct item *it, const char *field)
{
	const struct item_table *t = item_table(item_type(it));
	int i = field_index(t, field);
	if (i >= 0 && t->rows[i].alias_of != NULL)
		i = field_index(t, t->rows[i].alias_of);
	return i >= 0 ? &t->rows[i] : NULL;
}

/* What the settings say for a field: the row's key, else a setting of the same name. */
static const struct value *from_settings(const struct value *settings, const struct field *f)
{
	const struct value *v = f->settings_key != NULL ? v_dict_get(settings, f->settings_key) : NULL;
	return v != NULL ? v : v_dict_get(settings, f->name);
}

static struct value *resolve_at(struct model *m, const struct value *settings, const struct item *it, const char *field, int depth);

static struct value *resolve_merged(struct model *m, const struct value *settings, const struct item *it, const struct field *f, int depth)
{
	struct value *dict = v_dict();
	CLEANUP(item_unrefp) struct item *parent = model_parent(m, it);
	if (parent != NULL && depth < DEPTH_MAX) {
		struct value *up = resolve_at(m, settings, parent, f->name, depth + 1);
		merge_into(dict, up);
		v_unref(up);
	} else {
		merge_into(dict, from_settings(settings, f));
	}
	merge_into(dict, item_get(it, f->name));
	apply_removals(dict);
	return dict;
}

/* Is the value to come from further up? compat: that of an image's virt_bridge is only a text. */
static bool inherits(const struct field *f, const struct value *raw)
{
	return is_inherit(raw) && ((f->flags & (FF_INHERIT | FF_MERGE)) || f->alias_of != NULL);
}

static struct value *resolve_inherited(struct model *m, const struct value *settings, const struct item *it, const struct field *f,
	int depth)
{
	bool top_loaders = str_eq(f->name, "boot_loaders") && (item_type(it) == ITEM_DISTRO || item_type(it) == ITEM_IMAGE);
	if (top_loaders)
		return signatures_boot_loaders(item_str(it, "breed"), item_str(it, "os_version"), item_str(it, "arch"));
	CLEANUP(item_unrefp) struct item *parent = model_parent(m, it);
	if (parent != NULL && depth < DEPTH_MAX && row_of(parent, f->name) != NULL)
		return resolve_at(m, settings, parent, f->name, depth + 1);
	const struct value *v = from_settings(settings, f);
	return v != NULL ? v_ref(v) : v_str("");
}

static struct value *resolve_at(struct model *m, const struct value *settings, const struct item *it, const char *field, int depth)
{
	const struct field *f = row_of(it, field);
	if (f == NULL)
		return NULL;
	const struct value *raw = item_get(it, f->name);
	/* compat: System.filename - a system with an image has none */
	if (item_type(it) == ITEM_SYSTEM && str_eq(f->name, "filename") && *item_str(it, "image") != '\0')
		return v_str("");
	if (f->flags & FF_MERGE)
		return resolve_merged(m, settings, it, f, depth);
	if (inherits(f, raw))
		return resolve_inherited(m, settings, it, f, depth);
	return v_ref(raw);
}

struct value *resolve_field(struct model *m, const struct value *settings, const struct item *it, const char *field)
{
	return resolve_at(m, settings, it, field, 0);
}

/* The interfaces with virt_bridge resolved. */
static struct value *resolved_interfaces(const struct value *settings, const struct item *it)
{
	struct value *all = v_copy(item_interfaces(it));
	const struct value *bridge = v_dict_get(settings, "default_virt_bridge");
	for (size_t i = 0; i < v_len(all); i++) {
		if (!is_inherit(v_dict_get(v_dict_at(all, i), "virt_bridge")) || bridge == NULL)
			continue;
		struct value *one = v_copy(v_dict_at(all, i));
		v_dict_set(one, "virt_bridge", v_ref(bridge));
		v_dict_set(all, v_dict_key(all, i), one);
	}
	return all;
}

struct value *resolve_dict(struct model *m, const struct value *settings, const struct item *it)
{
	const struct item_table *t = item_table(item_type(it));
	struct value *d = v_dict();
	for (size_t i = 0; i < t->n; i++) {
		const struct field *f = &t->rows[i];
		const struct value *raw = item_at(it, i);
		struct value *v;
		if (f->flags & FF_NOWIRE)
			continue;
		if (str_eq(f->name, "interfaces"))
			v = resolved_interfaces(settings, it);
		else if (f->type == F_ENUM)
			v = v_ref(raw);          /* compat: to_dict(resolved=True) leaves inherited enums as they are */
		else if (v_is(raw, V_DICT) || inherits(f, raw))
			v = resolve_field(m, settings, it, f->name);
		else
			v = v_ref(raw);
		v_dict_set(d, f->name, v);
	}
	return d;
}

/* Adds what is not there yet to a list. */
static void extend_unique(struct value *list, const struct value *more)
{
	for (size_t i = 0; v_is(more, V_LIST) && i < v_len(more); i++) {
		const struct value *v = v_list_at(more, i);
		bool have = false;
		for (size_t k = 0; !have && k < v_len(list); k++)
			have = v_equal(v_list_at(list, k), v);
		if (!have)
			v_list_push(list, v_ref(v));
	}
}

/* One value of a node onto what its ancestors gave (utils.__consolidate). Takes v. */
static void blend_value(struct value *results, const char *field, struct value *v)
{
	const struct value *have = v_dict_get(results, field);
	if (have == NULL) {
		v_dict_set(results, field, v);
		return;
	}
	if (v_is(have, V_DICT) && v_is(v, V_DICT)) {
		struct value *merged = v_copy(have);
		merge_into(merged, v);
		v_dict_set(results, field, merged);
	} else if (v_is(have, V_LIST) && (v_is(v, V_LIST) || v_is(v, V_STR))) {
		struct value *joined = v_list();
		extend_unique(joined, have);
		extend_unique(joined, v);
		v_dict_set(results, field, joined);
	} else if (!str_eq(field, "distro")) {
		v_dict_set(results, field, v_ref(v));
	}
	v_unref(v);
}

static void blend_node(struct model *m, const struct value *settings, const struct item *it, struct value *results)
{
	static const char *const removals[] = { "kernel_options", "kernel_options_post", "autoinstall_meta", "template_files", "boot_files",
		"fetchable_files" };
	const struct item_table *t = item_table(item_type(it));
	for (size_t i = 0; i < t->n; i++) {
		const struct field *f = &t->rows[i];
		const struct value *raw = item_at(it, i);
		if (f->flags & FF_NOWIRE)
			continue;
		/* compat: utils.__consolidate - "<<inherit>>" overrides nothing, in subprofiles of older releases also where a
		 * field inherits no more */
		bool known = v_dict_get(results, f->name) != NULL, own = !inherits(f, raw);
		if (own && !(known && is_inherit(raw)))
			blend_value(results, f->name, v_ref(raw));
		else if (!own && (f->alias_of != NULL || !known))
			blend_value(results, f->name, resolve_field(m, settings, it, f->name));
	}
	for (size_t i = 0; i < ARRAY_LEN(removals); i++) {
		const struct value *d = v_dict_get(results, removals[i]);
		bool any = false;
		for (size_t k = 0; v_is(d, V_DICT) && k < v_len(d); k++)
			any = any || *v_dict_key(d, k) == '!';
		if (!any)
			continue;
		struct value *clean = v_copy(d);
		apply_removals(clean);
		v_dict_set(results, removals[i], clean);
	}
}

/* Ancestors first, the item last. */
static void blend_tree(struct model *m, const struct value *settings, const struct item *it, struct value *results)
{
	struct item *chain[DEPTH_MAX], *at;
	size_t n = 0;
	for (at = item_ref(it); at != NULL && n < DEPTH_MAX; at = model_parent(m, at))
		chain[n++] = at;
	item_unref(at);
	while (n > 0) {
		blend_node(m, settings, chain[--n], results);
		item_unref(chain[n]);
	}
}

static struct value *blend_base(struct model *m, const struct value *settings, const struct item *parent)
{
	struct value *results = v_copy(settings);
	blend_tree(m, settings, parent, results);
	return results;
}

static int by_priority(const void *a, const void *b)
{
	const struct value *const *x = a, *const *y = b;
	int64_t p = v_dict_int(*x, "priority", 0), q = v_dict_int(*y, "priority", 0);
	return p < q ? 1 : p > q ? -1 : 0;
}

static void add_repo_data(struct model *m, struct value *results)
{
	const struct value *repos = v_dict_get(results, "repos");
	struct value *data = v_list(), *sorted[256];
	size_t n = 0;
	for (size_t i = 0; v_is(repos, V_LIST) && i < v_len(repos) && n < ARRAY_LEN(sorted); i++) {
		CLEANUP(item_unrefp) struct item *r = model_get(m, ITEM_REPO, v_cstr(v_list_at(repos, i)));
		if (r == NULL)
			continue;
		sorted[n] = item_to_dict(r);
		if (item_is_saved(r))
			v_dict_del(sorted[n], "ks_meta");
		n++;
	}
	/* Insertion keeps the order of equal priorities. */
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0 && by_priority(&sorted[k - 1], &sorted[k]) > 0; k--) {
			struct value *swap = sorted[k];
			sorted[k] = sorted[k - 1];
			sorted[k - 1] = swap;
		}
	for (size_t i = 0; i < n; i++)
		v_list_push(data, sorted[i]);
	v_dict_set(results, "repo_data", data);
}

static void add_interfaces(const struct item *it, struct value *results)
{
	const struct value *all = item_interfaces(it);
	struct strbuf key CLEANUP(sb_free) = { 0 };
	for (size_t i = 0; i < v_len(all); i++) {
		const struct value *fields = v_dict_at(all, i);
		for (size_t k = 0; k < v_len(fields); k++) {
			sb_truncate(&key, 0);
			sb_adds(&key, v_dict_key(fields, k));
			sb_addc(&key, '_');
			sb_adds(&key, v_dict_key(all, i));
			v_dict_setn(results, key.p, key.len, v_ref(v_dict_at(fields, k)));
		}
	}
}

/* compat: utils.flatten - what koan wants as text. */
static void flatten_dicts(struct value *results)
{
	static const char *const dicts[] = { "environment", "kernel_options", "kernel_options_post", "yumopts", "autoinstall_meta",
		"template_files", "boot_files", "fetchable_files" };
	static const char *const lists[] = { "repos", "rpm_list" };
	for (size_t i = 0; i < ARRAY_LEN(dicts); i++) {
		struct strbuf b = { 0 };
		const struct value *v = v_dict_get(results, dicts[i]);
		if (!v_is(v, V_DICT))
			continue;
		dict_to_string(&b, v);
		v_dict_set(results, dicts[i], v_strn(sb_str(&b), b.len));
		sb_free(&b);
	}
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct strbuf b = { 0 };
		const struct value *v = v_dict_get(results, lists[i]);
		if (!v_is(v, V_LIST))
			continue;
		for (size_t k = 0; k < v_len(v); k++) {
			sb_adds(&b, k > 0 ? " " : "");
			v_py_str(&b, v_list_at(v, k));
		}
		v_dict_set(results, lists[i], v_strn(sb_str(&b), b.len));
		sb_free(&b);
	}
}

void resolve_flatten(struct value *dict)
{
	flatten_dicts(dict);
}

static void alias(struct value *results, const char *name, const char *from)
{
	const struct value *v = v_dict_get(results, from);
	if (v != NULL)
		v_dict_set(results, name, v_ref(v));
}

/* Names by which templates know whose data this is. */
static void add_names(const struct item *it, struct value *results)
{
	switch (item_type(it)) {
	case ITEM_SYSTEM:
		alias(results, "system_name", "name");
		alias(results, "profile_name", "profile");
		if (v_dict_get(results, "distro") != NULL) {
			alias(results, "distro_name", "distro");
		} else if (v_dict_get(results, "image") != NULL) {
			v_dict_set(results, "distro_name", v_str("N/A"));
			alias(results, "image_name", "image");
		}
		break;
	case ITEM_PROFILE:
		alias(results, "profile_name", "name");
		alias(results, "distro_name", "distro");
		break;
	case ITEM_DISTRO:
		alias(results, "distro_name", "name");
		break;
	case ITEM_IMAGE:
		v_dict_set(results, "distro_name", v_str("N/A"));
		alias(results, "image_name", "name");
		break;
	default:
		break;
	}
}

static void add_server(struct value *results)
{
	struct strbuf b = { 0 }, port = { 0 };
	const struct value *p = v_dict_get(results, "http_port"), *server = v_dict_get(results, "server");
	if (server != NULL)
		v_py_str(&b, server);
	if (p != NULL)
		v_py_str(&port, p);
	if (port.len > 0 && !str_eq(sb_str(&port), "80"))
		sb_addf(&b, ":%s", sb_str(&port));
	v_dict_set(results, "http_server", v_strn(sb_str(&b), b.len));
	sb_free(&b);
	sb_free(&port);
}

/* What stands above single fields: interfaces, repositories, the server's address, names. */
static struct value *finish_blend(struct model *m, const struct item *it, bool flatten, struct value *results)
{
	if (item_type(it) == ITEM_SYSTEM)
		add_interfaces(it, results);
	if (item_type(it) == ITEM_SYSTEM || item_type(it) == ITEM_PROFILE)
		add_repo_data(m, results);
	add_server(results);
	const struct value *params = v_dict_get(results, "mgmt_parameters");
	struct value *merged = v_is(params, V_DICT) ? v_copy(params) : v_dict();
	merge_into(merged, v_dict_get(results, "autoinstall_meta"));
	v_dict_set(results, "mgmt_parameters", merged);
	if (flatten)
		flatten_dicts(results);
	add_names(it, results);
	return results;
}

/* Locked. Nothing is left of another version, or when there is too much. */
static bool bases_good(struct bases *b, uint64_t version, uint64_t signatures, const struct value *settings)
{
	void *v;
	if (b->version == version && b->signatures == signatures && b->settings == settings && b->of.live < BASES_MAX)
		return true;
	for (size_t i = 0; map_next(&b->of, &i, NULL, &v); )
		v_unref(v);
	map_free(&b->of);
	v_unref(b->settings);
	b->of = (struct map){ 0 };
	b->version = version;
	b->signatures = signatures;
	b->settings = v_ref(settings);
	return false;
}

struct value *resolve_blend_base(struct model *m, const struct value *settings, const struct item *parent)
{
	struct bases *b = model_bases(m);
	uint64_t version = model_parents_version(m), signatures = signatures_generation();
	pthread_mutex_lock(&b->lock);
	struct value *base = bases_good(b, version, signatures, settings) ? map_get(&b->of, item_uid(parent)) : NULL;
	if (base != NULL)
		v_ref(base);
	pthread_mutex_unlock(&b->lock);
	if (base != NULL)
		return base;
	base = blend_base(m, settings, parent);
	pthread_mutex_lock(&b->lock);
	if (b->version == version && b->signatures == signatures && b->settings == settings)
		v_unref(map_put(&b->of, item_uid(parent), v_ref(base)));
	pthread_mutex_unlock(&b->lock);
	return base;
}

struct value *resolve_blend(struct model *m, const struct value *settings, const struct item *it, bool flatten)
{
	CLEANUP(item_unrefp) struct item *parent = model_parent(m, it);
	struct value *base CLEANUP(v_unrefp) = parent != NULL ? resolve_blend_base(m, settings, parent) : v_ref(settings);
	struct value *results = v_copy(base);
	blend_node(m, settings, it, results);
	return finish_blend(m, it, flatten, results);
}

struct value *resolve_blend_on(struct model *m, const struct value *settings, const struct value *base, const struct item *it)
{
	struct value *results = v_copy(base);
	blend_node(m, settings, it, results);
	return finish_blend(m, it, false, results);
}

struct item *resolve_distro(struct model *m, const struct item *it)
{
	struct item *at = item_ref(it);
	for (int depth = 0; at != NULL && item_type(at) != ITEM_DISTRO; depth++) {
		struct item *up = depth < DEPTH_MAX ? model_parent(m, at) : NULL;
		item_unref(at);
		at = up;
	}
	return at;
}
