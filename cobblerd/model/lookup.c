/* SPDX-License-Identifier: GPL-2.0-or-later
 * lookup.c - finding items. They are immutable, so a lookup holds the lock only while it follows an index and takes a reference.
 * A view (model_view) looks among its own items first and then in its base, without what it hides there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/checks.h"
#include "model/collections.h"

static void read_lock(struct model *m) { pthread_rwlock_rdlock(&m->lock); }
static void unlock(struct model *m) { pthread_rwlock_unlock(&m->lock); }

struct bases *model_bases(struct model *m)
{
	return &m->bases;
}

uint64_t model_version(const struct model *m)
{
	uint64_t own = __atomic_load_n(&m->version, __ATOMIC_ACQUIRE);
	return m->base != NULL ? own + model_version(m->base) : own;
}

uint64_t model_parents_version(const struct model *m)
{
	uint64_t own = __atomic_load_n(&m->parents_version, __ATOMIC_ACQUIRE);
	return m->base != NULL ? own + model_parents_version(m->base) : own;
}

size_t model_count(struct model *m, enum item_type t)
{
	if (m->base != NULL) {
		struct item_list l = model_items(m, t);
		size_t all = l.n;
		item_list_free(&l);
		return all;
	}
	read_lock(m);
	size_t n = m->c[t].live;
	unlock(m);
	return n;
}

static struct item *take(struct model *m, struct map *map, const char *key)
{
	read_lock(m);
	struct entry *e = map_get(map, key);
	struct item *it = e != NULL ? item_ref(e->it) : NULL;
	unlock(m);
	return it;
}

static bool is_hidden(struct model *m, const struct item *it)
{
	read_lock(m);
	bool hidden = map_get(&m->hidden, item_uid(it)) != NULL;
	unlock(m);
	return hidden;
}

/* Of a view: the item of the base, taken, unless the view hides it. */
static struct item *shown(struct model *m, struct item *it)
{
	if (it == NULL || !is_hidden(m, it))
		return it;
	item_unref(it);
	return NULL;
}

struct item *model_get(struct model *m, enum item_type t, const char *name)
{
	struct item *it = take(m, &m->c[t].by_name, name);
	return it != NULL || m->base == NULL ? it : shown(m, model_get(m->base, t, name));
}

struct item *model_by_uid(struct model *m, const char *uid)
{
	struct item *it = take(m, &m->by_uid, uid);
	return it != NULL || m->base == NULL ? it : shown(m, model_by_uid(m->base, uid));
}

/* Which interface has this text (any case) in one of two fields? NULL: none. Borrows from the item. */
static const char *interface_with(const struct item *it, const char *key, const char *f1, const char *f2)
{
	const struct value *all = item_interfaces(it);
	char have[KEY_MAX];
	for (size_t i = 0; i < v_len(all); i++) {
		const char *const fields[] = { f1, f2 };
		for (size_t k = 0; k < 2; k++) {
			lower(v_dict_cstr(v_dict_at(all, i), fields[k], ""), have);
			if (*have != '\0' && str_eq(have, key))
				return v_dict_key(all, i);
		}
	}
	return NULL;
}

/* The same of a view; what the base has comes first, so that a check finds it. */
static struct item *system_of_view(struct model *m, const char *text, const char *f1, const char *f2, const char **iface)
{
	CLEANUP(item_list_free) struct item_list l = model_by_index(m, ITEM_SYSTEM, f1, text);
	char key[KEY_MAX];
	const char *name = NULL;
	size_t at = 0;
	lower(text, key);
	for (size_t i = 0; i < l.n && name == NULL; i++) {
		name = interface_with(l.v[i], key, f1, f2);
		if (name != NULL)
			at = i;
	}
	if (iface != NULL && l.n > 0)
		*iface = name;
	return l.n > 0 ? item_ref(l.v[at]) : NULL;
}

