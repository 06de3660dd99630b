/* SPDX-License-Identifier: GPL-2.0-or-later
 * xapi.c - xapi_object_edit: add, edit, copy, rename and remove in one call, as the command line uses it.
 *
 * All attributes are applied to one private copy, which is saved once: an attribute that is refused leaves nothing behind.
 */
#include <stdio.h>
#include <string.h>

#include "core/edit.h"
#include "model/checks.h"
#include "rpc/internal.h"

/* These first, in this order: others depend on them. */
static const char *const first[] = { "name", "parent", "distro", "profile", "image" };
/* With in_place these are merged into what is there. */
static const char *const merged[] = {
	"autoinstall_meta", "kernel_options", "kernel_options_post", "template_files", "boot_files", "fetchable_files", "params",
};

struct edit {
	struct call *c;
	enum item_type type;
	const char *name;
	const struct value *attrs;
	struct value *settings;
	struct item *it;              /* under edit, unshared */
};

static bool listed(const char *const *list, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i], s))
			return true;
	return false;
}

static int may(struct edit *x, const char *verb, const struct item *it, struct err *e)
{
	char resource[64];
	snprintf(resource, sizeof(resource), "%s_%s", verb, item_table(x->type)->name);
	return call_may(x->c, resource, it, e);
}

static bool is_interface_field(const char *key)
{
	return str_eq(key, "delete_interface") || str_eq(key, "rename_interface") || field_index(&network_interface_table, key) >= 0;
}

/* What is there, with the given keys put over it; "~key" removes. */
static int merge_in_place(struct edit *x, const char *key, const struct value *v, struct value **ret, struct err *e)
{
	const struct value *old = item_get(x->it, key);
	struct value *given = NULL, *all;
	int rc = input_dict(v, true, &given, e);
	if (rc != CB_OK)
		return rc;
	if (v_len(given) == 0 && old != NULL && !v_is(old, V_DICT)) {      /* nothing put over what is inherited */
		v_unref(given);
		*ret = v_ref(old);
		return CB_OK;
	}
	all = v_is(old, V_DICT) ? v_copy(old) : v_dict();
	for (size_t i = 0; i < v_len(given) && rc == CB_OK; i++) {
		const char *k = v_dict_key(given, i);
		if (k[0] != '~' || k[1] == '\0')
			v_dict_set(all, k, v_ref(v_dict_at(given, i)));
		else if (!v_dict_del(all, k + 1))
			rc = err_py(e, CB_ENOENT, PY_KEY, "%s", k + 1);
	}
	v_unref(given);
	if (rc == CB_OK)
		*ret = all;
	else
		v_unref(all);
	return rc;
}

static int apply(struct edit *x, const char *key, const struct value *v, struct err *e)
{
	struct value *whole CLEANUP(v_unrefp) = NULL;
	int rc = may(x, "modify", x->it, e);
	if (rc == CB_OK && listed(merged, ARRAY_LEN(merged), key) && v_dict_bool(x->attrs, "in_place", false)) {
		rc = merge_in_place(x, key, v, &whole, e);
		v = whole;
	}
	if (rc == CB_OK)
		rc = apply_attribute(x->c->core, x->settings, x->it, key, v, e);
	return rc == NO_ATTRIBUTE ? CB_OK : rc;        /* compat: what the type does not have is passed over */
}

/* The interface that is meant when none is named: the only one, or "default". */
static int choose_interface(struct edit *x, bool has_fields, const char **ret, struct err *e)
{
	const struct value *all = item_interfaces(x->it), *given = v_dict_get(x->attrs, "interface");
	if (v_is(given, V_STR))
		*ret = v_cstr(given);
	else if (v_len(all) == 1)
		*ret = v_dict_key(all, 0);
	else if (v_len(all) == 0 || v_dict_get(all, "default") != NULL)
		*ret = "default";
	else if (has_fields)
		return err_py(e, CB_EINVAL, PY_VALUE, "Interface is required.");
	else
		*ret = NULL;
	return CB_OK;
}

static int edit_interfaces(struct edit *x, struct err *e)
{
	struct item_ctx ctx = { .model = x->c->core->model, .settings = x->settings, .path_kind = core_path_kind };
	const struct value *given = v_dict_get(x->attrs, "interface");
	const char *name = NULL;
	bool has_fields = false;
	if (v_dict_get(x->attrs, "delete_interface") != NULL) {
		if (given == NULL || v_is(given, V_NONE))
			return err_py(e, CB_EINVAL, PY_VALUE, "Interface is required for deletion.");
		return apply_attribute(x->c->core, x->settings, x->it, "delete_interface", given, e);
	}
	if (v_dict_get(x->attrs, "rename_interface") != NULL)
		return item_rename_interface(x->it, v_is(given, V_STR) ? v_cstr(given) : "",
			v_dict_cstr(x->attrs, "rename_interface", ""), e);
	for (size_t i = 0; i < v_len(x->attrs); i++)
		has_fields |= is_interface_field(v_dict_key(x->attrs, i));
	int rc = choose_interface(x, has_fields, &name, e);
	if (rc != CB_OK || name == NULL)
		return rc;
	/* compat: a system always gets an interface, "default" if nothing is said */
	if (v_dict_get(item_interfaces(x->it), name) == NULL)
		rc = item_set_interface_in(&ctx, x->it, name, NULL, NULL, e);
	for (size_t i = 0; i < v_len(x->attrs) && rc == CB_OK; i++)
		if (is_interface_field(v_dict_key(x->attrs, i)))
			rc = item_set_interface_in(&ctx, x->it, name, v_dict_key(x->attrs, i), v_dict_at(x->attrs, i), e);
	return rc;
}

