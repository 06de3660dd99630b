/* SPDX-License-Identifier: GPL-2.0-or-later
 * bytes.c - byte cursors.
 */
#include "base/bytes.h"

#include <string.h>

const uint8_t *rd_take(struct rd *r, size_t n)
{
	if (r->bad || n > r->left) {
		r->bad = true;
		return NULL;
	}
	const uint8_t *at = r->p;
	r->p += n;
	r->left -= n;
	return at;
}

void rd_skip(struct rd *r, size_t n)
{
	rd_take(r, n);
}

static uint64_t take_be(struct rd *r, size_t n)
{
	const uint8_t *p = rd_take(r, n);
	uint64_t v = 0;
	for (size_t i = 0; p != NULL && i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static uint64_t take_le(struct rd *r, size_t n)
{
	const uint8_t *p = rd_take(r, n);
	uint64_t v = 0;
	for (size_t i = n; p != NULL && i > 0; i--)
		v = v << 8 | p[i - 1];
	return v;
}

uint8_t rd_u8(struct rd *r) { return (uint8_t)take_be(r, 1); }
uint16_t rd_be16(struct rd *r) { return (uint16_t)take_be(r, 2); }
uint32_t rd_be32(struct rd *r) { return (uint32_t)take_be(r, 4); }
uint64_t rd_be64(struct rd *r) { return take_be(r, 8); }
uint16_t rd_le16(struct rd *r) { return (uint16_t)take_le(r, 2); }
uint32_t rd_le32(struct rd *r) { return (uint32_t)take_le(r, 4); }
uint64_t rd_le64(struct rd *r) { return take_le(r, 8); }

const char *rd_cstr(struct rd *r)
{
	const uint8_t *nul = r->bad || r->left == 0 ? NULL : memchr(r->p, 0, r->left);
	if (nul == NULL) {
		r->bad = true;
		return NULL;
	}
	return (const char *)rd_take(r, (size_t)(nul - r->p) + 1);
}

static uint8_t *room(struct wr *w, size_t n)
{
	if (w->bad || n > w->left) {
		w->bad = true;
		return NULL;
	}
	uint8_t *at = w->p;
	w->p += n;
	w->left -= n;
	w->len += n;
	return at;
}

void wr_bytes(struct wr *w, const void *p, size_t n)
{
	uint8_t *at = room(w, n);
	if (at != NULL && n != 0)
		memcpy(at, p, n);
}

void wr_zero(struct wr *w, size_t n)
{
	uint8_t *at = room(w, n);
	if (at != NULL && n != 0)
		memset(at, 0, n);
}

static void put_be(struct wr *w, uint64_t v, size_t n)
{
	uint8_t *at = room(w, n);
	for (size_t i = 0; at != NULL && i < n; i++)
		at[i] = (uint8_t)(v >> 8 * (n - 1 - i));
}

void wr_u8(struct wr *w, uint8_t v) { put_be(w, v, 1); }
void wr_be16(struct wr *w, uint16_t v) { put_be(w, v, 2); }
void wr_be32(struct wr *w, uint32_t v) { put_be(w, v, 4); }
void wr_be64(struct wr *w, uint64_t v) { put_be(w, v, 8); }
