/* SPDX-License-Identifier: GPL-2.0-or-later
 * windows.c - what loaders of Windows ask TFTP for, and the file that they mean.
 *
 * pxeboot.n12 asks for bootmgr.exe (or the name that was put in its place) at the top of the tree, that one for \Boot\BCD,
 * \Boot\Fonts\... and then for what the BCD names, in any case of letters, and none of them says of which distro. It is the one that the
 * machine installs, by its system; else the one whose files this address was given last; else the only one that has such a file. Asked
 * only when nothing in the tree has the name as it is written.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/file.h"
#include "boot/internal.h"

#define REMEMBERED 256                 /* addresses */
#define REMEMBER_MS (15 * 60 * 1000)   /* from a machine's kernel to its BCD */
#define DEPTH 4u                       /* folders of a path that is looked up without case */

/* ---- who was given what ---- */

static struct { pthread_mutex_t lock; size_t next; struct { char ip[46], distro[256]; int64_t ms; } of[REMEMBERED]; } last =
	{ .lock = PTHREAD_MUTEX_INITIALIZER };

void windows_note(const struct boot_client *who, const struct item *distro)
{
	size_t at = REMEMBERED;
	if (who == NULL || who->ip[0] == '\0' || strlen(item_name(distro)) >= sizeof(last.of[0].distro))
		return;
	pthread_mutex_lock(&last.lock);
	for (size_t i = 0; i < REMEMBERED && at == REMEMBERED; i++)
		if (str_eq(last.of[i].ip, who->ip))
			at = i;
	if (at == REMEMBERED) {
		at = last.next;
		last.next = (last.next + 1) % REMEMBERED;
	}
	snprintf(last.of[at].ip, sizeof(last.of[at].ip), "%s", who->ip);
	snprintf(last.of[at].distro, sizeof(last.of[at].distro), "%s", item_name(distro));
	last.of[at].ms = clock_mono_ms();
	pthread_mutex_unlock(&last.lock);
}

static struct item *remembered(struct boot_run *r, const struct boot_client *who)
{
	char name[sizeof(last.of[0].distro)] = "";
	if (who == NULL || who->ip[0] == '\0')
		return NULL;
	pthread_mutex_lock(&last.lock);
	for (size_t i = 0; i < REMEMBERED; i++)
		if (str_eq(last.of[i].ip, who->ip) && clock_mono_ms() - last.of[i].ms < REMEMBER_MS)
			memcpy(name, last.of[i].distro, sizeof(name));
	pthread_mutex_unlock(&last.lock);
	return *name != '\0' ? model_get(r->c->model, ITEM_DISTRO, name) : NULL;
}

bool is_windows(const struct item *distro)
{
	return distro != NULL && str_eq(item_str(distro, "breed"), "windows");
}

/* ---- files of a distro ---- */

/* dir/rel in any case of letters: its path below dir (owned); NULL: there is none. */
static char *find_below(const char *dir, const char *rel)
{
	struct strbuf found CLEANUP(sb_free) = { 0 };
	unsigned depth = 0;
	for (const char *p = rel; *p != '\0'; p += *p == '/') {
		size_t n = strcspn(p, "/");
		char *part CLEANUP(free_ptr) = xstrndup(p, n);
		char *here CLEANUP(free_ptr) = xasprintf("%s/%s", dir, sb_str(&found));
		char *name CLEANUP(free_ptr) = n > 0 && ++depth <= DEPTH ? file_find_case(here, part) : NULL;
		if (name == NULL)
			return NULL;
		sb_addf(&found, "%s%s", found.len > 0 ? "/" : "", name);
		p += n;
	}
	return found.len > 0 ? xstrdup(sb_str(&found)) : NULL;
}

/* What a sync wrote, or would copy. Owned path below the TFTP root, or NULL. */
static char *in_images(struct boot_run *r, const struct item *distro, const char *rel)
{
	char *below CLEANUP(free_ptr) = xasprintf("%s/images/%s", r->bootloc, item_name(distro)), *dir CLEANUP(free_ptr) = path_of(below);
	char *name CLEANUP(free_ptr) = find_below(dir, rel);
	const char *const own[] = { item_str(distro, "kernel"), item_str(distro, "initrd") };
	for (size_t i = 0; i < ARRAY_LEN(own) && name == NULL; i++) {
		const char *slash = strrchr(own[i], '/');
		if (slash != NULL && strcasecmp(slash + 1, rel) == 0)
			name = xstrdup(slash + 1);
	}
	return name != NULL ? xasprintf("images/%s/%s", item_name(distro), name) : NULL;
}

