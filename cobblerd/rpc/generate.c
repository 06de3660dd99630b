/* SPDX-License-Identifier: GPL-2.0-or-later
 * generate.c - what booting machines get, asked for by XML-RPC: answer files, iPXE scripts, boot.cfg, scripts, repository
 * configuration; and blended data.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "boot/boot.h"
#include "model/signatures.h"
#include "rpc/internal.h"
#include "value/json.h"

static const char render_failed[] =
	"# This automatic OS installation file had errors that prevented it from being rendered correctly.\n"
	"# The cobbler.log should have information relating to this failure.";

/* Cobbler's answer for what is not there is text, not a fault. */
static int text_or_missing(int rc, struct strbuf *b, struct value **ret)
{
	if (rc == CB_OK || (rc == CB_ENOENT && b->len > 0))
		*ret = v_strn(sb_str(b), b->len);
	sb_free(b);
	return *ret != NULL ? CB_OK : rc;
}

static int answer_file(struct call *c, enum item_type type, const struct value *name, struct value **ret)
{
	struct strbuf b = { 0 };
	struct err why;
	int rc = boot_autoinstall(c->core, type, v_cstr(name), &b, &why);
	if (text_or_missing(rc, &b, ret) != CB_OK) {
		log_error("rpc", "answer file of %s \"%s\": %s", item_table(type)->name, v_cstr(name), why.text);
		*ret = v_str(render_failed);
	}
	return CB_OK;
}

/* profile, system, REMOTE_ADDR, REMOTE_MAC. compat: with neither, None. */
int rpc_generate_autoinstall(struct call *c, struct value **ret, struct err *e UNUSED)
{
	/* "" names no system: clients send it beside a profile, and Cobbler has an error for them */
	if (!arg_is_none(c, 1) && (!v_is(c->arg[1], V_STR) || *v_cstr(c->arg[1]) != '\0' || arg_is_none(c, 0)))
		return answer_file(c, ITEM_SYSTEM, c->arg[1], ret);
	if (!arg_is_none(c, 0))
		return answer_file(c, ITEM_PROFILE, c->arg[0], ret);
	return CB_OK;
}

/* generate_profile_autoinstall(profile), generate_system_autoinstall(system) */
int rpc_generate_one(struct call *c, struct value **ret, struct err *e UNUSED)
{
	if (arg_is_none(c, 0))
		return CB_OK;
	return answer_file(c, strstr(c->entry->name, "system") != NULL ? ITEM_SYSTEM : ITEM_PROFILE, c->arg[0], ret);
}

typedef int boot_fn(struct core *c, enum item_type type, const char *name, struct strbuf *out, struct err *e);

static int ask_boot(struct call *c, boot_fn *fn, enum item_type type, const struct value *name, struct value **ret, struct err *e)
{
	struct strbuf b = { 0 };
	return text_or_missing(fn(c->core, type, v_cstr(name), &b, e), &b, ret);
}

/* profile, image, system */
int rpc_generate_ipxe(struct call *c, struct value **ret, struct err *e)
{
	static const enum item_type types[] = { ITEM_PROFILE, ITEM_IMAGE, ITEM_SYSTEM };
	static const size_t order[] = { 2, 0, 1 };
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		if (!arg_is_none(c, order[i]) && v_len(c->arg[order[i]]) > 0)
			return ask_boot(c, boot_ipxe, types[order[i]], c->arg[order[i]], ret, e);
	return ask_boot(c, boot_ipxe, ITEM_PROFILE, NULL, ret, e);
}

/* profile, system */
int rpc_generate_bootcfg(struct call *c, struct value **ret, struct err *e)
{
	bool system = !arg_is_none(c, 1) && v_len(c->arg[1]) > 0;
	if (!system && (arg_is_none(c, 0) || v_len(c->arg[0]) == 0)) {
		*ret = v_str("");
		return CB_OK;
	}
	return ask_boot(c, boot_bootcfg, system ? ITEM_SYSTEM : ITEM_PROFILE, c->arg[system ? 1 : 0], ret, e);
}

