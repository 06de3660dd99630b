/* SPDX-License-Identifier: GPL-2.0-or-later
 * answer.c - what installers fetch: answer files, scripts, iPXE scripts, boot.cfg, template files, yum configurations.
 *
 * compat: autoinstallgen.py, tftpgen.py, yumgen.py of 3.3.7, with their texts for what is missing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "boot/internal.h"

/* Cobbler's text for something that is not there: the answer, and the reason. */
static int missing(struct strbuf *out, struct err *e, const char *fmt, ...) PRINTF_LIKE(3, 4);
static int missing(struct strbuf *out, struct err *e, const char *fmt, ...)
{
	struct strbuf b = { 0 };
	va_list ap;
	va_start(ap, fmt);
	sb_vaddf(&b, fmt, ap);
	va_end(ap);
	sb_adds(out, sb_str(&b));
	int rc = err_set(e, CB_ENOENT, "%s", sb_str(&b));
	sb_free(&b);
	return rc;
}

static const char *type_name(enum item_type t)
{
	return t == ITEM_SYSTEM ? "system" : t == ITEM_IMAGE ? "image" : t == ITEM_DISTRO ? "distro" : "profile";
}

static bool file_exists(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* The dict d, or an empty text in its place. */
static void dict_to_text(struct value *vars, const char *key)
{
	const struct value *d = v_dict_get(vars, key);
	struct strbuf b = { 0 };
	if (!v_is(d, V_DICT))
		return;
	kopts_text(&b, d);
	v_dict_set(vars, key, v_strn(sb_str(&b), b.len));
	sb_free(&b);
}

/* ---- answer files ---- */

struct stanza {
	struct strbuf text;
	struct value *seen;       /* dict of URLs already in it */
};

static void stanza_add(struct stanza *s, const char *name, const char *url, const char *opts)
{
	if (v_dict_get(s->seen, url) == NULL)
		sb_addf(&s->text, "repo --name=%s --baseurl=%s%s%s\n", name, url, opts != NULL ? " " : "", opts != NULL ? opts : "");
	v_dict_set(s->seen, url, v_bool(true));
}

static bool is_repo_word(const char *opt)
{
	static const char *const refused[] = { "enabled", "gpgcheck", "gpgkey" };
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (strcasecmp(opt, refused[i]) == 0)
			return false;
	return true;
}

static void stanza_of_repo(struct stanza *s, const struct item *repo, const char *http_server)
{
	const struct value *opts = item_get(repo, "yumopts"), *enabled = v_dict_get(opts, "enabled");
	struct strbuf text = { 0 };
	if (enabled != NULL && !v_str_is(enabled, "1"))
		return;
	for (size_t i = 0; v_is(opts, V_DICT) && i < v_len(opts); i++) {
		const char *key = v_dict_key(opts, i);
		bool packages = str_eq(key, "exclude") || str_eq(key, "include");
		if (!packages && !is_repo_word(key))
			continue;
		sb_addf(&text, packages ? " --%spkgs=" : " %s=", key);
		size_t at = text.len;
		v_py_str(&text, v_dict_at(opts, i));
		for (; packages && at < text.len; at++)
			if (text.p[at] == ' ')
				text.p[at] = ',';
	}
	if (item_bool(repo, "mirror_locally")) {
		char *url = xasprintf("http://%s/cobbler/repo_mirror/%s", http_server, item_name(repo));
		stanza_add(s, item_name(repo), url, NULL);
		free(url);
	} else {
		stanza_add(s, item_name(repo), item_str(repo, "mirror"), sb_str(&text));
	}
	sb_free(&text);
}

/* $yum_repo_stanza: the item's repositories and those of its split install media. */
static struct value *repo_stanza(struct boot_run *r, const struct boot_target *t)
{
	struct stanza s = { .seen = v_dict() };
	const struct value *repos = v_dict_get(t->blended, "repos"), *sources = item_get(t->distro, "source_repos");
	for (size_t i = 0; v_is(repos, V_LIST) && i < v_len(repos); i++) {
		struct item *repo = model_get(r->c->model, ITEM_REPO, v_cstr(v_list_at(repos, i)));
		if (repo != NULL)
			stanza_of_repo(&s, repo, v_dict_cstr(t->blended, "http_server", ""));
		item_unref(repo);
	}
	for (size_t i = 0; v_is(sources, V_LIST) && i < v_len(sources); i++) {
		char name[40];
		snprintf(name, sizeof(name), "source-%zu", i + 1);
		const struct value *pair = v_list_at(sources, i);
		if (v_is(pair, V_LIST) && v_len(pair) > 1)
			stanza_add(&s, name, v_cstr(v_list_at(pair, 1)), NULL);
	}
	struct value *v = v_strn(sb_str(&s.text), s.text.len);
	sb_free(&s.text);
	v_unref(s.seen);
	return v;
}

static struct value *config_stanza(struct boot_run *r, const struct boot_target *t)
{
	bool sys = t->system != NULL;
	if (!v_dict_bool(r->settings, "yum_post_install_mirror", false) || (!sys && t->profile == NULL))
		return v_str("");
	return v_strf("curl \"http://%s/cblr/svc/op/yum/%s/%s\" --output /etc/yum.repos.d/cobbler-config.repo\n",
		v_dict_cstr(t->blended, "http_server", ""), sys ? "system" : "profile", item_name(sys ? t->system : t->profile));
}

/* The path part of a URL. */
static struct value *url_path(const char *url)
{
	const char *s = strstr(url, "://");
	if (s != NULL)
		s = strchr(s + 3, '/');
	else
		s = url;
	return s != NULL ? v_strn(s, strcspn(s, "?#")) : v_str("");
}

static struct value *answer_vars(struct boot_run *r, const struct boot_target *t)
{
	struct value *vars = v_copy(t->blended);
	const char *breed = item_str(t->distro, "breed");
	boot_promote(vars, "autoinstall_meta");
	v_dict_del(vars, "autoinstall_meta");
	if (str_eq(breed, "redhat")) {
		v_dict_set(vars, "yum_repo_stanza", repo_stanza(r, t));
		v_dict_set(vars, "yum_config_stanza", config_stanza(r, t));
	}
	dict_to_text(vars, "kernel_options");
	dict_to_text(vars, "kernel_options_post");
	const struct value *tree = v_dict_get(vars, "tree");
	if ((str_eq(breed, "debian") || str_eq(breed, "ubuntu")) && tree != NULL)
		v_dict_set(vars, "install_source_directory", url_path(v_cstr(tree)));
	return vars;
}

static int render_with(struct boot_run *r, const struct boot_target *t, const char *path, struct strbuf *out, struct err *e)
{
	struct value *vars = answer_vars(r, t);
	int rc = render_file(r->c->renderer, path, NULL, vars, r->settings, out, e);
	v_unref(vars);
	return rc;
}

/* The answer file of a target into out. A template that cannot be rendered is an error here. */
static int render_answer(struct boot_run *r, const struct boot_target *t, struct strbuf *out, struct err *e)
{
	const char *rel = v_dict_cstr(t->blended, "autoinstall", "");
	const char *dir = v_dict_cstr(r->settings, "autoinstall_templates_dir", "/var/lib/cobbler/templates");
	char norm[PATH_MAX];
	if (*rel == '\0')
		return missing(out, e, "# automatic installation file value missing or invalid at %s %s",
			t->system != NULL ? "system" : "profile", item_name(t->system != NULL ? t->system : t->profile));
	bool inside = path_normalise(rel, norm, sizeof(norm)) && strstr(rel, "..") == NULL;
	char *written = xasprintf("%s/%s", dir, inside ? norm : "");
	char *path = path_of(written);
	int rc;
	if (!inside || !file_exists(path)) {
		log_warn("boot", "automatic installation file %s not found at %s", rel, dir);
		rc = missing(out, e, "# automatic installation file %s not found at %s", rel, dir);
	} else {
		rc = render_with(r, t, path, out, e);
	}
	free(path);
	free(written);
	return rc;
}

/* path: NULL or a template instead of the item's own */
static int answer_of(struct boot_run *r, enum item_type type, const char *name, const char *path, struct strbuf *out, struct err *e)
{
	struct boot_target t = { .arch = "" };
	struct item *it = model_get(r->c->model, type, name);
	if (it == NULL)
		return missing(out, e, "# %s not found", type_name(type));
	int rc = CB_OK;
	if (type != ITEM_DISTRO) {
		rc = boot_target_init(r, it, &t, e);
		item_unref(it);
	} else {
		t.distro = it;
		t.blended = boot_blend(r, it);
	}
	if (rc != CB_OK)
		return rc;
	if (path != NULL && t.distro != NULL)
		rc = render_with(r, &t, path, out, e);
	else if (type == ITEM_DISTRO)
		rc = err_set(e, CB_EINVAL, "a distro has no answer file of its own: a template is needed");
	else if (t.distro == NULL)
		rc = missing(out, e, "# image based systems do not have automatic installation files");
	else
		rc = render_answer(r, &t, out, e);
	boot_target_clear(&t);
	return rc;
}

int boot_autoinstall(struct core *c, enum item_type type, const char *name, struct strbuf *out, struct err *e)
{
	return boot_autoinstall_from(c, type, name, NULL, out, e);
}

int boot_autoinstall_from(struct core *c, enum item_type type, const char *name, const char *path, struct strbuf *out, struct err *e)
{
	struct boot_run r;
	boot_begin(&r, c);
	int rc = answer_of(&r, type, name, path, out, e);
	boot_end(&r);
	return rc;
}

int boot_nocloud(
	struct core *c, enum item_type type, const char *name, const char *file, struct strbuf *out, struct err *e)
{
	if (str_eq(file, "user-data"))
		return boot_autoinstall(c, type, name, out, e);
	if (!str_eq(file, "meta-data"))
		return err_set(e, CB_ENOENT, "no %s: cloud-init is given user-data and meta-data", file);
	struct item *it = model_get(c->model, type, name);
	if (it == NULL)
		return missing(out, e, "# %s not found", type_name(type));
	const char *host = type == ITEM_SYSTEM ? item_str(it, "hostname") : "";
	sb_addf(out, "instance-id: %s\n", name);
	if (*host != '\0')
		sb_addf(out, "local-hostname: %s\n", host);
	item_unref(it);
	return CB_OK;
}

/* ---- iPXE ---- */

static int ipxe_menu(struct boot_run *r, struct strbuf *out, struct err *e)
{
	static const char *const all[] = { "", NULL };
	struct boot_menu m = { 0 };
	if (!v_dict_bool(r->settings, "enable_ipxe", false))
		return CB_OK;
	int rc = boot_menus(r, all, &m, e);
	if (rc == CB_OK)
		rc = boot_menu_file(r, LOADER_IPXE, &m, out, e);
	boot_menu_clear(&m);
	return rc;
}

/* compat: whatever the first line was, it becomes the mark of an iPXE script. */
static void add_script(struct strbuf *out, const struct strbuf *text)
{
	const char *s = sb_str(text), *nl = strchr(s, '\n');
	if (text->len == 0)
		return;
	sb_adds(out, "#!ipxe\n");
	if (nl != NULL)
		sb_adds(out, nl + 1);
}

int boot_ipxe(struct core *c, enum item_type type, const char *name, struct strbuf *out, struct err *e)
{
	struct boot_run r;
	struct boot_target t;
	struct strbuf text = { 0 };
	int rc;
	boot_begin(&r, c);
	if (name == NULL || *name == '\0') {
		rc = ipxe_menu(&r, out, e);
		boot_end(&r);
		return rc;
	}
	struct item *it = model_get(c->model, type, name);
	if (it == NULL) {
		boot_end(&r);
		return CB_OK;             /* compat: an empty script */
	}
	rc = boot_target_init(&r, it, &t, e);
	item_unref(it);
	if (rc == CB_OK) {
		rc = boot_entry(&r, &t, LOADER_IPXE, "", &text, e);
		boot_target_clear(&t);
	}
	if (rc == CB_OK)
		add_script(out, &text);
	sb_free(&text);
	boot_end(&r);
	return rc;
}

/* ---- boot.cfg, scripts ---- */

/* compat: where the files of the media are, as the machine reaches them. */
static struct value *img_path(struct boot_run *r, const struct item *it, const char *distro)
{
	struct value *ipxe = resolve_field(r->c->model, r->settings, it, "enable_ipxe");
	struct value *v;
	if (v_truthy(ipxe))
		v = v_strf("http://%s:%lld/cobbler/links/%s", v_dict_cstr(r->settings, "server", ""),
			(long long)v_dict_int(r->settings, "http_port", 80), distro);
	else
		v = v_strf("/images/%s", distro);
	v_unref(ipxe);
	return v;
}

/* Name of the folder that the kernel lies in. */
static struct value *folder_of(const char *kernel)
{
	const char *slash = strrchr(kernel, '/');
	if (slash == NULL)
		return v_str("");
	const char *s = slash;
	while (s > kernel && s[-1] != '/')
		s--;
	return v_strn(s, (size_t)(slash - s));
}

static int bootcfg_of(
	struct boot_run *r, const struct item *it, const struct boot_target *t, struct strbuf *out, struct err *e)
{
	struct value *vars = v_copy(t->blended);
	int rc = CB_OK;
	if (str_starts(item_str(t->distro, "os_version"), "esxi")) {
		struct strbuf mods = { 0 };
		rc = boot_esxi_modules(item_str(t->distro, "kernel"), &mods, e);
		v_dict_set(vars, "esx_modules", v_str(sb_str(&mods)));
		sb_free(&mods);
	}
	boot_promote(vars, "autoinstall_meta");
	v_dict_del(vars, "autoinstall_meta");
	v_dict_set(vars, "distro", folder_of(item_str(t->distro, "kernel")));
	v_dict_set(vars, "img_path", img_path(r, it, item_name(t->distro)));
	if (rc == CB_OK) {
		rc = boot_render_conf(r, "bootcfg.template", vars, out, e);
		if (rc == CB_ENOENT)
			rc = missing(out, e, "# boot.cfg template not found for the %s named %s (filename=%s/bootcfg.template)",
				type_name(item_type(it)), item_name(it), r->conf_dir);
	}
	v_unref(vars);
	return rc;
}

int boot_bootcfg(struct core *c, enum item_type type, const char *name, struct strbuf *out, struct err *e)
{
	struct boot_run r;
	struct boot_target t;
	struct item *it = model_get(c->model, type, name);
	if (it == NULL)
		return err_py(e, CB_ENOENT, PY_ATTR, "'NoneType' object has no attribute 'get_conceptual_parent'");
	boot_begin(&r, c);
	int rc = boot_target_init(&r, it, &t, e);
	if (rc == CB_OK) {
		if (t.distro == NULL)
			rc = err_py(e, CB_ENOENT, PY_ATTR, "'NoneType' object has no attribute 'kernel'");
		else
			rc = bootcfg_of(&r, it, &t, out, e);
		boot_target_clear(&t);
	}
	boot_end(&r);
	item_unref(it);
	return rc;
}

static bool is_script_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");
	return n > 0 && s[n] == '\0';
}

