/* SPDX-License-Identifier: GPL-2.0-or-later
 * settings_private.h - between the files of this room.
 */
#ifndef SETTINGS_SETTINGS_PRIVATE_H
#define SETTINGS_SETTINGS_PRIVATE_H

#include "base/err.h"
#include "settings/settings.h"
#include "settings/versions.h"
#include "value/value.h"

#define SETTINGS_FILE_MAX (4u << 20)

/* Parses a YAML file below the root into a dict (owned); an empty one is an empty dict. CB_ENOENT when it is missing. */
int settings_read_yaml(const char *path, struct value **ret, struct err *e) MUST_CHECK;
/* migrate.c: a file of any release since 2.8 with the names and words of 3.3.7. plan: a list that gets a line for each change, or NULL.
 * Returns owned. */
struct value *settings_migrate(const struct value *file, struct value *plan);
/* migrate.c: what the release "to" changed, done in file (unshared), which has the form of the one before it. plan as above. */
void settings_migrate_step(struct value *file, enum version to, struct value *plan);
/* migrate.c: the present name of a module of modules.conf ("authn_pam" is "authentication.pam"). Returns owned. */
char *settings_module_name(const char *name);
/* settings.c: migrates what a file says and puts it into known, checked by the rows; what no row knows goes into unknown. path: for
 * messages. Both dicts are unshared; after a failure they may hold part of the file. */
/* settings_file.c: settings_write_file by put (NULL: with the rights of this process). */
int settings_put_file(const char *path, const struct value *all, settings_put *put, void *arg, struct err *e) MUST_CHECK;
int settings_apply(const char *path, const struct value *file, struct value *known, struct value *unknown, struct err *e) MUST_CHECK;
/* settings.c: "[section]" and "key = value" lines; "#" and ";" start comments. text is changed. Returns owned: section -> key -> text. */
struct value *settings_parse_ini(char *text);
/* daemon_config.c: cobblerd.yaml as read, checked, with defaults filled in, some of which lie in webdir (of settings.yaml).
 * Returns owned. */
int daemon_config(const struct value *file, const char *webdir, struct value **ret, struct err *e) MUST_CHECK;
/* first_files.c: creates what is missing: settings.yaml, modules.conf, cobblerd.yaml, users.digest. */
int settings_create_missing(struct err *e) MUST_CHECK;
/* versions.c: true for a setting that 3.3.7 does not add to files that lack it. */
bool settings_may_be_missing(const char *key);
/* settings.c: a default of the tables, which is JSON. Returns owned; ends the process when it is none. */
struct value *settings_json(const char *text);
/* settings.c: calls take with each file (below the root) that "include" (a list of globs, or NULL) names, in order, until one fails. */
int settings_include(const struct value *include, int (*take)(void *arg, const char *path, struct err *e), void *arg,
	struct err *e) MUST_CHECK;
/* settings.c: every setting at its default. Returns owned. */
struct value *settings_defaults(void);

/* settings.c: the row of a setting, NULL when there is none; v in the form of the row's type, *ret owned, file for the message. */
const struct setting *settings_row(const char *name);
int settings_check_type(const struct setting *s, const struct value *v, const char *file, struct value **ret, struct err *e) MUST_CHECK;

#endif
