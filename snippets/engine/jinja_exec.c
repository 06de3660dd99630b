/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_exec.c - running the statements of a Jinja template; inheritance, includes and imports.
 */
#include <stdio.h>
#include <string.h>

#define ENTRY N_ATTR
#include "snippets/engine/code_run.h"
#include "snippets/engine/jinja.h"
#include "snippets/engine/trace.h"

/* -- names -- */

struct scope *j_push(struct rt *rt, struct scope *up)
{
	struct scope *s = rt_alloc(rt, sizeof(*s));
	s->up = up;
	s->tpl = rt->tpl;
	s->b = s->first;
	s->n = 0;
	s->cap = ARRAY_LEN(s->first);
	s->hard = false;
	s->foreign = up != NULL && (up->foreign || up->tpl != rt->tpl);
	return s;
}

void j_bind(struct rt *rt, const struct sym *name, struct rv v)
{
	struct scope *s = jstate(rt)->scope;
	if (s == NULL) {                                  /* an outermost name: exported */
		bool ok = rdict_set(rt, jstate(rt)->ctx->vars, rv_strn(name->name, name->len), v);
		(void)ok;
		rt->epoch++;
		return;
	}
	for (uint32_t i = 0; i < s->n; i++)
		if (s->b[i].name == name) {
			s->b[i].v = v;
			return;
		}
	if (s->n == s->cap) {
		uint32_t cap = s->cap * 4;
		struct bind *b = rt_alloc(rt, cap * sizeof(*b));
		memcpy(b, s->b, s->n * sizeof(*b));
		s->b = b;
		s->cap = cap;
	}
	s->b[s->n++] = (struct bind){ name, v };
}

/* -- output -- */

struct rv j_markup(struct rv s)
{
	s.fl |= RV_MARKUP;
	return s;
}

struct rv j_capture_end(struct rt *rt, size_t mark)
{
	struct rv v = rv_dup(rt, sb_str(&rt->out) + mark, rt->out.len - mark);
	if (rt->job->trace != NULL)
		trace_capture(rt, 0, mark, v);
	sb_truncate(&rt->out, mark);
	return rt->autoescape ? j_markup(v) : v;
}

static void write_value(struct rt *rt, struct rv v)
{
	if (!rt->autoescape || (v.t == R_STR && (v.fl & RV_MARKUP))) {
		rv_str(rt, v, &rt->out);
		return;
	}
	struct rv s = rv_tostr(rt, v);
	html_escape(&rt->out, s.u.s, s.n);
}

/* -- inheritance -- */

struct jslot *j_slot(const struct jctx *c, const char *name)
{
	for (struct jslot *s = c->blocks; s != NULL; s = s->next)
		if (str_eq(s->name, name))
			return s;
	return NULL;
}

/* The blocks of a template go behind those of its children. */
static void add_blocks(struct rt *rt, struct jctx *c, const struct tpl *t)
{
	const struct jinja_front *f = t->front;
	for (const struct jblock *b = f->blocks; b != NULL; b = b->next) {
		struct jimpl *i = rt_alloc(rt, sizeof(*i)), **at;
		struct jslot *s = j_slot(c, b->name->name);
		*i = (struct jimpl){ .tpl = t, .b = b };
		if (s == NULL) {
			s = rt_alloc(rt, sizeof(*s));
			*s = (struct jslot){ .name = b->name->name, .next = c->blocks };
			c->blocks = s;
		}
		for (at = &s->first; *at != NULL; at = &(*at)->super)
			;
		*at = i;
	}
}

bool j_block(struct rt *rt, const struct jimpl *impl, struct scope *up, struct rv *out)
{
	struct jinja_rt *st = jstate(rt), saved = *st;
	const struct tpl *tpl = rt->tpl;
	size_t mark = rt->out.len;
	if (rt->depth >= LIM_DEPTH)
		return raise(rt, EX_LIMIT, "calls nested deeper than %d", LIM_DEPTH);
	rt->depth++;
	rt->tpl = impl->tpl;
	st->impl = impl;
	st->checked = false;
	st->scope = j_push(rt, up);
	bool ok = j_exec(rt, impl->b->body);
	*st = saved;
	rt->tpl = tpl;
	rt->depth--;
	if (ok && out != NULL)
		*out = j_capture_end(rt, mark);
	return ok;
}

