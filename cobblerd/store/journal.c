/* SPDX-License-Identifier: GPL-2.0-or-later
 * journal.c - what makes a change durable with one sync of one file.
 *
 * A new file in a collection is durable after two syncs, its own and that of its directory, each of which makes the file system commit.
 * Here the texts of all files of a change go first into /var/lib/cobbler/edits.journal, whose blocks exist already, so that fdatasync
 * writes nothing else. The files themselves are then replaced without a sync; they are current for every reader of this machine at once,
 * and the kernel writes them when it likes. Once they are all on the disk (syncfs: when the journal is full, some seconds after the last
 * change, at the end) the journal is empty again. The start after a loss of power puts in order the files of whatever the journal still
 * holds. After a process that was killed the kernel has the files, but for those of the last change if it was not done yet.
 *
 * A record: struct head, then a JSON list of changes, [collection, file, text] or, for a file that is to be gone, [collection, file].
 * Records follow each other with consecutive numbers; the first that does not is the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "store/store_private.h"
#include "value/json.h"

#define JOURNAL "/var/lib/cobbler/edits.journal"
#define JOURNAL_MIN (256u << 10)      /* doubles whenever it is full */
#define JOURNAL_MAX (16u << 20)       /* when it holds more than one record */
#define RECORD_MAX (1u << 30)         /* a change of 300,000 systems */
#define IDLE_S 3                   /* after the last change */

struct head {
	char magic[8];
	char boot[40];             /* boot_id of the kernel whose memory has the files */
	/* wall clock: files that are younger than the record are somebody else's. Not before what it replaces. */
	double at;
	uint64_t number;
	uint32_t n;                /* bytes of JSON that follow */
	uint32_t crc;              /* from "at" to here, and of the JSON: a head may be torn too */
	uint32_t done;             /* not 0: the files were replaced; set without a sync */
};

static const char magic[8] = "cbljrnl3";

static uint32_t crc_of(const struct head *h, const char *text)
{
	uLong crc = crc32(0, (const unsigned char *)&h->at, offsetof(struct head, crc) - offsetof(struct head, at));
	return (uint32_t)crc32_z(crc, (const unsigned char *)text, h->n);
}

/* One that cannot be had is none that was before: files are then put in order at each start, as after a loss of power. */
static void read_boot_id(char out[40])
{
	struct strbuf b = { 0 };
	size_t n = 0;
	memset(out, 0, 40);
	if (file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &b, NULL) == CB_OK)
		n = b.len < 36 ? b.len : 36;
	if (n > 0)
		memcpy(out, b.p, strnlen(b.p, n));
	else
		random_hex(out, 16);
	sb_free(&b);
}

/* ---- after a loss of power ---- */

static double changed_at(int dir, enum item_type t, const char *file)
{
	CLEANUP(item_unrefp) struct item *it = NULL;
	struct err ignored;
	return store_load_one(dir, t, file, &it, &ignored) == CB_OK ? v_float_of(item_get(it, "mtime")) : 0;
}

static int redo(struct store *s, const struct value *change, double at, struct err *e)
{
	char tmp[PATH_MAX];
	for (size_t t = 0; t < ITEM_TYPES; t++) {
		const char *file = v_cstr(v_list_at(change, 1));
		const struct value *text = v_list_at(change, 2);
		if (!v_str_is(v_list_at(change, 0), item_tables[t]->plural) || changed_at(s->dir[t], (enum item_type)t, file) > at)
			continue;
		if (text == NULL)
			return unlinkat(s->dir[t], file, 0) == 0 || errno == ENOENT ? CB_OK : err_sys(e, "cannot remove %s", file);
		int rc = file_stage(s->dir[t], file, v_cstr(text), v_len(text), STORE_FILE_MODE, false, tmp, e);
		return rc == CB_OK ? file_commit(s->dir[t], tmp, file, e) : rc;
	}
	return CB_OK;
}

/* Is what a record says a list of changes that we could have written? */
static bool is_record(const struct value *v)
{
	for (size_t i = 0; v_is(v, V_LIST) && i < v_len(v); i++) {
		const struct value *c = v_list_at(v, i);
		if (!v_is(c, V_LIST) || v_len(c) < 2 || v_len(c) > 3)
			return false;
		for (size_t k = 0; k < v_len(c); k++)
			if (!v_is(v_list_at(c, k), V_STR))
				return false;
		if (strchr(v_cstr(v_list_at(c, 1)), '/') != NULL)
			return false;
	}
	return v_is(v, V_LIST);
}

