/* SPDX-License-Identifier: GPL-2.0-or-later
 * curl.h - libcurl, opened at its first use (base/library.h): curl.easy_init() is curl_easy_init(). Only fetch.c and mail.c use it.
 */
#pragma once

#include <curl/curl.h>

#include "base/err.h"

#define CURL_FUNCTIONS(X) X(global_init) X(easy_init) X(easy_setopt) X(easy_perform) X(easy_getinfo) X(easy_strerror) X(easy_cleanup) \
	X(slist_append) X(slist_free_all)
#define CURL_POINTER(f) __typeof__(curl_##f) *f;
struct curl_functions { CURL_FUNCTIONS(CURL_POINTER) };
extern struct curl_functions curl;

/* To be called before anything else of it; any thread. CB_EIO: there is no libcurl. */
int curl_open(struct err *e) MUST_CHECK;
