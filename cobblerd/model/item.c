/* SPDX-License-Identifier: GPL-2.0-or-later
 * item.c - items as arrays of values, one for each row of their table. Default values are shared between all items.
 */
#include "model/item.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "model/checks.h"
#include "model/model_private.h"
#include "value/json.h"

struct item {
	atomic_int refs;
	enum item_type type;
	uint64_t serial;
	struct value *extra;           /* fields of its file that no row knows; NULL: none */
	bool reworded;                 /* loaded from another form than item_to_disk() writes */
	bool saved;                    /* here, after it was loaded or made */
	struct value *v[];
};

/* Rows that the code itself looks at often. */
enum { COL_NAME, COL_UID, COL_PARENT, COL_COUNT };
static const char *const col_names[COL_COUNT] = { "name", "uid", "parent" };
static int cols[ITEM_TYPES][COL_COUNT];
static struct value **defaults[ITEM_TYPES + 1];
static struct value *blank_interface;

__attribute__((constructor(200))) static void parse_defaults(void)
{
	for (size_t t = 0; t <= ITEM_TYPES; t++) {
		const struct item_table *tab = item_tables[t];
		struct err e;
		defaults[t] = xcalloc(tab->n, sizeof(*defaults[t]));
		for (size_t i = 0; i < tab->n; i++)
			v_keep_key(tab->rows[i].name);
		for (size_t i = 0; i < tab->n; i++)
			if (json_parse(tab->rows[i].dflt, strlen(tab->rows[i].dflt), &defaults[t][i], &e) != CB_OK)
				fatal("default of %s.%s: %s", tab->name, tab->rows[i].name, e.text);
		for (size_t c = 0; t < ITEM_TYPES && c < COL_COUNT; c++)
			for (size_t i = 0; i < tab->n; i++)
				if (str_eq(tab->rows[i].name, col_names[c]))
					cols[t][c] = (int)i;
	}
	blank_interface = v_dict();
	for (size_t i = 0; i < network_interface_table.n; i++)
		v_dict_set(blank_interface, network_interface_table.rows[i].name, v_ref(defaults[ITEM_INTERFACE][i]));
}

__attribute__((destructor)) static void free_defaults(void)
{
	for (size_t t = 0; t <= ITEM_TYPES; t++) {
		for (size_t i = 0; i < item_tables[t]->n; i++)
			v_unref(defaults[t][i]);
		free(defaults[t]);
	}
	v_unref(blank_interface);
}

static const struct item_table *table_of(const struct item *it)
{
	return item_tables[it->type];
}

static struct item *alloc_item(enum item_type type)
{
	struct item *it = xcalloc(1, sizeof(*it) + item_tables[type]->n * sizeof(it->v[0]));
	static atomic_ullong serials;
	atomic_init(&it->refs, 1);
	it->serial = 1 + atomic_fetch_add_explicit(&serials, 1, memory_order_relaxed);
	it->type = type;
	return it;
}

static struct item *default_item(enum item_type type)
{
	struct item *it = alloc_item(type);
	for (size_t i = 0; i < item_tables[type]->n; i++)
		it->v[i] = v_ref(defaults[type][i]);
	return it;
}

static void give_uid(struct item *it)
{
	char uid[33];
	random_hex(uid, 16);
	v_unref(it->v[cols[it->type][COL_UID]]);
	it->v[cols[it->type][COL_UID]] = v_str(uid);
}

struct item *item_new(enum item_type type)
{
	struct item *it = default_item(type);
	give_uid(it);
	return it;
}

struct item *item_edit(const struct item *old)
{
	struct item *it = alloc_item(old->type);
	for (size_t i = 0; i < item_tables[old->type]->n; i++)
		it->v[i] = v_ref(old->v[i]);
	it->extra = old->extra != NULL ? v_ref(old->extra) : NULL;
	return it;
}

uint64_t item_serial(const struct item *it) { return it->serial; }

struct item *item_ref(const struct item *cit)
{
	struct item *it = (struct item *)(uintptr_t)cit;
	atomic_fetch_add_explicit(&it->refs, 1, memory_order_relaxed);
	return it;
}

