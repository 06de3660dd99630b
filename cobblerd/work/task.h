/* SPDX-License-Identifier: GPL-2.0-or-later
 * task.h - background work: a thread per running task (bounded), its event and its log /var/log/cobbler/tasks/ID.log in the form
 * that the command line tails.
 */
#ifndef WORK_TASK_H
#define WORK_TASK_H

#include "base/err.h"
#include "value/value.h"

#define TASKS_RUNNING 8                   /* more wait for their turn */
#define TASKS_WAITING 200                 /* more are refused */
#define EVENTS_MAX 10000                  /* the oldest that are over are forgotten */
#define EVENT_AGE (7 * 24 * 3600)         /* seconds, as Cobbler's EVENT_TIMEOUT */

struct tasks;
struct task;

/* Starts no thread before the first task. Returns owned: tasks_free. */
struct tasks *tasks_new(void);
/* Asks running tasks to stop, waits for them (bounded), frees. */
void tasks_free(struct tasks *ts);

/* fn runs in a thread of its own; 0: complete, else failed with *e logged. arg is freed with arg_free (may be NULL) afterwards,
 * or as soon as fn will not be called: refused, cancelled, stopped by a trigger.
 * role: "sync", "import", ... names the triggers task/ROLE/{pre,post}; name: "Sync", "Media import", ... as Cobbler names the event.
 * Returns the id (owned), e.g. 2026-11-23_022233_Sync_<32 hex>. Beyond TASKS_WAITING the task fails at once, as its log says. */
typedef int task_fn(struct task *t, void *arg, struct err *e);
char *task_start(struct tasks *ts, const char *role, const char *name, task_fn *fn, void *arg, void (*arg_free)(void *));
/* For fn: a line into the task's log ("[task_id] time - INFO | text" as Cobbler formats it). Allowed with t NULL: then to the
 * daemon's log alone. */
/* Lines come in quick succession now: they may be written some at a time, a tenth of a second late. Once it is switched
 * off, the next line brings what is still held: the task's last one does in any case. */
void task_many_lines(struct task *t, bool on);
/* Writes the lines that are still held, before something that may take its time. t may be NULL. */
void task_flush(struct task *t);
void task_log(struct task *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool task_cancelled(struct task *t);
/* Asks a task to stop; false when it is unknown or over. */
bool task_cancel(struct tasks *ts, const char *id);

/* get_events: dict id -> [time, name, state, readers], those that for_user ("": all) has not seen; marks them seen. Returns owned.
 * get_task_status / get_event_log: NULL when unknown. */
struct value *tasks_events(struct tasks *ts, const char *for_user);
struct value *task_status(struct tasks *ts, const char *id);
struct value *task_event_log(struct tasks *ts, const char *id);

#endif
