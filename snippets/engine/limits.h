/* SPDX-License-Identifier: GPL-2.0-or-later
 * limits.h - every limit of the template engine. Reaching one ends the render with an error that names the limit and
 * the place. A template cannot catch that error.
 */
#ifndef ENGINE_LIMITS_H
#define ENGINE_LIMITS_H

#define LIM_SOURCE (8u << 20)            /* bytes of one template source */
#define LIM_PARSE_DEPTH 200              /* nesting of expressions and of blocks in a source */
#define LIM_DEPTH 200                    /* nested calls of functions, macros, snippets and blocks in a render */
#define LIM_EVAL_DEPTH 3000              /* nested evaluations of one render, over all calls */
#define LIM_INCLUDE_DEPTH 40             /* nested snippets, includes and parents */
#define LIM_VALUE_DEPTH 100              /* nesting of a value that is printed or compared */
#define LIM_STEPS 50000000ull            /* evaluation steps of one render */
#define LIM_TIME_MS 20000                /* wall time of one render */
#define LIM_OUTPUT (64u << 20)           /* bytes of output, captured text included */
#define LIM_STRING (16u << 20)           /* bytes of one text value */
#define LIM_ITEMS (4u << 20)             /* elements of one list, tuple, dict, set or range that is spelled out */
#define LIM_MEMORY (192u << 20)          /* bytes of all values of one render: a dhcpd.conf of 10,000 hosts needs a tenth */
#define LIM_INT_BITS 4096                /* bits of an integer */
#define LIM_ARGS 250                     /* arguments of one call */
#define LIM_PIECES 20000                 /* pieces of output that a trace tells apart; the rest goes untraced */
#define LIM_RE_PATTERN 16384             /* bytes of a regular expression */
#define LIM_RE_MATCH 200000              /* PCRE2 match limit: backtracking steps of one match */
#define LIM_RE_DEPTH 2000                /* PCRE2 depth limit */
#define LIM_RE_HEAP 20480                /* PCRE2 heap limit in KiB */

#endif