static bool script_name_ok(const char *s)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	return s != NULL && *s != '\0' && strspn(s, ok) == strlen(s) && strcmp(s, ".") != 0 && strcmp(s, "..") != 0;
}

/* profile, system, name */
int rpc_generate_script(struct call *c, struct value **ret, struct err *e)
{
	struct strbuf b = { 0 };
	const char *script = arg_str(c, 2);
	bool system = v_truthy(c->arg[1]);            /* it wins over a profile */
	if (!script_name_ok(script))
		return err_py(e, CB_EINVAL, PY_VALUE, "\"name\" handed to generate_script was not valid!");
	const struct value *name = c->arg[system ? 1 : 0];
	return text_or_missing(boot_script(c->core, system ? ITEM_SYSTEM : ITEM_PROFILE, v_cstr(name), script, &b, e), &b, ret);
}

static enum item_type type_of_method(const struct call *c)
{
	return str_ends(c->entry->name, "_system") ? ITEM_SYSTEM : ITEM_PROFILE;
}

/* compat: the answer where the first argument names nothing that is there; *ret stays NULL where it does. */
static int missing(struct call *c, enum item_type type, struct value **ret, struct err *e)
{
	struct strbuf text CLEANUP(sb_free) = { 0 };
	CLEANUP(item_unrefp) struct item *it = arg_str(c, 0) == NULL ? NULL : model_get(c->core->model, type, arg_str(c, 0));
	int rc = need_name(c, 0, e);
	if (rc != CB_OK || it != NULL)
		return rc;
	v_py_str(&text, c->arg[0]);
	*ret = v_strf("# object not found: %s", sb_str(&text));
	return CB_OK;
}

int rpc_repo_config(struct call *c, struct value **ret, struct err *e)
{
	enum item_type type = type_of_method(c);
	int rc = missing(c, type, ret, e);
	return rc != CB_OK || *ret != NULL ? rc : ask_boot(c, boot_repo_config, type, c->arg[0], ret, e);
}

/* name, path */
int rpc_template_file(struct call *c, struct value **ret, struct err *e)
{
	struct strbuf b = { 0 };
	enum item_type type = type_of_method(c);
	int rc = missing(c, type, ret, e);
	if (rc != CB_OK || *ret != NULL)
		return rc;
	return text_or_missing(boot_template_file(c->core, type, arg_str(c, 0), arg_str(c, 1) == NULL ? "" : arg_str(c, 1), &b, e),
		&b, ret);
}

/* Does the item, or one that it inherits from, show this derived field? */
static bool shows(struct model *m, const struct item *it, const char *field)
{
	bool found = false;
	struct item *at = item_ref(it);
	while (at != NULL && !found) {
		found = !item_is_saved(at) && field_index(item_table(item_type(at)), field) >= 0;
		struct item *up = model_parent(m, at);
		item_unref(at);
		at = up;
	}
	item_unref(at);
	return found;
}

/* compat: derived fields are there as far as raw answers have them. */
static struct value *blend(struct call *c, const struct item *it)
{
	static const char *const derived[] = { "kickstart", "ks_meta", "remote_grub_kernel", "remote_grub_initrd" };
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->core->settings);
	struct value *d = resolve_blend(c->core->model, settings, it, true);
	const char *hidden[ARRAY_LEN(derived)];
	size_t n = 0;
	for (size_t i = 0; i < ARRAY_LEN(derived); i++)
		if (!shows(c->core->model, it, derived[i]))
			hidden[n++] = derived[i];
	v_dict_del_all(d, hidden, n);
	return d;
}

