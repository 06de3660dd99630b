/* SPDX-License-Identifier: GPL-2.0-or-later
 * repomd_fuzz.c - the description of an upstream repository, as a mirror sends it.
 */
#include <stdlib.h>

#include "actions/reposync.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *groups = NULL;
	bool deltas = false;
	struct err e;
	if (repomd_parse((const char *)data, size, &groups, &deltas, &e) == CB_OK)
		free(groups);
	return 0;
}
