/* SPDX-License-Identifier: GPL-2.0-or-later
 * import.h - from install media to distros and profiles.
 *
 * The child (import_child) is unprivileged and opens the media: it reads an ISO with libarchive or a tree, extracts
 * into one target directory, recognises the operating system by signatures and writes its findings as JSON lines to a
 * pipe. The parent side (import_run, a task of the core) starts it as /proc/self/exe --role importer (job as JSON on
 * standard input, answers on standard output), logs progress and turns the findings into model edits.
 */
#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include "core/core.h"

/* background_import's options: path, name, arch, breed, os_version, autoinstall_file, available_as, rsync_flags. Runs
 * in a task. */
int import_run(struct core *c, struct task *t, const struct value *options, struct err *e) MUST_CHECK;

/* At the start: a tree whose replacement was cut off is put back. Never fails. */
void import_recover(struct core *c);

/* A distro or a repository (others are passed over) was removed: what lies below webdir for it goes, its tree when no other distro or image
 * is in it. Never fails; blocks while a large tree is removed. */
void import_forget(struct core *c, const struct item *it);
/* A repository has a new name: so has its mirror. Never fails. */
void import_move_mirror(struct core *c, const char *from, const char *to);

/* Entry point of the child. job: {"source": path, "target": dir, "signatures": path, ...}; progress and result go to
 * out_fd as JSON lines: {"progress": 0..1, "bytes": n}, {"log": text}, {"found": {...}}, {"error": text}. Returns the
 * exit status. */
int import_child(const struct value *job, int out_fd);

#endif
