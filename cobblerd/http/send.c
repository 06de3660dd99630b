/* SPDX-License-Identifier: GPL-2.0-or-later
 * send.c - a reply becomes an HTTP response: ranges (RFC 9110 section 14), conditions (section 13), gzip.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "http/internal.h"

void reply_text(struct reply *r, unsigned status, const char *type, const char *text)
{
	r->status = status;
	r->type = type;
	sb_truncate(&r->body, 0);
	sb_adds(&r->body, text);
}

/* Bytes of answers that their clients have not read yet. */
static atomic_size_t replies_held;

/* Clients that ask for much and do not read it get no more than this. */
static bool hold_reply(struct reply *r)
{
	if (r->body.len <= HTTP_REPLY_SMALL)
		return true;
	r->held = r->body.len;
	return atomic_fetch_add(&replies_held, r->held) < HTTP_REPLIES_MAX;
}

static void release_reply(struct reply *r)
{
	atomic_fetch_sub(&replies_held, r->held);
	r->held = 0;
}

void reply_free(struct reply *r)
{
	release_reply(r);
	sb_free(&r->body);
	close_fd(&r->fd);
}

static const char *header(const struct request *req, const char *name)
{
	return MHD_lookup_connection_value(req->conn, MHD_HEADER_KIND, name);
}

/* One "bytes=a-b" range. 1: *from and *length set; 0: none, or one we need not honour; -1: not satisfiable. */
static int parse_range(const char *s, uint64_t size, uint64_t *from, uint64_t *length)
{
	unsigned long a, b;
	char first[24], last[24];
	if (s == NULL || !str_starts(s, "bytes=") || strchr(s, ',') != NULL)
		return 0;
	s += 6;
	const char *dash = strchr(s, '-');
	if (dash == NULL || (size_t)(dash - s) >= sizeof(first) || strlen(dash + 1) >= sizeof(last))
		return 0;
	snprintf(first, sizeof(first), "%.*s", (int)(dash - s), s);
	snprintf(last, sizeof(last), "%s", dash + 1);
	bool have_a = *first != '\0', have_b = *last != '\0';
	if ((have_a && !parse_uint(first, INT64_MAX, &a)) || (have_b && !parse_uint(last, INT64_MAX, &b)) || (!have_a && !have_b))
		return 0;
	if (!have_a) {                                   /* the last b bytes */
		if (b == 0)
			return -1;
		*length = b < size ? b : size;
		*from = size - *length;
		return size > 0 ? 1 : -1;
	}
	if (have_b && b < a)
		return 0;
	if (a >= size)
		return -1;
	*from = a;
	*length = have_b && b - a < size - a - 1 ? b - a + 1 : size - a;
	return 1;
}

