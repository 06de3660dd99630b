/* SPDX-License-Identifier: GPL-2.0-or-later
 * task.c - tasks, their events and their logs.
 */
#include "work/task.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/map.h"
#include "triggers/triggers.h"

#define STOP_WAIT_S 5
#define LOG_MAX (64u << 20)
#define HELD_MAX (30u << 10)
#define HELD_S 0.1

enum state { STATE_INFO, STATE_WAITING, STATE_RUNNING, STATE_COMPLETE, STATE_FAILED };
/* compat: Cobbler's events begin as "notification" and turn complete or failed; clients know "running" too. */
static const char *const state_names[] = { "notification", "running", "running", "complete", "failed" };

struct task {
	struct tasks *ts;
	char *id, *role, *name;
	double began;
	enum state state;
	struct value *readers;       /* list of names; replaced, never changed */
	int log_fd;
	bool many_lines;             /* lines are collected in held */
	struct strbuf held;
	time_t second;               /* of when, the time of the last line as text */
	char when[32];
	double flushed;
	task_fn *fn;
	void *arg;
	void (*arg_free)(void *);
	atomic_bool cancel;
	bool active;                 /* a thread or the queue still has it */
	struct task *next;           /* all events, oldest first */
	struct task *next_waiting;
};

struct tasks {
	pthread_mutex_t lock;
	pthread_cond_t change;
	struct map by_id;
	struct task *first, **last;
	struct task *waiting, **last_waiting;
	size_t n, n_running, n_waiting;
	bool stopping;
};

struct tasks *tasks_new(void)
{
	struct tasks *ts = xcalloc(1, sizeof(*ts));
	pthread_condattr_t attr;
	pthread_mutex_init(&ts->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&ts->change, &attr);
	pthread_condattr_destroy(&attr);
	ts->last = &ts->first;
	ts->last_waiting = &ts->waiting;
	return ts;
}

static void task_free(struct task *t)
{
	if (t->arg_free != NULL && t->arg != NULL)
		t->arg_free(t->arg);
	close_fd(&t->log_fd);
	sb_free(&t->held);
	v_unref(t->readers);
	free(t->id);
	free(t->role);
	free(t->name);
	free(t);
}

void tasks_free(struct tasks *ts)
{
	struct timespec until;
	if (ts == NULL)
		return;
	pthread_mutex_lock(&ts->lock);
	ts->stopping = true;
	for (struct task *t = ts->first; t != NULL; t = t->next)
		atomic_store(&t->cancel, true);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += STOP_WAIT_S;
	while (ts->n_running > 0 && pthread_cond_timedwait(&ts->change, &ts->lock, &until) != ETIMEDOUT)
		;
	size_t left = ts->n_running;
	pthread_mutex_unlock(&ts->lock);
	if (left > 0) {
		/* Their threads still use it: the process ends anyway. */
		log_warn("work", "%zu tasks did not stop in time", left);
		return;
	}
	for (struct task *t = ts->first, *next; t != NULL; t = next) {
		next = t->next;
		task_free(t);
	}
	map_free(&ts->by_id);
	pthread_cond_destroy(&ts->change);
	pthread_mutex_destroy(&ts->lock);
	free(ts);
}

static void write_log(struct task *t, const struct strbuf *b)
{
	for (size_t off = 0; t->log_fd >= 0 && off < b->len; ) {
		ssize_t n = write(t->log_fd, b->p + off, b->len - off);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			log_warn("work", "cannot write the log of %s: %s", t->id, strerror(errno));
			break;
		}
		off += (size_t)n;
	}
}

static void flush(struct task *t, double now)
{
	t->flushed = now;
	if (t->held.len == 0)
		return;
	log_verbatim_lines(sb_str(&t->held));
	write_log(t, &t->held);
	sb_truncate(&t->held, 0);
}

void task_many_lines(struct task *t, bool on)
{
	if (t == NULL)
		return;
	t->many_lines = on;
}

/* One line as Python's logging writes it: to the task's log and to the daemon's. */
static void write_line(struct task *t, const char *level, const char *text)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	double now = clock_wall();
	time_t s = (time_t)now;
	struct tm tm;
	if (s != t->second) {
		localtime_r(&s, &tm);
		strftime(t->when, sizeof(t->when), "%Y-%m-%d %H:%M:%S", &tm);
		t->second = s;
	}
	sb_addf(&b, "[%s] %s,%03d - %s | %s", t->id, t->when, (int)((now - (double)s) * 1000), level, text);
	if (strchr(text, '\n') == NULL) {
		sb_addf(&t->held, "%s\n", sb_str(&b));
		if (!t->many_lines || t->held.len > HELD_MAX || now - t->flushed > HELD_S)
			flush(t, now);
		return;
	}
	flush(t, now);
	log_verbatim(sb_str(&b));
	sb_addc(&b, '\n');
	write_log(t, &b);
}

