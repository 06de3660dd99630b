/* SPDX-License-Identifier: GPL-2.0-or-later
 * bytes.h - cursors over byte ranges with a sticky error: read or write on, check .bad once at the end.
 * Reads past the end return zeros / NULL; writes past the end are dropped. Multi-byte values are big endian
 * unless the name says le.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include "base/util.h"

struct rd { const uint8_t *p; size_t left; bool bad; };
struct wr { uint8_t *p; size_t left; size_t len; bool bad; };

static inline struct rd rd_make(const void *p, size_t n) { return (struct rd){ p, n, false }; }
static inline struct wr wr_make(void *p, size_t n) { return (struct wr){ p, n, 0, false }; }

const uint8_t *rd_take(struct rd *r, size_t n);       /* NULL when fewer than n are left */
void rd_skip(struct rd *r, size_t n);
uint8_t rd_u8(struct rd *r);
uint16_t rd_be16(struct rd *r);
uint32_t rd_be32(struct rd *r);
uint64_t rd_be64(struct rd *r);
uint16_t rd_le16(struct rd *r);
uint32_t rd_le32(struct rd *r);
uint64_t rd_le64(struct rd *r);
/* A NUL-terminated string inside the range; NULL (and bad) when no NUL is left. */
const char *rd_cstr(struct rd *r);

/* Each appends, as a whole or, where it does not fit, not at all: then bad is set, and stays. */
void wr_bytes(struct wr *w, const void *p, size_t n);
void wr_zero(struct wr *w, size_t n);
void wr_u8(struct wr *w, uint8_t v);
void wr_be16(struct wr *w, uint16_t v);
void wr_be32(struct wr *w, uint32_t v);
void wr_be64(struct wr *w, uint64_t v);

#endif
