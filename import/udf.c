/* SPDX-License-Identifier: GPL-2.0-or-later
 * udf.c - UDF images (Windows media) through libudfread.
 */
#include "import/extract.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <udfread/blockinput.h>
#include <udfread/udfread.h>

#include "import/limits.h"
#include "import/watchdog.h"

#define PIECE (1u << 20)

struct source {
	udfread_block_input in;      /* first: libudfread passes it back */
	int fd;
	uint32_t blocks;
};

struct walk {
	struct extract *x;
	struct sink *s;              /* NULL while surveying */
	udfread *udf;
	void *buf;
	uint64_t sum;
	unsigned long n;
};

static int source_close(udfread_block_input *in)
{
	(void)in;                    /* the descriptor is the caller's */
	return 0;
}

static uint32_t source_size(udfread_block_input *in)
{
	return ((struct source *)in)->blocks;
}

static int source_read(udfread_block_input *in, uint32_t lba, void *buf, uint32_t nblocks, int flags)
{
	(void)flags;
	ssize_t k =
		pread(((struct source *)in)->fd, buf, (size_t)nblocks * UDF_BLOCK_SIZE, (off_t)lba * UDF_BLOCK_SIZE);
	return k < 0 ? -1 : (int)(k / UDF_BLOCK_SIZE);
}

static int put_file(struct walk *w, UDFFILE *f, const char *path, uint64_t size, struct err *e)
{
	int fd = sink_file(w->s, path, size, e), rc = CB_OK;
	if (fd < 0)
		return fd;
	for (uint64_t at = 0; rc == CB_OK && at < size; ) {
		size_t want = size - at < PIECE ? (size_t)(size - at) : PIECE;
		ssize_t k = udfread_file_read(f, w->buf, want);
		if (k <= 0 || (size_t)k > want) {
			rc = err_set(e, CB_EINVAL, "is truncated or damaged: %.200s ends at byte %llu of %llu", path,
				     (unsigned long long)at, (unsigned long long)size);
			break;
		}
		rc = sink_write(fd, w->buf, (size_t)k, at, e);
		at += (uint64_t)k;
		report_bytes(w->x->report, (uint64_t)k);
	}
	close(fd);
	return rc;
}

static int walk_file(struct walk *w, const char *path, struct err *e)
{
	struct strbuf abs = {0};
	sb_addf(&abs, "/%s", path);
	UDFFILE *f = udfread_file_open(w->udf, sb_str(&abs));
	sb_free(&abs);
	if (f == NULL)
		return err_set(e, CB_EINVAL, "is damaged: cannot open %.200s", path);
	int64_t size = udfread_file_size(f);
	int rc = CB_OK;
	if (size < 0 || __builtin_add_overflow(w->sum, (uint64_t)size, &w->sum))
		rc = err_set(e, CB_EINVAL, "has an entry of impossible size: %.200s", path);
	else if (w->s != NULL)
		rc = put_file(w, f, path, (uint64_t)size, e);
	udfread_file_close(f);
	return rc;
}

static int walk_dir(struct walk *w, const char *path, struct err *e)
{
	struct strbuf abs = {0};
	sb_addf(&abs, "/%s", path);
	UDFDIR *d = udfread_opendir(w->udf, sb_str(&abs));
	sb_free(&abs);
	if (d == NULL)
		return err_set(e, CB_EINVAL, "is damaged: cannot open directory /%.200s", path);
	int rc = w->s != NULL && *path != '\0' ? sink_dir(w->s, path, e) : CB_OK;
	struct udfread_dirent ent;
	while (rc == CB_OK && udfread_readdir(d, &ent) != NULL) {
		char clean[IMPORT_MAX_PATH + 1];
		struct strbuf sub = {0};
		if (str_eq(ent.d_name, ".") || str_eq(ent.d_name, ".."))
			continue;
		watchdog_beat();
		if (++w->n > w->x->max_entries) {
			rc = err_set(e, CB_ELIMIT, "has too many entries: more than %lu", w->x->max_entries);
			break;
		}
		sb_addf(&sub, "%s%s%s", path, *path != '\0' ? "/" : "", ent.d_name);
		rc = strchr(ent.d_name, '/') != NULL || *ent.d_name == '\0'
			? err_set(e, CB_EINVAL, "has an entry with a bad name below /%.200s", path)
			: sink_clean(sb_str(&sub), clean, sizeof(clean), e);      /* bounds the depth too */
		sb_free(&sub);
		if (rc == CB_OK)
			rc = ent.d_type == UDF_DT_DIR ? walk_dir(w, clean, e) : walk_file(w, clean, e);
	}
	udfread_closedir(d);
	return rc;
}

int extract_udf(struct extract *x, struct sink *s, struct err *e)
{
	struct stat st;
	if (fstat(x->src, &st) != 0)
		return err_sys(e, "cannot stat");
	struct source src = { .in = { source_close, source_read, source_size }, .fd = x->src,
		.blocks = (uint32_t)((uint64_t)st.st_size / UDF_BLOCK_SIZE) };
	struct walk w = { .x = x, .udf = udfread_init() };
	if (w.udf == NULL)
		return err_set(e, CB_EIO, "out of memory");
	int rc = CB_OK;
	if (udfread_open_input(w.udf, &src.in) != 0) {
		udfread_close(w.udf);
		return err_set(e, CB_EINVAL, "is damaged or truncated: its UDF descriptors cannot be read");
	}
	rc = walk_dir(&w, "", e);
	if (rc == CB_OK && w.sum > (uint64_t)st.st_size * IMPORT_BLOAT + IMPORT_BLOAT_SLACK)
		rc = err_set(e, CB_ELIMIT, "is malformed: its files sum up to %llu bytes, the image has %lld",
			(unsigned long long)w.sum, (long long)st.st_size);
	if (rc == CB_OK)
		rc = extract_room(x->target, w.sum, e);
	if (rc == CB_OK) {
		x->report->total = w.sum;
		w = (struct walk){ .x = x, .s = s, .udf = w.udf, .buf = xmalloc(PIECE) };
		rc = walk_dir(&w, "", e);
		free_ptr(&w.buf);
	}
	udfread_close(w.udf);
	return rc;
}
