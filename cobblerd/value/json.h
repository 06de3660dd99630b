/* SPDX-License-Identifier: GPL-2.0-or-later
 * json.h - JSON text to value and back (RFC 8259). Bounded: depth JSON_DEPTH; NaN and Infinity are refused.
 * Own code because start-up time is parsing time: jansson took longer than Python for the same store (ARCHITECTURE.md).
 */
#ifndef VALUE_JSON_H
#define VALUE_JSON_H

#include "base/err.h"
#include "value/value.h"

#define JSON_DEPTH 64

/* *ret is owned by the caller. The message has line and column. Invalid UTF-8, NUL in strings, duplicate keys: the last wins
 * for keys, the others are errors. Integers beyond int64 become floats. */
int json_parse(const char *p, size_t n, struct value **ret, struct err *e) MUST_CHECK;

enum { JSON_COMPACT = 0, JSON_PRETTY = 1, JSON_SORT = 2, JSON_ASCII = 4 };
/* Appends. As Python's json.dumps: ", " and ": " separators; PRETTY: indent 4; ASCII: \uXXXX escapes (Python's default). */
void json_write(struct strbuf *out, const struct value *v, unsigned flags);

#endif
