/* SPDX-License-Identifier: GPL-2.0-or-later
 * items.c - get, has, handle, new, modify, save, copy, rename, remove for all types of items.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/edit.h"
#include "import/import.h"
#include "manage/manage.h"
#include "model/checks.h"
#include "rpc/internal.h"

struct value *item_answer(struct call *c, const struct item *it, bool flatten, bool resolved)
{
	struct value *d;
	if (resolved) {
		struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->core->settings);
		d = resolve_dict(c->core->model, settings, it);
	} else {
		const struct item_table *t = item_table(item_type(it));
		unsigned left_out = FF_NOWIRE | (item_is_saved(it) ? FF_NODISK : 0);
		d = v_dict();
		for (size_t i = 0; i < t->n; i++)
			if (!(t->rows[i].flags & left_out))
				v_dict_set(d, t->rows[i].name, v_ref(item_at(it, i)));
	}
	d = secrets_hidden(c, it, d);
	if (flatten)
		resolve_flatten(d);
	return d;
}

int rpc_get_item(struct call *c, struct value **ret, struct err *e UNUSED)
{
	const char *name = arg_str(c, 0);
	CLEANUP(item_unrefp) struct item *it = draft_overlay(c->desk, name == NULL ? NULL : model_get(c->core->model, c->type, name));
	bool flatten = v_truthy(c->arg[1]), resolved = v_truthy(c->arg[2]);
	if (it != NULL && !flatten && !resolved && c->stream != NULL && secrets_shown(c, it)) {
		item_list_add(c->stream, it);
		c->one = true;
	} else if (it != NULL) {
		*ret = item_answer(c, it, flatten, resolved);
	}
	return CB_OK;
}

/* Takes the items out of *l where they can be streamed. An empty list is a value. */
struct value *answer_list(struct call *c, struct item_list *l)
{
	struct value *all = v_list();
	if (c->stream != NULL && l->n > 0) {
		*c->stream = *l;
		*l = (struct item_list){ 0 };
	}
	for (size_t i = 0; i < l->n; i++)
		v_list_push(all, item_answer(c, l->v[i], false, false));
	return all;
}

int rpc_get_items(struct call *c, struct value **ret, struct err *e UNUSED)
{
	CLEANUP(item_list_free) struct item_list l = model_items(c->core->model, c->type);
	*ret = answer_list(c, &l);
	return CB_OK;
}

int rpc_get_item_names(struct call *c, struct value **ret, struct err *e UNUSED)
{
	CLEANUP(item_list_free) struct item_list l = model_items(c->core->model, c->type);
	*ret = v_list();
	for (size_t i = 0; i < l.n; i++)
		v_list_push(*ret, v_str(item_name(l.v[i])));
	return CB_OK;
}

int rpc_get_since(struct call *c, struct value **ret, struct err *e)
{
	CLEANUP(item_list_free) struct item_list l = model_items(c->core->model, c->type);
	if (!v_is(c->arg[0], V_FLOAT) && !v_is(c->arg[0], V_INT) && !v_is(c->arg[0], V_BOOL))
		return err_py(e, CB_EINVAL, PY_TYPE, "'>=' not supported between instances of 'float' and '%s'", v_type_name(c->arg[0]));
	*ret = v_list();
	for (size_t i = 0; i < l.n; i++)
		if (v_float_of(item_get(l.v[i], "mtime")) >= v_float_of(c->arg[0]))
			v_list_push(*ret, item_answer(c, l.v[i], false, false));
	return CB_OK;
}

int rpc_has_item(struct call *c, struct value **ret, struct err *e UNUSED)
{
	const char *name = arg_str(c, 0);
	CLEANUP(item_unrefp) struct item *it = name == NULL ? NULL : model_get(c->core->model, c->type, name);
	*ret = v_bool(it != NULL);
	return CB_OK;
}

static int unknown(enum item_type t, const struct value *name, struct err *e)
{
	struct strbuf text CLEANUP(sb_free) = { 0 };
	v_py_str(&text, name);
	return err_set(e, CB_ENOENT, "internal error, unknown %s name %s", item_table(t)->name, sb_str(&text));
}

int rpc_get_handle(struct call *c, struct value **ret, struct err *e)
{
	const char *name = arg_str(c, 0);
	CLEANUP(item_unrefp) struct item *it = name == NULL ? NULL : model_get(c->core->model, c->type, name);
	if (it == NULL)
		return unknown(c->type, c->arg[0], e);
	*ret = v_strf("%s::%s", item_table(c->type)->name, item_name(it));
	return CB_OK;
}

