/* SPDX-License-Identifier: GPL-2.0-or-later
 * eval.c - the evaluator of expressions, for both languages.
 */
#include <string.h>

#include "snippets/engine/ast.h"
#include "snippets/engine/bigint.h"
#include "snippets/engine/str_methods.h"

bool ev_compare(struct rt *rt, enum cmpop op, struct rv a, struct rv b, bool *out)
{
	int o = 0;
	static const char *const names[] = { "==", "!=", "<", "<=", ">", ">=" };
	switch (op) {
	case CMP_EQ: *out = rv_eq(rt, a, b); break;
	case CMP_NE: *out = !rv_eq(rt, a, b); break;
	case CMP_LT: case CMP_LE: case CMP_GT: case CMP_GE:
		if (!rv_order(rt, a, b, names[op], &o))
			return false;
		*out = op == CMP_LT   ? o == -1
		       : op == CMP_LE ? o == -1 || o == 0
		       : op == CMP_GT ? o == 1
				      : o == 1 || o == 0;
		break;
	case CMP_IN: case CMP_NOTIN:
		if (!rv_contains(rt, b, a, out))
			return false;
		if (op == CMP_NOTIN)
			*out = !*out;
		break;
	case CMP_IS: *out = rv_same(a, b); break;
	case CMP_ISNOT: *out = !rv_same(a, b); break;
	}
	return rt->exc.cls == EX_NONE;
}

static bool compare(struct rt *rt, const struct node *n, struct rv *out)
{
	struct rv a, b;
	bool yes = true;
	if (!ev(rt, n->a, &a))
		return false;
	for (uint32_t i = 0; i < n->n && yes; i++) {
		if (!ev(rt, n->kids[i]->a, &b))
			return false;
		if (a.t == R_STR && b.t == R_STR && n->kids[i]->sub <= CMP_NE) {        /* the most of all comparisons */
			yes = (a.n == b.n && memcmp(a.u.s, b.u.s, a.n) == 0) == (n->kids[i]->sub == CMP_EQ);
			if (!rt_bytes(rt, a.n))
				return false;
			a = b;
			continue;
		}
		if (!ev_compare(rt, n->kids[i]->sub, a, b, &yes))
			return false;
		a = b;
	}
	*out = rv_bool(yes);
	return true;
}

static bool spread(struct rt *rt, struct rv v, struct rlist *l)
{
	struct cursor c;
	struct rv x;
	if (!cur_start(rt, v, &c))
		return false;
	while (cur_next(rt, &c, &x)) {
		if (l->n >= LIM_ARGS)
			return raise(rt, EX_LIMIT, "a call has more than %d arguments", LIM_ARGS);
		rlist_push(rt, l, x);
	}
	return rt->exc.cls == EX_NONE;
}

static bool spread_kw(struct rt *rt, struct rv v, struct karg *kw, uint32_t *n)
{
	struct cursor c;
	struct rv k;
	if (!rv_mapping(v))
		return raise(rt, EX_TYPE, "argument after ** must be a mapping, not %s", rv_type_name(v));
	if (!cur_start(rt, v, &c))
		return false;
	while (cur_next(rt, &c, &k)) {
		if (k.t != R_STR)
			return raise(rt, EX_TYPE, "keywords must be strings");
		if (*n >= LIM_ARGS)
			return raise(rt, EX_LIMIT, "a call has more than %d arguments", LIM_ARGS);
		kw[*n] = (struct karg){ k.u.s, k.n, rv_none() };
		if (!rv_getitem(rt, v, k, &kw[*n].v))
			return false;
		(*n)++;
	}
	return true;
}

