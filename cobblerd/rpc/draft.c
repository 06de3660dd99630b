/* SPDX-License-Identifier: GPL-2.0-or-later
 * draft.c - objects under edit, and the handles by which clients name them.
 *
 * compat: in Cobbler a handle to an existing object is the live object itself, so that edits show before they are saved, and a failed
 * save leaves half of them behind. Here they stay in a draft, shared by all handles to the object, until save_* applies those fields
 * that differ to the object as it is by then; clients that read or search items see them, machines do not get them. The Go client
 * edits systems without a save: such a draft waits for a sync, however late that comes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/edit.h"
#include "rpc/internal.h"

#define NEW_PREFIX "___NEW___"

/* By uid. base NULL: not saved yet. shown: what readers of lists got, made of shown_of; NULL: nobody read it since it was edited. */
struct draft { struct item *base, *it, *shown, *shown_of; double used; };
/* last: as created or saved by this handle. */
struct new_handle { char *name; struct item *last; double used; bool saved; TAILQ_ENTRY(new_handle) link; };

static void forget_shown(struct draft *d)
{
	item_unref(d->shown);
	item_unref(d->shown_of);
	d->shown = d->shown_of = NULL;
}

static void free_draft(void *v)
{
	struct draft *d = v;
	if (d == NULL)
		return;
	forget_shown(d);
	item_unref(d->base);
	item_unref(d->it);
	free(d);
}

static struct handle_list *list_of(struct desk *desk, const struct new_handle *h)
{
	return h->saved ? &desk->saved : &desk->unsaved;
}

static void drop_handle(struct desk *desk, struct new_handle *h)
{
	TAILQ_REMOVE(list_of(desk, h), h, link);
	desk->n_saved -= h->saved;
	map_del(&desk->handles, h->name);
	item_unref(h->last);
	free(h->name);
	free(h);
}

/* It was used now, and maybe saved. */
static void touch(struct desk *desk, struct new_handle *h, bool saved)
{
	TAILQ_REMOVE(list_of(desk, h), h, link);
	desk->n_saved += saved && !h->saved;
	h->saved = h->saved || saved;
	h->used = clock_mono_s();
	TAILQ_INSERT_TAIL(list_of(desk, h), h, link);
}

/* Drops the handles that nobody used for DRAFT_AGE, and saved ones beyond their number. Locked. */
static void expire_handles(struct desk *desk)
{
	double limit = clock_mono_s() - DRAFT_AGE;
	struct new_handle *h;
	while ((h = TAILQ_FIRST(&desk->unsaved)) != NULL && h->used < limit)
		drop_handle(desk, h);
	while ((h = TAILQ_FIRST(&desk->saved)) != NULL && (h->used < limit || desk->n_saved > HANDLES_SAVED_MAX))
		drop_handle(desk, h);
}

void desk_close(struct desk *desk)
{
	void *v;
	for (size_t i = 0; map_next(&desk->drafts, &i, NULL, &v); )
		free_draft(v);
	while (!TAILQ_EMPTY(&desk->unsaved))
		drop_handle(desk, TAILQ_FIRST(&desk->unsaved));
	while (!TAILQ_EMPTY(&desk->saved))
		drop_handle(desk, TAILQ_FIRST(&desk->saved));
	map_free(&desk->drafts);
	map_free(&desk->handles);
	pthread_mutex_destroy(&desk->lock);
}

void desk_open(struct desk *desk, struct core *core, struct desk *outer)
{
	*desk = (struct desk){ .core = core, .outer = outer };
	TAILQ_INIT(&desk->unsaved);
	TAILQ_INIT(&desk->saved);
	pthread_mutex_init(&desk->lock, NULL);
}

/* Drops the drafts that nobody used for DRAFT_AGE. Locked; only where there are too many. */
static void expire(struct desk *desk)
{
	double limit = clock_mono_s() - DRAFT_AGE;
	const char *key, *old[64];
	size_t n;
	void *v;
	do {
		n = 0;
		for (size_t i = 0; n < ARRAY_LEN(old) && map_next(&desk->drafts, &i, &key, &v); )
			if (((struct draft *)v)->used < limit)
				old[n++] = key;
		for (size_t i = 0; i < n; i++)
			free_draft(map_del(&desk->drafts, old[i]));
	} while (n > 0);
}

