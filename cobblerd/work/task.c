/* SPDX-License-Identifier: GPL-2.0-or-later
 * task.c - tasks, their events and their logs.
 */
#include "work/task.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "triggers/triggers.h"
#include "work/task_lines.h"

#define STOP_WAIT_S 5
#define IDLE_S 5                 /* a thread without a task waits so long for one */

enum state { STATE_WAITING, STATE_RUNNING, STATE_COMPLETE, STATE_FAILED };
/* compat: Cobbler's events turn complete or failed. */
static const char *const state_names[] = { "running", "running", "complete", "failed" };

struct task {
	struct tasks *ts;
	char *id, *role, *name;
	double began;
	enum state state;
	struct value *readers;       /* list of names; replaced, never changed */
	struct task_lines lines;
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
	pthread_cond_t more, ended;          /* tasks that wait; threads */
	struct map by_id;
	struct task *first, **last;
	struct task *waiting, **last_waiting;
	size_t n, n_waiting, n_running, n_threads, n_idle;
	bool stopping;
};

struct tasks *tasks_new(void)
{
	struct tasks *ts = xcalloc(1, sizeof(*ts));
	pthread_condattr_t attr;
	pthread_mutex_init(&ts->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&ts->more, &attr);
	pthread_cond_init(&ts->ended, &attr);
	pthread_condattr_destroy(&attr);
	ts->last = &ts->first;
	ts->last_waiting = &ts->waiting;
	return ts;
}

static void task_free(struct task *t)
{
	if (t->arg_free != NULL && t->arg != NULL)
		t->arg_free(t->arg);
	lines_free(&t->lines);
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
	pthread_cond_broadcast(&ts->more);
	while (ts->n_threads > 0 && pthread_cond_timedwait(&ts->ended, &ts->lock, &until) != ETIMEDOUT)
		;
	size_t left = ts->n_threads;
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
	pthread_cond_destroy(&ts->more);
	pthread_cond_destroy(&ts->ended);
	pthread_mutex_destroy(&ts->lock);
	free(ts);
}

void task_many_lines(struct task *t, bool on)
{
	if (t != NULL)
		t->lines.hold = on;
}

void task_flush(struct task *t)
{
	if (t != NULL)
		lines_flush(&t->lines);
}

/* Clients look for the end of a task in its log: what it says itself (names of files, words of servers) must not look like it. */
static void add_words(struct task *t, char *text)
{
	for (char *p = text; (p = strstr(p, "### TASK ")) != NULL; )
		memset(p, '*', 3);
	lines_add(&t->lines, "INFO", text);
}

void task_log(struct task *t, const char *fmt, ...)
{
	struct strbuf b CLEANUP(sb_free) = { .limit = 64 << 10 };
	va_list ap;
	va_start(ap, fmt);
	sb_vaddf(&b, fmt, ap);
	va_end(ap);
	if (t != NULL && b.len > 0)
		add_words(t, b.p);
	else if (t != NULL)
		lines_add(&t->lines, "INFO", "");
	else
		log_info("task", "%s", sb_str(&b));
}

bool task_cancelled(struct task *t)
{
	return t != NULL && atomic_load(&t->cancel);
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
	lines_init(&t->lines, t->id);
	expire(ts);
	*ts->last = t;
	ts->last = &t->next;
	ts->n++;
	map_put(&ts->by_id, t->id, t);
	return t;
}

static void set_state(struct task *t, enum state state)
{
	pthread_mutex_lock(&t->ts->lock);
	t->state = state;
	v_unref(t->readers);
	t->readers = v_list();
	pthread_mutex_unlock(&t->ts->lock);
}

static void tell(void *arg)
{
	task_flush(arg);
}

static int run_task_triggers(struct task *t, const char *when, struct err *e)
{
	char *event CLEANUP(free_ptr) = xasprintf("task/%s/%s", t->role, when);
	return triggers_run_told(event, NULL, tell, t, e);
}

static void tell_failure(struct task *t, const struct err *e)
{
	char *cls CLEANUP(free_ptr) = xasprintf("Exception occurred: <class '%s'>", e->cls != NULL ? e->cls : PY_CX);
	char *what CLEANUP(free_ptr) = xasprintf("Exception value: %s", e->text);
	lines_add(&t->lines, "INFO", cls);
	add_words(t, what);
	lines_add(&t->lines, "ERROR", "### TASK FAILED ###");
	log_error("task", "%s failed: %s", t->name, e->text);
}

