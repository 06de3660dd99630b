/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_calls_fuzz.c - any bytes as a call of NFS, MOUNT or the port mapper to a service with a small tree: it answers within its
 * bounds, and pins nothing but what the answer needs. First byte: whether the call is as it stands, or which procedure gets a good
 * handle before its other arguments; second byte: which handle, and which port.
 */
#include "base/fuzzkit.h"

#include "netboot/nfs_service.h"

static struct nfs_service *s;

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void start(void)
{
	static const uint8_t key[NFS_KEY_SIZE] = { 1 };
	root_make();
	put_text("/x/a/file", "some text that can be read\n");
	put_text("/x/a/b/c", "");
	char *dir = path_of("/x"), *link = path_of("/x/link");
	require(symlink("a/file", link) == 0);
	s = xcalloc(1, sizeof(*s));
	TAILQ_INIT(&s->conns);
	nfs_tree_init(&s->tree, key, 128, root);
	nfs_tree_export(&s->tree, "/x", open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	nfs_tree_open_exports(&s->tree);
	s->ports[s->nports++] = (struct portmap_entry){ NFS3_PROGRAM, NFS3_VERSION, PMAP_TCP, NFS3_PORT };
	free(dir);
	free(link);
}

static size_t with_handle(uint8_t *out, size_t cap, unsigned proc, unsigned which, const struct nfs_client *who,
	const uint8_t *rest, size_t n)
{
	static const char *const paths[] = { "/x", "/x/a", "/x/a/b" };
	struct wr w = wr_make(out, cap);
	struct nfs_node *node;
	struct statx st;
	struct nfs3_fh fh;
	require(nfs_tree_resolve(&s->tree, paths[which % ARRAY_LEN(paths)], &node, &st) == NFS3_OK);
	if (which >= ARRAY_LEN(paths))
		require(nfs_tree_lookup(&s->tree, &s->tree.export[0].root, which == 3 ? "link" : "a", &node, &st) == NFS3_OK);
	if (which >= ARRAY_LEN(paths) + 1)
		require(nfs_tree_lookup(&s->tree, node, "file", &node, &st) == NFS3_OK);
	nfs_tree_handle(node, who->tag, &fh);
	const uint32_t head[] = { 7, 0, 2, NFS3_PROGRAM, NFS3_VERSION, proc, 0, 0, 0, 0 };
	for (size_t i = 0; i < ARRAY_LEN(head); i++)
		wr_be32(&w, head[i]);
	xdr_put_opaque(&w, fh.p, fh.n);
	wr_bytes(&w, rest, n < w.left ? n : w.left);
	return w.len;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static uint8_t call[4096];
	struct nfs_client who = { .ip = "192.0.2.1", .local = "192.0.2.2", .port = 900, .tag = 5 };
	if (s == NULL)
		start();
	if (size < 2)
		return 0;
	unsigned proc = data[0] % (NFS3_PROCS + 1), which = (data[1] & 15) % 5;
	who.stream = (data[1] & 16) != 0;
	who.kind = data[1] & 32 ? NFS_LISTEN_PORTMAP : NFS_LISTEN_NFS;
	size_t n = size - 2 < sizeof(call) ? size - 2 : sizeof(call);
	if (proc < NFS3_PROCS)
		n = with_handle(call, sizeof(call), proc, which, &who, data + 2, n);
	else
		memcpy(call, data + 2, n);
	struct nfs_answer_out a = { .w = wr_make(s->answer, sizeof(s->answer)) };
	nfs_answer(s, &who, call, n, &a);
	require(!a.w.bad && a.w.len % 4 == 0 && a.length <= NFS_TRANSFER_TCP && (a.length == 0 || a.file != NULL));
	require(who.kind == NFS_LISTEN_NFS || a.w.len < 1024);
	if (a.file != NULL)
		nfs_tree_unpin(a.file);
	require(s->tree.nodes < 16 && s->tree.export[0].root.pins == 0);
	return 0;
}
