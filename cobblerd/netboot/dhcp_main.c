/* SPDX-License-Identifier: GPL-2.0-or-later
 * dhcp_main.c - the DHCP service: packet in, question to the core, decision (lease/), answer out. One thread, no waiting: a slow
 * core delays only the client it is asked about. Leases granted in one turn of the loop reach the disk together, before the answers.
 * RARP (rarp.c) has a socket in the same loop, and may have the loop alone.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "netboot/dhcp_service.h"
#include "netboot/loop.h"
#include "netboot/netboot.h"
#include "netboot/sandbox.h"

#define BATCH 32                   /* packets taken from one socket per turn */
#define MAX_ROUNDS 64              /* questions about candidates for one request */
#define DHCP_HEADERS 28u           /* of IP and UDP */
#define DHCP_EVERYBODY 576u        /* with headers: what no client may refuse (RFC 2131 2) */
#define DHCP_ETHERNET 1500u
#define QUIET_LINES 20             /* lines about refusals per second */

static int64_t now_s(void)
{
	return (int64_t)clock_wall();
}

static const char *mac_text(const struct dhcp_msg *m, char out[48])
{
	size_t n = 0;
	out[0] = '\0';
	for (size_t i = 0; i < m->hlen && i < 16; i++)
		n += (size_t)snprintf(out + n, 48 - n, i > 0 ? ":%02x" : "%02x", m->chaddr[i]);
	return m->hlen > 0 ? out : "(no hardware address)";
}

/* Why somebody was not served: an operator looks for these, a flood must not fill the log. */
static void log_refusal(struct dhcp_service *s, const struct dhcp_msg *m, const char *what, const char *why)
{
	char mac[48];
	int64_t now = clock_mono_ms();
	if (now >= s->quiet_until_ms) {
		if (s->quiet_lines > QUIET_LINES)
			log_warn("dhcp", "%u lines about refused requests were left out", s->quiet_lines - QUIET_LINES);
		s->quiet_until_ms = now + 1000;
		s->quiet_lines = 0;
	}
	if (s->quiet_lines++ < QUIET_LINES)
		log_info("dhcp", "%s %s from %s: %s", what, dhcp_type_name(m->type), mac_text(m, mac), why);
}

/* ---- answers ---- */

static void flush(struct dhcp_service *s)
{
	struct err e;
	bool durable = lease_journal_sync(&s->journal, s->table, now_s(), &e) == CB_OK;
	if (!durable)
		log_error("dhcp", "%s: new leases are not confirmed until it can be written", e.text);
	for (size_t i = 0; i < s->nqueue; i++) {
		struct dhcp_out *o = &s->queue[i];
		if (o->durable && !durable)
			continue;
		if (dhcp_transmit(s, o))
			log_info("dhcp", "%s", o->line);
		else
			log_warn("dhcp", "%s: not sent: %s", o->line, strerror(errno));
	}
	s->nqueue = 0;
}

/* Bytes that the client takes; len: of its request. */
static size_t room_of(const struct dhcp_msg *m, size_t len)
{
	bool bootp = m->type == DHCP_NONE;
	/* 576 with its headers is what everybody takes; in BOOTP, 64 bytes of options, or as many as the client itself has. */
	size_t room = !bootp ? DHCP_EVERYBODY - DHCP_HEADERS : len > DHCP_MIN_REPLY ? len : DHCP_MIN_REPLY;
	uint16_t max;
	/* Option 57 counts the IP and UDP headers. Linux has it in BOOTP too. */
	if (dhcp_opt_u16(m, OPT_MAX_SIZE, &max) && max > room + DHCP_HEADERS)
		room = max - DHCP_HEADERS;
	return room < DHCP_ETHERNET - DHCP_HEADERS ? room : DHCP_ETHERNET - DHCP_HEADERS;
}