/* Takes it. Locked. */
static struct new_handle *add_handle(struct desk *desk, const char *name, struct item *it)
{
	struct new_handle *h = xcalloc(1, sizeof(*h));
	h->last = it;
	h->name = xstrdup(name);
	h->used = clock_mono_s();
	TAILQ_INSERT_TAIL(&desk->unsaved, h, link);
	map_put(&desk->handles, name, h);
	return h;
}

/* A new object from before a transaction is edited within it, with what was changed of it until then. Locked. */
static struct new_handle *adopt(struct desk *desk, const char *handle)
{
	struct item *it = NULL;
	struct err ignored;
	if (desk->outer == NULL || draft_peek(desk->outer, handle, &it, &ignored) != CB_OK)
		return NULL;
	return add_handle(desk, handle, it);
}

char *draft_new(struct desk *desk, struct item *it, struct err *e)
{
	char token[TOKEN_LEN + 1], *name = NULL;
	random_token(token);
	pthread_mutex_lock(&desk->lock);
	expire_handles(desk);
	if (desk->handles.live - desk->n_saved >= HANDLES_MAX) {
		err_set(e, CB_ELIMIT, "more than %d new objects are waiting to be saved: try again later", HANDLES_MAX);
		item_unref(it);
	} else {
		name = xasprintf(NEW_PREFIX "%s::%s", item_table(item_type(it))->name, token);
		add_handle(desk, name, it);
	}
	pthread_mutex_unlock(&desk->lock);
	return name;
}

/* The last known state of the object that a handle names; owned. Locked. */
static int lookup(struct desk *desk, const char *handle, struct item **ret, struct err *e)
{
	bool is_new = str_starts(handle, NEW_PREFIX);
	const char *sep = strstr(is_new ? handle + strlen(NEW_PREFIX) : handle, "::");
	enum item_type type;
	if (sep == NULL)
		return err_py(e, CB_EINVAL, PY_VALUE, "not enough values to unpack (expected 2, got 1)");
	if (is_new) {
		struct new_handle *h = map_get(&desk->handles, handle);
		if (h == NULL)
			h = adopt(desk, handle);
		if (h == NULL)
			return err_py(e, CB_ENOENT, PY_KEY, "%.200s", handle);
		touch(desk, h, false);
		*ret = model_by_uid(desk->core->model, item_uid(h->last));
		double ctime = v_float_of(item_get(h->last, "ctime"));
		/* compat: another object that was saved under the same name took its place; this handle still means its own. */
		if (*ret == NULL || (ctime != 0 && v_float_of(item_get(*ret, "ctime")) != ctime)) {
			item_unref(*ret);
			*ret = item_ref(h->last);
		}
		return CB_OK;
	}
	struct value *what CLEANUP(v_unrefp) = v_strn(handle, (size_t)(sep - handle));
	if (!type_by_name(what, &type))
		return err_set(e, CB_EINVAL, "internal error, collection name \"%.64s\" not supported", v_cstr(what));
	*ret = model_get(desk->core->model, type, sep + 2);
	if (*ret == NULL)
		return err_set(e, CB_ENOENT, "internal error, unknown %s name %.200s", v_cstr(what), sep + 2);
	return CB_OK;
}

/* The draft of the object, made if there is none. Locked. */
static struct draft *open_draft(struct desk *desk, struct item *now)
{
	struct draft *d = map_get(&desk->drafts, item_uid(now));
	if (d == NULL) {
		CLEANUP(item_unrefp) struct item *published = model_by_uid(desk->core->model, item_uid(now));
		if (desk->drafts.live >= HANDLES_MAX)
			expire(desk);
		d = xcalloc(1, sizeof(*d));
		d->base = published != NULL ? item_ref(published) : NULL;
		d->it = item_edit(now);
		map_put(&desk->drafts, item_uid(now), d);
	}
	forget_shown(d);
	d->used = clock_mono_s();
	return d;
}

/* The object as it is now, with what the draft changed. Owned, unshared. */
static struct item *merge(const struct item *now, const struct draft *d)
{
	if (d == NULL)
		return item_edit(now);
	if (d->base == NULL || d->base == now)
		return item_edit(d->it);
	struct item *it = item_edit(now);
	const struct item_table *t = item_table(item_type(now));
	for (size_t i = 0; i < t->n; i++)
		if (t->rows[i].alias_of == NULL && !v_equal(item_at(d->it, i), item_at(d->base, i)))
			item_put(it, t->rows[i].name, v_ref(item_at(d->it, i)));
	return it;
}

