/* SPDX-License-Identifier: GPL-2.0-or-later
 * shipped.c - the table of what is shipped for events, and what its rows share.
 */
#include "triggers/shipped/shipped.h"

#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/spawn.h"
#include "triggers/shipped/internal.h"

#define TIMEOUT_MS (60 * 1000)
#define OUTPUT_MAX (64u << 10)

static const struct trigger_shipped table[] = {
	{ "install/pre", "puppet_clean", puppet_clean },
	{ "install/post", "puppet_sign", puppet_sign },
	{ "install/post", "report_mail", report_mail },
	{ "install/post", "reboot_later", reboot_later },
	{ "add/system/post", "nsupdate_add", nsupdate_add },
	{ "delete/system/pre", "nsupdate_delete", nsupdate_delete },
	{ "change", "scm_commit", scm_commit },
};

void shipped_start(struct core *c)
{
	triggers_ship(table, ARRAY_LEN(table), c);
}

void shipped_stop(void)
{
	reboot_stop();
}

struct item *installed_item(struct core *c, const char *const *argv, enum item_type type)
{
	if (argv == NULL || argv[0] == NULL || argv[1] == NULL || !str_eq(argv[0], item_table(type)->name))
		return NULL;
	return model_get(c->model, type, argv[1]);
}

bool run_program(const char *const *argv, const char *cwd, const char *input, struct strbuf *output, int *status)
{
	struct strbuf own CLEANUP(sb_free) = { 0 };
	struct strbuf *out = output != NULL ? output : &own;
	struct spawn s = { .argv = argv, .cwd = cwd, .input = input, .input_len = input != NULL ? strlen(input) : 0,
		.timeout_ms = TIMEOUT_MS, .max_output = OUTPUT_MAX, .output = out };
	struct err e;
	int wait = -1;
	if (status != NULL)
		*status = -1;
	if (spawn_run(&s, &wait, &e) != CB_OK) {
		log_error("triggers", "%s: %s", argv[0], e.text);
		return false;
	}
	if (status != NULL && WIFEXITED(wait))
		*status = WEXITSTATUS(wait);
	if (out->len > 0)
		log_info("triggers", "%s: %s", argv[0], sb_str(out));
	return wait == 0;
}