/* extra: free places before the first argument, for a filter's subject. */
bool ev_args(struct rt *rt, const struct node *call, struct args *a, uint32_t extra)
{
	uint32_t pos = extra, nkw = 0;
	bool stars = false;
	for (uint32_t i = 0; i < call->n; i++) {
		pos += call->kids[i]->sub == ARG_POS;
		nkw += call->kids[i]->sub == ARG_KW;
		stars |= call->kids[i]->sub >= ARG_STAR;
	}
	struct rv l = rv_list(rt, stars ? LIM_ARGS : pos);
	struct karg *kw = stars     ? rt_alloc(rt, (LIM_ARGS + 1) * sizeof(*kw))
			  : nkw > 0 ? rt_alloc(rt, nkw * sizeof(*kw))
				    : NULL;
	l.u.l->n = extra;
	nkw = 0;
	for (uint32_t i = 0; i < call->n; i++) {
		const struct node *n = call->kids[i];
		struct rv v;
		if (!ev(rt, n->a, &v))
			return false;
		switch (n->sub) {
		case ARG_POS: l.u.l->v[l.u.l->n++] = v; break;
		case ARG_KW: kw[nkw++] = (struct karg){ n->sym->name, n->sym->len, v }; break;
		case ARG_STAR:
			if (!spread(rt, v, l.u.l))
				return false;
			break;
		default:
			if (!spread_kw(rt, v, kw, &nkw))
				return false;
		}
		if (stars && (l.u.l->n >= LIM_ARGS || nkw >= LIM_ARGS))
			return raise(rt, EX_LIMIT, "a call has more than %d arguments", LIM_ARGS);
	}
	*a = (struct args){ .v = l.u.l->v, .n = l.u.l->n, .kw = kw, .nkw = nkw };
	return true;
}

/* A call of a method that the text names needs no bound object. */
static bool call_method(struct rt *rt, const struct node *n, bool *done, struct rv *out)
{
	const struct node *f = n->a;
	struct rv o, m;
	struct args a;
	*done = false;
	if (f->op != N_ATTR && f->op != N_STEP)
		return true;
	*done = true;
	if (!ev(rt, f->a, &o))
		return false;
	const struct front *fr = rt->front;
	if (f->op == N_ATTR ? !fr->attr(rt, o, f, &m) : !fr->step(rt, o, f, &m)) {
		if (rt->exc.at == NULL)
			rt->exc.at = f;
		return false;
	}
	return ev_args(rt, n, &a, 0) && rv_call(rt, m, &a, out);
}

static bool call(struct rt *rt, const struct node *n, struct rv *out)
{
	struct rv f;
	struct args a;
	bool done;
	rt->call = n;
	if (!call_method(rt, n, &done, out))
		return false;
	return done || (ev(rt, n->a, &f) && ev_args(rt, n, &a, 0) && rv_call(rt, f, &a, out));
}

/* "*x" in a list, a tuple or a set: its elements. */
static bool elements(struct rt *rt, const struct node *n, struct rv into)
{
	struct cursor c;
	struct rv v, x;
	if (!ev(rt, n->a, &v))
		return false;
	if (!cur_start(rt, v, &c))
		return rt->exc.cls == EX_TYPE
			       ? raise(rt, EX_TYPE, "Value after * must be an iterable, not %s", rv_type_name(v))
			       : false;
	while (cur_next(rt, &c, &x)) {
		if (into.t == R_SET && !rdict_set(rt, into.u.m, x, rv_none()))
			return false;
		if (into.t != R_SET)
			rlist_push(rt, into.u.l, x);
		if (rt->exc.cls != EX_NONE || !rt_tick(rt))
			return false;
	}
	return rt->exc.cls == EX_NONE;
}

static bool list(struct rt *rt, const struct node *n, struct rv *out)
{
	struct rv l = rv_list(rt, n->n), x;
	for (uint32_t i = 0; i < n->n; i++) {
		const struct node *k = n->kids[i];
		if (k->op == N_ARG ? !elements(rt, k, l) : !ev(rt, k, &x))
			return false;
		if (k->op != N_ARG)
			rlist_push(rt, l.u.l, x);
	}
	if (n->op == N_TUPLE)
		l.t = R_TUPLE;
	*out = l;
	return true;
}

/* "**x" in a dict: its entries. */
static bool entries(struct rt *rt, const struct node *n, struct rv into)
{
	struct cursor c;
	struct rv v, k, x;
	if (!ev(rt, n, &v))
		return false;
	v = rv_live(rt, v);
	if (!rv_mapping(v))
		return raise(rt, EX_TYPE, "'%s' object is not a mapping", rv_type_name(v));
	if (!cur_start(rt, v, &c))
		return false;
	while (cur_next(rt, &c, &k))
		if (!rv_getitem(rt, v, k, &x) || !rdict_set(rt, into.u.m, k, x) || !rt_tick(rt))
			return false;
	return rt->exc.cls == EX_NONE;
}

static bool dict(struct rt *rt, const struct node *n, struct rv *out)
{
	struct rv d = rv_dict(rt), k, v;
	for (uint32_t i = 0; i + 1 < n->n; i += 2) {
		if (n->kids[i + 1] == NULL ? !entries(rt, n->kids[i], d) :
			!ev(rt, n->kids[i], &k) || !ev(rt, n->kids[i + 1], &v) || !rdict_set(rt, d.u.m, k, v))
			return false;
	}
	*out = d;
	return true;
}

