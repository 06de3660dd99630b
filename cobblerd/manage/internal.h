/* SPDX-License-Identifier: GPL-2.0-or-later
 * internal.h - one sync: what its parts share.
 */
#ifndef MANAGE_INTERNAL_H
#define MANAGE_INTERNAL_H

#include <pthread.h>

#include "base/map.h"
#include "boot/internal.h"
#include "manage/manage.h"

/* The tree under the TFTP root. Entries are paths relative to it, or absolute where they lie elsewhere; the manifest
 * holds what syncs wrote. */
struct tree {
	int dirfd;                 /* of the real directory */
	char *real;                /* its path */
	const char *shown;         /* as the settings write it */
	/* entry -> signature (owned text): "" generated, "@NAME" generated for a system, ">" a link elsewhere, "=..." made by a child,
	 * else of a copy */
	struct map *old, now;
	const char *owner;         /* the system that tree_write and tree_symlink write for; NULL: none */
	struct map scope;          /* partial: systems whose entries of old go when they are not in now */
	struct map dirs;           /* directories that exist */
	bool partial;              /* entries of old that are not in now stay */
	size_t written, same;
	unsigned lane;             /* threads that write at once have names of their own for what is not finished */
};

#define SYNC_MANIFEST_MAX (256u << 20)

struct sync {
	struct boot_run r;
	struct task *t;
	struct strbuf *lines;      /* not NULL: say() adds lines here instead */
	struct tree tree;
	struct dhcp *dhcp;         /* collected on the way, NULL when not wanted */
	size_t failed, systems;    /* items that could not be written, systems among them; the others are, and the sync ends with first */
	struct err first;
	unsigned restart;          /* external servers that wait for new files: enum host_daemon */
	bool held;                 /* files are being written: other syncs wait */
	bool later;                /* nobody waits for restarts */
	bool follows;              /* an edit made it, nobody asked for it: a thing that is set up half is no failure */
	size_t host_files;         /* files of the host that it wrote */
	bool zones_same;           /* the zones that are there say all: named need not read them again */
	/* of remote_files_fetch: addresses of files that could not be fetched, and why; NULL: nothing was asked for */
	struct value *remote;
	struct windows_plan *windows;      /* between windows_begin and windows_write */
};

/* t: the task that it is, or NULL. */
void sync_begin(struct sync *s, struct core *c, struct task *t);
/* Files are written from here to sync_release(): other syncs wait. Triggers run outside, since they may well edit something. */
void sync_hold(struct sync *s);
void sync_release(struct sync *s);
/* "sync/pre", "sync/post" */
int sync_triggers(struct sync *s, const char *event, struct err *e) MUST_CHECK;
bool sync_on(struct sync *s, const char *setting);
/* The whole tree and what lies beside it for the web. DHCP collects on the way, when s->dhcp is there. */
int sync_tree(struct sync *s, struct err *e) MUST_CHECK;
/* For DHCP: every system counts, also where only some are written. */
void sync_collect_all(struct sync *s);
/* What comes after the tree, the same for all systems and for some: the files of external servers. */
int sync_host_files(struct sync *s, struct err *e) MUST_CHECK;
/* What the sync as a whole came to: rc, else the error of the first item that failed. */
int sync_outcome(struct sync *s, int rc, struct err *e) MUST_CHECK;
/* Frees all. External servers read what was written once other syncs may go on. Returns rc, else what became of the restarts. */
int sync_end(struct sync *s, int rc, struct err *e) MUST_CHECK;

