/* SPDX-License-Identifier: GPL-2.0-or-later
 * tftp.c - the tree under the TFTP root as machines see it: what the model says now, then the site's files, then the
 * loaders of the host's packages. Nothing here depends on a sync having run.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "boot/internal.h"

#define RARP_KIND_MAX 16           /* SUN4M, SUN4U ... */

void boot_file_free(struct boot_file *f)
{
	sb_free(&f->bytes);
	*f = (struct boot_file){ 0 };
}

/* One question. */
struct ask {
	struct boot_run r;
	const char *path;                  /* normalised, no leading slash */
	const struct boot_client *who;
	struct boot_file *ret;
};

static int none(struct err *e, const char *path)
{
	return err_set(e, CB_ENOENT, "no file %s", path);
}

static int give_path(struct ask *a, const char *path, struct err *e)
{
	struct stat st;
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || !core_may_serve(path))
		return none(e, a->path);
	if (strlen(path) >= sizeof(a->ret->path))
		return err_set(e, CB_ELIMIT, "%s: the path is too long", path);
	a->ret->kind = BOOT_PATH;
	snprintf(a->ret->path, sizeof(a->ret->path), "%s", path);
	return CB_OK;
}

/* A file below a directory, wherever links beneath it lead. */
static int give_beneath(struct ask *a, const char *dir, const char *rel, struct err *e)
{
	char link[64], path[PATH_MAX];
	int rc = none(e, a->path), dirfd CLEANUP(close_fd) = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return rc;
	int fd CLEANUP(close_fd) = file_open_beneath(dirfd, rel, O_PATH, NULL);
	if (fd < 0)
		return rc;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0)
		return rc;
	path[n] = '\0';
	return give_path(a, path, e);
}

/* A file below one of the daemon's own directories. */
static int give_own(struct ask *a, const char *dir, const char *rel, struct err *e)
{
	char *real = path_of(dir);
	int rc = give_beneath(a, real, rel, e);
	free(real);
	return rc;
}

/* ---- which system ---- */

/* The MAC address in a name: 01-52-54-..., 52-54-..., or with colons. */
static bool mac_of_name(const char *name, char *mac)
{
	if (strlen(name) == 20 && str_starts(name, "01"))
		name += 3;
	if (strlen(name) != 17)
		return false;
	for (int i = 0; i < 17; i++) {
		bool sep = i % 3 == 2;
		if (sep ? name[i] != '-' && name[i] != ':' : !isxdigit((unsigned char)name[i]))
			return false;
		mac[i] = sep ? ':' : (char)tolower((unsigned char)name[i]);
	}
	mac[17] = '\0';
	return true;
}

static bool ip_of_hex(const char *name, char *ip, size_t cap)
{
	char *end;
	if (strlen(name) != 8 || strspn(name, "0123456789ABCDEFabcdef") != 8)
		return false;
	unsigned long v = strtoul(name, &end, 16);
	struct in_addr addr = { htonl((uint32_t)v) };
	return inet_ntop(AF_INET, &addr, ip, (socklen_t)cap) != NULL;
}

/* The system whose configuration a loader asks for by this name; NULL when none has it. Returns owned. */
static struct item *find_by_name(struct ask *a, const char *name, enum loader l)
{
	char mac[18], ip[INET_ADDRSTRLEN];
	const char *iface = NULL;
	struct item *it;
	if (mac_of_name(name, mac))
		return model_system_by_mac(a->r.c->model, mac, &iface);
	if (ip_of_hex(name, ip, sizeof(ip)))
		it = model_system_by_ip(a->r.c->model, ip, &iface);
	else if ((it = model_get(a->r.c->model, ITEM_SYSTEM, name)) != NULL)
		iface = v_dict_key(item_interfaces(it), 0);
	if (it == NULL)
		return NULL;
	/* by address or name only where the interface has no MAC: that is the name sync gives the file */
	char *own = iface != NULL ? boot_config_name(it, iface, l) : NULL;
	bool same = own != NULL && strcasecmp(own, name) == 0;
	free(own);
	if (!same) {
		item_unref(it);
		return NULL;
	}
	return it;
}