static bool set(struct rt *rt, const struct node *n, struct rv *out)
{
	struct rv d = rv_set(rt), k;
	for (uint32_t i = 0; i < n->n; i++)
		if (n->kids[i]->op == N_ARG ? !elements(rt, n->kids[i], d)
					    : !ev(rt, n->kids[i], &k) || !rdict_set(rt, d.u.m, k, rv_none()))
			return false;
	*out = d;
	return true;
}

static bool slice_obj(struct rt *rt, const struct node *n, struct rv *out)
{
	struct rv p[3] = { rv_none(), rv_none(), rv_none() };
	if ((n->a != NULL && !ev(rt, n->a, &p[0])) || (n->b != NULL && !ev(rt, n->b, &p[1])) ||
		(n->c != NULL && !ev(rt, n->c, &p[2])))
		return false;
	*out = rv_tuple(rt, p, 3);
	out->t = R_SLICE;
	return true;
}

static bool sign(struct rt *rt, const struct node *n, struct rv *out)
{
	struct rv v;
	if (!ev(rt, n->a, &v))
		return false;
	if (v.t == R_UNDEF && rt->missing != NULL)
		return rt->missing(rt, &v);
	if (v.t == R_FLOAT && n->op != N_INV) {
		*out = rv_float(n->op == N_NEG ? -v.u.d : v.u.d);
		return true;
	}
	if (!rv_is_int(v))
		return raise(rt, EX_TYPE, "bad operand type for unary %s: '%s'",
			n->op == N_NEG   ? "-"
			: n->op == N_POS ? "+"
					 : "~",
			rv_type_name(v));
	int64_t i = rv_asint(v);
	if (v.t == R_BIG && n->op == N_POS) {
		*out = v;
		return true;
	}
	if (v.t == R_BIG || (n->op == N_NEG && i == INT64_MIN))
		return big_unary(rt, n->op == N_NEG ? '-' : '~', v, out);
	*out = rv_int(n->op == N_NEG ? -i : n->op == N_POS ? i : ~i);
	return true;
}

static bool concat(struct rt *rt, const struct node *n, struct rv *out)
{
	struct rv a, b;
	if (!ev(rt, n->a, &a) || !ev(rt, n->b, &b))
		return false;
	a = rv_tostr(rt, a);
	b = rv_tostr(rt, b);
	return rt->exc.cls == EX_NONE && rv_binop(rt, OP_ADD, a, b, out);
}

static bool join(struct rt *rt, const struct node *n, struct rv *out)
{
	struct rv v, all = rv_list(rt, n->n);
	for (uint32_t i = 0; i < n->n; i++) {
		if (!ev(rt, n->kids[i], &v))
			return false;
		rlist_push(rt, all.u.l, rv_tostr(rt, v));
	}
	return rt->exc.cls == EX_NONE && str_join(rt, rv_strn("", 0), all, out);
}

static bool eval(struct rt *rt, const struct node *n, struct rv *out)
{
	struct rv a, b;
	const struct front *fr = rt->front;
	switch ((enum nop)n->op) {
	case N_CONST: *out = n->k; return true;
	case N_NAME: case N_VAR: return fr->name(rt, n, out);
	case N_STEP: return ev(rt, n->a, &a) && fr->step(rt, a, n, out);
	case N_ATTR: return ev(rt, n->a, &a) && fr->attr(rt, a, n, out);
	case N_ITEM: return ev(rt, n->a, &a) && ev(rt, n->b, &b) && fr->item(rt, a, b, out);
	case N_SLICE: return slice_obj(rt, n, out);
	case N_CALL: return call(rt, n, out);
	case N_LIST: case N_TUPLE: return list(rt, n, out);
	case N_DICT: return dict(rt, n, out);
	case N_SET: return set(rt, n, out);
	case N_AND: return ev(rt, n->a, out) && (!rv_truthy(rv_live(rt, *out)) || ev(rt, n->b, out));
	case N_OR: return ev(rt, n->a, out) && (rv_truthy(rv_live(rt, *out)) || ev(rt, n->b, out));
	case N_NOT:
		if (!ev(rt, n->a, &a))
			return false;
		*out = rv_bool(!rv_truthy(rv_live(rt, a)));
		return true;
	case N_NEG: case N_POS: case N_INV: return sign(rt, n, out);
	case N_BIN: return ev(rt, n->a, &a) && ev(rt, n->b, &b) && rv_binop(rt, n->sub, a, b, out);
	case N_CMP: return compare(rt, n, out);
	case N_COND:
		if (!ev(rt, n->a, &a))
			return false;
		if (rv_truthy(rv_live(rt, a)))
			return ev(rt, n->b, out);
		if (n->c != NULL)
			return ev(rt, n->c, out);
		*out = rv_undef(
			rt, NULL, "the inline if-expression evaluated to false and no else section was defined.");
		return true;
	case N_COMP: case N_LAMBDA: return fr->comp(rt, n, out);
	case N_CONCAT: return concat(rt, n, out);
	case N_JOIN: return join(rt, n, out);
	case N_FILTER: return fr->filter(rt, n, out);
	case N_TEST: return fr->test(rt, n, out);
	case N_BAD: return raise(rt, EX_SYNTAX, "%s", n->k.u.s);
	default: return raise(rt, EX_RUNTIME, "an expression of unknown kind %d", n->op);
	}
}

