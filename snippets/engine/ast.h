/* SPDX-License-Identifier: GPL-2.0-or-later
 * ast.h - the tree that both front ends build and one evaluator runs, and the compile state they share. Internal to the
 * engine.
 */
#ifndef ENGINE_AST_H
#define ENGINE_AST_H

#include "snippets/engine/cheetah_settings.h"
#include "snippets/engine/rt.h"

enum nop {
	/* expressions */
	N_CONST,
	N_NAME,
	N_VAR,
	N_STEP,
	N_ATTR,
	N_ITEM,
	N_SLICE,
	N_CALL,
	N_LIST,
	N_TUPLE,
	N_DICT,
	N_SET,
	N_AND,
	N_OR,
	N_NOT,
	N_NEG,
	N_POS,
	N_INV,
	N_BIN,
	N_CMP,
	N_COND,
	N_COMP,
	N_LAMBDA,
	N_CONCAT,
	N_JOIN,
	N_FILTER,
	N_TEST,
	N_ARG,
	N_BAD,
	/* statements of both languages */
	N_TEXT,
	N_OUT,
	N_IF,
	N_FOR,
	N_WHILE,
	N_BREAK,
	N_CONTINUE,
	N_PASS,
	N_SET_ST,
	N_BODY,
	/* Cheetah */
	N_PLACE,
	N_ECHO,
	N_SILENT,
	N_DEL,
	N_ASSERT,
	N_RAISE,
	N_TRY,
	N_RETURN,
	N_STOP,
	N_BLOCKCALL,
	N_CALLREG,
	N_CAPTURE,
	N_FILTERREG,
	N_INCLUDE,
	N_REPEAT,
	N_NESTED_DEF,
	N_CATCHER,
	N_CALLARG,
	N_REGION,
	/* Jinja */
	N_JFOR,
	N_JSET,
	N_JSETBLOCK,
	N_JBLOCK,
	N_JINCLUDE,
	N_JIMPORT,
	N_JFROM,
	N_JMACRO,
	N_JCALL,
	N_JFILTER,
	N_JWITH,
	N_JEXTENDS,
	N_JAUTOESCAPE
};

/* N_CMP: comparison of each further operand (sub of the N_ARG that holds it) */
enum cmpop { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE, CMP_IN, CMP_NOTIN, CMP_IS, CMP_ISNOT };
/* sub of N_ARG */
enum argkind { ARG_POS, ARG_KW, ARG_STAR, ARG_DSTAR };

/* id: its number in the template. bound: a Jinja template gives it a value somewhere, so it may be a local. */
struct sym { const char *name; uint32_t len; int mid; uint32_t id; bool bound; uint64_t hash; };

struct node {
	uint8_t op, sub, flag, flag2;
	int32_t slot;                    /* Cheetah locals: index in the frame; -1: not a local */
	uint32_t line, col, n;
	union {
		const struct sym *sym;
		const struct code *code; /* N_BODY: what is run */
	};
	struct rv k;
	struct node *a, *b, *c;
	struct node **kids;
};

enum { NF_AUTOCALL = 1, NF_NOLOCALS = 2, NF_CATCH = 4, NF_GLOBAL = 8, NF_SILENT = 16 };

struct method;                           /* cheetah.h */
struct code;                             /* code.h */

/* Names that Jinja binds of its own accord. */
enum jword { JW_LOOP, JW_CALLER, JW_KWARGS, JW_VARARGS, JW_WORDS };

struct tpl {
	int refs;
	enum tpl_lang lang;
	char *name;
	char *text;
	size_t len;
	struct arena arena;
	struct node *body;
	const void *front;               /* what the front end keeps: methods, blocks */
	struct tpl_options opt;
	const struct sym *words[JW_WORDS]; /* Jinja: its own symbols of the names that are bound by themselves */
	uint32_t *lines;
	uint32_t nlines;
};

struct nodes { struct node **v; uint32_t n, cap; };

/* T_PLACES: Cheetah's text with placeholders, c'...' */
enum tok { T_END, T_NAME, T_INT, T_FLOAT, T_STR, T_OP, T_VAR, T_PLACES };

struct compile {
	struct tpl *t;
	struct err *e;
	bool failed;
	struct symtab { struct sym **v; uint32_t n, cap; } *syms;      /* these two outlive a return to an earlier state */
	struct nodes *bodies;            /* every N_BODY */
	const char *s;
	size_t n;                        /* end of what may be read */
	size_t pos;                      /* after the current token */
	unsigned parens, depth;
	unsigned inargs;                 /* inside the arguments of a call */
	unsigned conds;                  /* "a if b else c" seen outside of such */
	uint32_t near;                   /* index of the line of the last node */
	size_t fixed_at;                 /* not 0: nodes are placed here (text that was rewritten), plus 1 */
	bool jinja;
	uint32_t loop_uses;              /* Jinja: how often "loop" was named */
	const char *end1;                /* Jinja: what ends an expression at depth 0; NULL: the end of its line */
	/* current token */
	enum tok tok;
	size_t at;                       /* where it begins */
	char op[4];
	const struct sym *name;
	struct rv val;
	/* Cheetah: references to names since the begin of the method, to be resolved when it ends */
	struct nodes refs;
	bool nosearch;                   /* inside a nested #def: $x means the Python name x */
	bool plain;                      /* $x means the Python name x (left side of #set, inside nested #def) */
	bool noauto;                     /* #call: no autocall */
	bool commented;                  /* Cheetah: a comment of Python was passed over in the present expression */
	const struct ch_settings *set;   /* Cheetah: the tokens that hold here */
	struct method *method;
	void *front;
};

