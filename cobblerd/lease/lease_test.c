/* SPDX-License-Identifier: GPL-2.0-or-later
 * lease_test.c - configuration, decisions and journal. Time is a number that the tests choose.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lease/lease.h"
#include "value/json.h"

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define SELF IP(10, 0, 0, 1)
#define CONFIG "{\"subnets\": [{\"subnet\": \"10.0.0.0/24\", \"range\": [\"10.0.0.100\", \"10.0.0.103\"], \"dns\": [\"10.0.0.5\"]," \
	" \"lease_time\": 600}, {\"subnet\": \"10.1.0.0/24\", \"range\": \"10.1.0.10-10.1.0.20\"}]}"

static struct lease_config cfg;
static struct lease_table *table;
static struct dhcp_msg msg;
static struct dhcp_reply reply;
static char note[160];
static struct lease *changed;
static int64_t now;

static int read_config(const char *json, struct err *e)
{
	struct value *v;
	assert_int_equal(json_parse(json, strlen(json), &v, e), CB_OK);
	int rc = lease_config_read(v, &cfg, e);
	v_unref(v);
	return rc;
}

static int setup(void **state)
{
	struct err e;
	(void)state;
	now = 1000000;
	assert_int_equal(read_config(CONFIG, &e), CB_OK);
	table = lease_table_new(&cfg);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	lease_table_free(table);
	return 0;
}

/* A request as the wire has it: the options live in static memory until the next one. */
static void packet(enum dhcp_type type, uint8_t mac, uint32_t requested, uint32_t server)
{
	static uint8_t opt[2][4];
	memset(&msg, 0, sizeof(msg));
	msg.op = BOOTP_REQUEST;
	msg.htype = 1;
	msg.hlen = 6;
	msg.chaddr[0] = 0x52;
	msg.chaddr[5] = mac;
	msg.xid = 7;
	msg.type = type;
	msg.cookie = type != DHCP_NONE;
	struct wr a = wr_make(opt[0], 4), b = wr_make(opt[1], 4);
	wr_be32(&a, requested);
	wr_be32(&b, server);
	if (requested != 0)
		msg.opt[OPT_REQUESTED_IP] = (struct dhcp_opt){ 4, opt[0] };
	if (server != 0)
		msg.opt[OPT_SERVER_ID] = (struct dhcp_opt){ 4, opt[1] };
}

static struct lease_request query(void)
{
	const char *why;
	struct lease_request q = { .m = &msg, .self = SELF, .now = now };
	q.subnet = lease_request_subnet(&cfg, &msg, SELF, &why);
	assert_non_null(q.subnet);
	q.ncandidates = lease_candidates(table, q.subnet, &msg, SELF, now, q.candidate);
	return q;
}

static const struct lease_client nobody;

/* What the server does with msg; taken: addresses that the core says are other systems'. */
static enum lease_verdict decide(const struct lease_client *cl, uint32_t taken)
{
	struct lease_request q = query();
	struct lease_client c = *cl;
	if (lease_without_core(table, &q, note, &changed))
		return LEASE_SILENT;
	for (size_t i = 0; i < q.ncandidates; i++)
		if (q.candidate[i] == taken)
			c.taken |= 1u << i;
	return lease_decide(table, &cfg, &q, &c, &reply, note, &changed);
}

static int type_of_reply(void)
{
	return reply.opt[OPT_TYPE].data != NULL ? reply.opt[OPT_TYPE].data[0] : 0;
}

static uint32_t dora(uint8_t mac, const struct lease_client *cl)
{
	packet(DHCP_DISCOVER, mac, 0, 0);
	if (decide(cl, 0) != LEASE_REPLY)
		return 0;
	assert_int_equal(type_of_reply(), DHCP_OFFER);
	uint32_t ip = reply.yiaddr;
	packet(DHCP_REQUEST, mac, ip, SELF);
	assert_int_equal(decide(cl, 0), LEASE_REPLY);
	assert_int_equal(type_of_reply(), DHCP_ACK);
	assert_int_equal(reply.yiaddr, ip);
	return ip;
}

