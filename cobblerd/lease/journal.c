/* SPDX-License-Identifier: GPL-2.0-or-later
 * journal.c - leases on disk. The service has no directory to rename in, so two files take turns: see lease.h.
 *
 * First line:  "cobblerd-leases 1 GENERATION SUM"; then per lease "IP STATE EXPIRES HTYPE MAC NAME SUM". SUM is FNV-1a of what
 * stands before it, in hexadecimal. The last line about an address counts.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "lease/lease.h"

#define LINE_MAX_BYTES 256
#define FILE_MAX (256 << 20)
#define PENDING_MAX (1 << 20)
#define COMPACT_MIN 4096           /* lines */

static uint32_t checksum(const char *p, size_t n)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < n; i++)
		h = (h ^ (uint8_t)p[i]) * 16777619u;
	return h;
}

static void add_line(struct strbuf *b, const char *text)
{
	sb_addf(b, "%s %08" PRIx32 "\n", text, checksum(text, strlen(text)));
}

static void add_lease(struct strbuf *b, const struct lease *l)
{
	char ip[16], mac[33] = "-", name[sizeof(l->name)], line[LINE_MAX_BYTES];
	lease_format_ip(l->ip, ip);
	for (size_t i = 0; i < l->hlen; i++)
		snprintf(mac + 2 * i, 3, "%02x", l->mac[i]);
	/* One word: what a client calls itself is its own text. */
	size_t n = 0;
	for (; l->name[n] != '\0'; n++)
		name[n] = l->name[n] > 0x20 && l->name[n] < 0x7f ? l->name[n] : '_';
	name[n] = '\0';
	snprintf(line, sizeof(line), "%s %c %" PRId64 " %u %s %s", ip, l->state == LEASE_DECLINED ? 'D' : 'A', l->expires,
		(unsigned)l->htype, mac, n > 0 ? name : "-");
	add_line(b, line);
}

/* Cuts the checksum off and compares it. */
static bool verify(char *line)
{
	char *last = strrchr(line, ' '), *end;
	if (last == NULL)
		return false;
	unsigned long sum = strtoul(last + 1, &end, 16);
	if (end != last + 9 || *end != '\0')
		return false;
	*last = '\0';
	return checksum(line, strlen(line)) == sum;
}

static bool parse_mac(const char *s, uint8_t mac[16], size_t *hlen)
{
	size_t n = strlen(s);
	*hlen = 0;
	if (str_eq(s, "-"))
		return true;
	if (n % 2 != 0 || n > 32)
		return false;
	for (size_t i = 0; i < n / 2; i++) {
		unsigned b;
		if (sscanf(s + 2 * i, "%2x", &b) != 1)
			return false;
		mac[i] = (uint8_t)b;
	}
	*hlen = n / 2;
	return true;
}

/* An address that is in no range any more is dropped silently: the configuration changed. */
static bool load_line(struct lease_table *t, char *line)
{
	char ip[16], mac[33], name[64], state;
	int64_t expires;
	unsigned htype;
	uint32_t addr;
	uint8_t hw[16];
	size_t hlen;
	if (!verify(line) || sscanf(line, "%15s %c %" SCNd64 " %u %32s %63s", ip, &state, &expires, &htype, mac, name) != 6)
		return false;
	if (!lease_parse_ip(ip, &addr) || (state != 'A' && state != 'D') || htype > 255 || !parse_mac(mac, hw, &hlen))
		return false;
	(void)lease_set(t, addr, state == 'A' ? LEASE_ACTIVE : LEASE_DECLINED, (uint8_t)htype, hw, hlen, expires,
		str_eq(name, "-") ? "" : name);
	return true;
}

static int read_fd(int fd, struct strbuf *b, struct err *e)
{
	char buf[65536];
	for (off_t at = 0;;) {
		ssize_t n = pread(fd, buf, sizeof(buf), at);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(e, "cannot read the lease file");
		if (n == 0 || at > FILE_MAX)
			return CB_OK;
		sb_add(b, buf, (size_t)n);
		at += n;
	}
}

/* The generation in the first line; 0 when there is no whole one. */
static uint64_t generation(const struct strbuf *b)
{
	char line[LINE_MAX_BYTES];
	uint64_t g;
	const char *p = sb_str(b), *nl = memchr(p, '\n', b->len);
	if (nl == NULL || (size_t)(nl - p) >= sizeof(line))
		return 0;
	memcpy(line, p, (size_t)(nl - p));
	line[nl - p] = '\0';
	return verify(line) && sscanf(line, "cobblerd-leases 1 %" SCNu64, &g) == 1 ? g : 0;
}

static void load(struct lease_journal *j, const struct strbuf *b, struct lease_table *t, size_t *damaged)
{
	const char *p = sb_str(b), *end = p + b->len;
	for (bool first = true; p < end; first = false) {
		char line[LINE_MAX_BYTES];
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl != NULL ? nl : end) - p);
		if (!first) {
			j->lines++;
			bool fits = nl != NULL && n < sizeof(line);
			if (fits) {
				memcpy(line, p, n);
				line[n] = '\0';
			}
			if (!fits || !load_line(t, line))
				(*damaged)++;
		}
		p = nl != NULL ? nl + 1 : end;
	}
}

