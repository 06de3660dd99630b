/* SPDX-License-Identifier: GPL-2.0-or-later
 * entry.c - one boot entry: the configuration of a system, or the entry of a profile or image in a menu, for each
 * loader.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "boot/internal.h"

#define NFS_PORT 2049              /* RFC 1813, 2.1 */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL ? slash + 1 : path;
}

bool boot_is_remote(const char *path)
{
	static const char *const schemes[] = { "http://", "https://", "ftp://", "tftp://" };
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (strncasecmp(path, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return false;
}

static bool is_host_name(const char *s)
{
	return *s != '\0' && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")] == '\0';
}

/* GRUB's name of a remote file: (http,SERVER)/PATH. SERVER is an address or a name (3.3.7 refuses names; GRUB asks the name servers that
 * DHCP gave it), without a port: GRUB has no way to write one. */
static int grub_remote(const char *url, struct strbuf *out, struct err *e)
{
	const char *proto = str_starts(url, "http://") ? "http" : str_starts(url, "tftp://") ? "tftp" : NULL;
	char server[256];
	unsigned char addr[16];
	if (proto == NULL)
		return err_py(e, CB_EINVAL, PY_VALUE, "GRUB loads over http and tftp only, not %s", url);
	const char *host = url + 7, *slash = strchr(host, '/');
	size_t n = slash != NULL ? (size_t)(slash - host) : strlen(host);
	if (n >= sizeof(server))
		return err_py(e, CB_EINVAL, PY_VALUE, "Invalid remote file format %s", url);
	memcpy(server, host, n);
	server[n] = '\0';
	if (!(str_starts(server, "@@") && str_ends(server, "server@@")) && !is_host_name(server) && inet_pton(AF_INET6, server, addr) != 1)
		return err_py(e, CB_EINVAL, PY_VALUE, "Invalid remote file format %s\n%s is not a valid IP address or name", url, server);
	sb_addf(out, "(%s,%s)/%s", proto, server, slash != NULL ? slash + 1 : "");
	return CB_OK;
}

/* A remote path in GRUB's words, for GRUB only. */
static int path_for_grub(enum loader l, struct strbuf *path, struct err *e)
{
	if (l != LOADER_GRUB || !boot_is_remote(sb_str(path)))
		return CB_OK;
	struct strbuf g = { 0 };
	int rc = grub_remote(sb_str(path), &g, e);
	sb_free(path);
	*path = g;
	return rc;
}

/* ---- kernel and initrd ---- */

struct paths {
	struct strbuf kernel, initrd;      /* empty and has_ false: none */
	bool has_kernel, has_initrd;
	struct value *files;               /* list: what the loader loads besides the kernel */
};

static void paths_clear(struct paths *p)
{
	sb_free(&p->kernel);
	sb_free(&p->initrd);
	v_unref(p->files);
}

static void set_path(struct strbuf *b, bool *has, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void set_path(struct strbuf *b, bool *has, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	sb_truncate(b, 0);
	sb_vaddf(b, fmt, ap);
	va_end(ap);
	*has = true;
}

/* GRUB has no words for every address; then it gets the copies that this server has. */
static bool is_for_loader(enum loader l, const char *url)
{
	struct strbuf g CLEANUP(sb_free) = { 0 };
	struct err e;
	return l != LOADER_GRUB || !boot_is_fetched(url) || grub_remote(url, &g, &e) == CB_OK;
}

static void distro_paths(const struct item *d, enum loader l, struct paths *p)
{
	const char *kernel = item_str(d, "kernel"), *initrd = item_str(d, "initrd"), *remote;
	bool both_remote = strstr(kernel, "http") != NULL && strstr(initrd, "http") != NULL && is_for_loader(l, kernel) &&
		is_for_loader(l, initrd);
	if (l != LOADER_PXE) {
		if (*(remote = item_str(d, "remote_boot_kernel")) != '\0')
			set_path(&p->kernel, &p->has_kernel, "%s", remote);
		if (*(remote = item_str(d, "remote_boot_initrd")) != '\0')
			set_path(&p->initrd, &p->has_initrd, "%s", remote);
	}
	if (!p->has_kernel) {
		if (both_remote)
			set_path(&p->kernel, &p->has_kernel, "%s", kernel);
		else
			set_path(&p->kernel, &p->has_kernel, "/images/%s/%s", item_name(d), base_name(kernel));
	}
	if (!p->has_initrd) {
		if (both_remote)
			set_path(&p->initrd, &p->has_initrd, "%s", initrd);
		else
			set_path(&p->initrd, &p->has_initrd, "/images/%s/%s", item_name(d), base_name(initrd));
	}
}

static void image_paths(const struct item *img, struct paths *p)
{
	const char *type = item_str(img, "image_type");
	if (str_eq(type, "direct")) {
		set_path(&p->kernel, &p->has_kernel, "/images2/%s", item_name(img));
	} else if (str_eq(type, "memdisk")) {
		set_path(&p->kernel, &p->has_kernel, "/memdisk");
		set_path(&p->initrd, &p->has_initrd, "/images2/%s", item_name(img));
	}
}

/* The name of a file as one word of the loader's. */
static int one_word(enum loader l, struct strbuf *path, struct err *e)
{
	struct strbuf word = { 0 }, shown CLEANUP(sb_free) = { 0 };
	if (loader_path(&word, l, sb_str(path))) {
		sb_free(path);
		*path = word;
		return CB_OK;
	}
	one_line(&shown, sb_str(path));
	return err_set(e, CB_ESTATE, "\"%s\" has %scontrol characters, which cannot be written there", sb_str(&shown),
		l == LOADER_PXE ? "blanks or " : "");
}

/* One file of a Windows installation, in the words of each loader. */
static int push_windows(struct value *files, const char *name, const char *path, enum loader l, struct err *e)
{
	struct strbuf b CLEANUP(sb_free) = { 0 }, n CLEANUP(sb_free) = { 0 }, p CLEANUP(sb_free) = { 0 };
	sb_adds(&n, name);
	sb_adds(&p, path);
	int rc = path_for_grub(l, &p, e);
	if (rc == CB_OK)
		rc = one_word(l, &n, e);
	if (rc == CB_OK)
		rc = one_word(l, &p, e);
	if (rc != CB_OK)
		return rc;
	if (l == LOADER_IPXE)
		sb_addf(&b, "--name %s %s %s", sb_str(&n), sb_str(&p), sb_str(&n));
	else if (l == LOADER_PXE)
		sb_addf(&b, "%s@%s", sb_str(&p), sb_str(&n));
	else
		sb_addf(&b, "newc:%s:%s", sb_str(&n), sb_str(&p));
	v_list_push(files, v_strn(sb_str(&b), b.len));
	return CB_OK;
}

static int windows_files(const struct value *meta, const char *kernel, const char *initrd, enum loader l,
	struct value *files, struct err *e)
{
	static const struct {
		const char *key, *name;
	} parts[] = {{"bootmgr", "bootmgr.exe"}, {"bcd", "bcd"}, {"winpe", NULL}};
	bool remote = boot_is_remote(kernel);
	char *dir = remote ? xstrdup("http://@@http_server@@/cobbler/images/@@distro_name@@/")
			   : xasprintf("%.*s/", (int)(base_name(kernel) - kernel) - 1, kernel);
	char *sdi = remote ? xasprintf("%s%s", dir, base_name(initrd)) : xstrdup(initrd);
	int rc = *initrd != '\0' ? push_windows(files, "boot.sdi", sdi, l, e) : CB_OK;
	for (size_t i = 0; i < ARRAY_LEN(parts) && rc == CB_OK; i++) {
		const struct value *v = v_dict_get(meta, parts[i].key);
		if (v == NULL)
			continue;
		char *path = xasprintf("%s%s", dir, v_cstr(v));
		rc = push_windows(files, parts[i].name != NULL ? parts[i].name : v_cstr(v), path, l, e);
		free(path);
	}
	free(dir);
	free(sdi);
	return rc;
}

/* What a site says about files in its own words: several may be in one text. */
static void push_words(struct value *files, const struct value *v, enum loader l)
{
	struct strbuf b CLEANUP(sb_free) = { 0 }, text CLEANUP(sb_free) = { 0 };
	v_py_str(&text, v);
	loader_quote(&b, l, sb_str(&text));
	v_list_push(files, v_strn(sb_str(&b), b.len));
}

/* compat: TFTPGen.build_kernel and _generate_initrd. CB_ESTATE: it cannot be written for this loader. */
static int find_paths(const struct boot_target *t, enum loader l, struct paths *p, struct err *e)
{
	const struct value *meta = t->meta, *v;
	int rc = CB_OK;
	*p = (struct paths){ 0 };
	if (t->distro != NULL)
		distro_paths(t->distro, l, p);
	else
		image_paths(t->image, p);
	v = v_dict_get(meta, "kernel");
	if (v_is(v, V_STR) && t->distro != NULL) {
		if (boot_is_remote(v_cstr(v)))
			set_path(&p->kernel, &p->has_kernel, "%s", v_cstr(v));
		else
			set_path(&p->kernel, &p->has_kernel, "/images/%s/%s", item_name(t->distro), base_name(v_cstr(v)));
	}
	v = v_dict_get(meta, "initrd");
	p->files = v_list();
	for (size_t i = 0; v_is(v, V_LIST) && i < v_len(v); i++)
		push_words(p->files, v_list_at(v, i), l);
	if (v_is(v, V_STR) && v_len(v) > 0)
		push_words(p->files, v, l);
	bool wimboot = strstr(sb_str(&p->kernel), "wimboot") != NULL;
	if (wimboot)
		rc = windows_files(meta, sb_str(&p->kernel), sb_str(&p->initrd), l, p->files, e);
	else if (p->has_initrd)
		rc = path_for_grub(l, &p->initrd, e);
	if (rc == CB_OK)
		rc = one_word(l, &p->initrd, e);
	if (rc == CB_OK && p->has_initrd && !wimboot)
		v_list_push(p->files, v_strn(sb_str(&p->initrd), p->initrd.len));
	if (rc == CB_OK)
		rc = path_for_grub(l, &p->kernel, e);
	if (rc == CB_OK)
		rc = one_word(l, &p->kernel, e);
	if (rc != CB_OK)
		paths_clear(p);
	return rc;
}

/* ---- the kernel's line ---- */

/* The first address of host[:port], when the settings want addresses in URLs; else host as it is. */
static void http_address(const struct boot_run *r, const char *host, char *out, size_t cap)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *ai = NULL;
	snprintf(out, cap, "%s", host);
	if (!v_dict_bool(r->settings, "convert_server_to_ip", false) || getaddrinfo(host, NULL, &hints, &ai) != 0)
		return;
	const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)ai->ai_addr;
	char text[INET_ADDRSTRLEN];
	if (inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text)) != NULL)
		snprintf(out, cap, "%s", text);
	freeaddrinfo(ai);
}

