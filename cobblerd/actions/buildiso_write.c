/* SPDX-License-Identifier: GPL-2.0-or-later
 * buildiso_write.c - from menus, kernels and texts to an image: isolinux for BIOS, GRUB in an EFI system partition, written by xorriso.
 * Only what is made for the image is in the work directory; everything else xorriso takes from where it lies.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actions/buildiso.h"
#include "actions/mkloaders.h"
#include "actions/program.h"
#include "base/clock.h"
#include "base/file.h"

#define LABEL "COBBLER_INSTALL"
#define TEXTS_MAX 100000

/* What a firmware of this architecture starts. BIOS machines are x86. */
static const struct platform { const char *arch, *grub, *binary, *removable; bool bios; } platforms[] = {
	{ "x86_64", "x86_64-efi", "grubx64.efi", "bootx64.efi", true },
	{ "i386", "i386-efi", "bootia32.efi", "bootia32.efi", true },
	{ "aarch64", "arm64-efi", "grubaa64.efi", "bootaa64.efi", false },
	{ "arm", "arm-efi", "bootarm.efi", "bootarm.efi", false },
};

struct work {
	struct iso *x;
	const struct platform *p;
	char *dir;                 /* ours alone, flat */
	struct strbuf list;        /* xorriso's path list: "iso path=disk path" */
	char *tree;                /* of a standalone ISO's distro; NULL: none */
	const char *esp;           /* path of the EFI system partition on the ISO; NULL: none */
	char own_esp[64];
};

static const struct platform *platform_of(const struct item *distro)
{
	const char *arch = item_str(distro, "arch");
	for (size_t i = 0; i < ARRAY_LEN(platforms); i++)
		if (str_eq(platforms[i].arch, arch))
			return &platforms[i];
	return NULL;
}

/* ---- the work directory ---- */

/* Below the option buildisodir (which must be there) or the setting. */
static int make_work_dir(struct work *w, struct err *e)
{
	const char *given = v_dict_cstr(w->x->o, "buildisodir", "");
	char *parent CLEANUP(free_ptr) = *given != '\0' ? xstrdup(given) :
		path_of(v_dict_cstr(w->x->r.settings, "buildisodir", "/var/cache/cobbler/buildiso"));
	struct stat st;
	int rc = program_text_ok("option buildisodir", given, e);
	if (rc == CB_OK && *given != '\0' && (*given != '/' || stat(given, &st) != 0 || !S_ISDIR(st.st_mode)))
		rc = err_py(e, CB_EINVAL, PY_VALUE, "The --tempdir specified is not a directory");
	if (rc == CB_OK && *given == '\0')
		rc = dir_make(parent, 0755, e);
	if (rc != CB_OK)
		return rc;
	w->dir = xasprintf("%s/iso.XXXXXX", parent);
	if (mkdtemp(w->dir) != NULL)
		return CB_OK;
	rc = err_sys(e, "cannot make a directory in %s", parent);
	free(w->dir);
	w->dir = NULL;
	return rc;
}

static void remove_work_dir(struct work *w)
{
	DIR *d = w->dir != NULL ? opendir(w->dir) : NULL;
	if (d == NULL)
		return;
	for (struct dirent *de; (de = readdir(d)) != NULL; )
		if (de->d_name[0] != '.')
			unlinkat(dirfd(d), de->d_name, 0);
	closedir(d);
	rmdir(w->dir);
}

static void add_path(struct strbuf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '=' || *s == '\\')
			sb_addc(out, '\\');
		sb_addc(out, *s);
	}
}

/* A line of the path list; names with line ends are nothing we could have made. */
static int put_file(struct work *w, const char *on_iso, const char *disk, struct err *e)
{
	if (strchr(on_iso, '\n') != NULL || strchr(disk, '\n') != NULL)
		return err_set(e, CB_EINVAL, "a file name with a line end cannot be put on an ISO: %s", disk);
	add_path(&w->list, on_iso);
	sb_addc(&w->list, '=');
	add_path(&w->list, disk);
	sb_addc(&w->list, '\n');
	return CB_OK;
}