void task_log(struct task *t, const char *fmt, ...)
{
	struct strbuf b CLEANUP(sb_free) = { .limit = 64 << 10 };
	va_list ap;
	va_start(ap, fmt);
	sb_vaddf(&b, fmt, ap);
	va_end(ap);
	if (t != NULL)
		write_line(t, "INFO", sb_str(&b));
	else
		log_info("task", "%s", sb_str(&b));
}

bool task_cancelled(struct task *t)
{
	return t != NULL && atomic_load(&t->cancel);
}

const char *task_id(struct task *t)
{
	return t->id;
}

/* The name becomes part of a file name: what a client chose in it must not. */
static char *make_id(const char *name, double now)
{
	time_t s = (time_t)now;
	struct tm tm;
	char when[32], hex[33];
	char *safe CLEANUP(free_ptr) = xstrndup(name, 100);
	for (char *c = safe; *c != '\0'; c++)
		if (*c == '/' || (unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
			*c = '_';
	localtime_r(&s, &tm);
	strftime(when, sizeof(when), "%Y-%m-%d_%H%M%S", &tm);
	random_hex(hex, 16);
	hex[12] = '4';                     /* compat: the form of a random UUID */
	return xasprintf("%s_%s_%s", when, safe, hex);
}

static int log_create(const char *id)
{
	char *name CLEANUP(free_ptr) = xasprintf("/var/log/cobbler/tasks/%s.log", id);
	char *path CLEANUP(free_ptr) = path_of(name);
	char *dir CLEANUP(free_ptr) = path_of("/var/log/cobbler/tasks");
	struct err e;
	if (dir_make(dir, 0750, &e) != CB_OK)
		log_warn("work", "%s", e.text);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd == -1)
		log_warn("work", "cannot create %s: %s", path, strerror(errno));
	return fd;
}

/* Forgets events that are over and old, or too many. Locked. */
static void expire(struct tasks *ts)
{
	double limit = clock_wall() - EVENT_AGE;
	for (struct task **at = &ts->first; *at != NULL; ) {
		struct task *t = *at;
		if (t->active || (t->began > limit && ts->n < EVENTS_MAX)) {
			if (t->began > limit && ts->n < EVENTS_MAX)
				return;
			at = &t->next;
			continue;
		}
		*at = t->next;
		if (ts->last == &t->next)
			ts->last = at;
		map_del(&ts->by_id, t->id);
		ts->n--;
		task_free(t);
	}
}

static struct task *new_event(struct tasks *ts, const char *role, const char *name, enum state state)
{
	struct task *t = xcalloc(1, sizeof(*t));
	t->ts = ts;
	t->began = clock_wall();
	t->id = make_id(name, t->began);
	t->role = xstrdup(role);
	t->name = xstrdup(name);
	t->state = state;
	t->readers = v_list();
	t->log_fd = -1;
	expire(ts);
	*ts->last = t;
	ts->last = &t->next;
	ts->n++;
	map_put(&ts->by_id, t->id, t);
	return t;
}

void tasks_notify(struct tasks *ts, const char *text)
{
	pthread_mutex_lock(&ts->lock);
	new_event(ts, "", text, STATE_INFO);
	pthread_mutex_unlock(&ts->lock);
}

static void set_state(struct task *t, enum state state)
{
	pthread_mutex_lock(&t->ts->lock);
	t->state = state;
	v_unref(t->readers);
	t->readers = v_list();
	pthread_mutex_unlock(&t->ts->lock);
}

static int run_task_triggers(struct task *t, const char *when, struct err *e)
{
	char *event CLEANUP(free_ptr) = xasprintf("task/%s/%s", t->role, when);
	return triggers_run(event, NULL, e);
}

static void run_task(struct task *t)
{
	struct err e = { 0 };
	char *text CLEANUP(free_ptr) = xasprintf("start_task(%s); event_id(%s)", t->role, t->id);
	write_line(t, "INFO", text);
	int rc = run_task_triggers(t, "pre", &e);
	if (rc == CB_OK && task_cancelled(t))
		rc = err_set(&e, CB_ESTATE, "cancelled");
	if (rc == CB_OK)
		rc = t->fn(t, t->arg, &e);
	task_many_lines(t, false);
	if (rc == CB_OK) {
		write_line(t, "INFO", "### TASK COMPLETE ###");
		set_state(t, STATE_COMPLETE);
		if (run_task_triggers(t, "post", &e) != CB_OK)
			log_warn("task", "%s: %s", t->name, e.text);
		return;
	}
	char *cls CLEANUP(free_ptr) = xasprintf("Exception occurred: <class '%s'>", e.cls != NULL ? e.cls : PY_CX);
	char *what CLEANUP(free_ptr) = xasprintf("Exception value: %s", e.text);
	write_line(t, "INFO", cls);
	write_line(t, "INFO", what);
	write_line(t, "ERROR", "### TASK FAILED ###");
	log_error("task", "%s failed: %s", t->name, e.text);
	set_state(t, STATE_FAILED);
}

/* A thread runs its task, then takes over waiting ones until there are none. */
static void *task_thread(void *arg)
{
	struct task *t = arg;
	struct tasks *ts = t->ts;
	while (t != NULL) {
		run_task(t);
		pthread_mutex_lock(&ts->lock);
		if (t->arg_free != NULL && t->arg != NULL)
			t->arg_free(t->arg);
		t->arg = NULL;
		close_fd(&t->log_fd);
		t->log_fd = -1;
		t->active = false;
		t = ts->waiting;
		if (t != NULL) {
			ts->waiting = t->next_waiting;
			if (ts->waiting == NULL)
				ts->last_waiting = &ts->waiting;
			ts->n_waiting--;
			t->state = STATE_RUNNING;
		} else {
			ts->n_running--;
			pthread_cond_broadcast(&ts->change);
		}
		pthread_mutex_unlock(&ts->lock);
	}
	return NULL;
}

static void refuse(struct task *t, const char *why)
{
	write_line(t, "INFO", why);
	write_line(t, "ERROR", "### TASK FAILED ###");
	log_error("task", "%s refused: %s", t->name, why);
	t->state = STATE_FAILED;
	t->active = false;
}

char *task_start(struct tasks *ts, const char *role, const char *name, task_fn *fn, void *arg, void (*arg_free)(void *))
{
	pthread_t thread;
	pthread_mutex_lock(&ts->lock);
	struct task *t = new_event(ts, role, name, STATE_WAITING);
	char *id = xstrdup(t->id);
	t->fn = fn;
	t->arg = arg;
	t->arg_free = arg_free;
	t->log_fd = log_create(t->id);
	t->active = true;
	if (ts->stopping || ts->n_waiting >= TASKS_WAITING) {
		refuse(t, ts->stopping ? "the server is stopping" : "too many tasks are waiting, try again later");
	} else if (ts->n_running >= TASKS_RUNNING) {
		*ts->last_waiting = t;
		ts->last_waiting = &t->next_waiting;
		ts->n_waiting++;
	} else {
		t->state = STATE_RUNNING;
		ts->n_running++;
		if (pthread_create(&thread, NULL, task_thread, t) == 0) {
			pthread_detach(thread);
		} else {
			ts->n_running--;
			refuse(t, "the system has no thread for it");
		}
	}
	pthread_mutex_unlock(&ts->lock);
	return id;
}

bool task_cancel(struct tasks *ts, const char *id)
{
	pthread_mutex_lock(&ts->lock);
	struct task *t = map_get(&ts->by_id, id);
	bool runs = t != NULL && (t->state == STATE_WAITING || t->state == STATE_RUNNING);
	if (runs)
		atomic_store(&t->cancel, true);
	pthread_mutex_unlock(&ts->lock);
	return runs;
}

static struct value *event_value(const struct task *t)
{
	struct value *v = v_list();
	v_list_push(v, v_float(t->began));
	v_list_push(v, v_str(t->name));
	v_list_push(v, v_str(state_names[t->state]));
	v_list_push(v, v_ref(t->readers));
	return v;
}

struct value *tasks_events(struct tasks *ts, const char *for_user)
{
	struct value *all = v_dict();
	pthread_mutex_lock(&ts->lock);
	expire(ts);
	for (struct task *t = ts->first; t != NULL; t = t->next) {
		if (*for_user != '\0' && v_list_has_str(t->readers, for_user))
			continue;
		v_dict_set(all, t->id, event_value(t));
		if (*for_user != '\0') {
			struct value *readers = v_copy(t->readers);
			v_list_push(readers, v_str(for_user));
			v_unref(t->readers);
			t->readers = readers;
		}
	}
	pthread_mutex_unlock(&ts->lock);
	return all;
}

struct value *task_status(struct tasks *ts, const char *id)
{
	pthread_mutex_lock(&ts->lock);
	struct task *t = map_get(&ts->by_id, id);
	struct value *v = t == NULL ? NULL : event_value(t);
	pthread_mutex_unlock(&ts->lock);
	return v;
}

struct value *task_event_log(struct tasks *ts, const char *id)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	struct err e;
	pthread_mutex_lock(&ts->lock);
	bool known = map_get(&ts->by_id, id) != NULL;
	pthread_mutex_unlock(&ts->lock);
	if (!known)
		return NULL;
	char *name CLEANUP(free_ptr) = xasprintf("/var/log/cobbler/tasks/%s.log", id);
	char *path CLEANUP(free_ptr) = path_of(name);
	if (file_read(AT_FDCWD, path, LOG_MAX, &b, &e) != CB_OK)
		return NULL;
	return v_strn(sb_str(&b), b.len);
}
