/* SPDX-License-Identifier: GPL-2.0-or-later
 * cheetah_exec.c - running the statements of a Cheetah template.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snippets/engine/cheetah.h"
#define ENTRY N_STEP
#include "snippets/engine/code_run.h"
#include "snippets/engine/str_methods.h"
#include "snippets/engine/trace.h"

static struct cheetah_rt *state(const struct rt *rt) { return rt->lang; }

/* -- output -- */

static struct rv filtered(struct rt *rt, enum filter f, struct rv s, const struct args *a)
{
	size_t mark = rt->tmp.len;
	if (f == FILTER_WEBSAFE) {
		for (uint32_t i = 0; i < s.n; i++) {
			char ch = s.u.s[i];
			if (ch == '&' || ch == '<' || ch == '>')
				sb_adds(&rt->tmp, ch == '&' ? "&amp;" : ch == '<' ? "&lt;" : "&gt;");
			else
				sb_addc(&rt->tmp, ch);
		}
		return rv_take(rt, mark);
	}
	if (f == FILTER_STRIP) {
		for (size_t i = 0; i <= s.n;) {
			const char *q = memchr(s.u.s + i, '\n', s.n - i);
			size_t e = q != NULL ? (size_t)(q - s.u.s) : s.n;
			struct rv line = str_strip(rv_strn(s.u.s + i, e - i), NULL, 0, 3);
			sb_add(&rt->tmp, line.u.s, line.n);
			if (q != NULL)
				sb_addc(&rt->tmp, '\n');
			i = e + 1;
		}
		return rv_take(rt, mark);
	}
	if (f == FILTER_SQUEEZE) {
		struct rv l;
		if (str_split(rt, s, rv_none(), -1, &l))
			str_join(rt, rv_strn(" ", 1), l, &s);
	}
	if (f == FILTER_MAXLEN)
		for (uint32_t i = 0; a != NULL && i < a->nkw; i++)
			if (a->kw[i].n == 6 && memcmp(a->kw[i].name, "maxlen", 6) == 0 && a->kw[i].v.t == R_INT &&
				a->kw[i].v.u.i >= 0)
				s.n = (uint32_t)u8_off(s.u.s, s.n, (size_t)a->kw[i].v.u.i);
	return s;
}

static bool write_filtered(struct rt *rt, const struct node *n, struct rv v, const struct args *a)
{
	enum filter f = state(rt)->frame->filter;
	if (v.t == R_NONE)
		return true;
	size_t from = rt->out.len;
	if (f == FILTER_NONE) {
		rv_str(rt, v, &rt->out);
	} else {
		struct rv s = filtered(rt, f, rv_tostr(rt, v), a);
		sb_add(&rt->out, s.u.s, s.n);
	}
	if (rt->job->trace != NULL)
		trace_piece(rt, n, from, v);
	return rt->exc.cls == EX_NONE;
}

bool ch_write(struct rt *rt, const struct node *n, struct rv v) { return write_filtered(rt, n, v, NULL); }

static void say_missing(struct rt *rt, const struct node *n)
{
	if (rt->job->missing == NULL)
		return;
	char where[512], text[300];
	snprintf(where, sizeof(where), "%s:%u:%u", rt->tpl->name, n->line, n->col);
	snprintf(text, sizeof(text), "%.*s", (int)(n->k.n < 250 ? n->k.n : 250), n->k.u.s);
	rt->job->missing(rt->job->ctx, text, where);
}

