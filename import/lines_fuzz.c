/* SPDX-License-Identifier: GPL-2.0-or-later
 * lines_fuzz.c - a version file, packed or not: no line is longer than said, whatever the bytes are.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "import/detect.h"
#include "import/limits.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static bool line(void *arg, const char *p, size_t n)
{
	unsigned *sum = arg;
	if (n > IMPORT_LINE_MAX)
		abort();
	for (size_t i = 0; i < n; i++)
		*sum += (unsigned char)p[i];
	return *sum % 4096 == 1;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char dir[] = "/tmp/lines-fuzz-XXXXXX";
	unsigned sum = 0;
	struct tree t = { .root = mkdtemp(dir) != NULL ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1 };
	int fd = openat(t.root, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
	each_line(&t, "file", line, &sum);
	if (unlinkat(t.root, "file", 0) != 0 || rmdir(dir) != 0)
		abort();
	close(t.root);
	return 0;
}
