/* SPDX-License-Identifier: GPL-2.0-or-later
 * machines.c - what machines under installation report: begin and end, log files, themselves; and the report of it all.
 * Most of these calls come without a login, so each is confined by settings, by names that exist and by limits.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "core/edit.h"
#include "rpc/internal.h"
#include "triggers/triggers.h"

#define INSTALL_LOG "/var/log/cobbler/install.log"
#define INSTALL_LOG_MAX (64u << 20)
#define ANAMON_DIR "/var/log/cobbler/anamon"
#define ANAMON_FILE_MAX (32 << 20)
#define ANAMON_FILES 64                /* per machine */
#define INTERFACES_MAX 64

/* One machine in the report, by its address. */
struct seen { double start, stop; char *target; int64_t starts, stops; };

static void free_seen(struct map *m)
{
	void *v;
	for (size_t i = 0; map_next(m, &i, NULL, &v); ) {
		free(((struct seen *)v)->target);
		free(v);
	}
	map_free(m);
}

/* "system  name  ip  start  1795400555.77" */
static void catalog(struct map *m, struct value *order, char *line)
{
	char *save = NULL, *part[5], *end;
	for (size_t i = 0; i < ARRAY_LEN(part); i++)
		if ((part[i] = strtok_r(i == 0 ? line : NULL, " \t", &save)) == NULL)
			return;
	double at = strtod(part[4], &end);
	if (*end != '\0')
		return;
	struct seen *s = map_get(m, part[2]);
	if (s == NULL) {
		s = xcalloc(1, sizeof(*s));
		s->start = s->stop = -1;
		s->target = xstrdup("?");
		map_put(m, part[2], s);
		v_list_push(order, v_str(part[2]));
	}
	bool start = str_eq(part[3], "start"), stop = str_eq(part[3], "stop");
	if ((start && s->start < at) || (stop && s->stop < at)) {
		*(start ? &s->start : &s->stop) = at;
		*(start ? &s->starts : &s->stops) += 1;
		free(s->target);
		s->target = xasprintf("%s:%s", part[0], part[1]);
	}
}

static void state_of(const struct seen *s, char out[64])
{
	int64_t age = (int64_t)clock_wall() - (int64_t)s->start;
	if ((int64_t)s->stop > (int64_t)s->start)
		snprintf(out, 64, "finished");
	else if (age / 60 > 100)
		snprintf(out, 64, "unknown/stalled");
	else
		snprintf(out, 64, "installing (%lldm %llds)", (long long)(age / 60), (long long)(age % 60));
}

static struct value *status_dict(const struct map *m, const struct value *order)
{
	struct value *all = v_dict();
	char state[64];
	for (size_t i = 0; i < v_len(order); i++) {
		const struct seen *s = map_get(m, v_cstr(v_list_at(order, i)));
		struct value *row = v_list();
		state_of(s, state);
		v_list_push(row, s->start < 0 ? v_int(-1) : v_float(s->start));
		v_list_push(row, s->stop < 0 ? v_int(-1) : v_float(s->stop));
		v_list_push(row, v_str(s->target));
		v_list_push(row, v_int(s->starts));
		v_list_push(row, v_int(s->stops));
		v_list_push(row, v_str(state));
		v_dict_set(all, v_cstr(v_list_at(order, i)), row);
	}
	return all;
}

static struct value *status_text(const struct map *m, const struct value *order)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	size_t n = v_len(order);
	const struct value **ips = xcalloc(n + 1, sizeof(*ips));
	char state[64], when[64];
	for (size_t i = 0; i < n; i++)
		ips[i] = v_list_at(order, i);
	qsort(ips, n, sizeof(*ips), v_compare_str);
	sb_addf(&b, "%-15s|%-20s|%-17s|%-17s", "ip", "target", "start", "state");
	for (size_t i = 0; i < n; i++) {
		const struct seen *s = map_get(m, v_cstr(ips[i]));
		time_t at = (time_t)s->start;
		struct tm tm;
		localtime_r(&at, &tm);
		strftime(when, sizeof(when), "%a %b %e %H:%M:%S %Y", &tm);
		state_of(s, state);
		sb_addf(&b, "\n%-15s|%-20s|%-17s|%-17s", v_cstr(ips[i]), s->target, s->start > -1 ? when : "Unknown", state);
	}
	free(ips);
	return v_strn(sb_str(&b), b.len);
}