static bool load_template(struct rt *rt, struct rv name, const struct tpl **ret)
{
	struct err e = { 0 };
	if (name.t == R_UNDEF)
		return j_missing(rt, &name);
	if (name.t != R_STR)
		return raise(rt, EX_TYPE, "the name of a template must be a text, not %s", rv_type_name(name));
	if (rt->job->load == NULL)
		return raise(rt, EX_TYPE, "no loader for this environment specified");
	int rc = rt->job->load(rt->job->ctx, rv_cz(rt, name), rt->tpl, ret, &e);
	if (rc != CB_OK)
		return raise(rt,
			rc == CB_ENOENT   ? EX_TEMPLATE_NOT_FOUND
			: rc == CB_EPARSE ? EX_SYNTAX
					  : EX_RUNTIME,
			"%s", e.text);
	if ((*ret)->lang != TPL_JINJA)
		return raise(rt, EX_RUNTIME, "%s is not a Jinja template", (*ret)->name);
	return true;
}

/* Runs t and, when it extends others, them. */
static bool run_chain(struct rt *rt, const struct tpl *t, struct jctx *c)
{
	for (unsigned n = 0; t != NULL; n++) {
		if (n > LIM_INCLUDE_DEPTH)
			return raise(rt, EX_LIMIT, "templates extend each other more than %d deep", LIM_INCLUDE_DEPTH);
		rt->tpl = t;
		c->extends = NULL;
		size_t mark = rt->out.len;
		add_blocks(rt, c, t);
		if (!j_exec(rt, t->body))
			return false;
		(void)mark;
		t = c->extends;
	}
	return true;
}

static bool run_module(
	struct rt *rt, const struct tpl *t, struct rdict *given, bool no_vars, struct jctx **ret, struct rv *text)
{
	struct jinja_rt *st = jstate(rt), saved = *st;
	const struct tpl *tpl = rt->tpl;
	struct jctx *c = rt_alloc(rt, sizeof(*c));
	struct rv vars = rv_dict(rt);
	size_t mark = rt->out.len;
	unsigned depth = 0;
	for (const struct place *p = rt->place; p != NULL; p = p->up)
		depth++;
	if (depth > LIM_INCLUDE_DEPTH || rt->depth >= LIM_DEPTH)
		return raise(rt, EX_LIMIT, "includes nested deeper than %d", LIM_INCLUDE_DEPTH);
	rt->depth++;
	*c = (struct jctx){ .vars = vars.u.m, .given = given, .no_vars = no_vars };
	*st = (struct jinja_rt){ .ctx = c, .checked = true };
	bool ok = run_chain(rt, t, c);
	if (!ok)
		note_chain(rt);
	*st = saved;
	rt->tpl = tpl;
	rt->depth--;
	if (!ok)
		return false;
	if (ret != NULL)
		*ret = c;
	if (text != NULL)
		*text = j_capture_end(rt, mark);
	return true;
}

/* -- statements -- */

static bool assign(struct rt *rt, const struct node *t, struct rv v)
{
	struct rv o;
	if (t->op != N_ATTR)
		return ev_assign(rt, t, v);
	if (!ev(rt, t->a, &o))
		return false;
	if (o.t != R_OBJ || o.u.o->ops != &j_namespace_ops)
		return raise(rt, EX_TEMPLATE_RUNTIME, "cannot assign attribute on non-namespace object");
	return o.u.o->ops->set(rt, o.u.o, t->sym->name, v);
}

/* A chain of filters over text: the innermost subject is the node "none". */
static bool apply(struct rt *rt, const struct node *f, const struct node *none, struct rv text, struct rv *out)
{
	struct rv x;
	struct args a;
	if (f == none || f == NULL) {
		*out = text;
		return true;
	}
	return apply(rt, f->a, none, text, &x) && ev_args(rt, f, &a, 0) && j_call_filter(rt, f->sym->name, x, &a, out);
}

