/* SPDX-License-Identifier: GPL-2.0-or-later
 * blocking.c - see blocking.h.
 */
#include "base/blocking.h"

#include <stddef.h>

static _Thread_local struct {
	void (*fn)(void *arg, int delta);
	void *arg;
	int depth;
} self;

void blocking_register(void (*fn)(void *arg, int delta), void *arg)
{
	self.fn = fn;
	self.arg = arg;
}

void blocking_begin(void)
{
	if (self.depth++ == 0 && self.fn != NULL)
		self.fn(self.arg, 1);
}

void blocking_end(void)
{
	if (--self.depth == 0 && self.fn != NULL)
		self.fn(self.arg, -1);
}
