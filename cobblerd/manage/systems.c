/* SPDX-License-Identifier: GPL-2.0-or-later
 * systems.c - the files of all systems, made and written by several threads at once. The log, the first failure, what DHCP servers are told
 * and whose file it is that several systems want are as if there were no threads.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "manage/internal.h"

#define LANES 8                  /* threads, at most */
#define CHUNK 32                 /* systems that a thread takes at a time */
#define RING (2 * LANES)         /* chunks that may wait to be taken in order */

/* What came of one system. */
struct one { struct boot_target t; int rc; struct err e; };
struct chunk { struct one v[CHUNK]; struct strbuf lines; bool done; };

struct many {
	struct sync *s;
	struct item_list l;
	pthread_mutex_t lock;
	pthread_cond_t change;
	size_t chunks, next, taken, ahead;   /* ahead: how many chunks may wait to be taken */
	bool stop;
	struct chunk ring[RING];
};

/* A thread with a sync of its own, as far as writing systems goes. */
struct lane { struct sync s; struct many *m; pthread_t thread; };

static size_t chunk_size(const struct many *m, size_t c)
{
	size_t left = m->l.n - c * CHUNK;
	return left < CHUNK ? left : CHUNK;
}

static void write_chunk(struct sync *s, struct many *m, size_t c)
{
	struct chunk *k = &m->ring[c % RING];
	s->lines = &k->lines;
	for (size_t i = 0; i < chunk_size(m, c); i++) {
		struct one *o = &k->v[i];
		o->rc = write_system(s, m->l.v[c * CHUNK + i], &o->t, &o->e);
		if (o->rc == CB_OK && m->s->dhcp == NULL)
			boot_target_clear(&o->t);
	}
	s->lines = NULL;
}

static void *run_lane(void *arg)
{
	struct lane *lane = arg;
	struct many *m = lane->m;
	pthread_mutex_lock(&m->lock);
	while (!m->stop && m->next < m->chunks) {
		if (m->next - m->taken >= m->ahead) {
			pthread_cond_wait(&m->change, &m->lock);
			continue;
		}
		size_t c = m->next++;
		pthread_mutex_unlock(&m->lock);
		write_chunk(&lane->s, m, c);
		pthread_mutex_lock(&m->lock);
		m->ring[c % RING].done = true;
		pthread_cond_broadcast(&m->change);
	}
	pthread_mutex_unlock(&m->lock);
	return NULL;
}

static void take_one(struct sync *s, const struct item *sys, struct one *o)
{
	if (o->rc == CB_OK && s->dhcp != NULL) {
		o->rc = dhcp_collect(s->dhcp, s, &o->t, &o->e);
		boot_target_clear(&o->t);
	}
	if (o->rc != CB_OK)
		note_failure(s, sys, &o->e);
}

static void take_chunk(struct many *m, size_t c)
{
	struct chunk *k = &m->ring[c % RING];
	for (char *line = k->lines.p, *end; line != NULL && (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		say(m->s, "%s", line);
	}
	sb_truncate(&k->lines, 0);
	for (size_t i = 0; i < chunk_size(m, c); i++)
		take_one(m->s, m->l.v[c * CHUNK + i], &k->v[i]);
}

static int take_all(struct many *m, struct err *e)
{
	int rc = CB_OK;
	pthread_mutex_lock(&m->lock);
	while (m->taken < (m->stop ? m->next : m->chunks)) {
		if (!m->ring[m->taken % RING].done) {
			pthread_cond_wait(&m->change, &m->lock);
			continue;
		}
		pthread_mutex_unlock(&m->lock);
		take_chunk(m, m->taken);
		bool cancelled = m->s->t != NULL && task_cancelled(m->s->t);
		pthread_mutex_lock(&m->lock);
		m->ring[m->taken++ % RING].done = false;
		m->stop |= cancelled;
		pthread_cond_broadcast(&m->change);
	}
	if (m->stop)
		rc = err_set(e, CB_EBUSY, "the sync was cancelled");
	pthread_mutex_unlock(&m->lock);
	return rc;
}

static int compare_index(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	return x < y ? -1 : x > y;
}

/* Where two systems want the same file (of a MAC that both have, say), the last one counts, whichever thread was faster. */
static void write_again(struct many *m, const struct value *names)
{
	struct strbuf unsaid = { 0 };
	size_t *at = xcalloc(v_len(names) + 1, sizeof(*at)), n = 0;
	for (size_t i = 0; i < m->l.n && n < v_len(names); i++)
		if (v_list_has_str(names, item_name(m->l.v[i])))
			at[n++] = i;
	if (n > 0)
		qsort(at, n, sizeof(*at), compare_index);
	m->s->lines = &unsaid;
	for (size_t i = 0; i < n; i++) {
		struct one o = { 0 };
		if (write_system(m->s, m->l.v[at[i]], &o.t, &o.e) == CB_OK)
			boot_target_clear(&o.t);
	}
	m->s->lines = NULL;
	sb_free(&unsaid);
	free(at);
}

static size_t start_lanes(struct many *m, struct lane *lanes)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = 0;
	m->ahead = RING;
	while (n < LANES && n < (size_t)(cpus > 1 ? cpus : 0) && n < m->chunks) {
		struct lane *lane = &lanes[n];
		*lane = (struct lane){ .m = m };
		boot_begin(&lane->s.r, m->s->r.c);
		lane->s.r.many = true;
		tree_lane(&lane->s.tree, &m->s->tree, (unsigned)n + 1);
		if (pthread_create(&lane->thread, NULL, run_lane, lane) != 0) {
			tree_join(&m->s->tree, &lane->s.tree, NULL);
			boot_end(&lane->s.r);
			break;
		}
		n++;
	}
	return n;
}

static int write_by_lanes(struct many *m, struct lane *lanes, size_t n, struct err *e)
{
	struct value *twice CLEANUP(v_unrefp) = v_list();
	int rc = take_all(m, e);
	for (size_t i = 0; i < n; i++) {
		pthread_join(lanes[i].thread, NULL);
		tree_join(&m->s->tree, &lanes[i].s.tree, twice);
		boot_end(&lanes[i].s.r);
	}
	if (rc == CB_OK && v_len(twice) > 0)
		write_again(m, twice);
	return rc;
}

static int write_one_by_one(struct many *m, struct err *e)
{
	for (size_t c = 0; c < m->chunks; c++) {
		write_chunk(m->s, m, c);
		take_chunk(m, c);
		if (m->s->t != NULL && task_cancelled(m->s->t))
			return err_set(e, CB_EBUSY, "the sync was cancelled");
	}
	return CB_OK;
}

int write_systems(struct sync *s, struct err *e)
{
	struct lane lanes[LANES];
	struct many *m = xcalloc(1, sizeof(*m));
	m->s = s;
	m->l = model_items(s->r.c->model, ITEM_SYSTEM);
	m->chunks = (m->l.n + CHUNK - 1) / CHUNK;
	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->change, NULL);
	say(s, "generating PXE configuration files");
	size_t n = m->chunks > 1 ? start_lanes(m, lanes) : 0;
	int rc = n > 0 ? write_by_lanes(m, lanes, n, e) : write_one_by_one(m, e);
	for (size_t i = 0; i < RING; i++)
		sb_free(&m->ring[i].lines);
	pthread_cond_destroy(&m->change);
	pthread_mutex_destroy(&m->lock);
	item_list_free(&m->l);
	free(m);
	return rc;
}
