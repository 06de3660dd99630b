/* SPDX-License-Identifier: GPL-2.0-or-later
 * help.c - usage texts from the tables.
 */
#include "cli/cli.h"

#define WIDTH 80

static void add_wrapped(struct strbuf *out, size_t *col, const char *word, const char *sep)
{
	struct strbuf w CLEANUP(sb_free) = { 0 };
	sb_addf(&w, "%s%s", word, sep);
	if (*col + w.len > WIDTH) {
		sb_adds(out, "\n    ");
		*col = 4;
	}
	sb_add(out, w.p, w.len);
	*col += w.len;
}

void help_top(struct strbuf *out)
{
	sb_adds(out, "usage\n=====\n");
	size_t col = 9;
	sb_adds(out, "cobbler <");
	for (size_t i = 0; noun_at(i); i++) {
		int item;
		if (noun_bit(noun_at(i), &item) & W_ALL_ITEMS)
			add_wrapped(out, &col, noun_at(i), i + 1 < ITEM_TYPES ? "|" : "> ... [options|--help]\n");
	}
	sb_adds(out, "    add|edit|copy|rename|remove|find|list|report, and get-autoinstall|dumpvars for what is installed,\n"
		"    poweron|poweroff|powerstatus|reboot for systems, autoadd for repos\n");
	sb_adds(out, "cobbler setting <edit|report>\ncobbler signature <reload|report|update>\n");
	col = 9;
	sb_adds(out, "cobbler <");
	bool first = true;
	for (size_t i = 0; i < n_commands; i++) {
		if (!(commands[i].where & W_DIRECT) || commands[i].hidden)
			continue;
		if (!first)
			add_wrapped(out, &col, "|", "");
		add_wrapped(out, &col, commands[i].name, "");
		first = false;
	}
	sb_adds(out, "> [options|--help]\n\nBefore the command:\n"
		"  --server=URL          the XML-RPC address (default: COBBLER_URL, else this machine)\n"
		"  --user=NAME           log in as NAME instead of with this machine's shared secret\n"
		"  --password-file=FILE  where NAME's password is (- is standard input; default: ask)\n"
		"  --timeout=SECONDS     how long one call may take (default 600; 0: no limit)\n"
		"  --root=DIR            the server's files lie under DIR (as for cobblerd --root)\n"
		"  --json                print JSON; also allowed after the command\n"
		"  --version             the server's version\n");
}

void help_noun(const char *noun, struct strbuf *out)
{
	int item;
	unsigned bit = noun_bit(noun, &item);
	sb_adds(out, "usage\n=====\n");
	for (size_t i = 0; i < n_commands; i++) {
		if (commands[i].where & bit && !commands[i].hidden)
			sb_addf(out, "cobbler %s %s\n", noun, commands[i].name);
	}
}

void help_command(const struct command *cmd, const char *noun, int item, struct strbuf *out)
{
	struct opt_set opts = { 0 };
	command_options(cmd, item, &opts);
	sb_addf(out, "Usage: cobbler %s%s%s [options]\n\n%s\n\n", noun ? noun : "", noun ? " " : "", cmd->name, cmd->help);
	opts_help(&opts, WIDTH, out);
	opts_free(&opts);
}
