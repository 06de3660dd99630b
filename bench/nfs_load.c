/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_load.c - an NFS version 3 client that does nothing with what it gets: how much a server gives.
 *
 *   nfs_load read SERVER PORT MOUNTPORT EXPORT FILE CONNS INFLIGHT SIZE SECONDS     MB/s of READs of SIZE bytes, round and round the file
 *   nfs_load stat SERVER PORT MOUNTPORT EXPORT FILE CONNS INFLIGHT 0 SECONDS        LOOKUPs of the file a second
 *   nfs_load list SERVER PORT MOUNTPORT EXPORT DIR CONNS 1 0 SECONDS                entries of READDIRPLUS a second
 *
 * Prints "VALUE UNIT what".
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NFS 100003u
#define MOUNT 100005u
enum { LOOKUP = 3, READ = 6, READDIRPLUS = 17 };

static int number(const char *s)
{
	return (int)strtol(s, NULL, 10);
}

struct buf { uint8_t p[2048]; size_t n; };
struct handle { uint32_t n; uint8_t p[64]; };

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void put(struct buf *b, uint32_t v)
{
	v = htonl(v);
	memcpy(b->p + b->n, &v, 4);
	b->n += 4;
}

static void put_opaque(struct buf *b, const void *p, size_t n)
{
	put(b, (uint32_t)n);
	memset(b->p + b->n, 0, n + 4);
	memcpy(b->p + b->n, p, n);
	b->n += (n + 3) / 4 * 4;
}

static struct buf call(uint32_t program, uint32_t proc)
{
	static uint32_t xid;
	struct buf b = { .n = 0 };
	const uint32_t head[] = { 0, ++xid, 0, 2, program, 3, proc, 1, 28, 1, 4, 0x62656e63, 0, 0, 0, 0, 0 };
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		put(&b, head[i]);
	/* AUTH_SYS: stamp, "benc", uid, gid, no groups (24 bytes) */
	uint32_t len = htonl(24);
	memcpy(b.p + 32, &len, 4);
	b.n = 36 + 24;
	put(&b, 0);
	put(&b, 0);
	return b;
}

static void post(int s, struct buf *b)
{
	uint32_t head = htonl(0x80000000u | (uint32_t)(b->n - 4));
	memcpy(b->p, &head, 4);
	if (send(s, b->p, b->n, MSG_NOSIGNAL) != (ssize_t)b->n)
		die("send");
}

static void take(int s, void *p, size_t n)
{
	if (recv(s, p, n, MSG_WAITALL) != (ssize_t)n)
		die("recv");
}

/* Reads an answer; keeps its first bytes and throws the rest away. Returns its length. */
static size_t answer(int s, uint8_t *keep, size_t cap)
{
	static uint8_t junk[1 << 17];
	uint32_t head;
	take(s, &head, 4);
	size_t n = ntohl(head) & 0x7fffffff, first = n < cap ? n : cap;
	take(s, keep, first);
	for (size_t left = n - first; left > 0; ) {
		ssize_t got = recv(s, junk, left < sizeof(junk) ? left : sizeof(junk), MSG_TRUNC);
		if (got <= 0)
			die("recv");
		left -= (size_t)got;
	}
	return n;
}

static uint32_t word(const uint8_t *p, size_t at)
{
	uint32_t v;
	memcpy(&v, p + at, 4);
	return ntohl(v);
}

static int dial(const char *server, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);
	inet_pton(AF_INET, server, &a.sin_addr);
	if (connect(s, (struct sockaddr *)&a, sizeof(a)) == -1)
		die("connect");
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return s;
}

/* Status at 24; the handle behind it. */
static struct handle handle_of(const uint8_t *p, const char *what)
{
	struct handle h = { .n = word(p, 28) };
	if (word(p, 20) != 0 || word(p, 24) != 0 || h.n > 64) {
		fprintf(stderr, "%s: status %u %u\n", what, word(p, 20), word(p, 24));
		exit(1);
	}
	memcpy(h.p, p + 32, h.n);
	return h;
}

struct job { const char *kind, *name; int s; struct handle dir, file; uint32_t size; uint64_t length, at, cookie; uint8_t verifier[8]; };

