/* SPDX-License-Identifier: GPL-2.0-or-later
 * clock.c - time and chance.
 */
#include "base/clock.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

#include "base/log.h"

static double (*wall_hook)(void);
static int64_t (*mono_hook)(void);

void clock_set_for_test(double (*wall)(void), int64_t (*mono_us)(void))
{
	wall_hook = wall;
	mono_hook = mono_us;
}

double clock_wall(void)
{
	struct timespec ts;
	if (wall_hook != NULL)
		return wall_hook();
	clock_gettime(CLOCK_REALTIME, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int64_t clock_mono_us(void)
{
	struct timespec ts;
	if (mono_hook != NULL)
		return mono_hook();
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

double clock_mono_s(void)
{
	return (double)clock_mono_us() / 1e6;
}

void random_bytes(void *p, size_t n)
{
	unsigned char *at = p;
	while (n > 0) {
		ssize_t k = getrandom(at, n, 0);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			fatal("getrandom failed");
		at += k;
		n -= (size_t)k;
	}
}

uint32_t random_below(uint32_t n)
{
	uint32_t floor = -n % n, v;      /* 2^32 mod n: below it the modulo would be biased */
	do
		random_bytes(&v, sizeof(v));
	while (v < floor);
	return v % n;
}

void random_hex(char *out, size_t nbytes)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[64];
	for (size_t done = 0; done < nbytes; ) {
		size_t n = nbytes - done < sizeof(raw) ? nbytes - done : sizeof(raw);
		random_bytes(raw, n);
		for (size_t i = 0; i < n; i++, done++) {
			out[2 * done] = digits[raw[i] >> 4];
			out[2 * done + 1] = digits[raw[i] & 15];
		}
	}
	out[2 * nbytes] = '\0';
}

bool const_time_eq(const void *a, const void *b, size_t n)
{
	const volatile unsigned char *x = a, *y = b;
	unsigned char diff = 0;
	for (size_t i = 0; i < n; i++)
		diff |= x[i] ^ y[i];
	return diff == 0;
}
