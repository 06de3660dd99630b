/* SPDX-License-Identifier: GPL-2.0-or-later
 * reposync_breeds.c - one function per breed: which program fetches the repository, and how it is called.
 */
#include <string.h>
#include <unistd.h>

#include "actions/reposync.h"
#include "base/file.h"

static int need(const char *const *names, const char *package, char **ret, struct err *e)
{
	*ret = program_find(names);
	return *ret != NULL ? CB_OK : err_set(e, CB_ENOENT, "no /usr/bin/%s found, please install %s", names[0], package);
}

static int only_baseurl(struct sync *s, const char *how, struct err *e)
{
	if (str_eq(item_str(s->repo, "mirror_type"), "baseurl"))
		return CB_OK;
	return err_set(e, CB_EINVAL, "mirrorlist and metalink mirror types is not supported for %s repositories", how);
}

static void ignore_rpm_list(struct sync *s, const char *how)
{
	if (v_len(item_get(s->repo, "rpm_list")) > 0)
		task_log(s->task, "--rpm-list is not supported for %s repositories", how);
}

/* compat: "we want the newish kernels too" */
static const char *yum_arch(struct sync *s)
{
	const char *arch = item_str(s->repo, "arch");
	return str_eq(arch, "i386") ? "i686" : arch;
}

static int createrepo_flags(struct sync *s, struct argv *a, struct err *e)
{
	const char *own = item_str(s->repo, "createrepo_flags");
	if (!str_eq(own, "<<inherit>>"))
		return options_createrepo(own, a, e);
	return argv_add_words(a, v_dict_cstr(s->settings, "createrepo_flags", ""), e);
}

/* The index of what was fetched, with the groups of the upstream. needed: without it there is no repository at all. */
static int createrepo(struct sync *s, bool needed, struct err *e)
{
	static const char *const names[] = { "createrepo_c", "createrepo", NULL };
	char *program CLEANUP(free_ptr) = program_find(names), *groups CLEANUP(free_ptr) = NULL;
	struct argv a CLEANUP(argv_free) = { 0 };
	bool deltas = false;
	if (program == NULL && needed)
		return err_set(e, CB_ENOENT, "no /usr/bin/createrepo_c found, please install createrepo_c");
	if (program == NULL) {
		task_log(s->task, "no createrepo_c found: the repository keeps the index that came with it, if one did");
		return CB_OK;
	}
	files_remove_old(s);
	int rc = files_repomd(s, &groups, &deltas, e);
	if (rc != CB_OK)
		return rc;
	argv_add(&a, program);
	if (groups != NULL) {
		argv_add(&a, "-g");
		argv_add(&a, groups);
	}
	if (deltas)
		argv_add(&a, "--deltas");
	rc = createrepo_flags(s, &a, e);
	argv_add(&a, "--");
	argv_add(&a, s->dest);
	return rc == CB_OK ? program_run(s->task, a.v, s->env->v, e) : rc;
}

/* --config FILE of NAME.repo, and a cache of its own: the account's may be shared with others or not writable. */
static int dnf_begin(struct sync *s, struct argv *a, struct err *e)
{
	char *config CLEANUP(free_ptr) = NULL;
	int rc = files_config(s, false, &config, e);
	if (rc != CB_OK)
		return rc;
	argv_addf(a, "--config=%s", config);
	argv_addf(a, "--setopt=cachedir=%s/cache", s->origin);
	return CB_OK;
}

/* Has dnf reposync leave the upstream's whole description in origin/cache/NAME/repodata. */
static void dnf_metadata(struct sync *s, struct argv *a)
{
	argv_add(a, "--download-metadata");
	argv_addf(a, "--metadata-path=%s/cache", s->origin);
	argv_addf(a, "--repoid=%s", item_name(s->repo));
	argv_add(a, "-p");
	argv_add(a, s->top);
}

/* The description alone: every package is excluded. */
static int dnf_only_metadata(struct sync *s, const char *dnf, struct err *e)
{
	struct argv a CLEANUP(argv_free) = { 0 };
	argv_add(&a, dnf);
	argv_add(&a, "reposync");
	argv_add(&a, "--exclude=*");
	int rc = dnf_begin(s, &a, e);
	dnf_metadata(s, &a);
	return rc == CB_OK ? program_run(s->task, a.v, s->env->v, e) : rc;
}

