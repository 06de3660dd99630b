/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_open.c - the ports of NFS and the port mapper, and the directories that are exported: what needs root. In this order: NFS by TCP and
 * UDP, the port mapper likewise (or neither, where this host has one), then one descriptor for each export.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/file.h"
#include "base/log.h"
#include "netboot/netboot.h"
#include "wire/portmap.h"

#define BUFFER (1 << 20)
#define BACKLOG 512
#define GONE_MS 100                /* a former process of ours lets go of one port a moment after the other */

static int prepare(int fd, int family, bool stream, struct err *e)
{
	int one = 1, zero = 0, size = BUFFER;
	if (stream)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (stream)
		return CB_OK;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	/* The answer must come from the address that was asked. */
	int rc = family == AF_INET6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one)) :
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
	return rc == -1 ? err_sys(e, "nfs: cannot prepare a socket") : CB_OK;
}

static int open_one(const char *address, unsigned port, bool stream, int *ret, struct err *e)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = stream ? SOCK_STREAM : SOCK_DGRAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
	struct addrinfo *ai;
	char service[16];
	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(address, service, &hints, &ai) != 0)
		return err_set(e, CB_EINVAL, "nfs: \"%s\" is not an IP address to listen on", address);
	int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc = fd == -1 ? err_sys(e, "nfs: cannot create a socket") : prepare(fd, ai->ai_family, stream, e);
	if (rc == CB_OK && (bind(fd, ai->ai_addr, ai->ai_addrlen) == -1 || (stream && listen(fd, BACKLOG) == -1)))
		rc = err_sys(e, "nfs: cannot listen on %s %s port %u", address, stream ? "TCP" : "UDP", port);
	int saved = errno;
	freeaddrinfo(ai);
	if (rc != CB_OK)
		close_fd(&fd);
	else
		*ret = fd;
	errno = saved;
	return rc;
}

/* By TCP and UDP; both or none. */
static int open_both(const char *address, unsigned port, int *socks, size_t *n, struct err *e)
{
	int rc = open_one(address, port, true, &socks[*n], e);
	if (rc != CB_OK)
		return rc;
	rc = open_one(address, port, false, &socks[*n + 1], e);
	if (rc == CB_OK) {
		*n += 2;
		return CB_OK;
	}
	int saved = errno;
	close_fd(&socks[*n]);
	errno = saved;
	return rc;
}

/* On the usual port, another one's is left to itself: the service speaks with it. */
static int open_portmap(const char *address, unsigned port, int *socks, size_t *n, struct err *e)
{
	int rc = open_both(address, port, socks, n, e);
	if (rc == CB_OK || errno != EADDRINUSE || port != PORTMAP_PORT)
		return rc;
	poll(NULL, 0, GONE_MS);
	rc = open_both(address, port, socks, n, e);
	return rc != CB_OK && errno == EADDRINUSE ? CB_OK : rc;
}

/* One that is not there is told, and its place is held by what is no directory. */
static int open_export(const char *path, int *ret, struct err *e)
{
	char *real CLEANUP(free_ptr) = path_of(path);
	int fd = open(real, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1) {
		log_warn("nfs", "%s is not exported: %s", path, strerror(errno));
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
	*ret = fd;
	return fd == -1 ? err_sys(e, "nfs: cannot open /dev/null") : CB_OK;
}

int netboot_nfs_open(const struct value *cfg, int *socks, size_t cap, size_t *n, struct err *e)
{
	const struct value *exports = v_dict_get(cfg, "exports");
	const char *address = v_dict_cstr(cfg, "address", "0.0.0.0");
	size_t got = 0;
	*n = 0;
	if (cap < 4 + v_len(exports))
		return err_set(e, CB_ELIMIT, "nfs: no room for %zu descriptors", 4 + v_len(exports));
	int rc = open_both(address, (unsigned)v_dict_int(cfg, "port", 2049), socks, &got, e);
	if (rc == CB_OK)
		rc = open_portmap(address, (unsigned)v_dict_int(cfg, "portmap_port", PORTMAP_PORT), socks, &got, e);
	for (size_t i = 0; i < v_len(exports) && rc == CB_OK; i++) {
		rc = open_export(v_cstr(v_list_at(exports, i)), &socks[got], e);
		got += rc == CB_OK;
	}
	if (rc == CB_OK) {
		*n = got;
		return CB_OK;
	}
	int saved = errno;
	while (got > 0)
		close_fd(&socks[--got]);
	errno = saved;
	return rc;
}