static int new_object(struct call *c, bool sub, struct value **ret, struct err *e)
{
	struct item *it;
	int rc = edit_new(c->core, c->type, &it, e);
	if (rc != CB_OK)
		return rc;
	if (sub)
		item_put(it, "is_subobject", v_bool(true));
	char *handle CLEANUP(free_ptr) = draft_new(c->desk, it, e);
	if (handle == NULL)
		return CB_ELIMIT;
	*ret = v_str(handle);
	return CB_OK;
}

int rpc_new_item(struct call *c, struct value **ret, struct err *e)
{
	if (c->n_args > 1 && !v_is(c->arg[1], V_BOOL))
		return err_py(e, CB_EINVAL, PY_TYPE, "Field is_subobject of object item needs to be of type bool!");
	return new_object(c, c->n_args > 1 && v_truthy(c->arg[1]), ret, e);
}

int rpc_new_subprofile(struct call *c, struct value **ret, struct err *e)
{
	c->type = ITEM_PROFILE;
	return new_object(c, true, ret, e);
}

/* The object of the handle in the first argument, checked to be of the method's type and open to the caller. */
static int open_handle(struct call *c, const char *verb, struct item **ret, struct err *e)
{
	const char *handle = arg_str(c, 0);
	char resource[64];
	if (handle == NULL)
		return err_py(e, CB_EINVAL, PY_ATTR, "'%s' object has no attribute 'startswith'", v_type_name(c->arg[0]));
	int rc = draft_peek(c->desk, handle, ret, e);
	if (rc != CB_OK)
		return rc;
	snprintf(resource, sizeof(resource), "%s_%s", verb, item_table(c->type)->name);
	if (item_type(*ret) != c->type)
		rc = err_py(e, CB_EINVAL, PY_VALUE, "the handle is of a %s, not a %s", item_table(item_type(*ret))->name,
			item_table(c->type)->name);
	else
		rc = call_may(c, resource, *ret, e);
	if (rc != CB_OK) {
		item_unref(*ret);
		*ret = NULL;
	}
	return rc;
}

int rpc_modify_item(struct call *c, struct value **ret, struct err *e)
{
	CLEANUP(item_unrefp) struct item *it = NULL;
	const char *attribute = arg_str(c, 1);
	int rc = open_handle(c, "modify", &it, e);
	if (rc != CB_OK)
		return rc;
	if (attribute == NULL)
		return err_py(e, CB_EINVAL, PY_TYPE, "attribute name must be string, not '%s'", v_type_name(c->arg[1]));
	rc = draft_modify(c->desk, arg_str(c, 0), attribute, c->arg[2], e);
	if (rc != CB_OK && rc != NO_ATTRIBUTE)
		return rc;
	*ret = v_bool(rc == CB_OK);
	return CB_OK;
}

void after_edits(struct core *core, enum item_type type, const char *const *systems, size_t n)
{
	struct err why;
	if (core->live == NULL && manage_follow(core, type, systems, n, &why) != CB_OK)
		log_warn("rpc", "files after an edit of %s%s%s: %s", item_table(type)->plural, n > 0 ? ", first " : "",
			n > 0 ? systems[0] : "", why.text);
}

void after_edit(struct core *core, enum item_type type, const char *name)
{
	if (core->live == NULL && type == ITEM_DISTRO)
		manage_link_distro(core, name);
	after_edits(core, type, &name, type == ITEM_SYSTEM ? 1 : 0);
}

void after_rename(struct core *core, enum item_type type, const char *from, const char *to)
{
	if (core->live == NULL && type == ITEM_DISTRO)
		manage_link_distro(core, to);              /* the old one stays: autoinstall_meta may name it */
	if (core->live == NULL && type == ITEM_REPO)
		import_move_mirror(core, from, to);
	after_edits(core, type, (const char *const[]){ from, to }, type == ITEM_SYSTEM ? 2 : 0);
}

static void follow_change(struct core *core, const struct item *before, const struct item *now)
{
	enum item_type type = item_type(now != NULL ? now : before);
	if (type == ITEM_DISTRO)
		manage_link_distro(core, item_name(now != NULL ? now : before));
	if (now == NULL)
		import_forget(core, before);
	else if (before != NULL && type == ITEM_REPO && !str_eq(item_name(before), item_name(now)))
		import_move_mirror(core, item_name(before), item_name(now));
}

