/* SPDX-License-Identifier: GPL-2.0-or-later
 * extract.c - ISO 9660 and tar through libarchive.
 *
 * The image is mapped, so libarchive hands out pointers into it and no byte is copied on the way; a first pass over the
 * directory records alone (no data is touched) tells names, count and sum before anything is written.
 */
#include "import/extract.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/bytes.h"
#include "import/limits.h"
#include "import/watchdog.h"

#define SECTOR 2048u
#define PVD_AT (16u * SECTOR)
#define TAR_BLOCK (1u << 20)
#define COPY_PIECE (4u << 20)

enum image_kind { IMAGE_NONE, IMAGE_ISO, IMAGE_UDF, IMAGE_ISO_UDF, IMAGE_TAR };

struct image {
	struct extract *x;
	struct archive *a;
	const uint8_t *map;          /* NULL for tar */
	size_t size;
	bool fold; /* plain ISO 9660: names are upper case and shown in lower case, as Linux mounts them */
	bool copy_range;             /* copy_file_range works between these two files */
};

static bool has_magic(int fd, uint64_t at, const char *magic, size_t n)
{
	char buf[16];
	return n <= sizeof(buf) && pread(fd, buf, n, (off_t)at) == (ssize_t)n && memcmp(buf, magic, n) == 0;
}

#define MAGIC(fd, at, text) has_magic(fd, at, text, sizeof(text) - 1)

static bool looks_like_udf(int fd)
{
	for (unsigned i = 0; i < 16; i++)
		if (MAGIC(fd, PVD_AT + (uint64_t)i * SECTOR + 1, "NSR02") ||
			MAGIC(fd, PVD_AT + (uint64_t)i * SECTOR + 1, "NSR03"))
			return true;
	return false;
}

/* What the file is, by its own bytes. IMAGE_NONE with a text that says what it looks like instead. */
static enum image_kind probe(int fd, uint64_t size, struct err *e)
{
	static const struct { unsigned at; const char *magic; size_t n; const char *what; bool tar; } known[] = {
		{ 257, "ustar", 5, "a tar archive", true },
		{ 0, "\x1f\x8b", 2, "a gzip file", true },
		{ 0, "\xfd" "7zXZ", 5, "an xz file", true },
		{ 0, "BZh", 3, "a bzip2 file", true },
		{ 0, "\x28\xb5\x2f\xfd", 4, "a zstd file", true },
		{ 0, "PK\x03\x04", 4, "a zip archive", false },
		{ 0, "QFI\xfb", 4, "a QEMU disk image", false },
		{ 0, "\x7f" "ELF", 4, "a program", false },
		{ 0, "hsqs", 4, "a squashfs file system", false },
		{ 0, "<!DOCTYPE", 9, "an HTML page (a failed download?)", false },
		{ 0, "<html", 5, "an HTML page (a failed download?)", false },
		{ 0, "MSWIM", 5, "a Windows image without its media", false },
		{ 510, "\x55\xaa", 2, "a disk image with a boot sector", false },
	};
	bool iso = MAGIC(fd, PVD_AT + 1, "CD001"), udf = looks_like_udf(fd);
	if (iso || udf)
		return iso && udf ? IMAGE_ISO_UDF : iso ? IMAGE_ISO : IMAGE_UDF;
	const char *what = size == 0                 ? "an empty file"
			   : size <= PVD_AT + SECTOR ? "a file too short for an image"
						     : "data of no known kind";
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (!has_magic(fd, known[i].at, known[i].magic, known[i].n))
			continue;
		if (known[i].tar)
			return IMAGE_TAR;
		what = known[i].what;
		break;
	}
	err_set(e, CB_EINVAL, "is not an ISO image: no ISO 9660 or UDF descriptor at byte %u; it is %s (%llu bytes)",
		PVD_AT + 1, what, (unsigned long long)size);
	return IMAGE_NONE;
}

