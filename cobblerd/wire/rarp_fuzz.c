/* SPDX-License-Identifier: GPL-2.0-or-later
 * rarp_fuzz.c - any bytes: what is taken for a request has what was checked, and its answer is no request.
 */
#include <stdlib.h>
#include <string.h>

#include "wire/rarp.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct rarp_msg m, again;
	uint8_t out[RARP_FRAME];
	const char *why;
	if (rarp_request_parse(data, size, &m, &why) != CB_OK) {
		if (*why == '\0')
			abort();
		return 0;
	}
	if (size < 28 || *why != '\0' || memcmp(m.sender, data + 8, RARP_MAC) != 0 || memcmp(m.target, data + 18, RARP_MAC) != 0)
		abort();
	rarp_reply_build(&m, out);
	/* The reply differs from its request in the operation alone, and in what followed it. */
	if (out[7] != 4 || memcmp(out, data, 7) != 0 || memcmp(out + 8, data + 8, 20) != 0 ||
		rarp_request_parse(out, sizeof(out), &again, &why) == CB_OK)
		abort();
	return 0;
}
