/* SPDX-License-Identifier: GPL-2.0-or-later
 * rt.h - the state of one render: values, output, the exception in flight, the stack of templates. Internal to the
 * engine.
 */
#ifndef ENGINE_RT_H
#define ENGINE_RT_H

#include "snippets/engine/engine.h"
#include "snippets/engine/rv.h"

struct node;
struct sym;
struct frame;

struct exception {
	enum exc cls;
	struct rv msg;                   /* text */
	struct rv key;                   /* KeyError: the key; else R_UNSET */
	const struct node *at;
	const struct tpl *tpl;
	struct rv chain;                 /* text: where the templates were called from */
};

/* Which template is rendering and from where it was called. */
struct place { const struct place *up; const struct tpl *tpl; const struct node *call; };

/* What the two languages do differently with the same expression. */
struct dialect {
	const char *name;
	bool autocall;                   /* a callable at the end of a dotted name is called */
	bool attr_then_item;             /* o.name: attribute, then key (else key, then attribute) */
	bool soft_missing;               /* a missing name or key gives an undefined value (else an exception) */
	bool none_is_empty;              /* output of None */
};

/* A variable of the job that was looked up before. */
struct seen { const struct sym *name; struct rv v; };
#define SEEN 32

struct thawed { const struct value *from; struct rv to; };

struct rt {
	struct arena arena;
	struct strbuf out;
	struct strbuf tmp;
	struct exception exc;
	const struct dialect *d;
	const struct tpl_job *job;
	const struct tpl *tpl;           /* the template whose text is running */
	const struct place *place;
	struct thawed *thawed;
	uint32_t nthawed, capthawed;
	struct seen seen[SEEN];          /* by the address of the name, which is unique in a template */
	uint64_t steps, max_steps;
	int64_t deadline;
	const struct node *call;         /* the call that was begun last */
	uint32_t depth;
	uint32_t value_depth;
	uint32_t ev_depth;
	bool autoescape;
	void *lang;                      /* what the language keeps for the render */
	bool (*missing)(struct rt *rt, const struct rv *u);      /* use of an undefined value: sets the exception */
	bool (*call_def)(struct rt *rt, const struct fdef *f, const struct args *a, struct rv *out);
	void *re_cache;                  /* mod_re.c: compiled patterns of this render */
	void *random;                    /* mod_random.c: the module's generator, once it is asked */
	struct trace_piece *pieces;
	uint32_t npieces, cappieces;
};

void note_chain(struct rt *rt); /* render.c: an exception passes out of a snippet: where that was called */
const char *nearest_name(const struct value *vars, const char *name);
void rt_free_re(struct rt *rt);

#endif
