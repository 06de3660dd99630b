/* SPDX-License-Identifier: GPL-2.0-or-later
 * modules.h - Python modules that templates import, native and bounded: what Cobbler's import whitelist allows by
 * default.
 */
#ifndef ENGINE_MODULES_H
#define ENGINE_MODULES_H

#include "snippets/engine/rt.h"

/* A function, the exception or a number of a module; false: it has none of that name that is known before a render. */
bool module_has(const struct module *m, const char *name, struct rv *out);
extern const struct module mod_re, mod_random, mod_time, mod_netaddr;
/* Stands for a module that is not there: whatever is asked of it is refused. */
extern const struct module mod_refused;

#endif
