/* SPDX-License-Identifier: GPL-2.0-or-later
 * run.c - one import from options to items: check, fetch beside the final place, move there, register; or take
 * everything back. A second import under the same name refreshes the tree: the items that are there stay as they are.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "import/internal.h"
#include "import/limits.h"
#include "import/naming.h"
#include "import/mediainfo.h"
#include "model/signatures.h"

static char *option(const struct value *options, const char *key)
{
	return xstrdup(v_dict_cstr(options, key, ""));
}

static void import_free(struct import *im)
{
	char **texts[] = { &im->name, &im->path, &im->arch, &im->breed, &im->os_version, &im->autoinstall,
		&im->available_as, &im->rsync_flags, &im->mirror, &im->webdir, &im->target, &im->staging };
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		free_ptr(texts[i]);
	v_unref(im->settings);
	v_unref(im->found);
	v_unref(im->distros);
	v_unref(im->files);
}

/* The characters that Cobbler allows in item names; a leading dot would hide the tree. */
static bool name_ok(const char *s)
{
	if (!isalnum((unsigned char)*s) && *s != '_')
		return false;
	for (; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && strchr("_-.:", *s) == NULL)
			return false;
	return true;
}

static int check_available_as(struct import *im, struct err *e)
{
	static const char *const roots[] = { "nfs://", "ftp://", "http://", "https://" };
	const char *a = im->available_as;
	if (*a == '\0')
		return CB_OK;
	im->remote = true;
	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		if (!str_starts(a, roots[i]))
			continue;
		const char *second = strchr(a + strlen(roots[i]), ':');
		if (i == 0 && second == NULL)
			return err_set(e, CB_EINVAL,
				"Network root given to --available-as is missing a colon, please see the manpage "
				"example.");
		for (const char *p = a; *p != '\0'; p++)
			if ((unsigned char)*p <= 0x20 || *p == 0x7f)
				return err_set(
					e, CB_EINVAL, "available_as: \"%s\" has blanks or control characters", a);
		return CB_OK;
	}
	return err_set(e, CB_EINVAL,
		"Network root given to --available-as must be nfs://, ftp://, http://, or https:// (given was \"%s\")",
		a);
}

static int check_what(struct import *im, struct err *e)
{
	struct value *breed = NULL, *version = NULL;
	if (*im->os_version != '\0' && *im->breed == '\0')
		return err_set(e, CB_EINVAL, "OS version can only be specified when a specific breed is selected");
	int rc = signatures_check_breed(im->breed, &breed, e);
	if (rc == CB_OK && *im->breed != '\0') {
		free(im->breed);
		im->breed = xstrdup(v_cstr(breed));
		rc = signatures_check_os_version(im->os_version, im->breed, &version, e);
		if (rc == CB_OK) {
			free(im->os_version);
			im->os_version = xstrdup(v_cstr(version));
		}
	}
	v_unref(breed);
	v_unref(version);
	if (rc == CB_OK && *im->arch != '\0' && info_arch(im->arch) == NULL)
		rc = err_set(e, CB_EINVAL,
			"arch: \"%s\" is not known; choices are i386, x86_64, ia64, ppc, ppc64, ppc64le, ppc64el, "
			"s390, s390x, "
			"arm, aarch64",
			im->arch);
	return rc;
}

/* Before gigabytes are copied: a profile would take this answer file. */
static int check_autoinstall(struct import *im, struct err *e)
{
	if (*im->autoinstall == '\0')
		return CB_OK;
	struct item *probe = item_new(ITEM_PROFILE);
	int rc = import_set_str(im, probe, "autoinstall", im->autoinstall, e);
	item_unref(probe);
	return rc;
}

