/* SPDX-License-Identifier: GPL-2.0-or-later
 * login.c - logging in and out, and asking what one may do.
 */
#include <string.h>

#include "base/version.h"
#include "rpc/internal.h"

static int check_password(struct call *c, const char *user, const char *password, struct err *e)
{
	if (user == NULL || password == NULL || (*user == '\0' && !auth_is_secret(c->r->auth, password)))
		return err_set(e, CB_EPERM, "login failed");
	return *user == '\0' ? CB_OK : auth_login(c->r->auth, user, password, e);
}

/* login_user, login_password. The empty user is the local command line with the shared secret. */
int rpc_login(struct call *c, struct value **ret, struct err *e)
{
	const char *user = arg_str(c, 0), *password = arg_str(c, 1);
	char token[TOKEN_LEN + 1];
	struct err why;
	int rc;
	/* Neither a right nor a wrong guess is looked at once there were too many. */
	rc = rate_take(c, RATE_LOGIN, 0, e);
	if (rc != CB_OK)
		return rc;
	rc = check_password(c, user, password, e);
	if (rc != CB_OK) {
		int limit = rate_take(c, RATE_LOGIN, 1, &why);
		return limit == CB_OK ? rc : err_set(e, limit, "%s", why.text);
	}
	if (*user == '\0')
		user = AUTH_DIRECT;
	rc = session_new(c->r, user, token, e);
	if (rc == CB_OK)
		*ret = v_str(token);
	explicit_bzero(token, sizeof(token));
	return rc;
}

int rpc_logout(struct call *c, struct value **ret, struct err *e UNUSED)
{
	const char *token = arg_str(c, 0);
	*ret = v_bool(token != NULL && session_end(c->r, token));
	return CB_OK;
}

int rpc_token_check(struct call *c, struct value **ret, struct err *e)
{
	char user[AUTH_USER_MAX];
	*ret = v_bool(session_user(c->r, c->arg[0], user, e) == CB_OK);
	return CB_OK;
}

int rpc_get_user_from_token(struct call *c, struct value **ret, struct err *e UNUSED)
{
	*ret = v_str(c->user);
	return CB_OK;
}

int rpc_get_authn_module_name(struct call *c, struct value **ret, struct err *e)
{
	if (!str_eq(c->user, AUTH_DIRECT))
		return err_set(e, CB_EPERM, "authorization failure for user %s attempting to access authn module name", c->user);
	char *module CLEANUP(free_ptr) = settings_module(c->r->core->settings, "authentication", "module");
	*ret = v_str(module);
	return CB_OK;
}

/* token, resource, arg1, arg2: arg1 may name the object that the resource is about. */
static int access_by_args(struct call *c, struct err *e)
{
	const char *resource = arg_str(c, 1), *name = arg_str(c, 2);
	CLEANUP(item_unrefp) struct item *it = NULL;
	if (resource == NULL)
		return err_py(e, CB_EINVAL, PY_TYPE, "resource must be a str, not %s", v_type_name(c->arg[1]));
	for (int t = 0; name != NULL && it == NULL && t < ITEM_TYPES; t++)
		if (strstr(resource, item_table((enum item_type)t)->name) != NULL)
			it = model_get(c->r->core->model, (enum item_type)t, name);
	return auth_authorize(c->r->auth, c->user, resource, it, name, e);
}

int rpc_check_access(struct call *c, struct value **ret, struct err *e)
{
	int rc = access_by_args(c, e);
	if (rc == CB_OK)
		*ret = v_int(1);
	return rc;
}

int rpc_check_access_no_fail(struct call *c, struct value **ret, struct err *e)
{
	*ret = v_int(session_user(c->r, c->arg[0], c->user, e) == CB_OK && access_by_args(c, e) == CB_OK);
	return CB_OK;
}

int rpc_ping(struct call *c UNUSED, struct value **ret, struct err *e UNUSED)
{
	*ret = v_bool(true);
	return CB_OK;
}

int rpc_version(struct call *c UNUSED, struct value **ret, struct err *e UNUSED)
{
	*ret = v_float(COBBLER_COMPAT_NUMBER);
	return CB_OK;
}

int rpc_extended_version(struct call *c UNUSED, struct value **ret, struct err *e UNUSED)
{
	char compat[] = COBBLER_COMPAT, *save = NULL;
	struct value *tuple = v_list();
	int64_t n;
	for (char *s = strtok_r(compat, ".", &save); s != NULL; s = strtok_r(NULL, ".", &save))
		if (parse_int64(s, &n))
			v_list_push(tuple, v_int(n));
	*ret = v_dict();
	v_dict_set(*ret, "gitdate", v_str(version_source_date));
	v_dict_set(*ret, "gitstamp", v_str("cobblerd " COBBLERD_VERSION));
	v_dict_set(*ret, "builddate", v_str(version_build_date));
	v_dict_set(*ret, "version", v_str(COBBLER_COMPAT));
	v_dict_set(*ret, "version_tuple", tuple);
	return CB_OK;
}
