/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_objects.c - macros, imported templates, super() and self, and Jinja's global functions.
 */
#include <string.h>

#include "snippets/engine/jinja.h"

/* -- macros -- */

struct macro { const struct jmacro *m; struct scope *scope; struct jctx *ctx; const struct tpl *tpl; };

static const struct karg *take_kw(const struct args *a, bool *used, const char *name, uint32_t len)
{
	for (uint32_t i = 0; i < a->nkw; i++)
		if (!used[i] && a->kw[i].n == len && memcmp(a->kw[i].name, name, len) == 0) {
			used[i] = true;
			return &a->kw[i];
		}
	return NULL;
}

static bool macro_bind(struct rt *rt, const struct macro *o, const struct args *a)
{
	const struct sym *const *words = o->tpl->words;
	const struct jmacro *m = o->m;
	bool used[LIM_ARGS + 1] = { false }, has_caller = false;
	for (uint32_t i = 0; i < m->nparams; i++) {
		const struct karg *k = i < a->n ? NULL : take_kw(a, used, m->params[i]->name, m->params[i]->len);
		struct rv v = i < a->n ? a->v[i] : k != NULL ? k->v : (struct rv){ .t = R_UNSET };
		has_caller |= str_eq(m->params[i]->name, "caller");
		if (v.t == R_UNSET && m->defaults[i] != NULL && !ev(rt, m->defaults[i], &v))
			return false;
		if (v.t == R_UNSET) {
			size_t mark = rt->tmp.len;
			sb_addf(&rt->tmp, "parameter '%s' was not provided", m->params[i]->name);
			v = rv_undef(rt, m->params[i]->name, rv_take(rt, mark).u.s);
		}
		j_bind(rt, m->params[i], v);
	}
	if (m->uses_caller && !has_caller) {
		const struct karg *k = take_kw(a, used, "caller", 6);
		j_bind(rt, words[JW_CALLER], k != NULL ? k->v : rv_undef(rt, "caller", "No caller defined"));
	}
	struct rv rest = rv_dict(rt);
	for (uint32_t i = 0; i < a->nkw; i++) {
		if (used[i])
			continue;
		if (!m->uses_kwargs)
			return raise(rt, EX_TYPE, "macro '%s' takes no keyword argument '%.*s'", m->name->name,
				(int)a->kw[i].n, a->kw[i].name);
		if (!rdict_set(rt, rest.u.m, rv_strn(a->kw[i].name, a->kw[i].n), a->kw[i].v))
			return false;
	}
	if (m->uses_kwargs)
		j_bind(rt, words[JW_KWARGS], rest);
	if (m->uses_varargs)
		j_bind(rt, words[JW_VARARGS],
			rv_tuple(rt, a->n > m->nparams ? a->v + m->nparams : NULL, a->n > m->nparams ? a->n - m->nparams : 0));
	else if (a->n > m->nparams)
		return raise(rt, EX_TYPE, "macro '%s' takes not more than %u argument(s)", m->name->name, m->nparams);
	return true;
}

static bool macro_call(struct rt *rt, const struct robj *obj, const struct args *a, struct rv *out)
{
	const struct macro *o = obj->data;
	struct jinja_rt *st = jstate(rt), saved = *st;
	const struct tpl *tpl = rt->tpl;
	size_t mark = rt->out.len;
	st->ctx = o->ctx;
	rt->tpl = o->tpl;
	st->scope = j_push(rt, o->scope);
	st->checked = false;
	bool ok = macro_bind(rt, o, a) && j_exec(rt, o->m->body);
	*st = saved;
	rt->tpl = tpl;
	if (!ok)
		return false;
	*out = j_capture_end(rt, mark);
	return true;
}

static bool macro_attr(struct rt *rt, const struct robj *obj, const char *name, struct rv *out)
{
	const struct macro *o = obj->data;
	*out = (struct rv){ .t = R_UNSET };
	if (str_eq(name, "name")) {
		*out = rv_cstr(o->m->name->name);
	} else if (str_eq(name, "arguments")) {
		*out = rv_list(rt, o->m->nparams);
		for (uint32_t i = 0; i < o->m->nparams; i++)
			rlist_push(rt, out->u.l, rv_cstr(o->m->params[i]->name));
		out->t = R_TUPLE;
	} else if (str_eq(name, "catch_kwargs")) {
		*out = rv_bool(o->m->uses_kwargs);
	} else if (str_eq(name, "catch_varargs")) {
		*out = rv_bool(o->m->uses_varargs);
	} else if (str_eq(name, "caller")) {
		*out = rv_bool(o->m->uses_caller);
	}
	return true;
}

