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
	s->lock = s->journal.fd = -1;
	pthread_mutex_init(&s->mutex, NULL);
	pthread_cond_init(&s->journal.wake, NULL);
	for (size_t t = 0; t < ITEM_TYPES; t++)
		s->dir[t] = -1;
	char *lib = path_of("/var/lib/cobbler");
	int rc = dir_make(lib, 0755, e);
	free(lib);
	if (rc == CB_OK)
		rc = take_lock(s, e);
	for (size_t t = 0; t < ITEM_TYPES && rc == CB_OK; t++)
		rc = open_dir(item_tables[t]->plural, &s->dir[t], e);
	if (rc == CB_OK)
		rc = journal_open(s, e);
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
	journal_close(s);
	pthread_cond_destroy(&s->journal.wake);
	pthread_mutex_destroy(&s->mutex);
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

/* One entry of a record of the journal. text: taken; NULL: the file is to be gone. */
static struct value *change(enum item_type t, const char *file, struct value *text)
{
	struct value *c = v_list();
	v_list_push(c, v_str(item_tables[t]->plural));
	v_list_push(c, v_str(file));
	if (text != NULL)
		v_list_push(c, text);
	return c;
}

/* Writes the text of one item to a temp file beside its own, and adds it to the changes. *tmp owned, NULL on failure. */
static int stage(struct store *s, const struct item *it, struct value *changes, char **tmp, struct err *e)
{
	enum item_type t = item_type(it);
	char name[NAME_MAX + 1], path[PATH_MAX];
	struct strbuf b = { 0 };
	struct value *d = item_to_disk(it);
	json_write(&b, d, JSON_ASCII | (s->pretty ? JSON_PRETTY | JSON_SORT : 0));
	v_unref(d);
	file_name(it, name);
	int rc = file_stage(s->dir[t], name, sb_str(&b), b.len, STORE_FILE_MODE, false, path, e);
	v_list_push(changes, change(t, name, v_strn(sb_str(&b), b.len)));
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

static bool is_renamed(const struct item *it, const struct item *old)
{
	return old != NULL && !str_eq(item_name(old), item_name(it));
}

static int remove_file(struct store *s, const struct item *it, struct err *e)
{
	char name[NAME_MAX + 1];
	file_name(it, name);
	return unlinkat(s->dir[item_type(it)], name, 0) == 0 || errno == ENOENT ? CB_OK : err_sys(e, "cannot remove %s", name);
}

/* The staged files take their places. Former names go last: until then the names that others still use are there. */
static int replace_files(struct store *s, const struct item *const *items, const struct item *const *olds, size_t n, char **tmp, struct err *e)
{
	int rc = CB_OK;
	for (size_t i = 0; i < n && rc == CB_OK; i++)
		rc = commit(s, items[i], &tmp[i], e);
	for (size_t i = 0; i < n && rc == CB_OK; i++)
		if (is_renamed(items[i], olds[i]))
			rc = remove_file(s, olds[i], e);
	return rc;
}

/* Locked. What the journal cannot hold is on the disk before it is seen, and again after. */
static int make_durable(struct store *s, const struct value *changes, bool *held, struct err *e)
{
	int rc = journal_add(s, changes, held, e);
	return rc == CB_OK && !*held ? store_sync_files(s, e) : rc;
}

/* Locked. When a change that the journal holds was not made after all, the journal must not make it later. */
static int settle(struct store *s, bool held, int rc, struct err *e)
{
	struct err later;
	int rc2 = CB_OK;
	if (rc != CB_OK && held)
		rc2 = journal_checkpoint(s, &later);
	else if (rc == CB_OK && !held)
		rc = store_sync_files(s, e);
	if (rc2 != CB_OK)
		log_error("store", "%s", later.text);
	return rc;
}

int store_save_all(struct store *s, const struct item *const *items, const struct item *const *olds, size_t n, struct err *e)
{
	char **tmp = xcalloc(n + 1, sizeof(*tmp)), former[NAME_MAX + 1];
	struct value *changes CLEANUP(v_unrefp) = v_list();
	int rc = CB_OK;
	for (size_t i = 0; i < n && rc == CB_OK; i++)
		rc = stage(s, items[i], changes, &tmp[i], e);
	for (size_t i = 0; i < n && rc == CB_OK; i++)
		if (is_renamed(items[i], olds[i])) {
			file_name(olds[i], former);
			v_list_push(changes, change(item_type(olds[i]), former, NULL));
		}
	if (rc == CB_OK) {
		bool held;
		pthread_mutex_lock(&s->mutex);
		rc = make_durable(s, changes, &held, e);
		if (rc == CB_OK)
			rc = settle(s, held, replace_files(s, items, olds, n, tmp, e), e);
		pthread_mutex_unlock(&s->mutex);
	}
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
	struct value *changes CLEANUP(v_unrefp) = v_list();
	char name[NAME_MAX + 1];
	bool held;
	file_name(it, name);
	v_list_push(changes, change(item_type(it), name, NULL));
	pthread_mutex_lock(&s->mutex);
	int rc = make_durable(s, changes, &held, e);
	if (rc == CB_OK)
		rc = settle(s, held, remove_file(s, it, e), e);
	pthread_mutex_unlock(&s->mutex);
	return rc;
}
