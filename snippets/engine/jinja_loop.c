/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_loop.c - {% for %} and the object "loop".
 */
#include <string.h>

#include "snippets/engine/jinja.h"

static const struct obj_ops loop_ops;

static bool cycle(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
{
	const struct jloop *l = self.u.o->data;
	(void)v;
	if (a->n == 0)
		return raise(rt, EX_TYPE, "no items for cycling given");
	*out = a->v[l->at % a->n];
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

static bool loop_attr(struct rt *rt, const struct robj *o, const char *name, struct rv *out)
{
	static const struct native methods[] = { { "cycle", "*", 0, cycle }, { "changed", "*", 0, changed } };
	const struct jloop *l = o->data;
	const struct { const char *name; int64_t v;
	} ints[] = {
		{"index", (int64_t)l->at + 1},
		{"index0", l->at},
		{"revindex", (int64_t)l->items->n - l->at},
		{"revindex0", (int64_t)l->items->n - l->at - 1},
		{"length", l->items->n},
		{"depth", (int64_t)l->depth0 + 1},
		{"depth0", l->depth0},
	};
	*out = (struct rv){ .t = R_UNSET };
	for (size_t i = 0; i < ARRAY_LEN(ints); i++)
		if (str_eq(ints[i].name, name))
			*out = rv_int(ints[i].v);
	if (str_eq(name, "first"))
		*out = rv_bool(l->at == 0);
	else if (str_eq(name, "last"))
		*out = rv_bool(l->at + 1 == l->items->n);
	else if (str_eq(name, "previtem"))
		*out = l->at > 0 ? l->items->v[l->at - 1] : rv_undef(rt, NULL, "there is no previous item");
	else if (str_eq(name, "nextitem"))
		*out = l->at + 1 < l->items->n ? l->items->v[l->at + 1] : rv_undef(rt, NULL, "there is no next item");
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (str_eq(methods[i].name, name)) {
			struct nmethod *m = rt_alloc(rt, sizeof(*m));
			*m = (struct nmethod){ { .t = R_OBJ, .u.o = o }, &methods[i] };
			*out = (struct rv){ .t = R_METHOD, .u.me = m };
		}
	return true;
}

/* loop(items) in a recursive loop: the loop again, one level deeper; its text is the value. */
static bool loop_call(struct rt *rt, const struct robj *o, const struct args *a, struct rv *out)
{
	const struct jloop *l = o->data;
	struct scope *before = jstate(rt)->scope;
	size_t mark = rt->out.len;
	if (l->n == NULL)
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
	const struct jloop *l = o->data;
	(void)rt, (void)repr;
	sb_addf(b, "<LoopContext %u/%u>", l->at + 1, l->items->n);
}

static int64_t loop_len(const struct robj *o) { return ((const struct jloop *)o->data)->items->n; }

static const struct obj_ops loop_ops = {
	.type = "LoopContext", .attr = loop_attr, .call = loop_call, .str = loop_str, .len = loop_len};

struct rv j_loop_obj(struct rt *rt, struct jloop *l) { return rv_obj(rt, &loop_ops, l); }

/* The items that the loop's own condition lets through. */
static bool filtered(struct rt *rt, const struct node *n, struct rv iterable, struct rlist **ret)
{
	struct cursor c;
	struct rv x, l = rv_list(rt, 0);
	struct scope *before = jstate(rt)->scope;
	if (!cur_start(rt, iterable, &c))
		return false;
	while (cur_next(rt, &c, &x)) {
		bool keep = true;
		if (n->b->b != NULL) {
			struct rv v;
			jstate(rt)->scope = j_push(rt, before);
			bool ok = ev_assign(rt, n->a, x) && ev(rt, n->b->b, &v);
			jstate(rt)->scope = before;
			if (!ok)
				return false;
			keep = rv_truthy(rv_live(rt, v));
		}
		if (keep)
			rlist_push(rt, l.u.l, x);
		if (rt->exc.cls != EX_NONE)
			return false;
	}
	*ret = l.u.l;
	return true;
}

bool j_for(struct rt *rt, const struct node *n, struct rv iterable, uint32_t depth0)
{
	struct scope *before = jstate(rt)->scope;
	struct jloop *l = rt_alloc(rt, sizeof(*l));
	*l = (struct jloop){.depth0 = depth0, .n = n->flag ? n : NULL, .scope = before, .last_changed = {.t = R_UNSET}};
	if (rt->depth >= LIM_DEPTH)
		return raise(rt, EX_LIMIT, "calls nested deeper than %d", LIM_DEPTH);
	if (!filtered(rt, n, iterable, &l->items))
		return false;
	if (l->items->n == 0) {
		if (n->n < 2)
			return true;
		jstate(rt)->scope = j_push(rt, before);
		bool ok = j_exec(rt, n->kids[1]);
		jstate(rt)->scope = before;
		return ok;
	}
	struct rv obj = j_loop_obj(rt, l);
	struct scope *inner = j_push(rt, before);
	rt->depth++;
	bool ok = true;
	for (l->at = 0; ok && l->at < l->items->n; l->at++) {
		inner->n = 0;
		jstate(rt)->scope = inner;
		j_bind(rt, rt->tpl->words[JW_LOOP], obj);
		ok = rt_tick(rt) && ev_assign(rt, n->a, l->items->v[l->at]) && j_exec(rt, n->kids[0]);
		if (ok && inner->hard) {                  /* a macro or caller keeps this round's names */
			inner = j_push(rt, before);
		}
	}
	rt->depth--;
	jstate(rt)->scope = before;
	return ok;
}
