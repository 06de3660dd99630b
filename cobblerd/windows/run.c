/* SPDX-License-Identifier: GPL-2.0-or-later
 * run.c - starting the child, and what it says. It has read hostile bytes: nothing of its answer but one text is used.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/spawn.h"
#include "value/json.h"
#include "windows/libs.h"
#include "windows/limits.h"
#include "windows/windows.h"

#define ANSWER_MAX 8192u

static int answer_of(const char *what, const struct strbuf *out, int status, struct err *e)
{
	struct value *v CLEANUP(v_unrefp) = NULL;
	struct err ignored;
	bool said = json_parse(sb_str(out), out->len, &v, &ignored) == CB_OK && v_is(v, V_DICT);
	const char *text = said ? v_dict_cstr(v, "error", "") : "";
	if (*text != '\0')
		return err_set(e, CB_EINVAL, "%s: %.1000s", what, text);
	if (WIFSIGNALED(status))
		return err_set(e, CB_EIO, "%s: what reads it was ended by signal %d", what, WTERMSIG(status));
	if (status != 0 || !said)
		return err_set(e, CB_EIO, "%s: what reads it ended with status %d and no answer", what, WEXITSTATUS(status));
	return CB_OK;
}

/* what: the file that an error is of. Takes job. */
static int run_child(const struct windows_run *r, const char *what, struct value *job, struct err *e)
{
	static const char *const argv[] = { "/proc/self/exe", "--role", "windows", NULL };
	struct strbuf input CLEANUP(sb_free) = { 0 }, out CLEANUP(sb_free) = { 0 };
	int status = 0;
	v_dict_set(job, "scratch", v_str(r->scratch));
	json_write(&input, job, JSON_ASCII);
	v_unref(job);
	const struct spawn s = { .argv = argv, .input = sb_str(&input), .input_len = input.len, .timeout_ms = WINDOWS_TIMEOUT_MS,
		.max_output = ANSWER_MAX, .output = &out, .cancelled = r->cancelled, .arg = r->arg };
	int rc = spawn_run(&s, &status, e);
	return rc == CB_OK ? answer_of(what, &out, status, e) : (err_prefix(e, "%s", what), rc);
}

static struct value *job_new(const char *job, const char *from, const char *name)
{
	struct value *v = v_dict();
	v_dict_set(v, "job", v_str(job));
	v_dict_set(v, "from", v_str(from));
	v_dict_set(v, "name", v_str(name));
	return v;
}

int windows_make_bcd(const struct windows_run *r, const char *from, const char *name, const char *wim_path, const char *sdi, struct err *e)
{
	struct value *job = job_new("bcd", from, name);
	v_dict_set(job, "wim", v_str(wim_path));
	v_dict_set(job, "sdi", v_str(sdi));
	return run_child(r, from, job, e);
}

int windows_put_startnet(const struct windows_run *r, const char *name, const char *text, size_t n, struct err *e)
{
	static const char script[] = "startnet.cmd";
	char *path CLEANUP(free_ptr) = xasprintf("%s/%s", r->scratch, script);
	struct value *job = job_new("startnet", "", name);
	v_dict_set(job, "script", v_str(script));
	int fd CLEANUP(close_fd) = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0 || write_all(fd, text, n) != 0) {
		v_unref(job);
		return err_sys(e, "%s", path);
	}
	return run_child(r, name, job, e);
}

int windows_make_winpe(const struct windows_run *r, const char *boot_wim, struct err *e)
{
	return run_child(r, boot_wim, job_new("winpe", boot_wim, ""), e);
}

int windows_libraries(struct err *e)
{
	int rc = hive_open_library(e);
	return rc == CB_OK ? wim_open_library(e) : rc;
}
