/* SPDX-License-Identifier: GPL-2.0-or-later
 * value.h - the one dynamic value: None, bool, int, float, str, bytes, list, dict (insertion order).
 *
 * Reference-counted, counts are atomic. A value may be changed only by whoever created it and only before it is
 * shared; after that it is immutable and may be read by any thread. Ownership words: "takes" = the callee owns the
 * reference passed in; "returns owned" = release with v_unref; "borrows" = valid as long as its container.
 * NULL is never a value, but v_unref(NULL) is allowed, and the readers below treat NULL as absent.
 */
#ifndef VALUE_VALUE_H
#define VALUE_VALUE_H

#include "base/strbuf.h"
#include "base/util.h"

enum vtype { V_NONE, V_BOOL, V_INT, V_FLOAT, V_STR, V_BYTES, V_LIST, V_DICT };

struct value;

/* Constructors: return owned. None, booleans, "" and small ints are shared and cost nothing. */
struct value *v_none(void);
struct value *v_bool(bool b);
struct value *v_int(int64_t i);
struct value *v_float(double d);
struct value *v_str(const char *s);
struct value *v_strn(const char *s, size_t n);               /* no NUL inside: callers check at the border */
struct value *v_strf(const char *fmt, ...) PRINTF_LIKE(1, 2);
struct value *v_bytes(const void *p, size_t n);
struct value *v_list(void);
struct value *v_dict(void);

struct value *v_ref(const struct value *v);                   /* returns owned: one more reference */
void v_unref(struct value *v);
void v_unrefp(struct value **v);                              /* for CLEANUP() */

enum vtype v_type(const struct value *v);
static inline bool v_is(const struct value *v, enum vtype t) { return v != NULL && v_type(v) == t; }
const char *v_type_name(const struct value *v);               /* Python's: "NoneType", "str", ... */

/* Scalars. v_cstr: text of a str (or bytes), NUL-terminated, borrows; "" for anything else. v_len: bytes of a str/bytes,
 * elements of a list/dict, else 0. v_int_of: value of int or bool, truncated float, else 0. */
const char *v_cstr(const struct value *v);
size_t v_len(const struct value *v);
int64_t v_int_of(const struct value *v);
double v_float_of(const struct value *v);
bool v_truthy(const struct value *v);                         /* Python truth */
bool v_str_is(const struct value *v, const char *s);          /* a str with this text */

/* Lists. Indexes out of range give NULL. */
void v_list_push(struct value *list, struct value *v);        /* takes v */
const struct value *v_list_at(const struct value *list, size_t i);
void v_list_set(struct value *list, size_t i, struct value *v);   /* takes v; i < len */
bool v_list_has_str(const struct value *list, const char *s);

/* Dicts: keys are text. v_dict_set keeps the position of an existing key. */
void v_dict_set(struct value *dict, const char *key, struct value *v);    /* takes v */
void v_dict_setn(struct value *dict, const char *key, size_t n, struct value *v);
const struct value *v_dict_get(const struct value *dict, const char *key);
const struct value *v_dict_getn(const struct value *dict, const char *key, size_t n);
const struct value *v_dict_geth(const struct value *dict, const char *key, size_t n, uint64_t hash);  /* hash_bytes() of the key */
bool v_dict_del(struct value *dict, const char *key);
/* Those of the n keys that are there, at the cost of one; how many were. */
size_t v_dict_del_all(struct value *dict, const char *const *keys, size_t n);
/* Gives back the memory that was meant for more entries; for a dict of which thousands are kept. */
void v_dict_fit(struct value *dict);
const char *v_dict_key(const struct value *dict, size_t i);
const struct value *v_dict_at(const struct value *dict, size_t i);
/* A name that many dicts have as a key: from now on there is one of it. Only while there is one thread. */
void v_keep_key(const char *name);
/* Readers with a fallback for absent or wrongly typed entries. */
const char *v_dict_cstr(const struct value *dict, const char *key, const char *fallback);
int64_t v_dict_int(const struct value *dict, const char *key, int64_t fallback);
bool v_dict_bool(const struct value *dict, const char *key, bool fallback);   /* Python truth of what is there */

/* The v_len keys, in the order of the dict or of their bytes. The array is the caller's to free; the texts are the dict's. */
const char **v_dict_keys(const struct value *dict, bool sorted);

struct value *v_copy(const struct value *v);                  /* returns owned: a container of its own, elements shared */
bool v_equal(const struct value *a, const struct value *b);   /* Python ==: 1 == 1.0 == True, dict order ignored */
int v_compare_str(const void *a, const void *b);              /* qsort over struct value *: by text */

/* Python's str() and repr(), appended. Floats as repr prints them (shortest round trip). */
void v_py_str(struct strbuf *out, const struct value *v);
void v_py_repr(struct strbuf *out, const struct value *v);
void py_float_repr(struct strbuf *out, double d);
void py_str_repr(struct strbuf *out, const char *s, size_t n);

#endif
