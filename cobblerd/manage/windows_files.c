/* SPDX-License-Identifier: GPL-2.0-or-later
 * windows_files.c - one boot file of Windows each: from the medium's tree, the site's templates and autoinstall_meta into images/DISTRO.
 *
 * compat: gen_win_files of sync_post_wingen in 3.3.7, file by file. Different on purpose: a file of the tree is never written into through
 * its other name; what lies beside wimboot there is looked for beside the RAM disk here; what cannot be made fails, and says so.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/blocking.h"
#include "base/file.h"
#include "manage/windows.h"
#include "windows/limits.h"
#include "windows/windows.h"

#define SCRATCH ".sync-windows"        /* folder in images/DISTRO that a child writes to */
#define COPY_STEP (64u << 20)

/* ---- files of the medium ---- */

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return xstrndup(path, slash != NULL ? (size_t)(slash - path) : 0);
}

/* dir/name, in any case of letters: media were made by Windows. Returns owned or NULL. */
static char *find_in(const char *dir, const char *name)
{
	char *found CLEANUP(free_ptr) = file_find_case(dir, name);
	return found != NULL ? xasprintf("%s/%s", dir, found) : NULL;
}

/* A file that lies beside the distro's kernel, or beside its RAM disk where the kernel is wimboot, which is no file of the medium.
 * Returns owned. */
static int find_source(const struct windows_item *w, const char *name, char **ret, struct err *e)
{
	char *dirs[] = { folder_of(item_str(w->t.distro, "kernel")), folder_of(item_str(w->t.distro, "initrd")) };
	char *path = NULL;
	for (size_t i = 0; i < ARRAY_LEN(dirs) && path == NULL; i++)
		if (*dirs[i] == '/')
			path = find_in(dirs[i], name);
	int rc = CB_OK;
	if (path == NULL)
		rc = err_set(e, CB_ENOENT, "File not found: %s/%s%s%s", dirs[0], name, str_eq(dirs[0], dirs[1]) ? "" : ", nor in ",
			str_eq(dirs[0], dirs[1]) ? "" : dirs[1]);
	else if (!core_may_serve(path))
		rc = err_set(e, CB_EPERM, "%s is not a file for machines", path);
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		free(dirs[i]);
	if (rc != CB_OK)
		free(path);
	else
		*ret = path;
	return rc;
}

static int read_loader(const char *path, struct strbuf *out, struct err *e)
{
	return file_read(AT_FDCWD, path, WINDOWS_LOADER_MAX, out, e);
}

char *windows_post_install_path(struct sync *s, const struct windows_item *w)
{
	const char *os = item_str(w->t.distro, "os_version"), *kernel = item_str(w->t.distro, "kernel");
	const char *initrd = item_str(w->t.distro, "initrd");
	char *webdir = path_of(v_dict_cstr(s->r.settings, "webdir", "/var/www/cobbler")), *mirror = xasprintf("%s/distro_mirror", webdir);
	bool legacy = str_eq(os, "xp") || str_eq(os, "2003");
	char *tree = tree_of_file(mirror, kernel);
	if (tree == NULL)
		tree = tree_of_file(mirror, initrd);
	if (tree == NULL)
		tree = folder_of(strstr(kernel, "wimboot") != NULL ? initrd : kernel);
	char *path = xasprintf("%s%s/$OEM$/$1/%s", tree, legacy ? "" : "/sources", w->post_install);
	free(webdir);
	free(mirror);
	free(tree);
	return path;
}

/* ---- texts ---- */

static int render(struct sync *s, const struct windows_item *w, const char *name, struct strbuf *out, struct err *e)
{
	char *shown CLEANUP(free_ptr) = xasprintf("%s/%s",
		v_dict_cstr(s->r.settings, "windows_template_dir", "/etc/cobbler/windows"), name);
	char *path CLEANUP(free_ptr) = path_of(shown);
	if (access(path, R_OK) != 0)
		return err_set(e, CB_ENOENT, "the template %s cannot be read: %s", shown, strerror(errno));
	int rc = boot_render_file(&s->r, path, w->vars, out, e);
	if (rc != CB_OK)
		return err_prefix(e, "%s", shown), rc;
	return out->len <= WINDOWS_TEXT_MAX ? CB_OK : err_set(e, CB_ELIMIT, "%s becomes more than %u bytes", shown, WINDOWS_TEXT_MAX);
}

int windows_make_post_install(struct sync *s, struct windows_item *w, const char *rel, struct err *e)
{
	struct strbuf text CLEANUP(sb_free) = { 0 };
	int rc = render(s, w, "post_inst_cmd.template", &text, e);
	if (rc != CB_OK)
		return rc;
	say(s, "Build post install script: %s", rel);
	return tree_write(&s->tree, rel, sb_str(&text), text.len, e);
}

