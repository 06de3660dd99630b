/* SPDX-License-Identifier: GPL-2.0-or-later
 * mediainfo.c - parsers of the small files by which install media describe themselves.
 */
#include "import/mediainfo.h"

#include <ctype.h>
#include <string.h>

#include "base/bytes.h"

/* Copies printable ASCII, without blanks and quotes at the ends; what does not fit is cut. */
static void take(char *out, size_t cap, const char *p, size_t n)
{
	size_t k = 0;
	while (n > 0 && (isspace((unsigned char)*p) || *p == '"' || *p == '\'')) {
		p++;
		n--;
	}
	while (n > 0 && (isspace((unsigned char)p[n - 1]) || p[n - 1] == '"' || p[n - 1] == '\''))
		n--;
	for (size_t i = 0; i < n && k + 1 < cap; i++)
		if ((unsigned char)p[i] >= 0x20 && (unsigned char)p[i] < 0x7f)
			out[k++] = p[i];
	out[k] = '\0';
}

#define TAKE(field, p, n) take(field, sizeof(field), p, n)

static void lower(char *s)
{
	for (; *s != '\0'; s++)
		*s = (char)tolower((unsigned char)*s);
}

/* One line without its end; moves on. False at the end of the text. */
static bool next_line(const char **p, size_t *n, const char **line, size_t *len)
{
	if (*n == 0)
		return false;
	const char *end = memchr(*p, '\n', *n);
	*line = *p;
	*len = end != NULL ? (size_t)(end - *p) : *n;
	size_t used = *len + (end != NULL);
	*p += used;
	*n -= used;
	if (*len > 0 && (*line)[*len - 1] == '\r')
		--*len;
	return true;
}

/* Splits "key<sep>value"; the key is trimmed. */
static bool split(const char *line, size_t len, char sep, char *key, size_t cap, const char **value, size_t *vlen)
{
	const char *at = memchr(line, sep, len);
	if (at == NULL)
		return false;
	take(key, cap, line, (size_t)(at - line));
	*value = at + 1;
	*vlen = len - (size_t)(at - line) - 1;
	return true;
}

const char *info_arch(const char *name)
{
	static const struct { const char *as, *is; } known[] = {
		{ "x86_64", "x86_64" }, { "amd64", "x86_64" }, { "x64", "x86_64" },
		{ "i386", "i386" }, { "i486", "i386" }, { "i586", "i386" }, { "i686", "i386" }, { "x86", "i386" },
		{ "aarch64", "aarch64" }, { "arm64", "aarch64" },
		{ "arm", "arm" }, { "armhf", "arm" }, { "armhfp", "arm" }, { "armel", "arm" }, { "armv7l", "arm" },
		{ "ppc64le", "ppc64le" }, { "ppc64el", "ppc64el" }, { "ppc64", "ppc64" }, { "ppc", "ppc" },
		{ "powerpc", "ppc" }, { "s390x", "s390x" }, { "s390", "s390" }, { "ia64", "ia64" },
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcasecmp(name, known[i].as) == 0)
			return known[i].is;
	return NULL;
}

void info_treeinfo(const char *p, size_t n, struct mediainfo *m)
{
	char section[64] = "", key[64];
	const char *line, *value;
	size_t len, vlen;
	*m = (struct mediainfo){0};
	while (next_line(&p, &n, &line, &len)) {
		if (len > 1 && line[0] == '[') {
			const char *end = memchr(line, ']', len);
			TAKE(section, line + 1, end != NULL ? (size_t)(end - line) - 1 : len - 1);
			continue;
		}
		if (!split(line, len, '=', key, sizeof(key), &value, &vlen))
			continue;
		bool general = str_eq(section, "general"), release = str_eq(section, "release"),
		     brand = str_eq(section, "branding");
		if ((general && str_eq(key, "family") && *m->product == '\0') ||
			((release || brand) && str_eq(key, "name")))
			TAKE(m->product, value, vlen);
		else if ((general && *m->version == '\0' && str_eq(key, "version")) ||
			 ((release || brand) && str_eq(key, "version")))
			TAKE(m->version, value, vlen);
		else if ((general || str_eq(section, "tree")) && str_eq(key, "arch"))
			TAKE(m->arch, value, vlen);
		else if (str_starts(section, "images-") && str_eq(key, "kernel") && !str_starts(section, "images-xen"))
			TAKE(m->kernel, value, vlen);
		else if (str_starts(section, "images-") && str_eq(key, "initrd") && !str_starts(section, "images-xen"))
			TAKE(m->initrd, value, vlen);
	}
}