static int redo_all(struct store *s, const struct strbuf *b, const char *boot, struct err *e)
{
	struct head h;
	size_t at = 0, files = 0;
	uint64_t last = 0;
	int rc = CB_OK;
	while (rc == CB_OK && b->len - at >= sizeof(h)) {
		struct value *v = NULL;
		struct err why;
		memcpy(&h, b->p + at, sizeof(h));
		const char *text = b->p + at + sizeof(h);
		if (memcmp(h.magic, magic, sizeof(magic)) != 0 || h.n > b->len - at - sizeof(h) || (at > 0 && h.number != last + 1) ||
			crc_of(&h, text) != h.crc)
			break;
		last = h.number;
		at += sizeof(h) + h.n;
		if (memcmp(h.boot, boot, sizeof(h.boot)) == 0 && h.done != 0)
			continue;
		if (json_parse(text, h.n, &v, &why) != CB_OK || !is_record(v)) {
			rc = err_set(e, CB_EPARSE,
				JOURNAL ": the record that ends at byte %zu is whole, but no list of changes as this release writes "
				"them (%s): move the file away to start without the last changes", at,
				v == NULL ? why.text : v_type_name(v));
			v_unref(v);
			return rc;
		}
		for (size_t i = 0; i < v_len(v) && rc == CB_OK; i++, files++)
			rc = redo(s, v_list_at(v, i), h.at, e);
		v_unref(v);
	}
	if (files > 0)
		log_info("store", "%zu files of changes before the end were put in order from " JOURNAL, files);
	return rc;
}

/* ---- while it runs ---- */

/* All files of the collections are on the disk. */
static int store_sync_files(struct store *s, struct err *e)
{
	struct stat st, last = { 0 };
	for (size_t t = 0; t < ITEM_TYPES; t++) {
		if (fstat(s->dir[t], &st) == 0 && t > 0 && st.st_dev == last.st_dev)
			continue;
		last = st;
		if (syncfs(s->dir[t]) == -1)
			return err_sys(e, "cannot sync collections/%s", item_tables[t]->plural);
	}
	return CB_OK;
}

static const struct head none;

/* As pwrite, but all of it or an error. */
static int write_at(int fd, const void *p, size_t n, size_t at)
{
	for (ssize_t k; n > 0; p = (const char *)p + k, n -= (size_t)k, at += (size_t)k)
		if ((k = pwrite(fd, p, n, (off_t)at)) <= 0)
			return -1;
	return 0;
}

/* Locked. Nothing of the journal is needed any more. What only a large change needed goes back to the disk. */
static int forget(struct journal *j, struct err *e)
{
	if (j->fd >= 0 && j->used > 0 && write_at(j->fd, &none, sizeof(none), 0) == -1)
		return err_sys(e, "cannot write " JOURNAL);
	j->used = 0;
	if (j->size > JOURNAL_MAX) {
		if (ftruncate(j->fd, JOURNAL_MAX) == -1)
			return err_sys(e, "cannot shorten " JOURNAL);
		j->size = JOURNAL_MAX;
	}
	return CB_OK;
}

int journal_checkpoint(struct store *s, struct err *e)
{
	if (s->journal.used == 0)
		return CB_OK;
	int rc = store_sync_files(s, e);
	return rc == CB_OK ? forget(&s->journal, e) : rc;
}

/* Empties the journal when nothing has changed for IDLE_S to twice that, so that a file that somebody restores is not older
 * than what it holds. */
static void *tidy(void *arg)
{
	struct store *s = arg;
	struct journal *j = &s->journal;
	struct timespec until;
	struct err e;
	pthread_mutex_lock(&s->mutex);
	while (!j->stop) {
		uint64_t number = j->number;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += IDLE_S;
		if (j->used == 0)
			pthread_cond_wait(&j->wake, &s->mutex);
		else if (pthread_cond_clockwait(&j->wake, &s->mutex, CLOCK_MONOTONIC, &until) == ETIMEDOUT && j->number == number) {
			pthread_mutex_unlock(&s->mutex);          /* changes go on meanwhile */
			int rc = store_sync_files(s, &e);
			pthread_mutex_lock(&s->mutex);
			if (rc == CB_OK && j->number == number)
				rc = forget(j, &e);
			if (rc != CB_OK)
				log_error("store", "%s", e.text);
		}
	}
	pthread_mutex_unlock(&s->mutex);
	return NULL;
}

/* Zeros from the journal's end to size, which no write of a record has to allocate then. */
static int extend(struct journal *j, size_t size, struct err *e)
{
	static const char zero[65536];
	for (size_t at = j->size, n; at < size; at += n) {
		n = size - at < sizeof(zero) ? size - at : sizeof(zero);
		if (write_at(j->fd, zero, n, at) == -1)
			return err_sys(e, "cannot write " JOURNAL " (%zu bytes)", size);
	}
	return fsync(j->fd) == -1 ? err_sys(e, "cannot sync " JOURNAL) : CB_OK;
}

