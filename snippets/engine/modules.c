/* SPDX-License-Identifier: GPL-2.0-or-later
 * modules.c - the modules a template may import; there are no others.
 */
#include "snippets/engine/modules.h"

const struct module *module_find(const char *name)
{
	static const struct module *const all[] = { &mod_random, &mod_time };
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (str_eq(all[i]->name, name))
			return all[i];
	return NULL;
}
void rt_free_re(struct rt *rt) { rt->re_cache = NULL; }
