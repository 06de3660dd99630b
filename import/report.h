/* SPDX-License-Identifier: GPL-2.0-or-later
 * report.h - what the importing child says to its parent: one JSON object a line.
 */
#ifndef IMPORT_REPORT_H
#define IMPORT_REPORT_H

#include "base/err.h"
#include "value/value.h"

struct report {
	int fd;                      /* -1: say nothing (tests) */
	uint64_t total, done;        /* bytes; total 0: not known */
	int64_t last_ms;
};

/* One line, in which what is no text is written as \x0a. */
void report_text(struct report *r, const char *key, const char *text);
/* Likewise, as "log". */
void report_log(struct report *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* n more bytes are done; a line is written a few times a second at most. */
void report_bytes(struct report *r, uint64_t n);
void report_progress(struct report *r);
void report_value(struct report *r, const char *key, struct value *v);     /* takes v */

#endif
