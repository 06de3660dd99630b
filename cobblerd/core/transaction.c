/* SPDX-License-Identifier: GPL-2.0-or-later
 * transaction.c - several edits as one: they are made on a view of the model, and change the model together or not at all.
 */
#include "core/edit.h"

#include <stdlib.h>
#include <string.h>

#include "core/edit_private.h"

void edit_begin(struct core *tx, struct core *live)
{
	*tx = (struct core){ .settings = live->settings, .model = model_view(live->model), .renderer = live->renderer, .tasks = live->tasks,
		.privileged = live->privileged, .live = live };
	pthread_mutex_init(&tx->edit_lock, NULL);
}

void edit_end(struct core *tx)
{
	model_free(tx->model);
	pthread_mutex_destroy(&tx->edit_lock);
	memset(tx, 0, sizeof(*tx));
}

size_t edit_pending(const struct core *tx)
{
	return model_view_count(tx->model);
}

void edit_changes_free(struct edit_changes *l)
{
	for (size_t i = 0; i < l->n; i++) {
		item_unref(l->v[i].now);
		item_unref(l->v[i].before);
	}
	free(l->v);
	*l = (struct edit_changes){ 0 };
}

/* What exists comes before what needs it; then what goes, the other way round. */
static int compare(const void *a, const void *b)
{
	const struct model_change *x = a, *y = b;
	if ((x->now == NULL) != (y->now == NULL))
		return x->now == NULL ? 1 : -1;
	const struct item *i = x->now != NULL ? x->now : y->before, *k = x->now != NULL ? y->now : x->before;
	int64_t di = v_int_of(item_get(i, "depth")), dk = v_int_of(item_get(k, "depth"));
	int by_name = strcmp(item_name(i), item_name(k));
	return di != dk ? (di > dk) - (di < dk) : by_name != 0 ? by_name : (int)item_type(i) - (int)item_type(k);
}

static const char *type_name(const struct item *it)
{
	return item_table(item_type(it))->name;
}

/* Is what the transaction saw still what is published? */
static int check_unchanged(struct core *live, const struct model_change *ch, struct err *e)
{
	CLEANUP(item_unrefp) struct item *now = model_by_uid(live->model, item_uid(ch->before));
	if (now == ch->before)
		return CB_OK;
	return err_py(e, CB_ESTATE, PY_VALUE, "The item has been modified: the %s \"%s\" is not what it was in this transaction",
		type_name(ch->before), item_name(ch->before));
}

/* A name that goes away is a parent of nothing that is left. */
static int check_not_needed(struct core *tx, const struct item *before, struct err *e)
{
	CLEANUP(item_unrefp) struct item *other = model_get(tx->model, item_type(before), item_name(before));
	CLEANUP(item_list_free) struct item_list kids = { 0 };
	if (other == NULL)
		kids = model_children(tx->model, before);
	if (kids.n == 0)
		return CB_OK;
	return err_set(e, CB_ESTATE, "removal would orphan %s: %s", type_name(kids.v[0]), item_name(kids.v[0]));
}

/* The name is free, but for what the transaction itself takes away. */
static int check_name(struct core *tx, const struct item *it, struct err *e)
{
	CLEANUP(item_unrefp) struct item *other = model_get(tx->live->model, item_type(it), item_name(it));
	CLEANUP(item_unrefp) struct item *now = other == NULL ? NULL : model_by_uid(tx->model, item_uid(other));
	if (now == NULL || now != other)
		return CB_OK;
	return err_set(e, CB_EEXIST, "An object already exists with that name. Try 'edit'?");
}

/* Both edit locks are held, so that the view changes no more, from below neither. */
static int check_all(struct core *tx, const struct value *settings, const struct edit_changes *l, struct err *e)
{
	int rc = CB_OK;
	for (size_t i = 0; i < l->n && rc == CB_OK; i++) {
		const struct model_change *ch = &l->v[i];
		if (ch->before != NULL)
			rc = check_unchanged(tx->live, ch, e);
		if (rc == CB_OK && ch->before != NULL)
			rc = check_not_needed(tx, ch->before, e);
		if (rc == CB_OK && ch->now != NULL)
			rc = check_name(tx, ch->now, e);
		if (rc == CB_OK && ch->now != NULL)
			rc = model_check(tx->model, settings, ch->now, ch->now, e);
	}
	return rc;
}

/* They change now, not when they were saved: clients ask for what changed since. */
static void stamp(struct edit_changes *l)
{
	double now = edit_now();
	for (size_t i = 0; i < l->n; i++) {
		struct item *it = l->v[i].now;
		if (it == NULL)
			continue;
		l->v[i].now = item_edit(it);
		item_put(l->v[i].now, "mtime", v_float(now));
		item_unref(it);
	}
}

static int run_trigger(const struct model_change *ch, const char *when, struct err *e)
{
	return ch->now != NULL ? edit_trigger("add", ch->now, when, e) : edit_trigger("delete", ch->before, when, e);
}

static void run_post_triggers(const struct edit_changes *l)
{
	size_t failed = 0;
	struct err e;
	for (size_t i = 0; i < l->n; i++)
		failed += run_trigger(&l->v[i], "post", &e) != CB_OK;
	if (failed < l->n)
		edit_change_triggers();
}

static int store_and_publish(struct core *live, const struct edit_changes *l, struct err *e)
{
	struct item **now = xcalloc(l->n + 1, sizeof(*now));
	const struct item **before = xcalloc(l->n + 1, sizeof(*before));
	for (size_t i = 0; i < l->n; i++) {
		now[i] = l->v[i].now;
		before[i] = l->v[i].before;
	}
	int rc = store_save_all(live->store, (const struct item *const *)now, before, l->n, e);
	for (size_t i = 0; rc == CB_OK && i < l->n; i++)
		if (now[i] != NULL)
			item_ref(now[i]);
	if (rc == CB_OK)
		model_publish_all(live->model, now, before, l->n);
	free(now);
	free(before);
	return rc;
}

int edit_commit(struct core *tx, struct edit_changes *ret, struct err *e)
{
	struct core *live = tx->live;
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(live->settings);
	struct edit_changes l = { 0 };
	pthread_mutex_lock(&tx->edit_lock);
	l.v = model_view_changes(tx->model, &l.n);
	if (l.n > 0)
		qsort(l.v, l.n, sizeof(l.v[0]), compare);
	int rc = CB_OK;
	for (size_t i = 0; i < l.n && rc == CB_OK; i++)
		rc = run_trigger(&l.v[i], "pre", e);
	if (rc == CB_OK) {
		pthread_mutex_lock(&live->edit_lock);
		rc = check_all(tx, settings, &l, e);
		for (size_t i = 0; rc == CB_OK && i < l.n; i++)
			if (l.v[i].now != NULL)
				edit_teach_site(settings, l.v[i].now);
		if (rc == CB_OK) {
			stamp(&l);
			rc = store_and_publish(live, &l, e);
		}
		pthread_mutex_unlock(&live->edit_lock);
	}
	pthread_mutex_unlock(&tx->edit_lock);
	if (rc == CB_OK) {
		run_post_triggers(&l);
		*ret = l;
	} else {
		edit_changes_free(&l);
	}
	return rc;
}
