/* SPDX-License-Identifier: GPL-2.0-or-later
 * str_case.h - case and classes of code points, as Python's str methods see them.
 */
#ifndef ENGINE_STR_CASE_H
#define ENGINE_STR_CASE_H

#include <stdbool.h>
#include <stdint.h>

/* Of one code point; what becomes several characters (as in "\u00df") stays as it is. */
uint32_t cp_upper(uint32_t c);
uint32_t cp_lower(uint32_t c);
bool cp_space(uint32_t c);
bool cp_alpha(uint32_t c);
bool cp_digit(uint32_t c);
bool cp_isupper(uint32_t c);
bool cp_islower(uint32_t c);
bool cp_cased(uint32_t c);

#endif
