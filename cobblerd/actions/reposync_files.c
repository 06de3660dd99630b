/* SPDX-License-Identifier: GPL-2.0-or-later
 * reposync_files.c - what is written beside a repository's packages: the client's configuration, the upstream's description, rights.
 */
#include <errno.h>
#include <expat.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actions/reposync.h"
#include "base/file.h"

#define REPOMD_MAX (1u << 20)

/* One line of the file: neither part may begin another. */
static int add_line(struct strbuf *b, const char *key, const struct value *v, struct err *e)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	struct strbuf text CLEANUP(sb_free) = { 0 };
	v_py_str(&text, v);
	if (*key == '\0' || strspn(key, ok) != strlen(key))
		return err_set(e, CB_EINVAL, "\"%.100s\" is no name of an option in a repository file", key);
	for (const char *p = sb_str(&text); *p != '\0'; p++)
		if ((unsigned char)*p < ' ' && *p != '\t')
			return err_set(e, CB_EINVAL, "the option %s contains a control character", key);
	sb_addf(b, "%s=%s\n", key, sb_str(&text));
	return CB_OK;
}

static int add_text(struct strbuf *b, const char *key, const char *text, struct err *e)
{
	struct value *v CLEANUP(v_unrefp) = v_str(text);
	return add_line(b, key, v, e);
}

/* Where packages come from: this server, or the mirror itself. */
static int add_source(struct sync *s, bool for_clients, struct strbuf *b, struct err *e)
{
	const char *mirror = item_str(s->repo, "mirror"), *server = v_dict_cstr(s->settings, "server", ""), *hit;
	int64_t port = v_dict_int(s->settings, "http_port", 80);
	struct strbuf text CLEANUP(sb_free) = { 0 };
	if (for_clients && item_bool(s->repo, "mirror_locally")) {
		sb_addf(&text, "http://${http_server}/cobbler/repo_mirror/%s", item_name(s->repo));
		return add_text(b, "baseurl", text.p, e);
	}
	sb_adds(&text, *mirror == '/' ? "file://" : "");
	for (; !for_clients && (hit = strstr(mirror, "@@server@@")) != NULL; mirror = hit + strlen("@@server@@")) {
		sb_add(&text, mirror, (size_t)(hit - mirror));
		sb_adds(&text, server);
		if (port != 80)
			sb_addf(&text, ":%lld", (long long)port);
	}
	sb_adds(&text, mirror);
	return add_text(b, item_str(s->repo, "mirror_type"), sb_str(&text), e);
}

static int add_proxy(struct sync *s, struct strbuf *b, struct err *e)
{
	const char *proxy = item_str(s->repo, "proxy");
	if (str_eq(proxy, "<<inherit>>"))
		proxy = v_dict_cstr(s->settings, "proxy_url_ext", "");
	return *proxy == '\0' || str_eq(proxy, "<<None>>") ? CB_OK : add_text(b, "proxy", proxy, e);
}

static int add_yumopts(struct sync *s, bool for_clients, struct strbuf *b, struct err *e)
{
	const struct value *opts = item_get(s->repo, "yumopts");
	int rc = CB_OK;
	for (size_t i = 0; i < v_len(opts) && rc == CB_OK; i++) {
		const char *key = v_dict_key(opts, i);
		/* TLS options are about the upstream, not about this server */
		if (for_clients && item_bool(s->repo, "mirror_locally") && str_starts(key, "ssl"))
			continue;
		rc = add_line(b, key, v_dict_at(opts, i), e);
	}
	return rc;
}

int files_config(struct sync *s, bool for_clients, char **path, struct err *e)
{
	const struct value *opts = item_get(s->repo, "yumopts");
	const char *name = item_name(s->repo), *dir = for_clients ? s->dest : s->origin;
	char *file = for_clients ? xasprintf("%s/config.repo", dir) : xasprintf("%s/%s.repo", dir, name);
	struct strbuf b CLEANUP(sb_free) = { 0 };
	if (!for_clients)
		sb_adds(&b, "[main]\nreposdir=/dev/null\n");
	sb_addf(&b, "[%s]\nname=%s\n", name, name);
	int rc = add_source(s, for_clients, &b, e);
	if (rc == CB_OK && !for_clients) {
		rc = add_proxy(s, &b, e);
		if (rc == CB_OK && v_dict_get(opts, "exclude") != NULL)
			rc = add_line(&b, "exclude", v_dict_get(opts, "exclude"), e);
	}
	if (!for_clients || v_dict_get(opts, "enabled") == NULL)
		sb_adds(&b, "enabled=1\n");
	sb_addf(&b, "priority=%lld\n", (long long)v_int_of(item_get(s->repo, "priority")));
	if (!for_clients || v_dict_get(opts, "gpgcheck") == NULL)
		sb_adds(&b, "gpgcheck=0\n");
	if (rc == CB_OK)
		rc = add_yumopts(s, for_clients, &b, e);
	if (rc == CB_OK)
		rc = dir_make(dir, 0755, e);
	/* What reposync reads may hold a password; what clients read must be readable. */
	if (rc == CB_OK)
		rc = file_replace(AT_FDCWD, file, sb_str(&b), b.len, for_clients ? 0644 : 0600, e);
	if (rc == CB_OK && path != NULL)
		*path = file;
	else
		free(file);
	return rc;
}

