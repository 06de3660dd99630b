/* SPDX-License-Identifier: GPL-2.0-or-later
 * auth.c - chooses the module and keeps the shared secret.
 */
#include "auth/auth.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

#define SECRET_BYTES 512

struct auth {
	struct core *core;
	struct strbuf secret;
};

static bool authn_denyall(struct core *c UNUSED, const char *user UNUSED, const char *password UNUSED)
{
	return false;
}

/* The system's own accounts, by the PAM service of the setting. */
static bool authn_pam(struct core *c, const char *user, const char *password)
{
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->settings);
	struct err e;
	int rc = privileged_pam(c->privileged, v_dict_cstr(settings, "authn_pam_service", "login"), user, password, &e);
	if (rc == CB_EPERM)
		log_warn("auth", "PAM refuses %s: %s", user, e.text);
	else if (rc != CB_OK)
		log_error("auth", "PAM cannot be asked about %s: %s", user, e.text);
	return rc == CB_OK;
}

static bool authn_spacewalk(struct core *c UNUSED, const char *user, const char *password UNUSED)
{
	log_error("auth", "authentication.spacewalk is not supported: %s is refused; choose another module in modules.conf", user);
	return false;
}

/* passthru has no row: it compares with the shared secret, see auth_login. */
static const struct { const char *name; bool (*check)(struct core *c, const char *user, const char *password); } modules[] = {
	{ "configfile", authn_configfile },
	{ "denyall", authn_denyall },
	{ "pam", authn_pam },
	{ "ldap", authn_ldap },
	{ "spacewalk", authn_spacewalk },
};

/* "authentication.pam" of 3.x and "authn_pam" of 2.x name the same. */
static const char *bare(const char *module, const char *prefix, const char *old_prefix)
{
	if (str_starts(module, prefix))
		return module + strlen(prefix);
	return str_starts(module, old_prefix) ? module + strlen(old_prefix) : module;
}

int auth_open(struct core *c, struct auth **ret, struct err *e)
{
	char hex[2 * SECRET_BYTES + 1];
	struct auth *a = xcalloc(1, sizeof(*a));
	char *path CLEANUP(free_ptr) = path_of("/var/lib/cobbler/web.ss");
	a->core = c;
	random_hex(hex, SECRET_BYTES);
	sb_addf(&a->secret, "b'%s'", hex);         /* compat: regen_ss_file writes the text of a bytes value */
	explicit_bzero(hex, sizeof(hex));
	int rc = file_replace(AT_FDCWD, path, a->secret.p, a->secret.len, 0600, e);
	if (rc != CB_OK) {
		auth_close(a);
		return rc;
	}
	*ret = a;
	return CB_OK;
}

void auth_close(struct auth *a)
{
	if (a == NULL)
		return;
	if (a->secret.p != NULL)
		explicit_bzero(a->secret.p, a->secret.len);
	sb_free(&a->secret);
	free(a);
}

bool auth_is_secret(struct auth *a, const char *password)
{
	return a->secret.len > 0 && strlen(password) == a->secret.len && const_time_eq(password, a->secret.p, a->secret.len);
}

int auth_login(struct auth *a, const char *user, const char *password, struct err *e)
{
	char *module CLEANUP(free_ptr) = settings_module(a->core->settings, "authentication", "module");
	const char *name = bare(module, "authentication.", "authn_");
	bool ok = false, known = false;
	if (*user == '\0' || strlen(user) >= AUTH_USER_MAX || str_starts(user, "<"))
		return err_set(e, CB_EPERM, "login failed (%.64s)", user);
	if (str_eq(name, "passthru")) {
		known = true;
		ok = auth_is_secret(a, password);
	}
	for (size_t i = 0; i < ARRAY_LEN(modules); i++)
		if (str_eq(name, modules[i].name)) {
			known = true;
			ok = modules[i].check(a->core, user, password);
		}
	if (!known)
		log_error("auth", "modules.conf: [authentication] module = \"%s\" is not one of configfile, denyall, ldap, pam, passthru",
			module);
	if (ok)
		return CB_OK;
	log_warn("auth", "login failed for %s (%s)", user, name);
	return err_set(e, CB_EPERM, "login failed (%s)", user);
}

int auth_authorize(struct auth *a, const char *user, const char *resource, const struct item *it, const char *arg, struct err *e)
{
	if (str_eq(user, AUTH_DIRECT))
		return CB_OK;
	char *module CLEANUP(free_ptr) = settings_module(a->core->settings, "authorization", "module");
	if (authz_allowed(a->core, bare(module, "authorization.", "authz_"), user, resource, it, arg))
		return CB_OK;
	log_warn("auth", "%s may not %s", user, resource);
	return err_set(e, CB_EPERM, "authorization failure for user %s", user);
}
