/* SPDX-License-Identifier: GPL-2.0-or-later
 * nsupdate.c - names of systems in zones that are updated dynamically (RFC 2136, signed: RFC 8945), by BIND's nsupdate(1).
 * compat: nsupdate_add_system_post, nsupdate_delete_system_pre
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "boot/boot.h"
#include "triggers/shipped/internal.h"

#define TTL 3600
#define LOG_MAX (16 << 20)
#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."
#define KEY_CHARS NAME_CHARS "+/="

static bool made_of(const char *text, const char *chars)
{
	return *text != '\0' && strlen(text) < 256 && strspn(text, chars) == strlen(text);
}

static bool is_address(int family, const char *text)
{
	unsigned char buf[16];
	return inet_pton(family, text, buf) == 1;
}

/* "key hmac-sha512:name. secret", when the settings have a key. */
static int add_key(struct strbuf *script, const struct value *settings, struct err *e)
{
	const struct value *key = v_dict_get(settings, "nsupdate_tsig_key");
	const char *name = v_is(key, V_LIST) && v_len(key) == 2 ? v_cstr(v_list_at(key, 0)) : "";
	const char *secret = *name != '\0' ? v_cstr(v_list_at(key, 1)) : "";
	const char *algorithm = v_dict_cstr(settings, "nsupdate_tsig_algorithm", "hmac-sha512");
	char lower[64];
	if (*secret == '\0')
		return CB_OK;
	size_t n = 0;
	for (; algorithm[n] != '\0' && n + 1 < sizeof(lower); n++)
		lower[n] = algorithm[n] >= 'A' && algorithm[n] <= 'Z' ? (char)(algorithm[n] + 32) : algorithm[n];
	lower[n] = '\0';
	if (str_starts(lower, "hmac-md5"))                 /* its name in DNS is hmac-md5.sig-alg.reg.int */
		lower[8] = '\0';
	if (!made_of(name, NAME_CHARS) || !made_of(secret, KEY_CHARS) || !made_of(lower, NAME_CHARS))
		return err_set(e, CB_EINVAL, "nsupdate_tsig_key or nsupdate_tsig_algorithm: not a key's name, its secret in base64, and "
			"an algorithm such as hmac-sha512");
	sb_addf(script, "key %s:%s %s\n", lower, name, secret);
	return CB_OK;
}

/* What the zone should know of one interface. False: nothing. */
static bool add_interface(struct strbuf *script, const struct value *nic, bool add)
{
	static const struct { const char *field, *type; int family; } records[] = { { "ip_address", "A", AF_INET },
		{ "ipv6_address", "AAAA", AF_INET6 } };
	const char *host = v_dict_cstr(nic, "dns_name", "");
	bool any = false;
	if (!made_of(host, NAME_CHARS) || strchr(host, '.') == NULL || *host == '.' || *host == '-')
		return false;
	for (size_t i = 0; i < ARRAY_LEN(records); i++) {
		const char *ip = v_dict_cstr(nic, records[i].field, "");
		if (!is_address(records[i].family, ip))
			continue;
		if (add)
			sb_addf(script, "update delete %s. %s\nupdate add %s. %d %s %s\n", host, records[i].type, host, TTL,
				records[i].type, ip);
		else
			sb_addf(script, "update delete %s. %s %s\n", host, records[i].type, ip);
		any = true;
	}
	if (!any)
		return false;
	sb_addf(script, "update delete %s. TXT\n", host);
	if (add) {
		time_t now = (time_t)clock_wall();
		struct tm tm;
		char when[64];
		localtime_r(&now, &tm);
		strftime(when, sizeof(when), "%a %b %e %H:%M:%S %Y", &tm);
		sb_addf(script, "update add %s. %d TXT \"cobbler (date: %s)\"\n", host, TTL, when);
	}
	sb_adds(script, "send\n");
	return true;
}

/* The setting nsupdate_log, which lies where logs lie. */
static void note(const struct value *settings, const char *text)
{
	const char *name = v_dict_cstr(settings, "nsupdate_log", "");
	struct stat st;
	if (*name == '\0')
		return;
	if (!str_starts(name, "/var/log/") || strstr(name, "..") != NULL) {
		log_warn("triggers", "nsupdate_log: %s is not below /var/log and is not written", name);
		return;
	}
	char *path CLEANUP(free_ptr) = path_of(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size > LOG_MAX || write(fd, text, strlen(text)) == -1)
		log_warn("triggers", "nsupdate_log: %s cannot be written", name);
	if (fd != -1)
		close(fd);
}

/* The answers are logged; which key was used is not. */
static int send_all(const struct value *settings, const struct item *sys, bool add, const struct strbuf *script, struct err *e)
{
	static const char *const argv[] = { "nsupdate", "-v", "-t", "20", NULL };
	struct strbuf said CLEANUP(sb_free) = { 0 }, line CLEANUP(sb_free) = { 0 };
	bool ok = run_program(argv, NULL, sb_str(script), &said, NULL);
	sb_addf(&line, ">> %s %s: %s%s\n", add ? "replace" : "delete", item_name(sys), ok ? "done" : "failed: ", ok ? "" : sb_str(&said));
	note(settings, sb_str(&line));
	if (ok)
		return CB_OK;
	return err_set(e, CB_EIO, "nsupdate failed for system %s: %.150s", item_name(sys), said.len > 0 ? sb_str(&said) : "see the log");
}

static int update(struct core *c, const char *const *argv, bool add, struct err *e)
{
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->settings);
	struct strbuf script CLEANUP(sb_free) = { 0 };
	bool any = false;
	if (!v_dict_bool(settings, "nsupdate_enabled", false) || argv == NULL || argv[0] == NULL)
		return CB_OK;
	CLEANUP(item_unrefp) struct item *sys = model_get(c->model, ITEM_SYSTEM, argv[0]);
	if (sys == NULL)
		return CB_OK;
	int rc = add_key(&script, settings, e);
	const struct value *nics = item_interfaces(sys);
	for (size_t i = 0; i < v_len(nics); i++)
		any |= add_interface(&script, v_dict_at(nics, i), add);
	return rc == CB_OK && any ? send_all(settings, sys, add, &script, e) : rc;
}

int nsupdate_add(void *ctx, const char *const *argv, struct err *e) { return update(ctx, argv, true, e); }

int nsupdate_delete(void *ctx, const char *const *argv, struct err *e) { return update(ctx, argv, false, e); }
