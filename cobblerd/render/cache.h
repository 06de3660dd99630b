/* SPDX-License-Identifier: GPL-2.0-or-later
 * cache.h - compiled templates by file identity and by text, and what one render keeps of them. Internal to the room.
 */
#ifndef RENDER_CACHE_H
#define RENDER_CACHE_H

#include <pthread.h>

#include "base/map.h"
#include "render/render.h"
#include "snippets/engine/engine.h"

struct renderer {
	pthread_mutex_t lock;
	struct map files;                 /* "flavour path" -> struct cached */
	struct map texts;                 /* "language hash" -> struct cached */
	struct map sources;               /* path -> struct source: the texts of small files */
	unsigned ntexts, nsources;
	const struct render_watch *watch; /* or NULL */
};

/* Forgets all that is cached. */
void cache_clear(struct renderer *r);
/* A compiled text, from the cache when the same text was compiled before. *ret is owned. */
int cache_text(struct renderer *r, enum tpl_lang lang, const char *text, size_t n, const char *name, struct tpl **ret,
	struct err *e) MUST_CHECK;
enum flavour { F_SNIPPET, F_SNIPPET_CATCH, F_MACROS, F_INCLUDE, F_JINJA };

/* One render: the templates it uses live until use_end. */
struct use {
	struct renderer *r;
	const struct value *settings;
	const struct value *vars;
	bool varies;                      /* as render_text_varies tells it */
	unsigned looked, there;           /* directories per_system, ... of the snippets: bits of those looked for, and of those found */
	struct tpl **held;
	size_t nheld, cap;
	struct map made;                  /* texts of #include source=: what they were compiled to, which is among those held */
	size_t nmade, made_bytes;
};
/* Keeps t, which is taken, until use_end. */
void use_hold(struct use *u, struct tpl *t);
void use_lint(const struct use *u, const struct tpl *t);
void use_end(struct use *u);
int use_macros(struct use *u, const struct tpl **ret, struct err *e) MUST_CHECK;
int use_snippet(void *ctx, const struct tpl_snippet *s, const struct tpl **ret, struct err *e) MUST_CHECK;
int use_load(void *ctx, const char *name, const struct tpl *from, const struct tpl **ret, struct err *e) MUST_CHECK;
void use_missing(void *ctx, const char *text, const char *where);
/* source.c: CB_EPERM: the text imports what the settings do not allow; CB_ELIMIT: too many of them, or too long. */
int use_source(void *ctx, const char *text, size_t n, const struct tpl **ret, struct err *e) MUST_CHECK;

/* render.c: CB_EPERM: a line of the text imports a module that the setting cheetah_import_whitelist does not name. */
int check_imports(const char *s, size_t n, const struct value *settings, struct err *e) MUST_CHECK;

/* SNIPPET::name becomes $SNIPPET('name'). */
void preprocess_snippets(struct strbuf *out, const char *s, size_t n);

#endif
