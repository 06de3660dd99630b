/* SPDX-License-Identifier: GPL-2.0-or-later
 * files.c - files that boot: kernels and initrds as they are found, template_files and boot_files of items, and the
 * small files of s390x and ESXi.
 */
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "boot/internal.h"

static bool is_file(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* ---- kernels ---- */

/* compat: the three numbers of vmlinuz-6.1.0-..., compared as text. */
static void version_of(const char *name, char *out, size_t cap)
{
	const char *s = name;
	while (*s != '\0' && !(*s >= '0' && *s <= '9'))
		s++;
	snprintf(out, cap, "%s", s);
}

static char *highest(const char *dir, const char *pattern, const char *unversioned)
{
	char *best = NULL, best_version[NAME_MAX + 1] = "", version[NAME_MAX + 1];
	DIR *d = opendir(dir);
	if (d == NULL)
		return NULL;
	for (struct dirent *de; (de = readdir(d)) != NULL; ) {
		if (fnmatch(pattern, de->d_name, 0) != 0)
			continue;
		version_of(de->d_name, version, sizeof(version));
		if (best != NULL && strcmp(version, best_version) <= 0)
			continue;
		free(best);
		best = xasprintf("%s/%s", dir, de->d_name);
		snprintf(best_version, sizeof(best_version), "%s", version);
	}
	closedir(d);
	if (best == NULL) {
		best = xasprintf("%s/%s", dir, unversioned);
		if (!is_file(best)) {
			free(best);
			best = NULL;
		}
	}
	return best;
}

static char *find_file(const char *path, const char *pattern, const char *unversioned)
{
	struct stat st;
	if (boot_is_remote(path))
		return xstrdup(path);
	if (*path == '\0' || stat(path, &st) != 0)
		return NULL;
	if (S_ISDIR(st.st_mode))
		return highest(path, pattern, unversioned);
	return S_ISREG(st.st_mode) && core_may_serve(path) ? xstrdup(path) : NULL;
}

char *boot_find_kernel(const char *path)
{
	return find_file(path, "vmlinu[xz]*", "vmlinuz");
}

char *boot_find_initrd(const char *path)
{
	return find_file(path, "initrd*.img", "initrd.img");
}

/* ---- template_files ---- */

/* A source of a template: where the daemon's own directories are, secrets lie too, and templates reach every client. */
static bool may_be_template(const char *path)
{
	static const char *const folders[] = { "/var/lib/cobbler/templates/", "/var/lib/cobbler/snippets/",
		"/var/lib/cobbler/scripts/", "/etc/cobbler/boot_loader_conf/", "/etc/cobbler/windows/" };
	static const char *const closed[] = { "/etc/cobbler/", "/var/lib/cobbler/" };
	if (strstr(path, "/../") != NULL)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		if (str_starts(path, folders[i]))
			return true;
	if (str_starts(path, "/etc/cobbler/") && str_ends(path, ".template"))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(closed); i++)
		if (str_starts(path, closed[i]))
			return false;
	return core_may_serve(path);
}

/* Our own directories lie under the root, everything else in an item is literal. */
static char *place_of(const struct boot_run *r, const char *path)
{
	const char *const own[] = { "/etc/cobbler/", "/var/lib/cobbler/", r->bootloc,
		v_dict_cstr(r->settings, "webdir", "/var/www/cobbler") };
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (str_starts(path, own[i]))
			return path_of(path);
	return xstrdup(path);
}

static void strip(struct strbuf *b)
{
	const char *s = sb_str(b);
	size_t from = strspn(s, " \t\r\n\v\f"), to = b->len;
	while (to > from && strchr(" \t\r\n\v\f", s[to - 1]) != NULL)
		to--;
	char *t = xstrndup(s + from, to - from);
	sb_truncate(b, 0);
	sb_adds(b, t);
	free(t);
}

/* compat: os.path.normpath of a rendered path, "." for an empty one. */
static int render_path(struct boot_run *r, const char *text, const struct value *vars, bool normalise,
	struct strbuf *out, struct err *e)
{
	char norm[PATH_MAX];
	int rc = boot_render_line(r, text, vars, out, e);
	if (rc != CB_OK)
		return rc;
	strip(out);
	if (!normalise || out->len == 0)
		return CB_OK;
	if (!path_normalise(sb_str(out), norm, sizeof(norm)))
		return err_set(e, CB_EINVAL, "template destination (%s) is invalid", sb_str(out));
	bool absolute = sb_str(out)[0] == '/';
	sb_truncate(out, 0);
	sb_addf(out, "%s%s", absolute ? "/" : "", *norm != '\0' || absolute ? norm : ".");
	return CB_OK;
}

