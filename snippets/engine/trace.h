/* SPDX-License-Identifier: GPL-2.0-or-later
 * trace.h - where each piece of output came from. Text that was captured (a #def's or a snippet's value) keeps its
 * pieces, so that they are still known when it is written in the end.
 */
#ifndef ENGINE_TRACE_H
#define ENGINE_TRACE_H

#include "snippets/engine/ast.h"

/* A piece of rt->out; or, once captured, of the text that begins at of. */
struct trace_piece {
	size_t from, to;
	const struct tpl *tpl;
	const struct node *at;
	const struct place *place;
	const char *of;
};

/* rt->out from "from" on was written by n; v: the value it printed, whose own pieces are taken over when it was
 * captured. */
void trace_piece(struct rt *rt, const struct node *n, size_t from, struct rv v);
/* rt->out from mark on has become text; the pieces from index on belong to it. */
void trace_capture(struct rt *rt, uint32_t index, size_t mark, struct rv text);
/* Tells the job of every piece of rt->out, in its order. */
void trace_report(struct rt *rt);

#endif
