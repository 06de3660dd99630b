/* SPDX-License-Identifier: GPL-2.0-or-later
 * sink.c - writing one directory tree from untrusted names.
 */
#include "import/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "import/limits.h"

void sink_init(struct sink *s, int rootfd, uint64_t max_bytes, unsigned long max_entries)
{
	*s = (struct sink){ .root = rootfd, .dir = -1, .max_bytes = max_bytes, .max_entries = max_entries };
}

void sink_free(struct sink *s)
{
	if (s->dir >= 0)
		close(s->dir);
	free_ptr(&s->dirpath);
	for (size_t i = 0; i < s->nlinks; i++) {
		free_ptr(&s->links[i].path);
		free_ptr(&s->links[i].target);
	}
	free_ptr(&s->links);
	*s = (struct sink){ .root = -1, .dir = -1 };
}

/* An open failure in words; a full disk has its own. */
static int fail(struct err *e, const char *what, const char *path)
{
	if (errno == ENOSPC || errno == EDQUOT)
		return err_set(e, CB_ELIMIT, "the disk is full (while writing %s): %s", path, strerror(errno));
	return err_sys(e, "cannot %s %s", what, path);
}

static bool control_char(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return true;
	return false;
}

int sink_clean(const char *path, char *out, size_t cap, struct err *e)
{
	size_t n = 0, depth = 0;
	const char *p = path;
	if (*p == '/')
		return err_set(e, CB_EINVAL, "\"%.200s\": absolute path in the image", path);
	if (strlen(path) > IMPORT_MAX_PATH || cap <= IMPORT_MAX_PATH)
		return err_set(
			e, CB_ELIMIT, "\"%.80s...\": path of more than %u bytes in the image", path, IMPORT_MAX_PATH);
	while (*p != '\0') {
		size_t k = strcspn(p, "/");
		if (k > IMPORT_MAX_NAME)
			return err_set(e, CB_ELIMIT, "\"%.80s...\": name of more than %u bytes in the image", p,
				IMPORT_MAX_NAME);
		if (k == 2 && p[0] == '.' && p[1] == '.')
			return err_set(e, CB_EINVAL, "\"%.200s\": path with \"..\" in the image", path);
		if (control_char(p, k))
			return err_set(e, CB_EINVAL, "\"%.200s\": name with control characters in the image", path);
		if (k > 0 && !(k == 1 && p[0] == '.')) {
			if (++depth > IMPORT_MAX_DEPTH)
				return err_set(
					e, CB_ELIMIT, "\"%.200s\": more than %u levels deep", path, IMPORT_MAX_DEPTH);
			if (n > 0)
				out[n++] = '/';
			memcpy(out + n, p, k);
			n += k;
		}
		p += k;
		p += *p == '/';
	}
	out[n] = '\0';
	return CB_OK;
}

static int open_dir(int at, const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	return (int)syscall(SYS_openat2, at, path, &how, sizeof(how));
}

static int count(struct sink *s, const char *path, struct err *e)
{
	if (s->entries >= s->max_entries)
		return err_set(e, CB_ELIMIT, "too many entries: more than %lu (at %.200s)", s->max_entries, path);
	s->entries++;
	return CB_OK;
}

/* mkdir -p below the root. */
static int make_dirs(struct sink *s, const char *path, struct err *e)
{
	char part[IMPORT_MAX_PATH + 1];
	for (const char *p = path; ; p++) {
		p = strchrnul(p, '/');
		size_t n = (size_t)(p - path);
		memcpy(part, path, n);
		part[n] = '\0';
		if (mkdirat(s->root, part, 0755) != 0) {
			if (errno != EEXIST)
				return fail(e, "create directory", part);
		} else {
			int rc = count(s, part, e);
			if (rc != CB_OK)
				return rc;
		}
		if (*p == '\0')
			return CB_OK;
	}
}

/* Leaves s->dir open on the directory named by path[0..n). Every component is checked not to be a link: directories
 * that exist were made here, and no link is made before sink_finish. */
static int enter(struct sink *s, const char *path, size_t n, struct err *e)
{
	if (s->dir >= 0 && strlen(s->dirpath) == n && memcmp(s->dirpath, path, n) == 0)
		return CB_OK;
	if (s->dir >= 0)
		close(s->dir);
	free_ptr(&s->dirpath);
	s->dir = -1;
	s->dirpath = xstrndup(path, n);
	const char *open_as = n > 0 ? s->dirpath : ".";
	s->dir = open_dir(s->root, open_as);
	if (s->dir < 0 && errno == ENOENT) {
		int rc = make_dirs(s, s->dirpath, e);
		if (rc != CB_OK)
			return rc;
		s->dir = open_dir(s->root, open_as);
	}
	return s->dir < 0 ? fail(e, "open directory", open_as) : CB_OK;
}

/* Enters the parent; the last component by return, NULL on failure (*rc). */
static const char *enter_parent(struct sink *s, const char *path, int *rc, struct err *e)
{
	const char *slash = strrchr(path, '/');
	*rc = *path == '\0' ? err_set(e, CB_EINVAL, "an entry without a name in the image")
			    : enter(s, path, slash != NULL ? (size_t)(slash - path) : 0, e);
	return *rc != CB_OK ? NULL : slash != NULL ? slash + 1 : path;
}

int sink_dir(struct sink *s, const char *path, struct err *e)
{
	return enter(s, path, strlen(path), e);
}

