/* SPDX-License-Identifier: GPL-2.0-or-later
 * store.c - one JSON file for each item, as Cobbler 3.3's file serializer has it.
 */
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/map.h"
#include "store/store_private.h"
#include "value/json.h"

#define LOAD_THREADS 7         /* beside the one that asks */
#define LOAD_FILES 200         /* fewer are not worth a thread */

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
	char *lib CLEANUP(free_ptr) = path_of("/var/lib/cobbler"), *etc CLEANUP(free_ptr) = path_of("/etc/cobbler");
	int rc = dir_make(lib, 0755, e);
	if (rc == CB_OK)
		rc = take_lock(s, e);
	if (rc == CB_OK) {
		dir_sweep(lib);
		dir_sweep(etc);
	}
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
		log_error("store", "collections/%s/%s is damaged and was set aside as collections/%s/%s: %s", plural, file, plural,
			to, why);
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

/* The way from it up its parents, as text, when that leads back to it; else NULL. Owned. */
static char *way_back(struct model *m, const struct item *it)
{
	struct strbuf way = { 0 };
	struct item *at = item_ref(it);
	bool back = false;
	sb_adds(&way, item_name(it));
	for (size_t left = model_count(m, item_type(it)); at != NULL && !back && left > 0; left--) {
		struct item *up = model_parent(m, at);
		item_unref(at);
		at = up;
		back = at == it;
		if (at != NULL)
			sb_addf(&way, " -> %s", item_name(at));
	}
	item_unref(at);
	if (back)
		return sb_take(&way);
	sb_free(&way);
	return NULL;
}

/* Nothing behind this meets an item that is its own ancestor. Returns how many were set aside. */
static size_t break_rings(struct store *s, struct model *m, enum item_type t)
{
	struct item_list l = model_items(m, t);
	size_t n = 0;
	for (size_t i = 0; i < l.n; i++) {
		enum item_type pt;
		char file[NAME_MAX + 1], *why, *way = NULL;
		if (*item_parent(l.v[i], &pt) != '\0' && pt == t)
			way = way_back(m, l.v[i]);
		if (way == NULL)
			continue;
		why = xasprintf("it is its own ancestor: %s", way);
		file_name(l.v[i], file);
		set_aside(s, t, file, why);
		model_remove(m, l.v[i]);
		n++;
		free(why);
		free(way);
	}
	item_list_free(&l);
	return n;
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
			log_warn("store", "%s \"%s\" refers to the %s \"%s\", which does not exist", item_tables[t]->name,
				item_name(l.v[i]), item_tables[pt]->name, name);
	}
	item_list_free(&l);
}