/* The first known architecture among the words of a line. */
static void arch_word(const char *line, size_t len, char *out, size_t cap)
{
	for (size_t i = 0; i < len; ) {
		size_t k = 0;
		char word[16];
		while (i + k < len && (isalnum((unsigned char)line[i + k]) || line[i + k] == '_'))
			k++;
		if (k > 0 && k < sizeof(word)) {
			take(word, sizeof(word), line + i, k);
			if (info_arch(word) != NULL) {
				take(out, cap, line + i, k);
				return;
			}
		}
		i += k + 1;
	}
}

/* Debian GNU/Linux 12.5.0 "Bookworm" - Official amd64 NETINST with firmware 20240210-11:27 */
void info_disk(const char *p, size_t n, struct mediainfo *m)
{
	const char *line;
	size_t len;
	*m = (struct mediainfo){0};
	if (!next_line(&p, &n, &line, &len))
		return;
	const char *end = memchr(line, '"', len);
	size_t head = end != NULL ? (size_t)(end - line) : len, at = 0;
	while (at < head && !(isdigit((unsigned char)line[at]) && at > 0 && line[at - 1] == ' '))
		at++;
	TAKE(m->product, line, at);
	size_t digits = 0;
	while (at + digits < head && (isdigit((unsigned char)line[at + digits]) || line[at + digits] == '.'))
		digits++;
	TAKE(m->version, line + at, digits);
	if (end != NULL) {
		size_t k = 0, rest = len - head - 1;
		while (k < rest && isalnum((unsigned char)end[1 + k]))
			k++;
		TAKE(m->codename, end + 1, k);
		lower(m->codename);
	}
	arch_word(line, len, m->arch, sizeof(m->arch));
}

void info_release(const char *p, size_t n, struct mediainfo *m)
{
	char key[64], suite[32] = "";
	const char *line, *value;
	size_t len, vlen;
	*m = (struct mediainfo){0};
	while (next_line(&p, &n, &line, &len)) {
		if (len == 0 || line[0] == ' ' || !split(line, len, ':', key, sizeof(key), &value, &vlen))
			continue;
		if (str_eq(key, "Origin"))
			TAKE(m->product, value, vlen);
		else if (str_eq(key, "Version"))
			TAKE(m->version, value, vlen);
		else if (str_eq(key, "Codename"))
			TAKE(m->codename, value, vlen);
		else if (str_eq(key, "Suite"))
			TAKE(suite, value, vlen);
		else if (str_eq(key, "Architectures"))
			TAKE(m->arch, value, vlen);
	}
	if (*m->codename == '\0')
		take(m->codename, sizeof(m->codename), suite, strlen(suite));
	lower(m->codename);
	if (strchr(m->arch, ' ') != NULL)
		m->arch[0] = '\0';           /* several: none of them is the medium's */
}

/* Name and version of "SLES 15-4", "openSUSE-Leap 15.5-1", "SLES-16.0-x86_64-Build1". */
static void suse_product(const char *p, size_t n, struct mediainfo *m)
{
	size_t at = 1;
	while (at < n && !(isdigit((unsigned char)p[at]) && (p[at - 1] == ' ' || p[at - 1] == '-')))
		at++;
	if (at >= n)
		return;
	size_t k = 0;
	while (at + k < n && (isdigit((unsigned char)p[at + k]) || p[at + k] == '.'))
		k++;
	TAKE(m->product, p, at - 1);
	TAKE(m->version, p + at, k);
	arch_word(p, n, m->arch, sizeof(m->arch));
}

