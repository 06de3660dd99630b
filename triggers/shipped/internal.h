/* SPDX-License-Identifier: GPL-2.0-or-later
 * internal.h - the functions of the table in shipped.c: ctx is the core, argv what the event tells. Each looks at its setting first.
 */
#ifndef TRIGGERS_SHIPPED_INTERNAL_H
#define TRIGGERS_SHIPPED_INTERNAL_H

#include "core/core.h"
#include "triggers/shipped/shipped.h"
#include "triggers/triggers.h"

/* install: argv is type, name, address. A certificate that cannot be removed or signed, or a mail that cannot be sent, is in the log and
 * keeps nobody from installing. */
trigger_fn puppet_clean, puppet_sign, report_mail, reboot_later;
void reboot_stop(void);

/* argv is the system's name. They fail when the name server refuses. */
trigger_fn nsupdate_add, nsupdate_delete;

/* Fails when scm_track_mode names no system that is known. */
trigger_fn scm_commit;

/* The item that argv of install names, when it is of type; NULL: another or none. Returns owned. */
struct item *installed_item(struct core *c, const char *const *argv, enum item_type type);

/* Runs a program to its end, its output into the log. False when it does not start or ends with another status than 0; *status (may be
 * NULL) is its exit status then, -1 when there is none. input: for its standard input, may be NULL. */
bool run_program(const char *const *argv, const char *cwd, const char *input, struct strbuf *output, int *status);

#endif