/* Who asks, by what it came with. Returns owned or NULL. */
static struct item *find_client(struct ask *a)
{
	const char *iface;
	struct item *it = NULL;
	if (a->who != NULL && a->who->mac[0] != '\0')
		it = model_system_by_mac(a->r.c->model, a->who->mac, &iface);
	if (it == NULL && a->who != NULL && a->who->ip[0] != '\0')
		it = model_system_by_ip(a->r.c->model, a->who->ip, &iface);
	return it;
}

/* compat: architectures that boot with pxelinux or GRUB at all. */
static bool arch_boots(const char *arch)
{
	static const char *const archs[] = { "i386", "x86_64", "arm", "aarch64", "ppc", "ppc64", "ppc64le", "ppc64el" };
	for (size_t i = 0; i < ARRAY_LEN(archs); i++)
		if (str_eq(archs[i], arch))
			return true;
	return false;
}

/* compat: for an image there is only pxelinux's file. */
bool boot_has_file(const struct boot_target *t, enum loader l)
{
	return arch_boots(t->arch) && (t->image == NULL || l == LOADER_PXE) && boot_is_manageable(t->system);
}

static int give_system(struct ask *a, struct item *sys, enum loader l, const char *name, struct err *e)
{
	struct boot_target t;
	if (sys == NULL)
		return none(e, a->path);
	int rc = boot_target_init(&a->r, sys, &t, e);
	if (rc == CB_OK) {
		if (boot_has_file(&t, l))
			rc = boot_entry(&a->r, &t, l, name, &a->ret->bytes, e);
		if (rc == CB_OK && a->ret->bytes.len == 0)
			rc = none(e, a->path);
		boot_target_clear(&t);
	}
	item_unref(sys);
	return rc;
}

/* ---- generated files ---- */

static int give_menu(struct ask *a, enum loader l, const char *arch, struct err *e)
{
	const char *const which[] = { arch, NULL };
	struct boot_menu m = { 0 };
	int rc = boot_menus(&a->r, which, &m, e);
	if (rc == CB_OK && l == LOADER_GRUB)
		sb_add(&a->ret->bytes, sb_str(&m.text[l]), m.text[l].len);
	else if (rc == CB_OK)
		rc = boot_menu_file(&a->r, l, &m, &a->ret->bytes, e);
	boot_menu_clear(&m);
	return rc;
}

static int route_pxelinux(struct ask *a, const char *name, struct err *e)
{
	if (str_eq(name, "default"))
		return give_menu(a, LOADER_PXE, "", e);
	return give_system(a, find_by_name(a, name, LOADER_PXE), LOADER_PXE, name, e);
}

/* A machine that is known by its address only still asks GRUB's question by MAC. */
static int route_grub_system(struct ask *a, const char *name, struct err *e)
{
	char mac[18];
	struct item *sys = find_by_name(a, name, LOADER_GRUB);
	if (sys == NULL && mac_of_name(name, mac)) {
		const char *iface = NULL;
		sys = a->who != NULL && a->who->ip[0] != '\0' ? model_system_by_ip(a->r.c->model, a->who->ip, &iface) : NULL;
		const struct value *ifc = sys != NULL ? v_dict_get(item_interfaces(sys), iface) : NULL;
		if (sys != NULL && *v_dict_cstr(ifc, "mac_address", "") != '\0') {
			item_unref(sys);
			sys = NULL;
		}
	}
	return give_system(a, sys, LOADER_GRUB, name, e);
}

static int route_grub_link(struct ask *a, const char *name, struct err *e)
{
	return give_system(a, model_get(a->r.c->model, ITEM_SYSTEM, name), LOADER_GRUB, name, e);
}

static int give_grub_cfg(struct ask *a, struct err *e)
{
	int rc = give_own(a, a->r.bootloc, "grub/grub.cfg", NULL);
	if (rc != CB_OK)
		rc = give_own(a, v_dict_cstr(a->r.settings, "grubconfig_dir", "/var/lib/cobbler/grub_config"), "grub/grub.cfg", e);
	return rc;
}

/* grub.cfg-01-MAC and grub.cfg-HEXIP: GRUB looks for these first. Known machines get the common file, which finds their
 * own entry by the same MAC; others are told that there is none, and come to the common file by themselves. */
static int route_grub_cfg_of(struct ask *a, const char *name, struct err *e)
{
	struct item *sys = find_by_name(a, name, LOADER_GRUB);
	if (sys == NULL)
		return none(e, a->path);
	item_unref(sys);
	return give_grub_cfg(a, e);
}

