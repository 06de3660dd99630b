/* SPDX-License-Identifier: GPL-2.0-or-later
 * rv.h - the values of a running template: 16 bytes, tagged, Python-shaped. Values of the model are wrapped, not
 * copied; what a template makes lives in the arena of the render and is freed with it.
 */
#ifndef ENGINE_RV_H
#define ENGINE_RV_H

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "snippets/engine/limits.h"
#include "value/value.h"

enum rtype {
	R_UNSET,
	R_UNDEF,
	R_NONE,
	R_BOOL,
	R_INT,
	R_BIG,
	R_FLOAT,
	R_STR,
	R_LIST,
	R_TUPLE,
	R_DICT,
	R_SET,
	R_MLIST,
	R_MDICT,
	R_RANGE,
	R_VIEW,
	R_ITER,
	R_SLICE,
	R_FUNC,
	R_METHOD,
	R_TYPE,
	R_DEF,
	R_MODULE,
	R_OBJ,
	R_TYPES
};

/* Views of a dict and what iterators call themselves when printed. */
enum view_kind { VIEW_KEYS, VIEW_VALUES, VIEW_ITEMS };

enum {
	RV_MARKUP = 1,                           /* fl of R_STR: text that needs no HTML escape */
	RV_FROZEN = 2                            /* fl of R_SET: a frozenset */
};

struct rt;
struct rlist;
struct rdict;
struct riter;
struct rrange { int64_t start, stop, step; };
struct native;
struct nmethod;
struct module;
struct robj;
struct fdef;
struct undef;
struct bigint;

struct rv {
	uint8_t t;
	uint8_t fl;
	uint16_t aux;                    /* view kind, type id */
	uint32_t n;                      /* bytes of a text */
	union {
		bool b;
		int64_t i;
		double d;
		const struct bigint *big;
		const char *s;
		struct rlist *l;         /* R_LIST, R_TUPLE, R_VIEW */
		struct rdict *m;         /* R_DICT, R_SET */
		const struct value *v;   /* R_MLIST, R_MDICT */
		const struct rrange *r;
		struct riter *it;
		const struct native *f;
		const struct nmethod *me;
		const struct module *mod;
		const struct robj *o;
		const struct fdef *fd;
		const struct undef *ud;
	} u;
};

struct rlist { struct rv *v; uint32_t n, cap; };
struct rentry { struct rv key, val; uint64_t hash; bool live; };
struct rdict { struct rentry *e; uint32_t used, live, cap; uint32_t *index; uint32_t index_cap; };
/* What an iterator has left: the rest of a list; before it, while more is not NULL, what that gives (false: its end, or an exception). */
struct riter {
	struct rlist *l;
	uint32_t pos;
	const char *name;
	bool (*more)(struct rt *rt, struct riter *it, struct rv *out);
	void *data;
};
struct undef {
	const char *name;
	const char *what;
	const struct value *of;          /* the dict that has no such entry, or NULL */
}; /* what: the whole message when it is not "'name' is undefined" */

struct karg { const char *name; uint32_t n; struct rv v; };
struct args { const struct rv *v; uint32_t n; const struct karg *kw; uint32_t nkw; };

/* A native function or method. params: names of parameters separated by blanks, at least min of them; "*" hands over a
 * alone. v[] holds the bound values, R_UNSET where absent. False: an exception is set. */
typedef bool (*native_fn)(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out);
struct native { const char *name; const char *params; uint8_t min; native_fn fn; };
struct nmethod { struct rv self; const struct native *f; };
enum exc {
	EX_NONE,
	EX_EXCEPTION,
	EX_ARITHMETIC,
	EX_ZERODIV,
	EX_OVERFLOW,
	EX_ASSERTION,
	EX_ATTRIBUTE,
	EX_LOOKUP,
	EX_INDEX,
	EX_KEY,
	EX_NAME,
	EX_UNBOUND,
	EX_NOTFOUND,
	EX_TYPE,
	EX_VALUE,
	EX_RUNTIME,
	EX_NOTIMPL,
	EX_STOPITER,
	EX_IMPORT,
	EX_SYNTAX,
	EX_UNDEFINED,
	EX_TEMPLATE_NOT_FOUND,
	EX_FILTER_ARG,
	EX_TEMPLATE_RUNTIME,
	EX_OS,
	EX_FILE_NOT_FOUND,
	EX_FILE_EXISTS,
	EX_PERMISSION,
	EX_IS_A_DIRECTORY,
	EX_NOT_A_DIRECTORY,
	EX_TIMEOUT,
	EX_CONNECTION,
	EX_CONNECTION_REFUSED,
	EX_CONNECTION_RESET,
	EX_EOF,
	EX_MEMORY,
	EX_BUFFER,
	EX_SYSTEM,
	EX_RECURSION,
	EX_FLOATING_POINT,
	EX_MODULE_NOT_FOUND,
	EX_WARNING,
	EX_USER_WARNING,
	EX_DEPRECATION_WARNING,
	EX_SYSTEM_EXIT,
	EX_KEYBOARD_INTERRUPT,
	EX_RE,
	EX_ADDR,
	EX_UNICODE,
	EX_UNICODE_DECODE,
	EX_UNICODE_ENCODE,
	EX_LIMIT,
	EX_COUNT
};

