/* SPDX-License-Identifier: GPL-2.0-or-later
 * swap.c - a new tree takes the place of an old one, or one that nothing has.
 *
 * In one step where the file system can exchange two names. NFS, CIFS, 9p and some in user space cannot (EINVAL, ENOSYS): there the old
 * tree goes aside first, and the new one comes then. Cut off in between, the old one is put back when the daemon starts.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "import/internal.h"

static bool lacks_flags(void)
{
	return errno == EINVAL || errno == ENOSYS;
}

enum hold import_hold(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) == 0 ? HELD : errno == EWOULDBLOCK ? HELD_BY_OTHER : NO_LOCKS;
}

int import_move_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	/* without flags, at most an empty folder could be replaced */
	return lacks_flags() ? rename(from, to) : -1;
}

static char *aside_of(const char *tree)
{
	const char *slash = strrchr(tree, '/');
	return xasprintf("%.*s/" IMPORT_ASIDE "%s", (int)(slash - tree), tree, slash + 1);
}

int import_exchange(const char *staging, const char *target, bool *gap)
{
	*gap = false;
	if (renameat2(AT_FDCWD, staging, AT_FDCWD, target, RENAME_EXCHANGE) == 0)
		return 0;
	if (!lacks_flags())
		return -1;
	char *aside CLEANUP(free_ptr) = aside_of(target);
	*gap = true;
	if (rename(target, aside) != 0)
		return -1;
	if (rename(staging, target) != 0) {
		int why = errno;
		if (rename(aside, target) != 0)
			log_error("import", "%s cannot be put back from %s: %s", target, aside, strerror(errno));
		errno = why;
		return -1;
	}
	/* the old tree is under a name by which the next import knows that it may go */
	if (rename(aside, staging) != 0)
		log_warn("import", "%s stays until the next import: %s", aside, strerror(errno));
	return 0;
}

void import_recover_one(int dir, const char *base, const char *name, bool remove)
{
	struct stat st;
	const char *tree = name + strlen(IMPORT_ASIDE);
	int fd CLEANUP(close_fd) = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	enum hold held = *tree != '\0' && fd >= 0 ? import_hold(fd) : HELD_BY_OTHER;
	if (held == HELD_BY_OTHER || (remove && held == NO_LOCKS))
		return;              /* an import holds it, which is just at it, or may be */
	if (fstatat(dir, tree, &st, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT) {
		if (renameat(dir, name, dir, tree) == 0)
			log_warn("import", "%s/%s is put back: an import was cut off while it was replaced", base, tree);
		else
			log_error("import", "%s/%s cannot be put back from %s/%s: %s", base, tree, base, name, strerror(errno));
	} else if (remove) {
		char hex[17];
		random_hex(hex, 8);
		char *from CLEANUP(free_ptr) = xasprintf("%s/%s", base, name);
		char *to CLEANUP(free_ptr) = xasprintf("%s/" IMPORT_STAGING "%s", base, hex);
		log_info("import", "removing %s, which was replaced", from);
		import_remove_tree(rename(from, to) == 0 ? to : from);
	}
}

void import_recover(struct core *c)
{
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->settings);
	char *shown CLEANUP(free_ptr) = xasprintf("%s/distro_mirror", v_dict_cstr(settings, "webdir", "/var/www/cobbler"));
	char *base CLEANUP(free_ptr) = path_of(shown);
	DIR *d = opendir(base);
	for (struct dirent *ent; d != NULL && (ent = readdir(d)) != NULL; )
		if (str_starts(ent->d_name, IMPORT_ASIDE))
			import_recover_one(dirfd(d), base, ent->d_name, false);
	if (d != NULL)
		closedir(d);
}
