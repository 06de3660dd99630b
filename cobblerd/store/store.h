/* SPDX-License-Identifier: GPL-2.0-or-later
 * store.h - items on disk in Cobbler's own form: /var/lib/cobbler/collections/<plural>/NAME.json.
 * No rule about what a field means lives here.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "model/model.h"

struct store;

/* Opens (and creates, 0750) the collections under path_of("/var/lib/cobbler") and takes the lock that keeps a second daemon out;
 * the message then names the holder's pid. pretty: as the setting serializer_pretty_json. */
int store_open(bool pretty, struct store **ret, struct err *e) MUST_CHECK;
void store_close(struct store *s);
/* Loads everything into an empty model. A damaged file is moved to collections/<plural>/.damaged/ and named in the log; its
 * children stay loaded and are reported. An empty store takes over the items of Cobbler 2.x (/var/lib/cobbler/config). Never fails for
 * what is in a file. */
int store_load(struct store *s, struct model *m, size_t *loaded, size_t *damaged, struct err *e) MUST_CHECK;
/* Durable when it returns 0. old: the item it replaces (its file is removed when the name differs), or NULL. */
int store_save(struct store *s, const struct item *it, const struct item *old, struct err *e) MUST_CHECK;
/* Several at once, olds[i] may be NULL; items[i] too: olds[i] is deleted. All are done or none, also on a full disk and where the process
 * or the machine ends in between. More than 1 GB of text at once is refused. */
int store_save_all(struct store *s, const struct item *const *items, const struct item *const *olds, size_t n, struct err *e) MUST_CHECK;
int store_delete(struct store *s, const struct item *it, struct err *e) MUST_CHECK;

/* What is stored, into an empty model, for a command that only looks: no lock, nothing written; files that cannot be read are left out and
 * named in the log. */
void store_look(struct model *m);

/* Appends to plan a line for each stored item that has another form in 3.3.7, and for each that cannot be read; changes nothing and needs
 * no lock. Items of 2.x count when there are no collections yet. */
int store_plan(struct value *plan, struct err *e) MUST_CHECK;

#endif
