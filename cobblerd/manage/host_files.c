/* SPDX-License-Identifier: GPL-2.0-or-later
 * host_files.c - files of the host outside the tree: rendering and replacing them, rsyncd.conf, genders, restarts of
 * daemons.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/spawn.h"
#include "manage/internal.h"

/* Where the directory is not ours to write in, an existing file that is ours is written in place. */
static int write_in_place(const char *path, const struct strbuf *text)
{
	int fd CLEANUP(close_fd) = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
	size_t at = 0;
	if (fd < 0)
		return -1;
	while (at < text->len) {
		ssize_t n = write(fd, text->p + at, text->len - at);
		if (n <= 0)
			return -1;
		at += (size_t)n;
	}
	return fsync(fd);
}

int write_host_file(const char *path, const struct strbuf *text, struct err *e)
{
	char *real = path_of(path), *dir = xstrndup(real, (size_t)(strrchr(real, '/') - real));
	int rc = CB_OK;
	struct strbuf have = { 0 };
	/* an unchanged file is left alone: its daemon need not read it again */
	bool same = file_read(AT_FDCWD, real, 256u << 20, &have, NULL) == CB_OK && have.len == text->len &&
		memcmp(sb_str(&have), sb_str(text), have.len) == 0;
	if (!same && *path_root() != '\0')
		rc = dir_make(dir, 0755, e);
	if (!same && rc == CB_OK) {
		rc = file_replace(AT_FDCWD, real, sb_str(text), text->len, 0644, e);
		if (rc != CB_OK && write_in_place(real, text) == 0)
			rc = CB_OK;
	}
	sb_free(&have);
	free(real);
	free(dir);
	return rc;
}

int write_config(struct sync *s, const char *template, const char *path, const struct value *vars, struct err *e)
{
	char *written = xasprintf("/etc/cobbler/%s", template), *real = path_of(written);
	struct strbuf text = { 0 };
	int rc;
	if (access(real, R_OK) != 0)
		rc = err_py(e, CB_ENOENT, "OSError", "error reading template from file: %s", written);
	else
		rc = boot_render_file(&s->r, real, vars, &text, e);
	if (rc == CB_OK)
		rc = write_host_file(path, &text, e);
	free(written);
	free(real);
	sb_free(&text);
	return rc;
}

/* ---- rsyncd.conf ---- */

static struct value *linked_distros(const char *webdir)
{
	struct value *l = v_list();
	char *pattern = xasprintf("%s%s/links/*", path_root(), webdir);
	glob_t g;
	if (glob(pattern, 0, NULL, &g) == 0) {
		for (size_t i = 0; i < g.gl_pathc; i++) {
			char real[PATH_MAX];
			struct value *d = v_dict();
			if (realpath(g.gl_pathv[i], real) == NULL)
				snprintf(real, sizeof(real), "%s", g.gl_pathv[i]);
			const char *shown = real;
			if (*path_root() != '\0' && str_starts(real, path_root()))
				shown += strlen(path_root());
			v_dict_set(d, "path", v_str(shown));
			v_dict_set(d, "name", v_str(strrchr(g.gl_pathv[i], '/') + 1));
			v_list_push(l, d);
		}
		globfree(&g);
	}
	free(pattern);
	return l;
}

static struct value *mirrored_repos(struct sync *s, const char *webdir)
{
	struct item_list l = model_items(s->r.c->model, ITEM_REPO);
	struct value *names = v_list();
	for (size_t i = 0; i < l.n; i++) {
		struct stat st;
		char *dir = xasprintf("%s%s/repo_mirror/%s", path_root(), webdir, item_name(l.v[i]));
		if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
			v_list_push(names, v_str(item_name(l.v[i])));
		free(dir);
	}
	item_list_free(&l);
	return names;
}

int rsync_write(struct sync *s, struct err *e)
{
	const char *webdir = v_dict_cstr(s->r.settings, "webdir", "/var/www/cobbler");
	struct value *vars = v_dict();
	say(s, "rendering Rsync files");
	v_dict_set(vars, "date", date_now());
	v_dict_set(vars, "cobbler_server", v_str(v_dict_cstr(s->r.settings, "server", "")));
	v_dict_set(vars, "distros", linked_distros(webdir));
	v_dict_set(vars, "repos", mirrored_repos(s, webdir));
	v_dict_set(vars, "webdir", v_str(webdir));
	int rc = write_config(s, "rsync.template", "/etc/rsyncd.conf", vars, e);
	v_unref(vars);
	return rc;
}

/* ---- genders ---- */

