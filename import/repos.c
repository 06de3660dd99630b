/* SPDX-License-Identifier: GPL-2.0-or-later
 * repos.c - package repositories that come with the medium: yum trees become source_repos with a .repo file, apt media
 * a repo item that points to the archive. compat: repo_finder, yum_process_comps_file and apt_repo_adder of 3.3.7.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "core/edit.h"
#include "import/internal.h"
#include "model/signatures.h"

#define UBUNTU_ARCHIVE "http://archive.ubuntu.com/ubuntu"

static int write_config(struct import *im, const char *distro, size_t n, const char *segment, struct err *e)
{
	char *dir = xasprintf("%s/distro_mirror/config", im->webdir),
	     *path = xasprintf("%s/%s-%zu.repo", dir, distro, n);
	struct strbuf b = {0};
	sb_addf(&b,
		"[core-%zu]\nname=core-%zu\nbaseurl=http://@@http_server@@/cobbler/distro_mirror/"
		"%s\nenabled=1\ngpgcheck=0\n"
		"priority=$yum_distro_priority\n",
		n, n, segment);
	int rc = dir_make(dir, 0755, e);
	if (rc == CB_OK)
		rc = file_replace(AT_FDCWD, path, sb_str(&b), b.len, 0644, e);
	if (rc == CB_OK)
		v_list_push(im->files, v_str(path));
	sb_free(&b);
	free_ptr(&dir);
	free_ptr(&path);
	return rc;
}

static int add_yum(struct import *im, struct item *edit, struct err *e)
{
	const struct value *repos = v_dict_get(im->found, "repos"), *have = item_get(edit, "source_repos");
	struct value *list = v_list();
	int rc = CB_OK;
	for (size_t i = 0; i < v_len(have); i++)
		v_list_push(list, v_ref(v_list_at(have, i)));
	for (size_t i = 0; rc == CB_OK && i < v_len(repos); i++) {
		const struct value *r = v_list_at(repos, i);
		const char *dir = v_dict_cstr(r, "dir", ""), *name = item_name(edit);
		if (!v_str_is(v_dict_get(r, "master"), "repodata")) {
			task_log(
				im->t, "%s/base has a list of groups but no repodata: not usable as a repository", dir);
			continue;
		}
		size_t n = v_len(list);
		char *segment = *dir != '\0' ? xasprintf("%s/%s", im->mirror, dir) : xstrdup(im->mirror);
		struct value *pair = v_list();
		v_list_push(pair, v_strf("http://@@http_server@@/cobbler/distro_mirror/config/%s-%zu.repo", name, n));
		v_list_push(pair, v_strf("http://@@http_server@@/cobbler/distro_mirror/%s", segment));
		v_list_push(list, pair);
		rc = write_config(im, name, n, segment, e);
		task_log(im->t, "Keeping repodata as-is :%s/%s/repodata", im->target, dir);
		free_ptr(&segment);
	}
	if (rc == CB_OK && v_len(list) > v_len(have))
		item_put(edit, "source_repos", list);
	else
		v_unref(list);
	return rc;
}

/* On an Ubuntu host the archive that the host itself uses, as 3.3.7 asks python-apt. */
static char *ubuntu_mirror(void)
{
	static const char *const lists[] = { "/etc/apt/sources.list", "/etc/apt/sources.list.d/ubuntu.sources" };
	struct strbuf b = {0};
	char *found = NULL;
	bool ubuntu = file_read(AT_FDCWD, "/etc/os-release", 65536, &b, NULL) == CB_OK &&
		      strstr(sb_str(&b), "\nID=ubuntu") != NULL;
	for (size_t i = 0; ubuntu && found == NULL && i < ARRAY_LEN(lists); i++) {
		sb_truncate(&b, 0);
		if (file_read(AT_FDCWD, lists[i], 1u << 20, &b, NULL) != CB_OK)
			continue;
		for (const char *line = sb_str(&b); *line != '\0' && found == NULL;
			line += strcspn(line, "\n"), line += *line == '\n') {
			size_t n = strcspn(line, "\n");
			const char *url = str_starts(line, "deb ") || str_starts(line, "URIs:")
						  ? memmem(line, n, "http", 4)
						  : NULL;
			if (url != NULL)
				found = xstrndup(url, strcspn(url, " \t\n"));
		}
	}
	sb_free(&b);
	return found != NULL ? found : xstrdup(UBUNTU_ARCHIVE);
}

static int set_repo(struct import *im, struct item *repo, const struct item *distro, struct err *e)
{
	const char *version = item_str(distro, "os_version"), *arch = item_str(distro, "arch");
	char *dists = xasprintf("%s %s-updates %s-security", version, version, version);
	char *mirror = str_eq(item_str(distro, "breed"), "ubuntu") ? ubuntu_mirror()
		: xasprintf("http://ftp.us.debian.org/debian/dists/%s", version);
	const char *const fields[][2] = { { "name", item_name(distro) }, { "breed", "apt" }, { "arch", arch },
		{ "apt_components", "main universe" }, { "apt_dists", dists }, { "os_version", version },
		{ "mirror", mirror } };
	int rc = CB_OK;
	for (size_t i = 0; rc == CB_OK && i < ARRAY_LEN(fields); i++)
		rc = import_set_str(im, repo, fields[i][0], fields[i][1], e);
	if (rc == CB_OK)
		rc = import_set_str(im, repo, "keep_updated", "1", e);
	/* compat: 3.3.7's import leaves these as the constructor has them, the setters of mirror and breed
	 * notwithstanding */
	if (rc == CB_OK)
		item_put(repo, "mirror_locally", v_bool(false));
	free_ptr(&dists);
	free_ptr(&mirror);
	return rc;
}

static int add_apt(struct import *im, const struct item *distro, struct err *e)
{
	struct item *old = model_get(im->c->model, ITEM_REPO, item_name(distro));
	item_unref(old);
	if (old != NULL) {
		task_log(im->t, "a repo named %s exists already: left as it is", item_name(distro));
		return CB_OK;
	}
	task_log(im->t, "adding apt repo for %s", item_name(distro));
	struct item *repo = item_new(ITEM_REPO);
	int rc = set_repo(im, repo, distro, e);
	if (rc == CB_OK)
		rc = edit_save(im->c, repo, true, true, e);
	if (rc == CB_OK)
		task_log(im->t, "Added repos for %s", item_name(distro));
	item_unref(repo);
	return rc;
}

int import_repos(struct import *im, struct item *distro, struct err *e)
{
	struct value *sig = signature_find(item_str(distro, "breed"), item_str(distro, "os_version"));
	const struct value *breeds = signature_list(sig, "supported_repo_breeds");
	int rc = CB_OK;
	for (size_t i = 0; rc == CB_OK && i < v_len(breeds); i++) {
		const char *breed = v_cstr(v_list_at(breeds, i));
		task_log(im->t, "checking for %s repo(s)", breed);
		if (str_eq(breed, "apt")) {
			rc = add_apt(im, distro, e);
		} else if (str_eq(breed, "yum") && v_len(v_dict_get(im->found, "repos")) > 0) {
			struct item *edit = item_edit(distro);
			rc = add_yum(im, edit, e);
			if (rc == CB_OK)
				rc = edit_save(im->c, edit, false, false, e);
			item_unref(edit);
		}
	}
	v_unref(sig);
	return rc;
}
