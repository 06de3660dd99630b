/* SPDX-License-Identifier: GPL-2.0-or-later
 * spawn.c - fork, exec, feed, collect, with a time limit. Everything the child does between fork and exec is
 * async-signal-safe, because the core has threads.
 */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/blocking.h"
#include "base/clock.h"

static const char *const default_env[] = {
	"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C", "HOME=/", NULL,
};

static void child_exec(const struct spawn *s, int in, int out, int status_fd)
{
	sigset_t none;
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_DFL);
	if (dup2(in, 0) == -1 || dup2(out, 1) == -1 || dup2(out, 2) == -1)
		goto fail;
	if (status_fd != 3 && dup2(status_fd, 3) == -1)
		goto fail;
	fcntl(3, F_SETFD, FD_CLOEXEC);
	close_range(4, ~0U, 0);
	status_fd = 3;
	if (chdir(s->cwd != NULL ? s->cwd : "/") == -1)
		goto fail;
	execvpe(s->argv[0], (char *const *)s->argv, (char *const *)(s->env != NULL ? s->env : default_env));
fail:;
	int err = errno;
	ssize_t n = write(status_fd, &err, sizeof(err));
	_exit(n == sizeof(err) ? 127 : 126);
}

/* Takes what the program wrote; false at its end. */
static bool take_output(const struct spawn *s, int fd, size_t *total)
{
	char buf[16384];
	ssize_t n = read(fd, buf, sizeof(buf));
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0)
		return false;
	size_t keep = (size_t)n;
	if (s->max_output != 0 && keep > s->max_output - *total)
		keep = s->max_output - *total;
	*total += keep;
	if (s->output != NULL)
		sb_add(s->output, buf, keep);
	if (s->on_output != NULL && keep > 0)
		s->on_output(s->arg, buf, keep);
	return true;
}

/* This program again is known by its role: /proc/self/exe --role ROLE. */
static const char *shown(const struct spawn *s)
{
	return str_eq(s->argv[0], "/proc/self/exe") && s->argv[1] != NULL && s->argv[2] != NULL ? s->argv[2] : s->argv[0];
}

/* CB_EBUSY on time-out or cancellation. */
static int may_go_on(const struct spawn *s, int64_t deadline, struct err *e)
{
	if (s->timeout_ms > 0 && clock_mono_ms() >= deadline)
		return err_set(e, CB_EBUSY, "%s did not finish within %d s", shown(s), s->timeout_ms / 1000);
	if (s->cancelled != NULL && s->cancelled(s->arg))
		return err_set(e, CB_EBUSY, "%s was cancelled", shown(s));
	return CB_OK;
}

/* Feeds input and collects output until the program closes its end. */
static int talk(const struct spawn *s, int in, int out, int64_t deadline, struct err *e)
{
	const char *at = s->input;
	size_t left = s->input_len, total = 0;
	if (left == 0)
		close_fd(&in);
	int rc;
	while ((rc = may_go_on(s, deadline, e)) == CB_OK) {
		struct pollfd p[2] = { { .fd = out, .events = POLLIN }, { .fd = in, .events = POLLOUT } };
		if (poll(p, in >= 0 ? 2 : 1, 200) <= 0)
			continue;
		if (in >= 0 && p[1].revents != 0) {
			ssize_t n = write(in, at, left);
			if (n > 0) {
				at += n;
				left -= (size_t)n;
			}
			if (left == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
				close_fd(&in);
		}
		if (p[0].revents != 0 && !take_output(s, out, &total))
			break;
	}
	close_fd(&in);
	return rc;
}

int spawn_run(const struct spawn *s, int *status, struct err *e)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, st[2] = { -1, -1 }, rc, child_errno = 0;
	blocking_begin();
	if (pipe2(in, O_CLOEXEC) == -1 || pipe2(out, O_CLOEXEC) == -1 || pipe2(st, O_CLOEXEC) == -1) {
		rc = err_sys(e, "cannot create pipes for %s", s->argv[0]);
		goto out;
	}
	pid_t pid = fork();
	if (pid == -1) {
		rc = err_sys(e, "cannot start %s", s->argv[0]);
		goto out;
	}
	if (pid == 0)
		child_exec(s, in[0], out[1], st[1]);
	setpgid(pid, pid);
	close_fd(&in[0]);
	close_fd(&out[1]);
	close_fd(&st[1]);
	ssize_t n;
	do
		n = read(st[0], &child_errno, sizeof(child_errno));
	while (n == -1 && errno == EINTR);
	if (n == sizeof(child_errno)) {
		waitpid(pid, status, 0);
		errno = child_errno;
		rc = err_sys(e, "cannot run %s", s->argv[0]);
		goto out;
	}
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	int feed = in[1];
	in[1] = -1;
	int64_t deadline = clock_mono_ms() + s->timeout_ms;
	rc = talk(s, feed, out[0], deadline, e);
	while (rc == CB_OK && waitpid(pid, status, WNOHANG) == 0) {      /* closed its output but has not ended */
		poll(NULL, 0, 10);
		rc = may_go_on(s, deadline, e);
	}
	if (rc != CB_OK) {
		kill(-pid, SIGKILL);
		waitpid(pid, status, 0);
	}
out:
	blocking_end();
	for (int i = 0; i < 2; i++) {
		close_fd(&in[i]);
		close_fd(&out[i]);
		close_fd(&st[i]);
	}
	return rc;
}
