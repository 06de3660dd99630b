/* SPDX-License-Identifier: GPL-2.0-or-later
 * expr_fuzz.c - libFuzzer target: any text as one expression of both languages, with the modules in reach.
 */
#include "snippets/engine/fuzz_vars.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct strbuf b = { 0 };
	sb_adds(&b, "#import re, random, time, netaddr\n$(");
	sb_add(&b, data, n);
	sb_adds(&b, ")");
	fuzz_render(TPL_CHEETAH, sb_str(&b), b.len, NULL);
	sb_truncate(&b, 0);
	sb_adds(&b, "{{ ");
	sb_add(&b, data, n);
	sb_adds(&b, " }}");
	fuzz_render(TPL_JINJA, sb_str(&b), b.len, NULL);
	sb_free(&b);
	return 0;
}
