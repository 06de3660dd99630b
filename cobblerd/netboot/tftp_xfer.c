/* SPDX-License-Identifier: GPL-2.0-or-later
 * tftp_xfer.c - see tftp_xfer.h. Block numbers are counted in 64 bits; on the wire they wrap from 65535 to 0.
 */
#include <string.h>

#include "netboot/tftp_xfer.h"

#define RTO_FIRST_US 1000000
#define RTO_MIN_US 100000          /* a client may take its time to write a block */
#define RTO_MAX_US 4000000
#define TRIES 10                   /* about 20 s on a fast network */
#define TRIES_UNANSWERED 4         /* nobody there, or a forged source: little is sent to it */

uint32_t tftp_xfer_size(const struct tftp_xfer *x, uint64_t n)
{
	return n < x->nblocks ? x->blksize : (uint32_t)(x->length - (x->nblocks - 1) * x->blksize);
}

static void arm(struct tftp_xfer *x, int64_t now_us)
{
	x->sent_us = now_us;
	x->deadline_us = now_us + x->rto_us;
}

static enum tftp_act send_window(struct tftp_xfer *x, int64_t now_us)
{
	uint64_t left = x->nblocks - x->base + 1;
	x->send_from = x->base;
	x->send_count = left < x->window ? (uint32_t)left : x->window;
	x->next = x->base + x->send_count;
	arm(x, now_us);
	return TFTP_SEND_BLOCKS;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

enum tftp_act tftp_xfer_start(struct tftp_xfer *x, const struct tftp_request *q, uint64_t length, const struct tftp_limits *max,
	int64_t now_us)
{
	memset(x, 0, sizeof(*x));
	x->length = length;
	x->blksize = q->blksize != 0 ? smaller(q->blksize, max->blksize) : TFTP_BLKSIZE;
	x->window = q->windowsize != 0 ? smaller(q->windowsize, max->window) : 1;
	if (x->window > TFTP_WINDOW_BYTES / x->blksize)
		x->window = TFTP_WINDOW_BYTES / x->blksize > 0 ? TFTP_WINDOW_BYTES / x->blksize : 1;
	x->timeout = q->timeout;
	x->opt_blksize = q->blksize != 0;
	x->opt_window = q->windowsize != 0;
	x->opt_tsize = q->tsize;
	x->nblocks = length / x->blksize + 1;
	x->base = x->next = 1;
	x->rto_us = x->timeout != 0 ? x->timeout * (int64_t)1000000 : RTO_FIRST_US;
	x->oack = x->opt_blksize || x->opt_window || x->opt_tsize || x->timeout != 0;
	if (!x->oack)
		return send_window(x, now_us);
	arm(x, now_us);
	return TFTP_SEND_OACK;
}

/* RFC 6298, with a floor that suits a LAN. Not from what was sent twice (Karn). */
static void measure(struct tftp_xfer *x, int64_t now_us)
{
	int64_t rtt = now_us - x->sent_us;
	if (x->resent || rtt < 0 || x->timeout != 0)
		return;
	if (x->srtt_us == 0) {
		x->srtt_us = rtt > 0 ? rtt : 1;
		x->rttvar_us = rtt / 2;
	} else {
		int64_t d = rtt > x->srtt_us ? rtt - x->srtt_us : x->srtt_us - rtt;
		x->rttvar_us += (d - x->rttvar_us) / 4;
		x->srtt_us += (rtt - x->srtt_us) / 8;
	}
	int64_t rto = x->srtt_us + 4 * x->rttvar_us;
	x->rto_us = rto < RTO_MIN_US ? RTO_MIN_US : rto > RTO_MAX_US ? RTO_MAX_US : rto;
}

/* Something new was acknowledged. */
static void progress(struct tftp_xfer *x, int64_t now_us)
{
	measure(x, now_us);
	x->tries = 0;
	x->resent = x->dup_seen = false;
}

enum tftp_act tftp_xfer_ack(struct tftp_xfer *x, uint16_t block, int64_t now_us)
{
	x->answered = true;
	if (x->oack && !x->oack_acked) {
		if (block != 0)
			return TFTP_NOTHING;
		x->oack_acked = true;
		progress(x, now_us);
		return send_window(x, now_us);
	}
	uint16_t fresh = (uint16_t)(block - (uint16_t)(x->base - 1));
	uint64_t outstanding = x->next - x->base;
	if (fresh == 0) {
		/* The same once more. With a window it means that its first block was lost (RFC 7440); without one, answering would
		 * double every packet from here on (the sorcerer's apprentice). Once per window: the rest is up to the timer. */
		if (x->window == 1 || x->dup_seen || now_us - x->sent_us < x->srtt_us / 2)
			return TFTP_NOTHING;
		x->dup_seen = x->resent = true;
		x->retransmits++;
		return send_window(x, now_us);
	}
	if (fresh > outstanding)
		return TFTP_NOTHING;            /* old, or not sent yet */
	progress(x, now_us);
	if (fresh < outstanding)
		x->retransmits++;               /* a gap: from there again (RFC 7440) */
	x->base += fresh;
	if (x->base > x->nblocks)
		return TFTP_DONE;
	return send_window(x, now_us);
}

enum tftp_act tftp_xfer_timeout(struct tftp_xfer *x, int64_t now_us)
{
	if (++x->tries > (x->answered ? TRIES : TRIES_UNANSWERED))
		return TFTP_GIVE_UP;
	x->resent = true;
	x->dup_seen = false;
	x->retransmits++;
	if (x->timeout == 0)
		x->rto_us = 2 * x->rto_us < RTO_MAX_US ? 2 * x->rto_us : RTO_MAX_US;
	if (x->oack && !x->oack_acked) {
		arm(x, now_us);
		return TFTP_SEND_OACK;
	}
	return send_window(x, now_us);
}