/* Also a packed one, as far as it can be read; false: there is none. */
static bool read_install_log(const char *name, struct strbuf *b)
{
	char *path CLEANUP(free_ptr) = path_of(name), buf[16384];
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC), n;
	struct stat st;
	gzFile gz = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? gzdopen(fd, "rb") : NULL;
	if (gz == NULL) {
		if (errno != ENOENT)
			log_warn("rpc", "%s: %s", name, strerror(errno));
		close_fd(&fd);
		return false;
	}
	while ((n = gzread(gz, buf, sizeof(buf))) > 0 && b->len < INSTALL_LOG_MAX)
		sb_add(b, buf, (size_t)n);
	if (n != 0)
		log_warn("rpc", "%s: %s", name, n > 0 ? "it is too long" : "it is damaged");
	gzclose_r(gz);
	return true;
}

/* mode, token: install.log.N, oldest first, then install.log */
int rpc_get_status(struct call *c, struct value **ret, struct err *e UNUSED)
{
	struct map m = { 0 };
	struct value *order CLEANUP(v_unrefp) = v_list();
	for (int i = 9; i >= 0; i--) {
		struct strbuf b CLEANUP(sb_free) = { 0 };
		char *name CLEANUP(free_ptr) = i == 0 ? xstrdup(INSTALL_LOG) : xasprintf(INSTALL_LOG ".%d", i), *save = NULL;
		char *packed CLEANUP(free_ptr) = xasprintf("%s.gz", name);
		if (!read_install_log(name, &b) && (i == 0 || !read_install_log(packed, &b)))
			continue;
		for (char *line = b.len > 0 ? strtok_r(b.p, "\n", &save) : NULL; line != NULL; line = strtok_r(NULL, "\n", &save))
			catalog(&m, order, line);
	}
	*ret = v_str_is(c->arg[0], "text") ? status_text(&m, order) : status_dict(&m, order);
	free_seen(&m);
	return CB_OK;
}

static bool ip_ok(const char *ip)
{
	unsigned char buf[16];
	return str_eq(ip, "?") || inet_pton(AF_INET, ip, buf) == 1 || inet_pton(AF_INET6, ip, buf) == 1;
}

static int log_install(const char *type, const char *name, const char *ip, const char *what, struct err *e)
{
	char *path CLEANUP(free_ptr) = path_of(INSTALL_LOG);
	struct strbuf b CLEANUP(sb_free) = { 0 };
	struct stat st;
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd == -1)
		return err_sys(e, INSTALL_LOG);
	sb_addf(&b, "%s\t%s\t%s\t%s\t", type, name, ip, what);
	py_float_repr(&b, clock_wall());
	sb_addc(&b, '\n');
	int rc = CB_OK;
	if (fstat(fd, &st) == 0 && st.st_size > (off_t)INSTALL_LOG_MAX)
		rc = err_set(e, CB_ELIMIT, INSTALL_LOG " is full (%u bytes): rotate it", INSTALL_LOG_MAX);
	else if (write(fd, b.p, b.len) != (ssize_t)b.len)
		rc = err_sys(e, INSTALL_LOG);
	close(fd);
	return rc;
}

