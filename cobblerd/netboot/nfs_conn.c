/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_conn.c - connections: records in, answers out. Large data goes from the page cache to the socket without a copy of our own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/log.h"
#include "netboot/address.h"
#include "netboot/nfs_service.h"

#define IN_FIRST 2048              /* bytes of a connection's first buffer: calls are a few hundred */
#define ACCEPTS 64                 /* before others have their turn */

void nfs_address_text(const union nfs_addr *a, char out[INET6_ADDRSTRLEN], uint16_t *port)
{
	nb_address_text(&a->sa, out);
	*port = ntohs(a->sa.sa_family == AF_INET6 ? a->in6.sin6_port : a->in.sin_port);
}

void nfs_client_set(struct nfs_service *s, struct nfs_client *c, const union nfs_addr *from, const struct nfs_listener *l)
{
	memset(c, 0, sizeof(*c));
	nfs_address_text(from, c->ip, &c->port);
	c->stream = l->stream;
	c->kind = l->kind;
	c->tag = nfs_address_tag(&s->tree.key, c->ip, strlen(c->ip));
}

/* ---- the end ---- */

static void drop_first(struct nfs_service *s, struct nfs_conn *c)
{
	struct nfs_out *o = STAILQ_FIRST(&c->out);
	STAILQ_REMOVE_HEAD(&c->out, next);
	c->out_bytes -= o->n;
	s->out_total -= o->n;
	c->out_file -= o->left;
	if (o->file != NULL)
		nfs_tree_unpin(o->file);
	free(o);
}

static void close_conn(struct nfs_service *s, struct nfs_conn *c)
{
	if (c->fd == -1)
		return;
	while (!STAILQ_EMPTY(&c->out))
		drop_first(s, c);
	close_fd(&c->fd);
	free(c->in);
	c->in = NULL;
	TAILQ_REMOVE(&s->conns, c, all);
	s->nconns--;
	if (c->who.kind == NFS_LISTEN_NFS)
		nfs_peer_add(s, c->who.ip, -1, c->bytes);
	/* Events of this turn may still mean it. */
	c->all.tqe_next = s->dead;
	s->dead = c;
}

void nfs_conns_bury(struct nfs_service *s)
{
	for (struct nfs_conn *c; (c = s->dead) != NULL; ) {
		s->dead = c->all.tqe_next;
		free(c);
	}
}

void nfs_conns_close(struct nfs_service *s)
{
	for (struct nfs_conn *c; (c = TAILQ_FIRST(&s->conns)) != NULL; )
		close_conn(s, c);
	nfs_conns_bury(s);
}

static void refuse(struct nfs_service *s, struct nfs_conn *c, const char *why)
{
	if (nfs_may_complain(s))
		log_warn("nfs", "the connection of %s is closed: %s", c->who.ip, why);
	close_conn(s, c);
}

/* ---- answers ---- */

static bool is_full(const struct nfs_service *s, const struct nfs_conn *c)
{
	return c->out_bytes > NFS_QUEUE_BYTES || c->out_file > NFS_QUEUE_FILE || (s->out_total > NFS_QUEUE_TOTAL && c->out_bytes > 0);
}

