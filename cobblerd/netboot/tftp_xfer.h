/* SPDX-License-Identifier: GPL-2.0-or-later
 * tftp_xfer.h - one TFTP transfer as a state machine: numbers in, what to send out. No socket, no file; the clock is an argument.
 */
#ifndef NETBOOT_TFTP_XFER_H
#define NETBOOT_TFTP_XFER_H

#include "wire/tftp.h"

#define TFTP_WINDOW_BYTES (128u << 10)   /* of one window: what a socket takes at once */

enum tftp_act {
	TFTP_NOTHING,
	TFTP_SEND_OACK,
	TFTP_SEND_BLOCKS,              /* send_from, send_count */
	TFTP_DONE,                     /* everything is acknowledged */
	TFTP_GIVE_UP,
};

struct tftp_xfer {
	uint64_t length, nblocks;      /* nblocks: the last is shorter than blksize, perhaps empty */
	uint32_t blksize, window, timeout;     /* timeout: seconds, 0: by what we measure */
	bool oack, oack_acked, answered;       /* answered: the client has sent anything yet */
	bool opt_blksize, opt_window, opt_tsize;
	uint64_t base, next;           /* lowest block not acknowledged; first one not sent yet */
	uint64_t send_from;
	uint32_t send_count;
	bool resent, dup_seen;         /* since base moved */
	unsigned tries;
	int64_t sent_us, deadline_us;
	int64_t srtt_us, rttvar_us;    /* 0: not measured */
	int64_t rto_us;
	uint64_t retransmits;
};

struct tftp_limits { uint32_t blksize, window; };    /* the most that is granted */

/* Grants the options of q for a file of length bytes; says what to send first. */
enum tftp_act tftp_xfer_start(struct tftp_xfer *x, const struct tftp_request *q, uint64_t length, const struct tftp_limits *max,
	int64_t now_us);
enum tftp_act tftp_xfer_ack(struct tftp_xfer *x, uint16_t block, int64_t now_us);
/* Called when deadline_us has passed. */
enum tftp_act tftp_xfer_timeout(struct tftp_xfer *x, int64_t now_us);
/* Bytes of block n. */
uint32_t tftp_xfer_size(const struct tftp_xfer *x, uint64_t n);

#endif
