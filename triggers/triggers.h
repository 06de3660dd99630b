/* SPDX-License-Identifier: GPL-2.0-or-later
 * triggers.h - running a site's executables when something happens.
 */
#ifndef TRIGGERS_TRIGGERS_H
#define TRIGGERS_TRIGGERS_H

#include "base/err.h"

/* Runs the executables of /var/lib/cobbler/triggers/<dir> in the order of their names, each as argv {path, args...}, args NULL-terminated
 * (NULL: none). Stops at the first that ends with a status other than 0: "cobbler trigger failed: PATH returns N". A missing directory is
 * no error. */
int triggers_run(const char *dir, const char *const *args, struct err *e) MUST_CHECK;

#endif