int extract_room(int target, uint64_t need, struct err *e)
{
	struct statvfs v;
	if (fstatvfs(target, &v) != 0)
		return err_sys(e, "cannot ask for free space");
	uint64_t room = (uint64_t)v.f_bavail * v.f_frsize;
	if (need > room)
		return err_set(e, CB_ELIMIT, "not enough disk space: %llu MiB are needed, %llu MiB are free",
			       (unsigned long long)(need >> 20) + 1, (unsigned long long)(room >> 20));
	return CB_OK;
}

/* libarchive's words for a short image are about archives; ours are about the image. */
static int archive_fail(struct image *im, struct err *e)
{
	const char *why = archive_error_string(im->a);
	if (why != NULL && strstr(why, "runcated") != NULL)
		return err_set(e, CB_EINVAL, "is truncated: it has %zu bytes, and entries lie beyond", im->size);
	return err_set(e, CB_EINVAL, "is damaged: %s", why != NULL ? why : "unreadable directory");
}

static int open_archive(struct image *im, struct err *e)
{
	im->a = archive_read_new();
	if (im->a == NULL)
		return err_set(e, CB_EIO, "out of memory");
	int rc;
	if (im->map != NULL) {
		archive_read_support_format_iso9660(im->a);
		rc = archive_read_open_memory2(im->a, im->map, im->size, im->size);
	} else {
		archive_read_support_format_tar(im->a);
		archive_read_support_filter_gzip(im->a);
		archive_read_support_filter_xz(im->a);
		archive_read_support_filter_bzip2(im->a);
		archive_read_support_filter_zstd(im->a);
		if (lseek(im->x->src, 0, SEEK_SET) != 0)
			return err_sys(e, "cannot rewind");
		rc = archive_read_open_fd(im->a, im->x->src, TAR_BLOCK);
	}
	return rc == ARCHIVE_OK ? CB_OK : archive_fail(im, e);
}

/* The next entry and its clean path. 0: there is one; 1: the end. */
static int next_entry(struct image *im, struct archive_entry **entry, char *path, size_t cap, struct err *e)
{
	for (int retries = 0; ; retries++) {
		int rc = archive_read_next_header(im->a, entry);
		watchdog_beat();
		if (rc == ARCHIVE_EOF)
			return 1;
		if (rc == ARCHIVE_RETRY && retries < 16)
			continue;
		if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
			return archive_fail(im, e);
		break;
	}
	const char *name = archive_entry_pathname(*entry);
	if (name == NULL)
		return err_set(e, CB_EINVAL, "has an entry whose name cannot be read");
	int rc = sink_clean(name, path, cap, e);
	if (rc == CB_OK && im->fold)
		for (char *p = path; *p != '\0'; p++)
			*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	return rc;
}

/* First pass: sums sizes, counts entries, decides about the case of names. */
static int survey(struct image *im, uint64_t *sum, unsigned long *n, struct err *e)
{
	struct archive_entry *entry;
	char path[IMPORT_MAX_PATH + 1];
	bool lower = false;
	int rc = open_archive(im, e);
	*sum = 0;
	*n = 0;
	while (rc == CB_OK && (rc = next_entry(im, &entry, path, sizeof(path), e)) == 0) {
		++*n;
		for (const char *p = path; *p != '\0'; p++)
			lower = lower || (*p >= 'a' && *p <= 'z');
		if (archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == NULL) {
			int64_t size = archive_entry_size(entry);
			if (size < 0 || __builtin_add_overflow(*sum, (uint64_t)size, sum))
				rc = err_set(e, CB_EINVAL, "has an entry of impossible size: %.200s", path);
		}
		if (rc == CB_OK && *n > im->x->max_entries)
			rc = err_set(e, CB_ELIMIT, "has too many entries: more than %lu", im->x->max_entries);
	}
	const char *format = im->a != NULL ? archive_format_name(im->a) : NULL;
	im->fold = !lower && *n > 0 && (format == NULL || strstr(format, "ock") == NULL);
	archive_read_free(im->a);
	im->a = NULL;
	return rc == 1 ? CB_OK : rc;
}