/* Into the task's log and ours, in Cobbler's words. */
void say(struct sync *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* One item that cannot be written must not keep the machines of the others from booting: it is told, and the sync fails at its end. */
void note_failure(struct sync *s, const struct item *it, const struct err *e);
/* What an item asks for besides, and cannot have: it is told, and no more. */
void note_problem(struct sync *s, const struct item *it, const struct err *e);

/* dir: the root, made where it is missing. partial: only for some items, entries of others stay. Reads what the last sync wrote. */
int tree_open(struct tree *t, const char *dir, bool partial, struct err *e) MUST_CHECK;
/* The same tree for another thread, number from 1 on. Its notes are its own until tree_join moves them to t. twice (a list, or NULL):
 * systems that both have the same file. */
void tree_lane(struct tree *lane, const struct tree *t, unsigned number);
void tree_join(struct tree *t, struct tree *lane, struct value *twice);
/* rel (which may be an absolute path, of what the web has) as messages show it. Returns owned. */
char *tree_shown(const struct tree *t, const char *rel);
/* A file with these bytes, replaced at once; an equal one is left alone. */
int tree_write(struct tree *t, const char *rel, const void *p, size_t n, struct err *e) MUST_CHECK;
int tree_symlink(struct tree *t, const char *rel, const char *to, struct err *e) MUST_CHECK;
/* A copy of a file elsewhere: a hard link where that is possible. how: what was done ("" when it was there already). */
int tree_copy(struct tree *t, const char *rel, const char *src, const char **how, struct err *e) MUST_CHECK;
/* A file that takes long to make: what is there was made from *inputs* (a few letters) and is as it was left, and stays. */
bool tree_is_made(struct tree *t, const char *rel, const char *inputs);
/* dir/name becomes that file. */
int tree_place(struct tree *t, const char *rel, const char *dir, const char *name, const char *inputs, struct err *e) MUST_CHECK;
/* All of a file at once, by sharing its blocks; false where the file system cannot. */
bool tree_clone(int from, int to);
/* A link elsewhere (its absolute path) that was found or made in order: it goes when it is not wanted any more. */
void tree_note_link(struct tree *t, const char *path);
int tree_mkdir(struct tree *t, const char *rel, struct err *e) MUST_CHECK;
/* A partial sync is about this system: what it no longer has is removed at the end. */
void tree_scope(struct tree *t, const char *system);
/* Nothing will be removed. */
void tree_keep_all(struct tree *t);
/* tree_close with what the sync came to so far: the first error wins; a tree is closed in any case, and half a sync removes nothing. */
int close_tree(struct sync *s, int rc, struct err *e) MUST_CHECK;
/* Removes left-over files and writes the manifest. gone (may be NULL) is told each. */
int tree_close(struct tree *t, void (*gone)(void *arg, const char *rel), void *arg, struct err *e) MUST_CHECK;

/* Asks for the files that distros have elsewhere; missing: only for those of which there is no copy, and waits for whoever asks already.
 * Not to be called while a sync is held up. Why something could not be had is told when it is copied. */
void remote_files_fetch(struct sync *s, bool missing);
/* The copy of a file elsewhere, as tree_copy; nothing where none was fetched yet, and nobody asked. */
int remote_files_copy(struct sync *s, const char *rel, const char *url, struct err *e) MUST_CHECK;
/* Distros were saved: a task fetches what they have elsewhere, and puts it into the tree. */
void remote_files_later(struct core *c);
/* Second names of files that Cobbler keeps (.link_cache) and that are the last by now. compat: clean_link_cache */
void clean_link_caches(struct sync *s);
/* Kernel and ramdisk of a distro into the tree. */
int copy_distro(struct sync *s, const struct item *distro, struct err *e) MUST_CHECK;
/* The whole tree: loaders, media, systems, menus. */
int write_tftp_tree(struct sync *s, struct err *e) MUST_CHECK;
/* What the loaders read of one system. t: filled in when it is CB_OK, then to be cleared by the caller. */
int write_system(struct sync *s, const struct item *sys, struct boot_target *t, struct err *e) MUST_CHECK;
int write_systems(struct sync *s, struct err *e) MUST_CHECK;
int write_menus(struct sync *s, struct err *e) MUST_CHECK;
/* Links for the web and template_files; boot_files. compat: what cannot be made is told, and no more. */
void write_distro_web(struct sync *s, const struct item *distro);
void write_boot_files(struct sync *s, const struct item *distro);

/* webdir/images/DISTRO/FILE -> the file src (absolute; NULL: nothing). What cannot be made is told, and no more. */
void link_for_web(struct sync *s, const char *distro, const char *src);
/* The folder right below mirror that a file is in (owned); NULL: it is elsewhere. */
char *tree_of_file(const char *mirror, const char *path);

/* windows.c: what windows_enabled wants. begin: before the files of distros are copied; what it has (a path as for
 * tree_write) is no copy then. */
void windows_begin(struct sync *s);
/* Whether there may be any. */
bool windows_any(struct sync *s);
bool windows_has(const struct sync *s, const char *rel);
/* Makes them; one that fails keeps none of the others, and is told. */
int windows_write(struct sync *s, struct err *e) MUST_CHECK;
void windows_end(struct sync *s);
/* Those that these systems name, whosever they are. */
int windows_of_systems(struct sync *s, const struct value *names, struct err *e) MUST_CHECK;

/* A configuration file of the host (path as Cobbler names it), rendered from a template of /etc/cobbler. */
int write_config(
	struct sync *s, const char *template, const char *path, const struct value *vars, struct err *e) MUST_CHECK;
/* Its text alone; appends. */
int render_config(struct sync *s, const char *template, const struct value *vars, struct strbuf *text, struct err *e) MUST_CHECK;
int write_host_file(struct sync *s, const char *path, const struct strbuf *text, struct err *e) MUST_CHECK;
struct value *date_now(void);

/* DHCP: interfaces are collected from the systems, then written for isc or dnsmasq. */
struct dhcp *dhcp_new(struct sync *s);
void dhcp_free(struct dhcp *d);
int dhcp_collect(struct dhcp *d, struct sync *s, const struct boot_target *t, struct err *e) MUST_CHECK;
int dhcp_write(struct dhcp *d, struct sync *s, struct err *e) MUST_CHECK;
bool dhcp_is_dnsmasq(struct sync *s);
/* dnsmasq.conf alone, for a dnsmasq that is the DNS server only: that file is of both. */
int dnsmasq_conf(struct sync *s, struct err *e) MUST_CHECK;

/* Zones and configuration for the server that modules.conf names; dns_is_...: is it that one? */
int dns_write(struct sync *s, struct err *e) MUST_CHECK;
bool dns_is_dnsmasq(struct sync *s);
bool dns_is_bind(struct sync *s);
/* /etc/rsyncd.conf; /etc/genders. Each where its setting asks for it. */
int rsync_write(struct sync *s, struct err *e) MUST_CHECK;
int genders_write(struct sync *s, struct err *e) MUST_CHECK;

/* restart.c: the external servers (a mask of enum host_daemon) that the settings want restarted after files of DHCP or
 * of DNS were written. */
unsigned daemons_to_restart(struct sync *s, bool dhcp, bool dns);
/* Restarts them, together with what other syncs asked for meanwhile; returns when it is done. Not to be called while a sync is held up. */
int restart_daemons(struct core *c, unsigned daemons, struct strbuf *output, struct err *e) MUST_CHECK;
/* The same as a task that others' requests join until it begins. */
void restart_later(struct core *c, unsigned daemons);

/* once.c: starts the task unless one waits that has not begun. */
struct once {
	const char *role, *name;
	int (*fn)(struct task *t, void *core, struct err *e);
	pthread_mutex_t lock;
	bool waits;
};
void once_start(struct once *o, struct core *c);

/* layout.c: absolute paths, without the root prefix; never freed. */
struct host_layout {
	const char *dhcpd_conf, *dhcpd6_conf, *named_conf;
};
const struct host_layout *host_layout(void);

#endif
