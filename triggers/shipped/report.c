/* SPDX-License-Identifier: GPL-2.0-or-later
 * report.c - a mail for each finished installation. compat: installation.post_report
 */

#include "actions/mail.h"
#include "base/file.h"
#include "base/log.h"
#include "triggers/shipped/internal.h"

#define TEMPLATE "/etc/cobbler/reporting/build_report_email.template"

static const char *text_or(const struct value *settings, const char *key, const char *otherwise)
{
	const char *v = v_dict_cstr(settings, key, "");
	return *v != '\0' ? v : otherwise;
}

static bool ignored(const struct value *settings, const char *name)
{
	const struct value *list = v_dict_get(settings, "build_reporting_ignorelist");
	for (size_t i = 0; i < v_len(list) && v_is(list, V_LIST); i++) {
		const char *prefix = v_cstr(v_list_at(list, i));
		if (*prefix != '\0' && str_starts(name, prefix))
			return true;
	}
	return false;
}

/* What the template sees: who writes to whom, then all about the machine. Returns owned. */
static struct value *variables(struct core *c, const struct value *settings, const struct item *it, const char *from, const char *ip)
{
	const struct value *to = v_dict_get(settings, "build_reporting_email");
	struct value *vars = v_dict(), *about CLEANUP(v_unrefp) = resolve_blend(c->model, settings, it, false);
	struct strbuf all CLEANUP(sb_free) = { 0 };
	for (size_t i = 0; i < v_len(to); i++)
		sb_addf(&all, "%s%s", i > 0 ? "," : "", v_cstr(v_list_at(to, i)));
	v_dict_set(vars, "from_addr", v_str(from));
	v_dict_set(vars, "to_addr", v_str(sb_str(&all)));
	v_dict_set(vars, "subject", v_str(text_or(settings, "build_reporting_subject", "[Cobbler] install complete ")));
	v_dict_set(vars, "boot_ip", v_str(ip));
	for (size_t i = 0; i < v_len(about); i++)
		v_dict_set(vars, v_dict_key(about, i), v_ref(v_dict_at(about, i)));
	return vars;
}

static int send_report(struct core *c, const struct value *settings, const struct item *it, const char *ip, struct err *e)
{
	char *path CLEANUP(free_ptr) = path_of(TEMPLATE);
	char *own CLEANUP(free_ptr) = xasprintf("cobbler@%s", v_dict_cstr(settings, "server", "localhost"));
	const char *from = text_or(settings, "build_reporting_sender", own);
	struct value *vars CLEANUP(v_unrefp) = variables(c, settings, it, from, ip);
	struct strbuf text CLEANUP(sb_free) = { 0 };
	int rc = render_file(c->renderer, path, NULL, vars, settings, &text, e);
	if (rc != CB_OK)
		return rc;
	return mail_send(text_or(settings, "build_reporting_smtp_server", "localhost"), from, v_dict_get(settings, "build_reporting_email"),
		sb_str(&text), e);
}

int report_mail(void *ctx, const char *const *argv, struct err *e UNUSED)
{
	struct core *c = ctx;
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->settings);
	const struct value *to = v_dict_get(settings, "build_reporting_email");
	struct err why;
	if (!v_dict_bool(settings, "build_reporting_enabled", false) || !v_is(to, V_LIST) || v_len(to) == 0)
		return CB_OK;
	CLEANUP(item_unrefp) struct item *it = installed_item(c, argv, ITEM_SYSTEM);
	if (it == NULL)
		it = installed_item(c, argv, ITEM_PROFILE);
	if (it == NULL || ignored(settings, item_name(it)))
		return CB_OK;
	if (send_report(c, settings, it, argv[2] != NULL ? argv[2] : "?", &why) == CB_OK)
		log_info("triggers", "a report on %s was mailed", item_name(it));
	else
		log_error("triggers", "the report on %s was not mailed: %s", item_name(it), why.text);
	return CB_OK;
}
