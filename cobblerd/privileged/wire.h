/* SPDX-License-Identifier: GPL-2.0-or-later
 * wire.h - requests to the privileged process: one packet each, with the socket that the answer goes to and, for a file, its text in a
 * memory file.
 */
#ifndef PRIVILEGED_WIRE_H
#define PRIVILEGED_WIRE_H

#include <stdint.h>

#include "privileged/privileged.h"

enum privileged_type { PRIVILEGED_PAM = 1, PRIVILEGED_WRITE, PRIVILEGED_RESTART };

#define PRIVILEGED_TEXT_MAX (64u << 20)      /* of a file */

struct privileged_request {
	uint32_t type;
	uint32_t daemons;          /* RESTART: enum host_daemon */
	char service[64];          /* PAM; all texts end within their fields */
	char user[256];
	char password[1024];
	char path[512];            /* WRITE; the text comes as a descriptor */
};

struct privileged_answer {
	int32_t code;              /* enum cb_err */
	char text[1024];           /* of the error */
	char output[8192];         /* RESTART: what the commands said */
};

/* Whole packets with up to two descriptors (-1: none; received ones are the caller's). send: 0, or -1 with errno. recv: the size, 0 at the
 * end, -1 with errno; a packet of another size than n gives -1 with EPROTO. */
int wire_send(int sock, const void *p, size_t n, const int fds[2]) MUST_CHECK;
int wire_recv(int sock, void *p, size_t n, int fds[2]) MUST_CHECK;

#endif
