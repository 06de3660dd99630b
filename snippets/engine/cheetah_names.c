/* SPDX-License-Identifier: GPL-2.0-or-later
 * cheetah_names.c - how Cheetah finds names: locals, search list, module, built-ins; keys before attributes; calls on
 * the way.
 */
#include <string.h>

#include "snippets/engine/cheetah.h"

static struct cheetah_rt *state(const struct rt *rt) { return rt->lang; }

static bool not_found(struct rt *rt, const char *name)
{
	return raise(rt, EX_NOTFOUND, "cannot find '%s'", name);
}

static bool autocall(struct rt *rt, struct rv *v)
{
	static const struct args none;
	if (v->t == R_FUNC || v->t == R_METHOD || v->t == R_DEF)
		return rv_call(rt, *v, &none, v);
	return true;
}

/* -- what every template has: Cheetah's getVar and varExists, Cobbler's SNIPPET, read_snippet, sedesc -- */

static bool dotted_name(struct rt *rt, struct inst *inst, const char *name, bool call, struct rv *out);

static struct inst *inst_of(struct rv self) { return self.u.o->data; }

static bool name_arg(struct rt *rt, struct rv v, const char **name)
{
	if (v.t != R_STR)
		return raise(rt, EX_ATTRIBUTE, "'%s' object has no attribute 'replace'", rv_type_name(v));
	struct rv s = rv_dup(rt, v.u.s, v.n);
	char *p = (char *)(uintptr_t)s.u.s;
	size_t n = 0;
	for (uint32_t i = 0; i < s.n; i++)
		if (p[i] != '$')
			p[n++] = p[i];
	p[n] = '\0';
	*name = p;
	return true;
}

