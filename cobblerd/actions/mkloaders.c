/* SPDX-License-Identifier: GPL-2.0-or-later
 * mkloaders.c - boot loaders for the setting bootloaders_dir: links to those of the host's packages, and GRUB images made from its modules.
 * What is not installed is named in the log and left out; what is there already as a link stays.
 *
 * compat: actions/mkloaders.py, with Debian's names of the programs too.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actions/actions.h"
#include "actions/mkloaders.h"
#include "actions/program.h"
#include "base/file.h"
#include "import/rx.h"

struct loaders {
	struct task *t;
	struct value *settings;
	char *dir;                 /* bootloaders_dir, as the system knows it */
};

static const char *setting(const struct loaders *l, const char *key, const char *dflt)
{
	const char *s = v_dict_cstr(l->settings, key, "");
	return *s != '\0' ? s : dflt;
}

/* dir/name of the host -> bootloaders_dir/as. A missing target is the caller's affair (false); other failures are errors. */
static int link_file(struct loaders *l, const char *dir, const char *name, const char *as, bool *found, struct err *e)
{
	char *target CLEANUP(free_ptr) = xasprintf("%s/%s", dir, name), *at CLEANUP(free_ptr) = xasprintf("%s/%s", l->dir, as);
	char real[PATH_MAX];
	*found = realpath(target, real) != NULL;
	if (!*found || symlink(real, at) == 0 || errno == EEXIST)
		return CB_OK;
	return err_sys(e, "cannot create the link %s", at);
}

static int link_all(struct loaders *l, const char *dir, const char *package, const char *const names[][2], size_t n, struct err *e)
{
	bool found;
	for (size_t i = 0; i < n; i++) {
		int rc = link_file(l, dir, names[i][0], names[i][1], &found, e);
		if (rc != CB_OK)
			return rc;
		if (!found)
			task_log(l->t, "there is no %s in %s: not linked (package %s)", names[i][0], dir, package);
	}
	return CB_OK;
}

/* The first file of the folders that the pattern names whose name (else: whose path, as 3.3.7 looks at it) matches the expression. */
static char *find_shim(struct loaders *l)
{
	struct err e;
	struct rx *rx;
	char *by_name = NULL, *by_path = NULL;
	glob_t g;
	char *pattern CLEANUP(free_ptr) = xasprintf(".*?(?:%s)", setting(l, "bootloaders_shim_file", "shim.*\\.efi\\.signed"));
	if (rx_compile(pattern, &rx, &e) != CB_OK) {
		task_log(l->t, "setting bootloaders_shim_file: %s", e.text);
		return NULL;
	}
	if (glob(setting(l, "bootloaders_shim_folder", "/usr/lib/shim"), 0, NULL, &g) == 0) {
		for (size_t i = 0; i < g.gl_pathc && by_name == NULL; i++) {
			DIR *d = opendir(g.gl_pathv[i]);
			for (struct dirent *de; d != NULL && by_name == NULL && (de = readdir(d)) != NULL; ) {
				char *path = xasprintf("%s/%s", g.gl_pathv[i], de->d_name);
				char **slot = rx_match(rx, de->d_name, strlen(de->d_name)) ? &by_name :
					by_path == NULL && rx_match(rx, path, strlen(path)) ? &by_path : NULL;
				if (slot != NULL)
					*slot = path;
				else
					free(path);
			}
			if (d != NULL)
				closedir(d);
		}
		globfree(&g);
	}
	rx_free(rx);
	if (by_name != NULL)
		free(by_path);
	return by_name != NULL ? by_name : by_path;
}

static int make_shim(struct loaders *l, struct err *e)
{
	char *shim CLEANUP(free_ptr) = find_shim(l), *slash = shim != NULL ? strrchr(shim, '/') : NULL;
	bool found;
	if (shim == NULL) {
		task_log(l->t, "no shim is installed (settings bootloaders_shim_folder, bootloaders_shim_file; package shim-signed): not "
			"linked");
		return CB_OK;
	}
	*slash = '\0';
	return link_file(l, shim, slash + 1, "grub/shim.efi", &found, e);
}

