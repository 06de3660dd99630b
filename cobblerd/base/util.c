/* SPDX-License-Identifier: GPL-2.0-or-later
 * util.c - allocation that cannot fail, small text helpers.
 */
#include "base/util.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static void *not_null(void *p, size_t n)
{
	if (p == NULL) {
		log_error("base", "out of memory: %zu bytes", n);
		abort();
	}
	return p;
}

void *xmalloc(size_t n)
{
	return not_null(malloc(n != 0 ? n : 1), n);
}

void *xcalloc(size_t n, size_t size)
{
	return not_null(calloc(n != 0 ? n : 1, size != 0 ? size : 1), n);
}

void *xrealloc(void *p, size_t n)
{
	return not_null(realloc(p, n != 0 ? n : 1), n);
}

void *xreallocarray(void *p, size_t n, size_t size)
{
	size_t total;
	if (__builtin_mul_overflow(n, size, &total))
		return not_null(NULL, n);
	return xrealloc(p, total);
}

char *xstrndup(const char *s, size_t n)
{
	n = strnlen(s, n);
	char *d = xmalloc(n + 1);
	memcpy(d, s, n);
	d[n] = '\0';
	return d;
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;
	va_start(ap, fmt);
	int n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return not_null(n < 0 ? NULL : s, 0);
}

void free_ptr(void *pp)
{
	void **p = pp;
	free(*p);
	*p = NULL;
}

void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), k = strlen(suffix);
	return n >= k && memcmp(s + n - k, suffix, k) == 0;
}

/* Length of the well-formed UTF-8 sequence at s (at most n bytes), 0 when there is none. Unicode table 3-7. */
static size_t utf8_sequence(const unsigned char *s, size_t n)
{
	unsigned char c = s[0];
	if (c < 0x80)
		return 1;
	size_t len = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
	if (c < 0xC2 || c > 0xF4 || n < len)
		return 0;
	unsigned char lo = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
	unsigned char hi = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
	if (s[1] < lo || s[1] > hi)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	return len;
}

bool utf8_valid(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	for (size_t i = 0; i < n; ) {
		size_t k = utf8_sequence(p + i, n - i);
		if (k == 0)
			return false;
		i += k;
	}
	return true;
}

bool parse_int64(const char *s, int64_t *ret)
{
	char *end;
	if (*s == '\0' || isspace((unsigned char)*s))
		return false;
	errno = 0;
	long long v = strtoll(s, &end, 10);
	if (errno != 0 || *end != '\0')
		return false;
	*ret = v;
	return true;
}

bool parse_uint(const char *s, unsigned long max, unsigned long *ret)
{
	int64_t v;
	if (!isdigit((unsigned char)*s) || !parse_int64(s, &v) || (uint64_t)v > max)
		return false;
	*ret = (unsigned long)v;
	return true;
}
