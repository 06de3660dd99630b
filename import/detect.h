/* SPDX-License-Identifier: GPL-2.0-or-later
 * detect.h - what operating system a tree installs, and which kernels, architectures and package repositories it holds.
 *
 * First the signatures, the site's before our own, exactly as Cobbler's import_signatures does; then the files by which
 * media describe themselves (mediainfo.h), which also finds a stand-in for a release nobody has heard of; last what the
 * operator said.
 */
#ifndef IMPORT_DETECT_H
#define IMPORT_DETECT_H

#include "import/report.h"
#include "import/tree.h"
#include "value/value.h"

struct wanted {
	const char *breed, *os_version, *arch;      /* "" when the operator did not say */
	const char *shown;           /* the path to name in messages */
};

/* *ret (owned): {"breed", "os_version", "how", "archs": [..], "kernels": [{"dir", "kernel", "initrd", "archs"}],
 * "repos": [{"dir", "master", "comps"}], "boot_files": {name: path}}; all paths relative to the tree. Progress notes go
 * to the report. */
int detect_media(
	const struct tree *t, const struct wanted *w, struct report *r, struct value **ret, struct err *e) MUST_CHECK;

/* families.c: by the files in which media describe themselves. Fills breed and version (known to the signatures) and
 * *how (owned text: what it was told by); false when nothing was found. */
bool identify_media(const struct tree *t, char breed[32], char version[64], char **how);
/* What identify_media looks for, in words. */
extern const char *const identify_marks;
/* Kernel pairs by place for the families whose signature has none to offer (FreeBSD, Xen, ESXi, Windows), then by usual
 * names. */
void usual_kernels(const struct tree *t, const char *breed, struct value *kernels, struct value *boot_files);
/* The architecture that one kernel is for: by its path, its header, the medium's own words; NULL when nothing tells. */
const char *guess_arch(const struct tree *t, const char *kernel);

/* lines.c: calls fn for each line of a version file: text as it is, gzip unpacked, a Windows image's description. fn
 * returns true to stop. True when it did. */
bool each_line(const struct tree *t, const char *path, bool (*fn)(void *arg, const char *line, size_t n), void *arg);

#endif
