/* SPDX-License-Identifier: GPL-2.0-or-later
 * model.c - collections and their indexes under one reader-writer lock. Items are immutable, so a lookup holds the lock
 * only while it follows an index and takes a reference.
 */
#include "model/model.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/checks.h"
#include "model/index.h"
#include "model/model_private.h"

#define KEY_MAX 512

/* The beginning of the name, in lower case, stands beside the entry: a search passes over thousands without touching them. */
#define HEAD 16
struct place { struct entry *e; char head[HEAD]; };

struct collection {
	struct place *v;               /* in insertion order; e NULL: removed */
	size_t n, cap, live;
	struct map by_name;            /* -> struct entry */
	struct index by_lower_name;    /* find is case-insensitive */
};

struct model {
	pthread_rwlock_t lock;
	uint64_t version, parents_version;
	struct collection c[ITEM_TYPES];
	struct map by_uid;             /* -> struct entry, all types */
	struct index by_mac, by_ip, by_dns;
	struct bases bases;
	struct index referrers;        /* "type:name" of what is referred to -> who does */
	struct model *base;            /* of a view; NULL: none */
	size_t fresh;                  /* of a view: items of its own that replace none of the base */
	struct map hidden;             /* of a view: uid -> item of the base that is replaced or removed, as it was then */
};

struct model *model_new(void)
{
	struct model *m = xcalloc(1, sizeof(*m));
	pthread_rwlockattr_t a;
	pthread_rwlockattr_init(&a);
	pthread_rwlockattr_setkind_np(&a, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&m->lock, &a);
	pthread_rwlockattr_destroy(&a);
	pthread_mutex_init(&m->bases.lock, NULL);
	return m;
}

struct model *model_view(struct model *base)
{
	struct model *m = model_new();
	m->base = base;
	return m;
}

void model_free(struct model *m)
{
	void *v;
	if (m == NULL)
		return;
	for (size_t i = 0; map_next(&m->hidden, &i, NULL, &v); )
		item_unref(v);
	map_free(&m->hidden);
	for (size_t t = 0; t < ITEM_TYPES; t++) {
		struct collection *c = &m->c[t];
		for (size_t i = 0; i < c->n; i++)
			if (c->v[i].e != NULL) {
				item_unref(c->v[i].e->it);
				free(c->v[i].e);
			}
		free(c->v);
		map_free(&c->by_name);
		index_free(&c->by_lower_name);
	}
	map_free(&m->by_uid);
	index_free(&m->by_mac);
	index_free(&m->by_ip);
	index_free(&m->by_dns);
	index_free(&m->referrers);
	void *base;
	for (size_t i = 0; map_next(&m->bases.of, &i, NULL, &base); )
		v_unref(base);
	map_free(&m->bases.of);
	v_unref(m->bases.settings);
	pthread_mutex_destroy(&m->bases.lock);
	pthread_rwlock_destroy(&m->lock);
	free(m);
}

static void lower(const char *s, char out[KEY_MAX])
{
	size_t n = 0;
	for (; *s != '\0' && n + 1 < KEY_MAX; s++)
		out[n++] = (char)tolower((unsigned char)*s);
	out[n] = '\0';
}

static void lower_head(const char *s, char out[HEAD])
{
	for (size_t n = 0; n < HEAD; n++) {
		out[n] = (char)tolower((unsigned char)*s);
		s += *s != '\0';
	}
}

/* The index keys of one item: records of an index pointer and a text, one after the other. */
static void add_key(struct strbuf *keys, struct index *ix, const char *key)
{
	if (*key == '\0')
		return;
	sb_add(keys, &ix, sizeof(ix));
	sb_add(keys, key, strlen(key) + 1);
}

static void add_lower(struct strbuf *keys, struct index *ix, const char *s)
{
	char key[KEY_MAX];
	lower(s, key);
	add_key(keys, ix, key);
}

