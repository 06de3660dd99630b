/* SPDX-License-Identifier: GPL-2.0-or-later
 * fetch.c - starting the child (and rsync), and reading what it says. The child has read hostile bytes: its findings
 * are checked here.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/spawn.h"
#include "import/internal.h"
#include "import/limits.h"
#include "import/naming.h"
#include "import/usage.h"
#include "model/signatures.h"
#include "value/json.h"

#define LINE_MAX_BYTES (1u << 20)
#define TAIL_BYTES 500u

struct talk {
	struct import *im;
	struct strbuf line;
	struct value *found;         /* owned */
	char *error;                 /* owned */
	double told;                 /* progress that went into the log */
	struct strbuf tail;          /* last output of rsync */
	struct usage usage;          /* of what rsync has written; max_bytes 0: it may be any number */
	int64_t look;                /* when it is looked at next, ms */
	bool over;                   /* it is too much */
};

#define LOOK_MS 250                  /* between two looks at what rsync has written ... */
#define LOOK_SHARE 10                /* ... and this many times as long as the last one took */

static bool cancelled(void *arg)
{
	return task_cancelled(((struct talk *)arg)->im->t);
}

/* As long as it does not send more than may be: a look at the files, since what rsync itself says can be switched off by its flags. */
static bool rsync_cancelled(void *arg)
{
	struct talk *t = arg;
	int64_t began = clock_mono_ms();
	if (t->usage.max_bytes > 0 && began >= t->look) {
		t->over = !usage_within(t->im->lock, &t->usage);
		t->look = began + LOOK_MS + LOOK_SHARE * (clock_mono_ms() - began);
	}
	return t->over || cancelled(arg);
}

/* "WARNING text" as the child writes it. */
static void pass_on(struct import *im, const char *text)
{
	static const char *const levels[] = { "DEBUG ", "INFO ", "WARNING ", "ERROR " };
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		if (!str_starts(text, levels[i]))
			continue;
		if (i == 0)
			log_debug("import", "%s", text + strlen(levels[i]));
		else
			task_log(im->t, "%s", text + strlen(levels[i]));
		return;
	}
	task_log(im->t, "%s", text);
}

static void progress(struct talk *t, double share)
{
	if (share < t->told + 0.01 && share < 1)
		return;
	t->told = share;
	task_log(t->im->t, "### PROGRESS %.3f", share);
}

static void take_line(struct talk *t)
{
	struct value *v = NULL;
	struct err e;
	if (t->line.len == 0)
		return;
	if (json_parse(sb_str(&t->line), t->line.len, &v, &e) != CB_OK || !v_is(v, V_DICT)) {
		log_warn("import", "importer: %.200s", sb_str(&t->line));
	} else if (v_is(v_dict_get(v, "log"), V_STR)) {
		pass_on(t->im, v_cstr(v_dict_get(v, "log")));
	} else if (v_dict_get(v, "progress") != NULL) {
		progress(t, v_float_of(v_dict_get(v, "progress")));
	} else if (v_is(v_dict_get(v, "found"), V_DICT)) {
		v_unref(t->found);
		t->found = v_ref(v_dict_get(v, "found"));
	} else if (v_is(v_dict_get(v, "error"), V_STR) && t->error == NULL) {
		t->error = xstrdup(v_cstr(v_dict_get(v, "error")));
	}
	v_unref(v);
	sb_truncate(&t->line, 0);
}

static void on_child(void *arg, const char *p, size_t n)
{
	struct talk *t = arg;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n')
			take_line(t);
		else if (t->line.len < LINE_MAX_BYTES)
			sb_addc(&t->line, p[i]);
	}
}

