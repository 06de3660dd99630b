/* SPDX-License-Identifier: GPL-2.0-or-later
 * naming.c - names and paths that an import gives.
 */
#include "import/naming.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* str.replace(what, "") */
static void drop(char *s, const char *what)
{
	size_t n = strlen(what);
	char *to = s;
	for (const char *p = s; *p != '\0'; ) {
		if (strncmp(p, what, n) == 0)
			p += n;
		else
			*to++ = *p++;
	}
	*to = '\0';
}

static char *replace(char *s, const char *what, const char *with)
{
	struct strbuf b = {0};
	size_t n = strlen(what);
	for (const char *p = s; *p != '\0'; ) {
		if (strncmp(p, what, n) == 0) {
			sb_adds(&b, with);
			p += n;
		} else {
			sb_addc(&b, *p++);
		}
	}
	free(s);
	char *out = xstrdup(sb_str(&b));
	sb_free(&b);
	return out;
}

char *import_distro_name(const char *mirror, const char *dir, const char *kernel, bool remote)
{
	/* compat: taken out anywhere, so "debian-installer" behind "-netboot" loses letters, as in 3.3.7 */
	static const char *const cruft[] = { "-netboot", "-ubuntu-installer", "-amd64", "-i386", "-images", "-pxeboot",
		"-install", "-isolinux", "-boot", "-suseboot", "-loader", "-os", "-tree", "var-www-cobbler-",
		"distro_mirror-" };
	static const char *const archs[] = { "i386", "x86_64", "ia64", "ppc64le", "ppc64el", "ppc64", "ppc32", "ppc",
		"x86", "s390x", "s390", "386", "amd" };
	struct strbuf b = {0};
	sb_adds(&b, mirror);
	for (const char *p = remote ? "" : dir; *p != '\0'; ) {
		size_t n = strcspn(p, "/");
		if (n > 0) {
			sb_addc(&b, '-');
			sb_add(&b, p, n);
		}
		p += n;
		p += *p == '/';
	}
	if (strstr(kernel, "PAE") != NULL && strstr(sb_str(&b), "PAE") == NULL)
		sb_adds(&b, "-PAE");
	if (strstr(kernel, "xen") != NULL && strstr(sb_str(&b), "xen") == NULL)
		sb_adds(&b, "-xen");
	char *name = replace(xstrdup(sb_str(&b)), "--", "-");
	sb_free(&b);
	for (size_t i = 0; i < ARRAY_LEN(cruft); i++)
		drop(name, cruft[i]);
	name = replace(name, "chrp", "ppc64");
	for (const char *sep = "-_."; *sep != '\0'; sep++) {
		for (size_t i = 0; i < ARRAY_LEN(archs); i++) {
			char *what = xasprintf("%c%s", *sep, archs[i]);
			drop(name, what);
			free(what);
		}
	}
	return name;
}

char *import_arch(const char *given)
{
	char *a = xstrdup(given);
	for (char *p = a; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	if (str_eq(a, "x86")) {
		free(a);
		a = xstrdup("i386");
	}
	return a;
}

char *import_mirror_name(const char *name, const char *arch)
{
	const char *dash = strrchr(name, '-');
	if (*arch == '\0' || (dash != NULL && str_eq(dash + 1, arch)))
		return xstrdup(name);
	return xasprintf("%s-%s", name, arch);
}

static bool host_ok(const char *p, size_t n)
{
	if (n == 0 || n > 255 || *p == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)p[i]) && strchr(".-_:[]", p[i]) == NULL)
			return false;
	return true;
}

/* A host without "user@" and port that must not be asked: the link-local range, where clouds keep their secrets. */
static bool host_forbidden(const char *p, size_t n)
{
	return (n >= 8 && strncmp(p, "169.254.", 8) == 0) || (n >= 5 && strncasecmp(p, "[fe80", 5) == 0) ||
	       (n >= 4 && strncasecmp(p, "fe80", 4) == 0 && memchr(p, ':', n) != NULL);
}

