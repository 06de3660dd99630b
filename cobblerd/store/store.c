/* SPDX-License-Identifier: GPL-2.0-or-later
 * store.c - one JSON file for each item, as Cobbler 3.3's file serializer has it.
 */
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "store/store_private.h"
#include "value/json.h"

#define FILE_MODE 0640

/* Keeps a second daemon out. The file names who holds the lock. */
static int take_lock(struct store *s, struct err *e)
{
	char *path = path_of("/var/lib/cobbler/lock.cobblerd");
	char pid[32];
	int rc = CB_OK;
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (s->lock == -1) {
		rc = err_sys(e, "cannot open %s", path);
	} else if (flock(s->lock, LOCK_EX | LOCK_NB) == -1) {
		ssize_t n = pread(s->lock, pid, sizeof(pid) - 1, 0);
		pid[n > 0 ? n : 0] = '\0';
		pid[strcspn(pid, "\n")] = '\0';
		rc = err_set(e, CB_EBUSY, "the store %s/var/lib/cobbler is in use by the cobblerd process %s", path_root(), pid);
	} else {
		int n = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
		if (ftruncate(s->lock, 0) == -1 || pwrite(s->lock, pid, (size_t)n, 0) != n)
			rc = err_sys(e, "cannot write %s", path);
	}
	free(path);
	return rc;
}

static int open_dir(const char *plural, int *ret, struct err *e)
{
	char *path = xasprintf("%s/var/lib/cobbler/collections/%s", path_root(), plural);
	int rc = dir_make(path, 0750, e);
	if (rc == CB_OK) {
		*ret = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (*ret == -1)
			rc = err_sys(e, "cannot open %s", path);
	}
	free(path);
	return rc;
}

int store_open(bool pretty, struct store **ret, struct err *e)
{
	struct store *s = xcalloc(1, sizeof(*s));
	s->pretty = pretty;
	s->lock = -1;
	for (size_t t = 0; t < ITEM_TYPES; t++)
		s->dir[t] = -1;
	char *lib = path_of("/var/lib/cobbler");
	int rc = dir_make(lib, 0755, e);
	free(lib);
	if (rc == CB_OK)
		rc = take_lock(s, e);
	for (size_t t = 0; t < ITEM_TYPES && rc == CB_OK; t++)
		rc = open_dir(item_tables[t]->plural, &s->dir[t], e);
	if (rc != CB_OK) {
		store_close(s);
		return rc;
	}
	*ret = s;
	return CB_OK;
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	for (size_t t = 0; t < ITEM_TYPES; t++)
		close_fd(&s->dir[t]);
	close_fd(&s->lock);
	free(s);
}

/* Out of the way, but not lost. */
static void set_aside(struct store *s, enum item_type t, const char *file, const char *why)
{
	char to[NAME_MAX + 16];
	const char *plural = item_tables[t]->plural;
	if (mkdirat(s->dir[t], ".damaged", 0750) == -1 && errno != EEXIST)
		log_error("store", "cannot create collections/%s/.damaged: %s", plural, strerror(errno));
	snprintf(to, sizeof(to), ".damaged/%s", file);
	if (renameat(s->dir[t], file, s->dir[t], to) == -1)
		log_error("store", "collections/%s/%s is damaged and could not be set aside: %s", plural, file, why);
	else
		log_error("store", "collections/%s/%s is damaged and was set aside as collections/%s/%s: %s", plural, file, plural, to, why);
}

int store_load_one(int dir, enum item_type t, const char *file, struct item **ret, struct err *e)
{
	struct strbuf b = { 0 };
	struct value *v = NULL;
	int rc = file_read(dir, file, ITEM_FILE_MAX, &b, e);
	if (rc == CB_OK)
		rc = json_parse(sb_str(&b), b.len, &v, e);
	if (rc == CB_OK)
		rc = item_from_disk(t, v, ret, e);
	v_unref(v);
	sb_free(&b);
	return rc;
}

