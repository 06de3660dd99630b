/* SPDX-License-Identifier: GPL-2.0-or-later
 * modules.c - the modules a template may import; there are no others.
 */
#include "snippets/engine/modules.h"

const struct module *module_find(const char *name)
{
	static const struct module *const all[] = { &mod_re, &mod_random, &mod_time, &mod_netaddr };
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (str_eq(all[i]->name, name))
			return all[i];
	return NULL;
}

static bool refused(struct rt *rt, const char *name, struct rv *out)
{
	(void)out;
	return raise(rt, EX_IMPORT,
		"%s is refused: a template has the modules re, random, time and netaddr, and no way to the host", name);
}

const struct module mod_refused = { "refused", NULL, refused };
