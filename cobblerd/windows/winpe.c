/* SPDX-License-Identifier: GPL-2.0-or-later
 * winpe.c - the small Windows that runs Setup: taken from install media, and given a start script.
 *
 * One thread and no more: the sandbox has none to give. Names in an image are compared without case, as Windows does.
 */
#include "windows/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "windows/libs.h"
#include "windows/limits.h"

#define SCRIPT_DIR "/Windows/System32"
#define SCRIPT SCRIPT_DIR "/startnet.cmd"
#define REGISTRY "/Windows/System32/config/SOFTWARE"
#define TAKEN "taken"                            /* folder for what comes out of an image */

static int failed(struct err *e, const char *what, int code)
{
	return err_set(e, CB_EPARSE, "%s: %s", what, wim.get_error_string((enum wimlib_error_code)code));
}

static void start(void)
{
	wim.global_init(WIMLIB_INIT_FLAG_ASSUME_UTF8 | WIMLIB_INIT_FLAG_DEFAULT_CASE_INSENSITIVE);
	wim.set_print_errors(false);
}

struct found { char *path; bool file; uint64_t size; };

static int note(const struct wimlib_dir_entry *entry, void *arg)
{
	*(struct found *)arg = (struct found){ .path = xstrdup(entry->full_path), .size = entry->streams[0].resource.uncompressed_size,
		.file = (entry->attributes & (WIMLIB_FILE_ATTRIBUTE_DIRECTORY | WIMLIB_FILE_ATTRIBUTE_REPARSE_POINT)) == 0 };
	return 0;
}

/* What the image has there; path: as it writes it (owned), NULL: there is none. */
static struct found look(WIMStruct *w, int image, const char *path)
{
	struct found f = { 0 };
	if (wim.iterate_dir_tree(w, image, path, 0, note, &f) != 0)
		free_ptr(&f.path);
	return f;
}

/* A path as the image writes it (owned); NULL: there is none. */
static char *find(WIMStruct *w, int image, const char *path)
{
	return look(w, image, path).path;
}

/* The image that starts; the first one where none is marked. */
static int boot_image(WIMStruct *w, int *image, struct err *e)
{
	struct wimlib_wim_info info;
	int code = wim.get_wim_info(w, &info);
	if (code != 0)
		return failed(e, "the description of the image cannot be read", code);
	if (info.image_count == 0)
		return err_set(e, CB_EPARSE, "there is no image in it");
	*image = info.boot_index != 0 && info.boot_index <= info.image_count ? (int)info.boot_index : 1;
	return CB_OK;
}

static int put_script(WIMStruct *w, const char *script, struct err *e)
{
	int image = 1, rc = boot_image(w, &image, e);
	if (rc != CB_OK)
		return rc;
	char *path = find(w, image, SCRIPT), *dir = path == NULL ? find(w, image, SCRIPT_DIR) : NULL;
	if (path == NULL && dir != NULL)
		path = xasprintf("%s/startnet.cmd", dir);
	int code = path != NULL ? wim.add_tree(w, image, script, path, 0) : 0;
	if (path == NULL)
		rc = err_set(e, CB_EPARSE, "image %d in it has no folder %s: it is no WinPE", image, SCRIPT_DIR);
	else if (code != 0 || (code = wim.overwrite(w, 0, 1)) != 0)
		rc = failed(e, "startnet.cmd cannot be put into it", code);
	free(path);
	free(dir);
	return rc;
}

int winpe_put_startnet(const char *name, const char *script, struct err *e)
{
	WIMStruct *w = NULL;
	start();
	int code = wim.open_wim(name, WIMLIB_OPEN_FLAG_WRITE_ACCESS, &w);
	if (code != 0)
		return failed(e, "it cannot be opened", code);
	int rc = put_script(w, script, e);
	wim.free(w);
	return rc;
}

/* ---- from boot.wim ---- */