static void queue_reply(struct dhcp_service *s, const struct dhcp_pending *p, const struct lease_client *cl, const char *note, bool durable)
{
	const struct dhcp_msg *m = &s->msg;
	const struct dhcp_reply *r = &s->reply;
	char ip[16], mac[48], arch[24] = "";
	uint16_t a;
	if (s->nqueue == DHCP_QUEUE)
		flush(s);
	struct dhcp_out *o = &s->queue[s->nqueue];
	o->len = dhcp_build(r, o->packet, sizeof(o->packet), room_of(m, p->len));
	if (o->len == 0) {
		log_refusal(s, m, "no answer to", "the answer does not fit");
		return;
	}
	dhcp_address(s, p, m, r, o);
	o->durable = durable;
	const char *file = m->type == DHCP_NONE ? r->file : cl->file;
	enum dhcp_type type = r->opt[OPT_TYPE].data != NULL ? (enum dhcp_type)r->opt[OPT_TYPE].data[0] : DHCP_NONE;
	lease_format_ip(r->yiaddr != 0 ? r->yiaddr : m->ciaddr, ip);
	if (dhcp_opt_u16(m, OPT_ARCH, &a))
		snprintf(arch, sizeof(arch), ", arch %u", a);
	if (type == DHCP_NAK)                /* tested */
		snprintf(o->line, sizeof(o->line), "nak to %s: %s", mac_text(m, mac), note);
	else
		snprintf(o->line, sizeof(o->line), "%s %s to %s (%s%s%s%s%s)%s%s", type == DHCP_NONE ? "bootp reply" : dhcp_type_name(type),
			s->cfg.proxy ? "of a boot file" : ip,
			mac_text(m, mac), cl->known ? "system " : "in no system", cl->known ? cl->system : "", arch,
			*file != '\0' ? ", file " : ", no boot file", file, *note != '\0' ? ": " : "", note);
	s->nqueue++;
}

/* ---- questions ---- */

static void drop_pending(struct dhcp_service *s, size_t slot)
{
	s->pending[slot]->used = false;
	s->free_slot[s->nfree++] = (uint32_t)slot;
}

/* A slot; the oldest question is given up when all are taken and it is overdue. NULL: too many at once. */
static struct dhcp_pending *take_slot(struct dhcp_service *s, size_t *ret)
{
	if (s->nfree == 0) {
		int64_t now = clock_mono_ms();
		for (size_t i = 0; i < DHCP_PENDING; i++)
			if (s->pending[i]->used && now - s->pending[i]->since_ms > DHCP_PENDING_MS)
				drop_pending(s, i);
		if (s->nfree == 0)
			return NULL;
	}
	size_t slot = s->free_slot[--s->nfree];
	if (s->pending[slot] == NULL)
		s->pending[slot] = xmalloc(sizeof(struct dhcp_pending));
	struct dhcp_pending *p = s->pending[slot];
	p->used = true;
	p->serial = ++s->serial;
	p->since_ms = clock_mono_ms();
	p->rounds = 0;
	*ret = slot;
	return p;
}

static struct boot_ident identify(const struct dhcp_msg *m)
{
	struct boot_ident id = { .arch = 0xffff };
	char text[256];
	(void)dhcp_opt_u16(m, OPT_ARCH, &id.arch);
	dhcp_opt_text(m, OPT_VENDOR_CLASS, text, sizeof(text));
	id.pxe = str_starts(text, "PXEClient");
	id.http = str_starts(text, "HTTPClient");
	/* Some firmware tells its architecture only in the vendor class: PXEClient:Arch:00007:UNDI:003000. */
	const char *a = strstr(text, ":Arch:");
	if (id.arch == 0xffff && a != NULL) {
		char digits[6] = "";
		unsigned long v;
		snprintf(digits, sizeof(digits), "%.5s", a + 6);
		if (parse_uint(digits, 0xfffe, &v))
			id.arch = (uint16_t)v;
	}
	dhcp_user_class(m, text, sizeof(text));
	id.ipxe = strstr(text, "iPXE") != NULL || strstr(text, "gPXE") != NULL;
	return id;
}

static struct lease_request request_of(struct dhcp_service *s, const struct dhcp_pending *p, const struct lease_subnet *sub)
{
	struct lease_request q = { .m = &s->msg, .subnet = sub, .self = p->self, .now = now_s(), .boot_port = p->boot_port,
		.ncandidates = p->ncandidates };
	memcpy(q.candidate, p->candidate, sizeof(q.candidate));
	return q;
}

static bool ask(struct dhcp_service *s, struct dhcp_pending *p, size_t slot, const struct lease_subnet *sub)
{
	struct dhcp_question q = { .htype = s->msg.htype, .hlen = s->msg.hlen, .ident = identify(&s->msg), .self = p->self,
		.next_server = sub->next_server };
	msg_head_init(&q.head, MSG_DHCP_QUESTION, sizeof(q), (uint64_t)p->serial << 32 | slot);
	memcpy(q.mac, s->msg.chaddr, sizeof(q.mac));
	p->ncandidates = s->cfg.proxy ? 0 : s->msg.type == DHCP_DISCOVER || s->msg.type == DHCP_REQUEST ?
		lease_candidates(s->table, sub, &s->msg, p->self, now_s(), p->candidate) : 0;
	memcpy(q.candidate, p->candidate, p->ncandidates * sizeof(uint32_t));
	q.ncandidates = (uint32_t)p->ncandidates;
	p->rounds++;
	return nb_msg_send(s->core, &q.head, -1, MSG_DONTWAIT);
}

