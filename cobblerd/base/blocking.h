/* SPDX-License-Identifier: GPL-2.0-or-later
 * blocking.h - a thread says that it waits for something outside (a program, a directory server, PAM), so that the pool it belongs to can
 * put another one to work meanwhile. Calls nest; a thread of no pool may say so too.
 */
#ifndef BASE_BLOCKING_H
#define BASE_BLOCKING_H

/* The calling thread belongs to a pool from now on: fn(arg, 1) is called when it begins to wait, fn(arg, -1) when it goes on. */
void blocking_register(void (*fn)(void *arg, int delta), void *arg);
void blocking_begin(void);
void blocking_end(void);

#endif
