/* SPDX-License-Identifier: GPL-2.0-or-later
 * wire.c - see wire.h.
 */
#include "privileged/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	struct cmsghdr h;
	char buf[CMSG_SPACE(2 * sizeof(int))];
};

int wire_send(int sock, const void *p, size_t n, const int fds[2])
{
	union control c = { 0 };
	struct iovec iov = { (void *)(uintptr_t)p, n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	size_t count = fds[0] < 0 ? 0 : fds[1] < 0 ? 1 : 2;
	if (count > 0) {
		m.msg_control = c.buf;
		m.msg_controllen = CMSG_SPACE(count * sizeof(int));
		c.h.cmsg_level = SOL_SOCKET;
		c.h.cmsg_type = SCM_RIGHTS;
		c.h.cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(&c.h), fds, count * sizeof(int));
	}
	ssize_t sent;
	do
		sent = sendmsg(sock, &m, MSG_NOSIGNAL);
	while (sent == -1 && errno == EINTR);
	return sent == (ssize_t)n ? 0 : -1;
}

int wire_recv(int sock, void *p, size_t n, int fds[2])
{
	union control c = { 0 };
	struct iovec iov = { p, n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = c.buf, .msg_controllen = sizeof(c.buf) };
	ssize_t got;
	fds[0] = fds[1] = -1;
	do
		got = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	while (got == -1 && errno == EINTR);
	struct cmsghdr *h = got > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (h != NULL && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS && h->cmsg_len > CMSG_LEN(0))
		memcpy(fds, CMSG_DATA(h), h->cmsg_len - CMSG_LEN(0));
	if (got <= 0 || ((size_t)got == n && !(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))))
		return (int)got;
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	fds[0] = fds[1] = -1;
	errno = EPROTO;
	return -1;
}