/* rsync --info=progress2: "  1,234,567  42%  10.00MB/s ..." after each carriage return. */
static void on_rsync(void *arg, const char *p, size_t n)
{
	struct talk *t = arg;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '%' && t->line.len > 0) {
			const char *num = sb_str(&t->line) + t->line.len;
			while (num > sb_str(&t->line) && num[-1] >= '0' && num[-1] <= '9')
				num--;
			unsigned long percent;
			if (parse_uint(num, 100, &percent))
				progress(t, (double)percent / 100);
		}
		if (p[i] == '\n' || p[i] == '\r')
			sb_truncate(&t->line, 0);
		else if (t->line.len < 4096)
			sb_addc(&t->line, p[i]);
	}
	sb_add(&t->tail, p, n);
	if (t->tail.len > 2 * TAIL_BYTES) {
		memmove(t->tail.p, t->tail.p + t->tail.len - TAIL_BYTES, TAIL_BYTES);
		sb_truncate(&t->tail, TAIL_BYTES);
	}
}

/* The end of what rsync (and a server through it) said, in one line of text. Returns owned. */
static char *last_words(const struct strbuf *tail)
{
	size_t skip = tail->len > TAIL_BYTES ? tail->len - TAIL_BYTES : 0;
	char *text = xstrdup(sb_str(tail) + skip);
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
			*p = ' ';
	return text;
}

static int run_rsync(struct import *im, enum import_source kind, struct err *e)
{
	char *bad = NULL, **flags = import_rsync_flags(im->rsync_flags, &bad);
	if (flags == NULL) {
		int rc = err_set(e, CB_EINVAL,
			"rsync_flags: \"%s\" is not allowed: only options that tune the transfer are", bad);
		free_ptr(&bad);
		return rc;
	}
	const char *argv[2100];
	size_t n = 0;
	static const char *const first[] = { "rsync", "-a", "--safe-links", "--chmod=D755,Fu+rw,go+r,Fgo-w", "--info=progress2",
		"--no-human-readable" };
	/* behind the flags, of which -a and -D would bring them back */
	static const char *const never[] = { "--no-devices", "--no-specials", "--no-owner", "--no-group" };
	for (size_t i = 0; i < ARRAY_LEN(first); i++)
		argv[n++] = first[i];
	for (char **f = flags; *f != NULL && n < ARRAY_LEN(argv) - 48; f++)
		argv[n++] = *f;
	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		argv[n++] = never[i];
	/* available_as: only what tells the operating system, and what boots it */
	static const char *const few[] = { "-m", "--include=*/", "--include=vmlinu[xz]*", "--include=linux",
		"--include=linux26", "--include=initrd*", "--include=*.c32", "--include=imgpayld.tgz",
		"--include=*.b00", "--include=xen.gz", "--include=install.img", "--include=boot.sdi",
		"--include=.treeinfo", "--include=.discinfo", "--include=.disk/info", "--include=info",
		"--include=Release", "--include=version.info", "--include=products", "--include=media",
		"--include=boot.cfg", "--include=freebsd-version", "--include=XS-REPOSITORY", "--include=.cd-info",
		"--include=*-release-*.rpm", "--exclude=*" };
	for (size_t i = 0; im->remote && i < ARRAY_LEN(few); i++)
		argv[n++] = few[i];
	if (kind == SOURCE_SSH) {
		argv[n++] = "-e";
		argv[n++] = "ssh -o BatchMode=yes -o ConnectTimeout=20";
	}
	char *source = xasprintf("%s%s", im->path, str_ends(im->path, "/") ? "" : "/"),
	     *target = xasprintf("%s/", im->staging), *known = xasprintf("--link-dest=%s", im->target);
	if (im->refresh)
		argv[n++] = known;       /* what is there already is not fetched again */
	argv[n++] = "--";
	argv[n++] = source;
	argv[n++] = target;
	argv[n] = NULL;
	struct talk t = { .im = im, .usage = { .max_bytes = kind == SOURCE_LOCAL ? 0 : (uint64_t)im->max_bytes,
		.max_entries = IMPORT_MAX_TREE_FILES } };
	int status = 0;
	struct spawn s = {
		.argv = argv, .timeout_ms = im->timeout_ms, .on_output = on_rsync, .arg = &t, .cancelled = rsync_cancelled
	};
	task_log(im->t, "fetching %s with rsync", im->path);
	int rc = spawn_run(&s, &status, e);
	char *words = last_words(&t.tail);
	if (rc == CB_OK && t.usage.max_bytes > 0)
		t.over = !usage_within(im->lock, &t.usage);      /* the last moment of it */
	if (t.over)
		rc = err_set(e, CB_ELIMIT,
			"%s is too large: more than %lld bytes (import.max_bytes of cobblerd.yaml), %u files or %u folders in each other",
			im->path, (long long)im->max_bytes, IMPORT_MAX_TREE_FILES, IMPORT_USAGE_DEPTH);
	if (rc == CB_OK && strstr(sb_str(&t.tail), "No space left") != NULL && status != 0)
		rc = err_set(e, CB_ELIMIT, "the disk is full: rsync could not write all of %s", im->path);
	else if (rc == CB_OK && WIFSIGNALED(status))
		rc = err_set(e, CB_EIO, "rsync of %s was ended by signal %d: %s", im->path, WTERMSIG(status), words);
	else if (rc == CB_OK && status != 0)
		rc = err_set(e, CB_EIO, "rsync of %s failed with status %d: %s", im->path, WEXITSTATUS(status), words);
	free_ptr(&words);
	sb_free(&t.line);
	sb_free(&t.tail);
	free_ptr(&source);
	free_ptr(&target);
	free_ptr(&known);
	import_flags_free(flags);
	return rc;
}

