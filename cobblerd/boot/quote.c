/* SPDX-License-Identifier: GPL-2.0-or-later
 * quote.c - values inside the configurations of boot loaders: whatever an option, the name of a file or the title of a menu holds, it
 * stays that.
 */
#include <string.h>

#include "boot/kopts.h"
#include "boot/internal.h"

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

/* "$name", "${name}", "$1", "$?" as GRUB has them: how long that is at s, 0: something else, at which GRUB gives up the whole file. */
static size_t variable(const char *s)
{
	static const char digits[] = "0123456789", names[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	size_t open = s[1] == '{', n = strspn(s + 1 + open, digits);
	const char *name = s + 1 + open;
	if (n == 0)
		n = strspn(name, names);
	if (n == 0)
		n = *name != '\0' && strchr("?@#*", *name) != NULL;
	return n == 0 || (open && name[n] != '}') ? 0 : 1 + open + n + open;
}

/* Appends the quoted text from s to end. */
static void copy_quoted(struct strbuf *out, const char *s, const char *end)
{
	bool is_double = *s == '"';
	for (; s <= end; s++) {
		if (is_double && *s == '\\' && !is_control(s[1]))
			sb_addc(out, *s++);
		else if (is_double && (*s == '\\' || (*s == '$' && variable(s) == 0)))
			sb_addc(out, '\\');
		sb_addc(out, is_control(*s) ? ' ' : *s);
	}
}

/* GRUB's lexer: outside quotes ; | & < > end or redirect a command, { and } open and close blocks, a word that starts with # is a
 * comment, the words [[ and ]] are kept for later, $ begins a variable. Quotes, backslashes and variables that the administrator wrote
 * keep their meaning; an unclosed quote is taken literally. What GRUB cannot parse takes all entries of the file away. */
static void quote_grub(struct strbuf *out, const char *s)
{
	bool word = true;
	for (; *s != '\0'; s++) {
		char c = is_control(*s) ? ' ' : *s;
		const char *end;
		size_t n = c == '$' ? variable(s) : 0;
		if (c == '\\' && s[1] != '\0' && !is_control(s[1])) {
			sb_add(out, s, 2);
			s++;
		} else if (c == '\\') {
			sb_adds(out, "\\\\");
		} else if ((c == '\'' || c == '"') && (end = quote_end(s)) != NULL) {
			copy_quoted(out, s, end);
			s = end;
		} else if (n > 0) {
			sb_add(out, s, n);
			s += n - 1;
		} else {
			bool reserved = word && (c == '#' || str_starts(s, "[[") || str_starts(s, "]]"));
			if (strchr("'\";|&<>{}$", c) != NULL || reserved)
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

/* ---- words that name files ---- */

/* As in addresses: %20. */
static void add_percent(struct strbuf *out, char c)
{
	sb_addf(out, "%%%02X", (unsigned)(unsigned char)c);
}

/* GRUB: words end at blanks, and \ takes the meaning from the next character. Its (http,HOST)/PATH is asked for as it stands. */
static void path_grub(struct strbuf *out, const char *s, bool address)
{
	for (; *s != '\0'; s++) {
		if (*s == ' ' && address) {
			add_percent(out, *s);
			continue;
		}
		if (strchr(" {};|&<>'\"\\$", *s) != NULL)
			sb_addc(out, '\\');
		sb_addc(out, *s);
	}
}

/* iPXE: a name is an address that is decoded, and ${...} in it a setting. */
static void path_ipxe(struct strbuf *out, const char *s, bool address)
{
	for (; *s != '\0'; s++) {
		bool means = strchr("%#?", *s) != NULL || (*s == '$' && s[1] == '{');
		if (*s == ' ' || (means && !address))
			add_percent(out, *s);
		else
			sb_addc(out, *s);
	}
}

bool loader_path(struct strbuf *out, enum loader l, const char *path)
{
	bool address = boot_is_remote(path) || *path == '(';
	for (const char *s = path; *s != '\0'; s++)
		if (is_control(*s) || (*s == ' ' && l == LOADER_PXE && !address))
			return false;
	if (l == LOADER_GRUB)
		path_grub(out, path, address);
	else if (l == LOADER_IPXE)
		path_ipxe(out, path, address);
	else
		path_ipxe(out, path, true);      /* of the blanks of an address alone */
	return true;
}

/* ---- titles ---- */

/* GRUB: titles are in quotes, of a template that may be the site's: the quotes in them become those of print. */
static void label_grub(struct strbuf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			sb_adds(out, "\u2019");
		else if (*s == '"')
			sb_adds(out, "\u201d");
		else
			sb_addc(out, is_control(*s) ? ' ' : *s);
	}
}

void loader_label(struct strbuf *out, enum loader l, const char *label)
{
	if (l == LOADER_GRUB)
		label_grub(out, label);
	else
		loader_quote(out, l, label);
}
