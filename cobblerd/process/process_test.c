/* SPDX-License-Identifier: GPL-2.0-or-later
 * process_test.c - messages between processes, listening sockets, directories.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/spawn.h"
#include "process/process.h"

static void test_message_carries_a_descriptor(void **state)
{
	int pair[2], p[2], fd;
	char type, c = 0;
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(msg_send(pair[0], CONTROL_DHCP, p[1]), 0);
	assert_int_equal(msg_send(pair[0], CONTROL_READY, -1), 0);
	assert_int_equal(msg_recv(pair[1], &type, &fd), 1);
	assert_int_equal(type, CONTROL_DHCP);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(read(p[0], &c, 1), 1);
	close(fd);
	assert_int_equal(msg_recv(pair[1], &type, &fd), 1);
	assert_int_equal(type, CONTROL_READY);
	assert_int_equal(fd, -1);
	close(pair[0]);
	assert_int_equal(msg_recv(pair[1], &type, &fd), 0);
	close(pair[1]);
	close(p[0]);
	close(p[1]);
}

static void test_port_in_use_is_named(void **state)
{
	struct err e;
	struct sockaddr_in sa;
	socklen_t n = sizeof(sa);
	int first, second;
	(void)state;
	assert_int_equal(listen_tcp("HTTP", "127.0.0.1", 0, &first, &e), CB_OK);
	assert_int_equal(getsockname(first, (struct sockaddr *)&sa, &n), 0);
	unsigned port = ntohs(sa.sin_port);
	char want[64];
	snprintf(want, sizeof(want), "HTTP: cannot listen on 127.0.0.1 port %u: ", port);
	assert_int_equal(listen_tcp("HTTP", "127.0.0.1", port, &second, &e), CB_EIO);
	assert_memory_equal(e.text, want, strlen(want));
	assert_int_equal(listen_tcp("HTTP", "no address", 80, &second, &e), CB_EINVAL);
	assert_string_equal(e.text, "HTTP: \"no address\" is not an IP address to listen on");
	close(first);
}

static void test_directories_get_safe_modes(void **state)
{
	char root[] = "/tmp/process_test.XXXXXX", path[128];
	struct stat st;
	struct err e;
	int status;
	(void)state;
	assert_non_null(mkdtemp(root));
	path_set_root(root);
	umask(022);
	assert_int_equal(dirs_prepare((uid_t)-1, (gid_t)-1, &e), CB_OK);
	assert_int_equal(dirs_prepare((uid_t)-1, (gid_t)-1, &e), CB_OK);
	snprintf(path, sizeof(path), "%s/var/log/cobbler", root);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0750);
	snprintf(path, sizeof(path), "%s/etc/cobbler", root);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);         /* Cobbler's service in a web server reads settings.yaml */
	snprintf(path, sizeof(path), "%s/srv/tftpboot", root);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
	const char *argv[] = { "rm", "-rf", "--", root, NULL };
	struct spawn s = { .argv = argv, .timeout_ms = 10000 };
	assert_int_equal(spawn_run(&s, &status, &e), CB_OK);
}

static struct stat look_at(const char *root, const char *path)
{
	struct stat st;
	char full[160];
	snprintf(full, sizeof(full), "%s%s", root, path);
	assert_int_equal(lstat(full, &st), 0);
	return st;
}

static uid_t owner_of(const char *root, const char *path)
{
	return look_at(root, path).st_uid;
}

/* What an account that was taken over puts there must not make it the owner of anything else when the master starts again. */
static void test_only_what_is_in_the_directories_changes_its_owner(void **state)
{
	enum { ACCOUNT = 54321, WEB = 33 };
	char root[] = "/tmp/process_test.XXXXXX", from[160], to[160];
	struct err e;
	int status;
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(root));
	path_set_root(root);
	umask(022);
	assert_int_equal(dirs_prepare((uid_t)-1, (gid_t)-1, &e), CB_OK);
	const char *make[] = { "sh", "-c", "mkdir -p etc/other/config etc/roots/config var/lib/cobbler/deep/er && echo x >etc/secret && "
		"ln etc/secret var/lib/cobbler/deep/hard && ln -s ../../../etc/secret var/lib/cobbler/soft && ln -s ../../../etc "
		"var/lib/cobbler/dir && echo x "
		">var/lib/cobbler/deep/er/file && rm -r var/www/cobbler/distro_mirror", NULL };
	struct spawn s = { .argv = make, .cwd = root, .timeout_ms = 10000 };
	assert_int_equal(spawn_run(&s, &status, &e), CB_OK);
	assert_int_equal(status, 0);
	snprintf(to, sizeof(to), "%s/etc/other", root);
	snprintf(from, sizeof(from), "%s/var/www/cobbler/distro_mirror", root);
	assert_int_equal(symlink(to, from), 0);
	assert_int_equal(lchown(from, ACCOUNT, ACCOUNT), 0);
	snprintf(to, sizeof(to), "%s/var/lib/cobbler/deep/er", root);
	assert_int_equal(lchown(to, 0, WEB), 0);
	assert_int_equal(dirs_prepare(ACCOUNT, ACCOUNT, &e), CB_OK);
	assert_int_equal(owner_of(root, "/etc/secret"), 0);
	assert_int_equal(owner_of(root, "/etc/other/config"), 0);
	assert_int_equal(owner_of(root, "/var/lib/cobbler"), ACCOUNT);
	assert_int_equal(owner_of(root, "/var/lib/cobbler/soft"), ACCOUNT);
	assert_int_equal(owner_of(root, "/var/lib/cobbler/deep/er/file"), ACCOUNT);
	assert_int_equal(look_at(root, "/var/lib/cobbler/deep/er/file").st_gid, ACCOUNT);
	assert_int_equal(owner_of(root, "/var/lib/cobbler/deep/er"), ACCOUNT);
	assert_int_equal(look_at(root, "/var/lib/cobbler/deep/er").st_gid, WEB);
	assert_int_equal(owner_of(root, "/var/www/cobbler/links"), ACCOUNT);
	assert_int_equal(owner_of(root, "/etc"), 0);
	/* An administrator's link is another matter. */
	snprintf(to, sizeof(to), "%s/etc/roots", root);
	assert_int_equal(unlink(from), 0);
	assert_int_equal(symlink(to, from), 0);
	assert_int_equal(dirs_prepare(ACCOUNT, ACCOUNT, &e), CB_OK);
	assert_int_equal(owner_of(root, "/etc/roots"), 0);
	assert_int_equal(owner_of(root, "/etc/roots/config"), ACCOUNT);
	const char *argv[] = { "rm", "-rf", "--", root, NULL };
	s = (struct spawn){ .argv = argv, .timeout_ms = 10000 };
	assert_int_equal(spawn_run(&s, &status, &e), CB_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message_carries_a_descriptor),
		cmocka_unit_test(test_port_in_use_is_named),
		cmocka_unit_test(test_directories_get_safe_modes),
		cmocka_unit_test(test_only_what_is_in_the_directories_changes_its_owner),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