/* All attributes onto x->it. skip_name: for copies, whose name is given. */
static int apply_all(struct edit *x, bool skip_name, struct err *e)
{
	int rc = CB_OK;
	for (size_t i = 0; i < ARRAY_LEN(first) && rc == CB_OK; i++) {
		const struct value *v = v_dict_get(x->attrs, first[i]);
		if (v != NULL && !(skip_name && i == 0))
			rc = apply(x, first[i], v, e);
	}
	for (size_t i = 0; i < v_len(x->attrs) && rc == CB_OK; i++) {
		const char *key = v_dict_key(x->attrs, i);
		if (!listed(first, ARRAY_LEN(first), key) && !(x->type == ITEM_SYSTEM && is_interface_field(key)))
			rc = apply(x, key, v_dict_at(x->attrs, i), e);
	}
	if (rc == CB_OK && x->type == ITEM_SYSTEM)
		rc = edit_interfaces(x, e);
	return rc;
}

static int save(struct edit *x, bool as_new, struct err *e)
{
	int rc = may_save(x->c, x->c->core, x->it, e);
	if (rc == CB_OK)
		rc = save_edited(x->c->core, x->it, as_new, e);
	if (rc == CB_OK)
		draft_drop(x->c->desk, item_uid(x->it));
	return rc;
}

static int refuse_taken(struct edit *x, const char *name, struct err *e)
{
	CLEANUP(item_unrefp) struct item *taken = model_get(x->c->core->model, x->type, name);
	if (taken == NULL)
		return CB_OK;
	return err_set(e, CB_EEXIST, "It seems unwise to overwrite the object %s, try 'edit'", name);
}

static bool is_subobject(const struct edit *x)
{
	return x->type == ITEM_PROFILE && v_dict_get(x->attrs, "parent") != NULL;
}

static int refuse_two_parents(const struct edit *x, struct err *e)
{
	if (is_subobject(x) && v_dict_get(x->attrs, "distro") != NULL)
		return err_py(e, CB_EINVAL, PY_VALUE, "You can't change both 'parent' and 'distro'");
	return CB_OK;
}

static int do_add(struct edit *x, struct err *e)
{
	int rc = refuse_taken(x, x->name, e);
	if (rc == CB_OK)
		rc = refuse_two_parents(x, e);
	if (rc == CB_OK && x->type == ITEM_SYSTEM && v_dict_get(x->attrs, "profile") == NULL && v_dict_get(x->attrs, "image") == NULL)
		rc = err_py(e, CB_EINVAL, PY_VALUE, "You must specify a 'profile' or 'image' for new systems");
	if (rc == CB_OK)
		rc = may(x, "new", NULL, e);
	if (rc != CB_OK)
		return rc;
	rc = edit_new(x->c->core, x->type, &x->it, e);
	if (rc != CB_OK)
		return rc;
	if (is_subobject(x))
		item_put(x->it, "is_subobject", v_bool(true));
	rc = apply_all(x, false, e);
	return rc == CB_OK ? save(x, false, e) : rc;
}

/* The object with its edits that were not saved yet. */
static int open_existing(struct edit *x, struct item **ret, struct err *e)
{
	*ret = draft_overlay(x->c->desk, model_get(x->c->core->model, x->type, x->name));
	if (*ret == NULL)
		return err_set(e, CB_ENOENT, "internal error, unknown %s name %s", item_table(x->type)->name, x->name);
	return CB_OK;
}

static int do_edit(struct edit *x, struct err *e)
{
	CLEANUP(item_unrefp) struct item *old = NULL;
	int rc = open_existing(x, &old, e);
	if (rc != CB_OK)
		return rc;
	x->it = item_edit(old);
	rc = apply_all(x, false, e);
	return rc == CB_OK ? save(x, false, e) : rc;
}

static int new_name(struct edit *x, const char **ret, struct err *e)
{
	const struct value *v = v_dict_get(x->attrs, "newname");
	if (v == NULL)
		return err_py(e, CB_EINVAL, PY_KEY, "newname");
	if (!v_is(v, V_STR))
		return err_py(e, CB_EINVAL, PY_TYPE, "name must of be type str");
	*ret = v_cstr(v);
	return CB_OK;
}

