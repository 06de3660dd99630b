/* SPDX-License-Identifier: GPL-2.0-or-later
 * tftp.c - TFTP packets: see tftp.h.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "wire/tftp.h"

#define MAX_OPTIONS 32

/* Option, its range (RFC 2348, 2349, 7440), where the value goes. */
static const struct { const char *name; unsigned long min, max; size_t off; } number_options[] = {
	{ "blksize", 8, 65464, offsetof(struct tftp_request, blksize) },
	{ "windowsize", 1, 65535, offsetof(struct tftp_request, windowsize) },
	{ "timeout", 1, 255, offsetof(struct tftp_request, timeout) },
};

static void take_option(struct tftp_request *q, const char *name, const char *value)
{
	unsigned long v;
	if (strcasecmp(name, "tsize") == 0 && parse_uint(value, UINT32_MAX, &v)) {
		q->tsize = true;
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(number_options); i++) {
		if (strcasecmp(name, number_options[i].name) != 0)
			continue;
		uint32_t *at = (uint32_t *)(void *)((char *)q + number_options[i].off);
		/* A blksize beyond the largest is asked down to it; everything else out of range is ignored. */
		if (*at == 0 && parse_uint(value, UINT32_MAX, &v) && v >= number_options[i].min)
			*at = (uint32_t)(v <= number_options[i].max ? v : number_options[i].max);
		return;
	}
}

static int refuse(uint16_t *code, const char **why, uint16_t c, const char *text)
{
	*code = c;
	*why = text;
	return CB_EPARSE;
}

int tftp_request_parse(const void *pkt, size_t n, struct tftp_request *ret, uint16_t *code, const char **why)
{
	struct rd r = rd_make(pkt, n);
	struct tftp_request q = { 0 };
	uint16_t op = rd_be16(&r);
	if (r.bad || (op != TFTP_RRQ && op != TFTP_WRQ))
		return refuse(code, why, TFTP_E_ILLEGAL, "not a request");
	q.write = op == TFTP_WRQ;
	const char *name = rd_cstr(&r), *mode = rd_cstr(&r);
	if (r.bad)
		return refuse(code, why, TFTP_E_ILLEGAL, "request without an end");
	size_t len = strlen(name);
	if (len == 0 || len > TFTP_NAME_MAX)
		return refuse(code, why, len == 0 ? TFTP_E_NOT_FOUND : TFTP_E_ACCESS, len == 0 ? "empty file name" : "file name too long");
	memcpy(q.name, name, len + 1);
	if (strcasecmp(mode, "octet") == 0)
		q.mode = TFTP_OCTET;
	else if (strcasecmp(mode, "netascii") == 0)
		q.mode = TFTP_NETASCII;
	else
		return refuse(code, why, TFTP_E_ILLEGAL, "unknown transfer mode");
	for (int i = 0; i < MAX_OPTIONS && r.left > 0; i++) {
		const char *opt = rd_cstr(&r), *value = rd_cstr(&r);
		if (r.bad)
			break;                  /* padding after the request, or an option cut off: ignored */
		take_option(&q, opt, value);
	}
	*ret = q;
	return CB_OK;
}

uint16_t tftp_reply_parse(const void *pkt, size_t n, uint16_t *value, char *text, size_t cap)
{
	struct rd r = rd_make(pkt, n);
	uint16_t op = rd_be16(&r), v = rd_be16(&r);
	if (r.bad || (op != TFTP_ACK && op != TFTP_ERROR))
		return 0;
	*value = v;
	size_t i = 0;
	if (op == TFTP_ERROR)
		for (; i < cap - 1 && i < r.left && r.p[i] != 0; i++)
			text[i] = r.p[i] >= 0x20 && r.p[i] < 0x7f ? (char)r.p[i] : '?';
	text[i] = '\0';
	return op;
}

static void add_option(struct wr *w, const char *name, int64_t v)
{
	char num[24];
	snprintf(num, sizeof(num), "%lld", (long long)v);
	wr_bytes(w, name, strlen(name) + 1);
	wr_bytes(w, num, strlen(num) + 1);
}

size_t tftp_oack_build(void *buf, size_t cap, uint32_t blksize, uint32_t windowsize, uint32_t timeout, int64_t tsize)
{
	struct wr w = wr_make(buf, cap);
	wr_be16(&w, TFTP_OACK);
	if (blksize != 0)
		add_option(&w, "blksize", blksize);
	if (timeout != 0)
		add_option(&w, "timeout", timeout);
	if (tsize >= 0)
		add_option(&w, "tsize", tsize);
	if (windowsize != 0)
		add_option(&w, "windowsize", windowsize);
	return w.bad ? 0 : w.len;
}

size_t tftp_error_build(void *buf, size_t cap, uint16_t code, const char *text)
{
	struct wr w = wr_make(buf, cap);
	wr_be16(&w, TFTP_ERROR);
	wr_be16(&w, code);
	wr_bytes(&w, text, strlen(text) + 1);
	return w.bad ? 0 : w.len;
}

void tftp_data_header(uint8_t out[TFTP_HEADER], uint16_t block)
{
	struct wr w = wr_make(out, TFTP_HEADER);
	wr_be16(&w, TFTP_DATA);
	wr_be16(&w, block);
}
