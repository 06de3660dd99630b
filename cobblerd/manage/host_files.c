/* SPDX-License-Identifier: GPL-2.0-or-later
 * host_files.c - files of the host outside the tree: rendering and replacing them, rsyncd.conf, genders.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "manage/internal.h"

int write_host_file(struct sync *s, const char *path, const struct strbuf *text, struct err *e)
{
	char *real CLEANUP(free_ptr) = path_of(path), *dir CLEANUP(free_ptr) = xstrndup(real, (size_t)(strrchr(real, '/') - real));
	struct strbuf have CLEANUP(sb_free) = { 0 };
	int rc = CB_OK;
	/* an unchanged file is left alone: its daemon need not read it again */
	if (file_read(AT_FDCWD, real, 256u << 20, &have, NULL) == CB_OK && have.len == text->len &&
		memcmp(sb_str(&have), sb_str(text), have.len) == 0)
		return CB_OK;
	if (*path_root() != '\0')
		rc = dir_make(dir, 0755, e);
	s->host_files++;
	return rc == CB_OK ? privileged_write(s->r.c->privileged, path, text, e) : rc;
}

int render_config(struct sync *s, const char *template, const struct value *vars, struct strbuf *text, struct err *e)
{
	char *written CLEANUP(free_ptr) = xasprintf("/etc/cobbler/%s", template), *real CLEANUP(free_ptr) = path_of(written);
	if (access(real, R_OK) != 0)
		return err_py(e, CB_ENOENT, "OSError", "error reading template from file: %s", written);
	return boot_render_file(&s->r, real, vars, text, e);
}

int write_config(struct sync *s, const char *template, const char *path, const struct value *vars, struct err *e)
{
	struct strbuf text CLEANUP(sb_free) = { 0 };
	int rc = render_config(s, template, vars, &text, e);
	return rc == CB_OK ? write_host_file(s, path, &text, e) : rc;
}

/* ---- rsyncd.conf ---- */

static struct value *linked_distros(const char *webdir)
{
	struct value *l = v_list();
	char *pattern = xasprintf("%s%s/links/*", path_root(), webdir);
	glob_t g;
	if (glob(pattern, 0, NULL, &g) == 0) {
		for (size_t i = 0; i < g.gl_pathc; i++) {
			char real[PATH_MAX];
			struct value *d = v_dict();
			if (realpath(g.gl_pathv[i], real) == NULL)
				snprintf(real, sizeof(real), "%s", g.gl_pathv[i]);
			const char *shown = real;
			if (*path_root() != '\0' && str_starts(real, path_root()))
				shown += strlen(path_root());
			v_dict_set(d, "path", v_str(shown));
			v_dict_set(d, "name", v_str(strrchr(g.gl_pathv[i], '/') + 1));
			v_list_push(l, d);
		}
		globfree(&g);
	}
	free(pattern);
	return l;
}

static struct value *mirrored_repos(struct sync *s, const char *webdir)
{
	struct item_list l = model_items(s->r.c->model, ITEM_REPO);
	struct value *names = v_list();
	for (size_t i = 0; i < l.n; i++) {
		struct stat st;
		char *dir = xasprintf("%s%s/repo_mirror/%s", path_root(), webdir, item_name(l.v[i]));
		if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
			v_list_push(names, v_str(item_name(l.v[i])));
		free(dir);
	}
	item_list_free(&l);
	return names;
}

int rsync_write(struct sync *s, struct err *e)
{
	const char *webdir = v_dict_cstr(s->r.settings, "webdir", "/var/www/cobbler");
	struct value *vars = v_dict();
	say(s, "rendering Rsync files");
	v_dict_set(vars, "date", date_now());
	v_dict_set(vars, "cobbler_server", v_str(v_dict_cstr(s->r.settings, "server", "")));
	v_dict_set(vars, "distros", linked_distros(webdir));
	v_dict_set(vars, "repos", mirrored_repos(s, webdir));
	v_dict_set(vars, "webdir", v_str(webdir));
	int rc = write_config(s, "rsync.template", "/etc/rsyncd.conf", vars, e);
	v_unref(vars);
	return rc;
}

/* ---- genders ---- */

/* A group for each item of the type, in their order; still without members. */
static struct value *groups_of(struct sync *s, enum item_type type)
{
	struct item_list l = model_items(s->r.c->model, type);
	struct value *groups = v_dict();
	for (size_t i = 0; i < l.n; i++)
		v_dict_set(groups, item_name(l.v[i]), v_str(""));
	item_list_free(&l);
	return groups;
}

static void add_member(struct value *groups, const char *group, const char *name)
{
	const char *have = v_dict_cstr(groups, group, NULL);
	if (have != NULL)
		v_dict_set(groups, group, *have != '\0' ? v_strf("%s,%s", have, name) : v_str(name));
}

/* Takes the groups; those without members are left out. */
static struct value *with_members(struct value *groups)
{
	struct value *ret = v_dict();
	for (size_t i = 0; i < v_len(groups); i++)
		if (*v_cstr(v_dict_at(groups, i)) != '\0')
			v_dict_set(ret, v_dict_key(groups, i), v_ref(v_dict_at(groups, i)));
	v_unref(groups);
	return ret;
}

/* compat: genders.py of 3.3.7 finds systems by their own fields: what classes a system has of its profile does not count, and no system has
 * a distro of its own, so that a template's distros are none. */
int genders_write(struct sync *s, struct err *e)
{
	struct item_list l = model_items(s->r.c->model, ITEM_SYSTEM);
	struct value *vars = v_dict(), *profiles = groups_of(s, ITEM_PROFILE), *classes = groups_of(s, ITEM_MGMTCLASS);
	char *real = path_of("/etc/genders");
	int rc = CB_OK;
	for (size_t i = 0; i < l.n; i++) {
		const struct value *own = item_get(l.v[i], "mgmt_classes");
		add_member(profiles, item_str(l.v[i], "profile"), item_name(l.v[i]));
		for (size_t k = 0; v_is(own, V_LIST) && k < v_len(own); k++)
			add_member(classes, v_cstr(v_list_at(own, k)), item_name(l.v[i]));
	}
	item_list_free(&l);
	v_dict_set(vars, "date", date_now());
	v_dict_set(vars, "profiles_genders", with_members(profiles));
	v_dict_set(vars, "distros_genders", v_dict());
	v_dict_set(vars, "mgmtcls_genders", with_members(classes));
	/* compat: only where an administrator has put the file */
	if (access(real, F_OK) != 0) {
		say(s, "Error: /etc/genders does not exist.");
		say(s, "Please run: touch /etc/genders as root and try again.");
	} else {
		rc = write_config(s, "genders.template", "/etc/genders", vars, e);
	}
	free(real);
	v_unref(vars);
	return rc;
}