static bool m_getVar(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
{
	const char *name;
	(void)a;
	if (!name_arg(rt, v[0], &name))
		return false;
	if (dotted_name(rt, inst_of(self), name, v[2].t == R_UNSET || rv_truthy(v[2]), out))
		return true;
	if (rt->exc.cls != EX_NOTFOUND || v[1].t == R_UNSET)
		return false;
	rt->exc = (struct exception){ 0 };
	*out = v[1];
	return true;
}

static bool m_varExists(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
{
	const char *name;
	struct rv x;
	(void)a;
	if (!name_arg(rt, v[0], &name))
		return false;
	bool yes = dotted_name(rt, inst_of(self), name, v[1].t == R_UNSET || rv_truthy(v[1]), &x);
	if (!yes && rt->exc.cls != EX_NOTFOUND)
		return false;
	rt->exc = (struct exception){ 0 };
	*out = rv_bool(yes);
	return true;
}

static bool find_snippet(struct rt *rt, struct inst *inst, struct rv file, const struct tpl **ret)
{
	static const char *const names[] = { "autoinstall_snippets_dir", "system_name", "profile_name", "distro_name" };
	const char *val[4] = { NULL };
	struct err e = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct rv x;
		if (dotted_name(rt, inst, names[i], true, &x))
			val[i] = rv_cz(rt, rv_tostr(rt, x));
		else if (rt->exc.cls != EX_NOTFOUND)
			return false;
		rt->exc = (struct exception){ 0 };
	}
	if (val[0] == NULL)
		return raise(rt, EX_ATTRIBUTE, "\"autoinstall_snippets_dir\" is required to find snippets");
	if (rt->job->snippet == NULL)
		return raise(rt, EX_RUNTIME, "there are no snippets here");
	struct tpl_snippet s = { rv_cz(rt, rv_tostr(rt, file)), val[0], val[1], val[2], val[3] };
	*ret = NULL;
	if (rt->job->snippet(rt->job->ctx, &s, ret, &e) != CB_OK)
		return raise(rt,
			e.code == CB_ELIMIT   ? EX_LIMIT
			: e.code == CB_EPARSE ? EX_SYNTAX
					      : EX_RUNTIME,
			"%s", e.text);
	return true;
}

/* compat: template_api.SNIPPET: the snippet is rendered in the caller's search list; then what it brought is appended
 * to that. */
static bool m_SNIPPET(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
{
	struct inst *inst = inst_of(self), *sub;
	const struct tpl *t;
	struct place here = { rt->place, rt->tpl, rt->call };
	(void)a;
	if (!find_snippet(rt, inst, v[0], &t))
		return false;
	if (t == NULL) {
		struct rv f = rv_tostr(rt, v[0]);
		size_t mark = rt->tmp.len;
		sb_adds(&rt->tmp, "# Error: no snippet data for ");
		sb_add(&rt->tmp, f.u.s, f.n);
		sb_addc(&rt->tmp, '\n');
		*out = rv_take(rt, mark);
		return true;
	}
	rt->place = &here;
	sub = ch_include(rt, inst, t);
	struct rv text;
	bool ok = sub != NULL && ch_run(rt, sub, sub->front->main, NULL, &(struct args){ 0 }, &text);
	if (!ok)
		note_chain(rt);
	rt->place = here.up;
	if (!ok)
		return false;
	for (uint32_t i = 0; i < sub->nlist; i++) {
		bool known = false;
		for (uint32_t k = 0; k < inst->nlist && !known; k++)
			known = memcmp(&inst->list[k], &sub->list[i], sizeof(inst->list[k])) == 0;
		if (known)
			continue;
		if (inst->nlist == inst->caplist) {
			uint32_t cap = inst->caplist * 2 + 4;
			struct sl *l = rt_alloc(rt, cap * sizeof(*l));
			memcpy(l, inst->list, inst->nlist * sizeof(*l));
			inst->list = l;
			inst->caplist = cap;
		}
		inst->list[inst->nlist++] = sub->list[i];
		rt->epoch++;
	}
	*out = text;
	return true;
}

static bool m_read_snippet(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
{
	const struct tpl *t;
	(void)a;
	if (!find_snippet(rt, inst_of(self), v[0], &t))
		return false;
	*out = rv_none();
	if (t == NULL)
		return true;
	size_t mark = rt->tmp.len;
	if (t->opt.error_catcher)                         /* compat: a snippet that is nobody's own comes with that line in front */
		sb_adds(&rt->tmp, "#errorCatcher ListErrors\n");
	sb_add(&rt->tmp, t->text, t->len);
	*out = rv_take(rt, mark);
	return true;
}

static bool m_sedesc(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
{
	size_t mark = rt->tmp.len;
	(void)self, (void)a;
	if (v[0].t != R_STR)
		return raise(rt, EX_TYPE, "sedesc() takes a text, not %s", rv_type_name(v[0]));
	for (uint32_t i = 0; i < v[0].n; i++) {
		if (strchr("/^.[]$()|*+?{}\\", v[0].u.s[i]) != NULL)
			sb_addc(&rt->tmp, '\\');
		sb_addc(&rt->tmp, v[0].u.s[i]);
	}
	*out = rv_take(rt, mark);
	return true;
}

static const struct native methods[] =
	{
		{"getVar", "varName default autoCall", 1, m_getVar},
		{"varExists", "varName autoCall", 1, m_varExists},
		{"hasVar", "varName autoCall", 1, m_varExists},
},
			   cobbler_methods[] = {
				   {"SNIPPET", "file", 1, m_SNIPPET},
				   {"read_snippet", "file", 1, m_read_snippet},
				   {"sedesc", "value", 1, m_sedesc},
};

/* -- attributes of a template -- */

static const struct method *find_method(const struct cheetah_front *f, const char *name, uint32_t len)
{
	for (const struct method *m = f->methods; m != NULL; m = m->next)
		if (m->name->len == len && memcmp(m->name->name, name, len) == 0)
			return m;
	return NULL;
}

static void bound(struct rt *rt, struct inst *inst, const struct native *f, struct rv *out)
{
	struct nmethod *m = rt_alloc(rt, sizeof(*m));
	*m = (struct nmethod){ { .t = R_OBJ, .u.o = &inst->self }, f };
	*out = (struct rv){ .t = R_METHOD, .u.me = m };
}

static bool inst_attr(struct rt *rt, struct inst *inst, const char *name, uint32_t len, struct rv *out)
{
	for (const struct inst *i = inst; i != NULL; i = i->base) {
		const struct method *m = find_method(i->front, name, len);
		if (m != NULL) {
			struct fdef *d = rt_alloc(rt, sizeof(*d));
			*d = (struct fdef){ (struct inst *)(uintptr_t)i, m, NULL };
			*out = (struct rv){ .t = R_DEF, .u.fd = d };
			return true;
		}
		bool found = false;
		if (i->attrs != NULL && rdict_get(rt, i->attrs, rv_strn(name, len), out, &found) && found)
			return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (strlen(methods[i].name) == len && memcmp(methods[i].name, name, len) == 0) {
			bound(rt, inst, &methods[i], out);
			return true;
		}
	for (size_t i = 0; i < ARRAY_LEN(cobbler_methods) && rt->job->cobbler; i++)
		if (strlen(cobbler_methods[i].name) == len && memcmp(cobbler_methods[i].name, name, len) == 0) {
			bound(rt, inst, &cobbler_methods[i], out);
			return true;
		}
	return false;
}

static bool inst_obj_attr(struct rt *rt, const struct robj *o, const char *name, struct rv *out)
{
	*out = (struct rv){ .t = R_UNSET };
	inst_attr(rt, o->data, name, (uint32_t)strlen(name), out);
	return true;
}

static void inst_str(struct rt *rt, const struct robj *o, struct strbuf *b, bool repr)
{
	const struct inst *i = o->data;
	(void)rt, (void)repr;
	sb_addf(b, "<template %s>", i->tpl->name);
}

const struct obj_ops inst_ops = { .type = "Template", .attr = inst_obj_attr, .str = inst_str };

/* -- the search list -- */

static bool search_list(struct rt *rt, const struct inst *inst, const char *name, uint32_t len, struct rv *out)
{
	bool found = false;
	for (uint32_t i = 0; i < inst->nlist; i++) {
		const struct sl *s = &inst->list[i];
		if (s->globals != NULL) {
			if (s->globals->live != 0 && rdict_get(rt, s->globals, rv_strn(name, len), out, &found) &&
				found)
				return true;
		} else if (s->inst != NULL) {
			if (inst_attr(rt, s->inst, name, len, out))
				return true;
		} else {
			const struct value *v = v_dict_get(s->vars, name);
			if (v != NULL) {
				*out = rv_wrap(v);
				return true;
			}
			if (rt->job->cobbler && str_eq(name, "template_universe")) {
				*out = rv_wrap(s->vars);
				return true;
			}
		}
	}
	return false;
}

/* One step of a dotted name: a key, else an attribute. */
static bool step(struct rt *rt, struct rv o, const struct sym *s, struct rv *out)
{
	o = rv_live(rt, o);
	if (o.t == R_MDICT && s->hash != 0) {
		if (rv_entry(o.u.v, s->name, s->len, s->hash, out))
			return true;
	} else if (rv_mapping(o) && rv_map_get(rt, o, s->name, s->len, out))
		return true;
	if (s->name[0] == '_' && !(o.t == R_TYPE && str_eq(s->name, "__name__")))
		return not_found(rt, s->name);
	if (!rv_attr(rt, o, s->name, s->mid, out))
		return false;
	if (out->t != R_UNSET)
		return true;
	not_found(rt, s->name);
	rt->exc.of = o.t == R_MDICT ? o.u.v : NULL;
	rt->exc.wanted = s->name;
	return false;
}

/* compat: NameMapper says which dotted name it looked for when a part of it was not found. Always false. */
static bool searching(struct rt *rt, const char *name, size_t n)
{
	struct exception x = rt->exc;
	if (x.cls != EX_NOTFOUND || memmem(x.msg.u.s, x.msg.n, "while searching", 15) != NULL)
		return false;
	raise(rt, x.cls, "%.*s while searching for '%.*s'", (int)x.msg.n, x.msg.u.s, (int)n, name);
	x.msg = rt->exc.msg;
	rt->exc = x;
	return false;
}

/* The dotted name that a step is a part of, as it is written; a name that is called stands alone. */
static bool searching_at(struct rt *rt, const struct node *n)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.";
	const struct tpl *t = rt->tpl;
	size_t at = n->line - 1 < t->nlines ? t->lines[n->line - 1] + n->col - 1 : t->len, from = at;
	if (at + n->sym->len > t->len || memcmp(t->text + at, n->sym->name, n->sym->len) != 0)
		return searching(rt, n->sym->name, n->sym->len);          /* a text that was rewritten */
	while (from > 0 && strchr(word, t->text[from - 1]) != NULL)
		from--;
	from += t->text[from] == '.';
	size_t to = from + strspn(t->text + from, word);
	to -= to > at + n->sym->len && t->text[to - 1] == '.';
	if (t->text[to] == '(') {
		const char *dot = memrchr(t->text + from, '.', to - from);
		size_t last = dot != NULL ? (size_t)(dot + 1 - t->text) : from;
		if (at >= last)
			from = last;
		else
			to = last - 1;
	}
	return searching(rt, t->text + from, to - from);
}

static bool dotted_name(struct rt *rt, struct inst *inst, const char *name, bool call, struct rv *out)
{
	const char *e = strchrnul(name, '.');
	struct rv first = rv_dup(rt, name, (size_t)(e - name));
	if (!search_list(rt, inst, first.u.s, first.n, out))
		return rt->exc.cls == EX_NONE && not_found(rt, first.u.s);
	if (call && !autocall(rt, out))
		return false;
	while (*e == '.') {
		const char *b = e + 1;
		e = strchrnul(b, '.');
		struct rv part = rv_dup(rt, b, (size_t)(e - b));
		struct sym s = { .name = part.u.s, .len = part.n, .mid = method_id(part.u.s) };
		if (!step(rt, *out, &s, out) || (call && !autocall(rt, out)))
			return searching(rt, name, strlen(name));
	}
	return true;
}

static bool module_name(const struct rt *rt, const struct inst *inst, const struct sym *s, struct rv *out)
{
	(void)rt;
	for (const struct import *i = inst->front->imports; i != NULL; i = i->next)
		if (i->name == s) {
			*out = i->v;
			return true;
		}
	return false;
}

static bool builtin(struct rt *rt, const struct sym *s, struct rv *out)
{
	static const char *const words[] = { "None", "True", "False" };
	(void)rt;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq(words[i], s->name)) {
			*out = i == 0 ? rv_none() : rv_bool(i == 1);
			return true;
		}
	if (str_eq(s->name, "time")) {                    /* compat: the generated module imports it */
		*out = (struct rv){ .t = R_MODULE, .u.mod = module_find("time") };
		return true;
	}
	return builtin_value(s->name, out);
}

static bool up_local(const struct cframe *f, const struct sym *s, struct rv *out)
{
	for (; f != NULL; f = f->up)
		for (uint32_t i = 0; i < f->m->nlocals; i++)
			if (f->m->locals[i].name == s && f->slots[f->m->locals[i].slot].t != R_UNSET) {
				*out = f->slots[f->m->locals[i].slot];
				return true;
			}
	return false;
}

static bool name(struct rt *rt, const struct node *n, struct rv *out)
{
	struct cframe *f = state(rt)->frame;
	const struct sym *s = n->sym;
	bool found = false;
	const struct rv *at_hand = ch_quick(rt, state(rt), n, s->id);
	if (at_hand != NULL) {
		*out = *at_hand;
		return !(n->flag & NF_AUTOCALL) || autocall(rt, out);
	}
	if (n->flag & NF_GLOBAL) {
		if (!rdict_get(rt, state(rt)->globals, rv_strn(s->name, s->len), out, &found))
			return false;
		return found || raise(rt, EX_KEY, "'%s'", s->name);
	}
	if (n->op == N_VAR) {
		if (!(f->up != NULL && up_local(f->up, s, out)) && !search_list(rt, f->self, s->name, s->len, out) &&
		    !module_name(rt, f->self, s, out) && !builtin(rt, s, out)) {
			if (!str_eq(s->name, "self"))
				return rt->exc.cls == EX_NONE && not_found(rt, s->name);
			*out = (struct rv){ .t = R_OBJ, .u.o = &f->self->self };
		}
		if (f->up == NULL)
			rt->known[s->id % KNOWN] = (struct known){ s, f->self, rt->epoch, *out };
	} else if (n->slot >= 0) {
		return raise(rt, EX_UNBOUND,
			"cannot access local variable '%s' where it is not associated with a value", s->name);
	} else if (!(f->up != NULL && up_local(f->up, s, out)) && !module_name(rt, f->self, s, out) &&
		   !builtin(rt, s, out)) {
		if (!str_eq(s->name, "self"))
			return raise(rt, EX_NAME, "name '%s' is not defined", s->name);
		*out = (struct rv){ .t = R_OBJ, .u.o = &f->self->self };
	}
	return !(n->flag & NF_AUTOCALL) || autocall(rt, out);
}

static bool step_fn(struct rt *rt, struct rv o, const struct node *n, struct rv *out)
{
	return (step(rt, o, n->sym, out) && (!(n->flag & NF_AUTOCALL) || autocall(rt, out))) || searching_at(rt, n);
}

static bool attr(struct rt *rt, struct rv o, const struct node *n, struct rv *out)
{
	*out = (struct rv){ .t = R_UNSET };
	bool seen = n->sym->name[0] != '_' || (o.t == R_TYPE && str_eq(n->sym->name, "__name__"));
	if (seen && !rv_attr(rt, o, n->sym->name, n->sym->mid, out))
		return false;
	return out->t != R_UNSET ||
	       raise(rt, EX_ATTRIBUTE, "'%s' object has no attribute '%s'", rv_type_name(o), n->sym->name);
}

static bool assign(struct rt *rt, const struct node *n, struct rv v)
{
	if (n->flag & NF_GLOBAL) {
		rt->epoch++;
		return rdict_set(rt, state(rt)->globals, rv_strn(n->sym->name, n->sym->len), v);
	}
	if (n->slot < 0)
		return raise(rt, EX_SYNTAX, "'%s' cannot be assigned to", n->sym->name);
	state(rt)->frame->slots[n->slot] = v;
	return true;
}

/* -- comprehensions and lambda -- */

#define LAMBDA_PARAMS 16

static bool comp_clause(struct rt *rt, const struct node *n, uint32_t i, struct rv out)
{
	struct rv v, k, x;
	struct cursor c;
	if (i == n->n) {
		if (!ev(rt, n->a, &k))
			return false;
		if (n->sub == 'd')
			return ev(rt, n->b, &v) && rdict_set(rt, out.u.m, k, v);
		if (n->sub == 's')
			return rdict_set(rt, out.u.m, k, rv_none());
		rlist_push(rt, out.u.l, k);
		return rt->exc.cls == EX_NONE;
	}
	const struct node *cl = n->kids[i];
	if (!ev(rt, cl->b, &v) || !cur_start(rt, v, &c))
		return false;
	while (cur_next(rt, &c, &x)) {
		bool keep = true;
		if (!rt_tick(rt) || !ev_assign(rt, cl->a, x))
			return false;
		for (uint32_t q = 0; q < cl->n && keep; q++) {
			if (!ev(rt, cl->kids[q], &v))
				return false;
			keep = rv_truthy(rv_live(rt, v));
		}
		if (keep && !comp_clause(rt, n, i + 1, out))
			return false;
	}
	return rt->exc.cls == EX_NONE;
}

/* dflt: R_UNSET where a parameter has none */
struct lambda { const struct node *n; struct cframe *frame; const struct tpl *tpl; struct rv dflt[LAMBDA_PARAMS]; };

#define LAMBDA "DynamicallyCompiledCheetahTemplate.respond.<locals>."    /* compat: where Cheetah puts one */

/* The index of the parameter that a keyword names; n->n: there is none. */
static uint32_t lambda_param(const struct node *n, const struct karg *k)
{
	uint32_t i = 0;
	while (i < n->n && !(n->kids[i]->sub == 0 && n->kids[i]->sym->len == k->n && memcmp(n->kids[i]->sym->name, k->name, k->n) == 0))
		i++;
	return i;
}

/* The values of the parameters, as Python binds them: *a takes what is left of the arguments, **k the keywords that name none. */
static bool lambda_bind(struct rt *rt, const struct lambda *l, const struct args *a, struct rv *v)
{
	const struct node *n = l->n;
	uint32_t pos = 0, most = 0, rest = n->n;
	for (uint32_t i = 0; i < n->n; i++) {
		most += n->kids[i]->sub == 0;
		v[i].t = R_UNSET;
		if (n->kids[i]->sub == 1) {
			v[i] = rv_tuple(rt, pos < a->n ? a->v + pos : NULL, a->n - pos);
			pos = a->n;
		} else if (n->kids[i]->sub == 2) {
			v[rest = i] = rv_dict(rt);
		} else if (pos < a->n) {
			v[i] = a->v[pos++];
		}
	}
	if (pos < a->n)
		return raise(rt, EX_TYPE, LAMBDA "<lambda>() takes %u positional arguments but %u were given", most, a->n);
	for (uint32_t k = 0; k < a->nkw; k++) {
		uint32_t i = lambda_param(n, &a->kw[k]);
		if (i == n->n && rest == n->n)
			return raise(rt, EX_TYPE, LAMBDA "<lambda>() got an unexpected keyword argument '%.*s'",
				(int)a->kw[k].n, a->kw[k].name);
		if (i < n->n && v[i].t != R_UNSET)
			return raise(rt, EX_TYPE, LAMBDA "<lambda>() got multiple values for argument '%s'", n->kids[i]->sym->name);
		if (i < n->n)
			v[i] = a->kw[k].v;
		else if (!rdict_set(rt, v[rest].u.m, rv_strn(a->kw[k].name, a->kw[k].n), a->kw[k].v))
			return false;
	}
	for (uint32_t i = 0; i < n->n; i++)
		if (v[i].t == R_UNSET)
			v[i] = l->dflt[i];
	return true;
}

static bool call_lambda(struct rt *rt, const struct robj *o, const struct args *a, struct rv *out)
{
	const struct lambda *l = o->data;
	struct rv saved[LAMBDA_PARAMS], v[LAMBDA_PARAMS];
	struct cframe *prev = state(rt)->frame;
	const struct node *n = l->n;
	if (!lambda_bind(rt, l, a, v))
		return false;
	for (uint32_t i = 0; i < n->n; i++)
		if (v[i].t == R_UNSET)
			return raise(rt, EX_TYPE, LAMBDA "<lambda>() missing 1 required positional argument: '%s'",
				n->kids[i]->sym->name);
	for (uint32_t i = 0; i < n->n; i++) {
		saved[i] = l->frame->slots[n->kids[i]->slot];
		l->frame->slots[n->kids[i]->slot] = v[i];
	}
	state(rt)->frame = l->frame;
	bool ok = ev(rt, n->a, out);
	state(rt)->frame = prev;
	for (uint32_t i = 0; i < n->n; i++)
		l->frame->slots[n->kids[i]->slot] = saved[i];
	return ok;
}

static const struct obj_ops lambda_ops = { .type = "function", .call = call_lambda };

static bool comp(struct rt *rt, const struct node *n, struct rv *out)
{
	if (n->op == N_LAMBDA) {
		struct lambda *l = rt_alloc(rt, sizeof(*l));
		*l = (struct lambda){ .n = n, .frame = state(rt)->frame, .tpl = rt->tpl };
		for (uint32_t i = 0; i < n->n; i++) {
			l->dflt[i].t = R_UNSET;
			if (n->kids[i]->a != NULL && !ev(rt, n->kids[i]->a, &l->dflt[i]))
				return false;
		}
		*out = rv_obj(rt, &lambda_ops, l);
		return true;
	}
	struct rv r = n->sub == 'd' ? rv_dict(rt) : n->sub == 's' ? rv_set(rt) : rv_list(rt, 0);
	if (!comp_clause(rt, n, 0, r))
		return false;
	*out = n->sub == 'g' ? rv_iter_of(rt, r, "generator") : r;
	return true;
}

static bool no_filter(struct rt *rt, const struct node *n, struct rv *out)
{
	(void)out;
	return raise(rt, EX_SYNTAX, "%s: Cheetah has no filters in expressions", n->sym->name);
}

const struct front cheetah_fns = {
	.name = name,
	.step = step_fn,
	.attr = attr,
	.item = rv_getitem,
	.assign = assign,
	.comp = comp,
	.filter = no_filter,
	.test = no_filter,
};
