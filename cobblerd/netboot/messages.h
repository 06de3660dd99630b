/* SPDX-License-Identifier: GPL-2.0-or-later
 * messages.h - questions of the services and answers of the core: fixed structs over a SOCK_SEQPACKET, one per packet, checked by
 * the receiver on both sides. Both ends are the same binary, so the layout is the compiler's.
 */
#ifndef NETBOOT_MESSAGES_H
#define NETBOOT_MESSAGES_H

#include <sys/types.h>

#include "lease/lease.h"
#include "wire/tftp.h"

#define MSG_MAGIC 0x434f4231u

enum msg_type { MSG_DHCP_QUESTION = 1, MSG_DHCP_ANSWER, MSG_TFTP_QUESTION, MSG_TFTP_ANSWER, MSG_NFS_QUESTION,
	MSG_NFS_ANSWER };

struct msg_head {
	uint32_t magic;
	uint16_t type;
	uint16_t size;                 /* of the whole message */
	uint64_t id;                   /* chosen by the asker, returned as it is */
};

/* How a client introduces itself: the boot file depends on it. */
struct boot_ident {
	uint16_t arch;                 /* option 93; 0xffff: not told */
	bool pxe, http, ipxe;          /* vendor class PXEClient, HTTPClient; user class iPXE */
};

struct dhcp_question {
	struct msg_head head;
	uint8_t htype, hlen, mac[16];
	struct boot_ident ident;
	uint32_t self;                 /* our address towards the client */
	uint32_t next_server;          /* of the subnet; 0: self */
	uint32_t candidate[LEASE_CANDIDATES];
	uint32_t ncandidates;
};

struct dhcp_answer {
	struct msg_head head;
	struct lease_client client;
};

struct tftp_question {
	struct msg_head head;
	char ip[46];
	char path[TFTP_NAME_MAX + 1];
};

struct tftp_answer {               /* with a descriptor when status is CB_OK */
	struct msg_head head;
	int32_t status;
	uint64_t offset, length;       /* the bytes of the descriptor that are the file */
	char why[160];                 /* status not CB_OK: for the log */
};

/* What file handles are signed with; the same at every start. */
#define NFS_KEY_SIZE 16

struct nfs_question {
	struct msg_head head;
};

struct nfs_answer {
	struct msg_head head;
	int32_t status;
	uint8_t key[NFS_KEY_SIZE];
	char why[160];                 /* status not CB_OK: for the log */
};

union any_message {
	struct msg_head head;
	struct dhcp_question dhcp_question;
	struct dhcp_answer dhcp_answer;
	struct tftp_question tftp_question;
	struct tftp_answer tftp_answer;
	struct nfs_question nfs_question;
	struct nfs_answer nfs_answer;
};

/* Fills the head's magic and size. */
void msg_head_init(struct msg_head *h, enum msg_type type, size_t size, uint64_t id);
/* A received message of n bytes: the right size for its type, all text ended, all counts in bounds. */
bool msg_valid(const union any_message *m, size_t n);
/* One message with at most one descriptor (-1: none). False: the other side is gone or (without blocking) does not take it now. */
bool nb_msg_send(int sock, const struct msg_head *h, int fd, int flags);
/* Returns its size, 0 at the end of the stream, -1 with errno. *fd: a descriptor that came along, or -1. */
ssize_t nb_msg_recv(int sock, union any_message *m, int *fd, int flags);
/* For a service: the core's next answer, without waiting. 1, 0: none yet, -1: the core is gone. Ends the process on anything but a valid
 * message of this type; service: its name in the log. *fd as above. */
int nb_answer_recv(int core, enum msg_type type, const char *service, union any_message *m, int *fd);

#endif
