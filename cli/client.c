/* SPDX-License-Identifier: GPL-2.0-or-later
 * client.c - the only user of xmlrpc-c: converts values both ways and makes one synchronous call at a time.
 */
#include "cli/client.h"

#include <limits.h>
#include <string.h>
#include <xmlrpc-c/base.h>
#include <xmlrpc-c/client.h>

/* An answer with 100,000 systems is about 800 MB of XML; xmlrpc-c's own limit is 512 KiB. */
#define MAX_ANSWER ((size_t)2 << 30)
#define MAX_DEPTH 64

struct client {
	xmlrpc_client *client;
	xmlrpc_server_info *server;
	char *url;
	char *fault;
};

static int to_xmlrpc(const struct value *v, int depth, xmlrpc_value **ret, struct err *e);

static int from_env(const xmlrpc_env *env, struct err *e)
{
	return err_set(e, CB_EIO, "%s", env->fault_string ? env->fault_string : "unknown error");
}

static int list_to_xmlrpc(const struct value *v, int depth, xmlrpc_value **ret, struct err *e)
{
	xmlrpc_env env;
	xmlrpc_env_init(&env);
	xmlrpc_value *a = xmlrpc_array_new(&env);
	int r = 0;
	for (size_t i = 0; i < v_len(v) && r == 0; i++) {
		xmlrpc_value *x;
		r = to_xmlrpc(v_list_at(v, i), depth, &x, e);
		if (r == 0) {
			xmlrpc_array_append_item(&env, a, x);
			xmlrpc_DECREF(x);
		}
	}
	if (r == 0)
		*ret = a;
	else
		xmlrpc_DECREF(a);
	xmlrpc_env_clean(&env);
	return r;
}

static int dict_to_xmlrpc(const struct value *v, int depth, xmlrpc_value **ret, struct err *e)
{
	xmlrpc_env env;
	xmlrpc_env_init(&env);
	xmlrpc_value *s = xmlrpc_struct_new(&env);
	int r = 0;
	for (size_t i = 0; i < v_len(v) && r == 0; i++) {
		xmlrpc_value *x;
		r = to_xmlrpc(v_dict_at(v, i), depth, &x, e);
		if (r == 0) {
			xmlrpc_struct_set_value(&env, s, v_dict_key(v, i), x);
			xmlrpc_DECREF(x);
		}
	}
	if (r == 0)
		*ret = s;
	else
		xmlrpc_DECREF(s);
	xmlrpc_env_clean(&env);
	return r;
}

static int to_xmlrpc(const struct value *v, int depth, xmlrpc_value **ret, struct err *e)
{
	if (depth >= MAX_DEPTH)
		return err_set(e, CB_ELIMIT, "value nested deeper than %d", MAX_DEPTH);
	if (v_is(v, V_LIST))
		return list_to_xmlrpc(v, depth + 1, ret, e);
	if (v_is(v, V_DICT))
		return dict_to_xmlrpc(v, depth + 1, ret, e);
	xmlrpc_env env;
	xmlrpc_env_init(&env);
	xmlrpc_value *x = NULL;
	int64_t i = v_int_of(v);
	switch (v ? v_type(v) : V_NONE) {
	case V_BOOL: x = xmlrpc_bool_new(&env, v_truthy(v)); break;
	case V_INT: x = i >= INT_MIN && i <= INT_MAX ? xmlrpc_int_new(&env, (int)i) : xmlrpc_i8_new(&env, i); break;
	case V_FLOAT: x = xmlrpc_double_new(&env, v_float_of(v)); break;
	case V_STR: x = xmlrpc_string_new_lp_cr(&env, v_len(v), v_cstr(v)); break;
	case V_BYTES: x = xmlrpc_base64_new(&env, v_len(v), (const unsigned char *)v_cstr(v)); break;
	default: x = xmlrpc_nil_new(&env); break;
	}
	int r = env.fault_occurred ? from_env(&env, e) : 0;
	if (r == 0)
		*ret = x;
	xmlrpc_env_clean(&env);
	return r;
}

static int from_xmlrpc(xmlrpc_value *x, int depth, struct value **ret, struct err *e);

