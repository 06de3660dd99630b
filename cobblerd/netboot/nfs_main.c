/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_main.c - the NFS service: version 3, to be read only, with the MOUNT protocol on the same port and a port mapper. One thread for all
 * clients. The directories that it serves were opened by the master; it opens what is below them, and nothing else.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "netboot/loop.h"
#include "netboot/netboot.h"
#include "netboot/nfs_service.h"
#include "netboot/sandbox.h"

#define EVENTS 64
#define SWEEP_MS 1000
#define CORE_MS 15000              /* the core has this long to answer */
#define OWN_FILES 128              /* descriptors that are neither connections nor served files */
#define OPEN_MIN 128               /* a way to a file, and some more */

/* Events of others than connections, whose pointers are far larger. */
enum { TAG_LISTENER, TAG_END = TAG_LISTENER + NFS_LISTENERS };

/* ---- start ---- */

/* What the handles are signed with. */
static int ask_key(int core, uint8_t key[NFS_KEY_SIZE], struct err *e)
{
	struct nfs_question q = { 0 };
	union any_message m;
	struct pollfd f = { .fd = core, .events = POLLIN };
	int fd = -1, rc;
	msg_head_init(&q.head, MSG_NFS_QUESTION, sizeof(q), 1);
	if (!nb_msg_send(core, &q.head, -1, 0))
		return err_sys(e, "nfs: the core does not take a question");
	do
		rc = poll(&f, 1, CORE_MS) == 1 ? nb_answer_recv(core, MSG_NFS_ANSWER, "nfs", &m, &fd) : -1;
	while (rc == 0);
	close_fd(&fd);
	if (rc < 0)
		return err_set(e, CB_ESTATE, "nfs: the core does not answer");
	if (m.nfs_answer.status != CB_OK)
		return err_set(e, CB_EIO, "nfs: %s", m.nfs_answer.why);
	memcpy(key, m.nfs_answer.key, NFS_KEY_SIZE);
	explicit_bzero(&m, sizeof(m));
	return CB_OK;
}

static void add_ports(struct nfs_service *s, const struct nfs_listener *l)
{
	static const struct { enum nfs_listener_kind kind; uint32_t program, version; } rows[] = {
		{ NFS_LISTEN_PORTMAP, PORTMAP_PROGRAM, PORTMAP_VERSION }, { NFS_LISTEN_NFS, MOUNT_PROGRAM, MOUNT_VERSION },
		{ NFS_LISTEN_NFS, NFS3_PROGRAM, NFS3_VERSION } };
	for (size_t i = 0; i < ARRAY_LEN(rows) && s->nports < NFS_PORTS; i++)
		if (rows[i].kind == l->kind)
			s->ports[s->nports++] = (struct portmap_entry){ rows[i].program, rows[i].version,
				l->stream ? PMAP_TCP : PMAP_UDP, l->port };
}

/* Sockets as netboot_nfs_open has put them; *n: how many of the descriptors they are. */
static int take_sockets(struct nfs_service *s, const int *socks, size_t count, size_t *n, struct err *e)
{
	for (*n = 0; *n < count; ++*n) {
		struct stat st;
		struct nfs_listener *l = &s->listener[s->nlisteners];
		union nfs_addr a = { 0 };
		socklen_t len = sizeof(a), type_len = sizeof(int);
		int type = 0;
		char ip[INET6_ADDRSTRLEN];
		if (fstat(socks[*n], &st) == -1 || !S_ISSOCK(st.st_mode))
			break;
		if (s->nlisteners == NFS_LISTENERS || getsockname(socks[*n], &a.sa, &len) == -1 ||
			getsockopt(socks[*n], SOL_SOCKET, SO_TYPE, &type, &type_len) == -1)
			return err_sys(e, "nfs: cannot use a socket");
		*l = (struct nfs_listener){ .fd = socks[*n], .kind = *n < 2 ? NFS_LISTEN_NFS : NFS_LISTEN_PORTMAP,
			.stream = type == SOCK_STREAM };
		nfs_address_text(&a, ip, &l->port);
		s->nlisteners++;
		add_ports(s, l);
	}
	return s->nlisteners > 0 ? CB_OK : err_set(e, CB_ESTATE, "nfs: no socket to serve");
}

/* How many of the allowed descriptors connections and served files may have. */
static void share_files(size_t *conns, size_t *files)
{
	struct rlimit r;
	size_t most = getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < 65536 ? (size_t)r.rlim_cur : 65536;
	size_t left = most > OWN_FILES ? most - OWN_FILES : 0;
	*conns = left / 3 < NFS_CONNS_MAX ? left / 3 : NFS_CONNS_MAX;
	*files = left - *conns < NFS_OPEN_MAX ? left - *conns : NFS_OPEN_MAX;
	if (*files < OPEN_MIN)
		*files = OPEN_MIN;
}

