/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_parse.c - the Jinja2 front end.
 */
#include "snippets/engine/ast.h"

const struct front jinja_fns = { .item = rv_getitem };

bool jinja_compile(struct compile *c) { return cfail(c, 0, "Jinja2 templates are not supported yet"); }
bool jinja_main(struct rt *rt, const struct tpl *t) { (void)t; return raise(rt, EX_RUNTIME, "Jinja2 templates are not supported yet"); }
