/* SPDX-License-Identifier: GPL-2.0-or-later
 * adopt.c - a site that Cobbler itself ran comes with the files of its last sync. They are taken for ours, since a sync of Cobbler's
 * removes whatever is in those folders: else the boot files of machines that are gone would stay for ever, and install them again.
 *
 * compat: CobblerSync.clean_trees. /var/lib/cobbler/.mtime is Cobbler's, written with each of its edits: without it, or when a sync of ours
 * is younger, everything is left to the site.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "manage/internal.h"
#include "manage/known.h"

#define COBBLER_WROTE "/var/lib/cobbler/.mtime"

static bool stat_of(const char *path, struct stat *st)
{
	char *real CLEANUP(free_ptr) = path_of(path);
	return stat(real, st) == 0;
}

static bool is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* File -> the system that it is of: what a sync would write by now. */
static struct value *files_of_systems(struct core *c)
{
	static const struct { enum loader loader; const char *folder; } parts[] = { { LOADER_PXE, "pxelinux.cfg" },
		{ LOADER_GRUB, "grub/system" } };
	struct item_list l = model_items(c->model, ITEM_SYSTEM);
	struct value *files = v_dict();
	for (size_t i = 0; i < l.n; i++) {
		const struct value *ifs = item_interfaces(l.v[i]);
		for (size_t k = 0; k < v_len(ifs) * ARRAY_LEN(parts); k++) {
			size_t part = k % ARRAY_LEN(parts);
			char *name CLEANUP(free_ptr) = boot_config_name(l.v[i], v_dict_key(ifs, k / ARRAY_LEN(parts)), parts[part].loader);
			char *path CLEANUP(free_ptr) = name != NULL ? xasprintf("%s/%s", parts[part].folder, name) : NULL;
			if (path != NULL)
				v_dict_set(files, path, v_str(item_name(l.v[i])));
		}
		char *link CLEANUP(free_ptr) = xasprintf("grub/system_link/%s", item_name(l.v[i]));
		v_dict_set(files, link, v_str(item_name(l.v[i])));
	}
	item_list_free(&l);
	return files;
}

static bool is_mac(const char *s, char sep)
{
	for (size_t i = 0; i < 17; i++)
		if (i % 3 == 2 ? s[i] != sep : !isxdigit((unsigned char)s[i]))
			return false;
	return s[17] == '\0';
}

static bool is_pxe_name(const char *s)
{
	return (str_starts(s, "01-") && is_mac(s + 3, '-')) || (strlen(s) == 8 && strspn(s, "0123456789ABCDEF") == 8);
}

static bool is_grub_name(const char *s)
{
	return is_mac(s, ':');
}

static bool any_name(const char *s)
{
	return *s != '.';
}

