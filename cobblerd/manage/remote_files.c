/* SPDX-License-Identifier: GPL-2.0-or-later
 * remote_files.c - kernels and ramdisks that distros name by their address elsewhere, for machines that can only do TFTP.
 *
 * compat: TFTPGen.copy_single_distro_file, which fetches them with each sync. Here a sync asks whether the copy is still good (ETag,
 * Last-Modified), before it holds up others; a distro that is saved has its files fetched by a task. A copy is replaced when the new one is
 * complete, and stays when the server cannot be reached.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/blocking.h"
#include "base/clock.h"
#include "base/fetch.h"
#include "base/file.h"
#include "base/log.h"
#include "base/show.h"
#include "manage/internal.h"
#include "value/json.h"

#define FILE_MAX ((uint64_t)4 << 30)          /* bytes of one file; the ramdisk of a live system has a few hundred million */
#define MIN_SPEED (16L << 10)                 /* bytes a second, of a server that is asked */
/* Seconds for one file, for all files of one server, and for all that are asked for. A sync is waited for; a task of its own is not. */
struct patience { long file, server, all; };
static const struct patience of_sync = { .file = 300, .server = 300, .all = 900 }, of_task = { .file = 900, .server = 1800, .all = 3600 };
#define NOTES_MAX 4096u

static pthread_mutex_t fetching = PTHREAD_MUTEX_INITIALIZER;

static const char *const fields[] = { "kernel", "initrd" };

/* Addresses that distros name, each once. */
static struct value *wanted_urls(struct core *c)
{
	struct item_list l = model_items(c->model, ITEM_DISTRO);
	struct value *urls = v_dict();
	for (size_t i = 0; i < l.n; i++)
		for (size_t k = 0; k < ARRAY_LEN(fields); k++)
			if (boot_is_fetched(item_str(l.v[i], fields[k])))
				v_dict_set(urls, item_str(l.v[i], fields[k]), v_bool(true));
	item_list_free(&l);
	return urls;
}

static bool cancelled(void *t)
{
	return t != NULL && task_cancelled(t);
}

/* What the server said of the copy that is there. */
static struct value *read_notes(const char *path)
{
	struct strbuf text CLEANUP(sb_free) = { 0 };
	struct value *v = NULL;
	struct err e;
	if (file_read(AT_FDCWD, path, NOTES_MAX, &text, NULL) != CB_OK || json_parse(sb_str(&text), text.len, &v, &e) != CB_OK)
		return NULL;
	return v;
}

static int write_notes(const char *path, const char *url, const struct fetch_file *file, struct err *e)
{
	struct value *v CLEANUP(v_unrefp) = v_dict();
	struct strbuf text CLEANUP(sb_free) = { 0 };
	v_dict_set(v, "url", v_str(url));
	v_dict_set(v, "etag", v_str(file->etag));
	v_dict_set(v, "modified", v_int(file->modified));
	json_write(&text, v, JSON_ASCII);
	return file_replace(AT_FDCWD, path, sb_str(&text), text.len, 0640, e);
}

/* Into the new file, which takes the copy's place when it is complete and on disk. */
static int fetch_to(struct sync *s, const char *url, const char *path, const char *fresh, const char *notes, long seconds, struct err *e)
{
	char *copy CLEANUP(free_ptr) = boot_remote_copy(url);
	struct value *known CLEANUP(v_unrefp) = copy != NULL ? read_notes(notes) : NULL;
	struct fetch_file file;
	struct stat st;
	int fd CLEANUP(close_fd) = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return err_sys(e, "%s", fresh);
	const struct fetch f = { .url = url, .max = FILE_MAX, .timeout_s = seconds, .min_speed = MIN_SPEED, .arg = s->t,
		.cancelled = cancelled, .fd = fd,
		.etag = v_dict_cstr(known, "etag", ""), .modified = (time_t)v_dict_int(known, "modified", 0) };
	int rc = fetch_file(&f, &file, e);
	if (rc != CB_OK || file.unchanged)
		return rc;
	struct strbuf shown CLEANUP(sb_free) = { 0 };
	show_word(&shown, url);
	if (fstat(fd, &st) != 0 || st.st_size == 0)
		return err_set(e, CB_EIO, "%s: it is empty", sb_str(&shown));
	if (fdatasync(fd) != 0 || rename(fresh, path) != 0)
		return err_sys(e, "%s", path);
	say(s, "fetched %s: %lld bytes", sb_str(&shown), (long long)st.st_size);
	return write_notes(notes, url, &file, e);
}

