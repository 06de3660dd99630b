/* SPDX-License-Identifier: GPL-2.0-or-later
 * tftp_send.c - blocks from the file to the wire: read ahead in big pieces, and a whole window in one system call where the
 * kernel can cut it into datagrams by itself (UDP_SEGMENT).
 */
#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "netboot/tftp_service.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#define SEGMENTS 64                /* most that the kernel cuts one message into */
#define DATAGRAM_MAX 65507

void tftp_map(struct tftp_client *c)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), from = c->offset / page * page, len = c->x.length + (c->offset - from);
	if (c->in_memory || c->x.length <= TFTP_READ || len > SIZE_MAX / 2)
		return;
	void *p = mmap(NULL, (size_t)len, PROT_READ, MAP_PRIVATE, c->file, (off_t)from);
	if (p == MAP_FAILED)
		return;
	madvise(p, (size_t)len, MADV_SEQUENTIAL);
	c->map = p;
	c->map_len = (size_t)len;
	c->map_off = (size_t)(c->offset - from);
}

/* Makes file bytes [at, at + n) available; NULL when they cannot be read (any more). n is at most a window. */
static const uint8_t *file_bytes(struct tftp_client *c, uint64_t at, size_t n)
{
	if (c->map != NULL)
		return c->map + c->map_off + at;
	if (at >= c->buf_at && at - c->buf_at <= c->buf_len && n <= c->buf_len - (size_t)(at - c->buf_at))
		return c->buf + (at - c->buf_at);
	if (c->in_memory || c->file < 0)
		return NULL;
	size_t want = n > TFTP_READ ? n : TFTP_READ;
	uint64_t left = c->x.length - at;
	if (want > left)
		want = (size_t)left;
	if (want > c->buf_cap) {
		c->buf = xrealloc(c->buf, want);
		c->buf_cap = want;
	}
	c->buf_len = 0;
	c->buf_at = at;
	while (c->buf_len < want) {
		ssize_t got = pread(c->file, c->buf + c->buf_len, want - c->buf_len, (off_t)(c->offset + at + c->buf_len));
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		c->buf_len += (size_t)got;
	}
	return c->buf_len >= n ? c->buf : NULL;
}

/* n blocks laid out as header, data, header, data ... */
static void lay_out(const struct tftp_client *c, uint64_t first, size_t n, const uint8_t *data, uint8_t head[][TFTP_HEADER],
	struct iovec *iov)
{
	for (size_t i = 0; i < n; i++) {
		tftp_data_header(head[i], (uint16_t)(first + i));
		iov[2 * i] = (struct iovec){ head[i], TFTP_HEADER };
		iov[2 * i + 1] = (struct iovec){ (void *)(uintptr_t)(data + i * c->x.blksize), tftp_xfer_size(&c->x, first + i) };
	}
}

static bool send_segmented(struct tftp_client *c, struct iovec *iov, size_t n)
{
	union { struct cmsghdr h; char buf[CMSG_SPACE(sizeof(uint16_t))]; } u = { 0 };
	uint16_t size = (uint16_t)(c->x.blksize + TFTP_HEADER);
	struct msghdr m = { .msg_name = &c->peer, .msg_namelen = c->peer_len, .msg_iov = iov, .msg_iovlen = 2 * n, .msg_control = u.buf,
		.msg_controllen = sizeof(u.buf) };
	u.h.cmsg_level = IPPROTO_UDP;
	u.h.cmsg_type = UDP_SEGMENT;
	u.h.cmsg_len = CMSG_LEN(sizeof(size));
	memcpy(CMSG_DATA(&u.h), &size, sizeof(size));
	/* A full queue is loss like any other; a file that has become shorter shows when it is tried singly. */
	return sendmsg(c->sock, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno == EAGAIN || errno == ENOBUFS || errno == ECONNREFUSED;
}

/* False when the file's pages are not there any more. */
static bool send_singly(struct tftp_client *c, struct iovec *iov, size_t n)
{
	struct mmsghdr m[SEGMENTS];
	memset(m, 0, n * sizeof(m[0]));
	for (size_t i = 0; i < n; i++)
		m[i].msg_hdr = (struct msghdr){ .msg_name = &c->peer, .msg_namelen = c->peer_len, .msg_iov = iov + 2 * i, .msg_iovlen = 2 };
	ssize_t rc = n == 1 ? sendmsg(c->sock, &m[0].msg_hdr, MSG_DONTWAIT | MSG_NOSIGNAL) :
		sendmmsg(c->sock, m, (unsigned)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return rc >= 0 || errno != EFAULT;
}

bool tftp_send_blocks(struct tftp_service *s, struct tftp_client *c)
{
	uint8_t head[SEGMENTS][TFTP_HEADER];
	struct iovec iov[2 * SEGMENTS];
	uint64_t n = c->x.send_from, end = n + c->x.send_count;
	size_t most = DATAGRAM_MAX / (c->x.blksize + TFTP_HEADER);
	most = most > SEGMENTS ? SEGMENTS : most < 1 ? 1 : most;
	while (n < end) {
		size_t k = end - n < most ? (size_t)(end - n) : most;
		uint64_t at = (n - 1) * c->x.blksize;
		size_t bytes = (k - 1) * c->x.blksize + tftp_xfer_size(&c->x, n + k - 1);
		const uint8_t *data = bytes > 0 ? file_bytes(c, at, bytes) : (const uint8_t *)"";
		if (data == NULL)
			return false;
		lay_out(c, n, k, data, head, iov);
		bool whole = k > 1 && !s->no_gso && send_segmented(c, iov, k);
		if (k > 1 && !whole && errno != EFAULT)
			s->no_gso = true;
		if (!whole && !send_singly(c, iov, k))
			return false;
		n += k;
	}
	return true;
}

void tftp_send_oack(struct tftp_client *c)
{
	uint8_t buf[128];
	const struct tftp_xfer *x = &c->x;
	size_t n = tftp_oack_build(buf, sizeof(buf), x->opt_blksize ? x->blksize : 0, x->opt_window ? x->window : 0, x->timeout,
		x->opt_tsize ? (int64_t)x->length : -1);
	(void)sendto(c->sock, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL, &c->peer.sa, c->peer_len);
}

void tftp_send_error(int sock, const union tftp_addr *to, socklen_t len, uint16_t code, const char *text)
{
	uint8_t buf[160];
	size_t n = tftp_error_build(buf, sizeof(buf), code, text);
	if (n > 0)
		(void)sendto(sock, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL, &to->sa, len);
}

bool tftp_load_netascii(struct tftp_client *c, uint64_t *length)
{
	uint64_t left = c->x.length;
	size_t n = 0;
	if (left > TFTP_ASCII_MAX)
		return false;
	uint8_t *out = xmalloc(2 * (size_t)left + 1), in[4096];
	for (uint64_t at = c->offset; left > 0; ) {
		ssize_t got = pread(c->file, in, left < sizeof(in) ? (size_t)left : sizeof(in), (off_t)at);
		if (got <= 0) {
			free(out);
			return false;
		}
		for (ssize_t i = 0; i < got; i++) {
			if (in[i] == '\n')
				out[n++] = '\r';
			out[n++] = in[i];
			if (in[i] == '\r')
				out[n++] = '\0';
		}
		at += (uint64_t)got;
		left -= (uint64_t)got;
	}
	free(c->buf);
	c->buf = out;
	c->buf_at = 0;
	c->buf_len = n;
	c->in_memory = true;
	*length = n;
	return true;
}
