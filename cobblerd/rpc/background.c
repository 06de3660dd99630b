/* SPDX-License-Identifier: GPL-2.0-or-later
 * background.c - methods that start tasks, and the events and logs of tasks; the same work done at once (sync, power).
 */
#include <stdlib.h>

#include "actions/actions.h"
#include "base/log.h"
#include "import/import.h"
#include "manage/manage.h"
#include "power/power.h"
#include "rpc/internal.h"

struct work {
	const char *method, *role, *name;
	int (*run)(struct core *c, struct task *t, const struct value *options, struct err *e);
};

struct job {
	struct core *core;
	struct value *options;
	const struct work *work;
};

static void free_job(void *arg)
{
	struct job *j = arg;
	v_unref(j->options);
	free(j);
}

static int run_syncsystems(struct core *c, struct task *t, const struct value *options, struct err *e)
{
	const struct value *names = v_dict_get(options, "systems");
	/* compat: none named is nothing to do. The Go client names none in a way of its own. */
	if (names == NULL || (v_is(names, V_LIST) && v_len(names) == 0)) {
		task_log(t, "sync_systems needs at least one system to do something: nothing is done");
		return CB_OK;
	}
	return manage_sync_systems(c, t, names, e);
}

/* One machine that fails does not stop the others, but the task has failed then (3.3.7's ends well whatever happened). */
static int run_power(struct core *c, struct task *t, const struct value *options, struct err *e)
{
	const struct value *names = v_dict_get(options, "systems");
	const char *op = v_dict_cstr(options, "power", "");
	size_t bad = 0;
	for (size_t i = 0; i < v_len(names) && !task_cancelled(t); i++) {
		const char *name = v_cstr(v_list_at(names, i));
		CLEANUP(item_unrefp) struct item *it = model_get(c->model, ITEM_SYSTEM, name);
		struct err why;
		bool on = false;
		int rc = it == NULL ? err_set(&why, CB_ENOENT, "there is no such system") : power_system(c, t, it, op, &on, &why);
		bad += rc != CB_OK;
		if (rc != CB_OK)
			task_log(t, "failed to execute power task on %s, exception: %s", name, why.text);
		else if (str_eq(op, "status"))
			task_log(t, "%s is %s", name, on ? "on" : "off");
	}
	if (task_cancelled(t))
		return err_set(e, CB_ESTATE, "cancelled");
	return bad == 0 ? CB_OK : err_set(e, CB_ESTATE, "power %.16s failed for %zu of %zu systems", op, bad, v_len(names));
}

/* What machines boot from follows, as after an edit: also of distros that were there, whose kernels may be new. */
static int run_import(struct core *c, struct task *t, const struct value *options, struct err *e)
{
	int rc = import_run(c, t, options, e);
	if (rc == CB_OK)
		after_edits(c, ITEM_DISTRO, NULL, 0);
	return rc;
}

static int run_signature_reload(struct core *c, struct task *t, const struct value *options UNUSED, struct err *e)
{
	int rc = core_load_signatures(c, e);
	if (rc == CB_OK)
		task_log(t, "signatures read again");
	return rc;
}

static const struct work works[] = {
	{ "background_sync", "sync", "Sync", manage_sync },
	{ "background_syncsystems", "syncsystems", "Syncsystems", run_syncsystems },
	{ "background_import", "import", "Media import", run_import },
	{ "background_validate_autoinstall_files", "validate_autoinstall_files", "Automated installation files validation",
		actions_validate },
	{ "background_validateks", "validate_autoinstall_files", "Automated installation files validation", actions_validate },
	{ "background_power_system", "power", "Power management", run_power },
	{ "background_buildiso", "buildiso", "Build Iso", actions_buildiso },
	{ "background_aclsetup", "aclsetup", "(CLI) ACL Configuration", actions_aclsetup },
	{ "background_hardlink", "hardlink", "Hardlink", actions_hardlink },
	{ "background_replicate", "replicate", "Replicate", actions_replicate },
	{ "background_reposync", "reposync", "Reposync", actions_reposync },
	{ "background_signature_update", "sigupdate", "Updating Signatures", actions_sigupdate },
	{ "background_signature_reload", "sigreload", "Reloading Signatures", run_signature_reload },
	{ "background_mkloaders", "mkloaders", "Create bootable bootloader images", actions_mkloaders },
	{ "background_dlcontent", "mkloaders", "Create bootable bootloader images", actions_mkloaders },
};

static int task_main(struct task *t, void *arg, struct err *e)
{
	struct job *j = arg;
	return j->work->run(j->core, t, j->options, e);
}

static int start(struct call *c, const struct work *w, const char *name, struct value **ret, struct err *e)
{
	if (!v_is(c->arg[0], V_DICT))
		return err_py(e, CB_EINVAL, PY_ATTR, "'%s' object has no attribute 'get'", v_type_name(c->arg[0]));
	struct job *j = xcalloc(1, sizeof(*j));
	j->core = c->r->core;
	j->options = v_ref(c->arg[0]);
	j->work = w;
	char *id CLEANUP(free_ptr) = task_start(c->r->core->tasks, w->role, name, task_main, j, free_job);
	*ret = v_str(id);
	return CB_OK;
}

