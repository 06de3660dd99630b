/* SPDX-License-Identifier: GPL-2.0-or-later
 * naming.h - names and paths that an import gives. Pure. compat: get_proposed_name and import_tree of 3.3.7, to the
 * letter.
 */
#ifndef IMPORT_NAMING_H
#define IMPORT_NAMING_H

#include "base/strbuf.h"
#include "base/util.h"

/* "debian11" and "install.amd" give "debian11"; "ubuntu2004-live" and "casper" give "ubuntu2004-live-casper". kernel:
 * its path. A distro is called this, "-" and its architecture. With remote (available_as) dir is left out. Returns
 * owned. */
char *import_distro_name(const char *mirror, const char *dir, const char *kernel, bool remote);
/* The directory below distro_mirror: NAME, or NAME-ARCH when an architecture is given and the name does not end in it.
 * Owned. */
char *import_mirror_name(const char *name, const char *arch);
/* As Cobbler writes an architecture that an operator gave: lower case, "x86" is "i386". Owned. */
char *import_arch(const char *given);
/* Without control characters, which would be lines of their own in logs, boot menus and .repo files. */
bool import_printable(const char *s);
/* Nothing in it means something in a boot menu, a template, an answer file or an address. */
bool import_plain_path(const char *s);
/* Where the source lies: a local path, rsync://..., or [user@]host:path for rsync through ssh. */
enum import_source { SOURCE_BAD, SOURCE_LOCAL, SOURCE_RSYNC, SOURCE_SSH };
/* SOURCE_BAD with the reason in *why (static text). */
enum import_source import_source_kind(const char *path, const char **why);
/* Splits rsync_flags at blanks into words that only tune a transfer; NULL with *bad set (owned) to the first refused
 * one. The list is owned, NULL-terminated; free with import_flags_free. */
char **import_rsync_flags(const char *flags, char **bad);
void import_flags_free(char **flags);

#endif