static int make_loop(struct nfs_service *s, struct err *e)
{
	int rc = loop_open("nfs", s->core, &s->epoll, &s->signals, e);
	for (size_t i = 0; i < s->nlisteners && rc == CB_OK; i++)
		rc = loop_watch("nfs", s->epoll, s->listener[i].fd, TAG_LISTENER + i, e);
	return rc;
}

static int prepare(struct nfs_service *s, const struct value *cfg, const int *socks, size_t count, struct err *e)
{
	const struct value *exports = v_dict_get(cfg, "exports");
	uint8_t key[NFS_KEY_SIZE];
	size_t n, files;
	int rc = take_sockets(s, socks, count, &n, e);
	if (rc == CB_OK && (count - n != v_len(exports) || count - n > NFS_EXPORTS_MAX))
		rc = err_set(e, CB_ESTATE, "nfs: %zu directories for %zu exports", count - n, v_len(exports));
	if (rc == CB_OK)
		rc = ask_key(s->core, key, e);
	if (rc != CB_OK)
		return rc;
	share_files(&s->conns_max, &files);
	nfs_tree_init(&s->tree, key, files, path_root());
	explicit_bzero(key, sizeof(key));
	for (size_t i = n; i < count; i++)
		nfs_tree_export(&s->tree, v_cstr(v_list_at(exports, i - n)), socks[i]);
	if (s->nlisteners <= 2)
		s->rpcbind = nfs_rpcbind_join(s->ports, s->nports, (unsigned)v_dict_int(cfg, "portmap_port", PORTMAP_PORT));
	rc = make_loop(s, e);
	if (rc == CB_OK)
		rc = nb_sandbox_enter_files(socks + n, count - n, e);
	if (rc == CB_OK)
		nfs_tree_open_exports(&s->tree);
	return rc;
}

/* ---- the loop ---- */

/* False: it is time to go. */
static bool event(struct nfs_service *s, const struct epoll_event *ev)
{
	uint64_t tag = ev->data.u64;
	if (tag == LOOP_CORE || tag == LOOP_SIGNAL)      /* the core asks nothing: it is gone */
		return false;
	if (tag == LOOP_LOG) {
		log_take();
	} else if (tag >= TAG_END) {
		nfs_conn_event(s, ev->data.ptr, ev->events);
	} else {
		const struct nfs_listener *l = &s->listener[tag - TAG_LISTENER];
		if (l->stream)
			nfs_accept(s, l);
		else
			nfs_datagrams(s, l);
	}
	return true;
}

static void serve(struct nfs_service *s)
{
	for (bool more = true; more; ) {
		struct epoll_event ev[EVENTS];
		int n = epoll_wait(s->epoll, ev, EVENTS, SWEEP_MS);
		if (n == -1 && errno != EINTR)
			return;
		s->now_ms = clock_mono_ms();
		for (int i = 0; i < n && more; i++)
			more = event(s, &ev[i]);
		if (s->now_ms - s->swept_ms >= SWEEP_MS) {
			nfs_conns_sweep(s);
			nfs_peers_sweep(s);
			s->swept_ms = s->now_ms;
		}
		nfs_conns_bury(s);
	}
}

int netboot_nfs_main(const struct value *cfg, const int *socks, size_t n, int core_fd)
{
	struct nfs_service *s = xcalloc(1, sizeof(*s));
	struct err e;
	int status = 1;
	s->core = core_fd;
	s->rpcbind = -1;
	s->now_ms = clock_mono_ms();
	s->complaints.since_ms = s->said.since_ms = s->now_ms;
	TAILQ_INIT(&s->conns);
	if (prepare(s, cfg, socks, n, &e) != CB_OK) {
		log_error("nfs", "%s", e.text);
	} else {
		for (size_t i = 0; i < s->tree.nexports; i++)
			if (s->tree.export[i].real != NULL)
				log_info("nfs", "%s is exported", s->tree.export[i].path);
		log_info("nfs", "serving on %s port %u", v_dict_cstr(cfg, "address", "0.0.0.0"), s->listener[0].port);
		serve(s);
		status = 0;
	}
	if (s->rpcbind >= 0)
		nfs_rpcbind_leave(s->rpcbind, s->ports, s->nports);
	nfs_conns_close(s);
	if (s->tree.bucket != NULL)
		nfs_tree_free(&s->tree);
	free(s);
	return status;
}
