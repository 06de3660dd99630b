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

static const struct native *in_table(const struct native *f, const char *name)
{
	for (; f != NULL && f->name != NULL; f++)
		if (str_eq(f->name, name))
			return f;
	return NULL;
}

bool module_has(const struct module *m, const char *name, struct rv *out)
{
	const struct native *f = in_table(m->f, name);
	for (size_t i = 0; f == NULL && m->more != NULL && m->more[i] != NULL; i++)
		f = in_table(m->more[i], name);
	if (f != NULL) {
		*out = (struct rv){ .t = R_FUNC, .u.f = f };
		return true;
	}
	if (m->error != EX_NONE && str_eq(exc_name(m->error), name)) {
		*out = (struct rv){ .t = R_TYPE, .aux = (uint16_t)(TY_EXC + m->error) };
		return true;
	}
	for (const struct modnum *n = m->nums; n != NULL && n->name != NULL; n++)
		if (str_eq(n->name, name)) {
			*out = rv_int(n->v);
			return true;
		}
	return false;
}

static bool refused(struct rt *rt, const char *name, struct rv *out)
{
	(void)out;
	return raise(rt, EX_IMPORT,
		"%s is refused: a template has the modules re, random, time and netaddr, and no way to the host", name);
}

const struct module mod_refused = { .name = "refused", .attr = refused };
