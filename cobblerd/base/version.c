/* SPDX-License-Identifier: GPL-2.0-or-later
 * version.c - when this was built, in one object that the Makefile compiles with the dates.
 */
#include "base/version.h"

#ifndef SOURCE_DATE
#define SOURCE_DATE "?"
#endif
#ifndef BUILD_DATE
#define BUILD_DATE "?"
#endif

const char *const version_source_date = SOURCE_DATE;
const char *const version_build_date = BUILD_DATE;
