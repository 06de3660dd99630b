/* SPDX-License-Identifier: GPL-2.0-or-later
 * session.c - tokens: 36 characters (base64 of 25 random bytes), dropped after the setting auth_token_expiration without use,
 * however the host's clock is set meanwhile.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "rpc/internal.h"

#define DEFAULT_EXPIRY 3600

struct session { double used; char user[AUTH_USER_MAX]; struct transaction *transaction; };

/* Locked. Gives the former one. */
static struct transaction *exchange(struct rpc *r, struct session *s, struct transaction *t)
{
	struct transaction *was = s->transaction;
	s->transaction = t;
	if (was == NULL && t != NULL)
		__atomic_add_fetch(&r->transactions, 1, __ATOMIC_RELEASE);
	else if (was != NULL && t == NULL)
		__atomic_sub_fetch(&r->transactions, 1, __ATOMIC_RELEASE);
	return was;
}

/* An open transaction goes with its session. */
static void free_session(struct rpc *r, struct session *s)
{
	if (s != NULL)
		transaction_unref(exchange(r, s, NULL));
	free(s);
}

void session_free(struct rpc *r)
{
	void *v;
	for (size_t i = 0; map_next(&r->tokens, &i, NULL, &v); )
		free_session(r, v);
	map_free(&r->tokens);
}

static double expiry(struct rpc *r)
{
	struct value *s CLEANUP(v_unrefp) = settings_snapshot(r->core->settings);
	return (double)v_dict_int(s, "auth_token_expiration", DEFAULT_EXPIRY);
}

static int by_use(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* When it is full: drops those that are too old, and the sixteenth that was used longest ago, so that the next ones find room without a
 * search. What is too old counts for nobody before either. Locked. */
static void make_room(struct rpc *r, double max_age)
{
	if (r->tokens.live < TOKENS_MAX)
		return;
	double *used = xcalloc(r->tokens.live, sizeof(*used)), limit = clock_mono_s() - max_age;
	const char *key, **old = xcalloc(r->tokens.live, sizeof(*old));
	size_t n = 0, n_old = 0;
	void *v;
	for (size_t i = 0; map_next(&r->tokens, &i, NULL, &v); )
		used[n++] = ((struct session *)v)->used;
	qsort(used, n, sizeof(*used), by_use);
	if (used[n / 16] > limit)
		limit = used[n / 16];
	for (size_t i = 0; map_next(&r->tokens, &i, &key, &v); )
		if (((struct session *)v)->used <= limit)
			old[n_old++] = key;
	for (size_t i = 0; i < n_old; i++)
		free_session(r, map_del(&r->tokens, old[i]));
	free(used);
	free(old);
}

static void base64_25(char out[TOKEN_LEN + 1])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned char raw[27] = { 0 };
	random_bytes(raw, 25);
	for (size_t i = 0; i < 9; i++) {
		uint32_t w = (uint32_t)raw[3 * i] << 16 | (uint32_t)raw[3 * i + 1] << 8 | raw[3 * i + 2];
		for (size_t k = 0; k < 4; k++)
			out[4 * i + k] = digits[w >> (18 - 6 * k) & 63];
	}
	out[34] = out[35] = '=';
	out[TOKEN_LEN] = '\0';
	explicit_bzero(raw, sizeof(raw));
}

void random_token(char out[TOKEN_LEN + 1])
{
	base64_25(out);
}

int session_new(struct rpc *r, const char *user, char token[TOKEN_LEN + 1], struct err *e)
{
	struct session *s;
	double age = expiry(r);
	if (strlen(user) >= AUTH_USER_MAX)
		return err_set(e, CB_EINVAL, "login failed");
	base64_25(token);
	s = xcalloc(1, sizeof(*s));
	s->used = clock_mono_s();
	memcpy(s->user, user, strlen(user) + 1);
	pthread_mutex_lock(&r->lock);
	make_room(r, age);
	free_session(r, map_put(&r->tokens, token, s));
	pthread_mutex_unlock(&r->lock);
	log_info("rpc", "login: user %s", user);
	return CB_OK;
}

bool session_end(struct rpc *r, const char *token)
{
	pthread_mutex_lock(&r->lock);
	struct session *s = map_del(&r->tokens, token);
	pthread_mutex_unlock(&r->lock);
	bool was = s != NULL;
	free_session(r, s);
	return was;
}

int session_user(struct rpc *r, const struct value *token, char user[AUTH_USER_MAX], struct err *e)
{
	double age = expiry(r), now = clock_mono_s();
	if (!v_is(token, V_STR) || v_len(token) != TOKEN_LEN)
		return err_py(e, CB_EPERM, PY_VALUE, "\"token\" did not have the correct format or type!");
	pthread_mutex_lock(&r->lock);
	struct session *s = map_get(&r->tokens, v_cstr(token));
	if (s != NULL && now - s->used > age) {
		free_session(r, map_del(&r->tokens, v_cstr(token)));
		s = NULL;
	}
	if (s != NULL) {
		s->used = now;
		memcpy(user, s->user, AUTH_USER_MAX);
	}
	pthread_mutex_unlock(&r->lock);
	if (s == NULL)
		return err_set(e, CB_EPERM, "invalid token: %s", v_cstr(token));
	return CB_OK;
}

struct transaction *session_transaction(struct rpc *r, const char *token)
{
	double age = expiry(r), now = clock_mono_s();
	struct transaction *t = NULL;
	pthread_mutex_lock(&r->lock);
	struct session *s = map_get(&r->tokens, token);
	if (s != NULL && now - s->used <= age)
		t = s->transaction;
	if (t != NULL)
		transaction_ref(t);
	pthread_mutex_unlock(&r->lock);
	return t;
}

struct transaction *session_set_transaction(struct rpc *r, const char *token, struct transaction *t)
{
	struct transaction *was = t;
	pthread_mutex_lock(&r->lock);
	struct session *s = map_get(&r->tokens, token);
	if (s != NULL)
		was = exchange(r, s, t);
	pthread_mutex_unlock(&r->lock);
	return was;
}

size_t sessions_expire_transactions(struct rpc *r)
{
	size_t open = 0;
	void *v;
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; map_next(&r->tokens, &i, NULL, &v); ) {
		struct session *s = v;
		if (s->transaction == NULL || s->transaction == TRANSACTION_EXPIRED)
			continue;
		if (transaction_too_old(s->transaction))
			transaction_unref(exchange(r, s, TRANSACTION_EXPIRED));
		else
			open++;
	}
	pthread_mutex_unlock(&r->lock);
	return open;
}
