/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_handle.h - NFS file handles that say by themselves where the file is, and that only this server can make.
 *
 * A handle has the export, the file's inode number and time of birth, and a short hash of each name on the way to it: a service that has
 * just been started finds the file again by reading the directories on that way, and knows by inode and birth that it is the same. A keyed
 * hash over all that keeps clients from making handles whose search costs much. Four bytes at the end belong to the client's address:
 * over UDP a handle is good for that address only, so that nobody can have large answers sent to another one.
 */
#ifndef NETBOOT_NFS_HANDLE_H
#define NETBOOT_NFS_HANDLE_H

#include "netboot/messages.h"
#include "wire/nfs3.h"

#define NFS_DEPTH_MAX 36           /* names below the export: what fits into 64 bytes */
#define NFS_TAG_SIZE 4

struct nfs_key { uint64_t k[2]; };

struct nfs_ident {
	uint16_t export;               /* hash of its path */
	uint8_t depth;                 /* 0: the export itself; inode and birth are 0 then */
	uint64_t ino;
	uint32_t birth;
	uint16_t hash[NFS_DEPTH_MAX];  /* nfs_name_hash of each name; of a parsed handle only the bits of nfs_hash_mask count */
};

void nfs_key_set(struct nfs_key *k, const uint8_t bytes[NFS_KEY_SIZE]);
/* SipHash-2-4. */
uint64_t nfs_hash(const struct nfs_key *k, const void *p, size_t n);
uint16_t nfs_name_hash(const struct nfs_key *k, const char *name);
uint16_t nfs_hash_mask(unsigned depth);
/* Of the bytes of an address; not 0. */
uint32_t nfs_address_tag(const struct nfs_key *k, const void *address, size_t n);

void nfs_handle_build(const struct nfs_key *k, const struct nfs_ident *id, uint32_t tag, struct nfs3_fh *ret);
/* False: not one of ours. *tag is whatever stands there. */
bool nfs_handle_parse(const struct nfs_key *k, const struct nfs3_fh *fh, struct nfs_ident *ret, uint32_t *tag) MUST_CHECK;

#endif
