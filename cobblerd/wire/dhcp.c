/* SPDX-License-Identifier: GPL-2.0-or-later
 * dhcp.c - DHCP and BOOTP packets: see dhcp.h.
 */
#include <string.h>

#include "wire/dhcp.h"

static const uint8_t cookie[4] = { 99, 130, 83, 99 };

/* ---- reading ---- */

/* One more piece of an option: the first is a view, later ones are joined in m->joined (RFC 3396). */
static bool add_piece(struct dhcp_msg *m, uint8_t code, const uint8_t *p, size_t n)
{
	struct dhcp_opt *o = &m->opt[code];
	if (o->data == NULL) {
		o->data = p;
		o->len = (uint16_t)n;
		return true;
	}
	size_t total = o->len + n, room = sizeof(m->joined) - m->joined_len;
	uint8_t *at = m->joined + m->joined_len;
	/* The option joined last grows in place; any other is copied to the end. */
	bool in_place = o->len > 0 && o->data + o->len == at && o->data >= m->joined;
	if ((in_place ? n : total) > room)
		return false;
	if (in_place) {
		memcpy(at, p, n);
		m->joined_len += n;
	} else {
		memcpy(at, o->data, o->len);
		memcpy(at + o->len, p, n);
		m->joined_len += total;
		o->data = at;
	}
	o->len = (uint16_t)total;
	return true;
}

static bool read_options(struct dhcp_msg *m, struct rd r, const char **why)
{
	while (r.left > 0) {
		uint8_t code = rd_u8(&r);
		if (code == OPT_PAD)
			continue;
		if (code == OPT_END)
			return true;
		uint8_t n = rd_u8(&r);
		const uint8_t *p = rd_take(&r, n);
		if (r.bad) {
			*why = "an option runs past the end";
			return false;
		}
		if (!add_piece(m, code, p, n)) {
			*why = "options are too long";
			return false;
		}
	}
	return true;                    /* a missing END is common and harmless */
}

static void copy_text(char *out, size_t cap, const uint8_t *p, size_t n)
{
	const uint8_t *end = memchr(p, 0, n);
	size_t len = end != NULL ? (size_t)(end - p) : n;
	if (len > cap - 1)
		len = cap - 1;
	for (size_t i = 0; i < len; i++)
		out[i] = p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i] : '?';
	out[len] = '\0';
}

/* Option 52: the file and sname fields hold more options; a second 52 inside them means nothing. */
static bool read_overload(struct dhcp_msg *m, const uint8_t *sname, const uint8_t *file, const char **why)
{
	const struct dhcp_opt *o = &m->opt[OPT_OVERLOAD];
	if (o->data == NULL)
		return true;
	if (o->len != 1 || o->data[0] < 1 || o->data[0] > 3) {
		*why = "option 52 is not 1, 2 or 3";
		return false;
	}
	uint8_t how = o->data[0];
	if (how & 1) {
		m->file[0] = '\0';
		if (!read_options(m, rd_make(file, 128), why))
			return false;
	}
	if (how & 2) {
		m->sname[0] = '\0';
		if (!read_options(m, rd_make(sname, 64), why))
			return false;
	}
	return true;
}

static int parse_type(struct dhcp_msg *m, const char **why)
{
	const struct dhcp_opt *o = &m->opt[OPT_TYPE];
	if (o->data == NULL)
		return CB_OK;
	if (o->len != 1 || o->data[0] < DHCP_DISCOVER || o->data[0] > DHCP_INFORM) {
		*why = "unknown message type";
		return CB_EPARSE;
	}
	m->type = (enum dhcp_type)o->data[0];
	return CB_OK;
}

int dhcp_parse(const void *pkt, size_t n, struct dhcp_msg *m, const char **why)
{
	struct rd r = rd_make(pkt, n);
	*why = "";
	if (n > DHCP_MAX_PACKET) {
		*why = "packet too long";
		return CB_EPARSE;
	}
	/* joined is written before it is read: clearing it for each packet would cost more than the rest. */
	memset(m, 0, offsetof(struct dhcp_msg, joined));
	m->joined_len = 0;
	m->op = rd_u8(&r);
	m->htype = rd_u8(&r);
	m->hlen = rd_u8(&r);
	m->hops = rd_u8(&r);
	m->xid = rd_be32(&r);
	m->secs = rd_be16(&r);
	m->flags = rd_be16(&r);
	m->ciaddr = rd_be32(&r);
	m->yiaddr = rd_be32(&r);
	m->siaddr = rd_be32(&r);
	m->giaddr = rd_be32(&r);
	const uint8_t *ch = rd_take(&r, 16), *sname = rd_take(&r, 64), *file = rd_take(&r, 128);
	if (r.bad) {
		*why = "packet too short";
		return CB_EPARSE;
	}
	if (m->op != BOOTP_REQUEST && m->op != BOOTP_REPLY) {
		*why = "neither request nor reply";
		return CB_EPARSE;
	}
	if (m->hlen > sizeof(m->chaddr)) {
		*why = "hardware address too long";
		return CB_EPARSE;
	}
	memcpy(m->chaddr, ch, m->hlen);
	copy_text(m->sname, sizeof(m->sname), sname, 64);
	copy_text(m->file, sizeof(m->file), file, 128);
	if (r.left < sizeof(cookie) || memcmp(r.p, cookie, sizeof(cookie)) != 0) {
		static const uint8_t none[sizeof(cookie)];
		m->foreign = r.left >= sizeof(none) && memcmp(r.p, none, sizeof(none)) != 0;
		return CB_OK;
	}
	m->cookie = true;
	rd_skip(&r, sizeof(cookie));
	if (!read_options(m, r, why) || !read_overload(m, sname, file, why))
		return CB_EPARSE;
	return parse_type(m, why);
}