/* profile, system */
int rpc_blended_data(struct call *c, struct value **ret, struct err *e)
{
	static const enum item_type types[] = { ITEM_PROFILE, ITEM_SYSTEM };
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (arg_is_none(c, i) || v_len(c->arg[i]) == 0)
			continue;
		CLEANUP(item_unrefp) struct item *it = model_get(c->core->model, types[i], v_cstr(c->arg[i]));
		if (it == NULL)
			return err_set(e, CB_ENOENT, "%s not found: %s", item_table(types[i])->name, v_cstr(c->arg[i]));
		*ret = secrets_hidden(c, it, blend(c, it));
		return CB_OK;
	}
	return err_set(e, CB_EINVAL, "internal error, no system or profile specified");
}

/* The name under which the system asks for its pxelinux configuration; NULL when it cannot ask. Owned. */
static char *pxelinux_path(const struct item *it)
{
	const struct value *all = item_interfaces(it);
	if (str_eq(item_name(it), "default"))
		return xstrdup("pxelinux.cfg/default");
	for (size_t i = 0; i < v_len(all); i++) {
		const char *mac = v_dict_cstr(v_dict_at(all, i), "mac_address", ""), *ip = v_dict_cstr(v_dict_at(all, i), "ip_address", "");
		unsigned char a[4];
		if (*mac == '\0' && inet_pton(AF_INET, ip, a) == 1)
			return xasprintf("pxelinux.cfg/%02X%02X%02X%02X", a[0], a[1], a[2], a[3]);
		if (*mac == '\0')
			continue;
		char *path = xasprintf("pxelinux.cfg/01-%s", mac);
		for (char *s = path; *s != '\0'; s++)
			if (*s == ':')
				*s = '-';
		return path;
	}
	return NULL;
}

/* What the system itself would get by TFTP, as koan looks for it; its classes whole. */
static void add_system_extras(struct call *c, const struct item *it, struct value *d)
{
	struct value *classes = v_dict(), *wanted = v_ref(v_dict_get(d, "mgmt_classes"));
	for (size_t i = 0; v_is(wanted, V_LIST) && i < v_len(wanted); i++) {
		CLEANUP(item_unrefp) struct item *m = model_get(c->core->model, ITEM_MGMTCLASS, v_cstr(v_list_at(wanted, i)));
		if (m != NULL)
			v_dict_set(classes, item_name(m), item_answer(c, m, false, false));
	}
	v_unref(wanted);
	v_dict_set(d, "mgmt_classes", classes);
	char *path CLEANUP(free_ptr) = pxelinux_path(it);
	struct boot_client who = { "", "" };
	struct boot_file f = { 0 };
	struct err why;
	if (path == NULL)
		return;
	/* compat: nothing without pxelinux among the boot loaders, where a machine would get the menu */
	bool found = v_list_has_str(v_dict_get(d, "boot_loaders"), "pxe") && boot_tftp(c->core, path, &who, &f, &why) == CB_OK &&
		f.kind == BOOT_BYTES;
	v_dict_set(d, "pxelinux.cfg", found ? v_strn(sb_str(&f.bytes), f.bytes.len) : v_none());
	boot_file_free(&f);
}

/* koan takes the profile's bridge for an interface with "", and would give a guest a bridge named "<<inherit>>", as 3.3.7 says. */
static void plain_bridges(struct value *d)
{
	const struct value *faces = v_dict_get(d, "interfaces");
	struct value *all = v_is(faces, V_DICT) ? v_copy(faces) : NULL;
	for (size_t i = 0; i < v_len(faces) && all != NULL; i++) {
		if (!v_str_is(v_dict_get(v_dict_at(faces, i), "virt_bridge"), "<<inherit>>"))
			continue;
		struct value *one = v_copy(v_dict_at(faces, i));
		v_dict_set(one, "virt_bridge", v_str(""));
		v_dict_set(all, v_dict_key(faces, i), one);
	}
	if (all != NULL)
		v_dict_set(d, "interfaces", all);
}

static struct value *rendered(struct call *c, const struct item *it)
{
	struct value *d = blend(c, it);
	if (item_type(it) == ITEM_SYSTEM) {
		plain_bridges(d);
		add_system_extras(c, it, d);
	}
	return secrets_hidden(c, it, d);
}

