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

static struct cell *cells[ITEM_TYPES];
static struct item *blank[ITEM_TYPES];       /* holds the defaults */
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* As item_answer leaves out. */
static bool shown(const struct field *f)
{
	return !(f->flags & (FF_NOWIRE | FF_NODISK));
}

static const char member_tail[] = "</member>\n";

static void build(void)
{
	struct err e;
	for (int t = 0; t < ITEM_TYPES; t++) {
		const struct item_table *tab = item_table((enum item_type)t);
		blank[t] = item_new((enum item_type)t);
		cells[t] = xcalloc(tab->n, sizeof(*cells[t]));
		for (size_t i = 0; i < tab->n; i++) {
			struct strbuf b = { 0 };
			struct cell *c = &cells[t][i];
			sb_addf(&b, "<member>\n<name>%s</name>\n", tab->rows[i].name);
			c->head_n = b.len;
			c->head = xstrndup(b.p, b.len);
			c->dflt = item_at(blank[t], i);
			if (xmlrpc_write_value(&b, c->dflt, true, &e) == CB_OK) {
				sb_add(&b, member_tail, sizeof(member_tail) - 1);
				c->whole_n = b.len;
				c->whole = sb_take(&b);
			} else {
				c->dflt = NULL;
				sb_free(&b);
			}
		}
	}
}

__attribute__((destructor)) static void free_cells(void)
{
	for (int t = 0; t < ITEM_TYPES; t++) {
		for (size_t i = 0; cells[t] != NULL && i < item_table((enum item_type)t)->n; i++) {
			free(cells[t][i].head);
			free(cells[t][i].whole);
		}
		free(cells[t]);
		item_unref(blank[t]);
	}
}

static int write_item(struct strbuf *out, const struct item *it, struct err *e)
{
	const struct item_table *tab = item_table(item_type(it));
	const struct cell *row = cells[item_type(it)];
	int rc = CB_OK;
	sb_adds(out, "<value><struct>\n");
	for (size_t i = 0; i < tab->n && rc == CB_OK; i++) {
		const struct value *v = item_at(it, i);
		if (!shown(&tab->rows[i]))
			continue;
		if (v == row[i].dflt) {
			sb_add(out, row[i].whole, row[i].whole_n);
			continue;
		}
		sb_add(out, row[i].head, row[i].head_n);
		rc = xmlrpc_write_value(out, v, true, e);
		sb_add(out, member_tail, sizeof(member_tail) - 1);
	}
	sb_adds(out, "</struct></value>\n");
	return rc;
}

int stream_items(struct strbuf *out, const struct item_list *l, struct err *e)
{
	size_t before = out->len;
	int rc = CB_OK;
	pthread_once(&once, build);
	xmlrpc_write_head(out);
	sb_adds(out, "<value><array><data>\n");
	for (size_t i = 0; i < l->n && rc == CB_OK; i++) {
		rc = write_item(out, l->v[i], e);
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
