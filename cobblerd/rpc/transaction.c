/* SPDX-License-Identifier: GPL-2.0-or-later
 * transaction.c - transaction_begin, _commit, _abort, as Cobbler 4.0 has them: what a token edits in between is seen by calls with this
 * token alone, and changes the model and the disk in one step, or not at all. An open one belongs to the session: it ends with it, and when
 * it is not used or too old; until the client says commit or abort, edits are refused then, so that none is taken for part of it.
 */
#include <stdlib.h>

#include "base/blocking.h"
#include "base/clock.h"
#include "base/log.h"
#include "core/edit.h"
#include "rpc/internal.h"

struct transaction {
	unsigned refs;                /* atomic */
	pthread_mutex_t lock;         /* held by the one call that changes something */
	struct core core;
	struct desk desk;
	int64_t began, used;          /* seconds; used: atomic */
	bool ended;                   /* by a commit or abort that a call at the same time did not know of; atomic */
};

static struct transaction expired;
struct transaction *const TRANSACTION_EXPIRED = &expired;

static int64_t now_s(void)
{
	return (int64_t)clock_mono_s();
}

bool transaction_too_old(const struct transaction *t)
{
	int64_t now = now_s();
	return now - __atomic_load_n(&t->used, __ATOMIC_RELAXED) > TRANSACTION_IDLE || now - t->began > TRANSACTION_AGE;
}

void transaction_ref(struct transaction *t)
{
	__atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
}

