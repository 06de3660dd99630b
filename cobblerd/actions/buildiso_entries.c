/* SPDX-License-Identifier: GPL-2.0-or-later
 * buildiso_entries.c - which profiles and systems an ISO is for, and what each brings along: a menu entry for either loader, its kernel, in
 * a standalone ISO its answer file, in an airgapped one its repositories.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "actions/buildiso.h"
#include "base/file.h"
#include "model/checks.h"

#define TEMPLATE_MAX (1u << 20)

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL ? slash + 1 : path;
}

/* ---- menus ---- */

static int render(struct iso *x, const char *name, const char *type, const struct value *vars, struct strbuf *out, struct err *e)
{
	char *dir CLEANUP(free_ptr) = path_of(v_dict_cstr(x->r.settings, "iso_template_dir", "/etc/cobbler/iso"));
	char *path CLEANUP(free_ptr) = xasprintf("%s/%s", dir, name);
	return render_file(x->c->renderer, path, type, vars, x->r.settings, out, e);
}

/* line: "initrd=PATH OPTIONS". */
static int add_to_menus(struct iso *x, const char *title, const char *kernel, const char *initrd, const char *line, int indent,
	struct err *e)
{
	struct value *vars CLEANUP(v_unrefp) = v_dict();
	struct strbuf pxe CLEANUP(sb_free) = { 0 }, grub CLEANUP(sb_free) = { 0 };
	sb_adds(&pxe, "APPEND ");
	loader_quote(&pxe, LOADER_PXE, line);
	loader_quote(&grub, LOADER_GRUB, line + strcspn(line, " "));
	v_dict_set(vars, "menu_name", v_str(title));
	v_dict_set(vars, "kernel_path", v_str(kernel));
	v_dict_set(vars, "initrd_path", v_str(initrd));
	v_dict_set(vars, "append_line", v_strn(sb_str(&pxe), pxe.len));
	v_dict_set(vars, "kernel_options", v_strn(sb_str(&grub), grub.len));
	v_dict_set(vars, "menu_indent", v_int(indent));
	sb_addc(&x->isolinux, '\n');
	int rc = render(x, "isolinux_menuentry.template", "jinja2", vars, &x->isolinux, e);
	if (rc == CB_OK)
		rc = render(x, "grub_menuentry.template", NULL, vars, &x->grub, e);
	sb_addc(&x->grub, '\n');
	return rc;
}

/* The head of the menu is taken as it is. */
static int begin_menus(struct iso *x, struct err *e)
{
	char *dir CLEANUP(free_ptr) = path_of(v_dict_cstr(x->r.settings, "iso_template_dir", "/etc/cobbler/iso"));
	char *path CLEANUP(free_ptr) = xasprintf("%s/buildiso.template", dir);
	int rc = file_read(AT_FDCWD, path, TEMPLATE_MAX, &x->isolinux, e);
	if (rc == CB_OK && !x->standalone)
		sb_adds(&x->isolinux, "\nMENU SEPARATOR");
	return rc;
}

/* ---- kernels ---- */

static int add_boot_file(struct iso *x, const struct item *distro, const char *field, char *found, const char *on_iso, struct err *e)
{
	if (found == NULL)
		return err_set(e, CB_ENOENT, "distro %s: %s %s is not a file of this host: no ISO can be made with it",
			item_name(distro), field, item_str(distro, field));
	v_dict_set(x->files, on_iso, v_str(found));
	return CB_OK;
}

/* The name in a standalone ISO, where menus can hold it without quotes; else another. */
static const char *name_on_iso(const char *path, const char *other)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+~@:=,";
	const char *name = base_name(path);
	return name[strspn(name, plain)] == '\0' ? name : other;
}

/* Kernel and initrd of a distro; in a netboot ISO under its number, since several may be on it. */
static int add_kernel(struct iso *x, const struct item *distro, char *kernel, char *initrd, size_t cap, struct err *e)
{
	char *k CLEANUP(free_ptr) = boot_find_kernel(item_str(distro, "kernel"));
	char *i CLEANUP(free_ptr) = boot_find_initrd(item_str(distro, "initrd"));
	if (x->standalone) {
		snprintf(kernel, cap, "/%s", k != NULL ? name_on_iso(k, "kernel") : "");
		snprintf(initrd, cap, "/%s", i != NULL ? name_on_iso(i, "initrd.img") : "");
	} else {
		if (v_dict_get(x->distros, item_name(distro)) == NULL)
			v_dict_set(x->distros, item_name(distro), v_strf("%zu", v_len(x->distros) + 1));
		snprintf(kernel, cap, "/%s.krn", v_dict_cstr(x->distros, item_name(distro), ""));
		snprintf(initrd, cap, "/%s.img", v_dict_cstr(x->distros, item_name(distro), ""));
	}
	int rc = add_boot_file(x, distro, "kernel", k, kernel, e);
	return rc == CB_OK ? add_boot_file(x, distro, "initrd", i, initrd, e) : rc;
}