/* A file made for the ISO; its name in the work directory is a number. */
static int put_text(struct work *w, const char *on_iso, const char *text, size_t n, struct err *e)
{
	char *path CLEANUP(free_ptr) = xasprintf("%s/text%zu", w->dir, w->list.len), tmp[PATH_MAX];
	int rc = file_stage(AT_FDCWD, path, text, n, 0644, false, tmp, e);
	if (rc == CB_OK)
		rc = file_commit(AT_FDCWD, tmp, path, e);
	return rc == CB_OK ? put_file(w, on_iso, path, e) : rc;
}

/* ---- BIOS ---- */

/* The first of the places where distributions put syslinux' files. Owned; NULL: nowhere. */
static char *find_syslinux(const struct work *w, const char *name)
{
	const char *own = v_dict_cstr(w->x->r.settings, "syslinux_dir", "/usr/lib/syslinux/modules/bios");
	static const char *const places[] = { "", "/mbr", "/modules/bios", "/usr/lib/syslinux/modules/bios", "/usr/lib/syslinux",
		"/usr/lib/ISOLINUX", "/usr/lib/syslinux/mbr", "/usr/share/syslinux" };
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		char *path = i < 3 ? xasprintf("%s%s/%s", own, places[i], name) : xasprintf("%s/%s", places[i], name);
		if (access(path, R_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

static int put_isolinux(struct work *w, struct err *e)
{
	static const struct { const char *name; bool needed; } files[] = { { "isolinux.bin", true }, { "menu.c32", true },
		{ "chain.c32", true },
		{ "ldlinux.c32", false }, { "libcom32.c32", false }, { "libutil.c32", false } };
	int rc = CB_OK;
	for (size_t i = 0; i < ARRAY_LEN(files) && rc == CB_OK; i++) {
		char *path CLEANUP(free_ptr) = find_syslinux(w, files[i].name);
		char *at CLEANUP(free_ptr) = xasprintf("/isolinux/%s", files[i].name);
		if (path != NULL)
			rc = put_file(w, at, path, e);
		else if (files[i].needed)
			rc = err_py(e, CB_ENOENT, "FileNotFoundError",
				"Required file(s) not found. Please check your syslinux installation: %s (packages isolinux, "
				"syslinux-common; setting syslinux_dir)", files[i].name);
	}
	return rc == CB_OK ? put_text(w, "/isolinux/isolinux.cfg", sb_str(&w->x->isolinux), w->x->isolinux.len, e) : rc;
}

/* ---- UEFI ---- */

/* GRUB finds its menu on whatever medium has our label, however the firmware presents that. */
static const char early[] = "search --no-floppy --set=root --label " LABEL "\nset prefix=($root)/EFI/BOOT\nconfigfile "
	"($root)/EFI/BOOT/grub.cfg\n";

static const struct value *format_of(const struct work *w)
{
	return v_dict_get(v_dict_get(w->x->r.settings, "bootloaders_formats"), w->p->grub);
}

/* A GRUB for the ISO: made from the host's modules, or the site's own. */
static int find_grub(struct work *w, char *path, size_t cap, struct err *e)
{
	const struct value *settings = w->x->r.settings, *format = format_of(w);
	char *folder CLEANUP(free_ptr) = xasprintf("%s/%s", v_dict_cstr(settings, "grub2_mod_dir", "/usr/lib/grub"), w->p->grub);
	char *config CLEANUP(free_ptr) = xasprintf("%s/early.cfg", w->dir);
	char *dir CLEANUP(free_ptr) = path_of(v_dict_cstr(settings, "bootloaders_dir", "/var/lib/cobbler/loaders"));
	if (access(folder, R_OK) == 0) {
		snprintf(path, cap, "%s/grub.efi", w->dir);
		int rc = file_replace(AT_FDCWD, config, early, strlen(early), 0644, e);
		if (rc == CB_OK)
			rc = grub_image(w->x->t, w->p->grub, folder, v_dict_get(settings, "bootloaders_modules"),
				v_dict_get(format, "extra_modules"), config, path, e);
		return rc;
	}
	int n = snprintf(path, cap, "%s/grub/%s", dir, v_dict_cstr(format, "binary_name", w->p->binary));
	if (n > 0 && (size_t)n < cap && access(path, R_OK) == 0)
		return CB_OK;
	return err_set(e, CB_ENOENT, "there is no GRUB for UEFI: neither %s (package grub-efi-*-bin) nor %s", folder, path);
}

static int run(struct work *w, const char *const *argv, struct err *e)
{
	static const char *const env[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C", "HOME=/",
		"MTOOLS_SKIP_CHECK=1", NULL };
	return program_run(w->x->t, argv, env, e);
}

/* An EFI system partition, FAT, made without mounting anything. */
static int make_esp(struct work *w, const char *grub, struct err *e)
{
	struct stat st;
	char *esp CLEANUP(free_ptr) = xasprintf("%s/efi.img", w->dir), *to CLEANUP(free_ptr) = xasprintf("::/EFI/BOOT/%s", w->p->removable);
	char *config CLEANUP(free_ptr) = xasprintf("%s/grub.cfg", w->dir);
	if (stat(grub, &st) != 0)
		return err_sys(e, "cannot look at %s", grub);
	/* whole tracks of 32 sectors: the file, and a megabyte for tables and directories */
	char *sectors CLEANUP(free_ptr) = xasprintf("%lld", ((long long)st.st_size + (1 << 20)) / 512 / 32 * 32 + 32);
	const char *const format[] = { "mformat", "-i", esp, "-C", "-T", sectors, "-h", "16", "-s", "32", "::", NULL };
	const char *const dirs[] = { "mmd", "-i", esp, "::/EFI", "::/EFI/BOOT", NULL };
	const char *const copy[] = { "mcopy", "-i", esp, grub, to, NULL };
	const char *const root_cfg[] = { "mcopy", "-i", esp, config, "::/grub.cfg", NULL },
		*const boot_cfg[] = { "mcopy", "-i", esp, config, "::/EFI/BOOT/grub.cfg", NULL };
	const char *const *const steps[] = { format, dirs, copy, root_cfg, boot_cfg };
	static const char *const mtools[] = { "mformat", NULL };
	char *there CLEANUP(free_ptr) = program_find(mtools);
	if (there == NULL)
		return err_set(e, CB_ENOENT, "mformat is not installed (package mtools)");
	int rc = file_replace(AT_FDCWD, config, early, strlen(early), 0644, e);
	for (size_t i = 0; i < ARRAY_LEN(steps) && rc == CB_OK; i++)
		rc = run(w, steps[i], e);
	w->esp = "efi.img";
	return rc == CB_OK ? put_file(w, "/efi.img", esp, e) : rc;
}

/* SUSE's media bring a partition whose GRUB looks for the same menu as ours. */
static bool tree_has_esp(struct work *w)
{
	snprintf(w->own_esp, sizeof(w->own_esp), "boot/%s/efi", w->p->arch);
	char *path CLEANUP(free_ptr) = w->tree != NULL ? xasprintf("%s/%s", w->tree, w->own_esp) : NULL;
	struct stat st;
	if (path == NULL || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	w->esp = w->own_esp;
	return true;
}

static int put_efi(struct work *w, struct err *e)
{
	char grub[PATH_MAX];
	int rc = put_text(w, "/EFI/BOOT/grub.cfg", sb_str(&w->x->grub), w->x->grub.len, e);
	if (rc != CB_OK || tree_has_esp(w))
		return rc;
	rc = find_grub(w, grub, sizeof(grub), e);
	return rc == CB_OK ? make_esp(w, grub, e) : rc;
}

/* ---- what a standalone ISO brings along ---- */

/* The imported tree that the distro's kernel is in, or the option source. Owned. */
static int find_tree(struct work *w, struct err *e)
{
	const char *source = v_dict_cstr(w->x->o, "source", ""), *kernel = item_str(w->x->distro, "kernel");
	char real[PATH_MAX], *mirror CLEANUP(free_ptr) = xasprintf("%s%s/distro_mirror", path_root(),
		v_dict_cstr(w->x->r.settings, "webdir", "/var/www/cobbler"));
	char base[PATH_MAX];
	struct stat st;
	int rc = program_text_ok("option source", source, e);
	if (rc != CB_OK)
		return rc;
	if (*source != '\0') {
		if (*source != '/' || stat(source, &st) != 0 || !S_ISDIR(st.st_mode))
			return err_py(e, CB_EINVAL, PY_VALUE, "option source: %s is not a directory", source);
		w->tree = xstrdup(source);
		return CB_OK;
	}
	size_t n = realpath(mirror, base) != NULL ? strlen(base) : 0;
	if (n == 0 || realpath(kernel, real) == NULL || strncmp(real, base, n) != 0 || real[n] != '/' || strchr(real + n + 1, '/') == NULL)
		return err_py(e, CB_ENOENT, PY_VALUE,
			"No installation source found. When building a standalone (incl. airgapped) ISO you must specify a --source if the "
			"distro install tree is not hosted locally");
	w->tree = xstrndup(real, n + 1 + strcspn(real + n + 1, "/"));
	return CB_OK;
}

/* ---- the image ---- */

/* Further options of the caller: such as name the volume or choose extensions of the file system. */
static const struct { const char *option; bool value; } allowed[] = {
	{ "-V", true }, { "-volid", true }, { "-A", true }, { "-appid", true }, { "-p", true }, { "-preparer", true }, { "-P", true },
	{ "-publisher", true }, { "-sysid", true }, { "-copyright", true }, { "-abstract", true }, { "-biblio", true }, { "-J", false },
	{ "-joliet", false }, { "-joliet-long", false }, { "-r", false }, { "-R", false }, { "-rock", false }, { "-rational-rock", false },
	{ "-l", false }, { "-D", false }, { "-v", false }, { "-quiet", false }, { "-T", false }, { "-iso-level", true },
	{ "-hfsplus", false }, { "-allow-lowercase", false }, { "-full-iso9660-filenames", false },
};

static int add_options(struct argv *a, const char *text, struct err *e)
{
	struct argv words CLEANUP(argv_free) = { 0 };
	int rc = argv_add_words(&words, text, e);
	for (size_t i = 0; i < words.n && rc == CB_OK; i++) {
		size_t k = 0;
		while (k < ARRAY_LEN(allowed) && !str_eq(allowed[k].option, words.v[i]))
			k++;
		if (k == ARRAY_LEN(allowed))
			return err_set(e, CB_EINVAL,
				"option xorrisofs_opts: \"%.100s\" is not one of the options that may be given (-V -A -publisher -J -r "
				"-iso-level and the like)", words.v[i]);
		argv_add(a, words.v[i]);
		if (!allowed[k].value)
			continue;
		if (++i == words.n)
			return err_set(e, CB_EINVAL, "option xorrisofs_opts: %s needs a value", words.v[i - 1]);
		rc = program_text_ok("option xorrisofs_opts", words.v[i], e);
		argv_add(a, words.v[i]);
	}
	return rc;
}

static void add_boot_options(struct work *w, struct argv *a)
{
	char *mbr CLEANUP(free_ptr) = find_syslinux(w, "isohdpfx.bin");
	static const char *const bios[] = { "-c", "isolinux/boot.cat", "-b", "isolinux/isolinux.bin", "-no-emul-boot", "-boot-load-size",
		"4", "-boot-info-table" };
	if (w->p->bios && mbr != NULL) {
		argv_add(a, "-isohybrid-mbr");
		argv_add(a, mbr);
	}
	for (size_t i = 0; w->p->bios && i < ARRAY_LEN(bios); i++)
		argv_add(a, bios[i]);
	if (w->esp == NULL)
		return;
	if (w->p->bios)
		argv_add(a, "-eltorito-alt-boot");
	argv_add(a, "-e");
	argv_add(a, w->esp);
	argv_add(a, "-no-emul-boot");
	if (w->p->bios && mbr != NULL)
		argv_add(a, "-isohybrid-gpt-basdat");
}

static int write_image(struct work *w, const char *path, struct err *e)
{
	static const char *const programs[] = { "xorriso", NULL };
	char *xorriso CLEANUP(free_ptr) = program_find(programs), mine[9], *made CLEANUP(free_ptr) = NULL;
	char *list CLEANUP(free_ptr) = xasprintf("%s/list", w->dir);
	const char *opts = v_dict_cstr(w->x->o, "xorrisofs_opts", ""), *old_opts = v_dict_cstr(w->x->o, "mkisofs_opts", "");
	struct argv a CLEANUP(argv_free) = { 0 };
	static const char *const head[] = { "-as", "mkisofs", "-r", "-iso-level", "3", "-V", LABEL };
	if (xorriso == NULL)
		return err_set(e, CB_ENOENT, "xorriso is not installed (package xorriso)");
	random_hex(mine, 4);                     /* two may be made for one path at the same time, and others may write there */
	made = xasprintf("%s.%s.part", path, mine);
	argv_add(&a, xorriso);
	for (size_t i = 0; i < ARRAY_LEN(head); i++)
		argv_add(&a, head[i]);
	int rc = add_options(&a, *opts != '\0' ? opts : old_opts, e);
	add_boot_options(w, &a);
	if (w->tree != NULL) {
		static const char *const left_out[] = { "-m", "boot.cat", "-m", "TRANS.TBL", "-m", "isolinux" };
		for (size_t i = 0; i < ARRAY_LEN(left_out); i++)
			argv_add(&a, left_out[i]);
	}
	argv_add(&a, "-o");
	argv_add(&a, made);
	argv_add(&a, "-graft-points");
	argv_add(&a, "-path-list");
	argv_add(&a, list);
	if (rc == CB_OK)
		rc = file_replace(AT_FDCWD, list, sb_str(&w->list), w->list.len, 0600, e);
	if (rc == CB_OK)
		rc = run(w, a.v, e);
	if (rc == CB_OK && (chmod(made, 0644) == -1 || rename(made, path) == -1))
		rc = err_sys(e, "cannot put %s in place", path);
	if (rc != CB_OK)
		unlink(made);
	return rc;
}

static int put_contents(struct work *w, struct err *e)
{
	struct iso *x = w->x;
	int rc = x->standalone ? find_tree(w, e) : CB_OK;
	if (rc == CB_OK && w->tree != NULL)
		rc = put_file(w, "/", w->tree, e);       /* first: what comes after it wins */
	for (size_t i = 0; i < v_len(x->files) && rc == CB_OK; i++)
		rc = put_file(w, v_dict_key(x->files, i), v_cstr(v_dict_at(x->files, i)), e);
	if (v_len(x->texts) > TEXTS_MAX)
		rc = err_set(e, CB_ELIMIT, "%zu answer files on one ISO, at most %d", v_len(x->texts), TEXTS_MAX);
	for (size_t i = 0; i < v_len(x->texts) && rc == CB_OK; i++)
		rc = put_text(w, v_dict_key(x->texts, i), v_cstr(v_dict_at(x->texts, i)), v_len(v_dict_at(x->texts, i)), e);
	if (rc == CB_OK && w->p->bios)
		rc = put_isolinux(w, e);
	return rc == CB_OK ? put_efi(w, e) : rc;
}

int iso_write(struct iso *x, const char *path, struct err *e)
{
	struct work w = { .x = x, .p = platform_of(x->distro) };
	if (w.p == NULL)
		return err_py(e, CB_EINVAL, PY_VALUE,
			"No matches found for requested Cobbler Arch: \"%s\" (ISOs are made for x86_64, i386, aarch64 and arm)",
			item_str(x->distro, "arch"));
	int rc = make_work_dir(&w, e);
	if (rc == CB_OK)
		rc = put_contents(&w, e);
	if (rc == CB_OK)
		rc = write_image(&w, path, e);
	remove_work_dir(&w);
	free(w.dir);
	free(w.tree);
	sb_free(&w.list);
	return rc;
}
