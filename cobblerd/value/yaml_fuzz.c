/* SPDX-License-Identifier: GPL-2.0-or-later
 * yaml_fuzz.c - YAML of any kind must end in a value or an error; what is written must parse again.
 */

#include "value/yaml.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct value *v, *again;
	struct strbuf b = { 0 };
	struct err e;
	if (yaml_parse((const char *)data, size, &v, &e) != CB_OK)
		return 0;
	yaml_write(&b, v, size % 2 != 0);
	if (b.len < 65536 && yaml_parse(sb_str(&b), b.len, &again, &e) == CB_OK)
		v_unref(again);
	sb_free(&b);
	v_unref(v);
	return 0;
}
