/* SPDX-License-Identifier: GPL-2.0-or-later
 * tftp_main.c - the TFTP service: a request is a question to the core, whose answer is an open file; then blocks and
 * acknowledgements. One thread for all transfers, nothing waits; the process can open no file by itself.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "netboot/address.h"
#include "netboot/loop.h"
#include "netboot/netboot.h"
#include "netboot/sandbox.h"
#include "netboot/tftp_service.h"

#define BATCH 32
#define EVENTS 128
#define TAG_LISTENER (1ull << 63)

static void refuse(struct tftp_service *s, struct tftp_client *c, uint16_t code, const char *text)
{
	tftp_send_error(c->sock, &c->peer, c->peer_len, code, text);
	tftp_drop(s, c);
}

/* ---- the course of a transfer ---- */

static void finish(struct tftp_service *s, struct tftp_client *c, int64_t now_us, const char *how)
{
	double t = (double)(now_us - c->started_us) / 1e6;
	char again[48] = "";
	if (c->x.retransmits > 0)
		snprintf(again, sizeof(again), ", %llu repeated", (unsigned long long)c->x.retransmits);
	log_info("tftp", "sent %s to %s: %llu bytes in %.2f s (%.1f MB/s)%s%s", c->q.name, c->ip, (unsigned long long)c->x.length, t,
		t > 0 ? (double)c->x.length / 1e6 / t : 0.0, again, how);          /* tested */
	tftp_drop(s, c);
}

static void act(struct tftp_service *s, struct tftp_client *c, enum tftp_act what, int64_t now_us)
{
	switch (what) {
	case TFTP_SEND_OACK:
		tftp_send_oack(c);
		break;
	case TFTP_SEND_BLOCKS:
		if (!tftp_send_blocks(s, c)) {
			log_error("tftp", "%s for %s cannot be read to its end", c->q.name, c->ip);
			refuse(s, c, TFTP_E_UNDEFINED, "file cannot be read");
			return;
		}
		break;
	case TFTP_DONE:
		finish(s, c, now_us, "");
		return;
	case TFTP_GIVE_UP:
		if (c->x.answered && c->x.base == c->x.nblocks) {
			finish(s, c, now_us, ", the end was not acknowledged");      /* many loaders jump right into what they have */
			return;
		}
		log_warn("tftp", "gave up %s for %s after %llu of %llu bytes: no answer", c->q.name, c->ip,
			(unsigned long long)((c->x.base - 1) * c->x.blksize), (unsigned long long)c->x.length);
		tftp_drop(s, c);
		return;
	case TFTP_NOTHING:
		break;
	}
	tftp_wake_at(s, c, c->x.deadline_us / 1000);
}

static void due(struct tftp_service *s, struct tftp_client *c, int64_t now_ms)
{
	int64_t now_us = clock_mono_us();
	if (c->asking) {
		if (now_us - c->started_us < TFTP_CORE_MS * 1000ll) {
			tftp_wake_at(s, c, now_ms + 1000);
			return;
		}
		log_warn("tftp", "no answer about %s for %s", c->q.name, c->ip);
		refuse(s, c, TFTP_E_UNDEFINED, "server is busy");
		return;
	}
	if (now_us < c->x.deadline_us)
		tftp_wake_at(s, c, c->x.deadline_us / 1000);
	else
		act(s, c, tftp_xfer_timeout(&c->x, now_us), now_us);
}

static bool is_peer(const struct tftp_client *c, const union tftp_addr *from)
{
	if (c->peer.sa.sa_family != from->sa.sa_family)
		return false;
	if (from->sa.sa_family == AF_INET6)
		return from->in6.sin6_port == c->peer.in6.sin6_port && memcmp(&from->in6.sin6_addr, &c->peer.in6.sin6_addr, 16) == 0;
	return from->in.sin_port == c->peer.in.sin_port && from->in.sin_addr.s_addr == c->peer.in.sin_addr.s_addr;
}

