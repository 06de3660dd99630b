/* SPDX-License-Identifier: GPL-2.0-or-later
 * core_side.h - the core's answers to the services' questions: from the model (core_dhcp.c), files (core_tftp.c), a key (core_nfs.c).
 */
#ifndef NETBOOT_CORE_SIDE_H
#define NETBOOT_CORE_SIDE_H

#include "netboot/messages.h"
#include "netboot/netboot.h"

/* Who the client is and what it boots, by the model as it is now; *a is whole in any case. */
void core_answer_dhcp(struct core *c, const struct dhcp_question *q, struct dhcp_answer *a);
/* Returns a descriptor (owned) when a->status is CB_OK, else -1. */
int core_answer_tftp(struct core *c, const struct tftp_question *q, struct tftp_answer *a);
/* The key of the file handles, from /var/lib/cobbler/nfs.key, which is made when there is none. */
void core_answer_nfs(struct nfs_answer *a);

#endif
