/* SPDX-License-Identifier: GPL-2.0-or-later
 * checks_ref.c - setters that look at other items, the signatures or the file system.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/checks.h"
#include "model/model.h"
#include "model/resolve.h"
#include "model/signatures.h"

#define CHECK(name) int check_##name(const struct item_ctx *ctx UNUSED, struct item *it UNUSED, const struct field *f UNUSED, \
	const struct value *v UNUSED, struct value **ret, struct err *e UNUSED)

static int need_text(const struct field *f, const struct value *v, const char *fallback, struct err *e)
{
	if (v_is(v, V_STR))
		return CB_OK;
	return err_py(e, CB_EINVAL, PY_TYPE, "%s", f->type_error != NULL ? f->type_error : fallback);
}

/* The item that a setter names. found stays NULL when there is no model to ask. CB_ENOENT when it is missing. */
static int find_named(const struct item_ctx *ctx, enum item_type t, const char *name, struct item **found)
{
	*found = NULL;
	if (ctx == NULL || ctx->model == NULL)
		return CB_OK;
	*found = model_get(ctx->model, t, name);
	return *found != NULL ? CB_OK : CB_ENOENT;
}

static void set_depth(struct item *it, const struct item *parent)
{
	if (parent != NULL)
		item_put(it, "depth", v_int(v_int_of(item_get(parent, "depth")) + 1));
}

/* compat: Item.parent - the text says "profile" for every type. */
CHECK(parent)
{
	if (!v_is(v, V_STR))
		return err_py(e, CB_EINVAL, PY_TYPE, "Property \"parent\" must be of type str!");
	if (v_len(v) > 0) {
		struct item *found;
		if (v_str_is(v, item_name(it)))
			return err_set(e, CB_EINVAL, "self parentage is weird");
		if (find_named(ctx, item_type(it), v_cstr(v), &found) != CB_OK)
			return err_set(e, CB_ENOENT, "profile \"%s\" not found, inheritance not possible", v_cstr(v));
		set_depth(it, found);
		item_unref(found);
	}
	*ret = v_ref(v);
	return CB_OK;
}

CHECK(distro)
{
	struct item *found;
	int rc = need_text(f, v, "distro_name needs to be of type str", e);
	if (rc != CB_OK)
		return rc;
	if (v_len(v) > 0) {
		if (is_inherit(v) || find_named(ctx, ITEM_DISTRO, v_cstr(v), &found) != CB_OK)
			return err_py(e, CB_ENOENT, PY_VALUE, "distribution \"%s\" not found", v_cstr(v));
		set_depth(it, found);
		item_unref(found);
	}
	*ret = v_ref(v);
	return CB_OK;
}

/* profile and image of a system exclude each other. */
static int check_base(const struct item_ctx *ctx, struct item *it, enum item_type t, const char *other, const char *missing,
	const struct value *v, struct value **ret, struct err *e)
{
	static const char *const none[] = { "delete", "None", "~", "" };
	struct item *found;
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		if (v_str_is(v, none[i])) {
			*ret = v_str("");
			return CB_OK;
		}
	if (find_named(ctx, t, v_cstr(v), &found) != CB_OK)
		return err_py(e, CB_ENOENT, PY_VALUE, "%s with the name \"%s\" is not existing", missing, v_cstr(v));
	item_put(it, other, v_str(""));
	set_depth(it, found);
	item_unref(found);
	*ret = v_ref(v);
	return CB_OK;
}

CHECK(profile)
{
	int rc = need_text(f, v, "The name of a profile needs to be of type str.", e);
	return rc != CB_OK ? rc : check_base(ctx, it, ITEM_PROFILE, "image", "Profile", v, ret, e);
}

CHECK(image)
{
	int rc = need_text(f, v, "The name of an image must be of type str.", e);
	return rc != CB_OK ? rc : check_base(ctx, it, ITEM_IMAGE, "profile", "Image", v, ret, e);
}

CHECK(menu)
{
	struct item *found = NULL;
	struct strbuf name CLEANUP(sb_free) = { 0 };
	/* compat: Image.menu - whatever is false is none, anything else a name */
	int rc = item_type(it) == ITEM_IMAGE ? CB_OK : need_text(f, v, "Field menu needs to be of type str!", e);
	if (rc != CB_OK)
		return rc;
	if (v_truthy(v))
		v_py_str(&name, v);
	if (name.len > 0 && (!v_is(v, V_STR) || find_named(ctx, ITEM_MENU, v_cstr(v), &found) != CB_OK))
		return err_set(e, CB_ENOENT, "menu %s not found", sb_str(&name));
	item_unref(found);
	*ret = v_is(v, V_STR) ? v_ref(v) : v_str("");
	return CB_OK;
}

