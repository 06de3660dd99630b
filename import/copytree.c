/* SPDX-License-Identifier: GPL-2.0-or-later
 * copytree.c - copying a directory of install files. Links are copied as links, never followed; contents go from file
 * to file in the kernel, or are shared where the file system can.
 */
#include "import/extract.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "import/limits.h"
#include "import/watchdog.h"

#define PIECE (4u << 20)

struct copy {
	struct extract *x;
	struct sink *s;              /* NULL while counting */
	uint64_t sum;
	unsigned long n;
	char *buf;
};

static int copy_data(struct copy *c, int from, int to, uint64_t size, const char *path, struct err *e)
{
	if (ioctl(to, FICLONE, from) == 0) {
		report_bytes(c->x->report, size);
		return CB_OK;
	}
	bool in_kernel = true;
	for (uint64_t at = 0; at < size; ) {
		off_t out = (off_t)at, in = (off_t)at;
		size_t want = size - at < PIECE ? (size_t)(size - at) : PIECE;
		ssize_t k = in_kernel ? copy_file_range(from, &in, to, &out, want, 0) : -1;
		if (k < 0 && in_kernel && (errno == ENOSPC || errno == EDQUOT))
			return err_set(e, CB_ELIMIT, "the disk is full (while writing %s): %s", path, strerror(errno));
		if (k < 0) {
			in_kernel = false;
			k = pread(from, c->buf, want, (off_t)at);
			int rc = k < 0 ? err_sys(e, "cannot read %s", path) : sink_write(to, c->buf, (size_t)k, at, e);
			if (rc != CB_OK)
				return rc;
		}
		if (k == 0)
			return err_set(e, CB_EIO, "%s became shorter while it was copied", path);
		at += (uint64_t)k;
		report_bytes(c->x->report, (uint64_t)k);
	}
	return CB_OK;
}

static int copy_file(struct copy *c, int dir, const char *name, const char *path, struct err *e)
{
	struct stat st;
	int from = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), rc = CB_OK;
	if (from < 0 || fstat(from, &st) != 0)
		rc = err_sys(e, "cannot read %s", path);
	else if (!S_ISREG(st.st_mode))
		rc = err_set(e, CB_EIO, "%s changed while it was copied", path);
	int to = rc == CB_OK ? sink_file(c->s, path, (uint64_t)st.st_size, e) : -1;
	if (rc == CB_OK)
		rc = to < 0 ? to : copy_data(c, from, to, (uint64_t)st.st_size, path, e);
	if (rc == CB_OK)
		sink_done(to, st.st_mode, st.st_mtime);
	if (to >= 0)
		close(to);
	if (from >= 0)
		close(from);
	return rc;
}

static int copy_dir(struct copy *c, int fd, const char *path, struct err *e);

static int copy_entry(struct copy *c, int dir, const char *name, const char *path, struct err *e)
{
	struct stat st;
	char target[IMPORT_MAX_LINK + 1];
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? CB_OK : err_sys(e, "cannot read %s", path);
	watchdog_beat();
	if (++c->n > c->x->max_entries)
		return err_set(e, CB_ELIMIT, "has too many entries: more than %lu", c->x->max_entries);
	if (S_ISDIR(st.st_mode)) {
		int sub = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub < 0)
			return err_sys(e, "cannot read %s", path);
		int rc = c->s != NULL ? sink_dir(c->s, path, e) : CB_OK;
		if (rc != CB_OK) {
			close(sub);
			return rc;
		}
		return copy_dir(c, sub, path, e);
	}
	if (S_ISREG(st.st_mode)) {
		c->sum += (uint64_t)st.st_size;
		return c->s != NULL ? copy_file(c, dir, name, path, e) : CB_OK;
	}
	if (!S_ISLNK(st.st_mode) || c->s == NULL) {
		if (c->s != NULL)
			c->s->skipped++;
		return CB_OK;
	}
	ssize_t k = readlinkat(dir, name, target, sizeof(target) - 1);
	if (k < 0)
		return err_sys(e, "cannot read %s", path);
	target[k] = '\0';
	return sink_symlink(c->s, path, target, e);
}

/* Takes fd. */
static int copy_dir(struct copy *c, int fd, const char *path, struct err *e)
{
	DIR *d = fdopendir(fd);
	int rc = CB_OK;
	if (d == NULL) {
		close(fd);
		return err_sys(e, "cannot read %s", path);
	}
	for (struct dirent *ent; rc == CB_OK && (ent = readdir(d)) != NULL; ) {
		char clean[IMPORT_MAX_PATH + 1];
		struct strbuf sub = {0};
		if (str_eq(ent->d_name, ".") || str_eq(ent->d_name, ".."))
			continue;
		sb_addf(&sub, "%s%s%s", path, *path != '\0' ? "/" : "", ent->d_name);
		rc = sink_clean(sb_str(&sub), clean, sizeof(clean), e);
		sb_free(&sub);
		if (rc == CB_OK)
			rc = copy_entry(c, dirfd(d), ent->d_name, clean, e);
	}
	closedir(d);
	return rc;
}

static int pass(struct copy *c, struct err *e)
{
	int fd = openat(c->x->src, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "cannot read the directory") : copy_dir(c, fd, "", e);
}

int extract_tree(struct extract *x, struct err *e)
{
	struct sink s;
	x->max_bytes =
		x->max_bytes != 0 ? x->max_bytes : UINT64_MAX / 2; /* the operator's own files: the disk is the limit */
	x->max_entries = x->max_entries != 0 ? x->max_entries : IMPORT_MAX_TREE_FILES;
	struct copy c = { .x = x };
	int rc = pass(&c, e);
	if (rc == CB_OK)
		rc = extract_room(x->target, c.sum, e);
	if (rc != CB_OK)
		return err_prefix(e, "%s", x->name), rc;
	x->report->total = c.sum;
	sink_init(&s, x->target, x->max_bytes, x->max_entries);
	c = (struct copy){ .x = x, .s = &s, .buf = xmalloc(PIECE) };
	rc = pass(&c, e);
	if (rc == CB_OK)
		rc = sink_finish(&s, e);
	x->bytes = s.bytes;
	x->entries = s.entries;
	x->skipped = s.skipped;
	sink_free(&s);
	free_ptr(&c.buf);
	return rc == CB_OK ? rc : (err_prefix(e, "%s", x->name), rc);
}
