/* SPDX-License-Identifier: GPL-2.0-or-later
 * journal_fuzz.c - any bytes as a lease file: it is read as far as it goes, and what was read survives being written.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lease/lease.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static struct lease_config cfg = { .nsubnets = 1, .subnet = { { .net = 0x0a000000, .mask = 0xffffff00, .nranges = 1,
		.range = { { 0x0a000064, 0x0a000078 } }, .lease_time = 600 } } };
	int fd[2] = { memfd_create("a", 0), memfd_create("b", 0) };
	struct lease_journal j;
	struct err e;
	size_t damaged;
	if (fd[0] < 0 || fd[1] < 0 || write(fd[size % 2], data, size) != (ssize_t)size)
		abort();
	struct lease_table *t = lease_table_new(&cfg);
	if (lease_journal_open(&j, fd[0], fd[1], t, INT64_MAX, &damaged, &e) != CB_OK)
		abort();
	lease_journal_free(&j);
	size_t worth = 0;
	for (struct lease *l = NULL; (l = lease_next(t, l)) != NULL; )
		worth += (l->state == LEASE_ACTIVE && l->hlen > 0) || (l->state == LEASE_DECLINED && l->expires > 0);
	lease_table_free(t);
	t = lease_table_new(&cfg);
	if (lease_journal_open(&j, fd[0], fd[1], t, INT64_MAX, &damaged, &e) != CB_OK || damaged != 0)
		abort();
	if (lease_count(t, LEASE_ACTIVE) + lease_count(t, LEASE_DECLINED) != worth)
		abort();
	lease_journal_free(&j);
	lease_table_free(t);
	close(fd[0]);
	close(fd[1]);
	return 0;
}
