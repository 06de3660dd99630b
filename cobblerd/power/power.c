/* SPDX-License-Identifier: GPL-2.0-or-later
 * power.c - builds a fence agent's input and understands its answer.
 */
#include "power/power.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/spawn.h"

#define TRIES 3
#define AGENT_TIMEOUT_MS 60000
#define OUTPUT_MAX (64u << 10)

static const struct { const char *field, *option; } options[] = {
	{ "power_address", "ip" }, { "power_user", "username" }, { "power_id", "plug" }, { "power_pass", "password" },
	{ "power_identity_file", "identity-file" },
};

static bool cancelled(void *t)
{
	return task_cancelled(t);
}

/* Under --root an agent there comes before the host's of the same name. */
static int agent_path(const struct item *it, char **ret, struct err *e)
{
	const char *type = item_str(it, "power_type");
	const struct { const char *root, *dir; } places[] = {
		{ path_root(), "/sbin" }, { path_root(), "/usr/sbin" }, { "", "/sbin" }, { "", "/usr/sbin" },
	};
	if (*type == '\0')
		return err_set(e, CB_ESTATE, "no power type set for system");
	for (size_t i = 0; i < ARRAY_LEN(places) && strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(type); i++) {
		*ret = xasprintf("%s%s/fence_%s", places[i].root, places[i].dir, type);
		if (access(*ret, X_OK) == 0)
			return CB_OK;
		free(*ret);
		*ret = NULL;
	}
	return err_set(e, CB_ESTATE, "power type \"%s\" of system %s: there is no /usr/sbin/fence_%s; fence agents are in the package "
		"fence-agents",
		type, item_name(it), type);
}

static int make_input(const struct item *it, const char *op, struct strbuf *b, struct err *e)
{
	sb_addf(b, "action=%s\n", op);
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		const char *v = item_str(it, options[i].field);
		if (strpbrk(v, "\r\n") != NULL)
			return err_set(e, CB_EINVAL, "%s of %s has a line break in it", options[i].field, item_name(it));
		if (*v != '\0')
			sb_addf(b, "%s=%s\n", options[i].option, v);
	}
	if (*item_str(it, "power_options") != '\0')
		sb_addf(b, "%s\n", item_str(it, "power_options"));
	return CB_OK;
}

/* "Status: ON" or "... power = on" on a line of its own. */
static bool read_state(const char *out, bool *on)
{
	for (const char *line = out; line != NULL && *line != '\0'; ) {
		const char *end = strchrnul(line, '\n');
		size_t n = (size_t)(end - line);
		static const struct { const char *word; bool on; } words[] = { { " on", true }, { " off", false } };
		for (size_t i = 0; i < ARRAY_LEN(words); i++) {
			size_t k = strlen(words[i].word);
			if (n <= k || strncasecmp(end - k, words[i].word, k) != 0)
				continue;
			char *head CLEANUP(free_ptr) = xstrndup(line, n - k);
			if (strcasecmp(head, "Status:") == 0 ||
				(strlen(head) >= 7 && strcasecmp(head + strlen(head) - 7, "power =") == 0)) {
				*on = words[i].on;
				return true;
			}
		}
		line = *end == '\0' ? NULL : end + 1;
	}
	return false;
}

static int run_agent(struct task *t, const struct item *it, const char *op, bool *on, struct err *e)
{
	char *agent CLEANUP(free_ptr) = NULL;
	struct strbuf input CLEANUP(sb_free) = { 0 }, out CLEANUP(sb_free) = { 0 };
	int status = -1, rc = agent_path(it, &agent, e);
	if (rc == CB_OK)
		rc = make_input(it, op, &input, e);
	if (rc != CB_OK)
		return rc;
	const char *argv[] = { agent, NULL };
	for (int i = 0; i < TRIES && !task_cancelled(t); i++) {
		struct spawn s = { .argv = argv, .input = input.p, .input_len = input.len, .timeout_ms = AGENT_TIMEOUT_MS,
			.max_output = OUTPUT_MAX, .output = &out, .arg = t, .cancelled = t == NULL ? NULL : cancelled };
		sb_truncate(&out, 0);
		rc = spawn_run(&s, &status, e);
		if (rc != CB_OK)
			return rc;
		int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		log_info("power", "%s %s: %s: status %d", item_name(it), op, agent, code);
		if (!str_eq(op, "status") && code == 0)
			return CB_OK;
		if (str_eq(op, "status") && (code == 0 || code == 2)) {
			if (read_state(sb_str(&out), on))
				return CB_OK;
			return err_set(e, CB_EPARSE, "command succeeded (rc=%d), but output ('%.500s') was not understood", code,
				sb_str(&out));
		}
		if (i + 1 < TRIES)
			nanosleep(&(struct timespec){ .tv_sec = 2 }, NULL);
	}
	return err_set(e, CB_EIO, "command failed (rc=%d), please validate the physical setup and cobbler config",
		WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

int power_system(struct core *c UNUSED, struct task *t, const struct item *it, const char *op, bool *on, struct err *e)
{
	static const char *const plain[] = { "on", "off", "status" };
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		if (str_eq(plain[i], op))
			return run_agent(t, it, op, on, e);
	if (!str_eq(op, "reboot"))
		return err_set(e, CB_EINVAL, "invalid power operation '%.64s', expected on/off/status/reboot", op);
	int rc = run_agent(t, it, "off", on, e);
	if (rc != CB_OK)
		return rc;
	nanosleep(&(struct timespec){ .tv_sec = 5 }, NULL);
	return run_agent(t, it, "on", on, e);
}