/* The BCD that the meta of an item names. */
static char *own_bcd(struct boot_run *r, const struct item *it, const struct item *distro)
{
	struct boot_target t;
	char *path = NULL;
	if (it == NULL || boot_target_init(r, it, &t, NULL) != CB_OK)
		return NULL;
	const char *bcd = v_dict_cstr(t.meta, "bcd", "");
	if (*bcd != '\0' && strchr(bcd, '/') == NULL)
		path = in_images(r, distro, bcd);
	boot_target_clear(&t);
	return path;
}

/* ---- the distro that is meant ---- */

static struct item *client_system(struct boot_run *r, const struct boot_client *who)
{
	const char *iface;
	struct item *it = NULL;
	if (who != NULL && who->mac[0] != '\0')
		it = model_system_by_mac(r->c->model, who->mac, &iface);
	if (it == NULL && who != NULL && who->ip[0] != '\0')
		it = model_system_by_ip(r->c->model, who->ip, &iface);
	return it;
}

/* The only distro of Windows that has this file; NULL: none, or several. */
static char *only_one_with(struct boot_run *r, const char *rel)
{
	CLEANUP(item_list_free) struct item_list l = model_items(r->c->model, ITEM_DISTRO);
	char *found = NULL;
	for (size_t i = 0; i < l.n; i++) {
		char *one = is_windows(l.v[i]) ? in_images(r, l.v[i], rel) : NULL;
		if (one != NULL && found != NULL) {
			free(one);
			free(found);
			return NULL;
		}
		found = one != NULL ? one : found;
	}
	return found;
}

/* images/NAME/FILE with another case of letters. */
static bool images_path(struct boot_run *r, const char *path, char **ret)
{
	static const char *const starts[] = { "images/", "grub/images/" };
	*ret = NULL;
	for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
		size_t n = strlen(starts[i]);
		const char *slash = strncasecmp(path, starts[i], n) == 0 ? strchr(path + n, '/') : NULL;
		if (slash == NULL)
			continue;
		CLEANUP(item_list_free) struct item_list l = model_items(r->c->model, ITEM_DISTRO);
		for (size_t k = 0; k < l.n && *ret == NULL; k++) {
			const char *name = item_name(l.v[k]);
			size_t len = (size_t)(slash - path) - n;
			if (is_windows(l.v[k]) && strlen(name) == len && strncasecmp(name, path + n, len) == 0)
				*ret = in_images(r, l.v[k], slash + 1);
		}
		return true;
	}
	return false;
}

/* A file of the folder boot/ of the medium (fonts, messages): *dir is that folder, *rel the path below it. */
static void from_medium(const struct item *distro, const char *rest, char **dir, char **rel)
{
	const char *initrd = item_str(distro, "initrd"), *slash = strrchr(initrd, '/');
	if (*initrd != '/' || strchr(rest, '/') == NULL)
		return;
	*dir = xstrndup(initrd, (size_t)(slash - initrd));
	*rel = find_below(*dir, rest);
	if (*rel == NULL)
		free_ptr(dir);
}

static bool any_windows(struct boot_run *r)
{
	CLEANUP(item_list_free) struct item_list l = model_items(r->c->model, ITEM_DISTRO);
	for (size_t i = 0; i < l.n; i++)
		if (is_windows(l.v[i]))
			return true;
	return false;
}

bool windows_meant(struct boot_run *r, const char *path, const struct boot_client *who, char **dir, char **rel)
{
	*dir = *rel = NULL;
	if (!any_windows(r) || images_path(r, path, rel))
		return *rel != NULL;
	bool boot = strncasecmp(path, "boot/", 5) == 0;
	const char *rest = boot ? path + 5 : path;
	if (!boot && strchr(path, '/') != NULL)
		return false;
	CLEANUP(item_unrefp) struct item *sys = client_system(r, who);
	CLEANUP(item_unrefp) struct item *own = sys != NULL ? resolve_distro(r->c->model, sys) : NULL;
	CLEANUP(item_unrefp) struct item *seen = remembered(r, who);
	const struct item *distro = is_windows(own) ? own : is_windows(seen) ? seen : NULL;
	if (distro != NULL && boot && strcasecmp(rest, "BCD") == 0)
		*rel = own_bcd(r, distro == own ? sys : NULL, distro);
	if (distro != NULL && *rel == NULL)
		*rel = in_images(r, distro, rest);
	if (distro != NULL && *rel == NULL && boot)
		from_medium(distro, rest, dir, rel);
	if (distro == NULL)
		*rel = only_one_with(r, rest);
	return *rel != NULL;
}
