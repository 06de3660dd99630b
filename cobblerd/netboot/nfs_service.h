/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_service.h - the state of the NFS service process. nfs_main.c: start and loop; nfs_conn.c: connections and their answers; nfs_udp.c:
 * datagrams; nfs_calls.c: which program and procedure; nfs_read.c, nfs_dir.c: what NFS answers; nfs_mount.c: MOUNT and port mapper;
 * nfs_peers.c: who has read how much; nfs_rpcbind.c: the port mapper of this host.
 */
#ifndef NETBOOT_NFS_SERVICE_H
#define NETBOOT_NFS_SERVICE_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "netboot/nfs_tree.h"
#include "wire/portmap.h"

#define NFS_CONNS_MAX 2048         /* connections at once */
#define NFS_CONNS_PER_CLIENT 256   /* of one address: there may be many machines behind it */
#define NFS_RECORD_MAX (NFS3_DATA_MAX + 4096)      /* a call: a WRITE that is refused is the longest */
#define NFS_TRANSFER_TCP (1u << 20)                /* bytes of one READ */
#define NFS_TRANSFER_UDP (32u << 10)
#define NFS_DIR_MAX (32u << 10)    /* bytes of one answer of READDIR */
#define NFS_COPY_MAX (16u << 10)   /* data up to here goes with the answer's head in one piece */
#define NFS_ANSWER_MAX (NFS_DIR_MAX + 1024)        /* an answer but for data that is sent from the file */
#define NFS_QUEUE_BYTES (256u << 10)               /* of answers in memory: the client's next call is not read until they are less */
#define NFS_QUEUE_FILE (4u << 20)  /* of data in files that are yet to be sent, likewise */
#define NFS_QUEUE_TOTAL (64u << 20)                /* answers in memory of all connections */
#define NFS_CALLS_PER_TURN 64      /* of one connection, before others have their turn */
#define NFS_RECORD_MS 10000        /* a record that has begun is complete by then */
#define NFS_SEND_MS 60000          /* so long a client may take nothing of its answers */
#define NFS_IDLE_MS 360000         /* and so long it may say nothing */
#define NFS_PEERS 1024             /* addresses whose bytes are counted */
#define NFS_LISTENERS 8
#define NFS_PORTS 8                /* entries of the port mapper */

union nfs_addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

enum nfs_listener_kind { NFS_LISTEN_NFS, NFS_LISTEN_PORTMAP };

struct nfs_listener {
	int fd;
	enum nfs_listener_kind kind;
	bool stream;
	uint16_t port;
};

/* Who asks, and by what. */
struct nfs_client {
	char ip[INET6_ADDRSTRLEN];
	char local[INET6_ADDRSTRLEN];  /* our address that it asked */
	uint16_t port;
	bool stream;
	enum nfs_listener_kind kind;
	uint32_t tag;                  /* of its handles */
};

/* An answer being made. */
struct nfs_answer_out {
	struct wr w;
	struct nfs_node *file;         /* data that follows from a file, pinned; NULL: none */
	uint64_t offset;
	uint32_t length;
	uint32_t copied;               /* bytes of files in w */
};

struct nfs_out {
	STAILQ_ENTRY(nfs_out) next;
	struct nfs_node *file;
	uint64_t offset;
	uint32_t left;                 /* bytes of file */
	uint8_t padding;
	size_t n, done;
	uint8_t bytes[];
};

struct nfs_conn {
	TAILQ_ENTRY(nfs_conn) all;
	int fd;
	struct nfs_client who;
	uint8_t *in;
	size_t in_len, in_cap;
	STAILQ_HEAD(, nfs_out) out;
	size_t out_bytes, out_file;
	uint32_t wanted;               /* events of epoll */
	bool ended;                    /* the client sends no more */
	uint64_t bytes;                /* of files, sent since it was last told */
	int64_t record_ms, sent_ms, heard_ms;      /* when the half record began (0: none), an answer moved on, a call came */
};

TAILQ_HEAD(nfs_conns, nfs_conn);

struct nfs_peer {
	char ip[INET6_ADDRSTRLEN];     /* "": free */
	uint64_t bytes;                /* sent since it was last told */
	uint32_t conns;
	int64_t seen_ms;
};

/* Lines of the log since when, and how many were left out. */
struct nfs_limit { int64_t since_ms; unsigned lines, silenced; };