CHECK(repos)
{
	struct value *list;
	if (is_inherit(v)) {
		*ret = v_ref(v);
		return CB_OK;
	}
	int rc = input_list(v, &list, e);
	for (size_t i = 0; rc == CB_OK && i < v_len(list); i++) {
		struct item *found;
		const char *name = v_cstr(v_list_at(list, i));
		if (find_named(ctx, ITEM_REPO, name, &found) != CB_OK) {
			rc = err_py(e, CB_ENOENT, PY_VALUE, "repo %s is not defined", name);
			v_unref(list);
		} else {
			item_unref(found);
		}
	}
	if (rc == CB_OK)
		*ret = list;
	return rc;
}

static bool all_in(const struct value *list, const struct value *allowed)
{
	for (size_t i = 0; i < v_len(list); i++)
		if (!v_list_has_str(allowed, v_cstr(v_list_at(list, i))))
			return false;
	return true;
}

/* What the boot loaders of an item may be: those of its signature, or those of its parent. NULL: cannot be told here. */
static struct value *supported_loaders(const struct item_ctx *ctx, const struct item *it)
{
	if (item_type(it) == ITEM_DISTRO || item_type(it) == ITEM_IMAGE)
		return signatures_boot_loaders(item_str(it, "breed"), item_str(it, "os_version"), item_str(it, "arch"));
	if (ctx == NULL || ctx->model == NULL)
		return NULL;
	CLEANUP(item_unrefp) struct item *parent = model_parent(ctx->model, it);
	return parent != NULL ? resolve_field(ctx->model, ctx->settings, parent, "boot_loaders") : v_list();
}

static int loaders_refused(const struct item *it, const struct value *given, const struct value *supported, struct err *e)
{
	struct strbuf g = { 0 }, s = { 0 };
	int rc;
	v_py_str(&g, given);
	if (item_type(it) == ITEM_DISTRO) {
		for (size_t i = 0; i < v_len(supported); i++)
			sb_addf(&s, "%s%s", i > 0 ? " " : "", v_cstr(v_list_at(supported, i)));
		rc = err_py(e, CB_EINVAL, PY_VALUE, "Invalid boot loader names: %s. Supported boot loaders are: %s", sb_str(&g),
			sb_str(&s));
	} else {
		v_py_str(&s, supported);
		if (item_type(it) == ITEM_IMAGE)
			rc = err_py(e, CB_EINVAL, PY_VALUE, "Error with image %s - not all boot_loaders %s are supported %s", item_name(it),
				sb_str(&g), sb_str(&s));
		else
			rc = err_set(e, CB_EINVAL,
				"Error with %s \"%s\" - not all boot_loaders are supported (given: \"%s\"; supported:\"%s\")",
				item_table(item_type(it))->name, item_name(it), sb_str(&g), sb_str(&s));
	}
	sb_free(&g);
	sb_free(&s);
	return rc;
}

CHECK(boot_loaders)
{
	struct value *list;
	if (is_inherit(v)) {
		*ret = v_ref(v);
		return CB_OK;
	}
	if (item_type(it) == ITEM_SYSTEM && !v_is(v, V_STR) && !v_is(v, V_LIST))
		return need_text(f, v, "The bootloaders need to be either a str or list", e);
	if (item_type(it) == ITEM_DISTRO && !v_is(v, V_STR) && !v_is(v, V_LIST))
		return need_text(f, v, "boot_loaders needs to be of type list!", e);
	int rc = input_list(v, &list, e);
	if (rc != CB_OK)
		return rc;
	struct value *supported = v_len(list) > 0 ? supported_loaders(ctx, it) : NULL;
	if (supported != NULL && !all_in(list, supported))
		rc = loaders_refused(it, list, supported, e);
	v_unref(supported);
	if (rc == CB_OK)
		*ret = list;
	else
		v_unref(list);
	return rc;
}

static char path_kind(const struct item_ctx *ctx, const char *path)
{
	return ctx != NULL && ctx->path_kind != NULL ? (char)ctx->path_kind(path) : '?';
}

