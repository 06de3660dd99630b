/* SPDX-License-Identifier: GPL-2.0-or-later
 * register.c - from findings to items. compat: add_entry, configure_tree_location and repo_finder of 3.3.7's
 * import_signatures.
 *
 * All of them become one change (core/transaction.c): a failure, a trigger that refuses one of them, or the end of the process leaves none.
 * So the pre-triggers of all items run before the first is there, and the post-triggers when all are; in 3.3.7 the profile's come after the
 * distro's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "core/edit.h"
#include "import/internal.h"
#include "import/naming.h"
#include "model/signatures.h"

/* One distro and its profile in the making. */
struct entry {
	struct import *im;
	const struct value *kernel;  /* one of found.kernels */
	const struct value *sig;
	const char *arch;
	const char *name;
};

static char *entry_name(const struct import *im, const struct value *k, const char *arch)
{
	char *base = import_distro_name(im->remote ? im->name : im->mirror, v_dict_cstr(k, "dir", ""),
		v_dict_cstr(k, "kernel", ""), im->remote);
	char *name = xasprintf("%s-%s", base, arch);
	free(base);
	return name;
}

struct value *import_names(const struct import *im)
{
	struct value *names = v_list();
	const struct value *kernels = v_dict_get(im->found, "kernels");
	for (size_t i = 0; i < v_len(kernels); i++) {
		const struct value *k = v_list_at(kernels, i), *archs = v_dict_get(k, "archs");
		for (size_t j = 0; j < v_len(archs); j++) {
			char *name = entry_name(im, k, v_cstr(v_list_at(archs, j)));
			if (!v_list_has_str(names, name))
				v_list_push(names, v_str(name));
			free(name);
		}
	}
	return names;
}

static int set(struct import *im, struct item *it, const char *field, const struct value *v, struct err *e)
{
	const struct item_ctx ctx = { .model = im->c->model, .settings = im->settings, .path_kind = core_path_kind };
	return item_set_in(&ctx, it, field, v, e);
}

int import_set_str(struct import *im, struct item *it, const char *field, const char *v, struct err *e)
{
	struct value *text = v_str(v);
	int rc = set(im, it, field, text, e);
	v_unref(text);
	return rc;
}

/* set with a value that the caller hands over. */
static int put(struct import *im, struct item *it, const char *field, struct value *v, struct err *e)
{
	int rc = set(im, it, field, v, e);
	v_unref(v);
	return rc;
}

/* Where a path of the child's lies: in the tree, or a loader in the TFTP directory. */
static char *file_path(const struct import *im, const char *path)
{
	if (*path != '@')
		return xasprintf("%s/%s", im->target, path);
	char *tftp = path_of(v_dict_cstr(im->settings, "tftpboot_location", "/srv/tftpboot"));
	char *full = xasprintf("%s/%s", tftp, path + 1);
	free(tftp);
	return full;
}

static int set_file(const struct entry *en, struct item *it, const char *field, struct err *e)
{
	struct stat st;
	const char *rel = v_dict_cstr(en->kernel, field, "");
	char *full = file_path(en->im, rel);
	int rc = stat(full, &st) == 0 && S_ISREG(st.st_mode) ? import_set_str(en->im, it, field, full, e)
		 : *rel == '@'
			 ? err_set(e, CB_ENOENT,
				   "this system boots through %s, which is not there: put it at %s and import again",
				   rel + 1, full)
			 : err_set(e, CB_ENOENT, "the %s %s has gone", field, full);
	free(full);
	return rc;
}

static struct value *boot_files(const struct import *im)
{
	struct value *d = v_dict();
	const struct value *files = v_dict_get(im->found, "boot_files");
	for (size_t i = 0; i < v_len(files); i++) {
		char *key = xasprintf("$local_img_path/%s", v_dict_key(files, i));
		v_dict_set(d, key, v_strf("%s/%s", im->target, v_cstr(v_dict_at(files, i))));
		free(key);
	}
	return d;
}

/* compat: the signatures of ESXi name a template that 3.3.7 does not ship, and its import fails on that; what is not
 * there is left out. */
static struct value *template_files(const struct entry *en)
{
	const char *text = v_dict_cstr(en->sig, "template_files", "");
	struct value *d = v_dict();
	while (*text != '\0') {
		size_t n = strcspn(text, " ,"), eq = strcspn(text, "=");
		char *source = xstrndup(text, eq < n ? eq : n), *here = path_of(source);
		if (eq < n && *source == '/' && access(here, R_OK) == 0)
			v_dict_setn(d, source, strlen(source), v_strn(text + eq + 1, n - eq - 1));
		else if (eq < n)
			task_log(en->im->t, "template file %s does not exist: left out", source);
		free(source);
		free(here);
		text += n + strspn(text + n, " ,");
	}
	return d;
}

