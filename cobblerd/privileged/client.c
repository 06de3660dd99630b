/* SPDX-License-Identifier: GPL-2.0-or-later
 * client.c - the core's side: asks the privileged process where there is one, else does it itself.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/blocking.h"
#include "base/file.h"
#include "privileged/wire.h"

#define ATTACH_SECONDS 5           /* it is started after the core, and again when it ended */

struct privileged {
	pthread_mutex_t lock;
	pthread_cond_t attached;
	bool expected;
	int sock;                  /* -1: none */
};

struct privileged *privileged_new(void)
{
	struct privileged *p = xcalloc(1, sizeof(*p));
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->attached, NULL);
	p->sock = -1;
	return p;
}

void privileged_free(struct privileged *p)
{
	if (p == NULL)
		return;
	close_fd(&p->sock);
	pthread_cond_destroy(&p->attached);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void privileged_expect(struct privileged *p)
{
	p->expected = true;
}

void privileged_attach(struct privileged *p, int sock)
{
	pthread_mutex_lock(&p->lock);
	close_fd(&p->sock);
	p->sock = sock;
	pthread_cond_broadcast(&p->attached);
	pthread_mutex_unlock(&p->lock);
}

/* Sends to the process that is there, or that comes within ATTACH_SECONDS: one that ended is found out by the sending. */
static int send_request(struct privileged *p, const struct privileged_request *r, const int fds[2], struct err *e)
{
	struct timespec until;
	int rc = -1, waited = 0;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ATTACH_SECONDS;
	pthread_mutex_lock(&p->lock);
	while (rc == -1 && waited == 0) {
		if (p->sock >= 0 && (rc = wire_send(p->sock, r, sizeof(*r), fds)) == -1)
			close_fd(&p->sock);
		if (rc == -1)
			waited = pthread_cond_clockwait(&p->attached, &p->lock, CLOCK_MONOTONIC, &until);
	}
	pthread_mutex_unlock(&p->lock);
	return rc == 0 ? CB_OK : err_set(e, CB_EBUSY, "the privileged process does not run");
}

static int wait_answer(int sock, struct privileged_answer *a, struct err *e)
{
	struct pollfd f = { .fd = sock, .events = POLLIN };
	int fds[2], n;
	do
		n = poll(&f, 1, PRIVILEGED_SECONDS * 1000);
	while (n == -1 && errno == EINTR);
	if (n == 0)
		return err_set(e, CB_EBUSY, "the privileged process gave no answer within %d seconds", PRIVILEGED_SECONDS);
	if (n < 0 || wire_recv(sock, a, sizeof(*a), fds) != sizeof(*a))
		return err_set(e, CB_EIO, "the privileged process ended without an answer");
	a->text[sizeof(a->text) - 1] = '\0';
	a->output[sizeof(a->output) - 1] = '\0';
	return CB_OK;
}

static int ask(struct privileged *p, const struct privileged_request *r, int fd, struct privileged_answer *a, struct err *e)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return err_sys(e, "cannot create a socket pair");
	int rc = send_request(p, r, (const int[2]){ pair[1], fd }, e);
	close(pair[1]);
	if (rc == CB_OK)
		rc = wait_answer(pair[0], a, e);
	close(pair[0]);
	return rc;
}

/* fd: a file's text, or -1. All requests may be done twice: one that got lost with a process that ended is repeated. */
static int call(struct privileged *p, const struct privileged_request *r, int fd, struct strbuf *output, struct err *e)
{
	struct privileged_answer a;
	blocking_begin();
	int rc = ask(p, r, fd, &a, e);
	if (rc == CB_EIO)
		rc = ask(p, r, fd, &a, e);
	blocking_end();
	if (rc == CB_OK && output != NULL)
		sb_adds(output, a.output);
	if (rc == CB_OK && a.code != CB_OK)
		rc = err_set(e, (enum cb_err)a.code, "%s", a.text);
	return rc;
}

/* Texts that do not fit are refused, never cut. */
static int put(char *field, size_t cap, const char *what, const char *text, struct err *e)
{
	size_t n = strlen(text);
	if (n >= cap)
		return err_set(e, CB_ELIMIT, "a %s of %zu bytes, at most %zu", what, n, cap - 1);
	memcpy(field, text, n + 1);
	return CB_OK;
}

int privileged_pam(struct privileged *p, const char *service, const char *user, const char *password, struct err *e)
{
	struct privileged_request r = { .type = PRIVILEGED_PAM };
	if (!p->expected)
		return pam_check(service, user, password, e);
	int rc = put(r.service, sizeof(r.service), "PAM service", service, e);
	if (rc == CB_OK)
		rc = put(r.user, sizeof(r.user), "login name", user, e);
	if (rc == CB_OK)
		rc = put(r.password, sizeof(r.password), "password", password, e);
	if (rc == CB_OK)
		rc = call(p, &r, -1, NULL, e);
	explicit_bzero(&r, sizeof(r));
	return rc;
}

static int text_fd(const struct strbuf *text, struct err *e)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	size_t at = 0;
	while (fd >= 0 && at < text->len) {
		ssize_t n = write(fd, text->p + at, text->len - at);
		if (n <= 0)
			close_fd(&fd);
		else
			at += (size_t)n;
	}
	return fd >= 0 ? fd : err_sys(e, "cannot put the text of a file into memory");
}

int privileged_write(struct privileged *p, const char *path, const struct strbuf *text, struct err *e)
{
	struct privileged_request r = { .type = PRIVILEGED_WRITE };
	if (!p->expected || !host_file_is_known(path))
		return host_file_replace(path, text, e);
	int rc = put(r.path, sizeof(r.path), "path", path, e);
	if (rc != CB_OK)
		return rc;
	int fd CLEANUP(close_fd) = text_fd(text, e);
	return fd < 0 ? fd : call(p, &r, fd, NULL, e);
}

int privileged_restart(struct privileged *p, unsigned daemons, struct strbuf *output, struct err *e)
{
	struct privileged_request r = { .type = PRIVILEGED_RESTART, .daemons = daemons };
	return p->expected ? call(p, &r, -1, output, e) : host_daemons_restart(daemons, output, e);
}