/* ---- answer files of standalone ISOs ---- */

/* Where the installer finds the ISO that it was started from. */
static const char *media_of(const struct item *distro)
{
	return iso_is_modern_redhat(distro) ? "/run/install/repo" : "/mnt/source";
}

/* The value of an option of a kickstart command, "--baseurl=": where it is in the line, and how long; NULL when it is not there. */
static const char *option_value(const char *line, size_t n, const char *option, size_t *len)
{
	const char *p = memmem(line, n, option, strlen(option));
	if (p == NULL)
		return NULL;
	p += strlen(option);
	for (*len = 0; p + *len < line + n && p[*len] != ' ' && p[*len] != '\t'; )
		(*len)++;
	return p;
}

/* What comes after the distro's tree in a URL of this server; NULL for another URL. */
static const char *below_tree(const char *url, const char *end, const struct item *distro)
{
	static const char *const trees[] = { "/cobbler/distro_mirror/", "/cobbler/links/", "/cblr/links/" };
	for (size_t i = 0; i < ARRAY_LEN(trees); i++) {
		char *tree CLEANUP(free_ptr) = xasprintf("%s%s", trees[i], item_name(distro));
		const char *p = memmem(url, (size_t)(end - url), tree, strlen(tree));
		if (p == NULL)
			continue;
		p += strlen(tree);
		if (p == end || *p == '/')
			return p;
	}
	return NULL;
}

/* A line "repo --name=X --baseurl=URL": mirrored repositories and parts of the tree are on the ISO. */
static void add_repo_line(struct strbuf *out, const char *line, size_t n, const struct item *distro, const struct value *repos)
{
	size_t name_len, url_len;
	const char *name = option_value(line, n, "--name=", &name_len), *url = option_value(line, n, "--baseurl=", &url_len);
	char *repo CLEANUP(free_ptr) = name != NULL ? xstrndup(name, name_len) : NULL;
	const char *rest = url != NULL ? below_tree(url, url + url_len, distro) : NULL;
	if (url == NULL || (rest == NULL && (repo == NULL || !v_list_has_str(repos, repo)))) {
		sb_add(out, line, n);
		return;
	}
	sb_add(out, line, (size_t)(url - line));
	if (rest != NULL)
		sb_addf(out, "file://%s%.*s", media_of(distro), (int)(url + url_len - rest), rest);
	else
		sb_addf(out, "file://%s/repo_mirror/%s", media_of(distro), repo);
	sb_add(out, url + url_len, (size_t)(line + n - url) - url_len);
}

/* A kickstart that installs from the ISO instead of this server: the first "url" becomes "cdrom"; airgapped, repositories too. */
static void localise(struct iso *x, const char *text, const struct item *distro, const struct value *repos, struct strbuf *out)
{
	bool redhat = str_eq(item_str(distro, "breed"), "redhat"), url = false;
	for (const char *line = text; *line != '\0'; ) {
		size_t n = strcspn(line, "\n"), blank = strspn(line, " \t");
		bool ends = line[n] == '\n';
		if (redhat && !url && blank < n && strncasecmp(line + blank, "url ", 4) == 0) {
			sb_adds(out, "cdrom");
			url = true;
		} else if (x->airgapped && redhat && strncmp(line + blank, "repo ", 5) == 0) {
			add_repo_line(out, line, n, distro, repos);
		} else {
			sb_add(out, line, n);
		}
		if (ends)
			sb_addc(out, '\n');
		line += n + ends;
	}
}