static void clear_anamon(const char *name, bool remove)
{
	char *dir CLEANUP(free_ptr) = xasprintf(ANAMON_DIR "/%s", name), *path CLEANUP(free_ptr) = path_of(dir);
	DIR *d = opendir(path);
	if (d == NULL)
		return;
	for (const struct dirent *de; (de = readdir(d)) != NULL; ) {
		struct stat st;
		if (de->d_name[0] == '.' || fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1 || !S_ISREG(st.st_mode))
			continue;
		if (remove) {
			if (unlinkat(dirfd(d), de->d_name, 0) == -1)
				log_warn("rpc", "cannot remove %s/%s: %s", path, de->d_name, strerror(errno));
			continue;
		}
		int fd = openat(dirfd(d), de->d_name, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
		if (fd == -1)
			log_warn("rpc", "cannot empty %s/%s: %s", path, de->d_name, strerror(errno));
		close_fd(&fd);
	}
	closedir(d);
}

/* mode, objtype, name, ip, token */
int rpc_run_install_triggers(struct call *c, struct value **ret, struct err *e)
{
	const char *mode = arg_str(c, 0), *type = arg_str(c, 1), *name = arg_str(c, 2), *ip = arg_str(c, 3);
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->r->core->settings);
	bool pre = v_str_is(c->arg[0], "pre"), post = v_str_is(c->arg[0], "post");
	*ret = v_bool(false);
	if ((!pre && !post && !v_str_is(c->arg[0], "firstboot")) || (!v_str_is(c->arg[1], "system") && !v_str_is(c->arg[1], "profile")))
		return CB_OK;
	CLEANUP(item_unrefp) struct item *it = name == NULL ? NULL :
		model_get(c->r->core->model, str_eq(type, "system") ? ITEM_SYSTEM : ITEM_PROFILE, name);
	v_unref(*ret);
	*ret = NULL;
	if (it == NULL || ip == NULL || !ip_ok(ip))
		return err_set(e, CB_EINVAL, "Cobbler trigger failed: cobbler.modules.installation.%s_log", pre ? "pre" : "post");
	int rc = CB_OK;
	if (pre && v_dict_bool(settings, "anamon_enabled", false))
		clear_anamon(name, true);
	if (pre || post)
		rc = log_install(type, name, ip, pre ? "start" : "stop", e);
	if (rc == CB_OK) {
		char *event CLEANUP(free_ptr) = xasprintf("install/%s", mode);
		rc = triggers_run(event, (const char *const[]){ type, name, ip, NULL }, e);
	}
	if (rc == CB_OK)
		*ret = v_bool(true);
	return rc;
}

static bool plain_name(const char *s)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	return s != NULL && *s != '\0' && strlen(s) < 200 && strspn(s, ok) == strlen(s) && !str_eq(s, ".") && !str_eq(s, "..");
}

static bool too_many_files(int dirfd)
{
	int fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 3);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	size_t n = 0;
	if (d == NULL) {
		close_fd(&fd);
		return true;
	}
	rewinddir(d);
	while (n < ANAMON_FILES + 3 && readdir(d) != NULL)
		n++;
	closedir(d);
	return n > ANAMON_FILES + 2;
}

/* compat: offset -1 appends and then cuts the file to size; else size must be what data has. */
static bool store_log(const char *machine, const char *file, int64_t size, int64_t offset, const struct value *data)
{
	char *dir CLEANUP(free_ptr) = xasprintf(ANAMON_DIR "/%s", machine), *path CLEANUP(free_ptr) = path_of(dir);
	struct err why;
	struct stat st;
	bool ok = false;
	if (offset < -1 || size < 0 || size > ANAMON_FILE_MAX || offset > ANAMON_FILE_MAX - (int64_t)v_len(data) ||
	    (offset != -1 && size != (int64_t)v_len(data)))
		return false;
	if (dir_make(path, 0755, &why) != CB_OK) {
		log_warn("rpc", "%s", why.text);
		return false;
	}
	int at = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int fd = at == -1 || (faccessat(at, file, F_OK, AT_SYMLINK_NOFOLLOW) == -1 && too_many_files(at)) ? -1 :
		openat(at, file, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		off_t to = offset == -1 ? (size == (int64_t)v_len(data) ? 0 : st.st_size) : (off_t)offset;
		ok = to <= st.st_size && to + (off_t)v_len(data) <= ANAMON_FILE_MAX && (to != 0 || ftruncate(fd, 0) == 0) &&
			pwrite(fd, v_cstr(data), v_len(data), to) == (ssize_t)v_len(data) &&
			(offset != -1 || ftruncate(fd, (off_t)size) == 0);
	}
	close_fd(&fd);
	close_fd(&at);
	return ok;
}

