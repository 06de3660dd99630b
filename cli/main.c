/* SPDX-License-Identifier: GPL-2.0-or-later
 * main.c - one binary, several commands by the name it is called with: cobbler, those that work on this host's files without
 * the daemon, and Puppet's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static int cobbler_main(int argc, char **argv)
{
	return cli_main(argc, argv);
}

int main(int argc, char **argv)
{
	static const struct { const char *name; int (*run)(int, char **); } others[] = {
		{ "cobbler-settings", settings_main }, { "cobbler-passwd", passwd_main },
		{ "cobbler-ext-nodes", ext_nodes_main },
	};
	int (*run)(int, char **) = cobbler_main;
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (str_eq(program_invocation_short_name, others[i].name))
			run = others[i].run;
	int status = run(argc, argv);
	/* What was asked for and did not arrive is a failure: on a full disk, for instance. */
	bool lost = ferror(stdout) != 0, unwritten = fflush(stdout) != 0;
	if (!lost && !unwritten)
		return status;
	fprintf(stderr, "%s: cannot write to standard output: %s\n", program_invocation_short_name, strerror(errno));
	return status == EXIT_DONE ? EXIT_FAILED : status;
}
