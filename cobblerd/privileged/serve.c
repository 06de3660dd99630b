/* SPDX-License-Identifier: GPL-2.0-or-later
 * serve.c - the process that keeps root. Each request is done in a child, so that neither a PAM module nor a slow command holds up or
 * brings down anything else.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "privileged/wire.h"

#define CHILDREN_MAX 32            /* more requests wait in the socket */

#define ENDED(a) (memchr((a), 0, sizeof(a)) != NULL)

static bool is_valid(const struct privileged_request *r)
{
	return ENDED(r->service) && ENDED(r->user) && ENDED(r->password) && ENDED(r->path);
}

static int read_text(int fd, struct strbuf *text, struct err *e)
{
	char buf[65536];
	text->limit = PRIVILEGED_TEXT_MAX;
	for (off_t at = 0; !text->full; ) {
		ssize_t n = pread(fd, buf, sizeof(buf), at);
		if (n == -1)
			return err_sys(e, "cannot read the text of a file");
		if (n == 0)
			return CB_OK;
		sb_add(text, buf, (size_t)n);
		at += n;
	}
	return err_set(e, CB_ELIMIT, "a file of more than %u bytes", PRIVILEGED_TEXT_MAX);
}

static int do_write(const char *path, int fd, struct err *e)
{
	struct strbuf text = { 0 };
	if (!host_file_is_known(path))
		return err_set(e, CB_EPERM, "%s is not a file of an external server, nor the settings, that cobblerd may write", path);
	int rc = read_text(fd, &text, e);
	if (rc == CB_OK)
		rc = host_file_replace(path, &text, e);
	sb_free(&text);
	return rc;
}

static void answer(int sock, const struct privileged_request *r, int fd)
{
	static struct privileged_answer a;
	static const int none[2] = { -1, -1 };
	struct strbuf output = { .limit = sizeof(a.output) - 1 };
	struct err e = { .code = CB_OK };
	switch (r->type) {
	case PRIVILEGED_PAM: a.code = pam_check(r->service, r->user, r->password, &e); break;
	case PRIVILEGED_WRITE: a.code = do_write(r->path, fd, &e); break;
	case PRIVILEGED_RESTART: a.code = host_daemons_restart(r->daemons, &output, &e); break;
	default: a.code = err_set(&e, CB_EINVAL, "there is no privileged request %u", r->type);
	}
	memcpy(a.output, sb_str(&output), output.len);
	if (a.code != CB_OK)
		memcpy(a.text, e.text, strnlen(e.text, sizeof(a.text) - 1));
	if (wire_send(sock, &a, sizeof(a), none) == -1)
		log_warn("privileged", "nobody waits for an answer any more: %s", strerror(errno));
}

static bool start(const struct privileged_request *r, int sock, int fd)
{
	pid_t pid = fork();
	if (pid == -1) {
		log_error("privileged", "cannot start a child: %s", strerror(errno));
		return false;
	}
	if (pid > 0)
		return true;
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(PRIVILEGED_SECONDS - 5);           /* before the core gives up */
	answer(sock, r, fd);
	_exit(0);
}

/* Returns false at the core's end. */
static bool take_request(int sock, size_t *children)
{
	struct privileged_request r;
	int fds[2];
	int n = wire_recv(sock, &r, sizeof(r), fds);
	if (n == -1 && errno == EPROTO) {
		log_error("privileged", "a malformed request");
		return true;
	}
	if (n <= 0)
		return false;
	if (fds[0] < 0 || !is_valid(&r))
		log_error("privileged", "a malformed request");
	else if (start(&r, fds[0], fds[1]))
		(*children)++;
	explicit_bzero(&r, sizeof(r));
	close_fd(&fds[0]);
	close_fd(&fds[1]);
	return true;
}

/* Returns false when the process is to end. */
static bool take_signal(int sigfd, size_t *children)
{
	struct signalfd_siginfo si;
	int status;
	if (read(sigfd, &si, sizeof(si)) != sizeof(si))
		return true;
	if (si.ssi_signo != SIGCHLD)
		return false;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0; (*children)--)
		if (WIFSIGNALED(status))
			log_error("privileged", "a request was ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	return true;
}

int privileged_main(int sock)
{
	size_t children = 0;
	sigset_t sigs;
	sigemptyset(&sigs);
	sigaddset(&sigs, SIGCHLD);
	sigaddset(&sigs, SIGTERM);
	sigaddset(&sigs, SIGINT);
	sigprocmask(SIG_BLOCK, &sigs, NULL);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_DUMPABLE, 0);               /* passwords pass through here */
	int sigfd = signalfd(-1, &sigs, SFD_CLOEXEC);
	if (sigfd == -1) {
		log_error("privileged", "cannot create a signal descriptor: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		struct pollfd f[3] = { { .fd = sigfd, .events = POLLIN }, { .fd = children < CHILDREN_MAX ? sock : -1, .events = POLLIN },
			{ .fd = log_socket(), .events = POLLIN } };
		if (poll(f, 3, -1) == -1 && errno != EINTR)
			return 1;
		if ((f[0].revents & POLLIN) && !take_signal(sigfd, &children))
			return 0;
		if (f[2].revents != 0)
			log_take();
		if (f[1].revents != 0 && !take_request(sock, &children))
			return 0;
	}
}
