/* SPDX-License-Identifier: GPL-2.0-or-later
 * program.c - running a program for a task: words, not a shell's line; output as it comes.
 */
#include "actions/program.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/show.h"
#include "base/spawn.h"

#define PROGRAM_TIMEOUT_MS (24 * 60 * 60 * 1000)
#define PROGRAM_OUTPUT_MAX ((size_t)32 << 20)
#define LINE_MAX_LEN 2000
#define WORDS_MAX 10000

void argv_add(struct argv *a, const char *word)
{
	a->v = xreallocarray(a->v, a->n + 2, sizeof(*a->v));
	a->v[a->n++] = xstrdup(word);
	a->v[a->n] = NULL;
}

void argv_addf(struct argv *a, const char *fmt, ...)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	va_list ap;
	va_start(ap, fmt);
	sb_vaddf(&b, fmt, ap);
	va_end(ap);
	argv_add(a, sb_str(&b));
}

int argv_add_words(struct argv *a, const char *text, struct err *e)
{
	for (const char *p = text + strspn(text, " \t\n"); *p != '\0'; p += strspn(p, " \t\n")) {
		struct strbuf word CLEANUP(sb_free) = { 0 };
		char quote = '\0';
		for (; *p != '\0' && (quote != '\0' || strchr(" \t\n", *p) == NULL); p++) {
			if (*p == quote)
				quote = '\0';
			else if (quote == '\0' && (*p == '\'' || *p == '"'))
				quote = *p;
			else
				sb_addc(&word, *p);
		}
		if (quote != '\0')
			return err_set(e, CB_EINVAL, "a quotation mark is not closed in: %s", text);
		if (a->n >= WORDS_MAX)
			return err_set(e, CB_ELIMIT, "more than %d words of options in: %.200s", WORDS_MAX, text);
		argv_add(a, sb_str(&word));
	}
	return CB_OK;
}

void argv_free(struct argv *a)
{
	for (size_t i = 0; i < a->n; i++)
		free((char *)a->v[i]);
	free(a->v);
	*a = (struct argv){ 0 };
}

char *program_find(const char *const *names)
{
	static const char *const dirs[] = { "/usr/bin", "/usr/sbin", "/usr/local/bin", "/bin", "/sbin" };
	for (; *names != NULL; names++)
		for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
			char *path = xasprintf("%s/%s", dirs[i], *names);
			if (access(path, X_OK) == 0)
				return path;
			free(path);
		}
	return NULL;
}

struct run { struct task *t; struct strbuf line; };

static bool cancelled(void *arg)
{
	return task_cancelled(((struct run *)arg)->t);
}

/* Programs repeat the addresses that they were given. */
static void end_line(struct run *r)
{
	struct strbuf shown CLEANUP(sb_free) = { 0 };
	for (char *s = r->line.p; r->line.len > 0 && *s != '\0'; ) {
		size_t n = strcspn(s, " ");
		char *word CLEANUP(free_ptr) = xstrndup(s, n);
		show_word(&shown, word);
		for (s += n; *s == ' '; s++)
			sb_addc(&shown, ' ');
	}
	if (r->line.len > 0)
		task_log(r->t, "%s", sb_str(&shown));
	sb_truncate(&r->line, 0);
}

/* Progress bars go back to the start of their line: each state is a line here, repeated ones are the program's affair. */
static void on_output(void *arg, const char *p, size_t n)
{
	struct run *r = arg;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n' || p[i] == '\r' || r->line.len >= LINE_MAX_LEN)
			end_line(r);
		if ((unsigned char)p[i] >= ' ' && p[i] != 0x7f)
			sb_addc(&r->line, p[i]);
	}
}

int program_run(struct task *t, const char *const *argv, const char *const *env, struct err *e)
{
	struct run r = { .t = t };
	struct spawn s = { .argv = argv, .env = env,
		.timeout_ms = PROGRAM_TIMEOUT_MS, .max_output = PROGRAM_OUTPUT_MAX, .on_output = on_output, .arg = &r,
		.cancelled = cancelled };
	struct strbuf shown CLEANUP(sb_free) = { .limit = LINE_MAX_LEN };
	int status = 0;
	for (size_t i = 0; argv[i] != NULL; i++) {
		sb_adds(&shown, i > 0 ? " " : "");
		show_word(&shown, argv[i]);
	}
	task_log(t, "running: %s", sb_str(&shown));
	int rc = spawn_run(&s, &status, e);
	end_line(&r);
	sb_free(&r.line);
	if (rc != CB_OK)
		return rc;
	if (WIFSIGNALED(status))
		return err_set(e, CB_EIO, "%s was ended by signal %d", argv[0], WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return err_set(e, CB_EIO, "%s failed with exit status %d", argv[0], WEXITSTATUS(status));
	return CB_OK;
}

int program_text_ok(const char *what, const char *text, struct err *e)
{
	if (*text == '-')
		return err_set(e, CB_EINVAL, "%s: \"%.200s\" looks like an option", what, text);
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return err_set(e, CB_EINVAL, "%s contains a control character", what);
	return CB_OK;
}
