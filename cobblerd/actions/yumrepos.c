/* SPDX-License-Identifier: GPL-2.0-or-later
 * yumrepos.c - the host's own package repositories (*.repo files of dnf and yum) as repositories of the site. dnf itself is not asked: its
 * files are read (dnf.conf(5), section "Repo Options"), as api.auto_add_repos of 3.3.7 reads them through dnf.
 */
#include <ctype.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "actions/actions.h"
#include "base/file.h"
#include "base/log.h"
#include "core/edit.h"

#define FILE_MAX (1u << 20)
#define REPOS_MAX 1000

struct host {
	struct core *c;
	char *releasever, *basearch;
	size_t seen;
};

/* $basearch of dnf: architectures that share packages. */
static char *base_arch(void)
{
	struct utsname u;
	if (uname(&u) != 0)
		return xstrdup("x86_64");
	bool i386 = u.machine[0] == 'i' && str_ends(u.machine, "86");
	return xstrdup(i386 ? "i386" : str_starts(u.machine, "armv7") ? "armhfp" : u.machine);
}

/* VERSION_ID of os-release: the release of its major version on the family of RHEL, else as it is. */
static char *release_version(void)
{
	static const char key[] = "\nVERSION_ID=";
	char *path CLEANUP(free_ptr) = path_of("/etc/os-release");
	struct strbuf text CLEANUP(sb_free) = { 0 };
	sb_addc(&text, '\n');
	if (file_read(AT_FDCWD, path, 65536, &text, NULL) != CB_OK && file_read(AT_FDCWD, "/etc/os-release", 65536, &text, NULL) != CB_OK)
		return xstrdup("");
	const char *p = strstr(sb_str(&text), key);
	p = p != NULL ? p + strlen(key) : "";
	p += *p == '"' || *p == '\'';
	bool rhel = strstr(sb_str(&text), "platform:el") != NULL;
	return xstrndup(p, strcspn(p, rhel ? ".\"'\n" : "\"'\n"));
}

/* A variable: of dnf itself, else a file of that name in /etc/dnf/vars or /etc/yum/vars (its first line). Owned; NULL: there is none. */
static char *variable(const struct host *h, const char *name)
{
	static const char *const dirs[] = { "/etc/dnf/vars", "/etc/yum/vars" };
	if (str_eq(name, "releasever"))
		return xstrdup(h->releasever);
	if (str_eq(name, "basearch") || str_eq(name, "arch"))
		return xstrdup(h->basearch);
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		char *rel CLEANUP(free_ptr) = xasprintf("%s/%s", dirs[i], name), *path CLEANUP(free_ptr) = path_of(rel);
		struct strbuf text CLEANUP(sb_free) = { 0 };
		if (file_read(AT_FDCWD, path, 4096, &text, NULL) == CB_OK)
			return xstrndup(sb_str(&text), strcspn(sb_str(&text), "\r\n"));
	}
	return NULL;
}

/* "$name" and "${name}"; what is no variable stays. Owned. */
static char *expand(const struct host *h, const char *s)
{
	struct strbuf out = { 0 };
	while (*s != '\0') {
		bool braces = s[0] == '$' && s[1] == '{';
		const char *name = s + 1 + braces;
		size_t n = 0;
		while (*s == '$' && (isalnum((unsigned char)name[n]) || name[n] == '_'))
			n++;
		char *key CLEANUP(free_ptr) = xstrndup(name, n);
		char *value CLEANUP(free_ptr) = n > 0 && (!braces || name[n] == '}') ? variable(h, key) : NULL;
		if (value == NULL) {
			sb_addc(&out, *s++);
			continue;
		}
		sb_adds(&out, value);
		s = name + n + braces;
	}
	return sb_take(&out);
}

static int set(struct item *repo, const char *field, const char *value, struct err *e)
{
	return item_set_str(repo, field, value, e);
}

