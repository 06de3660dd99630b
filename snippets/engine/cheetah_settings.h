/* SPDX-License-Identifier: GPL-2.0-or-later
 * cheetah_settings.h - what #compiler-settings changes: the tokens that begin and end the parts of a Cheetah text, and how names are read.
 * Internal to the engine.
 */
#ifndef ENGINE_CHEETAH_SETTINGS_H
#define ENGINE_CHEETAH_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TOKEN_MAX 16                     /* bytes of a token */

struct token { uint8_t n; char s[TOKEN_MAX]; };

struct ch_settings {
	struct token var, directive, directive_end, comment, multi, multi_end, psp, psp_end;
	struct token slurp;              /* n is 0: there is none */
	bool blanks_after;               /* blanks may stand between the token of a directive and its name */
	bool gobble;                     /* a comment of several lines takes the blanks around it along */
	bool mapper, search, autocall;   /* $a.b looks up keys; $a is looked up in the search list; what can be called is called */
	/* made of these by ch_settings_made() */
	bool slurp_in_text;              /* compat: that token is only seen inside a text if another one begins with its first character */
	bool starts[256];                /* the first bytes of what may interrupt a text */
};

struct compile;
struct chp;

extern const struct ch_settings ch_defaults;

/* Whether the token stands at "at" of a text of n bytes. */
static inline bool token_at(const char *s, size_t n, size_t at, const struct token *t)
{
	return at < n && s[at] == t->s[0] && t->n != 0 && t->n <= n - at && (t->n == 1 || memcmp(s + at, t->s, t->n) == 0);
}

/* $ [!] [*|*N*] [bracket blanks] and then a name, or an expression, at "at" of the first n bytes; *named: which of the two.
 * A name needs no bracket. Whether the token is escaped is not looked at. */
bool ch_var_start(const struct compile *c, size_t n, size_t at, bool *named);

/* The directives #compiler-settings and #compiler, at their token. False: an error is set. */
bool chp_compiler_settings(struct chp *p);
bool chp_compiler(struct chp *p);
/* Sets everything back to ch_defaults. */
void ch_settings_reset(struct chp *p);

#endif