/* Data of a file system that cannot send by itself. */
static ssize_t send_copied(struct nfs_service *s, struct nfs_conn *c, struct nfs_out *o)
{
	size_t want = o->left < sizeof(s->scratch) ? o->left : sizeof(s->scratch);
	ssize_t n = pread(o->file->fd, s->scratch, want, (off_t)o->offset);
	return n <= 0 ? n : send(c->fd, s->scratch, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static ssize_t send_file(struct nfs_service *s, struct nfs_conn *c, struct nfs_out *o)
{
	off_t at = (off_t)o->offset;
	ssize_t n = sendfile(c->fd, o->file->fd, &at, o->left);
	return n == -1 && errno == EINVAL ? send_copied(s, c, o) : n;
}

/* 1: all of it is sent; 0: the socket takes no more; -1: the connection is of no use any more. */
static int send_one(struct nfs_service *s, struct nfs_conn *c, struct nfs_out *o)
{
	static const uint8_t zeros[4];
	for (;;) {
		ssize_t n;
		if (o->done < o->n)
			n = send(c->fd, o->bytes + o->done, o->n - o->done, MSG_NOSIGNAL | MSG_DONTWAIT | (o->left > 0 ? MSG_MORE : 0));
		else if (o->left > 0)
			n = send_file(s, c, o);
		else if (o->padding > 0)
			n = send(c->fd, zeros, o->padding, MSG_NOSIGNAL | MSG_DONTWAIT);
		else
			return 1;
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 0;
		if (n <= 0)                     /* 0: the file has become shorter than the answer's head says */
			return -1;
		c->sent_ms = s->now_ms;
		if (o->done < o->n) {
			o->done += (size_t)n;
		} else if (o->left > 0) {
			o->left -= (uint32_t)n;
			o->offset += (uint64_t)n;
			c->out_file -= (size_t)n;
			c->bytes += (uint64_t)n;
		} else {
			o->padding -= (uint8_t)n;
		}
	}
}

/* False: it was closed. */
static bool send_answers(struct nfs_service *s, struct nfs_conn *c)
{
	for (struct nfs_out *o; (o = STAILQ_FIRST(&c->out)) != NULL; ) {
		int rc = send_one(s, c, o);
		if (rc < 0) {
			if (o->done == o->n && o->left > 0 && nfs_may_complain(s))
				log_warn("nfs", "data for %s ends early: the client is gone, or the file has become shorter", c->who.ip);
			close_conn(s, c);
			return false;
		}
		if (rc == 0)
			return true;
		drop_first(s, c);
	}
	return true;
}

static void queue_answer(struct nfs_service *s, struct nfs_conn *c, struct nfs_answer_out *a)
{
	size_t n = a->w.len, padding = xdr_padding(a->length);
	struct nfs_out *o = xmalloc(sizeof(*o) + RPC_FRAGMENT_HEAD + n);
	*o = (struct nfs_out){ .file = a->file, .offset = a->offset, .left = a->length, .padding = (uint8_t)padding,
		.n = RPC_FRAGMENT_HEAD + n };
	rpc_record_head(o->bytes, n + a->length + padding);
	memcpy(o->bytes + RPC_FRAGMENT_HEAD, s->answer, n);
	if (STAILQ_EMPTY(&c->out))
		c->sent_ms = s->now_ms;
	STAILQ_INSERT_TAIL(&c->out, o, next);
	c->out_bytes += o->n;
	s->out_total += o->n;
	c->out_file += o->left;
}

/* ---- calls ---- */

/* One call of what has come. False: there is no whole one, or the connection was closed. */
static bool take_call(struct nfs_service *s, struct nfs_conn *c)
{
	size_t length, used;
	struct nfs_answer_out a = { .w = wr_make(s->answer, sizeof(s->answer)) };
	switch (rpc_record_take(c->in, c->in_len, NFS_RECORD_MAX, &length, &used)) {
	case RPC_RECORD_MORE:
		return false;
	case RPC_RECORD_BAD:
		refuse(s, c, "a record is longer than any call");
		return false;
	case RPC_RECORD_WHOLE:
		break;
	}
	nfs_answer(s, &c->who, c->in + RPC_FRAGMENT_HEAD, length, &a);
	if (a.w.len == 0) {
		refuse(s, c, "it sends what is no call of RPC");
		return false;
	}
	queue_answer(s, c, &a);
	c->bytes += a.copied;
	c->in_len -= used;
	memmove(c->in, c->in + used, c->in_len);
	return true;
}

/* Answers what has come, as long as the client takes the answers. True: it was not interrupted. False: closed, or there is more to do. */
static bool take_calls(struct nfs_service *s, struct nfs_conn *c)
{
	int n = 0;
	while (n < NFS_CALLS_PER_TURN && !is_full(s, c) && take_call(s, c)) {
		n++;
		c->heard_ms = s->now_ms;
		c->record_ms = 0;
		if (is_full(s, c) && !send_answers(s, c))
			return false;
	}
	return c->fd >= 0 && send_answers(s, c) && n < NFS_CALLS_PER_TURN;
}

static void grow(struct nfs_conn *c)
{
	const size_t most = NFS_RECORD_MAX + RPC_FRAGMENTS_MAX * RPC_FRAGMENT_HEAD;
	size_t cap = c->in_cap == 0 ? IN_FIRST : 2 * c->in_cap;
	c->in_cap = cap < most ? cap : most;
	c->in = xrealloc(c->in, c->in_cap);
}

/* False: nothing more is there now, or it was closed. */
static bool read_more(struct nfs_service *s, struct nfs_conn *c)
{
	if (c->in_len == c->in_cap)
		grow(c);
	ssize_t n = recv(c->fd, c->in + c->in_len, c->in_cap - c->in_len, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return false;
	if (n == -1) {
		close_conn(s, c);
		return false;
	}
	if (n == 0) {
		c->ended = true;
		return false;
	}
	c->in_len += (size_t)n;
	if (c->record_ms == 0)
		c->record_ms = s->now_ms;
	return true;
}

static void watch(struct nfs_service *s, struct nfs_conn *c, uint32_t wanted)
{
	struct epoll_event ev = { .events = wanted, .data.ptr = c };
	if (c->wanted != wanted)
		epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &ev);
	c->wanted = wanted;
}

void nfs_conn_event(struct nfs_service *s, struct nfs_conn *c, uint32_t events)
{
	if (c->fd == -1)
		return;
	if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
		close_conn(s, c);
		return;
	}
	if (!send_answers(s, c))
		return;
	bool whole = take_calls(s, c);          /* of what came before and had to wait */
	if (whole && !is_full(s, c) && !c->ended && read_more(s, c))
		whole = take_calls(s, c);
	if (c->fd == -1)
		return;
	if (c->in_len == 0) {
		free(c->in);
		c->in = NULL;
		c->in_cap = 0;
		c->record_ms = 0;
	}
	if (c->in_len > 0 && c->record_ms == 0)
		c->record_ms = s->now_ms;
	bool waits = !STAILQ_EMPTY(&c->out);
	if (c->ended && whole && !waits) {
		close_conn(s, c);
		return;
	}
	/* Calls that wait in memory are no event: an open socket makes one. */
	watch(s, c, (!is_full(s, c) && !c->ended ? EPOLLIN : 0) | (waits || !whole ? EPOLLOUT : 0));
}

/* ---- the beginning ---- */

static size_t conns_of(const struct nfs_service *s, const char *ip)
{
	const struct nfs_conn *c;
	size_t n = 0;
	TAILQ_FOREACH(c, &s->conns, all)
		n += str_eq(c->who.ip, ip);
	return n;
}

static void take_conn(struct nfs_service *s, const struct nfs_listener *l, int fd, const union nfs_addr *from)
{
	struct nfs_conn *c = xcalloc(1, sizeof(*c));
	union nfs_addr local = { 0 };
	socklen_t len = sizeof(local);
	int one = 1;
	uint16_t port;
	c->fd = fd;
	nfs_client_set(s, &c->who, from, l);
	if (getsockname(fd, &local.sa, &len) == 0)
		nfs_address_text(&local, c->who.local, &port);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	STAILQ_INIT(&c->out);
	c->heard_ms = s->now_ms;
	c->wanted = EPOLLIN;
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev) == -1) {
		close(fd);
		free(c);
		return;
	}
	TAILQ_INSERT_TAIL(&s->conns, c, all);
	s->nconns++;
	if (l->kind == NFS_LISTEN_NFS)
		nfs_peer_add(s, c->who.ip, 1, 0);
}

