/* SPDX-License-Identifier: GPL-2.0-or-later
 * internal.h - the parts of the XML-RPC room: dispatcher (rpc.c, table.c, arity.c), sessions and drafts (session.c, draft.c), and one
 * file of handlers per subject.
 */
#ifndef RPC_INTERNAL_H
#define RPC_INTERNAL_H

#include <pthread.h>
#include <sys/queue.h>

#include "auth/auth.h"
#include "base/map.h"
#include "rpc/rpc.h"
#include "wire/gzip.h"

#define RPC_ARGS 8                    /* most that a method takes */
#define TOKEN_LEN 36
#define TOKENS_MAX 20000              /* logged in at once; the one used longest ago goes first */
#define HANDLES_MAX 20000             /* unsaved new objects; more edited ones than that are kept for DRAFT_AGE only */
#define HANDLES_SAVED_MAX 2000        /* saved ones whose first handle is still good; the one used longest ago goes first */
#define DRAFT_AGE 600                 /* seconds without use, as Cobbler's CACHE_TIMEOUT */

/* Who may call: anyone; who has a valid token; who besides may do `resource`; or the handler decides (it checks by itself). */
enum access { FOR_ALL, FOR_USERS, BY_RIGHT, BY_HANDLER };

enum method_flags {
	M_TILDE = 1 << 0,             /* None anywhere in the result is "~" (Cobbler's xmlrpc_hacks); else it is a marshalling fault */
	M_WHAT = 1 << 1,              /* the first argument names the type of item; the handler does not see it */
	M_CHANGES = 1 << 2,           /* changes something */
	M_EXTRA = 1 << 3,             /* not in 3.3.7 */
	M_REPORT = 1 << 4,            /* machines call it without a token, and it writes: limited by address (rate.c) */
	M_UPLOAD = 1 << 5,            /* the same for pieces of logs */
	M_ITEMS = 1 << 7,             /* works on items: within a transaction of its token, on those as the transaction has them */
	M_QUICK = 1 << 6,             /* reads or edits what is in memory, for one item: microseconds, and waits for nothing */
	M_STARTS = 1 << 8,            /* starts a task, which is as quick unless edits are to be saved before */
	M_EDITS = 1 << 9,             /* reads items as they are under edit, which takes longer where one is */
	M_FINDS = 1 << 10,            /* quick when the criteria are one item's name */
};

struct call;
/* *ret owned; NULL or None for None. */
typedef int handler(struct call *c, struct value **ret, struct err *e);

/* A row of the table. "%s" in a name stands for each type of item, "%p" for its plural. */
struct method {
	const char *name;
	const char *args;             /* "name, flatten=False, token=None" */
	enum access access;
	unsigned flags;
	const char *resource;         /* for authorization; "%s" as above */
	handler *fn;
	const char *help;
};

struct arg { char *name; struct value *dflt; };       /* dflt NULL: required */

/* A row expanded for one type, as calls find it. */
struct entry {
	const struct method *m;
	char *name, *resource;
	enum item_type type;
	struct arg args[RPC_ARGS];
	size_t n_args, n_required;
	int token_at;                 /* -1: has none */
};

struct new_handle;
TAILQ_HEAD(handle_list, new_handle);

/* Where objects are under edit: one for all, and one for each transaction, on its view of the model. */
struct desk {
	struct core *core;
	struct desk *outer;           /* of a transaction: that for all */
	pthread_mutex_t lock;
	struct map handles, drafts;
	struct handle_list unsaved, saved;     /* all handles, the one used longest ago first */
	size_t n_saved;
};

struct rpc {
	struct core *core;
	struct auth *auth;
	struct map methods;           /* name -> struct entry, fixed after rpc_open */
	struct desk desk;
	pthread_mutex_t lock;         /* sessions, transactions, rates */
	struct map tokens, rates;
	unsigned transactions;        /* sessions that have one; atomic */
	pthread_mutex_t lists_lock;
	struct kept_list { struct piece **v; size_t n; } lists[ITEM_TYPES][2];    /* for callers from whom secrets are hidden, and others */
	double modified;              /* answer of last_modified_time for that version of the model + 1 */
	uint64_t modified_version;
};

