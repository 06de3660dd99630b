/* SPDX-License-Identifier: GPL-2.0-or-later
 * render.h - Cobbler's way of rendering a text: template type, import whitelist, SNIPPET search order, macros file,
 * @@var@@. Thread-safe: compiled templates are cached by file identity and shared.
 */
#ifndef RENDER_RENDER_H
#define RENDER_RENDER_H

#include "base/err.h"
#include "base/strbuf.h"
#include "value/value.h"

struct renderer;

/* Owned; keeps compiled templates. Used by several threads at once. */
struct renderer *renderer_new(void);
void renderer_free(struct renderer *r);

/* What somebody who looks into a render is told, beside its text. Members may be NULL. */
struct render_watch {
	void *ctx;
	/* One piece of the output, before @@variables@@ and the leading blanks, in its order: where it was written
	 * ("file:line > file:line", outermost first) and the placeholder or expression ("" for plain text). */
	void (*piece)(void *ctx, const char *text, size_t n, const char *chain, const char *source);
	void (*missing)(void *ctx, const char *where, const char *placeholder);   /* not defined, printed as written */
	void (*failed)(void *ctx, const char *text);   /* what Jinja answers with one line for instead of failing */
	void (*finding)(void *ctx, const char *where, const char *text);          /* lint of each template that takes part */
};
/* For a renderer that one thread uses; w (borrowed) or NULL. */
void renderer_watch(struct renderer *r, const struct render_watch *w);

/* Renders text[0..n) and appends to *out. type: "cheetah", "jinja2" or NULL (setting default_template_type). vars:
 * blended data of the object, or settings; snippet lookup uses its system_name, profile_name, distro_name. settings:
 * the settings dict. name: shown in errors. On failure *out is as before and *e has file:line:column and the chain of
 * snippets. */
int render_text(struct renderer *r, const char *text, size_t n, const char *type, const struct value *vars,
	const struct value *settings, const char *name, struct strbuf *out, struct err *e) MUST_CHECK;
/* The same; *varies is set to true when the output may be another one the next time though text, vars, settings and the macros file are the
 * same: a snippet or an included file has a part in it, the clock or chance, or there is something to be logged. */
int render_text_varies(struct renderer *r, const char *text, size_t n, const char *type, const struct value *vars,
	const struct value *settings, const char *name, bool *varies, struct strbuf *out, struct err *e) MUST_CHECK;
/* The same for a file (literal path), compiled once per identity and mtime. */
int render_file(struct renderer *r, const char *path, const char *type, const struct value *vars,
	const struct value *settings, struct strbuf *out, struct err *e) MUST_CHECK;
/* Appends the text of a file (literal path, at most max bytes), with "\n" for line ends of any kind; small ones are read once, until they
 * change. CB_ENOENT: there is none. */
int renderer_read(struct renderer *r, const char *path, size_t max, struct strbuf *out, struct err *e) MUST_CHECK;

#endif
