/* SPDX-License-Identifier: GPL-2.0-or-later
 * gzip.h - gzip (RFC 1951, 1952) of a text whose writer knows what of it stands some way back already: a list of records that differ
 * little. Nothing is searched for, so a text is packed faster than it could be written out. A file is a head, parts, and a tail; a part can
 * be kept and put behind any others again.
 */
#ifndef WIRE_GZIP_H
#define WIRE_GZIP_H

#include "base/strbuf.h"

#define GZIP_WINDOW 32768                /* how far back a repetition may lie */

struct gzip {
	struct strbuf *out;
	uint64_t at;                     /* bytes of text so far */
	uint64_t bits;
	unsigned n_bits;
	uint32_t crc;
	uint64_t distance, length;       /* of a repetition that may go on */
};

/* What a part unpacks to: its length and CRC. */
struct gzip_sum { uint64_t n; uint32_t crc; };

/* A file: gzip_head, parts, gzip_tail with the sum of them. A part: gzip_begin, its text in pieces, gzip_end. All append to out. */
void gzip_head(struct strbuf *out);
void gzip_begin(struct gzip *z, struct strbuf *out);
void gzip_text(struct gzip *z, const void *p, size_t n);
/* Text that is the same as at position from. False, and nothing is written, when that is too far back. crc: of the text; op:
 * crc32_combine_gen(n). */
bool gzip_repeat(struct gzip *z, uint64_t from, size_t n, uint32_t crc, uint32_t op);
struct gzip_sum gzip_end(struct gzip *z);
void gzip_add(struct gzip_sum *all, struct gzip_sum next); /* of the parts so far and one more; {0} before the first */
void gzip_tail(struct strbuf *out, struct gzip_sum all);

#endif