struct call {
	struct rpc *r;
	struct core *core;            /* what items are read from and edited in: that of r, or of the transaction; or a drafts_view */
	struct desk *desk;            /* likewise */
	struct transaction *transaction;      /* of the token, for methods with M_ITEMS; NULL: none */
	bool alone;                   /* in it, until transaction_leave */
	bool viewed;                  /* the answer is what that transaction sees */
	const struct entry *entry;
	const struct value *arg[RPC_ARGS];    /* all of them, defaults filled in; with M_WHAT without the first */
	size_t n_args;
	size_t given;
	const char *peer;
	const char *token;            /* NULL: none was given */
	char user[AUTH_USER_MAX];     /* "" without a valid token */
	enum item_type type;
	unsigned depth;               /* of system.multicall */
	bool machine;                 /* rpc_invoke */
	bool local;                   /* came over the XML-RPC port from this host itself, not through a proxy */
	bool secrets_known, secrets_open;     /* secrets.c */
	struct item_list *stream;     /* not NULL: a handler whose answer is a list of whole items may leave them here instead */
	bool one;                     /* it left one item, which is the answer itself */
};

/* table.c */
int table_build(struct rpc *r, struct err *e);
void table_free(struct rpc *r);
/* arity.c: Python's words for too few or too many arguments; CB_OK when n fits. */
int arity_check(const struct entry *en, size_t n, struct err *e);
/* rpc.c */
/* c: peer, local, depth, stream are set; the rest is filled in. */
int rpc_dispatch(struct call *c, const char *method, const struct value *params, struct value **ret, bool *tilde, struct err *e);
/* stream.c: a response that is a list of these items (at least one, all of a type), with the secrets that the caller
 * may see. packed: gzip. */
int stream_items(struct strbuf *out, struct call *c, const struct item_list *l, bool packed, struct err *e);
/* A response that is this item, of which the caller may see all. */
int stream_item(struct strbuf *out, struct call *c, const struct item *it, struct err *e);
/* The same in parts: what stands before the items, some items, what stands behind them. sum: {0} at the begin. */
void stream_begin(struct strbuf *out, struct gzip_sum *sum);
int stream_part(struct strbuf *out, struct call *c, struct item *const *v, size_t n, struct gzip_sum *sum, struct err *e);
void stream_end(struct strbuf *out, struct gzip_sum *sum);
/* kept.c: all items of a type as stream_items would pack them, from pieces that are kept. */
int stream_kept(struct strbuf *out, struct call *c, const struct item_list *l, struct err *e);
void lists_free(struct rpc *r);
/* rate.c: takes n of what the caller's address may do of this kind; CB_ELIMIT, with the time to wait, when less than 1 is left. */
enum rate_kind { RATE_LOGIN, RATE_REPORT, RATE_UPLOAD, RATES };
int rate_take(struct call *c, enum rate_kind kind, double n, struct err *e) MUST_CHECK;
void rates_free(struct rpc *r);
/* The user of the token among the arguments, if it is valid: also for methods that need none. */
bool call_has_user(struct call *c);
/* secrets.c: FF_SECRET, FF_CREDENTIALS or 0 for a field or setting of this name. */
unsigned secret_flags(const char *name);
/* The value with a mark for each secret in it. Returns owned. */
struct value *secret_masked(unsigned flags, const struct value *v);
/* May the caller see the secrets of the item, or with NULL those of the settings? */
bool secrets_shown(struct call *c, const struct item *it);
/* The answer, taken, as the caller may see it: fields and settings are known by their names, at any depth. Returns owned. */
struct value *secrets_hidden(struct call *c, const struct item *it, struct value *answer);
/* A client that writes back what it read: SAME_SECRET when arg is what the value now looks like when hidden; a fault for any other mark. */
#define SAME_SECRET 2
int secret_written_back(const char *name, const struct value *now, const struct value *arg, struct err *e);


