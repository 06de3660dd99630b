/* SPDX-License-Identifier: GPL-2.0-or-later
 * host_files.c - the files of external DHCP, DNS and rsync servers that a sync writes, Cobbler's own settings, and how they are replaced.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "privileged/privileged.h"

static const char *const files[] = {
	"/etc/dhcp/dhcpd.conf", "/etc/dhcp/dhcpd6.conf", "/etc/dhcpd.conf", "/etc/dhcpd6.conf", "/etc/dnsmasq.conf", "/etc/ethers",
	"/etc/bind/named.conf", "/etc/named.conf", "/etc/secondary.conf", "/etc/ndjbdns/data", "/etc/rsyncd.conf", "/etc/genders",
};

/* Ours, in directories of the core's account, which root writes so that group and access list stay as the administrator made them. */
static const char *const own_files[] = { "/etc/cobbler/settings.yaml" };

/* Zone files, one per zone, directly in one of these. */
static const char *const zone_dirs[] = { "/etc/bind/db./", "/etc/bind/zones/", "/var/lib/bind/", "/var/cache/bind/", "/var/named/",
	"/var/lib/named/" };

/* BIND's own tree on hosts that run it in one (setting bind_chroot_path). */
static const char *const chroots[] = { "/var/named/chroot", "/var/lib/named" };

static bool is_zone_name(const char *s)
{
	if (*s == '\0' || *s == '.' || strlen(s) > 255)
		return false;
	for (; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && strchr("._-:", *s) == NULL)
			return false;
	return true;
}

static bool is_listed(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (str_eq(path, files[i]))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(zone_dirs); i++)
		if (str_starts(path, zone_dirs[i]) && is_zone_name(path + strlen(zone_dirs[i])))
			return true;
	return false;
}

static bool is_own(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(own_files); i++)
		if (str_eq(path, own_files[i]))
			return true;
	return false;
}

bool host_file_is_known(const char *path)
{
	if (is_listed(path) || is_own(path))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(chroots); i++)
		if (str_starts(path, chroots[i]) && is_listed(path + strlen(chroots[i])))
			return true;
	return false;
}

/* Its directory is not ours, or it is mounted there by itself. */
static bool is_only_not_replaceable(int error)
{
	return error == EACCES || error == EPERM || error == EROFS || error == EBUSY || error == EXDEV;
}

/* Where a file cannot be replaced, it is written in place when we may. The disk has room for all of it before the first byte changes. */
static int write_in_place(const char *path, const struct strbuf *text)
{
	int fd CLEANUP(close_fd) = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	size_t at = 0;
	if (fd < 0 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		return -1;
	if (text->len > 0 && fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)text->len) == -1 && errno != EOPNOTSUPP)
		return -1;
	while (at < text->len) {
		ssize_t n = write(fd, text->p + at, text->len - at);
		if (n <= 0)
			return -1;
		at += (size_t)n;
	}
	return ftruncate(fd, (off_t)text->len) == -1 ? -1 : fsync(fd);
}

int host_file_replace(const char *path, const struct strbuf *text, struct err *e)
{
	char target[PATH_MAX], *real CLEANUP(free_ptr) = path_of(path);
	/* The core's account may put links in its directories: none is followed. And this file is never half written. */
	if (is_own(path))
		return file_rewrite(real, sb_str(text), text->len, 0640, e);
	/* A link below /etc is the administrator's; elsewhere the server's own account might have made it. */
	const char *at = *path_root() == '\0' && str_starts(path, "/etc/") && realpath(real, target) != NULL ? target : real;
	errno = 0;
	int rc = file_rewrite(at, sb_str(text), text->len, 0644, e);
	return rc != CB_OK && is_only_not_replaceable(errno) && write_in_place(at, text) == 0 ? CB_OK : rc;
}
