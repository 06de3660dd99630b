/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_loop.c - {% for %} and the object "loop".
 */

#include "snippets/engine/jinja.h"

static const struct obj_ops loop_ops;

static bool cycle(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
{
	const struct jloop *l = self.u.o->data;
	(void)v;
	if (a->n == 0)
		return raise(rt, EX_TYPE, "no items for cycling given");
	*out = a->v[(l->at - 1) % a->n];
	return true;
}

static bool changed(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
{
	struct jloop *l = self.u.o->data;
	struct rv now = rv_tuple(rt, a->v, a->n);
	(void)v;
	*out = rv_bool(l->last_changed.t == R_UNSET || !rv_eq(rt, l->last_changed, now));
	l->last_changed = now;
	return rt->exc.cls == EX_NONE;
}

/* The next item that the loop's own condition lets through; false: there is none, or an exception is set. */
static bool pull(struct rt *rt, struct jloop *l, struct rv *out)
{
	const struct node *cond = l->n->b->b;
	while (cur_next(rt, &l->c, out)) {
		struct scope *now = jstate(rt)->scope;
		struct rv v;
		if (cond == NULL)
			return true;
		jstate(rt)->scope = j_push(rt, l->scope);
		bool ok = ev_assign(rt, l->n->a, *out) && ev(rt, cond, &v);
		jstate(rt)->scope = now;
		if (!ok)
			return false;
		if (rv_truthy(rv_live(rt, v)))
			return true;
	}
	l->c.v = rv_list(rt, 0);                          /* an iterator that has ended stays so */
	l->c.i = 0;
	return false;
}

static bool advance(struct rt *rt, struct jloop *l)
{
	struct rv x;
	if (l->after.t != R_UNSET)
		x = l->after;
	else if (!pull(rt, l, &x))
		return false;
	l->after = (struct rv){ .t = R_UNSET };
	l->before = l->current;
	l->current = x;
	l->at++;
	return true;
}

/* Looks at the next item, which stays R_UNSET at the end; false: an exception is set. */
static bool peek(struct rt *rt, struct jloop *l)
{
	return l->after.t != R_UNSET || pull(rt, l, &l->after) ||
	       ((l->after = (struct rv){ .t = R_UNSET }), rt->exc.cls == EX_NONE);
}

/* compat: what has a length is asked once, anything else is read to its end. */
static bool length(struct rt *rt, struct jloop *l)
{
	struct rv rest, x;
	if (l->length >= 0)
		return true;
	if (l->n->b->b == NULL && l->iterable.t >= R_STR && l->iterable.t != R_OBJ && l->iterable.t != R_ITER)
		return rv_len(rt, rv_live(rt, l->iterable), &l->length);
	rest = rv_list(rt, 0);
	while (pull(rt, l, &x))
		rlist_push(rt, rest.u.l, x);
	if (rt->exc.cls != EX_NONE || !cur_start(rt, rest, &l->c))
		return false;
	l->length = (int64_t)rest.u.l->n + l->at + (l->after.t != R_UNSET);
	return true;
}

enum loop_word { W_INDEX, W_INDEX0, W_FIRST, W_DEPTH, W_DEPTH0, W_PREV, W_CYCLE, W_CHANGED, W_LAST, W_NEXT, W_LENGTH, W_REV,
	W_REV0, WORDS };

static bool loop_attr(struct rt *rt, const struct robj *o, const char *name, struct rv *out)
{
	static const char *const words[WORDS] = {"index", "index0", "first", "depth", "depth0", "previtem", "cycle", "changed", "last",
		"nextitem", "length", "revindex", "revindex0"};
	static const struct native methods[] = { { "cycle", "*", 0, cycle }, { "changed", "*", 0, changed } };
	struct jloop *l = o->data;
	unsigned w = 0;
	while (w < WORDS && !str_eq(words[w], name))
		w++;
	*out = (struct rv){ .t = R_UNSET };
	if ((w == W_LAST || w == W_NEXT) && !peek(rt, l))
		return false;
	if ((w == W_LENGTH || w == W_REV || w == W_REV0) && !length(rt, l))
		return false;
	switch ((enum loop_word)w) {
	case W_INDEX: *out = rv_int(l->at); break;
	case W_INDEX0: *out = rv_int((int64_t)l->at - 1); break;
	case W_FIRST: *out = rv_bool(l->at == 1); break;
	case W_DEPTH: *out = rv_int((int64_t)l->depth0 + 1); break;
	case W_DEPTH0: *out = rv_int(l->depth0); break;
	case W_PREV: *out = l->at > 1 ? l->before : rv_undef(rt, NULL, "there is no previous item"); break;
	case W_LAST: *out = rv_bool(l->after.t == R_UNSET); break;
	case W_NEXT: *out = l->after.t != R_UNSET ? l->after : rv_undef(rt, NULL, "there is no next item"); break;
	case W_LENGTH: *out = rv_int(l->length); break;
	case W_REV: *out = rv_int(l->length - l->at + 1); break;
	case W_REV0: *out = rv_int(l->length - l->at); break;
	case W_CYCLE: case W_CHANGED: {
		struct nmethod *m = rt_alloc(rt, sizeof(*m));
		*m = (struct nmethod){ { .t = R_OBJ, .u.o = o }, &methods[w - W_CYCLE] };
		*out = (struct rv){ .t = R_METHOD, .u.me = m };
		break;
	}
	case WORDS: break;
	}
	return true;
}

/* loop(items) in a recursive loop: the loop again, one level deeper; its text is the value. */
static bool loop_call(struct rt *rt, const struct robj *o, const struct args *a, struct rv *out)
{
	const struct jloop *l = o->data;
	struct scope *before = jstate(rt)->scope;
	size_t mark = rt->out.len;
	if (!l->n->flag)
		return raise(rt, EX_TYPE, "The loop must have the 'recursive' marker to be called recursively.");
	if (a->n != 1)
		return raise(rt, EX_TYPE, "loop() takes 1 positional argument but %u were given", a->n);
	jstate(rt)->scope = l->scope;
	bool ok = j_for(rt, l->n, a->v[0], l->depth0 + 1);
	jstate(rt)->scope = before;
	if (!ok)
		return false;
	*out = j_capture_end(rt, mark);
	return true;
}

static void loop_str(struct rt *rt, const struct robj *o, struct strbuf *b, bool repr)
{
	struct jloop *l = o->data;
	(void)repr;
	if (length(rt, l))
		sb_addf(b, "<LoopContext %u/%lld>", l->at, (long long)l->length);
}

static int64_t loop_len(const struct robj *o)
{
	struct jloop *l = o->data;
	return length(l->rt, l) ? l->length : 0;
}

static const struct obj_ops loop_ops = {
	.type = "LoopContext", .attr = loop_attr, .call = loop_call, .str = loop_str, .len = loop_len};

bool j_for(struct rt *rt, const struct node *n, struct rv iterable, uint32_t depth0)
{
	struct scope *before = jstate(rt)->scope;
	struct jloop *l = rt_alloc(rt, sizeof(*l));
	const struct rv unset = { .t = R_UNSET };
	*l = (struct jloop){ .rt = rt, .iterable = iterable, .length = -1, .depth0 = depth0, .n = n, .scope = before,
		.before = unset, .current = unset, .after = unset, .last_changed = unset };
	if (rt->depth >= LIM_DEPTH)
		return raise(rt, EX_LIMIT, "calls nested deeper than %d", LIM_DEPTH);
	if (!cur_start(rt, iterable, &l->c))
		return false;
	struct rv obj = rv_obj(rt, &loop_ops, l);
	struct scope *inner = j_push(rt, before);
	rt->depth++;
	bool ok = true;
	while (ok && advance(rt, l)) {
		inner->n = 0;
		jstate(rt)->scope = inner;
		j_bind(rt, rt->tpl->words[JW_LOOP], obj);
		ok = rt_tick(rt) && ev_assign(rt, n->a, l->current) && j_exec(rt, n->kids[0]);
		if (ok && inner->hard)                    /* a macro or caller keeps this round's names */
			inner = j_push(rt, before);
	}
	rt->depth--;
	jstate(rt)->scope = before;
	if (!ok || rt->exc.cls != EX_NONE)
		return false;
	if (l->at > 0 || n->n < 2)
		return true;
	jstate(rt)->scope = j_push(rt, before);
	ok = j_exec(rt, n->kids[1]);
	jstate(rt)->scope = before;
	return ok;
}
