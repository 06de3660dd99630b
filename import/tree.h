/* SPDX-License-Identifier: GPL-2.0-or-later
 * tree.h - the names of an extracted medium (or of a directory), read once, sorted, so that detection costs no further
 * look-ups.
 */
#ifndef IMPORT_TREE_H
#define IMPORT_TREE_H

#include "base/err.h"
#include "base/strbuf.h"

struct tname { char *name; char kind; };     /* 'f' file, 'd' directory, 'l' link, 'o' other */
struct tdir {
	char *path;
	struct tname *names;
	size_t n;
}; /* path: "" at the top, else without slashes at the ends */
/* What may still be read of the files, all together. */
struct tree_reads { unsigned long files; uint64_t bytes; bool spent; };
struct tree {
	int root;
	struct tdir *dirs;
	size_t ndirs, cap, entries, max;
	struct tree_reads *reads;    /* borrowed; NULL: no limit */
};

/* Walks the directory behind root (borrowed) without following links; what cannot be read is passed over. Parents come
 * before their children, names are in byte order. */
int tree_read(struct tree *t, int root, size_t max_entries, struct err *e) MUST_CHECK;
void tree_free(struct tree *t);
const struct tdir *tree_dir(const struct tree *t, const char *path);          /* NULL when there is none */
const struct tname *tdir_name(const struct tdir *d, const char *name);        /* NULL when there is none */
/* As os.path.exists: follows links as long as they stay inside. */
bool tree_exists(const struct tree *t, const char *path);
bool tree_is_file(const struct tree *t, const char *path);
/* Opens for reading, links inside followed; -1 when it is no readable regular file. */
int tree_open_file(const struct tree *t, const char *path);
/* The same for a file that is read to learn something; counted, -1 also when there were enough of them. */
int tree_open_read(const struct tree *t, const char *path);
/* n more bytes were read. False: that is enough. */
bool tree_count_read(const struct tree *t, size_t n);
/* At most max bytes of a file, counted; false when it cannot be read. */
bool tree_file(const struct tree *t, const char *path, size_t max, struct strbuf *ret);

#endif
