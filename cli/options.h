/* SPDX-License-Identifier: GPL-2.0-or-later
 * options.h - long options as rows: built from the field tables and from each command's own list, then parsed, printed
 * as help, completed and documented from the same rows.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/err.h"
#include "model/field.h"
#include "value/value.h"

enum opt_kind { OPT_STR, OPT_INT, OPT_FLOAT, OPT_FLAG, OPT_CSV };

struct opt {
	const char *name;             /* without "--" */
	const char *dest;             /* key of the dict that is sent */
	enum opt_kind kind;
	const char *help;
	const char *const *choices;   /* NULL-terminated; NULL: any text */
	const char *dflt;             /* sent when not given; NULL: nothing is sent */
	const char *refers;           /* completes with names of this item type */
	bool hidden;                  /* accepted but not listed: aliases, bookkeeping fields */
	bool per_interface;
	const struct field *field;    /* where the row came from; NULL: the command's own */
};

struct opt_set {
	struct opt *v;
	size_t n;
	char **owned;                 /* names that were made here */
	size_t n_owned;
};

/* Adds n rows, whose texts are borrowed; s begins as { 0 } and is freed with opts_free. */
void opts_add(struct opt_set *s, const struct opt *rows, size_t n);
/* One option per field of the type that clients may set, then (systems) those of an interface, then accepted
 * aliases. */
void opts_add_fields(struct opt_set *s, enum item_type t);
void opts_free(struct opt_set *s);

struct parsed {
	struct value *options;        /* owned dict dest -> value, in the order of the rows */
	bool help;
	const char *stray;            /* borrowed: the first word that belongs to no option; NULL: none */
};

/* argv[0..n) are the words after the command. Fails with CB_EINVAL for an unknown or ambiguous option (naming the
 * nearest), a missing or malformed value, and a value that is none of the choices. */
int opts_parse(const struct opt_set *s, int n, char *const *argv, struct parsed *ret, struct err *e) MUST_CHECK;
/* The row named by the text (exact, else unambiguous prefix), NULL otherwise. */
const struct opt *opts_find(const struct opt_set *s, const char *name, size_t len);

/* "  --name=NAME  text" lines, wrapped to width columns. */
void opts_help(const struct opt_set *s, size_t width, struct strbuf *out);
/* The nearest of n names to word (borrowed), NULL when none is near. stride: bytes from one name pointer to the
 * next. */
const char *nearest_name(const char *word, const char *const *names, size_t n, size_t stride);

#endif
