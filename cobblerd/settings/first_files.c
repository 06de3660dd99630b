/* SPDX-License-Identifier: GPL-2.0-or-later
 * first_files.c - configuration files that a fresh root lacks. What is there is never touched.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "settings/settings_private.h"
#include "value/yaml.h"

#define SETTINGS_PATH "/etc/cobbler/settings.yaml"
#define OLD_SETTINGS_PATH "/etc/cobbler/settings"

static const char modules_text[] =
	"# Which module does what. Authentication: configfile, denyall, passthru, pam, ldap. Authorization: allowall, ownership,\n"
	"# configfile. dns: bind, ndjbdns, dnsmasq. dhcp: isc, dnsmasq.\n"
	"[authentication]\nmodule = authentication.configfile\nhash_algorithm = sha3_512\n\n"
	"[authorization]\nmodule = authorization.allowall\n\n"
	"[dns]\nmodule = managers.bind\n\n"
	"[dhcp]\nmodule = managers.isc\n\n"
	"[tftpd]\nmodule = managers.in_tftpd\n";

static const char daemon_text[] =
	"# Settings of cobblerd's own, beside Cobbler's settings.yaml. All are optional; cobblerd.yaml(5) describes them.\n"
	"#user: cobbler\n#log_level: info\n#xmlrpc: {address: 127.0.0.1}\n#http: {enabled: true, address: 0.0.0.0}\n"
	"#tftp: {enabled: true, address: 0.0.0.0, port: 69}\n"
	"#dhcp:\n#  enabled: true\n#  interfaces: [eth1]\n#  subnets:\n#    - subnet: 10.0.0.0/24\n#      range: [10.0.0.100, 10.0.0.200]\n"
	"#      router: 10.0.0.1\n#      dns: [10.0.0.1]\n#rarp: {enabled: true}\n";

static bool exists(const char *path)
{
	char *real = path_of(path);
	bool yes = access(real, F_OK) == 0;
	free(real);
	return yes;
}

static int create(const char *path, const char *text, size_t n, mode_t mode, struct err *e)
{
	char *real = path_of(path);
	int rc = CB_OK;
	if (access(real, F_OK) == -1) {
		rc = file_replace(AT_FDCWD, real, text, n, mode, e);
		if (rc == CB_OK)
			log_info("settings", "%s created", real);
	}
	free(real);
	return rc;
}

/* The settings of a release before 3.2.1, whose file had no ".yaml" and stays where it is, in the form of 3.3.7. *ret owned. */
static int take_over_settings(struct value **ret, struct err *e)
{
	struct value *old, *known, *unknown;
	int rc = settings_read_yaml(OLD_SETTINGS_PATH, &old, e);
	if (rc != CB_OK)
		return rc;
	known = settings_defaults();
	unknown = v_dict();
	rc = settings_apply(OLD_SETTINGS_PATH, old, known, unknown, e);
	for (size_t i = 0; rc == CB_OK && i < v_len(unknown); i++)
		v_dict_set(known, v_dict_key(unknown, i), v_ref(v_dict_at(unknown, i)));
	v_unref(old);
	v_unref(unknown);
	if (rc == CB_OK)
		*ret = known;
	else
		v_unref(known);
	return rc;
}

/* What settings.yaml begins with. */
static int first_settings(struct strbuf *b, struct err *e)
{
	struct value *now;
	if (exists(OLD_SETTINGS_PATH)) {
		int rc = take_over_settings(&now, e);
		if (rc != CB_OK)
			return rc;
		sb_adds(b, "# Cobbler's settings, taken over from " OLD_SETTINGS_PATH ".\n");
	} else {
		now = settings_defaults();
		sb_adds(b, "# Cobbler's settings, at their defaults. default_password_crypted locks the root account until you set a "
			"hash.\n");
	}
	yaml_write(b, now, true);
	v_unref(now);
	return CB_OK;
}

int settings_create_missing(struct err *e)
{
	struct strbuf b = { 0 };
	char *dir = path_of("/etc/cobbler/settings.d");
	int rc = dir_make(dir, 0750, e);
	free(dir);
	if (rc == CB_OK && !exists(SETTINGS_PATH)) {
		rc = first_settings(&b, e);
		if (rc == CB_OK)
			rc = create(SETTINGS_PATH, sb_str(&b), b.len, 0640, e);
	}
	sb_free(&b);
	if (rc == CB_OK)
		rc = create("/etc/cobbler/modules.conf", modules_text, strlen(modules_text), 0640, e);
	if (rc == CB_OK)
		rc = create("/etc/cobbler/cobblerd.yaml", daemon_text, strlen(daemon_text), 0640, e);
	if (rc == CB_OK)
		/* no well-known account: logins are added by the administrator */
		rc = create("/etc/cobbler/users.digest", "", 0, 0600, e);
	return rc;
}
