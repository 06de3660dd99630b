/* SPDX-License-Identifier: GPL-2.0-or-later
 * mediainfo_fuzz.c - the parsers of what media say about themselves. The first byte chooses the parser, the rest is the
 * file.
 */
#include <stdlib.h>
#include <string.h>

#include "import/mediainfo.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void shell(const char *p, size_t n, struct mediainfo *m)
{
	info_shell(p, n, "PRODUCT", "RELEASE", m);
}

static void check(const char *s, size_t cap)
{
	size_t n = strnlen(s, cap);
	if (n == cap)
		abort();
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || (unsigned char)s[i] >= 0x7f)
			abort();
}

static void wim(const unsigned char *p, size_t n)
{
	uint64_t at, len;
	struct strbuf out = {0};
	if (info_wim_xml(p, n, 1000000, &at, &len) && (at > 1000000 || len > 1000000 - at))
		abort();
	info_wim_lines(p, n, &out);
	sb_free(&out);
	const char *arch = info_kernel_arch(p, n);
	if (arch != NULL && info_arch(arch) == NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static void (*const parsers[])(const char *p, size_t n, struct mediainfo *m) = {
		info_treeinfo, info_disk, info_release, info_suse, info_bootcfg, shell,
	};
	struct mediainfo m;
	if (size == 0)
		return 0;
	size_t which = data[0] % (ARRAY_LEN(parsers) + 1);
	if (which == ARRAY_LEN(parsers)) {
		wim(data + 1, size - 1);
		return 0;
	}
	parsers[which]((const char *)data + 1, size - 1, &m);
	check(m.product, sizeof(m.product));
	check(m.version, sizeof(m.version));
	check(m.codename, sizeof(m.codename));
	check(m.arch, sizeof(m.arch));
	check(m.kernel, sizeof(m.kernel));
	check(m.initrd, sizeof(m.initrd));
	return 0;
}
