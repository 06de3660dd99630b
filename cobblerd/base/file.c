/* SPDX-License-Identifier: GPL-2.0-or-later
 * file.c - reading, atomic durable writing, and opening of client-named paths.
 */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

static char root_dir[PATH_MAX];

void path_set_root(const char *root)
{
	size_t n = root != NULL ? strlen(root) : 0;
	while (n > 0 && root[n - 1] == '/')
		n--;
	snprintf(root_dir, sizeof(root_dir), "%.*s", (int)n, root != NULL ? root : "");
}

const char *path_root(void)
{
	return root_dir;
}

char *path_of(const char *abs)
{
	return xasprintf("%s%s", root_dir, abs);
}

int file_read(int dirfd, const char *path, size_t max, struct strbuf *ret, struct err *e)
{
	struct stat st;
	int rc = CB_EIO, fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	size_t before = ret->len;
	if (fd == -1) {
		err_sys(e, "cannot open %s", path);
		if (errno == ENOENT && e != NULL)
			e->code = CB_ENOENT;
		return errno == ENOENT ? CB_ENOENT : CB_EIO;
	}
	if (fstat(fd, &st) == -1) {
		rc = err_sys(e, "cannot read %s", path);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		rc = err_set(e, CB_EINVAL, "%s is not a regular file", path);
		goto out;
	}
	for (;;) {
		size_t got = ret->len - before, size = (size_t)st.st_size < max ? (size_t)st.st_size : max;
		size_t want = got <= size ? size - got + 1 : 65536;       /* one more than there is shows the end, or that it grows */
		sb_reserve(ret, want + 1);
		ssize_t n = read(fd, ret->p + ret->len, want);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			rc = err_sys(e, "cannot read %s", path);
			goto out;
		}
		if (n == 0)
			break;
		ret->len += (size_t)n;
		ret->p[ret->len] = '\0';
		if (ret->len - before > max) {
			rc = err_set(e, CB_ELIMIT, "%s is larger than %zu bytes", path, max);
			goto out;
		}
	}
	ret->p[ret->len] = '\0';
	rc = CB_OK;
out:
	close(fd);
	if (rc != CB_OK && ret->p != NULL)
		sb_truncate(ret, before);
	return rc;
}

int write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = write(fd, p, n);
		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1)
			return -1;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

int copy_all(int from, int to)
{
	char buf[65536];
	ssize_t n;
	while ((n = copy_file_range(from, NULL, to, NULL, 1u << 30, 0)) > 0)
		;
	if (n == 0)
		return 0;
	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write_all(to, buf, (size_t)n) != 0)
			return -1;
	return n == 0 ? 0 : -1;
}

/* A hidden name beside path, as nobody else has it. */
static int temp_name(const char *path, char *tmp, struct err *e)
{
	char suffix[17];
	const char *base = strrchr(path, '/');
	base = base != NULL ? base + 1 : path;
	random_hex(suffix, 8);
	if (snprintf(tmp, PATH_MAX, "%.*s.%s.tmp", (int)(base - path), path, suffix) >= PATH_MAX)
		return err_set(e, CB_EINVAL, "path %s is too long", path);
	return CB_OK;
}

static bool is_temp_name(const char *name)
{
	return name[0] == '.' && strspn(name + 1, "0123456789abcdef") == 16 && str_eq(name + 17, ".tmp");
}

void dir_sweep(const char *dir)
{
	DIR *d = opendir(dir);
	if (d == NULL)
		return;
	for (const struct dirent *de; (de = readdir(d)) != NULL; )
		if (is_temp_name(de->d_name))
			unlinkat(dirfd(d), de->d_name, 0);
	closedir(d);
}

/* What belongs to a file beside its owner and mode. */
static const char *const kept_xattrs[] = { "system.posix_acl_access", "security.selinux" };

/* The file gets what the former one at path has, or loses what its directory gave it; both as far as this account may. */
static void keep_xattrs(int fd, const char *path)
{
	char value[65536];
	for (size_t i = 0; i < ARRAY_LEN(kept_xattrs); i++) {
		ssize_t n = lgetxattr(path, kept_xattrs[i], value, sizeof(value));
		int rc = n >= 0 ? fsetxattr(fd, kept_xattrs[i], value, (size_t)n, 0) : i == 0 ? fremovexattr(fd, kept_xattrs[i]) : 0;
		if (rc == -1 && n >= 0)
			log_warn("file", "%s loses its %s: %s", path, kept_xattrs[i], strerror(errno));
	}
}

