/* SPDX-License-Identifier: GPL-2.0-or-later
 * rpc_load.c - the client of bench/rpc: XML-RPC and HTTP calls over kept connections, as cheap as a client can be, so that the
 * server is what is measured. Each mode prints one line of numbers.
 *
 *   rpc_load call PORT PATH SECONDS CONNECTIONS [gzip] < body
 *                                                         the same call again and again (GET without a body; gzip: as Python's
 *                                                         clients ask): calls, seconds, the fastest and the median in microseconds,
 *                                                         bytes of an answer
 *   rpc_load add PORT TOKEN FIRST COUNT CONNECTIONS       new_system, 5 modify_system, save_system: systems, seconds
 *   rpc_load task PORT TIMES < body                       a background_* call until its task has ended: runs, seconds of the fastest
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/util.h"

#define MAX_CONNECTIONS 64
#define SAMPLES 100000

struct client {
	unsigned port;
	int fd;
	struct strbuf in;
	size_t head;               /* bytes before the body */
};

static const char *accept_gzip = "";

static void die(const char *what)
{
	fprintf(stderr, "rpc_load: %s: %s\n", what, errno != 0 ? strerror(errno) : "unexpected");
	exit(1);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void dial(struct client *c)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)c->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int on = 1;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static bool send_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t w = send(fd, p, n, MSG_NOSIGNAL);
		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

/* Reads until the head of the answer is there; -1: the connection has ended. */
static long read_head(struct client *c)
{
	for (;;) {
		char *end = c->in.len > 3 ? memmem(c->in.p, c->in.len, "\r\n\r\n", 4) : NULL;
		if (end != NULL)
			return end - c->in.p + 4;
		sb_reserve(&c->in, 262144);
		ssize_t n = recv(c->fd, c->in.p + c->in.len, 262144, 0);
		if (n <= 0)
			return -1;
		c->in.len += (size_t)n;
	}
}

/* One request and its answer in c->in. */
static bool exchange(struct client *c, const char *req, size_t n)
{
	c->in.len = 0;
	if (!send_all(c->fd, req, n))
		return false;
	long head = read_head(c);
	if (head < 0)
		return false;
	c->head = (size_t)head;
	c->in.p[head - 1] = '\0';
	const char *length = strcasestr(c->in.p, "\r\nContent-Length:");
	bool closes = strncmp(c->in.p, "HTTP/1.0", 8) == 0 || strcasestr(c->in.p, "\r\nConnection: close") != NULL;
	size_t want = length != NULL ? (size_t)head + strtoul(length + 17, NULL, 10) : SIZE_MAX;
	if (strncmp(c->in.p + 8, " 200", 4) != 0)
		die(c->in.p);
	if (want != SIZE_MAX)
		sb_reserve(&c->in, want - (size_t)head + 1);
	while (c->in.len < want) {
		sb_reserve(&c->in, 262144);
		ssize_t got = recv(c->fd, c->in.p + c->in.len, 262144, 0);
		if (got < 0 || (got == 0 && want != SIZE_MAX))
			die("short answer");
		if (got == 0)
			break;
		c->in.len += (size_t)got;
	}
	sb_reserve(&c->in, 1);
	c->in.p[c->in.len] = '\0';
	if (closes) {
		close(c->fd);
		dial(c);
	}
	return true;
}

