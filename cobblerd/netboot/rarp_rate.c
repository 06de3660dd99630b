/* SPDX-License-Identifier: GPL-2.0-or-later
 * rarp_rate.c - see rarp_rate.h.
 */
#include <string.h>

#include "netboot/rarp_rate.h"

static size_t slot_of(const uint8_t mac[RARP_MAC])
{
	uint32_t h = 2166136261u;      /* FNV-1a */
	for (size_t i = 0; i < RARP_MAC; i++)
		h = (h ^ mac[i]) * 16777619u;
	return (h ^ h >> 16) % RARP_RATE_SLOTS;
}

bool rarp_rate_take(struct rarp_rate *r, const uint8_t mac[RARP_MAC], int64_t now_ms)
{
	int64_t second = now_ms / 1000;
	size_t i = slot_of(mac);
	if (r->second != second) {
		r->second = second;
		r->all = 0;
	}
	if (r->machine[i].second != second || memcmp(r->machine[i].mac, mac, RARP_MAC) != 0) {
		memcpy(r->machine[i].mac, mac, RARP_MAC);
		r->machine[i].second = second;
		r->machine[i].count = 0;
	}
	/* One that asks too often does not use up what is there for all. */
	if (r->machine[i].count == RARP_RATE_MACHINE || r->all == RARP_RATE_ALL)
		return false;
	r->machine[i].count++;
	r->all++;
	return true;
}
