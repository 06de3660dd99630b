/* SPDX-License-Identifier: GPL-2.0-or-later
 * wire.c - see wire.h.
 */
#include "privileged/wire.h"

#include <errno.h>

#include "base/fdpass.h"

int wire_send(int sock, const void *p, size_t n, const int fds[2])
{
	return fdpass_send(sock, p, n, fds, 2, 0) == (ssize_t)n ? 0 : -1;
}

int wire_recv(int sock, void *p, size_t n, int fds[2])
{
	bool whole;
	ssize_t got = fdpass_recv(sock, p, n, fds, 2, 0, &whole);
	if (got <= 0 || ((size_t)got == n && whole))
		return (int)got;
	close_fd(&fds[0]);
	close_fd(&fds[1]);
	errno = EPROTO;
	return -1;
}
