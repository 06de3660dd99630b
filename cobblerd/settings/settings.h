/* SPDX-License-Identifier: GPL-2.0-or-later
 * settings.h - /etc/cobbler/settings.yaml, settings.d, modules.conf as Cobbler has them, and our own cobblerd.yaml.
 * One table gives each setting's name, type, default and release; unknown keys warn and are kept.
 */
#ifndef SETTINGS_SETTINGS_H
#define SETTINGS_SETTINGS_H

#include "base/err.h"
#include "value/value.h"

struct settings;

/* Reads the files under path_root(); missing ones are created from embedded defaults (0640). Fails only on what is unsafe or
 * unreadable, naming file, line and key. */
int settings_open(struct settings **ret, struct err *e) MUST_CHECK;
void settings_close(struct settings *s);
/* Reads them again; on failure the old ones stay in force. */
int settings_reload(struct settings *s, struct err *e) MUST_CHECK;

/* The dict that get_settings answers: every known setting. Returns owned, immutable. */
struct value *settings_snapshot(struct settings *s);
/* Our own: the dict of cobblerd.yaml with defaults filled in (services, listen addresses, ports, dhcp ranges). Returns owned. */
struct value *settings_daemon(struct settings *s);
/* modules.conf: modules.conf's section and key, e.g. ("authentication", "module"); "" when absent. Returns owned. */
char *settings_module(struct settings *s, const char *section, const char *key);
/* modify_setting: checks, changes, writes the file. */
int settings_modify(struct settings *s, const char *key, const struct value *v, struct err *e) MUST_CHECK;

#endif