/* sys_name, file, size, offset, data, token */
int rpc_upload_log_data(struct call *c, struct value **ret, struct err *e UNUSED)
{
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->r->core->settings);
	const char *name = arg_str(c, 0), *file = arg_str(c, 1);
	bool ok = v_dict_bool(settings, "anamon_enabled", false) && plain_name(name) && plain_name(file) && v_is(c->arg[2], V_INT) &&
		v_is(c->arg[3], V_INT) && v_is(c->arg[4], V_BYTES);
	if (ok) {
		CLEANUP(item_unrefp) struct item *it = model_get(c->r->core->model, ITEM_SYSTEM, name);
		if (it == NULL)
			it = model_get(c->r->core->model, ITEM_PROFILE, name);
		ok = it != NULL && store_log(name, file, v_int_of(c->arg[2]), v_int_of(c->arg[3]), c->arg[4]);
	}
	*ret = v_bool(ok);
	return CB_OK;
}

/* object_id, token */
int rpc_clear_system_logs(struct call *c, struct value **ret, struct err *e)
{
	CLEANUP(item_unrefp) struct item *it = NULL;
	const char *handle = arg_str(c, 0);
	if (handle == NULL)
		return err_py(e, CB_EINVAL, PY_ATTR, "'%s' object has no attribute 'startswith'", v_type_name(c->arg[0]));
	int rc = draft_peek(c->desk, handle, &it, e);
	if (rc == CB_OK)
		rc = call_may(c, "clear_system_logs", it, e);
	if (rc != CB_OK)
		return rc;
	if (plain_name(item_name(it)))
		clear_anamon(item_name(it), false);
	*ret = v_bool(true);
	return CB_OK;
}

/* name, token */
int rpc_disable_netboot(struct call *c, struct value **ret, struct err *e)
{
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->r->core->settings);
	const char *name = arg_str(c, 0);
	CLEANUP(item_unrefp) struct item *it = name == NULL ? NULL : model_get(c->r->core->model, ITEM_SYSTEM, name);
	if (!v_dict_bool(settings, "pxe_just_once", true) || it == NULL) {
		*ret = v_bool(false);
		return CB_OK;
	}
	CLEANUP(item_unrefp) struct item *edited = item_edit(it);
	item_put(edited, "netboot_enabled", v_bool(false));
	int rc = edit_save(c->r->core, edited, false, v_dict_bool(settings, "nopxe_with_triggers", true), e);
	if (rc == CB_OK)
		after_edit(c->r->core, ITEM_SYSTEM, name);
	if (rc == CB_OK)
		*ret = v_bool(true);
	return rc;
}

static int add_interface(struct core *core, const struct value *settings, struct item *it, const char *iface, const struct value *info,
	const char *hostname, struct err *e)
{
	static const char *const fields[] = { "mac_address", "ip_address", "netmask" };
	struct item_ctx ctx = { .model = core->model, .settings = settings, .path_kind = core_path_kind };
	struct value *host CLEANUP(v_unrefp) = v_str(hostname);
	int rc = CB_OK;
	if (v_dict_int(info, "bridge", 0) == 1 || str_eq(v_dict_cstr(info, "mac_address", ""), "?"))
		return CB_OK;
	for (size_t i = 0; i < ARRAY_LEN(fields) && rc == CB_OK; i++) {
		const char *v = v_dict_cstr(info, fields[i], "");
		if (*v != '\0' && !str_eq(v, "?"))
			rc = item_set_interface_in(&ctx, it, iface, fields[i], v_dict_get(info, fields[i]), e);
	}
	if (rc == CB_OK && *hostname != '\0')
		rc = item_set_interface_in(&ctx, it, iface, "dns_name", host, e);
	return rc;
}

