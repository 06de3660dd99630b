/* SPDX-License-Identifier: GPL-2.0-or-later
 * mount3.c - the MOUNT protocol: see mount3.h.
 */
#include "wire/mount3.h"

bool mount_take_path(struct rd *r, char path[MOUNT_PATH_MAX + 1])
{
	size_t n = 0;
	const uint8_t *p = xdr_take_opaque(r, MOUNT_PATH_MAX, &n);
	if (r->bad || memchr(p, 0, n) != NULL)
		return false;
	memcpy(path, p, n);
	path[n] = '\0';
	return true;
}

void mount_put_result(struct wr *w, enum mount_status status, const void *fh, size_t n)
{
	wr_be32(w, status);
	if (status != MNT3_OK)
		return;
	xdr_put_opaque(w, fh, n);
	wr_be32(w, 2);
	wr_be32(w, RPC_AUTH_SYS);
	wr_be32(w, RPC_AUTH_NONE);
}

void mount_put_export(struct wr *w, const char *path)
{
	wr_be32(w, 1);
	xdr_put_opaque(w, path, strlen(path));
	wr_be32(w, 0);                  /* no groups: everybody */
}

void mount_put_end(struct wr *w)
{
	wr_be32(w, 0);
}