static void ask(struct job *j)
{
	struct buf b = call(NFS, *j->kind == 'r' ? READ : *j->kind == 's' ? LOOKUP : READDIRPLUS);
	const struct handle *h = *j->kind == 's' ? &j->dir : &j->file;
	put_opaque(&b, h->p, h->n);
	if (*j->kind == 's') {
		put_opaque(&b, j->name, strlen(j->name));
	} else if (*j->kind == 'r') {
		put(&b, (uint32_t)(j->at >> 32));
		put(&b, (uint32_t)j->at);
		put(&b, j->size);
		j->at = j->at + 2 * j->size <= j->length ? j->at + j->size : 0;
	} else {
		put(&b, (uint32_t)(j->cookie >> 32));
		put(&b, (uint32_t)j->cookie);
		memcpy(b.p + b.n, j->verifier, 8);
		b.n += 8;
		put(&b, 8192);
		put(&b, 32768);
	}
	post(j->s, &b);
}

/* How many entries; j goes on, or to the begin after the last one. */
static uint64_t entries(struct job *j, const uint8_t *p, size_t n)
{
	size_t at = 28;
	uint64_t count = 0;
	at += word(p, at) != 0 ? 88 : 4;
	memcpy(j->verifier, p + at, 8);
	for (at += 8; at + 8 <= n && word(p, at) == 1; count++) {
		at += 12;
		at += 4 + (word(p, at) + 3) / 4 * 4;
		j->cookie = (uint64_t)word(p, at) << 32 | word(p, at + 4);
		at += 8;
		at += word(p, at) != 0 ? 88 : 4;
		at += word(p, at) != 0 ? 8 + (word(p, at + 4) + 3) / 4 * 4 : 4;
	}
	if (word(p, at + 4) == 1) {
		j->cookie = 0;
		memset(j->verifier, 0, 8);
	}
	return count;
}

static uint64_t run(struct job *j, int inflight, double seconds)
{
	static uint8_t keep[70000];
	uint64_t done = 0;
	double end = now() + seconds;
	for (int i = 0; i < inflight; i++)
		ask(j);
	for (int waits = inflight; waits > 0; waits--) {
		size_t n = answer(j->s, keep, *j->kind == 'l' ? sizeof(keep) : 128);
		if (word(keep, 20) != 0 || word(keep, 24) != 0) {
			fprintf(stderr, "%s: status %u %u\n", j->kind, word(keep, 20), word(keep, 24));
			exit(1);
		}
		done += *j->kind == 'r' ? n : *j->kind == 's' ? 1 : entries(j, keep, n);
		if (now() < end) {
			ask(j);
			waits++;
		}
	}
	return done;
}

int main(int argc, char **argv)
{
	uint8_t keep[256];
	struct job j = { 0 };
	if (argc != 11) {
		fprintf(stderr, "see the head of nfs_load.c\n");
		return 2;
	}
	int conns = number(argv[7]), inflight = number(argv[8]), m = dial(argv[2], number(argv[4])), sum[2];
	double seconds = strtod(argv[10], NULL);
	j.kind = argv[1];
	j.name = argv[6];
	j.size = (uint32_t)number(argv[9]);
	struct buf b = call(MOUNT, 1);
	put_opaque(&b, argv[5], strlen(argv[5]));
	post(m, &b);
	answer(m, keep, sizeof(keep));
	j.dir = handle_of(keep, argv[5]);
	if (pipe(sum) == -1)
		die("pipe");
	for (int i = 0; i < conns; i++) {
		if (fork() != 0)
			continue;
		j.s = dial(argv[2], number(argv[3]));
		b = call(NFS, LOOKUP);
		put_opaque(&b, j.dir.p, j.dir.n);
		put_opaque(&b, j.name, strlen(j.name));
		post(j.s, &b);
		size_t n = answer(j.s, keep, sizeof(keep)), at;
		j.file = handle_of(keep, j.name);
		at = 32 + (j.file.n + 3) / 4 * 4 + 4;
		j.length = n >= at + 84 ? (uint64_t)word(keep, at + 20) << 32 | word(keep, at + 24) : 0;
		uint64_t done = run(&j, inflight, seconds);
		if (write(sum[1], &done, sizeof(done)) != sizeof(done))
			die("write");
		_exit(0);
	}
	uint64_t total = 0, one;
	close(sum[1]);
	for (int i = 0; i < conns; i++) {
		if (read(sum[0], &one, sizeof(one)) != sizeof(one))
			return 1;
		total += one;
	}
	while (wait(NULL) > 0)
		;
	double rate = (double)total / seconds / (*j.kind == 'r' ? 1e6 : 1);
	printf("%.1f %s %d connections, %d in flight\n", rate, *j.kind == 'r' ? "MB/s" : "/s", conns, inflight);
	return 0;
}
