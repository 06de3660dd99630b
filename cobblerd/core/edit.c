/* SPDX-License-Identifier: GPL-2.0-or-later
 * edit.c - the one path of every change.
 */
#include "core/edit.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/edit_private.h"
#include "model/signatures.h"
#include "triggers/triggers.h"

int edit_trigger(const char *event, const struct item *it, const char *when, struct err *e)
{
	char *dir CLEANUP(free_ptr) = xasprintf("%s/%s/%s", event, item_table(item_type(it))->name, when);
	const char *args[] = { item_name(it), NULL };
	int rc = triggers_run(dir, args, e);
	if (rc != CB_OK && str_eq(when, "post"))
		log_warn("core", "after %s of %s \"%s\": %s", event, item_table(item_type(it))->name, item_name(it), e->text);
	return rc;
}

void edit_change_triggers(void)
{
	struct err e;
	if (triggers_run("change", NULL, &e) != CB_OK)
		log_warn("core", "after a change: %s", e.text);
}

/* Not for a transaction, which runs them at its end. */
static int run_triggers(struct core *c, const char *event, const struct item *it, const char *when, struct err *e)
{
	if (c->live != NULL)
		return CB_OK;
	int rc = edit_trigger(event, it, when, e);
	if (str_eq(when, "pre"))
		return rc;
	if (rc == CB_OK)
		edit_change_triggers();
	return CB_OK;
}

/* The published item with this uid, or NULL. Returns owned. */
static struct item *published(struct core *c, const struct item *it)
{
	struct item *old = model_by_uid(c->model, item_uid(it));
	if (old != NULL && item_type(old) != item_type(it)) {
		item_unref(old);
		old = NULL;
	}
	return old;
}

static int64_t depth_of(struct core *c, const struct item *it)
{
	CLEANUP(item_unrefp) struct item *parent = model_parent(c->model, it);
	return parent != NULL ? v_int_of(item_get(parent, "depth")) + 1 : v_int_of(item_get(it, "depth"));
}

double edit_now(void)
{
	return floor(clock_wall() * 1e6) / 1e6;        /* what a clock of Python's gives, and a number of few digits */
}

static void stamp(struct core *c, struct item *it)
{
	double now = edit_now();
	if (v_float_of(item_get(it, "ctime")) == 0)
		item_put(it, "ctime", v_float(now));
	item_put(it, "mtime", v_float(now));
	item_put(it, "depth", v_int(depth_of(c, it)));
}

/* Replaces the name in whatever field of it refers to (t, from). */
static void rewrite_reference(struct item *it, enum item_type t, const char *from, const char *to)
{
	static const struct { enum item_type to; const char *field; } fields[] = {
		{ ITEM_DISTRO, "distro" }, { ITEM_PROFILE, "profile" }, { ITEM_IMAGE, "image" }, { ITEM_MENU, "menu" },
		{ ITEM_REPO, "repos" }, { ITEM_PACKAGE, "packages" }, { ITEM_FILE, "files" }, { ITEM_MGMTCLASS, "mgmt_classes" },
	};
	if (item_type(it) == t && str_eq(item_str(it, "parent"), from))
		item_put(it, "parent", v_str(to));
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		const struct value *v = fields[i].to == t ? item_get(it, fields[i].field) : NULL;
		if (v_str_is(v, from))
			item_put(it, fields[i].field, v_str(to));
		if (!v_is(v, V_LIST) || !v_list_has_str(v, from))
			continue;
		struct value *list = v_copy(v);
		for (size_t k = 0; k < v_len(list); k++)
			if (v_str_is(v_list_at(list, k), from))
				v_list_set(list, k, v_str(to));
		item_put(it, fields[i].field, list);
	}
}

/* Stores and publishes it, and, when its name changed, all that refer to it by the former name. */
static int store_and_publish(struct core *c, const struct item *it, const struct item *old, struct err *e)
{
	struct item_list refs = { 0 };
	if (old != NULL && !str_eq(item_name(old), item_name(it)))
		refs = model_referrers(c->model, item_type(old), item_name(old));
	struct item **now = xcalloc(refs.n + 1, sizeof(*now));
	const struct item **before = xcalloc(refs.n + 1, sizeof(*before));
	now[0] = item_edit(it);                          /* a copy: the caller may go on editing its own */
	before[0] = old;
	for (size_t i = 0; i < refs.n; i++) {
		now[i + 1] = item_edit(refs.v[i]);
		before[i + 1] = refs.v[i];
		rewrite_reference(now[i + 1], item_type(it), item_name(old), item_name(it));
	}
	for (size_t i = 0; i < refs.n + 1; i++)
		item_mark_saved(now[i]);
	int rc = c->live != NULL ? CB_OK : store_save_all(c->store, (const struct item *const *)now, before, refs.n + 1, e);
	if (rc == CB_OK)
		model_publish_all(c->model, now, before, refs.n + 1);
	for (size_t i = 0; rc != CB_OK && i < refs.n + 1; i++)
		item_unref(now[i]);
	free(now);
	free(before);
	item_list_free(&refs);
	return rc;
}

