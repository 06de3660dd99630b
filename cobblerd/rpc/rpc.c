/* SPDX-License-Identifier: GPL-2.0-or-later
 * rpc.c - a request document in, a response document out: find the row, check arguments and rights, call the handler.
 */
#include "rpc/rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/edit.h"
#include "rpc/internal.h"
#include "wire/xmlrpc.h"


int rpc_open(struct core *c, struct rpc **ret, struct err *e)
{
	struct rpc *r = xcalloc(1, sizeof(*r));
	r->core = c;
	desk_open(&r->desk, c, NULL);
	pthread_mutex_init(&r->lock, NULL);
	pthread_mutex_init(&r->lists_lock, NULL);
	int rc = table_build(r, e);
	if (rc == CB_OK)
		rc = auth_open(c, &r->auth, e);
	if (rc != CB_OK) {
		rpc_close(r);
		return rc;
	}
	*ret = r;
	return CB_OK;
}

void rpc_close(struct rpc *r)
{
	if (r == NULL)
		return;
	session_free(r);
	desk_close(&r->desk);
	rates_free(r);
	lists_free(r);
	pthread_mutex_destroy(&r->lists_lock);
	table_free(r);
	auth_close(r->auth);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

const char *arg_str(const struct call *c, size_t i)
{
	return i < c->n_args && v_is(c->arg[i], V_STR) ? v_cstr(c->arg[i]) : NULL;
}

bool arg_is_none(const struct call *c, size_t i)
{
	return i >= c->n_args || c->arg[i] == NULL || v_is(c->arg[i], V_NONE);
}

/* The nine types that Cobbler's API names. */
bool type_by_name(const struct value *what, enum item_type *ret)
{
	for (int t = 0; t < ITEM_TYPES; t++)
		if (v_str_is(what, item_table((enum item_type)t)->name)) {
			*ret = (enum item_type)t;
			return true;
		}
	return false;
}

int need_name(const struct call *c, size_t i, struct err *e)
{
	return v_truthy(c->arg[i]) ? CB_OK : err_py(e, CB_EINVAL, PY_VALUE, "calling find with no arguments");
}

/* Takes the leading "what" off the arguments. compat: four different faults for a type that does not exist; pages without criteria
 * are not searched for. */
static int take_what(struct call *c, struct err *e)
{
	const struct value *what = c->arg[0];
	struct strbuf text CLEANUP(sb_free) = { 0 };
	if (!type_by_name(what, &c->type)) {
		v_py_str(&text, what);
		bool searched = str_eq(c->entry->name, "find_items") || (str_eq(c->entry->name, "find_items_paged") && !arg_is_none(c, 1));
		if (searched && !v_is(what, V_STR))
			return err_py(e, CB_EINVAL, PY_TYPE, "\"what\" must be of type str!");
		if (searched)
			return err_py(e, CB_EINVAL, PY_VALUE, "what needs to be a valid collection if it is non empty!");
		if (str_eq(c->entry->name, "new_item"))
			return err_set(e, CB_EINVAL, "internal error, collection name is \"%s\"", sb_str(&text));
		return err_set(e, CB_EINVAL, "internal error, collection name \"%s\" not supported", sb_str(&text));
	}
	memmove(c->arg, c->arg + 1, (c->n_args - 1) * sizeof(c->arg[0]));
	c->n_args--;
	if (c->given > 0)
		c->given--;
	return CB_OK;
}

int call_may(struct call *c, const char *resource, const struct item *it, struct err *e)
{
	const char *file = c->n_args > 0 ? arg_str(c, 0) : NULL;
	return auth_authorize(c->r->auth, c->user, resource, it, file, e);
}

bool call_has_user(struct call *c)
{
	struct err e;
	if (c->user[0] == '\0' && c->token != NULL) {
		struct value *token CLEANUP(v_unrefp) = v_str(c->token);
		if (session_user(c->r, token, c->user, &e) != CB_OK)
			c->user[0] = '\0';
	}
	return c->user[0] != '\0';
}

/* compat: clients of 2.x give it where 3.3.7 has other arguments: get_systems(TOKEN), find_system(CRITERIA, TOKEN). May be no token. */
static const char *stray_token(const struct call *c)
{
	for (size_t i = c->given; i-- > 0; )
		if (v_is(c->arg[i], V_STR) && v_len(c->arg[i]) == TOKEN_LEN)
			return v_cstr(c->arg[i]);
	return NULL;
}

static int check_access(struct call *c, const struct value *token, struct err *e)
{
	const struct entry *en = c->entry;
	char resource[128];
	if (v_is(token, V_STR))
		c->token = v_cstr(token);
	else if (en->m->access == FOR_ALL)
		c->token = stray_token(c);
	if (en->m->access == FOR_ALL)
		return CB_OK;
	int rc = session_user(c->r, token, c->user, e);
	if (rc != CB_OK || en->m->access != BY_RIGHT)
		return rc;
	if (!(en->m->flags & M_WHAT))
		return call_may(c, en->resource, NULL, e);
	/* The resource of new_item("distro", ...) is that of new_distro. */
	const char *mark = strstr(en->resource, "%s");
	snprintf(resource, sizeof(resource), "%.*s%s%s", (int)(mark - en->resource), en->resource, item_table(c->type)->name, mark + 2);
	return call_may(c, resource, NULL, e);
}

static int find_method(struct rpc *r, const char *name, const struct entry **ret, struct err *e)
{
	if (name[0] == '_' || str_eq(name, "background_load_items"))
		return err_set(e, CB_EPERM, "forbidden method");
	*ret = map_get(&r->methods, name);
	if (*ret == NULL)
		return err_set(e, CB_ENOENT, "unknown remote method '%s'", name);
	return CB_OK;
}

/* A transaction shows what it saved. */
static int read_edits(struct call *c, struct value **ret, struct err *e)
{
	struct core *view = c->transaction != NULL || c->machine || drafts_none(c->desk) ? NULL : drafts_view(c->desk);
	if (view != NULL)
		c->core = view;
	int rc = c->entry->m->fn(c, ret, e);
	if (view != NULL)
		edit_end(view);
	free(view);
	return rc;
}

int rpc_dispatch(struct call *c, const char *method, const struct value *params, struct value **ret, bool *tilde, struct err *e)
{
	c->core = c->r->core;
	c->desk = &c->r->desk;
	int rc = find_method(c->r, method, &c->entry, e);
	if (rc == CB_OK)
		rc = arity_check(c->entry, v_len(params), e);
	if (rc != CB_OK)
		return rc;
	c->n_args = c->entry->n_args;
	c->given = v_len(params);
	c->type = c->entry->type;
	for (size_t i = 0; i < c->n_args; i++)
		c->arg[i] = i < c->given ? v_list_at(params, i) : c->entry->args[i].dflt;
	const struct value *token = c->entry->token_at >= 0 ? c->arg[c->entry->token_at] : NULL;
	if (c->entry->m->flags & M_WHAT)
		rc = take_what(c, e);
	if (rc == CB_OK)
		rc = check_access(c, token, e);
	if (rc != CB_OK)
		return rc;
	if (c->entry->m->flags & (M_REPORT | M_UPLOAD) && !call_has_user(c))
		rc = rate_take(c, c->entry->m->flags & M_UPLOAD ? RATE_UPLOAD : RATE_REPORT, 1, e);
	if (rc != CB_OK)
		return rc;
	*ret = NULL;
	*tilde = (c->entry->m->flags & M_TILDE) != 0;
	if (c->entry->m->flags & M_ITEMS)
		rc = transaction_enter(c, e);
	if (rc == CB_OK)
		rc = c->entry->m->flags & M_EDITS ? read_edits(c, ret, e) : c->entry->m->fn(c, ret, e);
	transaction_leave(c);
	if (rc == CB_OK && *ret == NULL)
		*ret = v_none();
	return rc;
}

/* <class 'X'>:message. compat: str() of CX and KeyError is the repr of their argument. */
void fault_text(struct strbuf *out, const struct err *e)
{
	const char *cls = e->cls != NULL ? e->cls : PY_CX;
	sb_addf(out, "<class '%s'>:", cls);
	if (str_eq(cls, PY_CX) || str_eq(cls, PY_KEY))
		py_str_repr(out, e->text, strlen(e->text));
	else
		sb_adds(out, e->text);
}

static void write_fault(struct strbuf *out, const struct err *e)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	fault_text(&b, e);
	xmlrpc_write_fault(out, 1, sb_str(&b));
}