static bool in_scope(struct rt *rt, const struct node *body)
{
	struct scope *before = jstate(rt)->scope;
	jstate(rt)->scope = j_push(rt, before);
	bool ok = j_exec(rt, body);
	jstate(rt)->scope = before;
	return ok;
}

static bool set_block(struct rt *rt, const struct node *n)
{
	size_t mark = rt->out.len;
	struct rv v;
	bool checked = jstate(rt)->checked;
	jstate(rt)->checked = false;
	bool ok = in_scope(rt, n->kids[0]);
	jstate(rt)->checked = checked;
	if (!ok)
		return false;
	v = j_capture_end(rt, mark);
	return apply(rt, n->b, n->c, v, &v) && assign(rt, n->a, v);
}

static bool filter_block(struct rt *rt, const struct node *n)
{
	size_t mark = rt->out.len;
	struct rv v;
	if (!in_scope(rt, n->b))
		return false;
	v = j_capture_end(rt, mark);
	if (!apply(rt, n->a, n->c, v, &v))
		return false;
	if (v.t != R_STR)                                 /* compat: the pieces of the output are joined */
		return raise(rt, EX_TYPE, "a {%% filter %%} gave %s, not a text", rv_type_name(v));
	rv_str(rt, v, &rt->out);                          /* compat: what a filter made is not escaped */
	return true;
}

static bool with(struct rt *rt, const struct node *n)
{
	struct scope *before = jstate(rt)->scope, *s = j_push(rt, before);
	bool ok = true;
	for (uint32_t i = 0; ok && i < n->n; i++) {
		struct rv v;
		ok = ev(rt, n->kids[i]->b, &v);
		jstate(rt)->scope = s;
		ok = ok && ev_assign(rt, n->kids[i]->a, v);
		jstate(rt)->scope = before;
	}
	jstate(rt)->scope = s;
	ok = ok && j_exec(rt, n->b);
	jstate(rt)->scope = before;
	return ok;
}

static bool call_block(struct rt *rt, const struct node *n)
{
	static const char caller[] = "caller";
	struct args a;
	struct rv f, v;
	struct karg kw[LIM_ARGS + 1];
	if (!ev(rt, n->a->a, &f) || !ev_args(rt, n->a, &a, 0))
		return false;
	if (a.nkw >= LIM_ARGS)
		return raise(rt, EX_LIMIT, "a call has more than %d arguments", LIM_ARGS);
	if (a.nkw != 0)
		memcpy(kw, a.kw, a.nkw * sizeof(*kw));
	kw[a.nkw] = (struct karg){caller, 6, j_macro(rt, (const struct jmacro *)(const void *)n->c, jstate(rt)->scope)};
	a.kw = kw;
	a.nkw++;
	if (!rv_call(rt, f, &a, &v))
		return false;
	write_value(rt, v);
	return true;
}

static bool load_one(struct rt *rt, struct rv name, bool ignore, const struct tpl **t)
{
	*t = NULL;
	if (!rv_seq(name)) {
		if (load_template(rt, name, t))
			return true;
	} else {
		struct rlist *l;
		if (!rv_list_of(rt, name, &l))
			return false;
		for (uint32_t i = 0; i < l->n; i++) {
			rt->exc = (struct exception){ 0 };
			if (load_template(rt, l->v[i], t))
				return true;
			if (rt->exc.cls != EX_TEMPLATE_NOT_FOUND)
				return false;
		}
		if (l->n == 0)
			raise(rt, EX_TEMPLATE_NOT_FOUND, "none of the templates given were found");
	}
	if (!ignore || rt->exc.cls != EX_TEMPLATE_NOT_FOUND)
		return false;
	rt->exc = (struct exception){ 0 };
	return true;
}

static bool include(struct rt *rt, const struct node *n)
{
	struct rv name;
	const struct tpl *t;
	struct rdict *given = NULL;
	struct place here = { rt->place, rt->tpl, n };
	if (!ev(rt, n->a, &name) || !load_one(rt, name, n->flag, &t))
		return false;
	if (t == NULL)
		return true;
	if (n->flag2 && !j_visible(rt, &given))
		return false;
	rt->place = &here;
	bool ok = run_module(rt, t, given, !n->flag2 || jstate(rt)->ctx->no_vars, NULL, NULL);
	rt->place = here.up;
	return ok;
}

