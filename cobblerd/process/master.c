/* SPDX-License-Identifier: GPL-2.0-or-later
 * master.c - starts the processes and keeps them running. It reads the administrator's files, never a peer's bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/version.h"
#include "netboot/netboot.h"
#include "process/process.h"
#include "settings/settings.h"

#define BACKOFF_FIRST_MS 200
#define BACKOFF_MAX_MS 10000
#define HEALTHY_MS 60000           /* alive this long: the next death starts at the first delay again */
#define STOP_MS 900                /* SIGTERM to SIGKILL */
#define KILLED_MS 10000            /* SIGKILL to the end, for one that the disk holds up */
#define WANTED_FILES 65536         /* descriptors of each process, where the system allows so many; as in the unit */

/* A service: what it is called, how its sockets are opened, how the core is told. Without open it has none, nor a part of cobblerd.yaml. */
struct service {
	const char *name;
	const char *also;          /* another part of cobblerd.yaml that it serves; NULL */
	char control;
	int (*open)(const struct value *cfg, int *socks, size_t cap, size_t *n, struct err *e);
	bool enabled;
	int socks[SOCKETS_MAX];
	size_t n;
	struct value *cfg;         /* its part of cobblerd.yaml, with the other one in it */
	pid_t pid;                 /* 0: not running */
	int log;                   /* log_pass reaches it by this; -1 */
	int64_t started_ms, start_at_ms;
	int backoff_ms;
};

#define SERVICES 4
#define PRIVILEGED 3               /* its place among them */

struct master {
	const struct options *o;
	struct value *daemon_cfg;
	char *user;                /* account of the core; "" when we stay who we are */
	uid_t uid;
	gid_t gid;
	int core_socks[2];
	size_t core_n;
	bool has_xmlrpc, has_http;
	pid_t core_pid;
	int core_sock;             /* -1: no core */
	int core_log;
	int64_t core_started_ms, core_start_at_ms;
	int core_backoff_ms;
	bool core_ready, was_ready;
	int ready_fd;              /* tells the waiting parent of a daemonised master; -1 */
	int sigfd;
	struct service services[SERVICES];
};

static enum log_level log_level_of(const struct master *m)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };
	const char *want = m->o->log_level != NULL ? m->o->log_level : v_dict_cstr(m->daemon_cfg, "log_level", "info");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(names[i], want))
			return (enum log_level)i;
	return LOG_LVL_INFO;
}

static struct value *base_config(const struct master *m)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };
	struct value *cfg = v_dict();
	v_dict_set(cfg, "root", v_str(path_root()));
	v_dict_set(cfg, "log_level", v_str(names[log_level_of(m)]));
	v_dict_set(cfg, "user", v_str(m->user));
	return cfg;
}

static int make_pair(int pair[2], struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return err_sys(e, "cannot create a socket pair");
	return CB_OK;
}

static void start_core(struct master *m)
{
	struct err e;
	int pair[2];
	m->core_start_at_ms = 0;
	m->core_started_ms = clock_mono_ms();
	if (make_pair(pair, &e) != CB_OK) {
		log_error("master", "%s", e.text);
		m->core_start_at_ms = clock_mono_ms() + BACKOFF_MAX_MS;
		return;
	}
	struct value *cfg = base_config(m);
	v_dict_set(cfg, "xmlrpc", v_bool(m->has_xmlrpc));
	v_dict_set(cfg, "http", v_bool(m->has_http));
	m->core_pid = child_start("core", pair[1], cfg, &m->core_log, m->core_socks, m->core_n, &e);
	v_unref(cfg);
	close(pair[1]);
	m->core_sock = pair[0];
	m->core_ready = false;
	if (m->core_pid <= 0) {
		log_error("master", "%s", e.text);
		m->core_pid = 0;
		close_fd(&m->core_sock);
		m->core_start_at_ms = clock_mono_ms() + BACKOFF_MAX_MS;
	}
}