/* One block of a file's data. A block that lies in the mapped image is copied by the kernel from file to file. */
static int put_block(struct image *im, int fd, const void *buf, size_t len, uint64_t at, struct err *e)
{
	const uint8_t *p = buf;
	bool mapped =
		im->map != NULL && p >= im->map && p < im->map + im->size && len <= (size_t)(im->map + im->size - p);
	while (len > 0) {
		size_t piece = len < COPY_PIECE ? len : COPY_PIECE;
		off_t from = mapped ? (off_t)(p - im->map) : 0, to = (off_t)at;
		ssize_t k = mapped && im->copy_range ? copy_file_range(im->x->src, &from, fd, &to, piece, 0) : -1;
		if (k > 0) {
			piece = (size_t)k;
		} else {
			if (k == 0)
				return err_set(e, CB_EINVAL, "is truncated: it ended at byte %lld while being read",
					(long long)from);
			if (mapped && im->copy_range && (errno == ENOSPC || errno == EDQUOT))
				return err_set(e, CB_ELIMIT, "the disk is full: %s", strerror(errno));
			im->copy_range = false;
			int rc = sink_write(fd, p, piece, at, e);
			if (rc != CB_OK)
				return rc;
		}
		p += piece;
		len -= piece;
		at += piece;
		report_bytes(im->x->report, piece);
	}
	return CB_OK;
}

static int put_file(struct image *im, struct sink *s, struct archive_entry *entry, const char *path, struct err *e)
{
	int64_t size = archive_entry_size(entry);
	if (size < 0)
		return err_set(e, CB_EINVAL, "has an entry of impossible size: %.200s", path);
	int fd = sink_file(s, path, (uint64_t)size, e), rc = CB_OK;
	if (fd < 0)
		return fd;
	const void *buf;
	size_t len;
	la_int64_t at;
	while (rc == CB_OK && size > 0) {
		int ar = archive_read_data_block(im->a, &buf, &len, &at);
		if (ar == ARCHIVE_EOF)
			break;
		if (ar != ARCHIVE_OK && ar != ARCHIVE_WARN)
			rc = archive_fail(im, e);
		else if (at < 0 || at > size || len > (uint64_t)(size - at))
			rc = err_set(e, CB_EINVAL, "is damaged: %.200s is longer than it says", path);
		else
			rc = put_block(im, fd, buf, len, (uint64_t)at, e);
	}
	struct stat st;
	if (rc == CB_OK && fstat(fd, &st) == 0 && st.st_size != size && im->map != NULL)
		rc = err_set(e, CB_EINVAL, "is damaged: %.200s has %lld of %lld bytes", path, (long long)st.st_size,
			(long long)size);
	if (rc == CB_OK)
		sink_done(fd, archive_entry_mode(entry), archive_entry_mtime(entry));
	else
		err_prefix(e, "%.200s", path);
	close(fd);
	return rc;
}

static int put_hardlink(struct image *im, struct sink *s, const char *path, const char *to, struct err *e)
{
	char clean[IMPORT_MAX_PATH + 1];
	int rc = sink_clean(to, clean, sizeof(clean), e);
	for (char *p = clean; rc == CB_OK && im->fold && *p != '\0'; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	return rc == CB_OK ? sink_hardlink(s, path, clean, e) : rc;
}

static int put_entry(struct image *im, struct sink *s, struct archive_entry *entry, const char *path, struct err *e)
{
	const char *hard = archive_entry_hardlink(entry), *soft = archive_entry_symlink(entry);
	if (hard != NULL)
		return put_hardlink(im, s, path, hard, e);
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return put_file(im, s, entry, path, e);
	case AE_IFDIR:
		return *path == '\0' ? CB_OK : sink_dir(s, path, e);
	case AE_IFLNK:
		if (soft != NULL)
			return sink_symlink(s, path, soft, e);
		/* fallthrough */
	default:
		s->skipped++;           /* devices, sockets, pipes: install media have no use for them */
		return CB_OK;
	}
}

