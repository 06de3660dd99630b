/* SPDX-License-Identifier: GPL-2.0-or-later
 * decide.c - RFC 2131 section 4.3 for a server that is the authority on its subnets.
 */
#include <stdio.h>
#include <string.h>

#include "lease/lease.h"

/* ---- which subnet ---- */

const struct lease_subnet *lease_request_subnet(const struct lease_config *c, const struct dhcp_msg *m, uint32_t self, const char **why)
{
	const struct lease_subnet *s;
	*why = "";
	if (m->giaddr != 0) {
		/* A made-up relay would have our answers sent to its victim. */
		s = lease_subnet_of(c, m->giaddr);
		if (s == NULL)
			*why = "its relay is in none of our subnets";
		return s;
	}
	if (m->ciaddr != 0 && (s = lease_subnet_of(c, m->ciaddr)) != NULL)
		return s;
	s = lease_subnet_of(c, self);
	if (s == NULL)
		*why = "it came from a network that is none of our subnets";
	return s;
}

/* ---- without the model ---- */

static bool is_of(const struct lease *l, uint8_t htype, const uint8_t *mac, size_t hlen)
{
	return l != NULL && l->htype == htype && l->hlen == hlen && hlen > 0 && memcmp(l->mac, mac, hlen) == 0;
}

static bool is_mine(const struct lease *l, const struct dhcp_msg *m)
{
	return is_of(l, m->htype, m->chaddr, m->hlen);
}

static void decline(struct lease_table *t, const struct lease_request *q, char note[160], struct lease **changed)
{
	uint32_t ip;
	char text[16];
	if (!dhcp_opt_u32(q->m, OPT_REQUESTED_IP, &ip))
		return;
	lease_format_ip(ip, text);
	/* Only what was given to this client, or anyone could empty the range. */
	if (is_mine(lease_by_ip(t, ip), q->m))
		*changed = lease_set(t, ip, LEASE_DECLINED, 0, NULL, 0, q->now + LEASE_DECLINE_TIME, "");
	snprintf(note, 160, "it found %s in use by somebody else", text);
}

static void release(struct lease_table *t, const struct lease_request *q, char note[160], struct lease **changed)
{
	char text[16];
	struct lease *l = lease_by_ip(t, q->m->ciaddr);
	if (!is_mine(l, q->m) || l->state != LEASE_ACTIVE)
		return;
	*changed = lease_set(t, l->ip, LEASE_ACTIVE, l->htype, q->m->chaddr, l->hlen, 1, l->name);
	lease_format_ip(l->ip, text);
	snprintf(note, 160, "it gave %s back", text);
}

bool lease_without_core(struct lease_table *t, const struct lease_request *q, char note[160], struct lease **changed)
{
	uint32_t id;
	note[0] = '\0';
	*changed = NULL;
	bool ours = !dhcp_opt_u32(q->m, OPT_SERVER_ID, &id) || id == q->self;
	switch (q->m->type) {
	case DHCP_DECLINE:
		if (ours)
			decline(t, q, note, changed);
		return true;
	case DHCP_RELEASE:
		if (ours)
			release(t, q, note, changed);
		return true;
	case DHCP_REQUEST:
		if (ours)
			return false;
		/* Another server was chosen: our offer is free again. */
		struct lease *l = lease_by_mac(t, q->subnet, q->m->htype, q->m->chaddr, q->m->hlen);
		if (l != NULL && l->state == LEASE_OFFERED)
			(void)lease_set(t, l->ip, LEASE_OFFERED, 0, NULL, 0, 1, "");
		snprintf(note, 160, "it chose another server");
		return true;
	case DHCP_OFFER: case DHCP_ACK: case DHCP_NAK:
		snprintf(note, 160, "a server's message");
		return true;
	default:
		return false;
	}
}

/* ---- the answer ---- */

