/* SPDX-License-Identifier: GPL-2.0-or-later
 * complete.c - what the shell may complete a command line with: words of the tables, names from the server.
 * Called by the completion script as: cobbler __complete INDEX WORD... with the words as bash splits them ('=' parts
 * words).
 */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

/* The user is waiting for the keyboard. */
#define TIMEOUT_S 2

struct completion {
	struct cli *cli;
	const char *word;             /* what has been typed of the word */
	const char *prefix;           /* printed before each candidate */
};

static void offer(const struct completion *c, const char *text, const char *suffix)
{
	if (str_starts(text, c->word))
		printf("%s%s%s\n", c->prefix, text, suffix);
}

static void offer_commands(const struct completion *c)
{
	for (size_t i = 0; noun_at(i); i++)
		offer(c, noun_at(i), "");
	for (size_t i = 0; i < n_commands; i++) {
		if (commands[i].where & W_DIRECT && !commands[i].hidden)
			offer(c, commands[i].name, "");
	}
}

static void offer_options(const struct completion *c, const struct opt_set *opts)
{
	for (size_t i = 0; i < opts->n; i++) {
		char *text CLEANUP(free_ptr) = xasprintf("--%s%s", opts->v[i].name, opts->v[i].kind == OPT_FLAG ? "" : "=");
		if (!opts->v[i].hidden)
			offer(c, text, "");
	}
	offer(c, "--help", "");
}

static void offer_list(const struct completion *c, const char *method, struct value *params)
{
	struct err e;
	struct value *v CLEANUP(v_unrefp) = NULL;
	if (cli_try(c->cli, method, params, false, &v, &e) < 0)
		return;
	for (size_t i = 0; i < v_len(v); i++)
		offer(c, v_is(v, V_DICT) ? v_dict_key(v, i) : v_cstr(v_list_at(v, i)), "");
}

static void offer_values(const struct completion *c, const struct command *cmd, const char *noun, int item,
	const struct opt *o)
{
	const char *refers = o->refers;
	if (str_eq(o->dest, "name") && item >= 0 && !str_eq(cmd->name, "add"))
		refers = noun;
	if (refers)
		offer_list(c, "get_item_names", params_of(v_str(refers), NULL));
	else if (str_eq(o->dest, "name") && noun && str_eq(noun, "setting"))
		offer_list(c, "get_settings", v_list());
	for (size_t i = 0; o->choices && o->choices[i]; i++)
		offer(c, o->choices[i], "");
	if (o->field && o->field->type == F_BOOL) {
		offer(c, "1", "");
		offer(c, "0", "");
	}
	if (o->field && o->field->flags & FF_INHERIT)
		offer(c, "<<inherit>>", "");
}

/* The option whose value is being typed: before "=" or before this word; NULL when it is not a value. */
static const struct opt *option_before(const struct opt_set *opts, const char *const *words, int at, const char **word)
{
	const char *prev = at > 0 ? words[at - 1] : "", *before = at > 1 ? words[at - 2] : "";
	const char *name = NULL;
	if (str_eq(words[at], "=") && str_starts(prev, "--")) {
		name = prev;
		*word = "";
	} else if (str_eq(prev, "=") && str_starts(before, "--")) {
		name = before;
	} else if (str_starts(prev, "--")) {
		name = prev;
	}
	const struct opt *o = name ? opts_find(opts, name + 2, strlen(name) - 2) : NULL;
	return o && o->kind != OPT_FLAG ? o : NULL;
}

static void complete_command(struct completion *c, const struct command *cmd, const char *noun, int item,
	const char *const *words, int at)
{
	struct opt_set opts = { 0 };
	command_options(cmd, item, &opts);
	const struct opt *o = option_before(&opts, words, at, &c->word);
	const char *eq = str_starts(c->word, "--") ? strchr(c->word, '=') : NULL;
	if (!o && eq) {
		/* A shell that does not part words at '=': the candidates carry the option's name. */
		char *prefix = xstrndup(c->word, (size_t)(eq + 1 - c->word));
		o = opts_find(&opts, c->word + 2, (size_t)(eq - c->word) - 2);
		struct completion value = { c->cli, eq + 1, prefix };
		if (o)
			offer_values(&value, cmd, noun, item, o);
		free_ptr(&prefix);
	} else if (o) {
		offer_values(c, cmd, noun, item, o);
	} else {
		offer_options(c, &opts);
	}
	opts_free(&opts);
}

int complete_main(struct cli *cli, int argc, char *const *argv)
{
	unsigned long at;
	if (argc < 2 || !parse_uint(argv[0], 10000, &at) || (int)at + 1 > argc)
		return EXIT_USAGE;
	/* words[0] is "cobbler"; a missing last word is an empty one. */
	const char *const *words = (const char *const *)argv + 1;
	const char *empty[] = { "" };
	struct completion c = { cli, (int)at + 1 < argc ? words[at] : empty[0], "" };
	cli->timeout_s = TIMEOUT_S;
	if (at <= 1) {
		offer_commands(&c);
		return EXIT_DONE;
	}
	int item;
	unsigned bit = noun_bit(words[1], &item);
	if (bit && at == 2) {
		for (size_t i = 0; i < n_commands; i++) {
			if (commands[i].where & bit && !commands[i].hidden)
				offer(&c, commands[i].name, "");
		}
		return EXIT_DONE;
	}
	const struct command *cmd = command_find(bit ? bit : W_DIRECT, words[bit ? 2 : 1]);
	if (cmd && (int)at + 1 < argc)
		complete_command(&c, cmd, bit ? words[1] : NULL, item, words, (int)at);
	return EXIT_DONE;
}