static void hear_client(struct tftp_service *s, struct tftp_client *c)
{
	uint8_t buf[600];
	char text[128];
	union tftp_addr from;
	socklen_t len = sizeof(from);
	uint16_t value;
	ssize_t n = recvfrom(c->sock, buf, sizeof(buf), MSG_DONTWAIT, &from.sa, &len);
	if (n == -1)
		return;
	if (!is_peer(c, &from)) {
		/* RFC 1350, section 4: tell the stranger, go on with the transfer. */
		if (n >= 2 && buf[1] != TFTP_ERROR)
			tftp_send_error(c->sock, &from, len, TFTP_E_UNKNOWN_TID, "unknown transfer");
		return;
	}
	uint16_t op = tftp_reply_parse(buf, (size_t)n, &value, text, sizeof(text));
	if (op == TFTP_ERROR) {
		if (c->x.opt_tsize && !c->x.oack_acked)
			log_debug("tftp", "%s asked for the size of %s", c->ip, c->q.name);
		else
			log_info("tftp", "%s ended the transfer of %s: error %u %s", c->ip, c->q.name, value, text);
		tftp_drop(s, c);
	} else if (op == TFTP_ACK && !c->asking) {
		int64_t now_us = clock_mono_us();
		act(s, c, tftp_xfer_ack(&c->x, value, now_us), now_us);
	}
}

/* ---- the core's answers ---- */

static void begin(struct tftp_service *s, struct tftp_client *c, const struct tftp_answer *a, int fd)
{
	struct tftp_limits max = s->max;
	uint32_t headers = c->peer.sa.sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&c->peer.in6.sin6_addr) ? 52 : 32;
	uint64_t length = a->length;
	c->asking = false;
	if (a->status != CB_OK || fd < 0) {
		close_fd(&fd);
		log_info("tftp", "no %s for %s%s%s", c->q.name, c->ip, a->status != CB_ENOENT ? ": " : "",
			a->status != CB_ENOENT ? a->why : "");
		bool missing = a->status == CB_ENOENT || a->status == CB_OK;
		refuse(s, c, missing ? TFTP_E_NOT_FOUND : a->status == CB_EPERM || a->status == CB_EINVAL ? TFTP_E_ACCESS :
			TFTP_E_UNDEFINED,
			missing ? "file not found" : a->status == CB_EPERM || a->status == CB_EINVAL ? "access violation" :
			"file cannot be served");
		return;
	}
	c->file = fd;
	c->offset = a->offset;
	c->x.length = length;
	if (c->q.mode == TFTP_NETASCII && !tftp_load_netascii(c, &length)) {
		refuse(s, c, TFTP_E_UNDEFINED, "too large for netascii");
		return;
	}
	tftp_map(c);
	/* A block in more than one packet is lost when any of them is, and some loaders cannot put them together. */
	if (c->mtu > headers + 8 && max.blksize > c->mtu - headers)
		max.blksize = c->mtu - headers;
	int64_t now_us = clock_mono_us();
	act(s, c, tftp_xfer_start(&c->x, &c->q, length, &max, now_us), now_us);
}

/* False: the core is gone. */
static bool hear_core(struct tftp_service *s)
{
	static union any_message m;
	int fd, rc;
	while ((rc = nb_answer_recv(s->core, MSG_TFTP_ANSWER, "tftp", &m, &fd)) > 0) {
		uint32_t slot = (uint32_t)m.head.id;
		struct tftp_client *c = slot < TFTP_MAX ? s->client[slot] : NULL;
		if (c != NULL && c->asking && c->serial == (uint32_t)(m.head.id >> 32))
			begin(s, c, &m.tftp_answer, fd);
		else
			close_fd(&fd);
	}
	return rc == 0;
}

/* ---- requests ---- */

/* A port of its own on the address that was asked: the transfer's identifier. */
static bool open_port(struct tftp_service *s, struct tftp_client *c, const union tftp_addr *local, socklen_t len)
{
	int size = 4 * TFTP_WINDOW_BYTES;
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = (uint64_t)(c->serial & 0x3fffffff) << 32 | c->slot };
	c->sock = socket(c->peer.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->sock == -1 || bind(c->sock, &local->sa, len) == -1 || epoll_ctl(s->epoll, EPOLL_CTL_ADD, c->sock, &ev) == -1)
		return false;
	setsockopt(c->sock, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return true;
}

