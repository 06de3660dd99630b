/* SPDX-License-Identifier: GPL-2.0-or-later
 * udf_fuzz.c - UDF images into a directory. They have half a megabyte of nothing before their anchor, so the bytes are pieces of an image:
 * number of a sector, length (both two bytes, little endian), content.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "import/extract.h"

#define SECTOR 2048
#define SECTORS 640

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static int rm(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	return remove(path);
}

static int make_image(const unsigned char *data, size_t size)
{
	int fd = memfd_create("image", MFD_CLOEXEC);
	struct rd r = rd_make(data, size);
	if (fd < 0 || ftruncate(fd, SECTORS * SECTOR) != 0)
		abort();
	while (r.left > 0) {
		unsigned at = rd_le16(&r) % SECTORS, n = rd_le16(&r) % (SECTOR + 1);
		const unsigned char *p = rd_take(&r, n);
		if (r.bad)
			break;
		if (pwrite(fd, p, n, (off_t)at * SECTOR) != (ssize_t)n)
			abort();
	}
	return fd;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char dir[] = "/tmp/udf-fuzz-XXXXXX", target[64];
	int fd = make_image(data, size);
	if (mkdtemp(dir) == NULL)
		abort();
	snprintf(target, sizeof(target), "%s/target", dir);
	if (mkdir(target, 0755) != 0)
		abort();
	struct report r = { .fd = -1 };
	struct err e;
	struct sink s;
	struct extract x = { .src = fd, .name = "image", .target = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .report = &r,
		.max_bytes = 1 << 20, .max_entries = 200 };
	sink_init(&s, x.target, x.max_bytes, x.max_entries);
	if (extract_udf(&x, &s, &e) != CB_OK && e.text[0] == '\0')
		abort();
	sink_free(&s);
	close(x.target);
	close(fd);
	if (nftw(target, rm, 64, FTW_DEPTH | FTW_PHYS) != 0 || rmdir(dir) != 0)
		abort();      /* something lies beside the target */
	return 0;
}