/* Arguments. arg_str: NULL when it is no str. */
const char *arg_str(const struct call *c, size_t i);
bool arg_is_none(const struct call *c, size_t i);
bool type_by_name(const struct value *what, enum item_type *ret);
/* compat: Collection.find - a fault for an argument that names nothing: "", None, ... */
int need_name(const struct call *c, size_t i, struct err *e) MUST_CHECK;

/* session.c */
void session_free(struct rpc *r);
void random_token(char out[TOKEN_LEN + 1]);
int session_new(struct rpc *r, const char *user, char token[TOKEN_LEN + 1], struct err *e);
bool session_end(struct rpc *r, const char *token);
/* The user of a token, which is renewed by this. Faults as get_user_from_token. */
int session_user(struct rpc *r, const struct value *token, char user[AUTH_USER_MAX], struct err *e);
/* For handlers that decide: is the caller's user allowed to do this to it? (it may be NULL) */
int call_may(struct call *c, const char *resource, const struct item *it, struct err *e);

/* The transaction of a valid session, with a reference; NULL: none. */
struct transaction *session_transaction(struct rpc *r, const char *token);
/* Puts t (taken; NULL: none) in its place and gives the former one, owned; t is dropped where there is no such session. */
struct transaction *session_set_transaction(struct rpc *r, const char *token, struct transaction *t);
/* Puts TRANSACTION_EXPIRED in the place of those that are too old; how many are open then. */
size_t sessions_expire_transactions(struct rpc *r);

/* transaction.c: several edits of one token as one. */
#define TRANSACTIONS_MAX 16           /* open at once */
#define TRANSACTION_ITEMS 5000        /* changed by one, and as many under edit */
#define TRANSACTION_IDLE 600          /* seconds without a call */
#define TRANSACTION_AGE 3600
/* c works on the transaction of its token from now on, if that has one; what changes items is alone in it until transaction_leave. */
int transaction_enter(struct call *c, struct err *e) MUST_CHECK;
void transaction_leave(struct call *c);
/* in the place of one that was too old: edits are refused until its client notices */
extern struct transaction *const TRANSACTION_EXPIRED;
bool transaction_too_old(const struct transaction *t);
void transaction_ref(struct transaction *t);
void transaction_unref(struct transaction *t);
handler rpc_transaction_begin, rpc_transaction_commit, rpc_transaction_abort;

/* draft.c: objects under edit. A handle is ___NEW___type::random or type::name; what modify_* changes stays in a draft of the object,
 * shared by all handles to it, until save_* applies it to the object as it is then. */
char *draft_new(struct desk *desk, struct item *it, struct err *e);       /* takes it; returns the handle, owned; NULL: too many */
/* The object of a handle as it would be saved now; owned, unshared. draft_saved ends the draft. Also CB_ENOENT for an existing-object
 * handle whose object is gone. */
int draft_peek(struct desk *desk, const char *handle, struct item **ret, struct err *e);
/* Changes one field, or for systems an interface command. NO_ATTRIBUTE as apply_attribute. */
int draft_modify(struct desk *desk, const char *handle, const char *attribute, const struct value *arg, struct err *e);
void draft_saved(struct desk *desk, const char *handle, const struct item *it);
/* compat: Collection.add - an object whose save is refused counts as edited: derived fields show again. */
void draft_refused(struct desk *desk, const char *handle);
/* The object with its unsaved edits. Takes it (NULL allowed); owned. */
struct item *draft_overlay(struct desk *desk, struct item *it);
void draft_drop(struct desk *desk, const char *uid);
/* Saved objects with edits that are not: as they would be saved, each unshared. */
struct item_list drafts_unsaved(struct desk *desk);
bool drafts_none(struct desk *desk);          /* nothing is under edit */
/* A core to read from, whose items are as they are under edit, but for edits that could not be saved as they are. Owned: edit_end, free.
 * NULL: no item is. */