/* name, token. Missing: {}
 * compat: koan finds out by the name of 2.x that there is an answer file. 3.3.7 has that name in its answers only until the item is
 * saved for the first time after its start; koan, which asks without a token, can rely on it here, and so can clients of 2.x. */
int rpc_as_rendered(struct call *c, struct value **ret, struct err *e)
{
	if (need_name(c, 0, e) != CB_OK)
		return CB_EINVAL;
	CLEANUP(item_unrefp) struct item *it = arg_str(c, 0) == NULL ? NULL : model_get(c->core->model, c->type, arg_str(c, 0));
	if (it == NULL) {
		*ret = v_dict();
		return CB_OK;
	}
	*ret = rendered(c, it);
	bool koan = (c->entry->m->flags & M_EXTRA) || !call_has_user(c);
	if (koan && field_index(item_table(c->type), "kickstart") >= 0)
		v_dict_set(*ret, "kickstart", v_ref(v_dict_get(*ret, "autoinstall")));
	return CB_OK;
}

int rpc_find_system_by_dns_name(struct call *c, struct value **ret, struct err *e UNUSED)
{
	const char *iface;
	CLEANUP(item_unrefp) struct item *it = arg_str(c, 0) == NULL ? NULL :
		model_system_by_dns_name(c->core->model, arg_str(c, 0), &iface);
	if (it == NULL) {
		*ret = v_dict();
		return CB_OK;
	}
	*ret = rendered(c, it);
	return CB_OK;
}

/* item_uuid, formatted_output, remove_dicts. 3.3.7 answers nothing here; we answer what it meant to. */
int rpc_dump_vars(struct call *c, struct value **ret, struct err *e)
{
	CLEANUP(item_unrefp) struct item *it = arg_str(c, 0) == NULL ? NULL : model_by_uid(c->core->model, arg_str(c, 0));
	struct strbuf b CLEANUP(sb_free) = { 0 };
	if (it == NULL)
		return err_py(e, CB_ENOENT, PY_VALUE, "Item with uuid \"%s\" does not exist!", v_cstr(c->arg[0]));
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->core->settings);
	struct value *d = secrets_hidden(c, it, resolve_blend(c->core->model, settings, it, v_truthy(c->arg[2])));
	if (!v_truthy(c->arg[1])) {
		*ret = d;
		return CB_OK;
	}
	for (size_t i = 0; i < v_len(d); i++) {
		sb_addf(&b, "%s%s : ", i > 0 ? "\n" : "", v_dict_key(d, i));
		v_py_str(&b, v_dict_at(d, i));
	}
	v_unref(d);
	*ret = v_strn(sb_str(&b), b.len);
	return CB_OK;
}

static struct value *supported(const struct item *it)
{
	return signatures_boot_loaders(item_str(it, "breed"), item_str(it, "os_version"), item_str(it, "arch"));
}

/* name, token: the boot loaders that an item of this kind can choose from. compat: None names no item: all loaders. */
int rpc_boot_loaders(struct call *c, struct value **ret, struct err *e)
{
	static const struct { const char *method; enum item_type type; } kinds[] = {
		{ "get_valid_distro_boot_loaders", ITEM_DISTRO }, { "get_valid_image_boot_loaders", ITEM_IMAGE },
		{ "get_valid_profile_boot_loaders", ITEM_PROFILE }, { "get_valid_system_boot_loaders", ITEM_SYSTEM },
	};
	static const char *const all[] = { "grub", "pxe", "ipxe" };
	struct model *m = c->core->model;
	enum item_type type = ITEM_DISTRO;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_eq(kinds[i].method, c->entry->name))
			type = kinds[i].type;
	if (arg_is_none(c, 0)) {
		*ret = v_list();
		for (size_t i = 0; i < ARRAY_LEN(all); i++)
			v_list_push(*ret, v_str(all[i]));
		return CB_OK;
	}
	int rc = missing(c, type, ret, e);
	if (rc != CB_OK || *ret != NULL)
		return rc;
	CLEANUP(item_unrefp) struct item *it = model_get(m, type, arg_str(c, 0));
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->core->settings);
	if (it != NULL && type == ITEM_SYSTEM) {
		struct item *parent = model_parent(m, it);
		/* compat: what the profile has chosen */
		if (parent != NULL && item_type(parent) == ITEM_PROFILE)
			*ret = resolve_field(m, settings, parent, "boot_loaders");
		else if (parent != NULL)
			*ret = supported(parent);
		item_unref(parent);
	} else if (it != NULL) {
		CLEANUP(item_unrefp) struct item *distro = type == ITEM_PROFILE ? resolve_distro(m, it) : item_ref(it);
		if (distro != NULL)
			*ret = supported(distro);
	}
	if (*ret == NULL)
		*ret = v_list();
	return CB_OK;
}

