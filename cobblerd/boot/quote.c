/* SPDX-License-Identifier: GPL-2.0-or-later
 * quote.c - kernel command lines inside the configurations of boot loaders: whatever an option holds, it stays an
 * option.
 */
#include <string.h>

#include "boot/kopts.h"

const char *const loader_names[LOADERS] = { "grub", "pxe", "ipxe" };

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

void one_line(struct strbuf *out, const char *s)
{
	for (; *s != '\0'; s++)
		sb_addc(out, is_control(*s) ? ' ' : *s);
}

/* Where the quoted text that starts at s ends; NULL when it does not. */
static const char *quote_end(const char *s)
{
	char q = *s;
	for (s++; *s != '\0' && *s != q; s++)
		if (q == '"' && *s == '\\' && s[1] != '\0')
			s++;
	return *s == q ? s : NULL;
}

/* GRUB's lexer: outside quotes ; | & < > end or redirect a command, a word "{" or "}" opens or closes a block, a word
 * that starts with # is a comment. Quotes and backslashes that the administrator wrote keep their meaning; an unclosed
 * quote is taken literally. */
static void quote_grub(struct strbuf *out, const char *s)
{
	bool word = true;
	for (; *s != '\0'; s++) {
		char c = is_control(*s) ? ' ' : *s;
		const char *end;
		if (c == '\\' && s[1] != '\0' && !is_control(s[1])) {
			sb_add(out, s, 2);
			s++;
		} else if (c == '\\') {
			sb_adds(out, "\\\\");
		} else if ((c == '\'' || c == '"') && (end = quote_end(s)) != NULL) {
			for (; s <= end; s++)
				sb_addc(out, is_control(*s) ? ' ' : *s);
			s--;
		} else {
			bool lone = (c == '{' || c == '}') && word && (s[1] == '\0' || s[1] == ' ' || is_control(s[1]));
			if (strchr("'\";|&<>", c) != NULL || lone || (c == '#' && word))
				sb_addc(out, '\\');
			sb_addc(out, c);
		}
		word = c == ' ';
	}
}

/* iPXE splits at blanks only; a word ";" "&&" "||" ends the command and "#" starts a comment. There is no way to quote
 * them, and no kernel takes them as an option, so such words are left out. */
static void quote_ipxe(struct strbuf *out, const char *s)
{
	static const char *const ends[] = { ";", "&&", "||" };
	while (*s != '\0') {
		size_t n = 0;
		while (s[n] != '\0' && s[n] != ' ' && !is_control(s[n]))
			n++;
		bool drop = n > 0 && s[0] == '#';
		for (size_t i = 0; i < ARRAY_LEN(ends); i++)
			drop = drop || (n == strlen(ends[i]) && memcmp(s, ends[i], n) == 0);
		if (!drop)
			sb_add(out, s, n);
		s += n;
		if (*s != '\0') {
			sb_addc(out, ' ');
			s++;
		}
	}
}

/* pxelinux takes the rest of the line as it is: only the line must not end. */
void loader_quote(struct strbuf *out, enum loader l, const char *line)
{
	if (l == LOADER_GRUB)
		quote_grub(out, line);
	else if (l == LOADER_IPXE)
		quote_ipxe(out, line);
	else
		one_line(out, line);
}
