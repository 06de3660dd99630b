/* SPDX-License-Identifier: GPL-2.0-or-later
 * svc.c - /cblr/svc/op/NAME/key/value/...: what installers ask for. Each operation is a row; the work is done by the XML-RPC
 * method of the same meaning, so both give the same answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "boot/boot.h"
#include "http/internal.h"
#include "value/json.h"
#include "value/yaml.h"

#define PAIRS 16

struct form {
	struct { char *key, *value; } pair[PAIRS];
	size_t n;
	char *text;              /* the copy of the path that the pairs point into */
};

static const char *get(const struct form *f, const char *key)
{
	const char *found = NULL;
	for (size_t i = 0; i < f->n; i++)
		if (str_eq(f->pair[i].key, key))
			found = f->pair[i].value;
	return found;
}

/* compat: svc/services.py - everything after /cblr/svc is key/value/key/value. */
static void parse_form(const char *path, struct form *f)
{
	char *save = NULL;
	f->text = xstrdup(path);
	char *at = strtok_r(f->text, "/", &save);
	for (int skip = 0; skip < 2 && at != NULL; skip++)
		at = strtok_r(NULL, "/", &save);
	while (at != NULL && f->n < PAIRS) {
		char *value = strtok_r(NULL, "/", &save);
		if (value == NULL)
			break;
		f->pair[f->n].key = at;
		f->pair[f->n].value = value;
		f->n++;
		at = strtok_r(NULL, "/", &save);
	}
}

/* A parameter: the form's value, or None. */
static struct value *arg(const struct form *f, const char *key)
{
	const char *s = get(f, key);
	return s != NULL ? v_str(s) : v_none();
}

/* Calls a method with these parameters (the list is taken). NULL: the fault has become the reply. */
static struct value *call(struct request *req, const char *method, struct value *params)
{
	struct value *ret = NULL;
	struct err e;
	int rc = rpc_invoke(req->h->rpc, method, params, req->peer, true, &ret, &e);
	v_unref(params);
	if (rc == CB_OK)
		return ret;
	log_warn("http", "%s for %s: %s", req->url, req->peer, e.text);
	req->reply.status = rc == CB_ELIMIT ? 429 : 500;
	req->reply.type = "text/plain;charset=utf-8";
	fault_text(&req->reply.body, &e);
	return NULL;
}

static struct value *list_of(struct value *a, struct value *b, struct value *c, struct value *d)
{
	struct value *all[] = { a, b, c, d }, *l = v_list();
	for (size_t i = 0; i < ARRAY_LEN(all) && all[i] != NULL; i++)
		v_list_push(l, all[i]);
	return l;
}

/* Appends str() of a method's answer to the reply. No answer: the request named nothing that it could be about. */
static void answer_call(struct request *req, const char *method, struct value *params)
{
	struct value *v = call(req, method, params);
	if (v_is(v, V_NONE))
		reply_text(&req->reply, 500, NULL, "# must specify profile or system name");
	else if (v != NULL)
		v_py_str(&req->reply.body, v);
	v_unref(v);
}

/* MAC addresses that anaconda sends with inst.ks.sendmac, one a header: "eth0 52:54:00:...". */
static struct value *provisioning_macs(struct request *req)
{
	struct value *macs = v_list();
	for (int i = 0; i < 32; i++) {
		char name[48];
		snprintf(name, sizeof(name), "X-RHN-Provisioning-MAC-%d", i);
		const char *s = MHD_lookup_connection_value(req->conn, MHD_HEADER_KIND, name);
		if (s == NULL)
			break;
		const char *blank = strrchr(s, ' ');
		if (utf8_valid(s, strlen(s)))
			v_list_push(macs, v_str(blank != NULL ? blank + 1 : s));
	}
	return macs;
}

