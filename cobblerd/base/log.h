/* SPDX-License-Identifier: GPL-2.0-or-later
 * log.h - one line per event to stderr and, once opened, to Cobbler's log file.
 * error: an operator must act; warn; info: one per request or boot step; debug. Never tokens or passwords.
 * Control characters in arguments are written as \xNN. Thread-safe.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/util.h"

enum log_level { LOG_LVL_ERROR, LOG_LVL_WARN, LOG_LVL_INFO, LOG_LVL_DEBUG };

/* Before the first line: the name of this process in each, borrowed for good, and the least important level that is shown. */
void log_init(const char *role, enum log_level max);
/* Appends to this file too (0640; a new one is its directory's owner's). Reopen after rotation by calling it again. Returns
 * 0 or -1 with errno. */
int log_open(const char *path);
/* Sends the open file to a process that listens (log_listen) at the other end of a SOCK_SEQPACKET. Does not wait.
 * Returns 0 or -1 with errno. */
int log_pass(int sock);
/* For a process that could not open the file again: log_take appends from now on to the file that arrived at sock, whenever log_socket()
 * (-1: none) is readable. log_listen takes sock. */
void log_listen(int sock);
int log_socket(void);
void log_take(void);
void log_line(enum log_level lvl, const char *room, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* A line that brings its own head (a task's, as Cobbler writes them), without newline: to stderr at level info, to the file always.
 * compat: Cobbler's command line follows a task by the lines of the log file that begin with "[task_id]", until it sees its end. */
void log_verbatim(const char *line);
/* The same for many, each ended by a line feed, with few writes. */
void log_verbatim_lines(const char *lines);
/* The same for the end of a task. compat: the command line of 3.3.7 reads the file without a pause while it is written, and waits for ever
 * when it sees a task's last line in two parts, as it can where that crosses the border of a page: there the line is written twice. */
void log_verbatim_end(const char *lines);

#define log_error(room, ...) log_line(LOG_LVL_ERROR, room, __VA_ARGS__)
#define log_warn(room, ...) log_line(LOG_LVL_WARN, room, __VA_ARGS__)
#define log_info(room, ...) log_line(LOG_LVL_INFO, room, __VA_ARGS__)
#define log_debug(room, ...) log_line(LOG_LVL_DEBUG, room, __VA_ARGS__)

/* Logs and ends the process with status 1: only at start or on a broken invariant, never for a peer's bytes. */
void fatal(const char *fmt, ...) PRINTF_LIKE(1, 2) __attribute__((noreturn));

#endif
