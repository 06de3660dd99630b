/* SPDX-License-Identifier: GPL-2.0-or-later
 * prompt.c - secrets that a person types.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/cli.h"

#define SECRET_MAX 4096

static struct termios before_asking;

/* Whoever gives up at the prompt gets a terminal that shows what is typed. */
static void give_up(int sig)
{
	tcsetattr(STDIN_FILENO, TCSANOW, &before_asking);
	_exit(128 + sig);
}

char *read_secret_line(FILE *from)
{
	char line[SECRET_MAX];
	if (fgets(line, sizeof(line), from) == NULL)
		return NULL;
	size_t n = strcspn(line, "\r\n");
	char *text = n + 1 < sizeof(line) ? xstrndup(line, n) : NULL;
	explicit_bzero(line, sizeof(line));
	return text;
}

char *ask_secret(const char *prompt)
{
	const struct sigaction end = { .sa_handler = give_up };
	struct sigaction was[2];
	struct termios quiet;
	if (tcgetattr(STDIN_FILENO, &before_asking) == -1)
		return NULL;
	sigaction(SIGINT, &end, &was[0]);
	sigaction(SIGTERM, &end, &was[1]);
	quiet = before_asking;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	fputs(prompt, stderr);
	char *text = read_secret_line(stdin);
	tcsetattr(STDIN_FILENO, TCSANOW, &before_asking);
	sigaction(SIGINT, &was[0], NULL);
	sigaction(SIGTERM, &was[1], NULL);
	fputc('\n', stderr);
	return text;
}