/* What the files of all changes together depend on: whatever but systems changes the files of many. */
static enum item_type widest(const struct edit_changes *l)
{
	static const enum item_type order[] = { ITEM_DISTRO, ITEM_PROFILE, ITEM_IMAGE, ITEM_MENU, ITEM_SYSTEM };
	for (size_t k = 0; k < ARRAY_LEN(order); k++)
		for (size_t i = 0; i < l->n; i++)
			if (item_type(l->v[i].now != NULL ? l->v[i].now : l->v[i].before) == order[k])
				return order[k];
	return item_type(l->v[0].now != NULL ? l->v[0].now : l->v[0].before);
}

void after_commit(struct core *core, const struct edit_changes *l)
{
	const char **systems = xcalloc(l->n * 2 + 1, sizeof(*systems));
	size_t n = 0;
	for (size_t i = 0; i < l->n; i++) {
		const struct item *before = l->v[i].before, *now = l->v[i].now;
		follow_change(core, before, now);
		if (before != NULL && item_type(before) == ITEM_SYSTEM)
			systems[n++] = item_name(before);
		if (now != NULL && item_type(now) == ITEM_SYSTEM && (before == NULL || !str_eq(item_name(before), item_name(now))))
			systems[n++] = item_name(now);
	}
	if (l->n > 0)
		after_edits(core, widest(l), systems, n);
	free(systems);
}

int remove_edited(struct core *core, const struct item *it, bool recursive, struct err *e)
{
	CLEANUP(item_list_free) struct item_list below = model_descendants(core->model, it);
	const char **systems = xcalloc(below.n + 1, sizeof(*systems));
	size_t n = 0;
	if (item_type(it) == ITEM_SYSTEM)
		systems[n++] = item_name(it);
	for (size_t i = 0; i < below.n; i++)
		if (item_type(below.v[i]) == ITEM_SYSTEM)
			systems[n++] = item_name(below.v[i]);
	int rc = edit_remove(core, item_type(it), item_name(it), recursive, true, e);
	if (rc == CB_OK && core->live == NULL && item_type(it) == ITEM_DISTRO)
		manage_link_distro(core, item_name(it));
	if (rc == CB_OK && core->live == NULL)
		import_forget(core, it);
	if (rc == CB_OK)
		after_edits(core, item_type(it), systems, n);
	free(systems);
	return rc;
}

int save_edited(struct core *core, struct item *it, bool as_new, struct err *e)
{
	CLEANUP(item_unrefp) struct item *published = model_by_uid(core->model, item_uid(it));
	if (published != NULL && as_new)
		return err_set(e, CB_EEXIST, "An object already exists with that name. Try 'edit'?");
	/* A changed name is a renaming: what refers to the object follows. */
	if (published != NULL && !str_eq(item_name(published), item_name(it))) {
		int rc = edit_rename(core, published, item_name(it), e);
		if (rc != CB_OK)
			return rc;
		after_rename(core, item_type(it), item_name(published), item_name(it));
	}
	int rc = edit_save(core, it, as_new, true, e);
	if (rc == CB_OK)
		after_edit(core, item_type(it), item_name(it));
	return rc;
}

int may_save(struct call *c, struct core *core, const struct item *it, struct err *e)
{
	CLEANUP(item_unrefp) struct item *same = model_by_uid(core->model, item_uid(it));
	CLEANUP(item_unrefp) struct item *named = model_get(core->model, item_type(it), item_name(it));
	const struct item *all[] = { it, same, named };
	char resource[64];
	int rc = CB_OK;
	snprintf(resource, sizeof(resource), "save_%s", item_table(item_type(it))->name);
	for (size_t i = 0; i < ARRAY_LEN(all) && rc == CB_OK; i++)
		if (all[i] != NULL)
			rc = call_may(c, resource, all[i], e);
	return rc;
}

int rpc_save_item(struct call *c, struct value **ret, struct err *e)
{
	CLEANUP(item_unrefp) struct item *it = NULL;
	int rc = open_handle(c, "save", &it, e);
	if (rc == CB_OK)
		rc = may_save(c, c->core, it, e);
	if (rc != CB_OK)
		return rc;
	rc = save_edited(c->core, it, v_str_is(c->arg[2], "new"), e);
	if (rc != CB_OK) {
		draft_refused(c->desk, arg_str(c, 0));
		return rc;
	}
	draft_saved(c->desk, arg_str(c, 0), it);
	*ret = v_bool(true);
	return CB_OK;
}

int rpc_copy_item(struct call *c, struct value **ret, struct err *e)
{
	CLEANUP(item_unrefp) struct item *it = NULL;
	const char *name = arg_str(c, 1);
	int rc = open_handle(c, "copy", &it, e);
	if (rc != CB_OK)
		return rc;
	if (name == NULL)
		return err_py(e, CB_EINVAL, PY_TYPE, "name must of be type str");
	rc = edit_copy(c->core, it, name, NULL, e);
	if (rc != CB_OK)
		return rc;
	after_edit(c->core, c->type, name);
	*ret = v_bool(true);
	return CB_OK;
}

