/* SPDX-License-Identifier: GPL-2.0-or-later
 * core.h - what the core process owns, handed to every room above: settings, model, store, renderer, tasks.
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include <pthread.h>

#include "model/model.h"
#include "model/resolve.h"
#include "privileged/privileged.h"
#include "render/render.h"
#include "settings/settings.h"
#include "store/store.h"
#include "work/task.h"

/* What a higher room keeps here between its calls; drop frees p when the core is closed. Both NULL at first. */
struct core_kept { void *p; void (*drop)(void *p); };

struct core {
	struct settings *settings;
	struct model *model;
	struct store *store;
	struct renderer *renderer;
	struct tasks *tasks;
	struct privileged *privileged;
	pthread_mutex_t edit_lock;     /* one writer: held from check to publish (core/edit.c only) */
	struct core_kept menus;        /* boot/menu_kept.c */
	struct core *live;             /* of a transaction (edit_begin): the core that it will change; NULL: this is it */
};

/* Opens settings, store, model, renderer, tasks; everything it opened is closed again on failure. */
int core_open(struct core *c, struct err *e) MUST_CHECK;
/* The same for a command that only looks, also while a daemon runs: nothing is created, written or locked, and there are no store, tasks
 * and privileged parts. */
int core_look(struct core *c, struct err *e) MUST_CHECK;
/* Ends what goes on and writes what is left to write. Only core_close may follow. */
void core_stop(struct core *c);
/* The same, and frees all, which takes a second with 100,000 systems. */
void core_close(struct core *c);
/* Where the site's signature file is, as the system knows it. Returns owned. */
char *core_signature_path(const struct value *settings);
/* Reads the site's signature file (settings: signature_path) again; on failure the former signatures stay in force. */
int core_load_signatures(struct core *c, struct err *e) MUST_CHECK;
/* May this file of the host be given to machines because an item names it? Not what is secret or no file at all: /etc, /proc, /sys, /dev,
 * logs, stored items, the shared secret; links are followed first. What does not exist may be. */
bool core_may_serve(const char *path);
/* For struct item_ctx: what a path of an item or of a template is. */
int core_path_kind(const char *path);

#endif
