/* SPDX-License-Identifier: GPL-2.0-or-later
 * follow.c - watching a background task: its log is fetched as it grows and printed as cli.py (3.3.7) prints it.
 * compat: cli.py reads /var/log/cobbler/cobbler.log on the server itself; we ask get_event_log, so that it works from
 * anywhere.
 */
#include "cli/cli.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* How many calls in a row may find no server (it may be restarting) before we give up. */
#define MAX_LOST 20
#define BAR_WIDTH 40

struct follow {
	struct cli *cli;
	const char *id;
	bool bar;                     /* draw one */
	bool bar_shown;
	size_t seen;                  /* bytes of the log printed so far */
	int result;                   /* -1 until the end is known */
	const char *trouble;
	bool troubled;
	struct value *lines;          /* for --json: list of messages */
	unsigned lost;
};

const char *log_message(const char *line)
{
	const char *msg = line;
	for (const char *p = line; (p = strstr(p, " | ")); p += 3)
		msg = p + 3;
	return msg;
}

bool log_progress(const char *line, double *fraction)
{
	const char *p = strstr(line, "### PROGRESS ");
	if (!p)
		return false;
	char *end;
	double d = strtod(p + strlen("### PROGRESS "), &end);
	if (end == p + strlen("### PROGRESS ") || !(d >= 0 && d <= 1))
		return false;
	*fraction = d;
	return true;
}

static void nap(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };
	nanosleep(&ts, NULL);
}

static void hide_bar(struct follow *f)
{
	if (f->bar_shown)
		printf("\r\033[K");
	f->bar_shown = false;
}

static void draw_bar(struct follow *f, double fraction)
{
	if (!f->bar)
		return;
	char bar[BAR_WIDTH + 1];
	int full = (int)(fraction * BAR_WIDTH);
	for (int i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < full ? '#' : '-';
	bar[BAR_WIDTH] = '\0';
	printf("\r[%s] %5.1f%%\033[K", bar, fraction * 100);
	fflush(stdout);
	f->bar_shown = true;
}

static void take_line(struct follow *f, const char *line)
{
	double fraction;
	if (log_progress(line, &fraction)) {
		draw_bar(f, fraction);
		return;
	}
	hide_bar(f);
	f->troubled |= f->trouble && str_starts(log_message(line), f->trouble);
	bool done = strstr(line, "### TASK COMPLETE ###") != NULL, failed = strstr(line, "### TASK FAILED ###") != NULL;
	if (done || failed)
		f->result = done ? EXIT_DONE : EXIT_FAILED;
	else if (f->lines)
		v_list_push(f->lines, v_str(log_message(line)));
	else
		puts(log_message(line));
}

/* Prints the complete lines that are new; the last line without its newline waits, unless the task has ended. */
static void take_log(struct follow *f, const char *log, size_t n, bool ended)
{
	if (n < f->seen)
		f->seen = 0;
	while (f->result < 0 && f->seen < n) {
		const char *p = log + f->seen, *nl = memchr(p, '\n', n - f->seen);
		if (!nl && !ended)
			break;
		size_t len = nl ? (size_t)(nl - p) : n - f->seen;
		char *line CLEANUP(free_ptr) = xstrndup(p, len);
		f->seen += len + (nl != NULL);
		take_line(f, line);
	}
	fflush(stdout);
}

/* Asks once; 0, or negative when following makes no sense any more (already explained). */
static int poll_once(struct follow *f)
{
	struct err e;
	struct value *status CLEANUP(v_unrefp) = NULL, *log CLEANUP(v_unrefp) = NULL;
	/* The state first: when it says that the task has ended, the log fetched after it is whole. */
	int r = cli_try(f->cli, "get_task_status", params_of(v_str(f->id), NULL), false, &status, &e);
	if (r == 0)
		r = cli_try(f->cli, "get_event_log", params_of(v_str(f->id), NULL), false, &log, &e);
	if (r < 0 && !client_fault(f->cli->client) && ++f->lost < MAX_LOST)
		return 0;
	if (r < 0) {
		hide_bar(f);
		cli_explain(f->cli, &e);
		return r;
	}
	f->lost = 0;
	const char *state = v_cstr(v_list_at(status, 2));
	/* compat: Cobbler in Python calls a task "notification" until its thread has begun. */
	bool ended = !str_eq(state, "running") && !str_eq(state, "notification");
	take_log(f, v_cstr(log), v_len(log), ended);
	if (f->result < 0 && ended)
		f->result = str_eq(state, "complete") ? EXIT_DONE : EXIT_FAILED;
	return 0;
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig UNUSED)
{
	interrupted = 1;
}

/* Until the task ends, the user has had enough (Ctrl-C), or the server has gone for good. */
static int poll_to_the_end(struct follow *f)
{
	struct sigaction act = { .sa_handler = on_interrupt }, old;
	interrupted = 0;
	sigaction(SIGINT, &act, &old);
	int r = 0;
	for (long wait = 20; !interrupted; wait = wait < 500 ? wait * 3 / 2 : 500) {
		r = poll_once(f);
		if (r < 0 || f->result >= 0)
			break;
		nap(wait + (long)(f->seen / 4096));        /* the whole log comes each time: a long one less often */
	}
	sigaction(SIGINT, &old, NULL);
	return r;
}

static void announce(struct follow *f)
{
	printf("task started: %s\n", f->id);
	struct err e;
	struct value *events CLEANUP(v_unrefp) = NULL;
	if (cli_try(f->cli, "get_events", params_of(v_str(""), NULL), false, &events, &e) < 0)
		return;
	const struct value *event = v_dict_get(events, f->id);
	time_t when = (time_t)v_float_of(v_list_at(event, 0));
	struct tm tm;
	char text[64];
	if (event && localtime_r(&when, &tm) && strftime(text, sizeof(text), "%a %b %e %H:%M:%S %Y", &tm) > 0)
		printf("task started (id=%s, time=%s)\n", v_cstr(v_list_at(event, 1)), text);
	fflush(stdout);
}

int follow_task(struct cli *cli, const char *id, bool progress, const char *trouble)
{
	struct follow f = { .cli = cli, .id = id, .result = -1, .trouble = trouble };
	f.bar = progress && !cli->json && isatty(STDOUT_FILENO);
	if (cli->json)
		f.lines = v_list();
	else
		announce(&f);
	int r = poll_to_the_end(&f);
	hide_bar(&f);
	if (interrupted && f.result < 0) {
		v_unref(f.lines);
		fprintf(stderr, "The task goes on. To see it again: cobbler follow --task='%s'\n", id);
		return EXIT_INTERRUPTED;
	}
	if (cli->json) {
		struct value *doc = v_dict();
		v_dict_set(doc, "task", v_str(id));
		v_dict_set(doc, "state", v_str(r < 0 ? "unknown" : f.result == EXIT_DONE ? "complete" : "failed"));
		v_dict_set(doc, "log", f.lines);
		cli_print_json(doc);
	} else if (r == 0) {
		puts(f.result == EXIT_DONE ? "*** TASK COMPLETE ***" : "!!! TASK FAILED !!!");
	}
	return r < 0 ? cli->status : f.troubled ? EXIT_FAILED : f.result;
}