/* "$name" and "${name}" replaced by the host's variables, as Python's string.Template. Appends. */
static int substitute(struct strbuf *out, const char *text, const struct value *vars, struct err *e)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	for (const char *s = text; *s != '\0'; ) {
		size_t plain = strcspn(s, "$"), n;
		sb_add(out, s, plain);
		s += plain;
		if (*s == '\0')
			break;
		if (s[1] == '$') {
			sb_addc(out, '$');
			s += 2;
			continue;
		}
		bool braces = s[1] == '{';
		s += braces ? 2 : 1;
		n = strspn(s, word);
		char *name CLEANUP(free_ptr) = xstrndup(s, n);
		const struct value *v = v_dict_get(vars, name);
		if (n == 0 || (braces && s[n] != '}'))
			return err_py(e, CB_EPARSE, PY_VALUE, "Invalid placeholder in string: \"%.100s\"", text);
		if (v == NULL)
			return err_py(e, CB_ENOENT, PY_KEY, "%s", name);
		v_py_str(out, v);
		s += n + braces;
	}
	return CB_OK;
}

static int put_substituted(struct value *d, const char *key, const struct item *it, const struct value *vars, struct err *e)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	int rc = substitute(&b, item_str(it, key), vars, e);
	if (rc == CB_OK)
		v_dict_set(d, key, v_strn(sb_str(&b), b.len));
	return rc;
}

static int package_data(const struct item *it, const struct value *vars, struct value *d, struct err *e)
{
	int rc = put_substituted(d, "action", it, vars, e);
	v_dict_set(d, "installer", v_str(item_str(it, "installer")));
	if (rc == CB_OK)
		rc = put_substituted(d, "version", it, vars, e);
	const char *version = v_dict_cstr(d, "version", "");
	v_dict_set(d, "install_name", *version != '\0' ? v_strf("%s-%s", item_name(it), version) : v_str(item_name(it)));
	return rc;
}

static int file_data(struct call *c, const struct item *it, const struct value *vars, struct value *d, struct err *e)
{
	static const char *const fields[] = { "action", "group", "mode", "owner", "path" };
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->core->settings);
	struct strbuf b CLEANUP(sb_free) = { 0 };
	int rc = CB_OK;
	v_dict_set(d, "is_dir", v_bool(item_bool(it, "is_dir")));
	for (size_t i = 0; i < ARRAY_LEN(fields) && rc == CB_OK; i++)
		rc = put_substituted(d, fields[i], it, vars, e);
	if (rc != CB_OK || item_bool(it, "is_dir"))
		return rc;
	rc = put_substituted(d, "template", it, vars, e);
	if (rc != CB_OK)
		return rc;
	const char *path = v_dict_cstr(d, "template", "");
	if (!str_starts(path, "/etc/cobbler/") && !str_starts(path, "/var/lib/cobbler/"))
		return err_set(e, CB_EPERM, "%s: a template of a file resource must lie under /etc/cobbler or /var/lib/cobbler", path);
	char *real CLEANUP(free_ptr) = path_of(path);
	if (strstr(path, "..") != NULL || render_file(c->core->renderer, real, NULL, vars, settings, &b, e) != CB_OK)
		return err_set(e, CB_ENOENT, "Missing template for this file resource %s", item_name(it));
	v_dict_set(d, "content", v_strn(sb_str(&b), b.len));
	return CB_OK;
}