/* st: of the file that is replaced, or of the directory of a new one. */
static int keep_owner(int fd, const char *path, const struct stat *st, bool there)
{
	if (geteuid() == 0 && fchown(fd, st->st_uid, st->st_gid) == -1)
		return -1;
	/* Others may give a file to a group that they are in. */
	if (geteuid() != 0 && there && st->st_gid != getegid() && fchown(fd, (uid_t)-1, st->st_gid) == -1)
		log_warn("file", "%s loses its group %u: %s", path, (unsigned)st->st_gid, strerror(errno));
	if (there)
		keep_xattrs(fd, path);
	return 0;
}

/* like: as in keep_owner; NULL: the owner is this account. */
static int stage(int dirfd, const char *path, const void *data, size_t n, mode_t mode, bool sync, const struct stat *like, bool there,
	char *tmp, struct err *e)
{
	int rc = temp_name(path, tmp, e);
	if (rc != CB_OK)
		return rc;
	int fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return err_sys(e, "cannot create a file beside %s", path);
	if (write_all(fd, data, n) == -1 || (like != NULL && keep_owner(fd, path, like, there) == -1) || fchmod(fd, mode) == -1 ||
		(sync && fsync(fd) == -1)) {
		rc = err_sys(e, "cannot write %s", path);
		close(fd);
		unlinkat(dirfd, tmp, 0);
		return rc;
	}
	close(fd);
	return CB_OK;
}

int file_stage(int dirfd, const char *path, const void *data, size_t n, mode_t mode, bool sync, char *tmp, struct err *e)
{
	return stage(dirfd, path, data, n, mode, sync, NULL, false, tmp, e);
}

int file_commit(int dirfd, const char *tmp, const char *path, struct err *e)
{
	if (renameat(dirfd, tmp, dirfd, path) == -1) {
		int rc = err_sys(e, "cannot replace %s", path);
		unlinkat(dirfd, tmp, 0);
		return rc;
	}
	return CB_OK;
}

int dir_sync(int dirfd, const char *dir, struct err *e)
{
	int fd = openat(dirfd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return err_sys(e, "cannot open directory %s", dir);
	int rc = fsync(fd) == -1 ? err_sys(e, "cannot sync directory %s", dir) : CB_OK;
	close(fd);
	return rc;
}

/* The directory that path lies in, open for fsync. */
static int open_parent(int dirfd, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *dir CLEANUP(free_ptr) = slash == NULL ? xstrdup(".") : xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
	int fd = openat(dirfd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 ? fd : err_sys(e, "cannot open directory %s", dir);
}

/* How tmp took path's place, and with it how to undo that. PLAIN: the file system cannot exchange two names. */
enum swap { NOT, NEW, EXCHANGED, PLAIN };

static enum swap swap_in(int dirfd, const char *tmp, const char *path)
{
	struct stat st;
	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT && renameat(dirfd, tmp, dirfd, path) == 0 ? NEW : NOT;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return NOT;
	}
	if (renameat2(dirfd, tmp, dirfd, path, RENAME_EXCHANGE) == 0)
		return EXCHANGED;
	if (errno != EINVAL && errno != ENOSYS)
		return NOT;
	return renameat(dirfd, tmp, dirfd, path) == 0 ? PLAIN : NOT;
}

static void swap_back(int dirfd, const char *tmp, const char *path, enum swap how)
{
	int rc = how == EXCHANGED ? renameat2(dirfd, tmp, dirfd, path, RENAME_EXCHANGE) : how == NEW ?
		renameat(dirfd, path, dirfd, tmp) : -1;
	if (rc == -1)
		log_error("file", "%s is changed although that could not be made durable: %s", path, strerror(errno));
}

/* tmp becomes path for good, or path stays what it was; tmp is gone either way. */
static int commit_durably(int dirfd, const char *tmp, const char *path, struct err *e)
{
	int rc = CB_OK, dir = open_parent(dirfd, path, e);
	enum swap how = dir >= 0 ? swap_in(dirfd, tmp, path) : NOT;
	if (dir < 0)
		rc = dir;
	else if (how == NOT)
		rc = err_sys(e, "cannot replace %s", path);
	else if (fsync(dir) == -1) {
		rc = err_sys(e, "cannot sync the directory of %s", path);
		swap_back(dirfd, tmp, path, how);
	}
	close_fd(&dir);
	/* What is left under this name is the former file, or the new one that did not take its place. */
	if (how == EXCHANGED || rc != CB_OK)
		unlinkat(dirfd, tmp, 0);
	return rc;
}

int file_remove(int dirfd, const char *path, struct err *e)
{
	char tmp[PATH_MAX];
	int rc = temp_name(path, tmp, e), dir = rc == CB_OK ? open_parent(dirfd, path, e) : rc;
	if (dir < 0)
		return dir;
	if (renameat(dirfd, path, dirfd, tmp) == -1) {
		rc = errno == ENOENT ? CB_OK : err_sys(e, "cannot remove %s", path);
	} else if (fsync(dir) == -1) {
		rc = err_sys(e, "cannot sync the directory of %s", path);
		swap_back(dirfd, path, tmp, NEW);
	} else if (unlinkat(dirfd, tmp, 0) == -1) {
		log_warn("file", "%s is removed, and %s stays: %s", path, tmp, strerror(errno));
	}
	close(dir);
	return rc;
}

int file_replace(int dirfd, const char *path, const void *data, size_t n, mode_t mode, struct err *e)
{
	char tmp[PATH_MAX];
	int rc = file_stage(dirfd, path, data, n, mode, true, tmp, e);
	return rc == CB_OK ? commit_durably(dirfd, tmp, path, e) : rc;
}

int file_rewrite(const char *path, const void *data, size_t n, mode_t mode, struct err *e)
{
	char tmp[PATH_MAX];
	const char *slash = strrchr(path, '/');
	char *dir CLEANUP(free_ptr) = slash == NULL ? xstrdup(".") : slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
	struct stat st;
	bool there = lstat(path, &st) == 0;
	if (there && !S_ISREG(st.st_mode))
		return err_set(e, CB_EINVAL, "%s is not a regular file", path);
	if (!there && stat(dir, &st) == -1)
		return err_sys(e, "cannot look at %s", dir);
	int rc = stage(AT_FDCWD, path, data, n, there ? st.st_mode & (mode | 0770) : mode, true, &st, there, tmp, e);
	return rc == CB_OK ? commit_durably(AT_FDCWD, tmp, path, e) : rc;
}

int dir_make(const char *path, mode_t mode, struct err *e)
{
	char part[PATH_MAX];
	size_t n = strlen(path);
	struct stat st;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return CB_OK;
	if (n >= sizeof(part))
		return err_set(e, CB_EINVAL, "path %s is too long", path);
	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, mode) == -1 && errno != EEXIST)
			return err_sys(e, "cannot create directory %s", part);
	}
	if (stat(path, &st) == -1)
		return err_sys(e, "cannot create directory %s", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, CB_EEXIST, "%s exists and is not a directory", path);
	return CB_OK;
}

