/* SPDX-License-Identifier: GPL-2.0-or-later
 * windows.h - the files from which a machine boots the Setup of Windows: loaders with changed names in them (pe.c), a BCD that leads to a
 * WinPE (bcd.c), the WinPE with a start script (winpe.c).
 *
 * Hives and WIM images are read by libhivex and libwim, and by a child alone: this binary again with --role windows (child.c), which writes
 * into one scratch directory and nowhere else. Both libraries are opened when they are first needed; sites without Windows need neither.
 */
#ifndef WINDOWS_WINDOWS_H
#define WINDOWS_WINDOWS_H

#include "base/err.h"
#include "base/strbuf.h"
#include "value/value.h"

/* ---- pe.c: pure ---- */

/* Replaces each *from* (ASCII, case does not matter) by *to* of the same length; how many there were. */
size_t windows_rename(void *p, size_t n, const char *from, const char *to);
/* The three letters BCD of each \Boot\BCD in UTF-16 (case does not matter) become name[0..3); how many there were. */
size_t windows_rename_bcd(void *p, size_t n, const char *name);
/* Sets the checksum in the header of a PE file. CB_EPARSE: it is none. what: for the error. */
int windows_pe_checksum(void *p, size_t n, const char *what, struct err *e) MUST_CHECK;

/* ---- run.c: in a child; each blocks until it is done ---- */

struct windows_run {
	const char *scratch;                 /* a directory (real path) that nobody else writes to */
	bool (*cancelled)(void *arg);        /* may be NULL; true ends the child */
	void *arg;
};

/* scratch/NAME becomes a BCD that starts the image wim with the disk sdi, paths as bootmgr asks for them ("/images/D/winpe.wim"), made
 * from the medium's own BCD *from* (real path). compat: sync_post_wingen.bcdedit. */
int windows_make_bcd(const struct windows_run *r, const char *from, const char *name, const char *wim, const char *sdi,
	struct err *e) MUST_CHECK;
/* Puts text into the image scratch/NAME as Windows\System32\startnet.cmd, which WinPE runs when it has started. */
int windows_put_startnet(const struct windows_run *r, const char *name, const char *text, size_t n, struct err *e) MUST_CHECK;
/* What netboots a medium: scratch/winpe.wim from the first image of boot_wim (real path), and beside it what is in there of pxeboot.n12,
 * bootmgr.exe and bootmgr.efi. compat: import_winpe of import_signatures. */
int windows_make_winpe(const struct windows_run *r, const char *boot_wim, struct err *e) MUST_CHECK;
/* Whether both libraries are on this host. The error names the packages. */
int windows_libraries(struct err *e) MUST_CHECK;

/* ---- child.c ---- */

/* Entry point of the child: its answer, {"ok": true} or {"error": text}, goes to out_fd. Returns the exit status. */
int windows_child(const struct value *job, int out_fd);

#endif
