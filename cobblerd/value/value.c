/* SPDX-License-Identifier: GPL-2.0-or-later
 * value.c - reference-counted dynamic values.
 */
#include "value/value.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "value/layout.h"

#define IMMORTAL INT_MIN
#define INDEX_FROM 8           /* dicts with more keys than this get a hash index */

#define SMALL_MIN (-5)
#define SMALL_MAX 256

static struct value none_value = { .refs = IMMORTAL, .type = V_NONE };
static struct value true_value = { .refs = IMMORTAL, .type = V_BOOL, .u.b = true };
static struct value false_value = { .refs = IMMORTAL, .type = V_BOOL, .u.b = false };
static struct value empty_str = { .refs = IMMORTAL, .type = V_STR };
static struct value small_ints[SMALL_MAX - SMALL_MIN + 1];

__attribute__((constructor(101))) static void make_small_ints(void)
{
	for (size_t i = 0; i < ARRAY_LEN(small_ints); i++) {
		atomic_init(&small_ints[i].refs, IMMORTAL);
		small_ints[i].type = V_INT;
		small_ints[i].u.i = (int64_t)i + SMALL_MIN;
	}
}

/* extra: bytes behind it */
static struct value *new_value(enum vtype t, size_t extra)
{
	struct value *v = xmalloc(sizeof(*v) + extra);
	memset(v, 0, sizeof(*v));
	atomic_init(&v->refs, 1);
	v->type = t;
	return v;
}

struct value *v_none(void) { return &none_value; }
struct value *v_bool(bool b) { return b ? &true_value : &false_value; }

struct value *v_int(int64_t i)
{
	if (i >= SMALL_MIN && i <= SMALL_MAX)
		return &small_ints[i - SMALL_MIN];
	struct value *v = new_value(V_INT, 0);
	v->u.i = i;
	return v;
}

struct value *v_float(double d)
{
	struct value *v = new_value(V_FLOAT, 0);
	v->u.d = d;
	return v;
}

static struct value *new_text(enum vtype t, const void *p, size_t n)
{
	/* short ones lie in the value itself */
	const size_t room = sizeof(struct value) - offsetof(struct value, u.s.p);
	struct value *v = new_value(t, n < room ? 0 : n + 1 - room);
	v->u.s.n = n;
	if (n != 0)
		memcpy(v->u.s.p, p, n);
	v->u.s.p[n] = '\0';
	return v;
}

struct value *v_strn(const char *s, size_t n) { return n == 0 ? &empty_str : new_text(V_STR, s, n); }
struct value *v_str(const char *s) { return v_strn(s, strlen(s)); }
struct value *v_bytes(const void *p, size_t n) { return new_text(V_BYTES, p, n); }
struct value *v_list(void) { return new_value(V_LIST, 0); }
struct value *v_dict(void) { return new_value(V_DICT, 0); }

struct value *v_strf(const char *fmt, ...)
{
	struct strbuf b = { 0 };
	va_list ap;
	va_start(ap, fmt);
	sb_vaddf(&b, fmt, ap);
	va_end(ap);
	struct value *v = v_strn(sb_str(&b), b.len);
	sb_free(&b);
	return v;
}

struct value *v_ref(const struct value *cv)
{
	struct value *v = (struct value *)(uintptr_t)cv;
	if (atomic_load_explicit(&v->refs, memory_order_relaxed) >= 0)
		atomic_fetch_add_explicit(&v->refs, 1, memory_order_relaxed);
	return v;
}

/* Never freed: dicts that live as long as the process have them. */
static struct { struct key **v; size_t n, cap; } kept_keys;

/* Where a kept key is, or belongs. */
static struct key **kept_place(const char *text, size_t n, uint64_t hash)
{
	for (size_t i = hash & (kept_keys.cap - 1);; i = (i + 1) & (kept_keys.cap - 1)) {
		struct key *k = kept_keys.v[i];
		if (k == NULL || (k->hash == hash && k->len == n && memcmp(k->text, text, n) == 0))
			return &kept_keys.v[i];
	}
}