static int array_from_xmlrpc(xmlrpc_env *env, xmlrpc_value *x, int depth, struct value **ret, struct err *e)
{
	struct value *list = v_list();
	int n = xmlrpc_array_size(env, x);
	for (int i = 0; i < n; i++) {
		xmlrpc_value *item;
		struct value *v;
		xmlrpc_array_read_item(env, x, (unsigned)i, &item);
		int r = from_xmlrpc(item, depth, &v, e);
		xmlrpc_DECREF(item);
		if (r < 0) {
			v_unref(list);
			return r;
		}
		v_list_push(list, v);
	}
	*ret = list;
	return 0;
}

static int struct_from_xmlrpc(xmlrpc_env *env, xmlrpc_value *x, int depth, struct value **ret, struct err *e)
{
	struct value *dict = v_dict();
	int n = xmlrpc_struct_size(env, x);
	for (int i = 0; i < n; i++) {
		xmlrpc_value *key, *item;
		struct value *v;
		const char *name;
		size_t len;
		xmlrpc_struct_read_member(env, x, (unsigned)i, &key, &item);
		xmlrpc_read_string_lp(env, key, &len, &name);
		int r = from_xmlrpc(item, depth, &v, e);
		if (r == 0)
			v_dict_setn(dict, name, strnlen(name, len), v);
		free_ptr(&name);
		xmlrpc_DECREF(key);
		xmlrpc_DECREF(item);
		if (r < 0) {
			v_unref(dict);
			return r;
		}
	}
	*ret = dict;
	return 0;
}

static struct value *string_from_xmlrpc(xmlrpc_env *env, xmlrpc_value *x)
{
	const char *s;
	size_t len;
	xmlrpc_read_string_lp(env, x, &len, &s);
	if (env->fault_occurred)
		return NULL;
	struct value *v = v_strn(s, strnlen(s, len));
	free_ptr(&s);
	return v;
}

static struct value *scalar_from_xmlrpc(xmlrpc_env *env, xmlrpc_value *x)
{
	xmlrpc_int32 i32;
	xmlrpc_int64 i64;
	xmlrpc_bool b;
	double d;
	const unsigned char *bytes;
	size_t len;
	struct value *v = NULL;
	switch (xmlrpc_value_type(x)) {
	case XMLRPC_TYPE_NIL: return v_none();
	case XMLRPC_TYPE_INT: xmlrpc_read_int(env, x, &i32); return v_int(i32);
	case XMLRPC_TYPE_I8: xmlrpc_read_i8(env, x, &i64); return v_int(i64);
	case XMLRPC_TYPE_BOOL: xmlrpc_read_bool(env, x, &b); return v_bool(b);
	case XMLRPC_TYPE_DOUBLE: xmlrpc_read_double(env, x, &d); return v_float(d);
	case XMLRPC_TYPE_STRING: return string_from_xmlrpc(env, x);
	case XMLRPC_TYPE_BASE64:
		xmlrpc_read_base64(env, x, &len, &bytes);
		if (!env->fault_occurred) {
			v = v_bytes(bytes, len);
			free_ptr(&bytes);
		}
		return v;
	default: return NULL;
	}
}

static int from_xmlrpc(xmlrpc_value *x, int depth, struct value **ret, struct err *e)
{
	if (depth >= MAX_DEPTH)
		return err_set(e, CB_ELIMIT, "answer nested deeper than %d", MAX_DEPTH);
	xmlrpc_env env;
	xmlrpc_env_init(&env);
	int r = 0;
	if (xmlrpc_value_type(x) == XMLRPC_TYPE_ARRAY) {
		r = array_from_xmlrpc(&env, x, depth + 1, ret, e);
	} else if (xmlrpc_value_type(x) == XMLRPC_TYPE_STRUCT) {
		r = struct_from_xmlrpc(&env, x, depth + 1, ret, e);
	} else {
		struct value *v = scalar_from_xmlrpc(&env, x);
		if (v)
			*ret = v;
		else
			r = err_set(e, CB_EPARSE, "the answer has a value of a type that is not understood");
	}
	xmlrpc_env_clean(&env);
	return r;
}

