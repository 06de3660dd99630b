/* SPDX-License-Identifier: GPL-2.0-or-later
 * replicate.c - copies objects, and with rsync their files, from another Cobbler server.
 *
 * Everything is asked for before anything changes here, so a server that cannot be reached changes nothing. Objects are the same when
 * their uid is; the one with the later mtime stays. Each goes through the setters and checks of an ordinary edit.
 */
#include <string.h>

#include "actions/actions.h"
#include "actions/program.h"
#include "actions/replicate.h"
#include "base/file.h"
#include "core/edit.h"
#include "import/import.h"
#include "manage/manage.h"

struct job {
	struct core *core;
	struct task *task;
	const struct value *settings, *options;
	const char *master;
	struct remote remote;
	size_t failed;
};

/* ---- the master's address ---- */

static int make_url(struct job *j, struct err *e)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
	bool tls = v_dict_bool(j->options, "use_ssl", false);
	const struct value *given = v_dict_get(j->options, "port");
	unsigned long port = tls ? 443 : 80;
	j->master = v_dict_cstr(j->options, "master", "");
	if (*j->master == '\0')
		j->master = v_dict_cstr(j->settings, "cobbler_master", "");
	if (*j->master == '\0')
		return err_set(e, CB_EINVAL, "No Cobbler master specified, try --master.");
	if (*j->master == '-' || strspn(j->master, ok) != strlen(j->master) || strlen(j->master) > 255)
		return err_set(e, CB_EINVAL, "master: \"%.100s\" is no name or address of a server",
			strrchr(j->master, '@') != NULL ? strrchr(j->master, '@') : j->master);
	bool understood = given == NULL || v_is(given, V_NONE) || v_is(given, V_INT);
	if (v_is(given, V_STR))
		understood = v_len(given) == 0 || parse_uint(v_cstr(given), 65535, &port);
	if (!understood)
		return err_set(e, CB_EINVAL, "port: a number from 1 to 65535 is expected, not %s%.100s", v_is(given, V_STR) ? "" : "a ",
			v_is(given, V_STR) ? v_cstr(given) : v_type_name(given));
	if (v_is(given, V_INT))
		port = (unsigned long)v_int_of(given);
	if (port < 1 || port > 65535)
		return err_set(e, CB_EINVAL, "port: %lu is not from 1 to 65535", port);
	j->remote.url = xasprintf("%s://%s:%lu/cobbler_api", tls ? "https" : "http", j->master, port);
	return CB_OK;
}

/* ---- files ---- */

/* compat: rsync that fails is reported and the rest goes on; here the task then ends as failed, too. */
static void rsync(struct job *j, const char *module, const char *to, bool repo)
{
	const char *key = repo ? "replicate_repo_rsync_options" : "replicate_rsync_options";
	struct argv a CLEANUP(argv_free) = { 0 };
	struct err e = { .text = "" };
	char *dest CLEANUP(free_ptr) = path_of(to);
	argv_add(&a, "rsync");
	int rc = argv_add_words(&a, v_dict_cstr(j->settings, key, ""), &e);
	argv_add(&a, "--");
	argv_addf(&a, "%s::%s", j->master, module);
	argv_add(&a, dest);
	if (rc == CB_OK)
		rc = dir_make(dest, 0755, &e);
	if (rc == CB_OK)
		rc = program_run(j->task, a.v, NULL, &e);
	if (rc != CB_OK) {
		j->failed++;
		task_log(j->task, "rsync failed: %s", e.text);
	}
}

/* The first folder of the distro's kernel below the other server's distro_mirror; owned, NULL when it lies elsewhere. */
static char *mirror_folder(struct job *j, const struct item *distro)
{
	char *top CLEANUP(free_ptr) = xasprintf("%s/distro_mirror/", v_dict_cstr(j->remote.settings, "webdir", "/var/www/cobbler"));
	const char *kernel = item_str(distro, "kernel");
	if (!str_starts(kernel, top))
		return NULL;
	kernel += strlen(top);
	size_t n = strcspn(kernel, "/");
	return n == 0 || kernel[0] == '.' || kernel[n] == '\0' ? NULL : xstrndup(kernel, n);
}

