/* SPDX-License-Identifier: GPL-2.0-or-later
 * tftp_tree.c - what lies under the TFTP root and beside it for the web: loaders, kernels, images, the files of each
 * system, menus.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "manage/internal.h"

#define COPY_DEPTH 16

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL ? slash + 1 : path;
}

/* ---- loaders and media ---- */

/* compat: rsync --copy-links of a folder onto the root of the tree; skip: a name that stays behind. */
static int copy_folder(struct sync *s, const char *dir, const char *rel, const char *skip, int depth, struct err *e)
{
	DIR *d = opendir(dir);
	int rc = CB_OK;
	if (d == NULL || depth > COPY_DEPTH) {
		if (d != NULL)
			closedir(d);
		return CB_OK;
	}
	for (struct dirent *de; rc == CB_OK && (de = readdir(d)) != NULL; ) {
		struct stat st = { 0 };
		if (str_eq(de->d_name, ".") || str_eq(de->d_name, "..") || str_eq(de->d_name, skip))
			continue;
		char *src = xasprintf("%s/%s", dir, de->d_name);
		char *to = xasprintf("%s%s%s", rel, *rel != '\0' ? "/" : "", de->d_name);
		const char *how;
		if (stat(src, &st) == 0 && S_ISDIR(st.st_mode))
			rc = copy_folder(s, src, to, skip, depth + 1, e);
		else if (S_ISREG(st.st_mode))
			rc = tree_copy(&s->tree, to, src, &how, e);
		free(src);
		free(to);
	}
	closedir(d);
	return rc;
}

static int copy_loaders(struct sync *s, struct err *e)
{
	static const struct { const char *setting, *dflt, *skip; } from[] = {
		{ "bootloaders_dir", "/var/lib/cobbler/loaders", ".cobbler_postun_cleanup" },
		{ "grubconfig_dir", "/var/lib/cobbler/grub_config", "README.grubconfig" },
	};
	int rc = CB_OK;
	say(s, "copying bootloaders");
	for (size_t i = 0; i < ARRAY_LEN(from) && rc == CB_OK; i++) {
		char *dir = path_of(v_dict_cstr(s->r.settings, from[i].setting, from[i].dflt));
		rc = copy_folder(s, dir, "", from[i].skip, 0, e);
		free(dir);
	}
	return rc;
}

static int copy_one(struct sync *s, const char *distro, const char *found, const char *named, struct err *e)
{
	const char *how = "";
	if (found == NULL)
		return err_py(e, CB_ENOENT, "FileNotFoundError",
			"No kernel found at \"%s\", tried to copy to: \"%s/images/%s\"", named, s->tree.shown, distro);
	char *rel = xasprintf("images/%s/%s", distro, base_name(found));
	int rc = windows_has(s, rel) ? CB_OK
		: boot_is_remote(found) ? remote_files_copy(s, rel, found, e) : tree_copy(&s->tree, rel, found, &how, e);
	if (rc == CB_OK && *how != '\0')
		say(s, "%s %s -> %s/%s", how, found, s->tree.shown, rel);
	free(rel);
	return rc;
}

int copy_distro(struct sync *s, const struct item *d, struct err *e)
{
	char *kernel = boot_find_kernel(item_str(d, "kernel")), *initrd = boot_find_initrd(item_str(d, "initrd"));
	say(s, "copying files for distro: %s", item_name(d));
	int rc = copy_one(s, item_name(d), kernel, item_str(d, "kernel"), e);
	if (rc == CB_OK)
		rc = copy_one(s, item_name(d), initrd, item_str(d, "initrd"), e);
	free(kernel);
	free(initrd);
	return rc;
}

/* Distros whose files have moved away do not stop the others, but the sync fails at its end. compat: an image that cannot be copied (a
 * volume of a virtual machine, say) is told, and no more. */
static void copy_media(struct sync *s)
{
	struct item_list l = model_items(s->r.c->model, ITEM_DISTRO);
	struct err e;
	say(s, "copying distros to tftpboot");
	for (size_t i = 0; i < l.n; i++)
		if (copy_distro(s, l.v[i], &e) != CB_OK)
			note_failure(s, l.v[i], &e);
	item_list_free(&l);
	l = model_items(s->r.c->model, ITEM_IMAGE);
	say(s, "copying images");
	for (size_t i = 0; i < l.n; i++) {
		const char *file = item_str(l.v[i], "file"), *how;
		char *rel = xasprintf("images2/%s", item_name(l.v[i]));
		/* nfs:// and the like are for virtual machines */
		if (access(file, F_OK) == 0 && tree_copy(&s->tree, rel, file, &how, &e) != CB_OK)
			note_problem(s, l.v[i], &e);
		free(rel);
	}
	item_list_free(&l);
}