/* own: the address is the one that the model has, so its netmask and gateway fit too. */
static void put_addresses(struct dhcp_reply *r, const struct lease_request *q, const struct lease_client *cl, bool own)
{
	const struct lease_subnet *s = q->subnet;
	uint32_t mask = own && cl->netmask != 0 ? cl->netmask : s->mask;
	dhcp_put_u32(r, OPT_NETMASK, mask);
	if (s->mask != 0xffffffffu)
		dhcp_put_u32(r, OPT_BROADCAST, (q->subnet->net & mask) | ~mask);
	/* With no router or name server known we name ourselves: Debian's installer stops at a prompt when either is missing. */
	if (own && cl->gateway != 0)
		dhcp_put_u32(r, OPT_ROUTERS, cl->gateway);
	else if (s->routers.n > 0)
		dhcp_put_ips(r, OPT_ROUTERS, s->routers.ip, s->routers.n);
	else
		dhcp_put_u32(r, OPT_ROUTERS, q->self);
	if (cl->dns.n > 0)
		dhcp_put_ips(r, OPT_DNS, cl->dns.ip, cl->dns.n);
	else if (s->dns.n > 0)
		dhcp_put_ips(r, OPT_DNS, s->dns.ip, s->dns.n);
	else
		dhcp_put_u32(r, OPT_DNS, q->self);
	dhcp_put_ips(r, OPT_NTP, s->ntp.ip, s->ntp.n);
}

/* RFC 3397 without compression; a name that does not fit its labels is left out. */
static void put_search(struct dhcp_reply *r, const char *domains)
{
	uint8_t out[512];
	size_t n = 0;
	while (*domains != '\0') {
		size_t len = strcspn(domains, " "), start = n;
		bool ok = len > 0 && len < 254 && len + 2 <= sizeof(out) - n;
		for (size_t i = 0; ok && i < len; ) {
			size_t label = strcspn(domains + i, ". ");
			if (label == 0 || label > 63) {
				ok = i > 0 && label == 0 && domains[i] == '\0';
				break;
			}
			out[n++] = (uint8_t)label;
			memcpy(out + n, domains + i, label);
			n += label;
			i += label + (domains[i + label] == '.');
		}
		if (ok)
			out[n++] = 0;
		else
			n = start;
		domains += len;
		domains += strspn(domains, " ");
	}
	if (n > 0)
		dhcp_put(r, OPT_DOMAIN_SEARCH, out, n);
}

/* RFC 951: a client may ask for a file by its name, as the monitor of an SGI does. The loader for BIOS would be of no use to it. */
static const char *file_of(const struct dhcp_msg *m, const struct lease_client *cl)
{
	return m->type == DHCP_NONE && m->file[0] != '\0' && cl->file[0] != '\0' && !cl->own_file ? m->file : cl->file;
}

static void put_boot(struct dhcp_reply *r, const struct lease_request *q, const struct lease_client *cl)
{
	char text[16];
	const char *file = file_of(q->m, cl);
	r->siaddr = cl->next_server != 0 ? cl->next_server : q->subnet->next_server != 0 ? q->subnet->next_server : q->self;
	if (cl->http_client)
		dhcp_put_text(r, OPT_VENDOR_CLASS, "HTTPClient");
	if (*file == '\0')
		return;
	/* Firmware looks at the field, at the option, or (shim) at both. */
	size_t n = strlen(file);
	if (n < sizeof(r->file))
		memcpy(r->file, file, n + 1);
	if (q->m->type == DHCP_NONE)
		return;                     /* BOOTP knows the fields, and has little room */
	dhcp_put_text(r, OPT_BOOT_FILE, file);
	lease_format_ip(r->siaddr, text);
	dhcp_put_text(r, OPT_TFTP_SERVER, text);
}