static bool ask(struct tftp_service *s, struct tftp_client *c)
{
	static struct tftp_question q;
	memset(&q, 0, sizeof(q));
	msg_head_init(&q.head, MSG_TFTP_QUESTION, sizeof(q), (uint64_t)c->serial << 32 | c->slot);
	snprintf(q.ip, sizeof(q.ip), "%s", c->ip);
	snprintf(q.path, sizeof(q.path), "%s", c->q.name);
	c->asking = true;
	return nb_msg_send(s->core, &q.head, -1, MSG_DONTWAIT);
}

static uint32_t mtu_of(const struct tftp_service *s, int ifindex)
{
	for (size_t i = 0; i < s->nmtus; i++)
		if (s->mtu[i].ifindex == ifindex)
			return s->mtu[i].mtu;
	return 1500;
}

static void request(struct tftp_service *s, int listener, const uint8_t *pkt, size_t n, const union tftp_addr *from, socklen_t len,
	const union tftp_addr *local, int ifindex)
{
	struct tftp_request q;
	const char *why;
	uint16_t code;
	char ip[INET6_ADDRSTRLEN];
	nb_address_text(&from->sa, ip);
	if (tftp_request_parse(pkt, n, &q, &code, &why) != CB_OK) {
		log_debug("tftp", "a request of %zu bytes from %s is refused: %s", n, ip, why);
		/* Nothing is said to what is no request at all, lest two servers talk to each other for ever. */
		if (n >= 2 && pkt[0] == 0 && (pkt[1] == TFTP_RRQ || pkt[1] == TFTP_WRQ))
			tftp_send_error(listener, from, len, code, why);
		return;
	}
	if (q.write) {
		log_info("tftp", "%s may not write %s", ip, q.name);
		tftp_send_error(listener, from, len, TFTP_E_ACCESS, "this server is read-only");
		return;
	}
	struct tftp_client *old = tftp_find(s, from);
	if (old != NULL && str_eq(old->q.name, q.name) && !old->x.answered)
		return;                         /* the same request again: its answer is on its way, or is repeated by the timer */
	if (old != NULL)
		tftp_drop(s, old);              /* the client has begun anew */
	struct tftp_client *c = tftp_count_of(s, from) < TFTP_PER_CLIENT ? tftp_add(s, from, len) : NULL;
	if (c == NULL) {
		log_warn("tftp", "too many transfers: %s for %s is refused", q.name, ip);
		tftp_send_error(listener, from, len, TFTP_E_UNDEFINED, "too many transfers");
		return;
	}
	c->q = q;
	c->mtu = mtu_of(s, ifindex);
	c->started_us = clock_mono_us();
	memcpy(c->ip, ip, sizeof(c->ip));
	if (!open_port(s, c, local, len) || !ask(s, c)) {
		log_warn("tftp", "%s for %s is not served now: %s", q.name, ip, strerror(errno));
		tftp_drop(s, c);                /* the client asks again */
		return;
	}
	tftp_wake_at(s, c, clock_mono_ms() + 1000);
}

/* The address that was asked and the interface; for a broadcast the address that the kernel would answer from. */
static int local_of(struct msghdr *m, union tftp_addr *local)
{
	int ifindex = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo i;
			memcpy(&i, CMSG_DATA(c), sizeof(i));
			local->in.sin_addr = i.ipi_spec_dst;
			ifindex = i.ipi_ifindex;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo i;
			memcpy(&i, CMSG_DATA(c), sizeof(i));
			local->in6.sin6_addr = i.ipi6_addr;
			if (IN6_IS_ADDR_LINKLOCAL(&i.ipi6_addr))
				local->in6.sin6_scope_id = i.ipi6_ifindex;
			ifindex = (int)i.ipi6_ifindex;
		}
	}
	return ifindex;
}