static void management_of(const struct item *sys, const char **name, const char **mac)
{
	const struct value *ifs = item_interfaces(sys);
	for (size_t i = 0; i < v_len(ifs); i++) {
		if (!v_dict_bool(v_dict_at(ifs, i), "management", false))
			continue;
		*name = v_dict_key(ifs, i);
		*mac = v_dict_cstr(v_dict_at(ifs, i), "mac_address", "");
		return;
	}
}

static int64_t int_of(const struct item *it, const char *field)
{
	const struct value *v = item_get(it, field);
	return v_is(v, V_INT) ? v_int_of(v) : -1;
}

/* HOST:PATH of a file where our own NFS server has it, on the port that clients take by themselves; NULL otherwise. Owned. */
static char *nfs_name(struct boot_run *r, const struct boot_target *t, const char *file)
{
	struct value *cfg CLEANUP(v_unrefp) = settings_daemon(r->c->settings);
	const struct value *nfs = v_dict_get(cfg, "nfs"), *exports = v_dict_get(nfs, "exports");
	const char *path = str_starts(file, path_root()) ? file + strlen(path_root()) : file;
	if (!v_dict_bool(nfs, "enabled", false) || v_dict_int(nfs, "port", 0) != NFS_PORT)
		return NULL;
	for (size_t i = 0; i < v_len(exports); i++) {
		const char *dir = v_cstr(v_list_at(exports, i));
		if (str_starts(path, dir) && path[strlen(dir)] == '/')
			return xasprintf("%s:%s", v_dict_cstr(t->blended, "server", ""), path);
	}
	return NULL;
}

