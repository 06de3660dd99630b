/* SPDX-License-Identifier: GPL-2.0-or-later
 * model_private.h - between model.c, find.c and check_model.c.
 */
#ifndef MODEL_MODEL_PRIVATE_H
#define MODEL_MODEL_PRIVATE_H

#include "model/model.h"

void item_list_add(struct item_list *l, const struct item *it);       /* takes a reference of its own */
/* Items of a type whose indexed field (name, mac_address, ip_address, ipv6_address, dns_name) is text, in any case. */
struct item_list model_by_index(struct model *m, enum item_type t, const char *field, const char *text);

#endif
