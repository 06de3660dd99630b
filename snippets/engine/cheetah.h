/* SPDX-License-Identifier: GPL-2.0-or-later
 * cheetah.h - what the Cheetah front end keeps of a template, and the state of a Cheetah render. Internal to the
 * engine.
 */
#ifndef ENGINE_CHEETAH_H
#define ENGINE_CHEETAH_H

#include "snippets/engine/ast.h"

struct param { const struct sym *name; struct node *dflt; int32_t slot; uint8_t stars; };
struct local { const struct sym *name; int32_t slot; };

/* A #def, #block or the text itself: Python would make a method of it. */
struct method {
	const struct sym *name;
	struct param *params;
	uint32_t nparams;
	struct local *locals;
	uint32_t nlocals, caplocals;
	int32_t nslots;
	struct node *body;
	struct method *next;
	bool nested, block;
	bool searches;                           /* some $name of it is looked up in the search list */
	uint32_t line;
};

struct import { const struct sym *name; struct rv v; struct import *next; };
struct attr { const struct sym *name; struct node *value; struct attr *next; };

struct cheetah_front {
	struct method *main, *methods;
	struct import *imports;
	struct attr *attrs;
};

enum filter { FILTER_NONE, FILTER_WEBSAFE, FILTER_STRIP, FILTER_SQUEEZE, FILTER_MAXLEN };

/* A template at work: its place in search lists, and the snippets it has included. */
struct include { const struct tpl *tpl; struct inst *inst; struct include *next; };
struct inst {
	const struct tpl *tpl;
	const struct cheetah_front *front;
	struct inst *base;                       /* the macros file */
	struct sl { struct inst *inst; struct rdict *globals; const struct value *vars; } *list;
	uint32_t nlist, caplist;
	struct include *includes;
	struct robj self;
	struct rdict *attrs;
};

struct cframe {
	const struct method *m;
	struct rv *slots;
	struct cframe *up;                       /* nested #def: the frame around it */
	struct inst *self;
	enum filter filter;
	struct rv ret;
	size_t mark;                             /* where its output begins */
	bool lost;                               /* an exception passed out of a #call or #capture */
};

struct fdef { struct inst *inst; const struct method *m; struct cframe *up; };

struct cheetah_rt {
	struct cframe *frame;
	struct rdict *globals;
	struct callreg *call;                    /* the innermost #call whose body runs */
	const struct exception *handled;         /* whose #except runs: what #raise alone raises again */
};

/* The value of a name where it is at hand: a local or one that was looked up before; else NULL. id: the name's number. */
static inline const struct rv *ch_quick(const struct rt *rt, const struct cheetah_rt *st, const struct node *n, uint32_t id)
{
	const struct cframe *f = st->frame;
	if (n->slot >= 0 && f->slots[n->slot].t != R_UNSET && !(n->flag & NF_GLOBAL))
		return &f->slots[n->slot];
	const struct known *k = &rt->known[id % KNOWN];
	return n->op == N_VAR && k->name == n->sym && k->by == f->self && k->epoch == rt->epoch && f->up == NULL &&
			       !(n->flag & NF_GLOBAL)
		       ? &k->v
		       : NULL;
}

static inline struct cheetah_rt *ch_state(const struct rt *rt) { return rt->lang; }

/* cheetah_exec.c */
/* Runs a statement or an N_BODY in the frame at work. F_ERROR: an exception is set, with its place. */
enum flow ch_exec(struct rt *rt, const struct node *n);
/* Writes v through the #filter of the frame; None writes nothing. n: what the trace tells it came from. False: an exception. */
bool ch_write(struct rt *rt, const struct node *n, struct rv v);

/* cheetah_run.c */
/* Calls a method of inst with the arguments a; up: the frame around a nested #def, else NULL. *out: what it returns or what it wrote.
 * False: an exception, TypeError where the arguments do not fit. */
bool ch_run(struct rt *rt, struct inst *inst, const struct method *m, struct cframe *up, const struct args *a,
	struct rv *out);
/* The instance of t that "from" includes, made at the first time; it lives as long as the render. NULL: an exception, EX_LIMIT where
 * includes are nested deeper than LIM_INCLUDE_DEPTH. */
struct inst *ch_include(struct rt *rt, struct inst *from, const struct tpl *t);
/* The same as ch_exec for a body that may be none. */
static inline enum flow ch_body(struct rt *rt, const struct node *n) { return n == NULL ? F_NEXT : ch_exec(rt, n); }

/* cheetah_try.c; false: an exception is set, which #raise is for */
bool ch_raise(struct rt *rt, const struct node *n);
enum flow ch_try(struct rt *rt, const struct node *n);

/* cheetah_region.c; false and F_ERROR: an exception is set */
bool ch_arg(struct rt *rt, const struct node *n);
enum flow ch_call(struct rt *rt, const struct node *n);
enum flow ch_capture(struct rt *rt, const struct node *n);

/* cheetah_names.c: what $self is; data: struct inst */
extern const struct obj_ops inst_ops;

/* cheetah_parse.c: a place for a value in the frames of the method that is parsed. */
int32_t cheetah_new_slot(struct compile *c);

#endif
