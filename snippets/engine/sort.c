/* SPDX-License-Identifier: GPL-2.0-or-later
 * sort.c - Python's sorting: stable, by keys that are asked for once each.
 */
#include <string.h>

#include "snippets/engine/builtins.h"
#include "snippets/engine/rt.h"

struct sortrec { struct rv key, val; };

static bool merge(struct rt *rt, struct sortrec *v, struct sortrec *t, size_t n, bool rev)
{
	if (n < 2)
		return true;
	size_t h = n / 2, i = 0, j = h, o = 0;
	if (!merge(rt, v, t, h, rev) || !merge(rt, v + h, t, n - h, rev))
		return false;
	while (i < h && j < n) {
		int c;
		if (!rv_order(rt, rev ? v[i].key : v[j].key, rev ? v[j].key : v[i].key, "<", &c) || !rt_tick(rt))
			return false;
		t[o++] = c == -1 ? v[j++] : v[i++];
	}
	while (i < h)
		t[o++] = v[i++];
	while (j < n)
		t[o++] = v[j++];
	memcpy(v, t, n * sizeof(*v));
	return true;
}

bool py_sort(struct rt *rt, struct rlist *l, struct rv key, bool reverse)
{
	struct sortrec *r = rt_alloc(rt, (l->n + 1) * sizeof(*r)), *t = rt_alloc(rt, (l->n + 1) * sizeof(*t));
	uint32_t n = l->n;
	for (uint32_t i = 0; i < n; i++) {
		r[i] = (struct sortrec){ l->v[i], l->v[i] };
		if (key.t != R_UNSET && key.t != R_NONE && !call1(rt, key, l->v[i], &r[i].key))
			return false;
	}
	if (!merge(rt, r, t, n, reverse))
		return false;
	for (uint32_t i = 0; i < n && i < l->n; i++)
		l->v[i] = r[i].val;
	return true;
}
