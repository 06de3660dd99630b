/* SPDX-License-Identifier: GPL-2.0-or-later
 * roles.c - the first steps of a re-executed child.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "import/import.h"
#include "netboot/netboot.h"
#include "privileged/privileged.h"
#include "process/process.h"
#include "value/json.h"
#include "windows/windows.h"

#define CONFIG_MAX (1u << 20)

static int read_all(int fd, struct strbuf *b)
{
	char buf[4096];
	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		sb_add(b, buf, (size_t)n);
	}
}

static int parse_config(int fd, struct value **ret)
{
	struct strbuf b = { .limit = CONFIG_MAX };
	struct err e = { 0 };
	if (lseek(fd, 0, SEEK_SET) == -1 && errno != ESPIPE)
		return -1;
	int rc = read_all(fd, &b) == 0 && !b.full ? json_parse(sb_str(&b), b.len, ret, &e) : -1;
	if (rc != 0)
		log_error("process", "unreadable configuration: %s", e.text);
	sb_free(&b);
	return rc;
}

/* Sockets are passed without gaps from FD_SOCKETS on. */
static size_t count_sockets(int socks[SOCKETS_MAX])
{
	size_t n = 0;
	struct stat st;
	while (n < SOCKETS_MAX && fstat(FD_SOCKETS + (int)n, &st) == 0) {
		fcntl(FD_SOCKETS + (int)n, F_SETFD, FD_CLOEXEC);
		socks[n] = FD_SOCKETS + (int)n;
		n++;
	}
	return n;
}

static enum log_level level_of(const char *name)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(name, names[i]))
			return (enum log_level)i;
	return LOG_LVL_INFO;
}

/* Readers of media are started by the core itself and talk over their standard streams. */
static int reader_role(const char *role, int (*fn)(const struct value *job, int out_fd))
{
	struct value *job = NULL;
	log_init(role, LOG_LVL_INFO);
	int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
	/* Anything that a library prints must not end up between the answers. */
	if (out == -1 || parse_config(STDIN_FILENO, &job) != 0)
		return 1;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null == -1 || dup2(null, STDOUT_FILENO) == -1 || dup2(null, STDERR_FILENO) == -1)
		return 1;
	int status = fn(job, out);
	v_unref(job);
	return status;
}

int role_main(const char *role)
{
	struct value *cfg = NULL;
	int socks[SOCKETS_MAX];
	char comm[16];
	snprintf(comm, sizeof(comm), "cobblerd-%.6s", role);     /* what ps and top show; the kernel keeps 15 bytes */
	prctl(PR_SET_NAME, comm);
	if (str_eq(role, "importer"))
		return reader_role("importer", import_child);
	if (str_eq(role, "windows"))
		return reader_role("windows", windows_child);
	fcntl(FD_PEER, F_SETFD, FD_CLOEXEC);
	fcntl(FD_LOG, F_SETFD, FD_CLOEXEC);
	log_listen(FD_LOG);
	if (parse_config(FD_CONFIG, &cfg) != 0)
		return 1;
	close(FD_CONFIG);
	size_t n = count_sockets(socks);
	path_set_root(v_dict_cstr(cfg, "root", ""));
	char name[32];
	snprintf(name, sizeof(name), "%s", role);
	log_init(name, level_of(v_dict_cstr(cfg, "log_level", "info")));
	char *log = path_of("/var/log/cobbler/cobbler.log");
	if (log_open(log) == -1)
		log_warn("process", "cannot open %s: %s", log, strerror(errno));
	free(log);
	int status = 1;
	if (str_eq(role, "core"))
		status = core_role(cfg, socks, n);
	else if (str_eq(role, "dhcp"))
		status = netboot_dhcp_main(v_dict_get(cfg, "service"), socks, n, FD_PEER);
	else if (str_eq(role, "tftp"))
		status = netboot_tftp_main(v_dict_get(cfg, "service"), socks, n, FD_PEER);
	else if (str_eq(role, "nfs"))
		status = netboot_nfs_main(v_dict_get(cfg, "service"), socks, n, FD_PEER);
	else if (str_eq(role, "privileged"))
		status = privileged_main(FD_PEER);
	else
		log_error("process", "there is no role \"%s\"", role);
	v_unref(cfg);
	return status;
}