/* The packages (or files) of all classes, each once. */
static int class_data(struct call *c, const struct value *classes, const struct value *vars, enum item_type type, struct value **ret,
	struct err *e)
{
	struct value *all = v_dict();
	int rc = CB_OK;
	for (size_t i = 0; v_is(classes, V_LIST) && i < v_len(classes) && rc == CB_OK; i++) {
		CLEANUP(item_unrefp) struct item *m = model_get(c->core->model, ITEM_MGMTCLASS, v_cstr(v_list_at(classes, i)));
		const struct value *names = m == NULL ? NULL : item_get(m, type == ITEM_PACKAGE ? "packages" : "files");
		if (m == NULL)
			rc = err_py(e, CB_ENOENT, PY_ATTR, "'NoneType' object has no attribute 'packages'");
		for (size_t k = 0; v_is(names, V_LIST) && k < v_len(names) && rc == CB_OK; k++) {
			const char *name = v_cstr(v_list_at(names, k));
			CLEANUP(item_unrefp) struct item *it = model_get(c->core->model, type, name);
			struct value *d = v_dict();
			if (it == NULL)
				rc = err_set(e, CB_ENOENT, "%s %s resource is not defined", name, item_table(type)->name);
			else
				rc = type == ITEM_PACKAGE ? package_data(it, vars, d, e) : file_data(c, it, vars, d, e);
			v_dict_set(all, name, d);
		}
	}
	if (rc == CB_OK)
		*ret = all;
	else
		v_unref(all);
	return rc;
}

/* hostname */
int rpc_config_data(struct call *c, struct value **ret, struct err *e)
{
	struct core *core = c->core;
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(core->settings), *packages = NULL, *files = NULL;
	struct value *all CLEANUP(v_unrefp) = v_dict(), *criteria CLEANUP(v_unrefp) = v_dict();
	CLEANUP(item_list_free) struct item_list l = { 0 };
	struct strbuf repo CLEANUP(sb_free) = { 0 }, b CLEANUP(sb_free) = { 0 };
	v_dict_set(criteria, "hostname", v_ref(c->arg[0]));
	int rc = arg_str(c, 0) == NULL ? CB_OK : model_find(core->model, ITEM_SYSTEM, criteria, &l, e);
	if (rc == CB_OK && l.n == 0)
		return err_py(e, CB_ENOENT, PY_VALUE, "The specified hostname did not exist!");
	if (rc != CB_OK)
		return rc;
	struct value *blended CLEANUP(v_unrefp) = resolve_blend(core->model, settings, l.v[0], false);
	const struct value *vars = v_dict_get(blended, "autoinstall_meta"), *classes = v_dict_get(blended, "mgmt_classes");
	rc = class_data(c, classes, vars, ITEM_PACKAGE, &packages, e);
	if (rc == CB_OK)
		v_dict_set(all, "packages", packages);
	if (rc == CB_OK)
		rc = class_data(c, classes, vars, ITEM_FILE, &files, e);
	if (rc == CB_OK)
		v_dict_set(all, "files", files);
	if (rc == CB_OK)
		rc = boot_repo_config(core, ITEM_SYSTEM, item_name(l.v[0]), &repo, e);
	if (rc != CB_OK)
		return rc;
	v_dict_set(all, "repo_data", v_strn(sb_str(&repo), repo.len));
	v_dict_set(all, "repos_enabled", v_ref(v_dict_get(blended, "repos_enabled") != NULL ? v_dict_get(blended, "repos_enabled") :
		v_none()));
	json_write(&b, all, JSON_PRETTY | JSON_SORT | JSON_ASCII);
	*ret = v_strn(sb_str(&b), b.len);
	return CB_OK;
}