/* A file below webdir as well, and no link: machines get it from a share of that folder, which does not lead out of it. */
int windows_make_answer(struct sync *s, struct windows_item *w, const char *rel, struct err *e)
{
	struct strbuf text CLEANUP(sb_free) = { 0 };
	char *webdir CLEANUP(free_ptr) = path_of(v_dict_cstr(s->r.settings, "webdir", "/var/www/cobbler"));
	char *web CLEANUP(free_ptr) = xasprintf("%s/%s", webdir, rel);
	int rc = render(s, w, "answerfile.template", &text, e);
	if (rc != CB_OK)
		return rc;
	say(s, "Build answer file: %s/%s", s->tree.shown, rel);
	rc = tree_write(&s->tree, rel, sb_str(&text), text.len, e);
	return rc == CB_OK ? tree_write(&s->tree, web, sb_str(&text), text.len, e) : rc;
}

/* ---- loaders ---- */

static void link_it(struct sync *s, const struct windows_item *w, const char *rel)
{
	char *path CLEANUP(free_ptr) = xasprintf("%s/%s", s->tree.real, rel);
	link_for_web(s, item_name(w->t.distro), path);
}

int windows_make_wimboot(struct sync *s, struct windows_item *w, const char *rel, struct err *e)
{
	const char *how;
	char *from CLEANUP(free_ptr) = xasprintf("%s/%s", s->tree.real, w->kernel);
	if (access(from, R_OK) != 0)
		return err_set(e, CB_ENOENT, "the boot loader %s/%s is not there: put it into %s, and sync again", s->tree.shown, w->kernel,
			v_dict_cstr(s->r.settings, "bootloaders_dir", "/var/lib/cobbler/loaders"));
	int rc = tree_copy(&s->tree, rel, from, &how, e);
	if (rc != CB_OK)
		return rc;
	if (*how != '\0')
		say(s, "%s %s/%s -> %s/%s", how, s->tree.shown, w->kernel, s->tree.shown, rel);
	link_it(s, w, rel);
	return CB_OK;
}

static int make_legacy_loader(const struct windows_item *w, struct strbuf *b)
{
	if (*w->answerfile != '\0')
		windows_rename(b->p, b->len, "winnt.sif", w->answerfile);
	return CB_OK;
}

/* wimboot gives bootmgr.exe its files by their usual names, and does not care for a checksum. */
static int make_bootmgr(const struct windows_item *w, struct strbuf *b, const char *path, struct err *e)
{
	if (w->wimboot)
		return CB_OK;
	windows_rename_bcd(b->p, b->len, *w->bcd != '\0' ? w->bcd : "bcd");
	return windows_pe_checksum(b->p, b->len, path, e);
}

int windows_make_loader(struct sync *s, struct windows_item *w, const char *rel, struct err *e)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	char *from CLEANUP(free_ptr) = NULL;
	int rc = find_source(w, w->legacy ? "setupldr.exe" : "bootmgr.exe", &from, e);
	if (rc == CB_ENOENT && !w->legacy && w->wimboot && str_ends(w->bootmgr, ".efi"))
		rc = find_source(w, "bootmgr.efi", &from, e);
	if (rc == CB_OK)
		rc = read_loader(from, &b, e);
	if (rc == CB_OK)
		rc = w->legacy ? make_legacy_loader(w, &b) : make_bootmgr(w, &b, from, e);
	if (rc != CB_OK)
		return rc;
	say(s, "Build Loader: %s/%s from %s", s->tree.shown, rel, from);
	rc = tree_write(&s->tree, rel, sb_str(&b), b.len, e);
	if (rc == CB_OK)
		link_it(s, w, rel);
	return rc;
}

int windows_make_kernel(struct sync *s, struct windows_item *w, const char *rel, struct err *e)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	const char *kernel = item_str(w->t.distro, "kernel");
	int rc = core_may_serve(kernel) ? read_loader(kernel, &b, e) : err_set(e, CB_EPERM, "%s is not a file for machines", kernel);
	if (rc != CB_OK)
		return rc;
	windows_rename(b.p, b.len, w->legacy ? "NTLDR" : "bootmgr.exe", w->bootmgr);
	say(s, "Build PXEBoot: %s/%s from %s", s->tree.shown, rel, kernel);
	rc = tree_write(&s->tree, rel, sb_str(&b), b.len, e);
	if (rc == CB_OK)
		link_it(s, w, rel);
	return rc;
}

/* ---- what a child makes ---- */

static void remove_scratch(const char *dir)
{
	DIR *d = opendir(dir);
	for (struct dirent *de; d != NULL && (de = readdir(d)) != NULL; )
		if (!str_eq(de->d_name, ".") && !str_eq(de->d_name, ".."))
			unlinkat(dirfd(d), de->d_name, 0);
	if (d != NULL)
		closedir(d);
	rmdir(dir);
}

static bool cancelled(void *arg)
{
	struct sync *s = arg;
	return s->t != NULL && task_cancelled(s->t);
}

/* A fresh folder beside rel. What a crash left there goes. */
static int open_scratch(struct sync *s, const char *rel, char **dir, struct err *e)
{
	char *folder CLEANUP(free_ptr) = folder_of(rel);
	int rc = tree_mkdir(&s->tree, folder, e);
	if (rc != CB_OK)
		return rc;
	*dir = xasprintf("%s/%s/" SCRATCH, s->tree.real, folder);
	remove_scratch(*dir);
	return mkdir(*dir, 0700) == 0 ? CB_OK : err_sys(e, "%s", *dir);
}

