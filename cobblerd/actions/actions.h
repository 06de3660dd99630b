/* SPDX-License-Identifier: GPL-2.0-or-later
 * actions.h - the long jobs that an administrator starts and that are neither a sync nor an import; Cobbler's "actions".
 * Each runs in a task's thread, writes its progress with task_log(), ends soon after task_cancelled(), and either did its
 * work (CB_OK) or left nothing half-done and says why in *e. *options* is the dictionary of the background_* call, borrowed
 * and not trusted; what it lacks has Cobbler's default.
 */
#pragma once

#include "core/core.h"
#include "work/task.h"

/* Gives or takes rights of accounts and groups on Cobbler's directories: options adduser, addgroup, removeuser, removegroup. */
int actions_aclsetup(struct core *c, struct task *t, const struct value *options, struct err *e);

/* Renders the answer file of every profile and system; says which fail, and which placeholders nothing defines. The task has failed when
 * one of them fails. No options. */
int actions_validate(struct core *c, struct task *t, const struct value *options, struct err *e);

/* Makes equal files of imported media and mirrored repositories one, with hardlink(1). No options. */
int actions_hardlink(struct core *c, struct task *t, const struct value *options, struct err *e);

/* Brings mirrored repositories up to date below webdir/repo_mirror: "only" or "repos" names them (else those with keep_updated), "tries"
 * attempts each, "nofail" goes on with the next one after a failure (the task has failed even so). */
int actions_reposync(struct core *c, struct task *t, const struct value *options, struct err *e);

/* Fetches the file of signatures from the setting signature_url, checks it, puts it at signature_path and reads it. No options. */
int actions_sigupdate(struct core *c, struct task *t, const struct value *options, struct err *e);

/* Appends to the list *findings* (texts) what an administrator should look at, each with what to do; nothing when all is
 * well. Quick: no task. */
void actions_check(struct core *c, struct value *findings);

/* Copies objects and their files from another Cobbler server: options master, port, use_ssl, distro_patterns ..., sync_all, prune,
 * omit_data. What could not be copied is named in the log, and the task has then failed. */
int actions_replicate(struct core *c, struct task *t, const struct value *options, struct err *e);

/* Fills bootloaders_dir: links to the boot loaders of the host's packages, GRUB images by bootloaders_formats. No options. */
int actions_mkloaders(struct core *c, struct task *t, const struct value *options, struct err *e);

/* Writes a bootable ISO (option iso): entries for profiles and systems that install from this server, or with standalone or airgapped from
 * the ISO alone. Options as background_buildiso of 3.3.7 has them. */
int actions_buildiso(struct core *c, struct task *t, const struct value *options, struct err *e);

/* Adds the repositories that dnf of this host has switched on as ID-RELEASE-ARCH; those that are there already stay
 * as they are. No task. */
int actions_auto_add_repos(struct core *c, struct err *e);
