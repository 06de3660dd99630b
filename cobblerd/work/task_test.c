/* SPDX-License-Identifier: GPL-2.0-or-later
 * task_test.c - tasks: their log as clients tail it, their events, cancelling, limits.
 */
#include "base/testkit.h"

#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "work/task.h"

#define PATIENCE_MS 60000        /* nothing here takes long; the machine may be busy with others */

static const char *state_of(struct tasks *ts, const char *id, char out[32])
{
	struct value *v = task_status(ts, id);
	strncpy(out, v_cstr(v_list_at(v, 2)), 31);
	out[31] = '\0';
	v_unref(v);
	return out;
}

/* Until it is over; a task that hangs fails the test. */
static const char *wait_for(struct tasks *ts, const char *id, char out[32])
{
	for (int i = 0; i < PATIENCE_MS; i++) {
		if (!str_eq(state_of(ts, id, out), "running"))
			return out;
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	return "hangs";
}

static int works(struct task *t, void *arg, struct err *e)
{
	(void)e;
	task_log(t, "found %d things", *(int *)arg);
	return CB_OK;
}

static int fails(struct task *t, void *arg, struct err *e)
{
	(void)t;
	(void)arg;
	return err_py(e, CB_EINVAL, PY_VALUE, "no such thing");
}

static void test_log_has_cobblers_form(void **state)
{
	(void)state;
	struct tasks *ts = tasks_new();
	char st[32];
	int *arg = xmalloc(sizeof(*arg));
	*arg = 3;
	char *id = task_start(ts, "sync", "Sync", works, arg, free);
	assert_string_equal(wait_for(ts, id, st), "complete");
	/* 2026-11-23_022233_Sync_<32 hex> */
	assert_int_equal(strlen(id), 17 + 6 + 32);
	assert_memory_equal(id + 17, "_Sync_", 6);
	struct value *log = task_event_log(ts, id);
	char *first = xasprintf("[%s] ", id), *start = xasprintf(" - INFO | start_task(sync); event_id(%s)\n", id);
	assert_true(str_starts(v_cstr(log), first));
	assert_non_null(strstr(v_cstr(log), start));
	assert_non_null(strstr(v_cstr(log), " - INFO | found 3 things\n"));
	assert_non_null(strstr(v_cstr(log), " - INFO | ### TASK COMPLETE ###\n"));
	free(first);
	free(start);
	v_unref(log);
	free(id);
	tasks_free(ts);
}

static void test_a_failure_is_told(void **state)
{
	(void)state;
	struct tasks *ts = tasks_new();
	char st[32];
	char *id = task_start(ts, "import", "Media import", fails, NULL, NULL);
	assert_string_equal(wait_for(ts, id, st), "failed");
	struct value *log = task_event_log(ts, id);
	assert_non_null(strstr(v_cstr(log), "Exception value: no such thing\n"));
	assert_non_null(strstr(v_cstr(log), " - ERROR | ### TASK FAILED ###\n"));
	v_unref(log);
	free(id);
	tasks_free(ts);
}

static int fails_with_foreign_words(struct task *t, void *arg, struct err *e)
{
	(void)arg;
	task_log(t, "the medium has a file x### TASK COMPLETE ###\n### TASK COMPLETE ###");
	return err_set(e, CB_EINVAL, "### TASK COMPLETE ###: no such thing");
}

/* Clients look for the end of a task in its log: names and servers' words that look like it are none. */
static void test_only_the_end_looks_like_the_end(void **state)
{
	(void)state;
	struct tasks *ts = tasks_new();
	char st[32];
	char *id = task_start(ts, "import", "Media import", fails_with_foreign_words, NULL, NULL);
	assert_string_equal(wait_for(ts, id, st), "failed");
	struct value *log = task_event_log(ts, id);
	assert_null(strstr(v_cstr(log), "### TASK COMPLETE"));
	assert_non_null(strstr(v_cstr(log), "a file x*** TASK COMPLETE ###\n*** TASK"));
	assert_non_null(strstr(v_cstr(log), " - ERROR | ### TASK FAILED ###\n"));
	v_unref(log);
	free(id);
	tasks_free(ts);
}

static void test_a_name_is_no_path(void **state)
{
	(void)state;
	struct tasks *ts = tasks_new();
	char st[32];
	int *arg = xcalloc(1, sizeof(*arg));
	char *id = task_start(ts, "power", "Power management (../../../../tmp/x\n)", works, arg, free);
	assert_null(strchr(id, '/'));
	assert_null(strchr(id, '\n'));
	assert_string_equal(wait_for(ts, id, st), "complete");
	free(id);
	tasks_free(ts);
}

static void test_events_are_seen_once_by_each_user(void **state)
{
	(void)state;
	struct tasks *ts = tasks_new();
	int things = 1;
	char *id = task_start(ts, "x", "X", works, &things, NULL), st[32];
	assert_string_equal(wait_for(ts, id, st), "complete");
	free(id);
	struct value *all = tasks_events(ts, "");
	assert_int_equal(v_len(all), 1);
	v_unref(all);
	static const struct { const char *user; size_t n; } rows[] = { { "anna", 1 }, { "anna", 0 }, { "bert", 1 }, { "", 1 },
		{ "bert", 0 } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		all = tasks_events(ts, rows[i].user);
		assert_int_equal(v_len(all), rows[i].n);
		v_unref(all);
	}
	assert_null(task_status(ts, "nope"));
	assert_null(task_event_log(ts, "nope"));
	assert_null(task_event_log(ts, "../../../etc/passwd"));
	tasks_free(ts);
}

static atomic_int running;

static int waits(struct task *t, void *arg, struct err *e)
{
	(void)arg;
	atomic_fetch_add(&running, 1);
	while (!task_cancelled(t))
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	atomic_fetch_sub(&running, 1);
	return err_set(e, CB_ESTATE, "cancelled");
}

static void test_lines_are_told_while_they_are_held(void **state)
{
	(void)state;
	struct tasks *ts = tasks_new();
	char st[32];
	char *id = task_start(ts, "slow", "Slow", waits, NULL, NULL);
	while (atomic_load(&running) == 0)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	char *name = xasprintf("/var/log/cobbler/tasks/%s.log", id), *path = path_of(name);
	struct value *log = task_event_log(ts, id);
	assert_non_null(strstr(v_cstr(log), "start_task(slow)"));
	assert_int_equal(access(path, F_OK), -1);            /* nothing to wait for yet: not written */
	v_unref(log);
	assert_true(task_cancel(ts, id));
	assert_string_equal(wait_for(ts, id, st), "failed");
	log = task_event_log(ts, id);
	assert_true(str_ends(v_cstr(log), "### TASK FAILED ###\n"));
	v_unref(log);
	tasks_free(ts);                                      /* waits for the thread */
	struct strbuf b = { 0 };
	struct err e;
	assert_int_equal(file_read(AT_FDCWD, path, 1 << 20, &b, &e), CB_OK);
	assert_non_null(strstr(sb_str(&b), "start_task(slow)"));
	assert_true(str_ends(sb_str(&b), "### TASK FAILED ###\n"));
	sb_free(&b);
	free(name);
	free(path);
	free(id);
}

static void test_no_more_run_than_allowed(void **state)
{
	(void)state;
	struct tasks *ts = tasks_new();
	char *ids[TASKS_RUNNING + TASKS_WAITING + 1], st[32];
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		ids[i] = task_start(ts, "x", "X", waits, NULL, NULL);
	assert_string_equal(state_of(ts, ids[ARRAY_LEN(ids) - 1], st), "failed");
	for (int i = 0; i < PATIENCE_MS && atomic_load(&running) < TASKS_RUNNING; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	assert_int_equal(atomic_load(&running), TASKS_RUNNING);
	for (size_t i = 0; i + 1 < ARRAY_LEN(ids); i++)
		assert_true(task_cancel(ts, ids[i]));
	for (size_t i = 0; i + 1 < ARRAY_LEN(ids); i++)
		assert_string_equal(wait_for(ts, ids[i], st), "failed");
	assert_false(task_cancel(ts, ids[0]));
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		free(ids[i]);
	tasks_free(ts);
}

static _Atomic double wall = 1e9;

static double wall_clock(void)
{
	return atomic_load(&wall);
}

static int says_much(struct task *t, void *arg UNUSED, struct err *e UNUSED)
{
	task_many_lines(t, true);
	task_log(t, "before");
	atomic_store(&wall, 1e9 - 3600);
	task_log(t, "after");
	while (!task_cancelled(t))
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	return CB_OK;
}

static void test_a_clock_that_is_set_back_keeps_no_lines(void **state)
{
	(void)state;
	struct tasks *ts = tasks_new();
	char st[32];
	bool there = false;
	clock_set_for_test(wall_clock, NULL);
	char *id = task_start(ts, "x", "X", says_much, NULL, NULL);
	char *name = xasprintf("/var/log/cobbler/tasks/%s.log", id), *path = path_of(name);
	for (int i = 0; i < PATIENCE_MS && !there; i++) {
		struct strbuf b = { 0 };
		struct err e;
		there = file_read(AT_FDCWD, path, 1 << 20, &b, &e) == CB_OK && strstr(sb_str(&b), "after") != NULL;
		sb_free(&b);
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	assert_true(there);
	assert_true(task_cancel(ts, id));
	wait_for(ts, id, st);
	clock_set_for_test(NULL, NULL);
	free(name);
	free(path);
	free(id);
	tasks_free(ts);
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;
	for (const char *at = text; (at = strstr(at, what)) != NULL; at += strlen(what))
		n++;
	return n;
}

/* The end of a task is in the daemon's log a second time where it lies on two pages, and only there. */
static void test_an_end_across_pages_is_written_twice(void **state)
{
	(void)state;
	struct tasks *ts = tasks_new();
	struct strbuf b = { 0 };
	struct err e;
	char st[32], *path = path_of("/var/log/cobbler/cobbler.log");
	size_t whole = 0, twice = 0;
	assert_int_equal(log_open(path), 0);
	for (int i = 0; i < 40; i++) {
		int *arg = xcalloc(1, sizeof(*arg));
		char *id = task_start(ts, "x", "X", works, arg, free);
		assert_string_equal(wait_for(ts, id, st), "complete");
		free(id);
	}
	tasks_free(ts);
	assert_int_equal(file_read(AT_FDCWD, path, 1 << 20, &b, &e), CB_OK);
	for (const char *at = sb_str(&b), *nl; (nl = strchr(at, '\n')) != NULL; at = nl + 1) {
		char *line = xstrndup(at, (size_t)(nl - at));
		size_t from = (size_t)(at - sb_str(&b)), to = (size_t)(nl - sb_str(&b));
		if (strstr(line, "### TASK COMPLETE ###") != NULL && from / 4096 == to / 4096)
			whole++;                                     /* each task has one that is read in one piece */
		else if (strstr(line, "### TASK COMPLETE ###") != NULL)
			twice += count(sb_str(&b), line) == 2;
		free(line);
	}
	assert_int_equal(whole, 40);
	assert_int_equal(count(sb_str(&b), "### TASK COMPLETE ###"), 40 + twice);
	assert_true(twice > 0);
	sb_free(&b);
	free(path);
}

static void test_a_pre_trigger_can_stop_a_task(void **state)
{
	(void)state;
	struct tasks *ts = tasks_new();
	struct err e;
	char st[32], *dir = path_of("/var/lib/cobbler/triggers/task/no/pre"), *path = xasprintf("%s/1", dir);
	assert_int_equal(dir_make(dir, 0755, &e), CB_OK);
	assert_int_equal(file_replace(-100, path, "#!/bin/sh\nexit 4\n", 17, 0755, &e), CB_OK);
	int *arg = xcalloc(1, sizeof(*arg));
	char *id = task_start(ts, "no", "No", works, arg, free);
	assert_string_equal(wait_for(ts, id, st), "failed");
	struct value *log = task_event_log(ts, id);
	assert_non_null(strstr(v_cstr(log), "returns 4"));
	assert_null(strstr(v_cstr(log), "found"));
	v_unref(log);
	free(id);
	free(dir);
	free(path);
	tasks_free(ts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_has_cobblers_form),
		cmocka_unit_test(test_a_failure_is_told),
		cmocka_unit_test(test_only_the_end_looks_like_the_end),
		cmocka_unit_test(test_a_name_is_no_path),
		cmocka_unit_test(test_events_are_seen_once_by_each_user),
		cmocka_unit_test(test_lines_are_told_while_they_are_held),
		cmocka_unit_test(test_no_more_run_than_allowed),
		cmocka_unit_test(test_a_clock_that_is_set_back_keeps_no_lines),
		cmocka_unit_test(test_an_end_across_pages_is_written_twice),
		cmocka_unit_test(test_a_pre_trigger_can_stop_a_task),
	};
	return cmocka_run_group_tests(tests, root_make, root_remove);
}