/* One section. What has no address, or is switched off, is none. */
static int add_repo(struct host *h, const char *id, const struct value *options, struct err *e)
{
	static const struct { const char *key, *type; } kinds[] = { { "metalink", "metalink" }, { "mirrorlist", "mirrorlist" },
		{ "baseurl", "baseurl" } };
	const char *mirror = "", *type = "none", *enabled = v_dict_cstr(options, "enabled", "1");
	if (str_eq(enabled, "0") || strcasecmp(enabled, "false") == 0 || strcasecmp(enabled, "no") == 0)
		return CB_OK;
	for (size_t i = 0; i < ARRAY_LEN(kinds) && *mirror == '\0'; i++) {
		mirror = v_dict_cstr(options, kinds[i].key, "");
		type = *mirror != '\0' ? kinds[i].type : "none";
	}
	char *expanded CLEANUP(free_ptr) = expand(h, mirror), *comment CLEANUP(free_ptr) = expand(h, v_dict_cstr(options, "name", ""));
	char *name CLEANUP(free_ptr) = xasprintf("%s-%s-%s", id, h->releasever, h->basearch);
	CLEANUP(item_unrefp) struct item *old = model_get(h->c->model, ITEM_REPO, name);
	if (old != NULL) {
		log_info("actions", "auto repo adding: %s - exists", name);
		return CB_OK;
	}
	if (++h->seen > REPOS_MAX)
		return err_set(e, CB_ELIMIT, "more than %d repositories in this host's files", REPOS_MAX);
	CLEANUP(item_unrefp) struct item *repo = item_new(ITEM_REPO);
	expanded[strcspn(expanded, " \t,")] = '\0';              /* of several base URLs the first */
	int rc = set(repo, "name", name, e);
	if (rc == CB_OK)
		rc = set(repo, "breed", "yum", e);
	if (rc == CB_OK)
		rc = set(repo, "arch", h->basearch, e);
	if (rc == CB_OK)
		rc = set(repo, "comment", comment, e);
	if (rc == CB_OK)
		rc = set(repo, "mirror", expanded, e);
	if (rc == CB_OK)
		rc = set(repo, "mirror_type", type, e);
	if (rc == CB_OK)
		rc = edit_save(h->c, repo, true, true, e);
	if (rc == CB_OK)
		log_info("actions", "auto repo adding: %s", name);
	return rc == CB_OK ? rc : err_prefix(e, "repository %s", id);
}

/* A line "key = value"; lines that begin with a blank go on with the value before. */
static void take_line(struct value *options, char *line, char **key)
{
	if ((*line == ' ' || *line == '\t') && *key != NULL) {
		line += strspn(line, " \t");
		const char *had = v_dict_cstr(options, *key, "");
		if (*line != '\0' && *line != '#')
			v_dict_set(options, *key, *had != '\0' ? v_strf("%s %s", had, line) : v_str(line));
		return;
	}
	char *eq = strchr(line, '=');
	if (eq == NULL || *line == '#' || *line == ';')
		return;
	free(*key);
	*key = xstrndup(line, strcspn(line, " \t="));
	eq += 1 + strspn(eq + 1, " \t");
	v_dict_set(options, *key, v_str(eq));
}

static int read_repos(struct host *h, const char *path, struct err *e)
{
	struct strbuf text CLEANUP(sb_free) = { 0 };
	struct value *options = NULL;
	char *id = NULL, *key = NULL, *save = NULL;
	int rc = file_read(AT_FDCWD, path, FILE_MAX, &text, e);
	char *line = rc == CB_OK && text.len > 0 ? strtok_r(text.p, "\r\n", &save) : NULL;
	for (; rc == CB_OK && line != NULL; line = strtok_r(NULL, "\r\n", &save)) {
		for (size_t n = strlen(line); n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'); )
			line[--n] = '\0';
		if (*line == '[' && str_ends(line, "]")) {
			if (id != NULL && !str_eq(id, "main"))
				rc = add_repo(h, id, options, e);
			v_unref(options);
			free(id);
			free_ptr(&key);
			key = NULL;
			options = v_dict();
			id = xstrndup(line + 1, strlen(line) - 2);
		} else if (options != NULL) {
			take_line(options, line, &key);
		}
	}
	if (rc == CB_OK && id != NULL && !str_eq(id, "main"))
		rc = add_repo(h, id, options, e);
	v_unref(options);
	free(id);
	free(key);
	return rc;
}

int actions_auto_add_repos(struct core *c, struct err *e)
{
	static const char *const places[] = { "/etc/yum.repos.d/*.repo", "/etc/yum/repos.d/*.repo", "/etc/distro.repos.d/*.repo" };
	struct host h = { .c = c, .releasever = release_version(), .basearch = base_arch() };
	size_t files = 0;
	int rc = CB_OK;
	for (size_t i = 0; i < ARRAY_LEN(places) && rc == CB_OK; i++) {
		char *pattern CLEANUP(free_ptr) = path_of(places[i]);
		glob_t g;
		if (glob(pattern, 0, NULL, &g) != 0)
			continue;
		files += g.gl_pathc;
		for (size_t k = 0; k < g.gl_pathc && rc == CB_OK; k++)
			rc = read_repos(&h, g.gl_pathv[k], e);
		globfree(&g);
	}
	free(h.releasever);
	free(h.basearch);
	if (rc == CB_OK && files == 0)
		/* compat; in our words: no file in /etc/yum.repos.d */
		return err_py(e, CB_ENOENT, "ImportError", "dnf is not installed");
	return rc;
}