static void start_service(struct master *m, struct service *s)
{
	struct err e;
	int pair[2] = { -1, -1 };
	s->start_at_ms = 0;
	s->started_ms = clock_mono_ms();
	if (make_pair(pair, &e) != CB_OK || msg_send(m->core_sock, s->control, pair[1]) == -1) {
		log_error("master", "cannot connect %s to the core", s->name);
		close_fd(&pair[0]);
		close_fd(&pair[1]);
		s->start_at_ms = clock_mono_ms() + BACKOFF_MAX_MS;
		return;
	}
	close(pair[1]);
	struct value *cfg = base_config(m);
	v_dict_set(cfg, "service", v_ref(s->cfg));
	s->pid = child_start(s->name, pair[0], cfg, &s->log, s->socks, s->n, &e);
	v_unref(cfg);
	close(pair[0]);
	if (s->pid <= 0) {
		log_error("master", "%s", e.text);
		s->pid = 0;
		s->start_at_ms = clock_mono_ms() + BACKOFF_MAX_MS;
	}
}

static int next_backoff(int last, int64_t lived_ms)
{
	if (last == 0 || lived_ms > HEALTHY_MS)
		return BACKOFF_FIRST_MS;
	return last * 2 < BACKOFF_MAX_MS ? last * 2 : BACKOFF_MAX_MS;
}

static void describe_end(const char *name, pid_t pid, int status, int delay_ms)
{
	if (WIFSIGNALED(status))
		log_error("master", "%s[%d] was ended by signal %d (%s); starting it again in %d ms", name, (int)pid, WTERMSIG(status),
			strsignal(WTERMSIG(status)), delay_ms);
	else
		log_error("master", "%s[%d] ended with status %d; starting it again in %d ms", name, (int)pid, WEXITSTATUS(status),
			delay_ms);
}

/* What the core can say itself, it has said. */
static void describe_failure(int status)
{
	if (WIFSIGNALED(status))
		log_error("master", "the core was ended by signal %d (%s) before it was ready", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == CHILD_NO_DESCRIPTORS)
		log_error("master", "the core cannot be started: the limit of open files is too low");
	else if (WEXITSTATUS(status) == CHILD_NO_PROGRAM)
		log_error("master", "the core cannot be started: /proc/self/exe cannot be executed");
}

/* The core is gone: its services follow by themselves when their sockets close, and are started again after it. */
static void core_died(struct master *m, int status)
{
	m->core_backoff_ms = next_backoff(m->core_backoff_ms, clock_mono_ms() - m->core_started_ms);
	describe_end("core", m->core_pid, status, m->core_backoff_ms);
	m->core_pid = 0;
	m->core_ready = false;
	close_fd(&m->core_sock);
	m->core_start_at_ms = clock_mono_ms() + m->core_backoff_ms;
}

/* Returns false when the daemon cannot go on: the core ended before it was ever ready. */
static bool reap(struct master *m)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0; ) {
		if (pid == m->core_pid) {
			if (!m->was_ready) {
				describe_failure(status);
				m->core_pid = 0;
				return false;
			}
			core_died(m, status);
			continue;
		}
		for (size_t i = 0; i < ARRAY_LEN(m->services); i++) {
			struct service *s = &m->services[i];
			if (s->pid != pid)
				continue;
			s->pid = 0;
			if (m->core_pid == 0 || !m->core_ready) {
				s->backoff_ms = 0;               /* it followed the core */
				continue;
			}
			s->backoff_ms = next_backoff(s->backoff_ms, clock_mono_ms() - s->started_ms);
			describe_end(s->name, pid, status, s->backoff_ms);
			s->start_at_ms = clock_mono_ms() + s->backoff_ms;
		}
	}
	return true;
}

static void announce_ready(struct master *m)
{
	m->core_ready = true;
	for (size_t i = 0; i < ARRAY_LEN(m->services); i++)
		if (m->services[i].enabled && m->services[i].pid == 0)
			start_service(m, &m->services[i]);
	if (m->was_ready)
		return;
	m->was_ready = true;
	log_info("master", "cobblerd %s (Cobbler %s) is ready", COBBLERD_VERSION, COBBLER_COMPAT);
	sd_notify(0, "READY=1\nSTATUS=Serving");
	if (m->ready_fd >= 0 && write(m->ready_fd, "R", 1) == 1)
		close_fd(&m->ready_fd);
}