/* Cobbler refuses to load an item whose os_version the site's signatures lack: they get what only our table knows, before the
 * item is on disk. Where that fails the item is good for us all the same. */
void edit_teach_site(const struct value *settings, const struct item *it)
{
	static const enum item_type checked[] = { ITEM_DISTRO, ITEM_IMAGE };
	struct err e;
	for (size_t i = 0; i < ARRAY_LEN(checked); i++) {
		if (item_type(it) != checked[i])
			continue;
		char *path = core_signature_path(settings);
		if (signatures_teach_site(path, item_str(it, "breed"), item_str(it, "os_version"), &e) != CB_OK)
			log_warn("core", "%s does not get the signature of %s, and without it Cobbler itself would not load %s \"%s\": %s",
				path, item_str(it, "os_version"), item_table(item_type(it))->name, item_name(it), e.text);
		free(path);
	}
}

int edit_new(struct core *c, enum item_type type, struct item **ret, struct err *e)
{
	static const struct { const char *field, *setting; } rows[] = {
		{ "virt_type", "default_virt_type" }, { "virt_disk_driver", "default_virt_disk_driver" },
		{ "name_servers", "default_name_servers" }, { "name_servers_search", "default_name_servers_search" },
	};
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->settings);
	struct item *it = item_new(type);
	int rc = CB_OK;
	for (size_t i = 0; type == ITEM_PROFILE && i < ARRAY_LEN(rows) && rc == CB_OK; i++) {
		const struct value *v = v_dict_get(settings, rows[i].setting);
		rc = v == NULL ? CB_OK : item_set(it, rows[i].field, v, e);
		if (rc != CB_OK)
			err_prefix(e, "settings: %s", rows[i].setting);
	}
	if (rc == CB_OK)
		*ret = it;
	else
		item_unref(it);
	return rc;
}

/* Checks and writes one item; *old (owned, may be NULL) is what it replaces. The edit lock is held. */
static int check_and_store(struct core *c, struct item *it, bool as_new, struct item **old, struct err *e)
{
	struct value *settings = settings_snapshot(c->settings);
	CLEANUP(item_unrefp) struct item *named = model_get(c->model, item_type(it), item_name(it));
	*old = published(c, it);
	if (*old == NULL && named != NULL)
		*old = item_ref(named);
	if (as_new && named != NULL) {
		v_unref(settings);
		return err_set(e, CB_EEXIST, "An object already exists with that name. Try 'edit'?");
	}
	int rc = model_check(c->model, settings, it, *old, e);
	if (rc == CB_OK && c->live == NULL)
		edit_teach_site(settings, it);
	v_unref(settings);
	if (rc != CB_OK)
		return rc;
	stamp(c, it);
	return store_and_publish(c, it, *old, e);
}

int edit_save(struct core *c, struct item *it, bool as_new, bool triggers, struct err *e)
{
	struct item *old = NULL;
	int rc = triggers ? run_triggers(c, "add", it, "pre", e) : CB_OK;
	if (rc != CB_OK)
		return rc;
	pthread_mutex_lock(&c->edit_lock);
	rc = check_and_store(c, it, as_new, &old, e);
	pthread_mutex_unlock(&c->edit_lock);
	item_unref(old);
	if (rc == CB_OK && triggers)
		rc = run_triggers(c, "add", it, "post", e);
	return rc;
}

/* compat: System.make_clone - a copy has no addresses of its own. */
static void clear_addresses(struct item *it)
{
	static const char *const fields[] = { "mac_address", "ip_address", "ipv6_address", "dns_name" };
	struct value *all = v_copy(item_interfaces(it));
	for (size_t i = 0; i < v_len(all); i++) {
		struct value *one = v_copy(v_dict_at(all, i));
		for (size_t k = 0; k < ARRAY_LEN(fields); k++)
			v_dict_set(one, fields[k], v_str(""));
		v_dict_set(all, v_dict_key(all, i), one);
	}
	item_put(it, "interfaces", all);
}

/* compat: Item.from_dict - a copy goes through the setters: that of a bridge makes "<<inherit>>" of "", and so does a
 * subprofile's of the file name. */