void nfs_accept(struct nfs_service *s, const struct nfs_listener *l)
{
	for (int i = 0; i < ACCEPTS; i++) {
		union nfs_addr from = { 0 };
		socklen_t len = sizeof(from);
		char ip[INET6_ADDRSTRLEN];
		uint16_t port;
		int fd = accept4(l->fd, &from.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd == -1)
			return;
		nfs_address_text(&from, ip, &port);
		bool total = s->nconns >= s->conns_max;
		if (!total && conns_of(s, ip) < NFS_CONNS_PER_CLIENT) {
			take_conn(s, l, fd, &from);
			continue;
		}
		if (nfs_may_complain(s))
			log_warn("nfs", "too many connections%s: one of %s is refused", total ? "" : " of one address", ip);
		close(fd);
	}
}

void nfs_conns_sweep(struct nfs_service *s)
{
	struct nfs_conn *c, *next;
	for (c = TAILQ_FIRST(&s->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, all);
		bool waits = !STAILQ_EMPTY(&c->out);
		if (waits && s->now_ms - c->sent_ms > NFS_SEND_MS)
			refuse(s, c, "it does not take its answers");
		else if (!waits && c->in_len > 0 && c->record_ms != 0 && s->now_ms - c->record_ms > NFS_RECORD_MS)
			refuse(s, c, "the rest of a call does not come");
		else if (!waits && s->now_ms - c->heard_ms > NFS_IDLE_MS)
			close_conn(s, c);
	}
}