static void add_reference(struct strbuf *keys, struct model *m, enum item_type t, const char *name)
{
	char key[KEY_MAX];
	if (*name == '\0')
		return;
	snprintf(key, sizeof(key), "%d:%s", (int)t, name);
	add_key(keys, &m->referrers, key);
}

/* Fields that name other items, besides the parent. */
static const struct { enum item_type type; const char *field; enum item_type to; bool list; } references[] = {
	{ ITEM_PROFILE, "menu", ITEM_MENU, false },
	{ ITEM_IMAGE, "menu", ITEM_MENU, false },
	{ ITEM_PROFILE, "repos", ITEM_REPO, true },
	{ ITEM_MGMTCLASS, "packages", ITEM_PACKAGE, true },
	{ ITEM_MGMTCLASS, "files", ITEM_FILE, true },
	{ ITEM_DISTRO, "mgmt_classes", ITEM_MGMTCLASS, true },
	{ ITEM_PROFILE, "mgmt_classes", ITEM_MGMTCLASS, true },
	{ ITEM_SYSTEM, "mgmt_classes", ITEM_MGMTCLASS, true },
};

static void add_references(struct strbuf *keys, struct model *m, const struct item *it)
{
	enum item_type pt;
	const char *parent = item_parent(it, &pt);
	add_reference(keys, m, pt, parent);
	for (size_t i = 0; i < ARRAY_LEN(references); i++) {
		if (references[i].type != item_type(it))
			continue;
		const struct value *v = item_get(it, references[i].field);
		if (!references[i].list)
			add_reference(keys, m, references[i].to, v_cstr(v));
		for (size_t k = 0; references[i].list && v_is(v, V_LIST) && k < v_len(v); k++)
			add_reference(keys, m, references[i].to, v_cstr(v_list_at(v, k)));
	}
}

static void add_addresses(struct strbuf *keys, struct model *m, const struct item *it)
{
	const struct value *all = item_interfaces(it);
	add_lower(keys, &m->by_dns, item_str(it, "hostname"));
	for (size_t i = 0; i < v_len(all); i++) {
		const struct value *f = v_dict_at(all, i);
		add_lower(keys, &m->by_mac, v_dict_cstr(f, "mac_address", ""));
		add_lower(keys, &m->by_ip, v_dict_cstr(f, "ip_address", ""));
		add_lower(keys, &m->by_ip, v_dict_cstr(f, "ipv6_address", ""));
		add_lower(keys, &m->by_dns, v_dict_cstr(f, "dns_name", ""));
	}
}

static struct strbuf keys_of(struct model *m, const struct item *it)
{
	struct strbuf keys = { 0 };
	add_lower(&keys, &m->c[item_type(it)].by_lower_name, item_name(it));
	add_references(&keys, m, it);
	if (item_type(it) == ITEM_SYSTEM)
		add_addresses(&keys, m, it);
	return keys;
}

/* Enters e under its keys, or takes it away from them. */
static void index_entry(const struct strbuf *keys, struct entry *e, bool enter)
{
	struct index *ix;
	for (size_t at = 0; at < keys->len; ) {
		const char *key = keys->p + at + sizeof(ix);
		memcpy(&ix, keys->p + at, sizeof(ix));
		if (enter)
			index_add(ix, key, e);
		else
			index_del(ix, key, e);
		at += sizeof(ix) + strlen(key) + 1;
	}
}

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

static void append(struct collection *c, struct entry *e)
{
	if (c->n == c->cap) {
		if (c->live < c->n / 2) {                /* close the gaps instead of growing */
			size_t n = 0;
			for (size_t i = 0; i < c->n; i++)
				if (c->v[i].e != NULL) {
					c->v[n] = c->v[i];
					c->v[n].e->pos = n;
					n++;
				}
			c->n = n;
		} else {
			c->cap = c->cap != 0 ? c->cap * 2 : 16;
			c->v = xreallocarray(c->v, c->cap, sizeof(c->v[0]));
		}
	}
	e->pos = c->n;
	lower_head(item_name(e->it), c->v[c->n].head);
	c->v[c->n++].e = e;
	c->live++;
}

