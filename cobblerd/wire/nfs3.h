/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs3.h - NFS version 3 (RFC 1813), for a server that only reads: arguments of every procedure, results of those that change nothing,
 * refusals of the others. Pure.
 */
#ifndef WIRE_NFS3_H
#define WIRE_NFS3_H

#include "wire/rpc.h"

#define NFS3_PROGRAM 100003u
#define NFS3_VERSION 3
#define NFS3_PORT 2049
#define NFS3_FH_MAX 64
#define NFS3_NAME_MAX 255
#define NFS3_PATH_MAX 4095         /* of a symbolic link */
#define NFS3_DATA_MAX (32u << 10)  /* of a WRITE that is refused */

enum nfs3_proc { NFS3_NULL, NFS3_GETATTR, NFS3_SETATTR, NFS3_LOOKUP, NFS3_ACCESS, NFS3_READLINK, NFS3_READ, NFS3_WRITE, NFS3_CREATE,
	NFS3_MKDIR, NFS3_SYMLINK, NFS3_MKNOD, NFS3_REMOVE, NFS3_RMDIR, NFS3_RENAME, NFS3_LINK, NFS3_READDIR, NFS3_READDIRPLUS, NFS3_FSSTAT,
	NFS3_FSINFO, NFS3_PATHCONF, NFS3_COMMIT, NFS3_PROCS };

enum nfs3_status { NFS3_OK = 0, NFS3ERR_PERM = 1, NFS3ERR_NOENT = 2, NFS3ERR_IO = 5, NFS3ERR_ACCES = 13, NFS3ERR_NOTDIR = 20,
	NFS3ERR_ISDIR = 21, NFS3ERR_INVAL = 22, NFS3ERR_ROFS = 30, NFS3ERR_NAMETOOLONG = 63, NFS3ERR_STALE = 70, NFS3ERR_BADHANDLE = 10001,
	NFS3ERR_BAD_COOKIE = 10003, NFS3ERR_TOOSMALL = 10005, NFS3ERR_SERVERFAULT = 10006, NFS3ERR_JUKEBOX = 10008 };

enum nfs3_type { NFS3_REG = 1, NFS3_DIR, NFS3_BLK, NFS3_CHR, NFS3_LNK, NFS3_SOCK, NFS3_FIFO };

enum nfs3_access { ACCESS3_READ = 1, ACCESS3_LOOKUP = 2, ACCESS3_MODIFY = 4, ACCESS3_EXTEND = 8, ACCESS3_DELETE = 16,
	ACCESS3_EXECUTE = 32 };

enum nfs3_properties { FSF3_LINK = 1, FSF3_SYMLINK = 2, FSF3_HOMOGENEOUS = 8 };

struct nfs3_fh { size_t n; uint8_t p[NFS3_FH_MAX]; };

/* What the procedure has of these; the rest is zero. */
struct nfs3_args {
	struct nfs3_fh fh, fh2;                /* fh2: of LINK and RENAME, where to */
	size_t name_len;
	char name[NFS3_NAME_MAX + 1];          /* may hold any byte but NUL */
	bool name_bad;                         /* it is empty, too long or has a NUL in it: name_len says which; name is "" */
	uint64_t offset;                       /* or cookie */
	uint32_t count;                        /* or dircount, or the bits of ACCESS */
	uint32_t maxcount;
};

struct nfs3_time { uint32_t sec, nsec; };

struct nfs3_attr {
	enum nfs3_type type;
	uint32_t mode, nlink, uid, gid, rdev_major, rdev_minor;
	uint64_t size, used, fsid, fileid;
	struct nfs3_time atime, mtime, ctime;
};

/* Arguments of a procedure below NFS3_PROCS; r: what follows the head of the call. False: malformed. */
bool nfs3_take_args(struct rd *r, enum nfs3_proc proc, struct nfs3_args *ret) MUST_CHECK;
/* The name of a procedure for the log. */
const char *nfs3_proc_name(enum nfs3_proc proc);
bool nfs3_changes(enum nfs3_proc proc);

/* Results. attr may be NULL: not known. */
void nfs3_put_attr(struct wr *w, const struct nfs3_attr *attr);
void nfs3_put_post_attr(struct wr *w, const struct nfs3_attr *attr);
void nfs3_put_post_fh(struct wr *w, const struct nfs3_fh *fh);
/* A result that is not NFS3_OK, with all that RFC 1813 wants in it for that procedure. */
void nfs3_put_failure(struct wr *w, enum nfs3_proc proc, enum nfs3_status status, const struct nfs3_attr *attr);
/* READ without its data and their padding, which follow. */
void nfs3_put_read(struct wr *w, const struct nfs3_attr *attr, uint32_t count, bool eof);
/* READDIR and READDIRPLUS: head, entries, end. An entry of READDIRPLUS goes on with post_attr and post_fh. */
void nfs3_put_dir_head(struct wr *w, const struct nfs3_attr *attr);
void nfs3_put_entry(struct wr *w, uint64_t fileid, const char *name, size_t n, uint64_t cookie);
void nfs3_put_dir_end(struct wr *w, bool eof);
#define NFS3_DIR_END 8             /* bytes of that end */

struct nfs3_fsstat { uint64_t total, free, available, files, files_free, files_available; };
void nfs3_put_fsstat(struct wr *w, const struct nfs3_attr *attr, const struct nfs3_fsstat *s);
/* transfer: the most bytes of a READ; dir: of a READDIR. */
void nfs3_put_fsinfo(struct wr *w, const struct nfs3_attr *attr, uint32_t transfer, uint32_t dir);
void nfs3_put_pathconf(struct wr *w, const struct nfs3_attr *attr);

#endif
