/* SPDX-License-Identifier: GPL-2.0-or-later
 * internal.h - what the child does, once it is confined. Names are of files in the scratch directory, which is the current one.
 */
#ifndef WINDOWS_INTERNAL_H
#define WINDOWS_INTERNAL_H

#include "windows/windows.h"

/* bcd.c: from (absolute, readable) -> name */
int bcd_make(const char *from, const char *name, const char *image, const char *sdi, struct err *e) MUST_CHECK;
/* registry.c: the hive of that name as it is in a WinPE that was started from the network: "X:\$windows.~bt" is "X:". */
int registry_for_network(const char *name, struct err *e) MUST_CHECK;
/* winpe.c: the file script becomes startnet.cmd of the image in name. */
int winpe_put_startnet(const char *name, const char *script, struct err *e) MUST_CHECK;
int winpe_make(const char *boot_wim, struct err *e) MUST_CHECK;

/* A library's last word, for hivex: errno in words. */
int hive_error(struct err *e, const char *what) MUST_CHECK;

#endif
