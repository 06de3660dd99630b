/* SPDX-License-Identifier: GPL-2.0-or-later
 * task.h - background work: a thread per running task (bounded), its event and its log /var/log/cobbler/tasks/ID.log in the form
 * that the command line tails.
 */
#ifndef WORK_TASK_H
#define WORK_TASK_H

#include "base/err.h"
#include "value/value.h"

struct tasks;
struct task;

struct tasks *tasks_new(void);
/* Asks running tasks to stop, waits for them (bounded), frees. */
void tasks_free(struct tasks *ts);

/* fn runs in a thread of its own; 0: complete, else failed with *e logged. arg is freed with arg_free (may be NULL) afterwards.
 * name: "Sync", "Media import", ... as Cobbler names it. Returns the id (owned), e.g. 2026-11-23_022233_Sync_<32 hex>. */
typedef int task_fn(struct task *t, void *arg, struct err *e);
char *task_start(struct tasks *ts, const char *name, task_fn *fn, void *arg, void (*arg_free)(void *));
/* For fn: a line into the task's log ("[task_id] text" as Cobbler formats it); progress 0..1 as an extra line that old clients ignore. */
void task_log(struct task *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool task_cancelled(struct task *t);
const char *task_id(struct task *t);

/* get_events: dict id -> [time, name, state, readers]. Returns owned. get_task_status / get_event_log: NULL when unknown. */
struct value *tasks_events(struct tasks *ts, const char *for_user);
struct value *task_status(struct tasks *ts, const char *id);
struct value *task_event_log(struct tasks *ts, const char *id);

#endif