/* compat: in 3.3.7 edits are live before they are saved, and a sync writes them; the Go library's UpdateSystem relies on it, and so does
 * Terraform. Here a sync saves those that its caller may save. */
static void save_edits(struct call *c)
{
	CLEANUP(item_list_free) struct item_list l = drafts_unsaved(&c->r->desk);
	for (size_t i = 0; i < l.n; i++) {
		struct err e;
		char *resource CLEANUP(free_ptr) = xasprintf("save_%s", item_table(item_type(l.v[i]))->name);
		if (call_may(c, resource, l.v[i], &e) == CB_OK && save_edited(c->r->core, l.v[i], false, &e) == CB_OK)
			draft_drop(c->desk, item_uid(l.v[i]));
		else
			log_warn("rpc", "edits of %s %s stay unsaved: %s", item_table(item_type(l.v[i]))->name, item_name(l.v[i]), e.text);
	}
}

/* options, token */
int rpc_background(struct call *c, struct value **ret, struct err *e)
{
	if (str_starts(c->entry->name, "background_sync"))
		save_edits(c);
	for (size_t i = 0; i < ARRAY_LEN(works); i++)
		if (str_eq(works[i].method, c->entry->name))
			return start(c, &works[i], works[i].name, ret, e);
	return err_set(e, CB_ESTATE, "%s has no work", c->entry->name);
}

int rpc_background_power(struct call *c, struct value **ret, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(works); i++)
		if (str_eq(works[i].method, c->entry->name)) {
			char *name CLEANUP(free_ptr) = xasprintf("Power management (%.16s)", v_dict_cstr(c->arg[0], "power", ""));
			return start(c, &works[i], name, ret, e);
		}
	return err_set(e, CB_ESTATE, "%s has no work", c->entry->name);
}

/* for_user */
int rpc_get_events(struct call *c, struct value **ret, struct err *e)
{
	if (arg_str(c, 0) == NULL)
		return err_py(e, CB_EINVAL, PY_TYPE, "\"for_user\" must be of type str (may be empty str)!");
	*ret = tasks_events(c->r->core->tasks, arg_str(c, 0));
	return CB_OK;
}

int rpc_get_event_log(struct call *c, struct value **ret, struct err *e)
{
	if (arg_str(c, 0) == NULL)
		return err_py(e, CB_EINVAL, PY_TYPE, "\"event_id\" must be of type str!");
	*ret = task_event_log(c->r->core->tasks, arg_str(c, 0));
	if (*ret == NULL)
		*ret = v_str("?");
	return CB_OK;
}

int rpc_get_task_status(struct call *c, struct value **ret, struct err *e)
{
	if (arg_str(c, 0) == NULL)
		return err_py(e, CB_EINVAL, PY_TYPE, "\"event_id\" must be of type str!");
	*ret = task_status(c->r->core->tasks, arg_str(c, 0));
	return *ret != NULL ? CB_OK : err_set(e, CB_ENOENT, "no event with that id");
}

int rpc_sync(struct call *c, struct value **ret, struct err *e)
{
	struct value *options CLEANUP(v_unrefp) = v_dict();
	save_edits(c);
	int rc = manage_sync(c->r->core, NULL, options, e);
	if (rc == CB_OK)
		*ret = v_bool(true);
	return rc;
}

int rpc_sync_dhcp(struct call *c, struct value **ret, struct err *e)
{
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->r->core->settings);
	struct value *options CLEANUP(v_unrefp) = v_dict();
	int rc = CB_OK;
	save_edits(c);
	v_dict_set(options, "dhcp", v_bool(true));
	/* compat: without a managed DHCP server there is nothing to do, and that is well */
	if (v_dict_bool(settings, "manage_dhcp", false))
		rc = manage_sync(c->r->core, NULL, options, e);
	if (rc == CB_OK)
		*ret = v_bool(true);
	return rc;
}

/* system_id, power, token */
int rpc_power_system(struct call *c, struct value **ret, struct err *e)
{
	CLEANUP(item_unrefp) struct item *it = NULL;
	const char *handle = arg_str(c, 0), *op = arg_str(c, 1);
	bool on = true;
	if (handle == NULL)
		return err_py(e, CB_EINVAL, PY_ATTR, "'%s' object has no attribute 'startswith'", v_type_name(c->arg[0]));
	int rc = draft_peek(c->desk, handle, &it, e);
	if (rc == CB_OK)
		rc = call_may(c, "power_system", it, e);
	if (rc == CB_OK && item_type(it) != ITEM_SYSTEM)
		rc = err_set(e, CB_EINVAL, "the handle is of a %s, not a system", item_table(item_type(it))->name);
	if (rc == CB_OK)
		rc = power_system(c->r->core, NULL, it, op == NULL ? "" : op, &on, e);
	if (rc == CB_OK)
		*ret = v_bool(on);
	return rc;
}

/* compat: repositories of the host's package manager are read through dnf, which is not here. */
int rpc_auto_add_repos(struct call *c, struct value **ret, struct err *e)
{
	*ret = v_bool(true);
	return actions_auto_add_repos(c->r->core, e);
}

int rpc_check(struct call *c, struct value **ret, struct err *e UNUSED)
{
	*ret = v_list();
	actions_check(c->r->core, *ret);
	return CB_OK;
}
