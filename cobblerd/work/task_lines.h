/* SPDX-License-Identifier: GPL-2.0-or-later
 * task_lines.h - the lines of one task: in /var/log/cobbler/tasks/ID.log and in the daemon's log. Private to work/.
 */
#ifndef WORK_TASK_LINES_H
#define WORK_TASK_LINES_H

#include <pthread.h>
#include <time.h>

#include "base/util.h"
#include "value/value.h"

/* One thread writes, others read. */
struct task_lines {
	const char *id;              /* borrowed: of the task */
	pthread_mutex_t lock;        /* of held and on_disk */
	struct strbuf held;          /* not in the logs yet */
	size_t on_disk;              /* bytes that are in the task's log */
	int fd;
	bool complained;             /* that it cannot be written */
	bool hold;                   /* lines may wait for others */
	double flushed;
	time_t second;               /* of when, the time of the last line as text */
	char when[32];
};

/* Nothing is opened before the first line is written. id is borrowed until lines_free. */
void lines_init(struct task_lines *l, const char *id);
/* Writes what is held, closes the log. */
void lines_close(struct task_lines *l);
void lines_free(struct task_lines *l);

/* One line as Python's logging writes it: "[ID] TIME - LEVEL | TEXT". */
void lines_add(struct task_lines *l, const char *level, const char *text);
/* Writes what is held to both logs. */
void lines_flush(struct task_lines *l);
/* The same, when the last line of all is among it. */
void lines_end(struct task_lines *l);

/* For other threads: what is held (appended to ret), and how many bytes of the log come before it. */
void lines_peek(struct task_lines *l, struct strbuf *ret, size_t *on_disk);
/* The log of the task ID: on_disk bytes of its file, then the lines of held. Owned; NULL when there is no file any more. */
struct value *lines_read(const char *id, size_t on_disk, const struct strbuf *held);

#endif
