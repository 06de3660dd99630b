/* SPDX-License-Identifier: GPL-2.0-or-later
 * task_lines.c - the lines of one task, in memory until there is reason to write them.
 *
 * A short task is over before its log is made: readers are told from memory meanwhile.
 */
#include "work/task_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

#define TASK_LOGS "/var/log/cobbler/tasks"
#define LOG_MAX (64u << 20)
#define HELD_MAX (30u << 10)
#define HELD_S 0.1

void lines_init(struct task_lines *l, const char *id)
{
	*l = (struct task_lines){ .id = id, .fd = -1, .flushed = clock_wall() };
	pthread_mutex_init(&l->lock, NULL);
}

static char *log_path(const char *id)
{
	char *name CLEANUP(free_ptr) = xasprintf(TASK_LOGS "/%s.log", id);
	return path_of(name);
}

/* Once: a disk that is full would be filled with this. */
static void complain(struct task_lines *l, const char *what)
{
	if (!l->complained)
		log_warn("work", "cannot %s the log of %s, lines of it are lost: %s", what, l->id, strerror(errno));
	l->complained = true;
}

static void create_log(struct task_lines *l)
{
	char *path CLEANUP(free_ptr) = log_path(l->id);
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
	l->fd = open(path, flags, 0640);
	if (l->fd == -1 && errno == ENOENT) {
		char *dir CLEANUP(free_ptr) = path_of(TASK_LOGS);
		struct err e;
		if (dir_make(dir, 0750, &e) != CB_OK)
			log_warn("work", "%s", e.text);
		l->fd = open(path, flags, 0640);
	}
	if (l->fd == -1)
		complain(l, "create");
}

/* Returns how much of it is in the task's log: all of it unless that cannot be written. */
static size_t write_log(struct task_lines *l, const char *p, size_t n)
{
	size_t off = 0;
	if (l->fd == -1 && l->on_disk == 0)
		create_log(l);
	while (l->fd >= 0 && off < n) {
		ssize_t k = write(l->fd, p + off, n - off);
		if (k == -1 && errno == EINTR)
			continue;
		if (k <= 0) {
			complain(l, "write");
			break;
		}
		off += (size_t)k;
	}
	return off;
}

/* Only this thread changes held: reading it needs no lock. */
static void flush(struct task_lines *l, void (*to_daemons_log)(const char *lines))
{
	if (l->held.len == 0)
		return;
	to_daemons_log(sb_str(&l->held));
	size_t n = write_log(l, l->held.p, l->held.len);
	pthread_mutex_lock(&l->lock);
	l->on_disk += n;
	sb_truncate(&l->held, 0);
	pthread_mutex_unlock(&l->lock);
}

void lines_flush(struct task_lines *l)
{
	flush(l, log_verbatim_lines);
}

void lines_end(struct task_lines *l)
{
	flush(l, log_verbatim_end);
}

static const char *time_of_line(struct task_lines *l, double now)
{
	time_t s = (time_t)now;
	struct tm tm;
	if (s != l->second) {
		localtime_r(&s, &tm);
		strftime(l->when, sizeof(l->when), "%Y-%m-%d %H:%M:%S", &tm);
		l->second = s;
	}
	return l->when;
}

/* A text of several lines: the daemon's log shows their ends as \x0a, the task's has them. */
static void add_text(struct task_lines *l, const struct strbuf *b)
{
	lines_flush(l);
	log_verbatim(sb_str(b));
	size_t n = write_log(l, b->p, b->len);
	n += n == b->len ? write_log(l, "\n", 1) : 0;
	pthread_mutex_lock(&l->lock);
	l->on_disk += n;
	pthread_mutex_unlock(&l->lock);
}

void lines_add(struct task_lines *l, const char *level, const char *text)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	double now = clock_wall();
	const char *when = time_of_line(l, now);
	sb_addf(&b, "[%s] %s,%03d - %s | %s", l->id, when, (int)((now - (double)l->second) * 1000), level, text);
	if (strchr(text, '\n') != NULL) {
		add_text(l, &b);
		return;
	}
	sb_addc(&b, '\n');
	pthread_mutex_lock(&l->lock);
	sb_add(&l->held, b.p, b.len);
	pthread_mutex_unlock(&l->lock);
	/* A clock that was set back must not keep lines until it is there again. */
	if (l->hold && l->held.len <= HELD_MAX && now >= l->flushed && now - l->flushed <= HELD_S)
		return;
	lines_flush(l);
	l->flushed = now;
}

void lines_close(struct task_lines *l)
{
	lines_flush(l);
	close_fd(&l->fd);
	l->fd = -1;
}

void lines_free(struct task_lines *l)
{
	close_fd(&l->fd);
	sb_free(&l->held);
	pthread_mutex_destroy(&l->lock);
}

void lines_peek(struct task_lines *l, struct strbuf *ret, size_t *on_disk)
{
	pthread_mutex_lock(&l->lock);
	sb_add(ret, sb_str(&l->held), l->held.len);
	*on_disk = l->on_disk;
	pthread_mutex_unlock(&l->lock);
}

struct value *lines_read(const char *id, size_t on_disk, const struct strbuf *held)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	char *path CLEANUP(free_ptr) = log_path(id);
	struct err e;
	if (on_disk > 0 && file_read(AT_FDCWD, path, LOG_MAX, &b, &e) != CB_OK)
		return NULL;
	if (b.len > on_disk)
		sb_truncate(&b, on_disk);
	sb_add(&b, sb_str(held), held->len);
	return v_strn(sb_str(&b), b.len);
}