void transaction_unref(struct transaction *t)
{
	if (t == NULL || t == TRANSACTION_EXPIRED || __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	desk_close(&t->desk);
	edit_end(&t->core);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static int expired_fault(struct err *e)
{
	return err_py(e, CB_ESTATE, PY_VALUE,
		"the transaction of this token was dropped after %d seconds without use or %d in all: abort it, or begin another",
		TRANSACTION_IDLE, TRANSACTION_AGE);
}

static int ended_fault(struct err *e)
{
	return err_py(e, CB_ESTATE, PY_VALUE, "the transaction of this token has ended meanwhile");
}

/* Others wait for a commit, which runs triggers. */
static void lock(struct transaction *t)
{
	blocking_begin();
	pthread_mutex_lock(&t->lock);
	blocking_end();
}

static int check_size(struct transaction *t, struct err *e)
{
	if (edit_pending(&t->core) < TRANSACTION_ITEMS && drafts_count(&t->desk) < 2 * TRANSACTION_ITEMS)
		return CB_OK;
	return err_set(e, CB_ELIMIT, "a transaction changes at most %d items: commit this one", TRANSACTION_ITEMS);
}

/* Of a call that changes something. */
static int enter_alone(struct call *c, struct transaction *t, struct err *e)
{
	if (!(c->entry->m->flags & M_QUICK)) {
		lock(t);
		c->alone = true;
	}
	return __atomic_load_n(&t->ended, __ATOMIC_ACQUIRE) ? ended_fault(e) : check_size(t, e);
}

int transaction_enter(struct call *c, struct err *e)
{
	bool changes = c->entry->m->flags & M_CHANGES;
	if (c->token == NULL || __atomic_load_n(&c->r->transactions, __ATOMIC_ACQUIRE) == 0)
		return CB_OK;
	struct transaction *t = session_transaction(c->r, c->token);
	if (t == NULL)
		return CB_OK;
	if (t != TRANSACTION_EXPIRED && transaction_too_old(t)) {
		sessions_expire_transactions(c->r);
		transaction_unref(t);
		t = TRANSACTION_EXPIRED;
	}
	if (t == TRANSACTION_EXPIRED)
		return changes ? expired_fault(e) : CB_OK;
	__atomic_store_n(&t->used, now_s(), __ATOMIC_RELAXED);
	c->transaction = t;
	c->viewed = true;
	c->core = &t->core;
	c->desk = &t->desk;
	return changes ? enter_alone(c, t, e) : CB_OK;
}

void transaction_leave(struct call *c)
{
	if (c->alone)
		pthread_mutex_unlock(&c->transaction->lock);
	transaction_unref(c->transaction);
	c->transaction = NULL;
	c->alone = false;
	c->core = c->r->core;
	c->desk = &c->r->desk;
}

/* Nothing more is edited in it. Takes it; false: it had ended before. */
static bool end(struct transaction *t)
{
	if (t == NULL || t == TRANSACTION_EXPIRED)
		return false;
	lock(t);
	bool was = __atomic_exchange_n(&t->ended, true, __ATOMIC_ACQ_REL);
	pthread_mutex_unlock(&t->lock);
	return !was;
}

/* compat: one that was begun before is dropped */
int rpc_transaction_begin(struct call *c, struct value **ret, struct err *e)
{
	struct transaction *was = session_set_transaction(c->r, c->token, NULL);
	end(was);
	transaction_unref(was);
	if (sessions_expire_transactions(c->r) >= TRANSACTIONS_MAX)
		return err_set(e, CB_ELIMIT, "%d transactions are open: try again later", TRANSACTIONS_MAX);
	struct transaction *t = xcalloc(1, sizeof(*t));
	t->refs = 1;
	t->began = t->used = now_s();
	pthread_mutex_init(&t->lock, NULL);
	edit_begin(&t->core, c->r->core);
	desk_open(&t->desk, &t->core, &c->r->desk);
	transaction_unref(session_set_transaction(c->r, c->token, t));
	*ret = v_bool(true);
	return CB_OK;
}

/* Takes the open transaction off its session. */
static int take(struct call *c, struct transaction **ret, struct err *e)
{
	struct transaction *t = session_set_transaction(c->r, c->token, NULL);
	if (t == NULL)
		return err_py(e, CB_ENOENT, PY_KEY, "no transaction was begun with this token");
	if (t == TRANSACTION_EXPIRED || transaction_too_old(t)) {
		transaction_unref(t);
		return expired_fault(e);
	}
	if (end(t)) {
		*ret = t;
		return CB_OK;
	}
	transaction_unref(t);
	return ended_fault(e);
}

/* compat: what was modified and not saved is committed, too. */
static int save_rest(struct call *c, struct transaction *t, struct err *e)
{
	CLEANUP(item_list_free) struct item_list l = drafts_all(&t->desk);
	int rc = CB_OK;
	for (size_t i = 0; i < l.n && rc == CB_OK; i++) {
		rc = may_save(c, &t->core, l.v[i], e);
		if (rc == CB_OK)
			rc = save_edited(&t->core, l.v[i], false, e);
	}
	return rc;
}

int rpc_transaction_commit(struct call *c, struct value **ret, struct err *e)
{
	CLEANUP(edit_changes_free) struct edit_changes changes = { 0 };
	struct transaction *t = NULL;
	int rc = take(c, &t, e);
	if (rc != CB_OK)
		return rc;
	rc = save_rest(c, t, e);
	size_t n = edit_pending(&t->core);
	if (rc == CB_OK) {
		blocking_begin();
		rc = edit_commit(&t->core, &changes, e);
		blocking_end();
	}
	if (rc == CB_OK) {
		drafts_move(&t->desk, &c->r->desk);
		after_commit(c->r->core, &changes);
		log_info("rpc", "a transaction of %s changed %zu items", c->user, n);
		*ret = v_bool(true);
	}
	transaction_unref(t);
	return rc;
}

int rpc_transaction_abort(struct call *c, struct value **ret, struct err *e)
{
	struct transaction *t = session_set_transaction(c->r, c->token, NULL);
	if (t == NULL)
		return err_py(e, CB_ENOENT, PY_KEY, "no transaction was begun with this token");
	end(t);
	transaction_unref(t);
	*ret = v_bool(true);
	return CB_OK;
}
