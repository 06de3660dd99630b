/* SPDX-License-Identifier: GPL-2.0-or-later
 * programs.c - actions that are another program's work: setfacl for aclsetup, hardlink for hardlink.
 * Arguments are lists, never a shell; names are checked and cannot be options.
 */
#include <string.h>

#include "actions/actions.h"
#include "actions/program.h"
#include "base/file.h"

/* A user or group as useradd(8) permits. */
static bool account_ok(const char *s)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	return *s != '\0' && *s != '-' && strlen(s) <= 64 && strspn(s, ok) == strlen(s);
}

/* Existing files, then what is created later. */
static int change_acl(struct task *t, bool add, char kind, const char *who, const char *dir, const char *rights, struct err *e)
{
	char *real CLEANUP(free_ptr) = path_of(dir);
	char *entry CLEANUP(free_ptr) = add ? xasprintf("%c:%s:%s", kind, who, rights) : xasprintf("%c:%s", kind, who);
	const char *const now[] = { "setfacl", "-R", add ? "-m" : "-x", entry, "--", real, NULL };
	const char *const later[] = { "setfacl", "-d", "-R", add ? "-m" : "-x", entry, "--", real, NULL };
	int rc = program_run(t, later, NULL, e);
	return rc == CB_OK ? program_run(t, now, NULL, e) : rc;
}

int actions_aclsetup(struct core *c, struct task *t, const struct value *options, struct err *e)
{
	static const struct { const char *option; bool add; char kind; } changes[] = {
		{ "adduser", true, 'u' }, { "addgroup", true, 'g' }, { "removeuser", false, 'u' }, { "removegroup", false, 'g' },
	};
	struct value *s CLEANUP(v_unrefp) = settings_snapshot(c->settings);
	const char *snippets = v_dict_cstr(s, "autoinstall_snippets_dir", "/var/lib/cobbler/snippets");
	const struct { const char *dir, *rights; } dirs[] = {
		{ "/var/log/cobbler", "rwx" }, { "/var/log/cobbler/tasks", "rwx" }, { "/var/lib/cobbler", "rwx" },
		{ "/etc/cobbler", "rwx" }, { v_dict_cstr(s, "tftpboot_location", "/srv/tftpboot"), "rwx" },
		{ "/var/lib/cobbler/triggers", "rwx" },
		{ str_starts(snippets, "/var/lib/cobbler/") ? NULL : snippets, "r" },
	};
	bool any = false;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		const char *who = v_dict_cstr(options, changes[i].option, "");
		if (*who == '\0')
			continue;
		if (!account_ok(who))
			return err_py(e, CB_EINVAL, PY_VALUE, "%s: \"%.64s\" is not the name of an account", changes[i].option, who);
		any = true;
		for (size_t k = 0; k < ARRAY_LEN(dirs); k++) {
			int rc = dirs[k].dir == NULL ? CB_OK :
				change_acl(t, changes[i].add, changes[i].kind, who, dirs[k].dir, dirs[k].rights, e);
			if (rc != CB_OK)
				return rc;
		}
	}
	return any ? CB_OK : err_set(e, CB_EINVAL, "no arguments specified, nothing to do");
}

int actions_hardlink(struct core *c, struct task *t, const struct value *options UNUSED, struct err *e)
{
	struct value *s CLEANUP(v_unrefp) = settings_snapshot(c->settings);
	char *web CLEANUP(free_ptr) = path_of(v_dict_cstr(s, "webdir", "/var/www/cobbler"));
	char *media CLEANUP(free_ptr) = xasprintf("%s/distro_mirror", web), *repos CLEANUP(free_ptr) = xasprintf("%s/repo_mirror", web);
	const char *const argv[] = { "hardlink", "-c", "-v", "--", media, repos, NULL };
	task_log(t, "equal files below %s become one", web);
	return program_run(t, argv, NULL, e);
}
