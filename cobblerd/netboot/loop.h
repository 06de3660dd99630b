/* SPDX-License-Identifier: GPL-2.0-or-later
 * loop.h - what the event loops of all services hear beside their own sockets.
 */
#ifndef NETBOOT_LOOP_H
#define NETBOOT_LOOP_H

#include <stdint.h>

#include "base/err.h"

/* Tags of events (data.u64); a service's own are less, or have bit 63. */
#define LOOP_CORE (1ull << 62)          /* an answer; or the core is gone */
#define LOOP_SIGNAL (1ull << 62 | 1)    /* it is time to end */
#define LOOP_LOG (1ull << 62 | 2)       /* the log was opened anew: log_take() */

/* Makes the two descriptors, which stay the caller's also after an error, and watches these three. SIGTERM and SIGINT are blocked and come
 * as events, SIGHUP and SIGPIPE are ignored. service: for messages. */
int loop_open(const char *service, int core, int *epoll, int *signals, struct err *e) MUST_CHECK;
/* Events when fd can be read. */
int loop_watch(const char *service, int epoll, int fd, uint64_t tag, struct err *e) MUST_CHECK;

#endif