/* Makes room for n bytes: an empty journal of twice the size within its limit, or as large as this one change. */
static int make_room(struct store *s, size_t n, struct err *e)
{
	struct journal *j = &s->journal;
	size_t size = j->size == 0 ? JOURNAL_MIN : j->size * 2;
	while (size < n && size < JOURNAL_MAX)
		size *= 2;
	if (size > JOURNAL_MAX)
		size = JOURNAL_MAX;
	if (size < n)
		size = n;
	int rc = journal_checkpoint(s, e);
	if (rc != CB_OK || j->size >= size)
		return rc;
	char *path = path_of(JOURNAL);
	if (j->fd < 0)
		j->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	free(path);
	if (j->fd < 0)
		return err_sys(e, "cannot open " JOURNAL);
	rc = extend(j, size, e);
	if (rc != CB_OK) {
		if (ftruncate(j->fd, (off_t)j->size) == -1)
			log_error("store", "cannot shorten " JOURNAL ": %s", strerror(errno));
		return rc;
	}
	j->size = size;
	char *lib = path_of("/var/lib/cobbler");
	rc = dir_sync(AT_FDCWD, lib, e);
	free(lib);
	if (rc == CB_OK && !j->running && pthread_create(&j->thread, NULL, tidy, s) == 0)
		j->running = true;
	return rc;
}

int journal_add(struct store *s, const struct value *changes, double newest, struct err *e)
{
	struct journal *j = &s->journal;
	struct strbuf b CLEANUP(sb_free) = { 0 };
	double now = clock_wall();
	struct head h = { .at = now > newest ? now : newest, .number = j->number + 1 };
	sb_add(&b, &h, sizeof(h));
	json_write(&b, changes, JSON_ASCII);
	if (b.len > RECORD_MAX)
		return err_set(e, CB_ELIMIT, "a change of %zu files is too large: it has %zu bytes, at most %u can be made at once",
			v_len(changes), b.len, RECORD_MAX);
	int rc = j->used + b.len > j->size ? make_room(s, b.len, e) : CB_OK;
	if (rc != CB_OK)
		return rc;
	memcpy(h.magic, magic, sizeof(magic));
	memcpy(h.boot, j->boot, sizeof(h.boot));
	h.n = (uint32_t)(b.len - sizeof(h));
	h.crc = crc_of(&h, b.p + sizeof(h));
	memcpy(b.p, &h, sizeof(h));
	if (write_at(j->fd, b.p, b.len, j->used) == -1 || fdatasync(j->fd) == -1) {
		rc = err_sys(e, "cannot write " JOURNAL);
		if (write_at(j->fd, &none, sizeof(none), j->used) == -1)      /* it was refused: no start may find it */
			log_error("store", "cannot write " JOURNAL ": %s", strerror(errno));
		return rc;
	}
	j->number++;
	j->last = j->used;
	j->used += b.len;
	if (j->last == 0)                                 /* else tidy() looks by itself, and to wake it takes longer than all of this */
		pthread_cond_signal(&j->wake);
	return CB_OK;
}

void journal_done(struct store *s)
{
	static const uint32_t done = 1;
	if (write_at(s->journal.fd, &done, sizeof(done), s->journal.last + offsetof(struct head, done)) == -1)
		log_error("store", "cannot write " JOURNAL ": %s", strerror(errno));
}

int journal_open(struct store *s, struct err *e)
{
	struct journal *j = &s->journal;
	struct strbuf b CLEANUP(sb_free) = { 0 };
	char *path CLEANUP(free_ptr) = path_of(JOURNAL);
	read_boot_id(j->boot);
	j->number = (uint64_t)(clock_wall() * 1e6);       /* above all that was */
	if (access(path, F_OK) == -1)
		return CB_OK;
	int rc = file_read(AT_FDCWD, path, RECORD_MAX + JOURNAL_MAX, &b, e);
	if (rc == CB_OK)
		rc = redo_all(s, &b, j->boot, e);
	if (rc == CB_OK)
		rc = store_sync_files(s, e);
	if (rc == CB_OK && unlink(path) == -1)
		rc = err_sys(e, "cannot remove %s", path);
	return rc;
}

void journal_close(struct store *s)
{
	struct journal *j = &s->journal;
	struct err e;
	char *path = path_of(JOURNAL);
	pthread_mutex_lock(&s->mutex);
	j->stop = true;
	pthread_cond_signal(&j->wake);
	pthread_mutex_unlock(&s->mutex);
	if (j->running)
		pthread_join(j->thread, NULL);
	if (journal_checkpoint(s, &e) != CB_OK)
		log_error("store", "%s", e.text);
	else if (j->fd >= 0 && unlink(path) == -1)
		log_error("store", "cannot remove %s: %s", path, strerror(errno));
	close_fd(&j->fd);
	free(path);
}