static struct lease_client reserved(uint32_t ip)
{
	struct lease_client cl = { .known = true, .ip = ip, .system = "web1", .hostname = "web1.example.org", .domain = "example.org",
		.file = "pxelinux.0" };
	return cl;
}

static void test_reservation_fills_everything_a_boot_needs(void **state)
{
	struct lease_client cl = reserved(IP(10, 0, 0, 10));
	(void)state;
	assert_int_equal(dora(1, &cl), IP(10, 0, 0, 10));
	assert_null(changed);                                   /* the model remembers it */
	assert_int_equal(reply.siaddr, SELF);
	assert_string_equal(reply.file, "pxelinux.0");
	assert_memory_equal(reply.opt[OPT_BOOT_FILE].data, "pxelinux.0", 10);
	assert_int_equal(reply.opt[OPT_BOOT_FILE].len, 10);
	assert_memory_equal(reply.opt[OPT_TFTP_SERVER].data, "10.0.0.1", 8);
	static const struct { uint8_t code; uint8_t v[4]; } rows[] = {
		{ OPT_NETMASK, { 255, 255, 255, 0 } }, { OPT_ROUTERS, { 10, 0, 0, 1 } }, { OPT_DNS, { 10, 0, 0, 5 } },
		{ OPT_BROADCAST, { 10, 0, 0, 255 } }, { OPT_SERVER_ID, { 10, 0, 0, 1 } }, { OPT_LEASE_TIME, { 0, 0, 2, 88 } },
		{ OPT_T1, { 0, 0, 1, 44 } }, { OPT_T2, { 0, 0, 2, 13 } },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (reply.opt[rows[i].code].len != 4 || memcmp(reply.opt[rows[i].code].data, rows[i].v, 4) != 0)
			fail_msg("option %u", rows[i].code);
	}
	assert_int_equal(reply.opt[OPT_HOSTNAME].len, strlen("web1.example.org"));
}

static void test_range_keeps_one_address_per_machine(void **state)
{
	(void)state;
	uint32_t a = dora(1, &nobody), b = dora(2, &nobody);
	assert_int_equal(a, IP(10, 0, 0, 100));
	assert_int_equal(b, IP(10, 0, 0, 101));
	assert_non_null(changed);
	assert_int_equal(dora(1, &nobody), a);
	now += 10000;                                           /* long expired: still its own while others are free */
	assert_int_equal(dora(3, &nobody), IP(10, 0, 0, 102));
	assert_int_equal(dora(1, &nobody), a);
	assert_int_equal(dora(4, &nobody), IP(10, 0, 0, 103));
	assert_int_equal(dora(5, &nobody), b);                  /* the one that expired longest ago */
	assert_int_equal(dora(6, &nobody), 0);
	assert_non_null(strstr(note, "no address of the range is free"));
}

static void test_reservations_of_others_are_not_given_away(void **state)
{
	(void)state;
	packet(DHCP_DISCOVER, 1, 0, 0);
	assert_int_equal(decide(&nobody, IP(10, 0, 0, 100)), LEASE_REPLY);
	assert_int_equal(reply.yiaddr, IP(10, 0, 0, 101));
	packet(DHCP_REQUEST, 2, IP(10, 0, 0, 102), 0);          /* INIT-REBOOT with one that was reserved meanwhile */
	assert_int_equal(decide(&nobody, IP(10, 0, 0, 102)), LEASE_REPLY);
	assert_int_equal(type_of_reply(), DHCP_NAK);
}

static void test_reservation_waits_while_its_address_is_leased(void **state)
{
	struct lease_client cl = reserved(IP(10, 0, 0, 100));
	(void)state;
	assert_int_equal(dora(1, &nobody), IP(10, 0, 0, 100));
	packet(DHCP_DISCOVER, 2, 0, 0);
	assert_int_equal(decide(&cl, 0), LEASE_REPLY);
	assert_int_equal(reply.yiaddr, IP(10, 0, 0, 101));
	assert_non_null(strstr(note, "still leased"));
	now += 601;
	packet(DHCP_DISCOVER, 2, 0, 0);
	assert_int_equal(decide(&cl, 0), LEASE_REPLY);
	assert_int_equal(reply.yiaddr, IP(10, 0, 0, 100));
}

