/* SPDX-License-Identifier: GPL-2.0-or-later
 * triggers.c - the runner (Cobbler's utils.run_triggers, for executables).
 */
#include "triggers/triggers.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/spawn.h"

#define TRIGGER_TIMEOUT_MS 600000
#define ARGS_MAX 8

/* Files that packages leave behind are no triggers. */
static int is_trigger(const struct dirent *de)
{
	static const char *const not[] = { ".rpm", ".rpmnew", ".rpmsave", ".rpmorig", "~", ".bak", ".dpkg-new", ".dpkg-old", ".dpkg-dist" };
	if (de->d_name[0] == '.')
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(not); i++)
		if (str_ends(de->d_name, not[i]))
			return 0;
	return 1;
}

static int run_one(const char *path, const char *const *args, struct err *e)
{
	const char *argv[ARGS_MAX + 2] = { path };
	struct strbuf out = { 0 };
	int status, n = 1;
	struct stat st;
	if (stat(path, &st) == -1 || !S_ISREG(st.st_mode) || access(path, X_OK) == -1)
		return CB_OK;
	for (; args != NULL && *args != NULL && n <= ARGS_MAX; args++)
		argv[n++] = *args;
	struct spawn s = { .argv = argv, .timeout_ms = TRIGGER_TIMEOUT_MS, .max_output = 65536, .output = &out };
	int rc = spawn_run(&s, &status, e);
	if (rc == CB_OK && out.len > 0)
		log_info("triggers", "%s: %.*s", path, out.len < 2000 ? (int)out.len : 2000, sb_str(&out));
	sb_free(&out);
	if (rc != CB_OK)
		return rc;
	if (status == 0)
		return CB_OK;
	return err_set(e, CB_ESTATE, "cobbler trigger failed: %s returns %d", path, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

int triggers_run(const char *dir, const char *const *args, struct err *e)
{
	char *path = xasprintf("%s/var/lib/cobbler/triggers/%s", path_root(), dir);
	struct dirent **names;
	int n = scandir(path, &names, is_trigger, alphasort), rc = CB_OK;
	for (int i = 0; i < n; i++) {
		char *file = xasprintf("%s/%s", path, names[i]->d_name);
		if (rc == CB_OK)
			rc = run_one(file, args, e);
		free(file);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	free(path);
	return rc;
}