/* The tree that installers fetch from, and the link by which we serve it. */
static int set_tree(const struct entry *en, struct item *it, struct err *e)
{
	struct import *im = en->im;
	struct value *meta = v_dict();
	if (im->remote) {
		/* compat: the root without its slash, and the tail "/" */
		size_t n = strlen(im->available_as);
		while (n > 0 && im->available_as[n - 1] == '/')
			n--;
		v_dict_set(meta, "tree", v_strf("%.*s/", (int)n, im->available_as));
		return put(im, it, "autoinstall_meta", meta, e);
	}
	char *links = xasprintf("%s/links", im->webdir), *link = xasprintf("%s/%s", links, en->name);
	int rc = dir_make(links, 0755, e);
	if (rc == CB_OK && symlink(im->target, link) == 0) {
		task_log(im->t, "trying symlink: %s -> %s", im->target, link);
		v_list_push(im->files, v_str(link));
	} else if (rc == CB_OK && errno == EEXIST) {
		/* a link left over from a distro that is gone; one that leads elsewhere would serve the wrong tree */
		char to[PATH_MAX];
		ssize_t k = readlink(link, to, sizeof(to) - 1);
		to[k > 0 ? k : 0] = '\0';
		if (!str_eq(to, im->target) && (k <= 0 || unlink(link) != 0 || symlink(im->target, link) != 0))
			rc = err_set(e, CB_EEXIST, "%s exists already and does not lead to %s", link, im->target);
		else if (!str_eq(to, im->target))
			v_list_push(im->files, v_str(link));
	} else if (rc == CB_OK) {
		rc = err_sys(e, "cannot create the link %s", link);
	}
	free(links);
	free(link);
	v_dict_set(meta, "tree", v_strf("http://@@http_server@@/cblr/links/%s", en->name));
	if (rc == CB_OK)
		return put(im, it, "autoinstall_meta", meta, e);
	v_unref(meta);
	return rc;
}

static int fill_distro(const struct entry *en, struct item *it, struct err *e)
{
	struct import *im = en->im;
	const char *breed = v_dict_cstr(im->found, "breed", ""), *version = v_dict_cstr(im->found, "os_version", "");
	int rc = import_set_str(im, it, "name", en->name, e);
	if (rc == CB_OK)
		rc = set_file(en, it, "kernel", e);
	if (rc == CB_OK)
		rc = set_file(en, it, "initrd", e);
	if (rc == CB_OK)
		rc = import_set_str(im, it, "arch", en->arch, e);
	if (rc == CB_OK)
		rc = import_set_str(im, it, "breed", breed, e);
	if (rc == CB_OK)
		rc = import_set_str(im, it, "os_version", version, e);
	if (rc == CB_OK)
		rc = import_set_str(im, it, "kernel_options", v_dict_cstr(en->sig, "kernel_options", ""), e);
	if (rc == CB_OK)
		rc = import_set_str(im, it, "kernel_options_post", v_dict_cstr(en->sig, "kernel_options_post", ""), e);
	if (rc == CB_OK)
		rc = put(im, it, "template_files", template_files(en), e);
	if (rc == CB_OK)
		rc = put(im, it, "boot_files", boot_files(im), e);
	if (rc == CB_OK)
		rc = set_tree(en, it, e);
	if (rc == CB_OK && strstr(v_dict_cstr(im->found, "how", ""), "not known") != NULL)
		rc = import_set_str(im, it, "comment", v_dict_cstr(im->found, "how", ""), e);
	if (rc == CB_OK)
		item_put(it, "tree_build_time", v_float(clock_wall()));
	return rc;
}

/* The answer file: the operator's, else the signature's default when this site has it. */
static int set_autoinstall(const struct entry *en, struct item *it, struct err *e)
{
	struct import *im = en->im;
	if (*im->autoinstall != '\0')
		return import_set_str(im, it, "autoinstall", im->autoinstall, e);
	const char *name = v_dict_cstr(en->sig, "default_autoinstall", "");
	char *dir = path_of(v_dict_cstr(im->settings, "autoinstall_templates_dir", "/var/lib/cobbler/templates"));
	char *full = xasprintf("%s/%s", dir, name);
	bool there = *name != '\0' && access(full, F_OK) == 0;
	if (*name != '\0' && !there)
		task_log(im->t, "no answer file %s: set the profile's autoinstall by hand", full);
	free(dir);
	free(full);
	return import_set_str(im, it, "autoinstall", there ? name : "", e);
}

