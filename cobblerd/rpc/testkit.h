/* SPDX-License-Identifier: GPL-2.0-or-later
 * testkit.h - calls of methods as JSON, on a core in a root of its own. Each test program includes it once.
 */
#ifndef RPC_TESTKIT_H
#define RPC_TESTKIT_H
#include <time.h>

#include "base/testkit.h"
#include "base/clock.h"
#include "rpc/internal.h"
#include "value/json.h"

static struct core core;
static struct rpc *rpc;
static _Atomic double wall_now = 1800000000.0, passed;

static inline double fake_wall(void)
{
	return wall_now;
}

static inline int64_t fake_mono(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 + (int64_t)(passed * 1e6);
}

/* Time passes. */
static inline void later(double seconds)
{
	wall_now = wall_now + seconds;
	passed = passed + seconds;
}

/* params as JSON; "T" inside it stands for the token. */
static inline int call(const char *method, const char *json, const char *token, struct value **ret, struct err *e)
{
	struct strbuf b = { 0 };
	struct value *params;
	for (const char *s = json; *s != '\0'; s++) {
		if (strncmp(s, "\"T\"", 3) == 0 && token != NULL) {
			sb_addf(&b, "\"%s\"", token);
			s += 2;
		} else {
			sb_addc(&b, *s);
		}
	}
	if (json_parse(b.p, b.len, &params, e) != CB_OK)
		fail_msg("%s: %s", json, e->text);
	sb_free(&b);
	*ret = NULL;
	int rc = rpc_invoke(rpc, method, params, "test", false, ret, e);
	v_unref(params);
	return rc;
}

static inline void expect(const char *method, const char *json, const char *token, const char *want)
{
	struct value *v;
	struct strbuf b = { 0 };
	struct err e;
	if (call(method, json, token, &v, &e) != CB_OK)
		fail_msg("%s%s: %s: %s", method, json, e.cls, e.text);
	json_write(&b, v, JSON_COMPACT);
	if (!str_eq(sb_str(&b), want))
		fail_msg("%s%s: %s, not %s", method, json, sb_str(&b), want);
	sb_free(&b);
	v_unref(v);
}

static inline void expect_fault(const char *method, const char *json, const char *token, const char *cls, const char *text)
{
	struct value *v;
	struct err e = { 0 };
	if (call(method, json, token, &v, &e) == CB_OK)
		fail_msg("%s%s succeeds", method, json);
	if (!str_eq(e.cls, cls) || strstr(e.text, text) == NULL)
		fail_msg("%s%s: %s: %s", method, json, e.cls, e.text);
}

/* A token of the local command line: all rights. */
static inline char *direct_token(void)
{
	struct strbuf b = { 0 };
	struct value *v, *params = v_list();
	struct err e;
	char *path = path_of("/var/lib/cobbler/web.ss");
	assert_int_equal(file_read(-100, path, 65536, &b, &e), CB_OK);
	v_list_push(params, v_str(""));
	v_list_push(params, v_strn(b.p, b.len));
	assert_int_equal(rpc_invoke(rpc, "login", params, "test", false, &v, &e), CB_OK);
	char *token = xstrdup(v_cstr(v));
	v_unref(params);
	v_unref(v);
	sb_free(&b);
	free(path);
	return token;
}

/* The methods on a core of what lies below the root, in a time that stands still. */
static inline int open_rpc(void)
{
	struct err e;
	clock_set_for_test(fake_wall, fake_mono);
	if (core_open(&core, &e) == CB_OK && rpc_open(&core, &rpc, &e) == CB_OK)
		return 0;
	print_error("%s\n", e.text);
	return -1;
}

/* The end of a program's tests. */
static inline int rpc_teardown(void **state)
{
	rpc_close(rpc);
	core_close(&core);
	return root_remove(state);
}

#endif
