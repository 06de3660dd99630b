/* SPDX-License-Identifier: GPL-2.0-or-later
 * service_test.c - both services as processes of their own on loopback, with a core made by the test: what they do with clients that
 * are rude, with files that change and with a core that is slow, wrong or gone.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/log.h"
#include "netboot/messages.h"
#include "netboot/netboot.h"
#include "value/json.h"

#define PATIENCE_MS 30000               /* what comes, comes at once; the machine may be busy with others */
#define QUIET_MS 200                    /* what must not come */

static pid_t child;
static int core = -1;                   /* our end: we are the core */
static struct sockaddr_in server;

static struct value *parse(const char *json)
{
	struct value *v;
	struct err e;
	assert_int_equal(json_parse(json, strlen(json), &v, &e), CB_OK);
	return v;
}

static unsigned port_of(int fd)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	return ntohs(a.sin_port);
}

static void run_child(const struct value *cfg, const int *socks, size_t n, int peer, bool dhcp)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int null = open("/dev/null", O_WRONLY);
	if (getenv("SERVICE_TEST_LOG") == NULL)
		dup2(null, STDERR_FILENO);
	log_init(dhcp ? "dhcp" : "tftp", LOG_LVL_DEBUG);
	_exit(dhcp ? netboot_dhcp_main(cfg, socks, n, peer) : netboot_tftp_main(cfg, socks, n, peer));
}

static void start(const char *json, bool dhcp)
{
	int socks[16], pair[2];
	size_t n;
	struct err e;
	struct value *cfg = parse(json);
	int rc = dhcp ? netboot_dhcp_open(cfg, socks, 16, &n, &e) : netboot_tftp_open(cfg, socks, 16, &n, &e);
	if (rc != CB_OK)
		fail_msg("%s", e.text);
	server = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	server.sin_port = htons((uint16_t)port_of(socks[0]));
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	child = fork();
	if (child == 0) {
		close(pair[0]);
		run_child(cfg, socks, n, pair[1], dhcp);
	}
	close(pair[1]);
	core = pair[0];
	for (size_t i = 0; i < n; i++)
		close(socks[i]);
	v_unref(cfg);
}

