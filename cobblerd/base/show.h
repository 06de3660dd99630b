/* SPDX-License-Identifier: GPL-2.0-or-later
 * show.h - words of commands and addresses, as logs may show them.
 */
#pragma once

#include "base/strbuf.h"

/* Without the password of "//user:password@" or of an option. Appends. */
void show_word(struct strbuf *out, const char *word);