/* $placeholder. Under the error catcher one that is not found prints itself; $!x prints nothing. */
static bool placeholder(struct rt *rt, const struct node *n)
{
	struct rv v;
	struct args a = { 0 };
	size_t tmp = rt->tmp.len, out = rt->out.len;
	uint32_t depth = rt->depth, evd = rt->ev_depth, vd = rt->value_depth;
	if (ev(rt, n->a, &v) && (n->b == NULL || ev_args(rt, n->b, &a, 0)))
		return write_filtered(rt, n, v, n->b != NULL ? &a : NULL);
	if (rt->exc.cls != EX_NOTFOUND || !(n->flag & (NF_CATCH | NF_SILENT)))
		return false;
	rt->exc = (struct exception){ 0 };
	rt->tmp.len = tmp;
	sb_truncate(&rt->out, out);
	rt->depth = depth;
	rt->ev_depth = evd;
	rt->value_depth = vd;
	if (!(n->flag & NF_CATCH))
		return true;
	say_missing(rt, n);
	if (n->sub == 0)
		return write_filtered(rt, n, n->k, NULL);
	size_t mark = rt->tmp.len;
	sb_adds(&rt->tmp, "===============&lt;");
	sb_add(&rt->tmp, n->k.u.s, n->k.n);
	sb_adds(&rt->tmp, " could not be found&gt;===============");
	return write_filtered(rt, n, rv_take(rt, mark), NULL);
}

/* -- statements -- */

static enum flow body(struct rt *rt, const struct node *n)
{
	return n == NULL ? F_NEXT : ch_exec(rt, n);
}

static enum flow loop_else(struct rt *rt, const struct node *n) { return n->n > 1 ? body(rt, n->kids[1]->b) : F_NEXT; }

static enum flow do_for(struct rt *rt, const struct node *n)
{
	struct rv v, x;
	struct cursor c;
	if (!ev(rt, n->b, &v) || !cur_start(rt, v, &c))
		return F_ERROR;
	while (cur_step(rt, &c, &x)) {
		if (!rt_tick(rt) || !ev_assign(rt, n->a, x))
			return F_ERROR;
		enum flow f = body(rt, n->kids[0]->b);
		if (f == F_BREAK)
			return F_NEXT;
		if (f == F_RETURN || f == F_ERROR)
			return f;
	}
	return rt->exc.cls != EX_NONE ? F_ERROR : loop_else(rt, n);
}

static enum flow do_while(struct rt *rt, const struct node *n)
{
	struct rv v;
	int64_t count = 0;
	if (n->op == N_REPEAT) {
		if (!ev(rt, n->a, &v))
			return F_ERROR;
		if (v.t != R_INT && v.t != R_BOOL)
			return raise(rt, EX_TYPE, "'%s' object cannot be interpreted as an integer", rv_type_name(v)),
			       F_ERROR;
		count = rv_asint(v);
	}
	for (int64_t i = 0;; i++) {
		if (!rt_tick(rt))
			return F_ERROR;
		if (n->op == N_REPEAT) {
			if (i >= count)
				break;
		} else {
			if (!ev(rt, n->a, &v))
				return F_ERROR;
			if (!rv_truthy(rv_live(rt, v)))
				break;
		}
		enum flow f = body(rt, n->kids[0]->b);
		if (f == F_BREAK)
			return F_NEXT;
		if (f == F_RETURN || f == F_ERROR)
			return f;
	}
	return loop_else(rt, n);
}

static bool do_set(struct rt *rt, const struct node *n)
{
	struct rv v, old, o, k;
	if (n->sub == 255)
		return ev(rt, n->b, &v) && ev_assign(rt, n->a, v);
	if (n->a->op == N_ITEM)
		return ev(rt, n->a->a, &o) && ev(rt, n->a->b, &k) && rv_getitem(rt, o, k, &old) && ev(rt, n->b, &v) &&
			rv_binop(rt, n->sub, old, v, &v) && rv_setitem(rt, o, k, v);
	if (!ev(rt, n->a, &old) || !ev(rt, n->b, &v))
		return false;
	old = rv_live(rt, old);
	if (n->sub == OP_ADD && (old.t == R_LIST || old.t == R_MLIST)) {        /* += changes a list in place */
		struct rlist *l;
		if (!rv_thaw(rt, old, &old))
			return false;
		if (!rv_list_of(rt, v, &l))
			return false;
		for (uint32_t i = 0, cnt = l->n; i < cnt; i++)
			rlist_push(rt, old.u.l, l->v[i]);
		return rt->exc.cls == EX_NONE && ev_assign(rt, n->a, old);
	}
	return rv_binop(rt, n->sub, old, v, &v) && ev_assign(rt, n->a, v);
}