static int one_template(struct boot_run *r, const char *src, const char *dst, const char *only,
	const struct value *vars, struct value *ret, struct err *e)
{
	struct strbuf from = { 0 }, to = { 0 }, text = { 0 };
	char *path = NULL;
	int rc = render_path(r, src, vars, false, &from, e);
	if (rc == CB_OK)
		rc = render_path(r, dst, vars, true, &to, e);
	if (rc == CB_OK && only != NULL && !str_eq(only, sb_str(&to)))
		goto out;
	if (rc == CB_OK && (from.len == 0 || to.len == 0))
		rc = err_set(e, CB_EINVAL, "either the template source or destination was blank (unknown variable used?)");
	if (rc == CB_OK && !may_be_template(sb_str(&from)))
		rc = err_set(e, CB_EPERM, "template source %s is not a template: it must be below templates, snippets or scripts",
			sb_str(&from));
	if (rc == CB_OK) {
		path = place_of(r, sb_str(&from));
		if (!is_file(path))
			rc = err_set(e, CB_ENOENT, "template source %s does not exist", sb_str(&from));
	}
	if (rc == CB_OK)
		rc = boot_render_file(r, path, vars, &text, e);
	if (rc == CB_OK)
		v_dict_set(ret, sb_str(&to), v_strn(sb_str(&text), text.len));
out:
	free(path);
	sb_free(&from);
	sb_free(&to);
	sb_free(&text);
	return rc;
}

/* compat: TFTPGen.write_templates - what a template of an item sees. */
static int add_template_vars(struct boot_run *r, const struct item *it, struct value *vars, struct err *e)
{
	const char *os = item_str(it, "os_version");
	if (item_type(it) == ITEM_DISTRO && strstr(os, "esxi") != NULL) {
		struct strbuf mods = { 0 };
		int rc = boot_esxi_modules(item_str(it, "kernel"), &mods, e);
		if (rc == CB_OK)
			v_dict_set(vars, "esx_modules", v_str(sb_str(&mods)));
		sb_free(&mods);
		if (rc != CB_OK)
			return rc;
	}
	boot_promote(vars, "autoinstall_meta");
	v_dict_del(vars, "autoinstall_meta");
	const char *distro = v_dict_cstr(vars, "distro_name", "");
	if (*distro != '\0') {
		v_dict_set(vars, "img_path", v_strf("/images/%s", distro));
		v_dict_set(vars, "local_img_path", v_strf("%s/images/%s", r->bootloc, distro));
	}
	return CB_OK;
}

int boot_templates(struct boot_run *r, const struct item *it, const char *only, struct value **ret, struct err *e)
{
	struct value *vars = boot_blend(r, it), *out = v_dict();
	int rc = v_len(v_dict_get(vars, "template_files")) > 0 ? add_template_vars(r, it, vars, e) : CB_OK;
	const struct value *all = v_dict_get(vars, "template_files");
	for (size_t i = 0; rc == CB_OK && i < v_len(all); i++)
		if (v_is(v_dict_at(all, i), V_STR))
			rc = one_template(r, v_dict_key(all, i), v_cstr(v_dict_at(all, i)), only, vars, out, e);
	v_unref(vars);
	if (rc != CB_OK) {
		v_unref(out);
		return rc;
	}
	*ret = out;
	return CB_OK;
}

int boot_files_of(struct boot_run *r, const struct item *distro, struct value **ret, struct err *e)
{
	struct value *list = resolve_field(r->c->model, r->settings, distro, "boot_files");
	struct value *vars = v_dict(), *out = v_dict();
	int rc = CB_OK;
	v_dict_set(vars, "local_img_path", v_strf("%s/images/%s", r->bootloc, item_name(distro)));
	v_dict_set(vars, "web_img_path",
		v_strf("%s/distro_mirror/%s", v_dict_cstr(r->settings, "webdir", ""), item_name(distro)));
	for (size_t i = 0; v_is(list, V_DICT) && i < v_len(list) && rc == CB_OK; i++) {
		struct strbuf to = { 0 }, from = { 0 };
		rc = boot_render_line(r, v_dict_key(list, i), vars, &to, e);
		if (rc == CB_OK)
			rc = boot_render_line(r, v_cstr(v_dict_at(list, i)), vars, &from, e);
		if (rc == CB_OK)
			v_dict_set(out, sb_str(&to), v_str(sb_str(&from)));
		sb_free(&to);
		sb_free(&from);
	}
	v_unref(vars);
	v_unref(list);
	if (rc != CB_OK) {
		v_unref(out);
		return rc;
	}
	*ret = out;
	return CB_OK;
}

/* ---- s390x ---- */