/* Chosen packages and what they need. */
static int dnf_download(struct sync *s, const char *dnf, struct err *e)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.*?:~^[]";
	const struct value *list = item_get(s->repo, "rpm_list");
	struct argv a CLEANUP(argv_free) = { 0 };
	argv_add(&a, dnf);
	argv_add(&a, "download");
	int rc = argv_add_words(&a, v_dict_cstr(s->settings, "yumdownloader_flags", ""), e);
	if (rc == CB_OK && str_eq(yum_arch(s), "src"))
		argv_add(&a, "--source");
	argv_add(&a, "--disablerepo=*");
	argv_addf(&a, "--enablerepo=%s", item_name(s->repo));
	if (rc == CB_OK)
		rc = dnf_begin(s, &a, e);
	argv_addf(&a, "--destdir=%s", s->dest);
	for (size_t i = 0; i < v_len(list) && rc == CB_OK; i++) {
		const char *word = v_cstr(v_list_at(list, i));
		if (*word == '\0' || *word == '-' || strspn(word, ok) != strlen(word))
			rc = err_set(e, CB_EINVAL, "rpm_list: \"%.100s\" is no name of a package", word);
		argv_add(&a, word);
	}
	if (rc == CB_OK)
		rc = program_run(s->task, a.v, s->env->v, e);
	return rc == CB_OK ? dnf_only_metadata(s, dnf, e) : rc;
}

/* The program that mirrors a whole yum repository: dnf's plugin, or that of yum. */
static int reposync_program(struct argv *a, bool *is_dnf, struct err *e)
{
	static const char *const dnf[] = { "dnf", NULL }, *const yum[] = { "reposync", NULL };
	char *program CLEANUP(free_ptr) = program_find(dnf);
	*is_dnf = program != NULL;
	if (program == NULL)
		program = program_find(yum);
	if (program == NULL)
		return err_set(e, CB_ENOENT, "no /usr/bin/dnf and no /usr/bin/reposync found, please install dnf and its plugins (or "
			"yum-utils)");
	argv_add(a, program);
	if (*is_dnf)
		argv_add(a, "reposync");
	return CB_OK;
}

/* All packages. */
static int yum_reposync(struct sync *s, struct argv *a, bool is_dnf, struct err *e)
{
	char *config CLEANUP(free_ptr) = NULL;
	int rc = argv_add_words(a, v_dict_cstr(s->settings, "reposync_flags", ""), e);
	if (rc == CB_OK)
		rc = is_dnf ? dnf_begin(s, a, e) : files_config(s, false, &config, e);
	if (is_dnf) {
		dnf_metadata(s, a);
	} else {
		argv_addf(a, "--config=%s", config != NULL ? config : "");
		argv_addf(a, "--repoid=%s", item_name(s->repo));
		argv_add(a, "-p");
		argv_add(a, s->top);
	}
	if (!str_eq(yum_arch(s), "none")) {
		argv_add(a, "-a");
		argv_add(a, yum_arch(s));
	}
	return rc == CB_OK ? program_run(s->task, a->v, s->env->v, e) : rc;
}

/* A repodata folder without repomd.xml would stop createrepo. */
static int drop_broken_index(struct sync *s, struct err *e)
{
	char *dir CLEANUP(free_ptr) = xasprintf("%s/repodata", s->dest), *md CLEANUP(free_ptr) = xasprintf("%s/repomd.xml", dir);
	return access(dir, F_OK) == 0 && access(md, F_OK) != 0 ? files_remove_tree(dir, e) : CB_OK;
}

int sync_yum(struct sync *s, struct err *e)
{
	static const char *const schemes[] = { "http://", "https://", "ftp://", "file://", "/", NULL };
	char *cache CLEANUP(free_ptr) = xasprintf("%s/cache", s->origin);
	struct argv a CLEANUP(argv_free) = { 0 };
	bool is_dnf = false;
	int rc = options_mirror(item_str(s->repo, "mirror"), schemes, e);
	if (rc == CB_OK)
		rc = files_config(s, true, NULL, e);
	if (rc != CB_OK || !item_bool(s->repo, "mirror_locally"))
		return rc;
	rc = reposync_program(&a, &is_dnf, e);
	bool chosen = v_len(item_get(s->repo, "rpm_list")) > 0;
	if (rc == CB_OK && chosen && !is_dnf)
		rc = err_set(e, CB_ENOENT, "no /usr/bin/dnf found, which rpm_list needs, please install dnf");
	else if (rc == CB_OK)
		rc = chosen ? dnf_download(s, a.v[0], e) : yum_reposync(s, &a, is_dnf, e);
	if (rc == CB_OK)
		rc = drop_broken_index(s, e);
	if (rc == CB_OK && is_dnf)
		rc = files_take_metadata(s, e);
	struct err ignored;
	if (files_remove_tree(cache, rc == CB_OK ? e : &ignored) != CB_OK && rc == CB_OK)
		rc = CB_EIO;
	return rc == CB_OK ? createrepo(s, true, e) : rc;
}

