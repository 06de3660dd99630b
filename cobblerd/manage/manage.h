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
/* After items of a type were saved, renamed or removed. systems: whose boot files are written, or removed where there is no system of that
 * name any more. Besides, where it is what machines boot from: the files of external servers that the settings manage, the whole tree where
 * another TFTP server reads it (after an edit of a distro also where another web server does), and the site's programs for sync/pre and
 * sync/post (follow.c); after any other item genders alone. */
int manage_follow(struct core *c, enum item_type type, const char *const *systems, size_t n, struct err *e) MUST_CHECK;
/* At the start of the core: boot files that Cobbler's own last sync left are ours from now on. What cannot be done is logged. */
void manage_adopt(struct core *c);
/* A distro was saved, or removed: the link by which installers reach its tree is there, or no more. What cannot be done is logged. */
void manage_link_distro(struct core *c, const char *name);

#endif
