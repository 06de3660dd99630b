/* SPDX-License-Identifier: GPL-2.0-or-later
 * internal.h - what the files of this room share, and what manage/ uses of it to write whole trees.
 *
 * A run is one answer or one sync: a snapshot of the settings and the items looked at. Its values stay the same until
 * it ends, so everything written in one run fits together.
 */
#ifndef BOOT_INTERNAL_H
#define BOOT_INTERNAL_H

#include <sys/types.h>
#include <time.h>

#include "base/map.h"
#include "boot/boot.h"
#include "boot/kopts.h"

struct boot_run {
	struct core *c;
	struct value *settings;
	const char *conf_dir;             /* boot_loader_conf_template_dir, as written */
	const char *bootloc;              /* tftpboot_location, as written */
	bool many;                        /* a sync: what items share is kept until the run ends */
	struct map bases;                 /* uid of a parent -> what it gives to its children */
	bool varies;                      /* set by a render of which not all inputs are known (render_text_varies) */
	struct boot_stamps *stamps;       /* many: of the loader templates, before the first was read; NULL before that */
	struct map conf;                  /* name of a loader template -> its text (struct strbuf) */
};

/* The identity of each file that menus are made from. */
#define BOOT_STAMPED 9
struct boot_stamps { struct { dev_t dev; ino_t ino; off_t size; struct timespec mtime, ctime; } of[BOOT_STAMPED]; };
void boot_stamps_take(const struct boot_run *r, struct boot_stamps *ret);

/* Takes the settings as they are now, for one answer or sync; boot_end lets go of them. */
void boot_begin(struct boot_run *r, struct core *c);
void boot_end(struct boot_run *r);

/* The members of one boot entry: references are owned, absent ones NULL. Exactly one of profile and image is there. */
struct boot_target {
	struct item *system, *profile, *image, *distro;
	const char *arch;                 /* borrows from distro or image; "" when unknown */
	struct value *blended;            /* of the most special item: ours alone, flattened by the first boot_entry */
	struct value *kopts, *meta;       /* its kernel_options and autoinstall_meta as dicts */
	bool flat;
	/* what boot_entry gives to templates: blended and the entry's own words, made once; NULL before */
	struct value *vars;
	bool vars_flat;                   /* whether blended was flat then */
	struct value *loaders;            /* resolved boot_loaders of the most special item */
};
/* it (borrowed): a system, profile or image. A broken reference is an error with Cobbler's words. */
int boot_target_init(struct boot_run *r, const struct item *it, struct boot_target *t, struct err *e) MUST_CHECK;
void boot_target_clear(struct boot_target *t);
/* From now on blended has texts in the place of dicts, as loader templates see them. */
void boot_target_flatten(struct boot_target *t);

/* The blended dict of an item, to be changed by the caller. Returns owned. */
struct value *boot_blend(struct boot_run *r, const struct item *it);
/* The keys of the dict under key also at top level (blended is unshared). */
void boot_promote(struct value *blended, const char *key);
/* Renders text that may hold placeholders; plain text costs nothing. Appends. */
int boot_render_line(
	struct boot_run *r, const char *text, const struct value *vars, struct strbuf *out, struct err *e) MUST_CHECK;
/* Renders a file of the site (real path); what goes wrong becomes Cobbler's fault, with the reason in the log. Appends.
 */
int boot_render_file(
	struct boot_run *r, const char *path, const struct value *vars, struct strbuf *out, struct err *e) MUST_CHECK;
/* Renders NAME of the directory of loader templates (a missing file is CB_ENOENT). Appends. */
int boot_render_conf(
	struct boot_run *r, const char *name, const struct value *vars, struct strbuf *out, struct err *e) MUST_CHECK;

/* A loader's configuration for a system, or the entry of a profile or image for its menu. Appends nothing when the item
 * does not want this loader, or (with a line in the log) has names of files that cannot be written for it.
 * filename: base name of the file it goes to, "" for none. */
int boot_entry(struct boot_run *r, struct boot_target *t, enum loader l, const char *filename, struct strbuf *out,
	struct err *e) MUST_CHECK;
/* The kernel's command line of a target, rendered, with its console, not yet quoted. Appends. */
int boot_kernel_line(struct boot_run *r, struct boot_target *t, struct strbuf *out, struct err *e) MUST_CHECK;
bool boot_wants(const struct boot_target *t, enum loader l);

