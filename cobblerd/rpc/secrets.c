/* SPDX-License-Identifier: GPL-2.0-or-later
 * secrets.c - passwords and keys in answers. Cobbler 3.3.7 shows them to anyone who can reach its API. Here a caller without a token sees
 * them only where cobblerd.yaml's anonymous_secrets permits it, and one with a token sees those that he may change. Others read a mark in
 * their place; a mark that a client writes back changes nothing.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "rpc/internal.h"

#define DEPTH_MAX 32             /* levels of an answer that are looked through; what is deeper is not shown */

/* Settings that are secret or may hold user:password; of fields the rows tell. */
static const struct { const char *name; unsigned flag; } settings[] = {
	{ "default_password_crypted", FF_SECRET }, { "ldap_search_passwd", FF_SECRET }, { "nsupdate_tsig_key", FF_SECRET },
	{ "redhat_management_key", FF_SECRET }, { "proxies", FF_CREDENTIALS }, { "proxy_url_ext", FF_CREDENTIALS },
	{ "proxy_url_int", FF_CREDENTIALS },
};

static struct map by_name;             /* name of a field or setting -> its flag; fixed once built */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void build(void)
{
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		map_put(&by_name, settings[i].name, (void *)(uintptr_t)settings[i].flag);
	for (int t = 0; t < ITEM_TYPES; t++) {
		const struct item_table *tab = item_table((enum item_type)t);
		for (size_t i = 0; i < tab->n; i++)
			if (tab->rows[i].flags & (FF_SECRET | FF_CREDENTIALS))
				map_put(&by_name, tab->rows[i].name,
					(void *)(uintptr_t)(tab->rows[i].flags & (FF_SECRET | FF_CREDENTIALS)));
	}
}

__attribute__((destructor)) static void forget(void)
{
	map_free(&by_name);
}

unsigned secret_flags(const char *name)
{
	char buf[64];
	size_t n = 0;
	pthread_once(&once, build);
	/* Searches may spell "_" as "-". */
	for (; name[n] != '\0' && n < sizeof(buf) - 1; n++)
		buf[n] = name[n] == '-' ? '_' : name[n];
	buf[n] = '\0';
	return (unsigned)(uintptr_t)map_get(&by_name, buf);
}

/* scheme://SECRET_MARK@host for scheme://user:password@host, also in the middle of a text (rsync's user@host::module keeps its user). */
static struct value *mask_text(const struct value *v)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	const char *s = v_cstr(v), *scheme;
	bool changed = false;
	while ((scheme = strstr(s, "://")) != NULL) {
		const char *host = scheme + 3, *at = NULL, *end = host + strcspn(host, "/?# \t\n,");
		for (const char *p = host; p < end; p++)
			if (*p == '@')
				at = p;
		sb_add(&b, s, (size_t)(host - s));
		s = host;
		if (at != NULL) {
			sb_adds(&b, SECRET_MARK);
			s = at;
			changed = true;
		}
	}
	if (!changed)
		return v_ref(v);
	sb_adds(&b, s);
	return v_strn(sb_str(&b), b.len);
}

static bool key_is_secret(const char *key)
{
	static const char *const words[] = { "pass", "secret", "token", "key" };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcasestr(key, words[i]) != NULL)
			return true;
	return false;
}

/* Credentials: URLs in text and lists; in a mapping also what its key calls a password. */
static struct value *mask_credentials(const struct value *v)
{
	struct value *out;
	if (v_is(v, V_STR))
		return mask_text(v);
	if (!v_is(v, V_LIST) && !v_is(v, V_DICT))
		return v_ref(v);
	out = v_copy(v);
	for (size_t i = 0; i < v_len(v); i++)
		if (v_is(v, V_LIST))
			v_list_set(out, i, v_is(v_list_at(v, i), V_STR) ? mask_text(v_list_at(v, i)) : v_ref(v_list_at(v, i)));
		else if (v_truthy(v_dict_at(v, i)) && key_is_secret(v_dict_key(v, i)))
			v_dict_set(out, v_dict_key(v, i), v_str(SECRET_MARK));
		else if (v_is(v_dict_at(v, i), V_STR))
			v_dict_set(out, v_dict_key(v, i), mask_text(v_dict_at(v, i)));
	return out;
}

