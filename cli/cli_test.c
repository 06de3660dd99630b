/* SPDX-License-Identifier: GPL-2.0-or-later
 * cli_test.c - the whole command against a server of this file: what is sent, what is printed, with which status it
 * ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"

/* What the server answers to a method: the text of a <value>, or of a fault when fault is set. Asked for the n-th
 * time, the n-th row of that method answers; the last one goes on answering. */
struct answer {
	const char *method, *value, *fault;
};

static struct server {
	int sock;
	char url[64];
	pthread_t thread;
	const struct answer *answers;
	size_t n;
	struct strbuf calls;          /* every request's body */
	unsigned asked[32];           /* per row of answers: of its method so far */
} srv;

static const struct answer *answer_of(const char *body)
{
	const struct answer *found = NULL;
	for (size_t i = 0; i < srv.n; i++) {
		char *tag CLEANUP(free_ptr) = xasprintf("<methodName>%s</methodName>", srv.answers[i].method);
		if (!strstr(body, tag))
			continue;
		found = &srv.answers[i];
		if (srv.asked[i] == 0) {
			srv.asked[i] = 1;
			return found;
		}
	}
	return found;
}

static void respond(int fd, const char *body)
{
	const struct answer *a = answer_of(body);
	struct strbuf xml CLEANUP(sb_free) = { 0 }, out CLEANUP(sb_free) = { 0 };
	sb_adds(&xml, "<?xml version='1.0'?><methodResponse>");
	if (!a || a->fault)
		sb_addf(&xml, "<fault><value><struct><member><name>faultCode</name><value><int>1</int></value></member><member><name>"
			"faultString</name><value><string>%s</string></value></member></struct></value></fault>",
			a ? a->fault : "no answer prepared");
	else
		sb_addf(&xml, "<params><param><value>%s</value></param></params>", a->value);
	sb_adds(&xml, "</methodResponse>");
	sb_addf(&out, "HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %zu\r\n\r\n%s", xml.len, xml.p);
	if (write(fd, out.p, out.len) != (ssize_t)out.len)
		abort();
}

static void serve_one(int fd)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	char buf[4096];
	for (;;) {
		const char *end = b.p ? strstr(b.p, "\r\n\r\n") : NULL;
		const char *len = end ? strcasestr(b.p, "content-length:") : NULL;
		if (len && strlen(end + 4) >= strtoul(len + 15, NULL, 10)) {
			sb_adds(&srv.calls, end + 4);
			respond(fd, end + 4);
			return;
		}
		ssize_t n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			return;
		sb_add(&b, buf, (size_t)n);
	}
}

static void *serve(void *arg UNUSED)
{
	for (int fd; (fd = accept(srv.sock, NULL, NULL)) >= 0; close(fd))
		serve_one(fd);
	return NULL;
}