static int add_repos(struct iso *x, const struct item *it, const struct value *repos, struct err *e)
{
	const char *webdir = v_dict_cstr(x->r.settings, "webdir", "/var/www/cobbler");
	for (size_t i = 0; v_is(repos, V_LIST) && i < v_len(repos); i++) {
		const char *name = v_cstr(v_list_at(repos, i));
		CLEANUP(item_unrefp) struct item *repo = model_get(x->c->model, ITEM_REPO, name);
		struct stat st;
		if (repo == NULL)
			return err_py(e, CB_ENOENT, PY_VALUE, "Repository %s, referenced by %s, not found.", name, item_name(it));
		if (!v_truthy(item_get(repo, "mirror_locally")))
			return err_py(e, CB_EINVAL, PY_VALUE, "Repository %s is not configured for local mirroring.", name);
		char *dir CLEANUP(free_ptr) = xasprintf("%s%s/repo_mirror/%s", path_root(), webdir, name);
		char *at CLEANUP(free_ptr) = xasprintf("/repo_mirror/%s", name);
		if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode))
			return err_py(e, CB_ENOENT, PY_VALUE, "Local mirror directory missing for repository %s", name);
		v_dict_set(x->files, at, v_str(dir));
	}
	return CB_OK;
}

/* The answer file on the ISO. A system may have the name of a profile. Owned. */
static char *answer_path(struct iso *x, const struct item *it)
{
	bool is_system = item_type(it) == ITEM_SYSTEM;
	CLEANUP(item_unrefp) struct item *profile = is_system ? model_get(x->c->model, ITEM_PROFILE, item_name(it)) : NULL;
	return xasprintf("/autoinstall/%s%s.cfg", item_name(it), profile != NULL ? ".system" : "");
}

static int add_answers(struct iso *x, const struct item *it, const struct item *distro, const struct value *repos, struct err *e)
{
	struct strbuf text CLEANUP(sb_free) = { 0 }, local CLEANUP(sb_free) = { 0 };
	char *at CLEANUP(free_ptr) = answer_path(x, it);
	int rc = boot_autoinstall(x->c, item_type(it), item_name(it), &text, e);
	if (rc != CB_OK)
		return err_prefix(e, "answer file of %s", item_name(it));
	localise(x, sb_str(&text), distro, repos, &local);
	v_dict_set(x->texts, at, v_strn(sb_str(&local), local.len));
	return CB_OK;
}

/* ---- entries ---- */

static bool is_url(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz");
	return n > 0 && str_starts(s + n, "://");
}

static int add_entry(struct iso *x, const struct item *it, struct err *e)
{
	CLEANUP(item_unrefp) struct item *distro = resolve_distro(x->c->model, it);
	struct strbuf line CLEANUP(sb_free) = { 0 };
	char kernel[300], initrd[300];
	const char *what = item_type(it) == ITEM_SYSTEM ? "system" : "profile";
	if (task_cancelled(x->t))
		return err_set(e, CB_EBUSY, "cancelled");
	if (distro == NULL)
		return err_set(e, CB_ENOENT, "%s %s has no distro", what, item_name(it));
	if (x->distro == NULL)
		x->distro = item_ref(distro);
	int rc = add_kernel(x, distro, kernel, initrd, sizeof(kernel), e);
	if (rc != CB_OK)
		return rc;
	struct value *data CLEANUP(v_unrefp) = boot_blend(&x->r, it);
	const struct value *repos = v_dict_get(data, "repos");
	if (x->standalone) {
		char *answers CLEANUP(free_ptr) = answer_path(x, it);
		iso_standalone_line(answers, distro, data, initrd, &line);
		rc = add_answers(x, it, distro, repos, e);
	} else {
		if (!is_url(v_dict_cstr(data, "autoinstall", "")))
			v_dict_set(data, "autoinstall",
				v_strf("http://%s:%lld/cblr/svc/op/autoinstall/%s/%s", v_dict_cstr(data, "server", ""),
				(long long)v_dict_int(data, "http_port", 80), what, item_name(it)));
		iso_netboot_line(x, it, distro, data, initrd, &line);
	}
	if (rc == CB_OK && x->airgapped)
		rc = add_repos(x, it, repos, e);
	if (rc == CB_OK)
		rc = add_to_menus(x, item_name(it), kernel, initrd, sb_str(&line),
			x->standalone && item_type(it) == ITEM_SYSTEM ? 4 : 0, e);
	return rc;
}

/* A system of an image has no kernel that we know. */
static bool wanted(struct iso *x, const struct item *it)
{
	if (item_type(it) == ITEM_SYSTEM && *item_str(it, "profile") == '\0') {
		task_log(x->t, "system %s is of an image: left out", item_name(it));
		return false;
	}
	return true;
}

static int add_all(struct iso *x, const struct item_list *l, struct err *e)
{
	int rc = CB_OK;
	for (size_t i = 0; i < l->n && rc == CB_OK; i++)
		if (wanted(x, l->v[i]))
			rc = add_entry(x, l->v[i], e);
	return rc;
}