static void start_what_is_due(struct master *m)
{
	int64_t now = clock_mono_ms();
	if (m->core_pid == 0 && m->core_start_at_ms != 0 && now >= m->core_start_at_ms)
		start_core(m);
	for (size_t i = 0; i < ARRAY_LEN(m->services); i++) {
		struct service *s = &m->services[i];
		if (s->enabled && s->pid == 0 && m->core_ready && s->start_at_ms != 0 && now >= s->start_at_ms)
			start_service(m, s);
	}
}

/* Milliseconds until something is due; -1: nothing is, and only a signal or the core wakes us. */
static int until_due(const struct master *m)
{
	int64_t at = m->core_pid == 0 ? m->core_start_at_ms : 0, now = clock_mono_ms();
	for (size_t i = 0; i < ARRAY_LEN(m->services); i++) {
		const struct service *s = &m->services[i];
		if (s->enabled && s->pid == 0 && m->core_ready && s->start_at_ms != 0 && (at == 0 || s->start_at_ms < at))
			at = s->start_at_ms;
	}
	return at == 0 ? -1 : at > now ? (int)(at - now) : 0;
}

static void service_close(struct service *s)
{
	for (size_t i = 0; i < s->n; i++)
		close(s->socks[i]);
	s->n = 0;
}

/* Its part of cobblerd.yaml, and below its name the other one that it serves. Owned. */
static struct value *part_of(const struct service *s, const struct value *cfg)
{
	const struct value *own = v_dict_get(cfg, s->name), *also = s->also != NULL ? v_dict_get(cfg, s->also) : NULL;
	struct value *part = own != NULL ? v_copy(own) : v_dict();
	if (also != NULL)
		v_dict_set(part, s->also, v_ref(also));
	return part;
}

static bool is_wanted(const struct service *s, const struct value *part)
{
	return v_dict_bool(part, "enabled", false) || (s->also != NULL && v_dict_bool(v_dict_get(part, s->also), "enabled", false));
}

/* Reads the service's part of cfg and opens its sockets. */
static int service_open(struct service *s, const struct value *cfg, struct err *e)
{
	if (s->open == NULL)
		return CB_OK;
	v_unref(s->cfg);
	s->cfg = part_of(s, cfg);
	s->enabled = is_wanted(s, s->cfg);
	if (!s->enabled)
		return CB_OK;
	int rc = s->open(s->cfg, s->socks, SOCKETS_MAX, &s->n, e);
	if (rc != CB_OK) {
		s->n = 0;
		s->enabled = false;
	}
	return rc;
}

static int open_log(void)
{
	char *log = path_of("/var/log/cobbler/cobbler.log");
	int rc = log_open(log);
	if (rc == -1)
		log_warn("master", "cannot open %s: %s", log, strerror(errno));
	free(log);
	return rc;
}

/* Once it was rotated. Nobody but the master could open the new file: the others have an empty root directory, or have given up root. */
static void renew_log(struct master *m)
{
	if (open_log() == -1)
		return;
	if (m->core_pid > 0 && log_pass(m->core_log) == -1)
		log_warn("master", "core keeps the former log file: %s", strerror(errno));
	for (size_t i = 0; i < ARRAY_LEN(m->services); i++)
		if (m->services[i].pid > 0 && log_pass(m->services[i].log) == -1)
			log_warn("master", "%s keeps the former log file: %s", m->services[i].name, strerror(errno));
}

/* The killed ones hold their ports and the store until the kernel is done with them: a daemon that starts next must find both free. */
static void await_killed(const pid_t *pids, size_t n)
{
	int64_t deadline = clock_mono_ms() + KILLED_MS;
	for (size_t i = 0; i < n; i++)
		while (pids[i] > 0 && waitpid(pids[i], NULL, WNOHANG) == 0 && clock_mono_ms() < deadline)
			poll(NULL, 0, 5);
}

