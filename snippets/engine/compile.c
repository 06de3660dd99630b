/* SPDX-License-Identifier: GPL-2.0-or-later
 * compile.c - compiled templates: making, sharing and freeing them; the state both parsers use.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "snippets/engine/code.h"

#define MAX_NAME 255

static void place_of(const struct tpl *t, size_t at, uint32_t *line, uint32_t *col)
{
	uint32_t lo = 0, hi = t->nlines;
	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (t->lines[mid] <= at)
			lo = mid;
		else
			hi = mid;
	}
	*line = lo + 1;
	*col = (uint32_t)at - t->lines[lo] + 1;
}

bool cfail(struct compile *c, size_t at, const char *fmt, ...)
{
	char text[512];
	uint32_t line, col;
	if (c->failed)
		return false;
	c->failed = true;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	u8_mend(text, strlen(text));
	place_of(c->t, c->fixed_at != 0 ? c->fixed_at - 1 : at, &line, &col);
	err_py(c->e, CB_EPARSE, "SyntaxError", "%s:%u:%u: %s", c->t->name, line, col, text);
	return false;
}

void *calloc_in(struct compile *c, size_t n) { return arena_zalloc(&c->t->arena, n); }

/* As place_of; nodes are mostly made in the order of the text, so the line of the last one is looked at first. */
static void place_near(struct compile *c, size_t at, uint32_t *line, uint32_t *col)
{
	const struct tpl *t = c->t;
	uint32_t i = c->near;
	if (i < t->nlines && t->lines[i] <= at && (i + 1 == t->nlines || t->lines[i + 1] > at)) {
		*line = i + 1;
		*col = (uint32_t)at - t->lines[i] + 1;
		return;
	}
	place_of(t, at, line, col);
	c->near = *line - 1;
}

struct node *mk(struct compile *c, enum nop op, size_t at)
{
	struct node *x = calloc_in(c, sizeof(*x));
	x->op = op;
	x->slot = -1;
	place_near(c, c->fixed_at != 0 ? c->fixed_at - 1 : at, &x->line, &x->col);
	if (op == N_BODY)
		push_node(c, c->bodies, x);
	return x;
}

/* Where a name is in the table, or belongs. */
static struct sym **sym_place(const struct symtab *t, const char *s, size_t n, uint64_t hash)
{
	for (uint32_t i = (uint32_t)hash & (t->cap - 1);; i = (i + 1) & (t->cap - 1))
		if (t->v[i] == NULL || (t->v[i]->hash == hash && t->v[i]->len == n && memcmp(t->v[i]->name, s, n) == 0))
			return &t->v[i];
}

static void grow_syms(struct symtab *t)
{
	struct symtab more = { .n = t->n, .cap = t->cap == 0 ? 64 : t->cap * 2 };
	more.v = xcalloc(more.cap, sizeof(struct sym *));
	for (uint32_t i = 0; i < t->cap; i++)
		if (t->v[i] != NULL)
			*sym_place(&more, t->v[i]->name, t->v[i]->len, t->v[i]->hash) = t->v[i];
	free(t->v);
	*t = more;
}

const struct sym *intern(struct compile *c, const char *s, size_t n)
{
	if (n > MAX_NAME) {
		cfail(c, c->at, "a name is longer than %d bytes", MAX_NAME);
		n = 0;
	}
	if (c->syms->n * 2 >= c->syms->cap)
		grow_syms(c->syms);
	uint64_t hash = hash_bytes(s, n);
	struct sym **at = sym_place(c->syms, s, n, hash);
	if (*at == NULL) {
		struct sym *y = *at = calloc_in(c, sizeof(*y));
		y->name = arena_strndup(&c->t->arena, s, n);
		y->len = (uint32_t)n;
		y->mid = method_id(y->name);
		y->id = c->syms->n++;
		y->hash = hash;
	}
	return *at;
}

const struct sym *find_sym(const struct compile *c, const char *name)
{
	size_t n = strlen(name);
	return c->syms->cap == 0 ? NULL : *sym_place(c->syms, name, n, hash_bytes(name, n));
}

void sym_bound(const struct sym *y) { ((struct sym *)(uintptr_t)y)->bound = true; }

void push_node(struct compile *c, struct nodes *l, struct node *x)
{
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 8 : l->cap * 2;
		struct node **v = calloc_in(c, l->cap * sizeof(*v));
		if (l->n != 0)
			memcpy(v, l->v, l->n * sizeof(*v));
		l->v = v;
	}
	l->v[l->n++] = x;
}

void take_nodes(struct compile *c, struct nodes *l, struct node *into)
{
	(void)c;
	into->kids = l->v;
	into->n = l->n;
	*l = (struct nodes){ 0 };
}

static void index_lines(struct tpl *t)
{
	const char *q = t->text, *end = t->text + t->len;
	uint32_t cap = 0;
	for (; q != NULL; q = memchr(q, '\n', (size_t)(end - q))) {
		q += t->nlines != 0;                      /* behind the newline */
		if (t->nlines == cap) {
			cap = cap == 0 ? 256 : cap * 2;
			t->lines = xreallocarray(t->lines, cap, sizeof(*t->lines));
		}
		t->lines[t->nlines++] = (uint32_t)(q - t->text);
	}
}

static void free_tpl(struct tpl *t)
{
	arena_free(&t->arena);
	free(t->lines);
	free(t->text);
	free(t->name);
	free(t);
}

int tpl_compile(enum tpl_lang lang, const char *text, size_t n, const char *name, const struct tpl_options *opt,
	struct tpl **ret, struct err *e)
{
	static const struct tpl_options none;
	if (n > LIM_SOURCE)
		return err_set(e, CB_ELIMIT, "%s: a template has %zu bytes, the most is %u", name, n, LIM_SOURCE);
	if (memchr(text, '\0', n) != NULL || !utf8_valid(text, n))
		return err_py(e, CB_EPARSE, PY_VALUE, "%s: the text is not valid UTF-8 or has a NUL in it", name);
	struct tpl *t = xcalloc(1, sizeof(*t));
	t->refs = 1;
	t->lang = lang;
	t->name = xstrdup(name);
	t->text = xstrndup(text, n);
	t->len = n;
	t->opt = opt != NULL ? *opt : none;
	arena_init(&t->arena, 0);
	if (lang == TPL_JINJA)
		jinja_newlines(t);
	n = t->len;
	index_lines(t);
	struct symtab syms = { 0 };
	struct nodes bodies = { 0 };
	struct compile c = { .t = t, .e = e, .s = t->text, .n = n, .jinja = lang == TPL_JINJA, .syms = &syms, .bodies = &bodies };
	bool ok = lang == TPL_CHEETAH ? cheetah_compile(&c) : jinja_compile(&c);
	free(syms.v);
	if (ok && !c.failed)
		code_make(&c);
	if (!ok || c.failed) {
		if (!c.failed)
			err_set(e, CB_EPARSE, "%s: the template could not be compiled", name);
		free_tpl(t);
		return CB_EPARSE;
	}
	*ret = t;
	return CB_OK;
}

struct tpl *tpl_ref(const struct tpl *ct)
{
	struct tpl *t = (struct tpl *)(uintptr_t)ct;
	__atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
	return t;
}

void tpl_unref(struct tpl *t)
{
	if (t != NULL && __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL) == 0)
		free_tpl(t);
}

const char *tpl_name(const struct tpl *t) { return t->name; }
enum tpl_lang tpl_language(const struct tpl *t) { return t->lang; }
size_t tpl_size(const struct tpl *t) { return t->len; }