static void test_requests_that_are_refused(void **state)
{
	struct lease_client cl = reserved(IP(10, 0, 0, 10));
	static const struct { uint32_t requested, server, ciaddr; bool known; int want; } rows[] = {
		{ IP(10, 0, 0, 11), SELF, 0, true, DHCP_NAK },                  /* not its reservation */
		{ IP(10, 0, 0, 10), 0, 0, true, DHCP_ACK },                     /* INIT-REBOOT */
		{ IP(192, 168, 0, 7), 0, 0, true, DHCP_NAK },                   /* moved here from another network */
		{ 0, 0, IP(10, 0, 0, 10), true, DHCP_ACK },                     /* renewal */
		{ 0, 0, IP(10, 0, 0, 11), true, DHCP_NAK },
		{ IP(10, 0, 0, 50), SELF, 0, false, DHCP_NAK },                 /* outside the range */
		{ IP(10, 0, 0, 102), 0, 0, false, DHCP_ACK },                   /* lease file lost: it may keep a free one */
		{ IP(10, 0, 0, 10), IP(10, 0, 0, 2), 0, true, 0 },              /* another server's offer */
		{ 0, 0, 0, true, 0 },                                           /* asks for nothing */
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		packet(DHCP_REQUEST, (uint8_t)(i + 1), rows[i].requested, rows[i].server);
		msg.ciaddr = rows[i].ciaddr;
		int got = decide(rows[i].known ? &cl : &nobody, 0) == LEASE_REPLY ? type_of_reply() : 0;
		if (got != rows[i].want)
			fail_msg("row %zu: %d instead of %d (%s)", i, got, rows[i].want, note);
	}
}

static void test_nak_through_a_relay_is_broadcast(void **state)
{
	(void)state;
	packet(DHCP_REQUEST, 1, IP(10, 9, 9, 9), 0);
	msg.giaddr = IP(10, 1, 0, 1);
	msg.opt[OPT_RELAY_AGENT] = (struct dhcp_opt){ 4, (const uint8_t *)"\1\2ab" };
	assert_int_equal(decide(&nobody, 0), LEASE_REPLY);
	assert_int_equal(type_of_reply(), DHCP_NAK);
	assert_true(reply.flags & DHCP_FLAG_BROADCAST);
	assert_int_equal(reply.giaddr, IP(10, 1, 0, 1));
	assert_memory_equal(reply.opt[OPT_RELAY_AGENT].data, "\1\2ab", 4);
}

static void test_relay_chooses_the_subnet_and_strangers_are_ignored(void **state)
{
	const char *why;
	(void)state;
	packet(DHCP_DISCOVER, 1, 0, 0);
	msg.giaddr = IP(10, 1, 0, 1);
	assert_int_equal(decide(&nobody, 0), LEASE_REPLY);
	assert_int_equal(reply.yiaddr, IP(10, 1, 0, 10));
	msg.giaddr = IP(203, 0, 113, 1);
	assert_null(lease_request_subnet(&cfg, &msg, SELF, &why));
	assert_non_null(strstr(why, "relay"));
}

static void test_decline_and_release(void **state)
{
	(void)state;
	uint32_t a = dora(1, &nobody);
	packet(DHCP_DECLINE, 2, a, SELF);                       /* not its own: ignored */
	assert_int_equal(decide(&nobody, 0), LEASE_SILENT);
	assert_null(changed);
	packet(DHCP_DECLINE, 1, a, SELF);
	assert_int_equal(decide(&nobody, 0), LEASE_SILENT);
	assert_non_null(changed);
	assert_int_equal(lease_by_ip(table, a)->state, LEASE_DECLINED);
	uint32_t b = dora(1, &nobody);
	assert_true(b != a);
	packet(DHCP_RELEASE, 1, 0, SELF);
	msg.ciaddr = b;
	assert_int_equal(decide(&nobody, 0), LEASE_SILENT);
	assert_true(lease_by_ip(table, b)->expires <= now);
	now += LEASE_DECLINE_TIME + 1;
	(void)dora(2, &nobody);
	(void)dora(3, &nobody);
	assert_int_not_equal(dora(4, &nobody), 0);
	assert_int_not_equal(dora(5, &nobody), 0);              /* the declined one is in use again */
}

