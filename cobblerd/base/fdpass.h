/* SPDX-License-Identifier: GPL-2.0-or-later
 * fdpass.h - packets with descriptors over a Unix socket (SCM_RIGHTS, unix(7)).
 */
#ifndef BASE_FDPASS_H
#define BASE_FDPASS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define FDPASS_MAX 2

/* Sends p[0..n) with the first count of fds (at most FDPASS_MAX; negative ones end the list), which stay the caller's. As sendmsg(2). */
ssize_t fdpass_send(int sock, const void *p, size_t n, const int *fds, size_t count, int flags);
/* Receives a packet; fds[0..count) get what came with it, close-on-exec and the caller's, -1 for none. whole (may be NULL): whether nothing
 * was cut off. As recvmsg(2). */
ssize_t fdpass_recv(int sock, void *p, size_t n, int *fds, size_t count, int flags, bool *whole);

#endif