static void start_reply(struct dhcp_reply *r, const struct lease_request *q, enum dhcp_type type)
{
	const struct dhcp_msg *m = q->m;
	memset(r, 0, offsetof(struct dhcp_reply, store));
	r->used = 0;
	r->full = false;
	r->htype = m->htype;
	r->hlen = m->hlen;
	r->xid = m->xid;
	r->secs = 0;
	r->flags = m->flags;
	r->giaddr = m->giaddr;
	memcpy(r->chaddr, m->chaddr, sizeof(r->chaddr));
	/* A BOOTP client that does not say which format it reads gets options: some read them who send no vendor area at all. */
	r->cookie = !m->foreign;
	if (type != DHCP_NONE)
		dhcp_put_u8(r, OPT_TYPE, (uint8_t)type);
	if (m->type != DHCP_NONE)
		dhcp_put_u32(r, OPT_SERVER_ID, q->self);
	if (m->opt[OPT_RELAY_AGENT].data != NULL)
		dhcp_put(r, OPT_RELAY_AGENT, m->opt[OPT_RELAY_AGENT].data, m->opt[OPT_RELAY_AGENT].len);
}

static void fill(struct dhcp_reply *r, const struct lease_request *q, const struct lease_client *cl, enum dhcp_type type, uint32_t ip)
{
	start_reply(r, q, type);
	r->ciaddr = type == DHCP_ACK || type == DHCP_NONE ? q->m->ciaddr : 0;
	r->yiaddr = ip;
	put_boot(r, q, cl);
	put_addresses(r, q, cl, ip == 0 || cl->ip == 0 || ip == cl->ip);
	dhcp_put_text(r, OPT_HOSTNAME, cl->hostname);
	dhcp_put_text(r, OPT_DOMAIN, cl->domain[0] != '\0' ? cl->domain : q->subnet->domain);
	if (cl->search[0] != '\0' && dhcp_wants(q->m, OPT_DOMAIN_SEARCH))
		put_search(r, cl->search);
	if ((type == DHCP_OFFER || type == DHCP_ACK) && ip != 0) {
		uint32_t t = q->subnet->lease_time;
		dhcp_put_u32(r, OPT_LEASE_TIME, t);
		dhcp_put_u32(r, OPT_T1, t / 2);
		dhcp_put_u32(r, OPT_T2, t / 8 * 7);
	}
}

static enum lease_verdict nak(struct dhcp_reply *r, const struct lease_request *q, const char *why, char note[160])
{
	start_reply(r, q, DHCP_NAK);
	if (r->giaddr != 0)
		r->flags |= DHCP_FLAG_BROADCAST;        /* RFC 2131 4.3.2: the relay must broadcast it */
	dhcp_put_text(r, OPT_MESSAGE, why);
	snprintf(note, 160, "%s", why);
	return LEASE_REPLY;
}

uint32_t lease_reservation(struct lease_table *t, const struct lease_client *cl, const struct lease_place *at, char note[160])
{
	char ip[16];
	if (!cl->known || cl->ip == 0)
		return 0;
	lease_format_ip(cl->ip, ip);
	if ((cl->ip & at->mask) != at->net) {
		snprintf(note, 160, "its address %s is not of this subnet", ip);
		return 0;
	}
	const struct lease *l = lease_by_ip(t, cl->ip);
	if (l != NULL && l->state == LEASE_ACTIVE && l->expires > at->now && !is_of(l, at->htype, at->mac, at->hlen)) {
		snprintf(note, 160, "its address %s is still leased to another machine", ip);
		return 0;
	}
	return cl->ip;
}

static uint32_t reservation(struct lease_table *t, const struct lease_request *q, const struct lease_client *cl, char note[160])
{
	struct lease_place at = { .net = q->subnet->net, .mask = q->subnet->mask, .htype = q->m->htype, .mac = q->m->chaddr,
		.hlen = q->m->hlen, .now = q->now };
	return lease_reservation(t, cl, &at, note);
}

static bool is_candidate(const struct lease_request *q, const struct lease_client *cl, uint32_t ip)
{
	for (size_t i = 0; i < q->ncandidates; i++)
		if (q->candidate[i] == ip)
			return (cl->taken >> i & 1) == 0;
	return false;
}

