/* SPDX-License-Identifier: GPL-2.0-or-later
 * registry.c - the registry of the WinPE on install media says that Windows lies in X:\$windows.~bt, where Setup from a medium unpacks
 * it; one that starts from the network lies in X: itself.
 *
 * compat: update_winpe and reg_node_update of import_signatures in 3.3.7, in the same order.
 */
#include "windows/internal.h"

#include <errno.h>
#include <stdlib.h>

#include "windows/libs.h"
#include "windows/limits.h"

static const char old_place[] = "X:\\$windows.~bt";
static const size_t place_keep = 2;              /* "X:" */

/* In place, in UTF-16LE: NUL ends a text. Whether there was any. */
static bool cut_utf16(char *p, size_t *n)
{
	const size_t len = sizeof(old_place) - 1;
	size_t end = 0, to = 0;
	bool found = false;
	while (end + 1 < *n && (p[end] != '\0' || p[end + 1] != '\0'))
		end += 2;
	for (size_t at = 0; at < end; ) {
		size_t k = 0;
		while (k < len && at + 2 * k < end && p[at + 2 * k] == old_place[k] && p[at + 2 * k + 1] == '\0')
			k++;
		size_t take = k == len ? 2 * place_keep : 2;
		memmove(p + to, p + at, take);
		to += take;
		at += k == len ? 2 * len : 2;
		found |= k == len;
	}
	if (found && to + 2 <= *n) {
		p[to] = p[to + 1] = '\0';
		*n = to + 2;
	}
	return found;
}

static bool cut_key(char *key)
{
	bool found = false;
	for (char *at = key; (at = strstr(at, old_place)) != NULL; found = true) {
		at += place_keep;
		char *rest = at + sizeof(old_place) - 1 - place_keep;
		memmove(at, rest, strlen(rest) + 1);
	}
	return found;
}

static int take_value(hive_h *h, hive_value_h handle, struct hive_set_value *v, bool *changed, struct err *e)
{
	v->key = hive.value_key(h, handle);
	v->value = v->key != NULL ? hive.value_value(h, handle, &v->t, &v->len) : NULL;
	if (v->value == NULL)
		return hive_error(e, "a value of the image's registry cannot be read");
	*changed |= cut_key(v->key);
	if (v->t == hive_t_string || v->t == hive_t_expand_string)
		*changed |= cut_utf16(v->value, &v->len);
	return CB_OK;
}

static int update_node(hive_h *h, hive_node_h node, struct err *e)
{
	hive_value_h *handles = hive.node_values(h, node);
	size_t n = 0;
	bool changed = false;
	if (handles == NULL)
		return hive_error(e, "a key of the image's registry cannot be read");
	while (handles[n] != 0)
		n++;
	int rc = CB_OK;
	if (n > WINDOWS_HIVE_VALUES)
		rc = err_set(e, CB_ELIMIT, "a key of the image's registry has more than %u values", WINDOWS_HIVE_VALUES);
	struct hive_set_value *v = xcalloc(rc == CB_OK ? n + 1 : 1, sizeof(*v));
	for (size_t i = 0; rc == CB_OK && i < n; i++)
		rc = take_value(h, handles[i], &v[i], &changed, e);
	if (rc == CB_OK && changed && hive.node_set_values(h, node, n, v, 0) != 0)
		rc = hive_error(e, "a key of the image's registry cannot be changed");
	for (size_t i = 0; i < n && n <= WINDOWS_HIVE_VALUES; i++) {
		free(v[i].key);
		free(v[i].value);
	}
	free(v);
	free(handles);
	return rc;
}

/* Nodes that wait to be looked at: the last one is next. */
struct stack { hive_node_h *v; size_t n, cap, seen; };

static int push_children(hive_h *h, hive_node_h node, struct stack *s, struct err *e)
{
	hive_node_h *all = hive.node_children(h, node);
	if (all == NULL)
		return hive_error(e, "the keys of the image's registry cannot be read");
	for (size_t i = 0; all[i] != 0; i++) {
		if (s->n == s->cap)
			s->v = xreallocarray(s->v, s->cap = s->cap * 2 + 64, sizeof(*s->v));
		s->v[s->n++] = all[i];
	}
	free(all);
	s->seen++;
	return s->seen + s->n > WINDOWS_HIVE_NODES
		? err_set(e, CB_ELIMIT, "the image's registry has more than %u keys", WINDOWS_HIVE_NODES) : CB_OK;
}

int registry_for_network(const char *name, struct err *e)
{
	struct stack s = { 0 };
	errno = 0;
	hive_h *h = hive.open(name, HIVEX_OPEN_WRITE);
	hive_node_h root = h != NULL ? hive.root(h) : 0;
	int rc = root == 0 ? hive_error(e, "the image's registry cannot be read") : CB_OK;
	if (rc == CB_OK) {
		s.v = xcalloc(s.cap = 64, sizeof(*s.v));
		s.v[s.n++] = root;
	}
	while (rc == CB_OK && s.n > 0) {
		hive_node_h node = s.v[--s.n];
		rc = push_children(h, node, &s, e);
		if (rc == CB_OK)
			rc = update_node(h, node, e);
	}
	if (rc == CB_OK && hive.commit(h, name, 0) != 0)
		rc = hive_error(e, "the image's registry cannot be written");
	if (h != NULL)
		hive.close(h);
	free(s.v);
	return rc;
}