static int script_of(struct boot_run *r, const struct item *it, const char *script, struct strbuf *out, struct err *e)
{
	static const char root[] = "/var/lib/cobbler/scripts";
	char *written = xasprintf("%s/%s", root, script);
	char *path = path_of(written);
	struct item *distro = resolve_distro(r->c->model, it);
	struct value *vars = boot_blend(r, it);
	int rc;
	boot_promote(vars, "autoinstall_meta");
	v_dict_del(vars, "autoinstall_meta");
	const char *media = distro != NULL ? item_name(distro) : item_str(it, "image");
	v_dict_set(vars, "img_path", img_path(r, it, media));
	if (str_eq(script, ".") || str_eq(script, ".."))
		rc = missing(out, e, "# script template \"%s\" could not be found in the script root", script);
	else if (!file_exists(path))
		rc = missing(out, e, "# script template \"%s\" not found", script);
	else
		rc = boot_render_file(r, path, vars, out, e);
	v_unref(vars);
	item_unref(distro);
	free(path);
	free(written);
	return rc;
}

int boot_script(
	struct core *c, enum item_type type, const char *name, const char *script, struct strbuf *out, struct err *e)
{
	struct boot_run r;
	if (!is_script_name(script))
		return err_py(e, CB_EINVAL, PY_VALUE, "\"name\" handed to generate_script was not valid!");
	struct item *it = model_get(c->model, type, name);
	if (it == NULL)
		return missing(out, e, "# \"%s\" named \"%s\" not found", type_name(type), name);
	boot_begin(&r, c);
	int rc = script_of(&r, it, script, out, e);
	boot_end(&r);
	item_unref(it);
	return rc;
}