static void listen_once(struct tftp_service *s, int listener)
{
	for (int i = 0; i < BATCH; i++) {
		uint8_t buf[TFTP_MAX_REQUEST];
		char control[256];
		union tftp_addr from = { 0 }, local = { 0 };
		struct iovec iov = { buf, sizeof(buf) };
		struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = control, .msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(listener, &m, MSG_DONTWAIT);
		if (n == -1)
			return;
		if (from.sa.sa_family != AF_INET && from.sa.sa_family != AF_INET6)
			continue;
		local.sa.sa_family = from.sa.sa_family;
		int ifindex = local_of(&m, &local);
		request(s, listener, buf, (size_t)n, &from, m.msg_namelen, &local, ifindex);
	}
}

/* ---- start ---- */

static void learn_mtus(struct tftp_service *s)
{
	struct if_nameindex *all = if_nameindex();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (struct if_nameindex *i = all; i != NULL && fd >= 0 && i->if_index != 0 && s->nmtus < TFTP_INTERFACES; i++) {
		struct ifreq r = { 0 };
		memcpy(r.ifr_name, i->if_name, strnlen(i->if_name, sizeof(r.ifr_name) - 1));
		if (ioctl(fd, SIOCGIFMTU, &r) == -1 || r.ifr_mtu < 68)
			continue;
		s->mtu[s->nmtus].ifindex = (int)i->if_index;
		s->mtu[s->nmtus++].mtu = (uint32_t)r.ifr_mtu;
	}
	close_fd(&fd);
	if (all != NULL)
		if_freenameindex(all);
}

static int prepare(struct tftp_service *s, const struct value *cfg, const int *socks, size_t n, struct err *e)
{
	if (n == 0 || n > TFTP_LISTENERS)
		return err_set(e, CB_ESTATE, "tftp: %zu sockets to serve", n);
	memcpy(s->listener, socks, n * sizeof(int));
	s->max.blksize = (uint32_t)v_dict_int(cfg, "max_block_size", 65464);
	s->max.window = (uint32_t)v_dict_int(cfg, "max_window", 64);
	learn_mtus(s);
	tftp_table_init(s, clock_mono_ms());
	int rc = loop_open("tftp", s->core, &s->epoll, &s->signals, e);
	for (size_t i = 0; i < n && rc == CB_OK; i++)
		rc = loop_watch("tftp", s->epoll, s->listener[i], TAG_LISTENER | i, e);
	return rc == CB_OK ? nb_sandbox_enter(e) : rc;
}

/* False: it is time to go. */
static bool event(struct tftp_service *s, uint64_t tag)
{
	if (tag == LOOP_SIGNAL)
		return false;
	if (tag == LOOP_CORE)
		return hear_core(s);
	if (tag == LOOP_LOG) {
		log_take();
		return true;
	}
	if (tag & TAG_LISTENER) {
		listen_once(s, s->listener[tag & 0xff]);
		return true;
	}
	/* A client that was dropped a moment ago may still be in this batch. */
	struct tftp_client *c = (uint32_t)tag < TFTP_MAX ? s->client[(uint32_t)tag] : NULL;
	if (c != NULL && (c->serial & 0x3fffffff) == (uint32_t)(tag >> 32))
		hear_client(s, c);
	return true;
}

static void serve(struct tftp_service *s)
{
	for (;;) {
		struct epoll_event ev[EVENTS];
		int n = epoll_wait(s->epoll, ev, EVENTS, tftp_active(s) > 0 ? TFTP_TICK_MS : -1);
		if (n == -1 && errno != EINTR)
			return;
		for (int i = 0; i < n; i++)
			if (!event(s, ev[i].data.u64))
				return;
		tftp_tick(s, clock_mono_ms(), due);
	}
}

int netboot_tftp_main(const struct value *cfg, const int *socks, size_t n, int core_fd)
{
	struct tftp_service *s = xcalloc(1, sizeof(*s));
	struct err e;
	int status = 1;
	s->core = core_fd;
	if (prepare(s, cfg, socks, n, &e) != CB_OK) {
		log_error("tftp", "%s", e.text);
	} else {
		log_info("tftp", "serving on %s port %lld", v_dict_cstr(cfg, "address", "0.0.0.0"), (long long)v_dict_int(cfg, "port", 69));
		serve(s);
		status = 0;
	}
	for (size_t i = 0; i < TFTP_MAX; i++)
		if (s->client[i] != NULL)
			tftp_drop(s, s->client[i]);
	free(s);
	return status;
}
