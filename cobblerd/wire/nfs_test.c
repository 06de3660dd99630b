/* SPDX-License-Identifier: GPL-2.0-or-later
 * nfs_test.c - the codecs of NFS and what it stands on: RPC, records, port mapper, MOUNT.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <glob.h>

#include "wire/mount3.h"
#include "wire/nfs3.h"
#include "wire/portmap.h"

#define W4(n) 0, 0, (uint8_t)((n) >> 8), (uint8_t)(n)
#define HEAD(prog_low, vers, proc) W4(7), W4(0), W4(2), 0, 1, (uint8_t)((prog_low) >> 8), (uint8_t)(prog_low), W4(vers), W4(proc)
#define NO_AUTH W4(0), W4(0), W4(0), W4(0)
#define NFS_LOW 0x86a3

static void test_a_call_of_a_linux_kernel(void **state)
{
	static const uint8_t pkt[] = { HEAD(NFS_LOW, 3, 1), W4(1), W4(28), W4(1), W4(5), 'd', 'e', 'b', 'i', 'a', 0, 0, 0,
		W4(1000), W4(100), W4(0), W4(0), W4(0), W4(4), 1, 2, 3, 4 };
	struct rpc_call c;
	struct nfs3_args a;
	enum rpc_auth_error auth;
	(void)state;
	assert_int_equal(rpc_call_parse(pkt, sizeof(pkt), &c, &auth), RPC_CALL_OK);
	assert_int_equal(c.xid, 7);
	assert_int_equal(c.program, NFS3_PROGRAM);
	assert_int_equal(c.version, 3);
	assert_int_equal(c.procedure, NFS3_GETATTR);
	assert_int_equal(c.uid, 1000);
	assert_int_equal(c.gid, 100);
	assert_true(nfs3_take_args(&c.args, NFS3_GETATTR, &a));
	assert_int_equal(a.fh.n, 4);
	assert_memory_equal(a.fh.p, "\1\2\3\4", 4);
	for (size_t n = 0; n < sizeof(pkt); n++) {      /* cut anywhere it is never taken for a whole one */
		enum rpc_parsed rc = rpc_call_parse(pkt, n, &c, &auth);
		if (rc == RPC_CALL_OK && nfs3_take_args(&c.args, NFS3_GETATTR, &a))
			fail_msg("%zu of %zu bytes are accepted", n, sizeof(pkt));
	}
}

