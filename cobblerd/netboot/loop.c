/* SPDX-License-Identifier: GPL-2.0-or-later
 * loop.c - see loop.h.
 */
#include "netboot/loop.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include "base/log.h"

int loop_watch(const char *service, int epoll, int fd, uint64_t tag, struct err *e)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = tag };
	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) == -1 ? err_sys(e, "%s: cannot watch a descriptor", service) : CB_OK;
}

int loop_open(const char *service, int core, int *epoll, int *signals, struct err *e)
{
	sigset_t sigs;
	sigemptyset(&sigs);
	sigaddset(&sigs, SIGTERM);
	sigaddset(&sigs, SIGINT);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &sigs, NULL);
	*signals = signalfd(-1, &sigs, SFD_CLOEXEC | SFD_NONBLOCK);
	*epoll = epoll_create1(EPOLL_CLOEXEC);
	if (*signals == -1 || *epoll == -1)
		return err_sys(e, "%s: cannot create an event loop", service);
	int rc = loop_watch(service, *epoll, core, LOOP_CORE, e);
	if (rc == CB_OK)
		rc = loop_watch(service, *epoll, *signals, LOOP_SIGNAL, e);
	if (rc == CB_OK && log_socket() >= 0)
		rc = loop_watch(service, *epoll, log_socket(), LOOP_LOG, e);
	return rc;
}