static void fill_kopts(struct boot_run *r, const struct boot_target *t, char *http, size_t cap, const char *nfs_kernel, struct kopts_in *in)
{
	http_address(r, v_dict_cstr(t->blended, "http_server", ""), http, cap);
	*in = (struct kopts_in){
		.opts = t->kopts,
		.meta = t->meta,
		.enable_ipxe = v_dict_bool(t->blended, "enable_ipxe", false),
		.has_distro = t->distro != NULL,
		.breed = "",
		.os_version = "",
		.arch = t->arch,
		.distro_name = "",
		.kernel = "",
		.profile = t->profile != NULL ? item_name(t->profile) : "",
		.system = "",
		.hostname = "",
		.mgmt_interface = "",
		.mgmt_mac = "",
		.server = v_dict_cstr(r->settings, "server", ""),
		.http_server = http,
		.nfs_kernel = nfs_kernel != NULL ? nfs_kernel : "",
		.autoinstall = v_dict_cstr(t->blended, "autoinstall", ""),
		.serial_device = -1,
		.serial_baud = -1,
	};
	if (t->distro != NULL) {
		in->breed = item_str(t->distro, "breed");
		in->os_version = item_str(t->distro, "os_version");
		in->distro_name = item_name(t->distro);
		in->kernel = item_str(t->distro, "kernel");
	}
	if (t->system != NULL) {
		in->system = item_name(t->system);
		in->hostname = item_str(t->system, "hostname");
		in->serial_device = int_of(t->system, "serial_device");
		in->serial_baud = int_of(t->system, "serial_baud_rate");
		management_of(t->system, &in->mgmt_interface, &in->mgmt_mac);
	}
}