/* The one regular file in the folder TAKEN gets name. What else an image puts there (a link, say) is refused. */
static int rename_taken(const char *name, struct err *e)
{
	struct stat st;
	int rc = CB_ENOENT;
	DIR *d = opendir(TAKEN);
	if (d == NULL)
		return err_sys(e, "%s", TAKEN);
	for (struct dirent *de; rc == CB_ENOENT && (de = readdir(d)) != NULL; ) {
		if (strcasecmp(de->d_name, name) != 0)
			continue;
		if (fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
			rc = err_set(e, CB_EPARSE, "%s in it is no file", name);
		else
			rc = renameat(dirfd(d), de->d_name, AT_FDCWD, name) == 0 ? CB_OK : err_sys(e, "%s", name);
	}
	closedir(d);
	return rc == CB_ENOENT ? err_set(e, CB_ENOENT, "there is no %s in it", name) : rc;
}

/* A few bytes of an image may stand for any number, and a folder for any number of files. */
static int check_found(const struct found *f, const char *path, const char *name, uint64_t max, struct err *e)
{
	if (f->path == NULL)
		return err_set(e, CB_ENOENT, "there is no %s in it", path);
	if (!f->file)
		return err_set(e, CB_EPARSE, "%s in it is no file", name);
	return f->size <= max ? CB_OK : err_set(e, CB_ELIMIT, "%s in it has %llu bytes, at most %llu are expected", name,
		(unsigned long long)f->size, (unsigned long long)max);
}

/* A file of the first image, as name; CB_ENOENT: the image has none. */
static int take(WIMStruct *w, const char *path, const char *name, uint64_t max, struct err *e)
{
	struct found found = look(w, 1, path);
	int rc = check_found(&found, path, name, max, e);
	if (rc != CB_OK) {
		free(found.path);
		return rc;
	}
	const wimlib_tchar *const paths[] = { found.path };
	int code = wim.extract_paths(w, 1, TAKEN, paths, 1, WIMLIB_EXTRACT_FLAG_NO_ACLS | WIMLIB_EXTRACT_FLAG_NO_ATTRIBUTES |
		WIMLIB_EXTRACT_FLAG_NORPFIX | WIMLIB_EXTRACT_FLAG_NO_PRESERVE_DIR_STRUCTURE);
	free(found.path);
	return code == 0 ? rename_taken(name, e) : failed(e, path, code);
}

/* The registry, changed, as the file "software"; *path (owned): what the image calls it. */
static int take_registry(WIMStruct *w, char **path, struct err *e)
{
	int rc = take(w, REGISTRY, "software", WINDOWS_HIVE_MAX, e);
	if (rc == CB_OK)
		rc = registry_for_network("software", e);
	if (rc == CB_OK)
		*path = find(w, 1, REGISTRY);
	return rc;
}

static int take_loaders(WIMStruct *w, struct err *e)
{
	static const struct { const char *path, *name; } loaders[] = {
		{ "/Windows/Boot/PXE/pxeboot.n12", "pxeboot.n12" },
		{ "/Windows/Boot/PXE/bootmgr.exe", "bootmgr.exe" },
		{ "/Windows/Boot/EFI/bootmgr.efi", "bootmgr.efi" },
	};
	int rc = CB_OK;
	for (size_t i = 0; rc == CB_OK && i < ARRAY_LEN(loaders); i++) {
		rc = take(w, loaders[i].path, loaders[i].name, WINDOWS_LOADER_MAX, e);
		if (rc == CB_ENOENT)
			rc = CB_OK;              /* machines of ARM have no BIOS */
	}
	return rc;
}

/* The first image of old, alone in a new file. The registry is changed in memory before: an image that two have cannot be. */
static int write_image(WIMStruct *old, const char *registry, struct err *e)
{
	struct wimlib_wim_info info;
	WIMStruct *w = NULL;
	int code = wim.get_wim_info(old, &info);
	if (code == 0)
		code = wim.add_tree(old, 1, "software", registry, 0);
	if (code == 0)
		code = wim.create_new_wim((enum wimlib_compression_type)info.compression_type, &w);
	if (code == 0)
		code = wim.export_image(old, 1, w, NULL, NULL, WIMLIB_EXPORT_FLAG_BOOT);
	if (code == 0)
		code = wim.write(w, "winpe.wim", WIMLIB_ALL_IMAGES, 0, 1);
	if (w != NULL)
		wim.free(w);
	return code == 0 ? CB_OK : failed(e, "its first image cannot be written to winpe.wim", code);
}

int winpe_make(const char *boot_wim, struct err *e)
{
	WIMStruct *w = NULL;
	char *registry = NULL;
	start();
	int code = wim.open_wim(boot_wim, 0, &w);
	if (code != 0)
		return failed(e, "it cannot be opened", code);
	int rc = mkdir(TAKEN, 0700) == 0 ? take_loaders(w, e) : err_sys(e, "%s", TAKEN);
	if (rc == CB_OK)
		rc = take_registry(w, &registry, e);
	if (rc == CB_OK)
		rc = write_image(w, registry, e);
	wim.free(w);
	free(registry);
	return rc;
}
