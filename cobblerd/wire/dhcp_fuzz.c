/* SPDX-License-Identifier: GPL-2.0-or-later
 * dhcp_fuzz.c - any bytes: parsing stays inside them, and a reply that echoes what was parsed parses again to the same options.
 */
#include <stdlib.h>
#include <string.h>

#include "wire/dhcp.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static struct dhcp_msg m, again;
	static struct dhcp_reply r;
	static uint8_t out[2 * DHCP_MAX_PACKET];
	char text[128];
	const char *why;
	uint32_t ip;
	uint16_t arch;
	if (dhcp_parse(data, size, &m, &why) != CB_OK)
		return 0;
	(void)dhcp_opt_u32(&m, OPT_REQUESTED_IP, &ip);
	(void)dhcp_opt_u16(&m, OPT_ARCH, &arch);
	if (dhcp_user_class(&m, text, sizeof(text)) >= sizeof(text) || dhcp_opt_text(&m, OPT_VENDOR_CLASS, text, 8) >= 8)
		abort();
	memset(&r, 0, sizeof(r));
	r.htype = m.htype;
	r.hlen = m.hlen;
	r.xid = m.xid;
	r.cookie = m.cookie;
	for (unsigned c = 1; c < OPT_END; c++)
		if (m.opt[c].data != NULL && c != OPT_OVERLOAD)
			dhcp_put(&r, (enum dhcp_option)c, m.opt[c].data, m.opt[c].len);
	if (r.full)
		abort();
	size_t n = dhcp_build(&r, out, sizeof(out), sizeof(out));
	if (n > DHCP_MAX_PACKET || n == 0)
		return 0;
	if (dhcp_parse(out, n, &again, &why) != CB_OK || again.xid != m.xid)
		abort();
	for (unsigned c = 1; c < OPT_END && m.cookie; c++) {
		if (c == OPT_OVERLOAD)
			continue;
		if ((m.opt[c].data == NULL) != (again.opt[c].data == NULL) || m.opt[c].len != again.opt[c].len ||
			(m.opt[c].len > 0 && memcmp(m.opt[c].data, again.opt[c].data, m.opt[c].len) != 0))
			abort();
	}
	n = dhcp_build(&r, out, sizeof(out), 576);
	if (n > 576)
		abort();
	return 0;
}