static struct value *make_job(struct import *im, const char *source, const char *mode)
{
	struct value *j = v_dict();
	struct stat st;
	char *sigs = core_signature_path(im->settings);
	v_dict_set(j, "source", v_str(source));
	v_dict_set(j, "target", v_str(im->staging != NULL ? im->staging : im->target));
	v_dict_set(j, "mode", v_str(mode));
	v_dict_set(j, "shown", v_str(im->target));
	v_dict_set(j, "signatures", v_str(sigs));
	v_dict_set(j, "breed", v_str(im->breed));
	v_dict_set(j, "os_version", v_str(im->os_version));
	v_dict_set(j, "arch", v_str(im->arch));
	if (str_eq(source, im->path) && stat(source, &st) == 0 && S_ISREG(st.st_mode))
		v_dict_set(j, "max_bytes", v_int(im->max_bytes));        /* of a folder of the operator's own the disk is the limit */
	free_ptr(&sigs);
	return j;
}

/* A path of the child's is below the tree and a file there; "@..." stands for a loader that is not of the medium. */
static int check_path(const struct value *k, const char *key, struct err *e)
{
	const char *p = v_dict_cstr(k, key, "");
	char clean[PATH_MAX];
	p += *p == '@';
	if (*p == '\0' || *p == '/' || !import_plain_path(p) || !path_normalise(p, clean, sizeof(clean)) || !str_eq(clean, p))
		return err_set(e, CB_EINVAL, "the importer answered with a bad path for %s: \"%.200s\"", key, p);
	return CB_OK;
}

static bool bad_boot_path(const char *p)
{
	return strstr(p, "..") != NULL || *p == '/' || !import_printable(p);
}

int import_check_found(const struct value *f, struct err *e)
{
	struct value *sig = signature_find(v_dict_cstr(f, "breed", ""), v_dict_cstr(f, "os_version", ""));
	const struct value *kernels = v_dict_get(f, "kernels"), *repos = v_dict_get(f, "repos"),
			   *boot = v_dict_get(f, "boot_files");
	int rc = CB_OK;
	if (sig == NULL || !v_is(kernels, V_LIST) || !v_is(repos, V_LIST) || !v_is(boot, V_DICT))
		rc = err_set(e, CB_EINVAL, "the importer answered with something that is no finding");
	v_unref(sig);
	for (size_t i = 0; rc == CB_OK && i < v_len(kernels); i++) {
		const struct value *k = v_list_at(kernels, i), *archs = v_dict_get(k, "archs");
		rc = check_path(k, "kernel", e);
		if (rc == CB_OK)
			rc = check_path(k, "initrd", e);
		if (rc == CB_OK && !v_is(archs, V_LIST))
			rc = err_set(e, CB_EINVAL, "the importer answered without architectures");
	}
	for (size_t i = 0; rc == CB_OK && i < v_len(repos); i++)
		if (*v_dict_cstr(v_list_at(repos, i), "dir", "") != '\0')
			rc = check_path(v_list_at(repos, i), "dir", e);
	for (size_t i = 0; rc == CB_OK && i < v_len(boot); i++)
		rc = bad_boot_path(v_dict_key(boot, i)) || bad_boot_path(v_cstr(v_dict_at(boot, i)))
			? err_set(e, CB_EINVAL, "the importer answered with a bad boot file") : CB_OK;
	return rc;
}

