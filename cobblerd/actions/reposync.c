/* SPDX-License-Identifier: GPL-2.0-or-later
 * reposync.c - brings mirrored repositories up to date: which ones, how often each is tried, what a failure means.
 */
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actions/actions.h"
#include "actions/reposync.h"
#include "base/file.h"

#define TRIES_MAX 100

/* One at a time: two would write into each other's trees. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static const struct { const char *breed; sync_fn *run; } breeds[] = {
	{ "rhn", sync_rhn }, { "yum", sync_yum }, { "apt", sync_apt }, { "rsync", sync_rsync }, { "wget", sync_wget },
};

static int sync_breed(struct sync *s, struct err *e)
{
	const char *breed = item_str(s->repo, "breed");
	for (size_t i = 0; i < ARRAY_LEN(breeds); i++)
		if (str_eq(breeds[i].breed, breed))
			return breeds[i].run(s, e);
	return err_set(e, CB_EINVAL, "unable to sync repo (%s), unknown or unsupported repo type (%s)", item_name(s->repo), breed);
}

/* The repository's folder: its name must be one folder below repo_mirror and nothing else. */
static int make_dest(struct sync *s, struct err *e)
{
	const char *name = item_name(s->repo);
	struct stat st;
	if (*name == '\0' || *name == '.' || strchr(name, '/') != NULL)
		return err_set(e, CB_EINVAL, "the name \"%s\" cannot be that of a mirror's folder", name);
	return stat(s->dest, &st) == 0 && S_ISDIR(st.st_mode) ? CB_OK : dir_make(s->dest, 0755, e);
}

static int make_environment(struct sync *s, struct argv *env, struct err *e)
{
	char *home CLEANUP(free_ptr) = path_of("/var/lib/cobbler");
	argv_add(env, "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
	argv_add(env, "LC_ALL=C.UTF-8");
	argv_addf(env, "HOME=%s", home);
	return options_environment(item_get(s->repo, "environment"), env, e);
}

/* All attempts at one repository. */
static int sync_repo(struct core *c, struct task *t, const struct value *settings, const struct item *repo, int64_t tries, struct err *e)
{
	char *web CLEANUP(free_ptr) = path_of(v_dict_cstr(settings, "webdir", "/var/www/cobbler"));
	char *top CLEANUP(free_ptr) = xasprintf("%s/repo_mirror", web), *dest CLEANUP(free_ptr) = xasprintf("%s/%s", top, item_name(repo));
	char *origin CLEANUP(free_ptr) = xasprintf("%s/.origin", dest);
	struct argv env CLEANUP(argv_free) = { 0 };
	struct sync s = { .core = c, .task = t, .settings = settings, .repo = repo, .top = top, .dest = dest, .origin = origin,
		.env = &env };
	task_log(t, "reposync of %s (%s)", item_name(repo), item_str(repo, "breed"));
	int rc = make_dest(&s, e);
	if (rc == CB_OK)
		rc = make_environment(&s, &env, e);
	if (rc != CB_OK)
		return rc;
	for (int64_t left = tries - 1; ; left--) {
		rc = sync_breed(&s, e);
		if (rc == CB_OK || task_cancelled(t))
			break;
		task_log(t, "%s: %s", item_name(repo), e->text);
		task_log(t, "reposync failed, tries left: %lld", (long long)left);
		if (left <= 0)
			break;
	}
	return rc == CB_OK ? files_permissions(dest, e) : rc;
}

struct plan { struct core *core; struct task *task; const struct value *settings; int64_t tries; bool nofail, failed; };

static int one(struct plan *p, const struct item *repo, struct err *e)
{
	int rc = sync_repo(p->core, p->task, p->settings, repo, p->tries, e);
	if (rc == CB_OK)
		return CB_OK;
	if (task_cancelled(p->task))
		return err_set(e, CB_ESTATE, "cancelled");
	p->failed = true;
	if (!p->nofail) {
		struct err why = *e;
		return err_set(e, rc, "reposync failed, retry limit reached, aborting: %s: %s", item_name(repo), why.text);
	}
	task_log(p->task, "%s: %s", item_name(repo), e->text);
	task_log(p->task, "reposync failed, retry limit reached, skipping");
	return CB_OK;
}

/* names NULL: every repository that is to be kept up to date. */
static int all(struct plan *p, const struct value *names, struct err *e)
{
	int rc = CB_OK;
	if (names == NULL) {
		CLEANUP(item_list_free) struct item_list l = model_items(p->core->model, ITEM_REPO);
		for (size_t i = 0; i < l.n && rc == CB_OK; i++) {
			if (item_bool(l.v[i], "keep_updated"))
				rc = one(p, l.v[i], e);
			else
				task_log(p->task, "%s is set to not be updated", item_name(l.v[i]));
		}
	}
	for (size_t i = 0; i < v_len(names) && rc == CB_OK; i++) {
		const char *name = v_cstr(v_list_at(names, i));
		CLEANUP(item_unrefp) struct item *repo = model_get(p->core->model, ITEM_REPO, name);
		rc = repo == NULL ? err_set(e, CB_ENOENT, "there is no repo named \"%.200s\"", name) : one(p, repo, e);
	}
	if (rc == CB_OK && p->failed)
		rc = err_set(e, CB_EIO, "overall reposync failed, at least one repo failed to synchronize");
	return rc;
}

/* Waits for its turn; false when the task is cancelled first. */
static bool take_turn(struct task *t)
{
	for (bool said = false; pthread_mutex_trylock(&one_at_a_time) != 0; said = true) {
		if (!said)
			task_log(t, "waiting for another reposync to end");
		if (task_cancelled(t))
			return false;
		usleep(200000);
	}
	return true;
}

/* compat: the web interface sends a list as "repos", the command line one name as "only". */
static const struct value *names_of(const struct value *options, struct value **made)
{
	const struct value *only = v_dict_get(options, "only"), *repos = v_dict_get(options, "repos");
	if (v_is(only, V_STR) && v_len(only) > 0) {
		*made = v_list();
		v_list_push(*made, v_ref(only));
		return *made;
	}
	return v_is(repos, V_LIST) && v_len(repos) > 0 ? repos : NULL;
}

int actions_reposync(struct core *c, struct task *t, const struct value *options, struct err *e)
{
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->settings), *made CLEANUP(v_unrefp) = NULL;
	const struct value *names = names_of(options, &made), *tries = v_dict_get(options, "tries");
	struct plan p = { .core = c, .task = t, .settings = settings, .tries = 3, .nofail = v_dict_bool(options, "nofail", names != NULL) };
	if (v_is(tries, V_STR) && !parse_int64(v_cstr(tries), &p.tries))
		return err_py(e, CB_EINVAL, PY_VALUE, "tries: a number from 1 to %d is expected, not \"%.100s\"", TRIES_MAX, v_cstr(tries));
	if (tries != NULL && !v_is(tries, V_STR) && !v_is(tries, V_INT))
		return err_py(e, CB_EINVAL, PY_VALUE, "tries: a number from 1 to %d is expected, not a %s", TRIES_MAX, v_type_name(tries));
	if (v_is(tries, V_INT))
		p.tries = v_int_of(tries);
	if (p.tries < 1 || p.tries > TRIES_MAX)
		return err_py(e, CB_EINVAL, PY_VALUE, "tries: %lld is not between 1 and %d", (long long)p.tries, TRIES_MAX);
	if (!take_turn(t))
		return err_set(e, CB_ESTATE, "cancelled");
	int rc = all(&p, names, e);
	pthread_mutex_unlock(&one_at_a_time);
	return rc;
}