struct value *secret_masked(unsigned flags, const struct value *v)
{
	if (!v_truthy(v) || v_str_is(v, "<<inherit>>"))
		return v_ref(v);
	if (!(flags & FF_SECRET))
		return flags & FF_CREDENTIALS ? mask_credentials(v) : v_ref(v);
	if (!v_is(v, V_LIST))
		return v_str(SECRET_MARK);
	/* A list with a secret in it keeps its length. */
	struct value *list = v_list();
	for (size_t i = 0; i < v_len(v); i++)
		v_list_push(list, v_str(SECRET_MARK));
	return list;
}

static struct value *mask_tree(const struct value *v, unsigned depth)
{
	struct value *out = NULL;
	bool dict = v_is(v, V_DICT);
	if (!dict && !v_is(v, V_LIST))
		return v_ref(v);
	if (depth == 0)
		return v_str(SECRET_MARK);
	for (size_t i = 0; i < v_len(v); i++) {
		const struct value *old = dict ? v_dict_at(v, i) : v_list_at(v, i);
		unsigned flags = dict ? secret_flags(v_dict_key(v, i)) : 0;
		struct value *now = flags != 0 ? secret_masked(flags, old) : mask_tree(old, depth - 1);
		if (now == old) {
			v_unref(now);
			continue;
		}
		if (out == NULL)
			out = v_copy(v);
		if (dict)
			v_dict_set(out, v_dict_key(v, i), now);
		else
			v_list_set(out, i, now);
	}
	return out != NULL ? out : v_ref(v);
}

struct value *secrets_hidden(struct call *c, const struct item *it, struct value *answer)
{
	if (answer == NULL || secrets_shown(c, it))
		return answer;
	struct value *masked = mask_tree(answer, DEPTH_MAX);
	v_unref(answer);
	return masked;
}

/* Asked once a call. */
static void look_at_caller(struct call *c)
{
	struct value *cfg CLEANUP(v_unrefp) = settings_daemon(c->r->core->settings);
	const char *who = v_dict_cstr(cfg, "anonymous_secrets", "local");
	c->secrets_known = true;
	c->secrets_open = str_eq(who, "true") || (str_eq(who, "local") && c->local);
}

/* May the caller see all secrets, of whatever item? */
static bool secrets_all_shown(struct call *c)
{
	if (!c->secrets_known)
		look_at_caller(c);
	return c->secrets_open;
}

bool secrets_shown(struct call *c, const struct item *it)
{
	char resource[64] = "modify_setting";
	struct err e;
	if (secrets_all_shown(c))
		return true;
	if (it != NULL)
		snprintf(resource, sizeof(resource), "modify_%s", item_table(item_type(it))->name);
	return call_has_user(c) && call_may(c, resource, it, &e) == CB_OK;
}

static bool has_mark(const struct value *v)
{
	if (v_is(v, V_STR))
		return strstr(v_cstr(v), SECRET_MARK) != NULL;
	for (size_t i = 0; v_is(v, V_LIST) && i < v_len(v); i++)
		if (has_mark(v_list_at(v, i)))
			return true;
	for (size_t i = 0; v_is(v, V_DICT) && i < v_len(v); i++)
		if (has_mark(v_dict_at(v, i)))
			return true;
	return false;
}

int secret_written_back(const char *name, const struct value *now, const struct value *arg, struct err *e)
{
	unsigned flags = secret_flags(name);
	if (flags == 0 || !has_mark(arg))
		return CB_OK;
	struct value *shown CLEANUP(v_unrefp) = secret_masked(flags, now);
	if (v_equal(shown, arg))
		return SAME_SECRET;
	return err_py(e, CB_EINVAL, PY_VALUE,
		"%s: \"" SECRET_MARK "\" stands for what an anonymous caller is not shown, and is no value to set", name);
}