int draft_peek(struct desk *desk, const char *handle, struct item **ret, struct err *e)
{
	struct item *now = NULL;
	pthread_mutex_lock(&desk->lock);
	int rc = lookup(desk, handle, &now, e);
	if (rc == CB_OK)
		*ret = merge(now, map_get(&desk->drafts, item_uid(now)));
	pthread_mutex_unlock(&desk->lock);
	item_unref(now);
	return rc;
}

struct item *draft_overlay(struct desk *desk, struct item *it)
{
	pthread_mutex_lock(&desk->lock);
	const struct draft *d = it == NULL || desk->drafts.live == 0 ? NULL : map_get(&desk->drafts, item_uid(it));
	if (d != NULL) {
		struct item *merged = merge(it, d);
		item_unref(it);
		it = merged;
	}
	pthread_mutex_unlock(&desk->lock);
	return it;
}

struct item_list drafts_unsaved(struct desk *desk)
{
	struct item_list l = { 0 };
	const char *uid;
	void *v;
	pthread_mutex_lock(&desk->lock);
	for (size_t i = 0; map_next(&desk->drafts, &i, &uid, &v); ) {
		const struct draft *d = v;
		CLEANUP(item_unrefp) struct item *now = d->base == NULL ? NULL : model_by_uid(desk->core->model, uid);
		CLEANUP(item_unrefp) struct item *merged = now == NULL ? NULL : merge(now, d);
		if (merged != NULL)
			item_list_add(&l, merged);
	}
	pthread_mutex_unlock(&desk->lock);
	return l;
}

/* The same item as long as nothing changes: the lists that are kept packed know items by their serial numbers. */
static struct item_list shown(struct desk *desk)
{
	struct item_list l = { 0 };
	const char *uid;
	void *v;
	pthread_mutex_lock(&desk->lock);
	for (size_t i = 0; map_next(&desk->drafts, &i, &uid, &v); ) {
		struct draft *d = v;
		CLEANUP(item_unrefp) struct item *now = d->base == NULL ? NULL : model_by_uid(desk->core->model, uid);
		if (now == NULL)
			continue;
		if (d->shown_of != now) {
			forget_shown(d);
			d->shown = merge(now, d);
			d->shown_of = item_ref(now);
		}
		item_list_add(&l, d->shown);
	}
	pthread_mutex_unlock(&desk->lock);
	return l;
}

struct core *drafts_view(struct desk *desk)
{
	CLEANUP(item_list_free) struct item_list l = shown(desk);
	if (l.n == 0)
		return NULL;
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(desk->core->settings);
	struct core *view = xcalloc(1, sizeof(*view));
	edit_begin(view, desk->core);
	for (size_t i = 0; i < l.n; i++) {
		struct err ignored;
		CLEANUP(item_unrefp) struct item *old = model_by_uid(view->model, item_uid(l.v[i]));
		/* compat: a renaming shows when it is saved. */
		if (old != NULL && str_eq(item_name(old), item_name(l.v[i])) &&
		    model_check(view->model, settings, l.v[i], old, &ignored) == CB_OK)
			model_publish(view->model, item_ref(l.v[i]), old);
	}
	return view;
}

bool drafts_none(struct desk *desk)
{
	pthread_mutex_lock(&desk->lock);
	bool none = desk->drafts.live == 0;
	pthread_mutex_unlock(&desk->lock);
	return none;
}

size_t drafts_count(struct desk *desk)
{
	pthread_mutex_lock(&desk->lock);
	size_t n = desk->handles.live + desk->drafts.live;
	pthread_mutex_unlock(&desk->lock);
	return n;
}

struct item_list drafts_all(struct desk *desk)
{
	struct item_list l = { 0 };
	void *v;
	pthread_mutex_lock(&desk->lock);
	l.v = xcalloc(desk->drafts.live + 1, sizeof(struct item *));
	for (size_t i = 0; map_next(&desk->drafts, &i, NULL, &v); ) {
		const struct draft *d = v;
		CLEANUP(item_unrefp) struct item *now = d->base == NULL ? NULL : model_by_uid(desk->core->model, item_uid(d->it));
		if (d->base == NULL || now != NULL)              /* else it was removed since */
			l.v[l.n++] = merge(now != NULL ? now : d->it, d);
	}
	pthread_mutex_unlock(&desk->lock);
	return l;
}