bool import_printable(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

bool import_plain_path(const char *s)
{
	for (; *s != '\0'; s++)
		if (!((*s >= '0' && *s <= '9') || (*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z')) && strchr("/._-+~,:=", *s) == NULL)
			return false;
	return true;
}

/* USER:PASSWORD@HOST; neither rsync nor ssh takes one from there, and it would be in logs and process lists. */
static bool has_password(const char *s)
{
	const char *colon = strchr(s, ':'), *at = strchr(s, '@');
	return colon != NULL && at != NULL && colon < at && at < s + strcspn(s, "/");
}

static enum import_source remote_kind(const char *host, size_t n, enum import_source kind, const char **why)
{
	const char *at = memchr(host, '@', n);
	if (at != NULL && (at == host || !host_ok(host, (size_t)(at - host)))) {
		*why = "the user name has characters that no user name has";
		return SOURCE_BAD;
	}
	size_t skip = at != NULL ? (size_t)(at - host) + 1 : 0;
	if (!host_ok(host + skip, n - skip)) {
		*why = "the host name has characters that no host name has";
		return SOURCE_BAD;
	}
	if (host_forbidden(host + skip, n - skip)) {
		*why = "link-local addresses are not asked";
		return SOURCE_BAD;
	}
	return kind;
}

enum import_source import_source_kind(const char *path, const char **why)
{
	*why = "";
	if (!import_printable(path) || strlen(path) > 4000) {
		*why = "it is too long or has control characters";
		return SOURCE_BAD;
	}
	if (*path == '/')
		return SOURCE_LOCAL;
	const char *scheme = strstr(path, "://"), *colon = strchr(path, ':');
	if (has_password(scheme != NULL ? scheme + 3 : path)) {
		*why = "an address takes no password here: give one that needs none";
		return SOURCE_BAD;
	}
	if (str_starts(path, "rsync://"))
		return remote_kind(path + 8, strcspn(path + 8, "/"), SOURCE_RSYNC, why);
	if (scheme != NULL) {
		*why = "unsupported protocol: give a local path, an ISO file, rsync://HOST/MODULE/PATH or "
		       "USER@HOST:/PATH";
		return SOURCE_BAD;
	}
	if (colon != NULL && strcspn(path, "/") > (size_t)(colon - path))
		return remote_kind(path, (size_t)(colon - path), SOURCE_SSH, why);
	*why = "a path must be absolute";
	return SOURCE_BAD;
}

void import_flags_free(char **flags)
{
	for (char **f = flags; f != NULL && *f != NULL; f++)
		free(*f);
	free(flags);
}

/* What could run a program, read or write elsewhere, or delete, is no tuning. */
static bool flag_ok(const char *w)
{
	static const char *const ok_long[] = { "--bwlimit", "--exclude", "--include", "--timeout", "--contimeout",
		"--compress", "--verbose", "--progress", "--stats", "--quiet", "--partial", "--whole-file", "--inplace",
		"--sparse", "--hard-links", "--no-perms", "--no-owner", "--no-group", "--max-size", "--min-size",
		"--copy-links", "--safe-links", "--size-only", "--checksum", "--ipv4", "--ipv6", "--archive",
		"--recursive", "--times", "--links", "--numeric-ids", "--port", "--address" };
	if (str_starts(w, "--")) {
		size_t n = strcspn(w, "=");
		for (size_t i = 0; i < ARRAY_LEN(ok_long); i++)
			if (strlen(ok_long[i]) == n && strncmp(w, ok_long[i], n) == 0)
				return true;
		return false;
	}
	return *w == '-' && w[1] != '\0' && strspn(w + 1, "avzqrltpgoDHSWPhc46uxiL") == strlen(w + 1);
}

char **import_rsync_flags(const char *flags, char **bad)
{
	size_t n = 0;
	char **list = xcalloc(strlen(flags) / 2 + 2, sizeof(*list));
	for (const char *p = flags + strspn(flags, " \t"); *p != '\0'; ) {
		size_t k = strcspn(p, " \t");
		list[n] = xstrndup(p, k);
		if (!flag_ok(list[n])) {
			*bad = xstrdup(list[n]);
			import_flags_free(list);
			return NULL;
		}
		n++;
		p += k + strspn(p + k, " \t");
	}
	return list;
}