static void start(const struct answer *answers, size_t n)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	srv = (struct server){ .answers = answers, .n = n, .sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	assert_int_equal(bind(srv.sock, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(srv.sock, 8), 0);
	assert_int_equal(getsockname(srv.sock, (struct sockaddr *)&a, &len), 0);
	snprintf(srv.url, sizeof(srv.url), "--server=http://127.0.0.1:%u", ntohs(a.sin_port));
	assert_int_equal(pthread_create(&srv.thread, NULL, serve, NULL), 0);
}

static void stop(void)
{
	shutdown(srv.sock, SHUT_RDWR);
	pthread_join(srv.thread, NULL);
	close(srv.sock);
	sb_free(&srv.calls);
}

/* Runs "cobbler --root ROOT WORDS..."; *printed gets its standard output (owned). */
static int run(char **printed, const char *const *words)
{
	char root[] = "/tmp/cli_test.XXXXXX";
	assert_non_null(mkdtemp(root));
	char *dir CLEANUP(free_ptr) = xasprintf("%s/var/lib/cobbler", root),
		*ss CLEANUP(free_ptr) = xasprintf("%s/web.ss", dir);
	struct err e;
	assert_int_equal(dir_make(dir, 0755, &e), 0);
	assert_int_equal(file_replace(AT_FDCWD, ss, "b'00ff'", 7, 0600, &e), 0);
	const char *argv[16] = { "cobbler", "--root", root, srv.url };
	int argc = 4;
	while (*words)
		argv[argc++] = *words++;
	fflush(stdout);
	int saved = dup(STDOUT_FILENO), mem = memfd_create("stdout", 0);
	assert_true(saved >= 0 && mem >= 0);
	dup2(mem, STDOUT_FILENO);
	int status = cli_main(argc, (char *const *)argv);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	struct strbuf out = { 0 };
	char buf[4096];
	lseek(mem, 0, SEEK_SET);
	for (ssize_t n; (n = read(mem, buf, sizeof(buf))) > 0;)
		sb_add(&out, buf, (size_t)n);
	close(mem);
	sb_adds(&out, "");
	*printed = sb_take(&out);
	char *lib CLEANUP(free_ptr) = xasprintf("%s/var/lib", root), *var CLEANUP(free_ptr) = xasprintf("%s/var", root);
	unlink(ss);
	rmdir(dir);
	rmdir(lib);
	rmdir(var);
	rmdir(root);
	return status;
}

#define RUN(out, ...) run(out, (const char *const[]){ __VA_ARGS__, NULL })

#define EVENT(state) "<array><data><value><double>0</double></value><value>Sync</value><value>" state "</value>" \
	"<value><array><data></data></array></value></data></array>"

static void test_edit_sends_one_call_with_secret_and_token(void **state UNUSED)
{
	static const struct answer a[] = { { "login", "<string>TOKEN</string>", NULL },
		{ "xapi_object_edit", "<boolean>1</boolean>", NULL } };
	char *out CLEANUP(free_ptr) = NULL;
	start(a, ARRAY_LEN(a));
	assert_int_equal(RUN(&out, "profile", "add", "--name=p<1", "--distro", "d", "--virt-ram=512"), 0);
	assert_string_equal(out, "");
	assert_non_null(strstr(srv.calls.p, "b'00ff'"));
	const char *edit = strstr(srv.calls.p, "xapi_object_edit");
	assert_non_null(edit);
	assert_non_null(strstr(edit, "<string>profile</string>"));
	assert_non_null(strstr(edit, "<string>p&lt;1</string>"));
	assert_non_null(strstr(edit, "<name>virt_ram</name>"));
	assert_non_null(strstr(edit, "<i4>512</i4>"));
	assert_non_null(strstr(edit, "<string>TOKEN</string>"));
	stop();
}

static void test_fault_of_an_edit_is_printed_and_fails(void **state UNUSED)
{
	static const struct answer a[] = { { "login", "<string>TOKEN</string>", NULL },
		{ "xapi_object_edit", NULL, "&lt;class 'ValueError'&gt;:bad: value" } };
	char *out CLEANUP(free_ptr) = NULL;
	start(a, ARRAY_LEN(a));
	assert_int_equal(RUN(&out, "distro", "edit", "--name=d", "--owners=x"), EXIT_FAILED);
	assert_string_equal(out, "exception on server: bad: value\n");
	free_ptr(&out);
	assert_int_equal(RUN(&out, "--json", "distro", "edit", "--name=d", "--owners=x"), EXIT_FAILED);
	assert_non_null(strstr(out, "\"class\": \"ValueError\""));
	assert_non_null(strstr(out, "\"message\": \"bad: value\""));
	stop();
}

static void test_other_faults_are_printed_whole(void **state UNUSED)
{
	static const struct answer a[] = { { "find_items", NULL, "&lt;class 'ValueError'&gt;:no criteria" } };
	char *out CLEANUP(free_ptr) = NULL;
	start(a, ARRAY_LEN(a));
	assert_int_equal(RUN(&out, "distro", "find"), EXIT_FAILED);
	assert_string_equal(out, "### ERROR ###\nUnexpected remote error, check the server side logs for further info\n"
		"<class 'ValueError'>:no criteria\n");
	stop();
}

static void test_power_that_failed_has_a_status(void **state UNUSED)
{
	static const struct answer a[] = {
		{ "login", "<string>T</string>", NULL }, { "get_item", "<struct></struct>", NULL },
		{ "background_power_system", "<string>ID</string>", NULL }, { "get_events", "<struct></struct>", NULL },
		{ "get_task_status", EVENT("complete"), NULL },
		{ "get_event_log", "<string>[ID] t - INFO | failed to execute power task on s, exception: x\n"
			"[ID] t - INFO | ### TASK COMPLETE ###\n</string>", NULL },
	};
	char *out CLEANUP(free_ptr) = NULL;
	start(a, ARRAY_LEN(a));
	assert_int_equal(RUN(&out, "system", "poweron", "--name=s"), EXIT_FAILED);
	stop();
}

static void test_refused_login_fails(void **state UNUSED)
{
	static const struct answer a[] = { { "login", NULL, "&lt;class 'cobbler.cexceptions.CX'&gt;:'login failed ()'" } };
	char *out CLEANUP(free_ptr) = NULL;
	start(a, ARRAY_LEN(a));
	assert_int_equal(RUN(&out, "sync"), EXIT_FAILED);
	assert_string_equal(out, "login failed ()\n");
	stop();
}

static void test_clobber_edits_what_is_there(void **state UNUSED)
{
	static const struct answer a[] = { { "login", "<string>TOKEN</string>", NULL },
		{ "get_item", "<struct></struct>", NULL },
		{ "xapi_object_edit", "<boolean>1</boolean>", NULL } };
	char *out CLEANUP(free_ptr) = NULL;
	start(a, ARRAY_LEN(a));
	assert_int_equal(RUN(&out, "menu", "add", "--name=m", "--clobber"), 0);
	const char *edit = strstr(srv.calls.p, "xapi_object_edit");
	assert_non_null(edit);
	assert_non_null(strstr(edit, "<string>edit</string>"));
	assert_null(strstr(edit, "clobber"));
	stop();
}

static void test_list_is_sorted_and_indented(void **state UNUSED)
{
	static const struct answer a[] = { { "get_item_names",
		"<array><data><value><string>b</string></value><value>a</value></data></array>", NULL } };
	char *out CLEANUP(free_ptr) = NULL;
	start(a, ARRAY_LEN(a));
	assert_int_equal(RUN(&out, "distro", "list"), 0);
	assert_string_equal(out, "   a\n   b\n");
	assert_null(strstr(srv.calls.p, "login"));
	stop();
}

static void test_report_of_a_missing_object_fails(void **state UNUSED)
{
	static const struct answer a[] = { { "get_item", "<string>~</string>", NULL } };
	char *out CLEANUP(free_ptr) = NULL;
	start(a, ARRAY_LEN(a));
	assert_int_equal(RUN(&out, "distro", "report", "--name=x"), EXIT_FAILED);
	assert_string_equal(out, "No distro found: x\n");
	stop();
}

static void test_task_is_followed_to_its_end(void **state UNUSED)
{
	static const struct answer a[] = {
		{ "login", "<string>T</string>", NULL }, { "background_sync", "<string>ID</string>", NULL },
		{ "get_events", "<struct></struct>", NULL },
		{ "get_task_status", EVENT("running"), NULL }, { "get_task_status", EVENT("running"), NULL },
		{ "get_task_status", EVENT("failed"), NULL },
		{ "get_event_log", "<string>[ID] t - INFO | one\n[ID] t - INFO | tw</string>", NULL },
		{ "get_event_log", "<string>[ID] t - INFO | one\n[ID] t - INFO | two\n</string>", NULL },
		{ "get_event_log", "<string>[ID] t - INFO | one\n[ID] t - INFO | two\n[ID] t - INFO | ### TASK FAILED ###\n</string>",
			NULL },
	};
	char *out CLEANUP(free_ptr) = NULL;
	start(a, ARRAY_LEN(a));
	assert_int_equal(RUN(&out, "sync"), EXIT_FAILED);
	assert_string_equal(out, "task started: ID\none\ntwo\n!!! TASK FAILED !!!\n");
	stop();
}

static void test_task_that_ends_without_a_last_line_is_seen(void **state UNUSED)
{
	static const struct answer a[] = {
		{ "login", "<string>T</string>", NULL }, { "background_hardlink", "<string>ID</string>", NULL },
		{ "get_task_status", EVENT("complete"), NULL }, { "get_event_log", "<string>one</string>", NULL },
	};
	char *out CLEANUP(free_ptr) = NULL;
	start(a, ARRAY_LEN(a));
	assert_int_equal(RUN(&out, "hardlink", "--json"), EXIT_DONE);
	assert_non_null(strstr(out, "\"state\": \"complete\""));
	assert_non_null(strstr(out, "\"one\""));
	stop();
}

static void test_no_server_has_a_status_of_its_own(void **state UNUSED)
{
	char *out CLEANUP(free_ptr) = NULL;
	start(NULL, 0);
	stop();                       /* nobody listens on that port any more */
	assert_int_equal(RUN(&out, "distro", "list"), EXIT_NO_SERVER);
	free_ptr(&out);
	assert_int_equal(RUN(&out, "version"), EXIT_NO_SERVER);
	assert_string_equal(out, "");
}

static void test_wrong_command_lines_send_nothing(void **state UNUSED)
{
	char *out CLEANUP(free_ptr) = NULL;
	start(NULL, 0);
	assert_int_equal(RUN(&out, "nonsense"), EXIT_FAILED);
	assert_string_equal(out, "No such command: nonsense\n");
	free_ptr(&out);
	assert_int_equal(RUN(&out, "distro", "ad"), EXIT_USAGE);
	free_ptr(&out);
	assert_int_equal(RUN(&out, "distro", "add", "--bogus=1"), EXIT_USAGE);
	free_ptr(&out);
	assert_int_equal(RUN(&out, "distro", "add"), EXIT_FAILED);
	assert_string_equal(out, "--name is required\n");
	free_ptr(&out);
	assert_int_equal(RUN(&out, "import", "--name=x"), EXIT_FAILED);
	free_ptr(&out);
	assert_int_equal(RUN(&out, "--timeout=soon", "version"), EXIT_USAGE);
	assert_int_equal(srv.calls.len, 0);
	stop();
}

static void test_completion_knows_words_options_and_names(void **state UNUSED)
{
	static const struct answer a[] = { { "get_item_names",
		"<array><data><value>web1</value><value>db1</value></data></array>", NULL } };
	char *out CLEANUP(free_ptr) = NULL;
	start(a, ARRAY_LEN(a));
	assert_int_equal(RUN(&out, "__complete", "1", "cobbler", "va"), 0);
	assert_string_equal(out, "validate-autoinstalls\n");
	free_ptr(&out);
	assert_int_equal(RUN(&out, "__complete", "2", "cobbler", "system", "rem"), 0);
	assert_string_equal(out, "remove\n");
	free_ptr(&out);
	assert_int_equal(RUN(&out, "__complete", "3", "cobbler", "system", "remove", "--r"), 0);
	assert_string_equal(out, "--recursive\n");
	free_ptr(&out);
	assert_int_equal(RUN(&out, "__complete", "5", "cobbler", "system", "remove", "--name", "=", "w"), 0);
	assert_string_equal(out, "web1\n");
	free_ptr(&out);
	assert_int_equal(RUN(&out, "__complete", "3", "cobbler", "system", "edit", "--netboot-enabled="), 0);
	assert_string_equal(out, "--netboot-enabled=1\n--netboot-enabled=0\n");
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edit_sends_one_call_with_secret_and_token),
		cmocka_unit_test(test_fault_of_an_edit_is_printed_and_fails),
		cmocka_unit_test(test_other_faults_are_printed_whole),
		cmocka_unit_test(test_power_that_failed_has_a_status),
		cmocka_unit_test(test_refused_login_fails),
		cmocka_unit_test(test_clobber_edits_what_is_there),
		cmocka_unit_test(test_list_is_sorted_and_indented),
		cmocka_unit_test(test_report_of_a_missing_object_fails),
		cmocka_unit_test(test_task_is_followed_to_its_end),
		cmocka_unit_test(test_task_that_ends_without_a_last_line_is_seen),
		cmocka_unit_test(test_no_server_has_a_status_of_its_own),
		cmocka_unit_test(test_wrong_command_lines_send_nothing),
		cmocka_unit_test(test_completion_knows_words_options_and_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
