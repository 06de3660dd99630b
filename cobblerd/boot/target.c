/* SPDX-License-Identifier: GPL-2.0-or-later
 * target.c - what every answer starts from: the settings, the item with its ancestors, and rendering with their values.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "boot/internal.h"

#define CONF_MAX (1u << 20)

void boot_begin(struct boot_run *r, struct core *c)
{
	*r = (struct boot_run){ .c = c };
	r->settings = settings_snapshot(c->settings);
	r->conf_dir = v_dict_cstr(r->settings, "boot_loader_conf_template_dir", "/etc/cobbler/boot_loader_conf");
	r->bootloc = v_dict_cstr(r->settings, "tftpboot_location", "/srv/tftpboot");
}

void boot_end(struct boot_run *r)
{
	size_t i = 0;
	const char *key;
	void *v;
	while (map_next(&r->bases, &i, &key, &v))
		v_unref(v);
	for (i = 0; map_next(&r->conf, &i, &key, &v); ) {
		sb_free(v);
		free(v);
	}
	map_free(&r->bases);
	map_free(&r->conf);
	free(r->stamps);
	v_unref(r->settings);
	*r = (struct boot_run){ .c = r->c };
}

static int parents_of_system(struct boot_run *r, struct boot_target *t, struct err *e)
{
	struct item *p = model_parent(r->c->model, t->system);
	if (p == NULL)
		return err_set(e, CB_ENOENT, "system %s references a missing profile %s", item_name(t->system),
			item_str(t->system, "profile"));
	if (item_type(p) == ITEM_IMAGE)
		t->image = p;
	else
		t->profile = p;
	return CB_OK;
}

int boot_target_init(struct boot_run *r, const struct item *it, struct boot_target *t, struct err *e)
{
	*t = (struct boot_target){ .arch = "" };
	enum item_type type = item_type(it);
	if (type == ITEM_SYSTEM) {
		t->system = item_ref(it);
		int rc = parents_of_system(r, t, e);
		if (rc != CB_OK) {
			boot_target_clear(t);
			return rc;
		}
	} else if (type == ITEM_IMAGE) {
		t->image = item_ref(it);
	} else {
		t->profile = item_ref(it);
	}
	if (t->profile != NULL && (t->distro = resolve_distro(r->c->model, t->profile)) == NULL) {
		int rc = err_set(e, CB_ENOENT, "profile %s references a missing distro %s", item_name(t->profile),
			item_str(t->profile, "distro"));
		boot_target_clear(t);
		return rc;
	}
	t->arch = item_str(t->distro != NULL ? t->distro : t->image, "arch");
	t->blended = boot_blend(r, it);
	t->kopts = v_ref(v_dict_get(t->blended, "kernel_options"));
	t->meta = v_ref(v_dict_get(t->blended, "autoinstall_meta"));
	t->loaders = resolve_field(r->c->model, r->settings, it, "boot_loaders");
	return CB_OK;
}

void boot_target_clear(struct boot_target *t)
{
	item_unref(t->system);
	item_unref(t->profile);
	item_unref(t->image);
	item_unref(t->distro);
	v_unref(t->blended);
	v_unref(t->vars);
	v_unref(t->kopts);
	v_unref(t->meta);
	v_unref(t->loaders);
	*t = (struct boot_target){ .arch = "" };
}

struct value *boot_blend(struct boot_run *r, const struct item *it)
{
	struct item *parent = r->many && item_type(it) == ITEM_SYSTEM ? model_parent(r->c->model, it) : NULL;
	if (parent == NULL)
		return resolve_blend(r->c->model, r->settings, it, false);
	struct value *base = map_get(&r->bases, item_uid(parent));
	if (base == NULL) {
		base = resolve_blend_base(r->c->model, r->settings, parent);
		map_put(&r->bases, item_uid(parent), base);
	}
	item_unref(parent);
	return resolve_blend_on(r->c->model, r->settings, base, it);
}

void boot_target_flatten(struct boot_target *t)
{
	if (!t->flat)
		resolve_flatten(t->blended);
	t->flat = true;
}

bool boot_wants(const struct boot_target *t, enum loader l)
{
	return v_list_has_str(t->loaders, loader_names[l]);
}

void boot_promote(struct value *blended, const char *key)
{
	struct value *d = v_ref(v_dict_get(blended, key));
	for (size_t i = 0; v_is(d, V_DICT) && i < v_len(d); i++)
		v_dict_set(blended, v_dict_key(d, i), v_ref(v_dict_at(d, i)));
	v_unref(d);
}

/* Neither language, nor Cobbler's own marks, nor its last filter can find anything in such a text. */
static bool is_plain(const char *s)
{
	return *s != '\n' && strpbrk(s, "$#@\\{") == NULL && strstr(s, "::") == NULL;
}

/* compat: templar.render - whatever goes wrong while a template runs, a client learns only that; the log has the place.
 */
static int as_fault(int rc, const char *what, struct err *e)
{
	if (rc == CB_OK || e == NULL || str_eq(e->cls, PY_CX))
		return rc;
	log_error("boot", "%s: %s", what, e->text);
	return err_set(e, CB_EINVAL, "Error templating file, check cobbler.log for more details");
}

int boot_render_file(struct boot_run *r, const char *path, const struct value *vars, struct strbuf *out, struct err *e)
{
	struct err own;
	struct err *at = e != NULL ? e : &own;
	return as_fault(render_file(r->c->renderer, path, NULL, vars, r->settings, out, at), path, at);
}

int boot_render_line(struct boot_run *r, const char *text, const struct value *vars, struct strbuf *out, struct err *e)
{
	if (is_plain(text)) {
		sb_adds(out, text);
		return CB_OK;
	}
	int rc = render_text_varies(r->c->renderer, text, strlen(text), NULL, vars, r->settings, "kernel options", &r->varies, out, e);
	return as_fault(rc, text, e);
}

/* The text of a loader template; a sync reads it once. NULL: there is none. */
static const struct strbuf *conf_text(struct boot_run *r, const char *name, const char *real, struct strbuf *own)
{
	struct strbuf *kept = map_get(&r->conf, name);
	if (kept != NULL)
		return kept;
	if (r->many && r->stamps == NULL)
		boot_stamps_take(r, r->stamps = xcalloc(1, sizeof(*r->stamps)));
	if (renderer_read(r->c->renderer, real, CONF_MAX, own, NULL) != CB_OK)
		return NULL;
	if (!r->many)
		return own;
	kept = xcalloc(1, sizeof(*kept));
	sb_add(kept, sb_str(own), own->len);
	map_put(&r->conf, name, kept);
	return kept;
}

int boot_render_conf(struct boot_run *r, const char *name, const struct value *vars, struct strbuf *out, struct err *e)
{
	char rel[PATH_MAX], path[PATH_MAX];
	struct strbuf own = { 0 };
	snprintf(rel, sizeof(rel), "%s/%s", r->conf_dir, name);
	snprintf(path, sizeof(path), "%s%s", path_root(), rel);
	const struct strbuf *text = conf_text(r, name, path, &own);
	int rc;
	if (text == NULL)
		rc = err_py(e, CB_ENOENT, "FileNotFoundError", "[Errno 2] No such file or directory: '%s'", rel);
	else
		rc = as_fault(render_text_varies(r->c->renderer, sb_str(text), text->len, NULL, vars, r->settings, path, &r->varies, out,
			e), rel, e);
	sb_free(&own);
	return rc;
}