void info_suse(const char *p, size_t n, struct mediainfo *m)
{
	const char *line;
	size_t len;
	*m = (struct mediainfo){0};
	while (*m->product == '\0' && next_line(&p, &n, &line, &len)) {
		if (len > 2 && line[0] == '/' && line[1] == ' ')
			suse_product(line + 2, len - 2, m);
		else if (len > 7 && memcmp(line, "SUSE - ", 7) == 0)
			suse_product(line + 7, len - 7, m);
		else if (len > 11 && memcmp(line, "openSUSE - ", 11) == 0)
			suse_product(line + 11, len - 11, m);
	}
}

static void first_version(const char *p, size_t n, char *out, size_t cap)
{
	size_t at = 0, k = 0;
	while (at < n && !isdigit((unsigned char)p[at]))
		at++;
	while (at + k < n && (isdigit((unsigned char)p[at + k]) || p[at + k] == '.'))
		k++;
	take(out, cap, p + at, k);
}

void info_bootcfg(const char *p, size_t n, struct mediainfo *m)
{
	char key[64], title[96] = "";
	const char *line, *value;
	size_t len, vlen;
	bool modules = false;
	*m = (struct mediainfo){0};
	while (next_line(&p, &n, &line, &len)) {
		if (!split(line, len, '=', key, sizeof(key), &value, &vlen))
			continue;
		if (str_eq(key, "build"))
			first_version(value, vlen, m->version, sizeof(m->version));
		else if (str_eq(key, "title"))
			TAKE(title, value, vlen);
		else if (str_eq(key, "kernel"))
			TAKE(m->kernel, value, vlen);
		else if (str_eq(key, "modules"))
			modules = true;
	}
	if (*m->kernel == '\0' || !modules) {
		*m = (struct mediainfo){0};
		return;
	}
	TAKE(m->product, "VMware ESXi", 11);
	if (*m->version == '\0' && strstr(title, "ESXi") != NULL)
		first_version(title, strlen(title), m->version, sizeof(m->version));
}

void info_shell(const char *p, size_t n, const char *product_key, const char *version_key, struct mediainfo *m)
{
	char key[64];
	const char *line, *value;
	size_t len, vlen;
	*m = (struct mediainfo){0};
	while (next_line(&p, &n, &line, &len)) {
		if (!split(line, len, '=', key, sizeof(key), &value, &vlen))
			continue;
		if (str_eq(key, product_key))
			TAKE(m->product, value, vlen);
		else if (str_eq(key, version_key))
			TAKE(m->version, value, vlen);
	}
}

static const char *elf_arch(const uint8_t *p, size_t n)
{
	static const struct { unsigned machine; const char *arch;
	} known[] = {
		{ 3, "i386" },
		{ 20, "ppc" },
		{ 21, "ppc64" },
		{ 22, "s390x" },
		{ 40, "arm" },
		{ 50, "ia64" },
		{ 62, "x86_64" },
		{ 183, "aarch64" },
	};
	if (n < 20)
		return NULL;
	unsigned machine = p[5] == 2 ? (unsigned)p[18] << 8 | p[19] : (unsigned)p[19] << 8 | p[18];
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].machine == machine)
			return machine == 21 && p[5] == 1 ? "ppc64le" : known[i].arch;
	return NULL;
}

