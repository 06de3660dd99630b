/* SPDX-License-Identifier: GPL-2.0-or-later
 * tftp.h - TFTP packets (RFC 1350, 2347, 2348, 2349, 7440): bytes to struct and back. No socket, no clock, no file.
 */
#ifndef WIRE_TFTP_H
#define WIRE_TFTP_H

#include "base/bytes.h"
#include "base/err.h"

#define TFTP_HEADER 4
#define TFTP_BLKSIZE 512           /* without the option */
#define TFTP_NAME_MAX 1023
#define TFTP_MAX_REQUEST 2048

enum tftp_op { TFTP_RRQ = 1, TFTP_WRQ, TFTP_DATA, TFTP_ACK, TFTP_ERROR, TFTP_OACK };
enum tftp_error {
	TFTP_E_UNDEFINED, TFTP_E_NOT_FOUND, TFTP_E_ACCESS, TFTP_E_DISK_FULL, TFTP_E_ILLEGAL, TFTP_E_UNKNOWN_TID, TFTP_E_EXISTS,
	TFTP_E_NO_USER, TFTP_E_OPTION,
};
enum tftp_mode { TFTP_OCTET, TFTP_NETASCII };

struct tftp_request {
	bool write;                    /* WRQ */
	enum tftp_mode mode;
	char name[TFTP_NAME_MAX + 1];
	/* 0: not asked for (or with a value that RFC 2347 lets us ignore) */
	uint32_t blksize, windowsize, timeout;
	bool tsize;
};

/* Parses RRQ and WRQ. Malformed: CB_EPARSE with the error code to answer with in *code and a static text in *why. Values of options
 * that are out of their RFC's range are treated as if the option were absent, as RFC 2347 has it; of repeated ones the first counts. */
int tftp_request_parse(const void *pkt, size_t n, struct tftp_request *ret, uint16_t *code, const char **why) MUST_CHECK;

/* What a client sends during a transfer: TFTP_ACK (value: block) or TFTP_ERROR (value: code, text printable, cut). 0: neither. */
uint16_t tftp_reply_parse(const void *pkt, size_t n, uint16_t *value, char *text, size_t cap);

/* Builders return the length, 0 when it does not fit. An OACK holds what is not 0; tsize -1: not asked for. */
size_t tftp_oack_build(void *buf, size_t cap, uint32_t blksize, uint32_t windowsize, uint32_t timeout, int64_t tsize);
size_t tftp_error_build(void *buf, size_t cap, uint16_t code, const char *text);
void tftp_data_header(uint8_t out[TFTP_HEADER], uint16_t block);

#endif
