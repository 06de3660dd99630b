/* SPDX-License-Identifier: GPL-2.0-or-later
 * netboot.h - DHCP, TFTP and NFS services as processes of their own, and their side of the core.
 *
 * A service process holds its sockets and one SOCK_SEQPACKET to the core. It parses packets and asks the core by fixed messages:
 *   dhcp: "who is this client?"  -> reservation, boot file, options (for DHCP, BOOTP and RARP)
 *   tftp: "open this path for this client" -> descriptor (SCM_RIGHTS) or bytes in a memfd, with offset and length
 *   nfs: "what are file handles signed with?", once -> the key; its directories are open when it starts
 * Asking costs microseconds and makes an edit visible to the very next packet. The core trusts nothing in a question but its form.
 */
#ifndef NETBOOT_NETBOOT_H
#define NETBOOT_NETBOOT_H

#include "core/core.h"

/* Core side: a thread that answers questions arriving on fd until it is closed by the service or netboot_core_stop. */
struct netboot_core;
struct netboot_core *netboot_core_start(struct core *c, int fd);
void netboot_core_stop(struct netboot_core *n);

/* Master side, still privileged: bind what the service needs (UDP 67 / 4011 per interface, packet sockets; UDP 69).
 * A port in use or an unknown interface is an error that names it. cfg of dhcp has the part "rarp" of cobblerd.yaml as "rarp": either of
 * the two may be disabled. */
int netboot_dhcp_open(const struct value *cfg, int *socks, size_t cap, size_t *n, struct err *e) MUST_CHECK;
int netboot_tftp_open(const struct value *cfg, int *socks, size_t cap, size_t *n, struct err *e) MUST_CHECK;
/* The directories of exports too; one that is not there is logged. */
int netboot_nfs_open(const struct value *cfg, int *socks, size_t cap, size_t *n, struct err *e) MUST_CHECK;

/* Service side: entry points of the children. cfg: the service's part of cobblerd.yaml, already validated by settings/.
 * socks[0..n): what was opened. core_fd: see above. They drop privileges themselves, then loop until core_fd closes or SIGTERM.
 * Return the exit status. */
int netboot_dhcp_main(const struct value *cfg, const int *socks, size_t n, int core_fd);
int netboot_tftp_main(const struct value *cfg, const int *socks, size_t n, int core_fd);
int netboot_nfs_main(const struct value *cfg, const int *socks, size_t n, int core_fd);

#endif
