/* SPDX-License-Identifier: GPL-2.0-or-later
 * shipped.h - what the server does by itself at events, each where a setting asks for it: Cobbler's modules of triggers.
 *
 *     install/pre         the machine's old Puppet certificate goes (remove_old_puppet_certs_automatically)
 *     install/post        its new one is signed (sign_puppet_certs_automatically); a mail tells of it (build_reporting_enabled); a
 *                         machine with postreboot in its autoinstall_meta is switched off and on half a minute later
 *     add/system/post     names with a domain are entered into the DNS of their zone (nsupdate_enabled), and taken out of it
 *     delete/system/pre   with the system
 *     change              collections, templates and snippets are committed to a repository (scm_track_enabled)
 */
#ifndef TRIGGERS_SHIPPED_H
#define TRIGGERS_SHIPPED_H

#include "core/core.h"

/* Before other threads start: from now on the events of triggers_run do it. c stays as long as any may come. */
void shipped_start(struct core *c);
/* Nothing of it happens later any more. Before core_close. */
void shipped_stop(void);

#endif
