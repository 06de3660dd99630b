/* SPDX-License-Identifier: GPL-2.0-or-later
 * child.c - the process that opens hives and images: loads what it needs, locks itself in, does its one job, answers.
 */
#include "windows/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/file.h"
#include "value/json.h"
#include "windows/libs.h"
#include "windows/limits.h"

static const char *text_of(const struct value *job, const char *key)
{
	return v_dict_cstr(job, key, "");
}

static int do_bcd(const struct value *job, struct err *e)
{
	return bcd_make(text_of(job, "from"), text_of(job, "name"), text_of(job, "wim"), text_of(job, "sdi"), e);
}

static int do_startnet(const struct value *job, struct err *e)
{
	return winpe_put_startnet(text_of(job, "name"), text_of(job, "script"), e);
}

static int do_winpe(const struct value *job, struct err *e)
{
	return winpe_make(text_of(job, "from"), e);
}

static const struct job { const char *name; bool hive, wim; uint64_t max_in; int (*fn)(const struct value *job, struct err *e); } jobs[] = {
	{ "bcd", true, false, WINDOWS_BCD_MAX, do_bcd },
	{ "startnet", false, true, WINDOWS_WIM_MAX, do_startnet },
	{ "winpe", true, true, WINDOWS_WIM_MAX, do_winpe },
};

/* The folder of what is read; -1: nothing but the scratch directory is. */
static int open_source(const struct job *j, const char *from, int *dir, struct err *e)
{
	struct stat st;
	if (*from == '\0')
		return CB_OK;
	char *folder CLEANUP(free_ptr) = xstrndup(from, (size_t)(strrchr(from, '/') - from) + 1);
	*dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*dir < 0 || stat(from, &st) != 0)
		return err_sys(e, "it cannot be opened");
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > j->max_in)
		return err_set(e, CB_ELIMIT, "it is no file of at most %llu bytes", (unsigned long long)j->max_in);
	return CB_OK;
}

/* The C library loads its tables of characters when they are first asked for, which the sandbox would not let it. They stay open. */
static int load_characters(struct err *e)
{
	static const char *const sets[] = { "UTF-16LE", "LATIN1" };
	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		if (iconv_open("UTF-8", sets[i]) == (iconv_t)-1 || iconv_open(sets[i], "UTF-8") == (iconv_t)-1)
			return err_sys(e, "the C library knows no %s", sets[i]);
	return CB_OK;
}

static int load(const struct job *j, struct err *e)
{
	int rc = j->hive ? hive_open_library(e) : CB_OK;
	if (rc == CB_OK && j->hive)
		rc = load_characters(e);
	return rc == CB_OK && j->wim ? wim_open_library(e) : rc;
}

static int work(const struct value *job, struct err *e)
{
	const struct job *j = NULL;
	const char *from = text_of(job, "from"), *scratch = text_of(job, "scratch");
	bool landlock;
	for (size_t i = 0; i < ARRAY_LEN(jobs); i++)
		if (str_eq(jobs[i].name, text_of(job, "job")))
			j = &jobs[i];
	if (j == NULL || *scratch != '/' || (*from != '\0' && *from != '/'))
		return err_set(e, CB_EINVAL, "there is no job \"%.40s\" with these paths", text_of(job, "job"));
	int target CLEANUP(close_fd) = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC), source CLEANUP(close_fd) = -1;
	if (target < 0 || fchdir(target) != 0)
		return err_sys(e, "%s", scratch);
	int rc = open_source(j, from, &source, e);
	if (rc == CB_OK)
		rc = load(j, e);
	const struct confine c = { .source = source, .target = target, .removes = true, .memory = WINDOWS_MEMORY,
		.max_file = WINDOWS_WIM_MAX, .cpu_seconds = WINDOWS_CPU_SECONDS, .files = 64 };
	if (rc == CB_OK)
		rc = confine(&c, &landlock, e);
	return rc == CB_OK ? j->fn(job, e) : rc;
}

int windows_child(const struct value *job, int out_fd)
{
	struct err e = { 0 };
	struct strbuf text = { 0 };
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	umask(022);
	int rc = work(job, &e);
	struct value *answer = v_dict();
	if (rc == CB_OK)
		v_dict_set(answer, "ok", v_bool(true));
	else
		v_dict_set(answer, "error", v_str(utf8_valid(e.text, strlen(e.text)) ? e.text : "an error whose text is not UTF-8"));
	json_write(&text, answer, JSON_ASCII);
	rc = write_all(out_fd, sb_str(&text), text.len) == 0 ? rc : CB_EIO;
	v_unref(answer);
	sb_free(&text);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	_exit(rc == CB_OK ? 0 : 1);      /* the leak checker would start a tracer, which the sandbox forbids */
#endif
	return rc == CB_OK ? 0 : 1;
}
