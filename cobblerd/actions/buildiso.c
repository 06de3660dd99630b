/* SPDX-License-Identifier: GPL-2.0-or-later
 * buildiso.c - ISOs that boot without PXE: from a menu of profiles and systems into an installer, by BIOS and by UEFI (compat:
 * actions/buildiso).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actions/actions.h"
#include "actions/buildiso.h"
#include "actions/program.h"
#include "base/file.h"

/* A truth value that must be one: the text "no" would be true in Python. */
static int flag(const struct value *o, const char *key, bool *ret, struct err *e)
{
	const struct value *v = v_dict_get(o, key);
	*ret = false;
	if (v == NULL || v_is(v, V_NONE))
		return CB_OK;
	if (!v_is(v, V_BOOL))
		return err_py(e, CB_EINVAL, PY_TYPE, "Argument \"%s\" needs to be of type bool!", key);
	*ret = v_truthy(v);
	return CB_OK;
}

/* What is there already is replaced only when it is an ISO too. */
static int may_replace(const char *path, struct err *e)
{
	char id[5] = "";
	struct stat st;
	int fd CLEANUP(close_fd) = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && access(path, F_OK) != 0)
		return CB_OK;
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
		(st.st_size > 0 && (pread(fd, id, 5, 32769) != 5 || memcmp(id, "CD001", 5) != 0)))
		return err_set(e, CB_EEXIST, "%s exists and is not an ISO file: it is not replaced", path);
	return CB_OK;
}

static int may_write_beside(const char *path, const char *webdir, struct err *e)
{
	char *dir CLEANUP(free_ptr) = xstrndup(path, path == strrchr(path, '/') ? 1 : (size_t)(strrchr(path, '/') - path));
	if (access(dir, W_OK) == 0)
		return CB_OK;
	int why = errno;
	return err_set(e, CB_EPERM, "cannot write %s: %s (the server writes it, as its own user: %s/pub is a place for it)", path,
		strerror(why), webdir);
}

/* The file to write, owned. A name alone, and the default, lie in the web directory "pub". */
static int output_path(struct iso *x, char **ret, struct err *e)
{
	const char *iso = v_dict_cstr(x->o, "iso", "");
	int rc = program_text_ok("option iso", iso, e);
	if (rc != CB_OK)
		return rc;
	if (*iso == '/') {
		*ret = xstrdup(iso);
		rc = may_write_beside(iso, v_dict_cstr(x->r.settings, "webdir", "/var/www/cobbler"), e);
		return rc == CB_OK ? may_replace(iso, e) : rc;
	}
	if (strchr(iso, '/') != NULL)
		return err_set(e, CB_EINVAL, "option iso: \"%s\" is neither an absolute path nor a file name", iso);
	char *dir CLEANUP(free_ptr) = xasprintf("%s%s/pub", path_root(), v_dict_cstr(x->r.settings, "webdir", "/var/www/cobbler"));
	rc = dir_make(dir, 0755, e);
	if (rc == CB_OK) {
		*ret = xasprintf("%s/%s", dir, *iso != '\0' ? iso : "generated.iso");
		rc = may_replace(*ret, e);
	}
	return rc;
}

static int begin(struct iso *x, struct err *e)
{
	const char *distro = v_dict_cstr(x->o, "distro", "");
	int rc = flag(x->o, "standalone", &x->standalone, e);
	if (rc == CB_OK)
		rc = flag(x->o, "airgapped", &x->airgapped, e);
	if (rc != CB_OK)
		return rc;
	x->standalone |= x->airgapped;
	x->exclude_dns = v_dict_bool(x->o, "exclude_dns", false);
	if (*distro != '\0' && (x->distro = model_get(x->c->model, ITEM_DISTRO, distro)) == NULL)
		return err_py(e, CB_ENOENT, PY_VALUE, "Distribution %s not found.", distro);
	return CB_OK;
}

int actions_buildiso(struct core *c, struct task *t, const struct value *options, struct err *e)
{
	struct iso x = { .c = c, .t = t, .o = options, .distros = v_dict(), .files = v_dict(), .texts = v_dict() };
	char *path CLEANUP(free_ptr) = NULL;
	boot_begin(&x.r, c);
	int rc = begin(&x, e);
	if (rc == CB_OK)
		rc = output_path(&x, &path, e);
	if (rc == CB_OK)
		rc = iso_entries(&x, e);
	if (rc == CB_OK)
		rc = iso_write(&x, path, e);
	if (rc == CB_OK) {
		task_log(t, "ISO build complete");
		task_log(t, "The output file is: %s", path);
	}
	boot_end(&x.r);
	item_unref(x.distro);
	sb_free(&x.isolinux);
	sb_free(&x.grub);
	v_unref(x.distros);
	v_unref(x.files);
	v_unref(x.texts);
	return rc;
}