static int write_out(struct image *im, struct sink *s, struct err *e)
{
	struct archive_entry *entry;
	char path[IMPORT_MAX_PATH + 1];
	int rc = open_archive(im, e);
	while (rc == CB_OK && (rc = next_entry(im, &entry, path, sizeof(path), e)) == 0)
		rc = put_entry(im, s, entry, path, e);
	archive_read_free(im->a);
	im->a = NULL;
	return rc == 1 ? sink_finish(s, e) : rc;
}

/* The primary volume descriptor says how large the image is; a download that broke off is refused before anything is
 * written. */
static int check_length(const struct image *im, struct err *e)
{
	if (im->size < PVD_AT + SECTOR)
		return err_set(e, CB_EINVAL, "is truncated: it ends inside its first descriptor");
	struct rd r = rd_make(im->map + PVD_AT + 80, SECTOR - 80);
	uint64_t blocks = rd_le32(&r);
	r = rd_make(im->map + PVD_AT + 128, 2);
	uint64_t says = blocks * rd_le16(&r), slack = 2u << 20;      /* padding at the end may be missing */
	if (im->map[PVD_AT] == 1 && says > im->size + slack)
		return err_set(e, CB_EINVAL, "is truncated: it says it has %llu bytes, but the file has %zu",
			(unsigned long long)says, im->size);
	return CB_OK;
}

static int extract_iso(struct image *im, struct sink *s, enum image_kind kind, struct err *e)
{
	uint64_t sum;
	unsigned long n;
	int rc = check_length(im, e);
	if (rc == CB_OK)
		rc = survey(im, &sum, &n, e);
	if (rc != CB_OK)
		return rc;
	if (kind == IMAGE_ISO_UDF && n <= 4)
		return extract_udf(im->x, s, e);      /* Windows media: the ISO part holds a note only */
	if (sum > im->size * IMPORT_BLOAT + IMPORT_BLOAT_SLACK)
		return err_set(e, CB_ELIMIT, "is malformed: its files sum up to %llu bytes, the image has %zu",
			(unsigned long long)sum, im->size);
	if (sum > im->x->max_bytes)
		return err_set(e, CB_ELIMIT, "is too large: its files sum up to %llu bytes, the limit is %llu",
			(unsigned long long)sum, (unsigned long long)im->x->max_bytes);
	im->x->report->total = sum;
	rc = extract_room(im->x->target, sum, e);
	return rc == CB_OK ? write_out(im, s, e) : rc;
}

int extract_image(struct extract *x, struct err *e)
{
	struct stat st;
	if (fstat(x->src, &st) != 0 || !S_ISREG(st.st_mode))
		return err_set(e, CB_EINVAL, "%s: not a regular file", x->name);
	x->max_bytes = x->max_bytes != 0 ? x->max_bytes : IMPORT_MAX_BYTES;
	x->max_entries = x->max_entries != 0 ? x->max_entries : IMPORT_MAX_FILES;
	enum image_kind kind = probe(x->src, (uint64_t)st.st_size, e);
	if (kind == IMAGE_NONE)
		return err_prefix(e, "%s", x->name), CB_EINVAL;
	struct image im = { .x = x, .size = (size_t)st.st_size, .copy_range = true };
	if (kind == IMAGE_ISO || kind == IMAGE_ISO_UDF) {
		void *p = mmap(NULL, im.size, PROT_READ, MAP_PRIVATE, x->src, 0);
		if (p == MAP_FAILED)
			return err_sys(e, "%s: cannot map %zu bytes", x->name, im.size);
		im.map = p;
	}
	struct sink s;
	sink_init(&s, x->target, x->max_bytes, x->max_entries);
	int rc = kind == IMAGE_TAR   ? write_out(&im, &s, e)
		 : kind == IMAGE_UDF ? extract_udf(x, &s, e)
				     : extract_iso(&im, &s, kind, e);
	x->bytes = s.bytes;
	x->entries = s.entries;
	x->skipped = s.skipped;
	sink_free(&s);
	if (im.map != NULL)
		munmap((void *)(uintptr_t)im.map, im.size);
	return rc == CB_OK ? rc : (err_prefix(e, "%s", x->name), rc);
}