static int make_ipxe(struct loaders *l, struct err *e)
{
	static const char *const names[][2] = { { "undionly.kpxe", "undionly.pxe" } };
	return link_all(l, setting(l, "bootloaders_ipxe_folder", "/usr/lib/ipxe"), "ipxe", names, ARRAY_LEN(names), e);
}

/* Syslinux 5 and later; what version 4 lacks is not missed there. */
static int make_syslinux(struct loaders *l, struct err *e)
{
	static const char *const modules[][2] = { { "menu.c32", "menu.c32" }, { "ldlinux.c32", "ldlinux.c32" },
		{ "libutil.c32", "libutil.c32" },
		{ "libcom32.c32", "libcom32.c32" }, { "linux.c32", "linux.c32" } };
	static const char *const memdisk[][2] = { { "memdisk", "memdisk" } }, *const pxelinux[][2] = { { "pxelinux.0", "pxelinux.0" } };
	int rc = link_all(l, setting(l, "syslinux_dir", "/usr/lib/syslinux/modules/bios"), "syslinux-common", modules,
		ARRAY_LEN(modules), e);
	if (rc == CB_OK)
		rc = link_all(l, setting(l, "syslinux_memdisk_folder", "/usr/lib/syslinux"), "syslinux-common", memdisk, 1, e);
	if (rc == CB_OK)
		rc = link_all(l, setting(l, "syslinux_pxelinux_folder", "/usr/lib/PXELINUX"), "pxelinux", pxelinux, 1, e);
	return rc;
}

/* ---- GRUB ---- */

/* A name of a format, of a module or of a file in one of the settings: letters, digits, "._-+", not option-like. */
static bool grub_word_ok(const char *s)
{
	if (*s == '\0' || *s == '-' || *s == '.' || strlen(s) > 64)
		return false;
	for (; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && strchr("._-+", *s) == NULL)
			return false;
	return true;
}

static int add_modules(struct argv *a, const struct value *modules, struct err *e)
{
	for (size_t i = 0; v_is(modules, V_LIST) && i < v_len(modules); i++) {
		const struct value *m = v_list_at(modules, i);
		/* YAML's true is the module of that name */
		const char *name = v_is(m, V_BOOL) ? "true" : v_is(m, V_STR) ? v_cstr(m) : "";
		if (!grub_word_ok(name))
			return err_set(e, CB_EINVAL,
				"\"%.64s\" is not the name of a GRUB module (settings bootloaders_modules, bootloaders_formats)", name);
		argv_add(a, name);
	}
	return CB_OK;
}

int grub_image(struct task *t, const char *format, const char *folder, const struct value *modules, const struct value *extra,
	const char *config, const char *path, struct err *e)
{
	static const char *const names[] = { "grub2-mkimage", "grub-mkimage", NULL };
	char *program CLEANUP(free_ptr) = program_find(names), *made CLEANUP(free_ptr) = xasprintf("%s.new", path);
	struct argv CLEANUP(argv_free) a = { 0 };
	if (program == NULL)
		return err_set(e, CB_ENOENT, "grub-mkimage is not installed (package grub-common)");
	argv_add(&a, program);
	argv_addf(&a, "--directory=%s", folder);
	argv_addf(&a, "--format=%s", format);
	argv_addf(&a, "--output=%s", made);
	argv_add(&a, "--prefix=");
	if (config != NULL)
		argv_addf(&a, "--config=%s", config);
	int rc = add_modules(&a, modules, e);
	if (rc == CB_OK)
		rc = add_modules(&a, extra, e);
	if (rc == CB_OK)
		rc = program_run(t, a.v, NULL, e);
	if (rc == CB_OK && (chmod(made, 0644) == -1 || rename(made, path) == -1))
		rc = err_sys(e, "cannot put %s in place", path);
	if (rc != CB_OK)
		unlink(made);
	return rc;
}

