/* SPDX-License-Identifier: GPL-2.0-or-later
 * builtins.h - between the files of the built-in functions and types. Internal to the engine.
 */
#ifndef ENGINE_BUILTINS_H
#define ENGINE_BUILTINS_H

#include "snippets/engine/rt.h"

/* convert.c */
const struct karg *kw_find(const struct args *a, const char *name);   /* a keyword argument, or NULL */
bool int_arg(struct rt *rt, struct rv v, int64_t *out);            /* an integer, or TypeError */
bool flag_arg(struct rt *rt, struct rv v, bool *out);             /* likewise as truth; R_UNSET: false */
bool float_to_int(struct rt *rt, double d, struct rv *out);        /* int(d) */
int type_of(struct rv v);                                          /* TY_* */
bool call1(struct rt *rt, struct rv f, struct rv x, struct rv *out);        /* f(x) */

#endif