/* One that does not end by itself (the disk holds it up, somebody stopped it) is killed: the master has others to look after. */
static void end_service(struct service *s)
{
	int64_t deadline = clock_mono_ms() + STOP_MS;
	pid_t pid = s->pid;
	s->pid = 0;
	kill(pid, SIGTERM);
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (clock_mono_ms() >= deadline) {
			log_warn("master", "%s[%d] did not end in time: killed", s->name, (int)pid);
			kill(pid, SIGKILL);
			await_killed(&pid, 1);
			return;
		}
		poll(NULL, 0, 5);
	}
}

static void log_unknown_modules(void)
{
	struct value *warnings CLEANUP(v_unrefp) = v_list();
	struct err e;
	if (settings_check_modules(warnings, &e) != CB_OK)
		log_error("settings", "%s", e.text);
	for (size_t i = 0; i < v_len(warnings); i++)
		log_warn("settings", "%s; what needs it will fail", v_cstr(v_list_at(warnings, i)));
}

/* SIGHUP: all get the log file anew; the core reads its settings again; a service whose part of cobblerd.yaml changed is started anew. */
static void reload(struct master *m)
{
	struct settings *st;
	struct err e;
	sd_notify(0, "RELOADING=1");
	renew_log(m);
	if (m->core_pid > 0)
		kill(m->core_pid, SIGHUP);
	if (settings_open(&st, &e) != CB_OK) {
		log_error("master", "the old configuration stays in force: %s", e.text);
		sd_notify(0, "READY=1");
		return;
	}
	log_unknown_modules();
	struct value *cfg = settings_daemon(st);
	settings_close(st);
	for (size_t i = 0; i < ARRAY_LEN(m->services); i++) {
		struct service *s = &m->services[i];
		struct value *part = part_of(s, cfg);
		bool refused = !s->enabled && is_wanted(s, part);         /* its port was taken, say: another try */
		bool same = s->open == NULL || (v_equal(part, s->cfg) && !refused);
		v_unref(part);
		if (same)
			continue;
		if (s->pid > 0)
			end_service(s);
		service_close(s);
		if (service_open(s, cfg, &e) != CB_OK)
			log_error("master", "%s stays down: %s", s->name, e.text);
		else if (s->enabled && m->core_ready)
			start_service(m, s);
	}
	v_unref(m->daemon_cfg);
	m->daemon_cfg = cfg;
	sd_notify(0, "READY=1");
}

/* Everything ends within STOP_MS; what does not is killed. */
static void stop_all(struct master *m)
{
	pid_t pids[SERVICES + 1];
	size_t n = 0;
	sd_notify(0, "STOPPING=1");
	for (size_t i = 0; i < ARRAY_LEN(m->services); i++)
		if (m->services[i].pid > 0)
			pids[n++] = m->services[i].pid;
	if (m->core_pid > 0)
		pids[n++] = m->core_pid;
	for (size_t i = 0; i < n; i++)
		kill(pids[i], SIGTERM);
	int64_t deadline = clock_mono_ms() + STOP_MS;
	for (size_t left = n; left > 0; ) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);
		if (pid > 0) {
			for (size_t i = 0; i < n; i++)
				if (pids[i] == pid) {
					pids[i] = 0;
					left--;
				}
			continue;
		}
		if (pid == -1 && errno == ECHILD)
			break;
		if (clock_mono_ms() >= deadline) {
			for (size_t i = 0; i < n; i++)
				if (pids[i] > 0) {
					log_warn("master", "process %d did not end in time: killed", (int)pids[i]);
					kill(pids[i], SIGKILL);
				}
			await_killed(pids, n);
			break;
		}
		poll(NULL, 0, 5);
	}
}

static bool take_signal(struct master *m, bool *stop)
{
	struct signalfd_siginfo si;
	if (read(m->sigfd, &si, sizeof(si)) != sizeof(si))
		return true;
	switch (si.ssi_signo) {
	case SIGCHLD: return reap(m);
	case SIGHUP: reload(m); return true;
	default: *stop = true; return true;
	}
}