struct core *drafts_view(struct desk *desk);
void desk_open(struct desk *desk, struct core *core, struct desk *outer);
void desk_close(struct desk *desk);
/* Of a transaction: how many objects are under edit; those with changes that were not saved, unshared; after the end its
 * handles go over to all. */
size_t drafts_count(struct desk *desk);
struct item_list drafts_all(struct desk *desk);
void drafts_move(struct desk *from, struct desk *to);
/* Applies attribute = arg to an unshared item, as modify_item does; NO_ATTRIBUTE when the type has none of that name. */
#define NO_ATTRIBUTE 1
int apply_attribute(struct core *c, const struct value *settings, struct item *it, const char *attribute, const struct value *arg,
	struct err *e);

/* Handlers by subject: items.c, find.c, xapi.c, login.c, tasks.c, generate.c, facts.c, files.c, machines.c, introspect.c. */
handler rpc_login, rpc_logout, rpc_token_check, rpc_check_access, rpc_check_access_no_fail, rpc_get_user_from_token,
	rpc_get_authn_module_name, rpc_ping, rpc_version, rpc_extended_version;
handler rpc_get_item, rpc_get_items, rpc_get_item_names, rpc_get_since, rpc_has_item, rpc_get_handle, rpc_new_item, rpc_new_subprofile,
	rpc_modify_item, rpc_save_item, rpc_copy_item, rpc_rename_item, rpc_remove_item, rpc_resolved_value, rpc_set_resolved_value,
	rpc_as_rendered, rpc_blended_data, rpc_dump_vars, rpc_last_modified_time;
handler rpc_find_items, rpc_find_type, rpc_find_items_paged, rpc_find_system_by_dns_name, rpc_repos_compatible;
handler rpc_xapi_object_edit;
handler rpc_background, rpc_get_events, rpc_get_event_log, rpc_get_task_status, rpc_sync, rpc_sync_dhcp, rpc_check, rpc_power_system,
	rpc_background_power, rpc_auto_add_repos;
handler rpc_generate_autoinstall, rpc_generate_one, rpc_generate_ipxe, rpc_generate_bootcfg, rpc_generate_script,
	rpc_repo_config, rpc_template_file, rpc_config_data, rpc_boot_loaders;
handler rpc_get_settings, rpc_modify_setting, rpc_get_signatures, rpc_valid_breeds, rpc_valid_versions, rpc_valid_versions_for_breed,
	rpc_valid_archs, rpc_random_mac, rpc_xmlrpc_hacks;
handler rpc_list_files, rpc_read_file, rpc_write_file, rpc_remove_file, rpc_template_in_use,
	rpc_get_tftp_file, rpc_read_or_write;
handler rpc_get_status, rpc_run_install_triggers, rpc_upload_log_data, rpc_clear_system_logs, rpc_register_new_system,
	rpc_disable_netboot;
handler rpc_list_methods, rpc_method_signature, rpc_method_help, rpc_multicall;

/* programs.c: tasks that run another program. */

/* items.c, for others. save_edited: edit_save, with a changed name as a renaming. */
int save_edited(struct core *core, struct item *it, bool as_new, struct err *e);
/* May the caller save it, and what it takes the place of: the object as it is by now, and another one of the same name? core:
 * whose model it goes to. */
int may_save(struct call *c, struct core *core, const struct item *it, struct err *e);
/* Files on disk follow edits, for sites whose own servers read them (manage_follow, with its arguments). */
void after_edits(struct core *core, enum item_type type, const char *const *systems, size_t n);
/* The same for all that a transaction changed, and what else follows an edit: links, trees, mirrors. */
struct edit_changes;
void after_commit(struct core *core, const struct edit_changes *l);
void after_edit(struct core *core, enum item_type type, const char *name);
void after_rename(struct core *core, enum item_type type, const char *from, const char *to);
/* Removes it and, when asked for, all that depends on it; files on disk follow. */
int remove_edited(struct core *core, const struct item *it, bool recursive, struct err *e);
struct value *answer_list(struct call *c, struct item_list *l);
struct value *item_answer(struct call *c, const struct item *it, bool flatten, bool resolved);

#endif
