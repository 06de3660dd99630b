/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_rpcbind.c - where this host has a port mapper already (rpcbind), it is told of our ports. It believes only root on this host: a
 * privileged port of the loopback. That socket is kept, to take the entries away again.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "netboot/nfs_service.h"

#define ANSWER_MS 2000
#define FIRST_PORT 600             /* below 1024, and not those of well-known services */
#define LAST_PORT 1023

static int reserved_socket(unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = -1;
	for (int p = LAST_PORT; fd >= 0 && rc == -1 && p >= FIRST_PORT; p--) {
		a.sin_port = htons((uint16_t)p);
		rc = bind(fd, (struct sockaddr *)&a, sizeof(a));
		if (rc == -1 && errno != EADDRINUSE)
			break;
	}
	a.sin_port = htons((uint16_t)port);
	if (rc == -1 || connect(fd, (struct sockaddr *)&a, sizeof(a)) == -1)
		close_fd(&fd);
	return rc == -1 ? -1 : fd;
}

/* 1 or 0 as it answers; -1: no answer. */
static int ask(int sock, enum portmap_proc proc, const struct portmap_entry *e, int wait_ms)
{
	static uint32_t xid = 1;
	uint8_t buf[512];
	struct pollfd f = { .fd = sock, .events = POLLIN };
	size_t n = portmap_call_build(buf, sizeof(buf), ++xid, proc, e);
	if (send(sock, buf, n, MSG_NOSIGNAL) == -1)
		return -1;
	while (poll(&f, 1, wait_ms) == 1) {
		ssize_t got = recv(sock, buf, sizeof(buf), MSG_DONTWAIT);
		int answer = got > 0 ? portmap_answer_parse(buf, (size_t)got, xid) : -1;
		if (got <= 0 || answer >= 0)
			return answer;
	}
	return -1;
}

int nfs_rpcbind_join(const struct portmap_entry *e, size_t n, unsigned port)
{
	int sock = reserved_socket(port), rc = sock >= 0 ? 1 : -1;
	/* What a server that was killed has left. UNSET takes a program away by all protocols (RFC 1833 section 3.2): so all at first. */
	for (size_t i = 0; i < n && rc == 1; i++)
		rc = ask(sock, PMAP_UNSET, &e[i], ANSWER_MS) >= 0 ? 1 : -1;
	for (size_t i = 0; i < n && rc == 1; i++)
		rc = ask(sock, PMAP_SET, &e[i], ANSWER_MS);
	if (rc == 1) {
		log_info("nfs", "the port mapper of this host (port %u) knows our ports", port);
		return sock;
	}
	log_error("nfs", "port %u belongs to another program, which %s: clients must be told the ports (mount -o port=,mountport=), or "
		"stop it (systemctl disable --now rpcbind.socket rpcbind) and restart this server", port,
		rc == 0 ? "does not take our ports" : "does not answer as a port mapper");
	close_fd(&sock);
	return -1;
}

void nfs_rpcbind_leave(int sock, const struct portmap_entry *e, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)ask(sock, PMAP_UNSET, &e[i], 100);
	close(sock);
}
