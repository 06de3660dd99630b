/* SPDX-License-Identifier: GPL-2.0-or-later
 * power.h - switching machines on and off through the fence agents of the host (/usr/sbin/fence_TYPE).
 */
#ifndef POWER_POWER_H
#define POWER_POWER_H

#include "core/core.h"

/* op: on, off, status, reboot. With "status", *on tells. The agent gets its options on standard input, as Cobbler gives them; an option
 * with a line break in it is refused. t: a task whose cancelling stops the wait, or NULL. Blocks (several tries, bounded time each). */
int power_system(struct core *c, struct task *t, const struct item *system, const char *op, bool *on, struct err *e) MUST_CHECK;

#endif
