/* SPDX-License-Identifier: GPL-2.0-or-later
 * check_model.c - is an item complete, and does it fit what is published?
 */
#include "model/checks.h"
#include "model/model.h"

/* Cobbler's check_if_valid. */
static int check_complete(const struct item *it, struct err *e)
{
	const char *name = item_name(it);
	if (*name == '\0')
		return err_set(e, CB_EINVAL, "Name is required");
	switch (item_type(it)) {
	case ITEM_DISTRO:
		if (*item_str(it, "kernel") == '\0')
			return err_py(e, CB_EINVAL, "FileNotFoundError",
				"No kernel found at \"\", tried to copy to: \"/var/www/cobbler/images/%s\"", name);
		break;
	case ITEM_PROFILE:
		if (*item_str(it, "distro") == '\0' && *item_str(it, "parent") == '\0')
			return err_set(e, CB_EINVAL, "Error with profile %s - distro is required", name);
		break;
	case ITEM_SYSTEM:
		if (*item_str(it, "profile") == '\0' && *item_str(it, "image") == '\0')
			return err_set(e, CB_EINVAL, "Error with system %s - profile or image is required", name);
		break;
	case ITEM_FILE:
		for (size_t i = 0; i < 4; i++) {
			static const char *const needed[] = { "path", "owner", "group", "mode" };
			if (*item_str(it, needed[i]) == '\0')
				return err_set(e, CB_EINVAL, "%s is required", needed[i]);
		}
		if (!item_bool(it, "is_dir") && *item_str(it, "template") == '\0')
			return err_set(e, CB_EINVAL, "Template is required when not a directory");
		break;
	default:
		break;
	}
	return CB_OK;
}

static int check_references(struct model *m, const struct item *it, struct err *e)
{
	enum item_type t;
	const char *parent = item_parent(it, &t);
	if (*parent == '\0')
		return CB_OK;
	CLEANUP(item_unrefp) struct item *at = model_get(m, t, parent);
	if (at == NULL)
		return err_set(e, CB_ENOENT, "%s \"%s\" refers to the %s \"%s\", which does not exist", item_table(item_type(it))->name,
			item_name(it), item_table(t)->name, parent);
	/* Up the chain: the item itself must not come again. */
	for (int depth = 0; at != NULL; depth++) {
		if (str_eq(item_uid(at), item_uid(it)) || depth > 64)
			return err_set(e, CB_EINVAL, "%s \"%s\" would be its own ancestor", item_table(item_type(it))->name, item_name(it));
		struct item *up = model_parent(m, at);
		item_unref(at);
		at = up;
	}
	return CB_OK;
}

/* Addresses and names of the interfaces must be free, within the system and elsewhere. */
static int check_interfaces_free(struct model *m, const struct value *settings, const struct item *it, const struct item *old,
	struct err *e)
{
	static const struct {
		const char *field, *setting, *what;
		struct item *(*find)(struct model *, const char *, const char **);
	} unique[] = {
		{ "mac_address", "allow_duplicate_macs", "MAC address", model_system_by_mac },
		{ "ip_address", "allow_duplicate_ips", "IP address", model_system_by_ip },
		{ "ipv6_address", "allow_duplicate_ips", "IPv6 address", model_system_by_ip },
		{ "dns_name", "allow_duplicate_hostnames", "DNS name", model_system_by_dns_name },
	};
	const struct value *all = item_interfaces(it);
	for (size_t i = 0; i < v_len(all); i++) {
		for (size_t u = 0; u < ARRAY_LEN(unique); u++) {
			const char *text = v_dict_cstr(v_dict_at(all, i), unique[u].field, "");
			if (*text == '\0' || v_dict_bool(settings, unique[u].setting, false))
				continue;
			const char *iface = NULL;
			CLEANUP(item_unrefp) struct item *other = unique[u].find(m, text, &iface);
			bool same = other == NULL || iface == NULL || (old != NULL && str_eq(item_uid(other), item_uid(old))) ||
				str_eq(item_uid(other), item_uid(it));
			if (!same)
				return err_py(e, CB_EEXIST, PY_VALUE,
					"%s duplicate found \"%s\". Object with the conflict has the name \"%s\"",
					unique[u].what, text, item_name(other));
		}
	}
	return CB_OK;
}

int model_check(struct model *m, const struct value *settings, const struct item *it, const struct item *old, struct err *e)
{
	int rc = check_complete(it, e);
	if (rc == CB_OK)
		rc = check_references(m, it, e);
	if (rc != CB_OK)
		return rc;
	CLEANUP(item_unrefp) struct item *named = model_get(m, item_type(it), item_name(it));
	if (named != NULL && (old == NULL || !str_eq(item_uid(named), item_uid(old))))
		return err_set(e, CB_EEXIST, "An object already exists with that name. Try 'edit'?");
	return item_type(it) == ITEM_SYSTEM ? check_interfaces_free(m, settings, it, old, e) : CB_OK;
}
