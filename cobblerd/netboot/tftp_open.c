/* SPDX-License-Identifier: GPL-2.0-or-later
 * tftp_open.c - the TFTP port.
 */
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "netboot/netboot.h"

#define RECEIVE_BUFFER (1 << 20)

static int open_one(const char *address, unsigned port, int *ret, struct err *e)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV |
		AI_PASSIVE };
	struct addrinfo *ai;
	char service[16];
	int one = 1, zero = 0, size = RECEIVE_BUFFER, rc = CB_OK;
	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(address, service, &hints, &ai) != 0)
		return err_set(e, CB_EINVAL, "tftp: \"%s\" is not an IP address to listen on", address);
	int fd = socket(ai->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1) {
		rc = err_sys(e, "tftp: cannot create a socket");
	} else {
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		/* The answer must come from the address that was asked. */
		if (ai->ai_family == AF_INET6) {
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
			if (setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one)) == -1)
				rc = err_sys(e, "tftp: cannot prepare a socket");
		} else if (setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one)) == -1) {
			rc = err_sys(e, "tftp: cannot prepare a socket");
		}
		if (rc == CB_OK && bind(fd, ai->ai_addr, ai->ai_addrlen) == -1)
			rc = err_sys(e, "tftp: cannot listen on %s UDP port %u", address, port);
	}
	freeaddrinfo(ai);
	if (rc != CB_OK)
		close_fd(&fd);
	else
		*ret = fd;
	return rc;
}

int netboot_tftp_open(const struct value *cfg, int *socks, size_t cap, size_t *n, struct err *e)
{
	*n = 0;
	if (cap == 0)
		return err_set(e, CB_ELIMIT, "tftp: no room for a socket");
	int rc = open_one(v_dict_cstr(cfg, "address", "0.0.0.0"), (unsigned)v_dict_int(cfg, "port", 69), &socks[0], e);
	if (rc == CB_OK)
		*n = 1;
	return rc;
}