static void test_inform_gets_options_and_no_lease(void **state)
{
	(void)state;
	packet(DHCP_INFORM, 1, 0, 0);
	msg.ciaddr = IP(10, 0, 0, 77);
	assert_int_equal(decide(&nobody, 0), LEASE_REPLY);
	assert_int_equal(type_of_reply(), DHCP_ACK);
	assert_int_equal(reply.yiaddr, 0);
	assert_null(reply.opt[OPT_LEASE_TIME].data);
	assert_non_null(reply.opt[OPT_DNS].data);
}

static void test_bootp_needs_a_reservation(void **state)
{
	struct lease_client cl = reserved(IP(10, 0, 0, 10));
	uint8_t out[1500];
	(void)state;
	packet(DHCP_NONE, 1, 0, 0);
	assert_int_equal(decide(&nobody, 0), LEASE_SILENT);
	assert_int_equal(decide(&cl, 0), LEASE_REPLY);
	assert_int_equal(reply.yiaddr, IP(10, 0, 0, 10));
	assert_int_equal(type_of_reply(), 0);
	assert_int_equal(dhcp_build(&reply, out, sizeof(out), DHCP_MIN_REPLY), DHCP_MIN_REPLY);
}

/* Whose vendor area is of another kind, gets none; whose is empty or missing, gets options. */
static void test_bootp_gets_options_unless_it_has_another_format(void **state)
{
	struct lease_client cl = reserved(IP(10, 0, 0, 10));
	(void)state;
	packet(DHCP_NONE, 1, 0, 0);
	assert_int_equal(decide(&cl, 0), LEASE_REPLY);
	assert_true(reply.cookie);
	msg.foreign = true;
	assert_int_equal(decide(&cl, 0), LEASE_REPLY);
	assert_false(reply.cookie);
}

static void test_bootp_is_told_what_it_knows(void **state)
{
	static const enum dhcp_option never[] = { OPT_TYPE, OPT_SERVER_ID, OPT_LEASE_TIME, OPT_T1, OPT_T2, OPT_BOOT_FILE, OPT_TFTP_SERVER };
	struct lease_client cl = reserved(IP(10, 0, 0, 10));
	(void)state;
	snprintf(cl.file, sizeof(cl.file), "sgi/sash");
	packet(DHCP_NONE, 1, 0, 0);
	msg.cookie = true;
	msg.ciaddr = IP(10, 0, 0, 9);
	assert_int_equal(decide(&cl, 0), LEASE_REPLY);
	assert_string_equal(reply.file, "sgi/sash");
	assert_int_equal(reply.ciaddr, IP(10, 0, 0, 9));
	assert_int_equal(reply.siaddr, SELF);
	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		assert_null(reply.opt[never[i]].data);
	assert_non_null(reply.opt[OPT_NETMASK].data);
}

