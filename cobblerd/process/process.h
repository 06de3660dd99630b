/* SPDX-License-Identifier: GPL-2.0-or-later
 * process.h - the daemon as a set of processes.
 *
 * Every child is this binary again (/proc/self/exe --role NAME) with fixed descriptors and nothing else inherited:
 *   3  a SOCK_SEQPACKET: core <-> master, or service <-> core
 *   4  its configuration, JSON in a sealed memfd
 *   5  a SOCK_SEQPACKET by which the master sends the log file anew when it was rotated (log_listen)
 *   6+ its sockets, already bound
 */
#ifndef PROCESS_PROCESS_H
#define PROCESS_PROCESS_H

#include <sys/types.h>

#include "base/err.h"
#include "value/value.h"

#define FD_PEER 3
#define FD_CONFIG 4
#define FD_LOG 5
#define FD_SOCKETS 6
#define SOCKETS_MAX 64

struct options {
	const char *root;          /* --root DIR, or "" */
	bool daemonize;
	bool config_check;
	const char *log_level;     /* NULL: from cobblerd.yaml */
};

/* master.c: the whole daemon; returns its exit status. */
int master_main(const struct options *o);

/* roles.c: what a re-executed child does; returns its exit status. "core", "dhcp", "tftp", "nfs", "privileged", "importer",
 * "windows". */
int role_main(const char *role);

/* core_role.c */
int core_role(const struct value *cfg, const int *socks, size_t n);

/* Messages on the core's control socket (one byte, sometimes with a descriptor). */
enum control_msg {
	CONTROL_READY = 'R',       /* core -> master: loaded and listening */
	CONTROL_DHCP = 'D',        /* master -> core: here is the socket of a new dhcp service */
	CONTROL_TFTP = 'T',        /* master -> core: the same for tftp */
	CONTROL_NFS = 'N',         /* master -> core: the same for nfs */
	CONTROL_PRIVILEGED = 'P',  /* master -> core: the same for the process that keeps root */
};
/* msg.c: one byte and at most one descriptor (-1: none). recv: 0 at end of file, -1 with errno. */
int msg_send(int sock, char type, int fd) MUST_CHECK;
int msg_recv(int sock, char *type, int *fd) MUST_CHECK;

/* How a child ends that could not become the role, as shells say it. */
enum child_end { CHILD_NO_DESCRIPTORS = 126, CHILD_NO_PROGRAM = 127 };

/* child.c: fork and exec a role. peer, cfg and socks end up at the fixed numbers. The caller keeps its own copies. *log: what it had is
 * closed, and it becomes the end by which log_pass reaches this child. */
pid_t child_start(const char *role, int peer, const struct value *cfg, int *log, const int *socks, size_t n, struct err *e);

/* sockets.c: a listening TCP socket on a numeric address. */
int listen_tcp(const char *what, const char *address, unsigned port, int *ret, struct err *e) MUST_CHECK;

/* dirs.c: creates Cobbler's directories below the root; as root, they and what is in the state directories become the
 * account's. uid (uid_t)-1: keep owners. */
int dirs_prepare(uid_t uid, gid_t gid, struct err *e) MUST_CHECK;

/* library.c: puts the shipped files (base/embedded.h) where the site has none. */
int library_install(struct err *e) MUST_CHECK;

/* user.c: become an account for good; refuses to go on half-way. */
int user_lookup(const char *name, uid_t *uid, gid_t *gid);     /* 0, or -1 when there is no such account */
int user_become(const char *name, uid_t uid, gid_t gid, struct err *e) MUST_CHECK;

#endif
