/* SPDX-License-Identifier: GPL-2.0-or-later
 * strbuf.c - growing byte buffer.
 */
#include "base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

void sb_reserve(struct strbuf *b, size_t more)
{
	if (more > SIZE_MAX / 2 - b->len)
		fatal("strbuf: %zu more bytes asked for", more);
	size_t need = b->len + more + 1;
	if (need <= b->cap)
		return;
	size_t cap = b->cap != 0 ? b->cap : 64;
	while (cap < need)
		cap *= 2;
	b->p = xrealloc(b->p, cap);
	b->cap = cap;
}

void sb_add(struct strbuf *b, const void *p, size_t n)
{
	if (b->limit != 0 && (b->full || n > b->limit - b->len)) {
		b->full = true;
		return;
	}
	if (n >= b->cap - b->len)
		sb_reserve(b, n);
	if (n != 0)
		memcpy(b->p + b->len, p, n);
	b->len += n;
	b->p[b->len] = '\0';
}

void sb_adds(struct strbuf *b, const char *s)
{
	sb_add(b, s, strlen(s));
}

void sb_addc(struct strbuf *b, char c)
{
	sb_add(b, &c, 1);
}

void sb_vaddf(struct strbuf *b, const char *fmt, va_list ap)
{
	va_list again;
	char small[256];
	va_copy(again, ap);
	int n = vsnprintf(small, sizeof(small), fmt, ap);
	if (n >= 0 && (size_t)n < sizeof(small)) {
		sb_add(b, small, (size_t)n);
	} else if (n >= 0) {
		char *big = xmalloc((size_t)n + 1);
		vsnprintf(big, (size_t)n + 1, fmt, again);
		sb_add(b, big, (size_t)n);
		free(big);
	}
	va_end(again);
}

void sb_addf(struct strbuf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	sb_vaddf(b, fmt, ap);
	va_end(ap);
}

void sb_truncate(struct strbuf *b, size_t len)
{
	if (len >= b->len)
		return;
	b->len = len;
	b->p[len] = '\0';
	b->full = false;
}

const char *sb_str(const struct strbuf *b)
{
	return b->p != NULL ? b->p : "";
}

char *sb_take(struct strbuf *b)
{
	char *p = b->p != NULL ? b->p : xstrdup("");
	*b = (struct strbuf){ .limit = b->limit };
	return p;
}

void sb_free(struct strbuf *b)
{
	free(b->p);
	*b = (struct strbuf){ .limit = b->limit };
}