/* The response to a call that left its items. */
static int answer_items(struct call *c, const struct item_list *l, bool pack, struct strbuf *out, struct err *e)
{
	bool all = !c->viewed && c->entry->m->fn == rpc_get_items;
	return pack && all ? stream_kept(out, c, l, e) : stream_items(out, c, l, pack, e);
}

static void log_call(const struct xmlrpc_call *call, const char *peer, int rc, const struct err *e, int64_t began)
{
	double ms = (double)(clock_mono_us() - began) / 1000;
	if (rc == CB_OK)
		log_debug("rpc", "%s from %s: %.1f ms", call->method, peer, ms);
	else
		log_info("rpc", "%s from %s: %s: %s", call->method, peer, e->cls != NULL ? e->cls : PY_CX, e->text);
}

void rpc_call(struct rpc *r, const char *body, size_t n, const char *peer, bool local, bool *packed, struct strbuf *out)
{
	struct xmlrpc_call call;
	struct err e = { 0 };
	struct value *result = NULL;
	bool tilde = false, pack = packed != NULL && *packed;
	int64_t began = clock_mono_us();
	if (packed != NULL)
		*packed = false;
	if (xmlrpc_parse_call(body, n, &call, &e) != CB_OK) {
		log_info("rpc", "a bad request from %s: %s", peer, e.text);
		write_fault(out, &e);
		return;
	}
	CLEANUP(item_list_free) struct item_list items = { 0 };
	struct call c = { .r = r, .peer = peer, .local = local, .stream = &items };
	int rc = rpc_dispatch(&c, call.method, call.params, &result, &tilde, &e);
	if (rc == CB_OK && c.one) {
		rc = stream_item(out, &c, items.v[0], &e);
	} else if (rc == CB_OK && items.v != NULL) {
		rc = answer_items(&c, &items, pack, out, &e);
		if (rc == CB_OK && pack)
			*packed = true;
	} else if (rc == CB_OK) {
		rc = xmlrpc_write_response(out, result, tilde, &e);
	}
	if (rc != CB_OK)
		write_fault(out, &e);
	log_call(&call, peer, rc, &e, began);
	v_unref(result);
	v_unref(call.params);
}

int rpc_invoke(struct rpc *r, const char *method, const struct value *params, const char *peer, bool machine, struct value **ret,
	struct err *e)
{
	struct call c = { .r = r, .peer = peer, .machine = machine };
	bool tilde;
	return rpc_dispatch(&c, method, params, ret, &tilde, e);
}
