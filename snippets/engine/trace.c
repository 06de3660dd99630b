/* SPDX-License-Identifier: GPL-2.0-or-later
 * trace.c - recording where output came from; does nothing unless the job asks for it.
 */
#include "snippets/engine/trace.h"

#include <string.h>

static void add(struct rt *rt, struct trace_piece p)
{
	if (rt->npieces >= LIM_PIECES)
		return;
	if (rt->npieces == rt->cappieces) {
		uint32_t cap = rt->cappieces == 0 ? 64 : rt->cappieces * 2;
		struct trace_piece *v = rt_alloc(rt, cap * sizeof(*v));
		if (rt->npieces != 0)
			memcpy(v, rt->pieces, rt->npieces * sizeof(*v));
		rt->pieces = v;
		rt->cappieces = cap;
	}
	rt->pieces[rt->npieces++] = p;
}

/* The places have to outlive the calls they describe. */
static const struct place *keep(struct rt *rt, const struct place *p)
{
	if (p == NULL)
		return NULL;
	struct place *k = rt_alloc(rt, sizeof(*k));
	*k = *p;
	k->up = keep(rt, p->up);
	return k;
}

void trace_piece(struct rt *rt, const struct node *n, size_t from, struct rv v)
{
	if (rt->out.len <= from || rt->npieces >= LIM_PIECES)
		return;
	uint32_t count = rt->npieces;
	bool taken = false;
	for (uint32_t i = 0; i < count && v.t == R_STR && v.n == rt->out.len - from; i++) {
		struct trace_piece p = rt->pieces[i];
		if (p.of != v.u.s || p.of == NULL)
			continue;
		p.from += from;
		p.to += from;
		p.of = NULL;
		add(rt, p);
		taken = true;
	}
	if (!taken)
		add(rt, (struct trace_piece){ from, rt->out.len, rt->tpl, n, keep(rt, rt->place), NULL });
}

void trace_capture(struct rt *rt, uint32_t index, size_t mark, struct rv text)
{
	for (uint32_t i = index; i < rt->npieces; i++)
		if (rt->pieces[i].of == NULL && rt->pieces[i].from >= mark) {
			rt->pieces[i].from -= mark;
			rt->pieces[i].to -= mark;
			rt->pieces[i].of = text.u.s;
		}
}

static void chain(struct strbuf *b, const struct place *p)
{
	if (p == NULL)
		return;
	chain(b, p->up);
	sb_addf(b, "%s:%u > ", p->tpl->name, p->call->line);
}

void trace_report(struct rt *rt)
{
	struct strbuf b = { 0 };
	for (uint32_t i = 0; i < rt->npieces; i++) {
		const struct trace_piece *p = &rt->pieces[i];
		if (p->of != NULL)
			continue;
		sb_truncate(&b, 0);
		chain(&b, p->place);
		sb_addf(&b, "%s:%u", p->tpl->name, p->at != NULL ? p->at->line : 0);
		struct rv src = p->at != NULL && (p->at->op == N_PLACE || (p->at->op == N_OUT && p->at->k.t == R_STR)) ? p->at->k :
			rv_strn("", 0);
		struct rv z = rv_dup(rt, src.u.s, src.n);
		rt->job->trace(rt->job->ctx, &(struct tpl_trace){ p->from, p->to, sb_str(&rt->out) + p->from, sb_str(&b), z.u.s });
	}
	sb_free(&b);
}