/* compile.c */
/* The error of the compilation, with the place of the offset "at"; the first one counts. Always false. */
bool cfail(struct compile *c, size_t at, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* A node in the template's arena, without a slot, with the place of the offset "at". */
struct node *mk(struct compile *c, enum nop op, size_t at);
/* The symbol of a name of the template, made at the first time; one that is too long is an error. */
const struct sym *intern(struct compile *c, const char *s, size_t n);
const struct sym *find_sym(const struct compile *c, const char *name);                 /* NULL: the text has no such name */
void sym_bound(const struct sym *y);                     /* something is assigned to it */
void push_node(struct compile *c, struct nodes *l, struct node *x);                    /* grows the list in the arena */
void take_nodes(struct compile *c, struct nodes *l, struct node *into);                /* the list becomes the kids */
void *calloc_in(struct compile *c, size_t n);                                          /* n zero bytes of the template's arena */

/* lex.c, parse_expr.c, parse_operand.c: all return NULL after cfail */
void tok_next(struct compile *c);                        /* reads the token at c->pos; T_END behind an error too */
bool tok_is(const struct compile *c, const char *op);    /* the current token is this operator or bracket */
bool tok_word(const struct compile *c, const char *word); /* the current token is this name */
bool tok_eat(struct compile *c, const char *op);         /* and if it is, the next one is read */
bool tok_want(struct compile *c, const char *op);        /* the same; anything else is an error */
struct node *ex_expr(struct compile *c);                 /* one expression */
struct node *ex_nocond(struct compile *c);               /* without "a if b else c" */
struct node *ex_tuple(struct compile *c);                /* expression or tuple without parentheses */
struct node *ex_tuple_nocond(struct compile *c);         /* the same of such without "a if b else c" */
struct node *ex_target(struct compile *c);               /* targets of for and assignments */
bool ex_args(struct compile *c, struct node *call);      /* after "(": arguments; the current token is then ")" */
struct node *ex_var(
	struct compile *c, const struct sym *name, size_t at); /* Cheetah: $name..., c->pos after the name */
/* cheetah_placeholder.c: at T_PLACES, whose text is c->val: what it prints. c->pos stays. */
struct node *ex_places(struct compile *c);
struct node *ex_primary(struct compile *c);              /* an operand without what stands behind it */
struct node *ex_postfix(struct compile *c, struct node *x);      /* the attributes, calls and subscripts behind x */
bool read_string(struct compile *c, bool raw);           /* at a quote: the text goes to c->val, c->pos behind it */

/* How a statement ended. */
enum flow { F_NEXT, F_BREAK, F_CONTINUE, F_RETURN, F_ERROR };

/* eval.c; false: an exception is set, with its place */
/* The value of an expression. */
bool ev_node(struct rt *rt, const struct node *n, struct rv *out);
static inline bool ev(struct rt *rt, const struct node *n, struct rv *out)
{
	if (n->op != N_CONST)
		return ev_node(rt, n, out);
	*out = n->k;
	return true;
}
/* The arguments of a call (its kids), LIM_ARGS at most, in the render's arena; extra: places that are left free before the first one. */
bool ev_args(struct rt *rt, const struct node *call, struct args *a, uint32_t extra);
/* Gives v to a name, an item, an attribute, or its elements to several. */
bool ev_assign(struct rt *rt, const struct node *target, struct rv v);
/* a op b */
bool ev_compare(struct rt *rt, enum cmpop op, struct rv a, struct rv b, bool *out);

/* What a front end gives the evaluator. */
struct front {
	bool (*name)(struct rt *rt, const struct node *n, struct rv *out);            /* N_NAME and N_VAR */
	bool (*step)(struct rt *rt, struct rv o, const struct node *n, struct rv *out);   /* N_STEP */
	bool (*attr)(struct rt *rt, struct rv o, const struct node *n, struct rv *out);   /* N_ATTR */
	bool (*item)(struct rt *rt, struct rv o, struct rv key, struct rv *out);
	bool (*assign)(struct rt *rt, const struct node *name, struct rv v);
	bool (*comp)(struct rt *rt, const struct node *n, struct rv *out);            /* N_COMP, N_LAMBDA */
	bool (*filter)(struct rt *rt, const struct node *n, struct rv *out);
	bool (*test)(struct rt *rt, const struct node *n, struct rv *out);
};
extern const struct front cheetah_fns, jinja_fns;

/* cheetah_parse.c, jinja_parse.c */
/* Parse the whole source into c->t; false: cfail() has set an error. */
bool cheetah_compile(struct compile *c);
bool jinja_compile(struct compile *c);
/* What Jinja does to line ends before it parses: all are "\n", and a last one goes unless the options keep it. */
void jinja_newlines(struct tpl *t);
/* cheetah_run.c, jinja_exec.c: the whole render into rt->out; false: an exception is set. */
bool cheetah_main(struct rt *rt, const struct tpl *t);
bool jinja_main(struct rt *rt, const struct tpl *t);

#endif
