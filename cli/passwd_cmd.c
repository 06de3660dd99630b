/* SPDX-License-Identifier: GPL-2.0-or-later
 * passwd_cmd.c - cobbler-passwd: the logins of authentication.configfile, in /etc/cobbler/users.digest. Options as htpasswd has them where
 * they mean the same. The password comes from the terminal or from standard input, never from the arguments.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/auth.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/cli.h"

static const char usage_text[] =
	"usage: cobbler-passwd [--root DIR] [-i] NAME   adds the login NAME, or gives it a new password\n"
	"       cobbler-passwd [--root DIR] -D NAME     removes it\n"
	"       cobbler-passwd [--root DIR] -l          lists all\n"
	"\n"
	"  -i, --stdin    the password is the first line of standard input; else it is asked for twice\n"
	"Logins count where modules.conf says authentication.configfile. A change is in force at the next login.\n";

static int fail(const struct err *e)
{
	fprintf(stderr, "cobbler-passwd: %s\n", e->text);
	return EXIT_FAILED;
}

static void forget(char **text)
{
	if (*text != NULL)
		explicit_bzero(*text, strlen(*text));
	free(*text);
}

/* *ret owned; wipe with forget(). */
static int password(bool from_stdin, char **ret, struct err *e)
{
	if (from_stdin || !isatty(STDIN_FILENO)) {
		*ret = read_secret_line(stdin);
		return *ret != NULL ? CB_OK : err_set(e, CB_EINVAL, "a password of at most 4094 bytes is expected on standard input");
	}
	char *again CLEANUP(forget) = NULL;
	*ret = ask_secret("New password: ");
	again = *ret != NULL ? ask_secret("Once more: ") : NULL;
	if (again != NULL && str_eq(again, *ret))
		return CB_OK;
	return err_set(e, CB_EINVAL, again == NULL ? "no password was given" : "the two passwords differ; nothing was changed");
}

static int set(const char *name, bool from_stdin)
{
	char *text CLEANUP(forget) = NULL;
	struct err e;
	bool existed;
	int rc = password(from_stdin, &text, &e);
	if (rc == CB_OK)
		rc = users_set(name, text, &existed, &e);
	if (rc != CB_OK)
		return fail(&e);
	printf("login %s %s\n", name, existed ? "has a new password" : "added");
	return EXIT_DONE;
}

static int list(void)
{
	struct value *names CLEANUP(v_unrefp) = NULL;
	struct err e;
	if (users_list(&names, &e) != CB_OK)
		return fail(&e);
	for (size_t i = 0; i < v_len(names); i++)
		printf("%s\n", v_cstr(v_list_at(names, i)));
	return EXIT_DONE;
}

int passwd_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "root", required_argument, NULL, 'r' }, { "stdin", no_argument, NULL, 'i' }, { "delete", no_argument, NULL, 'D' },
		{ "list", no_argument, NULL, 'l' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	bool from_stdin = false, removing = false, listing = false;
	struct err e;
	log_init("cobbler-passwd", LOG_LVL_ERROR);
	for (int c; (c = getopt_long(argc, argv, "iDlh", options, NULL)) != -1; ) {
		switch (c) {
		case 'r': path_set_root(optarg); break;
		case 'i': from_stdin = true; break;
		case 'D': removing = true; break;
		case 'l': listing = true; break;
		case 'h': fputs(usage_text, stdout); return EXIT_DONE;
		default: return EXIT_USAGE;
		}
	}
	if (argc - optind != (listing ? 0 : 1) || (listing && removing)) {
		fputs(usage_text, stderr);
		return EXIT_USAGE;
	}
	if (listing)
		return list();
	if (!removing)
		return set(argv[optind], from_stdin);
	if (users_remove(argv[optind], &e) != CB_OK)
		return fail(&e);
	printf("login %s removed\n", argv[optind]);
	return EXIT_DONE;
}
