/* SPDX-License-Identifier: GPL-2.0-or-later
 * stream.c - lists of items straight from the model into the answer. Most fields of most items have their default value: those
 * are written from text that was made once. Packed, they are one copy of what stands an item further back.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "rpc/internal.h"
#include "wire/gzip.h"
#include "wire/xmlrpc.h"

/* A text that is written again and again, with what gzip wants to know of it. */
struct fixed { char *p; size_t n; uint32_t crc, op; };

/* One field: "<member>\n<name>x</name>\n", the default and how it is written, whole (n 0: it has none, or is not shown). */
struct cell { struct fixed head, whole; const struct value *dflt; const char *key; };     /* key: as interfaces share it */

/* What this answer has of a cell: where its head stood last, and of a run of defaults that begins with it where that stood. */
struct seen { uint64_t head_at, run_at; size_t run_end; struct fixed run; bool head, any_run; };

/* Where an answer goes. z NULL: as text. */
struct sink { struct strbuf *out; struct gzip *z; struct strbuf text; struct seen *item, *iface; };

static struct cell *cells[ITEM_TYPES + 1];    /* the last: interfaces, in the order of their table */
static struct item *blank[ITEM_TYPES];       /* holds the defaults */
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* In answers for every item; derived fields follow at the end where item_answer has them. */
static bool shown(const struct field *f)
{
	return !(f->flags & (FF_NOWIRE | FF_NODISK));
}

static const char member_tail[] = "</member>\n";

static struct fixed fix(struct strbuf *b)
{
	struct fixed f = { .n = b->len };
	f.crc = (uint32_t)crc32_z(crc32(0, NULL, 0), (const unsigned char *)b->p, b->len);
	f.op = (uint32_t)crc32_combine_gen((z_off_t)b->len);
	f.p = sb_take(b);
	return f;
}

static void make_cell(struct cell *c, const char *name, const struct value *dflt, bool is_shown)
{
	struct strbuf b = { 0 }, head = { 0 };
	struct err e;
	sb_addf(&head, "<member>\n<name>%s</name>\n", name);
	sb_add(&b, head.p, head.len);
	c->head = fix(&head);
	if (is_shown && dflt != NULL && xmlrpc_write_value(&b, dflt, true, &e) == CB_OK) {
		sb_add(&b, member_tail, sizeof(member_tail) - 1);
		c->dflt = dflt;
		c->whole = fix(&b);
	}
	sb_free(&b);
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
			make_cell(&cells[t][i], tab->rows[i].name, item_at(blank[t], i), shown(&tab->rows[i]));
	}
	/* An interface of a system that nobody sees has the defaults of all. */
	if (item_set_interface(blank[ITEM_SYSTEM], "x", "mtu", item_get(blank[ITEM_SYSTEM], "gateway"), &e) == CB_OK)
		iface = v_dict_get(item_interfaces(blank[ITEM_SYSTEM]), "x");
	cells[ITEM_INTERFACE] = xcalloc(network_interface_table.n, sizeof(struct cell));
	for (size_t i = 0; i < network_interface_table.n; i++)
		make_cell(&cells[ITEM_INTERFACE][i], network_interface_table.rows[i].name,
			v_dict_get(iface, network_interface_table.rows[i].name), true);
	for (size_t i = 0; i < v_len(iface) && i < network_interface_table.n; i++)
		cells[ITEM_INTERFACE][i].key = v_dict_key(iface, i);
}

__attribute__((destructor)) static void free_cells(void)
{
	for (int t = 0; t <= ITEM_TYPES; t++) {
		for (size_t i = 0; cells[t] != NULL && i < item_table((enum item_type)t)->n; i++) {
			free(cells[t][i].head.p);
			free(cells[t][i].whole.p);
		}
		free(cells[t]);
		if (t < ITEM_TYPES)
			item_unref(blank[t]);
	}
}

static void put(struct sink *s, const char *p, size_t n)
{
	if (s->z != NULL)
		gzip_text(s->z, p, n);
	else
		sb_add(s->out, p, n);
}

static void puts_(struct sink *s, const char *text)
{
	put(s, text, strlen(text));
}

/* Text that stood at *at before, if it is known. */
static void put_again(struct sink *s, bool known, uint64_t from, const struct fixed *f)
{
	if (!known || !gzip_repeat(s->z, from, f->n, f->crc, f->op))
		gzip_text(s->z, f->p, f->n);
}