static int set_again(struct item *it, struct err *e)
{
	static const struct { enum item_type type; const char *field; } fields[] = { { ITEM_IMAGE, "virt_bridge" },
		{ ITEM_PROFILE, "filename" } };
	int rc = CB_OK;
	for (size_t i = 0; rc == CB_OK && i < ARRAY_LEN(fields); i++)
		if (item_type(it) == fields[i].type)
			rc = item_set(it, fields[i].field, item_get(it, fields[i].field), e);
	for (size_t i = 0; rc == CB_OK && i < v_len(item_interfaces(it)); i++) {
		const struct value *all = item_interfaces(it);
		rc = item_set_interface(it, v_dict_key(all, i), "virt_bridge", v_dict_get(v_dict_at(all, i), "virt_bridge"), e);
	}
	return rc;
}

int edit_copied(const struct item *it, const char *newname, struct item **ret, struct err *e)
{
	char uid[33];
	struct item *copy = item_edit(it);
	int rc = item_set_str(copy, "name", newname, e);
	if (rc == CB_OK)
		rc = set_again(copy, e);
	if (rc != CB_OK) {
		item_unref(copy);
		return rc;
	}
	random_hex(uid, 16);
	item_put(copy, "uid", v_str(uid));
	item_put(copy, "ctime", v_float(0));
	if (item_type(it) == ITEM_SYSTEM)
		clear_addresses(copy);
	*ret = copy;
	return CB_OK;
}

int edit_copy(struct core *c, const struct item *it, const char *newname, struct item **ret, struct err *e)
{
	CLEANUP(item_unrefp) struct item *copy = NULL;
	int rc = edit_copied(it, newname, &copy, e);
	if (rc == CB_OK)
		rc = edit_save(c, copy, true, true, e);
	if (rc == CB_OK && ret != NULL)
		*ret = item_ref(copy);
	return rc;
}

int edit_rename(struct core *c, const struct item *it, const char *newname, struct err *e)
{
	CLEANUP(item_unrefp) struct item *renamed = item_edit(it);
	if (str_eq(item_name(it), newname))
		return CB_OK;
	int rc = item_set_str(renamed, "name", newname, e);
	return rc == CB_OK ? edit_save(c, renamed, false, true, e) : rc;
}

/* compat: Profiles.remove - systems are named before subprofiles. */
static int check_childless(struct core *c, const struct item *it, struct err *e)
{
	CLEANUP(item_list_free) struct item_list kids = model_children(c->model, it);
	const struct item *first = kids.n > 0 ? kids.v[0] : NULL;
	for (size_t i = 0; first != NULL && item_type(first) != ITEM_SYSTEM && i < kids.n; i++)
		if (item_type(kids.v[i]) == ITEM_SYSTEM)
			first = kids.v[i];
	if (first == NULL)
		return CB_OK;
	return err_set(e, CB_ESTATE, "removal would orphan %s: %s", item_table(item_type(first))->name, item_name(first));
}

static int remove_one(struct core *c, const struct item *it, bool triggers, struct err *e)
{
	int rc = triggers ? run_triggers(c, "delete", it, "pre", e) : CB_OK;
	if (rc != CB_OK)
		return rc;
	pthread_mutex_lock(&c->edit_lock);
	rc = check_childless(c, it, e);
	if (rc == CB_OK && c->live == NULL)
		rc = store_delete(c->store, it, e);
	if (rc == CB_OK)
		model_remove(c->model, it);
	pthread_mutex_unlock(&c->edit_lock);
	if (rc == CB_OK && triggers)
		rc = run_triggers(c, "delete", it, "post", e);
	return rc;
}

/* Profiles and images outlive the menu that shows them. compat: Menus.remove */
static int leave_menu(struct core *c, const struct item *menu, struct err *e)
{
	CLEANUP(item_list_free) struct item_list l = model_referrers(c->model, ITEM_MENU, item_name(menu));
	for (size_t i = 0; i < l.n; i++) {
		CLEANUP(item_unrefp) struct item *it = item_edit(l.v[i]);
		if (item_type(it) == ITEM_MENU)
			continue;
		item_put(it, "menu", v_str(""));
		int rc = edit_save(c, it, false, false, e);
		if (rc != CB_OK)
			return rc;
	}
	return CB_OK;
}

int edit_remove(struct core *c, enum item_type t, const char *name, bool recursive, bool triggers, struct err *e)
{
	CLEANUP(item_unrefp) struct item *it = model_get(c->model, t, name);
	if (it == NULL)
		return err_set(e, CB_ENOENT, "cannot delete an object that does not exist: %s", name);
	if (!recursive) {
		int rc = check_childless(c, it, e);
		if (rc != CB_OK)
			return rc;
	}
	CLEANUP(item_list_free) struct item_list kids = model_descendants(c->model, it);
	for (size_t i = kids.n; i > 0; i--) {
		int rc = remove_one(c, kids.v[i - 1], triggers, e);
		if (rc != CB_OK)
			return rc;
	}
	if (t == ITEM_MENU) {
		int rc = leave_menu(c, it, e);
		if (rc != CB_OK)
			return rc;
	}
	return remove_one(c, it, triggers, e);
}