/* What a module has: functions in one or more tables, its exception (EX_NONE: none of its own), numbers, and what has to be made when it
 * is asked for. Absent parts are NULL. */
struct module {
	const char *name;
	const struct native *f;
	const struct native *const *more;
	enum exc error;
	const struct modnum { const char *name; int64_t v; } *nums;
	bool (*attr)(struct rt *rt, const char *name, struct rv *out);
};

enum binop {
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_DIV,
	OP_FLOORDIV,
	OP_MOD,
	OP_POW,
	OP_LSHIFT,
	OP_RSHIFT,
	OP_BAND,
	OP_BOR,
	OP_BXOR
};

/* Objects with behaviour of their own: loop, namespace, re.Match ... Absent operations are refused. */
struct obj_ops {
	const char *type;
	bool (*attr)(
		struct rt *rt, const struct robj *o, const char *name, struct rv *out); /* R_UNSET: no such attribute */
	bool (*call)(struct rt *rt, const struct robj *o, const struct args *a, struct rv *out);
	bool (*item)(struct rt *rt, const struct robj *o, struct rv key, struct rv *out);
	bool (*set)(struct rt *rt, const struct robj *o, const char *name, struct rv v);
	void (*str)(struct rt *rt, const struct robj *o, struct strbuf *b, bool repr);
	bool (*iter)(struct rt *rt, const struct robj *o, struct rlist **out);
	int (*cmp)(const struct robj *a, const struct robj *b); /* NULL: identity only */
	bool (*eq)(const struct robj *a, const struct robj *b); /* NULL: as cmp says */
	const struct obj_ops *family; /* objects of one family compare with each other; NULL: with those of equal ops */
	bool (*binop)(struct rt *rt, enum binop op, struct rv a, struct rv b, struct rv *out); /* R_UNSET: not this one */
	bool (*num)(struct rt *rt, const struct robj *o, struct rv *out); /* int(o) */
	bool (*contains)(struct rt *rt, const struct robj *o, struct rv x, bool *out);
	int64_t (*len)(const struct robj *o);
	bool (*truth)(const struct robj *o);
	int (*type_id)(const struct robj *o); /* what type() says; NULL: object */
};
struct robj { const struct obj_ops *ops; void *data; };

/* Exceptions, as #except and fault texts see them. */
const char *exc_name(enum exc c);
const char *exc_module(enum exc c);                             /* NULL: built in */
bool exc_is_a(enum exc c, enum exc base);
int exc_find(const char *name);                                 /* -1: none */

