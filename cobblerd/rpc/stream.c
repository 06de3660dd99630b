/* SPDX-License-Identifier: GPL-2.0-or-later
 * stream.c - lists of items straight from the model into the answer. Most fields of most items have their default value: those
 * are written from text that was made once.
 */
#include <stdlib.h>
#include <string.h>

#include "rpc/internal.h"
#include "wire/xmlrpc.h"

/* One field: "<member>\n<name>x</name>\n", the default and how it is written, whole. */
struct cell { char *head; size_t head_n; const struct value *dflt; char *whole; size_t whole_n; };

static struct cell *cells[ITEM_TYPES + 1];    /* the last: interfaces, in the order of their table */
static struct item *blank[ITEM_TYPES];       /* holds the defaults */
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* As item_answer leaves out. */
static bool shown(const struct field *f)
{
	return !(f->flags & (FF_NOWIRE | FF_NODISK));
}

static const char member_tail[] = "</member>\n";

static void make_cell(struct cell *c, const char *name, const struct value *dflt)
{
	struct strbuf b = { 0 };
	struct err e;
	sb_addf(&b, "<member>\n<name>%s</name>\n", name);
	c->head_n = b.len;
	c->head = xstrndup(b.p, b.len);
	if (dflt != NULL && xmlrpc_write_value(&b, dflt, true, &e) == CB_OK) {
		sb_add(&b, member_tail, sizeof(member_tail) - 1);
		c->dflt = dflt;
		c->whole_n = b.len;
		c->whole = sb_take(&b);
	} else {
		sb_free(&b);
	}
}

static void build(void)
{
	struct err e;
	const struct value *iface = NULL;
	for (int t = 0; t < ITEM_TYPES; t++) {
		const struct item_table *tab = item_table((enum item_type)t);
		blank[t] = item_new((enum item_type)t);
		cells[t] = xcalloc(tab->n, sizeof(*cells[t]));
		for (size_t i = 0; i < tab->n; i++)
			make_cell(&cells[t][i], tab->rows[i].name, item_at(blank[t], i));
	}
	/* An interface of a system that nobody sees has the defaults of all. */
	if (item_set_interface(blank[ITEM_SYSTEM], "x", "mtu", item_get(blank[ITEM_SYSTEM], "gateway"), &e) == CB_OK)
		iface = v_dict_get(item_interfaces(blank[ITEM_SYSTEM]), "x");
	cells[ITEM_INTERFACE] = xcalloc(network_interface_table.n, sizeof(struct cell));
	for (size_t i = 0; i < network_interface_table.n; i++)
		make_cell(&cells[ITEM_INTERFACE][i], network_interface_table.rows[i].name, v_dict_get(iface, network_interface_table.rows[i].name));
}

__attribute__((destructor)) static void free_cells(void)
{
	for (int t = 0; t <= ITEM_TYPES; t++) {
		for (size_t i = 0; cells[t] != NULL && i < item_table((enum item_type)t)->n; i++) {
			free(cells[t][i].head);
			free(cells[t][i].whole);
		}
		free(cells[t]);
		if (t < ITEM_TYPES)
			item_unref(blank[t]);
	}
}

/* One field by its cell; v is not the default. */
static int write_member(struct strbuf *out, const struct cell *c, const struct value *v, struct err *e)
{
	sb_add(out, c->head, c->head_n);
	int rc = xmlrpc_write_value(out, v, true, e);
	sb_add(out, member_tail, sizeof(member_tail) - 1);
	return rc;
}

/* The fields of an interface stand in the order of their table, until someone put in one that it does not know. */
static bool as_table(const struct value *iface)
{
	if (!v_is(iface, V_DICT) || v_len(iface) != network_interface_table.n)
		return false;
	for (size_t i = 0; i < network_interface_table.n; i++)
		if (!str_eq(v_dict_key(iface, i), network_interface_table.rows[i].name))
			return false;
	return true;
}

static int write_interfaces(struct strbuf *out, const struct value *all, struct err *e)
{
	const struct cell *row = cells[ITEM_INTERFACE];
	int rc = CB_OK;
	sb_adds(out, "<member>\n<name>interfaces</name>\n<value><struct>\n");
	for (size_t i = 0; i < v_len(all) && rc == CB_OK; i++) {
		const struct value *iface = v_dict_at(all, i);
		const char *name = v_dict_key(all, i);
		sb_adds(out, "<member>\n<name>");
		xmlrpc_write_text(out, name, strlen(name));
		sb_adds(out, "</name>\n");
		if (!as_table(iface)) {
			rc = xmlrpc_write_value(out, iface, true, e);
		} else {
			sb_adds(out, "<value><struct>\n");
			for (size_t k = 0; k < network_interface_table.n && rc == CB_OK; k++) {
				const struct value *v = v_dict_at(iface, k);
				if (v == row[k].dflt && row[k].whole != NULL)
					sb_add(out, row[k].whole, row[k].whole_n);
				else
					rc = write_member(out, &row[k], v, e);
			}
			sb_adds(out, "</struct></value>\n");
		}
		sb_add(out, member_tail, sizeof(member_tail) - 1);
	}
	sb_adds(out, "</struct></value>\n</member>\n");
	return rc;
}

static int write_item(struct strbuf *out, struct call *c, const struct item *it, struct err *e)
{
	const struct item_table *tab = item_table(item_type(it));
	const struct cell *row = cells[item_type(it)];
	int rc = CB_OK;
	sb_adds(out, "<value><struct>\n");
	for (size_t i = 0; i < tab->n && rc == CB_OK; i++) {
		const struct value *v = item_at(it, i);
		if (!shown(&tab->rows[i]))
			continue;
		if (v == row[i].dflt && row[i].whole != NULL) {
			sb_add(out, row[i].whole, row[i].whole_n);
			continue;
		}
		if (tab->rows[i].flags & (FF_SECRET | FF_CREDENTIALS) && !secrets_shown(c, it)) {
			struct value *masked CLEANUP(v_unrefp) = secret_masked(tab->rows[i].flags, v);
			rc = write_member(out, &row[i], masked, e);
			continue;
		}
		rc = v_is(v, V_DICT) && str_eq(tab->rows[i].name, "interfaces") ? write_interfaces(out, v, e) : write_member(out, &row[i], v, e);
	}
	sb_adds(out, "</struct></value>\n");
	return rc;
}

int stream_items(struct strbuf *out, struct call *c, const struct item_list *l, struct err *e)
{
	size_t before = out->len;
	int rc = CB_OK;
	pthread_once(&once, build);
	xmlrpc_write_head(out);
	sb_adds(out, "<value><array><data>\n");
	for (size_t i = 0; i < l->n && rc == CB_OK; i++) {
		rc = write_item(out, c, l->v[i], e);
		/* One growth to about the final size instead of many. */
		if (i == 0)
			sb_reserve(out, (out->len - before) * l->n + l->n * 64);
	}
	sb_adds(out, "</data></array></value>\n");
	xmlrpc_write_tail(out);
	if (rc != CB_OK)
		sb_truncate(out, before);
	return rc;
}
