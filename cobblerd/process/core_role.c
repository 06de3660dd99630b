/* SPDX-License-Identifier: GPL-2.0-or-later
 * core_role.c - the core process: opens everything it owns, serves, and takes the sockets of the services from the master.
 */
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "http/http.h"
#include "import/import.h"
#include "manage/manage.h"
#include "netboot/netboot.h"
#include "process/process.h"
#include "triggers/shipped/shipped.h"

struct core_process {
	struct core core;
	struct rpc *rpc;
	struct http *http;
	struct netboot_core *dhcp, *tftp, *nfs;
};

static void reload(struct core_process *p)
{
	struct err e;
	if (settings_reload(p->core.settings, &e) != CB_OK)
		log_error("core", "the old settings stay in force: %s", e.text);
	else
		log_info("core", "settings read again");
}

/* A service was (re)started: answer it from now on. */
static void attach(struct core_process *p, char type, int fd)
{
	if (type == CONTROL_PRIVILEGED && fd >= 0) {
		privileged_attach(p->core.privileged, fd);
		return;
	}
	struct netboot_core **slot = type == CONTROL_DHCP ? &p->dhcp : type == CONTROL_TFTP ? &p->tftp :
		type == CONTROL_NFS ? &p->nfs : NULL;
	if (slot == NULL || fd < 0) {
		log_error("core", "unexpected message 0x%02x from the master", (unsigned char)type);
		close_fd(&fd);
		return;
	}
	if (*slot != NULL)
		netboot_core_stop(*slot);
	*slot = netboot_core_start(&p->core, fd);
}

/* Until SIGTERM or the master's end. */
static void serve(struct core_process *p, int sigfd)
{
	for (;;) {
		struct pollfd f[3] = { { .fd = sigfd, .events = POLLIN }, { .fd = FD_PEER, .events = POLLIN },
			{ .fd = log_socket(), .events = POLLIN } };
		if (poll(f, 3, -1) == -1 && errno != EINTR)
			return;
		if (f[0].revents & POLLIN) {
			struct signalfd_siginfo si;
			if (read(sigfd, &si, sizeof(si)) == sizeof(si) && si.ssi_signo != SIGHUP)
				return;
			reload(p);
		}
		if (f[2].revents != 0)
			log_take();
		if (f[1].revents != 0) {
			char type;
			int fd;
			if (msg_recv(FD_PEER, &type, &fd) <= 0)
				return;
			attach(p, type, fd);
		}
	}
}

/* *dropped: root was given up, so a process that kept it was or will be started. */
static int drop_privileges(const struct value *cfg, bool *dropped, struct err *e)
{
	const char *user = v_dict_cstr(cfg, "user", "");
	uid_t uid;
	gid_t gid;
	if (geteuid() != 0 || *user == '\0')
		return CB_OK;
	if (user_lookup(user, &uid, &gid) == -1)
		return err_set(e, CB_ENOENT, "there is no user %s any more", user);
	*dropped = true;
	return user_become(user, uid, gid, e);
}

int core_role(const struct value *cfg, const int *socks, size_t n)
{
	struct core_process p = { 0 };
	struct err e;
	sigset_t sigs;
	size_t next = 0;
	bool dropped = false;
	int status = 1;
	/* Large answers and files go back to the system when they are freed: without this, glibc keeps ever larger blocks. */
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
	/* Blocked before any thread exists, so that only the signalfd sees them. */
	sigemptyset(&sigs);
	sigaddset(&sigs, SIGTERM);
	sigaddset(&sigs, SIGINT);
	sigaddset(&sigs, SIGHUP);
	sigprocmask(SIG_BLOCK, &sigs, NULL);
	signal(SIGPIPE, SIG_IGN);
	int sigfd = signalfd(-1, &sigs, SFD_CLOEXEC);
	int xmlrpc_fd = v_dict_bool(cfg, "xmlrpc", false) && next < n ? socks[next++] : -1;
	int http_fd = v_dict_bool(cfg, "http", false) && next < n ? socks[next++] : -1;
	if (sigfd == -1 || drop_privileges(cfg, &dropped, &e) != CB_OK) {
		log_error("core", "%s", sigfd == -1 ? "cannot create a signal descriptor" : e.text);
		return 1;
	}
	/* Not by the master: these folders are the core's own. */
	if (library_install(&e) != CB_OK || core_open(&p.core, &e) != CB_OK) {
		log_error("core", "%s", e.text);
		return 1;
	}
	if (dropped)
		privileged_expect(p.core.privileged);
	shipped_start(&p.core);
	import_recover(&p.core);
	manage_adopt(&p.core);
	if (rpc_open(&p.core, &p.rpc, &e) != CB_OK || http_start(&p.core, p.rpc, xmlrpc_fd, http_fd, &p.http, &e) != CB_OK) {
		log_error("core", "%s", e.text);
	} else if (msg_send(FD_PEER, CONTROL_READY, -1) == 0) {
		serve(&p, sigfd);
		status = 0;
	}
	if (p.dhcp != NULL)
		netboot_core_stop(p.dhcp);
	if (p.tftp != NULL)
		netboot_core_stop(p.tftp);
	if (p.nfs != NULL)
		netboot_core_stop(p.nfs);
	http_stop(p.http);
	if (p.rpc != NULL)
		rpc_close(p.rpc);
	shipped_stop();
	core_stop(&p.core);
	log_info("core", "stopped");
#if defined(__SANITIZE_ADDRESS__)          /* which looks for what was never freed; otherwise the system takes it faster */
	core_close(&p.core);
#endif
	return status;
}