/* The text of the cells [from, end), all of them defaults. */
static struct fixed text_of_run(const struct cell *row, size_t from, size_t end)
{
	struct strbuf b = { 0 };
	for (size_t i = from; i < end; i++)
		sb_add(&b, row[i].whole.p, row[i].whole.n);
	return fix(&b);
}

static void put_run(struct sink *s, struct seen *seen, const struct cell *row, size_t from, size_t end)
{
	if (s->z == NULL) {
		for (size_t i = from; i < end; i++)
			sb_add(s->out, row[i].whole.p, row[i].whole.n);
		return;
	}
	struct seen *m = &seen[from];
	if (!m->any_run || m->run_end != end) {
		free(m->run.p);
		m->run = text_of_run(row, from, end);
		m->any_run = false;
		m->run_end = end;
	}
	uint64_t at = s->z->at;
	put_again(s, m->any_run, m->run_at, &m->run);
	m->run_at = at;
	m->any_run = true;
}

static int put_value(struct sink *s, const struct value *v, struct err *e)
{
	struct strbuf *to = s->z != NULL ? &s->text : s->out;
	if (s->z != NULL)
		sb_truncate(to, 0);
	int rc = xmlrpc_write_value(to, v, true, e);
	if (s->z != NULL)
		gzip_text(s->z, sb_str(to), to->len);
	return rc;
}

/* One field by its cell; v is not the default. */
static int put_member(struct sink *s, struct seen *m, const struct cell *c, const struct value *v, struct err *e)
{
	if (s->z != NULL) {
		uint64_t at = s->z->at;
		put_again(s, m->head, m->head_at, &c->head);
		m->head_at = at;
		m->head = true;
	} else {
		sb_add(s->out, c->head.p, c->head.n);
	}
	int rc = put_value(s, v, e);
	puts_(s, member_tail);
	return rc;
}

/* The fields of an interface stand in the order of their table, until someone put in one that it does not know. */
static bool as_table(const struct value *iface)
{
	if (!v_is(iface, V_DICT) || v_len(iface) != network_interface_table.n)
		return false;
	for (size_t i = 0; i < network_interface_table.n; i++)
		if (v_dict_key(iface, i) != cells[ITEM_INTERFACE][i].key &&
			!str_eq(v_dict_key(iface, i), network_interface_table.rows[i].name))
			return false;
	return true;
}

static int put_interface(struct sink *s, const struct value *iface, struct err *e)
{
	const struct cell *row = cells[ITEM_INTERFACE];
	size_t n = network_interface_table.n, from = 0;
	int rc = CB_OK;
	if (!as_table(iface))
		return put_value(s, iface, e);
	puts_(s, "<value><struct>\n");
	for (size_t k = 0; k <= n && rc == CB_OK; k++) {
		const struct value *v = k < n ? v_dict_at(iface, k) : NULL;
		if (k < n && v == row[k].dflt && row[k].whole.n > 0)
			continue;
		if (k > from)
			put_run(s, s->iface, row, from, k);
		if (k < n)
			rc = put_member(s, s->iface != NULL ? &s->iface[k] : NULL, &row[k], v, e);
		from = k + 1;
	}
	puts_(s, "</struct></value>\n");
	return rc;
}

static int put_interfaces(struct sink *s, const struct value *all, struct err *e)
{
	int rc = CB_OK;
	puts_(s, "<member>\n<name>interfaces</name>\n<value><struct>\n");
	for (size_t i = 0; i < v_len(all) && rc == CB_OK; i++) {
		struct strbuf name CLEANUP(sb_free) = { 0 };
		xmlrpc_write_text(&name, v_dict_key(all, i), strlen(v_dict_key(all, i)));
		puts_(s, "<member>\n<name>");
		put(s, sb_str(&name), name.len);
		puts_(s, "</name>\n");
		rc = put_interface(s, v_dict_at(all, i), e);
		puts_(s, member_tail);
	}
	puts_(s, "</struct></value>\n</member>\n");
	return rc;
}

static int put_field(struct sink *s, struct call *c, const struct item *it, size_t i, struct err *e)
{
	const struct field *f = &item_table(item_type(it))->rows[i];
	const struct cell *cell = &cells[item_type(it)][i];
	const struct value *v = item_at(it, i);
	struct seen *seen = s->item != NULL ? &s->item[i] : NULL;
	if (f->flags & (FF_SECRET | FF_CREDENTIALS) && !secrets_shown(c, it)) {
		struct value *masked CLEANUP(v_unrefp) = secret_masked(f->flags, v);
		return put_member(s, seen, cell, masked, e);
	}
	if (v_is(v, V_DICT) && str_eq(f->name, "interfaces"))
		return put_interfaces(s, v, e);
	return put_member(s, seen, cell, v, e);
}