bool dhcp_opt_u32(const struct dhcp_msg *m, enum dhcp_option code, uint32_t *ret)
{
	const struct dhcp_opt *o = &m->opt[code];
	if (o->data == NULL || o->len != 4)
		return false;
	struct rd r = rd_make(o->data, 4);
	*ret = rd_be32(&r);
	return true;
}

bool dhcp_opt_u16(const struct dhcp_msg *m, enum dhcp_option code, uint16_t *ret)
{
	const struct dhcp_opt *o = &m->opt[code];
	/* Option 93 may list several architectures: the first counts. */
	if (o->data == NULL || o->len < 2 || o->len % 2 != 0)
		return false;
	struct rd r = rd_make(o->data, 2);
	*ret = rd_be16(&r);
	return true;
}

size_t dhcp_opt_text(const struct dhcp_msg *m, enum dhcp_option code, char *out, size_t cap)
{
	const struct dhcp_opt *o = &m->opt[code];
	out[0] = '\0';
	if (o->data != NULL && o->len > 0)
		copy_text(out, cap, o->data, o->len);
	return strlen(out);
}

size_t dhcp_user_class(const struct dhcp_msg *m, char *out, size_t cap)
{
	const struct dhcp_opt *o = &m->opt[OPT_USER_CLASS];
	struct rd r = rd_make(o->data, o->data != NULL ? o->len : 0);
	size_t used = 0;
	out[0] = '\0';
	while (r.left > 0 && !r.bad) {
		uint8_t n = rd_u8(&r);
		const uint8_t *p = rd_take(&r, n);
		if (r.bad || n == 0 || used + (used > 0) + n + 1 > cap)
			return dhcp_opt_text(m, OPT_USER_CLASS, out, cap);      /* plain text, as iPXE sends it */
		if (used > 0)
			out[used++] = ' ';
		copy_text(out + used, n + 1u, p, n);
		used += strlen(out + used);
	}
	return used;
}

bool dhcp_wants(const struct dhcp_msg *m, uint8_t code)
{
	const struct dhcp_opt *o = &m->opt[OPT_PARAMETERS];
	return o->data != NULL && memchr(o->data, code, o->len) != NULL;
}

/* ---- building ---- */

void dhcp_put(struct dhcp_reply *r, enum dhcp_option code, const void *data, size_t len)
{
	static const uint8_t nothing;
	if (code == OPT_PAD || code >= OPT_END)
		return;
	if (len > sizeof(r->store) - r->used) {
		r->full = true;
		return;
	}
	uint8_t *at = r->store + r->used;
	if (len > 0)
		memcpy(at, data, len);
	r->used += len;
	r->opt[code].data = len > 0 ? at : &nothing;
	r->opt[code].len = (uint16_t)len;
}

void dhcp_put_u8(struct dhcp_reply *r, enum dhcp_option code, uint8_t v)
{
	dhcp_put(r, code, &v, 1);
}

void dhcp_put_u32(struct dhcp_reply *r, enum dhcp_option code, uint32_t v)
{
	uint8_t b[4];
	struct wr w = wr_make(b, sizeof(b));
	wr_be32(&w, v);
	dhcp_put(r, code, b, sizeof(b));
}

void dhcp_put_text(struct dhcp_reply *r, enum dhcp_option code, const char *s)
{
	if (*s != '\0')
		dhcp_put(r, code, s, strlen(s));
}

void dhcp_put_ips(struct dhcp_reply *r, enum dhcp_option code, const uint32_t *ip, size_t n)
{
	uint8_t b[64 * 4];
	struct wr w = wr_make(b, sizeof(b));
	for (size_t i = 0; i < n && i < 64; i++)
		wr_be32(&w, ip[i]);
	if (n > 0)
		dhcp_put(r, code, b, w.len);
}

static size_t encoded_size(const struct dhcp_opt *o)
{
	size_t pieces = o->len == 0 ? 1 : (o->len + 254u) / 255u;
	return o->len + 2 * pieces;
}