int file_open_beneath(int dirfd, const char *rel, int flags, struct err *e)
{
	/* openat2 refuses flags that mean nothing to a mere path. */
	unsigned calm = flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY;
	struct open_how how = { .flags = (unsigned)flags | O_CLOEXEC | calm,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	if (*rel == '\0' || *rel == '/')
		return err_set(e, CB_EINVAL, "\"%s\" is not a relative path", rel);
	int fd = (int)syscall(SYS_openat2, dirfd, rel, &how, sizeof(how));
	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOENT: case ENOTDIR:
		return err_set(e, CB_ENOENT, "%s does not exist", rel);
	case EXDEV: case ELOOP: case EACCES: case EPERM:
		return err_set(e, CB_EPERM, "%s is not accessible: %s", rel, strerror(errno));
	default:
		return err_sys(e, "cannot open %s", rel);
	}
}

char *file_find_case(const char *dir, const char *name)
{
	struct stat st;
	char *found = NULL, *path = xasprintf("%s/%s", dir, name);
	bool same = strchr(name, '/') == NULL && lstat(path, &st) == 0;
	free(path);
	if (same)
		return xstrdup(name);
	DIR *d = opendir(dir);
	for (struct dirent *de; d != NULL && found == NULL && (de = readdir(d)) != NULL; )
		if (strcasecmp(de->d_name, name) == 0)
			found = xstrdup(de->d_name);
	if (d != NULL)
		closedir(d);
	return found;
}

bool path_normalise(const char *in, char *out, size_t cap)
{
	size_t n = 0;
	while (*in != '\0') {
		const char *end = strchrnul(in, '/');
		size_t k = (size_t)(end - in);
		if (k == 2 && in[0] == '.' && in[1] == '.') {
			if (n == 0)
				return false;
			while (n > 0 && out[n - 1] != '/')
				n--;
			n -= n > 0;
		} else if (k > 0 && !(k == 1 && in[0] == '.')) {
			if (n + k + 2 > cap)
				return false;
			if (n > 0)
				out[n++] = '/';
			memcpy(out + n, in, k);
			n += k;
		}
		in = *end == '/' ? end + 1 : end;
	}
	if (cap == 0)
		return false;
	out[n] = '\0';
	return true;
}