int sink_file(struct sink *s, const char *path, uint64_t size, struct err *e)
{
	int rc = count(s, path, e);
	const char *name = rc == CB_OK ? enter_parent(s, path, &rc, e) : NULL;
	if (name == NULL)
		return rc;
	if (size > s->max_bytes - s->bytes)
		return err_set(e, CB_ELIMIT, "too large: the files sum up to more than %llu bytes (at %.200s)",
			       (unsigned long long)s->max_bytes, path);
	int fd = openat(s->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0 && errno == EEXIST)
		return err_set(e, CB_EINVAL, "\"%.200s\" is in the image twice", path);
	if (fd < 0)
		return fail(e, "create", path);
	s->bytes += size;
	return fd;
}

int sink_write(int fd, const void *p, size_t n, uint64_t at, struct err *e)
{
	const char *c = p;
	while (n > 0) {
		ssize_t k = pwrite(fd, c, n, (off_t)at);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return errno == ENOSPC || errno == EDQUOT || errno == EFBIG
				       ? err_set(e, CB_ELIMIT, "the disk is full: %s", strerror(errno))
				       : err_sys(e, "cannot write");
		c += k;
		n -= (size_t)k;
		at += (uint64_t)k;
	}
	return CB_OK;
}

void sink_done(int fd, mode_t mode, time_t mtime)
{
	struct timespec t[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = mtime } };
	if ((mode & 0111) != 0)
		(void)!fchmod(fd, 0755);
	if (mtime > 0)
		(void)futimens(fd, t);      /* a date only: worth nothing to fail for */
}

/* The link at path (inside the tree) cannot lead outside: relative, with leading ".." only, no more than its depth. */
static bool link_stays(const char *path, const char *target)
{
	size_t depth = 0;
	for (const char *p = path; *p != '\0'; p++)
		depth += *p == '/';
	if (*target == '/' || *target == '\0' || strlen(target) > IMPORT_MAX_LINK)
		return false;
	bool leading = true;
	for (const char *p = target; *p != '\0'; ) {
		size_t k = strcspn(p, "/");
		if (k == 2 && p[0] == '.' && p[1] == '.') {
			if (!leading || depth == 0)
				return false;
			depth--;
		} else if (k > 0 && !(k == 1 && p[0] == '.')) {
			leading = false;
		}
		if (control_char(p, k))
			return false;
		p += k;
		p += *p == '/';
	}
	return true;
}

int sink_symlink(struct sink *s, const char *path, const char *target, struct err *e)
{
	int rc = count(s, path, e);
	if (rc != CB_OK)
		return rc;
	if (!link_stays(path, target)) {
		s->skipped++;
		return CB_OK;
	}
	if (s->nlinks == s->links_cap) {
		s->links_cap = s->links_cap > 0 ? s->links_cap * 2 : 64;
		s->links = xreallocarray(s->links, s->links_cap, sizeof(*s->links));
	}
	s->links[s->nlinks++] = (struct sink_link){ xstrdup(path), xstrdup(target) };
	return CB_OK;
}

/* For file systems without hard links. */
static int copy_instead(struct sink *s, int from, const char *base, const char *path, struct err *e)
{
	struct stat st;
	int in = openat(from, base, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), rc = CB_OK;
	if (in < 0 || fstat(in, &st) != 0)
		rc = fail(e, "read", path);
	s->entries -= rc == CB_OK;           /* sink_file counts it again */
	int out = rc == CB_OK ? sink_file(s, path, (uint64_t)st.st_size, e) : -1;
	rc = rc == CB_OK && out < 0 ? out : rc;
	char *buf = xmalloc(65536);
	for (off_t at = 0; rc == CB_OK && at < st.st_size; ) {
		ssize_t k = pread(in, buf, 65536, at);
		rc = k <= 0 ? fail(e, "read", path) : sink_write(out, buf, (size_t)k, (uint64_t)at, e);
		at += k;
	}
	if (rc == CB_OK)
		sink_done(out, st.st_mode, st.st_mtime);
	free_ptr(&buf);
	if (out >= 0)
		close(out);
	if (in >= 0)
		close(in);
	return rc;
}

int sink_hardlink(struct sink *s, const char *path, const char *existing, struct err *e)
{
	int rc = count(s, path, e);
	if (rc != CB_OK)
		return rc;
	const char *slash = strrchr(existing, '/');
	char parent[IMPORT_MAX_PATH + 1] = ".";
	if (*existing == '\0' || strlen(existing) > IMPORT_MAX_PATH)
		return err_set(e, CB_EINVAL, "\"%.200s\" is a link to nothing", path);
	if (slash != NULL) {
		memcpy(parent, existing, (size_t)(slash - existing));
		parent[slash - existing] = '\0';
	}
	const char *base = slash != NULL ? slash + 1 : existing;
	int from = open_dir(s->root, parent);
	if (from < 0)
		return err_set(
			e, CB_EINVAL, "\"%.200s\" is a link to \"%.200s\", which is not in the image", path, existing);
	struct stat st;
	const char *name = enter_parent(s, path, &rc, e);
	if (name != NULL) {
		if (fstatat(from, base, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
			rc = err_set(e, CB_EINVAL,
				"\"%.200s\" is a link to \"%.200s\", which is not a file of the image", path, existing);
		else if (linkat(from, base, s->dir, name, 0) != 0)
			rc = errno == EXDEV || errno == EPERM || errno == EOPNOTSUPP || errno == EMLINK
				? copy_instead(s, from, base, path, e) : fail(e, "link", path);
	}
	close(from);
	return rc;
}

int sink_finish(struct sink *s, struct err *e)
{
	for (size_t i = 0; i < s->nlinks; i++) {
		int rc;
		const char *name = enter_parent(s, s->links[i].path, &rc, e);
		if (name == NULL)
			return rc;
		if (symlinkat(s->links[i].target, s->dir, name) != 0)
			return errno == EEXIST
				       ? err_set(e, CB_EINVAL, "\"%.200s\" is in the image twice", s->links[i].path)
				       : fail(e, "create link", s->links[i].path);
	}
	return CB_OK;
}