static int do_copy(struct edit *x, struct err *e)
{
	CLEANUP(item_unrefp) struct item *old = NULL;
	const char *name;
	int rc = open_existing(x, &old, e);
	if (rc == CB_OK)
		rc = refuse_two_parents(x, e);
	if (rc == CB_OK)
		rc = new_name(x, &name, e);
	if (rc == CB_OK)
		rc = may(x, "copy", old, e);
	if (rc == CB_OK)
		rc = edit_copied(old, name, &x->it, e);
	if (rc == CB_OK)
		rc = apply_all(x, true, e);
	return rc == CB_OK ? save(x, true, e) : rc;
}

static int do_rename(struct edit *x, struct err *e)
{
	CLEANUP(item_unrefp) struct item *old = NULL;
	const char *name;
	int rc = new_name(x, &name, e);
	if (rc == CB_OK)
		rc = refuse_taken(x, name, e);
	if (rc == CB_OK)
		rc = open_existing(x, &old, e);
	if (rc == CB_OK)
		rc = may(x, "rename", old, e);
	if (rc == CB_OK)
		rc = edit_rename(x->c->core, old, name, e);
	if (rc == CB_OK)
		after_rename(x->c->core, x->type, x->name, name);
	return rc;
}

static int refuse_children(struct edit *x, const struct item *it, struct err *e)
{
	const char *type = item_table(x->type)->name;
	size_t n = 0;
	CLEANUP(item_list_free) struct item_list l = model_children(x->c->core->model, it);
	for (size_t i = 0; i < l.n; i++)
		n += item_type(l.v[i]) == x->type;
	if (n == 0)
		return CB_OK;
	return err_set(e, CB_ESTATE, "Can't delete this %s there are %zu sub%ss and 'recursive' is set to 'False'", type, n, type);
}

static int do_remove(struct edit *x, struct err *e)
{
	CLEANUP(item_unrefp) struct item *old = NULL;
	bool recursive = v_dict_bool(x->attrs, "recursive", false);
	int rc = open_existing(x, &old, e);
	if (rc == CB_OK && !recursive && (x->type == ITEM_PROFILE || x->type == ITEM_MENU))
		rc = refuse_children(x, old, e);
	if (rc == CB_OK)
		rc = may(x, "remove", old, e);
	if (rc == CB_OK)
		rc = remove_edited(x->c->core, old, recursive, e);
	if (rc == CB_OK)
		draft_drop(x->c->desk, item_uid(old));
	return rc;
}

/* compat: a mode that is none of these edits. */
static const struct { const char *name; int (*run)(struct edit *x, struct err *e); } modes[] = {
	{ "add", do_add }, { "copy", do_copy }, { "rename", do_rename }, { "remove", do_remove }, { "edit", do_edit },
};

static int no_such_type(const struct value *what, bool add, struct err *e)
{
	struct strbuf text CLEANUP(sb_free) = { 0 };
	v_py_str(&text, what);
	if (add)
		return err_set(e, CB_EINVAL, "internal error, collection name is \"%.64s\"", sb_str(&text));
	return err_set(e, CB_EINVAL, "internal error, collection name \"%.64s\" not supported", sb_str(&text));
}

/* object_type, object_name, edit_type, attributes, token */
int rpc_xapi_object_edit(struct call *c, struct value **ret, struct err *e)
{
	struct edit x = { .c = c, .name = arg_str(c, 1), .attrs = c->arg[3] };
	const char *mode = arg_str(c, 2);
	int (*run)(struct edit *, struct err *) = do_edit;
	char resource[64];
	if (x.name == NULL || x.name[strspn(x.name, " \t\r\n")] == '\0')
		return err_py(e, CB_EINVAL, PY_VALUE, "xapi_object_edit() called without an object name");
	if (!type_by_name(c->arg[0], &x.type))
		return no_such_type(c->arg[0], mode != NULL && str_eq(mode, "add"), e);
	if (!v_is(x.attrs, V_DICT))
		return err_py(e, CB_EINVAL, PY_TYPE, "attributes must be a dict, not %s", v_type_name(x.attrs));
	snprintf(resource, sizeof(resource), "xedit_%s", item_table(x.type)->name);
	int rc = call_may(c, resource, NULL, e);
	if (rc != CB_OK)
		return rc;
	for (size_t i = 0; mode != NULL && i < ARRAY_LEN(modes); i++)
		if (str_eq(modes[i].name, mode))
			run = modes[i].run;
	x.settings = settings_snapshot(c->core->settings);
	rc = run(&x, e);
	item_unref(x.it);
	v_unref(x.settings);
	if (rc == CB_OK)
		*ret = v_bool(true);
	return rc;
}