/* s->msg is parsed from p->packet. True: the slot stays in use. */
static bool begin(struct dhcp_service *s, struct dhcp_pending *p, size_t slot)
{
	const char *why;
	char note[160];
	struct lease *changed;
	if (dhcp_parse(p->packet, p->len, &s->msg, &why) != CB_OK) {
		s->dropped++;
		log_debug("dhcp", "a packet of %zu bytes from %s is dropped: %s", p->len, inet_ntoa(p->from.sin_addr), why);
		return false;
	}
	if (s->msg.op != BOOTP_REQUEST)
		return false;
	if (s->msg.hlen == 0) {
		log_refusal(s, &s->msg, "no answer to", "it has no hardware address");
		return false;
	}
	const struct lease_subnet *sub = lease_request_subnet(&s->cfg, &s->msg, p->self, &why);
	if (sub == NULL) {
		log_refusal(s, &s->msg, "no answer to", why);
		return false;
	}
	struct lease_request q = request_of(s, p, sub);
	if (s->cfg.proxy && s->msg.type != DHCP_DISCOVER && !p->boot_port)
		return false;                   /* between the client and its DHCP server */
	if (!s->cfg.proxy && lease_without_core(s->table, &q, note, &changed)) {
		if (changed != NULL)
			lease_journal_add(&s->journal, changed);
		if (note[0] != '\0')
			log_refusal(s, &s->msg, "noted", note);
		return false;
	}
	if (!ask(s, p, slot, sub)) {
		s->dropped++;
		log_refusal(s, &s->msg, "no answer to", "the core does not keep up");
		return false;
	}
	return true;
}

static uint32_t destination(struct msghdr *m, uint32_t fallback)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo i;
			memcpy(&i, CMSG_DATA(c), sizeof(i));
			/* The local address; for a broadcast the one that the kernel would answer from. */
			uint32_t ip = ntohl(i.ipi_spec_dst.s_addr);
			return ip != 0 && ip != INADDR_BROADCAST ? ip : fallback;
		}
	return fallback;
}

static void receive(struct dhcp_service *s, size_t iface, bool boot_port)
{
	for (int i = 0; i < BATCH; i++) {
		static uint8_t buf[DHCP_MAX_PACKET + 1];
		char control[256];
		struct sockaddr_in from;
		struct iovec iov = { buf, sizeof(buf) };
		struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = control, .msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(boot_port ? s->iface[iface].boot : s->iface[iface].udp, &m, MSG_DONTWAIT);
		if (n == -1)
			return;
		size_t slot;
		struct dhcp_pending *p = n > DHCP_MAX_PACKET ? NULL : take_slot(s, &slot);
		if (p == NULL) {
			s->dropped++;
			continue;
		}
		memcpy(p->packet, buf, (size_t)n);
		p->len = (size_t)n;
		p->iface = iface;
		p->boot_port = boot_port;
		p->from = from;
		p->self = destination(&m, s->iface[iface].ip);
		if (!begin(s, p, slot))
			drop_pending(s, slot);
	}
}

/* ---- answers of the core ---- */

static void conclude(struct dhcp_service *s, struct dhcp_pending *p, size_t slot, const struct lease_client *cl)
{
	const char *why;
	char note[160];
	struct lease *changed;
	bool again = false;
	if (dhcp_parse(p->packet, p->len, &s->msg, &why) != CB_OK)
		fatal("dhcp: a packet that was well-formed is not any more: %s", why);
	const struct lease_subnet *sub = lease_request_subnet(&s->cfg, &s->msg, p->self, &why);
	struct lease_request q = request_of(s, p, sub);
	enum lease_verdict verdict;
	if (s->cfg.proxy) {
		changed = NULL;
		verdict = lease_decide_proxy(&s->cfg, &q, cl, &s->reply, note);
	} else {
		verdict = lease_decide(s->table, &s->cfg, &q, cl, &s->reply, note, &changed);
	}
	switch (verdict) {
	case LEASE_REPLY:
		if (changed != NULL)
			lease_journal_add(&s->journal, changed);
		queue_reply(s, p, cl, note, changed != NULL);
		break;
	case LEASE_ASK_AGAIN:
		again = p->rounds < MAX_ROUNDS && ask(s, p, slot, sub);
		if (!again)
			log_refusal(s, &s->msg, "no answer to", "all addresses that were looked at are reserved");
		break;
	case LEASE_SILENT:
		if (note[0] != '\0')
			log_refusal(s, &s->msg, "no answer to", note);
		break;
	}
	if (!again)
		drop_pending(s, slot);
}

