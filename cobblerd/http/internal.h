/* SPDX-License-Identifier: GPL-2.0-or-later
 * internal.h - one HTTP request on its way through the room: http.c receives it, a route fills its reply.
 */
#ifndef HTTP_INTERNAL_H
#define HTTP_INTERNAL_H

#include <microhttpd.h>

#include "http/http.h"

#define HTTP_BODY_MAX (64u << 20)        /* a request body, compressed or not */
#define HTTP_BODY_OTHER 65536            /* a body that is no XML-RPC call: nobody reads it */
#define HTTP_BODIES_MAX (512u << 20)     /* all bodies that are being received, together */
#define HTTP_BODY_SMALL 65536            /* so much of each does not count: who holds large ones keeps nobody from an ordinary call */
#define HTTP_REPLIES_MAX (1024u << 20)   /* all texts of answers that are being sent, together; what comes when there are more is refused */
#define HTTP_REPLY_SMALL 65536           /* answers up to this do not count */
#define HTTP_GZIP_FROM 1400              /* bytes; as Python's xmlrpc.server */
#define HTTP_PATH_MAX 4096
#define HTTP_WORKERS 8                   /* threads for calls that render, save or wait */
#define HTTP_LOOPS_MAX 8                 /* event loops of a port: one a processor, within this */
#define HTTP_WORKERS_MAX 72              /* the same with those that took the places of workers that wait for programs or other servers */
#define HTTP_QUEUE 2048                  /* calls waiting for one of them */
#define HTTP_IDLE_S 60                   /* a connection on which nothing moves after a request */
#define HTTP_HEAD_IDLE_S 15              /* the same before its first one is there: that a client left meanwhile is not always seen */
#define HTTP_BODY_IDLE_S 15              /* the same in the middle of a request body */
#define HTTP_CONNECTIONS 2048            /* of each port, where the process may have so many descriptors */
#define HTTP_CONNECTIONS_MIN 16          /* and where it may not */
#define HTTP_DESCRIPTORS_LEFT 128        /* at least so many are for other things */
#define HTTP_CONNECTIONS_PER_IP 256
#define HTTP_POLL_US 60                  /* how long a loop looks for the next request: about what it takes to wake a processor */
#define HTTP_POLL_MISSES_MAX 8           /* a loop that looked in vain so often looks again after 2^8 replies */

/* An answer: text in body, or length bytes of fd from offset when fd >= 0. */
struct reply {
	unsigned status;
	const char *type;                /* Content-Type, static */
	struct strbuf body;
	bool zipped;                     /* it is gzip already */
	size_t held;                     /* its share of the texts being sent */
	int fd;
	uint64_t offset, length;
	bool is_file;                    /* ranges, Last-Modified and ETag apply */
	int64_t mtime;
	uint64_t inode;
};

struct request {
	struct http *h;
	struct MHD_Connection *conn;
	bool web;                        /* came in on the web port */
	char method[16];
	char *url;                       /* as sent, %-decoded once, for the log */
	char *path;                      /* normalised, without leading slash; "" where that is refused */
	char peer[46];
	bool local;                      /* a program of this host, on the XML-RPC port and through no proxy */
	struct strbuf body;
	size_t held;                     /* its share of the bodies being held */
	bool submitted, done;
	struct reply reply;
	int64_t began_us;
	uint64_t sent;                   /* body bytes of the reply, for the log */
	struct request *next;            /* in the worker queue */
};

struct http {
	struct core *core;
	struct rpc *rpc;
	struct MHD_Daemon *_Atomic xmlrpc, *web;    /* the loops of the first look at it while it is being started */
	struct value *trusted_proxies;   /* list of addresses whose X-Forwarded-For counts */
	struct workers *workers;
	unsigned processors;
};

/* Text replies. */
void reply_text(struct reply *r, unsigned status, const char *type, const char *text);
void reply_free(struct reply *r);

/* rpc_route.c: an XML-RPC call in req->body. In a worker. */
void route_xmlrpc(struct request *req);
/* svc.c: /cblr/svc/op/... In a worker. */
void route_svc(struct request *req);
/* files.c: everything else on the web port. In a worker when it may have to render, else at once. */
void route_files(struct request *req);

/* send.c: does the client take gzip? */
bool wants_gzip(const struct request *req);
/* send.c: compresses the text of req->reply where the client takes that. In a worker: it may take long. */
void pack_reply(struct request *req);
/* send.c: turns req->reply into a response (ranges, conditions) and queues it. */
enum MHD_Result send_reply(struct request *req);

/* poll.c: in an event loop of the XML-RPC port, after a reply was sent on conn: returns when the next request is there, or soon. Does
   nothing where there are as many connections as processors: then others have work for them. */
void poll_after_reply(const struct http *h, struct MHD_Connection *conn);

/* workers.c: threads that run fn(req) and resume the connection. submit is false when the queue is full. */
struct workers *workers_new(void (*fn)(struct request *));
bool workers_submit(struct workers *w, struct request *req);
void workers_free(struct workers *w);    /* runs what is queued, joins */

#endif