/* Constructors. What they make lives in the arena of the render; "borrows": as long as what it is made of. */
static inline struct rv rv_none(void) { return (struct rv){ .t = R_NONE }; }
static inline struct rv rv_bool(bool b) { return (struct rv){ .t = R_BOOL, .u.b = b }; }
static inline struct rv rv_int(int64_t i) { return (struct rv){ .t = R_INT, .u.i = i }; }
static inline struct rv rv_float(double d) { return (struct rv){ .t = R_FLOAT, .u.d = d }; }
static inline struct rv rv_strn(const char *s, size_t n)
{
	return (struct rv){.t = R_STR, .n = (uint32_t)n, .u.s = s};
}
struct rv rv_cstr(const char *s);                               /* borrows */
struct rv rv_wrap(const struct value *v);                       /* borrows */
/* The entry of a dict; hash: hash_bytes() of the key. False: there is none, *out is as before. */
bool rv_entry(const struct value *dict, const char *key, size_t n, uint64_t hash, struct rv *out);
struct rv rv_list(struct rt *rt, uint32_t cap);                 /* empty, with room for so many */
struct rv rv_tuple(struct rt *rt, const struct rv *v, uint32_t n);      /* v is copied */
struct rv rv_dict(struct rt *rt);
struct rv rv_set(struct rt *rt);
struct rv rv_obj(struct rt *rt, const struct obj_ops *ops, void *data); /* borrows both */
struct rv rv_iter_of(struct rt *rt, struct rv list, const char *name);  /* over what is left of a list; name: for its repr() */
struct rv rv_undef(struct rt *rt, const char *name, const char *what);  /* Jinja's undefined value: see struct undef; borrows */
struct rv rv_dup(struct rt *rt, const char *s, size_t n);       /* text copied to the arena */
struct rv rv_take(struct rt *rt, size_t mark); /* text of the scratch buffer from mark on; drops it there */
void rlist_push(struct rt *rt, struct rlist *l, struct rv v);   /* EX_LIMIT in rt->exc for more than LIM_ITEMS */

void *rt_alloc(struct rt *rt, size_t n);                        /* never NULL: the limit is seen at the next step */
bool raise(struct rt *rt, enum exc c, const char *fmt, ...) PRINTF_LIKE(3, 4);   /* always false */

/* dict of any hashable keys; false: exception (unhashable) */
bool rdict_get(struct rt *rt, const struct rdict *d, struct rv key, struct rv *out, bool *found);
bool rdict_set(struct rt *rt, struct rdict *d, struct rv key, struct rv val);
bool rdict_del(struct rt *rt, struct rdict *d, struct rv key, bool *found);
void rdict_sets(struct rt *rt, struct rdict *d, const char *key, struct rv val);        /* borrows key */
void rdict_clear(struct rdict *d);

/* Reading. Where something can go wrong, false means that an exception is set. */
bool rv_truthy(struct rv v);                                    /* of a container that may be changed: rv_live() first */
bool rv_is_num(struct rv v);                                    /* int, bool or float */
double rv_num(struct rv v);                                     /* of such; infinite for an int that is larger than any */
int64_t rv_asint(struct rv v);                                  /* of int or bool; a larger one is cut to 64 bits' least or greatest */
const char *rv_type_name(struct rv v);                          /* as Python's messages name it */
const char *type_name(int id);                                  /* of a TY_ below TY_EXC */
bool rv_streq(struct rv v, const char *s);
const char *rv_cz(struct rt *rt, struct rv s);                  /* NUL-terminated copy of a text */
struct rv rv_live(struct rt *rt, struct rv v); /* a model container that was changed here: its changed copy */
bool rv_thaw(struct rt *rt, struct rv v, struct rv *out);       /* the same container, changeable */
bool rv_list_of(
	struct rt *rt, struct rv v, struct rlist **out); /* any iterable, spelled out (a list itself is not copied) */
bool rv_copy_list(struct rt *rt, struct rv v, struct rv *out);  /* a new R_LIST of the items */
bool rv_set_of(struct rt *rt, struct rv v, struct rv *out);      /* a new R_SET of the items of any iterable */
bool rv_seq(struct rv v);                                       /* list or tuple or model list */
bool rv_mapping(struct rv v);                                   /* dict or model dict */
bool rv_map_get(struct rt *rt, struct rv m, const char *key, size_t n, struct rv *out);   /* false: absent */
bool rv_hash(struct rt *rt, struct rv v, uint64_t *h);           /* equal values have equal ones; TypeError: unhashable */
bool rv_same(struct rv a, struct rv b);                         /* Python's `is` */
bool rv_eq(struct rt *rt, struct rv a, struct rv b);            /* a limit may be passed: look at rt->exc */
bool rv_order(struct rt *rt, struct rv a, struct rv b, const char *op, int *out);       /* -1, 0, 1; 2: none of these. op: for TypeError */
bool rv_contains(struct rt *rt, struct rv box, struct rv x, bool *out);                 /* x in box */
bool rv_len(struct rt *rt, struct rv v, int64_t *out);
bool rv_callable(struct rv v);

/* Walking over whatever can be walked over. size: of a dict or set when it began */
struct cursor { struct rv v; size_t i; struct rlist *l; uint32_t size; };
bool cur_start(struct rt *rt, struct rv v, struct cursor *c);
bool cur_next(struct rt *rt, struct cursor *c, struct rv *out); /* false: at the end, or an exception is set */