static bool do_del(struct rt *rt, const struct node *t)
{
	struct rv o, k;
	bool found = true;
	if (t->op == N_TUPLE || t->op == N_LIST) {
		for (uint32_t i = 0; i < t->n; i++)
			if (!do_del(rt, t->kids[i]))
				return false;
		return true;
	}
	if (t->op == N_ITEM)
		return ev(rt, t->a, &o) && ev(rt, t->b, &k) && rv_delitem(rt, o, k);
	if (t->op != N_NAME)
		return raise(rt, EX_SYNTAX, "this cannot be deleted");
	if (t->slot < 0 || state(rt)->frame->slots[t->slot].t == R_UNSET)
		return raise(rt, EX_NAME, "name '%s' is not defined", t->sym->name);
	state(rt)->frame->slots[t->slot] = (struct rv){ .t = R_UNSET };
	return found;
}

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

static bool do_raise(struct rt *rt, const struct node *n)
{
	struct rv v;
	if (n->a == NULL && state(rt)->handled == NULL)
		return raise(rt, EX_RUNTIME, "No active exception to reraise");
	if (n->a != NULL && !ev(rt, n->a, &v))
		return false;
	if (n->a == NULL || (v.t == R_OBJ && v.u.o->ops == &exc_ops)) {
		rt->exc = *(n->a == NULL ? state(rt)->handled : (const struct exception *)v.u.o->data);
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

/* kids: the body; then clauses (sub 1: except; flag 1: finally; flag 2: else). */
static enum flow do_try(struct rt *rt, const struct node *n)
{
	struct exception e;
	size_t tmp = rt->tmp.len;
	uint32_t depth = rt->depth, evd = rt->ev_depth, vd = rt->value_depth;
	struct cframe *frame = state(rt)->frame;
	const struct exception *outer = state(rt)->handled;
	enum flow f = body(rt, n->kids[0]->b);
	bool caught = false;
	const struct node *last = NULL;
	if (f == F_ERROR && rt->exc.cls != EX_LIMIT) {
		e = rt->exc;
		rt->tmp.len = tmp;
		rt->depth = depth;
		rt->ev_depth = evd;
		rt->value_depth = vd;
		state(rt)->frame = frame;
		for (uint32_t i = 1; i < n->n && !caught; i++) {
			const struct node *part = n->kids[i];
			struct rv cls;
			if (part->sub != 1)
				continue;
			rt->exc = (struct exception){ 0 };
			if (part->a != NULL && !ev(rt, part->a, &cls))
				return F_ERROR;
			if (part->a != NULL && !catches(cls, e.cls, 0)) {
				rt->exc = e;
				continue;
			}
			caught = true;
			frame->lost = false;
			if (part->c != NULL) {
				struct exception *copy = rt_alloc(rt, sizeof(*copy));
				*copy = e;
				if (!ev_assign(rt, part->c, rv_obj(rt, &exc_ops, copy)))
					return F_ERROR;
			}
			state(rt)->handled = &e;
			f = body(rt, part->b);
			state(rt)->handled = outer;
		}
	} else if (f == F_NEXT) {
		for (uint32_t i = 1; i < n->n && f == F_NEXT; i++)
			if (n->kids[i]->flag == 2)
				f = body(rt, n->kids[i]->b);
	}
	for (uint32_t i = 1; i < n->n; i++)
		if (n->kids[i]->flag == 1)
			last = n->kids[i];
	if (last != NULL) {
		e = rt->exc;
		rt->exc = (struct exception){ 0 };
		if (e.cls == EX_LIMIT)
			return rt->exc = e, F_ERROR;
		enum flow g = body(rt, last->b);
		if (g != F_NEXT)
			return g;
		rt->exc = e;
	}
	return f;
}

/* Where a region began may be gone: see lost(). */
static size_t still(const struct rt *rt, size_t mark) { return mark < rt->out.len ? mark : rt->out.len; }

/* compat: #stop inside #call or #capture: the method's value is what was collected there, all before it is lost. */
static enum flow stopped(struct rt *rt, size_t mark)
{
	mark = still(rt, mark);
	struct cframe *f = state(rt)->frame;
	if (f->ret.t == R_UNSET)
		f->ret = rv_dup(rt, sb_str(&rt->out) + mark, rt->out.len - mark);
	return F_RETURN;
}

/* compat: an exception inside #call or #capture that the method catches: what was collected there is the output from
 * then on, all before it is lost. */
static enum flow lost(struct rt *rt, size_t mark)
{
	struct cframe *f = state(rt)->frame;
	size_t begin = f->mark;
	if (mark > begin && mark <= rt->out.len && !f->lost) {                   /* the innermost one counts */
		memmove(rt->out.p + begin, rt->out.p + mark, rt->out.len - mark);
		sb_truncate(&rt->out, rt->out.len - (mark - begin));
	}
	f->lost = true;
	return F_ERROR;
}

/* #call at work: the text of its body so far, and of its #args. */
struct callreg { size_t mark; const struct sym *cur; struct karg *kw; uint32_t nkw, most; };

static struct rv take_from(struct rt *rt, size_t mark)
{
	mark = still(rt, mark);
	struct rv v = rv_dup(rt, sb_str(&rt->out) + mark, rt->out.len - mark);
	sb_truncate(&rt->out, mark);
	return v;
}

/* #arg: what was written so far belongs to the one before; before the first one it comes along with that. */
static bool call_arg(struct rt *rt, const struct node *n)
{
	struct callreg *c = state(rt)->call;
	if (c == NULL)
		return true;
	if (c->cur != NULL)
		c->kw[c->nkw++] = (struct karg){ c->cur->name, c->cur->len, take_from(rt, c->mark) };
	c->cur = n->sym;
	return c->nkw + 1 < c->most || raise(rt, EX_LIMIT, "#call has more than %u arguments", c->most);
}

/* #call: the body's text is the first argument, or the texts of its #args are keywords. */
static enum flow do_call(struct rt *rt, const struct node *n)
{
	struct rv f, v, list[LIM_ARGS + 1];
	struct karg kw[64];
	struct args extra = { 0 }, a = { .v = list, .kw = kw };
	struct callreg c = { .mark = rt->out.len, .kw = kw, .most = ARRAY_LEN(kw) }, *around = state(rt)->call;
	state(rt)->call = &c;
	enum flow fl = body(rt, n->kids[0]->b);
	state(rt)->call = around;
	if (fl == F_RETURN)
		return stopped(rt, c.mark);
	if (fl == F_ERROR)
		return lost(rt, c.mark);
	if (fl != F_NEXT)
		return fl;
	v = take_from(rt, c.mark);
	if (!ev(rt, n->a, &f) || (n->b != NULL && !ev_args(rt, n->b, &extra, 0)))
		return F_ERROR;
	if (c.cur != NULL)
		kw[c.nkw++] = (struct karg){ c.cur->name, c.cur->len, v };
	else
		list[a.n++] = v;
	for (uint32_t i = 0; i < extra.n; i++)
		list[a.n++] = extra.v[i];
	for (uint32_t i = 0; i < extra.nkw && c.nkw < ARRAY_LEN(kw); i++)
		kw[c.nkw++] = extra.kw[i];
	a.nkw = c.nkw;
	return rv_call(rt, f, &a, &v) && ch_write(rt, n, v) ? F_NEXT : F_ERROR;
}

static enum flow do_capture(struct rt *rt, const struct node *n)
{
	size_t mark = rt->out.len;
	enum flow f = body(rt, n->kids[0]->b);
	if (f == F_ERROR)
		return lost(rt, mark);
	if (f == F_RETURN)
		return stopped(rt, mark);
	mark = still(rt, mark);
	struct rv v = rv_dup(rt, sb_str(&rt->out) + mark, rt->out.len - mark);
	sb_truncate(&rt->out, mark);
	return ev_assign(rt, n->a, v) ? f : F_ERROR;
}

static enum flow do_include(struct rt *rt, const struct node *n)
{
	struct rv v, text;
	struct err e = { 0 };
	const struct tpl *t = NULL;
	struct inst *self = state(rt)->frame->self;
	if (!ev(rt, n->a, &v))
		return F_ERROR;
	v = rv_tostr(rt, v);
	if (n->sub == 1 && n->flag) {
		sb_add(&rt->out, v.u.s, v.n);
		return F_NEXT;
	}
	int rc = n->sub == 1
			 ? (rt->job->source != NULL ? rt->job->source(rt->job->ctx, v.u.s, v.n, &t, &e)
						    : err_set(&e, CB_EPERM, "#include source= is refused here"))
			 : (rt->job->load != NULL ? rt->job->load(rt->job->ctx, rv_cz(rt, v), rt->tpl, &t, &e)
						  : err_set(&e, CB_EPERM,
							    "#include is refused here: there is no directory for it"));
	if (rc != CB_OK)
		return raise(rt,
			       rc == CB_EPARSE   ? EX_SYNTAX
			       : rc == CB_ENOENT ? EX_FILE_NOT_FOUND
						 : EX_RUNTIME,
			       "%s", e.text),
		       F_ERROR;
	if (n->flag) {
		sb_add(&rt->out, t->text, t->len);
		return F_NEXT;
	}
	struct place here = { rt->place, rt->tpl, n };
	rt->place = &here;
	struct inst *sub = ch_include(rt, self, t);
	bool ok = sub != NULL && ch_run(rt, sub, sub->front->main, NULL, &(struct args){ 0 }, &text);
	if (!ok)
		note_chain(rt);
	rt->place = here.up;
	if (!ok)
		return F_ERROR;
	size_t from = rt->out.len;
	sb_add(&rt->out, text.u.s, text.n);
	if (rt->job->trace != NULL)
		trace_piece(rt, n, from, text);
	return F_NEXT;
}

static bool nested_def(struct rt *rt, const struct node *n)
{
	struct fdef *d = rt_alloc(rt, sizeof(*d));
	*d = (struct fdef){ state(rt)->frame->self, (const struct method *)(const void *)n->c, state(rt)->frame };
	return ev_assign(rt, n->a, (struct rv){ .t = R_DEF, .u.fd = d });
}

/* A #block is called where it stands, through the template: what was defined last by that name. */
static bool block(struct rt *rt, const struct node *n)
{
	struct rv v;
	struct inst *self = state(rt)->frame->self;
	return ch_run(rt, self, (const struct method *)(const void *)n->c, NULL, &(struct args){0}, &v) &&
	       ch_write(rt, n, v);
}

static enum flow text(struct rt *rt, const struct node *n)
{
	size_t from = rt->out.len;
	sb_add(&rt->out, n->k.u.s, n->k.n);
	if (rt->job->trace != NULL)
		trace_piece(rt, n, from, rv_none());
	return F_NEXT;
}

static bool do_assert(struct rt *rt, const struct node *n)
{
	struct rv v, m = rv_strn("", 0);
	if (!ev(rt, n->a, &v))
		return false;
	if (rv_truthy(rv_live(rt, v)))
		return true;
	if (n->b != NULL) {
		if (!ev(rt, n->b, &m))
			return false;
		m = rv_tostr(rt, m);
	}
	return raise(rt, EX_ASSERTION, "%.*s", (int)m.n, m.u.s);
}

static enum flow run(struct rt *rt, const struct node *n)
{
	struct rv v;
	enum flow f;
	switch ((enum nop)n->op) {
	case N_TEXT: return text(rt, n);
	case N_PLACE: return placeholder(rt, n) ? F_NEXT : F_ERROR;
	case N_ECHO: return ev(rt, n->a, &v) && ch_write(rt, n, v) ? F_NEXT : F_ERROR;
	case N_SILENT: return ev(rt, n->a, &v) ? F_NEXT : F_ERROR;
	case N_FOR: return do_for(rt, n);
	case N_WHILE: case N_REPEAT: return do_while(rt, n);
	case N_BREAK: return F_BREAK;
	case N_CONTINUE: return F_CONTINUE;
	case N_PASS: case N_CATCHER: return F_NEXT;
	case N_CALLARG: return call_arg(rt, n) ? F_NEXT : F_ERROR;
	case N_SET_ST: return do_set(rt, n) ? F_NEXT : F_ERROR;
	case N_DEL: return do_del(rt, n->a) ? F_NEXT : F_ERROR;
	case N_ASSERT: return do_assert(rt, n) ? F_NEXT : F_ERROR;
	case N_RAISE: return do_raise(rt, n), F_ERROR;
	case N_TRY: return do_try(rt, n);
	case N_RETURN:
		v = rv_none();
		if (n->a != NULL && !ev(rt, n->a, &v))
			return F_ERROR;
		if (!state(rt)->frame->m->block)          /* compat: a block has written already, nobody takes its value */
			state(rt)->frame->ret = v;
		return F_RETURN;
	case N_STOP: return F_RETURN;
	case N_BLOCKCALL: return block(rt, n) ? F_NEXT : F_ERROR;
	case N_CALLREG: return do_call(rt, n);
	case N_CAPTURE: return do_capture(rt, n);
	case N_REGION: return body(rt, n->kids[0]->b);
	case N_FILTERREG: {
		struct cframe *fr = state(rt)->frame;
		enum filter before = fr->filter;
		fr->filter = n->sub;
		f = body(rt, n->kids[0]->b);
		fr->filter = before;
		return f;
	}
	case N_INCLUDE: return do_include(rt, n);
	case N_NESTED_DEF: return nested_def(rt, n) ? F_NEXT : F_ERROR;
	default: return raise(rt, EX_RUNTIME, "a statement of unknown kind %d", n->op), F_ERROR;
	}
}

static bool plain(const struct rt *rt) { return rt->job->trace == NULL && state(rt)->frame->filter == FILTER_NONE; }

static inline const struct rv *quick(const struct rt *rt, const void *lang, const struct node *name, uint32_t id)
{
	return ch_quick(rt, lang, name, id);
}

static bool print(struct rt *rt, const struct node *n) { return placeholder(rt, n); }

static bool loop_begin(struct rt *rt, struct loop *l, const struct node *n)
{
	struct rv v;
	l->n = n;
	return (at_hand(rt, rt->lang, n->b, &v) || ev(rt, n->b, &v)) && cur_start(rt, v, &l->c);
}

static bool loop_item(struct rt *rt, struct loop *l, struct rv x)
{
	const struct node *t = l->n->a;
	if ((t->op != N_NAME && t->op != N_VAR) || t->slot < 0 || (t->flag & NF_GLOBAL))
		return ev_assign(rt, t, x);
	state(rt)->frame->slots[t->slot] = x;
	return true;
}

static void loop_end(struct rt *rt, struct loop *l) { (void)rt, (void)l; }

static enum flow statement(struct rt *rt, const struct node *n) { return ch_exec(rt, n); }

enum flow ch_exec(struct rt *rt, const struct node *n)
{
	enum flow f = F_ERROR;
	if (++rt->ev_depth > LIM_EVAL_DEPTH)
		raise(rt, EX_LIMIT, "evaluation nested deeper than %d", LIM_EVAL_DEPTH);
	else if (n->op == N_BODY)
		f = run_code(rt, n->code);
	else if (rt_tick(rt))
		f = run(rt, n);
	rt->ev_depth--;
	if (f == F_ERROR && rt->exc.at == NULL) {
		rt->exc.at = n;
		rt->exc.tpl = rt->tpl;
	}
	return f;
}