static void test_bootp_gets_the_file_it_asks_for(void **state)
{
	static const struct { enum dhcp_type type; const char *asked, *file; bool own; const char *want; } rows[] = {
		{ DHCP_NONE, "", "pxelinux.0", false, "pxelinux.0" },
		{ DHCP_NONE, "/sgi/sash", "pxelinux.0", false, "/sgi/sash" },
		{ DHCP_NONE, "/sgi/sash", "of/system", true, "of/system" },      /* the model's word */
		{ DHCP_NONE, "/sgi/sash", "", false, "" },                       /* to boot from its disk */
		{ DHCP_DISCOVER, "/sgi/sash", "pxelinux.0", false, "pxelinux.0" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lease_client cl = reserved(IP(10, 0, 0, 10));
		snprintf(cl.file, sizeof(cl.file), "%s", rows[i].file);
		cl.own_file = rows[i].own;
		packet(rows[i].type, 1, 0, 0);
		snprintf(msg.file, sizeof(msg.file), "%s", rows[i].asked);
		assert_int_equal(decide(&cl, 0), LEASE_REPLY);
		if (strcmp(reply.file, rows[i].want) != 0)
			fail_msg("row %zu: \"%s\"", i, reply.file);
	}
}

static void test_known_only_is_silent_for_others(void **state)
{
	(void)state;
	struct lease_client cl = { .known = true };
	cfg.known_only = true;
	assert_int_equal(dora(1, &nobody), 0);
	assert_non_null(strstr(note, "only known machines"));
	assert_int_equal(dora(1, &cl), IP(10, 0, 0, 100));      /* a system without an address of its own */
}

static void test_proxy_names_a_boot_file_and_no_address(void **state)
{
	struct lease_client cl = reserved(IP(10, 0, 0, 10));
	struct lease_request q;
	(void)state;
	packet(DHCP_DISCOVER, 1, 0, 0);
	q = query();
	assert_int_equal(lease_decide_proxy(&cfg, &q, &cl, &reply, note), LEASE_SILENT);        /* no network boot client */
	msg.opt[OPT_VENDOR_CLASS] = (struct dhcp_opt){ 9, (const uint8_t *)"PXEClient" };
	msg.opt[OPT_UUID] = (struct dhcp_opt){ 3, (const uint8_t *)"\0id" };
	assert_int_equal(lease_decide_proxy(&cfg, &q, &cl, &reply, note), LEASE_REPLY);
	assert_int_equal(type_of_reply(), DHCP_OFFER);
	assert_int_equal(reply.yiaddr, 0);
	assert_int_equal(reply.siaddr, SELF);
	assert_null(reply.opt[OPT_LEASE_TIME].data);
	assert_null(reply.opt[OPT_ROUTERS].data);
	assert_string_equal(reply.file, "pxelinux.0");
	assert_memory_equal(reply.opt[OPT_VENDOR_CLASS].data, "PXEClient", 9);
	assert_memory_equal(reply.opt[OPT_VENDOR_INFO].data, "\6\1\10\377", 4);
	assert_memory_equal(reply.opt[OPT_UUID].data, "\0id", 3);
	packet(DHCP_REQUEST, 1, 0, 0);
	msg.ciaddr = IP(10, 0, 0, 77);
	msg.opt[OPT_VENDOR_CLASS] = (struct dhcp_opt){ 9, (const uint8_t *)"PXEClient" };
	msg.opt[OPT_VENDOR_INFO] = (struct dhcp_opt){ 7, (const uint8_t *)"\107\4\200\0\0\0\377" };
	assert_int_equal(lease_decide_proxy(&cfg, &q, &cl, &reply, note), LEASE_SILENT);        /* to the other server */
	q.boot_port = true;
	assert_int_equal(lease_decide_proxy(&cfg, &q, &cl, &reply, note), LEASE_REPLY);
	assert_int_equal(type_of_reply(), DHCP_ACK);
	assert_memory_equal(reply.opt[OPT_VENDOR_INFO].data, "\107\4\200\0\0\0\377", 7);
	cl.file[0] = '\0';
	assert_int_equal(lease_decide_proxy(&cfg, &q, &cl, &reply, note), LEASE_SILENT);
}

static void test_starvation_is_slowed_down(void **state)
{
	static uint32_t given;
	struct err e;
	(void)state;
	lease_table_free(table);
	assert_int_equal(read_config("{\"rate\": 10, \"subnets\": [{\"subnet\": \"10.0.0.0/16\", \"range\": \"10.0.1.0-10.0.200.0\"}]}",
		&e), CB_OK);
	table = lease_table_new(&cfg);
	given = 0;
	for (unsigned i = 0; i < 10000; i++) {
		packet(DHCP_DISCOVER, (uint8_t)i, 0, 0);
		msg.chaddr[4] = (uint8_t)(i >> 8);
		given += decide(&nobody, 0) == LEASE_REPLY;
	}
	assert_in_range(given, 10, 50);
	struct lease_client cl = reserved(IP(10, 0, 0, 10));
	packet(DHCP_DISCOVER, 1, 0, 0);
	assert_int_equal(decide(&cl, 0), LEASE_REPLY);          /* a known machine does not feel it */
}

static void test_a_clock_that_is_set_changes_no_lease(void **state)
{
	static const int steps[] = { -86400 * 365, 86400 * 365 * 20, -5000 };
	struct err e;
	double mono = 100;
	(void)state;
	lease_table_free(table);
	assert_int_equal(read_config("{\"rate\": 2, \"subnets\": [{\"subnet\": \"10.0.0.0/24\", \"range\": \"10.0.0.100-10.0.0.150\", "
		"\"lease_time\": 600}]}", &e), CB_OK);
	table = lease_table_new(&cfg);
	assert_int_equal(lease_follow_clock(table, (double)now, mono), 0);
	uint32_t mine = dora(1, &nobody);
	assert_int_not_equal(mine, 0);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		mono += 10;
		now += 10 + steps[i];
		assert_int_equal(lease_follow_clock(table, (double)now, mono), steps[i]);
		mono += 1;                              /* and goes on */
		now += 1;
		assert_int_equal(lease_follow_clock(table, (double)now + 0.7, mono), 0);
		struct lease *l = lease_by_ip(table, mine);
		assert_non_null(l);
		assert_int_equal(l->expires - now, 600 - 11);
		assert_int_equal(dora(1, &nobody), mine);
		uint32_t theirs = dora((uint8_t)(2 + i), &nobody);       /* others are served, and get other addresses */
		assert_int_not_equal(theirs, 0);
		assert_int_not_equal(theirs, mine);
	}
	now += 601;
	for (int i = 0; i < 20; i++, now++)                     /* the limit of new machines counts on */
		assert_int_not_equal(dora((uint8_t)(100 + i), &nobody), 0);
}

