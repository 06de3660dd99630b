/* SPDX-License-Identifier: GPL-2.0-or-later
 * menu.c - boot menus: menus in menus, profiles and images in each, for pxelinux, GRUB and iPXE.
 *
 * compat: TFTPGen.get_menu_level. The odd places of line ends are those of the files that sites have.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "boot/internal.h"

const char *const boot_archs[] = {
	"i386", "x86_64", "ia64", "ppc", "ppc64", "ppc64le", "ppc64el", "s390", "s390x", "arm", "aarch64", NULL};

#define MENU_DEPTH 16

/* A profile or image that may stand in a menu, with its text for each loader. */
struct choice {
	struct item *it;
	char *menu;
	char *arch;
	bool wants[LOADERS];
	struct strbuf text[LOADERS];
};

struct builder {
	struct boot_run *r;
	struct choice *choices;          /* profiles by name, then images by name */
	size_t n, cap;
	struct item_list menus;          /* by name */
};

static int by_name(const void *a, const void *b)
{
	const struct item *const *x = a, *const *y = b;
	return strcmp(item_name(*x), item_name(*y));
}

/* Text of a field with inheritance; owned. */
static char *resolved_text(struct boot_run *r, const struct item *it, const char *field)
{
	if (!str_eq(item_str(it, field), "<<inherit>>"))
		return xstrdup(item_str(it, field));
	struct value *v = resolve_field(r->c->model, r->settings, it, field);
	char *s = xstrdup(v_cstr(v));
	v_unref(v);
	return s;
}

static bool resolved_bool(struct boot_run *r, const struct item *it, const char *field)
{
	struct value *v = resolve_field(r->c->model, r->settings, it, field);
	bool b = v_truthy(v);
	v_unref(v);
	return b;
}

/* One profile that cannot be rendered must not take the menu of all others away: it is left out, with a line in the
 * log. */
static void add_choice(struct builder *b, const struct item *it)
{
	struct boot_target t;
	struct choice ch = { 0 };
	struct err e;
	if (item_type(it) == ITEM_PROFILE && !resolved_bool(b->r, it, "enable_menu"))
		return;
	if (item_type(it) == ITEM_IMAGE) {
		b->r->varies = true;             /* its file may come and go */
		if (access(item_str(it, "file"), F_OK) != 0)
			return;
	}
	if (boot_target_init(b->r, it, &t, &e) != CB_OK) {
		b->r->varies = true;
		log_warn("boot", "%s is not in the menu: %s", item_name(it), e.text);
		return;
	}
	for (int l = 0; l < LOADERS; l++) {
		if (boot_entry(b->r, &t, (enum loader)l, "", &ch.text[l], &e) != CB_OK) {
			log_warn("boot", "%s is not in the %s menu: %s", item_name(it), loader_names[l], e.text);
			b->r->varies = true;
			sb_truncate(&ch.text[l], 0);
		}
		ch.wants[l] = ch.text[l].len > 0;
	}
	ch.it = item_ref(it);
	ch.menu = resolved_text(b->r, it, "menu");
	ch.arch = xstrdup(t.arch);
	boot_target_clear(&t);
	if (b->n == b->cap)
		b->choices = xreallocarray(b->choices, b->cap = b->cap * 2 + 16, sizeof(ch));
	b->choices[b->n++] = ch;
}

static void builder_init(struct builder *b, struct boot_run *r)
{
	static const enum item_type types[] = { ITEM_PROFILE, ITEM_IMAGE };
	*b = (struct builder){ .r = r, .menus = model_items(r->c->model, ITEM_MENU) };
	if (b->menus.n > 0)
		qsort(b->menus.v, b->menus.n, sizeof(b->menus.v[0]), by_name);
	for (size_t k = 0; k < ARRAY_LEN(types); k++) {
		struct item_list l = model_items(r->c->model, types[k]);
		if (l.n > 0)
			qsort(l.v, l.n, sizeof(l.v[0]), by_name);
		for (size_t i = 0; i < l.n; i++)
			add_choice(b, l.v[i]);
		item_list_free(&l);
	}
}

static void builder_clear(struct builder *b)
{
	for (size_t i = 0; i < b->n; i++) {
		item_unref(b->choices[i].it);
		free(b->choices[i].menu);
		free(b->choices[i].arch);
		for (int l = 0; l < LOADERS; l++)
			sb_free(&b->choices[i].text[l]);
	}
	free(b->choices);
	item_list_free(&b->menus);
}

