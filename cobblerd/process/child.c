/* SPDX-License-Identifier: GPL-2.0-or-later
 * child.c - this binary again, in another role.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process/process.h"
#include "value/json.h"

/* The configuration as JSON in a memfd that nobody can change any more. */
static int config_fd(const struct value *cfg, struct err *e)
{
	struct strbuf b = { 0 };
	int fd = memfd_create("config", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd == -1)
		return err_sys(e, "cannot create a memory file for a child's configuration");
	json_write(&b, cfg, 0);
	ssize_t n = write(fd, sb_str(&b), b.len);
	bool ok = n == (ssize_t)b.len && fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
	sb_free(&b);
	if (!ok) {
		close(fd);
		return err_sys(e, "cannot write a child's configuration");
	}
	return fd;
}

static void exec_role(const char *role, int peer, int cfg, int log, const int *socks, size_t n)
{
	int from[SOCKETS_MAX + 3];
	size_t count = 0;
	from[count++] = peer;
	from[count++] = cfg;
	from[count++] = log;
	for (size_t i = 0; i < n; i++)
		from[count++] = socks[i];
	/* First out of the way of the fixed numbers, then onto them. */
	for (size_t i = 0; i < count; i++)
		if ((from[i] = fcntl(from[i], F_DUPFD, FD_PEER + (int)count)) == -1)
			_exit(CHILD_NO_DESCRIPTORS);
	for (size_t i = 0; i < count; i++)
		if (dup2(from[i], FD_PEER + (int)i) == -1)
			_exit(CHILD_NO_DESCRIPTORS);
	close_range((unsigned)(FD_PEER + count), ~0U, 0);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	const char *argv[] = { "cobblerd", "--role", role, NULL };
	execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
	_exit(CHILD_NO_PROGRAM);
}

pid_t child_start(const char *role, int peer, const struct value *cfg, int *log, const int *socks, size_t n, struct err *e)
{
	int pair[2];
	close_fd(log);
	if (n > SOCKETS_MAX)
		return err_set(e, CB_ELIMIT, "%zu sockets for one service, at most %d", n, SOCKETS_MAX);
	int fd = config_fd(cfg, e);
	if (fd < 0)
		return fd;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1) {
		close(fd);
		return err_sys(e, "cannot create a socket pair for the log of the %s process", role);
	}
	pid_t master = getpid(), pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);        /* a master that was killed takes its children along */
		if (getppid() != master)
			_exit(0);
		exec_role(role, peer, fd, pair[1], socks, n);
	}
	*log = pair[0];
	int rc = pid == -1 ? err_sys(e, "cannot start the %s process", role) : pid;
	close(fd);
	close(pair[1]);
	return rc;
}
