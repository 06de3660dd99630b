/* SPDX-License-Identifier: GPL-2.0-or-later
 * once.c - a task of which one is enough: it does what was asked for until it began.
 */
#include <stdlib.h>

#include "manage/internal.h"

struct one { struct once *o; struct core *c; bool begun; };

static void waits_no_more(struct once *o)
{
	pthread_mutex_lock(&o->lock);
	o->waits = false;
	pthread_mutex_unlock(&o->lock);
}

static int run(struct task *t, void *arg, struct err *e)
{
	struct one *one = arg;
	one->begun = true;
	waits_no_more(one->o);
	return one->o->fn(t, one->c, e);
}

/* One that was refused, cancelled or stopped by a trigger must not keep the next from being started. */
static void end(void *arg)
{
	struct one *one = arg;
	if (!one->begun)
		waits_no_more(one->o);
	free(one);
}

void once_start(struct once *o, struct core *c)
{
	pthread_mutex_lock(&o->lock);
	bool start = !o->waits;
	o->waits = true;
	pthread_mutex_unlock(&o->lock);
	if (!start)
		return;
	struct one *one = xcalloc(1, sizeof(*one));
	*one = (struct one){ .o = o, .c = c };
	free(task_start(c->tasks, o->role, o->name, run, one, end));
}