int sync_rhn(struct sync *s, struct err *e)
{
	const char *mirror = item_str(s->repo, "mirror"), *channel = str_starts(mirror, "rhn://") ? mirror + strlen("rhn://") : "";
	struct argv a CLEANUP(argv_free) = { 0 };
	bool is_dnf;
	int rc = reposync_program(&a, &is_dnf, e);
	if (rc != CB_OK)
		return rc;
	if (!item_bool(s->repo, "mirror_locally"))
		return err_set(e, CB_EINVAL, "rhn:// repos do not work with --mirror-locally=False");
	ignore_rpm_list(s, "RHN");
	if (!str_eq(item_name(s->repo), channel))
		return err_set(e, CB_EINVAL, "ERROR: repository %s needs to be renamed %s as the name of the cobbler repository must "
			"match the name of the RHN channel", item_name(s->repo), channel);
	rc = argv_add_words(&a, v_dict_cstr(s->settings, "reposync_flags", ""), e);
	argv_addf(&a, "--repo=%s", channel);
	argv_add(&a, "-p");
	argv_add(&a, s->top);
	if (!str_eq(yum_arch(s), "none")) {
		argv_add(&a, "-a");
		argv_add(&a, yum_arch(s));
	}
	if (rc == CB_OK)
		rc = program_run(s->task, a.v, s->env->v, e);
	if (rc == CB_OK)
		rc = files_config(s, false, NULL, e);
	if (rc == CB_OK)
		rc = createrepo(s, true, e);
	return rc == CB_OK ? files_config(s, true, NULL, e) : rc;
}

/* METHOD://HOST/ROOT as debmirror wants it: three options. */
static int apt_source(struct sync *s, struct argv *a, struct err *e)
{
	static const char *const schemes[] = { "http://", "https://", "ftp://", "rsync://", NULL };
	const char *mirror = item_str(s->repo, "mirror");
	int rc = options_mirror(mirror, schemes, e);
	if (rc != CB_OK)
		return rc;
	const char *sep = strstr(mirror, "://"), *host = sep + 3, *path = strchr(host, '/');
	size_t n = path == NULL ? strlen(host) : (size_t)(path - host);
	argv_addf(a, "--method=%.*s", (int)(sep - mirror), mirror);
	argv_addf(a, "--host=%.*s", (int)n, host);
	argv_addf(a, "--root=%s", path == NULL ? "/" : path);
	return CB_OK;
}

/* A list as one argument, "what=a,b"; what would end the list or be a path is refused. */
static int apt_list(struct sync *s, const char *field, const char *option, struct argv *a, struct err *e)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.~/";
	const struct value *list = item_get(s->repo, field);
	struct strbuf b CLEANUP(sb_free) = { 0 };
	for (size_t i = 0; i < v_len(list); i++) {
		const char *word = v_cstr(v_list_at(list, i));
		if (*word == '\0' || strspn(word, ok) != strlen(word) || strstr(word, "..") != NULL || *word == '/')
			return err_set(e, CB_EINVAL, "%s: \"%.100s\" is not a name", field, word);
		sb_addf(&b, "%s%s", i > 0 ? "," : "", word);
	}
	argv_addf(a, "%s=%s", option, sb_str(&b));
	return CB_OK;
}

int sync_apt(struct sync *s, struct err *e)
{
	static const char *const names[] = { "debmirror", NULL };
	const char *arch = item_str(s->repo, "arch");
	char *program CLEANUP(free_ptr) = NULL;
	struct argv a CLEANUP(argv_free) = { 0 };
	int rc = need(names, "debmirror", &program, e);
	if (rc != CB_OK)
		return rc;
	if (v_len(item_get(s->repo, "rpm_list")) > 0)
		return err_set(e, CB_EINVAL, "has_rpm_list not yet supported on apt repos");
	if (str_eq(arch, "none"))
		return err_set(e, CB_EINVAL, "Architecture is required for apt repositories");
	rc = only_baseurl(s, "apt", e);
	if (rc != CB_OK || !item_bool(s->repo, "mirror_locally"))
		return rc;
	argv_add(&a, program);
	argv_add(&a, "--nocleanup");
	rc = options_debmirror(item_get(s->repo, "yumopts"), &a, e);
	if (rc == CB_OK)
		rc = apt_source(s, &a, e);
	if (rc == CB_OK)
		rc = apt_list(s, "apt_dists", "--dist", &a, e);
	if (rc == CB_OK)
		rc = apt_list(s, "apt_components", "--section", &a, e);
	if (str_eq(arch, "src")) {
		argv_add(&a, "--source");
	} else {
		argv_add(&a, "--nosource");
		argv_addf(&a, "--arch=%s", str_eq(arch, "x86_64") ? "amd64" : arch);
	}
	argv_add(&a, "--");
	argv_add(&a, s->dest);
	return rc == CB_OK ? program_run(s->task, a.v, s->env->v, e) : rc;
}

