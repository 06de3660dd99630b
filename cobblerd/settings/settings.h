/* SPDX-License-Identifier: GPL-2.0-or-later
 * settings.h - /etc/cobbler/settings.yaml, settings.d, modules.conf as Cobbler has them, and our own cobblerd.yaml.
 * One table gives each setting's name, type, default and release; unknown keys warn and are kept.
 */
#ifndef SETTINGS_SETTINGS_H
#define SETTINGS_SETTINGS_H

#include "base/err.h"
#include "base/strbuf.h"
#include "value/value.h"

struct settings;

/* Reads the files under path_root(); missing ones are created from embedded defaults (0640). Fails only on what is unsafe or
 * unreadable, naming file, line and key. */
int settings_open(struct settings **ret, struct err *e) MUST_CHECK;
/* The same for a command that only looks: nothing is created. Where all is well but that there is no settings file: CB_ENOENT. */
int settings_look(struct settings **ret, struct err *e) MUST_CHECK;
void settings_close(struct settings *s);
/* Reads them again; on failure the old ones stay in force. */
int settings_reload(struct settings *s, struct err *e) MUST_CHECK;

/* The dict that get_settings answers: every known setting. Returns owned, immutable. */
struct value *settings_snapshot(struct settings *s);
/* Our own: the dict of cobblerd.yaml with defaults filled in (services, listen addresses, ports, dhcp ranges). Returns owned. */
struct value *settings_daemon(struct settings *s);
/* modules.conf: modules.conf's section and key, e.g. ("authentication", "module"); "" when absent. Returns owned. */
char *settings_module(struct settings *s, const char *section, const char *key);
/* Replaces the file at path (without the root prefix) by text, durably and as a whole; its owner, group and mode stay. */
typedef int settings_put(void *arg, const char *path, const struct strbuf *text, struct err *e);
/* modify_setting: checks, changes, writes the file by put(arg, ...), or (NULL) with the rights of this process. CB_EIO: it is not
 * stored. */
int settings_modify(struct settings *s, const char *key, const struct value *v, settings_put *put, void *arg, struct err *e) MUST_CHECK;

/* For programs beside the daemon. */

/* One entry of modules.conf without opening all settings; "" when absent. *ret owned. */
int settings_read_module(const char *section, const char *key, char **ret, struct err *e) MUST_CHECK;
/* modules.conf alone: an error names an entry without which the server does not start (as settings_open says it, too); warnings, a list, or
 * NULL, gets a line for each other entry that it does not know: it starts, and what needs that module fails. */
int settings_check_modules(struct value *warnings, struct err *e) MUST_CHECK;
/* A settings file of any release since 2.8 in the form of 3.3.7: *ret (owned) has every setting, the defaults of those that the file lacks,
 * and what the file has beyond them. plan: a list that gets a line for each difference, or NULL. path lies below the root. Fails naming
 * file, key, value and what was expected. */
int settings_load_file(const char *path, struct value *plan, struct value **ret, struct err *e) MUST_CHECK;
/* versions.c: files of one release exactly, as 3.3.7's own tool sees them, with the files that they include. preserve: names (with commas)
 * of the site's own settings, which are left out of the checks. Each fails naming key and expectation. find: whether "3.3.1" is a release
 * that is known; the error lists them. validate: whether the file has that release's form. migrate: its form is found out and brought to
 * the later one; *ret owned, plan as above. */
int settings_find_version(const char *name, struct err *e) MUST_CHECK;
int settings_validate_version(const char *path, const char *preserve, const char *version, struct err *e) MUST_CHECK;
int settings_migrate_version(const char *path, const char *preserve, const char *version, struct value *plan, struct value **ret,
	struct err *e) MUST_CHECK;
/* True when names, separated by commas, have key. */
bool settings_is_named(const char *names, const char *key);
/* Replaces a settings file; the former one stays as NAME_YYYYMMDD_HH-MM-SS.yaml beside it (compat: settings.update_settings_file). */
int settings_write_file(const char *path, const struct value *all, struct err *e) MUST_CHECK;
/* Sets key, or "parent.key" inside a mapping, from text in Cobbler's forms for the setting's type ("a b" for lists, "a=1
 * b=2" for mappings). */
int settings_set_text(struct value *all, const char *key, const char *text, struct err *e) MUST_CHECK;
/* True for a setting of 3.3.7. */
bool settings_is_known(const char *name);

#endif
