/* SPDX-License-Identifier: GPL-2.0-or-later
 * sink.h - the one directory that an import writes: every entry of a medium passes through here.
 *
 * Paths are relative, clean and short, or refused. Nothing is ever written through a symbolic link: directories are
 * opened without following any, files are created anew, and links are made at the very end, only those that stay
 * inside. No devices, no set-id bits, no owners. Quotas on bytes and entries.
 */
#ifndef IMPORT_SINK_H
#define IMPORT_SINK_H

#include <sys/types.h>

#include "base/err.h"

struct sink_link { char *path, *target; };

struct sink {
	int root;                    /* the target directory; borrowed */
	int dir;                     /* the directory of the last file, kept open */
	char *dirpath;
	uint64_t bytes, max_bytes;
	unsigned long entries, max_entries;
	struct sink_link *links;
	size_t nlinks, links_cap;
	unsigned long skipped;       /* devices, sockets, links that lead outside */
};

/* rootfd is borrowed; the limits are those of all that comes. */
void sink_init(struct sink *s, int rootfd, uint64_t max_bytes, unsigned long max_entries);
/* Links that were not made by then are forgotten. */
void sink_free(struct sink *s);

/* Strips "./" and trailing slashes into out[cap]. Refuses absolute paths, "..", empty components, control characters,
 * what is too long or too deep; the message names the path. "" stays for the top itself. */
int sink_clean(const char *path, char *out, size_t cap, struct err *e) MUST_CHECK;

/* path: as sink_clean left it. Missing parents are made. */
int sink_dir(struct sink *s, const char *path, struct err *e) MUST_CHECK;
/* A new file of the announced size (counted against the quota, and the room asked for on disk); returns the descriptor
 * or a negative cb_err. The caller writes, calls sink_done and closes. */
int sink_file(struct sink *s, const char *path, uint64_t size, struct err *e) MUST_CHECK;
/* Mode (execute bits only) and time of a written file. */
void sink_done(int fd, mode_t mode, time_t mtime);
/* Writes all of it; at most the announced size may be written in sum, the caller sees to that. */
int sink_write(int fd, const void *p, size_t n, uint64_t at, struct err *e) MUST_CHECK;
/* A symbolic link, made by sink_finish; one that could lead outside is dropped and counted in skipped. */
int sink_symlink(struct sink *s, const char *path, const char *target, struct err *e) MUST_CHECK;
/* A second name for a regular file already written. */
int sink_hardlink(struct sink *s, const char *path, const char *existing, struct err *e) MUST_CHECK;
/* Makes the symbolic links. */
int sink_finish(struct sink *s, struct err *e) MUST_CHECK;

#endif
