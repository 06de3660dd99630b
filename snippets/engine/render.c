/* SPDX-License-Identifier: GPL-2.0-or-later
 * render.c - one render from begin to end, and the text of its error.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "snippets/engine/cheetah.h"
#include "snippets/engine/trace.h"

static int code_of(enum exc c)
{
	return c == EX_LIMIT                ? CB_ELIMIT
	       : c == EX_TEMPLATE_NOT_FOUND ? CB_ENOENT
	       : c == EX_SYNTAX             ? CB_EPARSE
					    : CB_EINVAL;
}

/* Edit distance of two short names, or a large number. */
static unsigned distance(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);
	unsigned row[64];
	if (na >= 60 || nb >= 60)
		return 99;
	for (size_t j = 0; j <= nb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned diag = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned up = row[j], best = diag + (a[i - 1] != b[j - 1]);
			if (up + 1 < best)
				best = up + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diag = up;
			row[j] = best;
		}
	}
	return row[nb];
}

const char *nearest_name(const struct value *vars, const char *name)
{
	const char *best = NULL;
	unsigned d = (unsigned)strlen(name) / 3 + (strlen(name) > 3);
	for (size_t i = 0; i < v_len(vars); i++) {
		unsigned k = distance(name, v_dict_key(vars, i));
		if (k > 0 && k <= d) {
			d = k - 1;
			best = v_dict_key(vars, i);
		}
	}
	return best;
}

static void chain(struct strbuf *b, const struct place *p)
{
	unsigned n = 0;
	for (; p != NULL; p = p->up, n++)
		if (n < 5 || p->up == NULL)
			sb_addf(b, "%s, called from %s:%u", n > 5 ? ", ..." : "", p->tpl->name, p->call->line);
}

/* What may have been meant by a name that is not there. */
static void hint(const struct rt *rt, struct strbuf *b)
{
	const struct exception *x = &rt->exc;
	const char *q2 = strchr(sb_str(b), '\''), *q = x->cls == EX_NOTFOUND || x->cls == EX_UNDEFINED ? q2 : NULL;
	const struct value *in = x->of != NULL ? x->of : rt->job->vars;
	char name[64];
	if (x->cls == EX_NAME && q2 != NULL) {
		snprintf(name, sizeof(name), "%.*s", (int)(strcspn(q2 + 1, "'") < 60 ? strcspn(q2 + 1, "'") : 60), q2 + 1);
		if (v_dict_get(rt->job->vars, name) != NULL)
			sb_addf(b, " (did you mean $%s?)", name);
		return;
	}
	if (x->of != NULL && x->wanted != NULL)
		snprintf(name, sizeof(name), "%s", x->wanted);
	else if (q != NULL && strstr(q, "while searching") == NULL && strstr(q, "has no ") == NULL)
		snprintf(name, sizeof(name), "%.*s", (int)(strcspn(q + 1, "'") < 60 ? strcspn(q + 1, "'") : 60), q + 1);
	else
		return;
	const char *near = nearest_name(in, name);
	if (near != NULL) {
		sb_addf(b, " (did you mean %s?)", near);
	} else if (x->of != NULL && v_len(in) > 0 && v_len(in) <= 10) {
		for (size_t i = 0; i < v_len(in); i++)
			sb_addf(b, "%s%.40s", i == 0 ? " (there are: " : ", ", v_dict_key(in, i));
		sb_addc(b, ')');
	}
}

static int fail(struct rt *rt, const struct tpl *t, struct err *e)
{
	const struct exception *x = &rt->exc;
	struct strbuf b = { 0 };
	const struct tpl *where = x->tpl != NULL ? x->tpl : t;
	sb_adds(&b, where->name);
	if (x->at != NULL)
		sb_addf(&b, ":%u:%u", x->at->line, x->at->col);
	sb_addf(&b, ": %s: %.*s", exc_name(x->cls), (int)(x->msg.n < 1000 ? x->msg.n : 1000), x->msg.t == R_STR ? x->msg.u.s : "");
	hint(rt, &b);
	if (x->chain.t == R_STR)
		sb_add(&b, x->chain.u.s, x->chain.n);
	u8_mend(b.p, b.len);
	int rc = err_py(e, code_of(x->cls), exc_name(x->cls), "%s", sb_str(&b));
	sb_free(&b);
	return rc;
}

void note_chain(struct rt *rt)
{
	if (rt->exc.chain.t == R_STR || rt->place == NULL)
		return;
	struct strbuf b = { 0 };
	chain(&b, rt->place);
	rt->exc.chain = rv_dup(rt, sb_str(&b), b.len);
	sb_free(&b);
}

int tpl_render(const struct tpl *t, const struct tpl_job *job, struct strbuf *out, struct err *e)
{
	struct rt rt = { .job = job, .tpl = t, .front = t->lang == TPL_CHEETAH ? &cheetah_fns : &jinja_fns };
	rt.max_steps = job->max_steps != 0 ? job->max_steps : LIM_STEPS;
	rt.look_at = rt.max_steps < STEPS_A_LOOK ? rt.max_steps + 1 : STEPS_A_LOOK;
	arena_init(&rt.arena, 0);
	bool own = out->len != 0 || out->limit != 0;      /* else the text is made where it is wanted */
	if (!own)
		rt.out = *out;
	sb_reserve(&rt.out, t->len + t->len / 2 + 256);
	bool ok = t->lang == TPL_CHEETAH ? cheetah_main(&rt, t) : jinja_main(&rt, t);
	ok = ok && rt.exc.cls == EX_NONE && rt_tick(&rt);
	int rc = CB_OK;
	if (ok && rt.job->trace != NULL)
		trace_report(&rt);
	if (!ok)
		rc = fail(&rt, t, e);
	sb_truncate(&rt.out, ok ? rt.out.len : 0);
	rt.out.p[rt.out.len] = '\0';
	if (own) {
		sb_add(out, rt.out.p, rt.out.len);
		sb_free(&rt.out);
	} else {
		*out = rt.out;
	}
	if (rt.re_cache != NULL)
		rt_free_re(&rt);
	sb_free(&rt.tmp);
	arena_free(&rt.arena);
	return rc;
}
