/* SPDX-License-Identifier: GPL-2.0-or-later
 * http.c - libmicrohttpd event loops receive requests; workers answer them; send.c sends.
 */
#include "http/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "http/internal.h"

/* Where a request goes, by the first components of its path. First match wins. */
struct route {
	const char *prefix;
	bool exact;
	bool web;                             /* port it belongs to */
	const char *methods;
	void (*fn)(struct request *);
};

static const struct route routes[] = {
	{ "",            true,  false, "POST",     route_xmlrpc },
	{ "RPC2",        true,  false, "POST",     route_xmlrpc },
	{ "cobbler_api", true,  true,  "POST",     route_xmlrpc },
	{ "cblr/svc",    false, true,  "GET HEAD POST", route_svc },
	{ "",            false, true,  "GET HEAD", route_files },
};

static bool has_prefix(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);
	return n == 0 || (strncmp(path, prefix, n) == 0 && (path[n] == '/' || path[n] == '\0'));
}

static const struct route *find_route(const struct request *req)
{
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		const struct route *r = &routes[i];
		if (r->web == req->web && (r->exact ? str_eq(req->path, r->prefix) : has_prefix(req->path, r->prefix)))
			return r;
	}
	return NULL;
}

/* One of the words of methods, not a part of one. */
static bool has_method(const char *methods, const char *method)
{
	size_t n = strlen(method);
	for (const char *at = methods; *at != '\0'; at += strspn(at, " ")) {
		size_t k = strcspn(at, " ");
		if (k == n && memcmp(at, method, n) == 0)
			return true;
		at += k;
	}
	return false;
}

static void answer(struct request *req)
{
	const struct route *r = find_route(req);
	if (str_eq(req->method, "OPTIONS")) {
		reply_text(&req->reply, 200, NULL, "");
	} else if (r == NULL) {
		reply_text(&req->reply, 404, "text/plain", "No such page");
	} else if (!has_method(r->methods, req->method)) {
		reply_text(&req->reply, req->web ? 405 : 501, "text/plain", "method not supported here\n");
	} else {
		r->fn(req);
		pack_reply(req);
	}
}

static bool is_trusted(const struct http *h, const char *peer)
{
	return v_list_has_str(h->trusted_proxies, peer);
}

