/* SPDX-License-Identifier: GPL-2.0-or-later
 * str_case.c - what Unicode says about characters: case, classes, blanks. Backed by the C library's C.UTF-8 tables.
 */
#include "snippets/engine/str_case.h"

#include <locale.h>
#include <wctype.h>

static locale_t utf8;

__attribute__((constructor)) static void open_tables(void) { utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0); }

uint32_t cp_upper(uint32_t c)
{
	if (c < 0x80)
		return c >= 'a' && c <= 'z' ? c - 32 : c;
	return utf8 != (locale_t)0 ? (uint32_t)towupper_l((wint_t)c, utf8) : c;
}

uint32_t cp_lower(uint32_t c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + 32 : c;
	return utf8 != (locale_t)0 ? (uint32_t)towlower_l((wint_t)c, utf8) : c;
}

bool cp_space(uint32_t c)
{
	return (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

bool cp_alpha(uint32_t c)
{
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	return utf8 != (locale_t)0 && iswalpha_l((wint_t)c, utf8) && !cp_digit(c);
}

bool cp_digit(uint32_t c)
{
	return (c >= '0' && c <= '9') || c == 0xb2 || c == 0xb3 || c == 0xb9 || (c >= 0x660 && c <= 0x669);
}
bool cp_isupper(uint32_t c) { return cp_lower(c) != c && cp_upper(c) == c; }        /* no title case */
bool cp_islower(uint32_t c) { return (cp_upper(c) != c && cp_lower(c) == c) || c == 0xdf || c == 0xaa || c == 0xba; }
bool cp_cased(uint32_t c) { return cp_upper(c) != c || cp_lower(c) != c || cp_islower(c); }