static void test_infrastructure_is_never_given(void **state)
{
	struct err e;
	(void)state;
	lease_table_free(table);
	assert_int_equal(read_config("{\"subnets\": [{\"subnet\": \"10.0.0.0/29\", \"range\": [\"10.0.0.0\", \"10.0.0.7\"], \"router\": "
		"\"10.0.0.2\",\"dns\": \"10.0.0.3\"}]}", &e), CB_OK);
	table = lease_table_new(&cfg);
	assert_int_equal(dora(1, &nobody), IP(10, 0, 0, 4));
	assert_int_equal(dora(2, &nobody), IP(10, 0, 0, 5));
	assert_int_equal(dora(3, &nobody), IP(10, 0, 0, 6));
	assert_int_equal(dora(4, &nobody), 0);
}

static void test_bad_configurations_are_named(void **state)
{
	static const struct { const char *json, *want; } rows[] = {
		{ "{\"subnets\": 3}", "subnets" },
		{ "{\"subnets\": [{}]}", "subnet" },
		{ "{\"subnets\": [{\"subnet\": \"10.0.0.0/33\"}]}", "prefix" },
		{ "{\"subnets\": [{\"subnet\": \"x/24\"}]}", "x/24" },
		{ "{\"subnets\": [{\"subnet\": \"10.0.0.0/24\", \"range\": [\"10.0.1.1\", \"10.0.1.9\"]}]}", "not inside" },
		{ "{\"subnets\": [{\"subnet\": \"10.0.0.0/24\", \"range\": [\"10.0.0.9\", \"10.0.0.1\"]}]}", "not a range" },
		{ "{\"subnets\": [{\"subnet\": \"10.0.0.0/24\", \"ranges\": [\"10.0.0.1-10.0.0.9\", \"10.0.0.9-10.0.0.20\"]}]}",
			"overlaps" },
		{ "{\"subnets\": [{\"subnet\": \"10.0.0.0/24\", \"dns\": [\"ns1\"]}]}", "ns1" },
		{ "{\"subnets\": [{\"subnet\": \"10.0.0.0/24\", \"lease_time\": 5}]}", "lease_time" },
		{ "{\"subnets\": [{\"subnet\": \"10.0.0.0/8\", \"range\": \"10.0.0.1-10.255.255.254\"}]}", "addresses" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = { 0 };
		if (read_config(rows[i].json, &e) == CB_OK || strstr(e.text, rows[i].want) == NULL)
			fail_msg("row %zu: \"%s\"", i, e.text);
	}
}

/* ---- journal ---- */

static int64_t opened_at = INT64_MAX;

static void open_journal(struct lease_journal *j, const int fd[2], size_t *damaged)
{
	struct err e;
	lease_table_free(table);
	table = lease_table_new(&cfg);
	if (lease_journal_open(j, fd[0], fd[1], table, opened_at, damaged, &e) != CB_OK)
		fail_msg("%s", e.text);
}

static void grant(struct lease_journal *j, uint8_t mac)
{
	struct err e;
	(void)dora(mac, &nobody);
	lease_journal_add(j, changed);
	assert_int_equal(lease_journal_sync(j, table, now, &e), CB_OK);
}

static void test_leases_survive_and_damage_costs_only_its_lines(void **state)
{
	int fd[2] = { memfd_create("a", 0), memfd_create("b", 0) };
	struct lease_journal j;
	size_t damaged;
	char junk[5000];
	(void)state;
	open_journal(&j, fd, &damaged);
	assert_int_equal(damaged, 0);
	grant(&j, 1);
	grant(&j, 2);
	grant(&j, 3);
	off_t size = j.size;
	int file = fd[j.current];
	lease_journal_free(&j);
	assert_int_equal(ftruncate(file, size - 5), 0);         /* a crash in the middle of the last line */
	open_journal(&j, fd, &damaged);
	assert_int_equal(damaged, 1);
	assert_int_equal(lease_count(table, LEASE_ACTIVE), 2);
	assert_int_equal(lease_by_ip(table, IP(10, 0, 0, 101))->mac[5], 2);
	grant(&j, 3);
	lease_journal_free(&j);
	open_journal(&j, fd, &damaged);
	assert_int_equal(damaged, 0);
	assert_int_equal(lease_count(table, LEASE_ACTIVE), 3);
	lease_journal_free(&j);
	memset(junk, 'x', sizeof(junk));
	for (int i = 0; i < 2; i++)
		assert_int_equal(pwrite(fd[i], junk, sizeof(junk), 0), sizeof(junk));
	open_journal(&j, fd, &damaged);                         /* garbage in both: it starts, with a warning */
	assert_int_equal(damaged, 1);
	assert_int_equal(lease_count(table, LEASE_ACTIVE), 0);
	lease_journal_free(&j);
	close(fd[0]);
	close(fd[1]);
}

/* A sealed file is what a full disk is: what is reserved is served, what would have to be remembered is not, until there is room. */
static void test_a_full_disk_at_the_start(void **state)
{
	int fd[2] = { memfd_create("a", 0), memfd_create("b", MFD_ALLOW_SEALING) };
	struct lease_journal j;
	struct err e;
	size_t damaged;
	(void)state;
	open_journal(&j, fd, &damaged);
	grant(&j, 1);
	if (j.current == 1) {                                   /* the next one to write is the sealed one */
		lease_journal_free(&j);
		open_journal(&j, fd, &damaged);
	}
	lease_journal_free(&j);
	assert_int_equal(ftruncate(fd[1], 0), 0);
	assert_int_equal(fcntl(fd[1], F_ADD_SEALS, F_SEAL_GROW), 0);
	open_journal(&j, fd, &damaged);
	assert_int_equal(lease_count(table, LEASE_ACTIVE), 1);
	(void)dora(2, &nobody);
	lease_journal_add(&j, changed);
	assert_int_equal(lease_journal_sync(&j, table, now, &e), CB_EIO);
	assert_non_null(strstr(e.text, "cannot write the lease file"));
	close(fd[1]);
	j.fd[1] = fd[1] = memfd_create("b", 0);
	assert_int_equal(lease_journal_sync(&j, table, now, &e), CB_OK);
	grant(&j, 3);
	lease_journal_free(&j);
	open_journal(&j, fd, &damaged);
	assert_int_equal(damaged, 0);
	assert_int_equal(lease_count(table, LEASE_ACTIVE), 3);
	lease_journal_free(&j);
	close(fd[0]);
	close(fd[1]);
}

static void test_a_journal_from_the_future_keeps_what_is_left_of_leases(void **state)
{
	int fd[2] = { memfd_create("a", 0), memfd_create("b", 0) };
	struct lease_journal j;
	struct err e;
	size_t damaged;
	(void)state;
	open_journal(&j, fd, &damaged);
	grant(&j, 1);
	int64_t left = lease_by_ip(table, IP(10, 0, 0, 100))->expires - now, written = now;
	lease_clock_set(table, 50);                             /* written anew as a whole */
	lease_journal_stale(&j);
	assert_int_equal(lease_journal_sync(&j, table, now, &e), CB_OK);
	int file = fd[j.current];
	lease_journal_free(&j);
	assert_int_equal(futimens(file, (const struct timespec[2]){ { .tv_sec = written }, { .tv_sec = written } }), 0);
	opened_at = written - 3600;
	open_journal(&j, fd, &damaged);
	opened_at = INT64_MAX;
	assert_int_equal(damaged, 0);
	assert_int_equal(lease_by_ip(table, IP(10, 0, 0, 100))->expires, written - 3600 + left + 50);
	lease_journal_free(&j);
	close(fd[0]);
	close(fd[1]);
}

static void test_journal_is_compacted_and_refuses_nothing_then(void **state)
{
	int fd[2] = { memfd_create("a", 0), memfd_create("b", 0) };
	struct lease_journal j;
	size_t damaged;
	(void)state;
	open_journal(&j, fd, &damaged);
	for (int i = 0; i < 10000; i++)
		grant(&j, (uint8_t)(i % 4));
	assert_true(j.generation > 2);
	assert_true(j.size < 400000);
	lease_journal_free(&j);
	open_journal(&j, fd, &damaged);
	assert_int_equal(damaged, 0);
	assert_int_equal(lease_count(table, LEASE_ACTIVE), 4);
	lease_journal_free(&j);
	close(fd[0]);
	close(fd[1]);
}

static void test_an_unwritable_journal_is_an_error(void **state)
{
	int pipes[2];
	struct lease_journal j = { .fd = { -1, -1 } };
	struct err e;
	(void)state;
	assert_int_equal(pipe(pipes), 0);
	j.fd[0] = j.fd[1] = pipes[0];
	(void)dora(1, &nobody);
	lease_journal_add(&j, changed);
	assert_int_equal(lease_journal_sync(&j, table, now, &e), CB_EIO);
	assert_true(j.dirty);
	lease_journal_free(&j);
	close(pipes[0]);
	close(pipes[1]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reservation_fills_everything_a_boot_needs),
		TEST(test_range_keeps_one_address_per_machine),
		TEST(test_reservations_of_others_are_not_given_away),
		TEST(test_reservation_waits_while_its_address_is_leased),
		TEST(test_requests_that_are_refused),
		TEST(test_nak_through_a_relay_is_broadcast),
		TEST(test_relay_chooses_the_subnet_and_strangers_are_ignored),
		TEST(test_decline_and_release),
		TEST(test_inform_gets_options_and_no_lease),
		TEST(test_bootp_needs_a_reservation), TEST(test_bootp_is_told_what_it_knows), TEST(test_bootp_gets_the_file_it_asks_for),
		TEST(test_bootp_gets_options_unless_it_has_another_format),
		TEST(test_known_only_is_silent_for_others),
		TEST(test_proxy_names_a_boot_file_and_no_address),
		TEST(test_starvation_is_slowed_down),
		TEST(test_a_clock_that_is_set_changes_no_lease),
		TEST(test_infrastructure_is_never_given),
		TEST(test_bad_configurations_are_named),
		TEST(test_leases_survive_and_damage_costs_only_its_lines),
		TEST(test_a_full_disk_at_the_start),
		TEST(test_a_journal_from_the_future_keeps_what_is_left_of_leases),
		TEST(test_journal_is_compacted_and_refuses_nothing_then),
		TEST(test_an_unwritable_journal_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
