/* SPDX-License-Identifier: GPL-2.0-or-later
 * usage.c - how much a directory has become.
 */
#include "import/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"

static bool count_dir(int fd, struct usage *u, unsigned depth);

static bool count_one(int dir, const char *name, struct usage *u, unsigned depth)
{
	struct stat st;
	if (++u->entries > u->max_entries)
		return false;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return true;
	if (S_ISREG(st.st_mode)) {
		if ((uint64_t)st.st_size > u->max_bytes - u->bytes)
			return false;
		u->bytes += (uint64_t)st.st_size;
	}
	if (!S_ISDIR(st.st_mode))
		return true;
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 || count_dir(fd, u, depth + 1);
}

/* Takes fd. */
static bool count_dir(int fd, struct usage *u, unsigned depth)
{
	DIR *d = depth <= IMPORT_USAGE_DEPTH ? fdopendir(fd) : NULL;
	bool ok = d != NULL;
	if (d == NULL)
		close(fd);
	for (struct dirent *ent; ok && (ent = readdir(d)) != NULL; )
		if (!str_eq(ent->d_name, ".") && !str_eq(ent->d_name, ".."))
			ok = count_one(dirfd(d), ent->d_name, u, depth);
	if (d != NULL)
		closedir(d);
	return ok;
}

bool usage_within(int dir, struct usage *u)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	u->bytes = 0;
	u->entries = 0;
	return fd < 0 || count_dir(fd, u, 0);
}
