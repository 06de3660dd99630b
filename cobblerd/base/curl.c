/* SPDX-License-Identifier: GPL-2.0-or-later
 * curl.c - opens libcurl.
 */
#include "base/curl.h"

#include <pthread.h>

#include "base/library.h"

#define SYMBOL(f) { "curl_" #f, (void **)&curl.f },

struct curl_functions curl;
static const struct library_symbol symbols[] = { CURL_FUNCTIONS(SYMBOL) };
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
	curl.global_init(CURL_GLOBAL_DEFAULT);
}

int curl_open(struct err *e)
{
	int rc = library_open(SONAME(CURL), symbols, ARRAY_LEN(symbols), e);
	if (rc == CB_OK)
		pthread_once(&once, start_curl);
	return rc;
}