static const char *ask(struct client *c, const char *path, const char *body, size_t n)
{
	struct strbuf req = { 0 };
	if (n > 0)
		sb_addf(&req, "POST %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Type: text/xml\r\nContent-Length: %zu\r\n\r\n", path,
			accept_gzip, n);
	else
		sb_addf(&req, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
	sb_add(&req, body, n);
	if (!exchange(c, req.p, req.len)) {        /* an idle connection may have been closed */
		close(c->fd);
		dial(c);
		if (!exchange(c, req.p, req.len))
			die("no answer");
	}
	sb_free(&req);
	if (n > 0 && strstr(c->in.p + c->head, "<fault>") != NULL) {
		fprintf(stderr, "rpc_load: %s", c->in.p + c->head);
		exit(1);
	}
	return c->in.p + c->head;
}

static struct strbuf read_stdin(void)
{
	struct strbuf b = { 0 };
	for (;;) {
		sb_reserve(&b, 65536);
		size_t n = fread(b.p + b.len, 1, 65536, stdin);
		if (n == 0)
			return b;
		b.len += n;
	}
}

/* ---- call ---- */

struct caller {
	pthread_t thread;
	unsigned port;
	const char *path;
	const struct strbuf *body;
	double until;
	bool once;                 /* no call beforehand */
	size_t calls, bytes;
	double *sample;
};

static void *call_again(void *arg)
{
	struct caller *w = arg;
	struct client c = { .port = w->port };
	dial(&c);
	if (!w->once)
		ask(&c, w->path, w->body->p, w->body->len);
	for (double began = now(), ended; w->calls == 0 || began < w->until; began = ended) {
		ask(&c, w->path, w->body->p, w->body->len);
		ended = now();
		if (w->calls < SAMPLES)
			w->sample[w->calls] = ended - began;
		w->calls++;
	}
	w->bytes = c.in.len - c.head;
	close(c.fd);
	sb_free(&c.in);
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static int mode_call(char **argv)
{
	static struct caller w[MAX_CONNECTIONS];
	struct strbuf body = read_stdin();
	unsigned n = (unsigned)atol(argv[3]);
	size_t calls = 0;
	double began = now();
	for (unsigned i = 0; i < n && i < MAX_CONNECTIONS; i++) {
		w[i] = (struct caller){ .port = (unsigned)atol(argv[0]), .path = argv[1], .body = &body,
			.until = began + strtod(argv[2], NULL), .once = str_eq(argv[2], "0"),
			.sample = xcalloc(SAMPLES, sizeof(double)) };
		if (pthread_create(&w[i].thread, NULL, call_again, &w[i]) != 0)
			die("thread");
	}
	for (unsigned i = 0; i < n && i < MAX_CONNECTIONS; i++) {
		pthread_join(w[i].thread, NULL);
		calls += w[i].calls;
	}
	double seconds = now() - began;
	size_t samples = w[0].calls < SAMPLES ? w[0].calls : SAMPLES;
	qsort(w[0].sample, samples, sizeof(double), by_size);
	printf("%zu %.6f %.1f %.1f %zu\n", calls, seconds, w[0].sample[0] * 1e6, w[0].sample[samples / 2] * 1e6, w[0].bytes);
	return 0;
}

/* ---- add ---- */

struct adder {
	pthread_t thread;
	unsigned port;
	const char *token;
	size_t first, end;
};

static void add_param(struct strbuf *b, const char *text)
{
	sb_addf(b, "<param><value><string>%s</string></value></param>", text);
}

static const char *invoke(struct client *c, const char *method, const char *a1, const char *a2, const char *a3, const char *token)
{
	struct strbuf b = { 0 };
	sb_addf(&b, "<?xml version='1.0'?><methodCall><methodName>%s</methodName><params>", method);
	if (a1 != NULL)
		add_param(&b, a1);
	if (a2 != NULL)
		add_param(&b, a2);
	if (a3 != NULL && *a3 == '<')
		sb_addf(&b, "<param>%s</param>", a3);
	else if (a3 != NULL)
		add_param(&b, a3);
	add_param(&b, token);
	sb_adds(&b, "</params></methodCall>");
	const char *answer = ask(c, "/RPC2", b.p, b.len);
	sb_free(&b);
	return answer;
}

static void add_one(struct client *c, size_t i, const char *token)
{
	char handle[128], name[32], host[64], mac[256];
	const char *answer = invoke(c, "new_system", NULL, NULL, NULL, token);
	const char *from = strstr(answer, "<string>"), *to = from != NULL ? strstr(from, "</string>") : NULL;
	if (to == NULL || to - from - 8 >= (long)sizeof(handle))
		die("new_system");
	snprintf(handle, sizeof(handle), "%.*s", (int)(to - from - 8), from + 8);
	snprintf(name, sizeof(name), "s%06zu", i);
	snprintf(host, sizeof(host), "%s.example.org", name);
	snprintf(mac, sizeof(mac), "<value><struct><member><name>macaddress-eth0</name><value><string>52:54:00:%02x:%02x:%02x</string>"
		"</value></member></struct></value>", (unsigned)(i >> 16 & 255), (unsigned)(i >> 8 & 255), (unsigned)(i & 255));
	invoke(c, "modify_system", handle, "name", name, token);
	invoke(c, "modify_system", handle, "profile", "p", token);
	invoke(c, "modify_system", handle, "hostname", host, token);
	invoke(c, "modify_system", handle, "kernel_options", "a=1", token);
	invoke(c, "modify_system", handle, "modify_interface", mac, token);
	invoke(c, "save_system", handle, NULL, NULL, token);
}

static void *add_some(void *arg)
{
	struct adder *w = arg;
	struct client c = { .port = w->port };
	dial(&c);
	for (size_t i = w->first; i < w->end; i++)
		add_one(&c, i, w->token);
	close(c.fd);
	sb_free(&c.in);
	return NULL;
}

static int mode_add(char **argv)
{
	static struct adder w[MAX_CONNECTIONS];
	size_t first = strtoul(argv[2], NULL, 10), count = strtoul(argv[3], NULL, 10), n = strtoul(argv[4], NULL, 10);
	double began = now();
	for (size_t i = 0; i < n && i < MAX_CONNECTIONS; i++) {
		w[i] = (struct adder){ .port = (unsigned)atol(argv[0]), .token = argv[1], .first = first + count * i / n,
			.end = first + count * (i + 1) / n };
		if (pthread_create(&w[i].thread, NULL, add_some, &w[i]) != 0)
			die("thread");
	}
	for (size_t i = 0; i < n && i < MAX_CONNECTIONS; i++)
		pthread_join(w[i].thread, NULL);
	printf("%zu %.6f\n", count, now() - began);
	return 0;
}

/* ---- task ---- */

static double run_task(struct client *c, const struct strbuf *body)
{
	char id[256];
	double began = now();
	const char *answer = ask(c, "/RPC2", body->p, body->len);
	const char *from = strstr(answer, "<string>"), *to = from != NULL ? strstr(from, "</string>") : NULL;
	if (to == NULL || to - from - 8 >= (long)sizeof(id))
		die("no task");
	snprintf(id, sizeof(id), "%.*s", (int)(to - from - 8), from + 8);
	struct strbuf b = { 0 };
	sb_addf(&b, "<?xml version='1.0'?><methodCall><methodName>get_task_status</methodName><params><param><value><string>%s</string>"
		"</value></param></params></methodCall>", id);
	for (;;) {
		answer = ask(c, "/RPC2", b.p, b.len);
		if (strstr(answer, "complete") != NULL)
			break;
		if (strstr(answer, "failed") != NULL)
			die("the task failed");
		/* Asking must not be what keeps the server busy, nor a good part of what is measured. */
		double s = (now() - began) / 20;
		struct timespec t = { 0, s > 0.1 ? 100000000 : (long)(s * 1e9) };
		nanosleep(&t, NULL);
	}
	sb_free(&b);
	return now() - began;
}

static int mode_task(char **argv)
{
	struct strbuf body = read_stdin();
	struct client c = { .port = (unsigned)atol(argv[0]) };
	double best = 1e9;
	long times = atol(argv[1]);
	prctl(PR_SET_TIMERSLACK, 1000UL);        /* 50 µs are too much here */
	dial(&c);
	for (long i = 0; i < times; i++) {
		double s = run_task(&c, &body);
		best = s < best ? s : best;
	}
	printf("%ld %.6f\n", times, best);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 7 && str_eq(argv[1], "call") && str_eq(argv[6], "gzip")) {
		accept_gzip = "Accept-Encoding: gzip\r\n";
		argc--;
	}
	if (argc == 6 && str_eq(argv[1], "call"))
		return mode_call(argv + 2);
	if (argc == 7 && str_eq(argv[1], "add"))
		return mode_add(argv + 2);
	if (argc == 4 && str_eq(argv[1], "task"))
		return mode_task(argv + 2);
	fputs("usage: rpc_load call|add|task ... (see the head of its source)\n", stderr);
	return 2;
}
