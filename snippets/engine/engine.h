/* SPDX-License-Identifier: GPL-2.0-or-later
 * engine.h - the template languages: compile a text once into an immutable tree, render it any number of times, by any
 * thread.
 *
 * The engine sees values only. Other texts (snippets, includes, parents) come through the callbacks of a job; there is
 * no way from a template to files, processes, the network or the model. Every limit is in limits.h.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/err.h"
#include "base/strbuf.h"
#include "value/value.h"

enum tpl_lang { TPL_CHEETAH, TPL_JINJA };

/* Jinja's environment options; all false or NULL: Jinja's defaults. error_catcher (Cheetah): as if the text began with
 * "#errorCatcher ListErrors"; late_imports (Cheetah): an unknown module is an error when it is used, not when it is
 * imported. */
struct tpl_options {
	bool error_catcher;
	bool late_imports;
	bool trim_blocks, lstrip_blocks, keep_trailing_newline, autoescape;
	const char *block_start, *block_end, *variable_start, *variable_end, *comment_start, *comment_end;
	const char *line_statement, *line_comment;
};

struct tpl;

/* text is copied. name is shown in errors. *ret is owned: tpl_unref. The error has name:line:column. */
int tpl_compile(enum tpl_lang lang, const char *text, size_t n, const char *name, const struct tpl_options *opt,
	struct tpl **ret, struct err *e) MUST_CHECK;
struct tpl *tpl_ref(const struct tpl *t);                 /* one more reference, owned; by any thread */
void tpl_unref(struct tpl *t);                            /* gives one back; NULL: nothing */
const char *tpl_name(const struct tpl *t);                /* as errors show it; borrowed */
enum tpl_lang tpl_language(const struct tpl *t);
size_t tpl_size(const struct tpl *t);                     /* bytes of its text */

/* What a $SNIPPET call asks for: the file's name and the names that take part in the search, NULL when the variable is
 * missing. */
struct tpl_snippet { const char *file, *dir, *system, *profile, *distro; };

/* One piece of output and where it came from, for --trace. chain: "file:line" from the outermost template to the
 * innermost. */
struct tpl_trace {
	size_t from, to;
	const char *text;                        /* that piece of the output; not terminated */
	const char *chain, *source;              /* source: the placeholder or expression, "" for text */
};

struct tpl_job {
	const struct value *vars;                /* a dict; borrowed for the render */
	const struct tpl *base; /* Cheetah: its #defs are callable everywhere (the macros file); or NULL */
	uint64_t max_steps;                      /* 0: LIM_STEPS */
	int64_t max_ms;                          /* 0: LIM_TIME_MS */
	bool *varies;                            /* NULL or set to true when the output depends on the clock or on chance */
	bool cobbler;                            /* SNIPPET, read_snippet, sedesc and template_universe are in scope */
	void *ctx;
	/* Sets *ret to a compiled snippet the callee keeps alive until the render ends, or to NULL when there is none.
	 */
	int (*snippet)(void *ctx, const struct tpl_snippet *s, const struct tpl **ret, struct err *e);
	/* #include, {% include %}, {% extends %}, {% import %}: as above; CB_ENOENT when there is none. */
	int (*load)(void *ctx, const char *name, const struct tpl *from, const struct tpl **ret, struct err *e);
	/* Text made by a template and used as one (#include source=...): compiled as the callee sees fit. May be NULL:
	 * refused. */
	int (*source)(void *ctx, const char *text, size_t n, const struct tpl **ret, struct err *e);
	void (*trace)(void *ctx, const struct tpl_trace *t);      /* or NULL */
	void (*missing)(void *ctx, const char *text,
		const char *where); /* a placeholder the error catcher printed as written; or NULL */
};

/* Appends to *out; on failure *out is as before and *e says file:line:column, what was expected, and the chain of
 * snippets. */
int tpl_render(const struct tpl *t, const struct tpl_job *job, struct strbuf *out, struct err *e) MUST_CHECK;

/* Findings about a compiled text that it would only show when rendered: one line each, "line:column: text". */
void tpl_lint(const struct tpl *t, const struct value *vars, void (*say)(void *ctx, const char *line), void *ctx);

#endif