/* A proxy on this host speaks for others, and so does a browser, which may have been talked into it. */
static bool is_forwarded(struct request *req)
{
	static const char *const headers[] = { "X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "X-Forwarded-Host", "Origin" };
	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		if (MHD_lookup_connection_value(req->conn, MHD_HEADER_KIND, headers[i]) != NULL)
			return true;
	return false;
}

static enum MHD_Result keep_last(void *cls, enum MHD_ValueKind kind UNUSED, const char *key, const char *value)
{
	if (strcasecmp(key, "X-Forwarded-For") == 0 && value != NULL)
		*(const char **)cls = value;
	return MHD_YES;
}

static void find_peer(struct request *req)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(req->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = info != NULL ? info->client_addr : NULL;
	struct in6_addr forwarded;
	if (sa != NULL && sa->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, req->peer, sizeof(req->peer));
	else if (sa != NULL && sa->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, req->peer, sizeof(req->peer));
	if (str_starts(req->peer, "::ffff:"))
		memmove(req->peer, req->peer + 7, strlen(req->peer + 7) + 1);
	const char *xff = NULL;
	/* a proxy may add a line of its own to those that came from who knows where */
	MHD_get_connection_values(req->conn, MHD_HEADER_KIND, keep_last, &xff);
	req->local = !req->web && (str_starts(req->peer, "127.") || str_eq(req->peer, "::1")) && !is_forwarded(req);
	if (xff == NULL || !is_trusted(req->h, req->peer))
		return;
	const char *last = strrchr(xff, ',');            /* the one that the trusted proxy itself saw */
	last = last != NULL ? last + 1 : xff;
	last += strspn(last, " ");
	if (strlen(last) < sizeof(req->peer) && (inet_pton(AF_INET, last, &forwarded) == 1 || inet_pton(AF_INET6, last, &forwarded) == 1))
		snprintf(req->peer, sizeof(req->peer), "%s", last);
}

/* Bytes of bodies that are held for calls that have not been answered yet. */
static atomic_size_t bodies_held;

static bool hold_body(struct request *req, const char *data, size_t n)
{
	size_t before = req->body.len, counted = before + n > HTTP_BODY_SMALL ? n : 0;
	if (counted > 0 && atomic_fetch_add(&bodies_held, counted) > HTTP_BODIES_MAX - counted) {
		atomic_fetch_sub(&bodies_held, counted);
		return false;
	}
	sb_add(&req->body, data, n);
	if (req->body.len == before)
		atomic_fetch_sub(&bodies_held, counted);
	else
		req->held += counted;
	return true;
}

static struct request *new_request(struct http *h, struct MHD_Connection *conn, bool web, const char *url, const char *method)
{
	struct request *req = xcalloc(1, sizeof(*req));
	size_t n = strnlen(url, HTTP_PATH_MAX);
	req->h = h;
	req->conn = conn;
	req->web = web;
	req->began_us = clock_mono_us();
	req->reply.fd = -1;
	req->body.limit = HTTP_BODY_MAX;
	snprintf(req->method, sizeof(req->method), "%s", method);
	req->url = xstrndup(url, n);
	req->path = xmalloc(n + 2);                      /* never longer than url */
	if (n == HTTP_PATH_MAX || !path_normalise(url, req->path, n + 2) || !utf8_valid(req->path, strlen(req->path))) {
		req->path[0] = '\0';
		reply_text(&req->reply, 404, "text/plain", "No such page");
	}
	const struct route *r = find_route(req);
	if (req->reply.status != 0 || r == NULL || r->fn != route_xmlrpc)
		req->body.limit = HTTP_BODY_OTHER;
	find_peer(req);
	return req;
}

/* RFC 9110, 5.6.2 */
static bool is_token(const char *s)
{
	size_t n = strlen(s);
	return n > 0 && strspn(s, "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == n;
}

struct framing { int headers; bool bad; };

/* Names with a blank before the colon and encodings that we do not know mean something to others (RFC 9112, 5.1 and 6.1). */
static enum MHD_Result look_at_framing(void *arg, enum MHD_ValueKind kind UNUSED, const char *name, const char *value)
{
	struct framing *f = arg;
	bool encoding = strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0;
	f->headers += encoding || strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0;
	f->bad |= !is_token(name) || (encoding && (value == NULL || strcasecmp(value, "chunked") != 0));
	return MHD_YES;
}

/* A proxy in front may take another length for that of the body than we do (RFC 9112, 6.3). */
static bool framed_well(struct MHD_Connection *conn)
{
	struct framing f = { 0 };
	MHD_get_connection_values(conn, MHD_HEADER_KIND, look_at_framing, &f);
	return f.headers <= 1 && !f.bad;
}

static bool is_quick(const struct request *req)
{
	const struct route *r = find_route(req);
	return r != NULL && r->fn == route_xmlrpc && str_eq(req->method, "POST") &&
		MHD_lookup_connection_value(req->conn, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_ENCODING) == NULL &&
		rpc_is_quick(req->h->rpc, sb_str(&req->body), req->body.len);
}

static enum MHD_Result on_request(struct http *h, struct MHD_Connection *conn, bool web, const char *url, const char *method,
	const char *data, size_t *n, void **con_cls)
{
	struct request *req = *con_cls;
	if (req == NULL) {
		*con_cls = req = new_request(h, conn, web, url, method);
		if (framed_well(conn))
			return MHD_YES;
		/* An answer before the body is read ends the connection. */
		reply_text(&req->reply, 400, "text/plain",
			"a request has one Content-Length or Transfer-Encoding: chunked, and names of headers have no blanks\n");
		return send_reply(req);
	}
	if (*n > 0) {
		if (req->body.len == 0)
			MHD_set_connection_option(conn, MHD_CONNECTION_OPTION_TIMEOUT, (unsigned)HTTP_BODY_IDLE_S);
		if (req->reply.status == 0 && !hold_body(req, data, *n))
			reply_text(&req->reply, 503, "text/plain", "too many requests at once, try again\n");
		*n = 0;
		return MHD_YES;
	}
	if (req->done)
		return send_reply(req);
	if (req->submitted)                              /* woken while a worker still has it */
		return MHD_YES;
	MHD_set_connection_option(conn, MHD_CONNECTION_OPTION_TIMEOUT, (unsigned)HTTP_IDLE_S);
	if (req->body.full)
		reply_text(&req->reply, 413, "text/plain", "the request body is too large\n");
	if (req->reply.status != 0)
		return send_reply(req);
	/* Handing it to a worker and back takes longer than most calls themselves. */
	if (is_quick(req)) {
		answer(req);
		return send_reply(req);
	}
	req->submitted = true;
	if (workers_submit(h->workers, req))
		return MHD_YES;
	reply_text(&req->reply, 503, "text/plain", "too many requests at once, try again\n");
	return send_reply(req);
}

static enum MHD_Result on_xmlrpc(void *cls, struct MHD_Connection *conn, const char *url, const char *method, const char *version UNUSED,
	const char *data, size_t *n, void **con_cls)
{
	return on_request(cls, conn, false, url, method, data, n, con_cls);
}

static enum MHD_Result on_web(void *cls, struct MHD_Connection *conn, const char *url, const char *method, const char *version UNUSED,
	const char *data, size_t *n, void **con_cls)
{
	return on_request(cls, conn, true, url, method, data, n, con_cls);
}

static void on_completed(void *cls UNUSED, struct MHD_Connection *conn, void **con_cls, enum MHD_RequestTerminationCode code)
{
	struct request *req = *con_cls;
	if (req == NULL)
		return;
	const struct http *h = req->h;
	bool next = !req->web && code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
	double s = (double)(clock_mono_us() - req->began_us) / 1e6;
	const char *cut = code == MHD_REQUEST_TERMINATED_COMPLETED_OK ? "" : ", cut off";
	if (req->web && req->reply.status != 0)
		log_info("http", "%s %s to %s: %u, %llu bytes in %.3f s (%.1f MB/s)%s", req->method, req->url, req->peer, req->reply.status,
			(unsigned long long)req->sent, s, s > 0 ? (double)req->sent / s / 1e6 : 0.0, cut);
	else
		log_debug("http", "%s %s to %s: %u, %llu bytes in %.3f s%s", req->method, req->url, req->peer, req->reply.status,
			(unsigned long long)req->sent, s, cut);
	reply_free(&req->reply);
	sb_free(&req->body);
	atomic_fetch_sub(&bodies_held, req->held);
	free(req->url);
	free(req->path);
	free(req);
	*con_cls = NULL;
	if (next)
		poll_after_reply(h, conn);
}

/* %00 stays as it is: a NUL would end the path, and name another file than the one asked for. */
static size_t unescape(void *cls UNUSED, struct MHD_Connection *conn UNUSED, char *s)
{
	return strstr(s, "%00") != NULL ? strlen(s) : MHD_http_unescape(s);
}

/* Of each port. Where descriptors are few, connections (each with the file that it is sent, on the web port) leave some
 * for edits and tasks. */
static unsigned connection_limit(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) == -1 || r.rlim_cur == RLIM_INFINITY)
		return HTTP_CONNECTIONS;
	rlim_t own = r.rlim_cur / 4 > HTTP_DESCRIPTORS_LEFT ? r.rlim_cur / 4 : HTTP_DESCRIPTORS_LEFT;
	rlim_t n = r.rlim_cur > own ? (r.rlim_cur - own) / 3 : 0;
	return n > HTTP_CONNECTIONS ? HTTP_CONNECTIONS : n < HTTP_CONNECTIONS_MIN ? HTTP_CONNECTIONS_MIN : (unsigned)n;
}

