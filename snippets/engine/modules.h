/* SPDX-License-Identifier: GPL-2.0-or-later
 * modules.h - Python modules that templates import, native and bounded: what Cobbler's import whitelist allows by
 * default.
 */
#ifndef ENGINE_MODULES_H
#define ENGINE_MODULES_H

#include "snippets/engine/rt.h"

extern const struct module mod_re, mod_random, mod_time, mod_netaddr;
/* Stands for a module that is not there: whatever is asked of it is refused. */
extern const struct module mod_refused;

#endif
