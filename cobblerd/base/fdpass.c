/* SPDX-License-Identifier: GPL-2.0-or-later
 * fdpass.c - see fdpass.h.
 */
#include "base/fdpass.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	struct cmsghdr h;
	char buf[CMSG_SPACE(FDPASS_MAX * sizeof(int))];
};

ssize_t fdpass_send(int sock, const void *p, size_t n, const int *fds, size_t count, int flags)
{
	union control c = { 0 };
	struct iovec iov = { (void *)(uintptr_t)p, n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	size_t k = 0;
	while (k < count && k < FDPASS_MAX && fds[k] >= 0)
		k++;
	if (k > 0) {
		m.msg_control = c.buf;
		m.msg_controllen = CMSG_SPACE(k * sizeof(int));
		c.h.cmsg_level = SOL_SOCKET;
		c.h.cmsg_type = SCM_RIGHTS;
		c.h.cmsg_len = CMSG_LEN(k * sizeof(int));
		memcpy(CMSG_DATA(&c.h), fds, k * sizeof(int));
	}
	ssize_t sent;
	do
		sent = sendmsg(sock, &m, MSG_NOSIGNAL | flags);
	while (sent == -1 && errno == EINTR);
	return sent;
}

ssize_t fdpass_recv(int sock, void *p, size_t n, int *fds, size_t count, int flags, bool *whole)
{
	union control c = { 0 };
	struct iovec iov = { p, n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = c.buf, .msg_controllen = sizeof(c.buf) };
	int came[FDPASS_MAX];
	size_t k = 0;
	ssize_t got;
	for (size_t i = 0; i < count; i++)
		fds[i] = -1;
	do
		got = recvmsg(sock, &m, MSG_CMSG_CLOEXEC | flags);
	while (got == -1 && errno == EINTR);
	struct cmsghdr *h = got > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (h != NULL && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS && h->cmsg_len >= CMSG_LEN(sizeof(int)))
		k = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	if (k > 0)
		memcpy(came, CMSG_DATA(h), k * sizeof(int));
	for (size_t i = 0; i < k; i++) {
		if (i < count)
			fds[i] = came[i];
		else
			close(came[i]);                  /* more than the caller asked for */
	}
	if (whole != NULL)
		*whole = got >= 0 && !(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) && k <= count;
	return got;
}
