/* SPDX-License-Identifier: GPL-2.0-or-later
 * file.h - the daemon's files. file_replace is the only writer of state files.
 *
 * --root DIR: path_of() puts DIR before a path of our own directories (/etc/cobbler, /var/lib/cobbler, ...).
 * Settings and answers keep the paths as written; paths inside items (kernel, initrd, image files) are literal.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <limits.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/strbuf.h"

void path_set_root(const char *root);                 /* once, at start; "" or NULL: none */
const char *path_root(void);                          /* "" when none */
char *path_of(const char *abs) __attribute__((returns_nonnull));   /* returns owned: root + abs */

/* Reads a whole regular file, at most max bytes (more: CB_ELIMIT). dirfd AT_FDCWD allowed. Appends to *ret. */
int file_read(int dirfd, const char *path, size_t max, struct strbuf *ret, struct err *e) MUST_CHECK;
/* Durable atomic replacement: temp file beside it, fsync, rename, fsync of the directory. When any of it fails the former file is there, so
 * that an error means that nothing has changed. */
int file_replace(int dirfd, const char *path, const void *data, size_t n, mode_t mode, struct err *e) MUST_CHECK;
/* As file_replace, but the mode is that of the file that is replaced (what others may do is bounded by *mode*), and so are its access list
 * and, when root does it, its owner and group: programs beside the daemon must not take its files away from it. Another account keeps the
 * group where it is in it; what it cannot keep is logged. A new file gets, from root, the owner of its directory, and *mode*. */
int file_rewrite(const char *path, const void *data, size_t n, mode_t mode, struct err *e) MUST_CHECK;
/* Removes path (none: no error), durably; when that fails it is still there. */
int file_remove(int dirfd, const char *path, struct err *e) MUST_CHECK;
/* Replacement in two steps for batches: file_stage writes and, with sync, fsyncs a temp file next to path; file_commit renames it;
 * the caller then calls dir_sync once. tmp must hold PATH_MAX. */
int file_stage(int dirfd, const char *path, const void *data, size_t n, mode_t mode, bool sync, char *tmp, struct err *e) MUST_CHECK;
int file_commit(int dirfd, const char *tmp, const char *path, struct err *e) MUST_CHECK;
int dir_sync(int dirfd, const char *dir, struct err *e) MUST_CHECK;
/* Removes the temp files of replacements that a crash cut off. Not while others write there. */
void dir_sweep(const char *dir);
/* mkdir -p; existing directories keep their mode. */
int dir_make(const char *path, mode_t mode, struct err *e) MUST_CHECK;
/* Opens a client-named relative path under dirfd; refuses what leaves it, absolute paths, magic links.
 * openat2(RESOLVE_BENEATH); symbolic links inside dirfd are followed as long as they stay beneath. Returns fd or negative cb_err. */
int file_open_beneath(int dirfd, const char *rel, int flags, struct err *e) MUST_CHECK;
/* The name in a directory that is *name* but for the case of its letters (ASCII); the same one where there is such a
 * file. Owned; NULL: none. */
char *file_find_case(const char *dir, const char *name);
/* Collapses "//", "." and ".."; false when it would climb above the top or does not fit out[cap]. Result has no leading slash. */
bool path_normalise(const char *in, char *out, size_t cap);

/* All bytes, however often it takes; -1: errno says why. */
int write_all(int fd, const char *p, size_t n);
/* What is left of the file from, into the file to: shared where the file system can, else copied in the kernel where that works.
 * -1: errno says why. */
int copy_all(int from, int to);

#endif
