/* SPDX-License-Identifier: GPL-2.0-or-later
 * restart.c - external servers read their new files: each is restarted once for all syncs that wrote meanwhile, and never in a storm
 * (systemd refuses to start a unit for good that is restarted too often).
 */
#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "base/spawn.h"
#include "manage/internal.h"

#define BETWEEN_SECONDS 3          /* systemd's default: 5 starts in 10 seconds */

/* Each restart covers the requests that were made before it began. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t asked, covered;   /* requests: made; done by restarts that have ended */
	unsigned wanted;           /* by requests that no restart has taken up */
	bool running;
	struct timespec next;      /* no restart before */
	int last;                  /* what the last restart came to */
	struct err error;
} restarts = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

/* A configuration that dhcpd refuses would take the running server away. */
static int test_dhcpd(const char *conf, const char *family, struct strbuf *output, struct err *e)
{
	const char *const argv[] = { "dhcpd", "-t", "-q", family, "-cf", conf, NULL };
	struct spawn sp = { .argv = argv, .timeout_ms = 60000, .max_output = 65536, .output = output };
	int status;
	int rc = spawn_run(&sp, &status, e);
	if (rc == CB_OK && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		rc = err_set(e, CB_EINVAL, "Testing config - dhcpd -t failed: %s", sb_str(output));
	return rc;
}

static int restart_now(struct core *c, unsigned daemons, struct strbuf *output, struct err *e)
{
	const struct host_layout *h = host_layout();
	int rc = CB_OK;
	if (daemons & HOST_DHCPD)
		rc = test_dhcpd(h->dhcpd_conf, "-4", output, e);
	if (rc == CB_OK && (daemons & HOST_DHCPD6))
		rc = test_dhcpd(h->dhcpd6_conf, "-6", output, e);
	return rc == CB_OK ? privileged_restart(c->privileged, daemons, output, e) : rc;
}

/* Called and returns with the lock held: takes up all that is wanted when the time has come. */
static void take_turn(struct core *c, struct strbuf *output)
{
	if (pthread_cond_clockwait(&restarts.changed, &restarts.lock, CLOCK_MONOTONIC, &restarts.next) != ETIMEDOUT || restarts.running ||
		restarts.wanted == 0)
		return;
	uint64_t covers = restarts.asked;
	unsigned daemons = restarts.wanted;
	struct err e = { .code = CB_OK };
	restarts.wanted = 0;
	restarts.running = true;
	pthread_mutex_unlock(&restarts.lock);
	int rc = restart_now(c, daemons, output, &e);
	pthread_mutex_lock(&restarts.lock);
	restarts.running = false;
	restarts.covered = covers;
	restarts.last = rc;
	restarts.error = e;
	clock_gettime(CLOCK_MONOTONIC, &restarts.next);
	restarts.next.tv_sec += BETWEEN_SECONDS;
	pthread_cond_broadcast(&restarts.changed);
}

int restart_daemons(struct core *c, unsigned daemons, struct strbuf *output, struct err *e)
{
	pthread_mutex_lock(&restarts.lock);
	uint64_t mine = ++restarts.asked;
	restarts.wanted |= daemons;
	while (restarts.covered < mine) {
		if (restarts.running)
			pthread_cond_wait(&restarts.changed, &restarts.lock);
		else
			take_turn(c, output);
	}
	int rc = restarts.last;
	if (rc != CB_OK && e != NULL)
		*e = restarts.error;
	pthread_mutex_unlock(&restarts.lock);
	return rc;
}

/* What a task that has not begun will restart. */
static struct { pthread_mutex_t lock; unsigned wanted; } later = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int run_later(struct task *t, void *core, struct err *e)
{
	struct strbuf output = { 0 };
	pthread_mutex_lock(&later.lock);
	unsigned daemons = later.wanted;
	later.wanted = 0;
	pthread_mutex_unlock(&later.lock);
	int rc = restart_daemons(core, daemons, &output, e);
	if (output.len > 0)
		task_log(t, "%s", sb_str(&output));
	sb_free(&output);
	return rc;
}

void restart_later(struct core *c, unsigned daemons)
{
	static struct once once = { .role = "restart", .name = "Restart of external servers", .fn = run_later,
		.lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_mutex_lock(&later.lock);
	later.wanted |= daemons;
	pthread_mutex_unlock(&later.lock);
	once_start(&once, c);
}

unsigned daemons_to_restart(struct sync *s, bool for_dhcp, bool for_dns)
{
	const struct value *st = s->r.settings;
	bool dhcp = for_dhcp && v_dict_bool(st, "manage_dhcp", false) && v_dict_bool(st, "restart_dhcp", true);
	bool dns = for_dns && v_dict_bool(st, "manage_dns", false) && v_dict_bool(st, "restart_dns", true);
	unsigned daemons = 0;
	/* never for a tree under another root */
	if (*path_root() != '\0')
		return 0;
	if ((dhcp && dhcp_is_dnsmasq(s)) || (dns && dns_is_dnsmasq(s)))
		daemons |= HOST_DNSMASQ;
	if (dhcp && !dhcp_is_dnsmasq(s) && v_dict_bool(st, "manage_dhcp_v4", false))
		daemons |= HOST_DHCPD;
	if (dhcp && !dhcp_is_dnsmasq(s) && v_dict_bool(st, "manage_dhcp_v6", false))
		daemons |= HOST_DHCPD6;
	if (dns && dns_is_bind(s))
		daemons |= HOST_NAMED;
	return daemons;
}
