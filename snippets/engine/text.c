/* SPDX-License-Identifier: GPL-2.0-or-later
 * text.c - UTF-8, and str() and repr() of every value as Python prints it.
 */
#include <string.h>

#include "snippets/engine/bigint.h"
#include "snippets/engine/rt.h"

size_t u8_len(const char *s, size_t n)
{
	size_t c = 0;
	for (size_t i = 0; i < n; i++)
		c += ((unsigned char)s[i] & 0xC0) != 0x80;
	return c;
}

bool u8_ascii(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

size_t u8_off(const char *s, size_t n, size_t cp)
{
	size_t i = 0;
	while (i < n && cp > 0) {
		i++;
		while (i < n && ((unsigned char)s[i] & 0xC0) == 0x80)
			i++;
		cp--;
	}
	return i;
}

void u8_mend(char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		unsigned char c = (unsigned char)s[i];
		size_t k = c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
		if (k == 1 || (k > 1 && k <= n - i && utf8_valid(s + i, k)))
			i += k;
		else
			s[i++] = '?';
	}
}

uint32_t u8_at(const char *s, size_t n, size_t *len)
{
	unsigned char c = (unsigned char)s[0];
	size_t k = c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
	if (k > n)
		k = n;
	*len = k;
	if (c < 0x80 || k == 1)
		return c;
	uint32_t cp = c & (0xFFu >> (k + 1));
	for (size_t i = 1; i < k; i++)
		cp = cp << 6 | ((unsigned char)s[i] & 0x3F);
	return cp;
}

void u8_put(struct strbuf *b, uint32_t cp)
{
	if (cp < 0x80) {
		sb_addc(b, (char)cp);
	} else if (cp < 0x800) {
		sb_addc(b, (char)(0xC0 | cp >> 6));
		sb_addc(b, (char)(0x80 | (cp & 0x3F)));
	} else if (cp < 0x10000) {
		sb_addc(b, (char)(0xE0 | cp >> 12));
		sb_addc(b, (char)(0x80 | (cp >> 6 & 0x3F)));
		sb_addc(b, (char)(0x80 | (cp & 0x3F)));
	} else {
		sb_addc(b, (char)(0xF0 | cp >> 18));
		sb_addc(b, (char)(0x80 | (cp >> 12 & 0x3F)));
		sb_addc(b, (char)(0x80 | (cp >> 6 & 0x3F)));
		sb_addc(b, (char)(0x80 | (cp & 0x3F)));
	}
}

void html_escape(struct strbuf *b, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		switch (s[i]) {
		case '&': sb_adds(b, "&amp;"); break;
		case '<': sb_adds(b, "&lt;"); break;
		case '>': sb_adds(b, "&gt;"); break;
		case '"': sb_adds(b, "&#34;"); break;
		case '\'': sb_adds(b, "&#39;"); break;
		default: sb_addc(b, s[i]); break;
		}
	}
}

static const char *const type_names[] = {
	[TY_STR] = "str",
	[TY_INT] = "int",
	[TY_FLOAT] = "float",
	[TY_BOOL] = "bool",
	[TY_LIST] = "list",
	[TY_TUPLE] = "tuple",
	[TY_DICT] = "dict",
	[TY_SET] = "set",
	[TY_FROZENSET] = "frozenset",
	[TY_OBJECT] = "object",
	[TY_TYPE] = "type",
	[TY_NONE] = "NoneType",
	[TY_RANGE] = "range",
};

const char *type_name(int id) { return type_names[id]; }

static void repr_seq(struct rt *rt, struct rv v, struct strbuf *b)
{
	struct cursor c;
	struct rv x;
	bool set = v.t == R_SET, frozen = set && (v.fl & RV_FROZEN) != 0, tuple = v.t == R_TUPLE;
	int64_t n = 0;
	if (!rv_len(rt, v, &n))
		return;
	if (set && n == 0) {
		sb_adds(b, frozen ? "frozenset()" : "set()");
		return;
	}
	if (frozen)
		sb_adds(b, "frozenset(");
	sb_addc(b, tuple ? '(' : set ? '{' : '[');
	if (cur_start(rt, v, &c)) {
		for (bool first = true; cur_next(rt, &c, &x); first = false) {
			if (!first)
				sb_adds(b, ", ");
			rv_repr(rt, x, b);
			if (b->len > LIM_OUTPUT)
				break;
		}
	}
	if (tuple && n == 1)
		sb_addc(b, ',');
	sb_addc(b, tuple ? ')' : set ? '}' : ']');
	if (frozen)
		sb_addc(b, ')');
}

static void repr_dict(struct rt *rt, struct rv v, struct strbuf *b)
{
	sb_addc(b, '{');
	if (v.t == R_MDICT) {
		for (size_t i = 0; i < v_len(v.u.v); i++) {
			if (i != 0)
				sb_adds(b, ", ");
			const char *k = v_dict_key(v.u.v, i);
			py_str_repr(b, k, strlen(k));
			sb_adds(b, ": ");
			rv_repr(rt, rv_wrap(v_dict_at(v.u.v, i)), b);
		}
	} else {
		bool first = true;
		for (uint32_t i = 0; i < v.u.m->used; i++) {
			if (!v.u.m->e[i].live)
				continue;
			if (!first)
				sb_adds(b, ", ");
			first = false;
			rv_repr(rt, v.u.m->e[i].key, b);
			sb_adds(b, ": ");
			rv_repr(rt, v.u.m->e[i].val, b);
			if (b->len > LIM_OUTPUT)
				break;
		}
	}
	sb_addc(b, '}');
}

