/* SPDX-License-Identifier: GPL-2.0-or-later
 * main.c - one binary, three commands by the name it is called with: cobbler, and two that work on this host's files without the daemon.
 */
#include <errno.h>

#include "cli/cli.h"

int main(int argc, char **argv)
{
	static const struct { const char *name; int (*run)(int, char **); } others[] = {
		{ "cobbler-settings", settings_main }, { "cobbler-passwd", passwd_main },
	};
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (str_eq(program_invocation_short_name, others[i].name))
			return others[i].run(argc, argv);
	return cli_main(argc, argv);
}