/* Each kind of call that a kernel (Linux 6.1) makes to mount and read a tree; every byte of it is understood. */
static void test_calls_as_they_were_recorded(void **state)
{
	glob_t g;
	(void)state;
	assert_int_equal(glob("cobblerd/wire/corpus/nfs/linux-*", 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		uint8_t buf[512];
		size_t length, used;
		struct rpc_call c;
		enum rpc_auth_error auth;
		struct nfs3_args a;
		FILE *f = fopen(g.gl_pathv[i], "rb");
		assert_non_null(f);
		size_t n = fread(buf, 1, sizeof(buf), f);
		fclose(f);
		assert_int_equal(rpc_record_take(buf, n, sizeof(buf), &length, &used), RPC_RECORD_WHOLE);
		assert_int_equal(used, n);
		assert_int_equal(rpc_call_parse(buf + RPC_FRAGMENT_HEAD, length, &c, &auth), RPC_CALL_OK);
		if (c.program == NFS3_PROGRAM && c.version == NFS3_VERSION &&
			(!nfs3_take_args(&c.args, (enum nfs3_proc)c.procedure, &a) || c.args.left != 0))
			fail_msg("%s: %s, %zu bytes are left", g.gl_pathv[i], nfs3_proc_name((enum nfs3_proc)c.procedure), c.args.left);
	}
	assert_true(g.gl_pathc >= 15);
	globfree(&g);
}

static void test_heads(void **state)
{
	static const struct { size_t n; enum rpc_parsed want; enum rpc_auth_error auth; uint8_t pkt[96]; } rows[] = {
		{ 40, RPC_CALL_OK, 0, { HEAD(NFS_LOW, 3, 0), NO_AUTH } },
		{ 11, RPC_CALL_NONE, 0, { W4(7), W4(0), W4(2) } },
		{ 40, RPC_CALL_NONE, 0, { W4(7), W4(1), W4(2) } },                                                  /* a reply */
		{ 40, RPC_CALL_VERSION, 0, { W4(7), W4(0), W4(3), W4(0), W4(0), W4(0), NO_AUTH } },
		{ 40, RPC_CALL_AUTH, RPC_AUTH_REJECTEDCRED, { HEAD(NFS_LOW, 3, 0), W4(6), W4(0), W4(0), W4(0) } },   /* RPCSEC_GSS */
		{ 40, RPC_CALL_AUTH, RPC_AUTH_BADCRED, { HEAD(NFS_LOW, 3, 0), W4(1), W4(0), W4(0), W4(0) } },    /* an empty AUTH_SYS */
		{ 60, RPC_CALL_AUTH, RPC_AUTH_BADCRED,                                                              /* 17 groups */
			{ HEAD(NFS_LOW, 3, 0), W4(1), W4(20), W4(1), W4(0), W4(0), W4(0), W4(17), W4(0), W4(0) } },
		{ 36, RPC_CALL_AUTH, RPC_AUTH_BADCRED, { HEAD(NFS_LOW, 3, 0), W4(0), W4(401), W4(0) } },         /* too long */
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rpc_call c;
		enum rpc_auth_error auth = 0;
		enum rpc_parsed rc = rpc_call_parse(rows[i].pkt, rows[i].n, &c, &auth);
		if (rc != rows[i].want || (rc == RPC_CALL_AUTH && auth != rows[i].auth))
			fail_msg("row %zu: %d, auth %d", i, rc, auth);
	}
}

static void test_records(void **state)
{
	static const struct { size_t n, max; enum rpc_record want; size_t length, used; const char *bytes; } rows[] = {
		{ 8, 16, RPC_RECORD_WHOLE, 4, 8, "\x80\0\0\4abcd" },
		{ 12, 16, RPC_RECORD_WHOLE, 4, 8, "\x80\0\0\4abcdnext" },
		{ 16, 16, RPC_RECORD_WHOLE, 4, 16, "\0\0\0\2ab\0\0\0\0\x80\0\0\2cd" },
		{ 4, 16, RPC_RECORD_WHOLE, 0, 4, "\x80\0\0\0" },
		{ 3, 16, RPC_RECORD_MORE, 0, 0, "\x80\0\0" },
		{ 7, 16, RPC_RECORD_MORE, 0, 0, "\x80\0\0\4abc" },
		{ 8, 16, RPC_RECORD_MORE, 0, 0, "\0\0\0\4abcd" },
		{ 4, 16, RPC_RECORD_BAD, 0, 0, "\x80\0\0\21" },
		{ 4, 16, RPC_RECORD_BAD, 0, 0, "\xff\xff\xff\xff" },
		{ 16, 5, RPC_RECORD_BAD, 0, 0, "\0\0\0\4abcd\x80\0\0\4efgh" },
	};
	uint8_t buf[64], none[4 * RPC_FRAGMENTS_MAX] = { 0 };
	size_t length = 0, used = 0;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		memcpy(buf, rows[i].bytes, rows[i].n);
		enum rpc_record rc = rpc_record_take(buf, rows[i].n, rows[i].max, &length, &used);
		if (rc != rows[i].want)
			fail_msg("row %zu: %d", i, rc);
		if (rc != RPC_RECORD_WHOLE)
			continue;
		if (length != rows[i].length || used != rows[i].used || memcmp(buf + 4, "abcd", length) != 0)
			fail_msg("row %zu: %zu bytes of %zu", i, length, used);
	}
	assert_int_equal(rpc_record_take(none, sizeof(none), 16, &length, &used), RPC_RECORD_BAD);    /* empty fragments for ever */
	rpc_record_head(buf, 0x123456);
	assert_memory_equal(buf, "\x80\x12\x34\x56", 4);
}

