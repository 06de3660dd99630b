/* SPDX-License-Identifier: GPL-2.0-or-later
 * mount3.h - the MOUNT protocol, version 3 (RFC 1813 appendix I).
 */
#ifndef WIRE_MOUNT3_H
#define WIRE_MOUNT3_H

#include "wire/rpc.h"

#define MOUNT_PROGRAM 100005u
#define MOUNT_VERSION 3
#define MOUNT_PATH_MAX 1024

enum mount_proc { MOUNT_NULL, MOUNT_MNT, MOUNT_DUMP, MOUNT_UMNT, MOUNT_UMNTALL, MOUNT_EXPORT };

enum mount_status { MNT3_OK = 0, MNT3ERR_NOENT = 2, MNT3ERR_IO = 5, MNT3ERR_ACCES = 13, MNT3ERR_NOTDIR = 20, MNT3ERR_NAMETOOLONG = 63,
	MNT3ERR_SERVERFAULT = 10006 };

/* The path of MNT or UMNT, as text. False: malformed, too long, or with a NUL in it. */
bool mount_take_path(struct rd *r, char path[MOUNT_PATH_MAX + 1]);
/* The result of MNT; fh is there with MNT3_OK only. */
void mount_put_result(struct wr *w, enum mount_status status, const void *fh, size_t n);
/* One entry of EXPORT, open to everybody; the list ends with mount_put_end. */
void mount_put_export(struct wr *w, const char *path);
void mount_put_end(struct wr *w);

#endif