/* ---- systems ---- */

static int write_text(struct sync *s, const char *rel, const struct strbuf *text, struct err *e)
{
	return tree_write(&s->tree, rel, sb_str(text), text->len, e);
}

static int write_s390(struct sync *s, struct boot_target *t, struct err *e)
{
	struct strbuf pxe = { 0 }, conf = { 0 }, parm = { 0 };
	char *name = boot_s390_name(t->system);
	char *base = xasprintf("s390x/s_%s", name), *full_conf = xasprintf("%s_conf", base),
	     *full_parm = xasprintf("%s_parm", base);
	const char *host = item_name(t->system), *root = s->tree.shown;
	bool netboot = item_bool(t->system, "netboot_enabled");
	int rc = CB_OK;
	say(s, "Writing s390x pxe config for %.*s", (int)strcspn(host, "."), host);
	say(s, "Files: (conf,param) - (%s/%s,%s/%s)", root, full_conf, root, full_parm);
	if (boot_is_manageable(t->system)) {
		say(s, netboot ? "S390x: netboot_enabled" : "S390x: netboot_disabled");
		rc = boot_s390(&s->r, t, &pxe, &conf, &parm, e);
		if (rc == CB_OK && netboot)
			rc = write_text(s, base, &pxe, e);
		if (rc == CB_OK && netboot)
			rc = write_text(s, full_parm, &parm, e);
		if (rc == CB_OK)
			rc = write_text(s, full_conf, &conf, e);
	} else {
		say(s, "S390x: management not supported");
	}
	say(s, "S390x: pxe: [%s/%s], conf: [%s/%s], parm: [%s/%s]", root, base, root, full_conf, root, full_parm);
	sb_free(&pxe);
	sb_free(&conf);
	sb_free(&parm);
	free(name);
	free(base);
	free(full_conf);
	free(full_parm);
	return rc;
}

/* One loader's file of one interface; texts are made once per system: they are the same for each interface but for
 * ESXi, whose line names the file. */
static int write_loader_file(struct sync *s, struct boot_target *t, enum loader l, const char *name,
	struct strbuf *text, struct err *e)
{
	bool by_name = t->distro != NULL && str_starts(item_str(t->distro, "os_version"), "esxi");
	int rc = CB_OK;
	if (by_name)
		sb_truncate(text, 0);
	if (text->len == 0)
		rc = boot_entry(&s->r, t, l, name, text, e);
	if (rc != CB_OK || text->len == 0)
		return rc;
	char *rel = xasprintf("%s/%s", l == LOADER_GRUB ? "grub/system" : "pxelinux.cfg", name);
	say(s, "generating: %s/%s", s->tree.shown, rel);
	rc = write_text(s, rel, text, e);
	free(rel);
	return rc;
}

static int write_link(struct sync *s, const struct item *sys, const char *name, struct err *e)
{
	char *rel = xasprintf("grub/system_link/%s", item_name(sys)), *to = xasprintf("../system/%s", name);
	int rc = tree_symlink(&s->tree, rel, to, e);
	free(rel);
	free(to);
	return rc;
}

static int write_interfaces(struct sync *s, struct boot_target *t, struct err *e)
{
	struct strbuf text[LOADERS] = { 0 };
	const struct value *ifs = item_interfaces(t->system);
	char *linked CLEANUP(free_ptr) = NULL;       /* compat: the last interface has the link */
	int rc = CB_OK;
	for (size_t i = 0; i < v_len(ifs) && rc == CB_OK; i++) {
		static const enum loader both[] = { LOADER_PXE, LOADER_GRUB };
		for (size_t k = 0; k < ARRAY_LEN(both) && rc == CB_OK; k++) {
			enum loader l = both[k];
			char *name = boot_config_name(t->system, v_dict_key(ifs, i), l);
			if (name != NULL && strchr(name, '/') == NULL && boot_has_file(t, l)) {
				rc = write_loader_file(s, t, l, name, &text[l], e);
				if (rc == CB_OK && l == LOADER_GRUB) {
					free(linked);
					linked = name;
					name = NULL;
				}
			}
			free(name);
		}
	}
	if (rc == CB_OK && linked != NULL)
		rc = write_link(s, t->system, linked, e);
	for (int l = 0; l < LOADERS; l++)
		sb_free(&text[l]);
	return rc;
}

