/* SPDX-License-Identifier: GPL-2.0-or-later
 * json_fuzz.c - what parses must survive being written and parsed again.
 */
#include <stdlib.h>

#include "value/json.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct value *v, *again;
	struct strbuf b = { 0 };
	struct err e;
	if (json_parse((const char *)data, size, &v, &e) != CB_OK)
		return 0;
	json_write(&b, v, size % 2 != 0 ? JSON_ASCII : JSON_PRETTY | JSON_SORT);
	if (json_parse(sb_str(&b), b.len, &again, &e) != CB_OK || !v_equal(v, again))
		abort();
	sb_free(&b);
	v_unref(v);
	v_unref(again);
	return 0;
}