/* ---- template files, yum ---- */

int boot_template_file(
	struct core *c, enum item_type type, const char *name, const char *path, struct strbuf *out, struct err *e)
{
	struct boot_run r;
	struct value *all = NULL;
	struct item *it = model_get(c->model, type, name);
	if (it == NULL)
		return missing(out, e, "# object not found: %s", name);
	boot_begin(&r, c);
	int rc = boot_templates(&r, it, path, &all, e);
	boot_end(&r);
	item_unref(it);
	if (rc != CB_OK)
		return rc;
	const struct value *text = v_dict_get(all, path);
	if (text != NULL)
		sb_add(out, v_cstr(text), v_len(text));
	else
		rc = missing(out, e, "# template path not found for specified %s", type_name(type));
	v_unref(all);
	return rc;
}

/* One repository file; shown: the path in Cobbler's message. */
static int add_repo_file(struct boot_run *r, const char *path, const char *shown, const struct value *vars,
	struct strbuf *out, struct err *e)
{
	char *real = path_of(path);
	int rc = CB_OK;
	if (!file_exists(real)) {
		sb_addf(out, "\n# error: could not read repo source: %s\n\n", shown);
	} else {
		rc = boot_render_file(r, real, vars, out, e);
		sb_adds(out, "\n\n");
	}
	free(real);
	return rc;
}

