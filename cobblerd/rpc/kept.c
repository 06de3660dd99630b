/* SPDX-License-Identifier: GPL-2.0-or-later
 * kept.c - the lists of all items of a type, packed, in pieces that are kept: after an edit only the piece that it touched is made anew.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "rpc/internal.h"

/* Items of a piece. Each piece costs one item written out, since nothing stands behind it that it could repeat. */
#define PIECE_LEAST 64
#define PIECE_MOST 256
#define KEPT_MOST (256u << 20)            /* bytes of one list, some 250,000 systems; of longer ones nothing is kept */

/* Items that stood together in a list, packed. marks: of each item, with whether its secrets are shown. closed: it ends there because of
 * its items, not because the list did. */
struct piece { atomic_int refs; bool closed; size_t n; uint64_t *marks; struct strbuf text; struct gzip_sum sum; };

static void piece_unref(struct piece *p)
{
	if (atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
		return;
	sb_free(&p->text);
	free(p->marks);
	free(p);
}

static void drop(struct kept_list *k)
{
	for (size_t i = 0; i < k->n; i++)
		piece_unref(k->v[i]);
	free(k->v);
	*k = (struct kept_list){ 0 };
}

static struct kept_list share(const struct kept_list *k)
{
	struct kept_list copy = { .v = k->n != 0 ? xcalloc(k->n, sizeof(struct piece *)) : NULL, .n = k->n };
	for (size_t i = 0; i < k->n; i++) {
		copy.v[i] = k->v[i];
		atomic_fetch_add_explicit(&copy.v[i]->refs, 1, memory_order_relaxed);
	}
	return copy;
}

static void push(struct kept_list *k, struct piece *p)
{
	if ((k->n & (k->n - 1)) == 0)
		k->v = xreallocarray(k->v, k->n == 0 ? 1 : k->n * 2, sizeof(struct piece *));
	k->v[k->n++] = p;
}

static uint64_t mark(struct call *c, const struct item *it) { return item_serial(it) << 1 | secrets_shown(c, it); }

static bool matches(struct call *c, const struct piece *p, const struct item_list *l, size_t from)
{
	if (p->n > l->n - from || (!p->closed && p->n != l->n - from))
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (p->marks[i] != mark(c, l->v[from + i]))
			return false;
	return true;
}

/* Where a piece ends depends on the names around there only: one that is added or removed changes one piece, or two. */
static size_t piece_end(const struct item_list *l, size_t from, bool *closed)
{
	size_t n = l->n - from;
	*closed = true;
	for (size_t i = 1; i <= n; i++) {
		const char *name = item_name(l->v[from + i - 1]);
		if (i == PIECE_MOST || (i >= PIECE_LEAST && hash_bytes(name, strlen(name)) % PIECE_LEAST == 0))
			return from + i;
	}
	*closed = false;
	return l->n;
}

static int make_piece(struct call *c, const struct item_list *l, size_t from, struct piece **ret, struct err *e)
{
	struct piece *p = xcalloc(1, sizeof(*p));
	atomic_init(&p->refs, 1);
	p->n = piece_end(l, from, &p->closed) - from;
	p->marks = xcalloc(p->n, sizeof(*p->marks));
	for (size_t i = 0; i < p->n; i++)
		p->marks[i] = mark(c, l->v[from + i]);
	int rc = stream_part(&p->text, c, l->v + from, p->n, &p->sum, e);
	if (rc == CB_OK) {
		*ret = p;
		return rc;
	}
	piece_unref(p);
	return rc;
}

/* The pieces of the list: those of old that still hold, the others new. */
static int fit(struct call *c, const struct item_list *l, const struct kept_list *old, struct kept_list *now, struct err *e)
{
	size_t k = 0;
	for (size_t i = 0; i < l->n; i += now->v[now->n - 1]->n) {
		struct piece *p = NULL;
		uint64_t first = mark(c, l->v[i]);
		size_t at = k;
		while (at < old->n && old->v[at]->marks[0] != first)
			at++;
		if (at < old->n && matches(c, old->v[at], l, i)) {
			p = old->v[at];
			atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
			k = at + 1;
		} else if (make_piece(c, l, i, &p, e) != CB_OK) {
			return e->code;
		}
		push(now, p);
	}
	return CB_OK;
}

/* Returns the bytes of the pieces. */
static size_t put_list(struct strbuf *out, const struct kept_list *k)
{
	struct gzip_sum sum = { 0 };
	size_t bytes = 0;
	for (size_t i = 0; i < k->n; i++)
		bytes += k->v[i]->text.len;
	sb_reserve(out, bytes + 1024);
	stream_begin(out, &sum);
	for (size_t i = 0; i < k->n; i++) {
		sb_add(out, k->v[i]->text.p, k->v[i]->text.len);
		gzip_add(&sum, k->v[i]->sum);
	}
	stream_end(out, &sum);
	return bytes;
}

int stream_kept(struct strbuf *out, struct call *c, const struct item_list *l, struct err *e)
{
	struct rpc *r = c->r;
	struct kept_list *kept = &r->lists[item_type(l->v[0])][secrets_shown(c, l->v[0])], old, now = { 0 };
	pthread_mutex_lock(&r->lists_lock);
	old = share(kept);
	pthread_mutex_unlock(&r->lists_lock);
	int rc = fit(c, l, &old, &now, e);
	drop(&old);
	if (rc != CB_OK) {
		drop(&now);
		return rc;
	}
	bool keep = put_list(out, &now) <= KEPT_MOST;
	pthread_mutex_lock(&r->lists_lock);
	old = keep ? *kept : now;
	if (keep)
		*kept = now;
	pthread_mutex_unlock(&r->lists_lock);
	drop(&old);
	return CB_OK;
}

void lists_free(struct rpc *r)
{
	for (size_t t = 0; t < ITEM_TYPES; t++) {
		drop(&r->lists[t][0]);
		drop(&r->lists[t][1]);
	}
}
