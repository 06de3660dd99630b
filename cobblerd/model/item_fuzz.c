/* SPDX-License-Identifier: GPL-2.0-or-later
 * item_fuzz.c - an item file of the type that the first byte names, then the same text as what a client sets, then as a search. What
 * loads must be stored and loaded again without a change.
 */
#include <stdlib.h>
#include <string.h>

#include "model/resolve.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static char *disk_text(const struct item *it)
{
	struct strbuf b = { 0 };
	struct value *d = item_to_disk(it);
	json_write(&b, d, JSON_ASCII);
	v_unref(d);
	return sb_take(&b);
}

static void store_again(const struct item *it)
{
	struct value *v;
	struct item *again;
	struct err e;
	char *first = disk_text(it);
	if (json_parse(first, strlen(first), &v, &e) != CB_OK || item_from_disk(item_type(it), v, &again, &e) != CB_OK)
		abort();
	char *second = disk_text(again);
	if (!str_eq(first, second))
		abort();
	free(first);
	free(second);
	item_unref(again);
	v_unref(v);
}

/* Takes it: in a model of its own, looked at in every way. */
static void use(struct item *it, const struct value *criteria)
{
	struct model *m = model_new();
	struct value *settings = v_dict();
	struct item_list found = { 0 };
	struct err e;
	if (model_check(m, settings, it, NULL, &e) == CB_OK)
		v_unref(v_copy(settings));
	model_publish(m, item_ref(it), NULL);
	v_unref(resolve_dict(m, settings, it));
	v_unref(resolve_blend(m, settings, it, true));
	if (model_find(m, item_type(it), criteria, &found, &e) == CB_OK)
		item_list_free(&found);
	model_remove(m, it);
	item_unref(it);
	v_unref(settings);
	model_free(m);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct value *v;
	struct item *it;
	struct err e;
	if (size == 0)
		return 0;
	enum item_type t = (enum item_type)(data[0] % ITEM_TYPES);
	if (json_parse((const char *)data + 1, size - 1, &v, &e) != CB_OK)
		return 0;
	if (item_from_disk(t, v, &it, &e) == CB_OK) {
		store_again(it);
		use(it, v);
	}
	it = item_new(t);
	item_put(it, "name", v_str("x"));
	for (size_t i = 0; v_is(v, V_DICT) && i < v_len(v); i++) {
		int rc = item_set(it, v_dict_key(v, i), v_dict_at(v, i), &e);
		if (rc == CB_OK && t == ITEM_SYSTEM && i % 2 != 0)
			rc = item_set_interface(it, "eth0", v_dict_key(v, i), v_dict_at(v, i), &e);
		if (rc != CB_OK && *e.text == '\0')
			abort();
	}
	if (*item_name(it) != '\0')
		store_again(it);
	item_unref(it);
	v_unref(v);
	return 0;
}
