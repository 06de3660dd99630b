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

/* What returns bool here and reads from c->pos on moves it behind what it has read; false: cfail() has set an error. Places are offsets in
 * the source. What is added to the tree lives in the template's arena. */

/* cheetah_parse.c */
/* Parses up to "upto", which is where c->n is meanwhile: the end of the source or of a one-line form. */
bool chp_loop(struct chp *p, size_t upto);
/* The pending text becomes a node of the innermost open directive: no directive takes blanks off it any more. */
void chp_commit(struct chp *p);
/* The same, and then the node n. */
void chp_emit(struct chp *p, struct node *n);
/* Adds a piece to the pending text; s is copied; at: where it stands in the source. */
void chp_text(struct chp *p, const char *s, size_t n, size_t at);
/* Takes what stands on the present line off the last piece of the pending text. */
void chp_ws_before(struct chp *p);
/* Nothing but blanks stands before "at" on its line. */
bool chp_line_clear(const struct chp *p, size_t at);
/* The end of the line that "at" is in; gobble: behind the line end. */
size_t chp_eol(const struct chp *p, size_t at, bool gobble);
/* Moves c->pos over blanks of the line. */
void chp_blanks(struct chp *p);
/* A comment of one line begins there. */
bool chp_comment_start(const struct chp *p, size_t at);
/* The name of the directive whose token stands there, from a table; NULL: none does. */
const char *chp_directive(const struct chp *p, size_t at);
/* Moves c->pos from the token of a directive behind its name. */
void chp_tag(struct chp *p, const char *name);
/* At a comment of one line: it goes, with its line where nothing stands before it. */
void chp_eat_comment(struct chp *p);
/* Begins to parse a method into m, whose parameters become its first locals. */
bool chp_method_begin(struct chp *p, struct method *m);
/* Ends it: names that were read in it become its locals where something is assigned to them. */
void chp_method_end(struct chp *p);
/* The names of an assignment's target become locals of the method. */
void chp_declare(struct chp *p, const struct node *target);
/* Opens a directive of this kind; owner: its statement. False: LIM_PARSE_DEPTH are open. */
bool chp_push(struct chp *p, enum blk kind, struct node *owner);
/* The innermost open one. */
struct open *chp_top(struct chp *p);
/* The nodes that o has collected as an N_BODY. */
struct node *chp_close_body(struct chp *p, struct open *o, size_t at);
/* cheetah_placeholder.c: at a placeholder's token */
bool chp_placeholder(struct chp *p);
/* cheetah_directives.c */
/* At the token of the directive of that name. */
bool chp_directive_eat(struct chp *p, const char *name);
/* Behind the expression of a directive: a comment, the token that ends it, or the line end where the directive stands alone. clear, eol:
 * chp_line_clear() and chp_eol() of its begin. */
bool chp_rest_of_tag(struct chp *p, bool clear, size_t eol);
/* Finds "#end NAME" as text, without parsing what stands before it; c->pos is then behind it, or at the end of the source. Returns where
 * the text in between ends. */
size_t chp_to_end_directive(struct chp *p, const char *name);
/* cheetah_blocks.c */
/* At #def, #block or #closure. */
bool chp_def(struct chp *p, enum blk kind);
/* At #end. */
bool chp_end(struct chp *p);
/* At #if, in all of its forms. */
bool chp_if(struct chp *p);
/* At #for, #while, #repeat, #unless, #try, and at what goes on with one: #else, #elif, #except, #finally. */
bool chp_indenting(struct chp *p, const char *name);
/* At #call, #capture, #cache or #filter. */
bool chp_region(struct chp *p, const char *name);
/* At a colon with more than a comment behind it on the line: a one-line form. */
bool chp_short_colon(const struct chp *p);
/* The expression must be over: at the end of the tag or, where that is allowed, at a colon. c->pos is then there. */
bool chp_expr_end(struct chp *p, bool colon_ok);
/* Reads the first token of an expression at c->pos. */
void chp_start_expr(struct chp *p);

#endif
