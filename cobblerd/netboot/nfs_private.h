/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_private.h - between nfs_tree.c (nodes) and nfs_find.c (ways to them).
 */
#ifndef NETBOOT_NFS_PRIVATE_H
#define NETBOOT_NFS_PRIVATE_H

#include "netboot/nfs_tree.h"

/* Is this the file that the node stands for? */
bool nfs_node_is(const struct nfs_node *n, const struct statx *st);
uint32_t nfs_birth_of(const struct statx *st);
/* The node of an entry of a directory, made when there is none; NULL: too deep, or all nodes are in use. */
struct nfs_node *nfs_node_child(struct nfs_tree *t, struct nfs_node *dir, const char *name, const struct statx *st);
/* By the handle without its tag; NULL: not known. */
struct nfs_node *nfs_node_of(struct nfs_tree *t, const uint8_t *key, size_t n);

#endif
