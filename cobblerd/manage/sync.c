/* SPDX-License-Identifier: GPL-2.0-or-later
 * sync.c - the order of a sync, in Cobbler's words.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "manage/internal.h"
#include "triggers/triggers.h"

/* Two syncs would write the same files: the second waits and then writes what is newest. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

void say(struct sync *s, const char *fmt, ...)
{
	char line[2048];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (s->lines != NULL)
		sb_addf(s->lines, "%.*s\n", (int)strcspn(line, "\n"), line);
	else if (s->t != NULL)
		task_log(s->t, "%s", line);
	else
		log_debug("manage", "%s", line);
}

void sync_begin(struct sync *s, struct core *c, struct task *t)
{
	*s = (struct sync){ .t = t, .tree = { .dirfd = -1 } };
	boot_begin(&s->r, c);
	s->r.many = true;
	task_many_lines(t, true);
}

void sync_hold(struct sync *s)
{
	pthread_mutex_lock(&one_at_a_time);
	s->held = true;
}

void sync_release(struct sync *s)
{
	if (s->held)
		pthread_mutex_unlock(&one_at_a_time);
	s->held = false;
}

/* A program may take its time: what was done so far is told before. */
static void tell(void *t)
{
	task_flush(t);
}

int sync_triggers(struct sync *s, const char *event, struct err *e)
{
	say(s, str_eq(event, "sync/pre") ? "running pre-sync triggers" : "running post-sync triggers");
	return triggers_run_told(event, NULL, tell, s->t, e);
}

int sync_end(struct sync *s, int rc, struct err *e)
{
	struct core *c = s->r.c;
	struct strbuf output = { 0 };
	struct err later;
	int rc2 = CB_OK;
	dhcp_free(s->dhcp);
	v_unref(s->remote);
	windows_end(s);
	boot_end(&s->r);
	sync_release(s);
	task_many_lines(s->t, false);
	if (s->restart != 0 && s->later) {
		restart_later(c, s->restart);
	} else if (s->restart != 0) {
		say(s, "restarting external servers");
		rc2 = restart_daemons(c, s->restart, &output, &later);
	}
	if (output.len > 0)
		say(s, "%s", sb_str(&output));
	if (rc == CB_OK && rc2 != CB_OK && e != NULL)
		*e = later;
	sb_free(&output);
	return rc != CB_OK ? rc : rc2;
}

static void removed(void *arg, const char *rel)
{
	struct sync *s = arg;
	if (*rel == '/')
		say(s, "Successfully removed \"%s\"", rel + strlen(path_root()));
	else
		say(s, "Successfully removed \"%s/%s\"", s->r.bootloc, rel);
}

int close_tree(struct sync *s, int rc, struct err *e)
{
	struct err later;
	/* half a sync knows too little to remove anything */
	if (rc != CB_OK || s->failed > 0)
		tree_keep_all(&s->tree);
	int rc2 = tree_close(&s->tree, removed, s, &later);
	if (rc == CB_OK && rc2 != CB_OK && e != NULL)
		*e = later;
	return rc != CB_OK ? rc : rc2;
}

void note_problem(struct sync *s, const struct item *it, const struct err *e)
{
	const char *kind = item_table(item_type(it))->name;
	say(s, "%s %s: %s", kind, item_name(it), e->text);
	log_error("manage", "%s %s: %s", kind, item_name(it), e->text);
}

void note_failure(struct sync *s, const struct item *it, const struct err *e)
{
	note_problem(s, it, e);
	s->systems += item_type(it) == ITEM_SYSTEM;
	if (s->failed++ == 0)
		s->first = *e;
}

int sync_outcome(struct sync *s, int rc, struct err *e)
{
	if (rc != CB_OK || s->failed == 0)
		return rc;
	if (e != NULL) {
		*e = s->first;
		if (s->systems == s->failed)
			err_prefix(e, "%zu systems were not written, the first", s->failed);
	}
	return s->first.code;
}

bool sync_on(struct sync *s, const char *setting)
{
	return v_dict_bool(s->r.settings, setting, false);
}

int sync_host_files(struct sync *s, struct err *e)
{
	int rc = CB_OK;
	if (sync_on(s, "manage_dhcp"))
		rc = dhcp_write(s->dhcp, s, e);
	if (rc == CB_OK && sync_on(s, "manage_dns"))
		rc = dns_write(s, e);
	if (rc == CB_OK && sync_on(s, "manage_rsync"))
		rc = rsync_write(s, e);
	return rc;
}

static int finish_triggers(struct sync *s, struct err *e)
{
	sync_release(s);
	int rc = sync_triggers(s, "sync/post", e);
	if (rc == CB_OK)
		rc = triggers_run("change", NULL, e);
	if (rc == CB_OK && sync_on(s, "manage_genders"))
		rc = genders_write(s, e);
	if (rc == CB_OK)
		s->restart = daemons_to_restart(s, true, true);
	return rc;
}

/* Each distro once more: links for the web, and the files that its template_files and boot_files name. */
static void finish_distros(struct sync *s, bool boot_files)
{
	struct item_list l = model_items(s->r.c->model, ITEM_DISTRO);
	for (size_t i = 0; i < l.n; i++)
		if (boot_files)
			write_boot_files(s, l.v[i]);
		else
			write_distro_web(s, l.v[i]);
	item_list_free(&l);
}

