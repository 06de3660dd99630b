/* SPDX-License-Identifier: GPL-2.0-or-later
 * windows.c - what netboots Windows is inside sources/boot.wim of its media: it is put into boot/, beside boot.sdi and bcd.
 *
 * compat: import_winpe and add_entry of 3.3.7's import_signatures.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "import/internal.h"
#include "model/signatures.h"
#include "windows/windows.h"

#define SCRATCH ".import-windows"

static bool cancelled(void *task)
{
	return task_cancelled(task);
}

static char *find_in(const char *dir, const char *name)
{
	char *found CLEANUP(free_ptr) = file_find_case(dir, name);
	return xasprintf("%s/%s", dir, found != NULL ? found : name);
}

static int move_all(struct import *im, const char *scratch, const char *boot, struct err *e)
{
	static const char *const made[] = { "winpe.wim", "pxeboot.n12", "bootmgr.exe", "bootmgr.efi" };
	int rc = CB_OK;
	for (size_t i = 0; rc == CB_OK && i < ARRAY_LEN(made); i++) {
		struct stat st;
		char *from CLEANUP(free_ptr) = xasprintf("%s/%s", scratch, made[i]);
		char *to CLEANUP(free_ptr) = xasprintf("%s/%s", boot, made[i]);
		if (lstat(from, &st) != 0 || !S_ISREG(st.st_mode)) {
			task_log(im->t, "sources/boot.wim has no %s", made[i]);
			continue;
		}
		if (chmod(from, 0644) != 0 || rename(from, to) != 0)
			rc = err_sys(e, "%s", to);
		else
			task_log(im->t, "boot/%s comes from sources/boot.wim", made[i]);
	}
	return rc;
}

/* Kernels that were to be wimboot, for want of any, are the medium's own loader now. */
static void use_loader(struct import *im, const char *boot)
{
	char *loader CLEANUP(free_ptr) = xasprintf("%s/pxeboot.n12", boot);
	struct value *found = v_copy(im->found), *kernels = v_list();
	const struct value *old = v_dict_get(im->found, "kernels");
	for (size_t i = 0; i < v_len(old); i++) {
		struct value *k = v_copy(v_list_at(old, i));
		if (str_eq(v_dict_cstr(k, "kernel", ""), "@wimboot") && access(loader, R_OK) == 0)
			v_dict_set(k, "kernel", v_strf("%s/pxeboot.n12", strrchr(boot, '/') + 1));
		v_list_push(kernels, k);
	}
	v_dict_set(found, "kernels", kernels);
	v_unref(im->found);
	im->found = found;
}

static bool wants_wimboot(const struct value *found)
{
	struct value *sig = signature_find(v_dict_cstr(found, "breed", ""), v_dict_cstr(found, "os_version", ""));
	bool wants = strstr(v_dict_cstr(sig, "kernel_file", ""), "wimboot") != NULL;
	v_unref(sig);
	return wants;
}

int import_prepare_windows(struct import *im, struct err *e)
{
	struct stat st;
	if (!str_eq(v_dict_cstr(im->found, "breed", ""), "windows") || im->remote)
		return CB_OK;
	const char *root = im->staging != NULL ? im->staging : im->target;
	char *sources CLEANUP(free_ptr) = find_in(root, "sources"), *image CLEANUP(free_ptr) = find_in(sources, "boot.wim");
	char *boot CLEANUP(free_ptr) = find_in(root, "boot"), *scratch CLEANUP(free_ptr) = xasprintf("%s/" SCRATCH, boot);
	if (lstat(image, &st) != 0 || !S_ISREG(st.st_mode))
		return CB_OK;        /* XP and 2003, or a tree without it */
	if (mkdir(boot, 0755) != 0 && errno != EEXIST)
		return err_sys(e, "%s", boot);
	import_remove_tree(scratch);
	if (mkdir(scratch, 0700) != 0)
		return err_sys(e, "%s", scratch);
	task_log(im->t, "taking WinPE out of sources/boot.wim");
	const struct windows_run r = { .scratch = scratch, .cancelled = cancelled, .arg = im->t };
	int rc = windows_make_winpe(&r, image, e);
	if (rc == CB_OK)
		rc = move_all(im, scratch, boot, e);
	import_remove_tree(scratch);
	if (rc == CB_OK && !wants_wimboot(im->found))
		use_loader(im, boot);
	return rc;
}

/* By default everything comes by way of iPXE's wimboot, over HTTP. */
struct value *import_windows_meta(const struct import *im, const char *name, const char *kernel)
{
	const char *os = v_dict_cstr(im->found, "os_version", "");
	bool wimboot = strstr(kernel, "wimboot") != NULL;
	const char *bootmgr = wimboot ? "bootmgr.efi" : "bootmgr.exe";
	const char *const needed[] = { bootmgr, "bcd", "winpe.wim" };
	char *boot CLEANUP(free_ptr) = find_in(im->target, "boot");
	if (!str_eq(v_dict_cstr(im->found, "breed", ""), "windows"))
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
		char *path CLEANUP(free_ptr) = find_in(boot, needed[i]);
		if (access(path, R_OK) != 0)
			return NULL;
	}
	struct value *meta = v_dict();
	if (str_eq(os, "xp") || str_eq(os, "2003"))
		v_dict_set(meta, "kernel", v_str("pxeboot.0"));
	else
		v_dict_set(meta, "kernel", v_strf("http://@@http_server@@/images/%s/wimboot", name));
	v_dict_set(meta, "bootmgr", v_str(bootmgr));
	v_dict_set(meta, "bcd", v_str("bcd"));
	v_dict_set(meta, "winpe", v_str("winpe.wim"));
	v_dict_set(meta, "answerfile", v_str("autounattended.xml"));
	v_dict_set(meta, "post_install_script", v_str("post_install.cmd"));
	return meta;
}
