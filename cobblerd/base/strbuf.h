/* SPDX-License-Identifier: GPL-2.0-or-later
 * strbuf.h - a growing byte buffer, always NUL-terminated after the first append.
 * Zero-initialise it: struct strbuf b = {0}. limit, when not 0, bounds len: an append past it sets full and is dropped.
 */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include "base/util.h"

struct strbuf {
	char *p;       /* NULL until the first append */
	size_t len;
	size_t cap;
	size_t limit;  /* 0: none */
	bool full;     /* sticky: something did not fit the limit */
};

/* Appending. What does not fit the limit is dropped and sets full; without a limit nothing fails. */
void sb_add(struct strbuf *b, const void *p, size_t n);
void sb_adds(struct strbuf *b, const char *s);
void sb_addc(struct strbuf *b, char c);
void sb_addf(struct strbuf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void sb_vaddf(struct strbuf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
void sb_reserve(struct strbuf *b, size_t more);        /* room for so many more at once */
void sb_truncate(struct strbuf *b, size_t len);        /* what lies behind the first len bytes goes */
const char *sb_str(const struct strbuf *b);    /* never NULL */
char *sb_take(struct strbuf *b);               /* returns owned text, leaves *b empty */
void sb_free(struct strbuf *b);                /* also for CLEANUP() */

#endif
