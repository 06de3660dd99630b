/* SPDX-License-Identifier: GPL-2.0-or-later
 * program.h - for actions that are another program's work: argument lists, and a run whose output goes into the task's log.
 */
#pragma once

#include "base/err.h"
#include "work/task.h"

/* A list of words, NULL-terminated, that owns them. Zero-initialise. */
struct argv { const char **v; size_t n; };

/* One word more, copied. */
void argv_add(struct argv *a, const char *word);
void argv_addf(struct argv *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The words of a text of options as an administrator writes them: separated by blanks, ' and " keep blanks in a word. */
int argv_add_words(struct argv *a, const char *text, struct err *e) MUST_CHECK;
void argv_free(struct argv *a);               /* also for CLEANUP() */

/* The first of these programs (NULL-terminated names) that is installed, absolute path, owned; NULL: none. */
char *program_find(const char *const *names);

/* Runs argv (argv[0] a path or a name) with env (NULL: the fixed one) until it ends, at most a day; its output goes into the
 * log line by line. Fails when it cannot be started, ends with another status than 0, or the task is cancelled, which kills it and
 * all it started. */
int program_run(struct task *t, const char *const *argv, const char *const *env, struct err *e) MUST_CHECK;

/* Text that may stand in an argument or a line of a configuration file: no control characters, not option-like. what: for the
 * error. */
int program_text_ok(const char *what, const char *text, struct err *e) MUST_CHECK;