/* Takes the entry of old off its names, so that others may have them; NULL when there is none. A view then hides the one of its base.
 * The lock is held. */
static struct entry *detach(struct model *m, const struct item *old)
{
	struct entry *e = map_del(&m->by_uid, item_uid(old));
	if (e != NULL)
		map_del(&m->c[item_type(old)].by_name, item_name(e->it));
	else if (m->base != NULL && map_get(&m->hidden, item_uid(old)) == NULL)
		map_put(&m->hidden, item_uid(old), item_ref(old));
	return e;
}

static void take_place(struct collection *c, struct entry *e)
{
	c->v[e->pos].e = NULL;
	c->live--;
}

/* e: what detach gave. Returns what it replaces: the caller's. The lock is held. */
static struct item *attach(struct model *m, struct item *it, struct entry *e)
{
	struct collection *c = &m->c[item_type(it)];
	struct item *gone = NULL;
	struct strbuf now = keys_of(m, it), before = { 0 };
	if (e != NULL) {
		before = keys_of(m, e->it);
		gone = e->it;
		e->it = it;
		if (!str_eq(item_name(gone), item_name(it))) {   /* compat: a new name is the last one of its collection */
			index_entry(&before, e, false);          /* indexes are in the order of places */
			before.len = 0;
			take_place(c, e);
			append(c, e);
		}
	} else {
		e = xcalloc(1, sizeof(*e));
		e->it = it;
		append(c, e);
		m->fresh += m->base != NULL && map_get(&m->hidden, item_uid(it)) == NULL;
	}
	map_put(&c->by_name, item_name(it), e);
	map_put(&m->by_uid, item_uid(it), e);
	if (before.len != now.len || (now.len > 0 && memcmp(before.p, now.p, now.len) != 0)) {
		index_entry(&before, e, false);
		index_entry(&now, e, true);
	}
	sb_free(&before);
	sb_free(&now);
	return gone;
}

static struct item *drop(struct model *m, struct entry *e)
{
	struct item *gone = e->it;
	struct strbuf keys = keys_of(m, gone);
	index_entry(&keys, e, false);
	sb_free(&keys);
	take_place(&m->c[item_type(gone)], e);
	m->fresh -= m->base != NULL && map_get(&m->hidden, item_uid(gone)) == NULL;
	free(e);
	return gone;
}

void model_publish_all(struct model *m, struct item *const *items, const struct item *const *olds, size_t n)
{
	struct item **gone = xcalloc(n + 1, sizeof(struct item *));
	struct entry **was = xcalloc(n + 1, sizeof(struct entry *));
	pthread_rwlock_wrlock(&m->lock);
	size_t parents = 0;
	for (size_t i = 0; i < n; i++)
		parents += item_type(items[i] != NULL ? items[i] : olds[i]) != ITEM_SYSTEM;
	for (size_t i = 0; i < n; i++)                   /* all first: names may change hands */
		was[i] = olds[i] != NULL ? detach(m, olds[i]) : NULL;
	for (size_t i = 0; i < n; i++)
		if (items[i] != NULL)
			gone[i] = attach(m, items[i], was[i]);
		else if (was[i] != NULL)
			gone[i] = drop(m, was[i]);
	__atomic_add_fetch(&m->version, n, __ATOMIC_RELEASE);
	__atomic_add_fetch(&m->parents_version, parents, __ATOMIC_RELEASE);
	pthread_rwlock_unlock(&m->lock);
	for (size_t i = 0; i < n; i++)                   /* outside: freeing takes time */
		item_unref(gone[i]);
	free(was);
	free(gone);
}

void model_publish(struct model *m, struct item *it, const struct item *old)
{
	model_publish_all(m, &it, &old, 1);
}

void model_remove(struct model *m, const struct item *it)
{
	struct item *none = NULL;
	model_publish_all(m, &none, &it, 1);
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