static struct key *key_make(const char *text, size_t n, uint64_t hash, int refs)
{
	struct key *k = xmalloc(sizeof(*k) + n + 1);
	atomic_init(&k->refs, refs);
	k->len = (uint32_t)n;
	k->hash = hash;
	memcpy(k->text, text, n);
	k->text[n] = '\0';
	return k;
}

static struct key *key_new(const char *text, size_t n, uint64_t hash)
{
	struct key *k = kept_keys.cap != 0 ? *kept_place(text, n, hash) : NULL;
	return k != NULL ? k : key_make(text, n, hash, 1);
}

static struct key *key_ref(struct key *k)
{
	if (atomic_load_explicit(&k->refs, memory_order_relaxed) >= 0)
		atomic_fetch_add_explicit(&k->refs, 1, memory_order_relaxed);
	return k;
}

static void key_unref(struct key *k)
{
	if (atomic_load_explicit(&k->refs, memory_order_relaxed) >= 0 && atomic_fetch_sub_explicit(&k->refs, 1, memory_order_acq_rel) == 1)
		free(k);
}

static void grow_kept(void)
{
	struct key **old = kept_keys.v;
	size_t n = kept_keys.cap;
	kept_keys.cap = n == 0 ? 1024 : n * 2;
	kept_keys.v = xcalloc(kept_keys.cap, sizeof(*kept_keys.v));
	for (size_t i = 0; i < n; i++)
		if (old[i] != NULL)
			*kept_place(old[i]->text, old[i]->len, old[i]->hash) = old[i];
	free(old);
}

void v_keep_key(const char *name)
{
	size_t n = strlen(name);
	uint64_t hash = hash_bytes(name, n);
	if (kept_keys.n * 4 >= kept_keys.cap)
		grow_kept();
	struct key **at = kept_place(name, n, hash);
	if (*at != NULL)
		return;
	*at = key_make(name, n, hash, IMMORTAL);
	kept_keys.n++;
}