static bool import(struct rt *rt, const struct node *n)
{
	struct rv name, text, mod, x;
	const struct tpl *t;
	struct jctx *c;
	struct rdict *given = NULL;
	struct place here = { rt->place, rt->tpl, n };
	if (!ev(rt, n->a, &name) || !load_template(rt, name, &t) || (n->flag2 && !j_visible(rt, &given)))
		return false;
	rt->place = &here;
	bool ok = run_module(rt, t, given, !n->flag2, &c, &text);
	rt->place = here.up;
	if (!ok)
		return false;
	mod = j_module(rt, c, text, t->name);
	if (n->op == N_JIMPORT) {
		j_bind(rt, n->sym, mod);
		return true;
	}
	for (uint32_t i = 0; i < n->n; i++) {
		const struct node *a = n->kids[i];
		if (!rv_attr(rt, mod, a->sym->name, -1, &x))
			return false;
		if (x.t == R_UNSET) {
			size_t mark = rt->tmp.len;
			sb_addf(&rt->tmp, "the template '%s' does not export the requested name '%s'", t->name,
				a->sym->name);
			x = rv_undef(rt, a->sym->name, rv_take(rt, mark).u.s);
		}
		j_bind(rt, a->a->sym, x);
	}
	return true;
}

static bool extends(struct rt *rt, const struct node *n)
{
	struct rv name;
	struct jctx *c = jstate(rt)->ctx;
	if (!ev(rt, n->a, &name))
		return false;
	if (c->extends != NULL)
		return raise(rt, EX_TEMPLATE_RUNTIME, "extended multiple times");
	return load_template(rt, name, &c->extends);
}

static bool autoescape(struct rt *rt, const struct node *n)
{
	struct rv v;
	bool before = rt->autoescape;
	if (!ev(rt, n->a, &v))
		return false;
	rt->autoescape = rv_truthy(v);
	bool ok = in_scope(rt, n->b);
	rt->autoescape = before;
	return ok;
}

static bool output(struct rt *rt, const struct node *n)
{
	struct rv v;
	size_t from = rt->out.len;
	if (!ev(rt, n->a, &v))
		return false;
	if (v.t == R_UNDEF && rt->job->missing != NULL && v.u.ud->name != NULL) {
		char where[512];
		snprintf(where, sizeof(where), "%s:%u:%u", rt->tpl->name, n->line, n->col);
		rt->job->missing(rt->job->ctx, v.u.ud->name, where);
	}
	write_value(rt, v);
	if (rt->job->trace != NULL)
		trace_piece(rt, n, from, v);
	return rt->exc.cls == EX_NONE;
}

static bool run(struct rt *rt, const struct node *n)
{
	struct rv v;
	const struct jctx *c = jstate(rt)->ctx;
	/* compat: behind {% extends %} the text of a template is not printed, its outermost blocks run in the parent;
	 * but what includes, calls and filter blocks make is printed */
	bool mute = c->extends != NULL && jstate(rt)->checked;
	size_t from = rt->out.len;
	switch ((enum nop)n->op) {
	case N_TEXT:
		if (!mute)
			sb_add(&rt->out, n->k.u.s, n->k.n);
		if (rt->job->trace != NULL)
			trace_piece(rt, n, from, rv_none());
		return true;
	case N_OUT: return mute || output(rt, n);
	case N_JFOR: return ev(rt, n->b->a, &v) && j_for(rt, n, v, 0);
	case N_JSET: return ev(rt, n->b, &v) && assign(rt, n->a, v);
	case N_JSETBLOCK: return set_block(rt, n);
	case N_JBLOCK: {
		const struct jslot *s = j_slot(c, n->sym->name);
		if (mute && jstate(rt)->scope == NULL)
			return true;
		const struct jblock *own = (const struct jblock *)(const void *)n->c;
		if (s->first->b->required)
			return raise(rt, EX_TEMPLATE_RUNTIME, "Required block '%s' not found", n->sym->name);
		return j_block(rt, s->first, own->scoped ? jstate(rt)->scope : NULL, NULL);
	}
	case N_JINCLUDE: return include(rt, n);
	case N_JIMPORT: case N_JFROM: return import(rt, n);
	case N_JEXTENDS: return extends(rt, n);
	case N_JMACRO:
		j_bind(rt, n->sym, j_macro(rt, (const struct jmacro *)(const void *)n->c, jstate(rt)->scope));
		return rt->exc.cls == EX_NONE;
	case N_JCALL: return call_block(rt, n);
	case N_JFILTER: return filter_block(rt, n);
	case N_JWITH: return with(rt, n);
	case N_JAUTOESCAPE: return autoescape(rt, n);
	default: return raise(rt, EX_RUNTIME, "a statement of unknown kind %d", n->op);
	}
}