static int exit_status(void)
{
	int status = -1;
	for (int i = 0; i < PATIENCE_MS / 10 && waitpid(child, &status, WNOHANG) == 0; i++)
		poll(NULL, 0, 10);
	child = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int start_tftp(void **state)
{
	(void)state;
	start("{\"address\": \"127.0.0.1\", \"port\": 0, \"max_block_size\": 65464, \"max_window\": 64}", false);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	if (core >= 0)
		close(core);
	core = -1;
	if (child != 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	child = 0;
	return 0;
}

/* ---- the core's part ---- */

static union any_message question;

static bool next_question(int ms)
{
	struct pollfd f = { .fd = core, .events = POLLIN };
	int fd;
	if (poll(&f, 1, ms) != 1)
		return false;
	ssize_t n = nb_msg_recv(core, &question, &fd, 0);
	return n > 0 && msg_valid(&question, (size_t)n) && fd == -1;
}

static int file_of(size_t n)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	for (size_t i = 0; i < n; ) {
		char block[4096];
		size_t k = n - i < sizeof(block) ? n - i : sizeof(block);
		for (size_t j = 0; j < k; j++)
			block[j] = (char)((i + j) * 7 % 251);
		assert_int_equal(write(fd, block, k), k);
		i += k;
	}
	return fd;
}

static void answer_file(int fd, uint64_t offset, uint64_t length, int status)
{
	struct tftp_answer a;
	memset(&a, 0, sizeof(a));
	msg_head_init(&a.head, MSG_TFTP_ANSWER, sizeof(a), question.head.id);
	a.status = status;
	a.offset = offset;
	a.length = length;
	assert_true(nb_msg_send(core, &a.head, fd, 0));
	close_fd(&fd);
}

/* ---- the client's part ---- */

static uint8_t got[70000];
static struct sockaddr_in from;

static int client(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static ssize_t hear(int fd, int ms)
{
	struct pollfd f = { .fd = fd, .events = POLLIN };
	socklen_t len = sizeof(from);
	return poll(&f, 1, ms) == 1 ? recvfrom(fd, got, sizeof(got), 0, (struct sockaddr *)&from, &len) : -1;
}

static void say(int fd, const void *p, size_t n, const struct sockaddr_in *to)
{
	assert_int_equal(sendto(fd, p, n, 0, (const struct sockaddr *)to, sizeof(*to)), n);
}

#define ASK(fd, text) say(fd, "\0\1" text, sizeof("\0\1" text), &server)

static void ack(int fd, unsigned block, const struct sockaddr_in *to)
{
	uint8_t a[4] = { 0, 4, (uint8_t)(block >> 8), (uint8_t)block };
	say(fd, a, 4, to);
}

/* ---- TFTP ---- */

/* Reads on until the end; returns the bytes, which must be those of file_of from offset on. */
static size_t read_all(int fd, size_t blksize, unsigned window, size_t offset)
{
	size_t bytes = 0;
	unsigned block = 0, pending = 0;
	for (;;) {
		ssize_t n = hear(fd, PATIENCE_MS);
		assert_true(n >= 4 && got[1] == 3);
		assert_int_equal(got[2] << 8 | got[3], (block + 1) & 0xffff);
		block++;
		for (ssize_t i = 4; i < n; i++)
			if (got[i] != (uint8_t)((offset + bytes + (size_t)i - 4) * 7 % 251))
				fail_msg("byte %zu", bytes + (size_t)i - 4);
		bytes += (size_t)n - 4;
		bool last = (size_t)n - 4 < blksize;
		if (last || ++pending == window) {
			ack(fd, block & 0xffff, &from);
			pending = 0;
		}
		if (last)
			return bytes;
	}
}

static void test_tftp_file_inside_another_with_windows_and_roll_over(void **state)
{
	int fd = client();
	(void)state;
	ASK(fd, "iso/vmlinuz\0octet\0blksize\0" "16\0windowsize\0" "50");
	assert_true(next_question(PATIENCE_MS));
	assert_string_equal(question.tftp_question.path, "iso/vmlinuz");
	assert_string_equal(question.tftp_question.ip, "127.0.0.1");
	answer_file(file_of(3000000), 12345, 2000001, CB_OK);
	assert_int_equal(hear(fd, PATIENCE_MS), 2 + 8 + 3 + 11 + 3);           /* blksize 16, windowsize 50 */
	struct sockaddr_in peer = from;
	assert_true(peer.sin_port != server.sin_port);
	ack(fd, 0, &peer);
	assert_int_equal(read_all(fd, 16, 50, 12345), 2000001);         /* 125001 blocks */
	close(fd);
}

static void test_tftp_a_stranger_gets_error_5_and_the_transfer_goes_on(void **state)
{
	int fd = client(), stranger = client();
	(void)state;
	ASK(fd, "f\0octet");
	assert_true(next_question(PATIENCE_MS));
	answer_file(file_of(600), 0, 600, CB_OK);
	assert_int_equal(hear(fd, PATIENCE_MS), 516);
	struct sockaddr_in peer = from;
	ack(stranger, 1, &peer);
	assert_true(hear(stranger, PATIENCE_MS) > 4 && got[1] == 5 && got[3] == 5);
	ack(fd, 1, &peer);
	assert_int_equal(hear(fd, PATIENCE_MS), 92);
	ack(fd, 2, &peer);
	assert_int_equal(hear(fd, QUIET_MS), -1);
	close(fd);
	close(stranger);
}

static void test_tftp_the_same_request_twice_is_one_transfer(void **state)
{
	int fd = client();
	(void)state;
	ASK(fd, "f\0octet");
	ASK(fd, "f\0octet");
	assert_true(next_question(PATIENCE_MS));
	answer_file(file_of(100), 0, 100, CB_OK);
	assert_false(next_question(QUIET_MS));
	assert_int_equal(hear(fd, PATIENCE_MS), 104);
	ack(fd, 1, &from);
	assert_int_equal(hear(fd, QUIET_MS), -1);
	close(fd);
}

static void test_tftp_a_slow_answer_delays_only_its_client(void **state)
{
	int slow = client(), fast = client();
	(void)state;
	ASK(slow, "slow\0octet");
	assert_true(next_question(PATIENCE_MS));
	union any_message later = question;
	ASK(fast, "fast\0octet");
	assert_true(next_question(PATIENCE_MS));
	answer_file(file_of(10), 0, 10, CB_OK);
	assert_int_equal(hear(fast, PATIENCE_MS), 14);
	ack(fast, 1, &from);
	question = later;
	answer_file(file_of(20), 0, 20, CB_OK);
	assert_int_equal(hear(slow, PATIENCE_MS), 24);
	close(slow);
	close(fast);
}

static void test_tftp_errors(void **state)
{
	static const struct { const char *pkt; size_t len; bool asks; int status; uint8_t code; } rows[] = {
		{ "\0\1none\0octet", 13, true, CB_ENOENT, 1 },
		{ "\0\1bad\0octet", 12, true, CB_EPERM, 2 },
		{ "\0\1sick\0octet", 13, true, CB_EIO, 0 },
		{ "\0\2f\0octet", 10, false, 0, 2 },
		{ "\0\1f\0mail", 9, false, 0, 4 },
		{ "\0\1f", 3, false, 0, 4 },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int fd = client();
		say(fd, rows[i].pkt, rows[i].len, &server);
		if (rows[i].asks) {
			assert_true(next_question(PATIENCE_MS));
			answer_file(-1, 0, 0, rows[i].status);
		}
		if (hear(fd, PATIENCE_MS) < 5 || got[1] != 5 || got[3] != rows[i].code)
			fail_msg("row %zu: %u %u", i, got[1], got[3]);
		close(fd);
	}
	int fd = client();
	ack(fd, 1, &server);                                            /* no request at all: no answer */
	assert_int_equal(hear(fd, QUIET_MS), -1);
	close(fd);
}

static void test_tftp_a_file_that_becomes_shorter_is_an_error(void **state)
{
	(void)state;
	for (int window = 1; window <= 8; window += 7) {
		int fd = client(), file = file_of(1000000), mine = dup(file);
		if (window == 1)
			ASK(fd, "f\0octet\0blksize\0" "1000");
		else
			ASK(fd, "f\0octet\0blksize\0" "1000\0windowsize\0" "8");
		assert_true(next_question(PATIENCE_MS));
		answer_file(file, 0, 1000000, CB_OK);
		assert_true(hear(fd, PATIENCE_MS) > 4);
		struct sockaddr_in peer = from;
		assert_int_equal(ftruncate(mine, 0), 0);
		ack(fd, 0, &peer);
		ssize_t n = hear(fd, PATIENCE_MS);
		assert_true(n > 4 && got[1] == 5);
		close(mine);
		close(fd);
	}
	test_tftp_the_same_request_twice_is_one_transfer(state);        /* it lives on */
}

static void test_tftp_netascii_has_line_ends_of_its_own(void **state)
{
	int fd = client(), file = memfd_create("f", MFD_CLOEXEC);
	(void)state;
	assert_int_equal(write(file, "a\nb\rc\n", 6), 6);
	ASK(fd, "f\0netascii\0tsize\0" "0");
	assert_true(next_question(PATIENCE_MS));
	answer_file(file, 0, 6, CB_OK);
	assert_int_equal(hear(fd, PATIENCE_MS), 10);
	assert_memory_equal(got, "\0\6tsize\0" "9", 10);
	ack(fd, 0, &from);
	assert_int_equal(hear(fd, PATIENCE_MS), 13);
	assert_memory_equal(got + 4, "a\r\nb\r\0c\r\n", 9);
	ack(fd, 1, &from);
	close(fd);
}

static void test_tftp_ends_with_its_core_and_at_a_malformed_message(void **state)
{
	(void)state;
	close(core);
	core = -1;
	assert_int_equal(exit_status(), 0);
	(void)start_tftp(state);
	assert_int_equal(send(core, "nonsense", 8, 0), 8);
	assert_int_equal(exit_status(), 1);
	close(core);
	(void)start_tftp(state);
	kill(child, SIGTERM);
	poll(NULL, 0, 50);
	int status = exit_status();
	assert_true(status == 0 || status == -1);                       /* -1: before it was ready for the signal */
}

/* ---- DHCP ---- */

static char root[] = "/tmp/cobbler-service-XXXXXX";

static int start_dhcp(void **state)
{
	struct err e;
	(void)state;
	if (root[strlen(root) - 1] == 'X') {
		assert_non_null(mkdtemp(root));
		path_set_root(root);
	}
	char *dir = path_of("/var/lib/cobbler");
	assert_int_equal(dir_make(dir, 0755, &e), CB_OK);
	free(dir);
	start("{\"interfaces\": [\"lo\"], \"port\": 0, \"client_port\": 0, \"subnets\": [{\"subnet\": \"127.0.0.0/24\", \"range\":"
		"[\"127.0.0.100\", \"127.0.0.101\"]}]}", true);
	return 0;
}

static size_t bootp_packet(uint8_t p[300], enum dhcp_type type, uint8_t mac, const uint8_t *requested)
{
	static const uint8_t head[] = { 99, 130, 83, 99, 53, 1 };
	memset(p, 0, 300);
	p[0] = 1, p[1] = 1, p[2] = 6, p[7] = mac;
	p[28] = 0x52, p[33] = mac;
	memcpy(p + 236, head, sizeof(head));
	p[242] = (uint8_t)type;
	p[243] = 255;
	if (requested != NULL) {
		p[243] = 50, p[244] = 4;
		memcpy(p + 245, requested, 4);
		memcpy(p + 249, "\x36\x04\x7f\0\0\1\xff", 7);
	}
	return 300;
}

static void answer_client(const char *system, uint32_t ip, uint32_t taken)
{
	struct dhcp_answer a;
	memset(&a, 0, sizeof(a));
	msg_head_init(&a.head, MSG_DHCP_ANSWER, sizeof(a), question.head.id);
	a.client.known = *system != '\0';
	snprintf(a.client.system, sizeof(a.client.system), "%s", system);
	snprintf(a.client.file, sizeof(a.client.file), "pxelinux.0");
	a.client.ip = ip;
	a.client.taken = taken;
	assert_true(nb_msg_send(core, &a.head, -1, 0));
}

/* One packet there, and what the core says. */
static void ask_both(int fd, enum dhcp_type type, uint8_t mac, const uint8_t *requested, const char *system, uint32_t ip, uint32_t taken)
{
	uint8_t p[300];
	say(fd, p, bootp_packet(p, type, mac, requested), &server);
	assert_true(next_question(PATIENCE_MS));
	assert_int_equal(question.dhcp_question.mac[5], mac);
	answer_client(system, ip, taken);
}

/* With the parsed answer; false when it is none. */
static bool exchange(int fd, enum dhcp_type type, uint8_t mac, const uint8_t *requested, const char *system, uint32_t ip, uint32_t taken,
	struct dhcp_msg *m)
{
	const char *why;
	ask_both(fd, type, mac, requested, system, ip, taken);
	ssize_t n = hear(fd, PATIENCE_MS);
	return n > 0 && dhcp_parse(got, (size_t)n, m, &why) == CB_OK;
}

static void test_dhcp_reserved_and_dynamic(void **state)
{
	static struct dhcp_msg m;
	int fd = client();
	(void)state;
	assert_true(exchange(fd, DHCP_DISCOVER, 1, NULL, "web1", 0x7f000010, 0, &m));
	assert_int_equal(m.type, DHCP_OFFER);
	assert_int_equal(m.yiaddr, 0x7f000010);
	assert_string_equal(m.file, "pxelinux.0");
	assert_true(exchange(fd, DHCP_DISCOVER, 2, NULL, "", 0, 1, &m));        /* the first candidate is somebody's */
	assert_int_equal(m.yiaddr, 0x7f000065);
	assert_true(exchange(fd, DHCP_REQUEST, 2, (const uint8_t *)"\x7f\0\0\x65", "", 0, 0, &m));
	assert_int_equal(m.type, DHCP_ACK);
	ask_both(fd, DHCP_DISCOVER, 3, NULL, "", 0, 0);                         /* nothing left */
	assert_int_equal(hear(fd, QUIET_MS), -1);
	close(fd);
}

static void test_dhcp_remembers_over_a_restart(void **state)
{
	static struct dhcp_msg m;
	int fd = client();
	(void)stop(state);
	(void)start_dhcp(state);
	assert_true(exchange(fd, DHCP_DISCOVER, 2, NULL, "", 0, 0, &m));
	assert_int_equal(m.yiaddr, 0x7f000065);
	close(fd);
}

static void test_dhcp_survives_what_is_no_packet(void **state)
{
	static struct dhcp_msg m;
	uint8_t junk[2000];
	int fd = client();
	(void)state;
	memset(junk, 0x35, sizeof(junk));
	for (size_t n = 1; n < sizeof(junk); n += 37) {
		junk[0] = 1, junk[1] = 1, junk[2] = (uint8_t)n;
		memcpy(junk + 236, "\x63\x82\x53\x63", 4);
		say(fd, junk, n, &server);
	}
	while (next_question(300))
		answer_client("", 0, 0);
	while (hear(fd, 100) > 0)
		;
	assert_true(exchange(fd, DHCP_DISCOVER, 9, NULL, "web9", 0x7f000011, 0, &m));
	close(fd);
}

static void remove_root(void)
{
	static const char *const files[] = { "/var/lib/cobbler/dhcp.leases", "/var/lib/cobbler/dhcp.leases.2" };
	static const char *const dirs[] = { "/var/lib/cobbler", "/var/lib", "/var", "/" };
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		char *p = path_of(files[i]);
		unlink(p);
		free(p);
	}
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		char *p = path_of(dirs[i]);
		rmdir(p);
		free(p);
	}
}

#define TFTP(f) cmocka_unit_test_setup_teardown(f, start_tftp, stop)
#define DHCP(f) cmocka_unit_test_setup_teardown(f, start_dhcp, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TFTP(test_tftp_file_inside_another_with_windows_and_roll_over),
		TFTP(test_tftp_a_stranger_gets_error_5_and_the_transfer_goes_on),
		TFTP(test_tftp_the_same_request_twice_is_one_transfer),
		TFTP(test_tftp_a_slow_answer_delays_only_its_client),
		TFTP(test_tftp_errors),
		TFTP(test_tftp_a_file_that_becomes_shorter_is_an_error),
		TFTP(test_tftp_netascii_has_line_ends_of_its_own),
		TFTP(test_tftp_ends_with_its_core_and_at_a_malformed_message),
		DHCP(test_dhcp_reserved_and_dynamic),
		DHCP(test_dhcp_remembers_over_a_restart),
		DHCP(test_dhcp_survives_what_is_no_packet),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	if (root[strlen(root) - 1] != 'X')
		remove_root();
	return rc;
}
