/* SPDX-License-Identifier: GPL-2.0-or-later
 * number_methods.c - the methods of int, float and range.
 */
#include <math.h>

#include "snippets/engine/bigint.h"
#include "snippets/engine/rt.h"
#include "snippets/engine/str_methods.h"

#define M(name)                                                                                                        \
	static bool m_##name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define NOARGS (void)v, (void)a

M(bit_length) { NOARGS; (void)rt; *out = rv_int((int64_t)big_bits(self)); return true; }
M(bit_count) { NOARGS; (void)rt; *out = rv_int((int64_t)big_ones(self)); return true; }

M(is_integer)
{
	NOARGS;
	(void)rt;
	*out = rv_bool(isfinite(self.u.d) && self.u.d == floor(self.u.d));
	return true;
}

/* compat: int has no is_integer before Python 3.12. */
const struct native int_methods[] = {
	{"bit_length", "", 0, m_bit_length}, {"bit_count", "", 0, m_bit_count}, {NULL, NULL, 0, NULL},
};
const struct native float_methods[] = { {"is_integer", "", 0, m_is_integer}, {NULL, NULL, 0, NULL} };

M(range_count)
{
	(void)a;
	bool in;
	if (!rv_contains(rt, self, v[0], &in))
		return false;
	*out = rv_int(in);
	return true;
}

M(range_index)
{
	(void)a;
	bool in;
	if (!rv_contains(rt, self, v[0], &in))
		return false;
	if (!rv_is_num(v[0]))
		return raise(rt, EX_VALUE, "sequence.index(x): x not in sequence");
	if (!in)
		return raise(rt, EX_VALUE, "%s is not in range", rv_cz(rt, rv_tostr(rt, v[0])));
	*out = rv_int(((int64_t)rv_num(v[0]) - self.u.r->start) / self.u.r->step);
	return true;
}

const struct native range_methods[] = {
	{"count", "value /", 1, m_range_count}, {"index", "value /", 1, m_range_index}, {NULL, NULL, 0, NULL},
};