void boot_menu_clear(struct boot_menu *m)
{
	for (int l = 0; l < LOADERS; l++)
		sb_free(&m->text[l]);
	v_unref(m->ipxe_labels);
	*m = (struct boot_menu){ 0 };
}

static struct value *label_of(const struct item *menu, enum loader l)
{
	struct strbuf b = { 0 };
	const char *display = item_str(menu, "display_name");
	loader_label(&b, l, *display != '\0' ? display : item_name(menu));
	struct value *v = v_str(sb_str(&b));
	sb_free(&b);
	return v;
}

/* Takes display. */
static void add_label(struct boot_menu *m, const char *name, struct value *display)
{
	struct value *d = v_dict();
	v_dict_set(d, "name", v_str(name));
	v_dict_set(d, "display_name", display);
	v_list_push(m->ipxe_labels, d);
}

static void chop(struct boot_menu *m)
{
	for (int l = 0; l < LOADERS; l++)
		if (m->text[l].len > 0)
			sb_truncate(&m->text[l], m->text[l].len - 1);
}

static int build_level(struct builder *b, const struct item *menu, const char *arch, int depth, struct boot_menu *out,
	struct err *e);

/* The menus inside this one. */
static int build_nested(struct builder *b, const struct item *menu, const char *arch, int depth,
	struct boot_menu *nested, struct err *e)
{
	const char *name = menu != NULL ? item_name(menu) : "";
	int rc = CB_OK;
	for (size_t i = 0; i < b->menus.n && rc == CB_OK; i++) {
		const struct item *child = b->menus.v[i];
		struct boot_menu sub = { 0 };
		if (!str_eq(item_str(child, "parent"), name))
			continue;
		rc = build_level(b, child, arch, depth + 1, &sub, e);
		for (int l = 0; l < LOADERS && rc == CB_OK; l++) {
			nested->has[l] = nested->has[l] || sub.has[l];
			sb_add(&nested->text[l], sb_str(&sub.text[l]), sub.text[l].len);
		}
		if (sub.has[LOADER_IPXE])
			add_label(nested, item_name(child), label_of(child, LOADER_IPXE));
		boot_menu_clear(&sub);
	}
	chop(nested);
	return rc;
}

/* Profiles and images directly in this menu; their labels follow those of the menus in it. */
static void build_own(
	struct builder *b, const struct item *menu, const char *arch, struct boot_menu *own, struct boot_menu *labels)
{
	const char *name = menu != NULL ? item_name(menu) : "";
	for (size_t i = 0; i < b->n; i++) {
		const struct choice *ch = &b->choices[i];
		if (!str_eq(ch->menu, name) || (arch != NULL && !str_eq(ch->arch, arch)))
			continue;
		for (int l = 0; l < LOADERS; l++) {
			if (!ch->wants[l])
				continue;
			own->has[l] = true;
			sb_add(&own->text[l], sb_str(&ch->text[l]), ch->text[l].len);
			if (l == LOADER_IPXE) {
				sb_addc(&own->text[l], '\n');
				add_label(labels, item_name(ch->it), v_str(item_name(ch->it)));
			}
		}
	}
	chop(own);
}

/* A tab before every line that is not empty. */
static void indent(struct strbuf *b)
{
	struct strbuf r = { 0 };
	const char *s = sb_str(b);
	for (size_t i = 0; i < b->len; i++) {
		if ((i == 0 || s[i - 1] == '\n') && s[i] != '\n')
			sb_addc(&r, '\t');
		sb_addc(&r, s[i]);
	}
	sb_truncate(b, 0);
	sb_add(b, sb_str(&r), r.len);
	sb_free(&r);
}

static void join(
	enum loader l, bool top, const struct boot_menu *nested, const struct boot_menu *own, struct strbuf *out)
{
	const struct boot_menu *first = nested, *second = own;
	if (l == LOADER_IPXE && !top) {
		first = own;
		second = nested;
	}
	if (first->has[l])
		sb_add(out, sb_str(&first->text[l]), first->text[l].len);
	if (second->has[l]) {
		if (top)
			sb_addc(out, '\n');
		sb_add(out, sb_str(&second->text[l]), second->text[l].len);
	}
	if (!top && l != LOADER_IPXE)
		indent(out);
}

