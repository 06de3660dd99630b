/* SPDX-License-Identifier: GPL-2.0-or-later
 * layout.h - how a value lies in memory, for value.c and for readers that look at millions of them (the template
 * engine). They only read; whatever changes a value goes through value.h.
 */
#ifndef VALUE_LAYOUT_H
#define VALUE_LAYOUT_H

#include <stdatomic.h>

#include "value/value.h"

/* A key is shared by every copy of the dict that it came with: templates are given hundreds of them for each machine. Those of v_keep_key
 * are shared by all dicts, and not counted (refs < 0). */
struct key { atomic_int refs; uint32_t len; uint64_t hash; char text[]; };
struct entry { struct key *key; struct value *v; };

struct value {
	atomic_int refs;
	enum vtype type : 8;
	unsigned index_bits : 8;     /* of a dict with an index: the logarithm of its length */
	union {
		bool b;
		int64_t i;
		double d;
		struct { size_t n; char p[]; } s;                       /* str, bytes */
		struct { struct value **v; size_t n, cap; } l;
		struct { struct entry *v; uint32_t *index; uint32_t n, cap; } d_;
	} u;
};

#endif
