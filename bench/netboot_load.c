/* SPDX-License-Identifier: GPL-2.0-or-later
 * netboot_load.c - clients for bench/netboot: many DHCP machines behind a relay, many TFTP readers. One thread; nothing but the
 * network is waited for.
 *
 *   netboot_load dora SERVER RELAY_IP FIRST_MAC_NUMBER MACHINES SECONDS IN_FLIGHT
 *       DISCOVER, OFFER, REQUEST, ACK of reserved machines 52:54:00:xx:xx:xx; prints DORA per second
 *   netboot_load tftp SERVER PORT FILE CLIENTS BLKSIZE WINDOW [LOSS_PER_MILLE]
 *       each client reads FILE once; prints bytes granted window and MB per second
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int udp(const char *ip, unsigned port)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), size = 1 << 22;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	if (fd == -1 || inet_pton(AF_INET, ip, &a.sin_addr) != 1 || bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1)
		die("bind");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

/* ---- DHCP ---- */

struct machine { uint32_t xid, offered, server; bool requesting, busy; double since; };

static size_t build(uint8_t p[400], const struct machine *m, uint32_t mac, struct in_addr relay)
{
	memset(p, 0, 400);
	p[0] = 1, p[1] = 1, p[2] = 6, p[3] = 1;
	memcpy(p + 4, &m->xid, 4);
	memcpy(p + 24, &relay, 4);
	p[28] = 0x52, p[29] = 0x54, p[31] = (uint8_t)(mac >> 16), p[32] = (uint8_t)(mac >> 8), p[33] = (uint8_t)mac;
	static const uint8_t head[] = { 99, 130, 83, 99, 53, 1 };
	memcpy(p + 236, head, sizeof(head));
	uint8_t *o = p + 242;
	*o++ = m->requesting ? 3 : 1;
	if (m->requesting) {
		*o++ = 50, *o++ = 4;
		memcpy(o, &m->offered, 4);
		o += 4;
		*o++ = 54, *o++ = 4;
		memcpy(o, &m->server, 4);
		o += 4;
	}
	static const uint8_t tail[] = { 55, 6, 1, 3, 6, 15, 66, 67, 93, 2, 0, 7, 60, 9, 'P', 'X', 'E', 'C', 'l', 'i', 'e', 'n', 't', 255 };
	memcpy(o, tail, sizeof(tail));
	return 300;
}

/* An answer's message type, 0 without one; *server: its server identifier, 0 without one. */
static int type_of(const uint8_t *p, ssize_t n, uint32_t *server)
{
	int type = 0;
	*server = 0;
	for (ssize_t k = 240; k + 1 < n && p[k] != 255; k += p[k] == 0 ? 1 : p[k + 1] + 2) {
		if (p[k] == 53)
			type = p[k + 2];
		if (p[k] == 54)
			memcpy(server, p + k + 2, 4);
	}
	return type;
}

static int dora(char **v)
{
	const char *server = v[0], *relay = v[1];
	uint32_t first = (uint32_t)strtoul(v[2], NULL, 10), n = (uint32_t)strtoul(v[3], NULL, 10);
	uint32_t flight = (uint32_t)strtoul(v[5], NULL, 10);
	double seconds = strtod(v[4], NULL), end = now() + seconds;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(67) };
	struct in_addr gi;
	int fd = udp(relay, 67);
	struct machine *m = calloc(n, sizeof(*m));
	if (m == NULL || inet_pton(AF_INET, server, &to.sin_addr) != 1 || inet_pton(AF_INET, relay, &gi) != 1)
		die("arguments");
	uint8_t p[1500];
	uint64_t done = 0, lost = 0, wrong = 0;
	uint32_t next = 0, busy = 0;
	uint32_t *slot = calloc(flight, sizeof(*slot));
	if (slot == NULL)
		die("memory");
	while (now() < end) {
		while (busy < flight) {
			uint32_t i = next++ % n;
			if (m[i].busy)
				continue;
			m[i] = (struct machine){ .xid = htonl(i), .busy = true, .since = now() };
			slot[busy++] = i;
			sendto(fd, p, build(p, &m[i], first + i, gi), 0, (struct sockaddr *)&to, sizeof(to));
		}
		struct pollfd f = { .fd = fd, .events = POLLIN };
		poll(&f, 1, 20);
		for (ssize_t got; (got = recv(fd, p, sizeof(p), 0)) > 0; ) {
			uint32_t xid;
			memcpy(&xid, p + 4, 4);
			uint32_t i = ntohl(xid);
			if (got < 246 || i >= n || !m[i].busy)
				continue;
			uint32_t id;
			int type = type_of(p, got, &id);
			if (type == 2 && !m[i].requesting) {
				memcpy(&m[i].offered, p + 16, 4);
				m[i].server = id;
				m[i].requesting = true;
				m[i].since = now();
				sendto(fd, p, build(p, &m[i], first + i, gi), 0, (struct sockaddr *)&to, sizeof(to));
			} else if (type == 5 || type == 6) {
				done += type == 5;
				wrong += type == 6;
				m[i].busy = false;
			}
		}
		double t = now();
		for (uint32_t k = 0; k < busy; ) {
			struct machine *x = &m[slot[k]];
			if (x->busy && t - x->since > 1.0) {
				lost++;
				x->busy = false;
			}
			if (!x->busy)
				slot[k] = slot[--busy];
			else
				k++;
		}
	}
	printf("%.0f DORA/s lost=%llu nak=%llu\n", (double)done / seconds, (unsigned long long)lost, (unsigned long long)wrong);
	return done > 0 ? 0 : 1;
}

/* ---- TFTP ---- */

struct reader {
	int fd;
	uint64_t block, bytes;
	uint32_t blksize, window, since_ack;
	bool started, done;
	double last;
	struct sockaddr_in peer;
};