int boot_kernel_line(struct boot_run *r, struct boot_target *t, struct strbuf *out, struct err *e)
{
	char http[512], *nfs_kernel CLEANUP(free_ptr) = t->distro != NULL ? nfs_name(r, t, item_str(t->distro, "kernel")) : NULL;
	struct kopts_in in;
	struct strbuf line = { 0 };
	boot_target_flatten(t);
	fill_kopts(r, t, http, sizeof(http), nfs_kernel, &in);
	kopts_build(&line, &in);
	size_t before = out->len;
	int rc;
	if (strpbrk(sb_str(&line), "$#@\\{") == NULL) {
		sb_add(out, sb_str(&line), line.len);
		rc = CB_OK;
	} else {
		struct value *vars = v_copy(t->blended);
		for (size_t i = 0; v_is(t->meta, V_DICT) && i < v_len(t->meta); i++)
			v_dict_set(vars, v_dict_key(t->meta, i), v_ref(v_dict_at(t->meta, i)));
		rc = boot_render_line(r, sb_str(&line), vars, out, e);
		v_unref(vars);
	}
	sb_free(&line);
	if (rc == CB_OK)
		kopts_console(out, &in);
	if (rc == CB_OK && out->len - before >= 1023)
		log_warn("boot", "%s: kernel option length exceeds 1023", in.system[0] != '\0' ? in.system : in.profile);
	return rc;
}

/* ---- the entry ---- */

static void add_serial(const struct item *sys, enum loader l, struct strbuf *out)
{
	int64_t line, speed;
	if (!kopts_serial(int_of(sys, "serial_device"), int_of(sys, "serial_baud_rate"), &line, &speed))
		return;
	if (l == LOADER_PXE)
		sb_addf(out, "serial %lld %lld\n", (long long)line, (long long)speed);
	else if (l == LOADER_GRUB)
		sb_addf(out, "set serial_console=true\nset serial_baud=%lld\nset serial_line=%lld\n", (long long)speed,
			(long long)line);
}

/* compat: the words before the options, which differ for ESXi (a file) and XenServer (its own whole line). */
static struct value *append_line(
	const struct boot_target *t, const struct paths *p, const char *filename, const char *kopts)
{
	const char *os = t->distro != NULL ? item_str(t->distro, "os_version") : "";
	if (str_starts(os, "xenserver620"))
		return v_str(kopts);
	if (str_starts(os, "esxi") && *filename != '\0')
		return v_strf("BOOTIF=%s%s", filename, kopts);
	if (p->has_initrd)
		return v_strf("append initrd=%s%s", sb_str(&p->initrd), kopts);
	return v_strf("append %s", kopts + (*kopts == ' '));
}

/* Where the files of the distro are, for templates; a site may say it otherwise. Returns owned. */
static struct value *img_path(const struct boot_target *t, enum loader l)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	const struct value *given = v_dict_get(t->blended, "img_path");
	if (v_is(given, V_STR) && loader_path(&b, l, v_cstr(given)))
		return v_strn(sb_str(&b), b.len);
	return given != NULL && !v_is(given, V_STR) ? v_ref(given) : v_strf("/images/%s", item_name(t->distro));
}