/* Arguments as they are on the wire; each row also without its last word, and for what changes things, the refusal. */
static void test_arguments_of_every_procedure(void **state)
{
#define FH W4(4), 'h', 'a', 'n', 'd'
#define NAME W4(3), 'f', 'o', 'o', 0
#define SATTR W4(1), W4(0644), W4(0), W4(0), W4(1), W4(0), W4(0), W4(1), W4(2), W4(5), W4(6)
	static const struct { enum nfs3_proc proc; size_t n, refusal; uint8_t p[128]; } rows[] = {
		{ NFS3_GETATTR, 8, 4, { FH } },
		{ NFS3_SETATTR, 8 + 44 + 4, 12, { FH, SATTR, W4(0) } },
		{ NFS3_SETATTR, 8 + 44 + 12, 12, { FH, SATTR, W4(1), W4(1), W4(1) } },
		{ NFS3_LOOKUP, 16, 8, { FH, NAME } },
		{ NFS3_ACCESS, 12, 8, { FH, W4(31) } },
		{ NFS3_READLINK, 8, 8, { FH } },
		{ NFS3_READ, 20, 8, { FH, W4(0), W4(31), W4(31) } },
		{ NFS3_WRITE, 32, 12, { FH, W4(0), W4(31), W4(4), W4(1), W4(4), 'd', 'a', 't', 'a' } },
		{ NFS3_CREATE, 16 + 4 + 44, 12, { FH, NAME, W4(0), SATTR } },
		{ NFS3_CREATE, 16 + 4 + 8, 12, { FH, NAME, W4(2), W4(1), W4(1) } },
		{ NFS3_MKDIR, 16 + 44, 12, { FH, NAME, SATTR } },
		{ NFS3_SYMLINK, 16 + 44 + 8, 12, { FH, NAME, SATTR, W4(1), '/', 0, 0, 0 } },
		{ NFS3_MKNOD, 16 + 4 + 44 + 8, 12, { FH, NAME, W4(NFS3_CHR), SATTR, W4(1), W4(3) } },
		{ NFS3_REMOVE, 16, 12, { FH, NAME } },
		{ NFS3_RMDIR, 16, 12, { FH, NAME } },
		{ NFS3_RENAME, 32, 20, { FH, NAME, FH, NAME } },
		{ NFS3_LINK, 24, 16, { FH, FH, NAME } },
		{ NFS3_READDIR, 28, 8, { FH, W4(0), W4(31), W4(0), W4(0), W4(512) } },
		{ NFS3_READDIRPLUS, 32, 8, { FH, W4(0), W4(31), W4(0), W4(0), W4(512), W4(4096) } },
		{ NFS3_FSSTAT, 8, 8, { FH } },
		{ NFS3_FSINFO, 8, 8, { FH } },
		{ NFS3_PATHCONF, 8, 8, { FH } },
		{ NFS3_COMMIT, 20, 12, { FH, W4(0), W4(31), W4(1) } },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct nfs3_args a;
		uint8_t out[64];
		struct rd r = rd_make(rows[i].p, rows[i].n);
		if (!nfs3_take_args(&r, rows[i].proc, &a) || r.left != 0 || a.fh.n != 4 || memcmp(a.fh.p, "hand", 4) != 0)
			fail_msg("row %zu, %s: refused, or %zu bytes left", i, nfs3_proc_name(rows[i].proc), r.left);
		r = rd_make(rows[i].p, rows[i].n - 4);
		if (nfs3_take_args(&r, rows[i].proc, &a))
			fail_msg("row %zu, %s: accepted though its end is missing", i, nfs3_proc_name(rows[i].proc));
		struct wr w = wr_make(out, sizeof(out));
		nfs3_put_failure(&w, rows[i].proc, NFS3ERR_ROFS, NULL);
		if (w.bad || w.len != rows[i].refusal)
			fail_msg("row %zu, %s: a refusal of %zu bytes", i, nfs3_proc_name(rows[i].proc), w.len);
	}
}

