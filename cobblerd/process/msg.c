/* SPDX-License-Identifier: GPL-2.0-or-later
 * msg.c - one byte and at most one descriptor over a SOCK_SEQPACKET.
 */
#include "base/fdpass.h"
#include "process/process.h"

int msg_send(int sock, char type, int fd)
{
	return fdpass_send(sock, &type, 1, &fd, 1, 0) == 1 ? 0 : -1;
}

int msg_recv(int sock, char *type, int *fd)
{
	return (int)fdpass_recv(sock, type, 1, fd, 1, 0, NULL);
}
