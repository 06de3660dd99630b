/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs3.c - NFS version 3: see nfs3.h.
 */
#include "wire/nfs3.h"

#define MULTIPLE 4096              /* what is read by multiples of it is read best */
#define LINKS_MAX 32000

/* args: h handle, H second handle, n name, N name of no interest, u count, m maxcount, q offset, s sattr3, g sattrguard3, v cookie
 * verifier, w a word of no interest, o data, c createhow3, k symbolic link, d mknoddata3.
 * failure: what follows the status of a failure: a post_op_attr, w wcc_data. */
static const struct procedure {
	const char *name, *args, *failure;
	bool changes;
} procedures[NFS3_PROCS] = {
	[NFS3_NULL] = { "NULL", "", "", false },
	[NFS3_GETATTR] = { "GETATTR", "h", "", false },
	[NFS3_SETATTR] = { "SETATTR", "hsg", "w", true },
	[NFS3_LOOKUP] = { "LOOKUP", "hn", "a", false },
	[NFS3_ACCESS] = { "ACCESS", "hu", "a", false },
	[NFS3_READLINK] = { "READLINK", "h", "a", false },
	[NFS3_READ] = { "READ", "hqu", "a", false },
	[NFS3_WRITE] = { "WRITE", "hquwo", "w", true },
	[NFS3_CREATE] = { "CREATE", "hnc", "w", true },
	[NFS3_MKDIR] = { "MKDIR", "hns", "w", true },
	[NFS3_SYMLINK] = { "SYMLINK", "hnsk", "w", true },
	[NFS3_MKNOD] = { "MKNOD", "hnd", "w", true },
	[NFS3_REMOVE] = { "REMOVE", "hn", "w", true },
	[NFS3_RMDIR] = { "RMDIR", "hn", "w", true },
	[NFS3_RENAME] = { "RENAME", "hnHN", "ww", true },
	[NFS3_LINK] = { "LINK", "hHN", "aw", true },
	[NFS3_READDIR] = { "READDIR", "hqvu", "a", false },
	[NFS3_READDIRPLUS] = { "READDIRPLUS", "hqvum", "a", false },
	[NFS3_FSSTAT] = { "FSSTAT", "h", "a", false },
	[NFS3_FSINFO] = { "FSINFO", "h", "a", false },
	[NFS3_PATHCONF] = { "PATHCONF", "h", "a", false },
	[NFS3_COMMIT] = { "COMMIT", "hqu", "w", true },
};

static void take_fh(struct rd *r, struct nfs3_fh *fh)
{
	size_t n = 0;
	const uint8_t *p = xdr_take_opaque(r, NFS3_FH_MAX, &n);
	if (p == NULL)
		return;
	memcpy(fh->p, p, n);
	fh->n = n;
}

/* A name that is too long is an answer of NFS, not of RPC. */
static void take_name(struct rd *r, struct nfs3_args *a)
{
	size_t n = 0;
	const uint8_t *p = xdr_take_opaque(r, r->left, &n);
	if (p == NULL)
		return;
	a->name_len = n;
	a->name_bad = n == 0 || n > NFS3_NAME_MAX || memchr(p, 0, n) != NULL;
	if (!a->name_bad)
		memcpy(a->name, p, n);
}

static void skip_opaque(struct rd *r, size_t max)
{
	size_t n;
	xdr_take_opaque(r, max, &n);
}

/* RFC 1813 section 2.5, sattr3: mode, uid, gid, size, and two times that may be the server's or the client's. */
static void skip_sattr(struct rd *r)
{
	static const size_t sizes[] = { 4, 4, 4, 8 };
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		uint32_t set = rd_be32(r);
		r->bad = r->bad || set > 1;
		rd_skip(r, set == 1 ? sizes[i] : 0);
	}
	for (int i = 0; i < 2; i++) {
		uint32_t how = rd_be32(r);
		r->bad = r->bad || how > 2;
		rd_skip(r, how == 2 ? 8 : 0);
	}
}

static void skip_guard(struct rd *r)
{
	uint32_t set = rd_be32(r);
	r->bad = r->bad || set > 1;
	rd_skip(r, set == 1 ? 8 : 0);
}

static void skip_createhow(struct rd *r)
{
	uint32_t how = rd_be32(r);
	if (how == 2)                   /* EXCLUSIVE: a verifier */
		rd_skip(r, 8);
	else if (how < 2)
		skip_sattr(r);
	else
		r->bad = true;
}

static void skip_mknoddata(struct rd *r)
{
	uint32_t type = rd_be32(r);
	if (type == NFS3_CHR || type == NFS3_BLK || type == NFS3_SOCK || type == NFS3_FIFO)
		skip_sattr(r);
	if (type == NFS3_CHR || type == NFS3_BLK)
		rd_skip(r, 8);
}

static void take_one(struct rd *r, char what, struct nfs3_args *a)
{
	switch (what) {
	case 'h': take_fh(r, &a->fh); break;
	case 'H': take_fh(r, &a->fh2); break;
	case 'n': take_name(r, a); break;
	case 'N': skip_opaque(r, r->left); break;
	case 'u': a->count = rd_be32(r); break;
	case 'm': a->maxcount = rd_be32(r); break;
	case 'q': a->offset = rd_be64(r); break;
	case 's': skip_sattr(r); break;
	case 'g': skip_guard(r); break;
	case 'v': rd_skip(r, 8); break;
	case 'w': rd_skip(r, 4); break;
	case 'o': skip_opaque(r, NFS3_DATA_MAX); break;
	case 'c': skip_createhow(r); break;
	case 'k': skip_opaque(r, NFS3_PATH_MAX); break;
	case 'd': skip_mknoddata(r); break;
	}
}