int sync_tree(struct sync *s, struct err *e)
{
	int64_t began = clock_mono_ms();
	int rc = tree_open(&s->tree, s->r.bootloc, false, e);
	if (rc != CB_OK)
		return rc;
	rc = write_tftp_tree(s, e);
	if (rc == CB_OK)
		finish_distros(s, false);
	if (rc == CB_OK && sync_on(s, "manage_tftpd"))
		finish_distros(s, true);
	size_t written = s->tree.written, same = s->tree.same;
	say(s, "cleaning trees");
	rc = close_tree(s, rc, e);
	log_info("manage", "sync: %zu files written, %zu unchanged, %lld ms", written, same, (long long)(clock_mono_ms() - began));
	return rc;
}

static int sync_all(struct core *c, struct task *t, struct err *e)
{
	struct sync s;
	sync_begin(&s, c, t);
	say(&s, "syncing all");
	int rc = sync_triggers(&s, "sync/pre", e);
	if (rc == CB_OK)
		remote_files_fetch(&s, false);
	sync_hold(&s);
	if (rc == CB_OK && sync_on(&s, "manage_dhcp"))
		s.dhcp = dhcp_new(&s);
	if (rc == CB_OK)
		rc = sync_tree(&s, e);
	if (rc == CB_OK)
		clean_link_caches(&s);
	if (rc == CB_OK)
		rc = sync_host_files(&s, e);
	if (rc == CB_OK)
		rc = finish_triggers(&s, e);
	return sync_end(&s, sync_outcome(&s, rc, e), e);
}

void sync_collect_all(struct sync *s)
{
	struct item_list l = model_items(s->r.c->model, ITEM_SYSTEM);
	for (size_t i = 0; i < l.n; i++) {
		struct boot_target t;
		struct err e;
		int rc = boot_target_init(&s->r, l.v[i], &t, &e);
		if (rc == CB_OK) {
			rc = dhcp_collect(s->dhcp, s, &t, &e);
			boot_target_clear(&t);
		}
		if (rc != CB_OK)
			note_failure(s, l.v[i], &e);
	}
	item_list_free(&l);
}

static void write_named(struct sync *s, const struct value *names)
{
	for (size_t i = 0; i < v_len(names); i++) {
		const char *name = v_cstr(v_list_at(names, i));
		struct item *sys = model_get(s->r.c->model, ITEM_SYSTEM, name);
		struct boot_target target;
		struct err e;
		tree_scope(&s->tree, name);
		if (sys == NULL)
			say(s, "did not find any system named %s", name);
		else if (write_system(s, sys, &target, &e) == CB_OK)
			boot_target_clear(&target);
		else
			note_failure(s, sys, &e);
		item_unref(sys);
	}
}

int manage_sync_systems(struct core *c, struct task *t, const struct value *names, struct err *e)
{
	struct sync s;
	if (!v_is(names, V_LIST))
		return err_py(e, CB_EINVAL, PY_TYPE, "Systems must be a list of one or more strings.");
	for (size_t i = 0; i < v_len(names); i++)
		if (!v_is(v_list_at(names, i), V_STR))
			return err_py(e, CB_EINVAL, PY_TYPE, "Systems must be a list of one or more strings.");
	if (v_len(names) == 0)
		return CB_OK;
	sync_begin(&s, c, t);
	say(&s, "sync_systems");
	int rc = sync_triggers(&s, "sync/pre", e);
	sync_hold(&s);
	if (rc == CB_OK)
		rc = tree_open(&s.tree, s.r.bootloc, true, e);
	if (rc == CB_OK) {
		write_named(&s, names);
		rc = windows_of_systems(&s, names, e);
		if (rc == CB_OK)
			rc = write_menus(&s, e);
		rc = close_tree(&s, rc, e);
	}
	if (rc == CB_OK && sync_on(&s, "manage_dhcp")) {
		s.dhcp = dhcp_new(&s);
		sync_collect_all(&s);
	}
	if (rc == CB_OK)
		rc = sync_host_files(&s, e);
	if (rc == CB_OK)
		rc = finish_triggers(&s, e);
	return sync_end(&s, sync_outcome(&s, rc, e), e);
}

int manage_sync_dhcp(struct core *c, struct task *t, struct err *e)
{
	struct sync s;
	int rc = CB_OK;
	sync_begin(&s, c, t);
	sync_hold(&s);
	if (!sync_on(&s, "manage_dhcp")) {
		say(&s, "manage_dhcp not set");
	} else {
		say(&s, "sync_dhcp");
		s.dhcp = dhcp_new(&s);
		sync_collect_all(&s);
		rc = dhcp_write(s.dhcp, &s, e);
		if (rc == CB_OK)
			s.restart = daemons_to_restart(&s, true, false);
	}
	return sync_end(&s, sync_outcome(&s, rc, e), e);
}

int manage_sync_dns(struct core *c, struct task *t, struct err *e)
{
	struct sync s;
	int rc = CB_OK;
	sync_begin(&s, c, t);
	sync_hold(&s);
	if (!sync_on(&s, "manage_dns")) {
		say(&s, "manage_dns not set");
	} else {
		say(&s, "sync_dns");
		rc = dns_write(&s, e);
		if (rc == CB_OK)
			s.restart = daemons_to_restart(&s, false, true);
	}
	return sync_end(&s, rc, e);
}

int manage_sync(struct core *c, struct task *t, const struct value *options, struct err *e)
{
	const struct value *systems = v_dict_get(options, "systems");
	bool dhcp = v_dict_bool(options, "dhcp", false), dns = v_dict_bool(options, "dns", false);
	int rc = CB_OK;
	if (v_is(systems, V_LIST) && v_len(systems) > 0)
		return manage_sync_systems(c, t, systems, e);
	if (!dhcp && !dns)
		return sync_all(c, t, e);
	if (dhcp)
		rc = manage_sync_dhcp(c, t, e);
	if (rc == CB_OK && dns)
		rc = manage_sync_dns(c, t, e);
	return rc;
}