/* The system that asks, by its MACs and then by its address; NULL and a text when there is none or more than one. */
static struct item *autodetect(struct request *req, struct strbuf *why)
{
	struct value *macs = provisioning_macs(req);
	struct model *m = req->h->core->model;
	struct item *found = NULL;
	bool several = false;
	for (size_t i = 0; i < v_len(macs) && !several; i++) {
		struct item *it = model_system_by_mac(m, v_cstr(v_list_at(macs, i)), NULL);
		several = it != NULL && found != NULL && !str_eq(item_uid(it), item_uid(found));
		if (found == NULL)
			found = it;
		else
			item_unref(it);
	}
	if (found == NULL)
		found = model_system_by_ip(m, req->peer, NULL);
	if (several) {
		item_unref(found);
		found = NULL;
		sb_adds(why, "FAILED: multiple matches");
	} else if (found == NULL) {
		sb_addf(why, "FAILED: no match (%s,", req->peer);
		v_py_repr(why, macs);
		sb_addc(why, ')');
	}
	v_unref(macs);
	return found;
}

static void op_index(struct request *req, const struct form *f UNUSED)
{
	sb_adds(&req->reply.body, "no mode specified");
}

static void op_autoinstall(struct request *req, const struct form *f)
{
	answer_call(req, "generate_autoinstall", list_of(arg(f, "profile"), arg(f, "system"), v_str(req->peer), v_none()));
}

/* .../op/nocloud/system/NAME/user-data: cloud-init adds the file's name itself. */
static void op_nocloud(struct request *req, const struct form *f)
{
	const char *system = get(f, "system"), *name = system != NULL ? system : get(f, "profile");
	const char *file = strrchr(req->path, '/');
	struct err e = { .text = "must specify profile or system name" };
	int rc = CB_ENOENT;
	if (name != NULL && file != NULL)
		rc = boot_nocloud(req->h->core, system != NULL ? ITEM_SYSTEM : ITEM_PROFILE, name, file + 1, &req->reply.body, &e);
	if (rc == CB_OK)
		return;
	log_warn("http", "%s for %s: %s", req->url, req->peer, e.text);
	req->reply.status = rc == CB_ENOENT ? 404 : 500;
	sb_truncate(&req->reply.body, 0);
	sb_addf(&req->reply.body, "# %s\n", rc == CB_ENOENT ? "no such file" : "the file cannot be rendered");
}

/* Menus name the machine beside what was chosen: a system counts where that is its own profile or image. */
static bool has_chosen(const struct item *system, const struct form *f)
{
	const char *profile = get(f, "profile"), *image = get(f, "image");
	if (profile != NULL)
		return str_eq(item_str(system, "profile"), profile);
	return image == NULL || str_eq(item_str(system, "image"), image);
}

static void op_ipxe(struct request *req, const struct form *f)
{
	struct value *system = arg(f, "system");
	const char *mac = get(f, "mac");
	if (!v_truthy(system) && mac != NULL) {
		struct item *it = model_system_by_mac(req->h->core->model, mac, NULL);
		if (it != NULL && has_chosen(it, f)) {
			v_unref(system);
			system = v_str(item_name(it));
		}
		item_unref(it);
	}
	answer_call(req, "generate_ipxe", list_of(arg(f, "profile"), arg(f, "image"), system, NULL));
}

static void op_bootcfg(struct request *req, const struct form *f)
{
	if (get(f, "profile") == NULL && get(f, "system") == NULL) {
		reply_text(&req->reply, 500, NULL, "# must specify profile or system name");
		return;
	}
	answer_call(req, "generate_bootcfg", list_of(arg(f, "profile"), arg(f, "system"), NULL, NULL));
}

static void op_script(struct request *req, const struct form *f)
{
	const char *name = MHD_lookup_connection_value(req->conn, MHD_GET_ARGUMENT_KIND, "script");
	if (name == NULL || !utf8_valid(name, strlen(name))) {
		reply_text(&req->reply, 400, "text/plain;charset=utf-8", "# must specify a script: ?script=NAME\n");
		return;
	}
	answer_call(req, "generate_script", list_of(arg(f, "profile"), arg(f, "system"), v_str(name), NULL));
}

/* Events of the last half minute: [id, time, name, state]. */
static void op_events(struct request *req, const struct form *f)
{
	const char *user = get(f, "user");
	struct value *events = call(req, "get_events", list_of(v_str(user != NULL ? user : ""), NULL, NULL, NULL));
	if (events == NULL)
		return;
	struct value *out = v_list();
	for (size_t i = 0; i < v_len(events); i++) {
		const struct value *ev = v_dict_at(events, i);
		if (clock_wall() - v_float_of(v_list_at(ev, 0)) >= 30)
			continue;
		struct value *row = list_of(v_str(v_dict_key(events, i)), v_ref(v_list_at(ev, 0)), v_ref(v_list_at(ev, 1)),
			v_ref(v_list_at(ev, 2)));
		v_list_push(out, row);
	}
	json_write(&req->reply.body, out, JSON_ASCII);
	v_unref(out);
	v_unref(events);
}

