/* SPDX-License-Identifier: GPL-2.0-or-later
 * triggers.h - what happens at an event: what this server does by itself (triggers/shipped), then the site's own programs under
 * /var/lib/cobbler/triggers/EVENT/.
 */
#ifndef TRIGGERS_TRIGGERS_H
#define TRIGGERS_TRIGGERS_H

#include "base/err.h"

/* What the server itself does at an event; compat: Cobbler's modules with register(). argv as for triggers_run. An error stops the event
 * as a program's does. Called from any thread, several at a time. */
typedef int trigger_fn(void *ctx, const char *const *argv, struct err *e);
struct trigger_shipped { const char *event, *name; trigger_fn *fn; };
/* From now on these (borrowed for good) come before the site's programs. Before other threads start. */
void triggers_ship(const struct trigger_shipped *table, size_t n, void *ctx);

/* Does what is shipped for the event, and then runs the executables of /var/lib/cobbler/triggers/EVENT/ in the order of their names: event
 * is a path such as "add/system/pre", "sync/post", "install/pre", "change", "task/sync/pre". argv: NULL-terminated, may be NULL; empty
 * arguments are left out. As in Cobbler, files that cannot be executed and those with ".rpm" in their name are passed over, and the first
 * one that ends with a status other than 0 stops the run: "Cobbler trigger failed: FILE returns STATUS". No shell; bounded time and output;
 * what a trigger prints goes to the log. A file that everybody may write to is not run. */
int triggers_run(const char *event, const char *const *argv, struct err *e) MUST_CHECK;
/* The same; when there is something to do, before(arg) is called first. */
int triggers_run_told(const char *event, const char *const *argv, void (*before)(void *arg), void *arg, struct err *e) MUST_CHECK;
/* Whether the site has programs for the event. */
bool triggers_any(const char *event);

#endif