bool ev_node(struct rt *rt, const struct node *n, struct rv *out)
{
	bool ok;
	if (n->op == N_NAME || n->op == N_VAR) {
		ok = rt->front->name(rt, n, out);
	} else {
		ok = ++rt->ev_depth <= LIM_EVAL_DEPTH ||
		     raise(rt, EX_LIMIT, "evaluation nested deeper than %d", LIM_EVAL_DEPTH);
		ok = ok && rt_tick(rt) && eval(rt, n, out);
		rt->ev_depth--;
	}
	if (ok)
		return true;
	if (rt->exc.at == NULL) {
		rt->exc.at = n;
		rt->exc.tpl = rt->tpl;
	}
	return false;
}

static bool unpack(struct rt *rt, const struct node *t, struct rv v)
{
	struct rv l = v;                                  /* a tuple stays as it is while its items are assigned */
	uint32_t star = t->n, at = 0;
	if (v.t != R_TUPLE && !rv_copy_list(rt, v, &l))
		return rt->exc.cls == EX_TYPE
			       ? raise(rt, EX_TYPE, "cannot unpack non-iterable %s object", rv_type_name(v))
			       : false;
	for (uint32_t i = 0; i < t->n; i++)
		if (t->kids[i]->op == N_ARG) {
			if (star < t->n)
				return raise(rt, EX_SYNTAX, "multiple starred expressions in assignment");
			star = i;
		}
	bool rest = star < t->n;
	if (l.u.l->n > t->n && !rest)
		return raise(rt, EX_VALUE, "too many values to unpack (expected %u)", t->n);
	if (l.u.l->n + rest < t->n)
		return raise(rt, EX_VALUE, "not enough values to unpack (expected %s%u, got %u)", rest ? "at least " : "", t->n - rest,
			l.u.l->n);
	for (uint32_t i = 0; i < t->n; i++) {
		if (i != star) {
			if (!ev_assign(rt, t->kids[i], l.u.l->v[at++]))
				return false;
			continue;
		}
		struct rv some = rv_list(rt, l.u.l->n + 1 - t->n);
		for (uint32_t k = l.u.l->n + 1 - t->n; k > 0; k--)
			rlist_push(rt, some.u.l, l.u.l->v[at++]);
		if (!ev_assign(rt, t->kids[i]->a, some))
			return false;
	}
	return true;
}

bool ev_assign(struct rt *rt, const struct node *t, struct rv v)
{
	struct rv o, k;
	switch ((enum nop)t->op) {
	case N_NAME: case N_VAR: return rt->front->assign(rt, t, v);
	case N_TUPLE: case N_LIST: return unpack(rt, t, v);
	case N_ITEM: return ev(rt, t->a, &o) && ev(rt, t->b, &k) && rv_setitem(rt, o, k, v);
	case N_ATTR:
		if (!ev(rt, t->a, &o))
			return false;
		if (o.t == R_OBJ && o.u.o->ops->set != NULL)
			return o.u.o->ops->set(rt, o.u.o, t->sym->name, v);
		return raise(rt, EX_ATTRIBUTE, "'%s' object has no attribute '%s'", rv_type_name(o), t->sym->name);
	default: return raise(rt, EX_SYNTAX, "this cannot be assigned to");
	}
}