static int wrap_submenu(struct builder *b, const struct item *menu, enum loader l, const struct boot_menu *labels,
	struct strbuf *text, struct err *e)
{
	static const char *const templates[LOADERS] = {
		"grub_submenu.template", "pxe_submenu.template", "ipxe_submenu.template"};
	struct item *parent = NULL;
	for (size_t i = 0; i < b->menus.n; i++)
		if (str_eq(item_name(b->menus.v[i]), item_str(menu, "parent")))
			parent = b->menus.v[i];
	struct value *vars = v_dict();
	v_dict_set(vars, "menu_name", v_str(item_name(menu)));
	v_dict_set(vars, "menu_label", label_of(menu, l));
	v_dict_set(vars, "parent_menu_name", v_str(parent != NULL ? item_name(parent) : "Cobbler"));
	v_dict_set(vars, "parent_menu_label", parent != NULL ? label_of(parent, l) : v_str("Cobbler"));
	v_dict_set(vars, "menu_items", v_strn(sb_str(text), text->len));
	v_dict_set(vars, "menu_labels", l == LOADER_IPXE ? v_copy(labels->ipxe_labels) : v_dict());
	struct strbuf out = { 0 };
	int rc = boot_render_conf(b->r, templates[l], vars, &out, e);
	if (rc == CB_OK) {
		sb_truncate(text, 0);
		sb_add(text, sb_str(&out), out.len);
		if (l == LOADER_IPXE)
			sb_addc(text, '\n');
	} else if (rc == CB_ENOENT) {
		rc = CB_OK;              /* a site without this template has flat menus */
	}
	sb_free(&out);
	v_unref(vars);
	return rc;
}

static int build_level(struct builder *b, const struct item *menu, const char *arch, int depth, struct boot_menu *out,
	struct err *e)
{
	struct boot_menu nested = { .ipxe_labels = v_list() }, own = { 0 };
	out->ipxe_labels = v_list();
	int rc = depth > MENU_DEPTH ? err_set(e, CB_ELIMIT, "menus are nested more than %d deep", MENU_DEPTH)
				    : build_nested(b, menu, arch, depth, &nested, e);
	if (rc == CB_OK)
		build_own(b, menu, arch, &own, &nested);
	for (int l = 0; l < LOADERS && rc == CB_OK; l++) {
		out->has[l] = nested.has[l] || own.has[l];
		if (!out->has[l])
			continue;
		join((enum loader)l, menu == NULL, &nested, &own, &out->text[l]);
		if (menu != NULL)
			rc = wrap_submenu(b, menu, (enum loader)l, &nested, &out->text[l], e);
	}
	v_unref(out->ipxe_labels);
	out->ipxe_labels = v_ref(nested.ipxe_labels);
	boot_menu_clear(&nested);
	boot_menu_clear(&own);
	return rc;
}

int boot_build_menus(struct boot_run *r, const char *const *archs, struct boot_menu *ret, struct err *e)
{
	struct builder b;
	int rc = CB_OK;
	builder_init(&b, r);
	for (size_t i = 0; archs[i] != NULL && rc == CB_OK; i++)
		rc = build_level(&b, NULL, *archs[i] != '\0' ? archs[i] : NULL, 0, &ret[i], e);
	builder_clear(&b);
	return rc;
}

int boot_menu_file(struct boot_run *r, enum loader l, const struct boot_menu *all, struct strbuf *out, struct err *e)
{
	struct item *dflt = model_get(r->c->model, ITEM_SYSTEM, "default");
	struct value *vars = v_dict();
	v_dict_set(vars, "menu_items", v_strn(sb_str(&all->text[l]), all->text[l].len));
	v_dict_set(vars, "menu_labels", l == LOADER_IPXE && all->has[l] ? v_copy(all->ipxe_labels) : v_dict());
	v_dict_set(vars, "pxe_timeout_profile", v_str(dflt != NULL ? item_str(dflt, "profile") : "local"));
	int rc = boot_render_conf(r, l == LOADER_IPXE ? "ipxe_menu.template" : "pxe_menu.template", vars, out, e);
	v_unref(vars);
	item_unref(dflt);
	return rc;
}