static void rsync_distros(struct job *j)
{
	const struct theirs *d = &j->remote.types[ITEM_DISTRO];
	for (size_t i = 0; i < d->n && !task_cancelled(j->task); i++) {
		char *folder CLEANUP(free_ptr) = d->wanted[i] ? mirror_folder(j, d->v[i]) : NULL;
		if (d->wanted[i] && folder == NULL)
			task_log(j->task, "Skipping distro %s, as it doesn't appear to live under distro_mirror", item_name(d->v[i]));
		if (folder == NULL)
			continue;
		char *module CLEANUP(free_ptr) = xasprintf("distro-%s", item_name(d->v[i]));
		char *to CLEANUP(free_ptr) = xasprintf("%s/distro_mirror/%s",
			v_dict_cstr(j->settings, "webdir", "/var/www/cobbler"), folder);
		task_log(j->task, "Rsyncing distro %s", item_name(d->v[i]));
		rsync(j, module, to, false);
	}
}

static void rsync_files(struct job *j)
{
	const char *web = v_dict_cstr(j->settings, "webdir", "/var/www/cobbler");
	const struct theirs *repos = &j->remote.types[ITEM_REPO];
	char *config CLEANUP(free_ptr) = xasprintf("%s/distro_mirror/config", web);
	const struct { const char *module, *to; } parts[] = {
		{ "cobbler-distros/config/", config },
		{ "cobbler-templates", v_dict_cstr(j->settings, "autoinstall_templates_dir", "/var/lib/cobbler/templates") },
		{ "cobbler-snippets", v_dict_cstr(j->settings, "autoinstall_snippets_dir", "/var/lib/cobbler/snippets") },
		{ "cobbler-triggers", "/var/lib/cobbler/triggers" },
		{ "cobbler-scripts", "/var/lib/cobbler/scripts" },
	};
	rsync_distros(j);
	for (size_t i = 0; i < repos->n && !task_cancelled(j->task); i++) {
		const char *name = item_name(repos->v[i]);
		if (!repos->wanted[i] || *name == '.')
			continue;
		char *module CLEANUP(free_ptr) = xasprintf("repo-%s", name);
		char *to CLEANUP(free_ptr) = xasprintf("%s/repo_mirror/%s", web, name);
		task_log(j->task, "Rsyncing repo %s", name);
		rsync(j, module, to, true);
	}
	for (size_t i = 0; i < ARRAY_LEN(parts) && !task_cancelled(j->task); i++) {
		task_log(j->task, "Rsyncing %s", parts[i].module);
		rsync(j, parts[i].module, parts[i].to, false);
	}
}

/* ---- objects ---- */

static void say_failed(struct job *j, const char *what, const struct item *it, const struct err *e)
{
	j->failed++;
	task_log(j->task, "failed to %s %s %s: %s", what, item_table(item_type(it))->name, item_name(it), e->text);
}

