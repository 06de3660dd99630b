/* SPDX-License-Identifier: GPL-2.0-or-later
 * poll.c - an event loop looks for the next request for a moment before it sleeps.
 *
 * To wake an idle processor takes 30-90 us on virtual machines and on hosts that save power: longer than most calls take
 * themselves. A client that sends its next call as soon as it has the answer to the last one pays that each time; one that does not
 * is soon waited for no more.
 */
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/internal.h"

/* Whether something came in at this loop within HTTP_POLL_US. */
static bool comes_soon(int epoll)
{
	struct pollfd p = { .fd = epoll, .events = POLLIN };
	for (int64_t end = clock_mono_us() + HTTP_POLL_US; clock_mono_us() < end;)
		if (poll(&p, 1, 0) != 0)
			return true;
	return false;
}

void poll_after_reply(const struct http *h, struct MHD_Connection *conn)
{
	/* of this loop: after n misses in a row the next 2^n replies are not followed by a look */
	static _Thread_local unsigned misses, skip;
	const union MHD_DaemonInfo *all = MHD_get_daemon_info(h->xmlrpc, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
	if (skip > 0 || all == NULL || all->num_connections >= h->processors) {
		skip -= skip > 0;
		return;
	}
	const union MHD_ConnectionInfo *loop = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_DAEMON);
	const union MHD_DaemonInfo *own = loop != NULL ? MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (own == NULL || own->epoll_fd < 0)
		return;
	misses = comes_soon(own->epoll_fd) ? 0 : misses < HTTP_POLL_MISSES_MAX ? misses + 1 : misses;
	skip = misses > 0 ? 1u << misses : 0;
}
