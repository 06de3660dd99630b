/* SPDX-License-Identifier: GPL-2.0-or-later
 * core_side.c - threads in the core that answer one service. Two, so that a file that takes long to generate does not hold up
 * the next one. They trust nothing in a question but its form.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "netboot/core_side.h"

#define THREADS 2

struct netboot_core {
	struct core *core;
	int fd, stop;
	pthread_t thread[THREADS];
	size_t nthreads;
};

static bool answer(struct netboot_core *n, const union any_message *q)
{
	if (q->head.type == MSG_DHCP_QUESTION) {
		struct dhcp_answer a;
		memset(&a, 0, sizeof(a));
		msg_head_init(&a.head, MSG_DHCP_ANSWER, sizeof(a), q->head.id);
		core_answer_dhcp(n->core, &q->dhcp_question, &a);
		return nb_msg_send(n->fd, &a.head, -1, 0);
	}
	if (q->head.type == MSG_TFTP_QUESTION) {
		struct tftp_answer a;
		memset(&a, 0, sizeof(a));
		msg_head_init(&a.head, MSG_TFTP_ANSWER, sizeof(a), q->head.id);
		int fd = core_answer_tftp(n->core, &q->tftp_question, &a);
		bool ok = nb_msg_send(n->fd, &a.head, fd, 0);
		close_fd(&fd);
		return ok;
	}
	if (q->head.type == MSG_NFS_QUESTION) {
		struct nfs_answer a;
		memset(&a, 0, sizeof(a));
		msg_head_init(&a.head, MSG_NFS_ANSWER, sizeof(a), q->head.id);
		core_answer_nfs(&a);
		bool ok = nb_msg_send(n->fd, &a.head, -1, 0);
		explicit_bzero(&a, sizeof(a));
		return ok;
	}
	log_error("netboot", "a service asked a question of type %u", q->head.type);
	return false;
}

static void *serve(void *arg)
{
	struct netboot_core *n = arg;
	union any_message *q = xmalloc(sizeof(*q));
	for (;;) {
		struct pollfd f[2] = { { .fd = n->fd, .events = POLLIN }, { .fd = n->stop, .events = POLLIN } };
		int fd;
		if (poll(f, 2, -1) == -1 && errno != EINTR)
			break;
		if (f[1].revents != 0)
			break;
		ssize_t got = nb_msg_recv(n->fd, q, &fd, MSG_DONTWAIT);
		close_fd(&fd);
		if (got == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			continue;               /* the other thread was faster */
		if (got <= 0)
			break;
		if (!msg_valid(q, (size_t)got)) {
			/* Either a bug or a service that was taken over: it gets nothing more. */
			log_error("netboot", "a service sent a malformed message of %zd bytes: it is cut off", got);
			shutdown(n->fd, SHUT_RDWR);
			break;
		}
		if (!answer(n, q))
			break;
	}
	free(q);
	return NULL;
}

struct netboot_core *netboot_core_start(struct core *c, int fd)
{
	struct netboot_core *n = xcalloc(1, sizeof(*n));
	n->core = c;
	n->fd = fd;
	n->stop = eventfd(0, EFD_CLOEXEC);
	if (n->stop == -1)
		log_error("netboot", "cannot create an event descriptor: %s", strerror(errno));
	for (size_t i = 0; i < THREADS && n->stop >= 0; i++) {
		int rc = pthread_create(&n->thread[n->nthreads], NULL, serve, n);
		if (rc == 0)
			n->nthreads++;
		else
			log_error("netboot", "cannot start a thread: %s", strerror(rc));
	}
	if (n->nthreads == 0)
		shutdown(fd, SHUT_RDWR);        /* the service ends, and the master starts it again later */
	return n;
}

void netboot_core_stop(struct netboot_core *n)
{
	uint64_t one = 1;
	if (n->stop >= 0 && write(n->stop, &one, sizeof(one)) != sizeof(one))
		log_error("netboot", "cannot wake a thread");
	shutdown(n->fd, SHUT_RDWR);             /* also ends a send to a service that does not read */
	for (size_t i = 0; i < n->nthreads; i++)
		pthread_join(n->thread[i], NULL);
	close_fd(&n->stop);
	close(n->fd);
	free(n);
}