int write_system(struct sync *s, const struct item *sys, struct boot_target *t, struct err *e)
{
	int rc = boot_target_init(&s->r, sys, t, e);
	if (rc != CB_OK)
		return rc;
	s->tree.owner = item_name(sys);
	if (t->distro != NULL && str_starts(t->arch, "s390"))
		rc = write_s390(s, t, e);
	else
		rc = write_interfaces(s, t, e);
	s->tree.owner = NULL;
	if (rc != CB_OK)
		boot_target_clear(t);
	return rc;
}

/* ---- menus ---- */

int write_menus(struct sync *s, struct err *e)
{
	const char *which[16] = { "" };
	struct boot_menu menus[16] = { 0 };
	struct strbuf text = { 0 };
	size_t n = 1;
	say(s, "generating PXE menu structure");
	for (size_t i = 0; boot_archs[i] != NULL && n + 1 < ARRAY_LEN(which); i++)
		which[n++] = boot_archs[i];
	int rc = boot_menus(&s->r, which, menus, e);
	if (rc == CB_OK)
		rc = boot_menu_file(&s->r, LOADER_PXE, &menus[0], &text, e);
	if (rc == CB_OK)
		rc = write_text(s, "pxelinux.cfg/default", &text, e);
	if (rc == CB_OK && v_dict_bool(s->r.settings, "enable_ipxe", false)) {
		sb_truncate(&text, 0);
		rc = boot_menu_file(&s->r, LOADER_IPXE, &menus[0], &text, e);
		if (rc == CB_OK)
			rc = write_text(s, "ipxe/default.ipxe", &text, e);
	}
	for (size_t i = 1; i < n && rc == CB_OK; i++) {
		char *rel = xasprintf("grub/%s_menu_items.cfg", which[i]);
		rc = write_text(s, rel, &menus[i].text[LOADER_GRUB], e);
		free(rel);
	}
	for (size_t i = 0; i < n; i++)
		boot_menu_clear(&menus[i]);
	sb_free(&text);
	return rc;
}

int write_tftp_tree(struct sync *s, struct err *e)
{
	static const char *const dirs[] = { "pxelinux.cfg", "grub", "grub/system", "images", "ipxe", "s390x" };
	struct stat st;
	int rc = CB_OK;
	for (size_t i = 0; i < ARRAY_LEN(dirs) && rc == CB_OK; i++)
		rc = tree_mkdir(&s->tree, dirs[i], e);
	/* compat: only where nothing is; a site may have its own */
	bool nothing = fstatat(s->tree.dirfd, "grub/images", &st, AT_SYMLINK_NOFOLLOW) != 0;
	if (rc == CB_OK && (nothing || (S_ISLNK(st.st_mode) && map_get(s->tree.old, "grub/images") != NULL)))
		rc = tree_symlink(&s->tree, "grub/images", "../images", e);
	if (rc == CB_OK)
		rc = copy_loaders(s, e);
	if (rc == CB_OK) {
		windows_begin(s);
		copy_media(s);
		rc = windows_write(s, e);
	}
	if (rc == CB_OK)
		rc = write_systems(s, e);
	return rc == CB_OK ? write_menus(s, e) : rc;
}

/* ---- the web's side, template_files, boot_files ---- */

/* webdir/images/DISTRO/FILE -> the file. A link of ours that leads elsewhere is replaced, a file of others is left. A
 * link that cannot be made is told, and no more: our own web server does not need it. */
