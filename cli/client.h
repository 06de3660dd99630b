/* SPDX-License-Identifier: GPL-2.0-or-later
 * client.h - calls to a Cobbler server: dynamic values in and out, xmlrpc-c's client below.
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include "base/err.h"
#include "value/value.h"

struct client;

/* timeout_s bounds one call (0: none). Nothing is sent before the first call. *ret owned: client_close. */
int client_open(const char *url, unsigned timeout_s, struct client **ret, struct err *e) MUST_CHECK;
void client_close(struct client *c);

/* Calls method with the list params (taken). *ret owned. A fault of the server is CB_ESTATE and its whole text is in
 * client_fault(); anything else that goes wrong between here and the server is CB_EIO. */
int client_call(struct client *c, const char *method, struct value *params, struct value **ret,
	struct err *e) MUST_CHECK;
/* The last call's fault string, borrowed until the next call; NULL when it was none. */
const char *client_fault(const struct client *c);
/* "<class 'cobbler.cexceptions.CX'>:'words'" -> "words" (owned), for people. */
char *client_fault_text(const char *fault);

/* A list of these values (each taken), for params. End with NULL. */
struct value *params_of(struct value *first, ...) __attribute__((sentinel));

#endif
