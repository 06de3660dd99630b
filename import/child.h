/* SPDX-License-Identifier: GPL-2.0-or-later
 * child.h - the other thing that the importing child may be told to be.
 */
#ifndef IMPORT_CHILD_H
#define IMPORT_CHILD_H

#include "base/err.h"
#include "value/value.h"

/* job: {"mode": "index", "target": folder, "argv": [program, word, ...]}. Becomes the program, which may write below the folder, read what
 * programs need, and no more. Returns only when that fails. */
int import_indexer(const struct value *job, int out_fd, struct err *e) MUST_CHECK;

#endif
