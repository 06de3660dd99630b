/* SPDX-License-Identifier: GPL-2.0-or-later
 * lease_fuzz.c - any packets, one after the other, through the whole decision: first byte what the core says, second the length of the
 * packet (in units of 4), and so on. What is answered must be a packet, with an address of our subnets.
 */
#include <stdlib.h>
#include <string.h>

#include "lease/lease.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

#define SELF 0x0a000001u

static const char config[] = "{\"rate\": 0, \"subnets\": [{\"subnet\": \"10.0.0.0/24\", \"range\": [\"10.0.0.100\", \"10.0.0.109\"]},"
	"{\"subnet\": \"10.1.0.0/24\", \"ranges\": [\"10.1.0.10-10.1.0.12\", \"10.1.0.200-10.1.0.254\"]}]}";

static struct lease_config cfg;
static struct dhcp_msg m;
static struct dhcp_reply r;

static struct lease_client client(uint8_t how)
{
	struct lease_client c = { .known = how & 1, .ip = how & 2 ? 0x0a000000u + (how >> 3) * 8u : 0,
		.taken = how & 4 ? 0xffu : how >> 5 };
	memcpy(c.system, "s", 2);
	memcpy(c.file, "pxelinux.0", 11);
	memcpy(c.search, "a.example b..c", 15);
	return c;
}

static void one(struct lease_table *t, uint8_t how, const uint8_t *p, size_t n, int64_t now)
{
	uint8_t out[1500];
	char note[160];
	const char *why;
	struct lease *changed;
	if (dhcp_parse(p, n, &m, &why) != CB_OK || m.hlen == 0)
		return;
	struct lease_request q = { .m = &m, .self = SELF, .now = now, .boot_port = how & 8 };
	q.subnet = lease_request_subnet(&cfg, &m, SELF, &why);
	if (q.subnet == NULL || lease_without_core(t, &q, note, &changed))
		return;
	q.ncandidates = lease_candidates(t, q.subnet, &m, SELF, now, q.candidate);
	struct lease_client c = client(how);
	if (lease_decide_proxy(&cfg, &q, &c, &r, note) == LEASE_REPLY && r.yiaddr != 0)
		abort();
	if (lease_decide(t, &cfg, &q, &c, &r, note, &changed) != LEASE_REPLY)
		return;
	if (r.yiaddr != 0 && ((r.yiaddr & q.subnet->mask) != q.subnet->net || r.yiaddr == SELF))
		abort();
	size_t len = dhcp_build(&r, out, sizeof(out), 548);
	if (len < DHCP_MIN_REPLY || len > 548 || dhcp_parse(out, len, &m, &why) != CB_OK || m.op != BOOTP_REPLY)
		abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct err e;
	if (cfg.nsubnets == 0) {
		struct value *v;
		if (json_parse(config, strlen(config), &v, &e) != CB_OK || lease_config_read(v, &cfg, &e) != CB_OK)
			abort();
		v_unref(v);
	}
	struct lease_table *t = lease_table_new(&cfg);
	int64_t now = 1000;
	while (size > 2) {
		size_t n = data[1] * 4u < size - 2 ? data[1] * 4u : size - 2;
		one(t, data[0], data + 2, n, now += data[0] * 10);
		data += 2 + n;
		size -= 2 + n;
	}
	size_t seen = 0;
	for (struct lease *l = NULL; (l = lease_next(t, l)) != NULL; seen++)
		if (lease_by_ip(t, l->ip) != l || (l->hlen > 0 && lease_by_mac(t, &cfg.subnet[l->subnet], l->htype, l->mac, l->hlen) != l))
			abort();
	if (seen != lease_count(t, LEASE_OFFERED) + lease_count(t, LEASE_ACTIVE) + lease_count(t, LEASE_DECLINED) +
		lease_count(t, LEASE_BLOCKED))
		abort();
	lease_table_free(t);
	return 0;
}