/* Nothing that the new system brings may belong to another. */
static int check_free(struct model *m, const struct value *info, const struct value *interfaces, struct err *e)
{
	const char *name = v_dict_cstr(info, "name", ""), *hostname = v_dict_cstr(info, "hostname", ""), *iface;
	CLEANUP(item_unrefp) struct item *named = model_get(m, ITEM_SYSTEM, name);
	CLEANUP(item_unrefp) struct item *hosted = *hostname == '\0' ? NULL : model_system_by_dns_name(m, hostname, &iface);
	if (named != NULL)
		return err_set(e, CB_EEXIST, "system name conflicts");
	if (hosted != NULL)
		return err_set(e, CB_EEXIST, "hostname conflicts");
	for (size_t i = 0; i < v_len(interfaces); i++) {
		const char *mac = v_dict_cstr(v_dict_at(interfaces, i), "mac_address", "");
		const char *ip = v_dict_cstr(v_dict_at(interfaces, i), "ip_address", "");
		CLEANUP(item_unrefp) struct item *by_mac = *mac == '\0' ? NULL : model_system_by_mac(m, mac, &iface);
		CLEANUP(item_unrefp) struct item *by_ip = *ip == '\0' ? NULL : model_system_by_ip(m, ip, &iface);
		if (strchr(ip, '/') != NULL)
			return err_set(e, CB_EINVAL, "no CIDR ips are allowed");
		if (*mac == '\0')
			return err_set(e, CB_EINVAL, "missing MAC address for interface %s", v_dict_key(interfaces, i));
		if (by_mac != NULL)
			return err_set(e, CB_EEXIST, "mac conflict: %s", mac);
		if (by_ip != NULL)
			return err_set(e, CB_EEXIST, "ip conflict: %s", ip);
	}
	return CB_OK;
}

/* info, token: a machine adds itself. Only with the setting register_new_installs. */
int rpc_register_new_system(struct call *c, struct value **ret, struct err *e)
{
	struct core *core = c->r->core;
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(core->settings);
	const struct value *info = c->arg[0], *interfaces = v_dict_get(info, "interfaces");
	const char *hostname = v_dict_cstr(info, "hostname", "");
	if (!v_dict_bool(settings, "register_new_installs", false))
		return err_set(e, CB_EPERM, "registration is disabled in cobbler settings");
	if (*v_dict_cstr(info, "name", "") == '\0')
		return err_set(e, CB_EINVAL, "no system name submitted");
	if (*v_dict_cstr(info, "profile", "") == '\0')
		return err_set(e, CB_EINVAL, "profile not submitted");
	if (!v_is(interfaces, V_DICT) || v_len(interfaces) == 0)
		return err_set(e, CB_EINVAL, "no interfaces submitted");
	if (v_len(interfaces) >= INTERFACES_MAX)
		return err_set(e, CB_EINVAL, "too many interfaces submitted");
	int rc = check_free(core->model, info, interfaces, e);
	CLEANUP(item_unrefp) struct item *it = item_new(ITEM_SYSTEM);
	static const char *const fields[] = { "profile", "name", "hostname" };
	for (size_t i = 0; i < ARRAY_LEN(fields) && rc == CB_OK; i++)
		if (*v_dict_cstr(info, fields[i], "") != '\0')
			rc = apply_attribute(core, settings, it, fields[i], v_dict_get(info, fields[i]), e);
	item_put(it, "netboot_enabled", v_bool(false));
	for (size_t i = 0; i < v_len(interfaces) && rc == CB_OK; i++)
		rc = add_interface(core, settings, it, v_dict_key(interfaces, i), v_dict_at(interfaces, i), hostname, e);
	if (rc == CB_OK)
		rc = edit_save(core, it, true, true, e);
	if (rc == CB_OK)
		after_edit(core, ITEM_SYSTEM, item_name(it));
	if (rc == CB_OK)
		*ret = v_int(0);
	return rc;
}