static void http_date(int64_t t, char out[40])
{
	time_t tt = (time_t)t;
	struct tm tm;
	gmtime_r(&tt, &tm);
	strftime(out, 40, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

static bool not_modified(const struct request *req, const char *etag, const char *date)
{
	const char *inm = header(req, MHD_HTTP_HEADER_IF_NONE_MATCH);
	if (inm != NULL)
		return str_eq(inm, "*") || strstr(inm, etag) != NULL;
	const char *ims = header(req, MHD_HTTP_HEADER_IF_MODIFIED_SINCE);
	return ims != NULL && str_eq(ims, date);
}

bool wants_gzip(const struct request *req)
{
	const char *ae = header(req, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	return ae != NULL && strstr(ae, "gzip") != NULL && strstr(ae, "gzip;q=0") == NULL;
}

/* Compresses body in place; leaves it alone when zlib will not. */
static bool gzip_body(struct strbuf *body)
{
	z_stream z = { 0 };
	struct strbuf out = { 0 };
	if (body->len > UINT32_MAX / 2 || deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	size_t bound = deflateBound(&z, body->len);
	sb_reserve(&out, bound);
	z.next_in = (unsigned char *)body->p;
	z.avail_in = (unsigned)body->len;
	z.next_out = (unsigned char *)out.p;
	z.avail_out = (unsigned)bound;
	bool ok = deflate(&z, Z_FINISH) == Z_STREAM_END;
	out.len = z.total_out;
	deflateEnd(&z);
	if (!ok) {
		sb_free(&out);
		return false;
	}
	sb_free(body);
	*body = out;
	return true;
}

void pack_reply(struct request *req)
{
	struct reply *r = &req->reply;
	if (!r->is_file && !r->zipped && r->body.len >= HTTP_GZIP_FROM && wants_gzip(req))
		r->zipped = gzip_body(&r->body);
}

static struct MHD_Response *file_response(struct request *req)
{
	struct reply *r = &req->reply;
	struct MHD_Response *resp;
	char etag[64], date[40], text[96];
	uint64_t from = 0, length = r->length;
	snprintf(etag, sizeof(etag), "\"%llx-%llx-%llx\"", (long long)r->mtime, (unsigned long long)r->length,
		(unsigned long long)(r->inode + r->offset));
	http_date(r->mtime, date);
	const char *if_range = header(req, MHD_HTTP_HEADER_IF_RANGE);
	int ranged = 0;
	if (r->status == 200 && (if_range == NULL || str_eq(if_range, etag) || str_eq(if_range, date)))
		ranged = parse_range(header(req, MHD_HTTP_HEADER_RANGE), r->length, &from, &length);
	if (r->status == 200 && not_modified(req, etag, date)) {
		r->status = 304;
		resp = MHD_create_response_from_buffer(0, (void *)(uintptr_t)"", MHD_RESPMEM_PERSISTENT);
	} else if (ranged == -1) {
		r->status = 416;
		resp = MHD_create_response_from_buffer(0, (void *)(uintptr_t)"", MHD_RESPMEM_PERSISTENT);
		snprintf(text, sizeof(text), "bytes */%llu", (unsigned long long)r->length);
		MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_RANGE, text);
	} else {
		resp = MHD_create_response_from_fd_at_offset64(length, r->fd, r->offset + from);
		r->fd = -1;                              /* the response closes it */
		req->sent = length;
	}
	if (ranged == 1 && r->status == 200) {
		r->status = 206;
		snprintf(text, sizeof(text), "bytes %llu-%llu/%llu", (unsigned long long)from,
			(unsigned long long)(from + length - 1), (unsigned long long)r->length);
		MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_RANGE, text);
	}
	MHD_add_response_header(resp, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
	MHD_add_response_header(resp, MHD_HTTP_HEADER_LAST_MODIFIED, date);
	MHD_add_response_header(resp, MHD_HTTP_HEADER_ETAG, etag);
	return resp;
}

enum MHD_Result send_reply(struct request *req)
{
	struct reply *r = &req->reply;
	struct MHD_Response *resp;
	if (r->is_file && r->fd >= 0) {
		resp = file_response(req);
	} else {
		if (!hold_reply(r)) {
			release_reply(r);
			sb_free(&r->body);
			reply_text(r, 503, "text/plain", "too many large answers at once, try again\n");
			r->zipped = false;
		}
		size_t n = r->body.len;
		resp = MHD_create_response_from_buffer(n, sb_take(&r->body), MHD_RESPMEM_MUST_FREE);
		if (r->zipped)
			MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
		req->sent = n;
	}
	if (r->type != NULL)
		MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, r->type);
	/* The web UI is served from another origin and posts text/plain. */
	MHD_add_response_header(resp, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, "*");
	if (str_eq(req->method, "OPTIONS")) {
		MHD_add_response_header(resp, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_METHODS, "POST, GET, HEAD, OPTIONS");
		MHD_add_response_header(resp, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_HEADERS,
			"Origin, X-Requested-With, Content-Type, Accept");
	}
	enum MHD_Result ok = MHD_queue_response(req->conn, r->status, resp);
	MHD_destroy_response(resp);
	return ok;
}
