/* SPDX-License-Identifier: GPL-2.0-or-later
 * rarp.c - see rarp.h.
 */
#include <string.h>

#include "wire/rarp.h"

#define HARDWARE_ETHERNET 1
#define PROTOCOL_IPV4 0x0800
#define IPV4_LEN 4

enum rarp_op { REQUEST_REVERSE = 3, REPLY_REVERSE = 4 };

static bool is_group(const uint8_t mac[RARP_MAC])
{
	return (mac[0] & 1) != 0;
}

/* What is wrong with it; NULL: nothing. */
static const char *refusal(const struct rd *r, uint16_t hardware, uint16_t protocol, uint8_t hlen, uint8_t plen, uint16_t op,
	const struct rarp_msg *m)
{
	if (r->bad)
		return "packet too short";
	if (hardware != HARDWARE_ETHERNET || hlen != RARP_MAC)
		return "not about Ethernet addresses";
	if (protocol != PROTOCOL_IPV4 || plen != IPV4_LEN)
		return "not about IPv4 addresses";
	if (op != REQUEST_REVERSE)
		return op == REPLY_REVERSE ? "a server's reply" : "neither request nor reply of RARP";
	if (is_group(m->sender) || is_group(m->target))
		return "the address of a group is nobody's";
	return NULL;
}

static void read_mac(struct rd *r, uint8_t out[RARP_MAC])
{
	const uint8_t *p = rd_take(r, RARP_MAC);
	if (p != NULL)
		memcpy(out, p, RARP_MAC);
}

int rarp_request_parse(const void *pkt, size_t n, struct rarp_msg *ret, const char **why)
{
	struct rd r = rd_make(pkt, n);
	struct rarp_msg m = { 0 };
	uint16_t hardware = rd_be16(&r), protocol = rd_be16(&r);
	uint8_t hlen = rd_u8(&r), plen = rd_u8(&r);
	uint16_t op = rd_be16(&r);
	read_mac(&r, m.sender);
	m.sender_ip = rd_be32(&r);
	read_mac(&r, m.target);
	m.target_ip = rd_be32(&r);
	const char *wrong = refusal(&r, hardware, protocol, hlen, plen, op, &m);
	*why = wrong != NULL ? wrong : "";
	if (wrong != NULL)
		return CB_EPARSE;
	*ret = m;
	return CB_OK;
}

void rarp_reply_build(const struct rarp_msg *m, uint8_t out[RARP_FRAME])
{
	struct wr w = wr_make(out, RARP_FRAME);
	wr_be16(&w, HARDWARE_ETHERNET);
	wr_be16(&w, PROTOCOL_IPV4);
	wr_u8(&w, RARP_MAC);
	wr_u8(&w, IPV4_LEN);
	wr_be16(&w, REPLY_REVERSE);
	wr_bytes(&w, m->sender, RARP_MAC);
	wr_be32(&w, m->sender_ip);
	wr_bytes(&w, m->target, RARP_MAC);
	wr_be32(&w, m->target_ip);
	wr_zero(&w, w.left);
}
