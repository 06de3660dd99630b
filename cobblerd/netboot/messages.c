/* SPDX-License-Identifier: GPL-2.0-or-later
 * messages.c - see messages.h.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fdpass.h"
#include "base/log.h"
#include "netboot/messages.h"

static const uint16_t sizes[] = {
	[MSG_DHCP_QUESTION] = sizeof(struct dhcp_question), [MSG_DHCP_ANSWER] = sizeof(struct dhcp_answer),
	[MSG_TFTP_QUESTION] = sizeof(struct tftp_question), [MSG_TFTP_ANSWER] = sizeof(struct tftp_answer),
	[MSG_NFS_QUESTION] = sizeof(struct nfs_question), [MSG_NFS_ANSWER] = sizeof(struct nfs_answer),
};

void msg_head_init(struct msg_head *h, enum msg_type type, size_t size, uint64_t id)
{
	h->magic = MSG_MAGIC;
	h->type = (uint16_t)type;
	h->size = (uint16_t)size;
	h->id = id;
}

#define ENDED(a) (memchr((a), 0, sizeof(a)) != NULL)

/* Another byte in a bool may be both true and false. */
static bool is_bool(const bool *b)
{
	return *(const unsigned char *)b <= 1;
}

bool msg_valid(const union any_message *m, size_t n)
{
	const struct lease_client *c = &m->dhcp_answer.client;
	const struct boot_ident *id = &m->dhcp_question.ident;
	if (n < sizeof(m->head) || m->head.magic != MSG_MAGIC || m->head.type == 0 || m->head.type >= ARRAY_LEN(sizes) ||
		m->head.size != n || n != sizes[m->head.type])
		return false;
	switch ((enum msg_type)m->head.type) {
	case MSG_DHCP_QUESTION:
		return m->dhcp_question.hlen <= sizeof(m->dhcp_question.mac) && m->dhcp_question.ncandidates <= LEASE_CANDIDATES &&
			is_bool(&id->pxe) && is_bool(&id->http) && is_bool(&id->ipxe);
	case MSG_DHCP_ANSWER:
		return c->dns.n <= LEASE_LIST && ENDED(c->system) && ENDED(c->hostname) && ENDED(c->domain) && ENDED(c->search) &&
			ENDED(c->file) && is_bool(&c->known) && is_bool(&c->own_file) &&
			is_bool(&c->http_client);
	case MSG_TFTP_QUESTION:
		return ENDED(m->tftp_question.ip) && ENDED(m->tftp_question.path);
	case MSG_TFTP_ANSWER:
		return ENDED(m->tftp_answer.why) && m->tftp_answer.length <= INT64_MAX && m->tftp_answer.offset <= INT64_MAX;
	case MSG_NFS_QUESTION:
		return true;
	case MSG_NFS_ANSWER:
		return ENDED(m->nfs_answer.why);
	}
	return false;
}

bool nb_msg_send(int sock, const struct msg_head *h, int fd, int flags)
{
	return fdpass_send(sock, h, h->size, &fd, 1, flags) == h->size;
}

ssize_t nb_msg_recv(int sock, union any_message *msg, int *fd, int flags)
{
	return fdpass_recv(sock, msg, sizeof(*msg), fd, 1, flags, NULL);
}

int nb_answer_recv(int core, enum msg_type type, const char *service, union any_message *m, int *fd)
{
	ssize_t n = nb_msg_recv(core, m, fd, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n <= 0)
		return -1;
	if (!msg_valid(m, (size_t)n) || m->head.type != type)
		fatal("%s: the core sent a malformed message of %zd bytes", service, n);
	return 1;
}