/* Does rsync copy everything as it is? Then the repository has its index already. compat: reposync.py looks for an "a" */
static bool archive_mode(const struct argv *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (str_eq(a->v[i], "--archive") || (!str_starts(a->v[i], "--") && a->v[i][0] == '-' && strchr(a->v[i], 'a') != NULL))
			return true;
	return false;
}

int sync_rsync(struct sync *s, struct err *e)
{
	static const char *const names[] = { "rsync", NULL }, *const schemes[] = { "rsync://", "/", ":", NULL };
	const char *mirror = item_str(s->repo, "mirror");
	char *program CLEANUP(free_ptr) = NULL, *exclude CLEANUP(free_ptr) = path_of("/etc/cobbler/rsync.exclude");
	struct argv flags CLEANUP(argv_free) = { 0 }, a CLEANUP(argv_free) = { 0 };
	if (!item_bool(s->repo, "mirror_locally"))
		return err_set(e, CB_EINVAL, "rsync:// urls must be mirrored locally, yum cannot access them directly");
	int rc = only_baseurl(s, "rsync'd", e);
	if (rc == CB_OK)
		rc = need(names, "rsync", &program, e);
	if (rc == CB_OK)
		rc = options_mirror(mirror, schemes, e);
	if (rc != CB_OK)
		return rc;
	ignore_rpm_list(s, "rsync'd");
	rc = options_rsync(item_get(s->repo, "rsyncopts"), &flags, e);
	if (rc == CB_OK && flags.n == 0)
		rc = argv_add_words(&flags, v_dict_cstr(s->settings, "reposync_rsync_flags", ""), e);
	if (rc != CB_OK)
		return rc;
	argv_add(&a, program);
	for (size_t i = 0; i < flags.n; i++)
		argv_add(&a, flags.v[i]);
	argv_add(&a, "--delete-after");
	/* What this server puts beside the packages is not the upstream's to delete. */
	argv_add(&a, "--exclude=/config.repo");
	if (access(exclude, R_OK) == 0)
		argv_addf(&a, "--exclude-from=%s", exclude);
	if (!str_starts(mirror, "rsync://") && *mirror != '/' && strstr(mirror, "::") == NULL) {
		argv_add(&a, "-e");
		argv_add(&a, "ssh");
	}
	argv_add(&a, "--");
	argv_addf(&a, "%s%s", mirror, str_ends(mirror, "/") ? "" : "/");
	argv_add(&a, s->dest);
	rc = program_run(s->task, a.v, s->env->v, e);
	if (rc == CB_OK && !archive_mode(&flags))
		rc = createrepo(s, false, e);
	return rc == CB_OK ? files_config(s, true, NULL, e) : rc;
}

int sync_wget(struct sync *s, struct err *e)
{
	static const char *const names[] = { "wget", NULL }, *const schemes[] = { "http://", "https://", "ftp://", NULL };
	static const char *const options[] = { "--no-verbose", "-N", "-np", "-r", "-l", "inf", "-nd", "-P" };
	const char *mirror = item_str(s->repo, "mirror");
	char *program CLEANUP(free_ptr) = NULL;
	struct argv a CLEANUP(argv_free) = { 0 };
	int rc = need(names, "wget", &program, e);
	if (rc == CB_OK)
		rc = only_baseurl(s, "wget'd", e);
	if (rc == CB_OK)
		rc = options_mirror(mirror, schemes, e);
	if (rc != CB_OK)
		return rc;
	ignore_rpm_list(s, "wget'd");
	argv_add(&a, program);
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		argv_add(&a, options[i]);
	argv_add(&a, s->dest);
	argv_add(&a, "--");
	argv_add(&a, mirror);
	rc = program_run(s->task, a.v, s->env->v, e);
	if (rc == CB_OK)
		rc = createrepo(s, false, e);
	return rc == CB_OK ? files_config(s, true, NULL, e) : rc;
}
