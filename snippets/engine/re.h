/* SPDX-License-Identifier: GPL-2.0-or-later
 * re.h - what the files of the module re share: compiled patterns, matches, and how a pattern is run.
 */
#ifndef ENGINE_RE_H
#define ENGINE_RE_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "snippets/engine/modules.h"
#include "snippets/engine/rt.h"

enum { RE_I = 2, RE_L = 4, RE_M = 8, RE_S = 16, RE_U = 32, RE_X = 64, RE_A = 256 };
enum how { SEARCH, MATCH, FULL };

struct pattern { struct rv text; int64_t flags; pcre2_code *code; uint32_t groups; struct pattern *next; };
/* ov: offsets in bytes, two for each of n groups, PCRE2_UNSET where one took no part; pos: where the search began */
struct match { struct pattern *p; struct rv subject; size_t *ov; uint32_t n; size_t pos; };

extern const struct obj_ops re_pattern_ops, re_match_ops;         /* the objects' data: struct pattern, struct match */

/* The pattern of a text, or of a pattern object; kept until the render ends. */
bool re_compile(struct rt *rt, struct rv text, int64_t flags, struct pattern **ret);
/* *m NULL: no match. */
bool re_run(struct rt *rt, struct pattern *p, struct rv subject, size_t from, enum how how, uint32_t extra, struct match **m);
/* R_UNSET: it took no part. */
struct rv re_group(const struct match *m, uint32_t i);
/* None: a group without a name. */
struct rv re_group_name(struct rt *rt, const struct pattern *p, uint32_t at);
/* Appends what sre_parse makes of a replacement. */
bool re_expand(struct rt *rt, const struct match *m, struct rv replacement, struct strbuf *b);
/* The method of that name; *out is left as it is when there is none. */
bool re_method(struct rt *rt, const struct robj *o, const struct native *f, const char *name, struct rv *out);

#endif
