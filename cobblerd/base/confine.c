/* SPDX-License-Identifier: GPL-2.0-or-later
 * confine.c - limits, Landlock and seccomp of a child that reads hostile bytes.
 */
#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define FS_ALL_V1 ((1ull << 13) - 1)
#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_WRITE                                                                                                       \
	(FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |         \
		LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER | LANDLOCK_ACCESS_FS_TRUNCATE)

static int limit(int what, uint64_t n, const char *name, struct err *e)
{
	struct rlimit have, l = { .rlim_cur = n, .rlim_max = n };
	if (getrlimit(what, &have) == 0 && have.rlim_max != RLIM_INFINITY && have.rlim_max < n)
		return CB_OK;        /* stricter already */
	return setrlimit(what, &l) == 0 ? CB_OK : err_sys(e, "cannot limit %s", name);
}

static int limits(const struct confine *c, struct err *e)
{
	int rc = limit(RLIMIT_CPU, c->cpu_seconds, "CPU time", e);
	if (rc == CB_OK)
		rc = limit(RLIMIT_NOFILE, c->files, "open files", e);
	if (rc == CB_OK)
		rc = limit(RLIMIT_FSIZE, c->max_file, "file size", e);
	if (rc == CB_OK)
		rc = limit(RLIMIT_CORE, 0, "core dumps", e);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)      /* which reserves terabytes of address space */
	if (rc == CB_OK)
		rc = limit(RLIMIT_AS, c->memory, "memory", e);
#endif
	signal(SIGXFSZ, SIG_IGN);
	return rc;
}

static int allow(int ruleset, int fd, uint64_t access, struct err *e)
{
	struct stat st;
	if (fd < 0)
		return CB_OK;
	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
		return CB_OK;        /* open already; nothing below it to open */
	struct landlock_path_beneath_attr rule = { .allowed_access = access, .parent_fd = fd };
	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0
		? CB_OK : err_sys(e, "landlock: cannot add a rule");
}

/* *fd -1 with CB_OK: this kernel has no Landlock. *handled: what is forbidden but for the rules that are added. */
static int new_ruleset(int *fd, uint64_t *handled, struct err *e)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	*fd = -1;
	if (abi < 1)
		return CB_OK;
	*handled = FS_ALL_V1 | (abi >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0) | (abi >= 3 ? LANDLOCK_ACCESS_FS_TRUNCATE : 0);
	struct landlock_ruleset_attr attr = { .handled_access_fs = *handled };
	*fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	return *fd < 0 ? err_sys(e, "landlock: cannot create a ruleset") : CB_OK;
}

int confine_files(const int *dirs, size_t n, bool *has_landlock, struct err *e)
{
	uint64_t handled;
	int fd, rc = new_ruleset(&fd, &handled, e);
	*has_landlock = fd >= 0;
	if (rc != CB_OK || fd < 0)
		return rc;
	for (size_t i = 0; i < n && rc == CB_OK; i++)
		rc = allow(fd, dirs[i], FS_READ & handled, e);
	if (rc == CB_OK && syscall(SYS_landlock_restrict_self, fd, 0) != 0)
		rc = err_sys(e, "landlock: cannot restrict");
	close(fd);
	return rc;
}

/* What programs need besides their own files. */
static int allow_system(int ruleset, struct err *e)
{
	static const struct { const char *path; uint64_t access; } rows[] = {
		{ "/usr", FS_READ | LANDLOCK_ACCESS_FS_EXECUTE }, { "/bin", FS_READ | LANDLOCK_ACCESS_FS_EXECUTE },
		{ "/lib", FS_READ | LANDLOCK_ACCESS_FS_EXECUTE }, { "/lib64", FS_READ | LANDLOCK_ACCESS_FS_EXECUTE },
		{ "/etc/rpm", FS_READ }, { "/etc/ld.so.cache", LANDLOCK_ACCESS_FS_READ_FILE },
		{ "/dev/null", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE },
		{ "/dev/urandom", LANDLOCK_ACCESS_FS_READ_FILE },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int fd = open(rows[i].path, O_PATH | O_CLOEXEC);
		struct landlock_path_beneath_attr rule = { .allowed_access = rows[i].access, .parent_fd = fd };
		if (fd < 0)
			continue;            /* not on every system */
		long rc = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
		close(fd);
		if (rc != 0)
			return err_sys(e, "landlock: cannot add a rule for %s", rows[i].path);
	}
	return CB_OK;
}