void v_unref(struct value *v)
{
	if (v == NULL || atomic_load_explicit(&v->refs, memory_order_relaxed) < 0)
		return;
	if (atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (v->type == V_LIST) {
		for (size_t i = 0; i < v->u.l.n; i++)
			v_unref(v->u.l.v[i]);
		free(v->u.l.v);
	} else if (v->type == V_DICT) {
		for (size_t i = 0; i < v->u.d_.n; i++) {
			key_unref(v->u.d_.v[i].key);
			v_unref(v->u.d_.v[i].v);
		}
		free(v->u.d_.v);
		free(v->u.d_.index);
	}
	free(v);
}

void v_unrefp(struct value **v)
{
	v_unref(*v);
	*v = NULL;
}

enum vtype v_type(const struct value *v) { return v->type; }

const char *v_type_name(const struct value *v)
{
	static const char *const names[] = { "NoneType", "bool", "int", "float", "str", "bytes", "list", "dict" };
	return names[v->type];
}

static bool is_text(const struct value *v)
{
	return v != NULL && (v->type == V_STR || v->type == V_BYTES);
}

const char *v_cstr(const struct value *v)
{
	return is_text(v) && v->u.s.n != 0 ? v->u.s.p : "";
}

size_t v_len(const struct value *v)
{
	if (v == NULL)
		return 0;
	switch (v->type) {
	case V_STR: case V_BYTES: return v->u.s.n;
	case V_LIST: return v->u.l.n;
	case V_DICT: return v->u.d_.n;
	default: return 0;
	}
}

int64_t v_int_of(const struct value *v)
{
	if (v == NULL)
		return 0;
	switch (v->type) {
	case V_INT: return v->u.i;
	case V_BOOL: return v->u.b;
	case V_FLOAT:
		if (!(v->u.d > -9.2e18 && v->u.d < 9.2e18))
			return 0;
		return (int64_t)v->u.d;
	default: return 0;
	}
}

double v_float_of(const struct value *v)
{
	if (v == NULL)
		return 0;
	return v->type == V_FLOAT ? v->u.d : (double)v_int_of(v);
}

bool v_truthy(const struct value *v)
{
	if (v == NULL)
		return false;
	switch (v->type) {
	case V_NONE: return false;
	case V_BOOL: return v->u.b;
	case V_INT: return v->u.i != 0;
	case V_FLOAT: return v->u.d != 0;
	default: return v_len(v) != 0;
	}
}

bool v_str_is(const struct value *v, const char *s)
{
	return v_is(v, V_STR) && strcmp(v_cstr(v), s) == 0;
}

static void must_be(const struct value *v, enum vtype t)
{
	if (v->type != t)
		fatal("value: a %s where type %d is needed", v_type_name(v), t);
}

void v_list_push(struct value *list, struct value *v)
{
	must_be(list, V_LIST);
	if (list->u.l.n == list->u.l.cap) {
		list->u.l.cap = list->u.l.cap != 0 ? list->u.l.cap * 2 : 4;
		list->u.l.v = xreallocarray(list->u.l.v, list->u.l.cap, sizeof(*list->u.l.v));
	}
	list->u.l.v[list->u.l.n++] = v;
}

const struct value *v_list_at(const struct value *list, size_t i)
{
	return v_is(list, V_LIST) && i < list->u.l.n ? list->u.l.v[i] : NULL;
}

void v_list_set(struct value *list, size_t i, struct value *v)
{
	must_be(list, V_LIST);
	if (i >= list->u.l.n)
		fatal("value: index %zu of a list of %zu", i, list->u.l.n);
	v_unref(list->u.l.v[i]);
	list->u.l.v[i] = v;
}

bool v_list_has_str(const struct value *list, const char *s)
{
	for (size_t i = 0; v_is(list, V_LIST) && i < list->u.l.n; i++)
		if (v_str_is(list->u.l.v[i], s))
			return true;
	return false;
}

static size_t index_cap(const struct value *d)
{
	return d->u.d_.index != NULL ? (size_t)1 << d->index_bits : 0;
}

/* The index holds entry numbers + 1; 0 is free. It is rebuilt when it is half full and after a deletion. */
static void index_insert(struct value *d, size_t entry)
{
	size_t mask = index_cap(d) - 1;
	size_t i = d->u.d_.v[entry].key->hash & mask;
	while (d->u.d_.index[i] != 0)
		i = (i + 1) & mask;
	d->u.d_.index[i] = (uint32_t)entry + 1;
}

static void index_new(struct value *d, size_t cap)
{
	free(d->u.d_.index);
	d->u.d_.index = NULL;
	if (d->u.d_.n <= INDEX_FROM)
		return;
	d->index_bits = 5;
	while ((size_t)1 << d->index_bits < cap)
		d->index_bits++;
	d->u.d_.index = xcalloc((size_t)1 << d->index_bits, sizeof(*d->u.d_.index));
	for (size_t i = 0; i < d->u.d_.n; i++)
		index_insert(d, i);
}

static void index_rebuild(struct value *d)
{
	index_new(d, (size_t)d->u.d_.n * 4);
}

void v_dict_fit(struct value *d)
{
	must_be(d, V_DICT);
	size_t n = d->u.d_.n;
	if (n < d->u.d_.cap && n > 0) {
		d->u.d_.v = xreallocarray(d->u.d_.v, n, sizeof(*d->u.d_.v));
		d->u.d_.cap = (uint32_t)n;
	}
	if (index_cap(d) / 2 >= n * 2)
		index_new(d, n * 2);
}

static bool is_key(const struct key *k, const char *text, size_t n)
{
	return k->len == n && same_bytes(k->text, text, n);
}

/* *hash: of the key; computed where it is needed to look, 0 else. */
static size_t find_hashed(const struct value *d, const char *key, size_t n, uint64_t *hash)
{
	const struct entry *v = d->u.d_.v;
	*hash = 0;
	if (d->u.d_.index == NULL) {
		for (size_t i = 0; i < d->u.d_.n; i++)
			if (is_key(v[i].key, key, n))
				return i;
		return SIZE_MAX;
	}
	size_t mask = index_cap(d) - 1;
	*hash = hash_bytes(key, n);
	for (size_t i = *hash & mask; d->u.d_.index[i] != 0; i = (i + 1) & mask) {
		size_t at = d->u.d_.index[i] - 1;
		if (v[at].key->hash == *hash && is_key(v[at].key, key, n))
			return at;
	}
	return SIZE_MAX;
}

static size_t find_key(const struct value *d, const char *key, size_t n)
{
	uint64_t hash;
	return find_hashed(d, key, n, &hash);
}

void v_dict_setn(struct value *d, const char *key, size_t n, struct value *v)
{
	uint64_t hash;
	must_be(d, V_DICT);
	size_t at = find_hashed(d, key, n, &hash);
	if (at != SIZE_MAX) {
		v_unref(d->u.d_.v[at].v);
		d->u.d_.v[at].v = v;
		return;
	}
	if (d->u.d_.n == d->u.d_.cap) {
		if (d->u.d_.cap > UINT32_MAX / 4)
			fatal("value: a dict of more than %u entries", d->u.d_.cap);
		d->u.d_.cap = d->u.d_.cap != 0 ? d->u.d_.cap * 2 : 4;
		d->u.d_.v = xreallocarray(d->u.d_.v, d->u.d_.cap, sizeof(*d->u.d_.v));
	}
	/* a small dict was searched without it */
	if (d->u.d_.index == NULL)
		hash = hash_bytes(key, n);
	d->u.d_.v[d->u.d_.n] = (struct entry){ key_new(key, n, hash), v };
	d->u.d_.n++;
	if ((size_t)d->u.d_.n * 2 > index_cap(d))
		index_rebuild(d);
	else
		index_insert(d, d->u.d_.n - 1);
}

void v_dict_set(struct value *d, const char *key, struct value *v)
{
	v_dict_setn(d, key, strlen(key), v);
}

const struct value *v_dict_getn(const struct value *d, const char *key, size_t n)
{
	if (!v_is(d, V_DICT))
		return NULL;
	size_t at = find_key(d, key, n);
	return at != SIZE_MAX ? d->u.d_.v[at].v : NULL;
}

const struct value *v_dict_geth(const struct value *d, const char *key, size_t n, uint64_t hash)
{
	if (!v_is(d, V_DICT))
		return NULL;
	const struct entry *v = d->u.d_.v;
	if (d->u.d_.index == NULL) {
		for (size_t i = 0; i < d->u.d_.n; i++)
			if (v[i].key->hash == hash && is_key(v[i].key, key, n))
				return v[i].v;
		return NULL;
	}
	size_t mask = index_cap(d) - 1;
	for (size_t i = hash & mask; d->u.d_.index[i] != 0; i = (i + 1) & mask) {
		size_t at = d->u.d_.index[i] - 1;
		if (v[at].key->hash == hash && is_key(v[at].key, key, n))
			return v[at].v;
	}
	return NULL;
}

const struct value *v_dict_get(const struct value *d, const char *key) { return v_dict_getn(d, key, strlen(key)); }

bool v_dict_del(struct value *d, const char *key)
{
	return v_dict_del_all(d, &key, 1) == 1;
}

size_t v_dict_del_all(struct value *d, const char *const *keys, size_t n)
{
	static struct value gone = { .refs = IMMORTAL, .type = V_NONE };
	must_be(d, V_DICT);
	struct entry *v = d->u.d_.v;
	size_t first = SIZE_MAX, kept, was = d->u.d_.n;
	for (size_t i = 0; i < n; i++) {
		size_t at = find_key(d, keys[i], strlen(keys[i]));
		if (at == SIZE_MAX)
			continue;
		v_unref(v[at].v);
		v[at].v = &gone;                         /* the key stays until all were looked for */
		first = at < first ? at : first;
	}
	if (first == SIZE_MAX)
		return 0;
	kept = first;
	for (size_t i = first; i < was; i++) {
		if (v[i].v != &gone)
			v[kept++] = v[i];
		else
			key_unref(v[i].key);
	}
	d->u.d_.n = (uint32_t)kept;
	index_rebuild(d);
	return was - kept;
}

const char *v_dict_key(const struct value *d, size_t i)
{
	return v_is(d, V_DICT) && i < d->u.d_.n ? d->u.d_.v[i].key->text : NULL;
}

const struct value *v_dict_at(const struct value *d, size_t i)
{
	return v_is(d, V_DICT) && i < d->u.d_.n ? d->u.d_.v[i].v : NULL;
}

const char *v_dict_cstr(const struct value *d, const char *key, const char *fallback)
{
	const struct value *v = v_dict_get(d, key);
	return v_is(v, V_STR) ? v_cstr(v) : fallback;
}

int64_t v_dict_int(const struct value *d, const char *key, int64_t fallback)
{
	const struct value *v = v_dict_get(d, key);
	return v_is(v, V_INT) ? v->u.i : fallback;
}

bool v_dict_bool(const struct value *d, const char *key, bool fallback)
{
	const struct value *v = v_dict_get(d, key);
	return v != NULL ? v_truthy(v) : fallback;
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **v_dict_keys(const struct value *d, bool sorted)
{
	size_t n = v_len(d);
	const char **keys = xcalloc(n + 1, sizeof(*keys));
	for (size_t i = 0; i < n; i++)
		keys[i] = v_dict_key(d, i);
	if (sorted)
		qsort(keys, n, sizeof(*keys), compare_keys);
	return keys;
}

/* Keys are shared and the index is the same. */
static struct value *copy_dict(const struct value *v)
{
	struct value *c = v_dict();
	uint32_t n = v->u.d_.n;
	if (n == 0)
		return c;
	/* room for what is usually added to a copy */
	c->u.d_.cap = n + n / 4 + 4;
	c->u.d_.v = xreallocarray(NULL, c->u.d_.cap, sizeof(*c->u.d_.v));
	for (size_t i = 0; i < n; i++) {
		c->u.d_.v[i] = (struct entry){ key_ref(v->u.d_.v[i].key), v_ref(v->u.d_.v[i].v) };
	}
	c->u.d_.n = n;
	if (v->u.d_.index != NULL) {
		c->index_bits = v->index_bits;
		c->u.d_.index = xreallocarray(NULL, index_cap(v), sizeof(*c->u.d_.index));
		memcpy(c->u.d_.index, v->u.d_.index, index_cap(v) * sizeof(*c->u.d_.index));
	}
	return c;
}

struct value *v_copy(const struct value *v)
{
	if (v->type == V_DICT)
		return copy_dict(v);
	if (v->type != V_LIST)
		return v_ref(v);
	struct value *c = v_list();
	for (size_t i = 0; i < v->u.l.n; i++)
		v_list_push(c, v_ref(v->u.l.v[i]));
	return c;
}

static bool is_number(const struct value *v)
{
	return v->type == V_BOOL || v->type == V_INT || v->type == V_FLOAT;
}

bool v_equal(const struct value *a, const struct value *b)
{
	if (a == b)
		return true;
	if (is_number(a) && is_number(b)) {
		if (a->type == V_FLOAT || b->type == V_FLOAT)
			return v_float_of(a) == v_float_of(b);
		return v_int_of(a) == v_int_of(b);
	}
	if (a->type != b->type || v_len(a) != v_len(b))
		return false;
	switch (a->type) {
	case V_STR: case V_BYTES:
		return memcmp(v_cstr(a), v_cstr(b), v_len(a)) == 0;
	case V_LIST:
		for (size_t i = 0; i < a->u.l.n; i++)
			if (!v_equal(a->u.l.v[i], b->u.l.v[i]))
				return false;
		return true;
	case V_DICT:
		for (size_t i = 0; i < a->u.d_.n; i++) {
			const struct value *other = v_dict_get(b, a->u.d_.v[i].key->text);
			if (other == NULL || !v_equal(a->u.d_.v[i].v, other))
				return false;
		}
		return true;
	default:
		return true;
	}
}

int v_compare_str(const void *a, const void *b)
{
	const struct value *const *x = a, *const *y = b;
	return strcmp(v_cstr(*x), v_cstr(*y));
}