/* compat: validate_autoinstall_template_file_path */
CHECK(autoinstall)
{
	int rc = need_text(f, v, "Invalid input, autoinstall must be a string", e);
	if (rc != CB_OK)
		return rc;
	rc = check_strip(ctx, it, f, v, ret, e);
	if (rc != CB_OK)
		return rc;
	struct value *s = *ret;
	if (v_len(s) == 0 || is_inherit(s))
		return CB_OK;
	if (strstr(v_cstr(s), "..") != NULL)
		rc = err_py(e, CB_EINVAL, PY_VALUE, "Invalid automatic installation template file location %s, it must not contain ..",
			v_cstr(s));
	char *path = xasprintf("%s/%s", v_dict_cstr(ctx != NULL ? ctx->settings : NULL, "autoinstall_templates_dir",
		"/var/lib/cobbler/templates"), v_cstr(s));
	char kind = rc == CB_OK ? path_kind(ctx, path) : '?';
	if (kind == '0' || kind == 'd')
		rc = err_py(e, CB_ENOENT, "OSError", "Invalid automatic installation template file location %s, file not found", path);
	free(path);
	if (rc != CB_OK)
		v_unref(s);
	return rc;
}

/* Cobbler's pattern for names of kernels, matched from the start of the name. */
static bool kernel_name(const char *name)
{
	static const char *const starts[] = { "vmlinux", "vmlinuz", "kernel", "linux", "pxeboot.n12", "wimboot", "mboot.c32" };
	for (size_t i = 0; i < ARRAY_LEN(starts); i++)
		if (str_starts(name, starts[i]))
			return true;
	const char *dot = strstr(name, ".kernel");
	return dot != NULL && dot > name;
}

static bool is_url(const char *s)
{
	return str_starts(s, "http://") || str_starts(s, "https://") || str_starts(s, "ftp://") || str_starts(s, "tftp://");
}