static int route_grub_menu(struct ask *a, const char *name, struct err *e)
{
	for (size_t i = 0; boot_archs[i] != NULL; i++) {
		size_t n = strlen(boot_archs[i]);
		if (str_starts(name, boot_archs[i]) && str_eq(name + n, "_menu_items.cfg"))
			return give_menu(a, LOADER_GRUB, boot_archs[i], e);
	}
	return none(e, a->path);
}

static int route_ipxe(struct ask *a, const char *name UNUSED, struct err *e)
{
	return give_menu(a, LOADER_IPXE, "", e);
}

/* s_linuxNAME, s_linuxNAME_conf, s_linuxNAME_parm. */
static int s390_of(struct ask *a, struct item *sys, const char *name, struct err *e)
{
	struct boot_target t;
	struct strbuf text[3] = { 0 };
	static const char *const ends[] = { "", "_conf", "_parm" };
	char *short_name = boot_s390_name(sys);
	size_t n = strlen(short_name);
	int which = -1;
	for (int i = 0; str_starts(name, short_name) && i < 3; i++)
		if (str_eq(name + n, ends[i]))
			which = i;
	free(short_name);
	if (which < 0)
		return CB_ENOENT;
	int rc = boot_target_init(&a->r, sys, &t, e);
	if (rc != CB_OK)
		return rc;
	if (!str_starts(t.arch, "s390") || (which != 1 && !item_bool(sys, "netboot_enabled")))
		rc = CB_ENOENT;
	else
		rc = boot_s390(&a->r, &t, &text[0], &text[1], &text[2], e);
	if (rc == CB_OK)
		sb_add(&a->ret->bytes, sb_str(&text[which]), text[which].len);
	for (int i = 0; i < 3; i++)
		sb_free(&text[i]);
	boot_target_clear(&t);
	return rc;
}

static int route_s390(struct ask *a, const char *name, struct err *e)
{
	struct item_list l = model_items(a->r.c->model, ITEM_SYSTEM);
	int rc = CB_ENOENT;
	for (size_t i = 0; i < l.n && rc == CB_ENOENT; i++)
		rc = s390_of(a, l.v[i], name, e);
	item_list_free(&l);
	return rc == CB_ENOENT ? none(e, a->path) : rc;
}

/* ---- media ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL ? slash + 1 : path;
}

/* The machine that asks, when it installs this distro; else a profile of it. */
static int target_for_distro(struct ask *a, const struct item *distro, struct boot_target *t, struct err *e)
{
	struct item *sys = find_client(a);
	if (sys != NULL) {
		struct item *own = resolve_distro(a->r.c->model, sys);
		bool same = own != NULL && str_eq(item_name(own), item_name(distro));
		item_unref(own);
		int rc = same ? boot_target_init(&a->r, sys, t, e) : CB_ENOENT;
		item_unref(sys);
		if (rc == CB_OK)
			return rc;
	}
	struct item_list kids = model_children(a->r.c->model, distro);
	int rc = CB_ENOENT;
	for (size_t i = 0; i < kids.n && rc != CB_OK; i++)
		if (item_type(kids.v[i]) == ITEM_PROFILE)
			rc = boot_target_init(&a->r, kids.v[i], t, e);
	item_list_free(&kids);
	return rc;
}

static int give_boot_cfg(struct ask *a, const struct item *distro, struct err *e)
{
	struct boot_target t;
	char prefix[512];
	int rc = target_for_distro(a, distro, &t, e);
	if (rc != CB_OK)
		return none(e, a->path);
	snprintf(prefix, sizeof(prefix), "/images/%s", item_name(distro));
	rc = boot_esxi_cfg(&a->r, &t, prefix, &a->ret->bytes, e);
	boot_target_clear(&t);
	return rc;
}

/* template_files of the distro whose destination is this path. */
static int give_template(struct ask *a, const struct item *distro, struct err *e)
{
	char *dest = xasprintf("%s/%s", a->r.bootloc, a->path);
	struct value *all = NULL;
	int rc = boot_templates(&a->r, distro, dest, &all, e);
	const struct value *text = v_dict_get(all, dest);
	if (rc == CB_OK && text == NULL)
		rc = none(e, a->path);
	else if (rc == CB_OK)
		sb_add(&a->ret->bytes, v_cstr(text), v_len(text));
	v_unref(all);
	free(dest);
	return rc;
}