static int run_child(struct import *im, const char *source, const char *mode, struct err *e)
{
	static const char *const argv[] = { "/proc/self/exe", "--role", "importer", NULL };
	struct value *job = make_job(im, source, mode);
	struct strbuf input = {0};
	json_write(&input, job, JSON_ASCII);
	v_unref(job);
	struct talk t = { .im = im };
	int status = 0;
	struct spawn s = { .argv = argv,
		.input = sb_str(&input),
		.input_len = input.len,
		.timeout_ms = im->timeout_ms,
		.on_output = on_child,
		.arg = &t,
		.cancelled = cancelled };
	int rc = spawn_run(&s, &status, e);
	if (rc != CB_OK)
		err_prefix(e, "%s", im->path);
	take_line(&t);
	if (rc == CB_OK && t.error != NULL)
		rc = err_set(e, CB_EINVAL, "%s", t.error);
	else if (rc == CB_OK && WIFSIGNALED(status))
		rc = err_set(
			e, CB_EIO, "the importer was ended by signal %d while it read %s", WTERMSIG(status), im->path);
	else if (rc == CB_OK && (status != 0 || t.found == NULL))
		rc = err_set(e, CB_EIO, "the importer ended with status %d and no result for %s", WEXITSTATUS(status),
			im->path);
	bool finds = !str_eq(mode, "copy");
	if (rc == CB_OK && finds)
		rc = import_check_found(t.found, e);
	if (rc == CB_OK && finds)
		im->found = v_ref(t.found);
	v_unref(t.found);
	free_ptr(&t.error);
	sb_free(&t.line);
	sb_free(&input);
	return rc;
}

int import_fetch(struct import *im, struct err *e)
{
	const char *why;
	struct stat st;
	enum import_source kind = import_source_kind(im->path, &why);
	if (kind == SOURCE_BAD) {
		/* Somebody may have written a password into it, which is not for the log. */
		const char *at = *im->path != '/' ? strrchr(im->path, '@') : NULL;
		return err_set(e, CB_EINVAL, "cannot import from \"%s%s\": %s", at != NULL ? "***" : "", at != NULL ? at : im->path, why);
	}
	if (kind == SOURCE_LOCAL && stat(im->path, &st) != 0) {
		if (errno != EACCES)
			return err_sys(e, "cannot import from %s", im->path);
		return err_set(e, CB_EPERM,
			"cannot import from %s: Permission denied (the daemon reads as user %u: give it access)",
			im->path, (unsigned)geteuid());
	}
	bool directory = kind != SOURCE_LOCAL || S_ISDIR(st.st_mode);
	if (*im->rsync_flags != '\0' && !directory)
		return err_set(e, CB_EINVAL, "rsync_flags make no sense for the file %s", im->path);
	if (im->in_place)
		return run_child(im, im->target, "scan", e);
	int rc;
	if (kind == SOURCE_LOCAL && directory && im->remote)
		rc = run_child(im, im->path, "boot", e);
	else if (kind == SOURCE_LOCAL && *im->rsync_flags == '\0')
		rc = run_child(im, im->path, im->refresh ? "copy" : "extract", e);
	else
		rc = run_rsync(im, kind, e);
	if (rc == CB_OK && im->refresh)
		rc = import_merge(im, e);
	/* compat: the system is recognised by the tree as it will be: the second medium of a set has no kernel of its own */
	return rc == CB_OK && im->found == NULL ? run_child(im, im->staging, "scan", e) : rc;
}
