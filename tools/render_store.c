/* SPDX-License-Identifier: GPL-2.0-or-later
 * render_store.c - renders the answer file of a stored item as the daemon does, and says where its parts come from.
 */
#include "tools/render_store.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "boot/boot.h"
#include "value/json.h"

struct look {
	struct core core;
	struct item *item;
	struct value *settings;
	unsigned findings;
};

/* -- which object a variable comes from -- */

/* The name that a placeholder or expression begins with: "$getVar('x')" and "SNIPPET('x')" ask for x, "x.y" for x. Empty: none. */
static void first_name(const char *source, char out[128])
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	const char *p = source + strcspn(source, word);
	size_t n = strspn(p, word);
	if ((n == 6 && strncmp(p, "getVar", n) == 0) || (n == 9 && strncmp(p, "varExists", n) == 0)) {
		p += n + strcspn(p + n, word);
		n = strspn(p, word);
	}
	snprintf(out, 128, "%.*s", (int)(n < 127 ? n : 127), p);
}

static bool says(const struct value *v)
{
	return v != NULL && !v_str_is(v, "<<inherit>>") && !(v_is(v, V_DICT) && v_len(v) == 0) && !(v_is(v, V_STR) && v_len(v) == 0);
}

/* "mac_address_eth0": the interface's name is behind the field's. */
static bool of_interface(const struct item *it, const char *name)
{
	const struct value *ifs = item_type(it) == ITEM_SYSTEM ? item_interfaces(it) : NULL;
	for (size_t i = 0; ifs != NULL && i < v_len(ifs); i++)
		if (str_ends(name, v_dict_key(ifs, i)))
			return true;
	return ifs != NULL && str_eq(name, "interfaces");
}

static void origin(struct look *l, const char *name, struct strbuf *b)
{
	struct item *it = item_ref(l->item);
	for (unsigned depth = 0; it != NULL && depth < 50; depth++) {
		const char *kind = item_table(item_type(it))->name;
		bool meta = v_dict_get(item_get(it, "autoinstall_meta"), name) != NULL;
		if (meta || says(item_get(it, name)) || of_interface(it, name)) {
			sb_addf(b, "%s%s %s%s", b->len > 0 ? ", " : "", kind, item_name(it), meta ? " autoinstall_meta" : "");
			if (!v_is(item_get(it, name), V_DICT) || meta)
				break;                    /* dicts go on: they are merged */
		}
		struct item *up = model_parent(l->core.model, it);
		item_unref(it);
		it = up;
	}
	item_unref(it);
	if (b->len == 0)
		sb_adds(b, *name == '\0' ? "-" : v_dict_get(l->settings, name) != NULL ? "settings" : "-");
}

static void show_piece(void *ctx, const char *text, size_t n, const char *chain, const char *source)
{
	struct look *l = ctx;
	struct strbuf b = { 0 }, from = { 0 };
	struct value *v = v_strn(text, n > 60 ? 60 : n);
	char name[128];
	first_name(source, name);
	origin(l, name, &from);
	json_write(&b, v, JSON_COMPACT);
	printf("%s\t%s\t%s\t%s\n", chain, sb_str(&from), source, sb_str(&b));
	sb_free(&from);
	sb_free(&b);
	v_unref(v);
}

static void show_missing(void *ctx, const char *where, const char *placeholder)
{
	((struct look *)ctx)->findings++;
	printf("%s: %s is not defined: it is printed as written\n", where, placeholder);
}

static void show_finding(void *ctx, const char *where, const char *text)
{
	((struct look *)ctx)->findings++;
	printf("%s: %s\n", where, text);
}

static int look(struct look *l, const struct render_store *a, struct err *e)
{
	struct render_watch w = { .ctx = l };
	struct strbuf out = { 0 };
	l->item = model_get(l->core.model, a->type, a->name);
	if (l->item == NULL)
		return err_set(e, CB_ENOENT, "there is no %s \"%s\" in %s/var/lib/cobbler/collections", item_table(a->type)->name, a->name,
			path_root());
	if (a->trace)
		w.piece = show_piece;
	if (a->lint) {
		w.missing = show_missing;
		w.finding = show_finding;
	}
	renderer_watch(l->core.renderer, &w);
	int rc = boot_autoinstall_from(&l->core, a->type, a->name, a->file, &out, e);
	renderer_watch(l->core.renderer, NULL);
	if (rc == CB_OK && !a->trace && !a->lint)
		fwrite(sb_str(&out), 1, out.len, stdout);
	sb_free(&out);
	return rc;
}

int render_store(const struct render_store *a)
{
	struct look l = { .findings = 0 };
	struct err e = { 0 };
	path_set_root(a->root);
	log_init("render", LOG_LVL_WARN);
	int rc = core_look(&l.core, &e);
	if (rc == CB_OK) {
		l.settings = settings_snapshot(l.core.settings);
		rc = look(&l, a, &e);
		item_unref(l.item);
		v_unref(l.settings);
		core_close(&l.core);
	}
	if (rc != CB_OK)
		fprintf(stderr, "%s\n", e.text);
	return rc != CB_OK || l.findings > 0 ? 1 : 0;
}
