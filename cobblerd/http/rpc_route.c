/* SPDX-License-Identifier: GPL-2.0-or-later
 * rpc_route.c - XML-RPC over HTTP: POST to / or /RPC2 on its own port, to /cobbler_api on the web port.
 */
#include <string.h>
#include <zlib.h>

#include "http/internal.h"

#define RPC_ANSWER 10000                 /* bytes of the answer about one system, roughly: not to be copied while it grows */

/* Unpacks a gzip or zlib body, at most HTTP_BODY_MAX bytes. */
static bool inflate_body(struct strbuf *body)
{
	z_stream z = { 0 };
	struct strbuf out = { .limit = HTTP_BODY_MAX };
	char buf[65536];
	int rc;
	if (inflateInit2(&z, 15 + 32) != Z_OK)
		return false;
	z.next_in = (unsigned char *)body->p;
	z.avail_in = (unsigned)body->len;
	do {
		z.next_out = (unsigned char *)buf;
		z.avail_out = sizeof(buf);
		rc = inflate(&z, Z_NO_FLUSH);
		sb_add(&out, buf, sizeof(buf) - z.avail_out);
	} while (rc == Z_OK && !out.full);
	inflateEnd(&z);
	if (rc != Z_STREAM_END || out.full) {
		sb_free(&out);
		return false;
	}
	sb_free(body);
	*body = out;
	return true;
}

void route_xmlrpc(struct request *req)
{
	const char *encoding = MHD_lookup_connection_value(req->conn, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_ENCODING);
	if (encoding != NULL && !str_eq(encoding, "identity")) {
		if (!str_eq(encoding, "gzip") && !str_eq(encoding, "deflate")) {
			reply_text(&req->reply, 501, "text/plain", "content encoding not supported: use gzip\n");
			return;
		}
		if (!inflate_body(&req->body)) {
			reply_text(&req->reply, 400, "text/plain", "the body is not gzip data, or too large when unpacked\n");
			return;
		}
	}
	req->reply.zipped = wants_gzip(req);
	sb_reserve(&req->reply.body, RPC_ANSWER);
	rpc_call(req->h->rpc, sb_str(&req->body), req->body.len, req->peer, req->local, &req->reply.zipped, &req->reply.body);
	req->reply.status = 200;
	req->reply.type = "text/xml";
}
