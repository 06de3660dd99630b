/* SPDX-License-Identifier: GPL-2.0-or-later
 * cheetah_exec.c - running the statements of a Cheetah template.
 */
#include <stdio.h>
#include <string.h>

#include "snippets/engine/cheetah.h"
#define ENTRY N_STEP
#include "snippets/engine/code_run.h"
#include "snippets/engine/str_methods.h"
#include "snippets/engine/trace.h"

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
	enum filter f = ch_state(rt)->frame->filter;
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

static enum flow loop_else(struct rt *rt, const struct node *n) { return n->n > 1 ? ch_body(rt, n->kids[1]->b) : F_NEXT; }

static enum flow do_for(struct rt *rt, const struct node *n)
{
	struct rv v, x;
	struct cursor c;
	if (!ev(rt, n->b, &v) || !cur_start(rt, v, &c))
		return F_ERROR;
	while (cur_step(rt, &c, &x)) {
		if (!rt_tick(rt) || !ev_assign(rt, n->a, x))
			return F_ERROR;
		enum flow f = ch_body(rt, n->kids[0]->b);
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
		enum flow f = ch_body(rt, n->kids[0]->b);
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
	if (t->slot < 0 || ch_state(rt)->frame->slots[t->slot].t == R_UNSET)
		return raise(rt, EX_NAME, "name '%s' is not defined", t->sym->name);
	ch_state(rt)->frame->slots[t->slot] = (struct rv){ .t = R_UNSET };
	return found;
}

static enum flow do_include(struct rt *rt, const struct node *n)
{
	struct rv v, text;
	struct err e = { 0 };
	const struct tpl *t = NULL;
	struct inst *self = ch_state(rt)->frame->self;
	if (!ev(rt, n->a, &v))
		return F_ERROR;
	if (n->sub == 1 && v.t != R_STR)
		return raise(rt, EX_TYPE, "The 'source' argument to #include must be a string, not %s", rv_type_name(v)), F_ERROR;
	v = rv_tostr(rt, v);
	if (n->sub == 1 && n->flag) {
		sb_add(&rt->out, v.u.s, v.n);
		return F_NEXT;
	}
	if (!rt_steps(rt, n->sub == 1 ? v.n : 1))
		return F_ERROR;
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
			       : rc == CB_ELIMIT ? EX_LIMIT
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
	*d = (struct fdef){ ch_state(rt)->frame->self, (const struct method *)(const void *)n->c, ch_state(rt)->frame };
	return ev_assign(rt, n->a, (struct rv){ .t = R_DEF, .u.fd = d });
}

/* A #block is called where it stands, through the template: what was defined last by that name. */
static bool block(struct rt *rt, const struct node *n)
{
	struct rv v;
	struct inst *self = ch_state(rt)->frame->self;
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
	case N_CALLARG: return ch_arg(rt, n) ? F_NEXT : F_ERROR;
	case N_SET_ST: return do_set(rt, n) ? F_NEXT : F_ERROR;
	case N_DEL: return do_del(rt, n->a) ? F_NEXT : F_ERROR;
	case N_ASSERT: return do_assert(rt, n) ? F_NEXT : F_ERROR;
	case N_RAISE: return ch_raise(rt, n), F_ERROR;
	case N_TRY: return ch_try(rt, n);
	case N_RETURN:
		v = rv_none();
		if (n->a != NULL && !ev(rt, n->a, &v))
			return F_ERROR;
		if (!ch_state(rt)->frame->m->block)          /* compat: a block has written already, nobody takes its value */
			ch_state(rt)->frame->ret = v;
		return F_RETURN;
	case N_STOP: return F_RETURN;
	case N_BLOCKCALL: return block(rt, n) ? F_NEXT : F_ERROR;
	case N_CALLREG: return ch_call(rt, n);
	case N_CAPTURE: return ch_capture(rt, n);
	case N_REGION: return ch_body(rt, n->kids[0]->b);
	case N_FILTERREG: {
		struct cframe *fr = ch_state(rt)->frame;
		enum filter before = fr->filter;
		fr->filter = n->sub;
		f = ch_body(rt, n->kids[0]->b);
		fr->filter = before;
		return f;
	}
	case N_INCLUDE: return do_include(rt, n);
	case N_NESTED_DEF: return nested_def(rt, n) ? F_NEXT : F_ERROR;
	default: return raise(rt, EX_RUNTIME, "a statement of unknown kind %d", n->op), F_ERROR;
	}
}

static bool plain(const struct rt *rt) { return rt->job->trace == NULL && ch_state(rt)->frame->filter == FILTER_NONE; }

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
	ch_state(rt)->frame->slots[t->slot] = x;
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
