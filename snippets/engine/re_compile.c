/* SPDX-License-Identifier: GPL-2.0-or-later
 * re_compile.c - patterns of Python's re on PCRE2: translated where the two differ, and run under limits on backtracking, depth
 * and heap, so that a hostile pattern ends in an error.
 */
#include <stdlib.h>
#include <string.h>

#include "snippets/engine/re.h"

#define MAX_PATTERNS 200

struct re_state { struct pattern *all; uint32_t n; pcre2_match_context *ctx; };

static struct re_state *state(struct rt *rt)
{
	if (rt->re_cache == NULL) {
		struct re_state *s = xcalloc(1, sizeof(*s));
		s->ctx = pcre2_match_context_create(NULL);
		if (s->ctx != NULL) {
			pcre2_set_match_limit(s->ctx, LIM_RE_MATCH);
			pcre2_set_depth_limit(s->ctx, LIM_RE_DEPTH);
			pcre2_set_heap_limit(s->ctx, LIM_RE_HEAP);
		}
		rt->re_cache = s;
	}
	return rt->re_cache;
}

void rt_free_re(struct rt *rt)
{
	struct re_state *s = rt->re_cache;
	if (s == NULL)
		return;
	for (struct pattern *p = s->all; p != NULL; p = p->next)
		pcre2_code_free(p->code);
	pcre2_match_context_free(s->ctx);
	free(s);
	rt->re_cache = NULL;
}

/* Python's spellings that PCRE2 reads otherwise: \Z is the very end, $ without MULTILINE is the same in both, (?P<n>)
 * too. */
static void translate(struct strbuf *b, struct rv p)
{
	bool cls = false;
	for (uint32_t i = 0; i < p.n; i++) {
		char c = p.u.s[i];
		if (c == '\\' && i + 1 < p.n) {
			char d = p.u.s[++i];
			if (d == 'Z' && !cls) {
				sb_adds(b, "\\z");
			} else {
				sb_addc(b, c);
				sb_addc(b, d);
			}
			continue;
		}
		if (c == '[' && cls)
			sb_addc(b, '\\'); /* a plain [ inside a class; PCRE2 would look for [:name:] */
		else if (c == '[')
			cls = true;
		else if (c == ']' && cls &&
			 !(i > 0 && (p.u.s[i - 1] == '[' || (p.u.s[i - 1] == '^' && i > 1 && p.u.s[i - 2] == '['))))
			cls = false;
		sb_addc(b, c);
	}
}

bool re_compile(struct rt *rt, struct rv text, int64_t flags, struct pattern **ret)
{
	struct re_state *s = state(rt);
	if (text.t == R_OBJ && text.u.o->ops == &re_pattern_ops) {
		*ret = text.u.o->data;
		return true;
	}
	if (text.t != R_STR)
		return raise(rt, EX_TYPE, "first argument must be string or compiled pattern");
	for (struct pattern *p = s->all; p != NULL; p = p->next)
		if (p->flags == flags && rv_same(p->text, text)) {
			*ret = p;
			return true;
		}
	if (text.n > LIM_RE_PATTERN)
		return raise(rt, EX_LIMIT, "a regular expression is longer than %d bytes", LIM_RE_PATTERN);
	if (s->n >= MAX_PATTERNS || s->ctx == NULL)
		return raise(rt, EX_LIMIT, "more than %d regular expressions in one render", MAX_PATTERNS);
	struct strbuf b = { 0 };
	translate(&b, text);
	uint32_t opt = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;
	opt |= flags & RE_A ? 0 : PCRE2_UCP;
	opt |= (flags & RE_I ? PCRE2_CASELESS : 0) | (flags & RE_M ? PCRE2_MULTILINE : 0) |
	       (flags & RE_S ? PCRE2_DOTALL : 0) | (flags & RE_X ? PCRE2_EXTENDED : 0);
	int code;
	PCRE2_SIZE at;
	struct pattern *p = rt_alloc(rt, sizeof(*p));
	*p = (struct pattern){ .text = text, .flags = flags, .next = s->all };
	p->code = pcre2_compile((PCRE2_SPTR)sb_str(&b), b.len, opt, &code, &at, NULL);
	sb_free(&b);
	if (p->code == NULL) {
		PCRE2_UCHAR msg[160];
		pcre2_get_error_message(code, msg, sizeof(msg));
		return raise(rt, EX_RE, "%s at position %zu", (const char *)msg, (size_t)at);
	}
	pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &p->groups);
	s->all = p;
	s->n++;
	*ret = p;
	return true;
}

bool re_run(
	struct rt *rt, struct pattern *p, struct rv subj, size_t from, enum how how, uint32_t extra, struct match **m)
{
	if (subj.t == R_UNDEF && rt->missing != NULL)
		return rt->missing(rt, &subj);
	if (subj.t != R_STR)
		return raise(rt, EX_TYPE, "expected string or bytes-like object, got '%s'", rv_type_name(subj));
	pcre2_match_data *md = pcre2_match_data_create_from_pattern(p->code, NULL);
	if (md == NULL)
		return raise(rt, EX_LIMIT, "no memory for a match");
	uint32_t opt = (how != SEARCH ? PCRE2_ANCHORED : 0) | (how == FULL ? PCRE2_ENDANCHORED : 0) |
		       PCRE2_NO_UTF_CHECK | extra;
	int rc = pcre2_match(p->code, (PCRE2_SPTR)subj.u.s, subj.n, from, opt, md, state(rt)->ctx);
	*m = NULL;
	bool ok = true;
	if (rc > 0) {
		struct match *x = rt_alloc(rt, sizeof(*x));
		*x = (struct match){ .p = p, .subject = subj, .n = p->groups + 1, .pos = from };
		x->ov = rt_alloc(rt, 2 * (size_t)x->n * sizeof(*x->ov));
		memcpy(x->ov, pcre2_get_ovector_pointer(md), 2 * (size_t)x->n * sizeof(*x->ov));
		*m = x;
	} else if (rc != PCRE2_ERROR_NOMATCH) {
		ok = raise(rt, EX_LIMIT, "a regular expression needs too many steps (%d)", rc);
	}
	pcre2_match_data_free(md);
	rt->steps += 20;
	return ok && rt_tick(rt);
}
