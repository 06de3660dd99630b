/* SPDX-License-Identifier: GPL-2.0-or-later
 * internal.h - one import as the parent sees it: fetch.c brings the files, place.c the directories, register.c the
 * items.
 */
#ifndef IMPORT_INTERNAL_H
#define IMPORT_INTERNAL_H

#include "import/import.h"

struct import {
	struct core *c;
	struct task *t;
	struct value *settings;      /* owned */
	/* options, cleaned; all owned, "" when not given */
	char *name, *path, *arch, *breed, *os_version, *autoinstall, *available_as, *rsync_flags;
	/* directories on this machine, owned */
	char *mirror;                /* NAME or NAME-ARCH */
	char *webdir;                /* with the root in front */
	char *target;                /* webdir/distro_mirror/mirror */
	char *staging;               /* where files go until they are known to be good; NULL when in_place */
	int lock; /* holds a lock on staging, so that nobody takes it for a left-over; -1 when there is none */
	int old;                     /* target as it was, locked likewise; -1 when there was none */
	bool in_place;               /* the operator put the files into target already */
	bool refresh;                /* target was there: what it has and the medium lacks stays */
	int timeout_ms;              /* of rsync and of the child, each: import.timeout of cobblerd.yaml */
	int64_t max_bytes;           /* that an image or another server may bring: import.max_bytes */
	bool remote;                 /* available_as: installers fetch the tree from elsewhere */
	bool placed;                 /* staging has become target; after a refresh staging is the old tree */
	struct value *found;         /* what the child found, checked; owned */
	struct value *distros;       /* names of those made, oldest first; owned */
	struct value *files;         /* list of files and links made beside the target; owned */
};

/* fetch.c: runs rsync where the source asks for it, and the child; fills im->found. */
int import_fetch(struct import *im, struct err *e) MUST_CHECK;
/* Is it a finding of a child that reads media as they come? Its paths stay below the tree. */
int import_check_found(const struct value *f, struct err *e) MUST_CHECK;

/* register.c: distros, profiles, repositories, all of them or (it fails) none. The files that it made are in im->files, also when it
 * fails. */
int import_register(struct import *im, struct err *e) MUST_CHECK;
/* The names that import_register would give, as a list; returns owned. */
struct value *import_names(const struct import *im);
/* Removes im->files. */
void import_take_back_files(struct import *im);

/* A field of an item in the making, checked as for a client: files and references have to be there. */
int import_set_str(struct import *im, struct item *it, const char *field, const char *v, struct err *e) MUST_CHECK;

/* windows.c: WinPE and its loaders, taken out of the medium's boot.wim (none: nothing happens), before the files are in their place. */
int import_prepare_windows(struct import *im, struct err *e) MUST_CHECK;
/* autoinstall_meta of the profile, returns owned; NULL: the medium is no Windows, or has not all that it takes. */
struct value *import_windows_meta(const struct import *im, const char *name, const char *kernel);

/* index.c: an index for each folder of packages that lacks one, before the files are in their place. A tree that cannot have one is no
 * error. */
int import_index_repos(struct import *im, struct err *e) MUST_CHECK;

/* repos.c: the medium's package repositories of a distro just made. */
int import_repos(struct import *im, struct item *distro, struct err *e) MUST_CHECK;

/* place.c */
int import_place(struct import *im, struct err *e) MUST_CHECK; /* staging becomes target, never over something else */
int import_stage(
	struct import *im, struct err *e) MUST_CHECK; /* makes staging, or sees that the source is the target */
void import_unplace(struct import *im); /* takes import_place back; never fails */
/* A lock on a folder, as long as fd is open. NO_LOCKS: its file system has none for folders (NFS). */
enum hold { HELD, HELD_BY_OTHER, NO_LOCKS };
enum hold import_hold(int fd);
/* swap.c, all with errno. A folder gets a name that nothing has. */
int import_move_new(const char *from, const char *to);
/* Two folders beside each other exchange their names. gap: in two steps, between which nothing had target's name. On failure both are
 * what they were. */
int import_exchange(const char *staging, const char *target, bool *gap);
/* A folder of base (and dir) that begins with IMPORT_ASIDE and that no import holds: put back where its name is free, else removed (when
 * remove). */
void import_recover_one(int dir, const char *base, const char *name, bool remove);
/* merge.c: staging gets what the old tree has besides. */
int import_merge(struct import *im, struct err *e) MUST_CHECK;
/* How directories of the mirror begin that an import is writing, or that are being removed: what nobody holds is
 * removed by the next import. */
#define IMPORT_STAGING ".import-"
/* And how the one begins that a new tree is just taking the place of, where the file system cannot exchange names; then its name. */
#define IMPORT_ASIDE ".replaced-"
/* Removes a directory tree without following links; what cannot be removed is logged. */
void import_remove_tree(const char *path);

#endif
