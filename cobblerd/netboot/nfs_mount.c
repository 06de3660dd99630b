/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_mount.c - MOUNT, and the port mapper: how a client finds an export and the ports.
 */
#include "base/log.h"
#include "netboot/nfs_service.h"

#define UDP_LIST_MAX 512           /* bytes: whoever did not ask for it gets no long list */

static enum mount_status mount_status_of(enum nfs3_status status)
{
	static const struct { enum nfs3_status from; enum mount_status to; } rows[] = {
		{ NFS3_OK, MNT3_OK }, { NFS3ERR_NOENT, MNT3ERR_NOENT }, { NFS3ERR_STALE, MNT3ERR_NOENT }, { NFS3ERR_ACCES, MNT3ERR_ACCES },
		{ NFS3ERR_NOTDIR, MNT3ERR_NOTDIR }, { NFS3ERR_NAMETOOLONG, MNT3ERR_NAMETOOLONG }, { NFS3ERR_JUKEBOX, MNT3ERR_SERVERFAULT },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].from == status)
			return rows[i].to;
	return MNT3ERR_IO;
}

static const char *mount_words(enum mount_status status)
{
	switch (status) {
	case MNT3ERR_NOENT: return "no such directory";
	case MNT3ERR_ACCES: return "not exported, or not readable by everybody";
	case MNT3ERR_NOTDIR: return "not a directory";
	case MNT3ERR_NAMETOOLONG: return "the path is too long";
	default: return "it cannot be opened";
	}
}

static void mount_path(struct nfs_service *s, const struct nfs_client *who, const char *path, struct wr *w)
{
	char where[MOUNT_PATH_MAX + 1];
	struct nfs_node *n;
	struct statx st;
	struct nfs3_fh fh;
	enum nfs3_status rc = nfs_tree_resolve(&s->tree, path, &n, &st);
	if (rc == NFS3_OK)
		rc = n->mode != S_IFDIR ? NFS3ERR_NOTDIR : nfs_tree_open(&s->tree, n);
	if (rc == NFS3_OK && !n->readable)
		rc = NFS3ERR_ACCES;
	enum mount_status status = mount_status_of(rc);
	if (status != MNT3_OK) {
		if (nfs_may_complain(s))
			log_warn("nfs", "%s may not mount %s: %s", who->ip, path, mount_words(status));          /* tested */
		mount_put_result(w, status, NULL, 0);
		return;
	}
	nfs_tree_path(&s->tree, n, where, sizeof(where));
	nfs_peer_add(s, who->ip, 0, 0);
	bool same = str_eq(path, where);
	if (nfs_may_say(s))
		log_info("nfs", "%s mounts %s%s%s", who->ip, path, same ? "" : ": ", same ? "" : where);          /* tested */
	nfs_tree_handle(n, who->tag, &fh);
	mount_put_result(w, MNT3_OK, fh.p, fh.n);
}

bool nfs_do_mount(struct nfs_service *s, const struct nfs_client *who, struct rpc_call *call, struct wr *w, bool *garbage)
{
	char path[MOUNT_PATH_MAX + 1];
	switch (call->procedure) {
	case MOUNT_NULL:
		return true;
	case MOUNT_MNT:
		*garbage = !mount_take_path(&call->args, path);
		if (!*garbage)
			mount_path(s, who, path, w);
		return true;
	case MOUNT_DUMP:                /* nobody needs to know who else is there */
		mount_put_end(w);
		return true;
	case MOUNT_UMNT:
		*garbage = !mount_take_path(&call->args, path);
		if (!*garbage) {
			if (nfs_may_say(s))
				log_info("nfs", "%s unmounts %s", who->ip, path);
			nfs_peer_tell(s, who->ip);
		}
		return true;
	case MOUNT_UMNTALL:
		nfs_peer_tell(s, who->ip);
		return true;
	case MOUNT_EXPORT:
		for (size_t i = 0; i < s->tree.nexports; i++)
			if (s->tree.export[i].real != NULL && (who->stream || w->len < UDP_LIST_MAX))
				mount_put_export(w, s->tree.export[i].path);
		mount_put_end(w);
		return true;
	default:
		return false;
	}
}

/* ---- the port mapper ---- */

/* As rpcbind: the port of the program in another version, too, so that the service says itself which it has. */
static uint32_t port_of(const struct nfs_service *s, uint32_t program, uint32_t protocol)
{
	for (size_t i = 0; i < s->nports; i++)
		if (s->ports[i].program == program && s->ports[i].protocol == protocol)
			return s->ports[i].port;
	return 0;
}

/* Versions 3 and 4. */
static bool do_rpcbind(struct nfs_service *s, const struct nfs_client *who, struct rpc_call *call, struct wr *w, bool *garbage)
{
	char netid[RPCBIND_TEXT_MAX + 1];
	uint32_t program, version, port;
	switch (call->procedure) {
	case RPCB_NULL:
		return true;
	case RPCB_SET: case RPCB_UNSET:
		wr_be32(w, false);
		return true;
	case RPCB_GETVERSADDR:
		if (call->version < RPCBIND_VERSION_MAX)
			return false;
		/* fall through */
	case RPCB_GETADDR:
		*garbage = !rpcbind_take(&call->args, &program, &version, netid);
		if (*garbage)
			return true;
		if (*netid == '\0')         /* none given: that by which the question came */
			port = port_of(s, program, who->stream ? PMAP_TCP : PMAP_UDP);
		else
			port = port_of(s, program, str_starts(netid, "tcp") ? PMAP_TCP : str_starts(netid, "udp") ? PMAP_UDP : 0);
		rpcbind_put_address(w, port != 0 ? who->local : "", port);
		return true;
	case RPCB_DUMP:
		if (!who->stream)
			return false;
		rpcbind_put_list(w, s->ports, s->nports, who->local);
		return true;
	default:
		return false;
	}
}

bool nfs_do_portmap(struct nfs_service *s, const struct nfs_client *who, struct rpc_call *call, struct wr *w, bool *garbage)
{
	struct portmap_entry e;
	if (call->version > PORTMAP_VERSION)
		return do_rpcbind(s, who, call, w, garbage);
	switch (call->procedure) {
	case PMAP_NULL:
		return true;
	case PMAP_SET: case PMAP_UNSET:         /* only what this server has itself */
		wr_be32(w, false);
		return true;
	case PMAP_GETPORT:
		*garbage = !portmap_take(&call->args, &e);
		if (!*garbage)
			wr_be32(w, port_of(s, e.program, e.protocol));
		return true;
	case PMAP_DUMP:
		portmap_put_list(w, s->ports, s->nports);
		return true;
	default:                                /* CALLIT too: it would call for others */
		return false;
	}
}
