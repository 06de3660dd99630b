/* SPDX-License-Identifier: GPL-2.0-or-later
 * follow.c - what the files of a site learn of an edit at once, without a sync: compat: Collection.add, which syncs
 * each system that is saved.
 *
 * The boot files of a system are written before its edit is answered, and so are the files of external DHCP and DNS servers and, where
 * another TFTP server hands out the tree, all of it after an edit of what is not a system: once for all edits that wait. Restarts come
 * later, in a task. Where the site has programs for sync/pre or sync/post, all but the boot files is done by a task, which runs them around
 * it: they may take long, and may edit something themselves.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/blocking.h"
#include "manage/internal.h"
#include "triggers/triggers.h"

#define BETWEEN_MS 1000            /* from the end of the programs to their next run */

/* Each run covers the edits that were made before it began. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t edits, covered;
	bool running;
	int last;
	struct err error;
	bool tree;                 /* some of them change the files of many systems */
	bool task, again;          /* there is a task; it has begun, and there were edits since */
} follow = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static int sync_host(struct core *c, struct task *t, struct err *e)
{
	struct sync s;
	sync_begin(&s, c, t);
	s.later = t == NULL;
	s.follows = true;
	int rc = t != NULL ? sync_triggers(&s, "sync/pre", e) : CB_OK;
	sync_hold(&s);
	pthread_mutex_lock(&follow.lock);
	bool tree = follow.tree;
	follow.tree = false;
	pthread_mutex_unlock(&follow.lock);
	if (rc == CB_OK && sync_on(&s, "manage_dhcp"))
		s.dhcp = dhcp_new(&s);
	if (rc == CB_OK && tree)
		rc = sync_tree(&s, e);
	else if (rc == CB_OK && s.dhcp != NULL)
		sync_collect_all(&s);
	if (rc == CB_OK)
		rc = sync_host_files(&s, e);
	if (rc == CB_OK && sync_on(&s, "manage_genders"))
		rc = genders_write(&s, e);
	sync_release(&s);
	if (rc == CB_OK && t != NULL)
		rc = sync_triggers(&s, "sync/post", e);
	if (rc == CB_OK)
		s.restart = daemons_to_restart(&s, true, !s.zones_same);
	return sync_end(&s, sync_outcome(&s, rc, e), e);
}

/* Nobody waits who need not: the first that comes works for all that came by then. */
static int host_now(struct core *c, struct err *e)
{
	pthread_mutex_lock(&follow.lock);
	uint64_t mine = ++follow.edits;
	blocking_begin();
	while (follow.covered < mine) {
		if (follow.running) {
			pthread_cond_wait(&follow.changed, &follow.lock);
			continue;
		}
		uint64_t covers = follow.edits;
		struct err why = { .code = CB_OK };
		follow.running = true;
		pthread_mutex_unlock(&follow.lock);
		int rc = sync_host(c, NULL, &why);
		pthread_mutex_lock(&follow.lock);
		follow.running = false;
		follow.covered = covers;
		follow.last = rc;
		follow.error = why;
		pthread_cond_broadcast(&follow.changed);
	}
	blocking_end();
	int rc = follow.last;
	if (rc != CB_OK)
		*e = follow.error;
	pthread_mutex_unlock(&follow.lock);
	return rc;
}

/* Whether there is more to do. Programs that edit something at each run must not keep the host busy. */
static bool once_more(struct task *t)
{
	pthread_mutex_lock(&follow.lock);
	bool again = follow.again && !task_cancelled(t);
	follow.task = again;
	pthread_mutex_unlock(&follow.lock);
	for (int i = 0; again && i < BETWEEN_MS / 100 && !task_cancelled(t); i++)
		usleep(100000);
	return again;
}

struct job { struct core *c; bool begun; };

static int run_task(struct task *t, void *arg, struct err *e)
{
	struct job *job = arg;
	int rc;
	job->begun = true;
	do {
		pthread_mutex_lock(&follow.lock);
		follow.again = false;
		pthread_mutex_unlock(&follow.lock);
		rc = sync_host(job->c, t, e);
	} while (once_more(t));
	return rc;
}

/* One that was refused, cancelled or stopped by a trigger must not keep the next from being started. */
static void end_task(void *arg)
{
	struct job *job = arg;
	if (!job->begun) {
		pthread_mutex_lock(&follow.lock);
		follow.task = false;
		pthread_mutex_unlock(&follow.lock);
	}
	free(job);
}

/* One task does it for all edits that come while it waits or runs. */
static void host_later(struct core *c)
{
	pthread_mutex_lock(&follow.lock);
	bool start = !follow.task;
	follow.task = true;
	follow.again = true;
	pthread_mutex_unlock(&follow.lock);
	if (!start)
		return;
	struct job *job = xcalloc(1, sizeof(*job));
	job->c = c;
	free(task_start(c->tasks, "sync", "Sync of what was edited", run_task, job, end_task));
}