/* False: the core is gone. */
static bool hear_core(struct dhcp_service *s)
{
	static union any_message m;
	int fd, rc;
	while ((rc = nb_answer_recv(s->core, MSG_DHCP_ANSWER, "dhcp", &m, &fd)) > 0) {
		close_fd(&fd);
		size_t slot = (size_t)(m.head.id & 0xffffffff);
		if (slot >= RARP_FIRST_SLOT) {
			rarp_conclude(&s->rarp, m.head.id, &m.dhcp_answer.client, s->table, now_s());
			continue;
		}
		struct dhcp_pending *p = slot < DHCP_PENDING ? s->pending[slot] : NULL;
		if (p != NULL && p->used && p->serial == (uint32_t)(m.head.id >> 32))
			conclude(s, p, slot, &m.dhcp_answer.client);
	}
	return rc == 0;
}

/* ---- start ---- */

static struct dhcp_if *interface_named(struct dhcp_service *s, const char *name)
{
	for (size_t i = 0; i < s->nifaces; i++)
		if (str_eq(s->iface[i].name, name))
			return &s->iface[i];
	if (s->nifaces == DHCP_INTERFACES)
		return NULL;
	struct dhcp_if *i = &s->iface[s->nifaces++];
	*i = (struct dhcp_if){ .udp = -1, .packet = -1, .boot = -1 };
	snprintf(i->name, sizeof(i->name), "%s", name);
	return i;
}

