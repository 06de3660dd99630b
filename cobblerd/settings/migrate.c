/* SPDX-License-Identifier: GPL-2.0-or-later
 * migrate.c - settings of Cobbler 2.8 and 3.0 to 3.3.6 in the form of 3.3.7. One row for each thing that a release changed; types that
 * changed (0 and 1 for booleans) are the business of the rows of settings_table.c.
 */
#include <stdlib.h>
#include <string.h>

#include "settings/settings_private.h"

enum change { RENAMED, RELATIVE, DROPPED, REWORDED, BOOLEAN_INSIDE };

/* RENAMED: key is now called "to". RELATIVE: the same, and a path below a folder of templates is now relative to it.
 * DROPPED: means nothing any more. REWORDED: the value "from" is now "to". BOOLEAN_INSIDE: the entry "from" of a mapping is a boolean. */
static const struct row { const char *since, *key; enum change change; const char *from, *to; } rows[] = {
	{ "3.0.0", "default_kickstart", RELATIVE, NULL, "autoinstall" },
	{ "3.0.0", "snippetsdir", RENAMED, NULL, "autoinstall_snippets_dir" },
	{ "3.0.0", "consoles", DROPPED, NULL, NULL },
	{ "3.0.0", "func_auto_setup", DROPPED, NULL, NULL },
	{ "3.0.0", "func_master", DROPPED, NULL, NULL },
	{ "3.0.0", "kernel_options_s390x", DROPPED, NULL, NULL },
	{ "3.0.0", "pxe_template_dir", DROPPED, NULL, NULL },
	{ "3.0.0", "redhat_management_type", DROPPED, NULL, NULL },
	{ "3.0.0", "template_remote_kickstarts", DROPPED, NULL, NULL },
	{ "3.1.2", "power_template_dir", DROPPED, NULL, NULL },
	{ "3.2.1", "mgmt_parameters", BOOLEAN_INSIDE, "from_cobbler", NULL },
	{ "3.2.1", "manage_tftp", DROPPED, NULL, NULL },
	{ "3.3.0", "default_autoinstall", RELATIVE, NULL, "autoinstall" },
	{ "3.3.0", "enable_gpxe", RENAMED, NULL, "enable_ipxe" },
	{ "3.3.0", "next_server", RENAMED, NULL, "next_server_v4" },
	{ "3.3.0", "power_management_default_type", REWORDED, "ipmitool", "ipmilanplus" },
};

static const char *const template_dirs[] = {
	"/var/lib/cobbler/kickstarts/", "/var/lib/cobbler/autoinstall_templates/", "/var/lib/cobbler/templates/",
};

/* The path below the folder of templates that it is in; elsewhere the last part of it. */
static const char *relative(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(template_dirs); i++)
		if (str_starts(path, template_dirs[i]))
			return path + strlen(template_dirs[i]);
	const char *slash = strrchr(path, '/');
	return slash != NULL ? slash + 1 : path;
}

static void note(struct value *plan, const struct row *r, const char *what)
{
	if (plan != NULL)
		v_list_push(plan, v_strf("%s: %s (since %s)", r->key, what, r->since));
}

/* v (borrowed) moves to the present name, unless a file has that as well: the present one is the one in force. */
static void move_key(const struct value *file, struct value *out, const struct row *r, const struct value *v, struct value *plan)
{
	char *what;
	if (v_dict_get(file, r->to) != NULL) {
		what = xasprintf("is dropped, because %s is there too", r->to);
	} else {
		v_dict_set(out, r->to, r->change == RELATIVE && v_is(v, V_STR) ? v_str(relative(v_cstr(v))) : v_ref(v));
		what = xasprintf("is now called %s", r->to);
	}
	note(plan, r, what);
	free(what);
}

static void boolean_inside(struct value *out, const struct row *r, const struct value *v, struct value *plan)
{
	const struct value *inner = v_dict_get(v, r->from);
	if (inner == NULL || v_is(inner, V_BOOL))
		return;
	struct value *copy = v_copy(v);
	bool yes = v_truthy(inner) && !v_str_is(inner, "0") && !v_str_is(inner, "no") && !v_str_is(inner, "false");
	v_dict_set(copy, r->from, v_bool(yes));
	v_dict_set(out, r->key, copy);
	note(plan, r, "its entry is true or false now");
}

static const struct row *row_of(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eq(rows[i].key, key))
			return &rows[i];
	return NULL;
}

struct value *settings_migrate(const struct value *file, struct value *plan)
{
	struct value *out = v_dict();
	for (size_t i = 0; i < v_len(file); i++) {
		const struct value *v = v_dict_at(file, i);
		const struct row *r = row_of(v_dict_key(file, i));
		if (r == NULL || (r->change != RENAMED && r->change != RELATIVE && r->change != DROPPED))
			v_dict_set(out, v_dict_key(file, i), v_ref(v));
		if (r == NULL)
			continue;
		switch (r->change) {
		case RENAMED: case RELATIVE:
			move_key(file, out, r, v, plan);
			break;
		case DROPPED:
			note(plan, r, "means nothing any more and is dropped");
			break;
		case REWORDED:
			if (v_str_is(v, r->from)) {
				v_dict_set(out, r->key, v_str(r->to));
				note(plan, r, r->to);
			}
			break;
		case BOOLEAN_INSIDE:
			boolean_inside(out, r, v, plan);
			break;
		}
	}
	return out;
}

char *settings_module_name(const char *name)
{
	/* Before 3.0 the kind of a module was the beginning of its name. */
	static const struct { const char *old, *now; } kinds[] = {
		{ "authn_", "authentication." }, { "authz_", "authorization." }, { "manage_", "managers." },
	};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_starts(name, kinds[i].old))
			return xasprintf("%s%s", kinds[i].now, name + strlen(kinds[i].old));
	return xstrdup(name);
}
