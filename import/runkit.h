/* SPDX-License-Identifier: GPL-2.0-or-later
 * runkit.h - whole imports for tests, from options to items on disk, in a root of their own.
 */
#ifndef IMPORT_RUNKIT_H
#define IMPORT_RUNKIT_H

#include "import/testkit.h"

#include <dirent.h>

#include "import/internal.h"
#include "model/signatures.h"

#define SITE_SIGNATURES "../shared/golden/site/var/lib/cobbler/distro_signatures.json"

static struct core core;
static bool with_site_file;          /* give the root a recorded site's signatures */

static inline void copy_site_file(void)
{
	struct strbuf b = {0};
	struct err e;
	assert_int_equal(file_read(AT_FDCWD, SITE_SIGNATURES, SIGNATURES_MAX, &b, &e), CB_OK);
	kit_file("root/var/lib/cobbler/distro_signatures.json", sb_str(&b), b.len);
	sb_free(&b);
}

static inline void make_site(void)
{
	static const char *const templates[] = { "sample.ks", "sample_legacy.ks", "sample.seed", "sample_autoyast.xml",
		"sample_esxi7.ks", "win.ks" };
	kit_mkdir("root");
	for (size_t i = 0; i < ARRAY_LEN(templates); i++) {
		char name[128];
		snprintf(name, sizeof(name), "root/var/lib/cobbler/templates/%s", templates[i]);
		kit_file(name, "x\n", 0);
	}
	if (with_site_file)
		copy_site_file();
	path_set_root(kit_path("root"));
}

static inline int open_core(void **state)
{
	struct err e;
	if (kit_setup(state) != 0)
		return -1;
	make_site();
	if (core_open(&core, &e) != CB_OK) {
		print_error("%s\n", e.text);
		return -1;
	}
	return 0;
}

static inline int close_core(void **state)
{
	core_close(&core);
	path_set_root("");
	return kit_teardown(state);
}

struct result { bool done, ok; char text[2048]; };

struct call { struct value *options; struct result *r; };

static inline int run_task(struct task *t, void *arg, struct err *e)
{
	struct call *c = arg;
	int rc = import_run(&core, t, c->options, e);
	c->r->ok = rc == CB_OK;
	snprintf(c->r->text, sizeof(c->r->text), "%s", rc == CB_OK ? "" : e->text);
	__atomic_store_n(&c->r->done, true, __ATOMIC_RELEASE);
	return rc;
}

/* Runs one import to its end; options is taken. *log (may be NULL): the task's log, owned. */
static inline struct result import_now(struct value *options, struct value **log)
{
	struct result r = {0};
	struct call c = { options, &r };
	char *id = task_start(core.tasks, "import", "Media import", run_task, &c, NULL);
	for (int i = 0; i < 6000; i++) {
		struct value *st = task_status(core.tasks, id);
		bool running = str_eq(v_cstr(v_list_at(st, 2)), "running");
		v_unref(st);
		if (__atomic_load_n(&r.done, __ATOMIC_ACQUIRE) && !running)
			break;
		usleep(10000);
	}
	assert_true(r.done);
	if (log != NULL)
		*log = task_event_log(core.tasks, id);
	free(id);
	v_unref(options);
	return r;
}

static inline struct value *options_of(const char *name, const char *path)
{
	struct value *o = v_dict();
	v_dict_set(o, "name", v_str(name));
	v_dict_set(o, "path", v_str(path));
	return o;
}

/* Names in a directory, without "." and ".."; 0 when it does not exist. */
static inline size_t names_in(const char *dir)
{
	DIR *d = opendir(kit_path(dir));
	size_t n = 0;
	for (struct dirent *ent; d != NULL && (ent = readdir(d)) != NULL; )
		n += !str_eq(ent->d_name, ".") && !str_eq(ent->d_name, "..");
	if (d != NULL)
		closedir(d);
	return n;
}

static inline size_t items(void)
{
	return model_count(core.model, ITEM_DISTRO) + model_count(core.model, ITEM_PROFILE) +
	       model_count(core.model, ITEM_REPO);
}

/* Nothing half-done: no item, no tree, no link, no staging directory. */
static inline void assert_nothing_left(void)
{
	assert_int_equal(items(), 0);
	assert_int_equal(names_in("root/var/www/cobbler/distro_mirror"), 0);
	assert_int_equal(names_in("root/var/www/cobbler/links"), 0);
}

/* These programs are their own importers. Status of one; -1: it is to run the tests. */
static inline int importer_role(int argc, char **argv)
{
	struct strbuf b = { 0 };
	char buf[4096];
	struct value *job = NULL;
	struct err e;
	if (argc != 3 || !str_eq(argv[1], "--role") || !str_eq(argv[2], "importer"))
		return -1;
	for (ssize_t k; (k = read(STDIN_FILENO, buf, sizeof(buf))) > 0; )
		sb_add(&b, buf, (size_t)k);
	int rc = json_parse(sb_str(&b), b.len, &job, &e);
	sb_free(&b);
	if (rc != CB_OK)
		return 2;
	int status = import_child(job, STDOUT_FILENO);
	v_unref(job);
	return status;
}

#endif