int client_open(const char *url, unsigned timeout_s, struct client **ret, struct err *e)
{
	xmlrpc_env env;
	xmlrpc_env_init(&env);
	xmlrpc_limit_set(XMLRPC_XML_SIZE_LIMIT_ID, MAX_ANSWER);
	xmlrpc_client_setup_global_const(&env);
	/* An empty proxy keeps libcurl from sending the shared secret to whatever http_proxy names. */
	struct xmlrpc_curl_xportparms curl = { .user_agent = "cobbler", .timeout = timeout_s * 1000, .proxy = "" };
	struct xmlrpc_clientparms parms = { .transport = "curl", .transportparmsP = &curl,
		.transportparm_size = sizeof(curl), .dialect = xmlrpc_dialect_i8 };
	struct client *c = xcalloc(1, sizeof(*c));
	c->url = xstrdup(url);
	xmlrpc_client_create(&env, XMLRPC_CLIENT_NO_FLAGS, "cobbler", "1", &parms, XMLRPC_CPSIZE(dialect), &c->client);
	if (!env.fault_occurred)
		c->server = xmlrpc_server_info_new(&env, url);
	int r = 0;
	if (env.fault_occurred) {
		r = from_env(&env, e);
		client_close(c);
	} else {
		*ret = c;
	}
	xmlrpc_env_clean(&env);
	return r;
}

void client_close(struct client *c)
{
	if (!c)
		return;
	if (c->server)
		xmlrpc_server_info_free(c->server);
	if (c->client)
		xmlrpc_client_destroy(c->client);
	xmlrpc_client_teardown_global_const();
	free_ptr(&c->url);
	free_ptr(&c->fault);
	free_ptr(&c);
}

const char *client_fault(const struct client *c)
{
	return c->fault;
}

/* xmlrpc-c uses negative codes for its own troubles (transport, parser); Cobbler's faults are 1, other servers' may
 * be any. */
static int call_failed(struct client *c, const char *method, const xmlrpc_env *env, struct err *e)
{
	static const char added[] = "RPC failed at server.  ";    /* by xmlrpc-c, before the server's own words */
	const char *text = env->fault_string ? env->fault_string : "";
	if (str_starts(text, added))
		text += strlen(added);
	switch (env->fault_code) {
	case XMLRPC_INTERNAL_ERROR:
	case XMLRPC_PARSE_ERROR:
	case XMLRPC_NETWORK_ERROR:
	case XMLRPC_TIMEOUT_ERROR:
	case XMLRPC_LIMIT_EXCEEDED_ERROR:
		return err_set(e, CB_EIO, "%s (%s at %s)", text, method, c->url);
	default:
		c->fault = xstrdup(text);
		return err_set(e, CB_ESTATE, "%s", text);
	}
}

int client_call(struct client *c, const char *method, struct value *params, struct value **ret, struct err *e)
{
	free_ptr(&c->fault);
	xmlrpc_value *args = NULL, *result = NULL;
	int r = to_xmlrpc(params, 0, &args, e);
	v_unref(params);
	if (r < 0)
		return r;
	xmlrpc_env env;
	xmlrpc_env_init(&env);
	xmlrpc_client_call2(&env, c->client, c->server, method, args, &result);
	xmlrpc_DECREF(args);
	if (env.fault_occurred) {
		r = call_failed(c, method, &env, e);
	} else {
		r = from_xmlrpc(result, 0, ret, e);
		xmlrpc_DECREF(result);
	}
	xmlrpc_env_clean(&env);
	return r;
}

char *client_fault_text(const char *fault)
{
	const char *s = strstr(fault, ">:");
	s = s ? s + 2 : fault;
	size_t n = strlen(s);
	if (n > 0 && (*s == '\'' || *s == '"')) {
		s++;
		n--;
	}
	if (n > 0 && (s[n - 1] == '\'' || s[n - 1] == '"'))
		n--;
	return xstrndup(s, n);
}

struct value *params_of(struct value *first, ...)
{
	struct value *list = v_list();
	va_list ap;
	va_start(ap, first);
	for (struct value *v = first; v; v = va_arg(ap, struct value *))
		v_list_push(list, v);
	va_end(ap);
	return list;
}