static int put_item(struct sink *s, struct call *c, const struct item *it, struct err *e)
{
	const struct item_table *tab = item_table(item_type(it));
	const struct cell *row = cells[item_type(it)];
	size_t from = 0;
	int rc = CB_OK;
	puts_(s, "<value><struct>\n");
	for (size_t i = 0; i <= tab->n && rc == CB_OK; i++) {
		if (i < tab->n && (!shown(&tab->rows[i]) || (item_at(it, i) == row[i].dflt && row[i].whole.n > 0)))
			continue;
		if (i > from)
			put_run(s, s->item, row, from, i);
		if (i < tab->n)
			rc = put_field(s, c, it, i, e);
		from = i + 1;
	}
	for (size_t i = 0; i < tab->n && rc == CB_OK && !item_is_saved(it); i++)
		if ((tab->rows[i].flags & (FF_NODISK | FF_NOWIRE)) == FF_NODISK)
			rc = put_field(s, c, it, i, e);
	puts_(s, "</struct></value>\n");
	return rc;
}

static void free_seen(struct seen *m, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(m[i].run.p);
	free(m);
}

static void list_begin(struct strbuf *b)
{
	xmlrpc_write_head(b);
	sb_adds(b, "<value><array><data>\n");
}

static void list_end(struct strbuf *b)
{
	sb_adds(b, "</data></array></value>\n");
	xmlrpc_write_tail(b);
}

/* A text that stands around the items, as a part of its own. */
static void add_text(struct strbuf *out, struct gzip_sum *sum, void (*write)(struct strbuf *b))
{
	struct strbuf text CLEANUP(sb_free) = { 0 };
	struct gzip z;
	write(&text);
	gzip_begin(&z, out);
	gzip_text(&z, text.p, text.len);
	gzip_add(sum, gzip_end(&z));
}

void stream_begin(struct strbuf *out, struct gzip_sum *sum)
{
	gzip_head(out);
	add_text(out, sum, list_begin);
}

void stream_end(struct strbuf *out, struct gzip_sum *sum)
{
	add_text(out, sum, list_end);
	gzip_tail(out, *sum);
}

static int stream_text(struct strbuf *out, struct call *c, const struct item_list *l, struct err *e)
{
	struct sink s = { .out = out };
	size_t before = out->len;
	int rc = CB_OK;
	pthread_once(&once, build);
	list_begin(out);
	for (size_t i = 0; i < l->n && rc == CB_OK; i++) {
		rc = put_item(&s, c, l->v[i], e);
		/* One growth to about the final size instead of many. */
		if (i == 0)
			sb_reserve(out, (out->len - before) * l->n + l->n * 64);
	}
	list_end(out);
	return rc;
}

int stream_item(struct strbuf *out, struct call *c, const struct item *it, struct err *e)
{
	struct sink s = { .out = out };
	size_t before = out->len;
	pthread_once(&once, build);
	xmlrpc_write_head(out);
	int rc = put_item(&s, c, it, e);
	if (rc == CB_OK)
		xmlrpc_write_tail(out);
	else
		sb_truncate(out, before);
	return rc;
}

int stream_part(struct strbuf *out, struct call *c, struct item *const *v, size_t n, struct gzip_sum *sum, struct err *e)
{
	const struct item_table *tab = item_table(item_type(v[0]));
	struct gzip z;
	struct sink s = { .out = out, .z = &z };
	int rc = CB_OK;
	pthread_once(&once, build);
	s.item = xcalloc(tab->n, sizeof(*s.item));
	s.iface = xcalloc(network_interface_table.n, sizeof(*s.iface));
	gzip_begin(&z, out);
	for (size_t i = 0; i < n && rc == CB_OK; i++)
		rc = put_item(&s, c, v[i], e);
	*sum = gzip_end(&z);
	sb_free(&s.text);
	free_seen(s.item, tab->n);
	free_seen(s.iface, network_interface_table.n);
	return rc;
}

int stream_items(struct strbuf *out, struct call *c, const struct item_list *l, bool packed, struct err *e)
{
	size_t before = out->len;
	struct gzip_sum sum = { 0 }, items;
	int rc;
	if (!packed) {
		rc = stream_text(out, c, l, e);
	} else {
		stream_begin(out, &sum);
		rc = stream_part(out, c, l->v, l->n, &items, e);
		gzip_add(&sum, items);
		stream_end(out, &sum);
	}
	if (rc != CB_OK)
		sb_truncate(out, before);
	return rc;
}
