/* SPDX-License-Identifier: GPL-2.0-or-later
 * remote.c - kernels and ramdisks that distros name by their address elsewhere: the copies that this server has of them.
 * manage/remote_files.c fetches them.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/file.h"
#include "boot/internal.h"

bool boot_is_fetched(const char *url)
{
	static const char *const schemes[] = { "http://", "https://", "ftp://" };
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
			return strstr(url, "@@") == NULL;          /* those are filled in for each machine */
	return false;
}

char *boot_remote_path(const char *url)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	struct strbuf b = { 0 };
	unsigned n = 0;
	if (EVP_Digest(url, strlen(url), md, &n, EVP_sha256(), NULL) != 1)
		return NULL;
	sb_adds(&b, BOOT_REMOTE_FOLDER "/");
	for (unsigned i = 0; i < n; i++)
		sb_addf(&b, "%02x", md[i]);
	char *path = path_of(sb_str(&b));
	sb_free(&b);
	return path;
}

char *boot_remote_copy(const char *url)
{
	struct stat st;
	char *path = boot_is_fetched(url) ? boot_remote_path(url) : NULL;
	if (path != NULL && lstat(path, &st) == 0 && S_ISREG(st.st_mode))
		return path;
	free(path);
	return NULL;
}
