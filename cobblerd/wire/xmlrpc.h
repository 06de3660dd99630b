/* SPDX-License-Identifier: GPL-2.0-or-later
 * xmlrpc.h - XML-RPC documents to values and back. Pure: bytes in, values out.
 *
 * Reading uses the system's libexpat as a SAX parser under a state machine of our own, with a fixed stack and no recursion.
 * Refused before anything is built of it: a DOCTYPE, more than XMLRPC_DEPTH nested values, more than XMLRPC_VALUES values, a body
 * beyond XMLRPC_BODY. Accepted: i1 i2 i4 int i8 (also ex:i8) boolean double string base64 dateTime.iso8601 nil (also ex:nil) and
 * untyped values. dateTime becomes a str, base64 a bytes. What XML forbids (control characters, NUL, broken UTF-8) is refused.
 * Writing has the form of Python's xmlrpc.client.dumps.
 */
#ifndef WIRE_XMLRPC_H
#define WIRE_XMLRPC_H

#include "base/err.h"
#include "base/strbuf.h"
#include "value/value.h"

#define XMLRPC_BODY (64u << 20)
#define XMLRPC_DEPTH 64
#define XMLRPC_VALUES 1000000
#define XMLRPC_METHOD 255            /* bytes of a method name */

struct xmlrpc_call {
	char method[XMLRPC_METHOD + 1];
	struct value *params;        /* a list */
};

/* On success ret->params is owned by the caller. Errors carry the class and text of the fault to answer. */
int xmlrpc_parse_call(const char *body, size_t n, struct xmlrpc_call *ret, struct err *e) MUST_CHECK;
/* A methodResponse: *ret is the result, or with *is_fault set the struct of faultCode and faultString. Owned. */
int xmlrpc_parse_response(const char *body, size_t n, struct value **ret, bool *is_fault, struct err *e) MUST_CHECK;

/* Appends a complete response. None, wherever it stands, is written as the string "~" (as Cobbler's strip_none) when none_as_tilde is
 * set, else the call fails with Python's marshalling error and *out is as before. */
int xmlrpc_write_response(struct strbuf *out, const struct value *v, bool none_as_tilde, struct err *e) MUST_CHECK;
void xmlrpc_write_fault(struct strbuf *out, int code, const char *text);
/* The pieces, for answers that are streamed: head, any number of values inside, tail. */
int xmlrpc_write_value(struct strbuf *out, const struct value *v, bool none_as_tilde, struct err *e) MUST_CHECK;
void xmlrpc_write_text(struct strbuf *out, const char *s, size_t n);      /* escaped; what XML cannot hold becomes U+FFFD */
void xmlrpc_write_head(struct strbuf *out);
void xmlrpc_write_tail(struct strbuf *out);
/* A methodCall, None as nil; for tests and clients. */
int xmlrpc_write_call(struct strbuf *out, const char *method, const struct value *params, struct err *e) MUST_CHECK;

#endif