/* compat: systems stay unless patterns name systems, and menus, which 3.3.7 does not replicate, stay. */
static void prune(struct job *j)
{
	static const enum item_type order[] = {
		ITEM_DISTRO, ITEM_PROFILE, ITEM_SYSTEM, ITEM_REPO, ITEM_IMAGE, ITEM_MGMTCLASS, ITEM_PACKAGE, ITEM_FILE,
	};
	for (size_t k = 0; k < ARRAY_LEN(order); k++) {
		const struct theirs *all = &j->remote.types[order[k]];
		struct map uids = { 0 };
		if (order[k] == ITEM_SYSTEM && *v_dict_cstr(j->options, "system_patterns", "") == '\0')
			continue;
		for (size_t i = 0; i < all->n; i++)
			map_put(&uids, item_uid(all->v[i]), all->v[i]);
		CLEANUP(item_list_free) struct item_list own = model_items(j->core->model, order[k]);
		for (size_t i = 0; i < own.n && !task_cancelled(j->task); i++) {
			struct err e;
			CLEANUP(item_unrefp) struct item *still = model_get(j->core->model, order[k], item_name(own.v[i]));
			if (still != own.v[i] || map_get(&uids, item_uid(own.v[i])) != NULL)
				continue;
			task_log(j->task, "removing %s %s", item_table(order[k])->name, item_name(own.v[i]));
			if (edit_remove(j->core, order[k], item_name(own.v[i]), true, true, &e) != CB_OK) {
				say_failed(j, "remove", own.v[i], &e);
				continue;
			}
			if (order[k] == ITEM_DISTRO)
				manage_link_distro(j->core, item_name(own.v[i]));
			import_forget(j->core, own.v[i]);
		}
		map_free(&uids);
	}
}

static int set_interfaces(const struct item_ctx *ctx, struct item *it, const struct item *from, struct err *e)
{
	const struct value *all = item_interfaces(from);
	int rc = CB_OK;
	for (size_t i = 0; i < v_len(all) && rc == CB_OK; i++) {
		const struct value *one = v_dict_at(all, i);
		rc = item_set_interface_in(ctx, it, v_dict_key(all, i), NULL, NULL, e);
		for (size_t k = 0; k < v_len(one) && rc == CB_OK; k++) {
			const struct value *now = v_dict_get(v_dict_get(item_interfaces(it), v_dict_key(all, i)), v_dict_key(one, k));
			if (now == NULL || !v_equal(now, v_dict_at(one, k)))
				rc = item_set_interface_in(ctx, it, v_dict_key(all, i), v_dict_key(one, k), v_dict_at(one, k), e);
		}
	}
	return rc;
}

/* A secret that we were not shown, or a mapping with one. */
static bool is_hidden(const struct value *v)
{
	bool hidden = v_is(v, V_STR) && strstr(v_cstr(v), SECRET_MARK) != NULL;
	for (size_t i = 0; v_is(v, V_DICT) && i < v_len(v); i++)
		hidden |= is_hidden(v_dict_at(v, i));
	return hidden;
}

/* An object of our own with those fields, each set as a client would set it. *ret owned. */
static int rebuild(struct job *j, const struct item *from, struct item **ret, struct err *e)
{
	static const char *const first[] = { "name", "is_subobject", "parent", "distro", "profile", "image", "breed", "os_version" };
	static const char *const ours[] = { "uid", "ctime", "mtime", "depth", "children", "interfaces" };
	struct item_ctx ctx = { .model = j->core->model, .settings = j->settings, .path_kind = core_path_kind };
	const struct item_table *t = item_table(item_type(from));
	CLEANUP(item_unrefp) struct item *it = item_new(item_type(from)), *own = model_by_uid(j->core->model, item_uid(from));
	int rc = CB_OK;
	item_put(it, "uid", v_str(item_uid(from)));
	item_put(it, "ctime", v_ref(item_get(from, "ctime")));
	item_put(it, "depth", v_ref(item_get(from, "depth")));
	item_put(it, "is_subobject", v_ref(item_get(from, "is_subobject")));
	for (size_t i = 0; i < ARRAY_LEN(first) + t->n && rc == CB_OK; i++) {
		const char *field = i < ARRAY_LEN(first) ? first[i] : t->rows[i - ARRAY_LEN(first)].name;
		const struct value *v = item_get(from, field);
		int row = field_index(t, field);
		bool skip = v == NULL || row < 0 || (t->rows[row].flags & (FF_READONLY | FF_NODISK)) != 0 ||
			v_equal(v, item_get(it, field));
		for (size_t k = 0; k < ARRAY_LEN(ours); k++)
			skip |= str_eq(field, ours[k]);
		if (!skip && is_hidden(v)) {
			task_log(j->task, "%s: the other server shows its %s only to who logs in or where it has anonymous_secrets",
				item_name(from), field);
			if (own != NULL)
				item_put(it, field, v_ref(item_get(own, field)));
		} else if (!skip)
			rc = item_set_in(&ctx, it, field, v, e);
	}
	if (rc == CB_OK && item_type(from) == ITEM_SYSTEM)
		rc = set_interfaces(&ctx, it, from, e);
	if (rc == CB_OK) {
		*ret = it;
		it = NULL;
	}
	return rc;
}

