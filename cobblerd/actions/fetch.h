/* SPDX-License-Identifier: GPL-2.0-or-later
 * fetch.h - one bounded HTTP or HTTPS request as a client (libcurl). Certificates are always verified, against the host's trust store;
 * a redirection never leads from https to http; no credentials of this host are used, and no proxy that was not named.
 */
#pragma once

#include "base/err.h"
#include "base/strbuf.h"

struct fetch {
	const char *url;              /* http:// or https:// */
	const char *proxy;            /* NULL or "": none */
	const void *body;             /* NULL: GET; else POST as content_type */
	size_t body_len;
	const char *content_type;
	size_t max;                   /* bytes of the answer; more is an error */
	long timeout_s;               /* for all of it */
	void *arg;
	bool (*cancelled)(void *arg); /* may be NULL */
};

/* Appends the body of the answer to *ret; any status but 200 is an error that names it. */
int fetch_url(const struct fetch *f, struct strbuf *ret, struct err *e) MUST_CHECK;
