/* SPDX-License-Identifier: GPL-2.0-or-later
 * siphash.h - SipHash (Aumasson and Bernstein: SipHash, a fast short-input PRF, 2012), inline: callers choose the rounds.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t siphash_rotate(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

static inline void siphash_rounds(uint64_t v[4], int n)
{
	while (n-- > 0) {
		v[0] += v[1]; v[1] = siphash_rotate(v[1], 13) ^ v[0]; v[0] = siphash_rotate(v[0], 32);
		v[2] += v[3]; v[3] = siphash_rotate(v[3], 16) ^ v[2];
		v[0] += v[3]; v[3] = siphash_rotate(v[3], 21) ^ v[0];
		v[2] += v[1]; v[1] = siphash_rotate(v[1], 17) ^ v[2]; v[2] = siphash_rotate(v[2], 32);
	}
}

/* each: rounds a word of the text, end: after it. 1 and 3 for tables in memory, 2 and 4 where the hash is a signature that others see. */
static inline uint64_t siphash(const uint64_t key[2], const void *p, size_t n, int each, int end)
{
	const uint8_t *s = p;
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575ULL, key[1] ^ 0x646f72616e646f6dULL, key[0] ^ 0x6c7967656e657261ULL,
		key[1] ^ 0x7465646279746573ULL };
	uint64_t last = (uint64_t)n << 56;
	for (; n >= 8; n -= 8, s += 8) {
		uint64_t m;
		memcpy(&m, s, 8);
		m = le64toh(m);
		v[3] ^= m;
		siphash_rounds(v, each);
		v[0] ^= m;
	}
	for (size_t i = 0; i < n; i++)
		last |= (uint64_t)s[i] << 8 * i;
	v[3] ^= last;
	siphash_rounds(v, each);
	v[0] ^= last;
	v[2] ^= 0xff;
	siphash_rounds(v, end);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
