/* SPDX-License-Identifier: GPL-2.0-or-later
 * extract_fuzz.c - whole images into a directory: whatever the bytes are, nothing is written beside the target.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "import/extract.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static int rm(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	return remove(path);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char dir[] = "/tmp/extract-fuzz-XXXXXX", target[64];
	int fd = memfd_create("image", MFD_CLOEXEC);
	if (fd < 0 || mkdtemp(dir) == NULL)
		abort();
	snprintf(target, sizeof(target), "%s/target", dir);
	if (mkdir(target, 0755) != 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	struct report r = { .fd = -1 };
	struct err e;
	struct extract x = { .src = fd,
		.name = "image",
		.target = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.report = &r,
		.max_bytes = 1 << 20,
		.max_entries = 200 };
	if (extract_image(&x, &e) != CB_OK && e.text[0] == '\0')
		abort();
	close(x.target);
	close(fd);
	if (nftw(target, rm, 64, FTW_DEPTH | FTW_PHYS) != 0 || rmdir(dir) != 0)
		abort();      /* something lies beside the target */
	return 0;
}
