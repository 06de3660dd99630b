/* SPDX-License-Identifier: GPL-2.0-or-later
 * rarp_rate.h - how many RARP requests are looked at: a machine asks every few seconds, and the core has others to answer. Pure.
 */
#ifndef NETBOOT_RARP_RATE_H
#define NETBOOT_RARP_RATE_H

#include "base/util.h"
#include "wire/rarp.h"

#define RARP_RATE_MACHINE 4        /* requests of one machine in a second */
#define RARP_RATE_ALL 1000         /* of all of them */
#define RARP_RATE_SLOTS 512        /* machines that are counted one by one: of two that share a slot, the last */

struct rarp_rate {                 /* zero-initialise */
	int64_t second;
	unsigned all;
	struct { uint8_t mac[RARP_MAC]; unsigned count; int64_t second; } machine[RARP_RATE_SLOTS];
};

/* One more request of this machine within the limits? now_ms: of a clock that only goes on. */
bool rarp_rate_take(struct rarp_rate *r, const uint8_t mac[RARP_MAC], int64_t now_ms);

#endif