static void op_settings(struct request *req, const struct form *f UNUSED)
{
	struct value *v = call(req, "get_settings", v_list());
	if (v != NULL)
		json_write(&req->reply.body, v, JSON_PRETTY | JSON_ASCII);
	v_unref(v);
}

static void answer_of_profile_or_system(struct request *req, const struct form *f, const char *for_profile, const char *for_system,
	struct value *extra)
{
	if (get(f, "profile") != NULL) {
		answer_call(req, for_profile, list_of(arg(f, "profile"), extra, NULL, NULL));
	} else if (get(f, "system") != NULL) {
		answer_call(req, for_system, list_of(arg(f, "system"), extra, NULL, NULL));
	} else {
		v_unref(extra);
		sb_adds(&req->reply.body, "# must specify profile or system name");
	}
}

/* compat: the path has "_" for "/" and "__" for "_". */
static void op_template(struct request *req, const struct form *f)
{
	const char *path = get(f, "path");
	struct strbuf b = { 0 };
	if (path == NULL) {
		sb_adds(&req->reply.body, "# must specify a template path");
		return;
	}
	for (; *path != '\0'; path++) {
		bool two = path[0] == '_' && path[1] == '_';
		sb_addc(&b, two ? '_' : *path == '_' ? '/' : *path);
		path += two;
	}
	struct value *p = v_str(sb_str(&b));
	sb_free(&b);
	answer_of_profile_or_system(req, f, "get_template_file_for_profile", "get_template_file_for_system", p);
}

static void op_yum(struct request *req, const struct form *f)
{
	answer_of_profile_or_system(req, f, "get_repo_config_for_profile", "get_repo_config_for_system", NULL);
}

static void op_trig(struct request *req, const struct form *f)
{
	const char *mode = get(f, "mode");
	bool profile = get(f, "profile") != NULL;
	answer_call(req, "run_install_triggers", list_of(v_str(mode != NULL ? mode : "?"), v_str(profile ? "profile" : "system"),
		arg(f, profile ? "profile" : "system"), v_str(req->peer)));
}

static void op_nopxe(struct request *req, const struct form *f)
{
	answer_call(req, "disable_netboot", list_of(arg(f, "system"), NULL, NULL, NULL));
}

static void op_list(struct request *req, const struct form *f)
{
	const char *what = get(f, "what");
	what = what != NULL ? what : "systems";
	for (int t = 0; t < ITEM_TYPES; t++) {
		if (!str_eq(item_tables[t]->plural, what))
			continue;
		struct item_list l = model_items(req->h->core->model, (enum item_type)t);
		for (size_t i = 0; i < l.n; i++)
			sb_addf(&req->reply.body, "%s\n", item_name(l.v[i]));
		item_list_free(&l);
		return;
	}
	sb_adds(&req->reply.body, "?");
}

static void op_autodetect(struct request *req, const struct form *f UNUSED)
{
	struct item *it = autodetect(req, &req->reply.body);
	if (it != NULL)
		sb_adds(&req->reply.body, item_name(it));
	item_unref(it);
}

static void op_find_autoinstall(struct request *req, const struct form *f)
{
	if (get(f, "system") != NULL || get(f, "profile") != NULL) {
		op_autoinstall(req, f);
		return;
	}
	struct strbuf why = { 0 };
	struct item *it = autodetect(req, &why);
	if (it != NULL)
		answer_call(req, "generate_autoinstall", list_of(v_none(), v_str(item_name(it)), v_str(req->peer), v_none()));
	else
		sb_addf(&req->reply.body, "# autodetection %s", sb_str(&why));
	item_unref(it);
	sb_free(&why);
}

/* One class with its parameters; a definition's are those of the instance that its parameter "name" names. NULL: a
 * definition without name. */
