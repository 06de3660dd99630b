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

#endif
