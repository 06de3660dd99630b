/* SPDX-License-Identifier: GPL-2.0-or-later
 * str_translate.c - the methods of texts that take a dict: maketrans, translate, format_map.
 */
#include "snippets/engine/rt.h"
#include "snippets/engine/str_methods.h"

bool str_maketrans(struct rt *rt, const struct rv *v, struct rv *out)
{
	struct cursor c;
	struct rv k, x;
	*out = rv_dict(rt);
	if (v[1].t == R_UNSET) {
		if (!rv_mapping(v[0]))
			return raise(rt, EX_TYPE, "if you give only one argument to maketrans it must be a dict");
		if (!cur_start(rt, v[0], &c))
			return false;
		while (cur_next(rt, &c, &k)) {
			size_t len;
			if (!rv_getitem(rt, v[0], k, &x))
				return false;
			if (k.t == R_STR && u8_len(k.u.s, k.n) != 1)
				return raise(rt, EX_VALUE, "string keys in translate table must be of length 1");
			if (!rdict_set(rt, out->u.m, k.t == R_STR ? rv_int(u8_at(k.u.s, k.n, &len)) : k, x))
				return false;
		}
		return rt->exc.cls == EX_NONE;
	}
	for (int i = 0; i < 3; i++)
		if (v[i].t != R_STR && (i < 2 || v[i].t != R_UNSET))
			return raise(rt, EX_TYPE, "maketrans() argument %d must be str, not %s", i + 1, rv_type_name(v[i]));
	if (u8_len(v[0].u.s, v[0].n) != u8_len(v[1].u.s, v[1].n))
		return raise(rt, EX_VALUE, "the first two maketrans arguments must have equal length");
	for (size_t i = 0, j = 0, ki, kj; i < v[0].n; i += ki, j += kj) {
		uint32_t from = u8_at(v[0].u.s + i, v[0].n - i, &ki), to = u8_at(v[1].u.s + j, v[1].n - j, &kj);
		if (!rdict_set(rt, out->u.m, rv_int(from), rv_int(to)))
			return false;
	}
	for (size_t i = 0, k3; v[2].t == R_STR && i < v[2].n; i += k3)
		if (!rdict_set(rt, out->u.m, rv_int(u8_at(v[2].u.s + i, v[2].n - i, &k3)), rv_none()))
			return false;
	return true;
}

bool str_translate(struct rt *rt, struct rv self, struct rv table, struct rv *out)
{
	if (!rv_mapping(table))
		return raise(rt, EX_TYPE, "a table for translate must be a dict, not %s", rv_type_name(table));
	struct strbuf b = {0};
	bool ok = rt_steps(rt, self.n / 16);
	for (size_t i = 0, k; ok && i < self.n; i += k) {
		struct rv key = rv_int(u8_at(self.u.s + i, self.n - i, &k)), x;
		bool in;
		ok = rv_contains(rt, table, key, &in) && (!in || rv_getitem(rt, table, key, &x));
		if (!ok)
			break;
		if (!in)
			sb_add(&b, self.u.s + i, k);
		else if (x.t == R_STR)
			sb_add(&b, x.u.s, x.n);
		else if (x.t == R_INT && x.u.i >= 0 && x.u.i < 0x110000)
			u8_put(&b, (uint32_t)x.u.i);
		else if (x.t != R_NONE)
			ok = raise(rt, EX_TYPE, "character mapping must return integer, None or str");
		if (b.len > LIM_STRING)
			ok = raise(rt, EX_LIMIT, "a text is longer than %u MiB", LIM_STRING >> 20);
	}
	if (ok)
		*out = rv_dup(rt, b.p, b.len);
	sb_free(&b);
	return ok;
}

bool str_format_map(struct rt *rt, struct rv self, struct rv map, struct rv *out)
{
	struct cursor c;
	struct rv k, x;
	int64_t n;
	struct args named = {0};
	if (!rv_mapping(map))
		return raise(rt, EX_TYPE, "format_map() takes a dict, not %s", rv_type_name(map));
	if (!rv_len(rt, map, &n) || !cur_start(rt, map, &c))
		return false;
	struct karg *kw = rt_alloc(rt, (size_t)(n + 1) * sizeof(*kw));
	while (cur_next(rt, &c, &k)) {
		if (k.t != R_STR)
			continue;
		if (!rv_getitem(rt, map, k, &x))
			return false;
		kw[named.nkw++] = (struct karg){ k.u.s, k.n, x };
	}
	named.kw = kw;
	return rt->exc.cls == EX_NONE && fmt_method(rt, self, &named, out);
}
