/* SPDX-License-Identifier: GPL-2.0-or-later
 * yaml.h - YAML text to value (libyaml), YAML 1.1 scalars as PyYAML's safe_load resolves them.
 * Bounded: depth, nodes, alias expansion. Tags other than the core ones, and anchors that refer to themselves, are refused.
 */
#ifndef VALUE_YAML_H
#define VALUE_YAML_H

#include "base/err.h"
#include "value/value.h"

/* An empty document is None. The message has line and column. */
int yaml_parse(const char *p, size_t n, struct value **ret, struct err *e) MUST_CHECK;
/* Appends block style as PyYAML's safe_dump(default_flow_style=False, sort_keys as given). */
void yaml_write(struct strbuf *out, const struct value *v, bool sort_keys);

#endif