static void macro_str(struct rt *rt, const struct robj *obj, struct strbuf *b, bool repr)
{
	const struct macro *o = obj->data;
	(void)rt, (void)repr;
	sb_addf(b, "<Macro '%s'>", o->m->name->name);
}

static const struct obj_ops macro_ops = { .type = "Macro", .attr = macro_attr, .call = macro_call, .str = macro_str };

struct rv j_macro(struct rt *rt, const struct jmacro *m, struct scope *scope)
{
	struct macro *o = rt_alloc(rt, sizeof(*o));
	*o = (struct macro){ m, scope, jstate(rt)->ctx, rt->tpl };
	for (struct scope *s = scope; s != NULL; s = s->up)
		s->hard = true;
	return rv_obj(rt, &macro_ops, o);
}

/* -- imported templates -- */

struct jmodule { struct jctx *ctx; struct rv text; const char *name; };

static bool module_attr(struct rt *rt, const struct robj *o, const char *name, struct rv *out)
{
	const struct jmodule *m = o->data;
	bool found = false;
	*out = (struct rv){ .t = R_UNSET };
	if (name[0] == '_' || !rdict_get(rt, m->ctx->vars, rv_cstr(name), out, &found) || !found)
		*out = (struct rv){ .t = R_UNSET };
	return rt->exc.cls == EX_NONE;
}

static void module_str(struct rt *rt, const struct robj *o, struct strbuf *b, bool repr)
{
	const struct jmodule *m = o->data;
	(void)rt;
	if (repr)
		sb_addf(b, "<TemplateModule '%s'>", m->name);
	else
		sb_add(b, m->text.u.s, m->text.n);
}

static const struct obj_ops module_ops = { .type = "TemplateModule", .attr = module_attr, .str = module_str };

struct rv j_module(struct rt *rt, struct jctx *c, struct rv text, const char *name)
{
	struct jmodule *m = rt_alloc(rt, sizeof(*m));
	*m = (struct jmodule){ c, text, name };
	return rv_obj(rt, &module_ops, m);
}

/* -- blocks as functions -- */

static bool block_call(struct rt *rt, const struct robj *o, const struct args *a, struct rv *out)
{
	if (a->n + a->nkw != 0)
		return raise(rt, EX_TYPE, "a block takes no arguments");
	return j_block(rt, o->data, NULL, out);
}

static const struct obj_ops block_ops;

static struct rv super_of(struct rt *rt, const struct jimpl *impl)
{
	if (impl == NULL || impl->super == NULL) {
		size_t mark = rt->tmp.len;
		sb_addf(&rt->tmp, "there is no parent block called '%s'.", impl != NULL ? impl->b->name->name : "");
		return rv_undef(rt, "super", rv_take(rt, mark).u.s);
	}
	return rv_obj(rt, &block_ops, impl->super);
}

static bool block_attr(struct rt *rt, const struct robj *o, const char *name, struct rv *out)
{
	const struct jimpl *i = o->data;
	*out = str_eq(name, "super") ? super_of(rt, i) : (struct rv){ .t = R_UNSET };
	return true;
}

static const struct obj_ops block_ops = { .type = "BlockReference", .call = block_call, .attr = block_attr };

static bool self_attr(struct rt *rt, const struct robj *o, const char *name, struct rv *out)
{
	struct jslot *s = j_slot(jstate(rt)->ctx, name);
	(void)o;
	*out = s != NULL ? rv_obj(rt, &block_ops, s->first) : (struct rv){ .t = R_UNSET };
	return true;
}

static const struct obj_ops self_ops = { .type = "TemplateReference", .attr = self_attr };

/* -- namespace, joiner, cycler -- */

static bool ns_attr(struct rt *rt, const struct robj *o, const char *name, struct rv *out)
{
	bool found = false;
	if (!rdict_get(rt, o->data, rv_cstr(name), out, &found))
		return false;
	if (!found)
		*out = (struct rv){ .t = R_UNSET };
	return true;
}

static bool ns_set(struct rt *rt, const struct robj *o, const char *name, struct rv v)
{
	return rdict_set(rt, o->data, rv_cstr(name), v);
}

static void ns_str(struct rt *rt, const struct robj *o, struct strbuf *b, bool repr)
{
	(void)repr;
	sb_adds(b, "<Namespace ");
	rv_repr(rt, (struct rv){ .t = R_DICT, .u.m = o->data }, b);
	sb_addc(b, '>');
}

