/* SPDX-License-Identifier: GPL-2.0-or-later
 * cheetah_region.c - #call and #capture: what their bodies write is collected, not put out.
 */
#include <string.h>

#include "snippets/engine/cheetah.h"

/* Where a region began may be gone: see lost(). */
static size_t still(const struct rt *rt, size_t mark) { return mark < rt->out.len ? mark : rt->out.len; }

/* compat: #stop inside #call or #capture: the method's value is what was collected there, all before it is lost. */
static enum flow stopped(struct rt *rt, size_t mark)
{
	mark = still(rt, mark);
	struct cframe *f = ch_state(rt)->frame;
	if (f->ret.t == R_UNSET)
		f->ret = rv_dup(rt, sb_str(&rt->out) + mark, rt->out.len - mark);
	return F_RETURN;
}

/* compat: an exception inside #call or #capture that the method catches: what was collected there is the output from
 * then on, all before it is lost. */
static enum flow lost(struct rt *rt, size_t mark)
{
	struct cframe *f = ch_state(rt)->frame;
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
bool ch_arg(struct rt *rt, const struct node *n)
{
	struct callreg *c = ch_state(rt)->call;
	if (c == NULL)
		return true;
	if (c->cur != NULL)
		c->kw[c->nkw++] = (struct karg){ c->cur->name, c->cur->len, take_from(rt, c->mark) };
	c->cur = n->sym;
	return c->nkw + 1 < c->most || raise(rt, EX_LIMIT, "#call has more than %u arguments", c->most);
}

/* #call: the body's text is the first argument, or the texts of its #args are keywords. */
enum flow ch_call(struct rt *rt, const struct node *n)
{
	struct rv f, v, list[LIM_ARGS + 1];
	struct karg kw[64];
	struct args extra = { 0 }, a = { .v = list, .kw = kw };
	struct callreg c = { .mark = rt->out.len, .kw = kw, .most = ARRAY_LEN(kw) }, *around = ch_state(rt)->call;
	ch_state(rt)->call = &c;
	enum flow fl = ch_body(rt, n->kids[0]->b);
	ch_state(rt)->call = around;
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

enum flow ch_capture(struct rt *rt, const struct node *n)
{
	size_t mark = rt->out.len;
	enum flow f = ch_body(rt, n->kids[0]->b);
	if (f == F_ERROR)
		return lost(rt, mark);
	if (f == F_RETURN)
		return stopped(rt, mark);
	mark = still(rt, mark);
	struct rv v = rv_dup(rt, sb_str(&rt->out) + mark, rt->out.len - mark);
	sb_truncate(&rt->out, mark);
	return ev_assign(rt, n->a, v) ? f : F_ERROR;
}
