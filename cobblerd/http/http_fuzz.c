/* SPDX-License-Identifier: GPL-2.0-or-later
 * http_fuzz.c - the bytes of a connection, on the web port when the first byte is odd, else on that of XML-RPC, to a whole server with one
 * distro, profile and system.
 */
#include "core/fuzzkit.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "http/http.h"

#define PATIENCE_US 50000          /* for more of an answer: half a request is kept until its connection has been idle for long */

static struct core core;
static struct rpc *rpc;
static struct http *http;
static struct sockaddr_un address[2];
static socklen_t address_len[2];

static void stop(void)
{
	http_stop(http);
	rpc_close(rpc);
	core_close(&core);
}

/* A socket whose name the kernel chooses. */
static int listening(size_t i)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	address[i].sun_family = AF_UNIX;
	address_len[i] = sizeof(address[i]);
	if (fd == -1 || bind(fd, (struct sockaddr *)&address[i], sizeof(sa_family_t)) == -1 || listen(fd, 64) == -1 ||
	    getsockname(fd, (struct sockaddr *)&address[i], &address_len[i]) == -1)
		abort();
	return fd;
}

static void start(void)
{
	struct err e;
	root_make();
	put_text("/etc/cobbler/cobblerd.yaml", "anonymous_limits: false\n");
	put_text("/etc/cobbler/settings.yaml", "anamon_enabled: true\n");
	put_text("/var/www/cobbler/pub/file.txt", "0123456789");
	core_with_items(&core);
	if (rpc_open(&core, &rpc, &e) != CB_OK || http_start(&core, rpc, listening(0), listening(1), &http, &e) != CB_OK)
		abort();
	atexit(stop);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char answer[16384];
	ssize_t n;
	if (http == NULL)
		start();
	if (size == 0)
		return 0;
	size_t port = data[0] & 1;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval limit = { .tv_usec = PATIENCE_US };
	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == -1 ||
	    connect(fd, (struct sockaddr *)&address[port], address_len[port]) == -1)
		abort();
	for (size_t at = 1; at < size; at += (size_t)n)
		if ((n = send(fd, data + at, size - at, MSG_NOSIGNAL)) <= 0)
			break;                             /* cut off, as it may be */
	shutdown(fd, SHUT_WR);
	while ((n = recv(fd, answer, sizeof(answer), 0)) > 0)
		;
	close(fd);
	return 0;
}
