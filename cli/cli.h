/* SPDX-License-Identifier: GPL-2.0-or-later
 * cli.h - the cobbler command: global options, the table of commands, and what every command is given.
 *
 * Outputs and exit codes keep the layout of Cobbler 3.3's command line, because scripts read them. --json prints one
 * JSON document instead.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdio.h>

#include "cli/client.h"
#include "cli/options.h"

enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_INTERRUPTED = 130,       /* Ctrl-C while following a task, which goes on */
	EXIT_NO_SERVER = 155,         /* compat: cli.py exits with 411, of which the shell sees the low byte */
};

struct cli {
	const char *url;              /* NULL: 127.0.0.1 with settings.yaml's xmlrpc_port */
	const char *user;             /* NULL: the shared secret */
	const char *password_file;
	unsigned timeout_s;
	bool json;
	struct client *client;        /* opened by the first call */
	char *token;                  /* by the first call that needs one */
	int status;                   /* exit status of the last call that cli_explain explained */
};

/* Where a command stands: one bit per item type, then these. */
#define W_ITEM(t) (1u << (t))
#define W_ALL_ITEMS ((1u << ITEM_TYPES) - 1)
#define W_SETTING (1u << 16)
#define W_SIGNATURE (1u << 17)
#define W_DIRECT (1u << 18)

struct command;
struct call {
	const struct command *cmd;
	const char *noun;             /* "distro", "setting", ...; NULL for a direct command */
	int item;                     /* enum item_type, -1 when it is none */
	struct value *options;        /* borrowed dict */
};

struct command {
	unsigned where;
	const char *name;
	const char *alias;            /* of earlier releases; NULL: none */
	bool fields;                  /* takes an option per field */
	bool hidden;
	const struct opt *opts;
	size_t n_opts;
	int (*run)(struct cli *cli, const struct call *c);
	const char *method;           /* background_METHOD of commands that start a task */
	const char *help;
};

extern const struct command commands[];
extern const size_t n_commands;

/* The whole program; argv as in main. Returns the exit status. */
int cli_main(int argc, char *const *argv);

/* settings_cmd.c, passwd_cmd.c, ext_nodes_cmd.c: the programs cobbler-settings, cobbler-passwd and cobbler-ext-nodes; argv as in main.
 * Return the exit status. */
int settings_main(int argc, char **argv);
int passwd_main(int argc, char **argv);
int ext_nodes_main(int argc, char **argv);

/* Nouns in the order of help: the nine item types, then setting and signature. Index past the end: NULL. */
const char *noun_at(size_t i);
/* Bit of a noun, 0 when there is none of that name. *item gets the item type or -1. */
unsigned noun_bit(const char *noun, int *item);
/* By name or alias; where: the noun's bit or W_DIRECT. */
const struct command *command_find(unsigned where, const char *name);
/* All options of a command, for parsing, help and completion. opts_free afterwards. */
void command_options(const struct command *cmd, int item, struct opt_set *s);

/* One call; a token is appended to params when with_token. Troubles are printed; then the result is NULL and
 * cli->status says with what to exit. Returned owned. */
struct value *cli_call(struct cli *cli, const char *method, struct value *params, bool with_token);
/* As cli_call, but leaves the printing to the caller: 0 or negative; client_fault(cli->client) tells a fault. */
int cli_try(struct cli *cli, const char *method, struct value *params, bool with_token, struct value **ret,
	struct err *e)
	MUST_CHECK;
/* The exit status for a failed call, after printing why. */
int cli_explain(struct cli *cli, const struct err *e);
/* A failure found on this side: text on standard output (compat: as cli.py) or {"error": text}; returns EXIT_FAILED. */
int cli_fail(struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Prints {"result": ...} style documents; v is taken. */
void cli_print_json(struct value *v);

/* object.c */
int run_edit(struct cli *cli, const struct call *c);
int run_find(struct cli *cli, const struct call *c);
int run_list(struct cli *cli, const struct call *c);
int run_report(struct cli *cli, const struct call *c);
int run_get_autoinstall(struct cli *cli, const struct call *c);
int run_dumpvars(struct cli *cli, const struct call *c);
int run_autoadd(struct cli *cli, const struct call *c);
int run_power(struct cli *cli, const struct call *c);
int run_setting_edit(struct cli *cli, const struct call *c);
int run_setting_report(struct cli *cli, const struct call *c);
int run_signature_report(struct cli *cli, const struct call *c);
int run_signature_reload(struct cli *cli, const struct call *c);
/* direct.c */
int run_task(struct cli *cli, const struct call *c);
int run_import(struct cli *cli, const struct call *c);
int run_buildiso(struct cli *cli, const struct call *c);
int run_sync(struct cli *cli, const struct call *c);
int run_version(struct cli *cli, const struct call *c);
int run_status(struct cli *cli, const struct call *c);
int run_check(struct cli *cli, const struct call *c);
int run_list_all(struct cli *cli, const struct call *c);
int run_report_all(struct cli *cli, const struct call *c);
int run_events(struct cli *cli, const struct call *c);
int run_follow(struct cli *cli, const struct call *c);
/* complete.c, manpage.c: for the shell and the build */
int complete_main(struct cli *cli, int argc, char *const *argv);
void manpage_write(struct strbuf *out);
/* help.c */
void help_top(struct strbuf *out);
void help_noun(const char *noun, struct strbuf *out);
void help_command(const struct command *cmd, const char *noun, int item, struct strbuf *out);

/* follow.c: prints the task's log as it grows until it ends. EXIT_DONE or EXIT_FAILED. progress: draw a bar when on a
 * terminal. trouble (or NULL): a message that begins so means failure even when the server calls the task complete. */
int follow_task(struct cli *cli, const char *id, bool progress, const char *trouble);
/* What to print of one line of a task's log: the message after " | ". */
const char *log_message(const char *line);
/* True when the line carries progress only; *fraction gets 0..1. */
bool log_progress(const char *line, double *fraction);

/* prompt.c: asks on the terminal, without echo. Returns owned; NULL: no terminal, no answer, or one of more than 4094 bytes. */
char *ask_secret(const char *prompt);
/* The same from a file or a pipe, without a prompt: its next line. */
char *read_secret_line(FILE *from);

/* report.c: "Label : value" lines of one item, with its interfaces. */
void report_item(int item, const struct value *dict, struct strbuf *out);
/* labels.c: the field's name in reports. Returns owned. */
char *label_of(enum item_type t, const char *field);

#endif
