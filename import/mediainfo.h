/* SPDX-License-Identifier: GPL-2.0-or-later
 * mediainfo.h - the files in which install media describe themselves. Pure: bytes in, facts out; every field is
 * printable, bounded text
 * ("" when it is not there). Fuzzed by mediainfo_fuzz.c.
 */
#ifndef IMPORT_MEDIAINFO_H
#define IMPORT_MEDIAINFO_H

#include "base/strbuf.h"
#include "base/util.h"

struct mediainfo {
	char product[96]; /* "Fedora", "Debian GNU/Linux", "Ubuntu-Server", "SLES", "VMware ESXi", "XCP-ng" ... */
	char version[32];            /* "12.5.0", "24.04.1" */
	char codename[32];           /* lower case: "bookworm" */
	char arch[32];               /* as written: "amd64", "x86_64" */
	char kernel[256], initrd[256];      /* paths, of .treeinfo */
};

/* .treeinfo (productmd's and older forms), also of XCP-ng and XenServer 8. */
void info_treeinfo(const char *p, size_t n, struct mediainfo *m);
/* .disk/info of Debian, Ubuntu and their kin. */
void info_disk(const char *p, size_t n, struct mediainfo *m);
/* dists/NAME/Release: Origin, Version, Codename (or Suite), Architectures when there is one. */
void info_release(const char *p, size_t n, struct mediainfo *m);
/* media.1/products ("/ SLES 15-4") and media.1/media ("SUSE - SLES-16.0-x86_64-Build1-Media"). */
void info_suse(const char *p, size_t n, struct mediainfo *m);
/* boot.cfg of ESXi: version from build= or title=. */
void info_bootcfg(const char *p, size_t n, struct mediainfo *m);
/* KEY='value' lines: .cd-info of Proxmox, os-release, freebsd-version. */
void info_shell(const char *p, size_t n, const char *product_key, const char *version_key, struct mediainfo *m);

/* The first bytes of a kernel: Cobbler's name of its architecture, or NULL. */
const char *info_kernel_arch(const void *p, size_t n);

/* Where a WIM file (p: its first 208 bytes or more) keeps its description; false when it is none or the figures make no
 * sense. */
bool info_wim_xml(const void *p, size_t n, uint64_t file_size, uint64_t *at, uint64_t *len);
/* That description (UTF-16LE XML) as lines "Name: Windows 11 Pro", "Architecture: x86_64", as wiminfo prints them. */
void info_wim_lines(const void *p, size_t n, struct strbuf *out);

/* Cobbler's name of an architecture ("amd64", "ARM64", "i686" ...), or NULL. */
const char *info_arch(const char *name);

#endif