/* Reservations of others that lie in a range are remembered for a while. */
static void block_taken(struct lease_table *t, const struct lease_request *q, const struct lease_client *cl)
{
	for (size_t i = 0; i < q->ncandidates; i++)
		if (cl->taken >> i & 1)
			(void)lease_set(t, q->candidate[i], LEASE_BLOCKED, 0, NULL, 0, q->now + LEASE_BLOCK_TIME, "");
}

static const char *client_name(const struct dhcp_msg *m, char out[64])
{
	dhcp_opt_text(m, OPT_HOSTNAME, out, 64);
	return out;
}

static bool may_be_new(struct lease_table *t, const struct lease_request *q, const struct lease_client *cl)
{
	return cl->known || lease_by_mac(t, q->subnet, q->m->htype, q->m->chaddr, q->m->hlen) != NULL || lease_rate_take(t, q->now);
}

static enum lease_verdict discover(struct lease_table *t, const struct lease_request *q, const struct lease_client *cl,
	struct dhcp_reply *r, char note[160])
{
	char name[64];
	uint32_t ip = reservation(t, q, cl, note);
	if (ip == 0) {
		size_t i = 0;
		while (i < q->ncandidates && (cl->taken >> i & 1))
			i++;
		if (i == q->ncandidates && i == LEASE_CANDIDATES)
			return LEASE_ASK_AGAIN;
		if (i == q->ncandidates) {
			if (note[0] == '\0')
				snprintf(note, 160, q->subnet->nranges == 0 ? "it has no reservation and the subnet has no range" :
					"no address of the range is free");
			return LEASE_SILENT;
		}
		if (!may_be_new(t, q, cl)) {
			snprintf(note, 160, "too many new machines at once");
			return LEASE_SILENT;
		}
		ip = q->candidate[i];
		/* A client that holds the lease already keeps it as it is until it has taken the offer. */
		const struct lease *l = lease_by_ip(t, ip);
		if (!(is_mine(l, q->m) && l->state == LEASE_ACTIVE && l->expires > q->now))
			(void)lease_set(t, ip, LEASE_OFFERED, q->m->htype, q->m->chaddr, q->m->hlen, q->now + LEASE_OFFER_TIME,
				client_name(q->m, name));
	}
	fill(r, q, cl, DHCP_OFFER, ip);
	return LEASE_REPLY;
}

static enum lease_verdict request(struct lease_table *t, const struct lease_request *q, const struct lease_client *cl,
	struct dhcp_reply *r, char note[160], struct lease **changed)
{
	const struct dhcp_msg *m = q->m;
	uint32_t wanted = m->ciaddr, mine = reservation(t, q, cl, note);
	char name[64];
	if (wanted == 0 && !dhcp_opt_u32(m, OPT_REQUESTED_IP, &wanted)) {
		snprintf(note, 160, "it asks for no address");
		return LEASE_SILENT;
	}
	if ((wanted & q->subnet->mask) != q->subnet->net)
		return nak(r, q, "the address is not of this network", note);
	if (mine != 0 && wanted != mine)
		return nak(r, q, "another address is reserved for this machine", note);
	if (mine == 0) {
		if (!is_candidate(q, cl, wanted))
			return nak(r, q, "the address is not available", note);
		if (!may_be_new(t, q, cl)) {
			snprintf(note, 160, "too many new machines at once");
			return LEASE_SILENT;
		}
		*changed = lease_set(t, wanted, LEASE_ACTIVE, m->htype, m->chaddr, m->hlen, q->now + q->subnet->lease_time,
			client_name(m, name));
	}
	fill(r, q, cl, DHCP_ACK, wanted);
	return LEASE_REPLY;
}

/* BOOTP (RFC 1534) has no lease: only a reservation is safe to give for ever. */
static enum lease_verdict bootp(struct lease_table *t, const struct lease_request *q, const struct lease_client *cl,
	struct dhcp_reply *r, char note[160])
{
	uint32_t ip = reservation(t, q, cl, note);
	if (ip == 0) {
		if (note[0] == '\0')
			snprintf(note, 160, "a BOOTP client without a reservation");
		return LEASE_SILENT;
	}
	fill(r, q, cl, DHCP_NONE, ip);
	return LEASE_REPLY;
}

