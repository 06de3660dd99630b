/* SPDX-License-Identifier: GPL-2.0-or-later
 * rt.h - the state of one render: values, output, the exception in flight, the stack of templates. Internal to the
 * engine.
 */
#ifndef ENGINE_RT_H
#define ENGINE_RT_H

#include "snippets/engine/engine.h"
#include "snippets/engine/rv.h"
#include "value/layout.h"

struct node;
struct sym;
struct front;

struct exception {
	enum exc cls;
	struct rv msg;                   /* text */
	struct rv key;                   /* KeyError: the key; else R_UNSET */
	const struct node *at;
	const struct tpl *tpl;
	struct rv chain;                 /* text: where the templates were called from */
	const struct value *of;          /* the dict that has no entry of this name: what it has is a hint; or NULL */
	const char *wanted;
};

/* Which template is rendering and from where it was called. */
struct place { const struct place *up; const struct tpl *tpl; const struct node *call; };

/* What the two languages do differently with the same expression. */
struct dialect {
	const char *name;
	bool soft_missing;               /* a missing name or key gives an undefined value (else an exception) */
};

/* What a name was found to be where it is no local: by whom (the context or the template at work) and when. */
struct known { const struct sym *name; const void *by; uint64_t epoch; struct rv v; };
#define KNOWN 64

struct thawed { const struct value *from; struct rv to; };

struct rt {
	struct arena arena;
	struct strbuf out;
	struct strbuf tmp;
	struct exception exc;
	const struct dialect *d;
	const struct front *front;       /* ast.h */
	const struct tpl_job *job;
	const struct tpl *tpl;           /* the template whose text is running */
	const struct place *place;
	struct thawed *thawed;
	uint32_t nthawed, capthawed;
	struct known known[KNOWN];       /* by the number of the name in its template */
	uint64_t epoch;                  /* grows when something is set that other names could hide or show */
	uint64_t steps, max_steps;
	uint64_t look_at;                /* when steps has come here, the clock is read */
	int64_t deadline;                /* 0: the clock was not read yet: short renders need none */
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

/* The output is not the same the next time: a clock or chance has a part in it. */
static inline void rt_varies(const struct rt *rt)
{
	if (rt->job->varies != NULL)
		*rt->job->varies = true;
}

#define STEPS_A_LOOK 1024
bool rt_over(struct rt *rt);     /* rv.c: false: a limit is passed, the exception is set */

/* Counts n steps and checks the limits; false: the exception is set. */
static inline bool rt_steps(struct rt *rt, uint64_t n)
{
	rt->steps += n;
	bool near = (rt->arena.used | rt->out.len | rt->tmp.len) >= LIM_OUTPUT || rt->steps >= rt->look_at;
	return __builtin_expect(!near, 1) || rt_over(rt);
}
static inline bool rt_tick(struct rt *rt) { return rt_steps(rt, 1); }
/* The same for n bytes that are passed over at once: nothing as long as they are few. */
static inline bool rt_bytes(struct rt *rt, size_t n) { return __builtin_expect(n < 4096, 1) || rt_steps(rt, n / 128); }

/* As cur_next; the lists of the job's variables are what most loops go over. */
static inline bool cur_step(struct rt *rt, struct cursor *c, struct rv *out)
{
	if (c->v.t != R_MLIST || rt->nthawed != 0)
		return cur_next(rt, c, out);
	if (c->i >= c->v.u.v->u.l.n)
		return false;
	const struct value *v = c->v.u.v->u.l.v[c->i++];
	*out = v->type == V_STR ? rv_strn(v->u.s.p, v->u.s.n) : rv_wrap(v);
	return true;
}

void note_chain(struct rt *rt); /* render.c: an exception passes out of a snippet: where that was called */
/* The key of vars that "name" may be a slip of the pen for; NULL: none is near. */
const char *nearest_name(const struct value *vars, const char *name);
/* mod_re.c: what the render has compiled goes. */
void rt_free_re(struct rt *rt);

#endif
