/* SPDX-License-Identifier: GPL-2.0-or-later
 * authz.c - authorization: allowall, configfile (whoever stands in users.conf), ownership (groups in users.conf, owners in items).
 */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "auth/auth.h"
#include "base/file.h"
#include "base/log.h"

#define USERS_MAX (1u << 20)

static char *trim(char *s)
{
	s += strspn(s, " \t\r");
	for (size_t n = strlen(s); n > 0 && strchr(" \t\r", s[n - 1]) != NULL; )
		s[--n] = '\0';
	return s;
}

/* The groups of users.conf that list the user. found: he stands anywhere. CB_OK even when he does not. */
static int groups_of(const char *user, bool ignore_case, struct value **groups, struct err *e)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	char *path CLEANUP(free_ptr) = path_of("/etc/cobbler/users.conf"), *save = NULL, *group = NULL;
	int rc = file_read(AT_FDCWD, path, USERS_MAX, &b, e);
	if (rc != CB_OK)
		return rc;
	*groups = v_list();
	for (char *line = b.len > 0 ? strtok_r(b.p, "\n", &save) : NULL; line != NULL; line = strtok_r(NULL, "\n", &save)) {
		line = trim(line);
		size_t n = strlen(line);
		if (*line == '#' || *line == ';' || n == 0)
			continue;
		if (*line == '[' && line[n - 1] == ']') {
			line[n - 1] = '\0';
			group = line + 1;
			continue;
		}
		line[strcspn(line, "=:")] = '\0';
		line = trim(line);
		if (group != NULL && *line != '\0' && (ignore_case ? strcasecmp(line, user) == 0 : str_eq(line, user)) &&
			!v_list_has_str(*groups, group))
			v_list_push(*groups, v_str(group));
	}
	return CB_OK;
}

static bool is_owner(struct core *c, const struct value *groups, const char *user, const struct item *it)
{
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->settings);
	struct value *owners CLEANUP(v_unrefp) = it == NULL ? NULL : resolve_field(c->model, settings, it, "owners");
	if (owners == NULL || v_len(owners) == 0)
		return true;
	if (!v_is(owners, V_LIST))
		return false;
	for (size_t i = 0; i < v_len(owners); i++) {
		const char *owner = v_cstr(v_list_at(owners, i));
		if (str_eq(owner, user) || v_list_has_str(groups, owner))
			return true;
	}
	return false;
}

/* The name of a template as its file lies below the directory: "/x", "./x" and "x " are one. False: it is none. */
static bool plain_name(const char *name, char out[PATH_MAX])
{
	static const char blanks[] = " \t\r\n";
	name += strspn(name, blanks);
	size_t n = strlen(name);
	while (n > 0 && strchr(blanks, name[n - 1]) != NULL)
		n--;
	char *text CLEANUP(free_ptr) = xstrndup(name, n);
	return path_normalise(text, out, PATH_MAX);
}

static bool uses_template(const struct item *it, const char *plain)
{
	char own[PATH_MAX];
	return plain_name(item_str(it, "autoinstall"), own) && str_eq(own, plain);
}

/* A template may be changed by whoever owns every profile and system that uses it. */
static bool owns_users_of_template(struct core *c, const struct value *groups, const char *user, const char *file)
{
	static const enum item_type types[] = { ITEM_PROFILE, ITEM_SYSTEM };
	char plain[PATH_MAX];
	bool ok = true, known = file != NULL && plain_name(file, plain);
	for (size_t t = 0; t < ARRAY_LEN(types); t++) {
		struct item_list l CLEANUP(item_list_free) = model_items(c->model, types[t]);
		for (size_t i = 0; i < l.n && ok; i++)
			if (!known || uses_template(l.v[i], plain))
				ok = is_owner(c, groups, user, l.v[i]);
	}
	return ok;
}

static bool has_word(const char *resource, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strstr(resource, *words) != NULL)
			return true;
	return false;
}

static bool by_ownership(struct core *c, const char *user, const char *resource, const struct item *it, const char *arg)
{
	static const char *const changes[] = { "save", "copy", "rename", "remove", "modify", "edit", "xapi", "background", "write", NULL };
	struct value *groups CLEANUP(v_unrefp) = NULL;
	struct err e;
	if (str_starts(resource, "get") || str_starts(resource, "read"))
		return true;
	if (groups_of(user, false, &groups, &e) != CB_OK) {
		log_error("auth", "nobody is authorized: %s", e.text);
		return false;
	}
	if (v_list_has_str(groups, "admins") || v_list_has_str(groups, "admin"))
		return true;
	if (v_len(groups) == 0)
		return false;
	if (!has_word(resource, changes))
		return true;
	if (strstr(resource, "autoinstall_snippet") != NULL)
		return false;              /* snippets concern everybody: administrators only */
	if (strstr(resource, "autoinstall_template") != NULL)
		return owns_users_of_template(c, groups, user, arg);
	return is_owner(c, groups, user, it);
}

bool authz_allowed(struct core *c, const char *module, const char *user, const char *resource, const struct item *it, const char *arg)
{
	struct value *groups CLEANUP(v_unrefp) = NULL;
	struct err e;
	if (str_eq(module, "allowall"))
		return true;
	if (str_eq(module, "ownership"))
		return by_ownership(c, user, resource, it, arg);
	if (!str_eq(module, "configfile")) {
		log_error("auth", "modules.conf: [authorization] module = \"%s\" is not one of allowall, configfile, ownership", module);
		return false;
	}
	if (groups_of(user, true, &groups, &e) != CB_OK) {
		log_error("auth", "nobody is authorized: %s", e.text);
		return false;
	}
	return v_len(groups) > 0;
}