/* The items that the option names (all when it names none and all is set). Names that are none are told; when no other is left, it is an
 * error. */
static int choose(struct iso *x, enum item_type type, const char *option, bool all, struct item_list *ret, struct err *e)
{
	const struct value *given = v_dict_get(x->o, option);
	struct value *names CLEANUP(v_unrefp) = NULL;
	int rc = given == NULL || v_is(given, V_NONE) ? CB_OK : input_list(given, &names, e);
	if (rc != CB_OK)
		return err_prefix(e, "option %s", option);
	if (names == NULL || v_len(names) == 0) {
		if (all)
			*ret = model_items(x->c->model, type);
		return CB_OK;
	}
	for (size_t i = 0; i < v_len(names); i++) {
		CLEANUP(item_unrefp) struct item *it = model_get(x->c->model, type, v_cstr(v_list_at(names, i)));
		if (it != NULL)
			item_list_add(ret, it);
		else
			task_log(x->t, "\"%s\" is not a valid profile or system", v_cstr(v_list_at(names, i)));
	}
	return ret->n > 0 ? CB_OK : err_py(e, CB_ENOENT, PY_VALUE, "No valid systems or profiles were specified.");
}

static bool names_any(const struct iso *x, const char *option)
{
	const struct value *v = v_dict_get(x->o, option);
	return (v_is(v, V_STR) || v_is(v, V_LIST)) && v_len(v) > 0;
}

/* What is named; when only profiles or only systems are, only those; when nothing is, all. */
static int netboot_entries(struct iso *x, struct err *e)
{
	struct item_list profiles = { 0 }, systems = { 0 };
	int rc = choose(x, ITEM_PROFILE, "profiles", !names_any(x, "systems"), &profiles, e);
	if (rc == CB_OK)
		rc = choose(x, ITEM_SYSTEM, "systems", !names_any(x, "profiles"), &systems, e);
	if (rc == CB_OK)
		rc = add_all(x, &profiles, e);
	if (rc == CB_OK)
		rc = add_all(x, &systems, e);
	item_list_free(&profiles);
	item_list_free(&systems);
	return rc;
}

/* A profile of the distro and all below it, each once. */
static int add_family(struct iso *x, const struct item *profile, struct err *e)
{
	char *at CLEANUP(free_ptr) = answer_path(x, profile);
	if (v_dict_get(x->texts, at) != NULL)
		return CB_OK;
	int rc = add_entry(x, profile, e);
	struct item_list below = model_descendants(x->c->model, profile);
	for (size_t i = 0; i < below.n && rc == CB_OK; i++) {
		char *has CLEANUP(free_ptr) = answer_path(x, below.v[i]);
		if (v_dict_get(x->texts, has) == NULL)
			rc = add_entry(x, below.v[i], e);
	}
	item_list_free(&below);
	return rc;
}

static int standalone_entries(struct iso *x, struct err *e)
{
	struct item_list profiles = { 0 };
	int rc = CB_OK;
	if (x->distro == NULL)
		return err_py(e, CB_EINVAL, PY_VALUE, "a standalone ISO is for one distro: name it (option distro)");
	if (names_any(x, "profiles"))
		rc = choose(x, ITEM_PROFILE, "profiles", false, &profiles, e);
	else
		profiles = model_children(x->c->model, x->distro);
	for (size_t i = 0; i < profiles.n && rc == CB_OK; i++) {
		CLEANUP(item_unrefp) struct item *distro = resolve_distro(x->c->model, profiles.v[i]);
		if (distro == NULL || !str_eq(item_name(distro), item_name(x->distro)))
			rc = err_py(e, CB_EINVAL, PY_VALUE,
				"When building a standalone ISO, all --profiles must be under --distro. Extra --profiles: %s",
				item_name(profiles.v[i]));
	}
	for (size_t i = 0; i < profiles.n && rc == CB_OK; i++)
		rc = add_family(x, profiles.v[i], e);
	item_list_free(&profiles);
	return rc;
}

int iso_entries(struct iso *x, struct err *e)
{
	int rc = begin_menus(x, e);
	if (rc == CB_OK)
		rc = x->standalone ? standalone_entries(x, e) : netboot_entries(x, e);
	if (rc == CB_OK && x->distro == NULL)
		rc = err_py(e, CB_ENOENT, PY_VALUE, "there is no profile to make an ISO for");
	return rc;
}
