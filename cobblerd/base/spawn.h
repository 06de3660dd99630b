/* SPDX-License-Identifier: GPL-2.0-or-later
 * spawn.h - running other programs: argv arrays, never a shell.
 */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include <sys/types.h>

#include "base/err.h"
#include "base/strbuf.h"

struct spawn {
	const char *const *argv;     /* argv[0] is an absolute path, or a name looked up in a fixed PATH */
	const char *const *env;      /* NULL: PATH, LANG=C, HOME=/ only */
	const char *cwd;             /* NULL: / */
	const void *input;           /* fed to standard input */
	size_t input_len;
	int timeout_ms;              /* 0: none; after it the process group is killed */
	size_t max_output;           /* stdout and stderr together; more is cut */
	struct strbuf *output;       /* may be NULL: discarded */
	void (*on_output)(void *arg, const char *p, size_t n);   /* may be NULL: called as it comes */
	void *arg;
	bool (*cancelled)(void *arg);/* may be NULL: asked a few times a second; true kills the group */
};

/* Runs it to the end. *status gets the wait status as in waitpid. Fails when it cannot be started, times out or is cancelled.
 * All descriptors but 0-2 are closed in the child; it gets its own process group. */
int spawn_run(const struct spawn *s, int *status, struct err *e) MUST_CHECK;

#endif
