/* SPDX-License-Identifier: GPL-2.0-or-later
 * watchdog.c - a timer that counts processor time, so that slow disks and networks do not matter.
 */
#include "import/watchdog.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <unistd.h>

#define TICKS 4u

static atomic_uint beats;           /* the core's own threads match patterns too */
static unsigned seen, quiet;
static int answer_fd = -1;

static void on_tick(int sig)
{
	static const char text[] = "{\"error\": \"the media are malformed: reading them does not come to an end\"}\n";
	(void)sig;
	unsigned now = atomic_load_explicit(&beats, memory_order_relaxed);
	quiet = now == seen ? quiet + 1 : 0;
	seen = now;
	if (quiet < TICKS)
		return;
	if (answer_fd >= 0)
		(void)!write(answer_fd, text, sizeof(text) - 1);
	_exit(1);
}

void watchdog_beat(void)
{
	atomic_fetch_add_explicit(&beats, 1, memory_order_relaxed);
}

void watchdog_start(int fd, unsigned seconds)
{
	struct sigaction sa = { .sa_handler = on_tick, .sa_flags = SA_RESTART };
	long us = (long)seconds * 1000000 / TICKS;
	struct timeval tick = { us / 1000000, us % 1000000 };
	struct itimerval it = { tick, tick };
	answer_fd = fd;
	sigaction(SIGPROF, &sa, NULL);
	setitimer(ITIMER_PROF, &it, NULL);
}
