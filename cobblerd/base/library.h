/* SPDX-License-Identifier: GPL-2.0-or-later
 * library.h - shared libraries that few sites need, opened at their first use. Linked in the usual way, libcurl and libldap (with what
 * they bring along) cost every start of every process 6 ms and 3 MB.
 *
 *     #define FUNCTIONS(X) X(easy_init) X(easy_perform)
 *     #define POINTER(f) __typeof__(curl_##f) *f;
 *     #define SYMBOL(f) { "curl_" #f, (void **)&curl.f },
 *     static struct { FUNCTIONS(POINTER) } curl;
 *     static const struct library_symbol symbols[] = { FUNCTIONS(SYMBOL) };
 */
#pragma once

#include "base/err.h"

/* The text of a name that the compiler was given: -DCURL_SONAME=libcurl.so.4 (tools/sonames). */
#define SONAME(lib) SONAME_OF(lib##_SONAME)
#define SONAME_OF(name) SONAME_TEXT(name)
#define SONAME_TEXT(name) #name

struct library_symbol { const char *name; void **to; };

/* Sets every pointer of symbols; they stay valid as long as the process lives. Calls after the first one that worked do nothing.
 * CB_EIO: the library or a function is not there; a later call tries again. Any thread.
 */
int library_open(const char *soname, const struct library_symbol *symbols, size_t n, struct err *e) MUST_CHECK;
