/* SPDX-License-Identifier: GPL-2.0-or-later
 * pe.c - Windows' loaders: names inside them, and the checksum of a PE file. Pure: bytes in, bytes out. Fuzzed by pe_fuzz.c.
 *
 * Microsoft PE and COFF specification: "Optional header", CheckSum; the sum is that of CheckSumMappedFile.
 */
#include "windows/windows.h"

#include <ctype.h>
#include <string.h>

#define COFF_HEADER 20u
#define OPT_CHECKSUM 64u               /* of the optional header, PE32 and PE32+ alike */

static bool same_letter(unsigned char a, char b)
{
	return tolower(a) == tolower((unsigned char)b);
}

size_t windows_rename(void *p, size_t n, const char *from, const char *to)
{
	unsigned char *b = p;
	size_t len = strlen(from), found = 0;
	if (len == 0 || strlen(to) != len)
		return 0;
	for (size_t at = 0; n - at >= len && at < n; ) {
		size_t k = 0;
		while (k < len && same_letter(b[at + k], from[k]))
			k++;
		if (k < len) {
			at++;
			continue;
		}
		memcpy(b + at, to, len);
		at += len;
		found++;
	}
	return found;
}

size_t windows_rename_bcd(void *p, size_t n, const char *name)
{
	static const char text[] = "\\Boot\\BCD";
	const size_t chars = sizeof(text) - 1, first = chars - 3, len = 2 * chars - 1;     /* the last one's high byte is not looked at */
	unsigned char *b = p;
	size_t found = 0;
	if (strlen(name) != 3)
		return 0;
	for (size_t at = 0; n >= len && at <= n - len; at++) {
		size_t k = 0;
		/* compat: what is between two letters may be anything but a line feed, as the regular expression of 3.3.7 has it */
		while (k < chars && same_letter(b[at + 2 * k], text[k]) && (k + 1 == chars || b[at + 2 * k + 1] != '\n'))
			k++;
		if (k < chars)
			continue;
		for (size_t i = 0; i < 3; i++)
			b[at + 2 * (first + i)] = (unsigned char)name[i];
		at += len - 1;
		found++;
	}
	return found;
}

static uint32_t le32(const unsigned char *b)
{
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* Where the checksum is; 0: this is no PE file. */
static size_t checksum_at(const unsigned char *b, size_t n)
{
	if (n < 64 || b[0] != 'M' || b[1] != 'Z')
		return 0;
	size_t pe = le32(b + 60);
	if (pe > n || n - pe < 4 + COFF_HEADER + OPT_CHECKSUM + 4 || memcmp(b + pe, "PE\0\0", 4) != 0)
		return 0;
	const unsigned char *opt = b + pe + 4 + COFF_HEADER;
	unsigned magic = opt[0] | (unsigned)opt[1] << 8, size = b[pe + 20] | (unsigned)b[pe + 21] << 8;
	return (magic == 0x10b || magic == 0x20b) && size >= OPT_CHECKSUM + 4 ? pe + 4 + COFF_HEADER + OPT_CHECKSUM : 0;
}

/* The sum of all 32-bit words but the one that the checksum begins in, folded to 16 bits, and the length of the file. */
static uint32_t checksum(const unsigned char *b, size_t n, size_t skip)
{
	uint64_t sum = 0;
	for (size_t at = 0; at < n; at += 4) {
		unsigned char last[4] = { 0 };
		if (at / 4 == skip / 4)
			continue;
		memcpy(last, b + at, n - at < 4 ? n - at : 4);
		sum += le32(last);
		sum = (sum & 0xffffffff) + (sum >> 32);
	}
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return (uint32_t)(sum & 0xffff) + (uint32_t)n;
}

int windows_pe_checksum(void *p, size_t n, const char *what, struct err *e)
{
	unsigned char *b = p;
	size_t at = checksum_at(b, n);
	if (at == 0)
		return err_set(e, CB_EPARSE, "%s is no program of Windows (PE file): its header is missing or damaged", what);
	uint32_t sum = checksum(b, n, at);
	for (int i = 0; i < 4; i++)
		b[at + (size_t)i] = (unsigned char)(sum >> (8 * i));
	return CB_OK;
}
