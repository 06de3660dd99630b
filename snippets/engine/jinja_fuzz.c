/* SPDX-License-Identifier: GPL-2.0-or-later
 * jinja_fuzz.c - libFuzzer target: any text as a Jinja template; the bits of its first byte are options of the
 * environment.
 */
#include "snippets/engine/fuzz_vars.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n == 0)
		return 0;
	struct tpl_options opt = {.trim_blocks = data[0] & 1,
		.lstrip_blocks = data[0] & 2,
		.keep_trailing_newline = data[0] & 4,
		.autoescape = data[0] & 8};
	fuzz_render(TPL_JINJA, (const char *)data + 1, n - 1, &opt);
	return 0;
}
