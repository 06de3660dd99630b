/* SPDX-License-Identifier: GPL-2.0-or-later
 * manage.h - sync: Cobbler's file tree and the files of external daemons, written from the model.
 *
 * Our own services need none of it; sites, triggers and external daemons do. Every file is replaced as a whole; a file
 * that did not change is left alone; what an earlier sync wrote and the model no longer wants is removed, and nothing
 * else ever is.
 */
#ifndef MANAGE_MANAGE_H
#define MANAGE_MANAGE_H

#include "core/core.h"

/* t: the task whose log gets Cobbler's lines, or NULL. Only one sync runs at a time; a second one waits.
 * options, as background_sync gets them: dhcp, dns (only these), systems (list of names: only their files); NULL or
 * neither: everything. */
int manage_sync(struct core *c, struct task *t, const struct value *options, struct err *e) MUST_CHECK;
int manage_sync_dhcp(struct core *c, struct task *t, struct err *e) MUST_CHECK;
int manage_sync_dns(struct core *c, struct task *t, struct err *e) MUST_CHECK;
int manage_sync_systems(struct core *c, struct task *t, const struct value *names, struct err *e) MUST_CHECK;
/* After an edit: the boot files of one system, or their removal when there is no such system any more. No triggers, no
 * daemons. */
int manage_sync_system(struct core *c, const char *name, struct err *e) MUST_CHECK;

#endif
