/* SPDX-License-Identifier: GPL-2.0-or-later
 * sandbox.c - see sandbox.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/log.h"
#include "netboot/sandbox.h"

#define NOBODY 65534
#define WANTED_FILES 16384

static void raise_limits(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < WANTED_FILES) {
		r.rlim_cur = r.rlim_max < WANTED_FILES ? r.rlim_max : WANTED_FILES;
		setrlimit(RLIMIT_NOFILE, &r);
	}
	/* Neither files nor programs: and nothing of what a client sent ends up in a core file. */
	r.rlim_cur = r.rlim_max = 0;
	setrlimit(RLIMIT_CORE, &r);
}

/* A directory that is already deleted: nothing can be made in it by anyone. */
static int enter_nowhere(struct err *e)
{
	static const char *const places[] = { "/run/cobblerd-XXXXXX", "/tmp/cobblerd-XXXXXX" };
	char dir[64];
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		memcpy(dir, places[i], strlen(places[i]) + 1);
		if (mkdtemp(dir) == NULL)
			continue;
		int rc = chdir(dir), saved = errno;
		rmdir(dir);
		errno = saved;
		if (rc == -1 || chroot(".") == -1)
			return err_sys(e, "cannot change the root directory");
		return CB_OK;
	}
	return err_sys(e, "cannot make an empty directory in /run or /tmp");
}

static int become_nobody(struct err *e)
{
	if (setgroups(0, NULL) == -1 || setresgid(NOBODY, NOBODY, NOBODY) == -1 || setresuid(NOBODY, NOBODY, NOBODY) == -1)
		return err_sys(e, "cannot become nobody");
	if (setuid(0) == 0 || getuid() != NOBODY || geteuid() != NOBODY || getgid() != NOBODY || getegid() != NOBODY)
		return err_set(e, CB_EPERM, "root was not given up for good");
	return CB_OK;
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(lseek), SCMP_SYS(close),
	SCMP_SYS(dup3), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(fdatasync), SCMP_SYS(ftruncate), SCMP_SYS(fcntl), SCMP_SYS(recvmsg),
	SCMP_SYS(recvfrom), SCMP_SYS(recvmmsg), SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(sendmmsg), SCMP_SYS(bind),
	SCMP_SYS(getsockname), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(restart_syscall), SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill),
	SCMP_SYS(exit), SCMP_SYS(exit_group),
};
/* Of a service that opens files by itself. Which, Landlock bounds: a filter does not see how openat2 is asked to resolve. */
static const int allowed_files[] = {
	SCMP_SYS(openat2), SCMP_SYS(getdents64), SCMP_SYS(statx), SCMP_SYS(readlinkat), SCMP_SYS(fstatfs), SCMP_SYS(sendfile),
	SCMP_SYS(accept4),
};
/* Asked for by the C library in passing: refused, but not fatal. */
static const int refused[] = { SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(access), SCMP_SYS(readlink), SCMP_SYS(stat) };

static int add_rules(scmp_filter_ctx f, bool files)
{
	int rc = 0;
	for (size_t i = 0; i < ARRAY_LEN(allowed) && rc == 0; i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; i < ARRAY_LEN(allowed_files) && rc == 0 && files; i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed_files[i], 0);
	for (size_t i = 0; i < ARRAY_LEN(refused) && rc == 0; i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), refused[i], 0);
	/* TFTP opens a port per transfer; memory is never executable. */
	if (rc == 0 && !files)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_INET, 0));
	if (rc == 0 && !files)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_INET6, 0));
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0));
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0));
	return rc;
}

static int filter_calls(bool files, struct err *e)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (f == NULL)
		return err_set(e, CB_EIO, "cannot make a system call filter");
	int rc = add_rules(f, files);
	if (rc == 0)
		rc = seccomp_load(f);
	seccomp_release(f);
	if (rc == -EINVAL || rc == -ENOSYS) {
		log_warn("sandbox", "this kernel has no system call filters: going on without");
		return CB_OK;
	}
	if (rc < 0)
		return err_set(e, CB_EIO, "cannot filter system calls: %s", strerror(-rc));
	return CB_OK;
}
#else
static int filter_calls(bool files, struct err *e)
{
	(void)files;
	(void)e;
	log_warn("sandbox", "built with sanitizers: no system call filter");
	return CB_OK;
}
#endif

static int enter(bool files, const int *dirs, size_t n, struct err *e)
{
	bool has_landlock = true;
	raise_limits();
	tzset();                        /* while the time zone's file can still be read */
	if (geteuid() == 0) {
		int rc = enter_nowhere(e);
		if (rc == CB_OK)
			rc = become_nobody(e);
		if (rc != CB_OK)
			return rc;
	} else {
		log_info("sandbox", "started without root: user and root directory stay as they are");
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return err_sys(e, "cannot give up new privileges");
	int rc = files ? confine_files(dirs, n, &has_landlock, e) : CB_OK;
	if (!has_landlock)
		log_warn("sandbox", "this kernel has no Landlock: paths alone keep this process inside of its directories");
	return rc == CB_OK ? filter_calls(files, e) : rc;
}

int nb_sandbox_enter(struct err *e)
{
	return enter(false, NULL, 0, e);
}

int nb_sandbox_enter_files(const int *dirs, size_t n, struct err *e)
{
	return enter(true, dirs, n, e);
}
