/* SPDX-License-Identifier: GPL-2.0-or-later
 * workers.c - a bounded pool of threads behind the HTTP event loops, so that a call that renders, saves or waits for
 * a trigger never holds up another connection.
 */
#include <pthread.h>
#include <stdlib.h>

#include "base/blocking.h"
#include "base/log.h"
#include "http/internal.h"

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t wake, ended;
	struct request *head, **tail;
	size_t queued;
	size_t threads, blocked;   /* of threads: those that wait for something outside */
	bool stop;
	void (*fn)(struct request *);
};

static bool start_thread(struct workers *w);

/* While workers wait for something outside, others take their places: that many more threads, within a limit. */
static void on_blocking(void *arg, int delta)
{
	struct workers *w = arg;
	pthread_mutex_lock(&w->lock);
	w->blocked = delta > 0 ? w->blocked + 1 : w->blocked - 1;
	if (w->threads - w->blocked < HTTP_WORKERS && w->threads < HTTP_WORKERS_MAX && !w->stop && !start_thread(w))
		log_warn("http", "cannot start another worker thread: calls wait");
	if (w->threads - w->blocked > HTTP_WORKERS)
		pthread_cond_signal(&w->wake);           /* one too many may end */
	pthread_mutex_unlock(&w->lock);
}

/* Locked. The next request, or NULL when the thread is to end: at the end of all, or because there are enough others. */
static struct request *next_request(struct workers *w)
{
	while (w->head == NULL && !w->stop && w->threads - w->blocked <= HTTP_WORKERS)
		pthread_cond_wait(&w->wake, &w->lock);
	struct request *req = w->head;
	if (req == NULL)
		return NULL;
	w->head = req->next;
	if (w->head == NULL)
		w->tail = &w->head;
	w->queued--;
	return req;
}

static void *work(void *arg)
{
	struct workers *w = arg;
	blocking_register(on_blocking, w);
	pthread_mutex_lock(&w->lock);
	for (struct request *req; (req = next_request(w)) != NULL; ) {
		pthread_mutex_unlock(&w->lock);
		w->fn(req);
		req->done = true;
		MHD_resume_connection(req->conn);
		pthread_mutex_lock(&w->lock);
	}
	w->threads--;
	pthread_cond_broadcast(&w->ended);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* Locked. */
static bool start_thread(struct workers *w)
{
	pthread_t t;
	if (pthread_create(&t, NULL, work, w) != 0)
		return false;
	pthread_detach(t);
	w->threads++;
	return true;
}

struct workers *workers_new(void (*fn)(struct request *))
{
	struct workers *w = xcalloc(1, sizeof(*w));
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	pthread_cond_init(&w->ended, NULL);
	w->tail = &w->head;
	w->fn = fn;
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < HTTP_WORKERS; i++)
		if (!start_thread(w))
			fatal("cannot start an HTTP worker thread");
	pthread_mutex_unlock(&w->lock);
	return w;
}

bool workers_submit(struct workers *w, struct request *req)
{
	pthread_mutex_lock(&w->lock);
	bool ok = w->queued < HTTP_QUEUE && !w->stop;
	if (ok) {
		MHD_suspend_connection(req->conn);
		req->next = NULL;
		*w->tail = req;
		w->tail = &req->next;
		w->queued++;
		pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	return ok;
}

void workers_free(struct workers *w)
{
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_broadcast(&w->wake);
	while (w->threads > 0)
		pthread_cond_wait(&w->ended, &w->lock);
	pthread_mutex_unlock(&w->lock);
	pthread_cond_destroy(&w->ended);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