/* boot_files: a target, or a directory with a pattern whose files go there. */
static int give_boot_file(struct ask *a, const struct item *distro, struct err *e)
{
	char *dest = xasprintf("%s/%s", a->r.bootloc, a->path);
	struct value *all = NULL;
	int rc = boot_files_of(&a->r, distro, &all, e);
	bool found = false;
	for (size_t i = 0; rc == CB_OK && !found && i < v_len(all); i++) {
		const char *to = v_dict_key(all, i), *from = v_cstr(v_dict_at(all, i));
		bool pattern = strpbrk(from, "*?[") != NULL;
		size_t dir = (size_t)(base_name(to) - to);
		glob_t g;
		if (pattern ? strncmp(dest, to, dir) != 0 || strchr(dest + dir, '/') != NULL : !str_eq(dest, to))
			continue;
		if (glob(from, 0, NULL, &g) != 0)
			continue;
		for (size_t k = 0; k < g.gl_pathc && !found; k++) {
			found = !pattern || str_eq(base_name(g.gl_pathv[k]), dest + dir);
			if (found)
				rc = give_path(a, g.gl_pathv[k], e);
		}
		globfree(&g);
	}
	v_unref(all);
	free(dest);
	return rc == CB_OK && !found ? none(e, a->path) : rc;
}

