/* SPDX-License-Identifier: GPL-2.0-or-later
 * rate.c - how much an address may do without a token: a bucket of each kind, which fills up again with time. What an address did not use
 * is forgotten, and so are the addresses that were quiet longest when there are too many; of IPv6, a /64 counts as one.
 */
#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "rpc/internal.h"

#define ADDRESSES_MAX 4096

static const struct { const char *what; double burst, per_second; } kinds[RATES] = {
	[RATE_LOGIN] = { "failed logins", 30, 0.5 },
	[RATE_REPORT] = { "reports of installations", 200, 10 },
	[RATE_UPLOAD] = { "pieces of logs", 1000, 100 },
};

struct rate { int64_t at_ms; double used[RATES]; };

void rates_free(struct rpc *r)
{
	void *v;
	for (size_t i = 0; map_next(&r->rates, &i, NULL, &v); )
		free(v);
	map_free(&r->rates);
}

static void key_of(const char *peer, char out[64])
{
	unsigned char a[16];
	if (strchr(peer, ':') != NULL && inet_pton(AF_INET6, peer, a) == 1)
		snprintf(out, 64, "%02x%02x:%02x%02x:%02x%02x:%02x%02x::/64", a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
	else
		snprintf(out, 64, "%s", peer);
}

/* Locked. */
static void drop_quietest(struct rpc *r)
{
	const char *key, *victim = NULL;
	int64_t oldest = INT64_MAX;
	void *v;
	for (size_t i = 0; map_next(&r->rates, &i, &key, &v); )
		if (((struct rate *)v)->at_ms < oldest) {
			oldest = ((struct rate *)v)->at_ms;
			victim = key;
		}
	if (victim != NULL)
		free(map_del(&r->rates, victim));
}

static struct rate *rate_of(struct rpc *r, const char *key, int64_t now)
{
	struct rate *p = map_get(&r->rates, key);
	if (p == NULL) {
		if (r->rates.live >= ADDRESSES_MAX)
			drop_quietest(r);
		p = xcalloc(1, sizeof(*p));
		map_put(&r->rates, key, p);
	}
	for (size_t i = 0; i < RATES; i++)
		p->used[i] = fmax(0, p->used[i] - (double)(now - p->at_ms) / 1000 * kinds[i].per_second);
	p->at_ms = now;
	return p;
}

int rate_take(struct call *c, enum rate_kind kind, double n, struct err *e)
{
	struct rpc *r = c->r;
	struct value *cfg CLEANUP(v_unrefp) = settings_daemon(r->core->settings);
	char key[64];
	if (c->local || !v_dict_bool(cfg, "anonymous_limits", true))
		return CB_OK;
	key_of(c->peer, key);
	pthread_mutex_lock(&r->lock);
	struct rate *p = rate_of(r, key, clock_mono_ms());
	double over = p->used[kind] + 1 - kinds[kind].burst;
	if (over <= 0)
		p->used[kind] += n;
	pthread_mutex_unlock(&r->lock);
	if (over <= 0)
		return CB_OK;
	return err_set(e, CB_ELIMIT, "too many %s from %s: try again in %.0f s", kinds[kind].what, key,
		ceil(over / kinds[kind].per_second));
}