static void add_member(struct value *groups, const char *group, const char *name)
{
	const char *have = v_dict_cstr(groups, group, "");
	if (*group != '\0')
		v_dict_set(groups, group, *have != '\0' ? v_strf("%s,%s", have, name) : v_str(name));
}

int genders_write(struct sync *s, struct err *e)
{
	struct item_list l = model_items(s->r.c->model, ITEM_SYSTEM);
	struct value *vars = v_dict(), *profiles = v_dict(), *distros = v_dict(), *classes = v_dict();
	char *real = path_of("/etc/genders");
	int rc = CB_OK;
	for (size_t i = 0; i < l.n; i++) {
		struct item *d = resolve_distro(s->r.c->model, l.v[i]);
		struct value *mc = resolve_field(s->r.c->model, s->r.settings, l.v[i], "mgmt_classes");
		add_member(profiles, item_str(l.v[i], "profile"), item_name(l.v[i]));
		if (d != NULL)
			add_member(distros, item_name(d), item_name(l.v[i]));
		for (size_t k = 0; v_is(mc, V_LIST) && k < v_len(mc); k++)
			add_member(classes, v_cstr(v_list_at(mc, k)), item_name(l.v[i]));
		v_unref(mc);
		item_unref(d);
	}
	item_list_free(&l);
	v_dict_set(vars, "date", date_now());
	v_dict_set(vars, "profiles_genders", profiles);
	v_dict_set(vars, "distros_genders", distros);
	v_dict_set(vars, "mgmtcls_genders", classes);
	/* compat: only where an administrator has put the file */
	if (access(real, F_OK) != 0) {
		say(s, "Error: /etc/genders does not exist.");
		say(s, "Please run: touch /etc/genders as root and try again.");
	} else {
		rc = write_config(s, "genders.template", "/etc/genders", vars, e);
	}
	free(real);
	v_unref(vars);
	return rc;
}

/* ---- daemons ---- */

static bool run(struct sync *s, const char *const *argv)
{
	struct strbuf out = { 0 }, words = { 0 };
	struct spawn sp = { .argv = argv, .timeout_ms = 60000, .max_output = 65536, .output = &out };
	struct err e;
	int status = -1;
	for (size_t i = 0; argv[i] != NULL; i++)
		sb_addf(&words, "%s'%s'", i > 0 ? ", " : "", argv[i]);
	say(s, "running: [%s]", sb_str(&words));
	bool ok = spawn_run(&sp, &status, &e) == CB_OK && status == 0;
	say(s, "received on stdout: %s", sb_str(&out));
	if (!ok)
		log_error("manage", "%s failed: %s", argv[0], status == -1 ? e.text : sb_str(&out));
	sb_free(&out);
	sb_free(&words);
	return ok;
}

static void restart(struct sync *s, const char *service)
{
	const char *const argv[] = { "systemctl", "--no-ask-password", "restart", service, NULL };
	if (!run(s, argv))
		say(s, "%s service failed", service);
}

/* A configuration that dhcpd refuses would take the running daemon away. */
static void restart_dhcpd(struct sync *s, const char *conf, const char *family, const char *service)
{
	const char *const test[] = { "dhcpd", "-t", "-q", family, "-cf", conf, NULL };
	if (run(s, test))
		restart(s, service);
	else
		say(s, "Testing config - dhcpd -t failed");
}

/* Each daemon once, whatever was written for it; never for a tree under another root. */
void restart_daemons(struct sync *s, unsigned which)
{
	const struct value *st = s->r.settings;
	bool dhcp = (which & RESTART_DHCP) && v_dict_bool(st, "manage_dhcp", false) && v_dict_bool(st, "restart_dhcp", true);
	bool dns = (which & RESTART_DNS) && v_dict_bool(st, "manage_dns", false) && v_dict_bool(st, "restart_dns", true);
	bool masq = (dhcp && dhcp_is_dnsmasq(s)) || (dns && dns_is_dnsmasq(s));
	if (*path_root() != '\0')
		return;
	if (masq)
		restart(s, "dnsmasq");
	if (dhcp && !dhcp_is_dnsmasq(s) && v_dict_bool(st, "manage_dhcp_v4", false))
		restart_dhcpd(s, "/etc/dhcp/dhcpd.conf", "-4", "isc-dhcp-server");
	if (dhcp && !dhcp_is_dnsmasq(s) && v_dict_bool(st, "manage_dhcp_v6", false))
		restart_dhcpd(s, "/etc/dhcp/dhcpd6.conf", "-6", "isc-dhcp-server");
	if (dns && !dns_is_dnsmasq(s)) {
		char *m = settings_module(s->r.c->settings, "dns", "module");
		restart(s, str_eq(m, "managers.ndjbdns") ? "tinydns" : "bind9");
		free(m);
	}
}
