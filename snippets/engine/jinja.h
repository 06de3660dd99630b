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

/* jinja_exec.c */
bool j_exec(struct rt *rt, const struct node *n);
struct rv j_capture_end(struct rt *rt, size_t mark);
void j_bind(struct rt *rt, const struct sym *name, struct rv v);
struct scope *j_push(struct rt *rt, struct scope *up);
bool j_block(struct rt *rt, const struct jimpl *impl, struct scope *up, struct rv *out);
struct jslot *j_slot(const struct jctx *c, const char *name);

/* jinja_objects.c */
struct rv j_macro(struct rt *rt, const struct jmacro *m, struct scope *scope);
struct rv j_module(struct rt *rt, struct jctx *c, struct rv text, const char *name);
bool j_global(struct rt *rt, const char *name, struct rv *out);
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
bool j_for(struct rt *rt, const struct node *n, struct rv iterable, uint32_t depth0);

/* jinja_names.c */
bool j_missing(struct rt *rt, const struct rv *u);
bool j_getitem(struct rt *rt, struct rv o, struct rv key, struct rv *out);
bool j_visible(struct rt *rt, struct rdict **out);

/* jinja_check.c */
bool jinja_check(struct compile *c, const struct node *body);

/* jinja_filters.c, jinja_tests.c */
const struct native *j_filter_find(const char *name);
const struct native *j_test_find(const char *name);
bool j_call_filter(struct rt *rt, const char *name, struct rv x, const struct args *rest, struct rv *out);
bool j_call_test(struct rt *rt, const char *name, struct rv x, const struct args *rest, bool *out);
bool j_attr_path(struct rt *rt, struct rv x, struct rv path, struct rv dflt, struct rv *out);
struct rv j_markup(struct rv s);
bool j_urlize(struct rt *rt, const struct rv *v, struct rv *out); /* jinja_urlize.c */
extern const struct native j_filters_list[], j_filters_lazy[], j_filters_text[], j_filters_cobbler[];

#endif