/* Until SIGTERM (0) or until the core cannot be brought up (1). */
static int run(struct master *m)
{
	bool stop = false;
	start_core(m);
	while (!stop) {
		struct pollfd f[2] = { { .fd = m->sigfd, .events = POLLIN }, { .fd = m->core_sock, .events = POLLIN } };
		poll(f, m->core_sock >= 0 ? 2 : 1, until_due(m));
		if ((f[0].revents & POLLIN) && !take_signal(m, &stop))
			return 1;
		if (m->core_sock >= 0 && f[1].fd == m->core_sock && f[1].revents != 0) {
			char type;
			int fd, n = msg_recv(m->core_sock, &type, &fd);
			close_fd(&fd);
			if (n > 0 && type == CONTROL_READY)
				announce_ready(m);
			else if (n <= 0)
				close_fd(&m->core_sock);         /* its death is reported by SIGCHLD */
		}
		start_what_is_due(m);
	}
	return 0;
}

static int open_listeners(struct master *m, const struct value *st, struct err *e)
{
	const struct value *x = v_dict_get(m->daemon_cfg, "xmlrpc"), *h = v_dict_get(m->daemon_cfg, "http");
	int rc = listen_tcp("XML-RPC", v_dict_cstr(x, "address", "127.0.0.1"), (unsigned)v_dict_int(st, "xmlrpc_port", 25151),
		&m->core_socks[m->core_n], e);
	if (rc != CB_OK)
		return rc;
	m->has_xmlrpc = true;
	m->core_n++;
	if (v_dict_bool(h, "enabled", true)) {
		rc = listen_tcp("HTTP", v_dict_cstr(h, "address", "0.0.0.0"), (unsigned)v_dict_int(st, "http_port", 80),
			&m->core_socks[m->core_n], e);
		if (rc != CB_OK)
			return rc;
		m->has_http = true;
		m->core_n++;
	}
	for (size_t i = 0; i < ARRAY_LEN(m->services) && rc == CB_OK; i++)
		rc = service_open(&m->services[i], m->daemon_cfg, e);
	return rc;
}

static void close_listeners(struct master *m)
{
	for (size_t i = 0; i < ARRAY_LEN(m->services); i++)
		service_close(&m->services[i]);
	for (size_t i = 0; i < m->core_n; i++)
		close(m->core_socks[i]);
	m->core_n = 0;
}

/* The children of a daemon that was killed end a moment after it: a port in use gets a second to become free. */
static int open_listeners_patiently(struct master *m, const struct value *st, struct err *e)
{
	for (int attempt = 0; ; attempt++) {
		errno = 0;
		int rc = open_listeners(m, st, e);
		if (rc == CB_OK || errno != EADDRINUSE || attempt == 20)
			return rc;
		close_listeners(m);
		poll(NULL, 0, 50);
	}
}

/* The account that the core will run as. */
static void choose_user(struct master *m)
{
	const char *user = v_dict_cstr(m->daemon_cfg, "user", "cobbler");
	m->uid = (uid_t)-1;
	m->gid = (gid_t)-1;
	m->user = xstrdup("");
	if (geteuid() != 0)
		return;
	if (user_lookup(user, &m->uid, &m->gid) == 0) {
		free(m->user);
		m->user = xstrdup(user);
	} else {
		log_warn("master", "there is no user \"%s\" (cobblerd.yaml: user): the core keeps running as root", user);
	}
}

static int prepare(struct master *m, struct err *e)
{
	struct settings *st;
	int rc = dirs_prepare((uid_t)-1, (gid_t)-1, e);
	if (rc != CB_OK)
		return rc;
	rc = settings_open(&st, e);
	if (rc != CB_OK)
		return rc;
	m->daemon_cfg = settings_daemon(st);
	struct value *snap = settings_snapshot(st);
	settings_close(st);
	log_init("master", log_level_of(m));
	choose_user(m);
	if (open_log() == -1)
		log_warn("master", "nothing but standard error has the log");
	log_unknown_modules();
	if (*m->user != '\0') {
		m->services[PRIVILEGED].enabled = true;  /* the core gives up root: what needs it, another process does */
		m->services[PRIVILEGED].cfg = v_dict();
		rc = dirs_prepare(m->uid, m->gid, e);    /* after settings and log were created */
	}
	if (rc == CB_OK)
		rc = open_listeners_patiently(m, snap, e);
	v_unref(snap);
	return rc;
}