/* A system that has the text in an interface comes before one that has it only as its host name. */
static struct item *system_by(struct model *m, struct index *ix, const char *text, const char *f1, const char *f2, const char **iface)
{
	char key[KEY_MAX];
	const char *name = NULL;
	if (m->base != NULL)
		return system_of_view(m, text, f1, f2, iface);
	lower(text, key);
	read_lock(m);
	const struct bucket *b = index_get(ix, key);
	struct item *it = b != NULL ? b->v[0]->it : NULL;
	for (size_t i = 0; b != NULL && i < b->n && name == NULL; i++) {
		name = interface_with(b->v[i]->it, key, f1, f2);
		if (name != NULL)
			it = b->v[i]->it;
	}
	if (it != NULL)
		item_ref(it);
	unlock(m);
	if (it != NULL && iface != NULL)
		*iface = name;
	return it;
}

struct item *model_system_by_mac(struct model *m, const char *mac, const char **iface)
{
	return system_by(m, &m->by_mac, mac, "mac_address", "mac_address", iface);
}

struct item *model_system_by_ip(struct model *m, const char *ip, const char **iface)
{
	return system_by(m, &m->by_ip, ip, "ip_address", "ipv6_address", iface);
}

struct item *model_system_by_dns_name(struct model *m, const char *name, const char **iface)
{
	return system_by(m, &m->by_dns, name, "dns_name", "dns_name", iface);
}

struct item *model_parent(struct model *m, const struct item *it)
{
	enum item_type t;
	const char *name = item_parent(it, &t);
	return *name != '\0' ? model_get(m, t, name) : NULL;
}

void item_list_add(struct item_list *l, const struct item *it)
{
	if ((l->n & (l->n - 1)) == 0)                    /* grows at powers of two */
		l->v = xreallocarray(l->v, l->n != 0 ? l->n * 2 : 1, sizeof(struct item *));
	l->v[l->n++] = item_ref(it);
}

void item_list_free(struct item_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		item_unref(l->v[i]);
	free(l->v);
	*l = (struct item_list){ 0 };
}

static struct item_list own_items(struct model *m, enum item_type t)
{
	read_lock(m);
	const struct collection *c = &m->c[t];
	struct item_list l = { xcalloc(c->live + 1, sizeof(struct item *)), 0 };
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].e != NULL)
			l.v[l.n++] = item_ref(c->v[i].e->it);
	unlock(m);
	return l;
}

/* Those of the base that the view shows, then its own. Both are taken. */
static struct item_list merged(struct model *m, struct item_list below, struct item_list own)
{
	struct item_list l = { 0 };
	for (size_t i = 0; i < below.n; i++)
		if (!is_hidden(m, below.v[i]))
			item_list_add(&l, below.v[i]);
	for (size_t i = 0; i < own.n; i++)
		item_list_add(&l, own.v[i]);
	item_list_free(&below);
	item_list_free(&own);
	return l;
}

/* What a view replaces under its name keeps its place. */
static struct item_list items_of_view(struct model *m, enum item_type t)
{
	struct item_list below = model_items(m->base, t), own = own_items(m, t);
	struct item_list l = { xcalloc(below.n + own.n + 1, sizeof(struct item *)), 0 };
	for (size_t i = 0; i < below.n; i++) {
		struct item *it = is_hidden(m, below.v[i]) ? take(m, &m->by_uid, item_uid(below.v[i])) : item_ref(below.v[i]);
		if (it != NULL)
			l.v[l.n++] = it;
	}
	for (size_t i = 0; i < own.n; i++)
		if (!is_hidden(m, own.v[i]))
			l.v[l.n++] = item_ref(own.v[i]);
	item_list_free(&below);
	item_list_free(&own);
	return l;
}

struct item_list model_items(struct model *m, enum item_type t)
{
	return m->base != NULL ? items_of_view(m, t) : own_items(m, t);
}