static void repr_other(struct rt *rt, struct rv v, struct strbuf *b, bool repr)
{
	switch ((enum rtype)v.t) {
	case R_VIEW:
		sb_addf(b, "%s(", rv_type_name(v));
		repr_seq(rt, (struct rv){ .t = R_LIST, .u.l = v.u.l }, b);
		sb_addc(b, ')');
		break;
	case R_RANGE:
		sb_addf(b, v.u.r->step == 1 ? "range(%lld, %lld)" : "range(%lld, %lld, %lld)", (long long)v.u.r->start,
			(long long)v.u.r->stop, (long long)v.u.r->step);
		break;
	case R_SLICE:
		sb_adds(b, "slice(");
		for (uint32_t i = 0; i < 3; i++) {
			if (i != 0)
				sb_adds(b, ", ");
			rv_repr(rt, v.u.l->v[i], b);
		}
		sb_addc(b, ')');
		break;
	case R_TYPE:
		if (v.aux >= TY_EXC)
			sb_addf(b, "<class '%s%s%s'>", exc_module(v.aux - TY_EXC) != NULL ? exc_module(v.aux - TY_EXC) : "",
				exc_module(v.aux - TY_EXC) != NULL ? "." : "", exc_name(v.aux - TY_EXC));
		else
			sb_addf(b, "<class '%s'>", type_names[v.aux]);
		break;
	case R_FUNC: sb_addf(b, "<built-in function %s>", v.u.f->name); break;
	case R_METHOD:
		sb_addf(b, "<built-in method %s of %s object>", v.u.me->f->name, rv_type_name(v.u.me->self));
		break;
	case R_MODULE: sb_addf(b, "<module '%s'>", v.u.mod->name); break;
	case R_ITER: sb_addf(b, "<%s object>", v.u.it->name); break;
	case R_DEF: sb_adds(b, "<function>"); break;
	case R_OBJ:
		if (v.u.o->ops->str != NULL)
			v.u.o->ops->str(rt, v.u.o, b, repr);
		else
			sb_addf(b, "<%s object>", v.u.o->ops->type);
		break;
	default: break;
	}
}

void rv_repr(struct rt *rt, struct rv v, struct strbuf *b)
{
	switch ((enum rtype)v.t) {
	case R_UNSET: case R_NONE: sb_adds(b, "None"); return;
	case R_UNDEF: sb_adds(b, "Undefined"); return;
	case R_BOOL: sb_adds(b, v.u.b ? "True" : "False"); return;
	case R_INT: sb_addf(b, "%lld", (long long)v.u.i); return;
	case R_BIG: sb_adds(b, big_text(rt, v, 10)); return;
	case R_FLOAT: py_float_repr(b, v.u.d); return;
	case R_STR:
		if (v.fl & RV_MARKUP)
			sb_adds(b, "Markup(");
		py_str_repr(b, v.u.s, v.n);
		if (v.fl & RV_MARKUP)
			sb_addc(b, ')');
		return;
	default: break;
	}
	if (rt->value_depth > LIM_VALUE_DEPTH) {
		raise(rt, EX_LIMIT, "values nested deeper than %d", LIM_VALUE_DEPTH);
		return;
	}
	rt->value_depth++;
	v = rv_live(rt, v);
	switch ((enum rtype)v.t) {
	case R_LIST: case R_TUPLE: case R_MLIST: case R_SET: repr_seq(rt, v, b); break;
	case R_DICT: case R_MDICT: repr_dict(rt, v, b); break;
	default: repr_other(rt, v, b, true); break;
	}
	rt->value_depth--;
}

static void add_int(struct strbuf *b, int64_t i)
{
	char buf[24], *p = buf + sizeof(buf);
	uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
	do {
		*--p = (char)('0' + u % 10);
		u /= 10;
	} while (u != 0);
	if (i < 0)
		*--p = '-';
	sb_add(b, p, (size_t)(buf + sizeof(buf) - p));
}

void rv_str(struct rt *rt, struct rv v, struct strbuf *b)
{
	switch ((enum rtype)v.t) {
	case R_STR: sb_add(b, v.u.s, v.n); return;
	case R_INT: add_int(b, v.u.i); return;
	case R_UNDEF: return;
	case R_OBJ: case R_ITER: repr_other(rt, v, b, false); return;
	default: rv_repr(rt, v, b); return;
	}
}

struct rv rv_tostr(struct rt *rt, struct rv v)
{
	if (v.t == R_STR)
		return v;
	size_t mark = rt->tmp.len;
	rv_str(rt, v, &rt->tmp);
	return rv_take(rt, mark);
}
