/* SPDX-License-Identifier: GPL-2.0-or-later
 * quick.c - which calls are answered where they were received, told from their text before it is parsed: a worker costs more than they do.
 * Only documents in which the parser can see nothing else are looked at; any other call takes the way of all calls.
 */
#include <string.h>

#include "rpc/internal.h"

#define QUICK_BODY 65536               /* bytes of a call that is read in no time */

/* Moves *p beyond text, when that is what stands there. */
static bool skip(const char **p, const char *end, const char *text, size_t n)
{
	if ((size_t)(end - *p) < n || memcmp(*p, text, n) != 0)
		return false;
	*p += n;
	return true;
}

static void skip_blanks(const char **p, const char *end)
{
	while (*p < end && strchr(" \t\r\n", **p) != NULL && **p != '\0')
		(*p)++;
}

/* The same for several tags, blanks between them here and there. */
static bool skip_tags(const char **p, const char *end, const char *tags)
{
	for (size_t n; *tags != '\0'; tags += n + (tags[n] == ' ')) {
		n = strcspn(tags, " ");
		skip_blanks(p, end);
		if (!skip(p, end, tags, n))
			return false;
	}
	return true;
}

/* Moves beyond text without tags, entities and what has a meaning in criteria: patterns, and "~" for no such value. */
static void skip_plain(const char **p, const char *end)
{
	while (*p < end && memchr("<&*?[~", **p, 6) == NULL)
		(*p)++;
}

/* The name of the method, where nothing but an XML declaration comes before it; *p is behind it then. */
static bool plain_method(const char **p, const char *end, char name[64])
{
	size_t n = 0;
	skip_blanks(p, end);
	if (skip(p, end, "<?xml ", 6)) {
		const char *close = memmem(*p, (size_t)(end - *p), "?>", 2);
		if (close == NULL)
			return false;
		*p = close + 2;
	}
	if (!skip_tags(p, end, "<methodCall> <methodName>"))
		return false;
	while (*p < end && n < 63 && **p != '<')
		name[n++] = *(*p)++;
	name[n] = '\0';
	return skip_tags(p, end, "</methodName>");
}

/* Do the arguments ask for the one item of a name? what: the type of item comes first. */
static bool asks_for_a_name(const char *p, const char *end, bool what)
{
	if (!skip_tags(&p, end, "<params>"))
		return false;
	if (what) {
		if (!skip_tags(&p, end, "<param> <value> <string>"))
			return false;
		skip_plain(&p, end);
		if (!skip_tags(&p, end, "</string> </value> </param>"))
			return false;
	}
	if (!skip_tags(&p, end, "<param> <value> <struct> <member> <name>name</name> <value> <string>"))
		return false;
	const char *name = p;
	skip_plain(&p, end);
	return p > name && skip_tags(&p, end, "</string> </value> </member> </struct>");
}

bool rpc_is_quick(struct rpc *r, const char *body, size_t n)
{
	char name[64];
	const char *p = body, *end = body + n;
	if (n > QUICK_BODY || !plain_method(&p, end, name))
		return false;
	const struct entry *en = map_get(&r->methods, name);
	unsigned flags = en != NULL ? en->m->flags : 0;
	bool alone = __atomic_load_n(&r->transactions, __ATOMIC_ACQUIRE) == 0;
	if (flags & (M_STARTS | M_EDITS) && !drafts_none(&r->desk))          /* which are to be saved, or laid over what is */
		return false;
	if (flags & M_STARTS)
		return alone;
	if (flags & M_FINDS)
		return asks_for_a_name(p, end, (flags & M_WHAT) != 0);
	/* Edits wait for a transaction's other calls, and look for a distro's kernel, maybe on another server's disk. */
	return flags & M_QUICK && (!(flags & M_CHANGES) || (alone && en->type != ITEM_DISTRO));
}
