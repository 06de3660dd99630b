/* SPDX-License-Identifier: GPL-2.0-or-later
 * layout.c - where this host's family keeps the files of external servers (compat: utils.dhcpconf_location, namedconf_location).
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "manage/internal.h"

static const struct { const char *id; struct host_layout layout; } layouts[] = {
	{ "debian", { "/etc/dhcp/dhcpd.conf", "/etc/dhcp/dhcpd6.conf", "/etc/bind/named.conf" } },
	{ "ubuntu", { "/etc/dhcp/dhcpd.conf", "/etc/dhcp/dhcpd6.conf", "/etc/bind/named.conf" } },
	{ "suse", { "/etc/dhcpd.conf", "/etc/dhcpd6.conf", "/etc/named.conf" } },
	{ "", { "/etc/dhcp/dhcpd.conf", "/etc/dhcp/dhcpd6.conf", "/etc/named.conf" } },      /* every other */
};

/* A root without the file is one for tests or containers: its host decides. */
static int read_os_release(struct strbuf *text)
{
	char *below = path_of("/etc/os-release");
	int rc = file_read(AT_FDCWD, below, 65536, text, NULL);
	free(below);
	return rc == CB_OK ? rc : file_read(AT_FDCWD, "/etc/os-release", 65536, text, NULL);
}

/* Is word one of the words of a line ID= or ID_LIKE=? */
static bool names(const char *line, const char *word)
{
	const char *p = str_starts(line, "ID=") ? line + 3 : str_starts(line, "ID_LIKE=") ? line + 8 : "";
	size_t n = strlen(word);
	for (p += strspn(p, "\" "); *p != '\0'; p += strspn(p, "\" ")) {
		size_t len = strcspn(p, "\" ");
		if (len == n && memcmp(p, word, n) == 0)
			return true;
		p += len;
	}
	return false;
}

const struct host_layout *host_layout(void)
{
	struct strbuf text CLEANUP(sb_free) = { 0 };
	const struct host_layout *found = NULL;
	char *save = NULL;
	if (read_os_release(&text) != CB_OK)
		return &layouts[0].layout;
	for (char *line = strtok_r(text.p, "\n", &save); line != NULL && found == NULL; line = strtok_r(NULL, "\n", &save))
		for (size_t i = 0; layouts[i].id[0] != '\0' && found == NULL; i++)
			if (names(line, layouts[i].id))
				found = &layouts[i].layout;
	return found != NULL ? found : &layouts[ARRAY_LEN(layouts) - 1].layout;
}
