/* SPDX-License-Identifier: GPL-2.0-or-later
 * privileged_test.c - what the process that keeps root may write, and how requests to it go and come back.
 */
#include "base/testkit.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "privileged/wire.h"

static void test_files_of_servers(void **state)
{
	static const char *const yes[] = { "/etc/dhcp/dhcpd.conf", "/etc/dhcpd6.conf", "/etc/bind/named.conf", "/var/lib/bind/lab.test",
		"/var/named/10.1.2",
		"/var/named/chroot/etc/named.conf", "/var/named/chroot/var/named/lab.test", "/var/lib/named/2001:db8",
		"/etc/cobbler/settings.yaml" };
	static const char *const no[] = { "", "/", "/etc/passwd", "/etc/dhcp/dhclient.conf", "/etc/dhcp/../passwd", "/var/lib/bind/",
		"/var/lib/bind/.x",
		"/var/lib/bind/a/b", "/var/lib/bind/../x", "/var/named/chroot/etc/passwd",
		"/var/named/chroot/var/named/chroot/etc/named.conf", "/etc/bind/rndc.key", "etc/dhcp/dhcpd.conf", "/etc/dhcp/dhcpd.conf/",
		"/var/lib/bind/a b", "/var/lib/bind/a\nb", "/etc/cobbler/cobblerd.yaml", "/etc/cobbler/users.digest",
		"/var/named/chroot/etc/cobbler/settings.yaml" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		if (!host_file_is_known(yes[i]))
			fail_msg("%s is one", yes[i]);
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		if (host_file_is_known(no[i]))
			fail_msg("%s is none", no[i]);
}

/* No room for the new text: the former one is not lost. */
static void test_a_text_that_does_not_fit(void **state)
{
	struct rlimit was, tight;
	struct strbuf text = { 0 }, have = { 0 };
	struct err e;
	(void)state;
	for (size_t i = 0; i < 8192; i++)
		sb_addc(&text, 'n');
	put_file("/etc/genders", "former\n");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	tight = was;
	tight.rlim_cur = 4096;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	int rc = host_file_replace("/etc/genders", &text, &e);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(rc, CB_EIO);
	char *path = path_of("/etc/genders");
	assert_int_equal(file_read(AT_FDCWD, path, 65536, &have, &e), CB_OK);
	assert_string_equal(sb_str(&have), "former\n");
	free(path);
	sb_free(&have);
	sb_free(&text);
}

static pid_t serve(struct privileged *p)
{
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(pair[0]);
		_exit(privileged_main(pair[1]));
	}
	close(pair[1]);
	privileged_attach(p, pair[0]);
	return pid;
}

static void test_writing_through_the_process(void **state)
{
	struct strbuf text = { 0 }, have = { 0 };
	struct privileged *p = privileged_new();
	struct err e;
	int status;
	(void)state;
	put_file("/etc/dhcp/dhcpd.conf", "as it was\n");
	for (int i = 0; i < 100000; i++)
		sb_addf(&text, "host n%d { }\n", i);
	privileged_expect(p);
	pid_t pid = serve(p);
	assert_int_equal(privileged_write(p, "/etc/dhcp/dhcpd.conf", &text, &e), CB_OK);
	char *path = path_of("/etc/dhcp/dhcpd.conf");
	assert_int_equal(file_read(AT_FDCWD, path, 64u << 20, &have, &e), CB_OK);
	assert_int_equal(have.len, text.len);
	assert_memory_equal(have.p, text.p, text.len);
	free(path);
	/* a process that ended: the request waits for the next one */
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	assert_int_equal(privileged_write(p, "/etc/dhcp/dhcpd.conf", &text, &e), CB_EBUSY);
	pid = serve(p);
	assert_int_equal(privileged_write(p, "/etc/dhcp/dhcpd.conf", &text, &e), CB_OK);
	/* its directory is not there */
	assert_int_equal(privileged_write(p, "/var/named/lab.test", &text, &e), CB_EIO);
	privileged_free(p);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	sb_free(&text);
	sb_free(&have);
}

static void test_malformed_requests(void **state)
{
	struct privileged_request r = { .type = 99 };
	struct privileged_answer a;
	int pair[2], back[2], fds[2], status;
	static const int none[2] = { -1, -1 };
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, back), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(pair[0]);
		_exit(privileged_main(pair[1]));
	}
	close(pair[1]);
	assert_int_equal(wire_send(pair[0], "short", 5, none), 0);
	assert_int_equal(wire_send(pair[0], &r, sizeof(r), none), 0);              /* nowhere to answer to */
	memset(r.path, 'x', sizeof(r.path));                                       /* no end */
	assert_int_equal(wire_send(pair[0], &r, sizeof(r), (const int[2]){ back[1], -1 }), 0);
	memset(r.path, 0, sizeof(r.path));
	assert_int_equal(wire_send(pair[0], &r, sizeof(r), (const int[2]){ back[1], -1 }), 0);
	assert_int_equal(wire_recv(back[0], &a, sizeof(a), fds), sizeof(a));
	assert_int_equal(a.code, CB_EINVAL);
	assert_string_equal(a.text, "there is no privileged request 99");
	r = (struct privileged_request){ .type = PRIVILEGED_WRITE, .path = "/etc/passwd" };
	assert_int_equal(wire_send(pair[0], &r, sizeof(r), (const int[2]){ back[1], -1 }), 0);
	assert_int_equal(wire_recv(back[0], &a, sizeof(a), fds), sizeof(a));
	assert_int_equal(a.code, CB_EPERM);
	r = (struct privileged_request){ .type = PRIVILEGED_WRITE, .path = "/etc/genders" };
	assert_int_equal(wire_send(pair[0], &r, sizeof(r), (const int[2]){ back[1], -1 }), 0);   /* a file without a text */
	assert_int_equal(wire_recv(back[0], &a, sizeof(a), fds), sizeof(a));
	assert_int_equal(a.code, CB_EIO);
	close(pair[0]);
	close(back[0]);
	close(back[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files_of_servers),
		cmocka_unit_test(test_a_text_that_does_not_fit),
		cmocka_unit_test(test_writing_through_the_process),
		cmocka_unit_test(test_malformed_requests),
	};
	return cmocka_run_group_tests(tests, root_make, root_remove);
}
