/* SPDX-License-Identifier: GPL-2.0-or-later
 * field.h - the table of fields: one row describes a field for XML-RPC, command line, JSON, validation,
 * inheritance and documentation. To add a field, add a row.
 */
#ifndef MODEL_FIELD_H
#define MODEL_FIELD_H

#include "base/err.h"
#include "value/value.h"

/* The order is the order of loading: what others refer to comes first. */
enum item_type {
	ITEM_MENU, ITEM_DISTRO, ITEM_REPO, ITEM_PROFILE, ITEM_IMAGE, ITEM_SYSTEM,
	ITEM_MGMTCLASS, ITEM_PACKAGE, ITEM_FILE,
	ITEM_TYPES,
	ITEM_INTERFACE = ITEM_TYPES,      /* not an item of its own at level 3.3: rows of a system's interfaces */
};

enum field_type { F_STR, F_INT, F_FLOAT, F_BOOL, F_LIST, F_DICT, F_ENUM, F_OPAQUE };

enum field_flags {
	FF_INHERIT   = 1 << 0,    /* may hold "<<inherit>>" */
	FF_MERGE     = 1 << 1,    /* dict: merged down the tree, "!key" removes */
	FF_READONLY  = 1 << 2,    /* clients cannot set it */
	FF_NODISK    = 1 << 3,    /* derived: in answers, not in the file (kickstart, ks_meta, remote_grub_*) */
	FF_NOWIRE    = 1 << 4,    /* not in get_<type>() */
	FF_SECRET    = 1 << 5,    /* a password or key: hidden from callers without the right to it (rpc/secrets.c) */
	FF_CLI       = 1 << 6,    /* has an option in add/edit */
	FF_INDEX     = 1 << 7,    /* find by it is O(1) */
	FF_CREDENTIALS = 1 << 8,  /* may hold user:password in a URL, or keys that speak of passwords; those are hidden likewise */
};

/* What a caller without the right to a secret reads in its place. */
#define SECRET_MARK "<<redacted>>"

struct item;
struct field;
struct item_ctx;
typedef int check_fn(const struct item_ctx *ctx, struct item *it, const struct field *f, const struct value *v, struct value **ret,
	struct err *e);

struct field {
	const char *name;             /* attribute and JSON key */
	const char *cli;              /* option without "--"; NULL: the name with '-' for '_' */
	enum field_type type;
	unsigned flags;
	const char *dflt;             /* JSON text */
	const char *settings_key;     /* what "<<inherit>>" finally means; NULL: none */
	const char *alias_of;         /* derived fields: the row they mirror (ks_meta -> autoinstall_meta) */
	const char *const *choices;   /* F_ENUM: NULL-terminated */
	const char *enum_name;        /* F_ENUM: Cobbler's class, as its faults name it */
	/* Parses and checks v (borrowed), *ret owned. NULL: by type alone. it: the item being edited; a setter of Cobbler's that
	 * changes other fields too (profile clears image) does so here, when all is well. */
	check_fn *check;
	const char *type_error;       /* text of Cobbler's TypeError for this field; NULL: the generic one */
	const char *help;             /* one line, our own words */
};

struct item_table {
	enum item_type type;
	const char *name;             /* "distro" */
	const char *plural;           /* "distros": collection folder and get_<plural> */
	const struct field *rows;
	size_t n;
};

extern const struct item_table distro_table, profile_table, system_table, repo_table, image_table, menu_table, mgmtclass_table,
	package_table, file_table, network_interface_table;
extern const struct item_table *const item_tables[ITEM_TYPES + 1];    /* the last is the interface table */

/* The table of a type; NULL for a number that is none. */
const struct item_table *item_table(enum item_type t);
/* Row index by attribute name, also by 2.x and 4.0 aliases (kickstart, ksmeta, subnet, gpxe_enabled ...); -1 when there is none. */
int field_index(const struct item_table *t, const char *name);

#endif
