/* SPDX-License-Identifier: GPL-2.0-or-later
 * tftp_fuzz.c - any bytes as request and as reply; what is accepted keeps its bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "wire/tftp.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct tftp_request q;
	uint16_t code, value;
	const char *why;
	char text[32];
	if (tftp_request_parse(data, size, &q, &code, &why) == CB_OK) {
		if (strlen(q.name) > TFTP_NAME_MAX || q.blksize > 65464 || (q.blksize != 0 && q.blksize < 8) || q.windowsize > 65535 ||
			q.timeout > 255)
			abort();
	} else if (code > TFTP_E_OPTION || *why == '\0') {
		abort();
	}
	if (tftp_reply_parse(data, size, &value, text, sizeof(text)) != 0 && strlen(text) >= sizeof(text))
		abort();
	return 0;
}
