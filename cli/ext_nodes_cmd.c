/* SPDX-License-Identifier: GPL-2.0-or-later
 * ext_nodes_cmd.c - cobbler-ext-nodes: Puppet's external node classifier, which asks the server named in settings.yaml over HTTP. 3.3.7's
 * program of that name prints a description of the answer instead of the answer.
 */
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/fetch.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/cli.h"
#include "settings/settings.h"

#define ANSWER_MAX (4u << 20)
#define TIMEOUT_S 30

static const char usage_text[] =
	"usage: cobbler-ext-nodes [--root DIR] HOSTNAME\n"
	"\n"
	"Prints what Puppet wants to know of the host: classes, parameters and environment, as YAML.\n";

static void add_quoted(struct strbuf *url, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
		sb_addf(url, isalnum(*c) || strchr("-_.", *c) != NULL ? "%c" : "%%%02X", *c);
}

static int classify(const char *hostname, struct strbuf *answer, struct err *e)
{
	struct settings *s;
	struct strbuf url CLEANUP(sb_free) = { 0 };
	int rc = settings_look(&s, e);
	if (rc != CB_OK)
		return rc;
	struct value *all CLEANUP(v_unrefp) = settings_snapshot(s);
	const char *server = v_dict_cstr(all, "server", "127.0.0.1");
	bool v6 = strchr(server, ':') != NULL && strchr(server, '[') == NULL && strchr(strchr(server, ':') + 1, ':') != NULL;
	sb_addf(&url, "http://%s%s%s", v6 ? "[" : "", server, v6 ? "]" : "");
	/* The setting may have the port already. */
	if (v6 || strchr(server, ':') == NULL)
		sb_addf(&url, ":%d", (int)v_dict_int(all, "http_port", 80));
	sb_adds(&url, "/cblr/svc/op/puppet/hostname/");
	add_quoted(&url, hostname);
	settings_close(s);
	return fetch_url(&(struct fetch){ .url = sb_str(&url), .max = ANSWER_MAX, .timeout_s = TIMEOUT_S }, answer, e);
}

int ext_nodes_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "root", required_argument, NULL, 'r' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	struct strbuf answer CLEANUP(sb_free) = { 0 };
	struct err e;
	log_init("cobbler-ext-nodes", LOG_LVL_ERROR);
	for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1; ) {
		switch (c) {
		case 'r': path_set_root(optarg); break;
		case 'h': fputs(usage_text, stdout); return EXIT_DONE;
		default: return EXIT_USAGE;
		}
	}
	if (argc - optind != 1 || *argv[optind] == '\0') {
		fputs(usage_text, stderr);
		return EXIT_USAGE;
	}
	if (classify(argv[optind], &answer, &e) != CB_OK) {
		fprintf(stderr, "cobbler-ext-nodes: %s\n", e.text);
		return EXIT_FAILED;
	}
	fwrite(sb_str(&answer), 1, answer.len, stdout);
	return EXIT_DONE;
}
