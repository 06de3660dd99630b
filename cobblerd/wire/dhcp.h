/* SPDX-License-Identifier: GPL-2.0-or-later
 * dhcp.h - DHCP and BOOTP packets (RFC 951, 2131, 2132, 3046, 3396): bytes to struct and back. No socket, no clock.
 * Addresses are host-order integers.
 */
#ifndef WIRE_DHCP_H
#define WIRE_DHCP_H

#include "base/bytes.h"
#include "base/err.h"

#define DHCP_MAX_PACKET 4096       /* more than any client sends: a longer datagram is refused */
#define DHCP_MIN_REPLY 300         /* RFC 951: a client may drop what is shorter */
#define DHCP_FIXED 236             /* bytes before the cookie */
#define DHCP_FLAG_BROADCAST 0x8000

enum dhcp_op { BOOTP_REQUEST = 1, BOOTP_REPLY = 2 };

enum dhcp_type {
	DHCP_NONE, DHCP_DISCOVER, DHCP_OFFER, DHCP_REQUEST, DHCP_DECLINE, DHCP_ACK, DHCP_NAK, DHCP_RELEASE, DHCP_INFORM,
};

enum dhcp_option {
	OPT_PAD = 0, OPT_NETMASK = 1, OPT_ROUTERS = 3, OPT_DNS = 6, OPT_HOSTNAME = 12, OPT_DOMAIN = 15, OPT_BROADCAST = 28,
	OPT_NTP = 42, OPT_VENDOR_INFO = 43, OPT_REQUESTED_IP = 50, OPT_LEASE_TIME = 51, OPT_OVERLOAD = 52, OPT_TYPE = 53,
	OPT_SERVER_ID = 54, OPT_PARAMETERS = 55, OPT_MESSAGE = 56, OPT_MAX_SIZE = 57, OPT_T1 = 58, OPT_T2 = 59,
	OPT_VENDOR_CLASS = 60, OPT_CLIENT_ID = 61, OPT_TFTP_SERVER = 66, OPT_BOOT_FILE = 67, OPT_USER_CLASS = 77,
	OPT_RELAY_AGENT = 82, OPT_ARCH = 93, OPT_UUID = 97, OPT_DOMAIN_SEARCH = 119, OPT_END = 255,
};

struct dhcp_opt { uint16_t len; const uint8_t *data; };     /* data NULL: absent */

struct dhcp_msg {
	uint8_t op, htype, hlen, hops;
	uint32_t xid;
	uint16_t secs, flags;
	uint32_t ciaddr, yiaddr, siaddr, giaddr;
	uint8_t chaddr[16];
	char sname[65], file[129];              /* "" when the field holds options */
	bool cookie;                            /* false: a BOOTP packet without options */
	bool foreign;                           /* its vendor area has another magic than that of options (RFC 1542 3.5) */
	enum dhcp_type type;                    /* DHCP_NONE: BOOTP */
	struct dhcp_opt opt[256];               /* point into the packet or into joined */
	uint8_t joined[DHCP_MAX_PACKET];        /* options that came in pieces */
	size_t joined_len;
};

/* Parses a request or reply. pkt must outlive *m. Malformed: CB_EPARSE, with a static text in *why. */
int dhcp_parse(const void *pkt, size_t n, struct dhcp_msg *m, const char **why) MUST_CHECK;

/* Readers that check the length; false / 0 when absent or of another length. */
bool dhcp_opt_u32(const struct dhcp_msg *m, enum dhcp_option code, uint32_t *ret);
bool dhcp_opt_u16(const struct dhcp_msg *m, enum dhcp_option code, uint16_t *ret);
/* The option's bytes as text: cut at the first NUL, control and non-ASCII bytes as '?', at most cap - 1 characters. */
size_t dhcp_opt_text(const struct dhcp_msg *m, enum dhcp_option code, char *out, size_t cap);
/* User class (option 77): as plain text or as RFC 3004's list of counted strings, separated by blanks. */
size_t dhcp_user_class(const struct dhcp_msg *m, char *out, size_t cap);
bool dhcp_wants(const struct dhcp_msg *m, uint8_t code);    /* listed in option 55 */

/* A reply being made. Zero-initialise, fill the fixed fields, add options in any order. */
struct dhcp_reply {
	uint8_t htype, hlen;
	uint8_t hops;
	uint32_t xid;
	uint16_t secs, flags;
	uint32_t ciaddr, yiaddr, siaddr, giaddr;
	uint8_t chaddr[16];
	char sname[64], file[128];              /* need not end with NUL when full */
	bool cookie;
	struct dhcp_opt opt[256];
	uint8_t store[DHCP_MAX_PACKET];
	size_t used;
	bool full;                              /* sticky: an option did not fit the store */
};

/* Copies the value. An option set twice keeps the last. len 0 is a valid value. */
void dhcp_put(struct dhcp_reply *r, enum dhcp_option code, const void *data, size_t len);
void dhcp_put_u8(struct dhcp_reply *r, enum dhcp_option code, uint8_t v);
void dhcp_put_u32(struct dhcp_reply *r, enum dhcp_option code, uint32_t v);
void dhcp_put_text(struct dhcp_reply *r, enum dhcp_option code, const char *s);    /* nothing when s is "" */
void dhcp_put_ips(struct dhcp_reply *r, enum dhcp_option code, const uint32_t *ip, size_t n);

/* Builds the packet: message type and server identifier first, then by code, relay information last (RFC 3046 2.1). What does not
 * fit max bytes is left out, the least needed first. Long values are split (RFC 3396). Returns the length, padded to
 * DHCP_MIN_REPLY; 0 when not even the necessary fits buf. */
size_t dhcp_build(const struct dhcp_reply *r, void *buf, size_t cap, size_t max);

/* For the log: "discover"; never NULL. */
const char *dhcp_type_name(enum dhcp_type t);
/* Our name of a client architecture (IANA's "Processor Architecture Types", option 93): "uefi-x64"; NULL for a number without one. */
const char *dhcp_arch_name(unsigned number);

#endif
