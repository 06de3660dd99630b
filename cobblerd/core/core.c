/* SPDX-License-Identifier: GPL-2.0-or-later
 * core.c - opening and closing what the core process owns.
 */
#include "core/core.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "model/signatures.h"

static bool is_closed(const char *real)
{
	static const char *const closed[] = { "/etc/", "/proc/", "/sys/", "/dev/", "/var/log/", "/var/lib/cobbler/collections/",
		"/var/lib/cobbler/config/", "/var/lib/cobbler/web.ss", "/var/lib/cobbler/edits.journal", "/var/lib/cobbler/nfs.key" };
	for (size_t i = 0; i < ARRAY_LEN(closed); i++)
		if (str_starts(real, closed[i]))
			return true;
	return false;
}

bool core_may_serve(const char *path)
{
	char *real CLEANUP(free_ptr) = realpath(path, NULL);
	char *root CLEANUP(free_ptr) = realpath(*path_root() == '\0' ? "/" : path_root(), NULL);
	if (real == NULL || root == NULL)
		return true;
	size_t n = strlen(root);
	return !is_closed(real) && !(strncmp(real, root, n) == 0 && is_closed(real + n));
}

int core_path_kind(const char *path)
{
	struct stat st;
	/* Templates live below our root; kernels and ramdisks of items are literal. */
	bool ours = str_starts(path, "/var/lib/cobbler/") || str_starts(path, "/etc/cobbler/");
	char *real = ours ? path_of(path) : xstrdup(path);
	int rc = ours || core_may_serve(real) ? stat(real, &st) : -1;
	free(real);
	return rc == -1 ? '0' : S_ISREG(st.st_mode) ? 'f' : S_ISDIR(st.st_mode) ? 'd' : '0';
}

char *core_signature_path(const struct value *settings)
{
	return path_of(v_dict_cstr(settings, "signature_path", "/var/lib/cobbler/distro_signatures.json"));
}

int core_load_signatures(struct core *c, struct err *e)
{
	struct value *settings = settings_snapshot(c->settings);
	char *path = core_signature_path(settings);
	int rc = signatures_load(path, e);
	free(path);
	v_unref(settings);
	return rc;
}

int core_open(struct core *c, struct err *e)
{
	size_t loaded, damaged;
	int64_t began = clock_mono_ms();
	memset(c, 0, sizeof(*c));
	pthread_mutex_init(&c->edit_lock, NULL);
	int rc = settings_open(&c->settings, e);
	if (rc == CB_OK) {
		struct value *st = settings_snapshot(c->settings);
		if (core_load_signatures(c, e) != CB_OK)
			log_error("core", "the built-in signatures alone are used: %s", e->text);
		rc = store_open(v_dict_bool(st, "serializer_pretty_json", false), &c->store, e);
		v_unref(st);
	}
	c->model = model_new();
	if (rc == CB_OK)
		rc = store_load(c->store, c->model, &loaded, &damaged, e);
	if (rc != CB_OK) {
		core_close(c);
		return rc;
	}
	c->renderer = renderer_new();
	c->tasks = tasks_new();
	c->privileged = privileged_new();
	log_info("core", "%zu items loaded in %lld ms, %zu damaged files set aside", loaded, (long long)(clock_mono_ms() - began), damaged);
	return CB_OK;
}

int core_look(struct core *c, struct err *e)
{
	memset(c, 0, sizeof(*c));
	pthread_mutex_init(&c->edit_lock, NULL);
	int rc = settings_look(&c->settings, e);
	c->model = model_new();
	c->renderer = renderer_new();
	if (rc != CB_OK) {
		core_close(c);
		return rc;
	}
	struct err why;
	if (core_load_signatures(c, &why) != CB_OK)
		log_warn("core", "the built-in signatures alone are used: %s", why.text);
	store_look(c->model);
	return CB_OK;
}

void core_stop(struct core *c)
{
	if (c->tasks != NULL)
		tasks_free(c->tasks);
	privileged_free(c->privileged);
	store_close(c->store);
	c->tasks = NULL;
	c->privileged = NULL;
	c->store = NULL;
}

void core_close(struct core *c)
{
	core_stop(c);
	if (c->menus.drop != NULL)
		c->menus.drop(c->menus.p);
	if (c->renderer != NULL)
		renderer_free(c->renderer);
	model_free(c->model);
	if (c->settings != NULL)
		settings_close(c->settings);
	pthread_mutex_destroy(&c->edit_lock);
	memset(c, 0, sizeof(*c));
}