static size_t adopt_folder(int root, const char *folder, mode_t type, bool (*is_name)(const char *), const struct value *systems,
	struct strbuf *out)
{
	size_t n = 0;
	int fd = openat(root, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	if (d == NULL)
		return 0;
	for (const struct dirent *de; (de = readdir(d)) != NULL; ) {
		struct stat st;
		char *path CLEANUP(free_ptr) = xasprintf("%s/%s", folder, de->d_name);
		const char *system = v_dict_cstr(systems, path, NULL);
		if (strpbrk(path, "\t\n") != NULL || (system == NULL && !is_name(de->d_name)) || str_eq(de->d_name, "default") ||
			fstatat(fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || (st.st_mode & S_IFMT) != type)
			continue;
		sb_addf(out, "%s%s%s\n", path, system != NULL ? "\t@" : "", system != NULL ? system : "");
		n++;
	}
	closedir(d);
	return n;
}

/* Cobbler has the files of distros below webdir as hard links; those would stay what they are when a tree is refreshed. */
static size_t adopt_for_web(const char *dst, const char *file, struct strbuf *out)
{
	char tmp[PATH_MAX], to[PATH_MAX];
	struct stat st;
	if (lstat(dst, &st) != 0)
		return 0;
	if (S_ISREG(st.st_mode)) {
		snprintf(tmp, sizeof(tmp), "%.*s.sync-new", (int)(strrchr(dst, '/') + 1 - dst), dst);
		unlink(tmp);
		if (symlink(file, tmp) != 0 || rename(tmp, dst) != 0)
			log_warn("manage", "%s is not replaced by a link to %s: %s", dst, file, strerror(errno));
	}
	ssize_t n = readlink(dst, to, sizeof(to) - 1);
	to[n > 0 ? n : 0] = '\0';
	if (!str_eq(to, file) || strpbrk(dst, "\t\n") != NULL)
		return 0;
	sb_addf(out, "%s\t>\n", dst);
	return 1;
}

/* What Cobbler made of a kernel or a ramdisk: images/DISTRO/FILE, for TFTP and for the web. */
static size_t adopt_media(int root, const char *webdir, const char *distro, const char *file, struct strbuf *out)
{
	char sig[128], *rel CLEANUP(free_ptr) = xasprintf("images/%s/%s", distro, strrchr(file, '/') + 1);
	char *shown CLEANUP(free_ptr) = xasprintf("%s/%s", webdir, rel), *dst CLEANUP(free_ptr) = path_of(shown);
	struct stat st;
	size_t n = adopt_for_web(dst, file, out);
	if (fstatat(root, rel, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) || strpbrk(rel, "\t\n") != NULL)
		return n;
	known_copy_sig(&st, sig, sizeof(sig));
	sb_addf(out, "%s\t%s\n", rel, sig);
	return n + 1;
}

static size_t adopt_distros(struct core *c, int root, const char *webdir, struct strbuf *out)
{
	struct item_list l = model_items(c->model, ITEM_DISTRO);
	size_t n = 0;
	for (size_t i = 0; i < l.n; i++) {
		char *files[] = { boot_find_kernel(item_str(l.v[i], "kernel")), boot_find_initrd(item_str(l.v[i], "initrd")) };
		for (size_t k = 0; k < ARRAY_LEN(files); k++) {
			if (files[k] != NULL && *files[k] == '/')
				n += adopt_media(root, webdir, item_name(l.v[i]), files[k], out);
			free(files[k]);
		}
	}
	item_list_free(&l);
	return n;
}

static void clean_cache(const char *folder)
{
	struct stat st;
	char *dir CLEANUP(free_ptr) = xasprintf("%s/.link_cache", folder);
	DIR *d = opendir(dir);
	if (d == NULL)
		return;
	for (const struct dirent *de; (de = readdir(d)) != NULL; )
		if (fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1)
			unlinkat(dirfd(d), de->d_name, 0);
	closedir(d);
	rmdir(dir);
}

void clean_link_caches(struct sync *s)
{
	char *webdir CLEANUP(free_ptr) = path_of(v_dict_cstr(s->r.settings, "webdir", "/var/www/cobbler"));
	char *root CLEANUP(free_ptr) = path_of(s->r.bootloc), *images CLEANUP(free_ptr) = xasprintf("%s/images", root);
	say(s, "cleaning link caches");
	clean_cache(images);
	clean_cache(webdir);
}

void manage_adopt(struct core *c)
{
	static const struct { const char *folder; mode_t type; bool (*is_name)(const char *); } folders[] = {
		{ "pxelinux.cfg", S_IFREG, is_pxe_name }, { "grub/system", S_IFREG, is_grub_name },
		{ "grub/system_link", S_IFLNK, any_name } };
	struct stat theirs, ours;
	struct err e;
	bool synced = stat_of(SYNC_MANIFEST, &ours);
	if (!stat_of(COBBLER_WROTE, &theirs) || (synced && !is_newer(&theirs.st_mtim, &ours.st_mtim)))
		return;
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->settings), *systems CLEANUP(v_unrefp) = files_of_systems(c);
	char *root CLEANUP(free_ptr) = path_of(v_dict_cstr(settings, "tftpboot_location", "/srv/tftpboot"));
	char *manifest CLEANUP(free_ptr) = path_of(SYNC_MANIFEST);
	struct strbuf text CLEANUP(sb_free) = { 0 };
	size_t n = 0;
	int fd CLEANUP(close_fd) = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (synced && file_read(AT_FDCWD, manifest, SYNC_MANIFEST_MAX, &text, &e) != CB_OK) {
		log_warn("manage", "%s: %s", SYNC_MANIFEST, e.text);
		return;
	}
	for (size_t i = 0; fd >= 0 && i < ARRAY_LEN(folders); i++)
		n += adopt_folder(fd, folders[i].folder, folders[i].type, folders[i].is_name, systems, &text);
	if (fd >= 0)
		n += adopt_distros(c, fd, v_dict_cstr(settings, "webdir", "/var/www/cobbler"), &text);
	if (file_replace(AT_FDCWD, manifest, sb_str(&text), text.len, 0640, &e) != CB_OK)
		log_warn("manage", "%s: %s", SYNC_MANIFEST, e.text);
	else
		log_info("manage", "Cobbler itself ran this site: %zu boot files of its last sync are taken over", n);
}