/* The name that a file must have. */
static void file_name(const struct item *it, char out[NAME_MAX + 1])
{
	snprintf(out, NAME_MAX + 1, "%s.json", item_name(it));
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The item files of a collection, sorted. n entries, owned. Temp files that a crash left behind are removed. */
static char **list_files(struct store *s, enum item_type t, size_t *n)
{
	char **names = NULL;
	size_t cap = 0;
	*n = 0;
	int fd = openat(s->dir[t], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	if (d == NULL) {
		close_fd(&fd);
		return NULL;
	}
	for (struct dirent *de; (de = readdir(d)) != NULL; ) {
		if (str_ends(de->d_name, ".tmp"))
			unlinkat(s->dir[t], de->d_name, 0);
		if (de->d_name[0] == '.' || !str_ends(de->d_name, ".json"))
			continue;
		if (*n == cap) {
			cap = cap != 0 ? cap * 2 : 64;
			names = xreallocarray(names, cap, sizeof(*names));
		}
		names[(*n)++] = xstrdup(de->d_name);
	}
	closedir(d);
	if (*n > 0)
		qsort(names, *n, sizeof(*names), compare_names);
	return names;
}

/* Children come after their parents, so that lists are in a sensible order; a missing parent is reported, not fatal. */
static void report_orphans(struct model *m, enum item_type t)
{
	struct item_list l = model_items(m, t);
	for (size_t i = 0; i < l.n; i++) {
		enum item_type pt;
		const char *name = item_parent(l.v[i], &pt);
		CLEANUP(item_unrefp) struct item *parent = *name != '\0' ? model_get(m, pt, name) : NULL;
		if (*name != '\0' && parent == NULL)
			log_warn("store", "%s \"%s\" refers to the %s \"%s\", which does not exist", item_tables[t]->name, item_name(l.v[i]),
				item_tables[pt]->name, name);
	}
	item_list_free(&l);
}

/* Two files with one uid: a rename was interrupted, or somebody copied a file. Both items stay; the later one gets a uid of its own. */
static void own_uid(struct model *m, struct item *it)
{
	char uid[33];
	CLEANUP(item_unrefp) struct item *other = model_by_uid(m, item_uid(it));
	if (other == NULL && *item_uid(it) != '\0')
		return;
	if (other != NULL)
		log_warn("store", "%s \"%s\" has the uid of %s \"%s\" and gets one of its own", item_table(item_type(it))->name, item_name(it),
			item_table(item_type(other))->name, item_name(other));
	random_hex(uid, 16);
	item_put(it, "uid", v_str(uid));
}

/* An item of another release is written anew, so that Cobbler 3.3.7, which refuses such files, loads all that we load. The file as it
 * was stays in .former. Returns whether it is done; the item is good either way. */
static bool reword(struct store *s, const struct item *it, const char *file)
{
	enum item_type t = item_type(it);
	struct err e = { .code = CB_OK };
	char to[NAME_MAX + 16];
	snprintf(to, sizeof(to), ".former/%s", file);
	if (mkdirat(s->dir[t], ".former", 0750) == -1 && errno != EEXIST)
		err_sys(&e, "cannot create .former");
	else if (linkat(s->dir[t], file, s->dir[t], to, 0) == -1 && errno != EEXIST)
		err_sys(&e, "cannot keep the file as %s", to);
	else if (store_save(s, it, NULL, &e) == CB_OK)
		return true;
	log_warn("store", "collections/%s/%s stays in the words of another release: %s", item_tables[t]->plural, file, e.text);
	return false;
}

int store_load(struct store *s, struct model *m, size_t *loaded, size_t *damaged, struct err *e)
{
	size_t reworded = 0;
	*loaded = *damaged = 0;
	for (size_t t = 0; t < ITEM_TYPES; t++) {
		size_t n;
		char **names = list_files(s, (enum item_type)t, &n);
		for (size_t i = 0; i < n; i++) {
			struct item *it = NULL;
			struct err why;
			int rc = store_load_one(s->dir[t], (enum item_type)t, names[i], &it, &why);
			struct item *twin = rc == CB_OK ? model_get(m, (enum item_type)t, item_name(it)) : NULL;
			if (twin != NULL)
				rc = err_set(&why, CB_EEXIST, "another file holds the item \"%s\" already", item_name(it));
			if (rc == CB_OK) {
				own_uid(m, it);
				reworded += item_is_reworded(it) && reword(s, it, names[i]);
				model_publish(m, it, NULL);
				(*loaded)++;
			} else {
				item_unref(it);
				set_aside(s, (enum item_type)t, names[i], why.text);
				(*damaged)++;
			}
			item_unref(twin);
			free(names[i]);
		}
		free(names);
	}
	if (reworded > 0)
		log_info("store", "%zu items of another release are stored anew; their files as they were lie in .former of each collection", reworded);
	if (store_has_old_layout(*loaded == 0 && *damaged == 0)) {
		int rc = store_take_over(s, m, loaded, damaged, e);
		if (rc != CB_OK)
			return rc;
	}
	for (size_t t = 0; t < ITEM_TYPES; t++)
		report_orphans(m, (enum item_type)t);
	return CB_OK;
}

/* Writes the text of one item to a temp file beside its own. *tmp owned, NULL on failure. */
static int stage(struct store *s, const struct item *it, char **tmp, struct err *e)
{
	enum item_type t = item_type(it);
	char name[NAME_MAX + 1], path[PATH_MAX];
	struct strbuf b = { 0 };
	struct value *d = item_to_disk(it);
	json_write(&b, d, JSON_ASCII | (s->pretty ? JSON_PRETTY | JSON_SORT : 0));
	v_unref(d);
	file_name(it, name);
	int rc = file_stage(s->dir[t], name, sb_str(&b), b.len, FILE_MODE, path, e);
	sb_free(&b);
	*tmp = rc == CB_OK ? xstrdup(path) : NULL;
	return rc;
}

static int commit(struct store *s, const struct item *it, char **tmp, struct err *e)
{
	char name[NAME_MAX + 1];
	file_name(it, name);
	int rc = file_commit(s->dir[item_type(it)], *tmp, name, e);
	if (rc == CB_OK) {
		free(*tmp);
		*tmp = NULL;
	}
	return rc;
}

static int remove_former(struct store *s, const struct item *it, const struct item *old, struct err *e)
{
	char former[NAME_MAX + 1];
	if (old == NULL || str_eq(item_name(old), item_name(it)))
		return CB_OK;
	file_name(old, former);
	if (unlinkat(s->dir[item_type(it)], former, 0) == -1 && errno != ENOENT)
		return err_sys(e, "cannot remove %s", former);
	return dir_sync(s->dir[item_type(it)], ".", e);
}

int store_save_all(struct store *s, const struct item *const *items, const struct item *const *olds, size_t n, struct err *e)
{
	char **tmp = xcalloc(n + 1, sizeof(*tmp));
	bool touched[ITEM_TYPES] = { false };
	int rc = CB_OK;
	for (size_t i = 0; i < n && rc == CB_OK; i++)
		rc = stage(s, items[i], &tmp[i], e);
	for (size_t i = 0; i < n && rc == CB_OK; i++) {
		rc = commit(s, items[i], &tmp[i], e);
		touched[item_type(items[i])] = true;
	}
	for (size_t t = 0; t < ITEM_TYPES && rc == CB_OK; t++)
		if (touched[t])
			rc = dir_sync(s->dir[t], ".", e);
	/* Last: until then the names that others still use are there. */
	for (size_t i = 0; i < n && rc == CB_OK; i++)
		rc = remove_former(s, items[i], olds[i], e);
	for (size_t i = 0; i < n; i++) {
		if (tmp[i] != NULL)
			unlinkat(s->dir[item_type(items[i])], tmp[i], 0);
		free(tmp[i]);
	}
	free(tmp);
	return rc;
}

int store_save(struct store *s, const struct item *it, const struct item *old, struct err *e)
{
	return store_save_all(s, &it, &old, 1, e);
}

int store_delete(struct store *s, const struct item *it, struct err *e)
{
	char name[NAME_MAX + 1];
	file_name(it, name);
	if (unlinkat(s->dir[item_type(it)], name, 0) == -1 && errno != ENOENT)
		return err_sys(e, "cannot remove %s", name);
	return dir_sync(s->dir[item_type(it)], ".", e);
}
