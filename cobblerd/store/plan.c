/* SPDX-License-Identifier: GPL-2.0-or-later
 * plan.c - what loading the store would make of items that earlier releases wrote: which fields go, come and change.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/file.h"
#include "store/store_private.h"
#include "value/json.h"

static void add_names(struct strbuf *out, const char *verb, struct strbuf *names)
{
	if (names->len > 0)
		sb_addf(out, "%s%s %s", out->len > 0 ? "; " : "", verb, sb_str(names));
	sb_free(names);
}

static void add_name(struct strbuf *names, const char *key)
{
	sb_addf(names, "%s%s", names->len > 0 ? ", " : "", key);
}

/* "loses a, b; gets c; changes d", "" when nothing differs. */
static void compare(const struct value *stored, const struct value *now, struct strbuf *out)
{
	struct strbuf gone = { 0 }, come = { 0 }, other = { 0 };
	for (size_t i = 0; i < v_len(stored); i++) {
		const struct value *v = v_dict_get(now, v_dict_key(stored, i));
		if (v == NULL)
			add_name(&gone, v_dict_key(stored, i));
		else if (!v_equal(v, v_dict_at(stored, i)))
			add_name(&other, v_dict_key(stored, i));
	}
	for (size_t i = 0; i < v_len(now); i++)
		if (v_dict_get(stored, v_dict_key(now, i)) == NULL)
			add_name(&come, v_dict_key(now, i));
	add_names(out, "loses", &gone);
	add_names(out, "gets", &come);
	add_names(out, "changes", &other);
}

static void plan_file(int dir, enum item_type t, const char *label, const char *file, struct value *plan)
{
	struct strbuf b CLEANUP(sb_free) = { 0 }, what CLEANUP(sb_free) = { 0 };
	struct value *stored CLEANUP(v_unrefp) = NULL, *now CLEANUP(v_unrefp) = NULL;
	CLEANUP(item_unrefp) struct item *it = NULL;
	struct err e;
	int rc = file_read(dir, file, ITEM_FILE_MAX, &b, &e);
	if (rc == CB_OK)
		rc = json_parse(sb_str(&b), b.len, &stored, &e);
	if (rc == CB_OK)
		rc = item_from_disk(t, stored, &it, &e);
	if (rc != CB_OK) {
		v_list_push(plan, v_strf("%s/%s cannot be loaded and would be set aside: %s", label, file, e.text));
		return;
	}
	now = item_to_disk(it);
	compare(stored, now, &what);
	if (what.len > 0)
		v_list_push(plan, v_strf("%s/%s %s", label, file, sb_str(&what)));
}

static int is_item_file(const struct dirent *de)
{
	return de->d_name[0] != '.' && str_ends(de->d_name, ".json");
}

/* folder: "collections/systems" or "config/systems.d", below /var/lib/cobbler. Returns the number of items. */
static int plan_folder(enum item_type t, const char *folder, struct value *plan)
{
	struct dirent **names;
	char *path CLEANUP(free_ptr) = xasprintf("%s/var/lib/cobbler/%s", path_root(), folder);
	int n = scandir(path, &names, is_item_file, alphasort);
	CLEANUP(close_fd) int dir = n > 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	for (int i = 0; i < n; i++) {
		plan_file(dir, t, folder, names[i]->d_name, plan);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return n > 0 ? n : 0;
}

int store_plan(struct value *plan, struct err *e)
{
	int here = 0;
	char *lib CLEANUP(free_ptr) = path_of("/var/lib/cobbler");
	CLEANUP(close_fd) int fd = open(lib, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT ? CB_OK : err_sys(e, "%s", lib);
	for (size_t t = 0; t < ITEM_TYPES; t++) {
		char *folder CLEANUP(free_ptr) = xasprintf("collections/%s", item_tables[t]->plural);
		here += plan_folder((enum item_type)t, folder, plan);
	}
	if (!store_has_old_layout(here == 0))
		return CB_OK;
	for (size_t t = 0; t < ITEM_TYPES; t++) {
		char *folder CLEANUP(free_ptr) = xasprintf("config/%s.d", item_tables[t]->plural);
		int n = plan_folder((enum item_type)t, folder, plan);
		if (n > 0)
			v_list_push(plan, v_strf("%s: %d items are copied to collections/%s; the files stay as they are", folder, n,
				item_tables[t]->plural));
	}
	return CB_OK;
}
