/* SPDX-License-Identifier: GPL-2.0-or-later
 * windows.h - the boot files of Windows as a plan: first which file is whose (windows.c), then each is made once (windows_files.c).
 */
#ifndef MANAGE_WINDOWS_H
#define MANAGE_WINDOWS_H

#include "manage/internal.h"

/* What an item asks for, by its autoinstall_meta, which has the distro's and the profile's in it. */
struct windows_item {
	struct boot_target t;
	const struct item *item;           /* borrows from t */
	struct value *vars;                /* what templates see; owned */
	/* names of files in images/DISTRO, borrowed from t; "": not wanted */
	const char *bootmgr, *bcd, *winpe, *answerfile, *post_install;
	char *kernel;                      /* owned */
	bool wimboot;                      /* the kernel is iPXE's wimboot, which reads everything else as it is */
	bool legacy;                       /* XP and 2003 from a share, without WinPE: setupldr.exe instead of bootmgr.exe */
};

/* One file that is made; rel as for tree_write. Says what it does in the sync's log. */
typedef int windows_make(struct sync *s, struct windows_item *w, const char *rel, struct err *e);
windows_make windows_make_wimboot, windows_make_post_install, windows_make_answer, windows_make_loader, windows_make_kernel,
	windows_make_bcd_file, windows_make_image;

/* Where post_install_script goes: a path below the medium's tree. Returns owned. */
char *windows_post_install_path(struct sync *s, const struct windows_item *w);

#endif
