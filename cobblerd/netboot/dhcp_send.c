/* SPDX-License-Identifier: GPL-2.0-or-later
 * dhcp_send.c - where an answer goes, and how.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>

#include "netboot/dhcp_service.h"

void dhcp_address(const struct dhcp_service *s, const struct dhcp_pending *p, const struct dhcp_msg *m, const struct dhcp_reply *r,
	struct dhcp_out *o)
{
	bool nak = r->opt[OPT_TYPE].data != NULL && r->opt[OPT_TYPE].data[0] == DHCP_NAK;
	o->iface = p->iface;
	o->src = p->self;
	o->to_link = false;
	o->hlen = m->hlen;
	memcpy(o->mac, m->chaddr, sizeof(o->mac));
	o->dst = (struct sockaddr_in){ .sin_family = AF_INET };
	o->boot_port = p->boot_port;
	if ((s->port != 67 || p->boot_port) && p->from.sin_addr.s_addr != 0) {
		/* PXE 2.1: a client that has its address asks us at 4011 and gets the answer where it asks from. On another port than
		 * DHCP's there is a test, or a relay of somebody's own. */
		o->dst = p->from;
	} else if (m->giaddr != 0) {
		/* RFC 2131 4.1: to the relay, at the server's port. */
		o->dst.sin_addr.s_addr = htonl(m->giaddr);
		o->dst.sin_port = htons((uint16_t)s->port);
	} else if (!nak && m->ciaddr != 0) {
		o->dst.sin_addr.s_addr = htonl(m->ciaddr);
		o->dst.sin_port = htons((uint16_t)s->client_port);
	} else {
		/* "If the broadcast bit is not set ... unicast to the client's hardware address and yiaddr." A proxy gives no yiaddr. */
		o->to_link = !nak && (r->flags & DHCP_FLAG_BROADCAST) == 0 && r->yiaddr != 0 && s->iface[p->iface].packet >= 0 &&
			m->htype == 1 && m->hlen == 6;
		o->dst.sin_addr.s_addr = htonl(o->to_link ? r->yiaddr : INADDR_BROADCAST);
		o->dst.sin_port = htons((uint16_t)s->client_port);
	}
}

static uint32_t sum16(uint32_t sum, const void *p, size_t n)
{
	struct rd r = rd_make(p, n);
	while (r.left > 1)
		sum += rd_be16(&r);
	return r.left == 1 ? sum + ((uint32_t)rd_u8(&r) << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* IP and UDP headers for a frame that the stack could not address by itself. */
static size_t build_headers(uint8_t out[28], const struct dhcp_service *s, const struct dhcp_out *o)
{
	uint8_t pseudo[12];
	uint32_t dst = ntohl(o->dst.sin_addr.s_addr);
	uint16_t udp_len = (uint16_t)(8 + o->len);
	struct wr w = wr_make(out, 28), p = wr_make(pseudo, sizeof(pseudo));
	wr_u8(&w, 0x45);
	wr_u8(&w, 0x10);                        /* low delay, as DHCP servers do */
	wr_be16(&w, (uint16_t)(20 + udp_len));
	wr_be32(&w, 0x00004000);                /* no fragments */
	wr_u8(&w, 64);
	wr_u8(&w, 17);
	wr_be16(&w, 0);
	wr_be32(&w, o->src);
	wr_be32(&w, dst);
	wr_be16(&w, (uint16_t)s->port);
	wr_be16(&w, ntohs(o->dst.sin_port));
	wr_be16(&w, udp_len);
	wr_be16(&w, 0);
	wr_be32(&p, o->src);
	wr_be32(&p, dst);
	wr_be16(&p, 17);
	wr_be16(&p, udp_len);
	uint16_t ip_sum = fold(sum16(0, out, 20));
	uint16_t udp_sum = fold(sum16(sum16(sum16(0, pseudo, sizeof(pseudo)), out + 20, 8), o->packet, o->len));
	if (udp_sum == 0)
		udp_sum = 0xffff;
	out[10] = (uint8_t)(ip_sum >> 8);
	out[11] = (uint8_t)ip_sum;
	out[26] = (uint8_t)(udp_sum >> 8);
	out[27] = (uint8_t)udp_sum;
	return w.len;
}

static bool send_frame(const struct dhcp_service *s, const struct dhcp_out *o)
{
	const struct dhcp_if *i = &s->iface[o->iface];
	uint8_t head[28];
	struct iovec iov[2] = { { head, build_headers(head, s, o) }, { (void *)(uintptr_t)o->packet, o->len } };
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = i->ifindex, .sll_halen = 6 };
	struct msghdr m = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = iov, .msg_iovlen = 2 };
	memcpy(to.sll_addr, o->mac, 6);
	return sendmsg(i->packet, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

bool dhcp_transmit(const struct dhcp_service *s, const struct dhcp_out *o)
{
	const struct dhcp_if *i = &s->iface[o->iface];
	if (o->to_link)
		return send_frame(s, o);
	/* From the address that the client was told, whatever else the interface has. */
	union { struct cmsghdr h; char buf[CMSG_SPACE(sizeof(struct in_pktinfo))]; } c = { 0 };
	struct in_pktinfo info = { .ipi_ifindex = i->ifindex, .ipi_spec_dst.s_addr = htonl(o->src) };
	struct iovec iov = { (void *)(uintptr_t)o->packet, o->len };
	struct msghdr m = { .msg_name = (void *)(uintptr_t)&o->dst, .msg_namelen = sizeof(o->dst), .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = c.buf, .msg_controllen = sizeof(c.buf) };
	c.h.cmsg_level = IPPROTO_IP;
	c.h.cmsg_type = IP_PKTINFO;
	c.h.cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(&c.h), &info, sizeof(info));
	return sendmsg(o->boot_port ? i->boot : i->udp, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}
