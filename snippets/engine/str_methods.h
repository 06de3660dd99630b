/* SPDX-License-Identifier: GPL-2.0-or-later
 * str_methods.h - the method tables of the built-in types, and text helpers that filters share.
 */
#ifndef ENGINE_STR_METHODS_H
#define ENGINE_STR_METHODS_H

#include "snippets/engine/rv.h"

extern const struct native str_methods[], list_methods[], tuple_methods[], dict_methods[], set_methods[],
	frozenset_methods[], int_methods[], float_methods[], range_methods[];

/* Functions that return a text return a new one in the render's arena, or s itself; those that return bool: false is an exception. */

struct rv str_upper(struct rt *rt, struct rv s);
struct rv str_lower(struct rt *rt, struct rv s);
struct rv str_capitalize(struct rt *rt, struct rv s);            /* the first character in upper case, the others in lower */
struct rv str_strip(
	struct rv s, const char *set, size_t nset, int sides); /* sides: 1 left, 2 right; set NULL: blanks */
struct rv str_replace(struct rt *rt, struct rv s, struct rv a, struct rv b, int64_t count);      /* count < 0: all */
/* sep R_UNSET or None: at blanks; max < 0: no limit; out: a list of texts that share the bytes of s. */
bool str_split(struct rt *rt, struct rv s, struct rv sep, int64_t max, struct rv *out);
bool str_rsplit(struct rt *rt, struct rv s, struct rv sep, int64_t max, struct rv *out);
bool str_splitlines(struct rt *rt, struct rv s, bool keep, struct rv *out);      /* keep: with the line ends */
bool str_partition(struct rt *rt, struct rv s, struct rv sep, bool right, struct rv *out);      /* a tuple of three */
/* The last place of x[nx] in p[n]; NULL: none. */
const char *str_rfind(const char *p, size_t n, const char *x, size_t nx);
/* Raises TypeError "WHAT must be str, not ..." for anything but text. */
bool str_wanted(struct rt *rt, struct rv v, const char *what);
struct rv str_center(struct rt *rt, struct rv s, int64_t width, int64_t how);  /* how: 0 centre, 1 left, 2 right */
/* str.maketrans(v[0], v[1], v[2]), the last two R_UNSET where absent: numbers of characters to numbers, texts or None. */
bool str_maketrans(struct rt *rt, const struct rv *v, struct rv *out);
bool str_translate(struct rt *rt, struct rv self, struct rv table, struct rv *out);
bool str_format_map(struct rt *rt, struct rv self, struct rv map, struct rv *out);      /* "{name}" by a mapping */
bool str_join(struct rt *rt, struct rv sep, struct rv items, struct rv *out);           /* TypeError for an item that is no text */

#endif