static int landlock(const struct confine *c, bool program, bool *has, struct err *e)
{
	uint64_t handled, write = FS_WRITE | (c->removes ? LANDLOCK_ACCESS_FS_REMOVE_FILE : 0) |
		(program ? LANDLOCK_ACCESS_FS_REMOVE_DIR : 0);
	int fd, made = new_ruleset(&fd, &handled, e);
	*has = fd >= 0;
	if (made != CB_OK || fd < 0)
		return made;
	int rc = allow(fd, c->source, FS_READ & handled, e);
	if (rc == CB_OK)
		rc = allow(fd, c->target, write & handled, e);
	if (rc == CB_OK && program)
		rc = allow_system(fd, e);
	if (rc == CB_OK && syscall(SYS_landlock_restrict_self, fd, 0) != 0)
		rc = err_sys(e, "landlock: cannot restrict");
	close(fd);
	return rc;
}

/* What reading and writing files does not need: network, programs, processes, privileges, everything exotic. */
static const int refused[] = {
	SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen),
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg),
	SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(fork), SCMP_SYS(vfork),
	SCMP_SYS(setsid), SCMP_SYS(setpgid), SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_getfd), SCMP_SYS(mount), SCMP_SYS(umount2),
	SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(open_tree),
	SCMP_SYS(move_mount), SCMP_SYS(fsopen), SCMP_SYS(fsmount), SCMP_SYS(fsconfig), SCMP_SYS(mknod),
	SCMP_SYS(mknodat), SCMP_SYS(chown), SCMP_SYS(fchown), SCMP_SYS(lchown), SCMP_SYS(fchownat), SCMP_SYS(setuid),
	SCMP_SYS(setgid), SCMP_SYS(setreuid), SCMP_SYS(setregid), SCMP_SYS(setresuid), SCMP_SYS(setresgid),
	SCMP_SYS(setgroups), SCMP_SYS(setfsuid), SCMP_SYS(setfsgid), SCMP_SYS(capset), SCMP_SYS(setxattr),
	SCMP_SYS(fsetxattr), SCMP_SYS(lsetxattr), SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd),
	SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(io_uring_setup),
	SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(init_module), SCMP_SYS(finit_module),
	SCMP_SYS(delete_module), SCMP_SYS(kexec_load), SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff),
	SCMP_SYS(acct), SCMP_SYS(quotactl), SCMP_SYS(personality), SCMP_SYS(kill), SCMP_SYS(tkill),
	SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(sethostname), SCMP_SYS(setdomainname),
	SCMP_SYS(syslog),
};

/* Nor any program but this one. */
static const int refused_alone[] = { SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(clone3) };

static int refuse(scmp_filter_ctx ctx, const int *calls, size_t n)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
	return rc;
}

static int seccomp(bool program, struct err *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	if (ctx == NULL)
		return err_set(e, CB_EIO, "seccomp: out of memory");
	int rc = refuse(ctx, refused, ARRAY_LEN(refused));
	if (rc == 0)
		rc = program ? seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) :      /* then clone is called */
			refuse(ctx, refused_alone, ARRAY_LEN(refused_alone));
	if (rc == 0)      /* threads may be, processes would outlive their group's end */
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	if (rc == 0)
		return CB_OK;
	errno = -rc;
	return err_sys(e, "seccomp: cannot load the filter");
}

static int confine_as(const struct confine *c, bool program, bool *has_landlock, struct err *e)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_sys(e, "cannot give up new privileges");
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	int rc = limits(c, e);
	if (rc == CB_OK)
		rc = landlock(c, program, has_landlock, e);
	return rc == CB_OK ? seccomp(program, e) : rc;
}

int confine(const struct confine *c, bool *has_landlock, struct err *e)
{
	return confine_as(c, false, has_landlock, e);
}

int confine_program(const struct confine *c, bool *has_landlock, struct err *e)
{
	return confine_as(c, true, has_landlock, e);
}