static int fetch_one(struct sync *s, const char *url, long seconds, struct err *e)
{
	char *path CLEANUP(free_ptr) = boot_remote_path(url);
	char *folder CLEANUP(free_ptr) = path_of(BOOT_REMOTE_FOLDER);
	if (path == NULL)
		return err_set(e, CB_EIO, "no name can be made for it");
	int rc = dir_make(folder, 0755, e);
	if (rc != CB_OK)
		return rc;
	char *fresh CLEANUP(free_ptr) = xasprintf("%s.new", path), *notes CLEANUP(free_ptr) = xasprintf("%s.json", path);
	rc = fetch_to(s, url, path, fresh, notes, seconds, e);
	unlink(fresh);
	return rc;
}

/* "http://host:port" */
static char *server_of(const char *url)
{
	const char *host = strstr(url, "://") + 3;
	return xstrndup(url, (size_t)(host - url) + strcspn(host, "/?#"));
}

static void note_remote(struct sync *s, const char *url, const char *text)
{
	char *copy CLEANUP(free_ptr) = boot_remote_copy(url);
	v_dict_set(s->remote, url, v_str(text));
	if (copy != NULL) {
		say(s, "%s: the copy that was fetched before stays", text);
		log_warn("manage", "%s: the copy that was fetched before stays", text);
	}
}

/* What is left of the time for this server's next file, in seconds. used: server -> ms so far. */
static long time_left(const struct patience *p, const struct value *used, const char *server, int64_t began)
{
	const int64_t left[] = { p->file * 1000, p->server * 1000 - v_dict_int(used, server, 0),
		p->all * 1000 - (clock_mono_ms() - began) };
	int64_t least = left[0];
	for (size_t i = 1; i < ARRAY_LEN(left); i++)
		least = left[i] < least ? left[i] : least;
	return least > 0 ? (long)(least + 999) / 1000 : 0;
}

/* A server that cannot be reached, or is too slow, is asked once. */
static void fetch_all(struct sync *s, const struct value *urls, bool missing)
{
	struct value *dead CLEANUP(v_unrefp) = v_dict(), *used CLEANUP(v_unrefp) = v_dict();
	const struct patience *p = missing ? &of_task : &of_sync;
	int64_t began = clock_mono_ms();
	for (size_t i = 0; i < v_len(urls) && !cancelled(s->t); i++) {
		const char *url = v_dict_key(urls, i);
		char *server CLEANUP(free_ptr) = server_of(url), *copy CLEANUP(free_ptr) = missing ? boot_remote_copy(url) : NULL;
		int64_t from = clock_mono_ms();
		long left = time_left(p, used, server, began);
		struct err e = { .code = CB_OK };
		if (copy != NULL)
			continue;
		if (v_dict_get(dead, server) != NULL)
			(void)err_set(&e, CB_EBUSY, "%s", v_cstr(v_dict_get(dead, server)));
		else if (left == 0)
			(void)err_set(&e, CB_EBUSY, "not asked any more: other files took too long");
		else
			(void)fetch_one(s, url, left, &e);
		v_dict_set(used, server, v_int(v_dict_int(used, server, 0) + clock_mono_ms() - from));
		if (e.code == CB_EBUSY)
			v_dict_set(dead, server, v_str(e.text));
		if (e.code != CB_OK)
			note_remote(s, url, e.text);
	}
}