static int check_options(struct import *im, const struct value *o, struct err *e)
{
	im->name = option(o, "name");
	im->path = option(o, "path");
	im->breed = option(o, "breed");
	im->os_version = option(o, "os_version");
	im->autoinstall = option(o, "autoinstall_file");
	im->available_as = option(o, "available_as");
	im->rsync_flags = option(o, "rsync_flags");
	im->arch = import_arch(v_dict_cstr(o, "arch", ""));
	if (*im->path == '\0')
		return err_set(e, CB_EINVAL, "import failed.  no --path specified");
	if (*im->name == '\0')
		return err_set(e, CB_EINVAL, "import failed.  no --name specified");
	if (!name_ok(im->name) || strlen(im->name) > 200)
		return err_set(e, CB_EINVAL, "Invalid characters in name: '%.200s'", im->name);
	if (str_eq(im->name, "config"))
		return err_set(e, CB_EINVAL, "name: \"config\" is no name for a tree: distro_mirror/config is the folder of .repo files");
	/* compat: an arch given as the packages have it is put in Cobbler's words, where 3.3.7 would not find it on the
	 * medium */
	if (info_arch(im->arch) != NULL && !str_starts(im->arch, "ppc64")) {
		const char *arch = info_arch(im->arch);
		free(im->arch);
		im->arch = xstrdup(arch);
	}
	int rc = check_what(im, e);
	if (rc == CB_OK)
		rc = check_autoinstall(im, e);
	return rc == CB_OK ? check_available_as(im, e) : rc;
}

static void paths(struct import *im)
{
	im->mirror = import_mirror_name(im->name, im->arch);
	im->webdir = path_of(v_dict_cstr(im->settings, "webdir", "/var/www/cobbler"));
	for (size_t n = strlen(im->webdir); n > 1 && im->webdir[n - 1] == '/'; n--)
		im->webdir[n - 1] = '\0';
	im->target = xasprintf("%s/distro_mirror/%s", im->webdir, im->mirror);
}

/* Names are given by what was found, so that they can clash only now; better before the files are moved than after. */
static int check_names(struct import *im, struct err *e)
{
	struct value *names = import_names(im);
	size_t taken = 0;
	const char *first = "";
	for (size_t i = 0; i < v_len(names); i++) {
		struct item *it = model_get(im->c->model, ITEM_DISTRO, v_cstr(v_list_at(names, i)));
		if (it != NULL && taken++ == 0)
			first = v_cstr(v_list_at(names, i));
		item_unref(it);
	}
	int rc = CB_OK;
	if (v_len(names) == 0)
		rc = err_set(e, CB_ENOENT,
			"No distros imported, bailing out: no architecture could be detected in %s; say it with --arch",
			im->path);
	else if (taken == v_len(names) && !im->refresh && !im->in_place)
		rc = err_set(e, CB_EEXIST,
			"skipping import, as distro name already exists: %s. Remove it first, or choose another --name; its tree is not %s",
			first, im->target);
	v_unref(names);
	return rc;
}

static int run(struct import *im, struct err *e)
{
	int rc = import_stage(im, e);
	if (rc == CB_OK)
		rc = import_fetch(im, e);
	if (rc != CB_OK)
		return rc;
	task_log(im->t, "Found %s/%s (%s)", v_dict_cstr(im->found, "breed", ""),
		v_dict_cstr(im->found, "os_version", ""), v_dict_cstr(im->found, "how", ""));
	rc = check_names(im, e);
	if (rc == CB_OK)
		rc = import_prepare_windows(im, e);
	if (rc == CB_OK)
		rc = import_index_repos(im, e);
	if (rc == CB_OK)
		rc = import_place(im, e);
	if (rc == CB_OK && im->refresh)
		task_log(im->t, "refreshed %s", im->target);
	return rc == CB_OK ? import_register(im, e) : rc;
}

int import_run(struct core *c, struct task *t, const struct value *options, struct err *e)
{
	struct import im = {
		.c = c,
		.t = t,
		.settings = settings_snapshot(c->settings),
		.lock = -1,
		.old = -1,
		.distros = v_list(),
		.files = v_list(),
	};
	struct value *own = settings_daemon(c->settings);
	const struct value *limits = v_dict_get(own, "import");
	im.timeout_ms = (int)v_dict_int(limits, "timeout", 7200) * 1000;
	im.max_bytes = v_dict_int(limits, "max_bytes", (int64_t)IMPORT_MAX_BYTES);
	v_unref(own);
	int rc = check_options(&im, options, e);
	if (rc == CB_OK) {
		paths(&im);
		rc = run(&im, e);
	}
	if (rc != CB_OK) {
		import_take_back_files(&im);
		import_unplace(&im);
	}
	/* what was not used: the new files, or after a refresh the old ones */
	if (im.staging != NULL && (!im.placed || im.refresh))
		import_remove_tree(im.staging);
	close_fd(&im.lock);
	close_fd(&im.old);
	import_free(&im);
	return rc;
}
