/* SPDX-License-Identifier: GPL-2.0-or-later
 * rx.h - regular expressions of signatures: PCRE2, anchored at the start as Python's re.match, with limits on steps and
 * memory.
 */
#ifndef IMPORT_RX_H
#define IMPORT_RX_H

#include "base/err.h"

struct rx;

/* The message has the expression and where it is wrong. Owned: rx_free (NULL allowed). */
int rx_compile(const char *pattern, struct rx **ret, struct err *e) MUST_CHECK;
void rx_free(struct rx *r);
/* False also when a limit was reached: rx_gave_up then says so. */
bool rx_match(struct rx *r, const char *s, size_t n);
bool rx_gave_up(const struct rx *r);
/* Groups of the last match: text borrowed from the subject; false when the group took no part. */
size_t rx_groups(const struct rx *r);
bool rx_group(const struct rx *r, size_t i, const char **s, size_t *n);

#endif