struct item_list model_referrers(struct model *m, enum item_type t, const char *name)
{
	struct item_list l = { 0 };
	char key[KEY_MAX];
	snprintf(key, sizeof(key), "%d:%s", (int)t, name);
	read_lock(m);
	const struct bucket *b = index_get(&m->referrers, key);
	for (size_t i = 0; b != NULL && i < b->n; i++)
		item_list_add(&l, b->v[i]->it);
	unlock(m);
	return m->base != NULL ? merged(m, model_referrers(m->base, t, name), l) : l;
}

struct item_list model_children(struct model *m, const struct item *it)
{
	struct item_list all = model_referrers(m, item_type(it), item_name(it)), kids = { 0 };
	for (size_t i = 0; i < all.n; i++) {
		enum item_type t;
		const char *parent = item_parent(all.v[i], &t);
		bool inherits = t == item_type(it) && str_eq(parent, item_name(it));
		if (inherits)
			item_list_add(&kids, all.v[i]);
	}
	item_list_free(&all);
	return kids;
}

struct item_list model_descendants(struct model *m, const struct item *it)
{
	struct item_list l = model_children(m, it);
	for (size_t i = 0; i < l.n; i++) {
		struct item_list kids = model_children(m, l.v[i]);
		for (size_t k = 0; k < kids.n; k++)
			item_list_add(&l, kids.v[k]);
		item_list_free(&kids);
	}
	return l;
}

/* Candidates for find: those with this lower-cased key in an index. */
struct item_list model_by_index(struct model *m, enum item_type t, const char *field, const char *text)
{
	struct item_list l = { 0 };
	char key[KEY_MAX];
	lower(text, key);
	const struct index *ix = str_eq(field, "name") ? &m->c[t].by_lower_name : str_eq(field, "mac_address") ? &m->by_mac :
		str_eq(field, "dns_name") || str_eq(field, "hostname") ? &m->by_dns : &m->by_ip;
	read_lock(m);
	const struct bucket *b = index_get(ix, key);
	for (size_t i = 0; b != NULL && i < b->n; i++)
		item_list_add(&l, b->v[i]->it);
	unlock(m);
	return m->base != NULL ? merged(m, model_by_index(m->base, t, field, text), l) : l;
}

struct item_list model_by_name(struct model *m, enum item_type t, bool (*matches)(const char *have, const char *want), const char *want)
{
	struct item_list l = { 0 };
	const struct collection *c = &m->c[t];
	size_t plain = strcspn(want, "?*["), n = plain < HEAD ? plain : HEAD;
	char head[HEAD];
	lower_head(want, head);
	read_lock(m);
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].e != NULL && memcmp(c->v[i].head, head, n) == 0 && matches(item_name(c->v[i].e->it), want))
			item_list_add(&l, c->v[i].e->it);
	unlock(m);
	return m->base != NULL ? merged(m, model_by_name(m->base, t, matches, want), l) : l;
}

size_t model_view_count(struct model *view)
{
	read_lock(view);
	size_t n = view->hidden.live + view->fresh;
	unlock(view);
	return n;
}

struct model_change *model_view_changes(struct model *view, size_t *n)
{
	void *v;
	*n = 0;
	read_lock(view);
	struct model_change *all = xcalloc(view->hidden.live + view->by_uid.live + 1, sizeof(*all));
	for (size_t i = 0; map_next(&view->hidden, &i, NULL, &v); (*n)++) {
		struct entry *e = map_get(&view->by_uid, item_uid(v));
		all[*n] = (struct model_change){ e != NULL ? item_ref(e->it) : NULL, item_ref(v) };
	}
	for (size_t i = 0; map_next(&view->by_uid, &i, NULL, &v); ) {
		const struct item *it = ((struct entry *)v)->it;
		if (map_get(&view->hidden, item_uid(it)) == NULL)
			all[(*n)++].now = item_ref(it);
	}
	unlock(view);
	return all;
}