int rpc_rename_item(struct call *c, struct value **ret, struct err *e)
{
	CLEANUP(item_unrefp) struct item *it = NULL, *published = NULL;
	const char *name = arg_str(c, 1);
	int rc = open_handle(c, "rename", &it, e);
	if (rc != CB_OK)
		return rc;
	if (name == NULL)
		return err_py(e, CB_EINVAL, PY_TYPE, "name must of be type str");
	published = model_by_uid(c->core->model, item_uid(it));
	if (published == NULL)
		return err_set(e, CB_ENOENT, "internal error, unknown %s name %s", item_table(c->type)->name, item_name(it));
	rc = edit_rename(c->core, published, name, e);
	if (rc != CB_OK)
		return rc;
	after_rename(c->core, c->type, item_name(published), name);
	*ret = v_bool(true);
	return CB_OK;
}

int rpc_remove_item(struct call *c, struct value **ret, struct err *e)
{
	const char *name = arg_str(c, 0);
	char resource[64];
	CLEANUP(item_unrefp) struct item *it = name == NULL ? NULL : model_get(c->core->model, c->type, name);
	snprintf(resource, sizeof(resource), "remove_%s", item_table(c->type)->name);
	int rc = call_may(c, resource, it, e);
	/* compat: what is not there is removed */
	if (rc == CB_OK && it != NULL) {
		rc = remove_edited(c->core, it, v_truthy(c->arg[2]), e);
		if (rc != CB_OK)
			return rc;
		draft_drop(c->desk, item_uid(it));
	}
	if (rc != CB_OK)
		return rc;
	*ret = v_bool(true);
	return CB_OK;
}

/* A uid of 32 hexadecimal digits that is a version 4 UUID, as Cobbler's validate_uuid has it. */
static bool uuid_ok(const char *s)
{
	return s != NULL && strlen(s) == 32 && strspn(s, "0123456789abcdef") == 32;
}

/* item_uuid, attribute. compat: CobblerAPI.__item_resolved_helper */
static int by_uid(struct call *c, struct item **ret, struct err *e)
{
	const char *uid = arg_str(c, 0);
	if (uid == NULL)
		return err_py(e, CB_EINVAL, PY_TYPE, "item_uuid must be of type str!");
	if (!uuid_ok(uid))
		return err_py(e, CB_EINVAL, PY_VALUE, "The given uuid did not have the correct format!");
	if (arg_str(c, 1) == NULL)
		return err_py(e, CB_EINVAL, PY_TYPE, "attribute must be of type str!");
	*ret = model_by_uid(c->core->model, uid);
	if (*ret == NULL)
		return err_py(e, CB_ENOENT, PY_VALUE, "Item with item_uuid \"%s\" did not exist!", uid);
	return CB_OK;
}

static int no_attribute(const struct item *it, const char *attribute, struct err *e)
{
	return err_py(e, CB_ENOENT, PY_ATTR, "Attribute \"%s\" did not exist on item type \"%s\".", attribute,
		item_table(item_type(it))->name);
}

/* compat: Image.virt_type and its other enumerations are not looked up in the settings, also for the image's systems. */
static bool unresolved(struct model *m, const struct item *it, const char *attribute)
{
	const struct item_table *t = item_table(ITEM_IMAGE);
	int row = field_index(t, attribute);
	if (row < 0 || t->rows[row].type != F_ENUM || !is_inherit(item_get(it, attribute)))
		return false;
	CLEANUP(item_unrefp) struct item *image = item_type(it) == ITEM_IMAGE ? item_ref(it) : model_parent(m, it);
	return image != NULL && item_type(image) == ITEM_IMAGE && is_inherit(item_get(image, attribute));
}