static bool ns_item(struct rt *rt, const struct robj *o, struct rv key, struct rv *out)
{
	return rv_getitem(rt, (struct rv){ .t = R_DICT, .u.m = o->data }, key, out);
}

const struct obj_ops j_namespace_ops = {
	.type = "Namespace", .attr = ns_attr, .set = ns_set, .str = ns_str, .item = ns_item};

static bool make_namespace(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
{
	struct rv type, d;
	(void)self, (void)v;
	if (!builtin_value("dict", &type) || !rv_call(rt, type, a, &d))
		return false;
	*out = rv_obj(rt, &j_namespace_ops, d.u.m);
	return true;
}

struct joiner { struct rv sep; bool used; };

static bool joiner_call(struct rt *rt, const struct robj *o, const struct args *a, struct rv *out)
{
	struct joiner *j = o->data;
	(void)rt, (void)a;
	*out = j->used ? j->sep : rv_strn("", 0);
	j->used = true;
	return true;
}

static const struct obj_ops joiner_ops = { .type = "Joiner", .call = joiner_call };

static bool make_joiner(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
{
	struct joiner *j = rt_alloc(rt, sizeof(*j));
	(void)self, (void)a;
	*j = (struct joiner){ v[0].t == R_UNSET ? rv_strn(", ", 2) : v[0], false };
	*out = rv_obj(rt, &joiner_ops, j);
	return true;
}

struct cycler { struct rv items; uint32_t at; };

static bool cycler_next(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
{
	struct cycler *c = self.u.o->data;
	(void)rt, (void)v, (void)a;
	*out = c->items.u.l->v[c->at];
	c->at = (c->at + 1) % c->items.u.l->n;
	return true;
}

static bool cycler_reset(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
{
	struct cycler *c = self.u.o->data;
	(void)rt, (void)v, (void)a;
	c->at = 0;
	*out = rv_none();
	return true;
}

static bool cycler_attr(struct rt *rt, const struct robj *o, const char *name, struct rv *out)
{
	static const struct native methods[] = { { "next", "", 0, cycler_next }, { "reset", "", 0, cycler_reset } };
	const struct cycler *c = o->data;
	*out = (struct rv){ .t = R_UNSET };
	if (str_eq(name, "current"))
		*out = c->items.u.l->v[c->at];
	else if (str_eq(name, "items"))
		*out = c->items;
	else if (str_eq(name, "pos"))
		*out = rv_int(c->at);
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (str_eq(methods[i].name, name)) {
			struct nmethod *m = rt_alloc(rt, sizeof(*m));
			*m = (struct nmethod){ { .t = R_OBJ, .u.o = o }, &methods[i] };
			*out = (struct rv){ .t = R_METHOD, .u.me = m };
		}
	return true;
}

static const struct obj_ops cycler_ops = { .type = "Cycler", .attr = cycler_attr };

static bool make_cycler(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
{
	struct cycler *c = rt_alloc(rt, sizeof(*c));
	(void)self, (void)v;
	if (a->n == 0)
		return raise(rt, EX_RUNTIME, "at least one item has to be provided");
	*c = (struct cycler){ rv_tuple(rt, a->v, a->n), 0 };
	*out = rv_obj(rt, &cycler_ops, c);
	return true;
}

static bool lipsum(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
{
	(void)self, (void)v, (void)a, (void)out;
	return raise(rt, EX_NOTIMPL, "lipsum() is not supported");
}

bool j_global(struct rt *rt, const char *name, struct rv *out)
{
	static const struct native fns[] = {
		{"namespace", "*", 0, make_namespace},
		{"joiner", "sep", 0, make_joiner},
		{"cycler", "*", 0, make_cycler},
		{"lipsum", "*", 0, lipsum},
	};
	if (str_eq(name, "range") || str_eq(name, "dict"))
		return builtin_value(name, out);
	for (size_t i = 0; i < ARRAY_LEN(fns); i++)
		if (str_eq(fns[i].name, name)) {
			*out = (struct rv){ .t = R_FUNC, .u.f = &fns[i] };
			return true;
		}
	if (str_eq(name, "super") && jstate(rt)->impl != NULL) {
		*out = super_of(rt, jstate(rt)->impl);
		return true;
	}
	if (str_eq(name, "self")) {
		*out = rv_obj(rt, &self_ops, NULL);
		return true;
	}
	return false;
}
