/* SPDX-License-Identifier: GPL-2.0-or-later
 * pe_fuzz.c - loaders of install media are foreign bytes: nothing outside of them is touched, and their length stays.
 */
#include <stdlib.h>
#include <string.h>

#include "windows/windows.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	unsigned char *p = xmalloc(size != 0 ? size : 1), *again = xmalloc(size != 0 ? size : 1);
	struct err e;
	if (size != 0)
		memcpy(p, data, size);
	windows_rename(p, size, "bootmgr.exe", "boot1ea.exe");
	windows_rename_bcd(p, size, "1Ea");
	if (size != 0)
		memcpy(again, p, size);
	/* nothing is left to rename, and a checksum does not depend on the one before */
	if (windows_rename(again, size, "bootmgr.exe", "BOOTMGR.EXE") != 0)
		abort();
	if (windows_pe_checksum(p, size, "input", &e) == CB_OK && p[60] % 4 == 0) {      /* else a part of it is in a word that counts */
		memcpy(again, p, size);
		if (windows_pe_checksum(again, size, "input", &e) != CB_OK || memcmp(p, again, size) != 0)
			abort();
	}
	free(p);
	free(again);
	return 0;
}