/* ESXi and Xen load many files from the folder of their kernel; others get the kernel and the initrd only. */
static int give_media(struct ask *a, const struct item *distro, const char *rel, struct err *e)
{
	const char *kernel = item_str(distro, "kernel"), *breed = item_str(distro, "breed");
	int rc = none(e, a->path);
	if (*kernel != '/' || !(str_eq(breed, "vmware") || str_eq(breed, "xen")))
		return rc;
	char *dir = xstrndup(kernel, (size_t)(base_name(kernel) - kernel)), *lower = xstrdup(rel);
	for (char *c = lower; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	rc = give_beneath(a, dir, rel, e);
	if (rc != CB_OK)
		rc = give_beneath(a, dir, lower, e);
	free(dir);
	free(lower);
	return rc;
}

/* Whether a sync makes this file of the distro from another one: pxeboot.n12 under its own name, say. */
static bool is_made_of_kernel(struct ask *a, const struct item *distro, const char *rel)
{
	if (!is_windows(distro) || !v_dict_bool(a->r.settings, "windows_enabled", false))
		return false;
	CLEANUP(item_list_free) struct item_list kids = model_children(a->r.c->model, distro);
	bool made = false;
	for (size_t i = 0; i < kids.n && !made; i++) {
		struct boot_target t;
		if (item_type(kids.v[i]) != ITEM_PROFILE || boot_target_init(&a->r, kids.v[i], &t, NULL) != CB_OK)
			continue;
		const char *kernel = v_dict_cstr(t.meta, "kernel", rel);
		made = str_eq(base_name(kernel), rel) && *v_dict_cstr(t.meta, "bootmgr", "") != '\0';
		boot_target_clear(&t);
	}
	return made;
}

static int give_of_distro(struct ask *a, const struct item *distro, const char *rel, struct err *e)
{
	const char *kernel = item_str(distro, "kernel"), *initrd = item_str(distro, "initrd");
	char *path = NULL;
	int rc;
	if (is_windows(distro))
		windows_note(a->who, distro);
	if (str_eq(rel, base_name(kernel)) && is_made_of_kernel(a, distro, rel)) {
		char *made CLEANUP(free_ptr) = xasprintf("images/%s/%s", item_name(distro), rel);
		if (give_own(a, a->r.bootloc, made, NULL) == CB_OK)
			return CB_OK;
	}
	if (str_eq(rel, base_name(kernel)))
		path = boot_find_kernel(kernel);
	else if (str_eq(rel, base_name(initrd)))
		path = boot_find_initrd(initrd);
	if (path != NULL && boot_is_remote(path)) {
		char *copy = boot_remote_copy(path);
		free(path);
		path = copy;
	}
	if (path != NULL) {
		rc = give_path(a, path, e);
		free(path);
		return rc;
	}
	free(path);
	bool esxi = str_eq(item_str(distro, "breed"), "vmware");
	rc = give_template(a, distro, e);
	if (rc != CB_OK && esxi && (str_eq(rel, "cobbler-boot.cfg") || str_eq(rel, "boot.cfg")))
		return give_boot_cfg(a, distro, e);
	if (rc != CB_OK)
		rc = give_boot_file(a, distro, e);
	if (rc != CB_OK)
		rc = give_media(a, distro, rel, e);
	return rc;
}

static int route_images(struct ask *a, const char *name, struct err *e)
{
	const char *slash = strchr(name, '/');
	if (slash == NULL)
		return none(e, a->path);
	char *distro = xstrndup(name, (size_t)(slash - name));
	struct item *it = model_get(a->r.c->model, ITEM_DISTRO, distro);
	int rc = it != NULL ? give_of_distro(a, it, slash + 1, e) : none(e, a->path);
	item_unref(it);
	free(distro);
	return rc;
}

static int route_images2(struct ask *a, const char *name, struct err *e)
{
	struct item *it = model_get(a->r.c->model, ITEM_IMAGE, name);
	int rc = it != NULL ? give_path(a, item_str(it, "file"), e) : none(e, a->path);
	item_unref(it);
	return rc;
}

/* 01-MAC/boot.cfg: ESXi's UEFI loader asks for it beside itself. */
static int route_esxi(struct ask *a, struct err *e)
{
	size_t n = strlen(a->path), at = n >= 29 ? n - 29 : 0;
	char name[21], mac[18];
	const char *iface;
	if (n < 29 || !str_ends(a->path, "/boot.cfg") || (at > 0 && a->path[at - 1] != '/'))
		return none(e, a->path);
	snprintf(name, sizeof(name), "%.20s", a->path + at);
	if (!mac_of_name(name, mac))
		return none(e, a->path);
	struct item *sys = model_system_by_mac(a->r.c->model, mac, &iface);
	struct item *distro = sys != NULL ? resolve_distro(a->r.c->model, sys) : NULL;
	struct boot_target t;
	int rc = none(e, a->path);
	if (distro != NULL && str_eq(item_str(distro, "breed"), "vmware") && boot_target_init(&a->r, sys, &t, e) == CB_OK) {
		char prefix[512];
		snprintf(prefix, sizeof(prefix), "/images/%s", item_name(distro));
		rc = boot_esxi_cfg(&a->r, &t, prefix, &a->ret->bytes, e);
		boot_target_clear(&t);
	}
	item_unref(distro);
	item_unref(sys);
	return rc;
}

/* ---- the routes ---- */

/* Tried from the top; at: the prefix may also follow a directory (a loader asks beside itself). */
static const struct route {
	const char *prefix;
	bool anywhere, whole;
	int (*fn)(struct ask *a, const char *rest, struct err *e);
} routes[] = {
	{ "pxelinux.cfg/", true, false, route_pxelinux },
	{ "grub/system/", false, false, route_grub_system },
	{ "grub/system_link/", false, false, route_grub_link },
	{ "grub.cfg-", true, false, route_grub_cfg_of },
	{ "grub/images/", false, false, route_images },
	{ "grub/", false, false, route_grub_menu },
	{ "ipxe/default.ipxe", false, true, route_ipxe },
	{ "s390x/s_", false, false, route_s390 },
	{ "images/", false, false, route_images },
	{ "images2/", false, false, route_images2 },
};

static const char *match(const struct route *r, const char *path)
{
	const char *at = r->anywhere ? strstr(path, r->prefix) : path;
	if (at == NULL || !str_starts(at, r->prefix) || (at != path && at[-1] != '/'))
		return NULL;
	at += strlen(r->prefix);
	return r->whole && *at != '\0' ? NULL : at;
}

static int generated(struct ask *a, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		const char *rest = match(&routes[i], a->path);
		if (rest == NULL)
			continue;
		int rc = routes[i].fn(a, rest, e);
		/* a fault in a template is the answer; only "there is none" goes on to files */
		if (rc != CB_ENOENT)
			return rc;
		boot_file_free(a->ret);
	}
	return route_esxi(a, e);
}

static int from_files(struct ask *a, struct err *e)
{
	char path[PATH_MAX];
	const char *const dirs[] = { a->r.bootloc, v_dict_cstr(a->r.settings, "grubconfig_dir", ""),
		v_dict_cstr(a->r.settings, "bootloaders_dir", "") };
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		if (*dirs[i] != '\0' && give_own(a, dirs[i], a->path, NULL) == CB_OK)
			return CB_OK;
	if (loader_on_host(&a->r, a->path, path, sizeof(path)))
		return give_path(a, path, e);
	return none(e, a->path);
}