void link_for_web(struct sync *s, const char *distro, const char *src)
{
	char have[PATH_MAX];
	if (src == NULL)
		return;
	const char *webdir = v_dict_cstr(s->r.settings, "webdir", "/var/www/cobbler");
	char *written = xasprintf("%s/images/%s", webdir, distro), *dir = path_of(written);
	char *dst = xasprintf("%s/%s", dir, base_name(src));
	struct err e;
	if (boot_is_remote(src)) {
		if (remote_files_copy(s, dst, src, &e) != CB_OK)
			log_error("manage", "%s", e.text);
		goto out;
	}
	bool ok = dir_make(dir, 0755, NULL) == CB_OK;
	ssize_t n = readlink(dst, have, sizeof(have) - 1);
	bool same = n >= 0 && (size_t)n == strlen(src) && memcmp(have, src, (size_t)n) == 0;
	if (ok && !same) {
		if (n >= 0)
			unlink(dst);
		say(s, "trying symlink %s -> %s/%s", src, written, base_name(src));
		ok = symlink(src, dst) == 0 || errno == EEXIST;
	}
	if (ok && (same || readlink(dst, have, sizeof(have)) > 0))
		tree_note_link(&s->tree, dst);
	if (!ok) {
		say(s, "symlink failed (%s -> %s/%s)", src, written, base_name(src));
		log_error("manage", "%s cannot be linked to %s: %s", dst, src, strerror(errno));
	}
out:
	free(written);
	free(dir);
	free(dst);
}

/* template_files go below the TFTP root or below webdir/rendered, nowhere else. */
static int write_template(struct sync *s, const char *dest, const char *text, size_t n, struct err *e)
{
	size_t root = strlen(s->r.bootloc);
	if (str_starts(dest, s->r.bootloc) && dest[root] == '/') {
		say(s, "generating: %s", dest);
		return tree_write(&s->tree, dest + root + 1, text, n, e);
	}
	if (*dest == '/') {
		say(s, " warning: template destination (%s) is outside %s, skipping.", dest, s->r.bootloc);
		return CB_OK;
	}
	char *written = xasprintf("%s/rendered/%s", v_dict_cstr(s->r.settings, "webdir", "/var/www/cobbler"), dest);
	char *path = path_of(written);
	say(s, "generating: %s", written);
	int rc = tree_write(&s->tree, path, text, n, e);
	free(written);
	free(path);
	return rc;
}

void write_distro_web(struct sync *s, const struct item *d)
{
	char *kernel = boot_find_kernel(item_str(d, "kernel")), *initrd = boot_find_initrd(item_str(d, "initrd"));
	struct value *all = NULL;
	struct err e;
	say(s, "copying files for distro: %s", item_name(d));
	link_for_web(s, item_name(d), kernel);
	link_for_web(s, item_name(d), initrd);
	say(s, "Writing template files for %s", item_name(d));
	int rc = boot_templates(&s->r, d, NULL, &all, &e);
	for (size_t i = 0; rc == CB_OK && i < v_len(all); i++)
		rc = write_template(s, v_dict_key(all, i), v_cstr(v_dict_at(all, i)), v_len(v_dict_at(all, i)), &e);
	if (rc != CB_OK)
		note_problem(s, d, &e);
	v_unref(all);
	free(kernel);
	free(initrd);
}

static void copy_boot_file(struct sync *s, const struct item *d, const char *to, const char *from)
{
	const char *how;
	struct err e;
	size_t root = strlen(s->r.bootloc);
	char norm[PATH_MAX];
	if (!str_starts(to, s->r.bootloc) || to[root] != '/' || !path_normalise(to + root + 1, norm, sizeof(norm)) ||
		*norm == '\0') {
		say(s, "failed to copy file %s to %s for %s", from, to, item_name(d));
	} else if (tree_copy(&s->tree, norm, from, &how, &e) == CB_OK) {
		say(s, "copied file %s to %s for %s", from, to, item_name(d));
	} else {
		say(s, "failed to copy file %s to %s for %s", from, to, item_name(d));
		log_error("manage", "distro %s: %s", item_name(d), e.text);
	}
}

void write_boot_files(struct sync *s, const struct item *d)
{
	struct value *all = NULL;
	struct err e;
	say(s, "processing boot_files for distro: %s", item_name(d));
	int rc = boot_files_of(&s->r, d, &all, &e);
	if (rc != CB_OK)
		note_problem(s, d, &e);
	for (size_t i = 0; rc == CB_OK && i < v_len(all); i++) {
		const char *to = v_dict_key(all, i), *from = v_cstr(v_dict_at(all, i));
		glob_t g;
		if (glob(from, 0, NULL, &g) != 0)
			continue;
		for (size_t k = 0; k < g.gl_pathc; k++) {
			bool plain = str_eq(g.gl_pathv[k], from);
			char *dst = plain ? xstrdup(to) : xasprintf("%.*s%s", (int)(base_name(to) - to), to, base_name(g.gl_pathv[k]));
			copy_boot_file(s, d, dst, g.gl_pathv[k]);
			free(dst);
		}
		globfree(&g);
	}
	v_unref(all);
}