void drafts_move(struct desk *from, struct desk *to)
{
	void *v;
	pthread_mutex_lock(&to->lock);
	for (size_t i = 0; map_next(&from->handles, &i, NULL, &v); ) {
		const struct new_handle *h = v;
		struct new_handle *known = map_get(&to->handles, h->name);
		free_draft(map_del(&to->drafts, item_uid(h->last)));
		if (known != NULL)
			drop_handle(to, known);
		touch(to, add_handle(to, h->name, item_ref(h->last)), true);
	}
	pthread_mutex_unlock(&to->lock);
}

void draft_drop(struct desk *desk, const char *uid)
{
	pthread_mutex_lock(&desk->lock);
	free_draft(map_del(&desk->drafts, uid));
	pthread_mutex_unlock(&desk->lock);
}

void draft_saved(struct desk *desk, const char *handle, const struct item *it)
{
	pthread_mutex_lock(&desk->lock);
	free_draft(map_del(&desk->drafts, item_uid(it)));
	struct new_handle *h = map_get(&desk->handles, handle);
	if (h != NULL) {
		struct item *published = model_by_uid(desk->core->model, item_uid(it));
		item_unref(h->last);
		h->last = published != NULL ? published : item_edit(it);
		touch(desk, h, true);
	}
	pthread_mutex_unlock(&desk->lock);
}

void draft_refused(struct desk *desk, const char *handle)
{
	struct item *now = NULL;
	struct err ignored;
	pthread_mutex_lock(&desk->lock);
	if (lookup(desk, handle, &now, &ignored) == CB_OK)
		open_draft(desk, now);
	pthread_mutex_unlock(&desk->lock);
	item_unref(now);
}

int draft_modify(struct desk *desk, const char *handle, const char *attribute, const struct value *arg, struct err *e)
{
	struct item *now = NULL;
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(desk->core->settings);
	pthread_mutex_lock(&desk->lock);
	int rc = lookup(desk, handle, &now, e);
	if (rc == CB_OK) {
		bool had = map_get(&desk->drafts, item_uid(now)) != NULL;
		struct draft *d = open_draft(desk, now);
		/* The draft follows what others saved meanwhile. */
		struct item *fresh = model_by_uid(desk->core->model, item_uid(now));
		if (fresh != NULL && fresh != d->base) {
			struct item *merged = merge(fresh, d->base == NULL ? NULL : d);
			item_unref(d->it);
			item_unref(d->base);
			d->it = merged;
			d->base = item_ref(fresh);
		}
		item_unref(fresh);
		/* A call for interfaces has many parts, of which the last may be refused. compat: what it did to a new object until then
		 * stays. */
		bool many = str_ends(attribute, "_interface"), undo = many && d->base != NULL;
		struct item *was = undo ? item_edit(d->it) : NULL;
		rc = apply_attribute(desk->core, settings, d->it, attribute, arg, e);
		if (rc != CB_OK && undo) {
			item_unref(d->it);
			d->it = was;
			was = NULL;
		}
		if (rc != CB_OK && !had && (undo || !many))                  /* what changed nothing is no edit */
			free_draft(map_del(&desk->drafts, item_uid(now)));
		item_unref(was);
	}
	pthread_mutex_unlock(&desk->lock);
	item_unref(now);
	return rc;
}

/* The row of an interface field as modify_interface spells it: without "_". */
static const char *interface_field(const char *key, size_t n)
{
	for (size_t i = 0; i < network_interface_table.n; i++) {
		const char *a = network_interface_table.rows[i].name;
		size_t k = 0;
		for (; *a != '\0'; a++) {
			while (k < n && key[k] == '_')
				k++;
			if (*a == '_')
				continue;
			if (k >= n || key[k] != *a)
				break;
			k++;
		}
		while (k < n && key[k] == '_')
			k++;
		if (*a == '\0' && k == n)
			return network_interface_table.rows[i].name;
	}
	return strncmp(key, "subnet-", n + 1) == 0 ? "netmask" : NULL;      /* 2.x */
}

