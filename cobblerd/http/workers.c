/* SPDX-License-Identifier: GPL-2.0-or-later
 * workers.c - a bounded pool of threads behind the HTTP event loops, so that a call that renders, saves or waits for
 * a trigger never holds up another connection.
 */
#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "http/internal.h"

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct request *head, **tail;
	size_t queued;
	bool stop;
	void (*fn)(struct request *);
	pthread_t threads[HTTP_WORKERS];
};

static void *work(void *arg)
{
	struct workers *w = arg;
	for (;;) {
		pthread_mutex_lock(&w->lock);
		while (w->head == NULL && !w->stop)
			pthread_cond_wait(&w->wake, &w->lock);
		struct request *req = w->head;
		if (req == NULL) {
			pthread_mutex_unlock(&w->lock);
			return NULL;
		}
		w->head = req->next;
		if (w->head == NULL)
			w->tail = &w->head;
		w->queued--;
		pthread_mutex_unlock(&w->lock);
		w->fn(req);
		req->done = true;
		MHD_resume_connection(req->conn);
	}
}

struct workers *workers_new(void (*fn)(struct request *))
{
	struct workers *w = xcalloc(1, sizeof(*w));
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	w->tail = &w->head;
	w->fn = fn;
	for (size_t i = 0; i < HTTP_WORKERS; i++)
		if (pthread_create(&w->threads[i], NULL, work, w) != 0)
			fatal("cannot start an HTTP worker thread");
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
	pthread_mutex_unlock(&w->lock);
	for (size_t i = 0; i < HTTP_WORKERS; i++)
		pthread_join(w->threads[i], NULL);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