static uint32_t option(const uint8_t *p, size_t n, const char *name, uint32_t fallback)
{
	for (size_t i = 2; i < n; ) {
		const char *k = (const char *)p + i;
		size_t kl = strnlen(k, n - i) + 1;
		if (i + kl >= n)
			break;
		const char *val = k + kl;
		size_t vl = strnlen(val, n - i - kl) + 1;
		if (strcasecmp(k, name) == 0)
			return (uint32_t)strtoul(val, NULL, 10);
		i += kl + vl;
	}
	return fallback;
}

static void request(struct reader *r, const struct sockaddr_in *to, const char *file, uint32_t blksize, uint32_t window)
{
	char p[600];
	int n = 2 + snprintf(p + 2, sizeof(p) - 2, "%s%coctet%cblksize%c%u", file, 0, 0, 0, blksize) + 1;
	p[0] = 0, p[1] = 1;
	if (window > 1)
		n += snprintf(p + n, sizeof(p) - (size_t)n, "windowsize%c%u", 0, window) + 1;
	sendto(r->fd, p, (size_t)n, 0, (const struct sockaddr *)to, sizeof(*to));
	r->last = now();
}

static void ack(struct reader *r)
{
	uint8_t a[4] = { 0, 4, (uint8_t)(r->block >> 8), (uint8_t)r->block };
	sendto(r->fd, a, 4, 0, (struct sockaddr *)&r->peer, sizeof(r->peer));
	r->since_ack = 0;
	r->last = now();
}

/* One datagram. */
static void take(struct reader *r, const uint8_t *p, size_t n, const struct sockaddr_in *from)
{
	if (n < 4 || (r->started && from->sin_port != r->peer.sin_port))
		return;
	if (p[1] == 5) {
		fprintf(stderr, "TFTP error %u %.*s\n", p[3], (int)n - 4, p + 4);
		exit(1);
	}
	if (p[1] == 6 && !r->started) {
		r->peer = *from;
		r->started = true;
		r->blksize = option(p, n, "blksize", 512);
		r->window = option(p, n, "windowsize", 1);
		ack(r);
	}
	if (p[1] != 3)
		return;
	if (!r->started) {
		r->peer = *from;
		r->started = true;
		r->blksize = 512;
		r->window = 1;
	}
	uint16_t b = (uint16_t)(p[2] << 8 | p[3]);
	if (b != (uint16_t)(r->block + 1)) {
		if (r->window == 1 || (uint16_t)(b - r->block) < 32768)
			ack(r);                 /* a gap, or the last one again */
		return;
	}
	r->block++;
	r->bytes += n - 4;
	r->last = now();
	if (n - 4 < r->blksize) {
		r->done = true;
		ack(r);
	} else if (++r->since_ack >= r->window) {
		ack(r);
	}
}

static int tftp(int argc, char **v)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(v[1], NULL, 10)) };
	if (inet_pton(AF_INET, v[0], &to.sin_addr) != 1)
		die("address");
	size_t n = strtoul(v[3], NULL, 10), left = n;
	uint32_t blksize = (uint32_t)strtoul(v[4], NULL, 10), window = (uint32_t)strtoul(v[5], NULL, 10);
	unsigned loss = argc > 6 ? (unsigned)strtoul(v[6], NULL, 10) : 0;
	struct reader *r = calloc(n, sizeof(*r));
	int ep = epoll_create1(0);
	if (r == NULL || ep == -1)
		die("memory");
	srandom(1);
	double began = now();
	for (size_t i = 0; i < n; i++) {
		struct epoll_event ev = { .events = EPOLLIN, .data.u64 = i };
		r[i].fd = udp("0.0.0.0", 0);
		epoll_ctl(ep, EPOLL_CTL_ADD, r[i].fd, &ev);
		request(&r[i], &to, v[2], blksize, window);
	}
	double check = now();
	while (left > 0) {
		struct epoll_event ev[64];
		int k = epoll_wait(ep, ev, 64, 100);
		for (int e = 0; e < k; e++) {
			struct reader *x = &r[ev[e].data.u64];
			uint8_t p[65536];
			struct sockaddr_in from;
			for (int turn = 0; turn < 64 && !x->done; turn++) {
				socklen_t len = sizeof(from);
				ssize_t got = recvfrom(x->fd, p, sizeof(p), 0, (struct sockaddr *)&from, &len);
				if (got < 0)
					break;
				if (loss > 0 && (unsigned)(random() % 1000) < loss)
					continue;
				take(x, p, (size_t)got, &from);
			}
			if (x->done && x->fd >= 0) {
				close(x->fd);
				x->fd = -1;
				left--;
			}
		}
		double t = now();
		if (t - began > 120) {
			fprintf(stderr, "%zu of %zu readers did not end\n", left, n);
			return 1;
		}
		for (size_t i = 0; t - check > 0.5 && i < n; i++)
			if (!r[i].done && t - r[i].last > 1.0)
				r[i].started ? ack(&r[i]) : request(&r[i], &to, v[2], blksize, window);
		if (t - check > 0.5)
			check = t;
	}
	double t = now() - began;
	uint64_t bytes = 0;
	for (size_t i = 0; i < n; i++)
		bytes += r[i].bytes;
	printf("%.1f MB/s window=%u bytes=%llu\n", (double)bytes / 1e6 / t, r[0].window, (unsigned long long)bytes);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 8 && strcmp(argv[1], "dora") == 0)
		return dora(argv + 2);
	if (argc >= 8 && strcmp(argv[1], "tftp") == 0)
		return tftp(argc - 2, argv + 2);
	fprintf(stderr, "usage: see the top of netboot_load.c\n");
	return 2;
}