/* fd is a listening socket and becomes the daemon's. threads: event loops. */
static struct MHD_Daemon *start_daemon(struct http *h, int fd, unsigned threads, MHD_AccessHandlerCallback handler)
{
	return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handler, h,
		MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_THREAD_POOL_SIZE, threads,
		MHD_OPTION_CONNECTION_LIMIT, connection_limit(),
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_PER_IP,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_HEAD_IDLE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)65536,
		MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
		MHD_OPTION_END);
}

int http_start(struct core *c, struct rpc *r, int xmlrpc_fd, int http_fd, struct http **ret, struct err *e)
{
	struct http *h = xcalloc(1, sizeof(*h));
	struct value *cfg = settings_daemon(c->settings);
	const struct value *trusted = v_dict_get(v_dict_get(cfg, "http"), "trusted_proxies");
	h->core = c;
	h->rpc = r;
	h->trusted_proxies = v_is(trusted, V_LIST) ? v_ref(trusted) : v_list();
	v_unref(cfg);
	h->workers = workers_new(answer);
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	h->processors = cpus < 1 ? 1 : (unsigned)cpus;
	unsigned loops = h->processors < 2 ? 2 : h->processors > HTTP_LOOPS_MAX ? HTTP_LOOPS_MAX : h->processors;
	if (xmlrpc_fd >= 0)
		h->xmlrpc = start_daemon(h, xmlrpc_fd, loops, on_xmlrpc);
	if (http_fd >= 0)
		h->web = start_daemon(h, http_fd, loops, on_web);
	if ((xmlrpc_fd >= 0 && h->xmlrpc == NULL) || (http_fd >= 0 && h->web == NULL)) {
		http_stop(h);
		return err_set(e, CB_EIO, "cannot start the HTTP server");
	}
	*ret = h;
	return CB_OK;
}

void http_stop(struct http *h)
{
	if (h == NULL)
		return;
	if (h->xmlrpc != NULL)
		close(MHD_quiesce_daemon(h->xmlrpc));
	if (h->web != NULL)
		close(MHD_quiesce_daemon(h->web));
	workers_free(h->workers);                        /* every suspended connection is resumed after this */
	if (h->xmlrpc != NULL)
		MHD_stop_daemon(h->xmlrpc);
	if (h->web != NULL)
		MHD_stop_daemon(h->web);
	v_unref(h->trusted_proxies);
	free(h);
}
