/* SPDX-License-Identifier: GPL-2.0-or-later
 * cheetah_parse.h - state of the Cheetah parser, shared by its files: the main loop and the directives.
 */
#ifndef ENGINE_CHEETAH_PARSE_H
#define ENGINE_CHEETAH_PARSE_H

#include "snippets/engine/cheetah.h"

enum blk {
	B_METHOD,
	B_DEF,
	B_BLOCK,
	B_CLOSURE,
	B_IF,
	B_UNLESS,
	B_FOR,
	B_WHILE,
	B_REPEAT,
	B_TRY,
	B_CALL,
	B_CAPTURE,
	B_CACHE,
	B_FILTER,
	B_ERRORCATCHER,
	B_KINDS
};

/* Error catchers: none, those that print the placeholder as written, BigEcho */
enum { CATCH_NONE, CATCH_ECHO, CATCH_BIG };

/* An open directive: what it adds goes to body; owner is the statement it belongs to. */
struct open { enum blk kind; struct node *owner; struct node *part; struct nodes body; bool shortform; };

/* One method being parsed. Its pending text is not in the tree yet: a directive may still take blanks off its end. */
struct mstate {
	struct mstate *up;
	struct method *m;
	struct strbuf pend;
	size_t chunk;                    /* where the last piece of the pending text begins */
	size_t text_at;                  /* source position of the pending text */
	uint32_t refs_from;
	uint8_t catcher;                 /* CATCH_*: what prints a placeholder that is not found */
};

#define MAX_OPEN 220

struct chp {
	struct compile *c;
	struct ch_settings set;          /* as they are at c->pos */
	struct cheetah_front *f;
	struct mstate *ms;
	struct open open[MAX_OPEN];
	uint32_t nopen;
	size_t full;                     /* end of the source, whatever the present break point */
	uint32_t ndefs;                  /* open #defs */
	uint32_t levels;                 /* nested one-line forms */
	bool stop;                       /* #breakpoint */
};

static inline bool chp_id_start(char ch) { return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_'; }
static inline bool chp_id_char(char ch) { return chp_id_start(ch) || (ch >= '0' && ch <= '9'); }
/* The character there, '\0' at the end of the source. */
static inline char chp_peek(const struct chp *p, size_t at) { return at < p->full ? p->c->s[at] : '\0'; }

/* cheetah_parse.c */
bool chp_loop(struct chp *p, size_t upto);
void chp_commit(struct chp *p);
void chp_emit(struct chp *p, struct node *n);
void chp_text(struct chp *p, const char *s, size_t n, size_t at);
void chp_ws_before(struct chp *p);
bool chp_line_clear(const struct chp *p, size_t at);
size_t chp_eol(const struct chp *p, size_t at, bool gobble);
void chp_blanks(struct chp *p);
bool chp_comment_start(const struct chp *p, size_t at);
const char *chp_directive(const struct chp *p, size_t at);
void chp_tag(struct chp *p, const char *name);
void chp_eat_comment(struct chp *p);
bool chp_method_begin(struct chp *p, struct method *m);
void chp_method_end(struct chp *p);
void chp_declare(struct chp *p, const struct node *target);
bool chp_push(struct chp *p, enum blk kind, struct node *owner);
struct open *chp_top(struct chp *p);
struct node *chp_close_body(struct chp *p, struct open *o, size_t at);
/* cheetah_placeholder.c */
bool chp_placeholder(struct chp *p);
/* cheetah_directives.c */
bool chp_directive_eat(struct chp *p, const char *name);
bool chp_rest_of_tag(struct chp *p, bool clear, size_t eol);
size_t chp_to_end_directive(struct chp *p, const char *name);
/* cheetah_blocks.c */
bool chp_def(struct chp *p, enum blk kind);
bool chp_end(struct chp *p);
bool chp_if(struct chp *p);
bool chp_indenting(struct chp *p, const char *name);
bool chp_region(struct chp *p, const char *name);
bool chp_short_colon(const struct chp *p);
bool chp_expr_end(struct chp *p, bool colon_ok);
void chp_start_expr(struct chp *p);

#endif