static bool plain(const struct rt *rt)
{
	const struct jinja_rt *st = jstate(rt);
	return rt->job->trace == NULL && !rt->autoescape && !(st->checked && st->ctx->extends != NULL);
}

static inline const struct rv *quick(const struct rt *rt, const void *lang, const struct node *name, uint32_t id)
{
	return j_quick(rt, lang, name->sym, id);
}

static bool print(struct rt *rt, const struct node *n) { return output(rt, n); }

static enum flow statement(struct rt *rt, const struct node *n) { return j_exec(rt, n) ? F_NEXT : F_ERROR; }

static bool loop_begin(struct rt *rt, struct loop *l, const struct node *n)
{
	struct rv v;
	if ((!at_hand(rt, rt->lang, n->b->a, &v) && !ev(rt, n->b->a, &v)) || !cur_start(rt, v, &l->c))
		return false;
	l->n = n;
	l->before = jstate(rt)->scope;
	l->inner = jstate(rt)->scope = j_push(rt, l->before);
	return true;
}

/* Gives the names that the round before had for them to this one's values; false: the names are not there yet, or x is no tuple of them. */
static bool next_tuple(struct scope *s, const struct node *names, struct rv x)
{
	if (names->op != N_TUPLE || x.t != R_TUPLE || x.u.l->n != names->n || s->n < names->n)
		return false;
	for (uint32_t i = 0; i < names->n; i++) {
		if (names->kids[i]->op != N_NAME || s->b[i].name != names->kids[i]->sym)
			return false;
		s->b[i].v = x.u.l->v[i];
	}
	s->n = names->n;
	return true;
}

static bool loop_item(struct rt *rt, struct loop *l, struct rv x)
{
	if (l->inner->hard)                               /* a macro or caller keeps that round's names */
		l->inner = j_push(rt, l->before);
	struct scope *s = jstate(rt)->scope = l->inner;
	const struct node *names = l->n->a;
	if (names->op == N_NAME && s->n != 0) {
		s->n = 1;                                 /* what the round before set is gone */
		s->b[0].v = x;
		return true;
	}
	if (next_tuple(s, names, x))
		return true;
	s->n = 0;
	return ev_assign(rt, names, x);
}

static void loop_end(struct rt *rt, struct loop *l) { jstate(rt)->scope = l->before; }

bool j_exec(struct rt *rt, const struct node *n)
{
	bool ok = ++rt->ev_depth <= LIM_EVAL_DEPTH ||
		  raise(rt, EX_LIMIT, "evaluation nested deeper than %d", LIM_EVAL_DEPTH);
	if (ok && n->op == N_BODY)
		ok = run_code(rt, n->code) == F_NEXT;
	else if (ok)
		ok = rt_tick(rt) && run(rt, n);
	rt->ev_depth--;
	if (!ok && rt->exc.at == NULL) {
		rt->exc.at = n;
		rt->exc.tpl = rt->tpl;
	}
	return ok;
}

bool jinja_main(struct rt *rt, const struct tpl *t)
{
	static const struct dialect d = { .name = "jinja2", .soft_missing = true };
	struct jinja_rt st = { .checked = true };
	struct rv vars = rv_dict(rt);
	struct jctx c = { .vars = vars.u.m };
	st.ctx = &c;
	rt->lang = &st;
	rt->d = &d;
	rt->missing = j_missing;
	rt->autoescape = t->opt.autoescape;
	return run_chain(rt, t, &c);
}