static int modify_interfaces(const struct item_ctx *ctx, struct item *it, const struct value *arg, struct err *e)
{
	if (!v_is(arg, V_DICT))
		return err_py(e, CB_EINVAL, PY_ATTR, "'%s' object has no attribute 'keys'", v_type_name(arg));
	for (size_t i = 0; i < v_len(arg); i++) {
		const char *key = v_dict_key(arg, i), *dash = strchr(key, '-');
		if (dash == NULL)
			return err_py(e, CB_EINVAL, PY_VALUE, "not enough values to unpack (expected 2, got 1)");
		/* compat: the interface is there before its field is checked; an unknown field is passed over. */
		const char *field = interface_field(key, (size_t)(dash - key));
		int rc = v_dict_get(item_interfaces(it), dash + 1) != NULL ? CB_OK :
			item_set_interface_in(ctx, it, dash + 1, NULL, NULL, e);
		if (rc == CB_OK && field != NULL)
			rc = item_set_interface_in(ctx, it, dash + 1, field, v_dict_at(arg, i), e);
		if (rc != CB_OK)
			return rc;
	}
	return CB_OK;
}

static int delete_interface(struct item *it, const struct value *arg, struct err *e)
{
	if (v_is(arg, V_STR) && (v_len(arg) == 0 || v_dict_get(item_interfaces(it), v_cstr(arg)) != NULL))
		return v_len(arg) == 0 ? CB_OK : item_delete_interface(it, v_cstr(arg), e);
	if (!v_is(arg, V_DICT))
		return err_py(e, CB_EINVAL, PY_TYPE, "The name of the interface must be of type str or dict");
	const char *name = v_dict_cstr(arg, "interface", "");
	if (v_dict_get(item_interfaces(it), name) == NULL)
		return err_py(e, CB_ENOENT, PY_KEY, "%s", name);
	return item_delete_interface(it, name, e);
}

static int rename_interface(struct item *it, const struct value *arg, struct err *e)
{
	if (!v_is(arg, V_DICT))
		return err_py(e, CB_EINVAL, PY_ATTR, "'%s' object has no attribute 'get'", v_type_name(arg));
	return item_rename_interface(it, v_dict_cstr(arg, "interface", ""), v_dict_cstr(arg, "rename_interface", ""), e);
}

#define ALL (~0u)

/* compat: what the classes of 3.3.7 compute, and let nobody set. */
static bool computed(enum item_type t, const char *attribute)
{
	static const struct { const char *name; unsigned types; } rows[] = {
		{ "cache", ALL }, { "children", ALL }, { "descendants", ALL }, { "logical_parent", ALL }, { "arch", 1u << ITEM_PROFILE },
		{ "remote_grub_initrd", 1u << ITEM_DISTRO }, { "remote_grub_kernel", 1u << ITEM_DISTRO },
		{ "supported_boot_loaders", 1u << ITEM_DISTRO | 1u << ITEM_IMAGE },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].types >> t & 1 && str_eq(rows[i].name, attribute))
			return true;
	return false;
}

int apply_attribute(struct core *c, const struct value *settings, struct item *it, const char *attribute, const struct value *arg,
	struct err *e)
{
	struct item_ctx ctx = { .model = c->model, .settings = settings, .path_kind = core_path_kind };
	if (item_type(it) == ITEM_SYSTEM) {
		if (str_eq(attribute, "modify_interface"))
			return modify_interfaces(&ctx, it, arg, e);
		if (str_eq(attribute, "delete_interface"))
			return delete_interface(it, arg, e);
		if (str_eq(attribute, "rename_interface"))
			return rename_interface(it, arg, e);
	}
	if (computed(item_type(it), attribute)) {
		const char *name = item_table(item_type(it))->name;
		return err_py(e, CB_EPERM, PY_ATTR, "property '%s' of '%c%s' object has no setter", attribute, name[0] - 'a' + 'A',
			name + 1);
	}
	if (field_index(item_table(item_type(it)), attribute) < 0)
		return NO_ATTRIBUTE;
	/* An object keeps its identity: 3.3.7 takes any text here, and then loses the object. */
	if (str_eq(attribute, "uid"))
		return CB_OK;
	int rc = secret_written_back(attribute, item_get(it, attribute), arg, e);
	if (rc != CB_OK)
		return rc == SAME_SECRET ? CB_OK : rc;
	return item_set_in(&ctx, it, attribute, arg, e);
}
