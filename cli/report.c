/* SPDX-License-Identifier: GPL-2.0-or-later
 * report.c - one item as "Label : value" lines.
 * compat: to_string_from_fields of cli.py (3.3.7): the name first, then fields sorted by attribute, values as Python
 * prints them.
 */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	const struct field *const *x = a, *const *y = b;
	return strcmp((*x)->name, (*y)->name);
}

static void line(struct strbuf *out, const char *label, const struct value *v)
{
	sb_addf(out, "%-30s : ", label);
	if (v)
		v_py_str(out, v);
	sb_addc(out, '\n');
}

static void lines_of(enum item_type t, const struct value *dict, struct strbuf *out)
{
	const struct item_table *table = item_table(t);
	const struct field **rows = xcalloc(table->n, sizeof(*rows));
	size_t n = 0;
	for (size_t i = 0; i < table->n; i++) {
		if (table->rows[i].flags & FF_CLI && !str_eq(table->rows[i].name, "name"))
			rows[n++] = &table->rows[i];
	}
	qsort(rows, n, sizeof(*rows), by_name);
	for (size_t i = 0; i < n; i++) {
		char *label CLEANUP(free_ptr) = label_of(t, rows[i]->name);
		line(out, label, v_dict_get(dict, rows[i]->name));
	}
	free_ptr(&rows);
}

void report_item(int item, const struct value *dict, struct strbuf *out)
{
	line(out, "Name", v_dict_get(dict, "name"));
	lines_of((enum item_type)item, dict, out);
	const struct value *interfaces = v_dict_get(dict, "interfaces");
	if (item != ITEM_SYSTEM || !v_is(interfaces, V_DICT))
		return;
	for (size_t i = 0; i < v_len(interfaces); i++) {
		sb_addf(out, "%-30s : %s\n", "Interface ===== ", v_dict_key(interfaces, i));
		lines_of(ITEM_INTERFACE, v_dict_at(interfaces, i), out);
	}
}