/* What follows the fourth slash of a URL: http://SERVER/cobbler/REST. */
static const char *after_four(const char *url)
{
	for (int i = 0; i < 4; i++) {
		url = strchr(url, '/');
		if (url == NULL)
			return "";
		url++;
	}
	return url;
}

static int repo_config(struct boot_run *r, const struct value *vars, struct strbuf *out, struct err *e)
{
	const char *webdir = v_dict_cstr(r->settings, "webdir", "/var/www/cobbler");
	const struct value *sources = v_dict_get(vars, "source_repos"), *repos = v_dict_get(vars, "repos");
	/* compat: a system with an image has no distro to take them from */
	if (sources == NULL)
		return err_py(e, CB_ENOENT, PY_KEY, "source_repos");
	struct value *seen = v_dict();
	int rc = CB_OK;
	for (size_t i = 0; rc == CB_OK && v_is(sources, V_LIST) && i < v_len(sources); i++) {
		const struct value *pair = v_list_at(sources, i);
		const char *rest = after_four(v_cstr(v_is(pair, V_LIST) ? v_list_at(pair, 0) : pair));
		char *path = xasprintf("%s/%s", webdir, rest), *shown = xasprintf("/%s", rest);
		if (v_dict_get(seen, shown) == NULL && strstr(path, "..") == NULL)
			rc = add_repo_file(r, path, shown, vars, out, e);
		v_dict_set(seen, shown, v_bool(true));
		free(path);
		free(shown);
	}
	for (size_t i = 0; rc == CB_OK && v_is(repos, V_LIST) && i < v_len(repos); i++) {
		char *path = xasprintf("%s/repo_mirror/%s/config.repo", webdir, v_cstr(v_list_at(repos, i)));
		if (v_dict_get(seen, path) == NULL && strstr(path, "..") == NULL)
			rc = add_repo_file(r, path, path, vars, out, e);
		v_dict_set(seen, path, v_bool(true));
		free(path);
	}
	v_unref(seen);
	return rc;
}

int boot_repo_config(struct core *c, enum item_type type, const char *name, struct strbuf *out, struct err *e)
{
	struct boot_run r;
	struct item *it = model_get(c->model, type, name);
	if (it == NULL)
		return missing(out, e, "# object not found: %s", name);
	boot_begin(&r, c);
	struct value *vars = resolve_blend(c->model, r.settings, it, false);
	int rc = repo_config(&r, vars, out, e);
	v_unref(vars);
	boot_end(&r);
	item_unref(it);
	return rc;
}
