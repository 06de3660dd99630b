/* SPDX-License-Identifier: GPL-2.0-or-later
 * privileged.h - the few things that need root, for a core that has given it up: checking a login with PAM, replacing a file of an
 * external DHCP or DNS server or the settings, restarting such a server.
 *
 * A process of its own keeps root for them. It takes requests of a fixed form from the core alone, decides by its own tables what may be
 * written and restarted (never by a path or a name that the core could make up) and does each in a child of its own, with a time limit.
 * Where the core never gave up root (or never had it), there is no such process and the core does the same things itself.
 */
#ifndef PRIVILEGED_PRIVILEGED_H
#define PRIVILEGED_PRIVILEGED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

/* External servers whose configuration a sync writes. */
enum host_daemon {
	HOST_DHCPD = 1,
	HOST_DHCPD6 = 2,
	HOST_DNSMASQ = 4,
	HOST_NAMED = 8,
	HOST_TINYDNS = 16,         /* tinydns-data turns its file into the one that it serves */
};

/* ---- in the core ---- */

struct privileged;
/* Without a process: all is done with the rights of this one until privileged_expect. Returns owned; free accepts NULL. */
struct privileged *privileged_new(void);
void privileged_free(struct privileged *p);
/* The process exists: calls wait for its socket (some seconds) instead of doing things themselves. */
void privileged_expect(struct privileged *p);
/* Its socket, owned from now on; a former one is closed. */
void privileged_attach(struct privileged *p, int sock);

/* CB_OK when PAM lets user in with password for service and the account is valid; CB_EPERM with PAM's reason; another error when nobody
 * could be asked. Blocks up to PRIVILEGED_SECONDS. Thread-safe, as all calls here. */
int privileged_pam(struct privileged *p, const char *service, const char *user, const char *password, struct err *e) MUST_CHECK;
/* Replaces a file of the host (an absolute path without the root prefix) at once; owner, mode and access list stay. The process does it for
 * the files that host_file_is_known; any other is written with the rights of the caller. */
int privileged_write(struct privileged *p, const char *path, const struct strbuf *text, struct err *e) MUST_CHECK;
/* Restarts external servers (a mask of enum host_daemon), each unit once. output (appended) is what the commands said. */
int privileged_restart(struct privileged *p, unsigned daemons, struct strbuf *output, struct err *e) MUST_CHECK;

/* ---- what is done, with the rights of the calling process ---- */

/* What privileged_pam asks for. The service is the name of a file in /etc/pam.d. Blocks as long as PAM's modules do. */
int pam_check(const char *service, const char *user, const char *password, struct err *e) MUST_CHECK;
/* host_files.c: is path (without the root prefix) a file of an external server that a sync may write, or the settings? */
bool host_file_is_known(const char *path);
int host_file_replace(const char *path, const struct strbuf *text, struct err *e) MUST_CHECK;
/* restart.c: by systemd where it runs the host, else by supervisord, else by service(8). */
int host_daemons_restart(unsigned daemons, struct strbuf *output, struct err *e) MUST_CHECK;

/* ---- the process ---- */

#define PRIVILEGED_SECONDS 60

/* Serves until its socket ends or SIGTERM; its exit status. */
int privileged_main(int sock);

#endif
