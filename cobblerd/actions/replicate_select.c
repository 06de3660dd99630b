/* SPDX-License-Identifier: GPL-2.0-or-later
 * replicate_select.c - which objects of the other server are wanted: those that match the patterns, and what they need in turn.
 */
#include <fnmatch.h>
#include <string.h>

#include "actions/replicate.h"

/* Marks an object by name; true when it was not marked before. */
static bool want(struct remote *r, enum item_type t, const char *name)
{
	struct theirs *all = &r->types[t];
	size_t at = (size_t)(uintptr_t)map_get(&all->by_name, name);
	if (at == 0 || all->wanted[at - 1])
		return false;
	all->wanted[at - 1] = true;
	return true;
}

/* What a wanted object names. Menus are no option of 3.3.7's, but a profile that names one could not be stored without it. */
static bool want_needs(struct remote *r, const struct item *it)
{
	static const struct { enum item_type from; const char *field; enum item_type to; } needs[] = {
		{ ITEM_SYSTEM, "profile", ITEM_PROFILE }, { ITEM_SYSTEM, "image", ITEM_IMAGE }, { ITEM_PROFILE, "parent", ITEM_PROFILE },
		{ ITEM_PROFILE, "distro", ITEM_DISTRO }, { ITEM_PROFILE, "repos", ITEM_REPO }, { ITEM_PROFILE, "menu", ITEM_MENU },
		{ ITEM_IMAGE, "menu", ITEM_MENU }, { ITEM_MENU, "parent", ITEM_MENU },
	};
	bool more = false;
	for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
		const struct value *v = needs[i].from == item_type(it) ? item_get(it, needs[i].field) : NULL;
		if (v_is(v, V_STR))
			more |= want(r, needs[i].to, v_cstr(v));
		for (size_t k = 0; v_is(v, V_LIST) && k < v_len(v); k++)
			more |= want(r, needs[i].to, v_cstr(v_list_at(v, k)));
	}
	return more;
}

static void want_matching(struct remote *r, enum item_type t, const char *patterns)
{
	char *copy CLEANUP(free_ptr) = xstrdup(patterns), *save = NULL;
	struct theirs *all = &r->types[t];
	for (char *p = strtok_r(copy, " \t\r\n", &save); p != NULL; p = strtok_r(NULL, " \t\r\n", &save))
		for (size_t i = 0; i < all->n; i++)
			if (fnmatch(p, item_name(all->v[i]), FNM_NOESCAPE) == 0)
				all->wanted[i] = true;
}

void remote_select(struct remote *r, const struct value *options)
{
	bool everything = v_dict_bool(options, "sync_all", false);
	for (int t = 0; t < ITEM_TYPES; t++) {
		char *key CLEANUP(free_ptr) = xasprintf("%s_patterns", item_table((enum item_type)t)->name);
		for (size_t i = 0; everything && i < r->types[t].n; i++)
			r->types[t].wanted[i] = true;
		if (!everything)
			want_matching(r, (enum item_type)t, v_dict_cstr(options, key, ""));
	}
	for (bool more = true; more; ) {
		more = false;
		for (int t = 0; t < ITEM_TYPES; t++)
			for (size_t i = 0; i < r->types[t].n; i++)
				if (r->types[t].wanted[i])
					more |= want_needs(r, r->types[t].v[i]);
	}
}