const char *info_kernel_arch(const void *buf, size_t n)
{
	const uint8_t *p = buf;
	if (n >= 20 && memcmp(p, "\x7f" "ELF", 4) == 0)
		return elf_arch(p, n);
	/* Linux boot protocol: "HdrS" at 0x202; from 2.12 on bit 0 of xloadflags (0x236) says 64 bit */
	if (n >= 0x238 && memcmp(p + 0x202, "HdrS", 4) == 0) {
		unsigned version = (unsigned)p[0x207] << 8 | p[0x206];
		return version >= 0x20c && (p[0x236] & 1) != 0 ? "x86_64" : "i386";
	}
	if (n >= 0x40 && memcmp(p + 0x38, "ARM\x64", 4) == 0)
		return "aarch64";
	/* a PE image, also of a compressed arm64 kernel: machine behind "PE\0\0" */
	if (n >= 0x40 && p[0] == 'M' && p[1] == 'Z') {
		size_t at = (size_t)p[0x3c] | (size_t)p[0x3d] << 8;
		if (at + 6 <= n && memcmp(p + at, "PE\0\0", 4) == 0) {
			unsigned machine = (unsigned)p[at + 5] << 8 | p[at + 4];
			return machine == 0xaa64   ? "aarch64"
			       : machine == 0x8664 ? "x86_64"
			       : machine == 0x14c  ? "i386"
						   : NULL;
		}
	}
	return NULL;
}

bool info_wim_xml(const void *p, size_t n, uint64_t file_size, uint64_t *at, uint64_t *len)
{
	struct rd r = rd_make(p, n);
	const uint8_t *magic = rd_take(&r, 8);
	if (magic == NULL || memcmp(magic, "MSWIM\0\0\0", 8) != 0)
		return false;
	rd_skip(&r, 72 - 8); /* to the header of the XML resource: size (7 bytes), flags (1), offset, original size */
	uint64_t size = rd_le64(&r) & 0xffffffffffffffull, off = rd_le64(&r);
	if (r.bad || size == 0 || off > file_size || size > file_size - off)
		return false;
	*at = off;
	*len = size;
	return true;
}

/* UTF-16LE to ASCII, other characters as '?'. */
static void narrow(const uint8_t *p, size_t n, struct strbuf *out)
{
	for (size_t i = 0; i + 1 < n; i += 2) {
		unsigned c = (unsigned)p[i + 1] << 8 | p[i];
		if (c == 0xfeff)
			continue;
		sb_addc(out, c >= 0x20 && c < 0x7f ? (char)c : '?');
	}
}

/* The text of the next <tag>...</tag> from *at on, before end; moves *at behind it. */
static bool element(const char *xml, size_t end, size_t *at, const char *open, const char *close, char *out, size_t cap)
{
	const char *a = memmem(xml + *at, end - *at, open, strlen(open));
	if (a == NULL)
		return false;
	a += strlen(open);
	const char *b = memmem(a, (size_t)(xml + end - a), close, strlen(close));
	if (b == NULL)
		return false;
	take(out, cap, a, (size_t)(b - a));
	*at = (size_t)(b - xml) + strlen(close);
	return true;
}

void info_wim_lines(const void *p, size_t n, struct strbuf *out)
{
	static const struct { const char *number, *name; } archs[] = {
		{ "0", "x86" }, { "5", "ARM" }, { "6", "ia64" }, { "9", "x86_64" }, { "12", "ARM64" },
	};
	struct strbuf xml = {0};
	char text[128];
	narrow(p, n, &xml);
	const char *s = sb_str(&xml);
	for (size_t at = 0; at < xml.len; ) {
		const char *image = memmem(s + at, xml.len - at, "<IMAGE ", 7);
		if (image == NULL)
			break;
		size_t from = (size_t)(image - s);
		const char *close = memmem(image, xml.len - from, "</IMAGE>", 8);
		size_t end = close != NULL ? (size_t)(close - s) : xml.len, pos = from;
		if (element(s, end, &pos, "<NAME>", "</NAME>", text, sizeof(text)))
			sb_addf(out, "Name:                   %s\n", text);
		pos = from;
		if (element(s, end, &pos, "<ARCH>", "</ARCH>", text, sizeof(text)))
			for (size_t i = 0; i < ARRAY_LEN(archs); i++)
				if (str_eq(text, archs[i].number))
					sb_addf(out, "Architecture:           %s\n", archs[i].name);
		at = end + 1;
	}
	sb_free(&xml);
}
