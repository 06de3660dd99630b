/* SPDX-License-Identifier: GPL-2.0-or-later
 * watchdog.h - ends the importing child when a library turns in circles over a malformed image: processor time goes by,
 * but nothing is read, matched or written.
 */
#ifndef IMPORT_WATCHDOG_H
#define IMPORT_WATCHDOG_H

/* From now on: seconds of processor time without a beat end the process with {"error": ...} on fd and status 1. */
void watchdog_start(int fd, unsigned seconds);
/* Something got done. Costs nothing. */
void watchdog_beat(void);

#endif
