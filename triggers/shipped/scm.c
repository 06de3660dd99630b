/* SPDX-License-Identifier: GPL-2.0-or-later
 * scm.c - every change becomes a commit of /var/lib/cobbler. compat: scm_track
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/blocking.h"
#include "base/file.h"
#include "base/log.h"
#include "triggers/shipped/internal.h"

#define TRACKED "/var/lib/cobbler"
#define AUTHOR "<author>"                  /* in the steps below: who it is */
#define NAME "<name>"
#define MAIL "<mail>"
#define STEP_WORDS 16

/* Names with a leading dot are files that are being written, and what older releases left. */
static const char *const git_init[] = { "git", "init", "-q", NULL };
static const char *const git_add[] = { "git", "-c", "safe.directory=*", "add", "--all", "--ignore-errors", "--", "collections", "templates",
	"snippets", ":(exclude,glob)**/.*", ":(exclude,glob)**/.*/**", NULL };
static const char *const git_commit[] = { "git", "-c", "safe.directory=*", "-c", "user.name=" NAME, "-c", "user.email=" MAIL, "commit",
	"-q", "-m", "API update", "--author", AUTHOR, NULL };
static const char *const hg_init[] = { "hg", "init", NULL };
static const char *const hg_add[] = { "hg", "addremove", "-q", "collections", "templates", "snippets", "-X", "re:(^|/)\\.", NULL };
static const char *const hg_commit[] = { "hg", "commit", "-m", "API update", "--user", AUTHOR, NULL };

static const struct scm { const char *mode, *folder; const char *const *init, *const *add, *const *commit; } scms[] = {
	{ "git", ".git", git_init, git_add, git_commit },
	{ "hg", ".hg", hg_init, hg_add, hg_commit },
};

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static atomic_ulong asked;                 /* changes that want to be committed */
static unsigned long committed;            /* how many of them are: under the lock */

/* "Name <mail>" in its parts; a text of another form is both. */
static void split_author(const char *author, char **name, char **mail)
{
	const char *open = strchr(author, '<'), *close = open != NULL ? strchr(open, '>') : NULL;
	if (close == NULL || open == author) {
		*name = xstrdup(author);
		*mail = xstrdup(author);
		return;
	}
	size_t n = (size_t)(open - author);
	while (n > 0 && author[n - 1] == ' ')
		n--;
	*name = xstrndup(author, n);
	*mail = xstrndup(open + 1, (size_t)(close - open - 1));
}

/* One word of a step with what it stands for. Returns owned. */
static char *filled(const char *word, const char *author, const char *name, const char *mail)
{
	const struct { const char *mark, *text; } marks[] = { { AUTHOR, author }, { NAME, name }, { MAIL, mail } };
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		const char *at = strstr(word, marks[i].mark);
		if (at != NULL)
			return xasprintf("%.*s%s", (int)(at - word), word, marks[i].text);
	}
	return xstrdup(word);
}

static bool run_step(const char *const *step, const char *dir, const char *author, int *status)
{
	char *argv[STEP_WORDS + 1] = { 0 }, *name, *mail;
	split_author(author, &name, &mail);
	for (size_t i = 0; step[i] != NULL && i < STEP_WORDS; i++)
		argv[i] = filled(step[i], author, name, mail);
	bool ok = run_program((const char *const *)argv, dir, NULL, NULL, status);
	for (size_t i = 0; i < STEP_WORDS; i++)
		free(argv[i]);
	free(name);
	free(mail);
	return ok;
}

static void push(const char *script, const char *dir)
{
	char *words CLEANUP(free_ptr) = xstrdup(script), *save = NULL;
	const char *argv[32];
	size_t n = 0;
	for (char *w = strtok_r(words, " ", &save); w != NULL && n + 1 < ARRAY_LEN(argv); w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	argv[n] = NULL;
	if (n > 0 && !run_program(argv, dir, NULL, NULL, NULL))
		log_warn("triggers", "scm_push_script failed: %s", script);
}

static void commit(const struct scm *scm, const struct value *settings)
{
	const char *author = v_dict_cstr(settings, "scm_track_author", "cobbler <cobbler@localhost>");
	char *dir CLEANUP(free_ptr) = path_of(TRACKED), *repository CLEANUP(free_ptr) = xasprintf("%s/%s", dir, scm->folder);
	int status;
	if (access(repository, F_OK) == -1 && !run_step(scm->init, dir, author, NULL))
		return;
	if (!run_step(scm->add, dir, author, NULL))
		log_warn("triggers", "%s: not every change could be added", scm->mode);
	/* Both end with 1 when nothing has changed. */
	if (run_step(scm->commit, dir, author, &status))
		push(v_dict_cstr(settings, "scm_push_script", ""), dir);
	else if (status != 1)
		log_warn("triggers", "%s: the commit failed", scm->mode);
}

int scm_commit(void *ctx, const char *const *argv UNUSED, struct err *e)
{
	struct core *c = ctx;
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->settings);
	const char *mode = v_dict_cstr(settings, "scm_track_mode", "git");
	const struct scm *scm = NULL;
	if (!v_dict_bool(settings, "scm_track_enabled", false))
		return CB_OK;
	for (size_t i = 0; i < ARRAY_LEN(scms); i++)
		if (strcasecmp(mode, scms[i].mode) == 0)
			scm = &scms[i];
	if (scm == NULL)
		return err_set(e, CB_EINVAL, "currently unsupported SCM type: %s", mode);
	unsigned long mine = atomic_fetch_add(&asked, 1) + 1;
	blocking_begin();
	pthread_mutex_lock(&one_at_a_time);
	blocking_end();
	if (committed < mine) {                    /* else the commit before began after this change was on disk */
		unsigned long all = atomic_load(&asked);
		commit(scm, settings);
		committed = all;
	}
	pthread_mutex_unlock(&one_at_a_time);
	return CB_OK;
}
