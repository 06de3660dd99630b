/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_text.h - the longer text filters: wrapping, JSON, pretty printing, tags, URLs.
 */
#ifndef ENGINE_JINJA_TEXT_H
#define ENGINE_JINJA_TEXT_H

#include "snippets/engine/rv.h"

/* Appends one line of text, broken to width, the pieces joined by sep. As Python's textwrap does without replacing
 * blanks. */
void wrap_line(
	struct rt *rt, struct rv s, size_t width, bool break_long, bool hyphens, struct rv sep, struct strbuf *b);
/* Without HTML tags and comments, entities resolved, runs of blanks joined: markupsafe's striptags. */
struct rv strip_tags(struct rt *rt, struct rv s);
/* A text as a part of a URL, a dict or pairs as its query. False: an exception. */
bool url_encode(struct rt *rt, struct rv v, struct rv *out);
bool to_json(struct rt *rt, struct rv v, struct rv indent, struct rv *out);     /* safe in HTML; keys sorted */
bool pretty(struct rt *rt, struct rv v, struct rv *out);                        /* Python's pprint.pformat */

#endif