/* Copies that no distro wants any more. */
static void sweep(const struct value *urls)
{
	char *folder CLEANUP(free_ptr) = path_of(BOOT_REMOTE_FOLDER);
	struct value *keep CLEANUP(v_unrefp) = v_dict();
	DIR *d = opendir(folder);
	if (d == NULL)
		return;
	for (size_t i = 0; i < v_len(urls); i++) {
		char *path CLEANUP(free_ptr) = boot_remote_path(v_dict_key(urls, i));
		if (path != NULL)
			v_dict_set(keep, strrchr(path, '/') + 1, v_bool(true));
	}
	for (const struct dirent *de; (de = readdir(d)) != NULL; ) {
		char *name CLEANUP(free_ptr) = xstrndup(de->d_name, strcspn(de->d_name, "."));
		if (*name != '\0' && v_dict_get(keep, name) == NULL && unlinkat(dirfd(d), de->d_name, 0) != 0)
			log_warn("manage", "cannot remove %s/%s: %s", folder, de->d_name, strerror(errno));
	}
	closedir(d);
}

void remote_files_fetch(struct sync *s, bool missing)
{
	struct value *urls CLEANUP(v_unrefp) = wanted_urls(s->r.c);
	if (v_len(urls) == 0 && missing)
		return;
	blocking_begin();
	/* a sync does not wait for a slow server that somebody asks already */
	if (missing ? pthread_mutex_lock(&fetching) == 0 : pthread_mutex_trylock(&fetching) == 0) {
		s->remote = v_dict();
		fetch_all(s, urls, missing);
		sweep(urls);
		pthread_mutex_unlock(&fetching);
	} else {
		say(s, "files that are elsewhere are just being fetched");
	}
	blocking_end();
}

int remote_files_copy(struct sync *s, const char *rel, const char *url, struct err *e)
{
	char *copy CLEANUP(free_ptr) = boot_remote_copy(url);
	const char *how = "", *why = v_dict_cstr(s->remote, url, NULL);
	struct strbuf shown CLEANUP(sb_free) = { 0 };
	char *to CLEANUP(free_ptr) = tree_shown(&s->tree, rel);
	show_word(&shown, url);
	if (copy == NULL && why != NULL)
		return err_set(e, CB_EIO, "Error while getting remote file (%s -> %s): %s", sb_str(&shown), to, why);
	int rc = copy != NULL ? tree_copy(&s->tree, rel, copy, &how, e) : CB_OK;
	if (rc == CB_OK && *how != '\0')
		say(s, "copying: %s -> %s", sb_str(&shown), to);
	return rc;
}

/* ---- what was saved ---- */

static bool has_remote(const struct item *distro)
{
	bool any = false;
	for (size_t k = 0; k < ARRAY_LEN(fields); k++)
		any |= boot_is_fetched(item_str(distro, fields[k]));
	return any;
}

static int run_later(struct task *t, void *core, struct err *e)
{
	struct core *c = core;
	struct sync s;
	sync_begin(&s, c, t);
	remote_files_fetch(&s, true);
	sync_hold(&s);
	int rc = tree_open(&s.tree, s.r.bootloc, true, e);
	if (rc == CB_OK) {
		struct item_list l = model_items(c->model, ITEM_DISTRO);
		for (size_t i = 0; i < l.n; i++) {
			struct err why;
			if (has_remote(l.v[i]) && copy_distro(&s, l.v[i], &why) != CB_OK)
				note_failure(&s, l.v[i], &why);
		}
		item_list_free(&l);
		rc = close_tree(&s, rc, e);
	}
	return sync_end(&s, sync_outcome(&s, rc, e), e);
}

void remote_files_later(struct core *c)
{
	static struct once once = { .role = "fetch", .name = "Fetch of remote boot files", .fn = run_later,
		.lock = PTHREAD_MUTEX_INITIALIZER };
	struct value *urls CLEANUP(v_unrefp) = wanted_urls(c);
	bool lacks = false;
	for (size_t i = 0; i < v_len(urls) && !lacks; i++) {
		char *copy CLEANUP(free_ptr) = boot_remote_copy(v_dict_key(urls, i));
		lacks = copy == NULL;
	}
	if (lacks)
		once_start(&once, c);
}
