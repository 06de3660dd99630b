/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_tree.h - the files that NFS serves: which handle means which, what is known about them, which are open.
 *
 * Everything is reached from the directory of an export, one name at a time, and no symbolic link is followed: clients do that. Nodes and
 * open files are kept by use, so that a READ is one look-up; what was dropped, or is from before a restart, is found again by its handle.
 */
#ifndef NETBOOT_NFS_TREE_H
#define NETBOOT_NFS_TREE_H

#include <sys/queue.h>
#include <sys/stat.h>

#include "netboot/nfs_handle.h"
#include "wire/mount3.h"

#define NFS_EXPORTS_MAX 32
#define NFS_NODES_MAX 65536        /* files that are remembered; some 200 bytes each */
#define NFS_OPEN_MAX 4096          /* of them open */
#define NFS_SEARCH_MAX 1000000     /* directory entries looked at to find one handle again */
#define NFS_LINKS_MAX 16           /* symbolic links on the way of a path that is mounted */

struct nfs_node {
	struct nfs_node *parent, *chain;       /* parent NULL: an export */
	TAILQ_ENTRY(nfs_node) by_use, by_open;
	uint32_t children, pins;
	int fd;                                /* -1: not open */
	bool readable;                         /* fd can be read, and does not only name the file */
	uint8_t export, depth;
	uint16_t hash, mode;                   /* of the name; only the type of the mode */
	uint64_t ino;
	uint32_t birth;
	uint8_t key_len, key[NFS3_FH_MAX];     /* the handle without the client's tag */
	char *name;
};

struct nfs_export {
	char *path;                    /* as clients name it */
	char *real;                    /* as the kernel names it; NULL: it is not there */
	uint16_t id;
	uint64_t fsid;
	struct statx at_start;
	struct nfs_node root;
};

TAILQ_HEAD(nfs_nodes, nfs_node);

struct nfs_lost { uint64_t mac; int64_t until_ms; };

struct nfs_tree {
	struct nfs_key key;
	struct nfs_export export[NFS_EXPORTS_MAX];
	size_t nexports;
	struct nfs_node **bucket;
	struct nfs_nodes by_use, by_open;      /* the last used first */
	size_t nodes, open, open_max;
	struct nfs_lost lost[64];              /* handles that were searched for in vain a moment ago */
	size_t next_lost;
	char *root;                            /* what links may begin with: the root of all paths, or "" */
};

/* key: of NFS_KEY_SIZE bytes. open_max: descriptors that may be used. */
void nfs_tree_init(struct nfs_tree *t, const uint8_t *key, size_t open_max, const char *root);
void nfs_tree_free(struct nfs_tree *t);
/* dir: open (O_PATH will do), taken; not a directory: the export is named, but not there. Before the sandbox: it asks /proc for dir's
 * path. */
void nfs_tree_export(struct nfs_tree *t, const char *path, int dir);

/* Once the process has the rights that it keeps: opens the directories, so that what others may not read is not read. */
void nfs_tree_open_exports(struct nfs_tree *t);

/* The file of a handle; *tag as in nfs_handle_parse. The node is good until the next call, unless it is pinned. */
enum nfs3_status nfs_tree_find(struct nfs_tree *t, const struct nfs3_fh *fh, int64_t now_ms, struct nfs_node **ret,
	uint32_t *tag) MUST_CHECK;
/* What it is now. NFS3ERR_STALE when it is gone, or another file has its place. */
enum nfs3_status nfs_tree_stat(struct nfs_tree *t, struct nfs_node *n, struct statx *st) MUST_CHECK;
/* Opens n->fd: for reading a file or directory where that is allowed (n->readable). */
enum nfs3_status nfs_tree_open(struct nfs_tree *t, struct nfs_node *n) MUST_CHECK;
/* The entry of a directory, "." and ".." too. *st: what it is. */
enum nfs3_status nfs_tree_lookup(struct nfs_tree *t, struct nfs_node *dir, const char *name, struct nfs_node **ret, struct statx *st)
	MUST_CHECK;
/* The same of a directory that is open and has just been looked at. */
enum nfs3_status nfs_tree_entry(struct nfs_tree *t, struct nfs_node *dir, const char *name, struct nfs_node **ret, struct statx *st)
	MUST_CHECK;
/* The node of a path as clients mount it; symbolic links on the way are followed inside of the exports. */
enum nfs3_status nfs_tree_resolve(struct nfs_tree *t, const char *path, struct nfs_node **ret, struct statx *st) MUST_CHECK;

/* lstat of an entry, which has no slash in it; 0 or errno. */
int nfs_stat_entry(int dir, const char *name, struct statx *st);

/* A pinned node stays, and so does what is open of it. */
void nfs_tree_pin(struct nfs_node *n);
void nfs_tree_unpin(struct nfs_node *n);

void nfs_tree_handle(const struct nfs_node *n, uint32_t tag, struct nfs3_fh *ret);
void nfs_tree_attr(const struct nfs_tree *t, const struct nfs_node *n, const struct statx *st, struct nfs3_attr *ret);
uint64_t nfs_tree_fileid(const struct nfs_tree *t, const struct nfs_node *n, const struct statx *st);
/* The path as clients name it; cut off where it is longer than cap. */
void nfs_tree_path(const struct nfs_tree *t, const struct nfs_node *n, char *out, size_t cap);
/* What a failed system call on a file means to a client. */
enum nfs3_status nfs_status_of(int error);

#endif
