/* SPDX-License-Identifier: GPL-2.0-or-later
 * libs.c - opens libhivex and libwim.
 */
#include "windows/libs.h"

#include "base/library.h"
#include "windows/windows.h"

#define HIVE_SYMBOL(f) { "hivex_" #f, (void **)&hive.f },
#define WIM_SYMBOL(f) { "wimlib_" #f, (void **)&wim.f },

struct hive_functions hive;
struct wim_functions wim;
static const struct library_symbol hive_symbols[] = { HIVE_FUNCTIONS(HIVE_SYMBOL) };
static const struct library_symbol wim_symbols[] = { WIM_FUNCTIONS(WIM_SYMBOL) };

int hive_open_library(struct err *e)
{
	int rc = library_open(SONAME(HIVEX), hive_symbols, ARRAY_LEN(hive_symbols), e);
	return rc == CB_OK ? rc : (err_prefix(e, "files for Windows need libhivex (Debian: libhivex0)"), rc);
}

int wim_open_library(struct err *e)
{
	int rc = library_open(SONAME(WIM), wim_symbols, ARRAY_LEN(wim_symbols), e);
	return rc == CB_OK ? rc : (err_prefix(e, "files for Windows need libwim (Debian: libwim15)"), rc);
}
