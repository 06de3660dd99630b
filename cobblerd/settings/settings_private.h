/* SPDX-License-Identifier: GPL-2.0-or-later
 * settings_private.h - between the files of this room.
 */
#ifndef SETTINGS_SETTINGS_PRIVATE_H
#define SETTINGS_SETTINGS_PRIVATE_H

#include "base/err.h"
#include "value/value.h"

#define SETTINGS_FILE_MAX (4u << 20)

/* Parses a YAML file below the root into a dict (owned); an empty one is an empty dict. CB_ENOENT when it is missing. */
int settings_read_yaml(const char *path, struct value **ret, struct err *e) MUST_CHECK;
/* daemon_config.c: cobblerd.yaml as read, checked, with defaults filled in. Returns owned. */
int daemon_config(const struct value *file, struct value **ret, struct err *e) MUST_CHECK;
/* first_files.c: creates what is missing: settings.yaml, modules.conf, cobblerd.yaml, users.digest. */
int settings_create_missing(struct err *e) MUST_CHECK;
/* settings.c: every setting at its default. Returns owned. */
struct value *settings_defaults(void);

#endif
