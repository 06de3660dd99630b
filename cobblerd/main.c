/* SPDX-License-Identifier: GPL-2.0-or-later
 * main.c - cobblerd: options, then master or role.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
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
	"  --root DIR         every path (etc/cobbler, var/lib/cobbler, srv/tftpboot ...) lies under DIR\n"
	"  -F, --no-daemonize stay in the foreground\n"
	"  --log-level LEVEL  error, warning, info or debug; default: log_level of cobblerd.yaml\n"
	"  --config-check     read all configuration, say what is wrong, change nothing that is there\n";

static int config_check(void)
{
	struct settings *s;
	struct err e;
	if (settings_open(&s, &e) != CB_OK) {
		fprintf(stderr, "cobblerd: %s\n", e.text);
		return 1;
	}
	settings_close(s);
	printf("configuration is valid\n");
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
	enum { OPT_ROOT = 256, OPT_CHECK, OPT_VERSION, OPT_ROLE, OPT_LEVEL };
	static const struct option longs[] = {
		{ "root", required_argument, NULL, OPT_ROOT },
		{ "no-daemonize", no_argument, NULL, 'F' },
		{ "config-check", no_argument, NULL, OPT_CHECK },
		{ "log-level", required_argument, NULL, OPT_LEVEL },
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
	for (int c; (c = getopt_long(argc, argv, "Fh", longs, NULL)) != -1; ) {
		switch (c) {
		case OPT_ROOT: o.root = optarg; break;
		case 'F': o.daemonize = false; break;
		case OPT_CHECK: o.config_check = true; break;
		case OPT_LEVEL: o.log_level = optarg; break;
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
		if (dir_make(o.root, 0755, &e) != CB_OK || realpath(o.root, root) == NULL) {
			fprintf(stderr, "cobblerd: --root %s: not a usable directory\n", o.root);
			return 1;
		}
		o.root = root;
	}
	path_set_root(o.root);
	return o.config_check ? config_check() : master_main(&o);
}