static int write_at(int fd, const void *data, size_t n, int64_t at, struct err *e)
{
	for (size_t done = 0; done < n; ) {
		ssize_t w = pwrite(fd, (const char *)data + done, n - done, at + (int64_t)done);
		if (w == -1 && errno == EINTR)
			continue;
		if (w <= 0)
			return err_sys(e, "cannot write the lease file");
		done += (size_t)w;
	}
	return CB_OK;
}

/* Writes everything that still matters to the other file; its first line, which makes it count, comes last. */
static int compact(struct lease_journal *j, struct lease_table *t, int64_t now, struct err *e)
{
	struct strbuf head = { 0 }, body = { 0 };
	char line[LINE_MAX_BYTES];
	int fd = j->fd[1 - j->current];
	size_t lines = 0;
	snprintf(line, sizeof(line), "cobblerd-leases 1 %020" PRIu64, j->generation + 1);
	add_line(&head, line);
	for (struct lease *l = NULL; (l = lease_next(t, l)) != NULL; ) {
		bool worth = (l->state == LEASE_ACTIVE && l->hlen > 0) || (l->state == LEASE_DECLINED && l->expires > now);
		if (!worth)
			continue;
		add_lease(&body, l);
		lines++;
	}
	int rc = ftruncate(fd, 0) == -1 ? err_sys(e, "cannot empty the lease file") : CB_OK;
	if (rc == CB_OK)
		rc = write_at(fd, sb_str(&body), body.len, (int64_t)head.len, e);
	if (rc == CB_OK && fdatasync(fd) == -1)
		rc = err_sys(e, "cannot write the lease file");
	if (rc == CB_OK)
		rc = write_at(fd, sb_str(&head), head.len, 0, e);
	if (rc == CB_OK && fdatasync(fd) == -1)
		rc = err_sys(e, "cannot write the lease file");
	if (rc == CB_OK) {
		j->current = 1 - j->current;
		j->generation++;
		j->size = (int64_t)(head.len + body.len);
		j->lines = lines;
	}
	sb_free(&head);
	sb_free(&body);
	return rc;
}

static int append(struct lease_journal *j, struct err *e)
{
	int rc = write_at(j->fd[j->current], sb_str(&j->pending), j->pending.len, j->size, e);
	if (rc == CB_OK && fdatasync(j->fd[j->current]) == -1)
		rc = err_sys(e, "cannot write the lease file");
	if (rc == CB_OK)
		j->size += (int64_t)j->pending.len;
	return rc;
}

/* The leases of a file from the future last as long as they would have. */
static void look_at_clock(const struct lease_journal *j, struct lease_table *t, int64_t now)
{
	struct stat st;
	if (fstat(j->fd[j->current], &st) == 0 && st.st_mtime > now)
		lease_clock_set(t, now - st.st_mtime);
}

int lease_journal_open(struct lease_journal *j, int fd0, int fd1, struct lease_table *t, int64_t now, size_t *damaged, struct err *e)
{
	struct strbuf b[2] = { { 0 }, { 0 } };
	*j = (struct lease_journal){ .fd = { fd0, fd1 } };
	*damaged = 0;
	if (fd0 < 0 || fd1 < 0)
		return CB_OK;
	int rc = read_fd(fd0, &b[0], e);
	if (rc == CB_OK)
		rc = read_fd(fd1, &b[1], e);
	if (rc == CB_OK) {
		uint64_t g0 = generation(&b[0]), g1 = generation(&b[1]);
		j->current = g1 > g0;
		j->generation = g1 > g0 ? g1 : g0;
		if (j->generation > 0)
			load(j, &b[j->current], t, damaged);
		else
			*damaged = b[0].len > 0 || b[1].len > 0;
		look_at_clock(j, t, now);
		/* A fresh file right away: nothing is appended behind a line that was cut off. A full disk keeps no reservation from being
		 * served. */
		struct err full;
		if (compact(j, t, 0, &full) != CB_OK) {
			log_warn("dhcp", "%s: it is tried again before each answer", full.text);
			lease_journal_stale(j);
		}
	}
	sb_free(&b[0]);
	sb_free(&b[1]);
	return rc;
}

void lease_journal_add(struct lease_journal *j, const struct lease *l)
{
	if (j->fd[0] < 0)
		return;
	/* Only a disk that refuses to write lets this grow; none of these leases has been answered then. */
	if (j->pending.len > PENDING_MAX)
		sb_truncate(&j->pending, 0);
	add_lease(&j->pending, l);
	j->lines++;
	j->dirty = true;
}

void lease_journal_stale(struct lease_journal *j)
{
	j->dirty = j->stale = j->fd[0] >= 0;
}

int lease_journal_sync(struct lease_journal *j, struct lease_table *t, int64_t now, struct err *e)
{
	if (!j->dirty)
		return CB_OK;
	int rc = j->stale ? compact(j, t, now, e) : append(j, e);
	if (rc != CB_OK)
		return rc;
	sb_truncate(&j->pending, 0);
	j->dirty = j->stale = false;
	size_t live = lease_count(t, LEASE_ACTIVE) + lease_count(t, LEASE_DECLINED);
	return j->lines > COMPACT_MIN && j->lines > 4 * live ? compact(j, t, now, e) : CB_OK;
}

void lease_journal_free(struct lease_journal *j)
{
	sb_free(&j->pending);
}