/* Menus: everything that is in one, for one architecture. */
struct boot_menu {
	bool has[LOADERS];
	struct strbuf text[LOADERS];
	struct value *ipxe_labels;        /* list of {name, display_name} */
};
/* One menu for each of archs ("": all architectures), NULL-terminated; ret has room for as many, zeroed, and is to be
 * cleared also on failure. */
int boot_menus(struct boot_run *r, const char *const *archs, struct boot_menu *ret, struct err *e) MUST_CHECK;
/* menu.c: the same, always built anew. */
int boot_build_menus(struct boot_run *r, const char *const *archs, struct boot_menu *ret, struct err *e) MUST_CHECK;
void boot_menu_clear(struct boot_menu *m);
/* The complete menu of pxelinux or iPXE around the items of all architectures. Appends. */
int boot_menu_file(
	struct boot_run *r, enum loader l, const struct boot_menu *all, struct strbuf *out, struct err *e) MUST_CHECK;
/* All architectures, in Cobbler's order; NULL-terminated. */
extern const char *const boot_archs[];

/* Name of the file that a loader asks for, for one interface; NULL when there is none. Returns owned. */
char *boot_config_name(const struct item *sys, const char *iface, enum loader l);
bool boot_is_manageable(const struct item *sys);
/* s390x: three small files per system. Each of the texts is appended; netboot: whether all three or only conf exist. */
int boot_s390(struct boot_run *r, struct boot_target *t, struct strbuf *pxe, struct strbuf *conf,
	struct strbuf *parm, struct err *e) MUST_CHECK;
/* "linux" plus a part of the short name. Returns owned. */
char *boot_s390_name(const struct item *sys);

/* Kernel or initrd as it is found: a file, or the newest one in a directory; NULL when there is none. Returns owned. */
char *boot_find_kernel(const char *path);
char *boot_find_initrd(const char *path);
bool boot_is_remote(const char *path);
/* remote.c: copies of files elsewhere. Is it an address that this server fetches a copy of? */
bool boot_is_fetched(const char *url);
#define BOOT_REMOTE_FOLDER "/var/lib/cobbler/remote_boot_files"
/* Where the copy of it is, or will be, as the system knows it (owned; NULL: there is no name for it); the copy, NULL
 * when there is none yet. */
char *boot_remote_path(const char *url);
char *boot_remote_copy(const char *url);

/* template_files of an item: dict destination -> text, for one destination or (NULL) all. */
int boot_templates(
	struct boot_run *r, const struct item *it, const char *only, struct value **ret, struct err *e) MUST_CHECK;
/* boot_files of a distro, rendered: dict target path -> source glob. */
int boot_files_of(struct boot_run *r, const struct item *distro, struct value **ret, struct err *e) MUST_CHECK;

/* What sync wrote, one path relative to the TFTP root a line: such a file is nobody else's, and older than the model.
 */
#define SYNC_MANIFEST "/var/lib/cobbler/synced_files"
/* Whether a system has a file for this loader at all. */
bool boot_has_file(const struct boot_target *t, enum loader l);

/* A file of the host's packages for a name under the TFTP root. False when there is none. */
bool loader_on_host(const struct boot_run *r, const char *rel, char *path, size_t cap);

/* windows.c: a distro of breed windows? */
bool is_windows(const struct item *distro);
/* This client was given a file of this distro. */
void windows_note(const struct boot_client *who, const struct item *distro);
/* What a loader of Windows means by a path that nothing has: *rel below the TFTP root, or below *dir (a real path); both owned, *dir may be
 * NULL. False: nothing. */
bool windows_meant(struct boot_run *r, const char *path, const struct boot_client *who, char **dir, char **rel);

/* ESXi's own boot.cfg (beside the kernel) for a machine that finds the media under prefix. Appends. */
int boot_esxi_cfg(struct boot_run *r, struct boot_target *t, const char *prefix, struct strbuf *out,
	struct err *e) MUST_CHECK;
/* Its modules= line without slashes, as the template bootcfg.template wants it; an unreadable boot.cfg is Python's
 * error. */
int boot_esxi_modules(const char *kernel, struct strbuf *out, struct err *e) MUST_CHECK;

#endif