/* One of bootloaders_formats. A format whose modules are not installed is left out; one that cannot be made is named,
 * and the others go on. */
static int make_format(struct loaders *l, const char *format, const struct value *o, bool *failed, struct err *e)
{
	const char *binary = v_dict_cstr(o, "binary_name", ""), *mod_dir = v_dict_cstr(o, "mod_dir", format);
	struct err why;
	struct stat st;
	bool found;
	if (!grub_word_ok(format) || !grub_word_ok(binary) || !grub_word_ok(mod_dir))
		return err_set(e, CB_EINVAL, "setting bootloaders_formats: \"%.64s\" is not a format with a binary_name and a mod_dir",
			format);
	char *folder CLEANUP(free_ptr) = xasprintf("%s/%s", setting(l, "grub2_mod_dir", "/usr/lib/grub"), mod_dir);
	char *path CLEANUP(free_ptr) = xasprintf("%s/grub/%s", l->dir, binary), *as CLEANUP(free_ptr) = xasprintf("grub/%s", mod_dir);
	if (stat(folder, &st) != 0) {
		task_log(l->t, "GRUB's modules for %s are not installed (%s): no image", format, folder);
		return CB_OK;
	}
	int rc = grub_image(l->t, format, folder, v_dict_get(l->settings, "bootloaders_modules"), v_dict_get(o, "extra_modules"), NULL,
		path, &why);
	if (task_cancelled(l->t)) {
		*e = why;
		return rc;
	}
	if (rc != CB_OK) {
		task_log(l->t, "no GRUB image for %s: %s", format, why.text);
		*failed = true;
		return CB_OK;
	}
	task_log(l->t, "Successfully built bootloader for arch \"%s\"!", format);
	return link_file(l, setting(l, "grub2_mod_dir", "/usr/lib/grub"), mod_dir, as, &found, e);
}

static int make_grub(struct loaders *l, struct err *e)
{
	const struct value *formats = v_dict_get(l->settings, "bootloaders_formats");
	bool failed = false;
	int rc = CB_OK;
	for (size_t i = 0; v_is(formats, V_DICT) && i < v_len(formats) && rc == CB_OK; i++)
		rc = make_format(l, v_dict_key(formats, i), v_dict_at(formats, i), &failed, e);
	if (rc == CB_OK && failed)
		rc = err_set(e, CB_EIO, "not all GRUB images could be made: see above");
	return rc;
}

static int make_directories(struct loaders *l, struct err *e)
{
	struct stat st;
	char *grub CLEANUP(free_ptr) = xasprintf("%s/grub", l->dir);
	if (stat(l->dir, &st) != 0 || !S_ISDIR(st.st_mode))
		return err_py(e, CB_ENOENT, "FileNotFoundError",
			"Main bootloader directory not found! Please create it yourself! (%s)", l->dir);
	if (mkdir(grub, 0755) == -1 && errno != EEXIST)
		return err_sys(e, "cannot create directory %s", grub);
	return CB_OK;
}

int actions_mkloaders(struct core *c, struct task *t, const struct value *options UNUSED, struct err *e)
{
	struct loaders l = { .t = t, .settings = settings_snapshot(c->settings) };
	l.dir = path_of(v_dict_cstr(l.settings, "bootloaders_dir", "/var/lib/cobbler/loaders"));
	int rc = make_directories(&l, e);
	if (rc == CB_OK)
		rc = make_shim(&l, e);
	if (rc == CB_OK)
		rc = make_ipxe(&l, e);
	if (rc == CB_OK)
		rc = make_syslinux(&l, e);
	if (rc == CB_OK)
		rc = make_grub(&l, e);
	free(l.dir);
	v_unref(l.settings);
	return rc;
}
