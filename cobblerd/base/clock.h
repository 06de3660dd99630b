/* SPDX-License-Identifier: GPL-2.0-or-later
 * clock.h - time and chance; the only places that ask the system for them, replaceable in tests.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/util.h"

double clock_wall(void);           /* seconds since 1970, as Python's time.time() */
int64_t clock_mono_ms(void);       /* milliseconds, never goes back */
int64_t clock_mono_us(void);       /* the same in microseconds */
double clock_mono_s(void);         /* the same in seconds */
/* For tests: the functions above answer from these (NULL: the system again). */
void clock_set_for_test(double (*wall)(void), int64_t (*mono_us)(void));

void random_bytes(void *p, size_t n);            /* getrandom(2); never fails */
uint32_t random_below(uint32_t n);               /* 0..n-1, unbiased */
void random_hex(char *out, size_t nbytes);       /* writes 2*nbytes+1 characters: uids are random_hex(u, 16) */
/* Are n bytes equal? Takes as long wherever they differ: for secrets. */
bool const_time_eq(const void *a, const void *b, size_t n);

#endif
