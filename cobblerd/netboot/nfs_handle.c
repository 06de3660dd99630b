/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_handle.c - see nfs_handle.h.
 */
#include "netboot/nfs_handle.h"
#include "base/clock.h"
#include "base/siphash.h"

#define LAYOUT 1                   /* first byte; another one when any of this changes */
#define FIXED 16                   /* layout, depth, export, inode, birth */
#define MAC_SIZE 8
#define HASH_ROOM (NFS3_FH_MAX - FIXED - MAC_SIZE - NFS_TAG_SIZE)

_Static_assert(HASH_ROOM == NFS_DEPTH_MAX, "one byte a name is what the deepest handle has");

void nfs_key_set(struct nfs_key *k, const uint8_t bytes[NFS_KEY_SIZE])
{
	struct rd r = rd_make(bytes, NFS_KEY_SIZE);
	k->k[0] = rd_le64(&r);
	k->k[1] = rd_le64(&r);
}

uint64_t nfs_hash(const struct nfs_key *k, const void *p, size_t n)
{
	return siphash(k->k, p, n, 2, 4);
}

uint16_t nfs_name_hash(const struct nfs_key *k, const char *name)
{
	return (uint16_t)nfs_hash(k, name, strlen(name));
}

/* Two bytes a name while there is room for that. */
static size_t width_of(unsigned depth)
{
	return depth <= HASH_ROOM / 2 ? 2 : 1;
}

uint16_t nfs_hash_mask(unsigned depth)
{
	return width_of(depth) == 2 ? 0xffff : 0xff;
}

uint32_t nfs_address_tag(const struct nfs_key *k, const void *address, size_t n)
{
	struct nfs_key own = { { k->k[0] ^ 1, k->k[1] } };              /* apart from handles and names */
	return (uint32_t)nfs_hash(&own, address, n) | 1;
}

void nfs_handle_build(const struct nfs_key *k, const struct nfs_ident *id, uint32_t tag, struct nfs3_fh *ret)
{
	struct wr w = wr_make(ret->p, sizeof(ret->p));
	wr_u8(&w, LAYOUT);
	wr_u8(&w, id->depth);
	wr_be16(&w, id->export);
	wr_be64(&w, id->ino);
	wr_be32(&w, id->birth);
	for (size_t i = 0; i < id->depth; i++) {
		if (width_of(id->depth) == 2)
			wr_be16(&w, id->hash[i]);
		else
			wr_u8(&w, (uint8_t)id->hash[i]);
	}
	wr_be64(&w, nfs_hash(k, ret->p, w.len));
	wr_be32(&w, tag);
	ret->n = w.len;
}

bool nfs_handle_parse(const struct nfs_key *k, const struct nfs3_fh *fh, struct nfs_ident *ret, uint32_t *tag)
{
	struct rd r = rd_make(fh->p, fh->n);
	struct nfs_ident id = { 0 };
	uint8_t mac[MAC_SIZE];
	if (rd_u8(&r) != LAYOUT)
		return false;
	id.depth = rd_u8(&r);
	if (id.depth > NFS_DEPTH_MAX || fh->n != FIXED + id.depth * width_of(id.depth) + MAC_SIZE + NFS_TAG_SIZE)
		return false;
	id.export = rd_be16(&r);
	id.ino = rd_be64(&r);
	id.birth = rd_be32(&r);
	for (size_t i = 0; i < id.depth; i++)
		id.hash[i] = width_of(id.depth) == 2 ? rd_be16(&r) : rd_u8(&r);
	struct wr w = wr_make(mac, sizeof(mac));
	wr_be64(&w, nfs_hash(k, fh->p, fh->n - MAC_SIZE - NFS_TAG_SIZE));
	const uint8_t *given = rd_take(&r, MAC_SIZE);
	if (given == NULL || !const_time_eq(given, mac, MAC_SIZE))
		return false;
	*tag = rd_be32(&r);
	*ret = id;
	return true;
}