/* What each inherited descriptor is, it tells by itself. */
static int sort_descriptors(struct dhcp_service *s, const int *socks, size_t n, struct err *e)
{
	size_t leases = 0;
	s->lease_fd[0] = s->lease_fd[1] = s->rarp.fd = -1;
	for (size_t i = 0; i < n; i++) {
		struct stat st;
		int domain = 0;
		socklen_t len = sizeof(domain);
		char name[IF_NAMESIZE] = "";
		struct dhcp_if *ifp = NULL;
		if (fstat(socks[i], &st) == 0 && S_ISREG(st.st_mode) && leases < 2) {
			s->lease_fd[leases++] = socks[i];
			continue;
		}
		if (getsockopt(socks[i], SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_INET) {
			len = sizeof(name);
			if (getsockopt(socks[i], SOL_SOCKET, SO_BINDTODEVICE, name, &len) == 0 && (ifp = interface_named(s, name)) != NULL)
				*(ifp->udp < 0 ? &ifp->udp : &ifp->boot) = socks[i];       /* in the order they were opened */
		} else if (domain == AF_PACKET && rarp_is_socket(socks[i])) {
			s->rarp.fd = socks[i];
			continue;
		} else if (domain == AF_PACKET) {
			struct sockaddr_ll a;
			len = sizeof(a);
			if (getsockname(socks[i], (struct sockaddr *)&a, &len) == 0 &&
				if_indextoname((unsigned)a.sll_ifindex, name) != NULL && (ifp = interface_named(s, name)) != NULL)
				ifp->packet = socks[i];
		}
		if (ifp == NULL)
			return err_set(e, CB_ESTATE, "dhcp: descriptor %d is of no use", socks[i]);
	}
	return s->nifaces > 0 || s->rarp.fd >= 0 ? CB_OK : err_set(e, CB_ESTATE, "dhcp: there is no socket to serve");
}

/* Addresses of the interfaces, and the networks that the configuration left out. */
static int learn_addresses(struct dhcp_service *s, struct err *e)
{
	struct ifaddrs *all;
	if (getifaddrs(&all) == -1)
		return err_sys(e, "dhcp: cannot list the network interfaces");
	for (size_t i = 0; i < s->nifaces; i++) {
		s->iface[i].ifindex = (int)if_nametoindex(s->iface[i].name);
		for (const struct ifaddrs *a = all; a != NULL; a = a->ifa_next) {
			if (a->ifa_addr == NULL || a->ifa_addr->sa_family != AF_INET || a->ifa_netmask == NULL ||
				!str_eq(a->ifa_name, s->iface[i].name))
				continue;
			uint32_t ip = ntohl(((const struct sockaddr_in *)(const void *)a->ifa_addr)->sin_addr.s_addr);
			uint32_t mask = ntohl(((const struct sockaddr_in *)(const void *)a->ifa_netmask)->sin_addr.s_addr);
			if (s->iface[i].ip == 0)
				s->iface[i].ip = ip;
			if (!lease_config_attach(&s->cfg, ip, mask))
				log_warn("dhcp", "too many subnets: that of interface %s is not served", s->iface[i].name);
		}
	}
	freeifaddrs(all);
	return CB_OK;
}

#define TAG_RARP 1000               /* below: the interface */
#define TAG_BOOT 2000               /* + interface */

static int prepare(struct dhcp_service *s, const struct value *cfg, const int *socks, size_t n, struct err *e)
{
	size_t damaged;
	int rc = lease_config_read(cfg, &s->cfg, e);
	if (rc == CB_OK)
		rc = sort_descriptors(s, socks, n, e);
	if (rc == CB_OK)
		rc = learn_addresses(s, e);
	if (rc == CB_OK && s->rarp.fd >= 0)
		rc = rarp_prepare(&s->rarp, v_dict_get(cfg, "rarp"), e);
	if (rc != CB_OK)
		return rc;
	s->port = (unsigned)v_dict_int(cfg, "port", 67);
	s->client_port = (unsigned)v_dict_int(cfg, "client_port", 68);
	s->queue = xcalloc(DHCP_QUEUE, sizeof(*s->queue));
	s->nfree = DHCP_PENDING;
	for (size_t i = 0; i < DHCP_PENDING; i++)
		s->free_slot[i] = (uint32_t)(DHCP_PENDING - 1 - i);
	s->table = lease_table_new(&s->cfg);
	rc = lease_journal_open(&s->journal, s->lease_fd[0], s->lease_fd[1], s->table, now_s(), &damaged, e);
	if (rc != CB_OK)
		return rc;
	if (damaged > 0)
		log_warn("dhcp", "%zu damaged lines in the lease file were skipped", damaged);
	rc = loop_open("dhcp", s->core, &s->epoll, &s->signals, e);
	for (size_t i = 0; i < s->nifaces && rc == CB_OK; i++)
		rc = s->iface[i].udp >= 0 ? loop_watch("dhcp", s->epoll, s->iface[i].udp, i, e) : CB_OK;
	for (size_t i = 0; i < s->nifaces && rc == CB_OK; i++)
		rc = s->iface[i].boot >= 0 ? loop_watch("dhcp", s->epoll, s->iface[i].boot, TAG_BOOT + i, e) : CB_OK;
	if (rc == CB_OK && s->rarp.fd >= 0)
		rc = loop_watch("dhcp", s->epoll, s->rarp.fd, TAG_RARP, e);
	return rc == CB_OK ? nb_sandbox_enter(e) : rc;
}

static void follow_clock(struct dhcp_service *s)
{
	int64_t set = lease_follow_clock(s->table, clock_wall(), clock_mono_s());
	if (set == 0)
		return;
	log_warn("dhcp", "the clock was set by %lld s: so are the ends of leases", (long long)set);
	lease_journal_stale(&s->journal);
}

/* False: it is time to go. */
static bool event(struct dhcp_service *s, uint64_t tag)
{
	if (tag == LOOP_SIGNAL)
		return false;
	if (tag == LOOP_CORE)
		return hear_core(s);
	if (tag == LOOP_LOG)
		log_take();
	else if (tag == TAG_RARP)
		rarp_receive(&s->rarp);
	else if (tag >= TAG_BOOT)
		receive(s, tag - TAG_BOOT, true);
	else
		receive(s, tag, false);
	return true;
}

static void serve(struct dhcp_service *s)
{
	for (;;) {
		struct epoll_event ev[2 * DHCP_INTERFACES + 4];
		int n = epoll_wait(s->epoll, ev, ARRAY_LEN(ev), -1);
		follow_clock(s);
		for (int i = 0; i < n; i++)
			if (!event(s, ev[i].data.u64))
				return;
		if (s->nqueue > 0 || s->journal.dirty)
			flush(s);
	}
}

int netboot_dhcp_main(const struct value *cfg, const int *socks, size_t n, int core_fd)
{
	struct dhcp_service *s = xcalloc(1, sizeof(*s));
	struct err e;
	int status = 1;
	s->core = s->rarp.core = core_fd;
	if (prepare(s, cfg, socks, n, &e) != CB_OK) {
		log_error("dhcp", "%s", e.text);
	} else {
		char ip[16];
		for (size_t i = 0; i < s->nifaces; i++) {
			lease_format_ip(s->iface[i].ip, ip);
			log_info("dhcp", "serving on %s (%s) port %u, %zu leases known", s->iface[i].name, ip, s->port,
				lease_count(s->table, LEASE_ACTIVE));
		}
		serve(s);
		status = 0;
	}
	for (size_t i = 0; i < DHCP_PENDING; i++)
		free(s->pending[i]);
	lease_table_free(s->table);
	lease_journal_free(&s->journal);
	free(s->queue);
	free(s);
	return status;
}