/* The state of a source and all that goes into a file, in a few bytes that are the same for the same. */
static int inputs_of(const char *from, const void *p, size_t n, uint64_t max, char ret[static 33], struct err *e)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	struct strbuf all CLEANUP(sb_free) = { 0 };
	struct stat st;
	if (stat(from, &st) != 0)
		return err_sys(e, "%s", from);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > max)
		return err_set(e, CB_ELIMIT, "%s is no file of at most %llu bytes", from, (unsigned long long)max);
	sb_addf(&all, "%s %llu %llu %lld %lld.%09ld ", from, (unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
		(long long)st.st_size, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	sb_add(&all, p, n);
	SHA256((const unsigned char *)all.p, all.len, hash);
	for (int i = 0; i < 16; i++)
		snprintf(ret + 2 * i, 3, "%02x", hash[i]);
	return CB_OK;
}

int windows_make_bcd_file(struct sync *s, struct windows_item *w, const char *rel, struct err *e)
{
	const char *distro = item_name(w->t.distro), *sdi = item_str(w->t.distro, "initrd"), *slash = strrchr(sdi, '/');
	char *at = w->wimboot ? xstrdup("/Boot") : xasprintf("/images/%s", distro), *from = NULL, *scratch = NULL;
	char *image = xasprintf("%s/%s", at, *w->winpe != '\0' ? w->winpe : "winpe.wim");
	char *disk = xasprintf("%s/%s", at, slash != NULL ? slash + 1 : sdi);
	char *both = xasprintf("%s\n%s", image, disk), inputs[33];
	int rc = find_source(w, "bcd", &from, e);
	if (rc == CB_OK)
		rc = inputs_of(from, both, strlen(both), WINDOWS_BCD_MAX, inputs, e);
	if (rc == CB_OK && !tree_is_made(&s->tree, rel, inputs)) {
		say(s, "Build BCD: %s/%s from %s for %s", s->tree.shown, rel, from, image);
		if ((rc = open_scratch(s, rel, &scratch, e)) == CB_OK) {
			const struct windows_run r = { .scratch = scratch, .cancelled = cancelled, .arg = s };
			rc = windows_make_bcd(&r, from, w->bcd, image, disk, e);
		}
		if (rc == CB_OK)
			rc = tree_place(&s->tree, rel, scratch, w->bcd, inputs, e);
	}
	if (scratch != NULL)
		remove_scratch(scratch);
	if (rc == CB_OK)
		link_it(s, w, rel);
	free(at);
	free(from);
	free(scratch);
	free(image);
	free(disk);
	free(both);
	return rc;
}

/* Shares the blocks of the source where the file system can. */
static int copy_image(struct sync *s, const char *from, const char *scratch, const char *name, struct err *e)
{
	char *path CLEANUP(free_ptr) = xasprintf("%s/%s", scratch, name);
	int in CLEANUP(close_fd) = open(from, O_RDONLY | O_CLOEXEC), out CLEANUP(close_fd) = -1;
	if (in < 0 || (out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644)) < 0)
		return err_sys(e, "%s -> %s", from, path);
	if (tree_clone(in, out))
		return CB_OK;
	blocking_begin();
	int rc = CB_OK;
	ssize_t n;
	while ((n = copy_file_range(in, NULL, out, NULL, COPY_STEP, 0)) > 0 && !cancelled(s))
		;
	if (n < 0 && copy_all(in, out) != 0)               /* between these two file systems only by reading and writing */
		rc = err_sys(e, "%s -> %s", from, path);
	else if (n > 0)
		rc = err_set(e, CB_EBUSY, "the sync was cancelled");
	blocking_end();
	return rc;
}

int windows_make_image(struct sync *s, struct windows_item *w, const char *rel, struct err *e)
{
	struct strbuf text CLEANUP(sb_free) = { 0 };
	char *from = NULL, *scratch = NULL, inputs[33];
	int rc = find_source(w, "winpe.wim", &from, e);
	if (rc == CB_OK)
		rc = render(s, w, "startnet.template", &text, e);
	if (rc == CB_OK)
		rc = inputs_of(from, sb_str(&text), text.len, WINDOWS_WIM_MAX, inputs, e);
	if (rc == CB_OK && !tree_is_made(&s->tree, rel, inputs)) {
		say(s, "Build WinPE: %s/%s from %s", s->tree.shown, rel, from);
		rc = open_scratch(s, rel, &scratch, e);
		if (rc == CB_OK)
			rc = copy_image(s, from, scratch, w->winpe, e);
		if (rc == CB_OK) {
			const struct windows_run r = { .scratch = scratch, .cancelled = cancelled, .arg = s };
			rc = windows_put_startnet(&r, w->winpe, sb_str(&text), text.len, e);
		}
		if (rc == CB_OK)
			rc = tree_place(&s->tree, rel, scratch, w->winpe, inputs, e);
	}
	if (scratch != NULL)
		remove_scratch(scratch);
	if (rc == CB_OK)
		link_it(s, w, rel);
	free(from);
	free(scratch);
	return rc;
}
