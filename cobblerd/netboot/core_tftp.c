/* SPDX-License-Identifier: GPL-2.0-or-later
 * core_tftp.c - a path that a client asks for, as an open file: of the disk, or of bytes that were just generated.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/boot.h"
#include "netboot/core_side.h"

static int bytes_fd(const struct strbuf *b, struct err *e)
{
	int fd = memfd_create("tftp", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd == -1)
		return err_sys(e, "cannot create a memory file");
	for (size_t done = 0; done < b->len; ) {
		ssize_t n = write(fd, b->p + done, b->len - done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			close(fd);
			return err_sys(e, "cannot write a memory file");
		}
		done += (size_t)n;
	}
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == -1) {
		close(fd);
		return err_sys(e, "cannot seal a memory file");
	}
	return fd;
}

static int path_fd(const struct boot_file *f, struct tftp_answer *a, struct err *e)
{
	struct stat st;
	int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return err_sys(e, "cannot open %s", f->path);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(e, CB_ENOENT, "%s is not a file", f->path);
	}
	uint64_t size = (uint64_t)st.st_size;
	if (f->offset > size || f->length > size - f->offset) {
		close(fd);
		return err_set(e, CB_EIO, "%s is shorter than it was", f->path);
	}
	a->offset = f->offset;
	a->length = f->length != 0 ? f->length : size - f->offset;
	return fd;
}

int core_answer_tftp(struct core *c, const struct tftp_question *q, struct tftp_answer *a)
{
	struct boot_client who = { 0 };
	struct boot_file f = { 0 };
	struct err e = { 0 };
	snprintf(who.ip, sizeof(who.ip), "%s", q->ip);
	int fd = -1, rc = boot_tftp(c, q->path, &who, &f, &e);
	if (rc == CB_OK) {
		fd = f.kind == BOOT_BYTES ? bytes_fd(&f.bytes, &e) : path_fd(&f, a, &e);
		if (f.kind == BOOT_BYTES)
			a->length = f.bytes.len;
		if (fd < 0)
			rc = fd;
		boot_file_free(&f);
	}
	a->status = rc;
	if (rc != CB_OK)
		snprintf(a->why, sizeof(a->why), "%.*s", (int)sizeof(a->why) - 1, e.text);
	return rc == CB_OK ? fd : -1;
}