/* Borrowed from t: the entries of one machine differ in a few words only. */
static struct value *entry_vars(struct boot_target *t, const struct paths *p, enum loader l, const char *filename, const char *kopts)
{
	const struct item *it = t->system != NULL ? t->system : t->profile != NULL ? t->profile : t->image;
	if (t->vars == NULL || t->vars_flat != t->flat) {
		v_unref(t->vars);
		t->vars = v_copy(t->blended);
		t->vars_flat = t->flat;
	}
	struct value *vars = t->vars;
	v_dict_set(vars, "menu_label", v_str(item_name(it)));
	v_dict_set(vars, "menu_name", v_str(item_name(it)));
	if (t->distro != NULL)
		v_dict_set(vars, "img_path", img_path(t, l));
	v_dict_set(vars, "kernel_path", p->has_kernel ? v_str(sb_str(&p->kernel)) : v_none());
	v_dict_set(vars, "initrd_path", p->has_initrd ? v_str(sb_str(&p->initrd)) : v_none());
	v_dict_set(vars, "initrd", v_ref(p->files));
	v_dict_set(vars, "kernel_options", v_str(kopts));
	v_dict_set(vars, "append_line", append_line(t, p, filename, kopts));
	return vars;
}

int boot_entry(struct boot_run *r, struct boot_target *t, enum loader l, const char *filename, struct strbuf *out,
	struct err *e)
{
	static const char *const templates[LOADERS] = { "grub.template", "pxe.template", "ipxe.template" };
	struct paths p;
	struct strbuf raw = { 0 }, kopts = { 0 };
	/* nfs:// and the like cannot be offered over TFTP */
	if (!boot_wants(t, l) || (t->image != NULL && access(item_str(t->image, "file"), F_OK) != 0))
		return CB_OK;
	int rc = find_paths(t, l, &p, e);
	if (rc == CB_ESTATE) {
		const struct item *it = t->system != NULL ? t->system : t->profile != NULL ? t->profile : t->image;
		log_warn("boot", "nothing for the loader %s is made of %s %s: %s", loader_names[l], item_table(item_type(it))->name,
			item_name(it), e->text);
		return CB_OK;
	}
	if (rc != CB_OK)
		return rc;
	rc = boot_kernel_line(r, t, &raw, e);
	if (rc == CB_OK) {
		loader_quote(&kopts, l, sb_str(&raw));
		if (t->system != NULL)
			add_serial(t->system, l, out);
		struct value *vars = entry_vars(t, &p, l, filename, sb_str(&kopts));
		if (p.has_kernel)
			rc = boot_render_conf(r, templates[l], vars, out, e);
	}
	sb_free(&raw);
	sb_free(&kopts);
	paths_clear(&p);
	return rc;
}

/* ---- names of files ---- */

/* compat: upper-case hexadecimal of an IPv4 address, as pxelinux asks for it. */
static char *hex_ip(const char *ip)
{
	struct in_addr a;
	if (inet_pton(AF_INET, ip, &a) != 1)
		return NULL;
	return xasprintf("%08X", ntohl(a.s_addr));
}

char *boot_config_name(const struct item *sys, const char *iface, enum loader l)
{
	const struct value *ifc = v_dict_get(item_interfaces(sys), iface);
	const char *mac = v_dict_cstr(ifc, "mac_address", ""), *ip = v_dict_cstr(ifc, "ip_address", "");
	if (ifc == NULL)
		return NULL;
	if (str_eq(item_name(sys), "default"))
		return l == LOADER_GRUB ? NULL : xstrdup("default");
	if (*mac != '\0') {
		char *s = l == LOADER_GRUB ? xstrdup(mac) : xasprintf("01-%s", mac);
		for (char *c = s; *c != '\0'; c++)
			*c = *c == ':' && l != LOADER_GRUB ? '-' : *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
		return s;
	}
	if (*ip != '\0') {
		char *hex = hex_ip(ip);
		return hex != NULL ? hex : xstrdup(item_name(sys));
	}
	return xstrdup(item_name(sys));
}

bool boot_is_manageable(const struct item *sys)
{
	static const char *const keys[] = { "mac_address", "ip_address", "ipv6_address" };
	const struct value *ifs = item_interfaces(sys);
	if (str_eq(item_name(sys), "default"))
		return true;
	for (size_t i = 0; i < v_len(ifs); i++)
		for (size_t k = 0; k < ARRAY_LEN(keys); k++)
			if (*v_dict_cstr(v_dict_at(ifs, i), keys[k], "") != '\0')
				return true;
	return false;
}