/* Two files with one uid: somebody copied a file. Both items stay; the later one gets a uid of its own. */
static void own_uid(struct model *m, struct item *it)
{
	char uid[33];
	CLEANUP(item_unrefp) struct item *other = model_by_uid(m, item_uid(it));
	if (other == NULL && *item_uid(it) != '\0')
		return;
	if (other != NULL)
		log_warn("store", "%s \"%s\" has the uid of %s \"%s\" and gets one of its own", item_table(item_type(it))->name,
			item_name(it), item_table(item_type(other))->name, item_name(other));
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

/* The files of one collection, read by several threads: start-up time is parsing time. */
struct batch {
	int dir;
	enum item_type t;
	char **names;
	size_t n;
	atomic_size_t next;
	struct item **items;       /* NULL where it could not be read */
	char **why;                /* then the reason, owned */
};

static void *load_some(void *arg)
{
	struct batch *b = arg;
	for (size_t i; (i = atomic_fetch_add(&b->next, 1)) < b->n; ) {
		struct err e;
		if (store_load_one(b->dir, b->t, b->names[i], &b->items[i], &e) != CB_OK) {
			b->items[i] = NULL;
			b->why[i] = xstrdup(e.text);
		}
	}
	return NULL;
}

static void load_all(struct batch *b)
{
	pthread_t threads[LOAD_THREADS];
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = 0;
	while (n + 1 < (size_t)cpus && n < LOAD_THREADS && b->n > LOAD_FILES * (n + 1) &&
		pthread_create(&threads[n], NULL, load_some, b) == 0)
		n++;
	load_some(b);
	for (size_t i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

static void load_type(struct store *s, struct model *m, enum item_type t, size_t *loaded, size_t *damaged, size_t *reworded)
{
	struct batch b = { .dir = s->dir[t], .t = t };
	b.names = list_files(s, t, &b.n);
	b.items = xcalloc(b.n + 1, sizeof(*b.items));
	b.why = xcalloc(b.n + 1, sizeof(*b.why));
	load_all(&b);
	for (size_t i = 0; i < b.n; i++) {
		struct item *it = b.items[i];
		CLEANUP(item_unrefp) struct item *twin = it != NULL ? model_get(m, t, item_name(it)) : NULL;
		if (twin != NULL)
			b.why[i] = xasprintf("another file holds the item \"%s\" already", item_name(it));
		if (b.why[i] == NULL) {
			own_uid(m, it);
			*reworded += item_is_reworded(it) && reword(s, it, b.names[i]);
			model_publish(m, it, NULL);
			(*loaded)++;
		} else {
			item_unref(it);
			set_aside(s, t, b.names[i], b.why[i]);
			(*damaged)++;
		}
		free(b.why[i]);
		free(b.names[i]);
	}
	free(b.names);
	free(b.items);
	free(b.why);
}

int store_load(struct store *s, struct model *m, size_t *loaded, size_t *damaged, struct err *e)
{
	size_t reworded = 0;
	*loaded = *damaged = 0;
	for (size_t t = 0; t < ITEM_TYPES; t++)
		load_type(s, m, (enum item_type)t, loaded, damaged, &reworded);
	if (reworded > 0)
		log_info("store", "%zu items of another release are stored anew; their files as they were lie in .former of each "
			"collection", reworded);
	if (store_has_old_layout(*loaded == 0 && *damaged == 0)) {
		int rc = store_take_over(s, m, loaded, damaged, e);
		if (rc != CB_OK)
			return rc;
	}
	for (size_t t = 0; t < ITEM_TYPES; t++) {
		size_t gone = break_rings(s, m, (enum item_type)t);
		*damaged += gone;
		*loaded -= gone;
		report_orphans(m, (enum item_type)t);
	}
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

/* The file of an item on its way: staged in tmp, or with tmp NULL to be removed. */
struct step { enum item_type type; char *tmp, *file; };

static char *file_of(const struct item *it)
{
	char name[NAME_MAX + 1];
	file_name(it, name);
	return xstrdup(name);
}

/* Writes the text of one item to a temp file beside its own, and adds it to the changes (NULL: to none). step->tmp is NULL on failure. */
static int stage(struct store *s, const struct item *it, struct value *changes, struct step *step, struct err *e)
{
	enum item_type t = item_type(it);
	char path[PATH_MAX];
	struct strbuf b = { 0 };
	struct value *d = item_to_disk(it);
	json_write(&b, d, JSON_ASCII | (s->pretty ? JSON_PRETTY | JSON_SORT : 0));
	v_unref(d);
	*step = (struct step){ .type = t, .file = file_of(it) };
	int rc = file_stage(s->dir[t], step->file, sb_str(&b), b.len, STORE_FILE_MODE, false, path, e);
	if (changes != NULL)
		v_list_push(changes, change(t, step->file, v_strn(sb_str(&b), b.len)));
	sb_free(&b);
	if (rc == CB_OK)
		step->tmp = xstrdup(path);
	return rc;
}

static void free_step(struct store *s, struct step *step)
{
	if (step->tmp != NULL)
		unlinkat(s->dir[step->type], step->tmp, 0);
	free(step->tmp);
	free(step->file);
}

static int do_step(struct store *s, struct step *step, struct err *e)
{
	int dir = s->dir[step->type];
	if (step->tmp == NULL)
		return unlinkat(dir, step->file, 0) == 0 || errno == ENOENT ? CB_OK : err_sys(e, "cannot remove %s", step->file);
	int rc = file_commit(dir, step->tmp, step->file, e);
	free(step->tmp);
	step->tmp = NULL;
	return rc;
}

static bool is_renamed(const struct item *it, const struct item *old)
{
	return old != NULL && (it == NULL || !str_eq(item_name(old), item_name(it)));
}

/* Files whose item has another name now, or is gone, unless another one of these takes the name. They go last: until then the names that
 * others still use are there. Returns how many; steps has room for n. */
static size_t add_removals(struct step *steps, struct value *changes, const struct item *const *items, const struct item *const *olds,
	size_t n)
{
	struct map taken[ITEM_TYPES] = { 0 };
	size_t added = 0;
	for (size_t i = 0; i < n; i++)
		if (items[i] != NULL)
			map_put(&taken[item_type(items[i])], item_name(items[i]), steps);
	for (size_t i = 0; i < n; i++) {
		if (!is_renamed(items[i], olds[i]) || map_get(&taken[item_type(olds[i])], item_name(olds[i])) != NULL)
			continue;
		steps[added] = (struct step){ item_type(olds[i]), NULL, file_of(olds[i]) };
		v_list_push(changes, change(steps[added].type, steps[added].file, NULL));
		added++;
	}
	for (size_t t = 0; t < ITEM_TYPES; t++)
		map_free(&taken[t]);
	return added;
}

/* A step failed: what was done before it is undone, as far as the disk lets us. */
static void take_back(struct store *s, const struct item *const *items, const struct item *const *olds, size_t n)
{
	struct step step;
	struct err e;
	for (size_t i = 0; i < n; i++) {
		if (items[i] == NULL || (olds[i] != NULL && !is_renamed(items[i], olds[i])))
			continue;
		step = (struct step){ item_type(items[i]), NULL, file_of(items[i]) };
		if (do_step(s, &step, &e) != CB_OK)
			log_error("store", "after a change that failed: %s", e.text);
		free_step(s, &step);
	}
	for (size_t i = 0; i < n; i++) {
		if (olds[i] == NULL)
			continue;
		if (stage(s, olds[i], NULL, &step, &e) != CB_OK || do_step(s, &step, &e) != CB_OK)
			log_error("store", "%s \"%s\" on disk is not what it was before a change that failed: %s",
				item_table(item_type(olds[i]))->name, item_name(olds[i]), e.text);
		free_step(s, &step);
	}
}

/* Locked. All steps, durable before the first is seen. */
static int do_steps(struct store *s, struct step *steps, size_t n, const struct value *changes, double newest, bool *begun, struct err *e)
{
	int rc = journal_add(s, changes, newest, e);
	if (rc != CB_OK)
		return rc;
	*begun = true;
	for (size_t i = 0; i < n && rc == CB_OK; i++)
		rc = do_step(s, &steps[i], e);
	if (rc == CB_OK)
		journal_done(s);
	return rc;
}

/* The last time at which one of these was changed. */
static double newest_of(const struct item *const *items, const struct item *const *olds, size_t n)
{
	double newest = 0;
	for (size_t i = 0; i < 2 * n; i++) {
		const struct item *it = i < n ? items[i] : olds[i - n];
		double at = it != NULL ? v_float_of(item_get(it, "mtime")) : 0;
		newest = at > newest ? at : newest;
	}
	return newest;
}

int store_save_all(struct store *s, const struct item *const *items, const struct item *const *olds, size_t n, struct err *e)
{
	struct step *steps = xcalloc(2 * n + 1, sizeof(*steps));
	struct value *changes CLEANUP(v_unrefp) = v_list();
	size_t n_steps = 0;
	struct err later;
	int rc = CB_OK;
	bool begun = false;
	for (size_t i = 0; i < n && rc == CB_OK; i++)
		if (items[i] != NULL)
			rc = stage(s, items[i], changes, &steps[n_steps++], e);
	if (rc == CB_OK) {
		n_steps += add_removals(steps + n_steps, changes, items, olds, n);
		pthread_mutex_lock(&s->mutex);
		rc = do_steps(s, steps, n_steps, changes, newest_of(items, olds, n), &begun, e);
		if (rc != CB_OK && begun)
			take_back(s, items, olds, n);
		/* What was not made after all, the journal must not make later. */
		if (rc != CB_OK && journal_checkpoint(s, &later) != CB_OK)
			log_error("store", "%s", later.text);
		pthread_mutex_unlock(&s->mutex);
	}
	for (size_t i = 0; i < n_steps; i++)
		free_step(s, &steps[i]);
	free(steps);
	return rc;
}

int store_save(struct store *s, const struct item *it, const struct item *old, struct err *e)
{
	return store_save_all(s, &it, &old, 1, e);
}

int store_delete(struct store *s, const struct item *it, struct err *e)
{
	const struct item *none = NULL;
	return store_save_all(s, &none, &it, 1, e);
}