void item_unref(struct item *it)
{
	if (it == NULL || atomic_fetch_sub_explicit(&it->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < item_tables[it->type]->n; i++)
		v_unref(it->v[i]);
	v_unref(it->extra);
	free(it);
}

void item_unrefp(struct item **it)
{
	item_unref(*it);
	*it = NULL;
}

enum item_type item_type(const struct item *it) { return it->type; }
const char *item_name(const struct item *it) { return v_cstr(it->v[cols[it->type][COL_NAME]]); }
const char *item_uid(const struct item *it) { return v_cstr(it->v[cols[it->type][COL_UID]]); }

const struct value *item_at(const struct item *it, size_t row)
{
	if (row >= table_of(it)->n)
		return NULL;
	const char *mirrored = table_of(it)->rows[row].alias_of;
	return mirrored != NULL ? item_get(it, mirrored) : it->v[row];
}

const struct value *item_get(const struct item *it, const char *field)
{
	int i = field_index(table_of(it), field);
	return i >= 0 ? item_at(it, (size_t)i) : NULL;
}

const char *item_str(const struct item *it, const char *field)
{
	return v_cstr(item_get(it, field));
}

bool item_bool(const struct item *it, const char *field)
{
	return v_truthy(item_get(it, field));
}

const struct value *item_interfaces(const struct item *it)
{
	static struct value *empty;
	if (it->type == ITEM_SYSTEM)
		return item_get(it, "interfaces");
	struct value *mine = __atomic_load_n(&empty, __ATOMIC_ACQUIRE);
	if (mine == NULL) {
		struct value *fresh = v_dict();
		if (__atomic_compare_exchange_n(&empty, &mine, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			mine = fresh;
		else
			v_unref(fresh);
	}
	return mine;
}

const char *item_parent(const struct item *it, enum item_type *type)
{
	const char *parent = v_cstr(it->v[cols[it->type][COL_PARENT]]);
	*type = it->type;
	if (*parent != '\0' && it->type != ITEM_DISTRO)
		return parent;
	if (it->type == ITEM_PROFILE) {
		*type = ITEM_DISTRO;
		return item_str(it, "distro");
	}
	if (it->type == ITEM_SYSTEM) {
		const char *profile = item_str(it, "profile");
		*type = *profile != '\0' ? ITEM_PROFILE : ITEM_IMAGE;
		return *profile != '\0' ? profile : item_str(it, "image");
	}
	return "";
}

/* Lets a row's setter work on v. *ret owned. */
static int run_check(const struct item_ctx *ctx, struct item *it, const struct field *f, const struct value *v, struct value **ret,
	struct err *e)
{
	return f->check != NULL ? f->check(ctx, it, f, v, ret, e) : check_by_type(ctx, it, f, v, ret, e);
}

int item_set_in(const struct item_ctx *ctx, struct item *it, const char *field, const struct value *v, struct err *e)
{
	int i = field_index(table_of(it), field);
	if (i >= 0 && table_of(it)->rows[i].alias_of != NULL)
		i = field_index(table_of(it), table_of(it)->rows[i].alias_of);
	if (i < 0 || (table_of(it)->rows[i].flags & FF_READONLY))
		return err_set(e, CB_ENOENT, "%s has no field \"%s\" that can be set", table_of(it)->name, field);
	struct value *clean = NULL, *now = old_value(field, table_of(it)->rows[i].name, v);
	int rc = run_check(ctx, it, &table_of(it)->rows[i], now, &clean, e);
	v_unref(now);
	if (rc != CB_OK)
		return rc;
	v_unref(it->v[i]);
	it->v[i] = clean;
	return CB_OK;
}

int item_set(struct item *it, const char *field, const struct value *v, struct err *e)
{
	return item_set_in(NULL, it, field, v, e);
}

int item_set_str(struct item *it, const char *field, const char *s, struct err *e)
{
	struct value *v = v_str(s);
	int rc = item_set(it, field, v, e);
	v_unref(v);
	return rc;
}

void item_put(struct item *it, const char *field, struct value *v)
{
	int i = field_index(table_of(it), field);
	if (i < 0)
		fatal("%s has no field %s", table_of(it)->name, field);
	v_unref(it->v[i]);
	it->v[i] = v;
}

/* A copy: all interfaces share one set of keys. */
static struct value *new_interface(void)
{
	return v_copy(blank_interface);
}

static bool interface_name_ok(const char *s)
{
	size_t n = strlen(s);
	if (n == 0 || n > 64 || str_eq(s, ".") || str_eq(s, ".."))
		return false;
	for (; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && strchr("_.:-@", *s) == NULL)
			return false;
	return true;
}

/* A set of interfaces of its own with this one in it; the inner dict is unshared too. Takes nothing, *iface borrows. */
static struct value *own_interfaces(struct item *it, const char *name, struct value **iface)
{
	struct value *all = v_copy(item_interfaces(it));
	const struct value *old = v_dict_get(all, name);
	*iface = old != NULL ? v_copy(old) : new_interface();
	v_dict_set(all, name, *iface);
	return all;
}

int item_set_interface_in(const struct item_ctx *ctx, struct item *it, const char *name, const char *field, const struct value *v,
	struct err *e)
{
	struct value *iface, *clean;
	if (it->type != ITEM_SYSTEM)
		return err_set(e, CB_EINVAL, "a %s has no interfaces", table_of(it)->name);
	if (*name == '\0')
		name = "default";
	if (!interface_name_ok(name))
		return err_py(e, CB_EINVAL, PY_VALUE, "\"%s\" is not a usable interface name", name);
	if (field != NULL) {
		int i = field_index(&network_interface_table, field);
		if (i < 0)
			return err_set(e, CB_ENOENT, "an interface has no field \"%s\"", field);
		const struct field *f = &network_interface_table.rows[i];
		/* compat: setting what is there already is never a duplicate; but an empty bridge becomes "<<inherit>>". */
		const struct value *now = v_dict_get(v_dict_get(item_interfaces(it), name), f->name);
		if (now != NULL && v_equal(now, v) && !(f->flags & FF_INHERIT))
			return CB_OK;
		struct value *meant = old_value(field, f->name, v);
		int rc = run_check(ctx, it, f, meant, &clean, e);
		v_unref(meant);
		if (rc != CB_OK)
			return rc;
		field = f->name;
	}
	struct value *all = own_interfaces(it, name, &iface);
	if (field != NULL)
		v_dict_set(iface, field, clean);
	v_dict_fit(iface);
	item_put(it, "interfaces", all);
	return CB_OK;
}

int item_set_interface(struct item *it, const char *iface, const char *field, const struct value *v, struct err *e)
{
	return item_set_interface_in(NULL, it, iface, field, v, e);
}

int item_delete_interface(struct item *it, const char *name, struct err *e)
{
	struct value *all = v_copy(item_interfaces(it));
	if (!v_dict_del(all, name)) {
		v_unref(all);
		return err_py(e, CB_ENOENT, PY_KEY, "%s", name);
	}
	item_put(it, "interfaces", all);
	return CB_OK;
}

int item_rename_interface(struct item *it, const char *from, const char *to, struct err *e)
{
	const struct value *old = item_interfaces(it), *moved = v_dict_get(old, from);
	if (moved == NULL)
		return err_py(e, CB_ENOENT, PY_VALUE, "Interface \"%s\" does not exist", from);
	if (v_dict_get(old, to) != NULL)
		return err_py(e, CB_EEXIST, PY_VALUE, "Interface \"%s\" already exists", to);
	if (!interface_name_ok(to))
		return err_py(e, CB_EINVAL, PY_VALUE, "\"%s\" is not a usable interface name", to);
	struct value *all = v_copy(old);
	v_dict_set(all, to, v_ref(moved));
	v_dict_del(all, from);
	item_put(it, "interfaces", all);
	return CB_OK;
}

bool item_is_saved(const struct item *it)
{
	return it->saved;
}

void item_mark_saved(struct item *it)
{
	it->saved = true;
}

static struct value *as_dict(const struct item *it, unsigned leave_out)
{
	struct value *d = v_dict();
	for (size_t i = 0; i < table_of(it)->n; i++)
		if (!(table_of(it)->rows[i].flags & leave_out))
			v_dict_set(d, table_of(it)->rows[i].name, v_ref(item_at(it, i)));
	return d;
}

struct value *item_to_dict(const struct item *it)
{
	return as_dict(it, FF_NOWIRE);
}

/* compat: Cobbler writes the value of an enumeration, but loads it by its member's name, so that it cannot read its own
 * "virt-clone". The name is what both sides read. */
static void enums_by_name(const struct item *it, struct value *d)
{
	for (size_t i = 0; i < table_of(it)->n; i++) {
		const struct field *f = &table_of(it)->rows[i];
		const struct value *v = item_at(it, i);
		if (f->type != F_ENUM || is_inherit(v) || !v_is(v, V_STR) || strchr(v_cstr(v), '-') == NULL)
			continue;
		char *name = xstrdup(v_cstr(v));
		for (char *c = strchr(name, '-'); c != NULL; c = strchr(c, '-'))
			*c = '_';
		v_dict_set(d, f->name, v_str(name));
		free(name);
	}
}

struct value *item_to_disk(const struct item *it)
{
	struct value *d = as_dict(it, FF_NODISK);
	enums_by_name(it, d);
	for (size_t i = 0; i < v_len(it->extra); i++)
		v_dict_set(d, v_dict_key(it->extra, i), v_ref(v_dict_at(it->extra, i)));
	return d;
}

static bool is_choice(const struct field *f, const char *text)
{
	for (size_t i = 0; f->choices[i] != NULL; i++)
		if (str_eq(f->choices[i], text))
			return true;
	return false;
}

/* Does a stored value have a form that the row can hold? Older releases wrote null and "" for what is absent. dflt borrows. */
static struct value *from_disk(const struct field *f, const struct value *v, const struct value *dflt)
{
	bool absent = v_is(v, V_NONE) || v_str_is(v, "");
	int64_t n;
	if (is_inherit(v) && (f->flags & FF_INHERIT))
		return v_ref(v);
	switch (f->type) {
	case F_STR:
		return v_is(v, V_STR) || f->check == check_any ? v_ref(v) : v_is(v, V_NONE) ? v_str("") : NULL;
	case F_ENUM:
		return absent ? v_ref(dflt) : v_is(v, V_STR) && is_choice(f, v_cstr(v)) ? v_ref(v) : NULL;
	case F_BOOL:
		return v_is(v, V_BOOL) ? v_ref(v) : v_is(v, V_INT) || absent ? v_bool(v_truthy(v)) : NULL;
	case F_INT:
		return v_is(v, V_INT) ? v_ref(v) : absent ? v_ref(dflt) : v_is(v, V_STR) && parse_int64(v_cstr(v), &n) ? v_int(n) : NULL;
	case F_FLOAT:
		return v_is(v, V_FLOAT) ? v_ref(v) : v_is(v, V_INT) ? v_float((double)v_int_of(v)) : absent ? v_ref(dflt) : NULL;
	case F_LIST:
		return v_is(v, V_LIST) ? v_ref(v) : v_is(v, V_NONE) ? v_list() : NULL;
	case F_DICT:
		return v_is(v, V_DICT) ? v_ref(v) : absent ? v_dict() : NULL;
	case F_OPAQUE:
		return v_ref(v);
	}
	return NULL;
}

static int load_value(struct item *it, const struct field *f, const struct value *v, const struct value *dflt, struct value **ret,
	struct err *e)
{
	struct err inner;
	*ret = from_disk(f, v, dflt);
	/* What has another form goes through the setter, which knows the text forms of old releases. */
	if (*ret == NULL && run_check(NULL, it, f, v, ret, &inner) != CB_OK)
		return err_set(e, CB_EPARSE, "%s: %s", f->name, inner.text);
	it->reworded = it->reworded || *ret != v;
	/* One default for all items: most fields of most items have it. */
	if (*ret != dflt && v_type(*ret) == v_type(dflt) && v_equal(*ret, dflt)) {
		v_unref(*ret);
		*ret = v_ref(dflt);
	}
	return CB_OK;
}

static int load_field(struct item *it, size_t row, const struct value *v, struct err *e)
{
	struct value *clean;
	int rc = load_value(it, &table_of(it)->rows[row], v, defaults[it->type][row], &clean, e);
	if (rc != CB_OK)
		return rc;
	v_unref(it->v[row]);
	it->v[row] = clean;
	return CB_OK;
}

/* One stored interface: missing fields get defaults, unknown ones stay. Returns owned, or NULL. */
static struct value *load_interface(struct item *it, const char *name, const struct value *stored, struct err *e)
{
	if (!v_is(stored, V_DICT)) {
		err_set(e, CB_EPARSE, "interfaces: \"%s\" is a %s, not a dict", name, v_type_name(stored));
		return NULL;
	}
	struct value *iface = new_interface();
	for (size_t k = 0; k < v_len(stored); k++) {
		const char *key = v_dict_key(stored, k);
		int row = field_index(&network_interface_table, key);
		struct value *clean;
		if (row < 0) {
			v_dict_set(iface, key, v_ref(v_dict_at(stored, k)));
		} else if (load_value(it, &network_interface_table.rows[row], v_dict_at(stored, k), defaults[ITEM_INTERFACE][row], &clean,
			e) == CB_OK) {
			v_dict_set(iface, network_interface_table.rows[row].name, clean);
		} else {
			err_prefix(e, "interfaces: %s", name);
			v_unref(iface);
			return NULL;
		}
	}
	v_dict_fit(iface);
	return iface;
}

static int load_interfaces(struct item *it, const struct value *v, struct err *e)
{
	struct value *all = v_dict();
	for (size_t i = 0; i < v_len(v); i++) {
		struct value *iface = v_is(v, V_DICT) ? load_interface(it, v_dict_key(v, i), v_dict_at(v, i), e) : NULL;
		if (iface == NULL) {
			v_unref(all);
			return v_is(v, V_DICT) ? CB_EPARSE : err_set(e, CB_EPARSE, "interfaces: a dict expected, not a %s", v_type_name(v));
		}
		v_dict_set(all, v_dict_key(v, i), iface);
	}
	item_put(it, "interfaces", all);
	return CB_OK;
}

/* dict: in present words. */
static int load_fields(struct item *it, const struct value *dict, struct err *e)
{
	for (size_t i = 0; i < v_len(dict); i++) {
		const char *key = v_dict_key(dict, i);
		const struct value *v = v_dict_at(dict, i);
		int row = field_index(table_of(it), key), rc = CB_OK;
		if (row >= 0 && (table_of(it)->rows[row].flags & FF_NODISK)) {
			it->reworded = true;
			continue;
		}
		if (row < 0) {
			if (it->extra == NULL)
				it->extra = v_dict();
			v_dict_set(it->extra, key, v_ref(v));
		} else if (str_eq(key, "interfaces")) {
			rc = load_interfaces(it, v, e);
		} else {
			rc = load_field(it, (size_t)row, v, e);
		}
		if (rc != CB_OK)
			return rc;
	}
	return CB_OK;
}

/* compat: Profile.filename, System.filename - the "" of a new subprofile, or of an old system, is "<<inherit>>" once it was loaded. */
static void inherit_filename(struct item *it)
{
	int row = field_index(table_of(it), "filename");
	if (row >= 0 && v_str_is(it->v[row], "") && (it->type == ITEM_SYSTEM || *item_str(it, "parent") != '\0'))
		item_put(it, "filename", v_str("<<inherit>>"));
}

/* Fields that setters of other fields fill. */
static void derive_fields(struct item *it)
{
	static const char *const sources[] = { "remote_boot_kernel", "remote_boot_initrd" };
	for (size_t i = 0; it->type == ITEM_DISTRO && i < ARRAY_LEN(sources); i++) {
		const struct field *f = &table_of(it)->rows[field_index(table_of(it), sources[i])];
		struct value *same;
		struct err ignored;                     /* a URL of an older release that GRUB cannot use: it has no form for GRUB */
		if (run_check(NULL, it, f, item_get(it, f->name), &same, &ignored) == CB_OK)
			v_unref(same);
	}
}

bool item_is_reworded(const struct item *it)
{
	return it->reworded;
}

int item_from_disk(enum item_type type, const struct value *dict, struct item **ret, struct err *e)
{
	CLEANUP(item_unrefp) struct item *it = default_item(type);
	CLEANUP(v_unrefp) struct value *now = NULL;
	struct value *name;
	if (!v_is(dict, V_DICT))
		return err_set(e, CB_EPARSE, "a JSON object expected, not a %s", v_type_name(dict));
	now = item_modernise(type, dict);
	int rc = load_fields(it, now, e);
	if (rc != CB_OK)
		return rc;
	it->reworded = it->reworded || now != dict;
	if (v_dict_get(now, "uid") == NULL)
		give_uid(it);
	if (*item_name(it) == '\0')
		return err_set(e, CB_EPARSE, "it has no name");
	if (check_name(NULL, it, &table_of(it)->rows[cols[type][COL_NAME]], it->v[cols[type][COL_NAME]], &name, e) != CB_OK)
		return CB_EPARSE;
	v_unref(name);
	derive_fields(it);
	inherit_filename(it);
	*ret = item_ref(it);
	return CB_OK;
}