static void test_values_of_arguments(void **state)
{
	static const uint8_t read_args[] = { FH, 1, 2, 3, 4, 5, 6, 7, 8, W4(0x1000) };
	static const uint8_t plus[] = { FH, W4(0), W4(9), W4(1), W4(2), W4(512), W4(4096) };
	static const uint8_t rename_args[] = { FH, NAME, W4(2), 'o', 'x', 0, 0, NAME };
	struct nfs3_args a;
	struct rd r = rd_make(read_args, sizeof(read_args));
	(void)state;
	assert_true(nfs3_take_args(&r, NFS3_READ, &a));
	assert_true(a.offset == 0x0102030405060708 && a.count == 0x1000);
	r = rd_make(plus, sizeof(plus));
	assert_true(nfs3_take_args(&r, NFS3_READDIRPLUS, &a));
	assert_true(a.offset == 9 && a.count == 512 && a.maxcount == 4096);
	r = rd_make(rename_args, sizeof(rename_args));
	assert_true(nfs3_take_args(&r, NFS3_RENAME, &a));
	assert_string_equal(a.name, "foo");
	assert_true(a.fh2.n == 2 && memcmp(a.fh2.p, "ox", 2) == 0);
}

static void test_malformed_arguments(void **state)
{
	static const struct { enum nfs3_proc proc; size_t n; uint8_t p[96]; } rows[] = {
		{ NFS3_GETATTR, 72, { W4(68) } },                                         /* a handle longer than 64 bytes */
		{ NFS3_GETATTR, 8, { 0xff, 0xff, 0xff, 0xff } },
		{ NFS3_LOOKUP, 16, { FH, W4(9), 'x' } },
		{ NFS3_SETATTR, 56, { FH, W4(2) } },                                      /* neither set nor not */
		{ NFS3_MKDIR, 60, { FH, NAME, W4(0), W4(0), W4(0), W4(0), W4(3) } },
		{ NFS3_CREATE, 64, { FH, NAME, W4(3) } },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct nfs3_args a;
		struct rd r = rd_make(rows[i].p, rows[i].n);
		if (nfs3_take_args(&r, rows[i].proc, &a))
			fail_msg("row %zu is accepted", i);
	}
}

static void test_names_that_cannot_be(void **state)
{
	static uint8_t pkt[8 + 4 + 256] = { FH, W4(256) };
	static const uint8_t empty[] = { FH, W4(0) }, nul[] = { FH, W4(2), 'a', 0, 0, 0 };
	struct nfs3_args a;
	struct rd r = rd_make(pkt, sizeof(pkt));
	(void)state;
	memset(pkt + 12, 'a', 256);
	assert_true(nfs3_take_args(&r, NFS3_LOOKUP, &a));
	assert_true(a.name_bad && a.name_len == 256 && *a.name == '\0');
	r = rd_make(empty, sizeof(empty));
	assert_true(nfs3_take_args(&r, NFS3_LOOKUP, &a) && a.name_bad);
	r = rd_make(nul, sizeof(nul));
	assert_true(nfs3_take_args(&r, NFS3_LOOKUP, &a) && a.name_bad);
}

static void test_answers(void **state)
{
	uint8_t out[256];
	struct wr w = wr_make(out, sizeof(out));
	(void)state;
	rpc_put_prog_mismatch(&w, 7, 3, 3);
	static const uint8_t mismatch[] = { W4(7), W4(1), W4(0), W4(0), W4(0), W4(2), W4(3), W4(3) };
	assert_int_equal(w.len, sizeof(mismatch));
	assert_memory_equal(out, mismatch, sizeof(mismatch));
	w = wr_make(out, sizeof(out));
	rpc_put_mismatch(&w, 7);
	static const uint8_t version[] = { W4(7), W4(1), W4(1), W4(0), W4(2), W4(2) };
	assert_int_equal(w.len, sizeof(version));
	assert_memory_equal(out, version, sizeof(version));
	w = wr_make(out, sizeof(out));
	rpc_put_auth_error(&w, 7, RPC_AUTH_REJECTEDCRED);
	static const uint8_t auth[] = { W4(7), W4(1), W4(1), W4(1), W4(2) };
	assert_int_equal(w.len, sizeof(auth));
	assert_memory_equal(out, auth, sizeof(auth));
	struct nfs3_attr attr = { .type = NFS3_REG, .mode = 0644, .size = 5 };
	w = wr_make(out, sizeof(out));
	nfs3_put_attr(&w, &attr);
	assert_int_equal(w.len, 84);            /* RFC 1813: fattr3 */
	w = wr_make(out, sizeof(out));
	nfs3_put_entry(&w, 1, "abcde", 5, 2);
	assert_int_equal(w.len, 4 + 8 + 4 + 8 + 8);
	w = wr_make(out, sizeof(out));
	mount_put_result(&w, MNT3_OK, "hand", 4);
	static const uint8_t mnt[] = { W4(0), FH, W4(2), W4(1), W4(0) };
	assert_int_equal(w.len, sizeof(mnt));
	assert_memory_equal(out, mnt, sizeof(mnt));
	w = wr_make(out, sizeof(out));
	mount_put_result(&w, MNT3ERR_ACCES, "hand", 4);
	assert_int_equal(w.len, 4);
}