bool nfs3_take_args(struct rd *r, enum nfs3_proc proc, struct nfs3_args *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (const char *p = procedures[proc].args; *p != '\0' && !r->bad; p++)
		take_one(r, *p, ret);
	return !r->bad;
}

const char *nfs3_proc_name(enum nfs3_proc proc)
{
	return proc < NFS3_PROCS ? procedures[proc].name : "?";
}

bool nfs3_changes(enum nfs3_proc proc)
{
	return procedures[proc].changes;
}

static void put_time(struct wr *w, struct nfs3_time t)
{
	wr_be32(w, t.sec);
	wr_be32(w, t.nsec);
}

void nfs3_put_attr(struct wr *w, const struct nfs3_attr *a)
{
	wr_be32(w, a->type);
	wr_be32(w, a->mode);
	wr_be32(w, a->nlink);
	wr_be32(w, a->uid);
	wr_be32(w, a->gid);
	wr_be64(w, a->size);
	wr_be64(w, a->used);
	wr_be32(w, a->rdev_major);
	wr_be32(w, a->rdev_minor);
	wr_be64(w, a->fsid);
	wr_be64(w, a->fileid);
	put_time(w, a->atime);
	put_time(w, a->mtime);
	put_time(w, a->ctime);
}

void nfs3_put_post_attr(struct wr *w, const struct nfs3_attr *attr)
{
	wr_be32(w, attr != NULL);
	if (attr != NULL)
		nfs3_put_attr(w, attr);
}

void nfs3_put_post_fh(struct wr *w, const struct nfs3_fh *fh)
{
	wr_be32(w, fh != NULL);
	if (fh != NULL)
		xdr_put_opaque(w, fh->p, fh->n);
}

void nfs3_put_failure(struct wr *w, enum nfs3_proc proc, enum nfs3_status status, const struct nfs3_attr *attr)
{
	wr_be32(w, status);
	for (const char *p = procedures[proc].failure; *p != '\0'; p++) {
		if (*p == 'w')
			wr_be32(w, 0);          /* wcc_data: no attributes from before */
		nfs3_put_post_attr(w, attr);
		attr = NULL;                    /* those of another object are not known */
	}
}

void nfs3_put_read(struct wr *w, const struct nfs3_attr *attr, uint32_t count, bool eof)
{
	wr_be32(w, NFS3_OK);
	nfs3_put_post_attr(w, attr);
	wr_be32(w, count);
	wr_be32(w, eof);
	wr_be32(w, count);
}

void nfs3_put_dir_head(struct wr *w, const struct nfs3_attr *attr)
{
	wr_be32(w, NFS3_OK);
	nfs3_put_post_attr(w, attr);
	wr_zero(w, 8);                  /* cookie verifier: cookies stay good */
}

void nfs3_put_entry(struct wr *w, uint64_t fileid, const char *name, size_t n, uint64_t cookie)
{
	wr_be32(w, 1);
	wr_be64(w, fileid);
	xdr_put_opaque(w, name, n);
	wr_be64(w, cookie);
}

void nfs3_put_dir_end(struct wr *w, bool eof)
{
	wr_be32(w, 0);
	wr_be32(w, eof);
}

void nfs3_put_fsstat(struct wr *w, const struct nfs3_attr *attr, const struct nfs3_fsstat *s)
{
	wr_be32(w, NFS3_OK);
	nfs3_put_post_attr(w, attr);
	wr_be64(w, s->total);
	wr_be64(w, s->free);
	wr_be64(w, s->available);
	wr_be64(w, s->files);
	wr_be64(w, s->files_free);
	wr_be64(w, s->files_available);
	wr_be32(w, 0);                  /* invarsec */
}

void nfs3_put_fsinfo(struct wr *w, const struct nfs3_attr *attr, uint32_t transfer, uint32_t dir)
{
	wr_be32(w, NFS3_OK);
	nfs3_put_post_attr(w, attr);
	wr_be32(w, transfer);
	wr_be32(w, transfer);
	wr_be32(w, MULTIPLE);
	wr_be32(w, NFS3_DATA_MAX);
	wr_be32(w, NFS3_DATA_MAX);
	wr_be32(w, MULTIPLE);
	wr_be32(w, dir);
	wr_be64(w, INT64_MAX);          /* file size */
	wr_be32(w, 0);
	wr_be32(w, 1);                  /* the server's clock: nanoseconds */
	wr_be32(w, FSF3_LINK | FSF3_SYMLINK | FSF3_HOMOGENEOUS);
}

void nfs3_put_pathconf(struct wr *w, const struct nfs3_attr *attr)
{
	wr_be32(w, NFS3_OK);
	nfs3_put_post_attr(w, attr);
	wr_be32(w, LINKS_MAX);
	wr_be32(w, NFS3_NAME_MAX);
	wr_be32(w, true);               /* no_trunc */
	wr_be32(w, true);               /* chown_restricted */
	wr_be32(w, false);              /* case_insensitive */
	wr_be32(w, true);               /* case_preserving */
}
