/* SPDX-License-Identifier: GPL-2.0-or-later
 * rarp.h - RARP (RFC 903) on Ethernet for IPv4: "which address have I?" and the answer. Bytes to struct and back; what is before
 * them, the Ethernet header, is the caller's. Addresses are host-order integers.
 */
#ifndef WIRE_RARP_H
#define WIRE_RARP_H

#include "base/bytes.h"
#include "base/err.h"

#define RARP_ETHERTYPE 0x8035
#define RARP_MAC 6
#define RARP_FRAME 46              /* what an Ethernet frame carries at least: the packet's 28 bytes and zeros */

struct rarp_msg {
	uint8_t sender[RARP_MAC], target[RARP_MAC];
	uint32_t sender_ip, target_ip;
};

/* A request ("request reverse"). What follows its 28 bytes is padding. Anything else that comes with this type, replies and requests of
 * dynamic RARP (RFC 1931) among it: CB_EPARSE, with a static text in *why. */
int rarp_request_parse(const void *pkt, size_t n, struct rarp_msg *ret, const char **why) MUST_CHECK;
/* The answer ("reply reverse") to a request for target, from sender; RARP_FRAME bytes. */
void rarp_reply_build(const struct rarp_msg *m, uint8_t out[RARP_FRAME]);

#endif