char *boot_s390_name(const struct item *sys)
{
	const char *name = item_name(sys);
	size_t n = strcspn(name, ".");
	size_t from = n < 7 ? n : 7, to = n < 10 ? n : 10;
	return xasprintf("linux%.*s", (int)(to - from), name + from);
}

/* compat: 79 characters a line; a parameter that does not fit goes on in the first column of the next. */
static void parm_file(const char *kopts, struct strbuf *out)
{
	const char *s = kopts + strspn(kopts, " \t\r\n");
	size_t n = strlen(s);
	while (n > 0 && strchr(" \t\r\n", s[n - 1]) != NULL)
		n--;
	for (size_t at = 0; at < n; at += 79) {
		for (size_t i = at; i < n && i < at + 79; i++)
			sb_adds(out, s[i] == ' ' ? " \n" : (char[]){ s[i], '\0' });
		sb_addc(out, '\n');
	}
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL ? slash + 1 : path;
}

int boot_s390(struct boot_run *r, struct boot_target *t, struct strbuf *pxe, struct strbuf *conf,
	struct strbuf *parm, struct err *e)
{
	struct strbuf raw = { 0 }, kopts = { 0 };
	if (!item_bool(t->system, "netboot_enabled"))
		return CB_OK;
	int rc = boot_kernel_line(r, t, &raw, e);
	if (rc == CB_OK) {
		one_line(&kopts, sb_str(&raw));
		static const char *const fields[] = { "kernel", "initrd" };
		for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
			sb_addf(pxe, "/images/%s/", item_name(t->distro));
			one_line(pxe, base_name(item_str(t->distro, fields[i])));
			sb_addc(pxe, '\n');
		}
		sb_adds(conf, "\n");
		parm_file(sb_str(&kopts), parm);
	}
	sb_free(&raw);
	sb_free(&kopts);
	return rc;
}

/* ---- ESXi ---- */

static int read_boot_cfg(const char *kernel, struct strbuf *out, struct err *e)
{
	char *path = xasprintf("%.*sboot.cfg", (int)(base_name(kernel) - kernel), kernel);
	int rc = file_read(AT_FDCWD, path, 1u << 20, out, NULL);
	if (rc != CB_OK)
		rc = err_py(e, CB_ENOENT, "FileNotFoundError", "[Errno 2] No such file or directory: '%s'", path);
	free(path);
	return rc;
}

/* Appends s[0..n) without its slashes. */
static void add_bare(struct strbuf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] != '/' && s[i] != '\r')
			sb_addc(out, s[i]);
}

int boot_esxi_modules(const char *kernel, struct strbuf *out, struct err *e)
{
	struct strbuf cfg = { 0 };
	int rc = read_boot_cfg(kernel, &cfg, e);
	for (const char *at = sb_str(&cfg); rc == CB_OK && (at = strstr(at, "modules=")) != NULL; ) {
		at += strlen("modules=");
		sb_truncate(out, 0);
		add_bare(out, at, strcspn(at, "\n"));
	}
	sb_free(&cfg);
	return rc;
}

/* The media's own boot.cfg with three changes: paths are relative to prefix, prefix says where they are, and kernelopt
 * names the answer file. Order and number of modules stay as they are. */
int boot_esxi_cfg(
	struct boot_run *r, struct boot_target *t, const char *prefix, struct strbuf *out, struct err *e)
{
	struct strbuf cfg = { 0 }, kopts = { 0 }, safe = { 0 };
	bool has_opt = false;
	int rc = read_boot_cfg(item_str(t->distro, "kernel"), &cfg, e);
	if (rc == CB_OK)
		rc = boot_kernel_line(r, t, &kopts, e);
	if (rc == CB_OK) {
		one_line(&safe, sb_str(&kopts));
		strip(&safe);
		for (const char *s = sb_str(&cfg); *s != '\0'; ) {
			size_t n = strcspn(s, "\n");
			if (str_starts(s, "kernelopt=")) {
				sb_addf(out, "kernelopt=runweasel %s\n", sb_str(&safe));
				has_opt = true;
			} else if (str_starts(s, "kernel=") || str_starts(s, "modules=")) {
				size_t key = strcspn(s, "=") + 1;
				sb_add(out, s, key);
				add_bare(out, s + key, n - key);
				sb_addc(out, '\n');
			} else if (!str_starts(s, "prefix=") && n > 0) {
				sb_add(out, s, s[n - 1] == '\r' ? n - 1 : n);
				sb_addc(out, '\n');
			}
			s += n + (s[n] == '\n');
		}
		sb_addf(out, "prefix=%s\n", prefix);
		if (!has_opt)
			sb_addf(out, "kernelopt=runweasel %s\n", sb_str(&safe));
	}
	sb_free(&cfg);
	sb_free(&kopts);
	sb_free(&safe);
	return rc;
}
