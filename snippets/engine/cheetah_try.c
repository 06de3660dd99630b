/* SPDX-License-Identifier: GPL-2.0-or-later
 * cheetah_try.c - #raise, and #try with its #except, #else and #finally.
 */
#include "snippets/engine/cheetah.h"

static void exc_str(struct rt *rt, const struct robj *o, struct strbuf *b, bool repr)
{
	const struct exception *e = o->data;
	if (repr) {
		sb_addf(b, "%s(", exc_name(e->cls));
		rv_repr(rt, e->key.t != R_UNSET ? e->key : e->msg, b);
		sb_addc(b, ')');
	} else {
		sb_add(b, e->msg.u.s, e->msg.n);
	}
}

static bool exc_attr(struct rt *rt, const struct robj *o, const char *name, struct rv *out)
{
	const struct exception *e = o->data;
	*out = (struct rv){ .t = R_UNSET };
	if (str_eq(name, "args"))
		*out = rv_tuple(rt, e->key.t != R_UNSET ? &e->key : &e->msg, 1);
	return true;
}

static int exc_type(const struct robj *o) { return TY_EXC + (int)((const struct exception *)o->data)->cls; }

static const struct obj_ops exc_ops = { .type = "Exception", .attr = exc_attr, .str = exc_str, .type_id = exc_type };

static bool raise_with(struct rt *rt, enum exc cls, struct rv text)
{
	if (cls != EX_KEY)
		return raise(rt, cls, "%.*s", (int)text.n, text.t == R_STR ? text.u.s : "");
	size_t mark = rt->tmp.len;                        /* compat: its text is how its argument is written */
	rv_repr(rt, text, &rt->tmp);
	struct rv written = rv_take(rt, mark);
	raise(rt, cls, "%.*s", (int)written.n, written.u.s);
	rt->exc.key = text;
	return false;
}

bool ch_raise(struct rt *rt, const struct node *n)
{
	struct rv v;
	if (n->a == NULL && ch_state(rt)->handled == NULL)
		return raise(rt, EX_RUNTIME, "No active exception to reraise");
	if (n->a != NULL && !ev(rt, n->a, &v))
		return false;
	if (n->a == NULL || (v.t == R_OBJ && v.u.o->ops == &exc_ops)) {
		rt->exc = *(n->a == NULL ? ch_state(rt)->handled : (const struct exception *)v.u.o->data);
		return false;
	}
	if (v.t == R_TUPLE && v.u.l->n == 2 && v.u.l->v[0].t == R_TYPE && v.u.l->v[0].aux >= TY_EXC)
		return raise_with(rt, v.u.l->v[0].aux - TY_EXC, v.u.l->v[1]);
	if (v.t == R_TYPE && v.aux >= TY_EXC)
		return raise(rt, v.aux - TY_EXC, "%s", "");
	return raise(rt, EX_TYPE, "exceptions must derive from BaseException");
}

static bool catches(struct rv cls, enum exc c, unsigned depth)
{
	if (cls.t == R_TUPLE && depth < LIM_VALUE_DEPTH) {
		for (uint32_t i = 0; i < cls.u.l->n; i++)
			if (catches(cls.u.l->v[i], c, depth + 1))
				return true;
		return false;
	}
	return cls.t == R_TYPE && cls.aux >= TY_EXC && exc_is_a(c, cls.aux - TY_EXC);
}

/* An #except: when it takes e its body runs, with e as the exception that is being handled. *more: it does not, e stays set. */
static enum flow handle(struct rt *rt, const struct node *n, const struct exception *e, bool *more)
{
	struct cheetah_rt *st = ch_state(rt);
	const struct exception *outer = st->handled;
	struct exception *copy;
	struct rv cls;
	*more = false;
	rt->exc = (struct exception){ 0 };
	if (n->a != NULL && !ev(rt, n->a, &cls))
		return F_ERROR;
	if (n->a != NULL && !catches(cls, e->cls, 0)) {
		*more = true;
		rt->exc = *e;
		return F_ERROR;
	}
	st->frame->lost = false;
	if (n->c != NULL) {
		copy = rt_alloc(rt, sizeof(*copy));
		*copy = *e;
		if (!ev_assign(rt, n->c, rv_obj(rt, &exc_ops, copy)))
			return F_ERROR;
	}
	st->handled = e;
	enum flow f = ch_body(rt, n->b);
	st->handled = outer;
	return f;
}

static enum flow run_else(struct rt *rt, const struct node *n)
{
	enum flow f = F_NEXT;
	for (uint32_t i = 1; i < n->n && f == F_NEXT; i++)
		if (n->kids[i]->flag == 2)
			f = ch_body(rt, n->kids[i]->b);
	return f;
}

/* The body, then #else or the first #except that takes what the body raised. */
static enum flow guarded(struct rt *rt, const struct node *n)
{
	size_t tmp = rt->tmp.len;
	uint32_t depth = rt->depth, evd = rt->ev_depth, vd = rt->value_depth;
	struct cframe *frame = ch_state(rt)->frame;
	enum flow f = ch_body(rt, n->kids[0]->b);
	if (f == F_NEXT)
		return run_else(rt, n);
	if (f != F_ERROR || rt->exc.cls == EX_LIMIT)
		return f;
	struct exception e = rt->exc;
	bool more = true;
	rt->tmp.len = tmp;
	rt->depth = depth;
	rt->ev_depth = evd;
	rt->value_depth = vd;
	ch_state(rt)->frame = frame;
	for (uint32_t i = 1; i < n->n && more; i++)
		if (n->kids[i]->sub == 1)
			f = handle(rt, n->kids[i], &e, &more);
	return f;
}

/* kids: the body; then clauses (sub 1: except; flag 1: finally; flag 2: else). */
enum flow ch_try(struct rt *rt, const struct node *n)
{
	enum flow f = guarded(rt, n);
	const struct node *last = NULL;
	for (uint32_t i = 1; i < n->n; i++)
		if (n->kids[i]->flag == 1)
			last = n->kids[i];
	if (last == NULL || rt->exc.cls == EX_LIMIT)
		return f;
	struct exception e = rt->exc;
	rt->exc = (struct exception){ 0 };
	enum flow g = ch_body(rt, last->b);
	if (g != F_NEXT)
		return g;
	rt->exc = e;
	return f;
}