/* The entry that the client chose from a boot menu (option 43, 71) goes back as it came. */
static void put_vendor_info(struct dhcp_reply *r, const struct dhcp_msg *m)
{
	static const uint8_t use_the_file[] = { 6, 1, 8, 255 };         /* discovery control: what this packet names, nothing else */
	const struct dhcp_opt *o = &m->opt[OPT_VENDOR_INFO];
	struct rd in = rd_make(o->data, o->data != NULL ? o->len : 0);
	while (in.left > 0 && !in.bad) {
		uint8_t code = rd_u8(&in), n = code == 0 || code == 255 ? 0 : rd_u8(&in);
		const uint8_t *p = rd_take(&in, n);
		if (in.bad || code != 71 || n != 4)
			continue;
		uint8_t out[] = { 71, 4, p[0], p[1], p[2], p[3], 255 };
		dhcp_put(r, OPT_VENDOR_INFO, out, sizeof(out));
		return;
	}
	dhcp_put(r, OPT_VENDOR_INFO, use_the_file, sizeof(use_the_file));
}

enum lease_verdict lease_decide_proxy(const struct lease_config *c, const struct lease_request *q, const struct lease_client *cl,
	struct dhcp_reply *r, char note[160])
{
	const struct dhcp_msg *m = q->m;
	char vendor[16];
	bool asks = q->boot_port ? m->type == DHCP_REQUEST || m->type == DHCP_INFORM : m->type == DHCP_DISCOVER;
	note[0] = '\0';
	dhcp_opt_text(m, OPT_VENDOR_CLASS, vendor, sizeof(vendor));
	bool http = strncmp(vendor, "HTTPClient", 10) == 0;
	if (!asks || (!http && strncmp(vendor, "PXEClient", 9) != 0))
		return LEASE_SILENT;                /* the other server's business */
	if (!cl->known && c->known_only)
		snprintf(note, 160, "it is in no system, and only known machines are served");
	else if (cl->file[0] == '\0')
		snprintf(note, 160, "it is to boot from its disk");
	if (note[0] != '\0')
		return LEASE_SILENT;
	start_reply(r, q, q->boot_port ? DHCP_ACK : DHCP_OFFER);
	r->ciaddr = m->ciaddr;
	if (!q->boot_port)
		r->flags |= DHCP_FLAG_BROADCAST;    /* it has no address, and we give it none */
	put_boot(r, q, cl);
	if (!http) {
		dhcp_put_text(r, OPT_VENDOR_CLASS, "PXEClient");
		put_vendor_info(r, m);
	}
	if (m->opt[OPT_UUID].data != NULL)
		dhcp_put(r, OPT_UUID, m->opt[OPT_UUID].data, m->opt[OPT_UUID].len);
	return LEASE_REPLY;
}

enum lease_verdict lease_decide(struct lease_table *t, const struct lease_config *c, const struct lease_request *q,
	const struct lease_client *cl, struct dhcp_reply *r, char note[160], struct lease **changed)
{
	note[0] = '\0';
	*changed = NULL;
	block_taken(t, q, cl);
	if (!cl->known && c->known_only) {
		snprintf(note, 160, "it is in no system, and only known machines are served");
		return LEASE_SILENT;
	}
	switch (q->m->type) {
	case DHCP_NONE: return bootp(t, q, cl, r, note);
	case DHCP_DISCOVER: return discover(t, q, cl, r, note);
	case DHCP_REQUEST: return request(t, q, cl, r, note, changed);
	case DHCP_INFORM:
		if (q->m->ciaddr == 0) {
			snprintf(note, 160, "it does not tell its address");
			return LEASE_SILENT;
		}
		fill(r, q, cl, DHCP_ACK, 0);
		return LEASE_REPLY;
	default:
		snprintf(note, 160, "a message that servers do not answer");
		return LEASE_SILENT;
	}
}
