/* SPDX-License-Identifier: GPL-2.0-or-later
 * cheetah_fuzz.c - libFuzzer target: any text as a Cheetah template, compiled and rendered; its first byte turns the
 * error catcher on.
 */
#include "snippets/engine/fuzz_vars.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n == 0)
		return 0;
	struct tpl_options opt = { .error_catcher = data[0] & 1 };
	fuzz_render(TPL_CHEETAH, (const char *)data + 1, n - 1, &opt);
	return 0;
}
