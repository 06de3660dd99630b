/* SPDX-License-Identifier: GPL-2.0-or-later
 * index.c - trees of the time before yum (EL 3, EL 4) have a list of groups in base/, but no index of their packages: it is made by
 * createrepo_c, as far as that is installed, in a child that is confined. What cannot be done is told, and the tree imported without.
 *
 * compat: yum_process_comps_file of 3.3.7's import_signatures.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/spawn.h"
#include "import/internal.h"
#include "import/limits.h"
#include "import/naming.h"
#include "model/checks.h"
#include "model/signatures.h"
#include "value/json.h"

#define FLAGS_MAX (IMPORT_INDEX_WORDS - 5)
#define OUTPUT_MAX 65536u
#define SHOWN_MAX 300u

static bool cancelled(void *task)
{
	return task_cancelled(task);
}

static const char *program(void)
{
	static const char *const names[] = { "/usr/bin/createrepo_c", "/usr/bin/createrepo" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (access(names[i], X_OK) == 0)
			return names[i];
	return NULL;
}

/* What an interrupted run left on the medium stops the next one. compat: utils.remove_yum_olddata */
static void remove_old(const char *dir)
{
	static const char *const names[] = { ".olddata", ".repodata" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char *path CLEANUP(free_ptr) = xasprintf("%s/%s", dir, names[i]);
		import_remove_tree(path);
	}
}

/* The end of its output, as one line. */
static char *last_words(const struct strbuf *out)
{
	char *text = xstrdup(sb_str(out) + (out->len > SHOWN_MAX ? out->len - SHOWN_MAX : 0));
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
			*p = ' ';
	return text;
}

/* dir, comps: absolute. flags: of the site's settings. */
static int run(struct import *im, const char *with, const char *dir, const char *comps, const struct value *flags, struct err *e)
{
	static const char *const argv[] = { "/proc/self/exe", "--role", "importer", NULL };
	const char *const tail[] = { "--groupfile", comps, "--", dir };
	struct strbuf out CLEANUP(sb_free) = { 0 }, input CLEANUP(sb_free) = { 0 };
	struct value *job CLEANUP(v_unrefp) = v_dict(), *words = v_list();
	int status = 0;
	v_list_push(words, v_str(with));
	for (size_t i = 0; i < v_len(flags); i++)
		v_list_push(words, v_ref(v_list_at(flags, i)));
	for (size_t i = 0; i < ARRAY_LEN(tail); i++)
		v_list_push(words, v_str(tail[i]));
	v_dict_set(job, "mode", v_str("index"));
	v_dict_set(job, "target", v_str(dir));
	v_dict_set(job, "argv", words);
	json_write(&input, job, JSON_ASCII);
	const struct spawn s = { .argv = argv, .input = sb_str(&input), .input_len = input.len, .timeout_ms = im->timeout_ms,
		.max_output = OUTPUT_MAX, .output = &out, .arg = im->t, .cancelled = cancelled };
	int rc = spawn_run(&s, &status, e);
	if (rc != CB_OK || status == 0)
		return rc;
	char *said CLEANUP(free_ptr) = last_words(&out);
	if (WIFSIGNALED(status))
		return err_set(e, CB_EIO, "%s was ended by signal %d: %s", with, WTERMSIG(status), said);
	return err_set(e, CB_EIO, "%s ended with status %d: %s", with, WEXITSTATUS(status), said);
}

/* True: the folder has an index now. */
static bool make_index(struct import *im, const struct value *repo, const struct value *flags)
{
	const char *sub = v_dict_cstr(repo, "dir", ""), *name = v_dict_cstr(repo, "comps", ""), *with = program();
	const char *root = im->staging != NULL ? im->staging : im->target;
	char *dir CLEANUP(free_ptr) = *sub != '\0' ? xasprintf("%s/%s", root, sub) : xstrdup(root);
	char *shown CLEANUP(free_ptr) = *sub != '\0' ? xasprintf("%s/%s", im->target, sub) : xstrdup(im->target);
	char *comps CLEANUP(free_ptr) = xasprintf("%s/base/%s", dir, name);
	char *made CLEANUP(free_ptr) = xasprintf("%s/repodata/repomd.xml", dir);
	struct err e = { .text = "" };
	if (with == NULL) {
		task_log(im->t, "%s has no index of its packages: error launching createrepo (not installed?), ignoring", shown);
		return false;
	}
	if (strchr(name, '/') != NULL || !import_plain_path(name))
		return false;
	task_log(im->t, "making an index of the packages in %s with %s", shown, with);
	if (!im->in_place)
		remove_old(dir);
	if (run(im, with, dir, comps, flags, &e) == CB_OK && access(made, R_OK) == 0)
		return true;
	task_log(im->t, "%s has no index of its packages: %s", shown, *e.text != '\0' ? e.text : "createrepo made none");
	return false;
}

static bool is_yum(const struct import *im)
{
	struct value *sig CLEANUP(v_unrefp) = signature_find(v_dict_cstr(im->found, "breed", ""), v_dict_cstr(im->found, "os_version", ""));
	return v_list_has_str(signature_list(sig, "supported_repo_breeds"), "yum");
}

int import_index_repos(struct import *im, struct err *e)
{
	const struct value *repos = v_dict_get(im->found, "repos");
	struct value *flags CLEANUP(v_unrefp) = NULL, *now = NULL;
	bool any = false;
	for (size_t i = 0; i < v_len(repos); i++)
		any |= str_eq(v_dict_cstr(v_list_at(repos, i), "master", ""), "base");
	if (!any || im->remote || !is_yum(im))
		return CB_OK;
	int rc = shlex_split(v_dict_cstr(im->settings, "createrepo_flags", ""), &flags, e);
	if (rc == CB_OK && v_len(flags) > FLAGS_MAX)
		rc = err_set(e, CB_ELIMIT, "more than %u words", FLAGS_MAX);
	if (rc != CB_OK)
		return err_prefix(e, "settings: createrepo_flags"), rc;
	now = v_list();
	for (size_t i = 0; i < v_len(repos); i++) {
		struct value *r = v_copy(v_list_at(repos, i));
		if (str_eq(v_dict_cstr(r, "master", ""), "base") && !task_cancelled(im->t) && make_index(im, r, flags))
			v_dict_set(r, "master", v_str("repodata"));
		v_list_push(now, r);
	}
	struct value *found = v_copy(im->found);
	v_dict_set(found, "repos", now);
	v_unref(im->found);
	im->found = found;
	return task_cancelled(im->t) ? err_set(e, CB_ESTATE, "cancelled") : CB_OK;
}
