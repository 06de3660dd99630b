/* SPDX-License-Identifier: GPL-2.0-or-later
 * cheetah_run.c - running the methods of a Cheetah template: its #defs, what it includes, and the whole.
 */
#include <string.h>

#include "snippets/engine/cheetah.h"
#include "snippets/engine/trace.h"

static struct cheetah_rt *state(const struct rt *rt) { return rt->lang; }

/* compat: a #def is a method of the class that Cheetah makes of a template, with self as its first parameter; one inside another is a
 * function there. Both say so when they are called wrongly. */
static const char *qualified_name(struct rt *rt, const struct cframe *f)
{
	size_t mark = rt->tmp.len;
	sb_adds(&rt->tmp, "DynamicallyCompiledCheetahTemplate.");
	if (f->m->nested)
		sb_addf(&rt->tmp, "%s.<locals>.", f->up != NULL && f->up->m->name != NULL ? f->up->m->name->name : "respond");
	sb_adds(&rt->tmp, f->m->name->name);
	return rv_cz(rt, rv_take(rt, mark));
}

static bool too_many(struct rt *rt, const struct cframe *f, const struct args *a)
{
	const struct method *m = f->m;
	uint32_t self = !m->nested, most = self, least = self;
	for (uint32_t i = 0; i < m->nparams; i++) {
		most += m->params[i].stars == 0;
		least += m->params[i].stars == 0 && m->params[i].dflt == NULL;
	}
	if (least < most)
		return raise(rt, EX_TYPE, "%s() takes from %u to %u positional arguments but %u were given", qualified_name(rt, f), least,
			most, a->n + self);
	return raise(rt, EX_TYPE, "%s() takes %u positional argument%s but %u %s given", qualified_name(rt, f), most,
		most == 1 ? "" : "s", a->n + self, a->n + self == 1 ? "was" : "were");
}

static bool lacks(const struct cframe *f, const struct param *q)
{
	return q->stars == 0 && q->dflt == NULL && f->slots[q->slot].t == R_UNSET;
}

/* The parameters that got nothing and have no default: 'a', 'b', and 'c'. */
static bool missing(struct rt *rt, const struct cframe *f)
{
	const struct method *m = f->m;
	uint32_t n = 0, at = 0;
	for (uint32_t i = 0; i < m->nparams; i++)
		n += lacks(f, &m->params[i]);
	size_t mark = rt->tmp.len;
	for (uint32_t i = 0; i < m->nparams; i++)
		if (lacks(f, &m->params[i])) {
			at++;
			sb_addf(&rt->tmp, "%s%s'%s'", at > 1 && n > 2 ? "," : "", at == 1 ? "" : at == n ? " and " : " ",
				m->params[i].name->name);
		}
	const char *names = rv_cz(rt, rv_take(rt, mark));
	return raise(rt, EX_TYPE, "%s() missing %u required positional argument%s: %s", qualified_name(rt, f), n, n == 1 ? "" : "s",
		names);
}

static bool bind(struct rt *rt, struct cframe *f, const struct args *a)
{
	const struct method *m = f->m;
	uint32_t pos = 0;
	for (uint32_t i = 0; i < m->nparams; i++) {
		const struct param *q = &m->params[i];
		struct rv *slot = &f->slots[q->slot];
		if (q->stars == 1) {
			*slot = rv_tuple(rt, a->n > pos ? a->v + pos : NULL, a->n > pos ? a->n - pos : 0);
			pos = a->n > pos ? a->n : pos;
			continue;
		}
		if (q->stars == 2)
			*slot = rv_dict(rt);
		else if (pos < a->n)
			*slot = a->v[pos++];
	}
	for (uint32_t k = 0; k < a->nkw; k++) {                  /* compat: those that are not known are ignored */
		const struct param *rest = NULL;
		uint32_t i = 0;
		for (; i < m->nparams; i++) {
			if (m->params[i].stars == 2)
				rest = &m->params[i];
			else if (m->params[i].stars == 0 && m->params[i].name->len == a->kw[k].n &&
				 memcmp(m->params[i].name->name, a->kw[k].name, a->kw[k].n) == 0)
				break;
		}
		if (i < m->nparams) {
			if (f->slots[m->params[i].slot].t != R_UNSET)
				return raise(rt, EX_TYPE, "%s() got multiple values for argument '%s'", qualified_name(rt, f),
					m->params[i].name->name);
			f->slots[m->params[i].slot] = a->kw[k].v;
		} else if (rest != NULL &&
			   !rdict_set(rt, f->slots[rest->slot].u.m, rv_strn(a->kw[k].name, a->kw[k].n), a->kw[k].v)) {
			return false;
		}
	}
	if (pos < a->n)
		return too_many(rt, f, a);
	for (uint32_t i = 0; i < m->nparams; i++)
		if (lacks(f, &m->params[i]))
			return missing(rt, f);
	for (uint32_t i = 0; i < m->nparams; i++) {
		struct rv *slot = &f->slots[m->params[i].slot];
		if (slot->t != R_UNSET || m->params[i].stars != 0)
			continue;
		if (!ev(rt, m->params[i].dflt, slot))
			return false;
	}
	return true;
}

