/* SPDX-License-Identifier: GPL-2.0-or-later
 * fetch.h - one bounded HTTP, HTTPS or FTP request as a client (libcurl). Certificates are always verified, against the host's trust store;
 * a redirection never leads from https to http; no credentials of this host are used, and no proxy that was not named.
 */
#pragma once

#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "base/strbuf.h"

#define FETCH_SLOW_S 20L
#define FETCH_HOPE_S 60               /* after this, what would not be complete within timeout_s at the speed so far is given up */

struct fetch {
	const char *url;              /* http:// or https://; with fd also ftp:// */
	const char *proxy;            /* NULL or "": none */
	const void *body;             /* NULL: GET; else POST as content_type */
	size_t body_len;
	const char *content_type;
	uint64_t max;                 /* bytes of the answer; more is an error */
	long timeout_s;               /* for all of it */
	long min_speed;               /* bytes a second, on average over FETCH_SLOW_S seconds; 0: 1, over a minute */
	void *arg;
	bool (*cancelled)(void *arg); /* may be NULL */
	/* not 0: the body goes into this file, as the server sends it, and link-local servers are not asked */
	int fd;
	const char *etag;             /* with fd, of a copy that is there; NULL: none */
	time_t modified;              /* likewise; 0: none */
};

/* What became of a request with fd, to be given with the next one. */
struct fetch_file { bool unchanged; char etag[256]; time_t modified; };

/* Appends the body of the answer to *ret; any status but 200 is an error that names it. */
int fetch_url(const struct fetch *f, struct strbuf *ret, struct err *e) MUST_CHECK;
/* A request with fd. unchanged: the copy that is there is still what the server has, and nothing was written. CB_EBUSY: the server
 * could not be reached, or is too slow. */
int fetch_file(const struct fetch *f, struct fetch_file *ret, struct err *e) MUST_CHECK;
