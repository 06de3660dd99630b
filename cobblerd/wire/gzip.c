/* SPDX-License-Identifier: GPL-2.0-or-later
 * gzip.c - parts of one block each with the fixed Huffman codes: literals, and copies that the caller names.
 */
#include "wire/gzip.h"

#include <pthread.h>
#include <zlib.h>

#define COPY_MIN 3
#define COPY_MAX 258
#define END_OF_BLOCK 256

struct code { uint16_t bits; uint8_t n; };

static struct code literal[288], length_code[COPY_MAX + 1], distance_code[30];
static struct { uint8_t extra; uint16_t base; } length_of[COPY_MAX + 1], distance_of[30];
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Huffman codes go out with their first bit first. */
static struct code make_code(unsigned bits, unsigned n)
{
	unsigned turned = 0;
	for (unsigned i = 0; i < n; i++)
		turned |= (bits >> i & 1) << (n - 1 - i);
	return (struct code){ (uint16_t)turned, (uint8_t)n };
}

static void build(void)
{
	for (unsigned i = 0; i < 288; i++)
		literal[i] = i < 144 ? make_code(0x30 + i, 8) : i < 256 ? make_code(0x190 + i - 144, 9) : i < 280 ? make_code(i - 256, 7) :
			make_code(0xc0 + i - 280, 8);
	/* RFC 1951, 3.2.5: codes 257-284 in groups of four with one more extra bit each, from the ninth on; 285 is 258. */
	for (unsigned code = 257, base = COPY_MIN; code < 285; code++) {
		unsigned extra = code < 265 ? 0 : (code - 261) / 4;
		for (unsigned k = 0; k < 1u << extra && base + k <= COPY_MAX; k++) {
			length_code[base + k] = literal[code];
			length_of[base + k].extra = (uint8_t)extra;
			length_of[base + k].base = (uint16_t)base;
		}
		base += 1u << extra;
	}
	length_code[COPY_MAX] = literal[285];
	length_of[COPY_MAX].extra = 0;
	length_of[COPY_MAX].base = COPY_MAX;
	for (unsigned code = 0, base = 1; code < 30; code++) {
		unsigned extra = code < 4 ? 0 : code / 2 - 1;
		distance_code[code] = make_code(code, 5);
		distance_of[code].extra = (uint8_t)extra;
		distance_of[code].base = (uint16_t)base;
		base += 1u << extra;
	}
}

static void put(struct gzip *z, unsigned bits, unsigned n)
{
	z->bits |= (uint64_t)bits << z->n_bits;
	z->n_bits += n;
	if (z->n_bits >= 32) {
		uint8_t four[4] = { (uint8_t)z->bits, (uint8_t)(z->bits >> 8), (uint8_t)(z->bits >> 16), (uint8_t)(z->bits >> 24) };
		sb_add(z->out, four, 4);
		z->bits >>= 32;
		z->n_bits -= 32;
	}
}

static void put_copy(struct gzip *z, unsigned n)
{
	unsigned d = 29;
	put(z, length_code[n].bits, length_code[n].n);
	put(z, n - length_of[n].base, length_of[n].extra);
	while (distance_of[d].base > z->distance)
		d--;
	put(z, distance_code[d].bits, distance_code[d].n);
	put(z, (unsigned)z->distance - distance_of[d].base, distance_of[d].extra);
}

/* Repetitions from one distance that follow each other are one; the last two copies share what is left, so that neither is too short. */
static void end_repetition(struct gzip *z)
{
	while (z->length > 0) {
		unsigned n = z->length <= COPY_MAX ? (unsigned)z->length : z->length < COPY_MAX + COPY_MIN ? COPY_MAX - COPY_MIN : COPY_MAX;
		put_copy(z, n);
		z->length -= n;
	}
}

void gzip_head(struct strbuf *out)
{
	static const uint8_t head[10] = { 0x1f, 0x8b, 8, [9] = 255 };
	sb_add(out, head, sizeof(head));
}

void gzip_begin(struct gzip *z, struct strbuf *out)
{
	pthread_once(&once, build);
	*z = (struct gzip){ .out = out, .crc = (uint32_t)crc32(0, NULL, 0) };
	put(z, 2, 3);                    /* not the last block, fixed codes */
}

void gzip_text(struct gzip *z, const void *p, size_t n)
{
	const uint8_t *s = p;
	end_repetition(z);
	for (size_t i = 0; i < n; i++)
		put(z, literal[s[i]].bits, literal[s[i]].n);
	z->crc = (uint32_t)crc32_z(z->crc, s, n);
	z->at += n;
}

bool gzip_repeat(struct gzip *z, uint64_t from, size_t n, uint32_t crc, uint32_t op)
{
	uint64_t distance = z->at - from;
	if (distance == 0 || distance > GZIP_WINDOW || n < COPY_MIN)
		return false;
	if (z->length > 0 && z->distance != distance)
		end_repetition(z);
	z->distance = distance;
	z->length += n;
	z->crc = (uint32_t)crc32_combine_op(z->crc, crc, op);
	z->at += n;
	return true;
}

/* An empty block of bytes as they are brings what follows to the begin of a byte (as Z_SYNC_FLUSH does). */
struct gzip_sum gzip_end(struct gzip *z)
{
	static const uint8_t none[4] = { 0, 0, 0xff, 0xff };
	end_repetition(z);
	put(z, literal[END_OF_BLOCK].bits, literal[END_OF_BLOCK].n);
	put(z, 0, 3 + 7);                /* that block, not the last one; to the end of a byte */
	for (; z->n_bits >= 8; z->n_bits -= 8, z->bits >>= 8)
		sb_addc(z->out, (char)(z->bits & 255));
	sb_add(z->out, none, sizeof(none));
	return (struct gzip_sum){ z->at, z->crc };
}

void gzip_add(struct gzip_sum *all, struct gzip_sum next)
{
	all->crc = (uint32_t)crc32_combine(all->crc, next.crc, (z_off_t)next.n);
	all->n += next.n;
}

void gzip_tail(struct strbuf *out, struct gzip_sum all)
{
	sb_add(out, "\3", 2);            /* the last block, fixed codes, empty */
	for (unsigned i = 0; i < 32; i += 8)
		sb_addc(out, (char)(all.crc >> i & 255));
	for (unsigned i = 0; i < 32; i += 8)
		sb_addc(out, (char)(all.n >> i & 255));
}