static void test_mount_paths(void **state)
{
	static const uint8_t good[] = { W4(4), '/', 's', 'r', 'v' }, nul[] = { W4(4), '/', 0, 'r', 'v' };
	static uint8_t longest[4 + MOUNT_PATH_MAX + 4] = { W4(MOUNT_PATH_MAX) };
	char path[MOUNT_PATH_MAX + 1];
	struct rd r = rd_make(good, sizeof(good));
	(void)state;
	assert_true(mount_take_path(&r, path));
	assert_string_equal(path, "/srv");
	r = rd_make(nul, sizeof(nul));
	assert_false(mount_take_path(&r, path));
	memset(longest + 4, 'a', MOUNT_PATH_MAX + 4);
	r = rd_make(longest, sizeof(longest));
	assert_true(mount_take_path(&r, path) && strlen(path) == MOUNT_PATH_MAX);
	longest[3]++;
	r = rd_make(longest, sizeof(longest));
	assert_false(mount_take_path(&r, path));
}

static void test_port_mapper(void **state)
{
	static const uint8_t getaddr[] = { 0, 1, 0x86, 0xa3, W4(3), W4(3), 't', 'c', 'p', 0, W4(0), W4(3), 'r', 'p', 'c', 0 };
	struct portmap_entry e = { NFS3_PROGRAM, 3, PMAP_TCP, 2049 }, got;
	uint8_t out[256];
	char netid[RPCBIND_TEXT_MAX + 1];
	uint32_t program, version;
	(void)state;
	size_t n = portmap_call_build(out, sizeof(out), 9, PMAP_SET, &e);
	assert_int_equal(n, 56);
	struct rpc_call c;
	enum rpc_auth_error auth;
	assert_int_equal(rpc_call_parse(out, n, &c, &auth), RPC_CALL_OK);
	assert_true(c.program == PORTMAP_PROGRAM && c.version == 2 && c.procedure == PMAP_SET);
	assert_true(portmap_take(&c.args, &got));
	assert_memory_equal(&got, &e, sizeof(e));
	static const uint8_t yes[] = { W4(9), W4(1), W4(0), W4(0), W4(0), W4(0), W4(1) };
	assert_int_equal(portmap_answer_parse(yes, sizeof(yes), 9), 1);
	assert_int_equal(portmap_answer_parse(yes, sizeof(yes), 8), -1);
	assert_int_equal(portmap_answer_parse(yes, sizeof(yes) - 1, 9), -1);
	struct rd r = rd_make(getaddr, sizeof(getaddr));
	assert_true(rpcbind_take(&r, &program, &version, netid));
	assert_true(program == NFS3_PROGRAM && version == 3 && strcmp(netid, "tcp") == 0);
	struct wr w = wr_make(out, sizeof(out));
	rpcbind_put_address(&w, "192.0.2.1", 2049);
	static const uint8_t universal[] = { W4(13), '1', '9', '2', '.', '0', '.', '2', '.', '1', '.', '8', '.', '1', 0, 0, 0 };
	assert_int_equal(w.len, sizeof(universal));
	assert_memory_equal(out, universal, sizeof(universal));
	w = wr_make(out, sizeof(out));
	portmap_put_list(&w, &e, 1);
	assert_int_equal(w.len, 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_call_of_a_linux_kernel),
		cmocka_unit_test(test_calls_as_they_were_recorded),
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_arguments_of_every_procedure),
		cmocka_unit_test(test_values_of_arguments),
		cmocka_unit_test(test_malformed_arguments),
		cmocka_unit_test(test_names_that_cannot_be),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_mount_paths),
		cmocka_unit_test(test_port_mapper),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
