/* SPDX-License-Identifier: GPL-2.0-or-later
 * triggers.c - finds and runs what belongs to one event.
 */
#include "triggers/triggers.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/spawn.h"

#define TRIGGER_DIR "/var/lib/cobbler/triggers/"
#define TRIGGER_TIMEOUT_MS (10 * 60 * 1000)
#define TRIGGER_OUTPUT (64u << 10)
#define TRIGGER_ARGS 30

static struct { const struct trigger_shipped *table; size_t n; void *ctx; } shipped;

void triggers_ship(const struct trigger_shipped *table, size_t n, void *ctx)
{
	shipped.table = table;
	shipped.n = n;
	shipped.ctx = ctx;
}

struct before { void (*fn)(void *arg); void *arg; };

static void once_before(struct before *b)
{
	if (b->fn != NULL)
		b->fn(b->arg);
	b->fn = NULL;
}

static int run_shipped(const char *event, const char *const *argv, struct before *b, struct err *e)
{
	int rc = CB_OK;
	for (size_t i = 0; i < shipped.n && rc == CB_OK; i++) {
		if (!str_eq(shipped.table[i].event, event))
			continue;
		once_before(b);
		log_debug("triggers", "running %s", shipped.table[i].name);
		rc = shipped.table[i].fn(shipped.ctx, argv, e);
	}
	return rc;
}

static int visible(const struct dirent *d)
{
	return d->d_name[0] != '.' && strstr(d->d_name, ".rpm") == NULL;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool may_run(const char *path)
{
	struct stat st;
	if (stat(path, &st) == -1 || !S_ISREG(st.st_mode) || access(path, X_OK) == -1) {
		log_warn("triggers", "failed to execute trigger: %s: not an executable file", path);
		return false;
	}
	if (st.st_mode & S_IWOTH) {
		log_warn("triggers", "failed to execute trigger: %s: everybody may write to it", path);
		return false;
	}
	return true;
}

static int run_one(const char *path, const char *shown, const char *const *args, struct err *e)
{
	const char *argv[TRIGGER_ARGS + 2] = { path };
	struct strbuf out CLEANUP(sb_free) = { 0 };
	struct err why;
	size_t n = 1;
	int status;
	for (; args != NULL && *args != NULL && n <= TRIGGER_ARGS; args++)
		if (**args != '\0')
			argv[n++] = *args;
	struct spawn s = { .argv = argv, .timeout_ms = TRIGGER_TIMEOUT_MS, .max_output = TRIGGER_OUTPUT, .output = &out };
	log_debug("triggers", "running shell trigger %s", shown);
	if (spawn_run(&s, &status, &why) != CB_OK) {
		log_warn("triggers", "failed to execute trigger: %s: %s", shown, why.text);
		return err_set(e, CB_ESTATE, "Cobbler trigger failed: %s: %s", shown, why.text);
	}
	if (out.len > 0)
		log_info("triggers", "%s: %s", shown, out.p);
	if (status == 0)
		return CB_OK;
	return err_set(e, CB_ESTATE, "Cobbler trigger failed: %s returns %d", shown,
		WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

int triggers_run(const char *event, const char *const *argv, struct err *e)
{
	return triggers_run_told(event, argv, NULL, NULL, e);
}

int triggers_run_told(const char *event, const char *const *argv, void (*before)(void *arg), void *arg, struct err *e)
{
	struct before b = { before, arg };
	struct dirent **names;
	if (*event == '\0' || strstr(event, "..") != NULL)
		return err_set(e, CB_EINVAL, "\"%s\" is not a trigger event", event);
	int rc = run_shipped(event, argv, &b, e);
	if (rc != CB_OK)
		return rc;
	char *shown_dir CLEANUP(free_ptr) = xasprintf(TRIGGER_DIR "%s", event);
	char *dir CLEANUP(free_ptr) = path_of(shown_dir);
	int n = scandir(dir, &names, visible, by_name);
	if (n == -1) {
		if (errno == ENOENT || errno == ENOTDIR)
			return CB_OK;
		return err_sys(e, "triggers of %s", event);
	}
	if (n > 0)
		once_before(&b);
	for (int i = 0; i < n; i++) {
		char *path CLEANUP(free_ptr) = xasprintf("%s/%s", dir, names[i]->d_name);
		char *shown CLEANUP(free_ptr) = xasprintf("%s/%s", shown_dir, names[i]->d_name);
		if (rc == CB_OK && may_run(path))
			rc = run_one(path, shown, argv, e);
		free(names[i]);
	}
	free(names);
	return rc;
}

bool triggers_any(const char *event)
{
	char *shown CLEANUP(free_ptr) = xasprintf(TRIGGER_DIR "%s", event);
	char *path CLEANUP(free_ptr) = path_of(shown);
	DIR *d = opendir(path);
	bool any = false;
	if (d == NULL)
		return false;
	for (const struct dirent *de; !any && (de = readdir(d)) != NULL; )
		any = visible(de);
	closedir(d);
	return any;
}
