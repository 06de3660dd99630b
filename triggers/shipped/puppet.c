/* SPDX-License-Identifier: GPL-2.0-or-later
 * puppet.c - certificates of machines that are installed again. compat: installation.pre_puppet, installation.post_puppet
 */
#include <string.h>

#include "base/log.h"
#include "triggers/shipped/internal.h"

#define WORDS 6
#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

struct deed { const char *setting, *words, *words_of_puppetserver; };

static bool has_domain(const char *host)
{
	size_t n = strspn(host, NAME_CHARS);
	return n > 0 && host[n] == '.' && host[n + 1] != '\0';
}

/* The name that Puppet knows the machine by. Returns owned. */
static char *certificate_name(struct core *c, const struct value *settings, const struct item *sys)
{
	static const char *const searches[] = { "name_servers_search", "default_name_servers_search" };
	struct value *blend CLEANUP(v_unrefp) = resolve_blend(c->model, settings, sys, false);
	struct strbuf b = { 0 };
	sb_adds(&b, v_dict_cstr(blend, "hostname", ""));
	for (size_t i = 0; i < ARRAY_LEN(searches) && !has_domain(sb_str(&b)); i++) {
		const struct value *list = v_dict_get(blend, searches[i]);
		if (v_is(list, V_LIST) && v_len(list) > 0)
			sb_addf(&b, ".%s", v_cstr(v_list_at(list, 0)));
	}
	return sb_take(&b);
}

static bool is_certificate_name(const char *name)
{
	return *name != '-' && *name != '.' && *name != '\0' && strlen(name) < 254 && strspn(name, NAME_CHARS ".") == strlen(name);
}

static void run(const char *program, const struct deed *d, const char *host)
{
	const char *slash = strrchr(program, '/'), *argv[WORDS + 2] = { program };
	bool server = str_eq(slash != NULL ? slash + 1 : program, "puppetserver");
	char *words CLEANUP(free_ptr) = xstrdup(server ? d->words_of_puppetserver : d->words), *save = NULL;
	size_t n = 1;
	for (char *w = strtok_r(words, " ", &save); w != NULL && n < WORDS; w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	argv[n] = host;
	if (!run_program(argv, NULL, NULL, NULL, NULL))
		log_warn("triggers", "%s %s of %s failed", program, d->words, host);
}

static int certificate(struct core *c, const struct deed *d, const char *const *argv)
{
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->settings);
	if (!v_dict_bool(settings, "puppet_auto_setup", false) || !v_dict_bool(settings, d->setting, false))
		return CB_OK;
	CLEANUP(item_unrefp) struct item *sys = installed_item(c, argv, ITEM_SYSTEM);
	if (sys == NULL)
		return CB_OK;
	char *host CLEANUP(free_ptr) = certificate_name(c, settings, sys);
	if (is_certificate_name(host))
		run(v_dict_cstr(settings, "puppetca_path", "/usr/bin/puppet"), d, host);
	else
		log_warn("triggers", "system %s: \"%s\" can be no name of a certificate", item_name(sys), host);
	return CB_OK;
}

int puppet_clean(void *ctx, const char *const *argv, struct err *e UNUSED)
{
	static const struct deed clean = { "remove_old_puppet_certs_automatically", "cert clean", "ca clean --certname" };
	return certificate(ctx, &clean, argv);
}

int puppet_sign(void *ctx, const char *const *argv, struct err *e UNUSED)
{
	static const struct deed sign = { "sign_puppet_certs_automatically", "cert sign", "ca sign --certname" };
	return certificate(ctx, &sign, argv);
}
