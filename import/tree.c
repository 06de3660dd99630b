/* SPDX-License-Identifier: GPL-2.0-or-later
 * tree.c - the index of names below one directory.
 */
#include "import/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "import/limits.h"
#include "import/naming.h"
#include "import/watchdog.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct tname *)a)->name, ((const struct tname *)b)->name);
}

static char kind_of(int dir, const struct dirent *ent)
{
	struct stat st;
	switch (ent->d_type) {
	case DT_REG: return 'f';
	case DT_DIR: return 'd';
	case DT_LNK: return 'l';
	case DT_UNKNOWN: break;
	default: return 'o';
	}
	if (fstatat(dir, ent->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return 'o';
	return S_ISREG(st.st_mode) ? 'f' : S_ISDIR(st.st_mode) ? 'd' : S_ISLNK(st.st_mode) ? 'l' : 'o';
}

/* Reads one directory (takes fd) into *td. */
static int read_names(struct tree *t, int fd, struct tdir *td, struct err *e)
{
	DIR *d = fdopendir(fd);
	size_t cap = 0;
	int rc = CB_OK;
	if (d == NULL) {
		close(fd);
		return CB_OK;
	}
	for (struct dirent *ent; rc == CB_OK && (ent = readdir(d)) != NULL; ) {
		if (str_eq(ent->d_name, ".") || str_eq(ent->d_name, ".."))
			continue;
		if (!utf8_valid(ent->d_name, strlen(ent->d_name)) || !import_printable(ent->d_name))
			continue;      /* no name of an installer's file, and no text for items */
		watchdog_beat();
		if (++t->entries > t->max) {
			rc = err_set(e, CB_ELIMIT, "has too many entries: more than %zu", t->max);
			break;
		}
		if (td->n == cap) {
			cap = cap > 0 ? cap * 2 : 16;
			td->names = xreallocarray(td->names, cap, sizeof(*td->names));
		}
		td->names[td->n++] = (struct tname){ xstrdup(ent->d_name), kind_of(dirfd(d), ent) };
	}
	closedir(d);
	if (td->n > 1)
		qsort(td->names, td->n, sizeof(*td->names), by_name);
	return rc;
}

/* Takes fd and path. */
static int walk(struct tree *t, int fd, char *path, unsigned depth, struct err *e)
{
	if (t->ndirs == t->cap) {
		t->cap = t->cap > 0 ? t->cap * 2 : 64;
		t->dirs = xreallocarray(t->dirs, t->cap, sizeof(*t->dirs));
	}
	size_t me = t->ndirs++;
	t->dirs[me] = (struct tdir){ .path = path };
	int keep = dup(fd), rc = read_names(t, fd, &t->dirs[me], e);
	for (size_t i = 0; rc == CB_OK && keep >= 0 && i < t->dirs[me].n; i++) {
		const struct tname *nm = &t->dirs[me].names[i];
		if (nm->kind != 'd' || depth >= IMPORT_MAX_DEPTH)
			continue;
		int sub = openat(keep, nm->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub < 0)
			continue;
		char *below = *path != '\0' ? xasprintf("%s/%s", path, nm->name) : xstrdup(nm->name);
		rc = walk(t, sub, below, depth + 1, e);
	}
	if (keep >= 0)
		close(keep);
	return rc;
}

int tree_read(struct tree *t, int root, size_t max_entries, struct err *e)
{
	*t = (struct tree){ .root = root, .max = max_entries };
	int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot read the directory");
	int rc = walk(t, fd, xstrdup(""), 0, e);
	if (rc != CB_OK)
		tree_free(t);
	return rc;
}

void tree_free(struct tree *t)
{
	for (size_t i = 0; i < t->ndirs; i++) {
		for (size_t j = 0; j < t->dirs[i].n; j++)
			free_ptr(&t->dirs[i].names[j].name);
		free_ptr(&t->dirs[i].names);
		free_ptr(&t->dirs[i].path);
	}
	free_ptr(&t->dirs);
	*t = (struct tree){ .root = -1 };
}

const struct tdir *tree_dir(const struct tree *t, const char *path)
{
	for (size_t i = 0; i < t->ndirs; i++)
		if (str_eq(t->dirs[i].path, path))
			return &t->dirs[i];
	return NULL;
}

const struct tname *tdir_name(const struct tdir *d, const char *name)
{
	struct tname key = { .name = (char *)(uintptr_t)name };
	return d != NULL && d->n > 0 ? bsearch(&key, d->names, d->n, sizeof(key), by_name) : NULL;
}

bool tree_exists(const struct tree *t, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	int fd = (int)syscall(SYS_openat2, t->root, *path != '\0' ? path : ".", &how, sizeof(how));
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int tree_open_file(const struct tree *t, const char *path)
{
	struct stat st;
	int fd = file_open_beneath(t->root, path, O_RDONLY, NULL);
	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd >= 0 ? fd : -1;
}

int tree_open_read(const struct tree *t, const char *path)
{
	struct tree_reads *r = t->reads;
	if (r != NULL && (r->files == 0 || r->bytes == 0)) {
		r->spent = true;
		return -1;
	}
	if (r != NULL)
		r->files--;
	return tree_open_file(t, path);
}

bool tree_count_read(const struct tree *t, size_t n)
{
	struct tree_reads *r = t->reads;
	if (r == NULL)
		return true;
	r->bytes -= n < r->bytes ? n : r->bytes;
	return r->bytes > 0;
}

bool tree_is_file(const struct tree *t, const char *path)
{
	int fd = tree_open_file(t, path);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

bool tree_file(const struct tree *t, const char *path, size_t max, struct strbuf *ret)
{
	char buf[16384];
	int fd = tree_open_read(t, path);
	if (fd < 0)
		return false;
	for (ssize_t k; max > 0 && (k = read(fd, buf, max < sizeof(buf) ? max : sizeof(buf))) != 0; ) {
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			break;
		sb_add(ret, buf, (size_t)k);
		max -= (size_t)k;
		if (!tree_count_read(t, (size_t)k))
			break;
	}
	close(fd);
	return true;
}
