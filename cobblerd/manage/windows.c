/* SPDX-License-Identifier: GPL-2.0-or-later
 * windows.c - which boot files of Windows a sync makes (setting windows_enabled).
 *
 * compat: the trigger sync_post_wingen of 3.3.7. It goes through the profiles and then the systems whose distro is of breed windows, and
 * makes what each one's autoinstall_meta names; where two name the same file, the last one has it. Here that is settled first, so that an
 * image of some hundred megabytes is made once, and left alone when nothing in it would change. A sync has the files before its post
 * triggers run.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "manage/windows.h"
#include "windows/limits.h"
#include "windows/windows.h"

/* A file and the item that has it. wanted: one of the systems that it is all about names it. */
struct output { char *rel; windows_make *make; struct item *item; bool wanted; };

struct windows_plan {
	struct output *v;
	size_t n;
	const struct value *names;         /* those systems, borrowed; NULL: everything is wanted */
	struct map by_rel;                 /* rel -> index + 1 in v */
	struct map told;                   /* errors that were told: systems inherit those of their profile */
};

/* ---- what an item asks for ---- */

/* A name that fits into a path, a command of WinPE and a BCD as it is. */
static bool is_plain_name(const char *s)
{
	size_t n = strlen(s);
	for (const char *p = s; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("._-+~", *p) == NULL)
			return false;
	return n > 0 && n <= WINDOWS_NAME_MAX && *s != '.' && *s != '-';
}

static int take_name(const struct windows_item *w, const char *key, const char **ret, struct err *e)
{
	const struct value *v = v_dict_get(w->t.meta, key);
	*ret = "";
	if (v == NULL || (v_is(v, V_STR) && v_len(v) == 0))
		return CB_OK;
	if (!v_is(v, V_STR) || !is_plain_name(v_cstr(v)))
		return err_set(e, CB_EINVAL, "autoinstall_meta: %s=%.100s: the name of a file of letters, digits and ._-+~ expected", key,
			v_is(v, V_STR) ? v_cstr(v) : v_type_name(v));
	*ret = v_cstr(v);
	return CB_OK;
}

static int take_names(struct windows_item *w, struct err *e)
{
	const struct { const char *key, **to; } keys[] = {
		{ "bootmgr", &w->bootmgr }, { "bcd", &w->bcd }, { "winpe", &w->winpe }, { "answerfile", &w->answerfile },
		{ "post_install_script", &w->post_install },
	};
	int rc = CB_OK;
	for (size_t i = 0; rc == CB_OK && i < ARRAY_LEN(keys); i++)
		rc = take_name(w, keys[i].key, keys[i].to, e);
	return rc;
}

/* compat: "kernel" of autoinstall_meta, a name or an address; else the distro's own. */
static int take_kernel(struct windows_item *w, struct err *e)
{
	const struct value *v = v_dict_get(w->t.meta, "kernel");
	const char *kernel = v_is(v, V_STR) && v_len(v) > 0 ? v_cstr(v) : item_str(w->t.distro, "kernel"), *slash = strrchr(kernel, '/');
	w->kernel = xstrdup(slash != NULL ? slash + 1 : kernel);
	w->wimboot = strstr(w->kernel, "wimboot") != NULL;
	return is_plain_name(w->kernel) ? CB_OK : err_set(e, CB_EINVAL,
		"autoinstall_meta: kernel=%.100s: the name of a file, or an address that ends in one, expected", kernel);
}

/* Names replace others of the same length inside programs. */
static int check_length(const char *key, const char *name, size_t n, struct err *e)
{
	return *name == '\0' || strlen(name) == n ? CB_OK
		: err_set(e, CB_EINVAL, "autoinstall_meta: %s=%s: a name of exactly %zu characters expected: "
			"it takes the place of another one in a program", key, name, n);
}

static int check_lengths(const struct windows_item *w, struct err *e)
{
	if (*w->bootmgr == '\0')
		return CB_OK;
	int rc = check_length("bootmgr", w->bootmgr, strlen(w->legacy ? "ntldr" : "bootmgr.exe"), e);
	if (rc == CB_OK)
		rc = w->legacy ? check_length("answerfile", w->answerfile, strlen("winnt.sif"), e) :
			check_length("bcd", w->bcd, strlen("bcd"), e);
	return rc;
}

static void windows_item_clear(struct windows_item *w)
{
	v_unref(w->vars);
	free(w->kernel);
	boot_target_clear(&w->t);
	*w = (struct windows_item){ 0 };
}