/* Runs a method; what it writes is its value (nested ones write where they are called). */
bool ch_run(struct rt *rt, struct inst *inst, const struct method *m, struct cframe *up, const struct args *a,
	struct rv *out)
{
	struct cheetah_rt *st = state(rt);
	struct cframe f = {
		.m = m, .up = up, .self = inst, .filter = up != NULL ? up->filter : FILTER_NONE, .ret = {.t = R_UNSET}};
	struct cframe *prev = st->frame;
	const struct tpl *tpl = rt->tpl;
	size_t mark = rt->out.len;
	uint32_t pieces = rt->npieces;
	f.mark = mark;
	if (rt->depth >= LIM_DEPTH)
		return raise(rt, EX_LIMIT, "calls nested deeper than %d", LIM_DEPTH);
	rt->depth++;
	f.slots = rt_alloc(rt, ((size_t)m->nslots + 1) * sizeof(*f.slots));
	memset(f.slots, 0, ((size_t)m->nslots + 1) * sizeof(*f.slots));
	st->frame = &f;
	rt->tpl = inst->tpl;
	bool ok = bind(rt, &f, a) && m->body != NULL && ch_exec(rt, m->body) != F_ERROR;
	if (!ok && rt->exc.cls == EX_NONE)
		ok = m->body == NULL;
	st->frame = prev;
	rt->tpl = tpl;
	rt->depth--;
	if (!ok)
		return false;
	if (m->nested) {
		*out = f.ret.t != R_UNSET ? f.ret : rv_none();
		return true;
	}
	if (f.ret.t != R_UNSET) {
		*out = f.ret;
	} else {
		*out = rv_dup(rt, sb_str(&rt->out) + mark, rt->out.len - mark);
		trace_capture(rt, pieces, mark, *out);
	}
	sb_truncate(&rt->out, mark);
	return rt->exc.cls == EX_NONE;
}

/* #attr: what Python evaluates when it makes the class. */
static bool init_attrs(struct rt *rt, struct inst *inst)
{
	struct rv d, v;
	struct cframe *prev = state(rt)->frame;
	struct cframe f = { .m = inst->front->main, .self = inst };
	if (inst->front->attrs == NULL)
		return true;
	d = rv_dict(rt);
	const struct tpl *tpl = rt->tpl;
	f.slots = rt_alloc(rt, ((size_t)f.m->nslots + 1) * sizeof(*f.slots));
	memset(f.slots, 0, ((size_t)f.m->nslots + 1) * sizeof(*f.slots));
	state(rt)->frame = &f;
	rt->tpl = inst->tpl;
	bool ok = true;
	for (const struct attr *a = inst->front->attrs; a != NULL && ok; a = a->next)
		ok = ev(rt, a->value, &v) && rdict_set(rt, d.u.m, rv_strn(a->name->name, a->name->len), v);
	rt->tpl = tpl;
	state(rt)->frame = prev;
	inst->attrs = d.u.m;
	return ok;
}

struct inst *ch_include(struct rt *rt, struct inst *from, const struct tpl *t)
{
	uint32_t depth = 0;
	for (const struct place *p = rt->place; p != NULL; p = p->up)
		depth++;
	if (depth > LIM_INCLUDE_DEPTH) {
		raise(rt, EX_LIMIT, "snippets and includes nested deeper than %d", LIM_INCLUDE_DEPTH);
		return NULL;
	}
	for (struct include *i = from->includes; i != NULL; i = i->next)
		if (i->tpl == t)
			return i->inst;
	if (t->lang != TPL_CHEETAH) {
		raise(rt, EX_RUNTIME, "%s is not a Cheetah template", t->name);
		return NULL;
	}
	struct inst *n = rt_alloc(rt, sizeof(*n));
	*n = (struct inst){ .tpl = t, .front = t->front, .base = from->base };
	n->self = (struct robj){ &inst_ops, n };
	n->caplist = from->nlist + 4;
	n->list = rt_alloc(rt, n->caplist * sizeof(*n->list));
	memcpy(n->list, from->list, from->nlist * sizeof(*n->list));
	n->nlist = from->nlist;
	n->list[n->nlist++] = (struct sl){ .inst = n };
	struct include *i = rt_alloc(rt, sizeof(*i));
	*i = (struct include){ t, n, from->includes };
	from->includes = i;
	return init_attrs(rt, n) ? n : NULL;
}

/* -- the whole render -- */

static bool call_def(struct rt *rt, const struct fdef *f, const struct args *a, struct rv *out)
{
	return ch_run(rt, f->inst, f->m, f->up, a, out);
}

bool cheetah_main(struct rt *rt, const struct tpl *t)
{
	static const struct dialect d = { .name = "cheetah" };
	struct cheetah_rt *st = rt_alloc(rt, sizeof(*st));
	struct rv g = rv_dict(rt), text;
	struct inst base = { 0 }, self = { .tpl = t, .front = t->front };
	struct sl list[8];
	*st = (struct cheetah_rt){ .globals = g.u.m };
	rt->lang = st;
	rt->d = &d;
	rt->call_def = call_def;
	if (rt->job->base != NULL) {
		base = (struct inst){ .tpl = rt->job->base, .front = rt->job->base->front };
		base.self = (struct robj){ &inst_ops, &base };
		self.base = &base;
	}
	self.self = (struct robj){ &inst_ops, &self };
	memset(list, 0, sizeof(list));
	list[0].globals = g.u.m;
	list[1].inst = &self;
	list[2].vars = rt->job->vars;
	self.list = base.list = list;
	self.nlist = base.nlist = 3;
	self.caplist = base.caplist = ARRAY_LEN(list);
	if (!init_attrs(rt, &self) || (self.base != NULL && !init_attrs(rt, &base)))
		return false;
	size_t mark = rt->out.len;
	if (!ch_run(rt, &self, self.front->main, NULL, &(struct args){ 0 }, &text))
		return false;
	if (text.t != R_STR)                              /* #return outside of a #def */
		return raise(rt, EX_TYPE, "__str__ returned non-string (type %s)", rv_type_name(text));
	sb_add(&rt->out, text.u.s, text.n);
	if (rt->job->trace != NULL)
		trace_piece(rt, t->body, mark, text);
	return true;
}