/* 3.3.7 takes them and writes them into its boot menus, where a line more is another entry, or a command. */
static int of_one_line(const struct field *f, const struct value *v, struct err *e)
{
	for (const char *s = v_cstr(v); *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return err_py(e, CB_EINVAL, PY_VALUE, "%s must not have control characters: no boot menu can name such a file",
				f->name);
	return CB_OK;
}

CHECK(kernel)
{
	int rc = need_text(f, v, "kernel was not of type str", e);
	if (rc == CB_OK)
		rc = of_one_line(f, v, e);
	if (rc != CB_OK)
		return rc;
	const char *s = v_cstr(v), *slash = strrchr(s, '/');
	char kind = path_kind(ctx, s);
	bool ok = kind == '?' || kind == 'd' || is_url(s) || (kind == 'f' && kernel_name(slash != NULL ? slash + 1 : s));
	if (!ok)
		return err_py(e, CB_EINVAL, PY_VALUE, "kernel not found or it does not match with allowed kernel filename pattern "
			"[(vmlinu[xz]|(kernel|linux(\\.img)?)|pxeboot\\.n12|wimboot|mboot\\.c32|.+\\.kernel)]: %s.", s);
	*ret = v_ref(v);
	return CB_OK;
}

CHECK(initrd)
{
	int rc = need_text(f, v, "initrd must be of type str", e);
	if (rc == CB_OK)
		rc = of_one_line(f, v, e);
	if (rc != CB_OK)
		return rc;
	if (v_len(v) == 0)
		return err_py(e, CB_EINVAL, PY_VALUE, "initrd not specified");
	if (path_kind(ctx, v_cstr(v)) == '0' && !is_url(v_cstr(v)))
		return err_py(e, CB_EINVAL, PY_VALUE, "initrd not found");
	*ret = v_ref(v);
	return CB_OK;
}

/* Labels of letters, digits and hyphens, or of nothing. compat: validate.RE_URL */
static bool is_host(const char *s, size_t n)
{
	size_t label = 0;
	for (size_t i = 0; i < n; i++) {
		label = s[i] == '.' ? 0 : label + 1;
		if (label > 63 || (!isalnum((unsigned char)s[i]) && s[i] != '-' && s[i] != '.'))
			return false;
	}
	return true;
}

/* "http://address/path" as GRUB writes it: "(http,address)/path"; *ret owned. compat: grub.parse_grub_remote_file - a name is refused, as
 * 3.3.7 would not start with it in its store; "@@http_server@@" and its like are filled in later. */
static int grub_form(const char *what, const char *url, char **ret, struct err *e)
{
	const char *scheme = str_starts(url, "http://") ? "http" : str_starts(url, "tftp://") ? "tftp" : NULL;
	const char *host = scheme != NULL ? url + 7 : url, *slash = strchr(host, '/');
	char *server CLEANUP(free_ptr) = slash != NULL ? xstrndup(host, (size_t)(slash - host)) : xstrdup(host);
	bool later = str_starts(server, "@@") && str_ends(server, "server@@"), address = ipv4_valid(server) || ipv6_valid(server);
	if (scheme == NULL || (!later && !address && !is_host(server, strlen(server))))
		return err_py(e, CB_EINVAL, PY_VALUE, "remote_boot_%s needs to be a valid URL starting with tftp or http!", what);
	if (!later && !address)
		return err_py(e, CB_EINVAL, PY_VALUE, "Invalid remote file format %s\n%s is not a valid IP address", url, server);
	*ret = xasprintf("(%s,%s)%s", scheme, server, slash != NULL ? slash : "/");
	return CB_OK;
}

/* remote_boot_kernel and remote_boot_initrd, which set their remote_grub_ counterparts. */
CHECK(remote_file)
{
	const char *what = str_ends(f->name, "kernel") ? "kernel" : "initrd";
	char grub_field[32], *grub = NULL;
	int rc = need_text(f, v, "the field needs to be of type str!", e);
	if (rc == CB_OK)
		rc = of_one_line(f, v, e);
	if (rc == CB_OK && v_len(v) > 0)
		rc = grub_form(what, v_cstr(v), &grub, e);
	if (rc != CB_OK)
		return rc;
	snprintf(grub_field, sizeof(grub_field), "remote_grub_%s", what);
	item_put(it, grub_field, v_str(grub != NULL ? grub : ""));
	free(grub);
	*ret = v_ref(v);
	return CB_OK;
}

CHECK(breed)
{
	int rc = need_text(f, v, "breed must be of type str", e);
	return rc != CB_OK ? rc : signatures_check_breed(v_cstr(v), ret, e);
}

CHECK(os_version)
{
	int rc = need_text(f, v, "os_version needs to be of type str", e);
	return rc != CB_OK ? rc : signatures_check_os_version(v_cstr(v), item_str(it, "breed"), ret, e);
}

/* compat: a top-level profile has nothing to inherit the file name from; a system does, and "" means inherit. */
CHECK(filename)
{
	int rc = need_text(f, v, "filename needs to be of type str!", e);
	if (rc != CB_OK)
		return rc;
	bool has_parent = item_type(it) == ITEM_SYSTEM || *item_str(it, "parent") != '\0';
	if (v_len(v) == 0)
		*ret = v_str(has_parent ? INHERIT : "");
	else if (is_inherit(v) && !has_parent)
		*ret = v_str("");
	else if (item_type(it) == ITEM_SYSTEM)
		return check_strip(ctx, it, f, v, ret, e);
	else
		*ret = v_ref(v);
	return CB_OK;
}

CHECK(server)
{
	int rc = need_text(f, v, "server needs to be of type str!", e);
	if (rc == CB_OK)
		*ret = v_len(v) == 0 ? v_str(INHERIT) : v_ref(v);
	return rc;
}

/* Whole interfaces: dict name -> dict of fields; unknown fields are dropped, as Cobbler does. compat: System.interfaces - those that are
 * not named stay, but {} takes all away. */
CHECK(interfaces)
{
	if (!v_is(v, V_DICT))
		return need_text(f, v_none(), "interfaces must be of type dict", e);
	for (size_t i = 0; i < v_len(v); i++)
		if (!v_is(v_dict_at(v, i), V_DICT))
			return err_py(e, CB_EINVAL, PY_VALUE,
				"The values of the interfaces must be fully of type dict (one level with values) or NetworkInterface "
				"objects");
	CLEANUP(item_unrefp) struct item *work = item_edit(it);
	struct value *others = v_len(v) > 0 ? v_copy(item_interfaces(it)) : v_dict();
	for (size_t i = 0; i < v_len(v); i++)
		v_dict_del(others, v_dict_key(v, i));
	item_put(work, "interfaces", others);
	for (size_t i = 0; i < v_len(v); i++) {
		const struct value *fields = v_dict_at(v, i);
		int rc = item_set_interface_in(ctx, work, v_dict_key(v, i), NULL, NULL, e);
		for (size_t k = 0; rc == CB_OK && k < v_len(fields); k++) {
			if (field_index(&network_interface_table, v_dict_key(fields, k)) < 0)
				continue;
			rc = item_set_interface_in(ctx, work, v_dict_key(v, i), v_dict_key(fields, k), v_dict_at(fields, k), e);
		}
		if (rc != CB_OK)
			return rc;
	}
	*ret = v_ref(item_interfaces(work));
	return CB_OK;
}