struct nfs_service {
	int core, epoll, signals, rpcbind;         /* rpcbind -1: our own port mapper, or none */
	struct nfs_listener listener[NFS_LISTENERS];
	size_t nlisteners;
	struct portmap_entry ports[NFS_PORTS];
	size_t nports;
	struct nfs_tree tree;
	struct nfs_conns conns;
	size_t nconns, conns_max, out_total;
	struct nfs_peer peer[NFS_PEERS];
	struct nfs_conn *dead;                     /* closed in this turn, freed at its end */
	int64_t now_ms, swept_ms;
	struct nfs_limit complaints, said;
	uint8_t scratch[NFS_COPY_MAX > NFS_TRANSFER_UDP ? NFS_COPY_MAX : NFS_TRANSFER_UDP];
	uint8_t answer[NFS_ANSWER_MAX + NFS_TRANSFER_UDP];
};

/* nfs_calls.c: answers one call. a->w: room for the answer; nothing in it: there is none. */
void nfs_answer(struct nfs_service *s, const struct nfs_client *who, const uint8_t *pkt, size_t n, struct nfs_answer_out *a);

/* One call of NFS, whose arguments were taken. node: of its handle. */
struct nfs_call {
	struct nfs_service *s;
	const struct nfs_client *who;
	enum nfs3_proc proc;
	struct nfs3_args args;
	struct nfs_node *node;
	struct nfs_answer_out *out;
};
/* nfs_read.c, nfs_dir.c: write the result, its status first. */
void nfs_do_getattr(struct nfs_call *c);
void nfs_do_lookup(struct nfs_call *c);
void nfs_do_access(struct nfs_call *c);
void nfs_do_readlink(struct nfs_call *c);
void nfs_do_read(struct nfs_call *c);
void nfs_do_readdir(struct nfs_call *c);           /* and READDIRPLUS */
void nfs_do_fsstat(struct nfs_call *c);
void nfs_do_fsinfo(struct nfs_call *c);
void nfs_do_pathconf(struct nfs_call *c);
/* A failure, with the attributes of the call's node where the procedure has them. */
void nfs_fail(struct nfs_call *c, enum nfs3_status status);

/* nfs_mount.c: one procedure; false: there is none of that number. *garbage: its arguments are malformed, and nothing was written. */
bool nfs_do_mount(struct nfs_service *s, const struct nfs_client *who, struct rpc_call *call, struct wr *w, bool *garbage);
bool nfs_do_portmap(struct nfs_service *s, const struct nfs_client *who, struct rpc_call *call, struct wr *w, bool *garbage);

/* nfs_conn.c */
void nfs_accept(struct nfs_service *s, const struct nfs_listener *l);
void nfs_conn_event(struct nfs_service *s, struct nfs_conn *c, uint32_t events);
void nfs_conns_sweep(struct nfs_service *s);       /* ends those whose time is over */
void nfs_conns_bury(struct nfs_service *s);        /* frees those that have ended in this turn */
void nfs_conns_close(struct nfs_service *s);
/* The address as text, without the prefix of mapped ones; the tag that its handles have. */
void nfs_address_text(const union nfs_addr *a, char out[INET6_ADDRSTRLEN], uint16_t *port);
void nfs_client_set(struct nfs_service *s, struct nfs_client *c, const union nfs_addr *from, const struct nfs_listener *l);

/* nfs_udp.c */
void nfs_datagrams(struct nfs_service *s, const struct nfs_listener *l);

/* nfs_peers.c */
void nfs_peer_add(struct nfs_service *s, const char *ip, int conns, uint64_t bytes);
void nfs_peer_tell(struct nfs_service *s, const char *ip);         /* logs what it has read */
void nfs_peers_sweep(struct nfs_service *s);
/* A line about a client that is refused: ten in ten seconds, the others are counted. About one that is not: a thousand. */
bool nfs_may_complain(struct nfs_service *s);
bool nfs_may_say(struct nfs_service *s);

/* nfs_rpcbind.c: tells the port mapper of this host; while root. -1: there is none, or it refuses (logged). Else what nfs_rpcbind_leave
 * takes. */
int nfs_rpcbind_join(const struct portmap_entry *e, size_t n, unsigned port);
void nfs_rpcbind_leave(int sock, const struct portmap_entry *e, size_t n);

#endif
