/* SPDX-License-Identifier: GPL-2.0-or-later
 * version.h - our version, and the Cobbler release whose behaviour we have.
 */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define COBBLERD_VERSION "0.1.0"
#define COBBLER_COMPAT "3.3.7"
#define COBBLER_COMPAT_NUMBER 3.307

/* As ctime(3) has it, in UTC: when the source was committed, with " +0000" behind it as git has it, or "?" where nobody
 * knows; when it was built. */
extern const char *const version_source_date, *const version_build_date;

#endif
