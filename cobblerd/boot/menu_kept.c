/* SPDX-License-Identifier: GPL-2.0-or-later
 * menu_kept.c - the menus of each architecture, kept until something changes that they are made from: items other than systems,
 * settings, signatures, the loader templates, the macros file. Menus whose templates take snippets, the time or chance, that hold
 * images (whose files may come and go), or that were not made without complaint are built anew each time.
 */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "boot/internal.h"
#include "model/signatures.h"

struct key { uint64_t version, signatures; struct value *settings; struct boot_stamps files; };

struct kept {
	pthread_mutex_t lock;
	struct key key;
	struct map of;                    /* architecture ("": all) -> struct boot_menu */
};

static pthread_mutex_t creation = PTHREAD_MUTEX_INITIALIZER;

void boot_stamps_take(const struct boot_run *r, struct boot_stamps *ret)
{
	static const char *const names[BOOT_STAMPED - 1] = { "grub.template", "pxe.template", "ipxe.template", "grub_submenu.template",
		"pxe_submenu.template", "ipxe_submenu.template", "pxe_menu.template", "ipxe_menu.template" };
	memset(ret, 0, sizeof(*ret));                    /* with what lies between the members: keys are compared as bytes */
	for (size_t i = 0; i < BOOT_STAMPED; i++) {
		char path[PATH_MAX];
		struct stat st;
		if (i < BOOT_STAMPED - 1)
			snprintf(path, sizeof(path), "%s%s/%s", path_root(), r->conf_dir, names[i]);
		else
			snprintf(path, sizeof(path), "%s/etc/cobbler/cheetah_macros", path_root());
		if (stat(path, &st) != 0)
			continue;
		ret->of[i].dev = st.st_dev;
		ret->of[i].ino = st.st_ino;
		ret->of[i].size = st.st_size;
		ret->of[i].mtime = st.st_mtim;
		ret->of[i].ctime = st.st_ctim;
	}
}

static void key_now(const struct boot_run *r, struct key *k)
{
	memset(k, 0, sizeof(*k));
	k->version = model_parents_version(r->c->model);
	k->signatures = signatures_generation();
	k->settings = r->settings;
	if (r->stamps != NULL)
		memcpy(&k->files, r->stamps, sizeof(k->files));      /* a long run has read its templates at its beginning */
	else
		boot_stamps_take(r, &k->files);
}

static bool same(const struct key *a, const struct key *b)
{
	return a->version == b->version && a->signatures == b->signatures && a->settings == b->settings &&
		memcmp(&a->files, &b->files, sizeof(a->files)) == 0;
}

static void forget(struct kept *k)
{
	size_t i = 0;
	void *v;
	while (map_next(&k->of, &i, NULL, &v)) {
		boot_menu_clear(v);
		free(v);
	}
	map_free(&k->of);
	k->of = (struct map){ 0 };
	v_unref(k->key.settings);
	k->key = (struct key){ 0 };
}

static void drop(void *p)
{
	struct kept *k = p;
	forget(k);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

static struct kept *kept_of(struct core *c)
{
	pthread_mutex_lock(&creation);
	if (c->menus.p == NULL) {
		struct kept *k = xcalloc(1, sizeof(*k));
		pthread_mutex_init(&k->lock, NULL);
		c->menus = (struct core_kept){ k, drop };
	}
	pthread_mutex_unlock(&creation);
	return c->menus.p;
}

static void copy_menu(struct boot_menu *to, const struct boot_menu *from)
{
	for (int l = 0; l < LOADERS; l++) {
		to->has[l] = from->has[l];
		sb_add(&to->text[l], sb_str(&from->text[l]), from->text[l].len);
	}
	to->ipxe_labels = v_copy(from->ipxe_labels);
}

/* All of archs, or nothing. */
static bool find_kept(struct kept *k, const struct key *key, const char *const *archs, struct boot_menu *ret)
{
	bool all = true;
	pthread_mutex_lock(&k->lock);
	if (!same(&k->key, key))
		all = false;
	for (size_t i = 0; archs[i] != NULL && all; i++)
		all = map_get(&k->of, archs[i]) != NULL;
	for (size_t i = 0; archs[i] != NULL && all; i++)
		copy_menu(&ret[i], map_get(&k->of, archs[i]));
	pthread_mutex_unlock(&k->lock);
	return all;
}

static void keep(struct kept *k, const struct key *key, const char *const *archs, const struct boot_menu *menus)
{
	pthread_mutex_lock(&k->lock);
	if (!same(&k->key, key)) {
		forget(k);
		k->key = *key;
		v_ref(key->settings);
	}
	for (size_t i = 0; archs[i] != NULL; i++) {
		if (map_get(&k->of, archs[i]) != NULL)
			continue;
		struct boot_menu *m = xcalloc(1, sizeof(*m));
		copy_menu(m, &menus[i]);
		map_put(&k->of, archs[i], m);
	}
	pthread_mutex_unlock(&k->lock);
}

int boot_menus(struct boot_run *r, const char *const *archs, struct boot_menu *ret, struct err *e)
{
	struct key before, after;
	if (r->c->live != NULL)                          /* a transaction: what it sees is its own */
		return boot_build_menus(r, archs, ret, e);
	struct kept *k = kept_of(r->c);
	key_now(r, &before);
	if (find_kept(k, &before, archs, ret))
		return CB_OK;
	r->varies = false;
	int rc = boot_build_menus(r, archs, ret, e);
	key_now(r, &after);
	boot_stamps_take(r, &after.files);
	if (rc == CB_OK && !r->varies && same(&before, &after))
		keep(k, &after, archs, ret);
	return rc;
}
