/* SPDX-License-Identifier: GPL-2.0-or-later
 * rx_fuzz.c - expressions of a foreign signature file: the first line is the expression, the others are names and lines
 * to match. It has to end soon, whatever both are.
 */
#include <string.h>

#include "import/rx.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const char *p = (const char *)data, *end = memchr(p, '\n', size);
	struct rx *r = NULL;
	if (end == NULL || size > 8192)
		return 0;
	char *pattern = xstrndup(p, (size_t)(end - p));
	if (rx_compile(pattern, &r, NULL) == CB_OK) {
		size_t left = size - (size_t)(end + 1 - p), lines = 0;
		for (const char *s = end + 1; left > 0 && lines++ < 64; ) {
			const char *nl = memchr(s, '\n', left), *g;
			size_t n = nl != NULL ? (size_t)(nl - s) : left, k;
			if (rx_match(r, s, n))
				for (size_t i = 0; i < rx_groups(r); i++)
					if (rx_group(r, i, &g, &k) && (g < s || k > n || g + k > s + n))
						__builtin_trap();
			if (rx_gave_up(r))
				break;
			s += n + (nl != NULL);
			left -= n + (nl != NULL);
		}
		rx_free(r);
	}
	free_ptr(&pattern);
	return 0;
}
