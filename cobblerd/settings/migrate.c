/* SPDX-License-Identifier: GPL-2.0-or-later
 * migrate.c - what the releases of Cobbler since 2.8.5 changed in their settings files. One row for each thing that a release changed;
 * types that changed (0 and 1 for booleans) are the business of the rows of settings_table.c and versions_table.c.
 */
#include <stdlib.h>
#include <string.h>

#include "settings/settings_private.h"
#include "settings/versions.h"

enum change { RENAMED, RELATIVE, ABSOLUTE, DROPPED, REWORDED, BOOLEAN_INSIDE, ADDED };

/* RENAMED: key is now called "to". RELATIVE: the same, and a path below a folder of templates is now relative to it. ABSOLUTE: the same,
 * the path is one of another folder. DROPPED: means nothing any more. REWORDED: the value "from" is now "to". BOOLEAN_INSIDE: the entry
 * "from" of a mapping is a boolean. ADDED: a file that lacks it gets "from", JSON; only where a file is to look like that release's. until:
 * a later release did something else with it. */
static const struct row { enum version since, until; const char *key; enum change change; const char *from, *to; } rows[] = {
	{ V300, V330, "default_kickstart", ABSOLUTE, NULL, "default_autoinstall" },
	{ V330, V_END, "default_autoinstall", RELATIVE, NULL, "autoinstall" },
	{ V330, V_END, "default_kickstart", RELATIVE, NULL, "autoinstall" },
	{ V300, V_END, "snippetsdir", RENAMED, NULL, "autoinstall_snippets_dir" },
	{ V300, V_END, "autoinstall_templates_dir", ADDED, "\"/var/lib/cobbler/templates\"", NULL },
	{ V300, V_END, "boot_loader_conf_template_dir", ADDED, "\"/etc/cobbler/boot_loader_conf\"", NULL },
	{ V300, V_END, "default_name_servers_search", ADDED, "[]", NULL },
	{ V300, V_END, "include", ADDED, "[\"/etc/cobbler/settings.d/*.settings\"]", NULL },
	{ V300, V_END, "nopxe_with_triggers", ADDED, "1", NULL },
	{ V300, V_END, "scm_push_script", ADDED, "\"/bin/true\"", NULL },
	{ V300, V_END, "scm_track_author", ADDED, "\"cobbler <cobbler@localhost>\"", NULL },
	{ V300, V_END, "tftpboot_location", ADDED, "\"/srv/tftpboot\"", NULL },
	{ V300, V_END, "webdir_whitelist", ADDED, "[]", NULL },
	{ V300, V_END, "consoles", DROPPED, NULL, NULL },
	{ V300, V_END, "func_auto_setup", DROPPED, NULL, NULL },
	{ V300, V_END, "func_master", DROPPED, NULL, NULL },
	{ V300, V_END, "kernel_options_s390x", DROPPED, NULL, NULL },
	{ V300, V_END, "pxe_template_dir", DROPPED, NULL, NULL },
	{ V300, V_END, "redhat_management_type", DROPPED, NULL, NULL },
	{ V300, V_END, "template_remote_kickstarts", DROPPED, NULL, NULL },
	{ V300, V_END, "build_reporting_to_address", DROPPED, NULL, NULL },
	{ V300, V_END, "default_deployment_method", DROPPED, NULL, NULL },
	{ V300, V_END, "isc_set_host_name", DROPPED, NULL, NULL },
	{ V300, V_END, "kerberos_realm", DROPPED, NULL, NULL },
	{ V300, V_END, "ldap_management_default_type", DROPPED, NULL, NULL },
	{ V312, V_END, "power_template_dir", DROPPED, NULL, NULL },
	{ V320, V330, "cache_enabled", ADDED, "1", NULL },
	{ V320, V_END, "reposync_rsync_flags", ADDED, "\"-rltDv --copy-unsafe-links\"", NULL },
	{ V321, V_END, "mgmt_parameters", BOOLEAN_INSIDE, "from_cobbler", NULL },
	{ V321, V_END, "manage_tftp", DROPPED, NULL, NULL },
	{ V330, V_END, "enable_gpxe", RENAMED, NULL, "enable_ipxe" },
	{ V330, V_END, "next_server", RENAMED, NULL, "next_server_v4" },
	{ V330, V_END, "power_management_default_type", REWORDED, "ipmitool", "ipmilanplus" },
	{ V330, V_END, "auto_migrate_settings", ADDED, "true", NULL },
	{ V330, V_END, "bind_zonefile_path", ADDED, "\"/var/lib/named\"", NULL },
	{ V330, V_END, "manage_dhcp_v4", ADDED, "false", NULL },
	{ V330, V_END, "manage_dhcp_v6", ADDED, "false", NULL },
	{ V330, V_END, "next_server_v6", ADDED, "\"::1\"", NULL },
	{ V330, V335, "cache_enabled", DROPPED, NULL, NULL },
	{ V331, V_END, "ldap_tls_reqcert", ADDED, "\"hard\"", NULL },
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
		v_list_push(plan, v_strf("%s: %s (since %s)", r->key, what, version_names[r->since]));
}

static struct value *moved_value(const struct row *r, const struct value *v)
{
	if (r->change == RENAMED || !v_is(v, V_STR))
		return v_ref(v);
	const char *name = relative(v_cstr(v));
	return r->change == RELATIVE ? v_str(name) : v_strf("/var/lib/cobbler/autoinstall_templates/%s", name);
}

/* v (borrowed) is called by its present name, unless a file has that as well: the present one is the one in force. */
static void move_key(struct value *file, const struct row *r, const struct value *v, struct value *plan)
{
	char *what;
	if (v_dict_get(file, r->to) != NULL) {
		what = xasprintf("is dropped, because %s is there too", r->to);
	} else {
		v_dict_set(file, r->to, moved_value(r, v));
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

/* One row on a file, which is changed. */
static void migrate_row(struct value *file, const struct row *r, struct value *plan)
{
	if ((v_dict_get(file, r->key) == NULL) != (r->change == ADDED))
		return;
	struct value *v CLEANUP(v_unrefp) = r->change == ADDED ? settings_json(r->from) : v_ref(v_dict_get(file, r->key));
	switch (r->change) {
	case RENAMED: case RELATIVE: case ABSOLUTE:
		move_key(file, r, v, plan);
		v_dict_del(file, r->key);
		break;
	case DROPPED:
		note(plan, r, "means nothing any more and is dropped");
		v_dict_del(file, r->key);
		break;
	case REWORDED:
		if (v_str_is(v, r->from)) {
			v_dict_set(file, r->key, v_str(r->to));
			note(plan, r, r->to);
		}
		break;
	case BOOLEAN_INSIDE:
		boolean_inside(file, r, v, plan);
		break;
	case ADDED:
		v_dict_set(file, r->key, v_ref(v));
		note(plan, r, "is added with its default");
		break;
	}
}

void settings_migrate_step(struct value *file, enum version to, struct value *plan)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].since == to)
			migrate_row(file, &rows[i], plan);
}

struct value *settings_migrate(const struct value *file, struct value *plan)
{
	struct value *out = v_copy(file);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].until == V_END && rows[i].change != ADDED)
			migrate_row(out, &rows[i], plan);
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
