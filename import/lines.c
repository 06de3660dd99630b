/* SPDX-License-Identifier: GPL-2.0-or-later
 * lines.c - the lines of a version file, whatever it is packed in. compat: get_file_lines of 3.3.7, with bounds.
 */
#include "import/detect.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "import/limits.h"
#include "import/mediainfo.h"
#include "import/watchdog.h"

struct splitter {
	const struct tree *t;
	bool (*fn)(void *arg, const char *line, size_t n);
	void *arg;
	char line[IMPORT_LINE_MAX];
	size_t n;
};

/* True when fn wants no more. */
static bool feed(struct splitter *s, const char *p, size_t n)
{
	while (n > 0) {
		const char *nl = memchr(p, '\n', n);
		size_t k = nl != NULL ? (size_t)(nl - p) : n, room = sizeof(s->line) - s->n;
		bool whole = nl != NULL && k <= room;
		if (k > room)
			k = room;
		memcpy(s->line + s->n, p, k);
		s->n += k;
		p += k + whole;
		n -= k + whole;
		if (whole || s->n == sizeof(s->line)) {
			if (s->fn(s->arg, s->line, s->n))
				return true;
			s->n = 0;
		}
	}
	return false;
}

static ssize_t read_some(int fd, void *buf, size_t n)
{
	ssize_t k;
	do
		k = read(fd, buf, n);
	while (k < 0 && errno == EINTR);
	return k;
}

static bool gzip_lines(int fd, struct splitter *s)
{
	unsigned char in[65536], out[65536];
	z_stream z = {0};
	size_t total = 0;
	bool stop = false;
	int rc = Z_OK;
	if (inflateInit2(&z, 31) != Z_OK)
		return false;
	for (ssize_t k; !stop && rc == Z_OK && (k = read_some(fd, in, sizeof(in))) > 0; ) {
		z.next_in = in;
		z.avail_in = (unsigned)k;
		do {
			z.next_out = out;
			z.avail_out = sizeof(out);
			rc = inflate(&z, Z_NO_FLUSH);
			if (rc == Z_BUF_ERROR)
				rc = Z_OK;
			size_t got = sizeof(out) - z.avail_out;
			watchdog_beat();
			total += got;
			stop = feed(s, (const char *)out, got);
			if (!stop && (total > IMPORT_TEXT_MAX || !tree_count_read(s->t, got))) {
				inflateEnd(&z);
				return false;
			}
		} while (!stop && rc == Z_OK && z.avail_out == 0);
	}
	inflateEnd(&z);
	return stop || (s->n > 0 && s->fn(s->arg, s->line, s->n));
}

static bool wim_lines(int fd, const char *head, size_t n, struct splitter *s)
{
	struct stat st;
	uint64_t at, len;
	if (fstat(fd, &st) != 0 || !info_wim_xml(head, n, (uint64_t)st.st_size, &at, &len) || len > IMPORT_WIM_XML_MAX)
		return false;
	char *xml = xmalloc(len);
	struct strbuf lines = {0};
	bool stop = false;
	if (tree_count_read(s->t, len) && pread(fd, xml, len, (off_t)at) == (ssize_t)len) {
		info_wim_lines(xml, len, &lines);
		stop = lines.len > 0 && feed(s, lines.p, lines.len);
	}
	sb_free(&lines);
	free_ptr(&xml);
	return stop;
}

bool each_line(const struct tree *t, const char *path, bool (*fn)(void *arg, const char *line, size_t n), void *arg)
{
	struct splitter s = { .t = t, .fn = fn, .arg = arg };
	char buf[16384];
	size_t total = 0;
	int fd = tree_open_read(t, path);
	if (fd < 0)
		return false;
	ssize_t n = pread(fd, buf, sizeof(buf), 0);
	bool stop = false;
	if (n >= 2 && memcmp(buf, "\x1f\x8b", 2) == 0) {
		stop = gzip_lines(fd, &s);
	} else if (n >= 5 && memcmp(buf, "MSWIM", 5) == 0) {
		stop = wim_lines(fd, buf, (size_t)n, &s);
	} else if (n > 0 && memchr(buf, '\0', (size_t)n) == NULL) {
		bool more = true;
		for (ssize_t k; !stop && more && total < IMPORT_TEXT_MAX && (k = read_some(fd, buf, sizeof(buf))) > 0; total += (size_t)k) {
			stop = feed(&s, buf, (size_t)k);
			more = tree_count_read(t, (size_t)k);
		}
		stop = stop || (s.n > 0 && fn(arg, s.line, s.n));
	}
	close(fd);
	return stop;
}