static void store(struct job *j, const struct item *from, const char *verb, const char *doing)
{
	CLEANUP(item_unrefp) struct item *it = NULL, *own = model_by_uid(j->core->model, item_uid(from));
	struct err e;
	task_log(j->task, "%s %s %s", doing, item_table(item_type(from))->name, item_name(from));
	int rc = rebuild(j, from, &it, &e);
	if (rc == CB_OK)
		rc = edit_save(j->core, it, false, true, &e);
	if (rc != CB_OK)
		say_failed(j, verb, from, &e);
	/* compat: link_distros of 3.3.7, by which installers reach the trees */
	else if (item_type(from) == ITEM_DISTRO)
		manage_link_distro(j->core, item_name(from));
	else if (item_type(from) == ITEM_REPO && own != NULL && !str_eq(item_name(own), item_name(from)))
		import_move_mirror(j->core, item_name(own), item_name(from));
}

/* Types in the order in which they need each other, parents before children. newer: those that are here already, but older. */
static void store_wanted(struct job *j, bool newer)
{
	for (int t = 0; t < ITEM_TYPES; t++) {
		const struct theirs *all = &j->remote.types[t];
		for (size_t i = 0; i < all->n && !task_cancelled(j->task); i++) {
			CLEANUP(item_unrefp) struct item *own = all->wanted[i] ? model_by_uid(j->core->model, item_uid(all->v[i])) : NULL;
			bool here = own != NULL && item_type(own) == (enum item_type)t;
			if (!all->wanted[i] || here != newer)
				continue;
			if (!newer)
				store(j, all->v[i], "add", "adding");
			else if (v_float_of(item_get(own, "mtime")) < v_float_of(item_get(all->v[i], "mtime")))
				store(j, all->v[i], "update", "updating");
		}
	}
}

static int replicate(struct job *j, struct err *e)
{
	task_log(j->task, "XMLRPC endpoint: %s", j->remote.url);
	int rc = remote_fetch(&j->remote, e);
	if (rc != CB_OK)
		return rc;
	remote_select(&j->remote, j->options);
	bool pruning = v_dict_bool(j->options, "prune", false), data = !v_dict_bool(j->options, "omit_data", false);
	task_log(j->task, "%sRemoving Objects Not Stored On Master", pruning ? "" : "*NOT* ");
	if (pruning)
		prune(j);
	task_log(j->task, "%sRsyncing Data", data ? "" : "*NOT* ");
	if (data)
		rsync_files(j);
	task_log(j->task, "Adding Objects Not Stored On Local");
	store_wanted(j, false);
	task_log(j->task, "Updating Objects Newer On Remote");
	store_wanted(j, true);
	if (task_cancelled(j->task))
		return err_set(e, CB_ESTATE, "cancelled");
	task_log(j->task, "Syncing");
	rc = manage_sync(j->core, j->task, NULL, e);
	if (rc == CB_OK && j->failed + j->remote.refused > 0)
		rc = err_set(e, CB_EIO, "%zu objects or trees were not replicated; the log above names them",
			j->failed + j->remote.refused);
	return rc;
}

int actions_replicate(struct core *c, struct task *t, const struct value *options, struct err *e)
{
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->settings);
	struct job j = { .core = c, .task = t, .settings = settings, .options = options, .remote = { .task = t } };
	int rc = make_url(&j, e);
	if (rc == CB_OK)
		rc = replicate(&j, e);
	remote_free(&j.remote);
	return rc;
}