/* Passes on what the daemon writes to standard error until it is ready or has failed; its exit status for the caller. */
static int relay_until_ready(int ready, int text)
{
	char buf[4096], c;
	for (;;) {
		struct pollfd f[2] = { { .fd = text, .events = POLLIN }, { .fd = ready, .events = POLLIN } };
		if (poll(f, 2, -1) == -1 && errno != EINTR)
			return 1;
		ssize_t n = f[0].revents != 0 ? read(text, buf, sizeof(buf)) : 0;
		if (n > 0 && write(STDERR_FILENO, buf, (size_t)n) != n)
			return 1;
		if (n <= 0 && f[1].revents != 0)
			return read(ready, &c, 1) == 1 ? 0 : 1;
	}
}

/* In the background: the parent returns when the daemon is ready or has failed. Returns -1 in the child, which keeps nothing of the
 * terminal: standard error is a pipe that nobody reads once the parent has gone. */
static int to_background(struct master *m)
{
	int p[2], text[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null == -1 || pipe2(p, O_CLOEXEC) == -1 || pipe2(text, O_CLOEXEC) == -1)
		fatal("cannot create a pipe: %s", strerror(errno));
	pid_t pid = fork();
	if (pid == -1)
		fatal("cannot go to the background: %s", strerror(errno));
	if (pid > 0) {
		close(p[1]);
		close(text[1]);
		return relay_until_ready(p[0], text[0]);
	}
	close(p[0]);
	close(text[0]);
	if (dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1 || dup2(text[1], STDERR_FILENO) == -1)
		fatal("cannot leave the terminal: %s", strerror(errno));
	close(null);
	close(text[1]);
	m->ready_fd = p[1];
	setsid();
	return -1;
}

/* A shell, or a container, gives 1024 and allows more. The core serves two ports of up to 2048 connections. */
static void raise_limits(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) == -1 || r.rlim_cur >= WANTED_FILES)
		return;
	r.rlim_cur = r.rlim_max < WANTED_FILES ? r.rlim_max : WANTED_FILES;
	setrlimit(RLIMIT_NOFILE, &r);
}

int master_main(const struct options *o)
{
	struct master m = { .o = o, .core_sock = -1, .core_log = -1, .ready_fd = -1, .services = {
		{ .name = "dhcp", .also = "rarp", .log = -1, .control = CONTROL_DHCP, .open = netboot_dhcp_open },
		{ .name = "tftp", .log = -1, .control = CONTROL_TFTP, .open = netboot_tftp_open },
		{ .name = "nfs", .log = -1, .control = CONTROL_NFS, .open = netboot_nfs_open },
		[PRIVILEGED] = { .name = "privileged", .log = -1, .control = CONTROL_PRIVILEGED },
	} };
	struct err e;
	sigset_t sigs;
	int background = o->daemonize ? to_background(&m) : -1;
	if (background >= 0)
		return background;
	log_init("master", LOG_LVL_INFO);
	sigemptyset(&sigs);
	sigaddset(&sigs, SIGTERM);
	sigaddset(&sigs, SIGINT);
	sigaddset(&sigs, SIGHUP);
	sigaddset(&sigs, SIGCHLD);
	sigprocmask(SIG_BLOCK, &sigs, NULL);
	signal(SIGPIPE, SIG_IGN);
	raise_limits();
	m.sigfd = signalfd(-1, &sigs, SFD_CLOEXEC | SFD_NONBLOCK);
	int status = 1;
	if (m.sigfd == -1 || prepare(&m, &e) != CB_OK)
		log_error("master", "%s", m.sigfd == -1 ? "cannot create a signal descriptor" : e.text);
	else
		status = run(&m);
	stop_all(&m);
	log_info("master", "stopped");
	close_listeners(&m);
	for (size_t i = 0; i < ARRAY_LEN(m.services); i++)
		v_unref(m.services[i].cfg);
	v_unref(m.daemon_cfg);
	free(m.user);
	return status;
}
