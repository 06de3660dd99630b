/* SPDX-License-Identifier: GPL-2.0-or-later
 * main.c - cobblerd: options, then master or role.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/version.h"
#include "process/process.h"
#include "settings/settings.h"

static const char usage[] =
	"usage: cobblerd [--root DIR] [--no-daemonize] [--log-level LEVEL]\n"
	"       cobblerd --config-check [--root DIR] | --version | --help\n"
	"\n"
	"  --root DIR             every path (etc/cobbler, var/lib/cobbler, srv/tftpboot ...) lies under DIR\n"
	"  -F, --no-daemonize     stay in the foreground (-B, --daemonize: do not, the default)\n"
	"  -l, --log-level LEVEL  error, warning, info or debug; default: log_level of cobblerd.yaml\n"
	"  --config-check         read all configuration, say what is wrong, change nothing\n"
	"  -c FILE, -f FILE, --enable-automigration, --disable-automigration\n"
	"                         are taken from units written for Cobbler in Python, and change nothing\n";

/* Options of Cobbler's own cobblerd that have no meaning here. compat: bin/cobblerd of 3.3.7, which ignores -f as well. */
static bool take_cobblers(int option, const char *value)
{
	if (option != 'c' || str_eq(value, "/etc/cobbler/settings.yaml"))
		return true;
	fprintf(stderr, "cobblerd: -c %s: settings are read from /etc/cobbler/settings.yaml only; see --root\n", value);
	return false;
}

/* In any case of letters, and CRITICAL, as Cobbler's own has it. NULL: no such level. */
static const char *log_level_name(const char *text)
{
	static const struct { const char *text, *name; } levels[] = {
		{ "error", "error" }, { "critical", "error" }, { "warning", "warning" }, { "info", "info" }, { "debug", "debug" } };
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (strcasecmp(text, levels[i].text) == 0)
			return levels[i].name;
	fprintf(stderr, "cobblerd: --log-level %s: error, warning, info or debug expected\n", text);
	return NULL;
}

static int config_check(void)
{
	struct settings *s;
	struct err e;
	int rc = settings_look(&s, &e);
	bool is_new = rc == CB_ENOENT;
	if (rc == CB_OK)
		settings_close(s);
	struct value *warnings CLEANUP(v_unrefp) = v_list();
	if (rc == CB_OK || is_new)
		rc = settings_check_modules(warnings, &e);
	for (size_t i = 0; i < v_len(warnings); i++)
		fprintf(stderr, "cobblerd: warning: %s; what needs it will fail\n", v_cstr(v_list_at(warnings, i)));
	if (rc != CB_OK) {
		fprintf(stderr, "cobblerd: %s\n", e.text);
		return 1;
	}
	puts(is_new ? "there is no /etc/cobbler/settings.yaml yet: the first start makes it" : "configuration is valid");
	return 0;
}

/* A descriptor that is missing would be taken by the first socket, and end up in a child's output. */
static void open_standard_streams(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	enum { OPT_ROOT = 256, OPT_CHECK, OPT_VERSION, OPT_ROLE, OPT_MIGRATE };
	static const struct option longs[] = {
		{ "root", required_argument, NULL, OPT_ROOT },
		{ "no-daemonize", no_argument, NULL, 'F' },
		{ "daemonize", no_argument, NULL, 'B' },
		{ "config-check", no_argument, NULL, OPT_CHECK },
		{ "log-level", required_argument, NULL, 'l' },
		{ "log-file", required_argument, NULL, 'f' },
		{ "config", required_argument, NULL, 'c' },
		{ "enable-automigration", no_argument, NULL, OPT_MIGRATE },
		{ "disable-automigration", no_argument, NULL, OPT_MIGRATE },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ "help", no_argument, NULL, 'h' },
		{ "role", required_argument, NULL, OPT_ROLE },        /* internal */
		{ NULL, 0, NULL, 0 },
	};
	struct options o = { .root = "", .daemonize = true };
	const char *role = NULL;
	char root[PATH_MAX];
	open_standard_streams();
	umask(022);
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	for (int c; (c = getopt_long(argc, argv, "BFc:f:hl:", longs, NULL)) != -1; ) {
		switch (c) {
		case OPT_ROOT: o.root = optarg; break;
		case 'F': o.daemonize = false; break;
		case OPT_CHECK: o.config_check = true; break;
		case 'B': o.daemonize = true; break;
		case 'l':
			if ((o.log_level = log_level_name(optarg)) == NULL)
				return 2;
			break;
		case 'c': case 'f': case OPT_MIGRATE:
			if (!take_cobblers(c, optarg))
				return 2;
			break;
		case OPT_ROLE: role = optarg; break;
		case OPT_VERSION: printf("cobblerd %s (compatible with Cobbler %s)\n", COBBLERD_VERSION, COBBLER_COMPAT); return 0;
		case 'h': fputs(usage, stdout); return 0;
		default: fputs(usage, stderr); return 2;
		}
	}
	if (optind != argc) {
		fprintf(stderr, "cobblerd: unexpected argument \"%s\"\n%s", argv[optind], usage);
		return 2;
	}
	if (role != NULL)
		return role_main(role);
	if (*o.root != '\0') {
		struct err e;
		if ((!o.config_check && dir_make(o.root, 0755, &e) != CB_OK) || realpath(o.root, root) == NULL) {
			fprintf(stderr, "cobblerd: --root %s: not a usable directory\n", o.root);
			return 1;
		}
		o.root = root;
	}
	path_set_root(o.root);
	return o.config_check ? config_check() : master_main(&o);
}