static void run_task(struct task *t)
{
	struct err e = { 0 };
	char *text CLEANUP(free_ptr) = xasprintf("start_task(%s); event_id(%s)", t->role, t->id);
	task_many_lines(t, true);
	lines_add(&t->lines, "INFO", text);
	int rc = run_task_triggers(t, "pre", &e);
	if (rc == CB_OK && task_cancelled(t))
		rc = err_set(&e, CB_ESTATE, "cancelled");
	task_many_lines(t, false);
	if (rc == CB_OK)
		rc = t->fn(t, t->arg, &e);
	task_many_lines(t, true);
	if (rc == CB_OK)
		lines_add(&t->lines, "INFO", "### TASK COMPLETE ###");
	else
		tell_failure(t, &e);
	set_state(t, rc == CB_OK ? STATE_COMPLETE : STATE_FAILED);
	lines_end(&t->lines);
	if (rc == CB_OK && run_task_triggers(t, "post", &e) != CB_OK)
		log_warn("task", "%s: %s", t->name, e.text);
}

/* Locked. */
static void drop_arg(struct task *t)
{
	if (t->arg_free != NULL && t->arg != NULL)
		t->arg_free(t->arg);
	t->arg = NULL;
}

/* Locked. */
static void task_over(struct task *t)
{
	drop_arg(t);
	lines_close(&t->lines);
	t->active = false;
	t->ts->n_running--;
}

/* The next task for this thread, which waits for one a while; NULL: it is to end. Locked. */
static struct task *next_task(struct tasks *ts)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_S;
	ts->n_idle++;
	while (ts->waiting == NULL && !ts->stopping && pthread_cond_timedwait(&ts->more, &ts->lock, &until) == 0)
		;
	ts->n_idle--;
	struct task *t = ts->waiting;
	if (t == NULL)
		return NULL;
	ts->waiting = t->next_waiting;
	if (ts->waiting == NULL)
		ts->last_waiting = &ts->waiting;
	ts->n_waiting--;
	ts->n_running++;
	t->state = STATE_RUNNING;
	return t;
}

static void *task_thread(void *arg)
{
	struct tasks *ts = arg;
	pthread_mutex_lock(&ts->lock);
	for (struct task *t; (t = next_task(ts)) != NULL; task_over(t)) {
		pthread_mutex_unlock(&ts->lock);
		run_task(t);
		pthread_mutex_lock(&ts->lock);
	}
	ts->n_threads--;
	pthread_cond_broadcast(&ts->ended);
	pthread_mutex_unlock(&ts->lock);
	return NULL;
}

static void refuse(struct task *t, const char *why)
{
	lines_add(&t->lines, "INFO", why);
	lines_add(&t->lines, "ERROR", "### TASK FAILED ###");
	log_error("task", "%s refused: %s", t->name, why);
	lines_close(&t->lines);
	drop_arg(t);
	t->state = STATE_FAILED;
	t->active = false;
}

/* A thread for the tasks that wait, unless enough of them are idle or at work. Locked. False: none can be had. */
static bool find_thread(struct tasks *ts)
{
	pthread_t thread;
	if (ts->n_waiting <= ts->n_idle) {
		pthread_cond_signal(&ts->more);
		return true;
	}
	if (ts->n_threads >= TASKS_RUNNING)
		return true;
	if (pthread_create(&thread, NULL, task_thread, ts) != 0)
		return ts->n_threads > 0;
	pthread_detach(thread);
	ts->n_threads++;
	return true;
}

static void queue(struct tasks *ts, struct task *t)
{
	*ts->last_waiting = t;
	ts->last_waiting = &t->next_waiting;
	ts->n_waiting++;
}

char *task_start(struct tasks *ts, const char *role, const char *name, task_fn *fn, void *arg, void (*arg_free)(void *))
{
	pthread_mutex_lock(&ts->lock);
	struct task *t = new_event(ts, role, name, STATE_WAITING);
	char *id = xstrdup(t->id);
	t->fn = fn;
	t->arg = arg;
	t->arg_free = arg_free;
	t->active = true;
	if (ts->stopping || ts->n_waiting + ts->n_running >= TASKS_WAITING + TASKS_RUNNING) {
		refuse(t, ts->stopping ? "the server is stopping" : "too many tasks are waiting, try again later");
	} else {
		queue(ts, t);
		if (!find_thread(ts)) {                  /* then nothing else waits */
			ts->waiting = NULL;
			ts->last_waiting = &ts->waiting;
			ts->n_waiting = 0;
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
	struct strbuf held CLEANUP(sb_free) = { 0 };
	size_t on_disk = 0;
	pthread_mutex_lock(&ts->lock);
	struct task *t = map_get(&ts->by_id, id);
	if (t != NULL)
		lines_peek(&t->lines, &held, &on_disk);
	pthread_mutex_unlock(&ts->lock);
	return t == NULL ? NULL : lines_read(id, on_disk, &held);
}
