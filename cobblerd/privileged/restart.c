/* SPDX-License-Identifier: GPL-2.0-or-later
 * restart.c - restarts of external servers. Which unit it is, the host tells: names differ between families (compat:
 * utils.dhcp_service_name, named_service_name, service_restart).
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/spawn.h"
#include "privileged/privileged.h"

#define RESTART_MS 45000
#define OUTPUT_MAX 8192
#define UNITS 3                    /* names of one server, at most */

static const struct { enum host_daemon daemon; const char *what; const char *units[UNITS]; } daemons[] = {
	{ HOST_DHCPD, "dhcpd", { "isc-dhcp-server", "dhcpd" } },
	{ HOST_DHCPD6, "dhcpd for IPv6", { "isc-dhcp-server6", "dhcpd6", "isc-dhcp-server" } },
	{ HOST_DNSMASQ, "dnsmasq", { "dnsmasq" } },
	{ HOST_NAMED, "named", { "named-chroot", "named", "bind9" } },
};

static int run(const char *const *argv, const char *cwd, struct strbuf *output, struct err *e)
{
	struct strbuf words = { 0 };
	struct spawn sp = { .argv = argv, .cwd = cwd, .timeout_ms = RESTART_MS, .max_output = OUTPUT_MAX, .output = output };
	int status = -1;
	for (size_t i = 0; argv[i] != NULL; i++)
		sb_addf(&words, "%s%s", i > 0 ? " " : "", argv[i]);
	int rc = spawn_run(&sp, &status, e);
	if (rc == CB_OK && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		rc = err_set(e, CB_EIO, "\"%s\" ended with status %d", sb_str(&words),
			WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	sb_free(&words);
	return rc;
}

enum manager { SYSTEMD, SUPERVISORD, SYSV };

static enum manager manager_of_host(void)
{
	if (sd_booted() > 0)
		return SYSTEMD;
	if (access("/run/supervisor.sock", F_OK) == 0 || access("/run/supervisor/supervisor.sock", F_OK) == 0)
		return SUPERVISORD;
	return SYSV;
}

static bool says_yes(const char *program, const char *option, const char *verb, const char *unit)
{
	const char *argv[5] = { program };
	size_t n = 1;
	if (option != NULL)
		argv[n++] = option;
	argv[n++] = verb;
	argv[n] = unit;
	return run(argv, NULL, NULL, NULL) == CB_OK;
}

/* systemd runs scripts of /etc/init.d too. */
static bool is_installed(enum manager m, const char *unit)
{
	static const char *const places[] = { "/etc/init.d", "/etc/rc.d/init.d", "/etc/systemd/system", "/run/systemd/system",
		"/usr/lib/systemd/system", "/lib/systemd/system" };
	if (m == SUPERVISORD)
		return says_yes("supervisorctl", NULL, "pid", unit);
	for (size_t i = 0; i < (m == SYSTEMD ? ARRAY_LEN(places) : 2); i++) {
		char path[128];
		snprintf(path, sizeof(path), "%s/%s%s", places[i], unit, i < 2 ? "" : ".service");
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

/* Of the units that are installed the first; but one that serves in a chroot only where it runs. */
static const char *unit_of(enum manager m, const char *const units[UNITS])
{
	for (size_t i = 0; i < UNITS && units[i] != NULL; i++)
		if (is_installed(m, units[i]) &&
			(strstr(units[i], "-chroot") == NULL || says_yes("systemctl", "--quiet", "is-active", units[i])))
			return units[i];
	return NULL;
}

static int restart_unit(enum manager m, const char *unit, struct strbuf *output, struct err *e)
{
	const char *const systemd[] = { "systemctl", "--no-ask-password", "restart", unit, NULL };
	const char *const supervisor[] = { "supervisorctl", "restart", unit, NULL };
	const char *const sysv[] = { "service", unit, "restart", NULL };
	return run(m == SYSTEMD ? systemd : m == SUPERVISORD ? supervisor : sysv, NULL, output, e);
}

int host_daemons_restart(unsigned which, struct strbuf *output, struct err *e)
{
	static const char *const tinydns[] = { "tinydns-data", NULL };
	enum manager m = manager_of_host();
	const char *done[ARRAY_LEN(daemons)];
	size_t n = 0;
	int rc = which & HOST_TINYDNS ? run(tinydns, "/etc/ndjbdns", output, e) : CB_OK;
	for (size_t d = 0; d < ARRAY_LEN(daemons) && rc == CB_OK; d++) {
		if (!(which & daemons[d].daemon))
			continue;
		const char *unit = unit_of(m, daemons[d].units);
		if (unit == NULL)
			return err_set(e, CB_ENOENT, "%s cannot be restarted: no service of that kind is installed (looked for %s)",
				daemons[d].what, daemons[d].units[0]);
		bool again = false;
		for (size_t i = 0; i < n; i++)
			again |= str_eq(done[i], unit);
		if (again)
			continue;
		done[n++] = unit;
		rc = restart_unit(m, unit, output, e);
	}
	return rc;
}