/* A system's file that sync wrote and the model does not know any more: the system is gone. A file that an
 * administrator put there is served. */
static bool is_left_over(const char *path)
{
	static const char *const folders[] = { "pxelinux.cfg/", "grub/system/", "grub/system_link/", "s390x/" };
	bool ours = false;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		ours = ours || str_starts(path, folders[i]);
	if (!ours)
		return false;
	struct strbuf all = { 0 };
	char *manifest = path_of(SYNC_MANIFEST), *line = xasprintf("\n%s\t@", path);
	sb_addc(&all, '\n');
	ours = file_read(AT_FDCWD, manifest, 256u << 20, &all, NULL) == CB_OK && strstr(sb_str(&all), line) != NULL;
	free(manifest);
	free(line);
	sb_free(&all);
	return ours;
}

static int give_windows(struct ask *a, struct err *e)
{
	char *dir CLEANUP(free_ptr) = NULL, *rel CLEANUP(free_ptr) = NULL;
	if (!windows_meant(&a->r, a->path, a->who, &dir, &rel))
		return none(e, a->path);
	if (dir != NULL)
		return give_beneath(a, dir, rel, e);
	a->path = rel;
	int rc = generated(a, e);
	return rc == CB_ENOENT ? from_files(a, e) : rc;
}

/* The address in a name like C000020A or C000020A.SUN4M: what a machine asks for that has nothing but its address, by RARP. Suns write
 * capital letters, and their kind of machine after the point. */
static bool ip_of_rarp_name(const char *name, char *ip, size_t cap)
{
	char digits[9];
	size_t n = strspn(name, "0123456789ABCDEF"), kind = name[n] == '.' ? strlen(name + n + 1) : 0;
	if (n != 8 || (name[n] != '\0' && (kind == 0 || kind > RARP_KIND_MAX ||
		strspn(name + n + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != kind)))
		return false;
	snprintf(digits, sizeof(digits), "%.8s", name);
	return ip_of_hex(digits, ip, cap);
}

/* The boot file of the system with that address, as if it had been asked for by its own name. Also with DHCP, nobody who is to start from
 * its disk is told of one. */
static int give_by_address(struct ask *a, struct err *e)
{
	char ip[INET_ADDRSTRLEN], norm[1024];
	const char *iface;
	if (!ip_of_rarp_name(a->path, ip, sizeof(ip)))
		return none(e, a->path);
	CLEANUP(item_unrefp) struct item *sys = model_system_by_ip(a->r.c->model, ip, &iface);
	if (sys == NULL || !item_bool(sys, "netboot_enabled"))
		return none(e, a->path);
	char *file CLEANUP(free_ptr) = boot_filename(a->r.c, a->r.settings, sys);
	if (*file == '\0' || strstr(file, "://") != NULL || !path_normalise(file, norm, sizeof(norm)) || *norm == '\0')
		return none(e, a->path);
	const char *asked = a->path;
	a->path = norm;
	int rc = generated(a, e);
	if (rc == CB_ENOENT && !is_left_over(norm))
		rc = from_files(a, e);
	a->path = asked;
	return rc;
}

int boot_tftp(struct core *c, const char *path, const struct boot_client *who, struct boot_file *ret, struct err *e)
{
	struct ask a = { .who = who, .ret = ret };
	char clean[1024], norm[1024];
	size_t n = strlen(path);
	*ret = (struct boot_file){ 0 };
	if (n >= sizeof(clean))
		return err_set(e, CB_ENOENT, "a path of %zu bytes is too long", n);
	for (size_t i = 0; i <= n; i++)
		clean[i] = path[i] == '\\' ? '/' : path[i];
	if (!path_normalise(clean, norm, sizeof(norm)) || *norm == '\0')
		return none(e, path);
	a.path = norm;
	boot_begin(&a.r, c);
	int rc = generated(&a, e);
	if (rc == CB_ENOENT && !is_left_over(norm))
		rc = from_files(&a, e);
	if (rc == CB_ENOENT)
		rc = give_by_address(&a, e);
	if (rc == CB_ENOENT)
		rc = give_windows(&a, e);
	boot_end(&a.r);
	if (rc != CB_OK)
		boot_file_free(ret);
	return rc;
}