static int make_profile(const struct entry *en, struct err *e)
{
	struct import *im = en->im;
	struct item *old = model_get(im->c->model, ITEM_PROFILE, en->name);
	item_unref(old);
	if (old != NULL) {
		task_log(im->t, "skipping existing profile, name already exists: %s", en->name);
		return CB_OK;
	}
	task_log(im->t, "creating new profile: %s", en->name);
	struct item *it = NULL;
	const char *virt = strstr(en->name, "-xen") != NULL     ? "xenpv"
			   : strstr(en->name, "vmware") != NULL ? "vmware"
								: "kvm";
	int rc = edit_new(im->c, ITEM_PROFILE, &it, e);
	if (rc == CB_OK)
		rc = import_set_str(im, it, "name", en->name, e);
	if (rc == CB_OK)
		rc = import_set_str(im, it, "distro", en->name, e);
	if (rc == CB_OK)
		rc = set_autoinstall(en, it, e);
	if (rc == CB_OK)
		rc = import_set_str(im, it, "virt_type", virt, e);
	struct value *meta = rc == CB_OK ? import_windows_meta(im, en->name, v_dict_cstr(en->kernel, "kernel", "")) : NULL;
	if (meta != NULL)
		rc = put(im, it, "autoinstall_meta", meta, e);
	if (rc == CB_OK)
		rc = edit_save(im->c, it, true, true, e);
	item_unref(it);
	return rc;
}

static int make_entry(const struct entry *en, struct err *e)
{
	struct import *im = en->im;
	CLEANUP(item_unrefp) struct item *old = model_get(im->c->model, ITEM_DISTRO, en->name);
	if (old != NULL) {
		CLEANUP(item_list_free) struct item_list below = model_descendants(im->c->model, old);
		task_log(im->t, "skipping import, as distro name already exists: %s", en->name);
		return below.n == 0 ? make_profile(en, e) : CB_OK;      /* none: an import was cut off between the two */
	}
	if (strstr(en->name, "-autoboot") != NULL)
		return CB_OK;         /* compat: an artefact of EL 3 media */
	task_log(im->t, "creating new distro: %s", en->name);
	struct item *it = item_new(ITEM_DISTRO);
	int rc = fill_distro(en, it, e);
	if (rc == CB_OK)
		rc = edit_save(im->c, it, true, true, e);
	if (rc == CB_OK)
		v_list_push(im->distros, v_str(en->name));
	item_unref(it);
	return rc == CB_OK ? make_profile(en, e) : rc;
}

/* Repositories come last, over the distros made, as in repo_finder. */
static int add_repos(struct import *im, struct err *e)
{
	int rc = CB_OK;
	if (im->remote)
		return CB_OK;
	task_log(im->t, "associating repos");
	for (size_t i = 0; rc == CB_OK && i < v_len(im->distros); i++) {
		CLEANUP(item_unrefp) struct item *it = model_get(im->c->model, ITEM_DISTRO, v_cstr(v_list_at(im->distros, i)));
		rc = import_repos(im, it, e);
	}
	return rc;
}

static int register_all(struct import *im, struct err *e)
{
	const struct value *kernels = v_dict_get(im->found, "kernels");
	struct value *sig =
		signature_find(v_dict_cstr(im->found, "breed", ""), v_dict_cstr(im->found, "os_version", ""));
	int rc = CB_OK;
	task_log(im->t, "Adding distros from path %s:", im->target);
	for (size_t i = 0; rc == CB_OK && i < v_len(kernels); i++) {
		const struct value *k = v_list_at(kernels, i), *archs = v_dict_get(k, "archs");
		for (size_t j = 0; rc == CB_OK && j < v_len(archs); j++) {
			struct entry en = { .im = im, .kernel = k, .sig = sig, .arch = v_cstr(v_list_at(archs, j)) };
			char *name = entry_name(im, k, en.arch);
			en.name = name;
			rc = make_entry(&en, e);
			free(name);
		}
	}
	if (rc == CB_OK && edit_pending(im->c) == 0 && (im->refresh || im->in_place))
		task_log(im->t, "No distros imported, bailing out");
	else if (rc == CB_OK && edit_pending(im->c) == 0)
		rc = err_set(e, CB_ENOENT, "No distros imported, bailing out");
	if (rc == CB_OK)
		rc = add_repos(im, e);
	v_unref(sig);
	return rc;
}

int import_register(struct import *im, struct err *e)
{
	CLEANUP(edit_changes_free) struct edit_changes changes = { 0 };
	struct core together, *live = im->c;
	edit_begin(&together, live);
	im->c = &together;
	int rc = register_all(im, e);
	if (rc == CB_OK && edit_pending(&together) > 0)
		rc = edit_commit(&together, &changes, e);
	im->c = live;
	edit_end(&together);
	return rc;
}

void import_take_back_files(struct import *im)
{
	for (size_t i = v_len(im->files); i-- > 0; )
		if (unlink(v_cstr(v_list_at(im->files, i))) != 0 && errno != ENOENT)
			log_warn("import", "cannot remove %s: %s", v_cstr(v_list_at(im->files, i)), strerror(errno));
}