static int take_wishes(struct windows_item *w, struct err *e)
{
	w->item = w->t.system != NULL ? w->t.system : w->t.profile;
	int rc = take_names(w, e);
	if (rc == CB_OK)
		rc = take_kernel(w, e);
	if (rc == CB_OK) {
		const char *os = item_str(w->t.distro, "os_version");
		w->legacy = (str_eq(os, "xp") || str_eq(os, "2003")) && *w->winpe == '\0';
		rc = check_lengths(w, e);
	}
	if (rc != CB_OK)
		windows_item_clear(w);
	return rc;
}

static const struct windows_item no_wishes = { .bootmgr = "", .bcd = "", .winpe = "", .answerfile = "", .post_install = "" };

/* What it asks for, without what templates see: of one system that was edited, all of its distro are looked at. */
static int init_wishes(struct sync *s, const struct item *it, struct windows_item *w, struct err *e)
{
	struct model *m = s->r.c->model;
	*w = no_wishes;
	*(item_type(it) == ITEM_SYSTEM ? &w->t.system : &w->t.profile) = item_ref(it);
	w->t.distro = resolve_distro(m, it);
	w->t.meta = resolve_field(m, s->r.settings, it, "autoinstall_meta");
	return take_wishes(w, e);
}

static int windows_item_init(struct sync *s, const struct item *it, struct windows_item *w, struct err *e)
{
	*w = no_wishes;
	int rc = boot_target_init(&s->r, it, &w->t, e);
	if (rc != CB_OK)
		return rc;
	w->vars = v_copy(w->t.blended);
	boot_promote(w->vars, "autoinstall_meta");
	return take_wishes(w, e);
}

/* ---- the plan ---- */

static bool is_about(const struct windows_plan *p, const struct item *it)
{
	return p->names == NULL || (item_type(it) == ITEM_SYSTEM && v_list_has_str(p->names, item_name(it)));
}

static void put_output(struct windows_plan *p, char *rel, windows_make *make, const struct item *it)
{
	size_t at = (size_t)(uintptr_t)map_get(&p->by_rel, rel);
	bool wanted = is_about(p, it);
	if (at == 0) {
		p->v = xreallocarray(p->v, p->n + 1, sizeof(*p->v));
		p->v[p->n++] = (struct output){ .rel = rel, .make = make, .item = item_ref(it), .wanted = wanted };
		map_put(&p->by_rel, rel, (void *)(uintptr_t)p->n);
		return;
	}
	struct output *o = &p->v[at - 1];
	item_unref(o->item);
	o->item = item_ref(it);
	o->make = make;
	o->wanted |= wanted;
	free(rel);
}

static void plan_of(struct sync *s, struct windows_plan *p, const struct windows_item *w)
{
	const char *distro = item_name(w->t.distro);
	bool own_wimboot = strstr(item_str(w->t.distro, "kernel"), "wimboot") != NULL;
	const struct { bool wanted; const char *name; windows_make *make; } files[] = {
		{ w->wimboot && !own_wimboot, w->kernel, windows_make_wimboot },
		{ *w->answerfile != '\0', w->answerfile, windows_make_answer },
		{ *w->bootmgr != '\0', w->bootmgr, windows_make_loader },
		{ *w->bootmgr != '\0' && !w->wimboot, w->kernel, windows_make_kernel },
		{ *w->bcd != '\0', w->bcd, windows_make_bcd_file },
		{ *w->winpe != '\0', w->winpe, windows_make_image },
	};
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (files[i].wanted)
			put_output(p, xasprintf("images/%s/%s", distro, files[i].name), files[i].make, w->item);
	if (*w->post_install != '\0')
		put_output(p, windows_post_install_path(s, w), windows_make_post_install, w->item);
}

/* Once, though all systems of a profile inherit what is wrong with it. */
static void tell(struct sync *s, struct windows_plan *p, const struct item *it, const struct err *e)
{
	if (map_put(&p->told, e->text, p) != NULL)
		return;
	if (s->follows)
		note_problem(s, it, e);
	else
		note_failure(s, it, e);
}

/* compat: a system with no autoinstall_meta at all, its profile's included, has none of these files. */
static void plan_item(struct sync *s, struct windows_plan *p, const struct item *it)
{
	struct windows_item w;
	struct err e;
	int rc = init_wishes(s, it, &w, &e);
	if (rc != CB_OK) {
		if (is_about(p, it))
			tell(s, p, it, &e);
		return;
	}
	if (item_type(it) == ITEM_PROFILE || v_len(w.t.meta) > 0)
		plan_of(s, p, &w);
	windows_item_clear(&w);
}