static void write_option(struct wr *w, uint8_t code, const struct dhcp_opt *o)
{
	size_t done = 0;
	do {
		size_t n = o->len - done < 255 ? o->len - done : 255;
		wr_u8(w, code);
		wr_u8(w, (uint8_t)n);
		wr_bytes(w, o->data + done, n);
		done += n;
	} while (done < o->len);
}

/* Without these a client cannot use the answer at all; they are placed first, whatever the room. */
static const uint8_t needed[] = {
	OPT_TYPE, OPT_SERVER_ID, OPT_LEASE_TIME, OPT_NETMASK, OPT_VENDOR_CLASS, OPT_ROUTERS, OPT_DNS, OPT_VENDOR_INFO, OPT_UUID,
	OPT_BOOT_FILE, OPT_TFTP_SERVER, OPT_HOSTNAME, OPT_DOMAIN, OPT_T1, OPT_T2,
};

/* Chooses what fits room bytes: the relay information always (the relay could not deliver the answer without), then needed[]
 * in its order, then the rest by code. */
static void choose(const struct dhcp_reply *r, size_t room, bool take[256])
{
	size_t used = 1;                        /* END */
	uint8_t order[256 + sizeof(needed) + 1];
	size_t n = 0;
	order[n++] = OPT_RELAY_AGENT;
	for (size_t i = 0; i < sizeof(needed); i++)
		order[n++] = needed[i];
	for (unsigned c = 1; c < OPT_END; c++)
		order[n++] = (uint8_t)c;
	for (size_t i = 0; i < n; i++) {
		const struct dhcp_opt *o = &r->opt[order[i]];
		if (o->data == NULL || take[order[i]] || encoded_size(o) > room - used)
			continue;
		take[order[i]] = true;
		used += encoded_size(o);
	}
}

static void write_fixed(const struct dhcp_reply *r, struct wr *w)
{
	wr_u8(w, BOOTP_REPLY);
	wr_u8(w, r->htype);
	wr_u8(w, r->hlen);
	wr_u8(w, r->hops);
	wr_be32(w, r->xid);
	wr_be16(w, r->secs);
	wr_be16(w, r->flags);
	wr_be32(w, r->ciaddr);
	wr_be32(w, r->yiaddr);
	wr_be32(w, r->siaddr);
	wr_be32(w, r->giaddr);
	wr_bytes(w, r->chaddr, sizeof(r->chaddr));
	wr_bytes(w, r->sname, sizeof(r->sname));
	wr_bytes(w, r->file, sizeof(r->file));
}

size_t dhcp_build(const struct dhcp_reply *r, void *buf, size_t cap, size_t max)
{
	struct wr w = wr_make(buf, cap);
	bool take[256] = { false };
	size_t limit = cap < max ? cap : max;
	if (limit < DHCP_MIN_REPLY || cap < DHCP_MIN_REPLY)
		return 0;
	write_fixed(r, &w);
	if (r->cookie) {
		wr_bytes(&w, cookie, sizeof(cookie));
		choose(r, limit - DHCP_FIXED - sizeof(cookie), take);
		/* Some ROMs look for the type at the very start. */
		static const uint8_t first[] = { OPT_TYPE, OPT_SERVER_ID };
		for (size_t i = 0; i < sizeof(first); i++)
			if (take[first[i]])
				write_option(&w, first[i], &r->opt[first[i]]);
		for (unsigned c = 1; c < OPT_END; c++)
			if (take[c] && c != OPT_TYPE && c != OPT_SERVER_ID && c != OPT_RELAY_AGENT)
				write_option(&w, (uint8_t)c, &r->opt[c]);
		if (take[OPT_RELAY_AGENT])
			write_option(&w, OPT_RELAY_AGENT, &r->opt[OPT_RELAY_AGENT]);
		wr_u8(&w, OPT_END);
	}
	if (w.len < DHCP_MIN_REPLY)
		wr_zero(&w, DHCP_MIN_REPLY - w.len);
	return w.bad ? 0 : w.len;
}

const char *dhcp_type_name(enum dhcp_type t)
{
	static const char *const names[] = { "bootp", "discover", "offer", "request", "decline", "ack", "nak", "release", "inform" };
	return (size_t)t < ARRAY_LEN(names) ? names[t] : "unknown";
}

const char *dhcp_arch_name(unsigned number)
{
	static const char *const names[] = { [0] = "bios", [6] = "uefi-ia32", [7] = "uefi-x64", [9] = "uefi-x64", [10] = "uefi-arm32",
		[11] = "uefi-arm64", [12] = "powerpc", [14] = "powerpc", [15] = "http-ia32", [16] = "http-x64", [18] = "http-arm32",
		[19] = "http-arm64", [20] = "http-bios" };
	return number < ARRAY_LEN(names) ? names[number] : NULL;
}