int rpc_resolved_value(struct call *c, struct value **ret, struct err *e)
{
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->core->settings);
	CLEANUP(item_unrefp) struct item *it = NULL;
	const char *attribute = arg_str(c, 1);
	int rc = by_uid(c, &it, e);
	if (rc != CB_OK)
		return rc;
	it = draft_overlay(c->desk, it);
	/* compat: what is a method of Cobbler's object is there, but no value. */
	if (item_type(it) == ITEM_SYSTEM && (str_eq(attribute, "modify_interface") || str_eq(attribute, "delete_interface") ||
	    str_eq(attribute, "rename_interface")))
		return err_py(e, CB_EINVAL, PY_VALUE, "Cannot return XML-RPC compliant type. See logs for more information!");
	if (*attribute != '\0')
		*ret = unresolved(c->core->model, it, attribute) ? v_ref(item_get(it, attribute)) :
			resolve_field(c->core->model, settings, it, attribute);
	if (*ret == NULL)
		return no_attribute(it, attribute, e);
	if (str_eq(attribute, "serial_baud_rate") && v_is(*ret, V_INT)) {        /* compat: the name of the enum's member */
		int64_t rate = v_int_of(*ret);
		v_unref(*ret);
		*ret = rate < 0 ? v_str("DISABLED") : v_strf("B%lld", (long long)rate);
	}
	unsigned flags = secret_flags(attribute);
	if (flags != 0 && !secrets_shown(c, it)) {
		struct value *masked = secret_masked(flags, *ret);
		v_unref(*ret);
		*ret = masked;
	}
	return CB_OK;
}

/* compat: CobblerAPI.set_item_resolved_value - of a dict that is merged down the tree, what the parent gives already is not set again. */
static int set_resolved(struct call *c, const struct value *settings, struct item *it, const char *attribute, const struct value *v,
	struct err *e)
{
	const struct item_table *t = item_table(item_type(it));
	int row = field_index(t, attribute);
	unsigned flags = row < 0 ? 0 : t->rows[row].flags;
	if (row >= 0 && is_inherit(v) && !(flags & FF_INHERIT))
		return err_py(e, CB_EINVAL, PY_VALUE, "<<inherit>> not allowed for non-inheritable properties.");
	CLEANUP(item_unrefp) struct item *parent = (flags & FF_INHERIT) && (flags & FF_MERGE) && !is_inherit(v) ?
		model_parent(c->core->model, it) : NULL;
	struct value *above CLEANUP(v_unrefp) = parent == NULL ? NULL : resolve_field(c->core->model, settings, parent, t->rows[row].name);
	struct value *given CLEANUP(v_unrefp) = NULL, *own CLEANUP(v_unrefp) = NULL;
	if (!v_is(above, V_DICT))
		return apply_attribute(c->core, settings, it, attribute, v, e);
	int rc = input_dict(v, true, &given, e);
	if (rc != CB_OK)
		return rc;
	own = v_copy(given);
	for (size_t i = 0; i < v_len(above); i++)
		if (v_equal(v_dict_get(own, v_dict_key(above, i)), v_dict_at(above, i)))
			v_dict_del(own, v_dict_key(above, i));
	return apply_attribute(c->core, settings, it, attribute, own, e);
}

int rpc_set_resolved_value(struct call *c, struct value **ret, struct err *e)
{
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->core->settings);
	CLEANUP(item_unrefp) struct item *it = NULL, *edited = NULL;
	const char *attribute = arg_str(c, 1);
	char resource[64];
	int rc = by_uid(c, &it, e);
	if (rc != CB_OK)
		return rc;
	snprintf(resource, sizeof(resource), "modify_%s", item_table(item_type(it))->name);
	rc = call_may(c, resource, it, e);
	if (rc != CB_OK)
		return rc;
	edited = item_edit(it);
	rc = set_resolved(c, settings, edited, attribute, c->arg[2], e);
	if (rc == NO_ATTRIBUTE)
		rc = no_attribute(it, attribute, e);
	if (rc == CB_OK)
		rc = edit_save(c->core, edited, false, true, e);
	if (rc == CB_OK)
		*ret = v_bool(true);
	return rc;
}

/* When anything changed: the newest mtime, or, when something went away since, the moment at which that was noticed. */
int rpc_last_modified_time(struct call *c, struct value **ret, struct err *e UNUSED)
{
	struct rpc *r = c->r;
	uint64_t version = model_version(r->core->model);
	pthread_mutex_lock(&r->lock);
	bool known = r->modified_version == version + 1;
	double last = r->modified;
	pthread_mutex_unlock(&r->lock);
	if (!known) {
		double newest = 0;
		for (int t = 0; t < ITEM_TYPES; t++) {
			CLEANUP(item_list_free) struct item_list l = model_items(r->core->model, (enum item_type)t);
			for (size_t i = 0; i < l.n; i++)
				if (v_float_of(item_get(l.v[i], "mtime")) > newest)
					newest = v_float_of(item_get(l.v[i], "mtime"));
		}
		last = newest > last ? newest : version > 0 ? clock_wall() : 0;
		pthread_mutex_lock(&r->lock);
		r->modified = last;
		r->modified_version = version + 1;
		pthread_mutex_unlock(&r->lock);
	}
	*ret = v_float(last);
	return CB_OK;
}
