/* SPDX-License-Identifier: GPL-2.0-or-later
 * model.c - collections and their indexes under one reader-writer lock: how items enter, change and leave.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/checks.h"
#include "model/collections.h"

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
