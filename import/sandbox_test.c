/* SPDX-License-Identifier: GPL-2.0-or-later
 * sandbox_test.c - what the importing child cannot do any more, tried from inside.
 */
#include "import/testkit.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <linux/landlock.h>

#include "import/sandbox.h"
#include "import/watchdog.h"

static bool have_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1;
}

/* Bits of what was still possible. */
enum {
	SOCKET = 1,
	EXEC = 2,
	OUTSIDE = 4,
	FORK = 8,
	DEVICE = 16,
	WRITE_SOURCE = 32,
	LOST_TARGET = 64,
	LOST_SOURCE = 128
};

static int attempts(int source, int target)
{
	int done = 0;
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM)
		done |= SOCKET;
	char *const argv[] = { (char *)(uintptr_t)"/bin/true", NULL };
	execve("/bin/true", argv, NULL);
	if (errno != EPERM)
		done |= EXEC;
	if (have_landlock() && (open("/etc/passwd", O_RDONLY) >= 0 ||
				       open("/tmp/import-sandbox-escape", O_WRONLY | O_CREAT, 0600) >= 0))
		done |= OUTSIDE;
	pid_t pid = (pid_t)syscall(SYS_fork);
	if (pid == 0)
		_exit(0);
	if (pid > 0)
		done |= FORK;
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);      /* as the C library's fork does */
	if (pid == 0)
		_exit(0);
	if (pid > 0 || setsid() >= 0 || setpgid(0, 0) == 0)      /* what would not end with its group */
		done |= FORK;
	if (mknodat(target, "null", S_IFCHR | 0600, 0x103) == 0)
		done |= DEVICE;
	if (have_landlock() && openat(source, "new", O_WRONLY | O_CREAT, 0600) >= 0)
		done |= WRITE_SOURCE;
	if (openat(target, "new", O_WRONLY | O_CREAT, 0600) < 0)
		done |= LOST_TARGET;
	if (openat(source, "file", O_RDONLY) < 0)
		done |= LOST_SOURCE;
	return done;
}

static void test_nothing_but_source_and_target(void **state)
{
	(void)state;
	kit_file("source/file", "x", 0);
	kit_mkdir("target");
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct report r = { .fd = -1 };
		struct err e;
		int source = open(kit_path("source"), O_RDONLY | O_DIRECTORY),
		    target = open(kit_path("target"), O_RDONLY | O_DIRECTORY);
		if (import_confine(source, target, 0, 1 << 20, &r, &e) != CB_OK)
			_exit(255);
		_exit(attempts(source, target));
	}
	int st;
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_true(WIFEXITED(st));
	assert_int_equal(WEXITSTATUS(st), 0);
	if (!have_landlock())
		print_message("this kernel has no Landlock: files elsewhere were not tried\n");
}

static void test_limits(void **state)
{
	(void)state;
	kit_mkdir("target");
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct report r = { .fd = -1 };
		struct err e;
		struct rlimit l;
		int target = open(kit_path("target"), O_RDONLY | O_DIRECTORY);
		if (import_confine(-1, target, 0, 1000, &r, &e) != CB_OK)
			_exit(255);
		int fd = openat(target, "f", O_WRONLY | O_CREAT, 0600), bad = 0;
		char buf[2000] = {0};
		bad |= write(fd, buf, sizeof(buf)) == (ssize_t)sizeof(buf);      /* not a signal, a short write */
		bad |= write(fd, buf, sizeof(buf)) >= 0 || errno != EFBIG ? 2 : 0;
		bad |= getrlimit(RLIMIT_CPU, &l) != 0 || l.rlim_max == RLIM_INFINITY ? 4 : 0;
		bad |= getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_max > 256 ? 8 : 0;
		bad |= getrlimit(RLIMIT_CORE, &l) != 0 || l.rlim_max != 0 ? 16 : 0;
		_exit(bad);
	}
	int st;
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_true(WIFEXITED(st));
	assert_int_equal(WEXITSTATUS(st), 0);
}

/* Turning in circles ends the process with an answer; working as long does not. */
/* The program that makes an index: its own folder, what is installed, and no more. */
static void test_what_the_indexer_may(void **state)
{
	(void)state;
	int p[2], st;
	char buf[4096] = "";
	kit_mkdir("target");
	char *script = xasprintf("echo x > %s && echo own; cd / && echo gone\n"
		"echo x > %s && echo outside\n"
		"read line < /etc/passwd && echo passwd\n"
		"(echo forked)\n", kit_path("target/made"), kit_path("outside"));
	struct value *job = v_dict(), *argv = v_list();
	const char *const words[] = { "/bin/sh", "-c", script };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		v_list_push(argv, v_str(words[i]));
	v_dict_set(job, "mode", v_str("index"));
	v_dict_set(job, "target", v_str(kit_path("target")));
	v_dict_set(job, "argv", argv);
	assert_int_equal(pipe(p), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(p[0]);
		_exit(import_child(job, p[1]));
	}
	close(p[1]);
	for (ssize_t n = 0, k; (k = read(p[0], buf + n, sizeof(buf) - 1 - (size_t)n)) > 0; n += k)
		;
	close(p[0]);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	v_unref(job);
	free(script);
	if (strstr(buf, "own") == NULL || strstr(buf, "forked\n") != NULL ||
		(have_landlock() && (strstr(buf, "outside\n") != NULL || strstr(buf, "passwd\n") != NULL)))
		fail_msg("%s", buf);
	assert_true(kit_exists("target/made"));
}

static void test_an_indexer_that_is_not_there(void **state)
{
	(void)state;
	int status;
	struct value *job = v_dict(), *argv = v_list();
	kit_mkdir("target");
	v_list_push(argv, v_str("/usr/bin/no-such-program"));
	v_dict_set(job, "mode", v_str("index"));
	v_dict_set(job, "target", v_str(kit_path("target")));
	v_dict_set(job, "argv", argv);
	struct value *r = kit_run(job, &status);
	assert_int_equal(status, 1);
	assert_true(str_starts(v_dict_cstr(r, "error", ""), "cannot run /usr/bin/no-such-program"));
	v_unref(r);
}

static void test_watchdog(void **state)
{
	(void)state;
	for (int busy = 0; busy < 2; busy++) {
		int p[2], st;
		char buf[256] = "";
		assert_int_equal(pipe(p), 0);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			struct timespec t;
			watchdog_start(p[1], 1);
			do {
				clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
				if (busy)
					watchdog_beat();
			} while (t.tv_sec < 2);
			_exit(0);
		}
		close(p[1]);
		assert_int_equal(waitpid(pid, &st, 0), pid);
		assert_true(WIFEXITED(st));
		assert_int_equal(WEXITSTATUS(st), !busy);
		assert_true((read(p[0], buf, sizeof(buf) - 1) > 0) == !busy);
		assert_true(busy || strstr(buf, "does not come to an end") != NULL);
		close(p[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_but_source_and_target, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(test_limits, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(test_what_the_indexer_may, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(test_an_indexer_that_is_not_there, kit_setup, kit_teardown),
		cmocka_unit_test(test_watchdog),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
