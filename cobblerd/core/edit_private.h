/* SPDX-License-Identifier: GPL-2.0-or-later
 * edit_private.h - between edit.c and transaction.c.
 */
#ifndef CORE_EDIT_PRIVATE_H
#define CORE_EDIT_PRIVATE_H

#include "core/edit.h"

/* Runs /var/lib/cobbler/triggers/<event>/<type>/<when>. What fails after the edit is in the log, too. */
int edit_trigger(const char *event, const struct item *it, const char *when, struct err *e) MUST_CHECK;
void edit_change_triggers(void);
/* The site's signatures learn the os_version of a distro or image that only our table knows. */
void edit_teach_site(const struct value *settings, const struct item *it);

/* What mtime is set to. */
double edit_now(void);

#endif
