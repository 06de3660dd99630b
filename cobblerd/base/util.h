/* SPDX-License-Identifier: GPL-2.0-or-later
 * util.h - attributes and allocation used everywhere.
 *
 * Allocation: the x* functions never return NULL; when memory is exhausted they log and abort.
 * What a peer can make us allocate is bounded before it is allocated (limits.h), the store is durable
 * before every answer, and the master restarts a child that died, so nothing acknowledged is lost.
 */
#ifndef BASE_UTIL_H
#define BASE_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define MUST_CHECK __attribute__((warn_unused_result))
#define UNUSED __attribute__((unused))
#define CLEANUP(f) __attribute__((cleanup(f)))

/* As without the x, but the process ends when there is no memory. */
void *xmalloc(size_t n) __attribute__((malloc, returns_nonnull, alloc_size(1)));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1, 2)));
void *xrealloc(void *p, size_t n) __attribute__((returns_nonnull, alloc_size(2)));
/* Grows an array of n elements; aborts when n * size overflows. */
void *xreallocarray(void *p, size_t n, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
/* As strndup: at most n bytes, fewer when the text ends before. */
char *xstrndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull));
/* Returns owned text; aborts on a format error. */
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2) __attribute__((returns_nonnull));

/* For CLEANUP(): free what the pointer variable points to; close the descriptor when >= 0. */
void free_ptr(void *pp);
void close_fd(int *fd);

/* Both non-NULL. Inline: most texts differ in the first byte. */
static inline bool str_eq(const char *a, const char *b)
{
	return *a == *b && strcmp(a, b) == 0;
}
/* Of short texts, names above all, without a call. */
static inline bool same_bytes(const char *a, const char *b, size_t n)
{
	uint64_t a0, a1, b0, b1;
	if (n < 8 || n > 16)
		return memcmp(a, b, n) == 0;
	memcpy(&a0, a, 8);
	memcpy(&b0, b, 8);
	memcpy(&a1, a + n - 8, 8);
	memcpy(&b1, b + n - 8, 8);
	return ((a0 ^ b0) | (a1 ^ b1)) == 0;
}
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
/* True when s[0..n) is well-formed UTF-8 (no surrogates, no overlong forms). */
bool utf8_valid(const char *s, size_t n);

/* Parses a whole decimal (optional sign, no blanks). False when it is not one or does not fit. */
bool parse_int64(const char *s, int64_t *ret);
bool parse_uint(const char *s, unsigned long max, unsigned long *ret);

#endif