/* Text: str(v) and repr(v) are appended to b; a limit may be passed: look at rt->exc. */
void rv_str(struct rt *rt, struct rv v, struct strbuf *b);
void rv_repr(struct rt *rt, struct rv v, struct strbuf *b);
struct rv rv_tostr(struct rt *rt, struct rv v);

/* operators; containers of the model are changed in a copy, which rv_live() finds */
bool rv_binop(struct rt *rt, enum binop op, struct rv a, struct rv b, struct rv *out);
bool rv_getitem(struct rt *rt, struct rv o, struct rv key, struct rv *out);
bool rv_slice(struct rt *rt, struct rv o, struct rv lo, struct rv hi, struct rv step, struct rv *out);
bool rv_setitem(struct rt *rt, struct rv o, struct rv key, struct rv val);
bool rv_delitem(struct rt *rt, struct rv o, struct rv key);
/* A slice of n items: the first one, how many, and the step. */
bool slice_bounds(struct rt *rt, struct rv lo, struct rv hi, struct rv step, int64_t n, int64_t *start, int64_t *count,
	int64_t *st);

/* attributes and calls. rv_attr: R_UNSET in *out when there is no such attribute. mid: method_id(name). */
int method_id(const char *name);                                /* -1: no type has a method of that name */
bool rv_attr(struct rt *rt, struct rv o, const char *name, int mid, struct rv *out);
bool rv_call(struct rt *rt, struct rv f, const struct args *a, struct rv *out);         /* f(a), whatever can be called */
/* Binds the arguments to the row's parameters and calls it; TypeError where they do not fit. */
bool native_call(struct rt *rt, const struct native *f, struct rv self, const struct args *a, struct rv *out);
const struct native *builtin_find(const char *name);            /* NULL: no built-in function */
bool builtin_value(const char *name, struct rv *out);           /* built-in function, type or exception class */
const struct module *module_find(const char *name);             /* NULL: it cannot be imported */

/* formatting */
bool fmt_percent(struct rt *rt, struct rv fmt, struct rv arg, struct rv *out);          /* fmt % arg */
bool fmt_method(struct rt *rt, struct rv fmt, const struct args *a, struct rv *out);    /* fmt.format(a) */
bool fmt_spec(struct rt *rt, struct rv v, const char *spec, size_t n, struct strbuf *b);        /* format(v, spec), appended */
bool py_int_of(struct rt *rt, struct rv v, struct rv base, struct rv *out);             /* int(v, base); base R_UNSET: none given */
bool py_float_of(struct rt *rt, struct rv v, struct rv *out);                           /* float(v); v R_UNSET: float() */
bool py_sort(struct rt *rt, struct rlist *l, struct rv key, bool reverse);              /* in place, stable; key None: none */
bool py_round(struct rt *rt, struct rv v, struct rv nd, struct rv *out);                /* round(v, nd) */

/* UTF-8 */
size_t u8_len(const char *s, size_t n);                         /* code points */
bool u8_ascii(const char *s, size_t n);
size_t u8_off(const char *s, size_t n, size_t cp);              /* byte offset of the cp-th code point */
void u8_mend(char *s, size_t n);                                   /* bytes that are no UTF-8 become "?" */
uint32_t u8_at(const char *s, size_t n, size_t *len);           /* the first character, and its bytes */
void u8_put(struct strbuf *b, uint32_t cp);                     /* appends a character */

void html_escape(struct strbuf *b, const char *s, size_t n);    /* as markupsafe does */
/* markup.c: x as text with RV_MARKUP, escaped unless it has that already; force: even then. */
bool markup_of(struct rt *rt, struct rv x, bool force, struct rv *out);
/* A call of a method of text with RV_MARKUP. */
bool markup_call(struct rt *rt, const struct native *f, struct rv self, const struct args *a, struct rv *out);

/* type ids of R_TYPE, in aux */
enum {
	TY_STR = 1,
	TY_INT,
	TY_FLOAT,
	TY_BOOL,
	TY_LIST,
	TY_TUPLE,
	TY_DICT,
	TY_SET,
	TY_FROZENSET,
	TY_OBJECT,
	TY_TYPE,
	TY_NONE,
	TY_RANGE,
	TY_EXC = 64
};

#endif
