/* SPDX-License-Identifier: GPL-2.0-or-later
 * sandbox.h - what a service process gives up before it reads its first packet.
 */
#ifndef NETBOOT_SANDBOX_H
#define NETBOOT_SANDBOX_H

#include "base/err.h"

/* Raises the limit on descriptors as far as allowed; as root: an empty, deleted directory as root directory, no groups, user and
 * group nobody; then, for everybody: no new privileges, and only the system calls that the loops need. A step that fails is an
 * error: the process must end. What is left out without root is logged. */
int nb_sandbox_enter(struct err *e) MUST_CHECK;
/* The same for a service that takes connections and opens files of these directories by itself: besides, Landlock lets it read what is
 * below them and nothing else (where the kernel has none, that is logged, and openat2(2) with RESOLVE_BENEATH is what holds). No socket is
 * made any more. */
int nb_sandbox_enter_files(const int *dirs, size_t n, struct err *e) MUST_CHECK;

#endif