/* The boot files of one system, or their removal when there is no such system any more. */
static void boot_files(struct sync *s, const char *name)
{
	CLEANUP(item_unrefp) struct item *sys = model_get(s->r.c->model, ITEM_SYSTEM, name);
	struct boot_target target;
	struct err e;
	tree_scope(&s->tree, name);
	if (sys == NULL)
		return;
	if (write_system(s, sys, &target, &e) == CB_OK)
		boot_target_clear(&target);
	else
		note_failure(s, sys, &e);
}

static int all_boot_files(struct core *c, const char *const *names, size_t n, struct err *e)
{
	struct value *list CLEANUP(v_unrefp) = v_list();
	struct sync s;
	sync_begin(&s, c, NULL);
	s.follows = true;
	sync_hold(&s);
	int rc = tree_open(&s.tree, s.r.bootloc, true, e);
	if (rc == CB_OK) {
		for (size_t i = 0; i < n; i++) {
			boot_files(&s, names[i]);
			v_list_push(list, v_str(names[i]));
		}
		rc = windows_of_systems(&s, list, e);
		rc = close_tree(&s, rc, e);
	}
	return sync_end(&s, sync_outcome(&s, rc, e), e);
}

/* A distro or a profile was edited: what is made from the media of Windows. */
static int all_windows(struct core *c, struct err *e)
{
	struct sync s;
	int rc = CB_OK;
	sync_begin(&s, c, NULL);
	s.follows = true;
	if (windows_any(&s)) {
		sync_hold(&s);
		rc = tree_open(&s.tree, s.r.bootloc, true, e);
		if (rc == CB_OK) {
			windows_begin(&s);
			rc = windows_write(&s, e);
			rc = close_tree(&s, rc, e);
		}
	}
	return sync_end(&s, rc, e);
}

static bool others_want_to_know(struct core *c)
{
	static const char *const settings[] = { "manage_dhcp", "manage_dns", "manage_rsync", "manage_genders" };
	struct value *now CLEANUP(v_unrefp) = settings_snapshot(c->settings);
	bool any = false;
	for (size_t i = 0; i < ARRAY_LEN(settings) && !any; i++)
		any = v_dict_bool(now, settings[i], false);
	return any;
}

/* Our own services make every file when it is asked for. Of the tree a web server has the files of distros. */
static bool others_serve_tree(struct core *c, enum item_type type)
{
	struct value *own CLEANUP(v_unrefp) = settings_daemon(c->settings);
	return !v_dict_bool(v_dict_get(own, "tftp"), "enabled", true) ||
		(type == ITEM_DISTRO && !v_dict_bool(v_dict_get(own, "http"), "enabled", true));
}

/* compat: genders.py of 3.3.7 runs at every change of the model, also where no machine boots from it. */
static int genders_alone(struct core *c, struct err *e)
{
	struct value *now CLEANUP(v_unrefp) = settings_snapshot(c->settings);
	struct sync s;
	if (!v_dict_bool(now, "manage_genders", false))
		return CB_OK;
	sync_begin(&s, c, NULL);
	sync_hold(&s);
	return sync_end(&s, genders_write(&s, e), e);
}

int manage_follow(struct core *c, enum item_type type, const char *const *systems, size_t n, struct err *e)
{
	static const enum item_type booted[] = { ITEM_SYSTEM, ITEM_PROFILE, ITEM_DISTRO, ITEM_IMAGE, ITEM_MENU };
	bool matters = false;
	for (size_t i = 0; i < ARRAY_LEN(booted); i++)
		matters |= type == booted[i];
	if (!matters)
		return genders_alone(c, e);
	if (type == ITEM_DISTRO)
		remote_files_later(c);
	int rc = n > 0 ? all_boot_files(c, systems, n, e) : CB_OK;
	bool tree = type != ITEM_SYSTEM && others_serve_tree(c, type);
	if (rc == CB_OK && !tree && (type == ITEM_DISTRO || type == ITEM_PROFILE))
		rc = all_windows(c, e);
	if (tree) {
		pthread_mutex_lock(&follow.lock);
		follow.tree = true;
		pthread_mutex_unlock(&follow.lock);
	}
	if (triggers_any("sync/pre") || triggers_any("sync/post")) {
		host_later(c);
	} else if (tree || others_want_to_know(c)) {
		struct err why;
		int rc2 = host_now(c, &why);
		if (rc == CB_OK && rc2 != CB_OK)
			*e = why;
		rc = rc != CB_OK ? rc : rc2;
	}
	return rc;
}
