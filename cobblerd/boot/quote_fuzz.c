/* SPDX-License-Identifier: GPL-2.0-or-later
 * quote_fuzz.c - whatever an option, a path or a title holds, in a loader's configuration it is nothing else: one line, and no words that
 * the loader's own parser takes for more.
 */
#include <string.h>

#include "boot/kopts.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

#define NAMES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"

static void must(bool ok)
{
	if (!ok)
		__builtin_trap();
}

/* Behind a variable of GRUB that starts at s; traps when that is none. */
static const char *after_variable(const char *s)
{
	bool open = s[1] == '{';
	const char *name = s + 1 + open, *end;
	must(*name != '\0');
	end = strchr("?@#*", *name) != NULL ? name + 1 : name + strspn(name, *name >= '0' && *name <= '9' ? "0123456789" : NAMES);
	must(end > name && (!open || *end == '}'));
	return end + open;
}

/* Behind quoted text. */
static const char *after_quotes(const char *s)
{
	char q = *s++;
	while (*s != q) {
		must(*s != '\0');
		if (q == '"' && *s == '\\')
			s++;
		else if (q == '"' && *s == '$') {
			s = after_variable(s);
			continue;
		}
		must(*s++ != '\0');
	}
	return s + 1;
}

static void check_grub(const char *s, bool one_word)
{
	bool word = true;
	while (*s != '\0') {
		bool start = word;
		word = *s == ' ';
		must(!one_word || *s != ' ');
		if (*s == '\\') {
			must(s[1] != '\0');
			s += 2;
		} else if (*s == '\'' || *s == '"') {
			must(!one_word);
			s = after_quotes(s);
		} else if (*s == '$') {
			must(!one_word);
			s = after_variable(s);
		} else {
			must(strchr(";|&<>{}", *s) == NULL && !(start && (*s == '#' || str_starts(s, "[[") || str_starts(s, "]]"))));
			s++;
		}
	}
}

static void check_ipxe(const char *s)
{
	while (*s != '\0') {
		size_t n = strcspn(s, " ");
		must(!(n == 1 && *s == ';') && !(n == 2 && (str_starts(s, "&&") || str_starts(s, "||"))) && !(n > 0 && *s == '#'));
		s += n + (s[n] == ' ');
	}
}

static void check_line(const char *s)
{
	for (; *s != '\0'; s++)
		must((unsigned char)*s >= ' ' && *s != 0x7f);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	if (size > 4096)
		return 0;
	char *text CLEANUP(free_ptr) = xstrndup((const char *)data, strnlen((const char *)data, size));
	char *path CLEANUP(free_ptr) = xasprintf("/%s", text);
	for (int l = 0; l < LOADERS; l++) {
		struct strbuf line CLEANUP(sb_free) = { 0 }, file CLEANUP(sb_free) = { 0 }, label CLEANUP(sb_free) = { 0 };
		loader_quote(&line, (enum loader)l, text);
		loader_label(&label, (enum loader)l, text);
		bool ok = loader_path(&file, (enum loader)l, path);
		check_line(sb_str(&line));
		check_line(sb_str(&label));
		check_line(sb_str(&file));
		must(ok || file.len == 0);
		if (l == LOADER_GRUB) {
			check_grub(sb_str(&line), false);
			check_grub(sb_str(&file), true);
			must(strpbrk(sb_str(&label), "'\"") == NULL);
		} else if (l == LOADER_IPXE) {
			check_ipxe(sb_str(&line));
			check_ipxe(sb_str(&label));
		}
		must(l == LOADER_GRUB || strchr(sb_str(&file), ' ') == NULL);
	}
	return 0;
}
