/* SPDX-License-Identifier: GPL-2.0-or-later
 * reboot.c - machines that cannot restart by themselves after their installation (postreboot in autoinstall_meta) are switched off and on,
 * a while after they reported its end, so that they can put their file systems in order. compat: installation.post_power
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "power/power.h"
#include "triggers/shipped/internal.h"

#define DELAY_MS 30000
#define WAITING_MAX 10000

struct due { struct due *next; int64_t at; char *name; struct core *core; };

/* All wait for the same time: the first that came is the first that is due. One thread waits for it, as long as there are any. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t change;
	struct due *first, **last;
	size_t n;
	bool running, stop;
	pthread_t thread;
} waiting = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void due_free(void *arg)
{
	struct due *d = arg;
	free(d->name);
	free(d);
}

static int run_reboot(struct task *t, void *arg, struct err *e)
{
	const struct due *d = arg;
	CLEANUP(item_unrefp) struct item *sys = model_get(d->core->model, ITEM_SYSTEM, d->name);
	bool on;
	if (sys == NULL)
		return err_set(e, CB_ENOENT, "there is no system %s any more", d->name);
	int rc = power_system(d->core, t, sys, "reboot", &on, e);
	if (rc == CB_OK)
		task_log(t, "%s is switched off and on after its installation", d->name);
	return rc;
}

/* Some of the time that is left, at most a second: the clock may be a test's. Locked. */
static void wait_a_while(int64_t ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (ms < 1000 ? ms : 999) * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&waiting.change, &waiting.lock, &until);
}

static void *wait_for_them(void *arg UNUSED)
{
	pthread_mutex_lock(&waiting.lock);
	while (!waiting.stop) {
		struct due *d = waiting.first;
		if (d == NULL) {
			pthread_cond_wait(&waiting.change, &waiting.lock);
			continue;
		}
		int64_t left = d->at - clock_mono_ms();
		if (left > 0) {
			wait_a_while(left);
			continue;
		}
		waiting.first = d->next;
		waiting.n--;
		if (waiting.first == NULL)
			waiting.last = &waiting.first;
		pthread_mutex_unlock(&waiting.lock);
		free(task_start(d->core->tasks, "power", "Power management (reboot)", run_reboot, d, due_free));
		pthread_mutex_lock(&waiting.lock);
	}
	pthread_mutex_unlock(&waiting.lock);
	return NULL;
}

/* Locked. */
static bool start_thread(void)
{
	pthread_condattr_t attr;
	if (waiting.running)
		return true;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&waiting.change, &attr);
	pthread_condattr_destroy(&attr);
	waiting.last = &waiting.first;
	waiting.stop = false;
	waiting.running = pthread_create(&waiting.thread, NULL, wait_for_them, NULL) == 0;
	return waiting.running;
}

static void wait_for(struct core *c, const char *name)
{
	struct due *d = xcalloc(1, sizeof(*d));
	d->core = c;
	d->name = xstrdup(name);
	d->at = clock_mono_ms() + DELAY_MS;
	pthread_mutex_lock(&waiting.lock);
	bool taken = waiting.n < WAITING_MAX && start_thread();
	if (taken) {
		*waiting.last = d;
		waiting.last = &d->next;
		waiting.n++;
		pthread_cond_signal(&waiting.change);
	}
	pthread_mutex_unlock(&waiting.lock);
	if (taken)
		return;
	log_error("triggers", "%s is not switched off and on: too many wait for it, or there is no thread", name);
	due_free(d);
}

int reboot_later(void *ctx, const char *const *argv, struct err *e UNUSED)
{
	struct core *c = ctx;
	CLEANUP(item_unrefp) struct item *sys = installed_item(c, argv, ITEM_SYSTEM);
	if (sys == NULL)
		return CB_OK;
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->settings);
	struct value *meta CLEANUP(v_unrefp) = resolve_field(c->model, settings, sys, "autoinstall_meta");
	if (v_dict_get(meta, "postreboot") != NULL)
		wait_for(c, item_name(sys));
	return CB_OK;
}

void reboot_stop(void)
{
	pthread_mutex_lock(&waiting.lock);
	bool running = waiting.running;
	waiting.stop = true;
	if (running)
		pthread_cond_signal(&waiting.change);
	pthread_mutex_unlock(&waiting.lock);
	if (!running)
		return;
	pthread_join(waiting.thread, NULL);
	for (struct due *d = waiting.first, *next; d != NULL; d = next) {
		next = d->next;
		log_warn("triggers", "%s is not switched off and on: the server stops", d->name);
		due_free(d);
	}
	pthread_cond_destroy(&waiting.change);
	waiting.first = NULL;
	waiting.n = 0;
	waiting.running = false;
}