int files_remove_tree(const char *dir, struct err *e)
{
	char *const paths[] = { (char *)dir, NULL };
	struct stat st;
	int rc = CB_OK;
	if (lstat(dir, &st) == -1)
		return errno == ENOENT ? CB_OK : err_sys(e, "%s", dir);
	FTS *f = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	if (f == NULL)
		return err_sys(e, "%s", dir);
	for (FTSENT *en; rc == CB_OK && (en = fts_read(f)) != NULL; ) {
		if (en->fts_info == FTS_D)
			continue;
		if ((en->fts_info == FTS_DP ? rmdir(en->fts_path) : unlink(en->fts_path)) == -1 && errno != ENOENT)
			rc = err_sys(e, "cannot remove %s", en->fts_path);
	}
	fts_close(f);
	return rc;
}

int files_permissions(const char *dir, struct err *e)
{
	/* The slash: dir itself may be a link to a larger disk. */
	char *top CLEANUP(free_ptr) = xasprintf("%s/", dir);
	char *const paths[] = { top, NULL };
	int rc = CB_OK;
	FTS *f = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (f == NULL)
		return err_sys(e, "%s", dir);
	for (FTSENT *en; rc == CB_OK && (en = fts_read(f)) != NULL; ) {
		if (en->fts_info != FTS_D && en->fts_info != FTS_F && en->fts_info != FTS_DNR)
			continue;
		bool is_dir = en->fts_info != FTS_F;
		/* The file that may hold a password stays ours. */
		if (!is_dir && str_ends(en->fts_path, ".repo") && strstr(en->fts_path, "/.origin/") != NULL)
			continue;
		mode_t now = en->fts_statp->st_mode & 07777, want = is_dir ? 0755 : (now & 0755) | 0644;
		if (now != want && chmod(en->fts_path, want) == -1)
			rc = err_sys(e, "cannot change the mode of %s", en->fts_path);
	}
	fts_close(f);
	return rc;
}

void files_remove_old(struct sync *s)
{
	static const char *const old[] = { ".olddata", ".repodata", "repodata/.olddata", "repodata/repodata" };
	for (size_t i = 0; i < ARRAY_LEN(old); i++) {
		char *path CLEANUP(free_ptr) = xasprintf("%s/%s", s->dest, old[i]);
		struct err e;
		if (access(path, F_OK) != 0)
			continue;
		task_log(s->task, "removing: \"%s\"", path);
		if (files_remove_tree(path, &e) != CB_OK)
			task_log(s->task, "%s", e.text);
	}
}

int files_take_metadata(struct sync *s, struct err *e)
{
	char *to CLEANUP(free_ptr) = xasprintf("%s/repodata", s->origin);
	char *from CLEANUP(free_ptr) = xasprintf("%s/cache/%s/repodata", s->origin, item_name(s->repo));
	int rc = files_remove_tree(to, e);
	if (rc == CB_OK && rename(from, to) == -1)
		rc = err_sys(e, "cannot move %s to %s", from, to);
	return rc;
}

/* repomd.xml: <data type="group"><location href="repodata/..."/></data>. Entities of its own are refused: expat would expand them. */
struct repomd { XML_Parser parser; bool group, deltas, refused; char *groups; };

static void XMLCALL on_start(void *arg, const char *name, const char **attr)
{
	struct repomd *r = arg;
	bool data = str_eq(name, "data"), location = str_eq(name, "location");
	for (; (data || location) && *attr != NULL; attr += 2) {
		if (data && str_eq(attr[0], "type")) {
			r->group = str_eq(attr[1], "group");
			r->deltas |= str_eq(attr[1], "prestodelta");
		}
		if (location && r->group && str_eq(attr[0], "href") && r->groups == NULL)
			r->groups = xstrdup(attr[1]);
	}
}

static void XMLCALL on_doctype(void *arg, const char *name UNUSED, const char *sys UNUSED, const char *pub UNUSED, int internal UNUSED)
{
	struct repomd *r = arg;
	r->refused = true;
	XML_StopParser(r->parser, XML_FALSE);
}

int repomd_parse(const char *text, size_t n, char **groups, bool *deltas, struct err *e)
{
	struct repomd r = { .parser = XML_ParserCreate(NULL) };
	int rc = CB_OK;
	if (r.parser == NULL)
		return err_set(e, CB_EIO, "no memory for an XML parser");
	XML_SetUserData(r.parser, &r);
	XML_SetStartElementHandler(r.parser, on_start);
	XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
	if (n > REPOMD_MAX || XML_Parse(r.parser, text, (int)n, 1) != XML_STATUS_OK)
		rc = err_set(e, CB_EPARSE, "repomd.xml: %s", r.refused ? "a document type is not accepted" :
			XML_ErrorString(XML_GetErrorCode(r.parser)));
	XML_ParserFree(r.parser);
	if (rc == CB_OK) {
		*groups = r.groups;
		*deltas = r.deltas;
	} else {
		free(r.groups);
	}
	return rc;
}

int files_repomd(struct sync *s, char **groups, bool *deltas, struct err *e)
{
	char *path CLEANUP(free_ptr) = xasprintf("%s/repodata/repomd.xml", s->origin), *href CLEANUP(free_ptr) = NULL, out[PATH_MAX];
	struct strbuf b CLEANUP(sb_free) = { 0 };
	*groups = NULL;
	*deltas = false;
	if (access(path, F_OK) != 0)
		return CB_OK;
	int rc = file_read(AT_FDCWD, path, REPOMD_MAX, &b, e);
	if (rc == CB_OK)
		rc = repomd_parse(sb_str(&b), b.len, &href, deltas, e);
	if (rc != CB_OK || href == NULL)
		return rc;
	if (!path_normalise(href, out, sizeof(out)))
		return err_set(e, CB_EINVAL, "repomd.xml names the file \"%.200s\" outside of the repository", href);
	char *file = xasprintf("%s/%s", s->origin, out);
	if (access(file, R_OK) == 0)
		*groups = file;
	else
		free(file);
	return CB_OK;
}
