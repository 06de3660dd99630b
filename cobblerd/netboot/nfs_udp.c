/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_udp.c - calls in datagrams. The answer comes from the address that was asked.
 *
 * A sender's address may be a lie, so no answer is much longer than its call unless the call has a file handle, and that must be
 * one that was given to the same address: whoever has it gets its packets there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "netboot/nfs_service.h"

#define BATCH 32

/* Our address that was asked, which the answer is to come from; both kinds of control message say it. */
static void local_of(struct msghdr *m, struct nfs_client *who, struct msghdr *answer)
{
	answer->msg_controllen = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		union nfs_addr a = { .sa.sa_family = AF_INET };
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo i;
			memcpy(&i, CMSG_DATA(c), sizeof(i));
			a.in.sin_addr = i.ipi_spec_dst;
			i.ipi_ifindex = 0;
			memcpy(CMSG_DATA(c), &i, sizeof(i));
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo i;
			memcpy(&i, CMSG_DATA(c), sizeof(i));
			a.sa.sa_family = AF_INET6;
			a.in6.sin6_addr = i.ipi6_addr;
		} else {
			continue;
		}
		uint16_t port;
		nfs_address_text(&a, who->local, &port);
		answer->msg_control = c;
		answer->msg_controllen = c->cmsg_len;
	}
}

static void answer_one(struct nfs_service *s, const struct nfs_listener *l, const uint8_t *pkt, size_t n, struct msghdr *from)
{
	struct nfs_client who;
	struct nfs_answer_out a = { .w = wr_make(s->answer, sizeof(s->answer)) };
	struct iovec iov = { s->answer, 0 };
	struct msghdr m = { .msg_name = from->msg_name, .msg_namelen = from->msg_namelen, .msg_iov = &iov, .msg_iovlen = 1 };
	nfs_client_set(s, &who, from->msg_name, l);
	if (who.port == 0)
		return;
	local_of(from, &who, &m);
	nfs_answer(s, &who, pkt, n, &a);
	if (a.w.len == 0 || a.w.bad)
		return;
	iov.iov_len = a.w.len;
	/* What the network does not take is lost like any datagram: the client asks again. */
	if (sendmsg(l->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 && a.copied > 0)
		nfs_peer_add(s, who.ip, 0, a.copied);
}

void nfs_datagrams(struct nfs_service *s, const struct nfs_listener *l)
{
	static uint8_t buf[NFS_RECORD_MAX];
	for (int i = 0; i < BATCH; i++) {
		char control[256] __attribute__((aligned(8)));
		union nfs_addr from = { 0 };
		struct iovec iov = { buf, sizeof(buf) };
		struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = control, .msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(l->fd, &m, MSG_DONTWAIT);
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n >= 0 && (m.msg_flags & MSG_TRUNC) == 0 && (from.sa.sa_family == AF_INET || from.sa.sa_family == AF_INET6))
			answer_one(s, l, buf, (size_t)n, &m);
	}
}
