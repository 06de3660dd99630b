/* SPDX-License-Identifier: GPL-2.0-or-later
 * sockets.c - listening TCP sockets.
 */
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "process/process.h"

int listen_tcp(const char *what, const char *address, unsigned port, int *ret, struct err *e)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV |
		AI_PASSIVE };
	struct addrinfo *ai;
	char service[16];
	int one = 1, zero = 0;
	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(address, service, &hints, &ai) != 0)
		return err_set(e, CB_EINVAL, "%s: \"%s\" is not an IP address to listen on", what, address);
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc = CB_OK;
	if (fd == -1) {
		rc = err_sys(e, "%s: cannot create a socket", what);
	} else {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (ai->ai_family == AF_INET6)
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
		if (bind(fd, ai->ai_addr, ai->ai_addrlen) == -1 || listen(fd, 1024) == -1)
			rc = err_sys(e, "%s: cannot listen on %s port %u", what, address, port);
	}
	freeaddrinfo(ai);
	if (rc != CB_OK)
		close_fd(&fd);
	else
		*ret = fd;
	return rc;
}