static struct value *puppet_class(const struct value *mc)
{
	const struct value *params = v_dict_get(mc, "params");
	struct value *own = v_is(params, V_DICT) ? v_copy(params) : v_dict();
	if (!v_dict_bool(mc, "is_definition", false))
		return own;
	struct value *all = NULL;
	const char *name = v_dict_cstr(own, "name", "");
	if (*name != '\0') {
		struct value *instances = v_dict();
		all = v_dict();
		char *key = xstrdup(name);
		v_dict_del(own, "name");
		v_dict_set(instances, key, v_ref(own));
		v_dict_set(all, "instances", instances);
		free(key);
	}
	v_unref(own);
	return all;
}

/* The rendered mgmt_classes as Puppet reads them: names, or names with parameters. */
static struct value *puppet_classes(const struct value *mc, bool with_parameters)
{
	struct value *ret = with_parameters ? v_dict() : v_list();
	for (size_t i = 0; i < v_len(mc); i++) {
		const char *key = v_is(mc, V_DICT) ? v_dict_key(mc, i) : v_cstr(v_list_at(mc, i));
		const struct value *item = v_is(mc, V_DICT) ? v_dict_at(mc, i) : NULL;
		const char *name = v_dict_cstr(item, "class_name", "");
		if (!with_parameters) {
			v_list_push(ret, v_str(key));
			continue;
		}
		struct value *class = puppet_class(item);
		if (class != NULL)
			v_dict_set(ret, *name != '\0' ? name : key, class);
	}
	return ret;
}

/* Puppet's external node classifier. */
static void op_puppet(struct request *req, const struct form *f)
{
	if (get(f, "hostname") == NULL) {
		sb_adds(&req->reply.body, "hostname is required");
		return;
	}
	struct value *sys = call(req, "find_system_by_dns_name", list_of(arg(f, "hostname"), NULL, NULL, NULL));
	if (sys == NULL)
		return;
	struct value *out = v_dict(), *settings = settings_snapshot(req->h->core->settings);
	const struct value *params = v_dict_get(sys, "mgmt_parameters");
	v_dict_set(out, "classes", puppet_classes(v_dict_get(sys, "mgmt_classes"),
		v_dict_bool(settings, "puppet_parameterized_classes", true)));
	const char *status = v_dict_cstr(sys, "status", "");
	if (*status != '\0')
		v_dict_set(out, "environment", v_str(status));
	v_dict_set(out, "parameters", params != NULL ? v_ref(params) : v_dict());
	yaml_write(&req->reply.body, out, true);
	v_unref(settings);
	v_unref(out);
	v_unref(sys);
}

static const struct op { const char *name; void (*fn)(struct request *, const struct form *); } ops[] = {
	{ "index", op_index },
	{ "autoinstall", op_autoinstall },
	{ "ks", op_autoinstall },
	{ "nocloud", op_nocloud },
	{ "ipxe", op_ipxe },
	{ "bootcfg", op_bootcfg },
	{ "script", op_script },
	{ "events", op_events },
	{ "settings", op_settings },
	{ "template", op_template },
	{ "yum", op_yum },
	{ "trig", op_trig },
	{ "nopxe", op_nopxe },
	{ "list", op_list },
	{ "autodetect", op_autodetect },
	{ "find_autoinstall", op_find_autoinstall },
	{ "findks", op_find_autoinstall },
	{ "puppet", op_puppet },
};

/* compat: svc/services.py - the texts that mean an error. */
static unsigned status_of(const char *body)
{
	static const char *const missing[] = { "# profile not found", "# system not found", "# object not found" };
	if (strstr(body, "# *** ERROR ***") != NULL)
		return 500;
	for (size_t i = 0; i < ARRAY_LEN(missing); i++)
		if (strstr(body, missing[i]) != NULL)
			return 404;
	return 200;
}

void route_svc(struct request *req)
{
	struct form f = { .n = 0 };
	parse_form(req->path, &f);
	const char *name = get(&f, "op");
	const struct op *op = NULL;
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (str_eq(ops[i].name, name != NULL ? name : "index"))
			op = &ops[i];
	if (op != NULL)
		op->fn(req, &f);
	else
		reply_text(&req->reply, 404, NULL, "# unknown operation\n");
	req->reply.type = "text/plain;charset=utf-8";
	if (req->reply.status == 0)
		req->reply.status = status_of(sb_str(&req->reply.body));
	free(f.text);
}
