/* SPDX-License-Identifier: GPL-2.0-or-later
 * old_items.c - stored items of Cobbler 2.x and 3.0 to 3.2 in the words of 3.3.7. Names that were only changed are aliases of fields.c;
 * here is what needs more than another name.
 */
#include <string.h>

#include "model/checks.h"
#include "model/model_private.h"
#include "model/signatures.h"

/* Fields whose service is gone; 3.3.7 does not start with them. */
static const char *const dropped[] = {
	"ldap_enabled", "ldap_type", "monit_enabled", "redhat_management_server", "template_remote_kickstarts",
};

static const char *const template_dirs[] = {
	"/var/lib/cobbler/kickstarts/", "/var/lib/cobbler/autoinstall_templates/", "/var/lib/cobbler/templates/",
};

/* old: only in files that are older than 3.3 (no next_server_v4). */
static const struct { const char *field, *from, *to; bool old; } reworded[] = {
	{ "arch", "x86", "i386", false },
	{ "interface_type", "master", "bond", false },
	{ "interface_type", "slave", "bond_slave", false },
	{ "boot_loaders", "", INHERIT, false },
	{ "boot_loaders", "pxelinux", "pxe", false },
	{ "boot_loaders", "yaboot", "grub", false },
	{ "power_type", "ipmitool", "ipmilanplus", true },
};

/* 3.0 to 3.2 wrote the fields of an interface, empty, into the system itself as well. */
static bool is_dropped(enum item_type type, const char *key)
{
	if (type == ITEM_SYSTEM && field_index(&system_table, key) < 0 && field_index(&network_interface_table, key) >= 0)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(dropped); i++)
		if (str_eq(dropped[i], key))
			return true;
	return false;
}

/* The path of an answer-file template below the folder of templates. */
static struct value *relative(const struct value *v)
{
	for (size_t i = 0; i < ARRAY_LEN(template_dirs); i++)
		if (str_starts(v_cstr(v), template_dirs[i]))
			return v_str(v_cstr(v) + strlen(template_dirs[i]));
	return v_ref(v);
}

static struct value *reword(const char *field, const struct value *v, bool old)
{
	for (size_t i = 0; i < ARRAY_LEN(reworded); i++)
		if (str_eq(reworded[i].field, field) && v_str_is(v, reworded[i].from) && (old || !reworded[i].old))
			return v_str(reworded[i].to);
	return str_eq(field, "autoinstall") && v_is(v, V_STR) ? relative(v) : v_ref(v);
}

/* What a key of 2.x means now, when it has a row of its own that only answers. */
static const char *stored_name(const char *key)
{
	return str_eq(key, "kickstart") ? "autoinstall" : str_eq(key, "ks_meta") ? "autoinstall_meta" : key;
}

/* The present name of the field that a key means, or the key. */
static const char *present_name(const struct item_table *t, const char *key)
{
	int row = field_index(t, stored_name(key));
	return row >= 0 ? t->rows[row].name : key;
}

static struct value *modernise_interface(const struct value *stored)
{
	struct value *out = v_dict();
	for (size_t i = 0; i < v_len(stored); i++) {
		const char *key = v_dict_key(stored, i), *now = present_name(&network_interface_table, key);
		if (str_eq(key, now) || v_dict_get(stored, now) == NULL)
			v_dict_set(out, now, reword(now, v_dict_at(stored, i), false));
	}
	return out;
}

static struct value *modernise_interfaces(const struct value *all)
{
	if (!v_is(all, V_DICT))
		return v_ref(all);
	struct value *out = v_dict();
	for (size_t i = 0; i < v_len(all); i++) {
		const struct value *one = v_dict_at(all, i);
		v_dict_set(out, v_dict_key(all, i), v_is(one, V_DICT) ? modernise_interface(one) : v_ref(one));
	}
	return out;
}

/* compat: a sub-profile inherits its distro; systems have no parents of their own type. */
static void clear_inherited(enum item_type type, struct value *d)
{
	const char *parent = v_dict_cstr(d, "parent", "");
	if (type == ITEM_PROFILE && v_str_is(v_dict_get(d, "distro"), INHERIT))
		v_dict_set(d, "distro", v_str(""));
	if (type == ITEM_SYSTEM && *parent != '\0' &&
		(v_str_is(v_dict_get(d, "profile"), parent) || v_str_is(v_dict_get(d, "image"), parent)))
		v_dict_set(d, "parent", v_str(""));
}

/* A loader that releases before 3.3 took for any architecture: one that cannot start it now is as good as none that was chosen. */
static void drop_foreign_loader(const struct value *stored, struct value *d)
{
	const struct value *loader = v_dict_get(d, "boot_loaders");
	if (v_dict_get(stored, "boot_loader") == NULL || !v_is(loader, V_STR) || is_inherit(loader))
		return;
	struct value *can = signatures_boot_loaders(v_dict_cstr(d, "breed", ""), v_dict_cstr(d, "os_version", ""),
		v_dict_cstr(d, "arch", ""));
	if (!v_list_has_str(can, v_cstr(loader)))
		v_dict_set(d, "boot_loaders", v_str(INHERIT));
	v_unref(can);
}

/* next_server was one field for both families. */
static void split_next_server(struct value *d, const struct value *v)
{
	if (is_inherit(v) || !ipv6_valid(v_cstr(v)))
		v_dict_set(d, "next_server_v4", v_ref(v));
	if (is_inherit(v) || ipv6_valid(v_cstr(v)))
		v_dict_set(d, "next_server_v6", v_ref(v));
}

/* Most files are of 3.3, and start-up time is loading them: what has both next_server fields and no trace of before
 * needs no second look. */
static bool is_present(enum item_type type, const struct value *d)
{
	static const char *const traces[] = { "next_server", "kickstart", "ks_meta" };
	if ((type != ITEM_PROFILE && type != ITEM_SYSTEM) || v_dict_get(d, "next_server_v4") == NULL ||
		v_dict_get(d, "next_server_v6") == NULL)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(traces); i++)
		if (v_dict_get(d, traces[i]) != NULL)
			return false;
	return type == ITEM_PROFILE ? !v_str_is(v_dict_get(d, "distro"), INHERIT) : v_str_is(v_dict_get(d, "parent"), "");
}

struct value *old_value(const char *asked, const char *now, const struct value *v)
{
	return str_eq(asked, now) ? v_ref(v) : reword(now, v, false);
}

struct value *item_modernise(enum item_type type, const struct value *dict)
{
	if (is_present(type, dict))
		return v_ref(dict);
	const struct item_table *t = item_table(type);
	struct value *out = v_dict();
	bool old = v_dict_get(dict, "next_server_v4") == NULL;
	for (size_t i = 0; i < v_len(dict); i++) {
		const char *key = v_dict_key(dict, i), *now = present_name(t, key);
		const struct value *v = v_dict_at(dict, i);
		if (is_dropped(type, key) || (!str_eq(key, now) && v_dict_get(dict, now) != NULL))
			continue;
		if (str_eq(key, "next_server") && field_index(t, "next_server_v6") >= 0)
			split_next_server(out, v);
		else if (str_eq(key, "interfaces") && type == ITEM_SYSTEM)
			v_dict_set(out, key, modernise_interfaces(v));
		else
			v_dict_set(out, now, reword(now, v, old));
	}
	clear_inherited(type, out);
	if (type == ITEM_DISTRO || type == ITEM_IMAGE)
		drop_foreign_loader(dict, out);
	if (v_equal(out, dict)) {
		v_unref(out);
		return v_ref(dict);
	}
	return out;
}