/* The uids of what is below a distro of Windows; only: distros that count, NULL: all. False when there is none. */
static bool collect(struct sync *s, const struct value *only, struct map *below)
{
	CLEANUP(item_list_free) struct item_list distros = model_items(s->r.c->model, ITEM_DISTRO);
	bool any = false;
	for (size_t i = 0; i < distros.n; i++) {
		if (!is_windows(distros.v[i]) || (only != NULL && !v_list_has_str(only, item_name(distros.v[i]))))
			continue;
		CLEANUP(item_list_free) struct item_list kids = model_descendants(s->r.c->model, distros.v[i]);
		any = any || kids.n > 0;
		for (size_t k = 0; k < kids.n; k++)
			map_put(below, item_uid(kids.v[k]), below);
	}
	return any;
}

/* Profiles first, each type in its own order. */
static struct windows_plan *plan_new(struct sync *s, const struct value *only, const struct value *names)
{
	static const enum item_type types[] = { ITEM_PROFILE, ITEM_SYSTEM };
	struct windows_plan *p = xcalloc(1, sizeof(*p));
	p->names = names;
	struct map below = { 0 };
	bool any = collect(s, only, &below);
	for (size_t t = 0; any && t < ARRAY_LEN(types); t++) {
		CLEANUP(item_list_free) struct item_list l = model_items(s->r.c->model, types[t]);
		for (size_t i = 0; i < l.n; i++)
			if (map_get(&below, item_uid(l.v[i])) != NULL)
				plan_item(s, p, l.v[i]);
	}
	map_free(&below);
	return p;
}

static void plan_free(struct windows_plan *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].rel);
		item_unref(p->v[i].item);
	}
	free(p->v);
	map_free(&p->by_rel);
	map_free(&p->told);
	free(p);
}

bool windows_any(struct sync *s)
{
	CLEANUP(item_list_free) struct item_list distros = model_items(s->r.c->model, ITEM_DISTRO);
	bool any = false;
	for (size_t i = 0; i < distros.n && !any; i++)
		any = is_windows(distros.v[i]);
	return any && sync_on(s, "windows_enabled");
}

void windows_begin(struct sync *s)
{
	if (sync_on(s, "windows_enabled"))
		s->windows = plan_new(s, NULL, NULL);
}

bool windows_has(const struct sync *s, const char *rel)
{
	return s->windows != NULL && map_get(&s->windows->by_rel, rel) != NULL;
}

static int make_one(struct sync *s, const struct output *o, struct err *e)
{
	struct windows_item w;
	int rc = windows_item_init(s, o->item, &w, e);
	if (rc != CB_OK)
		return rc;
	rc = o->make(s, &w, o->rel, e);
	windows_item_clear(&w);
	return rc;
}

int windows_write(struct sync *s, struct err *e)
{
	struct windows_plan *p = s->windows;
	int rc = CB_OK;
	s->windows = NULL;
	if (p != NULL && p->n > 0)
		say(s, "generating boot files of Windows");
	for (size_t i = 0; rc == CB_OK && p != NULL && i < p->n; i++) {
		struct err why;
		if (p->v[i].wanted && make_one(s, &p->v[i], &why) != CB_OK)
			tell(s, p, p->v[i].item, &why);
		if (s->t != NULL && task_cancelled(s->t))
			rc = err_set(e, CB_EBUSY, "the sync was cancelled");
	}
	plan_free(p);
	return rc;
}

void windows_end(struct sync *s)
{
	plan_free(s->windows);
	s->windows = NULL;
}

int windows_of_systems(struct sync *s, const struct value *names, struct err *e)
{
	struct value *distros CLEANUP(v_unrefp) = v_list();
	if (!sync_on(s, "windows_enabled"))
		return CB_OK;
	for (size_t i = 0; i < v_len(names); i++) {
		CLEANUP(item_unrefp) struct item *sys = model_get(s->r.c->model, ITEM_SYSTEM, v_cstr(v_list_at(names, i)));
		CLEANUP(item_unrefp) struct item *distro = sys != NULL ? resolve_distro(s->r.c->model, sys) : NULL;
		if (is_windows(distro) && !v_list_has_str(distros, item_name(distro)))
			v_list_push(distros, v_str(item_name(distro)));
	}
	if (v_len(distros) == 0)
		return CB_OK;
	windows_end(s);
	s->windows = plan_new(s, distros, names);
	return windows_write(s, e);
}
