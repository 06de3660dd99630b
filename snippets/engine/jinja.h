/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja.h - what the Jinja front end keeps of a template, and the state of a Jinja render. Internal to the engine.
 */
#ifndef ENGINE_JINJA_H
#define ENGINE_JINJA_H

#include "snippets/engine/ast.h"

/* A {% macro %} or the body of a {% call %}. */
struct jmacro {
	const struct sym *name;
	const struct sym **params;
	struct node **defaults;                  /* aligned with params; NULL where there is none */
	uint32_t nparams;
	struct node *body;
	bool uses_caller, uses_kwargs, uses_varargs;
};

struct jblock { const struct sym *name; struct node *body; bool scoped, required; struct jblock *next; };

struct jinja_front { struct jblock *blocks; };

/* Local names, innermost first. The outermost names of a template are not here but in its context. */
struct bind { const struct sym *name; struct rv v; };
/* foreign: names of another template are in it or around it, so that names are compared by their text. */
struct scope {
	struct scope *up;
	const struct tpl *tpl;
	struct bind *b;
	uint32_t n, cap;
	bool hard, foreign;
	struct bind first[2];                    /* b points to these as long as they are enough */
};

/* One version of a block: of the template itself or of a parent. */
struct jimpl { const struct tpl *tpl; const struct jblock *b; struct jimpl *super; };
struct jslot { const char *name; struct jimpl *first; struct jslot *next; };

/* Where a template and its parents keep their outermost names. */
struct jctx {
	struct rdict *vars;                      /* set by the template */
	struct rdict *given;                     /* passed by an include; or NULL */
	bool no_vars;                            /* imported without context: the job's variables are not seen */
	struct jslot *blocks;
	const struct tpl *extends;
};

struct jinja_rt {
	struct jctx *ctx;
	struct scope *scope;
	const struct jimpl *impl;                /* the block that runs */
	bool checked;                            /* output is muted once the template extends another */
};

static inline struct jinja_rt *jstate(const struct rt *rt) { return rt->lang; }

/* The value of a name where it is at hand: a local or one that was looked up before; else NULL. id: the name's number. */
static inline const struct rv *j_quick(const struct rt *rt, const struct jinja_rt *st, const struct sym *name, uint32_t id)
{
	const struct scope *s = st->scope;
	if (s != NULL && s->foreign)
		return NULL;
	for (; s != NULL && name->bound; s = s->up)
		for (uint32_t i = s->n; i > 0; i--)
			if (s->b[i - 1].name == name)
				return &s->b[i - 1].v;
	const struct known *k = &rt->known[id % KNOWN];
	return k->name == name && k->by == st->ctx && k->epoch == rt->epoch ? &k->v : NULL;
}

/* What returns bool below: false means that an exception is set. Values live as long as the render. */

/* jinja_exec.c */
/* Runs a statement or an N_BODY. */
bool j_exec(struct rt *rt, const struct node *n);
/* The output from mark on as a text, which is taken off it: safe text where the output is escaped. */
struct rv j_capture_end(struct rt *rt, size_t mark);
/* Sets a name in the innermost scope, or in the context where there is none. */
void j_bind(struct rt *rt, const struct sym *name, struct rv v);
/* A new scope in "up" (NULL: in the context), which becomes the innermost. */
struct scope *j_push(struct rt *rt, struct scope *up);
/* Runs one version of a block; *out: its text. */
bool j_block(struct rt *rt, const struct jimpl *impl, struct scope *up, struct rv *out);
/* The versions of a block, the child's first; NULL: there is none of that name. */
struct jslot *j_slot(const struct jctx *c, const char *name);

/* jinja_objects.c */
/* A macro as a value; scope: what it sees beside its parameters. */
struct rv j_macro(struct rt *rt, const struct jmacro *m, struct scope *scope);
/* An imported template as a value: its names; text: what it prints. */
struct rv j_module(struct rt *rt, struct jctx *c, struct rv text, const char *name);
/* Jinja's own functions (range, dict, cycler, joiner, namespace, lipsum); false: none of that name, no exception. */
bool j_global(struct rt *rt, const char *name, struct rv *out);
/* namespace(): the only object whose attributes a template may set. */
extern const struct obj_ops j_namespace_ops;

/* jinja_lazy.c: an iterator that calls whole for its items, a list, when the first is asked for. v: the n arguments, copied. */
typedef bool j_lazy_fn(struct rt *rt, const struct rv *v, struct rv *list);
void j_lazy(struct rt *rt, const struct rv *v, uint32_t n, j_lazy_fn *whole, struct rv *out);

/* jinja_loop.c */
struct jloop {
	struct rt *rt;
	struct rv iterable;
	struct cursor c;
	struct rv before, current, after;        /* R_UNSET: none; after: the next item, once it was looked at */
	int64_t length;                          /* -1: not asked yet */
	uint32_t at;                             /* the round, from 1 */
	uint32_t depth0;
	const struct node *n;                    /* the for statement */
	struct scope *scope;
	struct rv last_changed;
};
/* Runs the for statement n over iterable; depth0: of loops that call themselves, from 0. */
bool j_for(struct rt *rt, const struct node *n, struct rv iterable, uint32_t depth0);

/* jinja_names.c */
/* UndefinedError for the use of the undefined value u. Always false. */
bool j_missing(struct rt *rt, const struct rv *u);
/* x[key]: the item, else the attribute of that name, else an undefined value. */
bool j_getitem(struct rt *rt, struct rv o, struct rv key, struct rv *out);
/* All names that are visible here with their values, for an included template. */
bool j_visible(struct rt *rt, struct rdict **out);

/* jinja_check.c: errors that Jinja finds when it compiles: unknown filters and tests, blocks twice. False: cfail() was called. */
bool jinja_check(struct compile *c, const struct node *body);

/* jinja_filters.c, jinja_tests.c */
/* The row of the tables; NULL: there is none of that name. */
const struct native *j_filter_find(const char *name);
const struct native *j_test_find(const char *name);
/* x|name(rest), "x is name(rest)" for names that come from a value. */
bool j_call_filter(struct rt *rt, const char *name, struct rv x, const struct args *rest, struct rv *out);
bool j_call_test(struct rt *rt, const char *name, struct rv x, const struct args *rest, bool *out);
/* What "attribute=" of filters means: path is a number or names and numbers with points between; dflt R_UNSET: none. */
bool j_attr_path(struct rt *rt, struct rv x, struct rv path, struct rv dflt, struct rv *out);
/* The text s, marked as safe. */
struct rv j_markup(struct rv s);
bool j_urlize(struct rt *rt, const struct rv *v, struct rv *out); /* jinja_urlize.c: the filter; v: its bound arguments */
extern const struct native j_filters_list[], j_filters_lazy[], j_filters_text[], j_filters_cobbler[];

#endif
